//! A search through all folders below one: what it has found, and what can be done with that.

use std::collections::HashSet;
use std::sync::Arc;

use super::action::{Action, Context};
use super::cursor::Cursor;
use super::dialog::{Dialog, Subject};
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::input::Line;
use super::pane::Content;
use super::{App, View};
use crate::model::command::{Command, Exploration, Generation, LocalExploration, Place, WalkOrder};
use crate::model::entry::{Entry, Kind};
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::plan::search;

/// So much is kept at most; then the search stops, and says so.
pub const KEPT: usize = 100_000;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Where it lies, in [`Search::folders`].
    folder: u32,
    /// What it is.
    pub entry: Entry,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// It goes on.
    Running,
    /// It has looked everywhere.
    Over,
    /// It was stopped.
    Stopped,
    /// It holds all that it can.
    Full,
    /// It came no further.
    Failed(Failure),
}

/// A search and what it has found.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    /// What was asked for, as it was typed.
    pub text: String,
    wanted: search::Search,
    /// Where it begins.
    pub top: Folder,
    generation: Generation,
    /// How far it is.
    pub stage: Stage,
    folders: Vec<Folder>,
    /// What was found, in the order it came.
    pub hits: Vec<Hit>,
    /// In `hits`.
    pub cursor: Cursor,
    /// Places of the marked ones in `hits`.
    pub marks: HashSet<usize>,
    /// How many folders were looked through.
    pub looked: u64,
    /// How many could not be listed, or not to the end; and why the first could not.
    pub unlisted: u64,
    /// Why the first of them could not.
    pub trouble: Option<Failure>,
    /// How many folders lie deeper than the server's levels.
    pub cut: u64,
}

impl Search {
    /// Where a hit lies.
    pub fn folder(&self, hit: &Hit) -> &Folder {
        self.folders.get(hit.folder as usize).unwrap_or(&self.top)
    }

    /// The hit under the cursor.
    pub fn current(&self) -> Option<&Hit> {
        self.hits.get(self.cursor.at)
    }

    /// The marked hits, or the one under the cursor: each with its folder.
    fn selection(&self) -> Vec<(Folder, Entry)> {
        let hits: Vec<&Hit> = match self.marks.is_empty() {
            true => self.current().into_iter().collect(),
            false => {
                let mut places: Vec<usize> = self.marks.iter().copied().collect();
                places.sort_unstable();
                places.iter().filter_map(|place| self.hits.get(*place)).collect()
            }
        };
        let own = |hit: &Hit| (self.folder(hit).clone(), hit.entry.clone());
        hits.into_iter().map(own).collect()
    }

    /// Looks through a listing; how many of its folders are not open is told by `is_cut`.
    fn take(&mut self, folder: &Folder, listing: &Listing, now: i64, is_cut: impl Fn(&Folder) -> bool) {
        self.looked += 1;
        self.unlisted += u64::from(!listing.is_whole());
        let mut number = None;
        for entry in &listing.entries {
            if entry.kind == Kind::Dir && is_cut(&folder.join(&entry.name)) {
                self.cut += 1;
            }
            if !self.wanted.fits(entry, now) {
                continue;
            }
            if self.hits.len() >= KEPT {
                self.stage = Stage::Full;
                return;
            }
            let number = *number.get_or_insert_with(|| {
                self.folders.push(folder.clone());
                u32::try_from(self.folders.len() - 1).unwrap_or(u32::MAX)
            });
            self.hits.push(Hit {
                folder: number,
                entry: entry.clone(),
            });
        }
    }

    /// What was deleted is found no more, nor what was in it.
    fn forget(&mut self, places: &[Folder]) {
        let folders = &self.folders;
        let mut gone = Vec::new();
        for (nth, hit) in self.hits.iter().enumerate() {
            let own = folders
                .get(hit.folder as usize)
                .map(|folder| folder.join(&hit.entry.name));
            if own.is_some_and(|own| places.iter().any(|place| own.is_at_or_below(place))) {
                gone.push(nth);
            }
        }
        if gone.is_empty() {
            return;
        }
        let gone: HashSet<usize> = gone.into_iter().collect();
        let mut nth = 0;
        self.hits.retain(|_| {
            nth += 1;
            !gone.contains(&(nth - 1))
        });
        // the places of the others are other ones now
        self.marks.clear();
    }
}

impl App {
    /// Asks what to search for, below the active pane's folder.
    pub(super) fn ask_search(&mut self) {
        let pane = self.pane(self.active);
        if !matches!(pane.content, Content::Listed(_)) {
            self.say("There is no folder yet to search through".to_owned());
            return;
        }
        let subject = Subject::Search {
            folder: pane.folder.clone(),
        };
        let before = self.search.as_ref().map_or("", |search| search.text.as_str());
        self.dialogs.push_back(Dialog::asking(subject, Line::new(before)));
    }

    /// Begins a search; the one before ends.
    pub(super) fn begin_search(&mut self, text: &str) -> Result<Vec<Effect>, String> {
        let wanted = search::Search::read(text)?;
        let pane = self.pane(self.active);
        let Content::Listed(listing) = &pane.content else {
            return Err("the folder is being listed; try again in a moment".to_owned());
        };
        let (listing, top) = (Arc::clone(listing), pane.folder.clone());
        let mut effects = self.stop_search();
        let generation = self.next_generation();
        let mut search = Search {
            text: text.to_owned(),
            wanted,
            top: top.clone(),
            generation,
            stage: Stage::Running,
            folders: Vec::new(),
            hits: Vec::new(),
            cursor: Cursor::default(),
            marks: HashSet::new(),
            looked: 0,
            unlisted: 0,
            trouble: None,
            cut: 0,
        };
        search.take(&top, &listing, self.unix_now(), |folder| self.is_cut(folder));
        let levels = search.wanted.levels;
        if search.stage == Stage::Running {
            effects.push(Effect::Engine(match top {
                Folder::Local(folder) => Command::ExploreHere(LocalExploration {
                    folder,
                    listing,
                    levels,
                    generation,
                }),
                Folder::Remote(folder) => Command::Explore(Exploration {
                    connection: self.connection(),
                    folder,
                    listing,
                    levels,
                    order: WalkOrder::AsItComes,
                    generation,
                }),
            }));
        }
        self.search = Some(search);
        self.view = View::Found;
        Ok(effects)
    }

    /// Shows what the last search has found.
    pub(super) fn show_found(&mut self) {
        match &self.search {
            Some(search) => {
                self.active = search.top.side();
                self.view = View::Found;
            }
            None => self.say("Nothing was searched for yet; F or Alt-F7 does".to_owned()),
        }
    }

    /// Ends a search that goes on; what it has found stays.
    fn stop_search(&mut self) -> Vec<Effect> {
        match &mut self.search {
            Some(search) if search.stage == Stage::Running => {
                search.stage = Stage::Stopped;
                vec![Effect::Engine(Command::StopExploring(search.generation))]
            }
            _ => Vec::new(),
        }
    }

    /// The connection is gone: what was found on its server cannot be acted on any more.
    pub(super) fn drop_search(&mut self) -> Vec<Effect> {
        if self
            .search
            .as_ref()
            .is_none_or(|search| search.top.side() == Side::Local)
        {
            return Vec::new();
        }
        let effects = self.stop_search();
        self.search = None;
        if self.view == View::Found {
            self.view = View::Panes;
        }
        effects
    }

    /// A folder's listing has come; `None` where it is not of this search.
    pub(super) fn searched(
        &mut self,
        place: &Place,
        generation: Generation,
        result: &Result<Arc<Listing>, Failure>,
    ) -> Option<Vec<Effect>> {
        let mut search = self.search.take_if(|search| search.generation == generation)?;
        let mut effects = Vec::new();
        if search.stage == Stage::Running {
            let folder = Folder::of(place);
            match result {
                Ok(listing) => search.take(&folder, listing, self.unix_now(), |folder| self.is_cut(folder)),
                Err(failure) => {
                    search.unlisted += 1;
                    search.trouble.get_or_insert_with(|| failure.clone());
                }
            }
            effects.push(Effect::Engine(match search.stage {
                Stage::Full => Command::StopExploring(generation),
                _ => Command::DealtWith(generation),
            }));
        }
        self.search = Some(search);
        Some(effects)
    }

    /// A walk is at its end.
    pub(super) fn explored(&mut self, generation: Generation, result: Result<(), Failure>) {
        if let Some(search) = &mut self.search
            && search.generation == generation
            && search.stage == Stage::Running
        {
            search.stage = match result {
                Ok(()) => Stage::Over,
                Err(failure) => Stage::Failed(failure),
            };
        }
    }

    /// What was deleted goes from what was found.
    pub(super) fn deleted_from_found(&mut self, places: &[Place]) {
        if let Some(search) = &mut self.search {
            let places: Vec<Folder> = places.iter().map(Folder::of).collect();
            search.forget(&places);
        }
    }

    /// An action in what was found.
    pub(super) fn act_found(&mut self, action: Action) -> Vec<Effect> {
        if let Some(refusal) = self.refusal(action) {
            self.say(refusal);
            return Vec::new();
        }
        let rows = self.list_rows(Context::Found);
        let Some(search) = &mut self.search else {
            self.view = View::Panes;
            return Vec::new();
        };
        let len = search.hits.len();
        match action {
            Action::Back if search.stage == Stage::Running => return self.stop_search(),
            Action::Back => self.view = View::Panes,
            Action::Find => self.ask_search(),
            Action::Reveal => {
                if let Some(hit) = search.current() {
                    let (folder, name) = (search.folder(hit).clone(), hit.entry.name.clone());
                    self.view = View::Panes;
                    return self.go(folder.side(), folder, Some(name));
                }
            }
            Action::View => {
                if let Some(hit) = search.current().filter(|hit| !hit.entry.is_folder()) {
                    let (file, size) = (search.folder(hit).join(&hit.entry.name), hit.entry.size);
                    return self.view_file(file.place(self.connection()), size);
                }
                self.say("Only files can be viewed".to_owned());
            }
            Action::Transfer => {
                let chosen = search.selection();
                self.ask_transfer_of(&chosen);
            }
            Action::Delete => {
                let chosen = search.selection();
                return self.ask_delete_of(&chosen);
            }
            Action::Mark if len > 0 => {
                let at = search.cursor.at;
                if !search.marks.remove(&at) {
                    search.marks.insert(at);
                }
                search.cursor.go(Action::Down, len, rows);
            }
            Action::MarkAll => search.marks = (0..len).collect(),
            Action::Unmark => search.marks.clear(),
            Action::Invert => search.marks = (0..len).filter(|at| !search.marks.contains(at)).collect(),
            movement => {
                search.cursor.go(movement, len, rows);
            }
        }
        Vec::new()
    }
}
