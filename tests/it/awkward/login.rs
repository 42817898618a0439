//! From the greeting to the first prompt.

use ftpane::engine::Options;
use ftpane::model::command::{Command, Generation};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::server::Protocol;

use super::{
    LONG, SHORT, all_at_once, assert_says, connected, connected_as, names, refused, refused_within, remarked,
};
use crate::harness::engine::{Driver, make_tree, remote_place, tree};
use crate::harness::scripted::{
    GREETING, Script, close, gate, hold, raw, raw_without_end, reset, say, usual,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_well_behaved_server_is_no_trouble() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let (server, mut driver) = connected(Script::new(protocol).file("/d/f", "1234")).await;
        let listing = driver.list("/d").await.unwrap();
        assert_eq!(
            (names(&listing), listing.entries[0].size),
            (vec!["f".into()], Some(4))
        );
        let resumed = server.data_handshakes();
        assert_eq!(
            resumed,
            if protocol.is_tls() { vec![true] } else { vec![] },
            "{protocol:?}"
        );
        let secrets: Vec<_> = server
            .heard()
            .into_iter()
            .filter(|h| h.line.starts_with("PASS "))
            .collect();
        assert!(secrets.iter().all(|h| h.encrypted == protocol.is_tls()) && secrets.len() == 1);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn greetings_of_all_kinds_let_one_in() {
    for greeting in [
        raw(b"220-FileZilla Server 1.8.1\r\n220-Please visit https://filezilla-project.org/\r\n220 \r\n"),
        raw(b"220\r\n"),
        raw(b"220-\r\n220-------\r\n  220 not yet\r\n220-2202\r\n220 now\r\n"),
        raw(b"120 Ready in 1 minute.\r\n220 Ready.\r\n"),
        raw(b"120-Ready\r\n220 seconds from now,\r\n or so.\r\n120 Wait.\r\n120\r\n220 Ready.\r\n"),
        raw(b"220-100 users\r\n100 users of 200\r\n530 of them idle\r\n220 Ready.\r\n"),
        raw(b"220 line feed only\n"),
        raw(b"220-\x1b[2J\xff\xfe\xb7\r\n220 \x07 bells\r\n"),
    ] {
        let (_server, driver) = connected(Script::new(Protocol::Ftp).on(GREETING, greeting)).await;
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn greetings_that_are_none_are_explained() {
    let cases = [
        (
            vec![say("SSH-2.0-OpenSSH_9.6")],
            Class::Unreachable,
            &["does not speak FTP", "SSH-2.0", "SFTP"][..],
        ),
        (
            vec![say("HTTP/1.1 400 Bad Request")],
            Class::Unreachable,
            &["does not speak FTP", "HTTP"],
        ),
        (
            vec![raw(b"\x16\x03\x01\x02\x00")],
            Class::Unreachable,
            &["no greeting within"],
        ),
        (
            vec![hold()],
            Class::Unreachable,
            &["no greeting within 1", "implicit TLS"],
        ),
        (
            vec![close()],
            Class::Unreachable,
            &["closed the connection before it said anything"],
        ),
        (
            vec![reset()],
            Class::Unreachable,
            &["closed the connection before it said anything"],
        ),
        (
            vec![say("421 Too many connections from your address."), close()],
            Class::Unreachable,
            &["too many", "421"],
        ),
        (
            vec![say("421 Service not available."), close()],
            Class::Unreachable,
            &["not available", "421 Service"],
        ),
        (
            vec![say("530 You are banned."), close()],
            Class::Unreachable,
            &["does not let anybody in", "banned"],
        ),
        (
            vec![raw(b"220-never ends\r\n"), close()],
            Class::Unreachable,
            &["closed the connection"],
        ),
        (
            vec![raw_without_end(&[b'2'; 65536])],
            Class::Unreachable,
            &["larger than", "no FTP server"],
        ),
        (
            vec![raw_without_end(b"220-and on and on\r\n")],
            Class::Unreachable,
            &["larger than"],
        ),
    ];
    all_at_once(cases.into_iter().map(|(greeting, class, words)| async move {
        let shown = format!("{:.60}", format!("{greeting:?}"));
        println!("{shown}");
        let script = Script::new(Protocol::FtpsExplicit).on(GREETING, greeting);
        let is_silent = words[0].starts_with("no greeting within");
        let (server, failure) = refused_within(script, if is_silent { SHORT } else { LONG }).await;
        assert_says(&failure, class, words);
        assert!(failure.to_string().contains("127.0.0.1:"), "{failure}");
        server.assert_nothing_given_away();
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_of_all_kinds() {
    let script = || Script::new(Protocol::Ftp).file("/f", "x");
    for script in [
        script().on("USER", say("230 In without a password.")),
        script().on("PASS", say("202 Superfluous.")),
        script().on("FEAT", say("500 What?")).on("OPTS", say("500 What?")),
        script().on(
            "FEAT",
            raw(b"211-Features\r\nMLST type*;size*;\r\nEPSV\r\n211 \r\n"),
        ),
        script().on("FEAT", raw(b"211\r\n")),
        script().on("PWD", say("550 You may not know.")),
        script().on("PASS", raw(b"230-Welcome\r\n\r\n 230 no\r\n230-2300\r\n230\r\n")),
        script().on("TYPE", raw(b"200\r\n")),
    ] {
        let (_server, mut driver) = connected(script).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_logins_say_why_and_keep_the_secret() {
    let script = || Script::new(Protocol::Ftp);
    let cases = [
        (
            script().on("PASS", say("530 Login incorrect.")),
            Class::Login,
            &["user or password", "530"][..],
        ),
        (
            script().on("USER", say("530 User cannot log in.")),
            Class::Login,
            &["user or password"],
        ),
        (
            script().on("USER", say("331 go")).on("PASS", say("332 Account?")),
            Class::Login,
            &["account"],
        ),
        (
            script().on("USER", say("332 Account?")),
            Class::Login,
            &["account"],
        ),
        (
            script().on("USER", say("534 TLS required")),
            Class::Login,
            &["encrypted", "ftpes://"],
        ),
        (
            script().on("PASS", [say("421 Too many users."), close()]),
            Class::Unreachable,
            &["too many"],
        ),
        (
            script().on(
                "PASS",
                say("530 Sorry, the maximum number of clients (2) is reached."),
            ),
            Class::Unreachable,
            &["no further login"],
        ),
        (
            script().on("PASS", close()),
            Class::Unreachable,
            &["closed the connection"],
        ),
        (script().on("PASS", hold()), Class::Unreachable, &["silent for 1"]),
        (
            script().on("PASS", say("hello?")),
            Class::Unreachable,
            &["does not speak FTP"],
        ),
        (
            script().on("PASS", say("999 hello?")),
            Class::Unreachable,
            &["does not speak FTP"],
        ),
        (
            script().on("TYPE", say("504 Text only here.")),
            Class::Refused,
            &["504"],
        ),
        (
            script().on("FEAT", [say("421 Shutting down."), close()]),
            Class::Unreachable,
            &["421 Shutting down."],
        ),
    ];
    all_at_once(cases.into_iter().map(|(script, class, words)| async move {
        let (_server, failure) = refused(script).await;
        assert_says(&failure, class, words);
        assert!(
            !failure.to_string().contains(crate::harness::scripted::PASSWORD),
            "{failure}"
        );
    }))
    .await;
}

/// The fourth session and all later ones are turned away: the queue goes on with three.
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_connections_lowers_the_number_of_lanes() {
    for turned_away in [
        [
            say("421 There are too many connections from your internet address."),
            close(),
        ],
        [
            say("530 Sorry, the maximum number of clients (2) from your host are already connected."),
            close(),
        ],
    ] {
        let here = tempfile::tempdir().unwrap();
        make_tree(here.path());
        let script = Script::new(Protocol::FtpsExplicit)
            .in_sessions(3.., GREETING, turned_away)
            .on(GREETING, usual());
        let (server, mut driver) = connected(script).await;
        let up = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
            .await;
        up.assert_all_done();
        assert_eq!(server.files().len(), 26, "{:?}", server.files());
        assert!(remarked(&driver, "no further connection"));
        assert!(driver.list("/up").await.is_ok(), "the pane still has a session");
        driver.shutdown().await;
    }
}

/// "Too many" of failed attempts is no limit that one waits for: the password is not sent again.
#[tokio::test(flavor = "multi_thread")]
async fn too_many_failed_attempts_are_not_made_more() {
    for (reply, passing) in [
        ("530 Too many failed login attempts, try later.", false),
        ("530 Too many users logged in.", true),
        ("421 Too many users.", true),
    ] {
        let (server, failure) = refused(Script::new(Protocol::Ftp).on("PASS", say(reply))).await;
        assert_eq!(
            (failure.transient, server.count("PASS")),
            (passing, 1),
            "{failure}"
        );
    }
}

/// A server that allows one session only: while the pane uses it, transfers wait for it, and then
/// they all run on it.
#[tokio::test(flavor = "multi_thread")]
async fn one_session_is_enough_for_pane_and_queue() {
    for turned_away in ["421 Too many connections.", "530 Too many users logged in."] {
        let here = tempfile::tempdir().unwrap();
        let script = Script::new(Protocol::Ftp)
            .in_sessions(2.., GREETING, [say(turned_away), close()])
            .on("MLSD /slow", [say("150 go"), gate(), usual()])
            .file("/slow/f", "x");
        let files = ["/1", "/2", "/3", "/4", "/5"];
        let script = files
            .iter()
            .fold(script, |script, path| script.file(path, "content"));
        let server = script.start().await;
        let mut driver = Driver::with(Options {
            browsing: true,
            ..Options::default()
        });
        driver
            .connect_patiently(server.server(), server.secret(), SHORT)
            .await
            .unwrap();
        driver.send(Command::List {
            place: remote_place("/slow"),
            generation: Generation(77),
        });
        driver.heard("150 go").await;
        let batches: Vec<_> = files
            .iter()
            .map(|path| {
                let local = here.path().join(path.trim_start_matches('/'));
                driver.enqueue(Direction::Download, Kind::File, &local, path, Policy::Overwrite)
            })
            .collect();
        for _ in 0..3 {
            driver.heard("no further connection").await;
        }
        server.open_gate();
        let mut open = batches.len();
        while open > 0 {
            match driver.event().await {
                Event::BatchOver(_) => open -= 1,
                Event::JobChanged(_, JobState::Failed(failure)) => panic!("{failure}"),
                Event::Listed { result, .. } => assert_eq!(names(&result.unwrap()), ["f"]),
                _ => {}
            }
        }
        assert_eq!(tree(here.path()).len(), files.len());
        assert!(driver.list("/").await.is_ok());
        driver.shutdown().await;
    }
}

/// A server may close a session that lay idle, with or without a word; the next request gets a
/// new one.
#[tokio::test(flavor = "multi_thread")]
async fn an_idle_session_that_was_closed_is_replaced() {
    for ending in [
        vec![say("421 Idle too long."), close()],
        vec![close()],
        vec![reset()],
    ] {
        let after = |steps: &[_]| [&[usual()], steps].concat();
        let (server, mut driver) = connected(
            Script::new(Protocol::Ftp)
                .file("/f", "x")
                .once("PWD", after(&ending)),
        )
        .await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        assert_eq!(server.sessions(), 2);
        driver.shutdown().await;

        // an action may have been done when its answer is lost: it is not repeated unasked
        let (server, mut driver) = connected(Script::new(Protocol::Ftp).once("PWD", after(&ending))).await;
        server.has_ended(1).await;
        let make = Command::MakeFolder(remote_place("/d"));
        // found before the command is sent, or only by sending it
        if let Err(failure) = driver.act(make.clone()).await {
            assert_says(&failure, Class::Unreachable, &["/d", "closed the connection"]);
            driver.act(make).await.unwrap();
        }
        assert_eq!((server.sessions(), server.count("MKD")), (2, 1));
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_path_that_is_not_there_is_said() {
    let server = Script::new(Protocol::Ftp).file("/www/f", "x").start().await;
    let mut driver = Driver::new();
    let saved = ftpane::model::server::Server {
        document_path: "/www/f".into(),
        ..server.server()
    };
    let failure = driver
        .connect_patiently(saved, server.secret(), SHORT)
        .await
        .unwrap_err();
    assert_says(&failure, Class::Refused, &["/www/f", "no such", "document path"]);
    driver.shutdown().await;
    let (_server, driver) = connected_as(Script::new(Protocol::Ftp).file("/www/f", "x"), |server| {
        ftpane::model::server::Server {
            document_path: "/www".into(),
            ..server
        }
    })
    .await;
    driver.shutdown().await;
}

/// ASCII is what a session begins with, and would change line ends: binary is asked for in each, and
/// a server that refuses it is not used.
#[tokio::test(flavor = "multi_thread")]
async fn files_are_never_sent_as_text() {
    let here = tempfile::tempdir().unwrap();
    make_tree(here.path());
    let (server, mut driver) = connected(Script::new(Protocol::Ftp)).await;
    driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/all")
        .await;
    let types = |session| {
        let heard = server
            .heard()
            .into_iter()
            .filter(move |heard| heard.session == session);
        let types = heard
            .map(|heard| heard.line)
            .filter(|line| line.starts_with("TYPE"));
        types.collect::<Vec<_>>()
    };
    for session in 1..=server.sessions() {
        assert_eq!(types(session), ["TYPE I"], "session {session}");
    }
    driver.shutdown().await;
    for refusal in [
        "504 Not that type.",
        "501 What?",
        "550 No.",
        "421 Later.",
        "331 And?",
    ] {
        let (server, failure) = refused(Script::new(Protocol::Ftp).on("TYPE", say(refusal))).await;
        assert!(failure.to_string().contains(refusal), "{failure}");
        assert_eq!(server.count("LIST") + server.count("MLSD"), 0);
    }
}

/// Facts of use that a server tells only when asked are asked for, with those that it tells anyway; a
/// refusal changes nothing.
#[tokio::test(flavor = "multi_thread")]
async fn facts_that_are_told_when_asked_are_asked_for() {
    for answer in ["200 MLST OPTS type;size;modify;unix.mode;", "501 Not that."] {
        let features = "211-Features:\r\n EPSV\r\n MLST type*;size*;modify*;unix.mode;media-type;\r\n211 End";
        let script = Script::new(Protocol::Ftp)
            .on("FEAT", say(features))
            .on("OPTS MLST", say(answer));
        let (server, mut driver) = connected(script).await;
        driver.list("/").await.unwrap();
        let heard: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
        let asked = heard
            .iter()
            .filter(|line| *line == "OPTS MLST type;size;modify;unix.mode;");
        assert_eq!(asked.count(), 1, "{heard:?}");
        driver.shutdown().await;
    }
}
