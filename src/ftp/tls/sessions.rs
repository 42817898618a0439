//! The TLS session of one control connection, kept so that its data connections can resume it.
//!
//! Servers take a resumed session as the proof that the data connection comes from whoever logged
//! in; vsftpd and ProFTPD refuse any other by default.

use std::sync::{Mutex, PoisonError};

use openssl::ssl::SslSession;

/// The newest session of one control connection.
#[derive(Default)]
pub(crate) struct Sessions {
    newest: Mutex<Option<SslSession>>,
}

impl std::fmt::Debug for Sessions {
    /// Keys of the connection are in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sessions").finish_non_exhaustive()
    }
}

impl Sessions {
    /// Keeps a session the server has just given; TLS 1.3 gives several, on data connections as
    /// well.
    pub(super) fn keep(&self, session: SslSession) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }

    /// The session to offer next.
    pub(super) fn newest(&self) -> Option<SslSession> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
