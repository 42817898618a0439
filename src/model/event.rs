//! What the engine tells interface and command line.

use std::sync::Arc;
use std::time::Duration;

use super::certificate::{Certificate, Pin};
use super::checksum::Checksum;
use super::command::{Generation, Place, QuestionId};
use super::diagnosis::{Diagnosis, Examined, Step};
use super::entry::Entry;
use super::facts::Facts;
use super::failure::Failure;
use super::job::{BatchId, ConnectionId, Direction, Job, JobId, JobState, Rank};
use super::listing::Listing;
use super::path::RemotePath;
use super::server::Server;
use super::size::count;
use super::stamp::Stamp;
use super::unfinished::Unfinished;

/// What a server tells of a path that it is asked for by itself, without a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// A file, or a link to one: it has a size and a time, and cannot be gone into.
    File {
        /// Its size in bytes.
        size: u64,
        /// When its content was last changed.
        modified: Stamp,
    },
    /// It can be gone into, and is told of as no file.
    Folder,
    /// Its answers leave that open.
    Unclear,
}

/// What a count found below the places asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counted {
    /// Files, links and other things that are no folder.
    pub files: u64,
    /// Folders, those asked for included.
    pub folders: u64,
    /// Bytes of the files whose size is known.
    pub bytes: u64,
    /// Whether a listing on the way was incomplete: there may be more.
    pub incomplete: bool,
    /// The server's depth, where folders below it were met and not looked into.
    pub cut: Option<u32>,
}

impl Counted {
    /// `1204 files and 17 folders`; what there is none of is not named.
    pub fn words(&self) -> String {
        let files = count(self.files, "file", "files");
        match (self.files, self.folders) {
            (_, 0) => files,
            (0, folders) => count(folders, "folder", "folders"),
            (_, folders) => format!("{files} and {}", count(folders, "folder", "folders")),
        }
    }
}

/// One side of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// The path, for the screen.
    pub shown: String,
    /// Size in bytes, where known.
    pub size: Option<u64>,
    /// Modification time, where known.
    pub modified: Option<Stamp>,
}

/// A secret of which only the login shows that it is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The answer to what the server says, such as a one-time password's challenge; its words,
    /// escaped.
    Answer(String),
    /// The account besides user and password (ACCT); the server's words, escaped.
    Account(String),
    /// The password of the server's proxy. Where the server's entry names a source for it, that is
    /// asked first.
    ProxyPassword,
}

impl Wanted {
    /// What is to be typed, for a prompt or a sentence.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Answer(_) => "answer",
            Self::Account(_) => "account",
            Self::ProxyPassword => "password",
        }
    }

    /// What the other side said when it asked.
    pub fn said(&self) -> Option<&str> {
        match self {
            Self::Answer(said) | Self::Account(said) => Some(said),
            Self::ProxyPassword => None,
        }
    }
}

/// What may be lost where files are written in place.
pub const RISK: &str = "ftpane can write straight to the target instead. Then the old file is gone from the first byte \
                        on: where the transfer breaks off, a partial file is left, and others may read it half written.";

/// Something only a person can decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// The server's certificate could not be trusted.
    Certificate {
        /// For which connection.
        connection: ConnectionId,
        /// Which server.
        server: String,
        /// The certificate it showed.
        certificate: Box<Certificate>,
        /// The certificate pinned so far, when it is another one: then there is no accepting,
        /// the pin must be taken out of the server's entry first.
        pinned: Option<Pin>,
    },
    /// A login needs something more.
    Secret {
        /// For which connection.
        connection: ConnectionId,
        /// Which server.
        server: Arc<Server>,
        /// What.
        wanted: Wanted,
    },
    /// A job's target exists.
    Conflict {
        /// With which connection's server.
        connection: ConnectionId,
        /// The job that waits.
        job: JobId,
        /// Which way it goes.
        direction: Direction,
        /// What would be transferred.
        source: Side,
        /// What is there.
        target: Side,
        /// Whether the target can be continued.
        can_resume: bool,
    },
    /// A folder refuses temporary names, or renaming: may files be written straight to their
    /// targets, where a broken transfer leaves them partial? Asked once for a connection.
    InPlace {
        /// For which connection.
        connection: ConnectionId,
        /// Which server.
        server: String,
        /// The first target it is about.
        target: String,
        /// What the server refused.
        refusal: Failure,
    },
}

/// How much is moving now; sampled, never queued.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    /// The running jobs and the bytes each has moved.
    pub running: Vec<(JobId, u64)>,
    /// Content bytes a second over the last few seconds, all lanes.
    pub rate: u64,
    /// Bytes moved by all jobs of the queue that are done or running.
    pub moved: u64,
    /// Bytes known to be in the queue in all, moved ones included.
    pub total: u64,
    /// Files that are done.
    pub files_done: u64,
    /// Files in the queue in all, as far as they are known.
    pub files: u64,
    /// Seconds until all is done as it goes now; `None` while that cannot be told.
    pub seconds_left: Option<u64>,
    /// The speed limit in force, in bytes a second.
    pub limit: Option<u64>,
    /// Whether folders are still being walked, so that `total` grows.
    pub walking: bool,
}

/// Which way a line of the dialogue went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Speaker {
    /// We sent it.
    Client,
    /// The server sent it.
    Server,
    /// A remark of ours: what was decided and why.
    Remark,
}

/// A line of a session's dialogue; secrets are blotted before it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialogueLine {
    /// The session's number: 1 browses, 2 and up are lanes.
    pub session: u32,
    /// Who said it.
    pub speaker: Speaker,
    /// The line, escaped for a screen, without its line end.
    pub text: String,
}

/// What a server answered to a command that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawReply {
    /// Three digits.
    pub code: u16,
    /// Its lines as they came, without code and line end; at least one.
    pub lines: Vec<Vec<u8>>,
}

/// What a finished action was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// A folder was made.
    MadeFolder(Place),
    /// A file was made.
    MadeFile(Place),
    /// Something got a new path.
    Renamed {
        /// What it was called.
        from: Place,
        /// What it is called.
        to: Place,
    },
    /// Things were deleted.
    Deleted {
        /// What was asked for.
        places: Vec<Place>,
        /// Those of them that are there still, whole or in part.
        stay: Vec<Place>,
        /// How much went.
        counted: Counted,
        /// How often that failed; each was told.
        failed: u64,
    },
    /// Permissions were set.
    PermissionsSet {
        /// Of what was asked for.
        places: Vec<Place>,
        /// How much has got them; bytes are not counted.
        counted: Counted,
        /// How often that failed; each was told.
        failed: u64,
    },
    /// Something was copied on its side.
    Copied {
        /// What.
        from: Place,
        /// The copy.
        to: Place,
    },
}

/// A reading that came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WasRead {
    /// The size of the whole file, where it is known.
    pub size: Option<u64>,
    /// Something the person should know all the same (a warning), if any.
    pub note: Option<String>,
}

/// Something happened in the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection attempt has come to this step: `looking up ftp.example`, `logging in`.
    Connecting(ConnectionId, String),
    /// The browsing session stands.
    Connected {
        /// Which.
        connection: ConnectionId,
        /// The server with its document path made absolute.
        server: Arc<Server>,
        /// The document path: where the pane starts, above which it does not go.
        root: RemotePath,
        /// What is true of it.
        facts: Box<Facts>,
    },
    /// What is true of a connection has changed.
    Facts(ConnectionId, Box<Facts>),
    /// The browsing session could not be made, or was lost and could not be made again.
    ConnectionFailed(ConnectionId, Failure),
    /// The person pinned a certificate: to be written into the server's entry.
    Pinned(ConnectionId, Pin),
    /// The person allowed files to be written in place on the server of this name: to be written into
    /// its entry.
    InPlace(String),
    /// Whether mode `auto` begins with active mode on this server (`host:port`) from now on: to be
    /// remembered for the next run.
    ActiveFirst(String, bool),
    /// A long listing is still arriving; [`Event::Listed`] follows with all of it.
    Arriving {
        /// Of which folder.
        place: Place,
        /// The number of the request.
        generation: Generation,
        /// Its first entries; told once.
        first: Vec<Entry>,
        /// How many have come so far.
        come: u64,
    },
    /// A folder's listing has come.
    Listed {
        /// Of which folder.
        place: Place,
        /// The number of the request.
        generation: Generation,
        /// The listing, or why there is none.
        result: Result<Arc<Listing>, Failure>,
    },
    /// A path was looked at.
    Looked {
        /// The number of the request.
        generation: Generation,
        /// What stands there.
        seen: Seen,
    },
    /// A walk is over, or could not begin.
    Explored {
        /// The number of the request.
        generation: Generation,
        /// Why it could not.
        result: Result<(), Failure>,
    },
    /// The next bytes of a file that is read. Of hostile content: a screen gets them escaped.
    Piece {
        /// The number of the request.
        generation: Generation,
        /// What comes next, in order and without gaps.
        bytes: Vec<u8>,
    },
    /// A reading is over.
    ReadOver {
        /// The number of the request.
        generation: Generation,
        /// That all that was wanted has been told, or why not; what was told is right in either case.
        result: Result<WasRead, Failure>,
    },
    /// An action is done; the folders concerned should be listed again.
    Done(Deed),
    /// An action failed.
    Failed(Failure),
    /// How many entries a running deletion has deleted.
    Deleting(u64),
    /// How many entries have got their permissions so far.
    SettingPermissions(u64),
    /// A file's checksum.
    Checksummed {
        /// Of what.
        place: Place,
        /// The number of the request.
        generation: Generation,
        /// The checksum, or why there is none.
        result: Result<Checksum, Failure>,
    },
    /// The answer to a command that a person wrote.
    RawAnswered {
        /// The number of the request.
        generation: Generation,
        /// What the server said, refusals too; or why nothing came, or nothing was sent.
        result: Result<RawReply, Failure>,
    },
    /// The answer to a count.
    Counted {
        /// The number of the request.
        generation: Generation,
        /// What was found, or why it could not be counted.
        result: Result<Counted, Failure>,
    },
    /// Jobs have joined the queue.
    JobsAdded(Vec<Job>),
    /// A job has got further.
    JobChanged(JobId, JobState),
    /// So many bytes of a job that does not run are kept from a try before: it goes on behind them, where
    /// they can be shown to be of the same file.
    Kept(JobId, u64),
    /// Jobs have got another place in the order.
    JobsMoved(Vec<(JobId, Rank)>),
    /// No session can be made: all jobs of the connection wait together, for so long.
    ServerAway {
        /// Of which connection.
        connection: ConnectionId,
        /// Why.
        failure: Failure,
        /// When it is tried again, from now.
        wait: Duration,
    },
    /// The server is tried again, or nothing waits for it any more.
    ServerTried(ConnectionId),
    /// Jobs that were over have been forgotten.
    JobsForgotten(Vec<JobId>),
    /// All of a batch's folders are walked and its jobs known.
    BatchWalked(BatchId),
    /// Every job of a batch is over.
    BatchOver(BatchId),
    /// What runs that are over have left undone, oldest first.
    Unfinished(Vec<Unfinished>),
    /// What runs have left is forgotten, and so many temporary files of theirs are deleted here; or
    /// why not.
    Dropped(Result<u64, Failure>),
    /// The doctor has begun a step.
    Examining(ConnectionId, Step),
    /// The doctor has done a step.
    Examined(ConnectionId, Box<Examined>),
    /// The doctor is done, or could not begin.
    Diagnosed(ConnectionId, Result<Box<Diagnosis>, Failure>),
    /// Something for the person to decide; only the asking job waits.
    Question {
        /// Its number.
        id: QuestionId,
        /// What is asked.
        question: Question,
    },
    /// A question has become void (its job was cancelled).
    QuestionVoid(QuestionId),
    /// Something worth a line, but no failure.
    Notice(String),
    /// What is queued from now on does not outlast this run, and why.
    Unkept(String),
    /// A line of the dialogue.
    Dialogue(DialogueLine),
    /// The engine has ended; nothing follows.
    Ended,
}
