//! Servers, sequences of keys, notices, help.

use std::time::Duration;

use ftpane::app::View;
use ftpane::app::action::{Context, TABLE};
use ftpane::app::effect::{Change, Effect};
use ftpane::app::folder::Side;
use ftpane::app::help::Line;
use ftpane::app::msg::Msg;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
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
    assert_eq!(last, " s … n by name s by size t by time e by kind p by mode");
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
