//! Bookmarks of folders, of this machine and of each server.

use super::App;
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::picker::{Aim, Item, Subject};
use crate::config::bookmarks::{self, Bookmark, Change};
use crate::model::failure::Failure;
use crate::model::path::RemotePath;
use crate::model::server::Server;
use crate::model::text::{escape, escape_str, searched};

impl App {
    /// What bookmarks call the server that is shown; `None` while none is.
    fn server_key(&self) -> Option<String> {
        self.link.attempt().map(|attempt| key_of(&attempt.server))
    }

    /// Bookmarks the folder of the active pane.
    pub(super) fn bookmark(&mut self) -> Vec<Effect> {
        let side = self.active;
        let server = match side {
            Side::Local => None,
            Side::Remote => match self.link.session() {
                Some(session) => Some(key_of(&session.attempt.server)),
                None => {
                    self.say(self.no_connection());
                    return Vec::new();
                }
            },
        };
        let folder = &self.pane(side).folder;
        let bookmark = Bookmark {
            server,
            folder: bookmarks::Folder::new(folder.as_bytes()),
        };
        if self.bookmarks.contains(&bookmark) {
            self.say(format!("{} is bookmarked already", folder.shown()));
            return Vec::new();
        }
        self.say(format!("Bookmarked {}", folder.shown()));
        vec![Effect::ChangeBookmarks(Change::Add(bookmark))]
    }

    /// The bookmarks that can be gone to now and whose path contains what was typed, those of the active pane's
    /// side first.
    pub(super) fn bookmarks_fitting(&self, typed: &str) -> Vec<Item> {
        let typed = searched(typed);
        let server = self.server_key();
        let mut items: Vec<(bool, Item)> = self
            .bookmarks
            .iter()
            .filter(|bookmark| bookmark.server.is_none() || bookmark.server == server)
            .filter(|bookmark| {
                let path = String::from_utf8_lossy(bookmark.folder.as_bytes());
                searched(&path).contains(&typed)
            })
            .map(|bookmark| {
                let is_local = bookmark.server.is_none();
                let item = Item {
                    name: escape(bookmark.folder.as_bytes()),
                    about: match &bookmark.server {
                        None => "this machine".to_owned(),
                        Some(server) => escape_str(server),
                    },
                    keys: String::new(),
                    off: (!is_local && self.link.session().is_none()).then(|| self.no_connection()),
                    aim: Aim::Visit(bookmark.clone()),
                };
                (is_local == (self.active == Side::Local), item)
            })
            .collect();
        items.sort_by_key(|(is_active, _)| !is_active);
        items.into_iter().map(|(_, item)| item).collect()
    }

    /// Goes to a bookmark's folder, in the pane of its side.
    pub(super) fn visit(&mut self, bookmark: &Bookmark) -> Vec<Effect> {
        let bytes = bookmark.folder.as_bytes();
        let folder = match bookmark.server {
            None => Folder::local(bytes),
            Some(_) => match RemotePath::parse(bytes) {
                Ok(path) => Folder::Remote(path),
                Err(error) => {
                    self.say(format!("The bookmark cannot be used: {error}"));
                    return Vec::new();
                }
            },
        };
        if let Some(refusal) = self.beyond(&folder) {
            self.say(refusal);
            return Vec::new();
        }
        self.active = folder.side();
        self.go(self.active, folder, None)
    }

    /// Forgets the bookmark under the cursor of the picker.
    pub(super) fn forget_bookmark(&mut self) -> Vec<Effect> {
        match self.picker.as_ref().and_then(|picker| picker.current()) {
            Some(Item {
                aim: Aim::Visit(bookmark),
                ..
            }) => vec![Effect::ChangeBookmarks(Change::Remove(bookmark.clone()))],
            _ => Vec::new(),
        }
    }

    /// What is remembered of a saved server follows it to its new name.
    pub(super) fn server_renamed(&mut self, before: Option<&str>, after: Option<&str>) -> Vec<Effect> {
        let (Some(before), Some(after)) = (before, after.filter(|after| before != Some(*after))) else {
            return Vec::new();
        };
        if let Some(at) = self.servers.used.remove(before) {
            self.servers.used.insert(after.to_owned(), at);
        }
        if !self.bookmarks.iter().any(|b| b.server.as_deref() == Some(before)) {
            return Vec::new();
        }
        let renamed = Change::RenameServer(before.to_owned(), after.to_owned());
        vec![Effect::ChangeBookmarks(renamed)]
    }

    /// The bookmarks were changed, or not.
    pub(super) fn bookmarks_saved(&mut self, result: Result<Vec<Bookmark>, Failure>) -> Vec<Effect> {
        match result {
            Ok(all) => self.bookmarks = all,
            Err(failure) => {
                self.notice = None;
                self.failed(failure);
            }
        }
        match &self.picker {
            Some(picker) if picker.subject == Subject::Bookmarks => {
                let at = picker.cursor;
                let effects = self.fill();
                if let Some(picker) = &mut self.picker {
                    picker.cursor = at;
                }
                effects
            }
            _ => Vec::new(),
        }
    }
}

/// A saved server is known by its name, another one by its URL.
pub(super) fn key_of(server: &Server) -> String {
    match server.name.is_empty() {
        true => server.url(),
        false => server.name.clone(),
    }
}
