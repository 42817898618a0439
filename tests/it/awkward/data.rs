//! Data connections that are announced oddly, or do not come.

use ftpane::model::facts::DataCommand;
use ftpane::model::failure::Class;
use ftpane::model::server::{PassiveAddress, Protocol, Server};

use super::{SHORT, all_at_once, assert_says, connected, connected_as, connected_to, names, remarked};
use crate::harness::engine::Driver;
use crate::harness::scripted::{
    Script, announce, announce_closed, announce_dropped, close, cut_data, hold, open_data, say, send, usual,
};

const EPSV: &str = "229 Entering Extended Passive Mode (|||{port}|)";

fn script() -> Script {
    Script::new(Protocol::Ftp).file("/f", "x")
}

fn last(driver: &Driver) -> Option<DataCommand> {
    driver.facts.as_ref().and_then(|facts| facts.data)
}

#[tokio::test(flavor = "multi_thread")]
async fn passive_ports_are_found_however_they_are_written() {
    for (verb, line) in [
        ("EPSV", "229 Entering Extended Passive Mode (|||{port}|)"),
        ("EPSV", "229 ok (!!!{port}!)"),
        ("EPSV", "229 (a note) Entering (|||{port}|)"),
        ("PASV", "227 Entering Passive Mode (127,0,0,1,{p1},{p2})"),
        ("PASV", "227 Entering Passive Mode. 127,0,0,1,{p1},{p2}"),
        ("PASV", "227 =127,0,0,1,{p1},{p2}"),
        ("PASV", "227 Entering Passive Mode (127, 0, 0, 1, {p1}, {p2})."),
        ("PASV", "227 Entering Passive Mode (192,168,1,10,{p1},{p2})."),
        ("PASV", "227 Entering Passive Mode (0,0,0,0,{p1},{p2})."),
    ] {
        let script = match verb {
            "EPSV" => script().on("EPSV", announce(line)),
            _ => script()
                .on("EPSV", say("500 EPSV not understood"))
                .on("PASV", announce(line)),
        };
        let (server, mut driver) = connected(script).await;
        for _ in 0..2 {
            assert_eq!(names(&driver.list("/").await.unwrap()), ["f"], "{line}");
        }
        let wanted = if verb == "EPSV" {
            DataCommand::Epsv
        } else {
            DataCommand::Pasv
        };
        assert_eq!(last(&driver), Some(wanted), "{line}");
        assert_eq!(
            server.count("EPSV"),
            if verb == "EPSV" { 2 } else { 1 },
            "a refusal is remembered: {line}"
        );
        let foreign = line.contains("(192") || line.contains("(0,");
        assert_eq!(
            remarked(&driver, "is not the address we talk to"),
            foreign,
            "{line}"
        );
        driver.shutdown().await;
    }
}

/// Whatever EPSV does, PASV is tried; and its own failure is a sentence.
#[tokio::test(flavor = "multi_thread")]
async fn useless_answers_to_epsv_lead_to_pasv_and_useless_ones_to_pasv_to_a_sentence() {
    let cases = [
        say("229 Entering Extended Passive Mode"),
        say("229 (|||0|)"),
        say("229 (|||70000|)"),
        say("229 (|1|127.0.0.1|5|)"),
        say("200 fine"),
        say("425 not now"),
        announce_closed(EPSV),
        announce_dropped(EPSV),
        say("522 Network protocol not supported, use (1)"),
    ];
    all_at_once(cases.into_iter().map(|useless| async move {
        let (_server, mut driver) = connected(script().on("EPSV", useless.clone())).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"], "{useless:?}");
        assert!(remarked(&driver, "using PASV"), "{useless:?}");
        driver.shutdown().await;
    }))
    .await;
    let cases = [
        (
            say("227 Entering Passive Mode"),
            &["PASV", "could not be understood"][..],
        ),
        (
            say("227 Entering Passive Mode (1,2,3,4,5)"),
            &["PASV", "could not be understood"],
        ),
        (
            say("227 Entering Passive Mode (127,0,0,1,300,2)"),
            &["PASV", "could not be understood"],
        ),
        (
            say("227 Entering Passive Mode (127,0,0,1,0,0)"),
            &["PASV", "could not be understood"],
        ),
        (
            say("502 No passive mode."),
            &["does not offer passive mode", "active mode"],
        ),
        (say("425 No ports left."), &["passive"]),
        (
            announce_closed("227 (127,0,0,1,{p1},{p2})"),
            &["nothing listens there", "firewall"],
        ),
        (
            announce_dropped("227 (127,0,0,1,{p1},{p2})"),
            &["no data connection within 1", "firewall"],
        ),
    ];
    all_at_once(cases.into_iter().map(|(useless, words)| async move {
        let script = script().on("EPSV", say("502 no")).on("PASV", useless.clone());
        let (server, mut driver) = connected(script).await;
        let failure = driver.list("/").await.unwrap_err();
        let class = if words.contains(&"PASV") {
            Class::Other
        } else {
            Class::Data
        };
        assert_says(&failure, class, &[words, &["/"]].concat());
        assert_eq!(
            server.sessions(),
            1,
            "the session is as good as before: {useless:?}"
        );
        driver.shutdown().await;
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_address_is_followed_only_when_told_to() {
    // nothing is reachable at 127.0.0.2 on that port
    let script = || {
        script().on("EPSV", say("502 no")).on(
            "PASV",
            announce("227 Entering Passive Mode (127,0,0,2,{p1},{p2})."),
        )
    };
    for (setting, works) in [
        (PassiveAddress::Repair, true),
        (PassiveAddress::Control, true),
        (PassiveAddress::Server, false),
    ] {
        let (_server, mut driver) = connected_as(script(), |server| Server {
            passive_address: setting,
            ..server
        })
        .await;
        match driver.list("/").await {
            Ok(listing) => assert!(works && names(&listing) == ["f"], "{setting:?}"),
            Err(failure) => {
                assert!(!works, "{setting:?}");
                assert_says(&failure, Class::Data, &["nothing listens there"]);
            }
        }
        driver.shutdown().await;
    }
}

/// The server says 150 and never accepts, or accepts and does nothing, or says nothing at all.
#[tokio::test(flavor = "multi_thread")]
async fn a_data_connection_that_does_nothing_ends_in_time() {
    let cases = [
        (
            Protocol::Ftp,
            vec![say("150 Coming."), hold()],
            Class::Unreachable,
            "silent for 1",
        ),
        (Protocol::Ftp, vec![hold()], Class::Unreachable, "silent for 1"),
        (
            Protocol::FtpsExplicit,
            vec![say("150 Coming."), hold()],
            Class::Data,
            "TLS on it does not come about within 1",
        ),
        (
            Protocol::FtpsExplicit,
            vec![say("150 Coming."), open_data(), hold()],
            Class::Unreachable,
            "silent for 1",
        ),
        (
            Protocol::Ftp,
            vec![say("425 Can't open data connection.")],
            Class::Data,
            "could not make the data connection",
        ),
        (
            Protocol::Ftp,
            vec![say("150 Coming."), say("425 Failed to establish connection.")],
            Class::Data,
            "425 Failed",
        ),
        (
            Protocol::Ftp,
            vec![say("150 Coming."), send("half"), close()],
            Class::Unreachable,
            "closed the connection",
        ),
        (
            Protocol::FtpsExplicit,
            vec![say("150 Coming."), open_data(), cut_data(), say("426 Broken.")],
            Class::Unreachable,
            "426 Broken.",
        ),
    ];
    all_at_once(
        cases
            .into_iter()
            .map(|(protocol, steps, class, words)| async move {
                println!("{protocol:?} {steps:?}");
                let script = Script::new(protocol).file("/f", "x").on("RETR", steps);
                let (_server, mut driver) = connected(script).await;
                let here = tempfile::tempdir().unwrap();
                let state = super::download(&mut driver, "/f", &here.path().join("f")).await;
                assert_says(&super::failed(state), class, &["/f", words]);
                assert!(crate::harness::engine::tree(here.path()).is_empty());
                assert_eq!(
                    names(&driver.list("/").await.unwrap()),
                    ["f"],
                    "the pane lives on"
                );
                driver.shutdown().await;
            }),
    )
    .await;
}

/// A passive address that goes dead later does not spoil the session.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_fails_once_is_a_passing_failure() {
    let script = script()
        .on("EPSV", say("500 no"))
        .once("PASV", announce_closed("227 (127,0,0,1,{p1},{p2})"))
        .on("PASV", usual());
    let (_server, mut driver) = connected(script).await;
    let failure = driver.list("/").await.unwrap_err();
    assert!(failure.transient, "{failure}");
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    driver.shutdown().await;
}

/// A public address announced may be the right one: then the repair is what failed, and it is said.
#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_fails_names_the_public_address_announced() {
    for (announced, public) in [("203,0,113,7", true), ("192,168,1,10", false), ("0,0,0,0", false)] {
        for setting in [PassiveAddress::Repair, PassiveAddress::Control] {
            let line = format!("227 Entering Passive Mode ({announced},{{p1}},{{p2}}).");
            let script = script()
                .on("EPSV", say("502 no"))
                .on("PASV", announce_closed(&line));
            let (_server, mut driver) = connected_as(script, |server| Server {
                passive_address: setting,
                ..server
            })
            .await;
            let failure = driver.list("/").await.unwrap_err();
            assert_says(&failure, Class::Data, &["nothing listens there"]);
            let suggested = failure.to_string().contains("203.0.113.7")
                && failure.to_string().contains("--pasv-address server");
            assert_eq!(
                suggested,
                public && setting == PassiveAddress::Repair,
                "{setting:?}: {failure}"
            );
            driver.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ipv6_has_epsv_and_no_pasv() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let script = Script::new(protocol).file("/f", "x");
        let server = script.start_at("[::1]:0").await;
        let mut driver = connected_to(&server, |server| server, SHORT).await;
        assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
        assert_eq!(last(&driver), Some(DataCommand::Epsv));
        driver.shutdown().await;
    }
    for (useless, words) in [
        (
            say("500 EPSV not understood"),
            "over IPv6 there is no other passive mode",
        ),
        (announce_closed(EPSV), "nothing listens there"),
        (say("229 ok"), "could not be understood"),
    ] {
        let server = script().on("EPSV", useless).start_at("[::1]:0").await;
        let mut driver = connected_to(&server, |server| server, SHORT).await;
        let failure = driver.list("/").await.unwrap_err();
        assert!(failure.to_string().contains(words), "{failure}");
        assert_eq!(server.count("PASV"), 0);
        driver.shutdown().await;
    }
}
