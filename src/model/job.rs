//! The queue's words: a batch is what one F5 made, a job is one file or folder of it.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::entry::{Kind, Permissions};
use super::failure::Failure;
use super::path::RemotePath;
use super::stamp::Stamp;

/// A live connection to a server, numbered by whoever asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ConnectionId(pub u32);

/// One batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BatchId(pub u32);

/// One job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobId(pub u64);

/// A job's place in the order of the queue; lower ones come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Rank {
    /// The place of its batch; its own where it was moved to the top or the bottom.
    pub major: i64,
    /// Its place in there; no two jobs of a run have the same.
    pub minor: u64,
}

/// Which way a transfer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// Server to here.
    Download,
    /// Here to server.
    Upload,
}

/// What to do when the target exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// Ask.
    #[default]
    Ask,
    /// Replace it (whole, at the end).
    Overwrite,
    /// Replace it if the source is newer, else skip.
    Newer,
    /// Replace it if the sizes differ, else skip.
    Size,
    /// Continue it where that can be proved right, else replace it.
    Resume,
    /// Keep it and write beside it under a new name.
    Rename,
    /// Leave it.
    Skip,
    /// Fail the job; nothing is overwritten.
    Fail,
}

impl Policy {
    /// The word of the command line and the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::Overwrite => "overwrite",
            Self::Newer => "newer",
            Self::Size => "size",
            Self::Resume => "resume",
            Self::Rename => "rename",
            Self::Skip => "skip",
            Self::Fail => "fail",
        }
    }

    /// Every policy, in the order of the word list.
    pub const ALL: [Self; 8] = [
        Self::Overwrite,
        Self::Newer,
        Self::Size,
        Self::Resume,
        Self::Rename,
        Self::Skip,
        Self::Ask,
        Self::Fail,
    ];
}

/// One thing to transfer, from one place to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The path on this machine.
    pub local: PathBuf,
    /// The path on the server.
    pub remote: RemotePath,
    /// What the source is: a folder is walked; [`Kind::Link`] is looked at when its turn comes.
    pub kind: Kind,
    /// The source's size, where known.
    pub size: Option<u64>,
    /// The source's modification time, where known.
    pub modified: Option<Stamp>,
    /// The source's permissions, where it is a file of the server and they are to be kept.
    pub permissions: Option<Permissions>,
}

/// What stands in [`Item::local`] for standard input. A file of that name is written `./-`.
pub const INPUT: &str = "-";

impl Item {
    /// Whether the source of an upload is standard input: its size is not known before its end, and it
    /// can be read once.
    pub fn reads_input(&self) -> bool {
        self.kind == Kind::File && self.local.as_os_str() == INPUT
    }
}

/// What one F5, one `get` or one `put` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchRequest {
    /// Its number, chosen by whoever asks.
    pub id: BatchId,
    /// Over which connection's server.
    pub connection: ConnectionId,
    /// Which way.
    pub direction: Direction,
    /// What: files, and folders with all that is in them.
    pub items: Vec<Item>,
    /// What to do where the target exists.
    pub policy: Policy,
    /// What is done besides, so that nothing is wrong or lost.
    pub care: Care,
}

/// What is done with each file besides transferring it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Care {
    /// The content is compared by the server's checksum before it is put in its place; by size, and
    /// that is said, where the server has none.
    pub verify: bool,
    /// A download is on the disk before it is called done; else all are, a second later at most and
    /// before their batch is over.
    pub fsync: bool,
    /// A file gets the time of its transfer, not its source's.
    pub new_times: bool,
    /// It gets its source's permissions (read, write and execute), as far as these are told and can be
    /// set; else a new file gets what is usual there, and one that is replaced keeps its own.
    pub permissions: bool,
}

/// A job as the screen sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its number, unique in this run.
    pub id: JobId,
    /// The batch it belongs to.
    pub batch: BatchId,
    /// Which way.
    pub direction: Direction,
    /// What, from where to where; shared by all who keep the job, of which there may be a hundred
    /// thousand.
    pub item: Arc<Item>,
    /// Its place in the order.
    pub rank: Rank,
}

/// Why a job is held: it is not begun until it is told to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hold {
    /// A person has paused it.
    Paused,
    /// What it goes to is full; who found that, and in which words.
    Full(Failure),
}

/// How the note of a job begins that warns of nothing: its content is the same by this checksum.
pub const VERIFIED: &str = "verified by ";

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    /// In the queue.
    Waiting,
    /// In the queue, and not begun before it is told to go on.
    Held(Hold),
    /// A lane works on it.
    Running,
    /// Waits for the answer to a question.
    Asking,
    /// Tried again after a transient failure; this was the last one.
    Retrying(Failure),
    /// Complete: everything checked and under its final name.
    Done {
        /// Bytes of content that it has.
        bytes: u64,
        /// How many of them were there before its last try.
        before: u64,
        /// How many of those an earlier run has brought.
        earlier: u64,
        /// How long that took on its lane, in milliseconds.
        millis: u64,
        /// Something the person should know all the same (a warning), if any.
        note: Option<String>,
    },
    /// Left out: by the conflict policy, by the depth, or because it is no file.
    Skipped(String),
    /// Failed; nothing is under the final name that was not there before.
    Failed(Failure),
    /// A person took it out.
    Cancelled,
}

impl JobState {
    /// Whether nothing more will happen to it by itself.
    pub fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Done { .. } | Self::Skipped(_) | Self::Failed(_) | Self::Cancelled
        )
    }
}
