//! Going to a path: typed, and completed from the listings of the folders on the way.
//!
//! A folder that no pane shows is listed when the path comes to it, one at a time; on a server only within
//! document path and depth.

use std::sync::Arc;

use super::App;
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::input::Line;
use super::jump::begins;
use super::order::natural;
use super::pane::Content;
use super::picker::{Aim, Item, Subject};
use crate::model::command::{Command, Generation};
use crate::model::entry::Entry;
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::text::searched;

/// So many folders are offered at most; the next letter makes them fewer.
const OFFERED: usize = 500;

/// A path that is being typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// On which side.
    pub side: Side,
    /// The folder that was looked into last, and its listing; `None` while that is on its way.
    listed: Option<(Folder, Option<Arc<Listing>>)>,
    /// The number of that listing.
    awaited: Option<Generation>,
}

impl Look {
    /// Whether a listing is on its way.
    pub fn is_waiting(&self) -> bool {
        self.awaited.is_some()
    }
}

/// The part of a typed path that is done, up to its last `/`, and the name that is being typed.
fn split(text: &str) -> (&str, &str) {
    match text.rfind('/') {
        Some(slash) => text.split_at(slash + 1),
        None => ("", text),
    }
}

impl App {
    /// Asks for a path in the active pane.
    pub(super) fn ask_path(&mut self) -> Vec<Effect> {
        let side = self.active;
        if side == Side::Remote && self.link.session().is_none() {
            self.say(self.no_connection());
            return Vec::new();
        }
        self.pick(Subject::Path(Look {
            side,
            listed: None,
            awaited: None,
        }))
    }

    /// Where a typed path leads from the folder of a pane; why nowhere, where it cannot.
    fn follow(&self, side: Side, text: &str) -> Result<Folder, String> {
        let folder = match (side, text.strip_prefix('~'), &self.home) {
            (Side::Local, Some(rest), Some(home)) if rest.is_empty() || rest.starts_with('/') => {
                Folder::Local(home.clone()).follow(rest.trim_start_matches('/'))
            }
            _ => self.pane(side).folder.follow(text),
        };
        let folder = folder.map_err(|error| error.to_string())?;
        match self.beyond(&folder) {
            Some(refusal) => Err(refusal),
            None => Ok(folder),
        }
    }

    /// Offers the folders that the typed path may mean.
    pub(super) fn look(&mut self) -> Vec<Effect> {
        let Some((side, text)) = self.typed_path() else {
            return Vec::new();
        };
        let (before, name) = split(&text);
        let base = match self.follow(side, before) {
            Ok(base) => base,
            Err(why) => {
                self.offer_folders(Vec::new(), Some(why));
                return Vec::new();
            }
        };
        match self.known(side, &base) {
            Known::Listed(listing) => {
                let items = self.folders_fitting(side, &base, &listing, name);
                self.offer_folders(items, None);
                Vec::new()
            }
            Known::Awaited => {
                self.offer_folders(Vec::new(), None);
                Vec::new()
            }
            Known::Not => {
                self.offer_folders(Vec::new(), None);
                let generation = self.next_generation();
                let place = base.place(self.connection());
                if let Some(look) = self.path_look() {
                    look.listed = Some((base, None));
                    look.awaited = Some(generation);
                }
                vec![Effect::Engine(Command::List { place, generation })]
            }
        }
    }

    fn path_look(&mut self) -> Option<&mut Look> {
        match &mut self.picker.as_mut()?.subject {
            Subject::Path(look) => Some(look),
            _ => None,
        }
    }

    fn typed_path(&self) -> Option<(Side, String)> {
        let picker = self.picker.as_ref()?;
        match &picker.subject {
            Subject::Path(look) => Some((look.side, picker.line.text().to_owned())),
            _ => None,
        }
    }

    fn offer_folders(&mut self, items: Vec<Item>, complaint: Option<String>) {
        if let Some(picker) = &mut self.picker {
            picker.items = items;
            picker.complaint = complaint;
        }
    }

    /// What is known of a folder: a pane may show it, or it was looked into for this path.
    fn known(&self, side: Side, base: &Folder) -> Known {
        let pane = self.pane(side);
        if let Content::Listed(listing) = &pane.content
            && pane.folder == *base
        {
            return Known::Listed(Arc::clone(listing));
        }
        let Some(Subject::Path(look)) = self.picker.as_ref().map(|picker| &picker.subject) else {
            return Known::Not;
        };
        match &look.listed {
            Some((folder, Some(listing))) if folder == base => Known::Listed(Arc::clone(listing)),
            Some((folder, None)) if folder == base => Known::Awaited,
            _ => Known::Not,
        }
    }

    fn folders_fitting(&self, side: Side, base: &Folder, listing: &Listing, name: &str) -> Vec<Item> {
        let hidden = self.pane(side).hidden || name.starts_with('.');
        let wanted = searched(name);
        let mut folders: Vec<&Entry> = listing
            .entries
            .iter()
            .filter(|e| e.may_be_folder() && (hidden || !e.name.is_hidden()))
            .filter(|e| begins(e.name.as_bytes(), &wanted))
            .collect();
        folders.sort_by(|a, b| natural(a.name.as_bytes(), b.name.as_bytes()));
        folders
            .into_iter()
            .take(OFFERED)
            .map(|entry| {
                let folder = base.join(&entry.name);
                Item {
                    name: entry.name.shown(),
                    about: folder.shown(),
                    keys: String::new(),
                    off: self.beyond(&folder),
                    aim: Aim::Go(folder),
                }
            })
            .collect()
    }

    /// A listing that a path was looked for in has come; `false` where it was another's.
    pub(super) fn looked_into(
        &mut self,
        generation: Generation,
        result: &Result<Arc<Listing>, Failure>,
    ) -> bool {
        let Some(look) = self.path_look().filter(|look| look.awaited == Some(generation)) else {
            return false;
        };
        look.awaited = None;
        match result {
            Ok(listing) => {
                if let Some((_, known)) = &mut look.listed {
                    *known = Some(Arc::clone(listing));
                }
                // everything is known now: nothing is asked for again
                let _ = self.look();
            }
            Err(failure) => {
                let why = match &failure.reply {
                    Some(reply) => format!("{}: {}; {reply}", failure.what, failure.why),
                    None => format!("{}: {}", failure.what, failure.why),
                };
                self.offer_folders(Vec::new(), Some(why));
            }
        }
        true
    }

    /// Tab: the folder under the cursor goes into the line.
    pub(super) fn complete(&mut self) -> Vec<Effect> {
        let Some((_, text)) = self.typed_path() else {
            return Vec::new();
        };
        let Some(picker) = &mut self.picker else {
            return Vec::new();
        };
        let Some(Aim::Go(folder)) = picker.current().map(|item| &item.aim) else {
            return Vec::new();
        };
        let name = folder.name();
        // bytes that are no text cannot stand in the line: Enter goes there all the same
        let Some(name) = name.as_ref().and_then(|n| std::str::from_utf8(n.as_bytes()).ok()) else {
            picker.complaint =
                Some("This name is no text and cannot be completed; Enter goes there".to_owned());
            return Vec::new();
        };
        let (before, _) = split(&text);
        picker.line = Line::new(format!("{before}{name}/"));
        self.fill()
    }

    /// Enter: to the path as it was typed where it is one that is known, or nothing better is offered; else to the
    /// folder under the cursor.
    pub(super) fn go_there(&mut self) -> Vec<Effect> {
        let Some((side, text)) = self.typed_path() else {
            return Vec::new();
        };
        let typed = self.follow(side, &text);
        let (before, name) = split(&text);
        let base = self.follow(side, before);
        let standing = match (&base, &typed) {
            (Ok(base), Ok(typed)) => match self.known(side, base) {
                Known::Listed(listing) => {
                    let name = typed.name().filter(|_| typed.parent().as_ref() == Some(base));
                    let named = |e: &&Entry| name.as_ref() == Some(&e.name);
                    listing.entries.iter().find(named).cloned()
                }
                _ => None,
            },
            _ => None,
        };
        let offered = match self.picker.as_ref().and_then(|picker| picker.current()) {
            Some(item) => match (&item.off, &item.aim) {
                (None, Aim::Go(folder)) => Some(folder.clone()),
                _ => None,
            },
            None => None,
        };
        let chose = self.picker.as_ref().is_some_and(|picker| picker.cursor.at > 0);
        let literal = matches!(name, "" | "." | "..") || text == "~";
        let (folder, wanted) = match (typed, standing, offered) {
            (_, _, Some(folder)) if chose => (folder, None),
            // a file: to where it lies
            (Ok(_), Some(entry), _) if !entry.may_be_folder() => match base {
                Ok(base) => (base, Some(entry.name)),
                Err(_) => return Vec::new(),
            },
            (Ok(typed), Some(_), _) => (typed, None),
            (Ok(typed), None, _) if literal => (typed, None),
            (_, None, Some(folder)) => (folder, None),
            (Ok(typed), ..) => (typed, None),
            (Err(why), ..) => {
                if let Some(picker) = &mut self.picker {
                    picker.complaint = Some(why);
                }
                return Vec::new();
            }
        };
        self.picker = None;
        self.go(side, folder, wanted)
    }
}

/// What is known of a folder.
enum Known {
    /// All of it.
    Listed(Arc<Listing>),
    /// Its listing is on its way, or did not come.
    Awaited,
    /// Nothing.
    Not,
}
