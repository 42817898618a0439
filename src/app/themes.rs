//! Choosing the colours: each theme is shown on the screen itself as one goes through the list.

use super::App;
use super::dialog::Dialog;
use super::effect::Effect;
use super::picker::{Aim, Item, Subject};
use crate::model::failure::Failure;
use crate::model::text::searched;

impl App {
    /// Opens the list of themes at the one in force.
    pub(super) fn choose_theme(&mut self) -> Vec<Effect> {
        let before = Box::new(self.theme.clone());
        let effects = self.pick(Subject::Themes(before));
        let worn = self.themes.iter().position(|named| named.theme == self.theme);
        if let (Some(picker), Some(at)) = (&mut self.picker, worn) {
            picker.cursor.at = at;
        }
        effects
    }

    /// The themes whose name or description contains a text.
    pub(super) fn themes_fitting(&self, typed: &str) -> Vec<Item> {
        let typed = searched(typed);
        let fits = |text: &str| searched(text).contains(&typed);
        let themes = self.themes.iter().filter(|t| fits(&t.name) || fits(&t.about));
        themes
            .map(|named| Item {
                name: named.name.clone(),
                about: named.about.clone(),
                keys: String::new(),
                off: None,
                aim: Aim::Wear(named.name.clone()),
            })
            .collect()
    }

    /// Shows the theme under the cursor, where themes are chosen from.
    pub(super) fn try_on(&mut self) {
        let Some(picker) = self.picker.as_ref() else {
            return;
        };
        let Subject::Themes(before) = &picker.subject else {
            return;
        };
        let name = picker.current().map(|item| &item.name);
        let under = self.themes.iter().find(|named| Some(&named.name) == name);
        self.theme = under.map_or_else(|| (**before).clone(), |named| named.theme.clone());
    }

    /// The list was left without a choice.
    pub(super) fn take_off(&mut self) {
        if let Some(Subject::Themes(before)) = self.picker.as_ref().map(|picker| &picker.subject) {
            self.theme = (**before).clone();
        }
    }

    /// A theme was chosen; it is worn already.
    pub(super) fn wear(&mut self, name: &str) -> Vec<Effect> {
        // a run that leaves nothing behind leaves no setting either
        if !self.keeps_queue {
            self.say(format!("The colours of {name}, for this run"));
            return Vec::new();
        }
        vec![Effect::KeepTheme(name.to_owned())]
    }

    /// The choice was kept, or was not.
    pub(super) fn theme_kept(&mut self, name: &str, result: Result<(), Failure>) {
        match result {
            Ok(()) => {
                let own = name != OWN && self.themes.iter().any(|named| named.name == OWN);
                let before = if own {
                    "; your theme.toml goes before it"
                } else {
                    ""
                };
                self.say(format!("The colours of {name} are kept in config.toml{before}"));
            }
            Err(failure) => self.dialogs.push_back(Dialog::failure(failure)),
        }
    }
}

/// What a `theme.toml` of one's own is called.
const OWN: &str = "theme";
