//! One file from the server: into a temporary file beside the target, and in its place when it is
//! proved to be whole.

use std::path::{Path, PathBuf};

use tokio::fs::File;
use tokio::io::AsyncWriteExt as _;

use super::blocking;
use super::lease::Lease;
use super::worker::{Moved, Stop, Task, conflict, in_the_way};
use crate::ftp::error::{Error, local};
use crate::local::list::stat;
use crate::local::names::bytes_of;
use crate::local::part::PartFile;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::job::Policy;
use crate::model::path::{Name, RemotePath};
use crate::model::text::shown_path;
use crate::plan::conflict::{Decision, Known, decide};
use crate::plan::rename::free_name;

/// How much is read and written at once.
const CHUNK: usize = 256 * 1024;

pub(super) async fn download(task: &Task) -> Result<Moved, Stop> {
    let item = &task.start.job.item;
    let source = Known {
        size: item.size,
        modified: item.modified,
    };
    let what = || format!("Could not download {}", item.remote);

    let standing = standing(&item.local).await?;
    let overwrites = task.start.policy == Policy::Overwrite;
    let (target, may_replace) = match standing {
        Some((Kind::Dir, _)) => {
            return Err(Failure::new(Class::Conflict, what(), "a folder of that name is in the way").into());
        }
        Some((_, known)) => match decide(task.start.policy, &source, Some(&known)) {
            Decision::Transfer => (item.local.clone(), true),
            Decision::Skip(why) => return Err(Stop::Skipped(why.into())),
            Decision::Rename => (free_path(item.local.clone()).await?, false),
            Decision::Fail => return Err(in_the_way(what(), &shown_path(&item.local))),
            Decision::Ask => return Err(conflict(&task.start.job, &source, &known)),
        },
        None => (item.local.clone(), overwrites),
    };

    let mut lease = task.lease().await?;
    let done = receive(task, &mut lease, &target, may_replace).await;
    let moved = match done {
        Err(Stop::Failed(failure))
            if item.kind == Kind::Link && failure.class != Class::Guarded && lease.is_usable() =>
        {
            // what a link leads to is known only when one follows it
            match lease.enter(&item.remote).await {
                Ok(()) => Err(Stop::Skipped(
                    "it is a link to a folder; links are not followed".into(),
                )),
                // it could not be looked behind: most likely a folder below the depth
                Err(Error::Guarded(why)) if failure.class == Class::Refused => {
                    Err(Stop::Skipped(format!("it is a link that is not followed: {why}")))
                }
                Err(_) => Err(failure.into()),
            }
        }
        done => done,
    };
    drop(lease);
    task.pool.tell_facts();
    moved
}

/// What stands where the file is to go.
async fn standing(target: &Path) -> Result<Option<(Kind, Known)>, Failure> {
    let (path, shown) = (target.to_path_buf(), shown_path(target));
    match blocking(move || stat(&path)).await? {
        Ok(entry) => {
            let kind = entry
                .target_kind
                .filter(|_| entry.kind == Kind::Link)
                .unwrap_or(entry.kind);
            Ok(Some((
                kind,
                Known {
                    size: entry.size,
                    modified: entry.modified,
                },
            )))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(local(format!("Could not look at {shown}"), &error)),
    }
}

/// A path beside `target` that is free.
async fn free_path(target: PathBuf) -> Result<PathBuf, Failure> {
    let none = || {
        Failure::new(
            Class::Local,
            "Could not rename",
            "no free name was found beside the target",
        )
    };
    let find = move || {
        let name = Name::new(&bytes_of(target.file_name()?)).ok()?;
        let folder = target.parent()?.to_path_buf();
        let path = |name: &Name| crate::local::names::join(&folder, name).ok();
        let free = free_name(&name, |name| {
            path(name).is_none_or(|p| std::fs::symlink_metadata(p).is_ok())
        })?;
        path(&free)
    };
    blocking(find).await?.ok_or_else(none)
}

async fn receive(task: &Task, lease: &mut Lease, target: &Path, may_replace: bool) -> Result<Moved, Stop> {
    let from = &task.start.job.item.remote;
    let what = || format!("Could not download {from}");
    let failed = |error: Error| Stop::on_wire(&error, what());
    let disk = |error: std::io::Error| {
        Stop::Failed(local(format!("Could not write {}", shown_path(target)), &error))
    };

    // the server is asked first: a file it does not have leaves no trace on the disk
    let mut transfer = lease.retrieve(from, 0).await.map_err(failed)?;
    let (path, unique) = (target.to_path_buf(), task.unique);
    let (part, file) = task
        .on_disk(move || PartFile::create(&path, unique, may_replace))
        .await?
        .map_err(disk)?;
    let mut file = File::from_std(file);
    file.set_max_buf_size(CHUNK);

    let mut buffer = vec![0u8; task.limit.piece(CHUNK)];
    let mut received: u64 = 0;
    loop {
        let n = transfer.read(&mut buffer).await.map_err(failed)?;
        if n == 0 {
            break;
        }
        file.write_all(&buffer[..n]).await.map_err(disk)?;
        received += n as u64;
        task.counter.add(n as u64);
        task.limit.passed(n).await;
    }
    let ending = transfer.finish_download().await.map_err(failed)?;
    file.flush().await.map_err(disk)?;

    let note = whole(task, lease, from, received, ending.closed_properly).await?;
    let modified = match task.start.job.item.modified {
        Some(time) if time.precision == crate::model::stamp::Precision::Second => Some(time),
        // a listing that knows the day only would set a wrong time
        _ => lease
            .modified(from)
            .await
            .map_err(failed)?
            .or(task.start.job.item.modified),
    };
    let file = file.into_std().await;
    let placed = task.on_disk(move || part.commit(file, modified)).await?;
    placed.map_err(|error| match error.kind() {
        // it was free when this began: tried again, and then decided by the policy
        std::io::ErrorKind::AlreadyExists => Stop::Failed(
            Failure::new(
                Class::Conflict,
                what(),
                format!("{} has appeared meanwhile and is untouched", shown_path(target)),
            )
            .transient(),
        ),
        _ => disk(error),
    })?;
    Ok(Moved {
        bytes: received,
        note,
    })
}

/// Proves that what was received is the whole file, or fails. The server's 226 alone proves
/// nothing: a line that was cut looks to the client like the end of the data.
async fn whole(
    task: &Task,
    lease: &mut Lease,
    from: &RemotePath,
    received: u64,
    closed_properly: Option<bool>,
) -> Result<Option<String>, Stop> {
    let listed = task.start.job.item.size;
    let expected = match listed {
        Some(size) if size == received => listed,
        // the listing may be old, or give the size of a link itself: what is it now?
        _ => {
            let now = lease.size(from).await;
            now.map_err(|e| e.failure(format!("Could not check the size of {from}")))?
                .or(listed.filter(|_| task.start.job.item.kind == Kind::File))
        }
    };
    let short = |why: String| {
        Failure::new(Class::Unreachable, format!("Could not download {from}"), why)
            .hint("What stood under the target's name is untouched.")
            .transient()
    };
    match (expected, closed_properly) {
        (Some(size), _) if size != received => Err(short(format!(
            "{received} bytes came and the file has {size}; the transfer was cut"
        ))
        .into()),
        (Some(_), Some(false)) => Ok(Some(
            "the server did not close the encrypted connection properly; the size is right".into(),
        )),
        (None, Some(false)) => Err(short(
            "the server did not close the encrypted connection properly and does not tell the file's size"
                .into(),
        )
        .into()),
        (None, None) => Ok(Some(
            "the server does not tell the file's size; its word is the only proof".into(),
        )),
        _ => Ok(None),
    }
}
