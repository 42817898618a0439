//! The doctor: takes every step to a server by itself, on sessions of its own, and tells what it sent and
//! saw. What that means is judged in [`crate::plan::doctor`].
//!
//! Nothing is done that a connection would not do as well: the same stages, the same gate, the same
//! time-outs. The only path that is named is the document path, and below it a file of the doctor's own
//! where an upload was asked for.

mod active;
mod approach;
mod data;
mod encryption;
mod fault;
mod passive;
mod record;
mod rest;
mod voice;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use tokio::sync::watch;

use super::browse::document_root;
use super::listener::Listener;
use super::questions::Questions;
use super::unbroken;
use crate::ftp::attendant::Attendant;
use crate::ftp::connection::Connection;
use crate::ftp::error::Error;
use crate::ftp::session::Session;
use crate::ftp::transcript::Sink;
use crate::model::command::Answer;
use crate::model::diagnosis::{Diagnosis, Step};
use crate::model::event::{Event, Question, Wanted};
use crate::model::failure::Failure;
use crate::model::firewall::Table;
use crate::model::job::ConnectionId;
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::{ConnectionMode, Patience, Protocol, Server};
use crate::plan::doctor::software::{Software, Words};
use crate::plan::doctor::{About, Finding, verdicts};
use record::{Begun, Outcome, Record};

/// What is to be looked at.
pub(super) struct Request {
    pub(super) id: ConnectionId,
    pub(super) server: Server,
    pub(super) secret: Option<Secret>,
    pub(super) patience: Patience,
    pub(super) probe_upload: bool,
}

/// Looks at a server and tells what was found.
pub(super) async fn diagnose(
    request: Request,
    listener: Listener,
    questions: Arc<Questions>,
    sink: Option<Sink>,
) {
    let id = request.id;
    let log = sink.clone();
    let (record, sink) = Record::new(id, listener.clone(), sink);
    let server = Arc::new(request.server);
    let mut visit = Visit {
        attendant: Waiting {
            id,
            server: Arc::clone(&server),
            listener: listener.clone(),
            questions,
            stood: watch::Sender::new(None),
        },
        record,
        sink,
        log,
        server,
        secret: request.secret,
        patience: request.patience,
        findings: Vec::new(),
        words: Words::default(),
        ports: Vec::new(),
        unknown: Vec::new(),
        own_address: None,
        seen_at: None,
        server_address: None,
        time_told: false,
        told_connected: AtomicBool::new(false),
    };
    let course = visit.course(request.probe_upload);
    let result = unbroken(course).await.map(|()| Box::new(visit.diagnosis()));
    listener.tell(Event::Diagnosed(id, result));
}

/// One look at one server.
struct Visit {
    record: Record,
    /// Tells the record and the log.
    sink: Sink,
    /// Tells the log alone.
    log: Option<Sink>,
    attendant: Waiting,
    server: Arc<Server>,
    secret: Option<Secret>,
    patience: Patience,
    findings: Vec<Finding>,
    /// What the server said that may give its program away.
    words: Words,
    /// The passive ports it named.
    ports: Vec<u16>,
    /// What could not be found out.
    unknown: Vec<String>,
    /// This machine's address towards it.
    own_address: Option<IpAddr>,
    /// The address it says to see us at.
    seen_at: Option<IpAddr>,
    server_address: Option<IpAddr>,
    /// Whether a file stored just now has told the server's time.
    time_told: bool,
    /// Whether it was told that TCP stands.
    told_connected: AtomicBool,
}

impl Visit {
    /// A connection as the server's entry has it, but for a change.
    fn connection(&self, change: impl FnOnce(&mut Server)) -> Arc<Connection> {
        self.made(change, self.patience, Some(Arc::clone(&self.sink)))
    }

    /// The same for a look beside the steps: its lines are no step's, and nothing of it takes longer than
    /// connecting may.
    fn aside(&self, change: impl FnOnce(&mut Server)) -> Arc<Connection> {
        let patience = Patience {
            silence: self.patience.silence.min(self.patience.connect),
            ..self.patience
        };
        self.made(change, patience, self.log.clone())
    }

    fn made(
        &self,
        change: impl FnOnce(&mut Server),
        patience: Patience,
        sink: Option<Sink>,
    ) -> Arc<Connection> {
        let mut server = (*self.server).clone();
        change(&mut server);
        let connection = Connection::new(Arc::new(server), self.secret.clone(), patience, sink);
        Arc::new(connection)
    }

    /// A step has failed.
    fn fail(&mut self, begun: Begun, error: &Error, what: &str) {
        let why = error.failure(what).why;
        self.record.end(begun, false, Outcome::new(why));
        self.findings.push(fault::finding(error, what));
    }

    fn software(&self) -> Option<Software> {
        Software::of(&self.words)
    }

    /// All steps, until one leaves nothing more to look at.
    async fn course(&mut self, probe_upload: bool) -> Result<(), Failure> {
        let mode = match self.server.mode {
            ConnectionMode::Active => ConnectionMode::Active,
            // what active mode is worth is looked at by itself
            ConnectionMode::Passive | ConnectionMode::Auto => ConnectionMode::Passive,
        };
        let connection = self.connection(|server| server.mode = mode);
        let Some(mut session) = self.approach(&connection).await? else {
            return Ok(());
        };
        self.own_address = Some(session.own_address());
        self.server_address = session.server_address();
        let root = document_root(&self.server.document_path, session.login_folder())?;
        if self.folder(&mut session, &root).await {
            self.data(&mut session, &root).await;
            self.status(&mut session).await;
            if probe_upload {
                self.upload(&mut session, &root).await;
            }
        }
        self.limits(&connection).await;
        session.quit().await;
        Ok(())
    }

    /// Whether the document path is there, and may be written to as far as the server tells.
    async fn folder(&mut self, session: &mut Session, root: &RemotePath) -> bool {
        let begun = self.record.begin(Step::Folder);
        let landing = match session.landing(root).await {
            Ok(landing) => landing,
            Err(error) if session.is_usable() => {
                let failure = error.failure(format!("Could not open the document path {root}"));
                self.record.end(begun, false, Outcome::new(failure.why.clone()));
                let login_folder = session.login_folder().map(RemotePath::shown);
                self.findings.push(Finding::NoFolder(failure, login_folder));
                return false;
            }
            Err(error) => {
                self.fail(begun, &error, "Could not open the document path");
                return false;
            }
        };
        let rights = match session.rights(root).await {
            Ok(rights) => rights,
            Err(error) => {
                self.fail(begun, &error, "Could not ask for the rights");
                return false;
            }
        };
        let mut says = match landing.filter(|landing| landing != root) {
            Some(landing) => format!("{root} is there, and is {landing}"),
            None => format!("{root} is there"),
        };
        // c: files may be made, m: folders (RFC 3659 §7.5.5)
        if let Some(rights) = rights.filter(|rights| !rights.contains(['c', 'm'])) {
            says.push_str("; nothing may be written in it");
            if !self.server.read_only {
                let shows = format!("MLST gives the rights '{rights}'");
                self.findings.push(Finding::ReadOnly { shows });
            }
        }
        self.record.end(begun, true, Outcome::new(says));
        true
    }

    fn diagnosis(self) -> Diagnosis {
        let software = self.software();
        let about = About {
            server: &self.server,
            software,
        };
        let verdicts = verdicts(&self.findings, about);
        let mut firewall = Table::new(&self.server);
        if let Some(address) = self.server_address
            && address.to_string() != self.server.host
        {
            firewall.server = format!("{} ({address})", self.server.host);
        }
        let outside = self.server.external_ip.or(self.seen_at).or(self.own_address);
        firewall.client = outside.map(|ip| ip.to_string());
        let inside = self.own_address.filter(|own| Some(*own) != outside);
        firewall.client_inside = inside.map(|ip| ip.to_string());
        firewall.passive_setting = software.map(|software| software.passive_range().into());
        let mut unknown = self.unknown;
        if self.server_address.is_some() && !self.time_told {
            unknown.push("Whether the server's clock is right: only a file that was stored just now tells (--probe-upload)".into());
        }
        if !self.ports.is_empty() {
            unknown.push("Whether the firewall lets in all of the server's passive ports: only those were tried that it named".into());
        }
        unknown.push("Whether clients elsewhere get through: this is what is seen from here".into());
        firewall.passive_seen = self.ports;
        Diagnosis {
            verdicts,
            firewall,
            unknown,
        }
    }
}

/// Who waits while the doctor's sessions are made.
struct Waiting {
    id: ConnectionId,
    server: Arc<Server>,
    listener: Listener,
    questions: Arc<Questions>,
    /// The first TCP connection that stood.
    stood: watch::Sender<Option<(Instant, SocketAddr)>>,
}

impl Waiting {
    fn stood(&self) -> Option<(Instant, SocketAddr)> {
        *self.stood.borrow()
    }

    /// Waits until a TCP connection stands.
    async fn standing(&self) {
        // the sender lives as long as this does
        let _ = self.stood.subscribe().wait_for(Option::is_some).await;
    }
}

#[async_trait::async_trait]
impl Attendant for Waiting {
    fn step(&self, _: String) {}

    fn stands(&self, to: SocketAddr) {
        let first = self.stood.send_if_modified(|stood| {
            let first = stood.is_none();
            stood.get_or_insert((Instant::now(), to));
            first
        });
        if !first {
            return;
        }
        // what is waited for from now on
        let next = match self.server.protocol {
            Protocol::FtpsImplicit => Step::Tls,
            Protocol::FtpsExplicit | Protocol::Ftp => Step::Greeting,
        };
        self.listener.tell(Event::Examining(self.id, next));
    }

    fn notice(&self, text: String) {
        self.listener.tell(Event::Notice(text));
    }

    async fn ask(&self, wanted: Wanted) -> Option<Secret> {
        let question = Question::Secret {
            connection: self.id,
            server: Arc::clone(&self.server),
            wanted,
        };
        match self.questions.ask(question).await {
            Answer::Secret(secret) => Some(secret),
            _ => None,
        }
    }
}
