//! What the server is asked before a download begins, so that it can go on: now, or later.

use super::super::blocking;
use super::super::lease::Lease;
use super::super::resume::take_up_here;
use super::super::task::{Stop, Task};
use super::{Incoming, endless, length};
use crate::ftp::exchange::{Answer, Rider};
use crate::ftp::session::FileSize;
use crate::ftp::transfer::Request;
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;
use crate::plan::resume::{Identity, WORTH, asked_from};

/// Where a listing does not tell it exactly, it is asked what a file longer than this is: without that
/// nothing of it could be continued.
const LONG: u64 = 256 * 1024;

/// Asks what a file is: its size and its time.
pub(in crate::engine) fn what_it_is(path: &RemotePath) -> [Rider; 2] {
    [Rider::Size(path.clone()), Rider::Modified(path.clone())]
}

/// The answers to [`what_it_is`], as far as they tell something.
pub(in crate::engine) fn size_and_time(answers: Vec<Answer>) -> (Option<u64>, Option<Stamp>) {
    let (mut size, mut modified) = (None, None);
    for answer in answers {
        match answer {
            Answer::Size(FileSize::File(told)) => size = told,
            Answer::Modified(told) => modified = told,
            _ => {}
        }
    }
    (size, modified)
}

impl Incoming {
    /// Whether the server is to be asked first what the source is: where something may be continued, or
    /// could not be later.
    pub(in crate::engine) fn asks(&self) -> bool {
        let task = &self.task;
        let resumes = task.start.continues;
        match length(task) {
            _ if task.overran.is_some() => true,
            Some(length) if length < WORTH => false,
            _ if self.continues_any() => true,
            Some(length) => length > LONG && (task.origin.source == 0 || task.start.again),
            None => resumes,
        }
    }

    fn continues_any(&self) -> bool {
        let resumes = self.task.start.continues;
        !self.task.whole && (self.task.piece.is_some() || (resumes && !self.left.is_empty()))
    }

    pub(in crate::engine) fn questions(&self) -> [Rider; 2] {
        what_it_is(&self.task.job().item.remote)
    }

    /// Takes in the answers to [`Incoming::questions`], and takes up what can be continued.
    ///
    /// # Errors
    ///
    /// Far more has come of it than it has, and it has not grown.
    pub(in crate::engine) async fn told(&mut self, answers: Vec<Answer>, lease: &Lease) -> Result<(), Stop> {
        let (size, modified) = size_and_time(answers);
        if let Some(before) = self.task.overran {
            let Some(now) = size.filter(|now| *now > before) else {
                return Err(endless(&self.task, before).into());
            };
            self.task.overran = Some(now);
            let path = &self.task.job().item.remote;
            lease.remark(&format!(
                "{path} has {now} bytes by now; once more from the first byte"
            ));
        }
        let identity = Identity::remote(size, modified);
        self.task.origin.source = identity.map_or(0, |identity| self.task.source(&identity));
        self.told = identity.and(size.zip(modified));
        if !self.continues_any() {
            return Ok(());
        }
        let left = match self.task.start.continues {
            true => self.left.clone(),
            false => Vec::new(),
        };
        let path = self.task.job().item.remote.clone();
        let size = size.unwrap_or(0);
        match take_up_here(&mut self.task, &self.target, left, size).await {
            Ok(resumed) => {
                lease.remark(&format!("{path} goes on after {} bytes", resumed.length));
                self.request = Request::retrieve(&path, asked_from(resumed.length));
                self.resumed = Some(resumed);
            }
            Err(Some(why)) => lease.remark(&format!("{path} is begun anew: {why}")),
            Err(None) => {}
        }
        Ok(())
    }

    /// Gives up continuing: what was taken up is removed.
    pub(in crate::engine) async fn restart(mut self) -> Task {
        if let Some(resumed) = self.resumed.take() {
            let _ = blocking(move || std::fs::remove_file(resumed.part)).await;
        }
        self.task.piece = None;
        self.task
    }
}
