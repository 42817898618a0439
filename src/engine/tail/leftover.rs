//! Temporary files on the server that nobody needs any more: deleted before the end of their job is
//! told.

use super::LOSSES;
use crate::engine::task::{Moved, Stop, Task};
use crate::ftp::exchange::Rider;
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

    /// They are gone, or cannot be had: the job ends.
    pub(super) fn end(self) {
        self.task.end(self.end);
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
