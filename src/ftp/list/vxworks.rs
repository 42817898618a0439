//! Lines of VxWorks.

use super::Reading;
use super::dates::{Date, Now, clock, thirds, year_of_century};
use super::fields::{exactly, number, small, split};
use super::months;
use crate::model::entry::Kind;

/// `2048    Feb-28-1998  05:23:30   name <DIR>`.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    if is_header(line) {
        return Some(Reading::Nothing);
    }
    let ([size, date, time], name) = split::<3>(line)?;
    let [month, day, year] = thirds(date, b'-')?;
    let date = Date {
        year: year_of_century(year)?,
        month: months::english(month)?,
        day: small(day)?,
    };
    let name = name.trim_ascii();
    let (name, kind) = match name.strip_suffix(b"<DIR>") {
        Some(folder) => (folder.trim_ascii_end(), Kind::Dir),
        None => (name, Kind::File),
    };
    Reading::entry(name, kind, Some(number(size)?), date.at(clock(time)?))
}

/// The names of the columns, and the line below them.
fn is_header(line: &[u8]) -> bool {
    exactly::<4>(line).is_some_and(|columns| {
        columns == [&b"size"[..], b"date", b"time", b"name"]
            || columns.iter().all(|column| column.iter().all(|b| *b == b'-'))
    })
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "    2048    Feb-28-1998  05:23:30   my folder         <DIR>",
            "dir 'my folder' - 1998-02-28T05:23:30",
        ),
        (
            "     512    FEB-08-1998  05:23:30   boot.ini",
            "file 'boot.ini' 512 1998-02-08T05:23:30",
        ),
        ("  size          date       time       name", "nothing"),
        ("--------       ------     ------    --------", "nothing"),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "2048 Feb-28-1998 05:23:30",
        "x Feb-28-1998 05:23:30 y",
        "1 Feb-28 05:23:30 y",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
