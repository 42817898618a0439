use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::written::WrittenPath;
use super::*;
use crate::model::entry::Kind;
use crate::model::job::Item;
use crate::model::path::RemotePath;
use crate::model::server::PasswordSource;
use crate::model::stamp::Stamp;

const C: ConnectionId = ConnectionId(1);

fn item(name: &str, kind: Kind) -> Item {
    Item {
        local: PathBuf::from(format!("/here/{name}")),
        remote: RemotePath::parse(format!("/there/{name}").as_bytes()).unwrap(),
        kind,
        size: Some(10),
        modified: Some(Stamp::exact(1_000)),
        permissions: None,
    }
}

fn written(id: u64, name: &str, kind: Kind) -> WrittenJob {
    WrittenJob::new(JobId(id), &item(name, kind))
}

fn begin(direction: Direction) -> Vec<Record> {
    let server = Server {
        host: "h".into(),
        user: "u".into(),
        ..Server::default()
    };
    vec![
        Record::Run {
            version: VERSION,
            boot: Some("b".into()),
            program: "ftpane".into(),
        },
        Record::Server {
            connection: C,
            server: Box::new(keepable(&server)),
        },
        Record::Batch {
            batch: BatchId(1),
            connection: C,
            direction,
            policy: Policy::Rename,
            care: Care::default(),
            asked: 5,
            from: None,
        },
    ]
}

fn lines(records: &[Record]) -> Vec<u8> {
    let mut out = Vec::new();
    records.iter().for_each(|record| record.write(&mut out));
    out
}

fn fold(bytes: &[u8]) -> Log {
    let mut log = Log::default();
    bytes.split(|b| *b == b'\n').for_each(|line| log.line(line));
    log
}

fn jobs(records: &[Record], boot: &str) -> Vec<(u64, Option<Policy>)> {
    let rests = fold(&lines(records)).rests(Some(boot));
    let of = |rest: &Rest| rest.jobs.iter().map(|job| (job.id.0, job.policy)).collect();
    rests.first().map(|(_, rest)| of(rest)).unwrap_or_default()
}

fn walked(jobs: Option<u64>) -> Record {
    let batch = BatchId(1);
    Record::Walked { batch, jobs }
}

fn over(id: u64, end: End) -> Record {
    Record::Over { job: JobId(id), end }
}

fn failed(passes: bool) -> End {
    End::Failed {
        why: "x".into(),
        passes,
    }
}

#[test]
fn what_was_moved_and_paused_is_so_still() {
    let rank = |major, minor| Rank { major, minor };
    let mut records = begin(Direction::Upload);
    let names = ["a", "d", "d/b", "c"];
    let kinds = [Kind::File, Kind::Dir, Kind::File, Kind::File];
    let jobs = (1..).zip(names).zip(kinds);
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: jobs
            .map(|((id, name), kind)| written(id, name, kind).at(rank(1, id)))
            .collect(),
    });
    let left = |records: &[Record]| {
        let rests = fold(&lines(records)).rests(Some("b"));
        let jobs = rests[0].1.jobs.iter();
        (
            rests[0].1.place,
            jobs.map(|job| (job.id.0, job.held)).collect::<Vec<_>>(),
        )
    };
    let free = |ids: [u64; 4]| ids.map(|id| (id, false)).to_vec();
    assert_eq!(left(&records), (1, free([1, 2, 3, 4])));
    // the last one to the top, and the first one behind it all
    records.push(Record::Moved {
        jobs: vec![(JobId(4), rank(-1, 5)), (JobId(1), rank(2, 6))],
    });
    assert_eq!(
        left(&records),
        (-1, free([2, 4, 3, 1])),
        "a folder is made before"
    );
    let jobs = vec![JobId(3), JobId(1)];
    let batches = Vec::new();
    records.push(Record::Held { jobs, batches });
    let (jobs, batches) = (vec![JobId(1)], Vec::new());
    records.push(Record::Released { jobs, batches });
    assert_eq!(left(&records).1, [(2, false), (4, false), (3, true), (1, false)]);
}

#[test]
fn a_pause_holds_what_a_walk_is_still_to_find() {
    let mut records = begin(Direction::Download);
    let held = |records: &[Record]| fold(&lines(records)).rests(Some("b"))[0].1.held;
    assert!(!held(&records));
    let (jobs, batches) = (Vec::new(), vec![BatchId(1)]);
    records.push(Record::Held { jobs, batches });
    assert!(held(&records));
    let (jobs, batches) = (Vec::new(), vec![BatchId(1)]);
    records.push(Record::Released { jobs, batches });
    assert!(!held(&records));
}

/// As the first version wrote it, line by line: no places, no pauses, no care, and of the server what there
/// was then.
#[test]
fn a_log_of_the_first_version_is_read() {
    let log = fold(
        br#"{"run":{"version":1,"boot":"b","program":"ftpane 0.1.0"}}
{"server":{"connection":1,"server":{"host":"h","user":"u","protocol":"ftp"}}}
{"batch":{"batch":1,"connection":1,"direction":"upload","policy":"resume","asked":5,"from":null}}
{"asked":{"batch":1,"items":[{"local":"/here/d","remote":"/there/d","kind":"dir"}]}}
{"jobs":{"batch":1,"jobs":[{"id":1,"item":{"local":"/here/d","remote":"/there/d","kind":"dir"}},{"id":2,"item":{"local":"/here/d/a","remote":"/there/d/a","kind":"file","size":7,"modified":{"seconds":9,"precision":"second"}}}]}}
{"over":{"job":1,"end":"done"}}
"synced"
{"walked":{"batch":1}}
"#,
    );
    assert_eq!((log.unreadable(), log.newer()), (0, None));
    let rests = log.rests(Some("b"));
    let rest = &rests[0].1;
    assert_eq!((rest.server.host.as_str(), rest.policy), ("h", Policy::Resume));
    assert_eq!(
        (rest.care, rest.walked, rest.held),
        (Care::default(), true, false)
    );
    let left: Vec<_> = rest
        .jobs
        .iter()
        .map(|job| (job.id.0, job.item.size, job.held))
        .collect();
    assert_eq!(left, [(2, Some(7), false)]);
}

#[test]
fn what_is_left_is_what_is_not_over_or_may_go_well_later() {
    let mut records = begin(Direction::Upload);
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: vec![
            written(1, "d", Kind::Dir),
            written(2, "d/a", Kind::File),
            written(3, "b", Kind::File),
            written(4, "c", Kind::File),
            written(5, "e", Kind::File),
            written(6, "f", Kind::File),
        ],
    });
    records.push(walked(None));
    records.push(over(1, failed(true)));
    // with its folder, whatever is said of it
    records.push(over(2, failed(false)));
    records.push(over(3, End::Done));
    records.push(over(4, failed(false)));
    records.push(over(5, failed(true)));
    records.push(Record::Answered {
        job: JobId(6),
        policy: Policy::Skip,
    });
    assert_eq!(
        jobs(&records, "b"),
        [(1, None), (2, None), (5, None), (6, Some(Policy::Skip))]
    );
    // uploads are not lost with this machine
    assert_eq!(jobs(&records, "other").len(), 4);
    // a job that was tried again is open again
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: vec![written(4, "c", Kind::File)],
    });
    assert_eq!(jobs(&records, "b").len(), 5);
    let log = fold(&lines(&records));
    let (id, rest) = &log.rests(Some("b"))[0];
    let short = rest.short(crate::model::unfinished::RestId { run: 1, batch: *id });
    assert_eq!((short.files, short.known, short.bytes), (4, 5, 40));
    assert_eq!(rest.roots(), []);
    records.push(Record::Dropped { batch: BatchId(1) });
    assert_eq!(jobs(&records, "b"), []);
}

#[test]
fn after_a_crash_of_the_machine_the_last_downloads_are_looked_at_again() {
    let mut records = begin(Direction::Download);
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: (1..=5)
            .map(|n| written(n, &format!("{n}"), if n == 5 { Kind::Dir } else { Kind::File }))
            .collect(),
    });
    records.push(walked(None));
    records.push(over(1, End::Done));
    records.extend([Record::Synced, Record::Synced]);
    records.extend([over(2, End::Done), over(5, End::Done)]);
    records.extend([Record::Synced, Record::Synced]);
    records.push(over(3, End::Beside));
    assert_eq!(jobs(&records, "b"), [(4, None)]);
    let doubted = [(2, Some(Policy::Size)), (3, None), (4, None)];
    assert_eq!(jobs(&records, "other"), doubted);
    records.push(Record::Closed);
    assert_eq!(jobs(&records, "other"), [(4, None)]);
}

#[test]
fn a_walk_that_was_cut_is_gone_through_again_without_what_is_over() {
    let mut records = begin(Direction::Upload);
    records.push(Record::Asked {
        batch: BatchId(1),
        items: vec![WrittenItem::new(&item("d", Kind::Dir))],
    });
    let before = WrittenPath::source(Direction::Upload, &item("d/before", Kind::File));
    records.push(Record::Past {
        batch: BatchId(1),
        sources: vec![before.clone()],
    });
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: vec![written(1, "d", Kind::Dir), written(2, "d/a", Kind::File)],
    });
    records.push(over(1, End::Done));
    let rests = fold(&lines(&records)).rests(None);
    let rest = &rests[0].1;
    assert_eq!(rest.roots(), [item("d", Kind::Dir)]);
    let made = WrittenPath::source(Direction::Upload, &item("d", Kind::Dir));
    assert_eq!(rest.past, [made, before]);
    let asked = [WrittenItem::new(&item("d", Kind::Dir))];
    let same = |server: &Server| is_same(rest, server, Direction::Upload, &asked);
    assert!(same(&rest.server));
    assert!(!same(&Server {
        user: "other".into(),
        ..rest.server.clone()
    }));
    assert!(!is_same(rest, &rest.server, Direction::Download, &asked));
    assert!(!is_same(rest, &rest.server, Direction::Upload, &[]));
}

/// On a server that is blind to capitals it would be the same file.
#[test]
fn what_is_done_and_looks_like_what_is_left_is_known() {
    for (direction, alike) in [
        (Direction::Upload, &["/there/d/README"][..]),
        (Direction::Download, &[]),
    ] {
        let mut records = begin(direction);
        let names = ["d/README", "d/Readme", "readme", "d/other"];
        let jobs = names
            .iter()
            .zip(1..)
            .map(|(name, id)| written(id, name, Kind::File));
        records.push(Record::Jobs {
            batch: BatchId(1),
            jobs: jobs.collect(),
        });
        records.push(walked(Some(4)));
        records.extend([1, 3, 4].map(|id| over(id, End::Done)));
        let rests = fold(&lines(&records)).rests(Some("b"));
        let [(_, rest)] = &rests[..] else {
            panic!("{rests:?}")
        };
        let found: Vec<String> = rest.alike.iter().map(RemotePath::shown).collect();
        assert_eq!(found, alike, "{direction:?}");
    }
}

#[test]
fn no_secret_is_written() {
    let server = Server {
        account: "s3cret-account".into(),
        password: PasswordSource::Command("pass show web".into()),
        ..Server::default()
    };
    let kept = keepable(&server);
    let text = String::from_utf8(lines(&[Record::Server {
        connection: C,
        server: Box::new(kept),
    }]))
    .unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("pass show web"));
}

#[test]
fn what_is_not_understood_is_counted_and_the_rest_read() {
    let mut bytes = lines(&begin(Direction::Upload));
    bytes.extend_from_slice(
        b"{\"map-of-holes\":{\"job\":1}}\n\xff\xfe not JSON\n{\"over\":{\"job\":77,\"end\":\"done\"}}\n",
    );
    bytes.extend(lines(&[Record::Jobs {
        batch: BatchId(1),
        jobs: vec![written(1, "a", Kind::File)],
    }]));
    bytes.extend_from_slice(b"{\"over\":{\"job\":1,\"en");
    let log = fold(&bytes);
    assert_eq!(log.unreadable(), 4);
    assert_eq!(log.rests(None)[0].1.jobs.len(), 1);
}

#[test]
fn nothing_is_made_of_what_a_newer_version_has_left() {
    let mut records = begin(Direction::Upload);
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: vec![written(1, "a", Kind::File)],
    });
    let version = format!("\"version\":{VERSION}");
    let text = String::from_utf8(lines(&records)).unwrap();
    let newer = text.replacen(
        &version,
        &format!("\"version\":{},\"mood\":\"good\"", VERSION + 1),
        1,
    );
    assert_ne!(newer, text);
    assert_eq!(fold(text.as_bytes()).rests(Some("b")).len(), 1);
    let log = fold(newer.as_bytes());
    assert_eq!((log.newer(), log.rests(Some("b"))), (Some("ftpane"), Vec::new()));
}

/// A small log with all that hangs on numbers and names; three jobs, one of them done.
fn log_of_three() -> Vec<Record> {
    let mut records = begin(Direction::Upload);
    records.push(Record::Asked {
        batch: BatchId(1),
        items: vec![WrittenItem::new(&item("d", Kind::Dir))],
    });
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: vec![written(1, "d", Kind::Dir), written(2, "d/a", Kind::File)],
    });
    records.push(Record::Jobs {
        batch: BatchId(1),
        jobs: vec![written(3, "d/b", Kind::File)],
    });
    records.push(walked(Some(3)));
    records.push(over(1, End::Done));
    records.push(over(2, End::Done));
    records
}

/// One bit that flips on the disk calls no job done that is not, and makes no other path of one: what is
/// left stays left, is found again by a walk, or the log says that something of it is lost.
#[test]
fn a_bit_that_flips_makes_nothing_else_of_a_log() {
    let bytes = lines(&log_of_three());
    let whole = fold(&bytes).rests(Some("b"));
    assert_eq!(whole[0].1.jobs.len(), 1);
    // the first line is read by every version, and has no number: what it says is looked at by itself
    let head = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for at in head..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << bit;
            let log = fold(&flipped);
            let what = || String::from_utf8_lossy(&flipped[at.saturating_sub(20)..at + 1]).into_owned();
            let known: Vec<Item> = ["d", "d/a", "d/b"]
                .into_iter()
                .zip([Kind::Dir, Kind::File, Kind::File])
                .map(|(name, kind)| item(name, kind))
                .collect();
            let Some((_, rest)) = log.rests(Some("b")).into_iter().next() else {
                assert!(log.is_damaged(), "{at} {bit}: {}", what());
                continue;
            };
            assert!(
                rest.jobs.iter().all(|job| known.contains(&job.item)),
                "{at} {bit}: {}",
                what()
            );
            let is_left = rest.jobs.iter().any(|job| job.item == known[2]);
            assert!(is_left || !rest.walked, "{at} {bit}: {}", what());
        }
    }
}

/// Jobs whose line is lost are found again: the folders are walked once more, without what is known.
#[test]
fn jobs_that_a_lost_line_told_of_are_looked_for() {
    let records = log_of_three();
    let is_walked = |records: &[Record]| fold(&lines(records)).rests(Some("b"))[0].1.walked;
    assert!(is_walked(&records));
    let lost: Vec<Record> = records
        .iter()
        .filter(|record| !matches!(record, Record::Jobs { jobs, .. } if jobs.len() == 1))
        .cloned()
        .collect();
    let rests = fold(&lines(&lost)).rests(Some("b"));
    let rest = &rests[0].1;
    assert!(!rest.walked && rest.jobs.is_empty());
    assert_eq!(rest.roots(), [item("d", Kind::Dir)]);
    assert_eq!(rest.past.len(), 2, "what is over is not done again");
}

/// A last line that the disk never had whole is no damage.
#[test]
fn a_torn_end_is_no_damage() {
    let mut bytes = lines(&log_of_three());
    bytes.extend_from_slice(b"{\"over\":{\"job\":3,\"e");
    let log = fold(&bytes);
    assert_eq!((log.unreadable(), log.is_damaged()), (1, false));
    bytes.extend_from_slice(b"\n");
    bytes.extend(lines(&[over(3, End::Done)]));
    let log = fold(&bytes);
    assert_eq!((log.unreadable(), log.is_damaged()), (1, true));
}

fn any_path() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b'/'), Just(0xff), Just(b'"'), 1u8..];
    let path = proptest::collection::vec(byte, 1..20);
    path.prop_filter("a line break cannot be sent", |p| {
        !p.iter().any(|b| matches!(b, b'\r' | b'\n'))
    })
}

/// What happens in a queue: a job comes, or one of those there ends.
fn events() -> impl Strategy<Value = Vec<(u8, u64)>> {
    proptest::collection::vec((0u8..6, 0u64..12), 0..40)
}

proptest! {
    /// Bytes of names survive, whatever they are.
    #[test]
    #[cfg(unix)]
    fn items_come_back_as_they_were(local in any_path(), remote in any_path(), size in any::<Option<u64>>()) {
        use std::os::unix::ffi::OsStringExt as _;
        let local: PathBuf = PathBuf::from(std::ffi::OsString::from_vec([b"/", local.as_slice()].concat()));
        let item = Item {
            local: local.components().collect(),
            remote: RemotePath::parse(&remote).unwrap(),
            kind: Kind::Link,
            size,
            modified: None,
            permissions: None,
        };
        let record = Record::Asked { batch: BatchId(1), items: vec![WrittenItem::new(&item)] };
        let line = lines(std::slice::from_ref(&record));
        let read = Record::read(&line[..line.len() - 1]);
        prop_assert_eq!(read.as_ref(), Some(&record));
        let Some(Record::Asked { items, .. }) = read else { return Ok(()) };
        prop_assert_eq!(items[0].item(), Some(item));
    }

    /// Cut at any byte: exactly the jobs are left that were not over at that point. Garbage between
    /// the lines changes nothing of it.
    #[test]
    fn a_log_cut_anywhere_loses_no_job(events in events(), at in any::<prop::sample::Index>(), garbage in any::<bool>()) {
        let mut bytes = lines(&begin(Direction::Upload));
        let head = bytes.len();
        // which jobs are left once so many bytes are there
        let mut known: BTreeMap<u64, bool> = BTreeMap::new();
        let mut left_after = vec![(head, Vec::new())];
        for (what, n) in events {
            let record = match what {
                0 | 1 => {
                    known.insert(n, true);
                    Record::Jobs { batch: BatchId(1), jobs: vec![written(n, &format!("{n}"), Kind::File)] }
                }
                _ if !known.contains_key(&n) => continue,
                2 => { known.insert(n, false); over(n, End::Done) }
                3 => { known.insert(n, false); over(n, End::Cancelled) }
                4 => { known.insert(n, true); over(n, failed(true)) }
                _ => { known.insert(n, false); over(n, End::Failed { why: "\n\u{1}\"".into(), passes: false }) }
            };
            if garbage {
                bytes.extend_from_slice(b"\0\xff{\n");
            }
            record.write(&mut bytes);
            left_after.push((bytes.len(), known.iter().filter(|(_, left)| **left).map(|(n, _)| *n).collect()));
        }
        let cut = head + at.index(bytes.len() - head + 1);
        let log = fold(&bytes[..cut]);
        // a line that lacks its end only is whole, and one that lacks its number, too
        let is_whole = |end: usize| end <= cut + 1 || end == cut + "\t0123456789abcdef\n".len();
        let (_, expected) = left_after.iter().rev().find(|(end, _)| is_whole(*end)).unwrap();
        let rests = log.rests(Some("b"));
        prop_assert_eq!(rests.len(), 1, "a walk that was not at its end is left");
        let mut left: Vec<u64> = rests[0].1.jobs.iter().map(|job| job.id.0).collect();
        left.sort_unstable();
        prop_assert_eq!(&left, expected);
    }

    /// Whatever stands in a file, reading it ends.
    #[test]
    fn anything_can_be_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let log = fold(&bytes);
        prop_assert_eq!(log.rests(None), []);
    }
}
