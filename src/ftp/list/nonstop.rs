//! Lines of HP NonStop (Guardian).

use super::Reading;
use super::dates::{Date, Now, clock, thirds, year_of_century};
use super::fields::{number, small, split};
use super::months;
use crate::model::entry::Kind;

/// `FILE2  101  528  13-Feb-14 14:21:18  255,255 "oooo"`: name, code, size, moment, owner, rights.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([name, code, size, date, time], rest) = split::<5>(line)?;
    if (name, code, size) == (b"File", b"Code", b"EOF") {
        return Some(Reading::Nothing);
    }
    number(code.strip_suffix(b"L").unwrap_or(code))?;
    let [day, month, year] = thirds(date, b'-')?;
    let date = Date {
        year: year_of_century(year)?,
        month: months::english(month)?,
        day: small(day)?,
    };
    let rest = rest.trim_ascii();
    if !(rest.first()?.is_ascii_digit() && rest.ends_with(b"\"")) {
        return None;
    }
    Reading::entry(name, Kind::File, Some(number(size)?), date.at(clock(time)?))
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "FILE2  101     528 13-Feb-14 14:21:18 255,255 \"oooo\"",
            "file 'FILE2' 528 2014-02-13T14:21:18",
        ),
        (
            "FILE3  0         0 3-Feb-99  4:21:18  10, 2 \"NUNU\"",
            "file 'FILE3' 0 1999-02-03T04:21:18",
        ),
        (
            "File         Code             EOF  Last Modification    Owner  RWEP",
            "nothing",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "F 101 528 13-Feb-14 14:21:18",
        "F x 528 13-Feb-14 14:21:18 1,1 \"o\"",
        "F 1 2 13-Fxb-14 14:21:18 1,1 \"o\"",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
