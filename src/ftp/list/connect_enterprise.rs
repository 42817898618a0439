//! Lines of Connect:Enterprise for UNIX: batches of a mailbox.

use super::Reading;
use super::dates::Now;
use super::fields::split;
use super::unix::read_tail;
use crate::model::entry::Kind;

/// `-C--E-----FTP A QUA1I1      18128       41 Aug 12 13:56 NAME`: status letters with the way it
/// came (three letters or none), data type, mailbox, batch number, size, date, name.
pub(super) fn read(line: &[u8], now: &Now) -> Option<Reading> {
    let ([status, data_type], rest) = split::<2>(line)?;
    let (letters, way) = status.split_at_checked(10)?;
    let is_status = letters.starts_with(b"-") && letters.iter().all(|b| b.is_ascii_uppercase() || *b == b'-');
    let is_way = matches!(way.len(), 0 | 3) && way.iter().all(u8::is_ascii_uppercase);
    if !is_status || !is_way || data_type.len() != 1 {
        return None;
    }
    let (name, size, modified) = read_tail(rest, now)?;
    Reading::entry(name, Kind::File, size, modified)
}

#[test]
fn lines() {
    let read = |line: &[u8]| super::tests::shown(read(line, &Now::new(1_718_452_800)));
    assert_eq!(
        read(b"-C--E-----FTP A MAILBOX      18128       41 Apr 12 13:56 BATCH2").unwrap(),
        "file 'BATCH2' 41 2024-04-12T13:56"
    );
    for line in [
        "-C--E-----FTP AB X 1 41 Apr 12 13:56 x",
        "-c--E-----FTP A X 1 41 Apr 12 13:56 x",
        "-C--E-----FTP A X 1 41 x",
    ] {
        assert_eq!(read(line.as_bytes()), None, "{line}");
    }
}
