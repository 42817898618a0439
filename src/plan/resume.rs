//! Whether a file that was left half-done is continued, and from where.
//!
//! Only where it is shown to be the same file: the source has the size and the time that it had when the
//! part was begun, which is what the number in the part's name says. What is continued is proved
//! once more when it is: a download by bytes that come a second time, an upload by its size.

use std::path::Path;

use crate::model::failure::{Class, Failure};
use crate::model::job::Direction;
use crate::model::part_name::source;
use crate::model::path::RemotePath;
use crate::model::server::Server;
use crate::model::stamp::{Precision, Stamp};

/// Less than this is sooner transferred again than proved.
pub const WORTH: u64 = 64 * 1024;

/// How much of a download the server sends a second time, to be compared with what is here.
const OVERLAP: u64 = 16 * 1024;

/// What a file is transferred from, and where to. `local` is absolute.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// The server: its address and user count.
    pub server: &'a Server,
    /// Which way.
    pub direction: Direction,
    /// The path on this machine.
    pub local: &'a Path,
    /// The path on the server.
    pub remote: &'a RemotePath,
}

/// What the source is known to be: its size and the moment it was last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// In bytes.
    pub size: u64,
    /// Seconds since 1970.
    pub seconds: i64,
    /// And nanoseconds, where they are known; else 0.
    pub nanoseconds: u32,
}

impl Identity {
    /// Of a file on a server; `None` where the server does not tell both exactly: a listing that gives
    /// the minute is no proof.
    pub fn remote(size: Option<u64>, modified: Option<Stamp>) -> Option<Self> {
        let modified = modified.filter(|time| time.precision == Precision::Second)?;
        Some(Self {
            size: size?,
            seconds: modified.seconds,
            nanoseconds: 0,
        })
    }

    /// The number that temporary names bear for what they are made from.
    pub fn number(&self, way: &Way<'_>) -> u64 {
        let direction: &[u8] = match way.direction {
            Direction::Download => b"down",
            Direction::Upload => b"up",
        };
        source([
            way.server.address().as_bytes(),
            way.server.user.as_bytes(),
            direction,
            way.local.as_os_str().as_encoded_bytes(),
            way.remote.as_bytes(),
            &self.size.to_le_bytes(),
            &self.seconds.to_le_bytes(),
            &self.nanoseconds.to_le_bytes(),
        ])
    }
}

/// A file that was left half-done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How much of it is there, in bytes.
    pub length: u64,
    /// The number of what it was made from; 0 is not known.
    pub source: u64,
    /// Whether that much of it is sure to have been written: not where the machine broke down over it.
    pub is_written: bool,
}

/// Why a file is begun anew though something of it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Anew {
    /// Nobody knows what the source is.
    #[error("the server does not tell the source's size and time exactly")]
    Unknown,
    /// The source is another file, or another version of it.
    #[error("the source has changed since")]
    Changed,
    /// There is more than the source has.
    #[error("what is there is longer than the source")]
    TooLong,
    /// It is not worth it.
    #[error("too little is there")]
    Short,
    /// Its checksum, or its end that was read back, says that it is none of it.
    #[error("what is there is not the beginning of the source")]
    Differs,
    /// What is there may be less than it seems.
    #[error("the machine broke down while it was written")]
    Unwritten,
}

/// How much of a part stands: from there it is continued. `number` is what the source is now,
/// 0 where that is not known, and `size` its size.
pub fn continues(number: u64, size: u64, part: &Part) -> Result<u64, Anew> {
    if number == 0 {
        Err(Anew::Unknown)
    } else if number != part.source {
        Err(Anew::Changed)
    } else if !part.is_written {
        Err(Anew::Unwritten)
    } else if part.length > size {
        Err(Anew::TooLong)
    } else if part.length < WORTH {
        Err(Anew::Short)
    } else {
        Ok(part.length)
    }
}

/// From where a download is asked for, so that the end of what is here comes once more.
pub fn asked_from(length: u64) -> u64 {
    length.saturating_sub(OVERLAP)
}

/// Whether what was left of a transfer is of use after this failure: not where the file itself was
/// refused.
pub fn outlasts(failure: &Failure) -> bool {
    failure.transient
        || matches!(
            failure.class,
            Class::Unreachable | Class::Login | Class::Tls | Class::Data | Class::Cancelled
        )
}

/// Whether a failure makes what was transferred last doubtful: the server itself says that it could not
/// read or write the file, or the content was compared and is another.
pub fn spoils(failure: &Failure) -> bool {
    matches!(failure.class, Class::Refused | Class::Conflict)
}

/// The end of what is here, to be found again at the beginning of what comes.
#[derive(Debug)]
pub struct Overlap {
    expected: Vec<u8>,
    seen: usize,
}

impl Overlap {
    /// `expected` is what should come.
    pub fn new(expected: Vec<u8>) -> Self {
        Self { expected, seen: 0 }
    }

    /// How much is still to come.
    pub fn left(&self) -> usize {
        self.expected.len() - self.seen
    }

    /// Takes what came next, no more than [`Overlap::left`]; whether it is what should come.
    pub fn agrees(&mut self, came: &[u8]) -> bool {
        let rest = &self.expected[self.seen..];
        self.seen += came.len().min(rest.len());
        rest.starts_with(came)
    }
}

#[cfg(test)]
mod tests;
