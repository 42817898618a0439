//! Commands as a person writes them.

use ftpane::model::command::{Command, Generation};
use ftpane::model::event::{Event, RawReply};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::server::Server;

use super::{assert_says, connected, connected_as, heard, script};
use crate::harness::engine::{CONNECTION, Driver, remote};
use crate::harness::scripted::{close, say, usual};

async fn ask(driver: &mut Driver, folder: &str, line: &[u8]) -> Result<RawReply, Failure> {
    driver.send(Command::Raw {
        connection: CONNECTION,
        folder: remote(folder),
        line: line.to_vec(),
        generation: Generation(88),
    });
    driver
        .wait(|event| match event {
            Event::RawAnswered { result, .. } => Some(result),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_come_whole_and_names_begin_in_the_folder() {
    let script = script()
        .on("STAT", say("213-Status\r\n 211 in between\r\n\x1b[2J\r\n213 End"))
        .on("SITE TRICK", say("550 I will not."));
    let (server, mut driver) = connected(script).await;
    let reply = ask(&mut driver, "/a", b"STAT b").await.unwrap();
    assert_eq!(reply.code, 213);
    assert_eq!(
        reply.lines,
        [&b"Status"[..], b" 211 in between", b"\x1b[2J", b"End"]
    );
    // a refusal is an answer
    assert_eq!(ask(&mut driver, "/", b"SITE TRICK x").await.unwrap().code, 550);
    assert_eq!(ask(&mut driver, "/a", b"SIZE f").await.unwrap().lines, [b"7"]);
    assert_eq!(ask(&mut driver, "/a/b", b"CWD /a").await.unwrap().code, 250);
    // and nobody is led astray by that
    assert_eq!(driver.list("/a/b").await.unwrap().entries.len(), 1);
    assert_eq!(heard(&server, "STAT"), ["STAT b"]);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_harm_is_never_sent() {
    let (server, mut driver) = connected(script()).await;
    for (line, words) in [
        (&b"RETR f"[..], "data connection"),
        (b"list", "Use ls"),
        (b"PORT 1,2,3,4,5,6", "data connection"),
        (b"USER other", "change the login"),
        (b"QUIT", "end the session"),
        (b"PROT C", "protected"),
        (b"TYPE A", "other work shares"),
        (b"RNFR f", "Use mv"),
        (b"NOOP\r\nDELE /a/f", "line break"),
        (b"NOOP\0", "NUL"),
        (b"", "begin with a command"),
    ] {
        let before = server.heard().len();
        let failure = ask(&mut driver, "/", line).await.unwrap_err();
        assert_says(&failure, Class::Guarded, &[words]);
        assert_eq!(server.heard().len(), before, "{}", line.escape_ascii());
    }
    assert!(server.content("/a/f").is_some());
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn document_path_and_depth_hold() {
    let script = script()
        .file("/etc/key", "key")
        .link("/a/out", "/etc")
        .file("/a/b/c/deep", "")
        .on("STAT", say("213 Listed."))
        .on("SITE", usual())
        .on("XTRICK", say("200 Done."));
    let (server, mut driver) = connected_as(script, |server| Server {
        document_path: "/a".into(),
        explore_depth: Some(1),
        ..server
    })
    .await;
    for line in [
        "DELE /etc/key",
        "DELE out/key",
        "SIZE /a/out/key",
        "STAT /etc",
        "STAT /a/out",
        "STAT ..",
        "STAT b/../../etc",
        "STAT -R /",
        "STAT ~",
        "CWD /",
        "SITE CHMOD 777 /etc/key",
        "RMD /a",
        "SIZE b/c/deep",
        "STAT b/c",
        "XTRICK x",
        "SITE SYMLINK /etc x",
    ] {
        let failure = ask(&mut driver, "/a", line.as_bytes()).await.unwrap_err();
        assert_says(&failure, Class::Guarded, &[]);
        assert!(server.heard().iter().all(|h| h.line != line), "{line} was sent");
    }
    for line in [
        "STAT",
        "STAT /a",
        "STAT b",
        "SIZE f",
        "SITE CHMOD 600 b/g",
        "NOOP",
        "DELE f",
    ] {
        let reply = ask(&mut driver, "/a", line.as_bytes()).await.unwrap();
        assert_eq!(reply.code / 100, 2, "{line}");
    }
    assert_eq!(
        (server.content("/a/f"), server.mode_of("/a/b/g")),
        (None, Some(0o600))
    );
    let failure = ask(&mut driver, "/etc", b"NOOP").await.unwrap_err();
    assert_says(&failure, Class::Guarded, &["/etc"]);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_done_is_not_done_twice() {
    let (server, mut driver) = connected(script().on("DELE", [close()])).await;
    let failure = ask(&mut driver, "/a", b"DELE f").await.unwrap_err();
    assert_says(
        &failure,
        Class::Unreachable,
        &["DELE f", "may have been done all the same"],
    );
    assert_eq!(server.count("DELE"), 1);
    driver.shutdown().await;
}
