//! Servers, sequences of keys, notices, help.

use std::time::Duration;

use ftpane::app::View;
use ftpane::app::action::{Context, TABLE};
use ftpane::app::dialog::Subject;
use ftpane::app::effect::{Change, Effect};
use ftpane::app::folder::Side;
use ftpane::app::help::Line;
use ftpane::app::msg::Msg;
use ftpane::model::command::Command;
use ftpane::model::event::{DialogueLine, Event, Speaker};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::ConnectionId;
use ftpane::model::server::Server;
use unicode_width::UnicodeWidthStr as _;

use crate::harness::bench::{Bench, server};

#[test]
fn saved_servers_change_one_at_a_time() {
    let mut bench = Bench::new(vec![server("a"), server("b")]);
    assert_eq!(
        bench.press("down d enter"),
        [Effect::ChangeServers(Change::Remove("b".into()))]
    );
    bench.update(Msg::ServersSaved(Ok(vec![server("a")])));
    assert_eq!(bench.app.servers.all().len(), 1);
    // the form stays until its server is saved
    bench.press("e");
    bench.type_in("x");
    let renamed = Server {
        name: "ax".into(),
        ..server("a")
    };
    assert_eq!(
        bench.press("enter"),
        [Effect::ChangeServers(Change::Replace(
            "a".into(),
            Box::new(renamed.clone()),
            None
        ))]
    );
    assert!(bench.app.form.is_some());
    bench.update(Msg::ServersSaved(Err(Failure::new(
        Class::Local,
        "Saved servers",
        "the disk is full",
    ))));
    assert!(bench.app.form.is_some());
    bench.press("enter enter");
    bench.update(Msg::ServersSaved(Ok(vec![renamed])));
    assert!(bench.app.form.is_none());
    assert_eq!(bench.app.servers.current().unwrap().name, "ax");
}

#[test]
fn sequences_sort_and_a_wrong_second_key_counts_by_itself() {
    let mut bench = Bench::connected();
    bench.press("s");
    let last = bench.screen().lines().last().unwrap().to_owned();
    assert_eq!(
        last,
        " s … n by name s by size t by time e by kind p by mode o by owner"
    );
    bench.press("s");
    let names = |b: &Bench| {
        (0..7)
            .map(|i| b.app.remote.entry(i).unwrap().name.shown())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&bench)[3..5], ["evil\\x1b[2Jname.txt", "index.html"]);
    bench.press("s s");
    assert_eq!(names(&bench)[2], "release-10.tar");
    bench.press("g tab");
    assert_eq!(bench.app.active, Side::Local);
}

#[test]
fn notices_pass() {
    let mut bench = Bench::connected();
    bench.say(Event::Notice("look".into()));
    let until = bench.app.next_tick().unwrap();
    bench.now = until - Duration::from_millis(1);
    bench.update(Msg::Tick);
    assert!(bench.app.notice.is_some());
    bench.now = until;
    bench.update(Msg::Tick);
    assert_eq!((bench.app.notice.as_deref(), bench.app.next_tick()), (None, None));
}

/// The README shows these keys: it is made of the same table.
#[test]
fn every_action_is_in_the_help() {
    let mut bench = Bench::connected();
    bench.press("?");
    let help = bench.app.help_lines();
    assert_eq!(help[0], Line::Heading(Context::Panes.title()));
    // narrow or wide, every word of every text is there to be read
    for size in [(12, 5), (40, 10), (120, 40)] {
        bench.update(Msg::Resize(size.0, size.1));
        let (wide, room) = bench.app.help_columns();
        let lines = bench.app.help_lines();
        // the window stays on the text, whatever the size becomes
        let top = bench.app.help.window.top;
        assert!(top < lines.len(), "{top} of {} at {size:?}", lines.len());
        bench.press("G");
        let texts = lines.iter().filter_map(|line| match line {
            Line::Keys(keys, text) => {
                assert!(keys.width() <= wide && text.width() <= room, "{line:?}");
                Some(text.as_str())
            }
            _ => None,
        });
        let all: String = texts.flat_map(str::split_whitespace).collect();
        for row in TABLE {
            let wanted: String = row.help.split_whitespace().collect();
            assert!(all.contains(&wanted), "{} at {size:?}", row.id);
        }
    }
}

#[test]
fn what_is_wrong_with_a_file_is_read_in_full_and_closed_by_a_key() {
    let start = ftpane::app::Start {
        notice: Some("keymap.toml, line 2: there is no action 'tranfser'; did you mean 'transfer'?".into()),
        ..crate::harness::bench::start(vec![server("web")])
    };
    let (app, _) = ftpane::app::App::new(start);
    let mut bench = Bench {
        app,
        now: Duration::ZERO,
    };
    assert!(
        bench
            .screen()
            .contains("keymap.toml, line 2: there is no action 'tranfser'")
    );
    bench.press("enter");
    assert!(bench.app.dialogs.is_empty());
    assert_eq!(bench.app.view, View::Servers);
}

/// Every word of `wanted` is to be seen at some place of a text that is scrolled from its top to its end.
#[track_caller]
fn assert_all_to_be_read(bench: &mut Bench, wanted: &[&str]) {
    let mut seen = String::new();
    for _ in 0..40 {
        let screen = bench.at_size((40, 10));
        seen.extend(screen.split(['┃', '│', '\n', ' ']).map(|word| format!("{word} ")));
        bench.press("down");
    }
    for text in wanted {
        for word in text.split_whitespace() {
            assert!(seen.contains(word), "'{word}' is not to be read: {seen}");
        }
    }
}

#[test]
fn an_empty_start_is_read_to_its_end_on_the_smallest_screen() {
    let mut bench = Bench::new(Vec::new());
    let small = bench.at_size((40, 10));
    assert!(small.contains("PgDn"), "{small}");
    assert!(
        !bench.at_size((120, 40)).contains("PgDn"),
        "there is nothing more to see"
    );
    let all: Vec<&str> = ftpane::app::welcome::READY
        .iter()
        .map(|(text, _)| *text)
        .collect();
    assert_all_to_be_read(&mut bench, &all);
    assert!(
        bench.at_size((40, 10)).contains("its own."),
        "one comes to the end"
    );
    bench.press("pageup pageup pageup pageup home");
    assert!(bench.at_size((40, 10)).contains("No servers yet."));

    let why = "Saved servers: /home/anna/.config/ftpane/servers.toml, line 4: there is no field 'portt'; did you mean \
               'port'? Mend the file in an editor; nothing is written to it until then";
    let mut start = crate::harness::bench::start(Vec::new());
    start.unread = Some(why.into());
    let mut bench = Bench::begin(start);
    let last = "Once it is mended, Ctrl-R reads it again.";
    assert_all_to_be_read(&mut bench, &[&why[60..], last]);
}

#[test]
fn a_failure_that_is_longer_than_its_pane_is_read_by_a_key() {
    let refused = || {
        Failure::new(
            Class::Refused,
            "Could not list /srv/www/logs",
            "the server refused it, and goes on at some length about why it has done so and to whom to turn",
        )
        .reply(b"550 Permission denied.")
        .hint("Another login may be allowed to")
    };
    let mut bench = Bench::connected();
    let effects = bench.press("enter");
    let [Effect::Engine(Command::List { place, generation })] = &effects[..] else {
        panic!("{effects:?}")
    };
    bench.say(Event::Listed {
        place: place.clone(),
        generation: *generation,
        result: Err(refused()),
    });
    let small = bench.at_size((40, 10));
    assert!(
        small.contains("Enter shows all of it") && small.contains("Ctrl-R refresh"),
        "{small}"
    );
    bench.press("enter");
    assert!(matches!(
        bench.app.dialogs.front().map(|dialog| &dialog.subject),
        Some(Subject::Failure(_))
    ));
    bench.press("esc");
    // one is not stuck there
    assert!(matches!(
        bench.press("backspace")[..],
        [Effect::Engine(Command::List { .. })]
    ));
}

#[test]
fn a_lost_connection_is_explained_again_by_a_key() {
    let mut bench = Bench::connected();
    let gone = Failure::new(Class::Unreachable, "Could not connect to web", "it is gone");
    bench.say(Event::ConnectionFailed(ConnectionId(1), gone));
    bench.press("esc");
    assert!(bench.app.dialogs.is_empty());
    bench.press("enter");
    let screen = bench.screen();
    assert!(
        screen.contains("Try again") && screen.contains("Edit server"),
        "{screen}"
    );
    assert!(matches!(
        bench.press("enter").last(),
        Some(Effect::Engine(Command::Connect { .. }))
    ));
}

/// What is said names the keys that are in force, not those that once were.
#[test]
fn sentences_name_the_keys_of_ones_own() {
    let own = "[panes]\nservers = ['X']\nrefresh = ['U']\ntransfer = ['f12']\nview = []\n\
               [global]\nqueue = ['W']\n[servers]\nnew = ['f11', 'A']\n";
    let mut start = crate::harness::bench::start(Vec::new());
    start.keys = ftpane::app::action::keys(Some((own, "own"))).unwrap();
    let mut bench = Bench::begin(start);
    assert!(
        bench.screen().contains("F11 or A enters a new one"),
        "{}",
        bench.screen()
    );
    bench.app.view = View::Panes;
    bench.app.active = Side::Remote;
    assert!(
        bench.screen().contains("X shows the list of"),
        "{}",
        bench.screen()
    );
    bench.press("f12");
    assert_eq!(
        bench.app.notice.as_deref(),
        Some("There is no connection; X shows the list of servers")
    );
    bench.app.active = Side::Local;
    bench.press("end enter");
    assert_eq!(
        bench.app.notice.as_deref(),
        Some("That is no folder; 'view' shows it, F12 transfers it to the other pane")
    );
    bench.press("W");
    assert!(
        bench.screen().contains("In the panes, F12 transfers"),
        "{}",
        bench.screen()
    );
}

fn said(session: u32, text: &str) -> Event {
    Event::Dialogue(DialogueLine {
        session,
        speaker: Speaker::Server,
        text: text.into(),
    })
}

#[test]
fn a_long_line_of_the_log_is_read_whole_and_all_are_come_to() {
    let mut bench = Bench::connected();
    for n in 0..40 {
        bench.say(said(1, &format!("line {n}")));
        if n % 4 == 0 {
            bench.say(said(2, &format!("550 begins-{n} {}ends-{n}", "word ".repeat(30))));
        }
    }
    bench.press("L");
    let mut seen = bench.at_size((40, 10));
    assert!(seen.contains("line 39"), "the newest is at the bottom: {seen}");
    for _ in 0..60 {
        bench.press("pageup");
        seen.push_str(&bench.at_size((40, 10)));
    }
    let mut back = bench.at_size((40, 10));
    for _ in 0..60 {
        bench.press("pagedown");
        back.push_str(&bench.at_size((40, 10)));
    }
    for n in 0..40 {
        for screens in [&seen, &back] {
            assert!(screens.contains(&format!("line {n}")), "{n}");
            let whole = n % 4 > 0
                || (screens.contains(&format!("begins-{n}")) && screens.contains(&format!("ends-{n}")));
            assert!(whole, "550 of {n}");
        }
    }
    assert!(bench.at_size((40, 10)).contains("line 39"), "back at the end");
    bench.press("home");
    assert!(bench.at_size((40, 10)).contains("line 0"));
}

#[test]
fn the_log_stays_where_it_is_read_and_shows_what_there_is() {
    let mut bench = Bench::connected();
    bench.say(said(2, "the other one"));
    for n in 0..100 {
        bench.say(said(1, &format!("line {n}")));
    }
    bench.press("L pageup");
    let lines = |bench: &mut Bench| -> Vec<String> {
        let screen = bench.screen();
        let lines = screen.lines().filter(|line| line.contains("< line "));
        lines.map(str::to_owned).collect()
    };
    let read = lines(&mut bench);
    assert!(read.len() > 10 && !read.concat().contains("line 99"), "{read:?}");
    for n in 100..110 {
        bench.say(said(1, &format!("line {n}")));
    }
    assert_eq!(lines(&mut bench), read);
    bench.press("end");
    assert!(bench.screen().contains("line 109"));
    // far up, and then there are fewer
    bench.press("home tab tab");
    assert!(bench.screen().contains("the other one"), "{}", bench.screen());
    bench.press("tab home /");
    bench.type_in("line 77");
    assert!(bench.screen().contains("< line 77"), "{}", bench.screen());
}

#[test]
fn what_the_log_shows_is_copied_and_no_more_than_a_terminal_takes() {
    let mut bench = Bench::connected();
    bench.press("L");
    assert_eq!(bench.press("y"), []);
    bench.say(said(1, "220 ready"));
    bench.say(said(2, "230 in"));
    bench.press("tab");
    assert_eq!(
        bench.press("y"),
        [Effect::CopyText("  1 < 220 ready\n".into())],
        "what is shown"
    );
    bench.press("tab tab");
    for n in 0..3_000 {
        bench.say(said(1, &format!("{n} {}", "x".repeat(60))));
    }
    let copied = bench.press("y");
    let [Effect::CopyText(text)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert!(
        text.len() <= 64 * 1024 && text.len() > 63 * 1024,
        "{}",
        text.len()
    );
    assert!(text.starts_with("  1 < ") && text.trim_end().ends_with('x') && text.contains("< 2999 "));
    assert!(bench.notice().contains("a filter makes them fewer"));
}
