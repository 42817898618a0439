//! The four calls into OpenSSL that the `openssl` crate marks unsafe or does not offer. The only
//! unsafe code of the program; nothing else lives here.
#![expect(
    unsafe_code,
    reason = "SSL_SESSION_dup, SSL_set_session, SSL_get_shutdown and SSL_get_peer_signature_nid have no safe wrapper"
)]

use std::os::raw::c_int;

use foreign_types::{ForeignType as _, ForeignTypeRef as _};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::ssl::{SslRef, SslSession, SslSessionRef};

/// A session that no connection shares: OpenSSL lets none be resumed any more whose connection was dropped in the
/// middle, as it is where a transfer is stopped.
///
/// A copy by way of its DER form would read the server's certificate anew each time, a third of the work of a
/// handshake.
pub(crate) fn copy(session: &SslSessionRef) -> Result<SslSession, ErrorStack> {
    // SAFETY: SSL_SESSION_dup reads a live session, which `session` borrows, and what it returns is
    // ours alone: `SslSession` frees it.
    unsafe {
        let copy = SSL_SESSION_dup(session.as_ptr());
        if copy.is_null() {
            return Err(ErrorStack::get());
        }
        Ok(SslSession::from_ptr(copy))
    }
}

/// Offers a session for resumption on a connection that has not begun its handshake.
///
/// A copy of `session` is offered, made for this connection: OpenSSL makes a TLS 1.3 session
/// single-use, so the same object offered twice is refused the second time.
pub(crate) fn offer_session(ssl: &mut SslRef, session: &SslSessionRef) -> Result<(), ErrorStack> {
    let copy = copy(session)?;
    // SAFETY: SSL_set_session asks that the session belongs to an SSL_CTX compatible with this
    // connection's. A session comes from a connection to the same server, whose context is this
    // one's, and OpenSSL itself checks protocol version and cipher before it offers it.
    unsafe { ssl.set_session(&copy) }
}

unsafe extern "C" {
    /// `SSL_SESSION_dup` of `ssl.h`, since OpenSSL 1.1.1; `openssl-sys` does not declare it.
    fn SSL_SESSION_dup(session: *const openssl_sys::SSL_SESSION) -> *mut openssl_sys::SSL_SESSION;
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
