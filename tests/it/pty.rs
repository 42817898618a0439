//! The real binary in a real terminal: its screens, the whole job, every way it can end.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ftpane::app::effect::Change;
use ftpane::config::bookmarks;
use ftpane::config::import::Looked;
use ftpane::config::secrets::Trouble;
use ftpane::config::servers::Servers;
use ftpane::engine::{self, Options};
use ftpane::model::failure::Failure;
use ftpane::model::proxy::ProxyKind;
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Protocol, Server};
use ftpane::model::stamp::Stamp;
use ftpane::term::{Outside, run};
use rustix::process::{Signal, kill_process_group};

use crate::harness::bench::{server, start};
use crate::harness::gateway::{Gateway, Habit};
use crate::harness::pty::{PATIENCE, Place, Terminal};
use crate::harness::scripted::{Script, say};

const F5: &str = "\x1b[15~";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const CTRL_C: &str = "\x03";
const CTRL_Z: &str = "\x1a";

#[test]
fn the_list_of_servers_is_the_first_screen() {
    let place = Place::new();
    let mut terminal = Terminal::run(place.ftpane(&[]));
    terminal.see("No servers yet");
    terminal.assert_taken();
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn the_demo_is_connected_at_once() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    let screen = terminal.see("resumed 1/1");
    assert!(screen.contains("TLS 1.3"), "{screen}");
    assert!(screen.contains("This folder is empty"), "{screen}");
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

/// Presses cursor keys until the screen shows a text; each of them must be seen to do something.
fn browse_until(terminal: &mut Terminal, text: &str) {
    let end = Instant::now() + PATIENCE;
    for key in [DOWN, UP].into_iter().cycle() {
        terminal.press(key);
        terminal.see_change();
        if terminal.text().contains(text) {
            return;
        }
        assert!(Instant::now() < end, "never shows '{text}':\n{}", terminal.text());
    }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_marked_folder_goes_both_ways_while_one_browses() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    // down to `many`, the third of the folders
    terminal.press(&format!("{DOWN}{DOWN} "));
    terminal.see("1 folder marked");
    terminal.press(F5);
    terminal.see("Download");
    terminal.press("\r");
    browse_until(&mut terminal, "Queue · 200 done");
    let many = place.here.path().join("many");
    let names = names(&many);
    assert_eq!(names.len(), 200, "{names:?}");
    assert_eq!(names[0], "file-001.txt");
    assert_eq!(
        fs::read_to_string(many.join("file-042.txt")).unwrap(),
        "File number 42.\n"
    );

    // and up, into another folder: the other pane has seen what came
    terminal.press("gg");
    terminal.press(&format!("{DOWN}\r"));
    terminal.see(" /incoming ");
    terminal.see("This folder is empty");
    terminal.press("\t");
    terminal.press(" ");
    terminal.see("1 folder marked");
    terminal.press(F5);
    terminal.see("Upload");
    terminal.press("\r");
    browse_until(&mut terminal, "Queue · 400 done");
    terminal.until("shows the folder on both sides", |s| {
        s.contents().matches("/many ").count() >= 2
    });
    terminal.press("\t\r");
    terminal.see(" /incoming/many ");
    terminal.see("200 files");
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn a_running_transfer_is_paused_and_goes_on() {
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    // a limit keeps it running
    terminal.press("Ql");
    terminal.see("Speed limit");
    terminal.press("100K\r");
    terminal.see("limit 100 KiB/s");
    terminal.press("Q");
    terminal.see("README.txt");
    terminal.press("/");
    terminal.press("big.bin\r");
    terminal.press(F5);
    terminal.see("Download");
    terminal.press("\r");
    terminal.see("1 running");
    terminal.press("Q");
    terminal.see("running ");
    terminal.press("p");
    terminal.see("1 held");
    assert!(!place.here.path().join("big.bin").exists());
    terminal.press("l");
    terminal.see("Speed limit");
    terminal.press(&"\x7f".repeat(12));
    terminal.press("0\r");
    terminal.press("p");
    terminal.see("1 done");
    let big = fs::metadata(place.here.path().join("big.bin")).unwrap();
    assert_eq!(big.len(), 64 << 20);
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn every_end_gives_the_terminal_back() {
    let place = Place::new();
    for (key, code) in [("q", 0), (CTRL_C, 0)] {
        let mut terminal = place.demo(&[]);
        terminal.assert_taken();
        terminal.press(key);
        assert_eq!(terminal.leave().code, code, "{key:?}");
    }
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let terminal = place.demo(&[]);
        terminal.assert_taken();
        terminal.signal(signal);
        assert_eq!(terminal.leave().code, code, "{signal:?}");
    }
}

/// A world in which the first change of the servers file panics, in the loop itself.
struct Broken;

impl Outside for Broken {
    fn resolve(&self, _: Server) -> impl Future<Output = Result<Option<Secret>, Trouble>> + Send + 'static {
        std::future::ready(Ok(None))
    }

    #[allow(unreachable_code, reason = "the type of what never comes")]
    fn change(&self, _: Change) -> impl Future<Output = Result<Vec<Server>, Trouble>> + Send + 'static {
        panic!("the world is broken");
        std::future::ready(Ok(Vec::new()))
    }

    fn change_bookmarks(
        &self,
        _: bookmarks::Change,
    ) -> impl Future<Output = Result<Vec<bookmarks::Bookmark>, Failure>> + Send + 'static {
        std::future::ready(Ok(Vec::new()))
    }

    fn keep_theme(&self, _: String) -> impl Future<Output = Result<(), Failure>> + Send + 'static {
        std::future::ready(Ok(()))
    }

    fn read_servers(&self) -> impl Future<Output = Result<Vec<Server>, Failure>> + Send + 'static {
        std::future::ready(Ok(Vec::new()))
    }

    fn look_for_imports(&self) -> impl Future<Output = Result<Looked, Failure>> + Send + 'static {
        std::future::ready(Ok(Looked::default()))
    }

    fn remember_use(&self, _: String) -> impl Future<Output = Stamp> + Send + 'static {
        std::future::ready(Stamp::exact(0))
    }

    fn unlock(&self, _: Secret) {}

    fn private_folder(&self, _: String) -> impl Future<Output = Result<PathBuf, Failure>> + Send + 'static {
        std::future::ready(Ok(PathBuf::new()))
    }

    fn remove_private_folder(&self, _: PathBuf) -> impl Future<Output = Option<Failure>> + Send + 'static {
        std::future::ready(None)
    }
}

/// Not a test: the program that [`a_panic_gives_the_terminal_back`] runs in its terminal.
#[tokio::test]
#[ignore = "runs in a terminal of its own, as another test's child"]
async fn panics_in_its_terminal() {
    let engine = engine::start(Options::default());
    run(start(vec![server("web")]), engine, Broken, true)
        .await
        .unwrap();
}

#[test]
fn a_panic_gives_the_terminal_back() {
    let place = Place::new();
    let mut command = place.command(std::env::current_exe().unwrap());
    command.args([
        "--ignored",
        "--exact",
        "--nocapture",
        "pty::panics_in_its_terminal",
    ]);
    let mut terminal = Terminal::run(command);
    terminal.see("web.example.org");
    terminal.assert_taken();
    // deleting the entry changes the file of servers
    terminal.press("d\r");
    let left = terminal.leave();
    // the harness of Rust's tests ends with this code when a test panics, as a panicking program does
    assert_eq!(left.code, 101);
    assert!(left.text.contains("the world is broken"), "{}", left.text);
}

#[test]
fn nothing_is_written_while_nothing_happens() {
    // the one place for a window of time: that nothing comes can only be seen by waiting for it
    const WINDOW: Duration = Duration::from_millis(1_200);
    let place = Place::new();
    let mut terminal = place.demo(&[]);
    terminal.until_silent_for(WINDOW);
    // it is alive, and silent again
    terminal.press(DOWN);
    terminal.see_change();
    terminal.until_silent_for(WINDOW);
    terminal.press(CTRL_C);
    assert_eq!(terminal.leave().code, 0);
}

/// A shell that runs the demo as its job, says when that has stopped, and waits for a line before
/// it lets it go on: only where a shell is can a program be stopped.
fn under_a_shell(place: &Place) -> Terminal {
    let mut shell = place.command("sh");
    let script = r#"
        set -m
        echo before
        "$FTPANE" demo
        echo "stopped with $?"
        read line
        fg
        echo "ended with $?"
    "#;
    shell.env("FTPANE", env!("CARGO_BIN_EXE_ftpane"));
    shell.args(["-c", script]);
    let mut terminal = Terminal::run(shell);
    terminal.see_the_demo();
    terminal
}

#[test]
fn it_can_be_stopped_and_goes_on() {
    let place = Place::new();
    for outside in [false, true] {
        let mut terminal = under_a_shell(&place);
        terminal.assert_taken();
        if outside {
            kill_process_group(terminal.foreground(), Signal::TSTP).unwrap();
        } else {
            terminal.press(CTRL_Z);
        }
        terminal.see("stopped with");
        assert!(terminal.text().contains("before"), "{}", terminal.text());
        terminal.assert_given_back();
        terminal.press("\r");
        terminal.see("README.txt");
        terminal.until("is taken again", |s| s.alternate_screen() && s.bracketed_paste());
        terminal.assert_taken();
        // and it takes keys
        terminal.press(&format!("{DOWN}\r"));
        terminal.see(" /incoming ");
        terminal.press("q");
        terminal.see("ended with 0");
        assert_eq!(terminal.leave().code, 0);
    }
}

/// A proxy that asks for a password, a server that asks for a one-time one and for an account.
#[test]
fn a_server_behind_a_proxy_that_asks_for_more_than_a_password() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (server, gateway) = runtime.block_on(async {
        let script = Script::new(Protocol::Ftp)
            .file("/inside.txt", "x")
            .on("USER anna", say("331 otp-md5 487 dog2"))
            .on("PASS ABE HER", say("332 Which account?"))
            .on("ACCT books", say("230 In."))
            .on("SITE UMASK", say("500 No umask here."));
        let login = Some(("me", "gate pw"));
        let gateway = Gateway::start(ProxyKind::Socks5, login, Habit::Leads).await;
        (script.start().await, gateway)
    });
    let place = Place::new();
    let mut servers = Servers::load(place.home.path().join("servers.toml")).unwrap();
    let saved = Server {
        name: "inside".into(),
        host: "ftp.inside.invalid".into(),
        user: "anna".into(),
        password: PasswordSource::Challenge,
        after_login: vec!["SITE UMASK 022".into()],
        proxy: Some(gateway.proxy("me")),
        ..server.server()
    };
    servers.add(saved).unwrap();
    let mut terminal = Terminal::run(place.ftpane(&[]));
    terminal.see("inside");
    terminal.press("\r");
    terminal.see("Password of the proxy socks5://me@127.0.0.1");
    terminal.press("gate pw\r");
    terminal.see("otp-md5 487 dog2");
    terminal.press("ABE HER\r");
    terminal.see("Which account?");
    terminal.press("books\r");
    for shown in ["inside.txt", "through SOCKS5", "SITE UMASK 022' was not done"] {
        terminal.see(shown);
    }
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}
