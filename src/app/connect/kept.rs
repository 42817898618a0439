//! What a server's entry answers in a person's place, and what it keeps of a person's answers.

use super::{Attempt, Link};
use crate::app::App;
use crate::app::dialog::Dialog;
use crate::app::effect::{Change, Effect};
use crate::model::certificate::Pin;
use crate::model::command::{Answer, Command, QuestionId};
use crate::model::event::{Question, Wanted};
use crate::model::failure::Failure;
use crate::model::job::{ConnectionId, Direction, Policy};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};

impl App {
    /// The engine asks something. What the server's entry says is not asked a person.
    pub(in crate::app) fn asked(&mut self, id: QuestionId, question: Question) -> Vec<Effect> {
        if let Question::Secret {
            connection,
            server,
            wanted: Wanted::ProxyPassword,
        } = &question
            && server.proxy_password != PasswordSource::Ask
        {
            let source = Server {
                password: server.proxy_password.clone(),
                ..(**server).clone()
            };
            return vec![Effect::ResolveAnswer(id, *connection, Box::new(source))];
        }
        // one bell calls the person; the questions behind the first wait anyway
        let first = self.dialogs.is_empty();
        let server = match &question {
            Question::Conflict { connection, .. } => self.entry_of(*connection),
            _ => None,
        };
        self.dialogs.push_back(Dialog::question(id, question, server));
        if first { vec![Effect::Bell] } else { Vec::new() }
    }

    /// What the engine asked for was found where the server's entry says, or not.
    pub(in crate::app) fn answer_resolved(
        &mut self,
        question: QuestionId,
        connection: ConnectionId,
        result: Result<Option<Secret>, Failure>,
    ) -> Vec<Effect> {
        let answer = match result {
            Ok(secret) => secret.map_or(Answer::Dismissed, Answer::Secret),
            Err(failure) => {
                self.refused = Some(connection);
                self.failed(failure);
                Answer::Dismissed
            }
        };
        vec![Effect::Engine(Command::Answer { question, answer })]
    }

    /// The person allowed files to be written in place on the server of this name: its entry keeps it,
    /// if it is saved.
    pub(in crate::app) fn in_place_allowed(&mut self, name: String) -> Vec<Effect> {
        if let Some(attempt) = self.attempt_mut().filter(|attempt| attempt.server.name == name) {
            attempt.server.in_place = true;
        }
        match self.servers.named(&name) {
            Some(_) => vec![Effect::ChangeServers(Change::InPlace(name))],
            None => Vec::new(),
        }
    }

    /// The attempt behind what is shown, whatever became of it.
    fn attempt_mut(&mut self) -> Option<&mut Attempt> {
        match &mut self.link {
            Link::Opening(attempt) | Link::Lost(attempt, _) => Some(attempt),
            Link::Up(session) => Some(&mut session.attempt),
            Link::Down => None,
        }
    }

    /// The name of the saved server that a connection was made by; `None` where it is none, or is
    /// not the present one.
    fn entry_of(&self, connection: ConnectionId) -> Option<String> {
        let attempt = match &self.link {
            Link::Opening(attempt) | Link::Lost(attempt, _) => attempt,
            Link::Up(session) => &session.attempt,
            Link::Down => return None,
        };
        let server = Some(&attempt.server).filter(|_| attempt.connection == connection)?;
        self.servers.named(&server.name).map(|server| server.name.clone())
    }

    /// What a batch to or from the present server does where a target exists, if nothing else is said.
    pub(in crate::app) fn on_conflict(&self, direction: Direction) -> Policy {
        let session = self.link.session();
        session.map_or(Policy::Ask, |session| {
            session.attempt.server.on_conflict(direction)
        })
    }

    /// A conflict was decided for always: the server's entry keeps it.
    pub(in crate::app) fn keep_policy(
        &mut self,
        name: String,
        direction: Direction,
        policy: Policy,
    ) -> Effect {
        if let Some(attempt) = self.attempt_mut().filter(|attempt| attempt.server.name == name) {
            match direction {
                Direction::Download => attempt.server.on_conflict_download = policy,
                Direction::Upload => attempt.server.on_conflict_upload = policy,
            }
        }
        Effect::ChangeServers(Change::OnConflict(name, direction, policy))
    }

    /// The person pinned a certificate: the server's entry keeps it, if it is saved.
    pub(in crate::app) fn pinned(&mut self, id: ConnectionId, pin: Pin) -> Vec<Effect> {
        let Some(attempt) = self.attempt_mut().filter(|attempt| attempt.connection == id) else {
            return Vec::new();
        };
        attempt.server.pin = Some(pin);
        let name = attempt.server.name.clone();
        match self.servers.named(&name) {
            Some(_) => vec![Effect::ChangeServers(Change::Pin(name, Some(pin)))],
            None => Vec::new(),
        }
    }
}
