//! The pager by its keys: what is read, what is shown, and how much of the file is held.

use super::{command, local, remote};

use ftpane::app::View;
use ftpane::app::effect::Effect;
use ftpane::app::pager::Pager;
use ftpane::app::pager::window::HELD;
use ftpane::model::command::{Command, Reading};
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};

use crate::harness::bench::Bench;

/// The lines `line 1` to `line n`.
fn lines(n: usize) -> Vec<u8> {
    (1..=n)
        .map(|n| format!("line {n}\n"))
        .collect::<String>()
        .into_bytes()
}

/// The pager on a file of the server, with this content.
fn open(content: &[u8]) -> Bench {
    let mut bench = Bench::connected();
    let effects = bench.press("down down down f3");
    bench.serve(effects, content);
    bench
}

fn pager(bench: &Bench) -> &Pager {
    bench.app.pager.as_ref().expect("the pager is open")
}

/// Presses keys one after the other, and serves what they ask for; how many bytes that was.
fn press(bench: &mut Bench, keys: &str, content: &[u8]) -> usize {
    let mut told = 0;
    for key in keys.split(' ') {
        let effects = bench.press(key);
        told += bench.serve(effects, content).1;
    }
    told
}

/// The first and the last line on the screen below the heading.
fn shown(bench: &mut Bench) -> (String, String) {
    let screen = bench.screen();
    let lines: Vec<&str> = screen.lines().collect();
    (lines[2].to_owned(), lines[22].to_owned())
}

#[test]
fn a_file_of_either_side_is_read_as_far_as_is_looked() {
    let mut bench = Bench::connected();
    let Command::Read(Reading {
        place, from, length, ..
    }) = command(bench.press("down down down down v"))
    else {
        panic!("nothing is read")
    };
    assert_eq!((place, from), (remote("/srv/www/index.html"), 0));
    assert!(length.is_some_and(|n| n <= 256 * 1024), "{length:?}");
    assert_eq!(bench.app.view, View::Pager);
    // what is under way is stopped when the pager is closed
    let effects = bench.press("q");
    assert!(
        matches!(effects[..], [Effect::Engine(Command::StopReading(_))]),
        "{effects:?}"
    );
    assert_eq!((bench.app.view, bench.app.pager.is_none()), (View::Panes, true));
    let Command::Read(reading) = command(bench.press("tab end f3")) else {
        panic!("nothing is read")
    };
    assert_eq!(reading.place, local("/home/me/work/README.md"));
    // a folder is none
    let mut bench = Bench::connected();
    assert_eq!(bench.press("f3"), []);
    assert!(bench.notice().contains("folder"));
}

#[test]
fn one_goes_to_and_fro_in_a_long_file_of_which_little_is_held() {
    let file = lines(1_000_000);
    let mut bench = open(&file);
    assert_eq!(shown(&mut bench), ("line 1".into(), "line 21".into()));
    press(&mut bench, "down space", &file);
    assert_eq!(shown(&mut bench), ("line 22".into(), "line 42".into()));
    press(&mut bench, "k pageup", &file);
    assert_eq!(shown(&mut bench).0, "line 1");
    let told = press(&mut bench, "G", &file);
    assert_eq!(shown(&mut bench), ("line 999980".into(), "line 1000000".into()));
    assert!(told < 600_000, "{told} bytes for the end of a file");
    press(&mut bench, "down space", &file);
    assert_eq!(shown(&mut bench).1, "line 1000000", "not beyond the end");
    press(&mut bench, "b b", &file);
    assert_eq!(shown(&mut bench).0, "line 999940");
    // a walk through all of the middle
    press(&mut bench, "f5", &file);
    bench.type_in("50%");
    press(&mut bench, "enter", &file);
    let middle = shown(&mut bench).0;
    for _ in 0..800 {
        press(&mut bench, "space", &file);
        assert!(pager(&bench).window.bytes().len() <= HELD + 256 * 1024);
    }
    for _ in 0..800 {
        press(&mut bench, "b", &file);
    }
    assert_eq!(shown(&mut bench).0, middle, "the same way back");
    press(&mut bench, "g g", &file);
    assert_eq!(shown(&mut bench).0, "line 1");
}

#[test]
fn lines_are_gone_to_by_number() {
    let file = lines(300_000);
    let mut bench = open(&file);
    let go = |bench: &mut Bench, typed: &str| {
        press(bench, "ctrl-g", &file);
        bench.type_in(typed);
        press(bench, "enter", &file);
        shown(bench).0
    };
    assert_eq!(go(&mut bench, "200000"), "line 200000");
    assert_eq!(pager(&bench).line_number(), Some(200_000));
    assert_eq!(go(&mut bench, "200010"), "line 200010");
    assert_eq!(go(&mut bench, "3"), "line 3");
    assert_eq!(go(&mut bench, "@14"), "line 3");
    assert_eq!(go(&mut bench, "300002"), "line 3", "there is none");
    assert!(bench.notice().contains("ends before line 300002"));
    press(&mut bench, "ctrl-g", &file);
    bench.type_in("x");
    press(&mut bench, "enter", &file);
    assert!(bench.complaint().contains("a line such as 120"));
}

#[test]
fn a_text_is_found_on_the_way_down_and_up() {
    let mut file = lines(400_000);
    file.extend_from_slice(b"the Needle\n");
    file.extend(lines(400_000));
    file.extend_from_slice(b"another needle\n");
    let mut bench = open(&file);
    press(&mut bench, "/", &file);
    bench.type_in("needle");
    press(&mut bench, "enter", &file);
    assert_eq!(shown(&mut bench).0, "the Needle");
    assert!(pager(&bench).hunt.is_none());
    press(&mut bench, "n", &file);
    assert_eq!(shown(&mut bench).1, "another needle");
    press(&mut bench, "n", &file);
    assert!(bench.notice().contains("does not come again"));
    press(&mut bench, "N", &file);
    assert_eq!(shown(&mut bench).0, "the Needle");
    press(&mut bench, "N", &file);
    assert!(bench.notice().contains("does not come before"));
    // Escape ends a search that would take its time, and only that
    press(&mut bench, "/ ctrl-u", &file);
    bench.type_in("Nowhere");
    let effects = bench.press("enter");
    assert!(matches!(
        command(effects),
        Command::Read(Reading { length: None, .. })
    ));
    assert!(pager(&bench).hunt.is_some());
    let effects = bench.press("esc");
    assert!(
        matches!(effects[0], Effect::Engine(Command::StopReading(_))),
        "{effects:?}"
    );
    assert_eq!(
        (bench.app.view, pager(&bench).hunt.is_none()),
        (View::Pager, true)
    );
}

#[test]
fn bytes_are_shown_as_numbers_where_they_are_no_text() {
    let mut file = b"\x7fELF\x02\x01\x01\x00".repeat(5_000);
    file.extend_from_slice(b"tail");
    let mut bench = open(&file);
    assert!(pager(&bench).hex);
    assert!(
        shown(&mut bench)
            .0
            .starts_with("00000000  7f 45 4c 46 02 01 01 00")
    );
    press(&mut bench, "G", &file);
    assert!(shown(&mut bench).1.ends_with("tail"));
    press(&mut bench, "x", &file);
    assert!(shown(&mut bench).0.contains("\\x7fELF\\x02"));
    press(&mut bench, "x /", &file);
    bench.type_in("0x7461696c");
    press(&mut bench, "enter", &file);
    assert!(shown(&mut bench).1.ends_with("tail"));
    // text is not
    assert!(!pager(&open(b"plain\ttext \x1b[1mbold\x1b[0m\r\n")).hex);
}

#[test]
fn long_lines_are_broken_or_run_out_of_sight() {
    let mut file = vec![b'x'; 100];
    file.extend_from_slice(b"end\nnext\n");
    let mut bench = open(&file);
    assert_eq!(
        bench.screen().lines().nth(3).unwrap(),
        format!("{}end", "x".repeat(20))
    );
    press(&mut bench, "w", &file);
    assert_eq!(bench.screen().lines().nth(3).unwrap(), "next");
    press(&mut bench, "right right right", &file);
    assert_eq!(shown(&mut bench).0, format!("{}end", "x".repeat(76)));
    press(&mut bench, "left w", &file);
    assert_eq!(pager(&bench).left, 0);
    // what is found to the right is brought into sight
    press(&mut bench, "w /", &file);
    bench.type_in("end");
    press(&mut bench, "enter", &file);
    assert!(shown(&mut bench).0.contains("end"));
}

#[test]
fn what_grows_or_shrinks_is_shown_as_it_is() {
    let mut file = lines(1_000);
    let mut bench = open(&file);
    press(&mut bench, "G", &file);
    assert_eq!(shown(&mut bench).1, "line 1000");
    file.extend_from_slice(b"and one more\n");
    press(&mut bench, "G", &file);
    assert_eq!(shown(&mut bench).1, "and one more");
    let short = lines(5);
    press(&mut bench, "ctrl-r", &short);
    assert_eq!(bench.screen().lines().nth(2).unwrap(), "line 1");
    assert_eq!(pager(&bench).size, Some(short.len() as u64));
    press(&mut bench, "ctrl-r", b"");
    assert!(bench.screen().contains("The file is empty"));
}

#[test]
fn what_fails_is_said_and_tried_again() {
    let mut bench = Bench::connected();
    let Command::Read(reading) = command(bench.press("end f3")) else {
        panic!("nothing is read")
    };
    let refused = Failure::new(
        Class::Refused,
        "Could not read /srv/www/release-10.tar",
        "the server refused it",
    )
    .reply(b"550 Permission denied.");
    bench.say(Event::Piece {
        generation: reading.generation,
        bytes: b"what has come stays\n".to_vec(),
    });
    let effects = bench.say(Event::ReadOver {
        generation: reading.generation,
        result: Err(refused),
    });
    assert_eq!(effects, []);
    let screen = bench.screen();
    assert!(
        screen.contains("550 Permission denied.") && screen.contains("what has come stays"),
        "{screen}"
    );
    let effects = bench.press("ctrl-r");
    bench.serve(effects, b"all of it\n");
    let screen = bench.screen();
    assert!(
        screen.contains("all of it") && !screen.contains("550"),
        "{screen}"
    );
}

#[test]
fn late_answers_are_dropped() {
    let mut bench = Bench::connected();
    let Command::Read(first) = command(bench.press("end f3")) else {
        panic!("nothing is read")
    };
    bench.press("q");
    bench.press("f3");
    let effects = bench.say(Event::Piece {
        generation: first.generation,
        bytes: b"of the one before".to_vec(),
    });
    assert_eq!(effects, []);
    assert!(pager(&bench).window.bytes().is_empty());
}
