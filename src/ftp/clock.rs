//! The server's clock: what LIST tells is its wall clock, what MDTM tells is UTC (RFC 3659 §2.3).
//! One file's two times give the offset, once for each connection; or, where MDTM is not to be had, the
//! time of a file that was just written.

use super::session::Session;
use crate::model::clock::ClockOffset;
use crate::model::entry::{Entry, Kind};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::model::stamp::{Precision, Stamp};

/// How many files a connection asks for their MDTM, to learn the clock.
const MOST_QUESTIONS: u8 = 3;

impl Session {
    /// What the server's wall clock shows now, as far as known; Unix seconds.
    pub(super) fn wall_clock(&self, now: i64) -> i64 {
        self.clock_offset().map_or(now, |offset| offset.shown_at(now))
    }

    /// Turns the times of a listing from the server's wall clock into UTC. The offset is the one
    /// that is set for the server, or is measured with files of this listing; where neither
    /// gives one the listing stays as it is.
    pub(super) async fn correct_clock(&mut self, folder: &RemotePath, listing: &mut Listing) {
        if !listing.wall_clock {
            return;
        }
        let offset = match self.clock_offset() {
            None if self.untimed => return,
            None => match self.measure_clock(folder, &listing.entries).await {
                None => self.clock_of_own_file(folder, &listing.entries),
                measured => measured,
            },
            known => known,
        };
        if offset.is_some() {
            self.put_right(listing);
        }
    }

    /// Turns the times of a listing into UTC, where the offset is known by now.
    pub(super) fn put_right(&self, listing: &mut Listing) {
        let Some(offset) = self.clock_offset().filter(|_| listing.wall_clock) else {
            return;
        };
        for stamp in listing.entries.iter_mut().filter_map(|e| e.modified.as_mut()) {
            *stamp = offset.to_utc(*stamp);
        }
        listing.wall_clock = false;
    }

    /// Whether a file of this listing can tell the server's clock, which is not known yet.
    pub(crate) fn could_tell_clock(&self, listing: &Listing) -> bool {
        listing.wall_clock
            && self.clock_offset().is_none()
            && self.connection().learned().clock_questions < self.questions()
            && newest_before(&listing.entries, i64::MAX).is_some()
    }

    fn clock_offset(&self) -> Option<ClockOffset> {
        let set = self.connection().server.clock_offset;
        set.or_else(|| self.connection().learned().clock_offset)
    }

    /// Asks for the MDTM of the newest files, one after the other, until one tells. The newest,
    /// because the offset wanted is that of today: an old file may have been written in the other
    /// half-year's time.
    async fn measure_clock(&mut self, folder: &RemotePath, entries: &[Entry]) -> Option<ClockOffset> {
        let mut last = i64::MAX;
        let mut asked = false;
        while self.is_usable()
            && let Some((file, listed)) = newest_before(entries, last)
            && self.may_ask_for_clock()
        {
            last = listed.seconds;
            asked = true;
            let measured = match self.modified(&folder.join(&file.name)).await {
                Ok(utc) => utc.and_then(|utc| ClockOffset::between(listed, utc)),
                // the listing has come whole: what is lost is this session and not the answer
                Err(_) => {
                    self.connection().learned().clock_questions = MOST_QUESTIONS;
                    None
                }
            };
            if let Some(offset) = measured {
                self.learn_clock(offset);
                return Some(offset);
            }
        }
        // another session may have learned it meanwhile
        let known = self.clock_offset();
        if asked && known.is_none() {
            self.remark(
                "MDTM does not tell the server's clock; the times of LIST stay as the server wrote them",
            );
        }
        known
    }

    /// Notes that a file has been written just now, `now` in Unix seconds, and keeps that time.
    pub(crate) fn wrote(&self, path: &RemotePath, now: i64) {
        if self.clock_offset().is_none() {
            self.connection().learned().written = Some((path.clone(), now));
        }
    }

    fn clock_of_own_file(&self, folder: &RemotePath, entries: &[Entry]) -> Option<ClockOffset> {
        let (path, written) = self.connection().learned().written.clone()?;
        let name = path.name().filter(|_| path.parent().as_ref() == Some(folder))?;
        let file = entries
            .iter()
            .find(|entry| entry.kind == Kind::File && entry.name == name)?;
        let offset = ClockOffset::of_own_file(file.modified?, written)?;
        self.learn_clock(offset);
        Some(offset)
    }

    fn learn_clock(&self, offset: ClockOffset) {
        self.connection().learned().clock_offset = Some(offset);
        let words = offset.words();
        self.remark(&match offset.minutes() {
            0 => format!("the server's clock is {words}"),
            _ => format!("the server's clock is {words}; the times of LIST are corrected"),
        });
    }

    fn questions(&self) -> u8 {
        match self.features().has("MDTM") {
            true => MOST_QUESTIONS,
            false => 1,
        }
    }

    /// Takes one of the questions that are left. A server that does not announce MDTM is asked
    /// once.
    fn may_ask_for_clock(&self) -> bool {
        let most = self.questions();
        let mut learned = self.connection().learned();
        let allowed = learned.clock_questions < most;
        if allowed {
            learned.clock_questions += 1;
        }
        allowed
    }
}

/// The newest file whose time of day is known and earlier than `before`, in Unix seconds.
fn newest_before(entries: &[Entry], before: i64) -> Option<(&Entry, Stamp)> {
    entries
        .iter()
        .filter(|entry| entry.kind == Kind::File)
        .filter_map(|entry| Some((entry, entry.modified?)))
        .filter(|(_, stamp)| stamp.precision != Precision::Day && stamp.seconds < before)
        .max_by_key(|(_, stamp)| stamp.seconds)
}
