//! The engine's loop: commands and notes come in one at a time, the queue decides, tasks work.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::actions::{Action, act};
use super::browse::{self, not_connected};
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
use super::{
    DiskWork, Options, PARTING, checksum, count, dialogue, erase, explore, permissions, raw, reading,
};
use crate::ftp::connection::Connection;
use crate::ftp::transcript::Sink;
use crate::model::command::{
    Answer, Command, Exploration, Extent, Generation, InPlaceAnswer, Place, Reading,
};
use crate::model::event::{Event, Progress};
use crate::model::failure::Failure;
use crate::model::job::{BatchId, BatchRequest, ConnectionId, Direction, JobId};
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server};
use crate::plan::journal::written::WrittenPath;
use crate::plan::queue::{Effect, Found, Outcome, Queue};

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

    fn command(&mut self, command: Command) {
        match command {
            Command::Connect {
                connection,
                server,
                secret,
                patience,
            } => {
                self.connect(connection, *server, secret, patience);
            }
            Command::Disconnect(connection) => {
                if let Some(connecting) = self.connecting.remove(&connection) {
                    connecting.cancel();
                }
                self.leaving.insert(connection);
            }
            Command::List { place, generation } => {
                let (pool, listener) = (self.pool(&place), self.listener.clone());
                self.spawn(browse::list(pool, place, generation, listener));
            }
            Command::Explore(wanted) => self.explore(wanted),
            Command::ExploreHere(wanted) => {
                let (generation, listener) = (wanted.generation, self.listener.clone());
                let turns = self.turns(generation, explore::AHEAD);
                let stop = self.stop_of(generation);
                self.spawn_until(stop, explore::explore_here(wanted, turns, listener));
            }
            Command::DealtWith(generation) => {
                if let Some(turns) = self.turns.get(&generation).and_then(Weak::upgrade) {
                    turns.add_permits(1);
                }
            }
            Command::Read(wanted) => self.read(wanted),
            Command::StopReading(generation) | Command::StopExploring(generation) => {
                if let Some(stop) = self.stops.remove(&generation) {
                    stop.cancel();
                }
            }
            Command::MakeFolder(place) => self.act(Action::MakeFolder(place)),
            Command::MakeFile(place) => self.act(Action::MakeFile(place)),
            Command::Rename { from, to } => self.act(Action::Rename(from, to)),
            Command::Count { places, generation } => {
                let (pool, listener) = (self.pool_of(&places), self.listener.clone());
                self.spawn(count::count(pool, places, generation, listener));
            }
            Command::Delete(places) => {
                let (pool, listener) = (self.pool_of(&places), self.listener.clone());
                self.spawn(erase::delete(pool, places, listener));
            }
            Command::SetPermissions(wanted) => {
                let (pool, listener) = (self.pool_of(&wanted.places), self.listener.clone());
                self.spawn(permissions::set(pool, wanted, listener));
            }
            Command::Copy { from, to } => self.act(Action::Copy(from, to)),
            Command::Checksum {
                places,
                algorithm,
                generation,
            } => {
                let (pool, listener) = (self.pool_of(&places), self.listener.clone());
                self.spawn(checksum::tell(pool, places, algorithm, generation, listener));
            }
            Command::Raw {
                connection,
                folder,
                line,
                generation,
            } => {
                let (pool, listener) = (self.pools.get(&connection).cloned(), self.listener.clone());
                self.spawn(raw::ask(pool, folder, line, generation, listener));
            }
            Command::Enqueue(request) => self.enqueue(request),
            Command::Cancel(extent) => {
                for batch in self.queue.open_batches(extent) {
                    if let Some(batch) = self.batches.get(&batch) {
                        batch.walk.cancel();
                    }
                }
                let effects = self.queue.cancel(extent);
                self.carry_out(effects);
            }
            Command::Hold(extent) => {
                let effects = self.queue.hold(extent);
                self.journal.hold(self.queue.open_batches(extent), true);
                self.carry_out(effects);
            }
            Command::GoOn(extent) => {
                let effects = self.queue.go_on(extent);
                self.journal.hold(self.queue.open_batches(extent), false);
                self.carry_out(effects);
            }
            Command::Retry(extent) => {
                if let Extent::Job(job) = extent
                    && let Some(connection) = self.queue.connection(job)
                    && !self.pools.contains_key(&connection)
                {
                    return self.listener.tell(Event::Failed(not_connected()));
                }
                let effects = self.queue.retry(extent);
                self.carry_out(effects);
            }
            Command::Move(extent, shift) => {
                let effects = self.queue.shift(extent, shift);
                self.carry_out(effects);
            }
            Command::LimitRate(limit) => self.limit.set(limit),
            Command::ClearFinished => {
                let effects = self.queue.clear_finished();
                self.carry_out(effects);
            }
            Command::Answer { question, answer } if self.queue.in_place_of(question).is_some() => {
                let answer = match answer {
                    Answer::InPlace(answer) => answer,
                    _ => InPlaceAnswer::No,
                };
                self.decide_in_place(question, answer);
            }
            Command::Answer { question, answer } if self.queue.has_asked(question) => {
                let decided = match answer {
                    Answer::Conflict(policy, scope) => Some((policy, scope)),
                    Answer::Certificate(_) | Answer::Secret(_) | Answer::InPlace(_) | Answer::Dismissed => {
                        None
                    }
                };
                if let Some((policy, scope)) = decided
                    && let Some((job, batches)) = self.queue.reach(question, scope)
                {
                    self.journal.answered(job, &batches, policy);
                }
                let effects = self.queue.answer(question, decided);
                self.carry_out(effects);
            }
            Command::Answer { question, answer } => self.questions.answer(question, answer),
            Command::LookForUnfinished => self.look_for_unfinished(true),
            Command::TakeUp {
                rest,
                connection,
                batch,
            } => self.take_up(rest, connection, batch),
            Command::DropUnfinished(rests) => self.drop_unfinished(rests),
            diagnosis @ Command::Diagnose { .. } => self.visit(diagnosis),
            Command::Shutdown => {}
        }
    }

    fn connect(&mut self, id: ConnectionId, server: Server, secret: Option<Secret>, patience: Patience) {
        self.leaving.remove(&id);
        self.queue.connects(id, server.in_place);
        self.queue.set_retries(patience.retries);
        self.journal.connected(id, &server);
        let connection = Connection::new(Arc::new(server), secret, patience, self.sink.clone());
        if self.active_first.contains(&connection.server.address()) {
            connection.prefer_active();
        }
        let pool = Pool::new(
            id,
            Arc::new(connection),
            self.listener.clone(),
            Arc::clone(&self.questions),
            self.browsing,
        );
        self.pools.insert(id, Arc::clone(&pool));
        self.spawn(Pool::keep_alive(Arc::downgrade(&pool)));
        let cancel = self.end.child_token();
        self.connecting.insert(id, cancel.clone());
        let opening = browse::connect(pool, self.listener.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = opening => {}
                () = cancel.cancelled() => {}
            }
        });
    }

    fn pool(&self, place: &Place) -> Option<Arc<Pool>> {
        match place {
            Place::Local(_) => None,
            Place::Remote(connection, _) => self.pools.get(connection).cloned(),
        }
    }

    /// The turns of what runs only so far ahead of who asked for it.
    fn turns(&mut self, generation: Generation, ahead: usize) -> Arc<Semaphore> {
        let turns = Arc::new(Semaphore::new(ahead));
        self.turns.retain(|_, turns| turns.strong_count() > 0);
        self.turns.insert(generation, Arc::downgrade(&turns));
        turns
    }

    fn read(&mut self, wanted: Reading) {
        let turns = self.turns(wanted.generation, reading::AHEAD);
        let stop = self.stop_of(wanted.generation);
        let means = reading::Means {
            turns,
            limit: Arc::clone(&self.limit),
            stop,
            listener: self.listener.clone(),
        };
        let pool = self.pool(&wanted.place);
        self.spawn(reading::read(pool, wanted, means));
    }

    fn explore(&mut self, wanted: Exploration) {
        let turns = self.turns(wanted.generation, explore::AHEAD);
        let pool = self.pools.get(&wanted.connection).cloned();
        let stop = self.stop_of(wanted.generation);
        let exploring = explore::explore(pool, wanted, turns, self.listener.clone());
        self.spawn_until(stop, exploring);
    }

    /// What ends something that runs only so far ahead before it is over.
    fn stop_of(&mut self, generation: Generation) -> CancellationToken {
        // forgotten with their turns
        let known = &self.turns;
        self.stops.retain(|generation, _| known.contains_key(generation));
        let stop = self.end.child_token();
        self.stops.insert(generation, stop.clone());
        stop
    }

    /// Runs a task that ends with the engine, or when nobody wants it any more.
    fn spawn_until(&self, stop: CancellationToken, task: impl Future<Output = ()> + Send + 'static) {
        self.spawn(async move {
            tokio::select! {
                () = task => {}
                () = stop.cancelled() => {}
            }
        });
    }

    fn pool_of(&self, places: &[Place]) -> Option<Arc<Pool>> {
        places.iter().find_map(|place| self.pool(place))
    }

    fn act(&mut self, action: Action) {
        let place = match &action {
            Action::MakeFolder(place)
            | Action::MakeFile(place)
            | Action::Rename(place, _)
            | Action::Copy(place, _) => place,
        };
        let (pool, listener) = (self.pool(place), self.listener.clone());
        self.spawn(act(pool, action, listener));
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
            futures_util::future::join_all(self.pools.values().map(|pool| pool.idle.close())).await;
        };
        let _ = tokio::time::timeout(PARTING, parting).await;
        // what came to its end meanwhile
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
