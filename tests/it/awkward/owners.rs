//! Whose a file is that takes another's place on a server: a new file belongs to who made it, and that is said.

use ftpane::model::entry::Kind;
use ftpane::model::job::{Direction, JobState};
use ftpane::model::server::{Protocol, Server};

use super::placing::{content, replace};
use super::*;
use crate::harness::scripted::{Step, close, end_data, hold, say, send};

fn listed(lines: &str) -> Vec<Step> {
    vec![say("150 Here."), send(lines), end_data(), say("226 Done.")]
}

const ROOTS: &str = "type=file;size=3;modify=20240102030405;UNIX.owner=0;UNIX.ownername=root;UNIX.group=0;\
                     UNIX.groupname=web; target\r\n";

/// A server with MLSD whose new files are `owner`'s.
fn by_facts(owner: &str) -> Script {
    replacing(ROOTS, facts(owner))
}

fn facts(owner: &str) -> Step {
    say(&format!("250-Facts\r\n type=file;size=3;{owner} /x\r\n250 End"))
}

/// One where this stands at the target, and that does so when it is asked whose a file is.
fn replacing(stands: &str, told: impl Into<Vec<Step>>) -> Script {
    Script::new(Protocol::Ftp)
        .file("/target", "old")
        .on("MLSD", listed(stands))
        .on("MLST", told)
}

/// One with the lines of `ls`: what stands there is `stands`, and STAT tells of a new file as `told`.
fn by_lines(stands: &str, told: impl Into<Vec<Step>>) -> Script {
    Script::new(Protocol::Ftp)
        .features("EPSV SIZE MDTM")
        .file("/target", "old")
        .on(
            "LIST",
            listed(&format!("-rw-r--r-- 1 {stands} 3 Jan  2  2024 target\r\n")),
        )
        .on("STAT", told)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_file_that_becomes_anothers_is_said() {
    let me = "213-Status follows:\r\n-rw-r--r-- 1 me us 3 Jan  2  2024 x\r\n213 End";
    for (script, want) in [
        (
            by_facts("UNIX.owner=5;UNIX.ownername=me;UNIX.group=7;UNIX.groupname=us;"),
            Some("belonged to user root and group web, this one belongs to user me and group us"),
        ),
        // the group alone
        (
            by_facts("UNIX.ownername=root;UNIX.groupname=us;"),
            Some("belonged to user root and group web, this one belongs to user root and group us"),
        ),
        (by_facts("UNIX.ownername=root;UNIX.groupname=web;"), None),
        // nobody knows
        (by_facts("perm=r;"), None),
        (replacing(ROOTS, say("500 What?")), None),
        (
            by_lines("root web", say(me)),
            Some("belonged to user root and group web, this one belongs to user me and group us"),
        ),
        (by_lines("me us", say(me)), None),
        (by_lines("root web", say("211 I feel fine.")), None),
        (by_lines("root web", say("550 No such file.")), None),
    ] {
        let (server, driver, state) = replace(script).await;
        let note = done(state);
        assert_eq!(content(&server, "/target"), "new");
        match want {
            Some(words) => assert!(
                note.as_deref().is_some_and(|note| note.contains(words)),
                "{note:?}"
            ),
            None => assert_eq!(note, None),
        }
        driver.shutdown().await;
    }
}

/// It is asked once a folder, and only where something is replaced whose owner is known.
#[tokio::test(flavor = "multi_thread")]
async fn whose_new_files_are_is_asked_once_a_folder() {
    let here = tempfile::tempdir().unwrap();
    let names = ["a", "b", "c", "d"];
    for name in names {
        std::fs::write(here.path().join(name), "new").unwrap();
    }
    let line = |name: &&str| ROOTS.replace(" target", &format!(" {name}"));
    let me = "250-Facts\r\n type=file;UNIX.ownername=me;UNIX.groupname=us; /x\r\n250 End";
    let script = names[..3]
        .iter()
        .fold(Script::new(Protocol::Ftp), |script, name| {
            script.file(&format!("/d/{name}"), "old")
        });
    let script = script
        .on("MKD", say("550 It exists."))
        .on(
            "MLSD /d",
            listed(&names[..3].iter().map(line).collect::<String>()),
        )
        .on("MLST", say(me));
    let (server, mut driver) = connected_as(script, |server| Server {
        connections: 1,
        ..server
    })
    .await;
    let ended = driver
        .transfer(Direction::Upload, Kind::Dir, here.path(), "/d")
        .await;
    let said = |state: &JobState| match state {
        JobState::Done { note, .. } => note
            .as_deref()
            .is_some_and(|note| note.contains("belonged to user root")),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        ended.states.iter().filter(|(.., state)| said(state)).count(),
        3,
        "{ended:?}"
    );
    assert_eq!(server.count("MLST"), 1);
    driver.shutdown().await;
}

/// Nothing hangs on the answer: a server that ends the session over the question twice is not asked again.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_falls_silent_over_the_question_costs_two_sessions_and_no_upload() {
    let ends = || {
        [
            vec![hold()],
            vec![close()],
            vec![say("421 What was that?"), close()],
        ]
    };
    let by_stat = ends().map(|steps| ("STAT", by_lines("root web", steps)));
    let by_mlst = ends().map(|steps| ("MLST", replacing(ROOTS, steps)));
    all_at_once(
        by_stat
            .into_iter()
            .chain(by_mlst)
            .map(|(verb, script)| async move {
                let shown = format!("{script:?}");
                let (server, driver, state) = replace(script).await;
                assert_eq!(done(state), None, "{shown}");
                assert_eq!(content(&server, "/target"), "new", "{shown}");
                assert_eq!((server.count(verb), server.files().len()), (2, 1), "{shown}");
                driver.shutdown().await;
            }),
    )
    .await;
}

/// A line that broke once over the question says nothing of the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_lost_over_the_question_is_followed_by_the_answer() {
    let told = "250-Facts\r\n type=file;size=3;UNIX.ownername=me;UNIX.groupname=us; /x\r\n250 End";
    let script = Script::new(Protocol::Ftp)
        .file("/target", "old")
        .on("MLSD", listed(ROOTS))
        .once("MLST", close())
        .on("MLST", say(told));
    let (server, driver, state) = replace(script).await;
    let note = done(state).unwrap_or_default();
    assert!(note.contains("belonged to user root"), "{note}");
    assert_eq!(server.count("MLST"), 2);
    driver.shutdown().await;
}

/// What lets others act as a file's owner goes over to a file of the same owner only.
#[tokio::test(flavor = "multi_thread")]
async fn set_user_id_goes_over_to_a_file_of_the_same_owner_only() {
    let stands = ROOTS.replace("type=file;", "type=file;UNIX.mode=6755;");
    let left_out = "the replaced file had rwsr-sr-x; set-user-ID and set-group-ID are left out";
    for (owner, mode) in [
        ("UNIX.ownername=root;UNIX.groupname=web;", "6755"),
        ("UNIX.ownername=me;UNIX.groupname=web;", "755"),
        ("UNIX.ownername=root;UNIX.groupname=us;", "755"),
        // nobody knows
        ("perm=r;", "755"),
    ] {
        let (server, driver, state) = replace(replacing(&stands, facts(owner))).await;
        let note = done(state).unwrap_or_default();
        assert_eq!(note.contains(left_out), mode == "755", "{note}");
        let heard: Vec<String> = server.heard().into_iter().map(|heard| heard.line).collect();
        let at = |verb: &str| heard.iter().position(|line| line.starts_with(verb));
        let set = at(&format!("SITE CHMOD {mode} /.target."));
        assert!(set.is_some() && set < at("RNTO"), "{heard:?}");
        assert_eq!(server.count("SITE"), 1, "{heard:?}");
        driver.shutdown().await;
    }
}
