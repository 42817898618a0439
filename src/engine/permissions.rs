//! Setting permissions, with all that is below. Links below are left as they are.

use std::path::PathBuf;
use std::sync::Arc;

use super::browse::not_connected;
use super::lease::Lease;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::standing::{begin, ends_all, entry_of, folder};
use super::ticker::Ticker;
use super::tree::{Told, incomplete};
use super::{blocking, unbroken};
use crate::ftp::error::{Error, local};
use crate::ftp::exchange::{Answer, Rider};
use crate::local::permissions::Permitting;
use crate::model::command::{Permit, Place};
use crate::model::entry::{Entry, Kind, Permissions};
use crate::model::event::{Counted, Deed, Event};
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::fence::Fence;

/// How many commands are written in one piece: their lines are read by the server one by one, and the
/// buffers on the way are not large.
const AT_ONCE: usize = 32;

/// Sets permissions and tells how it went. What fails is told, and the rest goes on.
pub(super) async fn set(pool: Option<Arc<Pool>>, wanted: Permit, listener: Listener) {
    let mut setter = Setter {
        ticker: Ticker::new(listener.clone(), Event::SettingPermissions),
        listener,
        wanted,
        counted: Counted::default(),
        failed: 0,
    };
    for place in setter.wanted.places.clone() {
        let setting = unbroken(async {
            match place {
                Place::Local(path) => setter.set_local(path).await,
                Place::Remote(_, path) => setter.set_remote(pool.as_ref(), path).await,
            }
        });
        if let Err(failure) = setting.await {
            setter.fails(failure);
        }
    }
    setter.listener.tell(Event::Done(Deed::PermissionsSet {
        places: setter.wanted.places,
        counted: setter.counted,
        failed: setter.failed,
    }));
}

struct Setter {
    listener: Listener,
    ticker: Ticker,
    wanted: Permit,
    counted: Counted,
    failed: u64,
}

/// Something whose permissions are to be set.
struct Item {
    path: RemotePath,
    is_folder: bool,
    now: Option<Permissions>,
}

impl Item {
    fn new(path: RemotePath, entry: &Entry) -> Self {
        Self {
            path,
            is_folder: entry.kind == Kind::Dir,
            now: entry.permissions,
        }
    }
}

impl Setter {
    fn fails(&mut self, failure: Failure) {
        self.failed += 1;
        self.listener.tell(Event::Failed(failure));
    }

    fn done(&mut self, is_folder: bool) {
        match is_folder {
            true => self.counted.folders += 1,
            false => self.counted.files += 1,
        }
        self.ticker.tick();
    }

    async fn set_local(&mut self, path: PathBuf) -> Result<(), Failure> {
        let (mode, reach, counted) = (self.wanted.mode.clone(), self.wanted.reach, self.counted);
        let (mut ticker, listener, mut failures) = (self.ticker.clone(), self.listener.clone(), 0);
        let work = move || {
            let mut permitting = Permitting {
                mode: &mode,
                reach,
                counted,
                each: &mut || ticker.tick(),
                failed: &mut |path, error| {
                    failures += 1;
                    let failure = local(what_not(&shown_path(&path)), &error);
                    listener.tell(Event::Failed(failure));
                },
            };
            permitting.set(&path);
            (permitting.counted, failures, ticker)
        };
        let (counted, failures, ticker) = blocking(work).await?;
        (self.counted, self.ticker) = (counted, ticker);
        self.failed += failures;
        Ok(())
    }

    async fn set_remote(&mut self, pool: Option<&Arc<Pool>>, path: RemotePath) -> Result<(), Failure> {
        let pool = pool.ok_or_else(not_connected)?;
        let mut lease = pool.lease(Purpose::Work).await?;
        let fence = Arc::clone(lease.fence());
        let reach = self.wanted.reach;
        let top = match path == *fence.root() && reach.is_recursive() {
            // what is below it can be had, it itself is refused when its turn comes
            true => Item {
                path: path.clone(),
                is_folder: true,
                now: None,
            },
            false => {
                lease.may_touch(&path).map_err(|e| e.failure(what_not(&path)))?;
                let entry = entry_of(&mut lease, &path).await?;
                Item::new(path.clone(), &entry)
            }
        };
        let goes_in = top.is_folder && reach.is_recursive();
        // a folder that this would close is gone into before
        let first = !goes_in || self.wanted.mode.opens_folders();
        let mut last = Vec::new();
        if reach.takes(top.is_folder) {
            match first {
                true => self.set_all(&mut lease, vec![top]).await?,
                false => last.push(top),
            }
        }
        drop(lease);
        if goes_in {
            self.set_below(pool, &fence, path, first, &mut last).await?;
        }
        if !last.is_empty() {
            // the deepest first, whatever the order in which they were listed
            last.sort_by_key(|item| std::cmp::Reverse(item.path.parts().count()));
            let mut lease = pool.lease(Purpose::Work).await?;
            self.set_all(&mut lease, last).await?;
        }
        Ok(())
    }

    /// Sets what is below a folder; folders `first`, before they are gone into, or put by for later.
    async fn set_below(
        &mut self,
        pool: &Arc<Pool>,
        fence: &Fence,
        top: RemotePath,
        first: bool,
        last: &mut Vec<Item>,
    ) -> Result<(), Failure> {
        let what = what_not(&top);
        let reach = self.wanted.reach;
        // never all at once: that would hold a session until what has come is dealt with, for which another is needed
        let mut walk = begin(pool, top, false);
        while let Some(told) = walk.next().await {
            let come = match told {
                Told::Folder(come) => *come,
                Told::Doubt(failure) => {
                    self.fails(failure);
                    continue;
                }
            };
            let listing = match come.result {
                Ok(listing) => listing,
                Err(failure) if ends_all(&failure) => return Err(failure.while_trying(what)),
                Err(failure) => {
                    self.fails(failure);
                    walk.listed(come.ticket, None, Vec::new());
                    continue;
                }
            };
            if !listing.is_whole() {
                self.fails(incomplete(&come.folder.path.shown(), &listing));
            }
            let (mut now, mut below) = (Vec::new(), Vec::new());
            for entry in listing.entries.iter().filter(|entry| entry.kind != Kind::Link) {
                let item = Item::new(come.folder.path.join(&entry.name), entry);
                if item.is_folder {
                    match fence.cuts(&item.path) {
                        Some(depth) => self.counted.cut = Some(depth),
                        None => below.push(folder(item.path.clone())),
                    }
                }
                match reach.takes(item.is_folder) {
                    true if item.is_folder && !first => last.push(item),
                    true => now.push(item),
                    false => {}
                }
            }
            if !now.is_empty() {
                // given back before the next folder is waited for: there may be one session only
                let mut lease = pool.lease(Purpose::Work).await?;
                self.set_all(&mut lease, now).await?;
            }
            if let Some(failure) = walk.listed(come.ticket, None, below) {
                self.fails(failure);
            }
        }
        Ok(())
    }

    /// Sets the permissions of these. An error: it cannot be done for any others either.
    async fn set_all(&mut self, lease: &mut Lease, items: Vec<Item>) -> Result<(), Failure> {
        let mut riders = Vec::with_capacity(items.len().min(AT_ONCE));
        for item in items {
            match self.wanted.mode.apply(item.now, item.is_folder) {
                Some(bits) if Some(bits) == item.now => self.done(item.is_folder),
                Some(bits) => riders.push((item.is_folder, Rider::SetPermissions(item.path, bits))),
                None => self.fails(untold(&item.path)),
            }
            if riders.len() >= AT_ONCE {
                self.ask(lease, std::mem::take(&mut riders)).await?;
            }
        }
        self.ask(lease, riders).await
    }

    async fn ask(&mut self, lease: &mut Lease, riders: Vec<(bool, Rider)>) -> Result<(), Failure> {
        let (kinds, riders): (Vec<bool>, Vec<Rider>) = riders.into_iter().unzip();
        let mut at = 0;
        let mut renewed = false;
        while at < riders.len() {
            let asked = match lease.ask(&riders[at..]).await {
                // one of them leads out: which, shows when each is asked by itself
                Err(error) if error.is_fenced() => lease.ask(&riders[at..=at]).await,
                asked => asked,
            };
            let asked = match asked {
                Ok(asked) => asked,
                Err(error) if error.is_fenced() => {
                    self.fails(error.failure(what_not_of(&riders, at)));
                    at += 1;
                    continue;
                }
                Err(error) => return Err(error.failure(what_not_of(&riders, at))),
            };
            for answer in asked.answers {
                let what = what_not_of(&riders, at);
                match answer {
                    Answer::PermissionsSet(Err(error)) if error.is_unknown_command() => {
                        return Err(no_chmod(&error, what));
                    }
                    Answer::PermissionsSet(Err(error)) => self.fails(error.failure(what)),
                    _ => self.done(kinds[at]),
                }
                at += 1;
            }
            // asked again on a new session where this one was lost: done twice it is the same
            match asked.lost {
                Some(_) if !std::mem::replace(&mut renewed, true) && lease.renew().await => {}
                Some(error) => return Err(error.failure(what_not_of(&riders, at))),
                None => {}
            }
        }
        Ok(())
    }
}

fn what_not(path: &(impl std::fmt::Display + ?Sized)) -> String {
    format!("Could not set the permissions of {path}")
}

fn what_not_of(riders: &[Rider], at: usize) -> String {
    let path = riders.get(at).and_then(|rider| rider.paths().0.next());
    path.map_or_else(|| "Could not set permissions".into(), what_not)
}

fn untold(path: &RemotePath) -> Failure {
    let why = "the server's listing does not tell what they are, and the new ones follow from them";
    Failure::new(Class::Refused, what_not(path), why).hint("Give them in octal, such as 644.")
}

fn no_chmod(error: &Error, what: String) -> Failure {
    Failure {
        why: "the server has no SITE CHMOD".into(),
        ..error.failure(what)
    }
    .hint("Its permissions can be changed on the server itself only.")
}
