//! Lanes are opened where jobs wait, and are given jobs.

use std::sync::Arc;

use super::Loop;
use crate::engine::lane::Lane;
use crate::engine::targets::Targets;
use crate::engine::task::{Means, Task};
use crate::model::job::ConnectionId;

impl Loop {
    /// Opens lanes where jobs wait, as many as there may be.
    pub(super) fn start_jobs(&mut self) {
        for (connection, waiting) in self.queue.waiting() {
            let Some(pool) = self.pools.get(&connection) else {
                continue;
            };
            // what runs keeps a lane each, at the most
            let running = self.running.values().filter(|(of, _)| *of == connection);
            let wanted = pool.lanes().min(waiting + running.count());
            let lanes = self.lanes.entry(connection).or_default();
            while *lanes < wanted {
                *lanes += 1;
                let lane = Lane {
                    connection,
                    pool: Arc::clone(pool),
                    limit: Arc::clone(&self.limit),
                    notes: self.notes.clone(),
                    tasks: self.tasks.clone(),
                    end: self.end.clone(),
                };
                self.tasks.spawn(lane.work());
            }
        }
    }

    /// The next job of a connection, for a lane.
    pub(super) fn take(&mut self, connection: ConnectionId) -> Option<Task> {
        let connected = self.pools.get(&connection)?;
        let server = Arc::clone(&connected.connection.server);
        let placing = Arc::clone(&connected.placing);
        let (start, told) = self.queue.next(connection)?;
        self.carry_out(vec![told]);
        let job = start.job.id;
        self.journal.started(job, start.policy);
        let cancel = self.end.child_token();
        self.running.insert(job, (connection, cancel.clone()));
        let targets = self.batches.get(&start.job.batch).map(|b| Arc::clone(&b.targets));
        Some(Task::new(
            start,
            targets.unwrap_or_else(|| Arc::new(Targets::new(Arc::clone(&self.origins), self.disk_work))),
            self.meter.begin(job),
            cancel,
            Means {
                input: self.input.clone(),
                durable: Arc::clone(&self.durable),
                origins: Arc::clone(&self.origins),
                server,
                placing,
            },
            self.notes.clone(),
        ))
    }
}
