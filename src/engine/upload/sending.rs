//! An upload while its data flow.

use std::io;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use super::super::at_once::Pace;
use super::super::input::Content;
use super::super::kept::Piece;
use super::super::lease::Lease;
use super::super::meter::SpeedLimit;
use super::super::task::{Stop, Task};
use super::super::verify::Verification;
use super::super::{blocking, ending};
use super::{CHUNK, Outgoing, Site, identity, refused};
use crate::ftp::digest::Way;
use crate::ftp::error::{Error, local};
use crate::ftp::sums::Hashing;
use crate::ftp::transfer::Transfer;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::size;
use crate::model::text::shown_path;
use crate::plan::conflict::Known;
use crate::plan::resume::Identity;

/// An upload while its data flow.
pub(in crate::engine) struct Sending {
    pub(in crate::engine) task: Task,
    pub(in crate::engine) part: RemotePath,
    pub(in crate::engine) target: RemotePath,
    pub(in crate::engine) site: Site,
    pub(in crate::engine) source: Known,
    identity: Option<Identity>,
    first: Vec<u8>,
    rest: Option<Content>,
    /// Of the disk that it is read from.
    pace: Pace,
    /// How much of it an earlier try has sent.
    pub(in crate::engine) begun: u64,
    pub(in crate::engine) sent: u64,
    /// The same with what is on its way: the server may have that.
    pub(in crate::engine) offered: u64,
    /// The file is another by now: what has come over is of no use.
    is_stale: bool,
    pub(in crate::engine) verification: Option<Verification>,
    /// The checksums of what was read, where the content is to be verified.
    pub(in crate::engine) hashing: Option<Hashing>,
}

/// A piece, and what it was read from.
struct Read {
    content: Content,
    piece: Vec<u8>,
    hashing: Option<Hashing>,
    /// How long the disk took.
    time: Duration,
}

/// What follows the piece that is being sent.
enum Rest {
    Over,
    /// It is being read.
    Ahead(JoinHandle<io::Result<Read>>),
    /// It is read here, when this piece is sent.
    Here(Content),
}

impl Sending {
    /// `ways`: how the server can be asked for a checksum.
    pub(in crate::engine) fn new(outgoing: Outgoing, ways: Vec<Way>) -> Self {
        let verified = outgoing.task.start.care.verify;
        let begun = verified.then(|| Verification::begin(ways, &outgoing.part));
        let (verification, hashing) = begun.unzip();
        let sent = outgoing.request.offset();
        let mut task = outgoing.task;
        task.begins_at(sent);
        // the server has it from now on
        task.piece = None;
        Self {
            verification,
            hashing,
            task,
            part: outgoing.part,
            target: outgoing.target,
            site: outgoing.site,
            source: outgoing.source.known,
            identity: outgoing.source.identity,
            first: outgoing.source.first,
            rest: outgoing.source.rest,
            pace: outgoing.source.pace,
            begun: sent,
            sent,
            offered: sent,
            is_stale: false,
        }
    }

    /// Its job; what has come over is told to it, where another try can go on from there.
    pub(in crate::engine) fn set_aside(mut self, stop: &Stop) -> Task {
        if self.keeps(stop) {
            self.task.piece = Some(Piece::There(self.part));
        } else if !self.site.in_place {
            self.task.begun = Some(self.part);
        }
        self.task
    }

    /// Whether what has come over is kept for another try when it ends so.
    pub(in crate::engine) fn keeps(&self, stop: &Stop) -> bool {
        !self.site.in_place && !self.is_stale && self.task.keeps(stop, self.offered)
    }

    /// Writes all of the file.
    pub(in crate::engine) async fn pump(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        limit: &SpeedLimit,
    ) -> Result<(), Stop> {
        let mut piece = std::mem::take(&mut self.first);
        if let Some(mut hashing) = self.hashing.take() {
            let (path, begun) = (self.task.job().item.local.clone(), self.begun);
            let hashed = move || {
                if begun > 0 {
                    hashing.update_from(&path, begun)?;
                }
                hashing.update(&piece);
                Ok::<_, io::Error>((piece, hashing))
            };
            let hashed = blocking(hashed).await?;
            let (first, hashing) = hashed.map_err(|error| self.unread(&error))?;
            (piece, self.hashing) = (first, Some(hashing));
        }
        let mut rest = match self.rest.take() {
            Some(content) => {
                let hashing = self.hashing.take();
                self.after(content, Vec::new(), hashing)
            }
            None => Rest::Over,
        };
        loop {
            for part in piece.chunks(limit.piece(CHUNK)) {
                self.offered = self.sent + part.len() as u64;
                lease
                    .write(transfer, part)
                    .await
                    .map_err(|error| self.stop(&error))?;
                self.sent += part.len() as u64;
                self.task.counter.add(part.len() as u64);
                limit.passed(part.len()).await;
            }
            let read = match rest {
                Rest::Over => return Ok(()),
                Rest::Ahead(reading) => match reading.await {
                    Ok(read) => read,
                    Err(_) => return Err(ending().into()),
                },
                Rest::Here(content) => read(content, std::mem::take(&mut piece), None),
            };
            let read = read.map_err(|error| self.unread(&error))?;
            self.pace.took(read.time);
            if read.piece.is_empty() {
                self.hashing = read.hashing;
                return self.check(read.content).await;
            }
            // one that grows faster than it is sent has no end
            if self.source.size.is_some_and(|size| self.sent >= size) {
                self.check(read.content).await?;
                return Err(self.changed());
            }
            let spare = std::mem::replace(&mut piece, read.piece);
            rest = self.after(read.content, spare, read.hashing);
        }
    }

    /// How the next piece comes: read while this one is sent, or after it, where the disk is so quick that
    /// handing the work to another thread would cost more than it brings.
    fn after(&self, content: Content, spare: Vec<u8>, hashing: Option<Hashing>) -> Rest {
        if hashing.is_none() && self.pace.is_quick() {
            return Rest::Here(content);
        }
        Rest::Ahead(tokio::task::spawn_blocking(move || read(content, spare, hashing)))
    }

    /// What a failure on the wire is for it.
    pub(in crate::engine) fn stop(&self, error: &Error) -> Stop {
        refused(&self.task, &self.target, &self.site, error)
    }

    fn unread(&self, error: &io::Error) -> Stop {
        local(self.what(), error).into()
    }

    fn what(&self) -> String {
        match self.task.job().item.reads_input() {
            true => "Could not read standard input".into(),
            false => format!("Could not read {}", shown_path(&self.task.job().item.local)),
        }
    }

    /// Whether the file is still the one that was opened.
    async fn check(&mut self, content: Content) -> Result<(), Stop> {
        let now = blocking(move || content.metadata()).await?;
        let Some(now) = now.map_err(|error| self.unread(&error))? else {
            return Ok(());
        };
        let is_the_same = identity(&now) == self.identity;
        // as those of /proc and /sys
        if is_the_same && now.len() != self.sent {
            let why = format!(
                "the system says that it has {}, and {} could be read: nothing tells when that is all of it",
                size::count(now.len(), "byte", "bytes"),
                size::count(self.sent, "byte", "bytes")
            );
            let failure = Failure::new(Class::Local, self.what(), why);
            return Err(failure
                .hint("Send it through a pipe: ftpane put - TARGET < FILE.")
                .into());
        }
        if is_the_same && self.source.size == Some(self.sent) {
            return Ok(());
        }
        Err(self.changed())
    }

    /// The file is not what it was when it was opened.
    fn changed(&mut self) -> Stop {
        self.is_stale = true;
        let why = "the file was changed while it was read";
        Failure::new(Class::Local, self.what(), why).transient().into()
    }
}

/// It blocks.
fn read(mut content: Content, mut piece: Vec<u8>, mut hashing: Option<Hashing>) -> io::Result<Read> {
    let began = Instant::now();
    content.fill(&mut piece, u64::MAX, CHUNK)?;
    let time = began.elapsed();
    if let Some(hashing) = &mut hashing {
        hashing.update(&piece);
    }
    Ok(Read {
        content,
        piece,
        hashing,
        time,
    })
}
