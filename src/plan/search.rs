//! What a search through folders looks for, as one line says it: `*.log larger:1M newer:7d`.
//!
//! What is no condition is the name's pattern ([`super::pattern`]); one without `*` and `?` may stand anywhere in the
//! name.

use crate::model::entry::{Entry, Kind};
use crate::model::nearest::nearest;
use crate::model::size::read_rate;

use super::pattern::fits;

/// What is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Search {
    pattern: String,
    /// How many levels below the folder it begins in; `None` for all.
    pub levels: Option<u32>,
    larger: Option<u64>,
    smaller: Option<u64>,
    /// Changed so many seconds ago at most.
    newer: Option<i64>,
    /// Changed so many seconds ago at least.
    older: Option<i64>,
    kind: Option<Kind>,
}

/// The conditions, as the line names them.
const CONDITIONS: [&str; 6] = ["larger", "smaller", "newer", "older", "depth", "kind"];

impl Search {
    /// Reads the line.
    ///
    /// # Errors
    ///
    /// A condition that is none, or whose value is none, in a sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut search = Self::default();
        let mut pattern: Vec<&str> = Vec::new();
        for word in text.split_whitespace() {
            let Some((condition, value)) = word.split_once(':') else {
                pattern.push(word);
                continue;
            };
            match condition {
                "larger" => search.larger = Some(size(value)?),
                "smaller" => search.smaller = Some(size(value)?),
                "newer" => search.newer = Some(age(value)?),
                "older" => search.older = Some(age(value)?),
                "depth" => {
                    let levels = value.parse();
                    search.levels = Some(levels.map_err(|_| "depth: how many levels, such as depth:2")?);
                }
                "kind" => {
                    search.kind = Some(match value {
                        "file" => Kind::File,
                        "folder" => Kind::Dir,
                        "link" => Kind::Link,
                        _ => return Err("kind: is file, folder or link".to_owned()),
                    });
                }
                // a name may hold a colon
                _ => match nearest(condition, CONDITIONS) {
                    Some(near) => {
                        return Err(format!("the condition '{condition}:' is not known; '{near}:' is"));
                    }
                    None => pattern.push(word),
                },
            }
        }
        let pattern = pattern.join(" ");
        search.pattern = match pattern.contains(['*', '?']) {
            true => pattern,
            false => format!("*{pattern}*"),
        };
        Ok(search)
    }

    /// Whether an entry is one that is looked for; `now` in Unix seconds. What a condition asks about must be known.
    pub fn fits(&self, entry: &Entry, now: i64) -> bool {
        let size = |holds: &dyn Fn(u64) -> bool| entry.size.is_some_and(holds);
        let age = |holds: &dyn Fn(i64) -> bool| {
            let since = entry.modified.map(|m| now.saturating_sub(m.seconds));
            since.is_some_and(holds)
        };
        self.kind.is_none_or(|kind| entry.kind == kind)
            && self.larger.is_none_or(|least| size(&|n| n >= least))
            && self.smaller.is_none_or(|most| size(&|n| n <= most))
            && self.newer.is_none_or(|most| age(&|s| s <= most))
            && self.older.is_none_or(|least| age(&|s| s >= least))
            && fits(&self.pattern, entry.name.as_bytes())
    }
}

fn size(value: &str) -> Result<u64, String> {
    read_rate(value).map_err(|_| "a size is written 500, 20K, 1M or 2G".to_owned())
}

fn age(value: &str) -> Result<i64, String> {
    let wrong = || "a time is written 30m, 12h, 7d, 4w or 1y".to_owned();
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &value[number.len()..] {
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        "y" => 365 * 86_400,
        _ => return Err(wrong()),
    };
    let count: u32 = number.parse().map_err(|_| wrong())?;
    Ok(i64::from(count) * unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::Name;
    use crate::model::stamp::Stamp;

    const NOW: i64 = 10_000_000;

    fn file(name: &str, size: u64, age: i64) -> Entry {
        Entry {
            size: Some(size),
            modified: Some(Stamp::exact(NOW - age)),
            ..Entry::new(Name::new(name.as_bytes()).unwrap(), Kind::File)
        }
    }

    #[test]
    fn what_is_found() {
        let log = file("Access.LOG", 2_000_000, 90_000);
        for (text, found) in [
            ("", true),
            ("*", true),
            ("cess", true),
            ("*.log", true),
            ("log*", false),
            ("larger:1M", true),
            ("*.log larger:2M", false),
            ("smaller:2M", true),
            ("newer:2d", true),
            ("newer:1d", false),
            ("older:1d", true),
            ("older:1w cess", false),
            ("kind:file", true),
            ("kind:folder", false),
            ("a:b", false),
        ] {
            assert_eq!(Search::read(text).unwrap().fits(&log, NOW), found, "'{text}'");
        }
        assert!(
            Search::read("my file")
                .unwrap()
                .fits(&file("This is my file.txt", 1, 1), NOW)
        );
        assert_eq!(Search::read("x depth:3").unwrap().levels, Some(3));
        let unknown = Entry::new(Name::new(b"a").unwrap(), Kind::File);
        for text in ["larger:0.1", "smaller:1G", "newer:99y", "older:0m"] {
            let search = Search::read(text);
            assert!(search.is_err() || !search.unwrap().fits(&unknown, NOW), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, want) in [
            ("lager:1M", "'larger:' is"),
            ("larger:many", "20K"),
            ("newer:7", "7d"),
            ("newer:-1d", "7d"),
            ("depth:deep", "depth:2"),
            ("kind:dir", "folder"),
        ] {
            let why = Search::read(text).unwrap_err();
            assert!(why.contains(want), "{text}: {why}");
        }
    }
}
