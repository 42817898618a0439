//! `ftpane servers` and `ftpane config`, as a script and as a person meet them.

use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use ftpane::config::secrets::Store;
use ftpane::config::servers::Servers;
use ftpane::model::secret::Secret;
use ftpane::model::server::{ConnectionMode, PasswordSource, Protocol};
use tempfile::TempDir;

use crate::harness::binary;

/// A home without anything in it.
struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn at(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.at(path).parent().unwrap()).unwrap();
        fs::write(self.at(path), text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// The program with this home and nothing else of this machine; without a password of its own.
    fn ftpane(&self, words: &[&str]) -> Command {
        let mut command = binary::ftpane(self.0.path());
        command.env_remove("FTPANE_PASSWORD").args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.ftpane(words).output().unwrap()
    }

    /// Runs it; what it printed.
    #[track_caller]
    fn good(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Runs it; what it said when it failed with this code.
    #[track_caller]
    fn bad(&self, code: i32, words: &[&str]) -> String {
        let output = self.run(words);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        said(&output)
    }

    fn servers(&self) -> Servers {
        Servers::load(self.at("servers.toml")).unwrap()
    }

    fn kept(&self, name: &str) -> Option<Secret> {
        let store = Store::at(self.at("secrets.store"));
        store.unlock(Secret::new("passphrase"));
        store.get(name).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures/import")
        .join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn a_server_is_added_listed_changed_and_deleted() {
    let home = Home::new();
    home.good(&[
        "servers",
        "add",
        "web",
        "ftpes://anna@ftp.example.org:2121/~/www/",
        "--group",
        "Customers",
        "--mode",
        "active",
        "--port-range",
        "50000-50100",
        "--read-only",
        "--set",
        "verify=true",
        "-j",
        "2",
    ]);
    let servers = home.servers();
    let web = servers.find("web").unwrap();
    assert_eq!(
        (web.protocol, web.port, web.mode),
        (Protocol::FtpsExplicit, Some(2121), ConnectionMode::Active)
    );
    assert_eq!(
        (web.document_path.as_str(), web.group.as_str()),
        ("~/www", "Customers")
    );
    assert!(web.read_only && web.verify && web.connections == 2);
    assert_eq!(web.password, PasswordSource::Ask);
    assert_eq!(
        home.good(&["servers", "list"]),
        "web  ftpes://anna@ftp.example.org:2121/~/www  Customers  active, read only\n"
    );
    let line: serde_json::Value = serde_json::from_str(&home.good(&["servers", "list", "--json"])).unwrap();
    assert_eq!(
        (
            &line["name"],
            &line["url"],
            &line["port-range"][1],
            &line["external-ip"]
        ),
        (
            &"web".into(),
            &"ftpes://anna@ftp.example.org:2121".into(),
            &50100.into(),
            &serde_json::Value::Null
        )
    );

    // comments of a person stay where they are
    let text = home
        .read("servers.toml")
        .replace("[[server]]", "# mine\n[[server]]");
    home.write("servers.toml", &text);
    // what is remembered of it goes along with its name
    home.write(
        "bookmarks.toml",
        "[[bookmark]]\nserver = \"web\"\nfolder = \"/srv\"\n\n[[bookmark]]\nserver = \"other\"\nfolder = \"/srv\"\n",
    );
    home.write("last-used", "1700000000 other\n1700000001 web\n");
    home.good(&[
        "servers",
        "edit",
        "web",
        "--name",
        "www",
        "--unset",
        "read-only",
        "--unset",
        "port-range",
        "--set",
        "on-conflict-upload=newer",
        "--mode",
        "passive",
        "--password-command",
        "pass show web",
    ]);
    let shown = home.good(&["servers", "show", "www"]);
    assert_eq!(
        shown,
        "name = \"www\"\ngroup = \"Customers\"\nprotocol = \"ftps-explicit\"\nhost = \"ftp.example.org\"\n\
         port = 2121\ndocument-path = \"~/www\"\nuser = \"anna\"\nconnections = 2\nverify = true\n\
         on-conflict-upload = \"newer\"\npassword = { command = \"pass show web\" }\n"
    );
    assert!(home.read("servers.toml").starts_with("# mine\n"));
    assert_eq!(home.read("last-used"), "1700000000 other\n1700000001 www\n");
    let bookmarks = home.read("bookmarks.toml");
    assert!(
        bookmarks.contains("\"www\"") && bookmarks.contains("\"other\"") && !bookmarks.contains("\"web\""),
        "{bookmarks}"
    );
    home.good(&["servers", "remove", "www"]);
    assert_eq!(home.good(&["servers", "list"]), "");
    assert!(home.servers().list().is_empty());
}

#[test]
fn what_cannot_be_saved_names_its_field_and_changes_nothing() {
    let home = Home::new();
    home.good(&["servers", "add", "web", "ftp://h/"]);
    let before = home.read("servers.toml");
    for (words, says) in [
        (
            &["add", "web", "ftp://other/"][..],
            "a server of this name is saved already",
        ),
        (
            &["add", "a:b", "ftp://h/"],
            "name: a name holds neither ':' nor '/'",
        ),
        (&["add", "x", "h"], "this is no URL"),
        (&["add", "x", "sftp://h/"], "'sftp://' is not spoken here"),
        (&["add", "x", "ftp://me:hunter2/@h"], "its port is no number"),
        (
            &["add", "x", "ftp://h/", "--timeout", "5"],
            "--timeout holds for one run",
        ),
        (
            &["add", "x", "ftp://h/", "--password-from", "hunter2"],
            "never the password itself",
        ),
        (
            &["add", "x", "ftp://h/", "--set", "password=hunter2"],
            "password: this is no source of a password",
        ),
        (
            &["add", "x", "ftp://h/", "--set", "hots=a"],
            "hots: there is no such field; did you mean 'host'?",
        ),
        (
            &["add", "x", "ftp://h/", "--set", "verify"],
            "--set is written FIELD=VALUE",
        ),
        (
            &["add", "x", "ftp://h/", "--set", "keep-alive=4000"],
            "keep-alive: between 1 and 3600",
        ),
        (
            &["edit", "wbe", "--note", "x"],
            "there is no server named 'wbe'. Did you mean 'web'?",
        ),
        (&["edit", "web", "--name", "a/b"], "name: "),
        (
            &["remove", "web", "nothing"],
            "there is no server named 'nothing'",
        ),
        (&["show", "nothing"], "there is no server named 'nothing'"),
        (
            &["export", "--group", "none"],
            "no server is in a group named 'none'",
        ),
    ] {
        let words: Vec<&str> = ["servers"].into_iter().chain(words.iter().copied()).collect();
        let text = home.bad(2, &words);
        assert!(text.contains(says), "{words:?}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
        assert_eq!(home.read("servers.toml"), before);
    }
}

#[test]
fn a_password_goes_to_the_store_only() {
    let home = Home::new();
    let add = ["servers", "add", "web", "ftpes://anna:s3cret%20pw@h/"];
    let output = home.ftpane(&add).output().unwrap();
    assert_eq!(
        output.status.code(),
        Some(4),
        "without a passphrase nothing is kept: {output:?}"
    );
    assert!(home.servers().list().is_empty(), "and nothing saved");
    assert!(said(&output).contains("FTPANE_PASSPHRASE"), "{output:?}");

    let output = home
        .ftpane(&add)
        .env("FTPANE_PASSPHRASE", "passphrase")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(said(&output).contains("can be seen by other users"), "{output:?}");
    assert_eq!(home.servers().list()[0].password, PasswordSource::Store);
    assert!(!home.read("servers.toml").contains("s3cret"));
    assert_eq!(home.kept("web"), Some(Secret::new("s3cret pw")));

    let edit = [
        "servers",
        "edit",
        "web",
        "--name",
        "www",
        "--password-from",
        "store",
    ];
    let mut command = home.ftpane(&edit);
    command
        .env("FTPANE_PASSPHRASE", "passphrase")
        .env("FTPANE_PASSWORD", "other");
    assert!(command.output().unwrap().status.success());
    assert_eq!(
        (home.kept("web"), home.kept("www")),
        (None, Some(Secret::new("other")))
    );
    let mut command = home.ftpane(&["servers", "remove", "www"]);
    assert!(
        command
            .env("FTPANE_PASSPHRASE", "passphrase")
            .output()
            .unwrap()
            .status
            .success()
    );
    assert_eq!(home.kept("www"), None);
}

#[test]
fn servers_of_another_program_are_shown_first_and_then_taken() {
    let home = Home::new();
    home.good(&["servers", "add", "locked", "ftp://elsewhere/"]);
    let before = home.read("servers.toml");
    let file = fixture("sitemanager.xml");
    let report = home.good(&["servers", "import", "filezilla", &file, "--dry-run"]);
    insta::assert_snapshot!("import-filezilla", report);
    assert_eq!(home.read("servers.toml"), before, "a dry run changes nothing");
    assert!(!home.at("secrets.store").exists());

    let mut command = home.ftpane(&["servers", "import", "filezilla", &file]);
    let output = command.env("FTPANE_PASSPHRASE", "passphrase").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(
        said(&output).contains("saved 4 servers, and 1 password"),
        "{output:?}"
    );
    let servers = home.servers();
    let names: Vec<_> = servers.list().iter().map(|s| s.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "locked",
            "web- live-prod",
            "locked 2",
            "public mirror",
            "public mirror 2"
        ]
    );
    assert_eq!(home.kept("web- live-prod"), Some(Secret::new("pä ss:=?")));
    assert!(!home.read("servers.toml").contains("pä ss"));

    // a second time there is nothing left to take
    let again = home.run(&["servers", "import", "filezilla", &file]);
    let printed = String::from_utf8(again.stdout).unwrap();
    assert!(
        printed.contains("- web: live/prod: it is saved already, as 'web- live-prod'"),
        "{printed}"
    );
    assert_eq!(home.servers().list().len(), 5);
}

/// A file alone is known by what is in it; which format it was taken for is said.
#[test]
fn a_file_alone_is_recognised() {
    let home = Home::new();
    for (name, title) in [
        ("sitemanager.xml", "FileZilla"),
        ("lftp-bookmarks", "lftp"),
        ("bookmarks.toml", "termscp"),
        ("rclone.conf", "rclone"),
        ("ncftp-bookmarks", "NcFTP"),
    ] {
        let file = fixture(name);
        let alone = home.run(&["servers", "import", &file, "-n"]);
        assert!(alone.status.success(), "{alone:?}");
        let told = format!("read as a file of {title}");
        assert!(said(&alone).contains(&told), "{alone:?}");
        let word = title.to_lowercase();
        let named = home.good(&["servers", "import", &word, &file, "-n"]);
        assert_eq!(String::from_utf8(alone.stdout).unwrap(), named, "{name}");
        let auto = home.run(&["servers", "import", "auto", &file, "-n"]);
        assert!(said(&auto).contains(&told), "{auto:?}");
    }
    home.write("letter", "Dear Anna,\n");
    let letter = home.at("letter");
    let text = home.bad(2, &["servers", "import", letter.to_str().unwrap()]);
    assert!(
        text.contains("whose file it is") && text.contains("FORMAT FILE"),
        "{text}"
    );
    let text = home.bad(2, &["servers", "import", letter.to_str().unwrap(), "lftp"]);
    let right = format!("ftpane servers import lftp {}", letter.display());
    assert!(
        text.contains("the format comes first") && text.contains(&right),
        "{text}"
    );
    let text = home.bad(2, &["servers", "import", "filezila"]);
    assert!(text.contains("did you mean 'filezilla'?"), "{text}");
}

#[test]
fn without_a_passphrase_passwords_are_left_out_and_said() {
    let home = Home::new();
    let file = fixture("rclone.conf");
    let output = home.run(&["servers", "import", "rclone", &file, "--group", "Old"]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        said(&output).contains("1 password is left out, as the secret store cannot be used"),
        "{output:?}"
    );
    let servers = home.servers();
    assert_eq!(servers.list().len(), 3);
    for server in servers.list() {
        assert_eq!(
            (&server.password, server.group.as_str()),
            (&PasswordSource::Ask, "Old")
        );
    }
    assert!(!home.at("secrets.store").exists());
}

#[test]
fn auto_finds_what_is_in_the_usual_places() {
    let home = Home::new();
    let text = home.bad(2, &["servers", "import", "auto"]);
    assert!(
        text.contains("Nothing to import") && text.contains("sitemanager.xml"),
        "{text}"
    );
    let lftp = fs::read_to_string(fixture("lftp-bookmarks")).unwrap();
    home.write(".local/share/lftp/bookmarks", &lftp);
    home.write(
        ".config/lftp/rc",
        &fs::read_to_string(fixture("lftp-rc")).unwrap(),
    );
    home.write(
        ".config/termscp/bookmarks.toml",
        &fs::read_to_string(fixture("bookmarks.toml")).unwrap(),
    );
    home.write(".netrc", "machine n.example login me password x\n");
    let report = home.good(&["servers", "import", "auto", "-n"]);
    for line in [
        "+ web  ftpes://anna@ftp.example.org\n    its password goes to the secret store\n",
        "+ web 2  ftpes://anna@ftp.example.org\n",
        "+ n.example  ftpes://me@n.example\n",
        "- shell: SFTP is another protocol",
    ] {
        assert!(report.contains(line), "{line}: {report}");
    }
    // one that is broken keeps the others from nothing
    home.write(".config/rclone/rclone.conf", "nonsense\n");
    let output = home.run(&["servers", "import", "auto", "--without-passwords"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        said(&output).contains("rclone.conf, line 1: this is neither a section"),
        "{output:?}"
    );
    let servers = home.servers();
    assert_eq!(servers.list().len(), 7);
    assert_eq!(servers.find("n.example").unwrap().password, PasswordSource::Netrc);
    let active = servers.find("mirror").unwrap();
    assert_eq!(active.mode, ConnectionMode::Active, "its rc is read");
}

#[test]
fn what_one_exports_another_imports() {
    let home = Home::new();
    home.good(&[
        "servers",
        "add",
        "a",
        "ftpes://anna@h/x",
        "--group",
        "G",
        "--read-only",
    ]);
    home.good(&[
        "servers",
        "add",
        "b",
        "ftp://h2/",
        "--password-command",
        "pass show b",
    ]);
    home.good(&["servers", "export", "shared.toml"]);
    assert!(!home.read("shared.toml").contains("pass show"));
    let text = home.bad(10, &["servers", "export", "shared.toml"]);
    assert!(text.contains("shared.toml cannot be written"), "{text}");
    let other = Home::new();
    let shared = home.at("shared.toml");
    other.good(&["servers", "import", "ftpane", shared.to_str().unwrap()]);
    assert_eq!(other.servers().find("a"), home.servers().find("a"));
    assert_eq!(other.servers().find("b").unwrap().password, PasswordSource::Ask);
    assert!(
        home.good(&["servers", "export", "--group", "G"])
            .contains("name = \"a\"")
    );
}

#[test]
fn a_file_that_cannot_be_understood_is_said_with_its_line_and_left_alone() {
    let home = Home::new();
    let text = "[[server]]\nname = \"web\"\nhost = \"h\"\nportt = 3\n";
    home.write("servers.toml", text);
    for words in [
        &["list"][..],
        &["add", "x", "ftp://h/"],
        &["remove", "web"],
        &["import", "rclone", &fixture("rclone.conf")],
    ] {
        let words: Vec<&str> = ["servers"].into_iter().chain(words.iter().copied()).collect();
        let said = home.bad(2, &words);
        assert!(
            said.contains("line 4: there is no field 'portt'; did you mean 'port'?"),
            "{said}"
        );
        assert_eq!(home.read("servers.toml"), text);
    }
}

#[test]
fn settings_have_defaults_layers_and_a_check() {
    let home = Home::new();
    let none = home.run(&["config", "check"]);
    assert!(
        none.status.success() && said(&none).contains("no files yet"),
        "{none:?}"
    );
    let defaults = home.good(&["config", "default"]);
    for part in [
        "# One of dark, ",
        "# FTPANE_CONNECT_TIMEOUT\nconnect-timeout = 15\n",
    ] {
        assert!(defaults.contains(part), "{defaults}");
    }
    home.write("config.toml", &defaults);
    home.write("keymap.toml", &home.good(&["config", "default", "keys"]));
    home.write("theme.toml", &home.good(&["config", "default", "theme"]));
    home.good(&["servers", "add", "web", "ftp://h/"]);
    let checked = home.good(&["config", "check"]);
    let verdicts: Vec<_> = checked
        .lines()
        .map(|line| line.rsplit_once(": ").unwrap().1)
        .collect();
    assert_eq!(verdicts, ["good", "1 server", "good", "good"]);
    assert_eq!(
        home.good(&["config", "path", "settings"]).trim_end(),
        home.at("config.toml").to_str().unwrap()
    );
    assert!(home.good(&["config", "path"]).contains("secrets"));

    home.write("config.toml", "\ntheem = 'dark'\n");
    home.write("keymap.toml", "[panes]\ntranfser = 't'\n");
    home.write("theme.toml", "text = 'whyte'\n");
    home.write("themes/mine.toml", "\ntxet = 'white'\n");
    home.write("servers.toml", "[[server]]\nname = 'a'\nhost = ''\n");
    let mut command = home.ftpane(&["config", "check"]);
    let output = command
        .env("FTPANE_RETRIES", "many")
        .env("FTPANE_TIMEUOT", "3")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let text = said(&output);
    for part in [
        "config.toml, line 2: there is no setting 'theem'; did you mean 'theme'?",
        "keymap.toml, line 2: there is no action 'tranfser'; did you mean 'transfer'?",
        "theme.toml, line 1: 'whyte' is neither a colour",
        "themes/mine.toml, line 2: 'txet' is no role; did you mean 'text'?",
        "servers.toml, line 3: server 'a', field host: a host name or an address is needed",
        "The variable FTPANE_RETRIES: a whole number from 0 to 1000",
        "the variable FTPANE_TIMEUOT is not read; did you mean 'FTPANE_TIMEOUT'?",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    // a script does not go on with settings that are not meant so
    let text = home.bad(2, &["ls", "ftp://127.0.0.1:1/"]);
    assert!(text.contains("there is no setting 'theem'"), "{text}");
    let text = home.bad(2, &["config", "default", "queue"]);
    assert!(text.contains("no default"), "{text}");
}

#[test]
#[cfg(unix)]
fn the_systems_settings_lie_below_ones_own() {
    let home = Home::new();
    let check = |variable: &str| {
        let mut command = home.ftpane(&["config", "check"]);
        command
            .env_remove("FTPANE_CONFIG_DIR")
            .env(variable, home.at("xdg"));
        command.output().unwrap()
    };
    home.write("xdg/ftpane/config.toml", "timeout = 5\nretries = 'x'\n");
    let output = check("XDG_CONFIG_DIRS");
    assert!(
        said(&output).contains("xdg/ftpane/config.toml, line 2: retries: "),
        "{output:?}"
    );
    home.write("xdg/ftpane/config.toml", "timeout = 5\n");
    let output = check("XDG_CONFIG_DIRS");
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("xdg/ftpane/config.toml: good"),
        "{output:?}"
    );
    let output = check("OTHER");
    assert!(output.stdout.is_empty(), "{output:?}");
}
