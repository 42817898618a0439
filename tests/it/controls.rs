//! The queue steered while it works: paused, moved, limited, waited for, full.

use std::path::Path;
use std::time::Duration;

use ftpane::engine::Options;
use ftpane::model::command::{Command, Extent, Shift};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::{BatchId, Direction, Hold, JobId, JobState, Policy};
use ftpane::model::server::{Patience, Protocol, Server};

use crate::harness::engine::{Driver, make_tree, tree};
use crate::harness::scripted::{Script, Scripted, Step, receive, say, usual};

/// As in the interface: somebody watches, and one connection stays free for browsing.
fn watched(limit_rate: Option<u64>) -> Driver {
    Driver::with(Options {
        browsing: true,
        limit_rate,
        ..Options::default()
    })
}

async fn connect(driver: &mut Driver, server: &Scripted) {
    let entry = Server {
        connections: 3,
        ..server.server()
    };
    driver.connect(entry, server.secret()).await.unwrap();
}

/// Waits until a job is in a state.
async fn becomes(driver: &mut Driver, wanted: impl Fn(&JobState) -> bool) -> JobId {
    driver
        .wait(|event| match event {
            Event::JobChanged(id, state) if wanted(&state) => Some(id),
            _ => None,
        })
        .await
}

fn fetch(driver: &mut Driver, here: &Path, name: &str) -> BatchId {
    driver.enqueue(
        Direction::Download,
        Kind::File,
        &here.join(name),
        &format!("/{name}"),
        Policy::Overwrite,
    )
}

fn noise(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| (n * n / 7) as u8).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_transfer_is_paused_and_goes_on_and_the_limit_is_changed_while_it_runs() {
    for direction in [Direction::Download, Direction::Upload] {
        let here = tempfile::tempdir().unwrap();
        let content = noise(3_000_000);
        let script = Script::new(Protocol::Ftp).file("/big", &content);
        let server = script.start().await;
        std::fs::write(here.path().join("up"), &content).unwrap();
        // so slow that it would not be over in a minute
        let mut driver = watched(Some(40_000));
        connect(&mut driver, &server).await;
        let batch = match direction {
            Direction::Download => fetch(&mut driver, here.path(), "big"),
            Direction::Upload => driver.enqueue(
                direction,
                Kind::File,
                &here.path().join("up"),
                "/new",
                Policy::Overwrite,
            ),
        };
        let id = becomes(&mut driver, |state| *state == JobState::Running).await;
        driver.moved(10_000).await;
        driver.send(Command::Hold(Extent::Job(id)));
        let held = becomes(&mut driver, |state| *state == JobState::Held(Hold::Paused)).await;
        assert_eq!(held, id);
        assert!(!here.path().join("big").exists(), "nothing is there yet");
        assert_eq!(server.content("/new"), None);
        // the session was kept in step, and others go on meanwhile
        assert!(driver.list("/").await.is_ok());
        driver.send(Command::LimitRate(None));
        driver.send(Command::GoOn(Extent::Job(id)));
        driver.over(batch, |question| panic!("{question:?}")).await;
        let came = match direction {
            Direction::Download => std::fs::read(here.path().join("big")).unwrap(),
            Direction::Upload => server.content("/new").unwrap(),
        };
        assert!(came == content, "{direction:?}: it differs");
        driver.shutdown().await;
        // a paused upload may leave what it has sent for later, under a name of its own
        assert!(tree(here.path()).len() <= 2, "{:?}", tree(here.path()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_by_an_old_limit_runs_by_the_new_one() {
    let here = tempfile::tempdir().unwrap();
    let content = noise(500_000);
    let server = Script::new(Protocol::Ftp).file("/big", &content).start().await;
    let mut driver = watched(Some(1_000));
    connect(&mut driver, &server).await;
    let batch = fetch(&mut driver, here.path(), "big");
    driver.moved(1).await;
    driver.send(Command::LimitRate(None));
    driver
        .over(batch, |question| panic!("{question:?}"))
        .await
        .assert_all_done();
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_paused_holds_what_is_still_to_come_and_order_is_kept() {
    let here = tempfile::tempdir().unwrap();
    let mut script = Script::new(Protocol::Ftp);
    for name in ["a", "b", "c"] {
        script = script.file(&format!("/{name}"), name);
    }
    let server = script.start().await;
    let mut driver = watched(None);
    let entry = Server {
        connections: 2,
        ..server.server()
    };
    driver.connect(entry, server.secret()).await.unwrap();
    driver.send(Command::Hold(Extent::All));
    let mut batches = Vec::new();
    for name in ["a", "b", "c"] {
        batches.push(fetch(&mut driver, here.path(), name));
        becomes(&mut driver, |state| *state == JobState::Held(Hold::Paused)).await;
    }
    assert_eq!(server.count("RETR"), 0);
    driver.send(Command::Move(Extent::Batch(batches[2]), Shift::Top));
    driver.send(Command::Move(Extent::Job(JobId(1)), Shift::Bottom));
    driver.send(Command::GoOn(Extent::All));
    driver.over(batches[0], |question| panic!("{question:?}")).await;
    let heard = server.heard();
    let order: Vec<&str> = heard
        .iter()
        .filter_map(|heard| heard.line.strip_prefix("RETR "))
        .collect();
    assert_eq!(order, ["/c", "/b", "/a"], "one lane, in the order of the queue");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_away_costs_no_job_a_try() {
    let here = tempfile::tempdir().unwrap();
    make_tree(here.path());
    let server = Script::new(Protocol::Ftp).start().await;
    let (entry, address) = (server.server(), server.server().address());
    // no job may be tried again: each has one try
    let patience = Patience {
        retries: 0,
        ..Patience::default()
    };
    let mut driver = watched(None);
    driver
        .connect_patiently(entry, server.secret(), patience)
        .await
        .unwrap();
    drop(server);
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::Dir,
        here.path(),
        "/tree",
        Policy::Overwrite,
    );
    let mut waits = Vec::new();
    while waits.len() < 3 {
        let (failure, wait) = driver
            .wait(|event| match event {
                Event::ServerAway { failure, wait, .. } => Some((failure, wait)),
                Event::JobChanged(_, JobState::Failed(failure)) => panic!("{failure}"),
                _ => None,
            })
            .await;
        assert_eq!(failure.class, Class::Unreachable, "{failure}");
        waits.push(wait);
        // nobody has to wait
        driver.send(Command::GoOn(Extent::All));
    }
    assert_eq!(waits, [1, 2, 4].map(Duration::from_secs));
    let server = Script::new(Protocol::Ftp).start_at(&address).await;
    driver.send(Command::GoOn(Extent::Batch(batch)));
    driver.over(batch, |question| panic!("{question:?}")).await;
    for (path, content) in tree(here.path()) {
        if let Some(content) = content {
            let path = format!("/tree/{}", path.display());
            assert!(server.content(&path) == Some(content), "{path}");
        }
    }
    driver.shutdown().await;
}

/// How many files a lane may have begun or fetched before it hears that there is no room.
const UNDER_WAY: usize = 3;

fn no_room() -> [Step; 3] {
    [
        say("150 Go on."),
        receive(10),
        say("552 Exceeded storage allocation."),
    ]
}

async fn put_six(driver: &mut Driver, here: &Path) -> BatchId {
    for n in 0..6 {
        std::fs::write(here.join(format!("f{n}")), vec![b'x'; 1000]).unwrap();
    }
    driver.enqueue(Direction::Upload, Kind::Dir, here, "/", Policy::Overwrite)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_to_a_full_server_is_held_until_there_is_room() {
    let here = tempfile::tempdir().unwrap();
    let mut script = Script::new(Protocol::Ftp).once("STOR", [usual()]);
    for _ in 0..UNDER_WAY {
        script = script.once("STOR", no_room());
    }
    let server = script.start().await;
    let mut driver = watched(None);
    let entry = Server {
        connections: 2,
        ..server.server()
    };
    driver.connect(entry, server.secret()).await.unwrap();
    let batch = put_six(&mut driver, here.path()).await;
    let mut held = std::collections::BTreeSet::new();
    while held.len() < 5 {
        let id = becomes(&mut driver, |state| match state {
            JobState::Held(Hold::Full(failure)) => {
                assert!(
                    failure
                        .reply
                        .as_deref()
                        .is_some_and(|reply| reply.starts_with("552"))
                );
                true
            }
            JobState::Failed(failure) => panic!("{failure}"),
            _ => false,
        })
        .await;
        held.insert(id);
    }
    assert!(server.count("STOR") <= 1 + UNDER_WAY, "not one by one");
    // there is room again, once the server has said all its noes
    driver.send(Command::GoOn(Extent::Batch(batch)));
    loop {
        match driver.event().await {
            Event::BatchOver(over) if over == batch => break,
            Event::JobChanged(_, JobState::Held(_)) => driver.send(Command::GoOn(Extent::Batch(batch))),
            _ => {}
        }
    }
    for n in 0..6 {
        assert_eq!(server.content(&format!("/f{n}")).unwrap().len(), 1000);
    }
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_watches_what_goes_to_a_full_server_fails_at_once() {
    let here = tempfile::tempdir().unwrap();
    let script = Script::new(Protocol::Ftp).once("STOR", [usual()]);
    let server = script.on("STOR", no_room()).start().await;
    let mut driver = Driver::new();
    let entry = Server {
        connections: 1,
        ..server.server()
    };
    driver.connect(entry, server.secret()).await.unwrap();
    let batch = put_six(&mut driver, here.path()).await;
    let ended = driver.over(batch, |question| panic!("{question:?}")).await;
    let failures = ended.failures();
    assert_eq!(failures.len(), 5, "{failures:?}");
    assert!(failures.iter().all(|failure| failure.full), "{failures:?}");
    assert!(server.count("STOR") <= 1 + UNDER_WAY, "not one by one");
    driver.shutdown().await;
}
