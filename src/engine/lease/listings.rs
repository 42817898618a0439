//! Listings, one by one and of whole trees, asked through the same gate.

use std::sync::Arc;

use super::{Lease, refused};
use crate::engine::unix_now;
use crate::ftp::error::Error;
use crate::ftp::list::sections::Section;
use crate::ftp::onlooker::Onlooker;
use crate::ftp::succession::{Approached, Manner, Sweep, Unconfirmed};
use crate::model::listing::Listing;
use crate::model::path::RemotePath;

impl Lease {
    /// Lists a folder, as [`Session::list`]. Where the session is lost under it, once again on a new
    /// one: a listing changes nothing.
    pub(in crate::engine) async fn list(&mut self, folder: &RemotePath, now: i64) -> Result<Listing, Error> {
        self.list_before(folder, now, None).await
    }

    /// The same for a folder that a file is put into next. `untimed`: nobody needs its times, they are what the
    /// server's clock showed, unless that is known already ([`Listing::wall_clock`]).
    pub(in crate::engine) async fn list_target(
        &mut self,
        folder: &RemotePath,
        now: i64,
        untimed: bool,
    ) -> Result<Listing, Error> {
        if let Ok(session) = self.session() {
            session.untimed = untimed;
            session.before_data = true;
        }
        let listed = self.list(folder, now).await;
        if let Ok(session) = self.session() {
            session.untimed = false;
            session.before_data = false;
        }
        listed
    }

    /// The same; somebody watches it arrive.
    pub(in crate::engine) async fn list_before(
        &mut self,
        folder: &RemotePath,
        now: i64,
        mut onlooker: Option<Onlooker>,
    ) -> Result<Listing, Error> {
        let active = self.pool.connection.active_works();
        match self.list_once(folder, now, &mut onlooker).await {
            Err(error) if self.again(&error, active).await => {
                self.list_once(folder, now, &mut onlooker).await
            }
            done => done,
        }
    }

    async fn list_once(
        &mut self,
        folder: &RemotePath,
        now: i64,
        onlooker: &mut Option<Onlooker>,
    ) -> Result<Listing, Error> {
        self.fence.may_enter(folder).map_err(refused)?;
        self.prove(folder).await?;
        let session = self.session()?;
        session.onlooker = onlooker.take();
        let listing = session.list(folder, now).await;
        *onlooker = session.onlooker.take();
        let listing = listing?;
        self.pool.ground().listed(&self.fence, folder, &listing);
        Ok(listing)
    }

    /// Lists a folder so that links are told from folders, as [`Session::list_with_links`].
    pub(in crate::engine) async fn list_with_links(
        &mut self,
        folder: &RemotePath,
        now: i64,
    ) -> Result<Listing, Error> {
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

    /// Whether this folder can be listed by writing ahead, as [`Session::may_go_on_to`].
    fn may_go_on_to(&mut self, folder: &RemotePath) -> bool {
        self.fence.may_enter(folder).is_ok()
            && self.pool.ground().knows_top(&self.fence)
            && self.session().is_ok_and(|session| session.may_go_on_to(folder))
    }

    /// Confirms the listing before and goes into the next folder; where that is `None`, it is to be
    /// listed by itself ([`Self::list`]). A folder that may be behind a link is judged before it is
    /// listed, as ever.
    pub(in crate::engine) async fn go_on_to(
        &mut self,
        last: Option<Unconfirmed>,
        folder: &RemotePath,
        manner: Manner,
    ) -> (Option<Listing>, Option<Approached>) {
        if !self.may_go_on_to(folder) {
            let confirmed = match last {
                Some(last) => self.confirm(last).await,
                None => None,
            };
            return (confirmed, None);
        }
        let fence = Arc::clone(&self.fence);
        let proof = !self.pool.ground().is_proven(&fence, folder);
        let before = last.as_ref().map(|last| last.folder.clone());
        let Ok(session) = self.session() else {
            return (None, None);
        };
        let Ok(approach) = session.go_on_to(last, folder, manner, proof).await else {
            return (None, None);
        };
        if let (Some(before), Some(listing)) = (before, &approach.confirmed) {
            self.pool.ground().listed(&fence, &before, listing);
        }
        let may_list = approach.prepared.is_some()
            && (!proof
                || self
                    .pool
                    .ground()
                    .landed(&fence, folder, approach.at.as_ref())
                    .is_ok());
        (approach.confirmed, approach.prepared.filter(|_| may_list))
    }

    /// Lists the folder it has gone on to, up to the end of the data.
    pub(in crate::engine) async fn list_there(
        &mut self,
        approached: Approached,
        folder: &RemotePath,
        manner: Manner,
    ) -> Option<Unconfirmed> {
        let now = unix_now();
        let session = self.session().ok()?;
        session.list_there(approached, folder, manner, now).await.ok()
    }

    /// The listing, where the server's last word is that it is one.
    pub(in crate::engine) async fn confirm(&mut self, last: Unconfirmed) -> Option<Listing> {
        let folder = last.folder.clone();
        let listing = self.session().ok()?.confirm(last).await?;
        self.pool.ground().listed(&self.fence, &folder, &listing);
        Some(listing)
    }

    /// Whether a folder and all below it can be asked for at once, as [`Session::may_sweep`]; not where
    /// a depth is set: much of what came would be for nothing.
    pub(in crate::engine) fn may_sweep(&mut self, manner: Manner) -> bool {
        self.fence.levels().is_none() && self.session().is_ok_and(|session| session.may_sweep(manner))
    }

    /// Asks for a folder and all that is below it, as [`Session::sweep`].
    pub(in crate::engine) async fn sweep(&mut self, top: &RemotePath) -> Result<Sweep, Error> {
        self.enter(top).await?;
        self.session()?.sweep(top, unix_now()).await
    }

    /// The next section, as [`Session::next_section`].
    pub(in crate::engine) async fn next_section(
        &mut self,
        sweep: &mut Sweep,
        manner: Manner,
    ) -> Result<Option<Section>, Error> {
        self.session()?.next_section(sweep, manner).await
    }

    /// Whether a section's times cannot be told before the server's clock was asked for.
    pub(in crate::engine) fn wants_clock(&mut self, section: &Section, manner: Manner) -> bool {
        !manner.links
            && self
                .session()
                .is_ok_and(|session| session.could_tell_clock(&section.listing))
    }

    /// The last sections, as [`Session::end_sweep`].
    pub(in crate::engine) async fn end_sweep(&mut self, sweep: Sweep, manner: Manner) -> Vec<Section> {
        match self.session() {
            Ok(session) => session.end_sweep(sweep, manner).await,
            Err(_) => Vec::new(),
        }
    }

    /// Gives a recursive listing up, as [`Session::leave_sweep`].
    pub(in crate::engine) async fn leave_sweep(&mut self, sweep: Sweep) {
        if let Ok(session) = self.session() {
            session.leave_sweep(sweep).await;
        }
    }

    /// Takes in what a section says that was of use.
    pub(in crate::engine) fn swept(&self, section: &Section) {
        self.pool
            .ground()
            .listed(&self.fence, &section.path, &section.listing);
    }
}
