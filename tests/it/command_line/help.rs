//! What the help says of each command, and what is said of mistakes, as snapshots.

use super::{bare, ends, stderr, stdout};

/// Every command, as it is written.
fn commands(help: impl Fn(&[&str]) -> String) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut at = 0;
    while at < all.len() {
        let words: Vec<String> = all[at].clone();
        let written: Vec<&str> = words.iter().map(String::as_str).collect();
        let text = help(&written);
        let section = text.split("\nCommands:\n").nth(1).unwrap_or_default();
        let section = section.split("\n\n").next().unwrap_or_default();
        for line in section.lines().filter(|line| !line.starts_with("   ")) {
            let name = line.split_whitespace().next().unwrap();
            all.push([words.clone(), vec![name.to_owned()]].concat());
        }
        at += 1;
    }
    all
}

#[test]
fn help_of_every_command() {
    let home = tempfile::tempdir().unwrap();
    let help = |words: &[&str]| {
        let output = bare(home.path()).args(words).arg("-h").output().unwrap();
        ends(&output, 0);
        stdout(&output)
    };
    // the options of connections are shown once
    let section = |text: &str| {
        let begun = text.find("\nConnection:\n")?;
        let end = text[begun + 1..]
            .find("\n\n")
            .map_or(text.len(), |end| begun + 1 + end);
        Some(text[begun..end].to_owned())
    };
    let connection = section(&help(&["ls"])).unwrap();
    insta::assert_snapshot!("help-connection", connection);
    let all = commands(help);
    assert!(all.len() > 30, "{all:?}");
    for words in all {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut text = help(&words);
        if let Some(section) = section(&text) {
            let options = |text: &str| -> Vec<String> {
                let lines = text
                    .lines()
                    .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
                lines.collect()
            };
            assert_eq!(options(&section), options(&connection), "{words:?}");
            text = text.replace(&section, "\nConnection: as everywhere");
        }
        let name = match words.as_slice() {
            [] => "help".to_owned(),
            words => format!("help-{}", words.join("-")),
        };
        insta::assert_snapshot!(name, text);
    }
}

/// Every example of every help, as a shell takes it to the program: `--help` behind it shows whether all of its
/// words are understood, without doing anything.
#[cfg(unix)]
#[test]
fn examples_are_understood() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let programs = home.path().join("bin");
    std::fs::create_dir(&programs).unwrap();
    let program = |name: &str, script: &str| {
        let path = programs.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    // what stands behind `raw TARGET` is all the server's
    program(
        "ftpane",
        "case $1 in raw) set -- raw --help;; *) set -- \"$@\" --help;; esac\n\
         \"$REAL\" \"$@\" >/dev/null 2>>said && echo done >>done",
    );
    for other in [
        "mkdir",
        "dirname",
        "jq",
        "zcat",
        "tar",
        "git",
        "grep",
        "less",
        "man",
        "sha256sum",
        "an-editor",
    ] {
        program(other, "while read -r line; do :; done");
    }
    let help = |words: &[&str]| stdout(&bare(home.path()).args(words).arg("--help").output().unwrap());
    let mut count = 0;
    for words in commands(help) {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let text = help(&words);
        let examples = text.split("Examples:\n").nth(1).unwrap_or_default();
        let lines = examples.lines().take_while(|line| line.starts_with("  "));
        for line in lines.filter(|line| line.contains("ftpane")) {
            // what it does stands behind two blanks, and nothing is to be written anywhere here
            let example = line.trim_start().split("  ").next().unwrap();
            let file = [" > ~", " > /", " > \""].iter().find_map(|to| example.find(to));
            let example = example[..file.unwrap_or(example.len())].trim_end_matches('&');
            let done = std::process::Command::new("/bin/sh")
                .args(["-c", example])
                .current_dir(home.path())
                .env_clear()
                .env("PATH", &programs)
                .env("HOME", home.path())
                .env("EDITOR", "an-editor")
                .env("REAL", env!("CARGO_BIN_EXE_ftpane"))
                .env("FTPANE_CONFIG_DIR", home.path())
                .stdin(std::process::Stdio::null())
                .output()
                .unwrap();
            let said = std::fs::read_to_string(home.path().join("said")).unwrap();
            let understood = std::fs::read_to_string(home.path().join("done")).unwrap_or_default();
            count += example.matches("ftpane ").count();
            assert_eq!(understood.lines().count(), count, "{example}: {said} {done:?}");
            assert!(done.stderr.is_empty(), "{example}: {done:?}");
        }
    }
    assert!(count > 60, "{count}");
}

/// A mistake is said in one or two lines, with what was meant perhaps, and ends with 2.
#[test]
fn mistakes() {
    let home = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    std::fs::write(
        home.path().join("config/servers.toml"),
        "[[server]]\nname = \"web\"\nhost = \"h\"\n",
    )
    .unwrap();
    let mut said = String::new();
    for words in [
        &["lss", "web:"][..],
        &["lss"],
        &["nowhere.example.org"],
        &["gett", "-c", "web:"],
        &["--read-only", "rm", "web:x"],
        &["--pin", "x", "--frob"],
        &["ls"],
        &["ls", "wbe:/"],
        &["ls", "web"],
        &["ls", "http://h/"],
        &["ls", "ftp://h:99999/"],
        &["ls", "ftp://h/", "--sort", "age"],
        &["ls", "ftp://h/", "--depth", "-1"],
        &["get"],
        &["get", "ftp://h/a", "--mode", "both"],
        &["get", "ftp://h/a", "--limit-rate", "fast"],
        &["get", "ftp://h/a", "--to", "-", "-c"],
        &["get", "ftp://h/a", "--on-conflict", "ask"],
        &["get", "@missing"],
        &["put", "x"],
        &["put", "x", "ftp://h/~a/"],
        &["mv", "ftp://h/a", "ftp://other/b"],
        &["chmod", "999", "ftp://h/a"],
        &["rm", "ftp://h/a", "--port-range", "9-1"],
        &["ls", "ftp://h/", "--tls-min", "1.3", "--tls-max", "1.2"],
        &["ls", "ftp://me:s3cret@h:x/"],
        &["doctor"],
        &["raw", "ftp://h/"],
        &["queue", "drop", "zz"],
        &["servers", "show", "wbe"],
        &["servers", "edit", "web", "--set", "hsot=x"],
        &["servers", "import", "putty"],
        &["servers", "import", "filezila"],
        &["servers", "import", "filezila", "x.xml"],
        &["servers", "import", "there/missing.xml"],
        &["completions", "tcsh"],
        &["--theme"],
    ] {
        let output = bare(home.path()).args(words).output().unwrap();
        let text = stderr(&output);
        assert!(
            !text.contains("s3cret") && output.stdout.is_empty(),
            "{words:?}: {text}"
        );
        let code = output.status.code().unwrap();
        assert!(matches!(code, 2 | 10), "{words:?}: {code} {text}");
        said.push_str(&format!(
            "$ ftpane {}\n{text}(ends with {code})\n\n",
            words.join(" ")
        ));
    }
    insta::assert_snapshot!("mistakes", said);
}
