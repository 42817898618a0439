//! Data connections: who opens them, to which address, and how they are encrypted.
//!
//! Passive (RFC 959 §4.1.2, RFC 2428 §3): the server names a port and we connect. Active (RFC
//! 2428 §2): we listen, name our port, and the server connects.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use super::connection::Connection;
use super::error::{Error, Stage};
use super::ports::{Port, Ports};
use super::proxy::{Destination, ProxyError};
use super::session::Session;
use super::stream::{NetStream, keep_alive};
use super::tls::{Handshake, SessionTls, TlsError};
use super::transcript::Transcript;
use super::unsent::send_soon;
use crate::model::facts::DataCommand;
use crate::model::server::ConnectionMode;

mod passive;

/// A data connection on its way.
#[derive(Debug)]
pub(super) enum Prepared {
    /// We are to connect there.
    Named(Destination),
    /// We are connected already.
    Connected(TcpStream),
    /// The server will connect here; the port is of the configured range, where there is one.
    Listening(TcpListener, Option<Port>),
}

/// The command that asks for a data connection in the way that has worked before, to be written
/// together with the command it is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Offer {
    Epsv,
    Pasv,
}

/// What was learned about a server's data connections; shared by all sessions to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataHabits {
    /// EPSV was refused, or led nowhere.
    pub(crate) no_epsv: bool,
    /// EPRT was refused.
    pub(crate) no_eprt: bool,
    /// In mode `auto`: passive failed and active worked, now or in an earlier run. It is tried first.
    pub(crate) active: bool,
    /// The local ports in use.
    pub(super) ports: Arc<Ports>,
    /// Who came to our port in active mode and was not the server.
    pub(crate) stranger: Option<IpAddr>,
    /// The repair of a passive address was said once.
    pub(crate) repair_said: bool,
    /// How the last one was made.
    pub(crate) last: Option<DataCommand>,
    /// The server does not cope with commands that are written before the last reply is read.
    pub(crate) one_by_one: bool,
    /// A data connection that was asked for before it was known what for was not there when it was needed.
    pub(crate) no_standby: bool,
}

impl Offer {
    pub(super) fn line(self) -> &'static [u8] {
        match self {
            Self::Epsv => b"EPSV",
            Self::Pasv => b"PASV",
        }
    }
}

impl Session {
    /// Prepares a data connection in the server's mode; with it, in mode `auto`, how the other way has
    /// failed before.
    pub(super) async fn prepare_data(&mut self) -> Result<(Prepared, Option<String>), Error> {
        let mode = self.connection().server.mode;
        let prepared = match mode {
            ConnectionMode::Passive => self.prepare_passive().await,
            ConnectionMode::Active if self.is_proxied() => Err(Error::NoWay(
                "active mode does not work through a proxy: the server would have to connect to this machine"
                    .into(),
            )),
            ConnectionMode::Auto if self.is_proxied() => self.prepare_passive().await,
            ConnectionMode::Active => self.prepare_active().await,
            ConnectionMode::Auto => {
                let active = self.connection().habits().active;
                let first = match active {
                    true => self.prepare_active().await,
                    false => self.prepare_passive().await,
                };
                let error = match first {
                    Ok(prepared) => return Ok((prepared, None)),
                    Err(error) => error,
                };
                let (failed, other) = match active {
                    true => ("active mode", "passive mode"),
                    false => ("passive mode", "active mode"),
                };
                self.connection().habits().active = false;
                if self.control.is_poisoned() {
                    return Err(error);
                }
                let why = error.failure(failed).why;
                let failed = format!("{failed} failed ({why})");
                self.remark(&format!("{failed}; trying {other}"));
                let second = match active {
                    true => self.prepare_passive().await,
                    false => self.prepare_active().await,
                };
                return match second {
                    Ok(prepared) => Ok((prepared, Some(failed))),
                    Err(error) => Err(Error::BothWays(failed, Box::new(error))),
                };
            }
        };
        prepared.map(|prepared| (prepared, None))
    }

    fn is_proxied(&self) -> bool {
        self.connection().server.proxy.is_some()
    }

    /// The server's address; `None` where only a proxy knows it.
    pub(super) fn server_ip(&self) -> Option<IpAddr> {
        let ip = if self.is_proxied() {
            self.connection().server.host.parse().ok()?
        } else {
            self.control.peer.ip()
        };
        Some(ip.to_canonical())
    }

    /// A port of the server the control connection goes to.
    pub(super) fn server_at(&self, port: u16) -> Destination {
        if self.is_proxied() {
            Destination::new(&self.connection().server.host, port)
        } else {
            // as it came: the address of an interface has more to it than its number
            let mut address = self.control.peer;
            address.set_port(port);
            Destination::Address(address)
        }
    }

    pub(super) fn speaks_ipv4(&self) -> bool {
        self.server_ip().is_none_or(|ip| ip.is_ipv4())
    }

    pub(super) async fn dial(&self, to: Destination) -> Result<TcpStream, Error> {
        self.data_maker().dial(to).await
    }

    async fn prepare_active(&mut self) -> Result<Prepared, Error> {
        let announced = self.announced(self.control.local.ip())?;
        let (listener, held) = self.listen(self.control.local).await?;
        let port = listener
            .local_addr()
            .map_err(|e| Error::NoWay(format!("the data port cannot be told ({e})")))?
            .port();
        let (command, word) = match announced {
            IpAddr::V4(ip) if self.connection().habits().no_eprt => {
                (port_command(ip, port), DataCommand::Port)
            }
            ip => (eprt_command(ip, port), DataCommand::Eprt),
        };
        // pyftpdlib connects first and answers then: the wait is one for a connection
        let limit = self.connection().patience.connect;
        let asked = timeout(limit, self.control.ask_at(Stage::Data, command.as_bytes())).await;
        let reply = match asked {
            Ok(Err(Error::Silent(_, after))) => return Err(Error::Silent(Stage::Data, after)),
            Ok(reply) => reply?,
            Err(_) => {
                self.control.poison();
                return Err(Error::Silent(Stage::Data, limit));
            }
        };
        if reply.code / 100 == 2 {
            self.connection().habits().last = Some(word);
            return Ok(Prepared::Listening(listener, held));
        }
        // RFC 2428 came late: a server that does not know EPRT is asked with PORT, once
        if let (DataCommand::Eprt, IpAddr::V4(ip), 500..=599) = (word, announced, reply.code) {
            self.connection().habits().no_eprt = true;
            self.remark("EPRT does not work here; using PORT");
            self.control
                .demand(Stage::Data, port_command(ip, port).as_bytes(), 2)
                .await?;
            self.connection().habits().last = Some(DataCommand::Port);
            return Ok(Prepared::Listening(listener, held));
        }
        Err(self.control.refusal(Stage::Data, command.as_bytes(), reply))
    }

    /// The address the server is told. It must be of the control connection's family: RFC 2428 §2
    /// lets a server refuse another, and this end would listen on the wrong one.
    fn announced(&self, here: IpAddr) -> Result<IpAddr, Error> {
        let here = here.to_canonical();
        let family = |ip: IpAddr| if ip.is_ipv4() { "IPv4" } else { "IPv6" };
        match self.connection().server.external_ip.map(|ip| ip.to_canonical()) {
            Some(fixed) if fixed.is_ipv4() != here.is_ipv4() => Err(Error::NoWay(format!(
                "the external IP address {fixed} is {}, and the connection to the server is {}",
                family(fixed),
                family(here)
            ))),
            fixed => Ok(fixed.unwrap_or(here)),
        }
    }

    /// Listens on a free port of the configured range, or on any.
    async fn listen(&self, mut here: SocketAddr) -> Result<(TcpListener, Option<Port>), Error> {
        let connection = self.connection();
        if let Some(range) = connection.server.port_range {
            let ports = Arc::clone(&connection.habits().ports);
            let (listener, port) = ports.listen(here, range, connection.patience.connect).await?;
            return Ok((listener, Some(port)));
        }
        here.set_port(0);
        match TcpListener::bind(here).await {
            Ok(listener) => Ok((listener, None)),
            Err(error) => Err(Error::NoWay(format!(
                "no port can be listened on for active mode ({error})"
            ))),
        }
    }

    /// What is needed to complete a data connection while the control connection is read.
    pub(super) fn data_maker(&self) -> DataMaker {
        DataMaker {
            connection: self.connection_handle(),
            tls: self.tls().cloned(),
            peer: self.control.peer,
            transcript: self.control.transcript().clone(),
        }
    }
}

/// A data connection: its stream, the local port it holds in active mode, and its TLS handshake.
pub(super) type Made = (NetStream, Option<Port>, Option<Handshake>);

/// The second half of a data connection: accepting it where the server has to come, and TLS.
pub(super) struct DataMaker {
    connection: Arc<Connection>,
    tls: Option<SessionTls>,
    /// The other end of the control connection.
    peer: SocketAddr,
    transcript: Transcript,
}

impl DataMaker {
    async fn dial(&self, to: Destination) -> Result<TcpStream, Error> {
        let limit = self.connection.patience.connect;
        let passage = self.connection.passage();
        let address = match (&passage, &to) {
            (None, Destination::Address(address)) => *address,
            // with a proxy it is the proxy that the control connection goes to
            _ => self.peer,
        };
        let mut stream = match timeout(limit, TcpStream::connect(address)).await {
            Err(_) => Err(Error::Silent(Stage::Data, limit)),
            Ok(Err(error)) => Err(Error::Broken(Stage::Data, error)),
            Ok(Ok(stream)) => Ok(stream),
        }
        .map_err(|error| match &passage {
            Some(passage) => passage.error(Stage::Data, ProxyError::Unreached(Box::new(error))),
            None => error,
        })?;
        keep_alive(&stream);
        send_soon(&stream);
        if let Some(passage) = passage {
            passage.lead(&mut stream, &to, Stage::Data, limit).await?;
        }
        Ok(stream)
    }

    pub(super) async fn complete(&self, prepared: Prepared) -> Result<Made, Error> {
        let (stream, port) = match prepared {
            Prepared::Named(to) => (self.dial(to).await?, None),
            Prepared::Connected(stream) => (stream, None),
            Prepared::Listening(listener, port) => {
                let stream = self.accept(&listener).await?;
                // only what has worked is remembered
                self.connection.habits().active = self.connection.server.mode == ConnectionMode::Auto;
                (stream, port)
            }
        };
        let Some(tls) = &self.tls else {
            return Ok((NetStream::Plain(stream), port, None));
        };
        let limit = self.connection.patience.connect;
        match timeout(limit, tls.handshake(stream)).await {
            // somebody is there: no firewall has kept the connection away
            Err(_) => Err(Error::Tls(Stage::Data, TlsError::Stalled(limit))),
            Ok(Err(error)) => Err(Error::Tls(Stage::Data, error)),
            Ok(Ok((stream, handshake))) => Ok((stream, port, Some(handshake))),
        }
    }

    /// Waits for the server to connect; anybody else who comes is sent away.
    async fn accept(&self, listener: &TcpListener) -> Result<TcpStream, Error> {
        let limit = self.connection.patience.connect;
        let coming = async {
            loop {
                let (stream, from) = match listener.accept().await {
                    // it was gone before it could be let in
                    Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => continue,
                    came => came?,
                };
                if from.ip().to_canonical() == self.peer.ip().to_canonical() {
                    keep_alive(&stream);
                    send_soon(&stream);
                    return Ok(stream);
                }
                self.connection.habits().stranger = Some(from.ip().to_canonical());
                self.transcript.remark(&format!(
                    "{from} connected to our data port and is not the server; sent away"
                ));
            }
        };
        match timeout(limit, coming).await {
            Err(_) => Err(Error::Silent(Stage::Data, limit)),
            Ok(Err(error)) => Err(Error::Broken(Stage::Data, error)),
            Ok(Ok(stream)) => Ok(stream),
        }
    }
}

/// RFC 959 §4.1.2.
fn port_command(ip: Ipv4Addr, port: u16) -> String {
    let [a, b, c, d] = ip.octets();
    format!("PORT {a},{b},{c},{d},{},{}", port >> 8, port & 255)
}

/// RFC 2428 §2.
fn eprt_command(ip: IpAddr, port: u16) -> String {
    let family = if ip.is_ipv4() { 1 } else { 2 };
    format!("EPRT |{family}|{ip}|{port}|")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_commands() {
        assert_eq!(
            port_command(Ipv4Addr::new(192, 0, 2, 7), 50_001),
            "PORT 192,0,2,7,195,81"
        );
        assert_eq!(
            eprt_command("192.0.2.7".parse().unwrap(), 21),
            "EPRT |1|192.0.2.7|21|"
        );
        assert_eq!(
            eprt_command("2001:db8::1".parse().unwrap(), 5282),
            "EPRT |2|2001:db8::1|5282|"
        );
    }
}
