//! What `get` and `put` ask before the first byte flows: what was named is looked at by itself, a round
//! trip, and listings are asked where that leaves it open.

use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use ftpane::model::server::Protocol;

use super::{ends, json, stderr};
use crate::harness::binary::{ftpane, output};
use crate::harness::scripted::{Script, Scripted, end_data, say, send};

/// What `MDTM` of every file of a scripted server tells: 2024-01-02 03:04:05.
const TIME: Duration = Duration::from_secs(1_704_164_645);

async fn run(home: &Path, words: &[&str]) -> std::process::Output {
    let mut command = ftpane(home);
    command.args(words);
    output(command).await
}

/// What the server heard after the login.
async fn asked(server: &Scripted) -> Vec<String> {
    // the goodbye may arrive when the program is gone
    server.is_left().await;
    let heard = server.heard().into_iter().map(|heard| heard.line);
    heard.skip_while(|line| line != "PWD").skip(1).collect()
}

fn script() -> Script {
    Script::new(Protocol::Ftp)
        .features("EPSV MDTM SIZE")
        .file("/d/f", "content")
        .file("/d/g", "other")
        .file("/d/e/h", "inner")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_had_without_a_listing() {
    let home = tempfile::tempdir().unwrap();
    let server = script().start().await;
    let url = format!("{}/d/f", server.server().url());
    let output = run(home.path(), &["get", "--json", "--to", "to", &url]).await;
    ends(&output, 0);
    assert_eq!(
        asked(&server).await,
        ["SIZE /d/f", "MDTM /d/f", "CWD /d/f", "EPSV", "RETR /d/f", "QUIT"]
    );
    let row = json(&output).remove(0);
    assert_eq!(
        (&row["event"], &row["source"], &row["bytes"]),
        (&"done".into(), &"/d/f".into(), &7.into())
    );
    let here = home.path().join("to/f");
    assert_eq!(std::fs::read(&here).unwrap(), b"content");
    let modified = here.metadata().unwrap().modified().unwrap();
    assert_eq!(modified.duration_since(UNIX_EPOCH).unwrap(), TIME);
}

/// Of many files one listing tells more than a question for each.
#[tokio::test(flavor = "multi_thread")]
async fn many_files_are_looked_for_in_one_listing() {
    let home = tempfile::tempdir().unwrap();
    let mut many = script();
    let paths: Vec<String> = (0..5).map(|n| format!("/d/{n}")).collect();
    for path in &paths {
        many = many.file(path, "content");
    }
    let server = many.start().await;
    let urls: Vec<String> = paths
        .iter()
        .map(|path| format!("{}{path}", server.server().url()))
        .collect();
    let words = ["get", "--to", "to"].into_iter();
    let words: Vec<&str> = words.chain(urls.iter().map(String::as_str)).collect();
    ends(&run(home.path(), &words).await, 0);
    let heard = asked(&server).await;
    let listings = heard.iter().filter(|line| line.starts_with("LIST")).count();
    assert_eq!((heard[0].as_str(), listings), ("CWD /d", 1), "{heard:?}");
    assert!(
        paths
            .iter()
            .all(|path| home.path().join("to").join(&path[3..]).is_file())
    );
}

/// Servers that tell a size of folders, go anywhere they are sent to, tell no time, say that they are busy, or
/// offer none of it: what comes is what listings say that it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_answers_leave_open_the_listing_tells() {
    let odd = [
        ("a size of folders", script().on("SIZE /d/e", say("213 4096"))),
        (
            "a size and a time of folders",
            script()
                .on("SIZE /d/e", say("213 4096"))
                .on("MDTM /d/e", say("213 20240102030405")),
        ),
        ("goes anywhere", script().on("CWD", say("250 There you are."))),
        ("no time", script().on("MDTM", say("502 What?"))),
        ("no size", script().on("SIZE", say("502 What?"))),
        ("busy", script().once("CWD", say("450 Busy."))),
        ("offers none of it", script().features("EPSV")),
    ];
    for (what, script) in odd {
        // where any folder can be gone into, a file is believed to its listing
        let listing = |text: &str| [say("150 go"), send(text), end_data(), say("226 done")];
        let script = match what {
            "goes anywhere" => script
                .on_in("/", "LIST", listing("-rw-r--r-- 1 me us 7 Jan  2  2024 f\r\n"))
                .file("/f", "content"),
            _ => script,
        };
        let home = tempfile::tempdir().unwrap();
        let server = script.start().await;
        let url = server.server().url();
        if what == "goes anywhere" {
            ends(
                &run(home.path(), &["get", "--to", "to", &format!("{url}/f")]).await,
                0,
            );
            assert_eq!(std::fs::read(home.path().join("to/f")).unwrap(), b"content");
            continue;
        }
        for (path, lands) in [("/d/f", "to/f"), ("/d/e", "to/e/h")] {
            let output = run(home.path(), &["get", "--to", "to", &format!("{url}{path}")]).await;
            ends(&output, 0);
            assert!(
                home.path().join(lands).is_file(),
                "{what}: {path}: {}",
                stderr(&output)
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_to_put_into_is_listed_once_and_its_parent_not() {
    for several in [false, true] {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("x"), "new").unwrap();
        std::fs::write(home.path().join("y"), "new").unwrap();
        let server = script().start().await;
        let url = server.server().url();
        let output = match several {
            false => run(home.path(), &["put", "-j", "1", "x", &format!("{url}/d/")]).await,
            true => run(home.path(), &["put", "-j", "1", "x", "y", &format!("{url}/d")]).await,
        };
        ends(&output, 0);
        let heard = asked(&server).await;
        assert_eq!(
            &heard[..6],
            ["SIZE /d", "MDTM /d", "CWD /d", "EPSV", "LIST -a", "EPSV"],
            "{heard:?}"
        );
        let of_folders = heard
            .iter()
            .filter(|line| line.starts_with("LIST") || line.starts_with("MKD"));
        assert_eq!(of_folders.count(), 1, "{heard:?}");
        assert_eq!(server.content("/d/x").unwrap(), b"new");
    }
}

/// A folder that is not there is made, and a file in its place refuses, as without the question.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_folder_is_found_out_as_ever() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("x"), "new").unwrap();
    let server = script().start().await;
    let url = server.server().url();
    ends(
        &run(home.path(), &["put", "x", &format!("{url}/d/new/")]).await,
        0,
    );
    assert_eq!(server.content("/d/new/x").unwrap(), b"new");
    let refused = run(home.path(), &["put", "x", &format!("{url}/d/f/")]).await;
    ends(&refused, 7);
    assert!(
        stderr(&refused).contains("/d/f is no folder"),
        "{}",
        stderr(&refused)
    );
    assert_eq!(server.content("/d/f").unwrap(), b"content");
}
