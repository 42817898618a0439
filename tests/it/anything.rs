//! The interface under anything at all: random keys and events at every size, and huge folders.

use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::model::command::Command;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{ConnectionId, JobId, JobState};
use ftpane::model::key::{Code, Key};
use ftpane::model::secret::Secret;
use proptest::prelude::*;

use crate::harness::bench::{Bench, file, name, server};
use crate::keys::{certificate_question, conflict, job};

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
