//! EPLF, the easily parsed list format (D. J. Bernstein, <https://cr.yp.to/ftp/list/eplf.html>).

use super::Reading;
use super::dates::Now;
use super::fields::number;
use crate::model::entry::{Kind, Permissions};
use crate::model::stamp::Stamp;

/// `+i8388621.29609,m824255902,/,<TAB>dev`: facts with a comma behind each, a tab, the name. Times
/// are seconds since 1970.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let line = line.strip_prefix(b"+")?;
    let tab = line.iter().position(|b| *b == b'\t')?;
    let (facts, name) = (&line[..tab], &line[tab + 1..]);
    let (mut kind, mut size, mut modified, mut permissions) = (Kind::Other, None, None, None);
    for fact in facts.split(|b| *b == b',') {
        match fact {
            b"/" => kind = Kind::Dir,
            b"r" => kind = Kind::File,
            [b's', bytes @ ..] => size = number(bytes),
            [b'm', seconds @ ..] => modified = number(seconds).and_then(|s| i64::try_from(s).ok()),
            [b'u', b'p', bits @ ..] => permissions = octal(bits),
            _ => {}
        }
    }
    let modified = modified.map(Stamp::exact).filter(|stamp| stamp.civil().is_some());
    let mut reading = Reading::entry(name, kind, size, modified)?;
    if let Reading::Entry(entry) = &mut reading {
        entry.permissions = permissions;
    }
    Some(reading)
}

fn octal(bits: &[u8]) -> Option<Permissions> {
    let text = std::str::from_utf8(bits).ok()?;
    let bits = u16::from_str_radix(text, 8).ok()?;
    (bits <= 0o7777).then_some(Permissions(bits))
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        ("+i1.2,m824255902,/,\tdev", "dir 'dev' - 1996-02-13T23:58:22"),
        (
            "+m0,r,s10376,up644,\t two words",
            "file ' two words' 10376 1970-01-01T00:00:00 0644",
        ),
        ("+,\tx", "other 'x' - -"),
        ("+m99999999999999999999,r,\tx", "file 'x' - -"),
        ("+m9999999999999999,r,\tx", "file 'x' - -"),
        ("+/,\t..", "nothing"),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in ["+r,s1 x", "r,\tx", "+r,\t", "+r,\ta/b"] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
