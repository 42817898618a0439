//! How an upload ends whose data are on the server: what is said, and what becomes of its temporary file.

use super::{ASKED, Sent};
use crate::engine::kept::Piece;
use crate::engine::placing::PARTIAL;
use crate::engine::tail::leftover::Leftover;
use crate::engine::tail::{OLD_OR_NEW, Unfinished, WORD_LOST};
use crate::engine::task::{Moved, Stop, Task, UNTOUCHED};
use crate::engine::upload::Site;
use crate::ftp::error::Error;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::plan::ladder::{End, Told};

/// Said where the size was the only proof there could have been.
const NO_SIZE: &str = "the server does not tell the size; its word is the only proof";

impl Sent {
    /// Why the new file is doubted that the server says it has put in its place.
    pub(super) fn not_in_place(&self, told: Told) -> Option<Failure> {
        let stands = match told {
            Told::Nothing => "nothing stands there".to_owned(),
            Told::Other(size) => format!("what stands there has {size} of {} bytes", self.bytes),
            _ => return None,
        };
        let why = format!("the server said that it had renamed it to that, and {stands}");
        Some(Failure::new(Class::Other, self.what(), why))
    }

    /// Why it has failed of which nothing is there.
    pub(super) fn not_found(&mut self) -> Failure {
        let said = "the server said that it has all of it, and does not find it";
        let why = match self.refusal.take() {
            Some(refusal) => format!("{said}: {}", refusal.why),
            None => said.to_owned(),
        };
        let what = format!("Could not upload to {}", self.target);
        Failure::new(Class::Unreachable, what, why).transient()
    }

    /// It ends before it is placed: its temporary file goes; what was written in place stays.
    pub(in crate::engine::tail) fn stopped(self, stop: Stop) -> Option<Unfinished> {
        if self.site.in_place {
            let stop = stop.in_place(&self.task, &self.target);
            self.task.end(Err(stop));
            return None;
        }
        self.left(stop)
    }

    /// It has failed: what is under its temporary name is kept for another try, or deleted.
    fn left(mut self, stop: Stop) -> Option<Unfinished> {
        if self.task.keeps(&stop, self.bytes) {
            self.task.piece = Some(Piece::There(self.part));
            return kept(self.task, self.site, stop);
        }
        Some(leftover(self.task, vec![self.part], Err(stop)))
    }

    /// Why it has ended so, without what to do about it.
    pub(super) fn failure(&mut self, end: End) -> Failure {
        let (refusal, loss) = (self.refusal.take(), self.loss.take());
        let why = match end {
            End::Cut(size) if size > self.bytes => {
                let why = format!(
                    "the server has {size} bytes and {} were sent: what it has is not that file",
                    self.bytes
                );
                let what = format!("Could not upload to {}", self.target);
                Some(Failure::new(Class::Conflict, what, why).transient())
            }
            End::Cut(size) => {
                let why = format!(
                    "the server has {size} of {} bytes; the transfer was cut",
                    self.bytes
                );
                let what = format!("Could not upload to {}", self.target);
                Some(Failure::new(Class::Unreachable, what, why).transient())
            }
            End::Unproved => self.unheard.take(),
            End::Untouched { .. } => refusal.or(loss),
            End::Either | End::Both | End::Placed { .. } => loss.or(refusal),
        };
        why.or_else(|| self.unheard.take())
            .unwrap_or_else(|| Error::Poisoned.failure(self.what()))
    }

    pub(super) fn ended(mut self, end: End) -> Option<Unfinished> {
        let stop: Stop = match end {
            End::Placed {
                word_lost,
                unproved,
                aside,
                old_left,
            } => {
                if aside {
                    self.task.placing.has_moved_aside();
                }
                if self.missed > 0 && self.untold >= ASKED {
                    // it was there all the same
                    self.task.placing.has_weighed(false);
                }
                let left = || format!("the old file may still be there as {}", self.aside);
                let said = [
                    word_lost.then(|| WORD_LOST.to_owned()),
                    unproved.then(|| NO_SIZE.to_owned()),
                    old_left.then(left),
                    self.owner_lost().filter(|_| !self.site.in_place),
                ];
                let mut notes: Vec<String> = said.into_iter().flatten().collect();
                notes.append(&mut self.notes);
                let moved = Moved {
                    bytes: self.bytes,
                    note: (!notes.is_empty()).then(|| notes.join("; ")),
                };
                let left = [self.site.left, self.site.old].concat();
                if left.is_empty() {
                    self.task.end(Ok(moved));
                    return None;
                }
                return Some(leftover(self.task, left, Ok(moved)));
            }
            // it was cut again, or did not go on where it should have
            End::Cut(_) if self.begun > 0 => Stop::FromStart(self.failure(end).hint(UNTOUCHED)),
            End::Cut(size) => {
                let failure = self.failure(end).hint(UNTOUCHED);
                // so much is there to be kept
                self.bytes = self.bytes.min(size);
                failure.into()
            }
            End::Unproved => self.failure(end).into(),
            End::Untouched { .. } if self.missed > 0 && self.refusal.is_some() => {
                self.not_found().hint(UNTOUCHED).into()
            }
            End::Untouched { forbidden } => {
                let refused = self.refusal.is_some();
                let failure = self.failure(end);
                if !refused {
                    failure.hint(UNTOUCHED).into()
                } else if self.held_open {
                    failure.transient().hint(UNTOUCHED).into()
                } else if forbidden {
                    self.task.placing.refused(&self.target, failure)
                } else {
                    failure
                        .hint("The server does not let the file be renamed to its target; what stood there is untouched.")
                        .into()
                }
            }
            End::Either => self.failure(end).hint(OLD_OR_NEW).into(),
            End::Both => {
                let stop = self.both();
                self.task.end(Err(stop));
                return None;
            }
        };
        self.left(stop)
    }

    /// The failure that names both files: nothing of them is deleted. Another try looks first what stands there, and
    /// puts the old one back.
    fn both(&mut self) -> Stop {
        let hint = format!(
            "{target} may be missing now. The old file is {aside}, or still {target}; the new one is {part}, or \
             {target} already. Look, and give the one you want its name; another try puts the old one back first.",
            target = self.target,
            aside = self.aside,
            part = self.part,
        );
        if self.task.cancel.is_cancelled() {
            // who has taken it out or paused it is told of no failure
            self.task.say(hint.clone());
        }
        let stop = Stop::Failed(self.failure(End::Both).hint(hint));
        self.task.targets.left_aside(&self.target, self.aside.clone());
        if self.task.keeps(&stop, self.bytes) {
            self.task.piece = Some(Piece::There(self.part.clone()));
        }
        stop
    }

    /// Nothing more can be asked. The temporary file that may be left.
    pub(in crate::engine::tail) fn give_up(mut self, failure: &Failure) -> Option<RemotePath> {
        let end = self.ladder.given_up();
        // how it came to this says more than why nobody could look
        let known = [&self.loss, &self.refusal, &self.unheard];
        if known.iter().all(|why| why.is_none()) {
            let what = self.what();
            self.loss = Some(Failure {
                what,
                ..failure.clone()
            });
        }
        let stop = match end {
            _ if self.site.in_place => self.failure(End::Either).hint(PARTIAL).into(),
            End::Placed { .. } => {
                self.site.left.clear();
                self.site.old.clear();
                let _ = self.ended(end);
                return None;
            }
            End::Both => self.both(),
            _ => {
                let hint = format!("All of it was sent. {OLD_OR_NEW} {} may be left.", self.part);
                self.failure(End::Either).hint(hint).into()
            }
        };
        self.task.end(Err(stop));
        (!self.site.in_place).then_some(self.part)
    }
}

/// It has failed and its part is kept: those that runs that are over have left go. One rest is enough: runs that fail
/// each night would fill the server.
pub(in crate::engine::tail) fn kept(task: Task, site: Site, stop: Stop) -> Option<Unfinished> {
    if site.left.is_empty() || matches!(stop, Stop::Cancelled) {
        task.end(Err(stop));
        return None;
    }
    Some(leftover(task, site.left, Err(stop)))
}

fn leftover(task: Task, paths: Vec<RemotePath>, end: Result<Moved, Stop>) -> Unfinished {
    Unfinished::Leftover(Box::new(Leftover::new(task, paths, end)))
}
