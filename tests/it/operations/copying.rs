//! SITE CPFR and CPTO, and copies on this machine.

use ftpane::model::command::{Command, Place};
use ftpane::model::failure::Class;
use ftpane::model::server::Server;

use super::{assert_says, connected, connected_as, heard, script};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{Script, close, say};

fn copies(script: Script) -> Script {
    script.on("SITE CPFR", say("350 And to what?")).on(
        "SITE CPTO",
        [say("150-Copying"), say("150 on"), say("250 Copied.")],
    )
}

fn copy(from: &str, to: &str) -> Command {
    Command::Copy {
        from: remote_place(from),
        to: remote_place(to),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_can_copies_files_and_folders() {
    let (server, mut driver) = connected(copies(script())).await;
    driver.act(copy("/a/f", "/a/copy of f")).await.unwrap();
    driver.act(copy("/a/b", "/c")).await.unwrap();
    assert_eq!(
        heard(&server, "SITE"),
        [
            "SITE CPFR /a/f",
            "SITE CPTO /a/copy of f",
            "SITE CPFR /a/b",
            "SITE CPTO /c"
        ]
    );
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_replaced_and_nothing_copied_into_itself() {
    let (server, mut driver) = connected(copies(script())).await;
    for (from, to, class, words) in [
        ("/a/f", "/a/b/g", Class::Conflict, "exists already"),
        ("/a/f", "/a/l", Class::Conflict, "exists already"),
        ("/a/b", "/a", Class::Conflict, "exists already"),
        ("/a", "/a/b/a", Class::Usage, "into itself"),
        ("/a/f", "/a/f", Class::Usage, "itself"),
        ("/a/gone", "/x", Class::Refused, "no such file"),
        ("/", "/x", Class::Guarded, "the document path itself"),
    ] {
        let failure = driver.act(copy(from, to)).await.unwrap_err();
        assert_says(&failure, class, &[words]);
    }
    assert_eq!(server.count("SITE"), 0);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_that_cannot() {
    for reply in ["500 'SITE CPFR' not understood", "502 No.", "504 Not that."] {
        let (_server, mut driver) = connected(script().on("SITE", say(reply))).await;
        let failure = driver.act(copy("/a/f", "/x")).await.unwrap_err();
        assert_says(&failure, Class::Refused, &["cannot copy", "mod_copy", reply]);
        driver.shutdown().await;
    }
    let refuses = copies(script().on("SITE CPTO", say("550 Permission denied")));
    let (_server, mut driver) = connected(refuses).await;
    let failure = driver.act(copy("/a/f", "/x")).await.unwrap_err();
    assert_says(&failure, Class::Refused, &["/a/f", "/x", "refuses permission"]);
    driver.shutdown().await;
    let breaks = copies(script().on("SITE CPTO", [close()]));
    let (server, mut driver) = connected(breaks).await;
    let failure = driver.act(copy("/a/f", "/x")).await.unwrap_err();
    assert_says(&failure, Class::Unreachable, &["may have been done all the same"]);
    assert_eq!(heard(&server, "SITE CPTO").len(), 1, "never twice");
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_copied_out_of_reach() {
    let script = copies(script()).file("/etc/key", "").file("/a/b/c/d/deep", "");
    let (server, mut driver) = connected_as(script, |server| Server {
        document_path: "/a".into(),
        explore_depth: Some(2),
        ..server
    })
    .await;
    for (from, to, words) in [
        ("/etc/key", "/a/key", "not below the document path"),
        ("/a/f", "/etc/f", "not below the document path"),
        // deeper than is open, where it is and where it goes
        ("/a/b", "/a/x", "Nothing was copied"),
        ("/a/f", "/a/b/c/d/f", "deeper"),
    ] {
        let failure = driver.act(copy(from, to)).await.unwrap_err();
        assert_says(&failure, Class::Guarded, &[words]);
    }
    assert_eq!(server.count("SITE"), 0);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_of_this_machine_too() {
    let here = tempfile::tempdir().unwrap();
    let at = |path: &str| Place::Local(here.path().join(path));
    std::fs::create_dir(here.path().join("a")).unwrap();
    std::fs::write(here.path().join("a/f"), "content").unwrap();
    let mut driver = Driver::new();
    let copy = |from, to| Command::Copy { from, to };
    driver.act(copy(at("a"), at("b"))).await.unwrap();
    assert_eq!(std::fs::read(here.path().join("b/f")).unwrap(), b"content");
    let failure = driver.act(copy(at("a"), at("b"))).await.unwrap_err();
    assert_says(&failure, Class::Conflict, &["exists already"]);
    let failure = driver.act(copy(at("a"), remote_place("/b"))).await.unwrap_err();
    assert_says(&failure, Class::Usage, &["different sides"]);
    driver.shutdown().await;
}
