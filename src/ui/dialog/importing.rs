//! What other programs have saved, before it is taken: what would be, what cannot be and why.

use super::page::Page;
use crate::config::import::Looked;
use crate::config::theme::Role;
use crate::model::size::count;
use crate::model::text::escape_str;

impl Page<'_> {
    pub(super) fn import(&mut self, looked: &Looked) {
        for (format, path) in &looked.files {
            let text = format!("{}: {}", format.title(), escape_str(&path.to_string_lossy()));
            self.say(&text, Role::Muted);
        }
        for failure in &looked.broken {
            self.say(&escape_str(&failure.to_string()), Role::Error);
        }
        let found = &looked.found;
        let left = match found.left.len() {
            0 => String::new(),
            n => format!(", {} left out", count(n as u64, "entry is", "entries are")),
        };
        let kept = match found.secrets() {
            0 => String::new(),
            n => format!(
                ", {} kept in the secret store",
                count(n as u64, "password", "passwords")
            ),
        };
        let many = count(found.taken.len() as u64, "server", "servers");
        self.say(&format!("{many} would be saved{kept}{left}."), Role::Title);
        for taken in &found.taken {
            let server = &taken.server;
            let group = match server.group.as_str() {
                "" => String::new(),
                group => format!(" in {}", escape_str(group)),
            };
            let text = format!(
                "+ {}  {}{group}",
                escape_str(&server.name),
                escape_str(&server.url())
            );
            self.say(&text, Role::Text);
            for remark in &taken.remarks {
                self.say(&format!("· {}", escape_str(remark)), Role::Muted);
            }
        }
        for left in &found.left {
            let name = match left.name.as_str() {
                "" => "(without a name)".to_owned(),
                name => escape_str(name),
            };
            self.say(&format!("- {name}: {}", escape_str(&left.why)), Role::Warning);
        }
        for remark in &found.remarks {
            self.say(&escape_str(remark), Role::Warning);
        }
    }
}
