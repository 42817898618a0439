//! How the lane that carries a big download lets idle ones help it.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use super::super::blocking;
use super::super::division::{Division, Segment, Share};
use super::super::lane::Lane;
use super::super::lease::Lease;
use super::super::segment::{cut, help, look_beyond};
use super::super::task::Stop;
use super::{Receiving, another, length, what};
use crate::ftp::sums::Hashing;
use crate::ftp::transfer::Transfer;
use crate::plan::division::{self as plan, Advice, PIECE, Range, Trial, WORTH};
use crate::plan::resume::Identity;

/// Why the data of a transfer are over.
pub(in crate::engine) enum Flow {
    /// There are no more.
    Over,
    /// What follows others have read, or will; or nothing follows.
    Met,
}

/// What the one who carries a file knows of those who help.
#[derive(Default)]
pub(super) struct Sharing {
    /// What is missing of a file that was divided before.
    missing: Option<Vec<Range>>,
    /// Where it is worth it to have help: since when it is measured what help does.
    trial: Option<(Instant, Trial)>,
    pub(super) division: Option<Arc<Division>>,
    /// What is read from the beginning on.
    own: Option<Segment>,
    /// Checksums that cannot be computed as the data flow.
    pub(super) rehashing: Option<Hashing>,
}

impl Sharing {
    pub(super) fn of(missing: Option<Vec<Range>>) -> Self {
        Self {
            missing,
            ..Self::default()
        }
    }

    /// How much of a file of this size is here, where it was divided before.
    pub(super) fn present(&self, size: u64) -> Option<u64> {
        let missing = self.missing.as_ref()?.iter().map(|range| range.to - range.from);
        Some(size.saturating_sub(missing.sum()))
    }

    /// How many of `n` bytes that come at `at` are not another's.
    pub(super) fn own(&self, at: u64, n: usize) -> usize {
        let Some(own) = &self.own else {
            return n;
        };
        usize::try_from(own.end().saturating_sub(at)).map_or(n, |own| own.min(n))
    }

    /// Whether another's data begin at `at`.
    pub(super) fn ends_at(&self, at: u64) -> bool {
        let own = self.own.as_ref().zip(self.division.as_ref());
        own.is_some_and(|(own, division)| at < division.size() && at >= own.end())
    }

    /// Waits until nobody helps any more.
    pub(super) async fn end(&self) {
        if let Some(division) = &self.division {
            division.end().await;
        }
    }

    /// Writes down what is missing, when all before `received` is in the file. It blocks.
    pub(super) fn save(self, received: u64) -> io::Result<()> {
        let Some(division) = self.division else {
            return Ok(());
        };
        if let Some(own) = &self.own {
            own.arrived(received);
        }
        match division.fits()? {
            true => division.save(),
            false => Err(io::ErrorKind::InvalidData.into()),
        }
    }
}

impl Receiving {
    /// What the source was known to be before it was read.
    fn identity(&self) -> Option<Identity> {
        let size = self.told.map(|(size, _)| size).or(length(&self.task));
        Identity::remote(size, self.exact_time())
    }

    pub(in crate::engine) fn division(&self) -> Option<Arc<Division>> {
        self.sharing.division.clone()
    }

    /// All of it is here.
    pub(in crate::engine) fn assembled(&mut self) {
        if let Some(division) = &self.sharing.division {
            self.received = division.size();
        }
    }

    /// Looks whether help is worth it, and goes on with what was divided before.
    pub(super) async fn begin_sharing(&mut self, lane: &Lane) -> Result<(), Stop> {
        let Some(identity) = self.identity() else {
            return Ok(());
        };
        let is_worth_it = identity.size >= WORTH && !self.task.whole && lane.pool.lanes() > 1;
        let may_divide = is_worth_it && lane.pool.divides();
        let missing = self.sharing.missing.take();
        let trial = match missing {
            Some(_) => Trial::known_to_help(),
            None => Trial::default(),
        };
        self.sharing.trial = may_divide.then(|| (Instant::now(), trial));
        if let Some((missing, (part, ..))) = missing.zip(self.disk.begun.as_ref()) {
            let part = part.clone();
            self.sharing.rehashing = self.disk.hashing.take();
            self.divide(identity, missing, part, lane).await?;
        }
        Ok(())
    }

    async fn divide(
        &mut self,
        identity: Identity,
        missing: Vec<Range>,
        part: std::path::PathBuf,
        lane: &Lane,
    ) -> Result<(), Stop> {
        let plan = plan::Division::new(identity.size, missing, PIECE);
        let (path, counter) = (self.path().clone(), self.task.counter.clone());
        let stops = (self.task.cancel.child_token(), lane.end.clone());
        let begin = move || Division::begin(plan, part, path, identity, counter, stops);
        let division = blocking(begin).await?.map_err(|error| self.disk.failed(&error))?;
        if let Share::Segment(own) = division.share() {
            self.sharing.own = Some(own);
        }
        self.sharing.division = Some(division);
        Ok(())
    }

    /// Tells what is in the file, all but the last `pending` bytes, and gets help where that helps.
    pub(super) async fn share(&mut self, lane: &Lane, pending: u64) -> Result<(), Stop> {
        if let (Some(division), Some(own)) = (&self.sharing.division, &self.sharing.own) {
            own.arrived(self.received.saturating_sub(pending));
            if division.is_wrong() {
                return Err(another(&self.task, "a segment does not fit the rest"));
            }
            if division.is_to_be_saved() {
                let division = Arc::clone(division);
                let saved = blocking(move || division.save()).await?;
                saved.map_err(|error| self.disk.failed(&error))?;
            }
        }
        let division = self.sharing.division.as_ref();
        let helped = division.is_some_and(|division| division.is_helped());
        let moved = self.task.counter.get();
        let Some((began, trial)) = &mut self.sharing.trial else {
            return Ok(());
        };
        let places = lane.pool.spare_places();
        let is_full = places == 0 || division.is_some_and(|division| !division.wants_help());
        if is_full && !helped {
            return Ok(());
        }
        match trial.advise(began.elapsed(), moved, helped) {
            // a limit is as much for several as for one
            Advice::Help if lane.limit.holds() => {
                self.sharing.trial = None;
                return Ok(());
            }
            Advice::Help if !is_full => {}
            Advice::Help | Advice::Wait => return Ok(()),
            Advice::Leave => {
                division.inspect(|division| division.dismiss());
                return Ok(());
            }
        }
        if self.sharing.division.is_none() {
            let Some(identity) = self.identity().filter(|identity| self.is_long(identity.size)) else {
                self.sharing.trial = None;
                return Ok(());
            };
            let (part, hashing) = self.disk.settle().await?;
            self.sharing.rehashing = hashing.map(|hashing| hashing.anew());
            let missing = vec![Range {
                from: self.received,
                to: identity.size,
            }];
            self.divide(identity, missing, part, lane).await?;
        }
        if let Some(division) = &self.sharing.division {
            for _ in 0..places {
                let (division, pool) = (Arc::clone(division), Arc::clone(&lane.pool));
                lane.tasks.spawn(help(division, pool, Arc::clone(&lane.limit)));
            }
        }
        Ok(())
    }

    /// Whether enough of it is still to come to be divided.
    fn is_long(&self, size: u64) -> bool {
        size.saturating_sub(self.received) >= 2 * PIECE
    }

    /// The data are over where they might be divided: all of it must be here.
    pub(super) async fn come_to_the_end(&mut self) -> Result<Flow, Stop> {
        match &self.sharing.division {
            None => return Ok(Flow::Over),
            Some(division) if division.size() == self.received => {}
            Some(_) => return Err(self.cut()),
        }
        self.settle().await?;
        if let Some(own) = self.sharing.own.take() {
            own.arrived(self.received);
        }
        Ok(Flow::Met)
    }

    /// Another's data begin here: reads the first of them, too.
    pub(super) async fn meet(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        beyond: Vec<u8>,
    ) -> Result<Flow, Stop> {
        let beyond = look_beyond(lease, transfer, beyond).await;
        let beyond = beyond.map_err(|error| Stop::on_wire(&error, what(&self.task)))?;
        if beyond.is_empty() {
            return Err(self.cut());
        }
        self.settle().await?;
        if let Some(own) = self.sharing.own.take() {
            own.saw_next(beyond);
        }
        Ok(Flow::Met)
    }

    async fn settle(&mut self) -> Result<(), Stop> {
        self.disk.ready().await?;
        let mut rest = std::mem::take(&mut self.buffer);
        rest.truncate(std::mem::take(&mut self.filled));
        self.disk.put(rest)?;
        self.disk.settle().await.map(drop)
    }

    fn cut(&self) -> Stop {
        Stop::on_wire(&cut(), what(&self.task))
    }
}
