//! A search through folders, and what is done with what it has found.

use ftpane::app::View;
use ftpane::app::effect::Effect;
use ftpane::app::search::{KEPT, Stage};
use ftpane::model::command::{Command, Exploration, Generation, Place};
use ftpane::model::entry::Entry;
use ftpane::model::event::{Counted, Deed, Event};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::Direction;
use ftpane::model::server::Server;

use super::{command, listed, local, remote};
use crate::harness::bench::{Bench, file, folder, server};

fn found(bench: &Bench) -> Vec<String> {
    let search = bench.app.search.as_ref().expect("nothing was searched for");
    (0..search.len())
        .filter_map(|line| search.hit(line))
        .map(|hit| hit.folder.join(&hit.entry.name).shown())
        .collect()
}

/// Searches; gives what the engine is asked.
fn search(bench: &mut Bench, text: &str) -> Command {
    bench.press("F ctrl-u");
    bench.type_in(text);
    command(bench.press("enter"))
}

fn generation(asked: &Command) -> Generation {
    match asked {
        Command::Explore(Exploration { generation, .. }) => *generation,
        Command::ExploreHere(wanted) => wanted.generation,
        other => panic!("no search: {other:?}"),
    }
}

/// Tells a listing of the walk; it is said to be dealt with.
fn tell(bench: &mut Bench, asked: &Command, place: Place, entries: Vec<Entry>) {
    let generation = generation(asked);
    let effects = bench.say(Event::Listed {
        place,
        generation,
        result: Ok(crate::harness::bench::listing(entries)),
    });
    assert_eq!(command(effects), Command::DealtWith(generation));
}

fn over(bench: &mut Bench, asked: &Command) {
    bench.say(Event::Explored {
        generation: generation(asked),
        result: Ok(()),
    });
}

/// What is found in the pane's own folder is there at once, the rest as it comes.
fn with_hits() -> (Bench, Command) {
    let mut bench = Bench::connected();
    let asked = search(&mut bench, "*.tar");
    tell(
        &mut bench,
        &asked,
        remote("/srv/www/logs"),
        vec![folder("old.tar"), file("a.TAR", 5, 2)],
    );
    tell(
        &mut bench,
        &asked,
        remote("/srv/www/logs/old.tar"),
        vec![file("b.tar", 7, 2)],
    );
    (bench, asked)
}

/// A search in each of its states, for the pictures.
pub(crate) fn searches() -> Vec<(&'static str, Bench)> {
    let copy = |bench: &Bench| Bench {
        app: bench.app.clone(),
        now: bench.now,
    };
    let (mut running, asked) = with_hits();
    let mut over_ = copy(&running);
    over(&mut over_, &asked);
    over_.press("space space");
    running.press("down");
    let mut nothing = Bench::connected();
    let asked = search(&mut nothing, "zip");
    nothing.say(Event::Listed {
        place: remote("/srv/www/logs"),
        generation: generation(&asked),
        result: Err(Failure::new(
            Class::Refused,
            "Could not list /srv/www/logs",
            "the server refused it",
        )
        .reply(b"550 Permission denied.")),
    });
    over(&mut nothing, &asked);
    let (mut stopped, _) = with_hits();
    stopped.press("esc");
    let (mut failed, asked) = with_hits();
    failed.say(Event::Explored {
        generation: generation(&asked),
        result: Err(Failure::new(
            Class::Unreachable,
            "The search has ended",
            "the server closed the connection",
        )),
    });
    vec![
        ("found-stopped", stopped),
        ("found-failed", failed),
        ("found-running", running),
        ("found-over", over_),
        ("found-nothing", nothing),
    ]
}

#[test]
fn a_search_shows_what_comes_and_stops_when_told() {
    let (mut bench, asked) = with_hits();
    let Command::Explore(wanted) = &asked else {
        panic!("not on the server: {asked:?}")
    };
    assert_eq!(
        (
            wanted.folder.shown().as_str(),
            wanted.levels,
            wanted.listing.entries.len()
        ),
        ("/srv/www", None, 7)
    );
    let all = [
        "/srv/www/release-10.tar",
        "/srv/www/release-9.tar",
        "/srv/www/logs/old.tar",
        "/srv/www/logs/a.TAR",
        "/srv/www/logs/old.tar/b.tar",
    ];
    assert_eq!(found(&bench), all);
    assert_eq!(
        command(bench.press("esc")),
        Command::StopExploring(generation(&asked))
    );
    // what was on its way is nobody's any more
    let late = Event::Listed {
        place: remote("/srv/www/public_html"),
        generation: generation(&asked),
        result: Ok(crate::harness::bench::listing(vec![file("late.tar", 1, 1)])),
    };
    assert_eq!(bench.say(late), []);
    over(&mut bench, &asked);
    assert_eq!(
        (
            found(&bench).len(),
            bench.app.search.as_ref().unwrap().stage.clone()
        ),
        (5, Stage::Stopped)
    );
    bench.press("esc");
    assert_eq!(bench.app.view, View::Panes);
    bench.press("g f");
    assert_eq!(bench.app.view, View::Found);
    // the same again begins with what was asked last, and ends the one before
    bench.press("F");
    assert_eq!(bench.app.dialogs[0].line.as_ref().unwrap().text(), "*.tar");
    let again = command(bench.press("enter"));
    assert_ne!(generation(&again), generation(&asked));
    let effects = {
        bench.press("F ctrl-u");
        bench.type_in("x depth:1");
        bench.press("enter")
    };
    assert_eq!(
        effects[0],
        Effect::Engine(Command::StopExploring(generation(&again)))
    );
    assert!(matches!(&effects[1], Effect::Engine(Command::Explore(wanted)) if wanted.levels == Some(1)));
}

#[test]
fn what_is_wrong_with_a_condition_is_said_before_anything_is_asked() {
    let mut bench = Bench::connected();
    bench.press("F");
    bench.type_in("*.log lager:1M");
    assert_eq!(bench.press("enter"), []);
    assert!(bench.complaint().contains("'larger:' is"));
    // conditions go by what is known, times by the clock: it is the 22nd of March
    bench.press("ctrl-u");
    bench.type_in("tar newer:3d larger:70M");
    command(bench.press("enter"));
    assert_eq!(found(&bench), ["/srv/www/release-10.tar"]);
}

#[test]
fn what_was_found_is_gone_to_viewed_transferred_and_deleted() {
    let (mut bench, asked) = with_hits();
    over(&mut bench, &asked);
    // to where it lies, the cursor on it; and back to the list
    let effects = bench.press("end enter");
    assert_eq!(listed(effects.clone()), remote("/srv/www/logs/old.tar"));
    let [Effect::Engine(Command::List { place, generation })] = &effects[..] else {
        panic!("{effects:?}")
    };
    bench.listed(
        place.clone(),
        *generation,
        vec![file("a", 1, 1), file("b.tar", 7, 2)],
    );
    assert_eq!(bench.app.remote.current().unwrap().name.shown(), "b.tar");
    bench.press("g f");
    // the pager comes back here
    assert!(matches!(
        &bench.press("f3")[..],
        [Effect::Engine(Command::Read(_))]
    ));
    bench.press("esc");
    assert_eq!(bench.app.view, View::Found);
    // into the other pane's folder, each from its own
    bench.press("home space end space f5");
    let Command::Enqueue(request) = command(bench.press("enter")) else {
        panic!("not queued")
    };
    let items: Vec<_> = request
        .items
        .iter()
        .map(|i| (i.remote.shown(), i.local.display().to_string()))
        .collect();
    assert_eq!(request.direction, Direction::Download);
    assert_eq!(
        items,
        [
            (
                "/srv/www/release-10.tar".into(),
                "/home/me/work/release-10.tar".into()
            ),
            ("/srv/www/logs/old.tar/b.tar".into(), "/home/me/work/b.tar".into()),
        ]
    );
    assert!(
        bench.app.search.as_ref().unwrap().marks.is_empty(),
        "they are on their way"
    );
    // a folder that is deleted takes with it what was found in it
    bench.press("home down down");
    let Command::Count { places, generation } = command(bench.press("f8")) else {
        panic!("not counted")
    };
    assert_eq!(places, [remote("/srv/www/logs/old.tar")]);
    bench.say(Event::Counted {
        generation,
        result: Ok(Counted::default()),
    });
    assert_eq!(command(bench.press("enter")), Command::Delete(places.clone()));
    let before = found(&bench);
    bench.say(Event::Done(Deed::Deleted {
        places: places.clone(),
        stay: places.clone(),
        counted: Counted::default(),
        failed: 2,
    }));
    assert_eq!(found(&bench), before, "what was refused is there");
    assert!(bench.notice().ends_with("; 2 failed"));
    bench.say(Event::Done(Deed::Deleted {
        places,
        stay: Vec::new(),
        counted: Counted::default(),
        failed: 0,
    }));
    assert_eq!(found(&bench).len(), 3);
}

#[test]
fn two_of_one_name_are_not_transferred_into_one() {
    let mut bench = Bench::connected();
    let asked = search(&mut bench, "index");
    tell(
        &mut bench,
        &asked,
        remote("/srv/www/logs"),
        vec![file("index.html", 5, 2)],
    );
    assert_eq!(bench.press("a t"), []);
    assert!(bench.notice().contains("called index.html"));
    assert!(bench.app.dialogs.is_empty());
}

#[test]
fn a_search_here_goes_through_this_disk() {
    let mut bench = Bench::connected();
    bench.press("tab");
    let asked = search(&mut bench, "kind:folder");
    assert!(matches!(asked, Command::ExploreHere(_)), "{asked:?}");
    tell(
        &mut bench,
        &asked,
        local("/home/me/work/site"),
        vec![folder("css")],
    );
    assert_eq!(found(&bench)[2..], ["/home/me/work/site/css"]);
    // a connection that ends is no matter here
    bench.say(Event::ConnectionFailed(
        super::C,
        Failure::new(Class::Unreachable, "Lost", "it is gone"),
    ));
    assert!(bench.app.search.is_some());
}

#[test]
fn what_was_found_on_a_server_goes_with_its_connection() {
    let (mut bench, _) = with_hits();
    bench.say(Event::ConnectionFailed(
        super::C,
        Failure::new(Class::Unreachable, "Lost", "it is gone"),
    ));
    assert_eq!((bench.app.search.is_none(), bench.app.view), (true, View::Panes));
}

#[test]
fn a_read_only_server_and_its_levels_are_minded() {
    let mut bench = Bench::connected_to(Server {
        read_only: true,
        explore_depth: Some(1),
        ..server("web")
    });
    let asked = search(&mut bench, "tar");
    tell(
        &mut bench,
        &asked,
        remote("/srv/www/logs"),
        vec![folder("deep"), folder("deeper")],
    );
    assert_eq!(bench.press("d"), []);
    assert!(bench.notice().contains("read only"));
    assert!(
        bench
            .at_size((120, 40))
            .contains("2 deeper than this server's levels")
    );
}

#[test]
fn more_than_can_be_kept_ends_it() {
    let mut bench = Bench::connected();
    let asked = search(&mut bench, "kind:file");
    let many = (0..KEPT).map(|n| file(&n.to_string(), 1, 1)).collect();
    let effects = bench.say(Event::Listed {
        place: remote("/srv/www/logs"),
        generation: generation(&asked),
        result: Ok(crate::harness::bench::listing(many)),
    });
    assert_eq!(command(effects), Command::StopExploring(generation(&asked)));
    assert_eq!(found(&bench).len(), KEPT);
    assert!(
        bench.screen().contains("no more than 100000 are kept"),
        "{}",
        bench.screen()
    );
    bench.press("a u * end k");
    assert_eq!(bench.app.search.as_ref().unwrap().cursor.at, KEPT - 2);
}

/// Three files and a folder of different sizes and times, found in two folders; the search goes on.
fn to_be_sorted() -> (Bench, Command) {
    let mut bench = Bench::connected();
    let asked = search(&mut bench, "q");
    let entries = vec![file("q10.css", 5, 9), file("q9.HTML", 70, 2), folder("q")];
    tell(&mut bench, &asked, remote("/srv/www/logs"), entries);
    tell(
        &mut bench,
        &asked,
        remote("/srv/www/b"),
        vec![file("aq.html", 6, 1)],
    );
    (bench, asked)
}

fn names(bench: &Bench) -> String {
    let found = found(bench);
    let names: Vec<&str> = found.iter().filter_map(|path| path.rsplit('/').next()).collect();
    names.join(" ")
}

#[test]
fn what_was_found_is_sorted_and_filtered() {
    let (mut bench, asked) = to_be_sorted();
    assert_eq!(names(&bench), "q10.css q9.HTML q aq.html");
    bench.press("down down space");
    for (keys, order) in [
        ("s n", "q aq.html q9.HTML q10.css"),
        ("s n", "q q10.css q9.HTML aq.html"),
        ("s s", "q q10.css aq.html q9.HTML"),
        ("s t", "q aq.html q9.HTML q10.css"),
        ("s e", "q q10.css aq.html q9.HTML"),
    ] {
        bench.press(keys);
        assert_eq!(names(&bench), order, "{keys}");
        let search = bench.app.search.as_ref().unwrap();
        assert_eq!(
            search.current().unwrap().entry.name.shown(),
            "aq.html",
            "the cursor stays"
        );
        assert_eq!(search.marks.len(), 1);
    }
    // what comes later is put in its place, at the end of the search at the latest
    bench.press("s n");
    tell(
        &mut bench,
        &asked,
        remote("/srv/www/c"),
        vec![file("q11", 1, 1), file("q2", 1, 1)],
    );
    over(&mut bench, &asked);
    assert_eq!(names(&bench), "q aq.html q2 q9.HTML q10.css q11");
    bench.press("/");
    bench.type_in("html");
    assert_eq!(names(&bench), "aq.html q9.HTML");
    let screen = bench.screen();
    assert!(screen.contains("/ html"), "{screen}");
    bench.press("enter * f5");
    let screen = bench.screen();
    assert!(screen.contains("/html") && screen.contains("by name"), "{screen}");
    bench.press("esc esc");
    assert_eq!(
        names(&bench).split(' ').count(),
        6,
        "Esc takes the filter away first"
    );
    assert_eq!(bench.app.view, View::Found);
    // the path that stands in the list counts as well
    bench.press("/");
    bench.type_in("C/q");
    assert_eq!(names(&bench), "q2 q11");
    bench.press("esc / z z z");
    let screen = bench.screen();
    assert!(screen.contains("Esc takes the filter away"), "{screen}");
    bench.press("esc esc");
    assert_eq!(bench.app.view, View::Panes);
}

#[test]
fn what_is_deleted_goes_from_what_is_sorted() {
    let (mut bench, _) = to_be_sorted();
    bench.press("s n");
    bench.say(Event::Done(Deed::Deleted {
        places: vec![remote("/srv/www/logs/q9.HTML")],
        stay: Vec::new(),
        counted: Counted::default(),
        failed: 0,
    }));
    assert_eq!(names(&bench), "q aq.html q10.css");
}
