//! Fifty thousand small files through the real binary: what it keeps of each is bounded, and what is
//! over is kept by nobody.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};

use super::*;

const FOLDERS: usize = 50;
const FILES: usize = 1000;

/// What it may have in memory at most, its own pages alone: those of the program's file are many in
/// a build with debugging, and the system's to take back.
const MOST: u64 = 48 << 10;

/// How much that may grow from the moment all files are known until the last is over.
const GROWTH: u64 = 6 << 10;

fn fill(folder: &Path) {
    for d in 0..FOLDERS {
        let folder = folder.join(format!("folder-{d:02}"));
        std::fs::create_dir_all(&folder).unwrap();
        for f in 0..FILES {
            std::fs::write(folder.join(format!("file-{f:04}.txt")), "a few words\n").unwrap();
        }
    }
}

/// The memory a process has that is backed by no file, in KiB.
fn memory(child: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.expect("the process runs").parse().unwrap()
}

/// Runs it and looks at its memory each thousand files; it cannot be over while more lines are
/// unread than a pipe holds.
fn soak(arguments: &[&str], home: &Path) {
    let mut child = Process::new(env!("CARGO_BIN_EXE_ftpane"))
        .env_clear()
        .env("HOME", home)
        .env("FTPANE_CONFIG_DIR", home)
        .env("FTPANE_PASSWORD", DEMO.1)
        .args(arguments)
        .args(["-q", "-j", "8", "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let began = std::time::Instant::now();
    let mut looks = Vec::new();
    let mut done = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        done += usize::from(line.unwrap().contains(r#""event":"done""#));
        if done % FILES == 0 && done > 0 && done < FOLDERS * FILES - FILES && looks.len() < done / FILES {
            looks.push(memory(&child));
        }
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(done, FOLDERS * FILES);
    println!(
        "{arguments:?}: {:?}, KiB each thousand files: {looks:?}",
        began.elapsed()
    );
    let most = looks.iter().max().unwrap();
    assert!(*most <= MOST, "{arguments:?}: {most} KiB of {MOST}: {looks:?}");
    // the walk is over long before the files are
    let (half, end) = (looks[looks.len() / 2], looks[looks.len() - 1]);
    assert!(end <= half + GROWTH, "{arguments:?}: it grows: {looks:?}");
}

#[test]
#[ignore = "needs the servers of tests/lab"]
fn fifty_thousand_files_each_way_take_little_memory() {
    let _alone = ALONE.blocking_lock();
    let lab = Lab::running();
    let ground = Ground::new(&lab, "soak");
    let home = tempfile::tempdir().unwrap();
    fill(&home.path().join("up"));
    let port = lab.server("vsftpd").address.port();
    let url = format!("ftp://{}@127.0.0.1:{port}{}/", DEMO.0, ground.name);
    let path = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    soak(&["put", &path("up"), &url], home.path());
    soak(&["get", "--to", &path("down"), &format!("{url}up/")], home.path());
    let count = |folder: &Path| tree(folder).len();
    assert_eq!(count(&home.path().join("down")), FOLDERS * FILES + FOLDERS);
}
