//! Finding one's way: the palette, type-ahead, history, paths, bookmarks.

use ftpane::app::View;
use ftpane::app::action::{Context, TABLE};
use ftpane::app::effect::{Change, Effect};
use ftpane::app::folder::Side;
use ftpane::app::msg::Msg;
use ftpane::config::bookmarks::{self, Bookmark};
use ftpane::model::command::{Command, Generation, Place};
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::server::Server;

use super::{listed, local, remote};
use crate::harness::bench::{Bench, file, folder, name, server};

fn offered(bench: &Bench) -> Vec<String> {
    let picker = bench.app.picker.as_ref().expect("nothing is offered");
    picker.items.iter().map(|item| item.name.clone()).collect()
}

#[track_caller]
fn notice(bench: &Bench) -> &str {
    bench.app.notice.as_deref().unwrap_or_default()
}

#[test]
fn any_action_is_found_by_its_name_and_done() {
    let mut bench = Bench::connected();
    bench.press(":");
    for row in TABLE {
        let inner = |c: &Context| matches!(c, Context::Dialog | Context::Text | Context::Picker);
        let is_offered = !row.contexts.iter().all(inner) && row.id != "palette";
        assert_eq!(
            offered(&bench).contains(&row.id.to_owned()),
            is_offered,
            "{}",
            row.id
        );
    }
    bench.type_in("newf");
    assert_eq!(offered(&bench)[0], "new-folder");
    assert!(bench.screen().contains("F7, n"), "{}", bench.screen());
    bench.press("enter");
    assert_eq!((bench.app.picker.is_some(), bench.app.dialogs.len()), (false, 1));
    // by a word of what it does
    bench.press("esc :");
    bench.type_in("other way round");
    assert_eq!(offered(&bench), ["invert"]);
    bench.press("enter");
    assert_eq!(bench.app.remote.marks.len(), 7);
}

#[test]
fn an_action_that_is_off_says_why_and_stays() {
    let mut bench = Bench::connected_to(Server {
        read_only: true,
        ..server("web")
    });
    bench.press(":");
    bench.type_in("rename");
    assert_eq!(bench.press("enter"), []);
    let picker = bench.app.picker.clone().unwrap();
    assert!(picker.complaint.unwrap().contains("read only"));
    bench.press("ctrl-u");
    bench.type_in("retry-all");
    bench.press("enter");
    let picker = bench.app.picker.clone().unwrap();
    assert_eq!(picker.complaint.as_deref(), Some("Only in: queue"));
    bench.press("esc");
    assert!(bench.app.picker.is_none());
    // a question of the engine stands before it, and Ctrl-C ends from here too
    bench.press("f9");
    bench.say(super::conflict(1));
    bench.press("enter");
    assert!(bench.app.picker.is_some());
    assert_eq!(bench.press("ctrl-c"), [Effect::Quit]);
}

#[test]
fn the_help_is_searched() {
    let mut bench = Bench::connected();
    bench.press("? /");
    bench.type_in("bookmark");
    let lines = bench.app.help_lines();
    let all = format!("{lines:?}");
    assert!(
        all.contains("Forget the bookmark") && !all.contains("Transfer"),
        "{all}"
    );
    bench.press("enter esc");
    assert!(bench.app.help_lines().len() > 50);
    bench.press("esc");
    assert_eq!(bench.app.view, View::Panes);
}

#[test]
fn the_cursor_goes_to_what_is_typed_ahead() {
    let mut bench = Bench::connected();
    let at = |bench: &Bench| bench.app.remote.current().unwrap().name.shown();
    bench.press("f");
    bench.type_in("re");
    assert_eq!(at(&bench), "release-9.tar");
    bench.press("down");
    assert_eq!(at(&bench), "release-10.tar");
    bench.press("ctrl-s");
    assert_eq!(at(&bench), "release-9.tar", "round and round");
    // a letter that leads nowhere is not taken
    bench.type_in("qLEASE-1");
    assert_eq!(at(&bench), "release-10.tar");
    // in the middle of a name, where none begins so
    bench.press("esc ctrl-s");
    bench.type_in("dex");
    assert_eq!(at(&bench), "index.html");
    bench.press("backspace backspace backspace");
    bench.type_in("PUB");
    assert_eq!(listed(bench.press("enter")), remote("/srv/www/public_html"));
    assert_eq!(bench.app.remote.jump, None);
    // any other key of the list does what it does there
    let mut bench = Bench::connected();
    bench.press("f");
    bench.type_in("in");
    bench.press("insert");
    assert_eq!(
        (bench.app.remote.marks.len(), bench.app.remote.jump.is_some()),
        (1, false)
    );
    bench.press("f");
    bench.type_in("lo");
    bench.press("tab");
    assert_eq!(
        (bench.app.active, bench.app.remote.jump.is_some()),
        (Side::Local, false)
    );
}

#[test]
fn one_goes_back_and_forward() {
    let mut bench = Bench::connected();
    assert_eq!(bench.press("["), []);
    assert!(notice(&bench).contains("no folder before"));
    let effects = bench.press("down enter");
    bench.answer_listings(&effects);
    bench.press("end");
    let effects = bench.press("[");
    assert_eq!(listed(effects.clone()), remote("/srv/www"));
    bench.answer_listings(&effects);
    assert_eq!(bench.app.remote.current().unwrap().name, name("public_html"));
    let effects = bench.press("alt-u");
    assert_eq!(listed(effects.clone()), remote("/srv/www/public_html"));
    bench.answer_listings(&effects);
    assert_eq!(bench.app.remote.current().unwrap().name, name("release-10.tar"));
    assert_eq!(bench.press("]"), []);
    // each pane has its own
    assert_eq!(listed(bench.press("tab h")), local("/home/me"));
    assert_eq!(listed(bench.press("alt-left")), local("/home/me/work"));
    // without a connection there is nothing to go back to
    let mut bench = Bench::connected();
    bench.press("enter");
    let gone = Failure::new(Class::Unreachable, "Lost", "it is gone");
    bench.say(Event::ConnectionFailed(super::C, gone));
    bench.press("esc");
    assert_eq!(bench.press("["), []);
    assert!(notice(&bench).contains("no connection"));
}

/// Answers what a path is looked for in.
fn look(bench: &mut Bench, effects: &[Effect], entries: Vec<ftpane::model::entry::Entry>) -> Place {
    let [Effect::Engine(Command::List { place, generation })] = effects else {
        panic!("not one listing: {effects:?}")
    };
    bench.listed(place.clone(), *generation, entries);
    place.clone()
}

fn paste(bench: &mut Bench, text: &str) -> Vec<Effect> {
    bench.update(Msg::Paste(ftpane::model::secret::Secret::new(text)))
}

#[test]
fn a_path_is_completed_from_what_is_known_and_what_is_asked_for() {
    let mut bench = Bench::connected();
    bench.press("g p");
    assert_eq!(
        offered(&bench),
        ["current", "logs", "public_html"],
        "folders, and what may be one"
    );
    bench.type_in("PU");
    assert_eq!(offered(&bench), ["public_html"]);
    // what lies below it is not known yet
    let effects = bench.press("tab");
    let asked = look(
        &mut bench,
        &effects,
        vec![folder("css"), folder(".git"), file("a.html", 1, 1)],
    );
    assert_eq!(asked, remote("/srv/www/public_html"));
    assert_eq!(bench.app.picker.as_ref().unwrap().line.text(), "public_html/");
    assert_eq!(offered(&bench), ["css"]);
    bench.type_in(".");
    assert_eq!(offered(&bench), [".git"]);
    bench.press("backspace");
    bench.type_in("c");
    assert_eq!(listed(bench.press("enter")), remote("/srv/www/public_html/css"));
    // the pane itself shows the folder only now
    assert!(bench.app.picker.is_none());
    // back is where one was
    assert_eq!(listed(bench.press("[")), remote("/srv/www"));
}

#[test]
fn a_path_goes_where_it_says() {
    let go = |typed: &str| {
        let mut bench = Bench::connected();
        bench.press("g p");
        paste(&mut bench, typed);
        let effects = bench.press("enter");
        (bench, effects)
    };
    for (typed, want) in [
        ("logs", "/srv/www/logs"),
        ("log", "/srv/www/logs"),
        ("/srv/www/logs/", "/srv/www/logs"),
        ("logs/../public_html/", "/srv/www/public_html"),
        ("nothing", "/srv/www/nothing"),
        ("", "/srv/www"),
        ("./", "/srv/www"),
        // a file: to where it lies
        ("index.html", "/srv/www"),
    ] {
        assert_eq!(listed(go(typed).1), remote(want), "'{typed}'");
    }
    // nothing outside the document path is even asked for
    for typed in ["..", "/etc/passwd", "/srv/", "../../x/"] {
        let (bench, effects) = go(typed);
        assert_eq!(effects, [], "{typed}");
        let complaint = bench.app.picker.unwrap().complaint.unwrap();
        assert!(complaint.contains("document path"), "{complaint}");
    }
    // this machine's side knows a home
    let mut bench = Bench::connected();
    bench.press("tab g p");
    paste(&mut bench, "~/backups/");
    assert_eq!(listed(bench.press("enter")), local("/home/me/backups"));
}

#[test]
fn a_folder_that_cannot_be_looked_into_says_why() {
    let mut bench = Bench::connected();
    bench.press("g p");
    let effects = paste(&mut bench, "secret/x");
    let [Effect::Engine(Command::List { place, generation })] = &effects[..] else {
        panic!("{effects:?}")
    };
    bench.say(Event::Listed {
        place: place.clone(),
        generation: *generation,
        result: Err(Failure::new(
            Class::Refused,
            "Could not list /srv/www/secret",
            "the server refused it",
        )
        .reply(b"550 Permission denied.")),
    });
    let complaint = bench.app.picker.as_ref().unwrap().complaint.clone().unwrap();
    assert!(complaint.contains("550 Permission denied."), "{complaint}");
    // what comes when one has gone on is nobody's
    bench.press("esc");
    bench.listed(place.clone(), Generation(generation.0), vec![folder("late")]);
    assert_eq!(bench.app.remote.entries().len(), 7);
}

fn mark(server: Option<&str>, folder: &str) -> Bookmark {
    Bookmark {
        server: server.map(str::to_owned),
        folder: bookmarks::Folder::new(folder.as_bytes()),
    }
}

#[test]
fn folders_are_bookmarked_and_gone_back_to() {
    let mut bench = Bench::connected();
    let added = mark(Some("web"), "/srv/www");
    let change = bookmarks::Change::Add(added.clone());
    assert_eq!(bench.press("m"), [Effect::ChangeBookmarks(change)]);
    let all = vec![
        mark(Some("other"), "/x"),
        added.clone(),
        mark(None, "/home/me/site"),
        mark(Some("web"), "/srv/www/logs"),
        mark(Some("web"), "/etc"),
    ];
    bench.update(Msg::BookmarksSaved(Ok(all.clone())));
    assert_eq!(bench.press("m"), []);
    assert!(notice(&bench).contains("already"));
    bench.press("'");
    assert_eq!(
        offered(&bench),
        ["/srv/www", "/srv/www/logs", "/etc", "/home/me/site"]
    );
    bench.type_in("LOG");
    assert_eq!(listed(bench.press("enter")), remote("/srv/www/logs"));
    // the other pane's are gone to in the other pane
    bench.press("'");
    bench.type_in("site");
    assert_eq!(listed(bench.press("enter")), local("/home/me/site"));
    assert_eq!(bench.app.active, Side::Local);
    // what lies outside by now is not gone to
    bench.press("b");
    bench.type_in("etc");
    assert_eq!(bench.press("enter"), []);
    assert!(notice(&bench).contains("document path"));
    bench.press("'");
    assert_eq!(offered(&bench)[0], "/home/me/site");
    let forgotten = bookmarks::Change::Remove(mark(None, "/home/me/site"));
    assert_eq!(bench.press("ctrl-x"), [Effect::ChangeBookmarks(forgotten)]);
    bench.update(Msg::BookmarksSaved(Ok(vec![added])));
    assert_eq!(offered(&bench), ["/srv/www"]);
    // they cannot be written: said, and what there was stays
    bench.update(Msg::BookmarksSaved(Err(Failure::new(
        Class::Local,
        "The bookmarks cannot be written",
        "the disk is full",
    ))));
    assert_eq!((bench.app.dialogs.len(), offered(&bench).len()), (1, 1));
}

#[test]
fn the_bookmarks_of_a_server_follow_its_new_name() {
    let mut bench = Bench::new(vec![server("web")]);
    bench.update(Msg::BookmarksSaved(Ok(vec![mark(Some("web"), "/srv")])));
    bench.press("e");
    bench.type_in("2");
    let effects = bench.press("enter");
    let [Effect::ChangeServers(Change::Replace(_, renamed, _))] = &effects[..] else {
        panic!("{effects:?}")
    };
    let saved = vec![(**renamed).clone()];
    assert_eq!(
        bench.update(Msg::ServersSaved(Ok(saved))),
        [Effect::ChangeBookmarks(bookmarks::Change::RenameServer(
            "web".into(),
            renamed.name.clone()
        ))]
    );
}

fn marked(bench: &Bench, side: Side) -> Vec<String> {
    let pane = bench.app.pane(side);
    let mut marked: Vec<String> = pane
        .marks
        .iter()
        .map(|i| pane.entries()[*i as usize].name.shown())
        .collect();
    marked.sort();
    marked
}

#[test]
fn what_differs_is_marked_on_both_sides() {
    let mut bench = Bench::connected();
    for (keys, entries) in [
        (
            "tab ctrl-r",
            vec![
                file("a", 1, 1),
                file("b", 1, 2),
                file("c", 1, 1),
                file(".d", 1, 1),
                folder("x"),
                folder("y"),
            ],
        ),
        (
            "tab ctrl-r",
            vec![file("b", 1, 1), file("c", 2, 1), file("e", 1, 1), folder("x")],
        ),
    ] {
        let effects = bench.press(keys);
        look(&mut bench, &effects, entries);
    }
    bench.press("= enter");
    assert_eq!(
        marked(&bench, Side::Local),
        ["a", "b", "c", "y"],
        "what is hidden is not marked"
    );
    assert_eq!(marked(&bench, Side::Remote), ["c", "e"]);
    assert_eq!(
        notice(&bench),
        "2 only here · 1 newer here · 1 only on the server · 1 different · 1 the same"
    );
    bench.press("ctrl-x d n");
    assert_eq!(
        (marked(&bench, Side::Local), marked(&bench, Side::Remote)),
        (vec!["a".into(), "y".into()], vec!["e".into()])
    );
    bench.press("= esc");
    assert_eq!(
        marked(&bench, Side::Remote),
        ["e"],
        "nothing is changed by asking"
    );
    // nothing to compare with
    let mut alone = Bench::new(vec![server("web")]);
    alone.press("enter esc");
    alone.app.view = View::Panes;
    alone.press("=");
    assert!(notice(&alone).contains("Both panes"), "{}", notice(&alone));
}

/// The two listings asked for by one step, the moving pane's first.
fn steps(effects: Vec<Effect>) -> Vec<(Place, Generation)> {
    let step = |effect| match effect {
        Effect::Engine(Command::List { place, generation }) => (place, generation),
        other => panic!("no listing: {other:?}"),
    };
    effects.into_iter().map(step).collect()
}

#[test]
fn both_panes_go_the_same_way() {
    let mut bench = Bench::connected();
    let effects = bench.press("tab ctrl-r");
    look(&mut bench, &effects, vec![folder("logs"), folder("other")]);
    bench.press("tab ctrl-y");
    assert!(notice(&bench).contains("the same way"));
    let asked = steps(bench.press("enter"));
    assert_eq!(asked[0].0, remote("/srv/www/logs"));
    assert_eq!(asked[1].0, local("/home/me/work/logs"));
    // the other pane stays until it knows that it can go; one may be faster than both
    bench.listed(asked[0].0.clone(), asked[0].1, vec![folder("2026")]);
    assert_eq!(bench.app.local.entries().len(), 2);
    let deeper = steps(bench.press("enter"));
    assert_eq!(deeper[1].0, local("/home/me/work/logs/2026"));
    bench.listed(asked[1].0.clone(), asked[1].1, vec![folder("late")]);
    bench.listed(deeper[0].0.clone(), deeper[0].1, vec![file("a", 1, 1)]);
    bench.listed(deeper[1].0.clone(), deeper[1].1, vec![file("b", 1, 1)]);
    assert_eq!(bench.app.local.folder.shown(), "/home/me/work/logs/2026");
    assert_eq!(bench.app.local.entry(0).unwrap().name, name("b"));
    // back to where both were, up and across
    let back = steps(bench.press("g p / s r v / w w w enter"));
    assert_eq!(
        (&back[0].0, &back[1].0),
        (&remote("/srv/www"), &local("/home/me/work"))
    );
    for (place, generation) in back {
        bench.listed(place, generation, vec![folder("logs"), folder("gone")]);
    }
    // a folder that is not there ends it, and the moving pane goes on by itself
    let asked = steps(bench.press("home enter"));
    assert_eq!((asked.len(), &asked[1].0), (2, &local("/home/me/work/gone")));
    bench.say(Event::Listed {
        place: asked[1].0.clone(),
        generation: asked[1].1,
        result: Err(Failure::new(
            Class::Local,
            "Could not list /home/me/work/gone",
            "it is gone",
        )),
    });
    assert!(
        notice(&bench).contains("is off: Could not list"),
        "{}",
        notice(&bench)
    );
    assert_eq!(
        (bench.app.in_step.on, bench.app.local.folder.shown().as_str()),
        (false, "/home/me/work")
    );
}

#[test]
fn what_the_other_pane_is_known_not_to_have_is_not_asked_for() {
    let mut bench = Bench::connected();
    bench.press("ctrl-y");
    assert_eq!(listed(bench.press("enter")), remote("/srv/www/logs"));
    assert!(notice(&bench).contains("there is no folder logs in /home/me/work"));
    assert!(!bench.app.in_step.on);
    // nor what lies outside the document path
    let mut bench = Bench::connected();
    bench.press("tab ctrl-y");
    assert_eq!(listed(bench.press("h")), local("/home/me"));
    assert!(notice(&bench).contains("document path"), "{}", notice(&bench));
}
