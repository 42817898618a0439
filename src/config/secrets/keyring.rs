//! The desktop's keyring: the Secret Service on Linux, the Keychain on macOS, the Credential Manager
//! on Windows. Entries are of the service `ftpane`, under the name of the server.

use keyring::{Entry, Error};
use zeroize::Zeroizing;

use super::failed;
use crate::model::failure::Failure;
use crate::model::secret::Secret;

const SERVICE: &str = "ftpane";

/// The password of the server of this name; `None` when there is none.
pub(super) fn get(name: &str) -> Result<Option<Secret>, Failure> {
    match entry(name)?.get_password() {
        Ok(secret) => Ok(Some(Secret::new(secret))),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(explained(error)),
    }
}

/// Keeps a password.
pub(super) fn put(name: &str, secret: &Secret) -> Result<(), Failure> {
    entry(name)?.set_password(secret.reveal()).map_err(explained)
}

/// Takes a password out, if there is one.
pub(super) fn remove(name: &str) -> Result<(), Failure> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(explained(error)),
    }
}

fn entry(name: &str) -> Result<Entry, Failure> {
    // the reason is kept apart from the failure of the entry
    if let Err(error) = Entry::store_status() {
        return Err(unreached(error));
    }
    Entry::new(SERVICE, name).map_err(explained)
}

fn explained(error: Error) -> Failure {
    match error {
        // the bytes are the secret
        Error::BadEncoding(bytes) | Error::BadDataFormat(bytes, _) => {
            drop(Zeroizing::new(bytes));
            failed("what the desktop's keyring holds for it cannot be read as a password")
        }
        Error::Ambiguous(_) => failed("the desktop's keyring holds several for it")
            .hint("Delete those you do not want with the desktop's own program; the service is ftpane"),
        error => unreached(&error),
    }
}

fn unreached(error: &Error) -> Failure {
    failed(format!("the desktop's keyring cannot be used: {error}"))
        .hint("Without a desktop, keep the password in the store (source: store)")
}
