//! An upload whose data are on the server: which step comes next is decided in
//! [`crate::plan::ladder`]; here it is asked, and its end told.

use super::ahead::{set_time, time_of};
use super::{LOSSES, Unfinished, Verbs};
use crate::engine::task::{Task, UNTOUCHED, differs};
use crate::engine::upload::{Sending, Site};
use crate::engine::verify::Verification;
use crate::ftp::error::Error;
use crate::ftp::exchange::{Answer, Deleted, Rider};
use crate::ftp::session::FileSize;
use crate::ftp::sums::{Hashing, Sums};
use crate::model::entry::Permissions;
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::part_name::{Origin, aside_name};
use crate::model::path::{Name, RemotePath};
use crate::model::stamp::Stamp;
use crate::plan::ladder::{End, Ladder, Step, Told};

mod ending;
pub(super) use ending::kept;

/// How often SIZE is asked before MLST or STAT is, where it does not tell.
const ASKED: u8 = 2;

/// An upload on its way from its temporary name to its target.
pub(super) struct Sent {
    task: Task,
    part: RemotePath,
    target: RemotePath,
    /// What the old file is called while the new one takes its place.
    aside: RemotePath,
    site: Site,
    bytes: u64,
    /// How much of that was there before.
    begun: u64,
    modified: Option<Stamp>,
    /// Why the server's word for the data was not heard.
    unheard: Option<Failure>,
    ladder: Ladder,
    /// The renaming that was refused last.
    refusal: Option<Failure>,
    /// A renaming was refused since somebody has the file open.
    held_open: bool,
    /// How often it was said that there is no such file, when its size was asked for.
    missed: u8,
    /// The session that was lost last.
    loss: Option<Failure>,
    notes: Vec<String>,
    /// What is asked about its content, and what was sent.
    verification: Option<(Verification, Sums)>,
    /// Its size was looked at, and its content is asked for in another way; whether the size was told.
    verifying: Option<bool>,
    /// How often its size was asked for and not told.
    untold: u8,
    /// How often the session was lost before it was checked.
    losses: u32,
}

impl Sent {
    pub(super) fn new(mut sending: Sending, unheard: Option<Failure>) -> Self {
        let sums = sending.hashing.take().map(Hashing::finish);
        let verification = sending.verification.zip(sums);
        let (task, target) = (sending.task, sending.target);
        let aside = aside_of(&target, &task);
        let mut site = sending.site;
        site.permissions = site.permissions.filter(|_| task.placing.sets_permissions());
        Self {
            ladder: Ladder::new(unheard.is_none(), task.placing.moves_aside() && !site.is_new),
            untold: if task.placing.weighs() == Some(true) {
                ASKED
            } else {
                0
            },
            part: sending.part,
            aside: aside.unwrap_or_else(|| target.clone()),
            bytes: sending.sent,
            begun: sending.begun,
            modified: time_of(sending.source.modified, &task),
            site,
            task,
            target,
            unheard,
            refusal: None,
            held_open: false,
            missed: 0,
            loss: None,
            notes: Vec::new(),
            verification,
            verifying: None,
            losses: 0,
        }
    }

    /// Its job, where the server is asked a checksum of it.
    pub(super) fn computed(&self) -> Option<&Task> {
        let (asked, _) = self.verification.as_ref()?;
        (!asked.is_over()).then_some(&self.task)
    }

    /// What is asked about its content now.
    fn digest(&self) -> Option<Rider> {
        let (asked, _) = self.verification.as_ref()?;
        asked.rider(&self.part, self.bytes)
    }

    pub(super) fn riders(&self, verbs: Verbs) -> Vec<Rider> {
        let (part, target, aside) = (self.part.clone(), self.target.clone(), self.aside.clone());
        if self.verifying.is_some() {
            return self.digest().into_iter().collect();
        }
        match self.ladder.step() {
            Step::Check => {
                let time = set_time(&part, self.modified, verbs);
                let owner = verbs.owner.filter(|_| self.wants_owner());
                let permissions = self.set_permissions(owner.is_some());
                let owner = owner.map(|verb| Rider::Owner(part.clone(), verb));
                let riders = time.into_iter().chain(permissions).chain(owner);
                riders
                    .chain([self.size_of(part, verbs)])
                    .chain(self.digest())
                    .collect()
            }
            Step::Place => {
                let permissions = self.set_permissions(false).into_iter();
                permissions.chain([Rider::Rename(part, target)]).collect()
            }
            Step::PlaceInSteps => vec![Rider::RenameInSteps(part, target)],
            Step::Look => vec![self.size_of(part, verbs)],
            Step::Find | Step::Confirm | Step::Return => vec![self.size_of(target, verbs)],
            Step::MoveAside => {
                let permissions = self.set_permissions(false).into_iter();
                permissions.chain([Rider::Move(target, aside)]).collect()
            }
            Step::PutIn => vec![Rider::Move(part, target)],
            Step::PutBack => vec![Rider::Move(aside, target)],
            Step::Drop => vec![Rider::Delete(aside)],
            // no command of one line tells it
            Step::Survey => Vec::new(),
        }
    }

    /// Asks how long a file is, as the server was seen to tell it.
    fn size_of(&self, path: RemotePath, verbs: Verbs) -> Rider {
        match verbs.owner.filter(|_| self.untold >= ASKED) {
            Some(verb) => Rider::Weigh(path, verb),
            None => Rider::Size(path),
        }
    }

    /// Sets the permissions that it is to have and has not got. What lets others act as a file's owner or group waits
    /// for the answer whose the new one is, where that is `asked`.
    fn set_permissions(&self, asked: bool) -> Option<Rider> {
        let bits = self.site.permissions?;
        let safe = self.safe(bits);
        (safe == bits || !asked).then(|| Rider::SetPermissions(self.part.clone(), safe))
    }

    /// What of these permissions may go over to it.
    fn safe(&self, bits: Permissions) -> Permissions {
        let is_theirs = |old| self.task.targets.newcomers(&self.target).flatten().as_ref() == Some(old);
        match self.site.in_place || self.site.owner.as_ref().is_some_and(is_theirs) {
            true => bits,
            false => bits.for_anybody(),
        }
    }

    /// Whether it is asked whose new files in its folder are: once, where it is known whose the replaced one was.
    fn wants_owner(&self) -> bool {
        let replaced = self.site.owner.is_some() && !self.site.in_place;
        replaced && self.task.targets.newcomers(&self.target).is_none()
    }

    /// That the file is another's now, where it is.
    fn owner_lost(&self) -> Option<String> {
        let old = self.site.owner.as_ref()?;
        let new = self.task.targets.newcomers(&self.target).flatten()?;
        (*old != new).then(|| format!("the replaced file belonged to {old}, this one belongs to {new}"))
    }

    /// The folder whose listing is to tell what came of a renaming.
    pub(super) fn to_survey(&self) -> Option<RemotePath> {
        let folder = self.target.parent();
        folder.filter(|_| self.ladder.step() == Step::Survey)
    }

    /// The folder was listed; `None`: in vain, or something may be missing in it.
    pub(super) fn surveyed(self, listing: Option<&Listing>) -> Option<Unfinished> {
        let told = listing.map_or(Told::Untold, |listing| {
            let entry = |path: &RemotePath| {
                let name = path.name();
                listing
                    .entries
                    .iter()
                    .find(|entry| Some(&entry.name) == name.as_ref())
            };
            Told::Listed {
                part: entry(&self.part).is_some(),
                target: entry(&self.target).map(|there| there.size == Some(self.bytes)),
            }
        });
        self.told(told)
    }

    /// What the answers make of it: further work, or its end.
    pub(super) fn answered(mut self, answers: Vec<Answer>) -> Option<Unfinished> {
        if self.to_survey().is_some() {
            return Some(Unfinished::Sent(Box::new(self)));
        }
        let mut told = Told::Untold;
        for answer in answers {
            told = match answer {
                Answer::Size(FileSize::File(Some(size))) if size == self.bytes => Told::Whole,
                Answer::Size(FileSize::File(Some(size))) => Told::Other(size),
                Answer::Size(FileSize::NoFile) => Told::Nothing,
                Answer::Renamed(Ok(())) => Told::Renamed,
                Answer::Renamed(Err(error)) => self.refused(&error),
                Answer::Deleted(Deleted::Done) => Told::Deleted,
                Answer::Deleted(Deleted::NotThere | Deleted::Refused) => Told::NotDeleted,
                Answer::PermissionsSet(set) => {
                    self.permissions_set(set);
                    told
                }
                Answer::Digest(answer) => {
                    if let Some((asked, _)) = &mut self.verification {
                        asked.answered(answer);
                    }
                    told
                }
                Answer::Owner(owner) => {
                    self.task.targets.note_newcomers(&self.target, owner);
                    told
                }
                Answer::Entered(_) | Answer::Size(_) | Answer::Modified(_) | Answer::TimeSet(_) => told,
            };
        }
        if let Some(sized) = self.verifying {
            return self.verified(sized);
        }
        if self.ladder.step() == Step::MoveAside && told == Told::Renamed {
            self.refusal = None;
        }
        self.told(told)
    }

    /// It was asked, perhaps, and no answer has come.
    pub(super) fn unanswered(mut self, lost: &Error) -> Option<Unfinished> {
        let loss = lost.failure(self.what()).transient();
        self.losses += 1;
        // a server may fall silent over a question that no other client asks: once may be the line's fault
        if self.losses > 1 {
            if self.verifying.is_none() && self.ladder.step() == Step::Check && self.wants_owner() {
                self.task.targets.note_newcomers(&self.target, None);
            }
            if let Some((asked, _)) = &mut self.verification {
                asked.unanswered();
            }
        }
        if let Some(sized) = self.verifying {
            if self.losses >= LOSSES {
                return self.stopped(loss.hint(UNTOUCHED).into());
            }
            return self.verified(sized);
        }
        self.loss = Some(loss);
        if self.ladder.step() == Step::MoveAside {
            self.refusal = None;
        }
        self.told(Told::Lost)
    }

    fn told(mut self, told: Told) -> Option<Unfinished> {
        let checking = self.ladder.step() == Step::Check;
        self.missed += u8::from(checking && told == Told::Nothing);
        if self.ladder.step() == Step::Confirm && self.refusal.is_none() {
            self.refusal = self.not_in_place(told);
        }
        if checking && self.asks_again(told) {
            return Some(Unfinished::Sent(Box::new(self)));
        }
        if checking && self.site.in_place && told == Told::Nothing && self.is_missing() {
            let failure = self.not_found();
            return self.stopped(failure.into());
        }
        match self.ladder.answered(told) {
            None if checking && self.ladder.step() != Step::Check => {
                self.verified(matches!(told, Told::Whole | Told::Other(_)))
            }
            None => Some(Unfinished::Sent(Box::new(self))),
            Some(end) if self.site.in_place => {
                let failure = self.failure(end);
                self.stopped(failure.into())
            }
            Some(end) => self.ended(end),
        }
    }

    /// Whether its size is to be asked for once more, after this answer: SIZE was refused, perhaps, only because it
    /// was written ahead, and then there is another command that may tell.
    fn asks_again(&mut self, told: Told) -> bool {
        // some say by 550 that they tell no size at all
        let is_told = match told {
            Told::Lost => return false,
            told => !matches!(told, Told::Untold | Told::Nothing),
        };
        let placing = &self.task.placing;
        if self.untold >= ASKED {
            // one that can tell it was busy, perhaps
            let again = !is_told && self.untold == ASKED && placing.weighs() == Some(true);
            self.untold += u8::from(again);
            if told != Told::Nothing {
                placing.has_weighed(is_told);
            }
            return again;
        }
        let again = !is_told && (self.untold + 1 < ASKED || placing.weighs() != Some(false));
        self.untold += u8::from(again);
        again
    }

    /// Whether there is no such file: said in two ways, or by one that was seen to tell sizes. (What is not written in
    /// place is renamed, which shows it.)
    fn is_missing(&self) -> bool {
        self.untold >= ASKED && (self.missed > 1 || self.task.placing.weighs() == Some(true))
    }

    /// Its size is right, or not to be had (`sized`); its content is compared, where that is wanted and
    /// all has been asked.
    fn verified(mut self, sized: bool) -> Option<Unfinished> {
        self.verifying = None;
        match self.verification.take() {
            Some((asked, sums)) if !asked.is_over() => {
                self.verification = Some((asked, sums));
                self.verifying = Some(sized);
                return Some(Unfinished::Sent(Box::new(self)));
            }
            Some((asked, sums)) => match asked.judge(&sums, sized) {
                Ok(said) => self.notes.push(said),
                Err(why) => {
                    let what = format!("Could not upload to {}", self.target);
                    return self.stopped(differs(what, why));
                }
            },
            None => {}
        }
        if !self.site.in_place {
            return Some(Unfinished::Sent(Box::new(self)));
        }
        // there is nothing to rename
        self.notes.push("written in place".into());
        self.task.placing.wrote_in_place(&self.target);
        let end = End::Placed {
            word_lost: self.unheard.is_some(),
            unproved: !sized,
            aside: false,
            old_left: false,
        };
        self.ended(end)
    }

    fn refused(&mut self, error: &Error) -> Told {
        let is_held_open = error.is_held_open();
        self.held_open |= is_held_open;
        let says_most = match self.ladder.step() {
            Step::MoveAside => is_held_open || self.refusal.is_none(),
            Step::PutBack => false,
            _ => true,
        };
        if says_most {
            self.refusal = Some(error.failure(self.what()));
        }
        if matches!(error, Error::Refused(_, verb, _) if verb == "RNFR") {
            return Told::NotFrom;
        }
        // it was found
        self.missed = 0;
        match error {
            // 553: name not allowed; 501: no name at all (RFC 959 §4.2). Some say so of a name that is taken.
            Error::Refused(_, _, reply) => Told::NotTo {
                name: matches!(reply.code, 501 | 553),
            },
            _ => Told::NotTo { name: false },
        }
    }

    fn permissions_set(&mut self, set: Result<(), Error>) {
        let Some(bits) = self.site.permissions.take() else {
            return;
        };
        let Err(error) = set else {
            if self.safe(bits) != bits {
                self.notes.push(format!(
                    "the replaced file had {}; set-user-ID and set-group-ID are left out, as the new one is not \
                     known to belong to the same user and group",
                    bits.symbolic()
                ));
            }
            return;
        };
        // one that does not know the command is not asked for the next file, and that is said once
        let why = match error.is_unknown_command() {
            true if !self.task.placing.refuses_permissions() => return,
            true => "the server does not let permissions be set".to_owned(),
            false => error.failure("they were not set").to_string(),
        };
        let whose = match self.task.start.care.permissions {
            true => "the file here has",
            false => "the replaced file had",
        };
        self.notes.push(format!("{whose} {}; {why}", bits.symbolic()));
    }

    fn what(&self) -> String {
        match self.ladder.step() {
            Step::Check => format!("Could not upload to {}", self.target),
            _ => format!("Could not put {} in place", self.target),
        }
    }
}

/// What the old file is to be called meanwhile: another name than that under which an earlier try may have left it.
fn aside_of(target: &RemotePath, task: &Task) -> Option<RemotePath> {
    let named = |n| {
        let source = task.origin.source.wrapping_add(n);
        let origin = Origin {
            source,
            ..task.origin
        };
        beside(target, |name| aside_name(name, &origin))
    };
    let is_free = |aside: &RemotePath| !task.origins.has_left_aside(aside);
    (0..)
        .map(named)
        .find(|aside| aside.as_ref().is_none_or(is_free))
        .flatten()
}

/// Another name in the same folder.
fn beside(path: &RemotePath, name: impl Fn(&[u8]) -> Vec<u8>) -> Option<RemotePath> {
    let (folder, own) = path.parent().zip(path.name())?;
    Some(folder.join(&Name::new(&name(own.as_bytes())).ok()?))
}
