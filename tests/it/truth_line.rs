//! The line at the top against what the wire has shown: every part of it, on servers that each make it another.

use ftpane::app::Start;
use ftpane::engine::{self, Options};
use ftpane::model::server::{ConnectionMode, Protocol, Server};
use openssl::ssl::SslVersion;

use crate::harness::bench::start;
use crate::harness::scripted::{
    Certified, Face, Script, Scripted, Step, Wish, end_data, forget_tls, say, send, usual,
};
use crate::harness::seat::{Seat, SmallWorld};

/// Sits down before a server and presses keys once it is listed; the line has to become this, and the wire
/// has to say so.
async fn told(
    script: Script,
    settings: impl FnOnce(Server) -> Server,
    keys: &str,
    line: &str,
    wire: impl FnOnce(&Scripted),
) {
    let here = tempfile::tempdir().unwrap();
    let server = script.file("/f", "x").start().await;
    let saved = settings(server.server());
    let start = Start {
        servers: vec![saved.clone()],
        connect: Some((saved, Some(server.secret()))),
        folder: here.path().to_owned(),
        size: (200, 30),
        ..start(Vec::new())
    };
    let mut seat = Seat::take(start, engine::start(Options::default()), SmallWorld::default());
    seat.see("1 file, ").await;
    if !keys.is_empty() {
        seat.press(keys).await;
    }
    let (begin, _) = line.split_once(" · 12 days left").unwrap_or((line, ""));
    let screen = seat.see(begin).await;
    // a second has passed since the certificate was made, or not
    let top = screen.lines().next().unwrap().replace("11 days", "12 days");
    assert_eq!(top, format!(" scripted  {line}"));
    wire(&server);
    seat.press("q").await;
    assert_eq!(seat.leave().await, 0);
}

fn as_saved(server: Server) -> Server {
    server
}

/// By OpenSSL, this version alone, its certificate good for twelve days.
fn speaking(version: SslVersion) -> Face {
    let certified = Certified::new(Wish {
        valid: (-1, 12),
        ..Wish::default()
    });
    Face::openssl(&certified, move |builder| {
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
    })
}

fn is_encrypted_from(server: &Scripted, from: usize) {
    for (place, heard) in server.heard().iter().enumerate() {
        assert_eq!(heard.encrypted, place >= from, "{heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn protocol_version_resumption_and_days() {
    told(
        Script::new(Protocol::Ftp),
        as_saved,
        "",
        "FTP, not encrypted · EPSV · MLSD · UTF-8",
        |server| {
            is_encrypted_from(server, usize::MAX);
            assert_eq!((server.count("AUTH"), server.count("PASV")), (0, 0));
            assert!(server.count("EPSV") > 0 && server.count("MLSD") > 0);
        },
    )
    .await;
    told(
        Script::new(Protocol::FtpsExplicit).face(speaking(SslVersion::TLS1_2)),
        as_saved,
        "",
        "FTPS explicit · TLS 1.2 · data encrypted · resumed 1/1 · certificate pinned · 12 days left · EPSV · MLSD · UTF-8",
        |server| {
            assert_eq!(server.heard()[0].line, "AUTH TLS");
            is_encrypted_from(server, 1);
            assert_eq!(server.count("PROT"), 1);
            assert_eq!(server.data_handshakes(), [true]);
        },
    )
    .await;
    told(
        Script::new(Protocol::FtpsImplicit)
            .face(speaking(SslVersion::TLS1_3))
            .on("MLSD", [usual(), forget_tls()]),
        as_saved,
        "ctrl-r",
        "FTPS implicit · TLS 1.3 · data encrypted · resumed 1/2 · certificate pinned · 12 days left · EPSV · MLSD · UTF-8",
        |server| {
            is_encrypted_from(server, 0);
            assert_eq!(server.count("AUTH"), 0);
            assert_eq!(server.data_handshakes(), [true, false]);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn how_data_connections_are_asked_for() {
    told(
        Script::new(Protocol::Ftp).on("EPSV", say("500 What?")),
        as_saved,
        "",
        "FTP, not encrypted · PASV · MLSD · UTF-8",
        |server| assert_eq!((server.count("EPSV"), server.count("PASV")), (1, 1)),
    )
    .await;
    let active = |server| Server {
        mode: ConnectionMode::Active,
        ..server
    };
    told(
        Script::new(Protocol::Ftp),
        active,
        "",
        "FTP, not encrypted · EPRT · MLSD · UTF-8",
        |server| {
            let counts = ["EPRT", "PORT", "EPSV"].map(|verb| server.count(verb));
            assert_eq!(counts, [1, 0, 0]);
        },
    )
    .await;
    told(
        Script::new(Protocol::Ftp).on("EPRT", say("500 What?")),
        active,
        "",
        "FTP, not encrypted · PORT · MLSD · UTF-8",
        |server| {
            let counts = ["EPRT", "PORT", "EPSV"].map(|verb| server.count(verb));
            assert_eq!(counts, [1, 1, 0]);
        },
    )
    .await;
}

fn listed(line: &str) -> Vec<Step> {
    vec![say("150 go"), send(line), end_data(), say("226 done")]
}

#[tokio::test(flavor = "multi_thread")]
async fn dialect_clock_character_set_and_what_may_be_done() {
    told(
        Script::new(Protocol::Ftp)
            .features("EPSV MDTM")
            .on("LIST", listed("01-02-24  05:04AM  1 f\r\n")),
        as_saved,
        "",
        "FTP, not encrypted · EPSV · LIST (DOS) · clock +2:00 · UTF-8 assumed",
        |server| {
            assert_eq!((server.count("MLSD"), server.count("LIST")), (0, 1));
            // it tells 03:04 there
            assert_eq!(server.count("MDTM"), 1);
            assert!(!server.heard().iter().any(|heard| heard.line.contains("UTF8")));
        },
    )
    .await;
    told(
        Script::new(Protocol::Ftp)
            .features("EPSV MDTM UTF8")
            .on("LIST", listed("-rw-r--r-- 1 me us 1 2024-01-02 00:34 f\r\n")),
        |server| Server {
            charset: "latin1".parse().unwrap(),
            read_only: true,
            ..server
        },
        "f7",
        "FTP, not encrypted · read only · EPSV · LIST (Unix) · clock -2:30 · windows-1252",
        |server| {
            assert_eq!((server.count("OPTS"), server.count("MKD")), (0, 0));
            assert_eq!(server.count("LIST"), 1);
        },
    )
    .await;
}
