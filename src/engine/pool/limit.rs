//! The server's limit of connections: what is learned of it, and what becomes of the places that are too many.

use std::sync::atomic::Ordering;
use std::sync::{MutexGuard, PoisonError};

use tokio::sync::OwnedSemaphorePermit;

use super::{Places, Pool};
use crate::ftp::error::Error;
use crate::plan::ration::{self, Ration};

impl Pool {
    pub(super) fn ration(&self) -> MutexGuard<'_, Ration> {
        self.ration.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where one would have to wait, a place that was given up to the server's limit some time ago
    /// is tried for again.
    pub(super) fn retake_place(&self) {
        if self.places.available_permits() > 0 && self.work.available_permits() > 0 {
            return;
        }
        if let Some(place) = self.ration().retake(self.began.elapsed()) {
            self.connection
                .remark("trying whether the server allows one connection more by now");
            self.places.add_permits(1);
            if place.work {
                self.work_left.fetch_add(1, Ordering::Relaxed);
                self.work.add_permits(1);
            }
        }
    }

    /// Where the server lets no more of us in, but some are in: goes on with those. It may not say that it is a limit,
    /// and answer as it does to a wrong password. Whether it was that.
    pub(super) fn learn_limit(&self, error: &Error, (place, work): Places) -> bool {
        let is_limit = error.is_turned_away() && self.is_open();
        if is_limit {
            let why = "the server allows no further connection; going on with fewer";
            self.go_on_with_fewer(why, place, work, error.is_limit());
        }
        is_limit
    }

    /// Gives up the place of a session that will not be had. It is tried for again later where the
    /// server has called it a limit (`limit`); a login refused for another reason may count.
    pub(super) fn go_on_with_fewer(
        &self,
        why: &str,
        place: OwnedSemaphorePermit,
        work: Option<OwnedSemaphorePermit>,
        limit: bool,
    ) {
        self.connection.remark(why);
        place.forget();
        // the last place for work stays: it will wait for a session of another's
        let fewer = |left: usize| left.checked_sub(1).filter(|left| *left > 0);
        let given_up = work.filter(|_| {
            let left = &self.work_left;
            left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
                .is_ok()
        });
        let lost = ration::Place {
            work: given_up.is_some(),
        };
        given_up.into_iter().for_each(OwnedSemaphorePermit::forget);
        if limit {
            self.ration().refused(lost, self.began.elapsed());
        }
    }
}
