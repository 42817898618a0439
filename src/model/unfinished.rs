//! What runs that are over have left undone.

use std::fmt;
use std::str::FromStr;

use super::job::{BatchId, Direction, Item, Policy};
use super::server::Server;
use super::stamp::Stamp;

/// Names what a run has left of one of its batches, in every run alike: `1a2b3c4d.2`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RestId {
    /// The number of the run.
    pub run: u32,
    /// The batch in that run.
    pub batch: BatchId,
}

impl fmt::Display for RestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}.{}", self.run, self.batch.0)
    }
}

/// Which rests are meant: all of a run, or one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meant {
    /// The number of the run.
    pub run: u32,
    /// `None` is all of them.
    pub batch: Option<BatchId>,
}

impl Meant {
    /// Whether this one is meant.
    pub fn covers(&self, id: RestId) -> bool {
        self.run == id.run && self.batch.is_none_or(|batch| batch == id.batch)
    }
}

impl FromStr for Meant {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str =
            "an ID is written as 'ftpane queue list' shows it: 1a2b3c4d.2, or 1a2b3c4d for all of that run";
        let (run, batch) = text.split_once('.').map_or((text, None), |(r, b)| (r, Some(b)));
        let run = Some(run).filter(|run| run.len() == 8 && !run.starts_with('+'));
        let run = run
            .and_then(|run| u32::from_str_radix(run, 16).ok())
            .ok_or(FORM)?;
        let batch = batch.map(|batch| batch.parse().map(BatchId).map_err(|_| FORM));
        Ok(Self {
            run,
            batch: batch.transpose()?,
        })
    }
}

/// What a run that is over has left of one batch, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its name.
    pub id: RestId,
    /// When the batch was asked for.
    pub asked: Stamp,
    /// The server as it was used; its name is empty where it is no saved one.
    pub server: Box<Server>,
    /// Which way it goes.
    pub direction: Direction,
    /// What is done where a target exists.
    pub policy: Policy,
    /// Files that are not transferred, as far as folders were looked into.
    pub files: u64,
    /// Files found in all, those that are over included.
    pub known: u64,
    /// Bytes of those not transferred whose size is known.
    pub bytes: u64,
    /// Whether all folders were looked into: else there may be more.
    pub walked: bool,
    /// The first few files left, or what was asked for where none is known yet.
    pub first: Vec<Item>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let id = RestId {
            run: 0xab,
            batch: BatchId(12),
        };
        assert_eq!(id.to_string(), "000000ab.12");
        let meant: Meant = id.to_string().parse().unwrap();
        let all: Meant = "000000ab".parse().unwrap();
        let other = RestId {
            batch: BatchId(1),
            ..id
        };
        assert!(meant.covers(id) && !meant.covers(other));
        assert!(all.covers(id) && all.covers(other));
        for bad in [
            "",
            "ab",
            "000000ab.",
            "000000ab.x",
            "+00000ab",
            "000000ag.1",
            "000000ab.1.1",
        ] {
            assert!(bad.parse::<Meant>().is_err(), "{bad}");
        }
    }
}
