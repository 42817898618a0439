//! Lanes: what one job's end, wait or cancelling does to the others.

use std::path::Path;

use ftpane::model::command::{Command, Extent};
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::{JobId, Policy};
use ftpane::model::server::{ConnectionMode, Protocol};

use super::*;
use crate::harness::scripted::{Step, gate, hold, receive, receive_all, say, send};

/// Connected as programs that nobody browses with are: every session may carry files.
async fn with_sessions(script: Script, connections: u8) -> (Scripted, Driver) {
    connected_as(script, |server| Server {
        connections,
        ..server
    })
    .await
}

fn begin(driver: &mut Driver, to: &Path, path: &str) -> ftpane::model::job::BatchId {
    driver.enqueue(Direction::Download, Kind::File, to, path, Policy::Overwrite)
}

/// The number of the job that runs next.
async fn running(driver: &mut Driver) -> JobId {
    driver
        .wait(|event| match event {
            Event::JobChanged(job, JobState::Running) => Some(job),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_more_job_does_not_wait_for_a_long_one() {
    let here = tempfile::tempdir().unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/long", vec![b'l'; 400_000])
        .file("/short", "short")
        .on(
            "RETR /long",
            [
                say("150 Slowly."),
                send([b'l'; 100]),
                gate(),
                send(vec![b'l'; 399_900]),
                Step::EndData,
                say("226 Done."),
            ],
        );
    let (server, mut driver) = with_sessions(script, 3).await;
    let long = begin(&mut driver, &here.path().join("long"), "/long");
    driver.moved(100).await;
    let short = begin(&mut driver, &here.path().join("short"), "/short");
    driver.over(short, |q| panic!("{q:?}")).await.assert_all_done();
    server.open_gate();
    driver.over(long, |q| panic!("{q:?}")).await.assert_all_done();
    driver.shutdown().await;
}

/// The reply to a command that nobody waits for any more is not the next command's.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_folder_leaves_no_reply_behind() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("f"), "content").unwrap();
    let folder = here.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    let script = Script::new(Protocol::Ftp).once("MKD", [gate(), say("257 \"/folder\" made.")]);
    let (server, mut driver) = with_sessions(script, 1).await;
    // the way data connections are made is known
    done(upload(&mut driver, &here.path().join("f"), "/first").await);
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::Dir,
        &folder,
        "/folder",
        Policy::Overwrite,
    );
    let job = running(&mut driver).await;
    driver.heard("MKD").await;
    let second = driver.enqueue(
        Direction::Upload,
        Kind::File,
        &here.path().join("f"),
        "/second",
        Policy::Overwrite,
    );
    driver.send(Command::Cancel(Extent::Job(job)));
    driver.over(batch, |q| panic!("{q:?}")).await;
    server.open_gate();
    driver.over(second, |q| panic!("{q:?}")).await.assert_all_done();
    assert_eq!(server.content("/second").unwrap(), b"content");
    assert!(!remarked(&driver, "asking one by one"));
    driver.shutdown().await;
}

/// The server's limit is one session; another's long files must not keep a job that has been begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_without_a_session_gets_the_next_one_that_is_free() {
    let here = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..6).map(|n| format!("f{n}")).collect();
    let mut script = Script::new(Protocol::Ftp).in_sessions(2.., "USER", say("530 Too many connections."));
    for name in &names {
        script = script.file(&format!("/d/{name}"), vec![b'x'; 300_000]);
    }
    let (_server, mut driver) = with_sessions(script, 2).await;
    let batch = driver.enqueue(
        Direction::Download,
        Kind::Dir,
        &here.path().join("d"),
        "/d",
        Policy::Overwrite,
    );
    let mut begun = Vec::new();
    let mut done = Vec::new();
    loop {
        match driver.event().await {
            Event::JobChanged(job, JobState::Running) => begun.push(job),
            Event::JobChanged(job, JobState::Done { .. }) => done.push(job),
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    assert_eq!(done.len(), 7);
    // whoever began early has ended early: the job that had to wait did not wait for all others
    for (n, job) in begun.iter().enumerate() {
        let place = done.iter().position(|d| d == job).unwrap();
        assert!(place <= n + 3, "begun {begun:?}, done {done:?}");
    }
    driver.shutdown().await;
}

/// A disk that is full is told in the middle of the data: that is no reason to log in again.
#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_in_the_middle_costs_no_session() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, vec![b'x'; 8_000_000]).unwrap();
    let full = [
        say("150 Send it."),
        receive(1000),
        say("552 No space left."),
        receive_all(),
        Step::EndData,
    ];
    let script = Script::new(Protocol::Ftp).once("STOR", full);
    let (server, mut driver) = with_sessions(script, 1).await;
    let failure = failed(upload(&mut driver, &local, "/f").await);
    assert_says(&failure, Class::Refused, &["552 No space left."]);
    assert!(server.files().is_empty(), "{:?}", server.files());
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
}

/// The goodbye belongs to the session it was said on, and the next one is as good as new.
#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_beside_the_data_costs_one_session() {
    let here = tempfile::tempdir().unwrap();
    let goodbye = [
        say("150 Coming."),
        send("fi"),
        say("421 Going down."),
        gate(),
        send("rst"),
        Step::EndData,
        Step::Close,
    ];
    let script = Script::new(Protocol::Ftp)
        .file("/d/a", "first")
        .file("/d/b", "second")
        .once("RETR", goodbye);
    let (server, mut driver) = with_sessions(script, 1).await;
    let to = here.path().join("d");
    let batch = driver.enqueue(Direction::Download, Kind::Dir, &to, "/d", Policy::Overwrite);
    driver.heard("421").await;
    server.open_gate();
    driver.over(batch, |q| panic!("{q:?}")).await.assert_all_done();
    assert_eq!(std::fs::read(to.join("a")).unwrap(), b"first");
    assert_eq!(server.sessions(), 2);
    driver.shutdown().await;
}

/// A server that tells how far it is, every second for hours.
#[tokio::test(flavor = "multi_thread")]
async fn progress_that_is_reported_while_data_move_ends_nothing() {
    let here = tempfile::tempdir().unwrap();
    let reports = || vec![say("150 Still at it."); 600];
    let steps = [
        reports(),
        vec![say("150 Halfway."), gate(), send("part")],
        reports(),
        vec![Step::EndData, say("226 Done.")],
    ];
    let script = Script::new(Protocol::Ftp)
        .file("/f", "part")
        .on("RETR", steps.concat());
    let (server, mut driver) = with_sessions(script, 1).await;
    begin(&mut driver, &here.path().join("f"), "/f");
    driver.heard("Halfway").await;
    server.open_gate();
    let note = driver.wait(|event| match event {
        Event::JobChanged(_, JobState::Done { note, .. }) => Some(note),
        Event::JobChanged(_, JobState::Failed(failure)) => panic!("{failure}"),
        _ => None,
    });
    assert_eq!(note.await, None);
    driver.shutdown().await;
}

/// Neither way led anywhere: both are told, whenever the second one failed.
#[tokio::test(flavor = "multi_thread")]
async fn two_ways_that_failed_are_both_told() {
    let here = tempfile::tempdir().unwrap();
    let refused = [say("425 Cannot connect to you.")];
    let silent = [hold()];
    let cases = [
        (refused.to_vec(), "425"),
        (silent.to_vec(), "no data connection within"),
    ];
    for (steps, word) in cases {
        let script = Script::new(Protocol::Ftp)
            .file("/f", "x")
            .on("EPSV", say("500 Unknown."))
            .on("PASV", say("502 Not here."))
            .on("EPRT", say("200 Fine."))
            .on("RETR", steps);
        let (_server, mut driver) = connected_as(script, |server| Server {
            mode: ConnectionMode::Auto,
            ..server
        })
        .await;
        let failure = failed(download(&mut driver, "/f", &here.path().join("f")).await);
        let text = failure.to_string();
        for word in ["passive mode failed", "does not offer passive mode", word] {
            assert!(text.contains(word), "'{word}' is not in: {text}");
        }
        driver.shutdown().await;
    }
}

/// What stands at the target is asked; nobody waits for the answer to a job that is cancelled.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_asks_is_cancelled_at_once() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "content").unwrap();
    let script = Script::new(Protocol::Ftp).on("MLSD", hold()).on("LIST", hold());
    let server = script.start().await;
    let patient = Patience {
        silence: Duration::from_secs(600),
        ..SHORT
    };
    let mut driver = connected_to(&server, |server| server, patient).await;
    let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/f", Policy::Skip);
    let job = running(&mut driver).await;
    driver.heard("MLSD").await;
    driver.send(Command::Cancel(Extent::Job(job)));
    let ended = driver.over(batch, |q| panic!("{q:?}")).await;
    assert!(ended.failures().is_empty());
    driver.shutdown().await;
}
