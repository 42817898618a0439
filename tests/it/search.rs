//! Searches, from the keys to the server or the disk and back.

use std::path::Path;

use ftpane::app::Start;
use ftpane::engine::{self, Options};
use ftpane::model::server::Protocol;

use crate::harness::bench::start;
use crate::harness::scripted::{Script, Scripted, end_data, gate, say, send};
use crate::harness::seat::{Seat, SmallWorld};

async fn sit(server: &Scripted, here: &Path) -> Seat {
    let saved = server.server();
    let start = Start {
        connect: Some((saved.clone(), Some(server.secret()))),
        folder: here.to_owned(),
        size: (120, 40),
        ..start(vec![saved])
    };
    let mut seat = Seat::take(start, engine::start(Options::default()), SmallWorld::default());
    seat.see("top.txt").await;
    seat.see("here.txt").await;
    seat
}

async fn leave(mut seat: Seat) {
    seat.press("ctrl-c").await;
    assert_eq!(seat.leave().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_found_on_the_server_and_here() {
    let here = tempfile::tempdir().unwrap();
    let deep = here.path().join("a/b/c");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(here.path().join("here.txt"), "").unwrap();
    std::fs::write(deep.join("wanted.txt"), "12345").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(here.path(), deep.join("round")).unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/top.txt", "x")
        .file("/one/wanted.txt", "123")
        .file("/one/two/WANTED too", "1")
        .file("/one/two/other", "1");
    let server = script.start().await;
    let mut seat = sit(&server, here.path()).await;
    seat.press("F").await;
    seat.type_in("wanted").await;
    seat.press("enter").await;
    let screen = seat.see("2 found · all of 3 folders searched").await;
    assert!(
        screen.contains("one/wanted.txt") && screen.contains("one/two/WANTED too"),
        "{screen}"
    );
    // a folder is told before what is in it
    seat.press("end enter").await;
    seat.see("/one/two").await;
    // a link that leads round and round is no way to go
    seat.press("tab F enter").await;
    let screen = seat.see("1 found · all of 4 folders searched").await;
    assert!(screen.contains("a/b/c/wanted.txt"), "{screen}");
    leave(seat).await;
}

/// What is given up in the middle of a listing leaves a server that answers as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_hangs_is_stopped_and_browsing_goes_on() {
    let here = tempfile::tempdir().unwrap();
    std::fs::write(here.path().join("here.txt"), "").unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/top.txt", "x")
        .file("/slow/wanted.txt", "1")
        .file("/quick/found.txt", "1")
        .on(
            "MLSD /slow",
            [
                gate(),
                say("150 Here."),
                send("type=file; wanted.txt\r\n"),
                end_data(),
                say("226 Done."),
            ],
        );
    let server = script.start().await;
    let mut seat = sit(&server, here.path()).await;
    seat.press("F").await;
    seat.type_in("*.txt").await;
    seat.press("enter").await;
    seat.see("searching").await;
    seat.press("esc").await;
    seat.see("stopped after").await;
    seat.press("esc home enter").await;
    seat.see("found.txt").await;
    server.open_gate();
    leave(seat).await;
}
