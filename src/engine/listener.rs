//! The way out of the engine: events to whoever listens.

use tokio::sync::mpsc;

use crate::model::event::Event;

/// Tells events. They are never waited for: a slow terminal must not slow a transfer.
#[derive(Debug, Clone)]
pub(super) struct Listener(mpsc::UnboundedSender<Event>);

impl Listener {
    pub(super) fn new(events: mpsc::UnboundedSender<Event>) -> Self {
        Self(events)
    }

    /// Tells an event; nobody may be listening any more, which is no failure of the work.
    pub(super) fn tell(&self, event: Event) {
        let _ = self.0.send(event);
    }
}
