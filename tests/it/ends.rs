//! Whatever is under way, it comes to an end. A tree goes down and another up over several sessions, a third is walked,
//! a fourth deleted, folders are listed and counted, a file is read; at a moment that a seed chooses the run is told to
//! end, nobody is there any more, all of it is taken out, or the connection is left. On one thread, as on the command
//! line, and on two, as in the interface.
//!
//! Each run has a thread of its own that is waited for in time: one that goes round and round would never let a clock
//! of its own runtime strike.
//!
//! `FAULT_SEED=17` repeats one run, `FAULT_RUNS=5000` makes it a soak.

mod screen;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use ftpane::engine::{Options, PARTING};
use ftpane::model::command::{
    Answer, Command, Exploration, Extent, Generation, InPlaceAnswer, Permit, Reading, Scope, WalkOrder,
};
use ftpane::model::entry::{Kind, SortKey};
use ftpane::model::event::{Deed, Event, Question};
use ftpane::model::job::{BatchId, Direction, JobState, Policy};
use ftpane::model::mode::Reach;
use ftpane::model::server::{Patience, Protocol, Server};
use tokio::runtime::{Builder, Runtime};

use crate::harness::dice::{Dice, seeds};
use crate::harness::engine::{CONNECTION, Driver, noise, remote, remote_place};
use crate::harness::scripted::{Script, Scripted, Temper, end_data, say, send};

/// How many runs there are if nobody says otherwise.
const RUNS: u64 = 200;

/// How many run at a time.
const AT_ONCE: usize = 6;

/// Longer than any run takes, be it stuck: then it has panicked by itself.
const LONGEST: Duration = Duration::from_secs(100);

/// How much longer than it may take the end may be noticed on a busy machine.
const BUSY: Duration = Duration::from_secs(4);

/// With a server that answers nothing has to be given up at the end, so it takes a moment.
const AT_ONCE_OVER: Duration = PARTING.saturating_sub(Duration::from_secs(1));

#[test]
fn whatever_is_under_way_comes_to_an_end() {
    each_ends(RUNS, |seed, source| Course::new(seed, source).run());
}

/// Runs this for each seed, a few at a time; it says whether something was under way at the moment.
fn each_ends(runs: u64, run: fn(u64, &Path) -> bool) {
    let source = tempfile::tempdir().unwrap();
    make(source.path());
    let (tell, told) = channel();
    let mut next = seeds(runs);
    let count = next.end - next.start;
    let mut running: BTreeMap<u64, Instant> = BTreeMap::new();
    let (mut broken, mut amidst) = (Vec::new(), 0);
    loop {
        while running.len() < AT_ONCE
            && let Some(seed) = next.next()
        {
            running.insert(seed, Instant::now());
            let (tell, source) = (tell.clone(), source.path().to_path_buf());
            std::thread::spawn(move || {
                let ended = catch_unwind(AssertUnwindSafe(|| run(seed, &source)));
                let _ = tell.send((seed, ended));
            });
        }
        if running.is_empty() {
            break;
        }
        match told.recv_timeout(Duration::from_secs(1)) {
            Ok((seed, ended)) => {
                running.remove(&seed);
                match ended {
                    Ok(was_amidst) => amidst += u64::from(was_amidst),
                    Err(_) => broken.push(seed),
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("the sender is here"),
        }
        let stuck: Vec<u64> = running
            .iter()
            .filter(|(_, since)| since.elapsed() > LONGEST)
            .map(|(seed, _)| *seed)
            .collect();
        assert!(
            stuck.is_empty(),
            "these go round and round: {stuck:?}; and broken: {broken:?}"
        );
    }
    println!("{count} runs, {amidst} of them ended amidst");
    assert!(
        broken.is_empty(),
        "each of these repeats with FAULT_SEED: {broken:?}"
    );
    assert!(count < 20 || amidst > count / 3, "{amidst} of {count}");
}

/// Where the server has it.
const TOPS: [&str; 3] = ["/t", "/gone", "/set"];

/// The files of a tree, by their paths below it.
static TREE: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    // one that is not short, and many that are
    let mut files = vec![("big".to_owned(), noise(300_000))];
    for folder in 0..7 {
        for file in 0..5 {
            files.push((format!("{folder}/f{file}"), noise(100 * folder * file)));
        }
        files.push((format!("{folder}/sub/below/deep"), noise(20_000)));
    }
    files
});

/// What `ls -laR` says of it.
fn recursive() -> String {
    let mut folders: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, content) in TREE.iter() {
        let mut line = format!("-rw-r--r-- 1 me us {} Jan  2  2024 ", content.len());
        let mut at = format!("./{path}");
        while let Some((folder, name)) = at.clone().rsplit_once('/') {
            folders
                .entry(folder.into())
                .or_default()
                .insert(line + name + "\r\n");
            line = "drwxr-xr-x 2 me us 0 Jan  2  2024 ".into();
            at = folder.into();
        }
    }
    let section = |(folder, lines): (String, BTreeSet<String>)| {
        let both = [".", ".."].map(|name| format!("drwxr-xr-x 2 me us 0 Jan  2  2024 {name}\r\n"));
        format!(
            "{folder}:\r\n{}{}\r\n",
            both.concat(),
            Vec::from_iter(lines).concat()
        )
    };
    folders.into_iter().map(section).collect()
}

/// The same tree three times, which can be listed at once.
fn with_trees(mut script: Script) -> Script {
    for top in TOPS {
        for (path, content) in TREE.iter() {
            script = script.file(&format!("{top}/{path}"), content);
        }
        let listed = [
            say("150 All of it."),
            send(recursive()),
            end_data(),
            say("226 That was it."),
        ];
        script = script.on_in(top, "LIST -aR", listed);
    }
    script
}

fn make(root: &Path) {
    for (path, content) in TREE.iter() {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// What happens at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The run is to end.
    Shutdown,
    /// Whoever commanded it is gone.
    Forsaken,
    /// All is taken out, and whatever else is under way goes on.
    Cancel,
    /// The connection is left; its jobs go on.
    Disconnect,
    /// All goes on to its end.
    Nothing,
}

/// What a run is.
#[derive(Debug)]
struct Course {
    seed: u64,
    threads: Threads,
    connections: u8,
    browsing: bool,
    /// Whether the queue is kept.
    keeps: bool,
    protocol: Protocol,
    /// Lists folders by lines only.
    is_old: bool,
    temper: Option<Temper>,
    /// Nobody says that he has dealt with anything.
    deaf: bool,
    turn: Turn,
    /// After how many events.
    moment: u64,
    source: PathBuf,
    dice: Dice,
}

/// On which threads an engine runs.
#[derive(Debug, Clone, Copy)]
enum Threads {
    /// On that of its runtime.
    Own,
    /// On the one thread that a runtime has besides.
    One,
    Two,
}

impl Threads {
    fn runtime(self) -> Runtime {
        let mut builder = match self {
            Self::Own => Builder::new_current_thread(),
            Self::One | Self::Two => Builder::new_multi_thread(),
        };
        let workers = if matches!(self, Self::Two) { 2 } else { 1 };
        builder.worker_threads(workers).enable_all().build().unwrap()
    }
}

impl Course {
    fn new(seed: u64, source: &Path) -> Self {
        let mut dice = Dice::new(seed);
        let turn = dice.one_of(&[
            Turn::Shutdown,
            Turn::Shutdown,
            Turn::Shutdown,
            Turn::Forsaken,
            Turn::Cancel,
            Turn::Disconnect,
            Turn::Nothing,
        ]);
        let ends = matches!(turn, Turn::Shutdown | Turn::Forsaken);
        let temper = (ends && dice.below(3) == 0).then_some(Temper {
            seed,
            stores: dice.below(2) == 0,
            moves_aside: false,
            mishaps: 1 + dice.below(4),
            tells_sizes: true,
            lies: true,
            plan: None,
        });
        let latest = 1 + dice.below(700);
        Self {
            seed,
            threads: dice.one_of(&[Threads::Own, Threads::One, Threads::Two]),
            connections: dice.one_of(&[1, 1, 2, 3, 4]),
            browsing: dice.below(2) == 0,
            keeps: dice.below(3) == 0,
            protocol: dice.one_of(&[
                Protocol::Ftp,
                Protocol::Ftp,
                Protocol::Ftp,
                Protocol::FtpsExplicit,
            ]),
            is_old: dice.below(2) == 0,
            temper,
            deaf: ends && dice.below(4) == 0,
            turn,
            moment: dice.below(latest),
            source: source.to_path_buf(),
            dice,
        }
    }

    /// Whether something was under way at the moment.
    fn run(mut self) -> bool {
        println!("{self:?}");
        let runtime = self.threads.runtime();
        match self.threads {
            Threads::Own => runtime.block_on(self.go()),
            Threads::One | Threads::Two => {
                let task = runtime.spawn(async move { self.go().await });
                runtime.block_on(task).unwrap()
            }
        }
    }

    async fn go(&mut self) -> bool {
        let server = self.server().await;
        let state = tempfile::tempdir().unwrap();
        let here = tempfile::tempdir().unwrap();
        let mut driver = Driver::with(Options {
            browsing: self.browsing,
            queue: self.keeps.then(|| state.path().to_path_buf()),
            ..Options::default()
        });
        let saved = Server {
            connections: self.connections,
            ..server.server()
        };
        // a server in a bad mood is silent at times
        let patience = match self.temper {
            Some(_) => Patience {
                connect: Duration::from_secs(1),
                silence: Duration::from_secs(1),
                retries: 0,
            },
            None => Patience::default(),
        };
        driver
            .connect_patiently(saved, server.secret(), patience)
            .await
            .unwrap();
        let mut pending = self.begin(&mut driver, here.path()).await;
        server.offend();
        let mut events = 0;
        while events < self.moment && !pending.is_empty() {
            let event = driver.event().await;
            events += 1;
            self.hear(&driver, &mut pending, event, false);
        }
        let was_amidst = !pending.is_empty();
        println!("after {events} events: {:?}, {pending:?}", self.turn);
        match self.turn {
            Turn::Shutdown => driver.send(Command::Shutdown),
            Turn::Forsaken => driver.leave(),
            Turn::Cancel => driver.send(Command::Cancel(Extent::All)),
            Turn::Disconnect => driver.send(Command::Disconnect(CONNECTION)),
            Turn::Nothing => {}
        }
        if !matches!(self.turn, Turn::Shutdown | Turn::Forsaken) {
            while !pending.is_empty() {
                let event = driver.event().await;
                self.hear(&driver, &mut pending, event, false);
            }
            driver.send(Command::Shutdown);
        }
        self.end(driver, pending).await;
        was_amidst
    }

    async fn server(&self) -> Scripted {
        let features = match self.is_old {
            true => "EPSV MDTM SIZE",
            false => "EPSV MLST MDTM SIZE UTF8",
        };
        let script = with_trees(Script::new(self.protocol).features(features));
        match self.temper {
            Some(temper) => script.temper(temper).start().await,
            None => script.start().await,
        }
    }

    /// Begins much at once, all of it or some.
    async fn begin(&mut self, driver: &mut Driver, here: &Path) -> BTreeSet<Pending> {
        let listing = driver.list("/t").await.unwrap();
        let mut pending = BTreeSet::new();
        let mut generation = 1000;
        for what in 0..9 {
            if self.dice.below(3) == 0 {
                continue;
            }
            generation += 1;
            let number = Generation(generation);
            pending.insert(match what {
                0 => Pending::Batch(
                    driver
                        .enqueue(
                            Direction::Download,
                            Kind::Dir,
                            &here.join("down"),
                            "/t",
                            Policy::Ask,
                        )
                        .0,
                ),
                1 => Pending::Batch(
                    driver
                        .enqueue(Direction::Upload, Kind::Dir, &self.source, "/up", Policy::Ask)
                        .0,
                ),
                2 => {
                    driver.send(Command::Explore(Exploration {
                        connection: CONNECTION,
                        folder: remote("/t"),
                        listing: std::sync::Arc::new(listing.clone()),
                        levels: None,
                        order: self
                            .dice
                            .one_of(&[WalkOrder::AsItComes, WalkOrder::Sorted(SortKey::Name)]),
                        generation: number,
                    }));
                    Pending::Explored(generation)
                }
                3 => {
                    driver.send(Command::Count {
                        places: vec![remote_place("/t")],
                        generation: number,
                    });
                    Pending::Counted(generation)
                }
                4 => {
                    driver.send(Command::Delete(vec![remote_place("/gone")]));
                    Pending::Deleted
                }
                5 => {
                    driver.send(Command::SetPermissions(Permit {
                        places: vec![remote_place("/set")],
                        mode: self.dice.one_of(&["700", "a-x"]).parse().unwrap(),
                        reach: Reach::All,
                    }));
                    Pending::Set
                }
                6 => {
                    driver.send(Command::Read(Reading {
                        place: remote_place("/t/big"),
                        from: 0,
                        length: None,
                        generation: number,
                    }));
                    Pending::Read(generation)
                }
                _ => {
                    driver.send(Command::List {
                        place: remote_place("/t/1"),
                        generation: number,
                    });
                    Pending::Listed(generation)
                }
            });
        }
        pending
    }

    /// Takes in an event; `ending`: the run has been told to end.
    fn hear(&self, driver: &Driver, pending: &mut BTreeSet<Pending>, event: Event, ending: bool) {
        let over = match event {
            Event::BatchOver(BatchId(number)) => Pending::Batch(number),
            Event::Explored { generation, .. } => Pending::Explored(generation.0),
            Event::Counted { generation, .. } => Pending::Counted(generation.0),
            Event::ReadOver { generation, .. } => Pending::Read(generation.0),
            Event::Done(Deed::Deleted { .. }) => Pending::Deleted,
            Event::Done(Deed::PermissionsSet { .. }) => Pending::Set,
            Event::Listed { generation, .. } if pending.contains(&Pending::Listed(generation.0)) => {
                Pending::Listed(generation.0)
            }
            Event::Listed { generation, .. } | Event::Piece { generation, .. } => {
                if !self.deaf && !ending {
                    driver.send(Command::DealtWith(generation));
                }
                return;
            }
            Event::Question { id, question } if !ending => {
                let answer = match question {
                    Question::Conflict { .. } => Answer::Conflict(Policy::Overwrite, Scope::Once),
                    Question::InPlace { .. } => Answer::InPlace(InPlaceAnswer::No),
                    _ => Answer::Dismissed,
                };
                return driver.answer(id, answer);
            }
            Event::JobChanged(id, JobState::Failed(failure)) if self.temper.is_none() => {
                panic!("{id:?} of a server that does all it should: {failure}");
            }
            _ => return,
        };
        pending.remove(&over);
    }

    /// Waits for the end, which must come soon: what the program may need to clean up is bounded.
    async fn end(&self, mut driver: Driver, mut pending: BTreeSet<Pending>) {
        let began = Instant::now();
        loop {
            match driver.event().await {
                Event::Ended => break,
                event => self.hear(&driver, &mut pending, event, true),
            }
        }
        let most = match self.temper {
            Some(_) => PARTING + BUSY,
            None => AT_ONCE_OVER,
        };
        let took = began.elapsed();
        println!("seed {}: {:?} ended after {took:?}", self.seed, self.turn);
        assert!(took < most, "the end took {took:?}");
    }
}

/// Something that is under way, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pending {
    Batch(u32),
    Explored(u64),
    Counted(u64),
    Listed(u64),
    Read(u64),
    Deleted,
    Set,
}
