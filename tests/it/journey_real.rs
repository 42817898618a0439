//! The whole interface from key to wire: keyboard and screen are the test's, engine and server are
//! real.

use std::path::Path;

use ftpane::app::Start;
use ftpane::demo::{Demo, DemoOptions};
use ftpane::engine::{self, Options};
use ftpane::model::job::BatchId;
use ftpane::model::server::{PasswordSource, Server};
use ftpane::model::unfinished::RestId;

use crate::harness::bench::start;
use crate::harness::engine::{make_tree, tree};
use crate::harness::left;
use crate::harness::seat::{Seat, SmallWorld};

pub(crate) async fn serve(folder: &Path) -> Demo {
    let options = DemoOptions {
        folder: Some(folder.to_owned()),
        ..DemoOptions::default()
    };
    Demo::start_with(options).await.unwrap()
}

/// Before the panes, the left one in `here`, connected to the demo.
pub(crate) async fn sit(demo: &Demo, here: &Path, server: Server, world: &SmallWorld) -> Seat {
    let start = Start {
        servers: vec![server.clone()],
        unread: None,
        connect: Some((server, Some(demo.secret()))),
        folder: here.to_owned(),
        size: (120, 40),
        ..start(Vec::new())
    };
    *world.servers.lock().unwrap() = start.servers.clone();
    Seat::take(start, engine::start(Options::default()), world.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_folders_go_both_ways() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make_tree(here.path());
    let demo = serve(there.path()).await;
    let mut seat = sit(&demo, here.path(), demo.server(), &SmallWorld::default()).await;
    let screen = seat.see("This folder is empty").await;
    assert!(
        screen.contains("TLS 1.3") && screen.contains("certificate pinned"),
        "{screen}"
    );

    // all that is here goes up, once it is listed
    seat.see("lines.txt").await;
    seat.press("tab a f5 enter").await;
    seat.see("Queue · 26 done").await;
    assert!(tree(there.path()) == tree(here.path()), "what went up differs");
    // the other pane shows it without being asked
    seat.see_times("lines.txt", 2).await;

    // a folder of it comes back under this one, into a folder made for it
    seat.press("n").await;
    seat.type_in("back").await;
    seat.press("enter").await;
    seat.see("/back ").await;
    seat.press("enter").await;
    seat.see("/back ━━").await;
    seat.see("This folder is empty").await;
    seat.press("tab g g f5 enter").await;
    seat.see("Queue · 49 done").await;
    let back = here.path().join("back/deep");
    assert!(
        tree(&back) == tree(&there.path().join("deep")),
        "what came down differs"
    );

    // and the server's copy is deleted, after a count
    seat.press("f8").await;
    seat.see("gone for good").await;
    seat.press("enter").await;
    seat.see("Deleted 23 files and 3 folders").await;
    assert!(!there.path().join("deep").exists());
    seat.press("q").await;
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_certificate_is_shown_and_pinned() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = serve(there.path()).await;
    let unpinned = Server {
        pin: None,
        ..demo.server()
    };
    let world = SmallWorld::default();
    let mut seat = sit(&demo, here.path(), unpinned.clone(), &world).await;
    let screen = seat.see("Is this the right server?").await;
    let first: String = demo.pin().0[..2].iter().map(|b| format!("{b:02x}")).collect();
    assert!(screen.contains(&first), "{screen}");
    seat.press("right right enter").await;
    seat.see("certificate pinned").await;
    seat.settle(|_| world.servers.lock().unwrap()[0].pin.is_some())
        .await;
    assert_eq!(world.servers.lock().unwrap()[0].pin, Some(demo.pin()));
    seat.press("q").await;
    assert_eq!(seat.leave().await, 0);

    // refused, it is not connected to
    let mut seat = sit(&demo, here.path(), unpinned, &world).await;
    seat.see("Is this the right server?").await;
    seat.press("enter").await;
    seat.see("not connected").await;
    seat.press("q").await;
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_and_asked_again() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = serve(there.path()).await;
    let start = Start {
        servers: vec![demo.server()],
        unread: None,
        folder: here.path().to_owned(),
        ..start(Vec::new())
    };
    let mut seat = Seat::take(start, engine::start(Options::default()), SmallWorld::default());
    seat.press("enter").await;
    seat.type_in("wrong").await;
    seat.press("enter").await;
    seat.see("530").await;
    seat.type_in(demo.secret().reveal()).await;
    seat.press("enter").await;
    seat.see("This folder is empty").await;
    seat.press("q").await;
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_run_has_left_is_offered_and_resumed() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let queue = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("x"), "left").unwrap();
    let demo = serve(there.path()).await;
    // it is no saved one any more
    let server = Server {
        name: String::new(),
        password: PasswordSource::Ask,
        ..demo.server()
    };
    let id = RestId {
        run: 7,
        batch: BatchId(1),
    };
    left::leave_upload(queue.path(), id, &server, &here.path().join("x"), "/y");
    let start = Start {
        folder: here.path().to_owned(),
        size: (120, 40),
        ..start(Vec::new())
    };
    let options = Options {
        browsing: true,
        queue: Some(queue.path().to_owned()),
        ..Options::default()
    };
    let mut seat = Seat::take(start, engine::start(options), SmallWorld::default());
    seat.see("1 file left").await;
    seat.press("enter").await;
    seat.see("Password of").await;
    seat.type_in(demo.secret().reveal()).await;
    seat.press("enter").await;
    seat.see("Queue · 1 done").await;
    assert_eq!(std::fs::read(there.path().join("y")).unwrap(), b"left");
    assert!(!queue.path().join("00000007.journal").exists());
    seat.press("q").await;
    assert_eq!(seat.leave().await, 0);
}
