//! Lines of NetManage Chameleon: the name first, the date in English, attributes at the end.

use super::Reading;
use super::dates::{Now, clock};
use super::fields::{number, split};
use super::unix_date::moment;
use crate::model::entry::Kind;

/// `A.DOC  11264  May 11 1995 14:20  RHA`.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([name, what, month, day, year, time], attributes) = split::<6>(line)?;
    let (kind, size) = match what {
        b"<DIR>" => (Kind::Dir, None),
        size => (Kind::File, Some(number(size)?)),
    };
    if !attributes.trim_ascii().iter().all(|b| b"RHAS".contains(b)) {
        return None;
    }
    Reading::entry(name, kind, size, moment(month, day, year, clock(time)?)?)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "INSTALL         <DIR>      Nov 16 1994 17:17",
            "dir 'INSTALL' - 1994-11-16T17:17",
        ),
        (
            "A.CSV             0      Jul 06 1995 14:56   RHA",
            "file 'A.CSV' 0 1995-07-06T14:56",
        ),
        ("..              <DIR>      Nov 16 1994 17:17", "nothing"),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "A B 1 May 11 1995 14:20",
        "A 1 May 11 1995 14:20 x",
        "A 1 Max 11 1995 14:20",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
