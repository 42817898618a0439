//! Further forms of the same files, as the sources of the programs write and read them.

use super::*;

/// `libncftp` up to version 3.2: fields were put behind each other's, and `$` came with version 8.
#[test]
fn ncftp_of_every_version() {
    let read_entry = |version: u8, entry: &str| {
        let text = format!("NcFTP bookmark-file version: {version}\nNumber of bookmarks: ??\n{entry}\n");
        read(Format::Ncftp, &text, "f").unwrap().taken.remove(0)
    };
    let old = "old,ftp.example.org,anna,pa$41ss,,pub,A,2121,1259026516,1,1,0,1";
    for version in 3..=7 {
        let taken = read_entry(version, old);
        assert_eq!(taken.server.url(), "ftp://anna@ftp.example.org:2121");
        assert_eq!(taken.server.document_path, "~/pub");
        assert_eq!(taken.server.mode, ConnectionMode::Active);
        assert_eq!(taken.secret.as_ref().map(Secret::reveal), Some("pa$41ss"));
        says(&taken, "as text");
    }
    let taken = read_entry(
        8,
        "new,h,m$c3$bcller,,,/a\\,b\\$c/$c3$a9,I,21,0,1,1,1,1,,a $zz b,,,,,S,-1,",
    );
    assert_eq!(
        (taken.server.user.as_str(), taken.server.document_path.as_str()),
        ("müller", "/a,b$c/é")
    );
    assert_eq!(taken.server.note, "a b");
    // bytes of another character set are no text here
    let taken = read_entry(8, "latin,h,m$fcller,,,/caf$e9,I,21");
    assert_eq!(
        (taken.server.user.as_str(), taken.server.document_path.as_str()),
        ("", "")
    );
    says(&taken, "its user is no UTF-8");
    says(&taken, "its folder is no UTF-8");
    for version in ["2", "9", "x", ""] {
        let text = format!("NcFTP bookmark-file version: {version}\n");
        let mistake = read(Format::Ncftp, &text, "f").unwrap_err();
        assert!(mistake.why.contains("3 to 8"), "{mistake}");
    }
}

/// What lftp's `bookmark add NAME SITE` keeps is whatever stands there.
#[test]
fn sites_as_lftp_opens_them() {
    let found = lftp::read(
        "plain  ftp.example.org\n\
         path\tftp.example.org/pub\n\
         login -u anna,s3cret -p 2121 ftp.example.org/www\n\
         quoted -u \"anna b,pa ss\" ftps://h.example\n\
         absolute ftp://me@h.example/%2Fsrv/a%20b/\n\
         web http://h.example/\n\
         odd --frob h.example\n\
         none -u me\n\
         set ftp:passive-mode off\n\
         set net:connection-limit 2; set net:connection-limit/h.example 0\n",
        "set net:connection-limit 2; set net:connection-limit/h.example 0",
    );
    assert_eq!(
        rows(&found),
        [
            ("plain", "", "ftp://ftp.example.org".to_owned(), "", None),
            ("path", "", "ftp://ftp.example.org".into(), "~/pub", None),
            (
                "login",
                "",
                "ftpes://anna@ftp.example.org:2121".into(),
                "~/www",
                Some("s3cret")
            ),
            (
                "quoted",
                "",
                "ftps://anna%20b@h.example".into(),
                "",
                Some("pa ss")
            ),
            ("absolute", "", "ftpes://me@h.example".into(), "/srv/a b", None),
        ]
    );
    assert_eq!(left(&found), ["web", "odd", "none"]);
    assert!(found.left[2].why.contains("names no server"), "{:?}", found.left);
    let connections = |name: &str| taken(&found, name).server.connections;
    assert_eq!(
        (connections("plain"), connections("quoted")),
        (2, Server::default().connections)
    );
}

/// An `rc` in place of the bookmarks: its commands are no servers, and no password gets into what is said.
#[test]
fn commands_of_lftp_are_no_bookmarks() {
    let found = lftp::read(
        "alias ll ls\n\
         debug 9\n\
         open -u me,s3cret ftp://host\n\
         some words of prose\n\
         web me:s3://cret@host\n\
         open ftp://h.example/\n",
        "",
    );
    assert_eq!(
        rows(&found),
        [("open", "", "ftp://h.example".to_owned(), "", None)]
    );
    assert_eq!(left(&found), ["alias", "debug", "open", "some", "web"]);
    let said = format!("{:?}", found.left);
    assert!(
        !["s3", "cret", "me"]
            .iter()
            .any(|part| said.contains(&format!("'{part}"))),
        "{said}"
    );
    assert!(!said.contains("s3"), "{said}");
}

/// `SessionData.cpp`: numbers or words, hosts with users in front, passwords in clear.
#[test]
fn sites_as_winscp_reads_them() {
    let site = |more: &str| {
        let text = format!("[Sessions\\a]\r\nFSProtocol=5\r\nPortNumber=21\r\n{more}\r\n");
        read(Format::WinScp, &text, "f").unwrap().taken.remove(0)
    };
    let plain = site("HostName=anna@ftp.example.org\r\nPasswordPlain=s%20%25");
    assert_eq!(plain.server.url(), "ftp://anna@ftp.example.org");
    assert_eq!(plain.secret.as_ref().map(Secret::reveal), Some("s %"));
    let six = site("HostName=[2001:db8::1]\r\nUtf=1\r\nFtpForcePasvIp2=on");
    assert_eq!(six.server.host, "2001:db8::1");
    assert_eq!(six.server.passive_address, PassiveAddress::Control);
    // UTF-8 for certain is what is spoken here
    assert!(six.remarks.is_empty(), "{:?}", six.remarks);
    for no in ["0", "off"] {
        says(&site(&format!("HostName=h\r\nUtf={no}")), "character set");
    }
    let proxied = site("HostName=proxy\r\nFtpProxyLogonType=2\r\nSynchronizeBrowsing=1");
    says(&proxied, "FTP proxy");
    says(&proxied, "synchronised browsing");
}

/// `site_manager.cpp`, and what older versions wrote.
#[test]
fn sites_as_filezilla_reads_them() {
    let text = "<FileZilla3><Servers><Folder expanded=\"1\">\n\t<Folder>Inner<Server>\
        <Host> [2001:db8::1] </Host><Port>2121</Port><Protocol>6</Protocol><User>me</User>\
        <Pass>in clear</Pass><Logontype>1</Logontype>old name\n</Server></Folder>\n</Folder></Servers></FileZilla3>";
    let found = read(Format::FileZilla, text, "f").unwrap();
    assert_eq!(
        rows(&found),
        [(
            "old name",
            "Inner",
            "ftp://me@[2001:db8::1]:2121".to_owned(),
            "",
            Some("in clear")
        )]
    );
}

/// A format nobody has named: each fixture is known, and read as if it had been said.
#[test]
fn files_are_known_by_what_is_in_them() {
    for (name, format) in [
        ("sitemanager.xml", Format::FileZilla),
        ("lftp-bookmarks", Format::Lftp),
        ("bookmarks.toml", Format::Termscp),
        ("rclone.conf", Format::Rclone),
        ("ncftp-bookmarks", Format::Ncftp),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some file");
        std::fs::copy(fixture(name), &path).unwrap();
        let (known, found) = load_any(&path).unwrap();
        assert_eq!(known, format, "{name}");
        assert_eq!(found, load(format, &path).unwrap(), "{name}");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "Dear Anna,\n").unwrap();
    let failure = load_any(&path).unwrap_err();
    assert_eq!(failure.class, Class::Usage);
    assert!(failure.to_string().contains("FORMAT FILE"), "{failure}");
    // a broken one is known all the same, and its mistake is said
    let path = folder.path().join("sitemanager.xml");
    std::fs::write(&path, "<FileZilla3>\n<Servers>").unwrap();
    assert!(load_any(&path).unwrap_err().to_string().contains("no sound XML"));
}
