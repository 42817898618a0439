use super::*;
use crate::model::clock::ClockOffset;
use crate::model::server::{ConnectionMode, PasswordSource, Protocol};

fn server(name: &str) -> Server {
    Server {
        name: name.into(),
        host: "ftp.example.org".into(),
        ..Server::default()
    }
}

fn file(content: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("servers.toml");
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn every_field_comes_back() {
    let (_folder, path) = file("");
    let full = Server {
        group: "customers".into(),
        note: "a \"note\" with = and #".into(),
        protocol: Protocol::FtpsImplicit,
        port: Some(9990),
        document_path: "~/www".into(),
        explore_depth: Some(2),
        read_only: true,
        in_place: true,
        user: "anna".into(),
        password: PasswordSource::Command("pass show 'ftp/web'".into()),
        mode: ConnectionMode::Auto,
        external_ip: Some("2001:db8::1".parse().unwrap()),
        port_range: Some((50_000, 50_100)),
        pin: Some(Pin([7; 32])),
        connections: 2,
        keep_alive: 45,
        verify: true,
        keep_times: false,
        keep_permissions: true,
        start_folder: Some("/srv/a b".into()),
        ca_file: Some("/etc/ca.pem".into()),
        clock_offset: ClockOffset::from_minutes(-330),
        charset: "Shift_JIS".parse().unwrap(),
        account: "dept 7".into(),
        after_login: vec!["SITE UMASK 022".into()],
        proxy: "http://me@[::1]:3128".parse().ok(),
        proxy_password: PasswordSource::Environment("P".into()),
        ..server("full")
    };
    let mut servers = Servers::load(&path).unwrap();
    servers.add(server("plain")).unwrap();
    servers.add(full.clone()).unwrap();
    let again = Servers::load(&path).unwrap();
    assert_eq!(again.list(), [server("plain"), full]);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("[[server]]\nname = \"plain\"\nprotocol = \"ftps-explicit\"\nhost"));
    assert!(text.contains("password = { command = "), "{text}");
    assert!(text.contains("clock-offset = -330"), "{text}");
    assert!(
        text.contains("proxy-password = { environment = \"P\" }"),
        "{text}"
    );
    assert!(text.contains("proxy = \"http://me@[::1]:3128\""), "{text}");
    assert_eq!(text.matches("clock-offset").count(), 1, "{text}");
    assert_eq!(text.matches("charset = \"Shift_JIS\"").count(), 1, "{text}");
    assert_eq!(text.matches("charset").count(), 1, "{text}");
    assert!(!text.contains("tls-min"), "defaults are not written: {text}");
}

#[test]
fn names_are_unique_and_changes_are_by_name() {
    let (_folder, path) = file("");
    let mut servers = Servers::load(&path).unwrap();
    servers.add(server("a")).unwrap();
    servers.add(server("b")).unwrap();
    assert_eq!(servers.add(server("a")), Err(ServersError::Taken("a".into())));
    assert_eq!(
        servers.replace("a", server("b")),
        Err(ServersError::Taken("b".into()))
    );
    servers.replace("a", server("c")).unwrap();
    servers.remove("b").unwrap();
    assert_eq!(servers.remove("b"), Err(ServersError::Unknown("b".into())));
    assert_eq!(Servers::load(&path).unwrap().list(), [server("c")]);
}

#[test]
fn another_instance_loses_nothing() {
    let (_folder, path) = file("");
    let mut one = Servers::load(&path).unwrap();
    one.add(server("shared")).unwrap();
    let mut two = Servers::load(&path).unwrap();
    one.add(server("of one")).unwrap();
    two.add(server("of two")).unwrap();
    let names: Vec<_> = two.list().iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["shared", "of one", "of two"]);
    // the same server changed by both: the second is told, and a pin goes in all the same
    let mut noted = server("shared");
    noted.note = "by one".into();
    one.replace("shared", noted.clone()).unwrap();
    let mut moved = server("shared");
    moved.host = "elsewhere".into();
    assert_eq!(
        two.replace("shared", moved),
        Err(ServersError::Overtaken("shared".into()))
    );
    two.pin("shared", Some(Pin([1; 32]))).unwrap();
    noted.pin = Some(Pin([1; 32]));
    assert_eq!(two.find("shared"), Some(&noted));
    two.on_conflict("shared", Direction::Upload, Policy::Newer)
        .unwrap();
    let kept = two.find("shared").unwrap();
    assert_eq!(kept.on_conflict(Direction::Upload), Policy::Newer);
    assert_eq!(kept.on_conflict(Direction::Download), Policy::Ask);
    two.pin("shared", None).unwrap();
    assert_eq!(two.find("shared").unwrap().pin, None);
}

#[test]
fn comments_and_order_stay() {
    let before = "\
# my servers
[[server]]
host = \"h\" # the big one
name = \"a\"

# the other
[[server]]
name = \"b\"
host = \"h\"
";
    let (_folder, path) = file(before);
    let mut servers = Servers::load(&path).unwrap();
    let mut changed = servers.find("a").unwrap().clone();
    changed.host = "new".into();
    servers.replace("a", changed).unwrap();
    let after = std::fs::read_to_string(&path).unwrap();
    assert!(
        after.starts_with("# my servers\n[[server]]\nhost = \"new\" # the big one\nname = \"a\""),
        "{after}"
    );
    assert!(after.contains("# the other\n[[server]]\nname = \"b\""), "{after}");
}

#[test]
fn a_broken_file_is_told_by_line_and_never_touched() {
    for (content, line, words) in [
        ("[[server]]\nname = \"a\"\nhots = \"h\"\n", 3, "'host'?"),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\nmode = \"pasive\"\n",
            4,
            "'passive'?",
        ),
        ("[[servers]]\nname = \"a\"\n", 1, "'server'?"),
        ("[[server]]\nname = \"a\n", 2, ""),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\npin = \"x\"\n",
            4,
            "sha256:",
        ),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\nport = 70000\n",
            4,
            "port: `70000`, expected a number from 0 to 65535",
        ),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\nexternal-ip = \"1.2.3\"\n",
            4,
            "external-ip: expected an IPv4 or IPv6 address",
        ),
        (
            "[[server]]\nname = 3\n",
            2,
            "name: this is a number `3`, expected a text in quotation marks",
        ),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\ntls-min = 1.3\n",
            4,
            "tls-min: expected a text in quotation marks",
        ),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\nport-range = \"9\"\n",
            4,
            "expected two numbers in brackets",
        ),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\nafter-login = \"x\"\n",
            4,
            "this is a text \"x\", expected a list in brackets",
        ),
        ("server = 3\n", 1, "server: this is a number `3`, expected a list"),
        ("server = [3]\n", 1, "expected a table, [[server]]"),
        (
            "[[server]]\nname = \"a\"\nhost = \"h\"\nprotocol = \"sftp\"\n",
            4,
            "protocol: there is no 'sftp'; did you mean 'ftp'?",
        ),
    ] {
        let (_folder, path) = file(content);
        let error = Servers::load(&path).unwrap_err();
        let ServersError::Broken { line: at, why, .. } = &error else {
            panic!("{error}");
        };
        assert_eq!(*at, line, "{error}");
        assert!(why.contains(words), "{error}");
        assert!(Servers::unread(&path).add(server("new")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
    }
    let (_folder, path) = file("[[server]]\nname = \"a:b\"\nhost = \"h\"\n");
    let error = Servers::load(&path).unwrap_err().to_string();
    assert!(error.contains("'a:b'") && error.contains("field name"), "{error}");
}

#[test]
fn a_password_written_into_the_file_is_not_repeated() {
    for written in [
        "password = \"s3cret\"",
        "proxy-password = \"s3cret\"",
        "password = { clear = \"s3cret\" }",
        "password = { environment = [\"s3cret\"] }",
        "password = 's3cret",
        "password = s3cret",
        "password = s3cret with more",
        "password = 5333733",
    ] {
        let (_folder, path) = file(&format!("[[server]]\nname = \"a\"\nhost = \"h\"\n{written}\n"));
        let error = Servers::load(&path).unwrap_err();
        let said = format!("{error} {error:?} {}", Failure::from(error.clone()));
        assert!(!said.contains("3cret") && !said.contains("5333733"), "{said}");
        assert!(
            matches!(error, ServersError::Broken { line: 4, .. }),
            "{written}: {error}"
        );
    }
}

#[test]
fn an_invalid_server_is_not_saved() {
    let (_folder, path) = file("");
    let mut servers = Servers::load(&path).unwrap();
    assert!(servers.add(server("a/b")).is_err());
    assert!(servers.list().is_empty());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "");
}

#[test]
fn a_clock_offset_that_no_clock_has_is_refused_with_its_line() {
    let (_folder, path) = file("[[server]]\nname = \"a\"\nhost = \"h\"\nclock-offset = 900\n");
    match Servers::load(&path) {
        Err(ServersError::Broken { line, why, .. }) => {
            assert_eq!(line, 4);
            assert!(why.contains("-720 to 840"), "{why}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_character_set_nobody_knows_is_refused_with_its_line() {
    let (_folder, path) = file("[[server]]\nname = \"a\"\nhost = \"h\"\ncharset = \"latine1\"\n");
    match Servers::load(&path) {
        Err(ServersError::Broken { line, why, .. }) => {
            assert_eq!(line, 4);
            assert!(
                why.contains("did you mean 'latin1'?") && why.contains("KOI8-R"),
                "{why}"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_yes_to_writing_in_place_changes_nothing_else() {
    let (_folder, path) = file("# mine\n[[server]]\nname = \"a\"\nhost = \"h\"\n");
    let mut servers = Servers::load(path.clone()).unwrap();
    servers.in_place("a").unwrap();
    let text = std::fs::read_to_string(path).unwrap();
    assert_eq!(
        text,
        "# mine\n[[server]]\nname = \"a\"\nhost = \"h\"\nin-place = true\n"
    );
    assert!(servers.find("a").unwrap().in_place);
}
