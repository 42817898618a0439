//! Lines of IBM z/VM.

use super::Reading;
use super::dates::{Now, clock, numeric_date};
use super::fields::{number, split};
use crate::model::entry::Kind;

/// `NAME TYPE F 80 107 2 2005-10-04 15:28:42 OWNER`: the name is `NAME.TYPE`, the size of fixed
/// records (F) their length by their number, of variable ones (V) not known.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([name, extension, format, length, records, blocks, date, time], _) = split::<8>(line)?;
    let (length, records) = (number(length)?, number(records)?);
    number(blocks)?;
    let size = match format {
        b"F" => length.checked_mul(records),
        b"V" => None,
        _ => return None,
    };
    let date = numeric_date(date).filter(|_| date.len() == 10)?;
    Reading::entry(
        &[name, b".", extension].concat(),
        Kind::File,
        size,
        date.at(clock(time)?),
    )
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
