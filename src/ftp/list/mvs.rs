//! Lines of IBM z/OS (MVS): data sets, members of partitioned data sets, load modules, jobs.

use super::Reading;
use super::dates::{Now, clock, numeric_date};
use super::fields::{Fields, exactly, is_blank, number, split};
use crate::model::entry::Kind;

/// Reads a line of one of the tables, their headers, and data sets that are not on a disk.
pub(super) fn read(line: &[u8], _: &Now) -> Option<Reading> {
    if is_header(line) {
        return Some(Reading::Nothing);
    }
    data_set(line)
        .or_else(|| away(line))
        .or_else(|| member(line))
        .or_else(|| module(line))
        .or_else(|| job(line))
}

fn is_header(line: &[u8]) -> bool {
    let starts = |words: &[&[u8]]| {
        line.split(|b| *b == b' ')
            .filter(|w| !w.is_empty())
            .take(words.len())
            .eq(words.iter().copied())
    };
    starts(&[b"Volume", b"Unit", b"Referred"])
        || starts(&[b"Name", b"VV.MM", b"Created"])
        || starts(&[b"Name", b"Size", b"TTR", b"Alias-of"])
        || starts(&[b"JOBNAME", b"JOBID"])
}

/// `VOLUME UNIT REFERRED EXT USED RECFM LRECL BLKSZ DSORG NAME`, where extents and tracks may run
/// together; `VOLUME UNIT VSAM NAME`. The date is that of the last access. A partitioned data set is
/// a folder.
fn data_set(line: &[u8]) -> Option<Reading> {
    let fields = Fields::of(line);
    let (unit, referred, counts, organisation, name) = match fields.as_slice() {
        [_, unit, organisation, name] if organisation.text == b"VSAM" => {
            let is_unit = is_device(unit.text);
            return Reading::entry(name.text, Kind::File, None, None).filter(|_| is_unit);
        }
        [
            _,
            unit,
            referred,
            extents,
            used,
            _,
            record,
            block,
            organisation,
            name,
        ] => (unit, referred, [extents, used, record, block], organisation, name),
        [_, unit, referred, space, _, record, block, organisation, name] => {
            (unit, referred, [space, space, record, block], organisation, name)
        }
        _ => return None,
    };
    let is_date =
        referred.text == b"**NONE**" || referred.text.len() == 10 && numeric_date(referred.text).is_some();
    // what is too long for its column is said by signs: 2 ++++, 1+++++
    let is_count = |text: &[u8]| text.iter().all(|b| b.is_ascii_digit() || b"+?".contains(b));
    if !is_date || !is_device(unit.text) || !counts.into_iter().all(|field| is_count(field.text)) {
        return None;
    }
    let kind = match organisation.text {
        b"PO" | b"PO-E" => Kind::Dir,
        other if other.iter().all(|b| b.is_ascii_uppercase() || *b == b'-') => Kind::File,
        _ => return None,
    };
    Reading::entry(name.text, kind, None, None)
}

/// `3390`, `3380K`.
fn is_device(unit: &[u8]) -> bool {
    unit.first().is_some_and(u8::is_ascii_digit) && unit.iter().all(u8::is_ascii_alphanumeric)
}

/// Data sets on tape, on a disk that is away, or moved to slower storage, and the levels above data sets.
fn away(line: &[u8]) -> Option<Reading> {
    let line = line.trim_ascii();
    let at = line.iter().rposition(|b| is_blank(*b))?;
    let (state, name) = (line[..at].trim_ascii(), &line[at + 1..]);
    let on_tape = exactly::<2>(state).is_some_and(|[_, unit]| unit.eq_ignore_ascii_case(b"tape"));
    if state == b"Pseudo Directory" {
        Reading::entry(name, Kind::Dir, None, None)
    } else if state == b"Migrated"
        || state.ends_with(b" Not Direct Access Device")
        || state.ends_with(b" Not Mounted")
        || state.ends_with(b"Error determining attributes")
        || on_tape
    {
        Reading::entry(name, Kind::File, None, None)
    } else {
        None
    }
}

/// `NAME VV.MM CREATED CHANGED TIME SIZE INIT MOD ID`: sizes are records.
fn member(line: &[u8]) -> Option<Reading> {
    let [name, version, created, changed, time, size, first, changes, _] = exactly::<9>(line)?;
    let is_version = version.len() == 5 && version[2] == b'.' && number(&version[..2]).is_some();
    numeric_date(created)?;
    if !is_version || [size, first, changes].into_iter().any(|n| number(n).is_none()) {
        return None;
    }
    Reading::entry(name, Kind::File, None, numeric_date(changed)?.at(clock(time)?))
}

/// `NAME SIZE TTR [ALIAS-OF] AC ATTRIBUTES AMODE RMODE`: the size is hexadecimal.
fn module(line: &[u8]) -> Option<Reading> {
    let ([name, size, ttr], rest) = split::<3>(line)?;
    let is_hex = |text: &[u8]| text.len() == 6 && text.iter().all(u8::is_ascii_hexdigit);
    let ends_as_module = rest.trim_ascii().ends_with(b"ANY") || rest.trim_ascii().ends_with(b"24");
    if !is_hex(size) || !is_hex(ttr) || !ends_as_module {
        return None;
    }
    let size = u64::from_str_radix(std::str::from_utf8(size).ok()?, 16).ok()?;
    Reading::entry(name, Kind::File, Some(size), None)
}

/// `NAME ID STATUS`, `NAME ID STATUS 3 Spool Files`, `NAME ID OWNER STATUS CLASS` and more (JES interface levels
/// 1 and 2): what is fetched is the job's identity. The class of a session is `TSU`, of a started task `STC`.
fn job(line: &[u8]) -> Option<Reading> {
    let fields = Fields::of(line);
    let [_, id, rest @ ..] = fields.as_slice() else {
        return None;
    };
    let is_id = [&b"JOB"[..], b"STC", b"TSU", b"J"]
        .iter()
        .find_map(|prefix| id.text.strip_prefix(*prefix))
        .is_some_and(|n| number(n).is_some());
    let is_status = |text: &[u8]| matches!(text, b"INPUT" | b"ACTIVE" | b"OUTPUT" | b"HELD");
    let is_job = match rest {
        [status] => is_status(status.text),
        [status, count, spool, _] if is_status(status.text) => {
            number(count.text).is_some() && spool.text.eq_ignore_ascii_case(b"spool")
        }
        [_, status, class, ..] => {
            is_status(status.text) && (class.text.len() == 1 || matches!(class.text, b"TSU" | b"STC"))
        }
        _ => false,
    };
    if !is_id || !is_job {
        return None;
    }
    Reading::entry(id.text, Kind::File, None, None)
}

/// Whether members follow, of which some may be names alone: those that no editor has written
/// statistics of.
pub(super) fn announces_members(line: &[u8]) -> bool {
    exactly::<8>(line).is_some_and(|[name, version, ..]| (name, version) == (b"Name", b"VV.MM"))
}

/// A member without statistics: a name alone.
pub(super) fn bare_member(line: &[u8]) -> Option<Reading> {
    let [name] = exactly::<1>(line)?;
    let is_letter = |b: &u8| b.is_ascii_uppercase() || b"$#@".contains(b);
    let is_member = name.len() <= 8
        && name.first().is_some_and(is_letter)
        && name.iter().all(|b| is_letter(b) || b.is_ascii_digit());
    Reading::entry(name, Kind::File, None, None).filter(|_| is_member)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(0)));
    for (line, want) in [
        (
            "VOL001 3390   2004/06/23  1    1  FB     128  6144  PO-E  A.B.C",
            "dir 'A.B.C' - -",
        ),
        (
            "VOL001 3390   **NONE**    2 ++++  VB   27994 27998  PS    D.E",
            "file 'D.E' - -",
        ),
        (
            "VOL001 3390   2005/06/06 213000 U          0 27998  PO  RUN.TOGETHER",
            "dir 'RUN.TOGETHER' - -",
        ),
        ("VOL001 3390   VSAM KEYED.DATA", "file 'KEYED.DATA' - -"),
        ("ME01  J01081   OUTPUT   3 Spool Files", "file 'J01081' - -"),
        (
            "ME01  JOB01234 ME       OUTPUT A        RC=0000 3 spool files",
            "file 'JOB01234' - -",
        ),
        ("ME01  STC01234 ME       ACTIVE S", "file 'STC01234' - -"),
        (
            "ME01  JOB01234 ME       OUTPUT A        (JCL error) 3 spool files",
            "file 'JOB01234' - -",
        ),
        (
            "ME       TSU01830 ME       OUTPUT TSU      ABEND=522 3 spool files",
            "file 'TSU01830' - -",
        ),
        ("ME01  JOB01235  INPUT", "file 'JOB01235' - -"),
        (
            "VOL002 Tape                                   TAPE.Y",
            "file 'TAPE.Y' - -",
        ),
        ("Migrated\t\t\t\tOLD.Y", "file 'OLD.Y' - -"),
        (
            "VOL001 3390   2022/02/18  1+++++  VBS  32767 27966  PS  RUN.OVER",
            "file 'RUN.OVER' - -",
        ),
        ("JOBNAME  JOBID    OWNER    STATUS CLASS", "nothing"),
        (
            "VOL001 3380K  2004/06/23  1 ????  FB     128  6144  PS  A.B.C",
            "file 'A.B.C' - -",
        ),
        (
            "VOL001 Not Direct Access Device               TAPE.X",
            "file 'TAPE.X' - -",
        ),
        (
            "VOL001 Not Mounted                            AWAY.X",
            "file 'AWAY.X' - -",
        ),
        (
            "Migrated                                      OLD.X",
            "file 'OLD.X' - -",
        ),
        (
            "Pseudo Directory                              HLQ",
            "dir 'HLQ' - -",
        ),
        (
            "MEMBER1 01.01 2004/06/22 2004/06/23 16:32   128   128    0 ME",
            "file 'MEMBER1' - 2004-06-23T16:32",
        ),
        (
            "MODULE1 00B308 000411  00 FO                31    ANY",
            "file 'MODULE1' 45832 -",
        ),
        (
            "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
            "nothing",
        ),
        (
            " Name      Size     TTR   Alias-of AC --------- Attributes --------- Amode Rmode",
            "nothing",
        ),
        (
            " Name     VV.MM   Created       Changed      Size  Init   Mod   Id",
            "nothing",
        ),
    ] {
        assert_eq!(read(line.as_bytes()).as_deref(), Some(want), "{line}");
    }
    for line in [
        "ME01 J01081 DONE 3 Spool Files",
        "ME01 X01081 OUTPUT 3 Spool Files",
        "file2.O",
        "VOL0013390 2004/06/23 1 FB 1 1 PS x",
        "a b c d e f g h i j",
        "x 00B30 000411 ANY",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
