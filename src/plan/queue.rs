//! The queue as a state machine: what is asked of it comes in, what is to be done comes out.
//!
//! A job is started by [`Queue::next`], ends by [`Queue::finished`], and is told about by events.
//! A file's job waits until the job that makes its folder is done; a job whose folder could not
//! be made fails with that reason. The queue knows no lanes, no time and no wire.
//!
//! A job that is not over is in exactly one of these: it runs, is stopping, asks, sleeps until it
//! is tried again, waits for its folder, is held (and says why), or is ready and waits for a lane or
//! for its server. [`order`] has the one order of all of them.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use crate::model::command::QuestionId;
use crate::model::entry::Kind;
use crate::model::event::{Event, Question};
use crate::model::failure::Failure;
use crate::model::job::{
    BatchId, BatchRequest, Care, ConnectionId, Direction, Hold, Item, Job, JobId, JobState, Policy,
};
use away::Away;
use in_place::InPlace;
use order::Order;

mod answers;
mod away;
mod ending;
mod extent;
mod hold;
mod in_place;
mod order;
mod totals;

pub use totals::Totals;

/// What the engine has to do now, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell everybody.
    Tell(Event),
    /// Stop the running transfer of this job; it answers with [`Outcome::Cancelled`].
    Stop(JobId),
    /// The same, and what has come over is kept: it goes on later.
    SetAside(JobId),
    /// Call [`Queue::due`] for this job after a while.
    Wake(JobId, Duration),
    /// Call [`Queue::try_server`] with these after a while.
    TryServer(ConnectionId, u32, Duration),
}

/// How a started job came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All of it is where it should be.
    Done {
        /// Content bytes that it has.
        bytes: u64,
        /// How many of them were there before this try.
        before: u64,
        /// How many of those an earlier run has brought.
        earlier: u64,
        /// Time on the lane, in milliseconds.
        millis: u64,
        /// A warning, if there is one.
        note: Option<String>,
    },
    /// Left out, for this reason.
    Skipped(String),
    /// It failed.
    Failed(Failure),
    /// No session could be made for it, and nobody has one: that concerns every job of its
    /// connection.
    NoSession(Failure),
    /// It was stopped.
    Cancelled,
    /// Its target exists and a person has to decide.
    Conflict(Question),
    /// Its folder does not take it safely, and a person has to say whether it may be written in place.
    InPlace(Question),
}

/// A job that may be started, with what the worker needs to know.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The job.
    pub job: Job,
    /// Over whose sessions it goes.
    pub connection: ConnectionId,
    /// What to do about an existing target.
    pub policy: Policy,
    /// Whether what runs that are over have left of the same file is continued: it was asked for, or
    /// the job is itself what such a run has left.
    pub continues: bool,
    /// Whether it was begun before: what a listing has told of its source may be old.
    pub again: bool,
    /// What is to be done besides.
    pub care: Care,
}

/// A thing found while walking a folder: it becomes a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What and where.
    pub item: Item,
    /// The job that makes the folder it goes into, if that is still to be made.
    pub folder: Option<JobId>,
}

#[derive(Debug)]
struct Slot {
    job: Job,
    connection: ConnectionId,
    /// The job that makes the folder it goes into, if there is one.
    folder: Option<JobId>,
    phase: Phase,
    /// Boxed: few are held, and there may be a hundred thousand jobs.
    held: Option<Box<Hold>>,
    /// The answer of a person, once given; that of its batch, where it has failed: it may be tried again
    /// when the batch is over.
    policy: Option<Policy>,
    care: Care,
    tries: u32,
    /// Why the last try failed that came as far as the server.
    last: Option<Box<Failure>>,
}

impl Slot {
    /// How it stands while it neither runs nor asks.
    fn resting(&self) -> JobState {
        self.held
            .as_deref()
            .cloned()
            .map_or(JobState::Waiting, JobState::Held)
    }

    /// The bytes it adds to the sum of what is wanted.
    fn size(&self) -> u64 {
        match self.is_file() {
            true => self.job.item.size.unwrap_or(0),
            false => 0,
        }
    }

    fn is_file(&self) -> bool {
        self.job.item.kind != Kind::Dir
    }

    fn is_over(&self) -> bool {
        matches!(self.phase, Phase::Over(_))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Until this folder is made.
    Blocked(JobId),
    /// For a lane, unless it is held.
    Waiting,
    Running,
    /// Told to stop; the worker has not answered yet.
    Stopping(Stopping),
    Sleeping,
    Asking(QuestionId),
    Over(End),
}

/// What becomes of a job that is being stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stopping {
    /// It is taken out.
    Out,
    /// It goes back to those that wait.
    Back,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Good,
    Failed,
    Left,
}

#[derive(Debug)]
struct Batch {
    connection: ConnectionId,
    direction: Direction,
    policy: Policy,
    /// It was left by an earlier run, of whose files there may be parts.
    left: bool,
    care: Care,
    /// The folder of this machine that it goes into or comes from.
    top: PathBuf,
    /// Its place in the order.
    major: i64,
    /// Jobs that join it are held, for this reason.
    held: Option<Hold>,
    /// More jobs may come: the walk is under way and nobody has cancelled the batch.
    walking: bool,
    open: usize,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    jobs: BTreeMap<JobId, Slot>,
    order: Order,
    blocked: HashMap<JobId, Vec<JobId>>,
    batches: HashMap<BatchId, Batch>,
    asked: HashMap<QuestionId, JobId>,
    /// Whether files may be written in place, asked once for a connection.
    in_place: HashMap<ConnectionId, InPlace>,
    /// The servers that could not be reached last time.
    away: HashMap<ConnectionId, Away>,
    /// A person has paused everything, what is still to come too.
    paused: bool,
    next_job: u64,
    retries: u32,
    attended: bool,
    totals: Totals,
}

impl Queue {
    /// Whether a person watches it.
    pub fn is_attended(&self) -> bool {
        self.attended
    }

    /// An empty queue; a transient failure is tried again `retries` times.
    ///
    /// `attended`: a person watches it, and can tell what is held to go on. Then nothing fails for a
    /// reason that may pass: jobs wait for their server as long as it is away, and are held where
    /// what they go to is full. Else they fail, with that reason.
    pub fn new(retries: u32, attended: bool) -> Self {
        Self {
            jobs: BTreeMap::new(),
            order: Order::default(),
            blocked: HashMap::new(),
            batches: HashMap::new(),
            asked: HashMap::new(),
            in_place: HashMap::new(),
            away: HashMap::new(),
            paused: false,
            next_job: 1,
            retries,
            attended,
            totals: Totals::default(),
        }
    }

    /// How often transient failures are tried again from now on.
    pub fn set_retries(&mut self, retries: u32) {
        self.retries = retries;
    }

    /// Opens a batch; its items come by [`Queue::add`] as they are known, and
    /// [`Queue::walked`] closes it.
    pub fn open_batch(&mut self, request: &BatchRequest) {
        if self.is_idle() {
            self.totals = Totals::default();
        }
        let first = request.items.first().and_then(|item| item.local.parent());
        let batch = Batch {
            connection: request.connection,
            direction: request.direction,
            policy: request.policy,
            left: false,
            care: request.care,
            top: first.map(PathBuf::from).unwrap_or_default(),
            major: self.order.last_major(),
            held: self.paused.then_some(Hold::Paused),
            walking: true,
            open: 0,
        };
        self.batches.insert(request.id, batch);
    }

    /// Opens a batch that an earlier run has left.
    pub fn open_rest(&mut self, request: &BatchRequest) {
        self.open_batch(request);
        if let Some(batch) = self.batches.get_mut(&request.id) {
            batch.left = true;
        }
    }

    /// Adds jobs to a batch; their numbers come back in the same order, none when the batch was
    /// cancelled meanwhile, even if one of its jobs is still stopping.
    pub fn add(
        &mut self,
        batch: BatchId,
        direction: Direction,
        found: Vec<Found>,
    ) -> (Vec<JobId>, Vec<Effect>) {
        let Some(open) = self.batches.get_mut(&batch).filter(|b| b.walking) else {
            return (Vec::new(), Vec::new());
        };
        let (connection, major, care) = (open.connection, open.major, open.care);
        let held = open.held.clone();
        open.open += found.len();
        let mut jobs = Vec::with_capacity(found.len());
        for Found { item, folder } in found {
            let id = JobId(self.next_job);
            self.next_job += 1;
            let rank = self.order.rank(major);
            let job = Job {
                id,
                batch,
                direction,
                item: item.into(),
                rank,
            };
            jobs.push(job.clone());
            let slot = Slot {
                job,
                connection,
                folder,
                phase: Phase::Waiting,
                held: held.clone().map(Box::new),
                policy: None,
                care,
                tries: 0,
                last: None,
            };
            self.totals.want(&slot);
            self.order.enter(rank, id);
            self.jobs.insert(id, slot);
            self.make_ready(id);
        }
        let ids: Vec<JobId> = jobs.iter().map(|j| j.id).collect();
        let mut effects = if jobs.is_empty() {
            Vec::new()
        } else {
            vec![Effect::Tell(Event::JobsAdded(jobs))]
        };
        for id in &ids {
            self.receive(*id, &mut effects);
        }
        (ids, effects)
    }

    /// A job has joined a batch: what has become of its folder and of its batch becomes of it too.
    fn receive(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get(&id) else {
            return;
        };
        if let Phase::Blocked(folder) = slot.phase
            && let Some(Phase::Over(how)) = self.jobs.get(&folder).map(|folder| folder.phase)
        {
            // a folder that has failed already takes what comes later with it
            let (end, state) = ending::without_folder(how);
            return self.end(id, end, state, effects);
        }
        match slot.held.as_deref().cloned() {
            Some(Hold::Full(failure)) if !self.attended => {
                self.end(id, End::Failed, JobState::Failed(failure), effects);
            }
            Some(_) => effects.push(Effect::Tell(Event::JobChanged(id, slot.resting()))),
            None => {}
        }
    }

    /// A job waits: for its folder, until it may go on, or for a lane.
    fn make_ready(&mut self, id: JobId) {
        let Some(slot) = self.jobs.get(&id) else {
            return;
        };
        let blocking = slot.folder.filter(|folder| {
            let phase = self.jobs.get(folder).map(|folder| folder.phase);
            phase.is_some_and(|phase| phase != Phase::Over(End::Good))
        });
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        match blocking {
            Some(folder) => {
                slot.phase = Phase::Blocked(folder);
                self.blocked.entry(folder).or_default().push(id);
            }
            None => {
                slot.phase = Phase::Waiting;
                if slot.held.is_none() {
                    self.order.make_ready(slot.connection, slot.job.rank, id);
                }
            }
        }
    }

    /// Says that all jobs of a batch are known; `failure` is why the walk ended early, if it did.
    pub fn walked(&mut self, batch: BatchId, failure: Option<Failure>) -> Vec<Effect> {
        let Some(open) = self.batches.get_mut(&batch) else {
            return Vec::new();
        };
        open.walking = false;
        let mut effects: Vec<Effect> = failure
            .map(|f| Effect::Tell(Event::Failed(f)))
            .into_iter()
            .collect();
        effects.push(Effect::Tell(Event::BatchWalked(batch)));
        self.close_if_over(batch, &mut effects);
        effects
    }

    /// The next job of this connection that may start; it counts as running from now on.
    pub fn next(&mut self, connection: ConnectionId) -> Option<(Start, Effect)> {
        if self.is_away(connection) {
            return None;
        }
        let id = self.order.take(connection)?;
        let slot = self.jobs.get_mut(&id)?;
        slot.phase = Phase::Running;
        slot.tries += 1;
        let batch = self.batches.get(&slot.job.batch);
        let policy = slot.policy.or(batch.map(|b| b.policy)).unwrap_or_default();
        let start = Start {
            job: slot.job.clone(),
            connection,
            policy,
            continues: policy == Policy::Resume || batch.is_some_and(|b| b.left),
            again: slot.tries > 1,
            care: slot.care,
        };
        Some((start, Effect::Tell(Event::JobChanged(id, JobState::Running))))
    }

    /// A sleeping job's time has come.
    pub fn due(&mut self, id: JobId) {
        if self
            .jobs
            .get(&id)
            .is_some_and(|slot| slot.phase == Phase::Sleeping)
        {
            self.make_ready(id);
        }
    }

    /// Forgets every job that is over, but for folders that others wait for.
    pub fn clear_finished(&mut self) -> Vec<Effect> {
        let over: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, s)| matches!(s.phase, Phase::Over(_)) && !self.batches.contains_key(&s.job.batch))
            .map(|(id, _)| *id)
            .collect();
        over.iter().for_each(|id| {
            self.jobs.remove(id);
        });
        if over.is_empty() {
            Vec::new()
        } else {
            vec![Effect::Tell(Event::JobsForgotten(over))]
        }
    }

    /// Whether no job is open and no folder is being walked.
    pub fn is_idle(&self) -> bool {
        self.batches.is_empty()
    }

    /// How many jobs of a batch are not over.
    pub fn open_in(&self, batch: BatchId) -> usize {
        self.batches.get(&batch).map_or(0, |batch| batch.open)
    }

    /// Sums of all batches since the queue was last idle.
    pub fn totals(&self) -> Totals {
        Totals {
            walking: self.batches.values().any(|b| b.walking),
            ..self.totals
        }
    }

    /// A job, however far it is.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id).map(|slot| &slot.job)
    }

    /// What is to be done about the existing target of a job was decided before.
    pub fn decide(&mut self, id: JobId, policy: Policy) {
        if let Some(slot) = self.jobs.get_mut(&id) {
            slot.policy = Some(policy);
        }
    }

    /// The connection of a job.
    pub fn connection(&self, id: JobId) -> Option<ConnectionId> {
        self.jobs.get(&id).map(|slot| slot.connection)
    }

    /// Whether this job is not over.
    pub fn is_open(&self, id: JobId) -> bool {
        self.jobs.get(&id).is_some_and(|slot| !slot.is_over())
    }

    /// Whether anything of this connection is still to be walked or worked off.
    pub fn has_open(&self, connection: ConnectionId) -> bool {
        self.batches.values().any(|b| b.connection == connection)
    }

    /// Whether jobs of this connection have failed, which may be tried again.
    pub fn has_failed(&self, connection: ConnectionId) -> bool {
        let failed = Phase::Over(End::Failed);
        self.jobs
            .values()
            .any(|slot| slot.connection == connection && slot.phase == failed)
    }

    /// The connections that have jobs to start, and how many.
    pub fn waiting(&self) -> Vec<(ConnectionId, usize)> {
        let ready = self.order.ready();
        ready.filter(|(c, _)| !self.is_away(*c)).collect()
    }

    /// The jobs that are not over, in their order.
    pub fn in_order(&self) -> impl Iterator<Item = &Job> {
        self.order
            .ids()
            .filter_map(|id| self.jobs.get(&id).map(|slot| &slot.job))
    }
}

#[cfg(test)]
mod tests;
