//! A proxy between this machine and a server, as it is written: `socks5://user@host:port`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::target::{decode_text, encode_user, split_address};

/// The port of a SOCKS proxy (IANA).
const SOCKS_PORT: u16 = 1080;

/// What a proxy speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProxyKind {
    /// SOCKS version 5 (RFC 1928), with user and password where it demands them (RFC 1929).
    Socks5,
    /// HTTP's CONNECT (RFC 9110 §9.3.6), with Basic credentials where it demands them.
    Http,
}

impl ProxyKind {
    /// The URL scheme.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::Socks5 => "socks5",
            Self::Http => "http",
        }
    }

    /// The words for a screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Socks5 => "SOCKS5",
            Self::Http => "HTTP",
        }
    }
}

/// A proxy through which every connection to a server is made. It looks the server's name up, not
/// this machine. Its password is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Proxy {
    /// What it speaks.
    pub kind: ProxyKind,
    /// The user it is told if it asks; empty for none.
    pub user: String,
    /// Host name, IPv4 or IPv6 address without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Why a text names no proxy. What was written is not repeated: a password may be in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// Neither of the two schemes.
    #[error(
        "a proxy is written socks5://HOST:PORT or http://HOST:PORT, with USER@ before the host if it asks for one"
    )]
    Scheme,
    /// A password.
    #[error(
        "the password of a proxy is not written into its URL, where others can read it; say where it comes from"
    )]
    Password,
    /// An HTTP proxy without a port.
    #[error("an HTTP proxy has no usual port: write it, as in http://proxy.example:3128")]
    NoPort,
    /// Something behind the port.
    #[error("nothing stands behind the port of a proxy")]
    Path,
    /// A user that cannot be said to it.
    #[error("a proxy's user is at most 255 bytes without control characters, and over HTTP without ':'")]
    User,
    /// What every URL can get wrong.
    #[error(transparent)]
    Url(#[from] super::target::TargetError),
}

impl FromStr for Proxy {
    type Err = ProxyFault;

    fn from_str(text: &str) -> Result<Self, ProxyFault> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(ProxyFault::Scheme)?;
        let kind = match scheme.to_ascii_lowercase().as_str() {
            // the h is curl's: that the proxy looks names up; here it always does
            "socks5" | "socks5h" => ProxyKind::Socks5,
            "http" => ProxyKind::Http,
            _ => return Err(ProxyFault::Scheme),
        };
        let (login, address) = match rest.rsplit_once('@') {
            Some((login, address)) => (login, address),
            None => ("", rest),
        };
        if login.contains(':') {
            return Err(ProxyFault::Password);
        }
        let address = address.strip_suffix('/').unwrap_or(address);
        if address.contains(['/', '?', '#']) || login.contains('/') {
            return Err(ProxyFault::Path);
        }
        let user = decode_text(login)?;
        if user.len() > 255
            || user.chars().any(char::is_control)
            || (kind == ProxyKind::Http && user.contains(':'))
        {
            return Err(ProxyFault::User);
        }
        let (host, port) = split_address(address)?;
        let port = match (port, kind) {
            (Some(port), _) => port,
            (None, ProxyKind::Socks5) => SOCKS_PORT,
            (None, ProxyKind::Http) => return Err(ProxyFault::NoPort),
        };
        Ok(Self {
            kind,
            user,
            host,
            port,
        })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://", self.kind.scheme())?;
        if !self.user.is_empty() {
            write!(f, "{}@", encode_user(&self.user))?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl TryFrom<String> for Proxy {
    type Error = ProxyFault;

    fn try_from(text: String) -> Result<Self, ProxyFault> {
        text.parse()
    }
}

impl From<Proxy> for String {
    fn from(proxy: Proxy) -> Self {
        proxy.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_comes_back() {
        for (text, shown) in [
            ("socks5://proxy.example", "socks5://proxy.example:1080"),
            ("SOCKS5H://me@10.0.0.1:9050/", "socks5://me@10.0.0.1:9050"),
            ("http://[::1]:3128", "http://[::1]:3128"),
            (" socks5://a%40b%3ac@h:1 ", "socks5://a%40b%3Ac@h:1"),
        ] {
            let proxy: Proxy = text.parse().unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert_eq!(shown.parse(), Ok(proxy));
        }
        let proxy: Proxy = "socks5://a%40b@[::1]:7".parse().unwrap();
        assert_eq!((&*proxy.user, &*proxy.host, proxy.port), ("a@b", "::1", 7));
    }

    #[test]
    fn what_is_none_is_explained_and_not_repeated() {
        for (text, fault) in [
            ("proxy:1080", ProxyFault::Scheme),
            ("https://proxy:443", ProxyFault::Scheme),
            ("socks4://proxy", ProxyFault::Scheme),
            ("http://proxy", ProxyFault::NoPort),
            ("http://me:s3cret@proxy:3128", ProxyFault::Password),
            ("http://me:s3/cret@proxy:3128", ProxyFault::Password),
            ("http://proxy:3128/x", ProxyFault::Path),
            ("http://a%3Ab@proxy:3128", ProxyFault::User),
            ("socks5://a%0Ab@proxy", ProxyFault::User),
        ] {
            let found = text.parse::<Proxy>().unwrap_err();
            assert_eq!(found, fault, "{text}");
            assert!(!found.to_string().contains("s3"), "{found}");
        }
        for bad in [
            "socks5://",
            "socks5://h:0",
            "socks5://h:70000",
            "socks5://[x]:1",
            "socks5://a b",
            "socks5://%zz@h",
        ] {
            assert!(matches!(bad.parse::<Proxy>(), Err(ProxyFault::Url(_))), "{bad}");
        }
    }
}
