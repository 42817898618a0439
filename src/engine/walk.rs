//! Walking folders while files already flow: each folder becomes a job that makes its copy, each
//! file a job that waits for that one.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::naming;
use super::pool::{Pool, Purpose};
use super::room::Room;
use super::run::Note;
use super::targets::Targets;
use super::tree::{Told, Walk, Way, incomplete};
use super::{blocking, ending};
use crate::ftp::error::local;
use crate::local::names::join;
use crate::model::entry::{Entry, Kind};
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchRequest, Direction, Item, JobId};
use crate::model::listing::Listing;
use crate::model::part_name::is_part_name;
use crate::model::path::RemotePath;
use crate::model::size::count;
use crate::model::text::shown_path;
use crate::plan::fence::Fence;
use crate::plan::queue::Found;
use crate::plan::tree::Folder;

/// Finds all jobs of a batch and hands them to the queue; why that ended early, if it did.
pub(super) async fn walk(
    request: BatchRequest,
    pool: Arc<Pool>,
    targets: Arc<Targets>,
    notes: mpsc::UnboundedSender<Note>,
    cancel: CancellationToken,
) -> Option<Failure> {
    let walk = async {
        if let Some(first) = request.items.first() {
            targets.at_once.look(first.local.clone()).await;
        }
        let room = Room::look(&request, &pool).await;
        let walker = Walker {
            request,
            pool,
            targets,
            notes,
            room,
            said_untold: AtomicBool::new(false),
        };
        walker.run().await
    };
    tokio::select! {
        done = walk => done.err(),
        () = cancel.cancelled() => None,
    }
}

struct Walker {
    request: BatchRequest,
    pool: Arc<Pool>,
    targets: Arc<Targets>,
    notes: mpsc::UnboundedSender<Note>,
    room: Room,
    /// That permissions cannot be kept was said.
    said_untold: AtomicBool,
}

/// A folder that is still to be listed, and the job that makes its copy.
struct Ahead {
    local: PathBuf,
    remote: RemotePath,
    made_by: JobId,
}

impl Walker {
    async fn run(&self) -> Result<(), Failure> {
        // files need no walk: their lanes log in, and each lease judges its path
        let fence = match self.request.items.iter().any(|item| item.kind == Kind::Dir) {
            true => Some(self.pool.fence(Purpose::Work).await?),
            false => self.pool.known_fence(),
        };
        let fence = fence.as_deref();
        let top = self
            .request
            .items
            .iter()
            .filter(|item| fence.is_none_or(|fence| self.is_open(fence, item)))
            .map(|item| Found {
                item: item.clone(),
                folder: None,
            })
            .collect();
        let tops = self.hand_over(fence, top).await?;
        match self.request.direction {
            Direction::Download => self.walk_remote(fence, tops).await,
            Direction::Upload => self.walk_local(fence, tops).await,
        }
    }

    async fn walk_remote(&self, fence: Option<&Fence>, tops: Vec<Ahead>) -> Result<(), Failure> {
        if tops.is_empty() {
            return Ok(());
        }
        let way = Way {
            links: false,
            to_the_end: true,
            retries: self.pool.connection.patience.retries,
        };
        let roots = tops.iter().map(|top| top.remote.clone()).collect();
        let folders = tops.into_iter().map(folder_of).collect();
        let mut walk: Walk<Ahead> = Walk::begin(&self.pool, way, roots, folders);
        while let Some(told) = walk.next().await {
            let come = match told {
                Told::Folder(come) => *come,
                Told::Doubt(failure) => {
                    self.say(failure);
                    continue;
                }
            };
            let below = match come.result {
                Ok(listing) => self.found(fence, &come.folder.tag, &listing).await?,
                // one folder that cannot be listed does not end the walk
                Err(failure) => {
                    self.say(failure);
                    Vec::new()
                }
            };
            let below = below.into_iter().map(folder_of).collect();
            if let Some(failure) = walk.listed(come.ticket, None, below) {
                self.say(failure);
            }
        }
        Ok(())
    }

    async fn walk_local(&self, fence: Option<&Fence>, mut ahead: Vec<Ahead>) -> Result<(), Failure> {
        ahead.reverse();
        while let Some(folder) = ahead.pop() {
            match list_local(&folder.local).await {
                Ok(listing) => {
                    let mut below = self.found(fence, &folder, &listing).await?;
                    below.reverse();
                    ahead.append(&mut below);
                }
                Err(failure) => self.say(failure),
            }
        }
        Ok(())
    }

    /// Hands over what a folder holds; the folders to be walked next.
    async fn found(
        &self,
        fence: Option<&Fence>,
        folder: &Ahead,
        listing: &Listing,
    ) -> Result<Vec<Ahead>, Failure> {
        for (name, why) in &listing.refused {
            let what = format!(
                "Not transferred: '{name}' in {}",
                folder.shown(self.request.direction)
            );
            self.say(Failure::new(Class::Other, what, why.to_string()));
        }
        let named = listing.incomplete.is_none() && listing.refused.len() as u64 == listing.unreadable_count;
        if !listing.is_whole() && !named {
            let failure = incomplete(&folder.shown(self.request.direction), listing);
            self.say(failure.hint("What was listed is transferred; there may be more."));
        }
        let is_ours = |entry: &&Entry| is_part_name(entry.name.as_bytes());
        let ours = listing.entries.iter().filter(is_ours).count();
        if ours > 0 {
            let text = format!(
                "{} in {} left out; one that is asked for by its name is transferred",
                count(
                    ours as u64,
                    "temporary file of ftpane",
                    "temporary files of ftpane"
                ),
                folder.shown(self.request.direction)
            );
            let _ = self.notes.send(Note::Noticed(text));
        }
        let keeps = self.request.care.permissions && self.request.direction == Direction::Download;
        let entries = listing.entries.iter().filter(|entry| !is_ours(entry));
        let found = entries.filter_map(|entry| {
            let local = match join(&folder.local, &entry.name) {
                Ok(local) => local,
                Err(error) => {
                    let what = format!("Not transferred: {}", folder.remote.join(&entry.name));
                    self.say(Failure::new(Class::Local, what, error.to_string()));
                    return None;
                }
            };
            let remote = folder.remote.join(&entry.name);
            let (kind, size, modified) = (entry.kind, entry.size, entry.modified);
            // those of a link say nothing; a file of this machine tells its own when it is opened
            let told = entry.permissions.filter(|_| kind == Kind::File && keeps);
            Some(Found {
                item: Item {
                    local,
                    remote,
                    kind,
                    size,
                    modified,
                    permissions: told,
                },
                folder: Some(folder.made_by),
            })
        });
        self.hand_over(fence, found.collect()).await
    }

    /// Whether what was asked for by name lies within document path and depth; says it where not.
    fn is_open(&self, fence: &Fence, item: &Item) -> bool {
        let judged = match item.kind {
            Kind::Dir => fence.may_enter(&item.remote),
            _ => fence.may_touch(&item.remote),
        };
        if let Err(refusal) = &judged {
            self.say(refusal.failure(format!("Not transferred: {}", item.remote)));
        }
        judged.is_ok()
    }

    fn say(&self, failure: Failure) {
        let _ = self.notes.send(Note::Said(failure));
    }

    /// Makes jobs of what was found; the folders among them are to be walked next. Those below the
    /// depth are jobs too, which end by saying that they were cut off.
    async fn hand_over(&self, fence: Option<&Fence>, mut found: Vec<Found>) -> Result<Vec<Ahead>, Failure> {
        let items = found.iter_mut().map(|found| &mut found.item).collect();
        for text in naming::settle(self.request.direction, items, &self.pool, &self.targets).await {
            let _ = self.notes.send(Note::Noticed(text));
        }
        let places: Vec<_> = found
            .iter()
            .map(|f| (f.item.kind, f.item.local.clone(), f.item.remote.clone()))
            .collect();
        if let Some(text) = self.room.wants(found.iter().map(|found| &found.item)) {
            let _ = self.notes.send(Note::Noticed(text));
        }
        if self.lacks_permissions(&found) && !self.said_untold.swap(true, Ordering::Relaxed) {
            let text = "the server's listing does not tell the permissions of its files: they cannot be kept";
            let _ = self.notes.send(Note::Noticed(text.into()));
        }
        let (reply, numbers) = oneshot::channel();
        let note = Note::Found {
            batch: self.request.id,
            direction: self.request.direction,
            found,
            reply,
        };
        self.notes.send(note).map_err(|_| ending())?;
        let numbers = numbers.await.map_err(|_| ending())?;
        let folders = places.into_iter().zip(numbers).filter(|((kind, _, remote), _)| {
            *kind == Kind::Dir && fence.is_none_or(|fence| fence.cuts(remote).is_none())
        });
        Ok(folders
            .map(|((_, local, remote), made_by)| Ahead {
                local,
                remote,
                made_by,
            })
            .collect())
    }
}

impl Walker {
    /// Whether permissions are to come with these, and are not told of one that is a file.
    fn lacks_permissions(&self, found: &[Found]) -> bool {
        let keeps = self.request.care.permissions && self.request.direction == Direction::Download;
        let untold = |found: &Found| found.item.kind == Kind::File && found.item.permissions.is_none();
        keeps && found.iter().any(untold)
    }
}

fn folder_of(ahead: Ahead) -> Folder<Ahead> {
    Folder {
        path: ahead.remote.clone(),
        tag: ahead,
    }
}

async fn list_local(folder: &Path) -> Result<Listing, Failure> {
    let path = folder.to_path_buf();
    let listed = blocking(move || crate::local::list::list(&path)).await?;
    listed.map_err(|e| local(format!("Could not list {}", shown_path(folder)), &e))
}

impl Ahead {
    fn shown(&self, direction: Direction) -> String {
        match direction {
            Direction::Download => self.remote.shown(),
            Direction::Upload => shown_path(&self.local),
        }
    }
}
