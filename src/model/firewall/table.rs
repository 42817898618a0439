//! The table of a server's directions as text, ready to be sent to whoever runs a firewall.

use super::{Direction, Ports, Purpose, directions};
use crate::model::server::{ConnectionMode, Server};

/// How far rows stand in; what opens a connection says so there.
const INDENT: usize = 8;
const ARROW: &str = " -> ";

/// What must pass for one server, in both modes, as text ready to be sent to whoever runs the firewall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The server as it is written, and its address where it is known.
    pub server: String,
    /// Its control port: P, or PI with implicit TLS.
    pub port: u16,
    /// The mode it is used in here.
    pub mode: ConnectionMode,
    /// Whether what is said on the control connection is encrypted.
    pub encrypted: bool,
    /// The client's address as the server sees it, where it is known.
    pub client: Option<String>,
    /// The client's own address, where that is another one: a router stands between.
    pub client_inside: Option<String>,
    /// The passive ports that the server named while it was looked at.
    pub passive_seen: Vec<u16>,
    /// Where the server's own settings say which ports these are.
    pub passive_setting: Option<String>,
    passive: Vec<Direction>,
    active: Vec<Direction>,
}

impl Table {
    /// The table of a server of which nothing is known but its settings.
    pub fn new(server: &Server) -> Self {
        let rows = |mode| {
            directions(&Server {
                mode,
                ..server.clone()
            })
        };
        let active = rows(ConnectionMode::Active);
        Self {
            server: server.host.clone(),
            port: server.port(),
            mode: server.mode,
            encrypted: server.protocol.is_tls(),
            client: server.external_ip.map(|ip| ip.to_string()),
            client_inside: None,
            passive_seen: Vec::new(),
            passive_setting: None,
            passive: rows(ConnectionMode::Passive),
            // through a proxy there is no active mode, and nothing but the control connection is left
            active: if server.proxy.is_some() {
                Vec::new()
            } else {
                active
            },
        }
    }

    /// The lines of the text, what passes beside each row.
    pub fn lines(&self) -> Vec<String> {
        self.lines_in(usize::MAX)
    }

    /// The same where there are so many columns: what passes stands below its row where it does not fit
    /// beside it.
    pub fn lines_in(&self, columns: usize) -> Vec<String> {
        let mut out = vec![format!(
            "What the firewall at {} must let through for FTP on port {}",
            self.server, self.port
        )];
        out.extend(
            self.client
                .as_ref()
                .map(|client| format!("(seen from a client that has the address {client})")),
        );
        for (mode, title, rows) in [
            (ConnectionMode::Passive, "Passive mode", &self.passive),
            (ConnectionMode::Active, "Active mode", &self.active),
        ] {
            if rows.is_empty() {
                continue;
            }
            out.push(String::new());
            out.push(match self.mode == mode {
                true => format!("{title} (the one in use)"),
                false => title.to_owned(),
            });
            let longest = |end: fn(&Direction) -> String| rows.iter().map(|row| end(row).len()).max();
            let from = longest(Direction::from).unwrap_or(0);
            let to = longest(Direction::to).unwrap_or(0);
            let words = rows.iter().map(|row| row.purpose.words().len()).max();
            let beside = INDENT + from + ARROW.len() + to + 2 + words.unwrap_or(0) <= columns;
            for row in rows {
                let sign = if row.opens() { "  open  " } else { "" };
                let (start, end, words) = (row.from(), row.to(), row.purpose.words());
                if beside {
                    out.push(format!("{sign:INDENT$}{start:from$}{ARROW}{end:to$}  {words}"));
                } else {
                    out.push(format!("{sign:INDENT$}{start}{ARROW}{end}"));
                    out.push(format!("{:INDENT$}{words}", ""));
                }
            }
            if mode == ConnectionMode::Active {
                out.extend(self.way_in(rows));
            }
        }
        out.push(String::new());
        out.push("A firewall that keeps track of connections needs the rows marked 'open' only.".into());
        if self.encrypted {
            out.push("It cannot read the data ports out of what is said, which is encrypted.".into());
        }
        out.push(match self.passive_seen.as_slice() {
            [] => "Which passive ports the server uses is not known.".into(),
            seen => {
                let seen: Vec<String> = seen.iter().map(u16::to_string).collect();
                format!(
                    "Passive ports seen: {}; the whole range cannot be seen from outside.",
                    seen.join(", ")
                )
            }
        });
        out.extend(
            self.passive_setting
                .as_ref()
                .map(|setting| format!("At the server the range is set by {setting}.")),
        );
        out
    }
}

impl Table {
    /// What must be done at the client's end where the server is to come in through a router.
    fn way_in(&self, rows: &[Direction]) -> Option<String> {
        let (outside, inside) = (self.client.as_ref()?, self.client_inside.as_ref()?);
        let row = rows.iter().find(|row| row.purpose == Purpose::ActiveData)?;
        let ports = match row.client {
            Ports::High => "ports above 1023".to_owned(),
            ports => format!("ports {ports}"),
        };
        Some(format!(
            "The router at the client's end, {outside}, must pass {ports} on to {inside}."
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::server::Protocol;

    fn server(protocol: Protocol, mode: ConnectionMode) -> Server {
        Server {
            host: "ftp.example".into(),
            protocol,
            mode,
            ..Server::default()
        }
    }

    /// The document that asks for it has, for passive mode: P from anywhere; P to ports above 1023; ports
    /// above 1023 from anywhere; ports above 1023 to ports above 1023.
    #[test]
    fn the_whole_table_in_passive_mode() {
        let mut table = Table::new(&server(Protocol::Ftp, ConnectionMode::Passive));
        table.client = Some("192.0.2.7".into());
        table.passive_seen = vec![60_012, 60_044];
        table.passive_setting = Some("pasv_min_port and pasv_max_port (vsftpd.conf)".into());
        assert_eq!(
            table.lines(),
            [
                "What the firewall at ftp.example must let through for FTP on port 21",
                "(seen from a client that has the address 192.0.2.7)",
                "",
                "Passive mode (the one in use)",
                "  open  client:any   -> server:21     control connection, opened by the client",
                "        server:21    -> client:>1023  the server's answers on it",
                "  open  client:any   -> server:>1023  data connections, opened by the client",
                "        server:>1023 -> client:>1023  the server's answers and data on them",
                "",
                "Active mode",
                "  open  client:any   -> server:21     control connection, opened by the client",
                "        server:21    -> client:>1023  the server's answers on it",
                "  open  server:20    -> client:>1023  data connections, opened by the server",
                "        client:>1023 -> server:20     the client's answers and data on them",
                "",
                "A firewall that keeps track of connections needs the rows marked 'open' only.",
                "Passive ports seen: 60012, 60044; the whole range cannot be seen from outside.",
                "At the server the range is set by pasv_min_port and pasv_max_port (vsftpd.conf).",
            ]
        );
        table.passive_seen.clear();
        assert!(table.lines().join("\n").contains("is not known"));
    }

    /// For active mode: P from anywhere; P to ports above 1023; P-1 to ports above 1023, or the range that
    /// is set; and from there to P-1. Over implicit TLS P is PI, and P-1 is 989.
    #[test]
    fn the_whole_table_in_active_mode_over_implicit_tls_behind_a_router() {
        let mut table = Table::new(&Server {
            external_ip: "198.51.100.7".parse().ok(),
            port_range: Some((50_000, 50_010)),
            ..server(Protocol::FtpsImplicit, ConnectionMode::Active)
        });
        table.server = "ftp.example (203.0.113.9)".into();
        table.client_inside = Some("10.0.1.2".into());
        assert_eq!(
            table.lines(),
            [
                "What the firewall at ftp.example (203.0.113.9) must let through for FTP on port 990",
                "(seen from a client that has the address 198.51.100.7)",
                "",
                "Passive mode",
                "  open  client:any   -> server:990    control connection, opened by the client",
                "        server:990   -> client:>1023  the server's answers on it",
                "  open  client:any   -> server:>1023  data connections, opened by the client",
                "        server:>1023 -> client:>1023  the server's answers and data on them",
                "",
                "Active mode (the one in use)",
                "  open  client:any         -> server:990          control connection, opened by the client",
                "        server:990         -> client:>1023        the server's answers on it",
                "  open  server:989         -> client:50000-50010  data connections, opened by the server",
                "        client:50000-50010 -> server:989          the client's answers and data on them",
                "The router at the client's end, 198.51.100.7, must pass ports 50000-50010 on to 10.0.1.2.",
                "",
                "A firewall that keeps track of connections needs the rows marked 'open' only.",
                "It cannot read the data ports out of what is said, which is encrypted.",
                "Which passive ports the server uses is not known.",
            ]
        );
    }

    #[test]
    fn the_numbers_are_those_of_the_protocol_and_the_port_that_is_set() {
        use ConnectionMode::{Active, Auto, Passive};
        for (protocol, port, control, data) in [
            (Protocol::Ftp, None, 21, 20),
            (Protocol::FtpsExplicit, None, 21, 20),
            (Protocol::FtpsImplicit, None, 990, 989),
            (Protocol::FtpsExplicit, Some(2121), 2121, 2120),
            (Protocol::FtpsImplicit, Some(9990), 9990, 9989),
        ] {
            for mode in [Active, Passive, Auto] {
                let table = Table::new(&Server {
                    host: "2001:db8::9".into(),
                    port,
                    ..server(protocol, mode)
                });
                let lines = table.lines();
                let text = lines.join("\n");
                let first =
                    format!("What the firewall at 2001:db8::9 must let through for FTP on port {control}");
                assert_eq!(lines[0], first);
                // whichever is in use, both are told
                for row in [
                    format!("-> server:{control} "),
                    format!("server:{control} "),
                    format!("server:{data} "),
                    format!("-> server:{data} "),
                ] {
                    assert!(text.contains(&row), "{row}: {text}");
                }
                let used = lines.iter().filter(|line| line.ends_with("(the one in use)"));
                let used: Vec<&str> = used.map(|line| line.split(' ').next().unwrap()).collect();
                let wanted: &[&str] = match mode {
                    Active => &["Active"],
                    Passive => &["Passive"],
                    // the first that works
                    Auto => &[],
                };
                assert_eq!(used, wanted);
                assert_eq!(text.contains("encrypted"), protocol.is_tls());
                assert!(!text.contains("router"));
            }
        }
        // nobody connects to this machine through a proxy
        let proxied = Table::new(&Server {
            proxy: "socks5://p".parse().ok(),
            ..server(Protocol::Ftp, Passive)
        });
        assert!(!proxied.lines().join("\n").contains("Active mode"));
    }

    #[test]
    fn what_passes_stands_below_where_it_does_not_fit_beside() {
        let table = Table::new(&server(Protocol::FtpsImplicit, ConnectionMode::Passive));
        let lines = table.lines_in(60);
        assert_eq!(lines[3], "  open  client:any -> server:990");
        assert_eq!(lines[4], "        control connection, opened by the client");
        assert!(
            lines
                .iter()
                .filter(|line| line.starts_with(' '))
                .all(|line| line.len() <= 60)
        );
    }
}
