//! Holding jobs, and letting them go on.

use super::{Effect, End, Phase, Queue, Slot, Stopping};
use crate::model::command::Extent;
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::model::job::{BatchId, ConnectionId, Direction, Hold, JobId, JobState};

impl Queue {
    /// A person pauses jobs. What runs is set aside, and continued when it goes on.
    pub fn hold(&mut self, extent: Extent) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.paused |= extent == Extent::All;
        for batch in self.open_batches(extent) {
            if let Some(open) = self.batches.get_mut(&batch) {
                open.held.get_or_insert(Hold::Paused);
            }
        }
        for id in self.open_jobs(extent) {
            if let Some(slot) = self.jobs.get_mut(&id)
                && slot.phase == Phase::Running
            {
                slot.phase = Phase::Stopping(Stopping::Back);
                effects.push(Effect::SetAside(id));
            }
            self.hold_one(id, Hold::Paused, &mut effects);
        }
        effects
    }

    /// A person had paused a batch in an earlier run: what its walk is still to find is held.
    pub fn hold_what_comes(&mut self, batch: BatchId) {
        if let Some(open) = self.batches.get_mut(&batch) {
            open.held.get_or_insert(Hold::Paused);
        }
    }

    /// Whether a person has paused everything, what is still to come too.
    pub fn is_paused(&self) -> bool {
        self.paused
    }

    /// Holds a job that is not over; a running one when it comes back.
    fn hold_one(&mut self, id: JobId, hold: Hold, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        let taken_out = slot.phase == Phase::Stopping(Stopping::Out);
        if slot.is_over() || taken_out || slot.held.is_some() {
            return;
        }
        slot.held = Some(Box::new(hold));
        match slot.phase {
            Phase::Waiting => {
                self.order.unready(slot.connection, slot.job.rank);
            }
            Phase::Sleeping => slot.phase = Phase::Waiting,
            Phase::Blocked(_) => {}
            // it says so when it is answered, or has stopped
            Phase::Asking(_) | Phase::Running | Phase::Stopping(_) | Phase::Over(_) => return,
        }
        effects.push(Effect::Tell(Event::JobChanged(id, slot.resting())));
    }

    /// Lets what is held go on; a server that is waited for is tried at once. A single job takes the
    /// folders with it that it waits for.
    pub fn go_on(&mut self, extent: Extent) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.paused &= extent != Extent::All;
        for batch in self.open_batches(extent) {
            if let Some(open) = self.batches.get_mut(&batch) {
                open.held = None;
            }
        }
        let jobs = match extent {
            Extent::Job(id) => self.with_folders(id),
            _ => self.open_jobs(extent),
        };
        let mut connections: Vec<ConnectionId> = Vec::new();
        for id in jobs {
            let Some(slot) = self.jobs.get_mut(&id) else {
                continue;
            };
            connections.push(slot.connection);
            if slot.held.take().is_none() {
                continue;
            }
            match slot.phase {
                Phase::Waiting => self.order.make_ready(slot.connection, slot.job.rank, id),
                Phase::Blocked(_) => {}
                _ => continue,
            }
            effects.push(Effect::Tell(Event::JobChanged(id, JobState::Waiting)));
        }
        connections.sort_unstable();
        connections.dedup();
        for connection in connections {
            self.try_now(connection, &mut effects);
        }
        effects
    }

    /// What this job goes to is full. What else goes there is not tried one by one: it is held, with
    /// that reason, until a person has made room; where there is none, it fails. What runs may be
    /// small enough, and tells itself how it ends.
    pub(super) fn met_full(&mut self, id: JobId, failure: &Failure, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get(&id) else {
            return;
        };
        let (connection, direction, batch) = (slot.connection, slot.job.direction, slot.job.batch);
        let hold = Hold::Full(failure.clone());
        let batches = self.filling_the_same(connection, direction, batch);
        for batch in &batches {
            if let Some(open) = self.batches.get_mut(batch) {
                open.held = Some(hold.clone());
            }
        }
        let goes_there =
            |slot: &Slot| batches.contains(&slot.job.batch) && !slot.is_over() && slot.held.is_none();
        let jobs: Vec<(JobId, Phase)> = self
            .jobs
            .values()
            .filter(|slot| goes_there(slot))
            .map(|slot| (slot.job.id, slot.phase))
            .collect();
        for (id, phase) in jobs {
            match phase {
                Phase::Running | Phase::Stopping(_) => {}
                _ if self.attended => self.hold_one(id, hold.clone(), effects),
                phase => {
                    if let Phase::Asking(question) = phase {
                        self.withdraw(question, id, effects);
                    }
                    let failure = failure.clone().while_trying("Not transferred");
                    self.end(id, End::Failed, JobState::Failed(failure), effects);
                }
            }
        }
    }

    /// The open batches that fill what this one fills: the server, or the disk of the folder they
    /// go into.
    fn filling_the_same(
        &self,
        connection: ConnectionId,
        direction: Direction,
        batch: BatchId,
    ) -> Vec<BatchId> {
        let Some(one) = self.batches.get(&batch) else {
            return Vec::new();
        };
        let same = self.batches.iter().filter(|(_, other)| match direction {
            _ if other.direction != direction => false,
            Direction::Upload => other.connection == connection,
            // one below the other are on one disk, mostly
            Direction::Download => other.top.starts_with(&one.top) || one.top.starts_with(&other.top),
        });
        same.map(|(id, _)| *id).collect()
    }
}
