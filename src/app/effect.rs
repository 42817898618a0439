//! What the interface wants done outside itself.

use std::path::PathBuf;

use super::errand::{ErrandId, Program};
use crate::config::bookmarks;
pub use crate::config::change::Change;
use crate::model::command::{Command, QuestionId};
use crate::model::job::ConnectionId;
use crate::model::secret::Secret;
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
    /// Find what the engine asked for where the password of this server says; answered by
    /// [`super::msg::Msg::AnswerResolved`] with the same numbers.
    ResolveAnswer(QuestionId, ConnectionId, Box<Server>),
    /// Change the file of saved servers; answered by [`super::msg::Msg::ServersSaved`].
    ChangeServers(Change),
    /// Change the file of bookmarks; answered by [`super::msg::Msg::BookmarksSaved`].
    ChangeBookmarks(bookmarks::Change),
    /// Begin with the theme of this name from now on; answered by [`super::msg::Msg::ThemeKept`].
    KeepTheme(String),
    /// Read the file of saved servers again; answered by [`super::msg::Msg::ServersRead`].
    ReadServers,
    /// Look for servers that other programs have saved; answered by
    /// [`super::msg::Msg::ImportsFound`].
    LookForImports,
    /// Look for copies that were edited in earlier runs and not seen to be sent back; answered by
    /// [`super::msg::Msg::EditsLeft`].
    LookForEdits,
    /// Remember that the saved server of this name is used now; answered by
    /// [`super::msg::Msg::ServerUsed`].
    RememberUse(String),
    /// Remember for the next run whether mode `auto` begins with active mode on this server
    /// (`host:port`).
    RememberActiveFirst(String, bool),
    /// The passphrase of the secret store from now on. The effect that asked for it by
    /// [`super::msg::Msg::Locked`] follows.
    Unlock(Secret),
    /// Make a folder for an errand into which only this person can look, for a copy of this file; answered by
    /// [`super::msg::Msg::PrivateFolder`] with the same number.
    MakePrivateFolder(ErrandId, String),
    /// Remove such a folder with what is in it; answered by [`super::msg::Msg::EditsLeft`].
    RemovePrivateFolder(PathBuf),
    /// Give the terminal to a program of the person's own that opens this file; answered by
    /// [`super::msg::Msg::Returned`] with the same number when it has ended.
    Open {
        /// The number.
        errand: ErrandId,
        /// Which program.
        program: Program,
        /// The file; absolute.
        path: PathBuf,
    },
    /// Put a text into the clipboard of the person's own terminal.
    CopyText(String),
    /// Clear the screen and draw it whole.
    Redraw,
    /// Give the terminal back to the shell until it says continue.
    Suspend,
    /// Ring the bell: something waits for the person.
    Bell,
    /// Let the person's terminal say this, which may be out of sight: transfers that took long are over.
    Notify(String),
    /// End.
    Quit,
}
