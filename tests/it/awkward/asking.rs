//! Logins in which the server asks for more than user and password, refuses what usually works, or
//! has let enough of us in.

use ftpane::model::command::Answer;
use ftpane::model::entry::Kind;
use ftpane::model::event::{Event, Question, Wanted};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::Direction;
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Protocol, Server};

use super::{SHORT, all_at_once, assert_says, connected, connected_as, names, refused, remarked};
use crate::harness::engine::{Driver, make_tree};
use crate::harness::scripted::{GREETING, PASSWORD, Script, Scripted, Step, close, say};

/// The lines of a session that are about the login.
fn login_of(server: &Scripted, session: u32) -> Vec<String> {
    let heard = server.heard().into_iter().filter(|h| h.session == session);
    heard
        .map(|h| h.line)
        .filter(|line| ["USER", "PASS", "ACCT"].iter().any(|verb| line.starts_with(verb)))
        .collect()
}

/// Connects and answers every question with the same; gives the questions too.
async fn connect_asked(
    server: &Scripted,
    settings: impl FnOnce(Server) -> Server,
    secret: Option<&str>,
    answer: Option<&str>,
) -> (Driver, Result<(), Failure>, Vec<Wanted>) {
    let mut driver = Driver::new();
    let mut questions = Vec::new();
    let done = driver
        .connect_answering(
            settings(server.server()),
            secret.map(Secret::new),
            SHORT,
            |question| {
                let Question::Secret { wanted, .. } = question else {
                    panic!("{question:?}")
                };
                questions.push(wanted.clone());
                answer.map_or(Answer::Dismissed, |answer| Answer::Secret(Secret::new(answer)))
            },
        )
        .await;
    (driver, done.map(drop), questions)
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts() {
    let asks = |script: Script| script.on("ACCT", say("230 In.")).file("/d/f", "x");
    let after_user = || asks(Script::new(Protocol::Ftp).on("USER", say("332 Account\x1b[2J?")));
    let after_password = || asks(Script::new(Protocol::Ftp).on("PASS", say("332 Account\x1b[2J?")));
    for (script, login) in [
        (after_user(), vec!["USER me", "ACCT books"]),
        (
            after_password(),
            vec!["USER me", "PASS swordfish-4711", "ACCT books"],
        ),
    ] {
        let server = script.start().await;
        // of the server's entry
        let entry = |server| Server {
            account: "books".into(),
            ..server
        };
        let (driver, done, asked) = connect_asked(&server, entry, Some(PASSWORD), None).await;
        done.unwrap();
        assert_eq!((login_of(&server, 1), asked), (to_strings(&login), vec![]));
        let dialogue = driver.shutdown().await;
        assert!(dialogue.iter().any(|line| line.text == "ACCT ***"));
        assert!(dialogue.iter().all(|line| !line.text.contains("books")));

        // asked for, once for all sessions
        let here = tempfile::tempdir().unwrap();
        make_tree(here.path());
        let (mut driver, done, asked) = connect_asked(&server, |s| s, Some(PASSWORD), Some("books")).await;
        done.unwrap();
        assert_eq!(asked, [Wanted::Account("Account\\x1b[2J?".into())]);
        let up = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
            .await;
        up.assert_all_done();
        assert!(server.sessions() > 2);
        assert_eq!(login_of(&server, server.sessions()), login);
        driver.shutdown().await;

        // asked for, and nobody says it
        let (driver, done, _) = connect_asked(&server, |s| s, Some(PASSWORD), None).await;
        assert_says(
            &done.unwrap_err(),
            Class::Login,
            &["an account besides", "Account\\x1b", "server's entry"],
        );
        driver.shutdown().await;
    }
    // an account before the password, which is still the one that is known
    let script = Script::new(Protocol::Ftp)
        .on("USER", say("332 Account?"))
        .on("ACCT", say("331 And the password?"))
        .on("PASS", say("230 In."));
    let server = script.start().await;
    let (driver, done, asked) = connect_asked(&server, |s| s, Some(PASSWORD), Some("books")).await;
    done.unwrap();
    assert_eq!(asked, [Wanted::Account("Account?".into())]);
    assert_eq!(
        login_of(&server, 1),
        ["USER me", "ACCT books", "PASS swordfish-4711"]
    );
    driver.shutdown().await;
    for reply in ["530 No such account.", "532 No.", "500 ACCT?"] {
        let script = Script::new(Protocol::Ftp)
            .on("PASS", say("332 And?"))
            .on("ACCT", say(reply));
        let server = script.start().await;
        let (driver, done, _) = connect_asked(&server, |s| s, Some(PASSWORD), Some("x")).await;
        assert_says(&done.unwrap_err(), Class::Login, &["refused the account", reply]);
        driver.shutdown().await;
    }
}

fn to_strings(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// A lasting password is never the answer to a challenge; where a password will do it is sent.
#[tokio::test(flavor = "multi_thread")]
async fn one_time_passwords() {
    use PasswordSource::{Ask, Challenge};
    let challenge = "331 Response to otp-md5 487 dog2\x07 ext required.";
    let shown = "Response to otp-md5 487 dog2\\x07 ext required.";
    for (reply, source, known, question, sent) in [
        (challenge, Ask, Some("lasting"), Some(shown), "typed"),
        (
            "331 s/key 98 ke1234",
            Ask,
            Some("lasting"),
            Some("s/key 98 ke1234"),
            "typed",
        ),
        (
            "336 Challenge is 'x'",
            Ask,
            Some("lasting"),
            Some("Challenge is 'x'"),
            "typed",
        ),
        (
            "331 otp-md5 9 a or password",
            Ask,
            Some("lasting"),
            None,
            "lasting",
        ),
        ("331 Code?", Challenge, None, Some("Code?"), "typed"),
        // made by a program that knows what will be asked
        (challenge, Challenge, Some("made"), None, "made"),
    ] {
        let script = Script::new(Protocol::FtpsExplicit)
            .on("USER", say(reply))
            .on("PASS", say("230 In."));
        let server = script.start().await;
        let entry = |server| Server {
            password: source.clone(),
            ..server
        };
        let (driver, done, asked) = connect_asked(&server, entry, known, Some("typed")).await;
        done.unwrap();
        let wanted: Vec<_> = question
            .map(|said| Wanted::Answer(said.into()))
            .into_iter()
            .collect();
        assert_eq!(asked, wanted, "{reply}");
        assert_eq!(login_of(&server, 1)[1], format!("PASS {sent}"));
        let dialogue = driver.shutdown().await;
        assert!(dialogue.iter().all(|line| !line.text.contains("typed")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_factors_and_servers_that_never_have_enough() {
    let script = Script::new(Protocol::Ftp)
        .on("PASS typed", say("230 In."))
        .on("PASS", say("331-Now the code\r\n331 from your telephone."));
    let server = script.start().await;
    let (driver, done, asked) = connect_asked(&server, |s| s, Some(PASSWORD), Some("typed")).await;
    done.unwrap();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].said().unwrap(), "Now the code from your telephone.");
    assert_eq!(
        login_of(&server, 1),
        ["USER me", "PASS swordfish-4711", "PASS typed"]
    );
    driver.shutdown().await;

    for reply in ["331 More!", "332 More!"] {
        let script = Script::new(Protocol::Ftp)
            .on("USER", say(reply))
            .on("PASS", say(reply))
            .on("ACCT", say(reply));
        let server = script.start().await;
        let (driver, done, _) = connect_asked(&server, |s| s, Some(PASSWORD), Some("typed")).await;
        assert_says(&done.unwrap_err(), Class::Login, &["More!"]);
        assert_eq!(login_of(&server, 1).len(), 6);
        driver.shutdown().await;
    }

    // what was typed cannot be sent, and nobody says anything
    for (answer, words) in [(Some("a\r\nDELE b"), "line break"), (None, "got none")] {
        let script = Script::new(Protocol::Ftp).on("PASS", say("331 And now?"));
        let server = script.start().await;
        let (driver, done, _) = connect_asked(&server, |s| s, Some(PASSWORD), answer).await;
        assert_says(&done.unwrap_err(), Class::Login, &[words]);
        assert_eq!(login_of(&server, 1).len(), 2);
        driver.shutdown().await;
    }
}

/// Each further session would ask the person again: transfers use the one there is.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_serves_once_makes_one_session() {
    let here = tempfile::tempdir().unwrap();
    make_tree(here.path());
    let script = Script::new(Protocol::Ftp)
        .on("USER", say("331 otp-sha1 12 alpha1"))
        .on("PASS", say("230 In."));
    let server = script.start().await;
    let (mut driver, done, _) = connect_asked(&server, |s| s, Some(PASSWORD), Some("ABE HER")).await;
    done.unwrap();
    let up = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
        .await;
    up.assert_all_done();
    assert!(driver.list("/up").await.is_ok());
    assert_eq!((server.files().len(), server.sessions()), (26, 1));
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_of_all_kinds_are_sent_as_they_are() {
    for password in ["", " ", "pä ßwörd 日本 ", "\u{ff}\u{1}\t%&|", "a;b'c\"d\\"] {
        let script = Script::new(Protocol::Ftp).on("PASS", say("230 In."));
        let server = script.start().await;
        let (driver, done, asked) = connect_asked(&server, |s| s, Some(password), None).await;
        done.unwrap();
        assert_eq!(asked, []);
        assert_eq!(login_of(&server, 1)[1], format!("PASS {password}"));
        driver.shutdown().await;
    }
    // nobody
    let script = Script::new(Protocol::Ftp).on("PASS", say("230 In."));
    let server = script.start().await;
    let nobody = |server| Server {
        user: String::new(),
        ..server
    };
    let (driver, done, _) = connect_asked(&server, nobody, None, None).await;
    done.unwrap();
    assert_eq!(login_of(&server, 1), ["USER anonymous", "PASS anonymous@"]);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_two_lines_never_leaves() {
    let server = Script::new(Protocol::Ftp).start().await;
    for (user, password, what) in [
        ("me", "a\r\nDELE b", "the password holds a line break"),
        ("me", "a\nb", "the password"),
        ("me", "a\0", "the password"),
        ("m\re", "a", "the user name"),
    ] {
        let entry = |server| Server {
            user: user.into(),
            ..server
        };
        let (driver, done, _) = connect_asked(&server, entry, Some(password), None).await;
        assert_says(&done.unwrap_err(), Class::Login, &[what]);
        driver.shutdown().await;
    }
    assert_eq!(server.sessions(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_that_usually_work_and_do_not() {
    let script = || Script::new(Protocol::Ftp).file("/f", "x");
    for script in [
        script().on("USER", say("220 You again.")),
        script().on("PASS", say("234 In.")),
        script()
            .on("FEAT", say("530 Not for you."))
            .on("PWD", say("530 No.")),
        script().on("FEAT", say("502 No.")).on("PWD", say("502 No.")),
        script().on("TYPE", say("500 What?")),
        script().on("TYPE", say("502 What?")),
        script().on("PASS", say("230-Hello\r\n 331 no\r\n530 no\r\n230-x\r\n230 In.")),
    ] {
        let (_server, mut driver) = connected(script).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        driver.shutdown().await;
    }
    for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        for (verb, reply) in [
            ("PROT", "502 No."),
            ("PROT", "530 Log in first."),
            ("PBSZ", "500 What?"),
        ] {
            let (server, failure) = refused(Script::new(protocol).on(verb, say(reply))).await;
            assert_says(&failure, Class::Tls, &["encrypt data", reply]);
            server.assert_nothing_given_away();
        }
    }
    for reply in ["530 Log in.", "504 Text only."] {
        let (_server, failure) = refused(script().on("TYPE", say(reply))).await;
        assert_says(&failure, Class::Refused, &[reply]);
    }
}

/// What servers say when they have let enough of us in, or the password is wrong: with a session
/// that is in, the rest goes on there, and the password is not tried again and again.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_beside_one_that_is_in_is_a_limit() {
    let replies = [
        // vsftpd
        (
            GREETING,
            "421 There are too many connections from your internet address.",
        ),
        (
            GREETING,
            "421 There are too many connected users, please try later.",
        ),
        // ProFTPD
        (
            "PASS",
            "530 Sorry, the maximum number of clients (2) for this user are already connected.",
        ),
        (
            "PASS",
            "530 Sorry, the maximum number of allowed clients (2) are already connected.",
        ),
        // pure-ftpd
        (GREETING, "421 Too many connections (2) from this IP"),
        (GREETING, "421 2 users (the maximum) are already logged in, sorry"),
        (
            "PASS",
            "421 I can't accept more than 2 connections as the same user",
        ),
        // FileZilla Server
        (
            GREETING,
            "421 Refusing connection. Reason: Max connections per ip exceeded.",
        ),
        (
            "USER",
            "421 Too many users logged in for this account. Try again later.",
        ),
        ("PASS", "530 Login incorrect."),
        // IIS, pyftpdlib
        (GREETING, "421 Maximum session limit reached"),
        ("USER", "530 User cannot log in."),
        // firewalls, inetd
        (GREETING, ""),
    ];
    all_at_once(replies.into_iter().map(|(when, reply)| async move {
        let here = tempfile::tempdir().unwrap();
        make_tree(here.path());
        let mut steps = vec![say(reply), close()];
        if reply.is_empty() {
            steps.remove(0);
        }
        let script = Script::new(Protocol::Ftp).in_sessions(2.., when, steps);
        let (server, mut driver) = connected(script).await;
        let up = driver
            .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
            .await;
        up.assert_all_done();
        assert!(driver.list("/up").await.is_ok(), "{reply}");
        assert!(remarked(&driver, "no further connection"), "{reply}");
        assert_eq!(server.files().len(), 26);
        // each of the other three lanes was turned away once at most
        assert!(server.sessions() <= 4, "{reply}: {}", server.sessions());
        driver.shutdown().await;
    }))
    .await;
    // nobody is in: a wrong password is one, and a limit is one
    for (reply, class, passing) in [
        ("530 Login incorrect.", Class::Login, false),
        (
            "530 Sorry, the maximum number of allowed clients (2) are already connected.",
            Class::Unreachable,
            true,
        ),
    ] {
        let (_, failure) = refused(Script::new(Protocol::Ftp).on("PASS", [say(reply), close()])).await;
        assert_says(&failure, class, &[reply]);
        assert_eq!(failure.transient, passing, "{failure}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_after_login_run_in_every_session() {
    let here = tempfile::tempdir().unwrap();
    make_tree(here.path());
    let script = Script::new(Protocol::Ftp)
        .file("/in box/f", "x")
        .on("SITE UMASK", say("200 022"))
        .on("SITE ODD", say("500 What\x1b[2J?"));
    let server = script.start().await;
    let saved = Server {
        after_login: to_strings(&["SITE UMASK 022", "SITE ODD", "CWD /in box"]),
        document_path: "~".into(),
        ..server.server()
    };
    let mut driver = Driver::new();
    let mut notices = Vec::new();
    driver.send(ftpane::model::command::Command::Connect {
        connection: crate::harness::engine::CONNECTION,
        server: Box::new(saved),
        secret: Some(server.secret()),
        patience: SHORT,
    });
    let root = loop {
        match driver.event().await {
            Event::Notice(text) => notices.push(text),
            Event::Connected { root, .. } => break root,
            Event::ConnectionFailed(_, failure) => panic!("{failure}"),
            _ => {}
        }
    };
    assert_eq!(root.shown(), "/in box", "where the commands have led");
    assert_eq!(
        notices,
        ["the command after login 'SITE ODD' was not done: 500 What\\x1b[2J?"]
    );
    let up = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/in box/up")
        .await;
    up.assert_all_done();
    assert!(server.sessions() > 1);
    for session in 1..=server.sessions() {
        let heard = server.heard();
        let lines: Vec<_> = heard
            .iter()
            .filter(|h| h.session == session)
            .map(|h| h.line.as_str())
            .collect();
        let at = lines.iter().position(|line| *line == "SITE UMASK 022");
        let at = at.unwrap_or_else(|| panic!("session {session}: {lines:?}"));
        assert_eq!(
            lines[at..at + 4],
            ["SITE UMASK 022", "SITE ODD", "CWD /in box", "PWD"]
        );
    }
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_after_login_end_where_they_must() {
    let with = |command: &str, read_only| {
        let command = command.to_owned();
        move |server| Server {
            after_login: vec!["NOOP".into(), command],
            read_only,
            ..server
        }
    };
    // nothing of them is sent to a server that is read only here
    let server = Script::new(Protocol::Ftp).start().await;
    let entry = with("SITE UMASK 022", true);
    let (driver, done, _) = connect_asked(&server, entry, Some(PASSWORD), None).await;
    assert_says(
        &done.unwrap_err(),
        Class::Guarded,
        &[
            "after login 'SITE UMASK 022' is not sent",
            "read only",
            "SITE could change",
        ],
    );
    assert_eq!((server.count("SITE"), server.count("NOOP")), (0, 0));
    driver.shutdown().await;
    let (_server, driver) = connected_as(Script::new(Protocol::Ftp), with("STAT", true)).await;
    driver.shutdown().await;
    for (steps, class, words) in [
        (
            vec![say("421 Enough."), close()],
            Class::Unreachable,
            "421 Enough.",
        ),
        (vec![close()], Class::Unreachable, "closed the connection"),
        (vec![Step::Hold], Class::Unreachable, "silent for 1"),
    ] {
        let server = Script::new(Protocol::Ftp).on("SITE", steps).start().await;
        let entry = with("SITE X", false);
        let (driver, done, _) = connect_asked(&server, entry, Some(PASSWORD), None).await;
        assert_says(&done.unwrap_err(), class, &[words]);
        driver.shutdown().await;
    }
}
