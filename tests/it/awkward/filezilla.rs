//! FileZilla Server's dialogue, played: session reuse demanded, a public address in 227, limits, and
//! commands out of order.

use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::failure::Class;
use ftpane::model::job::Direction;
use ftpane::model::secret::Secret;
use ftpane::model::server::{Protocol, TlsVersion};

use super::{SHORT, assert_says, connected, done, download, failed, names, refused, remarked, upload};
use crate::harness::engine::{Driver, assert_same_tree, make_tree, remote_place, tree};
use crate::harness::scripted::{
    Face, GREETING, Script, announce, announce_closed, close, filezilla, forget_tls, say, usual,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_tree_goes_up_and_comes_down_and_every_data_connection_is_resumed() {
    for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
            let (server, mut driver) = connected(
                filezilla(Script::new(protocol))
                    .face(Face::speaking(version))
                    .file("/f", "x"),
            )
            .await;
            let here = tempfile::tempdir().unwrap();
            make_tree(&here.path().join("up"));
            let ended = driver
                .transfer(Direction::Upload, Kind::Dir, &here.path().join("up"), "/tree")
                .await;
            ended.assert_all_done();
            let ended = driver
                .transfer(Direction::Download, Kind::Dir, &here.path().join("down"), "/tree")
                .await;
            ended.assert_all_done();
            assert_same_tree(
                &here.path().join("up"),
                &here.path().join("down"),
                "FileZilla Server",
            );
            let handshakes = server.data_handshakes();
            assert!(handshakes.len() > 40 && handshakes.iter().all(|resumed| *resumed));
            let facts = driver.facts.clone().unwrap();
            assert!(facts.utf8 && server.count("PROT") as u32 == server.sessions());
            driver
                .act(Command::Delete(vec![remote_place("/f")]))
                .await
                .unwrap();
            driver.shutdown().await;
        }
    }
}

/// What it says where something is refused, in the middle of work.
#[tokio::test(flavor = "multi_thread")]
async fn its_refusals_are_understood() {
    let (server, mut driver) =
        connected(filezilla(Script::new(Protocol::FtpsExplicit)).file("/f", "x")).await;
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    let failure = driver.list("/nowhere").await.unwrap_err();
    assert_says(
        &failure,
        Class::Refused,
        &["cannot open it", "Couldn't open the directory"],
    );
    let failure = failed(download(&mut driver, "/nothing", &local).await);
    assert_says(
        &failure,
        Class::Refused,
        &["not there", "550 Couldn't open the file"],
    );
    let failure = failed(download(&mut driver, "/forbidden", &local).await);
    assert_says(&failure, Class::Refused, &["refuses permission"]);
    assert!(tree(here.path()).is_empty());
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    assert!(server.sessions() <= 2, "no refusal costs a session");
    driver.shutdown().await;

    let (server, failure) = refused(filezilla(Script::new(Protocol::Ftp))).await;
    assert_says(
        &failure,
        Class::Login,
        &["wants an encrypted connection", "ftpes://", "503 Use AUTH first."],
    );
    assert_eq!(server.count("PASS"), 0);

    let wrong = filezilla(Script::new(Protocol::FtpsExplicit)).start().await;
    let mut driver = Driver::new();
    let failure = driver
        .connect_patiently(wrong.server(), Secret::new("wrong"), SHORT)
        .await
        .unwrap_err();
    assert_says(
        &failure,
        Class::Login,
        &["user or password", "530 Login incorrect."],
    );
    driver.shutdown().await;
}

/// Orders it answers with 503 or 534 before the login: nothing goes on in clear.
#[tokio::test(flavor = "multi_thread")]
async fn protection_it_refuses_ends_the_attempt() {
    let script = Script::new;
    for (script, words) in [
        (
            script(Protocol::FtpsExplicit).on("AUTH", say("503 Spurious data after AUTH command.")),
            "503 Spurious",
        ),
        (
            script(Protocol::FtpsExplicit).on("AUTH", say("504 TLS handshaking failed!")),
            "504 TLS",
        ),
        (
            script(Protocol::FtpsExplicit).on("PBSZ", say("503 Bad sequence of commands.")),
            "503 Bad sequence",
        ),
        (
            script(Protocol::FtpsImplicit).on("PBSZ", say("501 Invalid size")),
            "501 Invalid size",
        ),
        (
            script(Protocol::FtpsImplicit).on("PROT", say("503 Cannot use PROT before PBSZ.")),
            "503 Cannot use PROT",
        ),
        (
            script(Protocol::FtpsImplicit).on(
                "PROT",
                say("502 Command not implemented for this authentication type"),
            ),
            "502 Command",
        ),
    ] {
        let (server, failure) = refused(filezilla(script)).await;
        assert_says(&failure, Class::Tls, &[words, "Nothing secret"]);
        server.assert_nothing_given_away();
    }
}

/// EPSV does not get through, and 227 has the public address its administrator configured.
#[tokio::test(flavor = "multi_thread")]
async fn a_configured_public_address_is_repaired_on_the_inside() {
    let script = filezilla(Script::new(Protocol::FtpsExplicit))
        .file("/f", "x")
        .on(
            "EPSV",
            announce_closed("229 Entering Extended Passive Mode (|||{port}|)"),
        )
        .on(
            "PASV",
            announce("227 Entering Passive Mode (203,0,113,7,{p1},{p2})"),
        );
    let (server, mut driver) = connected(script).await;
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    assert!(remarked(&driver, "203.0.113.7"));
    let here = tempfile::tempdir().unwrap();
    done(download(&mut driver, "/f", &here.path().join("f")).await);
    assert_eq!(server.data_handshakes(), [true, true]);
    driver.shutdown().await;

    // no port left in its range
    let script = filezilla(Script::new(Protocol::FtpsExplicit))
        .on("EPSV", say("425 Cannot prepare for data connection."))
        .on("PASV", say("425 Cannot prepare for data connection."));
    let (_server, mut driver) = connected(script).await;
    let failure = driver.list("/").await.unwrap_err();
    assert_says(
        &failure,
        Class::Data,
        &["425 Cannot prepare for data connection."],
    );
    driver.shutdown().await;
}

/// A session that sat idle for too long, one more than it allows, and tickets it has forgotten.
#[tokio::test(flavor = "multi_thread")]
async fn its_time_outs_and_limits_cost_no_work() {
    let idle = "421 Activity timeout.";
    let full = "421 Too many users are connected, please try again later.";
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "x")
        .in_sessions(1..=1, "MLSD", [usual(), say(idle), close()])
        .in_sessions(3.., GREETING, [say(full), close()])
        .in_sessions(2..=2, "RETR", [usual(), forget_tls()]);
    let script = filezilla(script);
    let (server, mut driver) = connected(script).await;
    driver.list("/").await.unwrap();
    server.has_ended(1).await;
    assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
    let here = tempfile::tempdir().unwrap();
    done(download(&mut driver, "/f", &here.path().join("f")).await);
    assert_eq!(server.sessions(), 2);
    let local = here.path().join("g");
    std::fs::write(&local, "g").unwrap();
    // its own limit stands between this job and the new session it needs: said, and nothing is lost
    let failure = failed(upload(&mut driver, &local, "/f").await);
    assert_says(&failure, Class::Unreachable, &["too many"]);
    assert_eq!(server.content("/f").unwrap(), b"x");
    driver.shutdown().await;
}
