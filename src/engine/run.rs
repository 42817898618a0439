//! The engine's loop: commands and notes come in one at a time, the queue decides, tasks work.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::durable::Durable;
use super::input::Input;
use super::journal::Journal;
use super::listener::Listener;
use super::meter::{Meter, SpeedLimit};
use super::origins::Origins;
use super::pool::Pool;
use super::questions::Questions;
use super::targets::Targets;
use super::task::Task;
use super::{DiskWork, Options, PARTING, dialogue};
use crate::ftp::transcript::Sink;
use crate::model::command::{Command, Generation};
use crate::model::event::{Event, Progress};
use crate::model::failure::Failure;
use crate::model::job::{BatchId, BatchRequest, ConnectionId, Direction, JobId};
use crate::model::server::Patience;
use crate::plan::journal::written::WrittenPath;
use crate::plan::queue::{Effect, Found, Outcome, Queue};

mod commands;
mod effects;
mod in_place;
mod lanes;
mod taking;
mod visiting;
mod walking;

/// How often the progress is sampled while something moves.
const SAMPLE: Duration = Duration::from_millis(250);

/// What the engine's own tasks report to its loop.
pub(super) enum Note {
    /// A walk has found things; the numbers of their jobs go back.
    Found {
        batch: BatchId,
        direction: Direction,
        found: Vec<Found>,
        reply: oneshot::Sender<Vec<JobId>>,
    },
    /// A walk is at its end.
    Walked(BatchId, Option<Failure>),
    /// Something failed that is no job.
    Said(Failure),
    /// Something is worth a line.
    Noticed(String),
    /// A lane is free for a job of this connection.
    Take(ConnectionId, oneshot::Sender<Option<Task>>),
    /// A lane has ended.
    LaneOver(ConnectionId),
    /// A job has come back.
    Finished(JobId, Outcome),
    /// A sleeping job's time has come.
    Due(JobId),
    /// A server that could not be reached, so often in a row, is to be tried again.
    TryServer(ConnectionId, u32),
    /// What a run has left is taken up as a batch.
    TakenUp(BatchRequest, Box<taking::Taken>),
    /// A batch cannot be taken up.
    NotTakenUp(BatchRequest, Failure),
}

struct Batch {
    targets: Arc<Targets>,
    walk: CancellationToken,
    /// The sources that need no job of this walk, and the job that they have; that of those which
    /// are over is [`OVER`].
    known: HashMap<WrittenPath, JobId>,
}

/// Stands for the jobs of earlier runs that are over: no job of a queue has this number.
const OVER: JobId = JobId(0);

struct Loop {
    listener: Listener,
    notes: mpsc::UnboundedSender<Note>,
    questions: Arc<Questions>,
    limit: Arc<SpeedLimit>,
    sink: Option<Sink>,
    browsing: bool,
    disk_work: DiskWork,
    pools: HashMap<ConnectionId, Arc<Pool>>,
    connecting: HashMap<ConnectionId, CancellationToken>,
    /// Those disconnected, whose pools jobs may still need.
    leaving: HashSet<ConnectionId>,
    /// The servers that active mode is tried on first in mode `auto`, by address.
    active_first: HashSet<String>,
    /// How far explorations and readings may run ahead.
    turns: HashMap<Generation, Weak<Semaphore>>,
    /// What ends readings and explorations that nobody wants to the end.
    stops: HashMap<Generation, CancellationToken>,
    queue: Queue,
    meter: Meter,
    batches: HashMap<BatchId, Batch>,
    /// Walks that are far enough ahead, and what they wait for.
    resting: HashMap<BatchId, (oneshot::Sender<Vec<JobId>>, Vec<JobId>)>,
    running: HashMap<JobId, (ConnectionId, CancellationToken)>,
    lanes: HashMap<ConnectionId, usize>,
    tasks: TaskTracker,
    /// Standard input, for an upload of it.
    input: Input,
    durable: Arc<Durable>,
    /// Ends everything, at the end.
    end: CancellationToken,
    origins: Arc<Origins>,
    journal: Journal,
    /// One rest is taken up after the other: those of one run share its file.
    taking: Arc<tokio::sync::Mutex<()>>,
    /// Over which connections: they are needed though they have no jobs yet.
    awaiting: HashMap<BatchId, ConnectionId>,
}

/// Runs until told to shut down, or until nobody can command any more.
pub(super) async fn run(
    options: Options,
    mut commands: mpsc::UnboundedReceiver<Command>,
    listener: Listener,
    samples: watch::Sender<Progress>,
) {
    let (notes, mut noted) = mpsc::unbounded_channel();
    let (origins, notice) = Origins::begin(options.queue.as_deref());
    if let Some(notice) = notice {
        listener.tell(Event::Unkept(notice));
    }
    let journal = Journal::begin(&origins, &listener);
    let mut state = Loop {
        questions: Arc::new(Questions::new(listener.clone())),
        notes,
        limit: Arc::new(SpeedLimit::new(options.limit_rate)),
        browsing: options.browsing,
        disk_work: options.disk_work,
        sink: dialogue::sink(listener.clone(), options.transcript, options.silent),
        listener,
        pools: HashMap::new(),
        connecting: HashMap::new(),
        leaving: HashSet::new(),
        active_first: options.active_first,
        turns: HashMap::new(),
        stops: HashMap::new(),
        queue: Queue::new(Patience::default().retries, options.browsing),
        meter: Meter::default(),
        batches: HashMap::new(),
        resting: HashMap::new(),
        running: HashMap::new(),
        lanes: HashMap::new(),
        tasks: TaskTracker::new(),
        input: Input::new(options.input),
        durable: Arc::default(),
        end: CancellationToken::new(),
        origins: Arc::new(origins),
        journal,
        taking: Arc::default(),
        awaiting: HashMap::new(),
    };
    if state.browsing {
        state.look_for_unfinished(false);
    }
    state.keep_durable();
    let mut ticker = tokio::time::interval(SAMPLE);
    ticker.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            command = commands.recv() => match command {
                None | Some(Command::Shutdown) => break,
                Some(command) => state.command(command),
            },
            Some(note) = noted.recv() => state.note(note),
            _ = ticker.tick(), if state.is_busy() => {
                samples.send_replace(state.sample());
            }
        }
        state.start_jobs();
        state.let_go();
        if !state.is_busy() {
            let rest = state.rest();
            samples.send_if_modified(|last| std::mem::replace(last, rest.clone()) != rest);
        }
    }
    state.finish(noted).await;
}

impl Loop {
    fn is_busy(&self) -> bool {
        !self.queue.is_idle()
    }

    fn sample(&mut self) -> Progress {
        Progress {
            limit: self.limit.get(),
            ..self.meter.sample(Instant::now(), self.queue.totals())
        }
    }

    fn rest(&mut self) -> Progress {
        Progress {
            limit: self.limit.get(),
            ..self.meter.rest(Instant::now(), self.queue.totals())
        }
    }

    /// Runs a task that ends with the engine.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = task => {}
                () = end.cancelled() => {}
            }
        });
    }

    fn note(&mut self, note: Note) {
        let effects = match note {
            Note::Found {
                batch,
                direction,
                found,
                reply,
            } => {
                let (numbers, effects) = self.found(batch, direction, found);
                self.answer_walk(batch, direction, reply, numbers);
                effects
            }
            Note::Walked(batch, failure) => {
                if failure.as_ref().is_some_and(|failure| failure.transient) {
                    self.journal.cut(batch);
                }
                self.queue.walked(batch, failure)
            }
            Note::TakenUp(request, taken) => return self.taken_up(request, *taken),
            Note::NotTakenUp(request, failure) => {
                self.awaiting.remove(&request.id);
                self.queue.open_batch(&request);
                self.queue.walked(request.id, Some(failure))
            }
            Note::Said(failure) => vec![Effect::Tell(Event::Failed(failure))],
            Note::Noticed(text) => vec![Effect::Tell(Event::Notice(text))],
            Note::Take(connection, lane) => {
                let task = self.take(connection);
                // a lane that is gone loses its job, which says so
                let _ = lane.send(task);
                Vec::new()
            }
            Note::LaneOver(connection) => {
                if let Some(lanes) = self.lanes.get_mut(&connection) {
                    *lanes = lanes.saturating_sub(1);
                }
                Vec::new()
            }
            Note::Finished(job, outcome) => {
                self.running.remove(&job);
                self.meter.end(job);
                let mut effects = self.reached(job, &outcome);
                let number = self.questions.number();
                effects.extend(self.queue.finished(job, outcome, number));
                self.carry_out(effects);
                self.tell_kept(job);
                self.queue.forget_good(job);
                Vec::new()
            }
            Note::Due(job) => {
                self.queue.due(job);
                Vec::new()
            }
            Note::TryServer(connection, tries) => self.queue.try_server(connection, tries),
        };
        self.carry_out(effects);
        self.let_walks_go_on();
    }

    /// Closes the sessions of connections that were disconnected and have nothing left to do. With
    /// its last job that may be tried again, such a connection and its password are forgotten.
    fn let_go(&mut self) {
        let over: Vec<ConnectionId> = self
            .leaving
            .iter()
            .copied()
            .filter(|id| !self.awaiting.values().any(|other| other == id))
            .filter(|id| !self.queue.has_open(*id) && self.lanes.get(id).is_none_or(|lanes| *lanes == 0))
            .collect();
        for id in over {
            let pool = match self.queue.has_failed(id) {
                true => self.pools.get(&id).cloned(),
                false => {
                    self.leaving.remove(&id);
                    self.pools.remove(&id)
                }
            };
            if let Some(pool) = pool.filter(|pool| !pool.idle.is_empty()) {
                self.tasks.spawn(async move { pool.idle.close().await });
            }
        }
    }

    /// Stops what runs, lets it clean up, says goodbye to the servers. What is not over is left for
    /// a later run.
    async fn finish(mut self, mut noted: mpsc::UnboundedReceiver<Note>) {
        self.journal.leave_rest();
        self.end.cancel();
        self.tasks.close();
        let parting = async {
            self.tasks.wait().await;
            // nobody is told any more; what the disk says to it the log of the system has
            let _ = self.durable.sync().await;
            futures_util::future::join_all(self.pools.values().map(|pool| pool.idle.leave())).await;
        };
        let _ = tokio::time::timeout(PARTING, parting).await;
        // what came to its end meanwhile; who goes on all the same tells it nobody
        noted.close();
        while let Ok(note) = noted.try_recv() {
            if let Note::Finished(..) = note {
                self.note(note);
            }
        }
        let has_left = self.journal.has_left();
        let _ = self.journal.close().await;
        // from here on the next run may have it
        self.origins.end(has_left);
        self.listener.tell(Event::Ended);
    }
}
