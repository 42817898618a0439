//! Every action that asks something of a server, where the server refuses: the screen says what could not be
//! done, in the server's own words too. A new action that changes something fails here without its case.

use ftpane::app::Start;
use ftpane::app::action::{Action, TABLE};
use ftpane::engine::{self, Options};
use ftpane::model::server::Protocol;

use crate::harness::bench::start;
use crate::harness::scripted::{Script, say};
use crate::harness::seat::{Seat, SmallWorld};

/// What the server refuses, what is pressed and typed, what is to be seen before the last Enter, and what is
/// said in the end beside the server's words.
struct Case {
    action: Action,
    refused: &'static [&'static str],
    keys: &'static str,
    typed: &'static str,
    first: &'static str,
    said: &'static str,
}

const fn case(
    action: Action,
    refused: &'static [&'static str],
    keys: &'static str,
    typed: &'static str,
    first: &'static str,
    said: &'static str,
) -> Case {
    Case {
        action,
        refused,
        keys,
        typed,
        first,
        said,
    }
}

/// However it is listed.
const FOLDER: &[&str] = &["CWD /folder", "CWD folder", "MLSD /folder"];

const REPLY: &str = "550 Not today.";

const CASES: [Case; 14] = [
    case(
        Action::Rename,
        &["RNFR"],
        "end f6",
        "x",
        "Rename or move",
        "/there.txt",
    ),
    case(Action::NewFile, &["STOR"], "N", "new.txt", "New file", "/new.txt"),
    case(Action::NewFolder, &["MKD"], "f7", "new", "New folder", "/new"),
    case(
        Action::Delete,
        &["DELE"],
        "end f8",
        "",
        "gone for good",
        "/there.txt",
    ),
    case(Action::Edit, &["RETR"], "end f4", "", "", "Could not fetch"),
    case(
        Action::Permissions,
        &["SITE CHMOD"],
        "end p ctrl-u",
        "604",
        "rw----r--",
        "/there.txt",
    ),
    case(
        Action::Duplicate,
        &["SITE CPFR"],
        "end c",
        "2",
        "Copy",
        "/there.txt",
    ),
    case(Action::View, &["RETR"], "end f3", "", "", "/there.txt"),
    case(Action::ViewOutside, &["RETR"], "end V", "", "", "Could not fetch"),
    case(
        Action::Enter,
        FOLDER,
        "home enter",
        "",
        "",
        "Could not list /folder",
    ),
    case(
        Action::Raw,
        &["SITE UTIME"],
        "!",
        "SITE UTIME x",
        "In the server's words",
        "SITE UTIME x",
    ),
    case(Action::Find, FOLDER, "F", "*.txt", "Search", "/folder"),
    case(
        Action::GoTo,
        FOLDER,
        "g p",
        "/folder",
        "Go to",
        "Could not list /folder",
    ),
    case(Action::Transfer, &["RETR"], "end f5", "", "Download", "1 failed"),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_refuses_is_said_in_its_words() {
    for row in TABLE.iter().filter(|row| row.changes) {
        let is_there = CASES.iter().any(|case| case.action == row.action);
        assert!(is_there, "{} changes something, and has no case here", row.id);
    }
    for case in CASES {
        let id = case.action.row().id;
        let here = tempfile::tempdir().unwrap();
        std::fs::write(here.path().join("here.txt"), "here").unwrap();
        let server = Script::new(Protocol::Ftp)
            .features("EPSV MLST MDTM SIZE UTF8 SITE")
            .file("/there.txt", "there")
            .file("/folder/below.txt", "below");
        let refuse = |script: Script, line: &&str| script.on(line, say(REPLY));
        let server = case.refused.iter().fold(server, refuse).start().await;
        let saved = server.server();
        let start = Start {
            servers: vec![saved.clone()],
            connect: Some((saved, Some(server.secret()))),
            folder: here.path().to_owned(),
            size: (120, 40),
            ..start(Vec::new())
        };
        let world = SmallWorld::default();
        let mut seat = Seat::take(start, engine::start(Options::default()), world.clone());
        seat.see("there.txt").await;
        seat.see("here.txt").await;
        seat.press(case.keys).await;
        seat.type_in(case.typed).await;
        if !case.first.is_empty() {
            seat.see(case.first).await;
            seat.press("enter").await;
        }
        if case.action == Action::Transfer {
            // the strip counts, and the queue says why
            seat.see("1 failed").await;
            seat.press("Q enter").await;
        }
        let screen = seat.see("Not today.").await;
        assert!(
            screen.contains("550") && screen.contains(case.said),
            "{id}: '{}' is not in\n{screen}",
            case.said
        );
        assert!(
            world.opened.lock().unwrap().is_empty(),
            "{id}: something was opened"
        );
        // and nobody is stuck: back at the panes, the server is still there
        seat.press("esc esc esc ctrl-r").await;
        seat.press("ctrl-c").await;
        assert_eq!(seat.leave().await, 0, "{id}");
    }
}
