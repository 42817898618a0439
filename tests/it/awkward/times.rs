//! The time of an uploaded file: by MFMT, by MDTM where there is none, and never asked for twice of a
//! server that does not take it. Times and permissions as the server's entry wants them.

use ftpane::model::server::Protocol;

use super::*;
use crate::harness::scripted::say;

const TIME: &str = "20240203040506";

/// Uploads three files of one known time, one after the other; what was said to set it.
async fn set(script: Script) -> Vec<String> {
    let here = tempfile::tempdir().unwrap();
    let time = chrono::NaiveDateTime::parse_from_str(TIME, "%Y%m%d%H%M%S").unwrap();
    for name in ["a", "b", "c"] {
        let file = std::fs::File::create(here.path().join(name)).unwrap();
        file.set_modified(time.and_utc().into()).unwrap();
    }
    let (server, mut driver) = connected_as(script, |server| Server {
        connections: 1,
        ..server
    })
    .await;
    let uploaded = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/up")
        .await;
    uploaded.assert_all_done();
    driver.shutdown().await;
    let lines = server.heard().into_iter().map(|heard| heard.line);
    lines.filter(|line| line.contains(TIME)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_set_as_the_server_takes_them() {
    let plain = |features: &str| Script::new(Protocol::Ftp).features(features);
    let all = |verb: &str, said: &[String]| {
        said.len() == 3
            && said
                .iter()
                .all(|line| line.starts_with(&format!("{verb} {TIME} /up/")))
    };
    let said = set(plain("EPSV SIZE MDTM MFMT").on("MFMT", say("213 Modify=20240203040506;"))).await;
    assert!(all("MFMT", &said), "{said:?}");
    // vsftpd's words, and Serv-U's
    for words in ["213 File modification time set.", "253 Date/time changed okay."] {
        let said = set(plain("EPSV SIZE MDTM").on("MDTM", say(words))).await;
        assert!(all("MDTM", &said), "{words}: {said:?}");
    }
    // no file of such a name; a file of such a name, and when that was changed; never heard of
    for words in [
        "550 No such file.",
        "213 20240102030405",
        "501 One argument, please.",
    ] {
        let said = set(plain("EPSV SIZE MDTM").on("MDTM", say(words))).await;
        // two files may be asked about in one write
        assert!((1..=2).contains(&said.len()), "{words}: {said:?}");
    }
    // a moment's trouble, and trouble with one file of several
    for script in [
        plain("EPSV SIZE MDTM").on("MDTM", say("450 Busy.")),
        plain("EPSV SIZE MDTM")
            .once("MDTM", say("213 File modification time set."))
            .on("MDTM", say("550 Not yours.")),
    ] {
        assert_eq!(set(script).await.len(), 3);
    }
    assert_eq!(set(plain("EPSV SIZE")).await, [""; 0]);
}

/// What stands on both sides of a server with these settings, as its disk and ours have it after a transfer each
/// way: permissions here and there, and whether the time here is the server's.
async fn kept(keep_times: bool, keep_permissions: bool) -> (Option<u16>, Option<u16>, u32, bool, String) {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("script");
    std::fs::write(&local, "new").unwrap();
    std::fs::set_permissions(&local, std::fs::Permissions::from_mode(0o4751)).unwrap();
    let script = Script::new(Protocol::Ftp)
        .features("EPSV SIZE MDTM MFMT MLST")
        .on("MFMT", say("213 Modify=20240203040506;"))
        .file("/old", "old")
        .mode("/old", 0o604)
        .file("/down/tool", "tool")
        .mode("/down/tool", 0o710);
    let (server, mut driver) = connected_as(script, |server| Server {
        keep_times,
        keep_permissions,
        ..server
    })
    .await;
    driver.care = Server {
        keep_times,
        keep_permissions,
        ..server.server()
    }
    .care();
    for target in ["/old", "/new"] {
        driver
            .transfer(Direction::Upload, Kind::File, &local, target)
            .await
            .assert_all_done();
    }
    let down = here.path().join("down");
    driver
        .transfer(Direction::Download, Kind::Dir, &down, "/down")
        .await
        .assert_all_done();
    driver.shutdown().await;
    let tool = std::fs::metadata(down.join("tool")).unwrap();
    let lines: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
    let set = lines.iter().any(|line| line.starts_with("MFMT"));
    let told = tool.mtime() == 1_704_164_645;
    assert_eq!(set, told, "the same both ways");
    let asked = lines
        .into_iter()
        .filter(|line| line.starts_with("MDTM") || line.contains("CHMOD"));
    let asked = asked.collect::<Vec<_>>().join("; ");
    (
        server.mode_of("/old"),
        server.mode_of("/new"),
        tool.mode() & 0o7777,
        told,
        asked,
    )
}

/// A server that tells no permissions: said once a batch, however many files, and only where they are wanted.
#[tokio::test(flavor = "multi_thread")]
async fn that_permissions_are_not_told_is_said_once() {
    for wanted in [true, false] {
        let here = tempfile::tempdir().unwrap();
        let script = Script::new(Protocol::Ftp)
            .file("/d/a", "a")
            .file("/d/b", "b")
            .file("/d/sub/c", "c");
        let (_server, mut driver) = connected(script).await;
        driver.care.permissions = wanted;
        driver
            .transfer(Direction::Download, Kind::Dir, &here.path().join("d"), "/d")
            .await
            .assert_all_done();
        let said = driver
            .notices
            .iter()
            .filter(|said| said.contains("does not tell the permissions"));
        assert_eq!(said.count(), usize::from(wanted), "{:?}", driver.notices);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_and_permissions_are_kept_as_configured() {
    // as it is without a word: what is replaced keeps what it had
    let (old, new, here, told, _) = kept(true, false).await;
    assert_eq!((old, new, told), (Some(0o604), None, true));
    assert_ne!(here, 0o710);
    // set-user-ID does not go along
    let (old, new, here, told, _) = kept(true, true).await;
    assert_eq!((old, new, here, told), (Some(0o751), Some(0o751), 0o710, true));
    let (old, _, _, told, asked) = kept(false, false).await;
    assert_eq!((old, told), (Some(0o604), false));
    assert!(!asked.contains("MDTM"), "{asked}");
}

/// A server that cannot is asked once, and it is said what was to be.
#[tokio::test(flavor = "multi_thread")]
async fn permissions_that_cannot_be_kept_are_said() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("script");
    std::fs::write(&local, "new").unwrap();
    std::fs::set_permissions(&local, std::fs::Permissions::from_mode(0o750)).unwrap();
    let server = Script::new(Protocol::Ftp)
        .on("SITE", say("500 What?"))
        .start()
        .await;
    let run = async |words: &str| {
        let words = words.replace("URL", &server.server().url());
        let mut command = crate::harness::binary::ftpane(here.path());
        command.args(words.split(' '));
        let output = crate::harness::binary::output(command).await;
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stderr).unwrap()
    };
    let said = run("put --permissions --no-times script URL/new").await;
    assert!(said.contains("the file here has rwxr-x---"), "{said}");
    assert_eq!((server.count("SITE"), server.count("MFMT")), (1, 0));
    assert!(!run("put script URL/new").await.contains("rwx"));
    assert_eq!(server.count("SITE"), 1);
}
