//! Which directions the firewall at the server must let through, with a server's own numbers.
//!
//! The rows are those an administrator is asked for; a firewall that tracks connections needs
//! only the ones that open a connection ([`Direction::opens`]).

mod table;

use super::server::{ConnectionMode, Server};
pub use table::Table;

/// What passes in one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// The client opens the control connection.
    Control,
    /// The server answers on it.
    ControlAnswers,
    /// The client opens a data connection (passive).
    PassiveData,
    /// The server answers on it.
    PassiveAnswers,
    /// The server opens a data connection (active).
    ActiveData,
    /// The client answers on it.
    ActiveAnswers,
}

impl Purpose {
    /// The words for a screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Control => "control connection, opened by the client",
            Self::ControlAnswers => "the server's answers on it",
            Self::PassiveData => "data connections, opened by the client",
            Self::PassiveAnswers => "the server's answers and data on them",
            Self::ActiveData => "data connections, opened by the server",
            Self::ActiveAnswers => "the client's answers and data on them",
        }
    }
}

/// Ports at one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ports {
    /// Any.
    Any,
    /// Any above 1023.
    High,
    /// From the first to the last.
    Range(u16, u16),
    /// This one.
    One(u16),
}

impl std::fmt::Display for Ports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Any => f.write_str("any"),
            Self::High => f.write_str(">1023"),
            Self::Range(first, last) if first == last => write!(f, "{first}"),
            Self::Range(first, last) => write!(f, "{first}-{last}"),
            Self::One(port) => write!(f, "{port}"),
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// Whether it goes from the client to the server.
    pub to_server: bool,
    /// Whether a proxy stands at the client's end, as the server sees it.
    pub proxied: bool,
    /// The client's ports.
    pub client: Ports,
    /// The server's ports.
    pub server: Ports,
    /// What passes.
    pub purpose: Purpose,
}

impl Direction {
    /// Whether connections are opened in this direction; the others carry answers.
    pub fn opens(&self) -> bool {
        matches!(
            self.purpose,
            Purpose::Control | Purpose::PassiveData | Purpose::ActiveData
        )
    }

    /// Where it starts: `client:any`.
    pub fn from(&self) -> String {
        if self.to_server {
            self.client_end()
        } else {
            self.server_end()
        }
    }

    /// Where it ends: `server:21`.
    pub fn to(&self) -> String {
        if self.to_server {
            self.server_end()
        } else {
            self.client_end()
        }
    }

    fn client_end(&self) -> String {
        let who = if self.proxied { "proxy" } else { "client" };
        format!("{who}:{}", self.client)
    }

    fn server_end(&self) -> String {
        format!("server:{}", self.server)
    }
}

/// The directions this server's mode needs; with [`ConnectionMode::Auto`] those of both modes.
///
/// In active mode the server's data port is the one below its control port (RFC 959 §3.2): 20
/// for 21, 989 for 990.
pub fn directions(server: &Server) -> Vec<Direction> {
    let port = server.port();
    let proxied = server.proxy.is_some();
    let row = |to_server, client, server, purpose| Direction {
        to_server,
        proxied,
        client,
        server,
        purpose,
    };
    let mut out = vec![
        row(true, Ports::Any, Ports::One(port), Purpose::Control),
        row(false, Ports::High, Ports::One(port), Purpose::ControlAnswers),
    ];
    if server.mode != ConnectionMode::Active {
        out.push(row(true, Ports::Any, Ports::High, Purpose::PassiveData));
        out.push(row(false, Ports::High, Ports::High, Purpose::PassiveAnswers));
    }
    // nobody connects to this machine through a proxy
    if server.mode != ConnectionMode::Passive && !proxied {
        let below = match port {
            0 | 1 => Ports::Any,
            port => Ports::One(port - 1),
        };
        let client = server
            .port_range
            .map_or(Ports::High, |(first, last)| Ports::Range(first, last));
        out.push(row(false, client, below, Purpose::ActiveData));
        out.push(row(true, client, below, Purpose::ActiveAnswers));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::server::Protocol;

    fn rows(server: &Server) -> Vec<String> {
        directions(server)
            .iter()
            .map(|d| format!("{} -> {}", d.from(), d.to()))
            .collect()
    }

    #[test]
    fn passive() {
        assert_eq!(
            rows(&Server::default()),
            [
                "client:any -> server:21",
                "server:21 -> client:>1023",
                "client:any -> server:>1023",
                "server:>1023 -> client:>1023",
            ]
        );
    }

    #[test]
    fn active_over_implicit_tls_with_a_range() {
        let server = Server {
            protocol: Protocol::FtpsImplicit,
            mode: ConnectionMode::Active,
            port_range: Some((50_000, 50_010)),
            ..Server::default()
        };
        assert_eq!(
            rows(&server),
            [
                "client:any -> server:990",
                "server:990 -> client:>1023",
                "server:989 -> client:50000-50010",
                "client:50000-50010 -> server:989",
            ]
        );
    }

    #[test]
    fn auto_needs_both() {
        let server = Server {
            mode: ConnectionMode::Auto,
            port: Some(2121),
            ..Server::default()
        };
        let all = directions(&server);
        assert_eq!(all.len(), 6);
        assert_eq!(all.iter().filter(|d| d.opens()).count(), 3);
        assert!(rows(&server).contains(&"server:2120 -> client:>1023".to_owned()));
        // through a proxy it is passive, and the proxy that comes
        let proxied = Server {
            proxy: "socks5://p".parse().ok(),
            ..server
        };
        assert_eq!(
            rows(&proxied),
            [
                "proxy:any -> server:2121",
                "server:2121 -> proxy:>1023",
                "proxy:any -> server:>1023",
                "server:>1023 -> proxy:>1023",
            ]
        );
    }
}
