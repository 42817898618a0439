//! How started jobs come back, and what ends with them.

use super::{Effect, End, Outcome, Phase, Queue};
use crate::model::command::QuestionId;
use crate::model::entry::Kind;
use crate::model::event::{Event, Question};
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchId, ConnectionId, JobId, JobState, Policy};
use crate::plan::retry::retry_after;

impl Queue {
    /// A started job has come back. `question` is a fresh number, used if it asks.
    pub fn finished(&mut self, id: JobId, outcome: Outcome, question: QuestionId) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(slot) = self.jobs.get_mut(&id) else {
            return effects;
        };
        let stopping = slot.phase == Phase::Stopping;
        match outcome {
            // what was complete before the stop reached it is complete
            Outcome::Done { bytes, millis, note } => {
                let size = slot
                    .job
                    .item
                    .size
                    .filter(|_| slot.job.item.kind != Kind::Dir)
                    .unwrap_or(0);
                self.totals.moved += bytes;
                self.totals.wanted = self.totals.wanted - size.min(self.totals.wanted) + bytes;
                let state = JobState::Done { bytes, millis, note };
                self.end(id, End::Good, state, &mut effects);
            }
            Outcome::Cancelled => self.end(id, End::Left, JobState::Cancelled, &mut effects),
            _ if stopping => self.end(id, End::Left, JobState::Cancelled, &mut effects),
            Outcome::Skipped(why) => self.end(id, End::Good, JobState::Skipped(why), &mut effects),
            Outcome::Failed(failure) => {
                self.failed(id, failure, &mut effects);
            }
            Outcome::NoSession(failure) => {
                slot.unreached += 1;
                let connection = slot.connection;
                // one bad moment after other troubles proves nothing about the connection
                let proved = !failure.transient || slot.unreached == slot.tries;
                if self.failed(id, failure.clone(), &mut effects) && proved {
                    self.give_up(connection, &failure, &mut effects);
                }
            }
            Outcome::Conflict(asked) => self.met_conflict(id, asked, question, &mut effects),
            Outcome::InPlace(asked) => self.met_unsafe(id, asked, question, &mut effects),
        }
        effects
    }

    /// A try has failed: the job sleeps, or it is over. Whether it is over.
    fn failed(&mut self, id: JobId, failure: Failure, effects: &mut Vec<Effect>) -> bool {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return false;
        };
        let Some(delay) = retry_after(&failure, slot.tries, self.retries) else {
            self.end(id, End::Failed, JobState::Failed(failure), effects);
            return true;
        };
        slot.phase = Phase::Sleeping;
        effects.push(Effect::Tell(Event::JobChanged(id, JobState::Retrying(failure))));
        effects.push(Effect::Wake(id, delay));
        false
    }

    /// Nobody can connect: what waits for this connection fails now. A hundred thousand jobs would
    /// else try one after the other, and a server shuts out who logs in wrongly so often.
    fn give_up(&mut self, connection: ConnectionId, failure: &Failure, effects: &mut Vec<Effect>) {
        self.waiting.remove(&connection);
        let idle: Vec<JobId> = self
            .jobs
            .values()
            .filter(|s| s.connection == connection && matches!(s.phase, Phase::Waiting | Phase::Sleeping))
            .map(|s| s.job.id)
            .collect();
        for id in idle {
            self.end(id, End::Failed, JobState::Failed(failure.clone()), effects);
        }
    }

    /// The target exists: the job goes on by an answer for the whole batch that was given while it
    /// ran, or asks.
    fn met_conflict(&mut self, id: JobId, asked: Question, question: QuestionId, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        slot.tries -= 1;
        let decided = self
            .batches
            .get(&slot.job.batch)
            .map(|batch| batch.policy)
            .filter(|policy| *policy != Policy::Ask);
        if let Some(policy) = decided
            && slot.policy.unwrap_or(Policy::Ask) == Policy::Ask
        {
            return self.go_on(id, policy, effects);
        }
        slot.phase = Phase::Asking(question);
        self.asked.insert(question, id);
        effects.push(Effect::Tell(Event::JobChanged(id, JobState::Asking)));
        effects.push(Effect::Tell(Event::Question {
            id: question,
            question: asked,
        }));
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
            let (batch, item) = (slot.job.batch, &slot.job.item);
            if end != End::Good || matches!(state, JobState::Skipped(_)) {
                let size = item.size.filter(|_| item.kind != Kind::Dir).unwrap_or(0);
                self.totals.wanted -= size.min(self.totals.wanted);
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

    fn unblock(&mut self, id: JobId) {
        if let Some(slot) = self.jobs.get_mut(&id)
            && matches!(slot.phase, Phase::Blocked(_))
        {
            slot.phase = Phase::Waiting;
            self.waiting.entry(slot.connection).or_default().push_back(id);
        }
    }

    pub(super) fn close_if_over(&mut self, batch: BatchId, effects: &mut Vec<Effect>) {
        if self
            .batches
            .get(&batch)
            .is_some_and(|b| !b.walking && b.open == 0)
        {
            self.batches.remove(&batch);
            effects.push(Effect::Tell(Event::BatchOver(batch)));
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
