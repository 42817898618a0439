//! Temporary files on the server that nobody needs any more: deleted before the end of their job is
//! told.

use super::LOSSES;
use crate::engine::task::{Moved, Stop, Task};
use crate::ftp::exchange::{Answer, Deleted, Rider};
use crate::model::path::RemotePath;

/// What is to be deleted, and how its job ends then.
pub(super) struct Leftover {
    task: Task,
    paths: Vec<RemotePath>,
    end: Result<Moved, Stop>,
    losses: u32,
}

impl Leftover {
    pub(super) fn new(task: Task, paths: Vec<RemotePath>, end: Result<Moved, Stop>) -> Self {
        Self {
            task,
            paths,
            end,
            losses: 0,
        }
    }

    pub(super) fn riders(&self) -> Vec<Rider> {
        self.paths.iter().cloned().map(Rider::Delete).collect()
    }

    /// What the server made of it: the job ends, or is to be begun anew.
    pub(super) fn answered(mut self, answers: &[Answer]) -> Option<Task> {
        if matches!(self.end, Err(Stop::FromStart(_))) && !self.task.whole {
            self.task.whole = true;
            self.task.counter.begin_at(0);
            return Some(self.task);
        }
        let is_gone = |answer: &Answer| matches!(answer, Answer::Deleted(Deleted::Done | Deleted::NotThere));
        let mut gone = answers.iter().map(is_gone);
        self.paths.retain(|_| !gone.next().unwrap_or(false));
        self.end();
        None
    }

    /// Ends the job; says so where a temporary file may not be gone.
    fn end(self) {
        let end = match (self.end, self.paths.first()) {
            (Err(Stop::Failed(mut failure)), Some(part)) => {
                let left = format!("{part} may be left.");
                failure.hint = Some(match failure.hint {
                    Some(hint) => format!("{hint} {left}"),
                    None => left,
                });
                Err(Stop::Failed(failure))
            }
            (end, _) => end,
        };
        self.task.end(end);
    }

    /// The session was lost over it. Given up after some of these.
    pub(super) fn unanswered(mut self) -> Option<Self> {
        self.losses += 1;
        if self.losses < LOSSES {
            return Some(self);
        }
        self.end();
        None
    }

    /// Nothing can be asked any more; what is left.
    pub(super) fn give_up(self) -> Vec<RemotePath> {
        let paths = self.paths.clone();
        self.end();
        paths
    }
}
