//! Data connections, listings, and active mode.

use std::net::{IpAddr, Ipv4Addr};

use ftpane::model::diagnosis::{Fix, Level, Step as Taken};
use ftpane::model::server::{ConnectionMode, PassiveAddress, Patience, Protocol, Server, TlsBackend};

use super::{SHORT, Visit, flags, visit_as, visited};
use crate::harness::scripted::*;

const EPSV: &str = "229 Here (|||{port}|)";
const PASV: &str = "227 Here (127,0,0,1,{p1},{p2})";
const NO_EPSV: &str = "500 EPSV not understood";

fn script() -> Script {
    Script::new(Protocol::Ftp).file("/f", "x")
}

/// A server that knows PASV only, and says this to it.
fn classic(line: &str) -> Script {
    script().on("EPSV", say(NO_EPSV)).on("PASV", announce(line))
}

fn active(server: Server) -> Server {
    Server {
        mode: ConnectionMode::Active,
        ..server
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_epsv_works_by_pasv() {
    let (_server, visit) = visited(script().on("EPSV", say(NO_EPSV)), Patience::default()).await;
    let verdict = visit.finds(&["(epsv-unsupported)"]);
    assert!(verdict.says.contains(NO_EPSV), "{}", verdict.says);
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (0, vec![Taken::Epsv])
    );
    // one whose port leads nowhere is no better
    let script = script().on("EPSV", announce_closed(EPSV));
    let (_server, visit) = visited(script, Patience::default()).await;
    visit.finds(&["(epsv-unsupported)"]);
    assert_eq!(visit.failed(), [Taken::Data]);
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_the_one_we_talk_to() {
    for (line, code) in [
        ("227 Here (10,0,0,1,{p1},{p2})", "(pasv-private-address)"),
        ("227 Here (0,0,0,0,{p1},{p2})", "(pasv-private-address)"),
        ("227 Here (203,0,113,9,{p1},{p2})", "(pasv-other-host)"),
    ] {
        // repaired: a note, whether EPSV works or not
        let script = script()
            .on("PASV", announce(line))
            .on("SYST", say("215 Windows_NT"));
        let (_server, visit) = visited(script, Patience::default()).await;
        let verdict = visit.finds(&[code]);
        assert!(
            verdict.text().contains("External IP Address of Firewall"),
            "{}",
            verdict.text()
        );
        assert_eq!(visit.diagnosis.exit_code(), 0);

        let (server, visit) = visited(classic(line), Patience::default()).await;
        visit.finds(&[code, "(epsv-unsupported)"]);
        assert!(server.count("MLSD") > 0);
    }
}

/// Servers that cannot be run here, by what they say: known for what they are, well as they come, and
/// with the very setting named where something is bent.
#[tokio::test(flavor = "multi_thread")]
async fn filezilla_server_and_iis_are_known_and_their_settings_named() {
    type Made = fn(Script) -> Script;
    let servers: [(Made, &str, &[&str], &str); 2] = [
        (
            filezilla,
            "'Use custom port range' (FileZilla Server",
            &["Use the following host", "Passive mode"],
            "In FileZilla Server: Rights management",
        ),
        (
            iis,
            "'Data Channel Port Range' (IIS Manager",
            &["External IP Address of Firewall", "FTP Firewall Support"],
            "In IIS Manager: the site's Advanced Settings",
        ),
    ];
    for (made, range, address, limit) in servers {
        for protocol in [Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
            let script = made(Script::new(protocol).file("/f", "x"));
            let (_server, visit) = visited(script, Patience::default()).await;
            visit.finds(&["ok"]);
            assert_eq!(visit.failed(), [], "{:?}", visit.steps);
            let firewall = visit.diagnosis.firewall.lines().join("\n");
            assert!(firewall.contains(range), "{firewall}");
        }
        let begun = || Script::new(Protocol::FtpsExplicit).file("/f", "x");
        // behind NAT, and nobody has told it the address outside
        let bent = begun().on(
            "PASV",
            announce("227 Entering Passive Mode (192,168,1,4,{p1},{p2})."),
        );
        let (_server, visit) = visited(made(bent), Patience::default()).await;
        let text = visit.finds(&["(pasv-private-address)"]).text();
        assert!(address.iter().all(|words| text.contains(words)), "{text}");
        // its passive ports are closed
        let bent = begun()
            .on("EPSV", announce_closed(EPSV))
            .on("PASV", announce_closed(PASV))
            .on("EPRT", say("500 no"))
            .on("PORT", say("500 no"));
        let (_server, visit) = visited(made(bent), SHORT).await;
        let text = visit.finds(&["passive-refused"]).text();
        assert!(text.contains(range), "{text}");
        let full = say("421 Too many connections, closing control connection.");
        let bent = begun().in_sessions(3.., GREETING, vec![full, close()]);
        let (_server, visit) = visited(made(bent), Patience::default()).await;
        let text = visit.finds(&["too-many-connections"]).text();
        assert!(text.contains(limit), "{text}");
    }
    // where TLS is demanded and the client comes without
    let script = Script::new(Protocol::Ftp).on("USER", say("534 Policy requires SSL."));
    let (_server, visit) = visited(iis(script), SHORT).await;
    let verdict = visit.finds(&["login-refused"]);
    assert_eq!(verdict.fix, [Fix::Protocol(Protocol::FtpsExplicit)]);
}

/// Followed because it was set so, and dead: the repair is what would mend it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_address_that_is_followed() {
    // on Linux the whole of 127/8 is this machine: the port answers at 127.0.0.1 only
    let server = classic("227 Here (127,0,0,9,{p1},{p2})").start().await;
    let followed = |server| Server {
        passive_address: PassiveAddress::Server,
        ..server
    };
    let visit = visit_as(&server, followed, Patience::default()).await;
    let verdict = visit.finds(&["pasv-private-address"]);
    assert_eq!(flags(verdict), ["--pasv-address repair"]);
    assert_eq!(visit.diagnosis.exit_code(), 6);
    let mut mended = followed(server.server());
    verdict.fix[0].apply(&mut mended);
    let again = Visit::to(mended, server.secret(), Patience::default(), false).await;
    again.finds(&["(pasv-private-address)", "(epsv-unsupported)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn passive_ports_that_are_refused_or_filtered() {
    for (port, code) in [
        (announce_closed as fn(&str) -> Step, "passive-refused"),
        (announce_dropped, "passive-filtered"),
    ] {
        let script = || script().on("EPSV", port(EPSV)).on("PASV", port(PASV));
        let server = script().on(GREETING, say("220 ProFTPD Server")).start().await;
        let visit = visit_as(&server, |server| server, SHORT).await;
        let verdict = visit.finds(&[code]);
        assert_eq!(flags(verdict), ["--mode active"], "it was tried, and works");
        assert!(verdict.text().contains("PassivePorts"), "{}", verdict.text());
        assert_eq!(visit.diagnosis.exit_code(), 6);
        let seen = &visit.diagnosis.firewall.passive_seen;
        assert_eq!(seen.len(), 2, "the ports are named to who runs the firewall");
        let mut mended = server.server();
        verdict.fix[0].apply(&mut mended);
        let again = Visit::to(mended, server.secret(), Patience::default(), false).await;
        again.finds(&["ok"]);

        // nor active mode
        let script = script().on("EPRT", say("500 no")).on("PORT", say("500 no"));
        let (_server, visit) = visited(script, SHORT).await;
        let verdict = visit.finds(&[code]);
        assert_eq!(verdict.fix, []);
        assert!(verdict.text().contains("does not work from here either"));
    }
    let script = script()
        .on("EPSV", say("502 no"))
        .on("PASV", say("502 no passive mode"));
    let (_server, visit) = visited(script, SHORT).await;
    visit.finds(&["passive-refused"]);

    // the server takes the connection, and does not like where it comes from
    let script = super::data::script().on("MLSD", say("425 Security: Bad IP connecting."));
    let (_server, visit) = visited(script, SHORT).await;
    visit.finds(&["passive-refused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_demands_resumed_sessions() {
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "x")
        .on(GREETING, say("220 (vsFTPd 3.0.5)"))
        .unresumed([say("522 SSL connection failed: session reuse required"), close()]);
    let server = script.start().await;
    let system = |server| Server {
        tls_backend: TlsBackend::System,
        ..server
    };
    let visit = visit_as(&server, system, Patience::default()).await;
    let verdict = visit.finds(&["data-tls-reuse"]);
    assert_eq!(flags(verdict), ["--tls-backend openssl"]);
    assert!(verdict.text().contains("require_ssl_reuse"), "{}", verdict.text());
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (5, vec![Taken::DataTls])
    );
    let visit = visit_as(&server, |server| server, Patience::default()).await;
    visit.finds(&["ok"]);
    // where no second session is let in, nothing is said of what was not tried
    let alone = Script::new(Protocol::FtpsExplicit)
        .file("/f", "x")
        .in_sessions(2.., "PASS", say("530 One at a time."))
        .unresumed([say("522 SSL connection failed: session reuse required"), close()]);
    let server = alone.start().await;
    let visit = visit_as(&server, system, Patience::default()).await;
    let verdict = visit.finds(&["data-tls-reuse", "too-many-connections"]);
    assert!(flags(verdict).is_empty());
    assert!(
        verdict.text().contains("not tried: there was no further session"),
        "{}",
        verdict.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_on_the_data_connection_that_does_not_come_about() {
    let script = || Script::new(Protocol::FtpsExplicit).file("/f", "x");
    let stalls = script().on("MLSD", [say("150 Coming."), hold()]);
    let (_server, visit) = visited(stalls, SHORT).await;
    visit.finds(&["data-tls-stalled"]);
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (5, vec![Taken::DataTls])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn listings_that_are_refused_or_cannot_be_read() {
    let refused = script().on("MLSD", say("550 Permission denied."));
    let (_server, visit) = visited(refused, SHORT).await;
    let verdict = visit.finds(&["list-refused"]);
    assert_eq!(verdict.reply.as_deref(), Some("550 Permission denied."));
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (7, vec![Taken::Listing])
    );

    let odd = |text: &str| {
        let steps = [say("150 go"), send(text), end_data(), say("226 done")];
        script().features("EPSV").on("LIST", steps)
    };
    let (_server, visit) = visited(odd("what is \x1b[2J this\r\n"), SHORT).await;
    let verdict = visit.finds(&["list-unreadable"]);
    assert!(
        verdict.text().contains("what is \\x1b[2J this"),
        "{}",
        verdict.text()
    );
    assert_eq!(
        (visit.diagnosis.exit_code(), visit.failed()),
        (1, vec![Taken::Listing])
    );

    let cut = [
        say("150 go"),
        send("-rw-r--r-- 1 me us 1 Jan  2  2024 f\r\n"),
        end_data(),
        say("426 broken"),
    ];
    let (_server, visit) = visited(script().features("EPSV").on("LIST", cut), SHORT).await;
    let verdict = visit.finds(&["list-unreadable"]);
    assert!(verdict.says.contains("not complete"), "{}", verdict.says);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_not_utc() {
    let list = |hour: u8| {
        let line = format!("-rw-r--r-- 1 me us 1 2024-01-02 {hour:02}:04 f\r\n");
        [say("150 go"), send(line), end_data(), say("226 done")]
    };
    let script = |hour| script().features("EPSV MDTM").on("LIST", list(hour));
    let server = script(5).start().await;
    let visit = visit_as(&server, |server| server, Patience::default()).await;
    let verdict = visit.finds(&["(clock-offset)"]);
    assert_eq!(flags(verdict), ["--clock-offset +2:00"]);
    assert_eq!(visit.diagnosis.exit_code(), 0);
    let mut mended = server.server();
    verdict.fix[0].apply(&mut mended);
    Visit::to(mended, server.secret(), Patience::default(), false)
        .await
        .finds(&["ok"]);
    let (_server, visit) = visited(script(3), Patience::default()).await;
    visit.finds(&["ok"]);
    assert!(visit.step(Taken::Clock)[0].says.contains("UTC"));
}

#[tokio::test(flavor = "multi_thread")]
async fn active_mode_that_works() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        let server = Script::new(protocol).file("/f", "x").start().await;
        let visit = visit_as(&server, active, Patience::default()).await;
        visit.finds(&["ok"]);
        assert_eq!(server.count("EPSV") + server.count("PASV"), 0);
        assert!(visit.step(Taken::Active)[0].ok && visit.step(Taken::Listing)[0].ok);
        let unknown = visit.diagnosis.unknown.join("\n");
        assert!(unknown.contains("Whether passive mode works"), "{unknown}");
        assert!(
            visit
                .diagnosis
                .firewall
                .lines()
                .join("\n")
                .contains("Active mode (the one in use)")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_comes_in_active_mode() {
    let silent = [say("150 Coming."), hold()];
    for (steps, says) in [
        (silent.to_vec(), "no data connection within"),
        (
            vec![say("425 Can't open data connection: Connection refused")],
            "could not make the data connection",
        ),
    ] {
        // where the other mode works it is the fix
        let server = script().on("MLSD", steps).start().await;
        let visit = visit_as(&server, active, SHORT).await;
        let verdict = visit.finds(&["active-nobody-came"]);
        assert!(verdict.says.contains(says), "{}", verdict.says);
        assert_eq!(flags(verdict), ["--mode passive"]);
        assert_eq!(
            (visit.diagnosis.exit_code(), visit.step(Taken::Active)[0].ok),
            (6, false)
        );
    }
    // behind NAT: the server says at which address it sees us
    let script = script()
        .on(
            "STAT",
            say("211-Status:\r\n Connected to 198.51.100.7\r\n211 End"),
        )
        .on("EPRT", say("501 Will not connect to that address."))
        .on("PORT", say("501 Will not connect to that address."))
        .on("PASV", say("502 no"))
        .on("EPSV", say("502 no"));
    let server = script.start().await;
    let visit = visit_as(&server, active, SHORT).await;
    let verdict = visit.finds(&["active-nobody-came"]);
    let seen = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
    assert_eq!(verdict.fix, [Fix::ExternalIp(seen)]);
    assert!(verdict.text().contains("behind NAT"), "{}", verdict.text());
    assert_eq!(visit.diagnosis.firewall.client.as_deref(), Some("198.51.100.7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_comes_in_active_mode() {
    let script = script().on("MLSD", [say("150 Coming."), stranger(), hold()]);
    let server = script.start().await;
    let visit = visit_as(&server, active, SHORT).await;
    let verdict = visit.finds(&["active-stranger-came"]);
    assert!(verdict.says.starts_with("127.0.0.2 "), "{}", verdict.says);
    assert_eq!((verdict.level, visit.diagnosis.exit_code()), (Level::Failure, 6));

    let script = super::data::script().on("MLSD", [stranger(), usual()]);
    let server = script.start().await;
    let visit = visit_as(&server, active, Patience::default()).await;
    visit.finds(&["(active-stranger-came)"]);
}
