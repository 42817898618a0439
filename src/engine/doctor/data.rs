//! Data connections: passive ports and who answers there, the listing and its TLS, active mode.

use std::net::{IpAddr, SocketAddrV4};

use super::super::unix_now;
use super::record::{Begun, Outcome};
use super::{Visit, fault};
use crate::ftp::error::{Error, Stage};
use crate::ftp::session::Session;
use crate::ftp::tls::TlsError;
use crate::model::address::is_private;
use crate::model::diagnosis::{Code, Step};
use crate::model::listing::{Dialect, Listing};
use crate::model::path::RemotePath;
use crate::model::server::{ConnectionMode, PassiveAddress};
use crate::model::size::count;
use crate::model::text::escape;
use crate::plan::doctor::{Finding, Reach, hints};

/// What became of passive mode.
enum Passive {
    /// A data port was reached.
    Open,
    /// None was: the one tried last, and what came of it.
    Closed(u16, Reach),
    /// The server names none; it was said.
    Unnamed,
    /// The session is lost; it was said.
    Lost,
}

impl Visit {
    /// Data connections in the mode that is set, and in the other one where that could help.
    pub(super) async fn data(&mut self, session: &mut Session, root: &RemotePath) {
        let proxied = self.server.proxy.is_some();
        if self.server.mode == ConnectionMode::Active && !proxied {
            if self.active(root, None, true).await == Some(true) {
                self.list(session, root).await;
            }
            return;
        }
        match self.passive(session).await {
            Passive::Open => self.list(session, root).await,
            Passive::Lost => {}
            Passive::Unnamed if proxied => {}
            Passive::Unnamed => drop(self.active(root, Some(false), false).await),
            Passive::Closed(port, reach) => {
                let active = match proxied {
                    true => None,
                    false => self.active(root, Some(false), false).await,
                };
                self.findings.push(Finding::Passive { port, reach, active });
            }
        }
    }

    /// EPSV and PASV, and whether their ports answer.
    async fn passive(&mut self, session: &mut Session) -> Passive {
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
                    // over IPv6 there is no other passive mode (RFC 2428 §1)
                    self.findings.push(Finding::Failed(Code::PassiveRefused, failure));
                    return Passive::Unnamed;
                }
                Some(failure.reply.unwrap_or(failure.why))
            }
        };
        let Some(why) = without else {
            return match self.classic(session, true).await {
                Passive::Lost => Passive::Lost,
                _ => Passive::Open,
            };
        };
        if !session.has_classic() {
            return last.map_or(Passive::Unnamed, |(port, reach)| Passive::Closed(port, reach));
        }
        session.give_up_extended();
        match self.classic(session, false).await {
            Passive::Open => {
                self.findings.push(Finding::NoExtended(why));
                Passive::Open
            }
            other => other,
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
                if !open {
                    self.findings.push(Finding::Failed(Code::PassiveRefused, failure));
                }
                return Passive::Unnamed;
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
            true => Passive::Unnamed,
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

    /// Lists the document path as a pane would, and looks at what that shows.
    async fn list(&mut self, session: &mut Session, root: &RemotePath) {
        let begun = self.record.begin(Step::Listing);
        let listing = match session.list(root, unix_now()).await {
            Ok(listing) => listing,
            Err(error) => return self.not_listed(begun, &error, root),
        };
        let mut says = format!(
            "{}, written as {}",
            count(listing.entries.len() as u64, "entry", "entries"),
            listing.dialect.word()
        );
        if listing.dialect == Dialect::Unknown {
            says = "it is empty".into();
        }
        if listing.unreadable_count > 0 {
            let lines = count(listing.unreadable_count, "line", "lines");
            says.push_str(&format!(", {lines} not read"));
        }
        self.record.end(begun, listing.is_whole(), Outcome::new(says));
        if let Some(first) = listing.unreadable.first() {
            self.findings.push(Finding::Unreadable {
                count: listing.unreadable_count,
                first: escape(first),
            });
        }
        if let Some(reason) = listing.incomplete.clone() {
            self.findings.push(Finding::Incomplete(reason));
        }
        self.protection(session);
        self.clock(session, &listing);
    }

    /// Where the listing failed over TLS, that is the step that did.
    fn not_listed(&mut self, begun: Begun, error: &Error, root: &RemotePath) {
        let what = format!("Could not list {root}");
        // a port was reached a moment ago: what did not come is the handshake
        let stalled = matches!(error, Error::Silent(Stage::Data, _)) && self.server.protocol.is_tls();
        let in_tls = stalled
            || matches!(error, Error::Unresumed { .. })
            || matches!(error, Error::Tls(Stage::Data | Stage::Transfer, _));
        let begun = if in_tls {
            begun.as_step(Step::DataTls)
        } else {
            begun
        };
        if !stalled {
            return self.fail(begun, error, &what);
        }
        let mut failure = error.failure(what);
        failure.why = "the data connection stands, and TLS on it does not come about".into();
        failure.hint = Some("Something on the way may meddle with it: a firewall that reads FTP, an old router; or the server hangs".into());
        self.record.end(begun, false, Outcome::new(failure.why.clone()));
        self.findings.push(Finding::Failed(Code::DataTlsStalled, failure));
    }

    /// TLS of the data connection that has just been used.
    fn protection(&mut self, session: &Session) {
        let Some(tls) = session.facts(unix_now()).tls else {
            return;
        };
        let begun = self.record.begin(Step::DataTls);
        let says = match tls.data_resumed {
            None => "encrypted; the system's TLS library does not tell whether it resumed".to_owned(),
            Some(0) => "encrypted; the control connection's TLS session was not resumed, which this server does not demand".into(),
            Some(_) => "encrypted, and resumed the control connection's TLS session".into(),
        };
        let took = session.data_handshake().unwrap_or_default();
        self.record
            .tell(begun.step(), true, took, &[], Outcome::new(says));
    }

    /// What a listing shows of the server's clock.
    fn clock(&mut self, session: &Session, listing: &Listing) {
        let begun = self.record.begin(Step::Clock);
        let measured = session.facts(unix_now()).clock_offset;
        let says = match (listing.dialect, self.server.clock_offset, measured) {
            (Dialect::Mlsd, ..) => "MLSD tells times in UTC".to_owned(),
            (_, Some(set), _) => format!("LIST is taken to be {}, as is set", set.words()),
            (_, None, Some(offset)) => {
                if offset.minutes() != 0 {
                    self.findings.push(Finding::Clock(offset));
                }
                format!("LIST is {}, found by MDTM", offset.words())
            }
            (_, None, None) => {
                let unknown = "Whether the times of LIST are UTC: no file here tells both";
                self.unknown.push(unknown.into());
                "not known: no file here whose time MDTM tells too".into()
            }
        };
        self.record.end(begun, true, Outcome::new(says));
    }

    /// Has the server connect to us, on a session of its own; whether it did. `passive`: whether passive
    /// mode works; `is_set`: active mode is what is to be used, so that it not working is a finding.
    async fn active(&mut self, root: &RemotePath, passive: Option<bool>, is_set: bool) -> Option<bool> {
        let begun = self.record.begin(Step::Active);
        let connection = self.connection(|server| server.mode = ConnectionMode::Active);
        let mut session = match connection.login(&self.attendant).await {
            Ok(session) => session,
            Err(error) => {
                let why = error.failure("Active mode").why;
                let says = format!("not tried: there is no further session ({why})");
                self.record.end(begun, true, Outcome::new(says));
                self.unknown
                    .push("Whether active mode works: there was no session left to try it".into());
                return None;
            }
        };
        if let Ok(status) = session.ask_about("STAT").await {
            let text = status_text(&status);
            self.seen_at = self
                .seen_at
                .or(hints::own_address(&text, session.server_address()));
        }
        let listed = session.list(root, unix_now()).await;
        let stranger = connection.stranger();
        let (ok, finding) = match listed {
            Ok(_) => {
                let outcome = Outcome::new("the server connected to our port");
                self.record.end(begun, true, outcome);
                (true, stranger.map(Finding::Stranger))
            }
            Err(error) => {
                let failure = error.failure("Active mode");
                self.record.end(begun, false, Outcome::new(failure.why.clone()));
                let finding = match says_nobody_came(&error) {
                    true => Finding::Active {
                        failure,
                        stranger,
                        announced: self.server.external_ip.or(Some(session.own_address())),
                        seen: self.seen_at,
                        server: session.server_address(),
                        passive: match (passive, is_set) {
                            (None, true) => self.passive_works().await,
                            (passive, _) => passive,
                        },
                    },
                    false => fault::finding(&error, "Active mode"),
                };
                (false, Some(finding))
            }
        };
        session.quit().await;
        // where it was only tried, passive mode's verdict says what came of it
        if is_set || (ok && self.server.mode == ConnectionMode::Auto) {
            self.findings.extend(finding);
        }
        Some(ok)
    }

    /// Whether a passive port answers, where active mode is set and does not work.
    async fn passive_works(&mut self) -> Option<bool> {
        let connection = self.connection(|server| server.mode = ConnectionMode::Passive);
        let mut session = connection.login(&self.attendant).await.ok()?;
        // only tried: what is the matter with it is no finding
        let found = self.findings.len();
        let passive = self.passive(&mut session).await;
        self.findings.truncate(found);
        session.quit().await;
        Some(matches!(passive, Passive::Open))
    }
}

/// The lines of a reply, escaped.
pub(super) fn status_text(reply: &crate::ftp::reply::Reply) -> String {
    let lines: Vec<String> = reply.lines.iter().map(|line| escape(line.trim_ascii())).collect();
    lines.join("\n")
}

/// Whether an error says that in active mode no connection came, or that the server would not make one.
fn says_nobody_came(error: &Error) -> bool {
    match error {
        Error::Silent(stage, _) | Error::Broken(stage, _) => *stage == Stage::Data,
        Error::Refused(_, verb, reply) => {
            matches!(verb.as_str(), "PORT" | "EPRT") || matches!(reply.code, 425 | 426)
        }
        Error::Tls(Stage::Data, TlsError::Broken(_)) => false,
        Error::NoWay(_) => true,
        _ => false,
    }
}
