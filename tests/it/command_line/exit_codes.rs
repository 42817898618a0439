//! The exit codes that scripts depend on, one by one, each from the situation it stands for.

use std::net::TcpListener;
use std::process::Stdio;

use super::{Site, bare, ends, kill, stderr};
use crate::harness::binary::{ftpane, output};
use crate::harness::scripted::{GREETING, Script, announce_closed, close, say};
use ftpane::model::server::Protocol;

#[test]
fn code_0_all_done() {
    let site = Site::new();
    ends(&site.run("ls", &[&site.url("/")]), 0);
    ends(&site.run("get", &[&site.url("/README.txt")]), 0);
}

#[test]
fn code_1_something_failed_while_other_things_went_on() {
    let site = Site::new();
    let output = site.run("get", &[&site.url("/README.txt"), &site.url("/none")]);
    ends(&output, 1);
    assert!(stderr(&output).contains("/none") && site.at("README.txt").is_file());
    // failures that are alike, and nothing else: their own
    ends(&site.run("get", &[&site.url("/none"), &site.url("/no")]), 7);
}

#[test]
fn code_2_usage() {
    let home = tempfile::tempdir().unwrap();
    for words in [
        &["get"][..],
        &["--frob"],
        &["ls", "http://h/"],
        &["get", "--mode", "both", "w:"],
    ] {
        ends(&bare(home.path()).args(words).output().unwrap(), 2);
    }
}

#[test]
fn code_3_not_reached_and_lost() {
    let home = tempfile::tempdir().unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("ftp://{closed}/");
    ends(
        &bare(home.path())
            .args(["ls", "--retries", "0", &url])
            .output()
            .unwrap(),
        3,
    );
    // a server that says nothing
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ftp://{}/", silent.local_addr().unwrap());
    let words = [
        "ls",
        "--timeout",
        "1",
        "--connect-timeout",
        "1",
        "--retries",
        "0",
        &url,
    ];
    ends(&bare(home.path()).args(words).output().unwrap(), 3);
}

#[test]
fn code_4_login_refused() {
    let site = Site::new();
    let mut command = site.ftpane("ls");
    ends(
        &command
            .arg(site.url("/"))
            .env("FTPANE_PASSWORD", "wrong")
            .output()
            .unwrap(),
        4,
    );
}

#[test]
fn code_5_certificate_refused() {
    let site = Site::new();
    let mut command = bare(site.home.path());
    command.env("FTPANE_PASSWORD", site.demo.secret().reveal());
    let output = command.args(["ls", &site.url("/")]).output().unwrap();
    ends(&output, 5);
    assert!(stderr(&output).contains("sha256:"), "{}", stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn code_6_no_data_connection() {
    let server = Script::new(Protocol::Ftp)
        .on(
            "EPSV",
            [announce_closed("229 Entering Extended Passive Mode (|||{port}|)")],
        )
        .on("PASV", [say("502 no")])
        .start()
        .await;
    let home = tempfile::tempdir().unwrap();
    let mut command = ftpane(home.path());
    command.args(["ls", "--retries", "0", &format!("{}/", server.server().url())]);
    let output = output(command).await;
    ends(&output, 6);
}

#[test]
fn code_7_no_such_file() {
    let site = Site::new();
    for command in ["ls", "get", "get --to -"] {
        ends(&site.run(command, &[&site.url("/none")]), 7);
    }
}

/// A full server refuses, too: no code says so by itself, its words do.
#[tokio::test(flavor = "multi_thread")]
async fn code_7_no_room_there() {
    for reply in ["552 Quota exceeded.", "452 Disk full."] {
        let server = Script::new(Protocol::Ftp).on("STOR", [say(reply)]).start().await;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("f"), "f").unwrap();
        let mut command = ftpane(home.path());
        command.args(["put", "f", &format!("{}/", server.server().url())]);
        let output = output(command).await;
        ends(&output, 7);
        assert!(stderr(&output).contains(reply), "{}", stderr(&output));
    }
}

#[test]
fn code_8_refused_here() {
    let site = Site::new();
    std::fs::write(site.at("f"), "").unwrap();
    ends(&site.run("put --read-only f", &[&site.url("/incoming/f")]), 8);
    ends(&site.run("ls --root /docs", &[&site.url("/incoming")]), 8);
    ends(
        &site.run("ls --root /docs --explore-depth 0", &[&site.url("/docs/2026")]),
        8,
    );
}

#[test]
fn code_9_conflict() {
    let site = Site::new();
    std::fs::write(site.at("README.txt"), "mine").unwrap();
    ends(
        &site.run("get --on-conflict fail", &[&site.url("/README.txt")]),
        9,
    );
    assert_eq!(std::fs::read_to_string(site.at("README.txt")).unwrap(), "mine");
}

#[test]
fn code_10_local_disk() {
    let site = Site::new();
    std::fs::write(site.at("file"), "").unwrap();
    ends(&site.run("get --to file/below", &[&site.url("/README.txt")]), 10);
    ends(&site.run("put missing", &[&site.url("/incoming/")]), 10);
}

#[test]
fn codes_129_130_and_143_signals() {
    let home = tempfile::tempdir().unwrap();
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ftp://{}/", silent.local_addr().unwrap());
        for words in [
            &["ls", &url][..],
            &["get", "--to", "-", &url],
            &["put", "-", &url],
        ] {
            let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ftpane"))
                .args(words)
                .env("FTPANE_CONFIG_DIR", home.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            // it is connected, and waits for a greeting that never comes
            let held = silent.accept().unwrap();
            kill(&child, signal);
            assert_eq!(child.wait().unwrap().code(), Some(code), "{words:?}");
            drop(held);
        }
    }
}

/// One target ends with its own code; several, or a folder, with that of all where they failed alike and nothing
/// went well, else with 1.
#[tokio::test(flavor = "multi_thread")]
async fn one_target_several_and_a_folder() {
    const GONE: &str = "550 No such file.";
    const FORBIDDEN: &str = "553 Permission denied.";
    for (verb, reply, words, all, some) in [
        ("RETR", GONE, "get URL/d/a", 7, None),
        ("RETR", GONE, "get URL/d/a URL/d/b", 7, Some(1)),
        ("RETR", GONE, "get URL/d", 7, Some(1)),
        ("RETR", GONE, "get URL/d/", 7, Some(1)),
        ("RETR", GONE, "get --to - URL/d/a URL/d/b", 7, Some(1)),
        ("RETR", GONE, "cat URL/d/a URL/d/b", 7, Some(1)),
        ("STOR", FORBIDDEN, "put here/a URL/new", 7, None),
        ("STOR", FORBIDDEN, "put here/a here/b URL/new/", 7, Some(1)),
        ("STOR", FORBIDDEN, "put here URL/", 7, Some(1)),
        ("DELE", FORBIDDEN, "rm URL/d/a", 7, None),
        ("DELE", FORBIDDEN, "rm URL/d/a URL/d/b", 7, Some(1)),
        ("DELE", FORBIDDEN, "rm -r URL/d", 7, Some(1)),
        ("RMD", FORBIDDEN, "rm -r URL/d", 1, None),
        ("MKD", FORBIDDEN, "mkdir URL/x", 7, None),
        ("MKD", FORBIDDEN, "mkdir URL/x URL/y", 7, Some(1)),
        ("SITE", FORBIDDEN, "chmod 600 URL/d/a", 7, None),
        ("SITE", FORBIDDEN, "chmod 600 URL/d/a URL/d/b", 7, Some(1)),
        ("SITE", FORBIDDEN, "chmod -R --files 600 URL/d", 7, Some(1)),
        ("RNTO", FORBIDDEN, "mv URL/d/a /d/c", 7, None),
    ] {
        let script = || Script::new(Protocol::Ftp).file("/d/a", "a").file("/d/b", "b");
        let mut cases = vec![(script().on(verb, say(reply)), all)];
        // only the first one: the other one goes well
        cases.extend(some.map(|some| (script().once(verb, say(reply)), some)));
        for (script, wanted) in cases {
            let server = script.start().await;
            let home = tempfile::tempdir().unwrap();
            std::fs::create_dir(home.path().join("here")).unwrap();
            for name in ["a", "b"] {
                std::fs::write(home.path().join("here").join(name), name).unwrap();
            }
            let mut command = ftpane(home.path());
            let line = words.replace("URL", &server.server().url());
            let mut words = line.split(' ');
            command.args(words.next());
            // one after the other
            command.args(["-j", "1", "--retries", "0"]).args(words);
            let done = output(command).await;
            assert_eq!(
                done.status.code(),
                Some(wanted),
                "{verb} {line}: {}",
                stderr(&done)
            );
        }
    }
}

/// The same of what is refused here.
#[test]
fn conflicts_and_depth_of_several_and_of_a_folder() {
    let site = Site::new();
    let (readme, empty, docs) = (site.url("/README.txt"), site.url("/empty"), site.url("/docs/"));
    ends(&site.run("get", &[&readme, &docs]), 0);
    let fail = |targets: &[&str]| site.run("get --on-conflict fail", targets);
    ends(&fail(&[&readme]), 9);
    ends(&fail(&[&docs]), 9);
    ends(&fail(&[&readme, &docs]), 9);
    ends(&fail(&[&readme, &empty]), 1);
    let below = |targets: &[&str]| site.run("ls --root /docs --explore-depth 0", targets);
    ends(&below(&[&site.url("/docs/2026")]), 8);
    let rm = site.run("rm -r --root /docs --explore-depth 0", &[&site.url("/docs/2026")]);
    ends(&rm, 8);
    // two servers, of which one is not reached
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = format!("ftp://{closed}/x");
    ends(&site.run("get --retries 0 --to other", &[&readme, &nobody]), 1);
    ends(
        &site.run(
            "get --retries 0 --to other",
            &[&nobody, &nobody.replace('x', "y")],
        ),
        3,
    );
}

/// What the same codes stand for besides, each by a server that does just that.
#[tokio::test(flavor = "multi_thread")]
async fn further_situations_of_the_same_codes() {
    let plain = || Script::new(Protocol::Ftp).file("/f", "x");
    let wrong = "213 SHA-256 0-6 2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 f";
    let hashing = || {
        plain()
            .on(
                "FEAT",
                say("211-Features:\r\n EPSV\r\n MLST\r\n HASH SHA-256*\r\n211 End"),
            )
            .file("/f", "content")
            .on("HASH", say(wrong))
    };
    for (script, words, code, says) in [
        (plain().on("MLSD", close()), "ls", 3, "closed the connection"),
        (
            plain().on(GREETING, say("421 Go away.")),
            "ls",
            3,
            "not available",
        ),
        (
            plain().on("PASS", say("530 No.")),
            "ls",
            4,
            "refused user or password",
        ),
        (
            plain().on("USER", say("534 Policy requires SSL.")),
            "ls",
            4,
            "encrypted connection",
        ),
        (
            Script::new(Protocol::FtpsExplicit).on("AUTH", say("502 no")),
            "ls",
            5,
            "does not offer TLS",
        ),
        (
            Script::new(Protocol::FtpsExplicit).on("PROT", say("536 no")),
            "ls",
            5,
            "will not encrypt data",
        ),
        (
            plain().on("EPSV", say("425 no")).on("PASV", say("425 no")),
            "ls",
            6,
            "passive port",
        ),
        (
            plain().on("RETR", say("550 Permission denied.")),
            "get",
            7,
            "refuses permission",
        ),
        (
            plain().on("DELE", say("550 Permission denied.")),
            "rm",
            7,
            "refuses permission",
        ),
        (plain().on("STOR", say("553 no")), "put new", 7, "of that name"),
        (plain(), "rm --read-only", 8, "read only"),
        (hashing(), "get --verify", 9, "/f"),
    ] {
        let server = script.start().await;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("new"), "new").unwrap();
        let saved = server.server();
        let mut command = ftpane(home.path());
        let mut words_of = words.split(' ');
        command.args(words_of.next()).args(["--retries", "0"]);
        if let Some(pin) = saved.pin {
            command.args(["--pin", &pin.to_string()]);
        }
        command.args(words_of).arg(format!("{}/f", saved.url()));
        let done = output(command).await;
        ends(&done, code);
        let said = stderr(&done);
        assert!(said.contains(says), "{words}: {said}");
        assert!(!home.path().join("f").exists(), "{words}");
    }
}
