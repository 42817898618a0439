//! Files that are read by who wants their bytes: whole or in part, on after a lost line where that is
//! shown to be right, and no further than is wanted.

use std::time::Duration;

use ftpane::model::command::{Command, Generation, Place, Reading};
use ftpane::model::event::{Event, WasRead};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::server::{Patience, Protocol, Server};

use crate::harness::engine::{Driver, noise, remote_place};
use crate::harness::scripted::{Script, Scripted, cut_data, end_data, say, send};

const SIZE: usize = 300_000;
const OVERLAP: usize = 16 * 1024;
const GENERATION: Generation = Generation(77);

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(5),
    retries: 1,
};

fn script() -> Script {
    Script::new(Protocol::Ftp).file("/f", noise(SIZE))
}

/// A server whose first RETR breaks off after so many bytes.
fn cut(at: usize) -> Script {
    let steps = [
        say("150 go"),
        send(&noise(SIZE)[..at]),
        end_data(),
        say("426 Connection closed; transfer aborted."),
    ];
    script().once("RETR", steps)
}

async fn read(server: &Scripted, from: u64, length: Option<u64>) -> (Vec<u8>, Result<WasRead, Failure>) {
    let mut driver = Driver::new();
    driver
        .connect_patiently(server.server(), server.secret(), PATIENCE)
        .await
        .unwrap();
    let read = read_with(&mut driver, remote_place("/f"), from, length).await;
    driver.shutdown().await;
    read
}

async fn read_with(
    driver: &mut Driver,
    place: Place,
    from: u64,
    length: Option<u64>,
) -> (Vec<u8>, Result<WasRead, Failure>) {
    driver.send(Command::Read(Reading {
        place,
        from,
        length,
        generation: GENERATION,
    }));
    let mut came = Vec::new();
    loop {
        match driver.event().await {
            Event::Piece { generation, bytes } if generation == GENERATION => {
                came.extend_from_slice(&bytes);
                driver.send(Command::DealtWith(generation));
            }
            Event::ReadOver { generation, result } if generation == GENERATION => return (came, result),
            _ => {}
        }
    }
}

fn heard(server: &Scripted, verb: &str) -> Vec<String> {
    let lines = server.heard().into_iter().map(|heard| heard.line);
    lines
        .filter(|line| line.split(' ').next() == Some(verb))
        .collect()
}

#[tokio::test]
async fn a_whole_file_and_a_part_of_one() {
    let server = script().start().await;
    let (came, result) = read(&server, 0, None).await;
    assert!(came == noise(SIZE));
    assert_eq!(result.unwrap().size, Some(SIZE as u64));
    let (came, result) = read(&server, 100_000, Some(50_000)).await;
    assert!(came == noise(SIZE)[100_000..150_000]);
    assert_eq!(result.unwrap().size, Some(SIZE as u64));
    assert_eq!(heard(&server, "REST"), ["REST 100000"]);
    let (came, result) = read(&server, SIZE as u64 + 5, Some(10)).await;
    assert!(came.is_empty() && result.is_ok());
    assert_eq!(
        server.count("RETR"),
        2,
        "behind the end there is nothing to ask for"
    );
}

#[tokio::test]
async fn a_lost_line_is_no_gap() {
    let server = cut(200_000).start().await;
    let (came, result) = read(&server, 0, None).await;
    result.unwrap();
    assert!(came == noise(SIZE));
    let from = 200_000 - OVERLAP;
    assert_eq!(heard(&server, "REST"), [format!("REST {from}")]);
}

#[tokio::test]
async fn a_server_that_does_not_begin_in_the_middle_is_read_from_its_first_byte() {
    let server = cut(200_000).on("REST", [say("502 No REST here.")]).start().await;
    let (came, result) = read(&server, 0, None).await;
    result.unwrap();
    assert!(came == noise(SIZE));
    assert_eq!(server.count("RETR"), 2);
    let (came, result) = read(&server, 250_000, Some(10)).await;
    result.unwrap();
    assert!(came == noise(SIZE)[250_000..250_010]);
}

#[tokio::test]
async fn what_has_changed_meanwhile_is_not_joined() {
    let other = noise(SIZE + 1)[1..].to_vec();
    for (change, words) in [
        // another time
        (
            cut(200_000).first(1, "MDTM", [say("213 20200101000000")]),
            "changed while it was read",
        ),
        // no exact time at all
        (
            cut(200_000).on("MDTM", [say("502 no")]),
            "nothing proves that it is the same file",
        ),
        // the same size and time, and other bytes
        (
            cut(200_000).on(
                "RETR",
                [say("150 go"), send(&other[..]), end_data(), say("226 done")],
            ),
            "does not continue what came before",
        ),
    ] {
        let server = change.start().await;
        let (came, result) = read(&server, 0, None).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.class, Class::Conflict, "{failure}");
        assert!(failure.to_string().contains(words), "{failure}");
        assert!(
            came == noise(SIZE)[..200_000],
            "what was told is right all the same"
        );
    }
}

#[tokio::test]
async fn an_end_that_is_none_is_not_believed() {
    let short = [
        say("150 go"),
        send(&noise(SIZE)[..1000]),
        cut_data(),
        say("226 done"),
    ];
    let server = script().on("RETR", short).start().await;
    let (_, result) = read(&server, 0, None).await;
    let failure = result.unwrap_err();
    assert_eq!(failure.class, Class::Unreachable, "{failure}");
    assert!(failure.why.contains("1000 bytes came"), "{failure}");
}

#[tokio::test]
async fn refusals_are_the_servers_own_words() {
    let server = script()
        .on("RETR", [say("550 Permission denied, sorry.")])
        .start()
        .await;
    let (came, result) = read(&server, 0, None).await;
    let failure = result.unwrap_err();
    assert!(came.is_empty());
    assert_eq!(failure.class, Class::Refused);
    assert_eq!(failure.reply.as_deref(), Some("550 Permission denied, sorry."));
}

#[tokio::test]
async fn who_deals_with_nothing_is_not_flooded_and_the_rest_can_be_left() {
    let server = Script::new(Protocol::Ftp)
        .file("/f", noise(30_000_000))
        .start()
        .await;
    let mut driver = Driver::new();
    driver
        .connect_patiently(server.server(), server.secret(), PATIENCE)
        .await
        .unwrap();
    driver.send(Command::Read(Reading {
        place: remote_place("/f"),
        from: 0,
        length: None,
        generation: GENERATION,
    }));
    let mut bytes = 0;
    // the last piece that comes without a word from us
    for _ in 0..32 {
        bytes += driver
            .wait(|event| match event {
                Event::Piece { bytes, .. } => Some(bytes.len()),
                _ => None,
            })
            .await;
    }
    driver.send(Command::StopReading(GENERATION));
    let result = driver
        .wait(|event| match event {
            Event::ReadOver { result, .. } => Some(result),
            Event::Piece { .. } => panic!("more than was dealt with"),
            _ => None,
        })
        .await;
    assert_eq!(result.unwrap_err().class, Class::Cancelled);
    assert!(bytes < 30_000_000);
    // the session is of use for something else
    driver.list("/").await.unwrap();
    driver.shutdown().await;
}

#[tokio::test]
async fn a_file_of_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    std::fs::write(&path, noise(SIZE)).unwrap();
    let mut driver = Driver::new();
    let (came, result) = read_with(&mut driver, Place::Local(path.clone()), 1000, Some(100_000)).await;
    assert_eq!(result.unwrap().size, Some(SIZE as u64));
    assert!(came == noise(SIZE)[1000..101_000]);
    let (came, result) = read_with(&mut driver, Place::Local(path), SIZE as u64 - 1, None).await;
    assert!(result.is_ok() && came.len() == 1);
    let missing = Place::Local(folder.path().join("none"));
    let (_, result) = read_with(&mut driver, missing, 0, None).await;
    assert_eq!(result.unwrap_err().class, Class::Local);
    let (_, result) = read_with(&mut driver, Place::Local(folder.path().into()), 0, None).await;
    assert!(result.unwrap_err().why.contains("no file"));
    driver.shutdown().await;
}

#[tokio::test]
async fn nothing_outside_is_read() {
    let server = script()
        .file("/in/f", "in")
        .file("/in/deep/f", "deep")
        .start()
        .await;
    let mut driver = Driver::new();
    let inside = Server {
        document_path: "/in".into(),
        explore_depth: Some(0),
        ..server.server()
    };
    driver.connect(inside, server.secret()).await.unwrap();
    let (came, result) = read_with(&mut driver, remote_place("/in/f"), 0, None).await;
    assert!(result.is_ok() && came == b"in");
    for outside in ["/f", "/in/deep/f"] {
        let (came, result) = read_with(&mut driver, remote_place(outside), 0, None).await;
        assert!(came.is_empty());
        assert_eq!(result.unwrap_err().class, Class::Guarded, "{outside}");
    }
    driver.shutdown().await;
    assert_eq!(server.count("RETR"), 1);
}
