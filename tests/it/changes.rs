//! Every action that changes something, from its key to the disk behind the embedded server, or this
//! machine's where that server has no such command. A new one without its case fails here.

use std::fs;
use std::path::Path;

use ftpane::app::action::{Action, TABLE};
use tempfile::tempdir;

use crate::harness::seat::SmallWorld;
use crate::journey_real::{serve, sit};

/// What is pressed, what is typed then, what is seen in the end, and whether it has come to the disk.
struct Case {
    action: Action,
    keys: &'static str,
    typed: &'static str,
    /// What has to be seen before the last Enter.
    first: &'static str,
    seen: &'static str,
    done: fn(there: &Path, here: &Path) -> bool,
}

fn holds(path: impl AsRef<Path>, text: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|content| content == text)
}

#[cfg(unix)]
fn has_mode(path: &Path, mode: u32) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777 == mode
}

#[cfg(not(unix))]
fn has_mode(_: &Path, _: u32) -> bool {
    true
}

const CASES: [Case; 7] = [
    Case {
        action: Action::Rename,
        keys: "f6",
        typed: "x",
        first: "Rename or move",
        seen: "is now /a.txtx",
        done: |there, _| holds(there.join("a.txtx"), "there") && !there.join("a.txt").exists(),
    },
    Case {
        action: Action::NewFile,
        keys: "N",
        typed: "new.txt",
        first: "New file",
        seen: "Made /new.txt",
        done: |there, _| holds(there.join("new.txt"), ""),
    },
    Case {
        action: Action::NewFolder,
        keys: "f7",
        typed: "new",
        first: "New folder",
        seen: "Made /new",
        done: |there, _| there.join("new").is_dir(),
    },
    Case {
        action: Action::Delete,
        keys: "f8",
        typed: "",
        first: "gone for good",
        seen: "Deleted 1 file",
        done: |there, _| fs::read_dir(there).unwrap().count() == 0,
    },
    Case {
        action: Action::Edit,
        keys: "f4",
        typed: "",
        first: "",
        seen: "is sent back",
        done: |there, _| holds(there.join("a.txt"), "edited"),
    },
    Case {
        action: Action::Permissions,
        keys: "tab p ctrl-u",
        typed: "604",
        first: "rw----r--",
        seen: "Permissions set: 1 file",
        done: |_, here| has_mode(&here.join("here.txt"), 0o604),
    },
    Case {
        action: Action::Duplicate,
        keys: "tab c",
        typed: "2",
        first: "Copy",
        seen: "is copied to",
        done: |_, here| holds(here.join("here.txt2"), "here") && holds(here.join("here.txt"), "here"),
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn each_action_that_changes_something_does_so() {
    for row in TABLE.iter().filter(|row| row.changes) {
        let case = CASES.iter().find(|case| case.action == row.action);
        let case = case.unwrap_or_else(|| panic!("{} changes something, and has no case here", row.id));
        let (here, there) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(there.path().join("a.txt"), "there").unwrap();
        fs::write(here.path().join("here.txt"), "here").unwrap();
        let demo = serve(there.path()).await;
        let world = SmallWorld::default();
        *world.writes.lock().unwrap() = Some("edited".into());
        let mut seat = sit(&demo, here.path(), demo.server(), &world).await;
        seat.see("a.txt").await;
        seat.see("here.txt").await;
        assert!(
            !(case.done)(there.path(), here.path()),
            "{} is done already",
            row.id
        );
        seat.press(case.keys).await;
        seat.type_in(case.typed).await;
        if !case.first.is_empty() {
            seat.see(case.first).await;
            seat.press("enter").await;
        }
        seat.see(case.seen).await;
        assert!((case.done)(there.path(), here.path()), "{} is not done", row.id);
    }
}
