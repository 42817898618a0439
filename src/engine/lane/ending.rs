//! The end of what a lane carries: the last transfer's, and what is unfinished about earlier files.

use std::time::Duration;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Hands;
use crate::engine::carried::Over;
use crate::engine::lease::Lease;
use crate::engine::task::Stop;
use crate::engine::{PARTING, unix_now};
use crate::ftp::error::Error;
use crate::ftp::exchange::Rider;
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::path::RemotePath;

/// How long what is unfinished may take to be finished when the program ends; the goodbyes have the
/// rest of [`PARTING`].
const LAST_ROUNDS: Duration = PARTING.saturating_sub(Duration::from_secs(1));

impl Hands<'_> {
    /// Ends the last transfer, and brings everything that is unfinished to its end.
    pub(super) async fn settle(&mut self, over: Option<Over>) {
        if let Some(Over { file, closed }) = over {
            let cancel = file.task().cancel.clone();
            // what takes the server long has a round of its own
            let riders = Some(self.tail.riders()).filter(|riders| !riders.iter().any(Rider::is_slow));
            match self.lease.take() {
                Some(mut lease) => {
                    let asks = riders.is_some() && lease.writes_ahead();
                    let ahead = match asks {
                        true => self.tail.ahead(&file),
                        false => Vec::new(),
                    };
                    let others = riders.as_ref().map_or(0, Vec::len);
                    let all = [riders.as_deref().unwrap_or_default(), &ahead].concat();
                    let exchanged = tokio::select! {
                        exchanged = lease.exchange(Some(closed), &all, None) => Some(exchanged),
                        () = cancel.cancelled() => None,
                    };
                    match exchanged {
                        Some(mut exchanged) => {
                            self.lease = Some(lease);
                            let own = exchanged.answers.split_off(others.min(exchanged.answers.len()));
                            if riders.is_some() {
                                self.tail.answered(exchanged.answers, exchanged.lost.as_ref());
                            }
                            self.ended(Some(file), exchanged.ended).await;
                            self.tail.answered_ahead(&ahead, own);
                        }
                        None => {
                            if riders.is_some() {
                                self.tail.answered(Vec::new(), None);
                            }
                            self.failed(file, Stop::Cancelled).await;
                        }
                    }
                }
                None => self.ended(Some(file), None).await,
            }
        }
        self.flush().await;
    }

    /// Brings everything that is unfinished to its end; at the end of the program, not for long.
    pub(super) async fn flush(&mut self) {
        let end = &self.lane.end;
        let late = async {
            end.cancelled().await;
            sleep(LAST_ROUNDS).await;
        };
        let over = tokio::select! {
            () = self.last_rounds() => true,
            () = late => false,
        };
        if !over {
            self.lease = None;
            self.give_up(&crate::engine::ending());
        }
    }

    async fn last_rounds(&mut self) {
        let never = CancellationToken::new();
        while !self.tail.is_empty() {
            let mut lease = match self.take_lease(&never).await {
                Ok(lease) => lease,
                Err(Stop::Failed(failure) | Stop::NoSession(failure)) => return self.give_up(&failure),
                Err(_) => return self.give_up(&crate::engine::ending()),
            };
            if let Some(folder) = self.tail.to_survey() {
                let listed = survey(&mut lease, &folder).await;
                self.lease = Some(lease);
                self.tail.surveyed(&folder, listed);
                continue;
            }
            let riders = self.tail.riders();
            let asked = tokio::select! {
                asked = lease.ask(&riders) => asked,
                () = self.tail.given_up() => {
                    // nobody waits for what the server still has to say
                    drop(lease);
                    self.tail.answered(Vec::new(), None);
                    self.tail.leave_given_up();
                    continue;
                }
            };
            self.lease = Some(lease);
            match asked {
                Ok(asked) => self.tail.answered(asked.answers, asked.lost.as_ref()),
                Err(error) if error.is_loss() => self.tail.answered(Vec::new(), Some(&error)),
                Err(error) => return self.give_up(&error.failure("Could not finish a transfer")),
            }
        }
    }

    /// Nothing more can be asked about what is unfinished.
    fn give_up(&mut self, failure: &Failure) {
        for part in self.tail.give_up(failure) {
            let connection = &self.lane.pool.connection;
            connection.remark(&format!("the temporary file {part} may be left"));
        }
    }
}

/// Lists a folder to find out what is there; `None` where something may be missing in the listing. An error: the
/// session was lost.
async fn survey(lease: &mut Lease, folder: &RemotePath) -> Result<Option<Listing>, Error> {
    match lease.list(folder, unix_now()).await {
        Ok(listing) => Ok(Some(listing).filter(|listing| listing.is_whole() && !lease.hides_dot_names())),
        Err(error) if error.is_loss() => Err(error),
        Err(_) => Ok(None),
    }
}
