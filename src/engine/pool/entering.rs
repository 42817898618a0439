//! How a session comes into being: the login, whom it asks what only a person knows, and whose it is then.

use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::{Open, Places, Pool, Purpose};
use crate::engine::lease::Lease;
use crate::ftp::attendant::Attendant;
use crate::ftp::error::Error;
use crate::ftp::session::Session;
use crate::model::command::{Answer, CertificateAnswer};
use crate::model::event::{Event, Question, Wanted};
use crate::model::failure::Failure;
use crate::model::secret::Secret;

/// How much longer a login takes that nobody waits for any more.
const LATE: Duration = Duration::from_secs(5);

/// A session that was made and lent; one that could not be made gives its places back.
pub(super) type Made = Result<Result<Lease, Failure>, (Error, Places)>;

impl Pool {
    /// Makes a session and lends it.
    pub(super) async fn make(self: &Arc<Self>, purpose: Purpose, places: Places) -> Made {
        match self.log_in(purpose).await {
            Ok(session) => Ok(self.lend(Open::new(session, &self.open), places).await),
            Err(error) => Err((error, places)),
        }
    }

    /// The same, also where who has asked waits no more: a walk may be over by then. The session is kept
    /// for the next who needs one, if it comes soon: its place is wanted.
    pub(super) async fn make_to_the_end(self: &Arc<Self>, purpose: Purpose, places: Places) -> Made {
        let (pool, gone) = (Arc::clone(self), CancellationToken::new());
        let _waits = gone.clone().drop_guard();
        let making = tokio::spawn(async move {
            let mut making = pin!(pool.make(purpose, places));
            tokio::select! {
                made = &mut making => return Some(made),
                () = gone.cancelled() => {}
            }
            if let Ok(Err((error, places))) = timeout(LATE, making).await {
                pool.learn_limit(&error, places);
            }
            None
        });
        match making.await {
            Ok(Some(made)) => made,
            Err(ended) if ended.is_panic() => resume_unwind(ended.into_panic()),
            // everything ends, and so does who waits here
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }

    pub(super) async fn log_in(self: &Arc<Self>, purpose: Purpose) -> Result<Session, Error> {
        let waiting = Waiting { pool: self, purpose };
        loop {
            let error = match self.connection.login(&waiting).await {
                Ok(session) => return Ok(session),
                Err(error) => error,
            };
            let Some((certificate, pinned)) = error.certificate() else {
                return Err(error);
            };
            let pin = certificate.pin;
            let asking = self.asking.lock().await;
            // somebody may have answered for this certificate while we waited
            if self.connection.trusts(pin) {
                continue;
            }
            let question = Question::Certificate {
                connection: self.id,
                server: self.connection.server.address(),
                certificate: Box::new(certificate.clone()),
                pinned,
            };
            let answer = self.questions.ask(question).await;
            match answer {
                Answer::Certificate(CertificateAnswer::Once) if pinned.is_none() => {
                    self.connection.accept_once(pin)
                }
                Answer::Certificate(CertificateAnswer::Pin) if pinned.is_none() => {
                    self.connection.pin(pin);
                    self.listener.tell(Event::Pinned(self.id, pin));
                }
                _ => return Err(error),
            }
            drop(asking);
        }
    }
}

/// Somebody who waits for a login.
struct Waiting<'p> {
    pool: &'p Pool,
    purpose: Purpose,
}

#[async_trait::async_trait]
impl Attendant for Waiting<'_> {
    fn step(&self, text: String) {
        if self.purpose == Purpose::Browsing {
            self.pool.listener.tell(Event::Connecting(self.pool.id, text));
        }
    }

    fn notice(&self, text: String) {
        self.pool.listener.tell(Event::Notice(text));
    }

    async fn ask(&self, wanted: Wanted) -> Option<Secret> {
        let question = Question::Secret {
            connection: self.pool.id,
            server: Arc::clone(&self.pool.connection.server),
            wanted,
        };
        match self.pool.questions.ask(question).await {
            Answer::Secret(secret) => Some(secret),
            _ => None,
        }
    }
}
