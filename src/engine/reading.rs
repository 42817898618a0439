//! Files that are read by who wants their bytes: a viewer, standard output. Nothing is written here.
//!
//! What was told cannot be taken back. So a reading goes on after a lost line only where the file is
//! proved to be the one it was: by its size and time, and by the last bytes told, which come once more.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::browse::not_connected;
use super::download::{proved, size_and_time, what_it_is};
use super::lease::Lease;
use super::listener::Listener;
use super::meter::SpeedLimit;
use super::pool::{Pool, Purpose};
use super::{blocking, unbroken};
use crate::ftp::error::{Error, local};
use crate::ftp::transfer::{Request, Transfer};
use crate::local::source;
use crate::model::command::{Generation, Place, Reading};
use crate::model::event::{Event, WasRead};
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::size;
use crate::model::text::shown_path;
use crate::plan::resume::{Identity, Overlap, asked_from};
use crate::plan::retry::retry_after;

/// How many pieces may be told that nobody has said to have dealt with.
pub(super) const AHEAD: usize = 32;

/// How much is read at once.
const CHUNK: usize = 64 * 1024;

/// How often a reading is begun on another session before it waits.
const BEGINNINGS: u32 = 3;

/// What readings are made with.
pub(super) struct Means {
    pub(super) turns: Arc<Semaphore>,
    pub(super) limit: Arc<SpeedLimit>,
    /// Nobody wants the rest.
    pub(super) stop: CancellationToken,
    pub(super) listener: Listener,
}

/// Reads, and tells the pieces no further ahead than turns come.
pub(super) async fn read(pool: Option<Arc<Pool>>, wanted: Reading, means: Means) {
    let (generation, listener, stop) = (wanted.generation, means.listener.clone(), means.stop.clone());
    let work = async {
        match (wanted.place.clone(), pool) {
            (Place::Local(path), _) => read_local(path, &wanted, &means).await,
            (Place::Remote(_, path), Some(pool)) => Reader::new(pool, path, &wanted, &means).run().await,
            (Place::Remote(..), None) => Err(not_connected()),
        }
    };
    let mut result = unbroken(work).await;
    if stop.is_cancelled() {
        result = Err(stopped());
    }
    listener.tell(Event::ReadOver { generation, result });
}

fn stopped() -> Failure {
    Failure::new(Class::Cancelled, "Not read to the end", "nobody wants the rest")
}

/// Tells a piece, when its turn has come.
async fn tell(means: &Means, generation: Generation, bytes: Vec<u8>) -> Result<(), Failure> {
    tokio::select! {
        biased;
        () = means.stop.cancelled() => return Err(stopped()),
        // closed only when the engine is gone
        turn = means.turns.acquire() => if let Ok(turn) = turn {
            turn.forget();
        },
    }
    means.listener.tell(Event::Piece { generation, bytes });
    Ok(())
}

async fn read_local(path: PathBuf, wanted: &Reading, means: &Means) -> Result<WasRead, Failure> {
    let what = format!("Could not read {}", shown_path(&path));
    let (from, mut left) = (wanted.from, wanted.length.unwrap_or(u64::MAX));
    let open = move || {
        let (Some(mut file), metadata) = source::open(&path)? else {
            return Ok(None);
        };
        file.seek(SeekFrom::Start(from))?;
        Ok(Some((file, metadata.len())))
    };
    let opened = blocking(open).await?.map_err(|e| local(what.clone(), &e))?;
    let Some((mut file, size)) = opened else {
        return Err(Failure::new(Class::Local, what, "it is no file"));
    };
    while left > 0 {
        let room = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let work = move || {
            let mut bytes = vec![0; room];
            let n = file.read(&mut bytes)?;
            bytes.truncate(n);
            Ok((file, bytes))
        };
        let done = blocking(work)
            .await?
            .map_err(|e: std::io::Error| local(what.clone(), &e))?;
        file = done.0;
        if done.1.is_empty() {
            break;
        }
        left -= done.1.len() as u64;
        tell(means, wanted.generation, done.1).await?;
    }
    Ok(WasRead {
        size: Some(size),
        note: None,
    })
}

/// Why a try has ended.
enum Halt {
    /// The session is of no use, and nothing was wrong with the file.
    Lost(Failure),
    Failed(Failure),
}

impl From<Failure> for Halt {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A reading from a server.
struct Reader<'m> {
    pool: Arc<Pool>,
    path: RemotePath,
    generation: Generation,
    means: &'m Means,
    /// Up to where it was told.
    at: u64,
    /// Where it ends, if it is not read to the end of the file.
    end: Option<u64>,
    /// What was told last: it comes once more where the reading goes on.
    last: Vec<u8>,
    /// What the file was when the first byte of it was told.
    identity: Option<Identity>,
    /// The server lets no transfer begin in the middle.
    refuses_rest: bool,
}

impl<'m> Reader<'m> {
    fn new(pool: Arc<Pool>, path: RemotePath, wanted: &Reading, means: &'m Means) -> Self {
        Self {
            pool,
            path,
            generation: wanted.generation,
            means,
            at: wanted.from,
            end: wanted.length.map(|length| wanted.from.saturating_add(length)),
            last: Vec::new(),
            identity: None,
            refuses_rest: false,
        }
    }

    fn what(&self) -> String {
        format!("Could not read {}", self.path)
    }

    async fn run(mut self) -> Result<WasRead, Failure> {
        let (begun, mut tries, mut lost) = (self.at, 0, 0);
        loop {
            let at = self.at;
            let halt = match self.try_once().await {
                Ok(read) => return Ok(read),
                Err(halt) => halt,
            };
            if self.at > at {
                (tries, lost) = (0, 0);
            }
            let failure = match halt {
                Halt::Lost(_) if lost < BEGINNINGS => {
                    lost += 1;
                    continue;
                }
                Halt::Lost(failure) | Halt::Failed(failure) => failure,
            };
            tries += 1;
            let told = size::count(self.at - begun, "byte", "bytes");
            let Some(wait) = retry_after(&failure, tries, self.pool.connection.patience.retries) else {
                return Err(match self.at > begun && failure.hint.is_none() {
                    true => failure.hint(format!("{told} have been given out.")),
                    false => failure,
                });
            };
            let wait_said = size::duration(wait.as_secs());
            self.means.listener.tell(Event::Notice(format!(
                "{failure}; going on after {told} in {wait_said}"
            )));
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = self.means.stop.cancelled() => return Err(stopped()),
            }
        }
    }

    /// What a failure on the wire is for it.
    fn halt(&self, error: &Error) -> Halt {
        let failure = error.failure(self.what());
        match error.is_loss() {
            true => {
                self.pool.forget_idle_of(error);
                Halt::Lost(failure)
            }
            false => Halt::Failed(failure),
        }
    }

    /// Asks what the file is. One that was told in part must be the same still.
    async fn ask(&mut self, lease: &mut Lease) -> Result<Option<u64>, Halt> {
        let asked = lease.ask(&what_it_is(&self.path)).await;
        let answers = match asked {
            Ok(asked) => match asked.lost {
                Some(error) => return Err(self.halt(&error)),
                None => asked.answers,
            },
            Err(error) => return Err(self.halt(&error)),
        };
        let (size, modified) = size_and_time(answers);
        let identity = Identity::remote(size, modified);
        if !self.last.is_empty() && (identity.is_none() || identity != self.identity) {
            let why = match identity {
                None => {
                    "the line was lost, and the server does not tell its size and time exactly: nothing proves that it is the same file still"
                }
                Some(_) => "it was changed while it was read",
            };
            return Err(Failure::new(Class::Conflict, self.what(), why).into());
        }
        self.identity = identity;
        Ok(size)
    }

    async fn try_once(&mut self) -> Result<WasRead, Halt> {
        // somebody may wait for it at the screen, or write it somewhere: in the background in either case
        let leased = tokio::select! {
            leased = self.pool.lease(Purpose::Work) => leased,
            () = self.means.stop.cancelled() => return Err(stopped().into()),
        };
        let mut lease = leased?;
        let size = self.ask(&mut lease).await?;
        let nothing_left = size.is_some_and(|size| size <= self.at) && self.at > 0;
        if nothing_left || self.end.is_some_and(|end| end <= self.at) {
            return Ok(WasRead { size, note: None });
        }
        let again = self.last.len() as u64;
        let offset = match self.refuses_rest {
            true => 0,
            false => self.at - again,
        };
        let begun = lease.begin(&Request::retrieve(&self.path, offset)).await;
        let mut transfer = match begun {
            Ok(transfer) => transfer,
            Err(error) if offset > 0 && error.refuses_to_continue() => {
                lease.remark("the server does not begin in the middle; reading from the first byte");
                self.refuses_rest = true;
                return Err(Halt::Lost(error.failure(self.what())));
            }
            Err(error) => return Err(self.halt(&error)),
        };
        let begin = Beginning {
            skip: self.at - again - offset,
            overlap: Overlap::new(self.last.clone()),
        };
        match self.pump(&mut lease, &mut transfer, begin).await {
            // in the middle of the file: nothing more is wanted of it
            Ok(false) => {
                lease.give_up(transfer).await;
                Ok(WasRead { size, note: None })
            }
            Ok(true) => {
                let ending = lease.finish(transfer).await.map_err(|error| self.halt(&error))?;
                self.prove(&mut lease, size, ending.closed_properly).await
            }
            Err(halt) => {
                if self.means.stop.is_cancelled() {
                    lease.give_up(transfer).await;
                }
                Err(halt)
            }
        }
    }

    /// Tells what comes; whether that was up to the end of the file.
    async fn pump(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        mut begin: Beginning,
    ) -> Result<bool, Halt> {
        let mut buffer = vec![0; self.means.limit.piece(CHUNK)];
        loop {
            let read = tokio::select! {
                biased;
                () = self.means.stop.cancelled() => return Err(stopped().into()),
                read = lease.read(transfer, &mut buffer) => read,
            };
            let came = match read {
                Ok(0) if begin.is_over() => return Ok(true),
                Ok(0) => return Err(self.another().into()),
                Ok(n) => begin.leave_out(&buffer[..n]).ok_or_else(|| self.another())?,
                Err(error) => return Err(self.halt(&error)),
            };
            let left = self.end.map_or(u64::MAX, |end| end - self.at);
            let fits = usize::try_from(left).unwrap_or(usize::MAX).min(came.len());
            let came = &came[..fits];
            if !came.is_empty() {
                tell(self.means, self.generation, came.to_vec()).await?;
                self.at += came.len() as u64;
                self.keep(came);
                self.means.limit.passed(came.len()).await;
            }
            if self.end == Some(self.at) {
                return Ok(false);
            }
        }
    }

    fn another(&self) -> Failure {
        let why = "what the server sends after the line was lost does not continue what came before";
        Failure::new(Class::Conflict, self.what(), why)
    }

    /// Keeps the end of what was told.
    fn keep(&mut self, told: &[u8]) {
        self.last.extend_from_slice(told);
        let length = self.last.len() as u64;
        // less than a `usize`: it is within the buffer
        let beyond = usize::try_from(asked_from(length)).unwrap_or(0);
        self.last.drain(..beyond);
    }

    /// Whether what came up to the end is all of the file.
    async fn prove(
        &mut self,
        lease: &mut Lease,
        size: Option<u64>,
        closed_properly: Option<bool>,
    ) -> Result<WasRead, Halt> {
        let mut size = size;
        if size.is_some_and(|size| size < self.at) {
            // it grew meanwhile: a log that is written to
            if let Ok(asked) = lease.ask(&what_it_is(&self.path)).await {
                size = size_and_time(asked.answers).0;
            }
        }
        match proved(&self.path, self.at, size, closed_properly) {
            Ok(note) => Ok(WasRead { size, note }),
            // what is said of a target is of no use here: there is none
            Err(failure) => Err(Halt::Failed(Failure {
                what: self.what(),
                hint: None,
                ..failure
            })),
        }
    }
}

/// What comes first and is not told: what was told before.
struct Beginning {
    /// So much is left out unseen, where the server does not begin in the middle.
    skip: u64,
    /// And this is compared.
    overlap: Overlap,
}

impl Beginning {
    fn is_over(&self) -> bool {
        self.skip == 0 && self.overlap.left() == 0
    }

    /// What of these bytes is new; `None` where they are not those that came before.
    fn leave_out<'b>(&mut self, came: &'b [u8]) -> Option<&'b [u8]> {
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(came.len());
        self.skip -= skipped as u64;
        let came = &came[skipped..];
        let compared = self.overlap.left().min(came.len());
        self.overlap
            .agrees(&came[..compared])
            .then_some(&came[compared..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_left_out_and_compared() {
        let begin = |skip| Beginning {
            skip,
            overlap: Overlap::new(b"def".to_vec()),
        };
        let mut whole = begin(3);
        assert_eq!(whole.leave_out(b"ab"), Some(&b""[..]));
        assert_eq!(whole.leave_out(b"cde"), Some(&b""[..]));
        assert!(!whole.is_over());
        assert_eq!(whole.leave_out(b"fgh"), Some(&b"gh"[..]));
        assert!(whole.is_over());
        assert_eq!(whole.leave_out(b"i"), Some(&b"i"[..]));
        assert_eq!(begin(0).leave_out(b"dex"), None);
    }
}
