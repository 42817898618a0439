//! What must not be lost, whatever the server answers and however names collide.

use std::path::Path;

use ftpane::model::command::{Answer, Command};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::Class;
use ftpane::model::job::{BatchId, BatchRequest, Care, Direction, Item, JobState, Policy};
use ftpane::model::server::{Patience, Protocol};

use super::{SHORT, assert_says, connected, connected_to, refused, upload};
use crate::harness::engine::{CONNECTION, remote, remote_place, tree};
use crate::harness::scripted::*;

fn item(local: &Path, path: &str) -> Item {
    Item {
        local: local.to_path_buf(),
        remote: remote(path),
        kind: Kind::File,
        size: None,
        modified: None,
        permissions: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_uploads_never_get_the_same_new_name() {
    let here = tempfile::tempdir().unwrap();
    let names = ["a.txt", "a (1).txt"];
    for name in names {
        std::fs::write(here.path().join(name), name).unwrap();
    }
    let (server, mut driver) = connected(Script::new(Protocol::Ftp).file("/a.txt", "old")).await;
    let batch = BatchId(77);
    driver.send(Command::Enqueue(BatchRequest {
        id: batch,
        connection: CONNECTION,
        direction: Direction::Upload,
        items: names
            .map(|n| item(&here.path().join(n), &format!("/{n}")))
            .to_vec(),
        policy: Policy::Rename,
        care: Care::default(),
    }));
    driver.over(batch, |_| Answer::Dismissed).await.assert_all_done();
    assert_eq!(server.files().len(), 3, "{:?}", server.files());
    assert_eq!(server.content("/a.txt").unwrap(), b"old");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_downloads_never_get_the_same_new_name() {
    let here = tempfile::tempdir().unwrap();
    let target = here.path().join("a.txt");
    std::fs::write(&target, "old").unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/x/a.txt", "x")
        .file("/y/a.txt", "y")
        .on("RETR", [gate(), usual()]);
    let server = script.start().await;
    let patience = Patience { retries: 2, ..SHORT };
    let mut driver = connected_to(&server, |server| server, patience).await;
    let batches = ["/x/a.txt", "/y/a.txt"]
        .map(|path| driver.enqueue(Direction::Download, Kind::File, &target, path, Policy::Rename));
    for _ in batches {
        driver.heard("RETR").await;
    }
    server.open_gate();
    let mut over = 0;
    while over < batches.len() {
        if let Event::BatchOver(id) = driver.event().await {
            over += usize::from(batches.contains(&id));
        }
    }
    let mut contents: Vec<_> = tree(here.path())
        .into_iter()
        .filter_map(|(_, content)| content)
        .collect();
    contents.sort();
    assert_eq!(contents, [b"old".to_vec(), b"x".to_vec(), b"y".to_vec()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_mkd_only_seems_to_make_is_not_taken_for_empty() {
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("d")).unwrap();
    std::fs::write(here.path().join("d/f"), "new").unwrap();
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", "precious")
        .on("MKD", say("257 ok"));
    let (server, mut driver) = connected(script).await;
    let local = here.path().join("d");
    let batch = driver.enqueue(Direction::Upload, Kind::Dir, &local, "/d", Policy::Fail);
    let ended = driver.over(batch, |_| Answer::Dismissed).await;
    assert_eq!(ended.failures().first().map(|f| f.class), Some(Class::Conflict));
    assert_eq!(server.content("/d/f").unwrap(), b"precious");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_too_many_does_not_answer_the_next_command() {
    let script = Script::new(Protocol::Ftp)
        .file("/d/x", "x")
        .once("MLSD", [usual(), say("226 once more")])
        .on("MKD", say("550 exists"));
    let (_server, mut driver) = connected(script).await;
    assert_eq!(driver.list("/").await.unwrap().entries.len(), 1);
    let made = driver.act(Command::MakeFolder(remote_place("/d"))).await;
    assert!(made.is_err(), "the 226 was taken for the answer to MKD");
    assert_eq!(
        driver.list("/").await.unwrap().entries.len(),
        1,
        "the next session is in step"
    );
}

/// One that sends them in every session is of no use, and that is said.
#[tokio::test(flavor = "multi_thread")]
async fn replies_too_many_are_called_that() {
    let script = Script::new(Protocol::Ftp).on("TYPE", [usual(), say("226 And this.")]);
    let (_server, failure) = refused(script).await;
    assert_says(&failure, Class::Unreachable, &["a reply too many (226)"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_mlsd_calls_a_folder_is_deleted_and_not_what_it_leads_to() {
    let lines = |lines: &str| {
        [
            say("150 lines"),
            open_data(),
            send(lines),
            end_data(),
            say("226 done"),
        ]
    };
    let script = Script::new(Protocol::Ftp)
        .file("/tree/f", "x")
        .file("/precious/data", "keep")
        .once("LIST", lines("drwxr-xr-x 2 u g 4096 Jan 02 2026 tree\r\n"))
        .once(
            "LIST",
            lines(
                "-rw-r--r-- 1 u g 1 Jan 02 2026 f\r\n\
                 lrwxrwxrwx 1 u g 11 Jan 02 2026 link -> ../precious\r\n",
            ),
        )
        .on("DELE /tree/link", say("250 gone"))
        .on("RMD", say("250 gone"));
    let (server, mut driver) = connected(script).await;
    driver
        .act(Command::Delete(vec![remote_place("/tree")]))
        .await
        .unwrap();
    assert_eq!(server.content("/precious/data").unwrap(), b"keep");
    let deleted: Vec<String> = server
        .heard()
        .into_iter()
        .map(|heard| heard.line)
        .filter(|line| line.starts_with("DELE") || line.starts_with("RMD"))
        .collect();
    assert_eq!(deleted, ["DELE /tree/f", "DELE /tree/link", "RMD /tree"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_connection_refused_for_its_session_is_tried_again_on_another() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    let script = Script::new(Protocol::FtpsExplicit).in_sessions(
        1..=1,
        "STOR",
        [
            say("150 go"),
            receive_all(),
            end_data(),
            say("425 Unable to build data connection: Operation not permitted"),
        ],
    );
    let server = script.start().await;
    let patience = Patience { retries: 2, ..SHORT };
    let mut driver = connected_to(&server, |server| server, patience).await;
    let state = upload(&mut driver, &local, "/f").await;
    assert!(matches!(state, JobState::Done { .. }), "{state:?}");
    assert_eq!(server.content("/f").unwrap(), b"new");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_to_a_server_that_trickles_has_an_end() {
    let here = tempfile::tempdir().unwrap();
    let local = here.path().join("f");
    std::fs::write(&local, "new").unwrap();
    let script = Script::new(Protocol::Ftp).on("STOR", [say("150 go"), send_without_end("x")]);
    let (_server, mut driver) = connected(script).await;
    let state = upload(&mut driver, &local, "/f").await;
    assert!(matches!(state, JobState::Failed(_)), "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_after_the_only_session_has_ended_is_said_and_not_waited_for() {
    let script = Script::new(Protocol::Ftp)
        .in_sessions(1..=1, "MLSD", [usual(), say("421 Enough."), close()])
        .in_sessions(2.., GREETING, [say("421 Too many connections."), close()]);
    let (server, mut driver) = connected(script).await;
    driver.list("/").await.unwrap();
    server.has_ended(1).await;
    let failure = driver.list("/").await.unwrap_err();
    assert!(failure.why.contains("too many"), "{failure}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_pipe_is_left_out_and_not_waited_for() {
    let here = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(here.path().join("fifo"))
        .status()
        .unwrap();
    assert!(made.success());
    let folder = here.path().join("d");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink("../fifo", folder.join("l")).unwrap();
    let (_server, mut driver) = connected(Script::new(Protocol::Ftp)).await;
    let batch = driver.enqueue(Direction::Upload, Kind::Dir, &folder, "/d", Policy::Overwrite);
    let ended = driver.over(batch, |_| Answer::Dismissed).await;
    assert!(
        ended
            .states
            .iter()
            .any(|(.., state)| matches!(state, JobState::Skipped(_))),
        "{ended:?}"
    );
}
