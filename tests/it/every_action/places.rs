//! The places in which actions are tried: each a state in which the action means something.

use std::sync::Arc;

use ftpane::app::App;
use ftpane::app::action::Context;
use ftpane::app::effect::Effect;
use ftpane::app::pager::Pager;
use ftpane::app::search::Search;
use ftpane::config::bookmarks::{Bookmark, Folder};
use ftpane::model::command::{Command, Exploration};
use ftpane::model::entry::{Entry, Owner};
use ftpane::model::event::{DialogueLine, Event, Speaker};
use ftpane::model::job::ConnectionId;
use ftpane::model::secret::Secret;
use ftpane::model::server::Server;

use crate::harness::bench::{Bench, file, listing, server, start};
use crate::keys::doctor::{diagnosis, step};
use crate::keys::{conflict, remote};
use crate::screens::with_queue;

/// So many lines have the long lists.
const LONG: usize = 300;

/// So many bytes has a line of the pager's file.
const LINE: usize = 66;

pub(super) fn pressed(mut bench: Bench, keys: &str) -> Bench {
    bench.press(keys);
    bench
}

pub(super) fn typed(mut bench: Bench, text: &str) -> Bench {
    bench.type_in(text);
    bench
}

/// Before the remote pane, the cursor on a folder.
pub(super) fn panes() -> Bench {
    Bench::connected()
}

/// The cursor on `index.html`.
pub(super) fn on_file() -> Bench {
    pressed(panes(), "down down down down")
}

/// Gone into a folder from the first one.
pub(super) fn in_logs() -> Bench {
    let mut bench = panes();
    let effects = bench.press("enter");
    bench.answer_listings(&effects);
    bench
}

/// Of another owner each.
pub(super) fn owned() -> Bench {
    let mut bench = panes();
    let effects = bench.press("ctrl-r");
    let [Effect::Engine(Command::List { place, generation })] = &effects[..] else {
        panic!("{effects:?}")
    };
    let of = |name: &str, user: &str| Entry {
        owner: Some(Arc::new(Owner {
            user: user.into(),
            group: "us".into(),
        })),
        ..file(name, 1, 2)
    };
    let entries = vec![of("a", "web"), of("b", "root")];
    bench.listed(place.clone(), *generation, entries);
    bench
}

/// Thirty servers without a group, then thirty in one.
pub(super) fn servers() -> Bench {
    let saved = |n: usize| Server {
        group: if n < 30 { "" } else { "Customers" }.into(),
        ..server(&format!("s{n:02}"))
    };
    Bench::new((0..60).map(saved).collect())
}

pub(super) fn queue() -> Bench {
    pressed(with_queue(panes()), "Q")
}

pub(super) fn help() -> Bench {
    pressed(panes(), "?")
}

pub(super) fn log() -> Bench {
    let mut bench = panes();
    for n in 0..LONG {
        bench.say(Event::Dialogue(DialogueLine {
            session: 1,
            speaker: Speaker::Client,
            text: format!("LINE {n}"),
        }));
    }
    pressed(bench, "L")
}

/// A search that is over and has found much.
pub(super) fn found() -> Bench {
    let mut bench = pressed(panes(), "F ctrl-u");
    bench.type_in("*.log");
    let effects = bench.press("enter");
    let [Effect::Engine(Command::Explore(Exploration { generation, .. }))] = effects[..] else {
        panic!("no search: {effects:?}")
    };
    let hits = (0..LONG).map(|n| file(&format!("f{n:03}.log"), n as u64, 2));
    bench.say(Event::Listed {
        place: remote("/srv/www/logs"),
        generation,
        result: Ok(listing(hits.collect())),
    });
    bench.say(Event::Explored {
        generation,
        result: Ok(()),
    });
    bench
}

/// A file of long lines, all of it read, at its middle.
pub(super) fn pager() -> Bench {
    let line = |n: usize| format!("{n:04} {}\n", "x".repeat(LINE - 6));
    let content: String = (0..LONG).map(line).collect();
    let mut bench = on_file();
    let effects = bench.press("f3");
    bench.serve(effects, content.as_bytes());
    bench.press("f5");
    bench.type_in("150");
    let effects = bench.press("enter");
    bench.serve(effects, content.as_bytes());
    bench
}

/// A text was searched for that stands in every hundredth line.
pub(super) fn searched_in_pager() -> Bench {
    let mut bench = pressed(pager(), "/");
    bench.type_in("50 xxx");
    bench.press("enter");
    bench
}

/// What was found of an anonymous server, with two settings that would mend it.
pub(super) fn doctor() -> Bench {
    let asked = Server {
        user: String::new(),
        ..server("pub")
    };
    let mut bench = pressed(Bench::new(vec![asked.clone()]), "t");
    use ftpane::model::diagnosis::Step;
    for taken in [Step::Lookup, Step::Connect, Step::Login] {
        bench.say(step(taken, true, 3, "it is as it should be"));
    }
    let found = Ok(Box::new(diagnosis(&asked)));
    bench.say(Event::Diagnosed(ConnectionId(1), found));
    bench
}

pub(super) fn dialog_of_transfer() -> Bench {
    pressed(on_file(), "f5")
}

/// A question with many choices.
pub(super) fn question() -> Bench {
    let mut bench = panes();
    bench.say(conflict(1));
    bench
}

/// A bookmark under the cursor.
pub(super) fn bookmarks() -> Bench {
    let mut start = start(vec![server("web")]);
    start.bookmarks = vec![Bookmark {
        server: None,
        folder: Folder::new(b"/srv"),
    }];
    start.connect = Some((server("web"), Some(Secret::new("pw"))));
    let mut bench = Bench::begin(start);
    bench.stand(1);
    pressed(bench, "tab '")
}

/// A place of a context that means the same everywhere.
pub(super) fn any_of(context: Context) -> Bench {
    match context {
        Context::Text => pressed(panes(), "n"),
        Context::Dialog => dialog_of_transfer(),
        Context::Picker => pressed(panes(), ":"),
        _ => panes(),
    }
}

/// Where in its list, or how far down its text, a place is.
type At = fn(&App) -> usize;

/// A list of this context that goes on above and below, and where one is in it.
pub(super) fn long(context: Context) -> (Bench, At) {
    const MIDDLE: usize = LONG / 2;
    let (mut bench, at): (Bench, At) = match context {
        Context::Panes => {
            let mut bench = panes();
            let effects = bench.press("ctrl-r");
            let [Effect::Engine(Command::List { place, generation })] = &effects[..] else {
                panic!("{effects:?}")
            };
            let entries = (0..LONG).map(|n| file(&format!("f{n:03}"), 1, 2)).collect();
            bench.listed(place.clone(), *generation, entries);
            bench.app.remote.cursor.at = MIDDLE;
            (bench, |app| app.remote.cursor.at)
        }
        Context::Servers => {
            let mut bench = servers();
            bench.app.servers.cursor.at = 30;
            (bench, |app| app.servers.cursor.at)
        }
        Context::Queue => {
            let mut bench = panes();
            let jobs = (1..=LONG as u64).map(crate::keys::job).collect();
            bench.say(Event::JobsAdded(jobs));
            bench.press("Q");
            bench.app.queue.cursor.at = MIDDLE;
            (bench, |app| app.queue.cursor.at)
        }
        Context::Found => {
            let mut bench = found();
            bench.app.search.as_mut().unwrap().cursor.at = MIDDLE;
            (bench, |app| search(app).cursor.at)
        }
        // it is counted from the end
        Context::Log => {
            let mut bench = log();
            bench.app.log.cursor.top = MIDDLE;
            (bench, |app| LONG - app.log.cursor.top)
        }
        Context::Help => {
            let mut bench = help();
            bench.app.help.window.top = 50;
            (bench, |app| app.help.window.top)
        }
        Context::Doctor => {
            let mut bench = pressed(doctor(), "i");
            bench.at_size((40, 8));
            bench.app.doctor.as_mut().unwrap().window.top = 20;
            (bench, |app| app.doctor.as_ref().unwrap().window.top)
        }
        Context::Pager => (pager(), |app| usize::try_from(top(app)).unwrap() / LINE),
        Context::Picker => {
            let mut bench = pressed(panes(), ":");
            bench.app.picker.as_mut().unwrap().cursor.at = 40;
            (bench, |app| app.picker.as_ref().unwrap().cursor.at)
        }
        Context::Global | Context::Dialog | Context::Text => panic!("{context:?} has no list"),
    };
    bench.update(ftpane::app::msg::Msg::Tick);
    (bench, at)
}

pub(super) fn search(app: &App) -> &Search {
    app.search.as_ref().unwrap()
}

pub(super) fn open_pager(app: &App) -> &Pager {
    app.pager.as_ref().unwrap()
}

pub(super) fn top(app: &App) -> u64 {
    open_pager(app).top
}

/// Whose settings the open form has, and the host in it.
pub(super) fn form(app: &App) -> Option<(Option<String>, String)> {
    let form = app.form.as_ref()?;
    Some((form.existing().map(str::to_owned), form.server().host))
}
