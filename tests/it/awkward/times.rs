//! The time of an uploaded file: by MFMT, by MDTM where there is none, and never asked for twice of a
//! server that does not take it.

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
