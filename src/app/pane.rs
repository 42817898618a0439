//! One pane: a folder, its listing, cursor and marks.

use std::collections::HashSet;
use std::sync::Arc;

use super::cursor::Cursor;
use super::folder::{Folder, shown_name};
use super::history::History;
use super::input::Line;
use super::order::{ByName, Shown, Sort, arrange};
use crate::model::command::Generation;
use crate::model::entry::{Entry, Kind};
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::path::{Name, RemotePath};
use crate::model::text::spell_out;
use crate::plan::naming::lookalikes;
use crate::plan::pattern::fits;

/// What a pane has to show.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// No listing, and none asked for: there is no connection.
    Nothing,
    /// A listing is on its way, and there is none to show meanwhile.
    Loading,
    /// The first entries of a listing that is still arriving.
    Arriving(Arc<Listing>),
    /// A listing.
    Listed(Arc<Listing>),
    /// Why there is none.
    Failed(Failure),
}

/// What the selection amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// How many folders.
    pub folders: u64,
    /// How many files, links and other things.
    pub files: u64,
    /// Bytes of the files whose size is known.
    pub bytes: u64,
}

/// A pane.
#[derive(Debug, Clone, PartialEq)]
pub struct Pane {
    /// The folder it shows or is about to show.
    pub folder: Folder,
    /// The path above which it does not go.
    pub root: Option<RemotePath>,
    /// What there is to show.
    pub content: Content,
    /// The number of the listing that is awaited.
    pub awaited: Option<Generation>,
    /// How many entries of it have come; 0 where that was not told.
    pub come: u64,
    /// The entries by name.
    by_name: ByName,
    /// What is shown, in numbers.
    all: Totals,
    /// Places of the entries shown, in order.
    pub shown: Vec<u32>,
    /// In `shown`.
    pub cursor: Cursor,
    /// Places of the marked entries in the listing.
    pub marks: HashSet<u32>,
    /// The order.
    pub sort: Sort,
    /// Whether names that begin with a dot are shown.
    pub hidden: bool,
    /// Only names that contain this are shown.
    pub filter: Line,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// The name one types ahead to.
    pub jump: Option<Line>,
    /// Where the pane has been.
    pub(super) history: History,
    /// The name the cursor goes to when the listing comes.
    wanted: Option<Name>,
    /// The name it stood on when the first entries came.
    stood: Option<Name>,
    /// The names that were marked before the folder could not be listed.
    marked_before: HashSet<Name>,
    /// Places of entries whose names look like another's.
    alike: HashSet<u32>,
}

impl Pane {
    /// A pane without a listing.
    pub fn new(folder: Folder) -> Self {
        Self {
            folder,
            root: None,
            content: Content::Nothing,
            awaited: None,
            come: 0,
            by_name: ByName::default(),
            all: Totals::default(),
            shown: Vec::new(),
            cursor: Cursor::default(),
            marks: HashSet::new(),
            sort: Sort::default(),
            hidden: false,
            filter: Line::default(),
            typing: false,
            jump: None,
            history: History::default(),
            wanted: None,
            stood: None,
            marked_before: HashSet::new(),
            alike: HashSet::new(),
        }
    }

    /// The entries of the listing; none while there is no listing.
    pub fn entries(&self) -> &[Entry] {
        match &self.content {
            Content::Listed(listing) | Content::Arriving(listing) => &listing.entries,
            Content::Nothing | Content::Loading | Content::Failed(_) => &[],
        }
    }

    /// The entry in the line `line` of what is shown.
    pub fn entry(&self, line: usize) -> Option<&Entry> {
        self.entries().get(*self.shown.get(line)? as usize)
    }

    /// The name of the entry in the line `line` for a screen; two that look the same are told apart.
    pub fn name(&self, line: usize) -> Option<String> {
        let (entry, place) = (self.entry(line)?, self.shown.get(line)?);
        Some(match self.alike.contains(place) {
            true => spell_out(entry.name.as_bytes()),
            false => shown_name(&entry.name),
        })
    }

    /// The entry under the cursor.
    pub fn current(&self) -> Option<&Entry> {
        self.entry(self.cursor.at)
    }

    /// The marked entries in the order shown (hidden ones at the end), or the one under the cursor.
    pub fn selection(&self) -> Vec<&Entry> {
        if self.marks.is_empty() {
            return self.current().into_iter().collect();
        }
        let entries = self.entries();
        let shown = self.shown.iter().filter(|i| self.marks.contains(i));
        let mut places: Vec<u32> = shown.copied().collect();
        if places.len() < self.marks.len() {
            let seen: HashSet<u32> = places.iter().copied().collect();
            let mut rest: Vec<u32> = self.marks.difference(&seen).copied().collect();
            rest.sort_unstable();
            places.extend(rest);
        }
        places.iter().filter_map(|i| entries.get(*i as usize)).collect()
    }

    /// What is marked, in numbers.
    pub fn marked(&self) -> Totals {
        // in the order they lie in memory: from one to any other is a wait each
        let entries = (0u32..).zip(self.entries());
        let marked = entries.filter(|(place, _)| !self.marks.is_empty() && self.marks.contains(place));
        sum(marked.map(|(_, entry)| entry))
    }

    /// What is shown, in numbers.
    pub fn all(&self) -> Totals {
        self.all
    }

    /// Goes to a folder: the old listing goes, the cursor will stand on `wanted`.
    pub fn go(&mut self, folder: Folder, wanted: Option<Name>, generation: Generation) {
        self.folder = folder;
        self.put(Content::Loading);
        self.filter.clear();
        self.typing = false;
        self.jump = None;
        self.cursor = Cursor::default();
        self.wanted = wanted;
        self.marked_before.clear();
        self.awaited = Some(generation);
        self.come = 0;
    }

    /// Lists the same folder again; what is shown stays until the answer comes. The cursor goes
    /// to `wanted`, or stays on its name.
    pub fn refresh(&mut self, wanted: Option<Name>, generation: Generation) {
        let stood = self.current().map(|e| e.name.clone());
        self.wanted = wanted.or(self.wanted.take());
        if !matches!(self.content, Content::Listed(_)) {
            self.put(Content::Loading);
            self.wanted = self.wanted.take().or(stood);
        }
        self.awaited = Some(generation);
        self.come = 0;
    }

    /// The connection is gone, and with it what was shown.
    pub fn empty(&mut self) {
        self.put(Content::Nothing);
        self.awaited = None;
        self.cursor = Cursor::default();
    }

    /// Changes what there is to show; it is to be arranged then.
    fn put(&mut self, content: Content) {
        self.content = content;
        self.by_name = ByName::of(self.entries());
        self.shown.clear();
        self.all = Totals::default();
        if self.entries().is_empty() {
            self.marks.clear();
        }
    }

    /// More of a listing has come: how many entries, and the first of them once, to be shown where there is
    /// nothing else.
    pub fn arriving(&mut self, generation: Generation, first: Vec<Entry>, come: u64) {
        if self.awaited != Some(generation) {
            return;
        }
        self.come = come;
        if first.is_empty() || !matches!(self.content, Content::Loading) {
            return;
        }
        let listing = Listing {
            entries: first,
            ..Listing::default()
        };
        self.alike.clear();
        self.put(Content::Arriving(Arc::new(listing)));
        let wanted = self.wanted.clone();
        self.arrange(wanted.as_ref());
        self.stood = self.current().map(|e| e.name.clone());
    }

    /// The answer to a listing; one that is not awaited any more is dropped.
    pub fn listed(&mut self, generation: Generation, result: Result<Arc<Listing>, Failure>) {
        if self.awaited != Some(generation) {
            return;
        }
        self.awaited = None;
        self.come = 0;
        match result {
            Ok(listing) => {
                let names = self.marked_names();
                self.marked_before.clear();
                if !names.is_empty() {
                    self.marks = (0u32..)
                        .zip(&listing.entries)
                        .filter(|(_, e)| names.contains(&e.name))
                        .map(|(place, _)| place)
                        .collect();
                }
                // the person may have gone on while the listing was on its way
                let current = self.current().map(|e| e.name.clone());
                let gone_on = matches!(self.content, Content::Arriving(_)) && self.stood != current;
                let wanted = self.wanted.take().filter(|_| !gone_on).or(current);
                let alike = lookalikes(listing.entries.iter().map(|e| &e.name));
                self.alike = match alike.is_empty() {
                    true => HashSet::new(),
                    false => (0u32..)
                        .zip(&listing.entries)
                        .filter(|(_, e)| alike.contains(&e.name))
                        .map(|(place, _)| place)
                        .collect(),
                };
                self.put(Content::Listed(listing));
                self.arrange(wanted.as_ref());
            }
            Err(failure) => {
                // a line that was cut comes back, and with it cursor and marks
                let stood = self.current().map(|e| e.name.clone());
                self.wanted = self.wanted.take().or(stood);
                self.marked_before = self.marked_names();
                self.put(Content::Failed(failure));
            }
        }
    }

    /// The names that are marked, or were before the folder could not be listed.
    fn marked_names(&self) -> HashSet<Name> {
        let marked = self
            .marks
            .iter()
            .filter_map(|place| self.entries().get(*place as usize));
        let marked = marked.map(|entry| entry.name.clone());
        marked.chain(self.marked_before.iter().cloned()).collect()
    }

    /// Sorts and filters anew; the cursor goes to the name, if it is shown.
    pub fn arrange(&mut self, to: Option<&Name>) {
        let shown = Shown {
            hidden: self.hidden,
            filter: self.filter.text(),
        };
        self.shown = arrange(self.entries(), &self.by_name, self.sort, shown);
        self.all = self.count_shown();
        if let Some(name) = to {
            let entries = self.entries();
            let line = self
                .shown
                .iter()
                .position(|i| entries.get(*i as usize).is_some_and(|e| e.name == *name));
            if let Some(line) = line {
                self.cursor.at = line;
            }
        }
    }

    fn count_shown(&self) -> Totals {
        let entries = self.entries();
        let mut is_shown = vec![false; entries.len()];
        for place in &self.shown {
            if let Some(is) = is_shown.get_mut(*place as usize) {
                *is = true;
            }
        }
        let shown = entries.iter().zip(is_shown).filter(|(_, is)| *is);
        sum(shown.map(|(entry, _)| entry))
    }

    /// The same, keeping the cursor on its name.
    pub fn rearrange(&mut self) {
        let name = self.current().map(|e| e.name.clone());
        self.arrange(name.as_ref());
    }

    /// Marks or unmarks what is under the cursor and goes down.
    pub fn mark(&mut self) {
        if let Some(place) = self.shown.get(self.cursor.at).copied() {
            if !self.marks.remove(&place) {
                self.marks.insert(place);
            }
            self.cursor.at += 1;
        }
    }

    /// Marks all that is shown.
    pub fn mark_all(&mut self) {
        self.marks.extend(&self.shown);
    }

    /// Marks or unmarks what is shown and fits a pattern; how many that was.
    pub fn mark_fitting(&mut self, pattern: &str, mark: bool) -> u64 {
        let mut changed = 0;
        for place in self.shown.clone() {
            let fit = |e: &Entry| fits(pattern, e.name.as_bytes());
            if self.entries().get(place as usize).is_some_and(fit) {
                let news = match mark {
                    true => self.marks.insert(place),
                    false => self.marks.remove(&place),
                };
                changed += u64::from(news);
            }
        }
        changed
    }

    /// Marks the unmarked and the other way round, of what is shown.
    pub fn invert(&mut self) {
        for place in &self.shown {
            if !self.marks.remove(place) {
                self.marks.insert(*place);
            }
        }
    }

    /// Whether this is the top: the document path, or the root of the disk.
    pub fn at_top(&self) -> bool {
        match (&self.folder, &self.root) {
            (Folder::Remote(path), Some(root)) => path.depth_below(root).is_none_or(|d| d == 0),
            (folder, _) => folder.parent().is_none(),
        }
    }
}

fn sum<'a>(entries: impl Iterator<Item = &'a Entry>) -> Totals {
    entries.fold(Totals::default(), |t, e| {
        let folder = u64::from(e.kind == Kind::Dir);
        Totals {
            folders: t.folders + folder,
            files: t.files + 1 - folder,
            bytes: t.bytes.saturating_add(e.size.unwrap_or(0)),
        }
    })
}

#[cfg(test)]
mod tests;
