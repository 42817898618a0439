//! The sessions of one connection that nobody uses at the moment.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::{Instant, timeout};

use super::pool::Open;
use crate::plan::keeping::{self, Care};

/// A session that has been quiet this long is asked whether it still lives before it is used.
const FRESH: Duration = Duration::from_secs(10);

/// How long its answer may take.
const ANSWER: Duration = Duration::from_secs(3);

/// Sessions kept for the next who needs one.
#[derive(Default)]
pub(super) struct Idle {
    /// The one that was used last is at the end, and lent first.
    sessions: Mutex<Vec<Session>>,
    /// Held while they are asked for a sign of life: who needs one waits for the answer instead of
    /// making another.
    caring: tokio::sync::Mutex<()>,
}

struct Session {
    open: Open,
    used: Instant,
    /// When the server last said something on it.
    heard: Instant,
}

impl Idle {
    fn sessions(&self) -> MutexGuard<'_, Vec<Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.sessions().is_empty()
    }

    /// Keeps a session, unless it is of no more use.
    pub(super) fn keep(&self, open: Open) {
        if open.session.is_usable() {
            let now = Instant::now();
            self.sessions().push(Session {
                open,
                used: now,
                heard: now,
            });
        }
    }

    /// The session used last that still lives.
    pub(super) async fn take_living(&self) -> Option<Open> {
        while let Some(mut taken) = self.take().await {
            let lives = match &mut taken.session {
                Some(session) => self.still_lives(session).await,
                None => false,
            };
            let session = taken.session.take()?;
            if lives {
                return Some(session.open);
            }
            let remark = "the server has closed the idle connection; making a new one";
            session.open.session.remark(remark);
        }
        None
    }

    async fn take(&self) -> Option<Taken<'_>> {
        let _answered = self.caring.lock().await;
        let session = Some(self.sessions().pop()?);
        Some(Taken { idle: self, session })
    }

    /// Whether a session can be used. One that does not answer soon says something of all that have
    /// lain idle: they are given up together, not asked one after another.
    async fn still_lives(&self, session: &mut Session) -> bool {
        if session.heard.elapsed() < FRESH {
            return session.open.session.is_quiet().await;
        }
        match timeout(ANSWER, session.is_alive()).await {
            Ok(alive) => alive,
            Err(_) => {
                self.sessions().clear();
                false
            }
        }
    }

    /// Keeps the sessions alive, and lets go those that nobody needs any more. `quiet` is after how
    /// much quiet a control connection is to be used, `None` is never.
    pub(super) async fn care(&self, quiet: Option<Duration>) {
        let _asking = self.caring.lock().await;
        let sessions = std::mem::take(&mut *self.sessions());
        let next = sessions.len().saturating_sub(1);
        // all at once: where one does not answer, the others will not either
        let sessions = sessions.into_iter().enumerate();
        let kept = join_all(sessions.map(|(n, session)| session.care(quiet, n == next))).await;
        // what has come back meanwhile was used later
        self.sessions().splice(0..0, kept.into_iter().flatten());
    }

    /// Gives them up without a word.
    pub(super) fn forget(&self) {
        self.sessions().clear();
    }

    /// Says goodbye on all of them.
    pub(super) async fn close(&self) {
        let sessions = std::mem::take(&mut *self.sessions());
        join_all(sessions.into_iter().map(|session| session.open.session.quit())).await;
    }

    /// The same at the end of the program.
    pub(super) async fn leave(&self) {
        let sessions = std::mem::take(&mut *self.sessions());
        join_all(sessions.into_iter().map(|session| session.open.session.leave())).await;
    }
}

/// A session that is looked at. Who wanted it may give up meanwhile: then it goes back, and nobody
/// logs in anew for want of it.
struct Taken<'i> {
    idle: &'i Idle,
    session: Option<Session>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(session) = self
            .session
            .take()
            .filter(|session| session.open.session.is_usable())
        {
            self.idle.sessions().push(session);
        }
    }
}

impl Session {
    /// Asks the server for a sign of life.
    async fn is_alive(&mut self) -> bool {
        let alive = self.open.session.is_quiet().await && self.open.session.is_alive().await;
        self.heard = Instant::now();
        alive
    }

    /// The session, if it is to be kept and lives.
    async fn care(mut self, quiet: Option<Duration>, next: bool) -> Option<Self> {
        match keeping::care(quiet, next, self.used.elapsed(), self.heard.elapsed()) {
            Care::Rest => Some(self),
            Care::LetGo => {
                let session = self.open.session;
                session.remark("nobody has used this connection for a while");
                session.quit().await;
                None
            }
            Care::Ask => match timeout(ANSWER, self.is_alive()).await {
                Ok(true) => Some(self),
                Ok(false) | Err(_) => {
                    self.open.session.remark("the idle connection is gone");
                    None
                }
            },
        }
    }
}
