//! The TLS session of one control connection, kept so that its data connections can resume it.
//!
//! Servers take a resumed session as the proof that the data connection comes from whoever logged
//! in; vsftpd and ProFTPD refuse any other by default.

use std::sync::{Mutex, PoisonError};

/// The newest session of one control connection, in DER form.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    newest: Mutex<Option<Vec<u8>>>,
}

impl Sessions {
    /// Keeps a session the server has just given; TLS 1.3 gives several, on data connections as
    /// well.
    pub(super) fn keep(&self, der: Vec<u8>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(der);
    }

    /// The session to offer next.
    pub(super) fn newest(&self) -> Option<Vec<u8>> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
