//! Commands that ride along with others, and what servers answer to them.

use std::time::Duration;

use super::digest::{self, Way as DigestWay};
use super::error::Error;
use super::session::{FileSize, line};
use crate::model::entry::{Owner, Permissions};
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;

/// A command that rides along with others; most are about a file whose transfer has ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rider {
    /// CWD. Nothing depends on where a session stands: who needs a folder goes into it first.
    Enter(RemotePath),
    /// SIZE.
    Size(RemotePath),
    /// MDTM.
    Modified(RemotePath),
    /// MFMT, or MDTM with a time.
    SetModified(RemotePath, Stamp, TimeVerb),
    /// SITE CHMOD.
    SetPermissions(RemotePath, Permissions),
    /// MLST, or STAT of a file: whose it is.
    Owner(RemotePath, OwnerVerb),
    /// The same: how long it is, where SIZE does not tell.
    Weigh(RemotePath, OwnerVerb),
    /// RNFR and RNTO.
    Rename(RemotePath, RemotePath),
    /// The same, once more where it was refused: RNTO when RNFR has been answered, and nothing else
    /// in the same write. It may have overtaken its RNFR.
    RenameInSteps(RemotePath, RemotePath),
    /// RNFR and RNTO in steps, where too much hangs on it to be written in one piece.
    Move(RemotePath, RemotePath),
    /// DELE.
    Delete(RemotePath),
    /// A question for a checksum; made by [`Rider::digest`].
    Digest(Box<Digest>),
}

/// The command that sets the time of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeVerb {
    /// Made for it (draft-somers-ftp-mfxx §3.1).
    Mfmt,
    /// `MDTM time path`, an older habit of servers without MFMT (vsftpd, Serv-U, WS_FTP). FEAT says nothing
    /// of it: others look for a file whose name begins with the time, and say that there is none.
    Mdtm,
}

/// The command that tells whose a file is, and how long, over the control connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnerVerb {
    /// Where MLSD is what listings come by: the facts are the same (RFC 3659 §7).
    Mlst,
    /// Where LIST is: it answers with the same line (RFC 959 §4.1.3).
    Stat,
}

impl TimeVerb {
    fn bytes(self) -> &'static [u8] {
        match self {
            Self::Mfmt => b"MFMT",
            Self::Mdtm => b"MDTM",
        }
    }
}

/// A question for a file's checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Digest {
    pub(super) way: DigestWay,
    path: RemotePath,
    line: Vec<u8>,
    /// How long the file is, 0 where that is not known: the server reads all of it.
    pub(super) size: u64,
}

/// What the server said to a [`Rider`].
#[derive(Debug)]
pub(crate) enum Answer {
    /// To CWD: whether that is a folder; `None` where the answer leaves it open.
    Entered(Option<bool>),
    /// To SIZE, and to MLST or STAT in its place.
    Size(FileSize),
    /// To MDTM; `None` where it does not tell.
    Modified(Option<Stamp>),
    /// To a time; a server that does not take it keeps its own. Whether it is worth asking again.
    TimeSet(bool),
    /// To SITE CHMOD.
    PermissionsSet(Result<(), Error>),
    /// To MLST or STAT; `None` where it does not tell.
    Owner(Option<Owner>),
    /// To RNFR and RNTO.
    Renamed(Result<(), Error>),
    /// To a question for a checksum; the server's words where it gives none.
    Digest(Result<Vec<u8>, String>),
    /// To DELE.
    Deleted(Deleted),
}

/// What a server made of DELE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// It has deleted.
    Done,
    /// 550: there was nothing to delete, most likely.
    NotThere,
    /// It has not.
    Refused,
}

impl Rider {
    /// Asks for the checksum of a file of this size; `None` where its name cannot be written so.
    pub(crate) fn digest(way: DigestWay, path: &RemotePath, size: u64) -> Option<Self> {
        let line = way.line(path)?;
        let path = path.clone();
        Some(Self::Digest(Box::new(Digest {
            way,
            path,
            line,
            size,
        })))
    }

    /// Whether the server has to work for the answer: nothing else is written in the same piece then.
    pub(crate) fn is_slow(&self) -> bool {
        self.work() > Duration::ZERO
    }

    /// How much longer than another answer this one may take.
    pub(super) fn work(&self) -> Duration {
        match self {
            Self::Digest(asked) => digest::patience(asked.size),
            _ => Duration::ZERO,
        }
    }

    pub(super) fn lines(&self) -> (Vec<u8>, Option<Vec<u8>>) {
        match self {
            Self::Enter(path) => (line("CWD", path), None),
            Self::Size(path) => (line("SIZE", path), None),
            Self::Modified(path) => (line("MDTM", path), None),
            Self::SetModified(path, time, verb) => {
                let text = time.time_val().unwrap_or_default();
                let words = [verb.bytes(), text.as_bytes(), path.as_bytes()];
                (words.join(&b' '), None)
            }
            Self::SetPermissions(path, Permissions(bits)) => {
                (line(&format!("SITE CHMOD {bits:03o}"), path), None)
            }
            Self::Owner(path, OwnerVerb::Mlst) | Self::Weigh(path, OwnerVerb::Mlst) => {
                (line("MLST", path), None)
            }
            Self::Owner(path, OwnerVerb::Stat) | Self::Weigh(path, OwnerVerb::Stat) => {
                (line("STAT", path), None)
            }
            Self::Rename(from, to) | Self::RenameInSteps(from, to) | Self::Move(from, to) => {
                (line("RNFR", from), Some(line("RNTO", to)))
            }
            Self::Delete(path) => (line("DELE", path), None),
            Self::Digest(asked) => (asked.line.clone(), None),
        }
    }

    /// The paths it names; whether the server follows a link at their ends.
    pub(crate) fn paths(&self) -> (impl Iterator<Item = &RemotePath>, bool) {
        let (path, other, follows) = match self {
            Self::Enter(path)
            | Self::Size(path)
            | Self::Modified(path)
            | Self::SetModified(path, ..)
            | Self::SetPermissions(path, _)
            | Self::Owner(path, _)
            | Self::Weigh(path, _) => (path, None, true),
            Self::Rename(from, to) | Self::RenameInSteps(from, to) | Self::Move(from, to) => {
                (from, Some(to), false)
            }
            Self::Delete(path) => (path, None, false),
            Self::Digest(asked) => (&asked.path, None, true),
        };
        (std::iter::once(path).chain(other), follows)
    }
}
