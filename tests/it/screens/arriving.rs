//! A big folder while it arrives.

use std::sync::Arc;

use ftpane::app::effect::Effect;
use ftpane::app::pane::Content;
use ftpane::model::command::{Command, Generation, Place};
use ftpane::model::entry::Entry;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::listing::Listing;

use super::pictures;
use crate::harness::bench::{Bench, file};

fn entries(n: u32) -> Vec<Entry> {
    let name = |at: u32| format!("photo-{at:06}.jpg");
    (0..n)
        .map(|at| file(&name(at), u64::from(at), 1 + at % 28))
        .rev()
        .collect()
}

/// In a folder of which the first entries have come.
fn arriving() -> (Bench, Place, Generation) {
    let mut bench = Bench::connected();
    let effects = bench.press("down enter");
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        panic!("{effects:?}")
    };
    come(&mut bench, &place, generation, entries(1_000), 12_000);
    (bench, place, generation)
}

fn come(bench: &mut Bench, place: &Place, generation: Generation, first: Vec<Entry>, come: u64) {
    bench.say(Event::Arriving {
        place: place.clone(),
        generation,
        first,
        come,
    });
}

#[test]
fn its_first_entries_are_there_to_be_gone_through() {
    let (mut bench, place, generation) = arriving();
    bench.press("down down space");
    pictures("panes-arriving", &mut bench);
    come(&mut bench, &place, generation, Vec::new(), 88_000);
    let screen = bench.screen();
    assert!(screen.contains("88000 entries so far"), "{screen}");
    bench.listed(place.clone(), generation, entries(100_000));
    let remote = &bench.app.remote;
    assert_eq!(remote.current().unwrap().name.shown(), "photo-000003.jpg");
    assert_eq!((remote.shown.len(), remote.marked().files), (100_000, 1));
    let screen = bench.screen();
    assert!(!screen.contains("so far"), "{screen}");
    come(&mut bench, &place, generation, entries(3), 3);
    assert_eq!(
        bench.app.remote.shown.len(),
        100_000,
        "what comes late changes nothing"
    );
}

#[test]
fn what_needs_all_of_it_waits_for_all_of_it() {
    let (mut bench, place, generation) = arriving();
    for keys in ["a", "*", "+", "-"] {
        bench.press(keys);
        let notice = bench.app.notice.clone().unwrap_or_default();
        assert!(notice.contains("still arriving"), "{keys}: {notice}");
        assert!(bench.app.dialogs.is_empty() && bench.app.remote.marks.is_empty());
    }
    bench.press("F");
    assert!(
        bench.app.dialogs.is_empty(),
        "a search begins with the whole folder"
    );
    bench.listed(place, generation, entries(2_000));
    bench.press("a");
    assert_eq!(bench.app.remote.marked().files, 2_000);
}

#[test]
fn a_filter_typed_meanwhile_holds_for_the_rest() {
    let (mut bench, place, generation) = arriving();
    bench.press("/");
    bench.type_in("999");
    assert_eq!(bench.app.remote.shown.len(), 1);
    bench.listed(place, generation, entries(10_000));
    let shown = bench.app.remote.shown.len();
    assert_eq!(shown, 10 + 9, "000999, 001999 … and 009990 … 009998");
}

#[test]
fn what_breaks_off_is_said_as_ever() {
    let (mut bench, place, generation) = arriving();
    let mut incomplete = bench.app.clone();
    bench.say(Event::Listed {
        place: place.clone(),
        generation,
        result: Err(Failure::new(
            Class::Unreachable,
            "Could not list /srv/www/public_html",
            "it is gone",
        )),
    });
    assert!(matches!(bench.app.remote.content, Content::Failed(_)));
    let screen = bench.screen();
    assert!(
        screen.contains("it is gone") && !screen.contains("photo-0"),
        "{screen}"
    );
    std::mem::swap(&mut bench.app, &mut incomplete);
    bench.say(Event::Listed {
        place,
        generation,
        result: Ok(Arc::new(Listing {
            entries: entries(2_000),
            incomplete: Some("the server said: 426 cut".into()),
            ..Listing::default()
        })),
    });
    let screen = bench.screen();
    assert!(screen.contains("incomplete: the server"), "{screen}");
}
