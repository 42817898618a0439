//! SITE CHMOD, with all that is below.

use ftpane::model::command::{Command, Permit, Place};
use ftpane::model::event::{Counted, Deed, Event};
use ftpane::model::failure::{Class, Failure};
use ftpane::model::mode::Reach;
use ftpane::model::server::{Protocol, Server};

use super::{assert_says, connected, connected_as, heard, script};
use crate::harness::engine::{Driver, remote_place};
use crate::harness::scripted::{Script, close, end_data, say, send, usual};

/// Sets permissions: how much was done, how often it failed, and how.
async fn set(driver: &mut Driver, places: Vec<Place>, mode: &str, reach: Reach) -> (Counted, Vec<Failure>) {
    driver.failures.clear();
    driver.send(Command::SetPermissions(Permit {
        places,
        mode: mode.parse().unwrap(),
        reach,
    }));
    let (counted, failed) = driver
        .wait(|event| match event {
            Event::Done(Deed::PermissionsSet { counted, failed, .. }) => Some((counted, failed)),
            _ => None,
        })
        .await;
    let failures = std::mem::take(&mut driver.failures);
    assert_eq!(failed, u64::try_from(failures.len()).unwrap());
    (counted, failures)
}

fn places(paths: &[&str]) -> Vec<Place> {
    paths.iter().map(|path| remote_place(path)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn below_a_folder_each_gets_what_is_its_own() {
    let (server, mut driver) = connected(script()).await;
    let mode = |path| server.mode_of(path).unwrap();
    let (counted, failures) = set(&mut driver, places(&["/a"]), "g+rX", Reach::All).await;
    assert_eq!((counted.files, counted.folders, failures.len()), (2, 2, 0));
    assert_eq!((mode("/a"), mode("/a/b")), (0o755, 0o750));
    assert_eq!((mode("/a/f"), mode("/a/b/g")), (0o640, 0o640));
    // what is so already costs no command, and a link none either
    let asked = heard(&server, "SITE CHMOD");
    assert_eq!(asked, ["SITE CHMOD 640 /a/b/g", "SITE CHMOD 750 /a/b"]);

    set(&mut driver, places(&["/a"]), "600", Reach::Files).await;
    assert_eq!(
        (mode("/a/b"), mode("/a/f"), mode("/a/b/g")),
        (0o750, 0o600, 0o600)
    );
    set(&mut driver, places(&["/a"]), "711", Reach::Folders).await;
    assert_eq!((mode("/a"), mode("/a/b"), mode("/a/f")), (0o711, 0o711, 0o600));
    set(&mut driver, places(&["/a", "/a/l"]), "755", Reach::Itself).await;
    assert_eq!((mode("/a"), mode("/a/b"), mode("/a/f")), (0o755, 0o711, 0o755));
    // what this closes is gone into before: the deepest folder first
    let before = heard(&server, "SITE CHMOD").len();
    set(&mut driver, places(&["/a"]), "a-x", Reach::All).await;
    let asked = heard(&server, "SITE CHMOD");
    assert_eq!(
        asked[before..][asked.len() - before - 2..],
        ["SITE CHMOD 600 /a/b", "SITE CHMOD 644 /a"]
    );
    driver.shutdown().await;
}

/// What it lists it deals with over the same session: a listing of all at once would hold it, and wait for that.
#[tokio::test(flavor = "multi_thread")]
async fn one_session_is_enough_where_all_could_be_listed_at_once() {
    let folder = |name: &str| format!("drwxr-xr-x 2 me us 0 Jan  2  2024 {name}\r\n");
    let section =
        |heading: &str, entries: &str| format!("{heading}:\r\n{}{}{entries}\r\n", folder("."), folder(".."));
    let names: Vec<String> = (0..9).map(|n| format!("d{n}")).collect();
    let mut listed = section(".", &names.iter().map(|name| folder(name)).collect::<String>());
    let mut script = Script::new(Protocol::Ftp).features("EPSV MLST SIZE SITE");
    for name in &names {
        listed += &section(&format!("./{name}"), "-rw-r--r-- 1 me us 1 Jan  2  2024 f\r\n");
        script = script.file(&format!("/a/{name}/f"), "x");
    }
    let all = [say("150 All of it."), send(listed), end_data(), say("226 Done.")];
    let (server, mut driver) = connected_as(script.on("LIST -aR", all), |server| Server {
        connections: 1,
        ..server
    })
    .await;
    let (counted, failures) = set(&mut driver, places(&["/a"]), "700", Reach::All).await;
    assert_eq!((counted.files, counted.folders, failures), (9, 10, vec![]));
    assert!(
        names
            .iter()
            .all(|name| server.mode_of(&format!("/a/{name}/f")) == Some(0o700))
    );
    assert_eq!(server.sessions(), 1);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_command_is_asked_no_further() {
    for reply in ["500 What?", "502 No.", "504 Not that.", "202 Superfluous."] {
        let (server, mut driver) = connected(script().on("SITE CHMOD", say(reply))).await;
        let (counted, failures) = set(&mut driver, places(&["/a"]), "700", Reach::All).await;
        assert_eq!(counted, Counted::default());
        let [failure] = failures.as_slice() else {
            panic!("{failures:?}");
        };
        assert_says(failure, Class::Refused, &["the server has no SITE CHMOD", reply]);
        assert_eq!(server.count("SITE"), 1);
        driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_named_and_the_rest_goes_on() {
    let script = (0..70).fold(script(), |script, n| script.file(&format!("/many/{n:02}"), ""));
    let script = script.on("SITE CHMOD 600 /many/41", say("550 Not yours."));
    let (server, mut driver) = connected(script).await;
    let (counted, failures) = set(&mut driver, places(&["/many", "/gone"]), "600", Reach::Files).await;
    assert_eq!((counted.files, failures.len()), (69, 2));
    assert_says(&failures[0], Class::Refused, &["/many/41", "550 Not yours."]);
    assert_says(&failures[1], Class::Refused, &["/gone", "no such file"]);
    assert_eq!(server.mode_of("/many/69"), Some(0o600));
    assert_eq!(server.mode_of("/many/41"), None);
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_lost_on_the_way_costs_nothing() {
    let script = (0..50).fold(script(), |script, n| script.file(&format!("/many/{n:02}"), ""));
    let (server, mut driver) = connected(script.once("SITE CHMOD 600 /many/17", [close()])).await;
    let (counted, failures) = set(&mut driver, places(&["/many"]), "600", Reach::Files).await;
    assert_eq!((counted.files, failures), (50, vec![]));
    assert!((0..50).all(|n| server.mode_of(&format!("/many/{n:02}")) == Some(0o600)));
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn permissions_that_are_not_told_have_no_others_made_of_them() {
    let listed = [
        say("150 Here it comes."),
        send("01-02-24  03:04AM  5 f\r\n"),
        end_data(),
        say("226 That was it."),
    ];
    let script = Script::new(Protocol::Ftp).file("/f", "").on("LIST", listed);
    let (server, mut driver) = connected(script).await;
    let (_, failures) = set(&mut driver, places(&["/f"]), "u+x", Reach::Itself).await;
    assert_says(&failures[0], Class::Refused, &["/f", "in octal"]);
    assert_eq!(server.count("SITE"), 0);
    set(&mut driver, places(&["/f"]), "744", Reach::Itself).await;
    assert_eq!(server.mode_of("/f"), Some(0o744));
    driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn document_path_and_depth_hold() {
    let script = script()
        .file("/a/b/c/deep", "")
        .link("/a/out", "/etc")
        .file("/etc/key", "")
        .on("PWD", usual());
    let (server, mut driver) = connected_as(script, |server| Server {
        document_path: "/a".into(),
        explore_depth: Some(1),
        ..server
    })
    .await;
    for path in ["/etc/key", "/a/out/key", "/a/b/c/deep"] {
        let (_, failures) = set(&mut driver, places(&[path]), "777", Reach::All).await;
        assert_says(&failures[0], Class::Guarded, &[]);
    }
    assert_eq!(server.count("SITE"), 0);
    // the document path itself is left alone, and what lies deeper too
    let (counted, failures) = set(&mut driver, places(&["/a"]), "700", Reach::All).await;
    assert_says(&failures[0], Class::Guarded, &["the document path itself"]);
    assert_eq!((counted.files, counted.folders, counted.cut), (2, 2, Some(1)));
    assert_eq!(failures.len(), 1);
    assert_eq!(
        (server.mode_of("/a"), server.mode_of("/a/b/g")),
        (Some(0o755), Some(0o700))
    );
    assert_eq!(
        (server.mode_of("/a/b/c/deep"), server.mode_of("/etc/key")),
        (None, None)
    );
    driver.shutdown().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn files_of_this_machine_too() {
    use std::os::unix::fs::PermissionsExt as _;
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("f");
    std::fs::write(&file, "").unwrap();
    let mut driver = Driver::new();
    let gone = Place::Local(here.path().join("gone"));
    let all = vec![Place::Local(here.path().to_path_buf()), gone];
    let (counted, failures) = set(&mut driver, all, "750", Reach::Files).await;
    assert_eq!((counted.files, failures.len()), (1, 1));
    assert_says(&failures[0], Class::Local, &["gone", "no such file"]);
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o750
    );
    driver.shutdown().await;
}
