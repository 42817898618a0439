//! TLS refused, subverted or broken: nothing is given away and nothing goes on in clear.

use ftpane::model::entry::Kind;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, Policy};
use ftpane::model::server::{Protocol, Server, TlsBackend, TlsVersion};

use super::{
    SHORT, all_at_once, assert_says, connected, connected_as, done, download, failed, refused, upload,
};
use crate::harness::engine::{Driver, tree};
use crate::harness::scripted::{
    Face, GREETING, Script, announce_narrow, close, cut_data, end_data, gate, hold, open_data, raw,
    receive_all, reset, say, send, start_tls, usual,
};

#[tokio::test(flavor = "multi_thread")]
async fn refused_protection_gives_nothing_away() {
    let script = || Script::new(Protocol::FtpsExplicit);
    let cases = [
        (
            script().on("AUTH", say("502 Not implemented.")),
            &["does not offer TLS", "502", "Nothing secret was sent"][..],
        ),
        (script().on("AUTH", say("431 No certificate.")), &["TLS", "431"]),
        (
            script().on("AUTH", say("534 Forbidden by policy.")),
            &["TLS", "534"],
        ),
        (
            script().on("PROT", say("536 Cannot protect data.")),
            &["will not encrypt data", "536", "Nothing secret"],
        ),
        (
            script().on("PROT", say("431 No key.")),
            &["lacks something that its TLS needs", "Nothing secret"],
        ),
        (
            script().on("PBSZ", say("503 AUTH first.")),
            &["will not encrypt data", "503"],
        ),
        (
            script().on("AUTH", raw(b"234 go\r\n230 Logged in, no need for USER\r\n")),
            &["injected"],
        ),
        (
            script().on("AUTH", [raw(b"234 go\r\n230 You are in\r\n"), start_tls()]),
            &["injected"],
        ),
        (
            script().on("AUTH", [raw(b"234 go\r\n2"), start_tls()]),
            &["injected"],
        ),
        (script().on("AUTH", [say("234 go"), close()]), &["TLS handshake"]),
        (script().on("AUTH", [say("234 go"), reset()]), &["TLS handshake"]),
        (
            script().on("AUTH", [say("234 go"), hold()]),
            &["TLS handshake", "within 1"],
        ),
        (
            script().on("AUTH", [say("234 go"), say("220 not TLS at all, not at all")]),
            &[],
        ),
    ];
    all_at_once(cases.into_iter().map(|(script, words)| async move {
        let (server, failure) = refused(script).await;
        assert_says(&failure, Class::Tls, words);
        server.assert_nothing_given_away();
    }))
    .await;
    let script = Script::new(Protocol::FtpsImplicit).on("PROT", say("536 no"));
    let (server, failure) = refused(script).await;
    assert_says(&failure, Class::Tls, &["will not encrypt data"]);
    server.assert_nothing_given_away();
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_after_auth_is_not_the_end_of_all_things() {
    let (server, failure) = refused(Script::new(Protocol::FtpsExplicit).on("AUTH", hold())).await;
    assert_says(&failure, Class::Unreachable, &["silent for 1"]);
    server.assert_nothing_given_away();
}

/// Implicit TLS spoken to a server that begins in clear, and the other way round.
#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_kind_of_tls_is_named() {
    let plain = Script::new(Protocol::FtpsExplicit).start().await;
    let mut driver = Driver::new();
    let wrong = Server {
        protocol: Protocol::FtpsImplicit,
        ..plain.server()
    };
    let failure = driver
        .connect_patiently(wrong, plain.secret(), SHORT)
        .await
        .unwrap_err();
    assert_says(
        &failure,
        Class::Tls,
        &["does not speak TLS from the first byte", "ftpes://"],
    );
    plain.assert_nothing_given_away();

    let implicit = Script::new(Protocol::FtpsImplicit).start().await;
    let wrong = Server {
        protocol: Protocol::FtpsExplicit,
        ..implicit.server()
    };
    let failure = driver
        .connect_patiently(wrong, implicit.secret(), SHORT)
        .await
        .unwrap_err();
    assert_says(
        &failure,
        Class::Unreachable,
        &["no greeting", "implicit TLS", "ftps://"],
    );
    implicit.assert_nothing_given_away();
    driver.shutdown().await;
}

/// The greeting of a plain server that waits for nothing, read as TLS, and one that hangs up.
#[tokio::test(flavor = "multi_thread")]
async fn implicit_tls_to_a_port_that_hangs_up_or_says_nothing() {
    for (steps, words) in [
        (close(), "broke off the TLS handshake"),
        (hold(), "did not end within 1"),
    ] {
        let plain = Script::new(Protocol::Ftp).on(GREETING, steps).start().await;
        let mut driver = Driver::new();
        let wrong = Server {
            protocol: Protocol::FtpsImplicit,
            ..plain.server()
        };
        let failure = driver
            .connect_patiently(wrong, plain.secret(), SHORT)
            .await
            .unwrap_err();
        assert_says(&failure, Class::Tls, &[words]);
        plain.assert_nothing_given_away();
        driver.shutdown().await;
    }
}

/// vsftpd's answer to a data connection it does not recognise; it has opened the target by then.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_session_reuse_is_understood_and_harms_nothing() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    let refuse = [
        say("150 Ok to send data."),
        receive_all(),
        end_data(),
        say("522 SSL connection failed: session reuse required"),
        close(),
    ];
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "old")
        .on("STOR", refuse);
    let (server, mut driver) = connected(script).await;
    let failure = failed(upload(&mut driver, &local, "/f").await);
    assert_says(&failure, Class::Tls, &["/f", "resume", "522"]);
    assert_eq!(server.content("/f").unwrap(), b"old");
    driver.shutdown().await;

    let refuse = [
        say("150 Here"),
        open_data(),
        cut_data(),
        say("522 SSL connection failed: session reuse required"),
        close(),
    ];
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "old")
        .on("RETR", refuse);
    let (_server, mut driver) = connected(script).await;
    std::fs::write(&local, "kept").unwrap();
    let failure = failed(download(&mut driver, "/f", &local).await);
    assert_says(&failure, Class::Tls, &["resume", "522"]);
    assert_eq!(tree(here.path()), [("f".into(), Some(b"kept".to_vec()))]);
    driver.shutdown().await;
}

/// An encrypted download that ends without close_notify may have been cut by anybody.
#[tokio::test(flavor = "multi_thread")]
async fn an_end_without_close_notify_is_believed_only_with_the_right_size() {
    let cut = |content: &str| [say("150 go"), send(content), cut_data(), say("226 done")];
    let script = || Script::new(Protocol::FtpsExplicit).file("/f", "0123456789");
    for (script, outcome) in [
        (script().on("RETR", cut("0123456789")), Ok("size is right")),
        (
            script().on("RETR", cut("01234")),
            Err("5 bytes came and the file has 10"),
        ),
        (
            script().on("RETR", cut("0123456789")).on("SIZE", say("500 no")),
            Err("does not tell the file's size"),
        ),
    ] {
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("f");
        let (_server, mut driver) = connected(script).await;
        let state = download(&mut driver, "/f", &local).await;
        match outcome {
            Ok(words) => {
                assert!(done(state).is_some_and(|note| note.contains(words)));
                assert_eq!(std::fs::read(&local).unwrap(), b"0123456789");
            }
            Err(words) => {
                assert_says(&failed(state), Class::Unreachable, &[words, "untouched"]);
                assert!(tree(here.path()).is_empty());
            }
        }
        driver.shutdown().await;
    }
}

/// A server that forgets to encrypt the data connection gets no content and gives none.
#[tokio::test(flavor = "multi_thread")]
async fn data_in_clear_is_not_taken_on_an_encrypted_connection() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "classified").unwrap();
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "classified")
        .on("PROT", say("200 Of course (it lies)."));
    let (server, mut driver) = connected(script).await;
    let failure = failed(upload(&mut driver, &local, "/g").await);
    assert_says(
        &failure,
        Class::Data,
        &["/g", "TLS on it does not come about within 1"],
    );
    assert!(server.files().iter().all(|path| {
        let content = server.content(path).unwrap();
        path == "/f" || !content.windows(10).any(|part| part == b"classified")
    }));
    std::fs::remove_file(&local).unwrap();
    let failure = failed(download(&mut driver, "/f", &local).await);
    assert_says(
        &failure,
        Class::Tls,
        &["/f", "does not encrypt the data connection"],
    );
    assert!(tree(here.path()).is_empty());
    driver.shutdown().await;
}

/// A control connection whose TLS ends in mid-session is lost; what comes next is a new session.
#[tokio::test(flavor = "multi_thread")]
async fn a_control_connection_that_ends_is_replaced_encrypted() {
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "x")
        .once("MLSD", reset())
        .on("MLSD", usual());
    let (server, mut driver) = connected(script).await;
    driver.list("/").await.unwrap();
    assert_eq!(server.sessions(), 2);
    let secret = |line: &str| line.starts_with("USER") || line.starts_with("PASS");
    assert!(
        server
            .heard()
            .iter()
            .filter(|h| secret(&h.line))
            .all(|h| h.encrypted)
    );
    driver.shutdown().await;
}

/// TLS 1.3 servers send session tickets on data connections, and nobody reads them during an upload.
/// Closing the socket over them sends a reset, which takes away what the server has not read yet.
#[tokio::test(flavor = "multi_thread")]
async fn tickets_nobody_reads_do_not_cost_the_tail_of_an_upload() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    let content = vec![b'x'; 60_000];
    std::fs::write(&local, &content).unwrap();
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        let script = Script::new(Protocol::FtpsExplicit)
            .face(Face::speaking(version))
            .on(
                "EPSV",
                announce_narrow("229 Entering Extended Passive Mode (|||{port}|)"),
            )
            .on(
                "STOR",
                [
                    say("150 Send it."),
                    open_data(),
                    gate(),
                    receive_all(),
                    end_data(),
                    say("226 Have it."),
                ],
            );
        let (server, mut driver) = connected(script).await;
        let batch = driver.enqueue(Direction::Upload, Kind::File, &local, "/f", Policy::Overwrite);
        // everything is written, most of it waits in this machine's buffers
        driver.moved(content.len() as u64).await;
        server.open_gate();
        let ended = driver.over(batch, |question| panic!("{question:?}")).await;
        ended.assert_all_done();
        assert_eq!(server.content("/f").unwrap(), content, "{version:?}");
        driver.shutdown().await;
    }
}

/// A server cannot tell an upload that ends without close_notify from one that was cut.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_ends_with_close_notify() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, vec![b'x'; 300_000]).unwrap();
    for version in [TlsVersion::V1_2, TlsVersion::V1_3] {
        for backend in [TlsBackend::Openssl, TlsBackend::System] {
            let script = Script::new(Protocol::FtpsExplicit).face(Face::speaking(version));
            let (server, mut driver) = connected_as(script, |server| Server {
                tls_backend: backend,
                ..server
            })
            .await;
            for n in 0..3 {
                done(upload(&mut driver, &local, &format!("/f{n}")).await);
            }
            // the folder is listed before each upload
            assert_eq!(server.data_handshakes().len(), 6);
            assert_eq!(server.cut_uploads(), 0, "{version:?} {backend:?}");
            driver.shutdown().await;
        }
    }
}
