//! Names made to deceive, at every place of the screen where a name is shown.

use std::path::PathBuf;

use ftpane::app::effect::Effect;
use ftpane::model::command::{Command, QuestionId};
use ftpane::model::entry::{Entry, Kind};
use ftpane::model::event::{Deed, DialogueLine, Event, Question, Side, Speaker};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{BatchId, ConnectionId, Direction, Item, Job, JobId, JobState, Rank};
use ftpane::model::path::{Name, RemotePath};
use ftpane::model::text::is_plain;
use unicode_width::UnicodeWidthStr as _;

use crate::harness::bench::{Bench, SIZES, listing};

/// Each with what must be seen of it.
const HOSTILE: [(&str, &str); 14] = [
    ("\u{1b}]0;title\u{7}", "\\x1b]0;title\\x07"),
    ("a\u{9b}2Jb", "a\\u{9b}2Jb"),
    ("gpj\u{202e}exe.scr", "gpj\\u{202e}exe.scr"),
    ("\u{2067}isolated", "\\u{2067}isolated"),
    ("zero\u{200b}width", "zero\\u{200b}width"),
    ("\u{feff}marked", "\\u{feff}marked"),
    ("tag\u{e0041}ged", "tag\\u{e0041}ged"),
    ("un\u{378}assigned", "un\\u{378}assigned"),
    ("\u{301}accent", "\\u{301}accent"),
    ("var\u{fe0f}iant", "var\\u{fe0f}iant"),
    ("\u{3164}filler", "\\u{3164}filler"),
    ("tab\tbed", "tab\\x09bed"),
    ("caf\u{e9}", "caf\u{e9}"),
    ("cafe\u{301}", "cafe\\u{301}"),
];

fn entries(names: &[&str]) -> Vec<Entry> {
    let entry = |name: &&str| Entry::new(Name::new(name.as_bytes()).unwrap(), Kind::File);
    names.iter().map(entry).collect()
}

fn relist(bench: &mut Bench, names: &[&str]) {
    let effects = bench.press("ctrl-r");
    for effect in effects {
        if let Effect::Engine(Command::List { place, generation }) = effect {
            let result = Ok(listing(entries(names)));
            bench.say(Event::Listed {
                place,
                generation,
                result,
            });
        }
    }
}

fn remote(name: &str) -> RemotePath {
    RemotePath::parse(format!("/srv/www/{name}").as_bytes()).unwrap()
}

/// The screen shows this, every cell of it is harmless, and no line is wider than it looks.
#[track_caller]
fn shows(bench: &mut Bench, wanted: &str, at: &str) {
    for size in SIZES {
        let screen = bench.at_size(size);
        for line in screen.lines() {
            assert!(line.chars().all(is_plain), "{at}: {line:?}");
            assert!(line.width() <= usize::from(size.0), "{at}: {line:?}");
        }
    }
    let screen = bench.at_size((120, 40));
    assert!(screen.contains(wanted), "{at}: '{wanted}' is not on:\n{screen}");
}

#[test]
fn in_the_panes() {
    let names: Vec<&str> = HOSTILE.iter().map(|(name, _)| *name).collect();
    let mut bench = Bench::connected();
    relist(&mut bench, &names);
    for (_, seen) in HOSTILE {
        shows(&mut bench, seen, "remote pane");
    }
    insta::assert_snapshot!("hostile-panes", bench.screen());
    bench.press("tab");
    relist(&mut bench, &names);
    for (_, seen) in HOSTILE {
        shows(&mut bench, seen, "local pane");
    }
}

#[test]
fn in_dialogs_queue_log_and_failures() {
    for (name, seen) in HOSTILE.into_iter().filter(|(name, _)| !name.starts_with("caf")) {
        let mut bench = Bench::connected();
        relist(&mut bench, &[name]);
        for (keys, at) in [("f8", "delete"), ("f6", "rename"), ("f5", "transfer")] {
            let mut bench = Bench {
                app: bench.app.clone(),
                now: bench.now,
            };
            bench.press(keys);
            shows(&mut bench, seen, at);
        }
        let item = Item {
            local: PathBuf::from(format!("/home/me/{name}")),
            remote: remote(name),
            kind: Kind::File,
            size: None,
            modified: None,
            permissions: None,
        };
        let job = Job {
            id: JobId(1),
            batch: BatchId(1),
            direction: Direction::Download,
            item: item.into(),
            rank: Rank::default(),
        };
        bench.say(Event::JobsAdded(vec![job]));
        bench.say(Event::JobChanged(JobId(1), JobState::Running));
        shows(&mut bench, seen, "strip");
        let side = || Side {
            shown: remote(name).shown(),
            size: Some(1),
            modified: None,
        };
        let mut asking = Bench {
            app: bench.app.clone(),
            now: bench.now,
        };
        asking.say(Event::Question {
            id: QuestionId(1),
            question: Question::Conflict {
                connection: ConnectionId(1),
                job: JobId(1),
                direction: Direction::Download,
                source: side(),
                target: side(),
                can_resume: false,
            },
        });
        shows(&mut asking, seen, "conflict");
        // also where a sentence was made of a name without care
        let failure = Failure::new(Class::Refused, format!("Could not see {name}"), "it hides")
            .reply(format!("550 {name}: no").as_bytes());
        let mut failing = Bench {
            app: bench.app.clone(),
            now: bench.now,
        };
        failing.say(Event::Failed(failure.clone()));
        shows(&mut failing, seen, "failure");
        let mut noticing = Bench {
            app: bench.app.clone(),
            now: bench.now,
        };
        noticing.say(Event::Notice(format!("Noticed {name}")));
        shows(&mut noticing, seen, "notice");
        let mut done = Bench {
            app: bench.app.clone(),
            now: bench.now,
        };
        let place = ftpane::model::command::Place::Remote(ConnectionId(1), remote(name));
        done.say(Event::Done(Deed::MadeFolder(place)));
        shows(&mut done, "", "deed");
        bench.say(Event::JobChanged(JobId(1), JobState::Failed(failure)));
        bench.say(Event::Dialogue(DialogueLine {
            session: 1,
            speaker: Speaker::Server,
            text: ftpane::model::text::escape(format!("550 {name}").as_bytes()),
        }));
        for (key, at) in [("Q", "queue"), ("L", "log")] {
            let mut bench = Bench {
                app: bench.app.clone(),
                now: bench.now,
            };
            bench.press(key);
            shows(&mut bench, seen, at);
        }
    }
}
