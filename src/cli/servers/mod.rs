//! `ftpane servers`: the saved servers without the interface, by the same rules as its form.

mod arguments;
mod import;
mod saving;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use tokio::io::{AsyncRead, BufReader};

use super::password::passphrase;
use super::printer::{self, Printer};
use super::signal;
use super::speech::Speech;
use crate::config::change::Change;
use crate::config::paths::Paths;
use crate::config::secrets::{Secrets, Trouble};
use crate::config::servers::{self, Servers, ServersError};
use crate::model::failure::{Class, Failure};
use crate::model::server::{ConnectionMode, Server};
use crate::model::target::encode_path;
use crate::model::text::{escape_str, system_says};
pub(super) use arguments::ServersCommand;
use arguments::{Export, List, Remove, Show};

/// Runs it; the exit code.
pub(super) async fn run(command: &ServersCommand) -> u8 {
    let speech = Speech::new(match command {
        ServersCommand::List(_) | ServersCommand::Show(_) => false,
        ServersCommand::Add(add) => add.fields.quiet,
        ServersCommand::Edit(edit) => edit.fields.quiet,
        ServersCommand::Remove(remove) => remove.quiet,
        ServersCommand::Import(import) => import.quiet,
        ServersCommand::Export(export) => export.quiet,
    });
    signal::until_signal(carry_out(command, &speech), &speech).await
}

async fn carry_out(command: &ServersCommand, speech: &Speech) -> Result<u8, Failure> {
    let paths = Paths::find()?;
    let mut terminal = BufReader::new(tokio::io::stdin());
    let mut saved = Saved {
        servers: Servers::load(paths.servers())?,
        secrets: Secrets::at(paths.secrets())?,
        terminal: &mut terminal,
        speech,
        paths: &paths,
    };
    match command {
        ServersCommand::List(list) => print(|out| saved.list(list, out))?,
        ServersCommand::Show(show) => {
            let server = saved.named(&show.name)?;
            print(|out| described(server, show, out))?;
        }
        ServersCommand::Add(add) => saved.add(add).await?,
        ServersCommand::Edit(edit) => saved.edit(edit).await?,
        ServersCommand::Remove(remove) => saved.remove(remove).await?,
        ServersCommand::Import(import) => return saved.import(import).await,
        ServersCommand::Export(export) => saved.export(export)?,
    }
    Ok(0)
}

/// The saved servers, their passwords, and whoever may be asked for the passphrase.
struct Saved<'a, R> {
    servers: Servers,
    secrets: Secrets,
    terminal: &'a mut R,
    speech: &'a Speech,
    paths: &'a Paths,
}

impl<R: AsyncRead + Unpin> Saved<'_, R> {
    /// The server of this name.
    fn named(&self, name: &str) -> Result<&Server, Failure> {
        self.servers.find(name).ok_or_else(|| {
            let failure = Failure::from(ServersError::Unknown(name.to_owned()));
            match self.servers.nearest(name) {
                Some(near) => failure.hint(format!("Did you mean '{}'?", escape_str(near))),
                None => failure.hint("'ftpane servers list' shows those there are"),
            }
        })
    }

    /// Carries a change out, asking for the passphrase of the store where it is wanted.
    async fn change(&mut self, change: Change) -> Result<(), Failure> {
        loop {
            match change.clone().carry_out(&mut self.servers, &self.secrets) {
                Ok(()) => return Ok(()),
                Err(Trouble::Failed(failure)) => return Err(failure),
                Err(Trouble::Locked(lock)) => {
                    self.secrets.unlock(passphrase(lock, self.terminal).await?);
                }
            }
        }
    }

    async fn remove(&mut self, remove: &Remove) -> Result<(), Failure> {
        for name in &remove.names {
            self.named(name)?;
        }
        for name in &remove.names {
            self.change(Change::Remove(name.clone())).await?;
            self.speech.remark(&format!("deleted {name}"));
        }
        Ok(())
    }

    fn list(&self, list: &List, out: &mut Printer) -> io::Result<()> {
        let mut all: Vec<&Server> = self.servers.list().iter().collect();
        all.sort_by_cached_key(|s| (s.group.to_lowercase(), s.name.to_lowercase()));
        if list.json {
            return all
                .iter()
                .try_for_each(|server| out.json(&ServerLine::new(server)));
        }
        if all.is_empty() {
            self.speech
                .remark("no servers are saved; 'ftpane servers add NAME URL' saves one");
        }
        let rows: Vec<[String; 4]> = all.iter().map(|server| cells(server)).collect();
        let wide = |at: usize| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0);
        let (name, url, group) = (wide(0), wide(1), wide(2));
        for [a, b, c, d] in &rows {
            let line = format!("{a:name$}  {b:url$}  {c:group$}  {d}");
            out.line(line.trim_end())?;
        }
        Ok(())
    }

    fn export(&self, export: &Export) -> Result<(), Failure> {
        let of_group = |server: &&Server| export.group.as_ref().is_none_or(|group| *group == server.group);
        let all: Vec<Server> = self.servers.list().iter().filter(of_group).cloned().collect();
        if let (true, Some(group)) = (all.is_empty(), &export.group) {
            let why = format!("no server is in a group named '{}'", escape_str(group));
            return Err(Failure::new(Class::Usage, "Nothing to export", why));
        }
        let text = servers::export(&all)?;
        match &export.file {
            None => print(|out| out.line(text.trim_end()))?,
            Some(path) => {
                write_new(path, &text).map_err(|e| {
                    let what = format!("{} cannot be written", path.display());
                    Failure::new(Class::Local, what, system_says(&e))
                })?;
                let many = crate::model::size::count(all.len() as u64, "server", "servers");
                self.speech
                    .remark(&format!("{many} written to {}", path.display()));
            }
        }
        Ok(())
    }
}

/// A file that was not there before.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Lets `write` print, down to the last byte.
fn print(write: impl FnOnce(&mut Printer) -> io::Result<()>) -> Result<(), Failure> {
    let mut printer = Printer::new();
    printer::written(write(&mut printer).and_then(|()| printer.flush()))
}

/// What a line of the list says: name, URL, group, and what is out of the ordinary.
fn cells(server: &Server) -> [String; 4] {
    let mut words = Vec::new();
    match server.mode {
        ConnectionMode::Passive => {}
        ConnectionMode::Active => words.push("active"),
        ConnectionMode::Auto => words.push("passive or active"),
    }
    if server.read_only {
        words.push("read only");
    }
    let path = match encode_path(server.document_path.as_bytes()) {
        path if path.starts_with('~') => format!("/{path}"),
        path => path,
    };
    [
        escape_str(&server.name),
        escape_str(&format!("{}{path}", server.url())),
        escape_str(&server.group),
        words.join(", "),
    ]
}

/// A server as `--json` has it: its fields as the file names them, and its URL.
#[derive(Debug, Serialize)]
struct ServerLine<'a> {
    url: String,
    #[serde(flatten)]
    server: &'a Server,
}

impl<'a> ServerLine<'a> {
    fn new(server: &'a Server) -> Self {
        Self {
            url: server.url(),
            server,
        }
    }
}

fn described(server: &Server, show: &Show, out: &mut Printer) -> io::Result<()> {
    match show.json {
        true => out.json(&ServerLine::new(server)),
        false => {
            let text = servers::described(server).map_err(io::Error::other)?;
            text.lines().try_for_each(|line| out.line(&escape_str(line)))
        }
    }
}
