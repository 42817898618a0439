//! What becomes of the things that a request names and changes: lines, and the exit code.

use super::arguments::Output;
use super::json::{DeedLine, Text};
use super::outcome::Outcome;
use super::printer::{Printer, written};
use super::session::{End, Session};
use crate::model::command::Command;
use crate::model::event::{Counted, Deed, Event};
use crate::model::failure::Failure;
use crate::model::size::count;

/// The deeds of a request. For people what went well needs no words.
pub(super) struct Deeds {
    printer: Printer,
    json: bool,
    outcome: Outcome,
    done: u64,
    failed: u64,
}

impl Deeds {
    pub(super) fn new(output: Output) -> Self {
        Self {
            printer: Printer::new(),
            json: output.json,
            outcome: Outcome::default(),
            done: 0,
            failed: 0,
        }
    }

    /// It was done.
    pub(super) fn done(&mut self, line: DeedLine) -> Result<(), End> {
        self.done += 1;
        self.outcome.success();
        self.print(line)
    }

    /// There was nothing to be done.
    pub(super) fn nothing(&mut self) {
        self.outcome.success();
    }

    /// It failed; it is said.
    pub(super) fn failed(&mut self, session: &Session, path: Text, failure: &Failure) -> Result<(), End> {
        session.speech.fail(failure);
        self.failed += 1;
        self.outcome.failure(failure);
        self.print(DeedLine::failed(path, failure.to_string()))
    }

    /// A request that goes on after failures, of which each is said; how much was done in the end.
    pub(super) async fn carry_out(
        &mut self,
        session: &mut Session,
        path: Text,
        command: Command,
    ) -> Result<Counted, End> {
        let before = self.failed;
        session.send(command);
        let counted = loop {
            match session.event().await? {
                Event::Done(Deed::Deleted { counted, .. } | Deed::PermissionsSet { counted, .. }) => {
                    break counted;
                }
                Event::Failed(failure) => self.failed(session, path.clone(), &failure)?,
                Event::Deleting(n) => {
                    let text = format!("{} deleted", count(n, "entry", "entries"));
                    session.speech.progress(&text);
                }
                Event::SettingPermissions(n) => {
                    let text = format!("{} set", count(n, "entry", "entries"));
                    session.speech.progress(&text);
                }
                _ => {}
            }
        };
        session.speech.clear_progress();
        match self.failed == before {
            true => self.done(DeedLine::done(path).counted(&counted))?,
            false if counted.files + counted.folders > 0 => self.outcome.success(),
            false => {}
        }
        Ok(counted)
    }

    fn print(&mut self, line: DeedLine) -> Result<(), End> {
        match self.json {
            true => self.written(|printer| printer.json(&line)),
            false => Ok(()),
        }
    }

    fn written(&mut self, write: impl FnOnce(&mut Printer) -> std::io::Result<()>) -> Result<(), End> {
        Ok(written(
            write(&mut self.printer).and_then(|()| self.printer.flush()),
        )?)
    }

    /// The last line, and the exit code.
    pub(super) fn conclude(mut self) -> Result<u8, End> {
        if self.json {
            let line = DeedLine::summary(self.done, self.failed);
            self.written(|printer| printer.json(&line))?;
        }
        Ok(self.outcome.exit_code())
    }
}

/// Does one thing; a signal or a lost engine ends all, a failure only this.
pub(super) async fn act(session: &mut Session, command: Command) -> Result<(), End> {
    session.send(command);
    loop {
        match session.event().await? {
            Event::Done(_) => return Ok(()),
            Event::Failed(failure) => return Err(failure.into()),
            _ => {}
        }
    }
}
