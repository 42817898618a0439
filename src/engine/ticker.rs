//! How far long work is, told now and then.

use std::time::{Duration, Instant};

use super::listener::Listener;
use crate::model::event::Event;

/// How often it is told.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Counts what is done.
#[derive(Clone)]
pub(super) struct Ticker {
    listener: Listener,
    told: fn(u64) -> Event,
    count: u64,
    last: Instant,
}

impl Ticker {
    /// Nothing is done yet; `told` makes an event of how much is.
    pub(super) fn new(listener: Listener, told: fn(u64) -> Event) -> Self {
        Self {
            listener,
            told,
            count: 0,
            last: Instant::now(),
        }
    }

    /// One more is done.
    pub(super) fn tick(&mut self) {
        self.count += 1;
        if self.last.elapsed() >= TELL_EVERY {
            self.last = Instant::now();
            self.listener.tell((self.told)(self.count));
        }
    }
}
