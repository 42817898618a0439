//! The layer table of `src/ARCHITECTURE.md` as a test: who may import whom, which crates are
//! named where, who spawns, how files are called and how long they are.
//!
//! It reads the sources as text, without comments, strings and character literals. Each rule is
//! proved able to fail by a test of its own at the end of this file.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test says what is wrong by panicking"
)]

use std::fmt;
use std::path::Path;

/// Each layer and the layers it may import; it may always import itself.
const LAYERS: [(&str, &[&str]); 12] = [
    ("model", &[]),
    ("plan", &["model"]),
    ("ftp", &["model"]),
    ("local", &["model"]),
    ("config", &["model"]),
    ("engine", &["model", "plan", "ftp", "local"]),
    ("app", &["model", "plan", "config"]),
    ("ui", &["model", "app", "config"]),
    ("term", &["model", "app", "ui", "config", "engine"]),
    ("cli", &["model", "plan", "config", "engine", "local"]),
    ("demo", &["model", "config"]),
    ("main", &["term", "cli", "demo"]),
];

/// Layers that find nothing out by themselves; the attribute makes Clippy hold them to it.
const PURE: [&str; 4] = ["model", "plan", "app", "ui"];
const PURE_ATTRIBUTE: &str = "#![deny(clippy::disallowed_methods, clippy::disallowed_types)]";

/// Crates that only some places may name; a place is the beginning of a path below `src`.
const CRATES: [(&str, &[&str]); 8] = [
    ("suppaftp", &["ftp/"]),
    ("native_tls", &["ftp/"]),
    ("tokio_native_tls", &["ftp/"]),
    ("tokio_openssl", &["ftp/"]),
    ("openssl_sys", &["ftp/"]),
    (
        "openssl",
        &["ftp/", "config/secrets", "config/import/rclone", "demo"],
    ),
    ("libunftp", &["demo"]),
    ("unftp_sbe_fs", &["demo"]),
];

/// The places that start tasks and threads.
const SPAWNING: [&str; 5] = ["engine/", "term/", "demo.rs", "demo/", "main.rs"];

/// Waits in place for work that blocks (reading the trust store); no task goes on by itself.
const BLOCKING: &str = "ftp/connection.rs";

/// The one audited place for what only an unsafe call can do.
const UNSAFE: &str = "ftp/tls/native.rs";

const NO_NAMES: [&str; 9] = [
    "util", "utils", "helper", "helpers", "common", "misc", "manager", "handler", "handlers",
];
const MOST_LINES: usize = 600;

#[derive(Debug)]
struct Source {
    /// Below `src`, with `/`.
    path: String,
    text: String,
    /// `text` with comments, strings and character literals blanked; lines stay where they are.
    code: String,
}

#[derive(Debug, PartialEq)]
struct Violation {
    path: String,
    line: usize,
    what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.what)
    }
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: blank(text),
        }
    }

    /// The first part of the path: the layer.
    fn layer(&self) -> &str {
        let first = self.path.split('/').next().unwrap();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// How many modules deep the file is: `ftp/mod.rs` is 1, `ftp/reply.rs` 2.
    fn depth(&self) -> usize {
        self.path.split('/').count() - usize::from(self.path.ends_with("/mod.rs"))
    }

    fn is_below(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path.starts_with(place))
    }

    fn violation(&self, at: usize, what: impl Into<String>) -> Violation {
        Violation {
            path: self.path.clone(),
            line: self.code[..at].matches('\n').count() + 1,
            what: what.into(),
        }
    }

    /// Every identifier of `code` with its place.
    fn words<'a>(&self, code: &'a str) -> Vec<(usize, &'a str)> {
        let bounds = |c: char| !(c.is_alphanumeric() || c == '_');
        code.split(bounds)
            .filter(|word| !word.is_empty())
            .map(|word| (word.as_ptr() as usize - code.as_ptr() as usize, word))
            .collect()
    }
}

/// Comments, strings and character literals become blanks, line ends stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => at + find(&bytes[at..], b"\n", 0),
            b'/' if bytes[at..].starts_with(b"/*") => end_of_block_comment(bytes, at),
            b'"' => end_of_string(bytes, at),
            b'r' if !is_word(bytes, at.wrapping_sub(1)) || bytes[at - 1] == b'b' => {
                let hashes = bytes[at + 1..].iter().take_while(|b| **b == b'#').count();
                if bytes.get(at + 1 + hashes) != Some(&b'"') {
                    at += 1;
                    continue;
                }
                let close = [b"\"".to_vec(), vec![b'#'; hashes]].concat();
                at + find(&bytes[at..], &close, hashes + 2) + close.len()
            }
            b'\'' => match end_of_char(text, at) {
                Some(end) => end,
                None => at + 1,
            },
            _ => {
                at += 1;
                continue;
            }
        };
        let end = end.min(bytes.len());
        out[at..end]
            .iter_mut()
            .filter(|b| **b != b'\n')
            .for_each(|b| *b = b' ');
        at = end;
    }
    // only whole comments, strings and literals were blanked: what remains is UTF-8
    String::from_utf8(out).unwrap()
}

fn is_word(bytes: &[u8], at: usize) -> bool {
    bytes
        .get(at)
        .is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

fn find(bytes: &[u8], what: &[u8], from: usize) -> usize {
    bytes[from.min(bytes.len())..]
        .windows(what.len())
        .position(|w| w == what)
        .map_or(bytes.len(), |at| at + from)
}

fn end_of_block_comment(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut open) = (start + 2, 1);
    while at < bytes.len() && open > 0 {
        let step = match bytes.get(at..at + 2) {
            Some(b"/*") => 1,
            Some(b"*/") => -1,
            _ => 0,
        };
        open += step;
        at += if step == 0 { 1 } else { 2 };
    }
    at
}

fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}

/// `'x'` or `'\n'`; `None` for a lifetime.
fn end_of_char(text: &str, start: usize) -> Option<usize> {
    let rest = &text[start + 1..];
    let first = rest.chars().next()?;
    if first == '\\' {
        return Some(start + 1 + 2 + rest.get(2..)?.find('\'')? + 1);
    }
    let after = start + 1 + first.len_utf8();
    (text.as_bytes().get(after) == Some(&b'\'')).then_some(after + 1)
}

/// Blanks every inline module behind `#[cfg(test)]`.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    let mut from = 0;
    while let Some(at) = out[from..].find("#[cfg(test)]").map(|at| at + from) {
        let body = &out[at..];
        let (brace, semicolon) = (body.find('{'), body.find(';'));
        let end = match brace {
            Some(brace) if semicolon.is_none_or(|s| brace < s) => {
                let mut open = 0;
                let close = body[brace..].char_indices().find(|(_, c)| {
                    open += i32::from(*c == '{') - i32::from(*c == '}');
                    open == 0
                });
                close.map_or(out.len(), |(i, _)| at + brace + i + 1)
            }
            _ => at + semicolon.unwrap_or(body.len() - 1) + 1,
        };
        let blanked: String = out[at..end]
            .chars()
            .map(|c| if c == '\n' { c } else { ' ' })
            .collect();
        // blanking a multi-byte character would move what follows: replace by as many blanks
        let pad = " ".repeat(out[at..end].len() - blanked.len());
        out.replace_range(at..end, &(blanked + &pad));
        from = end;
    }
    out
}

/// The first names behind `crate::` (or `ftpane::` in main), also those in braces.
fn roots<'a>(code: &'a str, after: usize) -> Vec<(usize, &'a str)> {
    let name = |at: usize| -> (usize, &'a str) {
        let rest = &code[at..];
        let skipped = rest.len() - rest.trim_start().len();
        let rest = rest.trim_start();
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_'))
            .unwrap_or(rest.len());
        // a glob has no letters
        (
            at + skipped,
            if end == 0 {
                &rest[..rest.len().min(1)]
            } else {
                &rest[..end]
            },
        )
    };
    let inner = code[after..].trim_start();
    if !inner.starts_with('{') {
        return vec![name(after)];
    }
    let start = code.len() - inner.len() + 1;
    let (mut found, mut open, mut begins) = (Vec::new(), 0, true);
    for (i, c) in code[start..].char_indices() {
        if begins && !c.is_whitespace() && c != '}' {
            found.push(name(start + i));
            begins = false;
        }
        match c {
            '{' => open += 1,
            '}' if open == 0 => break,
            '}' => open -= 1,
            ',' if open == 0 => begins = true,
            _ => {}
        }
    }
    found
}

fn imports(source: &Source) -> Vec<Violation> {
    let layer = source.layer();
    if layer == "lib" {
        return Vec::new();
    }
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![source.violation(0, format!("'{layer}' is not in the layer table"))];
    };
    let code = source.code.as_str();
    let mut out = Vec::new();
    let mut supers = 0;
    let mut last_end = 0;
    for (at, word) in source.words(code) {
        let joined = code[last_end..at].trim() == "::";
        last_end = at + word.len();
        let path_follows = code[last_end..].trim_start().starts_with("::");
        let prefix = if layer == "main" { "ftpane" } else { "crate" };
        if word == prefix && !joined && path_follows {
            let after = last_end + code[last_end..].find("::").unwrap() + 2;
            for (at, root) in roots(code, after) {
                if root != layer && !allowed.contains(&root) {
                    out.push(source.violation(
                        at,
                        format!(
                            "{layer} may not import '{root}'; it may import: {}",
                            allowed.join(", ")
                        ),
                    ));
                }
            }
        }
        supers = match word {
            "super" if joined => supers + 1,
            "super" => 1,
            _ => {
                let is_layer = LAYERS.iter().any(|(name, _)| *name == word);
                if joined && supers >= source.depth() && is_layer {
                    out.push(source.violation(
                        at,
                        format!("name it crate::{word}, so that layers can be checked"),
                    ));
                }
                0
            }
        };
    }
    out
}

fn crates(source: &Source) -> Vec<Violation> {
    let named = source.words(&source.code).into_iter().filter_map(|(at, word)| {
        let (_, places) = CRATES.iter().find(|(name, _)| *name == word)?;
        // a field or a value may be called like the crate; a crate is named before `::` or in `use`
        let rest = source.code[at + word.len()..].trim_start();
        let before = source.code[..at].trim_end();
        let is_path = rest.starts_with("::") && !before.ends_with("::");
        let is_use = before.ends_with("use") || before.ends_with("extern crate");
        (!source.is_below(places) && (is_path || is_use))
            .then(|| source.violation(at, format!("'{word}' may be named in {} only", places.join(", "))))
    });
    named.collect()
}

fn spawns(source: &Source) -> Vec<Violation> {
    if source.is_below(&SPAWNING) {
        return Vec::new();
    }
    let code = without_tests(&source.code);
    let starts = source.words(&code).into_iter().filter(|(at, word)| {
        let arguments = code[at + word.len()..].trim_start().strip_prefix('(');
        let waits = *word == "spawn_blocking" && source.path == BLOCKING;
        // `.spawn()` without an argument starts a process, not a task
        word.starts_with("spawn") && !waits && arguments.is_some_and(|a| !a.trim_start().starts_with(')'))
    });
    starts
        .map(|(at, _)| source.violation(at, "only engine, term, demo and main start tasks and threads"))
        .collect()
}

fn unsafe_code(source: &Source) -> Vec<Violation> {
    let words = source.words(&source.code).into_iter();
    words
        .filter(|(_, word)| *word == "unsafe" && source.path != UNSAFE)
        .map(|(at, _)| source.violation(at, format!("unsafe code belongs into src/{UNSAFE} alone")))
        .collect()
}

fn shape(source: &Source) -> Vec<Violation> {
    let mut out = Vec::new();
    for part in source.path.trim_end_matches(".rs").split('/') {
        if part.split('_').any(|word| NO_NAMES.contains(&word)) {
            out.push(source.violation(0, format!("'{part}' says nothing: name the subject")));
        }
    }
    let lines = source.text.lines().count();
    if lines > MOST_LINES {
        out.push(source.violation(
            0,
            format!("{lines} lines, {MOST_LINES} at most: find the second subject"),
        ));
    }
    let is_root = source.path == format!("{}/mod.rs", source.layer());
    let is_empty = source.code.trim().is_empty();
    if is_root && !is_empty && PURE.contains(&source.layer()) && !source.code.contains(PURE_ATTRIBUTE) {
        out.push(source.violation(0, format!("a pure layer begins with {PURE_ATTRIBUTE}")));
    }
    out
}

fn sources(folder: &Path, prefix: &str, out: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            sources(&entry.path(), &format!("{path}/"), out);
        } else if path.ends_with(".rs") {
            out.push(Source::new(
                &path,
                &std::fs::read_to_string(entry.path()).unwrap(),
            ));
        }
    }
}

fn hold(rule: fn(&Source) -> Vec<Violation>) {
    let mut all = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut all);
    assert!(all.len() > 20, "only {} sources found", all.len());
    let found: Vec<String> = all.iter().flat_map(rule).map(|v| v.to_string()).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn layers_import_downwards_only() {
    hold(imports);
}

#[test]
fn wire_crates_stay_in_their_places() {
    hold(crates);
}

#[test]
fn only_the_engine_the_terminal_and_the_demo_spawn() {
    hold(spawns);
}

#[test]
fn unsafe_code_is_in_one_place() {
    hold(unsafe_code);
}

#[test]
fn files_have_names_and_sizes_and_pure_layers_their_attribute() {
    hold(shape);
}

// The rules can fail: made-up sources, and the line each violation must be found in.

#[track_caller]
fn lines(rule: fn(&Source) -> Vec<Violation>, path: &str, text: &str) -> Vec<usize> {
    rule(&Source::new(path, text)).iter().map(|v| v.line).collect()
}

#[test]
fn forbidden_imports_are_found() {
    for (path, text, want) in [
        (
            "plan/x.rs",
            "use crate::model::path;\nuse crate::engine::run;\n",
            vec![2],
        ),
        ("plan/x.rs", "fn f() {\n  crate::ftp::g();\n}", vec![2]),
        (
            "ui/x.rs",
            "use crate::{\n  app::{pane, form},\n  engine,\n  model::x,\n};",
            vec![3],
        ),
        ("ui/x.rs", "use crate::*;", vec![1]),
        ("ftp/reply.rs", "use super::super::local::x;", vec![1]),
        (
            "ftp/list/unix.rs",
            "use super::super::reply;\nuse super::super::super::local;",
            vec![2],
        ),
        (
            "main.rs",
            "use ftpane::{cli,\n engine};\nuse ftpane::term;",
            vec![2],
        ),
        ("nobody/x.rs", "fn f() {}", vec![1]),
        ("plan/x.rs", "let q = '\"'; use crate::ui; let r = '\"';", vec![1]),
        ("plan/x.rs", "fn f<'a>(x: &'a str) {} use crate::ui;", vec![1]),
        ("plan/x.rs", "r#\"\"# ; use crate::ui;", vec![1]),
    ] {
        assert_eq!(lines(imports, path, text), want, "{path}: {text}");
    }
}

#[test]
fn allowed_imports_are_not() {
    for (path, text) in [
        (
            "engine/x.rs",
            "use crate::{ftp::{a, b}, local, plan::queue};\nuse crate::engine::y;",
        ),
        (
            "plan/x.rs",
            "// use crate::ui;\n/* crate::ui /* nested */ crate::ui */\nuse crate::model;",
        ),
        (
            "plan/x.rs",
            "let s = \"\\\" crate::ui\"; let t = br##\"\" crate::ui\"##;",
        ),
        (
            "ftp/reply.rs",
            "mod tests { use super::super::features; use super::*; }",
        ),
        ("main.rs", "use ftpane::term;\nuse ftpane::cli;"),
        ("lib.rs", "pub mod engine;"),
        ("cli/x.rs", "use crate::local::walk;"),
    ] {
        assert_eq!(lines(imports, path, text), [], "{path}: {text}");
    }
}

#[test]
fn wire_crates_elsewhere_are_found() {
    let text = "use std::fs;\nuse openssl::ssl;\nfn f() { suppaftp::x(); self.openssl = 1; }";
    assert_eq!(lines(crates, "engine/x.rs", text), [2, 3]);
    assert_eq!(lines(crates, "ftp/tls.rs", text), []);
    assert_eq!(lines(crates, "config/secrets.rs", "use openssl;"), []);
    assert_eq!(lines(crates, "config/store.rs", "use openssl;"), [1]);
}

#[test]
fn spawning_elsewhere_is_found() {
    let text = "fn f() { Command::new(x).spawn(); }\nfn g() { tokio::spawn(async {}); }\n\
                fn h() { set.spawn_blocking(|| 1); }";
    assert_eq!(lines(spawns, "ftp/x.rs", text), [2, 3]);
    assert_eq!(lines(spawns, BLOCKING, text), [2]);
    assert_eq!(lines(spawns, "engine/x.rs", text), []);
    let tests =
        "#[cfg(test)]\nuse x;\n#[cfg(test)]\nmod tests {\n fn f() { spawn(1); }\n}\nfn g() { spawn(2); }";
    assert_eq!(lines(spawns, "ftp/x.rs", tests), [7]);
}

#[test]
fn unsafe_code_elsewhere_is_found() {
    let text = "// unsafe\n#![deny(unsafe_code)]\nfn f() { unsafe { g() } }";
    assert_eq!(lines(unsafe_code, "ftp/tls.rs", text), [3]);
    assert_eq!(lines(unsafe_code, UNSAFE, text), []);
}

#[test]
fn bad_shapes_are_found() {
    assert_eq!(lines(shape, "ui/utils.rs", "fn f() {}"), [1]);
    assert_eq!(lines(shape, "ui/queue_manager/mod.rs", "fn f() {}"), [1]);
    assert_eq!(lines(shape, "ui/commonplace.rs", "fn f() {}"), []);
    assert_eq!(lines(shape, "ftp/x.rs", &"\n".repeat(MOST_LINES)), []);
    assert_eq!(lines(shape, "ftp/x.rs", &"\n".repeat(MOST_LINES + 1)), [1]);
    assert_eq!(lines(shape, "ui/mod.rs", "//! ui\npub mod x;"), [1]);
    assert_eq!(
        lines(shape, "ui/mod.rs", &format!("//! {PURE_ATTRIBUTE}\npub mod x;")),
        [1]
    );
    assert_eq!(
        lines(
            shape,
            "ui/mod.rs",
            &format!("//! ui\n{PURE_ATTRIBUTE}\npub mod x;")
        ),
        []
    );
    assert_eq!(lines(shape, "ui/widgets/mod.rs", "pub mod x;"), []);
}

#[test]
fn a_violation_names_file_and_line() {
    let found = &imports(&Source::new("plan/x.rs", "\n\nuse crate::ui;"))[0];
    assert_eq!(
        found.to_string(),
        "src/plan/x.rs:3: plan may not import 'ui'; it may import: model"
    );
}
