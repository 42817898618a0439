//! Long listings: their first entries are told while the rest is on its way.

use ftpane::model::command::{Command, Generation};
use ftpane::model::event::Event;
use ftpane::model::failure::Failure;
use ftpane::model::listing::Listing;
use ftpane::model::server::Protocol;
use std::sync::Arc;

use super::{SHORT, connected_to};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{Script, Step, end_data, gate, reset_data, say, send};

const GENERATION: Generation = Generation(7);
/// More than are told at first.
const MANY: usize = 1_500;

fn mlsd(number: usize) -> String {
    format!("type=file;size=1; f{number:04}\r\n")
}

fn list(number: usize) -> String {
    format!("-rw-r--r--   1 me us 1 2024-01-02 03:04 f{number:04}\r\n")
}

/// Sends many lines, waits at the gate, and goes on so.
fn stalling(line: fn(usize) -> String, rest: Vec<Step>) -> Vec<Step> {
    let lines: String = (0..MANY).map(line).collect();
    [vec![say("150 go"), send(lines), gate()], rest].concat()
}

/// Asks for the folder, and waits until all that was sent before the gate is told of; the first entries.
async fn first_of(driver: &mut Driver) -> Vec<String> {
    driver.send(Command::List {
        place: remote_place("/d"),
        generation: GENERATION,
    });
    let mut names = Vec::new();
    loop {
        let (first, come) = driver
            .wait(|event| match event {
                Event::Arriving {
                    place,
                    generation,
                    first,
                    come,
                } => {
                    assert_eq!((place, generation), (remote_place("/d"), GENERATION));
                    Some((first, come))
                }
                Event::Listed { .. } => panic!("the listing is over before its end"),
                _ => None,
            })
            .await;
        assert!(names.is_empty() || first.is_empty(), "they are told once");
        names.extend(first.iter().map(|entry| entry.name.shown()));
        if come == MANY as u64 {
            return names;
        }
    }
}

async fn listed(driver: &mut Driver) -> Result<Arc<Listing>, Failure> {
    driver
        .wait(|event| match event {
            Event::Listed {
                generation, result, ..
            } => {
                assert_eq!(generation, GENERATION);
                Some(result)
            }
            _ => None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_entries_come_before_the_last_ones() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit] {
        for (features, verb, line) in [
            ("MLST type*;size*; EPSV SIZE", "MLSD", mlsd as fn(usize) -> String),
            ("EPSV SIZE", "LIST", list),
        ] {
            let rest = vec![send(line(MANY)), end_data(), say("226 done")];
            let script = Script::new(protocol)
                .features(features)
                .file("/d/f", "x")
                .on(verb, stalling(line, rest));
            let server = script.start().await;
            let mut driver = connected_to(&server, |server| server, SHORT).await;
            let first = first_of(&mut driver).await;
            assert!(!first.is_empty() && first.len() <= 1_000, "{}", first.len());
            let wanted: Vec<String> = (0..first.len()).map(|n| format!("f{n:04}")).collect();
            assert_eq!(first, wanted);
            server.open_gate();
            let listing = listed(&mut driver).await.unwrap();
            assert_eq!((listing.entries.len(), &listing.incomplete), (MANY + 1, &None));
            driver.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_off_after_its_first_entries_is_incomplete() {
    for rest in [
        vec![end_data(), say("426 cut")],
        vec![reset_data(), say("426 cut")],
    ] {
        let script = Script::new(Protocol::Ftp)
            .file("/d/f", "x")
            .on("MLSD", stalling(mlsd, rest));
        let server = script.start().await;
        let mut driver = connected_to(&server, |server| server, SHORT).await;
        assert!(!first_of(&mut driver).await.is_empty());
        server.open_gate();
        let listing = listed(&mut driver).await.unwrap();
        assert!(listing.incomplete.is_some());
        driver.shutdown().await;
    }
}
