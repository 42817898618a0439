//! What the doctor costs a server and whoever waits: sessions, attempts to log in, and time.

use ftpane::model::command::Command;
use ftpane::model::diagnosis::{Level, Step as Taken};
use ftpane::model::event::Event;
use ftpane::model::server::{ConnectionMode, Patience, Protocol, Server};
use futures_util::stream::{self, StreamExt as _};

use super::{SHORT, VISIT, Visit, flags, visit_as, visited};
use crate::harness::engine::Driver;
use crate::harness::scripted::*;

fn script() -> Script {
    Script::new(Protocol::FtpsExplicit).file("/f", "x")
}

/// Whatever keeps a further session out once one stands is a limit: the server's, or that of a firewall, or
/// of a program that bans who comes too often.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_keeps_a_further_session_out_is_a_limit() {
    let full = |text: &str| vec![say(text), close()];
    let cases: [(Script, &str); 8] = [
        (
            script().at_most(1, "421 Too many connections from your address."),
            "-j 1",
        ),
        (script().at_most(3, "421 There are too many connections."), "-j 3"),
        (
            script().in_sessions(2.., "PASS", say("530 Login incorrect.")),
            "-j 1",
        ),
        (script().in_sessions(3.., "USER", full("421 Banned.")), "-j 2"),
        (script().in_sessions(4.., GREETING, close()), "-j 3"),
        (script().in_sessions(2.., GREETING, hold()), "-j 1"),
        (script().in_sessions(2.., "AUTH", reset()), "-j 1"),
        (script().listens_for(3), "-j 3"),
    ];
    for (script, fix) in cases {
        let shown = format!("{script:?}");
        let (server, visit) = visited(script, SHORT).await;
        let verdict = visit.finds(&["too-many-connections"]);
        assert_eq!(flags(verdict), [fix], "{shown}");
        assert_eq!(
            (visit.diagnosis.exit_code(), visit.failed()),
            (3, vec![Taken::Limits])
        );
        // nobody tries again who was refused once
        let refused = server
            .heard()
            .iter()
            .filter(|heard| heard.line.starts_with("PASS"))
            .count();
        assert!(refused <= 4, "{refused}");
        let stood: usize = fix.trim_start_matches("-j ").parse().unwrap();
        assert_eq!(
            server.count("QUIT"),
            stood,
            "each that stood has said goodbye: {shown}"
        );
        server.is_left().await;
    }
}

/// The flags it prints mend it: with them there is nothing to find.
#[tokio::test(flavor = "multi_thread")]
async fn as_many_sessions_as_the_server_allows_are_well() {
    let server = script().at_most(2, "421 Too many connections.").start().await;
    let visit = visit_as(&server, |server| server, SHORT).await;
    let verdict = visit.finds(&["too-many-connections"]);
    let mut mended = server.server();
    verdict.fix[0].apply(&mut mended);
    Visit::to(mended, server.secret(), SHORT, false)
        .await
        .finds(&["ok"]);
    server.is_left().await;
}

/// In active mode, too, one session is enough to look at it.
#[tokio::test(flavor = "multi_thread")]
async fn one_session_is_enough() {
    for mode in [ConnectionMode::Passive, ConnectionMode::Active] {
        let server = script().at_most(1, "421 Too many connections.").start().await;
        let alone = |server| Server {
            mode,
            connections: 1,
            ..server
        };
        let visit = visit_as(&server, alone, SHORT).await;
        visit.finds(&["ok"]);
        assert!(visit.step(Taken::Listing)[0].ok);
        server.is_left().await;
    }
}

/// A wrong password is said once: who counts failures has one to count.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_not_tried_again() {
    let server = script().on("PASS", say("530 Login incorrect.")).start().await;
    for mode in [
        ConnectionMode::Passive,
        ConnectionMode::Active,
        ConnectionMode::Auto,
    ] {
        let before = server.count("PASS");
        let visit = visit_as(&server, |server| Server { mode, ..server }, SHORT).await;
        visit.finds(&["login-refused"]);
        assert_eq!(server.count("PASS") - before, 1);
    }
    server.is_left().await;
}

/// Whoever breaks it off, at whatever step, leaves no session behind.
#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_is_broken_off_leaves_nobody_behind() {
    for verb in ["USER", "FEAT", "CWD", "EPSV", "MLSD", "STAT", "NOTHING"] {
        let server = script()
            .on(verb, hold())
            // the last of several sessions
            .in_sessions(4..=4, "TYPE", hold())
            .start()
            .await;
        let mut driver = Driver::new();
        driver.send(Command::Diagnose {
            connection: VISIT,
            server: Box::new(server.server()),
            secret: Some(server.secret()),
            patience: Patience::default(),
            probe_upload: false,
        });
        if verb == "NOTHING" {
            driver
                .wait(|event| matches!(event, Event::Examining(VISIT, Taken::Limits)).then_some(()))
                .await;
        } else {
            driver.heard(verb).await;
        }
        driver.send(Command::Disconnect(VISIT));
        server.is_left().await;
        driver.shutdown().await;
    }
}

/// A server that falls silent at one step after the other, in clear and in TLS, in both modes: each visit
/// comes to an end of its own, with a verdict, and waits in vain a few times at most.
#[tokio::test(flavor = "multi_thread")]
async fn each_visit_ends_within_its_time_outs() {
    /// What a visit waits for in vain at most: the greeting and the port in the other way; or two passive
    /// ports, an announced address, active mode, and a further session.
    const MOST: usize = 8;
    /// So many at once: each has a core to itself now and then, within its time-outs.
    const AT_ONCE: usize = 6;
    let patience = SHORT;
    let verbs = [
        GREETING, "AUTH", "PBSZ", "PROT", "USER", "PASS", "FEAT", "TYPE", "PWD", "SYST", "HELP", "CWD",
        "MLST", "EPSV", "PASV", "MLSD", "EPRT", "STAT", "QUIT",
    ];
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let visits = verbs.into_iter().flat_map(|verb| {
            [ConnectionMode::Passive, ConnectionMode::Active].map(|mode| async move {
                let script = Script::new(protocol).file("/f", "x").on(verb, hold());
                let server = script.start().await;
                let visit = visit_as(&server, |server| Server { mode, ..server }, patience).await;
                (verb, mode, server.count(verb), visit)
            })
        });
        let mut visits = stream::iter(visits).buffer_unordered(AT_ONCE);
        while let Some((verb, mode, held, visit)) = visits.next().await {
            let verdicts = &visit.diagnosis.verdicts;
            let found: Vec<&str> = verdicts.iter().map(|verdict| verdict.code.word()).collect();
            println!("{verb} {protocol:?} {mode:?}: {held} {found:?}");
            assert!(held <= MOST, "{verb} {protocol:?} {mode:?}: {held}");
            // not every server is asked everything, and not all that is asked matters
            let matters = match verb {
                "AUTH" => protocol == Protocol::FtpsExplicit,
                "PBSZ" | "PROT" => protocol != Protocol::Ftp,
                "EPRT" | "STAT" => mode == ConnectionMode::Active,
                "EPSV" | "PASV" => mode == ConnectionMode::Passive,
                "QUIT" | "HELP" => false,
                _ => true,
            };
            let failed = verdicts.iter().any(|verdict| verdict.level == Level::Failure);
            assert_eq!(failed, matters, "{verb} {protocol:?} {mode:?}: {found:?}");
        }
    }
}
