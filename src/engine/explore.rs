//! Walks for who wants to look: the listings of a tree, in order or as they come.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::browse::not_connected;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::tree::{Come, Told, Walk, Way};
use super::unbroken;
use crate::model::command::{Exploration, Generation, Place, WalkOrder};
use crate::model::entry::Kind;
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::plan::fence::Fence;
use crate::plan::tree::Folder;

mod here;

pub(super) use here::explore_here;

/// How many listings may be told that nobody has said to have dealt with.
pub(super) const AHEAD: usize = 64;

/// A listing that waits for its turn.
type Held = (RemotePath, Result<Listing, Failure>);

/// Walks, and tells the listing of each folder below the first, no further ahead than `turns` come.
pub(super) async fn explore(
    pool: Option<Arc<Pool>>,
    wanted: Exploration,
    turns: Arc<Semaphore>,
    listener: Listener,
) {
    let teller = Teller {
        pool,
        turns,
        listener: &listener,
        generation: wanted.generation,
    };
    let result = unbroken(teller.run(&wanted)).await;
    listener.tell(Event::Explored {
        generation: wanted.generation,
        result,
    });
}

struct Teller<'o> {
    pool: Option<Arc<Pool>>,
    turns: Arc<Semaphore>,
    listener: &'o Listener,
    generation: Generation,
}

impl Teller<'_> {
    async fn run(&self, wanted: &Exploration) -> Result<(), Failure> {
        let pool = self.pool.as_ref().ok_or_else(not_connected)?;
        let fence = pool.fence(Purpose::Work).await?;
        let way = Way {
            links: false,
            to_the_end: wanted.levels.is_none(),
            retries: pool.connection.patience.retries,
        };
        let top = Folder {
            path: wanted.folder.clone(),
            tag: 0,
        };
        let folders = match wanted.levels {
            Some(0) => Vec::new(),
            _ => below(&fence, wanted.order, &top, &wanted.listing),
        };
        let mut walk: Walk<u32, Held> = Walk::begin(pool, way, vec![top.path], folders);
        while let Some(told) = walk.next().await {
            let Come {
                ticket,
                folder,
                result,
            } = match told {
                Told::Folder(come) => *come,
                Told::Doubt(failure) => {
                    self.listener.tell(Event::Failed(failure));
                    continue;
                }
            };
            let below = match &result {
                Ok(listing) if wanted.levels.is_none_or(|levels| folder.tag < levels) => {
                    below(&fence, wanted.order, &folder, listing)
                }
                _ => Vec::new(),
            };
            let entries = result.as_ref().map_or(1, |listing| 1 + listing.entries.len());
            let held = match wanted.order {
                WalkOrder::AsItComes => {
                    self.tell(pool, (folder.path, result)).await;
                    None
                }
                WalkOrder::Sorted(_) => Some(((folder.path, result), entries)),
            };
            if let Some(failure) = walk.listed(ticket, held, below) {
                self.listener.tell(Event::Failed(failure));
            }
            while let Some(held) = walk.turn() {
                self.tell(pool, held).await;
            }
        }
        Ok(())
    }

    async fn tell(&self, pool: &Pool, (folder, result): Held) {
        // closed only when the engine is gone
        if let Ok(turn) = self.turns.acquire().await {
            turn.forget();
        }
        pool.tell_facts();
        self.listener.tell(Event::Listed {
            place: Place::Remote(pool.id, folder),
            generation: self.generation,
            result: result.map(Arc::new),
        });
    }
}

/// The folders in a listing that are open, in the order of the walk.
fn below(fence: &Fence, order: WalkOrder, folder: &Folder<u32>, listing: &Listing) -> Vec<Folder<u32>> {
    let mut folders: Vec<_> = listing.entries.iter().filter(|e| e.kind == Kind::Dir).collect();
    if let WalkOrder::Sorted(key) = order {
        folders.sort_by(|a, b| key.compare(a, b));
    }
    let paths = folders.into_iter().map(|entry| folder.path.join(&entry.name));
    paths
        .filter(|path| fence.cuts(path).is_none())
        .map(|path| Folder {
            path,
            tag: folder.tag + 1,
        })
        .collect()
}
