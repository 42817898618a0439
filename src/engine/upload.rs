//! One file to the server: under a temporary name in the target's folder, its size checked, its
//! time set, and then renamed over the target.

use std::fs::Metadata;
use std::path::Path;

use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::blocking;
use super::lease::Lease;
use super::worker::{Moved, Stop, Task, conflict, in_the_way};
use crate::ftp::error::{Error, local};
use crate::local::list::modified;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::job::Policy;
use crate::model::part_name::part_name;
use crate::model::path::{Name, RemotePath};
use crate::model::text::shown_path;
use crate::plan::conflict::{Decision, Known, decide};
use crate::plan::rename::free_name;

/// How much is read and written at once.
const CHUNK: usize = 256 * 1024;

pub(super) async fn upload(task: &Task, leftover: &mut Option<RemotePath>) -> Result<Moved, Stop> {
    let item = &task.start.job.item;
    let (file, metadata) = open(&item.local).await?;
    let source = Known {
        size: Some(metadata.len()),
        modified: modified(&metadata),
    };

    let mut lease = task.lease().await?;
    let target = choose_target(task, &mut lease, &source).await?;
    let sent = send(task, &mut lease, file, &source, &target, leftover).await;
    drop(lease);
    task.pool.tell_facts();
    sent
}

async fn open(path: &Path) -> Result<(File, Metadata), Stop> {
    let (opened, shown) = (path.to_path_buf(), shown_path(path));
    let opened = blocking(move || {
        // opening a pipe would wait for whoever writes to it: looked at first
        let metadata = std::fs::metadata(&opened)?;
        if !metadata.is_file() {
            return Ok((None, metadata));
        }
        let file = std::fs::File::open(opened)?;
        let metadata = file.metadata()?;
        Ok((Some(file), metadata))
    });
    let (file, metadata) = opened
        .await?
        .map_err(|e| local(format!("Could not read {shown}"), &e))?;
    if metadata.is_dir() {
        return Err(Stop::Skipped(
            "it is a link to a folder; links are not followed".into(),
        ));
    }
    match file.filter(|_| metadata.is_file()) {
        Some(file) => Ok((File::from_std(file), metadata)),
        None => Err(Stop::Skipped("it is neither a file nor a folder".into())),
    }
}

/// The path the file is to have, by what stands there and the policy.
async fn choose_target(task: &Task, lease: &mut Lease, source: &Known) -> Result<RemotePath, Stop> {
    let target = task.start.job.item.remote.clone();
    let what = || format!("Could not upload to {target}");
    if task.start.policy == Policy::Overwrite {
        return Ok(target);
    }
    let failed = |e: Error| Stop::on_wire(&e, format!("Could not look for {target}"));
    let job = task.start.job.id;
    let standing = task.targets.standing(lease, &target).await.map_err(failed)?;
    // a path that another job of the batch has taken is as good as a file standing there
    let known = match standing {
        Some(standing) if standing.kind == Kind::Dir => {
            return Err(Failure::new(Class::Conflict, what(), "a folder of that name is in the way").into());
        }
        Some(standing) => standing.known,
        None if task.targets.take(&target, job) => return Ok(target),
        None => Known::default(),
    };
    match decide(task.start.policy, source, Some(&known)) {
        Decision::Transfer => Ok(target),
        Decision::Skip(why) => Err(Stop::Skipped(why.into())),
        Decision::Fail => Err(in_the_way(what(), &target.shown())),
        Decision::Ask => Err(conflict(&task.start.job, source, &known)),
        Decision::Rename => {
            let (Some(folder), Some(name)) = (target.parent(), target.name()) else {
                return Ok(target);
            };
            let content = task.targets.content(lease, &folder).await.map_err(failed)?;
            let free = free_name(&name, |name| {
                !content.is_free(name) || !task.targets.take(&folder.join(name), job)
            });
            let none = || {
                Failure::new(
                    Class::Conflict,
                    what(),
                    "no free name was found beside the target",
                )
            };
            Ok(folder.join(&free.ok_or_else(none)?))
        }
    }
}

async fn send(
    task: &Task,
    lease: &mut Lease,
    mut file: File,
    source: &Known,
    target: &RemotePath,
    leftover: &mut Option<RemotePath>,
) -> Result<Moved, Stop> {
    let failed = |error: Error| Stop::on_wire(&error, format!("Could not upload to {target}"));
    let path = &task.start.job.item.local;
    let disk = |e: std::io::Error| Stop::Failed(local(format!("Could not read {}", shown_path(path)), &e));
    let part = temporary(target, task.unique)?;

    // whatever becomes of it: servers make the file before they find that they cannot fill it
    *leftover = Some(part.clone());
    let mut transfer = lease.store(&part).await.map_err(|error| {
        if matches!(error, Error::Guarded(_)) {
            *leftover = None;
        }
        failed(error)
    })?;
    file.set_max_buf_size(CHUNK);
    let mut buffer = vec![0u8; task.limit.piece(CHUNK)];
    let mut sent: u64 = 0;
    loop {
        let n = file.read(&mut buffer).await.map_err(disk)?;
        if n == 0 {
            break;
        }
        transfer.write(&buffer[..n]).await.map_err(failed)?;
        sent += n as u64;
        task.counter.add(n as u64);
        task.limit.passed(n).await;
    }
    transfer.finish_upload().await.map_err(failed)?;

    unchanged(&file, source, sent, path).await?;
    let mut note = None;
    match lease.size(&part).await.map_err(failed)? {
        Some(size) if size != sent => {
            let why = format!("the server has {size} of {sent} bytes; the transfer was cut");
            return Err(
                Failure::new(Class::Unreachable, format!("Could not upload to {target}"), why)
                    .hint("What stood under the target's name is untouched.")
                    .transient()
                    .into(),
            );
        }
        Some(_) => {}
        None => note = Some("the server does not tell the size; its word is the only proof".to_owned()),
    }
    if let Some(time) = source.modified {
        // a server that does not take the time keeps its own: no reason to lose the file
        lease.set_modified(&part, time).await.map_err(failed)?;
    }
    lease.put_in_place(&part, target).await.map_err(|e| {
        let refused = matches!(e, Error::Refused(..)) && !e.is_loss();
        let failure = e.failure(format!("Could not put {target} in place"));
        Stop::Failed(failure.hint(if refused {
            "The server does not let a file be renamed over another; what stood there is untouched."
        } else {
            "The old file stands there or the new one, whole; look before you try again."
        }))
    })?;
    *leftover = None;
    Ok(Moved { bytes: sent, note })
}

fn temporary(target: &RemotePath, unique: u64) -> Result<RemotePath, Stop> {
    let nameless = || {
        Stop::Failed(Failure::new(
            Class::Usage,
            "Could not upload",
            "the target has no name",
        ))
    };
    let (folder, name) = target.parent().zip(target.name()).ok_or_else(nameless)?;
    let part = Name::new(&part_name(name.as_bytes(), unique)).map_err(|_| nameless())?;
    Ok(folder.join(&part))
}

/// A file that somebody writes to while it is read is half old, half new.
async fn unchanged(file: &File, source: &Known, sent: u64, path: &Path) -> Result<(), Stop> {
    let what = || format!("Could not upload {}", shown_path(path));
    let now = file.metadata().await.map_err(|e| local(what(), &e))?;
    if now.len() == sent && source.size == Some(sent) && modified(&now) == source.modified {
        return Ok(());
    }
    Err(
        Failure::new(Class::Local, what(), "the file was changed while it was read")
            .transient()
            .into(),
    )
}
