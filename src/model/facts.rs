//! What is true of a live connection: the words of the truth line.

use super::certificate::Trust;
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
    fn strength(&self) -> String {
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
}

impl Facts {
    /// The truth line, part by part; a narrow screen drops parts from the end.
    pub fn parts(&self) -> Vec<String> {
        let mut out = vec![self.protocol.words().to_owned()];
        match &self.tls {
            None => out.push("nothing encrypted".into()),
            Some(tls) => {
                out.push(tls.strength());
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
        out.push(match (self.charset.is_utf8(), self.utf8) {
            (false, _) => self.charset.to_string(),
            (true, true) => "UTF-8".into(),
            (true, false) => "UTF-8 assumed".into(),
        });
        out
    }
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
                days_left: None,
                data_handshakes: 0,
                data_resumed: None,
            };
            assert_eq!(tls.strength(), says);
        }
    }
}
