//! The queue as the screen knows it: jobs as they came, and how far each is.

use std::collections::HashMap;

use super::App;
use super::action::{Action, Context};
use super::cursor::Cursor;
use super::effect::Effect;
use crate::model::command::Command;
use crate::model::event::Progress;
use crate::model::job::{BatchId, Job, JobId, JobState};

/// A job and how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The job.
    pub job: Job,
    /// Its state.
    pub state: JobState,
    /// Bytes it has moved, as last sampled.
    pub moved: u64,
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

    fn takes(self, state: &JobState) -> bool {
        match self {
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
        self.waiting + self.running + self.asking
    }
}

/// The queue's screen state.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Queue {
    rows: Vec<Row>,
    places: HashMap<JobId, usize>,
    /// How many there are of each kind.
    pub counts: Counts,
    /// How much is moving.
    pub progress: Progress,
    /// Which are shown.
    pub view: View,
    /// In what is shown.
    pub cursor: Cursor,
}

impl Queue {
    /// Takes new jobs in.
    pub fn add(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            self.places.insert(job.id, self.rows.len());
            self.rows.push(Row {
                job,
                state: JobState::Waiting,
                moved: 0,
            });
            self.counts.waiting += 1;
        }
    }

    /// Notes how far a job is; an unknown one is none of ours.
    pub fn change(&mut self, id: JobId, state: JobState) {
        let Some(row) = self.places.get(&id).and_then(|place| self.rows.get_mut(*place)) else {
            return;
        };
        let before = self.counts.of(&row.state);
        *before = before.saturating_sub(1);
        *self.counts.of(&state) += 1;
        if let JobState::Done { bytes, .. } = state {
            row.moved = bytes;
        }
        row.state = state;
    }

    /// Drops jobs.
    pub fn forget(&mut self, ids: &[JobId]) {
        let gone: std::collections::HashSet<&JobId> = ids.iter().collect();
        for row in self.rows.iter().filter(|r| gone.contains(&r.job.id)) {
            let count = self.counts.of(&row.state);
            *count = count.saturating_sub(1);
        }
        self.rows.retain(|r| !gone.contains(&r.job.id));
        self.places = self.rows.iter().enumerate().map(|(i, r)| (r.job.id, i)).collect();
    }

    /// Notes how much has moved.
    pub fn measure(&mut self, progress: Progress) {
        for (id, moved) in &progress.running {
            if let Some(row) = self.places.get(id).and_then(|p| self.rows.get_mut(*p)) {
                row.moved = *moved;
            }
        }
        self.progress = progress;
    }

    /// The row of a job.
    pub fn row(&self, id: JobId) -> Option<&Row> {
        self.rows.get(*self.places.get(&id)?)
    }

    /// The rows shown, from line `from` on.
    pub fn shown(&self, from: usize) -> impl Iterator<Item = &Row> {
        let view = self.view;
        self.rows.iter().filter(move |r| view.takes(&r.state)).skip(from)
    }

    /// How many rows are shown.
    pub fn len(&self) -> usize {
        match self.view {
            View::All => self.rows.len(),
            _ => self.shown(0).count(),
        }
    }

    /// The job of a number.
    pub fn job(&self, id: JobId) -> Option<&Job> {
        self.row(id).map(|row| &row.job)
    }

    /// How many there are of each kind in some of the batches.
    pub fn counts_of(&self, wanted: impl Fn(BatchId) -> bool) -> Counts {
        let mut counts = Counts::default();
        for row in self.rows.iter().filter(|r| wanted(r.job.batch)) {
            *counts.of(&row.state) += 1;
        }
        counts
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

    /// The running jobs, as many as a lane each.
    pub fn running(&self) -> impl Iterator<Item = &Row> {
        self.progress
            .running
            .iter()
            .filter_map(|(id, _)| self.row(*id))
            .filter(|r| r.state == JobState::Running)
    }

    /// Seconds until all is moved at the present rate; `None` while that cannot be known.
    pub fn seconds_left(&self) -> Option<u64> {
        let p = &self.progress;
        (!p.walking && p.rate > 0).then(|| p.total.saturating_sub(p.moved).div_ceil(p.rate))
    }
}

impl App {
    /// An action on the queue's screen.
    pub(super) fn act_queue(&mut self, action: Action) -> Vec<Effect> {
        let job = self.queue.current().map(|r| (r.job.id, r.job.batch));
        let command = |c: Command| vec![Effect::Engine(c)];
        match (action, job) {
            (Action::Back, _) => self.view = self.beneath,
            (Action::Cancel, Some((id, _))) => return command(Command::CancelJob(id)),
            (Action::CancelBatch, Some((_, batch))) => return command(Command::CancelBatch(batch)),
            (Action::Retry, Some((id, _))) => return command(Command::Retry(id)),
            (Action::Unfinished, _) => return command(Command::LookForUnfinished),
            (Action::ClearFinished, _) => return command(Command::ClearFinished),
            (Action::NextView, _) => {
                self.queue.view = self.queue.view.next();
                self.queue.cursor = Cursor::default();
            }
            (movement, _) => {
                let (len, rows) = (self.queue.len(), self.list_rows(Context::Queue));
                self.queue.cursor.go(movement, len, rows);
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Kind;
    use crate::model::failure::{Class, Failure};
    use crate::model::job::{BatchId, Direction, Item};
    use crate::model::path::RemotePath;

    fn job(id: u64) -> Job {
        Job {
            id: JobId(id),
            batch: BatchId(1),
            direction: Direction::Download,
            item: Item {
                local: "/l/x".into(),
                remote: RemotePath::parse(b"/r/x").unwrap(),
                kind: Kind::File,
                size: Some(100),
                modified: None,
            },
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
    fn time_left_needs_a_rate_and_a_known_total() {
        let mut queue = Queue::default();
        assert_eq!(queue.seconds_left(), None);
        let progress = Progress {
            rate: 10,
            moved: 5,
            total: 106,
            ..Progress::default()
        };
        queue.measure(progress.clone());
        assert_eq!(queue.seconds_left(), Some(11));
        queue.measure(Progress {
            walking: true,
            ..progress
        });
        assert_eq!(queue.seconds_left(), None);
    }
}
