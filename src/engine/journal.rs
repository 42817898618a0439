//! The log of this run: what the queue tells is written down, by a thread of its own.
//!
//! Lines are written as they come, which outlasts the process; the disk has them at the latest a
//! second later, which outlasts the machine. Nobody waits for either but the walk of a new batch:
//! nothing is told to be queued before the batch itself is on the disk.

use std::collections::{HashMap, HashSet};
use std::path::absolute;

use tokio::sync::oneshot;

use super::listener::Listener;
use super::origins::Origins;
use super::unix_now;
use crate::local::journal as file;
use crate::model::event::Event;
use crate::model::job::{
    BatchId, BatchRequest, Care, ConnectionId, Direction, Hold, Item, Job, JobId, JobState, Policy,
};
use crate::model::server::Server;
use crate::model::unfinished::RestId;
use crate::plan::journal::written::{WrittenItem, WrittenJob, WrittenPath};
use crate::plan::journal::{End, MOST, Record, keepable};
use crate::plan::queue::Queue;
use orders::{Order, Orders, orders};
use writer::Writer;

mod orders;
mod writer;

/// The log as the loop writes it.
#[derive(Debug)]
pub(super) struct Journal {
    /// `None` where nothing is kept.
    orders: Option<Orders>,
    servers: HashMap<ConnectionId, Server>,
    /// The servers that are in the log.
    written: HashSet<ConnectionId>,
    batches: HashMap<BatchId, Head>,
    /// The batches whose folders are not all looked into.
    walking: HashSet<BatchId>,
    /// Those of them that will not be in this run.
    cut: HashSet<BatchId>,
    /// The jobs that a later run would take up, if this one ended now.
    left: HashMap<JobId, BatchId>,
    /// The jobs that may write beside their targets.
    renaming: HashSet<JobId>,
    /// The jobs that a person has paused.
    held: HashSet<JobId>,
    leaves_rest: bool,
}

/// A batch as it is written down: once more where the log was emptied since.
#[derive(Debug)]
struct Head {
    connection: ConnectionId,
    direction: Direction,
    policy: Policy,
    care: Care,
    asked: i64,
    is_written: bool,
    /// How many jobs of it there were; `None` where only some are in the log.
    jobs: Option<u64>,
}

impl Journal {
    /// Begins the log of a run. Why it cannot be kept is told, once; the queue goes on without.
    pub(super) fn begin(origins: &Origins, listener: &Listener) -> Self {
        let orders = origins.shared().and_then(|(runs, log)| {
            let (orders, ordered) = orders();
            let mut writer = Writer {
                log: None,
                runs,
                listener: listener.clone(),
                unsynced: None,
                beat: None,
                grace: writer::GRACE,
                clear_at: None,
            };
            match log.and_then(file::Journal::new) {
                Ok(log) => writer.log = Some(log),
                Err(error) => {
                    writer.give_up(&error);
                    return None;
                }
            }
            tokio::task::spawn_blocking(move || writer.run(&ordered));
            Some(orders)
        });
        Self {
            orders,
            servers: HashMap::new(),
            written: HashSet::new(),
            batches: HashMap::new(),
            walking: HashSet::new(),
            cut: HashSet::new(),
            left: HashMap::new(),
            renaming: HashSet::new(),
            held: HashSet::new(),
            leaves_rest: false,
        }
    }

    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            orders.give(order);
        }
    }

    fn write(&self, record: Record) {
        self.order(Order::Write(record));
    }

    /// Resolves when everything so far is on the disk, or cannot be: whether it is.
    pub(super) fn synced(&self) -> oneshot::Receiver<bool> {
        let (tell, synced) = oneshot::channel();
        self.order(Order::Sync(tell));
        synced
    }

    /// A connection is made to this server.
    pub(super) fn connected(&mut self, connection: ConnectionId, server: &Server) {
        let mut server = keepable(server);
        // a later run stands elsewhere
        let files = [
            &mut server.ca_file,
            &mut server.client_certificate,
            &mut server.client_key,
        ];
        for file in files.into_iter().flatten() {
            if let Ok(whole) = absolute(&*file) {
                *file = whole;
            }
        }
        self.written.remove(&connection);
        self.servers.insert(connection, server);
    }

    /// A batch is asked for; `past` are the sources that are over since the run it is taken up
    /// `from`.
    pub(super) fn batch(&mut self, request: &BatchRequest, from: Option<RestId>, past: Vec<WrittenPath>) {
        let head = Head {
            connection: request.connection,
            direction: request.direction,
            policy: request.policy,
            care: request.care,
            asked: unix_now(),
            is_written: false,
            jobs: Some(0),
        };
        self.batches.insert(request.id, head);
        self.walking.insert(request.id);
        self.head(request.id, from);
        let items: Vec<WrittenItem> = request.items.iter().map(written).collect();
        for items in items.chunks(MOST) {
            self.write(Record::Asked {
                batch: request.id,
                items: items.to_vec(),
            });
        }
        for sources in past.chunks(MOST) {
            self.write(Record::Past {
                batch: request.id,
                sources: sources.to_vec(),
            });
        }
        if from.is_none()
            && let Some(server) = self.servers.get(&request.connection)
        {
            self.order(Order::Supersede(
                Box::new(server.clone()),
                request.direction,
                items,
            ));
        }
    }

    /// Writes what the records of a batch need before them.
    fn head(&mut self, batch: BatchId, from: Option<RestId>) {
        let Some(head) = self.batches.get_mut(&batch).filter(|head| !head.is_written) else {
            return;
        };
        head.is_written = true;
        let record = Record::Batch {
            batch,
            connection: head.connection,
            direction: head.direction,
            policy: head.policy,
            care: head.care,
            asked: head.asked,
            from: from.map(|from| (from.run, from.batch)),
        };
        let connection = head.connection;
        if let Some(server) = self.servers.get(&connection)
            && self.written.insert(connection)
        {
            self.write(Record::Server {
                connection,
                server: Box::new(server.clone()),
            });
        }
        self.write(record);
    }

    /// A job may write beside its target.
    pub(super) fn started(&mut self, job: JobId, policy: Policy) {
        if self.orders.is_some() && policy == Policy::Rename {
            self.renaming.insert(job);
        }
    }

    /// A person has decided about a conflict of a job, and with it of these batches.
    pub(super) fn answered(&mut self, job: JobId, batches: &[BatchId], policy: Policy) {
        // also where the batch has its answer: the one of a job goes before that
        self.write(Record::Answered { job, policy });
        for batch in batches {
            if let Some(head) = self.batches.get_mut(batch) {
                head.policy = policy;
                self.write(Record::Policy {
                    batch: *batch,
                    policy,
                });
            }
        }
    }

    /// All of what a batch was taken up from has been told.
    pub(super) fn taken(&mut self, batch: BatchId) {
        self.write(Record::Taken { batch });
    }

    /// What was decided about a job before it came.
    pub(super) fn decided(&mut self, job: JobId, policy: Policy) {
        self.write(Record::Answered { job, policy });
    }

    /// So much of an upload is on the server, and waits there.
    pub(super) fn kept(&mut self, job: JobId, bytes: u64) {
        if self.left.contains_key(&job) {
            self.write(Record::Kept { job, bytes });
        }
    }

    /// The walk of a batch ended for a reason that passes: a later run walks again.
    pub(super) fn cut(&mut self, batch: BatchId) {
        self.cut.insert(batch);
    }

    /// A person has paused these batches, or lets them go on: that concerns what their walks are still
    /// to find.
    pub(super) fn hold(&self, batches: impl IntoIterator<Item = BatchId>, held: bool) {
        let walking = batches.into_iter().filter(|batch| self.walking.contains(batch));
        let (jobs, batches) = (Vec::new(), walking.collect::<Vec<_>>());
        if !batches.is_empty() {
            self.write(match held {
                true => Record::Held { jobs, batches },
                false => Record::Released { jobs, batches },
            });
        }
    }

    /// The queue tells this.
    pub(super) fn told(&mut self, event: &Event, queue: &Queue) {
        if self.orders.is_none() {
            return;
        }
        if let Event::JobChanged(id, state) = event {
            self.paused(*id, state);
        }
        match event {
            Event::JobsMoved(jobs) => {
                for jobs in jobs.chunks(MOST) {
                    self.write(Record::Moved { jobs: jobs.to_vec() });
                }
            }
            Event::JobsAdded(jobs) => self.added(jobs),
            Event::JobChanged(id, JobState::Waiting) if !self.left.contains_key(id) => {
                // a job that was over is tried again
                if let Some(job) = queue.job(*id) {
                    let batch = job.batch;
                    self.head(batch, None);
                    self.write_jobs(std::slice::from_ref(job));
                    if !self.walking.contains(&batch) {
                        self.walked(batch);
                    }
                }
            }
            Event::JobChanged(id, state) => {
                let end = match state {
                    JobState::Done { .. } if self.renaming.remove(id) => End::Beside,
                    JobState::Done { .. } => End::Done,
                    JobState::Skipped(_) => End::Skipped,
                    JobState::Failed(failure) => End::Failed {
                        why: failure.to_string(),
                        passes: failure.transient,
                    },
                    JobState::Cancelled => End::Cancelled,
                    _ => return,
                };
                self.over(*id, end);
            }
            Event::JobsForgotten(jobs) => {
                // what a person has seen and cleared away is not offered again
                for id in jobs
                    .iter()
                    .filter(|id| self.left.contains_key(id))
                    .copied()
                    .collect::<Vec<_>>()
                {
                    self.over(id, End::Cancelled);
                }
                self.clear_if_over();
            }
            Event::BatchWalked(batch) | Event::BatchOver(batch) => {
                if !self.leaves_rest && !self.cut.contains(batch) && self.walking.remove(batch) {
                    self.walked(*batch);
                }
                if matches!(event, Event::BatchOver(_)) {
                    self.clear_if_over();
                }
            }
            _ => {}
        }
    }

    /// A job is paused, or is so no more.
    fn paused(&mut self, id: JobId, state: &JobState) {
        let (jobs, batches) = (vec![id], Vec::new());
        match state {
            JobState::Held(Hold::Paused) if self.held.insert(id) => {
                self.write(Record::Held { jobs, batches });
            }
            JobState::Held(_) => {}
            _ if !self.held.remove(&id) || self.leaves_rest => {}
            _ => self.write(Record::Released { jobs, batches }),
        }
    }

    fn walked(&self, batch: BatchId) {
        let jobs = self.batches.get(&batch).and_then(|head| head.jobs);
        self.write(Record::Walked { batch, jobs });
    }

    /// Jobs join their batch.
    fn added(&mut self, jobs: &[Job]) {
        let head = jobs.first().and_then(|job| self.batches.get_mut(&job.batch));
        if let Some(known) = head.and_then(|head| head.jobs.as_mut()) {
            *known += jobs.len() as u64;
        }
        self.write_jobs(jobs);
    }

    fn write_jobs(&mut self, jobs: &[Job]) {
        self.left.extend(jobs.iter().map(|job| (job.id, job.batch)));
        let Some(batch) = jobs.first().map(|job| job.batch) else {
            return;
        };
        for jobs in jobs.chunks(MOST) {
            let jobs = jobs.iter();
            let jobs = jobs.map(|job| WrittenJob::new(job.id, &whole(&job.item)).at(job.rank));
            self.write(Record::Jobs {
                batch,
                jobs: jobs.collect(),
            });
        }
    }

    /// A job is over.
    fn over(&mut self, job: JobId, end: End) {
        // what is stopped may say that it failed
        if self.leaves_rest && !matches!(end, End::Done | End::Beside | End::Skipped) {
            return;
        }
        if !matches!(end, End::Failed { passes: true, .. }) {
            self.left.remove(&job);
        }
        self.write(Record::Over { job, end });
    }

    /// A log of nothing but jobs that are over tells nothing: it begins anew.
    fn clear_if_over(&mut self) {
        if self.has_left() || self.written.is_empty() {
            return;
        }
        self.written.clear();
        for head in self.batches.values_mut() {
            head.is_written = false;
            head.jobs = None;
        }
        self.order(Order::Clear);
    }

    /// Whether a later run would have something to do.
    pub(super) fn has_left(&self) -> bool {
        self.orders.is_some() && !(self.left.is_empty() && self.walking.is_empty())
    }

    /// What is taken out from now on is left for a later run.
    pub(super) fn leave_rest(&mut self) {
        self.leaves_rest = true;
    }

    /// The run ends in good order; resolves when all of its log is on the disk, and its file let go.
    pub(super) fn close(self) -> oneshot::Receiver<()> {
        let (tell, closed) = oneshot::channel();
        self.order(Order::Close(tell));
        closed
    }
}

/// An item whose local path means the same wherever a later run stands.
fn whole(item: &Item) -> Item {
    Item {
        // standard input stands nowhere: a later run says that it is gone
        local: match item.reads_input() {
            true => item.local.clone(),
            false => absolute(&item.local).unwrap_or_else(|_| item.local.clone()),
        },
        ..item.clone()
    }
}

fn written(item: &Item) -> WrittenItem {
    WrittenItem::new(&whole(item))
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn what_is_written_is_on_the_disk_when_that_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (tell, _told) = mpsc::unbounded_channel();
        let (origins, _) = Origins::begin(Some(folder.path()));
        let mut journal = Journal::begin(&origins, &Listener::new(tell));
        let server = Server {
            account: "s3cret".into(),
            ca_file: Some("authority.pem".into()),
            ..Server::default()
        };
        journal.connected(ConnectionId(1), &server);
        let request = BatchRequest {
            id: BatchId(1),
            connection: ConnectionId(1),
            direction: Direction::Upload,
            items: vec![Item {
                local: "here".into(),
                remote: crate::model::path::RemotePath::root(),
                kind: crate::model::entry::Kind::Dir,
                size: None,
                modified: None,
                permissions: None,
            }],
            policy: Policy::Skip,
            care: Care::default(),
        };
        journal.batch(&request, None, Vec::new());
        assert!(journal.has_left(), "it was not looked through");
        journal.synced().await.unwrap();
        let number = origins.of(JobId(1)).run;
        let text = std::fs::read_to_string(folder.path().join(format!("{number:08x}.journal"))).unwrap();
        // whoever reads it stands elsewhere
        let here = std::env::current_dir().unwrap();
        for path in ["here", "authority.pem"] {
            assert!(text.contains(here.join(path).to_str().unwrap()), "{text}");
        }
        assert!(
            !text.contains("s3cret") && text.lines().last().unwrap().starts_with("\"synced\""),
            "{text}"
        );
    }
}
