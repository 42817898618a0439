//! Standard input as an upload, where the way to the server is a bad one: it can be read once.

use std::fs::File;
use std::io::{Seek as _, Write as _};
use std::path::Path;
use std::time::Duration;

use ftpane::engine::Options;
use ftpane::model::entry::Kind;
use ftpane::model::failure::Class;
use ftpane::model::job::{Direction, INPUT, JobState, Policy};
use ftpane::model::server::{Patience, Protocol};

use crate::harness::engine::{Driver, Ended, noise};
use crate::harness::scripted::{Script, Scripted, end_data, receive, reset, say};

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(5),
    retries: 1,
};

fn input(content: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    file.rewind().unwrap();
    file
}

/// Uploads it to `/f`.
async fn upload(server: &Scripted, content: &[u8]) -> Ended {
    let mut driver = Driver::with(Options {
        input: Some(input(content)),
        ..Options::default()
    });
    driver
        .connect_patiently(server.server(), server.secret(), PATIENCE)
        .await
        .unwrap();
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::File,
        Path::new(INPUT),
        "/f",
        Policy::Overwrite,
    );
    let ended = driver
        .over(batch, |question| panic!("nothing to ask: {question:?}"))
        .await;
    driver.shutdown().await;
    ended
}

/// A server that breaks off once after so many bytes.
fn cut(at: usize) -> Script {
    let steps = [
        say("150 go"),
        receive(at),
        end_data(),
        say("426 Connection closed; transfer aborted."),
    ];
    Script::new(Protocol::Ftp).file("/f", "old").once("STOR", steps)
}

#[tokio::test]
async fn what_is_short_is_sent_again() {
    let content = noise(500_000);
    let lost = Script::new(Protocol::Ftp)
        .file("/f", "old")
        .once("STOR", [say("150 go"), receive(1000), reset()]);
    for script in [cut(100_000), lost] {
        let server = script.start().await;
        upload(&server, &content).await.assert_all_done();
        assert!(server.content("/f").unwrap() == content);
        assert_eq!(server.files(), ["/f"], "a temporary file was left");
    }
}

#[tokio::test]
async fn what_is_long_is_lost_with_its_line_and_that_is_said() {
    let content = noise(6_000_000);
    let server = cut(4_000_000).start().await;
    let ended = upload(&server, &content).await;
    let [failure] = ended.failures()[..] else {
        panic!("{ended:?}");
    };
    assert_eq!(server.count("STOR"), 1, "there was nothing to send again");
    assert!(!failure.transient, "a later run could not try again either");
    assert!(failure.to_string().contains("cannot be read again"), "{failure}");
    assert_eq!(
        failure.reply.as_deref(),
        Some("426 Connection closed; transfer aborted.")
    );
    assert_eq!(server.content("/f").unwrap(), b"old");
    assert_eq!(server.files(), ["/f"], "a temporary file was left");
}

#[tokio::test]
async fn a_refusal_is_the_servers_own() {
    let server = Script::new(Protocol::Ftp)
        .on("STOR", [say("452 No space left.")])
        .start()
        .await;
    let ended = upload(&server, b"content").await;
    assert_eq!(ended.failures()[0].reply.as_deref(), Some("452 No space left."));
    assert!(server.files().is_empty());
}

#[tokio::test]
async fn a_later_run_says_that_it_is_gone() {
    let server = Script::new(Protocol::Ftp).start().await;
    let mut driver = Driver::new();
    driver
        .connect_patiently(server.server(), server.secret(), PATIENCE)
        .await
        .unwrap();
    let ended = driver
        .transfer(Direction::Upload, Kind::File, Path::new(INPUT), "/f")
        .await;
    let [(_, _, JobState::Failed(failure))] = &ended.states[..] else {
        panic!("{ended:?}");
    };
    assert_eq!(failure.class, Class::Local);
    assert!(failure.why.contains("a run that is over"), "{failure}");
    driver.shutdown().await;
    assert_eq!(server.count("STOR"), 0);
}
