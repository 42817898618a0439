//! A batch is asked for, and its folders are looked through.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::{Batch, Loop, Note};
use crate::engine::browse::not_connected;
use crate::engine::targets::Targets;
use crate::engine::{mistake, walk};
use crate::model::failure::Failure;
use crate::model::job::{BatchId, BatchRequest, Direction, JobId};
use crate::plan::journal::written::WrittenPath;

/// So many jobs of an upload may wait before its walk rests: it is far faster than its files. The walk of a
/// server's tree goes on: it holds a session, and the server may wait for it.
const AHEAD: usize = 20_000;

impl Loop {
    /// Gives a walk the numbers of what it has found: with them it goes on.
    pub(super) fn answer_walk(
        &mut self,
        batch: BatchId,
        direction: Direction,
        reply: oneshot::Sender<Vec<JobId>>,
        numbers: Vec<JobId>,
    ) {
        if direction == Direction::Upload && self.queue.open_in(batch) > AHEAD {
            self.resting.insert(batch, (reply, numbers));
        } else {
            // a walk that was ended needs none
            let _ = reply.send(numbers);
        }
    }

    /// Lets walks go on whose files have come nearer.
    pub(super) fn let_walks_go_on(&mut self) {
        let queue = &self.queue;
        for (_, (reply, numbers)) in self.resting.extract_if(|batch, _| queue.open_in(*batch) <= AHEAD) {
            let _ = reply.send(numbers);
        }
    }

    pub(super) fn enqueue(&mut self, request: BatchRequest) {
        self.queue.open_batch(&request);
        if !self.pools.contains_key(&request.connection) {
            let effects = self.queue.walked(request.id, Some(not_connected()));
            return self.carry_out(effects);
        }
        self.journal.batch(&request, None, Vec::new());
        if self.queue.is_paused() {
            self.journal.hold([request.id], true);
        }
        self.begin(request.id, HashMap::new());
        self.walk(request);
    }

    /// Its jobs share what is found out about their targets.
    pub(super) fn begin(&mut self, id: BatchId, known: HashMap<WrittenPath, JobId>) {
        let batch = Batch {
            targets: Arc::new(Targets::new(Arc::clone(&self.origins), self.disk_work)),
            walk: self.end.child_token(),
            known,
        };
        self.batches.insert(id, batch);
    }

    /// Looks through what a batch asks for, as soon as the disk has that it was asked for.
    pub(super) fn walk(&mut self, request: BatchRequest) {
        let id = request.id;
        let (Some(pool), Some(batch)) = (self.pools.get(&request.connection), self.batches.get(&id)) else {
            return;
        };
        let (targets, notes) = (Arc::clone(&batch.targets), self.notes.clone());
        let walk = walk::walk(request, Arc::clone(pool), targets, notes, batch.walk.clone());
        let synced = self.journal.synced();
        let walk = async move {
            // where nothing is kept, nothing is waited for
            let _ = synced.await;
            walk.await
        };
        self.tasks.spawn(report_walk(id, walk, self.notes.clone()));
    }
}

/// Walks for a batch and reports how that ended, also when it panics.
async fn report_walk(
    batch: BatchId,
    walk: impl Future<Output = Option<Failure>>,
    notes: mpsc::UnboundedSender<Note>,
) {
    let broken = mistake(
        "Not all of it was looked through",
        "What was found is transferred; there may be more.",
    );
    let mut report = Report {
        note: Some(Note::Walked(batch, Some(broken))),
        notes,
    };
    report.note = Some(Note::Walked(batch, walk.await));
}

/// Is sent when it is dropped.
struct Report {
    note: Option<Note>,
    notes: mpsc::UnboundedSender<Note>,
}

impl Drop for Report {
    fn drop(&mut self) {
        if let Some(note) = self.note.take() {
            let _ = self.notes.send(note);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_walk_is_reported_however_it_ends() {
        let (notes, mut noted) = mpsc::unbounded_channel();
        let broken = report_walk(BatchId(1), async { panic!("on purpose") }, notes.clone());
        assert!(tokio::spawn(broken).await.unwrap_err().is_panic());
        let Some(Note::Walked(BatchId(1), Some(failure))) = noted.recv().await else {
            panic!("not reported as failed");
        };
        assert!(failure.to_string().contains("there may be more"), "{failure}");
        report_walk(BatchId(2), async { None }, notes).await;
        assert!(matches!(noted.recv().await, Some(Note::Walked(BatchId(2), None))));
        assert!(noted.recv().await.is_none(), "once each");
    }
}
