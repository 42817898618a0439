//! What a run leaves undone, and the runs after it: engines that share a folder.

use std::path::Path;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::engine::Options;
use ftpane::model::command::{Answer, Command, Scope};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::job::{BatchId, BatchRequest, Care, Direction, Item, JobId, JobState, Policy};
use ftpane::model::part_name::{Origin, part_name};
use ftpane::model::server::Protocol;
use ftpane::model::unfinished::{RestId, Unfinished};
use ftpane::plan::journal::written::WrittenPath;
use ftpane::plan::journal::{End, Record};

use crate::harness::engine::{CONNECTION, Driver, assert_same_tree, make_tree};
use crate::harness::left;

mod broken_down;
mod pauses;
mod versions;

const BATCH: BatchId = BatchId(1);

struct Site {
    demo: Demo,
    here: tempfile::TempDir,
    there: tempfile::TempDir,
    queue: tempfile::TempDir,
}

impl Site {
    async fn new() -> Self {
        let there = tempfile::tempdir().unwrap();
        let options = DemoOptions {
            protocol: Protocol::Ftp,
            folder: Some(there.path().to_path_buf()),
            ..DemoOptions::default()
        };
        Self {
            demo: Demo::start_with(options).await.unwrap(),
            here: tempfile::tempdir().unwrap(),
            there,
            queue: tempfile::tempdir().unwrap(),
        }
    }

    async fn driver(&self, limit_rate: Option<u64>) -> Driver {
        let mut driver = Driver::with(Options {
            queue: Some(self.queue.path().to_path_buf()),
            limit_rate,
            ..Options::default()
        });
        driver
            .connect(self.demo.server(), self.demo.secret())
            .await
            .unwrap();
        driver
    }

    /// A run in which somebody watches the queue, or not.
    async fn watched(&self, browsing: bool) -> Driver {
        let mut driver = Driver::with(Options {
            queue: Some(self.queue.path().to_path_buf()),
            browsing,
            ..Options::default()
        });
        let (server, secret) = (self.demo.server(), self.demo.secret());
        driver.connect(server, secret).await.unwrap();
        driver
    }

    /// The files of the queue, but for the installation's number.
    fn logs(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.queue.path()).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != "installation").collect()
    }

    fn leave(&self, run: u32, how: (Direction, Policy), asked: &[Item], more: Vec<Record>) -> RestId {
        let records = left::records(BATCH, &self.demo.server(), how, asked, more);
        left::leave(self.queue.path(), run, &records);
        RestId { run, batch: BATCH }
    }
}

async fn look(driver: &mut Driver) -> Vec<Unfinished> {
    driver.send(Command::LookForUnfinished);
    driver
        .wait(|event| match event {
            Event::Unfinished(left) => Some(left),
            _ => None,
        })
        .await
}

async fn take_up(driver: &mut Driver, rest: RestId) -> Vec<(Item, JobState)> {
    let batch = BatchId(77);
    driver.send(Command::TakeUp {
        rest,
        connection: CONNECTION,
        batch,
    });
    let ended = driver.over(batch, |_| Answer::Dismissed).await;
    ended
        .states
        .into_iter()
        .map(|(_, item, state)| (std::sync::Arc::unwrap_or_clone(item), state))
        .collect()
}

fn dir(local: &Path, path: &str) -> Item {
    Item {
        kind: Kind::Dir,
        ..left::file(local, path)
    }
}

fn over(job: u64) -> Record {
    Record::Over {
        job: JobId(job),
        end: End::Done,
    }
}

fn source(item: &Item) -> WrittenPath {
    WrittenPath::source(Direction::Upload, item)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_in_the_middle_leaves_the_rest_to_the_next() {
    let site = Site::new().await;
    make_tree(site.here.path());
    let mut first = site.driver(Some(400_000)).await;
    first.enqueue(
        Direction::Upload,
        Kind::Dir,
        site.here.path(),
        "/up",
        Policy::Overwrite,
    );
    first.moved(100_000).await;
    // as long as it lives it is nobody else's
    let mut second = site.driver(None).await;
    assert_eq!(look(&mut second).await, []);
    first.shutdown().await;

    let left = look(&mut second).await;
    let [left] = &left[..] else { panic!("{left:?}") };
    assert_eq!(
        (left.direction, left.policy),
        (Direction::Upload, Policy::Overwrite)
    );
    assert!(left.files > 0 && left.files <= left.known, "{left:?}");
    let states = take_up(&mut second, left.id).await;
    assert!(!states.is_empty());
    for (item, state) in states {
        assert!(matches!(state, JobState::Done { .. }), "{item:?} {state:?}");
    }
    assert_same_tree(&site.there.path().join("up"), site.here.path(), "taken up");
    assert_eq!(look(&mut second).await, []);
    second.shutdown().await;
    assert_eq!(site.logs(), [""; 0], "nothing is left of either");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_that_was_cut_goes_on_and_leaves_out_what_is_over() {
    let site = Site::new().await;
    let here = site.here.path();
    std::fs::create_dir_all(here.join("sub/deep")).unwrap();
    for name in [
        "done",
        "open",
        "never-met",
        "before",
        "sub/done",
        "sub/deep/never-met",
    ] {
        std::fs::write(here.join(name), name).unwrap();
    }
    std::fs::create_dir_all(site.there.path().join("up/sub")).unwrap();
    let item = |name: &str| left::file(&here.join(name), &format!("/up/{name}"));
    let root = dir(here, "/up");
    let items = [
        root.clone(),
        item("done"),
        item("open"),
        dir(&here.join("sub"), "/up/sub"),
        item("sub/done"),
    ];
    let id = site.leave(
        7,
        (Direction::Upload, Policy::Rename),
        &[root],
        vec![
            Record::Past {
                batch: BATCH,
                sources: vec![source(&item("before"))],
            },
            left::jobs(BATCH, 1, &items),
            over(1),
            over(2),
            over(4),
            over(5),
        ],
    );
    let mut driver = site.driver(None).await;
    let seen = look(&mut driver).await;
    assert_eq!((seen[0].files, seen[0].known, seen[0].walked), (1, 3, false));
    let mut names: Vec<String> = take_up(&mut driver, id)
        .await
        .into_iter()
        .map(|(item, state)| {
            assert!(matches!(state, JobState::Done { .. }), "{item:?} {state:?}");
            item.remote.shown()
        })
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "/up/never-met",
            "/up/open",
            "/up/sub/deep",
            "/up/sub/deep/never-met"
        ]
    );
    // what was over is not there a second time, under whatever name
    assert!(!site.there.path().join("up/done").exists());
    driver.shutdown().await;
    assert_eq!(site.logs(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_was_not_made_is_made_before_what_goes_into_it() {
    let site = Site::new().await;
    let here = site.here.path();
    std::fs::create_dir_all(here.join("a/b")).unwrap();
    std::fs::write(here.join("a/b/file"), "x").unwrap();
    let items = [
        dir(&here.join("a"), "/a"),
        dir(&here.join("a/b"), "/a/b"),
        left::file(&here.join("a/b/file"), "/a/b/file"),
    ];
    let id = site.leave(
        7,
        (Direction::Upload, Policy::Fail),
        &items[..1],
        vec![
            left::jobs(BATCH, 1, &items),
            Record::Walked {
                batch: BATCH,
                jobs: None,
            },
        ],
    );
    let mut driver = site.driver(None).await;
    let states = take_up(&mut driver, id).await;
    assert!(
        states
            .iter()
            .all(|(_, state)| matches!(state, JobState::Done { .. })),
        "{states:?}"
    );
    assert_eq!(std::fs::read(site.there.path().join("a/b/file")).unwrap(), b"x");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_machine_a_short_file_is_fetched_again() {
    let site = Site::new().await;
    let here = site.here.path();
    let mut items = Vec::new();
    for (name, local) in [("whole", "123456"), ("short", "12")] {
        std::fs::write(site.there.path().join(name), "123456").unwrap();
        std::fs::write(here.join(name), local).unwrap();
        items.push(Item {
            size: Some(6),
            ..left::file(&here.join(name), &format!("/{name}"))
        });
    }
    // the log tells of no start of the machine: it may have been another
    let id = site.leave(
        7,
        (Direction::Download, Policy::Skip),
        &items,
        vec![
            left::jobs(BATCH, 1, &items),
            Record::Walked {
                batch: BATCH,
                jobs: None,
            },
            over(1),
            over(2),
        ],
    );
    let mut driver = site.driver(None).await;
    let states = take_up(&mut driver, id).await;
    assert!(matches!(&states[0].1, JobState::Skipped(_)), "{states:?}");
    assert!(matches!(&states[1].1, JobState::Done { .. }), "{states:?}");
    assert_eq!(std::fs::read(here.join("short")).unwrap(), b"123456");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_the_whole_batch_is_not_asked_for_again() {
    let site = Site::new().await;
    let here = site.here.path();
    let mut items = Vec::new();
    for name in ["a", "b", "c"] {
        std::fs::write(here.join(name), "12").unwrap();
        std::fs::write(site.there.path().join(name), vec![b'x'; 3_000_000]).unwrap();
        items.push(left::file(&here.join(name), &format!("/{name}")));
    }
    let mut driver = site.driver(Some(10_000)).await;
    driver.send(Command::Enqueue(BatchRequest {
        id: BATCH,
        connection: CONNECTION,
        direction: Direction::Download,
        items,
        policy: Policy::Ask,
        care: Care {
            fsync: true,
            ..Care::default()
        },
    }));
    let asked = driver
        .wait(|event| match event {
            Event::Question { id, .. } => Some(id),
            _ => None,
        })
        .await;
    driver.answer(asked, Answer::Conflict(Policy::Overwrite, Scope::Batch));
    driver.moved(1).await;
    driver.shutdown().await;
    let mut next = site.driver(None).await;
    let seen = look(&mut next).await;
    assert_eq!((seen[0].policy, seen[0].files), (Policy::Overwrite, 3));
    let states = take_up(&mut next, seen[0].id).await;
    assert!(
        states
            .iter()
            .all(|(_, state)| matches!(state, JobState::Done { .. })),
        "{states:?}"
    );
    next.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_that_want_the_same_rest_do_it_once() {
    let site = Site::new().await;
    std::fs::write(site.here.path().join("x"), "x").unwrap();
    let items = [left::file(&site.here.path().join("x"), "/x")];
    let id = site.leave(
        7,
        (Direction::Upload, Policy::Overwrite),
        &items,
        vec![
            left::jobs(BATCH, 1, &items),
            Record::Walked {
                batch: BATCH,
                jobs: None,
            },
        ],
    );
    let (mut one, mut other) = (site.driver(None).await, site.driver(None).await);
    let (a, b) = tokio::join!(take_up(&mut one, id), take_up(&mut other, id));
    assert_eq!(a.len() + b.len(), 1, "{a:?} {b:?}");
    let loser = if a.is_empty() { &one } else { &other };
    let said: Vec<String> = loser.failures.iter().map(ToString::to_string).collect();
    assert!(
        said.iter().any(|said| said.contains("is not taken up")),
        "{said:?}"
    );
    one.shutdown().await;
    other.shutdown().await;
    assert_eq!(site.logs(), [""; 0]);
}

/// It took the rest up, and both were broken off before the first log was told: what is left is with the later
/// one as soon as that has all of it, and with the first one until then.
#[tokio::test(flavor = "multi_thread")]
async fn a_rest_that_a_dead_run_has_taken_up_is_offered_once() {
    for (all, holder) in [(true, 8), (false, 7)] {
        let site = Site::new().await;
        let items = ["x", "y"].map(|name| {
            std::fs::write(site.here.path().join(name), name).unwrap();
            left::file(&site.here.path().join(name), &format!("/{name}"))
        });
        let walked = || Record::Walked {
            batch: BATCH,
            jobs: None,
        };
        let how = (Direction::Upload, Policy::Overwrite);
        site.leave(7, how, &items, vec![left::jobs(BATCH, 1, &items), walked()]);
        let more = match all {
            true => vec![
                left::jobs(BATCH, 1, &items),
                Record::Taken { batch: BATCH },
                walked(),
            ],
            false => vec![left::jobs(BATCH, 1, &items[..1])],
        };
        let mut taken = left::records(BATCH, &site.demo.server(), how, &items, more);
        for record in &mut taken {
            if let Record::Batch { from, .. } = record {
                *from = Some((7, BATCH));
            }
        }
        left::leave(site.queue.path(), 8, &taken);
        let mut driver = site.driver(None).await;
        // the second look is after what the first one has put right
        for _ in 0..2 {
            let seen = look(&mut driver).await;
            let seen: Vec<_> = seen.iter().map(|left| (left.id.run, left.files)).collect();
            assert_eq!(seen, [(holder, 2)], "all: {all}");
        }
        let rest = RestId {
            run: holder,
            batch: BATCH,
        };
        assert_eq!(take_up(&mut driver, rest).await.len(), 2);
        assert_eq!(look(&mut driver).await, [], "all: {all}");
        driver.shutdown().await;
        assert_eq!(site.logs(), [""; 0], "all: {all}");
    }
}

/// A run was killed when the file stood in its place and before it had deleted what an earlier one had left
/// of it: who finds the file complete deletes that.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_left_beside_a_target_that_is_complete_goes() {
    for direction in [Direction::Download, Direction::Upload] {
        let site = Site::new().await;
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
        for side in [&site.here, &site.there] {
            std::fs::create_dir(side.path().join("d")).unwrap();
            let file = std::fs::File::create(side.path().join("d/f")).unwrap();
            file.set_modified(time).unwrap();
        }
        let mut driver = site.driver(None).await;
        let installation = std::fs::read_to_string(site.queue.path().join("installation")).unwrap();
        let origin = |installation: u32| Origin {
            installation,
            run: 7,
            job: 1,
            source: 9,
        };
        let ours = u32::from_str_radix(installation.trim(), 16).unwrap();
        let target = match direction {
            Direction::Download => site.here.path(),
            Direction::Upload => site.there.path(),
        };
        let part = |installation| {
            let name = part_name(b"f", &origin(installation));
            target.join("d").join(std::str::from_utf8(&name).unwrap())
        };
        let (left, strangers) = (part(ours), part(!ours));
        std::fs::write(&left, "half of it").unwrap();
        std::fs::write(&strangers, "somebody works on it").unwrap();
        let batch = driver.enqueue(
            direction,
            Kind::Dir,
            &site.here.path().join("d"),
            "/d",
            Policy::Resume,
        );
        let ended = driver.over(batch, |question| panic!("{question:?}")).await;
        let skipped = ended
            .states
            .iter()
            .filter(|(.., state)| matches!(state, JobState::Skipped(why) if why == "it is complete already"));
        assert_eq!(skipped.count(), 1, "{direction:?}: {:?}", ended.states);
        driver.shutdown().await;
        assert!(!left.exists(), "{direction:?}");
        assert!(strangers.exists(), "{direction:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_batch_asked_for_again_takes_the_place_of_the_rest() {
    let site = Site::new().await;
    let here = site.here.path();
    std::fs::write(here.join("x"), "x").unwrap();
    std::fs::write(here.join("y"), "y").unwrap();
    let how = (Direction::Upload, Policy::Overwrite);
    for (run, name) in [(7, "x"), (8, "y")] {
        let items = [left::file(&here.join(name), &format!("/{name}"))];
        let more = vec![
            left::jobs(BATCH, 1, &items),
            Record::Walked {
                batch: BATCH,
                jobs: None,
            },
        ];
        site.leave(run, how, &items, more);
    }
    let mut driver = site.driver(None).await;
    driver
        .transfer(Direction::Upload, Kind::File, &here.join("x"), "/x")
        .await
        .assert_all_done();
    driver.shutdown().await;
    assert_eq!(site.logs(), ["00000008.journal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dropped_takes_its_temporary_files_here_with_it() {
    let site = Site::new().await;
    let here = site.here.path();
    let items = [
        left::file(&here.join("x"), "/x"),
        left::file(&here.join("y"), "/y"),
    ];
    let how = (Direction::Download, Policy::Overwrite);
    let more = vec![
        left::jobs(BATCH, 1, &items),
        Record::Walked {
            batch: BATCH,
            jobs: None,
        },
    ];
    let id = site.leave(7, how, &items, more);
    let mut driver = site.driver(None).await;
    let installation = std::fs::read_to_string(site.queue.path().join("installation")).unwrap();
    let part = |name: &str, installation: &str, run: u32, job: u32| {
        let path = here.join(format!(
            ".{name}.{installation}{run:08x}{job:08x}{:016x}.ftpane-part",
            9
        ));
        std::fs::write(&path, "half").unwrap();
        path
    };
    let ours = part("x", installation.trim(), 7, 1);
    let others = [
        part("x", installation.trim(), 8, 1),
        part("x", installation.trim(), 7, 3),
        part("x", "deadbeef", 7, 1),
    ];
    driver.send(Command::DropUnfinished(vec![id]));
    let dropped = driver
        .wait(|event| match event {
            Event::Dropped(dropped) => Some(dropped),
            _ => None,
        })
        .await;
    assert_eq!(dropped, Ok(1));
    assert!(!ours.exists() && others.iter().all(|other| other.exists()));
    assert_eq!(look(&mut driver).await, []);
    driver.shutdown().await;
}
