//! What the keys do in the two panes.

use std::collections::HashSet;

use super::action::{Action, Context};
use super::connect::Link;
use super::dialog::{Choice, Dialog, Subject};
use super::effect::Effect;
use super::errand::Program;
use super::files::Copied;
use super::folder::{Folder, Side};
use super::input::Line;
use super::order::SortBy;
use super::pane::Content;
use super::picker;
use super::{App, View};
use crate::model::command::{Command, Generation, Place};
use crate::model::entry::{Entry, Kind};
use crate::model::job::{BatchRequest, Care, ConnectionId, Direction, Item};
use crate::model::path::{Name, RemotePath};
use crate::plan::fence::Fence;

impl App {
    /// An action in the panes.
    pub(super) fn act_panes(&mut self, action: Action) -> Vec<Effect> {
        let side = self.active;
        if let Some(refusal) = self.refusal(action) {
            self.notice = Some(refusal);
            return Vec::new();
        }
        let whole = matches!(
            action,
            Action::MarkAll | Action::Invert | Action::MarkPattern | Action::UnmarkPattern
        );
        if whole && matches!(self.pane(side).content, Content::Arriving(_)) {
            self.say("The folder is still arriving; when all of it is here, this can be done".to_owned());
            return Vec::new();
        }
        match action {
            Action::Enter => return self.enter(),
            Action::Leave => return self.leave(),
            Action::OtherPane => self.active = side.other(),
            Action::Refresh => {
                if side == Side::Remote && matches!(self.link, Link::Lost(..)) {
                    return self.reconnect();
                }
                return self.refresh(side, None);
            }
            Action::Connection => self.show_connection(),
            Action::Doctor => return self.examine_connected(),
            Action::Servers => self.view = View::Servers,
            Action::View => return self.view_current(),
            Action::Edit => return self.open_current(Program::Editor),
            Action::ViewOutside => return self.open_current(Program::Pager),
            Action::Jump => self.pane_mut(side).jump = Some(Line::default()),
            Action::GoTo => return self.ask_path(),
            Action::HistoryBack => return self.turn_history(true),
            Action::HistoryForward => return self.turn_history(false),
            Action::Find => self.ask_search(),
            Action::Found => self.show_found(),
            Action::InStep => self.toggle_in_step(),
            Action::Compare => self.ask_compare(),
            Action::Bookmark => return self.bookmark(),
            Action::Bookmarks => return self.pick(picker::Subject::Bookmarks),
            Action::Transfer => self.ask_transfer(),
            Action::Delete => return self.ask_delete(),
            Action::NewFolder => {
                let folder = self.pane(side).folder.clone();
                let dialog = Dialog::asking(Subject::NewFolder { folder }, Line::default());
                self.dialogs.push_back(dialog);
            }
            Action::Rename => self.ask_rename(false),
            Action::Duplicate => self.ask_rename(true),
            Action::NewFile => self.ask_new_file(),
            Action::Permissions => self.ask_permissions(),
            Action::Properties => self.show_properties(),
            Action::Raw => self.ask_raw(),
            Action::CopyPath => return self.copy_text(Copied::Path),
            Action::CopyUrl => return self.copy_text(Copied::Url),
            Action::CopyCommand => return self.copy_text(Copied::CommandLine),
            Action::Back => {
                if matches!(self.link, Link::Opening(_)) {
                    return self.cancel_connecting();
                }
                let pane = self.pane_mut(side);
                pane.filter.clear();
                pane.rearrange();
            }
            Action::Filter => self.pane_mut(side).typing = true,
            Action::Mark => self.pane_mut(side).mark(),
            Action::MarkAll => self.pane_mut(side).mark_all(),
            Action::Unmark => self.pane_mut(side).marks.clear(),
            Action::MarkPattern | Action::UnmarkPattern => {
                let mark = action == Action::MarkPattern;
                self.dialogs
                    .push_back(Dialog::asking(Subject::Pattern { mark }, Line::new("*")));
            }
            Action::Invert => self.pane_mut(side).invert(),
            Action::Hidden => {
                let pane = self.pane_mut(side);
                pane.hidden = !pane.hidden;
                pane.rearrange();
            }
            Action::SortName => self.sort(SortBy::Name),
            Action::SortSize => self.sort(SortBy::Size),
            Action::SortTime => self.sort(SortBy::Time),
            Action::SortExtension => self.sort(SortBy::Extension),
            Action::SortPermissions => self.sort(SortBy::Permissions),
            Action::SortOwner => self.sort_by_owner(),
            other => {
                let rows = self.pane_rows();
                let pane = self.pane_mut(side);
                let len = pane.shown.len();
                pane.cursor.go(other, len, rows);
            }
        }
        Vec::new()
    }

    /// Why an action is not possible here and now; `None` when it is.
    pub fn refusal(&self, action: Action) -> Option<String> {
        let transfer = action == Action::Transfer;
        if !(transfer || action.row().changes) {
            return None;
        }
        let needs_session = transfer || self.active == Side::Remote;
        let writes_server = transfer == (self.active == Side::Local);
        let session = self.link.session();
        if needs_session && session.is_none() {
            return Some(self.no_connection());
        }
        if !needs_session {
            return None;
        }
        let server = &session?.server;
        (writes_server && server.read_only).then(|| {
            format!(
                "{} is read only: {}",
                super::server_title(server),
                match action {
                    Action::Transfer => "nothing can be uploaded to it",
                    Action::Delete => "nothing can be deleted there",
                    Action::Rename => "nothing can be renamed there",
                    Action::Permissions => "permissions cannot be set there",
                    Action::Edit => "nothing can be edited there; F3 views it",
                    _ => "nothing can be made there",
                }
            )
        })
    }

    /// An order that would be none is not taken.
    fn sort_by_owner(&mut self) {
        match self.pane(self.active).entries().iter().any(|e| e.owner.is_some()) {
            true => self.sort(SortBy::Owner),
            false => self.say("It is not told here whose files these are".to_owned()),
        }
    }

    fn sort(&mut self, by: SortBy) {
        let pane = self.pane_mut(self.active);
        pane.sort.choose(by);
        pane.rearrange();
    }

    fn enter(&mut self) -> Vec<Effect> {
        if let Some(dialog) = self.failure_in_pane() {
            self.dialogs.push_back(dialog);
            return Vec::new();
        }
        let pane = self.pane(self.active);
        match pane.current() {
            Some(entry) if entry.may_be_folder() => {
                let folder = pane.folder.join(&entry.name);
                if let Some(refusal) = self.beyond(&folder) {
                    self.notice = Some(refusal);
                    return Vec::new();
                }
                self.go(self.active, folder, None)
            }
            Some(_) => {
                let key = |action| self.key_of(Context::Panes, action);
                let (view, transfer) = (key(Action::View), key(Action::Transfer));
                self.notice = Some(format!(
                    "That is no folder; {view} shows it, {transfer} transfers it to the other pane"
                ));
                Vec::new()
            }
            None => Vec::new(),
        }
    }

    /// What the active pane says in the place of its list, where that is why it could not be listed: a pane
    /// may be too small for all of it.
    fn failure_in_pane(&self) -> Option<Dialog> {
        match (&self.pane(self.active).content, &self.link) {
            (Content::Failed(failure), _) => Some(Dialog::failure(failure.clone())),
            (Content::Nothing, Link::Lost(attempt, failure)) => {
                Some(self.connection_dialog(&attempt.server, failure.clone()))
            }
            _ => None,
        }
    }

    /// Why a folder of the server is not entered, if it lies outside document path or depth. The
    /// engine would say the same; the pane stays where it is.
    pub(super) fn beyond(&self, folder: &Folder) -> Option<String> {
        let Folder::Remote(path) = folder else {
            return None;
        };
        let refusal = self.fence()?.may_enter(path).err();
        refusal.map(|refusal| refusal.to_string())
    }

    /// What is open of the server.
    fn fence(&self) -> Option<Fence> {
        let server = &self.link.session()?.server;
        Some(Fence::new(self.remote.root.clone()?, server.depth()))
    }

    /// Whether a folder lies deeper than the server's levels.
    pub(super) fn is_cut(&self, folder: &Folder) -> bool {
        match folder {
            Folder::Local(_) => false,
            Folder::Remote(path) => self.fence().is_some_and(|fence| fence.cuts(path).is_some()),
        }
    }

    fn leave(&mut self) -> Vec<Effect> {
        let pane = self.pane(self.active);
        if pane.at_top() {
            if pane.root.as_ref().is_some_and(|r| !r.is_root()) {
                self.notice =
                    Some("This is the server's document path; the pane does not leave it".to_owned());
            }
            return Vec::new();
        }
        match pane.folder.parent() {
            Some(parent) => {
                let name = pane.folder.name();
                self.go(self.active, parent, name)
            }
            None => Vec::new(),
        }
    }

    /// Goes to a folder and asks for its listing.
    pub(super) fn go(&mut self, side: Side, folder: Folder, wanted: Option<Name>) -> Vec<Effect> {
        self.note_leaving(side, &folder);
        self.show_folder(side, folder, wanted)
    }

    /// The same, without a trace in the pane's history.
    pub(super) fn show_folder(&mut self, side: Side, folder: Folder, wanted: Option<Name>) -> Vec<Effect> {
        let generation = self.next_generation();
        let from = self.pane(side).folder.clone();
        self.pane_mut(side).go(folder.clone(), wanted, generation);
        let mut effects = self.ask_listing(side, generation);
        effects.extend(self.follow_in_step(side, &from, &folder));
        effects
    }

    /// Asks for the listing of the same folder again.
    pub(super) fn refresh(&mut self, side: Side, wanted: Option<Name>) -> Vec<Effect> {
        if side == Side::Remote && self.link.session().is_none() {
            return Vec::new();
        }
        self.arrivals.listed(side);
        let generation = self.next_generation();
        self.pane_mut(side).refresh(wanted, generation);
        self.ask_listing(side, generation)
    }

    fn ask_listing(&self, side: Side, generation: Generation) -> Vec<Effect> {
        let place = self.pane(side).folder.place(self.connection());
        vec![Effect::Engine(Command::List { place, generation })]
    }

    /// The number of the present connection.
    pub(super) fn connection(&self) -> ConnectionId {
        self.link.attempt().map_or(ConnectionId(0), |a| a.connection)
    }

    /// The selection of the active pane, each with its folder.
    fn chosen(&self) -> Vec<(Folder, Entry)> {
        let pane = self.pane(self.active);
        let own = |entry: &Entry| (pane.folder.clone(), entry.clone());
        pane.selection().into_iter().map(own).collect()
    }

    /// What was chosen is on its way: the marks go.
    pub(super) fn clear_marks(&mut self) {
        match (&mut self.search, self.view) {
            (Some(search), View::Found) => search.marks.clear(),
            _ => self.pane_mut(self.active).marks.clear(),
        }
    }

    fn ask_transfer(&mut self) {
        self.ask_transfer_of(&self.chosen());
    }

    /// Asks whether these may be transferred from their folders into the other pane's.
    pub(super) fn ask_transfer_of(&mut self, chosen: &[(Folder, Entry)]) {
        let mut names = HashSet::new();
        if let Some((_, twin)) = chosen.iter().find(|(_, entry)| !names.insert(&entry.name)) {
            let name = twin.name.shown();
            self.say(format!(
                "Several of them are called {name} and would be one file there"
            ));
            return;
        }
        let to = &self.pane(self.active.other()).folder;
        let keeps = self.active == Side::Remote && self.care().permissions;
        let item = |(from, entry): &(Folder, Entry)| {
            let (source, target) = (from.join(&entry.name), to.join(&entry.name));
            let (local, remote) = match (source, target) {
                (Folder::Local(local), Folder::Remote(remote))
                | (Folder::Remote(remote), Folder::Local(local)) => (local, remote),
                _ => return None,
            };
            Some(Item {
                local,
                remote,
                kind: entry.kind,
                size: entry.size,
                modified: entry.modified,
                permissions: entry.permissions.filter(|_| entry.kind == Kind::File && keeps),
            })
        };
        let items: Vec<Item> = chosen.iter().filter_map(item).collect();
        if items.is_empty() {
            self.notice = Some("There is nothing to transfer".to_owned());
            return;
        }
        if !matches!(self.pane(self.active.other()).content, Content::Listed(_)) {
            self.notice = Some("The other pane shows no folder yet to transfer to".to_owned());
            return;
        }
        let (direction, to) = match self.active {
            Side::Local => (Direction::Upload, self.remote.folder.shown()),
            Side::Remote => (Direction::Download, self.local.folder.shown()),
        };
        let request = BatchRequest {
            id: self.next_batch(),
            connection: self.connection(),
            direction,
            items,
            policy: self.on_conflict(direction),
            care: self.care(),
        };
        let subject = Subject::Transfer { request, to };
        self.dialogs
            .push_back(Dialog::new(subject, [Choice::Start, Choice::Cancel]));
    }

    /// What the server's entry says of each file.
    pub(super) fn care(&self) -> Care {
        self.link
            .session()
            .map(|session| session.server.care())
            .unwrap_or_default()
    }

    fn ask_delete(&mut self) -> Vec<Effect> {
        self.ask_delete_of(&self.chosen())
    }

    /// Counts these, then asks whether they may be deleted.
    pub(super) fn ask_delete_of(&mut self, chosen: &[(Folder, Entry)]) -> Vec<Effect> {
        let connection = self.connection();
        let place = |(folder, entry): &(Folder, Entry)| folder.join(&entry.name).place(connection);
        let places: Vec<Place> = chosen.iter().map(place).collect();
        if places.is_empty() {
            self.notice = Some("There is nothing to delete".to_owned());
            return Vec::new();
        }
        let generation = self.next_generation();
        let subject = Subject::Delete {
            places: places.clone(),
            generation,
            counted: None,
        };
        self.dialogs.push_back(Dialog::new(subject, [Choice::Cancel]));
        vec![Effect::Engine(Command::Count { places, generation })]
    }

    /// Asks for a new name or place, of what is selected or of copies of it.
    fn ask_rename(&mut self, copies: bool) {
        let pane = self.pane(self.active);
        let names: Vec<Name> = pane.selection().iter().map(|e| e.name.clone()).collect();
        let line = match &names[..] {
            [] => {
                self.notice = Some(format!(
                    "There is nothing to {}",
                    if copies { "copy" } else { "rename" }
                ));
                return;
            }
            // bytes that are no text cannot be edited as one: a new name is typed instead
            [name] => Line::new(std::str::from_utf8(name.as_bytes()).unwrap_or_default()),
            _ => Line::default(),
        };
        let folder = pane.folder.clone();
        self.dialogs.push_back(Dialog::asking(
            Subject::Rename {
                folder,
                names,
                copies,
            },
            line,
        ));
    }

    pub(super) fn selected_places(&self) -> Vec<Place> {
        let pane = self.pane(self.active);
        let connection = self.connection();
        pane.selection()
            .iter()
            .map(|e| pane.folder.join(&e.name).place(connection))
            .collect()
    }

    /// Where a pane of the server begins before anything is known of it.
    pub(super) fn nowhere() -> Folder {
        Folder::Remote(RemotePath::root())
    }
}
