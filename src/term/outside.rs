//! What the loop needs of the world besides screen and engine.

use std::future::Future;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crossterm::clipboard::CopyToClipboard;

use super::edited::{self, Edited};
use super::outlet::Outlet;
use super::{program, tty};
use crate::app::effect::Change;
use crate::app::errand::{Program, Returned};
use crate::config::active_first;
use crate::config::bookmarks::{self, Bookmark};
use crate::config::import::{self, Looked};
use crate::config::last_used;
use crate::config::netrc;
use crate::config::paths::Paths;
use crate::config::secrets::{Secrets, Trouble};
use crate::config::servers::Servers;
use crate::config::settings::{self, Settings};
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::stamp::Stamp;
use crate::model::text::escape_str;

/// The world: files, programs, the shell. Tests have one of their own.
pub trait Outside {
    /// Finds a server's password where its entry says; `None` when there is none.
    fn resolve(
        &self,
        server: Server,
    ) -> impl Future<Output = Result<Option<Secret>, Trouble>> + Send + 'static;

    /// What the person should know of the place where this server's password comes from.
    fn warn_of(&self, _server: &Server) -> Option<String> {
        None
    }

    /// Changes the file of saved servers and what is kept for them, and gives the servers as they
    /// are then. Where the secret store wants its passphrase first, nothing was changed.
    fn change(&self, change: Change) -> impl Future<Output = Result<Vec<Server>, Trouble>> + Send + 'static;

    /// Changes the file of bookmarks, and gives them as they are then.
    fn change_bookmarks(
        &self,
        change: bookmarks::Change,
    ) -> impl Future<Output = Result<Vec<Bookmark>, Failure>> + Send + 'static;

    /// Makes this theme the one that the next run begins with.
    fn keep_theme(&self, name: String) -> impl Future<Output = Result<(), Failure>> + Send + 'static;

    /// Reads the file of saved servers again.
    fn read_servers(&self) -> impl Future<Output = Result<Vec<Server>, Failure>> + Send + 'static;

    /// Looks for what other programs have saved, made to fit what is saved here.
    fn look_for_imports(&self) -> impl Future<Output = Result<Looked, Failure>> + Send + 'static;

    /// What is to be said of copies that were edited in earlier runs and not seen to be sent back.
    fn edits_left(&self) -> impl Future<Output = Option<Failure>> + Send + 'static {
        std::future::ready(None)
    }

    /// Remembers that the server of this name is used now; it is a help, and nothing depends on it.
    fn remember_use(&self, name: String) -> impl Future<Output = Stamp> + Send + 'static;

    /// Takes the passphrase of the secret store; the next use shows whether it is the right one.
    fn unlock(&self, passphrase: Secret);

    /// Remembers for the next run whether mode `auto` begins with active mode on this server; it is
    /// a help, and nobody waits for it.
    fn remember_active_first(&self, _server: String, _active: bool) {}

    /// Gives the terminal to the shell until it says continue.
    fn suspend(&mut self) -> io::Result<()> {
        tty::suspend()
    }

    /// Takes the terminal's modes again after somebody stopped the program.
    fn reclaim(&mut self) -> io::Result<()> {
        tty::reclaim()
    }

    /// Makes a folder into which only this person can look, for a copy of this file of a server.
    fn private_folder(&self, of: String) -> impl Future<Output = Result<PathBuf, Failure>> + Send + 'static;

    /// Removes such a folder with what is in it, in any case; what is to be said of it.
    fn remove_private_folder(
        &self,
        folder: PathBuf,
    ) -> impl Future<Output = Option<Failure>> + Send + 'static;

    /// Gives the terminal to a program that opens this file, until it has ended.
    fn hand_over(
        &mut self,
        program: Program,
        path: PathBuf,
    ) -> impl Future<Output = Returned> + Send + 'static {
        program::hand_over(program, None, path, None)
    }

    /// Takes the terminal again, after it was handed over.
    fn take_back(&mut self) -> io::Result<()> {
        program::take_back()
    }

    /// Puts a text into the clipboard of the terminal, which may be on another machine (OSC 52).
    fn copy_text(&mut self, text: &str, terminal: &mut Outlet) -> io::Result<()> {
        // one piece for the terminal's thread, however many the macro would make
        let mut sequence = Vec::new();
        crossterm::queue!(sequence, CopyToClipboard::to_clipboard_from(text))?;
        terminal.write_all(&sequence)
    }

    /// Rings the bell.
    fn bell(&mut self, terminal: &mut Outlet) -> io::Result<()> {
        ring(terminal)
    }

    /// Lets the terminal tell the person something, who may look at something else (OSC 9).
    fn notify(&mut self, text: &str, terminal: &mut Outlet) -> io::Result<()> {
        tell(text, terminal)
    }
}

fn tell(text: &str, terminal: &mut Outlet) -> io::Result<()> {
    terminal.write_all(format!("\x1b]9;{}\x07", escape_str(text)).as_bytes())
}

fn ring(terminal: &mut Outlet) -> io::Result<()> {
    terminal.write_all(b"\x07")
}

/// The real world: the file of saved servers as it was read at the start, and their passwords.
#[derive(Debug, Clone)]
pub struct World {
    servers: Arc<Mutex<Servers>>,
    secrets: Secrets,
    paths: Paths,
    edited: Edited,
    editor: String,
    pager: String,
    bell: bool,
    notify: bool,
}

impl World {
    /// A world with these, and what else is in these folders.
    pub fn new(servers: Servers, secrets: Secrets, paths: Paths) -> Self {
        Self {
            servers: Arc::new(Mutex::new(servers)),
            secrets,
            edited: Edited::at(paths.edited()),
            paths,
            editor: String::new(),
            pager: String::new(),
            bell: true,
            notify: true,
        }
    }

    /// The same, as far as the settings say something of it.
    #[must_use]
    pub fn under(self, settings: &Settings) -> Self {
        Self {
            editor: settings.editor.clone(),
            pager: settings.pager.clone(),
            bell: settings.bell,
            notify: settings.notify,
            ..self
        }
    }
}

impl Outside for World {
    fn resolve(
        &self,
        server: Server,
    ) -> impl Future<Output = Result<Option<Secret>, Trouble>> + Send + 'static {
        let secrets = self.secrets.clone();
        async move {
            match server.password {
                PasswordSource::Command(_) => secrets.find(&server).await,
                // scrypt computes for a moment, a keyring asks the person
                _ => in_place(move || secrets.look(&server)).await,
            }
        }
    }

    fn warn_of(&self, server: &Server) -> Option<String> {
        let shared = server.password == PasswordSource::Netrc;
        shared.then(netrc::warning).flatten()
    }

    fn remember_active_first(&self, server: String, active: bool) {
        let path = self.paths.active_first();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = active_first::remember(&path, &server, active) {
                tracing::warn!("{}", active_first::unwritten(&path, &error));
            }
        });
    }

    fn change(&self, change: Change) -> impl Future<Output = Result<Vec<Server>, Trouble>> + Send + 'static {
        let (servers, secrets) = (Arc::clone(&self.servers), self.secrets.clone());
        let used = self.paths.last_used();
        let renamed = match &change {
            Change::Replace(before, server, _) if *before != server.name => {
                Some((before.clone(), server.name.clone()))
            }
            _ => None,
        };
        // the lock of the files may have to be waited for
        in_place(move || {
            // a change that panicked left the file whole: it is replaced at once or not at all
            let mut servers = servers.lock().unwrap_or_else(PoisonError::into_inner);
            change.carry_out(&mut servers, &secrets)?;
            if let Some((before, after)) = renamed
                && let Err(error) = last_used::rename(&used, &before, &after)
            {
                tracing::warn!("{} cannot be written: {error}", used.display());
            }
            Ok(servers.list().to_vec())
        })
    }

    fn change_bookmarks(
        &self,
        change: bookmarks::Change,
    ) -> impl Future<Output = Result<Vec<Bookmark>, Failure>> + Send + 'static {
        let path = self.paths.bookmarks();
        let changed = in_place(move || bookmarks::change(&path, &change).map_err(Trouble::Failed));
        async { changed.await.map_err(Failure::from) }
    }

    fn hand_over(
        &mut self,
        program: Program,
        path: PathBuf,
    ) -> impl Future<Output = Returned> + Send + 'static {
        let set = match program {
            Program::Editor => &self.editor,
            Program::Pager => &self.pager,
        };
        let set = Some(set.trim()).filter(|command| !command.is_empty());
        let lock = self.edited.lock_of(&path);
        program::hand_over(program, set.map(str::to_owned), path, lock)
    }

    fn bell(&mut self, terminal: &mut Outlet) -> io::Result<()> {
        match self.bell {
            true => ring(terminal),
            false => Ok(()),
        }
    }

    fn notify(&mut self, text: &str, terminal: &mut Outlet) -> io::Result<()> {
        match self.notify {
            true => tell(text, terminal),
            false => Ok(()),
        }
    }

    fn edits_left(&self) -> impl Future<Output = Option<Failure>> + Send + 'static {
        let edited = self.edited.clone();
        async move {
            let look = tokio::task::spawn_blocking(move || edited::told(&edited.left()));
            look.await.ok().flatten()
        }
    }

    fn keep_theme(&self, name: String) -> impl Future<Output = Result<(), Failure>> + Send + 'static {
        let own = self.paths.settings().pop().unwrap_or_default();
        let kept = in_place(move || settings::keep(&own, "theme", &name).map_err(Trouble::Failed));
        async { kept.await.map_err(Failure::from) }
    }

    fn private_folder(&self, of: String) -> impl Future<Output = Result<PathBuf, Failure>> + Send + 'static {
        let edited = self.edited.clone();
        async move {
            let made = tokio::task::spawn_blocking(move || edited.make(of));
            let what = "Could not make a private folder";
            made.await
                .unwrap_or_else(|error| Err(Failure::new(Class::Local, what, error.to_string())))
        }
    }

    fn remove_private_folder(
        &self,
        folder: PathBuf,
    ) -> impl Future<Output = Option<Failure>> + Send + 'static {
        let edited = self.edited.clone();
        // begun here: it is done also where nobody comes to wait for it
        let removed = tokio::task::spawn_blocking(move || edited.remove(&folder));
        async { removed.await.ok().flatten() }
    }

    fn read_servers(&self) -> impl Future<Output = Result<Vec<Server>, Failure>> + Send + 'static {
        let servers = Arc::clone(&self.servers);
        async move {
            let read = in_place(move || {
                let mut servers = servers.lock().unwrap_or_else(PoisonError::into_inner);
                servers.reload().map_err(Failure::from)?;
                Ok(servers.list().to_vec())
            });
            read.await.map_err(Failure::from)
        }
    }

    fn look_for_imports(&self) -> impl Future<Output = Result<Looked, Failure>> + Send + 'static {
        let saved = self.read_servers();
        async move {
            let saved = saved.await?;
            let look = in_place(move || {
                let mut looked = import::look(None);
                looked.found = import::settle(looked.found, &saved, None);
                Ok(looked)
            });
            look.await.map_err(Failure::from)
        }
    }

    fn remember_use(&self, name: String) -> impl Future<Output = Stamp> + Send + 'static {
        let path = self.paths.last_used();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        async move {
            let remembered = in_place(move || {
                if let Err(error) = last_used::remember(&path, &name, now) {
                    tracing::warn!("{} cannot be written: {error}", path.display());
                }
                Ok(())
            });
            drop(remembered.await);
            Stamp::exact(now)
        }
    }

    fn unlock(&self, passphrase: Secret) {
        self.secrets.unlock(passphrase);
    }
}

/// Waits for work that blocks.
async fn in_place<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    let lost = |error: tokio::task::JoinError| Failure::new(Class::Other, "Not done", error.to_string());
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(lost(error).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_goes_with_a_server_that_another_instance_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::in_folder(folder.path());
        let instance = || {
            let secrets = Secrets::at(paths.secrets()).unwrap();
            secrets.unlock(Secret::new("passphrase"));
            World::new(Servers::load(paths.servers()).unwrap(), secrets, paths.clone())
        };
        let web = Server {
            name: "web".into(),
            host: "h".into(),
            ..Server::default()
        };
        let first = instance();
        first.change(Change::Add(Box::new(web), None)).await.unwrap();
        let second = instance();
        let keep = Change::Keep("web".into(), PasswordSource::Store, Secret::new("s3cret"));
        second.change(keep).await.unwrap();
        let kept = || second.secrets.store().get("web").unwrap();
        assert_eq!(kept(), Some(Secret::new("s3cret")));
        // it has read the file before that
        let left = first.change(Change::Remove("web".into())).await.unwrap();
        assert_eq!((left, kept()), (Vec::new(), None));
    }
}
