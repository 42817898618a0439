//! Reading a part of a file for who wants to look at it. No more is fetched than that.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::browse::not_connected;
use super::lease::Lease;
use super::outlet::Outlet;
use super::pool::{Pool, Purpose};
use super::{blocking, unbroken};
use crate::ftp::error::{Error, local};
use crate::ftp::session::FileSize;
use crate::ftp::transfer::{Request, Transfer};
use crate::model::command::{Generation, Place, Reading};
use crate::model::event::{ContentEnd, Event};
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;

/// How many pieces may be told that nobody has said to have dealt with.
pub(super) const AHEAD: usize = 16;

/// The largest piece, in bytes.
const PIECE: usize = 64 * 1024;

/// As much is read and thrown away where a server does not begin in the middle of a file.
const MOST_SKIPPED: u64 = 64 << 20;

/// Reads, and tells pieces no further ahead than `turns` come, until it is stopped.
pub(super) async fn read(
    pool: Option<Arc<Pool>>,
    wanted: Reading,
    turns: Arc<Semaphore>,
    stop: Arc<CancellationToken>,
    outlet: Outlet,
) {
    let reader = Reader {
        wanted: &wanted,
        turns,
        stop,
        outlet,
    };
    let reading = unbroken(async {
        match &wanted.place {
            Place::Local(path) => reader.read_local(path).await,
            Place::Remote(_, path) => reader.read_remote(pool.as_ref(), path).await,
        }
    });
    let result = reading.await;
    reader.over(result.transpose());
}

struct Reader<'r> {
    wanted: &'r Reading,
    turns: Arc<Semaphore>,
    stop: Arc<CancellationToken>,
    outlet: Outlet,
}

impl Reader<'_> {
    fn generation(&self) -> Generation {
        self.wanted.generation
    }

    /// Tells the end, if there is anything to be told of it.
    fn over(&self, result: Option<Result<ContentEnd, Failure>>) {
        let generation = self.generation();
        if let Some(result) = result.filter(|_| !self.stop.is_cancelled()) {
            self.outlet.tell(Event::ContentOver { generation, result });
        }
    }

    /// Tells a piece when it is its turn; whether it is still wanted.
    async fn tell(&self, offset: u64, bytes: &[u8]) -> bool {
        let turn = tokio::select! {
            biased;
            () = self.stop.cancelled() => return false,
            turn = self.turns.acquire() => turn,
        };
        // closed only when the engine is gone
        if let Ok(turn) = turn {
            turn.forget();
        }
        self.outlet.tell(Event::Content {
            generation: self.generation(),
            offset,
            bytes: bytes.into(),
        });
        true
    }

    /// How many bytes of a piece are wanted that begins at `offset`.
    fn wanted_at(&self, offset: u64) -> usize {
        let left = self.wanted.length.map(|length| {
            let end = self.wanted.offset.saturating_add(length);
            usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX)
        });
        left.unwrap_or(PIECE).min(PIECE)
    }

    /// `None` where it was stopped.
    async fn read_local(&self, path: &Path) -> Result<Option<ContentEnd>, Failure> {
        let what = format!("Could not read {}", shown_path(path));
        let (opened, start) = (path.to_owned(), self.wanted.offset);
        let open = move || {
            let mut file = std::fs::File::open(opened)?;
            let size = file.metadata()?.len();
            file.seek(SeekFrom::Start(start))?;
            Ok((file, size))
        };
        let (mut file, size) = blocking(open).await?.map_err(|e| local(what.clone(), &e))?;
        let mut offset = self.wanted.offset;
        loop {
            let length = self.wanted_at(offset);
            let next = move || {
                let mut piece = Vec::with_capacity(length);
                let read = (&mut file)
                    .take(u64::try_from(length).unwrap_or(u64::MAX))
                    .read_to_end(&mut piece);
                (read.map(|_| piece), file)
            };
            let (piece, back) = blocking(next).await?;
            file = back;
            let piece = piece.map_err(|e| local(what.clone(), &e))?;
            if piece.is_empty() {
                return Ok(Some(ContentEnd {
                    offset,
                    is_end: length > 0 || offset >= size,
                    size: Some(size),
                }));
            }
            if !self.tell(offset, &piece).await {
                return Ok(None);
            }
            offset = offset.saturating_add(length_of(&piece));
        }
    }

    async fn read_remote(
        &self,
        pool: Option<&Arc<Pool>>,
        path: &RemotePath,
    ) -> Result<Option<ContentEnd>, Failure> {
        let what = format!("Could not read {path}");
        let pool = pool.ok_or_else(not_connected)?;
        let purpose = match self.wanted.length {
            Some(_) => Purpose::Browsing,
            None => Purpose::Work,
        };
        let mut lease = pool.lease(purpose).await?;
        let size = match self.ask_size(&mut lease, path).await {
            Ok(size) => size,
            Err(error) => return Err(error.failure(what)),
        };
        let start = self.wanted.offset;
        if size.is_some_and(|size| start >= size) || self.wanted.length == Some(0) {
            // servers answer to that in ways of their own
            return Ok(Some(ContentEnd {
                offset: start,
                is_end: size.is_some_and(|size| start >= size),
                size,
            }));
        }
        let begun = self.begin(&mut lease, path).await;
        let (transfer, at) = begun.map_err(|error| match error {
            Begin::Error(error) => error.failure(what.as_str()),
            Begin::Far => too_far(&what, start),
        })?;
        self.follow(lease, transfer, at, size, &what).await
    }

    /// How long the file is. Where the session is lost meanwhile another takes its place: nothing was
    /// told yet.
    async fn ask_size(&self, lease: &mut Lease, path: &RemotePath) -> Result<Option<u64>, Error> {
        let told = match lease.ask_size(path).await {
            Err(error) if error.is_loss() && lease.renew().await => lease.ask_size(path).await?,
            told => told?,
        };
        Ok(match told {
            FileSize::File(size) => size,
            FileSize::NoFile | FileSize::Untold => None,
        })
    }

    /// Begins where it is wanted, or at the beginning where the server knows no other place; with where
    /// that is.
    async fn begin(&self, lease: &mut Lease, path: &RemotePath) -> Result<(Transfer, u64), Begin> {
        let start = self.wanted.offset;
        let mut request = Request::retrieve(path, start);
        let mut renewed = false;
        loop {
            match lease.begin(&request).await {
                Ok(transfer) => return Ok((transfer, request.offset())),
                Err(error) if request.continues() && error.refuses_to_continue() => {
                    if start > MOST_SKIPPED {
                        return Err(Begin::Far);
                    }
                    lease.remark(
                        "the server does not begin in the middle of a file; reading it from the beginning",
                    );
                    request = Request::retrieve(path, 0);
                }
                Err(error) if error.is_loss() && !renewed && lease.renew().await => renewed = true,
                Err(error) => return Err(Begin::Error(error)),
            }
        }
    }

    /// Tells what comes, and ends the transfer where enough has come.
    async fn follow(
        &self,
        mut lease: Lease,
        mut transfer: Transfer,
        mut at: u64,
        size: Option<u64>,
        what: &str,
    ) -> Result<Option<ContentEnd>, Failure> {
        let start = self.wanted.offset;
        let mut buffer = vec![0; PIECE];
        loop {
            let length = match start.checked_sub(at) {
                Some(skipped) if skipped > 0 => usize::try_from(skipped).unwrap_or(PIECE).min(PIECE),
                _ => self.wanted_at(at),
            };
            if length == 0 {
                // told before the server is told: it may take its time
                let is_end = size == Some(at);
                self.over(Some(Ok(ContentEnd {
                    offset: at,
                    is_end,
                    size,
                })));
                lease.give_up(transfer).await;
                return Ok(None);
            }
            let read = tokio::select! {
                biased;
                () = self.stop.cancelled() => None,
                read = lease.read(&mut transfer, &mut buffer[..length]) => Some(read),
            };
            let came = match read {
                None => {
                    lease.give_up(transfer).await;
                    return Ok(None);
                }
                Some(read) => read.map_err(|error| broken(&error, what, at))?,
            };
            if came == 0 {
                let ending = lease.finish(transfer).await;
                let ending = ending.map_err(|error| broken(&error, what, at))?;
                let proven = ending.closed_properly != Some(false) || size.is_some();
                if size.is_some_and(|size| at < size) || !proven {
                    return Err(cut_off(what, at, size));
                }
                return Ok(Some(ContentEnd {
                    offset: at,
                    is_end: true,
                    size,
                }));
            }
            let piece = &buffer[..came];
            let skipped = at < start;
            if !skipped && !self.tell(at, piece).await {
                lease.give_up(transfer).await;
                return Ok(None);
            }
            at = at.saturating_add(length_of(piece));
        }
    }
}

/// Why a reading did not begin.
enum Begin {
    Error(Error),
    /// It begins too far behind the only place where the server begins.
    Far,
}

fn length_of(piece: &[u8]) -> u64 {
    u64::try_from(piece.len()).unwrap_or(u64::MAX)
}

fn broken(error: &Error, what: &str, at: u64) -> Failure {
    let failure = error.failure(what);
    match at {
        0 => failure,
        at => Failure {
            why: format!("{}, after {at} bytes", failure.why),
            ..failure
        },
    }
}

fn cut_off(what: &str, at: u64, size: Option<u64>) -> Failure {
    let why = match size {
        Some(size) => format!("only {at} of its {size} bytes have come"),
        None => {
            format!("the data ended after {at} bytes, and TLS was not closed properly: there may be more")
        }
    };
    Failure::new(Class::Unreachable, what, why).transient()
}

fn too_far(what: &str, start: u64) -> Failure {
    let why = format!(
        "the server does not begin in the middle of a file, and byte {start} is too far from its beginning"
    );
    Failure::new(Class::Refused, what, why).hint("Download the file.")
}
