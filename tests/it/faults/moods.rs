//! Servers in a bad mood: at any command, and in the middle of data, a seeded generator refuses,
//! cuts, stalls, lies about sizes, loses the last word or says it early, and a person pauses. Half of the servers that files
//! go to do not rename over a file, and half tell no sizes. Whatever happens, a target is the old file or the new one, whole, at
//! every moment, or the old one is aside, which is said where it lasts; every job ends and says why.
//! And when the server has calmed down, later runs bring all of it to its end ([`again`]), and nothing of it is
//! left in queue or journal.
//!
//! Chance meets some faults seldom. So each run begins with one that is planned ([`plans`]): all there are, at every
//! command and in the middle of data, in both directions, in clear and encrypted, have happened in the end.
//!
//! `FAULT_SEED=17` repeats one run, `FAULT_RUNS=5000` makes it a soak.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ftpane::engine::Options;
use ftpane::model::command::{Answer, Command, Extent};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Event, Speaker};
use ftpane::model::job::{BatchId, Care, Direction, Item, JobState, Policy};
use ftpane::model::part_name::{is_ours, is_part_of, moved_aside};
use ftpane::model::server::{Patience, Server};
use tokio::task::JoinSet;

use super::write;
use crate::harness::dice::{Dice, seeds};
use crate::harness::engine::{Driver, Ended, tree};
use crate::harness::scripted::{Script, Scripted, say};

mod again;
mod course;

use course::{Course, Planned, plans};

/// How many run at a time.
const AT_ONCE: usize = 24;

/// How many runs there are if nobody says otherwise.
const RUNS: u64 = 300;

const PATIENCE: Duration = Duration::from_secs(1);

/// The name of a file below the tree, what stood at its target, and what it is to become.
type Files = BTreeMap<PathBuf, (Option<Vec<u8>>, Vec<u8>)>;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_server_does_a_target_is_the_old_file_or_the_new_one() {
    let seeds = seeds(RUNS);
    let count = usize::try_from(seeds.end - seeds.start).unwrap();
    let (mut sum, mut broken) = (Sum::default(), Vec::new());
    let mut runs = JoinSet::new();
    let mut next = seeds.into_iter();
    loop {
        while runs.len() < AT_ONCE
            && let Some(seed) = next.next()
        {
            runs.spawn(async move { (seed, tokio::spawn(run(seed)).await) });
        }
        match runs.join_next().await {
            None => break,
            Some(Ok((_, Ok(of)))) => sum.add(&of),
            Some(Ok((seed, Err(_)))) => broken.push(seed),
            Some(Err(error)) => panic!("{error}"),
        }
    }
    println!("{count} runs: {sum:?}");
    let never: Vec<Planned> = plans()
        .into_iter()
        .filter(|plan| !sum.happened.contains(plan))
        .collect();
    broken.sort_unstable();
    assert!(
        broken.is_empty(),
        "each of these repeats with FAULT_SEED: {broken:?}"
    );
    if count >= 300 {
        assert!(
            sum.mishaps > count && sum.done > count && sum.failed > count / 4,
            "{sum:?}"
        );
        assert!(never.is_empty(), "planned, and has not happened: {never:?}");
    }
}

/// What has happened.
#[derive(Debug, Default)]
struct Sum {
    mishaps: usize,
    done: usize,
    failed: usize,
    skipped: usize,
    left: usize,
    longest: Duration,
    /// What was planned and came so.
    happened: Vec<Planned>,
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.mishaps += other.mishaps;
        self.done += other.done;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.left += other.left;
        self.longest = self.longest.max(other.longest);
        self.happened.extend_from_slice(&other.happened);
    }
}

/// What a file is to hold: no piece of it looks like another.
fn noise(seed: u32, size: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9);
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..size).map(next).collect()
}

/// The first of them is long and new: it is always transferred, and a part of it is never all.
fn files(dice: &mut Dice) -> Files {
    let names = [
        "a",
        "b",
        "c d",
        "sub/d",
        "sub/e",
        "sub/sub/f",
        "sub/sub/ü",
        "g",
        "h",
    ];
    names
        .into_iter()
        .enumerate()
        .map(|(n, name)| {
            let sizes = [3_000, 12_000, 60_000, 300_000, 0, 1];
            let size = dice.one_of(&sizes[..if n == 0 { 4 } else { 6 }]);
            let new = noise(u32::try_from(n).unwrap(), size);
            let old = (n > 0 && dice.below(2) == 0).then(|| format!("old {name}").into_bytes());
            (PathBuf::from(name), (old, new))
        })
        .collect()
}

/// The server, with either side's files on its disk, and others beside them.
fn script(course: Course, files: &Files, dice: &mut Dice) -> Script {
    let mut script = Script::new(course.protocol)
        .temper(course.temper)
        .on("MFMT", [say("213 As you wish.")])
        .file("/beside", "keep")
        .file("/t.txt", "keep");
    if let Some(over) = course.over {
        script = script.refuses_over(over);
    }
    let mut sizes = "SIZE ";
    if let Some(sizeless) = course.sizeless {
        (script, sizes) = (script.on("SIZE", say(sizeless)), "");
    }
    script = script.features(&format!("EPSV MLST MDTM {sizes}UTF8 MFMT"));
    let planned = course.temper.plan.map_or("", |plan| plan.verb);
    match dice.below(12) {
        0 if planned != "EPSV" => script = script.on("EPSV", [say("500 What?")]),
        1 if !matches!(planned, "MLSD" | "MFMT") => {
            script = script
                .on("MLSD", [say("500 What?")])
                .features(&format!("EPSV {sizes}MDTM"))
        }
        _ => {}
    }
    for (name, (old, new)) in files {
        let path = format!("/t/{}", name.display());
        match (course.direction, old) {
            (Direction::Download, _) => script = script.file(&path, new),
            (Direction::Upload, Some(old)) => script = script.file(&path, old).mode(&path, 0o640),
            (Direction::Upload, None) => {}
        }
    }
    script
}

/// Both sides of a run, and the folder that its installation keeps its queue in.
struct Site {
    server: Scripted,
    here: tempfile::TempDir,
    queue: tempfile::TempDir,
    files: Files,
}

impl Site {
    async fn new(seed: u64, course: Course, dice: &mut Dice) -> Self {
        let files = files(dice);
        let script = script(course, &files, dice);
        // an address of its own: a client that is told of a port which is closed by then must not come to another's
        let address = format!("127.{}.{}.2:0", 1 + seed / 200 % 200, 1 + seed % 200);
        let server = script.start_at(&address).await;
        let here = tempfile::tempdir().unwrap();
        let local = here.path().join("t");
        std::fs::write(here.path().join("beside"), "keep").unwrap();
        for (name, (old, new)) in &files {
            match (course.direction, old) {
                (Direction::Upload, _) => write(&local.join(name), new),
                (Direction::Download, Some(old)) => write(&local.join(name), old),
                (Direction::Download, None) => {}
            }
        }
        Self {
            server,
            here,
            queue: tempfile::tempdir().unwrap(),
            files,
        }
    }

    fn local(&self) -> PathBuf {
        self.here.path().join("t")
    }

    /// The true size of a file of the server's; a folder has none.
    fn size(&self, item: &Item) -> Option<u64> {
        let remote = item.remote.shown();
        let name = Path::new(&remote).strip_prefix("/t").ok()?;
        self.files.get(name).map(|(_, new)| new.len() as u64)
    }

    /// A run of the program, connected, that waits so long for a server.
    async fn run(&self, course: Course, patience: Duration, what: &str) -> Driver {
        let mut driver = Driver::with(Options {
            queue: Some(self.queue.path().to_path_buf()),
            disk_work: course.disk_work,
            ..Options::default()
        });
        driver.care = Care {
            verify: course.verify,
            permissions: course.permissions,
            ..Care::default()
        };
        let saved = Server {
            connections: course.connections,
            mode: course.mode,
            ..self.server.server()
        };
        let patience = Patience {
            connect: patience,
            silence: patience,
            retries: course.retries,
        };
        let connected = driver
            .connect_patiently(saved, self.server.secret(), patience)
            .await;
        connected.unwrap_or_else(|failure| panic!("{what}: {failure}"));
        driver
    }

    /// What is read from, and where to.
    fn sides(&self, direction: Direction) -> (BTreeMap<PathBuf, Vec<u8>>, BTreeMap<PathBuf, Vec<u8>>) {
        let local_files = tree(self.here.path())
            .into_iter()
            .filter_map(|(path, content)| Some((path, content?)))
            .collect();
        let of_path = |path: String| {
            let content = self.server.content(&path).unwrap();
            (path.trim_start_matches('/').into(), content)
        };
        let remote_files = self.server.files().into_iter().map(of_path).collect();
        match direction {
            Direction::Download => (remote_files, local_files),
            Direction::Upload => (local_files, remote_files),
        }
    }
}

/// Waits until a batch is over. Now and then everything is paused, and goes on as soon as something is
/// held.
async fn steer(driver: &mut Driver, batch: BatchId, course: Course) -> Ended {
    let mut ended = Ended::default();
    let (mut changes, mut paused) = (0, false);
    loop {
        match driver.event().await {
            Event::JobsAdded(jobs) => {
                for job in jobs.into_iter().filter(|job| job.batch == batch) {
                    ended.states.push((job.id, job.item, JobState::Waiting));
                }
            }
            Event::JobChanged(id, state) => {
                changes += 1;
                if paused && matches!(state, JobState::Held(_)) {
                    paused = false;
                    driver.send(Command::GoOn(Extent::All));
                }
                if !paused && course.pauses.contains(&changes) {
                    paused = true;
                    driver.send(Command::Hold(Extent::All));
                }
                if let Some(slot) = ended.states.iter_mut().find(|(job, ..)| *job == id) {
                    slot.2 = state;
                }
            }
            Event::Question { id, .. } => {
                driver.answer(id, Answer::Conflict(course.answer, course.scope));
            }
            Event::BatchOver(over) if over == batch => break,
            _ => {}
        }
    }
    driver.send(Command::GoOn(Extent::All));
    ended
}

async fn run(seed: u64) -> Sum {
    let (course, mut dice) = Course::new(seed);
    let site = Site::new(seed, course, &mut dice).await;
    let (server, files, local) = (&site.server, &site.files, site.local());
    let mut driver = site.run(course, PATIENCE, &format!("FAULT_SEED={seed}")).await;

    server.offend();
    let began = Instant::now();
    let batch = driver.enqueue(course.direction, Kind::Dir, &local, "/t", course.policy);
    let ended = steer(&mut driver, batch, course).await;
    let took = began.elapsed();
    let wrong = server.calm();
    let (mishaps, planned) = (wrong.all, wrong.planned);
    let what = format!("FAULT_SEED={seed}: {course:?} {mishaps:#?}");
    println!("{took:?} {what}");
    for (_, item, state) in &ended.states {
        println!("{}: {state:?}", item.remote);
    }

    let allowed = PATIENCE * 6 * u32::try_from(mishaps.len() + 1).unwrap() + Duration::from_secs(15);
    assert!(took < allowed, "{what}: it took {took:?}");
    let done = assert_ended(&ended, &local, course, &what);
    // nobody is held up by what has happened
    driver.at_rest().await;
    let listed = driver.list("/").await;
    assert!(listed.is_ok(), "{what}: the pane is dead: {listed:?}");
    let notices = std::mem::take(&mut driver.notices);
    let dialogue = driver.shutdown().await;
    let remarks = dialogue.iter().filter(|line| line.speaker == Speaker::Remark);
    let remarks = remarks.map(|line| line.text.as_str());
    let remarks: Vec<&str> = remarks.chain(notices.iter().map(String::as_str)).collect();

    let (sources, targets) = site.sides(course.direction);
    assert_sources(sources, files, &what);
    let told =
        |left: &Path, content: &[u8]| told(&ended, &remarks, left) || is_kept(&ended, files, left, content);
    let found = Found {
        targets,
        ended: &ended,
    };
    let left = assert_targets(found, files, &done, course, &told, &what);
    if course.direction == Direction::Upload {
        assert_past(server, files, course, &what);
    }
    again::assert_brought_to_its_end(&site, course, &mut dice, &what).await;
    Sum {
        mishaps: mishaps.len(),
        done: done.len(),
        failed: ended.failures().len(),
        skipped: ended
            .states
            .iter()
            .filter(|(.., state)| matches!(state, JobState::Skipped(_)))
            .count(),
        left,
        longest: took,
        happened: course.planned().filter(|_| planned).into_iter().collect(),
    }
}

/// Every job is over, for a reason where it is not done; the names of the files that are.
fn assert_ended(ended: &Ended, local: &Path, course: Course, what: &str) -> Vec<PathBuf> {
    let mut done = Vec::new();
    for (_, item, state) in &ended.states {
        match state {
            JobState::Done { .. } if item.kind == Kind::Dir => {}
            JobState::Done { .. } => done.push(item.local.strip_prefix(local).unwrap().to_owned()),
            JobState::Failed(failure) => {
                let text = failure.to_string();
                assert!(
                    !failure.what.is_empty() && !failure.why.is_empty() && !text.contains("Os {"),
                    "{what}: {text}"
                );
            }
            JobState::Skipped(why) => assert!(!why.is_empty(), "{what}: {item:?}"),
            _ => panic!("{what}: {item:?} is not over: {state:?}"),
        }
        if let JobState::Skipped(why) = state {
            let may = !matches!(course.policy, Policy::Overwrite | Policy::Rename | Policy::Fail);
            assert!(may, "{what}: {item:?} is skipped: {why}");
        }
    }
    done
}

/// What is read stays as it is, and nothing comes beside it.
fn assert_sources(mut found: BTreeMap<PathBuf, Vec<u8>>, files: &Files, what: &str) {
    for (name, (_, new)) in files {
        let source = found.remove(&Path::new("t").join(name));
        assert!(
            source.as_ref() == Some(new),
            "{what}: the source {} has changed",
            name.display()
        );
    }
    found.retain(|name, content| !(is_beside(name) && content == b"keep"));
    assert!(found.is_empty(), "{what}: beside the sources: {:?}", found.keys());
}

fn is_beside(name: &Path) -> bool {
    name == Path::new("beside") || name == Path::new("t.txt")
}

/// What there is in the end, and what was said of it.
struct Found<'e> {
    targets: BTreeMap<PathBuf, Vec<u8>>,
    ended: &'e Ended,
}

impl Found<'_> {
    /// Whether the old file of this name is aside, whole, and the failure names it: nobody could be asked to put it back.
    fn tells_aside(&self, name: &Path, files: &Files) -> bool {
        let target = Path::new("t").join(name);
        let of_target = |path: &Path| {
            let names = [path, &target].map(|path| path.file_name().unwrap().as_encoded_bytes());
            path.parent() == target.parent() && moved_aside(names[0], names[1]).is_some()
        };
        self.targets.iter().any(|(path, content)| {
            let named = self.ended.states.iter().any(|(_, item, state)| {
                let aside = path.file_name().unwrap().to_str().unwrap();
                matches!(state, JobState::Failed(failure) if failure.to_string().contains(aside))
                    && item.local.ends_with(&target)
            });
            of_target(path) && named && Some(content) == files[name].0.as_ref()
        })
    }
}

/// Every target is old or new, new where its job is done, and nothing else is there but what was
/// told; how much of that.
fn assert_targets(
    mut found: Found<'_>,
    files: &Files,
    done: &[PathBuf],
    course: Course,
    told: &dyn Fn(&Path, &[u8]) -> bool,
    what: &str,
) -> usize {
    let renames = course.renames();
    for (name, (old, new)) in files {
        let there = found.targets.remove(&Path::new("t").join(name));
        let shown = name.display();
        let is_aside = there.is_none() && old.is_some() && found.tells_aside(name, files);
        assert!(
            is_aside || there.as_ref() == Some(new) || there == *old,
            "{what}: {shown} is neither old nor new: {:?} bytes",
            there.map(|content| content.len())
        );
        // a number stands behind the name, before its extension
        let beside = Path::new("t").join(format!("{shown} (1)"));
        let beside = renames.then(|| found.targets.remove(&beside)).flatten();
        assert!(
            beside.is_none() || beside.as_ref() == Some(new),
            "{what}: {shown} (1) is not whole"
        );
        assert!(
            !done.contains(name) || there.as_ref() == Some(new) || beside.is_some(),
            "{what}: {shown} is done and not there"
        );
        if renames || matches!(course.policy, Policy::Skip | Policy::Fail) {
            // what a listing did not show may be replaced: only what was lied about
            assert!(
                is_aside || there.is_some() || old.is_none(),
                "{what}: {shown} is gone"
            );
        }
    }
    found
        .targets
        .retain(|name, content| !(is_beside(name) && content == b"keep"));
    for (left, content) in &found.targets {
        assert!(told(left, content), "{what}: left behind: {}", left.display());
    }
    found.targets.len()
}

/// Whether the person was told of a temporary file that is left on the server.
fn told(ended: &Ended, remarks: &[&str], left: &Path) -> bool {
    let name = left.file_name().unwrap().to_str().unwrap();
    let mut said = ended.states.iter().filter_map(|(.., state)| match state {
        JobState::Failed(failure) => Some(failure.to_string()),
        JobState::Done { note, .. } => note.clone(),
        _ => None,
    });
    is_ours(name.as_bytes())
        && (said.any(|text| text.contains(name)) || remarks.iter().any(|remark| remark.contains(name)))
}

/// Whether this was kept to be continued: the beginning of a file whose failure says so.
fn is_kept(ended: &Ended, files: &Files, left: &Path, content: &[u8]) -> bool {
    let said = |target: &Path| {
        ended.states.iter().any(|(_, item, state)| {
            matches!(state, JobState::Failed(failure) if failure.to_string().contains("is kept"))
                && item.local.ends_with(target)
        })
    };
    files.iter().any(|(name, (_, new))| {
        let target = Path::new("t").join(name);
        // the server has sent more than there is
        let begins = new.starts_with(content) || content.starts_with(new);
        is_part_of_target(left, &target) && begins && said(&target)
    })
}

/// Whether it is a temporary file for this target, or for the same with a number.
fn is_part_of_target(left: &Path, target: &Path) -> bool {
    let part = left.file_name().unwrap().as_encoded_bytes();
    let mut names = names_of(target).into_iter();
    left.parent() == target.parent() && names.any(|name| is_part_of(part, name.as_bytes()))
}

/// The name of a target, and the same with a number.
fn names_of(target: &Path) -> [String; 2] {
    let name = target.file_name().unwrap().to_str().unwrap();
    [name.to_owned(), format!("{name} (1)")]
}

/// No target was ever anything else than old or new, not for a moment; where the server did not rename over
/// it, the old one stood aside, whole.
fn assert_past(server: &Scripted, files: &Files, course: Course, what: &str) {
    let past = server.past();
    let mut aside = BTreeSet::new();
    for (path, content) in &past {
        let of_aside = |(name, _): &(&PathBuf, _)| {
            let (aside, target) = (Path::new(path), Path::new("/t").join(name));
            let was = aside.file_name().unwrap().as_encoded_bytes();
            aside.parent() == target.parent()
                && names_of(&target)
                    .iter()
                    .any(|name| moved_aside(was, name.as_bytes()).is_some())
        };
        if let Some((name, (old, new))) = files.iter().find(of_aside) {
            assert!(
                content.is_none() || content == old || content.as_ref() == Some(new),
                "{what}: {path} is not the old file"
            );
            aside.insert((path.clone(), name.clone()));
        }
    }
    for (path, content) in past {
        if aside.iter().any(|(other, _)| *other == path) {
            continue;
        }
        let name = path.trim_start_matches("/t/").trim_end_matches(" (1)");
        let Some((old, new)) = files.get(Path::new(name)) else {
            panic!("{what}: {path} was touched");
        };
        let is_new = content.as_ref() == Some(new);
        assert!(
            is_new
                || (content == *old && !path.ends_with(" (1)"))
                || (content.is_none() && aside.iter().any(|(_, of)| of == Path::new(name))),
            "{what}: {path} was {:?} bytes for a moment ({course:?})",
            content.map(|content| content.len())
        );
    }
}
