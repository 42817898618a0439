//! States that are rare, and sizes at which next to nothing is left.

use ftpane::app::effect::Effect;
use ftpane::app::msg::Msg;
use ftpane::config::bookmarks::{Bookmark, Folder};
use ftpane::model::command::{Command, Generation, Place};
use ftpane::model::entry::Entry;
use ftpane::model::event::{DialogueLine, Event, Speaker};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::secret::Secret;

use super::{keep, pictures, some_servers, with_queue};
use crate::harness::bench::{Bench, file, server, start};

/// In a folder of the server with these in it.
fn in_a_folder(entries: Vec<Entry>) -> Bench {
    let mut bench = Bench::connected();
    let effects = bench.press("enter");
    let (place, generation) = asked_for(&effects);
    bench.listed(place, generation, entries);
    bench
}

fn asked_for(effects: &[Effect]) -> (Place, Generation) {
    match effects.first() {
        Some(Effect::Engine(Command::List { place, generation })) => (place.clone(), *generation),
        _ => panic!("no listing is wanted: {effects:?}"),
    }
}

#[test]
fn a_folder_with_nothing_in_it() {
    pictures("panes-empty", &mut in_a_folder(Vec::new()));
}

#[test]
fn a_hundred_thousand_entries() {
    let photo = |n: u32| file(&format!("photo-{n:06}.jpg"), u64::from(n) * 1_000, 1 + n % 28);
    let mut bench = in_a_folder((0..100_000).map(photo).collect());
    bench.press("G space k");
    pictures("panes-hundred-thousand", &mut bench);
    bench.press("u / 9 9 9 8 enter *");
    pictures("panes-hundred-thousand-filtered", &mut bench);
}

/// A folder that is gone while it is looked at again.
#[test]
fn a_folder_that_cannot_be_listed_again() {
    let mut bench = Bench::connected();
    let (place, generation) = asked_for(&bench.press("ctrl-r"));
    let failure = Failure::new(
        Class::Refused,
        "Could not list /srv/www",
        "the server does not find it",
    );
    bench.say(Event::Listed {
        place,
        generation,
        result: Err(failure.reply(b"550 No such directory.")),
    });
    pictures("panes-gone", &mut bench);
}

#[test]
fn a_dialogue_that_has_not_begun() {
    let mut bench = Bench::new(some_servers());
    bench.press("L");
    pictures("log-empty", &mut bench);
    // what a filter hides has been said all the same
    let mut bench = Bench::connected();
    bench.say(Event::Dialogue(DialogueLine {
        session: 1,
        speaker: Speaker::Client,
        text: "PWD".into(),
    }));
    bench.press("L / z enter");
    let screen = bench.screen();
    assert!(screen.contains("Nothing here contains 'z'"), "{screen}");
}

#[test]
fn mistakes_stand_beside_their_fields() {
    let mut bench = Bench::new(some_servers());
    bench.press("n");
    bench.type_in("web");
    bench.press("enter");
    pictures("form-mistakes", &mut bench);
}

#[test]
fn folders_to_go_back_to() {
    let bookmark = |server: Option<&str>, path: &str| Bookmark {
        server: server.map(Into::into),
        folder: Folder::new(path.as_bytes()),
    };
    let mut begin = start(vec![server("web")]);
    begin.connect = Some((server("web"), Some(Secret::new("pw"))));
    begin.bookmarks = vec![
        bookmark(Some("web"), "/srv/www/public_html"),
        bookmark(Some("archive"), "/2026/11"),
        bookmark(None, "/home/me/work/site"),
    ];
    let mut bench = Bench::begin(begin);
    bench.stand(1);
    bench.press("'");
    pictures("bookmarks", &mut bench);
}

#[test]
fn colours_to_choose_from() {
    let mut bench = Bench::connected();
    bench.press("T down");
    pictures("themes", &mut bench);
}

#[test]
fn edits_that_an_earlier_run_has_left() {
    let what = "Edited copies of files of servers are still here";
    let why = "an earlier run has ended with them: web:/srv/www/index.html in /home/me/.local/state/ftpane/edited/Ab12Cd";
    let left = Failure::new(Class::Local, what, why).hint("They are kept.");
    let mut bench = Bench::new(vec![server("web")]);
    bench.update(Msg::EditsLeft(None));
    assert!(bench.app.dialogs.is_empty());
    bench.update(Msg::EditsLeft(Some(left.into())));
    pictures("dialog-edits-left", &mut bench);
}

/// Twelve columns: whatever is cut, it is whole lines that are drawn, and a way back is there.
#[test]
fn twelve_columns() {
    let views: [(&str, &str); 8] = [
        ("panes", "home"),
        ("queue", "Q"),
        ("servers", "S"),
        ("form", "S e"),
        ("log", "L"),
        ("help", "?"),
        ("palette", ":"),
        ("delete", "f8"),
    ];
    let mut all = String::new();
    for (view, keys) in views {
        let mut bench = with_queue(Bench::connected());
        bench.at_size((12, 8));
        bench.press(keys);
        all.push_str(&format!("{view}\n{}\n", bench.at_size((12, 8))));
    }
    keep("twelve-columns", &all);
}
