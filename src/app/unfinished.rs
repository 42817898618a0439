//! What earlier runs have left undone: offered, taken up server by server, or forgotten.

use std::collections::VecDeque;

use super::App;
use super::connect::{Link, Session};
use super::dialog::{Choice, Dialog, Subject};
use super::effect::Effect;
use super::server_title;
use crate::model::command::Command;
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;
use crate::model::server::Server;
use crate::model::size::count;
use crate::model::unfinished::{RestId, Unfinished};

/// What is to be taken up, by server.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Wanted(VecDeque<(Server, Vec<RestId>)>);

/// The same login on the same server; its other settings may be newer.
fn is_same(a: &Server, b: &Server) -> bool {
    (a.address(), &a.user, &a.name) == (b.address(), &b.user, &b.name)
}

impl App {
    /// The engine tells what is left.
    pub(super) fn offer(&mut self, left: Vec<Unfinished>) {
        self.dialogs
            .retain(|dialog| !matches!(dialog.subject, Subject::Unfinished(_)));
        if left.is_empty() {
            return self.say("No earlier run has left anything unfinished".into());
        }
        let choices = [Choice::TakeUp, Choice::Drop, Choice::Later];
        self.dialogs
            .push_back(Dialog::new(Subject::Unfinished(left), choices));
    }

    /// The engine has forgotten what was left, or could not.
    pub(super) fn dropped(&mut self, dropped: Result<u64, Failure>) {
        match dropped {
            Ok(0) => self.say("What was left is forgotten".into()),
            Ok(files) => self.say(format!(
                "What was left is forgotten, {} deleted here",
                count(files, "temporary file", "temporary files")
            )),
            Err(failure) => self.failed(failure),
        }
    }

    /// Takes it all up. Saved servers are used with the settings that they have now.
    pub(super) fn take_up(&mut self, left: &[Unfinished]) -> Vec<Effect> {
        for left in left {
            let saved = self.servers.named(&left.server.name);
            let server = saved.unwrap_or(&left.server).clone();
            let wanted = &mut self.taking_up.0;
            match wanted.iter_mut().find(|(other, _)| is_same(other, &server)) {
                // it may have been wanted before, and the login given up
                Some((_, rests)) if rests.contains(&left.id) => {}
                Some((_, rests)) => rests.push(left.id),
                None => wanted.push_back((server, vec![left.id])),
            }
        }
        let mut effects = Vec::new();
        if let Link::Up(Session { attempt, .. }) = &self.link {
            let (connection, server) = (attempt.connection, attempt.server.clone());
            effects = self.take_up_over(connection, &server);
        }
        effects.extend(self.connect_for_next());
        effects
    }

    /// A connection stands: what is wanted of its server is taken up, and then the next server's.
    pub(super) fn take_up_connected(&mut self, connection: ConnectionId, server: &Server) -> Vec<Effect> {
        let mut effects = self.take_up_over(connection, server);
        if !effects.is_empty() {
            effects.extend(self.connect_for_next());
        }
        effects
    }

    fn take_up_over(&mut self, connection: ConnectionId, server: &Server) -> Vec<Effect> {
        let wanted = &mut self.taking_up.0;
        let Some(at) = wanted.iter().position(|(other, _)| is_same(other, server)) else {
            return Vec::new();
        };
        let (_, rests) = wanted.remove(at).unwrap_or_default();
        self.say(format!(
            "What was left of {} is in the queue again",
            server_title(server)
        ));
        let take = |rest| {
            let batch = self.next_batch();
            Effect::Engine(Command::TakeUp {
                rest,
                connection,
                batch,
            })
        };
        rests.into_iter().map(take).collect()
    }

    fn connect_for_next(&mut self) -> Vec<Effect> {
        match self.taking_up.0.front() {
            Some((server, _)) => self.connect(server.clone(), None),
            None => Vec::new(),
        }
    }
}
