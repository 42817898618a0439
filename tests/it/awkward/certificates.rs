//! Certificates: the server's, which may be anything, and ours, which some servers demand.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ftpane::model::certificate::Trust;
use ftpane::model::command::Answer;
use ftpane::model::entry::Kind;
use ftpane::model::facts::Facts;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::server::{Protocol, Server, TlsBackend, TlsVersion};
use openssl::ssl::{AlpnError, NameType, SslVerifyMode, SslVersion, select_next_proto};
use openssl::x509::store::X509StoreBuilder;

use super::{SHORT, assert_says, connected, download, failed, names, upload};
use crate::harness::engine::{Driver, tree};
use crate::harness::scripted::{
    Certified, Face, GREETING, Script, Scripted, Wish, close, open_data, raw, say,
};

const VERSIONS: [(TlsVersion, SslVersion); 2] = [
    (TlsVersion::V1_2, SslVersion::TLS1_2),
    (TlsVersion::V1_3, SslVersion::TLS1_3),
];

/// Connects and lists; what is true then, or what is said.
async fn try_out(server: &Scripted, saved: Server) -> Result<Facts, Failure> {
    let mut driver = Driver::new();
    let connected = driver.connect_patiently(saved, server.secret(), SHORT).await;
    let result = match connected {
        Ok(_) => driver.list("/").await.map(|_| driver.facts.clone().unwrap()),
        Err(failure) => Err(failure),
    };
    driver.shutdown().await;
    result
}

fn authorities(folder: &Path, root: &Certified) -> Option<std::path::PathBuf> {
    let path = folder.join("ca.pem");
    std::fs::write(&path, root.pem().0).unwrap();
    Some(path)
}

/// Each is refused with its own sentence before anything is given away, and a pin overrules all
/// of it. Both libraries, both kinds of TLS.
#[tokio::test(flavor = "multi_thread")]
async fn each_doubt_about_a_certificate_has_its_sentence_and_a_pin_overrules_it() {
    let here = tempfile::tempdir().unwrap();
    let root = Certified::authority();
    let middle = Certified::new(Wish {
        authority: true,
        signer: Some(&root),
        ..Wish::default()
    });
    let signed = Wish {
        signer: Some(&root),
        ..Wish::default()
    };
    let mut incomplete = Certified::new(Wish {
        signer: Some(&middle),
        ..Wish::default()
    });
    let complete = incomplete.clone();
    assert_eq!(incomplete.chain.len(), 2);
    incomplete.chain.truncate(1);
    let cases = [
        (Certified::new(signed), None),
        (complete, None),
        (Certified::usual(), Some("signed by itself")),
        (incomplete, Some("signed by nobody this machine trusts")),
        (
            Certified::new(Wish {
                signer: Some(&Certified::authority()),
                ..Wish::default()
            }),
            Some("signed by nobody this machine trusts"),
        ),
        (
            Certified::new(Wish {
                valid: (-20, -1),
                ..signed
            }),
            Some("has expired"),
        ),
        (
            Certified::new(Wish {
                valid: (1, 20),
                ..signed
            }),
            Some("not valid yet"),
        ),
        (
            Certified::new(Wish {
                address: "192.0.2.1",
                ..signed
            }),
            Some("for another host name"),
        ),
        (
            Certified::new(Wish { sha1: true, ..signed }),
            Some("could not be verified"),
        ),
    ];
    for (certified, doubt) in cases {
        for (n, backend) in [TlsBackend::Openssl, TlsBackend::System].into_iter().enumerate() {
            let protocol = [Protocol::FtpsExplicit, Protocol::FtpsImplicit][n];
            let face = Face::openssl(&certified, |_| {});
            let server = Script::new(protocol).face(face).start().await;
            let saved = Server {
                ca_file: authorities(here.path(), &root),
                tls_backend: backend,
                ..server.server()
            };
            let unpinned = Server {
                pin: None,
                ..saved.clone()
            };
            match (try_out(&server, unpinned).await, doubt) {
                (Ok(facts), None) => assert_eq!(facts.tls.unwrap().trust, Trust::Verified),
                (Err(failure), Some(words)) => {
                    // the system's library refuses without a reason
                    let words = match backend {
                        TlsBackend::Openssl => words,
                        TlsBackend::System => "certificate",
                    };
                    let pin = format!("--pin {}", certified.pin());
                    assert_says(&failure, Class::Tls, &[words, &pin]);
                    server.assert_nothing_given_away();
                }
                (result, _) => panic!("{doubt:?} {backend:?}: {result:?}"),
            }
            let facts = try_out(&server, saved).await.unwrap();
            assert_eq!(facts.tls.unwrap().trust, Trust::Pinned);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_not_the_pinned_one_is_refused_with_both_shown() {
    let root = Certified::authority();
    let here = tempfile::tempdir().unwrap();
    let good = Certified::new(Wish {
        signer: Some(&root),
        ..Wish::default()
    });
    for (certified, backend) in [
        (&good, TlsBackend::Openssl),
        (&good, TlsBackend::System),
        (&Certified::usual(), TlsBackend::Openssl),
    ] {
        let face = Face::openssl(certified, |_| {});
        let server = Script::new(Protocol::FtpsExplicit).face(face).start().await;
        let old = Certified::usual().pin();
        let saved = Server {
            pin: Some(old),
            // signed by an authority or not: the pin is the only word
            ca_file: authorities(here.path(), &root),
            tls_backend: backend,
            ..server.server()
        };
        let failure = try_out(&server, saved).await.unwrap_err();
        assert_says(
            &failure,
            Class::Tls,
            &[
                "another certificate than the one pinned",
                &old.to_string(),
                &certified.pin().to_string(),
            ],
        );
        server.assert_nothing_given_away();
    }
}

/// The second control connection of the same run meets somebody else: it gets neither user nor
/// password, and the first goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_changes_between_two_connections_of_a_run_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "content")
        .later_face(Face::usual())
        .in_sessions(1..=1, "RETR", [say("421 Too tired."), close()]);
    let (server, mut driver) = connected(script).await;
    driver.list("/").await.unwrap();
    let (kind, policy) = (Kind::File, Policy::Overwrite);
    let local = here.path().join("f");
    let batch = driver.enqueue(Direction::Download, kind, &local, "/f", policy);
    let ended = driver.over(batch, |_| Answer::Dismissed).await;
    assert_eq!(ended.failures()[0].class, Class::Tls, "{ended:?}");
    assert!(server.sessions() > 1);
    for heard in server.heard().iter().filter(|heard| heard.session > 1) {
        assert_eq!(heard.line, "AUTH TLS", "{heard:?}");
    }
    driver.shutdown().await;
}

/// Whoever answers on the data port must be the server: full handshakes are judged like the
/// control connection's.
#[tokio::test(flavor = "multi_thread")]
async fn another_certificate_on_the_data_connection_gets_and_gives_nothing() {
    for (version, _) in VERSIONS {
        for backend in [TlsBackend::Openssl, TlsBackend::System] {
            // what such servers say of a handshake that was broken off is not why it was
            let gone = [
                say("150 Coming."),
                open_data(),
                say("425 Unable to build data connection: Operation not permitted"),
            ];
            let script = Script::new(Protocol::FtpsExplicit)
                .face(Face::speaking(version))
                .data_face(Face::speaking(version))
                .file("/f", "content")
                .on("RETR", gone);
            let (server, mut driver) = super::connected_as(script, |server| Server {
                tls_backend: backend,
                ..server
            })
            .await;
            let here = tempfile::tempdir().unwrap();
            let local = here.path().join("f");
            std::fs::write(&local, "classified").unwrap();
            let both = ["another certificate than the one pinned", "pinned sha256:"];
            let failure = failed(upload(&mut driver, &local, "/g").await);
            assert_says(&failure, Class::Tls, &both);
            for path in server.files().iter().filter(|path| *path != "/f") {
                assert_eq!(server.content(path).unwrap(), b"", "{path} {version:?}");
            }
            std::fs::remove_file(&local).unwrap();
            let failure = failed(download(&mut driver, "/f", &local).await);
            assert_says(&failure, Class::Tls, &both);
            assert!(tree(here.path()).is_empty());
            driver.shutdown().await;
        }
    }
}

/// Half of a ServerHello, and then nothing: closed, or cut.
#[tokio::test(flavor = "multi_thread")]
async fn a_handshake_that_breaks_off_in_the_middle_is_a_sentence() {
    let half = raw(&[0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76, 3, 3, 1, 2, 3]);
    for backend in [TlsBackend::Openssl, TlsBackend::System] {
        let plain = Script::new(Protocol::Ftp)
            .on(GREETING, [half.clone(), close()])
            .start()
            .await;
        let saved = Server {
            protocol: Protocol::FtpsImplicit,
            tls_backend: backend,
            ..plain.server()
        };
        let failure = try_out(&plain, saved).await.unwrap_err();
        assert_says(&failure, Class::Tls, &["TLS handshake"]);
        plain.assert_nothing_given_away();
    }
}

/// A server that asks for a certificate signed by `authority`.
fn curious(authority: &Certified, version: SslVersion) -> Script {
    let trusted = authority.chain[0].clone();
    let face = Face::openssl(&Certified::usual(), move |builder| {
        builder.set_min_proto_version(Some(version)).unwrap();
        builder.set_max_proto_version(Some(version)).unwrap();
        let mut store = X509StoreBuilder::new().unwrap();
        store.add_cert(trusted.clone()).unwrap();
        builder.set_cert_store(store.build());
        builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
    });
    Script::new(Protocol::FtpsExplicit)
        .face(face)
        .file("/f", "content")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_is_shown_to_a_server_that_demands_one() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        Some(path)
    };
    let root = Certified::authority();
    let middle = Certified::new(Wish {
        authority: true,
        signer: Some(&root),
        ..Wish::default()
    });
    // known to the server only by the chain that is sent with it
    let me = Certified::new(Wish {
        signer: Some(&middle),
        ..Wish::default()
    });
    let (chain, key) = me.pem();
    let both = put("both.pem", &[chain.clone(), key.clone()].concat());
    let (chain, key) = (put("chain.pem", &chain), put("key.pem", &key));
    let stranger = Certified::usual();
    let stranger = put("stranger.pem", &[stranger.pem().0, stranger.pem().1].concat());

    for (version, ssl_version) in VERSIONS {
        let server = curious(&root, ssl_version).start().await;
        for backend in [TlsBackend::Openssl, TlsBackend::System] {
            let saved = Server {
                tls_backend: backend,
                ..server.server()
            };
            for (certificate, key) in [(&both, None), (&chain, key.clone())] {
                let mut driver = Driver::new();
                let saved = Server {
                    client_certificate: certificate.clone(),
                    client_key: key,
                    ..saved.clone()
                };
                driver
                    .connect_patiently(saved, server.secret(), SHORT)
                    .await
                    .unwrap();
                assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
                let state = download(&mut driver, "/f", &folder.path().join("f")).await;
                assert!(matches!(state, JobState::Done { .. }), "{state:?}");
                driver.shutdown().await;
            }
            for certificate in [&None, &stranger] {
                let saved = Server {
                    client_certificate: certificate.clone(),
                    ..saved.clone()
                };
                let before = server.heard().len();
                let failure = try_out(&server, saved).await.unwrap_err();
                println!("{version:?} {backend:?}: {failure}");
                assert_says(&failure, Class::Tls, &["client certificate", "--client-cert"]);
                for heard in &server.heard()[before..] {
                    assert!(heard.line.starts_with("AUTH"), "{heard:?}");
                }
            }
        }
    }
}

/// What cannot be used is said before anybody is connected to.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_that_cannot_be_used_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let weak = Certified::new(Wish {
        bits: 1024,
        ..Wish::default()
    });
    let weak_file = folder.path().join("weak.pem");
    std::fs::write(&weak_file, [weak.pem().0, weak.pem().1].concat()).unwrap();
    let server = Script::new(Protocol::FtpsExplicit).start().await;
    for (file, says) in [
        (folder.path().join("none.pem"), "No such file"),
        (folder.path().to_path_buf(), "cannot be used"),
        (weak_file, "ee key too small"),
    ] {
        let saved = Server {
            client_certificate: Some(file),
            ..server.server()
        };
        let failure = try_out(&server, saved).await.unwrap_err();
        assert_says(&failure, Class::Usage, &["client certificate", says]);
    }
    assert_eq!(server.sessions(), 0);
}

/// The host's name goes out where it is one (RFC 6066 §3: never an address), and that FTP is meant
/// (RFC 7301), to servers that end the handshake where anything else is.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_hello_says_whom_and_what_it_wants() {
    let said: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = Arc::clone(&said);
    let face = Face::openssl(&Certified::usual(), move |builder| {
        let noted = Arc::clone(&noted);
        builder.set_servername_callback(move |ssl, _| {
            let name = ssl.servername(NameType::HOST_NAME).unwrap_or("(none)");
            noted.lock().unwrap().push(name.to_owned());
            Ok(())
        });
        builder.set_alpn_select_callback(|_, offered| {
            select_next_proto(b"\x03ftp", offered)
                .filter(|_| offered == b"\x03ftp")
                .ok_or(AlpnError::ALERT_FATAL)
        });
    });
    let server = Script::new(Protocol::FtpsExplicit).face(face).start().await;
    for (host, name) in [("127.0.0.1", "(none)"), ("localhost", "localhost")] {
        said.lock().unwrap().clear();
        let saved = Server {
            host: host.into(),
            ..server.server()
        };
        try_out(&server, saved).await.unwrap();
        // the control connection, and the data connection of the listing
        assert_eq!(*said.lock().unwrap(), [name, name], "{host}");
    }
}
