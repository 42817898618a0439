//! What is left of an edit whose run was killed: never lost, told while it may be wanted, cleaned when not.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::model::server::Protocol;
use rustix::process::Signal;

use crate::harness::pty::{PATIENCE, Place, Terminal};

/// The one folder of an edit, and the file beside it.
fn private(place: &Place) -> (PathBuf, PathBuf) {
    let note = fs::read_dir(place.home.path().join("edited"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|end| end == "edit"))
        .unwrap();
    (note.with_extension(""), note)
}

/// Waits until the queue's log says that the file has come: it is written a moment after the editor opens, and
/// who is killed in between is asked about that file first.
fn until_logged(place: &Place) {
    let end = Instant::now() + PATIENCE;
    let is_logged = || {
        let logs = fs::read_dir(place.home.path().join("queue")).unwrap();
        let mut logs = logs.map(|log| fs::read_to_string(log.unwrap().path()).unwrap_or_default());
        logs.any(|log| log.contains(r#"{"over""#))
    };
    while !is_logged() {
        assert!(Instant::now() < end, "no log says that the file has come");
        std::thread::yield_now();
    }
}

/// Waits until nobody holds the lock of a file. Another process asks for it: what this one holds, a child that is
/// being started by another test holds for a moment too.
fn until_free(path: &Path) {
    let mut free = Command::new("flock");
    let patience = PATIENCE.as_secs().to_string();
    free.args(["--wait", &patience]).arg(path).arg("true");
    assert!(
        free.status().unwrap().success(),
        "{} stays locked",
        path.display()
    );
}

/// Kills a run while its editor, which does this first, has a file of the server, and starts another one;
/// then the editor ends, and a later run shows this, or cleans up where it is nothing. Gives the place and the
/// folder of the edit.
fn killed_while(does: &str, url: &str, shows: &[&str]) -> (Place, PathBuf) {
    let place = Place::new();
    let hold = place.home.path().join("hold");
    assert!(Command::new("mkfifo").arg(&hold).status().unwrap().success());
    let editor = place.home.path().join("editor");
    // it outlives the terminal, and ends when somebody has opened the pipe
    let script = format!("trap '' HUP\n{does}\necho EDITING\n: < '{}'\n", hold.display());
    fs::write(&editor, script).unwrap();
    let mut command = place.ftpane(&[url]);
    command.env("VISUAL", format!("sh '{}'", editor.display()));
    let mut terminal = Terminal::run(command);
    terminal.see("page.html");
    terminal.press("e");
    terminal.see("EDITING");
    until_logged(&place);
    terminal.signal(Signal::KILL);
    terminal.end();

    let (folder, note) = private(&place);
    let mut terminal = Terminal::run(place.ftpane(&[]));
    let screen = terminal.see("No servers yet");
    assert!(!screen.contains("Edited copies"), "{screen}");
    assert!(folder.join("page.html").exists(), "the editor has it still");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.leave().code, 143);

    drop(OpenOptions::new().write(true).open(&hold).unwrap());
    until_free(&note);
    let mut terminal = Terminal::run(place.ftpane(&[]));
    terminal.see("No servers yet");
    for text in shows {
        terminal.see(text);
    }
    let end = Instant::now() + PATIENCE;
    while shows.is_empty() && note.exists() {
        assert!(Instant::now() < end, "{} stays", folder.display());
        std::thread::yield_now();
    }
    assert_eq!(terminal.text().contains("Edited copies"), !shows.is_empty());
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.leave().code, 143);
    (place, folder)
}

async fn demo() -> (tempfile::TempDir, Demo) {
    let there = tempfile::tempdir().unwrap();
    fs::write(there.path().join("page.html"), "as it is on the server\n").unwrap();
    let options = DemoOptions {
        protocol: Protocol::Ftp,
        folder: Some(there.path().to_path_buf()),
        ..DemoOptions::default()
    };
    (there, Demo::start_with(options).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_kept_and_told() {
    let (there, demo) = demo().await;
    let url = demo.url();
    let (place, folder) = tokio::task::spawn_blocking(move || {
        killed_while(
            "echo more >> \"$1\"",
            &url,
            &[
                "Edited copies of files",
                ":/page.html",
                "Send back what is",
                "[Close]",
            ],
        )
    })
    .await
    .unwrap();
    let copy = fs::read_to_string(folder.join("page.html")).unwrap();
    assert_eq!(copy, "as it is on the server\nmore\n");
    let on_the_server = fs::read_to_string(there.path().join("page.html")).unwrap();
    assert_eq!(on_the_server, "as it is on the server\n");
    drop(place);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_only_looked_at_is_cleaned() {
    let (_there, demo) = demo().await;
    let url = demo.url();
    let (place, folder) = tokio::task::spawn_blocking(move || killed_while(":", &url, &[]))
        .await
        .unwrap();
    assert!(!folder.exists());
    let left = fs::read_dir(place.home.path().join("edited")).unwrap().count();
    assert_eq!(left, 0);
}
