//! The default backend: OpenSSL, which lets data connections resume the control connection's
//! TLS session.

use std::net::IpAddr;
use std::pin::Pin as StdPin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::nid::Nid;
use openssl::pkey::Id;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions, SslRef, SslSessionCacheMode,
    SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509CheckFlags;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::alert::handshake_error;
use super::identity::Identity;
use super::judge::{self, TrustStore, describe, doubt_of, moment, pin_of};
use super::native::{copy, offer_session, signature_digest};
use super::sessions::Sessions;
use super::{Handshake, TlsError, Versions, read_authorities};
use crate::ftp::stream::NetStream;
use crate::model::certificate::Doubt;
use crate::model::server::TlsVersion;

/// With OpenSSL's own order of groups each handshake with vsftpd and pure-ftpd costs one round
/// trip more (they know P-256 only and ask for another ClientHello).
const GROUPS: &str = "P-256:X25519:P-384";

/// Ciphers up to TLS 1.2: OpenSSL's default without what is broken or has no certificate.
const CIPHERS: &str = "DEFAULT:!aNULL:!eNULL:!MD5:!3DES:!DES:!RC4:!IDEA:!SEED:!aDSS:!SRP:!PSK";

/// Signatures where weak ones are let in: OpenSSL's own list, and those with SHA-1.
const SIGNATURES: &str = "ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ed25519:ed448:RSA-PSS+SHA256:\
    RSA-PSS+SHA384:RSA-PSS+SHA512:RSA+SHA256:RSA+SHA384:RSA+SHA512:ECDSA+SHA1:RSA+SHA1";

/// OpenSSL's security level that stands for 112 bits: RSA and Diffie-Hellman from 2048 bits on.
const STRONG: i32 = 2;

/// The protocol's name in a ClientHello (RFC 7301, registered for RFC 959 and 4217). A server of
/// another protocol with the same certificate then has a reason to refuse what somebody on the
/// way sends to it instead.
const ALPN: &[u8] = b"\x03ftp";

/// Where a connection's session store hangs on its `SSL`.
static SESSIONS: OnceLock<Index<Ssl, Arc<Sessions>>> = OnceLock::new();

/// What OpenSSL's verification found.
#[derive(Default)]
struct Notes {
    doubts: Vec<(Doubt, String)>,
    /// The server's key is too small.
    weak_key: bool,
    /// So is a key above it, or its signature is too weak; noted where that was allowed.
    weak_chain: bool,
}

pub(super) struct Settings {
    context: SslContext,
    sessions: Index<Ssl, Arc<Sessions>>,
    weak: bool,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").finish_non_exhaustive()
    }
}

impl Settings {
    pub(super) fn new(versions: &Versions) -> Result<Self, TlsError> {
        let settings = |e: ErrorStack| TlsError::Settings(format!("OpenSSL refuses the settings: {e}"));
        // SslConnector would read the system's authorities each time, wanted or not
        let mut builder = SslContextBuilder::new(SslMethod::tls_client()).map_err(settings)?;
        builder.set_mode(
            SslMode::AUTO_RETRY
                | SslMode::ACCEPT_MOVING_WRITE_BUFFER
                | SslMode::ENABLE_PARTIAL_WRITE
                | SslMode::RELEASE_BUFFERS,
        );
        builder
            .set_min_proto_version(Some(version(versions.min)))
            .map_err(settings)?;
        builder
            .set_max_proto_version(Some(version(versions.max)))
            .map_err(settings)?;
        set_strength(&mut builder, versions.weak).map_err(settings)?;
        builder.set_groups_list(GROUPS).map_err(settings)?;
        builder.set_alpn_protos(ALPN).map_err(settings)?;
        // the head of a record and the rest of it by one system call
        builder.set_read_ahead(true);
        if let Some(identity) = &versions.identity {
            show(&mut builder, identity)?;
        }
        if versions.authorities {
            load_authorities(&mut builder, versions)?;
        }
        let sessions = match SESSIONS.get() {
            Some(index) => *index,
            None => {
                let index = Ssl::new_ex_index().map_err(settings)?;
                *SESSIONS.get_or_init(|| index)
            }
        };
        builder.set_session_cache_mode(SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL);
        builder.set_new_session_callback(move |ssl, session| {
            // one that came on a data connection is of use beyond that connection's end, however it ends
            if let Some(store) = ssl.ex_data(sessions)
                && let Ok(copy) = copy(&session)
            {
                store.keep(copy);
            }
        });
        Ok(Self {
            context: builder.build(),
            sessions,
            weak: versions.weak,
        })
    }

    /// A connection that asks for `host` by name (SNI, RFC 6066 §3: names only) and compares the
    /// certificate with it.
    fn prepare(&self, host: &str) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        // the dot that makes a name absolute is no part of it in TLS
        let host = host.strip_suffix('.').unwrap_or(host);
        let address = host.parse::<IpAddr>();
        if address.is_err() {
            ssl.set_hostname(host)?;
        }
        let parameters = ssl.param_mut();
        // certificates are measured by it even where the connection may be weaker: it is to be said
        parameters.set_auth_level(STRONG);
        parameters.set_hostflags(X509CheckFlags::NO_PARTIAL_WILDCARDS);
        match address {
            Ok(address) => parameters.set_ip(address)?,
            Err(_) => parameters.set_host(host)?,
        }
        Ok(ssl)
    }

    pub(super) async fn handshake(
        &self,
        stream: TcpStream,
        host: &str,
        trust: &TrustStore,
        sessions: &Arc<Sessions>,
    ) -> Result<(NetStream, Handshake), TlsError> {
        let other = |e: ErrorStack| TlsError::Other(e.to_string());
        let mut ssl = self.prepare(host).map_err(other)?;
        // The callback only takes notes; `judge` decides once all of them are there, before a
        // single byte of ours goes over the connection.
        let found: Arc<Mutex<Notes>> = Arc::default();
        let notes = Arc::clone(&found);
        let lets_weak_in = self.weak;
        ssl.set_verify_callback(SslVerifyMode::PEER, move |verified, context| {
            if !verified {
                let error = context.error();
                let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                match error.as_raw() {
                    openssl_sys::X509_V_ERR_EE_KEY_TOO_SMALL => notes.weak_key = true,
                    raw if lets_weak_in && judge::is_weak_chain(raw) => notes.weak_chain = true,
                    raw => notes
                        .doubts
                        .push((doubt_of(raw), error.error_string().to_owned())),
                }
            }
            true
        });
        ssl.set_ex_data(self.sessions, Arc::clone(sessions));
        if let Some(session) = sessions.newest() {
            offer_session(&mut ssl, &session).map_err(other)?;
        }
        let mut stream = SslStream::new(ssl, stream).map_err(other)?;
        if let Err(error) = StdPin::new(&mut stream).connect().await {
            // TLS 1.2 has no alert of its own for a client without a certificate (RFC 5246 §7.4.6); when the
            // server has shown its own, version and cipher are agreed on
            let agreed = stream.ssl().peer_certificate().is_some();
            return Err(match handshake_error(error) {
                TlsError::NoAgreement(said) if agreed && said.contains("handshake failure") => {
                    TlsError::ClientCertificate(said)
                }
                error => error,
            });
        }

        let ssl = stream.ssl();
        let resumed = ssl.session_reused();
        let cert = ssl.peer_certificate();
        let Some((cert, pin)) = cert.and_then(|c| pin_of(&c).map(|pin| (c, pin))) else {
            return Err(TlsError::Other("the server showed no certificate".into()));
        };
        let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        let mut doubts: Vec<Doubt> = Vec::new();
        for (doubt, _) in &found.doubts {
            if !doubts.contains(doubt) {
                doubts.push(*doubt);
            }
        }
        // another certificate than the pinned one is the worse news
        if found.weak_key && !self.weak && trust.pinned().is_none_or(|pinned| pinned == pin) {
            return Err(TlsError::Weak(judge::key(&cert)));
        }
        let mut weak = weaknesses(ssl);
        weak.extend(found.weak_key.then(|| judge::key(&cert)));
        weak.extend(
            found
                .weak_chain
                .then(|| "SHA-1 or a small key in the chain".to_owned()),
        );
        // A resumed handshake verifies nothing anew and leaves no notes: it proves that this is the
        // server of the control connection, whose certificate was judged when that one was made.
        let trust = trust
            .judge(pin, &doubts)
            .map_err(|doubts| TlsError::Certificate {
                certificate: Box::new(describe(
                    &cert,
                    pin,
                    doubts,
                    found
                        .doubts
                        .first()
                        .map(|(_, text)| text.clone())
                        .unwrap_or_default(),
                )),
                pinned: trust.pinned(),
            })?;
        let facts = Handshake {
            version: words(ssl.version_str()),
            cipher: ssl
                .current_cipher()
                .map(|c| c.name().to_owned())
                .unwrap_or_default(),
            weak,
            trust,
            not_after: moment(cert.not_after()).map(|t| t.seconds),
            resumed: Some(resumed),
            took: Duration::ZERO,
            // a server that resumes sends none
            chain: match ssl.peer_cert_chain() {
                Some(chain) => chain.iter().map(ToOwned::to_owned).collect(),
                None => vec![cert],
            },
        };
        Ok((NetStream::Openssl(stream), facts))
    }
}

/// How strong a connection must be. Everything is set here, whatever OpenSSL's own file of settings
/// says for this machine: it could lower what we demand, or forbid what was allowed for this server.
fn set_strength(builder: &mut SslContextBuilder, weak: bool) -> Result<(), ErrorStack> {
    // The oldest and the newest version decide alone. With IGNORE_UNEXPECTED_EOF a cut line would
    // look like a proper end (close_notify).
    builder.clear_options(
        SslOptions::NO_TLSV1
            | SslOptions::NO_TLSV1_1
            | SslOptions::NO_TLSV1_2
            | SslOptions::NO_TLSV1_3
            | SslOptions::ALLOW_UNSAFE_LEGACY_RENEGOTIATION
            | SslOptions::IGNORE_UNEXPECTED_EOF,
    );
    // a certificate is judged once, after the handshake: there is no second one
    builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
    let without_rfc_5746 = SslOptions::from_bits_retain(openssl_sys::SSL_OP_LEGACY_SERVER_CONNECT);
    if !weak {
        builder.clear_options(without_rfc_5746);
        return builder.set_cipher_list(&format!("{CIPHERS}:@SECLEVEL={STRONG}"));
    }
    builder.set_options(without_rfc_5746);
    builder.set_sigalgs_list(SIGNATURES)?;
    builder.set_cipher_list(&format!("{CIPHERS}:@SECLEVEL=0"))
}

/// Has our certificate ready for a server that asks for it.
fn show(builder: &mut SslContextBuilder, identity: &Identity) -> Result<(), TlsError> {
    let put = |builder: &mut SslContextBuilder| {
        let (own, signers) = identity.chain.split_first().ok_or_else(ErrorStack::get)?;
        builder.set_certificate(own)?;
        builder.set_private_key(&identity.key)?;
        signers
            .iter()
            .try_for_each(|cert| builder.add_extra_chain_cert(cert.clone()))
    };
    put(builder).map_err(|error| {
        let reasons: Vec<&str> = error
            .errors()
            .iter()
            .filter_map(openssl::error::Error::reason)
            .collect();
        TlsError::Settings(format!(
            "OpenSSL refuses the client certificate: {}",
            reasons.join(", ")
        ))
    })
}

/// What of a finished handshake can be broken, besides the certificate.
fn weaknesses(ssl: &SslRef) -> Vec<String> {
    let mut weak = Vec::new();
    if matches!(ssl.version2(), Some(SslVersion::TLS1 | SslVersion::TLS1_1)) {
        weak.push(words(ssl.version_str()));
    } else if matches!(signature_digest(ssl), Some(Nid::SHA1)) {
        // older versions sign with it, and MD5, anyway
        weak.push("SHA-1".into());
    }
    if let Ok(key) = ssl.peer_tmp_key()
        && key.id() == Id::DH
        && key.bits() < 2048
    {
        weak.push(format!("Diffie-Hellman {} bits", key.bits()));
    }
    weak
}

/// The system's authorities, found by openssl-probe (a vendored OpenSSL does not know where they
/// are), and those of the server's own file.
fn load_authorities(builder: &mut SslContextBuilder, versions: &Versions) -> Result<(), TlsError> {
    let settings = |e: ErrorStack| TlsError::Settings(format!("the certificate store cannot be read: {e}"));
    let mut store = X509StoreBuilder::new().map_err(settings)?;
    let found = openssl_probe::probe();
    // a missing or broken system store leaves fewer authorities to trust, never more
    if let Some(file) = &found.cert_file
        && let Ok(pem) = std::fs::read(file)
        && let Ok(list) = openssl::x509::X509::stack_from_pem(&pem)
    {
        for cert in list {
            let _ = store.add_cert(cert);
        }
    } else {
        let _ = store.set_default_paths();
    }
    if let Some(file) = &versions.ca_file {
        for cert in read_authorities(file)? {
            store.add_cert(cert).map_err(settings)?;
        }
    }
    builder.set_cert_store(store.build());
    Ok(())
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V1_0 => SslVersion::TLS1,
        TlsVersion::V1_1 => SslVersion::TLS1_1,
        TlsVersion::V1_2 => SslVersion::TLS1_2,
        TlsVersion::V1_3 => SslVersion::TLS1_3,
    }
}

/// OpenSSL's `TLSv1.3` as `TLS 1.3`.
fn words(version: &str) -> String {
    match version {
        "TLSv1" => "TLS 1.0".into(),
        other => other.replace("TLSv", "TLS "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use openssl::ssl::NameType;

    #[test]
    fn the_name_asked_for_is_a_name_and_has_no_dot_at_its_end() {
        let versions = Versions {
            min: TlsVersion::V1_2,
            max: TlsVersion::V1_3,
            ca_file: None,
            authorities: false,
            weak: false,
            identity: None,
        };
        let settings = Settings::new(&versions).unwrap();
        for (host, name) in [
            ("ftp.example.org", Some("ftp.example.org")),
            ("ftp.example.org.", Some("ftp.example.org")),
            ("192.0.2.1", None),
            ("2001:db8::1", None),
        ] {
            let ssl = settings.prepare(host).unwrap();
            assert_eq!(ssl.servername(NameType::HOST_NAME), name, "{host}");
        }
    }
}
