//! The runs after one that a server in a bad mood has spoilt.

use std::path::Path;
use std::time::Duration;

use ftpane::model::command::{Answer, Command};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::job::{BatchId, Direction, JobState, Policy};

use super::{Course, Site, is_beside};
use crate::harness::dice::Dice;
use crate::harness::engine::{CONNECTION, Driver, Ended};

/// The server answers soon now; a busy machine may not.
const LONG: Duration = Duration::from_secs(30);

/// The server has calmed down. What is left of the run is taken up, or not, and then all of it is asked for
/// once more with the policy to resume: every target is the new file, and nothing is left half-done.
pub(super) async fn assert_brought_to_its_end(site: &Site, course: Course, dice: &mut Dice, what: &str) {
    let mut doubted = 0;
    if dice.below(2) == 0 {
        let mut driver = site.run(course, LONG, what).await;
        doubted = take_up(&mut driver, site, course, what).await;
        driver.shutdown().await;
    }
    let mut driver = site.run(course, LONG, what).await;
    let batch = driver.enqueue(course.direction, Kind::Dir, &site.local(), "/t", Policy::Resume);
    let ended = driver
        .over(batch, |question| panic!("{what}: nothing to ask: {question:?}"))
        .await;
    driver.at_rest().await;
    driver.shutdown().await;
    assert_good(&ended, &format!("{what}: resumed"));
    let logs = std::fs::read_dir(site.queue.path()).unwrap();
    let logs = logs.map(|entry| entry.unwrap().file_name());
    let logs: Vec<_> = logs.filter(|name| name != "installation").collect();
    // what has failed stays until it is forgotten, or the same is asked for
    assert!(
        logs.len() <= doubted,
        "{what}: the journal still knows of it: {logs:?}"
    );

    let (_, mut targets) = site.sides(course.direction);
    for (name, (_, new)) in &site.files {
        let there = targets.remove(&Path::new("t").join(name));
        assert!(
            there.as_ref() == Some(new),
            "{what}: {} is not the new file in the end",
            name.display()
        );
    }
    targets.retain(|name, content| !(is_beside(name) && content == b"keep"));
    for left in targets.keys() {
        let name = left.file_name().unwrap().to_str().unwrap();
        // what was put, or was to be put, beside a target is not what this run makes; nor what a run that took it
        // up has put beside that
        assert!(
            course.renames() && (name.contains(" (1)") || name.contains(" (2)")),
            "{what}: left in the end: {}",
            left.display()
        );
    }
}

/// Takes up what runs have left, as `ftpane queue run` does; how many files fail because a listing has lied about
/// them: what that run knows of them does not prove them, the next one lists them anew.
async fn take_up(driver: &mut Driver, site: &Site, course: Course, what: &str) -> usize {
    let mut doubted = 0;
    driver.send(Command::LookForUnfinished);
    let left = driver.wait(|event| match event {
        Event::Unfinished(left) => Some(left),
        _ => None,
    });
    for (n, rest) in (100..).zip(left.await) {
        let batch = BatchId(n);
        driver.send(Command::TakeUp {
            rest: rest.id,
            connection: CONNECTION,
            batch,
        });
        let answer = Answer::Conflict(course.answer, course.scope);
        let mut ended = driver.over(batch, |_| answer.clone()).await;
        let all = ended.states.len();
        ended.states.retain(|(_, item, state)| {
            let lied = course.direction == Direction::Download && site.size(item) != item.size;
            !(lied && matches!(state, JobState::Failed(_)))
        });
        doubted += all - ended.states.len();
        if course.policy != Policy::Fail {
            assert_good(&ended, &format!("{what}: taken up"));
        }
    }
    doubted
}

fn assert_good(ended: &Ended, what: &str) {
    for (_, item, state) in &ended.states {
        assert!(
            matches!(state, JobState::Done { .. } | JobState::Skipped(_)),
            "{what}: {item:?}: {state:?}"
        );
    }
}
