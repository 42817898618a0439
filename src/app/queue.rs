//! The queue as the screen knows it: jobs in their order, and how far each is.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::cursor::Cursor;
use super::rates::Rates;
use crate::model::entry::Kind;
use crate::model::event::Progress;
use crate::model::failure::Failure;
use crate::model::job::{BatchId, ConnectionId, Job, JobId, JobState, Rank};

/// A job and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The job.
    pub job: Job,
    /// Its state.
    pub state: JobState,
    /// Bytes it has moved, as last sampled; while it does not run, what is kept of them.
    pub moved: u64,
}

impl Row {
    /// Whether people see it: they count files. A folder is there to be made for its files, and shows
    /// where that is in the way.
    fn is_shown(&self) -> bool {
        self.job.item.kind != Kind::Dir || matches!(self.state, JobState::Failed(_) | JobState::Retrying(_))
    }
}

/// A server that cannot be reached at present.
#[derive(Debug, Clone, PartialEq)]
pub struct Away {
    /// Why.
    pub failure: Failure,
    /// When it is tried again, as time since the start.
    pub until: Duration,
}

/// Which jobs the screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// All.
    #[default]
    All,
    /// Those that are not over.
    Unfinished,
    /// Those that failed.
    Failed,
    /// Those that are done, skipped or cancelled.
    Finished,
}

impl View {
    /// The next one, round and round.
    pub fn next(self) -> Self {
        match self {
            Self::All => Self::Unfinished,
            Self::Unfinished => Self::Failed,
            Self::Failed => Self::Finished,
            Self::Finished => Self::All,
        }
    }

    /// The word for the title.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Unfinished => "unfinished",
            Self::Failed => "failed",
            Self::Finished => "finished",
        }
    }

    fn takes(self, row: &Row) -> bool {
        let state = &row.state;
        row.is_shown()
            && match self {
                Self::All => true,
                Self::Unfinished => !state.is_over(),
                Self::Failed => matches!(state, JobState::Failed(_)),
                Self::Finished => state.is_over() && !matches!(state, JobState::Failed(_)),
            }
    }
}

/// How many jobs there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Waiting, or waiting to be tried again.
    pub waiting: u64,
    /// Held.
    pub held: u64,
    /// On a lane.
    pub running: u64,
    /// Waiting for an answer.
    pub asking: u64,
    /// Complete.
    pub done: u64,
    /// Left out.
    pub skipped: u64,
    /// Failed.
    pub failed: u64,
    /// Taken out.
    pub cancelled: u64,
}

impl Counts {
    fn of(&mut self, state: &JobState) -> &mut u64 {
        match state {
            JobState::Waiting | JobState::Retrying(_) => &mut self.waiting,
            JobState::Held(_) => &mut self.held,
            JobState::Running => &mut self.running,
            JobState::Asking => &mut self.asking,
            JobState::Done { .. } => &mut self.done,
            JobState::Skipped(_) => &mut self.skipped,
            JobState::Failed(_) => &mut self.failed,
            JobState::Cancelled => &mut self.cancelled,
        }
    }

    /// Those that are not over.
    pub fn unfinished(&self) -> u64 {
        self.waiting + self.held + self.running + self.asking
    }

    /// All of them.
    fn all(&self) -> u64 {
        self.unfinished() + self.done + self.skipped + self.failed + self.cancelled
    }
}

/// The queue's screen state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Queue {
    rows: BTreeMap<(Rank, JobId), Row>,
    ranks: HashMap<JobId, Rank>,
    /// How many there are of each kind that people see.
    pub counts: Counts,
    /// How many folders there are of each kind that they do not see.
    pub folders: Counts,
    /// The servers that cannot be reached.
    pub away: BTreeMap<ConnectionId, Away>,
    /// Everything was paused, what is still to come too.
    pub paused: bool,
    /// What comes now does not outlast this run.
    pub unkept: bool,
    /// How much is moving.
    pub progress: Progress,
    /// How fast it went.
    pub rates: Rates,
    /// Which are shown.
    pub view: View,
    /// In what is shown.
    pub cursor: Cursor,
}

impl Queue {
    /// Takes new jobs in.
    pub fn add(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            let key = (job.rank, job.id);
            let row = Row {
                job,
                state: JobState::Waiting,
                moved: 0,
            };
            *self.tally(&row) += 1;
            self.ranks.insert(key.1, key.0);
            self.rows.insert(key, row);
        }
    }

    /// The count that a row belongs to.
    fn tally(&mut self, row: &Row) -> &mut u64 {
        match row.is_shown() {
            true => self.counts.of(&row.state),
            false => self.folders.of(&row.state),
        }
    }

    /// Changes a row, which may count elsewhere then. An unknown one is none of ours.
    fn alter(&mut self, id: JobId, change: impl FnOnce(&mut Row)) {
        let Some(mut row) = self.take(id) else {
            return;
        };
        change(&mut row);
        let key = (row.job.rank, id);
        *self.tally(&row) += 1;
        self.ranks.insert(id, key.0);
        self.rows.insert(key, row);
    }

    fn take(&mut self, id: JobId) -> Option<Row> {
        let rank = self.ranks.remove(&id)?;
        let row = self.rows.remove(&(rank, id))?;
        let count = self.tally(&row);
        *count = count.saturating_sub(1);
        Some(row)
    }

    /// Notes how far a job is.
    pub fn change(&mut self, id: JobId, state: JobState) {
        self.alter(id, |row| {
            row.moved = match (&row.state, &state) {
                (_, JobState::Done { bytes, .. }) => *bytes,
                (_, JobState::Skipped(_) | JobState::Cancelled) => 0,
                // what is kept of it is told next
                (JobState::Running, other) if *other != JobState::Running => 0,
                _ => row.moved,
            };
            row.state = state;
        });
    }

    /// Notes how much is kept of a job that does not run.
    pub fn keep(&mut self, id: JobId, bytes: u64) {
        self.alter(id, |row| row.moved = bytes);
    }

    /// Notes where jobs have got to; the cursor stays on its job.
    pub fn reorder(&mut self, moved: &[(JobId, Rank)]) {
        let at = self.current().map(|row| row.job.id);
        for (id, rank) in moved {
            self.alter(*id, |row| row.job.rank = *rank);
        }
        let place = at.and_then(|id| self.shown(0).position(|row| row.job.id == id));
        self.cursor.at = place.unwrap_or(self.cursor.at);
    }

    /// Drops jobs.
    pub fn forget(&mut self, ids: &[JobId]) {
        for id in ids {
            self.take(*id);
        }
    }

    /// Notes how much has moved by now, as time since the start.
    pub fn measure(&mut self, progress: Progress, now: Duration) {
        if !progress.running.is_empty() {
            self.rates.add(progress.rate, now);
        }
        for (id, moved) in &progress.running {
            let rank = self.ranks.get(id).copied();
            if let Some(row) = rank.and_then(|rank| self.rows.get_mut(&(rank, *id))) {
                row.moved = *moved;
            }
        }
        self.progress = progress;
    }

    /// The row of a job.
    pub fn row(&self, id: JobId) -> Option<&Row> {
        self.rows.get(&(*self.ranks.get(&id)?, id))
    }

    /// The rows shown, from line `from` on.
    pub fn shown(&self, from: usize) -> impl Iterator<Item = &Row> {
        let view = self.view;
        self.rows.values().filter(move |r| view.takes(r)).skip(from)
    }

    /// Every row, shown or not.
    pub fn all(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }

    /// How many rows are shown.
    pub fn len(&self) -> usize {
        match self.view {
            View::All => usize::try_from(self.counts.all()).unwrap_or(usize::MAX),
            _ => self.shown(0).count(),
        }
    }

    /// How many jobs are not over, seen or not.
    pub fn unfinished(&self) -> u64 {
        self.counts.unfinished() + self.folders.unfinished()
    }

    /// Whether some job that a command may mean runs, or could begin.
    pub(super) fn is_moving(&self, meant: impl Fn(&Row) -> bool) -> bool {
        let moves = |row: &Row| !row.state.is_over() && !matches!(row.state, JobState::Held(_));
        self.rows.values().any(|row| meant(row) && moves(row))
    }

    /// The job of a number.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.row(id).map(|row| &row.job)
    }

    /// How many there are of each kind in some of the batches: those that people see, and the
    /// folders they do not.
    pub fn counts_of(&self, wanted: impl Fn(BatchId) -> bool) -> (Counts, Counts) {
        let (mut counts, mut folders) = (Counts::default(), Counts::default());
        for row in self.rows.values().filter(|r| wanted(r.job.batch)) {
            let kind = if row.is_shown() { &mut counts } else { &mut folders };
            *kind.of(&row.state) += 1;
        }
        (counts, folders)
    }

    /// The first job of a batch.
    pub(super) fn job_of(&self, batch: BatchId) -> Option<JobId> {
        let mut rows = self.rows.values();
        rows.find(|row| row.job.batch == batch).map(|row| row.job.id)
    }

    /// Why a job of a batch failed, where one did.
    pub(super) fn failure_of(&self, batch: BatchId) -> Option<&Failure> {
        let mut rows = self.rows.values().filter(|row| row.job.batch == batch);
        rows.find_map(|row| match &row.state {
            JobState::Failed(failure) => Some(failure),
            _ => None,
        })
    }

    /// Whether no row is shown.
    pub fn is_empty(&self) -> bool {
        self.shown(0).next().is_none()
    }

    /// Whether the queue holds nothing at all.
    pub fn holds_nothing(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row under the cursor.
    pub fn current(&self) -> Option<&Row> {
        self.shown(self.cursor.at).next()
    }

    /// Puts the cursor on the first job that is not over, or else that has failed, unless it is on one:
    /// that is what a person looks for, and it may be far below what is done.
    pub(super) fn look(&mut self) {
        let unfinished = |row: &Row| !row.state.is_over();
        let failed = |row: &Row| matches!(row.state, JobState::Failed(_));
        let first = |wanted: &dyn Fn(&Row) -> bool| {
            let at = self.shown(self.cursor.at).next().filter(|row| wanted(row));
            at.map_or_else(|| self.shown(0).position(wanted), |_| Some(self.cursor.at))
        };
        if let Some(at) = first(&unfinished).or_else(|| first(&failed))
            && at != self.cursor.at
        {
            (self.cursor.at, self.cursor.top) = (at, at);
        }
    }

    /// The running jobs, as many as a lane each.
    pub fn running(&self) -> impl Iterator<Item = &Row> {
        self.progress
            .running
            .iter()
            .filter_map(|(id, _)| self.row(*id))
            .filter(|r| r.state == JobState::Running)
    }

    /// Seconds until a server that is away is tried again, if one is; the soonest.
    pub fn next_try(&self, now: Duration) -> Option<u64> {
        let soonest = self.away.values().map(|away| away.until).min()?;
        Some(soonest.saturating_sub(now).as_secs_f64().ceil() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Kind;
    use crate::model::failure::{Class, Failure};
    use crate::model::job::{BatchId, Direction, Hold, Item};
    use crate::model::path::RemotePath;
    use std::sync::Arc;

    fn job(id: u64) -> Job {
        Job {
            id: JobId(id),
            batch: BatchId(1),
            direction: Direction::Download,
            item: Arc::new(Item {
                local: "/l/x".into(),
                remote: RemotePath::parse(b"/r/x").unwrap(),
                kind: Kind::File,
                size: Some(100),
                modified: None,
                permissions: None,
            }),
            rank: Rank::default(),
        }
    }

    #[test]
    fn counts_follow_the_states() {
        let mut queue = Queue::default();
        queue.add(vec![job(1), job(2), job(3)]);
        queue.change(JobId(1), JobState::Running);
        queue.change(JobId(2), JobState::Failed(Failure::new(Class::Refused, "a", "b")));
        queue.change(JobId(9), JobState::Running);
        assert_eq!(
            (queue.counts.waiting, queue.counts.running, queue.counts.failed),
            (1, 1, 1)
        );
        queue.view = View::Failed;
        assert_eq!(queue.len(), 1);
        assert_eq!(queue.current().unwrap().job.id, JobId(2));
        queue.forget(&[JobId(2)]);
        assert_eq!((queue.counts.failed, queue.len()), (0, 0));
        queue.change(JobId(3), JobState::Cancelled);
        assert_eq!((queue.counts.unfinished(), queue.counts.cancelled), (1, 1));
    }

    #[test]
    fn what_is_kept_of_a_job_is_known_until_it_is_over() {
        let mut queue = Queue::default();
        queue.add(vec![job(1)]);
        let id = JobId(1);
        let change = |queue: &mut Queue, state| {
            queue.change(id, state);
            queue.row(id).map(|row| row.moved)
        };
        queue.change(id, JobState::Running);
        let running = vec![(id, 70)];
        let progress = Progress {
            running,
            ..Progress::default()
        };
        queue.measure(progress, Duration::ZERO);
        let why = Failure::new(Class::Unreachable, "a", "b");
        assert_eq!(change(&mut queue, JobState::Retrying(why)), Some(0));
        queue.keep(id, 60);
        assert_eq!(change(&mut queue, JobState::Held(Hold::Paused)), Some(60));
        assert_eq!(change(&mut queue, JobState::Waiting), Some(60));
        assert_eq!(change(&mut queue, JobState::Running), Some(60));
        assert_eq!(change(&mut queue, JobState::Cancelled), Some(0));
    }

    #[test]
    fn folders_are_seen_where_they_fail_only() {
        let mut queue = Queue::default();
        let mut folder = job(1);
        Arc::make_mut(&mut folder.item).kind = Kind::Dir;
        queue.add(vec![folder, job(2)]);
        assert_eq!((queue.len(), queue.counts.waiting, queue.unfinished()), (1, 1, 2));
        queue.change(JobId(1), JobState::Failed(Failure::new(Class::Refused, "a", "b")));
        assert_eq!((queue.len(), queue.counts.failed, queue.unfinished()), (2, 1, 1));
        queue.change(JobId(1), JobState::Waiting);
        assert_eq!((queue.len(), queue.counts.failed, queue.unfinished()), (1, 0, 2));
        queue.forget(&[JobId(1), JobId(2)]);
        assert!(queue.holds_nothing() && queue.unfinished() == 0);
    }

    #[test]
    fn jobs_change_places_under_a_cursor_that_stays_on_its_job() {
        let mut queue = Queue::default();
        let rank = |major| Rank { major, minor: 0 };
        queue.add(
            (1..=3)
                .map(|n| Job {
                    rank: rank(n),
                    ..job(n.unsigned_abs())
                })
                .collect(),
        );
        queue.cursor.at = 2;
        queue.reorder(&[(JobId(3), rank(0))]);
        let order: Vec<u64> = queue.shown(0).map(|row| row.job.id.0).collect();
        assert_eq!((order, queue.cursor.at), (vec![3, 1, 2], 0));
        assert_eq!(queue.current().map(|row| row.job.id), Some(JobId(3)));
    }

    #[test]
    fn seconds_to_the_next_try_are_whole() {
        let mut queue = Queue::default();
        assert_eq!(queue.next_try(Duration::ZERO), None);
        let away = Away {
            failure: Failure::new(Class::Unreachable, "a", "b"),
            until: Duration::from_secs(20),
        };
        queue.away.insert(ConnectionId(1), away);
        assert_eq!(queue.next_try(Duration::from_millis(500)), Some(20));
        assert_eq!(queue.next_try(Duration::from_secs(60)), Some(0));
    }
}
