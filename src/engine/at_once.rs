//! Short work on the disk of this machine, done where it is asked for as long as the disk is quick.
//!
//! To hand work to another thread and to be woken by it costs more than a small file does. But a disk must not
//! hold up the network: so only file systems of this machine count (`local/mount.rs`), and when one has
//! taken long, what is left of the batch goes the other way.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{LOOK, blocking, mistake};
use crate::local::mount::is_of_this_machine;
use crate::model::failure::Failure;

/// What takes longer is not done in place again: a small file is open, read and closed in a hundredth of that.
const LONG: Duration = Duration::from_millis(5);

/// Where work on a disk of this machine is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DiskWork {
    /// Where it is asked for, as long as the disk is quick; else on a thread for that.
    #[default]
    Measured,
    /// Always where it is asked for.
    InPlace,
    /// Always on a thread.
    OnThreads,
}

impl DiskWork {
    /// Whether it is done in place where the disk was found to be quick, or not.
    fn is_in_place(self, is_quick: bool) -> bool {
        match self {
            Self::Measured => is_quick,
            Self::InPlace => true,
            Self::OnThreads => false,
        }
    }
}

/// Whether a batch's disk is quick.
#[derive(Debug, Default)]
pub(super) struct AtOnce {
    pub(super) work: DiskWork,
    quick: AtomicBool,
}

impl AtOnce {
    pub(super) fn new(work: DiskWork) -> Self {
        Self {
            work,
            ..Self::default()
        }
    }

    /// Looks at the disk that a batch's files come from or go to.
    pub(super) async fn look(&self, path: PathBuf) {
        let quick = blocking(move || is_of_this_machine(&path)).await;
        self.quick.store(quick.unwrap_or(false), Ordering::Relaxed);
    }

    /// Whether work is done where it is asked for.
    fn is_quick(&self) -> bool {
        self.work.is_in_place(self.quick.load(Ordering::Relaxed))
    }

    /// Does work that blocks for a moment.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        if !self.is_quick() {
            return blocking(work).await;
        }
        let began = Instant::now();
        let done = catch_unwind(AssertUnwindSafe(work));
        if began.elapsed() > LONG {
            self.quick.store(false, Ordering::Relaxed);
        }
        done.map_err(|_| mistake("Not done", LOOK))
    }
}

/// Whether the pieces of a long file go to a disk, or come from it, where the data flow, or on a thread for that.
///
/// Only a disk of this machine is trusted, and the first piece goes on a thread. After one that took long, four times as
/// many as the last time do: a disk that is filled faster than it writes stops the network ever more seldom.
#[derive(Debug, Default)]
pub(super) struct Pace {
    work: DiskWork,
    /// Whether it is a disk of this machine.
    is_near: bool,
    /// How many pieces in a row did not take long.
    quick: u32,
    /// How many of them it takes.
    wanted: u32,
}

impl Pace {
    /// Looks at the disk that this file lies on. It blocks.
    pub(super) fn of(path: &Path, work: DiskWork) -> Self {
        Self {
            work,
            is_near: is_of_this_machine(path),
            ..Self::default()
        }
    }

    /// A piece took so long.
    pub(super) fn took(&mut self, time: Duration) {
        if time > LONG {
            self.quick = 0;
            self.wanted = self.wanted.max(1).saturating_mul(4);
        } else {
            self.quick = self.quick.saturating_add(1);
        }
    }

    /// Whether the next piece is expected to be there at once.
    pub(super) fn is_quick(&self) -> bool {
        self.work
            .is_in_place(self.may_be_quick() && self.quick > self.wanted)
    }

    /// Whether that may be so at some time.
    pub(super) fn may_be_quick(&self) -> bool {
        self.work.is_in_place(self.is_near)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_trusted_ever_later_after_each_slow_piece() {
        let mut pace = Pace {
            is_near: true,
            ..Pace::default()
        };
        assert!(!pace.is_quick(), "nothing is known yet");
        for wanted in [0, 4, 16, 64] {
            for _ in 0..wanted {
                pace.took(LONG);
                assert!(!pace.is_quick(), "{wanted}");
            }
            pace.took(Duration::ZERO);
            assert!(pace.is_quick(), "{wanted}");
            pace.took(LONG * 2);
        }
    }

    #[test]
    fn a_disk_of_another_machine_is_never_trusted_and_who_says_it_counts() {
        let mut pace = Pace::default();
        pace.took(Duration::ZERO);
        assert!(!pace.is_quick() && !pace.may_be_quick());
        for (work, want) in [(DiskWork::InPlace, true), (DiskWork::OnThreads, false)] {
            let mut pace = Pace::of(Path::new("/"), work);
            for time in [LONG * 2, Duration::ZERO] {
                pace.took(time);
                assert_eq!((pace.is_quick(), pace.may_be_quick()), (want, want), "{work:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_disk_that_was_slow_once_is_not_waited_for_again() {
        let here = std::thread::current().id();
        let thread = || std::thread::current().id();
        let at_once = AtOnce::default();
        assert_ne!(at_once.run(thread).await.unwrap(), here, "nothing is known yet");
        at_once.look("/dev/shm".into()).await;
        if !cfg!(target_os = "linux") {
            return;
        }
        assert!(at_once.run(|| panic!("on purpose")).await.is_err());
        at_once.quick.store(true, Ordering::Relaxed);
        let slow = || {
            let began = Instant::now();
            while began.elapsed() <= LONG {}
            std::thread::current().id()
        };
        assert_eq!(at_once.run(slow).await.unwrap(), here);
        assert_ne!(at_once.run(thread).await.unwrap(), here, "it took long");
    }
}
