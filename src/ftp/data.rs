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
use super::proxy::{Destination, ProxyError};
use super::reply::Reply;
use super::session::Session;
use super::stream::NetStream;
use super::tls::SessionTls;
use super::transcript::Transcript;
use crate::model::facts::DataCommand;
use crate::model::server::{ConnectionMode, PassiveAddress};

/// A data connection on its way.
pub(super) enum Prepared {
    /// We are to connect there.
    Named(Destination),
    /// We are connected already.
    Connected(TcpStream),
    /// The server will connect here.
    Listening(TcpListener),
}

/// The command that asks for a data connection in the way that has worked before, to be written
/// together with the command it is for.
pub(super) struct Offer {
    pub(super) line: Vec<u8>,
    word: DataCommand,
    listener: Option<TcpListener>,
}

/// What was learned about a server's data connections; shared by all sessions to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct DataHabits {
    /// EPSV was refused, or led nowhere.
    pub(crate) no_epsv: bool,
    /// EPRT was refused.
    pub(crate) no_eprt: bool,
    /// In mode `auto`: passive failed and active worked.
    pub(crate) active: bool,
    /// The repair of a passive address was said once.
    pub(crate) repair_said: bool,
    /// How the last one was made.
    pub(crate) last: Option<DataCommand>,
    /// The server does not cope with commands that are written before the last reply is read.
    pub(crate) one_by_one: bool,
}

impl Session {
    /// Prepares a data connection in the server's mode.
    pub(super) async fn prepare_data(&mut self) -> Result<Prepared, Error> {
        let mode = self.connection().server.mode;
        match mode {
            ConnectionMode::Passive => self.prepare_passive().await,
            ConnectionMode::Active if self.is_proxied() => Err(Error::NoListener(
                "active mode does not work through a proxy: the server would have to connect to this machine"
                    .into(),
            )),
            ConnectionMode::Auto if self.is_proxied() => self.prepare_passive().await,
            ConnectionMode::Active => self.prepare_active().await,
            ConnectionMode::Auto if self.connection().habits().active => self.prepare_active().await,
            ConnectionMode::Auto => match self.prepare_passive().await {
                Err(error) if !self.control.is_poisoned() => {
                    let why = error.failure("Passive mode").why;
                    self.remark(&format!("passive mode failed ({why}); trying active mode"));
                    self.prepare_active().await
                }
                done => done,
            },
        }
    }

    async fn prepare_passive(&mut self) -> Result<Prepared, Error> {
        let no_epsv = self.connection().habits().no_epsv;
        if !no_epsv {
            match self.passive_extended().await {
                Ok(stream) => return Ok(Prepared::Connected(stream)),
                // PASV knows IPv4 only (RFC 959 §4.1.2)
                Err(error) if self.control.is_poisoned() || !self.speaks_ipv4() => return Err(error),
                Err(error) => {
                    let why = error.failure("EPSV").why;
                    self.remark(&format!("EPSV does not work here ({why}); using PASV"));
                    self.connection().habits().no_epsv = true;
                }
            }
        }
        self.passive_classic().await.map(Prepared::Connected)
    }

    fn is_proxied(&self) -> bool {
        self.connection().server.proxy.is_some()
    }

    /// The server's address; `None` where only a proxy knows it.
    fn server_ip(&self) -> Option<IpAddr> {
        let ip = if self.is_proxied() {
            self.connection().server.host.parse().ok()?
        } else {
            self.control.peer.ip()
        };
        Some(ip.to_canonical())
    }

    /// A port of the server the control connection goes to.
    fn server_at(&self, port: u16) -> Destination {
        if self.is_proxied() {
            Destination::new(&self.connection().server.host, port)
        } else {
            // as it came: the address of an interface has more to it than its number
            let mut address = self.control.peer;
            address.set_port(port);
            Destination::Address(address)
        }
    }

    fn speaks_ipv4(&self) -> bool {
        self.server_ip().is_none_or(|ip| ip.is_ipv4())
    }

    async fn passive_extended(&mut self) -> Result<TcpStream, Error> {
        let reply = self.control.demand(Stage::Data, b"EPSV", 2).await?;
        let stream = self.dial(self.extended_address(&reply)?).await?;
        self.connection().habits().last = Some(DataCommand::Epsv);
        Ok(stream)
    }

    /// Where the reply to EPSV leads: the control connection's peer, always.
    fn extended_address(&self, reply: &Reply) -> Result<Destination, Error> {
        let port = reply
            .epsv_port()
            .ok_or_else(|| Error::Malformed("EPSV", reply.shown()))?;
        Ok(self.server_at(port))
    }

    async fn passive_classic(&mut self) -> Result<TcpStream, Error> {
        let reply = self.control.demand(Stage::Data, b"PASV", 2).await?;
        let stream = self.dial(self.passive_address(&reply)?).await?;
        self.connection().habits().last = Some(DataCommand::Pasv);
        Ok(stream)
    }

    /// Where the reply to PASV leads, by the server's own setting.
    fn passive_address(&self, reply: &Reply) -> Result<Destination, Error> {
        let announced = reply
            .pasv_address()
            .ok_or_else(|| Error::Malformed("PASV", reply.shown()))?;
        let server = self.server_ip();
        let other = server != Some(IpAddr::V4(*announced.ip()));
        Ok(match self.connection().server.passive_address {
            PassiveAddress::Server => Destination::Address(announced.into()),
            PassiveAddress::Control => self.server_at(announced.port()),
            PassiveAddress::Repair => {
                if other && !std::mem::replace(&mut self.connection().habits().repair_said, true) {
                    let announced = announced.ip();
                    self.remark(&match server {
                        Some(server) => format!(
                            "the server announces {announced} for data connections, which is not the address we talk to; using {server}"
                        ),
                        None => format!(
                            "the server announces {announced} for data connections; only the proxy knows its address, and is told {}",
                            self.connection().server.host
                        ),
                    });
                }
                self.server_at(announced.port())
            }
        })
    }

    async fn dial(&self, to: Destination) -> Result<TcpStream, Error> {
        self.data_maker().dial(to).await
    }

    /// The command for the next data connection, in the way that has worked before; `None` before
    /// any has.
    pub(super) async fn offer(&mut self) -> Result<Option<Offer>, Error> {
        let Some(word) = self.connection().habits().last else {
            return Ok(None);
        };
        let (line, listener) = match word {
            DataCommand::Epsv | DataCommand::Pasv => (word.word().into(), None),
            DataCommand::Eprt | DataCommand::Port => {
                let (listener, ip, port) = self.announce().await?;
                let line = match (word, ip) {
                    (DataCommand::Port, IpAddr::V4(ip)) => port_command(ip, port),
                    _ => eprt_command(ip, port),
                };
                (line, Some(listener))
            }
        };
        Ok(Some(Offer {
            line: line.into_bytes(),
            word,
            listener,
        }))
    }

    /// The server's reply to an offer.
    pub(super) fn taken(&mut self, offer: Offer, reply: &Reply) -> Result<Prepared, Error> {
        match (offer.word, offer.listener) {
            _ if reply.code / 100 != 2 => Err(self.control.refusal(Stage::Data, &offer.line, reply.clone())),
            (_, Some(listener)) => Ok(Prepared::Listening(listener)),
            (DataCommand::Pasv, None) => self.passive_address(reply).map(Prepared::Named),
            (_, None) => self.extended_address(reply).map(Prepared::Named),
        }
    }

    /// Listens for the server, and what it is to be told of it: address and port.
    async fn announce(&self) -> Result<(TcpListener, IpAddr, u16), Error> {
        let here = self.control.local.ip();
        let listener = self.listen(here).await?;
        let port = listener
            .local_addr()
            .map_err(|e| Error::NoListener(format!("the data port cannot be told ({e})")))?
            .port();
        let announced = self.connection().server.external_ip.unwrap_or(here);
        Ok((listener, announced.to_canonical(), port))
    }

    async fn prepare_active(&mut self) -> Result<Prepared, Error> {
        let (listener, announced, port) = self.announce().await?;
        let (command, word) = match announced {
            IpAddr::V4(ip) if self.connection().habits().no_eprt => {
                (port_command(ip, port), DataCommand::Port)
            }
            ip => (eprt_command(ip, port), DataCommand::Eprt),
        };
        let reply = self.control.ask_at(Stage::Data, command.as_bytes()).await?;
        if reply.code / 100 == 2 {
            self.connection().habits().last = Some(word);
            return Ok(Prepared::Listening(listener));
        }
        // RFC 2428 came late: a server that does not know EPRT is asked with PORT, once
        if let (DataCommand::Eprt, IpAddr::V4(ip), 500..=599) = (word, announced, reply.code) {
            self.connection().habits().no_eprt = true;
            self.remark("EPRT does not work here; using PORT");
            self.control
                .demand(Stage::Data, port_command(ip, port).as_bytes(), 2)
                .await?;
            self.connection().habits().last = Some(DataCommand::Port);
            return Ok(Prepared::Listening(listener));
        }
        Err(self.control.refusal(Stage::Data, command.as_bytes(), reply))
    }

    /// Listens on a free port of the configured range, or on any.
    async fn listen(&self, here: IpAddr) -> Result<TcpListener, Error> {
        let Some((first, last)) = self.connection().server.port_range else {
            return TcpListener::bind((here, 0))
                .await
                .map_err(|e| Error::NoListener(format!("no port can be listened on for active mode ({e})")));
        };
        for port in first..=last {
            match TcpListener::bind((here, port)).await {
                Ok(listener) => return Ok(listener),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
                Err(error) => {
                    return Err(Error::NoListener(format!(
                        "port {port} of the active range cannot be used ({error})"
                    )));
                }
            }
        }
        Err(Error::NoListener(format!(
            "every port of the active range {first}-{last} is in use"
        )))
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

/// The second half of a data connection: accepting it where the server has to come, and TLS.
pub(super) struct DataMaker {
    connection: Arc<Connection>,
    tls: Option<SessionTls>,
    /// The other end of the control connection.
    peer: SocketAddr,
    transcript: Transcript,
}

impl DataMaker {
    pub(super) async fn complete(&self, prepared: Prepared) -> Result<NetStream, Error> {
        let stream = match prepared {
            Prepared::Named(address) => self.dial(address).await?,
            Prepared::Connected(stream) => stream,
            Prepared::Listening(listener) => {
                let stream = self.accept(&listener).await?;
                // in mode `auto`: only what has worked is remembered
                self.connection.habits().active = true;
                stream
            }
        };
        let Some(tls) = &self.tls else {
            return Ok(NetStream::Plain(stream));
        };
        let limit = self.connection.patience.connect;
        match timeout(limit, tls.handshake(stream)).await {
            Err(_) => Err(Error::Silent(Stage::Data, limit)),
            Ok(Err(error)) => Err(Error::Tls(Stage::Data, error)),
            Ok(Ok((stream, handshake))) => {
                self.connection.count_handshake(&handshake);
                Ok(stream)
            }
        }
    }

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
        if let Some(passage) = passage {
            passage.lead(&mut stream, &to, Stage::Data, limit).await?;
        }
        Ok(stream)
    }

    /// Waits for the server to connect; anybody else who comes is sent away.
    async fn accept(&self, listener: &TcpListener) -> Result<TcpStream, Error> {
        let limit = self.connection.patience.connect;
        let coming = async {
            loop {
                let (stream, from) = listener.accept().await?;
                if from.ip().to_canonical() == self.peer.ip().to_canonical() {
                    return Ok(stream);
                }
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
