//! The stream under a control connection: suppaftp makes a TCP connection and asks the
//! [`Dialer`] for what it is to speak on, through a proxy or not, in clear or encrypted.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use suppaftp::tokio::AsyncTlsConnector;
use suppaftp::{FtpError, FtpResult};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::control::from_suppaftp;
use super::error::{Error, Stage};
use super::proxy::{Destination, Passage};
use super::stream::{NetStream, keep_alive};
use super::tls::{Handshake, SessionTls};
use super::wire::{Outbox, Wire};
use crate::model::server::Patience;

/// How long a stage may take; `None` where it watches its time itself.
fn patience_for(stage: Stage, patience: &Patience) -> Option<Duration> {
    match stage {
        Stage::Proxy => None,
        Stage::Tcp | Stage::Handshake => Some(patience.connect),
        _ => Some(patience.silence),
    }
}

/// The first of several TCP connections to stand; the others are of no use any more.
pub(super) type Race = watch::Sender<Option<SocketAddr>>;

/// A TCP connection that is still to be made the one to the server.
#[derive(Debug, Clone)]
pub(super) struct First {
    /// The address it goes to: the server's, or that of a proxy.
    pub(super) address: SocketAddr,
    pub(super) race: Arc<Race>,
    /// The proxy, where the server is, and how long the way may take.
    pub(super) passage: Option<(Passage, Destination, Duration)>,
}

/// Makes the stream suppaftp works on: clear, or encrypted by `tls`.
#[derive(Debug)]
pub(super) struct Dialer {
    tls: Option<SessionTls>,
    outbox: Arc<Outbox>,
    /// `None` when TLS is begun on a connection that has greeted us.
    first: Option<First>,
    report: Arc<Report>,
}

/// What the dialer found, past suppaftp, whose errors carry text only.
#[derive(Debug)]
pub(super) struct Report {
    stage: watch::Sender<Stage>,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    ends: Option<(SocketAddr, SocketAddr)>,
    handshake: Option<Handshake>,
    error: Option<Error>,
}

impl Report {
    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a step of suppaftp's, no stage of it longer than that may take.
    pub(super) async fn in_time<T>(
        &self,
        step: impl Future<Output = FtpResult<T>>,
        patience: &Patience,
        outbox: &Outbox,
    ) -> Result<T, Error> {
        tokio::select! {
            done = step => done.map_err(|e| self.error(e, outbox)),
            (stage, limit) = self.overdue(patience) => Err(Error::Silent(stage, limit)),
        }
    }

    /// Ends when a stage takes longer than it may, with that stage and how long that was.
    async fn overdue(&self, patience: &Patience) -> (Stage, Duration) {
        let mut stages = self.stage.subscribe();
        loop {
            let stage = *stages.borrow_and_update();
            let Some(limit) = patience_for(stage, patience) else {
                // the sender lives as long as this report
                let _ = stages.changed().await;
                continue;
            };
            if !matches!(timeout(limit, stages.changed()).await, Ok(Ok(()))) {
                return (stage, limit);
            }
        }
    }

    pub(super) fn handshake(&self) -> Option<Handshake> {
        self.found().handshake.clone()
    }

    pub(super) fn ends(&self) -> (SocketAddr, SocketAddr) {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        self.found().ends.unwrap_or((unknown, unknown))
    }

    fn error(&self, error: FtpError, outbox: &Outbox) -> Error {
        if let Some(error) = self.found().error.take() {
            return error;
        }
        let stage = *self.stage.borrow();
        from_suppaftp(error, stage, outbox)
    }
}

impl Dialer {
    /// For a connection that suppaftp makes.
    pub(super) fn to_connect(tls: Option<&SessionTls>, outbox: &Arc<Outbox>, first: First) -> Self {
        Self::new(tls, outbox, Some(first), Stage::Tcp)
    }

    /// For the change to TLS on a connection that stands.
    pub(super) fn to_protect(tls: &SessionTls, outbox: &Arc<Outbox>) -> Self {
        Self::new(Some(tls), outbox, None, Stage::Protect)
    }

    /// What will have been found, also past an error.
    pub(super) fn report(&self) -> Arc<Report> {
        Arc::clone(&self.report)
    }

    fn new(tls: Option<&SessionTls>, outbox: &Arc<Outbox>, first: Option<First>, stage: Stage) -> Self {
        let report = Report {
            stage: watch::Sender::new(stage),
            found: Mutex::default(),
        };
        Self {
            tls: tls.cloned(),
            outbox: Arc::clone(outbox),
            first,
            report: Arc::new(report),
        }
    }

    /// An error past suppaftp.
    fn fail(&self, error: Error) -> FtpError {
        self.report.found().error = Some(error);
        FtpError::ConnectionError(io::Error::other("told elsewhere"))
    }
}

#[async_trait::async_trait]
impl AsyncTlsConnector for Dialer {
    type Stream = Wire;

    async fn connect(&self, _host: &str, mut stream: TcpStream) -> FtpResult<Wire> {
        let failed = FtpError::ConnectionError;
        let next = if self.first.is_some() {
            Stage::Greeting
        } else {
            Stage::Protect
        };
        if let Some(First { address, race, .. }) = &self.first {
            let is_first = race.send_if_modified(|winner| {
                let free = winner.is_none();
                winner.get_or_insert(*address);
                free
            });
            if !is_first {
                return Err(failed(io::ErrorKind::ConnectionAborted.into()));
            }
        }
        // TCP stands; a server may hang up before we have looked at the socket
        self.report.stage.send_replace(next);
        // a command is one small segment that must not wait for the answer to the last one
        stream.set_nodelay(true).map_err(failed)?;
        keep_alive(&stream);
        self.report.found().ends = Some((
            stream.peer_addr().map_err(failed)?,
            stream.local_addr().map_err(failed)?,
        ));
        if let Some(First {
            passage: Some((passage, to, limit)),
            ..
        }) = &self.first
        {
            self.report.stage.send_replace(Stage::Proxy);
            let led = passage.lead(&mut stream, to, Stage::Proxy, *limit).await;
            led.map_err(|error| self.fail(error))?;
        }
        let io = match &self.tls {
            None => NetStream::Plain(stream),
            Some(tls) => {
                self.report.stage.send_replace(Stage::Handshake);
                match tls.handshake(stream).await {
                    Ok((io, handshake)) => {
                        self.report.found().handshake = Some(handshake);
                        io
                    }
                    Err(error) => {
                        // after AUTH it is the server that has agreed to TLS
                        let stage = match self.first {
                            Some(_) => Stage::Handshake,
                            None => Stage::Protect,
                        };
                        return Err(self.fail(Error::Tls(stage, error)));
                    }
                }
            }
        };
        self.report.stage.send_replace(next);
        Ok(Wire::new(io, Arc::clone(&self.outbox), self.first.is_none()))
    }
}
