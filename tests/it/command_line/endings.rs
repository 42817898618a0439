//! Ends that come from outside: signals, a silent server, an output nobody takes.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Stdio};
use std::time::Duration;

use ftpane::model::server::Protocol;

use super::{Site, bare, code, ends, kill, stderr};
use crate::harness::scripted::{PASSWORD, Script, hold};

fn spawn(site: &Site, words: &[&str]) -> Child {
    command(site, words).spawn().unwrap()
}

pub(super) fn command(site: &Site, words: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_ftpane"));
    command
        .args(words)
        .env("FTPANE_PASSWORD", site.demo.secret().reveal())
        .env("FTPANE_CONFIG_DIR", site.at("config"))
        .current_dir(site.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

#[test]
fn signals_stop_transfers_and_say_what_is_left() {
    let site = Site::new();
    for (signal, wanted) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let (first, big) = (site.url("/empty"), site.url("/big.bin"));
        let pin = site.demo.pin().to_string();
        let mut child = spawn(
            &site,
            &[
                "get",
                "-j",
                "2",
                "--limit-rate",
                "1M",
                "--pin",
                &pin,
                "--json",
                &first,
                &big,
            ],
        );
        // the first line comes when the first file is done: the second is under way then
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        assert!(line.contains("/empty"), "{line}");
        kill(&child, signal);
        let status = child.wait().unwrap();
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(status.code(), Some(wanted), "{said}");
        assert!(
            said.contains("1 file is not transferred") && said.contains("/big.bin"),
            "{said}"
        );
        assert!(!site.at("big.bin").exists(), "half a file under its final name");
    }
}

/// A server that never answers the last command of an upload is waited for once; a second signal ends
/// that. Who is not in a hurry takes leave of the servers.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_waits_for_nobody() {
    for (signals, says_goodbye) in [(1, true), (2, false)] {
        let server = Script::new(Protocol::Ftp).once("RNTO", hold()).start().await;
        let home = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            std::fs::write(home.path().join(name), name).unwrap();
        }
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ftpane"))
            .args([
                "put",
                "-j",
                "2",
                "a",
                "b",
                &format!("{}/up/", server.server().url()),
            ])
            .env("FTPANE_PASSWORD", PASSWORD)
            .env("FTPANE_CONFIG_DIR", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // one hangs there, and the other one is done
        until("both came to RNTO", || server.count("RNTO") == 2);
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        for signal in 0..signals {
            kill(&child, "INT");
            if signal == 0 {
                said.read_line(&mut line).unwrap();
                assert!(line.contains("a second signal"), "{line}");
            }
        }
        let status = tokio::task::spawn_blocking(move || child.wait().unwrap());
        assert_eq!(status.await.unwrap().code(), Some(130));
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert!(rest.contains("stopped; ") && rest.contains("queue run"), "{rest}");
        if says_goodbye {
            until("a goodbye", || server.count("QUIT") > 0);
        } else {
            assert_eq!(server.count("QUIT"), 0, "it took its time");
        }
    }
}

/// Waits for something that another thread brings about.
pub(super) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < super::PATIENCE, "waited in vain: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_server_that_says_nothing_can_be_left() {
    let site = Site::new();
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ftp://{}/", silent.local_addr().unwrap());
    let mut child = spawn(&site, &["ls", &url]);
    // it is connected, and waits for a greeting that never comes
    let held = silent.accept().unwrap();
    let begun = std::time::Instant::now();
    kill(&child, "INT");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "it waited for the server"
    );
    drop(held);
    // and it is left by itself when its time is over
    let output = bare(site.home.path())
        .args([
            "ls",
            "--timeout",
            "0.2",
            "--connect-timeout",
            "0.2",
            "--retries",
            "0",
            &url,
        ])
        .output()
        .unwrap();
    ends(&output, 3);
}

/// Runs it with an output whose other end is closed before it begins.
fn unread(site: &Site, words: &[&str]) -> std::process::Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    command(site, words).stdout(writer).output().unwrap()
}

#[test]
fn output_that_nobody_reads_ends_quietly() {
    let site = Site::new();
    let pin = site.demo.pin().to_string();
    let output = unread(&site, &["ls", "-R", "--json", "--pin", &pin, &site.url("/")]);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
}

/// Whoever closes the other end has seen enough: what was asked for is done all the same, and it is no failure.
#[test]
fn no_command_minds_that_nobody_reads_on() {
    let site = Site::new();
    site.save("");
    let pin = site.demo.pin().to_string();
    let (file, folder) = (site.url("/README.txt"), site.url("/incoming/new"));
    for words in [
        &["ls", "--pin", &pin, &file][..],
        &["find", "--pin", &pin, &file],
        &["du", "--pin", &pin, &file],
        &["raw", "--pin", &pin, &file.replace("README.txt", ""), "NOOP"],
        &["mkdir", "--json", "--pin", &pin, &folder],
        &["rm", "-r", "--json", "--pin", &pin, &folder],
        &[
            "doctor",
            "-j",
            "1",
            "--pin",
            &pin,
            &file.replace("README.txt", ""),
        ],
        &["queue", "list"],
        &["servers", "list"],
        &["servers", "show", "web"],
        &["servers", "export"],
        &["config", "path"],
        &["config", "default"],
        &["completions", "bash"],
        &["man"],
    ] {
        let output = unread(&site, words);
        assert_eq!(code(&output), 0, "{words:?}: {}", stderr(&output));
        assert!(
            !stderr(&output).contains("cannot be written"),
            "{words:?}: {}",
            stderr(&output)
        );
    }
    assert!(!site.demo.folder().join("incoming/new").exists());
}

/// What a signal ends says what is to be known of it; a transfer that had not begun, that nothing was moved.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_signal_ends_says_what_is_left() {
    for (held, words, says) in [
        ("MLSD", "ls URL/d", "what was printed is not all"),
        ("MLSD", "find URL/d", "what was printed is not all"),
        ("LIST", "du URL/d", "it was not finished"),
        ("DELE", "rm -r URL/d", "what was not deleted yet is still there"),
        ("SITE", "chmod 600 URL/d/a", "the same command sets them all"),
        ("MKD", "mkdir URL/new", "it may have been done already"),
        ("RNTO", "mv URL/d/a /d/b", "it may have been done already"),
        ("STAT", "raw URL/ STAT", "may have done already"),
        ("RETR", "cat URL/d/a", "stopped; 0 files"),
        ("PASS", "get URL/d/a", "no file was transferred"),
        ("PASS", "put d URL/", "no file was transferred"),
    ] {
        let server = Script::new(Protocol::Ftp)
            .file("/d/a", "a")
            .on(held, hold())
            .start()
            .await;
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("d"), "d").unwrap();
        let words = words.replace("URL", &server.server().url());
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_ftpane"))
            .args(words.split(' '))
            .env("FTPANE_PASSWORD", PASSWORD)
            .env("FTPANE_CONFIG_DIR", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until(&words, || server.count(held) > 0);
        kill(&child, "INT");
        let ended = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap());
        let output = ended.await.unwrap();
        ends(&output, 130);
        assert!(stderr(&output).contains(says), "{words}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{words}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn lines_that_could_not_be_written_end_with_10() {
    let site = Site::new();
    std::fs::write(site.at("x"), "x").unwrap();
    let pin = site.demo.pin().to_string();
    let (from, to) = (site.url("/README.txt"), site.url("/empty/"));
    for words in [
        &["get", "--json", "--pin", &pin, &from][..],
        &["put", "--json", "--pin", &pin, "x", &to],
        &["ls", "--json", "--pin", &pin, &from],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let output = command(&site, words).stdout(full).output().unwrap();
        ends(&output, 10);
        let said = stderr(&output);
        assert_eq!(said.matches("The output cannot be written").count(), 1, "{said}");
    }
    assert!(site.at("README.txt").exists(), "the transfer went on");
    let output = unread(
        &site,
        &["get", "--quiet", "--json", "--pin", &pin, "--to", "y", &from],
    );
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
}
