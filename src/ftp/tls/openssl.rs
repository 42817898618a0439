//! The default backend: OpenSSL, which lets data connections resume the control connection's
//! TLS session.

use std::net::IpAddr;
use std::pin::Pin as StdPin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslSessionCacheMode, SslVerifyMode,
    SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::verify::X509CheckFlags;
use tokio::net::TcpStream;
use tokio_openssl::SslStream;

use super::judge::{TrustStore, describe, doubt_of, moment, pin_of};
use super::native::offer_session;
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

/// Where a connection's session store hangs on its `SSL`.
static SESSIONS: OnceLock<Index<Ssl, Arc<Sessions>>> = OnceLock::new();

pub(super) struct Settings {
    context: SslContext,
    sessions: Index<Ssl, Arc<Sessions>>,
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
        // TLS 1.0 and 1.1 sign with MD5 and SHA-1, which any higher security level refuses
        let level = if versions.min < TlsVersion::V1_2 {
            ":@SECLEVEL=0"
        } else {
            ""
        };
        builder
            .set_cipher_list(&format!("{CIPHERS}{level}"))
            .map_err(settings)?;
        builder.set_groups_list(GROUPS).map_err(settings)?;
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
            if let (Some(store), Ok(der)) = (ssl.ex_data(sessions), session.to_der()) {
                store.keep(der);
            }
        });
        Ok(Self {
            context: builder.build(),
            sessions,
        })
    }

    /// A connection that asks for `host` by name (SNI, RFC 6066 §3: names only) and compares the
    /// certificate with it.
    fn prepare(&self, host: &str) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        let address = host.parse::<IpAddr>();
        if address.is_err() {
            ssl.set_hostname(host)?;
        }
        let parameters = ssl.param_mut();
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
        let found: Arc<Mutex<Vec<(Doubt, String)>>> = Arc::default();
        let notes = Arc::clone(&found);
        ssl.set_verify_callback(SslVerifyMode::PEER, move |verified, context| {
            if !verified {
                let error = context.error();
                let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
                notes.push((doubt_of(error.as_raw()), error.error_string().to_owned()));
            }
            true
        });
        ssl.set_ex_data(self.sessions, Arc::clone(sessions));
        if let Some(der) = sessions.newest() {
            offer_session(&mut ssl, &der).map_err(other)?;
        }
        let mut stream = SslStream::new(ssl, stream).map_err(other)?;
        StdPin::new(&mut stream)
            .connect()
            .await
            .map_err(handshake_error)?;

        let ssl = stream.ssl();
        let resumed = ssl.session_reused();
        let cert = ssl.peer_certificate();
        let Some((cert, pin)) = cert.and_then(|c| pin_of(&c).map(|pin| (c, pin))) else {
            return Err(TlsError::Other("the server showed no certificate".into()));
        };
        let found = std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner));
        let mut doubts: Vec<Doubt> = Vec::new();
        for (doubt, _) in &found {
            if !doubts.contains(doubt) {
                doubts.push(*doubt);
            }
        }
        // A resumed handshake verifies nothing anew and leaves no notes: it proves that this is the
        // server of the control connection, whose certificate was judged when that one was made.
        let trust = trust
            .judge(pin, &doubts)
            .map_err(|doubts| TlsError::Certificate {
                certificate: Box::new(describe(
                    &cert,
                    pin,
                    doubts,
                    found.first().map(|(_, text)| text.clone()).unwrap_or_default(),
                )),
                pinned: trust.pinned(),
            })?;
        let facts = Handshake {
            version: words(ssl.version_str()),
            cipher: ssl
                .current_cipher()
                .map(|c| c.name().to_owned())
                .unwrap_or_default(),
            trust,
            not_after: moment(cert.not_after()).map(|t| t.seconds),
            resumed: Some(resumed),
        };
        Ok((NetStream::Openssl(stream), facts))
    }
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

fn handshake_error(error: openssl::ssl::Error) -> TlsError {
    match error.code() {
        ErrorCode::SYSCALL | ErrorCode::ZERO_RETURN => TlsError::Broken(
            error
                .into_io_error()
                .unwrap_or_else(|_| std::io::ErrorKind::UnexpectedEof.into()),
        ),
        _ => {
            let reasons: Vec<&str> = error
                .ssl_error()
                .map(|stack| {
                    stack
                        .errors()
                        .iter()
                        .filter_map(openssl::error::Error::reason)
                        .collect()
                })
                .unwrap_or_default();
            let said = |word: &str| reasons.iter().any(|r| r.contains(word));
            if said("wrong version number") || said("http request") || said("packet length too long") {
                TlsError::NotTls
            } else if said("unsupported protocol")
                || said("protocol version")
                || said("handshake failure")
                || said("no ciphers available")
                || said("no protocols available")
                || said("dh key too small")
                || said("ee key too small")
            {
                TlsError::NoAgreement(reasons.join(", "))
            } else if said("unexpected eof") {
                TlsError::Broken(std::io::ErrorKind::UnexpectedEof.into())
            } else if reasons.is_empty() {
                TlsError::Other(error.to_string())
            } else {
                TlsError::Other(reasons.join(", "))
            }
        }
    }
}
