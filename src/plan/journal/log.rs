//! From the records of a log to what is left to do.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::written::{WrittenItem, WrittenPath};
use super::{End, Record, VERSION};
use crate::model::entry::Kind;
use crate::model::job::{BatchId, Care, ConnectionId, Direction, Item, JobId, Policy, Rank};
use crate::model::path::RemotePath;
use crate::model::server::Server;
use crate::model::stamp::Stamp;
use crate::model::unfinished::{RestId, Unfinished};
use crate::plan::naming::folded;

/// How many syncs before its end a log's word for files written here is not taken, when the
/// machine went down: their own sync has its own beat.
const DOUBTFUL: u64 = 3;

/// How many files left are named in short.
const NAMED: usize = 5;

/// What a log has said so far.
#[derive(Debug, Default)]
pub struct Log {
    boot: Option<String>,
    /// Who wrote it, where that is a newer version.
    newer: Option<String>,
    closed: bool,
    servers: HashMap<ConnectionId, Server>,
    batches: BTreeMap<BatchId, Batch>,
    jobs: HashMap<JobId, (BatchId, usize)>,
    synced: u64,
    unreadable: u64,
    /// The last line is one of these.
    is_torn: bool,
}

#[derive(Debug)]
struct Batch {
    connection: ConnectionId,
    direction: Direction,
    policy: Policy,
    care: Care,
    asked: i64,
    from: Option<RestId>,
    items: Vec<WrittenItem>,
    past: Vec<WrittenPath>,
    jobs: Vec<Job>,
    walked: bool,
    /// How many jobs its walk has found, where that was written down.
    found: Option<u64>,
    /// All of what it was taken up from is here.
    taken: bool,
    /// A person has given some of its jobs another place.
    moved: bool,
    /// A person has paused what its walk is still to find.
    held: bool,
    dropped: bool,
}

#[derive(Debug)]
struct Job {
    id: JobId,
    item: WrittenItem,
    policy: Option<Policy>,
    end: Option<End>,
    /// After how many syncs it ended.
    at: u64,
    rank: Option<Rank>,
    held: bool,
    kept: u64,
}

/// What is left of one batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// The server as it was used.
    pub server: Server,
    /// Which way.
    pub direction: Direction,
    /// What to do about existing targets.
    pub policy: Policy,
    /// What is done besides.
    pub care: Care,
    /// When it was asked for, in Unix seconds.
    pub asked: i64,
    /// What was asked for.
    pub items: Vec<WrittenItem>,
    /// Whether all of that was looked through.
    pub walked: bool,
    /// A person has paused what is still to be found.
    pub held: bool,
    /// The jobs that are not over, in order.
    pub jobs: Vec<RestJob>,
    /// The sources that are over, where a walk would meet them again.
    pub past: Vec<WrittenPath>,
    /// What is over on the server and differs in capitals only from what is left: on some servers the two are one file.
    pub alike: Vec<RemotePath>,
    /// How many files are over.
    pub files_over: u64,
    /// The place of its first job in the queue of its run; lower ones come first.
    pub place: i64,
}

/// A job that is left.
#[derive(Debug, Clone, PartialEq)]
pub struct RestJob {
    /// Its number in its own run.
    pub id: JobId,
    /// What, from where to where.
    pub item: Item,
    /// What to do about an existing target where that is not the batch's policy.
    pub policy: Option<Policy>,
    /// A person has paused it.
    pub held: bool,
    /// Bytes of it that are kept: of a download as far as somebody has looked here, of an upload as its run
    /// has written it down.
    pub kept: u64,
}

impl Log {
    /// Takes in a line, without its end. An empty one says nothing.
    pub fn line(&mut self, line: &[u8]) {
        if line.trim_ascii().is_empty() {
            return;
        }
        self.is_torn = false;
        match Record::read(line) {
            Some(record) => self.take(record),
            None => {
                self.lost();
                self.is_torn = true;
            }
        }
    }

    /// A line that could not be read at all.
    pub fn lost(&mut self) {
        self.unreadable += 1;
    }

    /// How many lines told nothing.
    pub fn unreadable(&self) -> u64 {
        self.unreadable
    }

    /// Whether something is lost that the disk once had: a last line that is torn it never had.
    pub fn is_damaged(&self) -> bool {
        self.unreadable > u64::from(self.is_torn)
    }

    /// The program that wrote it, where that is newer than this one: there is more in it than is
    /// understood here, so nothing of it can be called left, and nothing over.
    pub fn newer(&self) -> Option<&str> {
        self.newer.as_deref()
    }

    /// What it has taken up from other logs, with the batch that this has become, and whether all of it
    /// had been written here when the run ended.
    pub fn taken(&self) -> impl Iterator<Item = (RestId, BatchId, bool)> {
        let batches = self.batches.iter().filter(|(_, batch)| !batch.dropped);
        batches.filter_map(|(id, batch)| Some((batch.from?, *id, batch.taken)))
    }

    fn take(&mut self, record: Record) {
        let at = self.synced;
        match record {
            Record::Run {
                version,
                boot,
                program,
            } => {
                if version > VERSION {
                    self.newer = Some(program);
                }
                self.boot = boot;
            }
            Record::Server { connection, server } => {
                self.servers.insert(connection, *server);
            }
            Record::Batch {
                batch,
                connection,
                direction,
                policy,
                care,
                asked,
                from,
            } => {
                self.batches.entry(batch).or_insert(Batch {
                    connection,
                    direction,
                    policy,
                    care,
                    asked,
                    from: from.map(|(run, batch)| RestId { run, batch }),
                    items: Vec::new(),
                    past: Vec::new(),
                    jobs: Vec::new(),
                    walked: false,
                    found: None,
                    taken: false,
                    moved: false,
                    held: false,
                    dropped: false,
                });
            }
            Record::Asked { batch, items } => self.change(batch, |batch| batch.items.extend(items)),
            Record::Past { batch, sources } => self.change(batch, |batch| batch.past.extend(sources)),
            Record::Jobs { batch, jobs } => {
                let Some(of) = self.batches.get_mut(&batch) else {
                    return self.lost();
                };
                for job in jobs {
                    // one that is known already was tried again
                    if let Some((_, place)) = self.jobs.get(&job.id).filter(|(b, _)| *b == batch) {
                        of.jobs[*place].end = None;
                        continue;
                    }
                    self.jobs.insert(job.id, (batch, of.jobs.len()));
                    of.jobs.push(Job {
                        id: job.id,
                        item: job.item,
                        policy: None,
                        end: None,
                        at,
                        rank: job.rank,
                        held: false,
                        kept: 0,
                    });
                }
            }
            Record::Taken { batch } => self.change(batch, |batch| batch.taken = true),
            Record::Walked { batch, jobs } => self.change(batch, |batch| {
                batch.walked = true;
                batch.found = jobs.or(batch.found);
            }),
            Record::Over { job, end } => self.change_job(job, |job| {
                job.end = Some(end);
                job.at = at;
            }),
            Record::Policy { batch, policy } => self.change(batch, |batch| batch.policy = policy),
            Record::Answered { job, policy } => self.change_job(job, |job| job.policy = Some(policy)),
            Record::Moved { jobs } => {
                for (job, rank) in jobs {
                    self.change_job(job, |job| job.rank = Some(rank));
                    if let Some(batch) = self.jobs.get(&job).map(|(batch, _)| *batch) {
                        self.change(batch, |batch| batch.moved = true);
                    }
                }
            }
            Record::Held { jobs, batches } => self.hold(jobs, batches, true),
            Record::Released { jobs, batches } => self.hold(jobs, batches, false),
            Record::Kept { job, bytes } => self.change_job(job, |job| job.kept = bytes),
            Record::Synced => self.synced += 1,
            Record::Dropped { batch } => self.change(batch, |batch| batch.dropped = true),
            Record::Closed => self.closed = true,
        }
    }

    fn hold(&mut self, jobs: Vec<JobId>, batches: Vec<BatchId>, held: bool) {
        for job in jobs {
            self.change_job(job, |job| job.held = held);
        }
        for batch in batches {
            self.change(batch, |batch| batch.held = held);
        }
    }

    /// What is said of a batch whose own line is lost cannot be used.
    fn change(&mut self, batch: BatchId, change: impl FnOnce(&mut Batch)) {
        match self.batches.get_mut(&batch) {
            Some(batch) => change(batch),
            None => self.lost(),
        }
    }

    fn change_job(&mut self, job: JobId, change: impl FnOnce(&mut Job)) {
        let place = self.jobs.get(&job);
        let batch = place.and_then(|(batch, place)| Some((self.batches.get_mut(batch)?, *place)));
        match batch.and_then(|(batch, place)| batch.jobs.get_mut(place)) {
            Some(job) => change(job),
            None => self.lost(),
        }
    }

    /// Whether the machine went down over the run, as far as one knows: what the disk did not have by then is
    /// lost. `boot` is its present start.
    pub fn went_down(&self, boot: Option<&str>) -> bool {
        !self.closed && (boot.is_none() || self.boot.as_deref() != boot)
    }

    /// What is left, by batch. `boot` is the present start of the machine: where it is another one
    /// than the log's, files that were called done last may not have reached the disk, and are
    /// looked at again. Nothing, where it is a newer version's.
    pub fn rests(&self, boot: Option<&str>) -> Vec<(BatchId, Rest)> {
        if self.newer.is_some() {
            return Vec::new();
        }
        let went_down = self.went_down(boot);
        let left = self.batches.iter().filter(|(_, batch)| !batch.dropped);
        left.filter_map(|(id, batch)| {
            let doubted = went_down.then(|| self.synced.saturating_sub(DOUBTFUL));
            let rest = batch.rest(self.servers.get(&batch.connection)?, doubted);
            (!rest.walked || !rest.jobs.is_empty()).then_some((*id, rest))
        })
        .collect()
    }
}

impl Batch {
    /// Whether all of its jobs are known: those that a lost line told of a walk finds again.
    fn is_known(&self) -> bool {
        self.walked && self.found.is_none_or(|found| self.jobs.len() as u64 >= found)
    }

    /// The targets of what is done that differ in capitals only from one that is `left`.
    fn alike(&self, left: &[RestJob]) -> Vec<RemotePath> {
        let open: HashSet<_> = left.iter().filter_map(|job| place(&job.item)).collect();
        let done = self.jobs.iter().filter(|job| job.end == Some(End::Done));
        done.filter_map(|job| job.item.item())
            .filter(|item| place(item).is_some_and(|place| open.contains(&place)))
            .map(|item| item.remote)
            .collect()
    }

    /// What is left; downloads called done since `doubted` are looked at again.
    fn rest(&self, server: &Server, doubted: Option<u64>) -> Rest {
        let mut rest = Rest {
            server: server.clone(),
            direction: self.direction,
            policy: self.policy,
            care: self.care,
            asked: self.asked,
            items: self.items.clone(),
            walked: self.is_known(),
            held: self.held,
            jobs: Vec::new(),
            past: Vec::new(),
            alike: Vec::new(),
            files_over: 0,
            place: 0,
        };
        let mut ranks: HashMap<JobId, Option<Rank>> = HashMap::new();
        // folders that are still to be made, by where they will be
        let mut open: HashSet<WrittenPath> = HashSet::new();
        for job in &self.jobs {
            let Some(item) = job.item.item() else {
                continue;
            };
            let folder = WrittenPath::target_folder(self.direction, &item);
            let is_doubtful = doubted.is_some_and(|since| job.at >= since)
                && self.direction == Direction::Download
                && item.kind != Kind::Dir;
            let (left, policy) = match &job.end {
                None => (true, job.policy),
                // what was complete has its size: what has not is not what was written
                Some(End::Done) => (is_doubtful, Some(Policy::Size)),
                // where it stands is not known: once more is better than not at all
                Some(End::Beside) => (is_doubtful, job.policy),
                Some(End::Skipped | End::Cancelled) => (false, None),
                // it failed with its folder, and that is tried again
                Some(End::Failed { passes, .. }) => (
                    *passes || folder.is_some_and(|folder| open.contains(&folder)),
                    job.policy,
                ),
            };
            if !left {
                rest.files_over += u64::from(item.kind != Kind::Dir);
                rest.past.push(WrittenPath::source(self.direction, &item));
                continue;
            }
            if item.kind == Kind::Dir {
                open.insert(WrittenPath::target(self.direction, &item));
            }
            ranks.insert(job.id, job.rank);
            rest.jobs.push(RestJob {
                id: job.id,
                item,
                policy,
                held: job.held,
                kept: job.kept,
            });
        }
        if self.moved {
            // the folders first: what goes into one waits for it
            let place = |job: &RestJob| ranks.get(&job.id).copied().flatten();
            rest.jobs
                .sort_by_key(|job| (job.item.kind != Kind::Dir).then(|| place(job)));
        }
        rest.place = ranks.values().flatten().map(|rank| rank.major).min().unwrap_or(0);
        if self.direction == Direction::Upload {
            rest.alike = self.alike(&rest.jobs);
        }
        if rest.walked {
            rest.past.clear();
        } else {
            rest.past.extend(self.past.iter().cloned());
        }
        rest
    }
}

/// The folder of a target, and what a server that is blind to capitals makes of its name.
fn place(item: &Item) -> Option<(RemotePath, Vec<u8>)> {
    let (folder, name) = item.remote.parent().zip(item.remote.name())?;
    Some((folder, folded(name.as_bytes())))
}

impl Rest {
    /// What was asked for, to be walked again; nothing where that is not needed.
    pub fn roots(&self) -> Vec<Item> {
        match self.walked {
            true => Vec::new(),
            false => self.items.iter().filter_map(WrittenItem::item).collect(),
        }
    }

    /// The rest in short.
    pub fn short(&self, id: RestId) -> Unfinished {
        let files = || self.jobs.iter().filter(|job| job.item.kind != Kind::Dir);
        let count = files().count() as u64;
        let mut first: Vec<Item> = files().take(NAMED).map(|job| job.item.clone()).collect();
        if first.is_empty() {
            first = self.roots().into_iter().take(NAMED).collect();
        }
        Unfinished {
            id,
            asked: Stamp::exact(self.asked),
            server: Box::new(self.server.clone()),
            direction: self.direction,
            policy: self.policy,
            files: count,
            known: count + self.files_over,
            bytes: files()
                .filter_map(|job| job.item.size)
                .fold(0, u64::saturating_add),
            walked: self.walked,
            first,
        }
    }
}
