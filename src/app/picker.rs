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
use crate::config::theme::Theme;
use crate::model::key::Key;

/// What is chosen from.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// The actions.
    Palette,
    /// The bookmarks of folders.
    Bookmarks,
    /// The themes; the one that was in force before.
    Themes(Box<Theme>),
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
    /// Keep the theme of this name.
    Wear(String),
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
            Subject::Themes(_) => self.themes_fitting(&typed),
            Subject::Path(_) => return self.look(),
        };
        if let Some(picker) = &mut self.picker {
            picker.items = items;
        }
        if !typed.is_empty() {
            self.try_on();
        }
        Vec::new()
    }

    /// A key while it is open.
    pub(super) fn press_picker(&mut self, key: Key) -> Vec<Effect> {
        if let Found::Action(action) = self.keys.find(&[Context::Picker], &[key]) {
            return self.act_picker(action);
        }
        match self.picker.as_mut().map(|picker| picker.line.press(key)) {
            Some(true) => self.fill(),
            _ => Vec::new(),
        }
    }

    /// An action while it is open.
    pub(super) fn act_picker(&mut self, action: Action) -> Vec<Effect> {
        let rows = self.list_rows(Context::Picker);
        let Some(picker) = &mut self.picker else {
            return Vec::new();
        };
        match action {
            Action::Accept => self.choose(),
            Action::Back => {
                self.take_off();
                self.picker = None;
                Vec::new()
            }
            Action::Complete => self.complete(),
            Action::Forget => self.forget_bookmark(),
            movement => {
                let len = picker.items.len();
                match picker.cursor.go(movement, len, rows) {
                    true => {
                        self.try_on();
                        Vec::new()
                    }
                    false => self.anywhere(movement),
                }
            }
        }
    }

    /// A click on a line of the list; a second one chooses it.
    pub(super) fn click_item(&mut self, place: usize, again: bool) -> Vec<Effect> {
        if let Some(picker) = &mut self.picker {
            picker.cursor.at = place;
        }
        self.try_on();
        if again { self.choose() } else { Vec::new() }
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
            Aim::Wear(name) => self.wear(&name),
        }
    }
}
