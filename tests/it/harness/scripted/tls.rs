//! The certificate and the TLS set-up of a scripted server; sessions can be resumed.

use std::sync::Arc;

use ftpane::model::certificate::Pin;
use rustls::ServerConfig;
use rustls::crypto::ring::{Ticketer, default_provider};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::ServerSessionMemoryCache;

/// A self-signed certificate for 127.0.0.1, made now, and its fingerprint.
pub(in crate::harness) fn make() -> (Arc<ServerConfig>, Pin) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let der = made.cert.der().clone();
    let pin = Pin(openssl::sha::sha256(&der));
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![der], key)
        .unwrap();
    config.session_storage = ServerSessionMemoryCache::new(256);
    config.ticketer = Ticketer::new().unwrap();
    (Arc::new(config), pin)
}
