//! A search through all folders below one: what it has found, and what can be done with that.

mod narrowed;

use std::collections::HashSet;
use std::sync::Arc;

use super::action::{Action, Context};
use super::cursor::Cursor;
use super::dialog::{Dialog, Subject};
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::input::Line;
use super::order::{ByName, Shown, Sort, SortBy, arrange};
use super::pane::Content;
use super::{App, View};
use crate::model::command::{Command, Exploration, Generation, LocalExploration, Place, WalkOrder};
use crate::model::entry::{Entry, Kind};
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::size::count;
use crate::plan::search;

/// So much is kept at most; then the search stops, and says so.
pub const KEPT: usize = 100_000;

/// The filter is not one of names here: see [`Search::narrowed`].
const EVERYTHING: Shown<'static> = Shown {
    hidden: true,
    filter: "",
};

/// One thing that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit<'a> {
    /// Where it lies.
    pub folder: &'a Folder,
    /// What it is.
    pub entry: &'a Entry,
    /// Whether it is marked.
    pub marked: bool,
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
    entries: Vec<Entry>,
    /// Where each of them lies, in `folders`.
    lies_in: Vec<u32>,
    /// The entries by name, as many as were there when they were sorted last.
    by_name: ByName,
    /// How they are sorted; as they came where that is `None`.
    pub sort: Option<Sort>,
    /// Only what contains this in its path, from the top of the search on, is shown.
    pub filter: Line,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// The places of what is shown, in order.
    shown: Vec<u32>,
    /// In what is shown.
    pub cursor: Cursor,
    /// Places of the marked ones, in the order they came.
    pub marks: HashSet<u32>,
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
    /// How many were found.
    pub fn found(&self) -> usize {
        self.entries.len()
    }

    /// How many of them are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether none is shown.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// What is shown in this line.
    pub fn hit(&self, line: usize) -> Option<Hit<'_>> {
        self.at(*self.shown.get(line)?)
    }

    fn at(&self, place: u32) -> Option<Hit<'_>> {
        let folder = *self.lies_in.get(place as usize)?;
        Some(Hit {
            folder: self.folders.get(folder as usize)?,
            entry: self.entries.get(place as usize)?,
            marked: self.marks.contains(&place),
        })
    }

    /// What is under the cursor.
    pub fn current(&self) -> Option<Hit<'_>> {
        self.hit(self.cursor.at)
    }

    /// What is marked, or under the cursor: each with its folder.
    fn selection(&self) -> Vec<(Folder, Entry)> {
        let hits: Vec<Hit<'_>> = match self.marks.is_empty() {
            true => self.current().into_iter().collect(),
            false => {
                let mut places: Vec<u32> = self.marks.iter().copied().collect();
                places.sort_unstable();
                places.iter().filter_map(|place| self.at(*place)).collect()
            }
        };
        let own = |hit: Hit<'_>| (hit.folder.clone(), hit.entry.clone());
        hits.into_iter().map(own).collect()
    }

    /// Sorts and filters anew; the cursor stays on what it stands on, if that is shown.
    pub(super) fn arrange(&mut self) {
        let stood = self.shown.get(self.cursor.at).copied();
        let places = match self.sort {
            None => EVERYTHING.places(&self.entries),
            Some(sort) => {
                if self.by_name.count() != self.entries.len() {
                    self.by_name = ByName::of(&self.entries);
                }
                arrange(&self.entries, &self.by_name, sort, EVERYTHING)
            }
        };
        self.shown = self.narrowed(places);
        let stands = stood.and_then(|stood| self.shown.iter().position(|place| *place == stood));
        self.cursor.at = stands.unwrap_or(self.cursor.at);
    }

    /// Shows what was found from this place on. Where they are sorted, what comes waits at the end until there
    /// is an eighth more of it, so that a long search is no sorting without end.
    fn show_from(&mut self, first: usize) {
        let sorted = self.by_name.count();
        if self.sort.is_some() && self.entries.len() - sorted > sorted / 8 {
            self.arrange();
            return;
        }
        let before = u32::try_from(first).unwrap_or(u32::MAX);
        let new = (before..).take(self.entries.len() - first).collect();
        let new = self.narrowed(new);
        self.shown.extend(new);
    }

    /// It comes to its end, whatever that is.
    fn end(&mut self, stage: Stage) {
        self.stage = stage;
        if self.sort.is_some() {
            self.arrange();
        }
    }

    /// Sorts by this; again turns the direction.
    fn choose(&mut self, by: SortBy) {
        match &mut self.sort {
            Some(sort) => sort.choose(by),
            None => self.sort = Some(Sort { by, reversed: false }),
        }
        self.arrange();
    }

    /// Looks through a listing; how many of its folders are not open is told by `is_cut`.
    fn take(&mut self, folder: &Folder, listing: &Listing, now: i64, is_cut: impl Fn(&Folder) -> bool) {
        self.looked += 1;
        self.unlisted += u64::from(!listing.is_whole());
        let first = self.entries.len();
        let mut number = None;
        for entry in &listing.entries {
            if entry.kind == Kind::Dir && is_cut(&folder.join(&entry.name)) {
                self.cut += 1;
            }
            if !self.wanted.fits(entry, now) {
                continue;
            }
            if self.entries.len() >= KEPT {
                self.show_from(first);
                self.end(Stage::Full);
                return;
            }
            let number = *number.get_or_insert_with(|| {
                self.folders.push(folder.clone());
                u32::try_from(self.folders.len() - 1).unwrap_or(u32::MAX)
            });
            self.lies_in.push(number);
            self.entries.push(entry.clone());
        }
        self.show_from(first);
    }

    /// What was deleted is found no more, nor what was in it.
    fn forget(&mut self, places: &[Folder]) {
        let is_gone = |hit: Hit<'_>| {
            let own = hit.folder.join(&hit.entry.name);
            places.iter().any(|place| own.is_at_or_below(place))
        };
        let kept: Vec<bool> = (0u32..)
            .map_while(|place| self.at(place))
            .map(|hit| !is_gone(hit))
            .collect();
        if kept.iter().all(|kept| *kept) {
            return;
        }
        let mut keeps = kept.iter().copied();
        self.entries.retain(|_| keeps.next().unwrap_or(true));
        let mut keeps = kept.into_iter();
        self.lies_in.retain(|_| keeps.next().unwrap_or(true));
        // the places of the others are other ones now
        self.marks.clear();
        self.by_name = ByName::default();
        self.shown.clear();
        self.arrange();
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
            entries: Vec::new(),
            lies_in: Vec::new(),
            by_name: ByName::default(),
            sort: None,
            filter: Line::default(),
            typing: false,
            shown: Vec::new(),
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
                search.end(Stage::Stopped);
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
            // what is missing is said whole once: the footer has no room for it
            let missing = match (&result, &search.trouble) {
                (Err(failure), _) => Some(failure.to_string()),
                (Ok(()), Some(first)) => {
                    let folders = count(search.unlisted, "folder is", "folders are");
                    Some(format!("{folders} not listed to the end. {first}"))
                }
                (Ok(()), None) => None,
            };
            search.end(match result {
                Ok(()) => Stage::Over,
                Err(failure) => Stage::Failed(failure),
            });
            if let Some(text) = missing {
                self.say(text);
            }
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
        let len = search.len();
        match action {
            Action::Back if search.stage == Stage::Running => return self.stop_search(),
            Action::Back if !search.filter.text().is_empty() => {
                search.filter.clear();
                search.arrange();
            }
            Action::Back => self.view = View::Panes,
            Action::Filter => search.typing = true,
            Action::SortName => search.choose(SortBy::Name),
            Action::SortSize => search.choose(SortBy::Size),
            Action::SortTime => search.choose(SortBy::Time),
            Action::SortExtension => search.choose(SortBy::Extension),
            Action::Find => self.ask_search(),
            Action::Reveal => {
                if let Some(hit) = search.current() {
                    let (folder, name) = (hit.folder.clone(), hit.entry.name.clone());
                    self.view = View::Panes;
                    return self.go(folder.side(), folder, Some(name));
                }
            }
            Action::View => {
                if let Some(hit) = search.current().filter(|hit| !hit.entry.is_folder()) {
                    let (file, size) = (hit.folder.join(&hit.entry.name), hit.entry.size);
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
                if let Some(place) = search.shown.get(search.cursor.at).copied()
                    && !search.marks.remove(&place)
                {
                    search.marks.insert(place);
                }
                search.cursor.go(Action::Down, len, rows);
            }
            Action::MarkAll => search.marks.extend(&search.shown),
            Action::Unmark => search.marks.clear(),
            Action::Invert => {
                for place in &search.shown {
                    if !search.marks.remove(place) {
                        search.marks.insert(*place);
                    }
                }
            }
            movement => {
                search.cursor.go(movement, len, rows);
            }
        }
        Vec::new()
    }
}
