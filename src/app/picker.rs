//! A line one types in, and below it what it fits: the palette, the bookmarks, a path to go to.
//!
//! It lies over the screen like a dialog, but nobody asked for it: anything the engine asks stands
//! before it.

use super::App;
use super::action::{Action, Context};
use super::cursor::Cursor;
use super::effect::Effect;
use super::folder::Folder;
use super::goto::Look;
use super::input::Line;
use crate::config::bookmarks::Bookmark;
use crate::config::keymap::Found;
use crate::model::key::Key;

/// What is chosen from.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// The actions.
    Palette,
    /// The bookmarks of folders.
    Bookmarks,
    /// The folders that a path may lead to.
    Path(Look),
}

/// What choosing an item means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aim {
    /// Do this.
    Do(Action),
    /// Go to this folder.
    Go(Folder),
    /// Go to this bookmark's folder.
    Visit(Bookmark),
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What it is called, escaped.
    pub name: String,
    /// What there is to know of it.
    pub about: String,
    /// The keys that do the same, as a person reads them.
    pub keys: String,
    /// Why it cannot be chosen here and now.
    pub off: Option<String>,
    /// What it means.
    pub aim: Aim,
}

/// The picker.
#[derive(Debug, Clone, PartialEq)]
pub struct Picker {
    /// What is chosen from.
    pub subject: Subject,
    /// What was typed.
    pub line: Line,
    /// What fits it, the best first.
    pub items: Vec<Item>,
    /// In `items`.
    pub cursor: Cursor,
    /// Why what was typed leads nowhere.
    pub complaint: Option<String>,
}

impl Picker {
    /// The item under the cursor.
    pub fn current(&self) -> Option<&Item> {
        self.items.get(self.cursor.at)
    }
}

impl App {
    /// Opens a picker, with what fits the line as it is.
    pub(super) fn pick(&mut self, subject: Subject) -> Vec<Effect> {
        self.picker = Some(Picker {
            subject,
            line: Line::default(),
            items: Vec::new(),
            cursor: Cursor::default(),
            complaint: None,
        });
        self.fill()
    }

    /// Looks anew for what fits the line.
    pub(super) fn fill(&mut self) -> Vec<Effect> {
        let Some(picker) = &mut self.picker else {
            return Vec::new();
        };
        picker.complaint = None;
        picker.cursor = Cursor::default();
        let typed = picker.line.text().to_owned();
        let items = match picker.subject {
            Subject::Palette => self.actions_fitting(&typed),
            Subject::Bookmarks => self.bookmarks_fitting(&typed),
            Subject::Path(_) => return self.look(),
        };
        if let Some(picker) = &mut self.picker {
            picker.items = items;
        }
        Vec::new()
    }

    /// A key while it is open.
    pub(super) fn press_picker(&mut self, key: Key) -> Vec<Effect> {
        let found = self.keys.find(&[Context::Picker], &[key]);
        let rows = self.list_rows(Context::Picker);
        let Some(picker) = &mut self.picker else {
            return Vec::new();
        };
        match found {
            Found::Action(Action::Accept) => self.choose(),
            Found::Action(Action::Back) => {
                self.picker = None;
                Vec::new()
            }
            Found::Action(Action::Complete) => self.complete(),
            Found::Action(Action::Forget) => self.forget_bookmark(),
            Found::Action(action) => {
                let len = picker.items.len();
                match picker.cursor.go(action, len, rows) {
                    true => Vec::new(),
                    false => self.anywhere(action),
                }
            }
            Found::Prefix | Found::Nothing => match picker.line.press(key) {
                true => self.fill(),
                false => Vec::new(),
            },
        }
    }

    /// Enter.
    fn choose(&mut self) -> Vec<Effect> {
        let Some(picker) = &mut self.picker else {
            return Vec::new();
        };
        if let Subject::Path(_) = picker.subject {
            return self.go_there();
        }
        let Some(item) = picker.current().cloned() else {
            return Vec::new();
        };
        if let Some(why) = item.off {
            picker.complaint = Some(why);
            return Vec::new();
        }
        self.picker = None;
        match item.aim {
            Aim::Do(action) => self.act(action),
            Aim::Go(folder) => self.go(self.active, folder, None),
            Aim::Visit(bookmark) => self.visit(&bookmark),
        }
    }
}
