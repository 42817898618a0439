//! The end of a divided download: what nobody else reads is read here, and all of it is proved to be one
//! file.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{BEGINNINGS, Hands};
use crate::engine::blocking;
use crate::engine::carried::Carried;
use crate::engine::division::{Division, Share};
use crate::engine::download::{Receiving, another, changed, what};
use crate::engine::segment::{Left, identify, read};
use crate::engine::task::{Stop, Task};
use crate::ftp::error::local;

impl Hands<'_> {
    /// Brings a divided file to its end.
    pub(super) async fn assemble(&mut self, mut file: Box<Receiving>) {
        let Some(division) = file.division() else {
            return self
                .failed(Carried::Down(file), crate::engine::ending().into())
                .await;
        };
        match self.bring_rest(&file.task, &division).await {
            Ok(()) => {
                file.assembled();
                self.tail.received(*file, Ok(None));
            }
            Err(stop) => {
                if matches!(stop, Stop::FromStart(_)) {
                    let why = "no file of this server is divided any more: segments did not fit together";
                    self.lane.pool.divide_no_more(why);
                }
                self.failed(Carried::Down(file), stop).await;
            }
        }
    }

    async fn bring_rest(&mut self, task: &Task, division: &Arc<Division>) -> Result<(), Stop> {
        let cancel = &task.cancel;
        let on_disk = |error| Stop::Failed(local(what(task), &error));
        let mut losses = 0;
        loop {
            // looked at first: what is seen while the rest is compared would not be, if all were here by then
            let share = division.share();
            let compared = Arc::clone(division);
            let fits = blocking(move || compared.fits()).await?.map_err(on_disk)?;
            if !fits {
                return Err(another(task, "its segments do not fit together"));
            }
            let segment = match share {
                Share::Whole => break,
                Share::Segment(segment) => segment,
                Share::Wait => {
                    tokio::select! {
                        () = division.changed() => continue,
                        () = cancel.cancelled() => return Err(Stop::Cancelled),
                    }
                }
            };
            let mut lease = self.take_lease(cancel).await?;
            let read = read(segment, &mut lease, &self.lane.limit, None).await;
            self.lease = Some(lease);
            match read {
                Ok(()) => losses = 0,
                Err(Left::Stopped) => return Err(Stop::Cancelled),
                Err(Left::Disk(error)) => return Err(on_disk(error)),
                Err(Left::Wrong) => return Err(another(task, "what comes does not continue what is here")),
                Err(Left::Wire(error)) if error.refuses_to_continue() => {
                    return Err(Stop::FromStart(error.failure(what(task)).transient()));
                }
                Err(Left::Wire(error)) => {
                    losses += 1;
                    if !error.is_loss() || losses == BEGINNINGS {
                        return Err(Stop::on_wire(&error, what(task)));
                    }
                    self.lane.pool.forget_idle_of(&error);
                }
            }
        }
        match division.is_helped() {
            true => self.prove_unchanged(task, division, cancel).await,
            // nobody was of help: it came as any other
            false => Ok(()),
        }
    }

    /// The source must be now what it was before it was read.
    async fn prove_unchanged(
        &mut self,
        task: &Task,
        division: &Division,
        cancel: &CancellationToken,
    ) -> Result<(), Stop> {
        let mut losses = 0;
        loop {
            let mut lease = self.take_lease(cancel).await?;
            let identified = tokio::select! {
                identified = identify(division, &mut lease) => identified,
                () = cancel.cancelled() => return Err(Stop::Cancelled),
            };
            self.lease = Some(lease);
            match identified {
                Ok(Some(now)) if now == division.identity => return Ok(()),
                Ok(_) => return Err(changed(task).into()),
                Err(error) if error.is_loss() && losses + 1 < BEGINNINGS => losses += 1,
                Err(error) => return Err(Stop::on_wire(&error, what(task))),
            }
        }
    }
}
