//! `ftpane doctor`: its lines, its exit codes, what it says to people.

use std::path::Path;
use std::process::Output;

use ftpane::model::server::{Protocol, TlsVersion};
use openssl::ssl::SslVersion;
use serde_json::Value;

use crate::harness::binary::{ftpane, output};
use crate::harness::scripted::*;

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

/// What is printed as the fix is what mends it: the doctor finds nothing of the kind with it, and a listing
/// comes.
#[tokio::test(flavor = "multi_thread")]
async fn the_flags_that_are_printed_mend_it() {
    let plain = || Script::new(Protocol::Ftp).file("/f", "x");
    let tls = || Script::new(Protocol::FtpsExplicit).file("/f", "x");
    let up_to = |certified: &Certified, version| {
        Face::openssl(certified, move |builder| {
            builder.set_max_proto_version(Some(version)).unwrap();
        })
    };
    let small = Certified::new(Wish {
        bits: 1024,
        ..Wish::default()
    });
    let usual = Certified::usual();
    let other_pin = Certified::usual().pin().to_string();
    let dated = "-rw-r--r-- 1 me us 1 2024-01-02 05:04 f\r\n";
    let epsv = "229 Here (|||{port}|)";
    let pasv = "227 Here (127,0,0,1,{p1},{p2})";
    let cases: [(Script, &[&str], &str, &[&str]); 17] = [
        (
            tls(),
            &["--protocol", "ftps"],
            "server-is-explicit",
            &["--protocol", "ftpes"],
        ),
        (
            Script::new(Protocol::FtpsImplicit).file("/f", "x"),
            &["--protocol", "ftpes"],
            "server-is-implicit",
            &["--protocol", "ftps"],
        ),
        (tls(), &["no pin"], "cert-unknown", &["--pin"]),
        (
            tls().face(up_to(&usual, SslVersion::TLS1_1)),
            &[],
            "tls-too-old",
            &["--tls-min", "1.1"],
        ),
        (
            tls().face(up_to(&small, SslVersion::TLS1_3)),
            &[],
            "tls-too-old",
            &["--weak-tls"],
        ),
        (
            tls().face(Face::speaking(TlsVersion::V1_3)),
            &["--tls-max", "1.2"],
            "tls-too-old",
            &["--tls-max", "1.3"],
        ),
        (
            tls().unresumed([say("522 SSL connection failed: session reuse required"), close()]),
            &["--tls-backend", "system"],
            "data-tls-reuse",
            &["--tls-backend", "openssl"],
        ),
        (
            plain()
                .on("EPSV", say("500 no"))
                .on("PASV", announce("227 Here (127,0,0,9,{p1},{p2})")),
            &["--pasv-address", "server"],
            "pasv-private-address",
            &["--pasv-address", "repair"],
        ),
        (
            plain()
                .on("EPSV", announce_closed(epsv))
                .on("PASV", announce_closed(pasv)),
            &[],
            "passive-refused",
            &["--mode", "active"],
        ),
        (
            plain().on("EPRT", say("500 no")).on("PORT", say("500 no")),
            &["--mode", "active"],
            "active-nobody-came",
            &["--mode", "passive"],
        ),
        (plain(), &["--root", "/nowhere"], "path-missing", &["--root", "~"]),
        (tls(), &["--pin", &other_pin], "cert-changed", &["--pin"]),
        (
            // without tickets TLS 1.3 resumes nothing
            tls()
                .face(Face::openssl(&usual, |builder| {
                    builder.set_num_tickets(0).unwrap()
                }))
                .unresumed([say("522 SSL connection failed: session reuse required"), close()]),
            &[],
            "data-tls-reuse",
            &["--tls-max", "1.2"],
        ),
        (
            tls().in_sessions(
                1..=1,
                "USER",
                say("530 Non-anonymous sessions must use encryption."),
            ),
            &["--protocol", "ftp"],
            "login-refused",
            &["--protocol", "ftpes"],
        ),
        (
            plain().on("EPSV", say("502 no")).on("PASV", say("502 no")),
            &[],
            "passive-refused",
            &["--mode", "active"],
        ),
        (
            tls().at_most(2, "421 Too many connections."),
            &[],
            "too-many-connections",
            &["-j", "2"],
        ),
        (
            plain()
                .features("EPSV MDTM")
                .on("LIST", [say("150 go"), send(dated), end_data(), say("226 done")]),
            &[],
            "clock-offset",
            &["--clock-offset", "+2:00"],
        ),
    ];
    for (script, options, code, wanted) in cases {
        let server = script.start().await;
        let home = tempfile::tempdir().unwrap();
        let saved = server.server();
        let pin = saved.pin.map(|pin| pin.to_string());
        let run = |command: &'static str, options: &[String]| {
            let mut words = vec![
                "--connect-timeout".to_owned(),
                "2".into(),
                "--timeout".into(),
                "2".into(),
            ];
            words.extend(["--retries".into(), "0".into()]);
            words.extend(options.iter().cloned());
            words.push(saved.url());
            let mut program = ftpane(home.path());
            program.args([command, "--json"]).args(words);
            output(program)
        };
        let mut given: Vec<String> = options.iter().map(|word| (*word).to_owned()).collect();
        match given.first().is_some_and(|word| word == "no pin") {
            true => given.clear(),
            false if options.contains(&"--pin") => {}
            false => given.extend(pin.into_iter().flat_map(|pin| ["--pin".to_owned(), pin])),
        }
        let done = run("doctor", &given).await;
        let all = lines(&done);
        let verdict = all
            .iter()
            .find(|line| line["event"] == "verdict" && line["code"] == code);
        let verdict = verdict.unwrap_or_else(|| panic!("{code}: {all:?}"));
        let fix = verdict["fix"].as_array().unwrap().iter();
        let fix: Vec<String> = fix.map(|word| word.as_str().unwrap().to_owned()).collect();
        assert!(
            fix.starts_with(&wanted.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>()),
            "{code}: {fix:?}"
        );
        // in the place of what was given
        if let Some(at) = given.iter().position(|word| *word == fix[0]) {
            given.drain(at..at + fix.len());
        }
        given.extend(fix);
        let done = run("doctor", &given).await;
        assert_eq!(done.status.code(), Some(0), "{code}: {done:?}");
        let failures = lines(&done).into_iter().filter(|line| line["level"] == "failure");
        assert_eq!(failures.count(), 0, "{code}");
        let done = run("ls", &given).await;
        assert_eq!(done.status.code(), Some(0), "{code}: {done:?}");
    }
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
    for (root, path, code) in [
        (None, "/a/b/", 0),
        (None, "/a/./b", 0),
        (None, "/a/x", 7),
        (None, "/~/a", 0),
        // with --root the slash behind the host is no path
        (Some("/a"), "/", 0),
        (Some("/a"), "", 0),
        (Some("/a"), "/a/b", 0),
        (Some("/x"), "/", 7),
        (Some("~"), "/", 0),
        (Some("/a"), "/b", 8),
    ] {
        let mut command = ftpane(home.path());
        command
            .args(["doctor", "--json"])
            .args(root.map(|root| format!("--root={root}")))
            .arg(format!("{}{path}", server.server().url()));
        let done = output(command).await;
        assert_eq!(done.status.code(), Some(code), "{root:?} {path}: {done:?}");
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
