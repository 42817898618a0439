//! The log of a queue: what is written down while it works, and what is left by that.
//!
//! A log is lines of JSON, one record each, only ever appended to, and behind it a tab and a number for
//! what the line should be. It is read by later versions and after crashes: a line that is torn, unknown,
//! not JSON at all or not what its number says is counted and left out, and takes nothing else with it:
//! one digit that another has taken the place of would call another job done. What a newer version has
//! written is not judged at all: a line that is not understood may say that the rest is no rest. No record
//! holds a secret.

use std::io::Write as _;

use serde::{Deserialize, Serialize};

use crate::model::fnv::Fnv;
use crate::model::job::{BatchId, Care, ConnectionId, Direction, JobId, Policy, Rank};
use crate::model::server::Server;
use written::{WrittenItem, WrittenJob, WrittenPath};

mod log;
pub mod written;

pub use log::{Log, Rest, RestJob};

/// The version of the records below. Whatever is added to them makes a new one, for an older program
/// would leave it out and take what is left for something else. Older logs stay readable: what came
/// later has a default.
///
/// 1: up to `Answered`. 2: places in the queue, pauses, and what was taken up from another run. 3: a number
/// behind each line but the first, how many jobs a walk has found, and how much of an upload is kept.
pub const VERSION: u32 = 3;

/// How many hexadecimal digits a line's number has.
const DIGITS: usize = 16;

/// How many items, jobs or paths one record holds at most.
pub const MOST: usize = 1_000;

/// Something that is to outlast the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    /// The first one: who writes.
    Run {
        /// [`VERSION`].
        version: u32,
        /// Which start of the machine this is, where that can be known: what the disk had not yet
        /// taken is lost with it.
        boot: Option<String>,
        /// Name and version of the program.
        program: String,
    },
    /// The server of a connection.
    Server {
        /// Its number in this run.
        connection: ConnectionId,
        /// The server as it is used, as [`keepable`] leaves it.
        server: Box<Server>,
    },
    /// A batch.
    Batch {
        /// Its number in this run.
        batch: BatchId,
        /// Over which connection.
        connection: ConnectionId,
        /// Which way.
        direction: Direction,
        /// What to do about existing targets.
        policy: Policy,
        /// What is done besides.
        #[serde(default)]
        care: Care,
        /// When it was asked for, in Unix seconds.
        asked: i64,
        /// What it was taken up from, run and batch; there it is not left any more as soon as this log
        /// has all of it ([`Record::Taken`]).
        from: Option<(u32, BatchId)>,
    },
    /// All that the batch was taken up from is in this log.
    Taken {
        /// Which.
        batch: BatchId,
    },
    /// What a batch was asked for; several of these add up.
    Asked {
        /// Of which batch.
        batch: BatchId,
        /// Files and folders.
        items: Vec<WrittenItem>,
    },
    /// Sources that are over since an earlier run: a walk meets them again.
    Past {
        /// Of which batch.
        batch: BatchId,
        /// Their paths, on the side they come from.
        sources: Vec<WrittenPath>,
    },
    /// Jobs of a batch; one that is known already is open again.
    Jobs {
        /// Of which batch.
        batch: BatchId,
        /// The jobs.
        jobs: Vec<WrittenJob>,
    },
    /// All jobs of a batch are known.
    Walked {
        /// Which.
        batch: BatchId,
        /// How many jobs that are: where fewer can be read, some are lost, and it is walked again. `None`
        /// where only some of them are in this log.
        #[serde(default)]
        jobs: Option<u64>,
    },
    /// Nothing more will happen to a job by itself.
    Over {
        /// Which.
        job: JobId,
        /// How it ended.
        end: End,
    },
    /// What is done about all further existing targets of a batch.
    Policy {
        /// Of which batch.
        batch: BatchId,
        /// What.
        policy: Policy,
    },
    /// What is done about the existing target of one job.
    Answered {
        /// Of which.
        job: JobId,
        /// What.
        policy: Policy,
    },
    /// Jobs have another place in the queue.
    Moved {
        /// Which, and where.
        jobs: Vec<(JobId, Rank)>,
    },
    /// A person has paused these.
    Held {
        /// Which jobs.
        jobs: Vec<JobId>,
        /// The batches whose jobs are still to be found.
        #[serde(default)]
        batches: Vec<BatchId>,
    },
    /// They go on.
    Released {
        /// Which jobs.
        jobs: Vec<JobId>,
        /// Which batches.
        #[serde(default)]
        batches: Vec<BatchId>,
    },
    /// So much of an upload that does not run is on the server, under a temporary name.
    Kept {
        /// Of which job.
        job: JobId,
        /// In bytes.
        bytes: u64,
    },
    /// The disk has everything before this.
    Synced,
    /// What is left of a batch is nobody's concern any more: it was taken up by another run, or
    /// dropped.
    Dropped {
        /// Which.
        batch: BatchId,
    },
    /// The run ended in good order.
    Closed,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Complete, under its own name.
    Done,
    /// Complete, perhaps under another name than the item's.
    Beside,
    /// Left out.
    Skipped,
    /// Failed.
    Failed {
        /// Why, in words.
        why: String,
        /// Whether it may go well another time.
        passes: bool,
    },
    /// A person took it out.
    Cancelled,
}

impl Record {
    /// Appends the record's line.
    pub fn write(&self, out: &mut Vec<u8>) {
        let before = out.len();
        // no map with keys that are no text is in a record, and a vector takes what it is given
        if serde_json::to_writer(&mut *out, self).is_err() {
            out.truncate(before);
            return;
        }
        // the first line is read by every version, to know whether the others are for it
        if !matches!(self, Self::Run { .. }) {
            let number = number(&out[before..]);
            let _ = write!(out, "\t{number:0DIGITS$x}");
        }
        out.push(b'\n');
    }

    /// The record of a line; `None` where it is not what was written.
    pub fn read(line: &[u8]) -> Option<Self> {
        // there is no bare tab in JSON; older versions have written no number
        let told = line.iter().rposition(|byte| *byte == b'\t');
        let record = match told.map(|at| (&line[..at], &line[at + 1..])) {
            Some((record, told)) => {
                let told = std::str::from_utf8(told)
                    .ok()
                    .filter(|told| told.len() == DIGITS)?;
                let is_whole = u64::from_str_radix(told, 16).ok()? == number(record);
                is_whole.then_some(record)?
            }
            None => line,
        };
        serde_json::from_slice(record).ok()
    }
}

fn number(line: &[u8]) -> u64 {
    let mut number = Fnv::default();
    number.add(line);
    number.number()
}

/// A server as a log keeps it: what the account is, is asked for again.
pub fn keepable(server: &Server) -> Server {
    Server {
        account: String::new(),
        ..server.clone()
    }
}

/// Whether what is asked for now is what was left: then this takes the other's place.
pub fn is_same(rest: &Rest, server: &Server, direction: Direction, items: &[WrittenItem]) -> bool {
    let place = |server: &Server| (server.address(), server.user.clone());
    let key = |item: &WrittenItem| (item.local.clone(), item.remote.clone(), item.kind);
    rest.direction == direction
        && rest.items.len() == items.len()
        && place(&rest.server) == place(server)
        && rest.items.iter().map(key).eq(items.iter().map(key))
}

#[cfg(test)]
mod tests;
