//! From the host name to a session, and what it is that answers where none comes about.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::record::{Outcome, Said, span};
use super::{Visit, fault};
use crate::ftp::connect::{Greeted, Opened};
use crate::ftp::connection::Connection;
use crate::ftp::error::{Error, Stage};
use crate::ftp::session::Session;
use crate::ftp::stages::{Stages, look};
use crate::ftp::tls::{Handshake, TlsError};
use crate::model::certificate::Trust;
use crate::model::diagnosis::Step;
use crate::model::event::Speaker;
use crate::model::failure::Failure;
use crate::model::server::{Protocol, Server, TlsVersion};
use crate::model::size::count;
use crate::plan::doctor::service::Service;
use crate::plan::doctor::{Agreement, Finding};

/// What speaks on a port.
enum Voice {
    /// An FTP server.
    Ftp,
    /// Something that shook hands and is none.
    Tls,
    /// Something else, with its first line.
    Other(Vec<u8>),
    /// Nothing that could be made out.
    Nothing,
}

impl Visit {
    /// Takes the stages to a session; `None` where one of them has failed, with the finding.
    pub(super) async fn approach(
        &mut self,
        connection: &Arc<Connection>,
    ) -> Result<Option<Session>, Failure> {
        let what = format!("Could not look at {}", self.server.address());
        let stages = match Stages::begin(connection).await {
            Ok(stages) => stages,
            Err(error) => return Err(error.failure(what)),
        };
        let Some(addresses) = self.look_up(&stages, &what).await else {
            return Ok(None);
        };
        let Some(greeted) = self.connect(&stages, addresses, &what).await else {
            return Ok(None);
        };
        let Some(opened) = self.protect(&stages, greeted, &what).await? else {
            return Ok(None);
        };
        self.log_in(stages, opened, &what).await
    }

    async fn look_up(&mut self, stages: &Stages, what: &str) -> Option<Vec<SocketAddr>> {
        let begun = self.record.begin(Step::Lookup);
        let addresses = match stages.look_up(&self.attendant).await {
            Ok(addresses) => addresses,
            Err(error) => {
                self.fail(begun, &error, what);
                return None;
            }
        };
        let says = match &self.server.proxy {
            Some(proxy) => format!(
                "the proxy {} is found; it looks up the server's name itself",
                proxy.host
            ),
            None if self.server.host.parse::<IpAddr>().is_ok() => "it is written as an address".into(),
            None => format!(
                "{} has {}",
                self.server.host,
                count(addresses.len() as u64, "address", "addresses")
            ),
        };
        let records = addresses.iter().map(|address| match address.ip() {
            IpAddr::V4(ip) => format!("A {ip}"),
            IpAddr::V6(ip) => format!("AAAA {ip}"),
        });
        self.record.end(begun, true, Outcome::new(says).seeing(records));
        Some(addresses)
    }

    /// TCP, implicit TLS and the greeting, which come in one.
    async fn connect(&mut self, stages: &Stages, addresses: Vec<SocketAddr>, what: &str) -> Option<Greeted> {
        let begun = self.record.begin(Step::Connect);
        let greeted = stages.greet(addresses, &self.attendant).await;
        let said = self.record.take();
        let stood = match (self.attendant.stood(), &greeted) {
            (None, Err(error)) | (Some(_), Err(error @ Error::Proxy(..))) => {
                self.fail(begun, error, what);
                return None;
            }
            (stood, _) => stood,
        };
        let (at, to) = stood.unwrap_or((begun.at(), SocketAddr::from(([0, 0, 0, 0], 0))));
        let mut outcome = Outcome::new(format!("connected to {to}"));
        if let Ok(greeted) = &greeted {
            outcome = outcome.seeing([format!("from {}", greeted.ends().1)]);
        }
        self.record
            .tell(Step::Connect, true, at - begun.at(), &[], outcome);

        let implicit = self.server.protocol == Protocol::FtpsImplicit;
        let mut spent = at.elapsed();
        let greeted = match greeted {
            Ok(greeted) => greeted,
            Err(error) => {
                let in_tls =
                    matches!(error, Error::Tls(..)) || matches!(error, Error::Silent(Stage::Handshake, _));
                let step = if in_tls { Step::Tls } else { Step::Greeting };
                let error = stages.explained(error, &self.attendant).await;
                let outcome = Outcome::new(error.failure(what).why);
                self.record.tell(step, false, spent, &said, outcome);
                self.wonder(&error, what).await;
                return None;
            }
        };
        if let Some(handshake) = greeted.handshake().filter(|_| implicit) {
            spent = spent.saturating_sub(handshake.took);
            self.record
                .tell(Step::Tls, true, handshake.took, &[], described(&handshake));
        }
        let lines: Vec<&str> = lines(&said, Speaker::Server).collect();
        self.words.greeting = lines.join("\n");
        let first = lines.first().copied().unwrap_or_default().to_owned();
        if let Some(service) = Service::of_greeting(first.as_bytes()) {
            let outcome = Outcome::new("this is no FTP server's greeting");
            self.record.tell(Step::Greeting, false, spent, &said, outcome);
            self.findings.push(Finding::Speaks(service, Some(first)));
            return None;
        }
        let outcome = Outcome::new("the server greets");
        self.record.tell(Step::Greeting, true, spent, &said, outcome);
        Some(greeted)
    }

    async fn protect(
        &mut self,
        stages: &Stages,
        greeted: Greeted,
        what: &str,
    ) -> Result<Option<Opened>, Failure> {
        let explicit = self.server.protocol == Protocol::FtpsExplicit;
        let begun = explicit.then(|| self.record.begin(Step::Tls));
        let error = match (stages.protect(greeted, &self.attendant).await, begun) {
            (Ok(opened), Some(begun)) => {
                let outcome = opened.handshake.as_ref().map(described).unwrap_or_default();
                self.record.end(begun, true, outcome);
                return Ok(Some(opened));
            }
            (Ok(opened), None) => return Ok(Some(opened)),
            (Err(error), _) => error,
        };
        let begun = begun.unwrap_or_else(|| self.record.begin(Step::Tls));
        let error = stages.explained(error, &self.attendant).await;
        if fault::is_ours(&error) {
            return Err(error.failure(what));
        }
        self.record
            .end(begun, false, Outcome::new(error.failure(what).why));
        self.wonder(&error, what).await;
        Ok(None)
    }

    /// A second look at a server that did not do as its protocol has it: what does it speak?
    async fn wonder(&mut self, error: &Error, what: &str) {
        let finding = match error {
            Error::Silent(Stage::Greeting, _) | Error::Broken(Stage::Greeting, _)
                if self.server.protocol != Protocol::FtpsImplicit =>
            {
                match (self.spoken(Protocol::FtpsImplicit).await, error) {
                    (Voice::Ftp, _) => Finding::Implicit,
                    (Voice::Tls, _) => Finding::Speaks(Service::Tls, None),
                    (_, Error::Silent(..)) => Finding::Speaks(Service::Silent, None),
                    _ => fault::finding(error, what),
                }
            }
            // TLS stood, and no FTP server was behind it
            Error::Silent(Stage::Greeting, _) => Finding::Speaks(Service::Tls, None),
            Error::Tls(Stage::Handshake, TlsError::NotTls | TlsError::Broken(_) | TlsError::Other(_))
            | Error::Silent(Stage::Handshake, _)
                if self.server.protocol == Protocol::FtpsImplicit =>
            {
                match (self.spoken(Protocol::Ftp).await, error) {
                    (Voice::Ftp, _) => Finding::Explicit,
                    (Voice::Other(line), _) => fault::finding(&Error::NotFtp(line), what),
                    (_, Error::Tls(_, TlsError::Broken(_) | TlsError::Other(_))) => {
                        self.agreed(error, what).await
                    }
                    _ => Finding::Speaks(Service::Silent, None),
                }
            }
            Error::Tls(
                Stage::Handshake,
                TlsError::NoAgreement(_) | TlsError::Weak(_) | TlsError::Broken(_) | TlsError::Other(_),
            ) => self.agreed(error, what).await,
            _ => fault::finding(error, what),
        };
        self.findings.push(finding);
    }

    /// What speaks on the port where it is spoken to in this protocol; nothing is sent but what TLS needs.
    async fn spoken(&self, protocol: Protocol) -> Voice {
        let connection = self.connection(|server| {
            server.protocol = protocol;
            lenient(server);
        });
        for _ in 0..2 {
            let greeted = async {
                let stages = Stages::begin(&connection).await?;
                let addresses = stages.look_up(&self.attendant).await?;
                stages.greet(addresses, &self.attendant).await
            };
            self.record.take();
            match greeted.await {
                Ok(_) => {
                    let said = self.record.take();
                    let first = lines(&said, Speaker::Server).next().unwrap_or_default();
                    return match Service::of_greeting(first.as_bytes()) {
                        None => Voice::Ftp,
                        Some(_) => Voice::Other(first.into()),
                    };
                }
                Err(Error::NotFtp(line)) if !protocol.is_tls() => return Voice::Other(line),
                Err(Error::Refused(Stage::Greeting, ..)) => return Voice::Ftp,
                Err(error) if self.accepted(&connection, &error) => {}
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
        let connection = self.connection(lenient);
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

    /// Login, features, and which program it is; the login's own dialogue tells its parts apart.
    async fn log_in(
        &mut self,
        stages: Stages,
        opened: Opened,
        what: &str,
    ) -> Result<Option<Session>, Failure> {
        let begun = self.record.begin(Step::Login);
        let mut session = match stages.log_in(opened, &self.attendant).await {
            Ok(session) => session,
            Err(error) if fault::is_ours(&error) => return Err(error.failure(what)),
            Err(error) => {
                self.fail(begun, &error, what);
                return Ok(None);
            }
        };
        let said = self.record.take();
        let own = |line: &Said| {
            let verb = line.1.text.split(' ').next().unwrap_or_default();
            line.1.speaker == Speaker::Client && !matches!(verb, "USER" | "PASS" | "ACCT")
        };
        let (login, after) = said.split_at(said.iter().position(own).unwrap_or(said.len()));
        let outcome = Outcome::new(format!("logged in as {}", self.server.login()));
        self.record.tell(Step::Login, true, span(login), login, outcome);

        let begun = self.record.begin(Step::Features);
        match session.ask_about("SYST").await {
            Ok(reply) => self.words.system = reply.shown(),
            Err(error) => {
                self.fail(begun, &error, what);
                return Ok(None);
            }
        }
        let features = session.features();
        self.words.features = features.iter().map(|feature| feature.name.clone()).collect();
        let mut says = vec![match self.software() {
            Some(software) => software.name().to_owned(),
            None => "an FTP server that does not say which".to_owned(),
        }];
        says.push(count(self.words.features.len() as u64, "feature", "features"));
        says.push(if features.has_mlsd() { "MLSD" } else { "no MLSD" }.into());
        says.push(
            if features.has_utf8() {
                "UTF-8"
            } else {
                "UTF-8 not announced"
            }
            .into(),
        );
        let took = span(after) + begun.at().elapsed();
        let said = [after.to_vec(), self.record.take()].concat();
        let outcome = Outcome::new(says.join(", "));
        self.record.tell(Step::Features, true, took, &said, outcome);
        Ok(Some(session))
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

/// A handshake for a person who wants to know.
fn described(handshake: &Handshake) -> Outcome {
    let trust = match handshake.trust {
        Trust::Verified => "verified",
        Trust::Pinned => "pinned",
        Trust::Once => "accepted once",
    };
    let mut says = format!("{}, the certificate is {trust}", handshake.version);
    if !handshake.weak.is_empty() {
        says.push_str(&format!(", weak ({})", handshake.weak.join(", ")));
    }
    let mut seen = vec![
        format!("{} {}", handshake.version, handshake.cipher)
            .trim_end()
            .to_owned(),
    ];
    if let Some(certificate) = handshake.certificate() {
        let date = |stamp: Option<crate::model::stamp::Stamp>| {
            let text = stamp.and_then(|stamp| stamp.rfc3339());
            text.unwrap_or_else(|| "an unknown time".into())
        };
        says.push_str(&format!(
            " and valid until {}",
            date(certificate.not_after).chars().take(10).collect::<String>()
        ));
        seen.push(format!("certificate of {}", certificate.subject));
        seen.push(format!("signed by {}", handshake.signers().join(", then by ")));
        if !certificate.names.is_empty() {
            seen.push(format!("for {}", certificate.names.join(", ")));
        }
        seen.push(format!(
            "valid from {} to {}",
            date(certificate.not_before),
            date(certificate.not_after)
        ));
        seen.push(format!("key {}", certificate.key));
        seen.push(certificate.pin.to_string());
    }
    Outcome::new(says).seeing(seen)
}

fn lines(said: &[Said], speaker: Speaker) -> impl Iterator<Item = &str> {
    let lines = said.iter().filter(move |(_, line)| line.speaker == speaker);
    lines.map(|(_, line)| line.text.as_str())
}
