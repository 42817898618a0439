//! Servers behind a SOCKS5 or an HTTP proxy, and proxies that behave badly.

use ftpane::model::command::Answer;
use ftpane::model::entry::Kind;
use ftpane::model::event::{Question, Wanted};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::Direction;
use ftpane::model::proxy::{Proxy, ProxyKind};
use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, PassiveAddress, Protocol, Server};

use super::{SHORT, all_at_once, assert_says, connected_to, names, remarked};
use crate::harness::binary::{ftpane, output};
use crate::harness::engine::{Driver, make_tree};
use crate::harness::gateway::{Gateway, Habit};
use crate::harness::scripted::{Script, Scripted, announce, say};

const BOTH: [ProxyKind; 2] = [ProxyKind::Socks5, ProxyKind::Http];

/// No resolver of this machine knows it.
const NAME: &str = "ftp.inside.invalid";

const LOGIN: (&str, &str) = ("gate keeper", "pass:wörd");

fn behind(server: &Scripted, proxy: Proxy) -> Server {
    Server {
        host: NAME.into(),
        proxy: Some(proxy),
        ..server.server()
    }
}

/// What comes of connecting to a server behind this gateway.
async fn try_through(gateway: &Gateway) -> Failure {
    let server = Script::new(Protocol::FtpsExplicit).start().await;
    let mut driver = Driver::new();
    let saved = behind(&server, gateway.proxy(""));
    let failure = driver
        .connect_patiently(saved, server.secret(), SHORT)
        .await
        .unwrap_err();
    server.assert_nothing_given_away();
    driver.shutdown().await;
    failure
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_goes_through_and_the_proxy_looks_the_name_up() {
    let here = tempfile::tempdir().unwrap();
    make_tree(here.path());
    let cases = BOTH.into_iter().flat_map(|kind| {
        [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit].map(|protocol| (kind, protocol))
    });
    let here = here.path();
    all_at_once(cases.map(|(kind, protocol)| async move {
        let server = Script::new(protocol).start().await;
        let gateway = Gateway::start(kind, Some(LOGIN), Habit::Leads).await;
        let saved = behind(&server, gateway.proxy(LOGIN.0));
        let mut driver = Driver::new();
        let mut questions = 0;
        driver
            .connect_answering(saved, Some(server.secret()), SHORT, |question| {
                questions += 1;
                let Question::Secret {
                    wanted: Wanted::ProxyPassword,
                    ..
                } = question
                else {
                    panic!("{question:?}")
                };
                Answer::Secret(Secret::new(LOGIN.1))
            })
            .await
            .unwrap();
        let up = driver.transfer(Direction::Upload, Kind::Dir, here, "/up").await;
        up.assert_all_done();
        assert_eq!(server.files().len(), 26);
        assert_eq!(
            names(&driver.list("/up/deep/er").await.unwrap()),
            ["Grüße 日本.bin", "est"]
        );
        assert!(server.sessions() > 1, "several sessions, one question");
        assert_eq!(questions, 1);
        let asked = gateway.asked();
        assert!(asked.len() > 26 && asked.iter().all(|to| to.starts_with(&format!("{NAME}:"))));
        assert!(driver.facts.clone().unwrap().proxy.is_some());
        assert!(remarked(&driver, "through the proxy"));
        let dialogue = driver.shutdown().await;
        assert!(dialogue.iter().all(|line| !line.text.contains(LOGIN.1)));
        if protocol.is_tls() {
            assert!(server.data_handshakes().iter().all(|resumed| *resumed));
        }
    }))
    .await;
}

/// Where data connections go when the server says an address: only the proxy can compare it.
#[tokio::test(flavor = "multi_thread")]
async fn passive_addresses_behind_a_proxy() {
    let cases = BOTH.into_iter().flat_map(|kind| {
        [
            (kind, NAME, PassiveAddress::Repair, NAME, "only the proxy knows"),
            (kind, NAME, PassiveAddress::Control, NAME, "EPSV"),
            (kind, NAME, PassiveAddress::Server, "10.9.8.7", "EPSV"),
            (
                kind,
                "127.0.0.1",
                PassiveAddress::Repair,
                "127.0.0.1",
                "announces 10.9.8.7",
            ),
        ]
    });
    all_at_once(
        cases.map(|(kind, host, passive_address, told, remark)| async move {
            let server = Script::new(Protocol::Ftp)
                .on("EPSV", say("500 What?"))
                .on("PASV", announce("227 Entering (10,9,8,7,{p1},{p2})"))
                .file("/f", "x")
                .start()
                .await;
            let gateway = Gateway::start(kind, None, Habit::Leads).await;
            let saved = Server {
                host: host.into(),
                passive_address,
                ..behind(&server, gateway.proxy("nobody asks"))
            };
            let mut driver = connected_to(&server, |_| saved, SHORT).await;
            assert_eq!(names(&driver.list("/").await.unwrap()), ["f"]);
            let asked = gateway.asked();
            assert!(
                asked.last().unwrap().starts_with(&format!("{told}:")),
                "{asked:?}"
            );
            assert!(remarked(&driver, remark), "{passive_address:?}");
            driver.shutdown().await;
        }),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_in_one_piece_and_in_many() {
    for kind in BOTH {
        for habit in [Habit::LeadsInOneBreath, Habit::LeadsSlowly] {
            let server = Script::new(Protocol::Ftp).start().await;
            let gateway = Gateway::start(kind, None, habit).await;
            let mut driver = Driver::new();
            let saved = behind(&server, gateway.proxy(""));
            driver
                .connect_patiently(saved, server.secret(), SHORT)
                .await
                .unwrap();
            driver.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn proxies_that_do_not_lead_there_say_why() {
    use Habit::{Answers, AnswersAndCloses, AnswersWithoutEnd};
    use ProxyKind::{Http, Socks5};
    let cases: Vec<(ProxyKind, Habit, &[&str])> = vec![
        (Socks5, Answers(vec![]), &["has not answered within 1"]),
        (Http, Answers(vec![]), &["has not answered within 1"]),
        (Socks5, Answers(b"\x05".to_vec()), &["has not answered within 1"]),
        (
            Socks5,
            Answers(b"\x05\x00\x05\x00\x00\x03\xff".to_vec()),
            &["has not answered"],
        ),
        (
            Http,
            Answers(b"HTTP/1.1 200 OK\r\nVia".to_vec()),
            &["has not answered"],
        ),
        (Socks5, AnswersAndCloses(vec![]), &["closed the connection"]),
        (
            Socks5,
            AnswersAndCloses(b"\x05\x00\x05".to_vec()),
            &["closed the connection"],
        ),
        (
            Http,
            AnswersAndCloses(b"HTTP/1.1 200 OK\r\n".to_vec()),
            &["closed the connection"],
        ),
        (
            Socks5,
            Answers(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
            &["is no SOCKS5 proxy", "said: HT"],
        ),
        (
            Http,
            Answers(b"\x05\xff".to_vec()),
            &["is no HTTP proxy", "said: \\x05"],
        ),
        (
            Http,
            Answers(b"220 FTP server\x1b[2J\r\n".to_vec()),
            &["is no HTTP proxy", "220 FTP server\\x1b"],
        ),
        (
            Http,
            Answers(b"HTTP/1.1 abc\r\n\r\n".to_vec()),
            &["is no HTTP proxy"],
        ),
        (
            Http,
            AnswersWithoutEnd(b"HTTP/1.1 200 OK and on ".repeat(100)),
            &["is no HTTP proxy"],
        ),
        (
            Socks5,
            AnswersWithoutEnd(vec![b'x'; 65536]),
            &["is no SOCKS5 proxy"],
        ),
        (Socks5, Answers(b"\x05\x07".to_vec()), &["is no SOCKS5 proxy"]),
        (
            Socks5,
            Answers(b"\x05\xff".to_vec()),
            &["asks for user and password", "socks5://USER@"],
        ),
        (Socks5, Answers(b"\x05\x02".to_vec()), &["is no SOCKS5 proxy"]),
        (
            Socks5,
            Answers(b"\x05\x00\x05\x02\x00\x01".to_vec()),
            &["did not connect to ftp.inside.invalid:", "its rules do not allow"],
        ),
        (
            Socks5,
            Answers(b"\x05\x00\x05\x04".to_vec()),
            &["host unreachable"],
        ),
        (Socks5, Answers(b"\x05\x00\x05\x5b".to_vec()), &["code 91"]),
        (
            Socks5,
            Answers(b"\x05\x00\x05\x00\x00\x09".to_vec()),
            &["is no SOCKS5 proxy"],
        ),
        (
            Http,
            Answers(b"HTTP/1.0 403 Forbidden\r\n\r\n".to_vec()),
            &["did not connect", "403 Forbidden", "443"],
        ),
        (
            Http,
            Answers(b"HTTP/1.1 502 \x1b]0;x\x07\r\n\r\n".to_vec()),
            &["502 \\x1b]0;x\\x07"],
        ),
        (
            Http,
            Answers(b"HTTP/1.1 407 Login\nProxy-Authenticate: Basic\n\n".to_vec()),
            &["asks for user and password"],
        ),
    ];
    all_at_once(cases.into_iter().map(|(kind, habit, words)| async move {
        println!("{kind:?} {habit:.80?}");
        let gateway = Gateway::start(kind, None, habit).await;
        let failure = try_through(&gateway).await;
        assert_says(&failure, Class::Unreachable, words);
        assert!(failure.why.contains(&gateway.proxy("").to_string()), "{failure}");
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_there() {
    let server = Script::new(Protocol::Ftp).start().await;
    for (url, words) in [
        // the port of nothing
        ("socks5://127.0.0.1:1", "nothing listens on that port"),
        ("http://proxy.invalid:3128", "could not be looked up"),
    ] {
        let mut driver = Driver::new();
        let saved = behind(&server, url.parse().unwrap());
        let failure = driver
            .connect_patiently(saved, server.secret(), SHORT)
            .await
            .unwrap_err();
        assert_says(&failure, Class::Unreachable, &[url, "was not reached", words]);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_a_proxy() {
    for kind in BOTH {
        let gateway = Gateway::start(kind, Some(LOGIN), Habit::Leads).await;
        for (user, answer, class, words) in [
            (
                "",
                Answer::Dismissed,
                Class::Unreachable,
                "asks for user and password",
            ),
            (
                LOGIN.0,
                Answer::Dismissed,
                Class::Login,
                "asks for a password, and got none",
            ),
            (
                LOGIN.0,
                Answer::Secret(Secret::new("s3cret-wrong")),
                Class::Unreachable,
                "refused user or password",
            ),
        ] {
            let server = Script::new(Protocol::Ftp).start().await;
            let mut driver = Driver::new();
            let saved = behind(&server, gateway.proxy(user));
            let failure = driver
                .connect_answering(saved, Some(server.secret()), SHORT, |_| answer.clone())
                .await
                .unwrap_err();
            assert_says(&failure, class, &[words]);
            assert!(!failure.to_string().contains("s3cret"));
            assert_eq!(server.sessions(), 0);
            driver.shutdown().await;
        }
        assert_eq!(gateway.asked(), [] as [String; 0]);
    }
}

/// A proxy that lets the control connection through only: the session goes on, the listing says
/// why there is none.
#[tokio::test(flavor = "multi_thread")]
async fn data_connections_that_a_proxy_refuses() {
    for (kind, words) in [
        (ProxyKind::Socks5, "connection refused"),
        (ProxyKind::Http, "403 Not that port\\x1b[2J"),
    ] {
        for mode in [ConnectionMode::Passive, ConnectionMode::Auto] {
            let server = Script::new(Protocol::Ftp).start().await;
            let gateway = Gateway::start(kind, None, Habit::LeadsOnce).await;
            let mut driver = Driver::new();
            let saved = Server {
                mode,
                ..behind(&server, gateway.proxy(""))
            };
            driver
                .connect_patiently(saved, server.secret(), SHORT)
                .await
                .unwrap();
            let failure = driver.list("/").await.unwrap_err();
            assert_says(&failure, Class::Data, &["did not connect to", words]);
            assert_eq!(server.count("EPRT") + server.count("PORT"), 0, "{mode:?}");
            assert_eq!(server.sessions(), 1, "the session goes on");
            driver.shutdown().await;
        }
    }
}

/// The form and the command line refuse it before; here nothing is sent that would be in vain.
#[tokio::test(flavor = "multi_thread")]
async fn active_mode_is_refused() {
    let server = Script::new(Protocol::Ftp).start().await;
    let gateway = Gateway::start(ProxyKind::Socks5, None, Habit::Leads).await;
    let mut driver = Driver::new();
    let saved = Server {
        mode: ConnectionMode::Active,
        ..behind(&server, gateway.proxy(""))
    };
    driver
        .connect_patiently(saved, server.secret(), SHORT)
        .await
        .unwrap();
    let failure = driver.list("/").await.unwrap_err();
    assert_says(
        &failure,
        Class::Data,
        &["active mode does not work through a proxy"],
    );
    assert_eq!(server.count("EPRT") + server.count("PORT"), 0);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_goes_through_a_proxy() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp)
        .file("/f", "x")
        .on("SITE UMASK", say("200 As you wish."))
        .start()
        .await;
    let gateway = Gateway::start(ProxyKind::Http, Some(LOGIN), Habit::Leads).await;
    let (url, proxy) = (server.server().url(), gateway.proxy(LOGIN.0).to_string());
    for (password, options, code, says) in [
        (LOGIN.1, &["--after-login", "SITE UMASK 022"][..], 0, ""),
        (
            LOGIN.1,
            &["--after-login", "SITE UMASK 022", "--read-only"],
            8,
            "read only",
        ),
        ("s3cret-wrong", &[], 3, "refused user or password"),
        // nobody can be asked
        ("", &[], 4, "asks for a password, and got none"),
        (LOGIN.1, &["--mode", "active"], 2, "active mode does not work"),
    ] {
        let mut command = ftpane(home.path());
        command
            .env("FTPANE_PROXY_PASSWORD", password)
            // not looked at
            .env("ALL_PROXY", "socks5://127.0.0.1:1")
            .args(["ls", "--proxy", &proxy, &url])
            .args(options);
        let output = output(command).await;
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stdout}{stderr}");
        assert_eq!(stdout.contains(" f"), code == 0, "{stdout}");
        assert!(stderr.contains(says) && !stderr.contains("s3cret"), "{stderr}");
    }
    assert_eq!(server.count("SITE"), 1);
}
