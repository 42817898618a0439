//! The listing of the document path: its data connection, TLS on that, and what the listing shows.

use super::super::unix_now;
use super::passive::Passive;
use super::record::{Begun, Outcome};
use super::{Visit, fault};
use crate::ftp::error::Error;
use crate::ftp::session::Session;
use crate::model::diagnosis::{Code, Fix, Step};
use crate::model::listing::{Dialect, Listing};
use crate::model::path::RemotePath;
use crate::model::server::{ConnectionMode, TlsBackend, TlsVersion};
use crate::model::size::count;
use crate::model::text::escape;
use crate::plan::doctor::{Finding, Remedy};

impl Visit {
    /// Data connections in the mode that is set, and in the other one where that could help.
    pub(super) async fn data(&mut self, session: &mut Session, root: &RemotePath) {
        let proxied = self.server.proxy.is_some();
        if self.server.mode == ConnectionMode::Active && !proxied {
            if self.active(root, None, Some(&mut *session)).await == Some(true) {
                self.list(session, root).await;
                let unknown =
                    "Whether passive mode works: active mode does, so it was not tried (--mode passive)";
                self.unknown.push(unknown.into());
            }
            return;
        }
        let passive = self.passive(session).await;
        let active = match &passive {
            Passive::Open => {
                self.list(session, root).await;
                return self.active_too(root).await;
            }
            Passive::Lost => return,
            // nobody connects to this machine through a proxy
            _ if proxied => None,
            _ => self.active(root, Some(false), None).await,
        };
        match passive {
            Passive::Closed(port, reach) => {
                self.findings.push(Finding::Passive { port, reach, active });
            }
            Passive::Refused(failure) => {
                self.findings.push(Finding::NoPassive { failure, active });
            }
            Passive::Open | Passive::Told | Passive::Lost => {}
        }
    }

    /// Where passive mode works, active mode is tried if settings for it stand in the server's entry; that it
    /// does not work is no finding then.
    async fn active_too(&mut self, root: &RemotePath) {
        let server = &self.server;
        if server.proxy.is_some() {
            return;
        }
        let meant = server.mode == ConnectionMode::Auto
            || server.external_ip.is_some()
            || server.port_range.is_some();
        if meant {
            self.active(root, Some(true), None).await;
        } else {
            let unknown = "Whether active mode works: passive mode does, so it was not tried (--mode active)";
            self.unknown.push(unknown.into());
        }
    }

    /// Lists the document path as a pane would, and looks at what that shows.
    async fn list(&mut self, session: &mut Session, root: &RemotePath) {
        let begun = self.record.begin(Step::Listing);
        let listing = match session.list(root, unix_now()).await {
            Ok(listing) => listing,
            Err(error) => return self.not_listed(begun, &error, root).await,
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
    async fn not_listed(&mut self, begun: Begun, error: &Error, root: &RemotePath) {
        let what = format!("Could not list {root}");
        let in_tls = self.server.protocol.is_tls()
            && matches!(
                fault::code(error),
                Code::DataTlsReuse | Code::DataTlsStalled | Code::ProtRefused
            );
        let begun = match in_tls {
            true => begun.as_step(Step::DataTls),
            false => begun,
        };
        let why = error.failure(what.clone()).why;
        self.record.end(begun, false, Outcome::new(why));
        let finding = self.unlisted(error, &what).await;
        self.findings.push(finding);
    }

    /// What a listing that failed is; where the server wants a TLS session resumed, what makes that work
    /// is looked for.
    pub(super) async fn unlisted(&self, error: &Error, what: &str) -> Finding {
        let failure = error.failure(what);
        match error {
            Error::Unresumed { .. } => Finding::Unresumed(failure, self.resuming().await),
            _ if error.blames_protection() && !self.server.protocol.is_tls() => Finding::WantsTls(failure),
            _ => fault::finding(error, what),
        }
    }

    /// What makes a data connection resume, tried over a session of its own.
    async fn resuming(&self) -> Remedy {
        let server = &self.server;
        let fix = match server.tls_backend {
            TlsBackend::System => Fix::TlsBackend(TlsBackend::Openssl),
            TlsBackend::Openssl if server.tls_max > TlsVersion::V1_2 => Fix::TlsMax(TlsVersion::V1_2),
            TlsBackend::Openssl => return Remedy::Nothing,
        };
        let connection = self.aside(|server| fix.apply(server));
        let Ok(mut session) = connection.login(&self.attendant).await else {
            return Remedy::Untried;
        };
        let listed = match super::document_root(&server.document_path, session.login_folder()) {
            Ok(root) => session.list(&root, unix_now()).await.is_ok(),
            Err(_) => false,
        };
        session.quit().await;
        match listed {
            true => Remedy::Setting(fix),
            false => Remedy::Nothing,
        }
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
}

/// The lines of a reply, escaped.
pub(super) fn status_text(reply: &crate::ftp::reply::Reply) -> String {
    let lines: Vec<String> = reply.lines.iter().map(|line| escape(line.trim_ascii())).collect();
    lines.join("\n")
}
