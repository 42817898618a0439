//! The help: the table of actions with the keys in force.

use super::action::{Action, Context, Keys, TABLE};
use super::cursor::Cursor;
use super::effect::Effect;
use super::input::Line as Input;
use super::wrapping::wrap;
use super::{App, View};
use crate::config::keymap::shown;
use crate::model::text::searched;

/// The help as it is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Help {
    /// What it was opened over.
    pub from: View,
    /// The window on its lines.
    pub window: Cursor,
    /// Only lines that contain this are shown.
    pub filter: Input,
    /// Whether the filter is being typed.
    pub typing: bool,
}

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A context's heading.
    Heading(&'static str),
    /// Keys and what they do; either goes on in lines below where it is long, beside nothing.
    Keys(String, String),
    /// Between two contexts.
    Gap,
}

/// The table of keys for the README, in Markdown: the same table, the same keys.
pub fn markdown(keys: &Keys) -> String {
    let mut out = String::new();
    for context in Context::ALL {
        out.push_str(&format!("\n**{}**\n\n| keys | |\n|---|---|\n", context.title()));
        for (keys, text) in rows(keys, context) {
            // a bar would end the cell, a backtick the code
            let keys = keys.replace('|', "\\|");
            out.push_str(&format!("| `{keys}` | {text} |\n"));
        }
    }
    out
}

/// The keys of a context and what they do, in the order of the table.
fn rows(keys: &Keys, context: Context) -> impl Iterator<Item = (String, &'static str)> {
    TABLE.iter().filter_map(move |row| {
        let all: Vec<String> = keys.of(context, row.action).map(shown).collect();
        (!all.is_empty()).then(|| (all.join(", "), row.help))
    })
}

impl Help {
    /// All of it, opened over this.
    pub fn over(from: View) -> Self {
        Self {
            from,
            window: Cursor::default(),
            filter: Input::default(),
            typing: false,
        }
    }
}

impl App {
    /// How many columns the help gives to keys, and how many to what they do: a blank before each, and
    /// the frame.
    pub fn help_columns(&self) -> (usize, usize) {
        let room = usize::from(self.size.0.saturating_sub(2));
        let keys = (room / 5).clamp(9, 22);
        (keys, room.saturating_sub(keys + 2).max(1))
    }

    /// The help, the context one came from first.
    pub fn help_lines(&self) -> Vec<Line> {
        let here = self.context_of(self.help.from);
        let mut contexts = vec![here, Context::Global];
        contexts.extend(
            Context::ALL
                .into_iter()
                .filter(|c| *c != here && *c != Context::Global),
        );
        let wanted = searched(self.help.filter.text());
        let fits = |(keys, text): &(String, &str)| {
            wanted.is_empty() || searched(keys).contains(&wanted) || searched(text).contains(&wanted)
        };
        let (wide, room) = self.help_columns();
        let mut lines = Vec::new();
        for context in contexts {
            let mut rows = rows(&self.keys, context).filter(fits).peekable();
            if rows.peek().is_none() {
                continue;
            }
            if !lines.is_empty() {
                lines.push(Line::Gap);
            }
            lines.push(Line::Heading(context.title()));
            for (keys, text) in rows {
                let (mut keys, mut text) = (wrap(&keys, wide), wrap(text, room));
                let rows = keys.len().max(text.len());
                keys.resize(rows, String::new());
                text.resize(rows, String::new());
                lines.extend(
                    keys.into_iter()
                        .zip(text)
                        .map(|(keys, text)| Line::Keys(keys, text)),
                );
            }
        }
        lines
    }

    /// An action in the help.
    pub(super) fn act_help(&mut self, action: Action) -> Vec<Effect> {
        let (len, rows) = (self.help_lines().len(), self.list_rows(Context::Help));
        match action {
            Action::Filter => self.help.typing = true,
            Action::Back if !self.help.filter.text().is_empty() => {
                self.help.filter.clear();
                self.help.window = Cursor::default();
            }
            movement => {
                if !self.help.window.scroll(movement, len, rows) {
                    self.view = self.help.from;
                }
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_readme_gets_the_keys_in_force() {
        let own = Some(("[panes]\ntransfer = ['|']", "own"));
        let table = markdown(&crate::app::action::keys(own).unwrap_or_else(|e| panic!("{e}")));
        assert!(table.contains("**Panes**\n\n| keys | |\n|---|---|\n| `\\|` | Transfer what is marked"));
        for row in TABLE {
            assert!(table.contains(row.help), "{}", row.id);
        }
    }
}
