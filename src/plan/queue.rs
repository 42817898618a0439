//! The queue as a state machine: what is asked of it comes in, what is to be done comes out.
//!
//! A job is started by [`Queue::next`], ends by [`Queue::finished`], and is told about by events.
//! A file's job waits until the job that makes its folder is done; a job whose folder could not
//! be made fails with that reason. The queue knows no lanes, no time and no wire.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use crate::model::command::{QuestionId, Scope};
use crate::model::entry::Kind;
use crate::model::event::{Event, Question};
use crate::model::failure::Failure;
use crate::model::job::{
    BatchId, BatchRequest, Care, ConnectionId, Direction, Item, Job, JobId, JobState, Policy,
};
use ending::without_folder;
use in_place::InPlace;

mod ending;
mod in_place;

/// What the engine has to do now, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Tell everybody.
    Tell(Event),
    /// Stop the running transfer of this job; it answers with [`Outcome::Cancelled`].
    Stop(JobId),
    /// Call [`Queue::due`] for this job after a while.
    Wake(JobId, Duration),
}

/// How a started job came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// All of it is where it should be.
    Done {
        /// Content bytes moved.
        bytes: u64,
        /// Time on the lane, in milliseconds.
        millis: u64,
        /// A warning, if there is one.
        note: Option<String>,
    },
    /// Left out, for this reason.
    Skipped(String),
    /// It failed.
    Failed(Failure),
    /// No session could be made for it: that concerns every job of its connection.
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
    /// What to do about an existing target.
    pub policy: Policy,
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
    phase: Phase,
    /// The answer of a person, once given.
    policy: Option<Policy>,
    care: Care,
    tries: u32,
    /// How many of the tries ended because no session could be made.
    unreached: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Blocked(JobId),
    Waiting,
    Running,
    /// Stopped by a person; the worker has not answered yet.
    Stopping,
    Sleeping,
    Asking(QuestionId),
    Over(End),
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
    policy: Policy,
    care: Care,
    /// More jobs may come: the walk is under way and nobody has cancelled the batch.
    walking: bool,
    open: usize,
}

/// Sums for the progress display.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Bytes of jobs that are done, of this queue since it was last empty.
    pub moved: u64,
    /// Bytes known to be wanted in all.
    pub wanted: u64,
    /// Whether some batch is still being walked.
    pub walking: bool,
}

/// The queue.
#[derive(Debug)]
pub struct Queue {
    jobs: BTreeMap<JobId, Slot>,
    waiting: HashMap<ConnectionId, VecDeque<JobId>>,
    blocked: HashMap<JobId, Vec<JobId>>,
    batches: HashMap<BatchId, Batch>,
    asked: HashMap<QuestionId, JobId>,
    /// Whether files may be written in place, asked once for a connection.
    in_place: HashMap<ConnectionId, InPlace>,
    next_job: u64,
    retries: u32,
    totals: Totals,
}

impl Queue {
    /// An empty queue; a transient failure is tried again `retries` times.
    pub fn new(retries: u32) -> Self {
        Self {
            jobs: BTreeMap::new(),
            waiting: HashMap::new(),
            blocked: HashMap::new(),
            batches: HashMap::new(),
            asked: HashMap::new(),
            in_place: HashMap::new(),
            next_job: 1,
            retries,
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
        let batch = Batch {
            connection: request.connection,
            policy: request.policy,
            care: request.care,
            walking: true,
            open: 0,
        };
        self.batches.insert(request.id, batch);
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
        let (connection, care) = (open.connection, open.care);
        open.open += found.len();
        let mut jobs = Vec::with_capacity(found.len());
        for Found { item, folder } in found {
            let id = JobId(self.next_job);
            self.next_job += 1;
            if item.kind != Kind::Dir {
                self.totals.wanted += item.size.unwrap_or(0);
            }
            let job = Job {
                id,
                batch,
                direction,
                item,
            };
            let phase = match folder.filter(|f| self.is_open(*f)) {
                Some(folder) => {
                    self.blocked.entry(folder).or_default().push(id);
                    Phase::Blocked(folder)
                }
                None => {
                    self.waiting.entry(connection).or_default().push_back(id);
                    Phase::Waiting
                }
            };
            jobs.push(job.clone());
            self.jobs.insert(
                id,
                Slot {
                    job,
                    connection,
                    phase,
                    policy: None,
                    care,
                    tries: 0,
                    unreached: 0,
                },
            );
        }
        let ids: Vec<JobId> = jobs.iter().map(|j| j.id).collect();
        // a folder that has failed already takes what comes later with it
        let mut effects = if jobs.is_empty() {
            Vec::new()
        } else {
            vec![Effect::Tell(Event::JobsAdded(jobs))]
        };
        for id in &ids {
            if let Some(Phase::Blocked(folder)) = self.phase(*id)
                && let Some(Phase::Over(how)) = self.phase(folder)
            {
                let (end, state) = without_folder(how);
                self.end(*id, end, state, &mut effects);
            }
        }
        (ids, effects)
    }

    fn phase(&self, id: JobId) -> Option<Phase> {
        self.jobs.get(&id).map(|slot| slot.phase)
    }

    /// Whether jobs that depend on this one must wait or fail: everything but done.
    fn is_open(&self, folder: JobId) -> bool {
        self.jobs
            .get(&folder)
            .is_some_and(|slot| slot.phase != Phase::Over(End::Good))
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
        let id = self.waiting.get_mut(&connection)?.pop_front()?;
        let slot = self.jobs.get_mut(&id)?;
        slot.phase = Phase::Running;
        slot.tries += 1;
        let batch = self.batches.get(&slot.job.batch).map(|b| b.policy);
        let policy = slot.policy.or(batch).unwrap_or_default();
        let start = Start {
            job: slot.job.clone(),
            policy,
            care: slot.care,
        };
        Some((start, Effect::Tell(Event::JobChanged(id, JobState::Running))))
    }

    /// A sleeping job's time has come.
    pub fn due(&mut self, id: JobId) {
        if let Some(slot) = self.jobs.get_mut(&id)
            && slot.phase == Phase::Sleeping
        {
            slot.phase = Phase::Waiting;
            self.waiting.entry(slot.connection).or_default().push_front(id);
        }
    }

    /// Whether this question was asked by a job.
    pub fn has_asked(&self, question: QuestionId) -> bool {
        self.asked.contains_key(&question)
    }

    /// A person has decided about a conflict; `None` takes the job out.
    pub fn answer(&mut self, question: QuestionId, decided: Option<(Policy, Scope)>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(id) = self.asked.remove(&question) else {
            return effects;
        };
        let Some((policy, scope)) = decided else {
            return self.cancel(id);
        };
        let Some(batch) = self.jobs.get(&id).map(|s| s.job.batch) else {
            return effects;
        };
        self.go_on(id, policy, &mut effects);
        if scope == Scope::Batch {
            if let Some(open) = self.batches.get_mut(&batch) {
                open.policy = policy;
            }
            let same: Vec<(QuestionId, JobId)> = self
                .asked
                .iter()
                .filter(|(_, job)| self.jobs.get(job).is_some_and(|s| s.job.batch == batch))
                .map(|(question, job)| (*question, *job))
                .collect();
            for (question, job) in same {
                self.asked.remove(&question);
                effects.push(Effect::Tell(Event::QuestionVoid(question)));
                self.go_on(job, policy, &mut effects);
            }
        }
        effects
    }

    fn go_on(&mut self, id: JobId, policy: Policy, effects: &mut Vec<Effect>) {
        if let Some(slot) = self.jobs.get_mut(&id) {
            slot.policy = Some(policy);
            slot.phase = Phase::Waiting;
            self.waiting.entry(slot.connection).or_default().push_front(id);
            effects.push(Effect::Tell(Event::JobChanged(id, JobState::Waiting)));
        }
    }

    /// Takes a job out; a running one is stopped first.
    pub fn cancel(&mut self, id: JobId) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(slot) = self.jobs.get_mut(&id) else {
            return effects;
        };
        match slot.phase {
            Phase::Running => {
                slot.phase = Phase::Stopping;
                effects.push(Effect::Stop(id));
            }
            Phase::Stopping | Phase::Over(_) => {}
            Phase::Asking(question) => {
                if self.asked.remove(&question).is_some() || self.asks_nobody_else(question, id) {
                    effects.push(Effect::Tell(Event::QuestionVoid(question)));
                }
                self.end(id, End::Left, JobState::Cancelled, &mut effects);
            }
            Phase::Waiting => {
                if let Some(waiting) = self.waiting.get_mut(&slot.connection) {
                    waiting.retain(|w| *w != id);
                }
                self.end(id, End::Left, JobState::Cancelled, &mut effects);
            }
            Phase::Blocked(_) | Phase::Sleeping => self.end(id, End::Left, JobState::Cancelled, &mut effects),
        }
        effects
    }

    /// Takes all of a batch out; what a walk finds later is not taken in any more.
    pub fn cancel_batch(&mut self, batch: BatchId) -> Vec<Effect> {
        let Some(connection) = self.batches.get(&batch).map(|b| b.connection) else {
            return Vec::new();
        };
        // at once, not job by job: a batch may hold a hundred thousand waiting jobs
        let jobs = &self.jobs;
        if let Some(waiting) = self.waiting.get_mut(&connection) {
            waiting.retain(|id| jobs.get(id).is_none_or(|s| s.job.batch != batch));
        }
        let open: Vec<JobId> = self
            .jobs
            .values()
            .filter(|s| s.job.batch == batch && !matches!(s.phase, Phase::Over(_)))
            .map(|s| s.job.id)
            .collect();
        let mut effects = Vec::new();
        for id in open {
            if let Some(slot) = self.jobs.get_mut(&id)
                && slot.phase == Phase::Waiting
            {
                slot.phase = Phase::Sleeping;
            }
            effects.extend(self.cancel(id));
        }
        if let Some(open) = self.batches.get_mut(&batch) {
            open.walking = false;
        }
        self.close_if_over(batch, &mut effects);
        effects
    }

    /// Tries a failed or cancelled job again.
    pub fn retry(&mut self, id: JobId) -> Vec<Effect> {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return Vec::new();
        };
        if !matches!(slot.phase, Phase::Over(End::Failed | End::Left)) {
            return Vec::new();
        }
        slot.phase = Phase::Waiting;
        slot.tries = 0;
        slot.unreached = 0;
        if slot.job.item.kind != Kind::Dir {
            self.totals.wanted += slot.job.item.size.unwrap_or(0);
        }
        self.waiting.entry(slot.connection).or_default().push_back(id);
        let batch = Batch {
            connection: slot.connection,
            policy: slot.policy.unwrap_or_default(),
            care: slot.care,
            walking: false,
            open: 0,
        };
        self.batches.entry(slot.job.batch).or_insert(batch).open += 1;
        vec![Effect::Tell(Event::JobChanged(id, JobState::Waiting))]
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

    /// Sums of all batches since the queue was last idle.
    pub fn totals(&self) -> Totals {
        Totals {
            walking: self.batches.values().any(|b| b.walking),
            ..self.totals
        }
    }

    /// The connection of a job.
    pub fn connection(&self, id: JobId) -> Option<ConnectionId> {
        self.jobs.get(&id).map(|slot| slot.connection)
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
        let waiting = self.waiting.iter().filter(|(_, w)| !w.is_empty());
        waiting.map(|(c, w)| (*c, w.len())).collect()
    }
}

#[cfg(test)]
mod tests;
