//! What the interface is told.

use std::path::PathBuf;

use super::action::Action;
use super::effect::Effect;
use super::errand::{ErrandId, Returned};
use super::pointer::{Gesture, Spot};
use crate::config::bookmarks::Bookmark;
use crate::config::import::Looked;
use crate::config::secrets::Lock;
use crate::model::command::QuestionId;
use crate::model::event::{Event, Progress};
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;
use crate::model::key::Key;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::stamp::Stamp;

/// Something happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// This action was called by its name.
    Do(Action),
    /// This is to stand in the line one types in, whatever stood there; it may be a password.
    Write(Secret),
    /// The mouse did something there.
    Pointed(Spot, Gesture),
    /// A text was pasted into the terminal; it may be a password.
    Paste(Secret),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
    /// The engine says something.
    Engine(Event),
    /// How much is moving.
    Progress(Progress),
    /// The moment [`super::App::next_tick`] asked for has come.
    Tick,
    /// The person should know this.
    Notice(String),
    /// A password was found, or not; `Ok(None)` when there is none at the place named.
    SecretResolved(ConnectionId, Result<Option<Secret>, Failure>),
    /// This effect cannot be done before the secret store has its passphrase.
    Locked(Lock, Box<Effect>),
    /// What the engine asked for was found, or not.
    AnswerResolved(QuestionId, ConnectionId, Result<Option<Secret>, Failure>),
    /// A private folder was made for this errand, or was not.
    PrivateFolder(ErrandId, Result<PathBuf, Failure>),
    /// The program has ended that this errand was handed to.
    Returned(ErrandId, Returned),
    /// The saved servers were changed, and are these now; or they were not.
    ServersSaved(Result<Vec<Server>, Failure>),
    /// The file of saved servers was read again, or could not be.
    ServersRead(Result<Vec<Server>, Failure>),
    /// What other programs have saved, made to fit what is saved here.
    ImportsFound(Looked),
    /// What is to be said of copies that were edited in earlier runs, or are edited still; `None` where there are none.
    EditsLeft(Option<Box<Failure>>),
    /// The server of this name is used, since this moment.
    ServerUsed(String, Stamp),
    /// The theme of this name is what the next run begins with, or not.
    ThemeKept(String, Result<(), Failure>),
    /// The bookmarks were changed, and are these now; or they were not.
    BookmarksSaved(Result<Vec<Bookmark>, Failure>),
}
