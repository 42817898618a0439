//! Temporary files on the server that nobody needs any more: deleted before the end of their job is
//! told.

use super::LOSSES;
use crate::engine::task::{Moved, Stop, Task};
use crate::ftp::exchange::{Answer, Deleted, Rider};
use crate::ftp::session::FileSize;
use crate::model::failure::Failure;
use crate::model::path::RemotePath;

/// What is to be deleted, and how its job ends then.
pub(super) struct Leftover {
    task: Task,
    /// To be deleted, or looked for.
    paths: Vec<RemotePath>,
    /// The server has answered 550, which says that there is nothing to delete, or that it will not: it is
    /// asked for the sizes.
    looking: bool,
    /// What it does not delete.
    refused: Vec<RemotePath>,
    end: Result<Moved, Stop>,
    losses: u32,
}

impl Leftover {
    pub(super) fn new(task: Task, paths: Vec<RemotePath>, end: Result<Moved, Stop>) -> Self {
        Self {
            task,
            paths,
            looking: false,
            refused: Vec::new(),
            end,
            losses: 0,
        }
    }

    pub(super) fn riders(&self) -> Vec<Rider> {
        let rider = match self.looking {
            true => Rider::Size,
            false => Rider::Delete,
        };
        self.paths.iter().cloned().map(rider).collect()
    }

    /// What the server made of it: there is more to ask, the job ends, or it is to be begun anew (`again`).
    pub(super) fn answered(mut self, answers: Vec<Answer>, again: &mut Vec<(Task, Failure)>) -> Option<Self> {
        if let Err(Stop::FromStart(why)) = &self.end
            && !self.task.whole
        {
            again.push((self.task, why.clone()));
            return None;
        }
        for (path, answer) in std::mem::take(&mut self.paths).into_iter().zip(answers) {
            match answer {
                Answer::Deleted(Deleted::NotThere) => self.paths.push(path),
                // one that tells no size tells nothing
                Answer::Deleted(Deleted::Refused) | Answer::Size(FileSize::File(_) | FileSize::Untold) => {
                    self.refused.push(path)
                }
                _ => {}
            }
        }
        if self.looking || self.paths.is_empty() {
            self.end();
            return None;
        }
        self.looking = true;
        Some(self)
    }

    /// What may still be there.
    fn left(&self) -> Vec<RemotePath> {
        self.refused.iter().chain(&self.paths).cloned().collect()
    }

    /// Ends the job; says so where a temporary file may not be gone.
    fn end(self) {
        let Some(part) = self.left().into_iter().next() else {
            return self.task.end(self.end);
        };
        let left = format!("{part} may be left.");
        let end = match self.end {
            Err(Stop::Failed(mut failure)) => {
                failure.hint = Some(match failure.hint {
                    Some(hint) => format!("{hint} {left}"),
                    None => left,
                });
                Err(Stop::Failed(failure))
            }
            end => {
                self.task.say(left);
                end
            }
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
        let left = self.left();
        self.end();
        left
    }
}
