//! `ftpane queue`: what is left by runs that were killed.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Output, Stdio};

use ftpane::demo::DemoOptions;
use ftpane::model::job::{BatchId, Direction, Policy};
use ftpane::model::unfinished::RestId;
use ftpane::plan::journal::Record;

use super::{Site, bare, code, ends, json, kill, stderr, stdout};
use crate::harness::engine::tree;
use crate::harness::left;

const FILES: usize = 200;

/// A tree of many small files in a few folders.
fn many(root: &Path) {
    for n in 0..FILES {
        let folder = root.join(format!("folder {}", n % 7));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("file {n}")), vec![b'x'; n * 50]).unwrap();
    }
}

/// All of a tree but what was under way when somebody was killed.
fn whole(root: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut all = tree(root);
    all.retain(|(path, _)| !path.to_string_lossy().ends_with(".ftpane-part"));
    all
}

/// The program, slow enough to be met in the middle.
fn begin(site: &Site, words: &[&str]) -> Child {
    std::process::Command::new(env!("CARGO_BIN_EXE_ftpane"))
        .args(words)
        .args(["--limit-rate", "300K", "--json", "-j", "3"])
        .args(["--pin", &site.demo.pin().to_string()])
        .env("FTPANE_PASSWORD", site.demo.secret().reveal())
        .env("FTPANE_CONFIG_DIR", site.at("config"))
        .current_dir(site.home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Ends it by this signal once so many files are done.
fn end_after(mut child: Child, files: usize, signal: &str) -> Option<i32> {
    let out = BufReader::new(child.stdout.take().unwrap());
    let done = out.lines().take(files).map(|line| line.unwrap());
    assert_eq!(done.filter(|line| line.contains("\"done\"")).count(), files);
    kill(&child, signal);
    child.wait().unwrap().code()
}

fn queue(site: &Site, words: &[&str]) -> Output {
    let mut command = bare(site.home.path());
    command
        .env("FTPANE_PASSWORD", site.demo.secret().reveal())
        .arg("queue")
        .args(words);
    command.output().unwrap()
}

fn logs(site: &Site) -> usize {
    let entries = std::fs::read_dir(site.at("config/queue")).unwrap();
    let is_log = |path: PathBuf| path.extension().is_some_and(|ending| ending == "journal");
    entries
        .filter(|entry| is_log(entry.as_ref().unwrap().path()))
        .count()
}

#[test]
fn a_batch_that_was_killed_goes_on_where_it_was_and_the_trees_are_equal() {
    let there = tempfile::tempdir().unwrap();
    let site = Site::with(DemoOptions {
        folder: Some(there.path().to_path_buf()),
        ..DemoOptions::default()
    });
    many(&site.at("tree"));
    std::fs::rename(site.at("tree"), there.path().join("tree")).unwrap();
    many(&site.at("tree"));
    let pin = site.demo.pin().to_string();
    for (words, from, to) in [
        (
            ["put", "tree", &site.url("/up/")],
            site.at("tree"),
            there.path().join("up/tree"),
        ),
        (
            ["get", &site.url("/tree"), "--to=back"],
            there.path().join("tree"),
            site.at("back/tree"),
        ),
    ] {
        // three times, at other moments, and each time by the queue's own run
        assert_eq!(end_after(begin(&site, &words), 20, "KILL"), None);
        for (files, signal, code) in [(10, "KILL", None), (10, "INT", Some(130))] {
            let go_on = begin(&site, &["queue", "run"]);
            assert_eq!(end_after(go_on, files, signal), code);
        }
        let listed = json(&queue(&site, &["list", "--json"]));
        let [left] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!(left["direction"], words[0]);
        let count = left["files_left"].as_u64().unwrap();
        // what was done in the last moments before a kill may not be written down yet
        assert!(count > 0 && count <= FILES as u64 - 20, "{left}");
        let output = queue(&site, &["run", "--pin", &pin]);
        ends(&output, 0);
        assert_eq!(whole(&to), whole(&from), "{words:?}");
        let output = queue(&site, &["list"]);
        assert_eq!(
            (code(&output), stdout(&output).as_str()),
            (0, ""),
            "{}",
            stderr(&output)
        );
        assert_eq!(logs(&site), 0);
    }
}

#[test]
fn what_is_left_is_shown_and_dropped_when_it_is_meant() {
    let site = Site::new();
    site.save("");
    let words = ["get", "web:/empty", "web:/big.bin", "--to=secret place"];
    let mut child = begin(&site, &words);
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    kill(&child, "TERM");
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 143);
    assert!(
        stderr(&output).contains("'ftpane queue run' goes on"),
        "{}",
        stderr(&output)
    );

    let list = || stdout(&queue(&site, &["list"]));
    let said = list();
    let id = said.split(' ').next().unwrap().to_owned();
    assert!(
        said.contains("get from web  1 of 2 files left") && said.contains("/big.bin"),
        "{said}"
    );
    for (words, wanted) in [
        // nobody can be asked
        (&["drop"][..], 2),
        (&["drop", "1234"], 2),
        (&["drop", "0badcafe"], 2),
        (&["run", "0badcafe.1"], 2),
    ] {
        ends(&queue(&site, words), wanted);
    }
    assert_eq!(list(), said);
    // no password is in any file of ours
    for entry in std::fs::read_dir(site.at("config/queue")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        assert!(!text.contains(site.demo.secret().reveal()), "{text}");
    }
    let output = queue(&site, &["drop", &id]);
    ends(&output, 0);
    assert!(
        stderr(&output).contains("dropped: 1 unfinished file"),
        "{}",
        stderr(&output)
    );
    assert_eq!((list().as_str(), logs(&site)), ("", 0));
    assert!(whole(&site.at("secret place")).len() == tree(&site.at("secret place")).len());
}

/// A folder that cannot be used is no empty one: nobody knows what is left then.
#[test]
fn what_cannot_be_looked_through_is_not_called_finished() {
    let site = Site::new();
    std::fs::create_dir_all(site.at("config")).unwrap();
    std::fs::write(site.at("config/queue"), "no folder").unwrap();
    for words in [&["list"][..], &["run"], &["drop", "--yes"]] {
        let output = queue(&site, words);
        ends(&output, 10);
        let said = stderr(&output);
        assert!(
            said.contains("could not be looked through") && said.contains("config/queue cannot be used"),
            "{words:?}: {said}"
        );
        assert!(
            !said.contains("unfinished") && !said.contains("os error"),
            "{words:?}: {said}"
        );
    }
}

/// Who removes the log of a run that lives takes away what would go on: that is said, and nothing else promised.
#[test]
fn a_log_that_somebody_has_removed_is_said() {
    let site = Site::new();
    site.save("");
    let words = ["get", "web:/empty", "web:/big.bin", "--to=place"];
    let mut child = begin(&site, &words);
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut line).unwrap();
    std::fs::remove_dir_all(site.at("config/queue")).unwrap();
    kill(&child, "TERM");
    let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert!(said.contains("somebody has removed it"), "{said}");
    assert!(said.contains("With -c the same command goes on"), "{said}");
}

/// What is to be asked about stays in the queue where nobody can be asked.
#[test]
fn a_run_that_cannot_ask_leaves_the_question_to_a_later_one() {
    let site = Site::new();
    site.save("");
    std::fs::write(site.at("hello.txt"), "there first").unwrap();
    std::fs::create_dir(site.at("config/queue")).unwrap();
    let id = RestId {
        run: 7,
        batch: BatchId(1),
    };
    let item = left::file(&site.at("hello.txt"), "/README.txt");
    let items = [item];
    let more = [
        left::jobs(id.batch, 1, &items),
        Record::Walked {
            batch: id.batch,
            jobs: Some(1),
        },
    ];
    let how = (Direction::Download, Policy::Ask);
    let records = left::records(id.batch, &site.demo.server(), how, &items, more);
    left::leave(&site.at("config/queue"), id.run, &records);
    let pin = site.demo.pin().to_string();
    for _ in 0..2 {
        let output = queue(&site, &["run", "--pin", &pin]);
        ends(&output, 9);
        let said = stderr(&output);
        assert!(said.contains("was left unanswered"), "{said}");
        assert!(said.contains("'ftpane queue run' tries 1 file again"), "{said}");
        let listed = json(&queue(&site, &["list", "--json"]));
        assert_eq!(
            (listed.len(), &listed[0]["files_left"]),
            (1, &1.into()),
            "{listed:?}"
        );
    }
    assert_eq!(std::fs::read(site.at("hello.txt")).unwrap(), b"there first");
}
