//! What stands at a path of the server, and walks of what is below it: for requests about whole trees.

use std::sync::Arc;

use super::lease::Lease;
use super::pool::{Pool, Purpose};
use super::tree::{Walk, Way};
use super::unix_now;
use crate::model::entry::Entry;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::plan::fence::Fence;
use crate::plan::tree::Folder;

/// Whether what was asked for lies within document path and depth, and what it is. The session is
/// given back: a walk leases its own.
pub(super) async fn look_at(
    pool: &Arc<Pool>,
    path: &RemotePath,
    verb: &str,
) -> Result<(Arc<Fence>, Entry), Failure> {
    let mut lease = pool.lease(Purpose::Work).await?;
    let judged = lease.fence().may_touch(path);
    judged.map_err(|refusal| refusal.failure(format!("Could not {verb} {path}")))?;
    let entry = entry_of(&mut lease, path).await?;
    Ok((Arc::clone(lease.fence()), entry))
}

/// Links are told from folders: what is a link is deleted, and not gone into.
pub(super) fn begin(pool: &Arc<Pool>, top: RemotePath, to_the_end: bool) -> Walk<()> {
    let way = Way {
        links: true,
        to_the_end,
        retries: 0,
    };
    Walk::begin(pool, way, vec![top.clone()], vec![folder(top)])
}

pub(super) fn folder(path: RemotePath) -> Folder<()> {
    Folder { path, tag: () }
}

/// Whether no other folder can be listed either.
pub(super) fn ends_all(failure: &Failure) -> bool {
    matches!(
        failure.class,
        Class::Unreachable | Class::Login | Class::Tls | Class::Cancelled
    )
}

/// What the listing of its folder says of a path.
pub(super) async fn entry_of(lease: &mut Lease, path: &RemotePath) -> Result<Entry, Failure> {
    let what = || format!("Could not find {path}");
    let gone = || {
        Failure::new(
            Class::Refused,
            what(),
            "there is no such file or folder on the server",
        )
        .hint("Check how it is written: most servers tell capital letters from small ones.")
    };
    let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
        return Err(gone());
    };
    let listing = lease
        .list_with_links(&folder, unix_now())
        .await
        .map_err(|e| e.failure(what()))?;
    let mut entries = listing.entries.into_iter();
    entries.find(|entry| entry.name == name).ok_or_else(gone)
}
