//! Active mode, and mode `auto`: who comes to our port, from where, and what is remembered of it.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use ftpane::engine::Options;
use ftpane::model::command::Generation;
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::facts::DataCommand;
use ftpane::model::failure::Class;
use ftpane::model::job::Direction;
use ftpane::model::server::{ConnectionMode, Protocol, Server};

use super::{SHORT, assert_says, connected_as, connected_to, names, remarked};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::port::free_port;
use crate::harness::scripted::*;

const EPSV: &str = "229 Entering Extended Passive Mode (|||{port}|)";

fn script() -> Script {
    Script::new(Protocol::Ftp).file("/f", "x")
}

fn last(driver: &Driver) -> Option<DataCommand> {
    driver.facts.as_ref().and_then(|facts| facts.data)
}

async fn active(script: Script) -> (Scripted, Driver) {
    connected_as(script, in_active_mode).await
}

#[tokio::test(flavor = "multi_thread")]
async fn active_mode_falls_back_to_port_and_says_what_is_refused() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let script = || Script::new(protocol).file("/f", "x");
        let (server, mut driver) = active(script()).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        assert_eq!(
            (last(&driver), server.count("PASV") + server.count("EPSV")),
            (Some(DataCommand::Eprt), 0)
        );
        driver.shutdown().await;

        let (server, mut driver) = active(script().on("EPRT", say("500 EPRT not understood"))).await;
        for _ in 0..2 {
            assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        }
        assert_eq!(
            (last(&driver), server.count("EPRT")),
            (Some(DataCommand::Port), 1)
        );
        driver.shutdown().await;
    }
    let refused = script()
        .on("EPRT", say("500 no"))
        .on("PORT", say("500 Illegal PORT command."));
    let (_server, mut driver) = active(refused).await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(
        &failure,
        Class::Data,
        &["active mode", "passive mode", "Illegal PORT"],
    );
    driver.shutdown().await;

    // the server accepts the port and never comes: a router in between
    let (_server, mut driver) = active(script().on("MLSD", [say("150 Coming."), hold()])).await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(
        &failure,
        Class::Data,
        &["no data connection within 1", "active mode needs ours"],
    );
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mode_auto_turns_to_active_where_passive_ports_are_closed() {
    let script = script()
        .on("EPSV", announce_closed(EPSV))
        .on("PASV", announce_closed("227 (127,0,0,1,{p1},{p2})"));
    let (server, mut driver) = connected_as(script, |server| Server {
        mode: ConnectionMode::Auto,
        ..server
    })
    .await;
    for _ in 0..2 {
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    }
    assert_eq!(
        (server.count("EPSV"), server.count("PASV"), server.count("EPRT")),
        (1, 1, 2)
    );
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configured_address_and_ports_are_what_is_announced() {
    let free = free_port();
    let script = script()
        .on("EPRT", [say("200 ok")])
        .on("MLSD", say("425 I cannot get there."));
    let (server, mut driver) = connected_as(script, |server| Server {
        mode: ConnectionMode::Active,
        external_ip: Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 9))),
        port_range: Some((free, free)),
        ..server
    })
    .await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(
        &failure,
        Class::Data,
        &["could not make the data connection", "our port must be reachable"],
    );
    let announced = format!("EPRT |1|192.0.2.9|{free}|");
    assert!(
        server.heard().iter().any(|h| h.line == announced),
        "{:?}",
        server.heard()
    );
    driver.shutdown().await;

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let (server, mut driver) = connected_as(self::script(), |server| Server {
        mode: ConnectionMode::Active,
        port_range: Some((port, port)),
        ..server
    })
    .await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(
        &failure,
        Class::Data,
        &["every port of the active range", "in use for 1 s"],
    );
    assert_eq!(server.count("EPRT"), 0);
    driver.shutdown().await;
}

/// Only the server's address may come; whoever else does is sent away, and the server let in.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_at_our_port_is_sent_away() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let script = Script::new(protocol)
            .file("/f", "x")
            .on("MLSD", [stranger(), stranger(), usual()]);
        let (server, mut driver) = active(script).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        let sent_away = driver.dialogue.iter().filter(|line| {
            line.text.starts_with("127.0.0.2:") && line.text.contains("is not the server; sent away")
        });
        assert_eq!((sent_away.count(), server.sessions()), (2, 1));
        driver.shutdown().await;
    }
    let (_server, mut driver) = active(script().on("EPRT", hold())).await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(&failure, Class::Data, &["no data connection within 1"]);
    driver.shutdown().await;
    // and nobody but strangers is nobody
    let (_server, mut driver) = active(script().on("MLSD", [say("150 Coming."), stranger(), hold()])).await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(&failure, Class::Data, &["no data connection within 1"]);
    driver.shutdown().await;
}

/// More lanes than ports: they wait for each other, and every file comes.
#[tokio::test(flavor = "multi_thread")]
async fn sessions_share_a_range_that_is_too_small() {
    let port = free_port();
    let here = tempfile::tempdir().unwrap();
    let mut script = Script::new(Protocol::Ftp);
    for n in 0..12 {
        script = script.file(&format!("/d/f{n}"), vec![b'x'; 100_000]);
    }
    let server = script.start().await;
    let settings = |server| Server {
        mode: ConnectionMode::Active,
        port_range: Some((port, port)),
        ..server
    };
    let patience = ftpane::model::server::Patience {
        connect: std::time::Duration::from_secs(20),
        ..SHORT
    };
    let mut driver = connected_to(&server, settings, patience).await;
    let to = here.path().join("d");
    let ended = driver.transfer(Direction::Download, Kind::Dir, &to, "/d").await;
    ended.assert_all_done();
    assert_eq!(std::fs::read_dir(&to).unwrap().count(), 12);
    assert!(server.sessions() > 1, "several lanes");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_external_address_of_the_other_family_is_said_and_not_announced() {
    for (here, external, words) in [
        (
            "127.0.0.1:0",
            "2001:db8::7",
            ["2001:db8::7 is IPv6", "the server is IPv4"],
        ),
        (
            "[::1]:0",
            "192.0.2.7",
            ["192.0.2.7 is IPv4", "the server is IPv6"],
        ),
    ] {
        let server = script().start_at(here).await;
        let settings = |server| Server {
            mode: ConnectionMode::Active,
            external_ip: Some(external.parse().unwrap()),
            ..server
        };
        let mut driver = connected_to(&server, settings, SHORT).await;
        let failure = driver.list("/").await.unwrap_err();
        assert_says(&failure, Class::Data, &words);
        assert_eq!(server.count("EPRT") + server.count("PORT"), 0);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_knows_eprt_and_no_port() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let script = Script::new(protocol).file("/f", "x");
        let server = script.start_at("[::1]:0").await;
        let mut driver = connected_to(&server, in_active_mode, SHORT).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        assert_eq!(last(&driver), Some(DataCommand::Eprt));
        let said = server.heard().into_iter().find(|h| h.line.starts_with("EPRT"));
        assert!(said.unwrap().line.starts_with("EPRT |2|::1|"));
        driver.shutdown().await;
    }
    let server = script().on("EPRT", say("500 What?")).start_at("[::1]:0").await;
    let mut driver = connected_to(&server, in_active_mode, SHORT).await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(&failure, Class::Data, &["active mode", "500 What?"]);
    assert_eq!(server.count("PORT"), 0);
    driver.shutdown().await;
}

fn in_active_mode(server: Server) -> Server {
    Server {
        mode: ConnectionMode::Active,
        ..server
    }
}

/// An engine for mode `auto`, which remembers this server from an earlier run, or does not.
async fn auto(server: &Scripted, remembered: bool) -> Driver {
    let saved = Server {
        mode: ConnectionMode::Auto,
        ..server.server()
    };
    let mut driver = Driver::with(Options {
        active_first: HashSet::from_iter(remembered.then(|| saved.address())),
        ..Options::default()
    });
    driver
        .connect_patiently(saved, server.secret(), SHORT)
        .await
        .unwrap();
    driver
}

/// What has become known of the server's way, to be remembered.
async fn remembered(driver: &mut Driver) -> (String, bool) {
    driver
        .wait(|event| match event {
            Event::ActiveFirst(server, active) => Some((server, active)),
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_worked_in_mode_auto_is_told_and_used_in_the_next_run() {
    let script = script()
        .on("EPSV", announce_closed(EPSV))
        .on("PASV", announce_closed("227 (127,0,0,1,{p1},{p2})"));
    let server = script.start().await;
    let mut driver = auto(&server, false).await;
    driver.send(ftpane::model::command::Command::List {
        place: remote_place("/"),
        generation: Generation(1),
    });
    assert_eq!(remembered(&mut driver).await, (server.server().address(), true));
    driver.shutdown().await;
    let tried = server.count("EPSV");

    let mut driver = auto(&server, true).await;
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    assert_eq!(server.count("EPSV"), tried, "not asked for again");
    driver.shutdown().await;
}

/// A TLS session that has grown too old says nothing of the way the data took.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_tls_session_does_not_spoil_the_memory_of_mode_auto() {
    let server = Script::new(Protocol::FtpsExplicit)
        .file("/f", "x")
        .once(
            "MLSD",
            say("425 Unable to build data connection: Operation not permitted"),
        )
        .start()
        .await;
    let mut driver = auto(&server, true).await;
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    assert_eq!((server.sessions(), server.count("EPSV")), (2, 0));
    driver.shutdown().await;
}

/// The memory is wrong: the machine is behind another router by now.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_memory_of_mode_auto_heals_itself() {
    for wrong in [
        // the port is refused; the server cannot come and says so; it says nothing
        script().on("EPRT", say("500 no")).on("PORT", say("500 no")),
        script().once("MLSD", say("425 Cannot get there.")),
        script().once("MLSD", [say("150 Coming."), hold()]),
        // it connects before it answers, and does not get through
        script().once("EPRT", hold()),
    ] {
        let server = wrong.start().await;
        let mut driver = auto(&server, true).await;
        driver.send(ftpane::model::command::Command::List {
            place: remote_place("/"),
            generation: Generation(1),
        });
        let (mut told, mut listed) = (None, None);
        while told.is_none() || listed.is_none() {
            match driver.event().await {
                Event::ActiveFirst(server, active) => told = Some((server, active)),
                Event::Listed { result, .. } => listed = Some(result),
                _ => {}
            }
        }
        assert_eq!(names(&listed.unwrap().unwrap()), ["f"]);
        assert_eq!(told, Some((server.server().address(), false)));
        driver.shutdown().await;
    }
}

/// Both ways closed is a failure that tells of both.
#[tokio::test(flavor = "multi_thread")]
async fn both_ways_closed_is_a_failure() {
    let script = script()
        .on("EPSV", say("502 no"))
        .on("PASV", say("502 no"))
        .on("EPRT", say("502 no"))
        .on("PORT", say("502 no"));
    let server = script.start().await;
    let mut driver = auto(&server, false).await;
    let failure = driver.list("/").await.unwrap_err();
    let words = [
        "passive mode failed (the server does not offer passive mode)",
        "does not accept the address and port for active mode",
    ];
    assert_says(&failure, Class::Data, &words);
    assert!(remarked(&driver, "passive mode failed"));
    driver.shutdown().await;
}

/// The same by the program itself, run after run: what it remembers is in a file of its own.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_program_remembers_what_worked_in_mode_auto() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let script = script()
        .on("EPSV", announce_closed(EPSV))
        .on("PASV", announce_closed("227 (127,0,0,1,{p1},{p2})"))
        .in_sessions(3.., "EPRT", say("500 no"))
        .in_sessions(3.., "PORT", say("500 no"));
    let server = script.start().await;
    let memory = home.path().join(".local/state/ftpane/active-first");
    let run = || {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_ftpane"));
        command
            .env_clear()
            .env("HOME", home.path())
            .env("FTPANE_PASSWORD", PASSWORD)
            .args(["ls", "--mode", "auto"])
            .arg(format!("{}/", server.server().url()));
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let output = run().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!((server.count("EPSV"), server.count("EPRT")), (1, 1));
    let address = server.server().address();
    assert_eq!(std::fs::read_to_string(&memory).unwrap(), format!("{address}\n"));
    assert_eq!(memory.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let output = run().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!((server.count("EPSV"), server.count("EPRT")), (1, 2));

    // neither way works any more: a failure of its class, and nothing is remembered
    let output = run().await.unwrap();
    assert_eq!(output.status.code(), Some(6), "{output:?}");
    assert_eq!(std::fs::read_to_string(&memory).unwrap(), "");
}
