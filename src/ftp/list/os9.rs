//! Lines of OS-9.

use super::Reading;
use super::dates::{Date, Now, thirds, year_of_century};
use super::fields::{blanks, number, small, split};
use crate::model::entry::Kind;

/// `20.20 07/03/29 1026 d-ewrewr 2650 85920 name`: owner, date, time without a colon, attributes,
/// sector, size, name.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([owner, date, time, attributes, sector, size], name) = split::<6>(line)?;
    let dot = owner.iter().position(|b| *b == b'.')?;
    number(&owner[..dot])?;
    number(&owner[dot + 1..])?;
    let [year, month, day] = thirds(date, b'/')?;
    let date = Date {
        year: year_of_century(year)?,
        month: small(month)?,
        day: small(day)?,
    };
    let (hour, minute) = (time.len() == 4).then(|| time.split_at(2))?;
    let clock = super::dates::clock(&[hour, b":", minute].concat())?;
    if attributes.len() != 8 || !attributes.iter().all(|b| b"dsewr-".contains(b)) {
        return None;
    }
    if !sector.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let kind = match attributes[0] {
        b'd' => Kind::Dir,
        _ => Kind::File,
    };
    Reading::entry(&name[blanks(name)..], kind, Some(number(size)?), date.at(clock))
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "20.20 07/03/29 1026 d-ewrewr 2650 85920 my dir",
            "dir 'my dir' - 2007-03-29T10:26",
        ),
        (
            " 0.0  99/12/31 2359 ----r-wr  2A0    12 a",
            "file 'a' 12 1999-12-31T23:59",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "20 07/03/29 1026 d-ewrewr 2650 1 x",
        "2.0 07/03/29 10:26 d-ewrewr 2650 1 x",
        "2.0 07/03/29 1026 dxewrewr 2650 1 x",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
