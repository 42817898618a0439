//! DELE and RMD, with all that is below: what is refused, and what is gone already.

use ftpane::model::command::{Command, Place};
use ftpane::model::event::{Counted, Deed, Event};
use ftpane::model::failure::Failure;
use ftpane::model::server::{Protocol, Server};

use super::{connected, connected_as};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{Script, say};

/// Deletes: what stays, how much went, and the failures.
async fn delete(driver: &mut Driver, paths: &[&str]) -> (Vec<Place>, Counted, Vec<Failure>) {
    driver.failures.clear();
    driver.send(Command::Delete(
        paths.iter().map(|path| remote_place(path)).collect(),
    ));
    let (stay, counted, failed) = driver
        .wait(|event| match event {
            Event::Done(Deed::Deleted {
                stay,
                counted,
                failed,
                ..
            }) => Some((stay, counted, failed)),
            _ => None,
        })
        .await;
    let failures = std::mem::take(&mut driver.failures);
    assert_eq!(failed, u64::try_from(failures.len()).unwrap());
    (stay, counted, failures)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_may_not_be_listed_stays_and_the_rest_goes() {
    let script = || {
        Script::new(Protocol::Ftp)
            .file("/d/a", "a")
            .file("/d/closed/x", "x")
            .file("/d/open/y", "y")
            .file("/e/z", "z")
            .on("CWD /d/closed", say("550 /d/closed: Permission denied"))
            .on("RMD", say("250 Gone."))
    };
    let bounded = |server| Server {
        explore_depth: Some(9),
        ..server
    };
    for (server, mut driver) in [connected(script()).await, connected_as(script(), bounded).await] {
        let (stay, counted, failures) = delete(&mut driver, &["/d", "/e"]).await;
        assert_eq!(stay, [remote_place("/d")]);
        assert!(
            matches!(&failures[..], [failure] if failure.what == "Could not delete /d/closed"
                && failure.to_string().contains("Permission denied")),
            "{failures:?}"
        );
        assert_eq!((counted.files, counted.folders), (3, 2));
        assert_eq!(server.files(), ["/d/closed/x"]);
        let removed: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
        assert!(
            !removed
                .iter()
                .any(|line| line == "RMD /d" || line == "RMD /d/closed")
        );
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_has_deleted_meanwhile_is_gone() {
    let script = Script::new(Protocol::Ftp)
        .file("/d/denied", "a")
        .file("/d/missing", "b")
        .file("/d/c", "c")
        .on("DELE /d/denied", say("550 /d/denied: No such file or directory"))
        .on("RMD", say("250 Gone."));
    let (server, mut driver) = connected(script).await;
    let (stay, counted, failures) = delete(&mut driver, &["/d"]).await;
    assert!(failures.is_empty() && stay.is_empty(), "{failures:?}");
    assert_eq!((counted.files, counted.folders), (2, 1));
    assert_eq!(server.count("RMD"), 1);
    driver.shutdown().await;

    // one that is only called so is there
    let script = Script::new(Protocol::Ftp)
        .file("/d/not found", "a")
        .on("DELE", say("550 /d/not found: Permission denied"));
    let (_server, mut driver) = connected(script).await;
    let (stay, _, failures) = delete(&mut driver, &["/d"]).await;
    assert_eq!((stay, failures.len()), (vec![remote_place("/d")], 1));
    driver.shutdown().await;
}
