//! Keys in the queue: what each asks of the engine, or of the person.

use super::App;
use super::action::{Action, Context};
use super::cursor::Cursor;
use super::dialog::{Choice, Dialog, Subject};
use super::effect::Effect;
use super::folder::shown;
use super::input::Line;
use super::queue::Row;
use crate::model::command::{Command, Extent, Shift};
use crate::model::job::{Hold, JobState};
use crate::model::size::{bytes, read_rate, written_rate};
use crate::model::text::capital;

impl App {
    /// An action on the queue's screen.
    pub(super) fn act_queue(&mut self, action: Action) -> Vec<Effect> {
        let row = self.queue.current();
        let ids = row.map(|r| (Extent::Job(r.job.id), Extent::Batch(r.job.batch)));
        let command = match (action, ids) {
            (Action::Pause, Some((job, _))) => self.pause(job),
            (Action::PauseBatch, Some((_, batch))) => self.pause(batch),
            (Action::PauseAll, _) => self.pause(Extent::All),
            (Action::Cancel, Some((job, _))) => Command::Cancel(job),
            (Action::CancelBatch, Some((_, batch))) => Command::Cancel(batch),
            (Action::Retry, Some((job, _))) => Command::Retry(job),
            (Action::RetryBatch, Some((_, batch))) => Command::Retry(batch),
            (Action::RetryAll, _) => Command::Retry(Extent::All),
            (Action::MoveUp, Some((job, _))) => Command::Move(job, Shift::Up),
            (Action::MoveDown, Some((job, _))) => Command::Move(job, Shift::Down),
            (Action::MoveTop, Some((job, _))) => Command::Move(job, Shift::Top),
            (Action::MoveBottom, Some((job, _))) => Command::Move(job, Shift::Bottom),
            (Action::BatchUp, Some((_, batch))) => Command::Move(batch, Shift::Up),
            (Action::BatchDown, Some((_, batch))) => Command::Move(batch, Shift::Down),
            (Action::BatchTop, Some((_, batch))) => Command::Move(batch, Shift::Top),
            (Action::BatchBottom, Some((_, batch))) => Command::Move(batch, Shift::Bottom),
            (Action::Unfinished, _) => Command::LookForUnfinished,
            (Action::ClearFinished, _) => Command::ClearFinished,
            (other, _) => {
                self.look_at_queue(other);
                return Vec::new();
            }
        };
        vec![Effect::Engine(command)]
    }

    /// What changes the screen only, or asks first.
    fn look_at_queue(&mut self, action: Action) {
        match action {
            Action::Back => self.view = self.beneath,
            Action::NextView => {
                self.queue.view = self.queue.view.next();
                self.queue.cursor = Cursor::default();
            }
            Action::CancelAll if self.queue.unfinished() > 0 => {
                let subject = Subject::CancelAll {
                    unfinished: self.queue.counts.unfinished(),
                };
                let choices = [Choice::Stay, Choice::CancelAll];
                self.dialogs.push_back(Dialog::new(subject, choices));
            }
            Action::Limit => {
                let now = self.queue.progress.limit.map(written_rate);
                let line = Line::new(now.unwrap_or_default());
                self.dialogs.push_back(Dialog::asking(Subject::Limit, line));
            }
            Action::Details => {
                if let Some(dialog) = self.queue.current().map(details) {
                    self.dialogs.push_back(dialog);
                }
            }
            movement => {
                let (len, rows) = (self.queue.len(), self.list_rows(Context::Queue));
                self.queue.cursor.go(movement, len, rows);
            }
        }
    }

    /// Pauses what moves or could; where nothing does, it goes on.
    fn pause(&mut self, extent: Extent) -> Command {
        let hold = match extent {
            Extent::Job(id) => self.queue.is_moving(|row| row.job.id == id),
            Extent::Batch(batch) => self.queue.is_moving(|row| row.job.batch == batch),
            Extent::All => {
                !self.queue.paused && (self.queue.unfinished() == 0 || self.queue.is_moving(|_| true))
            }
        };
        if extent == Extent::All {
            self.queue.paused = hold;
        }
        match hold {
            true => Command::Hold(extent),
            false => Command::GoOn(extent),
        }
    }

    /// The limit that was typed: nothing and 0 take it away.
    pub(super) fn limit(&mut self, text: &str) -> Result<Vec<Effect>, String> {
        let limit = match text.trim() {
            "" | "0" => None,
            text => Some(read_rate(text)?),
        };
        self.queue.progress.limit = limit;
        Ok(vec![Effect::Engine(Command::LimitRate(limit))])
    }
}

/// All that is known about a job.
fn details(row: &Row) -> Dialog {
    match &row.state {
        JobState::Failed(failure) | JobState::Retrying(failure) | JobState::Held(Hold::Full(failure)) => {
            Dialog::failure(failure.clone())
        }
        state => {
            let said = match state {
                JobState::Skipped(why) => format!("Left out: {why}."),
                JobState::Done { bytes: n, note, .. } => {
                    let note = note.as_ref().map(|note| format!(" {}.", capital(note)));
                    format!("Done, {}.{}", bytes(*n), note.unwrap_or_default())
                }
                JobState::Held(_) => "Paused.".to_owned(),
                JobState::Asking => "Waits for your answer.".to_owned(),
                JobState::Running => "Running.".to_owned(),
                JobState::Cancelled => "Taken out.".to_owned(),
                _ => "Waits for its turn.".to_owned(),
            };
            let subject = Subject::Job {
                local: shown(&row.job.item.local),
                remote: row.job.item.remote.shown(),
                direction: row.job.direction,
                said,
            };
            Dialog::new(subject, [Choice::Close])
        }
    }
}
