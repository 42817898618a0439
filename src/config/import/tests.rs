mod files;
mod forms;

use std::path::PathBuf;

use super::winscp::tests::obscure;
use super::*;
use crate::model::clock::ClockOffset;
use crate::model::server::{ConnectionMode, PassiveAddress, Protocol, TlsVersion};

fn fixture(name: &str) -> PathBuf {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/fixtures/import").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(fixture(name)).unwrap()
}

/// What is taken, as a table: name, group, URL, document path, whether there is a password.
fn rows(found: &Found) -> Vec<(&str, &str, String, &str, Option<&str>)> {
    let row = |taken: &'_ Taken| taken.secret.is_some();
    found
        .taken
        .iter()
        .map(|taken| {
            assert_eq!(row(taken), taken.server.password == PasswordSource::Store);
            let Server {
                name,
                group,
                document_path,
                ..
            } = &taken.server;
            let secret = taken.secret.as_ref().map(Secret::reveal);
            (
                name.as_str(),
                group.as_str(),
                taken.server.url(),
                document_path.as_str(),
                secret,
            )
        })
        .collect()
}

fn left(found: &Found) -> Vec<&str> {
    found.left.iter().map(|left| left.name.as_str()).collect()
}

fn taken<'a>(found: &'a Found, name: &str) -> &'a Taken {
    found
        .taken
        .iter()
        .find(|taken| taken.server.name == name)
        .unwrap()
}

#[track_caller]
fn says(taken: &Taken, part: &str) {
    assert!(
        taken.remarks.iter().any(|remark| remark.contains(part)),
        "{:?}",
        taken.remarks
    );
}

#[test]
fn filezilla() {
    let found = load(Format::FileZilla, &fixture("sitemanager.xml")).unwrap();
    assert_eq!(
        rows(&found),
        [
            (
                "web: live/prod",
                "Customers/Müller & Söhne",
                "ftpes://anna%40mueller@ftp.mueller.example:2121".to_owned(),
                "/var/www/a ü b",
                Some("pä ss:=?")
            ),
            ("locked", "Customers", "ftps://carl@10.0.0.5".into(), "", None),
            ("public mirror", "", "ftpes://ftp.example.org".into(), "", None),
            ("public mirror", "", "ftp://me@[2001:db8::1]".into(), "", None),
        ]
    );
    assert_eq!(left(&found), ["by ssh", "cloud"]);
    let web = &found.taken[0];
    assert_eq!(web.server.mode, ConnectionMode::Active);
    assert_eq!(
        (web.server.connections, web.server.charset.name()),
        (2, "windows-1252")
    );
    assert_eq!(web.server.clock_offset, ClockOffset::from_minutes(120));
    assert_eq!(web.server.after_login, ["SITE UMASK 022"]);
    assert_eq!(web.server.note, "first line second line");
    assert_eq!(web.server.start_folder.as_deref(), Some("/srv/mueller".as_ref()));
    for part in [
        "TYPE would change",
        "becomes the document path",
        "bookmarks",
        "synchronised",
    ] {
        says(web, part);
    }
    says(&found.taken[1], "master password");
    says(&found.taken[2], "the login is refused where the server cannot");
    assert_eq!(found.taken[3].server.password, PasswordSource::Challenge);
}

#[test]
fn hostile_xml_is_refused_with_its_line() {
    let wrap = |inner: &str| format!("<FileZilla3>\n<Servers>{inner}</Servers>\n</FileZilla3>");
    let deep = |n: usize| {
        format!(
            "{}<Server><Name>x</Name></Server>{}",
            "<Folder>".repeat(n),
            "</Folder>".repeat(n)
        )
    };
    for (text, line, part) in [
        ("<FileZilla3>\n<Servers>\n</Server>".to_owned(), 3, "no sound XML"),
        ("<other/>".to_owned(), 1, "no sitemanager.xml"),
        ("<FileZilla3/>".to_owned(), 1, "no sitemanager.xml"),
        (
            format!(
                "<?xml version='1.0'?>\n<!DOCTYPE a [<!ENTITY b \"{}\">]>{}",
                "c".repeat(99),
                wrap("&b;")
            ),
            1,
            "DTD",
        ),
        ("\u{1}".to_owned(), 1, "no sound XML"),
    ] {
        let mistake = read(Format::FileZilla, &text, "f").unwrap_err();
        assert!(mistake.why.contains(part), "{mistake}");
        assert_eq!(mistake.line, line, "{mistake}");
    }
    let found = read(Format::FileZilla, &wrap(&deep(200_000)), "f").unwrap();
    assert!(found.taken.is_empty() && found.remarks[0].contains("32 folders deep"));
    let found = read(Format::FileZilla, &wrap(&deep(32)), "f").unwrap();
    assert_eq!(found.taken.len(), 1);
    let many = wrap(&"<Server/>".repeat(MOST + 1));
    assert!(
        read(Format::FileZilla, &many, "f")
            .unwrap_err()
            .why
            .contains("more than")
    );
}

#[test]
fn winscp() {
    let password = obscure("s3cret", "annaftp.example.org", 5);
    let other = obscure("s3cret", "someone elsewhere", 5);
    let ini = format!(
        "\u{feff}[Configuration\\Interface]\r\nX=1\r\n\
         [Sessions\\Default%20Settings]\r\nFSProtocol=5\r\n\
         [Sessions\\Customers/M%C3%BCller/web%3Aold]\r\nHostName=ftp.example.org\r\nPortNumber=21\r\n\
         UserName=anna\r\nPassword={password}\r\nFSProtocol=5\r\nFtps=3\r\nFtpPasvMode=0\r\n\
         RemoteDirectory=/srv/a%20b/\r\nLocalDirectory=C:%5CProjects\r\nNote=two%0D%0Alines\r\n\
         FtpForcePasvIp2=1\r\nMinTlsVersion=13\r\nPostLoginCommands=NOOP%0D%0AQUIT\r\n\
         ProxyMethod=2\r\nProxyHost=p.example\r\nProxyPort=1080\r\nProxyUsername=me\r\nProxyPassword=A3\r\n\
         [Sessions\\moved]\r\nHostName=h\r\nUserName=anna\r\nPassword={other}\r\nFSProtocol=5\r\nFtps=1\r\n\
         FtpPingType=0\r\nMinTlsVersion=10\r\nUtf=0\r\nFtpForcePasvIp2=0\r\n\
         [Sessions\\%EF%BB%BFshell]\r\nHostName=h\r\n\
         [Sessions\\dav]\r\nHostName=h\r\nFSProtocol=6\r\n"
    );
    let found = read(Format::WinScp, &ini, "WinSCP.ini").unwrap();
    assert_eq!(
        rows(&found),
        [
            (
                "web:old",
                "Customers/Müller",
                "ftpes://anna@ftp.example.org".to_owned(),
                "/srv/a b",
                Some("s3cret")
            ),
            ("moved", "", "ftps://anna@h".into(), "", None),
        ]
    );
    assert_eq!(left(&found), ["shell", "dav"]);
    let web = taken(&found, "web:old");
    assert_eq!(
        (web.server.mode, web.server.tls_min),
        (ConnectionMode::Active, TlsVersion::V1_3)
    );
    assert_eq!(web.server.passive_address, PassiveAddress::Server);
    assert_eq!(
        (web.server.note.as_str(), web.server.after_login[0].as_str()),
        ("two lines", "NOOP")
    );
    assert_eq!(
        web.server.proxy.as_ref().unwrap().to_string(),
        "socks5://me@p.example:1080"
    );
    for part in ["QUIT would end", "another machine", "proxy's password"] {
        says(web, part);
    }
    let moved = taken(&found, "moved");
    assert_eq!(
        (moved.server.keep_alive, moved.server.tls_min),
        (0, TlsVersion::V1_2)
    );
    assert_eq!(moved.server.passive_address, PassiveAddress::Control);
    for part in ["password cannot be read", "TLS older than 1.2", "character set"] {
        says(moved, part);
    }

    let master = ini.replace("X=1", "X=1\r\n[Configuration\\Security]\r\nUseMasterPassword=1");
    let found = read(Format::WinScp, &master, "WinSCP.ini").unwrap();
    assert_eq!(found.secrets(), 0);
    assert!(found.remarks[0].contains("master password"));
    let mistake = read(Format::WinScp, "[other]\na=1", "f").unwrap_err();
    assert!(mistake.why.contains("no WinSCP.ini"), "{mistake}");
}

#[test]
fn lftp() {
    let found = lftp::read(&text("lftp-bookmarks"), &text("lftp-rc"));
    assert_eq!(
        rows(&found),
        [
            (
                "web",
                "",
                "ftpes://anna@ftp.example.org".to_owned(),
                "~/www",
                Some("s3cret pw")
            ),
            ("root", "", "ftps://carl@h.example:9990".into(), "/srv", None),
            ("mirror", "", "ftp://ftp.gnu.org".into(), "~/gnu", None),
            ("home", "", "ftpes://me@other.example".into(), "~/x", None),
        ]
    );
    assert_eq!(found.left.len(), 1);
    assert!(
        found.left[0].why.starts_with("line 5: 'sftp://' is not spoken"),
        "{:?}",
        found.left
    );
    let modes: Vec<_> = found.taken.iter().map(|taken| taken.server.mode).collect();
    let (active, passive) = (ConnectionMode::Active, ConnectionMode::Passive);
    assert_eq!(modes, [passive, active, active, active]);
    assert_eq!(taken(&found, "home").server.charset.name(), "windows-1252");
    assert_eq!(taken(&found, "root").server.port_range, Some((50_000, 50_100)));
    says(taken(&found, "web"), "goes on in clear");
    says(taken(&found, "web"), "did not verify");
    assert!(
        !taken(&found, "home")
            .remarks
            .iter()
            .any(|r| r.contains("in clear"))
    );
    let clear = lftp::read("a ftp://me@h/", "set ftp:ssl-allow no");
    assert_eq!(clear.taken[0].server.protocol, Protocol::Ftp);
}

#[test]
fn termscp() {
    let found = load(Format::Termscp, &fixture("bookmarks.toml")).unwrap();
    assert_eq!(
        rows(&found),
        [
            ("a/b: old", "", "ftp://10.0.0.5:2121".to_owned(), "", None),
            ("web", "", "ftpes://anna@ftp.example.org".into(), "/srv/www", None),
        ]
    );
    assert_eq!(left(&found), ["bucket", "shell"]);
    says(taken(&found, "web"), "key of termscp's own");
    assert_eq!(
        taken(&found, "web").server.start_folder.as_deref(),
        Some("/home/anna/www".as_ref())
    );
    assert!(found.remarks[0].contains("recent"));
    let mistake = read(Format::Termscp, "\nx = [", "f").unwrap_err();
    assert_eq!(mistake.line, 2);
    assert!(
        read(Format::Termscp, "[other]", "f")
            .unwrap_err()
            .why
            .contains("termscp")
    );
}

#[test]
fn rclone() {
    let found = load(Format::Rclone, &fixture("rclone.conf")).unwrap();
    assert_eq!(
        rows(&found),
        [
            (
                "web server",
                "",
                "ftpes://anna@ftp.example.org:2121".to_owned(),
                "",
                Some("potato")
            ),
            ("plain", "", "ftp://10.0.0.5".into(), "", None),
            ("implicit", "", "ftps://carl@h.example:21".into(), "", None),
        ]
    );
    assert_eq!(left(&found), ["drive"]);
    assert_eq!(taken(&found, "web server").server.connections, 3);
    says(taken(&found, "web server"), "did not verify");
    says(taken(&found, "plain"), "the user of the machine");
    let implicit = taken(&found, "implicit");
    says(implicit, "password cannot be read");
    says(implicit, "proxy's password");
    assert_eq!(
        implicit.server.proxy.as_ref().unwrap().to_string(),
        "socks5://me@proxy.example:1080"
    );
    let encrypted = "# Encrypted rclone configuration File\n\nRCLONE_ENCRYPT_V0:\nabc=";
    assert!(
        read(Format::Rclone, encrypted, "f")
            .unwrap_err()
            .why
            .contains("encrypted")
    );
}

#[test]
fn ncftp() {
    let found = load(Format::Ncftp, &fixture("ncftp-bookmarks")).unwrap();
    assert_eq!(
        rows(&found),
        [
            ("gnu", "", "ftp://ftp.gnu.org".to_owned(), "~/gnu/emacs", None),
            (
                "work",
                "",
                "ftp://anna@ftp.example.org:2121".into(),
                "/srv",
                Some("s3cret,pass")
            ),
            ("clear", "", "ftp://me@h.example".into(), "", Some("p,w")),
        ]
    );
    let work = &taken(&found, "work").server;
    assert_eq!(
        (work.note.as_str(), work.account.as_str()),
        ("old, but good", "dept 7")
    );
    assert_eq!(work.mode, ConnectionMode::Active);
    assert_eq!(work.start_folder.as_deref(), Some("/home/anna".as_ref()));
    for (bad, part) in [
        ("x", "no bookmarks file"),
        ("NcFTP bookmark-file version: 9", "version 9"),
    ] {
        assert!(read(Format::Ncftp, bad, "f").unwrap_err().why.contains(part));
    }
}

#[test]
fn netrc() {
    let text = "machine h.example login anna password s3cret account dept\nmacdef init\ncd pub\n\n\
        machine other\ndefault login x password y";
    let found = netrc::read(text, true);
    let sources: Vec<_> = found.taken.iter().map(|taken| &taken.server.password).collect();
    assert_eq!(sources, [&PasswordSource::Netrc, &PasswordSource::Ask]);
    assert!(
        found.taken.iter().all(|taken| taken.secret.is_none()),
        "it stays where it is"
    );
    assert_eq!(left(&found), ["default"]);
    assert_eq!(found.taken[0].server.account, "dept");
    says(&found.taken[0], "macros");
    // of another file nothing is looked up later
    let found = read(Format::Netrc, text, "f").unwrap();
    assert_eq!(
        rows(&found)[0],
        (
            "h.example",
            "",
            "ftpes://anna@h.example".to_owned(),
            "",
            Some("s3cret")
        )
    );
}

#[test]
fn what_is_exported_comes_back_without_what_is_private() {
    let web = Server {
        name: "web".into(),
        host: "h".into(),
        group: "G".into(),
        read_only: true,
        password: PasswordSource::Command("pass show web".into()),
        account: "dept".into(),
        start_folder: Some("/home/anna".into()),
        client_certificate: Some("/c.pem".into()),
        pin: Some(crate::model::certificate::Pin([7; 32])),
        ..Server::default()
    };
    let text = crate::config::servers::export(std::slice::from_ref(&web)).unwrap();
    for private in ["pass show", "dept", "anna", "c.pem"] {
        assert!(!text.contains(private), "{text}");
    }
    let found = read(Format::Own, &text, "f").unwrap();
    let shared = Server {
        password: PasswordSource::Ask,
        account: String::new(),
        start_folder: None,
        client_certificate: None,
        ..web
    };
    assert_eq!(found.taken[0].server, shared);
    says(&found.taken[0], "it is believed: sha256:0707");
}

#[test]
fn no_command_of_somebody_else_is_taken() {
    let text = "[[server]]\nname = 'a'\nhost = 'h'\npassword = { command = 'rm -rf ~' }\n\
        proxy-password = { environment = 'SECRET' }\nafter-login = ['DELE x']\nweak-tls = true\n\
        proxy = 'socks5://p.example'\n[[server]]\nname = 'b'\nhost = 'h'\npassword = 'store'\n";
    let found = read(Format::Own, text, "f").unwrap();
    for taken in &found.taken {
        assert_eq!(taken.server.password, PasswordSource::Ask);
        assert_eq!(taken.server.proxy_password, PasswordSource::Ask);
    }
    for part in [
        "a command",
        "a variable",
        "sent: DELE x",
        "through socks5://p.example",
        "weak TLS",
    ] {
        says(&found.taken[0], part);
    }
    assert!(found.taken[1].remarks.is_empty());
    let mistake = read(Format::Own, "\n[[server]]\nname = 'a'\nhost = 'h'\nprot = 3", "f").unwrap_err();
    assert_eq!(
        mistake.to_string(),
        "f, line 5: there is no field 'prot'; did you mean 'port'?"
    );
    let mistake = read(Format::Own, "[[server]]\nname = 'a'\n\nhost = 'a b'", "f").unwrap_err();
    assert!(
        mistake
            .to_string()
            .starts_with("f, line 4: server 'a', field host: "),
        "{mistake}"
    );
}

#[test]
fn a_file_that_is_not_there_or_not_text_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    assert!(
        load(Format::Rclone, &path)
            .unwrap_err()
            .why
            .contains("no such file")
    );
    std::fs::write(&path, b"[a]\nhost=\xff\n").unwrap();
    assert!(
        load(Format::Rclone, &path)
            .unwrap_err()
            .why
            .contains("neither UTF-8")
    );
}

#[test]
fn rclone_as_rclone_takes_it() {
    let remote = |options: &str| {
        let text = format!("[a]\ntype = ftp\nhost = h\nuser = u\n{options}\n");
        read(Format::Rclone, &text, "f").unwrap()
    };
    // the port is 21 unless it is written, whatever the TLS
    assert_eq!(remote("tls = true").taken[0].server.url(), "ftps://u@h:21");
    assert_eq!(
        remote("tls = true\nport = 990").taken[0].server.url(),
        "ftps://u@h"
    );
    let explicit = remote("explicit_tls = true\ndisable_tls13 = true");
    assert_eq!(explicit.taken[0].server.url(), "ftpes://u@h");
    assert_eq!(explicit.taken[0].server.tls_max, TlsVersion::V1_2);
    let both = remote("tls = true\nexplicit_tls = true");
    assert!(both.left[0].why.contains("both on"), "{:?}", both.left);
}
