//! What stands in the folders of the server that files are put into: listed once a folder and
//! batch, so that no file costs a question of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use super::pool::Lease;
use super::unix_now;
use crate::ftp::error::Error;
use crate::model::entry::{Entry, Kind};
use crate::model::path::{Name, RemotePath};
use crate::plan::conflict::Known;

/// What is known of an existing target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) kind: Kind,
    pub(super) known: Known,
}

type Content = Arc<HashMap<Name, Standing>>;
type Cell = Arc<OnceCell<Content>>;

/// The target folders of one batch.
#[derive(Debug, Default)]
pub(super) struct Targets {
    folders: Mutex<HashMap<RemotePath, Cell>>,
}

impl Targets {
    fn cell(&self, folder: &RemotePath) -> Cell {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(folders.entry(folder.clone()).or_default())
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
        Ok(self.content(lease, &folder).await?.get(&name).copied())
    }

    /// All that stands in a folder.
    pub(super) async fn content(&self, lease: &mut Lease, folder: &RemotePath) -> Result<Content, Error> {
        let cell = self.cell(folder);
        let content = cell
            .get_or_try_init(|| async {
                let listing = lease.list(folder, unix_now()).await?;
                Ok::<_, Error>(Arc::new(
                    listing.entries.iter().map(standing).collect::<HashMap<_, _>>(),
                ))
            })
            .await?;
        Ok(Arc::clone(content))
    }
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
