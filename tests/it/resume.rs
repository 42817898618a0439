//! Files that were left half-done: they go on where that is shown to be right, in the same run and in a
//! later one, and whatever a server does about it, a target is the old file or the new one.

mod counted;
mod cut_again;
mod killed;
mod proved;

use std::path::Path;

use ftpane::engine::Options;
use ftpane::model::command::{Answer, Command, Extent, Scope};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Event, Question, Speaker};
use ftpane::model::job::{BatchId, Direction, JobState, Policy};
use ftpane::model::part_name::is_part_name;
use ftpane::model::server::{Patience, Protocol};

use crate::harness::engine::{CONNECTION, Driver, Ended, tree};
use crate::harness::scripted::{
    Script, Scripted, Step, append, end_data, gate, receive, receive_all, say, send, usual,
};

const SIZE: usize = 500_000;

/// How much of a download comes a second time.
const OVERLAP: usize = 16 * 1024;

const ONCE_MORE: Patience = Patience {
    connect: std::time::Duration::from_secs(2),
    silence: std::time::Duration::from_secs(2),
    retries: 1,
};

const ONCE: Patience = Patience {
    retries: 0,
    ..ONCE_MORE
};

/// Content in which no two pieces are alike.
fn content() -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..SIZE).map(next).collect()
}

/// A server with the file, that sends so much of it once and then says that the line broke.
fn cut_download(cut: usize) -> Script {
    let content = content();
    let steps = [
        say("150 go"),
        send(&content[..cut]),
        end_data(),
        say("426 Connection closed; transfer aborted."),
    ];
    Script::new(Protocol::Ftp)
        .file("/d/f", content)
        .once("RETR", steps)
}

/// A server that takes so much of an upload once.
fn cut_upload(cut: usize) -> Script {
    let steps = [
        say("150 go"),
        receive(cut),
        end_data(),
        say("426 Connection closed; transfer aborted."),
    ];
    Script::new(Protocol::Ftp).file("/d/f", "old").once("STOR", steps)
}

/// What is said of the size of a file whose upload was cut: also to a question that was written at the end of the data,
/// before that was heard.
fn before_it_goes_on(script: Script, answer: Step) -> Script {
    script.until(("STOR", 2), "SIZE", answer)
}

struct Run {
    driver: Driver,
    here: tempfile::TempDir,
}

impl Run {
    /// A folder with an old file to be replaced, or with the new one to be uploaded.
    async fn new(server: &Scripted, direction: Direction, patience: Patience, queue: Option<&Path>) -> Self {
        let here = tempfile::tempdir().unwrap();
        std::fs::create_dir(here.path().join("d")).unwrap();
        let standing = match direction {
            Direction::Download => b"old".to_vec(),
            Direction::Upload => content(),
        };
        std::fs::write(here.path().join("d/f"), standing).unwrap();
        let driver = connected(server, patience, queue).await;
        Self { driver, here }
    }

    /// Another run, in the same folder.
    async fn again(self, server: &Scripted, queue: &Path) -> Self {
        self.driver.shutdown().await;
        Self {
            driver: connected(server, ONCE, Some(queue)).await,
            here: self.here,
        }
    }

    /// Transfers the folder, so that the source's size and time are known by a listing.
    async fn transfer(&mut self, direction: Direction, policy: Policy) -> Ended {
        let batch = self
            .driver
            .enqueue(direction, Kind::Dir, &self.here.path().join("d"), "/d", policy);
        self.driver
            .over(batch, |question| panic!("nothing to ask: {question:?}"))
            .await
    }

    fn parts(&self) -> usize {
        let names = tree(self.here.path());
        let is_part = |path: &Path| is_part_name(path.file_name().unwrap().as_encoded_bytes());
        names.iter().filter(|(path, _)| is_part(path)).count()
    }

    fn file(&self) -> Vec<u8> {
        std::fs::read(self.here.path().join("d/f")).unwrap()
    }
}

async fn connected(server: &Scripted, patience: Patience, queue: Option<&Path>) -> Driver {
    let mut driver = Driver::with(Options {
        queue: queue.map(Path::to_path_buf),
        ..Options::default()
    });
    driver
        .connect_patiently(server.server(), server.secret(), patience)
        .await
        .unwrap();
    driver
}

fn heard(server: &Scripted, verb: &str) -> Vec<String> {
    let lines = server.heard().into_iter().map(|heard| heard.line);
    lines
        .filter(|line| line.split(' ').next() == Some(verb))
        .collect()
}

/// How often a transfer went on. Before an upload does, the end of what is there is read back.
fn rests(server: &Scripted, direction: Direction) -> usize {
    match direction {
        Direction::Download => server.count("REST"),
        Direction::Upload => server.count("REST") - server.count("RETR"),
    }
}

fn remarked(driver: &Driver, words: &str) -> bool {
    let mut remarks = driver
        .dialogue
        .iter()
        .filter(|line| line.speaker == Speaker::Remark);
    remarks.any(|line| line.text.contains(words))
}

fn remote_parts(server: &Scripted) -> usize {
    let is_part = |path: &&String| is_part_name(path.rsplit('/').next().unwrap().as_bytes());
    server.files().iter().filter(is_part).count()
}

type Case = (&'static str, fn(Script) -> Script, fn(&Scripted, &Driver, usize));

/// Whether so much is worth to be continued.
fn is_worth_it(cut: usize) -> bool {
    cut >= 64 * 1024
}

/// What servers do where a download is to go on.
const DOWNLOADS: [Case; 9] = [
    (
        "goes on",
        |script| script,
        |server, _, cut| {
            let expected = format!("REST {}", cut.saturating_sub(OVERLAP));
            let rest = heard(server, "REST");
            assert_eq!(rest, if is_worth_it(cut) { vec![expected] } else { vec![] });
        },
    ),
    (
        "ignores REST",
        |script| script.on("REST", say("350 Of course.")),
        |server, driver, cut| {
            let times = if is_worth_it(cut) { 3 } else { 2 };
            assert_eq!(server.count("RETR"), times);
            assert_eq!(remarked(driver, "does not continue"), is_worth_it(cut));
        },
    ),
    (
        "refuses REST",
        |script| script.on("REST", say("502 No.")),
        |server, driver, cut| {
            assert_eq!(server.count("RETR"), 2);
            assert_eq!(remarked(driver, "502 No."), is_worth_it(cut));
        },
    ),
    (
        "refuses REST for now",
        |script| script.on("REST", say("450 Not now.")),
        |server, _, _| assert_eq!(server.count("RETR"), 2),
    ),
    (
        "refuses to read from there",
        |script| script.once("RETR", say("554 Restart not permitted.")),
        |server, _, cut| {
            // the offset must not wait for the next transfer
            let last = heard(server, "REST").pop();
            assert_eq!(last.as_deref(), is_worth_it(cut).then_some("REST 0"));
        },
    ),
    (
        "sends another file",
        |script| {
            let steps = [say("150 go"), send(vec![7; SIZE]), end_data(), say("226 done")];
            script.once("RETR", steps)
        },
        |_, driver, cut| assert_eq!(remarked(driver, "does not continue"), is_worth_it(cut)),
    ),
    (
        "sends more than there is",
        |script| {
            let steps = [
                say("150 go"),
                send(&content()[300_000 - OVERLAP..]),
                send(vec![7; 70_000]),
                end_data(),
                say("226 done"),
            ];
            script.once("RETR", steps)
        },
        |_, _, _| {},
    ),
    (
        "has another file",
        |script| script.on("MDTM", say("213 20250101000000")),
        |server, driver, cut| {
            assert_eq!(server.count("REST"), 0);
            assert_eq!(remarked(driver, "the source has changed since"), is_worth_it(cut));
        },
    ),
    (
        "tells no time",
        |script| script.on("MDTM", say("500 What?")),
        |server, driver, cut| {
            assert_eq!(server.count("REST"), 0);
            assert_eq!(remarked(driver, "does not tell"), is_worth_it(cut));
        },
    ),
];

/// What servers do where an upload is to go on.
const UPLOADS: [Case; 9] = [
    (
        "goes on",
        |script| script,
        |server, _, cut| {
            // its end is read back first; never from the very end: some servers call it a fault when nothing comes
            let read = format!("REST {}", cut.saturating_sub(OVERLAP));
            let written = format!("REST {}", cut.min(SIZE - 1));
            let rest = heard(server, "REST");
            let expected = if is_worth_it(cut) {
                vec![read, written]
            } else {
                vec![]
            };
            assert_eq!(rest, expected);
            assert_eq!(server.count("STOR"), 2);
        },
    ),
    (
        "ignores REST",
        |script| script.on("REST", say("350 Of course.")),
        |server, driver, cut| {
            assert_eq!(server.count("STOR"), 2);
            assert_eq!(
                remarked(driver, "not the beginning of the source"),
                is_worth_it(cut)
            );
        },
    ),
    (
        "ignores REST, and lets nothing be read",
        |script| {
            script
                .on("REST", say("350 Of course."))
                .on("RETR", say("550 Permission denied."))
        },
        |server, driver, cut| {
            assert_eq!(server.count("STOR"), if is_worth_it(cut) { 3 } else { 2 });
            assert_eq!(
                remarked(driver, "once more from the first byte"),
                is_worth_it(cut)
            );
        },
    ),
    (
        "has lost its end in a crash",
        |script| {
            let steps = [say("150 go"), send(vec![0; OVERLAP]), end_data(), say("226 done")];
            script.on("RETR", steps)
        },
        |server, driver, cut| {
            let rests = heard(server, "REST").len();
            assert_eq!(rests, usize::from(is_worth_it(cut)), "nothing is gone on with");
            assert_eq!(
                remarked(driver, "not the beginning of the source"),
                is_worth_it(cut)
            );
        },
    ),
    (
        "refuses REST",
        |script| script.on("REST", say("502 No.")),
        |server, driver, cut| {
            assert_eq!(server.count("STOR"), 2);
            assert_eq!(remarked(driver, "502 No."), is_worth_it(cut));
        },
    ),
    (
        "refuses to write from there",
        |script| script.once("STOR", say("451 Append/Restart not permitted, try again")),
        |server, driver, cut| {
            let last = heard(server, "REST").pop();
            assert_eq!(last.as_deref(), is_worth_it(cut).then_some("REST 0"));
            assert_eq!(remarked(driver, "Append/Restart"), is_worth_it(cut));
        },
    ),
    (
        "appends what it has not told of",
        |script| {
            let steps = [say("150 go"), append(), end_data(), say("226 done")];
            before_it_goes_on(script, say("213 70000")).once("STOR", steps)
        },
        |_, _, _| {},
    ),
    (
        "has lost it",
        |script| before_it_goes_on(script, say("550 No such file.")),
        |server, _, _| assert_eq!(server.count("REST"), 0),
    ),
    (
        "tells no size",
        |script| before_it_goes_on(script, say("500 What?")),
        |server, _, _| assert_eq!(server.count("REST"), 0),
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_the_whole_file_whatever_the_server_does_about_going_on() {
    let runs = DOWNLOADS.into_iter().flat_map(|case| {
        [0, 1, 65_535, 65_536, 300_000, SIZE - 1, SIZE]
            .into_iter()
            .map(move |cut| (case, cut))
    });
    let runs = runs.map(|((what, lie, proves), cut)| async move {
        println!("{what}, cut at {cut}");
        // a refusal of the second RETR is meant for one that goes on
        if !is_worth_it(cut) && what.starts_with("refuses to") {
            return;
        }
        let server = lie(cut_download(cut)).start().await;
        let mut run = Run::new(&server, Direction::Download, ONCE_MORE, None).await;
        let ended = run.transfer(Direction::Download, Policy::Overwrite).await;
        if !is_worth_it(cut) && what.starts_with("sends") {
            // a liar for a file's whole length is found out by its size, where that tells
            assert!(run.file() == b"old" || run.file().len() == SIZE, "{what}, {cut}");
            return;
        }
        ended.assert_all_done();
        assert!(run.file() == content(), "{what}, cut at {cut}");
        assert_eq!(run.parts(), 0, "{what}, cut at {cut}");
        proves(&server, &run.driver, cut);
        run.driver.shutdown().await;
    });
    futures_util::future::join_all(runs).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_the_whole_file_whatever_the_server_does_about_going_on() {
    let runs = UPLOADS.into_iter().flat_map(|case| {
        [0, 1, 65_535, 65_536, 300_000, SIZE - 1, SIZE]
            .into_iter()
            .map(move |cut| (case, cut))
    });
    let runs = runs.map(|((what, lie, proves), cut)| async move {
        println!("{what}, cut at {cut}");
        if !is_worth_it(cut) && (what.starts_with("refuses to") || what.starts_with("appends")) {
            return;
        }
        let server = lie(cut_upload(cut)).start().await;
        let mut run = Run::new(&server, Direction::Upload, ONCE_MORE, None).await;
        let ended = run.transfer(Direction::Upload, Policy::Overwrite).await;
        ended.assert_all_done();
        assert!(
            server.content("/d/f").unwrap() == content(),
            "{what}, cut at {cut}"
        );
        assert_eq!(remote_parts(&server), 0, "{what}, cut at {cut}");
        proves(&server, &run.driver, cut);
        run.driver.shutdown().await;
    });
    futures_util::future::join_all(runs).await;
}

/// A file that is changed here between two tries is another one.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_source_is_uploaded_anew() {
    let server = cut_upload(300_000).start().await;
    let mut run = Run::new(&server, Direction::Upload, ONCE, None).await;
    let ended = run.transfer(Direction::Upload, Policy::Overwrite).await;
    let (job, failure) = the_failed(&ended);
    assert!(failure.contains("is kept"), "{failure}");
    assert_eq!(remote_parts(&server), 1);

    let mut changed = content();
    changed[0] ^= 1;
    std::fs::write(run.here.path().join("d/f"), &changed).unwrap();
    run.driver.send(Command::Retry(Extent::Job(job)));
    over(&mut run.driver, true).await;
    assert!(server.content("/d/f").unwrap() == changed);
    assert_eq!((remote_parts(&server), server.count("REST")), (0, 0));
    assert!(remarked(&run.driver, "the source has changed since"));
    run.driver.shutdown().await;
}

/// The refusal may overtake the data: they were sent before the server gave up, and are kept all the same.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_before_a_refusal_that_came_first_is_kept() {
    for protocol in [Protocol::Ftp, Protocol::FtpsImplicit] {
        let refusal = "426 Connection closed; transfer aborted.";
        // over TLS the handshake has not even begun when it comes
        let steps = [
            say("150 go"),
            say(refusal),
            send(&content()[..300_000]),
            end_data(),
        ];
        let script = Script::new(protocol).file("/d/f", content()).once("RETR", steps);
        let server = script.start().await;
        let mut run = Run::new(&server, Direction::Download, ONCE, None).await;
        let ended = run.transfer(Direction::Download, Policy::Overwrite).await;
        assert_is_kept(&ended);
        let (_, failure) = the_failed(&ended);
        assert!(failure.contains(refusal), "{failure}");
        run.driver.shutdown().await;
    }
}

fn the_failed(ended: &Ended) -> (ftpane::model::job::JobId, String) {
    let failed = ended.states.iter().find_map(|(job, _, state)| match state {
        JobState::Failed(failure) => Some((*job, failure.to_string())),
        _ => None,
    });
    failed.expect("one job has failed")
}

fn assert_is_kept(ended: &Ended) {
    let (_, failure) = the_failed(ended);
    assert!(failure.contains("is kept"), "{failure}");
}

/// Waits for the end of a batch; a question offers to go on, or it does not.
async fn over(driver: &mut Driver, offers: bool) {
    loop {
        match driver.event().await {
            Event::BatchOver(_) => return,
            Event::Question { id, question } => {
                let Question::Conflict { can_resume, .. } = question else {
                    panic!("{question:?}");
                };
                assert_eq!(can_resume, offers);
                driver.answer(id, Answer::Conflict(Policy::Resume, Scope::Once));
            }
            _ => {}
        }
    }
}

/// What a run has left that is over goes on with the policy `resume`; with any other one the file comes
/// whole, and what was left is cleaned away.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_run_goes_on_if_told_to() {
    for policy in [Policy::Resume, Policy::Overwrite] {
        let resumes = policy == Policy::Resume;
        let queue = tempfile::tempdir().unwrap();
        let server = cut_download(300_000).start().await;
        let mut run = Run::new(&server, Direction::Download, ONCE, Some(queue.path())).await;
        let ended = run.transfer(Direction::Download, Policy::Overwrite).await;
        assert_is_kept(&ended);
        assert_eq!((run.parts(), run.file()), (1, b"old".to_vec()));
        let mut run = run.again(&server, queue.path()).await;
        run.transfer(Direction::Download, policy).await.assert_all_done();
        assert!(run.file() == content());
        assert_eq!(
            (run.parts(), server.count("REST")),
            (0, usize::from(resumes)),
            "{policy:?}"
        );
        run.driver.shutdown().await;

        let server = cut_upload(300_000).start().await;
        let mut run = Run::new(&server, Direction::Upload, ONCE, Some(queue.path())).await;
        let ended = run.transfer(Direction::Upload, Policy::Overwrite).await;
        assert_is_kept(&ended);
        assert_eq!(remote_parts(&server), 1);
        let mut run = run.again(&server, queue.path()).await;
        run.transfer(Direction::Upload, policy).await.assert_all_done();
        assert!(server.content("/d/f").unwrap() == content());
        assert_eq!(
            rests(&server, Direction::Upload),
            usize::from(resumes),
            "{policy:?}"
        );
        if resumes {
            assert_eq!(remote_parts(&server), 0);
        }
        run.driver.shutdown().await;
    }
}

/// What was cut under a temporary name goes, where the next try is written in place.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_cut_goes_with_a_try_in_place() {
    let steps = [
        say("150 go"),
        receive(300_000),
        end_data(),
        say("426 Connection closed; transfer aborted."),
    ];
    // while it waits for its next try the other file shows that nothing is renamed there
    let script = Script::new(Protocol::Ftp)
        .file("/d/f", "old")
        .once("STOR", steps)
        .on("RNFR", say("550 Permission denied."));
    let server = script.start().await;
    let here = tempfile::tempdir().unwrap();
    std::fs::create_dir(here.path().join("d")).unwrap();
    std::fs::write(here.path().join("d/f"), content()).unwrap();
    std::fs::write(here.path().join("d/g"), "short").unwrap();
    let mut driver = Driver::new();
    let entry = ftpane::model::server::Server {
        in_place: true,
        ..server.server()
    };
    driver
        .connect_patiently(
            entry,
            server.secret(),
            Patience {
                retries: 3,
                ..ONCE_MORE
            },
        )
        .await
        .unwrap();
    let batch = driver.enqueue(
        Direction::Upload,
        Kind::Dir,
        &here.path().join("d"),
        "/d",
        Policy::Overwrite,
    );
    let ended = driver
        .over(batch, |question| panic!("nothing to ask: {question:?}"))
        .await;
    ended.assert_all_done();
    assert!(server.content("/d/f").unwrap() == content());
    assert_eq!(remote_parts(&server), 0);
    driver.shutdown().await;
}

/// Runs that fail each night leave one rest, not one for each night.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_fails_again_leaves_no_second_rest() {
    for direction in [Direction::Download, Direction::Upload] {
        let queue = tempfile::tempdir().unwrap();
        let broken = say("426 Connection closed; transfer aborted.");
        let moves = match direction {
            Direction::Download => send(&content()[..300_000]),
            Direction::Upload => receive(300_000),
        };
        let steps = [say("150 go"), moves, end_data(), broken];
        let script = match direction {
            Direction::Download => Script::new(Protocol::Ftp)
                .file("/d/f", content())
                .on("RETR", steps),
            Direction::Upload => Script::new(Protocol::Ftp).file("/d/f", "old").on("STOR", steps),
        };
        let server = script.start().await;
        let mut run = Run::new(&server, direction, ONCE, Some(queue.path())).await;
        for _ in 0..3 {
            let ended = run.transfer(direction, Policy::Overwrite).await;
            assert_is_kept(&ended);
            assert_eq!(run.parts() + remote_parts(&server), 1, "{direction:?}");
            run = run.again(&server, queue.path()).await;
        }
        assert_eq!(run.parts() + remote_parts(&server), 1, "{direction:?}");
        run.driver.shutdown().await;
    }
}

/// What a run has left in the queue goes on where it was when a later one takes it up, whatever was asked
/// for about targets that stand.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_up_goes_on_whatever_its_policy() {
    for (direction, script) in [
        (Direction::Download, cut_download(300_000)),
        (Direction::Upload, cut_upload(300_000)),
    ] {
        let queue = tempfile::tempdir().unwrap();
        let server = script.start().await;
        let mut run = Run::new(&server, direction, ONCE, Some(queue.path())).await;
        run.transfer(direction, Policy::Overwrite).await;
        let mut run = run.again(&server, queue.path()).await;
        run.driver.send(Command::LookForUnfinished);
        let left = run.driver.wait(|event| match event {
            Event::Unfinished(left) => Some(left),
            _ => None,
        });
        let rest = left.await[0].id;
        let batch = BatchId(77);
        run.driver.send(Command::TakeUp {
            rest,
            connection: CONNECTION,
            batch,
        });
        let ended = run
            .driver
            .over(batch, |question| panic!("nothing to ask: {question:?}"));
        let ended = ended.await;
        ended.assert_all_done();
        let went_on = |state: &JobState| match state {
            JobState::Done { note, .. } => note.as_deref() == Some("it went on after 293 KiB"),
            _ => false,
        };
        let said = ended.states.iter().filter(|(.., state)| went_on(state)).count();
        assert_eq!(said, 1, "{ended:?}");
        let got = match direction {
            Direction::Download => run.file(),
            Direction::Upload => server.content("/d/f").unwrap(),
        };
        assert!(got == content(), "{direction:?}");
        assert_eq!(rests(&server, direction), 1, "{direction:?}");
        assert_eq!((run.parts(), remote_parts(&server)), (0, 0), "{direction:?}");
        run.driver.shutdown().await;
    }
}

/// What a run works on that lives, or what was left by another installation, is not touched.
#[tokio::test(flavor = "multi_thread")]
async fn the_parts_of_others_are_left_alone() {
    let queue = tempfile::tempdir().unwrap();
    let server = cut_download(300_000).start().await;
    let mut first = Run::new(&server, Direction::Download, ONCE, Some(queue.path())).await;
    first.transfer(Direction::Download, Policy::Overwrite).await;
    assert_eq!(first.parts(), 1);
    let other = tempfile::tempdir().unwrap();
    for queue in [queue.path(), other.path()] {
        let mut second = Run {
            driver: connected(&server, ONCE, Some(queue)).await,
            here: first.here,
        };
        std::fs::write(second.here.path().join("d/f"), "old").unwrap();
        let ended = second.transfer(Direction::Download, Policy::Resume).await;
        ended.assert_all_done();
        assert!(second.file() == content());
        assert_eq!((second.parts(), server.count("REST")), (1, 0));
        second.driver.shutdown().await;
        first.here = second.here;
    }
    first.driver.shutdown().await;
}

/// A run that is stopped keeps what has come; one job that a person takes out keeps nothing.
#[tokio::test(flavor = "multi_thread")]
async fn stopping_keeps_and_cancelling_does_not() {
    for direction in [Direction::Download, Direction::Upload] {
        for stops in [true, false] {
            println!("{direction:?}, the end of the program: {stops}");
            let held = |moves: Step| [say("150 go"), moves, gate(), end_data(), say("226 done")];
            let script = match direction {
                Direction::Download => Script::new(Protocol::Ftp)
                    .file("/d/f", content())
                    .once("RETR", held(send(&content()[..300_000]))),
                Direction::Upload => Script::new(Protocol::Ftp)
                    .file("/d/f", "old")
                    .once("STOR", held(receive(300_000))),
            };
            let queue = tempfile::tempdir().unwrap();
            let server = script.start().await;
            let mut run = Run::new(&server, direction, ONCE, Some(queue.path())).await;
            let folder = run.here.path().join("d");
            let batch = run
                .driver
                .enqueue(direction, Kind::Dir, &folder, "/d", Policy::Overwrite);
            run.driver.moved(300_000).await;
            if stops {
                let mut run = run.again(&server, queue.path()).await;
                run.transfer(direction, Policy::Resume).await.assert_all_done();
                assert_eq!(rests(&server, direction), 1);
                assert_eq!(run.parts() + remote_parts(&server), 0);
                run.driver.shutdown().await;
            } else {
                run.driver.send(Command::Cancel(Extent::Batch(batch)));
                over(&mut run.driver, false).await;
                assert_eq!(run.parts() + remote_parts(&server), 0);
                run.driver.shutdown().await;
            }
        }
    }
}

/// A job that waits for another try and is taken out leaves nothing either.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_cancelled_job_has_left_is_deleted() {
    let server = cut_upload(300_000)
        .on(
            "STOR",
            [say("150 go"), receive_all(), end_data(), say("226 done")],
        )
        .start()
        .await;
    let mut run = Run::new(&server, Direction::Upload, ONCE, None).await;
    let ended = run.transfer(Direction::Upload, Policy::Overwrite).await;
    let (job, _) = the_failed(&ended);
    assert_eq!(remote_parts(&server), 1);
    run.driver.send(Command::Retry(Extent::Job(job)));
    run.driver.send(Command::Cancel(Extent::Job(job)));
    run.driver.heard("250 Gone.").await;
    run.driver.shutdown().await;
    assert_eq!(remote_parts(&server), 0);
}

/// A file that was written anew between two tries, or while it was read, is never half the one and half the other: what
/// it was before is asked, and once more in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_while_the_rest_of_it_is_read_comes_whole() {
    let script = cut_download(300_000)
        .once("MDTM", usual())
        .once("MDTM", say("213 20250102030405"));
    let server = script.start().await;
    let patience = Patience {
        retries: 2,
        ..ONCE_MORE
    };
    let mut run = Run::new(&server, Direction::Download, patience, None).await;
    let mut said = Vec::new();
    let local = run.here.path().join("d");
    let batch = run
        .driver
        .enqueue(Direction::Download, Kind::Dir, &local, "/d", Policy::Overwrite);
    loop {
        match run.driver.event().await {
            Event::JobChanged(_, JobState::Retrying(failure)) => said.push(failure.to_string()),
            Event::JobChanged(_, JobState::Failed(failure)) => panic!("{failure}"),
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    assert!(
        said.len() == 2 && said[1].contains("changed on the server while it was read"),
        "{said:?}"
    );
    let began = heard(&server, "REST");
    assert_eq!(
        began,
        [format!("REST {}", 300_000 - OVERLAP)],
        "the third time from its first byte"
    );
    assert!(run.file() == content() && run.parts() == 0);
    run.driver.shutdown().await;
}
