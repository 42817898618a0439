//! The server form: one server, new or existing, field by field.
//!
//! What is typed is judged at once, and the judgement stands beside its field; a field nobody
//! has been in yet is not blamed before the first try to save.

mod draft;
mod field;
mod note;

use std::collections::BTreeSet;

use zeroize::Zeroizing;

use crate::app::input::Line;
use crate::model::diagnosis::Fix;
use crate::model::key::{Code, Key};
use crate::model::secret::Secret;
use crate::model::server::{Protocol, Server};
use crate::model::target::Url;

use draft::Draft;
pub use field::{Control, Field, Section};
pub use note::Note;

/// What became of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The form stays open.
    Stays,
    /// This is to be saved; the form stays open until it is.
    Save(Box<Server>),
    /// The doctor is to look at what stands here.
    Test(Box<Server>),
    /// Away with it.
    Cancel,
}

/// One line of the form, ready to be drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// Which field.
    pub field: Field,
    /// Whether one is in it.
    pub focused: bool,
    /// What it holds.
    pub value: Value<'a>,
    /// What is wrong with it, if that is to be said already.
    pub fault: Option<String>,
}

/// What a row holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// A text one types in.
    Text(&'a Line),
    /// The words to choose from and the place of the one chosen.
    Choice(&'static [&'static str], usize),
    /// On or off.
    Switch(bool),
}

/// The form's state.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    existing: Option<String>,
    taken: Vec<String>,
    first: Draft,
    draft: Draft,
    focus: Field,
    visited: BTreeSet<Field>,
    tried: bool,
    leaving: bool,
    remark: Option<String>,
}

impl Form {
    /// A form for a new server, or for an existing one. `taken_names` are the names of all
    /// saved servers.
    pub fn new(existing: Option<&Server>, taken_names: &[String]) -> Self {
        let draft = Draft::new(&existing.cloned().unwrap_or_default());
        let own = existing.map(|s| s.name.clone());
        Self {
            taken: taken_names
                .iter()
                .filter(|t| Some(*t) != own.as_ref())
                .cloned()
                .collect(),
            existing: own,
            first: draft.clone(),
            draft,
            focus: Field::Name,
            visited: BTreeSet::new(),
            tried: false,
            leaving: false,
            remark: None,
        }
    }

    /// A form for a new server that begins as a copy of another.
    pub fn copy_of(server: &Server, taken_names: &[String]) -> Self {
        let mut copy = server.clone();
        copy.name = free(&server.name, taken_names);
        let mut form = Self::new(Some(&copy), taken_names);
        form.existing = None;
        form
    }

    /// The name under which the server was saved; `None` for a new one.
    pub fn existing(&self) -> Option<&str> {
        self.existing.as_deref()
    }

    /// The server as far as it can be read from the fields.
    pub fn server(&self) -> Server {
        self.draft.server()
    }

    /// The new password that is to be kept for it, if one was typed.
    pub fn secret(&self) -> Option<Secret> {
        self.draft.secret()
    }

    /// The field one is in.
    pub fn focus(&self) -> Field {
        self.focus
    }

    /// Whether anything was changed since the form was opened.
    pub fn is_changed(&self) -> bool {
        self.draft.server() != self.first.server() || self.draft.secret().is_some()
    }

    /// The fields that apply, in order.
    pub fn rows(&self) -> Vec<Row<'_>> {
        self.fields()
            .map(|field| Row {
                field,
                focused: field == self.focus,
                value: match (field.control(), self.draft.line(field)) {
                    (Control::Text, Some(line)) => Value::Text(line),
                    (Control::Choice(words), _) => Value::Choice(words, self.draft.chosen(field)),
                    _ => Value::Switch(self.draft.chosen(field) == 1),
                },
                fault: self
                    .draft
                    .fault(field, &self.taken)
                    .filter(|_| self.tried || self.visited.contains(&field)),
            })
            .collect()
    }

    /// What is to be known of the field one is in.
    pub fn note(&self) -> Note {
        self.note_of(self.focus)
    }

    /// What is to be known of a field.
    pub fn note_of(&self, field: Field) -> Note {
        note::of(field, &self.draft)
    }

    /// Something to be said once, above the keys: why nothing was saved, what a paste did.
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// One key.
    pub fn press(&mut self, key: Key) -> Outcome {
        self.remark = None;
        let was_leaving = std::mem::take(&mut self.leaving);
        match (key.code, key.ctrl) {
            (Code::Esc, _) => {
                if was_leaving || !self.is_changed() {
                    return Outcome::Cancel;
                }
                self.leaving = true;
                self.remark = Some("Not saved yet: Esc again throws the changes away".into());
            }
            (Code::Enter, _) | (Code::Char('s'), true) => return self.save(),
            (Code::Char('t'), true) => return self.test(),
            (Code::Tab | Code::Down, false) | (Code::Char('n'), true) => self.step(true),
            (Code::BackTab | Code::Up, false) | (Code::Char('p'), true) => self.step(false),
            (Code::PageUp, _) => self.go(Field::Name),
            (Code::PageDown, _) => {
                let last = self.fields().next_back();
                self.go(last.unwrap_or(self.focus));
            }
            _ => self.change(key),
        }
        Outcome::Stays
    }

    /// Goes to the field in this row.
    pub fn point_at(&mut self, row: usize) {
        let field = self.fields().nth(row);
        self.remark = None;
        self.leaving = false;
        self.go(field.unwrap_or(self.focus));
    }

    /// A click on the field in this row: goes there, and turns one that one is in already.
    pub fn click(&mut self, row: usize) {
        let before = self.focus;
        self.point_at(row);
        if self.focus == before && self.focus.control() != Control::Text {
            self.draft.turn(self.focus, true);
        }
    }

    /// Empties the text one is in.
    pub fn clear(&mut self) {
        self.draft.edit(self.focus, Line::clear);
    }

    /// A pasted text. A URL in name or host fills host, port, user, password, path and protocol.
    pub fn paste(&mut self, text: &str) {
        self.remark = None;
        self.leaving = false;
        // a password may begin or end with a space
        let text = match self.focus {
            Field::Secret => text,
            _ => text.trim(),
        };
        if matches!(self.focus, Field::Name | Field::Host) && self.take_url(text) {
            return;
        }
        self.visited.insert(self.focus);
        self.draft.edit(self.focus, |line| line.paste(text));
    }

    fn fields(&self) -> impl DoubleEndedIterator<Item = Field> {
        Field::ALL.iter().copied().filter(|f| f.applies(&self.draft))
    }

    fn change(&mut self, key: Key) {
        match self.focus.control() {
            Control::Text => {
                let edited = self.draft.edit(self.focus, |line| {
                    if line.masked {
                        return line.press(key);
                    }
                    let before = line.text().to_owned();
                    line.press(key);
                    line.text() != before
                });
                if edited == Some(true) {
                    self.visited.insert(self.focus);
                }
            }
            Control::Choice(_) | Control::Switch => match key.code {
                Code::Char(' ' | 'l') | Code::Right => self.draft.turn(self.focus, true),
                Code::Char('h') | Code::Left => self.draft.turn(self.focus, false),
                _ => {}
            },
        }
    }

    fn step(&mut self, forward: bool) {
        let fields: Vec<Field> = self.fields().collect();
        let at = fields.iter().position(|f| *f == self.focus).unwrap_or(0);
        let next = if forward {
            (at + 1) % fields.len()
        } else {
            (at + fields.len() - 1) % fields.len()
        };
        self.go(fields[next]);
    }

    /// Leaves the field one is in for another. A URL that came as typed letters, from a
    /// terminal that does not mark a paste, is taken apart here.
    fn go(&mut self, field: Field) {
        if matches!(self.focus, Field::Name | Field::Host) {
            let text = Zeroizing::new(self.draft.text(self.focus).trim().to_owned());
            if text.contains("://") {
                self.take_url(&text);
            }
        }
        self.visited.insert(self.focus);
        self.focus = field;
    }

    fn save(&mut self) -> Outcome {
        self.go(self.focus);
        self.tried = true;
        let wrong = self
            .fields()
            .find_map(|f| self.draft.fault(f, &self.taken).map(|says| (f, says)));
        match wrong {
            Some((field, says)) => {
                self.focus = field;
                self.remark = Some(format!("Not saved: {}: {says}", field.label()));
                Outcome::Stays
            }
            None => Outcome::Save(Box::new(self.draft.server())),
        }
    }

    /// What can be tried is tried: only the name may be missing yet.
    fn test(&mut self) -> Outcome {
        self.go(self.focus);
        let wrong = self
            .fields()
            .filter(|field| *field != Field::Name)
            .find_map(|f| self.draft.fault(f, &self.taken).map(|says| (f, says)));
        match wrong {
            Some((field, says)) => {
                self.tried = true;
                self.focus = field;
                self.remark = Some(format!("Not tried: {}: {says}", field.label()));
                Outcome::Stays
            }
            None => Outcome::Test(Box::new(self.draft.server())),
        }
    }

    /// Takes over a setting that would mend something; it is not saved by that.
    pub fn mend(&mut self, fix: &Fix) {
        let mut server = self.draft.server();
        fix.apply(&mut server);
        let secret = self.draft.secret();
        self.draft = Draft::new(&server);
        if let Some(secret) = secret {
            self.draft.keep(&secret);
        }
        self.remark = Some(format!("Changed by the doctor, not saved yet: {}", fix.words()));
    }

    fn take_url(&mut self, text: &str) -> bool {
        if !text.contains("://") {
            return false;
        }
        let url = match Url::parse(text) {
            Ok(url) => url,
            Err(e) => {
                self.remark = Some(format!("Not taken: {e}"));
                return false;
            }
        };
        // the bytes of a URL are the server's own
        let Some(path) = url.document_path(self.draft.server().charset) else {
            self.remark = Some("Not taken: its path is not UTF-8; choose the character set first".into());
            return false;
        };
        self.draft.set_protocol(url.protocol);
        self.draft.set_port(url.port);
        self.draft.set_text(Field::Host, &url.host);
        self.draft.set_text(Field::User, &url.user);
        self.draft.set_text(Field::DocumentPath, &path);
        if self.focus == Field::Name || self.draft.text(Field::Name).is_empty() {
            let name = free(&url.host.replace(':', "-"), &self.taken);
            self.draft.set_text(Field::Name, &name);
        }
        let mut said = "The URL has filled protocol, host, port, user and document path".to_owned();
        if let Some(secret) = &url.password {
            self.draft.keep(secret);
            said += "; its password will be kept where Password says, and never in the file of servers";
        }
        if url.protocol == Protocol::Ftp {
            said += "; ftp:// is not encrypted";
        }
        self.remark = Some(said);
        true
    }
}

/// The name itself, or with the first number behind it that makes it one nobody has.
fn free(name: &str, taken: &[String]) -> String {
    let numbered = (2..).map(|n| format!("{name} {n}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
