//! Lines of Novell NetWare: rights in brackets, an owner, then as `ls -l`.

use super::Reading;
use super::dates::Now;
use super::fields::blanks;
use super::unix::read_tail;
use crate::model::entry::Kind;

/// `d [RWCEAFMS] owner    512 Nov 24  2005 name`.
pub(super) fn read(line: &[u8], now: &Now) -> Option<Reading> {
    let (letter, rest) = line.split_first()?;
    let kind = match letter {
        b'd' => Kind::Dir,
        b'-' => Kind::File,
        _ => return None,
    };
    let rest = rest[blanks(rest)..].strip_prefix(b"[")?;
    let close = rest.iter().position(|b| *b == b']').filter(|at| *at <= 16)?;
    if !rest[..close].iter().all(|b| b.is_ascii_uppercase() || *b == b'-') {
        return None;
    }
    let (name, size, modified) = read_tail(&rest[close + 1..], now)?;
    Reading::entry(&name[blanks(name)..], kind, size, modified)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(1_718_452_800)));
    for (line, want) in [
        (
            "d [-----F--] SYS_A            512 Apr 13 23:52 SYS",
            "dir 'SYS' - 2024-04-13T23:52",
        ),
        (
            "- [R----F--] me            214059       Oct 20 15:27    my file",
            "file 'my file' 214059 2023-10-20T15:27",
        ),
        (
            "-[RWCEAFMS] me             12 Oct 30  1992 X.PS",
            "file 'X.PS' 12 1992-10-30",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "d [rights] me 512 Apr 13 23:52 x",
        "d [RW me 512 Apr 13 23:52 x",
        "- [RW] me x",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
