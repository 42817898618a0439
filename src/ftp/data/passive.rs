//! Passive mode: EPSV (RFC 2428 §3), and PASV (RFC 959 §4.1.2) where that does not work; alone, or ahead of the
//! command that the data connection is for.

use std::net::{IpAddr, Ipv4Addr};

use tokio::net::TcpStream;

use super::{Offer, Prepared};
use crate::ftp::error::{Error, Stage};
use crate::ftp::proxy::Destination;
use crate::ftp::reply::Reply;
use crate::ftp::session::Session;
use crate::model::address::is_private;
use crate::model::facts::DataCommand;
use crate::model::server::{ConnectionMode, PassiveAddress};

impl Session {
    pub(super) async fn prepare_passive(&mut self) -> Result<Prepared, Error> {
        let no_epsv = self.connection().habits().no_epsv;
        if !no_epsv {
            let extended = self.passive_extended().await;
            if let Some(prepared) = self.judge_extended(extended)? {
                return Ok(prepared);
            }
        }
        self.passive_classic().await.map(Prepared::Connected)
    }

    /// What came of EPSV; `None`: from now on it is PASV.
    fn judge_extended(&mut self, extended: Result<TcpStream, Error>) -> Result<Option<Prepared>, Error> {
        match extended {
            Ok(stream) => Ok(Some(Prepared::Connected(stream))),
            Err(error) if self.control.is_poisoned() => Err(error),
            Err(Error::Refused(_, _, reply)) if !self.speaks_ipv4() => Err(Error::NoWay(format!(
                "the server refuses EPSV ({}), and over IPv6 there is no other passive mode",
                reply.shown()
            ))),
            // PASV knows IPv4 only (RFC 959 §4.1.2)
            Err(error) if !self.speaks_ipv4() => Err(error),
            Err(error) => {
                let why = error.failure("EPSV").why;
                self.remark(&format!("EPSV does not work here ({why}); using PASV"));
                self.connection().habits().no_epsv = true;
                Ok(None)
            }
        }
    }

    /// What may be asked for ahead of the command that it is for: what has worked before; where none was tried
    /// yet, what would be tried first, if that is passive.
    pub(in crate::ftp) fn first_offer(&self) -> Option<Offer> {
        let habits = self.connection().habits().clone();
        match (habits.last, self.connection().server.mode) {
            (Some(_), _) => self.offer(),
            (None, ConnectionMode::Active) => None,
            (None, ConnectionMode::Auto) if habits.active && !self.is_proxied() => None,
            (None, _) => (!habits.no_epsv).then_some(Offer::Epsv),
        }
    }

    /// The reply to [`Session::first_offer`]; `None`: another way is to be asked for.
    pub(in crate::ftp) async fn first_taken(
        &mut self,
        offer: Offer,
        reply: Reply,
    ) -> Result<Option<Prepared>, Error> {
        if self.offer().is_some() {
            return Ok(self.taken(offer, reply).ok());
        }
        let extended = match reply.class() {
            2 => self.connect_extended(&reply).await,
            _ => Err(self.control.refusal(Stage::Data, offer.line(), reply)),
        };
        match self.judge_extended(extended) {
            // in mode `auto` there is the other way still
            Err(_) if !self.control.is_poisoned() => Ok(None),
            judged => judged,
        }
    }

    async fn passive_extended(&mut self) -> Result<TcpStream, Error> {
        let reply = self.control.demand(Stage::Data, b"EPSV", 2).await?;
        self.connect_extended(&reply).await
    }

    async fn connect_extended(&mut self, reply: &Reply) -> Result<TcpStream, Error> {
        let stream = self.dial(self.extended_address(reply)?).await?;
        self.connection().habits().last = Some(DataCommand::Epsv);
        Ok(stream)
    }

    /// Where the reply to EPSV leads: to the server we talk to, always.
    fn extended_address(&self, reply: &Reply) -> Result<Destination, Error> {
        let port = reply.epsv_port();
        let port = port.ok_or_else(|| Error::Malformed("EPSV", reply.shown()))?;
        Ok(self.server_at(port))
    }

    async fn passive_classic(&mut self) -> Result<TcpStream, Error> {
        let reply = self.control.demand(Stage::Data, b"PASV", 2).await?;
        let (to, repaired) = self.classic_address(&reply)?;
        let stream = match (self.dial(to).await, repaired) {
            (Err(error), Some(announced)) if !is_private(announced.into()) => {
                return Err(Error::Repaired(announced, Box::new(error)));
            }
            (done, _) => done?,
        };
        self.connection().habits().last = Some(DataCommand::Pasv);
        Ok(stream)
    }

    /// Where the reply to PASV leads by the server's setting, and the announced address where that
    /// was repaired.
    fn classic_address(&self, reply: &Reply) -> Result<(Destination, Option<Ipv4Addr>), Error> {
        let announced = reply
            .pasv_address()
            .ok_or_else(|| Error::Malformed("PASV", reply.shown()))?;
        let server = self.server_ip();
        let other = server != Some(IpAddr::V4(*announced.ip()));
        let setting = self.connection().server.passive_address;
        let to = match setting {
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
        };
        let repaired = other && setting == PassiveAddress::Repair;
        Ok((to, repaired.then(|| *announced.ip())))
    }

    /// How the next data connection may be asked for in the same write as its command: as the last
    /// one was, where that was passive. In active mode servers connect before they answer, or
    /// after, and the two are kept apart.
    pub(in crate::ftp) fn offer(&self) -> Option<Offer> {
        match self.connection().habits().last? {
            DataCommand::Epsv => Some(Offer::Epsv),
            DataCommand::Pasv => Some(Offer::Pasv),
            DataCommand::Eprt | DataCommand::Port => None,
        }
    }

    /// The server's reply to an offer.
    pub(in crate::ftp) fn taken(&mut self, offer: Offer, reply: Reply) -> Result<Prepared, Error> {
        if reply.class() != 2 {
            return Err(self.control.refusal(Stage::Data, offer.line(), reply));
        }
        let to = match offer {
            Offer::Epsv => self.extended_address(&reply)?,
            Offer::Pasv => self.classic_address(&reply)?.0,
        };
        Ok(Prepared::Named(to))
    }
}
