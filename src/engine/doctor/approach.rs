//! From the host name to a session, and what it is that answers where none comes about.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::encryption::{described, failing};
use super::record::{Begun, Outcome, Said, span};
use super::{Visit, fault};
use crate::ftp::connect::{Greeted, Opened};
use crate::ftp::connection::Connection;
use crate::ftp::error::{Error, Stage};
use crate::ftp::session::Session;
use crate::ftp::stages::Stages;
use crate::model::diagnosis::Step;
use crate::model::event::Speaker;
use crate::model::failure::Failure;
use crate::model::server::Protocol;
use crate::model::size::count;
use crate::plan::doctor::Finding;
use crate::plan::doctor::service::Service;

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
        let (greeted, voice) = self.greeted(begun, stages, addresses).await;
        let said = self.record.take();
        let stood = match (self.attendant.stood(), &greeted) {
            (None, Err(error)) | (Some(_), Err(error @ Error::Proxy(..))) => {
                self.fail(begun, error, what);
                return None;
            }
            (stood, _) => stood,
        };
        let from = greeted.as_ref().ok().map(|greeted| greeted.ends().1);
        self.tell_connected(begun, from);
        let at = stood.map_or(begun.at(), |(at, _)| at);
        let implicit = self.server.protocol == Protocol::FtpsImplicit;
        let mut spent = at.elapsed();
        let greeted = match greeted {
            Ok(greeted) => greeted,
            Err(error) => {
                let in_tls =
                    matches!(error, Error::Tls(..)) || matches!(error, Error::Silent(Stage::Handshake, _));
                let step = if in_tls { Step::Tls } else { Step::Greeting };
                let error = stages.explained(error, &self.attendant).await;
                self.record.tell(step, false, spent, &said, failing(&error, what));
                self.wonder(&error, voice, what).await;
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

    /// Tells that TCP stands, once; `from`: this end, where that is known.
    pub(super) fn tell_connected(&self, begun: Begun, from: Option<SocketAddr>) {
        if self.told_connected.swap(true, Ordering::Relaxed) {
            return;
        }
        let (at, to) = match self.attendant.stood() {
            Some((at, to)) => (at, to.to_string()),
            None => (begun.at(), self.server.address()),
        };
        let seen = from.map(|from| format!("from {from}"));
        let outcome = Outcome::new(format!("connected to {to}")).seeing(seen);
        self.record
            .tell(Step::Connect, true, at - begun.at(), &[], outcome);
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
        self.record.end(begun, false, failing(&error, what));
        self.wonder(&error, None, what).await;
        Ok(None)
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
        self.words.features = session.features().names().to_vec();
        let features = session.features();
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

fn lines(said: &[Said], speaker: Speaker) -> impl Iterator<Item = &str> {
    let lines = said.iter().filter(move |(_, line)| line.speaker == speaker);
    lines.map(|(_, line)| line.text.as_str())
}
