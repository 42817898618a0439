//! Lines of `DIR`: IIS, and the servers that imitate it.

use super::Reading;
use super::dates::{Now, clock_of_12_or_24, numeric_date};
use super::fields::{blanks, grouped_number, split};
use crate::model::entry::Kind;

/// Where IIS begins names, counted from the end of the date. There further blanks belong to the
/// name; other servers write as many as they like.
const NAME_COLUMN: usize = 31;

/// `12-05-96  05:03PM       <DIR>          name`, `2002-09-02  19:06      9,730 name`: month before
/// day save where the year comes first or dots stand between them.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    let ([date, time], rest) = split::<2>(line)?;
    let column = blanks(line) + date.len() + NAME_COLUMN;
    let date = numeric_date(date)?;
    // 05:03PM, 05:03p or 05:03 PM
    let ([half], after_half) = split::<1>(rest)?;
    let (clock, rest) = if [&b"AM"[..], b"PM"].iter().any(|h| half.eq_ignore_ascii_case(h)) {
        (clock_of_12_or_24(&[time, half].concat())?, after_half)
    } else {
        (clock_of_12_or_24(time)?, rest)
    };
    let modified = date.at(clock);
    let ([what], rest) = split::<1>(rest)?;
    let (kind, target_kind) = match &what.to_ascii_uppercase()[..] {
        b"<DIR>" => (Kind::Dir, None),
        b"<JUNCTION>" | b"<SYMLINKD>" => (Kind::Link, Some(Kind::Dir)),
        b"<SYMLINK>" => (Kind::Link, Some(Kind::File)),
        _ => {
            // DIR writes the thousands as its region does: 1,024 or 1.024
            let size = grouped_number(what, b',').or_else(|| grouped_number(what, b'.'))?;
            return Reading::entry(name(line, rest, column)?, Kind::File, Some(size), modified);
        }
    };
    let name = name(line, rest, column)?;
    let (name, target) = match kind {
        Kind::Link => split_target(name),
        _ => (name, None),
    };
    let mut reading = Reading::entry(name, kind, None, modified)?;
    if let Reading::Entry(entry) = &mut reading {
        entry.target = target.map(Box::from);
        entry.target_kind = target_kind;
    }
    Some(reading)
}

/// The name in the rest of a line behind the size or `<DIR>`.
fn name<'a>(line: &'a [u8], rest: &'a [u8], column: usize) -> Option<&'a [u8]> {
    let after_field = line.len() - rest.len();
    let after_blanks = after_field + blanks(rest);
    let at = if (after_field + 1..after_blanks).contains(&column) {
        column
    } else {
        after_blanks
    };
    line.get(at..)
}

/// `name [C:\target]`.
fn split_target(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let inner = text.strip_suffix(b"]");
    let open = inner.and_then(|t| t.windows(2).position(|w| w == b" [").map(|at| (t, at)));
    match open {
        Some((inner, at)) if at > 0 => (&text[..at], Some(&inner[at + 2..])),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn read_line(line: &str) -> Option<String> {
        shown(read(line.as_bytes(), &Now::new(0)))
    }

    #[test]
    fn forms_of_dir() {
        for (line, want) in [
            (
                "12-05-96  05:03PM       <DIR>          two words",
                "dir 'two words' - 1996-12-05T17:03",
            ),
            (
                "12-05-96  05:03PM       <DIR>           blank",
                "dir ' blank' - 1996-12-05T17:03",
            ),
            ("12-05-96  05:03PM  403   far", "file 'far' 403 1996-12-05T17:03"),
            (
                "12-05-96  05:03PM       <DIR> near",
                "dir 'near' - 1996-12-05T17:03",
            ),
            (
                "12-05-2024  12:03AM                  403 A.LOG",
                "file 'A.LOG' 403 2024-12-05T00:03",
            ),
            (
                "12-05-2024  12:03AM                  403  b ",
                "file ' b ' 403 2024-12-05T00:03",
            ),
            ("12-05-2024  12:03 am    403 b ", "file 'b ' 403 2024-12-05T00:03"),
            (
                "12-05-2024  12:03AM       <DIR>          four",
                "dir 'four' - 2024-12-05T00:03",
            ),
            (
                "2002-09-02  19:06                9,730 x",
                "file 'x' 9730 2002-09-02T19:06",
            ),
            (
                "02.09.2002  19:06:07             9730 x",
                "file 'x' 9730 2002-09-02T19:06:07",
            ),
            (
                "02.09.2002  19:06        1.048.576 x",
                "file 'x' 1048576 2002-09-02T19:06",
            ),
            (
                "12-05-96   5:03p       <DIR>          half",
                "dir 'half' - 1996-12-05T17:03",
            ),
            (
                "13-05-96  05:03PM                  403 no such month",
                "file 'no such month' 403 -",
            ),
            (
                "01-02-03  04:05 <JUNCTION>     Data [C:\\Real Data]",
                "link 'Data' - 2003-01-02T04:05 -> 'C:\\\\Real Data'",
            ),
            (
                "01-02-03  04:05 <SYMLINKD>     d [..\\x]",
                "link 'd' - 2003-01-02T04:05 -> '..\\x'",
            ),
            ("01-02-03  04:05 <SYMLINK>      f", "link 'f' - 2003-01-02T04:05"),
            ("01-02-03  04:05 <DIR>          ..", "nothing"),
        ] {
            let want = want.replace("\\\\", "\\");
            assert_eq!(read_line(line), Some(want), "{line}");
        }
    }

    #[test]
    fn what_is_not_read() {
        for line in [
            "07-ab-00  02:08AM           12266720 x",
            "04-08-14  03:09PM  OMAR docs",
            "-08-14  03:09PM  <DIR> docs",
            "04-08-14  03:09XM  12 x",
            "04-08-14  03:09PM  12",
            "04-08-14  03:09PM  12 a/b",
            "04-08-14  03:09PM",
            "",
        ] {
            assert_eq!(read_line(line), None, "{line}");
        }
    }
}
