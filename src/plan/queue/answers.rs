//! Conflicts: a question parks its job only, and an answer reaches as far as it says.

use super::{Batch, Effect, End, Phase, Queue};
use crate::model::command::{Extent, QuestionId, Scope};
use crate::model::event::{Event, Question};
use crate::model::job::{BatchId, JobId, JobState, Policy};
use crate::plan::conflict::undecided;

impl Queue {
    /// Whether this question was asked by a job.
    pub fn has_asked(&self, question: QuestionId) -> bool {
        self.asked.contains_key(&question)
    }

    /// Which job has asked this, and for which batches an answer of this scope is one.
    pub fn reach(&self, question: QuestionId, scope: Scope) -> Option<(JobId, Vec<BatchId>)> {
        let job = *self.asked.get(&question)?;
        let batch = self.jobs.get(&job)?.job.batch;
        let batches = match (scope, self.batches.get(&batch)) {
            (Scope::Once, _) | (_, None) => Vec::new(),
            (Scope::Batch, Some(_)) => vec![batch],
            (Scope::Always, Some(one)) => {
                // what was asked for in another way stays as it was asked for
                let alike = |other: &Batch| {
                    (other.connection, other.direction) == (one.connection, one.direction)
                        && other.policy == Policy::Ask
                };
                let alike = self
                    .batches
                    .iter()
                    .filter(|(id, other)| **id == batch || alike(other));
                alike.map(|(id, _)| *id).collect()
            }
        };
        Some((job, batches))
    }

    /// A person has decided about a conflict; `None` takes the job out, or leaves it to a later run where
    /// nobody watches this one.
    pub fn answer(&mut self, question: QuestionId, decided: Option<(Policy, Scope)>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let reach = decided.and_then(|(_, scope)| self.reach(question, scope));
        let Some(id) = self.asked.remove(&question) else {
            return effects;
        };
        let Some((policy, _)) = decided else {
            let Some(slot) = self.jobs.get(&id).filter(|_| !self.attended) else {
                return self.cancel(Extent::Job(id));
            };
            let state = JobState::Failed(undecided(&slot.job));
            self.end(id, End::Failed, state, &mut effects);
            return effects;
        };
        let Some((_, same)) = reach else {
            return effects;
        };
        self.go_on_by(id, policy, &mut effects);
        for id in &same {
            if let Some(open) = self.batches.get_mut(id) {
                open.policy = policy;
            }
        }
        let is_same = |job: &JobId| self.jobs.get(job).is_some_and(|s| same.contains(&s.job.batch));
        let also: Vec<(QuestionId, JobId)> = self
            .asked
            .iter()
            .filter(|(_, job)| is_same(job))
            .map(|(question, job)| (*question, *job))
            .collect();
        for (question, job) in also {
            self.asked.remove(&question);
            effects.push(Effect::Tell(Event::QuestionVoid(question)));
            self.go_on_by(job, policy, &mut effects);
        }
        effects
    }

    /// The job goes on by this policy.
    fn go_on_by(&mut self, id: JobId, policy: Policy, effects: &mut Vec<Effect>) {
        if let Some(slot) = self.jobs.get_mut(&id) {
            slot.policy = Some(policy);
            effects.push(Effect::Tell(Event::JobChanged(id, slot.resting())));
            self.make_ready(id);
        }
    }

    /// The target exists: the job goes on by an answer for the whole batch that was given while it
    /// ran, or asks.
    pub(super) fn met_conflict(
        &mut self,
        id: JobId,
        asked: Question,
        question: QuestionId,
        effects: &mut Vec<Effect>,
    ) {
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
            return self.go_on_by(id, policy, effects);
        }
        slot.phase = Phase::Asking(question);
        self.asked.insert(question, id);
        effects.push(Effect::Tell(Event::JobChanged(id, JobState::Asking)));
        effects.push(Effect::Tell(Event::Question {
            id: question,
            question: asked,
        }));
    }
}
