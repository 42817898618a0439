//! Changes of the saved servers that take their kept passwords along.

use super::import::Taken;
use super::secrets::{Moved, Secrets, Trouble};
use super::servers::Servers;
use crate::model::certificate::Pin;
use crate::model::failure::Failure;
use crate::model::job::{Direction, Policy};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};

/// One change to the saved servers. The file may have been changed by others meanwhile: it is read
/// again, changed and written under a lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new server, and its password where that is to be kept.
    Add(Box<Server>, Option<Secret>),
    /// New settings of the server that was called so, and a new password where that is to be kept.
    Replace(String, Box<Server>, Option<Secret>),
    /// The password of the server of this name was right: it is kept there from now on.
    Keep(String, PasswordSource, Secret),
    /// A certificate is pinned for the server of this name, or no more.
    Pin(String, Option<Pin>),
    /// Files may be written in place on the server of this name.
    InPlace(String),
    /// What is done from now on where a target exists, on the server of this name and this way.
    OnConflict(String, Direction, Policy),
    /// The server of this name is deleted, and its password with it.
    Remove(String),
    /// New servers, all of them or none, with those of their passwords that are to be kept.
    Import(Vec<Taken>),
}

impl Change {
    /// Changes the file of saved servers, and what is kept for them. Where the secret store wants its
    /// passphrase first, nothing was changed.
    ///
    /// # Errors
    ///
    /// Those of [`Servers`], and of [`Secrets::prepare`].
    pub fn carry_out(self, servers: &mut Servers, secrets: &Secrets) -> Result<(), Trouble> {
        if matches!(self, Self::Keep(..) | Self::Remove(_)) {
            // where its password is kept by now, another instance may have changed
            servers.reload().map_err(Failure::from)?;
        }
        let moved = self.moved(servers);
        secrets.prepare(&moved)?;
        let mut kept = Vec::new();
        match self {
            Self::Add(server, _) => servers.add(*server),
            Self::Replace(name, server, _) => servers.replace(&name, *server),
            Self::Keep(name, source, _) => servers.password(&name, &source),
            Self::Pin(name, pin) => servers.pin(&name, pin),
            Self::InPlace(name) => servers.in_place(&name),
            Self::OnConflict(name, direction, policy) => servers.on_conflict(&name, direction, policy),
            Self::Remove(name) => servers.remove(&name),
            Self::Import(taken) => {
                for one in &taken {
                    if let (PasswordSource::Store, Some(secret)) = (&one.server.password, &one.secret) {
                        kept.push((one.server.name.clone(), secret.clone()));
                    }
                }
                if !kept.is_empty() {
                    secrets.store().prepare(true)?;
                }
                let all: Vec<Server> = taken.into_iter().map(|taken| taken.server).collect();
                servers.add_all(&all)
            }
        }
        .map_err(Failure::from)?;
        let carried = match kept.is_empty() {
            true => secrets.carry(&moved),
            false => secrets.store().put_all(kept).map_err(Trouble::from),
        };
        carried.map_err(|trouble| {
            let failure = Failure::from(trouble);
            Trouble::Failed(failure.while_trying("The server is saved, its password is not"))
        })
    }

    /// What it means for the kept password.
    fn moved(&self, servers: &Servers) -> Moved {
        match self {
            Self::Add(server, secret) => Moved::between(None, Some(server), secret.clone()),
            Self::Replace(name, server, secret) => {
                Moved::between(servers.find(name), Some(server), secret.clone())
            }
            Self::Keep(name, source, secret) => {
                let before = servers.find(name);
                let after = before.map(|server| Server {
                    password: source.clone(),
                    ..server.clone()
                });
                Moved::between(before, after.as_ref(), Some(secret.clone()))
            }
            Self::Pin(..) | Self::InPlace(_) | Self::OnConflict(..) | Self::Import(_) => Moved::default(),
            Self::Remove(name) => Moved::between(servers.find(name), None, None),
        }
    }
}
