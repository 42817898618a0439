//! Big downloads in segments: where the server gives each connection only so much a second, idle lanes
//! help, and whatever a server does about that, the target is the old file or the new one.

use std::collections::BTreeSet;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use ftpane::engine::{DiskWork, Options};
use ftpane::model::command::{Command, Extent};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Event, Speaker};
use ftpane::model::job::{BatchId, Direction, Hold, JobState, Policy};
use ftpane::model::part_name::is_part_name;
use ftpane::model::server::{Patience, Protocol, Server};
use ftpane::plan::division::read_map;

use crate::harness::engine::{Driver, Ended, tree};
use crate::harness::scripted::{Script, Scripted, end_data, say, send, usual};

const SIZE: usize = 40 << 20;

/// How much of it a connection gets in a second.
const PACE: u32 = 8 << 20;

const ONCE: Patience = Patience {
    connect: Duration::from_secs(5),
    silence: Duration::from_secs(10),
    retries: 0,
};

/// Content in which no two pieces are alike.
fn content() -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..SIZE / 8).flat_map(next).collect()
}

fn slow() -> Script {
    Script::new(Protocol::Ftp).file("/d/f", content()).pace(PACE)
}

struct Run {
    driver: Driver,
    here: tempfile::TempDir,
}

impl Run {
    async fn new(server: &Scripted, connections: u8, queue: Option<&Path>) -> Self {
        let here = tempfile::tempdir().unwrap();
        std::fs::create_dir(here.path().join("d")).unwrap();
        std::fs::write(here.path().join("d/f"), "old").unwrap();
        let driver = connected(server, connections, queue).await;
        Self { driver, here }
    }

    fn begin(&mut self, policy: Policy) -> BatchId {
        let folder = self.here.path().join("d");
        self.driver
            .enqueue(Direction::Download, Kind::Dir, &folder, "/d", policy)
    }

    async fn over(&mut self, batch: BatchId) -> Ended {
        self.driver
            .over(batch, |question| panic!("nothing to ask: {question:?}"))
            .await
    }

    /// The lengths of the parts that are here.
    fn parts(&self) -> Vec<u64> {
        parts(&self.here.path().join("d"))
    }

    fn file(&self) -> Vec<u8> {
        std::fs::read(self.here.path().join("d/f")).unwrap()
    }

    fn remarked(&self, words: &str) -> bool {
        let said = self.driver.dialogue.iter();
        said.filter(|line| line.speaker == Speaker::Remark)
            .any(|line| line.text.contains(words))
    }
}

async fn connected(server: &Scripted, connections: u8, queue: Option<&Path>) -> Driver {
    let mut driver = Driver::with(Options {
        queue: queue.map(Path::to_path_buf),
        // what came before it was divided came through a pipe
        disk_work: DiskWork::InPlace,
        ..Options::default()
    });
    let entry = Server {
        connections,
        ..server.server()
    };
    driver
        .connect_patiently(entry, server.secret(), ONCE)
        .await
        .unwrap();
    driver
}

fn parts(folder: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
    let parts = entries.filter(|entry| is_part_name(entry.file_name().as_encoded_bytes()));
    parts
        .filter_map(|part| Some(part.metadata().ok()?.len()))
        .collect()
}

/// Where transfers were asked to begin, but for the beginning.
fn begun_at(server: &Scripted) -> Vec<u64> {
    let heard = server.heard().into_iter();
    heard
        .filter_map(|heard| heard.line.strip_prefix("REST ")?.parse().ok())
        .filter(|at| *at > 0)
        .collect()
}

/// Waits until a segment has been asked for.
async fn divided(run: &mut Run) {
    run.driver.heard("REST ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_lanes_help_where_that_helps() {
    let server = slow().start().await;
    let mut run = Run::new(&server, 3, None).await;
    run.driver.care.verify = true;
    let batch = run.begin(Policy::Overwrite);
    run.over(batch).await.assert_all_done();
    assert!(run.file() == content());
    assert_eq!(run.parts(), Vec::<u64>::new());
    assert!(server.sessions() <= 3, "{}", server.sessions());
    assert!(!begun_at(&server).is_empty());
    // what is read twice is what was on the way when a reader met another's data
    let sent = server.data_sent();
    assert!(sent < (SIZE + (12 << 20)) as u64, "{sent} bytes for {SIZE}");
    run.driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_limit_holds_back_needs_no_help() {
    let script = Script::new(Protocol::Ftp).file("/d/f", content());
    let server = script.start().await;
    let mut run = Run::new(&server, 4, None).await;
    run.driver.send(Command::LimitRate(Some(u64::from(2 * PACE))));
    run.begin(Policy::Overwrite);
    // in the tenth part of that it would be asked for
    run.driver.moved(u64::from(PACE)).await;
    assert_eq!(server.count("RETR"), 1);
    run.driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_does_not_begin_in_the_middle_costs_nothing_but_a_question() {
    for (what, script) in [
        ("refuses REST", slow().on("REST", say("502 No."))),
        (
            "refuses to read",
            slow().once("RETR", usual()).on("RETR", say("550 No.")),
        ),
        (
            "cuts",
            slow()
                .once("RETR", usual())
                .on("RETR", [say("150 go"), end_data(), say("426 cut")]),
        ),
        (
            "lets nobody else in",
            slow().in_sessions(2.., "USER", say("421 Too many.")),
        ),
        ("tells no time", slow().on("MDTM", say("500 What?"))),
    ] {
        let server = script.start().await;
        let mut run = Run::new(&server, 2, None).await;
        let batch = run.begin(Policy::Overwrite);
        run.over(batch).await.assert_all_done();
        assert!(run.file() == content(), "{what}");
        assert_eq!(run.parts(), Vec::<u64>::new(), "{what}");
        let heard = server.heard();
        let reads = heard.iter().filter(|heard| heard.line.starts_with("RETR"));
        let reads: Vec<u32> = reads.map(|heard| heard.session).collect();
        let first = reads.iter().filter(|session| **session == reads[0]).count();
        assert_eq!(first, 1, "{what}: the first goes on undisturbed");
        let about = heard
            .iter()
            .filter(|heard| heard.line.contains("/d/f") || heard.line.starts_with("REST"));
        let asking: BTreeSet<_> = about.map(|heard| heard.session).collect();
        assert!(asking.len() <= 2, "{what}: one question, by one session");
        // and one whose login was over only when the walk it was to help had ended
        assert!(server.sessions() <= 3, "{what}");
        run.driver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_that_do_not_fit_are_thrown_away_and_the_file_comes_whole() {
    let server = slow().on("REST", say("350 Of course.")).start().await;
    let mut run = Run::new(&server, 2, None).await;
    let batch = run.begin(Policy::Overwrite);
    run.over(batch).await.assert_all_done();
    assert!(run.file() == content());
    assert!(run.remarked("segments did not fit together"));
    assert_eq!(run.parts(), Vec::<u64>::new());
    run.driver.shutdown().await;
}

/// Nobody could help, so that the one who divided the file reads it to its end.
#[tokio::test(flavor = "multi_thread")]
async fn more_than_the_file_has_is_not_read_for_ever() {
    let more = [content(), b"and more".to_vec()].concat();
    let script = slow().on("MDTM", say("500 What?")).once(
        "RETR",
        [say("150 go"), send(more), end_data(), say("226 That was it.")],
    );
    let server = script.start().await;
    let mut run = Run::new(&server, 2, None).await;
    let batch = run.begin(Policy::Overwrite);
    run.over(batch).await.assert_all_done();
    assert!(run.file() == content() && run.parts().is_empty());
    assert!(run.remarked("more has come than the file has"));
    assert_eq!(server.count("RETR"), 2);
    run.driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_changes_meanwhile_is_not_put_in_its_place() {
    let server = slow()
        .once("MDTM", usual())
        .on("MDTM", say("213 20250101000000"))
        .start()
        .await;
    let mut run = Run::new(&server, 2, None).await;
    let batch = run.begin(Policy::Overwrite);
    let ended = run.over(batch).await;
    let failures = ended.failures();
    assert!(
        failures[0].to_string().contains("changed on the server while"),
        "{failures:?}"
    );
    assert!(failures[0].transient);
    assert!(run.file() == b"old" && run.parts().is_empty());
    run.driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_one_goes_on_in_its_holes() {
    let server = slow().start().await;
    let mut run = Run::new(&server, 3, None).await;
    let batch = run.begin(Policy::Overwrite);
    divided(&mut run).await;
    run.driver.moved(SIZE as u64 / 2).await;
    run.driver.send(Command::Hold(Extent::Batch(batch)));
    run.driver
        .wait(|event| match event {
            Event::JobChanged(_, JobState::Held(Hold::Paused)) => Some(()),
            _ => None,
        })
        .await;
    let parts = run.parts();
    assert!(
        parts.len() == 1 && parts[0] > SIZE as u64,
        "a map is behind it: {parts:?}"
    );
    let before = server.data_sent();
    run.driver.send(Command::GoOn(Extent::Batch(batch)));
    run.driver
        .wait(|event| matches!(event, Event::BatchOver(_)).then_some(()))
        .await;
    assert!(run.file() == content());
    assert_eq!(run.parts(), Vec::<u64>::new());
    let more = server.data_sent() - before;
    assert!(
        more < SIZE as u64 * 3 / 4 + (6 << 20),
        "only what is missing: {more}"
    );
    run.driver.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_taken_out_leaves_nothing() {
    let server = slow().start().await;
    let mut run = Run::new(&server, 3, None).await;
    let batch = run.begin(Policy::Overwrite);
    divided(&mut run).await;
    run.driver.moved(SIZE as u64 / 3).await;
    run.driver.send(Command::Cancel(Extent::Batch(batch)));
    run.driver
        .wait(|event| matches!(event, Event::BatchOver(_)).then_some(()))
        .await;
    run.driver.shutdown().await;
    let names = tree(run.here.path());
    assert!(parts(&run.here.path().join("d")).is_empty(), "{names:?}");
    assert_eq!(std::fs::read(run.here.path().join("d/f")).unwrap(), b"old");
}

/// How much of the file there is, as the map behind the end of its part tells.
fn mapped(folder: &Path) -> u64 {
    let size = SIZE as u64;
    let mut files = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let map = files.find_map(|path| {
        let mut part = std::fs::File::open(path).ok()?;
        part.seek(SeekFrom::Start(size)).ok()?;
        let mut map = Vec::new();
        part.read_to_end(&mut map).ok()?;
        Some(map)
    });
    let missing = map.and_then(|map| read_map(size, &map));
    missing.map_or(0, |missing| {
        size - missing.iter().map(|range| range.to - range.from).sum::<u64>()
    })
}

/// What a run that was stopped or killed has left, a later one fetches the holes of, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_one_goes_on_in_its_holes_and_is_never_taken_for_whole() {
    let server = slow().start().await;
    let (here, home) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let get = || {
        let secret = format!("me:{}@", crate::harness::scripted::PASSWORD);
        let url = format!("ftp://{secret}{}/d/f", server.server().address());
        let mut get = Process::new(env!("CARGO_BIN_EXE_ftpane"));
        get.env_clear()
            .env("HOME", home.path())
            .current_dir(here.path())
            .args(["get", "-c", "-j", "3", &url])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        get
    };
    let mut child = get().spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    // it is divided, and each of the readers has brought something
    while begun_at(&server).is_empty() || mapped(here.path()) < SIZE as u64 / 4 {
        assert!(Instant::now() < until, "not divided: {:?}", server.heard());
        tokio::task::yield_now().await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let left = parts(here.path());
    assert!(left.len() == 1 && left[0] > SIZE as u64, "{left:?}");
    assert!(!here.path().join("f").exists());

    let before = server.data_sent();
    let mut again = get();
    let again = tokio::task::spawn_blocking(move || again.output().unwrap());
    let output = again.await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert!(std::fs::read(here.path().join("f")).unwrap() == content());
    assert_eq!(parts(here.path()), Vec::<u64>::new());
    let more = server.data_sent() - before;
    assert!(more < (SIZE - SIZE / 5) as u64, "not from the beginning: {more}");
}
