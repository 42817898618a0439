//! Servers that do not do as most do: none of them is taken for another one, and one that is only odd is
//! well.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use ftpane::model::diagnosis::{Fix, Level, Step as Taken};
use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, Patience, Protocol, Server};
use openssl::ssl::{SniError, SslAlert};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::{SHORT, Visit, flags, visit_as, visited};
use crate::harness::scripted::*;

const EPSV: &str = "229 Here (|||{port}|)";
const PASV: &str = "227 Here (127,0,0,1,{p1},{p2})";

fn plain() -> Script {
    Script::new(Protocol::Ftp).file("/f", "x")
}

fn explicit() -> Script {
    Script::new(Protocol::FtpsExplicit).file("/f", "x")
}

fn active(server: Server) -> Server {
    Server {
        mode: ConnectionMode::Active,
        ..server
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn greetings_of_all_kinds() {
    let pieces = [
        "220-Wel",
        "come\r\n to",
        " us\r\n220",
        "-\r\n",
        "220 Rea",
        "dy.\r\n",
    ];
    let well: [Vec<Step>; 6] = [
        pieces.iter().map(|piece| raw(piece.as_bytes())).collect(),
        vec![raw(b"220 Hello\n")],
        vec![say("220")],
        vec![say(
            "220-SSH-2.0 is on port 22.\r\n HTTP/1.1 is on port 80.\r\n220 FTP is here.",
        )],
        vec![say("120 Ready in a minute."), say("220 Now.")],
        vec![
            say("120-Not yet.\r\n120 Ready in a minute."),
            say("220-Now.\r\n220 Welcome."),
        ],
    ];
    for greeting in well {
        println!("{greeting:?}");
        let (_server, visit) = visited(explicit().on(GREETING, greeting), Patience::default()).await;
        visit.finds(&["ok"]);
        assert_eq!(visit.failed(), []);
    }
    for (greeting, code, reply) in [
        ("421 Service not available.", "connect-refused", true),
        ("421 Too many users, try later.", "too-many-connections", true),
        ("530 Not from your address.", "connect-refused", true),
        ("554 Go away.", "connect-refused", true),
        ("120 Ready in five minutes.", "connect-refused", false),
    ] {
        let (server, visit) = visited(explicit().on(GREETING, [say(greeting), close()]), SHORT).await;
        let verdict = visit.finds(&[code]);
        let said = verdict.reply.as_deref() == Some(greeting);
        assert_eq!((said, visit.diagnosis.exit_code()), (reply, 3), "{verdict:?}");
        server.assert_nothing_given_away();
    }
}

/// A greeting that takes long, as where the server looks a name up first, is waited for: what looks at the
/// port meanwhile does no harm.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_greeting_is_a_greeting() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let script = Script::new(protocol)
            .file("/f", "x")
            .in_sessions(1..=1, GREETING, [gate(), usual()])
            .in_sessions(2..=2, GREETING, [open_gate(), hold()]);
        let (server, visit) = visited(script, Patience::default()).await;
        visit.finds(&["ok"]);
        assert_eq!(visit.failed(), []);
        assert_eq!(server.sessions(), 1 + u32::from(server.server().connections));
    }
}

/// Both sides would wait for each other: what the port does speak is found out long before either gives up.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_port_is_spoken_to_in_the_other_way_at_once() {
    let ages = Patience {
        connect: Duration::from_secs(50),
        silence: Duration::from_secs(50),
        retries: 0,
    };
    let implicit = Script::new(Protocol::FtpsImplicit).file("/f", "x").start().await;
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let begun = Instant::now();
        let visit = visit_as(&implicit, |server| Server { protocol, ..server }, ages).await;
        visit.finds(&["server-is-implicit"]);
        assert!(begun.elapsed() < ages.connect, "{:?}", begun.elapsed());
        assert_eq!(visit.failed(), [Taken::Greeting]);
    }
    implicit.assert_nothing_given_away();
    assert_eq!(implicit.count("QUIT"), 2, "whoever only looked has said goodbye");
    // a server that reads nothing before it has greeted, and is slow to greet in TLS
    let slow = explicit().in_sessions(1..=1, GREETING, hold()).start().await;
    let begun = Instant::now();
    let wrong = |server| Server {
        protocol: Protocol::FtpsImplicit,
        ..server
    };
    let visit = visit_as(&slow, wrong, ages).await;
    visit.finds(&["server-is-explicit"]);
    assert!(begun.elapsed() < ages.connect, "{:?}", begun.elapsed());
}

/// A web server waits to be asked, and answers what is no question of its kind in clear.
#[tokio::test(flavor = "multi_thread")]
async fn a_web_server_is_no_ftp_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut question = [0u8; 4096];
                if stream.read(&mut question).await.is_ok_and(|n| n > 0) {
                    let answer = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
                    let _ = stream.write_all(answer).await;
                }
            });
        }
    });
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let server = Server {
            protocol,
            host: address.ip().to_string(),
            port: Some(address.port()),
            ..Server::default()
        };
        let visit = Visit::to(server, Secret::new(PASSWORD), SHORT, false).await;
        let verdict = visit.finds(&["not-ftp"]);
        assert!(
            verdict.says.contains("web server (HTTP)"),
            "{protocol:?}: {}",
            verdict.says
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_refused_in_every_way() {
    let alert = Face::openssl(&Certified::usual(), |builder| {
        builder.set_servername_callback(|_, alert| {
            *alert = SslAlert::INTERNAL_ERROR;
            Err(SniError::ALERT_FATAL)
        });
    });
    let go_on = || say("234 Go on.");
    let ways: Vec<(Script, &str)> = vec![
        (explicit().on("AUTH", say("534 Policy.")), "rules"),
        (
            explicit().on("AUTH", say("504 TLS unknown.")),
            "does not offer TLS",
        ),
        (explicit().on("AUTH", say("502 Not here.")), "does not offer TLS"),
        (explicit().on("AUTH", say("500 What?")), "does not offer TLS"),
        (
            explicit().on("AUTH", say("530 Log in first.")),
            "does not offer TLS",
        ),
        (
            explicit().on("AUTH", say("431 No certificate.")),
            "lacks something",
        ),
        (explicit().on("AUTH", close()), "closed the connection"),
        (explicit().on("AUTH", reset()), ""),
        (explicit().on("AUTH", hold()), "silent"),
        (explicit().on("AUTH", [go_on(), close()]), "broke off"),
        (explicit().on("AUTH", [go_on(), hold()]), "did not end within"),
        (explicit().on("AUTH", [go_on(), raw(b"500 What?\r\n")]), ""),
        (explicit().face(alert), ""),
    ];
    for (script, says) in ways {
        let shown = format!("{script:?}");
        let (server, visit) = visited(script, SHORT).await;
        let verdict = visit.finds(&["auth-refused"]);
        assert!(verdict.says.contains(says), "{says}: {}\n{shown}", verdict.says);
        let text = verdict.text();
        // it did agree to begin with AUTH: nobody is sent back there
        assert!(
            !shown.contains("234") || !text.contains("Use explicit TLS"),
            "{text}"
        );
        assert_eq!(
            (visit.diagnosis.exit_code(), visit.failed()),
            (5, vec![Taken::Tls])
        );
        server.assert_nothing_given_away();
    }
}

/// The authority is known, and the server does not send what stands between: it is doubted, and said why
/// that may be. What was shown is told, line by line.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_with_a_gap() {
    let root = Certified::authority();
    let here = tempfile::tempdir().unwrap();
    let ca = here.path().join("ca.pem");
    std::fs::write(&ca, root.pem().0).unwrap();
    let between = Certified::new(Wish {
        authority: true,
        signer: Some(&root),
        ..Wish::default()
    });
    let mut own = Certified::new(Wish {
        signer: Some(&between),
        ..Wish::default()
    });
    let unpinned = |server| Server {
        pin: None,
        ca_file: Some(ca.clone()),
        ..server
    };
    let whole = explicit().face(Face::openssl(&own, |_| {})).start().await;
    visit_as(&whole, unpinned, Patience::default())
        .await
        .finds(&["ok"]);
    own.chain.truncate(1);
    let gap = explicit().face(Face::openssl(&own, |_| {})).start().await;
    let visit = visit_as(&gap, unpinned, Patience::default()).await;
    let verdict = visit.finds(&["cert-unknown"]);
    assert!(
        verdict.text().contains("must send the whole chain"),
        "{}",
        verdict.text()
    );
    assert_eq!(flags(verdict), [format!("--pin {}", own.pin())]);
    let seen = visit.step(Taken::Tls)[0].seen.join("\n");
    for words in [
        "certificate of scripted",
        "for 127.0.0.1",
        "valid from 20",
        "key RSA 2048 bits",
        "sha256:",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    gap.assert_nothing_given_away();
}

/// Whatever a server says to EPSV, PASV is what is used where it works; and that has many forms.
#[tokio::test(flavor = "multi_thread")]
async fn epsv_and_pasv_in_odd_forms() {
    for epsv in [
        announce(PASV),
        announce("229 Entering Extended Passive Mode |||{port}|"),
        announce("229 Entering Extended Passive Mode (|1|127.0.0.1|{port}|)"),
        say("229 Entering Extended Passive Mode (|||0|)"),
        say("229 Ok."),
        say("522 Network protocol not supported, use (2)."),
        say("500 What?"),
        say("501 No."),
        say("425 Not now."),
    ] {
        let script = plain().on("EPSV", epsv);
        let (_server, visit) = visited(script, Patience::default()).await;
        visit.finds(&["(epsv-unsupported)"]);
        assert_eq!(
            (visit.diagnosis.exit_code(), visit.failed()),
            (0, vec![Taken::Epsv])
        );
    }
    for pasv in [
        "227 Entering Passive Mode 127,0,0,1,{p1},{p2}",
        "227 =127,0,0,1,{p1},{p2}",
        "227 Passive (127, 0, 0, 1, {p1}, {p2}).",
        "227-Listen:\r\n227 at (127,0,0,1,{p1},{p2})",
    ] {
        let script = plain().on("EPSV", say("500 What?")).on("PASV", announce(pasv));
        let (_server, visit) = visited(script, Patience::default()).await;
        visit.finds(&["(epsv-unsupported)"]);
    }
    // no address at all, and one that cannot be read
    let nowhere = announce("227 Entering Passive Mode (0,0,0,0,{p1},{p2})");
    let (_server, visit) = visited(plain().on("PASV", nowhere), Patience::default()).await;
    let verdict = visit.finds(&["(pasv-private-address)"]);
    assert!(verdict.says.contains("no host's address"), "{}", verdict.says);
    let script = plain()
        .on("EPSV", say("500 What?"))
        .on("PASV", say("227 Somewhere."));
    let (_server, visit) = visited(script, SHORT).await;
    let verdict = visit.finds(&["passive-refused"]);
    assert_eq!(verdict.reply.as_deref(), Some("227 Somewhere."));
}

/// Neither EPSV nor PASV: active mode is tried, and is the way out only where it works.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_names_no_passive_port() {
    let script = || {
        plain()
            .on("EPSV", say("502 no"))
            .on("PASV", say("502 no passive mode"))
    };
    let server = script().start().await;
    let visit = visit_as(&server, |server| server, Patience::default()).await;
    let verdict = visit.finds(&["passive-refused"]);
    assert_eq!(
        (flags(verdict), visit.diagnosis.exit_code()),
        (vec!["--mode active".into()], 6)
    );
    let again = visit_as(&server, active, Patience::default()).await;
    again.finds(&["ok"]);
    let script = script().on("EPRT", say("500 no")).on("PORT", say("500 no"));
    let (_server, visit) = visited(script, Patience::default()).await;
    let verdict = visit.finds(&["passive-refused"]);
    assert_eq!(verdict.fix, []);
    assert!(
        verdict.text().contains("does not work from here either"),
        "{}",
        verdict.text()
    );
    // EPSV names one that is closed, PASV none: the port is the matter
    let script = plain()
        .on("EPSV", announce_closed(EPSV))
        .on("PASV", say("502 no"));
    let (_server, visit) = visited(script, SHORT).await;
    assert!(visit.finds(&["passive-refused"]).says.contains("named port"));
}

#[tokio::test(flavor = "multi_thread")]
async fn over_ipv6_there_is_epsv_alone() {
    let healthy = plain().start_at("[::1]:0").await;
    let visit = visit_as(&healthy, |server| server, Patience::default()).await;
    visit.finds(&["ok"]);
    assert_eq!(healthy.count("PASV"), 0);
    let classic = plain().on("EPSV", say("500 What?")).start_at("[::1]:0").await;
    let visit = visit_as(&classic, |server| server, SHORT).await;
    let verdict = visit.finds(&["passive-refused"]);
    let text = verdict.text();
    assert!(text.contains("over IPv6 there is none but EPSV"), "{text}");
    assert_eq!(flags(verdict), ["--mode active"], "it was tried, and works");
    visit_as(&classic, active, SHORT).await.finds(&["ok"]);
}

/// A refused listing means what its words and its code say, not what most such refusals mean.
#[tokio::test(flavor = "multi_thread")]
async fn listings_that_are_refused_in_other_words() {
    for (reply, code, exit, step) in [
        (
            "425 Unable to build data connection: TLS negotiation failed.",
            "data-tls-stalled",
            5,
            Taken::DataTls,
        ),
        ("426 SSL read failed.", "data-tls-stalled", 5, Taken::DataTls),
        (
            "522 SSL connection failed.",
            "data-tls-stalled",
            5,
            Taken::DataTls,
        ),
        (
            "521 Not with this PROT setting.",
            "prot-refused",
            5,
            Taken::DataTls,
        ),
        (
            "534 Request denied for policy reasons.",
            "prot-refused",
            5,
            Taken::DataTls,
        ),
        (
            "425 Can't open data connection for \"/tls\".",
            "passive-refused",
            6,
            Taken::Listing,
        ),
        (
            "426 Connection closed; transfer aborted.",
            "passive-refused",
            6,
            Taken::Listing,
        ),
        (
            "550 Data channel timed out.",
            "passive-refused",
            6,
            Taken::Listing,
        ),
        ("450 Busy.", "list-refused", 7, Taken::Listing),
        ("451 Local error.", "list-refused", 7, Taken::Listing),
        ("550 Permission denied.", "list-refused", 7, Taken::Listing),
    ] {
        let (_server, visit) = visited(explicit().on("MLSD", say(reply)), SHORT).await;
        let verdict = visit.finds(&[code]);
        assert_eq!(verdict.reply.as_deref(), Some(reply));
        assert_eq!(
            (visit.diagnosis.exit_code(), visit.failed()),
            (exit, vec![step]),
            "{reply}"
        );
    }
    // in clear it is TLS that is wanted
    for reply in [
        "522 Data connections must be encrypted.",
        "425 TLS is required for data.",
    ] {
        let (_server, visit) = visited(plain().on("MLSD", say(reply)), SHORT).await;
        let verdict = visit.finds(&["list-refused"]);
        assert_eq!(verdict.fix, [Fix::Protocol(Protocol::FtpsExplicit)], "{reply}");
    }
}

/// A range of which only a part is let in: the port named first answers, the next one does not. That is no
/// matter of TLS.
#[tokio::test(flavor = "multi_thread")]
async fn a_passive_range_that_is_open_in_part() {
    let script = explicit()
        .once("EPSV", usual())
        .once("PASV", usual())
        .on("EPSV", announce_dropped(EPSV))
        .on("PASV", announce_dropped(PASV));
    let (_server, visit) = visited(script, SHORT).await;
    visit.finds(&["passive-filtered"]);
    assert_eq!(visit.failed(), [Taken::Listing]);
}

/// In active mode the server did come, and TLS is what hangs.
#[tokio::test(flavor = "multi_thread")]
async fn tls_that_hangs_on_a_connection_the_server_made() {
    let script = explicit()
        .on("PROT", say("200 As you wish."))
        .on("MLSD", [say("150 Coming."), open_data(), hold()]);
    let visit = visit_as(&script.start().await, active, SHORT).await;
    let verdict = visit.finds(&["data-tls-stalled"]);
    assert!(
        verdict.says.contains("TLS on it does not come about"),
        "{}",
        verdict.says
    );
    assert_eq!(visit.failed(), [Taken::Active]);
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_that_are_odd_and_whole_and_one_that_is_not() {
    let listed = |text: &str| [say("150 go"), send(text), end_data(), say("226 done")];
    let nothing = [say("150 go"), end_data(), say("226 done")];
    for steps in [listed("total 0\r\n").to_vec(), nothing.to_vec()] {
        let script = plain().features("EPSV").on("LIST", steps);
        let (_server, visit) = visited(script, Patience::default()).await;
        visit.finds(&["ok"]);
        assert_eq!(visit.step(Taken::Listing)[0].says, "it is empty");
    }
    // the server's last word is lost
    let lost = [
        say("150 go"),
        send("-rw-r--r-- 1 me us 1 Jan  2  2024 f\r\n"),
        end_data(),
        hold(),
    ];
    let (_server, visit) = visited(plain().features("EPSV").on("LIST", lost), SHORT).await;
    let verdict = visit.finds(&["list-unreadable"]);
    assert!(verdict.says.contains("silent"), "{}", verdict.says);
    // MDTM is refused: the clock is not known, and said to be so
    let script = plain()
        .features("EPSV MDTM")
        .on("MDTM", say("550 No."))
        .on("LIST", listed("-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n"));
    let (_server, visit) = visited(script, Patience::default()).await;
    visit.finds(&["ok"]);
    assert!(visit.diagnosis.unknown.iter().any(|text| text.contains("UTC")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_far_off() {
    let listed = |line: &str| {
        [
            say("150 go"),
            send(format!("{line}\r\n")),
            end_data(),
            say("226 done"),
        ]
    };
    let script = plain()
        .features("EPSV MDTM")
        .on("LIST", listed("-rw-r--r-- 1 me us 1 2024-01-02 11:04 f"));
    let (_server, visit) = visited(script, Patience::default()).await;
    assert_eq!(flags(visit.finds(&["(clock-offset)"])), ["--clock-offset +8:00"]);
    // a year, which no time zone has: only what was stored just now tells
    let script = plain().on("MDTM", say("213 20240102030405"));
    let server = script.start().await;
    let visit = Visit::to(server.server(), server.secret(), Patience::default(), true).await;
    let verdict = visit.finds(&["(clock-offset)"]);
    assert!(
        verdict.says.contains(" behind this machine's"),
        "{}",
        verdict.says
    );
    assert_eq!((verdict.level, verdict.fix.as_slice()), (Level::Note, &[][..]));
    let visit = visit_as(&server, |server| server, Patience::default()).await;
    visit.finds(&["ok"]);
    assert!(
        visit
            .diagnosis
            .unknown
            .iter()
            .any(|text| text.contains("--probe-upload"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_is_a_file() {
    let server = plain().file("/d/f", "x").start().await;
    let file = |server| Server {
        document_path: "/d/f".into(),
        ..server
    };
    let visit = visit_as(&server, file, SHORT).await;
    assert_eq!(flags(visit.finds(&["path-missing"])), ["--root ~"]);
}

/// Names that were taken out of the greeting are known by what else is said.
#[tokio::test(flavor = "multi_thread")]
async fn programs_that_hide_their_names() {
    let bent = |script: Script| script.on("PASV", announce("227 Here (192,168,1,4,{p1},{p2})"));
    let greeting = || plain().on(GREETING, say("220 ftp.example FTP server ready."));
    for (script, setting) in [
        (
            greeting().on(
                "HELP",
                say("214-The following commands are recognized (* =>'s unimplemented):\r\n CWD XCWD\r\n214 Direct comments to root@host"),
            ),
            "MasqueradeAddress",
        ),
        (
            greeting().features("CLNT EPSV EPRT HOST MDTM MFF MFMT MLST RANG REST SIZE TVFS UTF8"),
            "MasqueradeAddress",
        ),
        (
            greeting().on("SYST", say("215 UNIX emulated by FileZilla.")),
            "In FileZilla Server: Protocol settings",
        ),
        (
            greeting()
                .on("SYST", say("215 UNIX emulated by FileZilla"))
                .features("MDTM REST SIZE MODE MLST UTF8 CLNT MFMT EPSV EPRT"),
            "In FileZilla Server 0.9: Edit, Settings, Passive mode settings",
        ),
        (greeting().features("EPSV MLST SPSV"), "ForcePassiveIP"),
        (greeting().on("SYST", say("215 Windows_NT")), "FTP Firewall Support"),
    ] {
        let (_server, visit) = visited(bent(script), Patience::default()).await;
        let text = visit.finds(&["(pasv-private-address)"]).text();
        assert!(text.contains(setting), "{setting}: {text}");
    }
}
