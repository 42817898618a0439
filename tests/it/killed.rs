//! The real binary killed (SIGKILL) in the middle of two hundred files, at moments that are drawn
//! from a seed; then the same command again, or `ftpane queue run`. Whatever the moment, no target is ever
//! short, the last run brings both trees together, and nothing half-done is left on either side.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use ftpane::model::job::Direction;
use ftpane::model::part_name::is_part_name;
use tokio::process::{Child, Command};

use crate::harness::dice::{Dice, seeds};
use crate::harness::proxy::Proxy;

const FILES: usize = 200;

/// Two hundred files in eight folders, a few of them long; how many bytes they are.
fn fill(folder: &Path, dice: &mut Dice) -> u64 {
    let mut bytes = 0;
    for n in 0..FILES {
        let size = match n % 50 {
            7 => 700_000,
            _ => dice.one_of(&[0, 1, 900, 4_096, 20_000]),
        };
        let folder = folder.join(format!("folder {}", n % 8));
        std::fs::create_dir_all(&folder).unwrap();
        let content: Vec<u8> = (0..size).map(|at| ((at * 31 + n) % 251) as u8).collect();
        std::fs::write(folder.join(format!("file-{n:03}")), content).unwrap();
        bytes += size as u64;
    }
    bytes
}

/// The files that count, and the names of temporary ones. The server still works on what the killed one has
/// sent: a name may be another's by the time it is looked behind.
fn files(root: &Path) -> (Vec<(PathBuf, Vec<u8>)>, Vec<String>) {
    let (mut files, mut left) = (Vec::new(), Vec::new());
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Some(entries) = unless_gone(std::fs::read_dir(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root).unwrap().to_path_buf();
            if path.is_dir() {
                folders.push(path);
            } else if is_part_name(path.file_name().unwrap().as_encoded_bytes()) {
                left.push(below.display().to_string());
            } else if let Some(content) = unless_gone(std::fs::read(&path)) {
                files.push((below, content));
            }
        }
    }
    files.sort();
    (files, left)
}

fn unless_gone<T>(found: io::Result<T>) -> Option<T> {
    match found {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        found => Some(found.unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_and_begun_again_both_trees_are_equal() {
    for seed in seeds(3) {
        for direction in [Direction::Download, Direction::Upload] {
            for going_on in [GoingOn::SameCommand, GoingOn::Queue] {
                run(seed, direction, going_on).await;
            }
        }
    }
}

/// How a batch that was killed goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GoingOn {
    SameCommand,
    Queue,
}

async fn run(seed: u64, direction: Direction, going_on: GoingOn) {
    let what = format!("FAULT_SEED={seed} {direction:?} {going_on:?}");
    let mut dice = Dice::new(seed);
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (demo, proxy) = Proxy::before_demo(there.path(), false).await;
    let server = proxy.server(demo.server());
    let (source, target) = match direction {
        Direction::Download => (there.path().join("t"), here.path().join("t")),
        Direction::Upload => (here.path().join("t"), there.path().join("t")),
    };
    let bytes = fill(&source, &mut dice);
    let url = format!("ftp://{}@{}", server.user, server.address());
    let password = demo.secret().reveal().to_owned();
    let start = |begun: bool| -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ftpane"));
        command
            .env_clear()
            .env("HOME", here.path())
            .env("FTPANE_CONFIG_DIR", here.path().join("settings"))
            .env("FTPANE_PASSWORD", &password)
            .current_dir(here.path())
            .stdout(Stdio::null());
        // as people do: over what stands there, and what is half-done is the queue's business
        let policy = match going_on {
            GoingOn::SameCommand => "-c",
            GoingOn::Queue => "--on-conflict=overwrite",
        };
        match direction {
            _ if begun && going_on == GoingOn::Queue => command.args(["queue", "run", "-q", "-j", "3"]),
            Direction::Download => command.args(["get", "-q", policy, "-j", "3", &format!("{url}/t")]),
            Direction::Upload => command.args(["put", "-q", policy, "-j", "3", "t", &format!("{url}/")]),
        };
        command.spawn().unwrap()
    };
    let (wanted, _) = files(&source);
    // once or several times, somewhere on the way
    for time in 0..=dice.below(2) {
        // what was killed before it said what it wants to do is in no queue
        let least = match going_on {
            GoingOn::SameCommand => 0,
            GoingOn::Queue => 20_000,
        };
        let after = least + dice.below(bytes / 2);
        let passed = proxy.has_passed(after);
        let mut child = start(time > 0);
        tokio::select! {
            () = passed => child.kill().await.unwrap(),
            // the one before was killed late, and has left less than that
            ended = child.wait(), if time > 0 => assert!(ended.unwrap().success(), "{what}"),
        }
        // what the killed one has sent may still be worked on: nobody could know of what comes of it later
        proxy.is_quiet().await;
        let (found, _) = files(&target);
        for file in found {
            assert!(
                wanted.contains(&file),
                "{what}, after {after}: {} is short",
                file.0.display()
            );
        }
    }
    let ended = start(true).wait().await;
    assert!(ended.unwrap().success(), "{what}");
    let (found, left) = files(&target);
    assert!(found == wanted, "{what}: {} of {FILES} files", found.len());
    assert!(
        files(&source) == (wanted, Vec::new()),
        "{what}: the source has changed"
    );
    assert_eq!(left, [""; 0], "{what}: left in the end");
}
