//! The engine: tasks that own the sessions and do what commands ask.
//!
//! With the loop in `term` and the embedded server this is the only place that spawns tasks.

use tokio::sync::{mpsc, watch};

use crate::model::command::Command;
use crate::model::event::{Event, Progress};

/// Settings of one run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Content bytes a second over all lanes and both directions; `None` is unlimited.
    pub limit_rate: Option<u64>,
}

/// The ends of the channels to a running engine. It ends after [`Command::Shutdown`], or when
/// `commands` is dropped.
#[derive(Debug)]
pub struct Engine {
    /// Requests go in here; never blocks.
    pub commands: mpsc::UnboundedSender<Command>,
    /// What happens comes out here, in order.
    pub events: mpsc::UnboundedReceiver<Event>,
    /// How much is moving; sampled, only the newest value is kept.
    pub progress: watch::Receiver<Progress>,
}

/// Starts the engine on the current tokio runtime.
pub fn start(_options: Options) -> Engine {
    let (commands, _commands_in) = mpsc::unbounded_channel();
    let (_events_out, events) = mpsc::unbounded_channel();
    let (_progress_out, progress) = watch::channel(Progress::default());
    Engine {
        commands,
        events,
        progress,
    }
}
