//! From a host name to a control connection that has greeted us and, where TLS is asked for, is
//! encrypted: nothing secret is sent before that.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use suppaftp::tokio::ImplAsyncFtpStream;
use tokio::time::{sleep, timeout};

use super::attendant::Attendant;
use super::control::Control;
use super::dial::{Dialer, First, Race, Report};
use super::error::{Error, Stage};
use super::proxy::{Destination, Passage, ProxyError};
use super::tls::{Handshake, SessionTls};
use super::transcript::Transcript;
use super::wire::{Outbox, Wire};
use crate::model::server::{Patience, Protocol, Server};

/// How long an address may be silent before the next one is tried beside it (RFC 8305 §5).
const STAGGER: Duration = Duration::from_millis(250);

/// A connection that is not logged in yet.
pub(super) struct Opened {
    pub(super) control: Control,
    pub(super) handshake: Option<Handshake>,
}

/// What a connection is made with.
pub(super) struct Means<'a> {
    pub(super) server: &'a Server,
    /// `None` exactly for plain FTP.
    pub(super) tls: Option<&'a SessionTls>,
    pub(super) passage: Option<&'a Passage>,
    pub(super) patience: &'a Patience,
    pub(super) attendant: &'a dyn Attendant,
}

impl Means<'_> {
    /// Connects, and greets.
    pub(super) async fn open(&self, transcript: Transcript) -> Result<Opened, Error> {
        let (server, patience) = (self.server, self.patience);
        let outbox = Arc::new(Outbox::new(server.read_only, transcript));
        let reached = match self.look_up().await {
            Ok(addresses) => self.reach(addresses, &outbox).await,
            Err(error) => Err(error),
        };
        let (mut ftp, report) = reached.map_err(|error| self.blame(error))?;
        let ends = report.ends();
        let mut handshake = report.handshake();
        if let (Some(tls), Protocol::FtpsExplicit) = (self.tls, server.protocol) {
            self.attendant.step("starting TLS".into());
            let second = Dialer::to_protect(tls, &outbox);
            let report = second.report();
            let securing = ftp.into_secure(second, &server.host);
            ftp = report.in_time(securing, patience, &outbox).await?;
            handshake = report.handshake();
        }
        let mut control = Control::new(ftp, outbox, ends, patience.silence);
        if server.protocol == Protocol::FtpsImplicit {
            // RFC 4217 §9: both, in this order; suppaftp sends them only after AUTH
            control.demand(Stage::Protect, b"PBSZ 0", 2).await?;
            control.demand(Stage::Protect, b"PROT P", 2).await?;
        }
        Ok(Opened { control, handshake })
    }

    /// The addresses to connect to: the server's, or the proxy's.
    async fn look_up(&self) -> Result<Vec<SocketAddr>, Error> {
        let (host, port) = match self.passage {
            None => (&self.server.host, self.server.port()),
            Some(passage) => (&passage.proxy.host, passage.proxy.port),
        };
        self.attendant.step(format!("looking up {host}"));
        let limit = self.patience.connect;
        let found = timeout(limit, tokio::net::lookup_host((host.as_str(), port))).await;
        let mut addresses: Vec<SocketAddr> = Vec::new();
        for address in found
            .map_err(|_| Error::Silent(Stage::Lookup, limit))?
            .map_err(|error| Error::Broken(Stage::Lookup, error))?
        {
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        if addresses.is_empty() {
            return Err(Error::NoAddress(host.clone()));
        }
        Ok(addresses)
    }

    /// Connects to the first address that takes a TCP connection. They are tried in the system's
    /// order, each next one when the last has failed or been silent for a moment: a dead address
    /// does not cost a whole time-out. Once one has taken it, its word counts.
    async fn reach(&self, addresses: Vec<SocketAddr>, outbox: &Arc<Outbox>) -> Result<Reached, Error> {
        let race = Arc::new(Race::new(None));
        let mut waiting = addresses.into_iter().peekable();
        let mut running = FuturesUnordered::new();
        let mut last = Error::Poisoned;
        loop {
            if let Some(address) = waiting.next_if(|_| race.borrow().is_none()) {
                running.push(self.reach_one(address, Arc::clone(&race), outbox));
            }
            tokio::select! {
                done = running.next() => match done {
                    Some(Err(error @ (Error::Broken(Stage::Tcp, _) | Error::Silent(Stage::Tcp, _)))) => {
                        last = error;
                    }
                    Some(done) => return done,
                    None => return Err(last),
                },
                () = sleep(STAGGER), if waiting.peek().is_some() => {}
            }
        }
    }

    async fn reach_one(
        &self,
        address: SocketAddr,
        race: Arc<Race>,
        outbox: &Arc<Outbox>,
    ) -> Result<Reached, Error> {
        let server = self.server;
        let to = |passage: &Passage| {
            let to = Destination::new(&server.host, server.port());
            (passage.clone(), to, self.patience.connect)
        };
        self.attendant.step(match self.passage {
            None => format!("connecting to {address}"),
            Some(_) => format!("connecting to the proxy {address}"),
        });
        let mut winners = race.subscribe();
        let first = First {
            address,
            race,
            passage: self.passage.map(to),
        };
        let tls = self.tls.filter(|_| server.protocol == Protocol::FtpsImplicit);
        let dialer = Dialer::to_connect(tls, outbox, first);
        let report = dialer.report();
        // suppaftp's constructor for implicit TLS is the one that lets the connector choose the
        // stream: for the other two protocols ours returns the connection as it is, in clear
        let connecting = ImplAsyncFtpStream::connect_secure_implicit(address, dialer, &server.host);
        tokio::select! {
            done = report.in_time(connecting, self.patience, outbox) => Ok((done?, report)),
            _ = winners.wait_for(|winner| winner.is_some_and(|winner| winner != address)) => {
                Err(Error::Broken(Stage::Tcp, std::io::ErrorKind::ConnectionAborted.into()))
            }
        }
    }

    /// What failed before anything was said failed on the way to the proxy, where there is one.
    fn blame(&self, error: Error) -> Error {
        match (self.passage, error) {
            (
                Some(passage),
                error @ (Error::NoAddress(_)
                | Error::Broken(Stage::Lookup | Stage::Tcp, _)
                | Error::Silent(Stage::Lookup | Stage::Tcp, _)),
            ) => passage.error(Stage::Proxy, ProxyError::Unreached(Box::new(error))),
            (_, error) => error,
        }
    }
}

/// A connection in clear or, with implicit TLS, encrypted, and what was found on the way.
type Reached = (ImplAsyncFtpStream<Wire>, Arc<Report>);
