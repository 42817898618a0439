//! What interface and command line ask of the engine.

use std::path::PathBuf;
use std::sync::Arc;

use super::checksum::Algorithm;
use super::entry::SortKey;
use super::job::{BatchId, BatchRequest, ConnectionId, JobId, Policy};
use super::listing::Listing;
use super::mode::{Mode, Reach};
use super::path::RemotePath;
use super::secret::Secret;
use super::server::{Patience, Server};
use super::unfinished::RestId;

/// Names a listing that was asked for; answers with an older number are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Generation(pub u64);

/// Names a question of the engine; its answer carries the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(pub u64);

/// A path on one of the two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// On this machine.
    Local(PathBuf),
    /// On the server of a connection.
    Remote(ConnectionId, RemotePath),
}

/// The order of a walk's listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WalkOrder {
    /// As they come, a folder before what is in it.
    AsItComes,
    /// A folder, then each folder in it with all that is below, in this order.
    Sorted(SortKey),
}

/// A walk of a tree by who wants to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exploration {
    /// Of which connection.
    pub connection: ConnectionId,
    /// Where it begins.
    pub folder: RemotePath,
    /// That folder's listing; it is not told again.
    pub listing: Arc<Listing>,
    /// How many levels below it; `None` for all. Never more than the server's depth allows.
    pub levels: Option<u32>,
    /// In which order the listings are told.
    pub order: WalkOrder,
    /// Number of the answers.
    pub generation: Generation,
}

/// A change of permissions that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit {
    /// Of what; all on the same side.
    pub places: Vec<Place>,
    /// To what.
    pub mode: Mode,
    /// How far below. Links below are left as they are.
    pub reach: Reach,
}

/// A file, or a part of one, that is read by who wants its bytes: nothing is written anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The file.
    pub place: Place,
    /// The first byte wanted.
    pub from: u64,
    /// How many; `None` for all up to the end.
    pub length: Option<u64>,
    /// Number of the answers.
    pub generation: Generation,
}

/// The same on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalExploration {
    /// Where it begins.
    pub folder: PathBuf,
    /// That folder's listing; it is not told again.
    pub listing: Arc<Listing>,
    /// How many levels below it; `None` for all.
    pub levels: Option<u32>,
    /// Number of the answers.
    pub generation: Generation,
}

/// A request to the engine. Each is answered by events; none blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Open the browsing session of a connection.
    Connect {
        /// The number all later requests use for it.
        connection: ConnectionId,
        /// The server as it is to be used.
        server: Box<Server>,
        /// Its password; `None` only for an anonymous login.
        secret: Option<Secret>,
        /// Time-outs and tries.
        patience: Patience,
    },
    /// Close the browsing session; jobs of this connection go on.
    Disconnect(ConnectionId),
    /// List a folder.
    List {
        /// Which.
        place: Place,
        /// Number of the answer.
        generation: Generation,
    },
    /// Ask what stands at a path, without a listing. Answered by [`super::event::Event::Looked`].
    LookAt {
        /// Where.
        place: Place,
        /// Number of the answer.
        generation: Generation,
    },
    /// List all that is below a folder. Answered by [`super::event::Event::Listed`] for each folder and
    /// [`super::event::Event::Explored`] at the end.
    Explore(Exploration),
    /// The same on this machine; links are not followed.
    ExploreHere(LocalExploration),
    /// Nobody wants the rest of this exploration; its end is not told.
    StopExploring(Generation),
    /// One more listing of this exploration, or piece of this reading, has been dealt with: it runs only
    /// so far ahead.
    DealtWith(Generation),
    /// Read a file. Answered by [`super::event::Event::Piece`] as the bytes come, and
    /// [`super::event::Event::ReadOver`] at the end.
    Read(Reading),
    /// Nobody wants the rest of this reading.
    StopReading(Generation),
    /// Make a folder; its parent exists.
    MakeFolder(Place),
    /// Make an empty file where none is.
    MakeFile(Place),
    /// Rename or move; both are on the same side.
    Rename {
        /// What.
        from: Place,
        /// Its new path.
        to: Place,
    },
    /// Count what a deletion would delete; answered by [`super::event::Event::Counted`].
    Count {
        /// What.
        places: Vec<Place>,
        /// Number of the answer.
        generation: Generation,
    },
    /// Delete files and folders with all that is in them.
    Delete(Vec<Place>),
    /// Set permissions: SITE CHMOD on a server. Answered by [`super::event::Deed::PermissionsSet`];
    /// what fails on the way is told by itself, and the rest goes on.
    SetPermissions(Permit),
    /// Copy a file, or a folder with all that is in it, on the side it is on: a server does that
    /// itself (SITE CPFR and CPTO), or cannot. Nothing stands at `to`.
    Copy {
        /// What.
        from: Place,
        /// Its copy's path.
        to: Place,
    },
    /// Tell checksums of files; answered by a [`super::event::Event::Checksummed`] for each. Those on
    /// the server come first, and those here by the same algorithm.
    Checksum {
        /// Of what.
        places: Vec<Place>,
        /// By which; `None` is the best that the server has, and here SHA-256.
        algorithm: Option<Algorithm>,
        /// Number of the answers.
        generation: Generation,
    },
    /// Send one command as a person wrote it; answered by [`super::event::Event::RawAnswered`]. What needs
    /// a data connection, or changes the session for others, is refused: `plan::raw` has the list.
    Raw {
        /// To which connection's server.
        connection: ConnectionId,
        /// Relative names in it begin here.
        folder: RemotePath,
        /// The line without its end.
        line: Vec<u8>,
        /// Number of the answer.
        generation: Generation,
    },
    /// Put a batch into the queue.
    Enqueue(BatchRequest),
    /// Take jobs out; a running one is stopped and leaves no target.
    Cancel(Extent),
    /// Hold jobs that are not over; a running one is stopped, and waits. What joins a held batch is
    /// held too, and what joins the queue where all was held.
    Hold(Extent),
    /// Let jobs that are held go on. A server that is waited for is tried at once.
    GoOn(Extent),
    /// Try again: the job, whatever ended it but success; of a batch or of all, what failed.
    Retry(Extent),
    /// Give a job or a batch another place in the order.
    Move(Extent, Shift),
    /// Content bytes a second from now on, over all lanes and both directions; `None` is unlimited.
    LimitRate(Option<u64>),
    /// Forget all jobs that are over.
    ClearFinished,
    /// Answer a question.
    Answer {
        /// Which.
        question: QuestionId,
        /// What was said.
        answer: Answer,
    },
    /// Look for what runs that are over have left; answered by [`super::event::Event::Unfinished`].
    LookForUnfinished,
    /// Put what a run has left of a batch into the queue, over this connection; it is left there no
    /// more.
    TakeUp {
        /// What was left.
        rest: RestId,
        /// Over which connection's server.
        connection: ConnectionId,
        /// The number of the batch it becomes, chosen by whoever asks.
        batch: BatchId,
    },
    /// Forget what runs have left, and delete the temporary files that they left here; answered by
    /// [`super::event::Event::Dropped`].
    DropUnfinished(Vec<RestId>),
    /// Look what works of a server and what does not, on sessions of its own; each step is told by
    /// [`super::event::Event::Examining`] and [`super::event::Event::Examined`], the end by
    /// [`super::event::Event::Diagnosed`]. [`Command::Disconnect`] breaks it off.
    Diagnose {
        /// The number its events carry; of no connection that is open.
        connection: ConnectionId,
        /// The server as it is to be looked at.
        server: Box<Server>,
        /// Its password; `None` only for an anonymous login.
        secret: Option<Secret>,
        /// Time-outs.
        patience: Patience,
        /// Whether a small file is stored and deleted again. Never done on a server that is read only.
        probe_upload: bool,
    },
    /// Say goodbye to the servers and end; the last event is [`super::event::Event::Ended`].
    Shutdown,
}

/// Which jobs a command is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// This one.
    Job(JobId),
    /// Those of a batch.
    Batch(BatchId),
    /// All.
    All,
}

/// Where to something is moved in the order of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shift {
    /// Before the file, or the batch, that is before it.
    Up,
    /// Behind the one behind it.
    Down,
    /// Before all others.
    Top,
    /// Behind all others.
    Bottom,
}

/// How far the answer to a conflict reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// This file only.
    Once,
    /// Every further conflict of this batch.
    Batch,
    /// Every further conflict with this server in this direction. Whoever asks the person keeps it
    /// in the server's entry.
    Always,
}

/// What is done about a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateAnswer {
    /// No connection.
    Refuse,
    /// For this run.
    Once,
    /// From now on: the pin is written into the server's entry.
    Pin,
}

/// Whether files may be written straight to their targets, where a folder does not take them safely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InPlaceAnswer {
    /// No: those jobs fail.
    No,
    /// On this connection, in this run.
    Once,
    /// From now on: it is written into the server's entry.
    Remember,
}

/// The answer to a question of the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// To a conflict; never [`Policy::Ask`].
    Conflict(Policy, Scope),
    /// To a certificate.
    Certificate(CertificateAnswer),
    /// To a login that needs something more.
    Secret(Secret),
    /// To a folder that does not take files safely.
    InPlace(InPlaceAnswer),
    /// No answer: the job is cancelled, the connection refused, nothing written in place.
    Dismissed,
}
