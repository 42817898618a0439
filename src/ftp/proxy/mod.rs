//! The way to a server through a proxy: a TCP connection to the proxy stands, and what is said
//! here makes it one to the server. What a proxy answers is bounded and believed in nothing else.

mod http;
mod socks;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::error::{Error, Stage};
use crate::model::failure::{Class, Failure};
use crate::model::proxy::{Proxy, ProxyKind};
use crate::model::secret::Secret;
use crate::model::size::duration;
use crate::model::text::escape;

/// Where a connection is to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// At an address.
    Address(SocketAddr),
    /// At a name, which the proxy looks up.
    Name(String, u16),
}

impl Destination {
    /// A host as a person wrote it.
    pub(super) fn new(host: &str, port: u16) -> Self {
        match host.parse::<IpAddr>() {
            Ok(ip) => Self::Address(SocketAddr::new(ip, port)),
            Err(_) => Self::Name(host.to_owned(), port),
        }
    }
}

/// `host:port`, an IPv6 address in brackets.
impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// Why a proxy did not lead to the server.
#[derive(Debug)]
pub(crate) enum ProxyError {
    /// It could not be reached.
    Unreached(Box<Error>),
    /// It broke off.
    Broken(io::Error),
    /// It said nothing for this long.
    Silent(Duration),
    /// What answers speaks something else; its first bytes.
    Garbage(Vec<u8>),
    /// It did not connect to there; its words or what its code means.
    Refused(String, String),
    /// It wants user and password, and no user is written for it.
    WantsUser,
    /// It wants a password.
    WantsPassword,
    /// It refused user and password.
    Unauthorized,
    /// What is to be said cannot be.
    Unsendable(&'static str),
}

impl From<io::Error> for ProxyError {
    fn from(error: io::Error) -> Self {
        Self::Broken(error)
    }
}

/// A proxy as it is used now.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    pub(super) proxy: Proxy,
    /// Its password, where that was asked for already.
    pub(super) secret: Option<Secret>,
}

impl Passage {
    /// Makes a connection to the proxy one to `to`.
    pub(super) async fn lead(
        &self,
        stream: &mut TcpStream,
        to: &Destination,
        stage: Stage,
        limit: Duration,
    ) -> Result<(), Error> {
        let leading = async {
            match self.proxy.kind {
                ProxyKind::Socks5 => socks::lead(stream, self, to).await,
                ProxyKind::Http => http::lead(stream, self, to).await,
            }
        };
        let led = timeout(limit, leading).await;
        led.unwrap_or(Err(ProxyError::Silent(limit)))
            .map_err(|error| self.error(stage, error))
    }

    pub(super) fn error(&self, stage: Stage, error: ProxyError) -> Error {
        Error::Proxy(stage, Box::new(self.proxy.clone()), error)
    }
}

/// The failure a person reads.
pub(super) fn failure(what: String, stage: Stage, proxy: &Proxy, error: &ProxyError) -> Failure {
    let class = match stage {
        Stage::Data => Class::Data,
        _ => Class::Unreachable,
    };
    let (why, hint) = match error {
        ProxyError::Unreached(error) => (
            format!("the proxy {proxy} was not reached: {}", error.failure("").why),
            "Check the proxy's address, and that it is running.",
        ),
        ProxyError::Broken(error) => (
            match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset => {
                    format!("the proxy {proxy} closed the connection")
                }
                _ => format!("the connection to the proxy {proxy} broke ({error})"),
            },
            "It may speak another protocol than the one written (socks5:// or http://), or not serve this machine.",
        ),
        ProxyError::Silent(limit) => (
            format!(
                "the proxy {proxy} has not answered within {}",
                duration(limit.as_secs().max(1))
            ),
            "It may not reach the server, or speak another protocol than the one written.",
        ),
        ProxyError::Garbage(bytes) => (
            format!(
                "what answers at {proxy} is no {} proxy; it said: {}",
                proxy.kind.words(),
                escape(bytes.trim_ascii_end())
            ),
            "Check its address and whether it is socks5:// or http://.",
        ),
        ProxyError::Refused(to, said) => (
            format!("the proxy {proxy} did not connect to {to}: {said}"),
            match proxy.kind {
                ProxyKind::Http if said.starts_with("403") => {
                    "HTTP proxies often allow port 443 only: its administrator can allow this server's ports."
                }
                _ => "Check the server's name and port, and whether the proxy may reach it.",
            },
        ),
        ProxyError::WantsUser => (
            format!("the proxy {proxy} asks for user and password"),
            match proxy.kind {
                ProxyKind::Socks5 => "Write the user into its URL, as in socks5://USER@HOST.",
                ProxyKind::Http => "Write the user into its URL, as in http://USER@HOST:PORT.",
            },
        ),
        ProxyError::WantsPassword => (format!("the proxy {proxy} asks for a password"), ""),
        ProxyError::Unauthorized => (
            format!("the proxy {proxy} refused user or password"),
            "Check both; they are not those of the server.",
        ),
        ProxyError::Unsendable(why) => (format!("the proxy {proxy} cannot be used: {why}"), ""),
    };
    let failure = Failure::new(class, what, why);
    match hint {
        "" => failure,
        hint => failure.hint(hint),
    }
}
