//! Names that differ in capitals only, on servers that tell them apart and on such that do not.

use std::path::Path;

use ftpane::model::command::{Answer, Command, InPlaceAnswer};
use ftpane::model::job::{BatchId, JobId, Policy};
use ftpane::model::server::Protocol;
use ftpane::model::unfinished::RestId;
use ftpane::plan::journal::{End, Record};

use super::*;
use crate::harness::engine::{CONNECTION, Ended};
use crate::harness::left;
use crate::harness::scripted::{say, usual};

fn script(is_blind: bool) -> Script {
    let script = Script::new(Protocol::Ftp);
    match is_blind {
        true => script.blind_to_capitals(),
        false => script,
    }
}

async fn put(driver: &mut Driver, local: &Path, policy: Policy) -> Ended {
    let batch: BatchId = driver.enqueue(Direction::Upload, Kind::Dir, local, "/to", policy);
    driver
        .over(batch, |question| panic!("nobody is asked: {question:?}"))
        .await
}

fn write(folder: &Path, files: &[&str]) {
    for file in files {
        let path = folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, file).unwrap();
    }
}

/// The second of the two has failed, and nothing else, since the server does not tell them apart.
#[track_caller]
fn assert_second_failed(ended: &Ended) {
    let failures = ended.failures();
    assert_eq!(failures.len(), 1, "{failures:?}");
    assert_says(
        failures[0],
        Class::Conflict,
        &["/to/Readme", "does not tell its name from 'README'"],
    );
}

/// Two of one batch: the first by bytes is there, the other one fails and says why, whatever is to be done
/// about what stands there. So do two folders, with all that is in the second.
#[tokio::test(flavor = "multi_thread")]
async fn two_names_of_a_batch_never_end_as_one_file() {
    for policy in [Policy::Overwrite, Policy::Skip, Policy::Resume] {
        let here = tempfile::tempdir().unwrap();
        write(
            here.path(),
            &["README", "Readme", "a", "Docs/x", "docs/x", "docs/y"],
        );
        let (server, mut driver) = connected(script(true)).await;
        let ended = put(&mut driver, here.path(), policy).await;
        let mut why: Vec<String> = ended
            .failures()
            .iter()
            .map(|failure| failure.to_string())
            .collect();
        why.sort();
        assert_eq!(why.len(), 4, "{policy:?}: {why:?}");
        let said = |name: &str, other: &str| {
            let about = |why: &&String| why.contains(&format!("/to/{name}:")) && why.contains(other);
            why.iter().filter(about).count()
        };
        assert_eq!(
            (said("Readme", "'README'"), said("docs", "'Docs'")),
            (1, 1),
            "{why:?}"
        );
        assert_eq!(
            server.files(),
            ["/to/Docs/x", "/to/README", "/to/a"],
            "{policy:?}"
        );
        assert_eq!(server.content("/to/README").unwrap(), b"README");
        assert_eq!(server.content("/to/Docs/x").unwrap(), b"Docs/x");
        driver.shutdown().await;
    }
}

/// Where they are told apart both are there, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn where_they_are_told_apart_both_are_there() {
    let here = tempfile::tempdir().unwrap();
    let files = ["Docs/x", "README", "Readme", "docs/x"];
    write(here.path(), &files);
    let (server, mut driver) = connected(script(false)).await;
    put(&mut driver, here.path(), Policy::Overwrite)
        .await
        .assert_all_done();
    assert_eq!(server.files(), files.map(|file| format!("/to/{file}")));
    driver.shutdown().await;
}

/// Some say of what is not there, too, that they have deleted it: that shows nothing, and nothing is left.
#[tokio::test(flavor = "multi_thread")]
async fn one_that_deletes_what_is_not_there_tells_them_apart() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &["README", "Readme"]);
    // the first is of the temporary file in the other capitals
    let script = script(false).once("DELE", say("250 Deleted."));
    let (server, mut driver) = connected(script).await;
    put(&mut driver, here.path(), Policy::Overwrite)
        .await
        .assert_all_done();
    assert_eq!(server.files(), ["/to/README", "/to/Readme"]);
    driver.shutdown().await;
}

/// One file after the other: where the first goes first, the second that is stored is the trial's.
async fn one_by_one(second: &str) -> (Scripted, Driver) {
    let script = script(true).once("STOR", usual()).once("STOR", say(second));
    let one = |server| Server {
        connections: 1,
        ..server
    };
    let patience = Patience { retries: 2, ..SHORT };
    let server = script.start().await;
    let driver = connected_to(&server, one, patience).await;
    (server, driver)
}

/// What is refused for now is tried again, and nothing is put in another's place meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_is_refused_for_now_is_made_again() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &["README", "Readme"]);
    let (server, mut driver) = one_by_one("450 Not now.").await;
    put(&mut driver, here.path(), Policy::Overwrite).await;
    assert_eq!(server.files(), ["/to/README"]);
    assert_eq!(server.content("/to/README").unwrap(), b"README");
    driver.shutdown().await;
}

/// A folder that refuses the trial shows nothing of the next one.
#[tokio::test(flavor = "multi_thread")]
async fn a_trial_that_is_refused_shows_nothing() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &["a/README", "a/Readme", "b/README", "b/Readme"]);
    let (_server, mut driver) = one_by_one("553 Not here.").await;
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::Dir,
        here.path(),
        "/to",
        Policy::Overwrite,
    );
    let ended = driver.over(batch, |_| Answer::InPlace(InPlaceAnswer::No)).await;
    let said: Vec<String> = ended
        .failures()
        .iter()
        .map(|failure| failure.to_string())
        .collect();
    let tells = |why: &&String| why.contains("does not tell its name from 'README'");
    assert!(said.iter().any(|why| tells(&why)), "{said:?}");
    driver.shutdown().await;
}

/// What stands there under the same name in other capitals is what stands there: it is left, or asked about.
#[tokio::test(flavor = "multi_thread")]
async fn what_stands_there_in_other_capitals_is_in_the_way() {
    for is_blind in [true, false] {
        let here = tempfile::tempdir().unwrap();
        write(here.path(), &["Readme"]);
        let (server, mut driver) = connected(script(is_blind).file("/to/README", "old")).await;
        let ended = put(&mut driver, here.path(), Policy::Skip).await;
        let skipped = ended
            .states
            .iter()
            .any(|(_, _, state)| matches!(state, JobState::Skipped(_)));
        assert_eq!(skipped, is_blind);
        assert_eq!(server.content("/to/README").unwrap(), b"old");
        let all = if is_blind {
            &["/to/README"][..]
        } else {
            &["/to/README", "/to/Readme"]
        };
        assert_eq!(server.files(), all);
        driver.shutdown().await;
    }
}

/// A folder that takes no temporary names shows it by the file that is there.
#[tokio::test(flavor = "multi_thread")]
async fn in_place_the_second_of_two_names_is_no_other_ones() {
    for is_blind in [true, false] {
        let here = tempfile::tempdir().unwrap();
        write(here.path(), &["README", "Readme"]);
        let script = script(is_blind).refuses_dot_names("553 Prohibited file name.");
        let server = script.start().await;
        let settings = |server| Server {
            in_place: true,
            ..server
        };
        let mut driver = connected_to(&server, settings, Patience { retries: 3, ..SHORT }).await;
        let ended = put(&mut driver, here.path(), Policy::Overwrite).await;
        assert_eq!(server.content("/to/README").unwrap(), b"README");
        if is_blind {
            assert_second_failed(&ended);
            assert_eq!(server.files(), ["/to/README"]);
        } else {
            ended.assert_all_done();
            assert_eq!(server.files(), ["/to/README", "/to/Readme"]);
        }
        driver.shutdown().await;
    }
}

/// Also where it stood there before.
#[tokio::test(flavor = "multi_thread")]
async fn in_place_what_stands_there_in_other_capitals_is_in_the_way() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &["Readme"]);
    let script = script(true).file("/to/README", "old");
    let settings = |server| Server {
        in_place: true,
        ..server
    };
    let (server, mut driver) =
        connected_as(script.refuses_dot_names("553 Prohibited file name."), settings).await;
    put(&mut driver, here.path(), Policy::Skip).await;
    assert_eq!(server.content("/to/README").unwrap(), b"old");
    assert_eq!(server.files(), ["/to/README"]);
    driver.shutdown().await;
}

/// The first of two was done when the run was killed: the second does not take its place.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_run_has_done_keeps_its_place_when_its_rest_is_taken_up() {
    let (here, queue) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(here.path(), &["README", "Readme"]);
    let server = script(true).file("/to/README", "README").start().await;
    let items = ["README", "Readme"].map(|name| left::file(&here.path().join(name), &format!("/to/{name}")));
    let (batch, run) = (BatchId(3), 7);
    let more = [
        left::jobs(batch, 1, &items),
        Record::Walked { batch, jobs: Some(2) },
        Record::Over {
            job: JobId(1),
            end: End::Done,
        },
    ];
    let how = (Direction::Upload, Policy::Overwrite);
    let records = left::records(batch, &server.server(), how, &items, more);
    left::leave(queue.path(), run, &records);
    let mut driver = Driver::with(ftpane::engine::Options {
        queue: Some(queue.path().to_path_buf()),
        ..ftpane::engine::Options::default()
    });
    driver
        .connect_patiently(server.server(), server.secret(), SHORT)
        .await
        .unwrap();
    let taken = BatchId(77);
    driver.send(Command::TakeUp {
        rest: RestId { run, batch },
        connection: CONNECTION,
        batch: taken,
    });
    let ended = driver.over(taken, |question| panic!("{question:?}")).await;
    assert_second_failed(&ended);
    assert_eq!(server.content("/to/README").unwrap(), b"README");
    assert_eq!(server.files(), ["/to/README"]);
    driver.shutdown().await;
}
