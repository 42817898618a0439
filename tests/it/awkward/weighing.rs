//! Servers without SIZE: what has arrived of an upload is told by MLST or STAT, where they know these.

use ftpane::model::failure::Class;
use ftpane::model::server::Protocol;

use super::placing::{content, local, replace};
use super::*;
use crate::harness::scripted::{Step, describe, end_data, receive, say};

const BY_FACTS: &str = "250-Facts\r\n type=file;size={size}; {path}\r\n250 End";
const BY_LINES: &str = "213-Status:\r\n-rw-r--r-- 1 me us {size} Jan  2  2024 {path}\r\n213 End";
const NO_SIZE: &str = "its word is the only proof";

/// A server without SIZE, with MLSD, or with LIST alone, that tells of one file so.
fn without_size(features: &str, told: impl Into<Vec<Step>>) -> Script {
    let verb = if features.contains("MLST") { "MLST" } else { "STAT" };
    Script::new(Protocol::Ftp)
        .features(features)
        .file("/target", "old")
        .on("SIZE", say("500 What?"))
        .on(verb, told)
}

fn cut_short() -> [Step; 4] {
    [say("150 Send it."), receive(1), end_data(), say("226 Done.")]
}

/// Both ways to tell it.
fn both() -> [Script; 2] {
    [
        without_size("EPSV MLST", describe(BY_FACTS)),
        without_size("EPSV", describe(BY_LINES)),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_short_is_not_put_in_place_though_the_server_says_that_all_is_well() {
    for script in both() {
        let (server, driver, state) = replace(script.on("STOR", cut_short())).await;
        assert_says(
            &failed(state),
            Class::Unreachable,
            &["the server has 1 of 3 bytes"],
        );
        assert_eq!(content(&server, "/target"), "old");
        assert_eq!(server.files(), ["/target"], "nothing else is left");
        driver.shutdown().await;
    }
}

/// SIZE is given up with the first file.
#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_whole_needs_no_other_proof() {
    for script in both() {
        let (_folder, here) = local("new");
        let (server, mut driver) = connected(script.file("/other", "old")).await;
        assert_eq!(done(upload(&mut driver, &here, "/target").await), None);
        let asked = server.count("SIZE");
        assert_eq!(done(upload(&mut driver, &here, "/other").await), None);
        assert_eq!(content(&server, "/other"), "new");
        assert_eq!(server.count("SIZE"), asked);
        driver.shutdown().await;
    }
}

/// Where they tell nothing of it, the server's word is the proof, as before, and they are not asked again.
#[tokio::test(flavor = "multi_thread")]
async fn who_tells_nothing_is_asked_once() {
    for (features, verb, told, times) in [
        ("EPSV MLST", "MLST", "500 What?", [1, 1]),
        (
            "EPSV MLST",
            "MLST",
            "250-Facts\r\n type=file;size=7; /another\r\n250 End",
            [1, 1],
        ),
        // whose each of them is is asked, too
        ("EPSV", "STAT", "211 I feel fine.", [2, 3]),
        ("EPSV", "STAT", "213-Status:\r\n213 End", [2, 3]),
    ] {
        let (_folder, here) = local("new");
        let script = without_size(features, say(told)).file("/other", "old");
        let (server, mut driver) = connected(script).await;
        let mut asked = Vec::new();
        for target in ["/target", "/other"] {
            let note = done(upload(&mut driver, &here, target).await);
            assert!(note.is_some_and(|note| note.contains(NO_SIZE)), "{told}");
            assert_eq!(content(&server, target), "new");
            let weighed = |line: &&crate::harness::scripted::Heard| {
                line.line.starts_with(verb) && line.line.contains("ftpane-part")
            };
            asked.push(server.heard().iter().filter(weighed).count());
        }
        assert_eq!(asked, times, "{told}");
        driver.shutdown().await;
    }
}
