//! Every action that changes files, from its key to the disk behind the embedded server, or this
//! machine's where that server has no such command. A new action does not compile here until it is said what it
//! touches, and one that changes files fails without its case.

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

/// What an action touches.
#[derive(Debug, PartialEq)]
enum Touches {
    /// Files of a server, or of this machine: there is a case for it.
    Files,
    /// What is to be transferred, and in which order; the queue's tests look at the files.
    Queue,
    /// What this program keeps for the person: servers, bookmarks, colours.
    Settings,
    /// Only what is shown, or copied to the terminal.
    Nothing,
}

fn touched_by(action: Action) -> Touches {
    use Action as A;
    match action {
        A::Transfer
        | A::Edit
        | A::Rename
        | A::Permissions
        | A::Duplicate
        | A::Raw
        | A::NewFolder
        | A::NewFile
        | A::Delete => Touches::Files,
        A::Pause
        | A::PauseBatch
        | A::PauseAll
        | A::Cancel
        | A::CancelBatch
        | A::CancelAll
        | A::Retry
        | A::RetryBatch
        | A::RetryAll
        | A::MoveUp
        | A::MoveDown
        | A::MoveTop
        | A::MoveBottom
        | A::BatchUp
        | A::BatchDown
        | A::BatchTop
        | A::BatchBottom
        | A::Limit
        | A::ClearFinished
        | A::Unfinished => Touches::Queue,
        A::Bookmark
        | A::Forget
        | A::NewServer
        | A::EditServer
        | A::CopyServer
        | A::ImportServers
        | A::RemoveServer
        | A::Apply
        | A::Themes => Touches::Settings,
        A::View
        | A::ViewOutside
        | A::Properties
        | A::CopyPath
        | A::CopyUrl
        | A::CopyCommand
        | A::Enter
        | A::Leave
        | A::OtherPane
        | A::Mark
        | A::MarkAll
        | A::Unmark
        | A::MarkPattern
        | A::UnmarkPattern
        | A::Invert
        | A::Jump
        | A::GoTo
        | A::HistoryBack
        | A::HistoryForward
        | A::Find
        | A::Found
        | A::Reveal
        | A::InStep
        | A::Compare
        | A::Bookmarks
        | A::Filter
        | A::Hidden
        | A::SortName
        | A::SortSize
        | A::SortTime
        | A::SortExtension
        | A::Refresh
        | A::SortPermissions
        | A::SortOwner
        | A::Connection
        | A::Servers
        | A::Connect
        | A::Doctor
        | A::LookAgain
        | A::CopyReport
        | A::CopyLog
        | A::Fold
        | A::Details
        | A::NextView
        | A::Search
        | A::SearchNext
        | A::SearchPrevious
        | A::Position
        | A::Wrap
        | A::Hex
        | A::NextCharset
        | A::Left
        | A::Right
        | A::Up
        | A::Down
        | A::PageUp
        | A::PageDown
        | A::First
        | A::Last
        | A::Next
        | A::Previous
        // what these take or leave is a case of what has asked
        | A::Accept
        | A::Toggle
        | A::Back
        | A::Complete
        | A::Palette
        | A::Queue
        | A::Log
        | A::Help
        | A::Redraw
        | A::Suspend
        | A::Quit
        | A::Interrupt => Touches::Nothing,
    }
}

const CASES: [Case; 10] = [
    Case {
        action: Action::Transfer,
        keys: "f5",
        typed: "",
        first: "Start",
        seen: "Queue · 1 done",
        done: |_, here| holds(here.join("a.txt"), "there"),
    },
    Case {
        action: Action::Transfer,
        keys: "tab f5",
        typed: "",
        first: "Start",
        seen: "Queue · 1 done",
        done: |there, _| holds(there.join("here.txt"), "here"),
    },
    Case {
        action: Action::Raw,
        keys: "!",
        typed: "MKD made",
        first: "In the server's words",
        seen: "257",
        done: |there, _| there.join("made").is_dir(),
    },
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
async fn each_action_that_changes_files_does_so() {
    for row in TABLE {
        let cases = CASES.iter().filter(|case| case.action == row.action);
        let touches = touched_by(row.action);
        assert!(
            !row.changes || touches == Touches::Files,
            "{} is kept from a read-only server, and changes no file?",
            row.id
        );
        let mut tried = 0;
        for case in cases {
            try_out(case, row.id).await;
            tried += 1;
        }
        assert_eq!(
            tried > 0,
            touches == Touches::Files,
            "{}: {tried} cases, and it touches {touches:?}",
            row.id
        );
    }
}

async fn try_out(case: &Case, id: &str) {
    let (here, there) = (tempdir().unwrap(), tempdir().unwrap());
    fs::write(there.path().join("a.txt"), "there").unwrap();
    fs::write(here.path().join("here.txt"), "here").unwrap();
    let demo = serve(there.path()).await;
    let world = SmallWorld::default();
    *world.writes.lock().unwrap() = Some("edited".into());
    let mut seat = sit(&demo, here.path(), demo.server(), &world).await;
    seat.see("a.txt").await;
    seat.see("here.txt").await;
    assert!(!(case.done)(there.path(), here.path()), "{id} is done already");
    seat.press(case.keys).await;
    seat.type_in(case.typed).await;
    if !case.first.is_empty() {
        seat.see(case.first).await;
        seat.press("enter").await;
    }
    seat.see(case.seen).await;
    assert!((case.done)(there.path(), here.path()), "{id} is not done");
}
