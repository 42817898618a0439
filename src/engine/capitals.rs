//! Servers that do not tell `Readme` from `README`: known before one file takes the place of another.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use super::lease::Lease;
use super::unix_now;
use crate::ftp::error::Error;
use crate::ftp::session::FileSize;
use crate::ftp::transfer::Request;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::part_name::{Origin, part_name};
use crate::model::path::{Name, RemotePath};
use crate::plan::naming::doubles;

/// What is known of a server's capitals, by one batch.
#[derive(Debug, Default)]
pub(super) struct Capitals {
    /// Paths of the batch that differ from another of it in capitals only, with that one's name.
    doubles: Mutex<HashMap<RemotePath, Name>>,
    /// Whether the server does not tell them apart; it is tried where it matters.
    blind: OnceLock<bool>,
}

impl Capitals {
    fn doubles(&self) -> MutexGuard<'_, HashMap<RemotePath, Name>> {
        self.doubles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Things of these names go into one folder.
    pub(super) fn note<'n>(&self, folder: &RemotePath, names: impl IntoIterator<Item = &'n Name>) {
        for (name, first) in doubles(names) {
            self.doubles().insert(folder.join(name), first.clone());
        }
    }

    /// The other thing of the batch whose place this one would take on a server that is blind to capitals.
    pub(super) fn double(&self, path: &RemotePath) -> Option<Name> {
        self.doubles().get(path).cloned()
    }

    /// Why `path` is refused, where another thing of the batch has its place; `what` does not happen then.
    pub(super) async fn refusal(
        &self,
        lease: &mut Lease,
        path: &RemotePath,
        origin: &Origin,
        what: impl Into<String>,
    ) -> Result<Option<Failure>, Error> {
        let Some(other) = self.double(path) else {
            return Ok(None);
        };
        if !self.are_one(lease, path, &other, origin).await? {
            return Ok(None);
        }
        let why = format!("the server does not tell its name from '{other}', which goes there as well");
        let hint = "Rename one of the two, and upload that one by itself.";
        Ok(Some(Failure::new(Class::Conflict, what, why).hint(hint)))
    }

    /// Why `path` is not written in place yet: another thing of the batch may have its place, and nothing tells. What
    /// is renamed to its place need not ask: its temporary name has told.
    pub(super) fn doubt(&self, path: &RemotePath, what: impl Into<String>) -> Option<Failure> {
        let other = self.double(path).filter(|_| self.blind.get().is_none())?;
        let why = format!(
            "it cannot be told whether the server takes its name for '{other}', which goes there as well"
        );
        let failure = Failure::new(Class::Conflict, what, why).transient();
        Some(failure.hint("Upload it by itself when the other one is there."))
    }

    /// Whether the server takes names for one that differ in capitals only, as `path` and the name `other` beside it
    /// do. Nothing tells that but trying: an empty temporary file beside `path` is deleted by its name in the other
    /// capitals, or by its own.
    pub(super) async fn are_one(
        &self,
        lease: &mut Lease,
        path: &RemotePath,
        other: &Name,
        origin: &Origin,
    ) -> Result<bool, Error> {
        if let Some(blind) = self.blind.get() {
            return Ok(*blind);
        }
        let tried = try_it(lease, path, other, origin).await?;
        if let Some(blind) = tried {
            let _ = self.blind.set(blind);
        }
        Ok(tried.unwrap_or(false))
    }
}

/// `None`: this folder does not show it, another one may.
async fn try_it(
    lease: &mut Lease,
    path: &RemotePath,
    other: &Name,
    origin: &Origin,
) -> Result<Option<bool>, Error> {
    let Some((probe, in_others)) = probe(path, origin) else {
        return Ok(None);
    };
    let stored = match lease.begin(&Request::store(&probe, 0)).await {
        Ok(transfer) => lease.finish(transfer).await.map(drop),
        Err(error) => Err(error),
    };
    match stored {
        Ok(()) => {}
        // a folder that takes no temporary names takes this one neither; what passes is tried again, with the file
        Err(error @ Error::Refused(..)) if lease.is_usable() && !error.is_transient() => {
            return look(lease, path, other).await;
        }
        Err(error) => return Err(error),
    }
    let called_deleted = is_deleted(lease, &in_others).await?;
    let stood_there = is_deleted(lease, &probe).await?;
    if !called_deleted && !stood_there {
        lease.remark(&format!("the temporary file {probe} may be left"));
    }
    // some (gateways to object stores) say of what is not there, too, that it is deleted
    Ok(Some(called_deleted && !stood_there))
}

/// What a folder shows that takes no temporary names: of two names that differ in capitals only it lists one, and
/// whether there is a file of the other one its size tells.
async fn look(lease: &mut Lease, path: &RemotePath, other: &Name) -> Result<Option<bool>, Error> {
    let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
        return Ok(None);
    };
    let (listed, missing) = match listed(lease, &folder, [&name, other]).await? {
        Some([true, true]) => return Ok(Some(false)),
        Some([true, false]) => (path.clone(), folder.join(other)),
        Some([false, true]) => (folder.join(other), path.clone()),
        Some([false, false]) | None => return Ok(None),
    };
    // one that tells no sizes says nothing by telling none
    let FileSize::File(Some(_)) = lease.ask_size(&listed).await? else {
        return Ok(None);
    };
    match lease.ask_size(&missing).await? {
        FileSize::NoFile => Ok(Some(false)),
        FileSize::Untold => Ok(None),
        // it may have come meanwhile
        FileSize::File(_) => {
            let now = self::listed(lease, &folder, [&name, other]).await?;
            Ok(now.map(|listed| listed != [true, true]))
        }
    }
}

/// Which of these names a folder's listing shows as files; `None` where it may lack some, or shows something else of
/// that name.
async fn listed(
    lease: &mut Lease,
    folder: &RemotePath,
    names: [&Name; 2],
) -> Result<Option<[bool; 2]>, Error> {
    let listing = match lease.list(folder, unix_now()).await {
        Ok(listing) => listing,
        Err(Error::Refused(..)) if lease.is_usable() => return Ok(None),
        Err(error) => return Err(error),
    };
    let kinds = names.map(|name| {
        let entry = listing.entries.iter().find(|entry| entry.name == *name);
        entry.map(|entry| entry.kind)
    });
    let tells = listing.is_whole() && kinds.iter().flatten().all(|kind| *kind == Kind::File);
    Ok(tells.then(|| kinds.map(|kind| kind.is_some())))
}

/// Deletes a file; whether the server says that it has.
async fn is_deleted(lease: &mut Lease, path: &RemotePath) -> Result<bool, Error> {
    match lease.delete_file(path).await {
        Ok(()) => Ok(true),
        Err(Error::Refused(..)) if lease.is_usable() => Ok(false),
        Err(error) => Err(error),
    }
}

/// A temporary name for `path` that nothing is continued from, and the same in the other capitals.
fn probe(path: &RemotePath, origin: &Origin) -> Option<(RemotePath, RemotePath)> {
    let origin = Origin { source: 0, ..*origin };
    let own = part_name(path.name()?.as_bytes(), &origin);
    let other: Vec<u8> = own
        .iter()
        .map(|byte| match byte.is_ascii_lowercase() {
            true => byte.to_ascii_uppercase(),
            false => byte.to_ascii_lowercase(),
        })
        .collect();
    let folder = path.parent()?;
    Some((
        folder.join(&Name::new(&own).ok()?),
        folder.join(&Name::new(&other).ok()?),
    ))
}
