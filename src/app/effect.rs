//! What the interface wants done outside itself.

use crate::model::command::Command;
use crate::model::job::ConnectionId;
use crate::model::server::Server;

/// A wish of [`super::App::update`]; the loop in `term` fulfils it. Plain data: it can be
/// logged, compared and replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Send it to the engine.
    Engine(Command),
    /// Find the server's password where its entry says; answered by
    /// [`super::msg::Msg::SecretResolved`] with the same number.
    ResolveSecret(ConnectionId, Box<Server>),
    /// Write the servers file; answered by [`super::msg::Msg::ServersSaved`].
    SaveServers(Vec<Server>),
    /// Clear the screen and draw it whole.
    Redraw,
    /// Give the terminal back to the shell until it says continue.
    Suspend,
    /// Ring the bell: something waits for the person.
    Bell,
    /// End.
    Quit,
}
