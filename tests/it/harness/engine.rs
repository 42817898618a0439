//! The engine as a test drives it: commands in, events awaited, each wait with an end.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ftpane::engine::{Engine, Options, start};
use ftpane::model::command::{
    Answer, Command, Exploration, Generation, InPlaceAnswer, Place, QuestionId, WalkOrder,
};
use ftpane::model::entry::Kind;
use ftpane::model::event::{Counted, DialogueLine, Event, Question, Speaker};
use ftpane::model::facts::Facts;
use ftpane::model::failure::Failure;
use ftpane::model::job::{
    BatchId, BatchRequest, Care, ConnectionId, Direction, Item, JobId, JobState, Policy,
};
use ftpane::model::listing::Listing;
use ftpane::model::path::RemotePath;
use ftpane::model::secret::Secret;
use ftpane::model::server::{Patience, Server};

/// Longer than anything here takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const CONNECTION: ConnectionId = ConnectionId(1);

/// A running engine.
pub(crate) struct Driver {
    engine: Engine,
    began: std::time::Instant,
    batches: u32,
    generations: u64,
    /// The dialogue so far, as `C: ...` and `S: ...`.
    pub(crate) dialogue: Vec<DialogueLine>,
    /// The facts told last.
    pub(crate) facts: Option<Facts>,
    /// What failed and is no job.
    pub(crate) failures: Vec<Failure>,
    /// What was noticed.
    pub(crate) notices: Vec<String>,
    /// What batches ask for besides.
    pub(crate) care: Care,
}

/// How a batch ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    pub(crate) states: Vec<(JobId, Arc<Item>, JobState)>,
}

impl Ended {
    /// Every job's end must be this.
    pub(crate) fn assert_all_done(&self) {
        for (_, item, state) in &self.states {
            assert!(matches!(state, JobState::Done { .. }), "{item:?}: {state:?}");
        }
    }

    pub(crate) fn failures(&self) -> Vec<&Failure> {
        self.states
            .iter()
            .filter_map(|(_, _, state)| match state {
                JobState::Failed(failure) => Some(failure),
                _ => None,
            })
            .collect()
    }
}

impl Driver {
    pub(crate) fn new() -> Self {
        Self::with(Options::default())
    }

    pub(crate) fn with(options: Options) -> Self {
        Self {
            engine: start(options),
            began: std::time::Instant::now(),
            batches: 0,
            generations: 0,
            dialogue: Vec::new(),
            facts: None,
            failures: Vec::new(),
            notices: Vec::new(),
            care: Care::default(),
        }
    }

    pub(crate) fn send(&self, command: Command) {
        self.engine.commands.send(command).expect("the engine is running");
    }

    /// The next event; facts, dialogue and failures are kept on the way.
    pub(crate) async fn event(&mut self) -> Event {
        let event = tokio::time::timeout(PATIENCE, self.engine.events.recv()).await;
        let event = event
            .expect("nothing happened for too long")
            .expect("the engine has ended");
        match &event {
            Event::Dialogue(line) => {
                // shown by the test runner when the test fails
                println!(
                    "{:>8.3} {} {:?} {}",
                    self.began.elapsed().as_secs_f64(),
                    line.session,
                    line.speaker,
                    line.text
                );
                self.dialogue.push(line.clone());
            }
            Event::Facts(_, facts) | Event::Connected { facts, .. } => self.facts = Some((**facts).clone()),
            Event::Failed(failure) => self.failures.push(failure.clone()),
            Event::Notice(text) => self.notices.push(text.clone()),
            _ => {}
        }
        event
    }

    /// Waits for an event that `wanted` makes something of.
    pub(crate) async fn wait<T>(&mut self, mut wanted: impl FnMut(Event) -> Option<T>) -> T {
        loop {
            let event = self.event().await;
            if let Some(found) = wanted(event) {
                return found;
            }
        }
    }

    /// Waits until so many bytes have been moved by all jobs.
    pub(crate) async fn moved(&mut self, bytes: u64) {
        let moved = self.engine.progress.wait_for(|progress| progress.moved >= bytes);
        let moved = tokio::time::timeout(PATIENCE, moved).await;
        moved
            .expect("nothing moved for too long")
            .expect("the engine has ended");
    }

    /// Waits until nothing runs and nothing is wanted any more.
    pub(crate) async fn at_rest(&mut self) {
        let rests = self.engine.progress.wait_for(|now| {
            now.running.is_empty() && !now.walking && (now.files, now.total) == (now.files_done, now.moved)
        });
        let rests = tokio::time::timeout(PATIENCE, rests).await;
        rests
            .expect("the queue is not empty")
            .expect("the engine has ended");
    }

    /// Waits for a line of the dialogue that holds these words.
    pub(crate) async fn heard(&mut self, words: &str) {
        self.wait(|event| match event {
            Event::Dialogue(line) if line.text.contains(words) => Some(()),
            _ => None,
        })
        .await;
    }

    /// Connects; questions are dismissed.
    pub(crate) async fn connect(&mut self, server: Server, secret: Secret) -> Result<RemotePath, Failure> {
        self.connect_patiently(server, secret, Patience::default()).await
    }

    pub(crate) async fn connect_patiently(
        &mut self,
        server: Server,
        secret: Secret,
        patience: Patience,
    ) -> Result<RemotePath, Failure> {
        self.connect_answering(server, Some(secret), patience, |_| Answer::Dismissed)
            .await
    }

    /// Connects; questions are answered by `decide`.
    pub(crate) async fn connect_answering(
        &mut self,
        server: Server,
        secret: Option<Secret>,
        patience: Patience,
        mut decide: impl FnMut(&Question) -> Answer,
    ) -> Result<RemotePath, Failure> {
        self.send(Command::Connect {
            connection: CONNECTION,
            server: Box::new(server),
            secret,
            patience,
        });
        loop {
            match self.event().await {
                Event::Connected { root, .. } => return Ok(root),
                Event::ConnectionFailed(_, failure) => return Err(failure),
                Event::Question { id, question } => {
                    let answer = decide(&question);
                    self.answer(id, answer);
                }
                _ => {}
            }
        }
    }

    pub(crate) fn answer(&self, question: QuestionId, answer: Answer) {
        self.send(Command::Answer { question, answer });
    }

    /// Counts what is at these places.
    pub(crate) async fn count(&mut self, places: Vec<Place>) -> Result<Counted, Failure> {
        self.generations += 1;
        let wanted = Generation(self.generations);
        self.send(Command::Count {
            places,
            generation: wanted,
        });
        self.wait(|event| match event {
            Event::Counted { generation, result } if generation == wanted => Some(result),
            _ => None,
        })
        .await
    }

    pub(crate) async fn list(&mut self, path: &str) -> Result<Listing, Failure> {
        self.list_place(Place::Remote(CONNECTION, remote(path))).await
    }

    pub(crate) async fn list_place(&mut self, place: Place) -> Result<Listing, Failure> {
        self.generations += 1;
        let wanted = Generation(self.generations);
        self.send(Command::List {
            place,
            generation: wanted,
        });
        self.wait(|event| match event {
            Event::Listed {
                generation, result, ..
            } if generation == wanted => Some(result.map(|listing| (*listing).clone())),
            _ => None,
        })
        .await
    }

    /// Walks a tree: each folder below this one, as it is told, with its listing.
    pub(crate) async fn explore(
        &mut self,
        path: &str,
        order: WalkOrder,
    ) -> Vec<(String, Result<Listing, Failure>)> {
        let listing = self.list(path).await.unwrap();
        self.generations += 1;
        let wanted = Generation(self.generations);
        self.send(Command::Explore(Exploration {
            connection: CONNECTION,
            folder: remote(path),
            listing: Arc::new(listing),
            levels: None,
            order,
            generation: wanted,
        }));
        let mut told = Vec::new();
        loop {
            match self.event().await {
                Event::Listed {
                    place: Place::Remote(_, path),
                    generation,
                    result,
                } if generation == wanted => {
                    told.push((path.shown(), result.map(|listing| (*listing).clone())));
                    self.send(Command::DealtWith(wanted));
                }
                Event::Explored { generation, result } if generation == wanted => {
                    result.unwrap();
                    return told;
                }
                _ => {}
            }
        }
    }

    /// Puts a batch of one item into the queue.
    pub(crate) fn enqueue(
        &mut self,
        direction: Direction,
        kind: Kind,
        local: &Path,
        path: &str,
        policy: Policy,
    ) -> BatchId {
        self.batches += 1;
        let id = BatchId(self.batches);
        let item = Item {
            local: local.to_path_buf(),
            remote: remote(path),
            kind,
            size: None,
            modified: None,
            permissions: None,
        };
        self.send(Command::Enqueue(BatchRequest {
            id,
            connection: CONNECTION,
            direction,
            items: vec![item],
            policy,
            care: self.care,
        }));
        id
    }

    /// Waits until a batch is over; conflicts are answered by `decide`.
    pub(crate) async fn over(
        &mut self,
        batch: BatchId,
        mut decide: impl FnMut(&Question) -> Answer,
    ) -> Ended {
        let mut ended = Ended::default();
        loop {
            match self.event().await {
                Event::JobsAdded(jobs) => {
                    for job in jobs.into_iter().filter(|job| job.batch == batch) {
                        ended.states.push((job.id, job.item, JobState::Waiting));
                    }
                }
                Event::JobChanged(id, state) => {
                    if let Some(slot) = ended.states.iter_mut().find(|(job, ..)| *job == id) {
                        slot.2 = state;
                    }
                }
                Event::Question { id, question } => {
                    let answer = decide(&question);
                    self.answer(id, answer);
                }
                Event::BatchOver(over) if over == batch => return ended,
                _ => {}
            }
        }
    }

    /// A transfer from start to end, all conflicts overwritten, and nothing written in place.
    pub(crate) async fn transfer(
        &mut self,
        direction: Direction,
        kind: Kind,
        local: &Path,
        path: &str,
    ) -> Ended {
        let batch = self.enqueue(direction, kind, local, path, Policy::Overwrite);
        self.over(batch, |question| match question {
            Question::InPlace { .. } => Answer::InPlace(InPlaceAnswer::No),
            other => panic!("nothing to ask: {other:?}"),
        })
        .await
    }

    /// Does something that answers with `Done`, or gives the failure.
    pub(crate) async fn act(&mut self, command: Command) -> Result<(), Failure> {
        self.send(command);
        self.wait(|event| match event {
            Event::Done(_) => Some(Ok(())),
            Event::Failed(failure) => Some(Err(failure)),
            _ => None,
        })
        .await
    }

    /// Whether a remark of the dialogue so far holds these words.
    pub(crate) fn remarked(&self, words: &str) -> bool {
        self.dialogue
            .iter()
            .any(|line| line.speaker == Speaker::Remark && line.text.contains(words))
    }

    /// Commands nothing any more, as one who is gone.
    pub(crate) fn leave(&mut self) {
        let (nobody, _) = tokio::sync::mpsc::unbounded_channel();
        self.engine.commands = nobody;
    }

    /// Ends the engine in good order.
    pub(crate) async fn shutdown(mut self) -> Vec<DialogueLine> {
        self.send(Command::Shutdown);
        self.wait(|event| matches!(event, Event::Ended).then_some(()))
            .await;
        self.dialogue
    }
}

pub(crate) fn remote(path: &str) -> RemotePath {
    RemotePath::parse(path.as_bytes()).unwrap()
}

pub(crate) fn remote_place(path: &str) -> Place {
    Place::Remote(CONNECTION, remote(path))
}

/// Every file and folder below `root`, with the files' content, sorted.
pub(crate) fn tree(root: &Path) -> Vec<(PathBuf, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root).unwrap().to_path_buf();
            if path.is_dir() {
                found.push((below, None));
                folders.push(path);
            } else {
                found.push((below, Some(std::fs::read(&path).unwrap())));
            }
        }
    }
    found.sort();
    found
}

/// Makes a small tree with awkward names and all sizes that matter.
pub(crate) fn make_tree(root: &Path) {
    std::fs::create_dir_all(root.join("deep/er/est")).unwrap();
    std::fs::create_dir_all(root.join("empty folder")).unwrap();
    let noise = |n: usize| -> Vec<u8> {
        let mut state = 0x9e37_79b9_u32;
        (0..n)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_le_bytes()[3]
            })
            .collect()
    };
    std::fs::write(root.join("empty"), "").unwrap();
    std::fs::write(root.join("one"), "1").unwrap();
    std::fs::write(root.join("lines.txt"), "unix\nand dos\r\nand mac\r").unwrap();
    std::fs::write(root.join("deep/- dash  and spaces"), noise(5_000)).unwrap();
    std::fs::write(root.join("deep/er/Grüße 日本.bin"), noise(300_000)).unwrap();
    std::fs::write(root.join("deep/er/est/big.bin"), noise(3_000_001)).unwrap();
    for n in 0..20 {
        std::fs::write(root.join(format!("deep/small-{n:02}")), noise(n * 37)).unwrap();
    }
}

/// Both trees must be the same; says what differs by name and size, not by content.
pub(crate) fn assert_same_tree(left: &Path, right: &Path, what: &str) {
    let short = |root: &Path| -> Vec<String> {
        tree(root)
            .into_iter()
            .map(|(path, content)| {
                let content = content.map(|c| (c.len(), openssl::sha::sha256(&c)[0]));
                format!("{} {content:?}", path.display())
            })
            .collect()
    };
    let (left, right) = (short(left), short(right));
    let only = |a: &[String], b: &[String]| {
        a.iter()
            .filter(|line| !b.contains(line))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(
        left == right,
        "{what}: only left {:?}, only right {:?}",
        only(&left, &right),
        only(&right, &left)
    );
}

/// Content in which no piece looks like another: the same at each call.
pub(crate) fn noise(size: usize) -> Vec<u8> {
    let mut state = 7_u32;
    let next = |_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..size).map(next).collect()
}
