//! Type-ahead: the cursor goes to the name one begins to type.
//!
//! Letters are keys here, as in vi and yazi, so it begins with a key of its own (mc's Ctrl-S, or `f`).
//! From then on it is mc's: a letter that leads to no name is not taken, Enter goes into what
//! was found, and any other key of the list ends it and does what it does.

use super::App;
use super::action::{Action, Context};
use super::effect::Effect;
use super::input::Line;
use super::order::contains;
use super::pane::Pane;
use crate::config::keymap::Found;
use crate::model::key::{Code, Key};
use crate::model::text::searched;

impl App {
    /// A key while one types ahead; `None` when it belongs to the list.
    pub(super) fn press_jump(&mut self, key: Key) -> Option<Vec<Effect>> {
        self.pressed.clear();
        let pane = self.pane_mut(self.active);
        let line = pane.jump.as_mut()?;
        let before = line.clone();
        if !(key.ctrl || key.alt) && matches!(key.code, Code::Char(_) | Code::Backspace) && line.press(key) {
            if !pane.jump_to(Step::Here) {
                pane.jump = Some(before);
            }
            return Some(Vec::new());
        }
        match key.code {
            Code::Down if pane.jump_to(Step::Next) => return Some(Vec::new()),
            Code::Up if pane.jump_to(Step::Previous) => return Some(Vec::new()),
            _ => {}
        }
        if self.keys.find(&[Context::Panes], &[key]) == Found::Action(Action::Jump) {
            self.pane_mut(self.active).jump_to(Step::Next);
            return Some(Vec::new());
        }
        self.pane_mut(self.active).jump = None;
        match self.keys.find(&[Context::Text], &[key]) {
            Found::Action(Action::Back) => Some(Vec::new()),
            _ => None,
        }
    }
}

/// Where the next name is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// From the cursor's line on.
    Here,
    /// Below it.
    Next,
    /// Above it.
    Previous,
}

impl Pane {
    /// Goes to a name that begins with what was typed, or else contains it; round and round.
    /// `false` where there is none.
    fn jump_to(&mut self, step: Step) -> bool {
        let wanted = match self.jump.as_ref().map(Line::text) {
            Some("") | None => return true,
            Some(text) => searched(text),
        };
        let (len, at) = (self.shown.len(), self.cursor.at);
        let line = |nth: usize| match step {
            Step::Here => (at + nth) % len,
            Step::Next => (at + 1 + nth) % len,
            Step::Previous => (at + len - 1 - nth) % len,
        };
        let find = |fits: &dyn Fn(&[u8]) -> bool| {
            (0..len)
                .map(line)
                .find(|line| self.entry(*line).is_some_and(|e| fits(e.name.as_bytes())))
        };
        let found = find(&|name| begins(name, &wanted)).or_else(|| find(&|name| contains(name, &wanted)));
        if let Some(line) = found {
            self.cursor.at = line;
        }
        found.is_some()
    }
}

/// Whether a name begins with a text that is [`searched`] for.
pub(super) fn begins(name: &[u8], wanted: &str) -> bool {
    match name.is_ascii() {
        true => name
            .get(..wanted.len())
            .is_some_and(|first| first.eq_ignore_ascii_case(wanted.as_bytes())),
        false => searched(&String::from_utf8_lossy(name)).starts_with(wanted),
    }
}
