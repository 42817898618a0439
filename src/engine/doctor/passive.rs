//! Passive mode: EPSV and PASV, and whether the ports that they name answer.

use std::net::{IpAddr, SocketAddrV4};

use super::record::Outcome;
use super::{Visit, fault};
use crate::ftp::session::Session;
use crate::model::address::is_private;
use crate::model::diagnosis::Step;
use crate::model::failure::Failure;
use crate::model::server::PassiveAddress;
use crate::plan::doctor::{Finding, Reach};

/// What became of passive mode.
pub(super) enum Passive {
    /// A data port was reached.
    Open,
    /// None was: the one tried last, and what came of it.
    Closed(u16, Reach),
    /// The server names none, with these words.
    Refused(Failure),
    /// None was reached, and that was said.
    Told,
    /// The session is lost; it was said.
    Lost,
}

impl Visit {
    /// EPSV and PASV, and whether their ports answer.
    pub(super) async fn passive(&mut self, session: &mut Session) -> Passive {
        let begun = self.record.begin(Step::Epsv);
        let mut last = None;
        let without = match session.ask_extended().await {
            Ok(port) => {
                self.record.end(begun, true, Outcome::new(format!("port {port}")));
                self.note_port(port);
                match self.knock(session, port, None, "EPSV").await {
                    Reach::Open => None,
                    reach @ (Reach::Refused(_) | Reach::Silent(_)) => {
                        last = Some((port, reach));
                        Some(format!("its port {port} does not answer"))
                    }
                }
            }
            Err(error) if !session.is_usable() => {
                self.fail(begun, &error, "EPSV");
                return Passive::Lost;
            }
            Err(error) => {
                let failure = error.failure("EPSV");
                self.record.end(begun, false, Outcome::new(failure.why.clone()));
                if !session.has_classic() {
                    return Passive::Refused(only_extended(failure));
                }
                Some(failure.reply.unwrap_or(failure.why))
            }
        };
        let Some(why) = without else {
            if !session.has_classic() {
                return Passive::Open;
            }
            return match self.classic(session, true).await {
                Passive::Lost => Passive::Lost,
                _ => Passive::Open,
            };
        };
        if !session.has_classic() {
            return last.map_or(Passive::Told, |(port, reach)| Passive::Closed(port, reach));
        }
        session.give_up_extended();
        match (self.classic(session, false).await, last) {
            (Passive::Open, _) => {
                self.findings.push(Finding::NoExtended(why));
                Passive::Open
            }
            // EPSV is what the server has, and its port is the matter
            (Passive::Refused(_), Some((port, reach))) => Passive::Closed(port, reach),
            (other, _) => other,
        }
    }

    /// PASV and the address announced with it; `open`: a port of EPSV was reached, which is what is used.
    async fn classic(&mut self, session: &mut Session, open: bool) -> Passive {
        let begun = self.record.begin(Step::Pasv);
        let announced = match session.ask_classic().await {
            Ok(announced) => announced,
            Err(error) if !session.is_usable() => {
                self.fail(begun, &error, "PASV");
                return Passive::Lost;
            }
            Err(error) => {
                let failure = error.failure("PASV");
                self.record.end(begun, false, Outcome::new(failure.why.clone()));
                return Passive::Refused(failure);
            }
        };
        let (ip, port) = (*announced.ip(), announced.port());
        self.note_port(port);
        let here = match session.server_address() {
            Some(IpAddr::V4(here)) => here,
            // only a proxy knows it
            _ => {
                self.record
                    .end(begun, true, Outcome::new(format!("{ip}, port {port}")));
                self.unknown.push(format!(
                    "Whether {ip}, which PASV announces, is the server's address: only the proxy knows that"
                ));
                return match open {
                    true => Passive::Open,
                    false => self.reached(session, port, None).await,
                };
            }
        };
        if ip == here {
            let says = format!("port {port} at {ip}, the address we talk to");
            self.record.end(begun, true, Outcome::new(says));
            return match open {
                true => Passive::Open,
                false => self.reached(session, port, None).await,
            };
        }
        let what = match is_private(ip.into()) {
            true => "a private address",
            false => "another host",
        };
        let followed = self.server.passive_address == PassiveAddress::Server;
        let says = format!("port {port} at {ip}, {what}: we talk to {here}");
        self.record.end(begun, !followed, Outcome::new(says));
        let mut passive = Passive::Open;
        let mut elsewhere = false;
        if !open {
            passive = self.reached(session, port, followed.then_some(announced)).await;
            // what the setting does not choose is tried where it may help
            if !matches!(passive, Passive::Open) && (followed || !is_private(ip.into())) {
                let other = (!followed).then_some(announced);
                elsewhere = self.knock(session, port, other, "PASV").await.is_open();
            }
        }
        self.findings.push(Finding::Announced {
            announced: ip,
            server: here,
            works: matches!(passive, Passive::Open),
            elsewhere,
        });
        match elsewhere {
            // that verdict says it all
            true => Passive::Told,
            false => passive,
        }
    }

    async fn reached(&mut self, session: &Session, port: u16, at: Option<SocketAddrV4>) -> Passive {
        match self.knock(session, port, at, "PASV").await {
            Reach::Open => Passive::Open,
            reach => Passive::Closed(port, reach),
        }
    }

    fn note_port(&mut self, port: u16) {
        if !self.ports.contains(&port) {
            self.ports.push(port);
        }
    }

    /// Connects to a data port, and closes it again.
    async fn knock(
        &mut self,
        session: &Session,
        port: u16,
        at: Option<SocketAddrV4>,
        named_by: &str,
    ) -> Reach {
        let begun = self.record.begin(Step::Data);
        let reach = fault::reach(&session.knock(port, at).await, port);
        let to = at.map_or_else(|| format!("port {port}"), |at| at.to_string());
        let says = match &reach {
            Reach::Open => format!("connected to {to}, named by {named_by}"),
            Reach::Refused(failure) | Reach::Silent(failure) => {
                format!("{to}, named by {named_by}, was not reached: {}", failure.why)
            }
        };
        self.record.end(begun, reach.is_open(), Outcome::new(says));
        reach
    }
}

/// Over IPv6 there is no other passive mode than EPSV (RFC 2428 §1).
fn only_extended(failure: Failure) -> Failure {
    Failure {
        why: format!("{}; over IPv6 there is none but EPSV", failure.why),
        hint: Some("Connect to the server's IPv4 address, where it has one".into()),
        ..failure
    }
}
