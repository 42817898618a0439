//! The three calls into OpenSSL that the `openssl` crate marks unsafe or does not offer. The only
//! unsafe code of the program; nothing else lives here.
#![expect(
    unsafe_code,
    reason = "SSL_set_session, SSL_get_shutdown and SSL_get_peer_signature_nid have no safe wrapper"
)]

use std::os::raw::c_int;

use foreign_types::ForeignTypeRef as _;
use openssl::error::ErrorStack;
use openssl::nid::Nid;
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

/// `SSL_CTRL_GET_PEER_SIGNATURE_NID` of `ssl.h`.
const GET_PEER_SIGNATURE_NID: c_int = 108;

/// With which digest the other side signed the handshake; `None` below TLS 1.2, and where a session
/// was resumed.
pub(crate) fn signature_digest(ssl: &SslRef) -> Option<Nid> {
    let mut nid: c_int = 0;
    let out = std::ptr::from_mut(&mut nid).cast();
    // SAFETY: this control writes one int to the place given and keeps no pointer to it; `ssl`
    // borrows a live SSL.
    let known = unsafe { openssl_sys::SSL_ctrl(ssl.as_ptr(), GET_PEER_SIGNATURE_NID, 0, out) };
    (known == 1).then(|| Nid::from_raw(nid))
}
