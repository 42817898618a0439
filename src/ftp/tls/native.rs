//! The two calls into OpenSSL that the `openssl` crate marks unsafe or does not offer. The only
//! unsafe code of the program; nothing else lives here.
#![expect(
    unsafe_code,
    reason = "SSL_set_session and SSL_get_shutdown have no safe wrapper"
)]

use foreign_types::ForeignTypeRef as _;
use openssl::error::ErrorStack;
use openssl::ssl::{SslRef, SslSession};

/// Offers a session for resumption on a connection that has not begun its handshake.
///
/// `session` is taken from its DER form just for this connection: OpenSSL makes a TLS 1.3 session
/// single-use, so the same object offered twice is refused the second time.
pub(crate) fn offer_session(ssl: &mut SslRef, der: &[u8]) -> Result<(), ErrorStack> {
    let session = SslSession::from_der(der)?;
    // SAFETY: SSL_set_session asks that the session belongs to an SSL_CTX compatible with this
    // connection's. A session read from DER belongs to none, and OpenSSL itself checks protocol
    // version and cipher before it offers it.
    unsafe { ssl.set_session(&session) }
}

/// Whether the other side's close_notify has been read.
pub(crate) fn close_notify_received(ssl: &SslRef) -> bool {
    // SAFETY: SSL_get_shutdown only reads a field of a live SSL, and `ssl` borrows one.
    let state = unsafe { openssl_sys::SSL_get_shutdown(ssl.as_ptr()) };
    state & openssl_sys::SSL_RECEIVED_SHUTDOWN != 0
}
