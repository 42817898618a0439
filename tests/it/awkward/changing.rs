//! Files on a server that somebody writes to while they are read. What takes longer than a moment to come is compared
//! in the end with what it was before.

use ftpane::model::event::Event;
use ftpane::model::job::Policy;
use ftpane::model::server::Protocol;

use super::*;
use crate::harness::engine::noise;
use crate::harness::scripted::{Step, end_data, say, send};

/// More than is asked about before it begins, and twice what comes in five seconds: a client that is late to read
/// on a busy machine still reads for longer than that.
const SIZE: usize = 400_000;
const PACE: u32 = 40_000;

const LISTED: i64 = 1_704_164_645;

/// What came of a download: why it was tried again, its note, and the time of the file here.
struct Came {
    tried_again: Vec<String>,
    note: Option<String>,
    modified: i64,
    server: Scripted,
}

async fn come(script: Script) -> Came {
    let server = script.file("/d/f", noise(SIZE)).pace(PACE).start().await;
    let here = tempfile::tempdir().unwrap();
    let patience = Patience { retries: 1, ..LONG };
    let mut driver = connected_to(&server, |server| server, patience).await;
    let folder = here.path().join("d");
    let batch = driver.enqueue(Direction::Download, Kind::Dir, &folder, "/d", Policy::Overwrite);
    let (mut tried_again, mut note) = (Vec::new(), None);
    loop {
        match driver.event().await {
            Event::JobChanged(_, JobState::Retrying(failure)) => {
                assert!(!folder.join("f").exists(), "half the one and half the other");
                tried_again.push(failure.to_string());
            }
            Event::JobChanged(_, JobState::Failed(failure)) => panic!("{failure}"),
            Event::JobChanged(_, JobState::Done { note: Some(said), .. }) => note = Some(said),
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    driver.shutdown().await;
    let file = folder.join("f");
    assert!(std::fs::read(&file).unwrap() == noise(SIZE));
    let modified = std::fs::metadata(file).unwrap().modified().unwrap();
    let modified = modified.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Came {
        tried_again,
        note,
        modified: i64::try_from(modified).unwrap(),
        server,
    }
}

/// The server tells this time in the end, and later too.
fn modified(time: &str) -> Script {
    Script::new(Protocol::Ftp).on("MDTM", say(time))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_anew_at_the_same_size_comes_once_more() {
    let came = come(modified("213 20250102030405")).await;
    assert_eq!(came.tried_again.len(), 1, "{:?}", came.tried_again);
    let said = &came.tried_again[0];
    assert!(said.contains("changed on the server while it was read"), "{said}");
    // what it is by now was asked before it was read again
    assert_eq!((came.server.count("RETR"), came.server.count("MDTM")), (2, 3));
    assert_eq!((came.note, came.modified), (None, LISTED + 366 * 86_400));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_what_it_was_comes_once() {
    let told: [(&str, Step); 4] = [
        ("the same", say("213 20240102030405")),
        ("with more of it", say("213 20240102030405.250")),
        ("in another time zone", say("213 20240102083405")),
        ("nothing", say("500 What?")),
    ];
    all_at_once(told.map(|(what, step)| async move {
        let came = come(Script::new(Protocol::Ftp).on("MDTM", step)).await;
        assert_eq!(came.tried_again, [""; 0], "{what}");
        assert_eq!(
            (came.server.count("RETR"), came.server.count("MDTM")),
            (1, 1),
            "{what}"
        );
        assert_eq!((came.note, came.modified), (None, LISTED), "{what}");
    }))
    .await;
}

/// A log is written to all the time: what it held when it was read is whole, and as old as it was then.
#[tokio::test(flavor = "multi_thread")]
async fn what_grows_at_its_end_comes_once_and_that_is_said() {
    let script = modified("213 20250102030405").on("SIZE", say(&format!("213 {}", SIZE + 10)));
    let came = come(script).await;
    assert_eq!(came.tried_again, [""; 0]);
    assert_eq!((came.server.count("RETR"), came.modified), (1, LISTED));
    let note = came.note.unwrap_or_default();
    assert!(note.contains("grows on the server"), "{note}");
}

/// It was listed shorter and is longer by now, and in between it was longer still: that is no log.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shorter_than_what_has_come_did_not_grow() {
    let content = noise(SIZE);
    let longer = [
        say("150 go"),
        send(&content),
        send(&[b'x'; 20][..]),
        end_data(),
        say("226 done"),
    ];
    let script = modified("213 20250102030405")
        .once("SIZE", say(&format!("213 {}", SIZE + 10)))
        .once("RETR", longer);
    let came = come(script).await;
    assert_eq!((came.tried_again.len(), came.server.count("RETR")), (1, 2));
    assert_eq!(came.note, None);
}
