//! Unix with everything in numbers: mode in octal, owner, group, size, seconds since 1970, name.

use super::Reading;
use super::dates::Now;
use super::fields::{blanks, number, split};
use crate::model::entry::{Kind, Permissions};
use crate::model::stamp::Stamp;

/// `0100644   500  101   12345    123456789       name`: the type stands in the mode (POSIX `S_IFMT`).
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([mode, owner, group, size, time], name) = split::<5>(line)?;
    if !(mode.starts_with(b"0") && matches!(mode.len(), 6..=8)) {
        return None;
    }
    let mode = u32::from_str_radix(std::str::from_utf8(mode).ok()?, 8).ok()?;
    number(owner)?;
    number(group)?;
    let kind = match mode & 0o170_000 {
        0o100_000 => Kind::File,
        0o040_000 => Kind::Dir,
        0o120_000 => Kind::Link,
        0 => return None,
        _ => Kind::Other,
    };
    let modified = Stamp::exact(i64::try_from(number(time)?).ok()?);
    modified.civil()?;
    let mut reading = Reading::entry(&name[blanks(name)..], kind, Some(number(size)?), Some(modified))?;
    if let Reading::Entry(entry) = &mut reading {
        entry.permissions = u16::try_from(mode & 0o7777).ok().map(Permissions);
    }
    Some(reading)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "0100644   500  101   12345    123456789       a file",
            "file 'a file' 12345 1973-11-29T21:33:09 0644",
        ),
        (
            "040755    0    0     512      0               d",
            "dir 'd' - 1970-01-01T00:00:00 0755",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "0100644 500 101 12345 x y",
        "0100844 500 101 1 2 y",
        "0000644 500 101 1 2 y",
        "100644 500 101 1 2 y",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
