//! What a person says about writing in place.

use super::Loop;
use crate::model::command::{InPlaceAnswer, QuestionId};
use crate::model::event::Event;

impl Loop {
    /// A person has said whether files may be written in place: all jobs that waited for it go on.
    pub(super) fn decide_in_place(&mut self, question: QuestionId, answer: InPlaceAnswer) {
        if let Some(pool) = self
            .queue
            .in_place_of(question)
            .and_then(|id| self.pools.get(&id))
        {
            pool.placing.decide(answer != InPlaceAnswer::No);
            if answer == InPlaceAnswer::Remember {
                let name = pool.connection.server.name.clone();
                self.listener.tell(Event::InPlace(name));
            }
        }
        let effects = self.queue.answer_in_place(question);
        self.carry_out(effects);
    }
}
