//! Dialogs: what is asked, which choices there are, and where the choice stands.
//!
//! Several may wait; the first one is shown. None stops what goes on behind it.

mod choice;

use std::sync::Arc;

use super::effect::Effect;
use super::failures::Failures;
use super::folder::Folder;
use super::input::Line;
use crate::config::import::Looked;
use crate::config::secrets::{HAS_KEYRING, Lock};
use crate::model::certificate::{Certificate, Doubt, Pin};
use crate::model::command::{Generation, InPlaceAnswer, Place, QuestionId, Scope};
use crate::model::event::{Counted, Question, Side, Wanted};
use crate::model::failure::Failure;
use crate::model::job::{BatchRequest, ConnectionId, Direction, Policy};
use crate::model::path::Name;
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::size::bytes;
use crate::model::unfinished::Unfinished;
pub use choice::Choice;

/// What a dialog is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// May this be transferred?
    Transfer {
        /// What Start puts into the queue.
        request: BatchRequest,
        /// Where it goes, for the screen.
        to: String,
    },
    /// May this be deleted?
    Delete {
        /// What.
        places: Vec<Place>,
        /// The number of the count.
        generation: Generation,
        /// What the count found; `None` while it runs.
        counted: Option<Result<Counted, Failure>>,
    },
    /// The name of a new folder.
    NewFolder {
        /// Where it is made.
        folder: Folder,
    },
    /// A new name, or a new place.
    Rename {
        /// Where the things are.
        folder: Folder,
        /// What is renamed; several are moved.
        names: Vec<Name>,
        /// Whether copies are made instead.
        copies: bool,
    },
    /// A pattern of names to be marked or unmarked in the active pane.
    Pattern {
        /// Whether they are marked.
        mark: bool,
    },
    /// By what are the panes to be compared?
    Compare,
    /// What is searched for below a folder.
    Search {
        /// Which.
        folder: Folder,
    },
    /// Something the pager wants to know.
    InFile(super::pager::Asks),
    /// Something that is asked or told about files.
    Files(Box<super::files::Asks>),
    /// Something to decide about a file in a program of the person's own.
    Errand(Box<super::errand::Asks>),
    /// A password.
    Password {
        /// The server it is for.
        server: Box<Server>,
        /// What the server said to the last one.
        refused: Option<Failure>,
        /// Where it is kept once it was right, one of [`KEEPERS`]; `None` where there is no entry
        /// it could be kept for.
        keep: Option<usize>,
    },
    /// The passphrase of the secret store.
    Passphrase {
        /// Why it is wanted.
        lock: Lock,
        /// What is done with it.
        wanted: Box<Effect>,
        /// A new one as it was typed first.
        first: Option<Secret>,
    },
    /// A certificate that is not trusted by itself.
    Certificate {
        /// The engine's question.
        id: QuestionId,
        /// For which connection.
        connection: ConnectionId,
        /// Which server.
        server: String,
        /// What it showed.
        certificate: Box<Certificate>,
        /// What was pinned, when it is another one.
        pinned: Option<Pin>,
    },
    /// A login needs something more.
    Secret {
        /// The engine's question.
        id: QuestionId,
        /// For which connection.
        connection: ConnectionId,
        /// Which server.
        server: Arc<Server>,
        /// What.
        wanted: Wanted,
    },
    /// A target exists.
    Conflict {
        /// The engine's question.
        id: QuestionId,
        /// Which way it goes.
        direction: Direction,
        /// What would be transferred.
        source: Side,
        /// What is there.
        target: Side,
        /// How far the answer reaches.
        scope: Scope,
        /// The saved server whose entry may keep the answer for always.
        server: Option<String>,
    },
    /// All that is true of the connection.
    Connection,
    /// The speed limit of all transfers together.
    Limit,
    /// All that is known about a job.
    Job {
        /// Its path on this machine, escaped.
        local: String,
        /// Its path on the server, escaped.
        remote: String,
        /// Which way it goes.
        direction: Direction,
        /// How it stands.
        said: String,
    },
    /// Everything is to be taken out of the queue.
    CancelAll {
        /// How many files are not over.
        unfinished: u64,
    },
    /// A folder does not take files safely.
    InPlace {
        /// The engine's question.
        id: QuestionId,
        /// Which server.
        server: String,
        /// The first target it is about.
        target: String,
        /// What the server refused.
        refusal: Failure,
    },
    /// Something failed, and what has failed since.
    Failure(Failures),
    /// A connection could not be made, or was lost.
    ConnectionFailed(Failure),
    /// A server's entry is to be deleted.
    RemoveServer(String),
    /// The program is to end while jobs are unfinished.
    Quit {
        /// How many.
        unfinished: u64,
        /// Whether they are offered at the next start.
        kept: bool,
    },
    /// Other programs have saved this.
    Import(Box<Looked>),
    /// Earlier runs have left this.
    Unfinished(Vec<Unfinished>),
}

/// A dialog.
#[derive(Debug, Clone, PartialEq)]
pub struct Dialog {
    /// What it is about.
    pub subject: Subject,
    /// Its choices.
    pub choices: Vec<Choice>,
    /// The choice Enter takes.
    pub at: usize,
    /// The text it asks for.
    pub line: Option<Line>,
    /// What is wrong with the text.
    pub complaint: Option<String>,
    /// Which page of its text is shown where it does not fit on one; counted round and round by
    /// however many pages there are.
    pub page: i32,
}

/// The policies a transfer can begin with, in the order of its dialog.
pub const POLICIES: [Policy; 7] = [
    Policy::Ask,
    Policy::Overwrite,
    Policy::Newer,
    Policy::Size,
    Policy::Resume,
    Policy::Rename,
    Policy::Skip,
];

/// Where a password that was typed can be kept, in the order of its dialog; `None` is nowhere.
pub const KEEPERS: &[Option<PasswordSource>] = if HAS_KEYRING {
    &[None, Some(PasswordSource::Store), Some(PasswordSource::Keyring)]
} else {
    &[None, Some(PasswordSource::Store)]
};

/// `1204 files and 17 folders, 83.9 MiB`; folders alone have no size.
pub fn amount(counted: &Counted) -> String {
    match (counted.files, counted.folders) {
        (0, 1..) => counted.words(),
        _ => format!("{}, {}", counted.words(), bytes(counted.bytes)),
    }
}

impl Dialog {
    /// A dialog with these choices, the first one taken by Enter.
    pub fn new(subject: Subject, choices: impl Into<Vec<Choice>>) -> Self {
        Self {
            subject,
            choices: choices.into(),
            at: 0,
            line: None,
            complaint: None,
            page: 0,
        }
    }

    /// A dialog that asks for a text.
    pub fn asking(subject: Subject, line: Line) -> Self {
        Self {
            line: Some(line),
            ..Self::new(subject, [Choice::Take, Choice::Cancel])
        }
    }

    /// A failure to be read.
    pub fn failure(failure: Failure) -> Self {
        Self::new(Subject::Failure(Failures::one(failure)), [Choice::Close])
    }

    /// The dialog for a question of the engine; `server` is the saved one it concerns, if it is one.
    pub fn question(id: QuestionId, question: Question, server: Option<String>) -> Self {
        match question {
            Question::Certificate {
                connection,
                server,
                certificate,
                pinned,
            } => {
                let changed = pinned.is_some() || certificate.doubts.contains(&Doubt::Changed);
                let choices: &[Choice] = if changed {
                    &[Choice::Refuse]
                } else {
                    &[Choice::Refuse, Choice::AcceptOnce, Choice::Pin]
                };
                Self::new(
                    Subject::Certificate {
                        id,
                        connection,
                        server,
                        certificate,
                        pinned,
                    },
                    choices,
                )
            }
            Question::Secret {
                connection,
                server,
                wanted,
            } => {
                let subject = Subject::Secret {
                    id,
                    connection,
                    server,
                    wanted,
                };
                Self::asking(subject, Line::masked())
            }
            Question::InPlace {
                server,
                target,
                refusal,
                ..
            } => {
                // No first: a key pressed just as the question appears must lose nothing
                let choices = [InPlaceAnswer::No, InPlaceAnswer::Once, InPlaceAnswer::Remember];
                let subject = Subject::InPlace {
                    id,
                    server,
                    target,
                    refusal,
                };
                Self::new(subject, choices.map(Choice::InPlace))
            }
            Question::Conflict {
                direction,
                source,
                target,
                can_resume,
                ..
            } => {
                // Skip first: a key pressed just as the question appears must lose nothing
                let choices = [
                    Policy::Skip,
                    Policy::Overwrite,
                    Policy::Newer,
                    Policy::Size,
                    Policy::Resume,
                    Policy::Rename,
                ]
                .into_iter()
                .filter(|p| can_resume || *p != Policy::Resume)
                .map(Choice::Decide)
                .collect::<Vec<_>>();
                Self::new(
                    Subject::Conflict {
                        id,
                        direction,
                        source,
                        target,
                        scope: Scope::Once,
                        server,
                    },
                    choices,
                )
            }
        }
    }

    /// The engine's question it stands for.
    pub fn question_id(&self) -> Option<QuestionId> {
        match &self.subject {
            Subject::Certificate { id, .. }
            | Subject::Secret { id, .. }
            | Subject::Conflict { id, .. }
            | Subject::InPlace { id, .. } => Some(*id),
            _ => None,
        }
    }

    /// The choice Enter takes.
    pub fn choice(&self) -> Option<Choice> {
        self.choices.get(self.at).copied()
    }

    /// Goes to the next choice, or the one before; round and round.
    pub fn turn(&mut self, forwards: bool) {
        let len = self.choices.len().max(1);
        self.at = (self.at + if forwards { 1 } else { len - 1 }) % len;
    }

    /// Up and down: the policy of a transfer, where a password is kept, else the choice.
    pub fn move_line(&mut self, down: bool) {
        match &mut self.subject {
            Subject::Transfer { request, .. } => {
                let at = POLICIES.iter().position(|p| *p == request.policy).unwrap_or(0);
                let len = POLICIES.len();
                request.policy = POLICIES[(at + if down { 1 } else { len - 1 }) % len];
            }
            Subject::Password { keep: Some(at), .. } => {
                let len = KEEPERS.len();
                *at = (*at + if down { 1 } else { len - 1 }) % len;
            }
            _ => self.turn(down),
        }
    }

    /// Switches between this file, the whole batch, and always.
    pub fn toggle(&mut self) {
        if let Subject::Conflict { scope, server, .. } = &mut self.subject {
            *scope = match scope {
                Scope::Once => Scope::Batch,
                Scope::Batch if server.is_some() => Scope::Always,
                Scope::Batch | Scope::Always => Scope::Once,
            };
        }
    }

    /// Takes in the answer to a count, if this dialog waits for it.
    pub fn counted(&mut self, number: Generation, result: &Result<Counted, Failure>) {
        if let Subject::Delete {
            generation, counted, ..
        } = &mut self.subject
            && *generation == number
        {
            self.choices = match result {
                Ok(_) => vec![Choice::Delete, Choice::Cancel],
                Err(_) => vec![Choice::Close],
            };
            self.at = 0;
            *counted = Some(result.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::compare::By;

    #[test]
    fn letters_are_unique_among_choices_that_stand_together() {
        let side = || Side {
            shown: "/x".into(),
            size: None,
            modified: None,
        };
        let conflict = Dialog::question(
            QuestionId(1),
            Question::Conflict {
                connection: ConnectionId(1),
                job: crate::model::job::JobId(1),
                direction: Direction::Upload,
                source: side(),
                target: side(),
                can_resume: true,
            },
            None,
        );
        assert_eq!(conflict.choices.len(), 6);
        let in_place = [InPlaceAnswer::No, InPlaceAnswer::Once, InPlaceAnswer::Remember];
        let together: [&[Choice]; 7] = [
            &[
                Choice::Compare(By::Time),
                Choice::Compare(By::Size),
                Choice::Compare(By::Name),
                Choice::Cancel,
            ],
            &in_place.map(Choice::InPlace),
            &[Choice::TakeUp, Choice::Drop, Choice::Later],
            &conflict.choices,
            &[Choice::Refuse, Choice::AcceptOnce, Choice::Pin],
            &[Choice::Retry, Choice::Edit, Choice::Close],
            &[Choice::Delete, Choice::Cancel],
        ];
        for choices in together {
            let mut letters: Vec<_> = choices.iter().filter_map(|c| c.letter()).collect();
            let all = letters.len();
            letters.sort_unstable();
            letters.dedup();
            assert_eq!(letters.len(), all, "{choices:?}");
        }
    }
}
