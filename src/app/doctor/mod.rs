//! The doctor's screen: the steps as they come, then the verdicts with what would mend them.

mod report;

use std::time::Duration;

use super::action::{Action, Context};
use super::connect::needs_secret;
use super::cursor::Cursor;
use super::effect::{Change, Effect};
use super::{App, View, server_title};
use crate::model::command::Command;
use crate::model::diagnosis::{Diagnosis, Examined, Fix, Step};
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::size::duration;
pub use report::{Row, Tone};

/// How far a visit is.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// The password is still looked for, or typed.
    Waiting,
    /// Steps are taken.
    Running(Option<Step>),
    /// All is known.
    Done(Box<Diagnosis>),
    /// It could not begin, or was broken off.
    Failed(Failure),
}

/// One look at one server.
#[derive(Debug, Clone, PartialEq)]
pub struct Doctor {
    /// The server as it is looked at; what was applied is in it.
    pub server: Server,
    /// The name under which it is saved; `None` where its settings are in the form only, or nowhere.
    saved: Option<String>,
    /// What it was called over.
    from: View,
    secret: Option<Secret>,
    connection: ConnectionId,
    /// How far it is.
    pub state: State,
    /// The steps so far.
    pub steps: Vec<Examined>,
    /// When the step that runs began, as time since the start.
    since: Duration,
    /// How long it has run, when that was last looked at.
    waited: Duration,
    /// Which of the fixes is taken next.
    chosen: usize,
    /// Those that have been applied.
    applied: Vec<Fix>,
    /// Whether what was sent and seen is shown with each step.
    pub details: bool,
    /// The window on the report.
    pub window: Cursor,
}

impl Doctor {
    /// What would mend something, in the order of the verdicts.
    pub fn fixes(&self) -> Vec<&Fix> {
        let mut fixes: Vec<&Fix> = Vec::new();
        if let State::Done(diagnosis) = &self.state {
            for fix in diagnosis.verdicts.iter().flat_map(|verdict| &verdict.fix) {
                if !fixes.contains(&fix) {
                    fixes.push(fix);
                }
            }
        }
        fixes
    }

    /// Keeps the window on the report.
    pub(super) fn settle(&mut self, columns: usize, rows: usize) {
        let len = self.rows(columns).len();
        self.window.top = self.window.top.min(len.saturating_sub(rows.max(1)));
    }

    /// The fix that is taken next.
    pub fn chosen(&self) -> Option<&Fix> {
        self.fixes().get(self.chosen).copied()
    }

    /// What it is about, in a few words.
    pub fn says(&self) -> String {
        match &self.state {
            State::Waiting => "waiting for the password".into(),
            State::Running(Some(step)) => format!("looking at it: {}", step.words()),
            State::Running(None) => "looking at it".into(),
            State::Failed(failure) => failure.why.clone(),
            State::Done(diagnosis) => report::summary(diagnosis),
        }
    }
}

impl Doctor {
    /// The same, with how long the step that runs has run by now.
    pub fn says_now(&self) -> String {
        match (&self.state, self.waited.as_secs()) {
            (State::Running(Some(_)), seconds @ 1..) => format!("{}, {}", self.says(), duration(seconds)),
            _ => self.says(),
        }
    }
}

impl App {
    /// Looks at the server under the cursor.
    pub(super) fn examine_current(&mut self) -> Vec<Effect> {
        let Some(server) = self.servers.current().cloned() else {
            return Vec::new();
        };
        let saved = Some(server.name.clone());
        let known = self.link.attempt().filter(|attempt| attempt.server == server);
        let secret = known.and_then(|attempt| attempt.secret.clone());
        self.examine(server, saved, secret)
    }

    /// Looks at the server that the panes show, or tried to. Its session and the queue go on meanwhile.
    pub(super) fn examine_connected(&mut self) -> Vec<Effect> {
        let Some(attempt) = self.link.attempt().cloned() else {
            self.say(self.no_connection());
            return Vec::new();
        };
        let saved = self.servers.named(&attempt.server.name);
        let saved = saved.map(|server| server.name.clone());
        self.examine(attempt.server, saved, attempt.secret)
    }

    /// Looks at what stands in the form, saved or not.
    pub(super) fn examine_form(&mut self, server: Server) -> Vec<Effect> {
        let secret = self.form.as_ref().and_then(super::form::Form::secret);
        self.examine(server, None, secret)
    }

    fn examine(&mut self, server: Server, saved: Option<String>, secret: Option<Secret>) -> Vec<Effect> {
        let connection = self.next_connection();
        let from = match self.view {
            View::Panes => View::Panes,
            View::Doctor => self.doctor.as_ref().map_or(View::Servers, |doctor| doctor.from),
            _ => View::Servers,
        };
        self.view = View::Doctor;
        self.doctor = Some(Doctor {
            from,
            server: server.clone(),
            saved,
            secret: None,
            connection,
            state: State::Waiting,
            steps: Vec::new(),
            since: self.now,
            waited: Duration::ZERO,
            chosen: 0,
            applied: Vec::new(),
            details: false,
            window: Cursor::default(),
        });
        if secret.is_some() || !needs_secret(&server) {
            return self.begin_visit(secret);
        }
        if server.password == PasswordSource::Ask {
            self.ask_password(server, None);
            return Vec::new();
        }
        vec![Effect::ResolveSecret(connection, Box::new(server))]
    }

    fn begin_visit(&mut self, secret: Option<Secret>) -> Vec<Effect> {
        let patience = self.patience;
        let Some(doctor) = &mut self.doctor else {
            return Vec::new();
        };
        doctor.secret.clone_from(&secret);
        doctor.state = State::Running(None);
        doctor.steps.clear();
        doctor.window = Cursor::default();
        vec![Effect::Engine(Command::Diagnose {
            connection: doctor.connection,
            server: Box::new(doctor.server.clone()),
            secret,
            patience,
            // the interface asks for none: it would write without a question
            probe_upload: false,
        })]
    }

    /// Whether the doctor waits for the password of this connection.
    pub(super) fn doctor_waits(&self, connection: ConnectionId) -> bool {
        let waits = |doctor: &Doctor| doctor.state == State::Waiting && doctor.connection == connection;
        self.doctor.as_ref().is_some_and(waits)
    }

    /// Whether a password that is asked for on the screen is the doctor's.
    pub(super) fn doctor_asks(&self, server: &Server) -> bool {
        let asks = |doctor: &Doctor| doctor.state == State::Waiting && doctor.server == *server;
        self.view == View::Doctor && self.doctor.as_ref().is_some_and(asks)
    }

    /// The password was typed, or found where the server's entry says.
    pub(super) fn doctor_secret(&mut self, found: Result<Option<Secret>, Failure>) -> Vec<Effect> {
        match found {
            Ok(Some(secret)) => return self.begin_visit(Some(secret)),
            Ok(None) => {
                if let Some(server) = self.doctor.as_ref().map(|doctor| doctor.server.clone()) {
                    self.ask_password(server, None);
                }
            }
            Err(failure) => {
                if let Some(doctor) = &mut self.doctor {
                    doctor.state = State::Failed(failure);
                }
            }
        }
        Vec::new()
    }

    /// Away from the doctor, back to where one was; what runs is broken off.
    pub(super) fn leave_doctor(&mut self) -> Vec<Effect> {
        let doctor = self.doctor.take();
        self.view = doctor.as_ref().map_or(View::Servers, |doctor| doctor.from);
        match doctor {
            Some(doctor) if matches!(doctor.state, State::Running(_)) => {
                vec![Effect::Engine(Command::Disconnect(doctor.connection))]
            }
            _ => Vec::new(),
        }
    }

    /// A step has begun.
    pub(super) fn examining(&mut self, id: ConnectionId, step: Step) {
        let now = self.now;
        if let Some(doctor) = self.doctor_of(id) {
            doctor.state = State::Running(Some(step));
            doctor.since = now;
            doctor.waited = Duration::ZERO;
        }
    }

    /// A second has passed: the step that runs says how long it has.
    pub(super) fn time_visit(&mut self) {
        let now = self.now;
        if let Some(doctor) = &mut self.doctor {
            doctor.waited = now.saturating_sub(doctor.since);
        }
    }

    /// When the step that is shown has run a second longer.
    pub(super) fn next_second_of_visit(&self) -> Option<Duration> {
        let doctor = self.doctor.as_ref().filter(|_| self.view == View::Doctor)?;
        let second = Duration::from_secs(doctor.waited.as_secs() + 1);
        matches!(doctor.state, State::Running(Some(_))).then(|| doctor.since + second)
    }

    /// A step is done.
    pub(super) fn examined(&mut self, id: ConnectionId, examined: Examined) {
        let (columns, rows) = self.report_room();
        if let Some(doctor) = self.doctor_of(id) {
            doctor.steps.push(examined);
            // the newest step is the one to see
            let len = doctor.rows(columns).len();
            doctor.window.scroll(Action::Last, len, rows);
        }
    }

    /// The visit is over: the verdicts stand at the top.
    pub(super) fn diagnosed(&mut self, id: ConnectionId, result: Result<Box<Diagnosis>, Failure>) {
        if let Some(doctor) = self.doctor_of(id) {
            doctor.state = match result {
                Ok(diagnosis) => State::Done(diagnosis),
                Err(failure) => State::Failed(failure),
            };
            doctor.chosen = 0;
            doctor.window = Cursor::default();
        }
    }

    fn doctor_of(&mut self, id: ConnectionId) -> Option<&mut Doctor> {
        let running =
            |doctor: &&mut Doctor| doctor.connection == id && matches!(doctor.state, State::Running(_));
        self.doctor.as_mut().filter(running)
    }

    /// Columns and rows of the report.
    pub fn report_room(&self) -> (usize, usize) {
        let columns = usize::from(self.size.0.saturating_sub(2));
        (columns, self.list_rows(Context::Doctor))
    }

    /// An action on the doctor's screen.
    pub(super) fn act_doctor(&mut self, action: Action) -> Vec<Effect> {
        let (columns, rows) = self.report_room();
        let Some(doctor) = &mut self.doctor else {
            return self.leave_doctor();
        };
        match action {
            Action::Back => return self.leave_doctor(),
            Action::Details => {
                doctor.details = !doctor.details;
            }
            Action::NextView => {
                let fixes = doctor.fixes().len();
                doctor.chosen = (doctor.chosen + 1) % fixes.max(1);
            }
            Action::LookAgain => return self.look_again(),
            Action::Apply => return self.apply_fix(),
            Action::CopyReport => {
                let text = doctor.text();
                self.say("The report is copied as text, with what was sent and seen".into());
                return vec![Effect::CopyText(text)];
            }
            movement => {
                let len = doctor.rows(columns).len();
                doctor.window.scroll(movement, len, rows);
            }
        }
        Vec::new()
    }

    fn look_again(&mut self) -> Vec<Effect> {
        let over = |doctor: &Doctor| matches!(doctor.state, State::Done(_) | State::Failed(_));
        if !self.doctor.as_ref().is_some_and(over) {
            return Vec::new();
        }
        let connection = self.next_connection();
        let Some(doctor) = self.doctor.as_mut() else {
            return Vec::new();
        };
        doctor.connection = connection;
        doctor.applied.clear();
        let secret = doctor.secret.clone();
        if secret.is_some() || !needs_secret(&doctor.server) {
            return self.begin_visit(secret);
        }
        let (server, saved) = (doctor.server.clone(), doctor.saved.clone());
        self.examine(server, saved, None)
    }

    /// Writes what would mend it into the server's entry, or into the form.
    fn apply_fix(&mut self) -> Vec<Effect> {
        let again = self.key_of(Context::Doctor, Action::LookAgain);
        let Some(doctor) = &mut self.doctor else {
            return Vec::new();
        };
        let Some(fix) = doctor.chosen().cloned() else {
            self.say("There is no setting here that would mend it".into());
            return Vec::new();
        };
        if doctor.applied.contains(&fix) {
            self.say(format!("That is applied already; {again} looks again"));
            return Vec::new();
        }
        fix.apply(&mut doctor.server);
        doctor.applied.push(fix.clone());
        let entry = doctor.saved.as_ref().and_then(|name| self.servers.named(name));
        match (entry.cloned(), &mut self.form) {
            // what was looked at may have settings of the command line, or of before an edit
            (Some(mut entry), _) => {
                doctor.applied.iter().for_each(|fix| fix.apply(&mut entry));
                self.say(format!(
                    "{} of {} is changed; {again} looks again",
                    fix.field(),
                    server_title(&entry)
                ));
                vec![Effect::ChangeServers(Change::Replace(
                    entry.name.clone(),
                    Box::new(entry),
                    None,
                ))]
            }
            (None, Some(form)) => {
                form.mend(&fix);
                self.say(format!(
                    "{} is changed in the form, which is not saved yet",
                    fix.field()
                ));
                Vec::new()
            }
            (None, None) => {
                self.say(format!(
                    "{} is changed for the next look; nothing is saved: {} says the same on the command line",
                    fix.field(),
                    fix.flags().join(" ")
                ));
                Vec::new()
            }
        }
    }
}

#[cfg(test)]
mod tests;
