//! No secret anywhere: the real program does what it can do, with its log open, a transcript, servers
//! that repeat the password in their replies, and every source of passwords; then every file it made
//! and every word it wrote is searched for the password, in clear and in disguise.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ftpane::app::effect::{Change, Effect};
use ftpane::app::input::Line;
use ftpane::app::msg::Msg;
use ftpane::config::netrc;
use ftpane::config::secrets::{Lock, Moved, Store};
use ftpane::model::command::Command;
use ftpane::model::job::ConnectionId;
use ftpane::model::secret::Secret;
use ftpane::model::server::{PasswordSource, Patience, Protocol, Server};
use ftpane::model::target::Target;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::harness::bench::{Bench, server, start};
use crate::harness::pty::{Terminal, command};
use crate::harness::scripted::{Script, Scripted, close, raw, say};

/// With what a URL, a quote, a shell, a TOML file and a netrc make much of.
const SECRET: &str = "zq/8+:@Sesam'\"%\\\u{e9}x";
/// The same in a URL.
const IN_URL: &str = "zq%2F8%2B%3A%40Sesam'%22%25%5C%C3%A9x";
const PASSPHRASE: &str = "korrekt Pferd batterie";
const ACCOUNT: &str = "konto-0815-geheim";

/// The first secret found in what the program made, with how it is spelled.
fn found(bytes: &[u8]) -> Option<String> {
    let mut spellings = vec![
        IN_URL.as_bytes().to_vec(),
        // what is left of it where it was cut at its odd characters
        b"@Sesam".to_vec(),
        b"%40Sesam".to_vec(),
    ];
    for secret in [SECRET, PASSPHRASE, ACCOUNT] {
        let bytes = secret.as_bytes();
        let listed: Vec<String> = bytes[..6].iter().map(u8::to_string).collect();
        let hex: String = bytes[..6].iter().map(|b| format!("{b:02x}")).collect();
        spellings.extend([
            bytes.to_vec(),
            format!("{secret:?}").into_bytes(),
            STANDARD.encode(&bytes[..6]).into_bytes(),
            listed.join(", ").into_bytes(),
            hex.to_ascii_uppercase().into_bytes(),
            hex.into_bytes(),
        ]);
    }
    spellings
        .into_iter()
        .find(|s| bytes.windows(s.len()).any(|w| w == s))
        .map(|s| String::from_utf8_lossy(&s).into_owned())
}

#[test]
fn the_search_finds_what_it_should() {
    for text in [
        format!("PASS {SECRET}\r\n"),
        format!("ftp://me:{IN_URL}@h/"),
        format!("{:?}", SECRET.as_bytes()),
        format!("{:?}", SECRET),
        STANDARD.encode(PASSPHRASE),
        format!("ACCT {ACCOUNT}"),
        "7a712f382b3a".into(),
    ] {
        assert!(found(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(found(b"PASS ***"), None);
}

/// Everything the program may write into: home, configuration, temporary files, where it stands.
struct House {
    rooms: TempDir,
    /// What the test itself wrote secrets into.
    outside: TempDir,
    output: Vec<u8>,
}

impl House {
    fn new() -> Self {
        let rooms = tempfile::tempdir().unwrap();
        for room in ["home", "config", "tmp", "here"] {
            fs::create_dir(rooms.path().join(room)).unwrap();
        }
        Self {
            rooms,
            outside: tempfile::tempdir().unwrap(),
            output: Vec::new(),
        }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.rooms.path().join(path)
    }

    fn variables(&self) -> Vec<(&'static str, PathBuf)> {
        vec![
            ("HOME", self.at("home")),
            ("XDG_CONFIG_HOME", self.at("config")),
            ("XDG_CACHE_HOME", self.at("home/cache")),
            ("XDG_STATE_HOME", self.at("home/state")),
            ("XDG_DATA_HOME", self.at("home/data")),
            ("XDG_RUNTIME_DIR", self.at("tmp")),
            ("TMPDIR", self.at("tmp")),
            ("FTPANE_CONFIG_DIR", self.at("config")),
            ("FTPANE_LOG", self.at("home/log")),
            ("RUST_LOG", "trace".into()),
            ("RUST_BACKTRACE", "full".into()),
            ("NETRC", self.outside.path().join("netrc")),
            ("PATH", std::env::var_os("PATH").unwrap_or_default().into()),
        ]
    }

    /// Runs it as a script does; the exit code.
    fn run(&mut self, variables: &[(&str, &str)], words: &[&str]) -> i32 {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_ftpane"));
        command
            .env_clear()
            .envs(self.variables())
            .envs(variables.iter().copied())
            .current_dir(self.at("here"))
            .timeout(crate::harness::pty::PATIENCE)
            .args(words);
        let output = command.output().unwrap();
        self.heard(words, &[output.stdout.as_slice(), &output.stderr].concat());
        output.status.code().unwrap()
    }

    /// Starts it in a terminal.
    fn terminal(&self, words: &[&str]) -> Terminal {
        let mut command = command(env!("CARGO_BIN_EXE_ftpane"), &self.at("here"), &self.at("config"));
        command.args(words);
        for (name, value) in self.variables() {
            command.env(name, value);
        }
        Terminal::run(command)
    }

    fn heard(&mut self, words: &[&str], said: &[u8]) {
        self.output.extend_from_slice(said);
        assert_eq!(
            found(said),
            None,
            "written by {words:?}: {}",
            String::from_utf8_lossy(said)
        );
    }

    /// Searches every file; gives how many there are.
    fn search(&self) -> usize {
        fn look(folder: &Path, files: &mut usize) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                assert_eq!(found(name.as_bytes()), None, "{}", path.display());
                if path.is_dir() {
                    look(&path, files);
                } else if path.is_file() {
                    *files += 1;
                    let content = fs::read(&path).unwrap();
                    assert_eq!(
                        found(&content),
                        None,
                        "{}: {}",
                        path.display(),
                        String::from_utf8_lossy(&content)
                    );
                }
            }
        }
        let mut files = 0;
        look(self.rooms.path(), &mut files);
        files
    }
}

/// Lets one in with the secret, and repeats it wherever a reply can.
fn chatty(protocol: Protocol) -> Script {
    let pass = format!("PASS {SECRET}");
    Script::new(protocol)
        .file("/hello.txt", "hello")
        .file("/sub/more.txt", "more")
        .on(
            &pass,
            [raw(format!(
                "230-you said {SECRET}\r\n {SECRET}\r\n230 PASS {SECRET} is right\r\n"
            )
            .as_bytes())],
        )
        .on("OPTS", say(&format!("500 OPTS after {SECRET}?")))
        .on("SYST", say(&format!("215 {SECRET}")))
        .on("NOOP", say(&format!("200 {SECRET}")))
        .on("MKD", say(&format!("550 not for {SECRET}")))
}

fn url(server: &Scripted, secret: Option<&str>, path: &str) -> String {
    let server = server.server();
    let login = secret.map_or("me".to_owned(), |secret| format!("me:{secret}"));
    let scheme = server.protocol.scheme();
    format!("{scheme}://{login}@{}:{}{path}", server.host, server.port())
}

#[test]
fn nothing_the_program_makes_holds_a_secret() {
    let runtime = Runtime::new().unwrap();
    let start = |script: Script| runtime.block_on(script.start());
    let mut house = House::new();
    let plain = start(chatty(Protocol::Ftp));
    let tls = start(chatty(Protocol::FtpsExplicit));
    let pin = tls.server().pin.unwrap().to_string();
    let with_secret = url(&plain, Some(IN_URL), "/");
    let without = url(&plain, None, "/");

    // a password in the URL: works, and is warned about once, also with -q
    let transcript = house.at("here/transcript");
    let transcript = transcript.to_str().unwrap();
    let words = [
        "get",
        "-q",
        "--transcript",
        transcript,
        &format!("{with_secret}hello.txt"),
        &format!("{with_secret}sub"),
    ];
    let code = house.run(&[], &words);
    assert_eq!(code, 0, "{}", String::from_utf8_lossy(&house.output));
    let said = String::from_utf8(std::mem::take(&mut house.output)).unwrap();
    assert_eq!(said.matches("can be seen by other users").count(), 1, "{said}");
    let dialogue = fs::read_to_string(transcript).unwrap();
    assert!(
        dialogue.contains("PASS ***") && dialogue.contains("230 PASS *** is right"),
        "{dialogue}"
    );

    // the environment, over TLS
    let password = [("FTPANE_PASSWORD", SECRET), ("FTPANE_PASSPHRASE", PASSPHRASE)];
    let encrypted = url(&tls, None, "/");
    fs::write(house.at("here/up.txt"), "up").unwrap();
    let words = ["put", "--pin", &pin, "up.txt", &encrypted];
    assert_eq!(house.run(&password, &words), 0);
    let words = ["ls", "--json", "--pin", &pin, &encrypted];
    assert_eq!(house.run(&password, &words), 0);
    // a folder that is refused, with the password in the refusal
    fs::create_dir(house.at("here/new")).unwrap();
    fs::write(house.at("here/new/f"), "f").unwrap();
    let words = ["put", "--pin", &pin, "new", &encrypted];
    assert_ne!(house.run(&password, &words), 0);

    // a command, which is given none of the variables that hold a secret, and no argument
    let file = house.outside.path().join("password");
    fs::write(&file, SECRET).unwrap();
    let dump = format!(
        "env > env.txt; tr '\\0' ' ' < /proc/$PPID/cmdline > parent.txt; cat '{}'",
        file.display()
    );
    let words = ["ls", "--password-command", &dump, &without];
    assert_eq!(house.run(&password, &words), 0);
    assert!(
        fs::read_to_string(house.at("here/env.txt"))
            .unwrap()
            .contains("FTPANE_LOG")
    );

    // ~/.netrc
    let quoted = SECRET.replace('\\', "\\\\").replace('"', "\\\"");
    let line = format!("machine 127.0.0.1 login me password \"{quoted}\" account {ACCOUNT}\n");
    fs::write(house.outside.path().join("netrc"), line).unwrap();
    assert_eq!(house.run(&[], &["ls", &without]), 0);
    fs::write(house.outside.path().join("netrc"), "").unwrap();

    // refused, with the password in the refusal; a server that is none and repeats it
    for steps in [
        vec![say(&format!("530-sorry\r\n530 {SECRET} is wrong"))],
        vec![say(&format!("you said {SECRET}"))],
        vec![raw(format!("332 account for {SECRET}\r\n").as_bytes())],
        vec![raw(format!("421 {SECRET} {SECRET}").as_bytes()), close()],
    ] {
        let refusing = start(Script::new(Protocol::Ftp).on("PASS", steps));
        let target = url(&refusing, None, "/");
        let words = [
            "ls",
            "--retries",
            "0",
            "--timeout",
            "2",
            "--transcript",
            transcript,
            &target,
        ];
        assert_ne!(house.run(&password, &words), 0);
    }

    // mistakes on the command line
    for words in [
        &["ls", &with_secret, "too many"][..],
        &["put", &with_secret],
        &["get", "--no-such-option", &with_secret],
        &[&format!("ftp://me:{IN_URL}@:0/")],
        &["ls", &format!("http://me:{IN_URL}@h/")],
        &["ls", &format!("ftp://me:{SECRET}@h/")],
    ] {
        assert_ne!(house.run(&password, words), 0, "{words:?}");
    }

    interface(&house, &plain);
    // what the interface kept serves a script
    let web = ["ls", "web:/"];
    assert_eq!(house.run(&[("FTPANE_PASSPHRASE", PASSPHRASE)], &web), 0);
    assert_eq!(house.run(&[("FTPANE_PASSPHRASE", "wrong")], &web), 4);

    let servers = fs::read_to_string(house.at("config/servers.toml")).unwrap();
    assert!(servers.contains("password = \"store\""), "{servers}");
    assert!(house.at("config/secrets.store").is_file());
    assert!(house.at("home/log").is_file());
    let files = house.search();
    assert!(files >= 9, "only {files} files were searched");
    // and the password did go where it belongs
    assert!(plain.heard().iter().any(|h| h.line == format!("PASS {SECRET}")));
}

/// The interface: connected by a URL, its log looked at; the form filled by a pasted URL; the store
/// made, and used.
fn interface(house: &House, server: &Scripted) {
    let assert_clean = |terminal: &Terminal| {
        let shown = terminal.text();
        assert_eq!(found(shown.as_bytes()), None, "{shown}");
    };
    let mut terminal = house.terminal(&[&url(server, Some(IN_URL), "/")]);
    terminal.see("hello.txt");
    terminal.press("L");
    terminal.see("PASS ***");
    assert_clean(&terminal);
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);

    let mut terminal = house.terminal(&[]);
    terminal.see("No servers yet");
    terminal.press("n");
    terminal.see("New server");
    terminal.press(&format!("\x1b[200~{}\x1b[201~", url(server, Some(IN_URL), "/")));
    terminal.see("Kept password");
    assert_clean(&terminal);
    terminal.press("\x15web\r");
    for prompt in ["Choose a passphrase", "The same passphrase again"] {
        terminal.see(prompt);
        terminal.press(&format!("{PASSPHRASE}\r"));
    }
    terminal.until("is back at the list", |s| !s.contents().contains("New server"));
    terminal.press("\r");
    terminal.see("hello.txt");
    assert_clean(&terminal);
    terminal.press("q");
    assert_eq!(terminal.leave().code, 0);
}

#[test]
fn the_texts_of_all_that_can_hold_one_hold_none() {
    let secret = || Secret::new(SECRET);
    let web = Server {
        password: PasswordSource::Store,
        ..server("web")
    };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::at(folder.path().join("secrets"));
    store.unlock(Secret::new(PASSPHRASE));
    let mut line = Line::masked();
    line.paste(SECRET);
    let resolve = Effect::ResolveSecret(ConnectionId(1), Box::new(web.clone()));
    let add = Change::Add(Box::new(web.clone()), Some(secret()));
    let connect = Command::Connect {
        connection: ConnectionId(1),
        server: Box::new(web.clone()),
        secret: Some(secret()),
        patience: Patience::default(),
    };
    let netrc = format!("machine h login me password {SECRET}");
    let mut begun = start(vec![web.clone()]);
    begun.connect = Some((web.clone(), Some(secret())));
    let mut bench = Bench::new(vec![web.clone()]);
    bench.press("n");
    let paste = format!("ftp://me:{IN_URL}@h/");
    bench.update(Msg::Paste(Secret::new(paste)));
    let form = format!("{:?}", bench.app);
    assert!(form.contains("Line(***)"), "{form}");
    bench.press("esc esc enter");
    bench.update(Msg::SecretResolved(ConnectionId(1), Ok(Some(secret()))));
    bench.update(Msg::Locked(
        Lock::New,
        Box::new(Effect::ChangeServers(add.clone())),
    ));
    bench.update(Msg::Paste(Secret::new(PASSPHRASE)));
    bench.press("enter");
    for text in [
        form,
        format!("{:?}", bench.app),
        format!("{:?}", secret()),
        format!("{:?}", Target::parse(&format!("ftp://me:{IN_URL}@h/")).unwrap()),
        format!("{:?}", netrc::find(&netrc, "h", None).unwrap()),
        format!("{line:?}"),
        format!("{store:?}"),
        format!("{:?}", Moved::between(None, Some(&web), Some(secret()))),
        format!("{connect:?}"),
        format!("{:?}", Effect::Unlock(Secret::new(PASSPHRASE))),
        format!("{:?}", Effect::ChangeServers(add)),
        format!(
            "{:?}",
            Change::Keep("web".into(), PasswordSource::Store, secret())
        ),
        format!("{:?}", Msg::Locked(Lock::Closed, Box::new(resolve))),
        format!("{:?}", Msg::SecretResolved(ConnectionId(1), Ok(Some(secret())))),
        format!("{:?}", Msg::Paste(secret())),
        format!("{begun:?}"),
        format!(
            "{:?}",
            ftpane::cli::parse(
                ["ftpane", "ls", &format!("ftp://me:{IN_URL}@h/")]
                    .map(Into::into)
                    .into_iter()
            )
        ),
    ] {
        assert_eq!(found(text.as_bytes()), None, "{text}");
    }
}
