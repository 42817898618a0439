//! What a server has of an upload is compared before that goes on: by its checksum, or by its end.

use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::job::{Direction, Policy};

use super::{ONCE_MORE, OVERLAP, Run, content, cut_upload, heard, remarked, remote_parts};
use crate::harness::scripted::{Script, end_data, hold, say, send};

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

/// Its end is read back where the server offers no checksum, gives none, or falls silent over the question.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_checksum_the_end_is_read_back() {
    type Lie = fn(Script) -> Script;
    let lies: [(&str, Lie, usize); 3] = [
        ("", |script| script, 0),
        ("XMD5", |script| script.on("XMD5", say("550 No.")), 1),
        ("XMD5", |script| script.on("XMD5", hold()), 1),
    ];
    for (features, lie, questions) in lies {
        let (asked, rest, _run) = cut(features, lie).await;
        assert_eq!(asked.len(), questions, "{features}: {asked:?}");
        let expected = [CUT - OVERLAP, CUT].map(|at| format!("REST {at}"));
        assert_eq!(rest, expected, "{features}");
    }
}

/// It goes by the length where nothing can be read back, or the server falls silent over that.
#[tokio::test(flavor = "multi_thread")]
async fn without_its_end_the_length_is_the_proof() {
    type Lie = fn(Script) -> Script;
    let lies: [Lie; 4] = [
        |script| script.on("RETR", say("550 Permission denied.")),
        |script| script.on("RETR", hold()),
        |script| script.on("RETR", [say("150 go"), hold()]),
        // the line breaks over it
        |script| {
            let end = content()[CUT - OVERLAP..CUT - 1].to_vec();
            let broken = say("426 Connection closed; transfer aborted.");
            script.on("RETR", [say("150 go"), send(end), end_data(), broken])
        },
    ];
    for lie in lies {
        let (_, rest, _run) = cut("", lie).await;
        assert_eq!(rest.last(), Some(&format!("REST {CUT}")), "{rest:?}");
    }
}

/// What stands there may be longer than it was told to be, or shorter.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_begins_anew_where_its_end_is_another() {
    let end = &content()[CUT - OVERLAP..CUT];
    let longer = [end, b"x"].concat();
    for came in [&end[1..], &longer, b""] {
        let steps = [say("150 go"), send(came), end_data(), say("226 done")];
        let (_, rest, run) = cut("", |script| script.on("RETR", steps)).await;
        assert_eq!(rest, [format!("REST {}", CUT - OVERLAP)]);
        assert!(remarked(&run.driver, "not the beginning of the source"));
    }
}

/// What is uploaded through a link is compared as what it leads to.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_end_is_compared_through_a_link() {
    let server = cut_upload(CUT).start().await;
    let mut run = Run::new(&server, Direction::Upload, ONCE_MORE, None).await;
    let link = run.here.path().join("link");
    std::os::unix::fs::symlink("d/f", &link).unwrap();
    let (kind, policy) = (Kind::File, Policy::Overwrite);
    let batch = run.driver.enqueue(Direction::Upload, kind, &link, "/d/f", policy);
    let ended = run.driver.over(batch, |question| panic!("{question:?}"));
    ended.await.assert_all_done();
    let expected = [CUT - OVERLAP, CUT].map(|at| format!("REST {at}"));
    assert_eq!(heard(&server, "REST"), expected);
    assert!(server.content("/d/f").unwrap() == content());
    run.driver.shutdown().await;
}
