//! Taking out and trying again, by the job, the batch, or all at once.

use std::collections::BTreeSet;

use super::{Batch, Effect, End, Phase, Queue, Stopping};
use crate::model::command::Extent;
use crate::model::event::Event;
use crate::model::job::{BatchId, Hold, JobId, JobState};

impl Queue {
    /// The jobs meant that are not over.
    pub(super) fn open_jobs(&self, extent: Extent) -> Vec<JobId> {
        match extent {
            Extent::Job(id) => vec![id],
            Extent::Batch(batch) => {
                let open = self
                    .jobs
                    .values()
                    .filter(|s| s.job.batch == batch && !s.is_over());
                open.map(|s| s.job.id).collect()
            }
            Extent::All => self.order.ids().collect(),
        }
    }

    /// The batches meant as a whole that are not over.
    pub fn open_batches(&self, extent: Extent) -> Vec<BatchId> {
        match extent {
            Extent::Job(_) => Vec::new(),
            Extent::Batch(batch) => vec![batch],
            Extent::All => self.batches.keys().copied().collect(),
        }
    }

    /// Takes jobs out; running ones are stopped first. What a walk finds later for a batch is not
    /// taken in any more.
    pub fn cancel(&mut self, extent: Extent) -> Vec<Effect> {
        let mut effects = Vec::new();
        for id in self.open_jobs(extent) {
            self.take_out(id, &mut effects);
        }
        for batch in self.open_batches(extent) {
            if let Some(open) = self.batches.get_mut(&batch) {
                open.walking = false;
            }
            self.close_if_over(batch, &mut effects);
        }
        effects
    }

    fn take_out(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        match slot.phase {
            Phase::Running => {
                slot.phase = Phase::Stopping(Stopping::Out);
                effects.push(Effect::Stop(id));
            }
            Phase::Stopping(_) => slot.phase = Phase::Stopping(Stopping::Out),
            Phase::Over(_) => {}
            Phase::Asking(question) => {
                // it may be its dismissal that takes the job out
                self.withdraw(question, id, effects);
                self.end(id, End::Left, JobState::Cancelled, effects);
            }
            Phase::Waiting | Phase::Blocked(_) | Phase::Sleeping => {
                self.end(id, End::Left, JobState::Cancelled, effects);
            }
        }
    }

    /// Tries again what is over: the job, unless it is done; of a batch or of all, what failed. A
    /// folder that was not made is tried again with what goes into it.
    pub fn retry(&mut self, extent: Extent) -> Vec<Effect> {
        let failed = Phase::Over(End::Failed);
        let meant = |wanted: &dyn Fn(BatchId) -> bool| -> Vec<JobId> {
            let failed = self
                .jobs
                .values()
                .filter(|s| s.phase == failed && wanted(s.job.batch));
            failed.map(|s| s.job.id).collect()
        };
        let jobs = match extent {
            Extent::Job(id) => vec![id],
            Extent::Batch(batch) => meant(&|of| of == batch),
            Extent::All => meant(&|_| true),
        };
        // folders have lower numbers than what goes into them: they come first
        let mut again = BTreeSet::new();
        for id in jobs {
            let mut at = Some(id);
            while let Some(slot) = at.and_then(|id| self.jobs.get(&id)).filter(|slot| {
                matches!(slot.phase, Phase::Over(End::Failed | End::Left)) && again.insert(slot.job.id)
            }) {
                at = slot.folder;
            }
        }
        let mut effects = Vec::new();
        for id in again {
            self.open_again(id, &mut effects);
        }
        effects
    }

    fn open_again(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        let paused = self.paused;
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        slot.tries = 0;
        slot.held = paused.then(|| Box::new(Hold::Paused));
        self.totals.want(slot);
        self.order.enter(slot.job.rank, id);
        let batch = self.batches.entry(slot.job.batch).or_insert_with(|| Batch {
            connection: slot.connection,
            direction: slot.job.direction,
            policy: slot.policy.unwrap_or_default(),
            left: false,
            care: slot.care,
            top: slot.job.item.local.parent().map(Into::into).unwrap_or_default(),
            major: slot.job.rank.major,
            held: None,
            walking: false,
            open: 0,
        });
        batch.open += 1;
        effects.push(Effect::Tell(Event::JobChanged(id, slot.resting())));
        self.make_ready(id);
    }
}
