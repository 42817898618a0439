//! A file on its way over a lane: taken from the queue, prepared, carried, over.

use super::download::{self, Flow, Incoming, Receiving};
use super::lane::Lane;
use super::lease::Lease;
use super::task::{Stop, Task};
use super::upload::{self, Outgoing, Prepared, Sending, Source};
use crate::ftp::digest::Way;
use crate::ftp::error::Error;
use crate::ftp::transfer::{Closed, Request, Transfer};
use crate::model::entry::Kind;
use crate::model::job::Direction;

/// A file up to this long is short: the next job is taken while its data flow, and what is
/// unfinished may wait for it.
pub(super) const SHORT: u64 = 256 * 1024;

/// What a job has come to before the server is asked anything about it.
pub(super) enum Fetched {
    Ready(Ready),
    /// The server has to be asked something first.
    Ask(Asking),
    /// A folder to make.
    Folder(Task),
    /// No job waits, or somebody waits for a session.
    Nothing,
}

/// What has to be asked before a transfer can begin.
pub(super) enum Asking {
    /// What the source is.
    Down(Incoming),
    /// What stands at the target, and beside it.
    Up(Task, Source),
}

/// A transfer that may begin.
pub(super) enum Ready {
    Down(Incoming),
    Up(Outgoing),
}

impl Ready {
    pub(super) fn task(&self) -> &Task {
        match self {
            Self::Down(incoming) => &incoming.task,
            Self::Up(outgoing) => &outgoing.task,
        }
    }

    /// Ends its job: nothing of it has begun.
    pub(super) fn end(self, stop: Stop) {
        match self {
            Self::Down(Incoming { task, .. }) | Self::Up(Outgoing { task, .. }) => task.end(Err(stop)),
        }
    }

    pub(super) fn request(&self) -> &Request {
        match self {
            Self::Down(incoming) => &incoming.request,
            Self::Up(outgoing) => &outgoing.request,
        }
    }

    pub(super) fn is_short(&self) -> bool {
        let size = match self {
            Self::Down(incoming) => download::length(&incoming.task),
            Self::Up(outgoing) => outgoing.source.known.size,
        };
        size.is_some_and(|size| size <= SHORT)
    }
}

/// A file whose data flow, or have flowed.
pub(super) enum Carried {
    Down(Box<Receiving>),
    Up(Box<Sending>),
}

impl Carried {
    /// `ways`: how the server can be asked for a checksum.
    pub(super) fn new(ready: Ready, ways: Vec<Way>) -> Self {
        match ready {
            Ready::Down(incoming) => Self::Down(Box::new(Receiving::new(incoming, ways))),
            Ready::Up(outgoing) => Self::Up(Box::new(Sending::new(outgoing, ways))),
        }
    }

    pub(super) fn task(&self) -> &Task {
        match self {
            Self::Down(receiving) => &receiving.task,
            Self::Up(sending) => &sending.task,
        }
    }

    pub(super) fn is_short(&self) -> bool {
        let size = match self {
            Self::Down(receiving) => download::length(&receiving.task),
            Self::Up(sending) => sending.source.size,
        };
        size.is_some_and(|size| size <= SHORT)
    }

    /// What does not happen when it fails.
    pub(super) fn what(&self) -> String {
        match self {
            Self::Down(receiving) => download::what(&receiving.task),
            Self::Up(sending) => upload::what(&sending.target),
        }
    }

    /// What a failure on the wire is for it.
    pub(super) fn stop(&self, error: &Error) -> Stop {
        match self {
            Self::Down(_) => Stop::on_wire(error, self.what()),
            Self::Up(sending) => sending.stop(error),
        }
    }

    pub(super) async fn pump(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        lane: &Lane,
    ) -> Result<Flow, Stop> {
        match self {
            Self::Down(receiving) => receiving.pump(lease, transfer, lane).await,
            Self::Up(sending) => {
                sending.pump(lease, transfer, &lane.limit).await?;
                Ok(Flow::Over)
            }
        }
    }
}

/// A file whose data are over, and the server's word that is still to come.
pub(super) struct Over {
    pub(super) file: Carried,
    pub(super) closed: Closed,
}

/// Prepares a job as far as the server need not be asked.
pub(super) async fn prepare(task: Task) -> Result<Fetched, (Task, Stop)> {
    match (task.job().item.kind, task.job().direction) {
        (Kind::Other, _) => Err((task, Stop::Skipped("it is neither a file nor a folder".into()))),
        (Kind::Dir, _) => Ok(Fetched::Folder(task)),
        (_, Direction::Download) => download::prepare(task)
            .await
            .map(|incoming| match incoming.asks() {
                true => Fetched::Ask(Asking::Down(incoming)),
                false => Fetched::Ready(Ready::Down(incoming)),
            }),
        (_, Direction::Upload) => upload::prepare(task).await.map(|prepared| match prepared {
            Prepared::Ready(outgoing) => Fetched::Ready(Ready::Up(outgoing)),
            Prepared::Unknown(task, source) => Fetched::Ask(Asking::Up(task, source)),
        }),
    }
}
