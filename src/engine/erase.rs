//! Counting and deleting, with all that is below. Links are deleted, never followed.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::actions::unsure;
use super::browse::not_connected;
use super::lease::Lease;
use super::outlet::Outlet;
use super::pool::{Pool, Purpose};
use super::tree::{Told, Walk, Way};
use super::{blocking, unbroken, unix_now};
use crate::ftp::error::local;
use crate::model::command::{Generation, Place};
use crate::model::entry::Kind;
use crate::model::event::{Counted, Deed, Event};
use crate::model::failure::{Class, Failure};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::fence::Fence;
use crate::plan::tree::{Folder, Ticket};

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
    let pool = pool.ok_or_else(not_connected)?;
    let (fence, kind) = look_at(pool, &path, "count").await?;
    if kind != Kind::Dir {
        counted.files += 1;
        return Ok(());
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
                        counted.bytes += entry.size.unwrap_or(0);
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

/// Whether what was asked for lies within document path and depth, and what it is. The session is
/// given back: a walk leases its own.
async fn look_at(pool: &Arc<Pool>, path: &RemotePath, verb: &str) -> Result<(Arc<Fence>, Kind), Failure> {
    let mut lease = pool.lease(Purpose::Work).await?;
    may_touch(&lease, path, verb)?;
    let kind = kind_of(&mut lease, path).await?;
    Ok((Arc::clone(lease.fence()), kind))
}

/// Links are told from folders: what is a link is deleted, and not gone into.
fn begin(pool: &Arc<Pool>, top: RemotePath, to_the_end: bool) -> Walk<()> {
    let way = Way {
        links: true,
        to_the_end,
        retries: 0,
    };
    Walk::begin(pool, way, vec![top.clone()], vec![folder(top)])
}

fn folder(path: RemotePath) -> Folder<()> {
    Folder { path, tag: () }
}

/// Whether no other folder can be listed either.
fn ends_all(failure: &Failure) -> bool {
    matches!(
        failure.class,
        Class::Unreachable | Class::Login | Class::Tls | Class::Cancelled
    )
}

fn may_touch(lease: &Lease, path: &RemotePath, verb: &str) -> Result<(), Failure> {
    let judged = lease.fence().may_touch(path);
    judged.map_err(|refusal| refusal.failure(format!("Could not {verb} {path}")))
}

/// A folder below the depth could not be emptied: then nothing of `top` is deleted at all. Costs a
/// listing more of each folder, where the server has a depth.
async fn must_not_be_cut(pool: &Arc<Pool>, fence: &Fence, top: &RemotePath) -> Result<(), Failure> {
    if fence.levels().is_none() {
        return Ok(());
    }
    let open = |path: &RemotePath| {
        fence.may_enter(path).map_err(|refusal| {
            refusal
                .failure(format!("Could not delete {top}"))
                .hint("Nothing of it was deleted: it could not have been emptied.")
        })
    };
    open(top)?;
    let mut walk = begin(pool, top.clone(), false);
    while let Some(come) = listed_whole(&mut walk, top).await? {
        let mut below = Vec::new();
        for path in come.folders() {
            open(&path)?;
            below.push(folder(path));
        }
        if let Some(failure) = walk.listed(come.ticket, None, below) {
            return Err(failure.while_trying(format!("Could not delete {top}")));
        }
    }
    Ok(())
}

/// A folder whose listing is whole.
struct Listed {
    ticket: Ticket,
    path: RemotePath,
    listing: Listing,
}

impl Listed {
    fn folders(&self) -> impl Iterator<Item = RemotePath> {
        let below = self
            .listing
            .entries
            .iter()
            .filter(|entry| entry.kind == Kind::Dir);
        below.map(|entry| self.path.join(&entry.name))
    }
}

/// The next folder of a walk for a deletion: what a listing leaves out cannot be deleted, and may reach
/// deeper than is open.
async fn listed_whole(walk: &mut Walk<()>, top: &RemotePath) -> Result<Option<Listed>, Failure> {
    let what = format!("Could not delete {top}");
    let come = match walk.next().await {
        None => return Ok(None),
        Some(Told::Doubt(failure)) => return Err(failure.while_trying(what)),
        Some(Told::Folder(come)) => *come,
    };
    let path = come.folder.path;
    let listing = come.result.map_err(|failure| failure.while_trying(what))?;
    if !listing.is_whole() {
        return Err(not_to_be_trusted(format!("Could not delete {path}")));
    }
    Ok(Some(Listed {
        ticket: come.ticket,
        path,
        listing,
    }))
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
    let pool = pool.ok_or_else(not_connected)?;
    let (fence, kind) = look_at(pool, &path, "delete").await?;
    if kind != Kind::Dir {
        let mut lease = pool.lease(Purpose::Work).await?;
        return delete_file(&mut lease, &path, counted, ticker).await;
    }
    must_not_be_cut(pool, &fence, &path).await?;
    // emptied while further ones are listed, and removed when all are empty, the deepest first
    let mut folders = vec![path.clone()];
    let mut walk = begin(pool, path.clone(), false);
    while let Some(come) = listed_whole(&mut walk, &path).await? {
        let files = come
            .listing
            .entries
            .iter()
            .filter(|entry| entry.kind != Kind::Dir);
        let mut lease = None;
        for entry in files {
            // given back before the next folder is waited for: there may be one session only
            let lease = match &mut lease {
                Some(lease) => lease,
                None => lease.insert(pool.lease(Purpose::Work).await?),
            };
            delete_file(lease, &come.path.join(&entry.name), counted, ticker).await?;
        }
        folders.extend(come.folders());
        let below = come.folders().map(folder).collect();
        if let Some(failure) = walk.listed(come.ticket, None, below) {
            return Err(failure.while_trying(format!("Could not delete {path}")));
        }
    }
    drop(walk);
    // the deepest first, whatever the order in which they were listed
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.parts().count()));
    let mut lease = pool.lease(Purpose::Work).await?;
    for folder in &folders {
        let what = format!("Could not delete {folder}");
        lease.remove_folder(folder).await.map_err(|e| unsure(&e, what))?;
        counted.folders += 1;
        ticker.tick();
    }
    Ok(())
}

async fn delete_file(
    lease: &mut Lease,
    path: &RemotePath,
    counted: &mut Counted,
    ticker: &mut Ticker,
) -> Result<(), Failure> {
    let what = format!("Could not delete {path}");
    lease.delete_file(path).await.map_err(|e| unsure(&e, what))?;
    counted.files += 1;
    ticker.tick();
    Ok(())
}
