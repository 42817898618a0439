//! The interface under anything at all: random keys and events at every size, and huge folders.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ftpane::app::action::Action;
use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::model::command::{Command, Place};
use ftpane::model::event::{Counted, Deed, Event};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{ConnectionId, JobId, JobState};
use ftpane::model::key::{Code, Key};
use ftpane::model::secret::Secret;
use ftpane::term::Input;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::harness::bench::{
    Bench, facts, file, listing, local_entries, name, path, remote_entries, server, start,
};
use crate::harness::dice::Dice;
use crate::harness::seat::{Puppet, Seat, SmallWorld};
use crate::keys::{certificate_question, conflict, job};

mod failing;

#[test]
fn a_hundred_thousand_entries_are_sorted_and_filtered_at_once() {
    let mut bench = Bench::connected();
    let effects = bench.press("ctrl-r");
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        panic!("{effects:?}")
    };
    let many = (0..100_000u32)
        .rev()
        .map(|n| file(&format!("file{n}.dat"), u64::from(n % 977), 1))
        .collect();
    bench.listed(place, generation, many);
    assert_eq!(
        bench.app.remote.entry(99_999).unwrap().name,
        name("file99999.dat")
    );
    bench.press("s s G");
    assert_eq!(bench.app.remote.current().unwrap().size, Some(976));
    bench.press("/");
    bench.type_in("77777");
    assert_eq!(bench.app.remote.shown.len(), 1);
    assert!(bench.screen().contains("file77777.dat"));
}

/// Which keys people and cats press.
fn any_key() -> impl Strategy<Value = Key> {
    let bound: Vec<Key> = {
        let keys = ftpane::app::action::keys(None).unwrap();
        keys.bindings().flat_map(|b| b.keys.clone()).collect()
    };
    prop_oneof![
        6 => proptest::sample::select(bound),
        2 => any::<char>().prop_filter("typed", |c| !c.is_control()).prop_map(Key::char),
        1 => (1u8..=24).prop_map(|n| Key::plain(Code::F(n))),
    ]
}

/// The keys that are bound, but those that end the program somewhere.
pub(crate) fn staying() -> Vec<Key> {
    let keys = ftpane::app::action::keys(None).unwrap();
    let ends = |action| matches!(action, Action::Quit | Action::Interrupt);
    let ending: Vec<Key> = keys
        .bindings()
        .filter(|binding| ends(binding.action))
        .flat_map(|binding| binding.keys.clone())
        .collect();
    let all = keys.bindings().flat_map(|binding| binding.keys.clone());
    all.filter(|key| !ending.contains(key)).collect()
}

/// The same, and what is typed: people go on for long.
fn key_that_stays() -> impl Strategy<Value = Key> {
    prop_oneof![
        4 => proptest::sample::select(staying()),
        // to and fro between the servers, what is asked, and the panes
        3 => proptest::sample::select(["enter", "esc", "down", "tab", "S", "f5"].map(|key| key.parse().unwrap()).to_vec()),
        1 => any::<char>().prop_filter("typed", |c| !c.is_control() && *c != 'q').prop_map(Key::char),
    ]
}

/// What may happen meanwhile.
fn any_msg() -> impl Strategy<Value = Msg> {
    let failure = Failure::new(Class::Other, "Something", "went wrong").hint("Look");
    prop_oneof![
        30 => any_key().prop_map(Msg::Key),
        3 => (0u16..140, 0u16..50).prop_map(|(w, h)| Msg::Resize(w, h)),
        1 => ".{0,12}".prop_map(|text| Msg::Paste(Secret::new(text))),
        1 => (0u64..5).prop_map(|id| Msg::Engine(conflict(id))),
        1 => (0u64..5).prop_map(|id| Msg::Engine(certificate_question(id, None))),
        1 => (0u64..5).prop_map(|id| Msg::Engine(Event::JobsAdded(vec![job(id)]))),
        1 => (0u64..5).prop_map(|id| Msg::Engine(Event::JobChanged(JobId(id), JobState::Running))),
        1 => (0u32..3).prop_map({
            let failure = failure.clone();
            move |id| Msg::Engine(Event::ConnectionFailed(ConnectionId(id), failure.clone()))
        }),
        1 => Just(Msg::Engine(Event::Failed(failure))),
        1 => Just(Msg::Tick),
        1 => Just(Msg::ServersSaved(Ok(vec![server("a"), server("b")]))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn nothing_pressed_breaks_it_at_any_size(messages in proptest::collection::vec(any_msg(), 1..150), at_list in any::<bool>()) {
        let mut bench = if at_list { Bench::new(vec![server("a"), server("b")]) } else { Bench::connected() };
        for msg in messages {
            let effects = bench.update(msg);
            bench.answer_listings(&effects);
            bench.buffer();
            let rows = bench.app.pane_rows();
            for pane in [&bench.app.local, &bench.app.remote] {
                prop_assert!(pane.shown.is_empty() || pane.cursor.at < pane.shown.len());
                prop_assert!(rows == 0 || pane.cursor.at < pane.cursor.top + rows);
            }
        }
    }

}

/// What the engine of the test below was asked, and how often that failed.
#[derive(Default)]
struct Played {
    asked: AtomicU64,
    failed: AtomicU64,
    /// On how many screens the reason stood.
    told: AtomicU64,
}

/// Why something fails there.
const WHY: &str = "the dice say so";

/// The same through the loop, with a screen behind it and an engine that does what is asked, or fails at it.
#[test]
fn no_keys_break_the_loop() {
    let played = Arc::new(Played::default());
    let wanted = (
        proptest::collection::vec(key_that_stays(), 50..300),
        proptest::option::of(any::<u64>()),
    );
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let pressed = TestRunner::new(config).run(&wanted, |(keys, dice)| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(pressed_through(keys, dice, &played));
        Ok(())
    });
    if let Err(error) = pressed {
        panic!("{error}");
    }
    let [asked, failed, told] =
        [&played.asked, &played.failed, &played.told].map(|count| count.load(Ordering::Relaxed));
    assert!(
        asked > failed && failed > 0 && told > 0,
        "{asked} asked, {failed} failed, {told} times it was told"
    );
}

/// Presses the keys, looks at what is on the screen, and ends; where there are `dice` they say what fails.
async fn pressed_through(keys: Vec<Key>, dice: Option<u64>, played: &Arc<Played>) {
    let (engine, puppet) = Puppet::new();
    let mut dice = dice.map(Dice::new);
    let counts = Arc::clone(played);
    puppet.play(move |command| {
        let fails = dice.as_mut().is_some_and(|dice| dice.below(3) == 0);
        counts.asked.fetch_add(1, Ordering::Relaxed);
        counts.failed.fetch_add(u64::from(fails), Ordering::Relaxed);
        answered(command, fails)
    });
    let servers = vec![server("a"), server("b")];
    let world = SmallWorld::default();
    world.servers.lock().unwrap().clone_from(&servers);
    let mut seat = Seat::take(start(servers), engine, world);
    for some in keys.chunks(4) {
        for key in some {
            seat.give_if_there(Input::Msg(Msg::Key(*key)));
        }
        // what comes of them comes in between
        seat.settle(|_| true).await;
        let told = seat.screen().contains(WHY);
        played.told.fetch_add(u64::from(told), Ordering::Relaxed);
    }
    if !seat.settle(|_| true).await.over {
        let screen = seat.screen();
        assert!(!screen.chars().any(|c| c.is_control() && c != '\n'), "{screen}");
        // once more where it asks whether to end
        for _ in 0..2 {
            seat.give_if_there(Input::Msg(Msg::Key(Key::ctrl('c'))));
        }
    }
    assert_eq!(seat.leave().await, 0);
}

/// What an engine says to a command.
fn answered(command: Command, fails: bool) -> Vec<Event> {
    let failure = || Failure::new(Class::Refused, "Not done", WHY).reply(b"550 No.\r\n");
    match command {
        Command::Connect { connection, .. } if fails => vec![Event::ConnectionFailed(connection, failure())],
        Command::Connect {
            connection, server, ..
        } => vec![Event::Connected {
            connection,
            server: Arc::new(*server),
            root: path("/srv/www"),
            facts: facts(),
        }],
        Command::List { place, generation } => {
            let entries = match place {
                Place::Local(_) => local_entries(),
                Place::Remote(..) => remote_entries(),
            };
            let result = if fails {
                Err(failure())
            } else {
                Ok(listing(entries))
            };
            vec![Event::Listed {
                place,
                generation,
                result,
            }]
        }
        Command::Explore(wanted) => vec![
            Event::Listed {
                place: Place::Remote(wanted.connection, wanted.folder.join(&name("logs"))),
                generation: wanted.generation,
                result: if fails {
                    Err(failure())
                } else {
                    Ok(listing(remote_entries()))
                },
            },
            Event::Explored {
                generation: wanted.generation,
                result: if fails { Err(failure()) } else { Ok(()) },
            },
        ],
        Command::Count { generation, .. } => vec![Event::Counted {
            generation,
            result: if fails {
                Err(failure())
            } else {
                Ok(Counted::default())
            },
        }],
        Command::Delete(places) if !fails => vec![Event::Done(Deed::Deleted {
            places,
            stay: Vec::new(),
            counted: Counted::default(),
            failed: 0,
        })],
        Command::MakeFolder(place) if !fails => vec![Event::Done(Deed::MadeFolder(place))],
        Command::Rename { from, to } if !fails => vec![Event::Done(Deed::Renamed { from, to })],
        Command::Shutdown => vec![Event::Ended],
        _ if fails => vec![Event::Failed(failure())],
        _ => Vec::new(),
    }
}
