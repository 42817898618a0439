//! Deleting, with all that is below. Links are deleted, never followed.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::actions::unsure;
use super::browse::not_connected;
use super::lease::Lease;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::standing::{begin, folder, look_at};
use super::ticker::Ticker;
use super::tree::{Told, Walk};
use super::{blocking, unbroken};
use crate::ftp::error::local;
use crate::model::command::Place;
use crate::model::entry::Kind;
use crate::model::event::{Counted, Deed, Event};
use crate::model::failure::{Class, Failure};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::fence::Fence;
use crate::plan::tree::Ticket;

/// After so many refusals a deletion ends: more of them tell nobody anything new.
const MOST_REFUSALS: u64 = 1000;

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
        // one that may not be listed stays, with all that is below it
        for path in come
            .listing
            .iter()
            .flat_map(|listing| folders_in(&come.path, listing))
        {
            open(&path)?;
            below.push(folder(path));
        }
        if let Some(failure) = walk.listed(come.ticket, None, below) {
            return Err(failure.while_trying(format!("Could not delete {top}")));
        }
    }
    Ok(())
}

/// A folder with its whole listing, or the server's refusal to list it.
struct Listed {
    ticket: Ticket,
    path: RemotePath,
    listing: Result<Listing, Failure>,
}

fn folders_in(path: &RemotePath, listing: &Listing) -> impl Iterator<Item = RemotePath> {
    let below = listing.entries.iter().filter(|entry| entry.kind == Kind::Dir);
    below.map(|entry| path.join(&entry.name))
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
    let listing = match come.result {
        Ok(listing) if !listing.is_whole() => {
            return Err(not_to_be_trusted(format!("Could not delete {path}")));
        }
        Err(failure) if failure.class != Class::Refused => return Err(failure.while_trying(what)),
        listing => listing.map_err(|failure| failure.while_trying(format!("Could not delete {path}"))),
    };
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

/// Deletes, and tells how it went.
pub(super) async fn delete(pool: Option<Arc<Pool>>, places: Vec<Place>, listener: Listener) {
    let mut ticker = Ticker::new(listener.clone(), Event::Deleting);
    let mut counted = Counted::default();
    let (mut stay, mut failed) = (Vec::new(), 0);
    for place in &places {
        let mut refusals = Refusals::new(MOST_REFUSALS, &listener);
        let deleting = unbroken(async {
            match place.clone() {
                Place::Local(path) => delete_local(path, &mut counted, &mut ticker).await,
                Place::Remote(_, path) => {
                    delete_remote(pool.as_ref(), path, &mut counted, &mut ticker, &mut refusals).await
                }
            }
        });
        // what is gone is gone and is said; the rest stays
        if let Err(failure) = deleting.await {
            refusals.tell(failure);
        }
        if refusals.told > 0 {
            stay.push(place.clone());
            failed += refusals.told;
        }
    }
    listener.tell(Event::Done(Deed::Deleted {
        places,
        stay,
        counted,
        failed,
    }));
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

/// What the server does not let go. Each refusal is told and keeps the rest from nothing, but the folders round it
/// stay.
struct Refusals<'a> {
    listener: &'a Listener,
    /// After so many it ends.
    most: u64,
    told: u64,
    stay: HashSet<RemotePath>,
}

impl<'a> Refusals<'a> {
    fn new(most: u64, listener: &'a Listener) -> Self {
        Self {
            listener,
            most,
            told: 0,
            stay: HashSet::new(),
        }
    }

    /// Goes on where only this was refused: `folder`, in which it lies, stays.
    fn judge(&mut self, folder: Option<RemotePath>, deleted: Result<(), Failure>) -> Result<(), Failure> {
        match deleted {
            Err(failure) if failure.class == Class::Refused => {
                let what = failure.what.clone();
                self.stay.extend(folder);
                self.tell(failure);
                match self.told < self.most {
                    true => Ok(()),
                    false => Err(given_up(what, self.most)),
                }
            }
            deleted => deleted,
        }
    }

    fn tell(&mut self, failure: Failure) {
        self.told += 1;
        self.listener.tell(Event::Failed(failure));
    }
}

fn given_up(what: String, refusals: u64) -> Failure {
    let why = format!("given up after {refusals} refusals; the rest was not tried");
    Failure::new(Class::Refused, what, why)
        .hint("Ask the server's administrator what this user may delete, or delete a part of it.")
}

async fn delete_remote(
    pool: Option<&Arc<Pool>>,
    path: RemotePath,
    counted: &mut Counted,
    ticker: &mut Ticker,
    refusals: &mut Refusals<'_>,
) -> Result<(), Failure> {
    let pool = pool.ok_or_else(not_connected)?;
    let (fence, entry) = look_at(pool, &path, "delete").await?;
    if entry.kind != Kind::Dir {
        let mut lease = pool.lease(Purpose::Work).await?;
        return delete_file(&mut lease, &path, counted, ticker).await;
    }
    must_not_be_cut(pool, &fence, &path).await?;
    // emptied while further ones are listed, and removed when all are empty, the deepest first
    let mut folders = vec![path.clone()];
    let mut walk = begin(pool, path.clone(), false);
    while let Some(come) = listed_whole(&mut walk, &path).await? {
        let listing = match come.listing {
            Ok(listing) => listing,
            // what is in it nobody knows
            Err(failure) => {
                refusals.judge(Some(come.path), Err(failure))?;
                walk.listed(come.ticket, None, Vec::new());
                continue;
            }
        };
        let files = listing.entries.iter().filter(|entry| entry.kind != Kind::Dir);
        let mut lease = None;
        for entry in files {
            // given back before the next folder is waited for: there may be one session only
            let lease = match &mut lease {
                Some(lease) => lease,
                None => lease.insert(pool.lease(Purpose::Work).await?),
            };
            let deleted = delete_file(lease, &come.path.join(&entry.name), counted, ticker).await;
            refusals.judge(Some(come.path.clone()), deleted)?;
        }
        let inner: Vec<RemotePath> = folders_in(&come.path, &listing).collect();
        let below = inner.iter().cloned().map(folder).collect();
        folders.extend(inner);
        if let Some(failure) = walk.listed(come.ticket, None, below) {
            return Err(failure.while_trying(format!("Could not delete {path}")));
        }
    }
    drop(walk);
    // the deepest first, whatever the order in which they were listed
    folders.sort_by_key(|folder| std::cmp::Reverse(folder.parts().count()));
    let mut lease = pool.lease(Purpose::Work).await?;
    for folder in &folders {
        // what is round a folder that stays, stays
        if refusals.stay.contains(folder) {
            refusals.stay.extend(folder.parent());
            continue;
        }
        let what = format!("Could not delete {folder}");
        let removed = lease.remove_folder(folder).await.map_err(|e| unsure(&e, what));
        if removed.is_ok() {
            counted.folders += 1;
            ticker.tick();
        }
        refusals.judge(folder.parent(), removed)?;
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
    match lease.delete_file(path).await {
        Ok(()) => {
            counted.files += 1;
            ticker.tick();
            Ok(())
        }
        // somebody else was faster
        Err(error) if error.is_missing() => Ok(()),
        Err(error) => Err(unsure(&error, what)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn after_so_many_refusals_the_rest_is_not_tried_and_that_is_said() {
        let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let listener = Listener::new(told);
        let mut refusals = Refusals::new(3, &listener);
        let refused = || Err(Failure::new(Class::Refused, "Could not delete /a/f", "no"));
        let mut judged = || refusals.judge(None, refused());
        assert_eq!((judged(), judged()), (Ok(()), Ok(())));
        let failure = judged().unwrap_err();
        assert_eq!(
            failure.why, "given up after 3 refusals; the rest was not tried",
            "{failure}"
        );
        assert_eq!(refusals.judge(None, Ok(())), Ok(()));
        let mut events = 0;
        while heard.try_recv().is_ok() {
            events += 1;
        }
        assert_eq!(events, 3, "each was told");
    }
}
