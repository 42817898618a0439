//! The engine: tasks that own the sessions and do what commands ask.
//!
//! With the loop in `term` and the embedded server this is the only place that spawns tasks. It
//! decides nothing that [`crate::plan`] can decide, and says nothing on a screen: commands come
//! in, events go out.

use std::collections::HashSet;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, watch};

use crate::model::command::Command;
use crate::model::event::{Event, Progress};
use crate::model::failure::{Class, Failure};

mod actions;
mod arrival;
mod at_once;
pub use at_once::DiskWork;
mod beginning;
mod browse;
mod capitals;
mod carried;
mod checksum;
mod committing;
mod copy;
mod count;
mod dialogue;
mod division;
mod doctor;
mod download;
mod durable;
mod erase;
mod explore;
mod idle;
mod input;
mod journal;
mod kept;
mod lane;
mod lease;
mod left;
mod listener;
mod look;
mod meter;
mod naming;
mod origins;
mod permissions;
mod placing;
mod pool;
mod questions;
mod raw;
mod reading;
mod resume;
mod room;
mod run;
mod segment;
mod standing;
mod tail;
mod targets;
mod task;
mod ticker;
mod tree;
mod upload;
mod verify;
mod walk;

/// How long the end may take after [`Command::Shutdown`]: to delete the temporary files of uploads
/// that were stopped, and to say goodbye. Without such files and with servers that answer it takes a
/// moment; a server that does not answer has a second to say goodbye.
pub const PARTING: Duration = Duration::from_secs(5);

/// Settings of one run.
#[derive(Debug, Default)]
pub struct Options {
    /// Content bytes a second over all lanes and both directions; `None` is unlimited.
    pub limit_rate: Option<u64>,
    /// Somebody browses while files move: where a server may see two connections or more, one of
    /// them stays free for that.
    pub browsing: bool,
    /// Nobody reads the dialogue: its lines are no events.
    pub silent: bool,
    /// The dialogue of every session is written to this file.
    pub transcript: Option<File>,
    /// The servers, as `host:port`, on which mode `auto` begins with active mode, because only that
    /// has worked before. Changes are told by [`Event::ActiveFirst`].
    pub active_first: HashSet<String>,
    /// The folder that the runs of one installation share: there the queue is kept, and a temporary
    /// file that a dead run has left is known by it. `None` keeps nothing.
    pub queue: Option<PathBuf>,
    /// Where the disk of this machine is written and read: it is measured, unless somebody says it.
    pub disk_work: DiskWork,
    /// What an upload of standard input reads ([`Item::reads_input`](crate::model::job::Item::reads_input)).
    pub input: Option<File>,
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
pub fn start(options: Options) -> Engine {
    let (commands, requests) = mpsc::unbounded_channel();
    let (listener, events) = mpsc::unbounded_channel();
    let (samples, progress) = watch::channel(Progress::default());
    tokio::spawn(run::run(
        options,
        requests,
        listener::Listener::new(listener),
        samples,
    ));
    Engine {
        commands,
        events,
        progress,
    }
}

/// Now, in Unix seconds.
fn unix_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// What is left undone because the program ends.
fn ending() -> Failure {
    Failure::new(Class::Cancelled, "Stopped", "the program is ending")
}

/// Runs something that blocks (the disk) on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| match error.is_panic() {
        true => mistake("Not done", LOOK),
        false => ending(),
    })
}

/// Does work that somebody waits for at the screen: it has an end also where it panics.
async fn unbroken<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(mistake("Not done", LOOK)))
}

/// What a person does about work that stopped in the middle.
const LOOK: &str = "Look at what has been done before you try it again.";

/// A failure of the program itself: `what` did not happen, `hint` is what to do.
fn mistake(what: &str, hint: &str) -> Failure {
    Failure::new(Class::Other, what, "ftpane met a mistake of its own on the way").hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_a_failure_like_others() {
        let broken = unbroken::<()>(async { panic!("on purpose") }).await;
        assert_eq!(broken, Err(mistake("Not done", LOOK)));
        let broken = blocking(|| panic!("on purpose")).await;
        assert_eq!(broken, Err::<(), _>(mistake("Not done", LOOK)));
        assert_eq!(unbroken(async { Ok(7) }).await, Ok(7));
    }
}
