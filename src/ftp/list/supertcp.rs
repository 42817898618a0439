//! Lines of SuperTCP: the name first, then as DOS writes it.

use super::Reading;
use super::dates::{Now, clock, numeric_date};
use super::fields::{exactly, number};
use crate::model::entry::Kind;

/// `INSTALL  <DIR>  11-16-94  17:17`, `A.DOC  11264  05/11/95  14:20`.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let [name, what, date, time] = exactly::<4>(line)?;
    let (kind, size) = match what {
        b"<DIR>" => (Kind::Dir, None),
        size => (Kind::File, Some(number(size)?)),
    };
    Reading::entry(name, kind, size, numeric_date(date)?.at(clock(time)?))
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "INSTALL         <DIR>           11-16-94        17:17",
            "dir 'INSTALL' - 1994-11-16T17:17",
        ),
        (
            "A.DOC          11264      05/11/95        14:20",
            "file 'A.DOC' 11264 1995-05-11T14:20",
        ),
        (".               <DIR>           11-16-94        17:16", "nothing"),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in ["A B 1 05-11-95 14:20", "A x 05-11-95 14:20", "A 1 05-11-95"] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
