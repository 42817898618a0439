//! What the keys do in the list of servers and in the server form.

use super::action::{Action, Context};
use super::connect::Link;
use super::dialog::{Choice, Dialog, Subject};
use super::effect::{Change, Effect};
use super::form::{Form, Outcome};
use super::{App, View};
use crate::config::import::{Looked, Taken};
use crate::config::keymap::Found;
use crate::model::failure::Failure;
use crate::model::key::Key;
use crate::model::server::Server;
use crate::model::size::count;
use crate::model::target::Url;

impl App {
    /// An action in the list of servers.
    pub(super) fn act_servers(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Connect => match self.servers.current().cloned() {
                Some(server) => {
                    let same = self.link.session().is_some_and(|s| s.attempt.server == server);
                    if !same {
                        return self.connect(server, None);
                    }
                    self.view = View::Panes;
                }
                None => self.servers.fold(),
            },
            Action::Fold => self.servers.fold(),
            Action::Filter => self.servers.typing = true,
            Action::Back if !self.servers.filter.text().is_empty() => {
                self.servers.filter.clear();
                self.servers.arrange();
            }
            Action::Back if self.link != Link::Down => self.view = View::Panes,
            Action::Back => {}
            Action::NewServer => self.form = Some(Form::new(None, &self.servers.names())),
            Action::EditServer => return self.edit_server(),
            Action::Doctor => return self.examine_current(),
            Action::CopyServer => {
                let names = self.servers.names();
                self.form = self.servers.current().map(|s| Form::copy_of(s, &names));
            }
            Action::RemoveServer => {
                if let Some(server) = self.servers.current() {
                    let subject = Subject::RemoveServer(server.name.clone());
                    self.dialogs
                        .push_back(Dialog::new(subject, [Choice::Delete, Choice::Cancel]));
                }
            }
            Action::Refresh => return vec![Effect::ReadServers],
            Action::ImportServers => return vec![Effect::LookForImports],
            movement if self.servers.all().is_empty() => self.scroll_welcome(movement),
            movement => {
                let rows = self.list_rows(Context::Servers);
                self.servers.go(movement, rows);
            }
        }
        Vec::new()
    }

    /// A text pasted where none is typed: a URL becomes the form of a new server.
    pub(super) fn paste_url(&mut self, text: &str) {
        let text = text.trim();
        if !text.contains("://") {
            return;
        }
        match Url::parse(text) {
            Ok(_) => {
                let mut form = Form::new(None, &self.servers.names());
                form.paste(text);
                self.form = Some(form);
            }
            Err(why) => self.say(format!("Not taken as a server: {why}")),
        }
    }

    /// The file of saved servers was read again.
    pub(super) fn servers_read(&mut self, read: Result<Vec<Server>, Failure>) {
        match read {
            Ok(all) => {
                self.say(format!(
                    "Read again: {}",
                    count(all.len() as u64, "server", "servers")
                ));
                self.servers.set(all, None);
            }
            Err(failure) => {
                self.servers.fail(failure.to_string());
                self.failed(failure);
            }
        }
    }

    /// What other programs have saved is shown, and asked about.
    pub(super) fn offer_import(&mut self, looked: Looked) {
        if looked.files.is_empty() {
            return self.say(
                "Nothing to import in the usual places; ftpane servers import FORMAT FILE takes any file"
                    .into(),
            );
        }
        let mut choices = Vec::new();
        if !looked.found.taken.is_empty() {
            choices.push(Choice::Import);
            if looked.found.secrets() > 0 {
                choices.push(Choice::ImportWithout);
            }
        }
        choices.push(Choice::Cancel);
        self.dialogs
            .push_back(Dialog::new(Subject::Import(Box::new(looked)), choices));
    }

    /// Saves what was shown, with its passwords or without.
    pub(super) fn import(looked: Looked, with: bool) -> Vec<Effect> {
        let mut taken = looked.found.taken;
        if !with {
            taken.iter_mut().for_each(Taken::without_secret);
        }
        vec![Effect::ChangeServers(Change::Import(taken))]
    }

    /// Opens the form on the server under the cursor.
    pub(super) fn edit_server(&mut self) -> Vec<Effect> {
        let names = self.servers.names();
        self.form = self.servers.current().map(|s| Form::new(Some(s), &names));
        Vec::new()
    }

    /// A key while the form is open.
    pub(super) fn press_form(&mut self, key: Key) -> Vec<Effect> {
        let found = self.keys.find(&[Context::Text], &[key]);
        if let Found::Action(action @ (Action::Interrupt | Action::Suspend | Action::Redraw)) = found {
            return self.anywhere(action);
        }
        let Some(form) = &mut self.form else {
            return Vec::new();
        };
        match form.press(key) {
            Outcome::Stays => Vec::new(),
            Outcome::Test(server) => self.examine_form(*server),
            Outcome::Cancel => {
                self.form = None;
                Vec::new()
            }
            // a second Enter while the first save is under way saves nothing twice
            Outcome::Save(_) if self.saving.is_some() => Vec::new(),
            Outcome::Save(server) => {
                self.saving = Some(server.name.clone());
                let secret = form.secret();
                let change = match form.existing() {
                    Some(name) => Change::Replace(name.to_owned(), server, secret),
                    None => Change::Add(server, secret),
                };
                vec![Effect::ChangeServers(change)]
            }
        }
    }
}
