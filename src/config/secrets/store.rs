//! The encrypted store of passwords: one file, opened with one passphrase, which is asked for once
//! in a run and kept in memory until its end.
//!
//! Every use reads the file as it is at that moment, and every change is made under the lock and
//! replaces the file at one stroke, as with the saved servers; so instances do not tread on each
//! other. What cannot be opened is never written over.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sealed::{Cost, Entries, SealError, Sealed, seal};
use crate::config::store as files;
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::text::system_says;

/// What a passphrase is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lock {
    /// There is no store yet; the first password makes it, with a passphrase of the person's choice.
    New,
    /// It has not been opened in this run.
    Closed,
    /// The passphrase that was given is not its own.
    Wrong,
}

/// What can be wrong with the store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Its passphrase is needed.
    #[error("{}", match .0 {
        Lock::New => "there is none yet, and no passphrase to make one with",
        Lock::Closed => "its passphrase is needed",
        Lock::Wrong => "the passphrase is wrong",
    })]
    Locked(Lock),
    /// The file cannot be read.
    #[error("{} cannot be read: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The file is something else.
    #[error("{} is no secret store of ftpane", .0.display())]
    NotOurs(PathBuf),
    /// A newer program wrote it.
    #[error("{} has the form {version}, which this ftpane does not know", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        version: u8,
    },
    /// It was cut or changed.
    #[error("{} is damaged", .0.display())]
    Damaged(PathBuf),
    /// A name or a password of more than 65535 bytes.
    #[error("a name or a password is longer than 65535 bytes")]
    TooLong,
    /// OpenSSL refused.
    #[error("OpenSSL cannot encrypt or decrypt it: {0}")]
    OpenSsl(String),
    /// The file cannot be written.
    #[error("{} cannot be written: {why}", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (class, hint) = match &error {
            StoreError::Locked(_) => (
                Class::Login,
                "Set FTPANE_PASSPHRASE, or give the password by FTPANE_PASSWORD or --password-command",
            ),
            StoreError::NotOurs(_) | StoreError::Damaged(_) => (
                Class::Local,
                "It is left as it is: bring it back from a backup, or delete it and type the passwords anew",
            ),
            StoreError::Newer { .. } => (Class::Local, "Use the ftpane that wrote it, or a newer one"),
            _ => (Class::Local, ""),
        };
        let failure = Self::new(class, "The secret store", error.to_string());
        match hint {
            "" => failure,
            hint => failure.hint(hint),
        }
    }
}

/// The store. Clones share the passphrase.
#[derive(Debug, Clone)]
pub struct Store {
    path: PathBuf,
    passphrase: Arc<Mutex<Option<Secret>>>,
}

impl Store {
    /// The store in this file, locked; the file need not exist.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            passphrase: Arc::default(),
        }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is one.
    pub fn exists(&self) -> bool {
        self.path.exists()
    }

    /// The passphrase from now on; it is tried at the next use.
    pub fn unlock(&self, passphrase: Secret) {
        *self.passphrase() = Some(passphrase);
    }

    /// The password of the server of this name; `None` when there is none, or no store.
    pub fn get(&self, name: &str) -> Result<Option<Secret>, StoreError> {
        Ok(self.read()?.and_then(|mut entries| entries.remove(name)))
    }

    /// Keeps a password; the first one makes the file.
    pub fn put(&self, name: &str, secret: Secret) -> Result<(), StoreError> {
        self.change(|entries| {
            entries.insert(name.to_owned(), secret);
            true
        })
    }

    /// Keeps these, each under the name of its server.
    pub fn put_all(&self, secrets: Vec<(String, Secret)>) -> Result<(), StoreError> {
        self.change(|entries| {
            entries.extend(secrets);
            true
        })
    }

    /// Takes a password out, if there is one.
    pub fn forget(&self, name: &str) -> Result<(), StoreError> {
        self.change(|entries| entries.remove(name).is_some())
    }

    /// Encrypts all anew under another passphrase.
    pub fn change_passphrase(&self, new: Secret) -> Result<(), StoreError> {
        let _lock = files::lock(&self.path).map_err(|e| self.unwritable(&e))?;
        let entries = self.read()?.unwrap_or_default();
        self.write(&entries, &new)?;
        self.unlock(new);
        Ok(())
    }

    /// Whether it can be used now, and where there is none, be made if it is to be written.
    pub fn prepare(&self, writing: bool) -> Result<(), StoreError> {
        match self.read()? {
            None if writing && self.passphrase().is_none() => Err(StoreError::Locked(Lock::New)),
            _ => Ok(()),
        }
    }

    fn passphrase(&self) -> MutexGuard<'_, Option<Secret>> {
        self.passphrase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entries; `None` when there is no file.
    fn read(&self) -> Result<Option<Entries>, StoreError> {
        let unreadable = |e: io::Error| StoreError::Unreadable {
            path: self.path.clone(),
            why: system_says(&e),
        };
        let Some(bytes) = files::read_bytes(&self.path).map_err(unreadable)? else {
            return Ok(None);
        };
        // what is damaged is said before anybody is asked for a passphrase
        let sealed = Sealed::read(&bytes).map_err(|e| self.named(e))?;
        let passphrase = self.passphrase().clone();
        let passphrase = passphrase.ok_or(StoreError::Locked(Lock::Closed))?;
        let opened = sealed.open(&passphrase);
        if opened == Err(SealError::WrongPassphrase) {
            // but not one that was given meanwhile
            self.passphrase().take_if(|tried| *tried == passphrase);
        }
        opened.map(Some).map_err(|e| self.named(e))
    }

    /// Changes what is there now; `change` says whether it did.
    fn change(&self, change: impl FnOnce(&mut Entries) -> bool) -> Result<(), StoreError> {
        let _lock = files::lock(&self.path).map_err(|e| self.unwritable(&e))?;
        let mut entries = self.read()?.unwrap_or_default();
        if !change(&mut entries) {
            return Ok(());
        }
        let passphrase = self.passphrase().clone();
        self.write(&entries, &passphrase.ok_or(StoreError::Locked(Lock::New))?)
    }

    fn write(&self, entries: &Entries, passphrase: &Secret) -> Result<(), StoreError> {
        let bytes = seal(entries, passphrase, Cost::USUAL).map_err(|e| self.named(e))?;
        files::write(&self.path, &bytes).map_err(|e| self.unwritable(&e))
    }

    fn unwritable(&self, error: &io::Error) -> StoreError {
        StoreError::Unwritable {
            path: self.path.clone(),
            why: system_says(error),
        }
    }

    fn named(&self, error: SealError) -> StoreError {
        let path = self.path.clone();
        match error {
            SealError::NotOurs => StoreError::NotOurs(path),
            SealError::Version(version) => StoreError::Newer { path, version },
            SealError::Damaged => StoreError::Damaged(path),
            SealError::WrongPassphrase => StoreError::Locked(Lock::Wrong),
            SealError::TooLong => StoreError::TooLong,
            SealError::OpenSsl(why) => StoreError::OpenSsl(why),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, passphrase: &str) -> Store {
        let store = Store::at(path);
        store.unlock(Secret::new(passphrase));
        store
    }

    #[test]
    fn the_first_password_makes_it_and_other_runs_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/secrets");
        let locked = Store::at(&path);
        assert_eq!(locked.get("web"), Ok(None), "without a file nobody is asked");
        assert_eq!(locked.forget("web"), Ok(()));
        assert_eq!(
            locked.put("web", Secret::new("s3cret")),
            Err(StoreError::Locked(Lock::New))
        );
        let store = open(&path, "pass phrase");
        store.put("web", Secret::new("s3cret")).unwrap();
        store.put("other", Secret::new("0ther")).unwrap();
        store.forget("other").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(locked.get("web"), Err(StoreError::Locked(Lock::Closed)));
        locked.unlock(Secret::new("pass phrase"));
        assert_eq!(locked.get("web"), Ok(Some(Secret::new("s3cret"))));
        assert_eq!(locked.get("other"), Ok(None));
    }

    #[test]
    fn a_wrong_passphrase_changes_nothing_and_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        open(&path, "right").put("web", Secret::new("s3cret")).unwrap();
        let before = std::fs::read(&path).unwrap();
        let store = open(&path, "wrong");
        for _ in 0..2 {
            let lock = if store.passphrase().is_some() {
                Lock::Wrong
            } else {
                Lock::Closed
            };
            assert_eq!(
                store.put("web", Secret::new("other")),
                Err(StoreError::Locked(lock))
            );
        }
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }

    #[test]
    fn another_passphrase_takes_the_place_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        let store = open(&path, "first");
        store.put("web", Secret::new("s3cret")).unwrap();
        store.change_passphrase(Secret::new("second")).unwrap();
        assert_eq!(store.get("web"), Ok(Some(Secret::new("s3cret"))));
        assert_eq!(
            open(&path, "first").get("web"),
            Err(StoreError::Locked(Lock::Wrong))
        );
    }

    #[test]
    fn what_is_damaged_is_said_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secrets");
        open(&path, "right").put("web", Secret::new("s3cret")).unwrap();
        let mut damaged = std::fs::read(&path).unwrap();
        *damaged.last_mut().unwrap() ^= 1;
        for (content, want) in [
            (damaged, StoreError::Damaged(path.clone())),
            (b"[[server]]".to_vec(), StoreError::NotOurs(path.clone())),
            (
                b"FTPANE-S\x02".to_vec(),
                StoreError::Newer {
                    path: path.clone(),
                    version: 2,
                },
            ),
        ] {
            std::fs::write(&path, &content).unwrap();
            let store = open(&path, "right");
            assert_eq!(store.get("web").unwrap_err(), want);
            assert_eq!(store.put("web", Secret::new("x")).unwrap_err(), want);
            assert_eq!(store.change_passphrase(Secret::new("x")).unwrap_err(), want);
            assert_eq!(std::fs::read(&path).unwrap(), content);
            let text = Failure::from(want).to_string();
            assert!(
                text.contains("secret store: ") && text.contains("secrets"),
                "{text}"
            );
        }
    }
}
