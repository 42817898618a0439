//! TLS of control and data connections, by OpenSSL or by the system's library.
//!
//! A [`Tls`] is built once for a server; a [`SessionTls`] belongs to one control connection and
//! its data connections, which resume the control connection's TLS session.

mod alert;
mod identity;
mod judge;
pub(super) mod native;
mod openssl;
mod sessions;
mod system;
mod told;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ::openssl::x509::X509;
use tokio::net::TcpStream;

use super::stream::NetStream;
use crate::model::certificate::{Certificate, Pin, Trust};
use crate::model::server::{Server, TlsBackend, TlsVersion};
pub(super) use alert::{alert_in, said};
use identity::Identity;
pub(crate) use judge::TrustStore;
use sessions::Sessions;

/// Why there is no encrypted connection.
#[derive(Debug)]
pub(crate) enum TlsError {
    /// The certificate is not trusted; nothing secret has been sent.
    Certificate {
        /// The certificate shown.
        certificate: Box<Certificate>,
        /// The one pinned, if that is why.
        pinned: Option<Pin>,
    },
    /// The line broke during the handshake.
    Broken(io::Error),
    /// The line stands, and the handshake has not come to its end for this long.
    Stalled(Duration),
    /// The other side does not speak TLS here.
    NotTls,
    /// The two sides found no common version, cipher or key.
    NoAgreement(String),
    /// The server's TLS can be broken, and nobody allowed that for this server; what is weak.
    Weak(String),
    /// The server demands a certificate of ours, or refuses the one it was shown; its alert.
    ClientCertificate(String),
    /// The system's library refused, perhaps because of the certificate, which it does not show:
    /// [`SessionTls::looking`] finds out.
    Unexplained(String),
    /// Anything else the library says.
    Other(String),
    /// The settings cannot be used: an unreadable authority file, a version the library lacks.
    Settings(String),
}

/// What is known of a finished handshake.
#[derive(Debug, Clone)]
pub(crate) struct Handshake {
    /// `TLS 1.3`.
    pub(crate) version: String,
    /// The cipher's name; empty where the backend does not tell.
    pub(crate) cipher: String,
    /// What of it is weak, in words.
    pub(crate) weak: Vec<String>,
    /// How the certificate was accepted.
    pub(crate) trust: Trust,
    /// When the certificate ends, Unix seconds.
    pub(crate) not_after: Option<i64>,
    /// Whether an earlier session was resumed; `None` where the backend does not tell.
    pub(crate) resumed: Option<bool>,
    /// How long it took.
    pub(crate) took: Duration,
    /// The server's certificate, and those sent with it.
    chain: Vec<X509>,
}

impl Handshake {
    /// The server's certificate.
    pub(crate) fn certificate(&self) -> Option<Certificate> {
        let own = self.chain.first()?;
        let pin = judge::pin_of(own)?;
        Some(judge::describe(own, pin, Vec::new(), String::new()))
    }

    /// Who has signed the certificates that the server sent, from its own upwards.
    pub(crate) fn signers(&self) -> Vec<String> {
        /// A chain is no longer than a few; a hostile one may be.
        const MOST: usize = 10;
        let mut signers: Vec<String> = Vec::new();
        for cert in self.chain.iter().take(MOST) {
            let issuer = judge::name(cert.issuer_name());
            // a root signs itself
            if signers.last() != Some(&issuer) {
                signers.push(issuer);
            }
        }
        signers
    }
}

/// The TLS settings of one server, ready for use.
#[derive(Debug)]
pub(crate) struct Tls {
    backend: Backend,
    host: String,
    trust: Arc<TrustStore>,
}

#[derive(Debug)]
enum Backend {
    Openssl(openssl::Settings),
    System(system::Settings),
}

impl Tls {
    /// Reads the authorities and builds the backend; blocks for some milliseconds.
    pub(crate) fn new(server: &Server, trust: Arc<TrustStore>) -> Result<Self, TlsError> {
        let settings = Versions {
            min: server.tls_min,
            max: server.tls_max,
            ca_file: server.ca_file.clone(),
            authorities: trust.pinned().is_none(),
            weak: server.allows_weak_tls(),
            identity: match &server.client_certificate {
                Some(file) => Some(Identity::read(file, server.client_key.as_deref())?),
                None => None,
            },
        };
        let backend = match server.tls_backend {
            TlsBackend::Openssl => Backend::Openssl(openssl::Settings::new(&settings)?),
            TlsBackend::System => Backend::System(system::Settings::new(&settings)?),
        };
        Ok(Self {
            backend,
            host: server.host.clone(),
            trust,
        })
    }

    /// The TLS of a new control connection.
    pub(crate) fn session(self: &Arc<Self>) -> SessionTls {
        SessionTls {
            tls: Arc::clone(self),
            sessions: Arc::default(),
            look: false,
        }
    }
}

/// What both backends are set up from.
struct Versions {
    min: TlsVersion,
    max: TlsVersion,
    ca_file: Option<PathBuf>,
    /// Whether anybody is trusted by signature: with a pin nobody is, and reading all of the
    /// system's authorities for it would only cost time.
    authorities: bool,
    /// Whether weak keys, signatures and versions are let in.
    weak: bool,
    /// Our own certificate, for servers that ask for one.
    identity: Option<Identity>,
}

/// The TLS of one control connection and its data connections.
#[derive(Debug, Clone)]
pub(crate) struct SessionTls {
    tls: Arc<Tls>,
    sessions: Arc<Sessions>,
    look: bool,
}

impl SessionTls {
    /// For a connection that is made only to see the certificate: its handshake succeeds or
    /// fails with [`TlsError::Certificate`], whatever the certificate.
    pub(crate) fn looking(mut self) -> Self {
        self.look = true;
        self
    }

    /// Makes `stream` an encrypted one: the control connection first, then each data connection,
    /// which offers the session of the first.
    pub(in crate::ftp) async fn handshake(
        &self,
        stream: TcpStream,
    ) -> Result<(NetStream, Handshake), TlsError> {
        let begun = Instant::now();
        let (stream, mut handshake) = match &self.tls.backend {
            Backend::Openssl(settings) => {
                settings
                    .handshake(stream, &self.tls.host, &self.tls.trust, &self.sessions)
                    .await
            }
            Backend::System(settings) => {
                settings
                    .handshake(stream, &self.tls.host, &self.tls.trust, self.look)
                    .await
            }
        }?;
        handshake.took = begun.elapsed();
        Ok((stream, handshake))
    }
}

/// The bytes of a file of further authorities.
fn read_authorities(path: &std::path::Path) -> Result<Vec<X509>, TlsError> {
    let bad = |why: String| {
        TlsError::Settings(format!(
            "the authority file '{}' cannot be used: {why}",
            path.display()
        ))
    };
    let pem = std::fs::read(path).map_err(|e| bad(e.to_string()))?;
    let list = X509::stack_from_pem(&pem).map_err(|_| bad("it holds no PEM certificates".into()))?;
    if list.is_empty() {
        return Err(bad("it holds no PEM certificates".into()));
    }
    Ok(list)
}
