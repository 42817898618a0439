//! Downloads that are put in their places while their lane goes on.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

/// How many files of one lane may wait for the disk. Each is in memory up to its last piece, and a
/// disk may be slower than the server.
const MOST: usize = 16;

/// The downloads of one lane on their way to the disk.
#[derive(Clone)]
pub(super) struct Committing {
    tasks: TaskTracker,
    places: Arc<Semaphore>,
}

impl Committing {
    pub(super) fn new(tasks: TaskTracker) -> Self {
        Self {
            tasks,
            places: Arc::new(Semaphore::new(MOST)),
        }
    }

    /// Runs to its end whatever becomes of the lane.
    pub(super) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let place = Arc::clone(&self.places).try_acquire_owned();
        self.tasks.spawn(async move {
            work.await;
            drop(place);
        });
    }

    /// Waits until the disk keeps up.
    pub(super) async fn room(&self) {
        let _ = self.places.acquire().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_disk_stops_the_lane() {
        let committing = Committing::new(TaskTracker::new());
        let disk = Arc::new(Semaphore::new(0));
        for _ in 0..MOST {
            committing.room().await;
            let disk = Arc::clone(&disk);
            committing.spawn(async move { disk.acquire().await.unwrap().forget() });
        }
        let room = committing.room();
        tokio::pin!(room);
        assert!(futures_util::poll!(&mut room).is_pending());
        disk.add_permits(1);
        room.await;
    }
}
