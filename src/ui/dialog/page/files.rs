//! What the dialogs about single files say.

use super::Page;
use crate::app::errand::Asks;
use crate::app::folder::shown;
use crate::config::theme::Role;
use crate::model::event::Side;
use crate::model::size::bytes;
use crate::ui::when;

impl Page<'_> {
    pub(super) fn errand(&mut self, asks: &Asks) {
        match asks {
            Asks::Large { program, path, size } => {
                self.path("file", &path.shown());
                self.gap();
                let text = format!(
                    "It has {}, and all of it is fetched before the {} opens it.",
                    bytes(*size),
                    program.word()
                );
                self.say(&text, Role::Warning);
            }
            Asks::Changed {
                copy,
                fetched,
                now,
                failure,
                ..
            } => {
                self.path("file", &fetched.shown);
                self.path("copy", &shown(copy));
                self.gap();
                match (now, failure) {
                    (Some(now), _) => {
                        self.say(
                            "Somebody else has changed the file on the server while you edited it.",
                            Role::Warning,
                        );
                        self.known("fetched", fetched);
                        self.known("now", now);
                    }
                    (None, Some(failure)) => {
                        self.say(
                            "Whether somebody else has changed the file on the server cannot be told:",
                            Role::Warning,
                        );
                        self.say(&failure.to_string(), Role::Text);
                    }
                    (None, None) => self.say(
                        "Somebody else has deleted the file on the server while you edited it.",
                        Role::Warning,
                    ),
                }
                self.gap();
                self.say(
                    "Overwrite puts yours in its place. Keep both sends yours under another name. Leave it \
                     sends nothing; your copy stays where it is.",
                    Role::Muted,
                );
            }
        }
    }

    fn known(&mut self, label: &str, side: &Side) {
        let size = side.size.map_or("size unknown".to_owned(), bytes);
        let time = side
            .modified
            .map_or("time unknown".to_owned(), |m| when::full(&m, self.zone));
        self.pair(label, &format!("{size}, {time}"), Role::Text);
    }
}
