//! How much is moving: counters the workers add to and the progress display samples; and the
//! speed limit.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::model::event::Progress;
use crate::model::job::JobId;
use crate::plan::queue::Totals;

/// Rates are means over this time, so that they do not jump.
const WINDOW: Duration = Duration::from_secs(4);

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

    fn get(&self) -> u64 {
        self.0.moved.load(Ordering::Relaxed)
    }

    /// What this try has moved.
    fn fresh(&self) -> u64 {
        self.get().saturating_sub(self.0.before.load(Ordering::Relaxed))
    }
}

/// The running jobs' counters, and what they moved lately.
#[derive(Debug, Default)]
pub(super) struct Meter {
    running: BTreeMap<JobId, Counter>,
    finished: u64,
    samples: VecDeque<(Instant, u64)>,
}

impl Meter {
    pub(super) fn begin(&mut self, job: JobId) -> Counter {
        let counter = Counter::default();
        self.running.insert(job, counter.clone());
        counter
    }

    pub(super) fn end(&mut self, job: JobId) {
        if let Some(counter) = self.running.remove(&job) {
            self.finished += counter.fresh();
        }
    }

    /// The display's values at `now`.
    pub(super) fn sample(&mut self, now: Instant, totals: Totals) -> Progress {
        let running: Vec<(JobId, u64)> = self.running.iter().map(|(id, c)| (*id, c.get())).collect();
        let in_flight: u64 = running.iter().map(|(_, bytes)| bytes).sum();
        let fresh: u64 = self.running.values().map(Counter::fresh).sum();
        let all = self.finished + fresh;
        // a job that began again counts once: the total never falls
        let all = all.max(self.samples.back().map_or(0, |(_, bytes)| *bytes));
        self.samples.push_back((now, all));
        while self
            .samples
            .front()
            .is_some_and(|(then, _)| now.duration_since(*then) > WINDOW)
            && self.samples.len() > 2
        {
            self.samples.pop_front();
        }
        let rate = match (self.samples.front(), running.is_empty()) {
            (Some((then, before)), false) if now > *then => {
                let millis = u64::try_from(now.duration_since(*then).as_millis()).unwrap_or(u64::MAX);
                (all - before).saturating_mul(1000) / millis.max(1)
            }
            _ => 0,
        };
        if running.is_empty() {
            self.samples.clear();
        }
        let moved = totals.moved + in_flight;
        Progress {
            running,
            rate,
            moved,
            total: totals.wanted.max(moved),
            walking: totals.walking,
        }
    }
}

/// Holds the workers to a common number of bytes a second.
#[derive(Debug)]
pub(super) struct SpeedLimit {
    bytes_per_second: Option<u64>,
    /// Until when the line is spoken for.
    taken: Mutex<Option<Instant>>,
}

impl SpeedLimit {
    pub(super) fn new(bytes_per_second: Option<u64>) -> Self {
        Self {
            bytes_per_second: bytes_per_second.filter(|n| *n > 0),
            taken: Mutex::default(),
        }
    }

    /// The largest piece a worker should move at once, so that a low limit does not come in gusts.
    pub(super) fn piece(&self, wanted: usize) -> usize {
        match self.bytes_per_second {
            None => wanted,
            Some(limit) => wanted.min(usize::try_from(limit / 8).unwrap_or(wanted).max(1024)),
        }
    }

    /// Waits until these bytes may have moved. Short waits are left to add up: a timer is coarser
    /// than the time one TLS record takes.
    pub(super) async fn passed(&self, bytes: usize) {
        if let Some(until) = self.book(bytes, Instant::now()) {
            tokio::time::sleep_until(until.into()).await;
        }
    }

    /// Books the line for these bytes; until when to wait, if it is worth it.
    fn book(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let limit = self.bytes_per_second?;
        let cost = Duration::from_secs_f64(bytes as f64 / limit as f64);
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let until = taken.filter(|t| *t > now).unwrap_or(now) + cost;
        *taken = Some(until);
        (until - now >= WORTH_WAITING).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_a_mean_and_the_total_never_falls() {
        let mut meter = Meter::default();
        let start = Instant::now();
        let counter = meter.begin(JobId(1));
        let totals = Totals {
            moved: 0,
            wanted: 10_000,
            walking: false,
        };
        assert_eq!(meter.sample(start, totals).rate, 0);
        counter.add(2000);
        let progress = meter.sample(start + Duration::from_secs(1), totals);
        assert_eq!(
            (progress.rate, progress.moved, progress.total),
            (2000, 2000, 10_000)
        );
        counter.begin_at(0);
        assert_eq!(meter.sample(start + Duration::from_secs(2), totals).rate, 1000);
        meter.end(JobId(1));
        assert_eq!(meter.sample(start + Duration::from_secs(3), totals).rate, 0);
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
        let later = now + Duration::from_secs(1);
        assert_eq!(
            limit.book(8_000, later),
            None,
            "what was not used is not saved up"
        );
        assert_eq!(SpeedLimit::new(None).book(usize::MAX, now), None);
    }
}
