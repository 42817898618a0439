//! How much of a file which run has brought.

use std::process::Stdio;

use tokio::process::Command;

use super::{OVERLAP, SIZE, content};
use crate::harness::scripted::{Script, Scripted, end_data, receive, say, send};
use ftpane::model::job::Direction;
use ftpane::model::server::Protocol;

const FIRST: usize = 300_000;
const SECOND: usize = 100_000;

/// A server whose line breaks twice: first after 300 000 bytes, and then after 100 000 more.
async fn server(direction: Direction) -> Scripted {
    let broken = || [end_data(), say("426 Connection closed; transfer aborted.")];
    let content = content();
    let script = Script::new(Protocol::Ftp);
    let script = match direction {
        Direction::Download => {
            let sends = |from: usize, to: usize| {
                let sends = [say("150 go"), send(&content[from..to])];
                sends.into_iter().chain(broken()).collect::<Vec<_>>()
            };
            let script = script.file("/d/f", &content);
            let script = script.once("RETR", sends(0, FIRST));
            script.once("RETR", sends(FIRST - OVERLAP, FIRST + SECOND))
        }
        Direction::Upload => {
            let takes = |bytes| {
                let takes = [say("150 go"), receive(bytes)];
                takes.into_iter().chain(broken()).collect::<Vec<_>>()
            };
            script.once("STOR", takes(FIRST)).once("STOR", takes(SECOND))
        }
    };
    script.start().await
}

/// The last line on stderr tells what this run has brought, and what was there before it: also of a file that
/// this run has tried twice.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_earlier_run_has_brought_is_told_apart() {
    for direction in [Direction::Download, Direction::Upload] {
        let server = server(direction).await;
        let here = tempfile::tempdir().unwrap();
        if direction == Direction::Upload {
            std::fs::create_dir(here.path().join("d")).unwrap();
            std::fs::write(here.path().join("d/f"), content()).unwrap();
        }
        let run = async |retries: &str| {
            let saved = server.server();
            let url = format!("ftp://{}@{}", saved.user, saved.address());
            let mut command = Command::new(env!("CARGO_BIN_EXE_ftpane"));
            command
                .env_clear()
                .env("HOME", here.path().join("home"))
                .env("FTPANE_PASSWORD", server.secret().reveal())
                .current_dir(here.path())
                .stdin(Stdio::null());
            match direction {
                Direction::Download => command.args(["get", "-c", &format!("{url}/d")]),
                Direction::Upload => command.args(["put", "-c", "d", &format!("{url}/")]),
            };
            let output = command.args(["--retries", retries]).output().await.unwrap();
            let said = String::from_utf8(output.stderr).unwrap();
            (output.status.success(), said)
        };
        let (_, said) = run("0").await;
        assert!(said.contains("of what is not done kept"), "{direction:?}: {said}");
        let (well, said) = run("1").await;
        assert!(well, "{direction:?}: {said}");
        let last = said.lines().last().unwrap();
        assert!(
            last.starts_with("ftpane: 1 file, 195 KiB, in ") && last.ends_with(", 293 KiB there before"),
            "{direction:?}: {said}"
        );
        let got = match direction {
            Direction::Download => std::fs::read(here.path().join("d/f")).unwrap(),
            Direction::Upload => server.content("/d/f").unwrap(),
        };
        assert_eq!(got.len(), SIZE);
        assert!(got == content());
    }
}
