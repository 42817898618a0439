//! The store of passwords as a person meets it: the real program in a terminal and in a script.

use std::fs;
use std::path::Path;
use std::process::Output;

use ftpane::model::server::Protocol;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::harness::pty::{Terminal, command};
use crate::harness::scripted::{PASSWORD, Script, Scripted};

const PASSPHRASE: &str = "correct horse";

/// A server whose entry says that its password is in the store.
struct Site {
    server: Scripted,
    home: TempDir,
    // the server runs on it: it goes last
    _runtime: Runtime,
}

impl Site {
    fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let script = Script::new(Protocol::Ftp).file("/hello.txt", "hello");
        let server = runtime.block_on(script.start());
        let site = Self {
            server,
            home: tempfile::tempdir().unwrap(),
            _runtime: runtime,
        };
        let saved = site.server.server();
        let text = format!(
            "[[server]]\nname = \"web\"\nprotocol = \"ftp\"\nhost = \"{}\"\nport = {}\nuser = \"me\"\npassword = \"store\"\n",
            saved.host,
            saved.port()
        );
        fs::write(site.home.path().join("servers.toml"), text).unwrap();
        site
    }

    fn terminal(&self, words: &[&str]) -> Terminal {
        let home = self.home.path();
        let mut command = command(env!("CARGO_BIN_EXE_ftpane"), home, home);
        command.args(words);
        command.env("HOME", home);
        command.env_remove("FTPANE_PASSWORD");
        command.env_remove("FTPANE_PASSPHRASE");
        Terminal::run(command)
    }

    /// `ls` as a script does it.
    fn script(&self, passphrase: Option<&str>) -> Output {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_ftpane"));
        command
            .args(["ls", "web:/"])
            .env("HOME", self.home.path())
            .env("FTPANE_CONFIG_DIR", self.home.path())
            .env_remove("FTPANE_PASSWORD");
        match passphrase {
            Some(passphrase) => command.env("FTPANE_PASSPHRASE", passphrase),
            None => command.env_remove("FTPANE_PASSPHRASE"),
        };
        command.output().unwrap()
    }

    fn store(&self) -> std::path::PathBuf {
        self.home.path().join("secrets.store")
    }
}

#[track_caller]
fn ends(output: &Output, code: i32, words: &[&str]) {
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "'{word}' is not in: {said}");
    }
}

#[test]
fn a_password_typed_once_serves_scripts_with_the_passphrase() {
    let site = Site::new();
    ends(&site.script(None), 4, &["no terminal"]);
    assert!(!site.store().exists());
    let mut terminal = site.terminal(&["ls", "web:/"]);
    terminal.see("Password of ftp://me@");
    terminal.press(&format!("{PASSWORD}\r"));
    terminal.see("A new passphrase for the secret store: ");
    terminal.press("one\r");
    terminal.see("The same again: ");
    terminal.press("other\r");
    terminal.see("The two differ. A new passphrase");
    terminal.press(&format!("{PASSPHRASE}\r"));
    terminal.until("asks again", |s| {
        s.contents().matches("The same again: ").count() == 2
    });
    terminal.press(&format!("{PASSPHRASE}\r"));
    terminal.see("the password of web is kept from now on");
    let left = terminal.leave();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(!left.text.contains(PASSWORD) && !left.text.contains(PASSPHRASE));

    ends(&site.script(Some(PASSPHRASE)), 0, &["hello.txt"]);
    ends(
        &site.script(Some("wrong")),
        4,
        &["passphrase is wrong", "FTPANE_PASSPHRASE"],
    );
    ends(
        &site.script(None),
        4,
        &[
            "its passphrase is needed",
            "FTPANE_PASSPHRASE",
            "--password-command",
        ],
    );
    // a person is asked for it, and once more where it was wrong
    let mut terminal = site.terminal(&["ls", "web:/"]);
    terminal.see("Passphrase of the secret store: ");
    terminal.press("wrong\r");
    terminal.see("The passphrase is wrong. Passphrase of the secret store: ");
    terminal.press(&format!("{PASSPHRASE}\r"));
    terminal.see("hello.txt");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn a_password_that_is_not_kept_after_all_stops_nothing() {
    let site = Site::new();
    let mut terminal = site.terminal(&["ls", "web:/"]);
    terminal.see("Password of ftp://me@");
    terminal.press(&format!("{PASSWORD}\r"));
    terminal.see("A new passphrase for the secret store: ");
    // the end of the input
    terminal.press("\x04");
    terminal.see("the password is not kept: No passphrase for the secret store");
    terminal.see("hello.txt");
    let left = terminal.leave();
    assert_eq!(left.code, 0, "{}", left.text);
    assert!(!site.store().exists());
}

#[test]
fn the_interface_too_says_that_others_can_read_the_netrc() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new();
    let path = site.home.path().join("servers.toml");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("\"store\"", "\"netrc\"");
    fs::write(&path, text).unwrap();
    let netrc = site.home.path().join(".netrc");
    fs::write(&netrc, format!("default login me password \"{PASSWORD}\"\n")).unwrap();
    for (mode, warned) in [(0o644, true), (0o600, false)] {
        fs::set_permissions(&netrc, fs::Permissions::from_mode(mode)).unwrap();
        let mut terminal = site.terminal(&[]);
        terminal.see("web");
        terminal.press("\r");
        terminal.until("is connected", |s| {
            let said = s.contents();
            said.contains("hello.txt") && said.contains("can be read by other users") == warned
        });
        terminal.press("q");
        assert_eq!(terminal.leave().code, 0);
    }
}

#[test]
fn the_passphrase_can_be_changed() {
    let site = Site::new();
    let none = site.terminal(&["passphrase"]).leave();
    assert_eq!(none.code, 2, "{}", none.text);
    keep(&site);
    let mut terminal = site.terminal(&["passphrase"]);
    terminal.see("Passphrase of the secret store: ");
    terminal.press("wrong\r");
    terminal.see("The passphrase is wrong.");
    terminal.press(&format!("{PASSPHRASE}\r"));
    terminal.see("A new passphrase for the secret store: ");
    terminal.press("battery staple\r");
    terminal.see("The same again: ");
    terminal.press("battery staple\r");
    terminal.see("has its new passphrase");
    assert_eq!(terminal.leave().code, 0);
    ends(&site.script(Some("battery staple")), 0, &["hello.txt"]);
    ends(&site.script(Some(PASSPHRASE)), 4, &["passphrase is wrong"]);
}

/// Puts the right password into the store by way of the interface's password dialog.
fn keep(site: &Site) {
    let mut terminal = site.terminal(&[]);
    terminal.see("web");
    terminal.press("\r");
    terminal.see("(•) in ftpane's encrypted store");
    terminal.press(&format!("{PASSWORD}\r"));
    for prompt in ["Choose a passphrase", "The same passphrase again"] {
        terminal.see(prompt);
        terminal.press(&format!("{PASSPHRASE}\r"));
    }
    terminal.see("hello.txt");
    terminal.until("asks nothing more", |s| !s.contents().contains("passphrase"));
    terminal.press("q");
    let left = terminal.leave();
    assert_eq!(left.code, 0, "{}", left.text);
}

#[test]
fn the_interface_keeps_unlocks_renames_and_forgets() {
    let site = Site::new();
    keep(&site);
    assert!(site.store().exists());
    // another run: the passphrase is asked for, wrong at first
    let mut terminal = site.terminal(&["web:"]);
    terminal.see("once for this run");
    terminal.press("wrong\r");
    terminal.see("The passphrase is wrong.");
    terminal.press(&format!("{PASSPHRASE}\r"));
    terminal.see("hello.txt");
    // called otherwise, the password goes along; nobody is asked again in this run
    terminal.press("S");
    terminal.see("Servers");
    terminal.press("e");
    terminal.see("Server web");
    terminal.press("2\r");
    terminal.until("is back at the list", |s| !s.contents().contains("Server web"));
    terminal.press("q");
    let left = terminal.leave();
    assert_eq!(left.code, 0, "{}", left.text);
    let servers = fs::read_to_string(site.home.path().join("servers.toml")).unwrap();
    assert!(servers.contains("\"web2\""), "{servers}");

    let store = open(&site.store());
    assert_eq!(store.get("web"), Ok(None));
    assert_eq!(
        store.get("web2").unwrap().map(|s| s.reveal().to_owned()),
        Some(PASSWORD.to_owned())
    );
    // deleted, and its password with it
    let mut terminal = site.terminal(&[]);
    terminal.see("web2");
    terminal.press("d");
    terminal.see("Delete the entry");
    terminal.press("d");
    terminal.see("once for this run");
    terminal.press(&format!("{PASSPHRASE}\r"));
    terminal.see("No servers yet");
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
    assert_eq!(store.get("web2"), Ok(None));
}

fn open(path: &Path) -> ftpane::config::secrets::Store {
    let store = ftpane::config::secrets::Store::at(path);
    store.unlock(ftpane::model::secret::Secret::new(PASSPHRASE));
    store
}
