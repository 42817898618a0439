//! What is done before a transfer can begin: folders are made, and the server is asked what it has.

use std::sync::Arc;

use super::{BEGINNINGS, Hands};
use crate::engine::carried::{Fetched, Ready};
use crate::engine::download::{self, Incoming};
use crate::engine::task::{Moved, Stop, Task, make_local_folder, make_remote_folder};
use crate::engine::upload::{self, Source};
use crate::model::job::Direction;
use crate::plan::fence::Fence;

impl Hands<'_> {
    pub(super) async fn make_folder(&mut self, task: &Task) -> Result<Moved, Stop> {
        let job = task.job();
        let fence: Arc<Fence> = match self.lane.pool.known_fence() {
            Some(fence) => fence,
            None => Arc::clone(self.lease(&task.cancel).await?.fence()),
        };
        if let Some(depth) = fence.cuts(&job.item.remote) {
            return Err(Stop::Skipped(format!(
                "cut at depth {depth}: the folder and what is in it are left out"
            )));
        }
        match job.direction {
            Direction::Download => make_local_folder(job).await,
            Direction::Upload if job.item.remote == *fence.root() => Ok(Moved::default()),
            Direction::Upload => {
                let lease = self.lease(&task.cancel).await?;
                tokio::select! {
                    made = make_remote_folder(task, lease) => made,
                    () = task.cancel.cancelled() => Err(Stop::Cancelled),
                }
            }
        }
    }

    /// Asks what a download's source is, and takes up what there is of it.
    pub(super) async fn ask_about(&mut self, mut incoming: Incoming) -> Option<Fetched> {
        let cancel = incoming.task.cancel.clone();
        let mut tries = 0;
        let stop = loop {
            let mut lease = match self.take_lease(&cancel).await {
                Ok(lease) => lease,
                Err(stop) => break stop,
            };
            let questions = incoming.questions();
            let asked = tokio::select! {
                asked = lease.ask(&questions) => asked,
                () = cancel.cancelled() => break Stop::Cancelled,
            };
            let answers = asked.and_then(|asked| match asked.lost {
                Some(error) => Err(error),
                None => Ok(asked.answers),
            });
            tries += 1;
            match answers {
                Ok(answers) => {
                    let told = incoming.told(answers, &lease).await;
                    self.lease = Some(lease);
                    match told {
                        Ok(()) => return Some(Fetched::Ready(Ready::Down(incoming))),
                        Err(stop) => break stop,
                    }
                }
                Err(error) if error.is_loss() && tries < BEGINNINGS => {
                    self.lane.pool.forget_idle_of(&error);
                }
                Err(error) => {
                    self.lease = Some(lease);
                    break Stop::on_wire(&error, download::what(&incoming.task));
                }
            }
        };
        incoming.task.end(Err(stop));
        None
    }

    /// Asks what stands at an upload's target.
    pub(super) async fn ask(&mut self, task: Task, source: Source) -> Option<Fetched> {
        let cancel = task.cancel.clone();
        let lease = match self.lease(&cancel).await {
            Ok(lease) => lease,
            Err(stop) => {
                self.tail.unbegun(task, stop);
                return None;
            }
        };
        match upload::prepare_asking(task, source, lease).await {
            Ok(outgoing) => Some(Fetched::Ready(Ready::Up(outgoing))),
            Err((task, stop)) => {
                self.tail.unbegun(task, stop);
                None
            }
        }
    }
}
