//! Where a download's bytes go on their way to the disk: through a pipe, written where they come in, or on a thread.
//! The product measures which is quicker; here each way is taken for certain, and whatever goes wrong on it, the
//! target is the old file or the new one, and what is kept is the beginning of the new one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ftpane::engine::{DiskWork, Options};
use ftpane::model::command::{Command, Extent};
use ftpane::model::entry::Kind;
use ftpane::model::event::Event;
use ftpane::model::failure::{Class, Failure};
use ftpane::model::job::{BatchId, Direction, Hold, JobState, Policy};
use ftpane::model::part_name::is_part_name;
use ftpane::model::server::{Patience, Protocol, Server};

use crate::harness::engine::{Driver, Ended, noise, tree};
use crate::harness::scripted::{
    Script, Scripted, Step, close, cut_data, end_data, gate, hold, reset, reset_data, say, send, usual,
};

const SIZE: usize = 3_000_000;

/// The first pieces, of 16 and 32 KiB, come into the memory whatever the disk is like.
const IN_MEMORY: usize = 48 * 1024;

/// How much comes a second time where a file goes on.
const OVERLAP: usize = 16 * 1024;

const WAYS: [DiskWork; 2] = [DiskWork::InPlace, DiskWork::OnThreads];

fn patience(retries: u32) -> Patience {
    Patience {
        connect: Duration::from_secs(5),
        silence: Duration::from_secs(5),
        retries,
    }
}

struct Run {
    server: Scripted,
    driver: Driver,
    here: tempfile::TempDir,
}

impl Run {
    async fn new(script: Script, disk_work: DiskWork, retries: u32) -> Self {
        let server = script.file("/d/f", noise(SIZE)).start().await;
        let here = tempfile::tempdir().unwrap();
        std::fs::create_dir(here.path().join("d")).unwrap();
        std::fs::write(here.path().join("d/f"), "old").unwrap();
        let mut driver = Driver::with(Options {
            disk_work,
            ..Options::default()
        });
        let entry = Server {
            connections: 1,
            ..server.server()
        };
        let connected = driver.connect_patiently(entry, server.secret(), patience(retries));
        connected.await.unwrap();
        Self { server, driver, here }
    }

    fn begin(&mut self) -> BatchId {
        let folder = self.here.path().join("d");
        self.driver
            .enqueue(Direction::Download, Kind::Dir, &folder, "/d", Policy::Overwrite)
    }

    /// Brings the batch to its end; what came before each further try, with what was kept then.
    async fn over(&mut self, batch: BatchId) -> (Ended, Vec<(Failure, Vec<u8>)>) {
        let mut ended = Ended::default();
        let mut failures = Vec::new();
        loop {
            match self.driver.event().await {
                Event::JobsAdded(jobs) => {
                    let jobs = jobs.into_iter();
                    ended
                        .states
                        .extend(jobs.map(|job| (job.id, job.item, JobState::Waiting)));
                }
                Event::JobChanged(id, state) => {
                    if let JobState::Retrying(failure) = &state {
                        failures.push((failure.clone(), self.part().unwrap_or_default()));
                    }
                    let slot = ended.states.iter_mut().find(|(job, ..)| *job == id);
                    slot.expect("it was added").2 = state;
                }
                Event::BatchOver(over) if over == batch => return (ended, failures),
                _ => {}
            }
        }
    }

    /// The names beside the target.
    fn names(&self) -> Vec<PathBuf> {
        tree(&self.here.path().join("d"))
            .into_iter()
            .map(|(path, _)| path)
            .collect()
    }

    /// What is under the temporary name.
    fn part(&self) -> Option<Vec<u8>> {
        let is_part = |path: &Path| is_part_name(path.file_name().unwrap().as_encoded_bytes());
        let mut files = tree(self.here.path()).into_iter();
        files.find(|(path, _)| is_part(path))?.1
    }

    fn target(&self) -> Vec<u8> {
        std::fs::read(self.here.path().join("d/f")).unwrap()
    }

    /// All of the new file stands there, and nothing else.
    #[track_caller]
    fn assert_whole(&self, what: &str) {
        assert!(self.target() == noise(SIZE), "{what}");
        assert_eq!(self.names(), [Path::new("f")], "{what}");
    }

    #[track_caller]
    fn assert_untouched(&self, what: &str) {
        assert_eq!(self.target(), b"old", "{what}");
        assert_eq!(self.names(), [Path::new("f")], "{what}");
    }
}

/// A server that waits in the middle of the file, once.
fn held_at(at: usize) -> Script {
    let content = noise(SIZE);
    let steps = [
        say("150 go"),
        send(&content[..at]),
        gate(),
        send(&content[at..]),
        end_data(),
        say("226 done"),
    ];
    Script::new(Protocol::Ftp).once("RETR", steps)
}

/// What a pipe has taken in is in the file at once, be it ever so little; in the memory a piece is gathered first.
/// So this shows which way was taken.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_goes_the_way_it_is_told_to() {
    let here = IN_MEMORY + 1_000;
    for way in WAYS {
        let mut run = Run::new(held_at(here), way, 0).await;
        let batch = run.begin();
        run.driver.moved(here as u64).await;
        let part = run.part().unwrap();
        match way {
            // where a system has no pipes for it, it is gathered all the same
            DiskWork::InPlace if cfg!(target_os = "linux") => assert_eq!(part.len(), here),
            _ => assert!(part.len() <= IN_MEMORY, "{way:?}: {}", part.len()),
        }
        assert!(noise(SIZE).starts_with(&part), "{way:?}");
        assert_eq!(run.target(), b"old");
        run.server.open_gate();
        let (ended, _) = run.over(batch).await;
        ended.assert_all_done();
        run.assert_whole(&format!("{way:?}"));
        run.driver.shutdown().await;
    }
}

/// However a transfer breaks off in the middle: what is kept is the beginning of the file, and with the rest of it the
/// file is whole.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_in_the_middle_goes_on_and_is_whole() {
    let content = noise(SIZE);
    let broken = say("426 Connection closed; transfer aborted.");
    let ends: [(&str, Vec<Step>); 7] = [
        ("cut", vec![cut_data(), broken.clone()]),
        ("cut, and all is well", vec![cut_data(), say("226 done")]),
        ("reset", vec![reset_data(), broken.clone()]),
        ("no control connection any more", vec![close()]),
        ("reset altogether", vec![reset_data(), reset()]),
        ("silence", vec![hold()]),
        ("refused amid the data", vec![broken, end_data()]),
    ];
    for way in WAYS {
        for (what, end) in &ends {
            let what = format!("{way:?}, {what}");
            println!("{what}");
            let mut steps = vec![say("150 go"), send(&content[..1_000_000])];
            steps.extend(end.iter().cloned());
            let mut run = Run::new(Script::new(Protocol::Ftp).once("RETR", steps), way, 1).await;
            let batch = run.begin();
            let (ended, failures) = run.over(batch).await;
            ended.assert_all_done();
            let [(failure, kept)] = &failures[..] else {
                // the session may be gone before the transfer has begun: then it begins anew
                let may_be_gone = ["reset", "no control"].iter().any(|word| what.contains(word));
                assert!(failures.is_empty() && may_be_gone, "{what}: {failures:?}");
                run.assert_whole(&what);
                continue;
            };
            assert!(failure.transient, "{what}: {failure}");
            assert!(content.starts_with(kept), "{what}: {} bytes", kept.len());
            // a reset takes away what lies in the socket; else all that came was here, and a little of it comes again
            if !what.contains("reset") {
                let heard = run.server.heard().into_iter().map(|heard| heard.line);
                let heard: Vec<String> = heard.filter(|line| line.starts_with("REST")).collect();
                assert_eq!(heard, [format!("REST {}", 1_000_000 - OVERLAP)], "{what}");
            }
            run.assert_whole(&what);
            run.driver.shutdown().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_one_keeps_what_has_come_and_one_taken_out_nothing() {
    const HERE: usize = 1_000_000;
    for way in WAYS {
        let mut run = Run::new(held_at(HERE), way, 0).await;
        let batch = run.begin();
        run.driver.moved(HERE as u64).await;
        run.driver.send(Command::Hold(Extent::Batch(batch)));
        let held = |event| matches!(event, Event::JobChanged(_, JobState::Held(Hold::Paused))).then_some(());
        run.driver.wait(held).await;
        assert!(
            run.part().is_some_and(|part| part == noise(SIZE)[..HERE]),
            "{way:?}"
        );
        run.driver.send(Command::GoOn(Extent::Batch(batch)));
        let over = |event| matches!(event, Event::BatchOver(_)).then_some(());
        run.driver.wait(over).await;
        assert_eq!(run.server.count("REST"), 1, "{way:?}");
        run.assert_whole(&format!("{way:?}"));
        run.driver.shutdown().await;

        let mut run = Run::new(held_at(HERE), way, 0).await;
        let batch = run.begin();
        run.driver.moved(HERE as u64).await;
        run.driver.send(Command::Cancel(Extent::Batch(batch)));
        run.driver.wait(over).await;
        run.driver.at_rest().await;
        run.assert_untouched(&format!("{way:?}"));
        run.driver.shutdown().await;
    }
}

/// More than the file has is not the file: neither at once, nor where it was gone on with.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_was_said_is_not_put_in_its_place() {
    let content = noise(SIZE);
    let too_much = |from: usize| {
        let more = vec![b'x'; 300_000];
        [
            say("150 go"),
            send(&content[from..]),
            send(more),
            end_data(),
            say("226 done"),
        ]
    };
    for way in WAYS {
        let mut run = Run::new(Script::new(Protocol::Ftp).once("RETR", too_much(0)), way, 0).await;
        let batch = run.begin();
        let (ended, _) = run.over(batch).await;
        let failures = ended.failures();
        let [failure] = failures[..] else {
            panic!("{ended:?}")
        };
        assert_eq!(failure.class, Class::Conflict);
        assert!(
            failure.to_string().contains("what came is not that file"),
            "{failure}"
        );
        run.assert_untouched(&format!("{way:?}"));
        run.driver.shutdown().await;

        let cut = [
            say("150 go"),
            send(&content[..1_000_000]),
            cut_data(),
            say("426 cut"),
        ];
        let script = Script::new(Protocol::Ftp)
            .once("RETR", cut)
            .once("RETR", too_much(1_000_000 - OVERLAP))
            .on("RETR", usual());
        let mut run = Run::new(script, way, 1).await;
        let batch = run.begin();
        let (ended, _) = run.over(batch).await;
        ended.assert_all_done();
        assert_eq!(
            run.server.count("RETR"),
            3,
            "{way:?}: the last time from its first byte"
        );
        run.assert_whole(&format!("{way:?}"));
        run.driver.shutdown().await;
    }
}

/// A disk that is full while it is written to: by a process that may write no file of more than a megabyte.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_takes_no_more_is_said_and_nothing_is_left() {
    let mut shell = std::process::Command::new("/bin/sh");
    // without the signal that would end the program
    let script = "trap '' XFSZ; ulimit -f 1000; exec \"$0\" --ignored --exact poured::writes_too_much";
    shell.args(["-c", script]).arg(std::env::current_exe().unwrap());
    let ran = tokio::task::spawn_blocking(move || shell.output().unwrap());
    let output = ran.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a process of its own, with limits"]
async fn writes_too_much() {
    for way in WAYS {
        let mut run = Run::new(Script::new(Protocol::Ftp), way, 3).await;
        let batch = run.begin();
        let (ended, tries) = run.over(batch).await;
        let failures = ended.failures();
        let [failure] = failures[..] else {
            panic!("{way:?}: {ended:?}")
        };
        assert!(tries.is_empty(), "{way:?}: {tries:?}");
        assert_eq!(failure.class, Class::Local, "{way:?}: {failure}");
        assert!(
            failure.to_string().contains("larger than this disk"),
            "{way:?}: {failure}"
        );
        run.assert_untouched(&format!("{way:?}"));
        run.driver.shutdown().await;
    }
}
