//! What OpenSSL says of a handshake that failed, in our words.

use std::io;

use openssl::ssl::{Error, ErrorCode};

use super::TlsError;
use crate::model::text::system_says;

/// The other side's words about our certificate (RFC 5246 §7.2.2, RFC 8446 §6.2).
const ABOUT_OUR_CERTIFICATE: [&str; 7] = [
    "alert certificate required",
    "alert bad certificate",
    "alert unsupported certificate",
    "alert certificate revoked",
    "alert certificate expired",
    "alert certificate unknown",
    "alert unknown ca",
];

/// What OpenSSL calls whatever is too weak for its security level, and what that is.
const WEAK: [(&str, &str); 6] = [
    ("dh key too small", "a Diffie-Hellman key below 2048 bits"),
    ("ee key too small", "a key below 2048 bits"),
    ("ca md too weak", "a SHA-1 signature"),
    ("wrong signature type", "a SHA-1 signature"),
    ("legacy sigalg disallowed or unsupported", "a SHA-1 signature"),
    (
        "unsafe legacy renegotiation disabled",
        "no secure renegotiation, RFC 5746",
    ),
];

const NO_AGREEMENT: [&str; 6] = [
    "unsupported protocol",
    "protocol version",
    "handshake failure",
    "insufficient security",
    "no ciphers available",
    "no protocols available",
];

const NO_TLS: [&str; 3] = ["wrong version number", "http request", "packet length too long"];

/// Why a handshake failed.
pub(super) fn handshake_error(error: Error) -> TlsError {
    if matches!(error.code(), ErrorCode::SYSCALL | ErrorCode::ZERO_RETURN) {
        let error = error.into_io_error();
        return TlsError::Broken(error.unwrap_or_else(|_| io::ErrorKind::UnexpectedEof.into()));
    }
    let reasons = reasons(&error);
    if reasons.is_empty() {
        return TlsError::Other(error.to_string());
    }
    meaning(&reasons)
}

/// The alert that ended an encrypted connection, if that is what this error is. TLS 1.3 servers
/// refuse a client's certificate when the handshake is over on our side (RFC 8446 §4.4.2.4).
pub(crate) fn alert_in(error: &io::Error) -> Option<TlsError> {
    let error = error.get_ref()?.downcast_ref::<Error>()?;
    let reasons = reasons(error);
    let is_alert = reasons.iter().any(|reason| reason.contains(" alert "));
    is_alert.then(|| meaning(&reasons))
}

/// What an error of a connection says: OpenSSL's reason without the codes round it, or the system's
/// sentence.
pub(crate) fn said(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner.map(reasons) {
        Some(reasons) if !reasons.is_empty() => reasons.join(", "),
        _ => system_says(error),
    }
}

/// What a refusal of the system's library is. On Linux it is OpenSSL's, as text
/// (`error:CODE:library:function:reason:...`); other systems' words are kept as they are.
pub(super) fn of_text(text: &str) -> TlsError {
    let reason = text
        .strip_prefix("error:")
        .and_then(|rest| rest.split(':').nth(3));
    meaning(&[reason.unwrap_or(text)])
}

fn reasons(error: &Error) -> Vec<&'static str> {
    let stack = error.ssl_error().map(|stack| stack.errors());
    let reasons = stack.unwrap_or_default().iter();
    reasons.filter_map(openssl::error::Error::reason).collect()
}

fn meaning(reasons: &[&str]) -> TlsError {
    let said = |words: &str| reasons.iter().any(|reason| reason.contains(words));
    if NO_TLS.into_iter().any(said) {
        return TlsError::NotTls;
    }
    if let Some((_, what)) = WEAK.into_iter().find(|(words, _)| said(words)) {
        return TlsError::Weak(what.into());
    }
    let all = reasons.join(", ");
    if ABOUT_OUR_CERTIFICATE.into_iter().any(said) {
        TlsError::ClientCertificate(all)
    } else if NO_AGREEMENT.into_iter().any(said) {
        TlsError::NoAgreement(all)
    } else if said("unexpected eof") || said("unexpected EOF") {
        TlsError::Broken(io::ErrorKind::UnexpectedEof.into())
    } else {
        TlsError::Other(all)
    }
}
