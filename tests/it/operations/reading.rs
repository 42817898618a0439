//! A part of a file is read, and no more fetched than that.

use ftpane::model::command::{Command, Generation, Place, Reading};
use ftpane::model::event::{ContentEnd, Event};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::server::Protocol;

use super::{assert_says, connected, heard};
use crate::harness::engine::{Driver, noise, remote_place};
use crate::harness::scripted::{
    Script, close, cut_data, end_data, reset_data, say, send, send_without_end, usual,
};

const READING: Generation = Generation(99);

/// Reads: what came, and how that ended. Each piece is dealt with as it comes.
async fn read(
    driver: &mut Driver,
    place: Place,
    offset: u64,
    length: Option<u64>,
) -> (Vec<u8>, Result<ContentEnd, Failure>) {
    driver.send(Command::Read(Reading {
        place,
        offset,
        length,
        generation: READING,
    }));
    let mut came = Vec::new();
    loop {
        match driver.event().await {
            Event::Content {
                offset: at, bytes, ..
            } => {
                assert_eq!(at, offset + u64::try_from(came.len()).unwrap(), "without gaps");
                came.extend_from_slice(&bytes);
                driver.send(Command::DealtWith(READING));
            }
            Event::ContentOver { result, .. } => return (came, result),
            _ => {}
        }
    }
}

fn script(size: usize) -> (Script, Vec<u8>) {
    let content = noise(size);
    (Script::new(Protocol::Ftp).file("/f", &content), content)
}

#[tokio::test(flavor = "multi_thread")]
async fn any_part_of_a_file() {
    let (script, content) = script(300_000);
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("f"), &content).unwrap();
    let (_server, mut driver) = connected(script).await;
    for place in [remote_place("/f"), Place::Local(here.path().join("f"))] {
        for (offset, length) in [
            (0, None),
            (0, Some(10)),
            (0, Some(0)),
            (100_000, Some(131_072)),
            (299_990, Some(10)),
            (299_990, Some(1000)),
            (299_990, None),
            (300_000, Some(10)),
            (300_001, None),
        ] {
            let (came, end) = read(&mut driver, place.clone(), offset, length).await;
            let from = usize::try_from(offset).unwrap().min(content.len());
            let to = length.map_or(content.len(), |length| from + usize::try_from(length).unwrap());
            let wanted = &content[from..to.min(content.len())];
            assert!(
                came == wanted,
                "{place:?} {offset} {length:?}: {} bytes",
                came.len()
            );
            let end = end.unwrap();
            assert_eq!(end.offset, offset + u64::try_from(came.len()).unwrap());
            assert_eq!(end.is_end, end.offset >= 300_000, "{place:?} {offset} {length:?}");
            assert_eq!(end.size, Some(300_000));
        }
    }
    for place in [remote_place("/gone"), Place::Local(here.path().join("gone"))] {
        let (came, end) = read(&mut driver, place, 0, None).await;
        assert!(came.is_empty());
        assert!(end.unwrap_err().to_string().contains("gone"));
    }
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_end_is_not_fetched_and_the_session_goes_on() {
    let script = Script::new(Protocol::Ftp)
        .file("/f", "")
        .on("SIZE", say("213 1099511627776"))
        .on(
            "RETR",
            [
                say("150 Coming."),
                send_without_end(noise(4096)),
                say("426 You went."),
            ],
        );
    let (server, mut driver) = connected(script).await;
    for _ in 0..3 {
        let (came, end) = read(&mut driver, remote_place("/f"), 1 << 39, Some(100_000)).await;
        assert_eq!(came.len(), 100_000);
        assert!(!end.unwrap().is_end);
    }
    assert_eq!(heard(&server, "REST")[0], format!("REST {}", 1_u64 << 39));
    driver.list("/").await.unwrap();
    // the next one does not wait until the server has noticed; none is given up
    assert!(server.sessions() <= 2);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_does_not_look_is_not_read_to() {
    let script = Script::new(Protocol::Ftp)
        .file("/f", "")
        .on("SIZE", say("500 No."))
        .on(
            "RETR",
            [
                say("150 Coming."),
                send_without_end(noise(4096)),
                say("426 You went."),
            ],
        );
    let (server, mut driver) = connected(script).await;
    driver.send(Command::Read(Reading {
        place: remote_place("/f"),
        offset: 0,
        length: None,
        generation: READING,
    }));
    // so much comes unasked, and no more
    for _ in 0..16 {
        driver
            .wait(|event| matches!(event, Event::Content { .. }).then_some(()))
            .await;
    }
    driver.send(Command::Stop(READING));
    driver.heard("426 You went").await;
    driver.list("/").await.unwrap();
    driver.shutdown().await;
    assert_eq!(server.count("RETR"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_begins_at_the_beginning_only() {
    let (script, content) = script(200_000);
    for refusal in ["502 No REST.", "501 Not here."] {
        let (server, mut driver) = connected(
            Script::new(Protocol::Ftp)
                .file("/f", &content)
                .on("REST", say(refusal)),
        )
        .await;
        let (came, end) = read(&mut driver, remote_place("/f"), 150_000, Some(10)).await;
        assert_eq!(came, content[150_000..150_010]);
        assert!(end.is_ok());
        assert_eq!(server.count("RETR"), 1);
        driver.shutdown().await;
    }
    let far = script
        .on("SIZE", say("213 99999999999"))
        .on("REST", say("502 No REST."));
    let (server, mut driver) = connected(far).await;
    let (_, end) = read(&mut driver, remote_place("/f"), 1 << 33, Some(10)).await;
    assert_says(
        &end.unwrap_err(),
        Class::Refused,
        &["in the middle", "Download the file"],
    );
    assert_eq!(server.count("RETR"), 0);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_is_said_and_what_was_not_begun_begins_again() {
    let half = [say("150 Coming."), send("half"), reset_data(), say("426 Broken.")];
    let short = [say("150 Coming."), send("half"), end_data(), say("226 Done.")];
    for (steps, words) in [(half, "after 4 bytes"), (short, "only 4 of its 7 bytes")] {
        let script = Script::new(Protocol::Ftp).file("/f", "content").on("RETR", steps);
        let (_server, mut driver) = connected(script).await;
        let (came, end) = read(&mut driver, remote_place("/f"), 0, None).await;
        assert_eq!(came, b"half");
        assert_says(&end.unwrap_err(), Class::Unreachable, &["/f", words]);
        driver.shutdown().await;
    }
    // encrypted, without a size and without close_notify: nobody knows whether that was all
    let script = Script::new(Protocol::FtpsExplicit)
        .file("/f", "content")
        .on("SIZE", say("500 No."))
        .on(
            "RETR",
            [say("150 Coming."), send("half"), cut_data(), say("226 Done.")],
        );
    let (_server, mut driver) = connected(script).await;
    let (_, end) = read(&mut driver, remote_place("/f"), 0, None).await;
    assert_says(&end.unwrap_err(), Class::Unreachable, &["there may be more"]);
    driver.shutdown().await;
    let script = Script::new(Protocol::Ftp)
        .file("/f", "content")
        .once("SIZE", [close()])
        .on("RETR", usual());
    let (server, mut driver) = connected(script).await;
    let (came, _) = read(&mut driver, remote_place("/f"), 3, None).await;
    assert_eq!((came.as_slice(), server.sessions()), (&b"tent"[..], 2));
    driver.shutdown().await;
}
