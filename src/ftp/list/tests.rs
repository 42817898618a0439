//! The parser as a whole: pieces, bounds, styles side by side, recorded listings.

use proptest::prelude::*;

use super::*;
use crate::model::path::Name;
use crate::model::stamp::Precision;
use crate::model::text::escape;

/// 2024-06-15T12:00:00Z.
const NOW: i64 = 1_718_452_800;

/// An entry in one line: `link 'bin' 7 2024-01-25T00:17 0777 -> 'usr/bin'`.
pub(super) fn shown(reading: Option<Reading>) -> Option<String> {
    Some(match reading? {
        Reading::Nothing => "nothing".into(),
        Reading::Half => "half".into(),
        Reading::Target(link, path) => format!("target of {link} '{}'", escape(&path)),
        Reading::Entry(entry) => shown_entry(&entry),
    })
}

fn shown_entry(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::Dir => "dir",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Other => "other",
    };
    let size = entry.size.map_or("-".into(), |s| s.to_string());
    let modified = entry.modified.map_or("-".into(), |stamp| {
        let length = match stamp.precision {
            Precision::Second => 19,
            Precision::Minute => 16,
            Precision::Day => 10,
        };
        stamp.rfc3339().unwrap()[..length].to_owned()
    });
    let mut out = format!("{kind} '{}' {size} {modified}", entry.name);
    if let Some(permissions) = entry.permissions {
        out += &format!(" {:04o}", permissions.0);
    }
    if let Some(target) = &entry.target {
        out += &format!(" -> '{}'", escape(target));
    }
    out
}

pub(super) fn file(name: &str) -> Entry {
    Entry::new(Name::new(name.as_bytes()).unwrap(), Kind::File)
}
