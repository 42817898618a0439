//! How deep one may go: browsing, changes, counts and transfers on a server with a tree.

use std::sync::Arc;

use std::path::Path;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::model::command::Command;
use ftpane::model::entry::Kind;
use ftpane::model::job::{Direction, JobState};
use ftpane::model::server::{Protocol, Server};

use super::{counted, guarded, is_refused};
use crate::harness::engine::{Driver, remote_place, tree};

/// A served folder with a file on each of four levels.
async fn on_disk(folder: &Path, depth: Option<u32>) -> (Demo, Driver) {
    std::fs::create_dir_all(folder.join("a/b/c")).unwrap();
    std::fs::create_dir(folder.join("flat")).unwrap();
    for file in ["f0", "a/f1", "a/b/f2", "a/b/c/f3", "flat/f"] {
        std::fs::write(folder.join(file), file).unwrap();
    }
    let options = DemoOptions {
        protocol: Protocol::Ftp,
        folder: Some(folder.to_path_buf()),
        ..DemoOptions::default()
    };
    let demo = Demo::start_with(options).await.unwrap();
    let mut driver = Driver::new();
    let server = Server {
        explore_depth: depth,
        ..demo.server()
    };
    driver.connect(server, demo.secret()).await.unwrap();
    (demo, driver)
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_entered_down_to_the_depth() {
    for (depth, open) in [(Some(0), 0), (Some(1), 1), (Some(2), 2), (None, 3)] {
        let there = tempfile::tempdir().unwrap();
        let (_demo, mut driver) = on_disk(there.path(), depth).await;
        for (level, folder) in ["/", "/a", "/a/b", "/a/b/c"].into_iter().enumerate() {
            let listed = driver.list(folder).await;
            if level <= open {
                assert!(!listed.unwrap().entries.is_empty(), "{depth:?} {folder}");
            } else {
                guarded(listed, &[folder, "document path /", &format!("depth {open}")]);
            }
        }
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_changed_below_the_depth() {
    let there = tempfile::tempdir().unwrap();
    let (_demo, mut driver) = on_disk(there.path(), Some(1)).await;
    let before = tree(there.path());
    let deep = remote_place("/a/b/new");
    let rename = |from, to| Command::Rename {
        from: remote_place(from),
        to: remote_place(to),
    };
    for command in [
        Command::MakeFolder(deep.clone()),
        Command::MakeFile(deep),
        rename("/a/f1", "/a/b/f1"),
        rename("/a/b/f2", "/f2"),
        Command::Delete(vec![remote_place("/a/b/f2")]),
        // these would have to be emptied of what lies too deep
        Command::Delete(vec![remote_place("/a")]),
        Command::Delete(vec![remote_place("/a/b")]),
        Command::Delete(vec![remote_place("/")]),
    ] {
        is_refused(&mut driver, command, &[]).await;
        assert_eq!(tree(there.path()), before);
    }
    driver
        .act(Command::MakeFile(remote_place("/a/new")))
        .await
        .unwrap();
    driver.act(rename("/a/new", "/new")).await.unwrap();
    driver
        .act(Command::Delete(vec![remote_place("/flat")]))
        .await
        .unwrap();
    assert!(there.path().join("new").exists() && !there.path().join("flat").exists());
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_say_where_they_were_cut() {
    for (depth, want, cut) in [
        (Some(0), (0, 1), Some(0)),
        (Some(1), (1, 2), Some(1)),
        (Some(2), (2, 3), Some(2)),
        (Some(3), (3, 3), None),
        (None, (3, 3), None),
    ] {
        let there = tempfile::tempdir().unwrap();
        let (_demo, mut driver) = on_disk(there.path(), depth).await;
        let counted = counted(&mut driver, "/a").await.unwrap();
        assert_eq!(
            ((counted.files, counted.folders), counted.cut),
            (want, cut),
            "{depth:?}"
        );
        driver.shutdown().await;
    }
}

/// The folders that were cut off, by the sentences of their jobs.
fn cut(states: &[(ftpane::model::job::JobId, Arc<ftpane::model::job::Item>, JobState)]) -> Vec<String> {
    let said = |state: &JobState| matches!(state, JobState::Skipped(why) if why.contains("cut at depth 1"));
    states
        .iter()
        .filter(|(_, _, state)| said(state))
        .map(|(_, item, _)| item.remote.shown())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn transfers_stop_at_the_depth_and_say_it() {
    let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (_demo, mut driver) = on_disk(there.path(), Some(1)).await;
    let copy = here.path().join("copy");
    let down = driver.transfer(Direction::Download, Kind::Dir, &copy, "/").await;
    assert_eq!(cut(&down.states), ["/a/b"]);
    assert_eq!(
        tree(&copy),
        [
            ("a".into(), None),
            ("a/f1".into(), Some(b"a/f1".to_vec())),
            ("f0".into(), Some(b"f0".to_vec())),
            ("flat".into(), None),
            ("flat/f".into(), Some(b"flat/f".to_vec())),
        ]
    );
    // upwards: the same tree, and more of it, into a folder of the first level
    std::fs::create_dir_all(copy.join("flat/deeper")).unwrap();
    std::fs::write(copy.join("flat/deeper/x"), "x").unwrap();
    let up = driver
        .transfer(Direction::Upload, Kind::Dir, &copy.join("flat"), "/up")
        .await;
    assert_eq!(cut(&up.states), ["/up/deeper"]);
    assert_eq!(
        tree(&there.path().join("up")),
        [("f".into(), Some(b"flat/f".to_vec()))]
    );
    // what is asked for by name is refused, not left out
    let deep = driver
        .transfer(Direction::Download, Kind::Dir, &here.path().join("no"), "/a/b")
        .await;
    assert!(deep.states.is_empty() && !here.path().join("no").exists());
    guarded(Err::<(), _>(driver.failures.pop().unwrap()), &["/a/b", "depth 1"]);
    driver.shutdown().await;
}
