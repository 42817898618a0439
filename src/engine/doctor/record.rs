//! What was said while a step was taken: the doctor's own sessions tell their lines here, too.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::super::listener::Listener;
use crate::ftp::transcript::Sink;
use crate::model::diagnosis::{Examined, Step};
use crate::model::event::{DialogueLine, Event, Speaker};
use crate::model::job::ConnectionId;

/// How many lines of one step are kept: a server may say much.
const MOST: usize = 200;

/// A line, and when it was said.
pub(super) type Said = (Instant, DialogueLine);

/// The steps of one visit as they are told.
pub(super) struct Record {
    id: ConnectionId,
    listener: Listener,
    said: Arc<Mutex<Vec<Said>>>,
}

/// A step on its way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Begun {
    step: Step,
    at: Instant,
}

impl Begun {
    pub(super) fn at(&self) -> Instant {
        self.at
    }

    pub(super) fn step(&self) -> Step {
        self.step
    }

    /// It has turned out to be another one.
    pub(super) fn as_step(self, step: Step) -> Self {
        Self { step, ..self }
    }
}

/// What came of a step.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// In one sentence.
    pub(super) says: String,
    /// What was seen besides the server's lines.
    pub(super) seen: Vec<String>,
}

impl Outcome {
    pub(super) fn new(says: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            seen: Vec::new(),
        }
    }

    pub(super) fn seeing(mut self, seen: impl IntoIterator<Item = String>) -> Self {
        self.seen.extend(seen);
        self
    }
}

impl Record {
    /// With the sink that the sessions are to tell: it goes on telling `sink`.
    pub(super) fn new(id: ConnectionId, listener: Listener, sink: Option<Sink>) -> (Self, Sink) {
        let said: Arc<Mutex<Vec<Said>>> = Arc::default();
        let kept = Arc::clone(&said);
        let telling: Sink = Arc::new(move |line: DialogueLine| {
            let mut said = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if said.len() < MOST {
                said.push((Instant::now(), line.clone()));
            }
            drop(said);
            if let Some(sink) = &sink {
                sink(line);
            }
        });
        (Self { id, listener, said }, telling)
    }

    fn said(&self) -> MutexGuard<'_, Vec<Said>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lines since they were asked for last.
    pub(super) fn take(&self) -> Vec<Said> {
        std::mem::take(&mut *self.said())
    }

    /// A step begins now.
    pub(super) fn begin(&self, step: Step) -> Begun {
        self.said().clear();
        self.listener.tell(Event::Examining(self.id, step));
        Begun {
            step,
            at: Instant::now(),
        }
    }

    /// A step is done; what was said since it began is its dialogue.
    pub(super) fn end(&self, begun: Begun, ok: bool, outcome: Outcome) {
        let (took, said) = (begun.at.elapsed(), self.take());
        self.tell(begun.step, ok, took, &said, outcome);
    }

    /// Tells a step whose time and dialogue are known otherwise.
    pub(super) fn tell(&self, step: Step, ok: bool, took: Duration, said: &[Said], outcome: Outcome) {
        let lines = |speaker: Speaker| {
            let lines = said.iter().filter(move |(_, line)| line.speaker == speaker);
            lines.map(|(_, line)| line.text.clone())
        };
        let examined = Examined {
            step,
            ok,
            took,
            sent: lines(Speaker::Client).collect(),
            seen: lines(Speaker::Server).chain(outcome.seen).collect(),
            says: outcome.says,
        };
        self.listener.tell(Event::Examined(self.id, Box::new(examined)));
    }
}

/// From the first line to the last.
pub(super) fn span(said: &[Said]) -> Duration {
    match said {
        [(first, _), .., (last, _)] => *last - *first,
        _ => Duration::ZERO,
    }
}
