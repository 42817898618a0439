//! The end of a download: it is put in its place, what is here of it is kept, or nothing is left.

use std::io;
use std::path::PathBuf;

use super::disk::Unplaced;
use super::{Receiving, what};
use crate::engine::blocking;
use crate::engine::carried::SHORT;
use crate::engine::kept::Piece;
use crate::engine::resume::remove_left;
use crate::engine::task::{Moved, Stop, Task, both, differs};
use crate::local::unsynced;
use crate::model::failure::{Class, Failure};
use crate::model::stamp::Stamp;
use crate::model::text::shown_path;

impl Receiving {
    /// Puts the whole file in its place, if it is what the server has. `sized`: its size was compared.
    pub(in crate::engine) async fn commit(
        mut self,
        modified: Option<Stamp>,
        note: Option<String>,
        sized: bool,
    ) {
        let placed = self.put_in_place(modified, sized).await;
        let bytes = self.received;
        self.task.end(placed.map(|verified| Moved {
            bytes,
            note: both(note, verified),
        }));
    }

    async fn put_in_place(&mut self, modified: Option<Stamp>, sized: bool) -> Result<Option<String>, Stop> {
        self.sharing.end().await;
        let last = self.disk.written().await?;
        let file = self.disk.file(last);
        let mut rest = std::mem::take(&mut self.buffer);
        rest.truncate(self.filled);
        let (length, rehashing) = (self.received, self.sharing.rehashing.take());
        let verification = self.verification.take();
        // where the whole file system cannot be synced later
        let sync = self.task.start.care.fsync || !unsynced::WHOLE;
        let unsynced = self.task.durable.unsynced();
        let left = std::mem::take(&mut self.left);
        let is_shared = self.sharing.division.is_some();
        let care = self.task.start.care;
        let modified = modified.filter(|_| !care.new_times);
        let permissions = self.task.job().item.permissions.filter(|_| care.permissions);
        let work = move || {
            let mut written = file()?;
            written.write(&rest)?;
            if is_shared {
                // the map behind the end goes
                written.file.set_len(length)?;
            }
            if let Some(mut hashing) = rehashing {
                hashing.update_from(written.part.path(), length)?;
                written.hashing = Some(hashing);
            }
            let verified = match verification.zip(written.hashing.take()) {
                Some((verification, hashing)) => {
                    let judged = verification.judge(&hashing.finish(), sized);
                    Some(judged.map_err(Unplaced::Differs)?)
                }
                None => None,
            };
            let (file, lost) = written.part.commit(written.file, modified, permissions, sync)?;
            if !sync {
                unsynced.wrote(file)?;
            }
            remove_left(&left);
            Ok(both(verified, lost))
        };
        let placed = match length <= SHORT && !sync {
            true => self.task.targets.at_once.run(work).await?,
            false => blocking(work).await?,
        };
        self.task.durable.wrote();
        placed.map_err(|unplaced| self.unplaced(unplaced))
    }

    fn unplaced(&self, unplaced: Unplaced) -> Stop {
        let conflict = |why| Stop::Failed(Failure::new(Class::Conflict, what(&self.task), why).transient());
        match unplaced {
            Unplaced::Differs(why) => differs(what(&self.task), why),
            // it was free when this began: tried again, and then decided by the policy
            Unplaced::Disk(error) if error.kind() == io::ErrorKind::AlreadyExists => conflict(format!(
                "{} has appeared meanwhile and is untouched",
                shown_path(&self.disk.target)
            )),
            Unplaced::Disk(error) => self.disk.failed(&error),
        }
    }

    /// Gives the file up. What of it is on the disk is kept where another try can go on from there; else it
    /// is removed before this ends.
    pub(in crate::engine) async fn abandon(self, stop: Stop) {
        let task = self.set_aside(&stop).await;
        task.end(Err(stop));
    }

    /// Keeps what of the file is on the disk, or removes it.
    pub(in crate::engine) async fn set_aside(mut self, stop: &Stop) -> Task {
        self.sharing.end().await;
        if self.task.keeps(stop, self.received)
            && let Ok(part) = self.keep().await
        {
            // one rest is enough: runs that fail each night would fill the disk
            let left = std::mem::take(&mut self.left);
            let _ = blocking(move || remove_left(&left)).await;
            self.task.piece = Some(Piece::Here(part));
            return self.task;
        }
        self.discard().await
    }

    async fn keep(&mut self) -> Result<PathBuf, Stop> {
        let last = self.disk.written().await?;
        let file = self.disk.file(last);
        let mut rest = std::mem::take(&mut self.buffer);
        rest.truncate(self.filled);
        let (sharing, received) = (std::mem::take(&mut self.sharing), self.received);
        let work = move || {
            let mut written = file()?;
            written.write(&rest)?;
            sharing.save(received)?;
            written.part.keep(&written.file)
        };
        blocking(work).await?.map_err(|error| self.disk.failed(&error))
    }

    /// Removes what of the file is on the disk.
    async fn discard(mut self) -> Task {
        let last = self.disk.written().await;
        let begun = self.disk.begun.take();
        let _ = blocking(move || {
            drop(last);
            // perhaps it was not taken up yet
            begun.map(|(part, ..)| std::fs::remove_file(part))
        })
        .await;
        self.task
    }
}
