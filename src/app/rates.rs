//! The rates of the last minutes, for the line that shows their course.

use std::collections::VecDeque;
use std::time::Duration;

/// How many are kept: more than a wide screen has room for.
const KEPT: usize = 300;
/// How far they lie apart: more would only cost bytes on the line to the terminal.
const APART: Duration = Duration::from_secs(2);
/// After so long without one they begin anew: the line is of what runs.
const PAUSE: Duration = Duration::from_secs(20);

/// Bytes a second, every two seconds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rates {
    all: VecDeque<u64>,
    at: Option<Duration>,
}

impl Rates {
    /// Takes a rate in that was measured now, as time since the start.
    pub fn add(&mut self, rate: u64, now: Duration) {
        match self.at.map(|at| now.saturating_sub(at)) {
            Some(since) if since < APART => return,
            Some(since) if since >= PAUSE => self.all.clear(),
            _ => {}
        }
        self.at = Some(now);
        if self.all.len() == KEPT {
            self.all.pop_front();
        }
        self.all.push_back(rate);
    }

    /// The last `n`, the latest at the end; none before there are three to compare.
    pub fn last(&self, n: usize) -> impl Iterator<Item = u64> {
        let from = match self.all.len() {
            ..3 => self.all.len(),
            len => len.saturating_sub(n),
        };
        self.all.range(from..).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_two_seconds_and_the_last_minutes() {
        let mut rates = Rates::default();
        for quarter in 0..4000u32 {
            rates.add(u64::from(quarter), quarter * Duration::from_millis(250));
        }
        assert_eq!(rates.last(1000).count(), KEPT);
        assert_eq!(rates.last(2).collect::<Vec<_>>(), [3984, 3992]);
        rates.add(7, Duration::from_secs(1100));
        assert_eq!(rates.last(9).count(), 0, "one is no course");
    }
}
