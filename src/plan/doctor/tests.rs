use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::model::failure::Class;
use crate::model::server::{ConnectionMode, PassiveAddress, TlsBackend, TlsVersion};

const HERE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 9);
const PRIVATE: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 2);
const OTHER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);

fn judged(server: &Server, software: Option<Software>, finding: Finding) -> Verdict {
    let about = About { server, software };
    let mut all = verdicts(&[finding], about);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

fn failure(why: &str) -> Failure {
    Failure::new(Class::Data, "Could not", why)
}

#[test]
fn nothing_found_is_one_ok() {
    let server = Server {
        host: "ftp.example".into(),
        ..Server::default()
    };
    let all = verdicts(
        &[],
        About {
            server: &server,
            software: None,
        },
    );
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].level, all[0].code), (Level::Ok, Code::Ok));
    assert!(all[0].says.contains("ftp.example:21"));
}

/// Whether an announced address is a note or a failure, and what mends it, follows from what was set and
/// from where a port answers.
#[test]
fn an_announced_address() {
    use PassiveAddress::{Control, Repair, Server as AsAnnounced};
    for (announced, setting, works, elsewhere, code, level, fix) in [
        (
            PRIVATE,
            Repair,
            true,
            false,
            Code::PasvPrivateAddress,
            Level::Note,
            None,
        ),
        (
            PRIVATE,
            Control,
            true,
            false,
            Code::PasvPrivateAddress,
            Level::Note,
            None,
        ),
        (OTHER, Repair, true, false, Code::PasvOtherHost, Level::Note, None),
        (
            OTHER,
            Repair,
            false,
            false,
            Code::PasvOtherHost,
            Level::Note,
            None,
        ),
        (
            OTHER,
            Repair,
            false,
            true,
            Code::PasvOtherHost,
            Level::Failure,
            Some(AsAnnounced),
        ),
        (
            OTHER,
            AsAnnounced,
            true,
            false,
            Code::PasvOtherHost,
            Level::Note,
            None,
        ),
        (
            PRIVATE,
            AsAnnounced,
            false,
            true,
            Code::PasvPrivateAddress,
            Level::Failure,
            Some(Repair),
        ),
        (
            PRIVATE,
            AsAnnounced,
            false,
            false,
            Code::PasvPrivateAddress,
            Level::Failure,
            None,
        ),
    ] {
        let server = Server {
            passive_address: setting,
            ..Server::default()
        };
        let finding = Finding::Announced {
            announced,
            server: HERE,
            works,
            elsewhere,
        };
        let verdict = judged(&server, Some(Software::Vsftpd), finding);
        assert_eq!(
            (verdict.code, verdict.level),
            (code, level),
            "{setting:?} {works} {elsewhere}"
        );
        let fix: Vec<Fix> = fix.map(Fix::PassiveAddress).into_iter().collect();
        assert_eq!(verdict.fix, fix);
        let text = verdict.text();
        assert!(
            text.contains(&announced.to_string()) && text.contains(&HERE.to_string()),
            "{text}"
        );
        assert!(text.contains("pasv_address="), "{text}");
    }
}

#[test]
fn active_mode_behind_nat() {
    let own: IpAddr = IpAddr::from([192, 168, 1, 5]);
    let nobody = |announced, seen, passive| Finding::Active {
        failure: failure("no data connection within 15 s"),
        stranger: None,
        announced: Some(announced),
        seen,
        server: Some(HERE.into()),
        passive,
    };
    let server = Server::default();
    // the server says where it sees us
    let seen = IpAddr::from([198, 51, 100, 7]);
    let verdict = judged(&server, None, nobody(own, Some(seen), Some(true)));
    assert_eq!(
        verdict.fix,
        [Fix::Mode(ConnectionMode::Passive), Fix::ExternalIp(seen)]
    );
    assert!(verdict.text().contains("192.168.1.5") && verdict.text().contains("behind NAT"));
    // it does not, and the addresses tell
    let verdict = judged(&server, None, nobody(own, None, Some(false)));
    assert!(
        verdict.fix.is_empty() && verdict.text().contains("--external-ip"),
        "{}",
        verdict.text()
    );
    // nothing speaks for NAT: the ports are what is left
    let ranged = Server {
        port_range: Some((50_000, 50_010)),
        ..Server::default()
    };
    let verdict = judged(&ranged, None, nobody(seen, Some(seen), None));
    assert!(verdict.text().contains("ports 50000-50010") && !verdict.text().contains("NAT"));
    let stranger = Finding::Active {
        failure: failure("no data connection within 15 s"),
        stranger: Some(IpAddr::from([192, 0, 2, 66])),
        announced: None,
        seen: None,
        server: None,
        passive: None,
    };
    let verdict = judged(&server, None, stranger);
    assert_eq!(
        (verdict.code, verdict.level),
        (Code::ActiveStrangerCame, Level::Failure)
    );
}

#[test]
fn what_a_server_speaks_becomes_the_setting_that_lets_it_in() {
    let too_old = |server: &Server, version, weak: &[&str]| {
        let agreement = Agreement {
            version,
            weak: weak.iter().map(|w| (*w).to_owned()).collect(),
        };
        judged(
            server,
            None,
            Finding::Tls(failure("no TLS version"), Some(agreement)),
        )
    };
    let usual = Server::default();
    let verdict = too_old(&usual, TlsVersion::V1_0, &[]);
    assert_eq!(verdict.fix, [Fix::TlsMin(TlsVersion::V1_0)]);
    assert!(verdict.text().contains("can be broken"), "{}", verdict.text());
    assert_eq!(
        too_old(&usual, TlsVersion::V1_2, &["RSA 1024 bits"]).fix,
        [Fix::WeakTls]
    );
    let strict = Server {
        tls_min: TlsVersion::V1_3,
        ..Server::default()
    };
    let verdict = too_old(&strict, TlsVersion::V1_2, &[]);
    assert_eq!(verdict.fix, [Fix::TlsMin(TlsVersion::V1_2)]);
    assert!(!verdict.text().contains("broken"), "{}", verdict.text());
    let lowered = Server {
        tls_max: TlsVersion::V1_2,
        ..Server::default()
    };
    assert_eq!(
        too_old(&lowered, TlsVersion::V1_3, &[]).fix,
        [Fix::TlsMax(TlsVersion::V1_3)]
    );
    // nothing was found that would let it in
    let weak = Server {
        weak_tls: true,
        ..Server::default()
    };
    assert!(too_old(&weak, TlsVersion::V1_2, &["SHA-1"]).fix.is_empty());
}

#[test]
fn a_url_says_what_no_flag_can() {
    let server = Server {
        host: "ftp.example".into(),
        port: Some(2121),
        ..Server::default()
    };
    let verdict = judged(&server, None, Finding::Implicit);
    assert!(
        verdict.text().contains("ftps://ftp.example:2121"),
        "{}",
        verdict.text()
    );
}

/// Only what was seen to work is offered.
#[test]
fn a_session_that_is_not_resumed() {
    let server = Server::default();
    let setting = |fix: &Fix| Remedy::Setting(fix.clone());
    let (older, openssl) = (
        Fix::TlsMax(TlsVersion::V1_2),
        Fix::TlsBackend(TlsBackend::Openssl),
    );
    for (remedy, mended, says) in [
        (setting(&older), Some(older), "With TLS 1.2"),
        (setting(&openssl), Some(openssl), "The OpenSSL library"),
        (Remedy::Nothing, None, "No setting here"),
        (Remedy::Untried, None, "not tried: there was no further session"),
    ] {
        let finding = Finding::Unresumed(failure("the server demands it"), remedy);
        let verdict = judged(&server, Some(Software::Vsftpd), finding);
        let text = verdict.text();
        assert_eq!(verdict.fix, mended.into_iter().collect::<Vec<_>>());
        assert!(
            text.contains(says) && text.contains("require_ssl_reuse"),
            "{text}"
        );
    }
}

#[test]
fn a_clock_that_is_wrong() {
    for (ahead, says) in [
        (1300, "21:40 ahead of this machine's"),
        (-50_400, "14:00:00 behind this machine's"),
        (-31_622_400, "366 d 0 h behind this machine's"),
    ] {
        let verdict = judged(
            &Server::default(),
            Some(Software::Vsftpd),
            Finding::ServerTime { ahead },
        );
        assert_eq!((verdict.code, verdict.level), (Code::ClockOffset, Level::Note));
        assert!(verdict.says.contains(says), "{}", verdict.says);
        // how LIST writes times is another matter
        assert!(verdict.fix.is_empty() && !verdict.text().contains("use_localtime"));
    }
}

/// A whole number of quarters of an hour is a time zone, and no clock to be set.
#[test]
fn times_of_mdtm_that_are_not_utc() {
    let server = Server::default();
    let about = About {
        server: &server,
        software: Some(Software::Vsftpd),
    };
    for (ahead, says) in [
        (28_800, "8 h ahead of UTC"),
        (7_203, "2 h ahead of UTC"),
        (-12_600 - 100, "3 h 30 min behind UTC"),
        (50_400, "14 h ahead of UTC"),
    ] {
        let offset = ClockOffset::from_minutes(-120).unwrap();
        let found = verdicts(&[Finding::Clock(offset), Finding::ServerTime { ahead }], about);
        assert_eq!(found.len(), 1, "what was measured by MDTM is none: {found:?}");
        let text = found[0].text();
        assert_eq!((found[0].code, found[0].level), (Code::ClockOffset, Level::Note));
        assert!(text.contains(says) && !text.contains("NTP"), "{text}");
        assert!(found[0].fix.is_empty(), "{text}");
    }
    let offset = ClockOffset::from_minutes(-120).unwrap();
    let found = verdicts(
        &[Finding::Clock(offset), Finding::ServerTime { ahead: 1300 }],
        about,
    );
    assert_eq!(found.len(), 2, "{found:?}");
}
