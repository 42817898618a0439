//! Passwords, from where a server's entry says they are, and into where it says they are kept: the
//! encrypted store of this folder, or the desktop's keyring. They are written nowhere else.
//!
//! What cannot be helped: the kernel may swap a page out (`mlock` would need a limit raised that
//! is small by default), libraries below (TLS, the terminal) have buffers of their own, and an
//! environment variable stays readable to this user as long as the process lives.

mod command;
#[cfg(feature = "keyring")]
mod keyring;
mod sealed;
mod store;

use std::path::PathBuf;

use super::netrc;
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::text::escape_str;
pub use store::{Lock, Store, StoreError};

/// The variable that gives the command line a password.
pub const PASSWORD_VARIABLE: &str = "FTPANE_PASSWORD";
/// The variable that gives the command line the password of a proxy.
pub const PROXY_PASSWORD_VARIABLE: &str = "FTPANE_PROXY_PASSWORD";
/// The variable that holds the passphrase of the store. Root and other programs of this user can
/// read it; for cron there is nothing better that needs no person.
pub const PASSPHRASE_VARIABLE: &str = "FTPANE_PASSPHRASE";

/// Whether this program can use the desktop's keyring.
pub const HAS_KEYRING: bool = cfg!(feature = "keyring");

/// Why a password could not be had or kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The store wants its passphrase; once [`Secrets::unlock`] was called, the same can be tried
    /// again.
    Locked(Lock),
    /// Anything that a passphrase does not help with.
    Failed(Failure),
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Locked(lock) => Self::Locked(lock),
            error => Self::Failed(error.into()),
        }
    }
}

impl From<Trouble> for Failure {
    /// Where nobody can be asked for the passphrase.
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Locked(lock) => StoreError::Locked(lock).into(),
            Trouble::Failed(failure) => failure,
        }
    }
}

/// Where passwords come from, with the store unlocked once for all that follows. Clones share it.
#[derive(Debug, Clone)]
pub struct Secrets {
    store: Store,
}

impl Secrets {
    /// With the store in this file, which need not exist. Its passphrase is taken from
    /// [`PASSPHRASE_VARIABLE`] where that is set.
    ///
    /// # Errors
    ///
    /// A variable that is not UTF-8.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, Failure> {
        let store = Store::at(path);
        if let Some(passphrase) = environment(PASSPHRASE_VARIABLE)? {
            store.unlock(passphrase);
        }
        Ok(Self { store })
    }

    /// The encrypted store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The passphrase of the store from now on: whether it is the right one shows when the store
    /// is used next.
    pub fn unlock(&self, passphrase: Secret) {
        self.store.unlock(passphrase);
    }

    /// The server's password; `None` when a person is to be asked.
    ///
    /// # Errors
    ///
    /// A store that wants its passphrase, or anything broken on the way.
    pub async fn find(&self, server: &Server) -> Result<Option<Secret>, Trouble> {
        match &server.password {
            PasswordSource::Command(command) => Ok(Some(command::run(command).await?)),
            _ => self.look(server),
        }
    }

    /// The same for every source but a command. Opening the store takes a moment of computing; the
    /// keyring may wait for a person.
    pub fn look(&self, server: &Server) -> Result<Option<Secret>, Trouble> {
        match &server.password {
            PasswordSource::Ask | PasswordSource::Challenge | PasswordSource::Command(_) => Ok(None),
            PasswordSource::Environment(name) => Ok(Some(variable(name)?)),
            PasswordSource::Netrc => {
                let user = Some(server.user.as_str()).filter(|user| !user.is_empty());
                let login = netrc::look_up(&server.host, user)?;
                let missing = || {
                    let of = user.map(|user| format!("{user} at ")).unwrap_or_default();
                    let file = netrc::path().map_or("~/.netrc".to_owned(), |p| p.display().to_string());
                    failed(format!("{file} has none for {}{}", escape_str(&of), server.host))
                        .hint("Add a line there: machine HOST login USER password PASSWORD")
                };
                Ok(Some(login.and_then(|login| login.password).ok_or_else(missing)?))
            }
            PasswordSource::Store => Ok(self.store.get(&server.name)?),
            PasswordSource::Keyring => Ok(in_keyring(&server.name)?),
        }
    }

    /// Whether [`Secrets::carry`] of the same could be done now, before anything else is changed
    /// that depends on it.
    ///
    /// # Errors
    ///
    /// A store that wants its passphrase, or cannot be used at all.
    pub fn prepare(&self, moved: &Moved) -> Result<(), Trouble> {
        let uses = |keeper: &Option<Kept>| keeper.as_ref().is_some_and(|kept| kept.keeper == Keeper::Store);
        if moved.is_nothing() || !(uses(&moved.from) || uses(&moved.to)) {
            return Ok(());
        }
        Ok(self.store.prepare(uses(&moved.to) && moved.secret.is_some())?)
    }

    /// Keeps a new password, takes a kept one along to where it is kept from now on, or forgets it.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::prepare`], and files that cannot be written.
    pub fn carry(&self, moved: &Moved) -> Result<(), Trouble> {
        if moved.is_nothing() {
            return Ok(());
        }
        if let Some(to) = &moved.to {
            let secret = match (&moved.secret, &moved.from) {
                (Some(secret), _) => Some(secret.clone()),
                (None, Some(from)) => self.get(from)?,
                (None, None) => None,
            };
            match secret {
                Some(secret) => self.put(to, secret)?,
                // one that a server of this name has left behind, deleted in an editor, was typed
                // for another host
                None if to.keeper == Keeper::Store && moved.from.as_ref() != Some(to) => self.forget(to)?,
                None => {}
            }
        }
        match &moved.from {
            Some(from) if moved.to.as_ref() != Some(from) => self.forget(from),
            _ => Ok(()),
        }
    }

    fn get(&self, kept: &Kept) -> Result<Option<Secret>, Trouble> {
        match kept.keeper {
            Keeper::Store => Ok(self.store.get(&kept.name)?),
            Keeper::Keyring => Ok(in_keyring(&kept.name)?),
        }
    }

    fn put(&self, kept: &Kept, secret: Secret) -> Result<(), Trouble> {
        match kept.keeper {
            Keeper::Store => Ok(self.store.put(&kept.name, secret)?),
            Keeper::Keyring => Ok(into_keyring(&kept.name, &secret)?),
        }
    }

    fn forget(&self, kept: &Kept) -> Result<(), Trouble> {
        match kept.keeper {
            Keeper::Store => Ok(self.store.forget(&kept.name)?),
            Keeper::Keyring => Ok(out_of_keyring(&kept.name)?),
        }
    }
}

/// What keeps passwords for ftpane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keeper {
    Store,
    Keyring,
}

/// The place of a kept password.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    keeper: Keeper,
    name: String,
}

impl Kept {
    fn of(server: &Server) -> Option<Self> {
        let keeper = match server.password {
            PasswordSource::Store => Keeper::Store,
            PasswordSource::Keyring => Keeper::Keyring,
            _ => return None,
        };
        Some(Self {
            keeper,
            name: server.name.clone(),
        })
    }
}

/// What a change of a saved server means for its kept password.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Moved {
    from: Option<Kept>,
    to: Option<Kept>,
    secret: Option<Secret>,
}

impl Moved {
    /// The server was `before` and is `after`; `secret` is a new password for it, where one was
    /// given.
    pub fn between(before: Option<&Server>, after: Option<&Server>, secret: Option<Secret>) -> Self {
        Self {
            from: before.and_then(Kept::of),
            to: after.and_then(Kept::of),
            secret,
        }
    }

    fn is_nothing(&self) -> bool {
        match (&self.from, &self.to) {
            (None, None) => true,
            (None, Some(to)) => self.secret.is_none() && to.keeper != Keeper::Store,
            (from, to) => self.secret.is_none() && from == to,
        }
    }
}

/// The password of the server's proxy; `None` when a person is to be asked.
///
/// # Errors
///
/// An unset variable, or a command that fails.
pub async fn of_proxy(server: &Server) -> Result<Option<Secret>, Failure> {
    match &server.proxy_password {
        PasswordSource::Environment(name) => variable(name).map(Some),
        PasswordSource::Command(command) => command::run(command).await.map(Some),
        _ => Ok(None),
    }
}

/// The password in a variable that must be set.
fn variable(name: &str) -> Result<Secret, Failure> {
    environment(name)?.ok_or_else(|| {
        failed(format!(
            "the environment variable {} is not set",
            escape_str(name)
        ))
        .hint(format!(
            "Set it before ftpane starts: export {}=...",
            escape_str(name)
        ))
    })
}

/// The first line that a command prints.
///
/// # Errors
///
/// A command that fails, prints nothing or takes more than a minute.
pub async fn from_command(command: &str) -> Result<Secret, Failure> {
    command::run(command).await
}

/// The password in this environment variable; `None` when it is not set or empty.
pub fn environment(name: &str) -> Result<Option<Secret>, Failure> {
    match std::env::var(name) {
        Ok(value) if value.is_empty() => Ok(None),
        Ok(value) => Ok(Some(Secret::new(value))),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(failed(format!(
            "the environment variable {} is not UTF-8",
            escape_str(name)
        ))),
    }
}

fn failed(why: impl Into<String>) -> Failure {
    Failure::new(Class::Login, "No password", why)
}

#[cfg(feature = "keyring")]
use keyring::{get as in_keyring, put as into_keyring, remove as out_of_keyring};

#[cfg(not(feature = "keyring"))]
mod no_keyring {
    use super::{Failure, Secret, failed};

    fn missing() -> Failure {
        failed("this ftpane was built without the desktop's keyring")
            .hint("Build it with --features keyring, or keep the password in the store (source: store)")
    }

    pub(super) fn in_keyring(_: &str) -> Result<Option<Secret>, Failure> {
        Err(missing())
    }

    pub(super) fn into_keyring(_: &str, _: &Secret) -> Result<(), Failure> {
        Err(missing())
    }

    /// Nothing of ours is in it.
    pub(super) fn out_of_keyring(_: &str) -> Result<(), Failure> {
        Ok(())
    }
}
#[cfg(not(feature = "keyring"))]
use no_keyring::{in_keyring, into_keyring, out_of_keyring};

#[cfg(test)]
mod tests;
