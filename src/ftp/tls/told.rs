//! What a person reads where there is no encrypted connection.

use super::TlsError;
use crate::ftp::error::Stage;
use crate::model::certificate::{Certificate, Doubt, Pin};
use crate::model::failure::{Class, Failure};
use crate::model::size::duration;

impl TlsError {
    /// The failure a person reads; `what` is what did not happen.
    pub(in crate::ftp) fn failure(&self, what: String, stage: Stage) -> Failure {
        match self {
        Self::Certificate { certificate, pinned } => doubted(what, certificate, *pinned),
        Self::Broken(error) if stage == Stage::Data => Failure::new(
            Class::Tls,
            what,
            format!("the server broke off the TLS handshake of the data connection ({error})"),
        )
        .hint("It may demand that the control connection's TLS session is resumed, which only the OpenSSL backend can, or a client certificate."),
        Self::Broken(error) => Failure::new(Class::Tls, what, format!("the server broke off the TLS handshake ({error})"))
            .hint("It may accept other TLS versions only, or expect no TLS on this port."),
        Self::Stalled(after) => Failure::new(
            Class::Data,
            what,
            format!(
                "the data connection stands, and TLS on it does not come about within {}",
                duration(after.as_secs().max(1))
            ),
        )
        .hint("Something on the way may meddle with it: a firewall that reads FTP, an old router; or the server hangs."),
        Self::NotTls if stage == Stage::Data => Failure::new(
            Class::Tls,
            what,
            "the server does not encrypt the data connection, although it said that it would",
        )
        .hint("Nothing was sent over it or taken from it."),
        Self::NotTls if stage == Stage::Protect => Failure::new(
            Class::Tls,
            what,
            "the server agreed to TLS, and what came then is none",
        )
        .hint("Something on the way may meddle with it, or the server's TLS is out of order; nothing secret was sent."),
        Self::NotTls => Failure::new(Class::Tls, what, "the port does not speak TLS from the first byte")
            .hint("Use explicit TLS there (ftpes://)."),
        Self::NoAgreement(said) => {
            Failure::new(Class::Tls, what, format!("no TLS version or cipher suits both sides ({said})"))
                .hint("An old server may know older versions only (--tls-min 1.0) or weak keys and signatures (--weak-tls), a new one want newer versions than are offered (--tls-max 1.3); some demand a client certificate (--client-cert).")
        }
        Self::Weak(weakness) => Failure::new(
            Class::Tls,
            what,
            format!("the server's TLS is weaker than this program accepts ({weakness})"),
        )
        .hint("Nothing secret was sent. Where the server cannot be updated and others may read along, --weak-tls (Weak TLS in the form) lets it in."),
        Self::ClientCertificate(said) => Failure::new(
            Class::Tls,
            what,
            format!("the server demands a client certificate, or refuses the one it was shown ({said})"),
        )
        .hint("Set one that it knows, with its key: --client-cert and --client-key."),
        Self::Unexplained(said) => {
            Failure::new(Class::Tls, what, format!("the system's TLS library refused the connection ({said})"))
        }
        Self::Other(said) => Failure::new(Class::Tls, what, format!("the TLS handshake failed ({said})")),
        Self::Settings(said) => Failure::new(Class::Usage, what, said.clone()),
    }
    }
}

fn doubted(what: String, certificate: &Certificate, pinned: Option<Pin>) -> Failure {
    if let Some(pinned) = pinned {
        return Failure::new(
            Class::Tls,
            what,
            format!(
                "the server shows another certificate than the one pinned; shown {}, pinned {pinned}",
                certificate.pin
            ),
        )
        .hint(
            "If the server's administrator confirms the new one, take the old pin out of the server's entry.",
        );
    }
    let why = match certificate.doubts.first() {
        Some(Doubt::SelfSigned) => "its certificate is signed by itself",
        Some(Doubt::Unknown) => "its certificate is signed by nobody this machine trusts",
        Some(Doubt::Expired) => "its certificate has expired",
        Some(Doubt::NotYetValid) => "its certificate is not valid yet",
        Some(Doubt::WrongName) => "its certificate is for another host name",
        Some(Doubt::Changed | Doubt::Other) | None => "its certificate could not be verified",
    };
    Failure::new(
        Class::Tls,
        what,
        format!("{why} ({}, {})", certificate.subject, certificate.pin),
    )
    .hint(format!(
        "If you have checked the fingerprint with the server's administrator, accept it with --pin {}.",
        certificate.pin
    ))
}
