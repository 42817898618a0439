//! The exit codes that scripts depend on, one by one, each from the situation it stands for.

use std::net::TcpListener;
use std::process::Stdio;

use super::{Site, bare, ends, kill, stderr};
use crate::harness::binary::{ftpane, output};
use crate::harness::scripted::{Script, announce_closed, say};
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
