//! The command line as a script meets it: output forms, exit codes, passwords, signals.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Output, Stdio};
use std::time::Duration;

use assert_cmd::Command;
use ftpane::demo::{Demo, DemoOptions, USER};
use ftpane::model::server::Protocol;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

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
fn a_folder_for_people_is_sorted_and_has_hidden_files() {
    let site = Site::new();
    for url in [site.url("/docs"), site.url("/docs/")] {
        let output = site.run("ls", &[&url]);
        ends(&output, 0);
        let text = stdout(&output);
        let names: Vec<&str> = text.lines().map(|l| l.rsplit_once("  ").unwrap().1).collect();
        assert_eq!(names, ["2025/", "2026/", "2027/", "guide.txt"]);
    }
    let output = site.run("ls", &[&site.url("/")]);
    assert!(stdout(&output).contains(" .hidden\n") && stdout(&output).contains(" 日本語のファイル.txt\n"));
    let output = site.run("ls --sort size", &[&site.url("")]);
    assert!(stdout(&output).lines().next().unwrap().ends_with("big.bin"));
}

#[test]
fn entries_in_json() {
    let site = Site::new();
    let output = site.run("ls --json", &[&site.url("/docs/2025/archive")]);
    ends(&output, 0);
    let lines = json(&output);
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["path"], "/docs/2025/archive/notes.txt");
    assert_eq!(lines[0]["name"], "notes.txt");
    assert_eq!(lines[0]["kind"], "file");
    assert_eq!(lines[0]["size"], 11);
    assert_eq!(lines[0]["modified"], "2025-06-15T08:30:00Z");
    assert_eq!(lines[0]["modified_precision"], "second");
    assert!(lines[0]["target"].is_null());
    let one = site.run("ls --json", &[&site.url("/docs/2025/archive/notes.txt")]);
    ends(&one, 0);
    assert_eq!(json(&one), lines);
}

#[test]
fn walking_down_as_far_as_told() {
    let site = Site::new();
    let paths = |words: &str| {
        let output = site.run(words, &[&site.url("/docs")]);
        ends(&output, 0);
        json(&output)
            .iter()
            .map(|l| l["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(paths("ls -R --json").len(), 9);
    assert_eq!(paths("ls -R --depth 0 --json").len(), 4);
    assert_eq!(paths("ls -R --depth 1 --json").len(), 6);
    let output = site.run("ls -R", &[&site.url("/docs")]);
    let headings: Vec<String> = stdout(&output)
        .lines()
        .filter_map(|l| l.strip_suffix(':').map(str::to_owned))
        .collect();
    assert_eq!(
        headings,
        [
            "/docs",
            "/docs/2025",
            "/docs/2025/archive",
            "/docs/2026",
            "/docs/2026/reports",
            "/docs/2027"
        ]
    );
}

#[test]
fn saved_servers_and_their_document_path() {
    let site = Site::new();
    site.save("document-path = \"/docs\"");
    let output = site.run("ls --json", &["web:2025/archive"]);
    ends(&output, 0);
    assert_eq!(json(&output)[0]["path"], "/2025/archive/notes.txt");
    ends(&site.run("ls", &["web:/../README.txt"]), 8);
    ends(&site.run("ls", &["wbe:"]), 2);
    assert!(stderr(&site.run("ls", &["wbe:"])).contains("'web'"));
    // the colon forgotten
    let output = site.run("ls", &["web"]);
    ends(&output, 2);
    assert!(
        stderr(&output).contains("web: or web:/PATH"),
        "{}",
        stderr(&output)
    );
    ends(&site.run("get", &["web:guide.txt"]), 0);
    assert_eq!(std::fs::read(site.at("guide.txt")).unwrap(), b"A guide.\n");
    std::fs::write(site.at("config/servers.toml"), "[[server]]\nhots = 1\n").unwrap();
    let output = site.run("ls", &["web:"]);
    ends(&output, 2);
    assert!(stderr(&output).contains("line 2"), "{}", stderr(&output));
}

#[test]
fn paths_below_a_document_path_are_given_back_whole() {
    let site = Site::new();
    let listed = site.run("ls --json --root /docs", &[&site.url("/docs")]);
    ends(&listed, 0);
    let path = "/docs/guide.txt";
    assert!(
        json(&listed).iter().any(|line| line["path"] == path),
        "{listed:?}"
    );
    let got = site.run("get --json --root /docs", &[&site.url(path)]);
    ends(&got, 0);
    assert_eq!(json(&got)[0]["source"], path);
    std::fs::write(site.at("x"), "x").unwrap();
    let put = site.run("put --json --root /docs", &["x", &site.url("/docs/")]);
    ends(&put, 0);
    assert_eq!(json(&put)[0]["target"], "/docs/x");
    ends(&site.run("ls --root /docs", &[&site.url("/README.txt")]), 8);
    ends(&site.run("ls --root /docs", &[&site.url("/guide.txt")]), 8);
}

#[test]
fn the_depth_is_kept_and_what_it_cuts_is_said() {
    let site = Site::new();
    let (top, deep) = (site.url("/docs/"), site.url("/docs/2025/archive/"));
    for depth in [
        "ls --explore-depth 0",
        "ls --explore-depth 1",
        "ls -R --explore-depth 2",
    ] {
        let output = site.run(depth, &[&deep]);
        ends(&output, 8);
        assert!(stderr(&output).contains("depth"), "{}", stderr(&output));
    }
    ends(&site.run("ls --explore-depth 3", &[&deep]), 0);
    // -R goes as deep as is open, --depth only narrows that
    let output = site.run("ls -R --explore-depth 2 --depth 9", &[&top]);
    ends(&output, 0);
    assert!(stdout(&output).contains("archive") && !stdout(&output).contains("notes.txt"));
    assert!(
        stderr(&output).contains("cut at depth 2: /docs/2025/archive"),
        "{}",
        stderr(&output)
    );
    let output = site.run("ls -R --depth 0 --explore-depth 2", &[&top]);
    assert!(!stderr(&output).contains("cut"), "{}", stderr(&output));
    let output = site.run("ls -R --json --explore-depth 2", &[&top]);
    let said =
        |line: &Value| line["event"] == "cut" && line["path"] == "/docs/2025/archive" && line["depth"] == 2;
    assert!(json(&output).iter().any(said), "{}", stdout(&output));
    // a transfer goes on with what is open
    let output = site.run("get --explore-depth 2 --to d", &[&top]);
    ends(&output, 0);
    assert!(stderr(&output).contains("cut at depth 2"), "{}", stderr(&output));
    assert!(site.at("d/2025").is_dir() && !site.at("d/2025/archive").exists());
    ends(&site.run("get --explore-depth 1", &[&deep]), 8);
    std::fs::write(site.at("x"), "").unwrap();
    ends(&site.run("put --explore-depth 2 x", &[&deep]), 8);
    // over a saved server's own
    site.save("explore-depth = 1");
    ends(&site.run("ls", &["web:docs/2025/"]), 8);
    ends(&site.run("ls --explore-depth 2", &["web:docs/2025/"]), 0);
}

#[test]
fn downloads_land_as_with_cp() {
    let site = Site::new();
    let output = site.run(
        "get --json --to D",
        &[&site.url("/docs/2026/reports"), &site.url("/README.txt")],
    );
    ends(&output, 0);
    assert!(site.at("D/reports/first-quarter.csv").is_file() && site.at("D/README.txt").is_file());
    let lines = json(&output);
    let summary = lines.last().unwrap();
    assert_eq!(
        (
            &summary["event"],
            &summary["done"],
            &summary["failed"],
            &summary["skipped"]
        ),
        (&"summary".into(), &3.into(), &0.into(), &0.into())
    );
    let readme = lines.iter().find(|l| l["source"] == "/README.txt").unwrap();
    assert_eq!(
        (&readme["event"], &readme["target"]),
        (&"done".into(), &"D/README.txt".into())
    );
    assert!(readme["bytes"].as_u64().unwrap() > 0 && readme["error"].is_null());
    ends(&site.run("get --to E", &[&site.url("/docs/2026/reports/")]), 0);
    assert!(site.at("E/second-quarter.csv").is_file());
    let names: Vec<_> = std::fs::read_dir(site.at("E")).unwrap().collect();
    assert_eq!(names.len(), 2, "a temporary file was left");
}

#[test]
fn uploads_land_as_with_cp() {
    let site = Site::new();
    std::fs::create_dir_all(site.at("X/sub")).unwrap();
    std::fs::write(site.at("X/sub/ü.txt"), "inner").unwrap();
    std::fs::write(site.at("one"), "1").unwrap();
    let there = |path: &str| std::fs::read_to_string(site.demo.folder().join(path));
    ends(&site.run("put", &["X", &site.url("/incoming")]), 0);
    assert_eq!(there("incoming/X/sub/ü.txt").unwrap(), "inner");
    ends(&site.run("put", &["X", &site.url("/incoming/new/name")]), 0);
    assert_eq!(there("incoming/new/name/sub/ü.txt").unwrap(), "inner");
    ends(&site.run("put", &["one", &site.url("/incoming/far/away/")]), 0);
    assert_eq!(there("incoming/far/away/one").unwrap(), "1");
    ends(
        &site.run("put", &["one", "X/sub/ü.txt", &site.url("/incoming/both")]),
        0,
    );
    assert_eq!(there("incoming/both/one").unwrap(), "1");
    let output = site.run("put", &["one", "X", &site.url("/README.txt")]);
    ends(&output, 7);
    assert!(there("README.txt").unwrap().contains("sample tree"));
}

#[test]
fn conflicts_have_their_policies_and_code() {
    let site = Site::new();
    let url = site.url("/README.txt");
    std::fs::write(site.at("README.txt"), "mine").unwrap();
    ends(&site.run("get --on-conflict fail", &[&url]), 9);
    let output = site.run("get --on-conflict skip --json", &[&url]);
    ends(&output, 0);
    assert_eq!(json(&output)[0]["event"], "skipped");
    assert_eq!(std::fs::read(site.at("README.txt")).unwrap(), b"mine");
    // without a terminal and without the option it is replaced
    ends(&site.run("get", &[&url]), 0);
    assert!(
        std::fs::read_to_string(site.at("README.txt"))
            .unwrap()
            .contains("sample tree")
    );
    let both = [url.as_str(), &site.url("//README.txt")];
    ends(&site.run("get --to twice", &both), 1);
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
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let nobody = format!("ftp://127.0.0.1:{port}/");
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

fn spawn(site: &Site, words: &[&str]) -> Child {
    command(site, words).spawn().unwrap()
}

fn command(site: &Site, words: &[&str]) -> std::process::Command {
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

fn kill(child: &Child, signal: &str) {
    let command = format!("kill -{signal} {}", child.id());
    let status = std::process::Command::new("sh")
        .args(["-c", &command])
        .status()
        .unwrap();
    assert!(status.success());
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

#[test]
fn every_json_transfer_ends_with_a_summary() {
    let site = Site::new();
    std::fs::write(site.at("x"), "").unwrap();
    for (words, targets, wanted) in [
        ("get --json --to x/y", vec![site.url("/empty")], 10),
        ("put --json --read-only", vec!["x".into(), site.url("/")], 8),
        ("put --json", vec!["gone".into(), site.url("/")], 10),
    ] {
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let output = site.run(words, &targets);
        ends(&output, wanted);
        let lines = json(&output);
        assert_eq!(lines[0]["event"], "failed", "{words}");
        assert_eq!(lines.last().unwrap()["failed"], 1, "{words}");
    }
}

#[test]
fn output_that_nobody_reads_ends_quietly() {
    let site = Site::new();
    let pin = site.demo.pin().to_string();
    let mut child = spawn(&site, &["ls", "-R", "--json", "--pin", &pin, &site.url("/")]);
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((status.code(), said.as_str()), (Some(0), ""));
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
    let mut child = spawn(
        &site,
        &["get", "--quiet", "--json", "--pin", &pin, "--to", "y", &from],
    );
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
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

/// What is typed in one Unicode form finds what is spelled in the other, and makes no second.
#[test]
fn a_typed_name_finds_its_other_form() {
    let site = Site::new();
    let (typed, there) = ("caf\u{e9}", "cafe\u{301}");
    let folder = site.demo.folder().join(there);
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join(format!("{there}.txt")), "old").unwrap();
    let url = site.url(&format!("/{typed}/{typed}.txt"));
    let listed = site.run("ls", &[&url]);
    ends(&listed, 0);
    assert!(stdout(&listed).ends_with(&format!("{there}.txt\n")), "{listed:?}");
    ends(&site.run("get --to down", &[&url]), 0);
    assert!(site.at("down").join(format!("{there}.txt")).exists());
    std::fs::write(site.at(&format!("{typed}.txt")), "new").unwrap();
    for target in [
        &url,
        &site.url(&format!("/{typed}/")),
        &site.url(&format!("/{typed}")),
    ] {
        ends(&site.run("put", &[&format!("{typed}.txt"), target]), 0);
        let found: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(found, [format!("{there}.txt").as_str()], "{target}");
    }
    assert_eq!(
        std::fs::read(folder.join(format!("{there}.txt"))).unwrap(),
        b"new"
    );
    ends(
        &site.run("put --on-conflict fail", &[&format!("{typed}.txt"), &url]),
        9,
    );
}
