//! What shells get: completions, tried in a real shell where it is installed, and the manual.

use std::process::Command;

use super::{Site, bare, ends, stdout};
use crate::harness::pty;

fn is_installed(program: &str) -> bool {
    let found = Command::new("sh")
        .args(["-c", &format!("command -v {program}")])
        .output();
    found.is_ok_and(|found| found.status.success())
}

/// What bash offers for the last of these words.
fn offered(site: &Site, words: &[&str]) -> Vec<String> {
    let script = stdout(
        &bare(site.home.path())
            .args(["completions", "bash"])
            .output()
            .unwrap(),
    );
    std::fs::write(site.at("ftpane.bash"), script).unwrap();
    // a path stands right behind its colon, another word behind a blank
    let line = words.join(" ").replace(" :", ":").replace(": /", ":/");
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    // as readline does it: the program, the word, and the one before it
    let ask = format!(
        "source ./ftpane.bash
         COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}
         COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
         _ftpane_and_servers \"${{COMP_WORDS[0]}}\" \"${{COMP_WORDS[$COMP_CWORD]}}\" \"${{COMP_WORDS[$((COMP_CWORD - 1))]}}\"
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words = words.join(" ")
    );
    let output = Command::new("bash")
        .args(["--norc", "--noprofile", "-c", &ask])
        .current_dir(site.home.path())
        .env("FTPANE_CONFIG_DIR", site.at("config"))
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether a test of this shell can be made here. Where not, that is said: .ci/run installs all three.
fn has(shell: &str) -> bool {
    let here = is_installed(shell);
    if !here {
        // past what keeps a test's words back
        let said = format!("LEFT OUT: completions in {shell}, which is not installed\n");
        std::io::Write::write_all(&mut std::io::stderr(), said.as_bytes()).unwrap();
    }
    here
}

/// A site with three saved servers, one of them with a blank in its name.
fn saved() -> Site {
    let site = Site::new();
    site.save(
        "\n[[server]]\nname = \"web two\"\nhost = \"h\"\n\n[[server]]\nname = \"mirror\"\nhost = \"h\"",
    );
    site
}

#[test]
fn bash_completes_commands_options_and_servers() {
    if !has("bash") {
        return;
    }
    let site = saved();
    let ftpane = env!("CARGO_BIN_EXE_ftpane");
    let ask = |words: &[&str]| offered(&site, &[&[ftpane], words].concat());
    assert_eq!(ask(&["ge"]), ["get"]);
    assert_eq!(ask(&["get", "w"]), ["web:", "web\\ two:"]);
    assert_eq!(ask(&["get", "web\\ t"]), ["web\\ two:"]);
    assert_eq!(ask(&["get", "\"web t"]), ["web two:"]);
    assert_eq!(ask(&["servers", "show", "web\\ "]), ["web\\ two"]);
    assert_eq!(ask(&["get", ""]).len(), 3);
    assert_eq!(ask(&["get", "--to", "D", "mi"]), ["mirror:"]);
    assert_eq!(ask(&["put", "file", "mi"]), ["mirror:"]);
    assert_eq!(ask(&["mv", "from", "mi"]), ["mirror:"]);
    assert_eq!(ask(&["raw", "web", ":", "FE"]), ["FEAT"]);
    assert_eq!(ask(&["raw", "mi"]), ["mirror:"]);
    assert_eq!(ask(&["get", "--limit-r"]), ["--limit-rate"]);
    assert_eq!(ask(&["get", "--mode", "a"]), ["active", "auto"]);
    assert!(ask(&["mi"]).contains(&"mirror:".to_owned()));
    let commands = ask(&[""]);
    assert!(
        commands.contains(&"ls".to_owned()) && commands.contains(&"web:".to_owned()),
        "{commands:?}"
    );
    assert!(
        !commands
            .iter()
            .any(|word| word.contains("__servers") || word.starts_with(['<', '['])),
        "{commands:?}"
    );
    // behind a colon stands a path that only the server knows
    assert!(ask(&["get", "web", ":", "/p"]).is_empty());
    // where a name is meant it has none
    for command in ["show", "edit", "remove"] {
        assert_eq!(ask(&["servers", command, "w"]), ["web", "web\\ two"]);
    }
    assert_eq!(ask(&["servers", "remove", "web", "mi"]), ["mirror"]);
    assert!(ask(&["servers", "add", "w"]).is_empty());
    assert!(ask(&["servers", "edit", "web", "--group", "m"]).is_empty());
    assert_eq!(ask(&["servers", "sh"]), ["show"]);
    assert!(ask(&["completions", "z"]).contains(&"zsh".to_owned()));
    // a file of servers that cannot be read is no word on the screen
    std::fs::write(site.at("config/servers.toml"), "not toml [").unwrap();
    assert!(ask(&["get", "w"]).is_empty());
}

/// The folder that holds the program, first among those in which commands are looked for.
fn path() -> std::ffi::OsString {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_ftpane"))
        .parent()
        .unwrap();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_owned()]
        .into_iter()
        .chain(std::env::split_paths(&others));
    std::env::join_paths(folders).unwrap()
}

/// Writes the script of a shell into a file of this name.
fn script(site: &Site, shell: &str, file: &str) {
    let script = bare(site.home.path())
        .args(["completions", shell])
        .output()
        .unwrap();
    ends(&script, 0);
    assert!(stdout(&script).contains("__servers"));
    std::fs::write(site.at(file), &script.stdout).unwrap();
}

#[test]
fn fish_completes_commands_options_and_servers() {
    if !has("fish") {
        return;
    }
    let site = saved();
    script(&site, "fish", "ftpane.fish");
    let ask = |line: &str| -> Vec<String> {
        let ask = format!("source ./ftpane.fish; complete -C '{line}'");
        let output = Command::new("fish")
            .args(["--no-config", "-c", &ask])
            .current_dir(site.home.path())
            .env("HOME", site.home.path())
            .env("PATH", path())
            .env("FTPANE_CONFIG_DIR", site.at("config"))
            .output()
            .unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        // behind a tab stands what the word is
        let word = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
        text.lines().map(word).collect()
    };
    assert_eq!(ask("ftpane ge"), ["get"]);
    assert_eq!(ask("ftpane get mi"), ["mirror:"]);
    assert_eq!(ask("ftpane get "), ["mirror:", "web two:", "web:"]);
    assert_eq!(ask("ftpane put file mi"), ["mirror:"]);
    for command in ["mv", "cp"] {
        assert_eq!(ask(&format!("ftpane {command} web:/a mi")), ["mirror:"]);
        // no files of this machine
        assert!(ask(&format!("ftpane {command} web:/a ftpane.f")).is_empty());
    }
    assert_eq!(ask("ftpane mi"), ["mirror:"]);
    assert_eq!(ask("ftpane raw web: FE"), ["FEAT"]);
    assert_eq!(ask("ftpane get --mode a"), ["active", "auto"]);
    assert_eq!(ask("ftpane get --limit-r"), ["--limit-rate"]);
    for command in ["show", "edit", "remove"] {
        assert_eq!(ask(&format!("ftpane servers {command} w")), ["web", "web two"]);
    }
    assert!(!ask("ftpane servers add w").contains(&"web".to_owned()));
    // a name with a blank as it may be begun; behind its colon stands what only the server knows
    for begun in ["web\\\\ t", "\"web t", "\"web two:"] {
        assert_eq!(ask(&format!("ftpane get {begun}")), ["web two:"], "{begun}");
    }
    assert_eq!(ask("ftpane servers remove \"web t"), ["web two"]);
    assert!(ask("ftpane get web:/p").is_empty());
}

#[test]
fn zsh_completes_commands_options_and_servers() {
    if !has("zsh") {
        return;
    }
    let site = saved();
    script(&site, "zsh", "_ftpane");
    // one file of words that may be completed, and nothing of this machine
    let mut shell = pty::command("zsh", site.home.path(), site.home.path());
    shell.args(["-f", "-i"]);
    shell.env("HOME", site.home.path());
    shell.env("PATH", path());
    shell.env("FTPANE_CONFIG_DIR", site.at("config"));
    let mut terminal = pty::Terminal::run(shell);
    terminal.press("PS1='ready: '; fpath=($PWD $fpath); autoload -U compinit; compinit -u -D; clear\r");
    terminal.until("a prompt of its own", |screen| {
        screen.contents().trim_end() == "ready:"
    });
    for (typed, completed) in [
        ("ge", "get"),
        ("get mi", "get mirror:"),
        ("put file mi", "put file mirror:"),
        ("mv mirror:/a mi", "mv mirror:/a mirror:"),
        ("cp mirror:/a mi", "cp mirror:/a mirror:"),
        ("mi", "mirror:"),
        ("raw mirror: FE", "raw mirror: FEAT"),
        ("get --limit-r", "get --limit-rate="),
        ("get --mode ac", "get --mode active"),
        ("servers rem", "servers remove"),
        ("servers show mi", "servers show mirror"),
        ("servers edit mi", "servers edit mirror"),
        ("servers remove web mi", "servers remove web mirror"),
        ("completions z", "completions zsh"),
        ("get web\\ t", "get web\\ two:"),
        ("get 'web t", "get 'web two:"),
        ("servers show 'web t", "servers show 'web two'"),
    ] {
        terminal.press(&format!("ftpane {typed}\t"));
        terminal.until(completed, |screen| {
            screen.contents().trim_end() == format!("ready: ftpane {completed}")
        });
        // the line is thrown away, and the screen is as it was
        terminal.press("\x15\x0c");
        terminal.until("an empty line", |screen| screen.contents().trim_end() == "ready:");
    }
    // several that fit are shown, a blank in a name is quoted
    terminal.press("ftpane servers show w\t\t");
    terminal.until("both", |screen| screen.contents().contains("web\\ two"));
    // Ctrl-C would throw away what is typed behind it
    terminal.press("\x15exit\r");
    terminal.end();
}

#[test]
fn only_these_shells_have_scripts() {
    let home = tempfile::tempdir().unwrap();
    let output = bare(home.path()).args(["completions", "tcsh"]).output().unwrap();
    ends(&output, 2);
}

#[test]
fn the_manual_can_be_read() {
    let home = tempfile::tempdir().unwrap();
    for words in [&["man"][..], &["man", "get"], &["man", "queue", "run"]] {
        let page = bare(home.path()).args(words).output().unwrap();
        ends(&page, 0);
        let path = home.path().join("page.1");
        std::fs::write(&path, &page.stdout).unwrap();
        if is_installed("man") {
            let output = Command::new("man")
                .args(["--warnings=w", "-E", "UTF-8", "-l"])
                .arg(&path)
                .env("MANPAGER", "cat")
                .env("MANWIDTH", "80")
                .output()
                .unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("NAME") && text.contains("SYNOPSIS"), "{text}");
        }
    }
    ends(&bare(home.path()).args(["man", "frob"]).output().unwrap(), 2);
}
