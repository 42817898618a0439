//! How fast it goes and how long it takes, in numbers that do not jump.

use std::time::Duration;

/// What moved this long ago counts a third of what moves now in the rate that is shown.
const RATE_MEMORY: f64 = 3.0;

/// The same for the time left: it is looked at now and then, and an hour is not shorter for one good
/// second.
const LEFT_MEMORY: f64 = 15.0;

/// After so long without anything nothing moves: what is remembered is not worth a number.
const QUIET: Duration = Duration::from_secs(12);

/// A file takes as long as so many bytes, besides its own: its round trips on a line that could
/// carry data meanwhile. 1 MB/s at 50 ms and 50 MB/s at 1 ms come out alike, within a factor of
/// three. Without it, the time left of small files behind a big one would be nothing, and the other
/// way round without end.
const FILE: u64 = 128 * 1024;

/// A mean over time in which the past fades. What comes evenly gives the same from the first
/// moment on, since the time it is divided by fades alike.
#[derive(Debug, Clone, Copy, Default)]
struct Fading {
    amount: f64,
    seconds: f64,
}

impl Fading {
    fn add(&mut self, elapsed: Duration, amount: u64, memory: f64) {
        let seconds = elapsed.as_secs_f64();
        let kept = (-seconds / memory).exp();
        self.amount = self.amount * kept + amount as f64;
        self.seconds = self.seconds * kept + seconds;
    }

    fn per_second(&self) -> f64 {
        match self.seconds > 0.0 {
            true => self.amount / self.seconds,
            false => 0.0,
        }
    }
}

/// The pace of everything that moves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pace {
    bytes: Fading,
    work: Fading,
    quiet: Duration,
}

impl Pace {
    /// So much has moved, and so many files were done, in the time since the last call.
    pub fn advance(&mut self, elapsed: Duration, bytes: u64, files: u64) {
        self.quiet = match bytes == 0 && files == 0 {
            true => self.quiet.saturating_add(elapsed),
            false => Duration::ZERO,
        };
        self.bytes.add(elapsed, bytes, RATE_MEMORY);
        self.work.add(elapsed, work(bytes, files), LEFT_MEMORY);
    }

    /// Bytes a second.
    pub fn rate(&self) -> u64 {
        match self.quiet < QUIET {
            true => self.bytes.per_second().round() as u64,
            false => 0,
        }
    }

    /// Seconds until so many bytes and files are done, rounded so that a glance a moment later reads
    /// the same; `None` while nothing moves.
    pub fn seconds_left(&self, bytes: u64, files: u64) -> Option<u64> {
        let pace = self.work.per_second();
        if pace < 1.0 || self.quiet >= QUIET {
            return None;
        }
        let seconds = (work(bytes, files) as f64 / pace).ceil() as u64;
        let step = match seconds {
            0..=20 => 1,
            21..=120 => 5,
            121..=600 => 10,
            601..=3600 => 30,
            _ => 60,
        };
        Some(seconds.div_ceil(step).saturating_mul(step))
    }
}

fn work(bytes: u64, files: u64) -> u64 {
    bytes.saturating_add(files.saturating_mul(FILE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TICK: Duration = Duration::from_millis(250);

    proptest! {
        /// However long the moments are: what comes evenly is shown as what it is, at once.
        #[test]
        fn a_constant_stream_gives_a_constant_rate(
            rate in 1_000u64..1_000_000_000,
            ticks in prop::collection::vec(10u64..3_000, 1..60),
        ) {
            let mut pace = Pace::default();
            for millis in ticks {
                pace.advance(Duration::from_millis(millis), rate * millis / 1000, 0);
                let shown = pace.rate();
                prop_assert!(shown.abs_diff(rate) <= rate / 100 + 100, "{shown} for {rate}");
            }
        }

        /// Nothing moves any more: the rate falls at each moment, by no more than a tenth, to nothing.
        #[test]
        fn a_stall_decays_smoothly(rate in 100_000u64..1_000_000_000, before in 4u32..200) {
            let mut pace = Pace::default();
            for _ in 0..before {
                pace.advance(TICK, rate / 4, 0);
            }
            let mut last = pace.rate();
            for _ in 0..47 {
                pace.advance(TICK, 0, 0);
                let shown = pace.rate();
                prop_assert!(shown <= last && (before < 40 || shown >= last * 9 / 10), "{shown} after {last}");
                last = shown;
            }
            prop_assert!(last < rate / 10 || before < 40);
            for _ in 0..2 {
                pace.advance(TICK, 0, 0);
            }
            prop_assert_eq!((pace.rate(), pace.seconds_left(1, 0)), (0, None));
        }

        /// The time left runs down as the clock does, whatever mixture comes evenly.
        #[test]
        fn an_even_pace_is_foretold(size in 0u64..50_000_000, each_second in 1u64..200) {
            let mut pace = Pace::default();
            let files = each_second * 300;
            for done in 1..=250u64 {
                pace.advance(Duration::from_secs(1), size * each_second, each_second);
                let left = files - done * each_second;
                let told = pace.seconds_left(left * size, left).unwrap();
                let truth = 300 - done;
                prop_assert!(told >= truth && told <= truth + 10, "{told} for {truth}");
            }
        }
    }

    #[test]
    fn small_files_do_not_make_a_big_one_endless_nor_the_other_way_round() {
        let mut small = Pace::default();
        let mut big = Pace::default();
        for _ in 0..40 {
            small.advance(TICK, 50 * 1_000, 50);
            big.advance(TICK, 5_000_000, 0);
        }
        let gigabyte = small.seconds_left(1_000_000_000, 1).unwrap();
        assert!((20..300).contains(&gigabyte), "{gigabyte}");
        let thousand = big.seconds_left(1_000_000, 1_000).unwrap();
        assert!((3..60).contains(&thousand), "{thousand}");
    }
}
