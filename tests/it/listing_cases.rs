//! Listings from other programs' tests, which are not ours to copy: the folder that
//! `FTPANE_LISTING_CASES` names holds `*.jsonl` files, a case a line.
//!
//! `FTPANE_LISTING_CASES=folder cargo test --test it -- --ignored --nocapture listing_cases`

use std::path::PathBuf;

use chrono::DateTime;
use ftpane::ftp::list::{Bounds, Command, Parser};
use ftpane::model::entry::{Entry, Kind};
use ftpane::model::listing::Listing;
use ftpane::model::stamp::{Precision, Stamp};
use ftpane::model::text::escape;
use serde_json::Value;

/// Cases that are answered otherwise on purpose, in what, and why; the documentation of `ftp::list`
/// says more. All else of these cases must be right.
const ARGUED: [(&str, &str, &str); 47] = [
    ("L0012", "entries", "DLS lines cannot be told from prose"),
    (
        "L0014",
        "name",
        "a line of ls, which the case reads as one of DIR",
    ),
    (
        "L0014",
        "size",
        "a line of ls, which the case reads as one of DIR",
    ),
    ("L0049", "entries", "cdir is the folder itself"),
    ("L0051", "entries", "a path is no name"),
    (
        "L0093",
        "date",
        "the date of a data set is that of the last access",
    ),
    ("L0093", "size", "a size in tracks is no number of bytes"),
    ("L0094", "size", "a size in records is no number of bytes"),
    (
        "L0095",
        "date",
        "the date of a data set is that of the last access",
    ),
    ("L0095", "size", "a size in tracks is no number of bytes"),
    (
        "L0096",
        "date",
        "the date of a data set is that of the last access",
    ),
    (
        "L0099",
        "date",
        "the date of a data set is that of the last access",
    ),
    ("L0107", "date", "a date without a year lies a day ahead at most"),
    ("L0124", "date", "year, month and day may stand in three orders"),
    ("L0127", "date", "year, month and day may stand in three orders"),
    ("L0136", "date", "year, month and day may stand in three orders"),
    ("L0138", "entries", "a path is no name"),
    ("L0168", "size", "group and size run together"),
    ("L0172", "size", "a rounded size is none"),
    ("L0183", "size", "a rounded size is none"),
    ("L0222", "date", "a date without a year lies a day ahead at most"),
    ("L0224", "name", "files keep their version"),
    ("L0224", "size", "a size in blocks is no number of bytes"),
    ("L0225", "name", "files keep their version"),
    ("L0225", "size", "a size in blocks is no number of bytes"),
    ("L0228", "name", "files keep their version"),
    ("L0228", "size", "a size in blocks is no number of bytes"),
    ("L0229", "name", "files keep their version"),
    ("L0229", "size", "a size in blocks is no number of bytes"),
    ("L0230", "name", "files keep their version"),
    ("L0230", "size", "a size in blocks is no number of bytes"),
    ("L0231", "name", "folders are named as CWD wants them"),
    ("L0233", "name", "files keep their version"),
    ("L0233", "size", "a size in blocks is no number of bytes"),
    ("L0234", "name", "files keep their version"),
    ("L0235", "size", "a size in blocks is no number of bytes"),
    ("L0236", "size", "a size in blocks is no number of bytes"),
    ("L0237", "size", "a size in blocks is no number of bytes"),
    ("L0238", "size", "a size in blocks is no number of bytes"),
    ("L0239", "name", "files keep their version"),
    ("L0240", "name", "files keep their version"),
    ("L0241", "name", "files keep their version"),
    ("L0242", "name", "files keep their version"),
    ("L0243", "name", "files keep their version"),
    ("L0244", "name", "files keep their version"),
    ("L0245", "name", "files keep their version"),
    ("L0248", "size", "a size in records is no number of bytes"),
];

/// What of a case is wrong, and how.
type Difference = (&'static str, String);

#[test]
#[ignore = "needs FTPANE_LISTING_CASES"]
fn listing_cases_of_others_are_read() {
    let folder = PathBuf::from(
        std::env::var_os("FTPANE_LISTING_CASES").expect("FTPANE_LISTING_CASES names no folder"),
    );
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .collect();
    files.sort();
    let (mut right, mut argued, mut wrong) = (0, Vec::new(), Vec::new());
    for file in files {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let id = case["id"].as_str().unwrap();
            let mut open: Vec<_> = ARGUED.iter().filter(|(argued, ..)| *argued == id).collect();
            let found = check(&case);
            for (what, how) in &found {
                match open.iter().position(|(_, argued, _)| argued == what) {
                    Some(at) => argued.push(format!("{id} {what}: {how}: {}", open.remove(at).2)),
                    None => wrong.push(format!("{id} {what}: {how}\n    {}", case["raw_lines"])),
                }
            }
            wrong.extend(
                open.iter()
                    .map(|(_, what, _)| format!("{id} {what} is argued against, but right")),
            );
            right += usize::from(found.is_empty());
        }
    }
    println!(
        "{right} right, {} argued against:\n{}",
        argued.len(),
        argued.join("\n")
    );
    assert!(right > 0, "no cases in {}", folder.display());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

fn check(case: &Value) -> Vec<Difference> {
    let moment = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp();
    // the year of a case without a time of its own is not compared
    let now = case["now"].as_str().map_or(1_790_000_000, moment);
    let listing = parse(case, now);
    let one = |how: String| vec![("entries", how)];
    match case["expect"].as_str().unwrap() {
        "ok" => {}
        "skip" if listing.entries.is_empty() && listing.unreadable_count == 0 => return Vec::new(),
        "skip" => return one("a header or sum was taken for something".into()),
        "reject" if listing.entries.iter().all(|e| e.modified.is_none()) => return Vec::new(),
        "reject" => return one(format!("was read as {:?}", listing.entries)),
        _ => return Vec::new(),
    }
    let expected = case["expected"].as_array().unwrap().iter();
    let expected: Vec<&Value> = expected
        .filter(|e| !matches!(e["name"].as_str(), Some("." | "..")))
        .collect();
    if expected.len() != listing.entries.len() || listing.unreadable_count > 0 {
        let unreadable: Vec<_> = listing.unreadable.iter().map(|l| escape(l)).collect();
        return one(format!("{:?}, unreadable {unreadable:?}", listing.entries));
    }
    let mut out: Vec<Difference> = Vec::new();
    for (entry, expected) in listing.entries.iter().zip(expected) {
        for difference in compare(entry, expected, &moment) {
            // one argument is good for every line of a case
            if !out.iter().any(|(what, _)| *what == difference.0) {
                out.push(difference);
            }
        }
    }
    out
}

fn parse(case: &Value, now: i64) -> Listing {
    let command = match case["style"].as_str() {
        Some("mlsd") => Command::Mlsd,
        _ => Command::List,
    };
    let mut parser = Parser::new(command, now, Bounds::default());
    for line in case["raw_lines"].as_array().unwrap() {
        let line = line.as_str().unwrap();
        match case["raw_encoding"].as_str() {
            Some("bytes-as-latin1") => {
                let bytes: Vec<u8> = line
                    .chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap())
                    .collect();
                parser.feed(&bytes);
            }
            _ => parser.feed(line.as_bytes()),
        }
        parser.feed(b"\r\n");
    }
    parser.finish(None)
}

fn compare(entry: &Entry, expected: &Value, moment: &impl Fn(&str) -> i64) -> Vec<Difference> {
    let mut out = Vec::new();
    let mut same = |what, got: Option<String>, want: Option<String>| {
        if want.is_some() && got != want {
            out.push((
                what,
                format!(
                    "{} instead of {}",
                    got.unwrap_or("unknown".into()),
                    want.unwrap_or_default()
                ),
            ));
        }
    };
    let text = |key: &str| expected[key].as_str().map(str::to_owned);
    let kind = match entry.kind {
        Kind::Dir => "dir",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Other => "other",
    };
    same("name", Some(entry.name.shown()), text("name"));
    same("kind", Some(kind.into()), text("kind"));
    same("target", entry.target.as_deref().map(escape), text("target"));
    if entry.kind != Kind::Dir {
        // a folder has no size here
        let size = expected["size"].as_u64();
        same(
            "size",
            entry.size.map(|s| s.to_string()),
            size.map(|s| s.to_string()),
        );
    }
    let got = entry.modified.and_then(|m| m.rfc3339());
    let want = text("mtime_utc").map(|want| Stamp {
        seconds: moment(&want),
        precision: match expected["mtime_precision"].as_str() {
            Some("minute") => Precision::Minute,
            Some("day") => Precision::Day,
            _ => Precision::Second,
        },
    });
    match want {
        Some(want) if entry.modified.is_some_and(|got| got.agrees_with(&want)) => {}
        Some(want) => same("date", got.clone(), want.rfc3339()),
        None => {}
    }
    // --MM-DDTHH:MM
    let partial = text("mtime_partial").map(|p| p[2..].to_owned());
    same(
        "date",
        got.and_then(|got| got.get(5..16).map(str::to_owned)),
        partial,
    );
    out
}
