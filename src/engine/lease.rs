//! A session lent out, and the gate of paths: what is asked of a server with a path in it is
//! asked here, and the fence judges it first.
//!
//! Nothing else in the engine can reach a session, so no command, walk or lane can name a path
//! outside the document path or below the depth, and no link can lead there unseen.

use std::sync::Arc;

use super::pool::{Open, Places, Pool, Purpose};
use crate::ftp::error::Error;
use crate::ftp::guard;
use crate::ftp::session::{FileSize, Session};
use crate::ftp::transfer::Transfer;
use crate::model::listing::Listing;
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;
use crate::plan::fence::{Fence, Refusal};

/// A session lent out; it goes back to the pool when dropped, unless it is of no more use.
pub(super) struct Lease {
    open: Option<Open>,
    pool: Arc<Pool>,
    fence: Arc<Fence>,
    /// Held as long as the session is lent.
    places: Places,
}

impl Lease {
    pub(super) fn new(open: Open, pool: Arc<Pool>, fence: Arc<Fence>, places: Places) -> Self {
        Self {
            open: Some(open),
            pool,
            fence,
            places,
        }
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        let open = self.open.as_mut().ok_or(Error::Poisoned)?;
        Ok(&mut open.session)
    }

    /// Puts a new session in the place of one that is of no more use; whether there is one now.
    pub(super) async fn renew(&mut self) -> bool {
        if self.is_usable() {
            return true;
        }
        let purpose = match self.places.1 {
            Some(_) => Purpose::Work,
            None => Purpose::Browsing,
        };
        self.remark("the connection is lost; making a new one");
        // closed first: the server counts it
        self.open = None;
        match self.pool.replace(purpose).await {
            Ok(open) => self.open = Some(open),
            Err(error) => {
                let failure = error.failure("Could not connect again");
                self.pool.connection.remark(&failure.to_string());
            }
        }
        self.open.is_some()
    }

    /// Whether what changes nothing is worth asking again after this error: the session is lost and
    /// another one stands, or active mode was tried first (`active`) and no longer is.
    async fn again(&mut self, error: &Error, active: bool) -> bool {
        let other_way = active && !self.pool.connection.active_works();
        if error.is_unresumed() {
            self.pool.forget_idle();
        }
        (error.is_loss() || other_way) && self.renew().await
    }

    /// How far this connection goes.
    pub(super) fn fence(&self) -> &Arc<Fence> {
        &self.fence
    }

    /// Whether the session can be used for another command.
    pub(super) fn is_usable(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.session.is_usable())
    }

    /// Says why something was done, in the session's log.
    pub(super) fn remark(&self, text: &str) {
        if let Some(open) = &self.open {
            open.session.remark(text);
        }
    }

    /// Lists a folder, as [`Session::list`]. Where the session is lost under it, once again on a new
    /// one: a listing changes nothing.
    pub(super) async fn list(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        let active = self.pool.connection.active_works();
        match self.list_once(folder, now).await {
            Err(error) if self.again(&error, active).await => self.list_once(folder, now).await,
            done => done,
        }
    }

    async fn list_once(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        self.fence.may_enter(folder).map_err(refused)?;
        self.prove(folder).await?;
        let listing = self.session()?.list(folder, now).await?;
        self.pool.ground().listed(&self.fence, folder, &listing);
        Ok(listing)
    }

    /// Lists a folder so that links are told from folders, as [`Session::list_with_links`].
    pub(super) async fn list_with_links(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        let active = self.pool.connection.active_works();
        match self.list_with_links_once(folder, now).await {
            Err(error) if self.again(&error, active).await => self.list_with_links_once(folder, now).await,
            done => done,
        }
    }

    async fn list_with_links_once(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        self.fence.may_enter(folder).map_err(refused)?;
        self.prove(folder).await?;
        let listing = self.session()?.list_with_links(folder, now).await?;
        self.pool.ground().listed(&self.fence, folder, &listing);
        Ok(listing)
    }

    /// Goes into a folder.
    pub(super) async fn enter(&mut self, folder: &RemotePath) -> Result<(), Error> {
        self.fence.may_enter(folder).map_err(refused)?;
        self.prove(folder).await?;
        self.session()?.enter(folder).await
    }

    /// Goes into the document path, and learns where that is.
    pub(super) async fn enter_root(&mut self) -> Result<(), Error> {
        let fence = Arc::clone(&self.fence);
        if self.pool.ground().knows_top(&fence) {
            return self.session()?.enter(fence.root()).await;
        }
        let at = self.session()?.landing(fence.root()).await?;
        self.pool.ground().top_is(&fence, at);
        Ok(())
    }

    /// Makes a folder.
    pub(super) async fn make_folder(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.admit(path).await?;
        self.session()?.make_folder(path).await?;
        self.pool.ground().made(path.clone());
        Ok(())
    }

    /// Deletes an empty folder.
    pub(super) async fn remove_folder(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.admit(path).await?;
        self.session()?.remove_folder(path).await?;
        self.pool.ground().gone(path);
        Ok(())
    }

    /// Deletes a file or a link.
    pub(super) async fn delete_file(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.admit(path).await?;
        self.session()?.delete_file(path).await?;
        self.pool.ground().gone(path);
        Ok(())
    }

    /// Renames or moves.
    pub(super) async fn rename(&mut self, from: &RemotePath, to: &RemotePath) -> Result<(), Error> {
        self.admit(from).await?;
        self.admit(to).await?;
        let renamed = self.session()?.rename(from, to).await;
        // a folder takes all that is below it along, a link may stand where a folder stood
        self.pool.ground().forget();
        renamed
    }

    /// Renames a file that was just written over its target, in the same folder.
    pub(super) async fn put_in_place(&mut self, part: &RemotePath, to: &RemotePath) -> Result<(), Error> {
        self.admit(part).await?;
        self.admit(to).await?;
        self.session()?.rename(part, to).await?;
        self.pool.ground().gone(to);
        Ok(())
    }

    /// The size of a file, as [`Session::size`].
    pub(super) async fn size(&mut self, path: &RemotePath) -> Result<Option<u64>, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.size(path).await
    }

    /// What is told of a file's size, as [`Session::ask_size`].
    pub(super) async fn ask_size(&mut self, path: &RemotePath) -> Result<FileSize, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.ask_size(path).await
    }

    /// Whether listings leave out names that begin with a dot.
    pub(super) fn hides_dot_names(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|open| open.session.hides_dot_names())
    }

    /// When a file was last changed, as [`Session::modified`].
    pub(super) async fn modified(&mut self, path: &RemotePath) -> Result<Option<Stamp>, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.modified(path).await
    }

    /// Sets a file's time, as [`Session::set_modified`].
    pub(super) async fn set_modified(&mut self, path: &RemotePath, time: Stamp) -> Result<bool, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.set_modified(path, time).await
    }

    /// Notes a file that was just written, as [`Session::wrote`].
    pub(super) fn wrote(&mut self, path: &RemotePath, now: i64) {
        if let Ok(session) = self.session() {
            session.wrote(path, now);
        }
    }

    /// Begins a download.
    pub(super) async fn retrieve(&mut self, path: &RemotePath, offset: u64) -> Result<Transfer<'_>, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.retrieve(path, offset).await
    }

    /// Begins an upload.
    pub(super) async fn store(&mut self, path: &RemotePath) -> Result<Transfer<'_>, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.store(path).await
    }

    /// For commands about the name itself, which follow no link at its end.
    async fn admit(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.fence.may_touch(path).map_err(refused)?;
        match path.parent() {
            Some(folder) => self.prove(&folder).await,
            None => Ok(()),
        }
    }

    /// For commands about what stands at the end of a link.
    async fn admit_to_the_end(&mut self, path: &RemotePath) -> Result<(), Error> {
        self.admit(path).await?;
        let judged = self.pool.ground().may_follow(&self.fence, path);
        judged.map_err(refused)
    }

    /// Makes sure that a folder is where its path says: one that may have been reached through a
    /// link is entered, and the server asked where that was.
    async fn prove(&mut self, folder: &RemotePath) -> Result<(), Error> {
        let fence = Arc::clone(&self.fence);
        if self.pool.ground().is_proven(&fence, folder) {
            return Ok(());
        }
        if !self.pool.ground().knows_top(&fence) {
            self.enter_root().await?;
        }
        let at = self.session()?.landing(folder).await?;
        let judged = self.pool.ground().landed(&fence, folder, at.as_ref());
        if let Err(refusal) = judged {
            // it does not stay there either; what the server says to that changes nothing
            let _ = self.session()?.enter(fence.root()).await;
            return Err(refused(refusal));
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn refused(refusal: Refusal) -> Error {
    Error::Guarded(guard::Refusal::Fenced(refusal.to_string()))
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(open) = self.open.take() {
            self.pool.idle.keep(open);
        }
    }
}
