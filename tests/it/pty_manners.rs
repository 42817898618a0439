//! The real binary's manners in a terminal: a line that is slow or stands still, one that is cut, the
//! mouse, sizes that change.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::model::server::Protocol;
use portable_pty::CommandBuilder;
use rustix::process::Signal;
use vt100::MouseProtocolMode;

use crate::harness::pty::{PATIENCE, Place, SIZE, Terminal, on_one_screen};

const F5: &str = "\x1b[15~";
const DOWN: &str = "\x1b[B";

/// Waits until so many files are in a folder.
fn until_files(folder: &Path, n: usize) {
    let end = Instant::now() + PATIENCE;
    let whole = |name: std::ffi::OsString| !name.as_encoded_bytes().starts_with(b".");
    while std::fs::read_dir(folder).map_or(0, |all| {
        all.filter(|e| whole(e.as_ref().unwrap().file_name())).count()
    }) < n
    {
        assert!(Instant::now() < end, "never {n} files in {}", folder.display());
        std::thread::yield_now();
    }
}

#[test]
fn a_terminal_that_stands_still_holds_up_nothing_but_its_own_picture() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    terminal.press(&format!("{DOWN}{DOWN} {F5}"));
    terminal.see("Download");
    terminal.freeze(true);
    terminal.press("\r");
    until_files(&place.here.path().join("many"), 200);
    terminal.freeze(false);
    terminal.see("200 done");
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn it_ends_before_a_terminal_that_stands_still() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    terminal.freeze(true);
    terminal.press(DOWN);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.end(), 143);
}

#[test]
fn transfers_at_full_speed_take_two_kibibytes_a_second() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    terminal.press("Ql");
    terminal.see("Speed limit");
    terminal.press("16M\rQ");
    terminal.see("README.txt");
    terminal.press("/big.bin\r");
    terminal.press(F5);
    terminal.see("Download");
    terminal.press("\r");
    terminal.see("1 running");
    let (begun, before) = (Instant::now(), terminal.received());
    terminal.see("1 done");
    let bytes = terminal.received() - before;
    // the listing that shows the file at the end is one frame more
    let allowed = 2_048.0 * (begun.elapsed().as_secs_f64() + 1.0);
    assert!((bytes as f64) < allowed, "{bytes} bytes in {:?}", begun.elapsed());
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_cut_leaves_the_queue_to_the_next_run() {
    let (there, place) = (tempfile::tempdir().unwrap(), Place::new());
    std::fs::write(there.path().join("long.bin"), vec![7; 8 << 20]).unwrap();
    let options = DemoOptions {
        protocol: Protocol::Ftp,
        folder: Some(there.path().to_path_buf()),
        ..DemoOptions::default()
    };
    let demo = Demo::start_with(options).await.unwrap();
    let url = demo.url();
    tokio::task::spawn_blocking(move || {
        let mut terminal = Terminal::run(place.ftpane(&[&url, "--limit-rate", "100K"]));
        terminal.see("long.bin");
        terminal.see("This folder is empty");
        terminal.press(F5);
        terminal.see("Download");
        terminal.press("\r");
        terminal.see("1 running");
        terminal.signal(Signal::HUP);
        assert_eq!(terminal.leave().code, 129);
        let list = Command::new(env!("CARGO_BIN_EXE_ftpane"))
            .args(["queue", "list"])
            .env("FTPANE_CONFIG_DIR", place.home.path())
            .output()
            .unwrap();
        let listed = String::from_utf8_lossy(&list.stdout);
        assert!(listed.contains("1 file"), "{listed}");
        assert!(!place.here.path().join("long.bin").exists());
    })
    .await
    .unwrap();
}

/// The place of a text on the screen, as the mouse reports it: column and row, counted from 1.
fn place_of(terminal: &Terminal, text: &str) -> (usize, usize) {
    let screen = terminal.text();
    let found = screen.lines().zip(1..).find_map(|(line, row)| {
        let (before, _) = line.split_once(text)?;
        Some((before.chars().count() + 1, row))
    });
    found.unwrap_or_else(|| panic!("'{text}' is not to be seen:\n{screen}"))
}

#[test]
fn the_mouse_opens_a_folder_unless_it_is_left_to_the_terminal() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    assert_eq!(
        terminal.screen().mouse_protocol_mode(),
        MouseProtocolMode::PressRelease
    );
    let (column, row) = place_of(&terminal, "/incoming");
    let press = format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m");
    terminal.press(&format!("{press}{press}"));
    terminal.see(" /incoming ");
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);

    let mut terminal = place.demo(&["--no-mouse"]);
    assert_eq!(terminal.screen().mouse_protocol_mode(), MouseProtocolMode::None);
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn after_a_storm_of_sizes_the_last_one_is_drawn() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    for n in 0..60 {
        terminal.resize(30 + n * 7 % 120, 5 + n * 11 % 50);
    }
    terminal.resize(SIZE.0, SIZE.1);
    let whole = |screen: &vt100::Screen| {
        let lines: Vec<String> = screen.rows(0, SIZE.0).collect();
        let framed = lines[1].starts_with('╭') && lines[1].ends_with('┓');
        framed && lines.last().is_some_and(|line| line.starts_with(" F5 transfer"))
    };
    terminal.until("shows the last size whole", whole);
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

/// Names that are wide, combined, written from right to left, or control a terminal.
#[tokio::test(flavor = "multi_thread")]
async fn names_of_all_kinds_leave_the_columns_straight() {
    let (there, place) = (tempfile::tempdir().unwrap(), Place::new());
    for name in [
        "日本語.txt",
        "e\u{301}te\u{301}.txt",
        "שלום.txt",
        "a\u{1b}[31mb",
        "tab\tx",
        "x\u{202e}y",
        "👩‍👩‍👧.png",
    ] {
        std::fs::write(there.path().join(name), "x").unwrap();
    }
    let options = DemoOptions {
        protocol: Protocol::Ftp,
        folder: Some(there.path().to_path_buf()),
        ..DemoOptions::default()
    };
    let demo = Demo::start_with(options).await.unwrap();
    let url = demo.url();
    tokio::task::spawn_blocking(move || {
        let mut terminal = Terminal::run(place.ftpane(&[&url]));
        for shown in [
            "日本語.txt",
            "שלום.txt",
            "a\\x1b[31mb",
            "tab\\x09x",
            "x\\u{202e}y",
        ] {
            terminal.see(shown);
        }
        for _ in 1..7 {
            terminal.press(DOWN);
            terminal.see_change();
        }
        let border = |y| terminal.screen().cell(y, SIZE.0 - 1).unwrap().contents();
        assert!((2..9).all(|y| border(y) == "┃"), "{}", terminal.text());
        terminal.press("q");
        assert_eq!(terminal.leave().code, 0);
    })
    .await
    .unwrap();
}

/// A shell script to be somebody's editor or pager: it waits for a line, and the terminal must be as any
/// program expects it.
fn script(place: &Place, name: &str, does: &str) -> String {
    let path = place.home.path().join(name);
    let text = format!("stty -a | grep -q ' icanon' || exit 9\n{does}\n");
    std::fs::write(&path, text).unwrap();
    format!("sh '{}'", path.display())
}

#[test]
fn editor_and_pager_get_the_terminal_and_give_it_back() {
    let place = Place::new();
    let editor = script(
        &place,
        "editor",
        "printf 'EDITING '; read line; echo \"$line\" >> \"$1\"",
    );
    let pager = script(&place, "pager", "tail -n 1 \"$1\"; printf 'PAGING '; read line");
    let mut command = place.ftpane(&["demo"]);
    command.env("VISUAL", &editor);
    // the settings go before the environment
    command.env("PAGER", "no-such-pager-anywhere");
    std::fs::write(
        place.home.path().join("config.toml"),
        format!("pager = \"{pager}\""),
    )
    .unwrap();
    let mut terminal = at_the_readme(command);
    terminal.press("e");
    terminal.see("EDITING ");
    assert!(!terminal.screen().alternate_screen() && !terminal.screen().bracketed_paste());
    // these are the editor's, and none of them is a key here
    terminal.press("q added by hand\r");
    terminal.see("README.txt is sent back");
    terminal.assert_taken();
    terminal.press("V");
    terminal.see("PAGING ");
    let shown = terminal.text();
    assert!(shown.contains("q added by hand"), "{shown}");
    assert!(!terminal.screen().alternate_screen());
    terminal.press("\r");
    terminal.until("has its screen again", |s| {
        s.alternate_screen() && s.contents().contains("/README")
    });
    terminal.assert_taken();
    // nothing of it is left on this machine
    let edited = place.home.path().join("edited");
    let end = Instant::now() + PATIENCE;
    while std::fs::read_dir(&edited).unwrap().count() > 0 {
        assert!(Instant::now() < end, "a private folder stays");
        std::thread::yield_now();
    }
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn an_editor_that_fails_is_told_and_nothing_is_sent() {
    let place = Place::new();
    let mut command = place.ftpane(&["demo"]);
    command.env("VISUAL", "no-such-editor-anywhere");
    let mut terminal = at_the_readme(command);
    terminal.press("e");
    let screen = terminal.see("is not to be found");
    assert!(screen.contains("VISUAL or EDITOR"), "{screen}");
    terminal.assert_taken();
    terminal.press("\rq");
    assert_eq!(terminal.leave().code, 0);
}

/// Before the demo's README.
fn at_the_readme(command: CommandBuilder) -> Terminal {
    let mut terminal = Terminal::run(command);
    terminal.see_the_demo();
    terminal.press("/");
    terminal.press("README\r");
    terminal.see("/README");
    terminal
}

/// The same, with this for an editor that is begun.
fn editing(place: &Place, does: &str) -> Terminal {
    let editor = script(place, "editor", does);
    let mut command = place.ftpane(&["demo"]);
    command.env("VISUAL", &editor);
    let mut terminal = at_the_readme(command);
    terminal.press("e");
    terminal
}

#[test]
fn what_ends_the_program_behind_an_editor_leaves_its_screen_alone() {
    let place = Place::new();
    let mut terminal = editing(&place, "printf 'EDITING '; read line");
    terminal.see("EDITING ");
    terminal.signal(Signal::TERM);
    let left = terminal.leave();
    assert_eq!(left.code, 143);
    assert!(left.text.contains("EDITING"), "{}", left.text);
}

#[test]
fn what_an_editor_with_a_window_of_its_own_has_still_is_left_to_it() {
    let place = Place::new();
    let hold = place.home.path().join("hold");
    let made = Command::new("mkfifo").arg(&hold).status();
    assert!(made.unwrap().success());
    let mut terminal = editing(&place, &format!("(: < '{}') &", hold.display()));
    let screen = terminal.see("The editor has its copy still");
    assert!(screen.contains("--wait"), "{screen}");
    let edited = std::fs::read_dir(place.home.path().join("edited")).unwrap();
    let copies = edited.filter(|entry| entry.as_ref().unwrap().path().join("README.txt").exists());
    assert_eq!(copies.count(), 1);
    terminal.press("\rq");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn a_terminal_without_a_second_screen_is_left_empty() {
    let place = Place::new();
    let mut shell = place.command("sh");
    let script = "\"$0\" demo; echo BACK; read line";
    shell.args(["-c", script, env!("CARGO_BIN_EXE_ftpane")]);
    let mut terminal = Terminal::run(shell);
    terminal.see_the_demo();
    terminal.press("q");
    terminal.see("BACK");
    assert_eq!(on_one_screen(&terminal.recorded()).trim(), "BACK");
    terminal.press("\r");
    assert_eq!(terminal.leave().code, 0);
}
