//! Files whose data are over and that are not done yet: what is still to be asked or said about
//! each, and what the answers make of it.
//!
//! An upload is checked by its size, gets its time and the permissions of the file it replaces, and is
//! then renamed over its target; a download is checked by its size where the listing did not tell it,
//! asks for its time where the listing gave the day only, and is then put in its place. Each step
//! rides in the write that begins another transfer, so none costs a round trip of its own.

use std::collections::VecDeque;

use futures_util::future::select_all;

use super::carried::Carried;
use super::committing::Committing;
use super::download::Receiving;
use super::task::{Stop, Task};
use super::upload::{Sending, Site};
use crate::ftp::error::Error;
use crate::ftp::exchange::{Answer, OwnerVerb, Rider, TimeVerb};
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use leftover::Leftover;
use received::Received;
use sent::Sent;

mod ahead;
mod leftover;
mod received;
mod sent;

/// What is said of a file that was proved whole though the server's word for it was lost.
const WORD_LOST: &str = "the connection was lost before the server's last word; the size is right";

/// Said where a renaming was asked for and its answer never came.
const OLD_OR_NEW: &str = "The old file stands there or the new one, whole; look before you try again.";

/// How often a session may be lost over the same file before it is given up.
const LOSSES: u32 = 3;

/// The files of one lane that are not done yet, oldest first.
pub(super) struct Tail {
    files: VecDeque<Unfinished>,
    /// How many riders of each of them were asked last: their answers come in that order. None, where
    /// none was, or they have been answered.
    asked: Vec<usize>,
    pub(super) verbs: Verbs,
    /// Jobs whose files were none of what they continued, with how that showed: to be begun anew.
    pub(super) again: Vec<(Task, Failure)>,
    /// Puts downloads in their places while the lane goes on.
    committing: Committing,
}

/// By which commands this server is told and asked something; `None` where it is not.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Verbs {
    /// The time of a file.
    pub(super) time: Option<TimeVerb>,
    /// Whose it is.
    pub(super) owner: Option<OwnerVerb>,
}

enum Unfinished {
    Received(Box<Received>),
    Sent(Box<Sent>),
    Leftover(Box<Leftover>),
}

impl Tail {
    pub(super) fn new(committing: Committing) -> Self {
        Self {
            files: VecDeque::new(),
            asked: Vec::new(),
            verbs: Verbs::default(),
            again: Vec::new(),
            committing,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Waits until the disk keeps up with what has come.
    pub(super) async fn room(&self) {
        self.committing.room().await;
    }

    /// The data of a download are over, and whether TLS was closed properly where it was used; a failure
    /// where the server's word was lost.
    pub(super) fn received(&mut self, file: Receiving, ending: Result<Option<bool>, Failure>) {
        let received = Received::new(file, ending);
        if received.wants_nothing() {
            self.committing.spawn(received.complete());
        } else {
            self.files.push_back(Unfinished::Received(Box::new(received)));
        }
    }

    /// A download has failed; what is on the disk goes before that is told.
    pub(super) fn abandon(&mut self, file: Receiving, stop: Stop) {
        self.committing.spawn(file.abandon(stop));
    }

    /// The data of an upload are over; a failure where the server's word was lost.
    pub(super) fn sent(&mut self, sending: Sending, lost: Option<Failure>) {
        self.files
            .push_back(Unfinished::Sent(Box::new(Sent::new(sending, lost))));
    }

    /// An upload has failed; its temporary file is kept for another try.
    pub(super) fn keep(&mut self, mut sending: Sending, stop: Stop) {
        let site = std::mem::take(&mut sending.site);
        let task = sending.set_aside(&stop);
        self.files.extend(sent::kept(task, site, stop));
    }

    /// An upload has failed; its temporary file is deleted before that is told.
    pub(super) fn left_over(&mut self, task: Task, part: RemotePath, stop: Stop) {
        let left = Leftover::new(task, vec![part], Err(stop));
        self.files.push_back(Unfinished::Leftover(Box::new(left)));
    }

    /// An upload that may have begun has failed: its temporary file goes; what was written in place
    /// stays, and is told of.
    pub(super) fn break_off(&mut self, task: Task, part: RemotePath, site: &Site, stop: Stop) {
        if site.in_place {
            let stop = stop.in_place(&task, &part);
            task.end(Err(stop));
        } else {
            self.left_over(task, part, stop);
        }
    }

    /// A job ends before its transfer has begun; one that is begun anew has begun before.
    pub(super) fn unbegun(&mut self, mut task: Task, stop: Stop) {
        match task.begun.take() {
            // what can be continued is kept
            Some(part) if task.piece.is_none() => self.left_over(task, part, stop),
            _ => task.end(Err(stop)),
        }
    }

    /// What is to be asked and said now. Whoever asks it hands the answers to [`Tail::answered`] before any
    /// file joins.
    pub(super) fn riders(&mut self) -> Vec<Rider> {
        let mut riders = Vec::new();
        self.asked.clear();
        for file in &self.files {
            let before = riders.len();
            riders.extend(file.riders(self.verbs));
            self.asked.push(riders.len() - before);
        }
        riders
    }

    /// Takes in the answers to [`Tail::riders`]; fewer than asked where the session was `lost`. A file that
    /// was asked nothing stays as it is.
    pub(super) fn answered(&mut self, answers: Vec<Answer>, lost: Option<&Error>) {
        let takes_no_times = answers
            .iter()
            .any(|answer| matches!(answer, Answer::TimeSet(false)));
        let mut answers = answers.into_iter();
        let mut asked = std::mem::take(&mut self.asked).into_iter();
        for file in std::mem::take(&mut self.files) {
            let Some(asked) = asked.next() else {
                self.files.push_back(file);
                continue;
            };
            let answers: Vec<Answer> = answers.by_ref().take(asked).collect();
            let next = if answers.len() < asked {
                file.unanswered(lost, &self.committing)
            } else {
                file.answered(answers, &self.committing, &mut self.again)
            };
            self.files.extend(next);
        }
        if takes_no_times {
            self.verbs.time = None;
        }
    }

    /// What may be asked of a file in the write that ends its transfer.
    pub(super) fn ahead(&self, file: &Carried) -> Vec<Rider> {
        ahead::ahead(file, self.verbs)
    }

    /// Takes in the answers to [`Tail::ahead`], where the file has joined and wants to know just that; else it is
    /// asked as ever.
    pub(super) fn answered_ahead(&mut self, asked: &[Rider], answers: Vec<Answer>) {
        let wants_that = |file: &Unfinished| file.riders(self.verbs) == asked;
        if asked.is_empty() || answers.len() < asked.len() || !self.files.back().is_some_and(wants_that) {
            return;
        }
        let last = self.files.split_off(self.files.len() - 1);
        let others = std::mem::replace(&mut self.files, last);
        self.asked = vec![asked.len()];
        self.answered(answers, None);
        let last = std::mem::replace(&mut self.files, others);
        self.files.extend(last);
    }

    /// A folder that is to be listed, since nothing else tells what came of a renaming there.
    pub(super) fn to_survey(&self) -> Option<RemotePath> {
        self.files.iter().find_map(Unfinished::to_survey)
    }

    /// That folder was listed; `None`: in vain, or something may be missing in it.
    pub(super) fn surveyed(&mut self, folder: &RemotePath, listed: Result<Option<Listing>, Error>) {
        for file in std::mem::take(&mut self.files) {
            let next = match (file, &listed) {
                (Unfinished::Sent(sent), Ok(listing)) if sent.to_survey().as_ref() == Some(folder) => {
                    sent.surveyed(listing.as_ref())
                }
                (Unfinished::Sent(sent), Err(lost)) if sent.to_survey().as_ref() == Some(folder) => {
                    sent.unanswered(lost)
                }
                (other, _) => Some(other),
            };
            self.files.extend(next);
        }
    }

    /// Waits until a person takes out a file that the server computes a checksum of: that may take it
    /// minutes.
    pub(super) async fn given_up(&self) {
        let computed = self.files.iter().filter_map(Unfinished::computed);
        let cancels: Vec<_> = computed.map(|task| Box::pin(task.cancel.cancelled())).collect();
        if cancels.is_empty() {
            return std::future::pending().await;
        }
        select_all(cancels).await;
    }

    /// Gives up those files.
    pub(super) fn leave_given_up(&mut self) {
        for file in std::mem::take(&mut self.files) {
            if file.computed().is_none_or(|task| !task.cancel.is_cancelled()) {
                self.files.push_back(file);
                continue;
            }
            match file {
                Unfinished::Received(received) => self.abandon(received.file, Stop::Cancelled),
                Unfinished::Sent(sent) => self.files.extend(sent.stopped(Stop::Cancelled)),
                Unfinished::Leftover(_) => {}
            }
        }
    }

    /// Nothing more can be asked: everything here fails with this reason. The temporary files that
    /// may be left.
    pub(super) fn give_up(&mut self, failure: &Failure) -> Vec<RemotePath> {
        let mut left_over = Vec::new();
        for file in std::mem::take(&mut self.files) {
            match file {
                Unfinished::Received(received) => {
                    let stop = Stop::Failed(failure.clone());
                    self.committing.spawn(received.file.abandon(stop));
                }
                Unfinished::Sent(sent) => left_over.extend(sent.give_up(failure)),
                Unfinished::Leftover(left) => left_over.extend(left.give_up()),
            }
        }
        left_over
    }
}

impl Unfinished {
    fn to_survey(&self) -> Option<RemotePath> {
        match self {
            Self::Sent(sent) => sent.to_survey(),
            Self::Received(_) | Self::Leftover(_) => None,
        }
    }

    /// The job of a file that the server is asked a checksum of.
    fn computed(&self) -> Option<&Task> {
        match self {
            Self::Received(received) => (!received.is_verified()).then_some(&received.file.task),
            Self::Sent(sent) => sent.computed(),
            Self::Leftover(_) => None,
        }
    }

    fn riders(&self, verbs: Verbs) -> Vec<Rider> {
        match self {
            Self::Received(received) => received.riders(),
            Self::Sent(sent) => sent.riders(verbs),
            Self::Leftover(left) => left.riders(),
        }
    }

    fn answered(
        self,
        answers: Vec<Answer>,
        committing: &Committing,
        again: &mut Vec<(Task, Failure)>,
    ) -> Option<Self> {
        match self {
            Self::Received(mut received) => {
                received.answered(answers);
                if !received.is_verified() {
                    return Some(Self::Received(received));
                }
                committing.spawn(received.complete());
                None
            }
            Self::Sent(sent) => sent.answered(answers),
            Self::Leftover(left) => {
                let left = left.answered(answers, again).map(Box::new);
                left.map(Self::Leftover)
            }
        }
    }

    /// It was asked, perhaps, and no answer has come. After some of these it is given up.
    fn unanswered(self, lost: Option<&Error>, committing: &Committing) -> Option<Self> {
        let lost = lost.unwrap_or(&Error::Poisoned);
        match self {
            Self::Received(mut received) => {
                received.losses += 1;
                if received.losses < LOSSES {
                    if received.losses > 1
                        && let Some(asked) = &mut received.file.verification
                    {
                        asked.unanswered();
                    }
                    return Some(Self::Received(received));
                }
                let what = format!("Could not check {}", received.file.path());
                let failure = lost.failure(what).transient();
                committing.spawn(received.file.abandon(failure.into()));
                None
            }
            Self::Sent(sent) => sent.unanswered(lost),
            Self::Leftover(left) => left.unanswered().map(Box::new).map(Self::Leftover),
        }
    }
}
