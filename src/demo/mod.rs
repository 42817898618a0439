//! The embedded server of `ftpane demo` and of the tests: FTP or FTPS on loopback, with a
//! sample tree, a certificate and a password made at start and gone at the end.
//!
//! libunftp serves; this folder listens, makes the certificate and the tree, and stands before
//! it with the control connection's TLS. Nothing but the served folder touches the disk. Before
//! TLS every `USER` is answered with 534; for the data connections libunftp demands TLS after
//! `PASV` only, not after `EPSV`.

mod folder;
mod front;
mod serve;
mod tls;
mod tree;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use libunftp::options::{Binder, FtpsRequired};
use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::ServerConfig;
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use unftp_core::auth::{AuthenticationError, Authenticator, Credentials, DefaultUser, Principal};

use crate::model::certificate::Pin;
use crate::model::secret::Secret;
use crate::model::server::{Protocol, Server, TlsVersion};
use folder::Folder;
use front::Front;
pub use serve::serve;

/// The only user of the embedded server.
pub const USER: &str = "demo";

const GREETING: &str = "ftpane demo: everything here is gone when the demo ends";

/// An embedded server does not start.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The sample tree could not be written.
    #[error("the sample files could not be written to {folder}: {source}; set TMPDIR to a folder with room")]
    Tree {
        /// Where.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// The folder to be served cannot be opened.
    #[error("the folder {folder} cannot be served: {source}")]
    Folder {
        /// Which.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// No port on loopback.
    #[error("no port of 127.0.0.1 can be listened on: {0}")]
    Listen(std::io::Error),
    /// Certificate or TLS set-up.
    #[error("no certificate could be made for the embedded server: {0}")]
    Certificate(String),
    /// The system has no random numbers.
    #[error("the system gives no random numbers for a password")]
    Random,
    /// Signals cannot be listened for.
    #[error("signals cannot be listened for: {0}")]
    Signals(std::io::Error),
}

/// How an embedded server is to be.
#[derive(Debug, Clone, Default)]
pub struct DemoOptions {
    /// How it is spoken to; the default is explicit TLS.
    pub protocol: Protocol,
    /// The folder to serve, which is left as it is at the end; `None` makes the sample tree in a
    /// temporary folder.
    pub folder: Option<PathBuf>,
    /// The only TLS version spoken: 1.2 or 1.3; `None` is both.
    pub tls_version: Option<TlsVersion>,
}

/// A running embedded server; it ends, and its temporary folder goes, when this is dropped.
/// Connections that are still open end with their clients or with the tokio runtime.
#[derive(Debug)]
pub struct Demo {
    protocol: Protocol,
    address: SocketAddr,
    secret: Secret,
    pin: Pin,
    folder: PathBuf,
    // both are there for their drop
    _accepting: JoinSet<()>,
    _temporary: Option<TempDir>,
}

impl Demo {
    /// Starts a server with explicit TLS and the sample tree, on a free port of 127.0.0.1.
    pub async fn start() -> Result<Self, DemoError> {
        Self::start_with(DemoOptions::default()).await
    }

    /// Starts a server as told.
    pub async fn start_with(options: DemoOptions) -> Result<Self, DemoError> {
        let (folder, temporary) = match options.folder {
            Some(folder) => (folder, None),
            None => {
                let temporary = tree::make().map_err(|source| DemoError::Tree {
                    folder: std::env::temp_dir().display().to_string(),
                    source,
                })?;
                (temporary.path().to_owned(), Some(temporary))
            }
        };
        let served = Folder::open(&folder).map_err(|source| DemoError::Folder {
            folder: folder.display().to_string(),
            source,
        })?;
        let secret = random_password()?;
        let (config, pin) = tls::make(options.tls_version)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .map_err(DemoError::Listen)?;
        let address = listener.local_addr().map_err(DemoError::Listen)?;
        let house = House {
            protocol: options.protocol,
            folder: served,
            login: Arc::new(Login(secret.clone())),
            config,
        };
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, house));
        Ok(Self {
            protocol: options.protocol,
            address,
            secret,
            pin,
            folder,
            _accepting: accepting,
            _temporary: temporary,
        })
    }

    /// The server as a saved one would be, its certificate pinned.
    pub fn server(&self) -> Server {
        Server {
            name: "demo".into(),
            note: "The embedded server; everything in it is gone when the demo ends.".into(),
            protocol: self.protocol,
            host: self.address.ip().to_string(),
            port: Some(self.address.port()),
            user: USER.into(),
            pin: self.protocol.is_tls().then_some(self.pin),
            ..Server::default()
        }
    }

    /// The password of [`USER`], made at start.
    pub fn secret(&self) -> Secret {
        self.secret.clone()
    }

    /// SHA-256 of the certificate made at start; of no meaning on a plain server.
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// The URL with login: `ftpes://demo:…@127.0.0.1:40123/`. It holds the password.
    pub fn url(&self) -> String {
        format!(
            "{}://{USER}:{}@{}/",
            self.protocol.scheme(),
            self.secret.reveal(),
            self.address
        )
    }

    /// The folder that is served.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// 96 random bits in letters that need no escape in a URL or a shell.
fn random_password() -> Result<Secret, DemoError> {
    let mut bytes = [0u8; 12];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| DemoError::Random)?;
    Ok(Secret::new(
        bytes.iter().map(|b| format!("{b:02x}")).collect::<String>(),
    ))
}

/// What every connection shares.
#[derive(Debug, Clone)]
struct House {
    protocol: Protocol,
    folder: Folder,
    login: Arc<Login>,
    config: Arc<ServerConfig>,
}

async fn accept(listener: TcpListener, house: House) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // too many open files, or a client gone already: the next one may do better
                let Ok((stream, _)) = accepted else {
                    tokio::task::yield_now().await;
                    continue;
                };
                connections.spawn(welcome(stream, house.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn welcome(stream: TcpStream, house: House) {
    let _ = stream.set_nodelay(true);
    let config = Arc::clone(&house.config);
    let fronted = match house.protocol {
        Protocol::Ftp => Front::clear(stream).await,
        Protocol::FtpsExplicit => Front::explicit(stream, config).await,
        Protocol::FtpsImplicit => Front::implicit(stream, config).await,
    };
    // a failed handshake has told the client already
    if let Ok((front, decrypted)) = fronted {
        let _ = tokio::join!(attend(decrypted, house), front.carry());
    }
}

async fn attend(stream: TcpStream, house: House) {
    let folder = house.folder;
    let builder = libunftp::ServerBuilder::<Folder, DefaultUser>::new(Box::new(move || folder.clone()))
        .authenticator(house.login)
        .greeting(GREETING)
        .idle_session_timeout(3600)
        .binder(AnyPort);
    let builder = match house.protocol {
        Protocol::Ftp => builder,
        // the front has encrypted the control connection, which libunftp cannot know
        Protocol::FtpsExplicit | Protocol::FtpsImplicit => builder
            .ftps_manual::<PathBuf>(house.config)
            .ftps_required(FtpsRequired::None, FtpsRequired::All),
    };
    if let Ok(server) = builder.build() {
        let _ = server.service(stream).await;
    }
}

/// Passive ports chosen by the system: never one that is taken, thousands of them, and two
/// demos at once do not meet.
#[derive(Debug)]
struct AnyPort;

#[async_trait]
impl Binder for AnyPort {
    async fn bind(
        &mut self,
        local: IpAddr,
        _range: std::ops::RangeInclusive<u16>,
    ) -> std::io::Result<TcpSocket> {
        let socket = match local {
            IpAddr::V4(_) => TcpSocket::new_v4()?,
            IpAddr::V6(_) => TcpSocket::new_v6()?,
        };
        socket.bind(SocketAddr::new(local, 0))?;
        Ok(socket)
    }
}

/// The one user and its password.
#[derive(Debug)]
struct Login(Secret);

#[async_trait]
impl Authenticator for Login {
    async fn authenticate(&self, user: &str, given: &Credentials) -> Result<Principal, AuthenticationError> {
        if user != USER {
            return Err(AuthenticationError::BadUser);
        }
        if given.password.as_deref() != Some(self.0.reveal()) {
            return Err(AuthenticationError::BadPassword);
        }
        Ok(Principal {
            username: user.to_owned(),
        })
    }
}
