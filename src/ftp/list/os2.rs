//! Lines of OS/2.

use super::Reading;
use super::dates::{Now, clock, numeric_date};
use super::fields::{blanks, number, split};
use crate::model::entry::Kind;

/// `33280  A  02-09-97  13:49  OS2LDR`, `0  DIR  12-30-97  12:32  name`: size, attributes if there are
/// any, date, time, name.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([size], mut rest) = split::<1>(line)?;
    let size = number(size)?;
    let mut kind = Kind::File;
    // read only, archive, system, hidden: at most four of them, and DIR
    for _ in 0..6 {
        let ([field], next) = split::<1>(rest)?;
        rest = next;
        match field {
            b"DIR" => kind = Kind::Dir,
            letters if letters.len() <= 4 && letters.iter().all(|b| b"RASH".contains(b)) => {}
            date => {
                let date = numeric_date(date)?;
                let ([time], name) = split::<1>(rest)?;
                return Reading::entry(&name[blanks(name)..], kind, Some(size), date.at(clock(time)?));
            }
        }
    }
    None
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            " 33280      A          02-09-97   13:49  OS2LDR",
            "file 'OS2LDR' 33280 1997-02-09T13:49",
        ),
        (
            "     0           DIR   05-12-97   16:52  two words",
            "dir 'two words' - 1997-05-12T16:52",
        ),
        (
            "     7 R A H           05-12-103  16:52  x",
            "file 'x' 7 2003-05-12T16:52",
        ),
        (
            "     7                 05-12-97   16:52  x",
            "file 'x' 7 1997-05-12T16:52",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        " 1 A 02-09-97 13:49",
        " 1 B 02-09-97 13:49 x",
        " x A 02-09-97 13:49 x",
        " 1 A A A A A A A",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
