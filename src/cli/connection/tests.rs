use clap::Parser as _;

use super::*;
use crate::cli::arguments::{Arguments, Subcommands};

fn parse(line: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(line.split_whitespace())
}

/// What an option has changed: the server, the patience, or something of the run.
type Effect = fn(&Server, &Patience, &Connection) -> bool;

/// Every option, as it is written, and its effect on a server of which nothing else is said.
const EFFECTS: &[(&str, Effect)] = &[
    ("--protocol ftps", |s, _, _| {
        (s.protocol, s.port()) == (Protocol::FtpsImplicit, 21)
    }),
    ("--mode active", |s, _, _| s.mode == ConnectionMode::Active),
    ("--external-ip 192.0.2.1", |s, _, _| {
        s.external_ip == Some([192, 0, 2, 1].into())
    }),
    ("--port-range 50000-50010", |s, _, _| {
        s.port_range == Some((50_000, 50_010))
    }),
    ("--pasv-address server", |s, _, _| {
        s.passive_address == PassiveAddress::Server
    }),
    ("--tls-min 1.3", |s, _, _| s.tls_min == TlsVersion::V1_3),
    ("--tls-max 1.2", |s, _, _| s.tls_max == TlsVersion::V1_2),
    ("--weak-tls", |s, _, _| s.weak_tls),
    ("--tls-backend system", |s, _, _| {
        s.tls_backend == TlsBackend::System
    }),
    ("--ca-file ca.pem", |s, _, _| s.ca_file == Some("ca.pem".into())),
    ("--client-cert me.pem", |s, _, _| {
        s.client_certificate == Some("me.pem".into())
    }),
    ("--client-cert me.pem --client-key key.pem", |s, _, _| {
        s.client_key == Some("key.pem".into())
    }),
    (
        "--pin sha256:0101010101010101010101010101010101010101010101010101010101010101",
        |s, _, _| s.pin == Some(Pin([1; 32])),
    ),
    ("--charset latin1", |s, _, _| Ok(s.charset) == "latin1".parse()),
    ("--clock-offset -5:30", |s, _, _| {
        s.clock_offset.map(ClockOffset::minutes) == Some(-330)
    }),
    ("--keep-alive 7", |s, _, _| s.keep_alive == 7),
    ("--connect-timeout 1.5", |_, p, _| {
        p.connect == Duration::from_millis(1500)
    }),
    ("--timeout 9", |_, p, _| p.silence == Duration::from_secs(9)),
    ("--retries 0", |_, p, _| p.retries == 0),
    ("--read-only", |s, _, _| s.read_only),
    ("--root /srv", |s, _, _| s.document_path == "/srv"),
    ("--explore-depth 0", |s, _, _| s.explore_depth == Some(0)),
    ("--connections 2", |s, _, _| s.connections == 2),
    ("--limit-rate 500K", |_, _, c| {
        c.limit_rate == size::read_rate("500K").ok()
    }),
    ("--proxy socks5://p", |s, _, _| {
        s.proxy
            .as_ref()
            .is_some_and(|p| p.to_string() == "socks5://p:1080")
    }),
    ("--account dept7", |s, _, _| s.account == "dept7"),
    ("--after-login NOOP", |s, _, _| s.after_login == ["NOOP"]),
    ("--transcript /dev/null", |_, _, c| {
        c.transcript().is_ok_and(|file| file.is_some())
    }),
    ("--password-command true", |_, _, c| {
        c.password_command.as_deref() == Some("true")
    }),
];

#[test]
fn every_option_has_its_effect() {
    for (options, effect) in EFFECTS {
        let plain = parse("ftpane").unwrap().connection;
        let given = parse(&format!("ftpane {options}")).unwrap().connection;
        let is_there = |connection: &Connection| {
            let mut server = Server::default();
            connection.apply(&mut server).unwrap();
            effect(&server, &connection.patience(Patience::default()), connection)
        };
        assert!(!is_there(&plain), "{options} is nothing new");
        assert!(is_there(&given), "{options} has no effect");
    }
}

#[test]
fn every_command_that_connects_has_every_option() {
    use clap::CommandFactory as _;
    let mut definition = Arguments::command();
    definition.build();
    let options = |command: &clap::Command| -> Vec<String> {
        let ours = command
            .get_arguments()
            .filter(|arg| arg.get_help_heading() == Some("Connection"));
        ours.filter_map(|arg| arg.get_long().map(str::to_owned)).collect()
    };
    let all = options(&definition);
    for option in &all {
        let is_shown = |(words, _): &&(&str, Effect)| words.contains(&format!("--{option}"));
        assert!(
            EFFECTS.iter().any(|row| is_shown(&row)),
            "--{option} has no row above"
        );
    }
    assert!(all.len() >= EFFECTS.len() - 1, "{all:?}");
    for command in definition.get_subcommands() {
        let mut names = command
            .get_positionals()
            .flat_map(|arg| arg.get_value_names().unwrap_or_default());
        if names.any(|name| name == "TARGET" || name == "FROM") {
            assert_eq!(options(command), all, "{}", command.get_name());
        }
    }
    let run = definition
        .find_subcommand("queue")
        .and_then(|queue| queue.find_subcommand("run"));
    assert_eq!(run.map(options), Some(all));
}

#[test]
fn options_over_a_servers_own() {
    let line = "ftpane ls --mode auto --external-ip 192.0.2.1 --port-range 50000-50010 --tls-max 1.2 \
        --pasv-address control --root /srv --read-only --explore-depth 3 -j 2 --clock-offset -5:30 --keep-alive 0 --account dept7 --connect-timeout 1.5 --retries 0 web:";
    let Some(Subcommands::Ls(ls)) = parse(line).unwrap().command else {
        panic!("no ls");
    };
    let mut server = Server {
        tls_min: TlsVersion::V1_3,
        ..Server::default()
    };
    ls.connection.apply(&mut server).unwrap();
    assert_eq!(server.mode, ConnectionMode::Auto);
    assert_eq!(server.port_range, Some((50_000, 50_010)));
    assert_eq!(
        (server.tls_min, server.tls_max),
        (TlsVersion::V1_2, TlsVersion::V1_2)
    );
    assert_eq!(server.passive_address, PassiveAddress::Control);
    assert_eq!((server.document_path.as_str(), server.read_only), ("/srv", true));
    assert_eq!((server.connections, server.explore_depth), (2, Some(3)));
    assert_eq!(server.clock_offset.map(ClockOffset::minutes), Some(-330));
    assert_eq!((server.keep_alive, server.account.as_str()), (0, "dept7"));
    for bad in ["--keep-alive 3601", "--keep-alive -1", "--clock-offset +15"] {
        assert!(parse(&format!("ftpane {bad}")).is_err(), "{bad}");
    }
    let patience = ls.connection.patience(Patience::default());
    assert_eq!((patience.connect.as_millis(), patience.retries), (1500, 0));
    let Some(Subcommands::Ls(ls)) = parse("ftpane ls --tls-max 1.1 web:").unwrap().command else {
        panic!("no ls");
    };
    assert!(ls.connection.apply(&mut Server::default()).is_err());
}

#[test]
fn commands_after_login_as_the_form_has_them_or_one_by_one() {
    let words = [
        "ftpane",
        "ls",
        "--after-login",
        "SITE UMASK 022; CWD /in",
        "--after-login",
        "NOOP",
        "web:",
    ];
    let Some(Subcommands::Ls(ls)) = Arguments::try_parse_from(words).unwrap().command else {
        panic!("no ls");
    };
    let mut server = Server::default();
    ls.connection.apply(&mut server).unwrap();
    assert_eq!(server.after_login, ["SITE UMASK 022", "CWD /in", "NOOP"]);
}

#[test]
fn tls_versions_that_exclude_each_other_are_said_by_name() {
    for (line, says) in [
        (
            "ftpane ls --tls-min 1.3 --tls-max 1.2 web:",
            "than the oldest accepted (--tls-min)",
        ),
        ("ftpane ls --tls-max 1.1 web:", "give --tls-min too"),
    ] {
        let Some(Subcommands::Ls(ls)) = parse(line).unwrap().command else {
            panic!("no ls");
        };
        let said = ls.connection.apply(&mut Server::default()).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn a_transcript_is_for_its_owner_and_keeps_lines_whole() {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("T");
    std::fs::write(&path, "what was there").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let line = format!("ftpane --transcript {}", path.display());
    let connection = parse(&line).unwrap().connection;
    let mut first = connection.transcript().unwrap().unwrap();
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(path.metadata().unwrap().len(), 0);
    let mut second = File::options().append(true).open(&path).unwrap();
    first.write_all(b"one\n").unwrap();
    second.write_all(b"other\n").unwrap();
    first.write_all(b"two\n").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"one\nother\ntwo\n");
    assert!(
        parse("ftpane --transcript /dev/null")
            .unwrap()
            .connection
            .transcript()
            .is_ok()
    );
}
