//! Files in the person's own editor and pager.
//!
//! A file of a server is looked at, fetched through the queue into a private folder, handed over, and
//! after it was edited looked at again and sent back through the queue: what somebody else has written
//! meanwhile is asked about, and whatever goes wrong, the edited copy stays, and it is said where.

use std::path::PathBuf;

use super::App;
use super::action::{Action, Context};
use super::dialog::{Choice, Dialog, Subject};
use super::effect::Effect;
use super::folder::{Folder, Side, shown};
use crate::model::command::{Generation, Place};
use crate::model::entry::Kind;
use crate::model::event::Side as Known;
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchId, BatchRequest, Care, ConnectionId, Direction, Item, Policy};
use crate::model::listing::Listing;
use crate::model::path::{Name, RemotePath};
use crate::model::stamp::Stamp;

mod back;
mod fetch;

/// Names an errand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrandId(pub u64);

/// A program of the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `$VISUAL`, `$EDITOR`.
    Editor,
    /// `$PAGER`.
    Pager,
}

impl Program {
    /// What it is called in a sentence.
    pub fn word(self) -> &'static str {
        match self {
            Self::Editor => "editor",
            Self::Pager => "pager",
        }
    }
}

/// How a program has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Whether the file's content is another one now.
    pub changed: bool,
    /// Whether something lies beside the private copy: what was typed and not saved, or saved under another
    /// name.
    pub unsaved: bool,
    /// Why it did not do what it was asked for.
    pub failure: Option<Failure>,
}

/// Longer files are asked about before they are fetched, in bytes.
const LARGE: u64 = 16 * 1024 * 1024;

/// Size and time of a file: what shows that it was changed.
type Seen = (Option<u64>, Option<Stamp>);

/// How far an errand is.
#[derive(Debug, Clone, PartialEq)]
enum Stage {
    /// The file is looked at before it is fetched.
    Looking(Generation),
    /// The private folder is being made.
    Making,
    /// It is fetched.
    Fetching(BatchId),
    /// That did not come to its end; another try in the queue may.
    Unfetched(BatchId),
    /// The program has it.
    Open,
    /// It is looked at before it is sent back.
    LookingAgain(Generation),
    /// The person decides what becomes of it.
    Asking,
    /// It is sent back.
    Sending(BatchId),
    /// That did not come to its end; another try in the queue may.
    Unsent(BatchId),
}

/// A file of a server on its way to a program and back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Errand {
    id: ErrandId,
    program: Program,
    connection: ConnectionId,
    server: Whose,
    remote: RemotePath,
    name: Name,
    /// The private folder, once there is one.
    folder: Option<PathBuf>,
    /// What the file was before it was fetched.
    seen: Seen,
    /// Whether the program has left something beside the copy: the folder stays then.
    leaves: bool,
    stage: Stage,
}

/// The server of a file. A connection that was made anew is another one, the server is the same.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Whose {
    url: String,
    /// For people.
    title: String,
}

impl Errand {
    /// Where its copy is on this machine.
    fn copy(&self) -> Option<PathBuf> {
        let folder = self.folder.clone()?;
        match Folder::Local(folder).join(&self.name) {
            Folder::Local(path) => Some(path),
            Folder::Remote(_) => None,
        }
    }

    fn batch(&self) -> Option<BatchId> {
        match self.stage {
            Stage::Fetching(batch)
            | Stage::Unfetched(batch)
            | Stage::Sending(batch)
            | Stage::Unsent(batch) => Some(batch),
            _ => None,
        }
    }
}

/// What is asked on an errand.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// May so long a file be fetched?
    Large {
        /// For what.
        program: Program,
        /// The file.
        path: RemotePath,
        /// Its size in bytes.
        size: u64,
    },
    /// The file on the server is not what was fetched.
    Changed {
        /// Which errand.
        id: ErrandId,
        /// The edited copy.
        copy: PathBuf,
        /// What was fetched.
        fetched: Known,
        /// What is there now; `None` where nothing is, or where that cannot be told.
        now: Option<Known>,
        /// Why it cannot be told.
        failure: Option<Box<Failure>>,
    },
}

impl App {
    /// Hands the file under the cursor to a program.
    pub(super) fn open_current(&mut self, program: Program) -> Vec<Effect> {
        let pane = self.pane(self.active);
        let Some(entry) = pane.current() else {
            self.say(format!("There is nothing for the {}", program.word()));
            return Vec::new();
        };
        if entry.is_folder() {
            self.say("That is a folder; Enter goes into it".into());
            return Vec::new();
        }
        let size = entry.size;
        let place = pane.folder.join(&entry.name).place(self.connection());
        self.open_in(program, place, size)
    }

    /// Hands a file to a program.
    pub(super) fn open_in(&mut self, program: Program, place: Place, size: Option<u64>) -> Vec<Effect> {
        match place {
            Place::Local(path) => {
                let errand = self.next_errand();
                vec![Effect::Open {
                    errand,
                    program,
                    path,
                }]
            }
            Place::Remote(_, path) => match size {
                Some(size) if size > LARGE => {
                    let asks = Asks::Large { program, path, size };
                    let dialog =
                        Dialog::new(Subject::Errand(Box::new(asks)), [Choice::Start, Choice::Cancel]);
                    self.dialogs.push_back(dialog);
                    Vec::new()
                }
                _ => self.begin_errand(program, path),
            },
        }
    }

    fn next_errand(&mut self) -> ErrandId {
        self.last_errand += 1;
        ErrandId(self.last_errand)
    }

    /// How far an errand is, in a sentence; `None` where nothing more will come of it.
    fn stands(&self, errand: &Errand) -> Option<String> {
        let name = match errand.server.title.as_str() {
            "" => errand.name.shown(),
            server => format!("{} of {server}", errand.name.shown()),
        };
        let program = errand.program.word();
        let queue = self.key_of(Context::Global, Action::Queue);
        Some(match errand.stage {
            Stage::Looking(_) | Stage::Making | Stage::Fetching(_) => {
                format!("{name} is being fetched for the {program} already")
            }
            Stage::Unfetched(batch) if self.queue.counts_of(|of| of == batch).0.unfinished() > 0 => {
                format!("{name} is being fetched once more; {queue} shows how far it is")
            }
            Stage::Unfetched(_) => return None,
            Stage::Open => format!("The {program} has {name} already"),
            Stage::LookingAgain(_) | Stage::Asking | Stage::Sending(_) => {
                format!("{name} is being sent back; {queue} shows how far it is")
            }
            Stage::Unsent(batch) => match self.queue.counts_of(|of| of == batch).0 {
                counts if counts.unfinished() > 0 => {
                    format!("{name} is being sent back once more; {queue} shows how far it is")
                }
                counts if counts.failed > 0 => {
                    format!("{name} is edited but not sent back; {queue} shows why and tries again")
                }
                // it was taken out of the queue: the copy was named, and stays
                _ => return None,
            },
        })
    }

    fn errand(&mut self, id: ErrandId) -> Option<&mut Errand> {
        self.errands.iter_mut().find(|errand| errand.id == id)
    }

    fn drop_errand(&mut self, id: ErrandId) -> Option<Errand> {
        let at = self.errands.iter().position(|errand| errand.id == id)?;
        Some(self.errands.remove(at))
    }

    /// A listing that an errand has asked for; `None` where none has.
    pub(super) fn errand_listed(
        &mut self,
        generation: Generation,
        result: &Result<std::sync::Arc<Listing>, Failure>,
    ) -> Option<Vec<Effect>> {
        let wanted = |errand: &&mut Errand| {
            [Stage::Looking(generation), Stage::LookingAgain(generation)].contains(&errand.stage)
        };
        let errand = self.errands.iter_mut().find(wanted)?;
        let (id, name) = (errand.id, errand.name.clone());
        let entry = |listing: &Listing| listing.entries.iter().find(|e| e.name == name).cloned();
        let found = result.as_ref().map(|listing| entry(listing));
        let looks_again = matches!(errand.stage, Stage::LookingAgain(_));
        let found = match found {
            Ok(found) => Ok(found),
            Err(failure) => Err(failure.clone()),
        };
        Some(match looks_again {
            false => self.looked(id, found),
            true => self.looked_again(id, found),
        })
    }

    /// A batch is over that belongs to an errand; `None` where it belongs to none.
    pub(super) fn errand_batch_over(&mut self, batch: BatchId) -> Option<Vec<Effect>> {
        let errand = self
            .errands
            .iter()
            .find(|errand| errand.batch() == Some(batch))?
            .clone();
        let (counts, _) = self.queue.counts_of(|of| of == batch);
        let copy = errand.copy()?;
        let done = counts.done == 1;
        Some(match (&errand.stage, done) {
            (Stage::Fetching(_) | Stage::Unfetched(_), true) => {
                if let Some(errand) = self.errand(errand.id) {
                    errand.stage = Stage::Open;
                }
                vec![Effect::Open {
                    errand: errand.id,
                    program: errand.program,
                    path: copy,
                }]
            }
            // its folder stays as long as another try has to have it
            (Stage::Fetching(_) | Stage::Unfetched(_), false) => {
                if let Some(errand) = self.errand(errand.id) {
                    errand.stage = Stage::Unfetched(batch);
                }
                if let Some(failure) = self.queue.failure_of(batch).cloned() {
                    self.failed(failure.while_trying(format!("Could not fetch {}", errand.remote.shown())));
                }
                Vec::new()
            }
            (_, true) => {
                self.drop_errand(errand.id);
                let mut effects = Vec::new();
                match errand.folder {
                    Some(folder) if errand.leaves => {
                        self.left_beside(&errand.remote, "it is sent back", &folder);
                    }
                    folder => {
                        self.say(format!("{} is sent back", errand.remote.shown()));
                        effects.extend(private(folder));
                    }
                }
                effects.extend(self.refresh(Side::Remote, None));
                effects
            }
            // another try may still succeed: the errand waits for it
            (_, false) => {
                if let Some(errand) = self.errand(errand.id) {
                    errand.stage = Stage::Unsent(batch);
                }
                let what = format!("{} is not sent back", errand.remote.shown());
                let failure = match self.queue.failure_of(batch).cloned() {
                    Some(failure) => failure.while_trying(what),
                    None => Failure::new(Class::Other, what, "it was taken out of the queue"),
                };
                self.keep_copy(failure, &copy);
                Vec::new()
            }
        })
    }

    /// What was chosen on an errand; [`Choice::Leave`] where nothing was.
    pub(super) fn choose_on_errand(&mut self, asks: Asks, choice: Choice) -> Vec<Effect> {
        match (asks, choice) {
            (Asks::Large { program, path, .. }, Choice::Start) => self.begin_errand(program, path),
            (Asks::Large { .. }, _) => Vec::new(),
            (Asks::Changed { id, .. }, Choice::Decide(policy)) => self.send_back(id, policy),
            (Asks::Changed { id, copy, .. }, _) => {
                let remote = self.drop_errand(id).map(|errand| errand.remote.shown());
                self.say(format!(
                    "{} is left as it is; the edited copy is kept: {}",
                    remote.unwrap_or_default(),
                    shown(&copy)
                ));
                Vec::new()
            }
        }
    }

    /// Opens what the pager shows in the person's own one.
    pub(super) fn page_outside(&mut self) -> Vec<Effect> {
        let shown = self.pager.as_ref().map(|pager| (pager.place.clone(), pager.size));
        match shown {
            Some((place, size)) => self.open_in(Program::Pager, place, size),
            None => Vec::new(),
        }
    }
}

fn private(folder: Option<PathBuf>) -> Vec<Effect> {
    folder.map(Effect::RemovePrivateFolder).into_iter().collect()
}

fn request(
    errand: &Errand,
    id: BatchId,
    direction: Direction,
    policy: Policy,
    care: Care,
) -> Option<BatchRequest> {
    let is_download = direction == Direction::Download;
    Some(BatchRequest {
        id,
        connection: errand.connection,
        direction,
        items: vec![Item {
            local: errand.copy()?,
            remote: errand.remote.clone(),
            kind: Kind::File,
            size: errand.seen.0.filter(|_| is_download),
            modified: errand.seen.1.filter(|_| is_download),
            permissions: None,
        }],
        policy,
        // the private copy's permissions are nobody's
        care: Care {
            permissions: false,
            ..care
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_lies_in_the_private_folder_whatever_its_name() {
        let errand = |name: &str| Errand {
            id: ErrandId(1),
            program: Program::Editor,
            connection: ConnectionId(1),
            server: Whose::default(),
            remote: RemotePath::root(),
            name: Name::new(name.as_bytes()).unwrap(),
            folder: Some("/private/x".into()),
            seen: (None, None),
            leaves: false,
            stage: Stage::Making,
        };
        assert_eq!(errand("-rf $(x)").copy(), Some("/private/x/-rf $(x)".into()));
        assert_eq!(shown(&errand("a\u{1b}b").copy().unwrap()), "/private/x/a\\x1bb");
    }
}
