//! The file on this machine that a download is written to.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;

use tokio::task::JoinHandle;

use super::super::ending;
use super::super::task::Stop;
use crate::ftp::error::local;
use crate::ftp::sums::Hashing;
use crate::local::part::PartFile;
use crate::model::part_name::Origin;
use crate::model::text::shown_path;

/// A file that is being received. It is written behind: while one piece is on its way to the
/// disk, the next one comes in.
pub(super) struct Disk {
    pub(super) target: PathBuf,
    pub(super) may_replace: bool,
    pub(super) origin: Origin,
    /// What is continued, how long that is, and whether there is more behind a hole.
    pub(super) begun: Option<(PathBuf, u64, bool)>,
    pub(super) writing: Option<JoinHandle<io::Result<Written>>>,
    /// Before the first piece is written: where the content is to be verified.
    pub(super) hashing: Option<Hashing>,
}

/// What is on the disk, and the buffer of what was written last.
pub(super) struct Written {
    pub(super) part: PartFile,
    pub(super) file: File,
    pub(super) hashing: Option<Hashing>,
    buffer: Vec<u8>,
}

impl Written {
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        if let Some(hashing) = &mut self.hashing {
            hashing.update(bytes);
        }
        Ok(())
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
    pub(super) fn failed(&self, error: &io::Error) -> Stop {
        local(format!("Could not write {}", shown_path(&self.target)), error).into()
    }

    /// Waits for the last piece to be written.
    pub(super) async fn written(&mut self) -> Result<Option<Written>, Stop> {
        let Some(writing) = self.writing.as_mut() else {
            return Ok(None);
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
                part,
                file,
                hashing,
                buffer: Vec::new(),
            })
        }
    }

    /// Begins to write a piece; a buffer to read the next one into comes back.
    pub(super) async fn write(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, Stop> {
        let mut last = self.written().await?;
        let spare = last
            .as_mut()
            .map(|last| std::mem::take(&mut last.buffer))
            .unwrap_or_default();
        let file = self.file(last);
        self.writing = Some(tokio::task::spawn_blocking(move || {
            let mut written = file()?;
            written.write(&piece)?;
            written.buffer = piece;
            Ok(written)
        }));
        // its length is kept: what is read into it need not be made anew
        Ok(spare)
    }

    /// Writes a piece to its end; where the file is, and the checksums so far, which are computed no
    /// more.
    pub(super) async fn settle(&mut self, piece: Vec<u8>) -> Result<(PathBuf, Option<Hashing>), Stop> {
        self.write(piece).await?;
        let mut written = self.written().await?.ok_or_else(ending)?;
        let (path, hashing) = (written.part.path().to_path_buf(), written.hashing.take());
        self.writing = Some(tokio::spawn(async move { Ok(written) }));
        Ok((path, hashing))
    }
}
