//! Names in other character sets and other Unicode forms, and names that are none.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ftpane::model::command::{Answer, Command, Place, Scope};
use ftpane::model::entry::Kind;
use ftpane::model::event::Question;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, JobState, Policy};
use ftpane::model::path::RemotePath;
use ftpane::model::server::{Protocol, Server};

use super::{assert_says, connected, connected_as, done, download, failed, names, upload};
use crate::harness::engine::{CONNECTION, Driver, remote_place, tree};
use crate::harness::scripted::{Script, Scripted, Step, end_data, raw, receive_all, say, send, usual};

const NFC: &str = "caf\u{e9}";
const NFD: &str = "cafe\u{301}";

fn data(bytes: &[u8]) -> Vec<Step> {
    vec![say("150 go"), send(bytes), end_data(), say("226 done")]
}

async fn connected_in(charset: &str, script: Script) -> (Scripted, Driver) {
    let charset = charset.parse().unwrap();
    connected_as(script, |server| Server { charset, ..server }).await
}

/// The lines with this verb, byte by byte.
fn heard(server: &Scripted, verb: &str) -> Vec<Vec<u8>> {
    let all = server.heard().into_iter().map(|heard| heard.bytes);
    all.filter(|line| line.split(|b| *b == b' ').next() == Some(verb.as_bytes()))
        .collect()
}

fn names_at(folder: &Path) -> Vec<Vec<u8>> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().as_bytes().to_vec())
        .collect();
    names.sort();
    names
}

#[tokio::test(flavor = "multi_thread")]
async fn a_servers_character_set_is_spoken_at_the_wire_only() {
    let here = tempfile::tempdir().unwrap();
    let script = Script::new(Protocol::Ftp)
        .features("EPSV SIZE UTF8 MLST")
        .on("PWD", raw(b"257 \"/d\xe9\" is where you are.\r\n"))
        .on("MLSD", data(b"type=file;size=2; caf\xe9\r\ntype=dir; \xff\r\n"))
        .on("RETR", data(b"hi"))
        .on("SIZE", say("213 2"))
        .on(
            "STOR",
            [say("150 go"), receive_all(), end_data(), say("226 done")],
        )
        .on("RNFR", say("350 to what?"))
        .on("RNTO", say("250 renamed"))
        .on("MKD", raw(b"550 \xfcbel.\r\n"));
    let (server, mut driver) = connected_in("latin1", script).await;
    assert_eq!(server.count("OPTS"), 0, "a server that converts would begin to");
    let facts = driver.facts.clone().unwrap();
    assert_eq!(facts.charset.to_string(), "windows-1252");

    let listing = driver.list("/dé").await.unwrap();
    assert_eq!(names(&listing), ["café", "ÿ"]);
    assert_eq!(heard(&server, "MLSD"), [b"MLSD /d\xe9"]);

    done(download(&mut driver, "/dé/café", &here.path().join("café")).await);
    assert_eq!(heard(&server, "RETR"), [b"RETR /d\xe9/caf\xe9"]);
    assert_eq!(names_at(here.path()), ["café".as_bytes()]);

    // as macOS writes it; the set has composed letters only
    done(upload(&mut driver, &here.path().join("café"), "/dé/u\u{308}ber").await);
    assert_eq!(heard(&server, "RNTO"), [b"RNTO /d\xe9/\xfcber"]);

    let failure = driver
        .act(Command::MakeFolder(remote_place("/dé/ü")))
        .await
        .unwrap_err();
    assert_says(&failure, Class::Refused, &["550 übel."]);
    assert!(driver.dialogue.iter().any(|line| line.text == "MKD /dé/ü"));
    assert!(driver.dialogue.iter().any(|line| line.text == "550 übel."));

    // what cannot be written is not sent, nor anything in its place
    let before = server.heard().len();
    let failure = failed(upload(&mut driver, &here.path().join("café"), "/dé/日本.txt").await);
    assert_says(
        &failure,
        Class::Usage,
        &["/dé/日本.txt", "'日' cannot be written in windows-1252"],
    );
    let sent: Vec<_> = server.heard()[before..].iter().map(|h| h.line.clone()).collect();
    assert!(
        !sent
            .iter()
            .any(|line| line.contains('?') || line.starts_with("STOR")),
        "{sent:?}"
    );
    driver.shutdown().await;
}

/// Bytes that are no character of the set are names like any other.
#[tokio::test(flavor = "multi_thread")]
async fn bytes_outside_the_character_set_come_back_as_sent() {
    let here = tempfile::tempdir().unwrap();
    // of Shift_JIS: a letter whose second byte is a backslash, and a first byte without a second
    for (charset, bytes, local) in [
        ("Shift_JIS", &b"\x95\x5c\x81"[..], &b"\xe8\xa1\xa8\x81"[..]),
        ("windows-1253", b"\xe1\xd2", b"\xce\xb1\xd2"),
        ("utf-8", b"caf\xe9", b"caf\xe9"),
    ] {
        let folder = here.path().join(charset);
        std::fs::create_dir(&folder).unwrap();
        let line = [b"type=file;size=2; ", bytes, b"\r\n"].concat();
        let script = Script::new(Protocol::Ftp)
            .features("EPSV SIZE MLST")
            .on("MLSD", data(&line))
            .on(
                "LIST",
                data(&[b"-rw-r--r-- 1 a b 2 Jan  2  2024 ", bytes, b"\r\n"].concat()),
            )
            .on("RETR", data(b"hi"))
            .on("SIZE", say("213 2"))
            .on(
                "STOR",
                [say("150 go"), receive_all(), end_data(), say("226 done")],
            )
            .on("RNFR", say("350 to what?"))
            .on("RNTO", say("250 renamed"))
            .on("DELE", say("250 gone"));
        let (server, mut driver) = connected_in(charset, script).await;
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &folder.join("d"), "/")
            .await;
        ended.assert_all_done();
        assert_eq!(names_at(&folder.join("d")), [local]);
        let path = [b"/", bytes].concat();
        assert_eq!(heard(&server, "RETR"), [[b"RETR ", &path[..]].concat()]);

        let remote = RemotePath::parse(&[b"/", local].concat()).unwrap();
        assert!(remote.shown().contains("\\x"), "{remote}");
        let place = Place::Remote(CONNECTION, remote);
        driver.act(Command::Delete(vec![place.clone()])).await.unwrap();
        assert_eq!(heard(&server, "DELE"), [[b"DELE ", &path[..]].concat()]);
        driver
            .act(Command::Rename {
                from: place,
                to: remote_place("/new"),
            })
            .await
            .unwrap();
        assert_eq!(heard(&server, "RNFR"), [[b"RNFR ", &path[..]].concat()]);

        let file = folder.join("d").join(OsStr::from_bytes(local));
        let back = driver
            .transfer(Direction::Upload, Kind::Dir, file.parent().unwrap(), "/")
            .await;
        back.assert_all_done();
        assert_eq!(
            heard(&server, "RNTO").last().unwrap(),
            &[b"RNTO ", &path[..]].concat()
        );
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_finds_the_name_it_differs_from_in_form_only() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("up");
    std::fs::create_dir_all(folder.join(NFD)).unwrap();
    std::fs::write(folder.join(NFD).join("in"), "new").unwrap();
    std::fs::write(folder.join(format!("{NFD}.txt")), "new").unwrap();
    let old = |script: Script| {
        script
            .file(&format!("/up/{NFC}/in"), "old")
            .file(&format!("/up/{NFC}.txt"), "old")
    };
    let (server, mut driver) = connected(old(Script::new(Protocol::Ftp))).await;
    // asked about the one that is there
    let batch = driver.enqueue(Direction::Upload, Kind::Dir, &folder, "/up", Policy::Ask);
    let mut asked = Vec::new();
    driver
        .over(batch, |question| {
            let Question::Conflict { target, .. } = question else {
                panic!("{question:?}")
            };
            asked.push(target.shown.clone());
            Answer::Conflict(Policy::Skip, Scope::Once)
        })
        .await;
    asked.sort();
    assert_eq!(asked, [format!("/up/{NFC}.txt"), format!("/up/{NFC}/in")]);
    // replaced, and nothing beside it
    driver
        .transfer(Direction::Upload, Kind::Dir, &folder, "/up")
        .await
        .assert_all_done();
    assert_eq!(
        server.files(),
        [format!("/up/{NFC}.txt"), format!("/up/{NFC}/in")]
    );
    assert_eq!(server.content(&format!("/up/{NFC}/in")).unwrap(), b"new");
    assert_eq!(server.content(&format!("/up/{NFC}.txt")).unwrap(), b"new");
    // a new folder costs nothing but a look
    driver
        .transfer(Direction::Upload, Kind::Dir, &folder, "/new")
        .await
        .assert_all_done();
    assert!(server.files().contains(&format!("/new/{NFD}/in")));
    driver.shutdown().await;

    // two here are two there
    std::fs::write(folder.join(format!("{NFC}.txt")), "composed").unwrap();
    let (server, mut driver) = connected(old(Script::new(Protocol::Ftp))).await;
    driver
        .transfer(Direction::Upload, Kind::Dir, &folder, "/up")
        .await
        .assert_all_done();
    assert_eq!(server.content(&format!("/up/{NFC}.txt")).unwrap(), b"composed");
    assert_eq!(server.content(&format!("/up/{NFD}.txt")).unwrap(), b"new");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_finds_the_name_it_differs_from_in_form_only() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("down");
    std::fs::create_dir_all(folder.join(NFC)).unwrap();
    std::fs::write(folder.join(format!("{NFC}.txt")), "old").unwrap();
    let script = || {
        Script::new(Protocol::Ftp)
            .file(&format!("/d/{NFD}/in"), "new")
            .file(&format!("/d/{NFD}.txt"), "new")
    };
    let (_server, mut driver) = connected(script()).await;
    driver
        .transfer(Direction::Download, Kind::Dir, &folder, "/d")
        .await
        .assert_all_done();
    let want = [
        (NFC.into(), None),
        (format!("{NFC}/in").into(), Some(b"new".to_vec())),
        (format!("{NFC}.txt").into(), Some(b"new".to_vec())),
    ];
    assert_eq!(tree(&folder), want);
    driver.shutdown().await;

    // one file alone, and two that are two
    let both = script().file(&format!("/d/{NFC}.txt"), "composed");
    let (_server, mut driver) = connected(both).await;
    let target = here.path().join(format!("{NFD}.txt"));
    std::fs::write(here.path().join(format!("{NFC}.txt")), "old").unwrap();
    done(download(&mut driver, &format!("/d/{NFD}.txt"), &target).await);
    assert_eq!(
        std::fs::read(here.path().join(format!("{NFC}.txt"))).unwrap(),
        b"new"
    );
    assert!(!target.exists());
    driver
        .transfer(Direction::Download, Kind::Dir, &folder, "/d")
        .await
        .assert_all_done();
    assert_eq!(
        std::fs::read(folder.join(format!("{NFC}.txt"))).unwrap(),
        b"composed"
    );
    assert_eq!(std::fs::read(folder.join(format!("{NFD}.txt"))).unwrap(), b"new");
    driver.shutdown().await;
}

/// Nobody could tell the two apart; but a name may be given another form.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_differs_in_form_only_is_not_free() {
    let script = Script::new(Protocol::Ftp)
        .file(&format!("/d/{NFD}"), "x")
        .file("/d/other", "y");
    let (server, mut driver) = connected(script).await;
    let composed = || remote_place(&format!("/d/{NFC}"));
    for command in [
        Command::MakeFolder(composed()),
        Command::MakeFile(composed()),
        Command::Rename {
            from: remote_place("/d/other"),
            to: composed(),
        },
    ] {
        let failure = driver.act(command).await.unwrap_err();
        assert_says(&failure, Class::Conflict, &[NFD, "Unicode form"]);
    }
    assert_eq!(
        server.count("MKD") + server.count("STOR") + server.count("RNTO"),
        0
    );
    let own = Command::Rename {
        from: remote_place(&format!("/d/{NFD}")),
        to: composed(),
    };
    driver.act(own).await.unwrap();
    assert_eq!(server.files(), [format!("/d/{NFC}"), "/d/other".to_owned()]);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_none_are_said_one_by_one() {
    let here = tempfile::tempdir().unwrap();
    let inside = here.path().join("inside");
    let listing = b"type=file;size=1; good\r\ntype=file;size=1; ../up\r\ntype=file;size=1; /etc/abs\r\n\
        type=dir; ..\r\ntype=file;size=1; a\0b\r\ntype=file;size=1; a\rb\r\ntype=file;size=1; C:x\r\n";
    for command in ["MLSD", "LIST"] {
        let script = Script::new(Protocol::Ftp)
            .on("RETR", data(b"1"))
            .on("SIZE", say("213 1"));
        let script = match command {
            "MLSD" => script.on("MLSD", data(listing)).on("LIST", usual()),
            _ => {
                let facts: Vec<_> = listing.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
                let lines: Vec<_> = facts
                    .iter()
                    .map(|line| {
                        [
                            b"-rw-r--r-- 1 a b 1 Jan  2  2024",
                            &line[line.iter().position(|b| *b == b' ').unwrap()..],
                            b"\n",
                        ]
                        .concat()
                    })
                    .collect();
                script.features("EPSV SIZE").on("LIST", data(&lines.concat()))
            }
        };
        let (server, mut driver) = connected(script).await;
        let ended = driver
            .transfer(Direction::Download, Kind::Dir, &inside, "/")
            .await;
        ended.assert_all_done();
        assert_eq!(names_at(&inside), [&b"C:x"[..], b"good"], "{command}");
        assert_eq!(names_at(here.path()), [b"inside"]);
        let said: Vec<String> = driver.failures.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 4, "{command}: {said:#?}");
        for (said, words) in said.iter().zip([
            ["'../up' in /", "lead into another folder"],
            ["'/etc/abs' in /", "lead into another folder"],
            ["'a\\x00b' in /", "a line break or a NUL byte"],
            ["'a\\x0db' in /", "a line break or a NUL byte"],
        ]) {
            assert!(words.iter().all(|word| said.contains(word)), "{said}");
        }
        assert_eq!(server.count("RETR"), 2);
        driver.shutdown().await;
        std::fs::remove_dir_all(&inside).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_name_that_cannot_be_sent_is_said_by_name() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("up");
    std::fs::create_dir(&folder).unwrap();
    for name in ["good", "bad\nname", "worse\rname"] {
        std::fs::write(folder.join(name), "x").unwrap();
    }
    let (server, mut driver) = connected(Script::new(Protocol::Ftp)).await;
    driver
        .transfer(Direction::Upload, Kind::Dir, &folder, "/up")
        .await
        .assert_all_done();
    assert_eq!(server.files(), ["/up/good"]);
    let mut said: Vec<String> = driver.failures.iter().map(ToString::to_string).collect();
    said.sort();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].contains("'bad\\x0aname'") && said[0].contains("cannot be sent"),
        "{said:?}"
    );
    assert!(said[1].contains("'worse\\x0dname'"), "{said:?}");
    driver.shutdown().await;
}

/// A password goes the same way as names do: what cannot be written is not sent, and not shown.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_in_another_character_set() {
    let script = Script::new(Protocol::Ftp).on("PASS", say("230 in"));
    let server = script.start().await;
    for (secret, sent) in [("gr\u{fc}n", Some(&b"PASS gr\xfcn"[..])), ("\u{65e5}", None)] {
        let before = heard(&server, "PASS").len();
        let mut driver = Driver::new();
        let saved = Server {
            charset: "latin1".parse().unwrap(),
            user: "m\u{e9}".into(),
            ..server.server()
        };
        let connected = driver
            .connect(saved, ftpane::model::secret::Secret::new(secret))
            .await;
        match sent {
            Some(sent) => {
                connected.unwrap();
                assert_eq!(heard(&server, "PASS")[before..], [sent]);
                assert_eq!(heard(&server, "USER")[0], b"USER m\xe9");
            }
            None => {
                let failure = connected.unwrap_err();
                assert_says(
                    &failure,
                    Class::Usage,
                    &["the password cannot be written in windows-1252"],
                );
                assert!(!failure.to_string().contains(secret), "{failure}");
                assert_eq!(heard(&server, "PASS").len(), before);
            }
        }
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_name_cannot_be_written_fails_alone() {
    let here = tempfile::tempdir().unwrap();
    for name in ["a", "日", "é"] {
        std::fs::write(here.path().join(name), "x").unwrap();
    }
    std::fs::write(here.path().join(OsStr::from_bytes(b"\xe9")), "bytes").unwrap();
    let script = Script::new(Protocol::Ftp)
        .on("SIZE", say("213 1"))
        .on("RNFR", say("350 what?"));
    let (server, mut driver) = connected_in("latin1", script.on("RNTO", say("250 renamed"))).await;
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/")
        .await;
    let good = ended
        .states
        .iter()
        .filter(|(_, _, state)| matches!(state, JobState::Done { .. }));
    assert_eq!(good.count(), 3, "the folder and two files: {ended:?}");
    let mut said: Vec<_> = ended.failures().iter().map(ToString::to_string).collect();
    said.sort();
    assert!(said[1].contains("'日' cannot be written"), "{said:?}");
    // it would come back as é, another file
    assert!(
        said[0].contains("/\\xe9: ") && said[0].contains("would be another one"),
        "{said:?}"
    );
    assert_eq!(heard(&server, "RNTO").len(), 2);
    driver.shutdown().await;
}
