//! The sessions of one connection: made when needed, lent out, and kept for the next who needs
//! one. Browsing and transfers never share a session at the same time.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

use super::browse::document_root;
use super::idle::Idle;
use super::lease::Lease;
use super::listener::Listener;
use super::placing::Placing;
use super::questions::Questions;
use crate::ftp::connection::Connection;
use crate::ftp::error::Error;
use crate::ftp::session::Session;
use crate::model::event::Event;
use crate::model::facts::{Facts, Sessions};
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;
use crate::model::server::ConnectionMode;
use crate::plan::fence::Fence;
use crate::plan::ground::Ground;
use crate::plan::keeping;
use crate::plan::ration::Ration;

mod entering;
mod limit;

/// How often who waits for a place looks whether one that was given up may be tried for again.
const LOOK: Duration = Duration::from_secs(30);

/// What a session is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Listing and single actions: somebody waits for it at the screen.
    Browsing,
    /// Walks, counts, deletions, and a job that a lane has begun: in the background.
    Work,
    /// A lane with no job in hand: lets all others go first.
    Lane,
}

/// The sessions of one connection.
pub(super) struct Pool {
    pub(super) id: ConnectionId,
    pub(super) connection: Arc<Connection>,
    listener: Listener,
    questions: Arc<Questions>,
    /// One place for each control connection the server is to see at once.
    places: Arc<Semaphore>,
    /// Of these, the ones work may take: one stays free for browsing where there are two.
    work: Arc<Semaphore>,
    /// How many of the places for work have not been given up to the server's limit.
    work_left: AtomicUsize,
    /// The places given up, to be tried for again.
    ration: Mutex<Ration>,
    began: Instant,
    lanes: usize,
    pub(super) idle: Idle,
    /// How many sessions there are, idle and lent.
    open: Arc<AtomicU32>,
    /// How many wait for a session that lanes may hold.
    waiting: AtomicUsize,
    /// How many walks are under way.
    walks: Arc<AtomicU32>,
    /// Only one certificate is asked about at a time.
    asking: tokio::sync::Mutex<()>,
    told: Mutex<Option<Facts>>,
    /// Whether active mode was told to be the one to begin with.
    active_told: AtomicBool,
    /// Known from the first login on, and no session is lent before: nothing runs unfenced.
    fence: OnceLock<Arc<Fence>>,
    ground: Mutex<Ground>,
    /// Whether big files may come in segments: not where the server has shown that it cannot.
    divides: AtomicBool,
    pub(super) placing: Arc<Placing>,
}

impl Pool {
    pub(super) fn new(
        id: ConnectionId,
        connection: Arc<Connection>,
        listener: Listener,
        questions: Arc<Questions>,
        browsing: bool,
    ) -> Arc<Self> {
        let active_told = AtomicBool::new(connection.active_works());
        let places = usize::from(connection.server.connections.max(1));
        let lanes = if browsing { (places - 1).max(1) } else { places };
        Arc::new(Self {
            id,
            placing: Arc::new(Placing::new(id, Arc::clone(&connection))),
            connection,
            listener,
            questions,
            places: Arc::new(Semaphore::new(places)),
            work: Arc::new(Semaphore::new(lanes)),
            work_left: AtomicUsize::new(lanes),
            ration: Mutex::default(),
            began: Instant::now(),
            lanes,
            idle: Idle::default(),
            open: Arc::default(),
            waiting: AtomicUsize::new(0),
            walks: Arc::default(),
            asking: tokio::sync::Mutex::default(),
            told: Mutex::default(),
            active_told,
            fence: OnceLock::new(),
            ground: Mutex::default(),
            divides: AtomicBool::new(true),
        })
    }

    /// All sessions there may be are somebody else's until this is dropped.
    #[cfg(test)]
    pub(super) fn take_all_places(&self) -> OwnedSemaphorePermit {
        let all = u32::try_from(self.places.available_permits()).unwrap();
        Arc::clone(&self.places).try_acquire_many_owned(all).unwrap()
    }

    /// How many jobs can run at once.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Whether the server has let anybody in who is still there.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0
    }

    /// Whether somebody waits for a session that a lane may hold.
    pub(super) fn is_wanted(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    /// A walk begins, and is over when this is dropped.
    pub(super) fn walks(&self) -> Counted {
        Counted::new(&self.walks)
    }

    /// Whether each walk can keep a session of its own, and one be left for files.
    pub(super) fn has_room_for_walks(&self) -> bool {
        let walks = usize::try_from(self.walks.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        walks < self.work_left.load(Ordering::Relaxed)
    }

    /// Lends a session, an idle one or a new one; waits while all are in use.
    pub(super) async fn lease(self: &Arc<Self>, purpose: Purpose) -> Result<Lease, Failure> {
        loop {
            let (place, work) = self.places_for(purpose).await?;
            if let Some(open) = self.idle.take_living().await {
                return self.lend(open, (place, work)).await;
            }
            if self.connection.is_one_time() && self.is_open() {
                let why = "each login needs an answer of its own; going on with the sessions there are";
                self.go_on_with_fewer(why, place, work, false);
                continue;
            }
            let made = match purpose {
                Purpose::Lane | Purpose::Work => self.make_to_the_end(purpose, (place, work)).await,
                Purpose::Browsing => self.make(purpose, (place, work)).await,
            };
            match made {
                Ok(lent) => return lent,
                Err((error, places)) => {
                    if !self.learn_limit(&error, places) {
                        let what = format!("Could not connect to {}", self.connection.server.address());
                        return Err(error.failure(what));
                    }
                }
            }
        }
    }

    /// Whether big files may come in segments.
    pub(super) fn divides(&self) -> bool {
        self.divides.load(Ordering::Relaxed)
    }

    /// No file of this server is divided any more, for this reason.
    pub(super) fn divide_no_more(&self, why: &str) {
        if self.divides.swap(false, Ordering::Relaxed) {
            self.connection.remark(why);
        }
    }

    /// How many sessions could be lent that nobody wants.
    pub(super) fn spare_places(&self) -> usize {
        match self.is_wanted() {
            true => 0,
            false => self.work.available_permits().min(self.places.available_permits()),
        }
    }

    /// Lends a session that nobody wants; `None` where there is none. The server's limit is learned here
    /// as by [`Self::lease`].
    pub(super) async fn spare(self: &Arc<Self>) -> Option<Lease> {
        if self.is_wanted() {
            return None;
        }
        let work = Arc::clone(&self.work).try_acquire_owned().ok()?;
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        if let Some(open) = self.idle.take_living().await {
            return self.lend(open, (place, Some(work))).await.ok();
        }
        if self.connection.is_one_time() {
            return None;
        }
        match self.log_in(Purpose::Lane).await {
            Ok(session) => {
                let open = Open::new(session, &self.open);
                self.lend(open, (place, Some(work))).await.ok()
            }
            Err(error) => {
                self.learn_limit(&error, (place, Some(work)));
                None
            }
        }
    }

    /// Waits for a place, and meanwhile tries for those given up when their time has come.
    async fn places_for(&self, purpose: Purpose) -> Result<Places, Failure> {
        let _queued = (purpose != Purpose::Lane).then(|| Queued::new(&self.waiting));
        let waiting = async {
            let work = match purpose {
                Purpose::Work | Purpose::Lane => Some(place(&self.work).await?),
                Purpose::Browsing => None,
            };
            Ok((place(&self.places).await?, work))
        };
        tokio::pin!(waiting);
        loop {
            self.retake_place();
            tokio::select! {
                biased;
                places = &mut waiting => return places,
                () = sleep(LOOK) => {}
            }
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

    /// Makes a session in the place of one that was lent and lost.
    pub(super) async fn replace(self: &Arc<Self>, purpose: Purpose) -> Result<Open, Error> {
        let session = self.log_in(purpose).await?;
        Ok(Open::new(session, &self.open))
    }

    /// Gives up the sessions that lie idle: what has made one useless has made all.
    pub(super) fn forget_idle(&self) {
        self.idle.forget();
    }

    /// The same where this error says that they are useless.
    pub(super) fn forget_idle_of(&self, error: &Error) {
        if error.is_unresumed() {
            self.forget_idle();
        }
    }

    /// Keeps the idle sessions of a pool alive for a while, and lets go those that nobody needs any
    /// more; ends with the pool.
    pub(super) async fn keep_alive(pool: Weak<Self>) {
        let quiet = match pool.upgrade() {
            Some(pool) => pool.connection.server.keep_alive(),
            None => return,
        };
        loop {
            sleep(keeping::look_every(quiet)).await;
            match pool.upgrade() {
                Some(pool) => pool.idle.care(quiet).await,
                None => return,
            }
        }
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

    /// Tells what is true of the connection, if it has changed.
    pub(super) fn tell_facts(&self) {
        let facts = self.facts();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.as_ref() != Some(&facts) {
            *told = Some(facts.clone());
            self.listener.tell(Event::Facts(self.id, Box::new(facts)));
        }
        drop(told);
        let server = &self.connection.server;
        let active = self.connection.active_works();
        if server.mode == ConnectionMode::Auto && self.active_told.swap(active, Ordering::Relaxed) != active {
            self.listener.tell(Event::ActiveFirst(server.address(), active));
        }
    }

    pub(super) fn facts(&self) -> Facts {
        let refused = self.ration().given_up();
        Facts {
            sessions: Sessions {
                open: self.open.load(Ordering::Relaxed),
                most: u32::from(self.connection.server.connections.max(1)),
                refused: u32::try_from(refused).unwrap_or(u32::MAX),
            },
            ..self.connection.facts(super::unix_now())
        }
    }
}

/// Somebody in the queue for a session, counted as long as he waits.
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
        Self {
            session,
            _counted: Counted::new(open),
        }
    }
}

/// Something that is counted as long as it is there.
pub(super) struct Counted(Arc<AtomicU32>);

impl Counted {
    fn new(count: &Arc<AtomicU32>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(super) type Places = (OwnedSemaphorePermit, Option<OwnedSemaphorePermit>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::server::{Patience, Server};
    use crate::plan::ration;

    fn pool(connections: u8) -> Arc<Pool> {
        let (events, _) = tokio::sync::mpsc::unbounded_channel();
        let listener = Listener::new(events);
        let server = Server {
            connections,
            ..Server::default()
        };
        let connection = Connection::new(Arc::new(server), None, Patience::default(), None);
        let questions = Arc::new(Questions::new(listener.clone()));
        Pool::new(ConnectionId(1), Arc::new(connection), listener, questions, true)
    }

    /// The server has refused the third of three connections.
    #[tokio::test(start_paused = true)]
    async fn a_place_given_up_comes_back_after_a_while_where_one_would_wait() {
        let pool = pool(3);
        let (_browsing, _working) = (place(&pool.places).await, place(&pool.places).await);
        place(&pool.places).await.unwrap().forget();
        let _lane = place(&pool.work).await;
        place(&pool.work).await.unwrap().forget();
        pool.work_left.store(1, Ordering::Relaxed);
        pool.ration()
            .refused(ration::Place { work: true }, pool.began.elapsed());
        let free = || (pool.places.available_permits(), pool.work.available_permits());

        pool.retake_place();
        assert_eq!(free(), (0, 0));
        tokio::time::advance(Duration::from_secs(4 * 60)).await;
        pool.retake_place();
        assert_eq!(free(), (0, 0), "too soon");
        tokio::time::advance(Duration::from_secs(60)).await;
        pool.retake_place();
        assert_eq!(free(), (1, 1));
        assert_eq!(pool.work_left.load(Ordering::Relaxed), 2);
        tokio::time::advance(Duration::from_secs(60 * 60)).await;
        pool.retake_place();
        assert_eq!(free(), (1, 1), "no more than there were");
    }

    /// Long transfers hold what is left, and nobody new asks.
    #[tokio::test(start_paused = true)]
    async fn who_waits_already_gets_a_place_that_comes_back() {
        let pool = pool(2);
        let _held = place(&pool.places).await.unwrap();
        place(&pool.places).await.unwrap().forget();
        let waiting = pool.places_for(Purpose::Work);
        let refused = async {
            pool.ration()
                .refused(ration::Place { work: false }, pool.began.elapsed());
        };
        let hour = Duration::from_secs(60 * 60);
        let (places, ()) = tokio::join!(tokio::time::timeout(hour, waiting), refused);
        assert!(places.unwrap().is_ok());
        assert!(pool.began.elapsed() >= Duration::from_secs(5 * 60));
    }
}
