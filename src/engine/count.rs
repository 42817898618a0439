//! Counting what is at and below places. Links are counted, never followed.

use std::path::PathBuf;
use std::sync::Arc;

use super::browse::not_connected;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::standing::{begin, ends_all, folder, look_at};
use super::tree::Told;
use super::{blocking, unbroken};
use crate::ftp::error::local;
use crate::model::command::{Generation, Place};
use crate::model::entry::Kind;
use crate::model::event::{Counted, Event};
use crate::model::failure::Failure;
use crate::model::path::RemotePath;
use crate::model::text::shown_path;

/// Counts what is at and below these, and tells it.
pub(super) async fn count(
    pool: Option<Arc<Pool>>,
    places: Vec<Place>,
    generation: Generation,
    listener: Listener,
) {
    let counting = unbroken(async {
        let mut counted = Counted::default();
        for place in places {
            match place {
                Place::Local(path) => count_local(path, &mut counted).await?,
                Place::Remote(_, path) => count_remote(pool.as_ref(), path, &mut counted).await?,
            }
        }
        Ok(counted)
    });
    let result = counting.await;
    listener.tell(Event::Counted { generation, result });
}

async fn count_local(path: PathBuf, counted: &mut Counted) -> Result<(), Failure> {
    let what = format!("Could not count {}", shown_path(&path));
    let mut sum = *counted;
    let (result, sum) = blocking(move || (crate::local::erase::count(&path, &mut sum), sum)).await?;
    *counted = sum;
    result.map_err(|e| local(what, &e))
}

pub(super) async fn count_remote(
    pool: Option<&Arc<Pool>>,
    path: RemotePath,
    counted: &mut Counted,
) -> Result<(), Failure> {
    let pool = pool.ok_or_else(not_connected)?;
    let fence = pool.fence(Purpose::Work).await?;
    if path != *fence.root() {
        let (_, entry) = look_at(pool, &path, "count").await?;
        if entry.kind != Kind::Dir {
            counted.files += 1;
            counted.bytes = counted.bytes.saturating_add(entry.size.unwrap_or(0));
            return Ok(());
        }
    }
    counted.folders += 1;
    if let Some(depth) = fence.cuts(&path) {
        counted.cut = Some(depth);
        return Ok(());
    }
    let mut walk = begin(pool, path, true);
    while let Some(told) = walk.next().await {
        let come = match told {
            Told::Folder(come) => *come,
            Told::Doubt(failure) => {
                pool.connection.remark(&failure.to_string());
                counted.incomplete = true;
                continue;
            }
        };
        let mut below = Vec::new();
        match come.result {
            Ok(listing) => {
                counted.incomplete |= !listing.is_whole();
                for entry in &listing.entries {
                    let path = come.folder.path.join(&entry.name);
                    if entry.kind != Kind::Dir {
                        counted.files += 1;
                        counted.bytes = counted.bytes.saturating_add(entry.size.unwrap_or(0));
                        continue;
                    }
                    counted.folders += 1;
                    match fence.cuts(&path) {
                        Some(depth) => counted.cut = Some(depth),
                        None => below.push(folder(path)),
                    }
                }
            }
            // refused, or ended for reasons of its own: the others can be counted
            Err(failure) if !ends_all(&failure) => {
                pool.connection.remark(&failure.to_string());
                counted.incomplete = true;
            }
            Err(failure) => return Err(failure.while_trying(format!("Could not count {}", come.folder.path))),
        }
        counted.incomplete |= walk.listed(come.ticket, None, below).is_some();
    }
    Ok(())
}
