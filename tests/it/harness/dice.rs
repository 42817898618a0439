//! Chance that can be had again.

/// A small generator (xorshift64*): the same seed is the same run.
#[derive(Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number from 0 to `n` - 1.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % n
    }

    /// The same for what has a length.
    pub(crate) fn size(&mut self, n: usize) -> usize {
        usize::try_from(self.below(n as u64)).unwrap()
    }

    pub(crate) fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.size(all.len())]
    }
}

/// The seeds of a test: `FAULT_SEED=17` repeats one, `FAULT_RUNS=5000` makes it a soak,
/// `FAULT_FROM=1000` begins there.
pub(crate) fn seeds(usual: u64) -> std::ops::Range<u64> {
    let number = |name| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    if let Some(seed) = number("FAULT_SEED") {
        return seed..seed + 1;
    }
    let from = number("FAULT_FROM").unwrap_or(1);
    from..from + number("FAULT_RUNS").unwrap_or(usual)
}
