//! Control connections that end while data flow: a router that has forgotten them, or a server that fell over.

use std::time::Duration;

use ftpane::model::server::{Patience, Protocol, Server};

use super::{LONG, assert_says, connected_to, done, download, failed, upload};
use crate::harness::engine::noise;
use crate::harness::scripted::*;
use ftpane::model::failure::Class;

const SIZE: usize = 800_000;

/// Where nothing comes any more nobody waits as long as for a server that is still there.
const PATIENT: Patience = Patience {
    connect: Duration::from_secs(600),
    silence: Duration::from_secs(600),
    retries: 0,
};

/// A file of which this much comes, and then the control connection ends.
fn gone_after(protocol: Protocol, bytes: usize, word: Option<&str>, rest: Vec<Step>) -> Script {
    let begin = vec![say("150 Here."), send(&noise(SIZE)[..bytes])];
    let end = word.map(say).into_iter().chain([close()]).collect();
    Script::new(protocol)
        .file("/f", noise(SIZE))
        .once("RETR", [begin, end, rest].concat())
}

/// The data go on for longer than a broken line is waited for: they are read to their end, and the size, asked on
/// another session, tells that it is all. The control connection may be found dead by a NOOP, too, and it may end
/// with a word.
#[tokio::test(flavor = "multi_thread")]
async fn a_download_whose_control_connection_ends_comes_to_its_end() {
    let word = Some("421 Service not available, closing control connection.");
    let cases = [Protocol::Ftp, Protocol::FtpsExplicit]
        .map(|protocol| [(protocol, 0, None), (protocol, 1, None), (protocol, 0, word)]);
    super::all_at_once(
        cases
            .into_iter()
            .flatten()
            .map(|(protocol, keep_alive, word)| async move {
                let here = tempfile::tempdir().unwrap();
                let to = here.path().join("f");
                let rest = vec![send(&noise(SIZE)[64 * 1024..]), end_data()];
                let script = gone_after(protocol, 64 * 1024, word, rest).pace(256 * 1024);
                let server = script.start().await;
                let settings = |server| Server { keep_alive, ..server };
                let mut driver = connected_to(&server, settings, LONG).await;
                let asked = server.count("SIZE");
                let note = done(download(&mut driver, "/f", &to).await).unwrap();
                assert!(
                    note.contains("connection was lost") && note.contains("size is right"),
                    "{note}"
                );
                assert!(std::fs::read(&to).unwrap() == noise(SIZE));
                assert_eq!(server.count("RETR"), 1, "{protocol:?} {keep_alive} {word:?}");
                assert!(server.count("SIZE") > asked, "{protocol:?} {keep_alive} {word:?}");
                driver.shutdown().await;
            }),
    )
    .await;
}

/// What comes no further, or ends too early, fails with what has happened, and soon; the old file stands.
#[tokio::test(flavor = "multi_thread")]
async fn a_download_whose_control_connection_ends_and_whose_data_do_is_given_up_soon() {
    let cut = || send(&noise(SIZE)[64 * 1024..100_000]);
    let cases = [vec![gate()], vec![cut(), end_data()], vec![cut(), reset_data()]];
    super::all_at_once(cases.into_iter().map(|rest| async move {
        let here = tempfile::tempdir().unwrap();
        let to = here.path().join("f");
        std::fs::write(&to, "old").unwrap();
        let server = gone_after(Protocol::Ftp, 64 * 1024, None, rest.clone())
            .start()
            .await;
        let mut driver = connected_to(&server, |server| server, PATIENT).await;
        let failure = failed(download(&mut driver, "/f", &to).await);
        assert_says(&failure, Class::Unreachable, &["/f"]);
        assert!(failure.transient, "{rest:?}: {failure}");
        assert_eq!(std::fs::read(&to).unwrap(), b"old");
        driver.shutdown().await;
    }))
    .await;
}

/// An upload needs the server's word: it is given up, and what has come over may be gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_control_connection_ends_is_given_up_at_once() {
    let here = tempfile::tempdir().unwrap();
    let from = here.path().join("f");
    std::fs::write(&from, noise(24 << 20)).unwrap();
    let steps = [say("150 Send it."), receive(100_000), close(), gate()];
    let script = Script::new(Protocol::Ftp).file("/f", "old").once("STOR", steps);
    let server = script.start().await;
    let mut driver = connected_to(&server, |server| server, PATIENT).await;
    let failure = failed(upload(&mut driver, &from, "/f").await);
    assert_says(
        &failure,
        Class::Unreachable,
        &["/f", "closed the connection", "is kept"],
    );
    assert_eq!(server.content("/f").unwrap(), b"old");
    driver.shutdown().await;
}
