//! The one order of all jobs that are not over, and which of them are ready.
//!
//! A job's rank is its batch's place and its place therein. A job that is moved to the top leaves its
//! batch's place; a batch that is moved gathers its jobs again. Every step of a single job costs
//! the logarithm of the queue's length; what moves a batch looks at all jobs once.

use std::collections::{BTreeMap, HashMap};

use super::{Effect, Phase, Queue};
use crate::model::command::{Extent, Shift};
use crate::model::event::Event;
use crate::model::job::{BatchId, ConnectionId, JobId, Rank};

/// The order.
#[derive(Debug, Default)]
pub(super) struct Order {
    all: BTreeMap<Rank, JobId>,
    ready: HashMap<ConnectionId, BTreeMap<Rank, JobId>>,
    first_major: i64,
    last_major: i64,
    last_minor: u64,
}

impl Order {
    /// A place before all others.
    fn first_major(&mut self) -> i64 {
        self.first_major -= 1;
        self.first_major
    }

    /// A place behind all others.
    pub(super) fn last_major(&mut self) -> i64 {
        self.last_major += 1;
        self.last_major
    }

    /// The last rank of this place so far.
    pub(super) fn rank(&mut self, major: i64) -> Rank {
        self.last_minor += 1;
        Rank {
            major,
            minor: self.last_minor,
        }
    }

    /// A job joins.
    pub(super) fn enter(&mut self, rank: Rank, id: JobId) {
        self.all.insert(rank, id);
    }

    /// A job may start.
    pub(super) fn make_ready(&mut self, connection: ConnectionId, rank: Rank, id: JobId) {
        self.ready.entry(connection).or_default().insert(rank, id);
    }

    /// It may not any more. Whether it might.
    pub(super) fn unready(&mut self, connection: ConnectionId, rank: Rank) -> bool {
        let ready = self.ready.get_mut(&connection);
        ready.is_some_and(|ready| ready.remove(&rank).is_some())
    }

    /// The first one that may start, which is ready no more.
    pub(super) fn take(&mut self, connection: ConnectionId) -> Option<JobId> {
        Some(self.ready.get_mut(&connection)?.pop_first()?.1)
    }

    /// A job is over.
    pub(super) fn leave(&mut self, connection: ConnectionId, rank: Rank) {
        self.all.remove(&rank);
        self.unready(connection, rank);
    }

    /// How many may start, by connection.
    pub(super) fn ready(&self) -> impl Iterator<Item = (ConnectionId, usize)> {
        let ready = self.ready.iter().filter(|(_, ready)| !ready.is_empty());
        ready.map(|(connection, ready)| (*connection, ready.len()))
    }

    /// All, in their order.
    pub(super) fn ids(&self) -> impl DoubleEndedIterator<Item = JobId> {
        self.all.values().copied()
    }

    fn before(&self, rank: Rank) -> impl Iterator<Item = JobId> {
        self.all.range(..rank).rev().map(|(_, id)| *id)
    }

    fn behind(&self, rank: Rank) -> impl Iterator<Item = JobId> {
        self.all.range(rank..).skip(1).map(|(_, id)| *id)
    }
}

impl Queue {
    /// Gives a job or a batch another place in the order; all of them have no other.
    pub fn shift(&mut self, extent: Extent, shift: Shift) -> Vec<Effect> {
        let mut moved = Vec::new();
        match (extent, shift) {
            (Extent::Job(id), Shift::Up | Shift::Down) => self.swap(id, shift, &mut moved),
            (Extent::Job(id), Shift::Top | Shift::Bottom) => self.place_alone(id, shift, &mut moved),
            (Extent::Batch(id), Shift::Up) => {
                if let Some(before) = self.batch_beside(id, shift) {
                    self.place_before(id, before, &mut moved);
                }
            }
            (Extent::Batch(id), Shift::Down) => {
                if let Some(behind) = self.batch_beside(id, shift) {
                    self.place_before(behind, id, &mut moved);
                }
            }
            (Extent::Batch(id), Shift::Top) => {
                let major = self.order.first_major();
                self.gather(id, major, &mut moved);
            }
            (Extent::Batch(id), Shift::Bottom) => {
                let major = self.order.last_major();
                self.gather(id, major, &mut moved);
            }
            (Extent::All, _) => {}
        }
        match moved.is_empty() {
            true => Vec::new(),
            false => vec![Effect::Tell(Event::JobsMoved(moved))],
        }
    }

    /// The rank of a job that is not over.
    fn rank(&self, id: JobId) -> Option<Rank> {
        let slot = self.jobs.get(&id).filter(|slot| !slot.is_over())?;
        Some(slot.job.rank)
    }

    fn set_rank(&mut self, id: JobId, rank: Rank, moved: &mut Vec<(JobId, Rank)>) {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        let before = std::mem::replace(&mut slot.job.rank, rank);
        let connection = slot.connection;
        if self.order.all.get(&before) == Some(&id) {
            self.order.all.remove(&before);
        }
        self.order.enter(rank, id);
        if self.order.unready(connection, before) {
            self.order.make_ready(connection, rank, id);
        }
        moved.push((id, rank));
    }

    /// Past the file beside it: people see files, not the folders that are made for them.
    fn swap(&mut self, id: JobId, shift: Shift, moved: &mut Vec<(JobId, Rank)>) {
        let Some(rank) = self.rank(id) else {
            return;
        };
        let is_file = |id: &JobId| self.jobs.get(id).is_some_and(super::Slot::is_file);
        let other = match shift {
            Shift::Up => self.order.before(rank).find(is_file),
            _ => self.order.behind(rank).find(is_file),
        };
        let Some((other, place)) = other.and_then(|other| Some((other, self.rank(other)?))) else {
            return;
        };
        // both leave their places first, or the second would find the first in its own
        let ready: Vec<JobId> = [(id, rank), (other, place)]
            .into_iter()
            .filter(|(id, rank)| {
                let connection = self.jobs.get(id).map(|slot| slot.connection);
                connection.is_some_and(|connection| self.order.unready(connection, *rank))
            })
            .map(|(id, _)| id)
            .collect();
        self.set_rank(id, place, moved);
        self.set_rank(other, rank, moved);
        for id in ready {
            if let Some(slot) = self.jobs.get(&id) {
                self.order.make_ready(slot.connection, slot.job.rank, id);
            }
        }
    }

    /// Before or behind all others; to the top it takes the folders with it that it waits for.
    fn place_alone(&mut self, id: JobId, shift: Shift, moved: &mut Vec<(JobId, Rank)>) {
        if self.rank(id).is_none() {
            return;
        }
        let (ids, major) = match shift {
            Shift::Top => (self.with_folders(id), self.order.first_major()),
            _ => (vec![id], self.order.last_major()),
        };
        for id in ids {
            let rank = self.order.rank(major);
            self.set_rank(id, rank, moved);
        }
    }

    /// The folders that a job waits for, the outermost first, and the job.
    pub(super) fn with_folders(&self, id: JobId) -> Vec<JobId> {
        let mut ids = vec![id];
        let mut at = id;
        while let Some(Phase::Blocked(folder)) = self.jobs.get(&at).map(|slot| slot.phase) {
            ids.push(folder);
            at = folder;
        }
        ids.reverse();
        ids
    }

    fn of_batch(&self, batch: BatchId) -> impl Iterator<Item = JobId> {
        let is_of = move |id: &JobId| self.jobs.get(id).is_some_and(|slot| slot.job.batch == batch);
        self.order.ids().filter(is_of)
    }

    /// The batch whose jobs come before or behind the first one of this batch.
    fn batch_beside(&self, batch: BatchId, shift: Shift) -> Option<BatchId> {
        let first = self.rank(self.of_batch(batch).next()?)?;
        let batch_of = |id: JobId| self.jobs.get(&id).map(|slot| slot.job.batch);
        let other = |of: &BatchId| *of != batch;
        match shift {
            Shift::Up => self.order.before(first).filter_map(batch_of).find(other),
            _ => self.order.behind(first).filter_map(batch_of).find(other),
        }
    }

    /// The two batches change places where they do not stand so already.
    fn place_before(&mut self, first: BatchId, second: BatchId, moved: &mut Vec<(JobId, Rank)>) {
        let major = |id| self.batches.get(&id).map(|batch| batch.major);
        if let (Some(a), Some(b)) = (major(first), major(second)) {
            self.gather(first, a.min(b), moved);
            self.gather(second, a.max(b), moved);
        }
    }

    /// Brings all jobs of a batch to one place, in the order they are in; what joins it later comes
    /// behind them.
    fn gather(&mut self, batch: BatchId, major: i64, moved: &mut Vec<(JobId, Rank)>) {
        let Some(open) = self.batches.get_mut(&batch) else {
            return;
        };
        open.major = major;
        let jobs: Vec<JobId> = self.of_batch(batch).collect();
        for id in jobs {
            let rank = self.order.rank(major);
            self.set_rank(id, rank, moved);
        }
    }
}
