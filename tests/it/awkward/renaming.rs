//! What is left of a renaming or a deletion whose answer says little, or was lost.

use ftpane::model::failure::Class;

use super::placing::{content, local, replace, script};
use super::*;
use crate::harness::scripted::{close, end_data, obey, receive, receive_all, say};

/// Without SIZE a listing tells what came of a renaming whose answer was lost: done or not, the new file is
/// there once, and only where nothing lists it nobody can tell.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_renaming_without_size_is_looked_into_by_a_listing() {
    let unsized_ = |script: Script| script.on("SIZE", say("500 What?"));
    for renaming in [vec![obey(), close()], vec![close()]] {
        let script = unsized_(script()).once("RNTO", renaming.clone());
        let (server, driver, state) = replace(script).await;
        let note = done(state).unwrap();
        let is_lost = renaming.len() == 2;
        assert_eq!(note.contains("connection was lost"), is_lost, "{note}");
        assert_eq!(content(&server, "/target"), "new");
        assert_eq!(server.files(), ["/target"], "{renaming:?}");
        assert_eq!(server.count("STOR"), 1, "it is not sent twice");
        driver.shutdown().await;
    }

    let blind = unsized_(script())
        .on("LIST", say("550 No."))
        .on("MLSD", say("550 No."))
        .once("RNTO", [obey(), close()]);
    let (server, driver, state) = replace(blind).await;
    let failure = failed(state);
    assert_says(
        &failure,
        Class::Unreachable,
        &["/target in place", "old file stands there or the new one"],
    );
    assert!(!failure.to_string().contains("untouched"), "{failure}");
    assert_eq!(content(&server, "/target"), "new");
    driver.shutdown().await;
}

/// 550 says to DELE that there is nothing, or that the server will not: which, its size tells. Where none is told it
/// may be there.
#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_file_that_is_not_deleted_is_named() {
    let cut = [
        say("150 go"),
        receive(1),
        say("552 Quota exceeded."),
        receive_all(),
        end_data(),
    ];
    for script in [script(), script().on("SIZE", say("500 What?"))] {
        let refused = script.once("STOR", cut.clone()).on("DELE", say("550 No."));
        let (server, driver, state) = replace(refused).await;
        let failure = failed(state).to_string();
        let files = server.files();
        assert_eq!(files.len(), 2, "{files:?}");
        let part = files.iter().find(|file| *file != "/target").unwrap();
        assert!(failure.contains(&format!("{part} may be left.")), "{failure}");
        driver.shutdown().await;
    }

    let (server, driver, state) = replace(script().on("STOR", say("452 Full."))).await;
    let failure = failed(state).to_string();
    assert!(!failure.contains("may be left"), "{failure}");
    assert_eq!(server.files(), ["/target"]);
    driver.shutdown().await;
}

/// Somebody reads the old file, or a program looks through the new one: that passes, and says nothing of what a folder
/// takes.
#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_open_is_tried_again_and_nobody_is_asked() {
    let open = "550 The process cannot access the file because it is being used by another process.";
    // in one piece and in steps; and the old one aside
    all_at_once([("RNFR", 2), ("RNTO", 3)].map(|(verb, times)| async move {
        for retries in [0, 1] {
            let (_folder, here) = local("new");
            let server = script().first(times, verb, say(open)).start().await;
            let patience = Patience { retries, ..SHORT };
            let mut driver = connected_to(&server, |server| server, patience).await;
            let state = upload(&mut driver, &here, "/target").await;
            if retries == 0 {
                let failure = failed(state);
                assert_says(&failure, Class::Refused, &["somebody else uses", "untouched"]);
                assert!(failure.transient && !failure.to_string().contains("--in-place"));
                assert_eq!(content(&server, "/target"), "old");
            } else {
                done(state);
                assert_eq!(content(&server, "/target"), "new");
            }
            assert_eq!(server.files(), ["/target"], "{verb}: nothing else is left");
            driver.shutdown().await;
        }
    }))
    .await;
}
