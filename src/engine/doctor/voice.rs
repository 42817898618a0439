//! What speaks on a port that does not do as the server's protocol has it.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::record::Begun;
use super::{Visit, fault};
use crate::ftp::connect::Greeted;
use crate::ftp::connection::Connection;
use crate::ftp::error::{Error, Stage};
use crate::ftp::stages::{Stages, look};
use crate::ftp::tls::{Handshake, TlsError};
use crate::model::server::{Protocol, Server, TlsVersion};
use crate::plan::doctor::service::Service;
use crate::plan::doctor::{Agreement, Finding};

/// How long a connection may stand without a word before the port is spoken to in the other way, too.
const HESITATION: Duration = Duration::from_secs(2);

/// What speaks on a port.
pub(super) enum Voice {
    /// An FTP server.
    Ftp,
    /// Something that shook hands and is none.
    Tls,
    /// Something else, with its first line.
    Other(Vec<u8>),
    /// Something that waited to be spoken to, and whose answer was no TLS.
    Waits,
    /// Nothing that could be made out.
    Nothing,
}

impl Visit {
    /// Connects and waits for the greeting. Where nothing comes for a moment the port is spoken to in the
    /// other way beside it: both sides may be waiting for each other.
    pub(super) async fn greeted(
        &self,
        begun: Begun,
        stages: &Stages,
        addresses: Vec<SocketAddr>,
    ) -> (Result<Greeted, Error>, Option<Voice>) {
        let mut greeting = pin!(stages.greet(addresses, &self.attendant));
        let mut asking = pin!(async {
            self.attendant.standing().await;
            let stood = Instant::now();
            sleep(HESITATION.min(self.patience.connect / 2)).await;
            if self.server.proxy.is_none() {
                // whoever watches sees how far it is
                self.tell_connected(begun, None);
            }
            (self.spoken(self.other()).await, stood)
        });
        tokio::select! {
            greeted = &mut greeting => match greeted {
                Err(error @ Error::Silent(Stage::Greeting | Stage::Handshake, _)) => {
                    (Err(error), Some(asking.await.0))
                }
                greeted => (greeted, None),
            },
            (voice, stood) = &mut asking => match voice {
                // it does speak, only not as it was spoken to
                Voice::Ftp | Voice::Tls | Voice::Other(_) => {
                    let stage = match self.server.protocol {
                        Protocol::FtpsImplicit => Stage::Handshake,
                        Protocol::Ftp | Protocol::FtpsExplicit => Stage::Greeting,
                    };
                    (Err(Error::Silent(stage, stood.elapsed())), Some(voice))
                }
                voice @ (Voice::Waits | Voice::Nothing) => (greeting.await, Some(voice)),
            },
        }
    }

    /// The way to begin that is not this server's.
    fn other(&self) -> Protocol {
        match self.server.protocol {
            Protocol::FtpsImplicit => Protocol::Ftp,
            Protocol::Ftp | Protocol::FtpsExplicit => Protocol::FtpsImplicit,
        }
    }

    /// A second look at a server that did not do as its protocol has it: what does it speak? `voice`: what
    /// it was heard to.
    pub(super) async fn wonder(&mut self, error: &Error, voice: Option<Voice>, what: &str) {
        let implicit = self.server.protocol == Protocol::FtpsImplicit;
        let finding = match error {
            Error::Silent(Stage::Greeting, _) | Error::Broken(Stage::Greeting, _) if !implicit => {
                match (self.heard(voice).await, error) {
                    (Voice::Ftp, _) => Finding::Implicit,
                    (Voice::Tls, _) => Finding::Speaks(Service::Tls, None),
                    (Voice::Waits, Error::Silent(..)) => Finding::Speaks(Service::Waiting, None),
                    (_, Error::Silent(..)) => Finding::Speaks(Service::Silent, None),
                    _ => fault::finding(error, what),
                }
            }
            // TLS stood, and no FTP server was behind it
            Error::Silent(Stage::Greeting, _) => Finding::Speaks(Service::Tls, None),
            Error::Tls(Stage::Handshake, TlsError::NotTls | TlsError::Broken(_) | TlsError::Other(_))
            | Error::Silent(Stage::Handshake, _)
                if implicit =>
            {
                match (self.heard(voice).await, error) {
                    (Voice::Ftp, _) => Finding::Explicit,
                    (Voice::Other(line), _) => fault::finding(&Error::NotFtp(line), what),
                    (_, Error::Tls(_, TlsError::Broken(_) | TlsError::Other(_))) => {
                        self.agreed(error, what).await
                    }
                    (_, Error::Tls(..)) => Finding::Speaks(Service::Waiting, None),
                    _ => Finding::Speaks(Service::Silent, None),
                }
            }
            Error::Tls(
                Stage::Handshake | Stage::Protect,
                TlsError::NoAgreement(_) | TlsError::Weak(_) | TlsError::Broken(_) | TlsError::Other(_),
            ) => self.agreed(error, what).await,
            _ => fault::finding(error, what),
        };
        self.findings.push(finding);
    }

    /// What the port was heard to speak, or is when it is spoken to in the other way now.
    async fn heard(&self, voice: Option<Voice>) -> Voice {
        match voice {
            Some(voice) => voice,
            None => self.spoken(self.other()).await,
        }
    }

    /// What speaks on the port where it is spoken to in this protocol; nothing is sent but what TLS needs,
    /// and a goodbye.
    async fn spoken(&self, protocol: Protocol) -> Voice {
        let connection = self.aside(|server| {
            server.protocol = protocol;
            lenient(server);
        });
        for _ in 0..2 {
            let greeted = async {
                let stages = Stages::begin(&connection).await?;
                let addresses = stages.look_up(&self.attendant).await?;
                stages.greet(addresses, &self.attendant).await
            };
            match greeted.await {
                Ok(greeted) => {
                    let first = greeted.greeting().lines().next().unwrap_or_default();
                    let first = first.as_bytes().to_vec();
                    if Service::of_greeting(&first).is_some() {
                        return Voice::Other(first);
                    }
                    greeted.quit().await;
                    return Voice::Ftp;
                }
                Err(Error::NotFtp(line)) if !protocol.is_tls() => return Voice::Other(line),
                Err(Error::Refused(Stage::Greeting, ..)) => return Voice::Ftp,
                Err(error) if self.accepted(&connection, &error) => {}
                Err(Error::Tls(_, TlsError::NotTls)) => return Voice::Waits,
                Err(Error::Tls(..) | Error::Silent(Stage::Handshake | Stage::Tcp, _)) => break,
                Err(
                    Error::Silent(Stage::Greeting, _) | Error::Broken(Stage::Greeting, _) | Error::NotFtp(_),
                ) if protocol.is_tls() => {
                    return Voice::Tls;
                }
                Err(_) => break,
            }
        }
        Voice::Nothing
    }

    /// Takes a doubted certificate for a look: nothing secret is sent to it.
    fn accepted(&self, connection: &Connection, error: &Error) -> bool {
        match error.certificate() {
            Some((certificate, _)) if !connection.trusts(certificate.pin) => {
                connection.accept_once(certificate.pin);
                true
            }
            _ => false,
        }
    }

    /// No TLS was agreed on: looks what the server does speak, where everything is let in.
    async fn agreed(&self, error: &Error, what: &str) -> Finding {
        let connection = self.aside(lenient);
        let mut agreement = None;
        for _ in 0..2 {
            match look(&connection, &self.attendant).await {
                Ok(opened) => {
                    agreement = opened.handshake.as_ref().and_then(agreement_of);
                    opened.quit().await;
                    break;
                }
                Err(error) if self.accepted(&connection, &error) => {}
                Err(_) => break,
            }
        }
        match (fault::finding(error, what), agreement) {
            (finding @ Finding::Failed(..), None) => finding,
            (_, agreement) => Finding::Tls(error.failure(what), agreement),
        }
    }
}

/// Everything is let in: only to be looked at.
fn lenient(server: &mut Server) {
    server.pin = None;
    server.tls_min = TlsVersion::V1_0;
    server.tls_max = TlsVersion::V1_3;
    server.weak_tls = true;
}

fn agreement_of(handshake: &Handshake) -> Option<Agreement> {
    let number = handshake.version.strip_prefix("TLS ")?;
    let version = TlsVersion::ALL
        .into_iter()
        .find(|version| version.number() == number)?;
    let weak = handshake.weak.iter().filter(|weak| **weak != handshake.version);
    Some(Agreement {
        version,
        weak: weak.cloned().collect(),
    })
}
