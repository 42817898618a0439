//! Connections that are quiet for long: signs of life while idle and beside transfers, and what
//! becomes of sessions that are lost, let go, or left behind.

use std::time::Duration;

use ftpane::model::command::{Answer, Command, Extent};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::server::{Patience, Protocol, Server};

use super::{
    SHORT, all_at_once, assert_says, connected, connected_to, done, download, failed, names, remarked, upload,
};
use crate::harness::engine::{CONNECTION, Driver, remote_place};
use crate::harness::scripted::*;

/// Longer than a NOOP is waited for; nothing here is silent for as long.
const CALM: Patience = Patience {
    connect: Duration::from_secs(10),
    silence: Duration::from_secs(10),
    retries: 0,
};

/// A sign of life each second.
async fn lively(script: Script, patience: Patience) -> (Scripted, Driver) {
    let server = script.start().await;
    let settings = |server| Server {
        keep_alive: 1,
        ..server
    };
    let driver = connected_to(&server, settings, patience).await;
    (server, driver)
}

/// A file whose transfer pauses in the middle until a NOOP comes.
fn pausing(rest: impl IntoIterator<Item = Step>) -> Script {
    let steps = [say("150 Here."), send("one"), hear()].into_iter().chain(rest);
    Script::new(Protocol::Ftp)
        .file("/f", "one two")
        .once("RETR", steps.collect::<Vec<_>>())
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_to_noop_may_come_before_or_after_the_end_of_a_transfer() {
    let cases = [
        vec![say("200 Zzz."), send(" two"), end_data(), say("226 Done.")],
        vec![send(" two"), end_data(), say("226 Done."), say("200 Zzz.")],
        vec![send(" two"), end_data(), raw(b"226 Done.\r\n200 Zzz.\r\n")],
        vec![
            raw(b"200 Zz"),
            send(" two"),
            end_data(),
            raw(b"z.\r\n226 Done.\r\n"),
        ],
    ];
    all_at_once(cases.into_iter().map(|rest| async move {
        let here = tempfile::tempdir().unwrap();
        let (server, mut driver) = lively(pausing(rest.clone()), CALM).await;
        let to = here.path().join("f");
        assert_eq!(done(download(&mut driver, "/f", &to).await), None, "{rest:?}");
        assert_eq!(std::fs::read(&to).unwrap(), b"one two");
        // and the session is in step: what it says next is about this
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        assert_eq!(server.sessions(), 1, "{rest:?}");
        assert!(server.count("NOOP") > 0 && !remarked(&driver, "NOOP"), "{rest:?}");
        driver.shutdown().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_keeps_its_control_connection_alive_too() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    // more than all buffers on the way: the client is stopped until the server reads
    std::fs::write(&local, vec![b'x'; 24 << 20]).unwrap();
    let steps = [
        say("150 Send it."),
        open_data(),
        hear(),
        say("200 Zzz."),
        hear(),
        receive_all(),
        end_data(),
        raw(b"226 Have it.\r\n200 Zzz.\r\n"),
    ];
    let script = Script::new(Protocol::FtpsExplicit).on("STOR", steps);
    let (server, mut driver) = lively(script, CALM).await;
    assert_eq!(done(upload(&mut driver, &local, "/f").await), None);
    assert_eq!(server.content("/f").unwrap().len(), 24 << 20);
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
}

/// A server that stumbles over NOOP keeps its transfer and gets no NOOP any more, not even idle.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stumbles_over_noop_gets_none_any_more() {
    let cases = [
        // refused at once, or late
        (
            vec![say("500 What?"), send(" two"), end_data(), say("226 Done.")],
            1,
        ),
        (
            vec![say("503 Not now."), send(" two"), end_data(), say("226 Done.")],
            1,
        ),
        (
            vec![send(" two"), end_data(), say("226 Done."), say("502 No.")],
            1,
        ),
        // swallowed: the file is whole all the same, the rest is asked on another session
        (vec![send(" two"), end_data(), say("226 Done.")], 2),
    ];
    all_at_once(cases.into_iter().map(|(rest, sessions)| async move {
        let here = tempfile::tempdir().unwrap();
        let (server, mut driver) = lively(pausing(rest.clone()), CALM).await;
        let to = here.path().join("f");
        assert_eq!(done(download(&mut driver, "/f", &to).await), None, "{rest:?}");
        assert_eq!(std::fs::read(&to).unwrap(), b"one two");
        assert!(remarked(&driver, "gets none any more"), "{rest:?}");
        assert_eq!(server.sessions(), sessions, "{rest:?}");
        let noops = server.count("NOOP");
        // idle, it is asked where it stands instead
        for _ in 0..2 {
            driver.heard("PWD").await;
        }
        assert_eq!(server.count("NOOP"), noops, "{rest:?}");
        driver.shutdown().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_drops_dead_over_noop_is_not_killed_twice() {
    let ends = [close(), reset(), say("421 Enough.")];
    all_at_once(ends.into_iter().map(|end| async move {
        let here = tempfile::tempdir().unwrap();
        let rest = [end.clone(), send(" two"), end_data()];
        let patience = Patience { retries: 2, ..CALM };
        let (server, mut driver) = lively(pausing(rest), patience).await;
        let to = here.path().join("f");
        let note = done(download(&mut driver, "/f", &to).await);
        // where the data came to their end all the same, the size says that they are all
        let tries = if note.is_none() { 2 } else { 1 };
        assert_eq!(std::fs::read(&to).unwrap(), b"one two");
        assert!(remarked(&driver, "gets none any more"), "{end:?}");
        assert_eq!(server.count("RETR"), tries, "{end:?}");
        driver.shutdown().await;
    }))
    .await;
}

/// An idle line that breaks over a NOOP was broken before, where NOOP has been answered well.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_line_that_breaks_does_not_end_the_noops() {
    for end in [reset(), close(), say("421 Timeout.")] {
        let script = Script::new(Protocol::Ftp)
            .file("/f", "x")
            .once("NOOP", usual())
            .once("NOOP", end.clone());
        let (server, mut driver) = lively(script, CALM).await;
        driver.heard("the idle connection is gone").await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"], "{end:?}");
        driver.heard("NOOP").await;
        assert!(!remarked(&driver, "gets none any more"), "{end:?}");
        assert_eq!(server.sessions(), 2, "{end:?}");
        driver.shutdown().await;
    }
}

/// The end of a transfer is believed from its own reply alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_noop_is_never_the_end_of_a_transfer() {
    let cases = [
        (
            vec![say("200 Zzz."), end_data(), say("200 Zzz.")],
            "cannot be told",
        ),
        (
            vec![say("200 Zzz."), end_data(), say("451 Broken disk.")],
            "451 Broken disk.",
        ),
        (
            vec![end_data(), say("426 Broken line."), say("200 Zzz.")],
            "426 Broken line.",
        ),
        (
            vec![say("450 In transfer."), end_data(), say("226 Done.")],
            "450 In transfer.",
        ),
        (
            vec![say("200 Zzz."), end_data(), close()],
            "closed the connection",
        ),
    ];
    all_at_once(cases.into_iter().map(|(rest, words)| async move {
        let here = tempfile::tempdir().unwrap();
        let (_server, mut driver) = lively(pausing(rest.clone()), CALM).await;
        let to = here.path().join("f");
        let failure = failed(download(&mut driver, "/f", &to).await);
        assert!(failure.to_string().contains(words), "{rest:?}: {failure}");
        assert!(failure.transient && !to.exists(), "{rest:?}: {failure}");
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"], "{rest:?}");
        driver.shutdown().await;
    }))
    .await;
}

/// A line that is stalled is found out although NOOPs are answered.
#[tokio::test(flavor = "multi_thread")]
async fn signs_of_life_do_not_hide_that_no_data_come() {
    let here = tempfile::tempdir().unwrap();
    let zzz = [hear(), say("200 Zzz.")];
    let rest = zzz.iter().cycle().take(20).cloned();
    let patience = Patience {
        silence: Duration::from_millis(2500),
        ..CALM
    };
    let (_server, mut driver) = lively(pausing(rest), patience).await;
    let failure = failed(download(&mut driver, "/f", &here.path().join("f")).await);
    assert_says(&failure, Class::Unreachable, &["silent for 2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_kept_alive() {
    for protocol in [Protocol::Ftp, Protocol::FtpsImplicit] {
        let (server, mut driver) = lively(Script::new(protocol).file("/f", "x"), CALM).await;
        for _ in 0..3 {
            driver.heard("NOOP").await;
        }
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        assert_eq!(server.sessions(), 1);
        driver.shutdown().await;
    }
}

/// Whatever an idle connection dies of, the next listing comes, and nobody is told of a failure.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_that_dies_is_replaced_without_a_word_of_fuss() {
    let ends = [
        vec![say("421 Idle for too long."), close()],
        vec![close()],
        vec![reset()],
        // half open: nothing is heard of it any more
        vec![hold()],
    ];
    let protocols = [Protocol::Ftp, Protocol::FtpsExplicit];
    let cases = protocols
        .iter()
        .flat_map(|protocol| ends.iter().map(move |end| (*protocol, end.clone())));
    all_at_once(cases.map(|(protocol, end)| async move {
        let script = Script::new(protocol)
            .file("/d/f", "x")
            .in_sessions(1..=1, "NOOP", end.clone());
        let (server, mut driver) = lively(script, CALM).await;
        driver.heard("the idle connection is gone").await;
        assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"], "{end:?}");
        assert_eq!(server.sessions(), 2, "{end:?}");
        assert!(driver.failures.is_empty(), "{:?}", driver.failures);
        driver.shutdown().await;
    }))
    .await;
}

/// A goodbye that came while nobody looked lies unread before the next command.
#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_between_two_actions_is_no_answer_to_the_second() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let script = Script::new(protocol).file("/d/f", "x").in_sessions(
            1..=1,
            "MLSD",
            [usual(), say("421 Idle for too long."), close()],
        );
        let (server, mut driver) = connected(script).await;
        driver.list("/").await.unwrap();
        server.has_ended(1).await;
        driver
            .act(Command::MakeFolder(remote_place("/new")))
            .await
            .unwrap();
        assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
        assert_eq!(server.sessions(), 2);
        driver.shutdown().await;
    }
}

/// What changes nothing is asked again on a new session; what may have been done is not.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_changes_nothing_is_repeated_after_a_loss() {
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", "x")
        .once("MLSD /d", close())
        .once("LIST", [say("150 Coming."), close()])
        .in_sessions(1.., "MKD", [obey(), close()])
        .in_sessions(1.., "RNTO", [obey(), close()])
        .on("DELE", [obey(), close()]);
    let (server, mut driver) = connected(script).await;
    assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
    assert_eq!(server.count("MLSD"), 2);

    driver.send(Command::Count {
        places: vec![remote_place("/d")],
        generation: ftpane::model::command::Generation(1),
    });
    let counted = driver.wait(|event| match event {
        Event::Counted { result, .. } => Some(result),
        _ => None,
    });
    assert_eq!(counted.await.unwrap().files, 1);

    for (command, verb) in [
        (Command::MakeFolder(remote_place("/new")), "MKD"),
        (
            Command::Rename {
                from: remote_place("/d/f"),
                to: remote_place("/d/g"),
            },
            "RNTO",
        ),
    ] {
        let failure = driver.act(command).await.unwrap_err();
        assert_says(
            &failure,
            Class::Unreachable,
            &["closed the connection", "may have been done"],
        );
        assert_eq!(server.count(verb), 1, "{verb}");
    }
    driver.send(Command::Delete(vec![remote_place("/d/g")]));
    let failure = driver.wait(|event| match event {
        Event::Failed(failure) => Some(failure),
        _ => None,
    });
    assert_says(&failure.await, Class::Unreachable, &["may have been done"]);
    assert_eq!(server.count("DELE"), 1);
    assert!(driver.list("/").await.is_ok());
    driver.shutdown().await;
}

/// The server's 226 stands, also where the session is given up behind it, here for an answer to NOOP that
/// never comes: the file is not sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_stored_is_finished_on_another_session() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    // more than all buffers on the way: the client is stopped until the server reads
    std::fs::write(&local, vec![b'x'; 24 << 20]).unwrap();
    let stored = [
        say("150 Send it."),
        open_data(),
        hear(),
        receive_all(),
        end_data(),
        say("226 Have it."),
    ];
    let script = Script::new(Protocol::Ftp).file("/f", "old").once("STOR", stored);
    let (server, mut driver) = lively(script, CALM).await;
    assert_eq!(done(upload(&mut driver, &local, "/f").await), None);
    assert_eq!(server.content("/f").unwrap().len(), 24 << 20);
    assert_eq!(server.files().len(), 1, "{:?}", server.files());
    assert_eq!((server.count("STOR"), server.sessions()), (1, 2));
    driver.shutdown().await;
}

/// So it does where the server says goodbye, or hangs up, before it is asked for the size.
#[tokio::test(flavor = "multi_thread")]
async fn a_goodbye_behind_the_last_word_does_not_cost_the_file() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    let script = || Script::new(Protocol::Ftp).file("/f", "old");
    // in one piece, so that the goodbye is there when the next command is to be sent
    let goodbye = [
        say("150 Send it."),
        receive_all(),
        end_data(),
        raw(b"226 Have it.\r\n421 Enough for today.\r\n"),
        close(),
    ];
    for script in [script().once("STOR", goodbye), script().once("SIZE", close())] {
        let (server, mut driver) = connected(script).await;
        assert_eq!(done(upload(&mut driver, &local, "/f").await), None);
        assert_eq!(server.content("/f").unwrap(), b"new");
        assert_eq!(server.files().len(), 1, "{:?}", server.files());
        assert_eq!((server.count("STOR"), server.sessions()), (1, 2));
        driver.shutdown().await;
    }
}

/// After a disconnect running jobs go on; with the last one the connection is forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn a_disconnected_server_is_forgotten_with_its_last_job() {
    let here = tempfile::tempdir().unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/f", "x")
        .on("RETR", [gate(), usual()]);
    let (server, mut driver) = connected(script).await;
    let to = here.path().join("f");
    let batch = driver.enqueue(Direction::Download, Kind::File, &to, "/f", Policy::Overwrite);
    driver.heard("RETR").await;
    driver.send(Command::Disconnect(CONNECTION));
    server.open_gate();
    driver.over(batch, |_| Answer::Dismissed).await.assert_all_done();
    server.has_ended(1).await;
    assert_eq!(server.count("QUIT"), 1);
    let failure = driver.list("/").await.unwrap_err();
    assert_says(&failure, Class::Unreachable, &["no connection to that server"]);
}

/// A failed job may be tried again, so its connection is kept until it is cleared away.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_failed_is_tried_again_also_after_a_disconnect() {
    let here = tempfile::tempdir().unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/f", "x")
        .once("RETR", say("550 Not now."));
    let (server, mut driver) = connected(script).await;
    let to = here.path().join("f");
    let batch = driver.enqueue(Direction::Download, Kind::File, &to, "/f", Policy::Overwrite);
    let ended = driver.over(batch, |_| Answer::Dismissed).await;
    let (job, _, state) = &ended.states[0];
    assert!(matches!(state, JobState::Failed(_)), "{state:?}");
    driver.send(Command::Disconnect(CONNECTION));
    server.has_ended(1).await;
    driver.send(Command::Retry(Extent::Job(*job)));
    driver.over(batch, |_| Answer::Dismissed).await;
    assert_eq!(std::fs::read(&to).unwrap(), b"x");
    server.has_ended(2).await;

    driver.send(Command::Retry(Extent::Job(*job)));
    driver.send(Command::ClearFinished);
    let failure = driver.list("/").await.unwrap_err();
    assert_says(&failure, Class::Unreachable, &["no connection to that server"]);
}

/// The end comes, whatever the server does, and with a temporary file to be deleted too: it waits for no
/// silence to pass, which would be longer here than the driver waits.
#[tokio::test(flavor = "multi_thread")]
async fn the_end_does_not_wait_for_a_dead_server() {
    let hour = Duration::from_secs(60 * 60);
    let patience = Patience {
        connect: hour,
        silence: hour,
        retries: 0,
    };
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, vec![b'x'; 24 << 20]).unwrap();
    let dead = || {
        Script::new(Protocol::Ftp)
            .on("QUIT", hold())
            .on("STOR", [say("150 Send it."), open_data(), hold()])
            .in_sessions(2.., GREETING, hold())
    };
    let server = dead().start().await;
    let driver = connected_to(&server, |server| server, patience).await;
    driver.shutdown().await;

    let server = dead().start().await;
    let mut driver = connected_to(&server, |server| server, patience).await;
    driver.enqueue(Direction::Upload, Kind::File, &local, "/f", Policy::Overwrite);
    driver.heard("150 Send it.").await;
    let dialogue = driver.shutdown().await;
    assert!(
        !dialogue.iter().any(|line| line.text.contains("DELE")),
        "what is there is kept: {dialogue:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_listing_says_is_not_lost_with_a_limit_of_one_connection() {
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", "x")
        .once("MLSD /d", close())
        .in_sessions(1..=1, "MLSD", usual());
    let server = script.start().await;
    let settings = |server| Server {
        connections: 1,
        ..server
    };
    let mut driver = connected_to(&server, settings, SHORT).await;
    assert_eq!(names(&driver.list("/d").await.unwrap()), ["f"]);
    driver.shutdown().await;
}
