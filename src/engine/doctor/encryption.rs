//! A handshake and a certificate, for a person who wants to know.

use super::record::Outcome;
use crate::ftp::error::Error;
use crate::ftp::tls::Handshake;
use crate::model::certificate::{Certificate, Trust};
use crate::model::stamp::Stamp;

/// A handshake that was done.
pub(super) fn described(handshake: &Handshake) -> Outcome {
    let trust = match handshake.trust {
        Trust::Verified => "verified",
        Trust::Pinned => "pinned",
        Trust::Once => "accepted once",
    };
    let mut says = format!("{}, the certificate is {trust}", handshake.version);
    if !handshake.weak.is_empty() {
        says.push_str(&format!(", weak ({})", handshake.weak.join(", ")));
    }
    let mut seen = vec![
        format!("{} {}", handshake.version, handshake.cipher)
            .trim_end()
            .to_owned(),
    ];
    if let Some(certificate) = handshake.certificate() {
        says.push_str(&format!(
            " and valid until {}",
            moment(certificate.not_after).chars().take(10).collect::<String>()
        ));
        seen.extend(shown(&certificate, &handshake.signers()));
    }
    Outcome::new(says).seeing(seen)
}

/// What a failed step says; a certificate that is doubted is shown with it.
pub(super) fn failing(error: &Error, what: &str) -> Outcome {
    let outcome = Outcome::new(error.failure(what).why);
    match error.certificate() {
        Some((certificate, _)) => {
            outcome.seeing(shown(certificate, std::slice::from_ref(&certificate.issuer)))
        }
        None => outcome,
    }
}

/// A certificate, line by line.
fn shown(certificate: &Certificate, signers: &[String]) -> Vec<String> {
    let mut seen = vec![
        format!("certificate of {}", certificate.subject),
        format!("signed by {}", signers.join(", then by ")),
    ];
    if !certificate.names.is_empty() {
        seen.push(format!("for {}", certificate.names.join(", ")));
    }
    let (from, to) = (moment(certificate.not_before), moment(certificate.not_after));
    seen.push(format!("valid from {from} to {to}"));
    seen.push(format!("key {}", certificate.key));
    seen.push(certificate.pin.to_string());
    seen
}

fn moment(stamp: Option<Stamp>) -> String {
    let text = stamp.and_then(|stamp| stamp.rfc3339());
    text.unwrap_or_else(|| "an unknown time".into())
}
