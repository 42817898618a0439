//! What a person has done to a queue outlasts the run, and so does what has come over.

use std::collections::HashSet;

use ftpane::model::command::{Answer, Command, Extent, Scope, Shift};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::job::{BatchId, BatchRequest, Care, Direction, Hold, Item, JobState, Policy};
use ftpane::plan::journal::Record;

use super::{BATCH, Site, dir, look};
use crate::harness::engine::{CONNECTION, assert_same_tree, make_tree, noise, tree};
use crate::harness::left;

/// What a person has moved to the top and paused comes back so, where somebody can let it go on.
#[tokio::test(flavor = "multi_thread")]
async fn a_place_in_the_queue_and_a_pause_outlast_the_run() {
    let site = Site::new().await;
    let items = ["a", "b", "c"].map(|name| {
        std::fs::write(site.here.path().join(name), name).unwrap();
        left::file(&site.here.path().join(name), &format!("/{name}"))
    });
    // a run in which everything is paused, one file moved, and which is never told to end
    let mut driver = site.driver(None).await;
    driver.send(Command::Hold(Extent::All));
    driver.send(Command::Enqueue(BatchRequest {
        id: BATCH,
        connection: CONNECTION,
        direction: Direction::Upload,
        items: items.to_vec(),
        policy: Policy::Overwrite,
        care: Care::default(),
    }));
    let mut held = Vec::new();
    while held.len() < 3 {
        if let Event::JobChanged(id, JobState::Held(_)) = driver.event().await {
            held.push(id);
        }
    }
    held.sort();
    driver.send(Command::Move(Extent::Job(held[2]), Shift::Top));
    driver.send(Command::GoOn(Extent::Job(held[0])));
    driver
        .wait(|event| matches!(event, Event::JobChanged(_, JobState::Done { .. })).then_some(()))
        .await;
    driver.shutdown().await;

    // somebody watches it
    let mut driver = site.watched(true).await;
    let seen = look(&mut driver).await;
    let names = |items: &[Item]| -> Vec<String> { items.iter().map(|item| item.remote.shown()).collect() };
    assert_eq!(names(&seen[0].first), ["/c", "/b"]);
    driver.send(Command::TakeUp {
        rest: seen[0].id,
        connection: CONNECTION,
        batch: BatchId(77),
    });
    let mut held = 0;
    while held < 2 {
        match driver.event().await {
            Event::JobChanged(_, JobState::Held(_)) => held += 1,
            Event::JobChanged(_, state) => assert_eq!(state, JobState::Waiting),
            _ => {}
        }
    }
    driver.send(Command::GoOn(Extent::All));
    driver
        .wait(|event| matches!(event, Event::BatchOver(BatchId(77))).then_some(()))
        .await;
    driver.shutdown().await;
    assert_eq!(std::fs::read(site.there.path().join("b")).unwrap(), b"b");
    assert_eq!(site.logs(), [""; 0]);
}

/// What was paused while its folders were still walked is paused in the next run, too, what that finds
/// included; where nobody could let it go on, it goes on.
#[tokio::test(flavor = "multi_thread")]
async fn a_pause_in_the_middle_of_a_walk_outlasts_the_run() {
    for browsing in [true, false] {
        let site = Site::new().await;
        make_tree(site.there.path());
        let asked = [dir(&site.here.path().join("d"), "/")];
        let (jobs, batches) = (Vec::new(), vec![BATCH]);
        let records = vec![Record::Held { jobs, batches }];
        let rest = site.leave(7, (Direction::Download, Policy::Overwrite), &asked, records);
        let mut driver = site.watched(browsing).await;
        let (connection, batch) = (CONNECTION, BatchId(77));
        driver.send(Command::TakeUp {
            rest,
            connection,
            batch,
        });
        if browsing {
            let mut held = HashSet::new();
            let mut walked = false;
            let mut jobs = 0;
            while !walked || held.len() < jobs {
                match driver.event().await {
                    Event::BatchWalked(_) => walked = true,
                    Event::JobsAdded(added) => jobs += added.len(),
                    Event::JobChanged(id, JobState::Held(Hold::Paused)) => {
                        held.insert(id);
                    }
                    Event::JobChanged(id, state) => panic!("{id:?} {state:?}"),
                    _ => {}
                }
            }
            assert!(jobs > 20, "{jobs}");
            // and in the run after that one
            driver.shutdown().await;
            driver = site.watched(browsing).await;
            let rest = look(&mut driver).await[0].id;
            driver.send(Command::TakeUp {
                rest,
                connection,
                batch,
            });
            let held = |event| matches!(event, Event::JobChanged(_, JobState::Held(_))).then_some(());
            driver.wait(held).await;
            driver.send(Command::GoOn(Extent::All));
        }
        driver
            .wait(|event| matches!(event, Event::BatchOver(_)).then_some(()))
            .await;
        driver.shutdown().await;
        let came = site.here.path().join("d");
        assert_same_tree(site.there.path(), &came, "paused and let go on");
        assert_eq!(site.logs(), [""; 0]);
    }
}

/// How much of a job is there is told as long as it waits, in its own run and in the one that takes it up:
/// before it begins, also where only the server has it.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_a_job_that_waits_is_told() {
    for direction in [Direction::Download, Direction::Upload] {
        let site = Site::new().await;
        let content = noise(3_000_000);
        let (here, there) = (site.here.path().join("d"), site.there.path());
        std::fs::create_dir(&here).unwrap();
        let (from, to) = match direction {
            Direction::Download => (there, here.as_path()),
            Direction::Upload => (here.as_path(), there),
        };
        std::fs::write(from.join("big"), &content).unwrap();
        let mut driver = site.driver(Some(400_000)).await;
        driver.enqueue(direction, Kind::Dir, &here, "/", Policy::Overwrite);
        driver.moved(200_000).await;
        driver.send(Command::Hold(Extent::All));
        let told = |event| match event {
            Event::Kept(_, bytes) => Some(bytes),
            _ => None,
        };
        assert!(driver.wait(told).await >= 200_000);
        driver.shutdown().await;
        let part = tree(to).into_iter().find_map(|(_, content)| content).unwrap();
        let mut driver = site.driver(None).await;
        let rest = look(&mut driver).await[0].id;
        let (connection, batch) = (CONNECTION, BatchId(77));
        driver.send(Command::TakeUp {
            rest,
            connection,
            batch,
        });
        let kept = driver.wait(|event| match event {
            Event::JobChanged(_, JobState::Running) => panic!("{direction:?}: it began before that was told"),
            event => told(event),
        });
        let (kept, part) = (kept.await, part.len() as u64);
        // of an upload the server has what came over, which its run cannot know to the byte
        assert!(kept >= 200_000, "{direction:?}: {kept} of {part}");
        assert!(direction == Direction::Upload || kept == part);
        driver
            .wait(|event| matches!(event, Event::BatchOver(_)).then_some(()))
            .await;
        driver.shutdown().await;
        assert!(std::fs::read(to.join("big")).unwrap() == content);
    }
}

/// What was answered while all was paused, and for whatever else goes there, is what is left: nobody is asked
/// a second time.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_outlasts_the_run_however_far_it_reaches() {
    for (scope, policies) in [
        (Scope::Once, [None, None]),
        (Scope::Batch, [Some(Policy::Overwrite), None]),
        (Scope::Always, [Some(Policy::Overwrite), Some(Policy::Overwrite)]),
    ] {
        let site = Site::new().await;
        let mut driver = site.watched(true).await;
        let mut questions = Vec::new();
        for (n, name) in ["a", "b"].into_iter().enumerate() {
            let here = site.here.path().join(name);
            std::fs::write(&here, "here").unwrap();
            std::fs::write(site.there.path().join(name), "there").unwrap();
            driver.enqueue(
                Direction::Upload,
                Kind::File,
                &here,
                &format!("/{name}"),
                Policy::Ask,
            );
            let asked = driver.wait(|event| match event {
                Event::Question { id, .. } => Some(id),
                _ => None,
            });
            questions.push(asked.await);
            assert_eq!(questions.len(), n + 1);
        }
        driver.send(Command::Hold(Extent::All));
        driver.answer(questions[0], Answer::Conflict(Policy::Overwrite, scope));
        let held = |event| matches!(event, Event::JobChanged(_, JobState::Held(_))).then_some(());
        driver.wait(held).await;
        driver.shutdown().await;

        let mut driver = site.watched(true).await;
        let left = look(&mut driver).await;
        let wanted = policies.map(|policy| policy.unwrap_or(Policy::Ask));
        let kept: Vec<Policy> = left.iter().map(|left| left.policy).collect();
        assert_eq!(kept, wanted, "{scope:?}");
        let (rest, connection, batch) = (left[0].id, CONNECTION, BatchId(77));
        driver.send(Command::TakeUp {
            rest,
            connection,
            batch,
        });
        driver.wait(held).await;
        driver.send(Command::GoOn(Extent::All));
        driver
            .wait(|event| match event {
                Event::Question { .. } => panic!("{scope:?}: it is asked again"),
                Event::BatchOver(_) => Some(()),
                _ => None,
            })
            .await;
        driver.shutdown().await;
        assert_eq!(std::fs::read(site.there.path().join("a")).unwrap(), b"here");
    }
}
