//! Names in any character set and form, on the real servers.

use ftpane::model::command::{Command, Place};
use ftpane::model::entry::Kind;
use ftpane::model::job::Direction;
use ftpane::model::server::{Protocol, Server};

use super::{ALONE, Ground, demo_secret, server_of};
use crate::harness::engine::{Driver, assert_same_tree};
use crate::harness::lab::Lab;

/// Files whose names only their bytes tell, put there, listed, fetched, renamed and deleted.
/// pyftpdlib takes and gives UTF-8 only, whatever it is told.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs the servers of tests/lab"]
async fn names_in_any_character_set_and_form_make_the_whole_way() {
    use std::os::unix::ffi::OsStrExt as _;
    let _alone = ALONE.lock().await;
    let lab = Lab::running();
    let names_in = |folder: &std::path::Path| {
        let mut names: Vec<Vec<u8>> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().as_bytes().to_vec())
            .collect();
        names.sort();
        names
    };
    let odd = [
        " both ends ",
        "-dash",
        "quo\"te's",
        "back\\slash",
        "wild*[x]?",
        "100% #1;",
        "u\u{308}ber",
    ];
    for (name, charset, sent) in [
        ("vsftpd", "latin1", &b"caf\xe9 \xfe"[..]),
        ("vsftpd", "windows-1251", b"\xea\xed\xe8\xe3\xe0"),
        ("vsftpd", "Shift_JIS", b"\x95\x5c \x8e\xa6"),
        // Telnet's IAC, which one of the three expects doubled
        ("vsftpd", "windows-1251", b"\xff\xe7 \xff\xff"),
        ("pureftpd", "windows-1251", b"\xff\xe7 \xff\xff"),
        ("proftpd", "windows-1251", b"\xff\xe7 \xff\xff \xff"),
        ("vsftpd", "utf-8", b"\xff"),
        ("vsftpd", "utf-8", b"caf\xe9"),
        ("vsftpd", "utf-8", b"cafe\xcc\x81"),
        ("proftpd", "utf-8", b"cafe\xcc\x81"),
        ("pureftpd", "latin1", b"caf\xe9 \xfe"),
        ("pureftpd", "Shift_JIS", b"\x93\xfa"),
        ("pureftpd", "utf-8", b"caf\xe9"),
        ("pyftpd", "utf-8", b"cafe\xcc\x81"),
    ] {
        println!("{name} {charset} {}", sent.escape_ascii());
        let ground = Ground::new(&lab, "names");
        let here = tempfile::tempdir().unwrap();
        let server = Server {
            charset: charset.parse().unwrap(),
            ..server_of(&lab, lab.server(name), Protocol::Ftp)
        };
        let shown = server.charset.from_server(sent).into_owned();
        let local = here.path().join("up");
        std::fs::create_dir(&local).unwrap();
        let own = std::ffi::OsStr::from_bytes(&shown);
        std::fs::create_dir(local.join(own)).unwrap();
        std::fs::write(local.join(own).join(own), "x").unwrap();
        let mut driver = Driver::new();
        driver.connect(server.clone(), demo_secret()).await.unwrap();
        // pure-ftpd prohibits backslashes, also as the second half of a letter, and makes '_' of a
        // blank at the end
        let odd: Vec<&str> = odd
            .into_iter()
            .filter(|odd| {
                charset == "utf-8" && !(name == "pureftpd" && (odd.contains('\\') || odd.ends_with(' ')))
            })
            .collect();
        for odd in &odd {
            std::fs::write(local.join(odd), odd).unwrap();
        }
        let root = format!("{}/t", ground.name);
        driver
            .transfer(Direction::Upload, Kind::Dir, &local, &root)
            .await
            .assert_all_done();
        let there = ground.path.join("t");
        assert!(
            names_in(&there).contains(&sent.to_vec()),
            "{:?}",
            names_in(&there)
        );
        assert_eq!(names_in(&there.join(std::ffi::OsStr::from_bytes(sent))), [sent]);

        // another connection, which has learned nothing from what it made
        driver.shutdown().await;
        let mut driver = Driver::new();
        driver.connect(server, demo_secret()).await.unwrap();
        let down = here.path().join("down");
        driver
            .transfer(Direction::Download, Kind::Dir, &down, &root)
            .await
            .assert_all_done();
        assert_same_tree(&local, &down, name);

        let below = |parts: &[&[u8]]| {
            let path = [&[root.as_bytes()], parts].concat().join(&b'/');
            Place::Remote(
                crate::harness::engine::CONNECTION,
                ftpane::model::path::RemotePath::parse(&path).unwrap(),
            )
        };
        let new = [&shown[..], b" new"].concat();
        let rename = Command::Rename {
            from: below(&[&shown, &shown]),
            to: below(&[&shown, &new]),
        };
        driver.act(rename).await.unwrap();
        let inside = there.join(std::ffi::OsStr::from_bytes(sent));
        assert_eq!(names_in(&inside), [[sent, b" new"].concat()]);
        let made = [&shown[..], b" made"].concat();
        driver
            .act(Command::MakeFolder(below(&[&shown, &made])))
            .await
            .unwrap();
        assert_eq!(names_in(&inside).len(), 2);
        let all: Vec<Place> = std::iter::once(below(&[&shown]))
            .chain(odd.iter().map(|odd| below(&[odd.as_bytes()])))
            .collect();
        driver.act(Command::Delete(all)).await.unwrap();
        assert_eq!(names_in(&there), Vec::<Vec<u8>>::new(), "{name}");
        driver.shutdown().await;
    }
}
