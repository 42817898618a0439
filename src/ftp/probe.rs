//! What the doctor asks besides: single questions about data connections, the program at the other end,
//! and what may be written. Each goes through the session's own gate.

use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::time::Duration;

use super::error::{Error, Stage};
use super::proxy::Destination;
use super::reply::Reply;
use super::session::{Session, line};
use crate::model::facts::Facts;
use crate::model::path::RemotePath;

impl Session {
    /// A data port by EPSV.
    pub(crate) async fn ask_extended(&mut self) -> Result<u16, Error> {
        let reply = self.control.demand(Stage::Data, b"EPSV", 2).await?;
        let port = reply.epsv_port();
        port.ok_or_else(|| Error::Malformed("EPSV", reply.shown()))
    }

    /// A data port by PASV, with the address announced.
    pub(crate) async fn ask_classic(&mut self) -> Result<SocketAddrV4, Error> {
        let reply = self.control.demand(Stage::Data, b"PASV", 2).await?;
        let announced = reply.pasv_address();
        announced.ok_or_else(|| Error::Malformed("PASV", reply.shown()))
    }

    /// Makes a TCP connection to a data port of the server and closes it again; the next EPSV or PASV
    /// takes the place of what the server has prepared. `address`: one that was announced; else the
    /// server's own.
    pub(crate) async fn knock(&self, port: u16, address: Option<SocketAddrV4>) -> Result<(), Error> {
        let to = match address {
            Some(address) => Destination::Address(SocketAddr::V4(address)),
            None => self.server_at(port),
        };
        self.dial(to).await.map(drop)
    }

    /// Who came to a data port of ours in the server's place.
    pub(crate) fn stranger(&self) -> Option<IpAddr> {
        self.connection().stranger()
    }

    /// EPSV is not asked any more.
    pub(crate) fn give_up_extended(&self) {
        self.connection().habits().no_epsv = true;
    }

    /// The server's address; `None` where only a proxy knows it.
    pub(crate) fn server_address(&self) -> Option<IpAddr> {
        self.server_ip()
    }

    /// This machine's address towards the server, or the proxy.
    pub(crate) fn own_address(&self) -> IpAddr {
        self.control.local.ip().to_canonical()
    }

    /// Whether there is a passive mode besides EPSV.
    pub(crate) fn has_classic(&self) -> bool {
        self.speaks_ipv4()
    }

    /// The reply to SYST or STAT (RFC 959 §4.1.3), whatever it is.
    pub(crate) async fn ask_about(&mut self, command: &'static str) -> Result<Reply, Error> {
        self.control.ask(command.as_bytes()).await
    }

    /// What is true of the connection; `now` is Unix seconds.
    pub(crate) fn facts(&self, now: i64) -> Facts {
        self.connection().facts(now)
    }

    /// How long the last data connection's handshake took.
    pub(crate) fn data_handshake(&self) -> Option<Duration> {
        self.connection().data_handshake()
    }

    /// What may be done in a folder, in the letters of MLST (RFC 3659 §7.5.5); `None` where the server
    /// does not tell.
    pub(crate) async fn rights(&mut self, folder: &RemotePath) -> Result<Option<String>, Error> {
        if !self.features().has("MLST") {
            return Ok(None);
        }
        let reply = self.control.ask(&line("MLST", folder)).await?;
        let facts = reply.lines.iter().filter(|_| reply.code == 250);
        Ok(facts.filter_map(|line| rights_in(line)).next())
    }
}

/// The fact `perm` in a line of facts: ` type=dir;perm=el; /`.
fn rights_in(line: &[u8]) -> Option<String> {
    let facts = line.trim_ascii_start();
    // the name begins behind the first blank (RFC 3659 §7.2)
    let end = facts.iter().position(|b| *b == b' ')?;
    let facts = std::str::from_utf8(&facts[..end]).ok()?;
    facts.split(';').find_map(|fact| {
        let (name, value) = fact.split_once('=')?;
        let letters = value.chars().all(|c| c.is_ascii_alphabetic());
        (name.eq_ignore_ascii_case("perm") && letters).then(|| value.to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_read_from_facts_and_from_nothing_else() {
        for (line, rights) in [
            (" type=dir;perm=flcdmpe; /", Some("flcdmpe")),
            ("Type=dir;Perm=EL;modify=20240102030405; /", Some("el")),
            (" perm=; /", Some("")),
            (" type=dir; /perm=el; x", None),
            ("Listing /", None),
            (" perm=\x1b[2J; /", None),
        ] {
            assert_eq!(rights_in(line.as_bytes()).as_deref(), rights, "{line}");
        }
    }
}
