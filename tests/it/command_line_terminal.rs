//! The command line on a terminal: what it asks, and what it shows meanwhile.

use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use ftpane::demo::{Demo, DemoOptions};
use ftpane::model::proxy::ProxyKind;
use ftpane::model::server::Protocol;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::Signal;
use tokio::runtime::Runtime;

use crate::harness::gateway::{Gateway, Habit};
use crate::harness::pty;
use crate::harness::scripted::{Script, say};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program in a terminal.
struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Receiver<Vec<u8>>,
    seen: String,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    fn run(home: &Path, words: &[&str]) -> Self {
        Self::run_in(80, home, words)
    }

    /// The same in a terminal of so many columns.
    fn run_in(cols: u16, home: &Path, words: &[&str]) -> Self {
        let pty = native_pty_system()
            .openpty(PtySize {
                rows: 24,
                cols,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ftpane"));
        command.args(words);
        command.cwd(home);
        pty::forget_ours(&mut command);
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("FTPANE_CONFIG_DIR", home.join("config"));
        let child = pty.slave.spawn_command(command).unwrap();
        drop(pty.slave);
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keys = pty.master.take_writer().unwrap();
        let (send, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0u8; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keys,
            screen,
            seen: String::new(),
            _master: pty.master,
        }
    }

    /// Waits until this is written, and gives what came up to it.
    fn until(&mut self, text: &str) -> String {
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            let more = self
                .screen
                .recv_timeout(PATIENCE)
                .unwrap_or_else(|_| panic!("'{text}' did not come, but: {}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// The exit code, and what was still written.
    fn end(mut self) -> (u32, String) {
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(more) => self.seen.push_str(&String::from_utf8_lossy(&more)),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it does not end: {}", self.seen);
                }
            }
        }
        (self.child.wait().unwrap().exit_code(), self.seen)
    }
}

fn site() -> (Runtime, Demo, tempfile::TempDir) {
    let runtime = Runtime::new().unwrap();
    let demo = runtime.block_on(Demo::start()).unwrap();
    (runtime, demo, tempfile::tempdir().unwrap())
}

fn url(demo: &Demo, path: &str) -> String {
    format!("{}{path}", demo.server().url())
}

#[test]
fn password_and_certificate_are_asked_for() {
    let (_runtime, demo, home) = site();
    for (answer, code) in [("y\r", 0), ("\r", 5)] {
        let mut terminal = Terminal::run(home.path(), &["ls", &url(&demo, "/docs")]);
        terminal.until("Password of ftpes://demo@127.0.0.1");
        terminal.press(demo.secret().reveal());
        terminal.press("\r");
        let shown = terminal.until("Accept it for this run? [y/N] ");
        assert!(shown.contains(&demo.pin().to_string()), "{shown}");
        assert!(!shown.contains(demo.secret().reveal()), "the password was echoed");
        terminal.press(answer);
        let (ended, rest) = terminal.end();
        assert_eq!(ended, code, "{rest}");
        assert_eq!(rest.contains("guide.txt"), code == 0);
    }
}

#[test]
fn a_folder_is_counted_and_asked_about_before_it_is_deleted() {
    let (_runtime, demo, home) = site();
    let (url, pin) = (url(&demo, "/docs/2025"), demo.pin().to_string());
    for (answer, stays) in [("\r", true), ("n\r", true), ("y\r", false)] {
        let mut terminal = Terminal::run(home.path(), &["rm", "-r", "--pin", &pin, &url]);
        terminal.until("Password of");
        terminal.press(demo.secret().reveal());
        terminal.press("\r");
        let asked = terminal.until("[y/N] ");
        assert!(
            asked.contains("/docs/2025: 1 file and 2 folders, 11 B?"),
            "{asked}"
        );
        terminal.press(answer);
        let (ended, rest) = terminal.end();
        assert_eq!(ended, 0, "{rest}");
        assert_eq!(rest.contains("is kept"), stays, "{rest}");
        assert_eq!(demo.folder().join("docs/2025").is_dir(), stays);
    }
}

#[test]
fn ctrl_c_at_the_password_ends_with_130() {
    let (_runtime, demo, home) = site();
    let mut terminal = Terminal::run(home.path(), &["ls", &url(&demo, "/")]);
    terminal.until("Password of");
    terminal.press("abc\x03");
    let (ended, rest) = terminal.end();
    assert_eq!(ended, 130, "{rest}");
}

#[test]
fn a_signal_at_the_password_ends_it_and_gives_the_terminal_back() {
    let (_runtime, demo, home) = site();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut command = pty::command(env!("CARGO_BIN_EXE_ftpane"), home.path(), home.path());
        command.args(["ls", &url(&demo, "/")]);
        command.env("HOME", home.path());
        command.env_remove("FTPANE_PASSWORD");
        command.env_remove("FTPANE_PROXY_PASSWORD");
        let mut terminal = pty::Terminal::run(command);
        terminal.see("Password of");
        // no keys before it: they may come to a terminal given back already, which echoes them
        terminal.signal(signal);
        let left = terminal.leave();
        assert_eq!(left.code, code, "{}", left.text);
    }
}

#[test]
fn a_conflict_is_asked_and_all_others_follow() {
    let (_runtime, demo, home) = site();
    std::fs::write(home.path().join("secret"), demo.secret().reveal()).unwrap();
    for name in ["guide.txt", "README.txt"] {
        std::fs::write(home.path().join(name), "mine").unwrap();
    }
    let (one, two) = (url(&demo, "/docs/guide.txt"), url(&demo, "/README.txt"));
    let pin = demo.pin().to_string();
    let words = [
        "get",
        "--password-command",
        "cat secret",
        "--pin",
        &pin,
        &one,
        &two,
    ];
    let mut terminal = Terminal::run(home.path(), &words);
    terminal.until("i skip; a capital letter for all");
    terminal.press("what?\r");
    terminal.until("> ");
    terminal.press("I\r");
    let (ended, rest) = terminal.end();
    assert_eq!(ended, 0, "{rest}");
    assert!(rest.contains("2 skipped"), "{rest}");
    assert_eq!(std::fs::read(home.path().join("README.txt")).unwrap(), b"mine");
}

#[test]
fn a_conflict_left_unanswered_is_a_failure() {
    let (_runtime, demo, home) = site();
    std::fs::write(home.path().join("secret"), demo.secret().reveal()).unwrap();
    std::fs::write(home.path().join("guide.txt"), "mine").unwrap();
    let (url, pin) = (url(&demo, "/docs/guide.txt"), demo.pin().to_string());
    let words = [
        "get",
        "--json",
        "--password-command",
        "cat secret",
        "--pin",
        &pin,
        &url,
    ];
    let mut terminal = Terminal::run(home.path(), &words);
    terminal.until("i skip; a capital letter for all");
    terminal.until("> ");
    terminal.press("\x04");
    let (ended, rest) = terminal.end();
    assert_eq!(ended, 9, "{rest}");
    assert!(
        rest.contains(r#"{"event":"failed","source":"/docs/guide.txt""#),
        "{rest}"
    );
    assert!(rest.contains(r#""done":0,"failed":1"#), "{rest}");
    assert_eq!(std::fs::read(home.path().join("guide.txt")).unwrap(), b"mine");
}

#[test]
fn progress_is_one_line_and_goes_away() {
    let served = tempfile::tempdir().unwrap();
    std::fs::write(served.path().join("file"), vec![b'x'; 4 << 20]).unwrap();
    let runtime = Runtime::new().unwrap();
    let options = DemoOptions {
        folder: Some(served.path().to_owned()),
        ..DemoOptions::default()
    };
    let demo = runtime.block_on(Demo::start_with(options)).unwrap();
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("secret"), demo.secret().reveal()).unwrap();
    let url = url(&demo, "/file");
    let pin = demo.pin().to_string();
    let words = [
        "get",
        "--limit-rate",
        "4M",
        "--password-command",
        "cat secret",
        "--pin",
        &pin,
        &url,
    ];
    for columns in [80, 40, 24] {
        let _ = std::fs::remove_file(home.path().join("file"));
        let (ended, shown) = Terminal::run_in(columns, home.path(), &words).end();
        assert_eq!(ended, 0, "{shown}");
        assert!(shown.contains(" of 4.0 MiB"), "{shown}");
        let mut drawn: Vec<&str> = shown.split("\r\x1b[K").collect();
        let last = drawn.pop().unwrap();
        assert!(last.contains("1 file, 4.0 MiB"), "{shown}");
        // each fits into its line, and holds whole words only
        for line in &drawn[1..] {
            assert!(line.chars().count() < usize::from(columns), "{line:?}");
            let parts = line.split(" · ").filter(|part| !part.is_empty());
            for part in parts {
                let ends = [
                    "looking what there is …",
                    " 0 B",
                    " 4.0 MiB",
                    " and counting",
                    "B/s",
                    " left",
                    " done",
                    "file",
                ];
                assert!(ends.iter().any(|end| part.ends_with(end)), "{columns}: {line:?}");
            }
        }
    }
}

/// What stands at the server, a name in another character set among it, as people see it and as
/// programs get it.
#[test]
fn names_on_a_terminal_only_show() {
    use crate::harness::scripted::{PASSWORD, end_data, send};

    let (runtime, home) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let lines = b"type=file;size=1; \x1b[2Jred\r\ntype=file;size=1; gpj\xe2\x80\xaeexe\r\n\
        type=file;size=1; caf\xc3\xa9\r\ntype=file;size=1; cafe\xcc\x81\r\ntype=file;size=1; \xff\r\n";
    let script = Script::new(Protocol::Ftp)
        .on("MLSD", [say("150 go"), send(lines), end_data(), say("226 done")])
        .on("RETR", say("550 \u{1b}[2Jno\u{202e}"));
    let server = runtime.block_on(script.start());
    let url = |path: &str| {
        format!(
            "{}{path}",
            server.server().url().replace("me@", &format!("me:{PASSWORD}@"))
        )
    };
    let (code, seen) = Terminal::run(home.path(), &["ls", &url("/")]).end();
    assert_eq!(code, 0, "{seen}");
    for shown in [
        "\\x1b[2Jred",
        "gpj\\u{202e}exe",
        "caf\u{e9}",
        "cafe\\u{301}",
        "\\xff",
    ] {
        assert!(seen.contains(shown), "{shown}: {seen}");
    }
    let (_, json) = Terminal::run(home.path(), &["ls", "--json", "--charset", "cp1251", &url("/")]).end();
    assert!(json.contains(r#""name":"я","name_bytes":"/w==""#), "{json}");
    let (code, failed) = Terminal::run(home.path(), &["get", "-q", &url("/%1b[2Jred")]).end();
    assert_eq!(code, 7, "{failed}");
    assert!(failed.contains("550 \\x1b[2Jno\\u{202e}"), "{failed}");
    let (code, unknown) = Terminal::run(home.path(), &["ls", "--charset", "latin-one", &url("/")]).end();
    assert_eq!(code, 2, "{unknown}");
    assert!(
        unknown.contains("is no character set known here") && unknown.contains("Shift_JIS"),
        "{unknown}"
    );
    for output in [seen, json, failed] {
        assert!(
            output
                .chars()
                .all(|c| ftpane::model::text::is_plain(c) || "\r\n".contains(c)),
            "{output:?}"
        );
    }
}

#[test]
fn what_a_login_asks_for_besides_is_asked_on_the_terminal() {
    let runtime = Runtime::new().unwrap();
    let home = tempfile::tempdir().unwrap();
    let (server, gateway) = runtime.block_on(async {
        let script = Script::new(Protocol::Ftp)
            .file("/f", "x")
            .on("USER", say("331 s/key 98 ke1234\x1b[2J"))
            .on("PASS ABE HER", say("332 Which account?"))
            .on("ACCT books", say("230 In."));
        let login = Some(("me", "gate pw"));
        let gateway = Gateway::start(ProxyKind::Socks5, login, Habit::Leads).await;
        (script.start().await, gateway)
    });
    let saved = server.server();
    let config = home.path().join("config");
    std::fs::create_dir(&config).unwrap();
    let (host, port, proxy) = (saved.host, saved.port.unwrap(), gateway.proxy("me"));
    std::fs::write(
        config.join("servers.toml"),
        format!(
            "[[server]]\nname = \"web\"\nprotocol = \"ftp\"\nhost = \"{host}\"\nport = {port}\nuser = \"me\"\npassword = \"challenge\"\nproxy = \"{proxy}\"\n"
        ),
    )
    .unwrap();
    let mut terminal = Terminal::run(home.path(), &["ls", "--transcript", "log", "web:"]);
    terminal.until(&format!("Password of {proxy}: "));
    terminal.press("gate pw\r");
    terminal.until("The server says: s/key 98 ke1234\\x1b[2J");
    terminal.until("Answer of ftp://me@");
    terminal.press("ABE HER\r");
    terminal.until("The server says: Which account?");
    terminal.until("Account of ftp://me@");
    terminal.press("books\r");
    let (code, rest) = terminal.end();
    assert!(code == 0 && rest.contains(" f"), "{code}: {rest}");
    let log = std::fs::read_to_string(home.path().join("log")).unwrap();
    for secret in ["gate pw", "ABE HER", "books"] {
        assert!(!log.contains(secret) && !rest.contains(secret), "{log}{rest}");
    }
}
