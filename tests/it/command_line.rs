//! The command line as a script meets it: output forms, exit codes, passwords, signals.

mod endings;
#[cfg(unix)]
mod exit_codes;
mod help;
#[cfg(unix)]
mod json_lines;
mod listings;
mod looking;
mod operations;
#[cfg(unix)]
mod queue;
#[cfg(unix)]
mod shells;
mod streams;
mod transfers;

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use ftpane::demo::{Demo, DemoOptions, USER};
use ftpane::model::server::Protocol;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::harness::port::ClosedPort;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server, and a home of its own for the program.
struct Site {
    demo: Demo,
    home: TempDir,
    // the server runs on it: it goes last
    _runtime: Runtime,
}

impl Site {
    fn new() -> Self {
        Self::with(DemoOptions::default())
    }

    fn with(options: DemoOptions) -> Self {
        let runtime = Runtime::new().unwrap();
        let demo = runtime.block_on(Demo::start_with(options)).unwrap();
        Self {
            demo,
            home: tempfile::tempdir().unwrap(),
            _runtime: runtime,
        }
    }

    /// A URL without a password.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.demo.server().url())
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.home.path().join(path)
    }

    /// The program at home, with the password in the environment and the certificate pinned.
    fn ftpane(&self, words: &str) -> Command {
        let mut command = bare(self.home.path());
        command.env("FTPANE_PASSWORD", self.demo.secret().reveal());
        let mut words = words.split_whitespace();
        command.args(words.next());
        if self.demo.server().pin.is_some() {
            command.args(["--pin", &self.demo.pin().to_string()]);
        }
        command.args(words);
        command
    }

    fn run(&self, words: &str, targets: &[&str]) -> Output {
        let mut command = self.ftpane(words);
        command.args(targets);
        command.output().unwrap()
    }

    /// Writes the file of saved servers: the demo as `web`, with more lines.
    fn save(&self, more: &str) {
        let server = self.demo.server();
        let text = format!(
            "[[server]]\nname = \"web\"\nprotocol = \"ftps-explicit\"\nhost = \"{}\"\nport = {}\nuser = \"{USER}\"\npin = \"{}\"\n{more}\n",
            server.host,
            server.port(),
            self.demo.pin(),
        );
        std::fs::create_dir_all(self.at("config")).unwrap();
        std::fs::write(self.at("config/servers.toml"), text).unwrap();
    }
}

pub(super) fn bare(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftpane"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("FTPANE_CONFIG_DIR", home.join("config"))
        .current_dir(home)
        .timeout(PATIENCE);
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| panic!("{output:?}"))
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[track_caller]
fn ends(output: &Output, wanted: i32) {
    assert_eq!(code(output), wanted, "{}\n{}", stdout(output), stderr(output));
}

fn kill(child: &Child, signal: &str) {
    let command = format!("kill -{signal} {}", child.id());
    let status = std::process::Command::new("sh")
        .args(["-c", &command])
        .status()
        .unwrap();
    assert!(status.success());
}

fn json(output: &Output) -> Vec<Value> {
    stdout(output)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

#[test]
fn help_and_version_end_well_and_mistakes_with_2() {
    let home = tempfile::tempdir().unwrap();
    for words in [&["--help"][..], &["--version"], &["get", "--help"]] {
        let output = bare(home.path()).args(words).output().unwrap();
        ends(&output, 0);
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
    for words in [
        &["ls"][..],
        &["ls", "plain"],
        &["ls", "http://h/"],
        &["ls", "nosuchserver:x"],
        &["ls", "--pin", "x", "ftp://h/"],
        &["get", "--on-conflict", "ask", "ftp://h/x"],
        &["put", "only-one"],
        &["frobnicate", "x", "y"],
    ] {
        let output = bare(home.path()).args(words).output().unwrap();
        ends(&output, 2);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{words:?}");
    }
}

#[test]
fn what_is_not_there_is_7_alone_and_1_among_others() {
    let site = Site::new();
    let (gone, there) = (site.url("/gone"), site.url("/empty"));
    ends(&site.run("ls", &[&gone]), 7);
    ends(&site.run("get", &[&gone]), 7);
    ends(&site.run("get", &[&gone, &site.url("/lost")]), 7);
    let output = site.run("get --json", &[&gone, &there]);
    ends(&output, 1);
    assert!(site.at("empty").is_file());
    let failed = json(&output)
        .into_iter()
        .find(|l| l["event"] == "failed")
        .unwrap();
    assert_eq!(failed["source"], "/gone");
    assert!(failed["error"].as_str().unwrap().contains("550"));
    assert!(!site.at("gone").exists());
}

#[test]
fn each_class_has_its_code() {
    let site = Site::new();
    // 3: nobody listens
    let port = ClosedPort::new();
    let nobody = format!("ftp://127.0.0.1:{}/", port.number);
    ends(
        &bare(site.home.path())
            .args(["ls", "--retries", "0", &nobody])
            .output()
            .unwrap(),
        3,
    );
    // 4: a wrong password, and none at all
    let mut wrong = site.ftpane("ls");
    wrong.env("FTPANE_PASSWORD", "wrong").arg(site.url("/"));
    ends(&wrong.output().unwrap(), 4);
    let mut none = site.ftpane("ls");
    none.env_remove("FTPANE_PASSWORD").arg(site.url("/"));
    let output = none.output().unwrap();
    ends(&output, 4);
    assert!(stderr(&output).contains("--password-command"));
    // 5: a certificate nobody vouches for, and another than the pinned one
    let mut unknown = bare(site.home.path());
    unknown
        .env("FTPANE_PASSWORD", site.demo.secret().reveal())
        .args(["ls", &site.url("/")]);
    let output = unknown.output().unwrap();
    ends(&output, 5);
    assert!(stderr(&output).contains(&format!("--pin {}", site.demo.pin())));
    let other = format!("sha256:{}", "0".repeat(64));
    ends(&unknown.args(["--pin", &other]).output().unwrap(), 5);
    // 8: read only
    std::fs::write(site.at("x"), "").unwrap();
    ends(&site.run("put --read-only", &["x", &site.url("/")]), 8);
    assert!(!site.demo.folder().join("x").exists());
    // 10: the local disk
    ends(&site.run("get --to x/y", &[&site.url("/empty")]), 10);
    ends(&site.run("put", &["not-here", &site.url("/")]), 10);
}

#[test]
fn a_server_without_tls_gets_no_password() {
    let site = Site::with(DemoOptions {
        protocol: Protocol::Ftp,
        ..DemoOptions::default()
    });
    let url = site.url("/").replace("ftp://", "ftpes://");
    let output = site.run("ls --transcript T", &[&url]);
    ends(&output, 5);
    let dialogue = std::fs::read_to_string(site.at("T")).unwrap();
    assert!(
        dialogue.contains("AUTH TLS") && !dialogue.contains("PASS"),
        "{dialogue}"
    );
    ends(&site.run("ls", &[&site.url("/")]), 0);
}

#[test]
fn passwords_from_everywhere_and_never_shown() {
    let site = Site::new();
    let secret = site.demo.secret();
    let secret = secret.reveal();
    let url = site.url("/docs");
    let in_url = url.replace("demo@", &format!("demo:{secret}@"));
    let without_user = url.replace("demo@", "");
    std::fs::write(site.at("secret"), format!("{secret}\nurl: x\n")).unwrap();
    let entry = format!("machine 127.0.0.1 login demo password {secret}\n");
    std::fs::write(site.at("netrc"), &entry).unwrap();
    site.save("password = { command = \"cat secret\" }");
    std::fs::write(site.at("stale"), entry.replace(secret, "wrong")).unwrap();
    let pin = site.demo.pin().to_string();
    /// What it is, further arguments, further environment.
    type Source<'s> = (&'s str, &'s [&'s str], &'s [(&'s str, &'s str)]);
    let sources: [Source; 7] = [
        ("url", &[&in_url], &[]),
        (
            "command",
            &["--password-command", "cat secret", &url],
            &[("FTPANE_PASSWORD", "wrong")],
        ),
        (
            "environment",
            &[&url],
            &[("FTPANE_PASSWORD", secret), ("NETRC", "nowhere")],
        ),
        ("netrc", &[&url], &[("NETRC", "netrc")]),
        ("netrc names the user", &[&without_user], &[("NETRC", "netrc")]),
        ("saved", &["web:docs"], &[]),
        ("saved, not netrc", &["web:docs"], &[("NETRC", "stale")]),
    ];
    for (what, words, environment) in sources {
        let mut command = bare(site.home.path());
        command
            .args(["ls", "--transcript", "T", "--pin", &pin])
            .args(words)
            .envs(environment.iter().copied())
            .env("FTPANE_LOG", "log");
        let output = command.output().unwrap();
        assert_eq!(code(&output), 0, "{what}: {}", stderr(&output));
        let transcript = std::fs::read_to_string(site.at("T")).unwrap();
        let log = std::fs::read_to_string(site.at("log")).unwrap();
        assert!(transcript.contains("PASS"), "{what}");
        for text in [&stdout(&output), &stderr(&output), &transcript, &log] {
            assert!(!text.contains(secret), "{what}: {text}");
        }
    }
}

#[test]
fn no_mistake_shows_the_password_of_a_url() {
    let home = tempfile::tempdir().unwrap();
    let url = "ftp://me:s3cret/x@h/y";
    for words in [
        &["ls", url][..],
        &["ls", "ftp://me:x/s3cret@h/y"],
        &["ls", "web:", url],
        &["get", "--json", url],
        &["put", "--json", url, "ftp://h/"],
        &["frobnicate", "--mode", url],
        &[url],
    ] {
        let output = bare(home.path()).args(words).output().unwrap();
        assert_ne!(code(&output), 0);
        let said = stdout(&output) + &stderr(&output);
        assert!(
            said.contains("ftp://me:***@h") && !said.contains("s3cret"),
            "{said}"
        );
    }
    let proxy = ["ls", "--proxy", "socks5://me:s3c/ret@p", "ftp://h/"];
    let said = stderr(&bare(home.path()).args(proxy).output().unwrap());
    assert!(
        said.contains("socks5://me:***@p") && said.contains("--proxy"),
        "{said}"
    );
    assert!(!said.contains("s3c"), "{said}");
    // no password, so nothing of the sentence is blotted
    let proxy = ["ls", "--proxy", "ftp://x", "ftp://h/"];
    let said = stderr(&bare(home.path()).args(proxy).output().unwrap());
    assert!(
        said.contains("a proxy is written socks5://HOST:PORT or http://HOST:PORT"),
        "{said}"
    );
}

#[test]
fn a_served_demo_can_be_used_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_ftpane"))
        .args(["demo", "--serve-only"])
        .env("TMPDIR", temporary.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (url, pin) = (lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap());
    assert!(url.starts_with("ftpes://demo:") && pin.starts_with("sha256:"));
    let output = bare(home.path())
        .args(["ls", "--pin", &pin, &url])
        .output()
        .unwrap();
    ends(&output, 0);
    assert!(stdout(&output).contains("README.txt"));
    assert!(stderr(&output).contains("can be seen by other users"));
    kill(&child, "TERM");
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
