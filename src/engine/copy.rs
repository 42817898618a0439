//! Copying on the side something is on: by the server itself, or on this machine's disk.

use std::sync::Arc;

use super::actions::{exists, must_be_free, unsure};
use super::blocking;
use super::browse::not_connected;
use super::pool::{Pool, Purpose};
use super::standing::{begin, folder, look_at};
use super::tree::Told;
use crate::ftp::error::{Error, local};
use crate::model::command::Place;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::fence::Fence;

/// Copies; both places are on the same side.
pub(super) async fn copy(pool: Option<&Arc<Pool>>, from: &Place, to: &Place) -> Result<(), Failure> {
    match (from.clone(), to.clone()) {
        (Place::Local(from), Place::Local(to)) => {
            let what = format!("Could not copy {}", shown_path(&from));
            let taken = exists(what.clone(), &shown_path(&to));
            let copied = blocking(move || crate::local::copy::copy(&from, &to)).await?;
            copied.map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => taken,
                _ => local(what, &error),
            })
        }
        (Place::Remote(_, from), Place::Remote(_, to)) => {
            copy_remote(pool.ok_or_else(not_connected)?, &from, &to).await
        }
        _ => Err(Failure::new(
            Class::Usage,
            "Could not copy",
            "the two places are on different sides",
        )),
    }
}

async fn copy_remote(pool: &Arc<Pool>, from: &RemotePath, to: &RemotePath) -> Result<(), Failure> {
    let what = format!("Could not copy {from} to {to}");
    let (fence, entry) = look_at(pool, from, "copy").await?;
    let may = fence.may_touch(to);
    may.map_err(|refusal| refusal.failure(what.as_str()))?;
    let is_folder = entry.kind == Kind::Dir;
    if to.below(from).is_some() {
        return Err(Failure::new(
            Class::Usage,
            what,
            "a thing is not copied onto itself, nor into itself",
        ));
    }
    let bytes = match is_folder {
        true => measure(pool, &fence, from, to).await?,
        false => entry.size.unwrap_or(0),
    };
    let mut lease = pool.lease(Purpose::Work).await?;
    must_be_free(&mut lease, to, None, &what).await?;
    let copied = lease.copy(from, to, bytes).await;
    copied.map_err(|error| refused(&error, what, is_folder))
}

fn refused(error: &Error, what: String, is_folder: bool) -> Failure {
    if error.is_unknown_command() {
        let why = "the server cannot copy: it has no SITE CPFR and CPTO";
        let failure = error.failure(what);
        return Failure {
            why: why.into(),
            ..failure
        }
        .hint("ProFTPD has them with mod_copy. Elsewhere download it, and upload it under the new name.");
    }
    let failure = unsure(error, what);
    match (is_folder, &failure.hint) {
        (true, None) if failure.class == Class::Refused => {
            failure.hint("Some servers copy files only; and look what of the folder is there.")
        }
        _ => failure,
    }
}

/// How many bytes a folder has, which the server has to copy before it answers. Nothing of it may lie
/// deeper than is open, neither where it is nor where it goes.
async fn measure(
    pool: &Arc<Pool>,
    fence: &Fence,
    from: &RemotePath,
    to: &RemotePath,
) -> Result<u64, Failure> {
    let mut bytes: u64 = 0;
    let mut walk = begin(pool, from.clone(), fence.levels().is_none());
    while let Some(told) = walk.next().await {
        let what = || format!("Could not copy {from} to {to}");
        let come = match told {
            Told::Folder(come) => *come,
            Told::Doubt(failure) => return Err(failure.while_trying(what())),
        };
        let listing = come.result.map_err(|failure| failure.while_trying(what()))?;
        if fence.levels().is_some() && !listing.is_whole() {
            let why = format!(
                "the listing of {} is not complete, so that nobody knows how deep it is",
                come.folder.path
            );
            return Err(Failure::new(Class::Other, what(), why));
        }
        let mut below = Vec::new();
        for entry in &listing.entries {
            bytes = bytes.saturating_add(entry.size.unwrap_or(0));
            if entry.kind == Kind::Dir {
                let path = come.folder.path.join(&entry.name);
                let names = path.below(from).unwrap_or_default();
                let copy = names.iter().fold(to.clone(), |path, name| path.join(name));
                let open = fence.may_enter(&path).and_then(|()| fence.may_enter(&copy));
                open.map_err(|refusal| refusal.failure(what()).hint("Nothing was copied."))?;
                below.push(folder(path));
            }
        }
        if let Some(failure) = walk.listed(come.ticket, None, below) {
            return Err(failure.while_trying(what()));
        }
    }
    Ok(bytes)
}
