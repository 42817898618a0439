//! What the loop needs of the world besides screen and engine.

use std::future::Future;
use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use super::tty;
use crate::app::effect::Change;
use crate::config::paths::Paths;
use crate::config::servers::Servers;
use crate::config::{active_first, secrets};
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::Server;

/// The world: files, programs, the shell. Tests have one of their own.
pub trait Outside {
    /// Finds a server's password where its entry says; `None` when there is none.
    fn resolve(
        &self,
        server: Server,
    ) -> impl Future<Output = Result<Option<Secret>, Failure>> + Send + 'static;

    /// Changes the file of saved servers, and gives them as they are then.
    fn change(&self, change: Change) -> impl Future<Output = Result<Vec<Server>, Failure>> + Send + 'static;

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

    /// Rings the bell.
    fn bell(&mut self) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(b"\x07")?;
        out.flush()
    }
}

/// The real world: the file of saved servers as it was read at the start.
#[derive(Debug, Clone)]
pub struct World {
    servers: Arc<Mutex<Servers>>,
    paths: Paths,
}

impl World {
    /// A world with this file, and what else is in these folders.
    pub fn new(servers: Servers, paths: Paths) -> Self {
        Self {
            servers: Arc::new(Mutex::new(servers)),
            paths,
        }
    }
}

impl Outside for World {
    #[expect(
        clippy::manual_async_fn,
        reason = "an async fn would borrow self, the task outlives it"
    )]
    fn resolve(
        &self,
        server: Server,
    ) -> impl Future<Output = Result<Option<Secret>, Failure>> + Send + 'static {
        async move { secrets::resolve(&server.password).await }
    }

    fn remember_active_first(&self, server: String, active: bool) {
        let path = self.paths.active_first();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = active_first::remember(&path, &server, active) {
                tracing::warn!("{}", active_first::unwritten(&path, &error));
            }
        });
    }

    fn change(&self, change: Change) -> impl Future<Output = Result<Vec<Server>, Failure>> + Send + 'static {
        let servers = Arc::clone(&self.servers);
        async move {
            let work = move || {
                // a change that panicked left the file whole: it is replaced at once or not at all
                let mut servers = servers.lock().unwrap_or_else(PoisonError::into_inner);
                match change {
                    Change::Add(server) => servers.add(*server),
                    Change::Replace(name, server) => servers.replace(&name, *server),
                    Change::Pin(name, pin) => servers.pin(&name, pin),
                    Change::Remove(name) => servers.remove(&name),
                }?;
                Ok(servers.list().to_vec())
            };
            // the lock of the file may have to be waited for
            tokio::task::spawn_blocking(work)
                .await
                .unwrap_or_else(|error| Err(Failure::new(Class::Other, "Saved servers", error.to_string())))
        }
    }
}
