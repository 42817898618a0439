//! What is done with files besides transferring them: made, copied on their side, given permissions,
//! looked at in all that is known, and a server spoken to in its own words.

mod copied;

use super::App;
use super::dialog::{Choice, Dialog, Subject};
use super::effect::Effect;
use super::folder::{Folder, Side, folder_of, name_at, shown_name, shown_place};
use super::input::Line;
use super::pane::Pane;
use crate::model::checksum::Checksum;
use crate::model::command::{Command, Generation, Permit, Place};
use crate::model::entry::{Entry, Permissions};
use crate::model::event::{Counted, RawReply};
use crate::model::failure::Failure;
use crate::model::mode::{Mode, Reach};
pub(super) use copied::Copied;

/// What is asked or told about files.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// The name of a new file.
    NewFile {
        /// Where it is made.
        folder: Folder,
    },
    /// New permissions.
    Permissions {
        /// Of what.
        places: Vec<Place>,
        /// What they are now, where that is known and the same for all.
        now: Option<Permissions>,
        /// Whether one of them may be a folder.
        folders: bool,
        /// How far below folders.
        reach: Reach,
    },
    /// All that is known of a file or folder.
    Properties(Box<Properties>),
    /// A command in the server's own words.
    Raw {
        /// Relative names in it begin here.
        folder: Folder,
        /// What was sent in this dialog, and what came; the newest last.
        said: Vec<(String, Answered)>,
        /// Which of the commands sent before stands in the line, counted from the newest.
        recalled: Option<usize>,
    },
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq)]
pub enum Answered {
    /// Nothing yet; the number of the request.
    Awaited(Generation),
    /// What the server said, or why it was not asked.
    Said(Result<RawReply, Failure>),
}

/// All that is known of an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Properties {
    /// Where it is.
    pub place: Place,
    /// What the listing tells.
    pub entry: Entry,
    /// What a count of the folder has found, once one was asked for.
    pub counted: Option<Asked<Counted>>,
    /// The checksum, once it was asked for.
    pub checksum: Option<Asked<Checksum>>,
    /// The file of the same name in the other pane, and its checksum.
    pub other: Option<(Place, Option<Asked<Checksum>>)>,
}

/// Something that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Asked<T> {
    /// It is awaited, under this number.
    Awaited(Generation),
    /// It came, or why not.
    Told(Result<T, Failure>),
}

impl<T> Asked<T> {
    fn awaits(&self, number: Generation) -> bool {
        matches!(self, Self::Awaited(generation) if *generation == number)
    }
}

/// How far permissions can go, in the order of the dialog.
pub const REACHES: [Reach; 4] = [Reach::Itself, Reach::All, Reach::Files, Reach::Folders];

impl App {
    /// Asks for the name of a new file.
    pub(super) fn ask_new_file(&mut self) {
        let folder = self.pane(self.active).folder.clone();
        self.ask_about_files(Asks::NewFile { folder }, Line::default());
    }

    fn ask_about_files(&mut self, asks: Asks, line: Line) {
        self.dialogs
            .push_back(Dialog::asking(Subject::Files(Box::new(asks)), line));
    }

    /// Asks for the permissions of what is selected.
    pub(super) fn ask_permissions(&mut self) {
        let pane = self.pane(self.active);
        let selection = pane.selection();
        let Some(first) = selection.first() else {
            self.say("There is nothing to give permissions to".into());
            return;
        };
        let now = first.permissions;
        let now = now.filter(|_| selection.iter().all(|entry| entry.permissions == now));
        let folders = selection.iter().any(|entry| entry.may_be_folder());
        let line = now.map_or(String::new(), |bits| format!("{:03o}", bits.0));
        let asks = Asks::Permissions {
            places: self.selected_places(),
            now,
            folders,
            reach: Reach::Itself,
        };
        self.ask_about_files(asks, Line::new(line));
    }

    /// Shows all that is known of what is under the cursor.
    pub(super) fn show_properties(&mut self) {
        let connection = self.connection();
        let pane = self.pane(self.active);
        let Some(entry) = pane.current().cloned() else {
            self.say("There is nothing under the cursor".into());
            return;
        };
        let place = pane.folder.join(&entry.name).place(connection);
        let twin = |pane: &Pane| {
            let twin = pane.entries().iter().find(|e| e.name == entry.name)?;
            (!twin.is_folder()).then(|| pane.folder.join(&twin.name).place(connection))
        };
        let is_file = !entry.is_folder();
        let other = twin(self.pane(self.active.other())).filter(|_| is_file);
        let properties = Properties {
            place,
            entry,
            counted: None,
            checksum: None,
            other: other.map(|place| (place, None)),
        };
        let choices = match is_file {
            true => [Choice::Close, Choice::Checksum],
            false => [Choice::Close, Choice::Count],
        };
        let asks = Asks::Properties(Box::new(properties));
        self.dialogs
            .push_back(Dialog::new(Subject::Files(Box::new(asks)), choices));
    }

    /// Asks for a command in the server's words.
    pub(super) fn ask_raw(&mut self) {
        if self.link.session().is_none() {
            self.say(self.no_connection());
            return;
        }
        let asks = Asks::Raw {
            folder: self.pane(Side::Remote).folder.clone(),
            said: Vec::new(),
            recalled: None,
        };
        self.ask_about_files(asks, Line::default());
    }

    /// A choice in one of these dialogs, or what was typed; the dialog stays where something is wrong,
    /// or where more is to come.
    pub(super) fn choose_on_files(&mut self, mut dialog: Dialog, choice: Choice) -> Vec<Effect> {
        let typed = dialog.line.as_ref().map_or("", |line| line.text()).to_owned();
        let connection = self.connection();
        let Subject::Files(asks) = &mut dialog.subject else {
            return Vec::new();
        };
        let done = match (&mut **asks, choice) {
            (Asks::NewFile { folder }, Choice::Take) => {
                let folder = folder.clone();
                let place = self.resolve(&folder, &typed, false);
                place
                    .and_then(|place| self.must_be_free(&place).map(|()| place))
                    .map(|place| vec![Effect::Engine(Command::MakeFile(place.place(connection)))])
            }
            (Asks::Permissions { places, reach, .. }, Choice::Take) => typed
                .trim()
                .parse::<Mode>()
                .map_err(|e| e.to_string())
                .map(|mode| {
                    let permit = Permit {
                        places: std::mem::take(places),
                        mode,
                        reach: *reach,
                    };
                    self.pane_mut(self.active).marks.clear();
                    vec![Effect::Engine(Command::SetPermissions(permit))]
                }),
            (Asks::Properties(properties), Choice::Count) => {
                let generation = self.next_generation();
                properties.counted = Some(Asked::Awaited(generation));
                let places = vec![properties.place.clone()];
                self.dialogs.push_front(dialog);
                return vec![Effect::Engine(Command::Count { places, generation })];
            }
            (Asks::Properties(properties), Choice::Checksum) => {
                let generation = self.next_generation();
                properties.checksum = Some(Asked::Awaited(generation));
                let mut places = vec![properties.place.clone()];
                if let Some((place, checksum)) = &mut properties.other {
                    *checksum = Some(Asked::Awaited(generation));
                    places.push(place.clone());
                }
                self.dialogs.push_front(dialog);
                return vec![Effect::Engine(Command::Checksum {
                    places,
                    algorithm: None,
                    generation,
                })];
            }
            (
                Asks::Raw {
                    folder,
                    said,
                    recalled,
                },
                Choice::Take,
            ) => {
                let Folder::Remote(folder) = folder.clone() else {
                    return Vec::new();
                };
                if typed.trim().is_empty() {
                    Err("there is no command".into())
                } else {
                    let generation = self.next_generation();
                    said.push((typed.clone(), Answered::Awaited(generation)));
                    *recalled = None;
                    self.raw_sent.retain(|sent| *sent != typed);
                    self.raw_sent.push(typed.clone());
                    dialog.line = Some(Line::default());
                    dialog.complaint = None;
                    self.dialogs.push_front(dialog);
                    return vec![Effect::Engine(Command::Raw {
                        connection,
                        folder,
                        line: typed.into_bytes(),
                        generation,
                    })];
                }
            }
            _ => return Vec::new(),
        };
        match done {
            Ok(effects) => effects,
            Err(complaint) => {
                dialog.complaint = Some(complaint);
                self.dialogs.push_front(dialog);
                Vec::new()
            }
        }
    }

    /// Up and down in one of these dialogs: how far permissions go, what was sent before.
    pub(super) fn move_on_files(&mut self, down: bool) {
        let sent = &self.raw_sent;
        let Some(dialog) = self.dialogs.front_mut() else {
            return;
        };
        let Subject::Files(asks) = &mut dialog.subject else {
            return;
        };
        match &mut **asks {
            Asks::Permissions { reach, folders, .. } if *folders => {
                let at = REACHES.iter().position(|r| r == reach).unwrap_or(0);
                let step = if down { 1 } else { REACHES.len() - 1 };
                *reach = REACHES[(at + step) % REACHES.len()];
            }
            Asks::Raw { recalled, .. } => {
                *recalled = match (*recalled, down) {
                    (None, false) => (!sent.is_empty()).then_some(0),
                    (Some(n), false) => Some((n + 1).min(sent.len().saturating_sub(1))),
                    (None | Some(0), true) => None,
                    (Some(n), true) => Some(n - 1),
                };
                let text = recalled.and_then(|n| sent.iter().rev().nth(n));
                dialog.line = Some(Line::new(text.cloned().unwrap_or_default()));
            }
            _ => {}
        }
    }

    /// The properties that are shown, and wait for this answer.
    fn properties_mut(&mut self, awaits: impl Fn(&Properties) -> bool) -> Option<&mut Properties> {
        self.dialogs
            .iter_mut()
            .find_map(|dialog| match &mut dialog.subject {
                Subject::Files(asks) => match &mut **asks {
                    Asks::Properties(properties) if awaits(properties) => Some(&mut **properties),
                    _ => None,
                },
                _ => None,
            })
    }

    /// A count has come that properties may wait for.
    pub(super) fn counted_for_properties(&mut self, number: Generation, result: &Result<Counted, Failure>) {
        let awaits = |p: &Properties| p.counted.as_ref().is_some_and(|c| c.awaits(number));
        if let Some(properties) = self.properties_mut(awaits) {
            properties.counted = Some(Asked::Told(result.clone()));
        }
    }

    /// A checksum has come.
    pub(super) fn checksummed(
        &mut self,
        place: &Place,
        number: Generation,
        result: Result<Checksum, Failure>,
    ) {
        let awaits = |p: &Properties| {
            let other = p.other.as_ref().and_then(|(_, checksum)| checksum.as_ref());
            [p.checksum.as_ref(), other]
                .into_iter()
                .flatten()
                .any(|c| c.awaits(number))
        };
        let Some(properties) = self.properties_mut(awaits) else {
            return;
        };
        if properties.place == *place {
            properties.checksum = Some(Asked::Told(result));
        } else if let Some((_, checksum)) = &mut properties.other {
            *checksum = Some(Asked::Told(result));
        }
    }

    /// The answer to a command has come.
    pub(super) fn raw_answered(&mut self, number: Generation, result: Result<RawReply, Failure>) {
        for dialog in &mut self.dialogs {
            let Subject::Files(asks) = &mut dialog.subject else {
                continue;
            };
            let Asks::Raw { said, .. } = &mut **asks else {
                continue;
            };
            let awaited = |(_, answered): &&mut (String, Answered)| *answered == Answered::Awaited(number);
            if let Some((_, answered)) = said.iter_mut().find(awaited) {
                *answered = Answered::Said(result);
                return;
            }
        }
    }
}

/// The folder and the name of a place, for a screen.
pub fn where_it_is(place: &Place) -> (String, String) {
    let name = name_at(place).map_or_else(|| shown_place(place), |name| shown_name(&name));
    let folder = folder_of(place).map_or_else(String::new, |folder| shown_place(&folder));
    (folder, name)
}
