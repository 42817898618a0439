//! `ftpane servers import`.

use std::path::Path;

use tokio::io::AsyncRead;

use super::arguments::{Import, Source, words};
use super::{Saved, print};
use crate::cli::password::passphrase;
use crate::cli::printer::Printer;
use crate::cli::prompt;
use crate::config::change::Change;
use crate::config::import::{self, Found, settle};
use crate::config::secrets::{StoreError, Trouble};
use crate::config::validity;
use crate::model::failure::{Class, Failure};
use crate::model::nearest::did_you_mean;
use crate::model::size::count;
use crate::model::text::escape_str;

impl<R: AsyncRead + Unpin> Saved<'_, R> {
    pub(super) async fn import(&mut self, import: &Import) -> Result<u8, Failure> {
        if let Some(Err(why)) = import.group.as_deref().map(validity::line) {
            return Err(Failure::new(Class::Usage, "--group", why));
        }
        let (found, broken) = self.read(import)?;
        let mut found = settle(found, self.servers.list(), import.group.as_deref());
        if import.without_passwords {
            found.taken.iter_mut().for_each(import::Taken::without_secret);
        }
        print(|out| report(&found, out))?;
        let (many, passwords) = (found.taken.len() as u64, found.secrets() as u64);
        let many = count(many, "server", "servers");
        if import.dry_run {
            let left = count(found.left.len() as u64, "entry", "entries");
            self.speech.remark(&format!(
                "{many} would be saved, {} kept in the secret store, {left} left out; nothing was changed",
                count(passwords, "password", "passwords"),
            ));
        } else if !found.taken.is_empty() {
            let kept = self.save(found).await?;
            let kept = match kept {
                0 => String::new(),
                n => format!(", and {}", count(n as u64, "password", "passwords")),
            };
            self.speech.remark(&format!("saved {many}{kept}"));
        }
        // what could be read was taken, and something could not
        Ok(if broken { Class::Other.exit_code() } else { 0 })
    }

    /// What the file holds, or all files in the usual places; whether one could not be read.
    fn read(&self, import: &Import) -> Result<(Found, bool), Failure> {
        let format = match (&import.from, &import.file) {
            (Source::Of(format), Some(path)) => return Ok((import::load(*format, path)?, false)),
            (Source::Auto, Some(path)) => return Ok((self.recognised(path)?, false)),
            // where a word is a path for certain, it is not taken for a format written wrong
            (Source::File(path), None) if path.exists() || path.components().count() > 1 => {
                return Ok((self.recognised(path)?, false));
            }
            (Source::File(path), Some(other)) if path.exists() => return Err(turned_round(path, other)),
            (Source::File(path), _) => return Err(nothing(path)),
            (Source::Of(format), None) => Some(*format),
            (Source::Auto, None) => None,
        };
        let mut looked = import::look(format);
        for (format, path) in &looked.files {
            self.speech
                .remark(&format!("{}: {}", format.title(), path.display()));
        }
        if looked.files.is_empty() {
            let places = import::places().into_iter();
            let places = places.filter(|(one, _)| format.is_none_or(|format| format == *one));
            let places: Vec<String> = places.map(|(_, path)| path.display().to_string()).collect();
            let why = match places.is_empty() {
                true => "there is no usual place for it".to_owned(),
                false => format!("there is none of {}", places.join(", ")),
            };
            return Err(Failure::new(Class::Usage, "Nothing to import", why)
                .hint("Name the file: ftpane servers import FORMAT FILE"));
        }
        if looked.broken.len() == looked.files.len()
            && let Some(failure) = looked.broken.pop()
        {
            return Err(failure);
        }
        for failure in &looked.broken {
            self.speech.fail(failure);
        }
        Ok((looked.found, !looked.broken.is_empty()))
    }

    /// What a file holds whose format nobody has said.
    fn recognised(&self, path: &Path) -> Result<Found, Failure> {
        let (format, found) = import::load_any(path)?;
        self.speech.remark(&format!(
            "{}: read as a file of {}",
            path.display(),
            format.title()
        ));
        Ok(found)
    }

    /// Saves all; how many passwords were kept.
    async fn save(&mut self, mut found: Found) -> Result<usize, Failure> {
        loop {
            let change = Change::Import(found.taken.clone());
            match change.carry_out(&mut self.servers, &self.secrets) {
                Ok(()) => return Ok(found.secrets()),
                Err(Trouble::Failed(failure)) => return Err(failure),
                Err(Trouble::Locked(lock)) if prompt::is_possible() => {
                    self.secrets.unlock(passphrase(lock, self.terminal).await?);
                }
                Err(Trouble::Locked(lock)) => {
                    let many = count(found.secrets() as u64, "password is", "passwords are");
                    self.speech.warn(&format!(
                        "{many} left out, as the secret store cannot be used: {}. Set FTPANE_PASSPHRASE",
                        StoreError::Locked(lock)
                    ));
                    found.taken.iter_mut().for_each(import::Taken::without_secret);
                }
            }
        }
    }
}

/// What is said where the file stands before the format.
fn turned_round(path: &Path, format: &Path) -> Failure {
    let [path, format] = [path, format].map(|word| escape_str(&word.display().to_string()));
    let why = format!("it stands where the format is to be: the format comes first, and '{path}' is a file");
    Failure::new(Class::Usage, path.clone(), why)
        .hint(format!("Write it so: ftpane servers import {format} {path}"))
}

/// What is said of a word that is no format, and names no file.
fn nothing(path: &Path) -> Failure {
    let written = path.display().to_string();
    let near = did_you_mean(&written, words());
    let why = format!("there is no such file, and no such format{near}");
    let formats: Vec<&str> = words().collect();
    Failure::new(Class::Usage, escape_str(&written), why).hint(format!("Formats are {}", formats.join(", ")))
}

/// What is taken, `+`, with what is to be said of it, and what is not, `-`.
fn report(found: &Found, out: &mut Printer) -> std::io::Result<()> {
    for taken in &found.taken {
        let server = &taken.server;
        let group = match server.group.as_str() {
            "" => String::new(),
            group => format!("  [{}]", escape_str(group)),
        };
        out.line(&format!(
            "+ {}  {}{group}",
            escape_str(&server.name),
            escape_str(&server.url())
        ))?;
        if taken.secret.is_some() {
            out.line("    its password goes to the secret store")?;
        }
        for remark in &taken.remarks {
            out.line(&format!("    {}", escape_str(remark)))?;
        }
    }
    for left in &found.left {
        let name = match left.name.as_str() {
            "" => "(without a name)".to_owned(),
            name => escape_str(name),
        };
        out.line(&format!("- {name}: {}", escape_str(&left.why)))?;
    }
    for remark in &found.remarks {
        out.line(&format!("! {}", escape_str(remark)))?;
    }
    Ok(())
}
