//! The queue, and what arrives.

use super::{command, done, listed, local, remote};
use std::sync::Arc;
use std::time::Duration;

use ftpane::app::View;
use ftpane::app::effect::Effect;
use ftpane::app::help::Line;
use ftpane::app::msg::Msg;
use ftpane::model::command::{Command, Extent, Shift};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{BatchId, ConnectionId, Direction, Hold, Item, Job, JobId, JobState, Rank};

use crate::harness::bench::{Bench, facts, path};

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
            permissions: None,
        }
        .into(),
        rank: Rank::default(),
    }
}

#[test]
fn the_queue_is_steered_and_its_end_lists_the_target_again() {
    let mut bench = Bench::connected();
    bench.say(Event::JobsAdded(vec![job(1), job(2)]));
    assert_eq!(
        command(bench.press("Q c")),
        Command::Cancel(Extent::Job(JobId(1)))
    );
    assert_eq!(
        command(bench.press("C")),
        Command::Cancel(Extent::Batch(BatchId(9)))
    );
    assert_eq!(
        command(bench.press("down r")),
        Command::Retry(Extent::Job(JobId(2)))
    );
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

/// Who has begun something long may look at something else meanwhile.
#[test]
fn only_what_took_long_is_told_to_the_terminal() {
    for (seconds, folders, told) in [
        (6, 0, None),
        (12, 0, Some("ftpane: transfers are over: 1 done")),
        (60, 1, Some("ftpane: transfers are over: 1 folder in place")),
    ] {
        let mut bench = Bench::connected();
        let mut one = job(1);
        if folders > 0 {
            let item = Item {
                kind: Kind::Dir,
                ..(*one.item).clone()
            };
            one.item = item.into();
        }
        for round in 1..3 {
            let id = JobId(round);
            let batch = BatchId(u32::try_from(round).unwrap());
            bench.say(Event::JobsAdded(vec![Job {
                id,
                batch,
                ..one.clone()
            }]));
            bench.now += Duration::from_secs(seconds);
            bench.say(Event::JobChanged(id, done()));
            let effects = bench.say(Event::BatchOver(batch));
            assert!(effects.contains(&Effect::Bell));
            let notices: Vec<&Effect> = effects
                .iter()
                .filter(|effect| matches!(effect, Effect::Notify(_)))
                .collect();
            let wanted = told.map(|text| Effect::Notify(text.to_owned()));
            assert_eq!(
                notices,
                wanted.iter().collect::<Vec<_>>(),
                "{seconds} s, round {round}"
            );
            // the second round counts from its own beginning
            bench.now += Duration::from_secs(600);
        }
    }
}

/// Two waiting jobs of one batch and one of another, each in its place.
fn three(bench: &mut Bench) {
    let at = |id: u64, batch: u32| Job {
        batch: BatchId(batch),
        rank: Rank {
            major: i64::from(batch),
            minor: id,
        },
        ..job(id)
    };
    bench.say(Event::JobsAdded(vec![at(1, 1), at(2, 1), at(3, 2)]));
}

#[test]
fn each_key_of_the_queue_is_one_command() {
    let mut bench = Bench::connected();
    three(&mut bench);
    bench.press("Q");
    let (job, batch) = (Extent::Job(JobId(1)), Extent::Batch(BatchId(1)));
    for (keys, wanted) in [
        ("p", Command::Hold(job)),
        ("space", Command::Hold(job)),
        ("P", Command::Hold(batch)),
        ("K", Command::Move(job, Shift::Up)),
        ("J", Command::Move(job, Shift::Down)),
        ("T", Command::Move(job, Shift::Top)),
        ("B", Command::Move(job, Shift::Bottom)),
        ("b k", Command::Move(batch, Shift::Up)),
        ("b j", Command::Move(batch, Shift::Down)),
        ("b t", Command::Move(batch, Shift::Top)),
        ("b b", Command::Move(batch, Shift::Bottom)),
        ("R", Command::Retry(batch)),
        ("a r", Command::Retry(Extent::All)),
        ("a p", Command::Hold(Extent::All)),
        ("a p", Command::GoOn(Extent::All)),
    ] {
        assert_eq!(command(bench.press(keys)), wanted, "{keys}");
    }
}

#[test]
fn what_is_held_goes_on_by_the_same_key() {
    let mut bench = Bench::connected();
    three(&mut bench);
    let held = || JobState::Held(Hold::Paused);
    bench.say(Event::JobChanged(JobId(1), held()));
    assert_eq!(command(bench.press("Q p")), Command::GoOn(Extent::Job(JobId(1))));
    // as long as something of it moves, it is paused
    let batch = Extent::Batch(BatchId(1));
    assert_eq!(command(bench.press("P")), Command::Hold(batch));
    bench.say(Event::JobChanged(JobId(2), held()));
    assert_eq!(command(bench.press("P")), Command::GoOn(batch));
    assert_eq!(command(bench.press("a p")), Command::Hold(Extent::All));
    bench.say(Event::JobChanged(JobId(3), held()));
    assert_eq!(command(bench.press("a p")), Command::GoOn(Extent::All));
}

#[test]
fn everything_is_cancelled_after_a_question_only() {
    let mut bench = Bench::connected();
    three(&mut bench);
    assert_eq!(bench.press("Q a c enter"), [], "Enter loses nothing");
    assert_eq!(bench.press("a c esc"), []);
    assert_eq!(command(bench.press("a c c")), Command::Cancel(Extent::All));
}

#[test]
fn the_limit_is_typed_and_taken_away() {
    let mut bench = Bench::connected();
    three(&mut bench);
    assert_eq!(
        command(bench.press("Q l 2 M enter")),
        Command::LimitRate(Some(2 << 20))
    );
    bench.update(Msg::Progress(ftpane::model::event::Progress {
        limit: Some(2 << 20),
        ..Default::default()
    }));
    assert_eq!(bench.press("l backspace x enter"), [], "that is no number");
    assert!(bench.app.dialogs.front().unwrap().complaint.is_some());
    bench.press("esc");
    let clear = "backspace ".repeat(12);
    assert_eq!(
        command(bench.press(&format!("l {clear}0 enter"))),
        Command::LimitRate(None)
    );
}

#[test]
fn the_queue_opens_where_work_is_left() {
    let mut bench = Bench::connected();
    three(&mut bench);
    for done in [1, 2] {
        bench.say(Event::JobChanged(JobId(done), JobState::Cancelled));
    }
    bench.press("Q");
    let at = |bench: &Bench| bench.app.queue.current().unwrap().job.id;
    assert_eq!(at(&bench), JobId(3));
    // what one looks at is left under the cursor while it is not over
    bench.say(Event::JobsAdded(vec![job(4)]));
    bench.press("end esc Q");
    assert_eq!(at(&bench), JobId(3));
    bench.press("home up esc Q");
    assert!(
        bench
            .app
            .queue
            .row(at(&bench))
            .is_some_and(|row| !row.state.is_over())
    );
}

#[test]
fn moved_jobs_are_shown_in_their_new_order() {
    let mut bench = Bench::connected();
    three(&mut bench);
    bench.press("Q");
    let first = Rank { major: -1, minor: 9 };
    bench.say(Event::JobsMoved(vec![(JobId(3), first)]));
    let shown: Vec<u64> = bench.app.queue.shown(0).map(|row| row.job.id.0).collect();
    assert_eq!(shown, [3, 1, 2]);
    assert_eq!(
        bench.app.queue.current().unwrap().job.id,
        JobId(1),
        "it stays on its job"
    );
}

#[test]
fn the_seconds_to_the_next_try_run_down() {
    let mut bench = Bench::connected();
    three(&mut bench);
    bench.say(Event::ServerAway {
        connection: ConnectionId(1),
        failure: Failure::new(Class::Unreachable, "Could not connect", "nobody listens"),
        wait: Duration::from_secs(20),
    });
    let until = |bench: &Bench| bench.app.queue.next_try(bench.app.since_start());
    assert_eq!(until(&bench), Some(20));
    let tick = bench.app.next_tick().unwrap();
    assert!(tick <= bench.app.since_start() + Duration::from_secs(1));
    bench.now = bench.app.since_start() + Duration::from_secs(5);
    bench.update(Msg::Tick);
    assert_eq!(until(&bench), Some(15));
    bench.say(Event::ServerTried(ConnectionId(1)));
    assert_eq!(until(&bench), None);
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
    let over = |id| Msg::Engine(Event::JobChanged(JobId(id), done()));
    let second = Duration::from_secs(1);
    let effects = bench.update(over(1));
    assert_eq!(listed(effects.clone()), local("/home/me/work"));
    bench.answer_listings(&effects);
    // the next one has to wait for its second
    bench.now -= second / 2;
    assert_eq!(bench.update(over(2)), []);
    bench.now += second;
    let effects = bench.update(Msg::Tick);
    assert_eq!(listed(effects.clone()), local("/home/me/work"));
    bench.answer_listings(&effects);
    // what comes into a folder that is shown already, or into none that is shown, is no news
    bench.now += second * 10;
    assert_eq!(bench.update(over(3)), []);
    assert_eq!(bench.update(over(5)), []);
    // a new folder is, however deep below it something came
    bench.now += second;
    assert_eq!(listed(bench.update(over(4))), local("/home/me/work"));
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

/// When all is over, what has failed is what one looks for.
#[test]
fn the_queue_opens_at_what_has_failed() {
    let mut bench = Bench::connected();
    three(&mut bench);
    bench.say(Event::JobChanged(JobId(1), done()));
    let failure = Failure::new(Class::Refused, "Could not upload", "the server refused it");
    bench.say(Event::JobChanged(JobId(2), JobState::Failed(failure)));
    bench.press("Q");
    let at = |bench: &Bench| bench.app.queue.current().unwrap().job.id;
    assert_eq!(at(&bench), JobId(3), "it is not over");
    bench.press("esc");
    bench.say(Event::JobChanged(JobId(3), done()));
    bench.press("Q g g Q Q");
    assert_eq!(at(&bench), JobId(2));
}

/// The help explains what it was opened over, and leads back there.
#[test]
fn the_help_of_the_queue_leads_back_to_it() {
    let mut bench = Bench::connected();
    three(&mut bench);
    bench.press("Q ?");
    assert!(bench.app.help_lines().contains(&Line::Heading("Queue")));
    assert_eq!(bench.app.help_lines()[0], Line::Heading("Queue"));
    bench.press("esc");
    assert_eq!(bench.app.view, View::Queue);
    bench.press("? ?");
    assert_eq!(bench.app.view, View::Queue);
    bench.press("? Q esc");
    assert_eq!(bench.app.view, View::Panes);
}

/// The pane that has lost its server shows it again when a transfer has reached it, and does not ask all the time.
#[test]
fn a_server_that_is_reached_again_is_listed_again() {
    let mut bench = Bench::connected();
    let lost = |bench: &mut Bench, effects: Vec<Effect>| {
        let Command::List { place, generation } = command(effects) else {
            panic!("no listing")
        };
        let why = Failure::new(Class::Unreachable, "Could not connect", "nothing listens");
        bench.say(Event::Listed {
            place,
            generation,
            result: Err(why),
        })
    };
    let facts = || Event::Facts(ConnectionId(1), facts());
    assert_eq!(bench.say(facts()), [], "nothing is lost");
    let effects = bench.press("ctrl-r");
    lost(&mut bench, effects);
    bench.now += Duration::from_secs(9);
    let effects = bench.say(facts());
    lost(&mut bench, effects);
    assert_eq!(bench.say(facts()), [], "once in a while");
    // nothing more may be heard of it: it is looked at all the same
    bench.now = bench.app.next_tick().unwrap();
    let effects = bench.update(Msg::Tick);
    lost(&mut bench, effects);
    bench.now += Duration::from_secs(9);
    assert_eq!(listed(bench.say(facts())), remote("/srv/www"));
}

/// What is tried again is told when it is over, as what is new is.
#[test]
fn another_try_that_took_long_is_told_too() {
    let mut bench = Bench::connected();
    let one = job(1);
    let (id, batch) = (one.id, one.batch);
    bench.say(Event::JobsAdded(vec![one]));
    let failed = JobState::Failed(Failure::new(Class::Refused, "Could not get it", "no"));
    bench.say(Event::JobChanged(id, failed));
    bench.say(Event::BatchOver(batch));
    bench.now += Duration::from_secs(600);
    bench.say(Event::JobChanged(id, JobState::Waiting));
    bench.now += Duration::from_secs(60);
    bench.say(Event::JobChanged(id, done()));
    let effects = bench.say(Event::BatchOver(batch));
    let told = Effect::Notify("ftpane: transfers are over: 1 done".to_owned());
    assert!(effects.contains(&told), "{effects:?}");
}

/// Nobody is promised what cannot be kept.
#[test]
fn a_queue_that_does_not_outlast_the_run_is_not_offered_again() {
    for is_kept in [true, false] {
        let mut bench = Bench::connected();
        bench.say(Event::JobsAdded(vec![job(1)]));
        if !is_kept {
            bench.say(Event::Unkept("its log cannot be written: no room".into()));
            assert!(bench.screen().contains("no room"));
        }
        assert_eq!(bench.press("ctrl-c"), []);
        let screen = bench.screen();
        assert!(screen.contains("Quitting stops it"), "{screen}");
        assert_eq!(screen.contains("the next start offers"), is_kept, "{screen}");
    }
}

/// How much came in how long is said of the last try: what was there before took no part of that time.
#[test]
fn what_has_gone_on_says_what_moved_in_that_time() {
    let mut bench = Bench::connected();
    bench.say(Event::JobsAdded(vec![job(1)]));
    let done = JobState::Done {
        bytes: 400 << 20,
        before: 381 << 20,
        earlier: 0,
        millis: 1_500,
        note: Some("it went on after 381 MiB".into()),
    };
    bench.say(Event::JobChanged(JobId(1), done));
    bench.press("Q");
    let screen = bench.screen();
    assert!(
        screen.contains("19.0 MiB in 1.5 s. It went on after 381 MiB"),
        "{screen}"
    );
    bench.press("enter");
    let screen = bench.screen();
    assert!(
        screen.contains("Done, 400 MiB. It went on after 381 MiB."),
        "{screen}"
    );
}
