//! How started jobs come back, and what ends with them.

use super::{Effect, End, Outcome, Phase, Queue, Slot, Stopping};
use crate::model::command::QuestionId;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchId, JobId, JobState};
use crate::plan::retry::retry_after;

impl Queue {
    /// A started job has come back. `question` is a fresh number, used if it asks.
    pub fn finished(&mut self, id: JobId, outcome: Outcome, question: QuestionId) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(slot) = self.jobs.get_mut(&id) else {
            return effects;
        };
        match (outcome, slot.phase) {
            // what was complete before the stop reached it is complete
            (
                Outcome::Done {
                    bytes,
                    before,
                    earlier,
                    millis,
                    note,
                },
                _,
            ) => {
                self.totals.done(slot, bytes);
                let state = JobState::Done {
                    bytes,
                    before,
                    earlier,
                    millis,
                    note,
                };
                self.end(id, End::Good, state, &mut effects);
            }
            (outcome, Phase::Stopping(Stopping::Back)) => {
                slot.tries -= 1;
                if let Outcome::Failed(failure) = outcome {
                    // what it has left, and where, is to be told also where nobody can connect later
                    slot.last = Some(Box::new(failure));
                }
                effects.push(Effect::Tell(Event::JobChanged(id, slot.resting())));
                self.make_ready(id);
            }
            (Outcome::Cancelled, _) | (_, Phase::Stopping(Stopping::Out)) => {
                self.end(id, End::Left, JobState::Cancelled, &mut effects);
            }
            (Outcome::Skipped(why), _) => self.end(id, End::Good, JobState::Skipped(why), &mut effects),
            (Outcome::Failed(failure), _) if failure.full => {
                if self.attended {
                    // held with the others
                    slot.tries -= 1;
                    slot.phase = Phase::Sleeping;
                    slot.held = None;
                    self.met_full(id, &failure, &mut effects);
                } else {
                    let state = JobState::Failed(failure.clone());
                    self.met_full(id, &failure, &mut effects);
                    self.end(id, End::Failed, state, &mut effects);
                }
            }
            (Outcome::Failed(failure), _) => self.failed(id, failure, &mut effects),
            (Outcome::NoSession(failure), _) => self.met_nobody(id, failure, &mut effects),
            (Outcome::Conflict(asked), _) => self.met_conflict(id, asked, question, &mut effects),
            (Outcome::InPlace(asked), _) => self.met_unsafe(id, asked, question, &mut effects),
        }
        effects
    }

    /// A try has failed: the job sleeps, or it is over.
    fn failed(&mut self, id: JobId, failure: Failure, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        let Some(delay) = retry_after(&failure, slot.tries, self.retries) else {
            return self.end(id, End::Failed, JobState::Failed(failure), effects);
        };
        if slot.held.is_some() {
            slot.last = Some(Box::new(failure));
            // it was held while it ran, as what goes there is full
            effects.push(Effect::Tell(Event::JobChanged(id, slot.resting())));
            return self.make_ready(id);
        }
        slot.phase = Phase::Sleeping;
        slot.last = Some(Box::new(failure.clone()));
        effects.push(Effect::Tell(Event::JobChanged(id, JobState::Retrying(failure))));
        effects.push(Effect::Wake(id, delay));
    }

    /// Ends a job, and with a folder that was not made all that was to go into it, however deep.
    pub(super) fn end(&mut self, id: JobId, end: End, state: JobState, effects: &mut Vec<Effect>) {
        let mut ahead = vec![(id, end, state)];
        while let Some((id, end, state)) = ahead.pop() {
            let Some(slot) = self.jobs.get_mut(&id) else {
                continue;
            };
            if matches!(slot.phase, Phase::Over(_)) {
                continue;
            }
            slot.phase = Phase::Over(end);
            slot.last = None;
            let batch = slot.job.batch;
            if end != End::Good {
                slot.policy = slot.policy.or(self.batches.get(&batch).map(|batch| batch.policy));
            }
            self.order.leave(slot.connection, slot.job.rank);
            if end != End::Good || matches!(state, JobState::Skipped(_)) {
                self.totals.leave(slot);
            }
            effects.push(Effect::Tell(Event::JobChanged(id, state)));
            if let Some(open) = self.batches.get_mut(&batch) {
                open.open -= 1;
            }
            let below = self.blocked.remove(&id).unwrap_or_default();
            if end == End::Good {
                below.into_iter().for_each(|id| self.unblock(id));
            } else {
                // reversed: the first of them is on top
                ahead.extend(below.into_iter().rev().map(|id| {
                    let (end, state) = without_folder(end);
                    (id, end, state)
                }));
            }
            self.close_if_over(batch, effects);
        }
    }

    /// A file that went well is of no more interest where nobody watches: a hundred thousand of them would only
    /// take room.
    pub fn forget_good(&mut self, id: JobId) {
        let is_good = |slot: &Slot| slot.phase == Phase::Over(End::Good) && slot.is_file();
        if !self.attended && self.jobs.get(&id).is_some_and(is_good) {
            self.jobs.remove(&id);
        }
    }

    fn unblock(&mut self, id: JobId) {
        if self
            .jobs
            .get(&id)
            .is_some_and(|slot| matches!(slot.phase, Phase::Blocked(_)))
        {
            self.make_ready(id);
        }
    }

    pub(super) fn close_if_over(&mut self, batch: BatchId, effects: &mut Vec<Effect>) {
        if self
            .batches
            .get(&batch)
            .is_some_and(|b| !b.walking && b.open == 0)
        {
            let connection = self.batches.remove(&batch).map(|batch| batch.connection);
            effects.push(Effect::Tell(Event::BatchOver(batch)));
            if let Some(connection) = connection.filter(|of| !self.has_open(*of)) {
                effects.extend(self.reached(connection));
            }
        }
    }
}

/// How a job ends whose folder was not made.
pub(super) fn without_folder(folder: End) -> (End, JobState) {
    if folder == End::Left {
        return (End::Left, JobState::Cancelled);
    }
    let failure = Failure::new(
        Class::Other,
        "Not transferred",
        "the folder it belongs in could not be made",
    );
    (End::Failed, JobState::Failed(failure))
}
