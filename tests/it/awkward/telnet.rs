//! The byte 0xFF in names: servers that know Telnet want it doubled, others do not.

use ftpane::model::command::Command;
use ftpane::model::server::{Protocol, Server};

use super::{connected_as, done, download, remarked, upload};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{Script, Scripted, Step, end_data, receive_all, say, send, usual};

fn data(bytes: &[u8]) -> Vec<Step> {
    vec![say("150 go"), send(bytes), end_data(), say("226 done")]
}

async fn connected(script: Script) -> (Scripted, Driver) {
    let settings = |server| Server {
        charset: "windows-1251".parse().unwrap(),
        ..server
    };
    connected_as(script.features("EPSV SIZE MLST"), settings).await
}

/// What was heard since the login, byte by byte.
fn heard(server: &Scripted) -> Vec<Vec<u8>> {
    let lines: Vec<_> = server.heard().into_iter().map(|heard| heard.bytes).collect();
    let login = lines.iter().position(|line| line == b"PWD").unwrap();
    lines[login + 1..].to_vec()
}

/// What is made tells how the server took its name; one that came out wrong is put right.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_tells_how_the_byte_is_taken() {
    let make = |script: Script| {
        script
            .on("MKD", say("257 made"))
            .on("RNFR", say("350 to what?"))
            .on("RNTO", say("250 done"))
    };
    let undoes = make(Script::new(Protocol::Ftp)).on("MLSD", data(b"type=dir; \xff\r\n"));
    let (server, mut driver) = connected(undoes).await;
    for _ in 0..2 {
        driver.act(Command::MakeFolder(remote_place("/я"))).await.unwrap();
    }
    let want: [&[u8]; 4] = [b"MKD /\xff\xff", b"EPSV", b"MLSD /", b"MKD /\xff\xff"];
    assert_eq!(heard(&server), want);
    driver.shutdown().await;

    let takes_both = make(Script::new(Protocol::Ftp)).on("MLSD", data(b"type=dir; \xff\xff\r\n"));
    let (server, mut driver) = connected(takes_both).await;
    for _ in 0..2 {
        driver.act(Command::MakeFolder(remote_place("/я"))).await.unwrap();
    }
    let want: [&[u8]; 6] = [
        b"MKD /\xff\xff",
        b"EPSV",
        b"MLSD /",
        b"RNFR /\xff\xff",
        b"RNTO /\xff",
        b"MKD /\xff",
    ];
    assert_eq!(heard(&server), want);
    assert!(remarked(&driver, "0xFF"));
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_exists_is_asked_for_in_both_ways() {
    for (script, sent) in [
        (
            Script::new(Protocol::Ftp).on("SIZE", say("213 2")),
            &b"/\xff\xff"[..],
        ),
        (
            Script::new(Protocol::Ftp)
                .once("SIZE", [say("550 no such file")])
                .once("CWD", [say("550 no such folder")])
                .on("SIZE", say("213 2")),
            b"/\xff",
        ),
    ] {
        let script = script
            .on("RETR", data(b"hi"))
            .on("MDTM", say("213 20240102030405"));
        let here = tempfile::tempdir().unwrap();
        let (server, mut driver) = connected(script).await;
        for n in 0..2 {
            done(download(&mut driver, "/я", &here.path().join(n.to_string())).await);
        }
        let retr: Vec<_> = heard(&server)
            .into_iter()
            .filter(|line| line.starts_with(b"RETR"))
            .collect();
        assert_eq!(retr, [[b"RETR ", sent].concat(), [b"RETR ", sent].concat()]);
        let probes = heard(&server)
            .into_iter()
            .filter(|line| line.starts_with(b"CWD"))
            .count();
        assert!(probes <= 1, "asked once: {:?}", heard(&server));
        driver.shutdown().await;
    }
}

/// A listing that shows neither name tells nothing; Telnet is believed until something does.
#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_is_learned_the_byte_is_doubled() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("x");
    std::fs::write(&local, "hi").unwrap();
    let script = Script::new(Protocol::Ftp)
        .on(
            "STOR",
            [say("150 go"), receive_all(), end_data(), say("226 done")],
        )
        .on("SIZE", say("213 2"))
        .on("RNFR", say("350 to what?"))
        .on("RNTO", say("250 done"));
    let (server, mut driver) = connected(script.on("MLSD", usual())).await;
    done(upload(&mut driver, &local, "/я").await);
    let names: Vec<_> = heard(&server)
        .into_iter()
        .filter(|line| line.starts_with(b"STOR") || line.starts_with(b"RNTO"))
        .collect();
    assert!(
        names[0].starts_with(b"STOR /.\xff\xff.") && names[1] == b"RNTO /\xff\xff",
        "{names:?}"
    );
    driver.shutdown().await;
}
