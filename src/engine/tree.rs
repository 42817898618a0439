//! Walking a tree of the server: the one walker of transfers, counts, deletions and listings.
//!
//! Several sessions list folders at once, each one folder after the other without a pause
//! ([`Lease::go_on_to`]); what came is handed to whoever walks, who says what is to be walked below
//! it. [`plan::tree`](crate::plan::tree) decides what comes next, and how much may be under way.
//!
//! A walk keeps a session until it is over, where the pool has one more for files. Its further
//! sessions are those that nobody else has work for: they are given back when somebody asks.

mod hand;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::lease::Lease;
use super::pool::{Counted, Pool, Purpose};
use crate::ftp::list::sections::Section;
use crate::ftp::succession::Manner;
use crate::model::failure::{Class, Failure};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::plan::tree::{Folder, Limits, Ticket, Tree};
use hand::Hand;

/// With fewer folders waiting, asking for all at once gains nothing.
const WORTH_A_SWEEP: usize = 4;
/// What a walk lists, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way {
    /// Links are told from folders, at the price of exact times.
    pub(super) links: bool,
    /// All below the tops is wanted: a server may be asked for it at once. Not where whoever walks needs a session
    /// for each folder: the one that lists is not given back meanwhile, and there may be no other.
    pub(super) to_the_end: bool,
    /// How often a folder is tried again that could not be listed.
    pub(super) retries: u32,
}

/// A folder was listed, or was not.
#[derive(Debug)]
pub(super) struct Come<T> {
    pub(super) ticket: Ticket,
    pub(super) folder: Folder<T>,
    pub(super) result: Result<Listing, Failure>,
}

/// What a walk tells.
#[derive(Debug)]
pub(super) enum Told<T> {
    /// To be answered by [`Walk::listed`].
    Folder(Box<Come<T>>),
    /// Something is not right, and concerns a folder that was handed on before.
    Doubt(Failure),
}

/// A walk under way; it ends when this is dropped.
pub(super) struct Walk<T: Send + 'static, L: Send + 'static = ()> {
    shared: Arc<Shared<T, L>>,
    come: mpsc::UnboundedReceiver<Told<T>>,
    tasks: JoinSet<()>,
    _walking: Counted,
}

struct Shared<T, L> {
    pool: Arc<Pool>,
    way: Way,
    state: Mutex<State<T, L>>,
    changed: Notify,
    told: mpsc::UnboundedSender<Told<T>>,
}

struct State<T, L> {
    tree: Tree<T, L>,
    /// Sessions at work.
    holding: usize,
    /// Whether one that is to be kept is on its way, and how many others.
    first_coming: bool,
    coming: usize,
    /// Where a recursive listing has not been tried yet.
    unswept: Vec<RemotePath>,
    /// Whether one was put off because the server's clock had to be asked for.
    put_off: bool,
    /// A recursive listing has proved itself: nothing else is listed meanwhile.
    sweeping: bool,
    /// Its folders that are not dealt with yet: what is below them is not known.
    swept: HashSet<Ticket>,
}

impl<T: Send + 'static, L: Send + 'static> Walk<T, L> {
    /// Begins to walk these folders and all that is found below them. All of them lie at or below
    /// `tops`: that is what a server is asked for at once.
    pub(super) fn begin(pool: &Arc<Pool>, way: Way, tops: Vec<RemotePath>, folders: Vec<Folder<T>>) -> Self {
        let at_once = pool.lanes();
        let (told, come) = mpsc::unbounded_channel();
        let mut unswept = tops;
        unswept.reverse();
        let shared = Arc::new(Shared {
            pool: Arc::clone(pool),
            way,
            state: Mutex::new(State {
                tree: Tree::new(Limits::with_listings(at_once), folders),
                holding: 0,
                first_coming: false,
                coming: 0,
                unswept,
                put_off: false,
                sweeping: false,
                swept: HashSet::new(),
            }),
            changed: Notify::new(),
            told,
        });
        let mut tasks = JoinSet::new();
        for _ in 0..at_once {
            tasks.spawn(Arc::clone(&shared).work());
        }
        Self {
            shared,
            come,
            tasks,
            _walking: pool.walks(),
        }
    }

    /// What came next, in no order; `None` when all is walked.
    pub(super) async fn next(&mut self) -> Option<Told<T>> {
        loop {
            if let Ok(told) = self.come.try_recv() {
                return Some(told);
            }
            if self.shared.state().tree.is_over() {
                return None;
            }
            tokio::select! {
                told = self.come.recv() => return told,
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if let Err(error) = ended
                        && let Ok(panic) = error.try_into_panic()
                    {
                        std::panic::resume_unwind(panic);
                    }
                }
            }
        }
    }

    /// A folder has been dealt with, and these below it are to be walked; `held` as for
    /// [`Tree::listed`]. A failure where a limit of the walk leaves some of them out.
    pub(super) fn listed(
        &self,
        ticket: Ticket,
        held: Option<(L, usize)>,
        below: Vec<Folder<T>>,
    ) -> Option<Failure> {
        let left_out = {
            let mut state = self.shared.state();
            state.tree.listed(ticket, held, below);
            state.swept.remove(&ticket);
            state.tree.left_out()
        };
        self.shared.changed.notify_waiters();
        (left_out > 0).then(|| {
            Failure::new(
                Class::Other,
                "Not everything was walked",
                format!("the tree has more folders than a walk goes through; {left_out} were left out"),
            )
            .hint("Begin again further down.")
        })
    }

    /// The listing whose turn it is, as [`Tree::turn`].
    pub(super) fn turn(&self) -> Option<L> {
        let turn = self.shared.state().tree.turn();
        if turn.is_some() {
            self.shared.changed.notify_waiters();
        }
        turn
    }
}

impl<T: Send, L: Send> Shared<T, L> {
    fn state(&self) -> MutexGuard<'_, State<T, L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn manner(&self) -> Manner {
        Manner {
            links: self.way.links,
        }
    }

    /// One session's part of the walk, for as long as there is one.
    async fn work(self: Arc<Self>) {
        while let Some(purpose) = self.claim().await {
            // nothing is in hand meanwhile: who has a session already may take it
            let leased = self.pool.lease(purpose).await;
            {
                let mut state = self.state();
                match purpose {
                    Purpose::Lane => state.coming -= 1,
                    _ => state.first_coming = false,
                }
                if purpose == Purpose::Lane && leased.is_err() {
                    // the others go on
                    return;
                }
                state.holding += 1;
            }
            Hand::new(&self, leased).list().await;
            self.state().holding -= 1;
            self.changed.notify_waiters();
        }
    }

    /// Waits until there is something to list that nobody else comes for, and says what for a session is
    /// wanted: the first is the walk's own. `None` when all is walked.
    async fn claim(&self) -> Option<Purpose> {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.state();
                if state.tree.is_over() {
                    return None;
                }
                if state.tree.has_next() && !state.sweeping {
                    if state.holding == 0 && !state.first_coming {
                        state.first_coming = true;
                        return Some(Purpose::Work);
                    }
                    if state.tree.waiting() > state.coming + usize::from(state.first_coming) {
                        state.coming += 1;
                        return Some(Purpose::Lane);
                    }
                }
            }
            changed.await;
        }
    }

    fn take(&self) -> Option<(Ticket, Folder<T>)> {
        let mut state = self.state();
        if state.sweeping {
            return None;
        }
        state.tree.take()
    }

    /// Whether a session is given back because somebody else waits for one.
    fn gives_way(&self) -> bool {
        self.pool.is_wanted() && (self.state().holding > 1 || !self.pool.has_room_for_walks())
    }

    fn tell(&self, ticket: Ticket, folder: Folder<T>, result: Result<Listing, Failure>) {
        let come = Come {
            ticket,
            folder,
            result,
        };
        let _ = self.told.send(Told::Folder(Box::new(come)));
    }

    /// A recursive listing is to be tried once more, if that is the first time.
    fn put_off(&self, top: RemotePath) {
        let mut state = self.state();
        if !std::mem::replace(&mut state.put_off, true) {
            state.unswept.push(top);
        }
    }

    /// Where a recursive listing is worth trying now.
    fn to_be_swept(&self) -> Option<RemotePath> {
        let mut state = self.state();
        if !self.way.to_the_end || state.sweeping || state.tree.waiting() < WORTH_A_SWEEP {
            return None;
        }
        state.unswept.pop()
    }
}

impl<T: Send, L: Send> Shared<T, L> {
    /// Hands a section on, where its folder waits to be listed; whether it did. What the folder
    /// above has named is known once its listing was dealt with.
    async fn accept(&self, lease: &Lease, section: Section, swept: &mut HashSet<RemotePath>) -> bool {
        // folders that hold themselves have no end
        if lease.fence().may_enter(&section.path).is_err() {
            return false;
        }
        if swept.contains(&section.path) {
            let what = format!("The listing of {} is not to be trusted", section.path);
            let why = "the server told it twice in one recursive listing; a name there may hold line breaks";
            let _ = self.told.send(Told::Doubt(Failure::new(Class::Other, what, why)));
            return false;
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut state = self.state();
                let full = state.tree.is_full();
                if !full && let Some((ticket, folder)) = state.tree.take_path(&section.path) {
                    state.sweeping = true;
                    state.swept.insert(ticket);
                    drop(state);
                    lease.swept(&section);
                    swept.insert(section.path);
                    self.tell(ticket, folder, Ok(section.listing));
                    return true;
                }
                if !full && state.swept.is_empty() {
                    return false;
                }
            }
            changed.await;
        }
    }
}

/// What is said of a listing that lacks something.
pub(super) fn incomplete(folder: &str, listing: &Listing) -> Failure {
    let why = match &listing.incomplete {
        Some(why) => why.clone(),
        None => format!("{} of its lines could not be read", listing.unreadable_count),
    };
    Failure::new(
        Class::Other,
        format!("The listing of {folder} is not complete"),
        why,
    )
}
