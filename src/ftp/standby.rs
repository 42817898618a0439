//! A data connection that is asked for before the command it is for: with the look at what stands at a path, and at
//! the end of the listing of a folder that files are put into. What comes next takes one then, most likely, and is
//! written a round trip earlier.
//!
//! It stands by for the very next command, and not for long: servers give up a port where nobody comes, and firewalls
//! close the way to it. Where it is not there for its command, that is noticed once for a server.

use std::time::{Duration, Instant};

use super::begin::says_nobody_came;
use super::data::{Offer, Prepared};
use super::error::Error;
use super::exchange::{Answer, Next, Rider, is_astray};
use super::session::Session;
use super::transfer::{Ending, Transfer};
use crate::model::path::RemotePath;

/// For how long; servers wait a minute for somebody to come (vsftpd), or ten seconds.
const FRESH: Duration = Duration::from_secs(5);

/// A data connection that stands by.
#[derive(Debug)]
pub(super) struct Standby {
    prepared: Prepared,
    /// The folder that the session has gone into in the same write.
    folder: Option<RemotePath>,
    /// How many commands had been sent with it.
    sent: u64,
    since: Instant,
}

impl Session {
    /// What may be asked for to stand by; `closed`: at the end of a transfer's data.
    pub(super) fn standby_offer(&self, closed: bool) -> Option<Offer> {
        let offer = match closed {
            true => self.offer(),
            false => self.first_offer(),
        };
        offer.filter(|_| !self.connection().habits().no_standby)
    }

    /// Reads the answer to the offer, which was the last that was written.
    pub(super) async fn stand_by(
        &mut self,
        offer: Offer,
        last: Option<(&Rider, &Answer)>,
    ) -> Result<(), Error> {
        let reply = self.next_reply().await?;
        let folder = match last {
            Some((Rider::Enter(folder), Answer::Entered(Some(true)))) => Some(folder.clone()),
            _ => None,
        };
        let prepared = self.first_taken(offer, reply).await?;
        let sent = self.control.sent();
        self.standby = prepared.map(|prepared| Standby {
            prepared,
            folder,
            sent,
            since: Instant::now(),
        });
        Ok(())
    }

    /// The data connection that stands by, if there is one still.
    pub(super) fn take_standby(&mut self) -> Option<Prepared> {
        self.standby_still().map(|standby| standby.prepared)
    }

    /// The same for what is asked of a folder, if the session stands in it.
    pub(super) fn take_standby_in(&mut self, folder: &RemotePath) -> Option<Prepared> {
        let standby = self.standby_still()?;
        (standby.folder.as_ref() == Some(folder)).then_some(standby.prepared)
    }

    fn standby_still(&mut self) -> Option<Standby> {
        let standby = self.standby.take()?;
        (standby.sent == self.control.sent() && standby.since.elapsed() < FRESH).then_some(standby)
    }

    /// Whether a transfer did not begin since the data connection that stood by for it was not there.
    pub(super) fn wants_another_way(&self, error: &Error) -> bool {
        let nobody_came = says_nobody_came(error);
        if nobody_came {
            self.lost_standby();
        }
        nobody_came || matches!(error, Error::LostPair(_))
    }

    /// A data connection that stood by was not there: none does any more.
    pub(super) fn lost_standby(&self) {
        if !std::mem::replace(&mut self.connection().habits().no_standby, true) {
            self.remark(
                "a data connection that was asked for ahead was not there; asking for each with its command",
            );
        }
    }

    /// As [`Session::finish`]; where something is to come that takes a data connection, one is asked for in the same
    /// write.
    pub(super) async fn finish_before_data(&mut self, transfer: Transfer) -> Result<Ending, Error> {
        let closed = transfer.close(self).await?;
        let ended = self.exchange(Some(closed), &[], Next::Data).await.ended;
        ended.unwrap_or(Err(Error::Poisoned))
    }

    /// Whether the end of a listing came as another command's answer, or not, since something was written before it.
    pub(super) fn was_overtaken(&self, error: &Error) -> bool {
        is_astray(error) && self.connection().habits().one_by_one
    }
}
