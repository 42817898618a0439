//! Two faults at once, and servers that are odd in several ways: the first that keeps one out is named, what
//! lies behind it is not guessed at, and nothing is claimed that is not so.

use ftpane::model::diagnosis::{Fix, Step as Taken};
use ftpane::model::server::{ConnectionMode, PassiveAddress, Protocol, Server, TlsBackend, TlsVersion};
use openssl::ssl::SslVersion;

use super::{SHORT, Visit, flags, visit_as, visited};
use crate::harness::scripted::*;

const EPSV: &str = "229 Here (|||{port}|)";
const PASV: &str = "227 Here (127,0,0,1,{p1},{p2})";
const INSIDE: &str = "227 Here (10,1,2,3,{p1},{p2})";
const ELSEWHERE: &str = "227 Here (203,0,113,9,{p1},{p2})";

fn plain() -> Script {
    Script::new(Protocol::Ftp).file("/f", "x")
}

fn explicit() -> Script {
    Script::new(Protocol::FtpsExplicit).file("/f", "x")
}

fn lists(script: Script, lines: &str) -> Script {
    let steps = [say("125 Go"), send(lines), end_data(), say("250 done")];
    script.features("EPSV MDTM").on("LIST", steps)
}

/// Two hours before UTC, as MDTM shows.
const LATER: &str = "-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n";

fn over() -> Certified {
    Certified::new(Wish {
        valid: (-30, -2),
        ..Wish::default()
    })
}

async fn finds(script: Script, codes: &[&str], exit: u8, failed: &[Taken]) -> Visit {
    let shown = format!("{script:?}");
    let (server, visit) = visited(script, SHORT).await;
    visit.finds(codes);
    assert_eq!(visit.diagnosis.exit_code(), exit, "{shown}");
    assert_eq!(visit.failed(), failed, "{shown}");
    drop(server);
    visit
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_is_odd_is_told_side_by_side_and_is_no_failure() {
    let script = lists(explicit(), LATER)
        .on("EPSV", say("502 EPSV not implemented."))
        .on("PASV", announce(INSIDE));
    let odd = &["(pasv-private-address)", "(epsv-unsupported)", "(clock-offset)"];
    finds(script, odd, 0, &[Taken::Epsv]).await;
    let script = explicit()
        .on("PASV", announce(ELSEWHERE))
        .on("MLST", say("250-\r\n Type=dir;Perm=fle; /\r\n250 ."));
    finds(script, &["(server-read-only)", "(pasv-other-host)"], 0, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fault_that_comes_first_is_the_one_that_is_named() {
    // a doubted certificate, and behind it no protection of data, no login, no listing
    for behind in ["PROT", "PBSZ", "USER", "EPSV"] {
        let face = Face::openssl(&over(), |_| {});
        let server = explicit().face(face).on(behind, say("534 No.")).start().await;
        let unpinned = |server| Server { pin: None, ..server };
        let visit = visit_as(&server, unpinned, SHORT).await;
        let mut codes = visit.codes();
        codes.sort();
        assert_eq!(codes, ["cert-expired", "cert-unknown"], "{behind}");
        server.assert_nothing_given_away();
    }
    // old TLS, and a certificate that is over
    let face = Face::openssl(&over(), |builder| {
        builder.set_max_proto_version(Some(SslVersion::TLS1_1)).unwrap();
    });
    let server = explicit().face(face).start().await;
    let unpinned = |server| Server { pin: None, ..server };
    let visit = visit_as(&server, unpinned, SHORT).await;
    assert_eq!(flags(visit.finds(&["tls-too-old"])), ["--tls-min 1.1"]);
    // implicit TLS spoken to in clear, with a certificate that is over
    let implicit = Script::new(Protocol::FtpsImplicit).face(Face::openssl(&over(), |_| {}));
    let server = implicit.start().await;
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let wrong = |server| Server {
            protocol,
            pin: None,
            ..server
        };
        visit_as(&server, wrong, SHORT)
            .await
            .finds(&["server-is-implicit"]);
    }
    server.assert_nothing_given_away();
    // a login that is refused by a server whose data connections would not work either
    let script = plain()
        .on("PASS", say("530 User cannot log in."))
        .on("PASV", announce(INSIDE))
        .on("EPSV", say("500 no"));
    finds(script, &["login-refused"], 4, &[Taken::Login]).await;
    // no resumed session, and a clock that is off
    let script = lists(explicit(), LATER).unresumed([say("522 Session reuse required."), close()]);
    let server = script.start().await;
    let system = |server| Server {
        tls_backend: TlsBackend::System,
        ..server
    };
    let visit = visit_as(&server, system, SHORT).await;
    visit.finds(&["data-tls-reuse"]);
    assert_eq!(visit.diagnosis.exit_code(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_wrong_and_ports_that_are_dead() {
    for (port, code) in [
        (announce_closed as fn(&str) -> Step, "passive-refused"),
        (announce_dropped, "passive-filtered"),
    ] {
        let script = || plain().on("EPSV", port(EPSV)).on("PASV", port(INSIDE));
        let (_server, visit) = visited(script(), SHORT).await;
        visit.finds(&["(pasv-private-address)", code]);
        assert_eq!(visit.diagnosis.exit_code(), 6);
        let dead = visit.diagnosis.verdicts.last().unwrap();
        assert_eq!(flags(dead), ["--mode active"]);
        // followed, the address is what is set, and neither works
        let server = script().start().await;
        let followed = |server| Server {
            passive_address: PassiveAddress::Server,
            ..server
        };
        let visit = visit_as(&server, followed, SHORT).await;
        let verdict = &visit.diagnosis.verdicts[0];
        assert_eq!(verdict.code.word(), "pasv-private-address");
        assert_eq!((flags(verdict), visit.diagnosis.exit_code()), (vec![], 6));
    }
    // a private address, and TLS on the data connection that hangs
    let script = explicit()
        .on("PASV", announce(INSIDE))
        .on("MLSD", [say("150 Coming."), hold()]);
    let failed = &[Taken::DataTls];
    finds(script, &["(pasv-private-address)", "data-tls-stalled"], 5, failed).await;
    let script = explicit()
        .on("PASV", announce(ELSEWHERE))
        .on("MLSD", say("536 Requested PROT level not supported."));
    finds(script, &["(pasv-other-host)", "prot-refused"], 5, failed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_is_wrong_in_two_ways() {
    let script = lists(plain(), &format!("what is this\r\n{LATER}"));
    finds(
        script,
        &["list-unreadable", "(clock-offset)"],
        1,
        &[Taken::Listing],
    )
    .await;
    let script = plain()
        .on("MLST", say("250-\r\n type=dir;perm=el; /\r\n250 ."))
        .on("MLSD", say("550 /: Access is denied."));
    finds(
        script,
        &["(server-read-only)", "list-refused"],
        7,
        &[Taken::Listing],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_beside_what_else_is_the_matter() {
    let full = "421 Sorry, the maximum number of clients (2) from your host are already connected.";
    let server = plain().at_most(2, full).start().await;
    let elsewhere = |server| Server {
        document_path: "/nowhere".into(),
        ..server
    };
    let visit = visit_as(&server, elsewhere, SHORT).await;
    visit.finds(&["path-missing", "too-many-connections"]);
    assert_eq!(flags(&visit.diagnosis.verdicts[1]), ["-j 2"]);
    assert_eq!(visit.diagnosis.exit_code(), 7);
    server.is_left().await;
    // where one session is all there is, both modes are looked at on that
    for mode in [
        ConnectionMode::Active,
        ConnectionMode::Auto,
        ConnectionMode::Passive,
    ] {
        let server = lists(plain(), LATER).at_most(1, full).start().await;
        let visit = visit_as(&server, |server| Server { mode, ..server }, SHORT).await;
        visit.finds(&["(clock-offset)", "too-many-connections"]);
        server.is_left().await;
    }
    let server = plain()
        .at_most(1, full)
        .on("EPRT", say("500 Illegal EPRT command."))
        .on("PORT", say("500 Illegal PORT command."))
        .start()
        .await;
    let active = |server| Server {
        mode: ConnectionMode::Active,
        ..server
    };
    let visit = visit_as(&server, active, SHORT).await;
    assert_eq!(visit.codes()[0], "active-nobody-came");
    assert_eq!(visit.diagnosis.exit_code(), 6);
    server.is_left().await;
}

/// What a server says in words of its own, or leaves out, keeps nobody out.
#[tokio::test(flavor = "multi_thread")]
async fn healthy_servers_with_manners_of_their_own() {
    let quiet = |script: Script| {
        script
            .on("FEAT", say("502 Command not implemented."))
            .on("SYST", say("502 Command not implemented."))
            .on("STAT", say("502 Command not implemented."))
            .on("HELP", say("502 Command not implemented."))
            .on("OPTS", say("501 What?"))
            .on("QUIT", close())
    };
    let manners: Vec<(Script, &str)> = vec![
        (quiet(plain()), "nothing but what RFC 959 asks for"),
        (quiet(explicit()), "the same in TLS"),
        (plain().on("USER", say("230 Come in.")), "no password"),
        (plain().on("PASS", say("202 Superfluous.")), "202"),
        (plain().on("STAT", close()), "ends the session at STAT"),
        (
            explicit().on("PBSZ", say("200 Command PBSZ okay. PBSZ=0")),
            "PBSZ",
        ),
        (plain().on("TYPE", say("200-I\r\n200 mage")), "long replies"),
        (
            explicit().face(Face::speaking(TlsVersion::V1_2)),
            "the older of the two that are offered",
        ),
        (
            plain()
                .features("EPSV")
                .on("LIST", [say("150 go"), end_data(), say("250 none")]),
            "an empty folder",
        ),
    ];
    for (script, what) in manners {
        let (server, visit) = visited(script, SHORT).await;
        assert_eq!(visit.codes(), ["ok"], "{what}: {:#?}", visit.diagnosis.verdicts);
        assert_eq!(visit.diagnosis.exit_code(), 0);
        server.is_left().await;
    }
}

/// The third way into some situations: other words, other codes, another moment.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_faults_in_other_words() {
    let cases: Vec<(Script, &str, u8)> = vec![
        (plain().on(GREETING, say("RFB 003.008")), "not-ftp", 3),
        (plain().on(GREETING, say("* OK IMAP4rev1 ready")), "not-ftp", 3),
        (plain().on(GREETING, reset()), "connect-refused", 3),
        (
            plain().on(GREETING, [say("530 Not allowed from here."), close()]),
            "connect-refused",
            3,
        ),
        (explicit().on("AUTH", say("533 Not for you.")), "auth-refused", 5),
        (
            explicit().on("AUTH", [say("421 Bye."), close()]),
            "auth-refused",
            5,
        ),
        (explicit().on("PBSZ", say("503 AUTH first.")), "prot-refused", 5),
        (explicit().on("PROT", say("504 Unknown.")), "prot-refused", 5),
        (plain().on("USER", say("530 Anonymous only.")), "login-refused", 4),
        (
            plain()
                .on("USER", say("331 ok"))
                .on("PASS", say("532 No account.")),
            "login-refused",
            4,
        ),
        (
            plain().on(
                "USER",
                [say("421 Maximum login limit has been reached."), close()],
            ),
            "too-many-connections",
            3,
        ),
        (
            plain().on(
                "PASS",
                [say("530 Sorry, too many connections for this account."), close()],
            ),
            "too-many-connections",
            3,
        ),
        (plain().on("PWD", reset()), "connection-lost", 3),
        (
            plain().on("MLSD", say("553 Requested action not taken.")),
            "list-refused",
            7,
        ),
        (
            plain().on("MLSD", say("450 No such file or directory.")),
            "list-refused",
            7,
        ),
        (
            explicit().on("MLSD", say("533 Data protection required.")),
            "prot-refused",
            5,
        ),
        (
            explicit().on("MLSD", [say("150 go"), reset_data(), say("426 gone")]),
            "passive-refused",
            6,
        ),
        (
            plain()
                .on("EPSV", say("421 Too busy."))
                .on("PASV", say("421 Too busy.")),
            "connection-lost",
            3,
        ),
        (
            plain()
                .on("EPSV", say("550 Passive mode is off."))
                .on("PASV", say("550 Passive mode is off."))
                .on("EPRT", say("550 No."))
                .on("PORT", say("550 No.")),
            "passive-refused",
            6,
        ),
    ];
    for (script, code, exit) in cases {
        let shown = format!("{script:?}");
        let (_server, visit) = visited(script, SHORT).await;
        assert_eq!(visit.codes(), [code], "{shown}\n{:#?}", visit.diagnosis.verdicts);
        assert_eq!(visit.diagnosis.exit_code(), exit, "{shown}");
        visit.assert_made_for_people();
    }
}

/// What mends two faults is named with each, and with both flags nothing is left.
#[tokio::test(flavor = "multi_thread")]
async fn each_fault_has_its_own_fix_and_both_together_mend_it() {
    let server = lists(plain(), LATER).at_most(3, "421 Too many.").start().await;
    let visit = visit_as(&server, |server| server, SHORT).await;
    visit.finds(&["(clock-offset)", "too-many-connections"]);
    let fixes: Vec<Fix> = visit
        .diagnosis
        .verdicts
        .iter()
        .flat_map(|v| v.fix.clone())
        .collect();
    assert_eq!(fixes.len(), 2);
    let mut mended = server.server();
    fixes.iter().for_each(|fix| fix.apply(&mut mended));
    Visit::to(mended, server.secret(), SHORT, false)
        .await
        .finds(&["ok"]);
    server.is_left().await;
    let both = plain()
        .on("EPSV", announce_closed(EPSV))
        .on("PASV", announce(PASV));
    finds(both, &["(epsv-unsupported)"], 0, &[Taken::Data]).await;
}
