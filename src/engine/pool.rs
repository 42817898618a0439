//! The sessions of one connection: made when needed, lent out, and kept for the next who needs
//! one. Browsing and transfers never share a session at the same time.

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::browse::document_root;
use super::lease::Lease;
use super::outlet::Outlet;
use super::questions::Questions;
use crate::ftp::attendant::Attendant;
use crate::ftp::connection::Connection;
use crate::ftp::error::Error;
use crate::ftp::session::Session;
use crate::model::command::{Answer, CertificateAnswer};
use crate::model::event::{Event, Question, Wanted};
use crate::model::facts::Facts;
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;
use crate::model::secret::Secret;
use crate::plan::fence::Fence;
use crate::plan::ground::Ground;

/// A session that has lain idle this long is asked whether it still lives before it is used.
const FRESH: Duration = Duration::from_secs(10);

/// How long its answer may take.
const ANSWER: Duration = Duration::from_secs(3);

/// What a session is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Listing and single actions: somebody waits for it at the screen.
    Browsing,
    /// Walks, counts, deletions: in the background.
    Work,
    /// Transfers, one after the other, until somebody else needs the session.
    Lane,
}

/// The sessions of one connection.
pub(super) struct Pool {
    pub(super) id: ConnectionId,
    pub(super) connection: Arc<Connection>,
    outlet: Outlet,
    questions: Arc<Questions>,
    /// One place for each control connection the server is to see at once.
    places: Arc<Semaphore>,
    /// Of these, the ones work may take: one stays free for browsing where there are two.
    work: Arc<Semaphore>,
    /// How many of the places for work have not been given up to the server's limit.
    work_left: AtomicUsize,
    lanes: usize,
    idle: Mutex<Vec<(Open, Instant)>>,
    /// How many sessions there are, idle and lent.
    open: Arc<AtomicU32>,
    /// How many wait for a session that lanes may hold.
    waiting: AtomicUsize,
    /// Only one certificate is asked about at a time.
    asking: tokio::sync::Mutex<()>,
    told: Mutex<Option<Facts>>,
    /// Known from the first login on, and no session is lent before: nothing runs unfenced.
    fence: OnceLock<Arc<Fence>>,
    ground: Mutex<Ground>,
}

impl Pool {
    pub(super) fn new(
        id: ConnectionId,
        connection: Arc<Connection>,
        outlet: Outlet,
        questions: Arc<Questions>,
        browsing: bool,
    ) -> Arc<Self> {
        let places = usize::from(connection.server.connections.max(1));
        let lanes = if browsing { (places - 1).max(1) } else { places };
        Arc::new(Self {
            id,
            connection,
            outlet,
            questions,
            places: Arc::new(Semaphore::new(places)),
            work: Arc::new(Semaphore::new(lanes)),
            work_left: AtomicUsize::new(lanes),
            lanes,
            idle: Mutex::default(),
            open: Arc::default(),
            waiting: AtomicUsize::new(0),
            asking: tokio::sync::Mutex::default(),
            told: Mutex::default(),
            fence: OnceLock::new(),
            ground: Mutex::default(),
        })
    }

    /// How many jobs can run at once.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Whether the server has let anybody in who is still there.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    fn idle(&self) -> MutexGuard<'_, Vec<(Open, Instant)>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody waits for a session that a lane may hold.
    pub(super) fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// Lends a session, an idle one or a new one; waits while all are in use.
    pub(super) async fn lease(self: &Arc<Self>, purpose: Purpose) -> Result<Lease, Failure> {
        loop {
            let waiting = (purpose != Purpose::Lane).then(|| Queued::new(&self.waiting));
            let work = match purpose {
                Purpose::Work | Purpose::Lane => Some(place(&self.work).await?),
                Purpose::Browsing => None,
            };
            let place = place(&self.places).await?;
            drop(waiting);
            while let Some((mut open, since)) = self.take_idle() {
                if self.still_lives(&mut open, since).await {
                    return self.lend(open, (place, work)).await;
                }
                open.session
                    .remark("the server has closed the idle connection; making a new one");
            }
            if self.connection.is_one_time() && self.is_open() {
                let why = "each login needs an answer of its own; going on with the sessions there are";
                self.go_on_with_fewer(why, place, work);
                continue;
            }
            match self.log_in(purpose).await {
                Ok(session) => {
                    let open = Open::new(session, &self.open);
                    return self.lend(open, (place, work)).await;
                }
                // The server lets no more of us in, but some are in: go on with those. It may not
                // say that it is a limit, and answer as it does to a wrong password.
                Err(error) if error.is_turned_away() && self.is_open() => {
                    let why = "the server allows no further connection; going on with fewer";
                    self.go_on_with_fewer(why, place, work);
                }
                Err(error) => {
                    return Err(error.failure(format!(
                        "Could not connect to {}",
                        self.connection.server.address()
                    )));
                }
            }
        }
    }

    /// Gives up the place of a session that will not be had.
    fn go_on_with_fewer(&self, why: &str, place: OwnedSemaphorePermit, work: Option<OwnedSemaphorePermit>) {
        self.connection.remark(why);
        place.forget();
        // the last place for work stays: it will wait for a session of another's
        let fewer = |left: usize| left.checked_sub(1).filter(|left| *left > 0);
        if let Some(work) = work
            && self
                .work_left
                .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer)
                .is_ok()
        {
            work.forget();
        }
    }

    /// How far this connection goes: decided by the first session that is logged in, since `~` is
    /// where that has landed.
    fn fence_for(&self, session: &Session) -> Result<Arc<Fence>, Failure> {
        if let Some(fence) = self.fence.get() {
            return Ok(Arc::clone(fence));
        }
        let server = &self.connection.server;
        let root = document_root(&server.document_path, session.login_folder())?;
        let made = || Arc::new(Fence::new(root, server.depth()));
        Ok(Arc::clone(self.fence.get_or_init(made)))
    }

    /// How far this connection goes, once somebody has logged in.
    pub(super) fn known_fence(&self) -> Option<Arc<Fence>> {
        self.fence.get().map(Arc::clone)
    }

    /// How far this connection goes; logs in where nobody has yet.
    pub(super) async fn fence(self: &Arc<Self>, purpose: Purpose) -> Result<Arc<Fence>, Failure> {
        if let Some(fence) = self.known_fence() {
            return Ok(fence);
        }
        Ok(Arc::clone(self.lease(purpose).await?.fence()))
    }

    /// What is known of the folders below the document path.
    pub(super) fn ground(&self) -> MutexGuard<'_, Ground> {
        self.ground.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a session for the next who needs one, unless it is of no more use.
    pub(super) fn take_back(&self, open: Open) {
        if open.session.is_usable() {
            self.idle().push((open, Instant::now()));
        }
    }

    fn take_idle(&self) -> Option<(Open, Instant)> {
        self.idle().pop()
    }

    /// Lends a session, fenced; one that cannot be is of no use to anybody.
    async fn lend(self: &Arc<Self>, open: Open, places: Places) -> Result<Lease, Failure> {
        match self.fence_for(&open.session) {
            Ok(fence) => Ok(Lease::new(open, Arc::clone(self), fence, places)),
            Err(failure) => {
                open.session.quit().await;
                Err(failure)
            }
        }
    }

    /// Whether an idle session can be used. One that does not answer soon says something of all
    /// that have lain idle: they are given up together, not asked one after another.
    async fn still_lives(&self, open: &mut Open, since: Instant) -> bool {
        if !open.session.is_quiet().await {
            return false;
        }
        if since.elapsed() < FRESH {
            return true;
        }
        match timeout(ANSWER, open.session.is_alive()).await {
            Ok(alive) => alive,
            Err(_) => {
                self.idle().clear();
                false
            }
        }
    }

    async fn log_in(self: &Arc<Self>, purpose: Purpose) -> Result<Session, Error> {
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
                    self.outlet.tell(Event::Pinned(self.id, pin));
                }
                _ => return Err(error),
            }
            drop(asking);
        }
    }

    /// Tells what is true of the connection, if it has changed.
    pub(super) fn tell_facts(&self) {
        let facts = self.facts();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_ref() != Some(&facts) {
            *told = Some(facts.clone());
            self.outlet.tell(Event::Facts(self.id, Box::new(facts)));
        }
    }

    pub(super) fn facts(&self) -> Facts {
        self.connection.facts(super::unix_now())
    }

    /// Says goodbye on every idle session.
    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle());
        futures_util::future::join_all(idle.into_iter().map(|(open, _)| open.session.quit())).await;
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
            self.pool.outlet.tell(Event::Connecting(self.pool.id, text));
        }
    }

    fn notice(&self, text: String) {
        self.pool.outlet.tell(Event::Notice(text));
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

async fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(places)
        .acquire_owned()
        .await
        .map_err(|_| super::ending())
}

/// A session that is counted as long as it exists.
pub(super) struct Open {
    pub(super) session: Session,
    _counted: Counted,
}

impl Open {
    fn new(session: Session, open: &Arc<AtomicU32>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        Self {
            session,
            _counted: Counted(Arc::clone(open)),
        }
    }
}

struct Counted(Arc<AtomicU32>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Somebody who waits for a session, counted as long as he does.
struct Queued<'p>(&'p AtomicUsize);

impl<'p> Queued<'p> {
    fn new(count: &'p AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) type Places = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);
