//! Lines of VShell before it took up those of `ls`.

use super::Reading;
use super::dates::{Now, clock};
use super::fields::{number, split};
use super::unix_date::moment;
use crate::model::entry::Kind;

/// `206876  Apr 04, 2000 21:06 name`; folders have a slash behind their names.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([size, month, day, year, time], rest) = split::<5>(line)?;
    let modified = moment(month, day.strip_suffix(b",")?, year, clock(time)?)?;
    let name = rest.get(1..)?;
    let (name, kind) = match name.strip_suffix(b"/") {
        Some(folder) => (folder, Kind::Dir),
        None => (name, Kind::File),
    };
    Reading::entry(name, kind, Some(number(size)?), modified)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "206876  Apr 04, 2000 21:06 two words",
            "file 'two words' 206876 2000-04-04T21:06",
        ),
        (
            "0  Dec 12, 2002 02:13 sub dir/",
            "dir 'sub dir' - 2002-12-12T02:13",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "0 Dec 12 2002 02:13 x",
        "0 Dec 12, 2002 02:13",
        "0 Dec 12, 2002 x y",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
