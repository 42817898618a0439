//! From a host name to a control connection that has greeted us and, where TLS is asked for, is
//! encrypted: nothing secret is sent before that.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use suppaftp::tokio::{AsyncTlsConnector, ImplAsyncFtpStream};
use suppaftp::{FtpError, FtpResult};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;

use super::control::{Control, from_suppaftp};
use super::error::{Error, Stage};
use super::stream::{NetStream, keep_alive};
use super::tls::{Handshake, SessionTls, TlsError};
use super::transcript::Transcript;
use super::wire::{Outbox, Wire};
use crate::model::server::{Patience, Protocol, Server};

/// A connection that is not logged in yet.
pub(super) struct Opened {
    pub(super) control: Control,
    pub(super) handshake: Option<Handshake>,
}

/// Connects. `tls` is `None` exactly for plain FTP. `step` hears what is being done, in words.
pub(super) async fn open(
    server: &Server,
    tls: Option<&SessionTls>,
    patience: &Patience,
    transcript: Transcript,
    step: &(dyn Fn(String) + Send + Sync),
) -> Result<Opened, Error> {
    step(format!("looking up {}", server.host));
    let found = timeout(
        patience.connect,
        tokio::net::lookup_host((server.host.as_str(), server.port())),
    )
    .await;
    let addresses: Vec<SocketAddr> = match found {
        Err(_) => return Err(Error::Silent(Stage::Lookup, patience.connect)),
        Ok(Err(error)) => return Err(Error::Broken(Stage::Lookup, error)),
        Ok(Ok(found)) => found.collect(),
    };
    let mut last = Error::NoAddress(server.host.clone());
    for address in addresses {
        step(format!("connecting to {address}"));
        match open_at(address, server, tls, patience, transcript.clone(), step).await {
            // another address may answer where this one does not; once one has, its word counts
            Err(error @ (Error::Broken(Stage::Tcp, _) | Error::Silent(Stage::Tcp, _))) => last = error,
            done => return done,
        }
    }
    Err(last)
}

async fn open_at(
    address: SocketAddr,
    server: &Server,
    tls: Option<&SessionTls>,
    patience: &Patience,
    transcript: Transcript,
    step: &(dyn Fn(String) + Send + Sync),
) -> Result<Opened, Error> {
    let outbox = Arc::new(Outbox::new(server.read_only, transcript));
    let first = Dialer::new(
        tls.filter(|_| server.protocol == Protocol::FtpsImplicit),
        &outbox,
        false,
    );
    let report = Arc::clone(&first.report);
    // suppaftp's constructor for implicit TLS is the one that lets the connector choose the
    // stream: for the other two protocols ours returns the connection as it is, in clear
    let connecting = ImplAsyncFtpStream::connect_secure_implicit(address, first, &server.host);
    let mut ftp = report.in_time(connecting, patience, &outbox).await?;
    let ends = report.ends();

    let mut handshake = report.handshake();
    if let (Some(tls), Protocol::FtpsExplicit) = (tls, server.protocol) {
        step("starting TLS".into());
        let second = Dialer::new(Some(tls), &outbox, true);
        let report = Arc::clone(&second.report);
        report.stage.send_replace(Stage::Protect);
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

fn patience_for(stage: Stage, patience: &Patience) -> Duration {
    match stage {
        Stage::Tcp | Stage::Handshake => patience.connect,
        _ => patience.silence,
    }
}

/// Makes the stream suppaftp works on: clear, or encrypted by `tls`.
#[derive(Debug)]
struct Dialer {
    tls: Option<SessionTls>,
    outbox: Arc<Outbox>,
    greeted: bool,
    report: Arc<Report>,
}

/// What the dialer found, past suppaftp, whose errors carry text only.
#[derive(Debug)]
struct Report {
    stage: watch::Sender<Stage>,
    found: Mutex<Found>,
}

#[derive(Debug, Default)]
struct Found {
    ends: Option<(SocketAddr, SocketAddr)>,
    handshake: Option<Handshake>,
    error: Option<TlsError>,
}

impl Report {
    fn found(&self) -> std::sync::MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a step of suppaftp's, no stage of it longer than that may take.
    async fn in_time<T>(
        &self,
        step: impl Future<Output = FtpResult<T>>,
        patience: &Patience,
        outbox: &Outbox,
    ) -> Result<T, Error> {
        tokio::select! {
            done = step => done.map_err(|e| self.error(e, outbox)),
            stage = self.overdue(patience) => Err(Error::Silent(stage, patience_for(stage, patience))),
        }
    }

    /// Ends when a stage takes longer than it may, with that stage.
    async fn overdue(&self, patience: &Patience) -> Stage {
        let mut stages = self.stage.subscribe();
        loop {
            let stage = *stages.borrow_and_update();
            let changed = timeout(patience_for(stage, patience), stages.changed()).await;
            if !matches!(changed, Ok(Ok(()))) {
                return stage;
            }
        }
    }

    fn handshake(&self) -> Option<Handshake> {
        self.found().handshake.clone()
    }

    fn ends(&self) -> (SocketAddr, SocketAddr) {
        let unknown = SocketAddr::from(([0, 0, 0, 0], 0));
        self.found().ends.unwrap_or((unknown, unknown))
    }

    fn error(&self, error: FtpError, outbox: &Outbox) -> Error {
        if let Some(error) = self.found().error.take() {
            return Error::Tls(Stage::Handshake, error);
        }
        let stage = *self.stage.borrow();
        from_suppaftp(error, stage, outbox)
    }
}

impl Dialer {
    fn new(tls: Option<&SessionTls>, outbox: &Arc<Outbox>, greeted: bool) -> Self {
        let report = Report {
            stage: watch::Sender::new(Stage::Tcp),
            found: Mutex::default(),
        };
        Self {
            tls: tls.cloned(),
            outbox: Arc::clone(outbox),
            greeted,
            report: Arc::new(report),
        }
    }
}

#[async_trait::async_trait]
impl AsyncTlsConnector for Dialer {
    type Stream = Wire;

    async fn connect(&self, _host: &str, stream: TcpStream) -> FtpResult<Wire> {
        let failed = FtpError::ConnectionError;
        let next = if self.greeted {
            Stage::Protect
        } else {
            Stage::Greeting
        };
        // TCP stands; a server may hang up before we have looked at the socket
        self.report.stage.send_replace(next);
        // a command is one small segment that must not wait for the answer to the last one
        stream.set_nodelay(true).map_err(failed)?;
        keep_alive(&stream);
        self.report.found().ends = Some((
            stream.peer_addr().map_err(failed)?,
            stream.local_addr().map_err(failed)?,
        ));
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
                        self.report.found().error = Some(error);
                        return Err(failed(io::Error::other("TLS")));
                    }
                }
            }
        };
        self.report.stage.send_replace(next);
        Ok(Wire::new(io, Arc::clone(&self.outbox), self.greeted))
    }
}
