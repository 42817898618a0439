//! The forms of `tests/fixtures/listings/forms.txt`, which says how it is written, and of the file beside it.

use super::tests::{NOW, shown_entry};
use super::*;
use crate::model::text::escape;

/// What a case's lines were read as, and what they should be read as, a line each.
fn read(case: &str) -> (Vec<String>, Vec<String>) {
    let (mut command, mut now) = (Command::List, NOW);
    let (mut lines, mut want) = (Vec::new(), Vec::new());
    for line in case.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("#", _) => {}
            ("@", "mlsd") => command = Command::Mlsd,
            ("@", moment) => now = moment.strip_prefix("now ").unwrap().parse().unwrap(),
            ("|", listed) => lines.push(listed),
            ("=", entry) => want.push(entry.to_owned()),
            ("?", unreadable) => want.push(unreadable.to_owned()),
            _ => panic!("{line}"),
        }
    }
    let mut parser = Parser::new(command, now, Bounds::default());
    for line in lines {
        parser.feed(line.as_bytes());
        parser.feed(b"\r\n");
    }
    let listing = parser.finish(None);
    let mut got: Vec<String> = listing.entries.iter().map(shown_entry).collect();
    got.extend(listing.unreadable.iter().map(|line| escape(line)));
    (got, want)
}

#[test]
fn forms_that_are_met() {
    let ours = include_str!("../../../tests/fixtures/listings/forms.txt");
    let of_peers = include_str!("../../../tests/fixtures/listings/forms-of-peers.txt");
    let mut wrong = String::new();
    let cases = [ours, of_peers].map(|text| text.split("\n\n").skip(1));
    for case in cases.into_iter().flatten() {
        let (got, want) = read(case);
        if got != want {
            let missing = want.iter().filter(|line| !got.contains(line));
            let surplus = got.iter().filter(|line| !want.contains(line));
            wrong += case.lines().next().unwrap_or_default();
            missing.for_each(|line| wrong += &format!("\n  missing: {line}"));
            surplus.for_each(|line| wrong += &format!("\n  surplus: {line}"));
            wrong += "\n";
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
