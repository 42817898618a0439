//! The document path, what may be written there, idle time-outs; and a visit that is broken off.

use ftpane::model::command::Command;
use ftpane::model::diagnosis::{Fix, Step};
use ftpane::model::event::Event;
use ftpane::model::server::{Patience, Protocol, Server};
use ftpane::model::stamp::Stamp;
use tokio::net::TcpListener;

use super::{SHORT, VISIT, Visit, visited};
use crate::harness::engine::Driver;
use crate::harness::scripted::{Script, hold, say};

fn script() -> Script {
    Script::new(Protocol::FtpsExplicit).file("/home/f", "x")
}

/// Now, as MDTM writes it (RFC 3659 §2.3).
fn digits_now() -> String {
    digits_at(0)
}

fn digits_at(ahead: i64) -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = Stamp::exact(i64::try_from(since.unwrap().as_secs()).unwrap() + ahead);
    let written = now.rfc3339().unwrap();
    written.chars().filter(char::is_ascii_digit).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_path_that_is_not_there() {
    let server = script().start().await;
    let elsewhere = Server {
        document_path: "/nowhere".into(),
        ..server.server()
    };
    let visit = Visit::to(elsewhere, server.secret(), SHORT, true).await;
    let verdict = visit.finds(&["path-missing"]);
    assert_eq!(verdict.fix, [Fix::DocumentPath("~".into())]);
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (7, vec![Step::Folder])
    );
    assert_eq!(server.count("STOR"), 0);
    let found = Server {
        document_path: "/home".into(),
        ..server.server()
    };
    Visit::to(found, server.secret(), Patience::default(), false)
        .await
        .finds(&["ok"]);
    assert!(server.heard().iter().any(|heard| heard.line == "MLSD /home"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lets_nothing_be_written() {
    let script = script().on("MLST", say("250-Here\r\n type=dir;perm=el; /\r\n250 End"));
    let (_server, visit) = visited(script, Patience::default()).await;
    let verdict = visit.finds(&["(server-read-only)"]);
    assert!(verdict.says.contains("'el'"), "{}", verdict.says);
    assert_eq!(visit.diagnosis.exit_code(), 0);
    let script = super::rest::script().on("MLST", say("250-Here\r\n type=dir;perm=flcdmpe; /\r\n250 End"));
    let (_server, visit) = visited(script, Patience::default()).await;
    visit.finds(&["ok"]);

    let server = super::rest::script()
        .on("STOR", say("550 Permission denied."))
        .start()
        .await;
    let visit = Visit::to(server.server(), server.secret(), Patience::default(), true).await;
    let verdict = visit.finds(&["(server-read-only)"]);
    assert!(
        verdict.says.contains("550 Permission denied."),
        "{}",
        verdict.says
    );
    assert_eq!(visit.failed(), [Step::Upload]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_tried_when_that_was_asked_for_and_never_on_a_read_only_server() {
    let server = script()
        .on("MDTM", say(&format!("213 {}", digits_now())))
        .start()
        .await;
    let visit = Visit::to(server.server(), server.secret(), Patience::default(), true).await;
    visit.finds(&["ok"]);
    assert!(visit.step(Step::Upload)[0].says.contains("deleted again"));
    assert_eq!((server.count("STOR"), server.count("DELE")), (1, 1));
    assert_eq!(server.files(), ["/home/f"]);

    let visit = Visit::to(server.server(), server.secret(), Patience::default(), false).await;
    visit.finds(&["ok"]);
    let guarded = Server {
        read_only: true,
        ..server.server()
    };
    let visit = Visit::to(guarded, server.secret(), Patience::default(), true).await;
    visit.finds(&["ok"]);
    assert!(visit.step(Step::Upload)[0].says.contains("not tried"));
    assert_eq!((server.count("STOR"), server.count("DELE")), (1, 1));
}

/// That is no matter of rights, whatever the code.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_full() {
    for reply in [
        "452 Disk full.",
        "552 Quota exceeded.",
        "550 No space left on device",
    ] {
        let server = script().on("STOR", say(reply)).start().await;
        let visit = Visit::to(server.server(), server.secret(), Patience::default(), true).await;
        let verdict = visit.finds(&["(server-full)"]);
        assert!(
            verdict.text().contains("no room left") && verdict.text().contains(reply),
            "{}",
            verdict.text()
        );
        assert_eq!(
            (visit.failed(), visit.diagnosis.exit_code()),
            (vec![Step::Upload], 0)
        );
    }
}

/// MDTM in the server's own time is no clock that is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn times_of_what_was_stored_in_another_zone() {
    let ahead = digits_at(3 * 3600);
    let server = script().on("MDTM", say(&format!("213 {ahead}"))).start().await;
    let visit = Visit::to(server.server(), server.secret(), Patience::default(), true).await;
    let verdict = visit.finds(&["(clock-offset)"]);
    let text = verdict.text();
    assert!(
        text.contains("3 h ahead of UTC") && !text.contains("NTP"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_says_of_idle_sessions() {
    let script = script().on(
        "STAT",
        say("211-Status:\r\n Session timeout in seconds is 300\r\n211 End"),
    );
    let (_server, visit) = visited(script, Patience::default()).await;
    visit.finds(&["ok"]);
    let says = &visit.step(Step::Idle)[0].says;
    assert!(
        says.contains("after 5:00") && says.contains("every 30 s"),
        "{says}"
    );
}

/// What a screen names is what is waited for: the connection stands, and nothing is said on it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_waited_for_is_named() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    for (protocol, step) in [
        (Protocol::Ftp, Step::Greeting),
        (Protocol::FtpsExplicit, Step::Greeting),
        (Protocol::FtpsImplicit, Step::Tls),
    ] {
        let server = Server {
            protocol,
            host: address.ip().to_string(),
            port: Some(address.port()),
            ..Server::default()
        };
        let mut driver = Driver::new();
        driver.send(Command::Diagnose {
            connection: VISIT,
            server: Box::new(server),
            secret: None,
            patience: Patience::default(),
            probe_upload: false,
        });
        let (_held, _) = silent.accept().await.unwrap();
        driver
            .wait(|event| matches!(event, Event::Examining(VISIT, at) if at == step).then_some(()))
            .await;
        // and what is done is told as done
        driver
            .wait(|event| match event {
                Event::Examined(VISIT, done) if done.step == Step::Connect => Some(()),
                _ => None,
            })
            .await;
        driver.send(Command::Disconnect(VISIT));
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visit_that_is_broken_off_ends() {
    let server = Script::new(Protocol::Ftp).on("FEAT", hold()).start().await;
    let mut driver = Driver::new();
    driver.send(Command::Diagnose {
        connection: VISIT,
        server: Box::new(server.server()),
        secret: Some(server.secret()),
        patience: Patience::default(),
        probe_upload: false,
    });
    driver
        .wait(|event| matches!(event, Event::Examining(VISIT, Step::Login)).then_some(()))
        .await;
    driver.heard("FEAT").await;
    driver.send(Command::Disconnect(VISIT));
    // nothing of the visit comes any more, and the engine ends at once
    driver.shutdown().await;
}
