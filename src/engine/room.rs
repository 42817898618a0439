//! Whether there is room for what is to be written: looked at before it is, and said.
//!
//! A batch that will not fit is said as soon as the walk has found too much of it; what fits goes on.
//! A file that does not fit by itself is not begun.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::blocking;
use super::pool::{Pool, Purpose};
use crate::local::space;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchRequest, Direction, Item};
use crate::model::size;
use crate::model::text::shown_path;

/// A file up to this long is not worth a look at the disk by itself.
const SMALL: u64 = 1 << 20;

/// The room that a batch has, looked at before anything of it is written.
pub(super) struct Room {
    /// Where, for the sentence.
    place: String,
    /// Bytes; `None` where nobody tells.
    free: Option<u64>,
    wanted: AtomicU64,
}

impl Room {
    /// Looks how much room there is where a batch's files go.
    pub(super) async fn look(request: &BatchRequest, pool: &Arc<Pool>) -> Self {
        let first = request.items.first();
        let (place, free) = match (request.direction, first) {
            (_, None) => (String::new(), None),
            (Direction::Download, Some(item)) => {
                let folder = item.local.parent().unwrap_or(&item.local).to_path_buf();
                let shown = shown_path(&folder);
                let free = blocking(move || space::free(&folder)).await;
                (
                    format!("the disk of {shown}"),
                    free.ok().and_then(Result::ok).flatten(),
                )
            }
            (Direction::Upload, Some(item)) => there(item, pool).await,
        };
        Self {
            place,
            free,
            wanted: AtomicU64::new(0),
        }
    }

    /// Counts these in; what is to be said where they do not fit any more, once.
    pub(super) fn wants<'i>(&self, items: impl Iterator<Item = &'i Item>) -> Option<String> {
        let files = items.filter(|item| item.kind == Kind::File);
        // a server may claim any size
        let more = files.filter_map(|item| item.size).fold(0, u64::saturating_add);
        let add = |before: u64| before.saturating_add(more);
        let added = |before| Some(add(before));
        let before = self
            .wanted
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, added);
        let before = before.unwrap_or_else(|before| before);
        let wanted = add(before);
        let free = self.free.filter(|free| before <= *free && wanted > *free)?;
        Some(format!(
            "There may not be room for all: {} is to be transferred, and {} is free on {}. What still fits goes on",
            size::bytes(wanted),
            size::bytes(free),
            self.place
        ))
    }
}

/// What the server tells, of its disk and of the user's quota: the less of both. It is asked only where that
/// costs no login.
async fn there(item: &Item, pool: &Arc<Pool>) -> (String, Option<u64>) {
    let may_tell = pool.connection.tells_room() || pool.connection.may_tell_quota();
    let (disk, quota) = match may_tell {
        true => asked(item, pool).await.unwrap_or_default(),
        false => (None, None),
    };
    match (disk, quota) {
        (disk, Some(quota)) if disk.is_none_or(|disk| quota < disk) => {
            ("the server by your quota there".into(), Some(quota))
        }
        (disk, _) => ("the server".into(), disk),
    }
}

async fn asked(item: &Item, pool: &Arc<Pool>) -> Option<(Option<u64>, Option<u64>)> {
    let folder = item.remote.parent()?;
    let mut lease = pool.lease(Purpose::Work).await.ok()?;
    let disk = match pool.connection.tells_room() {
        true => lease.room(&folder).await.ok().flatten(),
        false => None,
    };
    let quota = match pool.connection.may_tell_quota() && lease.is_usable() {
        true => lease.quota().await.ok().flatten(),
        false => None,
    };
    Some((disk, quota))
}

/// Fails where a file of this length does not fit into `folder`; `what` is what does not happen then.
pub(super) async fn fits(folder: &Path, length: u64, what: String) -> Result<(), Failure> {
    if length <= SMALL {
        return Ok(());
    }
    let (folder, shown) = (folder.to_path_buf(), shown_path(folder));
    // a disk that does not tell says soon enough that it is full
    let Ok(Some(free)) = blocking(move || space::free(&folder)).await? else {
        return Ok(());
    };
    if length <= free {
        return Ok(());
    }
    let why = format!(
        "it needs {} and {} is free on the disk of {shown}",
        size::bytes(length),
        size::bytes(free)
    );
    Err(Failure::new(Class::Local, what, why).hint("Free some space and try again; nothing was written."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::RemotePath;

    fn file(size: u64) -> Item {
        Item {
            local: "x".into(),
            remote: RemotePath::root(),
            kind: Kind::File,
            size: Some(size),
            modified: None,
            permissions: None,
        }
    }

    #[test]
    fn too_much_is_said_once_and_when_it_is_too_much() {
        let room = |free| Room {
            place: "the disk of /d".into(),
            free,
            wanted: AtomicU64::new(0),
        };
        let some = room(Some(10 << 20));
        let folder = Item {
            kind: Kind::Dir,
            ..file(1 << 40)
        };
        assert_eq!(
            some.wants([file(10 << 20), folder].iter()),
            None,
            "it fits just so"
        );
        let said = some.wants([file(1 << 20)].iter()).unwrap();
        assert!(
            said.contains("11.0 MiB is to be transferred, and 10.0 MiB is free on the disk of /d"),
            "{said}"
        );
        assert_eq!(some.wants([file(1 << 30)].iter()), None);
        assert_eq!(room(None).wants([file(u64::MAX)].iter()), None);
        // as much as a server may claim
        let some = room(Some(10 << 20));
        assert!(some.wants([file(u64::MAX), file(u64::MAX)].iter()).is_some());
        assert_eq!(some.wants([file(u64::MAX)].iter()), None);
    }

    #[tokio::test]
    async fn a_file_that_cannot_fit_is_not_begun() {
        let folder = tempfile::tempdir().unwrap();
        let free = space::free(folder.path()).unwrap().unwrap();
        fits(folder.path(), SMALL, "No".into()).await.unwrap();
        let failure = fits(folder.path(), free * 2 + SMALL + 1, "No".into())
            .await
            .unwrap_err();
        assert_eq!(failure.class, Class::Local);
        let text = failure.to_string();
        assert!(text.contains("it needs") && text.contains("is free on"), "{text}");
    }
}
