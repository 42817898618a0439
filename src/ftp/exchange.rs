//! One write and its replies: the end of one transfer, commands that ride along, and the
//! beginning of the next transfer.
//!
//! A small file costs round trips, not bytes. So the commands of the next transfer are written at
//! the end of the data of this one, before its 226 is read, and what is still to be asked or said
//! about earlier files rides in the same write. Never during the data: several servers refuse
//! that. Where a server stumbles over commands written ahead, that is noticed once, and everything
//! is asked one by one from then on.

use std::time::Duration;

use tokio::time::timeout;

use super::begin::says_nobody_came;
use super::data::{Offer, Prepared};
use super::error::{Error, Stage};
use super::explain::says_forbidden;
use super::list::owners::told;
use super::list::single;
use super::reply::Reply;
pub(crate) use super::rider::{Answer, Deleted, OwnerVerb, Rider, TimeVerb};
use super::session::{FileSize, Session};
use super::transfer::{Asked, Closed, EXPLANATION, Ending, Request, Transfer, Way};
use crate::model::path::RemotePath;

/// What came of one exchange.
#[derive(Debug, Default)]
pub(crate) struct Exchanged {
    /// How the transfer that was closed has ended; `None` where there was none.
    pub(crate) ended: Option<Result<Ending, Error>>,
    /// The answers to the riders, in their order; fewer where the session was lost.
    pub(crate) answers: Vec<Answer>,
    /// The next transfer; `None` where none was asked for.
    pub(crate) begun: Option<Begun>,
    /// Why there are fewer answers than riders.
    pub(crate) lost: Option<Error>,
}

/// What is to come behind the riders.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Next<'r> {
    Nothing,
    /// Something that takes a data connection, most likely: one is asked for where that costs nothing.
    Data,
    Transfer(&'r Request),
}

/// How a transfer began.
#[derive(Debug)]
pub(crate) enum Begun {
    /// Data flow.
    Open(Box<Transfer>),
    /// It did not begin.
    Failed(Error),
    /// The server could not cope with commands written ahead, or the session was lost before its
    /// turn came: to be begun once more.
    Again,
}

impl Session {
    /// Begins a transfer.
    pub(crate) async fn begin(&mut self, request: &Request) -> Result<Transfer, Error> {
        loop {
            self.settled().await?;
            let ahead = self.writes_ahead();
            match self.exchange(None, &[], Next::Transfer(request)).await.begun {
                Some(Begun::Open(transfer)) => return Ok(*transfer),
                Some(Begun::Failed(error)) => return Err(error),
                Some(Begun::Again) if ahead && self.is_usable() => {}
                Some(Begun::Again) | None => return Err(Error::Poisoned),
            }
        }
    }

    /// Whether commands may be written ahead: a way to make data connections has proved itself,
    /// and the server has not stumbled yet.
    pub(crate) fn writes_ahead(&self) -> bool {
        let habits = self.connection().habits();
        habits.last.is_some() && !habits.one_by_one
    }

    /// How the time of a file is set; `None` where the server does not let it be, as far as one knows.
    pub(crate) fn time_verb(&self) -> Option<TimeVerb> {
        let features = self.features();
        if features.has("MFMT") {
            return Some(TimeVerb::Mfmt);
        }
        (features.has("MDTM") && self.connection().learned().mdtm_sets_times != Some(false))
            .then_some(TimeVerb::Mdtm)
    }

    /// How it is asked whose a file is, in the same way as listings tell it.
    pub(crate) fn owner_verb(&self) -> OwnerVerb {
        match self.uses_mlsd() {
            true => OwnerVerb::Mlst,
            false => OwnerVerb::Stat,
        }
    }

    /// Ends `closed`, asks `riders`, begins `next`: in one write where the server takes that.
    pub(crate) async fn exchange(
        &mut self,
        closed: Option<Closed>,
        riders: &[Rider],
        next: Next<'_>,
    ) -> Exchanged {
        let mut done = Exchanged::default();
        let (next, before_data) = match next {
            Next::Nothing => (None, false),
            Next::Data => (None, true),
            Next::Transfer(next) => (Some(next), false),
        };
        if closed.is_none()
            && let Err(error) = self.settled().await
        {
            done.lost = Some(error);
            done.begun = next.map(|_| Begun::Again);
            return done;
        }
        // by themselves riders need no data connection that has proved itself
        let alone = closed.is_none() && next.is_none();
        let ahead = (self.writes_ahead() || (alone && !self.connection().habits().one_by_one))
            // whose reply is whose could not be told
            && self.control.noops().unanswered() == 0
            && closed.as_ref().is_none_or(|closed| closed.unsettled.is_none())
            // in active mode pyftpdlib answers what comes at the end of the data before that end
            && (closed.is_none() || self.offer().is_some())
            && self.knows_iac(riders, next)
            && !riders
                .iter()
                .any(|rider| matches!(rider, Rider::RenameInSteps(..) | Rider::Move(..)));
        // a name whose bytes have to be tried out is, first
        let standby = match (&closed, riders, next) {
            (None, [], Some(next)) if self.knows_iac(riders, Some(next)) => self.take_standby(),
            _ => None,
        };
        let mut offer = None;
        let mut admitted = next.map_or(Ok(()), |next| self.control.admits(&next.command));
        if ahead {
            let together = |next: &&Request| next.offset == 0 && admitted.is_ok() && standby.is_none();
            let pair = next.filter(together);
            offer = match before_data {
                true => self.standby_offer(closed.is_some()),
                false => pair.and_then(|_| self.offer()),
            };
            if let Err(error) = self.write(riders, offer, pair) {
                admitted = Err(error);
                offer = None;
            }
        }
        let mut astray = false;
        if let Some(closed) = closed {
            let ended = self.last_word(closed).await;
            astray |= ended.as_ref().is_err_and(is_astray);
            done.ended = Some(ended);
        }
        for rider in riders {
            let answered = if ahead {
                self.answer(rider).await
            } else {
                self.ask_rider(rider).await
            };
            astray |= answered.as_ref().is_err_and(is_astray);
            match answered {
                Ok(answer) => done.answers.push(answer),
                Err(error) => {
                    done.lost = Some(error);
                    break;
                }
            }
        }
        if ahead && astray {
            self.stumbled();
            // one command was lost, nobody knows which: what seemed to be its answer was the next one's (250 to
            // DELE looks like 250 to RNTO), so nothing of this write is believed
            done.answers.clear();
        } else if let (true, Some(offer), None) = (before_data, offer, &done.lost) {
            let last = riders.last().zip(done.answers.last());
            if let Err(error) = self.stand_by(offer, last).await
                && is_astray(&error)
            {
                self.stumbled();
            }
        }
        let Some(next) = next else {
            return done;
        };
        done.begun = Some(match (admitted, offer) {
            _ if self.control.is_poisoned() => Begun::Again,
            (Err(error), _) => Begun::Failed(error),
            (Ok(()), Some(offer)) => self.open_ahead(offer, next).await,
            (Ok(()), None) => {
                let stood_by = standby.is_some();
                match self.open(next, standby).await {
                    Ok(transfer) => Begun::Open(Box::new(transfer)),
                    Err(error) if stood_by && self.wants_another_way(&error) => Begun::Again,
                    Err(error) => Begun::Failed(error),
                }
            }
        });
        done
    }

    /// Whether the gate would let all of these out: asked before answers are waited for.
    pub(crate) fn admits_riders(&self, riders: &[Rider]) -> Result<(), Error> {
        riders.iter().try_for_each(|rider| {
            let (first, second) = rider.lines();
            self.control.admits(&first)?;
            second.map_or(Ok(()), |second| self.control.admits(&second))
        })
    }

    /// Whether every reply has been read, so that the next one is the next command's: a command that
    /// was cancelled leaves its own behind.
    pub(super) async fn settled(&mut self) -> Result<(), Error> {
        if !self.control.in_step() {
            self.abandon();
        }
        self.control.settle().await
    }

    pub(super) fn stumbled(&self) {
        self.connection().stumbled(self.control.transcript());
    }

    /// Writes the riders, the request for a data connection and the transfer that it is for, in one piece.
    fn write(&mut self, riders: &[Rider], offer: Option<Offer>, next: Option<&Request>) -> Result<(), Error> {
        let mut lines: Vec<Vec<u8>> = Vec::with_capacity(2 * riders.len() + 2);
        for rider in riders {
            let (first, second) = rider.lines();
            lines.push(first);
            lines.extend(second);
        }
        if let Some(offer) = offer {
            lines.push(offer.line().to_vec());
            lines.extend(next.map(|next| next.command.clone()));
        }
        if lines.is_empty() {
            return Ok(());
        }
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        self.control.send(&lines)
    }

    /// Reads the answer to a rider that has been written. An error: the session is lost.
    async fn answer(&mut self, rider: &Rider) -> Result<Answer, Error> {
        let first = self.next_reply_after(rider.work()).await?;
        // asked by itself it says something else, most likely
        if first.code == 503 {
            self.stumbled();
        }
        if !matches!(rider, Rider::Rename(..)) {
            return Ok(self.understood(rider, first, None));
        }
        let second = self.next_reply().await?;
        if first.class() == 2 || second.class() == 3 {
            self.abandon();
            return Err(Error::OutOfOrder);
        }
        Ok(self.understood(rider, first, Some(second)))
    }

    /// Asks a rider by itself.
    async fn ask_rider(&mut self, rider: &Rider) -> Result<Answer, Error> {
        // what is renamed to got the same name when it was made under its temporary one
        if let Some(path) = rider.paths().0.next() {
            self.find_iac(path).await?;
        }
        let (first, second) = rider.lines();
        let first = self.control.ask_for(Stage::Command, &first, rider.work()).await?;
        let second = match second {
            Some(second) if first.class() == 3 => Some(self.control.ask(&second).await?),
            _ => None,
        };
        let answer = self.understood(rider, first, second);
        if let (Rider::RenameInSteps(..), Answer::Renamed(Ok(()))) = (rider, &answer) {
            self.stumbled();
        }
        Ok(answer)
    }

    fn understood(&mut self, rider: &Rider, first: Reply, second: Option<Reply>) -> Answer {
        let lines = rider.lines();
        let first = first.about(&lines.0);
        let second = second.zip(lines.1).map(|(second, line)| second.about(&line));
        match rider {
            Rider::Enter(_) => Answer::Entered(match first.code {
                _ if first.is_positive() => Some(true),
                550 => Some(false),
                _ => None,
            }),
            Rider::Size(_) => Answer::Size(FileSize::told(&first)),
            Rider::Modified(_) => Answer::Modified(first.modified().filter(|_| first.code == 213)),
            Rider::SetModified(_, _, verb) => {
                Answer::TimeSet(*verb == TimeVerb::Mfmt || self.mdtm_sets_times(&first))
            }
            Rider::SetPermissions(..) => Answer::PermissionsSet(match first.code {
                // "not implemented, superfluous at this site" (RFC 959 §4.2.2)
                200..=299 if first.code != 202 => Ok(()),
                _ => Err(self.control.refusal(Stage::Command, b"SITE", first)),
            }),
            Rider::Owner(..) => {
                let lines = first.is_positive().then_some(&first.lines);
                Answer::Owner(lines.and_then(|lines| told(lines)))
            }
            Rider::Weigh(path, verb) => Answer::Size(weighed(path, *verb, &first)),
            Rider::Rename(..) | Rider::RenameInSteps(..) | Rider::Move(..) => Answer::Renamed(match second {
                _ if first.class() != 3 => Err(self.control.refusal(Stage::Command, b"RNFR", first)),
                Some(second) if second.is_positive() => Ok(()),
                Some(second) => Err(self.control.refusal(Stage::Command, b"RNTO", second)),
                None => Err(Error::Poisoned),
            }),
            Rider::Delete(_) => Answer::Deleted(match first.code {
                _ if first.is_positive() => Deleted::Done,
                550 if !says_forbidden(&first) => Deleted::NotThere,
                _ => Deleted::Refused,
            }),
            Rider::Digest(asked) => Answer::Digest(self.digest_in(asked.way, &first, asked.size)),
        }
    }

    /// Whether MDTM with a time is worth saying again, after this answer.
    fn mdtm_sets_times(&self, reply: &Reply) -> bool {
        let known = self.connection().learned().mdtm_sets_times;
        let sets = match reply.class() {
            // with a time it has answered the question when that file was changed
            2 => reply.modified().is_none(),
            // of this moment only
            4 => return known != Some(false),
            // of this file only: others were set
            5 if reply.code == 550 && known == Some(true) => return true,
            _ => false,
        };
        self.connection().learned().mdtm_sets_times = Some(sets);
        if !sets && known != Some(false) {
            self.remark("the server does not let the time of a file be set (MDTM); not asked for any more");
        }
        sets
    }

    /// The next final reply to a rider or a pair; 421 ends the session, and so does a reply that
    /// can only be another command's.
    pub(super) async fn next_reply(&mut self) -> Result<Reply, Error> {
        self.next_reply_after(Duration::ZERO).await
    }

    async fn next_reply_after(&mut self, work: Duration) -> Result<Reply, Error> {
        loop {
            let (verb, reply) = self.control.reply_after(Stage::Command, work).await?;
            match reply.class() {
                1 => {}
                _ if reply.code == 421 => {
                    return Err(self.control.refusal(Stage::Command, verb.as_bytes(), reply));
                }
                _ if is_anothers(&verb, &reply) => {
                    self.abandon();
                    return Err(Error::OutOfOrder);
                }
                _ => return Ok(reply),
            }
        }
    }

    /// The pair has been written: its replies, and the data connection.
    async fn open_ahead(&mut self, offer: Offer, next: &Request) -> Begun {
        let reply = match self.next_reply().await {
            Ok(reply) => reply,
            Err(Error::Silent(..)) => {
                self.stumbled();
                return Begun::Again;
            }
            Err(_) => return Begun::Again,
        };
        let prepared = match self.taken(offer, reply) {
            Ok(prepared) => prepared,
            Err(_) => {
                // the command behind it is answered as well, with a refusal most likely; where
                // the server waits for a data connection instead, nobody waits for it
                self.stumbled();
                if !matches!(timeout(EXPLANATION, self.next_reply()).await, Ok(Ok(_))) {
                    self.abandon();
                }
                return Begun::Again;
            }
        };
        match self.start(prepared, next, Asked::Together).await {
            Ok(transfer) => Begun::Open(Box::new(transfer)),
            Err(Error::LostPair(_)) => Begun::Again,
            Err(error) => {
                if is_astray(&error) {
                    self.stumbled();
                }
                Begun::Failed(error)
            }
        }
    }

    /// Begins a transfer step by step, over the data connection that stands by.
    async fn open(&mut self, request: &Request, standby: Option<Prepared>) -> Result<Transfer, Error> {
        let mut unsettled = None;
        match (request.path(), request.way) {
            (Some(path), Way::Down) => self.find_iac(path).await?,
            (Some(path), Way::Up) => unsettled = (!self.settle_iac(path)).then(|| path.clone()),
            (None, _) => {}
        }
        let ((prepared, failed), asked) = match standby {
            Some(prepared) => ((prepared, None), Asked::Ahead),
            None => (self.prepare_data().await?, Asked::Alone),
        };
        if request.offset > 0 {
            // between the data connection and the command it belongs to (RFC 3659 §5.3)
            self.control
                .demand(Stage::Command, format!("REST {}", request.offset).as_bytes(), 3)
                .await?;
        }
        self.control.send(&[&request.command])?;
        let started = self.start(prepared, request, asked).await;
        if request.continues() && matches!(started, Err(Error::Refused(..))) {
            // vsftpd, ProFTPD, pure-ftpd and pyftpdlib keep the offset for whatever comes next
            self.control.ask(b"REST 0").await?;
        }
        let mut transfer = started.map_err(|error| match failed {
            Some(failed) if says_nobody_came(&error) => Error::BothWays(failed, Box::new(error)),
            _ => error,
        })?;
        transfer.unsettled = unsettled;
        Ok(transfer)
    }

    /// Whether it is known how 0xFF is taken, if any of these names holds it.
    fn knows_iac(&self, riders: &[Rider], next: Option<&Request>) -> bool {
        let mut paths = riders.iter().flat_map(|rider| rider.paths().0);
        paths.all(|path| self.settle_iac(path))
            && next
                .and_then(Request::path)
                .is_none_or(|path| self.settle_iac(path))
    }
}

/// How long a file is, by the answer to MLST or STAT. To STAT of what is not there some answer 450 (RFC 959 §5.4), and
/// others list nothing, as `ls` would; what has other lines is no listing.
fn weighed(path: &RemotePath, verb: OwnerVerb, reply: &Reply) -> FileSize {
    let name = path.name().filter(|_| reply.is_positive());
    match name.and_then(|name| single::size(&reply.lines, name.as_bytes())) {
        Some(size) => FileSize::File(Some(size)),
        None if reply.code == 550 => FileSize::NoFile,
        None if verb == OwnerVerb::Stat && is_nothing(reply) => FileSize::NoFile,
        None => FileSize::Untold,
    }
}

/// Whether STAT says so that nothing stands at its path.
fn is_nothing(reply: &Reply) -> bool {
    reply.code == 450 || (matches!(reply.code, 212 | 213) && reply.lines.len() == 2)
}

/// Whether an error says that replies came late, or as another command's.
pub(super) fn is_astray(error: &Error) -> bool {
    matches!(error, Error::OutOfOrder | Error::Silent(Stage::Command, _))
}

/// Whether a reply can only be another command's: the end of a transfer, the address of a data
/// connection, or a file's size or time.
fn is_anothers(verb: &str, reply: &Reply) -> bool {
    match reply.code {
        213 => matches!(
            verb,
            "CWD" | "RNFR" | "RNTO" | "DELE" | "SITE" | "EPSV" | "PASV" | "RETR" | "STOR"
        ),
        226 => true,
        227 => verb != "PASV",
        228 => true,
        229 => verb != "EPSV",
        _ => false,
    }
}
