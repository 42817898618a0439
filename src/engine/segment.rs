//! One segment of a divided download, over whatever session there is for it.

use std::fs::File;
use std::io::{self, Write as _};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::blocking;
use super::division::{Division, Segment, Share, open_at, overlap};
use super::download::{size_and_time, what_it_is};
use super::lease::Lease;
use super::meter::SpeedLimit;
use super::pool::Pool;
use crate::ftp::error::{Error, Stage};
use crate::ftp::transfer::{Request, Transfer};
use crate::plan::division::OVERLAP;
use crate::plan::resume::{Identity, Overlap};

/// How much is written at once.
const CHUNK: usize = 256 * 1024;

/// Why a segment was left before its end.
pub(super) enum Left {
    /// Nobody is to read any more, somebody else waits for the session, or help did not help.
    Stopped,
    Wire(Error),
    Disk(io::Error),
    /// It is not of the file that is here.
    Wrong,
}

impl From<Error> for Left {
    fn from(error: Error) -> Self {
        Self::Wire(error)
    }
}

impl From<io::Error> for Left {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

/// What the source is by the server's word now; `None` where that is not told exactly.
pub(super) async fn identify(division: &Division, lease: &mut Lease) -> Result<Option<Identity>, Error> {
    let asked = lease.ask(&what_it_is(&division.path)).await?;
    if let Some(lost) = asked.lost {
        return Err(lost);
    }
    let (size, modified) = size_and_time(asked.answers);
    Ok(Identity::remote(size, modified))
}

/// Helps with a divided file, on a session that nobody else wants, as long as there is something to do.
pub(super) async fn help(division: Arc<Division>, pool: Arc<Pool>, limit: Arc<SpeedLimit>) {
    let stop = division.stop.clone();
    let lease = tokio::select! {
        lease = pool.spare() => lease,
        () = stop.cancelled() => None,
    };
    let Some(mut lease) = lease else {
        return division.helps_no_more();
    };
    let identified = tokio::select! {
        identified = identify(&division, &mut lease) => identified,
        () = stop.cancelled() => return,
    };
    match identified {
        Ok(Some(identity)) if identity == division.identity => {}
        Ok(_) => {
            lease.remark(&format!(
                "{} is not divided: the server does not tell its size and time as they were",
                division.path
            ));
            return division.helps_no_more();
        }
        Err(_) => return division.helps_no_more(),
    }
    while pool.divides() && !pool.is_wanted() && !division.is_unwanted() {
        let Share::Segment(segment) = division.share() else {
            return;
        };
        let left = match read(segment, &mut lease, &limit, Some(&pool)).await {
            Ok(()) if lease.is_usable() => continue,
            // its control connection has ended meanwhile: others help on
            Ok(()) => return,
            Err(left) => left,
        };
        match left {
            Left::Wire(error) if error.refuses_to_continue() => {
                let why = error.failure("No file of this server is divided");
                pool.divide_no_more(&why.to_string());
                division.helps_no_more();
            }
            Left::Wrong => division.went_wrong(),
            // the one that carries the file meets it too, where it matters
            Left::Wire(_) | Left::Disk(_) => division.helps_no_more(),
            Left::Stopped => {}
        }
        return;
    }
}

/// Reads a segment to its end and a little farther. Somebody who only helps (`helps`) leaves the session to
/// others who wait for one.
pub(super) async fn read(
    segment: Segment,
    lease: &mut Lease,
    limit: &SpeedLimit,
    helps: Option<&Pool>,
) -> Result<(), Left> {
    let division = Arc::clone(segment.division());
    let stop = &division.stop;
    // who ends the division waits for it
    let writing = division.writes();
    if stop.is_cancelled() {
        return Err(Left::Stopped);
    }
    let known = division.known_before(segment.from);
    let before = overlap(&division.part, segment.from, known).await?;
    let request = Request::retrieve(&division.path, segment.from - before.len() as u64);
    let mut transfer = tokio::select! {
        begun = lease.begin(&request) => begun?,
        () = stop.cancelled() => return Err(Left::Stopped),
    };
    let mut reading = Reading {
        at: segment.from,
        segment,
        overlap: Overlap::new(before),
        file: None,
        limit,
        helps,
        _writing: writing,
    };
    let pumped = tokio::select! {
        pumped = reading.pump(lease, &mut transfer) => pumped,
        () = stop.cancelled() => Err(Left::Stopped),
    };
    let to_the_end = reading.at == division.size();
    // what a thread is still writing is waited for by who ends the division
    drop(reading);
    match pumped {
        Ok(()) if to_the_end => {
            let finished = lease.finish(transfer).await;
            if let Err(error) = finished {
                lease.remark(&format!("a segment's last word: {}", error.failure("not said")));
            }
            Ok(())
        }
        pumped => {
            leave(lease, transfer, &division.over).await;
            pumped
        }
    }
}

/// Gives a transfer up, and keeps the session in step while there is time for that: until the end of the
/// program. (pure-ftpd has no last word for a download that is broken off: it would be waited for in vain.)
pub(super) async fn leave(lease: &mut Lease, transfer: Transfer, over: &CancellationToken) {
    tokio::select! {
        biased;
        () = over.cancelled() => {}
        () = lease.give_up(transfer) => {}
    }
}

struct Reading<'r> {
    segment: Segment,
    /// How far it is.
    at: u64,
    overlap: Overlap,
    file: Option<File>,
    limit: &'r SpeedLimit,
    helps: Option<&'r Pool>,
    _writing: TaskTrackerToken,
}

impl Reading<'_> {
    async fn pump(&mut self, lease: &mut Lease, transfer: &mut Transfer) -> Result<(), Left> {
        while self.overlap.left() > 0 {
            let mut again = vec![0; self.overlap.left()];
            match lease.read(transfer, &mut again).await? {
                0 => return Err(cut().into()),
                n if self.overlap.agrees(&again[..n]) => {}
                _ => return Err(Left::Wrong),
            }
        }
        let mut buffer = Vec::new();
        loop {
            let piece = self.limit.piece(CHUNK);
            buffer.resize(piece, 0);
            let mut filled = 0;
            let mut over = None;
            while over.is_none() && filled < piece && self.at + (filled as u64) < self.segment.end() {
                let n = lease.read(transfer, &mut buffer[filled..]).await?;
                filled += n;
                self.limit.passed(n).await;
                if n == 0 {
                    over = Some(cut().into());
                } else if let Some(pool) = self.helps
                    && (pool.is_wanted() || self.segment.division().is_unwanted())
                {
                    over = Some(Left::Stopped);
                }
            }
            buffer.truncate(filled);
            let own = self.segment.end().saturating_sub(self.at);
            let beyond = buffer.split_off(filled.min(usize::try_from(own).unwrap_or(filled)));
            buffer = self.write(buffer).await?;
            if self.at >= self.segment.end() {
                return self.look_beyond(lease, transfer, beyond).await;
            }
            if let Some(left) = over {
                return Err(left);
            }
        }
    }

    /// Writes what has come; its range is not given back while that goes on, whoever is stopped.
    async fn write(&mut self, buffer: Vec<u8>) -> Result<Vec<u8>, Left> {
        let n = buffer.len() as u64;
        let division = Arc::clone(self.segment.division());
        let (file, at) = (self.file.take(), self.at);
        let writing = division.writes();
        let work = move || {
            let _writing = writing;
            let mut file = match file {
                Some(file) => file,
                None => open_at(&division.part, at)?,
            };
            file.write_all(&buffer)?;
            Ok::<_, io::Error>((file, buffer, division))
        };
        let (file, buffer, division) = blocking(work)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))?;
        self.file = Some(file);
        self.at += n;
        self.segment.arrived(self.at);
        division.counter.add(n);
        division.helped();
        if division.is_to_be_saved() {
            blocking(move || division.save()).await.unwrap_or(Ok(()))?;
        }
        Ok(buffer)
    }

    /// Reads the beginning of the next segment.
    async fn look_beyond(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        beyond: Vec<u8>,
    ) -> Result<(), Left> {
        let division = Arc::clone(self.segment.division());
        let beyond = look_beyond(lease, transfer, beyond).await?;
        match (beyond.is_empty(), self.at >= division.size()) {
            (true, true) => {}
            // more than the file has
            (false, true) => return Err(Left::Wrong),
            (true, false) => return Err(cut().into()),
            (false, false) => self.segment.saw_next(beyond),
        }
        Ok(())
    }
}

/// The data have ended too soon.
pub(super) fn cut() -> Error {
    Error::Broken(Stage::Transfer, io::ErrorKind::UnexpectedEof.into())
}

/// Reads on for as much as is compared, or to the end of the data.
pub(super) async fn look_beyond(
    lease: &mut Lease,
    transfer: &mut Transfer,
    mut beyond: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let wanted = usize::try_from(OVERLAP).unwrap_or(usize::MAX);
    let mut filled = beyond.len().min(wanted);
    beyond.resize(wanted, 0);
    while filled < wanted {
        match lease.read(transfer, &mut beyond[filled..]).await? {
            0 => break,
            n => filled += n,
        }
    }
    beyond.truncate(filled);
    Ok(beyond)
}
