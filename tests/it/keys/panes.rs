//! The panes: going about, transferring, deleting, renaming.

use super::{C, command, listed, local, remote};

use ftpane::app::effect::Effect;
use ftpane::model::command::{Command, Generation};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Counted, Deed, Event};
use ftpane::model::job::{BatchId, BatchRequest, Direction, Item, Policy};
use ftpane::model::server::Server;

use crate::harness::bench::{Bench, folder, name, server};

fn items(request: &BatchRequest) -> Vec<(String, String)> {
    let shown = |i: &Item| (i.local.display().to_string(), i.remote.shown());
    request.items.iter().map(shown).collect()
}

#[test]
fn one_goes_into_folders_and_comes_back_to_where_one_was() {
    let mut bench = Bench::connected();
    assert_eq!(listed(bench.press("down enter")), remote("/srv/www/public_html"));
    let effects = bench.press("backspace");
    assert_eq!(listed(effects.clone()), remote("/srv/www"));
    bench.answer_listings(&effects);
    assert_eq!(bench.app.remote.current().unwrap().name, name("public_html"));
    // the document path is the top
    assert_eq!(bench.press("h"), []);
    assert!(bench.notice().contains("document path"));
    // the other pane has its own way up
    assert_eq!(listed(bench.press("tab left")), local("/home/me"));
    // a file is no folder
    assert_eq!(bench.press("tab end enter"), []);
    assert!(bench.notice().contains("no folder"));
}

#[test]
fn what_is_marked_is_downloaded_in_one_batch() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("space down space f5 down down"), []);
    let Command::Enqueue(request) = command(bench.press("enter")) else {
        panic!("not queued")
    };
    assert_eq!(
        items(&request),
        [
            ("/home/me/work/logs".to_owned(), "/srv/www/logs".to_owned()),
            ("/home/me/work/current".to_owned(), "/srv/www/current".to_owned()),
        ]
    );
    assert_eq!(
        (request.direction, request.policy, request.connection, request.id),
        (Direction::Download, Policy::Newer, C, BatchId(1))
    );
    assert!(bench.app.remote.marks.is_empty());
    // and once more: another batch, of what is under the cursor, the other way
    let Command::Enqueue(request) = command(bench.press("tab G t enter")) else {
        panic!("not queued")
    };
    assert_eq!((request.direction, request.id), (Direction::Upload, BatchId(2)));
    assert_eq!(
        items(&request),
        [(
            "/home/me/work/README.md".to_owned(),
            "/srv/www/README.md".to_owned()
        )]
    );
    assert_eq!(request.items[0].kind, Kind::File);
    assert_eq!(request.items[0].size, Some(2_310));
}

#[test]
fn names_are_marked_by_a_pattern() {
    let mut bench = Bench::connected();
    let marked = |bench: &Bench| -> Vec<String> {
        let marks = !bench.app.remote.marks.is_empty();
        let shown = bench.app.remote.selection().into_iter().map(|e| e.name.shown());
        shown.filter(|_| marks).collect()
    };
    bench.press("+");
    bench.type_in(".TAR");
    assert_eq!(bench.press("enter"), []);
    assert_eq!(marked(&bench), ["release-9.tar", "release-10.tar"]);
    bench.press("- backspace");
    bench.type_in("release-?.tar");
    bench.press("enter");
    assert_eq!(marked(&bench), ["release-10.tar"]);
    bench.press("+");
    bench.type_in("zip");
    bench.press("enter");
    assert_eq!(marked(&bench), ["release-10.tar"]);
    assert!(bench.notice().contains("fits *zip"));
}

#[test]
fn a_transfer_can_be_thought_better_of() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("f5 esc"), []);
    assert!(bench.app.dialogs.is_empty());
    assert_eq!(bench.press("f5 right enter"), []);
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn deleting_counts_before_it_asks() {
    let mut bench = Bench::connected();
    let Command::Count { places, generation } = command(bench.press("space space f8")) else {
        panic!("not counted")
    };
    let both = vec![remote("/srv/www/logs"), remote("/srv/www/public_html")];
    assert_eq!(places, both);
    // an impatient Enter before the count changes nothing
    let mut impatient = Bench {
        app: bench.app.clone(),
        now: bench.now,
    };
    assert_eq!(impatient.press("enter"), []);
    assert!(impatient.app.dialogs.is_empty());
    // the count of another question is not taken for this one
    let result = Ok(Counted::default());
    bench.say(Event::Counted {
        generation: Generation(generation.0 + 99),
        result: result.clone(),
    });
    assert_eq!(bench.app.dialogs[0].choices.len(), 1);
    bench.say(Event::Counted { generation, result });
    assert_eq!(command(bench.press("enter")), Command::Delete(both.clone()));
    let effects = bench.say(Event::Done(Deed::Deleted {
        places: both,
        stay: Vec::new(),
        counted: Counted::default(),
        failed: 0,
    }));
    assert_eq!(listed(effects), remote("/srv/www"));
}

#[test]
fn names_are_typed_and_judged() {
    let mut bench = Bench::connected();
    bench.press("n");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("empty"));
    bench.type_in("../x");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("document path"));
    bench.press("ctrl-u");
    bench.type_in("logs");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("exists already"));
    bench.press("ctrl-u");
    bench.type_in("new one");
    assert_eq!(
        command(bench.press("enter")),
        Command::MakeFolder(remote("/srv/www/new one"))
    );
    let effects = bench.say(Event::Done(Deed::MadeFolder(remote("/srv/www/new one"))));
    assert_eq!(listed(effects.clone()), remote("/srv/www"));
    let Effect::Engine(Command::List { place, generation }) = effects[0].clone() else {
        unreachable!()
    };
    bench.listed(
        place,
        generation,
        vec![folder("logs"), folder("new one"), folder("z")],
    );
    // the cursor stands on what was made
    assert_eq!(bench.app.remote.current().unwrap().name, name("new one"));
    bench.press("f6");
    bench.press("backspace backspace backspace");
    bench.type_in("2");
    assert_eq!(
        command(bench.press("enter")),
        Command::Rename {
            from: remote("/srv/www/new one"),
            to: remote("/srv/www/new 2")
        }
    );
}

#[test]
fn several_are_moved_into_a_folder() {
    let mut bench = Bench::connected();
    bench.press("space space f6");
    bench.type_in("old");
    let effects = bench.press("enter");
    let rename = |n: &str| {
        Effect::Engine(Command::Rename {
            from: remote(&format!("/srv/www/{n}")),
            to: remote(&format!("/srv/www/old/{n}")),
        })
    };
    assert_eq!(effects, [rename("logs"), rename("public_html")]);
}

#[test]
fn a_read_only_server_is_never_asked_to_change() {
    let read_only = Server {
        read_only: true,
        ..server("web")
    };
    for keys in ["f6", "r", "f7", "n", "f8", "d", "tab f5", "tab t"] {
        let mut bench = Bench::connected_to(read_only.clone());
        assert_eq!(bench.press(keys), [], "{keys}");
        assert!(bench.app.dialogs.is_empty(), "{keys}");
        assert!(bench.notice().contains("read only"), "{keys}");
    }
    // the hints say so beforehand
    let bench = Bench::connected_to(read_only.clone());
    let enabled: Vec<bool> = bench.app.hints()[..4].iter().map(|h| h.enabled).collect();
    assert_eq!(enabled, [true, false, false, false]);
    // what does not touch it goes on: downloads, and this machine's own files
    for keys in ["f5", "tab f7", "tab f6"] {
        let mut bench = Bench::connected_to(read_only.clone());
        bench.press(keys);
        assert_eq!(bench.app.dialogs.len(), 1, "{keys}");
    }
}

#[test]
fn the_pane_stays_above_the_depth() {
    let shallow = |levels| {
        Bench::connected_to(Server {
            explore_depth: Some(levels),
            ..server("web")
        })
    };
    let mut bench = shallow(0);
    assert_eq!(bench.press("enter"), []);
    let notice = bench.app.notice.clone().unwrap();
    assert!(
        notice.contains("/srv/www/logs") && notice.contains("depth 0"),
        "{notice}"
    );
    assert_eq!(bench.app.remote.entries().len(), 7, "what was shown stays");
    let mut bench = shallow(1);
    assert_eq!(listed(bench.press("enter")), remote("/srv/www/logs"));
}
