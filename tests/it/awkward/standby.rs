//! Data connections asked for before it is said what for: at the end of a listing that a file is put after, and with
//! the look at what stands at a path.

use ftpane::model::command::{Command, Generation};
use ftpane::model::event::{Event, Seen};
use ftpane::model::server::Protocol;

use super::*;
use crate::harness::engine::remote_place;
use crate::harness::scripted::{Step, announce, announce_closed, end_data, hear, say, send};

const WAY: &str = "229 Here (|||{port}|)";

fn plain() -> Script {
    Script::new(Protocol::Ftp)
        .features("EPSV MLST SIZE MDTM")
        .file("/d/f", "old")
        .file("/e/f", "old")
}

/// A listing of one file, up to the end of its data.
fn listed() -> Vec<Step> {
    let line = "type=file;size=3;modify=20240102030405; f\r\n";
    vec![say("150 Coming."), send(line), end_data()]
}

/// Replaces `/d/f` and `/e/f`, one after the other.
async fn replace_both(server: &Scripted, driver: &mut Driver) {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("f");
    std::fs::write(&file, "new").unwrap();
    for path in ["/d/f", "/e/f"] {
        assert_eq!(done(upload(driver, &file, path).await), None, "{path}");
        assert_eq!(server.content(path).unwrap(), b"new", "{path}");
    }
    assert_eq!(server.files(), ["/d/f", "/e/f"]);
}

/// What was sent from this command on, in its session.
fn after(server: &Scripted, first: &str) -> Vec<String> {
    let heard = server.heard();
    let session = heard.iter().find(|heard| heard.line == first).unwrap().session;
    let lines = heard.into_iter().filter(|heard| heard.session == session);
    let lines = lines.map(|heard| heard.line);
    lines.skip_while(|line| line != first).skip(1).collect()
}

/// The verbs of these lines.
fn verbs(lines: &[String]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.split(' ').next()).collect()
}

/// This server says 226 to its listing when it has the next command: who waits for it waits for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_has_its_way_at_the_end_of_the_listing() {
    for protocol in [Protocol::Ftp, Protocol::FtpsExplicit, Protocol::FtpsImplicit] {
        let late = [listed(), vec![hear(), say("226 Done."), announce(WAY)]].concat();
        let script = Script::new(protocol).features("EPSV MLST SIZE MDTM");
        let script = script.file("/d/f", "old").file("/e/f", "old");
        let (server, mut driver) = connected(script.once("MLSD /d", late)).await;
        replace_both(&server, &mut driver).await;
        for path in ["MLSD /d", "MLSD /e"] {
            let lines = after(&server, path);
            assert_eq!(verbs(&lines)[..2], ["EPSV", "STOR"], "{path}: {lines:?}");
        }
        assert!(!remarked(&driver, "asking one by one"));
        driver.shutdown().await;
    }
}

/// The end of the listing takes away what was asked for before it was said: it is asked for again, and with its
/// command from then on.
#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_not_there_is_asked_for_again() {
    let closed = || [listed(), vec![hear(), say("226 Done."), announce_closed(WAY)]].concat();
    let forgetful = |word| plain().once("STOR", [say(word)]);
    let cases = [
        plain().once("MLSD /d", closed()),
        forgetful("503 Bad sequence of commands."),
        forgetful("425 Use PORT or PASV first."),
    ];
    all_at_once(cases.into_iter().map(|script| async move {
        let (server, mut driver) = connected(script).await;
        replace_both(&server, &mut driver).await;
        assert!(remarked(&driver, "asked for ahead was not there"));
        assert!(!remarked(&driver, "asking one by one"));
        let lines = after(&server, "MLSD /e");
        assert_eq!(verbs(&lines)[..2], ["EPSV", "STOR"], "{lines:?}");
        let again = after(&server, "MLSD /d");
        assert_ne!(again, lines);
        driver.shutdown().await;
    }))
    .await;
}

/// A server that mixes up what is asked for before its 226, or loses it: the folder is listed again.
#[tokio::test(flavor = "multi_thread")]
async fn a_listing_that_is_overtaken_is_asked_for_again() {
    let cases = [
        vec![hear(), announce(WAY), say("226 Done.")],
        vec![hear(), say("226 Done.")],
    ];
    all_at_once(cases.into_iter().map(|rest| async move {
        let (server, mut driver) = connected(plain().once("MLSD /d", [listed(), rest].concat())).await;
        replace_both(&server, &mut driver).await;
        assert!(remarked(&driver, "asking one by one"));
        driver.shutdown().await;
    }))
    .await;
}

async fn look(driver: &mut Driver, path: &str) -> Seen {
    driver.send(Command::LookAt {
        place: remote_place(path),
        generation: Generation(99),
    });
    let looked = |event| match event {
        Event::Looked { seen, .. } => Some(seen),
        _ => None,
    };
    driver.wait(looked).await
}

/// What is looked at is listed next: neither the way there nor a data connection is asked for once more.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_at_is_listed_at_once() {
    for features in ["EPSV SIZE MDTM", "EPSV MLST SIZE MDTM"] {
        let (server, mut driver) = connected(plain().features(features)).await;
        // the first of them has proved no data connection yet
        for path in ["/d", "/e"] {
            assert_eq!(look(&mut driver, path).await, Seen::Folder, "{features}");
            assert_eq!(names(&driver.list(path).await.unwrap()), ["f"], "{features}");
            let lines = after(&server, &format!("SIZE {path}"));
            let verbs = verbs(&lines);
            assert_eq!(verbs[..3], ["MDTM", "CWD", "EPSV"], "{lines:?}");
            assert!(matches!(verbs[3], "LIST" | "MLSD"), "{lines:?}");
        }
        driver.shutdown().await;
    }
}

/// Something else was said in between, or it is another folder: all is asked for as ever.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_looked_at_before_something_else_is_listed_as_ever() {
    let (server, mut driver) = connected(plain().features("EPSV SIZE MDTM")).await;
    look(&mut driver, "/d").await;
    assert_eq!(names(&driver.list("/e").await.unwrap()), ["f"]);
    look(&mut driver, "/e").await;
    driver.send(Command::Raw {
        connection: crate::harness::engine::CONNECTION,
        folder: crate::harness::engine::remote("/d"),
        line: b"NOOP".to_vec(),
        generation: Generation(98),
    });
    let answered = |event| matches!(event, Event::RawAnswered { .. }).then_some(());
    driver.wait(answered).await;
    assert_eq!(names(&driver.list("/e").await.unwrap()), ["f"]);
    let lists: Vec<String> = after(&server, "SIZE /d");
    let at = lists.iter().position(|line| line == "LIST -a").unwrap();
    assert_eq!(lists[at - 2..at], ["CWD /e", "EPSV"], "{lists:?}");
    let at = lists.iter().rposition(|line| line == "LIST -a").unwrap();
    assert_eq!(lists[at - 2..at], ["CWD /e", "EPSV"], "{lists:?}");
    driver.shutdown().await;
}
