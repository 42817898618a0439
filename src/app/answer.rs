//! Keys in a dialog, and what each choice leads to.

use super::App;
use super::action::{Action, Context};
use super::dialog::{Choice, Dialog, KEEPERS, Subject};
use super::effect::{Change, Effect};
use super::folder::{Folder, Side, folder_of, name_at};
use crate::config::keymap::Found;
use crate::model::command::{Answer, CertificateAnswer, Command, Extent, Generation, Place, Scope};
use crate::model::event::Counted;
use crate::model::failure::Failure;
use crate::model::key::{Code, Key};
use crate::model::path::{Name, PathError};
use crate::model::text::escape_str;

impl App {
    /// A key while a dialog is shown.
    pub(super) fn press_dialog(&mut self, key: Key) -> Vec<Effect> {
        let surprised = self.is_surprised();
        let Some(dialog) = self.dialogs.front_mut() else {
            return Vec::new();
        };
        if let (Code::Char(digit @ '1'..='9'), true) = (key.code, key.alt)
            && dialog.turn_bit(digit)
        {
            return Vec::new();
        }
        let mut found = Found::Nothing;
        if let Some(line) = &mut dialog.line {
            found = self.keys.find(&[Context::Text], &[key]);
            if found == Found::Nothing && line.press(key) {
                dialog.complaint = None;
                return Vec::new();
            }
        }
        if found == Found::Nothing {
            found = self.keys.find(&[Context::Dialog], &[key]);
        }
        match found {
            Found::Action(action) => return self.act_dialog(action),
            Found::Prefix | Found::Nothing => {
                if let Code::Char(c) = key.code
                    && !key.ctrl
                    && !key.alt
                    && dialog.line.is_none()
                    && !surprised
                {
                    let letter = c.to_ascii_lowercase();
                    let choice = dialog.choices.iter().find(|c| c.letter() == Some(letter));
                    if let Some(choice) = choice.copied() {
                        return self.take_choice(Some(choice));
                    }
                }
            }
        }
        Vec::new()
    }

    /// Whether what is shown has come uncalled for, and only just.
    pub(super) fn is_surprised(&self) -> bool {
        self.is_surprising() && self.now < self.letters_from
    }

    /// An action while a dialog is shown.
    pub(super) fn act_dialog(&mut self, action: Action) -> Vec<Effect> {
        let surprised = self.is_surprised();
        let Some(dialog) = self.dialogs.front_mut() else {
            return Vec::new();
        };
        match action {
            // an Enter meant for something else would answer with nothing
            Action::Accept
                if surprised && dialog.line.as_ref().is_some_and(|line| line.text().is_empty()) => {}
            Action::Accept => {
                let choice = dialog.choice();
                return self.take_choice(choice);
            }
            Action::Back => return self.dismiss(),
            Action::Next => dialog.turn(true),
            Action::Previous => dialog.turn(false),
            Action::Up | Action::Down => {
                let down = action == Action::Down;
                match dialog.subject {
                    Subject::Files(_) => self.move_on_files(down),
                    _ => dialog.move_line(down),
                }
            }
            Action::PageUp => dialog.page = dialog.page.wrapping_sub(1),
            Action::PageDown => dialog.page = dialog.page.wrapping_add(1),
            Action::Toggle => dialog.toggle(),
            _ => return self.anywhere(action),
        }
        Vec::new()
    }

    /// Escape: the choice that changes nothing.
    fn dismiss(&mut self) -> Vec<Effect> {
        let Some(dialog) = self.dialogs.pop_front() else {
            return Vec::new();
        };
        match (dialog.question_id(), dialog.subject) {
            (Some(question), subject) => {
                if let Subject::Certificate { connection, .. } | Subject::Secret { connection, .. } = subject
                {
                    self.refused = Some(connection);
                }
                vec![Effect::Engine(Command::Answer {
                    question,
                    answer: Answer::Dismissed,
                })]
            }
            (None, Subject::Password { server, .. }) if self.doctor_asks(&server) => self.leave_doctor(),
            (None, Subject::Password { .. }) => self.cancel_connecting(),
            (None, Subject::Passphrase { wanted, .. }) => self.give_up(&wanted),
            (None, Subject::Errand(asks)) => self.choose_on_errand(*asks, Choice::Leave),
            _ => Vec::new(),
        }
    }

    /// A click on a choice. One that comes uncalled for is not answered by a click that was meant for
    /// what it covers.
    pub(super) fn click_choice(&mut self, place: usize) -> Vec<Effect> {
        if self.is_surprised() {
            return Vec::new();
        }
        let choice = self
            .dialogs
            .front()
            .and_then(|dialog| dialog.choices.get(place).copied());
        self.take_choice(choice)
    }

    fn take_choice(&mut self, choice: Option<Choice>) -> Vec<Effect> {
        let (Some(choice), Some(mut dialog)) = (choice, self.dialogs.pop_front()) else {
            return Vec::new();
        };
        let answer = |question, answer| vec![Effect::Engine(Command::Answer { question, answer })];
        match (choice, &mut dialog.subject) {
            (Choice::Cancel | Choice::Close | Choice::Stay | Choice::Later, _) => {
                self.dialogs.push_front(dialog);
                self.dismiss()
            }
            (choice, Subject::Files(_)) => self.choose_on_files(dialog, choice),
            (choice, Subject::Errand(asks)) => {
                let asks = (**asks).clone();
                self.choose_on_errand(asks, choice)
            }
            (Choice::Start, Subject::Transfer { request, .. }) => {
                let request = request.clone();
                self.clear_marks();
                vec![Effect::Engine(Command::Enqueue(request))]
            }
            (Choice::Delete, Subject::Delete { places, .. }) => {
                let places = std::mem::take(places);
                self.clear_marks();
                vec![Effect::Engine(Command::Delete(places))]
            }
            (Choice::Delete, Subject::RemoveServer(name)) => {
                vec![Effect::ChangeServers(Change::Remove(std::mem::take(name)))]
            }
            (Choice::Take, Subject::Password { server, keep, .. }) => {
                let server = (**server).clone();
                let keep = keep.and_then(|at| KEEPERS.get(at).cloned().flatten());
                let secret = dialog.line.take().map(|mut l| l.take_secret());
                if self.doctor_asks(&server) {
                    return self.doctor_secret(Ok(secret));
                }
                self.open_keeping(server, secret, keep)
            }
            (Choice::Take, Subject::Passphrase { .. }) => self.take_passphrase(dialog),
            (Choice::Take, Subject::Secret { id, .. }) => {
                let secret = dialog.line.take().map(|mut l| l.take_secret());
                answer(*id, secret.map_or(Answer::Dismissed, Answer::Secret))
            }
            (Choice::Take, Subject::Pattern { mark }) => {
                let pattern = dialog.line.as_ref().map_or("", |l| l.text());
                let changed = self.pane_mut(self.active).mark_fitting(pattern, *mark);
                if changed == 0 {
                    self.say(format!("Nothing more here fits {}", escape_str(pattern)));
                }
                Vec::new()
            }
            (Choice::Take, _) => match self.named(&dialog) {
                Ok(effects) => effects,
                Err(complaint) => {
                    dialog.complaint = Some(complaint);
                    self.dialogs.push_front(dialog);
                    Vec::new()
                }
            },
            (
                Choice::Decide(policy),
                Subject::Conflict {
                    id,
                    scope,
                    direction,
                    server,
                    ..
                },
            ) => {
                let mut effects = answer(*id, Answer::Conflict(policy, *scope));
                if let Some(name) = server.take().filter(|_| *scope == Scope::Always) {
                    effects.push(self.keep_policy(name, *direction, policy));
                }
                effects
            }
            (Choice::InPlace(decided), Subject::InPlace { id, .. }) => answer(*id, Answer::InPlace(decided)),
            (Choice::Compare(by), _) => {
                self.compare(by);
                Vec::new()
            }
            (Choice::CancelAll, _) => vec![Effect::Engine(Command::Cancel(Extent::All))],
            (Choice::AcceptOnce, Subject::Certificate { id, .. }) => {
                answer(*id, Answer::Certificate(CertificateAnswer::Once))
            }
            (Choice::Pin, Subject::Certificate { id, .. }) => {
                answer(*id, Answer::Certificate(CertificateAnswer::Pin))
            }
            (Choice::Refuse, Subject::Certificate { id, connection, .. }) => {
                self.refused = Some(*connection);
                answer(*id, Answer::Certificate(CertificateAnswer::Refuse))
            }
            (Choice::Retry, Subject::ConnectionFailed(_)) => self.reconnect(),
            (Choice::Edit, Subject::ConnectionFailed(_)) => self.edit_link(),
            (Choice::TakeUp, Subject::Unfinished(left)) => {
                let left = std::mem::take(left);
                self.take_up(&left)
            }
            (Choice::Drop, Subject::Unfinished(left)) => {
                let rests = left.iter().map(|left| left.id).collect();
                vec![Effect::Engine(Command::DropUnfinished(rests))]
            }
            (Choice::Import | Choice::ImportWithout, Subject::Import(looked)) => {
                let looked = std::mem::take(&mut **looked);
                Self::import(looked, choice == Choice::Import)
            }
            (Choice::Quit, _) => vec![Effect::Quit],
            _ => Vec::new(),
        }
    }

    /// What a typed name leads to, or what is wrong with it.
    fn named(&mut self, dialog: &Dialog) -> Result<Vec<Effect>, String> {
        let text = dialog.line.as_ref().map_or("", |l| l.text());
        let connection = self.connection();
        match &dialog.subject {
            Subject::Limit => self.limit(text),
            Subject::Search { .. } => self.begin_search(text),
            Subject::InFile(asks) => self.in_file(*asks, text),
            Subject::NewFolder { folder } => {
                let place = self.resolve(folder, text, false)?;
                self.must_be_free(&place)?;
                Ok(vec![Effect::Engine(Command::MakeFolder(place.place(connection)))])
            }
            Subject::Rename {
                folder,
                names,
                copies,
            } => {
                let several = names.len() > 1 || text.ends_with('/');
                let to = self.resolve(folder, text, several)?;
                let same = matches!(&names[..], [name] if folder.join(name) == to);
                if *copies && same && !several {
                    return Err("the copy needs another name".into());
                }
                if !several && !same {
                    self.must_be_free(&to)?;
                }
                let rename = |name: &Name| {
                    let from = folder.join(name);
                    let to = if several { to.join(name) } else { to.clone() };
                    (from != to).then(|| {
                        let (from, to) = (from.place(connection), to.place(connection));
                        Effect::Engine(match copies {
                            true => Command::Copy { from, to },
                            false => Command::Rename { from, to },
                        })
                    })
                };
                Ok(names.iter().filter_map(rename).collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Says so at once where a pane shows that the path is taken; the engine looks again.
    pub(super) fn must_be_free(&self, path: &Folder) -> Result<(), String> {
        let pane = self.pane(self.active);
        let taken = path.parent().as_ref() == Some(&pane.folder)
            && path
                .name()
                .is_some_and(|name| pane.entries().iter().any(|e| e.name == name));
        match taken {
            true => Err(format!("{} exists already", path.shown())),
            false => Ok(()),
        }
    }

    /// The path a person means by `text`, standing in `folder`. The top itself is possible only
    /// where things are moved `into` the path.
    pub(super) fn resolve(&self, folder: &Folder, text: &str, into: bool) -> Result<Folder, String> {
        if text.is_empty() {
            return Err(PathError::Empty.to_string());
        }
        match folder {
            Folder::Local(here) => Ok(Folder::Local(here.join(text))),
            Folder::Remote(here) => {
                let path = here.resolve(text.as_bytes()).map_err(|e| e.to_string())?;
                match &self.remote.root {
                    Some(root) if path.depth_below(root).is_none_or(|d| d == 0 && !into) => Err(format!(
                        "{} is not below the document path {}",
                        path.shown(),
                        root.shown()
                    )),
                    _ => Ok(Folder::Remote(path)),
                }
            }
        }
    }

    /// Takes in what the engine counted.
    pub(super) fn counted(&mut self, generation: Generation, result: &Result<Counted, Failure>) {
        for dialog in &mut self.dialogs {
            dialog.counted(generation, result);
        }
        self.counted_for_properties(generation, result);
    }

    /// The folders of these places are to be listed again where a pane shows them; the cursor of
    /// that pane goes to the place itself.
    pub(super) fn refresh_around(&mut self, places: &[&Place], point: bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        for side in [Side::Local, Side::Remote] {
            let folder = &self.pane(side).folder;
            let mut touched = places
                .iter()
                .filter(|p| folder_of(p).is_some_and(|parent| folder.is(&parent)));
            if let Some(last) = touched.next_back() {
                let name = point.then(|| name_at(last)).flatten();
                effects.extend(self.refresh(side, name));
            }
        }
        effects
    }
}
