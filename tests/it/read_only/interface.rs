//! Every key of the interface on a server that is read only, and on one that is not.

use std::path::Path;

use ftpane::app::Start;
use ftpane::app::action::{Action, Context, TABLE, keys};
use ftpane::app::msg::Msg;
use ftpane::engine::{self, Options};
use ftpane::model::server::{Protocol, Server};
use ftpane::term::Input;
use futures_util::stream::{self, StreamExt as _};

use super::{CHANGING, assert_untouched, read_only, script, verbs};
use crate::harness::bench::start;
use crate::harness::scripted::Scripted;
use crate::harness::seat::{Seat, SmallWorld};

/// The keys that lead from the panes to where this context's keys are pressed.
fn way(context: Context) -> &'static [&'static str] {
    match context {
        Context::Panes | Context::Global => &[],
        Context::Pager => &["end", "f3"],
        Context::Servers => &["S"],
        Context::Queue => &["Q"],
        Context::Log => &["L"],
        Context::Help => &["?"],
        Context::Doctor => &["S", "t"],
        // of this machine's side: the other's are refused before
        Context::Dialog => &["tab", "f8"],
        Context::Text => &["tab", "f7"],
        Context::Picker => &["g", "p"],
        Context::Found => &["F", "enter"],
    }
}

/// Sits down before the panes, the server's side active, and goes on by these keys.
async fn sit(server: &Scripted, saved: Server, here: &Path, way: &[&str]) -> Seat {
    let start = Start {
        servers: vec![saved.clone()],
        unread: None,
        connect: Some((saved, Some(server.secret()))),
        folder: here.to_owned(),
        size: (120, 40),
        ..start(Vec::new())
    };
    let world = SmallWorld::default();
    *world.servers.lock().unwrap() = start.servers.clone();
    let mut seat = Seat::take(start, engine::start(Options::default()), world);
    seat.see("there.txt").await;
    seat.see("here.txt").await;
    for key in way {
        seat.press(key).await;
    }
    seat
}

/// Presses what an action is bound to, says yes to whatever is asked, and goes.
async fn press(mut seat: Seat, context: Context, action: Action, wait: Option<&str>) {
    let keys = keys(None).unwrap();
    for key in keys.of(context, action).next().unwrap() {
        seat.give(Input::Msg(Msg::Key(*key)));
    }
    let idle = seat.settle(|_| true).await;
    if !idle.over {
        seat.type_in("x").await;
        if action == Action::Delete && wait.is_some() {
            seat.see("gone for good").await;
        }
        seat.press("enter").await;
        if let Some(text) = wait {
            seat.see(text).await;
        }
        for _ in 0..3 {
            if !seat.settle(|_| true).await.over {
                seat.press("ctrl-c").await;
            }
        }
    }
    seat.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_the_interface_changes_a_read_only_server() {
    const SIDES: [&[&str]; 4] = [&[], &["tab"], &["a"], &["tab", "a"]];
    let server = script(Protocol::Ftp).start().await;
    let pressed = |action: Action, context: Context, side: &'static [&str]| {
        let server = &server;
        async move {
            let here = tempfile::tempdir().unwrap();
            std::fs::write(here.path().join("here.txt"), "here").unwrap();
            let keys = [way(context), side].concat();
            let seat = sit(server, read_only(server), here.path(), &keys).await;
            press(seat, context, action, None).await;
        }
    };
    let all = TABLE.iter().flat_map(|row| {
        row.contexts.iter().flat_map(move |context| {
            let sides = if *context == Context::Panes { 4 } else { 1 };
            SIDES[..sides]
                .iter()
                .map(move |side| (row.action, *context, *side))
        })
    });
    let pressing = stream::iter(all).map(|(action, context, side)| pressed(action, context, side));
    pressing.buffer_unordered(32).collect::<()>().await;
    assert_untouched(&server);
}

/// The same keys do change a server that is not read only: the test above presses the right ones.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_keys_change_any_other_server() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("here.txt"), "here").unwrap();
    let server = script(Protocol::Ftp).start().await;
    for (action, way, wait) in [
        (Action::NewFolder, &[][..], "/x"),
        (Action::Transfer, &["tab"], "1 done"),
        (Action::Rename, &["end"], "there.txtx"),
        (Action::Delete, &["end"], "Deleted 1 file"),
    ] {
        let seat = sit(&server, server.server(), here.path(), way).await;
        press(seat, Context::Panes, action, Some(wait)).await;
    }
    let verbs = verbs(&server);
    for verb in CHANGING {
        assert!(verbs.contains(verb), "{verb} is not in {verbs:?}");
    }
}
