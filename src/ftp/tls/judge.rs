//! Whether a certificate may be trusted: one decision for control and data connections.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;

use openssl::asn1::Asn1TimeRef;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::x509::{X509NameRef, X509Ref};

use crate::model::certificate::{Certificate, Doubt, Pin, Trust};
use crate::model::stamp::Stamp;
use crate::model::text::{escape, escape_str};

/// Whom this server's connections trust beyond the authorities of this machine.
#[derive(Debug, Default)]
pub(crate) struct TrustStore {
    pinned: Mutex<Option<Pin>>,
    once: Mutex<HashSet<Pin>>,
}

impl TrustStore {
    pub(crate) fn new(pinned: Option<Pin>) -> Self {
        Self {
            pinned: Mutex::new(pinned),
            once: Mutex::default(),
        }
    }

    /// The certificate this server must show, whoever signed it.
    pub(crate) fn pinned(&self) -> Option<Pin> {
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this certificate would be accepted by its fingerprint: a pin is the only word.
    pub(crate) fn trusts(&self, pin: Pin) -> bool {
        match self.pinned() {
            Some(pinned) => pinned == pin,
            None => self
                .once
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&pin),
        }
    }

    /// Whether some certificate of this server is trusted by its fingerprint.
    pub(super) fn knows_fingerprints(&self) -> bool {
        self.pinned().is_some()
            || !self
                .once
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_empty()
    }

    /// Trusts a certificate until the program ends.
    pub(crate) fn accept_once(&self, pin: Pin) {
        self.once
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(pin);
    }

    /// Trusts this certificate from now on and no other.
    pub(crate) fn pin(&self, pin: Pin) {
        *self.pinned.lock().unwrap_or_else(PoisonError::into_inner) = Some(pin);
    }

    /// Decides. `found` is what verification against the authorities and the host name found to
    /// doubt: nothing means verified.
    pub(super) fn judge(&self, pin: Pin, found: &[Doubt]) -> Result<Trust, Vec<Doubt>> {
        match self.pinned() {
            Some(pinned) if pinned == pin => Ok(Trust::Pinned),
            Some(_) => Err([&[Doubt::Changed], found].concat()),
            None if found.is_empty() => Ok(Trust::Verified),
            None if self
                .once
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&pin) =>
            {
                Ok(Trust::Once)
            }
            None => Err(found.to_vec()),
        }
    }
}

/// The fingerprint of a certificate.
pub(super) fn pin_of(cert: &X509Ref) -> Option<Pin> {
    let digest = cert.digest(MessageDigest::sha256()).ok()?;
    Some(Pin(digest.as_ref().try_into().ok()?))
}

/// What OpenSSL's verification error (`X509_V_ERR_...`) is in our words.
pub(super) fn doubt_of(error: i32) -> Doubt {
    match error {
        openssl_sys::X509_V_ERR_CERT_HAS_EXPIRED => Doubt::Expired,
        openssl_sys::X509_V_ERR_CERT_NOT_YET_VALID => Doubt::NotYetValid,
        openssl_sys::X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT => Doubt::SelfSigned,
        openssl_sys::X509_V_ERR_HOSTNAME_MISMATCH | openssl_sys::X509_V_ERR_IP_ADDRESS_MISMATCH => {
            Doubt::WrongName
        }
        openssl_sys::X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN
        | openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT
        | openssl_sys::X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
        | openssl_sys::X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE => Doubt::Unknown,
        _ => Doubt::Other,
    }
}

/// A certificate in the words a person judges it by.
pub(super) fn describe(cert: &X509Ref, pin: Pin, doubts: Vec<Doubt>, reason: String) -> Certificate {
    Certificate {
        subject: name(cert.subject_name()),
        issuer: name(cert.issuer_name()),
        names: alternative_names(cert),
        not_before: moment(cert.not_before()),
        not_after: moment(cert.not_after()),
        key: key(cert),
        pin,
        doubts,
        reason,
    }
}

/// At most this many names are shown: a certificate may carry thousands.
const MOST_NAMES: usize = 50;

fn alternative_names(cert: &X509Ref) -> Vec<String> {
    let Some(names) = cert.subject_alt_names() else {
        return Vec::new();
    };
    let mut told: Vec<String> = Vec::new();
    let named = names
        .iter()
        .filter_map(|n| {
            n.dnsname().map(escape_str).or_else(|| {
                let bytes = n.ipaddress()?;
                match bytes.len() {
                    4 => <[u8; 4]>::try_from(bytes)
                        .ok()
                        .map(|b| std::net::Ipv4Addr::from(b).to_string()),
                    _ => <[u8; 16]>::try_from(bytes)
                        .ok()
                        .map(|b| std::net::Ipv6Addr::from(b).to_string()),
                }
            })
        })
        .take(MOST_NAMES);
    for name in named {
        // an address may stand there as a name as well
        if !told.contains(&name) {
            told.push(name);
        }
    }
    told
}

pub(super) fn name(name: &X509NameRef) -> String {
    let part = |nid: Nid| {
        name.entries_by_nid(nid)
            .next()
            .map(|e| escape(e.data().as_slice()))
    };
    let text = [Nid::COMMONNAME, Nid::ORGANIZATIONNAME, Nid::COUNTRYNAME]
        .into_iter()
        .filter_map(part)
        .collect::<Vec<_>>()
        .join(", ");
    if text.is_empty() { "(no name)".into() } else { text }
}

/// Whether the error is that the authorities that signed a certificate did it weakly.
pub(super) fn is_weak_chain(error: i32) -> bool {
    matches!(
        error,
        openssl_sys::X509_V_ERR_CA_KEY_TOO_SMALL | openssl_sys::X509_V_ERR_CA_MD_TOO_WEAK
    )
}

/// `RSA 2048 bits`.
pub(super) fn key(cert: &X509Ref) -> String {
    let Ok(key) = cert.public_key() else {
        return "unknown".into();
    };
    let kind = match key.id() {
        Id::RSA => "RSA",
        Id::EC => "EC",
        Id::DSA => "DSA",
        Id::ED25519 => "Ed25519",
        Id::ED448 => "Ed448",
        _ => "key",
    };
    format!("{kind} {} bits", key.bits())
}

/// OpenSSL's time as Unix seconds.
pub(super) fn moment(time: &Asn1TimeRef) -> Option<Stamp> {
    let epoch = openssl::asn1::Asn1Time::from_unix(0).ok()?;
    let since = epoch.diff(time).ok()?;
    Some(Stamp::exact(
        i64::from(since.days) * 86_400 + i64::from(since.secs),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_the_only_word_on_its_server() {
        let (a, b) = (Pin([1; 32]), Pin([2; 32]));
        let store = TrustStore::new(Some(a));
        assert_eq!(store.judge(a, &[Doubt::Expired]), Ok(Trust::Pinned));
        assert_eq!(store.judge(b, &[]), Err(vec![Doubt::Changed]));
        store.accept_once(b);
        assert!(store.trusts(a) && !store.trusts(b));
        assert_eq!(
            store.judge(b, &[]),
            Err(vec![Doubt::Changed]),
            "accepting once does not undo a pin"
        );
    }

    #[test]
    fn without_a_pin_verification_decides_and_a_person_after_it() {
        let store = TrustStore::new(None);
        let pin = Pin([3; 32]);
        assert_eq!(store.judge(pin, &[]), Ok(Trust::Verified));
        assert_eq!(
            store.judge(pin, &[Doubt::SelfSigned]),
            Err(vec![Doubt::SelfSigned])
        );
        store.accept_once(pin);
        assert_eq!(store.judge(pin, &[Doubt::SelfSigned]), Ok(Trust::Once));
    }
}
