//! What is true of a live connection: what the truth line and its page are made of.

use std::sync::Arc;

use super::certificate::{Certificate, Trust};
use super::charset::Charset;
use super::clock::ClockOffset;
use super::listing::Dialect;
use super::proxy::ProxyKind;
use super::server::Protocol;

/// How the last data connection was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataCommand {
    /// RFC 2428 extended passive.
    Epsv,
    /// RFC 959 passive.
    Pasv,
    /// RFC 2428 extended active.
    Eprt,
    /// RFC 959 active.
    Port,
}

impl DataCommand {
    /// The command's name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Epsv => "EPSV",
            Self::Pasv => "PASV",
            Self::Eprt => "EPRT",
            Self::Port => "PORT",
        }
    }
}

/// The TLS of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// `TLS 1.3`.
    pub version: String,
    /// The cipher's name; empty where the backend does not tell.
    pub cipher: String,
    /// What of it is weak: `TLS 1.0`, `RSA 1024 bits`; empty where nothing was found.
    pub weak: Vec<String>,
    /// How the certificate was accepted.
    pub trust: Trust,
    /// The certificate; `None` where the backend does not show it.
    pub certificate: Option<Arc<Certificate>>,
    /// Whole days until the certificate ends, where known; negative when it has ended.
    pub days_left: Option<i64>,
    /// Data connections that finished a handshake.
    pub data_handshakes: u64,
    /// Those of them that resumed the control connection's session; `None` where the backend
    /// cannot tell.
    pub data_resumed: Option<u64>,
}

impl TlsFacts {
    /// `TLS 1.3`; `TLS 1.0, weak`; `TLS 1.2, weak (RSA 1024 bits)`.
    pub fn strength(&self) -> String {
        let besides: Vec<&str> = self
            .weak
            .iter()
            .map(String::as_str)
            .filter(|w| *w != self.version)
            .collect();
        match (self.weak.is_empty(), besides.is_empty()) {
            (true, _) => self.version.clone(),
            (false, true) => format!("{}, weak", self.version),
            (false, false) => format!("{}, weak ({})", self.version, besides.join(", ")),
        }
    }
}

/// How many control connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sessions {
    /// Now.
    pub open: u32,
    /// At most, as the server's entry has it.
    pub most: u32,
    /// How many of these were given up because the server lets no more of us in.
    pub refused: u32,
}

/// What is true of a connection now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// What the proxy speaks that everything goes through.
    pub proxy: Option<ProxyKind>,
    /// `None` on a plain connection.
    pub tls: Option<TlsFacts>,
    /// How the last data connection was made; `None` before the first.
    pub data: Option<DataCommand>,
    /// How listings are written.
    pub dialect: Dialect,
    /// How far the server's clock was measured to be ahead of UTC; `None` where it was not.
    pub clock_offset: Option<ClockOffset>,
    /// In which character set it writes names.
    pub charset: Charset,
    /// Whether the server says that names are UTF-8 (FEAT UTF8).
    pub utf8: bool,
    /// Whether this server is read only for us.
    pub read_only: bool,
    /// The greeting's first line, escaped.
    pub greeting: String,
    /// What it says that it can do: the names of FEAT's lines, in the order received; empty where it says
    /// nothing.
    pub features: Arc<[String]>,
    /// Its control connections.
    pub sessions: Sessions,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weak_stands_beside_the_version() {
        for (version, weak, says) in [
            ("TLS 1.3", &[][..], "TLS 1.3"),
            ("TLS 1.0", &["TLS 1.0"], "TLS 1.0, weak"),
            (
                "TLS 1.1",
                &["TLS 1.1", "RSA 1024 bits"],
                "TLS 1.1, weak (RSA 1024 bits)",
            ),
            (
                "TLS 1.2",
                &["RSA 1024 bits", "SHA-1"],
                "TLS 1.2, weak (RSA 1024 bits, SHA-1)",
            ),
        ] {
            let tls = TlsFacts {
                version: version.into(),
                cipher: String::new(),
                weak: weak.iter().map(|w| (*w).to_owned()).collect(),
                trust: Trust::Verified,
                certificate: None,
                days_left: None,
                data_handshakes: 0,
                data_resumed: None,
            };
            assert_eq!(tls.strength(), says);
        }
    }
}
