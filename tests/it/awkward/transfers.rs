//! Transfers that go wrong in the middle or at the end: the target is the old file or the new one.

use std::path::Path;

use ftpane::model::command::{Command, Extent};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{Direction, JobState};
use ftpane::model::part_name::is_part_name;
use ftpane::model::server::{Patience, Protocol};

use super::{
    SHORT, all_at_once, assert_says, connected, connected_to, done, download, failed, names, upload,
};
use crate::harness::engine::{Driver, tree};
use crate::harness::scripted::{
    Script, Scripted, Step, close, end_data, hold, obey, receive, receive_all, reset, reset_data, say, send,
};

const CONTENT: &[u8] = &[b'n'; 100_000];

fn script(protocol: Protocol) -> Script {
    Script::new(protocol).file("/f", CONTENT).file("/target", "old")
}

/// A folder with a file `f` to be replaced.
fn folder() -> tempfile::TempDir {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("f"), "old").unwrap();
    here
}

/// Nothing but the old file is here: no part of the new one, no temporary file.
#[track_caller]
fn assert_untouched(here: &Path) {
    assert_eq!(tree(here), [("f".into(), Some(b"old".to_vec()))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_that_end_badly_leave_the_old_file() {
    let cases = [
        (
            vec![
                say("150 go"),
                send(&CONTENT[..50_000]),
                end_data(),
                say("226 done"),
            ],
            Class::Unreachable,
            &["50000 bytes came and the file has 100000", "untouched"][..],
        ),
        (
            vec![say("150 go"), end_data(), say("226 done")],
            Class::Unreachable,
            &["0 bytes came"],
        ),
        (
            vec![
                say("150 go"),
                send(CONTENT),
                end_data(),
                say("426 Connection closed."),
            ],
            Class::Unreachable,
            &["426 Connection closed."],
        ),
        (
            vec![say("150 go"), send(CONTENT), end_data(), say("451 Read error.")],
            Class::Refused,
            &["451 Read error."],
        ),
        (
            vec![
                say("150 go"),
                send(&CONTENT[..50_000]),
                reset_data(),
                say("426 Reset."),
            ],
            Class::Unreachable,
            &["426 Reset."],
        ),
        (
            vec![say("150 go"), send(&CONTENT[..50_000]), reset_data(), reset()],
            Class::Unreachable,
            &["connection"],
        ),
        (
            vec![say("150 go"), send(&CONTENT[..50_000]), hold()],
            Class::Unreachable,
            &["silent for 1"],
        ),
        (
            vec![
                say("150 go"),
                send(CONTENT),
                send("more than there is"),
                end_data(),
                say("226 done"),
            ],
            Class::Conflict,
            &["100018 bytes came"],
        ),
        (
            vec![say("550 Permission denied.")],
            Class::Refused,
            &["refuses permission"],
        ),
        (
            vec![say("450 Locked.")],
            Class::Refused,
            &["in use", "450 Locked."],
        ),
        (
            vec![say("226 Nothing to send.")],
            Class::Unreachable,
            &["0 bytes came"],
        ),
    ];
    all_at_once(cases.into_iter().map(|(steps, class, words)| async move {
        for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
            println!("{protocol:?} {words:?}");
            let here = folder();
            let steps = if steps.len() == 1 && words[0].starts_with('0') {
                vec![Step::OpenData, steps[0].clone(), end_data()]
            } else {
                steps.clone()
            };
            let (_server, mut driver) = connected(script(protocol).on("RETR", steps)).await;
            let failure = failed(download(&mut driver, "/f", &here.path().join("f")).await);
            assert_says(&failure, class, &[&["Could not download /f"], words].concat());
            assert_untouched(here.path());
            assert_eq!(
                names(&driver.list("/").await.unwrap()),
                ["f", "target"],
                "the pane lives on"
            );
            driver.shutdown().await;
        }
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_at_odd_times_do_not_spoil_a_whole_file() {
    for steps in [
        // the last word overtakes the data, or there is no first one
        vec![say("150 go\r\n226 done"), send(CONTENT), end_data()],
        vec![say("125 go"), send(CONTENT), end_data(), say("250 done")],
        vec![send(CONTENT), end_data(), say("226 done")],
        vec![
            say("150-go\r\n150-and go\r\n150 on"),
            send(CONTENT),
            end_data(),
            Step::Raw(b"226\r\n".to_vec()),
        ],
        vec![
            say("150 go"),
            send(CONTENT),
            end_data(),
            say("226-Transfer complete\r\n 5 files left\r\n226 bye"),
        ],
        vec![
            say("150 go"),
            say("150 still going"),
            send(CONTENT),
            end_data(),
            say("226 done"),
        ],
    ] {
        let here = folder();
        let (server, mut driver) = connected(script(Protocol::Ftp).on("RETR", steps)).await;
        for _ in 0..2 {
            assert_eq!(
                done(download(&mut driver, "/f", &here.path().join("f")).await),
                None
            );
            assert_eq!(tree(here.path()), [("f".into(), Some(CONTENT.to_vec()))]);
        }
        assert_eq!(server.sessions(), 1, "the session stays in step");
        driver.shutdown().await;
    }
}

/// Without SIZE the server's word is all there is: the file is taken, and that is said.
#[tokio::test(flavor = "multi_thread")]
async fn without_size_the_servers_word_counts_and_that_is_said() {
    for reply in [
        "500 SIZE not understood",
        "550 SIZE not allowed in ASCII mode.",
        "213 many",
        "213 -1",
        "202 100000",
    ] {
        let here = folder();
        let script = script(Protocol::Ftp)
            .on("SIZE", say(reply))
            .on("MDTM", say("500 no"));
        let (server, mut driver) = connected(script).await;
        let note = done(download(&mut driver, "/f", &here.path().join("f")).await);
        assert!(
            note.is_some_and(|note| note.contains("does not tell the file's size")),
            "{reply}"
        );
        std::fs::write(here.path().join("f"), "newer").unwrap();
        let note = done(upload(&mut driver, &here.path().join("f"), "/target").await);
        assert!(
            note.is_some_and(|note| note.contains("does not tell the size")),
            "{reply}"
        );
        assert_eq!(server.content("/target").unwrap(), b"newer");
        driver.shutdown().await;
    }
}

/// One upload of `CONTENT` over `/target`, which ends badly.
async fn bad_upload(script: Script) -> (Scripted, Driver, Failure) {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, CONTENT).unwrap();
    let (server, mut driver) = connected(script).await;
    let failure = failed(upload(&mut driver, &local, "/target").await);
    assert_eq!(server.content("/target").unwrap(), b"old", "{failure}");
    (server, driver, failure)
}

#[tokio::test(flavor = "multi_thread")]
async fn uploads_that_end_badly_leave_the_old_file_and_what_can_go_on() {
    let stored = |last: Vec<Step>| [vec![say("150 go")], last].concat();
    let on = |verb: &str, steps: Vec<Step>| (verb.to_owned(), steps);
    let cases = [
        (
            on("STOR", vec![say("553 Could not create file.")]),
            Class::Refused,
            &["written there", "553"][..],
        ),
        (
            on("STOR", vec![say("550 Permission denied.")]),
            Class::Refused,
            &["refuses permission"],
        ),
        (
            on("STOR", vec![say("452 Insufficient storage.")]),
            Class::Refused,
            &["no room left"],
        ),
        (
            on(
                "STOR",
                stored(vec![receive(30_000), reset_data(), say("552 Quota exceeded.")]),
            ),
            Class::Refused,
            &["quota", "552"],
        ),
        (
            on(
                "STOR",
                stored(vec![receive(30_000), end_data(), say("552 Quota exceeded.")]),
            ),
            Class::Refused,
            &["quota", "552"],
        ),
        (
            on(
                "STOR",
                stored(vec![receive(30_000), reset_data(), say("426 Broken.")]),
            ),
            Class::Unreachable,
            &["426 Broken."],
        ),
        (
            on(
                "STOR",
                stored(vec![receive_all(), end_data(), say("451 Disk error.")]),
            ),
            Class::Refused,
            &["451 Disk error."],
        ),
        (
            on("STOR", stored(vec![receive(30_000), end_data(), close()])),
            Class::Unreachable,
            &["closed the connection"],
        ),
        (
            on("STOR", stored(vec![receive(30_000), hold()])),
            Class::Unreachable,
            &["silent for 1"],
        ),
        (
            on("STOR", stored(vec![receive(30_000), reset_data(), reset()])),
            Class::Unreachable,
            &["connection"],
        ),
        (
            on(
                "STOR",
                stored(vec![receive(30_000), end_data(), say("226 Have it all.")]),
            ),
            Class::Unreachable,
            &["Could not upload to /target"],
        ),
        (
            on("STOR", stored(vec![receive(30_000), say("552 Quota exceeded.")])),
            Class::Refused,
            &["quota", "552"],
        ),
        (
            on("SIZE", vec![say("213 99999")]),
            Class::Unreachable,
            &["99999 of 100000 bytes"],
        ),
        (
            on("RNFR", vec![say("550 No renaming here.")]),
            Class::Refused,
            &["/target", "untouched"],
        ),
        (
            on("RNTO", vec![say("553 File exists.")]),
            Class::Refused,
            &["/target", "untouched", "553"],
        ),
        (
            on("RNTO", vec![say("550 Permission denied.")]),
            Class::Refused,
            &["/target", "untouched"],
        ),
        (
            on("RNTO", vec![close()]),
            Class::Unreachable,
            &["/target", "closed the connection"],
        ),
        (
            on("RNTO", vec![say("421 Shutting down."), close()]),
            Class::Unreachable,
            &["/target", "421"],
        ),
    ];
    all_at_once(cases.into_iter().map(|((verb, steps), class, words)| async move {
        for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
            println!("{protocol:?} {verb} {words:?}");
            let (server, mut driver, failure) = bad_upload(script(protocol).on(&verb, steps.clone())).await;
            assert_says(&failure, class, words);
            let (parts, files): (Vec<_>, Vec<_>) = server
                .files()
                .into_iter()
                .partition(|path| is_part_name(&path.as_bytes()[1..]));
            assert_eq!(files, ["/f", "/target"]);
            // a line that broke says nothing about the file; of so little the server has told that it is so
            let is_little = failure.to_string().contains("has 30000 of");
            let goes_on = class == Class::Unreachable && !is_little;
            assert_eq!(parts.len(), usize::from(goes_on), "{failure}");
            assert_eq!(failure.to_string().contains("is kept"), goes_on, "{failure}");
            let listed = names(&driver.list("/").await.unwrap());
            assert_eq!(listed.len(), 2 + parts.len(), "the pane lives on");
            driver.shutdown().await;
        }
    }))
    .await;
}

/// The server's last word is lost after it has everything: the size takes its place, and that is
/// said.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_last_word_is_made_good_by_the_size() {
    let lost = |note: Option<String>| {
        let note = note.unwrap();
        assert!(note.contains("lost before the server's last word"), "{note}");
    };
    for last in [close(), hold()] {
        let here = folder();
        let steps = vec![say("150 go"), send(CONTENT), end_data(), last.clone()];
        let (_server, mut driver) = connected(script(Protocol::Ftp).on("RETR", steps)).await;
        lost(done(download(&mut driver, "/f", &here.path().join("f")).await));
        assert_eq!(tree(here.path()), [("f".into(), Some(CONTENT.to_vec()))]);
        driver.shutdown().await;

        let steps = vec![say("150 go"), receive_all(), end_data(), last];
        let (server, mut driver) = connected(script(Protocol::Ftp).on("STOR", steps)).await;
        lost(done(upload(&mut driver, &here.path().join("f"), "/target").await));
        assert_eq!(server.content("/target").unwrap(), CONTENT);
        assert_eq!(server.files(), ["/f", "/target"]);
        driver.shutdown().await;
    }
}

/// The reply to RNTO is lost after the server has renamed: the file is looked for under both names.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_reply_to_the_rename_is_not_called_a_refusal() {
    let here = folder();
    std::fs::write(here.path().join("f"), CONTENT).unwrap();
    let (server, mut driver) = connected(script(Protocol::Ftp).on("RNTO", [obey(), close()])).await;
    let note = done(upload(&mut driver, &here.path().join("f"), "/target").await);
    assert!(note.unwrap().contains("the size is right"));
    assert_eq!(server.content("/target").unwrap(), CONTENT);
    driver.shutdown().await;
}

/// A transient failure is tried again, and the file is whole at the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_passing_failure_is_tried_again() {
    let half = [
        say("150 go"),
        send(&CONTENT[..10]),
        reset_data(),
        say("426 Broken."),
    ];
    let lost = [say("150 go"), receive(10), reset_data(), reset()];
    let here = folder();
    let script = script(Protocol::FtpsExplicit)
        .once("RETR", half)
        .once("STOR", lost);
    let server = script.start().await;
    let patience = Patience { retries: 1, ..SHORT };
    let mut driver = connected_to(&server, |server| server, patience).await;
    done(download(&mut driver, "/f", &here.path().join("f")).await);
    assert_eq!(tree(here.path()), [("f".into(), Some(CONTENT.to_vec()))]);
    done(upload(&mut driver, &here.path().join("f"), "/target").await);
    assert_eq!(
        (server.content("/target").unwrap(), server.files().len()),
        (CONTENT.to_vec(), 2)
    );
    driver.shutdown().await;
}

/// A final refusal is not tried again.
#[tokio::test(flavor = "multi_thread")]
async fn a_final_refusal_is_asked_for_once() {
    let here = folder();
    let server = script(Protocol::Ftp).on("RETR", say("550 No.")).start().await;
    let patience = Patience { retries: 3, ..SHORT };
    let mut driver = connected_to(&server, |server| server, patience).await;
    failed(download(&mut driver, "/f", &here.path().join("f")).await);
    assert_eq!(server.count("RETR"), 1);
    assert_untouched(here.path());
    driver.shutdown().await;
}

/// Cancelled in mid-download and in mid-upload: nothing stays behind, and the pane lives on.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_transfer_leaves_nothing() {
    let here = folder();
    let script = script(Protocol::FtpsExplicit)
        .on("RETR", [say("150 go"), send(&CONTENT[..10]), hold()])
        // the file stands before it is said: what is deleted as soon as that is heard is not made afterwards
        .on("STOR", [receive(3), say("150 go"), hold()]);
    let (server, mut driver) = connected(script).await;
    for (direction, path) in [(Direction::Download, "/f"), (Direction::Upload, "/target")] {
        let batch = driver.enqueue(
            direction,
            Kind::File,
            &here.path().join("f"),
            path,
            ftpane::model::job::Policy::Overwrite,
        );
        driver
            .wait(|event| match event {
                Event::Dialogue(line) if line.text.starts_with("150") => Some(()),
                _ => None,
            })
            .await;
        driver.send(Command::Cancel(Extent::Batch(batch)));
        let ended = driver.over(batch, |question| panic!("{question:?}")).await;
        assert!(
            ended
                .states
                .iter()
                .all(|(.., state)| matches!(state, JobState::Cancelled)),
            "{ended:?}"
        );
        assert_untouched(here.path());
        assert_eq!(server.files(), ["/f", "/target"]);
    }
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f", "target"]);
    driver.shutdown().await;
}

/// Every session says TYPE I before it moves anything, and no other type is ever said, for listings neither.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_moves_in_ascii_mode() {
    let lines = b"unix\nand dos\r\nand mac\r\xff";
    for features in ["EPSV MLST SIZE MDTM", "EPSV SIZE MDTM"] {
        let script = (0..8).fold(Script::new(Protocol::Ftp).features(features), |script, n| {
            script.file(&format!("/d/{n}"), lines)
        });
        let (server, mut driver) = connected(script).await;
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("d");
        for (direction, path) in [(Direction::Download, "/d"), (Direction::Upload, "/up")] {
            driver
                .transfer(direction, Kind::Dir, &local, path)
                .await
                .assert_all_done();
        }
        driver.list("/up").await.unwrap();
        driver.shutdown().await;
        for n in 0..8 {
            assert_eq!(std::fs::read(local.join(n.to_string())).unwrap(), lines);
            assert_eq!(server.content(&format!("/up/{n}")).unwrap(), lines);
        }
        let mut binary = std::collections::HashSet::new();
        for heard in server.heard() {
            match heard.line.split(' ').next() {
                Some("TYPE") => {
                    assert_eq!(heard.line, "TYPE I");
                    binary.insert(heard.session);
                }
                Some(verb @ ("RETR" | "STOR" | "APPE" | "MLSD" | "LIST")) => {
                    assert!(
                        binary.contains(&heard.session),
                        "{verb} in session {}",
                        heard.session
                    );
                }
                _ => {}
            }
        }
        assert!(!binary.is_empty());
    }
}
