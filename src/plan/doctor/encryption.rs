//! TLS and certificates: what does not suit both sides, and what there is to doubt.

use super::{failed, verdict};
use crate::model::certificate::{Certificate, Doubt, Pin};
use crate::model::diagnosis::{Code, Fix, Verdict};
use crate::model::failure::Failure;
use crate::model::server::{Server, TlsVersion};

/// The TLS that a server does speak where it was not what we wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The version.
    pub version: TlsVersion,
    /// What of it is weak besides, in words.
    pub weak: Vec<String>,
}

pub(super) fn old_tls(server: &Server, failure: &Failure, agreement: Option<&Agreement>) -> Verdict {
    let verdict = failed(Code::TlsTooOld, failure);
    let Some(agreement) = agreement else {
        return verdict;
    };
    let Agreement { version, weak } = agreement;
    let number = version.number();
    if *version < server.tls_min {
        let hint = if *version < TlsVersion::V1_2 {
            "It can be broken: where the server cannot be updated and others may read along, accept it for this server only"
        } else {
            "It can be accepted for this server"
        };
        return Verdict {
            says: format!(
                "the server speaks TLS {number} at best, and {} is the oldest accepted",
                server.tls_min.number()
            ),
            ..verdict.hinting(hint).fixed_by([Fix::TlsMin(*version)])
        };
    }
    if *version > server.tls_max {
        return Verdict {
            says: format!(
                "the server wants TLS {number}, and {} is the newest offered",
                server.tls_max.number()
            ),
            ..verdict
                .hinting("Offer newer versions too")
                .fixed_by([Fix::TlsMax(*version)])
        };
    }
    if weak.is_empty() || server.weak_tls {
        return verdict;
    }
    Verdict {
        says: format!("the server's TLS can be broken ({})", weak.join(", ")),
        ..verdict
            .hinting("Where the server cannot be updated and others may read along, accept it for this server only")
            .fixed_by([Fix::WeakTls])
    }
}

/// What makes a data connection resume that did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// With this setting one did.
    Setting(Fix),
    /// No setting makes it.
    Nothing,
    /// Nothing was tried: the server let no further session in.
    Untried,
}

pub(super) fn unresumed(failure: &Failure, remedy: &Remedy) -> Verdict {
    let verdict = failed(Code::DataTlsReuse, failure);
    let hint = match remedy {
        Remedy::Setting(Fix::TlsBackend(_)) => "The OpenSSL library does resume it",
        Remedy::Setting(_) => "With TLS 1.2 at most it is resumed",
        Remedy::Untried => {
            "Whether a setting here makes it resume was not tried: there was no further session. Close other sessions and look again"
        }
        Remedy::Nothing => {
            "No setting here makes it resume: its administrator can see why, or stop demanding it"
        }
    };
    let fix = match remedy {
        Remedy::Setting(fix) => Some(fix.clone()),
        Remedy::Nothing | Remedy::Untried => None,
    };
    verdict.hinting(hint).fixed_by(fix)
}

/// One verdict for each thing that is the matter with a certificate.
pub(super) fn doubts(certificate: &Certificate, pinned: Option<Pin>) -> Vec<Verdict> {
    let whose = format!(
        "{}, issued by {}, {}",
        certificate.subject, certificate.issuer, certificate.key
    );
    let pin = certificate.pin;
    if let Some(pinned) = pinned {
        let says = format!(
            "the server shows another certificate than the one pinned: shown {pin} ({whose}), pinned {pinned}"
        );
        return vec![
            verdict(Code::CertChanged, says)
                .hinting("It may be renewed, or somebody stands between: ask the server's administrator for the fingerprint before you take the new one")
                .fixed_by([Fix::Pin(pin)]),
        ];
    }
    let mut out: Vec<Verdict> = Vec::new();
    for doubt in &certificate.doubts {
        let date = |stamp: Option<crate::model::stamp::Stamp>| {
            let text = stamp.and_then(|stamp| stamp.rfc3339());
            text.map_or("an unknown day".into(), |text| {
                text.chars().take(10).collect::<String>()
            })
        };
        let (code, says) = match doubt {
            Doubt::Expired => (
                Code::CertExpired,
                format!(
                    "the certificate has expired: it was valid until {}",
                    date(certificate.not_after)
                ),
            ),
            Doubt::NotYetValid => (
                Code::CertExpired,
                format!(
                    "the certificate is not valid before {}; is a clock wrong?",
                    date(certificate.not_before)
                ),
            ),
            Doubt::WrongName => (
                Code::CertName,
                format!(
                    "the certificate is for another name: {}",
                    match certificate.names.is_empty() {
                        true => certificate.subject.clone(),
                        false => certificate.names.join(", "),
                    }
                ),
            ),
            Doubt::SelfSigned => (Code::CertUnknown, "the certificate is signed by itself".into()),
            Doubt::Unknown => (
                Code::CertUnknown,
                "the certificate is signed by nobody this machine trusts".into(),
            ),
            Doubt::Changed | Doubt::Other => (
                Code::CertUnknown,
                format!("the certificate could not be verified ({})", certificate.reason),
            ),
        };
        if out.iter().any(|verdict| verdict.code == code) {
            continue;
        }
        let mut hint =
            "If the server's administrator confirms this fingerprint, pin it: nothing else is trusted then"
                .to_owned();
        if *doubt == Doubt::Unknown {
            hint.push_str(". Where a known authority has signed it all the same, the server leaves out the certificates between: it must send the whole chain. An authority of your own is named by --ca-file");
        }
        out.push(
            verdict(code, format!("{says} ({whose}, {pin})"))
                .hinting(hint)
                .fixed_by([Fix::Pin(pin)]),
        );
    }
    if out.is_empty() {
        out.push(verdict(
            Code::CertUnknown,
            format!("the certificate could not be verified ({whose}, {pin})"),
        ));
    }
    out
}
