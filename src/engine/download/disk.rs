//! The file on this machine that a download is written to.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Instant;

use tokio::task::JoinHandle;

use super::super::at_once::{DiskWork, Pace};
use super::super::ending;
use super::super::task::Stop;
use crate::ftp::error::local;
use crate::ftp::pipe::Pipe;
use crate::ftp::sums::Hashing;
use crate::local::part::PartFile;
use crate::model::part_name::Origin;
use crate::model::text::shown_path;

/// A file that is being received. It is written behind: while one piece is on its way to the
/// disk, the next one comes in. Only where the disk is quick is a piece written before the next one is read:
/// handing it to another thread would cost more than it brings (a third of the time of a file of 2 GiB that
/// comes as fast as memory takes it).
pub(super) struct Disk {
    pub(super) target: PathBuf,
    pub(super) may_replace: bool,
    pub(super) origin: Origin,
    work: DiskWork,
    /// What is continued, how long that is, and whether there is more behind a hole.
    pub(super) begun: Option<(PathBuf, u64, bool)>,
    /// What is written to, while nobody writes.
    written: Option<Written>,
    /// The piece that is being written.
    writing: Option<JoinHandle<io::Result<Written>>>,
    /// Before the first piece is written: where the content is to be verified.
    pub(super) hashing: Option<Hashing>,
}

/// What is on the disk, and the buffer of what was written last.
pub(super) struct Written {
    pub(super) part: PartFile,
    pub(super) file: File,
    pub(super) hashing: Option<Hashing>,
    buffer: Vec<u8>,
    /// Looked at with the first piece of a long file.
    pace: Option<Pace>,
    /// Leads to it from where data come in clear.
    pipe: Option<Pipe>,
}

impl Written {
    /// It blocks.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let began = Instant::now();
        self.file.write_all(bytes)?;
        if let Some(hashing) = &mut self.hashing {
            hashing.update(bytes);
        }
        self.took(began);
        Ok(())
    }

    /// Writes what the pipe has taken in. It blocks.
    fn empty(&mut self, length: usize) -> io::Result<()> {
        let began = Instant::now();
        let pipe = self.pipe.as_ref().ok_or(io::ErrorKind::BrokenPipe)?;
        pipe.empty(&self.file, length)?;
        self.took(began);
        Ok(())
    }

    fn took(&mut self, began: Instant) {
        if let Some(pace) = &mut self.pace {
            pace.took(began.elapsed());
        }
    }

    /// Whether a piece is written where it comes in. Checksums take time that the network can use.
    fn is_at_once(&self) -> bool {
        self.hashing.is_none() && self.pace.as_ref().is_some_and(Pace::is_quick)
    }
}

/// Why a whole file has not been put in its place.
pub(super) enum Unplaced {
    Disk(io::Error),
    /// It is not what the server has.
    Differs(String),
}

impl From<io::Error> for Unplaced {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl Disk {
    /// A file for `target`; nothing is made yet. `begun`: what is continued.
    pub(super) fn new(
        (target, may_replace): (PathBuf, bool),
        origin: Origin,
        work: DiskWork,
        begun: Option<(PathBuf, u64, bool)>,
        hashing: Option<Hashing>,
    ) -> Self {
        Self {
            target,
            may_replace,
            origin,
            work,
            begun,
            written: None,
            writing: None,
            hashing,
        }
    }

    pub(super) fn failed(&self, error: &io::Error) -> Stop {
        local(format!("Could not write {}", shown_path(&self.target)), error).into()
    }

    /// Waits for the last piece to be written.
    pub(super) async fn written(&mut self) -> Result<Option<Written>, Stop> {
        let Some(writing) = self.writing.as_mut() else {
            return Ok(self.written.take());
        };
        // forgotten only when it is over: whoever is stopped here waits for it once more
        let done = writing.await;
        self.writing = None;
        match done {
            Ok(done) => done.map(Some).map_err(|error| self.failed(&error)),
            Err(_) => Err(ending().into()),
        }
    }

    /// What is on the disk: what is continued, or an empty file, where nothing is yet; it blocks, and is
    /// called on a thread for that.
    pub(super) fn file(
        &mut self,
        last: Option<Written>,
    ) -> impl FnOnce() -> io::Result<Written> + Send + 'static {
        let (target, origin, may_replace) = (self.target.clone(), self.origin, self.may_replace);
        let (mut hashing, begun) = (self.hashing.take(), self.begun.clone());
        move || {
            if let Some(last) = last {
                return Ok(last);
            }
            let (part, file) = match begun {
                Some((part, length, has_more)) => {
                    if let Some(hashing) = &mut hashing {
                        hashing.update_from(&part, length)?;
                    }
                    PartFile::reopen(&part, (length, has_more), &target, may_replace)?
                }
                None => PartFile::create(&target, &origin, may_replace)?,
            };
            Ok(Written {
                pace: None,
                pipe: None,
                part,
                file,
                hashing,
                buffer: Vec::new(),
            })
        }
    }

    /// Waits until the last piece is written.
    pub(super) async fn ready(&mut self) -> Result<(), Stop> {
        self.written = self.written().await?;
        Ok(())
    }

    /// Writes a piece, or begins to, when the last one is written ([`Disk::ready`]); a buffer to read the next one
    /// into comes back. It does not wait: whoever is stopped has handed the piece over, or has it still.
    pub(super) fn put(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, Stop> {
        let mut last = self.written.take();
        if let Some(mut written) = last.take_if(|last| last.is_at_once()) {
            written.write(&piece).map_err(|error| self.failed(&error))?;
            self.written = Some(written);
            return Ok(piece);
        }
        let spare = last
            .as_mut()
            .map(|last| std::mem::take(&mut last.buffer))
            .unwrap_or_default();
        let (file, work) = (self.file(last), self.work);
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let mut written = file()?;
            if written.pace.is_none() {
                let pace = Pace::of(written.part.path(), work);
                written.pipe = pace.may_be_quick().then(Pipe::new).flatten();
                written.pace = Some(pace);
            }
            written.write(&piece)?;
            written.buffer = piece;
            Ok(written)
        }));
        // its length is kept: what is read into it need not be made anew
        Ok(spare)
    }

    /// The pipe to the file, as long as the disk is quick and nobody wants to see what comes.
    pub(super) fn pipe(&self) -> Option<&Pipe> {
        let written = self.written.as_ref().filter(|written| written.is_at_once());
        let pipe = written.and_then(|written| written.pipe.as_ref());
        pipe.filter(|pipe| !pipe.is_refused())
    }

    /// Writes the `length` bytes that the pipe has taken in.
    pub(super) fn empty_pipe(&mut self, length: usize) -> Result<(), Stop> {
        let mut written = self.written.take().ok_or_else(ending)?;
        // what is lost of it would leave a hole: it is not gone on with where that fails
        written.empty(length).map_err(|error| self.failed(&error))?;
        self.written = Some(written);
        Ok(())
    }

    /// Waits until the last piece is written; where the file is, and the checksums so far, which are computed no
    /// more.
    pub(super) async fn settle(&mut self) -> Result<(PathBuf, Option<Hashing>), Stop> {
        let mut written = self.written().await?.ok_or_else(ending)?;
        let (path, hashing) = (written.part.path().to_path_buf(), written.hashing.take());
        self.written = Some(written);
        Ok((path, hashing))
    }
}
