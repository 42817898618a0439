//! The main job as an asciicast (version 2), made from the real binary.
//!
//! Keys are pressed when the screen shows what they are pressed for, and how long one looks at what came of
//! them is written down, not waited for. `UPDATE_PICTURES=1 cargo test --test it cast` writes
//! `tests/pictures/main.cast`; `asciinema play tests/pictures/main.cast` plays it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::harness::pty::{SIZE, Terminal, command};

/// No cast is larger: it lies in the repository.
const LARGEST: usize = 100 * 1024;

/// A terminal that somebody looks at.
struct Camera {
    terminal: Terminal,
    /// Seconds of the cast so far.
    at: f64,
    /// The beginning of a character whose rest has not come.
    rest: Vec<u8>,
    cast: String,
}

impl Camera {
    fn roll(terminal: Terminal) -> Self {
        let (width, height) = SIZE;
        let header = serde_json::json!({
            "version": 2, "width": width, "height": height, "title": "ftpane demo",
            "env": {"TERM": "xterm-256color"},
        });
        Self {
            terminal,
            at: 0.2,
            rest: Vec::new(),
            cast: format!("{header}\n"),
        }
    }

    /// Presses keys, waits for what they lead to, and looks at it for so many seconds.
    fn shoot(&mut self, keys: &str, text: &str, seconds: f64) {
        self.terminal.press(keys);
        self.look(text, seconds);
    }

    /// The same where the cursor comes to lie on a text.
    fn go(&mut self, keys: &str, text: &str, seconds: f64) {
        self.terminal.press(keys);
        let what = format!("has its cursor on '{text}'");
        self.terminal.until(&what, |screen| has_cursor_on(screen, text));
        self.look("", seconds);
    }

    /// The same where something goes. A key that follows Esc before that was read would be another key.
    fn close(&mut self, keys: &str, text: &str, seconds: f64) {
        self.terminal.press(keys);
        let what = format!("hides '{text}'");
        self.terminal
            .until(&what, |screen| !screen.contents().contains(text));
        self.look("", seconds);
    }

    fn look(&mut self, text: &str, seconds: f64) {
        self.terminal.see(text);
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend(self.terminal.recorded());
        let whole = match std::str::from_utf8(&bytes) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        self.rest = bytes.split_off(whole);
        let shown = String::from_utf8(bytes).unwrap();
        if !shown.is_empty() {
            let event = serde_json::json!([(self.at * 100.0).round() / 100.0, "o", shown]);
            writeln!(self.cast, "{event}").unwrap();
        }
        self.at += seconds;
    }
}

/// That a text stands on the ground of the cursor, in the pane that has the keys.
fn has_cursor_on(screen: &vt100::Screen, text: &str) -> bool {
    let (rows, columns) = screen.size();
    let letter = |y, x| {
        screen
            .cell(y, x)
            .filter(|c| c.bold() && c.bgcolor() != vt100::Color::Default)
    };
    (0..rows.get()).any(|y| {
        (0..columns.get()).any(|x| {
            let mut cells = (x..columns.get()).map(|x| letter(y, x));
            text.chars().all(|c| {
                let cell = cells.next().flatten();
                cell.is_some_and(|cell| cell.contents().starts_with(c))
            })
        })
    })
}

#[test]
fn the_main_job_is_recorded() {
    const F5: &str = "\x1b[15~";
    const DOWN: &str = "\x1b[B";
    let (here, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let work = here.path().join("work");
    fs::create_dir(&work).unwrap();
    let mut ftpane = command(env!("CARGO_BIN_EXE_ftpane"), &work, home.path());
    ftpane.arg("demo");
    let mut camera = Camera::roll(Terminal::run(ftpane));
    camera.look("3 folders, 11 files", 2.0);
    // a folder comes here
    camera.go(DOWN, "incoming", 0.4);
    camera.go(DOWN, "many", 0.6);
    camera.shoot(" ", "1 folder marked", 1.0);
    camera.shoot(F5, "Where the target exists", 2.0);
    camera.shoot("\r", "200 done", 2.0);
    camera.shoot("Q", "many/file-001.txt", 2.5);
    camera.close("Q", "many/file-001.txt", 0.8);
    // and goes into another one there
    camera.go("gg", "docs", 0.4);
    camera.go(DOWN, "incoming", 0.4);
    camera.shoot("\r", "This folder is empty", 1.0);
    camera.go("\t", "many", 0.6);
    camera.shoot(" ", "1 folder marked", 0.8);
    camera.shoot(F5, "Upload", 1.6);
    camera.shoot("\r", "400 done", 2.0);
    // what there is besides
    camera.shoot("T", "Colours", 1.2);
    for theme in ["light", "contrast", "mono", "gruvbox"] {
        camera.shoot(DOWN, &format!("▸{theme}"), 0.9);
    }
    camera.close("\x1b", "Colours", 0.8);
    camera.shoot(":", "Actions", 1.4);
    camera.close("\x1b", "Actions", 0.6);
    camera.shoot("?", "Keys", 2.0);
    camera.close("\x1b", "Keys", 0.8);
    camera.terminal.press("q");
    let Camera { terminal, cast, .. } = camera;
    assert_eq!(terminal.leave().code, 0);
    assert_eq!(fs::read_dir(work.join("many")).unwrap().count(), 200);

    let mut last = 0.0;
    for event in cast.lines().skip(1) {
        let (at, kind, _): (f64, String, String) = serde_json::from_str(event).unwrap();
        assert!(kind == "o" && at >= last, "{event}");
        last = at;
    }
    assert!(cast.len() < LARGEST, "{} bytes", cast.len());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures/main.cast");
    if std::env::var_os("UPDATE_PICTURES").is_some() {
        fs::write(&file, &cast).unwrap();
    }
    assert!(file.exists(), "UPDATE_PICTURES=1 records it");
}
