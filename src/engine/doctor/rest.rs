//! What is looked at when data flow: what the server says of idle sessions, how many of them it allows,
//! and whether a file can be stored.

use std::sync::Arc;

use super::super::unix_now;
use super::data::status_text;
use super::record::Outcome;
use super::{Visit, fault};
use crate::ftp::connection::Connection;
use crate::ftp::error::Error;
use crate::ftp::session::{FileSize, Session};
use crate::ftp::transfer::Request;
use crate::model::diagnosis::Step;
use crate::model::path::{Name, RemotePath};
use crate::model::size::{count, duration};
use crate::plan::doctor::{Finding, hints};

/// What is stored where an upload is tried.
const CONTENT: &[u8] =
    b"ftpane was here to see whether this server takes files. This one can be deleted.\r\n";

/// By how many seconds two clocks may differ and still tell the same time: the transfer took a while.
const SAME_TIME: i64 = 120;

impl Visit {
    /// What the server says of itself, in the greeting and in reply to STAT and HELP: which program it is, when does the server end idle sessions, where does it see us?
    pub(super) async fn status(&mut self, session: &mut Session) {
        if !session.is_usable() {
            return;
        }
        let begun = self.record.begin(Step::Idle);
        let mut asked = "STAT";
        let mut answer = session.ask_about(asked).await;
        if let Ok(reply) = &answer {
            self.words.status = status_text(reply);
            if self.software().is_none() {
                asked = "HELP";
                answer = session.ask_about(asked).await;
            }
        }
        match answer {
            Ok(reply) if asked == "HELP" => self.words.help = status_text(&reply),
            Ok(_) => {}
            // no transfer needs them: a server that does not take them is none the worse
            Err(error) => {
                let why = error.failure(asked).why;
                self.unknown
                    .push(format!("What the server would say to {asked}: {why}"));
                return self.record.end(begun, false, Outcome::new(why));
            }
        }
        self.seen_at = self
            .seen_at
            .or(hints::own_address(&self.words.status, self.server_address));
        let text = format!("{}\n{}", self.words.greeting, self.words.status);
        let says = match (hints::idle_seconds(&text), self.server.keep_alive) {
            (None, _) => "the server does not say when it ends idle sessions".to_owned(),
            (Some(idle), 0) => format!("idle sessions end after {}", duration(idle)),
            (Some(idle), every) => format!(
                "idle sessions end after {}; a sign of life goes out every {}",
                duration(idle),
                duration(every.into())
            ),
        };
        self.record.end(begun, true, Outcome::new(says));
    }

    /// As many sessions at once as are set; the first one stands.
    pub(super) async fn limits(&mut self, connection: &Arc<Connection>) {
        let wanted = self.server.connections;
        if wanted < 2 {
            return;
        }
        let begun = self.record.begin(Step::Limits);
        if connection.is_one_time() {
            let says = "not tried: each login needs an answer of its own";
            return self.record.end(begun, true, Outcome::new(says));
        }
        let mut sessions = Vec::new();
        let mut refused = None;
        for _ in 1..wanted {
            // the dialogue of the one that is refused is what is worth reading
            self.record.take();
            match connection.login(&self.attendant).await {
                Ok(session) => sessions.push(session),
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        let stood = u8::try_from(sessions.len() + 1).unwrap_or(u8::MAX);
        let says = match stood == wanted {
            true => format!("{} stood at once", count(stood.into(), "session", "sessions")),
            false => format!("{stood} of {wanted} sessions stood at once"),
        };
        if refused.is_none() {
            self.record.take();
        }
        self.record.end(begun, refused.is_none(), Outcome::new(says));
        if let Some(error) = refused {
            let failure = error.failure("Could not make one more session");
            // the first one stands
            self.findings.push(match fault::keeps_out(&error) {
                true => Finding::TooMany {
                    failure,
                    stood,
                    wanted,
                },
                false => fault::finding(&error, "Could not make one more session"),
            });
        }
        for session in sessions {
            session.quit().await;
        }
    }

    /// Stores a small file below the document path and deletes it again.
    pub(super) async fn upload(&mut self, session: &mut Session, root: &RemotePath) {
        if !session.is_usable() {
            return;
        }
        let begun = self.record.begin(Step::Upload);
        if self.server.read_only {
            let says = "not tried: this server is set to read only";
            return self.record.end(begun, true, Outcome::new(says));
        }
        let name = format!(".ftpane-doctor-{}-{}", std::process::id(), unix_now());
        let Ok(name) = Name::new(name.as_bytes()) else {
            return;
        };
        let path = root.join(&name);
        let what = format!("Could not store {path}");
        if let Err(error) = store(session, &path).await {
            let failure = error.failure(what.clone());
            let refused = matches!(&error, Error::Refused(_, verb, reply)
                if verb == "STOR" && matches!(reply.code, 450..=553));
            if !refused {
                return self.fail(begun, &error, &what);
            }
            self.record.end(begun, false, Outcome::new(failure.why.clone()));
            // that is no matter of rights
            if failure.full {
                return self.findings.push(Finding::Full(failure));
            }
            let shows = failure.reply.unwrap_or(failure.why);
            // one verdict: what MLST has told was right
            self.findings
                .retain(|finding| !matches!(finding, Finding::ReadOnly { .. }));
            return self.findings.push(Finding::ReadOnly { shows });
        }
        let stored = unix_now();
        let kept = session.ask_size(&path).await;
        let dated = session.modified(&path).await;
        let gone = session.delete_file(&path).await;
        if let Ok(Some(dated)) = dated {
            self.time_told = true;
            let ahead = dated.seconds - stored;
            if ahead.abs() > SAME_TIME {
                self.findings.push(Finding::ServerTime { ahead });
            }
        }
        let says = match (kept, gone) {
            (Ok(FileSize::File(Some(size))), _) if size != CONTENT.len() as u64 => {
                format!(
                    "stored, and the server says it has {size} bytes of {}",
                    CONTENT.len()
                )
            }
            (_, Ok(())) => "a file was stored, and deleted again".to_owned(),
            (_, Err(error)) => format!(
                "a file was stored and could not be deleted: {path} is left there ({})",
                error.failure(what).why
            ),
        };
        self.record.end(begun, true, Outcome::new(says));
    }
}

async fn store(session: &mut Session, path: &RemotePath) -> Result<(), Error> {
    let mut transfer = session.begin(&Request::store(path, 0)).await?;
    transfer.write(session, CONTENT).await?;
    session.finish(transfer).await.map(drop)
}
