//! The help: the table of actions with the keys in force.

use super::App;
use super::action::{Context, Keys, TABLE};
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
            if !lines.is_empty() {
                lines.push(Line::Gap);
            }
            lines.push(Line::Heading(context.title()));
            lines.extend(rows(&self.keys, context).map(|(keys, text)| Line::Keys(keys, text)));
        }
        lines
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
