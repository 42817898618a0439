//! What the loop needs of the world besides screen and engine.

use std::future::Future;
use std::io::{self, Write as _};

use super::tty;
use crate::model::failure::Failure;
use crate::model::secret::Secret;
use crate::model::server::Server;

/// The world: files, programs, the shell. Tests have one of their own.
pub trait Outside {
    /// Finds a server's password where its entry says; `None` when there is none.
    fn resolve(
        &self,
        server: Server,
    ) -> impl Future<Output = Result<Option<Secret>, Failure>> + Send + 'static;

    /// Writes the servers file.
    fn save(&self, servers: Vec<Server>) -> impl Future<Output = Result<(), Failure>> + Send + 'static;

    /// Gives the terminal to the shell until it says continue.
    fn suspend(&mut self) -> io::Result<()> {
        tty::suspend()
    }

    /// Rings the bell.
    fn bell(&mut self) -> io::Result<()> {
        let mut out = io::stdout();
        out.write_all(b"\x07")?;
        out.flush()
    }
}
