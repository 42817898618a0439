//! Servers that demand that data connections resume the control connection's TLS session, and
//! sessions that grow too old for it.

use ftpane::model::command::{Command, Extent};
use ftpane::model::entry::Kind;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, Policy};
use ftpane::model::server::{Protocol, Server, TlsBackend, TlsVersion};
use openssl::ssl::{SslOptions, SslSessionCacheMode};

use super::{SHORT, assert_says, connected, connected_to, done, download, failed, names, remarked, upload};
use crate::harness::engine::tree;
use crate::harness::scripted::{Certified, Face, Script, Step, close, forget_tls, say, usual};

/// The words of the servers that demand it.
fn refusals() -> [Vec<Step>; 5] {
    [
        vec![say(
            "425 Unable to build data connection: TLS session of data connection not resumed.",
        )],
        vec![say(
            "450 TLS session of data connection has not resumed or the session does not match the control connection",
        )],
        vec![say(
            "425 Unable to build data connection: Operation not permitted",
        )],
        vec![say("522 SSL connection failed: session reuse required"), close()],
        vec![
            say(
                "522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page",
            ),
            close(),
        ],
    ]
}

fn script(version: TlsVersion, refusal: Vec<Step>) -> Script {
    Script::new(Protocol::FtpsExplicit)
        .face(Face::speaking(version))
        .unresumed(refusal)
        .file("/f", "content")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_demanded_is_done_on_every_data_connection() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let [refusal, ..] = refusals();
        let (server, mut driver) = connected(script(version, refusal)).await;
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("f");
        std::fs::write(&local, "up").unwrap();
        for n in 0..5 {
            assert_eq!(names(&driver.list("/").await.unwrap()).len(), n + 1);
            done(upload(&mut driver, &local, &format!("/up{n}")).await);
            done(download(&mut driver, "/f", &here.path().join(format!("down{n}"))).await);
        }
        // an upload lists its folder first
        assert_eq!(server.data_handshakes(), [true; 20], "{version:?}");
        let tls = driver.facts.clone().unwrap().tls.unwrap();
        assert_eq!((tls.data_handshakes, tls.data_resumed), (20, Some(20)));
        driver.shutdown().await;
    }
}

/// A ticket that has expired, as its server sees it: a listing, an upload and a download each go
/// on, on a new session, although nothing else is ever tried twice here.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_not_resumed_any_more_is_replaced_and_the_work_goes_on() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for refusal in refusals() {
            let script = script(version, refusal.clone()).in_sessions(1..=1, "MLSD", [usual(), forget_tls()]);
            let (server, mut driver) = connected(script).await;
            for _ in 0..2 {
                assert_eq!(names(&driver.list("/").await.unwrap()), ["f"], "{refusal:?}");
            }
            assert_eq!(server.sessions(), 2, "{version:?} {refusal:?}");
            assert_eq!(server.data_handshakes(), [true, false, true]);
            assert!(remarked(&driver, "does not resume"));
            let tls = driver.facts.clone().unwrap().tls.unwrap();
            assert_eq!(
                (tls.data_handshakes, tls.data_resumed),
                (3, Some(2)),
                "the failed one counts"
            );
            driver.shutdown().await;

            let here = tempfile::tempdir().unwrap();
            let local = here.path().join("f");
            std::fs::write(&local, "new").unwrap();
            let script =
                self::script(version, refusal.clone()).in_sessions(1..=1, "MLSD", [usual(), forget_tls()]);
            let (server, mut driver) = connected(script).await;
            driver.list("/").await.unwrap();
            done(upload(&mut driver, &local, "/f").await);
            assert_eq!(server.content("/f").unwrap(), b"new", "{refusal:?}");
            assert_eq!(server.files(), ["/f"], "nothing else is left: {refusal:?}");
            assert_eq!(server.sessions(), 2);
            driver.shutdown().await;

            let script =
                self::script(version, refusal.clone()).in_sessions(1..=1, "MLSD", [usual(), forget_tls()]);
            let (server, mut driver) = connected(script).await;
            driver.list("/").await.unwrap();
            done(download(&mut driver, "/f", &local).await);
            assert_eq!(
                tree(here.path()),
                [("f".into(), Some(b"content".to_vec()))],
                "{refusal:?}"
            );
            assert_eq!(server.sessions(), 2);
            driver.shutdown().await;
        }
    }
}

/// OpenSSL lets nothing be resumed any more that came on a connection which was dropped in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn a_transfer_that_was_stopped_takes_no_ticket_with_it() {
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let [refusal, ..] = refusals();
        let script = script(version, refusal)
            .file("/long", vec![7; 4 << 20])
            .pace(256 * 1024);
        let (server, mut driver) = connected(script).await;
        let here = tempfile::tempdir().unwrap();
        for _ in 0..3 {
            let to = here.path().join("long");
            let batch = driver.enqueue(Direction::Download, Kind::File, &to, "/long", Policy::Overwrite);
            driver.moved(64 * 1024).await;
            driver.send(Command::Cancel(Extent::Batch(batch)));
            driver.over(batch, |question| panic!("{question:?}")).await;
            driver.list("/").await.unwrap();
        }
        let handshakes = server.data_handshakes();
        assert!(
            handshakes.len() >= 6 && handshakes.iter().all(|resumed| *resumed),
            "{handshakes:?}"
        );
        assert!(!remarked(&driver, "does not resume"), "{version:?}");
        driver.shutdown().await;
    }
}

/// A server that lets each session make one data connection and forgets it then.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_forgets_after_each_data_connection_is_coped_with() {
    let [refusal, ..] = refusals();
    let script = script(TlsVersion::V1_3, refusal).on("STOR", [usual(), forget_tls()]);
    let (server, mut driver) = connected(script).await;
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    for n in 0..3 {
        std::fs::write(&local, format!("{n}")).unwrap();
        done(upload(&mut driver, &local, "/f").await);
        assert_eq!(server.content("/f").unwrap(), format!("{n}").as_bytes());
    }
    assert_eq!(server.sessions(), 3);
    driver.shutdown().await;
}

/// Neither tickets nor a memory for sessions, and resumption demanded: it cannot be had. Tried once
/// and said; the target is what it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_resumes_what_it_demands_is_not_tried_for_ever() {
    for refusal in refusals() {
        let face = Face::openssl(&Certified::usual(), |builder| {
            builder.set_options(SslOptions::NO_TICKET);
            builder.set_session_cache_mode(SslSessionCacheMode::OFF);
            builder.set_num_tickets(0).unwrap();
        });
        let script = Script::new(Protocol::FtpsExplicit)
            .face(face)
            .unresumed(refusal)
            .file("/f", "old");
        let (server, mut driver) = connected(script).await;
        let failure = driver.list("/").await.unwrap_err();
        assert_says(
            &failure,
            Class::Tls,
            &["demands that data connections resume", "did not take", "/"],
        );
        assert!(!failure.transient);
        assert_eq!(server.sessions(), 2, "tried once more");
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("f");
        std::fs::write(&local, "new").unwrap();
        let failure = failed(upload(&mut driver, &local, "/f").await);
        assert_says(&failure, Class::Tls, &["did not take"]);
        assert!(server.sessions() <= 5, "{}", server.sessions());
        assert_eq!(server.content("/f").unwrap(), b"old");
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_systems_library_cannot_and_says_so() {
    for refusal in refusals() {
        let server = script(TlsVersion::V1_3, refusal).start().await;
        let saved = Server {
            tls_backend: TlsBackend::System,
            ..server.server()
        };
        let mut driver = connected_to(&server, |_| saved, SHORT).await;
        let failure = driver.list("/").await.unwrap_err();
        assert_says(
            &failure,
            Class::Tls,
            &["the system's TLS library cannot", "--tls-backend openssl"],
        );
        assert_eq!(server.sessions(), 1, "it would be no better on a new session");
        driver.shutdown().await;
    }
}

/// A server repeats the name of a file in its refusal, whatever that is.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_called_like_the_demand_demands_nothing() {
    let path = "/TLS session not resumed.txt";
    for reply in [
        format!("450 {path}: File busy"),
        format!("450 {}: File busy", &path[1..]),
    ] {
        let script = Script::new(Protocol::FtpsExplicit)
            .file(path, "content")
            .on("RETR", say(&reply));
        let (server, mut driver) = connected(script).await;
        let here = tempfile::tempdir().unwrap();
        let failure = failed(download(&mut driver, path, &here.path().join("f")).await);
        assert!(!failure.to_string().contains("demands"), "{failure}");
        assert_eq!(server.sessions(), 1);
        driver.shutdown().await;
    }
}
