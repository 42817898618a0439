//! Every line of `--json`, against the table of the README: what is in none of its rows is not
//! promised, and what a row promises is there.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use ftpane::model::server::Protocol;

use super::{Site, ends, json};
use crate::harness::binary;
use crate::harness::scripted::{Script, end_data, say, send};

const README: &str = include_str!("../../../README.md");

/// A field as the table has it: `size: number or null`.
#[derive(Debug)]
struct Field {
    name: &'static str,
    kinds: Vec<&'static str>,
    may_lack: bool,
}

/// The rows of a table by what their line is: `entry`, `done` ...
type Rows = HashMap<&'static str, Vec<Field>>;

/// The tables of the section by the heads of their first columns.
fn tables() -> HashMap<&'static str, Rows> {
    let section = README
        .split("### JSON lines\n")
        .nth(1)
        .expect("the README has no table of JSON lines");
    let section = section.split("\n#").next().unwrap();
    let (mut tables, mut head) = (HashMap::new(), "");
    for line in section.lines() {
        if let Some((first, "fields |")) = line.strip_prefix("| ").and_then(|row| row.split_once(" | ")) {
            head = first;
        }
        let Some((kinds, fields)) = line.strip_prefix("| `").and_then(|row| row.split_once("` | ")) else {
            continue;
        };
        let fields = fields.trim_end_matches(" |");
        let rows: &mut Rows = tables.entry(head).or_default();
        for kind in kinds.split("`, `") {
            rows.insert(kind, fields.split(", ").map(field).collect());
        }
    }
    tables
}

fn field(written: &'static str) -> Field {
    let (name, kinds) = written
        .split_once("` ")
        .unwrap_or_else(|| panic!("no field: {written}"));
    let may_lack = kinds.starts_with("perhaps ");
    Field {
        name: name.trim_start_matches('`'),
        kinds: kinds.trim_start_matches("perhaps ").split(" or ").collect(),
        may_lack,
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "text" => value.is_string(),
        "number" => value.is_number(),
        "count" => value.is_u64(),
        "yes/no" => value.is_boolean(),
        "null" => value.is_null(),
        "base64" => value.as_str().is_some_and(|text| STANDARD.decode(text).is_ok()),
        "time" => value
            .as_str()
            .is_some_and(|text| text.ends_with('Z') && text.as_bytes()[10] == b'T'),
        "paths" => value
            .as_array()
            .is_some_and(|paths| paths.iter().all(|path| path["path"].is_string())),
        "texts" => value
            .as_array()
            .is_some_and(|lines| lines.iter().all(|line| line["text"].is_string())),
        "words" => value
            .as_array()
            .is_some_and(|words| words.iter().all(Value::is_string)),
        word if word.starts_with('"') => value.as_str() == Some(word.trim_matches('"')),
        other => panic!("no such kind in the table: {other}"),
    }
}

/// What happened and why, on one line, in words: none of the program's own types, and no bare message of a library.
fn is_sentence(error: &str, kind: &str) -> bool {
    let inner = ["Some(", "Err(", "Ok(", "Os {", "kind:", "{ ", "\n"];
    let words = error.split_whitespace().count();
    // a file that was left out says only why
    let whole = kind == "skipped" || error.contains(": ");
    words > 2 && whole && !inner.iter().any(|inner| error.contains(inner))
}

/// Checks the lines of one run; gives what they are.
#[track_caller]
fn check(table: &Rows, lines: &[Value], otherwise: &'static str) -> Vec<String> {
    let mut seen = Vec::new();
    for line in lines {
        let object = line.as_object().unwrap_or_else(|| panic!("no object: {line}"));
        let kind = object.get("event").and_then(Value::as_str).unwrap_or(otherwise);
        let fields = table.get(kind).unwrap_or_else(|| panic!("no row for {line}"));
        for field in fields.iter().filter(|field| field.name != "more") {
            match object.get(field.name) {
                None => assert!(field.may_lack, "{kind} lacks {}: {line}", field.name),
                Some(value) => assert!(
                    field.kinds.iter().any(|kind| is(value, kind)),
                    "{} is no {:?}: {line}",
                    field.name,
                    field.kinds
                ),
            }
        }
        // what a server has besides is as its file has it
        let open = fields
            .iter()
            .any(|field| field.kinds == ["fields of servers.toml"]);
        for name in object.keys().filter(|name| *name != "event" && !open) {
            assert!(
                fields.iter().any(|field| field.name == name),
                "{name} is in no row: {line}"
            );
        }
        if let Some(error) = object.get("error").and_then(Value::as_str) {
            assert!(is_sentence(error, kind), "{line}");
        }
        seen.push(kind.to_owned());
    }
    seen
}

#[test]
fn lines_are_as_the_readme_says() {
    let site = Site::new();
    let tables = tables();
    let table = &tables["line"];
    let mut seen = Vec::new();
    let bytes = std::ffi::OsStr::from_bytes(b"caf\xe9");
    use std::os::unix::ffi::OsStrExt as _;
    std::fs::write(site.demo.folder().join(bytes), "x").unwrap();
    std::os::unix::fs::symlink("README.txt", site.demo.folder().join("link")).unwrap();
    for (words, target, code) in [
        ("ls --json -R", "/", 0),
        ("ls --json -R --explore-depth 1", "/", 0),
        ("get --json --to A", "/", 0),
        ("get --json --to A --on-conflict skip", "/docs", 0),
        ("get --json --to A", "/none", 7),
        ("put --json A", "/incoming/up/", 0),
        ("put --json --explore-depth 1 A", "/incoming/cut/", 1),
        ("find --json", "/docs", 0),
        ("find --json --name *.none", "/docs", 0),
    ] {
        let output = site.run(words, &[&site.url(target)]);
        let lines = json(&output);
        assert!(!lines.is_empty() || words.ends_with("none"), "{words}");
        seen.extend(check(table, &lines, "entry"));
        let _ = (code, &output);
        if words.starts_with("get") || words.starts_with("put") {
            assert_eq!(lines.last().unwrap()["event"], "summary", "{words}");
            let summaries = lines.iter().filter(|line| line["event"] == "summary");
            assert_eq!(summaries.count(), 1, "{words}");
        } else {
            ends(&output, code);
        }
    }
    for kind in ["entry", "cut", "done", "skipped", "failed", "summary"] {
        assert!(
            seen.iter().any(|seen| seen == kind),
            "{kind} was not seen: the test has to make one"
        );
    }
}

/// Every command that changes a server: what was done, what failed, and how much.
#[test]
fn changes_are_told_path_by_path() {
    let site = Site::new();
    let tables = tables();
    let table = &tables["line of `mv`, `cp`, `rm`, `mkdir`, `chmod`"];
    let odd = site.url("/incoming/caf%E9");
    let (a, b) = (site.url("/incoming/a"), site.url("/incoming/b"));
    let none = site.url("/incoming/none");
    // the embedded server copies nothing and sets no permissions: that it says so is a line, too
    for (words, targets, wanted) in [
        (
            "mkdir --json -p",
            &[a.as_str(), &odd][..],
            &["done", "done", "summary"][..],
        ),
        ("mkdir --json", &[a.as_str()], &["failed", "summary"]),
        ("mv --json", &[a.as_str(), "/incoming/b"], &["done", "summary"]),
        (
            "mv --json",
            &[none.as_str(), "/incoming/c"],
            &["failed", "summary"],
        ),
        ("cp --json", &[b.as_str(), "/incoming/c"], &["failed", "summary"]),
        ("chmod --json 755", &[none.as_str()], &["failed", "summary"]),
        ("rm --json", &[none.as_str()], &["failed", "summary"]),
        ("rm --json -r", &[b.as_str()], &["done", "summary"]),
    ] {
        let lines = json(&site.run(words, targets));
        assert_eq!(check(table, &lines, "none"), wanted, "{words}: {lines:?}");
    }
}

#[test]
fn the_others_have_lines_of_their_own() {
    let site = Site::new();
    let tables = tables();
    let table = &tables["line of"];
    for (words, target, otherwise, wanted) in [
        ("du --json", "/docs", "du", &["du"][..]),
        ("du --json --explore-depth 1", "/", "du", &["du"]),
        // the embedded server has no checksums
        ("sum --json", "/README.txt", "sum", &["failed"]),
    ] {
        let lines = json(&site.run(words, &[&site.url(target)]));
        assert_eq!(check(table, &lines, otherwise), wanted, "{words}: {lines:?}");
    }
    let mut raw = site.ftpane("raw --json");
    let output = raw.args([&site.url("/"), "NOOP"]).output().unwrap();
    ends(&output, 0);
    assert_eq!(check(table, &json(&output), "raw"), ["raw"]);

    let output = site.run("doctor --json -j 1", &[&site.url("/")]);
    let seen = check(table, &json(&output), "none");
    assert!(seen.iter().any(|kind| kind == "step"), "{seen:?}");
    assert_eq!(seen.last().map(String::as_str), Some("verdict"));

    site.save("group = \"G\"\nread-only = true");
    for words in [
        &["servers", "list", "--json"][..],
        &["servers", "show", "web", "--json"],
    ] {
        let output = super::bare(site.home.path()).args(words).output().unwrap();
        ends(&output, 0);
        let lines = json(&output);
        assert_eq!(check(table, &lines, "server"), ["server"]);
        assert_eq!(
            (&lines[0]["group"], &lines[0]["read-only"]),
            (&"G".into(), &true.into())
        );
    }
}

/// A listing with a line that fits no form, and one that breaks off.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_listing_lacks_is_a_line() {
    let line = "-rw-r--r-- 1 a b 12 Jan 02 2026 a.txt\r\n";
    let whole = |text: String, end: &str| [say("150 go"), send(text), end_data(), say(end)];
    for (steps, kind) in [
        (
            whole(format!("{line}?? ? what is that\r\n"), "226 done"),
            "unreadable",
        ),
        (whole(line.to_owned(), "426 broken off"), "incomplete"),
    ] {
        let server = Script::new(Protocol::Ftp)
            .features("EPSV")
            .file("/a.txt", "x")
            .on("LIST", steps)
            .start()
            .await;
        let home = tempfile::tempdir().unwrap();
        let mut command = binary::ftpane(home.path());
        let url = format!("{}/", server.server().url());
        command.args(["ls", "--json", "--retries", "0", &url]);
        let output = binary::output(command).await;
        ends(&output, 1);
        let seen = check(&tables()["line"], &json(&output), "entry");
        assert!(seen.iter().any(|seen| seen == kind), "{kind}: {seen:?}");
        assert!(super::stderr(&output).contains("is not complete"), "{output:?}");
    }
}

/// No server of this test has a checksum: one that has.
#[tokio::test(flavor = "multi_thread")]
async fn checksums_are_lines_of_their_own() {
    let server = Script::new(Protocol::Ftp)
        .on(
            "FEAT",
            say("211-Features:\r\n EPSV\r\n MLST\r\n HASH SHA-256*\r\n211 End"),
        )
        .file("/f", "x")
        .on(
            "HASH",
            say("213 SHA-256 0-1 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 f"),
        )
        .start()
        .await;
    let home = tempfile::tempdir().unwrap();
    let mut command = binary::ftpane(home.path());
    command.args(["sum", "--json", &format!("{}/f", server.server().url())]);
    let output = binary::output(command).await;
    ends(&output, 0);
    assert_eq!(check(&tables()["line of"], &json(&output), "sum"), ["sum"]);
}

/// What is left by a run that was broken off.
#[test]
fn what_is_left_is_a_line_a_batch() {
    let site = Site::new();
    let pin = site.demo.pin().to_string();
    let url = site.url("/big.bin");
    let words = ["get", "--pin", &pin, "--limit-rate", "1K", &url];
    let mut child = super::endings::command(&site, &words).spawn().unwrap();
    let part = || {
        let names = std::fs::read_dir(site.home.path()).unwrap().flatten();
        names
            .into_iter()
            .any(|entry| entry.file_name().to_string_lossy().contains("big.bin"))
    };
    super::endings::until("a download begins", part);
    child.kill().unwrap();
    child.wait().unwrap();
    let output = super::bare(site.home.path())
        .args(["queue", "list", "--json"])
        .output()
        .unwrap();
    ends(&output, 0);
    let lines = json(&output);
    assert_eq!(check(&tables()["line"], &lines, "unfinished"), ["unfinished"]);
}
