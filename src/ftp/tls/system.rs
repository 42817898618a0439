//! The selectable backend: the system's own TLS library, through native-tls.
//!
//! It offers no way to resume the control connection's session on a data connection
//! (rust-native-tls#308), which many servers demand. On Linux it is OpenSSL all the same and
//! gains nothing; on macOS and Windows it brings the system's own certificate handling.

use std::time::Duration;

use native_tls::{Certificate as NativeCertificate, Identity as NativeIdentity, Protocol, TlsConnector};
use openssl::x509::X509;
use tokio::net::TcpStream;
use zeroize::Zeroizing;

use super::alert;
use super::identity::Identity;
use super::judge::{TrustStore, describe, moment, pin_of};
use super::{Handshake, TlsError, Versions, read_authorities};
use crate::ftp::stream::NetStream;
use crate::model::certificate::Doubt;
use crate::model::server::TlsVersion;

#[derive(Debug)]
pub(super) struct Settings {
    /// Verifies against the system's authorities; says only "no" when it doubts.
    strict: tokio_native_tls::TlsConnector,
    /// Verifies nothing: used where the certificate is judged by its fingerprint, or shown.
    lenient: tokio_native_tls::TlsConnector,
    /// Whether versions are allowed that not every system's library knows any more.
    wants_old: bool,
}

impl Settings {
    pub(super) fn new(versions: &Versions) -> Result<Self, TlsError> {
        let settings = |e: native_tls::Error| {
            TlsError::Settings(format!("the system's TLS library refuses the settings: {e}"))
        };
        let authorities = match &versions.ca_file {
            Some(file) => read_authorities(file)?,
            None => Vec::new(),
        };
        let build = |lenient: bool| -> Result<tokio_native_tls::TlsConnector, TlsError> {
            let mut builder = TlsConnector::builder();
            builder
                .min_protocol_version(Some(protocol(versions.min)))
                .max_protocol_version(Some(protocol(versions.max)));
            if let Some(identity) = &versions.identity {
                builder.identity(native(identity)?);
            }
            for cert in &authorities {
                let der = cert.to_der().map_err(|e| TlsError::Settings(e.to_string()))?;
                builder.add_root_certificate(NativeCertificate::from_der(&der).map_err(settings)?);
            }
            if lenient {
                builder
                    .danger_accept_invalid_certs(true)
                    .danger_accept_invalid_hostnames(true);
            }
            Ok(builder.build().map_err(settings)?.into())
        };
        Ok(Self {
            strict: build(false)?,
            lenient: build(true)?,
            wants_old: versions.weak,
        })
    }

    /// Where a fingerprint decides, or the certificate is only to be looked at, nothing else is
    /// verified; elsewhere the library verifies, and its refusal tells nothing of the
    /// certificate: the caller comes back with `look`.
    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        host: &str,
        trust: &TrustStore,
        look: bool,
    ) -> Result<(NetStream, Handshake), TlsError> {
        let by_fingerprint = look || trust.knows_fingerprints();
        let connector = if by_fingerprint {
            &self.lenient
        } else {
            &self.strict
        };
        let stream = match connector.connect(host, stream).await {
            Ok(stream) => stream,
            Err(error) => {
                return Err(match alert::of_text(&error.to_string()) {
                    TlsError::Other(said) if !by_fingerprint => TlsError::Unexplained(said),
                    TlsError::NoAgreement(said) if !self.wants_old => TlsError::NoAgreement(said),
                    // it has no word for letting them in, and on Linux no default that does
                    TlsError::Weak(said) | TlsError::NoAgreement(said) => TlsError::NoAgreement(format!(
                        "{said}; only the OpenSSL backend lets old and weak TLS in"
                    )),
                    known => known,
                });
            }
        };
        let shown = stream
            .get_ref()
            .peer_certificate()
            .ok()
            .flatten()
            .and_then(|c| c.to_der().ok());
        let cert = shown.and_then(|der| X509::from_der(&der).ok());
        let Some((cert, pin)) = cert.and_then(|c| pin_of(&c).map(|pin| (c, pin))) else {
            return Err(TlsError::Other("the server showed no certificate".into()));
        };
        let found = if by_fingerprint {
            vec![Doubt::Unknown]
        } else {
            Vec::new()
        };
        let judged = trust.judge(pin, &found).map_err(|doubts| TlsError::Certificate {
            certificate: Box::new(describe(
                &cert,
                pin,
                doubts,
                "the system's TLS library does not trust it".into(),
            )),
            pinned: trust.pinned(),
        })?;
        let facts = Handshake {
            // native-tls does not tell which version was agreed on
            version: "TLS (system)".into(),
            cipher: String::new(),
            weak: Vec::new(),
            trust: judged,
            not_after: moment(cert.not_after()).map(|t| t.seconds),
            resumed: None,
            took: Duration::ZERO,
            chain: vec![cert],
        };
        Ok((NetStream::System(Box::new(stream)), facts))
    }
}

/// Our certificate in the library's own form.
fn native(identity: &Identity) -> Result<NativeIdentity, TlsError> {
    let bad = |why: String| {
        TlsError::Settings(format!(
            "the system's TLS library refuses the client certificate: {why}"
        ))
    };
    let mut chain = Vec::new();
    for cert in &identity.chain {
        chain.extend(cert.to_pem().map_err(|e| bad(e.to_string()))?);
    }
    let key = identity
        .key
        .private_key_to_pem_pkcs8()
        .map_err(|e| bad(e.to_string()))?;
    let key = Zeroizing::new(key);
    NativeIdentity::from_pkcs8(&chain, &key).map_err(|e| bad(e.to_string()))
}

fn protocol(version: TlsVersion) -> Protocol {
    match version {
        TlsVersion::V1_0 => Protocol::Tlsv10,
        TlsVersion::V1_1 => Protocol::Tlsv11,
        TlsVersion::V1_2 => Protocol::Tlsv12,
        TlsVersion::V1_3 => Protocol::Tlsv13,
    }
}
