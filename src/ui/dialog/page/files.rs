//! What the dialogs about single files say.

use super::Page;
use crate::app::dialog::amount;
use crate::app::errand::Asks;
use crate::app::files::{self, Asked, Properties};
use crate::app::folder::{shown, shown_place};
use crate::config::theme::Role;
use crate::model::checksum::Checksum;
use crate::model::entry::{Kind, Permissions};
use crate::model::event::{RawReply, Side};
use crate::model::mode::{Mode, Reach};
use crate::model::size::bytes;
use crate::model::text::{escape, escape_str};
use crate::ui::when;

/// How many of the commands that were sent are shown with their replies.
const SAID: usize = 3;

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

    pub(super) fn files(&mut self, asks: &files::Asks, typed: &str) {
        match asks {
            files::Asks::NewFile { folder } => self.path("in", &folder.shown()),
            files::Asks::Permissions {
                places,
                now,
                folders,
                reach,
            } => {
                self.names(places.iter().map(|place| files::where_it_is(place).1));
                self.gap();
                if let Some(now) = now {
                    self.pair("now", &spelled(*now), Role::Text);
                }
                let mode: Result<Mode, _> = typed.trim().parse();
                let new = mode.ok().and_then(|mode| mode.apply(*now, false));
                self.pair("new", &new.map_or("?".into(), spelled), Role::Title);
                self.gap();
                if *folders {
                    self.say("How far (↑ ↓):", Role::Muted);
                    for one in files::REACHES {
                        self.option(reach_words(one), one == *reach);
                    }
                    self.gap();
                }
                self.say(
                    "Digits such as 644, or steps such as u+x or go-w,a+rX; Alt-1 to Alt-9 turn one bit, in the order of rwxrwxrwx",
                    Role::Muted,
                );
            }
            files::Asks::Properties(properties) => self.properties(properties),
            files::Asks::Raw { said, .. } => {
                for (command, answered) in said.iter().rev().take(SAID).rev() {
                    self.say(&format!("> {}", escape_str(command)), Role::Sent);
                    match answered {
                        files::Answered::Awaited(_) => self.say("…", Role::Muted),
                        files::Answered::Said(Ok(reply)) => self.reply(reply),
                        files::Answered::Said(Err(failure)) => self.failure(failure),
                    }
                }
                if said.is_empty() {
                    self.say(
                        "Such as STAT, SITE HELP or FEAT. What needs a data connection or changes the session \
                         is refused.",
                        Role::Muted,
                    );
                }
                self.say("↑ brings back what was sent before.", Role::Muted);
            }
        }
    }

    fn reply(&mut self, reply: &RawReply) {
        for (place, line) in reply.lines.iter().enumerate() {
            let code = match place {
                0 => format!("{} ", reply.code),
                _ => String::new(),
            };
            self.say(&format!("{code}{}", escape(line)), Role::Reply);
        }
    }

    fn properties(&mut self, properties: &Properties) {
        let (folder, name) = files::where_it_is(&properties.place);
        let entry = &properties.entry;
        self.pair("name", &name, Role::Title);
        self.pair("in", &folder, Role::Text);
        let kind = match entry.kind {
            Kind::Dir => "folder",
            Kind::File => "file",
            Kind::Link => "symbolic link",
            Kind::Other => "neither file nor folder",
        };
        self.pair("kind", kind, Role::Text);
        if let Some(target) = &entry.target {
            self.pair("leads to", &escape(target), Role::Text);
        }
        let size = entry.size.map(|size| match size {
            0..=1023 => bytes(size),
            _ => format!("{} ({size} bytes)", bytes(size)),
        });
        if !entry.is_folder() {
            self.pair("size", &size.unwrap_or_else(|| "not known".into()), Role::Text);
        }
        let time = entry.modified.map(|time| when::full(&time, self.zone));
        self.pair("changed", &time.unwrap_or_else(|| "not known".into()), Role::Text);
        let mode = entry.permissions.map(spelled);
        self.pair("mode", &mode.unwrap_or_else(|| "not known".into()), Role::Text);
        if let Some(owner) = &entry.owner {
            self.pair("belongs to", &owner.to_string(), Role::Text);
        }
        if let Some(counted) = &properties.counted {
            let text = match counted {
                Asked::Awaited(_) => "counting …".into(),
                Asked::Told(Ok(counted)) => {
                    let more = if counted.incomplete || counted.cut.is_some() {
                        ", and more"
                    } else {
                        ""
                    };
                    format!("{}{more}", amount(counted))
                }
                Asked::Told(Err(failure)) => failure.to_string(),
            };
            self.pair("holds", &text, Role::Text);
        }
        if let Some(checksum) = &properties.checksum {
            self.checksum("checksum", checksum);
        }
        if let Some((place, Some(other))) = &properties.other {
            self.checksum("other pane", other);
            if let (Some(Asked::Told(Ok(one))), Asked::Told(Ok(two))) = (&properties.checksum, other) {
                match (one.algorithm == two.algorithm, one == two) {
                    (true, true) => self.pair("", "the content is the same", Role::Good),
                    (true, false) => self.pair("", "the content is not the same", Role::Error),
                    (false, _) => {
                        let text = format!("{} has another algorithm: not compared", shown_place(place));
                        self.pair("", &text, Role::Muted);
                    }
                }
            }
        }
    }

    fn checksum(&mut self, label: &str, checksum: &Asked<Checksum>) {
        match checksum {
            Asked::Awaited(_) => self.pair(label, "…", Role::Muted),
            Asked::Told(Ok(sum)) => {
                self.pair(label, &format!("{} {sum}", sum.algorithm.word()), Role::Text);
            }
            Asked::Told(Err(failure)) => self.pair(label, &failure.to_string(), Role::Error),
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

/// `644 rw-r--r-- (owner rw, group r, others r)`.
fn spelled(bits: Permissions) -> String {
    let may = |shift: u16, who: &str| {
        let words = [(4, "r"), (2, "w"), (1, "x")];
        let words: Vec<&str> = words
            .into_iter()
            .filter(|(bit, _)| bits.0 >> shift & bit != 0)
            .map(|(_, word)| word)
            .collect();
        format!(
            "{who} {}",
            if words.is_empty() {
                "nothing".into()
            } else {
                words.concat()
            }
        )
    };
    let people = [may(6, "owner"), may(3, "group"), may(0, "others")].join(", ");
    format!("{:03o} {} ({people})", bits.0, bits.symbolic())
}

fn reach_words(reach: Reach) -> &'static str {
    match reach {
        Reach::Itself => "only what is named above",
        Reach::All => "and all that is in the folders",
        Reach::Files => "the files in the folders, not the folders",
        Reach::Folders => "the folders and those in them, no files",
    }
}
