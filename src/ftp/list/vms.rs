//! Lines of OpenVMS: name with version, blocks, date, owner, protection; on one line or two.

use super::Reading;
use super::dates::{Clock, Date, Now, clock, thirds, year_of_century};
use super::fields::{blanks, is_blank, number, small, split};
use super::months;
use crate::model::entry::Kind;

/// `A.TXT;1   9/9   2-JUN-1998 07:32:04  [GROUP,OWNER]  (RWED,RWED,RE,)`: what follows the name may
/// come in any order and be missing, save the date. A name alone is the first half of an entry.
/// The size is in blocks and tells no number of bytes.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    if is_frame(line) {
        return Some(Reading::Nothing);
    }
    let ([name], mut rest) = split::<1>(line)?;
    let name = without_folder(name);
    let (stem, version) = name.split_at(name.iter().rposition(|b| *b == b';')?);
    if stem.is_empty() || !stem.contains(&b'.') && version == b";" || number(&version[1..]).is_none() {
        return None;
    }
    if rest.trim_ascii().is_empty() {
        return Some(Reading::Half);
    }
    let said = rest.trim_ascii();
    let said = said.strip_prefix(b"<").unwrap_or(said);
    // *.*;0 in a folder in which nothing is
    if said.starts_with(b"%RMS-E-FNF") {
        return Some(Reading::Nothing);
    }
    // it is there, and that is all one may know
    let withheld: [&[u8]; 3] = [b"%RMS-E-PRV", b"insufficient privilege", b"No privilege"];
    if withheld.iter().any(|words| said.starts_with(words)) {
        return Reading::entry(name, Kind::File, None, None);
    }
    let (mut day, mut time, mut owner): (Option<Option<Date>>, Option<Clock>, _) = (None, None, None);
    loop {
        rest = &rest[blanks(rest)..];
        let Some(first) = rest.first() else { break };
        let word = rest.iter().position(|b| is_blank(*b)).unwrap_or(rest.len());
        let end = match first {
            // one that is too long for its column is cut
            b'[' => rest.iter().position(|b| *b == b']').map_or(word, |at| at + 1),
            b'(' => rest.iter().position(|b| *b == b')')? + 1,
            _ => word,
        };
        let (field, next) = rest.split_at(end);
        rest = next;
        if matches!(first, b'[' | b'(') || is_blocks(field) {
            continue;
        }
        match (date(field), clock(field)) {
            (Some(found), _) if day.is_none() => day = Some(found),
            (_, Some(found)) if time.is_none() => time = Some(found),
            _ if owner.is_none() && is_owner(field) => owner = Some(field),
            _ => return None,
        }
    }
    let modified = match (day?, time) {
        (Some(day), Some(time)) => day.at(time),
        (Some(day), None) => day.alone(),
        (None, _) => None,
    };
    match stem.len().checked_sub(4).map(|at| stem.split_at(at)) {
        Some((folder, suffix)) if suffix.eq_ignore_ascii_case(b".DIR") => {
            Reading::entry(folder, Kind::Dir, None, modified)
        }
        _ => Reading::entry(name, Kind::File, None, modified),
    }
}

/// A name without the folder some servers write before it (`[PUB.X]A.TXT;1`): it is the one that is
/// listed.
fn without_folder(name: &[u8]) -> &[u8] {
    let end = name.iter().position(|b| *b == b']').filter(|_| name[0] == b'[');
    end.map_or(name, |at| &name[at + 1..])
}

/// `9`, `9/15`, `******`.
fn is_blocks(field: &[u8]) -> bool {
    field.iter().all(|b| *b == b'*')
        || field.split(|b| *b == b'/').all(|part| number(part).is_some())
            && field.iter().filter(|b| **b == b'/').count() <= 1
}

/// A name without brackets; not the half of a day.
fn is_owner(field: &[u8]) -> bool {
    field.len() > 2
        && field
            .iter()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
}

/// `2-JUN-1998`; the month of another language makes a date that is not known.
fn date(field: &[u8]) -> Option<Option<Date>> {
    let [day, month, year] = thirds(field, b'-')?;
    let (day, year) = (small(day)?, year_of_century(year).filter(|_| year.len() == 4)?);
    if month.is_empty() || !month.iter().all(|b| b.is_ascii_alphabetic()) {
        return None;
    }
    Some(months::month(month).map(|month| Date { year, month, day }))
}

/// `Directory DISK:[PUB]`, `DISK:[PUB]`, `Total of 28 Files, 1557541 Blocks.`, `Total 28 files`
fn is_frame(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let place = line.strip_prefix(b"Directory ").unwrap_or(line);
    let is_place =
        place.ends_with(b"]") && !place.iter().any(|b| is_blank(*b)) && place.windows(2).any(|w| w == b":[");
    let is_sum = line.starts_with(b"Total ") || line.starts_with(b"Grand total of ");
    let counts = |words: [&[u8]; 2]| {
        words
            .into_iter()
            .any(|word| line.windows(word.len()).any(|w| w == word))
    };
    is_place || is_sum && counts([b"ile", b"director"])
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "A.LIS;1    9/9     2-JUN-1998 07:32:04  [GROUP,OWNER]    (RWED,RWED,RWED,RE)",
            "file 'A.LIS;1' - 1998-06-02T07:32:04",
        ),
        (
            "A.;2     152/153   13-FEB-1997 08:13:43.25  [A, B]  (RWED,,,)",
            "file 'A.;2' - 1997-02-13T08:13:43",
        ),
        (
            "a;1     17-JUN-1994 17:25    6308/13     (RWED,RWED,R,)",
            "file 'a;1' - 1994-06-17T17:25",
        ),
        (
            "DATA.DIR;1   1   7-JAN-2000    [X]   (RWED)",
            "dir 'DATA' - 2000-01-07",
        ),
        (
            "BIG.ISO;2        ******  6-MAY-2008 09:29 [A,B]",
            "file 'BIG.ISO;2' - 2008-05-06T09:29",
        ),
        ("X.Y;1  1  31-FEB-2008 09:29", "file 'X.Y;1' - -"),
        ("X.Y;1  1  13-FED-1997 09:29", "file 'X.Y;1' - -"),
        (
            "X.Y;1  6/8  15-JUIL-2002  MYSELF  (RWED,,,)",
            "file 'X.Y;1' - 2002-07-15",
        ),
        (
            "X.Y;1  %RMS-E-PRV, insufficient privilege or file protection violation",
            "file 'X.Y;1' - -",
        ),
        (
            "FREE.DIR;1  27/36  16-FEB-1999 10:01:46  [AP_HTTPD,APACHE$WWW            (RWE,,,)",
            "dir 'FREE' - 1999-02-16T10:01:46",
        ),
        (
            "[SERV.FILES]ALARM.DIR;1      1/3          5-MAR-1993 18:09",
            "dir 'ALARM' - 1993-03-05T18:09",
        ),
        (
            "NO.TXT;10\tNo privilege for attempted operation",
            "file 'NO.TXT;10' - -",
        ),
        ("*.*;0              <%RMS-E-FNF, file not found>", "nothing"),
        ("Total 6 files", "nothing"),
        ("LONG_NAME.COM;12", "half"),
        ("Grand total of 2 directories, 5 files, 1/2 blocks.", "nothing"),
        ("Directory DISK$1:[PUB.X]", "nothing"),
        ("Total of 28 Files, 1557541 Blocks.", "nothing"),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "A.TXT;1  118/126  14-APR-1997 12:45:27 PM  [A,B]",
        "A.TXT;1  118/126  2-JUN-1998 OWNER OTHER",
        "A.TXT;1  118/126  2-6-1998",
        "A.TXT;1  118/126  [A,B]",
        "A.TXT;1  118/126  2-JUN-1998 (RWED",
        "[A]",
        "[A]B.TXT",
        "A.TXT;x  118/126  2-JUN-1998",
        ";1  118/126  2-JUN-1998",
        "A/B.TXT;1  118/126  2-JUN-1998",
        "A.TXT",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
