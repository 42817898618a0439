//! That what is done is on the disk soon, off the lanes' way: synced once a second, and before its
//! batch is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, Notify};

use super::blocking;
use crate::ftp::error::local;
use crate::local::unsynced::Unsynced;
use crate::model::failure::Failure;

/// How long what is done may wait for the disk.
const LATEST: Duration = Duration::from_secs(1);

/// The downloads of a run that are done and may not be on the disk yet.
#[derive(Default)]
pub(super) struct Durable {
    unsynced: Arc<Unsynced>,
    wrote: Notify,
    /// Held while the disk is waited for.
    turn: Mutex<()>,
}

impl Durable {
    /// What downloads note when they are in their places.
    pub(super) fn unsynced(&self) -> Arc<Unsynced> {
        Arc::clone(&self.unsynced)
    }

    /// Says that something was noted.
    pub(super) fn wrote(&self) {
        self.wrote.notify_one();
    }

    /// Waits until all that was noted is on the disk; the failure where a disk says that it is not.
    pub(super) async fn sync(&self) -> Option<Failure> {
        // what another one has taken may not be on the disk yet
        let _turn = self.turn.lock().await;
        if self.unsynced.is_empty() {
            return None;
        }
        let unsynced = self.unsynced();
        let what = "Not all that was downloaded is surely on the disk".to_owned();
        match blocking(move || unsynced.sync()).await {
            Ok(synced) => synced.err().map(|error| local(what, &error)),
            Err(failure) => Some(failure),
        }
    }

    /// Syncs as long as it is let; tells what fails.
    pub(super) async fn keep(self: Arc<Self>, tell: impl Fn(Failure)) {
        loop {
            self.wrote.notified().await;
            tokio::time::sleep(LATEST).await;
            self.sync().await.into_iter().for_each(&tell);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use tokio::time::{Instant, timeout};

    #[tokio::test(start_paused = true)]
    async fn what_is_done_is_on_the_disk_a_second_later() {
        let durable = Arc::new(Durable::default());
        let keeping = Arc::clone(&durable).keep(|failure| panic!("{failure}"));
        let began = Instant::now();
        durable.unsynced().wrote(tempfile::tempfile().unwrap()).unwrap();
        durable.wrote();
        assert!(timeout(LATEST / 2, keeping).await.is_err(), "it goes on for ever");
        assert!(!durable.unsynced.is_empty(), "not with each file");
        durable.wrote();
        let keeping = Arc::clone(&durable).keep(|failure| panic!("{failure}"));
        assert!(timeout(2 * LATEST, keeping).await.is_err());
        assert!(durable.unsynced.is_empty() && began.elapsed() < 3 * LATEST);
    }

    #[tokio::test]
    async fn who_asks_waits_for_what_another_has_taken() {
        let durable = Durable::default();
        let turn = durable.turn.lock().await;
        let asked = durable.sync();
        tokio::pin!(asked);
        assert!(futures_util::poll!(&mut asked).is_pending());
        drop(turn);
        assert_eq!(asked.await, None);
    }
}
