//! What stands in the folders of the server that files are put into: listed once a folder and
//! batch, so that no file costs a question of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::lease::Lease;
use super::resume::Leftovers;
use super::unix_now;
use crate::ftp::error::Error;
use crate::ftp::session::FileSize;
use crate::model::entry::{Entry, Kind};
use crate::model::job::JobId;
use crate::model::part_name::{is_part_name, is_part_of};
use crate::model::path::{Name, RemotePath};
use crate::plan::conflict::Known;

/// What is known of an existing target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) kind: Kind,
    pub(super) known: Known,
}

/// All that stands in a folder, as far as its listing tells.
#[derive(Debug, Default)]
pub(super) struct Content {
    entries: HashMap<Name, Standing>,
    /// Those of them that are temporary names of ours.
    parts: Vec<Name>,
    /// Whether the listing may lack entries: then nothing is absent on its word.
    gaps: bool,
    /// Whether it may lack those that begin with a dot.
    hides_dot_names: bool,
}

impl Content {
    /// Whether this name is known to be free.
    pub(super) fn is_free(&self, name: &Name) -> bool {
        !self.may_hide(name) && !self.entries.contains_key(name)
    }

    /// The temporary names for `name`, of whatever origin.
    pub(super) fn parts_of(&self, name: &Name) -> impl Iterator<Item = &Name> {
        let parts = self.parts.iter();
        parts.filter(|part| is_part_of(part.as_bytes(), name.as_bytes()))
    }

    /// The names listed.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.entries.keys()
    }

    /// Whether the name may be there though it is not listed.
    fn may_hide(&self, name: &Name) -> bool {
        self.gaps || (self.hides_dot_names && name.is_hidden())
    }
}

type Cell = Arc<OnceCell<Arc<Content>>>;

/// The target folders of one batch.
#[derive(Debug, Default)]
pub(super) struct Targets {
    folders: Mutex<HashMap<RemotePath, Cell>>,
    /// Where jobs of this batch put their files: two of them never get the same path.
    taken: Mutex<HashMap<RemotePath, JobId>>,
    /// What earlier runs have left on this machine.
    pub(super) here: Leftovers,
}

impl Targets {
    fn cell(&self, folder: &RemotePath) -> Cell {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(folders.entry(folder.clone()).or_default())
    }

    /// Takes a path for a job's file; `false` when another job of the batch has it.
    pub(super) fn take(&self, path: &RemotePath, job: JobId) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken.entry(path.clone()).or_insert(job) == job
    }

    /// Notes that a folder has just been made: nothing is in it.
    pub(super) fn made(&self, folder: &RemotePath) {
        let _ = self.cell(folder).set(Arc::default());
    }

    /// What stands at `path`; its folder is listed the first time one asks.
    pub(super) async fn standing(
        &self,
        lease: &mut Lease,
        path: &RemotePath,
    ) -> Result<Option<Standing>, Error> {
        let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
            return Ok(None);
        };
        let content = self.content(lease, &folder).await?;
        match content.entries.get(&name) {
            None if content.may_hide(&name) => asked_for(lease, path).await,
            found => Ok(found.copied()),
        }
    }

    /// What stands at `path`, with all that stands beside it, where that is known already.
    pub(super) fn known(&self, path: &RemotePath) -> Option<(Option<Standing>, Arc<Content>)> {
        let content = Arc::clone(self.cell(&path.parent()?).get()?);
        let name = path.name()?;
        match content.entries.get(&name).copied() {
            None if content.may_hide(&name) => None,
            standing => Some((standing, content)),
        }
    }

    /// All that stands in a folder.
    pub(super) async fn content(
        &self,
        lease: &mut Lease,
        folder: &RemotePath,
    ) -> Result<Arc<Content>, Error> {
        let cell = self.cell(folder);
        let content = cell
            .get_or_try_init(|| async {
                let listing = lease.list(folder, unix_now()).await?;
                let names = listing.entries.iter().map(|entry| &entry.name);
                Ok::<_, Error>(Arc::new(Content {
                    parts: names
                        .filter(|name| is_part_name(name.as_bytes()))
                        .cloned()
                        .collect(),
                    entries: listing.entries.iter().map(standing).collect(),
                    gaps: !listing.is_whole(),
                    hides_dot_names: lease.hides_dot_names(),
                }))
            })
            .await?;
        Ok(Arc::clone(content))
    }
}

/// What stands at a path, asked for by itself: for names that a listing may have left out. What
/// the server does not tell counts as standing there.
pub(super) async fn asked_for(lease: &mut Lease, path: &RemotePath) -> Result<Option<Standing>, Error> {
    let size = match lease.ask_size(path).await? {
        FileSize::NoFile => return Ok(None),
        FileSize::File(size) => size,
        FileSize::Untold => None,
    };
    let known = Known {
        size,
        modified: lease.modified(path).await?,
    };
    Ok(Some(Standing {
        kind: Kind::File,
        known,
    }))
}

fn standing(entry: &Entry) -> (Name, Standing) {
    let known = Known {
        size: entry.size,
        modified: entry.modified,
    };
    (
        entry.name.clone(),
        Standing {
            kind: entry.kind,
            known,
        },
    )
}
