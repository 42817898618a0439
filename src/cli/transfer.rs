//! Batches under way: what `get` and `put` have in common.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::arguments::Output;
use super::json::{EventLine, Text, TransferLine};
use super::outcome::Outcome;
use super::printer::{self, Printer};
use super::session::{End, Live, Session};
use crate::local::names::bytes_of;
use crate::model::charset::Charset;
use crate::model::command::Command;
use crate::model::entry::Kind;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchId, BatchRequest, Care, Direction, Item, Job, JobId, JobState, Policy};
use crate::model::path::RemotePath;
use crate::model::size;
use crate::model::text::shown_path;
use crate::model::unfinished::RestId;
use crate::plan::conflict::{COMPLETE, undecided};

mod summary;

/// How long running transfers may take to stop after Ctrl-C.
const STOPPING: Duration = Duration::from_secs(5);
/// How many unfinished files are named.
const NAMED: usize = 10;

/// The transfers of one request.
#[derive(Debug)]
pub(super) struct Transfers {
    json: bool,
    printer: Printer,
    outcome: Outcome,
    /// Batches not over yet, and how their remote paths are shown.
    batches: HashMap<BatchId, Shown>,
    over: HashMap<BatchId, Shown>,
    jobs: HashMap<JobId, Job>,
    unfinished: HashSet<JobId>,
    done: u64,
    failed: u64,
    skipped: u64,
    /// Left out because an earlier run has done them.
    complete: u64,
    /// Of those that failed: how many are left for a later run.
    left: u64,
    bytes: u64,
    /// How much of that was there before this run.
    before: u64,
    /// How much of each file that is not done is kept.
    kept: HashMap<JobId, u64>,
    started: Instant,
    next_batch: u32,
    /// Each download is on the disk before it is called done.
    pub(super) fsync: bool,
    /// We have taken the batches out ourselves.
    stopping: bool,
    lines: Lines,
}

/// How a batch's remote paths are shown.
#[derive(Debug)]
struct Shown {
    /// Below which path.
    root: RemotePath,
    /// What the server has of them.
    charset: Charset,
}

/// What became of the lines of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// They are read, as far as one knows.
    Go,
    /// Nobody reads them any more, and nobody is to be told.
    Unread,
    /// They could not be written: whoever counts on them must know.
    Lost,
}

impl Transfers {
    pub(super) fn new(output: Output) -> Self {
        Self {
            json: output.json,
            printer: Printer::new(),
            outcome: Outcome::default(),
            batches: HashMap::new(),
            over: HashMap::new(),
            jobs: HashMap::new(),
            unfinished: HashSet::new(),
            done: 0,
            failed: 0,
            skipped: 0,
            complete: 0,
            left: 0,
            bytes: 0,
            before: 0,
            kept: HashMap::new(),
            started: Instant::now(),
            next_batch: 1,
            fsync: false,
            stopping: false,
            lines: Lines::Go,
        }
    }

    /// Hands items to the engine. Remote paths are shown below `shown_root`.
    pub(super) fn enqueue(
        &mut self,
        session: &Session,
        live: &Live,
        shown_root: RemotePath,
        (direction, items, policy): (Direction, Vec<Item>, Policy),
    ) {
        if items.is_empty() {
            return;
        }
        let id = self.expect(live, shown_root);
        session.send(Command::Enqueue(BatchRequest {
            id,
            connection: live.id,
            direction,
            items,
            policy,
            care: Care {
                fsync: self.fsync,
                ..live.care
            },
        }));
    }

    /// Takes up what an earlier run has left. Remote paths are shown below `shown_root`.
    pub(super) fn take_up(&mut self, session: &Session, live: &Live, shown_root: RemotePath, rest: RestId) {
        let batch = self.expect(live, shown_root);
        session.send(Command::TakeUp {
            rest,
            connection: live.id,
            batch,
        });
    }

    /// A batch to come.
    fn expect(&mut self, live: &Live, root: RemotePath) -> BatchId {
        let id = BatchId(self.next_batch);
        self.next_batch += 1;
        let charset = live.charset;
        self.batches.insert(id, Shown { root, charset });
        id
    }

    /// Something asked for failed before it became a job; `source` where it is one thing.
    pub(super) fn refuse(&mut self, session: &Session, source: Option<&[u8]>, failure: &Failure) {
        self.failed += 1;
        self.outcome.failure(failure);
        session.speech.fail(failure);
        let mut line = TransferLine::new(source.map(Text::new), None);
        line.error = Some(failure.to_string());
        self.print(session, &EventLine::Failed(line));
    }

    /// Says the end of a request whose preparation came to `end`, and waits for what was begun.
    pub(super) async fn conclude(
        mut self,
        session: &mut Session,
        prepared: Result<(), End>,
    ) -> Result<u8, End> {
        match prepared {
            Ok(()) => {}
            Err(End::Failed(failure)) => self.refuse(session, None, &failure),
            Err(End::Signal(code)) => {
                if !self.batches.is_empty() {
                    self.stop(session).await;
                }
                self.summarise(session);
                return Err(End::Signal(code));
            }
        }
        self.finish(session).await
    }

    /// Waits until every batch is over and says what came of it; the exit code.
    async fn finish(mut self, session: &mut Session) -> Result<u8, End> {
        while !self.batches.is_empty() {
            match session.event_or_tick(true).await {
                Ok(Some(event)) => self.take(session, event),
                Ok(None) => session.speech.progress(&self.progress(session)),
                Err(End::Signal(code)) => {
                    self.stop(session).await;
                    self.summarise(session);
                    return Err(End::Signal(code));
                }
                Err(End::Failed(failure)) => {
                    self.outcome.failure(&failure);
                    self.summarise(session);
                    return Err(failure.into());
                }
            }
        }
        self.summarise(session);
        if self.left > 0 && session.keeps_queue {
            let text = format!(
                "'ftpane queue run' tries {} again that may go well another time",
                size::count(self.left, "file", "files")
            );
            session.speech.remark(&text);
        }
        match self.lines {
            Lines::Go | Lines::Unread => Ok(self.outcome.exit_code()),
            Lines::Lost => Ok(Class::Local.exit_code()),
        }
    }

    /// Ends the engine, waits a little for the running transfers to be laid aside, and names what is left.
    async fn stop(&mut self, session: &mut Session) {
        self.stopping = true;
        let more = match session.progress().walking {
            true => ", and what was not looked at yet",
            false => "",
        };
        session
            .speech
            .remark("stopping; a second signal (Ctrl-C) ends it at once");
        // not cancelled: what has come over is kept
        session.send(Command::Shutdown);
        let mut left: HashSet<JobId> = self.unfinished.clone();
        let stopping = async {
            // until the engine has ended, which is an error here
            loop {
                match session.event_or_tick(false).await {
                    Ok(Some(event)) => self.take(session, event),
                    Ok(None) => {}
                    Err(End::Signal(_)) => {
                        session.hurry();
                        break;
                    }
                    Err(End::Failed(_)) => break,
                }
            }
        };
        let _ = tokio::time::timeout(STOPPING, stopping).await;
        left.retain(|id| self.unfinished.contains(id));
        let files: Vec<&Job> = left
            .iter()
            .filter_map(|id| self.jobs.get(id))
            .filter(|job| job.item.kind != Kind::Dir)
            .collect();
        let count = u64::try_from(files.len()).unwrap_or(u64::MAX);
        session.speech.line(&format!(
            "ftpane: stopped; {} not transferred{more}. {}.",
            size::count(count, "file is", "files are"),
            match (
                session.keeps_queue,
                files.iter().any(|job| job.item.reads_input())
            ) {
                (_, true) => "What came from standard input is nowhere: give it once more",
                (true, false) => "'ftpane queue run' goes on, or the same command with -c",
                (false, false) => "With -c the same command goes on",
            }
        ));
        let mut names: Vec<String> = files.iter().map(|job| job.item.remote.shown()).collect();
        names.sort();
        for name in names.iter().take(NAMED) {
            session.speech.line(&format!("  {name}"));
        }
        if names.len() > NAMED {
            session
                .speech
                .line(&format!("  and {} more", names.len() - NAMED));
        }
    }

    fn take(&mut self, session: &Session, event: Event) {
        match event {
            Event::JobsAdded(jobs) => {
                for job in jobs {
                    self.unfinished.insert(job.id);
                    self.jobs.insert(job.id, job);
                }
            }
            Event::JobChanged(id, state) => self.changed(session, id, state),
            Event::Kept(id, bytes) => drop(self.kept.insert(id, bytes)),
            Event::Failed(failure) => self.refuse(session, None, &failure),
            Event::BatchOver(id) => {
                if let Some(shown) = self.batches.remove(&id) {
                    self.over.insert(id, shown);
                }
            }
            _ => {}
        }
    }

    fn changed(&mut self, session: &Session, id: JobId, state: JobState) {
        if !state.is_over() {
            if let JobState::Retrying(failure) = state {
                // what a person could do about it follows where it fails for good
                let said = Failure {
                    hint: None,
                    ..failure
                };
                session.speech.remark(&format!("{said}; trying again"));
            }
            self.unfinished.insert(id);
            return;
        }
        // a job that was stopped by us stays among the unfinished ones, to be named
        if state == JobState::Cancelled && self.stopping {
            return;
        }
        self.unfinished.remove(&id);
        if !matches!(state, JobState::Failed(_)) {
            self.kept.remove(&id);
        }
        // what is over is not looked at again: there may be a hundred thousand of them
        let Some(job) = self.jobs.remove(&id) else {
            return;
        };
        let state = match state {
            JobState::Cancelled => JobState::Failed(undecided(&job)),
            state => state,
        };
        let is_file = job.item.kind != Kind::Dir;
        let mut line = self.line(&job);
        let target = match job.direction {
            Direction::Download => shown_path(&job.item.local),
            Direction::Upload => job.item.remote.shown(),
        };
        match state {
            JobState::Done {
                bytes,
                earlier,
                millis,
                note,
                ..
            } if is_file => {
                self.done += 1;
                self.bytes += bytes;
                self.before += earlier;
                self.outcome.success();
                line.bytes = bytes;
                line.seconds = seconds(Duration::from_millis(millis));
                if let Some(note) = note {
                    session.speech.remark(&format!("{target}: {note}"));
                }
                self.print(session, &EventLine::Done(line));
            }
            // a folder is skipped only where it is cut off
            JobState::Skipped(why) => {
                self.outcome.success();
                // what an earlier run has done is counted only: it may be a hundred thousand files
                if why == COMPLETE {
                    self.complete += 1;
                } else {
                    self.skipped += 1;
                    session.speech.remark(&format!("skipped {target}: {why}"));
                }
                line.error = Some(why);
                self.print(session, &EventLine::Skipped(line));
            }
            JobState::Failed(failure) => {
                self.failed += 1;
                self.left += u64::from(failure.transient);
                self.outcome.failure(&failure);
                session
                    .speech
                    .fail_with(&failure, &job.item.remote.shown(), &target);
                line.error = Some(failure.to_string());
                self.print(session, &EventLine::Failed(line));
            }
            _ => {}
        }
    }

    fn line(&self, job: &Job) -> TransferLine {
        let shown = self.batches.get(&job.batch).or_else(|| self.over.get(&job.batch));
        let charset = shown.map_or_else(Charset::default, |shown| shown.charset);
        let remote = match shown.and_then(|shown| job.item.remote.below(&shown.root)) {
            Some(names) => names
                .iter()
                .fold(RemotePath::root(), |path, name| path.join(name)),
            None => job.item.remote.clone(),
        };
        let local = Text::new(&path_bytes(&job.item.local));
        let remote = Text::of_server(remote.as_bytes(), charset);
        match job.direction {
            Direction::Download => TransferLine::new(Some(remote), Some(local)),
            Direction::Upload => TransferLine::new(Some(local), Some(remote)),
        }
    }

    /// A line of JSON, at once: whoever follows it wants to see it now. That it cannot be written
    /// ends no transfer, but the request does not end well.
    fn print(&mut self, session: &Session, line: &EventLine) {
        if !self.json || self.lines != Lines::Go {
            return;
        }
        let Err(error) = self.printer.json(line).and_then(|()| self.printer.flush()) else {
            return;
        };
        if error.kind() == io::ErrorKind::BrokenPipe {
            self.lines = Lines::Unread;
        } else {
            self.lines = Lines::Lost;
            session.speech.fail(&printer::unwritten(&error));
        }
    }
}

fn seconds(time: Duration) -> f64 {
    // milliseconds are exact enough, and print short
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// A local path's bytes.
pub(super) fn path_bytes(path: &Path) -> Vec<u8> {
    bytes_of(path.as_os_str()).into_owned()
}
