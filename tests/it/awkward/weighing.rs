//! Servers without SIZE: what has arrived of an upload is told by MLST or STAT, where they know these.

use ftpane::model::failure::Class;
use ftpane::model::server::Protocol;

use super::placing::{content, local, replace};
use super::*;
use crate::harness::scripted::{
    Step, close, describe, drain, end_data, impatience, obey, receive, receive_all, say, usual,
};

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

/// What came short is said, and the old file stands.
#[track_caller]
fn assert_came_short(server: &Scripted, state: JobState) {
    assert_says(
        &failed(state),
        Class::Unreachable,
        &["the server has 1 of 3 bytes"],
    );
    assert_eq!(content(server, "/target"), "old");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_arrived_short_is_not_put_in_place_though_the_server_says_that_all_is_well() {
    for script in both() {
        let (server, driver, state) = replace(script.on("STOR", cut_short())).await;
        assert_came_short(&server, state);
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

/// The new file is looked for in its place before the old one, which stands aside, is deleted.
#[tokio::test(flavor = "multi_thread")]
async fn the_old_file_comes_back_where_the_new_one_is_not_in_its_place() {
    for script in both() {
        // over the old one, the same in steps, the old one aside; what puts the new one in is said and not done
        let script = (0..3).fold(script.refuses_over("550 It exists."), |script, _| {
            script.once("RNTO", usual())
        });
        let (server, driver, state) = replace(script.once("RNTO", say("250 Renamed."))).await;
        assert_says(&failed(state), Class::Other, &["/target in place", "untouched"]);
        assert_eq!(content(&server, "/target"), "old");
        assert_eq!(server.files(), ["/target"], "nothing else is left");
        driver.shutdown().await;
    }
}

/// What came of a renaming, or of the data, whose answer was lost needs no listing.
#[tokio::test(flavor = "multi_thread")]
async fn what_they_tell_takes_the_place_of_a_lost_word() {
    let lost: [(&str, Vec<Step>); 2] = [
        ("RNTO", vec![obey(), close()]),
        (
            "STOR",
            vec![say("150 Send it."), receive_all(), end_data(), close()],
        ),
    ];
    for (verb, steps) in lost {
        for script in both() {
            let blind = script.on("LIST", say("550 No.")).on("MLSD", say("550 No."));
            let (server, driver, state) = replace(blind.once(verb, steps.clone())).await;
            let note = done(state).unwrap_or_default();
            assert!(note.contains("connection was lost"), "{verb}: {note}");
            assert_eq!(content(&server, "/target"), "new");
            assert_eq!(server.files(), ["/target"]);
            assert_eq!(server.count("STOR"), 1, "it is not sent twice");
            driver.shutdown().await;
        }
    }
}

/// Some say by 550 that they tell no size.
#[tokio::test(flavor = "multi_thread")]
async fn who_says_that_there_is_nothing_is_asked_otherwise() {
    let script = Script::new(Protocol::Ftp)
        .features("EPSV MLST")
        .file("/target", "old")
        .on("SIZE", say("550 Not in this mode."))
        .on("MLST", describe(BY_FACTS));
    let (server, driver, state) = replace(script.on("STOR", cut_short())).await;
    assert_came_short(&server, state);
    driver.shutdown().await;
}

/// What is written in place is not renamed, which would show that it is not there.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_done_in_place_either() {
    let nothing = [say("150 Send it."), drain(), end_data(), say("226 Have it.")];
    let (_folder, here) = local("new");
    let script = Script::new(Protocol::Ftp)
        .refuses_dot_names("553 Prohibited file name.")
        .on("MLST", describe(BY_FACTS))
        .on("STOR /new", nothing);
    let settings = |server| Server {
        in_place: true,
        ..server
    };
    let (server, mut driver) = connected_as(script, settings).await;
    // what was found out for the first holds for the second
    for _ in 0..2 {
        let failure = failed(upload(&mut driver, &here, "/new").await);
        assert_says(
            &failure,
            Class::Unreachable,
            &["has all of it, and does not find it"],
        );
        assert_eq!(server.files(), [""; 0]);
    }
    driver.shutdown().await;
}

/// One that was busy for a moment still tells, of this file and of the next.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_told_once_is_asked_again() {
    let (_folder, here) = local("new");
    let script = Script::new(Protocol::Ftp)
        .features("EPSV MLST")
        .on("SIZE", say("500 What?"))
        .once("MLST", describe(BY_FACTS))
        .once("MLST", say("450 Busy."))
        .on("MLST", describe(BY_FACTS))
        .once("STOR", usual())
        .on("STOR", cut_short());
    let (server, mut driver) = connected(script).await;
    assert_eq!(done(upload(&mut driver, &here, "/first").await), None);
    for target in ["/second", "/third"] {
        let failure = failed(upload(&mut driver, &here, target).await);
        assert_says(&failure, Class::Unreachable, &["the server has 1 of 3 bytes"]);
    }
    assert_eq!(server.files(), ["/first"]);
    driver.shutdown().await;
}

/// SIZE that is refused only because it came with another command is asked by itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_as_it_came_ahead_is_asked_by_itself() {
    let cut = [
        say("150 Go."),
        receive(1),
        drain(),
        end_data(),
        impatience(),
        say("226 Have it."),
    ];
    let script = Script::new(Protocol::Ftp)
        .file("/target", "old")
        .features("EPSV MLST MDTM SIZE UTF8 MFMT")
        .on("MFMT", say("213 As you wish."))
        .once("STOR", cut);
    let (server, driver, state) = replace(script).await;
    assert_says(&failed(state), Class::Unreachable, &["1 of 3 bytes", "untouched"]);
    assert_eq!(content(&server, "/target"), "old");
    driver.shutdown().await;
}
