//! What the interface wants done outside itself.

use crate::config::bookmarks;
use crate::model::certificate::Pin;
use crate::model::command::{Command, QuestionId};
use crate::model::job::{ConnectionId, Direction, Policy};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};

/// One change to the saved servers. The file may have been changed by others meanwhile: it is read
/// again, changed and written under a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new server, and its password where that is to be kept.
    Add(Box<Server>, Option<Secret>),
    /// New settings of the server that was called so, and a new password where that is to be kept.
    Replace(String, Box<Server>, Option<Secret>),
    /// The password of the server of this name was right: it is kept there from now on.
    Keep(String, PasswordSource, Secret),
    /// A certificate is pinned for the server of this name, or no more.
    Pin(String, Option<Pin>),
    /// Files may be written in place on the server of this name.
    InPlace(String),
    /// What is done from now on where a target exists, on the server of this name and this way.
    OnConflict(String, Direction, Policy),
    /// The server of this name is deleted, and its password with it.
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
    /// Change the file of bookmarks; answered by [`super::msg::Msg::BookmarksSaved`].
    ChangeBookmarks(bookmarks::Change),
    /// Remember for the next run whether mode `auto` begins with active mode on this server
    /// (`host:port`).
    RememberActiveFirst(String, bool),
    /// The passphrase of the secret store from now on. The effect that asked for it by
    /// [`super::msg::Msg::Locked`] follows.
    Unlock(Secret),
    /// Clear the screen and draw it whole.
    Redraw,
    /// Give the terminal back to the shell until it says continue.
    Suspend,
    /// Ring the bell: something waits for the person.
    Bell,
    /// End.
    Quit,
}
