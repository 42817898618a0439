//! Old servers: versions, keys and signatures that can be broken, and the opt-in that lets them in.

use ftpane::model::failure::Class;
use ftpane::model::server::{Protocol, Server, TlsBackend, TlsVersion};
use openssl::dh::Dh;
use openssl::ssl::SslVersion;

use super::{SHORT, assert_says, connected_to, done, names, upload};
use crate::harness::engine::Driver;
use crate::harness::scripted::{Certified, Face, Script, Wish};

fn old(newest: SslVersion) -> Face {
    Face::openssl(&Certified::usual(), move |builder| {
        builder.set_max_proto_version(Some(newest)).unwrap();
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_and_the_newest_version_are_held_by_both_libraries() {
    use TlsVersion::{V1_2, V1_3};
    for backend in [TlsBackend::Openssl, TlsBackend::System] {
        for (speaks, oldest, newest, agrees) in [
            (V1_2, V1_2, V1_3, true),
            (V1_2, V1_3, V1_3, false),
            (V1_2, V1_2, V1_2, true),
            (V1_3, V1_2, V1_3, true),
            (V1_3, V1_2, V1_2, false),
            (V1_3, V1_3, V1_3, true),
        ] {
            let case = format!("{backend:?} {speaks:?} {oldest:?} {newest:?}");
            let server = Script::new(Protocol::FtpsExplicit)
                .face(Face::speaking(speaks))
                .start()
                .await;
            let saved = Server {
                tls_min: oldest,
                tls_max: newest,
                tls_backend: backend,
                ..server.server()
            };
            let mut driver = Driver::new();
            match driver.connect_patiently(saved, server.secret(), SHORT).await {
                Ok(_) => {
                    assert!(agrees, "{case}");
                    let tls = driver.facts.clone().unwrap().tls.unwrap();
                    let version = match (backend, speaks) {
                        (TlsBackend::System, _) => "TLS (system)",
                        (_, V1_2) => "TLS 1.2",
                        _ => "TLS 1.3",
                    };
                    assert_eq!((tls.version.as_str(), tls.weak.len()), (version, 0), "{case}");
                }
                Err(failure) => {
                    assert!(!agrees, "{case}: {failure}");
                    assert_says(&failure, Class::Tls, &["TLS"]);
                    server.assert_nothing_given_away();
                }
            }
            driver.shutdown().await;
        }
    }
}

/// Everything weak there is: refused with a sentence that names it and the way to allow it, and
/// with that, used, and called weak.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_weak_is_refused_by_name_and_let_in_where_that_was_allowed() {
    let small = Certified::new(Wish {
        bits: 1024,
        ..Wish::default()
    });
    let versions = |server: Server, oldest| Server {
        tls_min: oldest,
        ..server
    };
    let weak_tls = |server: Server| Server {
        weak_tls: true,
        ..server
    };
    let up_to = |newest| {
        Face::openssl(&small, move |builder| {
            builder.set_max_proto_version(Some(newest)).unwrap();
        })
    };
    let dh = Face::openssl(&Certified::usual(), |builder| {
        builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        builder
            .set_cipher_list("DHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")
            .unwrap();
        builder.set_tmp_dh(&Dh::get_1024_160().unwrap()).unwrap();
    });
    let sha1 = Face::openssl(&Certified::usual(), |builder| {
        builder.set_max_proto_version(Some(SslVersion::TLS1_2)).unwrap();
        builder
            .set_cipher_list("ECDHE-RSA-AES256-GCM-SHA384:@SECLEVEL=0")
            .unwrap();
        builder.set_sigalgs_list("RSA+SHA1").unwrap();
    });
    type Opt<'a> = &'a dyn Fn(Server) -> Server;
    let tls10: Opt<'_> = &|server| versions(server, TlsVersion::V1_0);
    let tls11: Opt<'_> = &|server| versions(server, TlsVersion::V1_1);
    let weak: Opt<'_> = &weak_tls;
    let cases: [(&str, Face, &[&str], Opt<'_>, &str); 8] = [
        (
            "1.0",
            old(SslVersion::TLS1),
            &["--tls-min"],
            tls10,
            "TLS 1.0, weak",
        ),
        (
            "1.1",
            old(SslVersion::TLS1_1),
            &["--tls-min"],
            tls11,
            "TLS 1.1, weak",
        ),
        (
            "1.0 and a small key",
            up_to(SslVersion::TLS1),
            &["--tls-min"],
            tls10,
            "TLS 1.0, weak (RSA 1024 bits)",
        ),
        (
            "RSA at 1.2",
            up_to(SslVersion::TLS1_2),
            &["RSA 1024 bits", "--weak-tls"],
            weak,
            "TLS 1.2, weak (RSA 1024 bits)",
        ),
        (
            "RSA at 1.3",
            up_to(SslVersion::TLS1_3),
            &["RSA 1024 bits", "--weak-tls"],
            weak,
            "TLS 1.3, weak (RSA 1024 bits)",
        ),
        (
            "RSA at 1.3, by the version",
            up_to(SslVersion::TLS1_3),
            &["RSA 1024 bits"],
            tls10,
            "TLS 1.3, weak (RSA 1024 bits)",
        ),
        (
            "DH",
            dh,
            &["Diffie-Hellman", "--weak-tls"],
            weak,
            "TLS 1.2, weak (Diffie-Hellman 1024 bits)",
        ),
        ("SHA-1", sha1, &["--weak-tls"], weak, "TLS 1.2, weak (SHA-1)"),
    ];
    for (case, face, words, allow, line) in cases {
        for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
            let script = Script::new(protocol).face(face.clone()).file("/f", "content");
            let server = script.start().await;
            let mut driver = Driver::new();
            // pinned or not: a pin says who it is, not how well it is kept
            let failure = driver
                .connect_patiently(server.server(), server.secret(), SHORT)
                .await
                .unwrap_err();
            println!("{case}: {failure}");
            assert_says(&failure, Class::Tls, words);
            assert!(!failure.transient, "{case}");
            server.assert_nothing_given_away();

            driver
                .connect_patiently(allow(server.server()), server.secret(), SHORT)
                .await
                .unwrap_or_else(|failure| panic!("{case}: {failure}"));
            assert_eq!(names(&driver.list("/").await.unwrap()), ["f"], "{case}");
            let here = tempfile::tempdir().unwrap();
            let local = here.path().join("f");
            std::fs::write(&local, vec![7; 100_000]).unwrap();
            done(upload(&mut driver, &local, "/g").await);
            assert_eq!(server.content("/g").unwrap().len(), 100_000, "{case}");
            let facts = driver.facts.clone().unwrap();
            assert_eq!(facts.tls.unwrap().strength(), line, "{case}");
            assert!(server.data_handshakes().iter().all(|resumed| *resumed), "{case}");
            driver.shutdown().await;
        }
    }
}

/// The system's library cannot be told to let weak TLS in; on Linux it then knows no old version.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn the_systems_library_reaches_no_old_server_and_says_what_does() {
    let server = Script::new(Protocol::FtpsExplicit)
        .face(old(SslVersion::TLS1))
        .start()
        .await;
    let saved = Server {
        tls_min: TlsVersion::V1_0,
        tls_backend: TlsBackend::System,
        ..server.server()
    };
    let mut driver = Driver::new();
    let failure = driver
        .connect_patiently(saved, server.secret(), SHORT)
        .await
        .unwrap_err();
    assert_says(&failure, Class::Tls, &["only the OpenSSL backend"]);
    server.assert_nothing_given_away();
    driver.shutdown().await;
}

/// What was allowed and not met is not held against the connection.
#[tokio::test(flavor = "multi_thread")]
async fn weak_tls_that_was_allowed_and_is_not_met_is_not_called_weak() {
    let server = Script::new(Protocol::FtpsExplicit)
        .face(Face::openssl(&Certified::usual(), |_| {}))
        .start()
        .await;
    let saved = Server {
        weak_tls: true,
        tls_min: TlsVersion::V1_0,
        ..server.server()
    };
    let driver = connected_to(&server, |_| saved, SHORT).await;
    let tls = driver.facts.clone().unwrap().tls.unwrap();
    assert_eq!(tls.strength(), "TLS 1.3");
    driver.shutdown().await;
}
