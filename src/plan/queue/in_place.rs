//! The question whether files may be written in place: asked once for a connection, however many jobs
//! wait for the answer.

use super::{Effect, Phase, Queue};
use crate::model::command::QuestionId;
use crate::model::event::{Event, Question};
use crate::model::job::{ConnectionId, JobId, JobState};

/// How far the question is.
#[derive(Debug)]
pub(super) enum InPlace {
    /// Asked; these jobs wait for the answer.
    Asking(QuestionId, Vec<JobId>),
    /// Answered: what the answer was the lanes know.
    Answered,
}

impl Queue {
    /// A job's folder does not take it safely: it goes on by the answer, or waits for it.
    pub(super) fn met_unsafe(
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
        let number = match self.in_place.get_mut(&slot.connection) {
            Some(InPlace::Answered) => return self.wait_again(id, effects),
            Some(InPlace::Asking(number, jobs)) => {
                jobs.push(id);
                *number
            }
            None => {
                let asking = InPlace::Asking(question, vec![id]);
                self.in_place.insert(slot.connection, asking);
                question
            }
        };
        slot.phase = Phase::Asking(number);
        effects.push(Effect::Tell(Event::JobChanged(id, JobState::Asking)));
        if number == question {
            effects.push(Effect::Tell(Event::Question {
                id: question,
                question: asked,
            }));
        }
    }

    fn wait_again(&mut self, id: JobId, effects: &mut Vec<Effect>) {
        if let Some(slot) = self.jobs.get(&id) {
            effects.push(Effect::Tell(Event::JobChanged(id, slot.resting())));
            self.make_ready(id);
        }
    }

    /// The connection that a question about writing in place was asked for.
    pub fn in_place_of(&self, question: QuestionId) -> Option<ConnectionId> {
        self.in_place.iter().find_map(|(connection, state)| match state {
            InPlace::Asking(number, _) if *number == question => Some(*connection),
            _ => None,
        })
    }

    /// It has been answered: every job that waited for it goes on.
    pub fn answer_in_place(&mut self, question: QuestionId) -> Vec<Effect> {
        let mut effects = Vec::new();
        let Some(connection) = self.in_place_of(question) else {
            return effects;
        };
        if let Some(InPlace::Asking(_, jobs)) = self.in_place.insert(connection, InPlace::Answered) {
            for id in jobs {
                self.wait_again(id, &mut effects);
            }
        }
        effects
    }

    /// The connection is made, or made anew: what was answered for it counts no more. `in_place` says that
    /// its entry has the answer.
    pub fn connects(&mut self, connection: ConnectionId, in_place: bool) {
        match self.in_place.get(&connection) {
            Some(InPlace::Asking(..)) => {}
            _ if in_place => drop(self.in_place.insert(connection, InPlace::Answered)),
            _ => drop(self.in_place.remove(&connection)),
        }
    }

    /// A job that asks waits for its answer no more; the question is void where nobody else does.
    pub(super) fn withdraw(&mut self, question: QuestionId, id: JobId, effects: &mut Vec<Effect>) {
        if self.asked.remove(&question).is_some() || self.waits_alone(question, id) {
            effects.push(Effect::Tell(Event::QuestionVoid(question)));
        }
    }

    /// Takes a job out of those that wait for this answer; whether it was the last one.
    fn waits_alone(&mut self, question: QuestionId, id: JobId) -> bool {
        let Some(connection) = self.in_place_of(question) else {
            return false;
        };
        let Some(InPlace::Asking(_, jobs)) = self.in_place.get_mut(&connection) else {
            return false;
        };
        jobs.retain(|job| *job != id);
        let nobody = jobs.is_empty();
        if nobody {
            self.in_place.remove(&connection);
        }
        nobody
    }
}
