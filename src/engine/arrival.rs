//! A long listing, told as it arrives: its first entries, and then how many there are.

use std::time::{Duration, Instant};

use super::listener::Listener;
use crate::model::command::{Generation, Place};
use crate::model::entry::Entry;
use crate::model::event::Event;

/// What takes less than this from its first entry on is told when it is whole.
const SOON: Duration = Duration::from_millis(150);
/// How often the number is told after that.
const EVERY: Duration = Duration::from_millis(500);
/// So many entries are told of the first ones: more than any screen shows.
const FIRST: usize = 1_000;

/// Tells of one listing.
pub(super) struct Arrival {
    listener: Listener,
    place: Place,
    generation: Generation,
    /// When it is told next; not known before an entry has come.
    next: Option<Instant>,
    told: usize,
}

impl Arrival {
    pub(super) fn new(place: Place, generation: Generation, listener: Listener) -> Self {
        Self {
            listener,
            place,
            generation,
            next: None,
            told: 0,
        }
    }

    /// So much has come.
    pub(super) fn look(&mut self, entries: &[Entry]) {
        if entries.len() == self.told {
            return;
        }
        let now = Instant::now();
        if now < *self.next.get_or_insert(now + SOON) {
            return;
        }
        let first = match self.told {
            0 => entries.iter().take(FIRST).cloned().collect(),
            _ => Vec::new(),
        };
        self.told = entries.len();
        self.next = Some(now + EVERY);
        self.listener.tell(Event::Arriving {
            place: self.place.clone(),
            generation: self.generation,
            first,
            come: entries.len() as u64,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Kind;
    use crate::model::path::Name;
    use tokio::sync::mpsc::unbounded_channel;

    fn entries(n: usize) -> Vec<Entry> {
        let name = |at: usize| Name::new(format!("f{at}").as_bytes()).unwrap();
        (0..n).map(|at| Entry::new(name(at), Kind::File)).collect()
    }

    #[test]
    fn the_first_are_told_once_and_then_how_many() {
        let (tell, mut told) = unbounded_channel();
        let place = Place::Local("/x".into());
        let mut arrival = Arrival::new(place, Generation(1), Listener::new(tell));
        arrival.look(&[]);
        arrival.look(&entries(2_000));
        assert!(told.try_recv().is_err(), "what comes at once is told as a whole");
        for (n, firsts) in [(3_000, FIRST), (4_000, 0)] {
            // its time has come
            arrival.next = Some(Instant::now());
            arrival.look(&entries(n));
            let Ok(Event::Arriving { first, come, .. }) = told.try_recv() else {
                panic!("nothing is told")
            };
            assert_eq!((first.len(), come), (firsts, n as u64));
        }
        arrival.next = Some(Instant::now());
        arrival.look(&entries(4_000));
        assert!(told.try_recv().is_err(), "nothing has come since");
    }
}
