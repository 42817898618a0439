//! Single actions on either side: new folder, new file, rename, copy.

use std::sync::Arc;

use super::browse::not_connected;
use super::copy;
use super::lease::Lease;
use super::listener::Listener;
use super::pool::{Pool, Purpose};
use super::targets::asked_for;
use super::{blocking, unbroken, unix_now};
use crate::ftp::error::{Error, local};
use crate::ftp::transfer::Request;
use crate::model::command::Place;
use crate::model::event::{Deed, Event};
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::naming::{differ_in_form_only, has_forms};

/// What is to be done; every place is on the same side.
#[derive(Debug, Clone)]
pub(super) enum Action {
    MakeFolder(Place),
    MakeFile(Place),
    Rename(Place, Place),
    Copy(Place, Place),
}

/// Does it and tells how it went.
pub(super) async fn act(pool: Option<Arc<Pool>>, action: Action, listener: Listener) {
    let done = unbroken(async {
        match &action {
            Action::MakeFolder(place) => make_folder(pool.as_ref(), place).await,
            Action::MakeFile(place) => make_file(pool.as_ref(), place).await,
            Action::Rename(from, to) => rename(pool.as_ref(), from, to).await,
            Action::Copy(from, to) => copy::copy(pool.as_ref(), from, to).await,
        }
    });
    let done = done.await;
    listener.tell(match (done, action) {
        (Err(failure), _) => Event::Failed(failure),
        (Ok(()), Action::MakeFolder(place)) => Event::Done(Deed::MadeFolder(place)),
        (Ok(()), Action::MakeFile(place)) => Event::Done(Deed::MadeFile(place)),
        (Ok(()), Action::Rename(from, to)) => Event::Done(Deed::Renamed { from, to }),
        (Ok(()), Action::Copy(from, to)) => Event::Done(Deed::Copied { from, to }),
    });
}

async fn browsing(pool: Option<&Arc<Pool>>) -> Result<Lease, Failure> {
    pool.ok_or_else(not_connected)?.lease(Purpose::Browsing).await
}

async fn make_folder(pool: Option<&Arc<Pool>>, place: &Place) -> Result<(), Failure> {
    match place.clone() {
        Place::Local(path) => {
            let what = format!("Could not make the folder {}", shown_path(&path));
            blocking(move || std::fs::create_dir(path))
                .await?
                .map_err(|e| local(what, &e))
        }
        Place::Remote(_, path) => {
            let mut lease = browsing(pool).await?;
            let what = format!("Could not make the folder {path}");
            if path.name().is_some_and(|name| has_forms(&name)) {
                must_be_free(&mut lease, &path, None, &what).await?;
            }
            lease.make_folder(&path).await.map_err(|e| unsure(&e, what))
        }
    }
}

async fn make_file(pool: Option<&Arc<Pool>>, place: &Place) -> Result<(), Failure> {
    match place.clone() {
        Place::Local(path) => {
            let what = format!("Could not make the file {}", shown_path(&path));
            let make = move || std::fs::File::create_new(path).map(drop);
            blocking(make).await?.map_err(|e| local(what, &e))
        }
        Place::Remote(_, path) => {
            let mut lease = browsing(pool).await?;
            let what = format!("Could not make the file {path}");
            must_be_free(&mut lease, &path, None, &what).await?;
            let made = async {
                let transfer = lease.begin(&Request::store(&path, 0)).await?;
                lease.finish(transfer).await
            };
            made.await.map(drop).map_err(|e| unsure(&e, what))
        }
    }
}

async fn rename(pool: Option<&Arc<Pool>>, from: &Place, to: &Place) -> Result<(), Failure> {
    match (from.clone(), to.clone()) {
        (Place::Local(from), Place::Local(to)) => {
            let what = format!("Could not rename {}", shown_path(&from));
            let taken = exists(what.clone(), &shown_path(&to));
            let work = move || match std::fs::symlink_metadata(&to) {
                Ok(_) => Ok(false),
                Err(_) => std::fs::rename(from, to).map(|()| true),
            };
            match blocking(work).await? {
                Ok(true) => Ok(()),
                Ok(false) => Err(taken),
                Err(error) => Err(local(what, &error)),
            }
        }
        (Place::Remote(_, from), Place::Remote(_, to)) => {
            let mut lease = browsing(pool).await?;
            let what = format!("Could not rename {from}");
            must_be_free(&mut lease, &to, Some(&from), &what).await?;
            lease.rename(&from, &to).await.map_err(|e| unsure(&e, what))
        }
        _ => Err(Failure::new(
            Class::Usage,
            "Could not rename",
            "the two places are on different sides",
        )),
    }
}

/// The failure of something that changes the server. Where the session was lost under it, it is
/// not repeated on another: it may be done, and done twice it would be another thing.
pub(super) fn unsure(error: &Error, what: String) -> Failure {
    let failure = error.failure(what);
    match error.is_loss() {
        true => failure.hint("It may have been done all the same: look before you try it again."),
        false => failure,
    }
}

/// Most servers replace an existing file without a word (RFC 959 leaves it open): looked for
/// first, in the listing of its folder, which every server can give. A name that differs from
/// another in its Unicode form only is not free either: nobody could tell the two apart. Unless it
/// is the one that is renamed (`from`), to be written in that form.
pub(super) async fn must_be_free(
    lease: &mut Lease,
    path: &RemotePath,
    from: Option<&RemotePath>,
    what: &str,
) -> Result<(), Failure> {
    let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
        return Err(exists(what.to_owned(), &path.shown()));
    };
    let listing = lease
        .list(&folder, unix_now())
        .await
        .map_err(|e| e.failure(what))?;
    let listed = listing.entries.iter().any(|entry| entry.name == name);
    // what a listing with gaps does not show may be there all the same
    let hidden = !listed
        && (!listing.is_whole() || (lease.hides_dot_names() && name.is_hidden()))
        && asked_for(lease, path)
            .await
            .map_err(|e| e.failure(what))?
            .is_some();
    if listed || hidden {
        return Err(exists(what.to_owned(), &path.shown()));
    }
    let alike = listing.entries.iter().find(|entry| {
        differ_in_form_only(&entry.name, &name) && from.is_none_or(|from| *from != folder.join(&entry.name))
    });
    if let Some(alike) = alike {
        let why = format!(
            "{} exists already; it differs in its Unicode form only",
            folder.join(&alike.name)
        );
        return Err(Failure::new(Class::Conflict, what, why).hint("Choose another name, or rename that one."));
    }
    Ok(())
}

pub(super) fn exists(what: String, path: &str) -> Failure {
    Failure::new(Class::Conflict, what, format!("{path} exists already"))
        .hint("Choose another name, or delete it first.")
}
