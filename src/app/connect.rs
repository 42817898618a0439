//! The connection the remote pane shows: asked for, being made, standing, lost.

mod kept;

use std::sync::Arc;

use super::dialog::{Choice, Dialog, KEEPERS, Subject};
use super::effect::{Change, Effect};
use super::folder::{Folder, Side};
use super::history::History;
use super::in_step::InStep;
use super::input::Line;
use super::{App, View};
use crate::model::command::Command;
use crate::model::facts::Facts;
use crate::model::failure::{Class, Failure};
use crate::model::job::ConnectionId;
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::plan::doctor::software::{Software, Words};
use crate::plan::landing::below;

/// An attempt to connect.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// Its number.
    pub connection: ConnectionId,
    /// The server as saved or given.
    pub server: Server,
    /// Its password, once known.
    pub secret: Option<Secret>,
    /// Where the password is to be kept, once it was right.
    pub keep: Option<PasswordSource>,
    /// What has been done so far.
    pub steps: Vec<String>,
}

/// A standing connection.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// How it was made: to make it again.
    pub attempt: Attempt,
    /// The server as it is used.
    pub server: Arc<Server>,
    /// What is true of it.
    pub facts: Box<Facts>,
}

impl Session {
    /// The server's program, where what it says gives it away.
    pub fn software(&self) -> Option<&'static str> {
        let words = Words {
            greeting: self.facts.greeting.clone(),
            features: self.facts.features.to_vec(),
            ..Words::default()
        };
        Software::of(&words).map(Software::name)
    }
}

/// What the remote pane is connected to.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// Nothing.
    Down,
    /// A connection is being made, or its password looked for.
    Opening(Attempt),
    /// A connection.
    Up(Session),
    /// It could not be made, or is gone.
    Lost(Attempt, Failure),
}

impl Link {
    /// The attempt it stands for.
    pub fn attempt(&self) -> Option<&Attempt> {
        match self {
            Self::Down => None,
            Self::Opening(attempt) | Self::Lost(attempt, _) => Some(attempt),
            Self::Up(session) => Some(&session.attempt),
        }
    }

    /// The standing connection.
    pub fn session(&self) -> Option<&Session> {
        match self {
            Self::Up(session) => Some(session),
            _ => None,
        }
    }
}

/// Whether a login to this server needs a password before it begins.
pub(super) fn needs_secret(server: &Server) -> bool {
    !matches!(server.login(), "anonymous" | "ftp") && server.password != PasswordSource::Challenge
}

/// Whether another password is asked for after this. Without a reply it was not the server that
/// refused: what keeps the password cannot be used.
fn can_be_typed(server: &Server, failure: &Failure) -> bool {
    let typed = match server.password {
        PasswordSource::Ask => true,
        PasswordSource::Store | PasswordSource::Keyring => failure.reply.is_some(),
        _ => false,
    };
    typed && needs_secret(server)
}

impl App {
    /// Shows what is true of the connection.
    pub(super) fn show_connection(&mut self) {
        match self.link.session() {
            Some(_) => {
                let dialog = Dialog::new(Subject::Connection, [Choice::Close]);
                self.dialogs.push_back(dialog);
            }
            None => self.say(self.no_connection()),
        }
    }

    /// Begins a connection: finds the password first, where it is not given.
    pub(super) fn connect(&mut self, server: Server, secret: Option<Secret>) -> Vec<Effect> {
        self.view = View::Panes;
        self.active = Side::Remote;
        if secret.is_some() || !needs_secret(&server) {
            return self.open(server, secret);
        }
        let mut effects = self.hang_up();
        let connection = self.next_connection();
        let ask = server.password == PasswordSource::Ask;
        if ask {
            self.ask_password(server.clone(), None);
        } else {
            effects.push(Effect::ResolveSecret(connection, Box::new(server.clone())));
        }
        self.link = Link::Opening(Attempt {
            connection,
            server,
            secret: None,
            keep: None,
            steps: vec![
                if ask {
                    "waiting for the password"
                } else {
                    "looking for the password"
                }
                .into(),
            ],
        });
        effects
    }

    /// Opens the connection with what is known.
    pub(super) fn open(&mut self, server: Server, secret: Option<Secret>) -> Vec<Effect> {
        self.open_keeping(server, secret, None)
    }

    /// The same; the password is kept once it was right.
    pub(super) fn open_keeping(
        &mut self,
        server: Server,
        secret: Option<Secret>,
        keep: Option<PasswordSource>,
    ) -> Vec<Effect> {
        let mut effects = self.hang_up();
        let connection = self.next_connection();
        effects.push(Effect::Engine(Command::Connect {
            connection,
            server: Box::new(server.clone()),
            secret: secret.clone(),
            patience: self.patience,
        }));
        self.link = Link::Opening(Attempt {
            connection,
            server,
            secret,
            keep,
            steps: Vec::new(),
        });
        effects
    }

    /// The password was found where the server's entry says, or not.
    pub(super) fn secret_resolved(
        &mut self,
        connection: ConnectionId,
        result: Result<Option<Secret>, Failure>,
    ) -> Vec<Effect> {
        if self.doctor_waits(connection) {
            return self.doctor_secret(result);
        }
        let Link::Opening(attempt) = &self.link else {
            return Vec::new();
        };
        if attempt.connection != connection {
            return Vec::new();
        }
        let server = attempt.server.clone();
        match result {
            Ok(Some(secret)) => self.open(server, Some(secret)),
            Ok(None) => {
                self.ask_password(server, None);
                Vec::new()
            }
            Err(failure) => self.connection_failed(connection, failure),
        }
    }

    /// Ends what there is; jobs of that connection go on.
    fn hang_up(&mut self) -> Vec<Effect> {
        let old = std::mem::replace(&mut self.link, Link::Down);
        self.remote.empty();
        self.in_step = InStep::default();
        let stopped = self.drop_search();
        // questions of a connection that is given up have nobody to answer to
        let gone = old.attempt().map(|a| a.connection);
        self.dialogs.retain(|d| match &d.subject {
            Subject::Certificate { connection, .. } | Subject::Secret { connection, .. } => {
                Some(*connection) != gone
            }
            Subject::ConnectionFailed(_) | Subject::Password { .. } => false,
            Subject::Passphrase { wanted, .. } => !matches!(**wanted, Effect::ResolveSecret(..)),
            _ => true,
        });
        match old {
            Link::Opening(Attempt { connection, .. })
            | Link::Up(Session {
                attempt: Attempt { connection, .. },
                ..
            }) => {
                let mut effects = stopped;
                effects.push(Effect::Engine(Command::Disconnect(connection)));
                effects
            }
            Link::Down | Link::Lost(..) => stopped,
        }
    }

    /// Gives up a connection that is being made.
    pub(super) fn cancel_connecting(&mut self) -> Vec<Effect> {
        if !matches!(self.link, Link::Opening(_)) {
            return Vec::new();
        }
        let effects = self.hang_up();
        self.view = View::Servers;
        self.active = Side::Local;
        effects
    }

    /// Connects once more as before.
    pub(super) fn reconnect(&mut self) -> Vec<Effect> {
        let Some(attempt) = self.link.attempt().cloned() else {
            return Vec::new();
        };
        match attempt.secret {
            Some(secret) => self.open(attempt.server, Some(secret)),
            None => self.connect(attempt.server, None),
        }
    }

    /// Opens the form on the server that could not be reached.
    pub(super) fn edit_link(&mut self) -> Vec<Effect> {
        let name = self.link.attempt().map(|a| a.server.name.clone());
        if let Some(name) = name.filter(|n| self.servers.named(n).is_some()) {
            self.view = View::Servers;
            self.servers.point_at(&name);
            return self.edit_server();
        }
        Vec::new()
    }

    pub(super) fn ask_password(&mut self, server: Server, refused: Option<Failure>) {
        let saved = self.servers.named(&server.name).is_some();
        let kept = KEEPERS
            .iter()
            .position(|keeper| keeper.as_ref() == Some(&server.password));
        let subject = Subject::Password {
            server: Box::new(server),
            refused,
            keep: saved.then(|| kept.unwrap_or(0)),
        };
        self.dialogs.push_back(Dialog::asking(subject, Line::masked()));
    }

    /// An attempt has come further.
    pub(super) fn connecting(&mut self, id: ConnectionId, step: String) {
        match &mut self.link {
            Link::Opening(attempt) if attempt.connection == id => attempt.steps.push(step),
            // the browsing session was lost and is being made again
            Link::Up(session) if session.attempt.connection == id => {
                // what was said of something that has come to its end is worth more
                if self.notice.is_none() || self.notice == self.step {
                    self.notice = Some(step.clone());
                }
                self.step = Some(step);
            }
            _ => {}
        }
    }

    /// The listing that a lost session was made again for has come, or has failed: its steps are
    /// no news any more.
    pub(super) fn made_again(&mut self) {
        if let Some(step) = self.step.take() {
            self.notice.take_if(|notice| *notice == step);
        }
    }

    /// A connection stands.
    pub(super) fn connected(
        &mut self,
        id: ConnectionId,
        server: Arc<Server>,
        root: RemotePath,
        facts: Box<Facts>,
    ) -> Vec<Effect> {
        let mut attempt = match std::mem::replace(&mut self.link, Link::Down) {
            Link::Opening(attempt) if attempt.connection == id => attempt,
            Link::Up(session) if session.attempt.connection == id => {
                // made again after a loss: the pane stays where it is
                self.link = Link::Up(Session { facts, ..session });
                return self.refresh(Side::Remote, None);
            }
            other => {
                self.link = other;
                return Vec::new();
            }
        };
        let lost = self.lost.take().filter(|(server, _)| *server == attempt.server);
        let back = lost
            .map(|(_, path)| path)
            .filter(|p| p.depth_below(&root).is_some());
        let is_back = back.is_some();
        let start = server.start_folder.clone().filter(|_| !is_back);
        let keep = attempt
            .keep
            .take()
            .zip(attempt.secret.clone())
            .map(|(keeper, secret)| {
                attempt.server.password = keeper.clone();
                Effect::ChangeServers(Change::Keep(attempt.server.name.clone(), keeper, secret))
            });
        self.link = Link::Up(Session {
            attempt,
            server,
            facts,
        });
        self.remote.root = Some(root.clone());
        let first = std::mem::take(&mut self.first_path);
        let folder = match back {
            Some(back) => back,
            None => below(&root, &first).unwrap_or_else(|error| {
                self.notice = Some(format!("The path was not opened: {error}"));
                root
            }),
        };
        let same = self.remote.folder == Folder::Remote(folder.clone()) && is_back;
        let mut effects = self.go(Side::Remote, Folder::Remote(folder), None);
        let name = self.link.attempt().map(|attempt| attempt.server.name.clone());
        let saved = name.filter(|name| self.servers.named(name).is_some());
        effects.extend(saved.map(Effect::RememberUse));
        if !same {
            // those of another server lead nowhere
            self.remote.history = History::default();
        }
        if let Some(start) = start {
            effects.extend(self.go(Side::Local, Folder::Local(start), None));
        }
        effects.extend(keep);
        if let Some(server) = self.link.attempt().map(|attempt| attempt.server.clone()) {
            effects.extend(self.take_up_connected(id, &server));
        }
        effects
    }

    /// A connection could not be made, or is gone.
    pub(super) fn connection_failed(&mut self, id: ConnectionId, failure: Failure) -> Vec<Effect> {
        let attempt = match &self.link {
            Link::Opening(attempt) if attempt.connection == id => attempt.clone(),
            Link::Up(session) if session.attempt.connection == id => {
                if let Folder::Remote(path) = &self.remote.folder {
                    self.lost = Some((session.attempt.server.clone(), path.clone()));
                }
                session.attempt.clone()
            }
            _ => return Vec::new(),
        };
        let _ = self.hang_up();
        let server = attempt.server.clone();
        self.link = Link::Lost(attempt, failure.clone());
        let refused = self.refused.take() == Some(id);
        match failure.class {
            // refused or stopped by the person: the pane says so, that is enough
            Class::Cancelled => {}
            _ if refused => {}
            Class::Login if can_be_typed(&server, &failure) => {
                self.ask_password(server, Some(failure));
            }
            _ => {
                let dialog = self.connection_dialog(&server, failure);
                self.dialogs.push_back(dialog);
            }
        }
        Vec::new()
    }

    /// Why there is no connection to a server, and what can be done.
    pub(super) fn connection_dialog(&self, server: &Server, failure: Failure) -> Dialog {
        let choices: &[Choice] = match self.servers.named(&server.name) {
            Some(_) => &[Choice::Retry, Choice::Edit, Choice::Close],
            None => &[Choice::Retry, Choice::Close],
        };
        Dialog::new(Subject::ConnectionFailed(failure), choices)
    }
}
