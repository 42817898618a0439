//! What the queue wants done, done.

use std::sync::Arc;
use std::time::Duration;

use super::{Loop, Note};
use crate::engine::kept;
use crate::engine::task::say_kept;
use crate::model::event::Event;
use crate::model::job::{Direction, JobId, JobState};
use crate::plan::queue::{Effect, Outcome};
use crate::plan::resume::outlasts;

impl Loop {
    /// A job that has come back may show that its server is there.
    pub(super) fn reached(&mut self, job: JobId, outcome: &Outcome) -> Vec<Effect> {
        let connection = self.queue.connection(job);
        let reached = connection.filter(|connection| {
            let pool = self.pools.get(connection);
            !matches!(outcome, Outcome::NoSession(_)) && pool.is_some_and(|pool| pool.is_open())
        });
        reached.map_or_else(Vec::new, |connection| self.queue.reached(connection))
    }

    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Tell(mut event) => {
                    // it may have failed while it waited, for its server most likely
                    if let Event::JobChanged(job, JobState::Failed(failure)) = &mut event
                        && self.origins.kept.bytes(*job).is_some()
                    {
                        say_kept(failure);
                    }
                    self.journal.told(&event, &self.queue);
                    self.discard_pieces(&event);
                    match event {
                        Event::BatchOver(batch) => {
                            self.batches.remove(&batch);
                            self.tell_when_durable(Event::BatchOver(batch));
                        }
                        event => self.listener.tell(event),
                    }
                }
                Effect::SetAside(job) => {
                    if let Some((_, cancel)) = self.running.get(&job) {
                        cancel.cancel();
                    }
                }
                Effect::Stop(job) => {
                    if let Some((_, cancel)) = self.running.get(&job) {
                        self.origins.kept.unwant(job);
                        cancel.cancel();
                    }
                }
                Effect::Wake(job, delay) => self.remind(delay, Note::Due(job)),
                Effect::TryServer(connection, tries, delay) => {
                    self.remind(delay, Note::TryServer(connection, tries));
                }
            }
        }
    }

    /// Deletes what jobs have left half-done that will not go on. At the end of the program all of it is
    /// left for the next run.
    fn discard_pieces(&mut self, event: &Event) {
        let Event::JobChanged(job, state) = event else {
            return;
        };
        let is_wanted = match state {
            JobState::Failed(failure) => outlasts(failure),
            state => !state.is_over(),
        };
        if state.is_over() {
            self.meter.forget(*job);
        }
        if is_wanted || self.end.is_cancelled() {
            return;
        }
        if let Some(piece) = self.origins.kept.take(*job) {
            let connection = self.queue.connection(*job);
            let pool = connection.and_then(|connection| self.pools.get(&connection).cloned());
            self.spawn(kept::discard(piece, pool));
        }
    }

    /// A job has come back: how much of it is kept.
    pub(super) fn tell_kept(&mut self, job: JobId) {
        if let Some(bytes) = self.origins.kept.bytes(job) {
            self.keep(job, bytes);
        }
    }

    /// So much of a job that does not run is there.
    pub(super) fn keep(&mut self, job: JobId, bytes: u64) {
        if self.queue.is_open(job) {
            self.meter.keep(job, bytes);
        }
        // how much there is of a download its run's heir sees for itself
        let direction = self.queue.job(job).map(|job| job.direction);
        if direction == Some(Direction::Upload) {
            self.journal.kept(job, bytes);
        }
        self.listener.tell(Event::Kept(job, bytes));
    }

    /// Sees to it that what is downloaded is on the disk soon.
    pub(super) fn keep_durable(&self) {
        let listener = self.listener.clone();
        let tell = move |failure| listener.tell(Event::Failed(failure));
        self.spawn(Arc::clone(&self.durable).keep(tell));
    }

    /// Tells an event when what has been downloaded is on the disk.
    fn tell_when_durable(&self, event: Event) {
        let (durable, listener) = (Arc::clone(&self.durable), self.listener.clone());
        self.tasks.spawn(async move {
            if let Some(failure) = durable.sync().await {
                listener.tell(Event::Failed(failure));
            }
            listener.tell(event);
        });
    }

    /// Sends a note to this loop after a while.
    fn remind(&self, delay: Duration, note: Note) {
        let notes = self.notes.clone();
        self.spawn(async move {
            tokio::time::sleep(delay).await;
            let _ = notes.send(note);
        });
    }
}
