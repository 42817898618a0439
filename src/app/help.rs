//! The help: the table of actions with the keys in force.

use super::App;
use super::action::{Context, TABLE};
use crate::config::keymap::shown;

/// One line of the help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A context's heading.
    Heading(&'static str),
    /// Keys and what they do.
    Keys(String, &'static str),
    /// Between two contexts.
    Gap,
}

impl App {
    /// The help, the context one came from first.
    pub fn help_lines(&self) -> Vec<Line> {
        let here = self.context_of(self.beneath);
        let mut contexts = vec![here, Context::Global];
        contexts.extend(
            Context::ALL
                .into_iter()
                .filter(|c| *c != here && *c != Context::Global),
        );
        let mut lines = Vec::new();
        for context in contexts {
            let rows: Vec<Line> = TABLE
                .iter()
                .filter_map(|row| {
                    let keys: Vec<String> = self.keys.of(context, row.action).map(shown).collect();
                    (!keys.is_empty()).then(|| Line::Keys(keys.join(", "), row.help))
                })
                .collect();
            if !lines.is_empty() {
                lines.push(Line::Gap);
            }
            lines.push(Line::Heading(context.title()));
            lines.extend(rows);
        }
        lines
    }
}
