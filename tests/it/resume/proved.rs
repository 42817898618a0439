//! What a server has of an upload is compared by its checksum before that goes on.

use ftpane::model::command::Command;
use ftpane::model::job::{Direction, Policy};

use super::{ONCE_MORE, Run, content, cut_upload, heard, remarked, remote_parts};
use crate::harness::scripted::{Script, hold, say};

const CUT: usize = 300_000;

fn md5(bytes: &[u8]) -> String {
    let sum = openssl::hash::hash(openssl::hash::MessageDigest::md5(), bytes).unwrap();
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An upload cut once, to a server with these features; what it was asked of checksums, where it went on, and
/// what was said.
async fn cut(features: &str, lie: impl FnOnce(Script) -> Script) -> (Vec<String>, Vec<String>, Run) {
    let script = cut_upload(CUT).features(&format!("EPSV MLST SIZE MDTM {features}"));
    let server = lie(script).start().await;
    let mut run = Run::new(&server, Direction::Upload, ONCE_MORE, None).await;
    let ended = run.transfer(Direction::Upload, Policy::Overwrite).await;
    ended.assert_all_done();
    assert!(server.content("/d/f").unwrap() == content());
    assert_eq!(remote_parts(&server), 0);
    let asked = heard(&server, "XMD5");
    let rest = heard(&server, "REST");
    // the script ends with the server
    run.driver.send(Command::Shutdown);
    run.driver
        .wait(|event| matches!(event, ftpane::model::event::Event::Ended).then_some(()))
        .await;
    (asked, rest, run)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_where_the_checksum_is_that_of_its_beginning() {
    let right = md5(&content()[..CUT]);
    let (asked, rest, run) = cut("XMD5", |script| script.on("XMD5", say(&format!("250 {right}")))).await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(rest, [format!("REST {CUT}")]);
    assert!(remarked(&run.driver, "verified by MD5"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_begins_anew_where_the_checksum_is_another() {
    let wrong = md5(b"something else");
    let (asked, rest, run) = cut("XMD5", |script| script.on("XMD5", say(&format!("250 {wrong}")))).await;
    assert_eq!((asked.len(), rest.len()), (1, 0), "{asked:?} {rest:?}");
    assert!(remarked(&run.driver, "not the beginning of the source"));
}

/// It goes by the length where the server offers no checksum, gives none, or falls silent over the question.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_checksum_the_length_is_the_proof() {
    type Lie = fn(Script) -> Script;
    let lies: [(&str, Lie, usize); 3] = [
        ("", |script| script, 0),
        ("XMD5", |script| script.on("XMD5", say("550 No.")), 1),
        ("XMD5", |script| script.on("XMD5", hold()), 1),
    ];
    for (features, lie, questions) in lies {
        let (asked, rest, _run) = cut(features, lie).await;
        assert_eq!(asked.len(), questions, "{features}: {asked:?}");
        assert_eq!(rest, [format!("REST {CUT}")], "{features}");
    }
}
