//! From the host name to the login.

use ftpane::model::diagnosis::{Fix, Step};
use ftpane::model::secret::Secret;
use ftpane::model::server::{Patience, Protocol, Server, TlsVersion};
use openssl::ssl::{SslVerifyMode, SslVersion};
use openssl::x509::store::X509StoreBuilder;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{SHORT, Visit, flags, visit_as, visited};
use crate::harness::scripted::*;

const PROTOCOLS: [Protocol; 3] = [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit];

/// A server of which only the address is known.
fn at(address: std::net::SocketAddr, protocol: Protocol) -> Server {
    Server {
        protocol,
        host: address.ip().to_string(),
        port: Some(address.port()),
        user: "me".into(),
        ..Server::default()
    }
}

async fn visit_at(address: std::net::SocketAddr, protocol: Protocol) -> Visit {
    Visit::to(at(address, protocol), Secret::new(PASSWORD), SHORT, false).await
}

/// Says this to everybody who comes, and hears nothing.
async fn saying(text: &'static str) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let mut open = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(text.as_bytes()).await;
            open.push(stream);
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_server_is_ok_and_every_step_is_told() {
    for protocol in PROTOCOLS {
        let script = Script::new(protocol).file("/f", "x");
        let (server, visit) = visited(script, Patience::default()).await;
        visit.finds(&["ok"]);
        assert_eq!(visit.diagnosis.exit_code(), 0);
        assert_eq!(visit.failed(), [], "{:?}", visit.steps);
        let steps: Vec<&str> = visit.steps.iter().map(|done| done.step.word()).collect();
        let all = [
            "lookup", "connect", "greeting", "tls", "login", "features", "folder", "epsv", "data", "pasv",
            "listing", "data-tls", "clock", "idle", "limits",
        ];
        let mut wanted: Vec<&str> = all.to_vec();
        match protocol {
            Protocol::Ftp => wanted.retain(|step| !step.ends_with("tls")),
            Protocol::FtpsExplicit => {}
            Protocol::FtpsImplicit => wanted.swap(2, 3),
        }
        assert_eq!(steps, wanted);
        assert_eq!(server.sessions(), u32::from(server.server().connections));
        assert_eq!(server.count("QUIT"), 4, "every session is ended in good order");
        if protocol.is_tls() {
            let tls = visit.step(Step::Tls)[0];
            let seen = tls.seen.join("\n");
            for words in [
                "TLS 1.3 TLS_",
                "certificate of ",
                "signed by ",
                "for localhost, 127.0.0.1",
                "valid from 1975-",
                "key EC 256 bits",
                "sha256:",
            ] {
                assert!(seen.contains(words), "{words}: {seen}");
            }
            assert!(tls.says.contains("pinned and valid until 4096-"), "{}", tls.says);
            assert!(visit.step(Step::DataTls)[0].says.contains("resumed"));
        }
        let login = visit.step(Step::Login)[0];
        assert_eq!(login.sent, ["USER me", "PASS ***"]);
        assert!(visit.step(Step::Features)[0].sent.contains(&"FEAT".to_owned()));
        assert!(!format!("{:?}{:?}", visit.steps, visit.diagnosis).contains(PASSWORD));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_without_an_address() {
    let server = Server {
        host: "no-such-host.invalid".into(),
        ..Server::default()
    };
    let visit = Visit::to(server, Secret::new(PASSWORD), SHORT, false).await;
    let verdict = visit.finds(&["dns-failed"]);
    assert!(verdict.text().contains("name resolution"), "{}", verdict.text());
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (3, vec![Step::Lookup])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_closed_and_one_that_does_not_answer() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let visit = visit_at(closed, Protocol::FtpsExplicit).await;
    visit.finds(&["connect-refused"]);
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (3, vec![Step::Connect])
    );

    // a full queue of waiting connections: the system drops what else comes
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(0).unwrap();
    let dead = listener.local_addr().unwrap();
    let _waiting = TcpStream::connect(dead).await.unwrap();
    let visit = visit_at(dead, Protocol::FtpsExplicit).await;
    let verdict = visit.finds(&["connect-timeout"]);
    assert!(verdict.text().contains("firewall"), "{}", verdict.text());
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (3, vec![Step::Connect])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_does_not_lead_there() {
    let nobody = TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let server = Server {
        proxy: format!("socks5://{nobody}").parse().ok(),
        ..at("127.0.0.1:1".parse().unwrap(), Protocol::Ftp)
    };
    let visit = Visit::to(server, Secret::new(PASSWORD), SHORT, false).await;
    visit.finds(&["proxy-failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn something_else_answers() {
    for (text, says) in [
        ("SSH-2.0-OpenSSH_9.6\r\n", "SSH"),
        ("220 mx.example ESMTP Postfix\r\n", "mail server (SMTP)"),
        ("+OK ready\r\n", "POP3"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "web server"),
    ] {
        let address = saying(text).await;
        for protocol in PROTOCOLS {
            let visit = visit_at(address, protocol).await;
            let verdict = visit.finds(&["not-ftp"]);
            assert!(verdict.says.contains(says), "{protocol:?}: {}", verdict.says);
            assert_eq!(visit.diagnosis.exit_code(), 3);
        }
    }
    // neither in clear nor in TLS
    let silent = saying("").await;
    for protocol in PROTOCOLS {
        let visit = visit_at(silent, protocol).await;
        let verdict = visit.finds(&["not-ftp"]);
        assert!(
            verdict.says.contains("says nothing"),
            "{protocol:?}: {}",
            verdict.says
        );
    }
    // a web server that speaks TLS
    let script = Script::new(Protocol::FtpsImplicit).on(GREETING, hold());
    let server = script.start().await;
    for protocol in PROTOCOLS {
        let visit = visit_as(&server, |server| Server { protocol, ..server }, SHORT).await;
        let verdict = visit.finds(&["not-ftp"]);
        assert!(
            verdict.says.contains("speaks TLS"),
            "{protocol:?}: {}",
            verdict.says
        );
    }
    server.assert_nothing_given_away();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_closes_at_once_lets_nobody_in() {
    let (_server, visit) = visited(Script::new(Protocol::Ftp).on(GREETING, close()), SHORT).await;
    let verdict = visit.finds(&["connect-refused"]);
    assert!(
        verdict.says.contains("before it said anything"),
        "{}",
        verdict.says
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn implicit_and_explicit_taken_for_each_other() {
    let implicit = Script::new(Protocol::FtpsImplicit).file("/f", "x").start().await;
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        // the look is at what it speaks, not at its certificate
        let unpinned = |server| Server {
            protocol,
            pin: None,
            ..server
        };
        let visit = visit_as(&implicit, unpinned, SHORT).await;
        let verdict = visit.finds(&["server-is-implicit"]);
        assert_eq!(verdict.fix, [Fix::Protocol(Protocol::FtpsImplicit)]);
        assert!(
            verdict.text().contains("ftps://me@127.0.0.1"),
            "{}",
            verdict.text()
        );
        assert_eq!(visit.diagnosis.exit_code(), 3);
    }
    implicit.assert_nothing_given_away();
    let explicit = Script::new(Protocol::FtpsExplicit).file("/f", "x").start().await;
    let wrong = |server| Server {
        protocol: Protocol::FtpsImplicit,
        ..server
    };
    let visit = visit_as(&explicit, wrong, SHORT).await;
    let verdict = visit.finds(&["server-is-explicit"]);
    assert_eq!(verdict.fix, [Fix::Protocol(Protocol::FtpsExplicit)]);
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (5, vec![Step::Tls])
    );
    explicit.assert_nothing_given_away();

    // what the fix makes of the entry is what works
    let mut mended = wrong(explicit.server());
    verdict.fix[0].apply(&mut mended);
    let again = Visit::to(mended, explicit.secret(), Patience::default(), false).await;
    again.finds(&["ok"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn encryption_refused_for_all_or_for_data() {
    let plain = Script::new(Protocol::Ftp)
        .on(GREETING, say("220 (vsFTPd 3.0.5)"))
        .start()
        .await;
    let explicit = |server| Server {
        protocol: Protocol::FtpsExplicit,
        ..server
    };
    let visit = visit_as(&plain, explicit, SHORT).await;
    let verdict = visit.finds(&["auth-refused"]);
    assert_eq!(verdict.reply.as_deref(), Some("502 No TLS here."));
    assert!(
        verdict.text().contains("ssl_enable=YES"),
        "its own setting: {}",
        verdict.text()
    );
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (5, vec![Step::Tls])
    );
    plain.assert_nothing_given_away();

    for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let script = Script::new(protocol).on("PROT", say("536 Not that level."));
        let (server, visit) = visited(script, SHORT).await;
        visit.finds(&["prot-refused"]);
        assert_eq!(visit.diagnosis.exit_code(), 5);
        server.assert_nothing_given_away();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_doubted() {
    let here = tempfile::tempdir().unwrap();
    let root = Certified::authority();
    let ca = here.path().join("ca.pem");
    std::fs::write(&ca, root.pem().0).unwrap();
    let signed = Wish {
        signer: Some(&root),
        ..Wish::default()
    };
    let expired = Wish {
        valid: (-30, -2),
        ..signed
    };
    let other_name = Wish {
        address: "192.0.2.1",
        ..signed
    };
    let cases: [(Certified, &[&str], &str); 5] = [
        (Certified::usual(), &["cert-unknown"], "signed by itself"),
        (Certified::new(expired), &["cert-expired"], "valid until 20"),
        (
            Certified::new(Wish {
                valid: (2, 30),
                ..signed
            }),
            &["cert-expired"],
            "not valid before 20",
        ),
        (Certified::new(other_name), &["cert-name"], "192.0.2.1"),
        (
            Certified::new(Wish {
                address: "192.0.2.1",
                ..expired
            }),
            &["cert-name", "cert-expired"],
            "",
        ),
    ];
    for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        for (certified, codes, says) in &cases {
            let server = Script::new(protocol)
                .face(Face::openssl(certified, |_| {}))
                .file("/f", "x")
                .start()
                .await;
            let unpinned = |server| Server {
                pin: None,
                ca_file: Some(ca.clone()),
                ..server
            };
            let visit = visit_as(&server, unpinned, Patience::default()).await;
            let mut found = visit.codes();
            found.sort();
            let mut wanted = codes.to_vec();
            wanted.sort_unstable();
            assert_eq!(found, wanted);
            let verdict = &visit.diagnosis.verdicts[0];
            assert!(verdict.says.contains(says), "{}", verdict.says);
            assert_eq!(
                (visit.diagnosis.exit_code(), visit.failed()),
                (5, vec![Step::Tls])
            );
            server.assert_nothing_given_away();
            // the fingerprint, once it is confirmed, is what mends it
            let mut mended = unpinned(server.server());
            verdict.fix[0].apply(&mut mended);
            let again = Visit::to(mended, server.secret(), Patience::default(), false).await;
            again.finds(&["ok"]);
        }
        let server = Script::new(protocol).start().await;
        let changed = |server| Server {
            pin: Some(Certified::usual().pin()),
            ..server
        };
        let visit = visit_as(&server, changed, Patience::default()).await;
        let verdict = visit.finds(&["cert-changed"]);
        assert_eq!(
            flags(verdict),
            [format!("--pin {}", server.server().pin.unwrap())]
        );
        server.assert_nothing_given_away();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_that_is_not_agreed_on() {
    let up_to = |certified: &Certified, version| {
        Face::openssl(certified, move |builder| {
            builder.set_max_proto_version(Some(version)).unwrap();
        })
    };
    let usual = Certified::usual();
    let small = Certified::new(Wish {
        bits: 1024,
        ..Wish::default()
    });
    let offers = |newest| {
        move |server| Server {
            tls_max: newest,
            ..server
        }
    };
    type Settings<'a> = &'a dyn Fn(Server) -> Server;
    let all: Settings<'_> = &|server| server;
    let old: Settings<'_> = &offers(TlsVersion::V1_2);
    let new: Settings<'_> = &|server| Server {
        tls_min: TlsVersion::V1_3,
        ..server
    };
    let cases = [
        (up_to(&usual, SslVersion::TLS1), all, "--tls-min 1.0"),
        (up_to(&usual, SslVersion::TLS1_1), all, "--tls-min 1.1"),
        (up_to(&usual, SslVersion::TLS1_2), new, "--tls-min 1.2"),
        (up_to(&small, SslVersion::TLS1_3), all, "--weak-tls"),
        (Face::speaking(TlsVersion::V1_3), old, "--tls-max 1.3"),
    ];
    for (face, settings, fix) in cases {
        let server = Script::new(Protocol::FtpsExplicit)
            .face(face)
            .file("/f", "x")
            .start()
            .await;
        let visit = visit_as(&server, settings, Patience::default()).await;
        let verdict = visit.finds(&["tls-too-old"]);
        assert_eq!(flags(verdict), [fix]);
        assert_eq!(
            (visit.diagnosis.exit_code(), visit.failed()),
            (5, vec![Step::Tls])
        );
        server.assert_nothing_given_away();
        let mut mended = settings(server.server());
        verdict.fix[0].apply(&mut mended);
        let again = Visit::to(mended, server.secret(), Patience::default(), false).await;
        again.finds(&["ok"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_a_certificate_of_ours() {
    // TLS 1.3 has an alert of its own for it, 1.2 the one for everything that is not agreed on
    for newest in [SslVersion::TLS1_3, SslVersion::TLS1_2] {
        let face = Face::openssl(&Certified::usual(), move |builder| {
            builder.set_max_proto_version(Some(newest)).unwrap();
            builder.set_verify(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT);
            builder
                .set_verify_cert_store(X509StoreBuilder::new().unwrap().build())
                .unwrap();
        });
        for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
            let script = Script::new(protocol).face(face.clone());
            let (server, visit) = visited(script, Patience::default()).await;
            let verdict = visit.finds(&["client-certificate"]);
            assert!(verdict.text().contains("--client-cert"), "{}", verdict.text());
            assert_eq!(visit.diagnosis.exit_code(), 5);
            server.assert_nothing_given_away();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logins_that_are_refused() {
    let script = Script::new(Protocol::Ftp).on("PASS", say("530 Login incorrect."));
    let (server, visit) = visited(script, SHORT).await;
    let verdict = visit.finds(&["login-refused"]);
    assert_eq!(verdict.reply.as_deref(), Some("530 Login incorrect."));
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (4, vec![Step::Login])
    );
    assert_eq!(server.count("USER"), 1, "asked once: each try may count");

    let script =
        Script::new(Protocol::Ftp).on("USER", say("530 Non-anonymous sessions must use encryption."));
    let (_server, visit) = visited(script, SHORT).await;
    let verdict = visit.finds(&["login-refused"]);
    assert_eq!(verdict.fix, [Fix::Protocol(Protocol::FtpsExplicit)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_sessions_for_one_or_for_more() {
    let full = say("421 Too many connections from your address.");
    let script = Script::new(Protocol::Ftp)
        .in_sessions(3.., GREETING, vec![full.clone(), close()])
        .on("SYST", say("215 UNIX emulated by FileZilla."));
    let (_server, visit) = visited(script, Patience::default()).await;
    let verdict = visit.finds(&["too-many-connections"]);
    assert_eq!(flags(verdict), ["-j 2"]);
    assert!(
        verdict.says.contains("2 sessions at once of the 4"),
        "{}",
        verdict.says
    );
    assert!(
        verdict.text().contains("In FileZilla Server"),
        "{}",
        verdict.text()
    );
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (3, vec![Step::Limits])
    );

    let script = Script::new(Protocol::FtpsExplicit).on(GREETING, vec![full, close()]);
    let (_server, visit) = visited(script, SHORT).await;
    let verdict = visit.finds(&["too-many-connections"]);
    assert_eq!((verdict.fix.len(), visit.failed()), (0, vec![Step::Greeting]));

    // the first one got in: a limit is more likely than a password that became wrong
    let script = Script::new(Protocol::Ftp).in_sessions(2.., "PASS", say("530 Sorry."));
    let (_server, visit) = visited(script, Patience::default()).await;
    assert_eq!(flags(visit.finds(&["too-many-connections"])), ["-j 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away() {
    for verb in ["FEAT", "CWD", "EPSV", "PASV", "MLSD"] {
        let script = Script::new(Protocol::Ftp).on(verb, close());
        let (_server, visit) = visited(script, Patience::default()).await;
        let verdict = visit.finds(&["connection-lost"]);
        assert!(
            verdict.says.contains("closed the connection"),
            "{verb}: {}",
            verdict.says
        );
        assert_eq!(visit.diagnosis.exit_code(), 3);
    }
    // what no transfer needs
    for verb in ["STAT", "HELP"] {
        let script = Script::new(Protocol::Ftp).on(verb, close());
        let (_server, visit) = visited(script, Patience::default()).await;
        visit.finds(&["ok"]);
        assert_eq!(visit.failed(), [Step::Idle]);
        let unknown = visit.diagnosis.unknown.join("\n");
        assert!(unknown.contains(&format!("would say to {verb}")), "{unknown}");
    }
}
