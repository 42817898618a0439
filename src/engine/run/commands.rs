//! What commands ask for, begun.

use std::sync::{Arc, Weak};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::Loop;
use crate::engine::actions::{Action, act};
use crate::engine::browse::{self, not_connected};
use crate::engine::pool::Pool;
use crate::engine::{checksum, count, erase, explore, look, permissions, raw, reading};
use crate::ftp::connection::Connection;
use crate::model::command::{
    Answer, Command, Exploration, Extent, Generation, InPlaceAnswer, Place, Reading,
};
use crate::model::event::Event;
use crate::model::job::ConnectionId;
use crate::model::secret::Secret;
use crate::model::server::{Patience, Server};

impl Loop {
    pub(super) fn command(&mut self, command: Command) {
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
            Command::LookAt { place, generation } => {
                let (pool, listener) = (self.pool(&place), self.listener.clone());
                self.spawn(look::look(pool, place, generation, listener));
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
}
