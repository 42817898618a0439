//! Lines of IBM i (OS/400).

use super::Reading;
use super::dates::{Date, Now, clock, thirds, year_of_century};
use super::fields::{blanks, number, small, split};
use crate::model::entry::Kind;

/// `OWNER  4019 04/03/18 18:58:16 *STMF  name`. Members of files (`A.FILE/B.MBR`) are paths and are
/// not read.
pub(super) fn read(line: &[u8], now: &Now) -> Option<Reading> {
    let ([_, size, date, time, object], rest) = split::<5>(line)?;
    let kind = match object.strip_prefix(b"*")? {
        b"DIR" | b"LIB" | b"FLR" | b"DDIR" => Kind::Dir,
        other if !other.is_empty() && other.iter().all(u8::is_ascii_uppercase) => Kind::File,
        _ => return None,
    };
    let name = &rest[blanks(rest)..];
    let name = match kind {
        Kind::Dir => name.strip_suffix(b"/").unwrap_or(name),
        _ => name,
    };
    let separator = *date.iter().find(|b| b"/.-,".contains(b))?;
    let parts =
        thirds(date, separator).filter(|parts| parts.iter().all(|p| p.len() == 2 && number(p).is_some()))?;
    let modified = only_order(parts, separator, now).map(|date| clock(time).map(|time| date.at(time)));
    let modified = match modified {
        Some(modified) => modified?,
        None => clock(time).map(|_| None)?,
    };
    Reading::entry(name, kind, Some(number(size)?), modified)
}

/// The date, if only one order of year, month and day (as `QDATFMT` has them: DMY, YMD, MDY) gives
/// one that exists and does not lie ahead. Of the signs that `QDATSEP` may be, dots stand where the day
/// comes first.
fn only_order([a, b, c]: [&[u8]; 3], separator: u8, now: &Now) -> Option<Date> {
    let orders = [(c, b, a), (a, b, c), (c, a, b)];
    let usual = if separator == b'.' { 1 } else { orders.len() };
    let mut found = None;
    for (year, month, day) in orders.into_iter().take(usual) {
        let date = Date {
            year: year_of_century(year)?,
            month: small(month)?,
            day: small(day)?,
        };
        if date.alone().is_none() || now.is_before(date) || found == Some(date) {
            continue;
        }
        if found.is_some() {
            return None;
        }
        found = Some(date);
    }
    found
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(1_718_452_800)));
    for (line, want) in [
        (
            "ME      77824 23/02/00 15:09:55 *FILE    A.FILE",
            "file 'A.FILE' 77824 2000-02-23T15:09:55",
        ),
        (
            "ME      36864 28/11/15 15:19:30 *STMF    two words",
            "file 'two words' 36864 2015-11-28T15:19:30",
        ),
        (
            "ME      36864 95/11/15 15:19:30 *DIR     dir1/",
            "dir 'dir1' - 1995-11-15T15:19:30",
        ),
        (
            "ME      36864 04/03/18 15:19:30 *STMF    when",
            "file 'when' 36864 -",
        ),
        (
            "ME      36864 05/05/05 15:19:30 *STMF    x",
            "file 'x' 36864 2005-05-05T15:19:30",
        ),
        (
            "ME      36864 18.09.06 14:21:26 *FILE    A.FILE",
            "file 'A.FILE' 36864 2006-09-18T14:21:26",
        ),
        (
            "ME      36864 28-11-15 15:19:30 *STMF    x",
            "file 'x' 36864 2015-11-28T15:19:30",
        ),
        ("ME      36864 28/11/15 30:19:30 *STMF    x", "file 'x' 36864 -"),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "ME                                   *MEM     A.FILE/B.MBR",
        "ME     135168 28/11/15 13:18:19 *MEM     A.FILE/B.MBR",
        "ME     135168 28/11/15 13:18:19 *FILE",
        "ME     135168 28/11/15 13:18 AFILE x",
        "ME     13516828/11/15 13:18:19 *FILE x",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
