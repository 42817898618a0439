//! Questions that a task waits for; those of jobs park the job in the queue instead.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::listener::Listener;
use crate::model::command::{Answer, QuestionId};
use crate::model::event::{Event, Question};

/// Questions asked and not answered yet.
#[derive(Debug)]
pub(super) struct Questions {
    listener: Listener,
    next: AtomicU64,
    waiting: Mutex<HashMap<QuestionId, oneshot::Sender<Answer>>>,
}

impl Questions {
    pub(super) fn new(listener: Listener) -> Self {
        Self {
            listener,
            next: AtomicU64::new(1),
            waiting: Mutex::default(),
        }
    }

    /// A number no question has had yet.
    pub(super) fn number(&self) -> QuestionId {
        QuestionId(self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<QuestionId, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks and waits. If the waiting task is dropped, the question becomes void.
    pub(super) async fn ask(&self, question: Question) -> Answer {
        let id = self.number();
        let (sender, receiver) = oneshot::channel();
        self.waiting().insert(id, sender);
        let guard = Void { questions: self, id };
        self.listener.tell(Event::Question { id, question });
        let answer = receiver.await.unwrap_or(Answer::Dismissed);
        drop(guard);
        answer
    }

    /// Passes an answer on to who asked.
    pub(super) fn answer(&self, id: QuestionId, answer: Answer) {
        if let Some(sender) = self.waiting().remove(&id) {
            let _ = sender.send(answer);
        }
    }
}

struct Void<'q> {
    questions: &'q Questions,
    id: QuestionId,
}

impl Drop for Void<'_> {
    fn drop(&mut self) {
        if self.questions.waiting().remove(&self.id).is_some() {
            self.questions.listener.tell(Event::QuestionVoid(self.id));
        }
    }
}
