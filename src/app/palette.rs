//! The palette: every action by its name, with its keys, and why it is off where it is.

use super::App;
use super::action::{Action, Context, Row, TABLE};
use super::connect::Link;
use super::fuzzy::score;
use super::picker::{Aim, Item};
use crate::config::keymap::shown;
use crate::model::text::searched;

/// Contexts without actions that mean anything by themselves.
const INNER: [Context; 3] = [Context::Dialog, Context::Text, Context::Picker];

impl App {
    /// The actions whose name or explanation fits what was typed: those that are possible here
    /// first, then the better ones.
    pub(super) fn actions_fitting(&self, typed: &str) -> Vec<Item> {
        let typed = searched(typed);
        let mut fits: Vec<(bool, u32, Item)> = TABLE
            .iter()
            .filter(|row| row.action != Action::Palette)
            .filter(|row| row.contexts.iter().any(|context| !INNER.contains(context)))
            .filter_map(|row| {
                let item = self.item(row);
                Some((item.off.is_some(), fit(&typed, row)?, item))
            })
            .collect();
        // the sort is stable: what fits alike stays in the order of the table
        fits.sort_by_key(|(off, score, _)| (*off, std::cmp::Reverse(*score)));
        fits.into_iter().map(|(.., item)| item).collect()
    }

    fn item(&self, row: &Row) -> Item {
        let here = [self.context_of(self.view), Context::Global];
        // elsewhere the keys of its own context are the ones to know
        let contexts = match row.contexts.iter().any(|context| here.contains(context)) {
            true => &here[..],
            false => row.contexts,
        };
        let mut keys: Vec<String> = Vec::new();
        for key in contexts
            .iter()
            .flat_map(|context| self.keys.of(*context, row.action))
        {
            let key = shown(key);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        Item {
            name: row.id.to_owned(),
            about: row.help.to_owned(),
            keys: keys.join(", "),
            off: self.why_off(row.action),
            aim: Aim::Do(row.action),
        }
    }

    /// Why an action is not possible where one is; `None` when it is.
    pub(super) fn why_off(&self, action: Action) -> Option<String> {
        let row = action.row();
        let here = self.context_of(self.view);
        if !row.contexts.contains(&here) && !row.contexts.contains(&Context::Global) {
            let places: Vec<String> = row
                .contexts
                .iter()
                .filter(|context| !INNER.contains(context))
                .map(|context| context.title().to_lowercase())
                .collect();
            return Some(format!("Only in: {}", places.join(", ")));
        }
        match here {
            Context::Panes if action == Action::Doctor && self.link == Link::Down => {
                Some(self.no_connection())
            }
            Context::Panes | Context::Found => self.refusal(action),
            Context::Servers if acts_on_server(action) && self.servers.current().is_none() => {
                Some("There is no server under the cursor".to_owned())
            }
            Context::Servers if action == Action::Back && self.link == Link::Down => {
                Some("There is no connection to go back to".to_owned())
            }
            _ => None,
        }
    }
}

/// Whether the action needs a server under the cursor. To connect unfolds a group as well.
pub(super) fn acts_on_server(action: Action) -> bool {
    matches!(
        action,
        Action::EditServer | Action::CopyServer | Action::RemoveServer | Action::Doctor
    )
}

/// How well an action fits: by its name, else by words of its explanation.
fn fit(typed: &str, row: &Row) -> Option<u32> {
    if let Some(score) = score(typed, row.id) {
        return Some(score + 1);
    }
    let help = searched(row.help);
    typed
        .split_whitespace()
        .all(|word| help.contains(word))
        .then_some(0)
}
