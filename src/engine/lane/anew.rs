//! Files that are not continued: they come or go from their first byte.

use super::Hands;
use crate::engine::carried::Ready;
use crate::engine::task::Task;
use crate::engine::{download, upload};
use crate::ftp::error::Error;
use crate::model::failure::Failure;

impl Hands<'_> {
    /// The server does not continue a file: it comes or goes from its first byte.
    pub(super) async fn restart(&mut self, ready: Ready, error: &Error) {
        let why = error.failure(match &ready {
            Ready::Down(incoming) => download::what(&incoming.task),
            Ready::Up(outgoing) => upload::what(&outgoing.target),
        });
        let mut task = match ready {
            Ready::Down(incoming) => incoming.restart().await,
            Ready::Up(outgoing) => {
                if let Some(lease) = &mut self.lease {
                    // some servers let nothing be written over
                    let _ = lease.delete_file(&outgoing.part).await;
                }
                outgoing.task
            }
        };
        task.piece = None;
        self.push_whole(task, &why);
    }

    pub(super) fn push_whole(&mut self, mut task: Task, why: &Failure) {
        let connection = &self.lane.pool.connection;
        let next = match task.overran {
            // it comes once more only where it has grown
            Some(_) => "asking how long it is by now",
            None => "once more from the first byte",
        };
        connection.remark(&format!("{why}; {next}"));
        task.whole = true;
        task.counter.begin_at(0);
        self.again.push(task);
    }
}
