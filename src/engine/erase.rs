//! Counting and deleting, with all that is below. Links are deleted, never followed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::actions::unsure;
use super::browse::not_connected;
use super::lease::Lease;
use super::outlet::Outlet;
use super::pool::{Pool, Purpose};
use super::{blocking, unbroken, unix_now};
use crate::ftp::error::local;
use crate::model::command::{Generation, Place};
use crate::model::entry::Kind;
use crate::model::event::{Counted, Deed, Event};
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;

/// How often a running deletion says how far it is.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Counts what deleting these would delete, and tells it.
pub(super) async fn count(
    pool: Option<Arc<Pool>>,
    places: Vec<Place>,
    generation: Generation,
    outlet: Outlet,
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
    outlet.tell(Event::Counted { generation, result });
}

async fn count_local(path: PathBuf, counted: &mut Counted) -> Result<(), Failure> {
    let what = format!("Could not count {}", shown_path(&path));
    let mut sum = *counted;
    let (result, sum) = blocking(move || (crate::local::erase::count(&path, &mut sum), sum)).await?;
    *counted = sum;
    result.map_err(|e| local(what, &e))
}

async fn count_remote(
    pool: Option<&Arc<Pool>>,
    path: RemotePath,
    counted: &mut Counted,
) -> Result<(), Failure> {
    let mut lease = pool.ok_or_else(not_connected)?.lease(Purpose::Work).await?;
    may_touch(&lease, &path, "count")?;
    if kind_of(&mut lease, &path).await? != Kind::Dir {
        counted.files += 1;
        return Ok(());
    }
    let mut folders = vec![path];
    while let Some(folder) = folders.pop() {
        counted.folders += 1;
        if let Some(depth) = lease.fence().cuts(&folder) {
            counted.cut = Some(depth);
            continue;
        }
        let listing = match lease.list_with_links(&folder, unix_now()).await {
            Ok(listing) => listing,
            Err(error) if lease.is_usable() => {
                lease.remark(&error.failure(format!("Could not count {folder}")).to_string());
                counted.incomplete = true;
                continue;
            }
            Err(error) => return Err(error.failure(format!("Could not count {folder}"))),
        };
        counted.incomplete |= !listing.is_whole();
        for entry in &listing.entries {
            if entry.kind == Kind::Dir {
                folders.push(folder.join(&entry.name));
            } else {
                counted.files += 1;
                counted.bytes += entry.size.unwrap_or(0);
            }
        }
    }
    Ok(())
}

fn may_touch(lease: &Lease, path: &RemotePath, verb: &str) -> Result<(), Failure> {
    let judged = lease.fence().may_touch(path);
    judged.map_err(|refusal| refusal.failure(format!("Could not {verb} {path}")))
}

/// A folder below the depth could not be emptied: then nothing of `top` is deleted at all. Costs a
/// listing more of each folder, where the server has a depth.
async fn must_not_be_cut(lease: &mut Lease, top: &RemotePath) -> Result<(), Failure> {
    if lease.fence().levels().is_none() {
        return Ok(());
    }
    let mut folders = vec![top.clone()];
    while let Some(folder) = folders.pop() {
        if let Err(refusal) = lease.fence().may_enter(&folder) {
            return Err(refusal
                .failure(format!("Could not delete {top}"))
                .hint("Nothing of it was deleted: it could not have been emptied."));
        }
        let listing = lease
            .list_with_links(&folder, unix_now())
            .await
            .map_err(|e| e.failure(format!("Could not delete {top}")))?;
        // what it leaves out may reach deeper
        if !listing.is_whole() {
            return Err(not_to_be_trusted(format!("Could not delete {folder}")));
        }
        let below = listing.entries.iter().filter(|entry| entry.kind == Kind::Dir);
        folders.extend(below.map(|entry| folder.join(&entry.name)));
    }
    Ok(())
}

fn not_to_be_trusted(what: String) -> Failure {
    Failure::new(
        Class::Other,
        what,
        "its listing is not complete, and nothing is deleted on the word of such a listing",
    )
}

/// What the listing of its folder says a path is.
async fn kind_of(lease: &mut Lease, path: &RemotePath) -> Result<Kind, Failure> {
    let what = || format!("Could not find {path}");
    let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
        return Ok(Kind::Dir);
    };
    let listing = lease
        .list_with_links(&folder, unix_now())
        .await
        .map_err(|e| e.failure(what()))?;
    let found = listing
        .entries
        .iter()
        .find(|entry| entry.name == name)
        .map(|entry| entry.kind);
    found.ok_or_else(|| {
        Failure::new(
            Class::Refused,
            what(),
            "there is no such file or folder on the server",
        )
    })
}

/// Deletes, and tells how it went.
pub(super) async fn delete(pool: Option<Arc<Pool>>, places: Vec<Place>, outlet: Outlet) {
    let mut ticker = Ticker {
        outlet: outlet.clone(),
        count: 0,
        last: Instant::now(),
    };
    let mut counted = Counted::default();
    for place in &places {
        let deleting = unbroken(async {
            match place.clone() {
                Place::Local(path) => delete_local(path, &mut counted, &mut ticker).await,
                Place::Remote(_, path) => delete_remote(pool.as_ref(), path, &mut counted, &mut ticker).await,
            }
        });
        // what is gone is gone and is said; the rest stays
        if let Err(failure) = deleting.await {
            outlet.tell(Event::Failed(failure));
        }
    }
    outlet.tell(Event::Done(Deed::Deleted { places, counted }));
}

#[derive(Clone)]
struct Ticker {
    outlet: Outlet,
    count: u64,
    last: Instant,
}

impl Ticker {
    fn tick(&mut self) {
        self.count += 1;
        if self.last.elapsed() >= TELL_EVERY {
            self.last = Instant::now();
            self.outlet.tell(Event::Deleting(self.count));
        }
    }
}

async fn delete_local(path: PathBuf, counted: &mut Counted, ticker: &mut Ticker) -> Result<(), Failure> {
    let what = format!("Could not delete all of {}", shown_path(&path));
    let (mut sum, mut heard) = (*counted, ticker.clone());
    let work = move || {
        let result = crate::local::erase::delete(&path, &mut sum, &mut || heard.tick());
        (result, sum, heard)
    };
    let (result, sum, heard) = blocking(work).await?;
    (*counted, *ticker) = (sum, heard);
    result.map_err(|e| local(what, &e))
}

async fn delete_remote(
    pool: Option<&Arc<Pool>>,
    path: RemotePath,
    counted: &mut Counted,
    ticker: &mut Ticker,
) -> Result<(), Failure> {
    let mut lease = pool.ok_or_else(not_connected)?.lease(Purpose::Work).await?;
    may_touch(&lease, &path, "delete")?;
    let kind = kind_of(&mut lease, &path).await?;
    if kind == Kind::Dir {
        must_not_be_cut(&mut lease, &path).await?;
    }
    // folders come back on the stack below their content, to be removed when it is gone
    let mut todo = vec![(path, kind, false)];
    while let Some((path, kind, emptied)) = todo.pop() {
        let what = format!("Could not delete {path}");
        if kind != Kind::Dir {
            lease.delete_file(&path).await.map_err(|e| unsure(&e, what))?;
            counted.files += 1;
            ticker.tick();
        } else if emptied {
            lease.remove_folder(&path).await.map_err(|e| unsure(&e, what))?;
            counted.folders += 1;
            ticker.tick();
        } else {
            let listing = lease
                .list_with_links(&path, unix_now())
                .await
                .map_err(|e| e.failure(what.clone()))?;
            if !listing.is_whole() {
                return Err(not_to_be_trusted(what));
            }
            todo.push((path.clone(), Kind::Dir, true));
            for entry in &listing.entries {
                todo.push((path.join(&entry.name), entry.kind, false));
            }
        }
    }
    Ok(())
}
