//! `ftpane doctor`: its lines, its exit codes, what it says to people.

use std::path::Path;
use std::process::Output;

use ftpane::model::server::Protocol;
use serde_json::Value;

use crate::harness::binary::{ftpane, output};
use crate::harness::scripted::{Script, Scripted, announce, say};

async fn doctor(home: &Path, server: &Scripted, options: &[&str]) -> Output {
    let saved = server.server();
    let mut command = ftpane(home);
    command.arg("doctor").args(options);
    if let Some(pin) = saved.pin {
        command.args(["--pin", &pin.to_string()]);
    }
    command.arg(saved.url());
    output(command).await
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_the_fields_that_scripts_depend_on() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::FtpsExplicit).file("/f", "x").start().await;
    let done = doctor(home.path(), &server, &["--json", "-j", "2"]).await;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    let lines = lines(&done);
    let (verdicts, steps): (Vec<_>, Vec<_>) = lines.iter().partition(|line| line["event"] == "verdict");
    assert_eq!(verdicts.len(), 1);
    let verdict = verdicts[0];
    assert_eq!(
        (verdict["level"].as_str(), verdict["code"].as_str()),
        (Some("ok"), Some("ok"))
    );
    assert_eq!(verdict["fix"], serde_json::json!([]));
    assert!(verdict["says"].is_string());
    assert_eq!(lines.last().unwrap()["event"], "verdict", "they come last");
    for step in steps {
        assert_eq!(step["event"], "step");
        assert!(step["step"].is_string() && step["ok"].is_boolean() && step["seconds"].is_number());
        assert!(step["sent"].is_string() || step["sent"].is_null(), "{step}");
        assert!(step["seen"].is_string() || step["seen"].is_null(), "{step}");
    }
    let login = lines.iter().find(|line| line["step"] == "login").unwrap();
    assert_eq!(login["sent"], "USER me\nPASS ***");
    assert!(done.stderr.is_empty(), "{done:?}");
    assert_eq!(server.sessions(), 2, "as many as -j says");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_is_that_of_the_first_failure_and_the_fix_stands_as_flags() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp)
        .on("EPSV", say("500 no"))
        .on("PASV", announce("227 Here (127,0,0,9,{p1},{p2})"))
        .start()
        .await;
    let done = doctor(home.path(), &server, &["--json", "--pasv-address", "server"]).await;
    assert_eq!(done.status.code(), Some(6), "{done:?}");
    let all = lines(&done);
    let verdict = all.iter().find(|line| line["event"] == "verdict").unwrap();
    assert_eq!(verdict["code"], "pasv-private-address");
    assert_eq!(verdict["level"], "failure");
    assert_eq!(verdict["fix"], serde_json::json!(["--pasv-address", "repair"]));
    // as written there it works: notes only
    let fix: Vec<&str> = verdict["fix"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect();
    let done = doctor(home.path(), &server, &[&["--json"], fix.as_slice()].concat()).await;
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert!(lines(&done).iter().any(|line| line["level"] == "note"));
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_sentences_and_what_to_send_to_who_runs_the_firewall() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp)
        .on("PASS", say("530 \x1b[31mNo."))
        .start()
        .await;
    let done = doctor(home.path(), &server, &[]).await;
    assert_eq!(done.status.code(), Some(4), "{done:?}");
    let text = String::from_utf8(done.stdout.clone()).unwrap();
    for words in [
        "ok      Greeting",
        "FAILED  Login",
        "> PASS ***",
        "failure login-refused: the server refused user or password",
        "The server said: 530 \\x1b[31mNo.",
        "What the firewall at 127.0.0.1 must let through",
        "Not known:",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains('\x1b') && done.stderr.is_empty(), "{done:?}");
    // quiet: the verdicts only
    let done = doctor(home.path(), &server, &["-q"]).await;
    let text = String::from_utf8(done.stdout).unwrap();
    assert!(
        text.starts_with("failure login-refused") && !text.contains("Greeting"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_in_the_target_is_looked_at_as_the_document_path() {
    let home = tempfile::tempdir().unwrap();
    let server = Script::new(Protocol::Ftp).file("/a/b/f", "x").start().await;
    for (path, code) in [("/a/b/", 0), ("/a/./b", 0), ("/a/x", 7), ("/~/a", 0)] {
        let mut command = ftpane(home.path());
        command
            .args(["doctor", "--json"])
            .arg(format!("{}{path}", server.server().url()));
        let done = output(command).await;
        assert_eq!(done.status.code(), Some(code), "{path}: {done:?}");
    }
    let mut command = ftpane(home.path());
    command.args(["doctor", "--ca-file", "/nowhere/ca.pem", "ftpes://me@127.0.0.1"]);
    let done = output(command).await;
    assert_eq!(
        done.status.code(),
        Some(2),
        "our own settings are no verdict: {done:?}"
    );
}
