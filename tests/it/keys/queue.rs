//! The queue, and what arrives.

use super::{command, listed, local, remote};
use std::sync::Arc;
use std::time::Duration;

use ftpane::app::View;
use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::job::{BatchId, Direction, Item, Job, JobId, JobState};

use crate::harness::bench::{Bench, path};

pub(crate) fn job(id: u64) -> Job {
    Job {
        id: JobId(id),
        batch: BatchId(9),
        direction: Direction::Upload,
        item: Item {
            local: "/home/me/work/x".into(),
            remote: path("/srv/www/x"),
            kind: Kind::File,
            size: None,
            modified: None,
        }
        .into(),
    }
}

#[test]
fn the_queue_is_steered_and_its_end_lists_the_target_again() {
    let mut bench = Bench::connected();
    bench.say(Event::JobsAdded(vec![job(1), job(2)]));
    assert_eq!(command(bench.press("Q c")), Command::CancelJob(JobId(1)));
    assert_eq!(command(bench.press("C")), Command::CancelBatch(BatchId(9)));
    assert_eq!(command(bench.press("down r")), Command::Retry(JobId(2)));
    assert_eq!(command(bench.press("x")), Command::ClearFinished);
    bench.press("esc");
    assert_eq!(bench.app.view, View::Panes);
    assert_eq!(
        listed(bench.say(Event::BatchOver(BatchId(9)))),
        remote("/srv/www")
    );
    assert_eq!(bench.say(Event::BatchOver(BatchId(9))), []);
    // when nothing is left to do, the person is called
    bench.say(Event::JobsAdded(vec![Job {
        batch: BatchId(10),
        ..job(3)
    }]));
    for id in 1..=3 {
        bench.say(Event::JobChanged(JobId(id), JobState::Cancelled));
    }
    let effects = bench.say(Event::BatchOver(BatchId(10)));
    assert_eq!(effects.last(), Some(&Effect::Bell));
}

#[test]
fn what_arrives_is_listed_soon_but_not_for_each_file() {
    let mut bench = Bench::connected();
    bench.press("down down down t enter");
    let at = |id: u64, local: &str| {
        let mut job = job(id);
        Arc::make_mut(&mut job.item).local = local.into();
        Job {
            direction: Direction::Download,
            ..job
        }
    };
    bench.say(Event::JobsAdded(vec![
        at(1, "/home/me/work/first"),
        at(2, "/home/me/work/second"),
        at(3, "/home/me/work/site/known"),
        at(4, "/home/me/work/fresh/below/deep"),
        at(5, "/elsewhere/x"),
    ]));
    let done = |id| {
        let state = JobState::Done {
            bytes: 1,
            millis: 1,
            note: None,
        };
        Msg::Engine(Event::JobChanged(JobId(id), state))
    };
    let second = Duration::from_secs(1);
    let effects = bench.update(done(1));
    assert_eq!(listed(effects.clone()), local("/home/me/work"));
    bench.answer_listings(&effects);
    // the next one has to wait for its second
    bench.now -= second / 2;
    assert_eq!(bench.update(done(2)), []);
    bench.now += second;
    let effects = bench.update(Msg::Tick);
    assert_eq!(listed(effects.clone()), local("/home/me/work"));
    bench.answer_listings(&effects);
    // what comes into a folder that is shown already, or into none that is shown, is no news
    bench.now += second * 10;
    assert_eq!(bench.update(done(3)), []);
    assert_eq!(bench.update(done(5)), []);
    // a new folder is, however deep below it something came
    bench.now += second;
    assert_eq!(listed(bench.update(done(4))), local("/home/me/work"));
    // and when nothing is due no tick is wanted
    bench.app.notice = None;
    bench.now += second * 10;
    bench.update(Msg::Tick);
    assert_eq!(bench.app.next_tick(), None);
}

#[test]
fn quitting_asks_while_something_is_unfinished() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("q"), [Effect::Quit]);
    bench.say(Event::JobsAdded(vec![job(1)]));
    assert_eq!(bench.press("ctrl-c"), []);
    assert_eq!(bench.press("esc"), []);
    assert_eq!(bench.press("f10 q"), [Effect::Quit]);
    // twice Ctrl-C ends it in any case, also from within a text
    let mut bench = Bench::connected();
    bench.say(Event::JobsAdded(vec![job(1)]));
    assert_eq!(bench.press("f7 ctrl-c ctrl-c"), [Effect::Quit]);
}
