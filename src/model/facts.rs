//! What is true of a live connection: the words of the truth line.

use super::certificate::Trust;
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
    /// How the certificate was accepted.
    pub trust: Trust,
    /// Whole days until the certificate ends, where known; negative when it has ended.
    pub days_left: Option<i64>,
    /// Data connections that finished a handshake.
    pub data_handshakes: u64,
    /// Those of them that resumed the control connection's session; `None` where the backend
    /// cannot tell.
    pub data_resumed: Option<u64>,
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
    /// Whether names are UTF-8 by agreement (FEAT UTF8).
    pub utf8: bool,
    /// Whether this server is read only for us.
    pub read_only: bool,
    /// The greeting's first line, escaped.
    pub greeting: String,
}

impl Facts {
    /// The truth line, part by part; a narrow screen drops parts from the end.
    pub fn parts(&self) -> Vec<String> {
        let mut out = vec![self.protocol.words().to_owned()];
        match &self.tls {
            None => out.push("nothing encrypted".into()),
            Some(tls) => {
                out.push(tls.version.clone());
                out.push(match tls.data_resumed {
                    _ if tls.data_handshakes == 0 => "data encrypted".into(),
                    Some(n) => format!("data encrypted, resumed {n}/{}", tls.data_handshakes),
                    None => "data encrypted".into(),
                });
                let trust = match tls.trust {
                    Trust::Verified => "certificate verified",
                    Trust::Pinned => "certificate pinned",
                    Trust::Once => "certificate accepted once",
                };
                out.push(match tls.days_left {
                    Some(d) if d < 0 => format!("{trust}, expired"),
                    Some(d) if d <= 30 => format!(
                        "{trust}, {}",
                        super::size::count(d.unsigned_abs(), "day left", "days left")
                    ),
                    _ => trust.into(),
                });
            }
        }
        if let Some(proxy) = self.proxy {
            out.insert(1, format!("through {}", proxy.words()));
        }
        if self.read_only {
            out.insert(1, "read only".into());
        }
        out.extend(self.data.map(|d| d.word().to_owned()));
        if self.dialect != Dialect::Unknown {
            out.push(self.dialect.word().into());
        }
        if let Some(offset) = self.clock_offset.filter(|offset| offset.minutes() != 0) {
            out.push(format!("clock {offset}"));
        }
        if self.utf8 {
            out.push("UTF-8".into());
        }
        out
    }
}
