//! Awkward servers, each described by its dialogue: what becomes of a connection, a listing, a
//! transfer; and what the person is told.

mod active;
mod agreeing;
mod ahead;
mod alive;
mod arriving;
mod aside;
mod asking;
mod blots;
mod capitals;
mod certificates;
mod changing;
mod clock;
mod cut_listings;
mod data;
mod early_word;
mod filezilla;
mod gone;
mod keeping;
mod lanes;
mod listings;
mod login;
mod names;
mod old_tls;
mod owners;
mod personalities;
mod placing;
mod protection;
mod proxied;
mod renaming;
mod resumption;
mod sizes;
mod standby;
mod telnet;
mod times;
mod transfers;
mod verify;
mod weighing;

use std::path::Path;
use std::time::Duration;

use ftpane::model::entry::Kind;
use ftpane::model::event::Speaker;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{Direction, JobState};
use ftpane::model::server::{Patience, Server};

use crate::harness::engine::Driver;
use crate::harness::scripted::{Script, Scripted};

/// Short, so that a test of silence is short; long enough for a busy machine.
const SHORT: Patience = Patience {
    connect: Duration::from_secs(1),
    silence: Duration::from_secs(1),
    retries: 0,
};

/// Runs all cases of a test at once: many of them wait for a silence to pass.
async fn all_at_once(cases: impl IntoIterator<Item: Future<Output = ()>>) {
    futures_util::future::join_all(cases).await;
}

/// A driver connected to a server that lets it in.
async fn connected(script: Script) -> (Scripted, Driver) {
    connected_as(script, |server| server).await
}

/// The same with other settings.
async fn connected_as(script: Script, settings: impl FnOnce(Server) -> Server) -> (Scripted, Driver) {
    let server = script.start().await;
    let driver = connected_to(&server, settings, SHORT).await;
    (server, driver)
}

/// A driver connected to this server.
async fn connected_to(
    server: &Scripted,
    settings: impl FnOnce(Server) -> Server,
    patience: Patience,
) -> Driver {
    let mut driver = Driver::new();
    let saved = settings(server.server());
    driver
        .connect_patiently(saved, server.secret(), patience)
        .await
        .unwrap();
    driver
}

/// For what no limit proves.
const LONG: Patience = Patience {
    connect: Duration::from_secs(30),
    silence: Duration::from_secs(30),
    retries: 0,
};

/// The failure of a connection that must fail.
async fn refused(script: Script) -> (Scripted, Failure) {
    refused_within(script, SHORT).await
}

/// The same with this patience.
async fn refused_within(script: Script, patience: Patience) -> (Scripted, Failure) {
    let server = script.start().await;
    let mut driver = Driver::new();
    let failure = driver
        .connect_patiently(server.server(), server.secret(), patience)
        .await
        .unwrap_err();
    driver.shutdown().await;
    (server, failure)
}

/// The failure is of this class, and its sentence holds these words; it is made for people.
#[track_caller]
fn assert_says(failure: &Failure, class: Class, words: &[&str]) {
    let text = failure.to_string();
    assert_eq!(failure.class, class, "{text}");
    for word in words {
        assert!(text.contains(word), "'{word}' is not in: {text}");
    }
    assert!(!failure.what.is_empty() && !failure.why.is_empty(), "{text}");
    for debug in [
        "Os {", "Custom {", "Kind(", "Error(", "Some(", "\u{1b}", "\r", "\n",
    ] {
        assert!(!text.contains(debug), "not made for people: {text}");
    }
}

/// Downloads one file, with the end of its job.
async fn download(driver: &mut Driver, path: &str, to: &Path) -> JobState {
    the_end(driver, Direction::Download, path, to).await
}

/// Uploads one file, with the end of its job.
async fn upload(driver: &mut Driver, from: &Path, path: &str) -> JobState {
    the_end(driver, Direction::Upload, path, from).await
}

async fn the_end(driver: &mut Driver, direction: Direction, path: &str, local: &Path) -> JobState {
    let mut ended = driver.transfer(direction, Kind::File, local, path).await;
    assert_eq!(ended.states.len(), 1);
    ended.states.remove(0).2
}

/// The failure a job must have ended with.
#[track_caller]
fn failed(state: JobState) -> Failure {
    match state {
        JobState::Failed(failure) => failure,
        other => panic!("not failed: {other:?}"),
    }
}

/// The note of a job that must be done.
#[track_caller]
fn done(state: JobState) -> Option<String> {
    match state {
        JobState::Done { note, .. } => note,
        other => panic!("not done: {other:?}"),
    }
}

/// Whether a remark of the dialogue holds these words.
fn remarked(driver: &Driver, words: &str) -> bool {
    driver.remarked(words)
}

/// The names in a listing, sorted.
fn names(listing: &ftpane::model::listing::Listing) -> Vec<String> {
    let mut names: Vec<_> = listing
        .entries
        .iter()
        .map(|entry| String::from_utf8_lossy(entry.name.as_bytes()).into_owned())
        .collect();
    names.sort();
    names
}
