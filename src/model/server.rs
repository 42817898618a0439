//! A saved server, field by field, and what follows from the fields.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize};

use super::certificate::Pin;
use super::charset::Charset;
use super::clock::ClockOffset;
use super::job::{Care, Direction, Policy};
use super::proxy::Proxy;
use super::target::encode_user;

/// How the server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    /// FTP, upgraded by `AUTH TLS` before anything else is said (RFC 4217).
    #[default]
    FtpsExplicit,
    /// TLS from the first byte, port 990.
    FtpsImplicit,
    /// FTP in clear.
    Ftp,
}

impl Protocol {
    /// The port a server of this protocol listens on by default.
    pub fn default_port(self) -> u16 {
        match self {
            Self::FtpsImplicit => 990,
            Self::FtpsExplicit | Self::Ftp => 21,
        }
    }

    /// The URL scheme.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::FtpsExplicit => "ftpes",
            Self::FtpsImplicit => "ftps",
            Self::Ftp => "ftp",
        }
    }

    /// The words for a screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::FtpsExplicit => "FTPS explicit",
            Self::FtpsImplicit => "FTPS implicit",
            Self::Ftp => "FTP, not encrypted",
        }
    }

    /// Whether the connection is encrypted.
    pub fn is_tls(self) -> bool {
        self != Self::Ftp
    }
}

/// Who opens the data connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionMode {
    /// We do, to a port the server names.
    #[default]
    Passive,
    /// The server does, to a port we name.
    Active,
    /// Passive, and active if that fails.
    Auto,
}

impl ConnectionMode {
    /// The word of `--mode`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passive => "passive",
            Self::Active => "active",
            Self::Auto => "auto",
        }
    }
}

/// What to do with the address in a reply to PASV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PassiveAddress {
    /// Where it is not the control connection's peer, use the peer and say so.
    #[default]
    Repair,
    /// Use it as announced.
    Server,
    /// Never look at it; always use the control connection's peer.
    Control,
}

impl PassiveAddress {
    /// The word of `--pasv-address`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Repair => "repair",
            Self::Server => "server",
            Self::Control => "control",
        }
    }
}

/// A TLS protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum TlsVersion {
    /// TLS 1.0: broken, a warned opt-in.
    #[serde(rename = "1.0")]
    V1_0,
    /// TLS 1.1: broken, a warned opt-in.
    #[serde(rename = "1.1")]
    V1_1,
    /// TLS 1.2.
    #[serde(rename = "1.2")]
    V1_2,
    /// TLS 1.3.
    #[serde(rename = "1.3")]
    V1_3,
}

impl TlsVersion {
    /// All, the oldest first.
    pub const ALL: [Self; 4] = [Self::V1_0, Self::V1_1, Self::V1_2, Self::V1_3];

    /// `1.2`: the word of `--tls-min` and `--tls-max`.
    pub fn number(self) -> &'static str {
        match self {
            Self::V1_0 => "1.0",
            Self::V1_1 => "1.1",
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        }
    }
}

/// Which library speaks TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsBackend {
    /// OpenSSL: resumes the control connection's session on data connections.
    #[default]
    Openssl,
    /// The system's own, through native-tls; cannot resume, which many servers demand.
    System,
}

impl TlsBackend {
    /// The word of `--tls-backend`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Openssl => "openssl",
            Self::System => "system",
        }
    }
}

/// Where the password comes from. The password itself is never stored here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PasswordSource {
    /// Asked for at each connection.
    #[default]
    Ask,
    /// The value of this environment variable.
    Environment(String),
    /// The first line this command prints (`pass show ftp/web`).
    Command(String),
    /// `~/.netrc`, which other programs read too.
    Netrc,
    /// The encrypted store beside the file of servers.
    Store,
    /// The desktop's keyring.
    Keyring,
    /// Asked for at each login with the server's own words shown: a one-time password answers a
    /// challenge that only then is known.
    Challenge,
}

/// Reads a source. What is written there instead may be a password: no error repeats it.
fn source<'de, D: Deserializer<'de>>(from: D) -> Result<PasswordSource, D::Error> {
    PasswordSource::deserialize(from).map_err(|_| {
        serde::de::Error::custom(
            "a password is never written here, only where it comes from: \"ask\", \"store\", \"netrc\", \
             \"keyring\", \"challenge\", { environment = \"VARIABLE\" } or { command = \"pass show web\" }",
        )
    })
}

/// How far below the document path the product goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Depth {
    /// Everywhere below it.
    #[default]
    Unlimited,
    /// This many levels; 0 is the document path itself only.
    Levels(u32),
}

impl Depth {
    /// Whether a folder this many levels below the document path may be entered.
    pub fn allows(self, level: usize) -> bool {
        match self {
            Self::Unlimited => true,
            Self::Levels(n) => u32::try_from(level).is_ok_and(|level| level <= n),
        }
    }
}

/// One saved server: its settings, and what is remembered of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    /// The unique name; holds neither `:` nor `/`.
    pub name: String,
    /// The group it is listed under; empty for none.
    pub group: String,
    /// Free text.
    pub note: String,
    /// How it is spoken to.
    pub protocol: Protocol,
    /// Host name, IPv4 or IPv6 address (without brackets).
    pub host: String,
    /// The port; `None` is the protocol's default.
    pub port: Option<u16>,
    /// The document path: empty is `/`, `~` where the login lands.
    pub document_path: String,
    /// How many levels below the document path are open: 0 is the document path itself only,
    /// `None` is all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explore_depth: Option<u32>,
    /// Nothing that could change the server leaves this machine.
    pub read_only: bool,
    /// A file is written straight to its target where a folder refuses temporary names or renaming:
    /// a broken transfer leaves it partial. A warned opt-in.
    pub in_place: bool,
    /// The user; empty is anonymous.
    pub user: String,
    /// Where the password comes from.
    #[serde(deserialize_with = "source")]
    pub password: PasswordSource,
    /// What `ACCT` is answered with where the server asks for it (RFC 959 §4.1.1); empty: a person
    /// is asked.
    pub account: String,
    /// Commands sent after each login, in order.
    pub after_login: Vec<String>,
    /// The proxy that every connection goes through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// Where the proxy's password comes from.
    #[serde(deserialize_with = "source")]
    pub proxy_password: PasswordSource,
    /// Who opens data connections.
    pub mode: ConnectionMode,
    /// Active: the address announced; `None` is the control connection's own.
    pub external_ip: Option<IpAddr>,
    /// Active: the local ports listened on, first and last; `None` is any.
    pub port_range: Option<(u16, u16)>,
    /// Passive: what to do with the announced address.
    pub passive_address: PassiveAddress,
    /// Which library speaks TLS.
    pub tls_backend: TlsBackend,
    /// The oldest TLS version accepted.
    pub tls_min: TlsVersion,
    /// The newest TLS version offered.
    pub tls_max: TlsVersion,
    /// Accept what TLS 1.2 and up should not: keys below 2048 bits, SHA-1 signatures, no secure
    /// renegotiation. A warned opt-in.
    pub weak_tls: bool,
    /// The certificate expected, whoever signed it.
    pub pin: Option<Pin>,
    /// Further certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
    /// Our own certificate for servers that demand one, PEM, with its chain.
    pub client_certificate: Option<PathBuf>,
    /// Its key, PEM; `None` is in the certificate's file.
    pub client_key: Option<PathBuf>,
    /// How many control connections may be open at once, browsing included.
    pub connections: u8,
    /// Seconds of quiet after which a control connection is used, so that nobody on the way
    /// forgets it; 0 is never.
    pub keep_alive: u16,
    /// The local folder the left pane starts in.
    pub start_folder: Option<PathBuf>,
    /// How far the clock that LIST tells is ahead of UTC; `None` is measured.
    pub clock_offset: Option<ClockOffset>,
    /// In which character set it writes names.
    pub charset: Charset,
    /// Whether transfers are compared by the server's checksum.
    pub verify: bool,
    /// Whether files keep their times; else each gets that of its transfer.
    pub keep_times: bool,
    /// Whether files get their sources' permissions.
    pub keep_permissions: bool,
    /// What is done where a download's target exists; [`Policy::Ask`] where nothing else is said.
    pub on_conflict_download: Policy,
    /// The same for an upload's.
    pub on_conflict_upload: Policy,
}

/// How many control connections are open at once where nothing else is said, browsing included.
///
/// Small files cost round trips, and each connection more hides one's pauses behind the others'
/// work. Measured (`tests/bench`, `lanes-*`: 5,000 files of 4 KiB, vsftpd on the same machine, two
/// processors): 1.44 s down and 2.86 s up over one connection, 1.61 and 1.76 over two, 1.05 and 1.35
/// over four, 1.17 and 1.45 over eight. On a long line each more would still help; four is below
/// what servers commonly allow one address (pure-ftpd 8, vsftpd's and ProFTPD's examples 5 to 10).
pub const DEFAULT_CONNECTIONS: u8 = 4;

impl Default for Server {
    fn default() -> Self {
        Self {
            name: String::new(),
            group: String::new(),
            note: String::new(),
            protocol: Protocol::default(),
            host: String::new(),
            port: None,
            document_path: String::new(),
            explore_depth: None,
            read_only: false,
            in_place: false,
            user: String::new(),
            password: PasswordSource::default(),
            account: String::new(),
            after_login: Vec::new(),
            proxy: None,
            proxy_password: PasswordSource::default(),
            mode: ConnectionMode::default(),
            external_ip: None,
            port_range: None,
            passive_address: PassiveAddress::default(),
            tls_backend: TlsBackend::default(),
            tls_min: TlsVersion::V1_2,
            tls_max: TlsVersion::V1_3,
            weak_tls: false,
            pin: None,
            ca_file: None,
            client_certificate: None,
            client_key: None,
            connections: DEFAULT_CONNECTIONS,
            keep_alive: 30,
            start_folder: None,
            clock_offset: None,
            charset: Charset::default(),
            verify: false,
            keep_times: true,
            keep_permissions: false,
            on_conflict_download: Policy::default(),
            on_conflict_upload: Policy::default(),
        }
    }
}

impl Server {
    /// What is done where a target exists, if nothing else is said for a batch.
    pub fn on_conflict(&self, direction: Direction) -> Policy {
        match direction {
            Direction::Download => self.on_conflict_download,
            Direction::Upload => self.on_conflict_upload,
        }
    }

    /// What is done with each file besides transferring it.
    pub fn care(&self) -> Care {
        Care {
            verify: self.verify,
            fsync: false,
            new_times: !self.keep_times,
            permissions: self.keep_permissions,
        }
    }

    /// The port in force.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.protocol.default_port())
    }

    /// Speaks another protocol on the same port.
    pub fn speak(&mut self, protocol: Protocol) {
        let port = self.port();
        self.protocol = protocol;
        self.port = (port != protocol.default_port()).then_some(port);
    }

    /// After how much quiet a control connection is used; `None` is never.
    pub fn keep_alive(&self) -> Option<Duration> {
        (self.keep_alive > 0).then(|| Duration::from_secs(self.keep_alive.into()))
    }

    /// How far below the document path the product goes.
    pub fn depth(&self) -> Depth {
        self.explore_depth.map_or(Depth::Unlimited, Depth::Levels)
    }

    /// Whether weak encryption was allowed for this server. TLS 1.0 and 1.1 sign with MD5 and
    /// SHA-1: whoever allows them has allowed that too.
    pub fn allows_weak_tls(&self) -> bool {
        self.protocol.is_tls() && (self.weak_tls || self.tls_min < TlsVersion::V1_2)
    }

    /// The user sent to the server.
    pub fn login(&self) -> &str {
        if self.user.is_empty() {
            "anonymous"
        } else {
            &self.user
        }
    }

    /// `host:port`, an IPv6 address in brackets.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port())
        } else {
            format!("{}:{}", self.host, self.port())
        }
    }

    /// The URL of a path of it, without the password.
    pub fn url_of(&self, path: &super::path::RemotePath) -> String {
        // the path of a URL is relative to the server's root, as ours are
        self.url() + &super::target::encode_path(path.as_bytes())
    }

    /// The URL without password and path, as it can be given back.
    pub fn url(&self) -> String {
        let user = if self.user.is_empty() {
            String::new()
        } else {
            format!("{}@", encode_user(&self.user))
        };
        let port = match self.port {
            Some(p) if p != self.protocol.default_port() => format!(":{p}"),
            _ => String::new(),
        };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        format!("{}://{user}{host}{port}", self.protocol.scheme())
    }
}

/// What a connection waits for, and how often it tries: of this run, not of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a TCP connection or a handshake to stand.
    pub connect: Duration,
    /// For the other side to say anything, on any connection.
    pub silence: Duration,
    /// How often a transient failure is tried again.
    pub retries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(15),
            silence: Duration::from_secs(30),
            retries: 3,
        }
    }
}
