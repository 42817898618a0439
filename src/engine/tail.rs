//! Files whose data are over and that are not done yet: what is still to be asked or said about
//! each, and what the answers make of it.
//!
//! An upload is checked by its size, gets its time, and is then renamed over its target; a
//! download is checked by its size where the listing did not tell it, asks for its time where the
//! listing gave the day only, and is then put in its place. Each step rides in the write that
//! begins another transfer, so none costs a round trip of its own.

use std::collections::VecDeque;

use futures_util::future::select_all;

use super::committing::Committing;
use super::download::{Receiving, proved};
use super::kept::Piece;
use super::task::{Moved, Stop, Task, both, differs};
use super::upload::Sending;
use super::verify::Verification;
use crate::ftp::error::Error;
use crate::ftp::exchange::{Answer, Rider};
use crate::ftp::session::FileSize;
use crate::ftp::sums::{Hashing, Sums};
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;

/// What is said of a file that was proved whole though the server's word for it was lost.
const WORD_LOST: &str = "the connection was lost before the server's last word; the size is right";

/// Said where a renaming was asked for and its answer never came.
const OLD_OR_NEW: &str = "The old file stands there or the new one, whole; look before you try again.";

/// How often a session may be lost over the same file before it is given up.
const LOSSES: u32 = 3;

/// The files of one lane that are not done yet, oldest first.
pub(super) struct Tail {
    files: VecDeque<Unfinished>,
    /// Whether times can be set on this server.
    pub(super) sets_times: bool,
    /// Jobs whose files were none of what they continued: to be begun anew.
    pub(super) again: Vec<Task>,
    /// Puts downloads in their places while the lane goes on.
    committing: Committing,
}

enum Unfinished {
    Received(Received),
    Sent(Sent),
    Leftover(Leftover),
}

/// What is left of an upload that has failed: to be deleted before that is told.
struct Leftover {
    task: Task,
    part: RemotePath,
    stop: Stop,
    losses: u32,
}

struct Received {
    file: Receiving,
    closed_properly: Option<bool>,
    /// Set where the server's last word was lost, with that failure.
    lost: Option<Failure>,
    losses: u32,
    wants: Wants,
    size: Option<u64>,
    modified: Option<Stamp>,
}

/// What is still to be asked about a download.
#[derive(Clone, Copy)]
struct Wants {
    size: bool,
    time: bool,
}

struct Sent {
    task: Task,
    part: RemotePath,
    target: RemotePath,
    bytes: u64,
    /// How much of that was there before.
    begun: u64,
    modified: Option<Stamp>,
    /// Set where the server's last word was lost, with that failure.
    lost: Option<Failure>,
    losses: u32,
    /// Whether its size was asked for and not told.
    untold: bool,
    step: Step,
    note: Option<String>,
    /// What is asked about its content, and what was sent.
    verification: Option<(Verification, Sums)>,
}

/// How far an upload is.
enum Step {
    /// Its size is to be looked at, and its content where that is verified.
    Check,
    /// Its content is to be looked at in another way; whether its size was told, and is right.
    Verify(bool),
    /// It is to be renamed.
    Place,
    /// That was refused, perhaps only because it was written in one piece: once more, in steps.
    PlaceInSteps,
    /// The answer to the renaming was lost: is it still there?
    Look(Failure),
    /// It is not there any more: is it at its target?
    Confirm(Failure),
}

impl Tail {
    pub(super) fn new(committing: Committing) -> Self {
        Self {
            files: VecDeque::new(),
            sets_times: false,
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
        let fits = file.listed() == Some(file.received());
        let received = Received {
            wants: Wants {
                size: !fits,
                time: file.exact_time().is_none(),
            },
            size: file
                .listed()
                .filter(|_| fits || file.task.job().item.kind == Kind::File),
            modified: file.exact_time(),
            closed_properly: ending.as_ref().ok().copied().flatten(),
            lost: ending.err(),
            losses: 0,
            file,
        };
        let asks = received.file.verification.as_ref().is_some_and(|v| !v.is_over());
        if received.wants.size || received.wants.time || asks {
            self.files.push_back(Unfinished::Received(received));
        } else {
            self.committing.spawn(received.complete());
        }
    }

    /// A download has failed; what is on the disk goes before that is told.
    pub(super) fn abandon(&mut self, file: Receiving, stop: Stop) {
        self.committing.spawn(file.abandon(stop));
    }

    /// The data of an upload are over; a failure where the server's word was lost.
    pub(super) fn sent(&mut self, mut sending: Sending, lost: Option<Failure>) {
        let sums = sending.hashing.take().map(Hashing::finish);
        self.files.push_back(Unfinished::Sent(Sent {
            bytes: sending.sent,
            begun: sending.begun,
            modified: sending.source.modified,
            part: sending.part,
            target: sending.target,
            task: sending.task,
            lost,
            losses: 0,
            untold: false,
            step: Step::Check,
            note: None,
            verification: sending.verification.zip(sums),
        }));
    }

    /// An upload has failed; what is left of it on the server is deleted.
    pub(super) fn left_over(&mut self, task: Task, part: RemotePath, stop: Stop) {
        self.files.push_back(Unfinished::Leftover(Leftover {
            task,
            part,
            stop,
            losses: 0,
        }));
    }

    /// What is to be asked and said now.
    pub(super) fn riders(&self) -> Vec<Rider> {
        let riders = self.files.iter().flat_map(|file| file.riders(self.sets_times));
        riders.collect()
    }

    /// Takes in the answers to [`Tail::riders`]; fewer than asked where the session was `lost`.
    pub(super) fn answered(&mut self, answers: Vec<Answer>, lost: Option<&Error>) {
        let mut answers = answers.into_iter();
        for file in std::mem::take(&mut self.files) {
            let asked = file.riders(self.sets_times).len();
            let answers: Vec<Answer> = answers.by_ref().take(asked).collect();
            let next = if answers.len() < asked {
                file.unanswered(lost, &self.committing)
            } else {
                file.answered(answers, &self.committing, &mut self.again)
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
                Unfinished::Sent(sent) => self.files.extend(sent.leftover(Stop::Cancelled)),
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
                Unfinished::Sent(sent) => {
                    let hint = format!("All of it was sent. {OLD_OR_NEW} {} may be left.", sent.part);
                    let what = sent.what();
                    // how it came to this says more than why nobody could look
                    let why = match (sent.step, sent.lost) {
                        (Step::Look(lost) | Step::Confirm(lost), _) | (_, Some(lost)) => lost,
                        (Step::Check | Step::Verify(_) | Step::Place | Step::PlaceInSteps, None) => {
                            failure.clone()
                        }
                    };
                    sent.task.end(Err(Failure { what, ..why }.hint(hint).into()));
                    left_over.push(sent.part);
                }
                Unfinished::Leftover(left) => {
                    left_over.push(left.part);
                    left.task.end(Err(left.stop));
                }
            }
        }
        left_over
    }
}

impl Unfinished {
    /// The job of a file that the server is asked a checksum of.
    fn computed(&self) -> Option<&Task> {
        let (asked, task) = match self {
            Self::Received(received) => (received.file.verification.as_ref()?, &received.file.task),
            Self::Sent(sent) => (&sent.verification.as_ref()?.0, &sent.task),
            Self::Leftover(_) => return None,
        };
        (!asked.is_over()).then_some(task)
    }

    fn riders(&self, sets_times: bool) -> Vec<Rider> {
        match self {
            Self::Received(received) => {
                let path = received.file.path();
                let size = received.wants.size.then(|| Rider::Size(path.clone()));
                let time = received.wants.time.then(|| Rider::Modified(path.clone()));
                let digest = received.file.verification.as_ref();
                let digest = digest.and_then(|asked| asked.rider(path, received.file.received()));
                size.into_iter().chain(time).chain(digest).collect()
            }
            Self::Sent(sent) => match &sent.step {
                Step::Check => {
                    let time = sent
                        .modified
                        .filter(|time| sets_times && time.time_val().is_some())
                        .map(|time| Rider::SetModified(sent.part.clone(), time));
                    let size = Rider::Size(sent.part.clone());
                    time.into_iter().chain([size]).chain(sent.digest()).collect()
                }
                Step::Verify(_) => sent.digest().into_iter().collect(),
                Step::Place => vec![Rider::Rename(sent.part.clone(), sent.target.clone())],
                Step::PlaceInSteps => {
                    vec![Rider::RenameInSteps(sent.part.clone(), sent.target.clone())]
                }
                Step::Look(_) => vec![Rider::Size(sent.part.clone())],
                Step::Confirm(_) => vec![Rider::Size(sent.target.clone())],
            },
            Self::Leftover(left) => vec![Rider::Delete(left.part.clone())],
        }
    }

    fn answered(self, answers: Vec<Answer>, committing: &Committing, again: &mut Vec<Task>) -> Option<Self> {
        match self {
            Self::Received(mut received) => {
                received.answered(answers);
                if received
                    .file
                    .verification
                    .as_ref()
                    .is_some_and(|asked| !asked.is_over())
                {
                    return Some(Self::Received(received));
                }
                committing.spawn(received.complete());
                None
            }
            Self::Sent(sent) => sent.answered(answers),
            Self::Leftover(mut left) => {
                match left.stop {
                    Stop::FromStart(_) if !left.task.whole => {
                        left.task.whole = true;
                        left.task.counter.begin_at(0);
                        again.push(left.task);
                    }
                    _ => left.end(matches!(answers.first(), Some(Answer::Deleted(true)))),
                }
                None
            }
        }
    }

    /// It was asked, perhaps, and no answer has come. After some of these it is given up.
    fn unanswered(self, lost: Option<&Error>, committing: &Committing) -> Option<Self> {
        let failure = |what: &str| lost.unwrap_or(&Error::Poisoned).failure(what).transient();
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
                committing.spawn(received.file.abandon(failure(&what).into()));
                None
            }
            Self::Sent(mut sent) => {
                sent.losses += 1;
                let what = sent.what();
                if sent.losses >= LOSSES {
                    return sent.leftover(failure(&what).hint(OLD_OR_NEW).into());
                }
                // a server may fall silent over a question for a checksum, and over nothing else
                if sent.losses > 1
                    && let Some((asked, _)) = &mut sent.verification
                {
                    asked.unanswered();
                }
                if matches!(sent.step, Step::Place | Step::PlaceInSteps) {
                    sent.step = Step::Look(failure(&what));
                }
                Some(Self::Sent(sent))
            }
            Self::Leftover(mut left) => {
                left.losses += 1;
                if left.losses < LOSSES {
                    return Some(Self::Leftover(left));
                }
                left.end(false);
                None
            }
        }
    }
}

impl Leftover {
    /// Ends the job; says so where its temporary file may not be gone.
    fn end(self, gone: bool) {
        let stop = match self.stop {
            Stop::Failed(mut failure) if !gone => {
                let left = format!("{} may be left.", self.part);
                failure.hint = Some(match failure.hint {
                    Some(hint) => format!("{hint} {left}"),
                    None => left,
                });
                Stop::Failed(failure)
            }
            stop => stop,
        };
        self.task.end(Err(stop));
    }
}

impl Received {
    fn answered(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            match answer {
                // a listing may be old: what the server says now counts
                Answer::Size(FileSize::File(Some(size))) => self.size = Some(size),
                Answer::Modified(time) => self.modified = time,
                Answer::Digest(answer) => {
                    if let Some(asked) = &mut self.file.verification {
                        asked.answered(answer);
                    }
                }
                _ => {}
            }
        }
        self.wants = Wants {
            size: false,
            time: false,
        };
    }

    /// Puts the file in its place, if it is proved to be whole.
    async fn complete(self) {
        let received = self.file.received();
        let proved = match self.lost {
            // only the size can take the place of the server's word
            Some(_) if self.size == Some(received) && self.closed_properly != Some(false) => {
                Ok(Some(WORD_LOST.into()))
            }
            Some(lost) => Err(lost),
            None => proved(self.file.path(), received, self.size, self.closed_properly),
        };
        match proved {
            Ok(note) => self.file.commit(self.modified, note, self.size.is_some()).await,
            Err(failure) => self.file.abandon(failure.into()).await,
        }
    }
}

impl Sent {
    fn what(&self) -> String {
        match self.step {
            Step::Check | Step::Verify(_) => format!("Could not upload to {}", self.target),
            _ => format!("Could not put {} in place", self.target),
        }
    }

    /// What the answers make of it: further work, or its end.
    fn answered(mut self, mut answers: Vec<Answer>) -> Option<Unfinished> {
        let digest = answers.pop_if(|answer| matches!(answer, Answer::Digest(_)));
        if let (Some(Answer::Digest(answer)), Some((asked, _))) = (digest, &mut self.verification) {
            asked.answered(answer);
        }
        let told = answers.iter().find_map(|answer| match answer {
            Answer::Size(size) => Some(*size),
            _ => None,
        });
        let is_ours = told == Some(FileSize::File(Some(self.bytes)));
        match std::mem::replace(&mut self.step, Step::Place) {
            Step::Check => return self.checked(told),
            Step::Verify(sized) => return self.verified(sized),
            Step::Place => match answers.into_iter().next() {
                Some(Answer::Renamed(Err(_))) => {
                    self.step = Step::PlaceInSteps;
                    return Some(Unfinished::Sent(self));
                }
                _ => self.done(),
            },
            Step::PlaceInSteps => match answers.into_iter().next() {
                Some(Answer::Renamed(Err(error))) => return self.not_placed(&error),
                _ => self.done(),
            },
            Step::Look(failure) => {
                if told == Some(FileSize::NoFile) {
                    self.step = Step::Confirm(failure);
                }
                return Some(Unfinished::Sent(self));
            }
            Step::Confirm(_) if is_ours => {
                self.note = both(self.note.take(), Some(WORD_LOST.into()));
                self.done();
            }
            Step::Confirm(failure) => {
                return self.leftover(failure.hint(OLD_OR_NEW).into());
            }
        }
        None
    }

    fn checked(mut self, told: Option<FileSize>) -> Option<Unfinished> {
        let bytes = self.bytes;
        match (told, self.lost.take()) {
            (Some(FileSize::File(Some(size))), lost) if size == bytes => {
                self.note = lost.map(|_| WORD_LOST.into());
            }
            (_, Some(lost)) => return self.leftover(lost.into()),
            (Some(FileSize::File(Some(size))), None) => {
                let why = format!("the server has {size} of {bytes} bytes; the transfer was cut");
                let what = format!("Could not upload to {}", self.target);
                let cut = Failure::new(Class::Unreachable, what, why)
                    .hint("What stood under the target's name is untouched.");
                let cut = cut.transient();
                let stop = match self.begun {
                    0 => cut.into(),
                    // it was cut again, or did not go on where it should have
                    _ => Stop::FromStart(cut),
                };
                return self.leftover(stop);
            }
            // refused, perhaps, only because it was written ahead
            (Some(FileSize::Untold), None) if !self.untold => {
                self.untold = true;
                self.step = Step::Check;
                return Some(Unfinished::Sent(self));
            }
            _ => {
                self.note = Some("the server does not tell the size; its word is the only proof".into());
            }
        }
        let sized = matches!(told, Some(FileSize::File(Some(_))));
        self.verified(sized)
    }

    /// What is asked about its content now.
    fn digest(&self) -> Option<Rider> {
        let (asked, _) = self.verification.as_ref()?;
        asked.rider(&self.part, self.bytes)
    }

    /// Its size is right, or not to be had; its content is compared, where that is wanted and all has
    /// been asked.
    fn verified(mut self, sized: bool) -> Option<Unfinished> {
        self.step = match self.verification.take() {
            Some((asked, sums)) if !asked.is_over() => {
                self.verification = Some((asked, sums));
                Step::Verify(sized)
            }
            Some((asked, sums)) => match asked.judge(&sums, sized) {
                Ok(said) => {
                    self.note = both(self.note.take(), Some(said));
                    Step::Place
                }
                Err(why) => {
                    let what = format!("Could not upload to {}", self.target);
                    return self.leftover(differs(what, why));
                }
            },
            None => Step::Place,
        };
        Some(Unfinished::Sent(self))
    }

    fn not_placed(self, error: &Error) -> Option<Unfinished> {
        let stop = error
            .failure(self.what())
            .hint("The server does not let a file be renamed over another; what stood there is untouched.")
            .into();
        self.leftover(stop)
    }

    /// It has failed: what is under its temporary name is kept for another try, or deleted.
    fn leftover(self, stop: Stop) -> Option<Unfinished> {
        if self.task.keeps(&stop, self.bytes) {
            self.task.end_with(Piece::There(self.part), stop);
            return None;
        }
        Some(Unfinished::Leftover(Leftover {
            task: self.task,
            part: self.part,
            stop,
            losses: 0,
        }))
    }

    fn done(self) {
        self.task.end(Ok(Moved {
            bytes: self.bytes,
            note: self.note,
        }));
    }
}
