mod tls;

use super::*;
use crate::model::certificate::Pin;
use crate::model::clock::ClockOffset;
use crate::model::server::{ConnectionMode, PasswordSource, TlsVersion};

fn press(form: &mut Form, keys: &str) -> Outcome {
    keys.split_whitespace()
        .map(|key| form.press(key.parse().unwrap()))
        .last()
        .unwrap()
}

fn type_in(form: &mut Form, text: &str) {
    for c in text.chars() {
        assert_eq!(form.press(Key::char(c)), Outcome::Stays);
    }
}

fn at(form: &mut Form, field: Field) {
    for _ in 0..Field::ALL.len() {
        if form.focus() == field {
            return;
        }
        press(form, "tab");
    }
    panic!("{field:?} is not in the form");
}

fn shows(form: &Form, field: Field) -> bool {
    form.rows().iter().any(|r| r.field == field)
}

fn fault(form: &Form, field: Field) -> Option<String> {
    form.rows().into_iter().find(|r| r.field == field)?.fault
}

fn saved(form: &mut Form) -> Server {
    match press(form, "enter") {
        Outcome::Save(server) => *server,
        other => panic!("{other:?}: {:?}", form.remark()),
    }
}

#[test]
fn a_new_server_needs_a_name_and_a_host_only() {
    let mut form = Form::new(None, &[]);
    assert!(
        form.rows().iter().all(|r| r.fault.is_none()),
        "nothing is blamed at first"
    );
    assert_eq!(press(&mut form, "enter"), Outcome::Stays);
    assert_eq!(form.focus(), Field::Name);
    assert!(form.remark().unwrap().contains("Name"));
    assert!(fault(&form, Field::Host).is_some());
    type_in(&mut form, "web");
    assert_eq!(press(&mut form, "enter"), Outcome::Stays);
    assert_eq!(form.focus(), Field::Host);
    type_in(&mut form, "ftp.example.org");
    assert_eq!(
        saved(&mut form),
        Server {
            name: "web".into(),
            host: "ftp.example.org".into(),
            ..Server::default()
        }
    );
}

#[test]
fn an_existing_server_comes_back_unchanged() {
    let server = Server {
        name: "full".into(),
        group: "g".into(),
        note: "n".into(),
        protocol: Protocol::FtpsImplicit,
        host: "::1".into(),
        port: Some(990),
        document_path: "~/www".into(),
        explore_depth: Some(3),
        read_only: true,
        in_place: true,
        user: "u".into(),
        password: PasswordSource::Command("pass show x".into()),
        mode: ConnectionMode::Auto,
        external_ip: Some("10.1.2.3".parse().unwrap()),
        port_range: Some((50_000, 50_001)),
        tls_min: TlsVersion::V1_0,
        tls_max: TlsVersion::V1_2,
        weak_tls: true,
        pin: Some(Pin([3; 32])),
        ca_file: Some("/ca.pem".into()),
        client_certificate: Some("/me.pem".into()),
        client_key: Some("/me.key".into()),
        connections: 9,
        keep_alive: 0,
        start_folder: Some("/srv".into()),
        clock_offset: ClockOffset::from_minutes(-330),
        charset: "windows-1251".parse().unwrap(),
        account: "dept 7".into(),
        after_login: vec!["SITE UMASK 022".into(), "CWD /in".into()],
        proxy: "socks5://me@proxy:1081".parse().ok(),
        proxy_password: PasswordSource::Environment("P".into()),
        ..Server::default()
    };
    let mut form = Form::new(Some(&server), &["full".into(), "other".into()]);
    assert_eq!(saved(&mut form), server);
    assert!(!form.is_changed());
    assert_eq!(press(&mut form, "esc"), Outcome::Cancel);
}

#[test]
fn a_proxy_and_commands_are_judged_as_they_are_typed() {
    let mut form = Form::new(None, &[]);
    at(&mut form, Field::AfterLogin);
    type_in(&mut form, "SITE UMASK 022;; PROT C;");
    assert!(fault(&form, Field::AfterLogin).unwrap().contains("PROT"));
    press(&mut form, "ctrl-u");
    type_in(&mut form, " CWD /a b ;NOOP");
    assert_eq!(form.server().after_login, ["CWD /a b", "NOOP"]);
    at(&mut form, Field::Proxy);
    type_in(&mut form, "http://proxy");
    assert!(fault(&form, Field::Proxy).unwrap().contains("port"));
    type_in(&mut form, ":3128");
    assert_eq!(fault(&form, Field::Proxy), None);
    assert!(!shows(&form, Field::ProxyPassword), "no user, no password");
    press(&mut form, "ctrl-u");
    type_in(&mut form, "socks5://me@proxy");
    at(&mut form, Field::ProxyPassword);
    press(&mut form, "space space");
    assert!(shows(&form, Field::ProxyCommand));
    press(&mut form, "space");
    assert_eq!(form.server().proxy_password, PasswordSource::Ask);
    at(&mut form, Field::Mode);
    press(&mut form, "space");
    assert!(fault(&form, Field::Proxy).unwrap().contains("active mode"));
    assert_eq!(press(&mut form, "enter"), Outcome::Stays);
}

#[test]
fn the_port_follows_the_protocol_until_it_is_typed() {
    let mut form = Form::new(None, &[]);
    at(&mut form, Field::Protocol);
    press(&mut form, "space");
    assert_eq!(form.server().protocol, Protocol::FtpsImplicit);
    assert_eq!((form.server().port(), form.server().port), (990, None));
    press(&mut form, "left");
    assert_eq!(form.server().port(), 21);
    at(&mut form, Field::Port);
    press(&mut form, "ctrl-u 2 1 2 1");
    at(&mut form, Field::Protocol);
    press(&mut form, "right");
    assert_eq!(form.server().port, Some(2121));
    at(&mut form, Field::Port);
    press(&mut form, "ctrl-u");
    assert_eq!(form.server().port(), 990);
    press(&mut form, "7 0 0 0 0");
    assert!(fault(&form, Field::Port).unwrap().contains("65535"));
}

#[test]
fn fields_that_do_not_apply_are_not_shown() {
    let mut form = Form::new(None, &[]);
    let hidden = [
        Field::Variable,
        Field::Command,
        Field::ExternalIp,
        Field::PortRange,
        Field::Pin,
    ];
    assert!(hidden.iter().all(|f| !shows(&form, *f)));
    at(&mut form, Field::Mode);
    press(&mut form, "space");
    assert!(shows(&form, Field::ExternalIp) && shows(&form, Field::PortRange));
    assert!(!shows(&form, Field::PassiveAddress));
    press(&mut form, "space");
    assert!(shows(&form, Field::ExternalIp) && shows(&form, Field::PassiveAddress));
    at(&mut form, Field::Password);
    assert!(!shows(&form, Field::Secret));
    press(&mut form, "space");
    assert!(shows(&form, Field::Secret));
    press(&mut form, "space space");
    assert!(shows(&form, Field::Variable) && !shows(&form, Field::Command) && !shows(&form, Field::Secret));
    at(&mut form, Field::Protocol);
    press(&mut form, "left");
    assert_eq!(form.server().protocol, Protocol::Ftp);
    assert!(!shows(&form, Field::TlsBackend) && !shows(&form, Field::TlsMin));
}

#[test]
fn what_is_wrong_in_a_hidden_field_hinders_nobody() {
    let mut form = Form::new(None, &[]);
    form.paste("ftpes://h/");
    at(&mut form, Field::Mode);
    press(&mut form, "space");
    at(&mut form, Field::ExternalIp);
    type_in(&mut form, "nonsense");
    assert!(fault(&form, Field::ExternalIp).is_some());
    assert_eq!(press(&mut form, "enter"), Outcome::Stays);
    at(&mut form, Field::Mode);
    press(&mut form, "left");
    assert_eq!(saved(&mut form).external_ip, None);
}

#[test]
fn a_url_fills_the_form() {
    let url = "ftps://me%40work:s3cret@[2001:db8::1]:9990/~/www/";
    for field in [Field::Name, Field::Host] {
        for typed in [false, true] {
            let mut form = Form::new(None, &[]);
            at(&mut form, field);
            if typed {
                type_in(&mut form, url);
                press(&mut form, "tab");
            } else {
                form.paste(url);
            }
            assert!(form.remark().is_some_and(|r| r.contains("password will be kept")));
            assert_eq!(form.secret(), Some(Secret::new("s3cret")));
            let server = form.server();
            assert_eq!(server.name, "2001-db8--1");
            assert_eq!(server.protocol, Protocol::FtpsImplicit);
            assert_eq!((server.host.as_str(), server.port), ("2001:db8::1", Some(9990)));
            assert_eq!(
                (server.user.as_str(), server.document_path.as_str()),
                ("me@work", "~/www")
            );
            assert_eq!(server.password, PasswordSource::Store);
            assert!(!format!("{server:?} {form:?}").contains("s3cret"));
            // asked for after all: then it is kept nowhere
            at(&mut form, Field::Password);
            press(&mut form, "left");
            assert_eq!(
                (form.server().password, form.secret()),
                (PasswordSource::Ask, None)
            );
        }
    }
    let mut form = Form::new(None, &[]);
    form.paste("sftp://h/");
    assert!(form.remark().is_some_and(|r| r.contains("ftpes://")));
}

#[test]
fn a_kept_password_is_typed_masked_and_empty_leaves_it() {
    let kept = Server {
        name: "web".into(),
        host: "h".into(),
        password: PasswordSource::Store,
        ..Server::default()
    };
    let mut form = Form::new(Some(&kept), &[]);
    assert_eq!((form.secret(), form.is_changed()), (None, false));
    at(&mut form, Field::Secret);
    form.paste(" two words ");
    assert!(form.is_changed());
    assert_eq!(form.secret(), Some(Secret::new(" two words ")), "spaces count");
    assert!(!format!("{form:?}").contains("words"));
    assert_eq!(saved(&mut form), kept);
    press(&mut form, "ctrl-u");
    assert_eq!(form.secret(), None);
}

#[test]
fn the_last_field_is_one_key_away_and_all_are_kept() {
    let mut form = Form::new(None, &[]);
    press(&mut form, "pagedown");
    assert_eq!(form.focus(), Field::Proxy);
    type_in(&mut form, "socks5://me@h");
    press(&mut form, "pageup pagedown");
    assert_eq!(form.focus(), Field::ProxyPassword, "the one that has come since");
    press(&mut form, "pageup");
    assert_eq!(form.focus(), Field::Name);
}

#[test]
fn a_url_in_other_bytes_needs_its_character_set() {
    let mut form = Form::new(None, &[]);
    form.paste("ftp://h/caf%e9");
    assert!(form.remark().unwrap().contains("character set"));
    assert_eq!(form.server().protocol, Protocol::FtpsExplicit, "nothing is taken");
    at(&mut form, Field::Charset);
    type_in(&mut form, "latin1");
    at(&mut form, Field::Host);
    press(&mut form, "ctrl-u");
    form.paste("ftp://h/caf%e9");
    assert_eq!(form.server().document_path, "/caf\u{e9}");
}

#[test]
fn files_of_this_machine_are_written_whole() {
    let mut form = Form::new(None, &[]);
    form.paste("ftpes://h");
    for field in [Field::StartFolder, Field::CaFile, Field::ClientCertificate] {
        at(&mut form, field);
        type_in(&mut form, "~/x");
        assert!(fault(&form, field).unwrap().contains("whole path"), "{field:?}");
        press(&mut form, "ctrl-u");
        type_in(&mut form, "/x");
        assert_eq!(fault(&form, field), None, "{field:?}");
    }
    assert_eq!(form.server().ca_file, Some("/x".into()));
}

#[test]
fn names_must_be_free() {
    let mut form = Form::new(None, &["web".into()]);
    type_in(&mut form, "web");
    assert!(fault(&form, Field::Name).unwrap().contains("another server"));
    type_in(&mut form, ":");
    assert!(fault(&form, Field::Name).unwrap().contains("':'"));
    let original = Server {
        name: "web".into(),
        host: "h".into(),
        ..Server::default()
    };
    let mut copy = Form::copy_of(&original, &["web".into(), "web 2".into()]);
    assert_eq!(copy.existing(), None);
    assert_eq!(saved(&mut copy).name, "web 3");
}

#[test]
fn escape_asks_before_it_throws_away() {
    let mut form = Form::new(None, &[]);
    type_in(&mut form, "x");
    assert_eq!(press(&mut form, "esc"), Outcome::Stays);
    assert!(form.remark().is_some());
    type_in(&mut form, "y");
    assert_eq!(press(&mut form, "esc"), Outcome::Stays);
    assert_eq!(press(&mut form, "esc"), Outcome::Cancel);
}

#[test]
fn a_pin_can_be_forgotten() {
    let server = Server {
        name: "web".into(),
        host: "h".into(),
        pin: Some(Pin([1; 32])),
        ..Server::default()
    };
    let mut form = Form::new(Some(&server), &[]);
    at(&mut form, Field::Pin);
    press(&mut form, "space");
    assert!(shows(&form, Field::Pin), "it can be switched on again");
    assert_eq!(saved(&mut form).pin, None);
}

#[test]
fn the_note_has_this_servers_numbers() {
    let mut form = Form::new(None, &[]);
    at(&mut form, Field::Mode);
    press(&mut form, "space");
    let note = form.note();
    assert!(note.paragraphs.iter().any(|p| p.contains("NAT router")));
    assert!(
        note.directions
            .iter()
            .any(|(d, _)| d == "server:20 -> client:>1023")
    );
    at(&mut form, Field::PortRange);
    type_in(&mut form, "50000-50010");
    assert!(
        form.note()
            .directions
            .iter()
            .any(|(d, _)| d == "server:20 -> client:50000-50010")
    );
    at(&mut form, Field::ExternalIp);
    type_in(&mut form, "192.0.2.1");
    at(&mut form, Field::Mode);
    assert!(!form.note().paragraphs.iter().any(|p| p.contains("NAT router")));
}

#[test]
fn every_field_has_a_note_and_its_choices_fit() {
    let draft = Draft::new(&Server::default());
    for &field in Field::ALL {
        assert!(!note::of(field, &draft).paragraphs.is_empty(), "{field:?}");
        if let Control::Choice(words) = field.control() {
            let mut turned = draft.clone();
            for n in 1..=words.len() {
                turned.turn(field, true);
                assert_eq!(turned.chosen(field), n % words.len(), "{field:?}");
            }
            assert_eq!(turned.server(), draft.server());
        }
    }
}

#[test]
fn levels_are_asked_for_only_where_sub_folders_are_on() {
    let mut form = Form::new(None, &[]);
    form.paste("ftpes://ftp.example.org");
    assert!(shows(&form, Field::SubFolders) && shows(&form, Field::Levels));
    assert_eq!(form.server().explore_depth, None);
    at(&mut form, Field::Levels);
    press(&mut form, "2");
    assert_eq!(form.server().explore_depth, Some(2));
    press(&mut form, "backtab space");
    assert_eq!(form.focus(), Field::SubFolders);
    assert!(!shows(&form, Field::Levels));
    assert_eq!(saved(&mut form).explore_depth, Some(0));
    // off and on again: the number is still there
    press(&mut form, "space tab backspace 0");
    assert!(
        fault(&form, Field::Levels)
            .unwrap()
            .contains("switch Sub-folders off")
    );
    assert_eq!(press(&mut form, "enter"), Outcome::Stays);
    press(&mut form, "backspace x");
    assert!(fault(&form, Field::Levels).is_some());
    press(&mut form, "backspace");
    assert_eq!(saved(&mut form).explore_depth, None);
    let off = Server {
        explore_depth: Some(0),
        ..form.server()
    };
    let mut again = Form::new(Some(&off), &[]);
    assert!(!shows(&again, Field::Levels));
    assert_eq!(saved(&mut again), off);
}

#[test]
fn a_clock_offset_is_hours_and_minutes_or_measured() {
    let mut form = Form::new(None, &[]);
    at(&mut form, Field::ClockOffset);
    for (text, minutes) in [
        ("+2", Some(120)),
        ("-5:30", Some(-330)),
        ("0", Some(0)),
        ("", None),
    ] {
        press(&mut form, "ctrl-u");
        type_in(&mut form, text);
        assert_eq!(fault(&form, Field::ClockOffset), None, "{text}");
        assert_eq!(
            form.server().clock_offset.map(ClockOffset::minutes),
            minutes,
            "{text}"
        );
    }
    for text in ["+15", "2 h", "+2:60"] {
        press(&mut form, "ctrl-u");
        type_in(&mut form, text);
        assert!(
            fault(&form, Field::ClockOffset).unwrap().contains("+14:00"),
            "{text}"
        );
        assert_eq!(form.server().clock_offset, None, "{text}");
    }
}

#[test]
fn keep_alive_is_seconds_or_never() {
    let mut form = Form::new(None, &[]);
    assert_eq!(form.server().keep_alive, 30);
    at(&mut form, Field::KeepAlive);
    for (text, seconds) in [("0", 0), ("120", 120), ("3600", 3600)] {
        press(&mut form, "ctrl-u");
        type_in(&mut form, text);
        assert_eq!(fault(&form, Field::KeepAlive), None, "{text}");
        assert_eq!(form.server().keep_alive, seconds);
    }
    for text in ["", "3601", "70000", "-1", "30 s", "never"] {
        press(&mut form, "ctrl-u");
        type_in(&mut form, text);
        let says = fault(&form, Field::KeepAlive).unwrap();
        assert!(says.contains("0 for never"), "{text}: {says}");
    }
}

#[test]
fn a_character_set_is_known_or_faulted() {
    let mut form = Form::new(None, &[]);
    at(&mut form, Field::Charset);
    for (text, name) in [
        ("latin1", "windows-1252"),
        ("CP1251", "windows-1251"),
        ("", "UTF-8"),
    ] {
        press(&mut form, "ctrl-u");
        type_in(&mut form, text);
        assert_eq!(fault(&form, Field::Charset), None, "{text}");
        assert_eq!(form.server().charset.name(), name);
    }
    for text in ["latine1", "cp437", "utf-16"] {
        press(&mut form, "ctrl-u");
        type_in(&mut form, text);
        assert!(fault(&form, Field::Charset).is_some(), "{text}");
        assert!(form.server().charset.is_utf8());
    }
}
