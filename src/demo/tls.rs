//! The certificate and the TLS set-up of the embedded server, in memory only.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, SanType};
use rustls::ServerConfig;
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ServerSessionMemoryCache;
use rustls::version::{TLS12, TLS13};

use super::DemoError;
use crate::model::certificate::Pin;
use crate::model::server::TlsVersion;

/// A self-signed certificate for `localhost` and 127.0.0.1 (ECDSA P-256: made in well under a
/// millisecond), a configuration that resumes sessions by ticket and by identifier, and the pin.
pub(super) fn make(only: Option<TlsVersion>) -> Result<(Arc<ServerConfig>, Pin), DemoError> {
    let bad = |e: &dyn std::fmt::Display| DemoError::Certificate(e.to_string());
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(|e| bad(&e))?;
    let mut params = CertificateParams::new(vec!["localhost".into()]).map_err(|e| bad(&e))?;
    params
        .subject_alt_names
        .push(SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into()));
    params.distinguished_name.push(DnType::CommonName, "ftpane demo");
    let certificate = params.self_signed(&key).map_err(|e| bad(&e))?;
    let der = certificate.der().clone();
    let mut pin = [0u8; 32];
    pin.copy_from_slice(ring::digest::digest(&ring::digest::SHA256, &der).as_ref());
    let versions: &[&rustls::SupportedProtocolVersion] = match only {
        None => &[&TLS12, &TLS13],
        Some(TlsVersion::V1_2) => &[&TLS12],
        Some(TlsVersion::V1_3) => &[&TLS13],
        Some(TlsVersion::V1_0 | TlsVersion::V1_1) => {
            return Err(DemoError::Certificate("it speaks TLS 1.2 and 1.3 only".into()));
        }
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .map_err(|e| bad(&e))?
        .with_no_client_auth()
        .with_single_cert(
            vec![der],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .map_err(|e| bad(&e))?;
    config.session_storage = ServerSessionMemoryCache::new(1024);
    config.ticketer = Ticketer::new().map_err(|e| bad(&e))?;
    Ok((Arc::new(config), Pin(pin)))
}
