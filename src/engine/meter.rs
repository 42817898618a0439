//! How much is moving: counters the workers add to and the progress display samples; and the
//! speed limit.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::model::event::Progress;
use crate::model::job::JobId;
use crate::plan::pace::Pace;
use crate::plan::queue::Totals;

/// A wait shorter than this is not made: it is added to the next.
const WORTH_WAITING: Duration = Duration::from_millis(20);

/// The bytes one running job has moved.
#[derive(Debug, Clone, Default)]
pub(super) struct Counter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    moved: AtomicU64,
    /// Those of them that an earlier try has moved: they are no part of the rate.
    before: AtomicU64,
}

impl Counter {
    pub(super) fn add(&self, bytes: u64) {
        self.0.moved.fetch_add(bytes, Ordering::Relaxed);
    }

    /// A job begins again: with nothing moved, or with what an earlier try has moved.
    pub(super) fn begin_at(&self, bytes: u64) {
        self.0.before.store(bytes, Ordering::Relaxed);
        self.0.moved.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> u64 {
        self.0.moved.load(Ordering::Relaxed)
    }

    /// What an earlier try has moved.
    pub(super) fn before(&self) -> u64 {
        self.0.before.load(Ordering::Relaxed)
    }

    /// What this try has moved.
    fn fresh(&self) -> u64 {
        self.get().saturating_sub(self.before())
    }
}

/// The running jobs' counters, and how fast they move.
#[derive(Debug, Default)]
pub(super) struct Meter {
    running: BTreeMap<JobId, Counter>,
    /// What jobs that wait have moved before: it need not come once more.
    kept: BTreeMap<JobId, u64>,
    finished: u64,
    pace: Pace,
    last: Option<Sample>,
}

/// What had moved when it was last looked at.
#[derive(Debug, Clone, Copy)]
struct Sample {
    at: Instant,
    bytes: u64,
    files: u64,
}

impl Meter {
    pub(super) fn begin(&mut self, job: JobId) -> Counter {
        let counter = Counter::default();
        self.kept.remove(&job);
        self.running.insert(job, counter.clone());
        counter
    }

    pub(super) fn end(&mut self, job: JobId) {
        if let Some(counter) = self.running.remove(&job) {
            self.finished += counter.fresh();
        }
    }

    /// So many bytes of a job that waits are there.
    pub(super) fn keep(&mut self, job: JobId, bytes: u64) {
        self.kept.insert(job, bytes);
    }

    /// A job that waited is over.
    pub(super) fn forget(&mut self, job: JobId) {
        self.kept.remove(&job);
    }

    /// The display's values while the queue is empty. What comes next begins anew: how long nothing was
    /// to be done says nothing of how fast it goes.
    pub(super) fn rest(&mut self, now: Instant, totals: Totals) -> Progress {
        self.pace = Pace::default();
        self.last = None;
        let progress = self.sample(now, totals);
        self.last = None;
        progress
    }

    /// The display's values at `now`.
    pub(super) fn sample(&mut self, now: Instant, totals: Totals) -> Progress {
        let running: Vec<(JobId, u64)> = self.running.iter().map(|(id, c)| (*id, c.get())).collect();
        let in_flight: u64 = running.iter().map(|(_, bytes)| bytes).sum();
        let files = totals.files_done;
        let fresh: u64 = self.running.values().map(Counter::fresh).sum();
        let mut bytes = self.finished + fresh;
        if let Some(last) = self.last {
            // a job that began again counts once: the total never falls
            bytes = bytes.max(last.bytes);
            let elapsed = now.duration_since(last.at);
            self.pace
                .advance(elapsed, bytes - last.bytes, files.saturating_sub(last.files));
        }
        self.last = Some(Sample {
            at: now,
            bytes,
            files,
        });
        let moved = totals.moved + in_flight + self.kept.values().sum::<u64>();
        let total = totals.wanted.max(moved);
        let left = self
            .pace
            .seconds_left(total - moved, totals.files.saturating_sub(files));
        Progress {
            running,
            rate: self.pace.rate(),
            moved,
            total,
            files_done: files,
            files: totals.files,
            seconds_left: left.filter(|_| !totals.walking),
            limit: None,
            walking: totals.walking,
        }
    }
}

/// Holds the workers to a common number of bytes a second.
#[derive(Debug)]
pub(super) struct SpeedLimit {
    /// 0 is none.
    bytes_per_second: AtomicU64,
    /// Until when the line is spoken for.
    taken: Mutex<Option<Instant>>,
    /// Whether it holds back what would move without it.
    holds: AtomicBool,
    changed: Notify,
}

impl SpeedLimit {
    pub(super) fn new(bytes_per_second: Option<u64>) -> Self {
        Self {
            bytes_per_second: AtomicU64::new(bytes_per_second.unwrap_or(0)),
            taken: Mutex::default(),
            holds: AtomicBool::new(false),
            changed: Notify::new(),
        }
    }

    /// The limit in force.
    pub(super) fn get(&self) -> Option<u64> {
        Some(self.bytes_per_second.load(Ordering::Relaxed)).filter(|n| *n > 0)
    }

    /// Another limit from now on. What was booked by the old one is forgotten, and nobody waits for
    /// it any more.
    pub(super) fn set(&self, bytes_per_second: Option<u64>) {
        self.bytes_per_second
            .store(bytes_per_second.unwrap_or(0), Ordering::Relaxed);
        *self.taken.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.changed.notify_waiters();
    }

    /// The largest piece a worker should move at once, so that a low limit does not come in gusts.
    pub(super) fn piece(&self, wanted: usize) -> usize {
        match self.get() {
            None => wanted,
            Some(limit) => wanted.min(usize::try_from(limit / 8).unwrap_or(wanted).max(1024)),
        }
    }

    /// Waits until these bytes may have moved. Short waits are left to add up: a timer is coarser
    /// than the time one TLS record takes.
    pub(super) async fn passed(&self, bytes: usize) {
        // listened for before the line is booked, or a change between the two would not be heard
        let changed = self.changed.notified();
        if let Some(until) = self.book(bytes, Instant::now()) {
            tokio::select! {
                () = tokio::time::sleep_until(until.into()) => {}
                () = changed => {}
            }
        }
    }

    /// Whether it holds back what would move without it: more connections bring nothing then.
    pub(super) fn holds(&self) -> bool {
        self.get().is_some() && self.holds.load(Ordering::Relaxed)
    }

    /// Books the line for these bytes; until when to wait, if it is worth it.
    fn book(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let limit = self.get()?;
        let cost = Duration::from_secs_f64(bytes as f64 / limit as f64);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        // they were there soon after they were allowed to be
        let idle = taken.map(|taken| now.saturating_duration_since(taken));
        self.holds
            .store(idle.is_some_and(|idle| idle < cost), Ordering::Relaxed);
        let until = taken.filter(|t| *t > now).unwrap_or(now) + cost;
        *taken = Some(until);
        (until - now >= WORTH_WAITING).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_is_summed_over_jobs_and_never_falls() {
        let mut meter = Meter::default();
        let start = Instant::now();
        let counter = meter.begin(JobId(1));
        let totals = Totals {
            wanted: 10_000,
            files: 1,
            ..Totals::default()
        };
        assert_eq!(meter.sample(start, totals).rate, 0);
        counter.add(2000);
        let progress = meter.sample(start + Duration::from_secs(1), totals);
        assert_eq!(
            (progress.rate, progress.moved, progress.total, progress.files),
            (2000, 2000, 10_000, 1)
        );
        assert!(progress.seconds_left.is_some());
        // begun again: nothing has moved twice
        counter.begin_at(0);
        let again = meter.sample(start + Duration::from_secs(2), totals);
        assert!(again.rate > 0 && again.rate < 2000, "{}", again.rate);
        assert_eq!(again.moved, 0);
        // between two files nothing runs, and that is no end
        meter.end(JobId(1));
        let between = meter.sample(start + Duration::from_secs(3), totals).rate;
        assert!(between > 0 && between < again.rate, "{between}");
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(meter.rest(at(4), totals).rate, 0);
        // the hour in which nothing was to be done is no part of what comes after it
        // what was set aside counts as moved until it is taken up, and is no part of the rate
        meter.keep(JobId(2), 500);
        assert_eq!(meter.rest(at(3603), totals).moved, 500);
        let counter = meter.begin(JobId(2));
        let taken = meter.sample(at(3604), totals);
        assert_eq!((taken.rate, taken.moved), (0, 0));
        counter.add(5000);
        assert_eq!(meter.sample(at(3605), totals).rate, 5000);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_by_an_old_limit_is_freed_by_a_new_one() {
        let limit = Arc::new(SpeedLimit::new(Some(1)));
        let waits = Arc::clone(&limit);
        let waiting = tokio::spawn(async move { waits.passed(1_000_000).await });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        limit.set(None);
        let began = tokio::time::Instant::now();
        waiting.await.unwrap();
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(limit.get(), None);
        limit.set(Some(8_000));
        assert_eq!((limit.get(), limit.piece(1 << 20)), (Some(8_000), 1024));
    }

    #[test]
    fn a_low_limit_moves_small_pieces() {
        let limit = SpeedLimit::new(Some(1_000_000));
        assert_eq!(limit.piece(1 << 20), 125_000);
        assert_eq!(SpeedLimit::new(None).piece(1 << 20), 1 << 20);
        assert_eq!(SpeedLimit::new(Some(1)).piece(1 << 20), 1024);
    }

    #[test]
    fn the_limit_is_common_to_all_and_short_waits_add_up() {
        let limit = SpeedLimit::new(Some(1_000_000));
        let now = Instant::now();
        let waits: Vec<_> = (0..4).map(|_| limit.book(8_000, now).map(|t| t - now)).collect();
        let millis = |n| Some(Duration::from_millis(n));
        assert_eq!(waits, [None, None, millis(24), millis(32)]);
        assert!(limit.holds());
        let later = now + Duration::from_secs(1);
        assert_eq!(
            limit.book(8_000, later),
            None,
            "what was not used is not saved up"
        );
        assert!(!limit.holds(), "the line is slower");
        assert_eq!(SpeedLimit::new(None).book(usize::MAX, now), None);
    }
}
