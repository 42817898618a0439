//! Lines of IBM z/VM.

use super::Reading;
use super::dates::{Now, clock, numeric_date};
use super::fields::{number, split};
use crate::model::entry::Kind;

/// `NAME TYPE F 80 107 2 2005-10-04 15:28:42 OWNER`, the date also as `9/16/91`: the name is `NAME.TYPE`, the
/// size of fixed records (F) their length by their number, of variable ones (V) not known.
/// `NAME - DIR - - - 2005-10-04 15:28:42` is a folder.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([name, extension, format, length, records, blocks, date, time], _) = split::<8>(line)?;
    let modified = numeric_date(date)?.at(clock(time)?);
    if (extension, format, length, records, blocks) == (b"-", b"DIR", b"-", b"-", b"-") {
        return Reading::entry(name, Kind::Dir, None, modified);
    }
    let (length, records) = (number(length)?, number(records)?);
    number(blocks)?;
    let size = match format {
        b"F" => length.checked_mul(records),
        b"V" => None,
        _ => return None,
    };
    Reading::entry(&[name, b".", extension].concat(), Kind::File, size, modified)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "PROFILE  EXEC    V        65      107        2 2005-10-04 15:28:42 060191",
            "file 'PROFILE.EXEC' - 2005-10-04T15:28:42",
        ),
        (
            "DATA     FILE    F        80      100        2 2005-10-04 15:28:42",
            "file 'DATA.FILE' 8000 2005-10-04T15:28:42",
        ),
        (
            "LASTING  GLOBALV  V        41       21        1 9/16/91 15:10:32",
            "file 'LASTING.GLOBALV' - 1991-09-16T15:10:32",
        ),
        (
            "SUBDIR   -        DIR       -        -        - 2003-03-08 14:00:22 -",
            "dir 'SUBDIR' - 2003-03-08T14:00:22",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "A B X 65 107 2 2005-10-04 15:28:42 o",
        "A B F 65 107 - 2005-10-04 15:28:42 o",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
