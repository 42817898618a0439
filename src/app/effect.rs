//! What the interface wants done outside itself.

use crate::model::certificate::Pin;
use crate::model::command::{Command, QuestionId};
use crate::model::job::ConnectionId;
use crate::model::server::Server;

/// One change to the saved servers. The file may have been changed by others meanwhile: it is read
/// again, changed and written under a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new server.
    Add(Box<Server>),
    /// New settings of the server that was called so.
    Replace(String, Box<Server>),
    /// A certificate is pinned for the server of this name, or no more.
    Pin(String, Option<Pin>),
    /// The server of this name is deleted.
    Remove(String),
}

/// A wish of [`super::App::update`]; the loop in `term` fulfils it. Plain data: it can be
/// logged, compared and replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send it to the engine.
    Engine(Command),
    /// Find the server's password where its entry says; answered by
    /// [`super::msg::Msg::SecretResolved`] with the same number.
    ResolveSecret(ConnectionId, Box<Server>),
    /// Find what the engine asked for where the password of this server says; answered by
    /// [`super::msg::Msg::AnswerResolved`] with the same numbers.
    ResolveAnswer(QuestionId, ConnectionId, Box<Server>),
    /// Change the file of saved servers; answered by [`super::msg::Msg::ServersSaved`].
    ChangeServers(Change),
    /// Clear the screen and draw it whole.
    Redraw,
    /// Give the terminal back to the shell until it says continue.
    Suspend,
    /// Ring the bell: something waits for the person.
    Bell,
    /// End.
    Quit,
}
