//! Active mode: whether the server comes to a port of ours, and who else does.

use super::super::unix_now;
use super::Visit;
use super::data::status_text;
use super::passive::Passive;
use super::record::Outcome;
use crate::ftp::error::{Error, Stage};
use crate::ftp::session::Session;
use crate::model::diagnosis::Step;
use crate::model::failure::Class;
use crate::model::path::RemotePath;
use crate::model::server::ConnectionMode;
use crate::plan::doctor::{Finding, hints};

impl Visit {
    /// Has the server connect to us; whether it did. `passive`: whether passive mode works. `set`: the
    /// session of a server whose mode is active; that it does not work is a finding then.
    ///
    /// It is done on a session of its own, as one that fails is of no more use; where there is no further
    /// one and active mode is set, on the one there is.
    pub(super) async fn active(
        &mut self,
        root: &RemotePath,
        passive: Option<bool>,
        set: Option<&mut Session>,
    ) -> Option<bool> {
        let begun = self.record.begin(Step::Active);
        let is_set = set.is_some();
        let connection = self.connection(|server| server.mode = ConnectionMode::Active);
        let mut own = None;
        let session = match (connection.login(&self.attendant).await, set) {
            (Ok(session), _) => own.insert(session),
            (Err(_), Some(session)) => session,
            (Err(error), None) => {
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
        let stranger = session.stranger();
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
                    false => self.unlisted(&error, "Active mode").await,
                };
                (false, Some(finding))
            }
        };
        if let Some(own) = own {
            own.quit().await;
        }
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

/// Whether an error says that in active mode no connection came, or that the server would not make one.
fn says_nobody_came(error: &Error) -> bool {
    match error {
        Error::Silent(stage, _) | Error::Broken(stage, _) => *stage == Stage::Data,
        Error::Refused(_, verb, reply) => {
            matches!(verb.as_str(), "PORT" | "EPRT")
                || ((reply.code == 426 || error.failure("").class == Class::Data)
                    && !error.blames_protection())
        }
        Error::NoWay(_) => true,
        _ => false,
    }
}
