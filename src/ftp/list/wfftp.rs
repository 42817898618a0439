//! Lines of Nortel's WFFTP.

use super::Reading;
use super::dates::{Now, clock, numeric_date};
use super::fields::{exactly, number};
use crate::model::entry::Kind;

/// `name  1014196  06/03/04  Thur.  10:20:03`.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let [name, size, date, weekday, time] = exactly::<5>(line)?;
    let weekday = weekday.strip_suffix(b".")?;
    if !weekday.iter().all(u8::is_ascii_alphabetic) {
        return None;
    }
    let modified = numeric_date(date)?.at(clock(time)?);
    Reading::entry(name, Kind::File, Some(number(size)?), modified)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    assert_eq!(
        read(b"bn.exe       1014196  06/03/04  Thur.   10:20:03").unwrap(),
        "file 'bn.exe' 1014196 2004-06-03T10:20:03"
    );
    for line in [
        "a b 1 06/03/04 Thur. 10:20:03",
        "a 1 06/03/04 4. 10:20:03",
        "a 1 06/03/04 Thur 10:20:03",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
