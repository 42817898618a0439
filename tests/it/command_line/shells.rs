//! What shells get: completions, tried in a real shell where it is installed, and the manual.

use std::process::Command;

use super::{Site, bare, ends, stdout};

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
    let words: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    // as readline does it: the program, the word, and the one before it
    let ask = format!(
        "source ./ftpane.bash
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

#[test]
fn bash_completes_commands_options_and_servers() {
    if !is_installed("bash") {
        return;
    }
    let site = Site::new();
    site.save(
        "\n[[server]]\nname = \"web two\"\nhost = \"h\"\n\n[[server]]\nname = \"mirror\"\nhost = \"h\"",
    );
    let ftpane = env!("CARGO_BIN_EXE_ftpane");
    let ask = |words: &[&str]| offered(&site, &[&[ftpane], words].concat());
    assert_eq!(ask(&["ge"]), ["get"]);
    assert_eq!(ask(&["get", "w"]), ["web:", "web\\ two:"]);
    assert_eq!(ask(&["get", ""]).len(), 3);
    assert_eq!(ask(&["get", "--to", "D", "mi"]), ["mirror:"]);
    assert_eq!(ask(&["put", "file", "mi"]), ["mirror:"]);
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
    assert!(ask(&["completions", "z"]).contains(&"zsh".to_owned()));
    // a file of servers that cannot be read is no word on the screen
    std::fs::write(site.at("config/servers.toml"), "not toml [").unwrap();
    assert!(ask(&["get", "w"]).is_empty());
}

#[test]
fn other_shells_take_their_scripts() {
    let home = tempfile::tempdir().unwrap();
    for (shell, check) in [
        ("zsh", &["-n"][..]),
        ("fish", &["--no-execute"]),
        ("bash", &["-n"]),
    ] {
        let script = bare(home.path()).args(["completions", shell]).output().unwrap();
        ends(&script, 0);
        assert!(stdout(&script).contains("__servers"));
        let path = home.path().join(shell);
        std::fs::write(&path, &script.stdout).unwrap();
        if is_installed(shell) {
            let output = Command::new(shell).args(check).arg(&path).output().unwrap();
            assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        }
    }
    ends(
        &bare(home.path()).args(["completions", "tcsh"]).output().unwrap(),
        2,
    );
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
