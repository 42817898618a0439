//! How many sessions a scripted server has, and how many it lets in.

use std::sync::Arc;

use super::House;

/// Whom it lets in.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// So many sessions at once, and what it says to the next one.
    pub(super) at_once: Option<(u32, String)>,
    /// So many sessions altogether: then it listens no more.
    pub(super) ever: Option<u32>,
}

/// A session's; free again when dropped.
#[derive(Debug)]
pub(super) struct Seat(Arc<House>);

impl Seat {
    /// For a new session, with what it is told where there is none for it.
    pub(super) fn take(house: &Arc<House>) -> (Self, Option<String>) {
        let mut taken = 0;
        house.seated.send_modify(|seated| {
            *seated += 1;
            taken = *seated;
        });
        let limit = house.limits.at_once.as_ref().filter(|(most, _)| taken > *most);
        (Self(Arc::clone(house)), limit.map(|(_, words)| words.clone()))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.seated.send_modify(|seated| *seated -= 1);
    }
}
