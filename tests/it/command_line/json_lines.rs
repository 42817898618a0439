//! Every line of `--json`, against the table of the README: what is in none of its rows is not
//! promised, and what a row promises is there.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::{Site, ends, json};

const README: &str = include_str!("../../../README.md");

/// A field as the table has it: `size: number or null`.
#[derive(Debug)]
struct Field {
    name: &'static str,
    kinds: Vec<&'static str>,
    may_lack: bool,
}

/// The rows by what their line is: `entry`, `done` ...
fn table() -> HashMap<&'static str, Vec<Field>> {
    let section = README
        .split("### JSON lines\n")
        .nth(1)
        .expect("the README has no table of JSON lines");
    let section = section.split("\n#").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let kinds = cells.next()?.trim_matches('`');
        let fields = cells.next()?.trim_end_matches(" |");
        Some((kinds, fields))
    });
    let mut table = HashMap::new();
    for (kinds, fields) in rows {
        for kind in kinds.split("`, `") {
            table.insert(kind, fields.split(", ").map(field).collect());
        }
    }
    table
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
        word if word.starts_with('"') => value.as_str() == Some(word.trim_matches('"')),
        other => panic!("no such kind in the table: {other}"),
    }
}

/// Checks the lines of one run; gives what they are.
#[track_caller]
fn check(table: &HashMap<&'static str, Vec<Field>>, lines: &[Value], otherwise: &'static str) -> Vec<String> {
    let mut seen = Vec::new();
    for line in lines {
        let object = line.as_object().unwrap_or_else(|| panic!("no object: {line}"));
        let kind = object.get("event").and_then(Value::as_str).unwrap_or(otherwise);
        let fields = table.get(kind).unwrap_or_else(|| panic!("no row for {line}"));
        for field in fields {
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
        for name in object.keys().filter(|name| *name != "event") {
            assert!(
                fields.iter().any(|field| field.name == name),
                "{name} is in no row: {line}"
            );
        }
        seen.push(kind.to_owned());
    }
    seen
}

#[test]
fn lines_are_as_the_readme_says() {
    let site = Site::new();
    let table = table();
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
    ] {
        let output = site.run(words, &[&site.url(target)]);
        let lines = json(&output);
        assert!(!lines.is_empty(), "{words}");
        seen.extend(check(&table, &lines, "entry"));
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
