//! Sizes that contradict each other: what the listing says, what SIZE says, and how much comes.

use std::path::PathBuf;

use ftpane::model::event::Event;
use ftpane::model::job::Policy;
use ftpane::model::server::Protocol;

use super::*;
use crate::harness::engine::{noise, tree};
use crate::harness::scripted::{Step, end_data, open_data, say, send};

/// More than is begun without asking what it is, where the listing does not tell exactly.
const LONG_FILE: usize = 300_000;

/// A download of `/d` over a folder with an old `f`: how its only file has ended, and what is here then.
async fn replaced(script: Script, retries: u32) -> (Scripted, JobState, Vec<(PathBuf, Option<Vec<u8>>)>) {
    let (server, _, state, left) = replaced_saying(script, retries).await;
    (server, state, left)
}

/// The same with what the dialogue remarks.
async fn replaced_saying(
    script: Script,
    retries: u32,
) -> (Scripted, String, JobState, Vec<(PathBuf, Option<Vec<u8>>)>) {
    let server = script.start().await;
    let mut driver = connected_to(&server, |server| server, Patience { retries, ..LONG }).await;
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("d");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("f"), "old").unwrap();
    let batch = driver.enqueue(Direction::Download, Kind::Dir, &folder, "/d", Policy::Overwrite);
    let mut ended = None;
    loop {
        match driver.event().await {
            Event::JobChanged(_, state @ JobState::Failed(_)) => ended = Some(state),
            // the folder is done first, and its file last
            Event::JobChanged(_, state @ JobState::Done { .. })
                if !matches!(ended, Some(JobState::Failed(_))) =>
            {
                ended = Some(state);
            }
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    let remarks = driver
        .dialogue
        .iter()
        .filter(|line| line.speaker == Speaker::Remark);
    let remarks: Vec<String> = remarks.map(|line| line.text.clone()).collect();
    driver.shutdown().await;
    (server, remarks.join("\n"), ended.unwrap(), tree(&folder))
}

fn only(content: &[u8]) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    vec![("f".into(), Some(content.to_vec()))]
}

fn nothing_comes() -> [Step; 4] {
    [say("150 go"), open_data(), end_data(), say("226 done")]
}

/// A server that has lost a file's content says 0 and sends nothing; what stood here stays, also where it is asked
/// before the next try what the file is.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_empty_against_its_listing_replaces_nothing() {
    for (features, length) in [("EPSV MLST SIZE MDTM", 9), ("EPSV SIZE MDTM", LONG_FILE)] {
        for time in ["213 20240102030405", "213 19700101000000", "500 What?"] {
            let script = Script::new(Protocol::Ftp)
                .features(features)
                .file("/d/f", noise(length))
                .on("SIZE", say("213 0"))
                .on("MDTM", say(time))
                .on("RETR", nothing_comes());
            let (server, state, left) = replaced(script, 1).await;
            let words = ["nothing came", &format!("listing says {length} bytes")];
            assert_says(&failed(state), Class::Conflict, &words);
            assert_eq!(left, only(b"old"), "{features} {time}");
            assert_eq!(server.count("RETR"), 2, "it is tried once more");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_emptied_after_it_was_listed_is_empty() {
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", noise(LONG_FILE))
        .on("SIZE", say("213 0"))
        .on("MDTM", say("213 20240102030406"))
        .on("RETR", nothing_comes());
    let (_, state, left) = replaced(script, 0).await;
    let note = done(state).unwrap_or_default();
    assert!(note.contains("emptied"), "{note}");
    assert_eq!(left, only(b""));
}

/// What came is what SIZE says: two against one, and that is said.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_shorter_than_listed_and_as_long_as_the_server_says_is_done_with_a_note() {
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", "as it was listed")
        .on("SIZE", say("213 5"))
        .on(
            "RETR",
            [say("150 go"), send("as it"), end_data(), say("226 done")],
        );
    let (_, state, left) = replaced(script, 0).await;
    let note = done(state).unwrap_or_default();
    assert!(note.contains("the listing said 16 bytes"), "{note}");
    assert_eq!(left, only(b"as it"));
}

/// Servers that count a text's line ends as two characters: nothing was cut.
#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_only_size_tells_is_not_called_a_cut() {
    let script = Script::new(Protocol::Ftp)
        .features("EPSV SIZE MDTM")
        .file("/d/f", noise(LONG_FILE))
        .on("SIZE", say(&format!("213 {}", LONG_FILE + 1000)));
    let (_, state, left) = replaced(script, 0).await;
    let failure = failed(state);
    let words = [
        "300000 bytes came, as many as its listing says",
        "SIZE says 301000",
    ];
    assert_says(&failure, Class::Unreachable, &words);
    assert!(!failure.to_string().contains("cut"), "{failure}");
    assert!(left.contains(&only(b"old")[0]), "the old file stays");
}

/// Neither the disk nor the batch waits for the end of what has none.
#[tokio::test(flavor = "multi_thread")]
async fn what_never_ends_is_left_and_nothing_of_it_stays() {
    // all of this may be read and the test still fails: a disk is not to be filled by it
    let much = vec![b'x'; 96 * 1024 * 1024];
    let endless = [say("150 go"), send(much), end_data(), say("226 done")];
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", "ten bytes.")
        .on("RETR", endless);
    let (server, remarks, state, left) = replaced_saying(script, 3).await;
    assert!(remarks.contains("asking how long it is by now"), "{remarks}");
    assert!(
        !remarks.contains("once more"),
        "it does not come once more: {remarks}"
    );
    let words = ["more than 64.0 MiB came", "10 bytes by the server's word"];
    assert_says(&failed(state), Class::Conflict, &words);
    assert_eq!(left, only(b"old"));
    assert_eq!(server.count("RETR"), 1, "its size says that it has not grown");
}

/// A log may have been short when it was listed: when it is asked about, it comes.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_grown_beyond_all_that_was_told_comes_whole() {
    let listing = "type=file;size=10;modify=20230102030405; f\r\n";
    let content = vec![b'x'; 66 * 1024 * 1024];
    let script = Script::new(Protocol::Ftp).file("/d/f", &content).on(
        "MLSD",
        [say("150 go"), send(listing), end_data(), say("226 done")],
    );
    let (server, remarks, state, left) = replaced_saying(script, 0).await;
    assert_eq!(done(state), None);
    assert!(left == only(&content), "all of it");
    assert_eq!(server.count("RETR"), 2);
    assert!(
        remarks.contains("by now; once more from the first byte"),
        "{remarks}"
    );
}
