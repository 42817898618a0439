//! One session's part of a walk: folder after folder, and all at once where the server can.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Shared, incomplete};
use crate::engine::lease::Lease;
use crate::engine::pool::Purpose;
use crate::engine::unix_now;
use crate::ftp::error::Error;
use crate::ftp::succession::{Sweep, Unconfirmed};
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::plan::retry::retry_after;
use crate::plan::tree::{Folder, Ticket};

/// How much of a recursive listing may be of no use before it is given up.
const USELESS: u64 = 16 * 1024 * 1024;

/// A session at work.
pub(super) struct Hand<'w, T, L> {
    walk: &'w Arc<Shared<T, L>>,
    lease: Option<Lease>,
    /// Why there is none to begin with: the first folder tells of it.
    failed: Option<Failure>,
}

impl<'w, T: Send, L: Send> Hand<'w, T, L> {
    pub(super) fn new(walk: &'w Arc<Shared<T, L>>, leased: Result<Lease, Failure>) -> Self {
        let (lease, failed) = match leased {
            Ok(lease) => (Some(lease), None),
            Err(failure) => (None, Some(failure)),
        };
        Self { walk, lease, failed }
    }

    /// Lists folders until none waits, or the session is given back.
    pub(super) async fn list(mut self) {
        let mut last: Option<(Ticket, Folder<T>, Unconfirmed)> = None;
        let mut again = Vec::new();
        // two who give way to each other before they have listed anything would do nothing else
        let mut has_listed = false;
        loop {
            if last.is_none() && again.is_empty() {
                self.try_sweep().await;
            }
            let gives_way = has_listed && self.lease.is_some() && self.walk.gives_way();
            let next = if gives_way || !again.is_empty() {
                None
            } else {
                self.walk.take()
            };
            let Some((ticket, folder)) = next else {
                if let Some((ticket, folder, unconfirmed)) = last.take() {
                    let confirmed = match &mut self.lease {
                        Some(lease) => lease.confirm(unconfirmed).await,
                        None => None,
                    };
                    again.extend(tell_confirmed(self.walk, ticket, folder, confirmed));
                    continue;
                }
                // what was odd is listed by itself
                if let Some((ticket, folder)) = again.pop() {
                    self.list_alone(ticket, folder).await;
                    continue;
                }
                return;
            };
            has_listed = true;
            let Some(lease) = &mut self.lease else {
                self.list_alone(ticket, folder).await;
                continue;
            };
            let (before, unconfirmed) = match last.take() {
                Some((ticket, folder, unconfirmed)) => (Some((ticket, folder)), Some(unconfirmed)),
                None => (None, None),
            };
            let manner = self.walk.manner();
            let (confirmed, approached) = lease.go_on_to(unconfirmed, &folder.path, manner).await;
            if let Some((ticket, folder)) = before {
                again.extend(tell_confirmed(self.walk, ticket, folder, confirmed));
            }
            let listed = match approached {
                Some(approached) => lease.list_there(approached, &folder.path, manner).await,
                None => None,
            };
            match listed {
                Some(unconfirmed) => last = Some((ticket, folder, unconfirmed)),
                None => again.push((ticket, folder)),
            }
        }
    }

    async fn list_alone(&mut self, ticket: Ticket, folder: Folder<T>) {
        let result = self.list_again(&folder.path).await;
        self.walk.tell(ticket, folder, result);
    }

    /// Lists a folder by itself. Where that fails or breaks off it is tried again, as a job is.
    async fn list_again(&mut self, folder: &RemotePath) -> Result<Listing, Failure> {
        let retries = self.walk.way.retries;
        let mut tries = 0;
        loop {
            tries += 1;
            let listed = match self.failed.take() {
                Some(failure) => Err(failure),
                None => self.list_once(folder).await,
            };
            let failure = match &listed {
                Err(failure) => failure.clone(),
                // one that is too long would be so again
                Ok(listing) if listing.incomplete.is_some() && !listing.limited => {
                    incomplete(&folder.shown(), listing).transient()
                }
                Ok(_) => return listed,
            };
            // it is not held while nothing is asked on it
            self.lease = None;
            match retry_after(&failure, tries, retries) {
                Some(delay) => tokio::time::sleep(delay).await,
                None => return listed,
            }
        }
    }

    async fn list_once(&mut self, folder: &RemotePath) -> Result<Listing, Failure> {
        let lease = match &mut self.lease {
            Some(lease) => lease,
            None => self.lease.insert(self.walk.pool.lease(Purpose::Work).await?),
        };
        let listed = match self.walk.way.links {
            true => lease.list_with_links(folder, unix_now()).await,
            false => lease.list(folder, unix_now()).await,
        };
        if !lease.is_usable() {
            self.lease = None;
        }
        listed.map_err(|e| e.failure(format!("Could not list {folder}")))
    }

    /// Asks for all that is below a top at once, where that is worth it and the server can.
    async fn try_sweep(&mut self) {
        let manner = self.walk.manner();
        let Some(lease) = self.lease.as_mut().filter(|lease| lease.is_usable()) else {
            return;
        };
        if !lease.may_sweep(manner) {
            return;
        }
        let Some(top) = self.walk.to_be_swept() else {
            return;
        };
        match lease.sweep(&top).await {
            Ok(sweep) => self.sweep(sweep, top).await,
            Err(Error::Refused(..)) => {}
            Err(error) => lease.remark(&error.failure("LIST -aR").to_string()),
        }
        self.walk.state().sweeping = false;
        self.walk.changed.notify_waiters();
    }

    async fn sweep(&mut self, mut sweep: Sweep, top: RemotePath) {
        let manner = self.walk.manner();
        let Some(lease) = &mut self.lease else {
            return;
        };
        let mut swept = HashSet::new();
        loop {
            match lease.next_section(&mut sweep, manner).await {
                // no question can be asked meanwhile: the next folder is listed by itself, and then
                // it is begun again, once
                Ok(Some(section)) if lease.wants_clock(&section, manner) => {
                    self.walk.put_off(top);
                    return lease.leave_sweep(sweep).await;
                }
                Ok(Some(section)) => {
                    if self.walk.accept(lease, section, &mut swept).await {
                        sweep.idle_bytes = 0;
                    }
                }
                Ok(None) => {
                    for section in lease.end_sweep(sweep, manner).await {
                        if lease.wants_clock(&section, manner) {
                            return;
                        }
                        self.walk.accept(lease, section, &mut swept).await;
                    }
                    return;
                }
                Err(error) => {
                    lease.remark(&error.failure("LIST -aR").to_string());
                    return lease.leave_sweep(sweep).await;
                }
            }
            if sweep.idle_bytes > USELESS {
                lease.remark("LIST -aR tells of nothing that was asked for; giving it up");
                return lease.leave_sweep(sweep).await;
            }
        }
    }
}

/// Hands a listing on; gives the folder back where there is none.
fn tell_confirmed<T: Send, L: Send>(
    walk: &Shared<T, L>,
    ticket: Ticket,
    folder: Folder<T>,
    listing: Option<Listing>,
) -> Option<(Ticket, Folder<T>)> {
    match listing {
        Some(listing) => {
            walk.tell(ticket, folder, Ok(listing));
            None
        }
        None => Some((ticket, folder)),
    }
}
