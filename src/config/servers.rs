//! The saved servers: `servers.toml`, one `[[server]]` table each.
//!
//! Every change is made to the file as it is at that moment, by name, under a lock: what another
//! instance or an editor has written since it was read is kept, comments included. A file that
//! cannot be understood is reported with its line and never written over.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml_edit::{DocumentMut, Item};

pub mod fields;
mod writing;

use super::{store, validity};
use crate::model::certificate::Pin;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Policy};
use crate::model::nearest::nearest;
use crate::model::server::{PasswordSource, Server};
use crate::model::text::{escape_str, system_says};
pub use writing::{described, export};
use writing::{table, tables, update};

/// What can be wrong with the file of saved servers, or with a change to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServersError {
    /// It cannot be read.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It is not TOML, or holds something a server has not.
    #[error("{}, line {line}: {why}", path.display())]
    Broken {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and the nearest right word where there is one.
        why: String,
    },
    /// A field holds what it may not.
    #[error("{}, line {line}: server '{server}', field {field}: {why}", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// Which server.
        server: String,
        /// Which field.
        field: &'static str,
        /// What is wrong.
        why: String,
    },
    /// Another server has this name.
    #[error("a server named '{0}' exists already")]
    Taken(String),
    /// There is no server of this name.
    #[error("there is no server named '{0}'")]
    Unknown(String),
    /// Another instance changed or deleted the same server.
    #[error("'{0}' has been changed or deleted by someone else meanwhile; look at it again before saving")]
    Overtaken(String),
    /// It cannot be written.
    #[error("{} cannot be written: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl From<ServersError> for Failure {
    fn from(error: ServersError) -> Self {
        let class = match &error {
            ServersError::Unreadable { .. } | ServersError::Unwritable { .. } => Class::Local,
            _ => Class::Usage,
        };
        let failure = Self::new(class, "Saved servers", error.to_string());
        match error {
            ServersError::Broken { .. } | ServersError::Invalid { .. } => {
                failure.hint("Mend the file in an editor; nothing is written to it until then")
            }
            _ => failure,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Contents {
    server: Vec<Spanned<Server>>,
}

/// The saved servers as last read.
#[derive(Debug, Clone)]
pub struct Servers {
    path: PathBuf,
    list: Vec<Server>,
}

impl Servers {
    /// Reads the file; a missing one is an empty list.
    pub fn load(path: impl Into<PathBuf>) -> Result<Self, ServersError> {
        let mut servers = Self::unread(path);
        servers.reload()?;
        Ok(servers)
    }

    /// No servers yet, the file not looked at: what is left when reading fails. A change will
    /// read the file first, and fail in the same way until it is mended.
    pub fn unread(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            list: Vec::new(),
        }
    }

    /// Reads the file again.
    pub fn reload(&mut self) -> Result<(), ServersError> {
        self.list = read(&text(&self.path)?, &self.path)?;
        Ok(())
    }

    /// Where they are saved.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// All, in the order of the file.
    pub fn list(&self) -> &[Server] {
        &self.list
    }

    /// The one of this name.
    pub fn find(&self, name: &str) -> Option<&Server> {
        self.list.iter().find(|s| s.name == name)
    }

    /// The saved name nearest to one that is not there.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.list.iter().map(|s| s.name.as_str()))
    }

    /// Saves a new server.
    pub fn add(&mut self, server: Server) -> Result<(), ServersError> {
        self.add_all(&[server])
    }

    /// Saves new servers, all of them or none.
    pub fn add_all(&mut self, servers: &[Server]) -> Result<(), ServersError> {
        self.change(|current, document| {
            for server in servers {
                if current.iter().any(|s| s.name == server.name) {
                    return Err(ServersError::Taken(server.name.clone()));
                }
                tables(document)?.push(table(server)?);
            }
            Ok(())
        })
    }

    /// Saves a changed server in the place of the one that was called `name` when it was read.
    pub fn replace(&mut self, name: &str, server: Server) -> Result<(), ServersError> {
        let known = self.find(name).cloned();
        self.change(|current, document| {
            let at = current.iter().position(|s| s.name == name);
            let at = match (at, &known) {
                (Some(at), Some(known)) if current[at] == *known => at,
                (None, None) => return Err(ServersError::Unknown(name.to_owned())),
                _ => return Err(ServersError::Overtaken(name.to_owned())),
            };
            if server.name != name && current.iter().any(|s| s.name == server.name) {
                return Err(ServersError::Taken(server.name.clone()));
            }
            if let Some(old) = tables(document)?.get_mut(at) {
                update(old, table(&server)?);
            }
            Ok(())
        })
    }

    /// Writes a certificate's pin into a server, or takes it out, and changes nothing else.
    pub fn pin(&mut self, name: &str, pin: Option<Pin>) -> Result<(), ServersError> {
        self.set(name, "pin", pin.map(|pin| toml_edit::value(pin.to_string())))
    }

    /// Files may be written in place on this server; nothing else is changed.
    pub fn in_place(&mut self, name: &str) -> Result<(), ServersError> {
        self.set(name, "in-place", Some(toml_edit::value(true)))
    }

    /// The server's password comes from here from now on; nothing else is changed.
    pub fn password(&mut self, name: &str, source: &PasswordSource) -> Result<(), ServersError> {
        let server = Server {
            password: source.clone(),
            ..Server::default()
        };
        let value = table(&server)?.remove("password");
        self.set(name, "password", value)
    }

    /// What is done from now on where a target exists; nothing else is changed.
    pub fn on_conflict(
        &mut self,
        name: &str,
        direction: Direction,
        policy: Policy,
    ) -> Result<(), ServersError> {
        let key = match direction {
            Direction::Download => "on-conflict-download",
            Direction::Upload => "on-conflict-upload",
        };
        self.set(name, key, Some(toml_edit::value(policy.word())))
    }

    fn set(&mut self, name: &str, key: &str, value: Option<Item>) -> Result<(), ServersError> {
        self.change(|current, document| {
            let at = current
                .iter()
                .position(|s| s.name == name)
                .ok_or_else(|| ServersError::Unknown(name.to_owned()))?;
            if let Some(table) = tables(document)?.get_mut(at) {
                match value {
                    Some(value) => table.insert(key, value),
                    None => table.remove(key),
                };
            }
            Ok(())
        })
    }

    /// Deletes a server.
    pub fn remove(&mut self, name: &str) -> Result<(), ServersError> {
        self.change(|current, document| {
            let at = current
                .iter()
                .position(|s| s.name == name)
                .ok_or_else(|| ServersError::Unknown(name.to_owned()))?;
            tables(document)?.remove(at);
            Ok(())
        })
    }

    fn change(
        &mut self,
        change: impl FnOnce(&[Server], &mut DocumentMut) -> Result<(), ServersError>,
    ) -> Result<(), ServersError> {
        let unwritable = |path: &Path, e: std::io::Error| ServersError::Unwritable {
            path: path.to_owned(),
            why: system_says(&e),
        };
        let _lock = store::lock(&self.path).map_err(|e| unwritable(&self.path, e))?;
        let before = text(&self.path)?;
        let current = read(&before, &self.path)?;
        let mut document: DocumentMut = before
            .parse()
            .map_err(|e: toml_edit::TomlError| broken(&self.path, &before, e.span(), e.message()))?;
        change(&current, &mut document)?;
        let after = document.to_string();
        // what cannot be read back is never written
        let list = read(&after, &self.path)?;
        store::write(&self.path, after.as_bytes()).map_err(|e| unwritable(&self.path, e))?;
        self.list = list;
        Ok(())
    }
}

fn text(path: &Path) -> Result<String, ServersError> {
    store::read(path)
        .map(Option::unwrap_or_default)
        .map_err(|e| ServersError::Unreadable {
            path: path.to_owned(),
            why: system_says(&e),
        })
}

/// The servers in the text of a file; `path` is for the error only.
///
/// # Errors
///
/// What is no TOML, and the first field that holds what it may not.
pub fn read(text: &str, path: &Path) -> Result<Vec<Server>, ServersError> {
    let contents: Contents = toml::from_str(text).map_err(|e| broken(path, text, e.span(), e.message()))?;
    let starts: Vec<usize> = contents.server.iter().map(|server| server.span().start).collect();
    let mut servers: Vec<Server> = Vec::with_capacity(contents.server.len());
    let mut names = HashSet::new();
    for (place, server) in contents.server.into_iter().enumerate() {
        let before = server.span().start;
        // the span of a table in an array is that of its heading
        let end = starts.get(place + 1).copied().unwrap_or(text.len());
        let table = text.get(before..end).unwrap_or_default();
        let server = server.into_inner();
        let invalid = |field: &'static str, why| {
            let is_field = |line: &&str| line.split_once('=').is_some_and(|(key, _)| key.trim() == field);
            let at = table.lines().find(is_field);
            let within = at.map_or(0, |at| at.as_ptr() as usize - table.as_ptr() as usize);
            ServersError::Invalid {
                path: path.to_owned(),
                line: line_of(text, before + within),
                server: escape_str(&server.name),
                field,
                why,
            }
        };
        if let Some(fault) = validity::faults(&server).into_iter().next() {
            return Err(invalid(fault.field, fault.says));
        }
        if !names.insert(server.name.clone()) {
            return Err(invalid("name", "two servers have this name".into()));
        }
        servers.push(server);
    }
    Ok(servers)
}

/// The line of a byte, counted from 1.
fn line_of(text: &str, byte: usize) -> usize {
    let before = text.bytes().take(byte);
    before.filter(|b| *b == b'\n').count() + 1
}

fn broken(path: &Path, text: &str, span: Option<std::ops::Range<usize>>, message: &str) -> ServersError {
    let line = line_of(text, span.map_or(0, |s| s.start));
    // the key on that line, where the value is what is wrong
    let key = text.lines().nth(line - 1).and_then(|line| line.split_once('='));
    let key = key
        .map(|(key, _)| key.trim())
        .filter(|key| !message.starts_with("unknown field") && is_key(key));
    let why = match key {
        // it may be the password itself, which goes to no screen and no log
        Some(key @ ("password" | "proxy-password")) => {
            format!("{key}: this is no source of a password; {PASSWORD_FORMS}")
        }
        _ if message.contains("`environment`") => {
            format!("this is no source of a password; {PASSWORD_FORMS}")
        }
        Some(key) => format!("{key}: {}", plain(message)),
        None => plain(message),
    };
    ServersError::Broken {
        path: path.to_owned(),
        line,
        why,
    }
}

const PASSWORD_FORMS: &str = "it is \"ask\", \"store\", \"netrc\", \"challenge\", \"keyring\", \
    { command = \"...\" } or { environment = \"NAME\" }, never the password itself";

fn is_key(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '-';
    !text.is_empty() && text.chars().all(plain)
}

/// What the TOML reader says, without Rust's names for things.
fn plain(message: &str) -> String {
    let mut message = message.replace('\n', "; ");
    for (kind, words) in [
        ("expected u8", "expected a number from 0 to 255"),
        ("expected u16", "expected a number from 0 to 65535"),
        ("expected u32", "expected a number from 0 to 4294967295"),
        ("invalid type: string", "this is a text"),
        ("invalid type: integer", "this is a number"),
        ("invalid type: boolean", "this is true or false"),
        ("invalid type: floating point", "this is a number"),
        ("invalid type: map", "this is a table"),
        ("invalid type: sequence", "this is a list"),
        ("expected a boolean", "expected true or false"),
        ("expected a string", "expected a text in quotation marks"),
        ("wanted string or table", "expected a text in quotation marks"),
        ("expected a sequence", "expected a list in brackets"),
        ("expected a tuple of size 2", "expected two numbers in brackets"),
        ("expected i32", "expected a whole number"),
        ("expected struct Server", "expected a table, [[server]]"),
        ("invalid IP address syntax", "expected an IPv4 or IPv6 address"),
        ("invalid value: integer ", ""),
        ("unknown variant ", "there is no "),
    ] {
        message = message.replace(kind, words);
    }
    match meant(&message) {
        // the nearest of a few dozen is enough
        Some(word) => {
            let known = message.split(", expected").next().unwrap_or_default();
            let known = known
                .replacen("unknown field ", "there is no field ", 1)
                .replace('`', "'");
            format!("{}; did you mean '{word}'?", escape_str(&known))
        }
        None => escape_str(&message),
    }
}

/// The expected word nearest to the unknown one, from a message such as "unknown field `hots`,
/// expected one of `name`, `host`".
fn meant(message: &str) -> Option<&str> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted
        .next()
        .filter(|_| message.starts_with("unknown ") || message.starts_with("there is no "))?;
    nearest(unknown, quoted)
}

#[cfg(test)]
mod tests;
