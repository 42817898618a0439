//! Failures to be read: what fails while another is waiting to be read goes with it, so that a hundred
//! files that fail for one reason are closed with one key.

use super::App;
use super::dialog::{Dialog, Subject};
use crate::model::failure::Failure;

/// So many are kept besides the first; the rest is counted.
const KEPT: usize = 100;

/// What failed, the first in full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failures {
    /// The first.
    pub first: Failure,
    /// What has failed since, the oldest first.
    pub since: Vec<Failure>,
    /// How many more.
    pub more: usize,
}

impl Failures {
    /// One alone.
    pub fn one(first: Failure) -> Self {
        Self {
            first,
            since: Vec::new(),
            more: 0,
        }
    }

    fn push(&mut self, failure: Failure) {
        if self.since.len() < KEPT {
            self.since.push(failure);
        } else {
            self.more += 1;
        }
    }
}

impl App {
    /// Something failed that a person should read.
    pub(super) fn failed(&mut self, failure: Failure) {
        match self.dialogs.back_mut().map(|dialog| &mut dialog.subject) {
            Some(Subject::Failure(failures)) => failures.push(failure),
            _ => self.dialogs.push_back(Dialog::failure(failure)),
        }
    }
}
