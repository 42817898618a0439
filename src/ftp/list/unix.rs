//! Lines of `ls -l`, and of the servers that imitate it.
//!
//! Kind and mode, then fields of which nothing is certain (links, owner and group may be missing
//! or hold blanks), size, date, name. So the date is looked for from the left: the first place
//! where a date stands behind a size.

use super::Reading;
use super::dates::Now;
use super::fields::{Field, Fields, blanks, grouped_number, is_blank, number, split};
use super::months;
use super::unix_date::{Found, find};
use crate::model::entry::{Kind, Permissions};
use crate::model::stamp::Stamp;

pub(super) fn read(line: &[u8], now: &Now) -> Option<Reading> {
    let line = &line[blanks(line)..];
    let (letter, rest) = line.split_first()?;
    let kind = match letter {
        // a file that can only be appended to, on Plan 9
        b'-' | b'f' | b'a' => Kind::File,
        b'd' => Kind::Dir,
        b'l' => Kind::Link,
        b'b' | b'c' | b'p' | b's' | b'D' | b'P' | b'n' | b'w' | b'C' | b'M' | b'?' => Kind::Other,
        _ => return None,
    };
    if rest.starts_with(b"?") {
        return unseen(rest, kind);
    }
    let (mode, rest) = rest.split_at(mode_length(rest)?);
    // ACL, SELinux context, extended attributes; AIX writes a dash for none
    let marks = rest.iter().take_while(|b| b"+.@*-".contains(b)).count();
    let rest = &rest[marks..];
    if !rest.first().is_some_and(|b| is_blank(*b) || b.is_ascii_digit()) {
        return None;
    }
    let fields = Fields::of(rest);
    let fields = fields.as_slice();
    let (name, size, modified) = with_date(rest, fields, now).or_else(|| without_date(fields))?;
    let size = size.filter(|_| kind != Kind::Other);
    let (name, target) = match kind {
        Kind::Link => split_link(name, size),
        // ls -F
        Kind::Dir => (name.strip_suffix(b"/").unwrap_or(name), None),
        _ => (name, None),
    };
    let mut reading = Reading::entry(name, kind, size, modified)?;
    if let Reading::Entry(entry) = &mut reading {
        entry.permissions = Permissions::from_symbolic(mode);
        entry.target = target.map(Box::from);
    }
    Some(reading)
}

/// `d????????? ? ? ? ?            ? name`: what GNU `ls` may not look at, it only names.
fn unseen(rest: &[u8], kind: Kind) -> Option<Reading> {
    let ([mode, told @ ..], name) = split::<6>(rest)?;
    let is_unseen = mode == b"?????????" && told.iter().all(|field| *field == b"?");
    Reading::entry(name.get(1..)?, kind, None, None).filter(|_| is_unseen)
}

/// User and group, where it is certain which columns these are.
pub(super) fn owner(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let ([_, _, user, group, ..], _) = certain(line)?;
    Some((user, group))
}

/// The size of a file, where it is certain which column that is.
pub(super) fn size(line: &[u8]) -> Option<u64> {
    let (_, size) = certain(line).filter(|_| line.starts_with(b"-"))?;
    Some(size)
}

/// The columns of a line that has all of them, and its size.
fn certain(line: &[u8]) -> Option<([&[u8]; 6], u64)> {
    let (columns, _) = split::<6>(line)?;
    let [_, links, _, _, size, date] = columns;
    number(links)?;
    let size = grouped_number(size, b',')?;
    let is_date = months::english(date).is_some() || (date.contains(&b'-') && date[0].is_ascii_digit());
    is_date.then_some((columns, size))
}

/// Nine letters; some servers leave one out, HylaFAX those of the others.
fn mode_length(rest: &[u8]) -> Option<usize> {
    let letters = rest
        .iter()
        .take_while(|b| b"rwxsStTlL-".contains(b))
        .take(9)
        .count();
    (letters >= 8 || letters == 6).then_some(letters)
}

/// Name, size and moment of a line with a date.
fn with_date<'a>(
    line: &'a [u8],
    fields: &[Field<'a>],
    now: &Now,
) -> Option<(&'a [u8], Option<u64>, Option<Stamp>)> {
    for at in 1..fields.len() {
        let size = match Size::of(fields[at - 1].text) {
            Size::Exact(size) => Some(size),
            Size::Unknown => None,
            // the group and a big size run together
            Size::Glued if at >= 2 && months::english(fields[at].text).is_some() => None,
            Size::Glued | Size::None => continue,
        };
        let Some(Found {
            fields: count,
            modified,
            ends_in_year,
        }) = find(&fields[at..], now)
        else {
            continue;
        };
        let last = fields[at + count - 1];
        let name = line[last.end..].get(1..)?;
        let before = last.start - fields[at + count - 2].end;
        let name = match name.strip_prefix(b" ") {
            // a year of four in a column of five
            Some(name) if ends_in_year && before == 1 => name,
            _ => name,
        };
        return Some((name, size, modified));
    }
    None
}

/// `drwxr-xr-x 3 owner group 512 name`: only with a name of one word, else a date that could not
/// be read would become a part of the name.
fn without_date<'a>(fields: &[Field<'a>]) -> Option<(&'a [u8], Option<u64>, Option<Stamp>)> {
    let [links, _, _, size, name] = fields else {
        return None;
    };
    number(links.text)?;
    Some((name.text, Some(number(size.text)?), None))
}

enum Size {
    Exact(u64),
    /// Rounded (`9.0M`) or beyond 64 bits.
    Unknown,
    /// A word that ends in digits.
    Glued,
    None,
}

impl Size {
    fn of(text: &[u8]) -> Self {
        // 1,234 1.234 1'234, as the server's region has it
        if let Some(size) = b",.'".iter().find_map(|sign| grouped_number(text, *sign)) {
            return Self::Exact(size);
        }
        let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0 {
            let tail = &text[digits..];
            let is_device = tail.first() == Some(&b',') && tail[1..].iter().all(u8::is_ascii_digit);
            let fraction = tail
                .iter()
                .take_while(|b| b.is_ascii_digit() || **b == b'.')
                .count();
            let unit = &tail[fraction..];
            let unit = unit.strip_suffix(b"B").unwrap_or(unit);
            let unit = unit.strip_suffix(b"i").unwrap_or(unit);
            let is_rounded = matches!(unit, b"k" | b"K" | b"M" | b"G" | b"T" | b"P") || tail == b"B";
            return if tail.is_empty() || is_device || is_rounded {
                Self::Unknown
            } else {
                Self::None
            };
        }
        if text.last().is_some_and(u8::is_ascii_digit) {
            Self::Glued
        } else {
            Self::None
        }
    }
}

/// Name and target. Both may hold ` -> `: `ls` gives the target's length as the link's size.
fn split_link(text: &[u8], size: Option<u64>) -> (&[u8], Option<&[u8]>) {
    const ARROW: &[u8] = b" -> ";
    let split = |at: usize| (&text[..at], Some(&text[at + ARROW.len()..]));
    let by_size = size
        .and_then(|size| usize::try_from(size).ok())
        .and_then(|size| text.len().checked_sub(size.checked_add(ARROW.len())?))
        .filter(|at| *at > 0 && text[*at..].starts_with(ARROW));
    match by_size.or_else(|| text.windows(ARROW.len()).position(|w| w == ARROW)) {
        // a server that may not look where it leads
        Some(at) if at + ARROW.len() == text.len() => (&text[..at], None),
        Some(at) => split(at),
        None => (text, None),
    }
}

/// Size, date and name of the servers that borrow the date of `ls`.
pub(super) fn read_tail<'a>(text: &'a [u8], now: &Now) -> Option<(&'a [u8], Option<u64>, Option<Stamp>)> {
    with_date(text, Fields::of(text).as_slice(), now)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{file, shown};
    use super::*;

    // 2024-06-15T12:00:00Z
    fn read_line(line: &[u8]) -> Option<String> {
        shown(read(line, &Now::new(1_718_452_800)))
    }

    #[test]
    fn forms_of_ls() {
        for (line, want) in [
            (
                "-rw-r--r--   1 me  us      12 Mar 17 11:07 two words ",
                "file 'two words ' 12 2024-03-17T11:07 0644",
            ),
            (
                "-rw-r--r--   1 me  us      12 Mar 17 11:07  blank",
                "file ' blank' 12 2024-03-17T11:07 0644",
            ),
            (
                "drwxr-xr-x   2 me  us    4096 Aug 26  2001 old",
                "dir 'old' - 2001-08-26 0755",
            ),
            (
                "drwxr-xr-x   2 me  us    4096 Aug 6 2001  old",
                "dir 'old' - 2001-08-06 0755",
            ),
            (
                "drwxr-xr-x   2 me  us    4096 Aug  6  2001  old",
                "dir ' old' - 2001-08-06 0755",
            ),
            (
                "-rw-r--r--   1 me  us      12 Aug 26  2001 10:00 call",
                "file '10:00 call' 12 2001-08-26 0644",
            ),
            (
                "-rw-r--r--   1 me  us      12 Mar 17 11:07 2024 plans",
                "file '2024 plans' 12 2024-03-17T11:07 0644",
            ),
            (
                "drwxrwxrwt+  2 0   0     4096 Jul  1 00:00 tmp/",
                "dir 'tmp' - 2023-07-01T00:00 1777",
            ),
            (
                "-rw-r--r--.  1 0   0        5 Jun 16 12:00 ahead",
                "file 'ahead' 5 2024-06-16T12:00 0644",
            ),
            (
                "-rw-r--r--@  1 0   0        5 Jun 17 12:00 x",
                "file 'x' 5 2023-06-17T12:00 0644",
            ),
            (
                "-rwsr-Sr-T   1 0   0        5 Jan  1  1970 x",
                "file 'x' 5 1970-01-01 7744",
            ),
            (
                "-rw-r--r-- 1 me 12 Nov 11 2005 no group",
                "file 'no group' 12 2005-11-11 0644",
            ),
            (
                "-rw-r--r-- 1234 12 Nov 11 2005 no owner",
                "file 'no owner' 12 2005-11-11 0644",
            ),
            (
                "-rw-r--r-- 1 a b c d 7 12 Nov 11 2005 x 3 Mar 4 2001 y",
                "file 'x 3 Mar 4 2001 y' 12 2005-11-11 0644",
            ),
            (
                "-rw-r--r--1000 me us 12 Nov 11 2005 glued links",
                "file 'glued links' 12 2005-11-11 0644",
            ),
            (
                "-rw-r--r-- 1 me staff12345678 Nov 11 2005 glued size",
                "file 'glued size' - 2005-11-11 0644",
            ),
            (
                "-rw-r--r-- 1 me us 1.5M Nov 11 2005 rounded",
                "file 'rounded' - 2005-11-11 0644",
            ),
            (
                "-rw-r--r-- 1 me us 99999999999999999999 Nov 11 2005 huge",
                "file 'huge' - 2005-11-11 0644",
            ),
            (
                "-rw-r--r-- 1 me us 1,234,567 Nov 11 2005 commas",
                "file 'commas' 1234567 2005-11-11 0644",
            ),
            (
                "brw-rw---- 1 root disk 8, 1 Jan 30 11:42 sda1",
                "other 'sda1' - 2024-01-30T11:42 0660",
            ),
            (
                "crw-rw---- 1 root disk 10,175 Jan 30 11:42 c",
                "other 'c' - 2024-01-30T11:42 0660",
            ),
            (
                "srwxr-xr-x 1 root root 0 Jan 30 11:42 s",
                "other 's' - 2024-01-30T11:42 0755",
            ),
            (
                "-rw-r--r-- someone everybody12345678 Nov 11 2005 no links, glued size",
                "file 'no links, glued size' - 2005-11-11 0644",
            ),
            (
                "  -rw-r--r-- 1 me us 3 Nov 31 2018 no such day",
                "file 'no such day' 3 - 0644",
            ),
            ("drwx--x--x 3 me us 512 dateless", "dir 'dateless' - - 0711"),
        ] {
            assert_eq!(read_line(line.as_bytes()).as_deref(), Some(want), "{line}");
        }
    }

    #[test]
    fn dates_of_other_tongues_and_styles() {
        for (date, want) in [
            ("17 апр 2007", "2007-04-17"),
            ("26. Juli, 20:10", "2023-07-26T20:10"),
            ("2.   Okt.  2003", "2003-10-02"),
            ("29 Jul 02:27", "2023-07-29T02:27"),
            ("3月 2日 15:13", "2024-03-02T15:13"),
            ("3月 2 15:13", "2024-03-02T15:13"),
            ("11月 12日 2003年", "2003-11-12"),
            ("févr. 3 2003", "2003-02-03"),
            ("Oct 08, 2002 09:47", "2002-10-08T09:47"),
            ("2005-06-01 12:34", "2005-06-01T12:34"),
            ("2005-06-01 12:34:56.123456789 +0200", "2005-06-01T12:34:56"),
            ("2005-06-01 12:34:56", "2005-06-01T12:34:56"),
            ("2005-06-01 ", "2005-06-01"),
            ("09-26 13:45", "2023-09-26T13:45"),
            ("09-26  2000", "2000-09-26"),
            ("Feb 29 18:14", "2024-02-29T18:14"),
            ("Mar 5 0:23", "2024-03-05T00:23"),
            ("Oct 08 2002 09:47", "2002-10-08T09:47"),
            ("Mar 17 11:07:33 2024", "2024-03-17T11:07:33"),
            ("Mar 17 11:07:33", "2024-03-17T11:07:33"),
            ("3 29 03:26", "2024-03-29T03:26"),
            ("1999/10/12 17:12", "1999-10-12T17:12"),
            ("24-04-2003 17:12", "2003-04-24T17:12"),
            ("04-24-2003 17:12", "2003-04-24T17:12"),
            ("03-04-2003 17:12", "-"),
        ] {
            let line = format!("-rw-r--r--   1 me us 12 {date} a name");
            let want = format!("file 'a name' 12 {want} 0644");
            assert_eq!(read_line(line.as_bytes()), Some(want), "{date}");
        }
        let shift_jis = b"-rw-r--r-- 1 me us 12  4\x8c\x8e 18\x93\xfa 2003\x94\x4e a";
        assert_eq!(read_line(shift_jis).unwrap(), "file 'a' 12 2003-04-18 0644");
        let cp1251 = b"-rw-r--r-- 1 me us 12 18 \xe0\xef\xf0 2003 a";
        assert_eq!(read_line(cp1251).unwrap(), "file 'a' 12 2003-04-18 0644");
        let latin1 = b"-rw-r--r-- 1 me us 12 3 M\xe4r 2003 caf\xe9";
        assert_eq!(read_line(latin1).unwrap(), "file 'caf\\xe9' 12 2003-03-03 0644");
    }

    #[test]
    fn links() {
        for (line, want) in [
            (
                "lrwxrwxrwx 1 0 0 7 Jan 25 00:17 bin -> usr/bin",
                "link 'bin' 7 2024-01-25T00:17 0777 -> 'usr/bin'",
            ),
            (
                "lrwxrwxrwx 1 0 0 1 Jan 25 00:17 a -> b -> c",
                "link 'a -> b' 1 2024-01-25T00:17 0777 -> 'c'",
            ),
            (
                "lrwxrwxrwx 1 0 0 6 Jan 25 00:17 a -> b -> c",
                "link 'a' 6 2024-01-25T00:17 0777 -> 'b -> c'",
            ),
            (
                "lrwxrwxrwx 1 0 0 99 Jan 25 00:17 a -> b -> c",
                "link 'a' 99 2024-01-25T00:17 0777 -> 'b -> c'",
            ),
            (
                "lrwxrwxrwx 1 0 0 9 Jan 25 00:17 untold",
                "link 'untold' 9 2024-01-25T00:17 0777",
            ),
        ] {
            assert_eq!(read_line(line.as_bytes()).as_deref(), Some(want), "{line}");
        }
        assert_eq!(
            read_line(b"-rw-r--r-- 1 0 0 7 Jan 25 00:17 a -> b").unwrap(),
            "file 'a -> b' 7 2024-01-25T00:17 0644"
        );
    }

    #[test]
    fn what_is_not_read() {
        for line in [
            "Zrwxrwxrwx 1 root other 7 Jan 25 00:17 x",
            "-rw-r--r-- 1 me us 12 Max  4  2000 x",
            "-rw-r--r-- 1 me us 12 May ab  2000 x",
            "-rw-r--r-- 1 me us 12 Dec 19 23:ab x",
            "-rw-r--r-- 1 me us 12 Aug 22  x y",
            "-rw-r--r-- 1 me us 12 Aug 26  201O x",
            "-rw-r--r-- 1 me us 12 Mar 17 11:07",
            "-rw-r--r-- 1 me us 12 13 29 03:26 x",
            "-rw-r--r-- 1 me us 12 3 29 2003 x y",
            "-rw-r--r-- 1 me us 12 24-04-2003 x y",
            "-rw-r--r-- 1 me us 12 Mar 17 11:07 ",
            "-rw-r--r-- 1 me us 12 Mar 17 11:07 a/b",
            "lrwxrwxrwx 1 0 0 2 Jan 25 00:17 /a/b -> /c",
            "-rw-r--r--",
            "-rw-r--r--x 1 me us 12 Mar 17 11:07 x",
            "-rw-r--r",
            "ftpd: .: Permission denied",
            "",
        ] {
            assert_eq!(read_line(line.as_bytes()), None, "{line}");
        }
        assert_eq!(file("x").name.as_bytes(), b"x");
    }
}
