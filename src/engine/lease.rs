//! A session lent out, and the gate of paths: what is asked of a server with a path in it is
//! asked here, and the fence judges it first.
//!
//! Nothing else in the engine can reach a session, so no command, walk or lane can name a path
//! outside the document path or below the depth, and no link can lead there unseen.

use std::sync::Arc;

use super::pool::{Open, Places, Pool, Purpose};
use crate::ftp::digest::Way;
use crate::ftp::error::Error;
use crate::ftp::exchange::{Answer, Begun, Exchanged, Next, OwnerVerb, Rider, TimeVerb};
use crate::ftp::guard;
use crate::ftp::pipe::Pipe;
use crate::ftp::reply::Reply;
use crate::ftp::session::{FileSize, Session};
use crate::ftp::transfer::{Closed, Ending, Request, Transfer};
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;
use crate::model::text::escape;
use crate::plan::fence::{Fence, Refusal};
use crate::plan::raw::{self, Names};

mod listings;

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

    /// Whether this path lies within reach of the connection.
    pub(super) fn may_touch(&self, path: &RemotePath) -> Result<(), Error> {
        self.fence.may_touch(path).map_err(refused)
    }

    /// Whether the session can be used for another command.
    pub(super) fn is_usable(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.session.is_usable())
    }

    /// Whether there is a session, be it of no more use; none where it was lost and no other could be made.
    pub(super) fn has_session(&self) -> bool {
        self.open.is_some()
    }

    /// Whether the session was lost or given up; replies may be outstanding on one that is not.
    pub(super) fn is_lost(&self) -> bool {
        self.open.as_ref().is_none_or(|open| open.session.is_lost())
    }

    /// Says why something was done, in the session's log.
    pub(super) fn remark(&self, text: &str) {
        if let Some(open) = &self.open {
            open.session.remark(text);
        }
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

    /// Copies on the server, as [`Session::copy`].
    pub(super) async fn copy(&mut self, from: &RemotePath, to: &RemotePath, bytes: u64) -> Result<(), Error> {
        self.admit_to_the_end(from).await?;
        self.admit(to).await?;
        let copied = self.session()?.copy(from, to, bytes).await;
        // links below it are copied too
        self.pool.ground().forget();
        copied
    }

    /// Sends a line as a person wrote it, from a folder on. The paths in it are judged as if ftpane had
    /// written them.
    pub(super) async fn raw(&mut self, folder: &RemotePath, line: &[u8]) -> Result<Reply, Error> {
        let names = raw::judge(line).map_err(|refusal| unsent(&refusal))?;
        self.session()?.admits(line)?;
        let written = |path| {
            folder
                .resolve(path)
                .map_err(|_| Error::Guarded(guard::Refusal::NotOneLine))
        };
        match names {
            Names::Nothing => {}
            Names::Path(path) => self.admit(&written(path)?).await?,
            Names::Followed(path) => self.admit_to_the_end(&written(path)?).await?,
            Names::Folder(path) => {
                let path = written(path)?;
                self.fence.may_enter(&path).map_err(refused)?;
                match self.prove(&path).await {
                    // no folder
                    Err(Error::Refused(..)) => self.admit_to_the_end(&path).await?,
                    proven => proven?,
                }
            }
            Names::Unknown if self.fence.is_open() => {}
            Names::Unknown => {
                let verb = line.split(|b| *b == b' ').next().unwrap_or_default();
                return Err(unsent(&raw::Refusal::Unknown(escape(verb))));
            }
        }
        // last: judging a path may go elsewhere
        match self.enter(folder).await {
            // nothing of it was sent yet
            Err(error) if error.is_loss() && self.renew().await => self.enter(folder).await?,
            entered => entered?,
        }
        let reply = self.session()?.raw(line).await;
        self.pool.ground().forget();
        reply
    }

    /// What is told of a file's size, as [`Session::ask_size`].
    pub(super) async fn ask_size(&mut self, path: &RemotePath) -> Result<FileSize, Error> {
        self.admit_to_the_end(path).await?;
        self.session()?.ask_size(path).await
    }

    /// Whether the server says that it tells size and time of a file.
    pub(super) fn tells_size_and_time(&mut self) -> bool {
        self.session().is_ok_and(|session| {
            let features = session.features();
            features.has("SIZE") && features.has("MDTM")
        })
    }

    /// Whether commands may be written before the last word of a transfer, as [`Session::writes_ahead`].
    pub(super) fn writes_ahead(&mut self) -> bool {
        self.session().is_ok_and(|session| session.writes_ahead())
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

    /// How much may still be stored in a folder, as [`Session::room`].
    pub(super) async fn room(&mut self, folder: &RemotePath) -> Result<Option<u64>, Error> {
        self.fence.may_enter(folder).map_err(refused)?;
        self.prove(folder).await?;
        self.session()?.room(folder).await
    }

    /// What the user's quota leaves, as [`Session::quota`].
    pub(super) async fn quota(&mut self) -> Result<Option<u64>, Error> {
        self.session()?.quota().await
    }

    /// Begins a transfer, as [`Session::begin`].
    pub(super) async fn begin(&mut self, request: &Request) -> Result<Transfer, Error> {
        if let Some(path) = request.path() {
            self.admit_to_the_end(path).await?;
        }
        self.session()?.begin(request).await
    }

    /// How the time of a file is set, as [`Session::time_verb`].
    pub(super) fn time_verb(&mut self) -> Option<TimeVerb> {
        self.session().ok().and_then(|session| session.time_verb())
    }

    /// How it is asked whose a file is, as [`Session::owner_verb`].
    pub(super) fn owner_verb(&mut self) -> Option<OwnerVerb> {
        self.session().ok().map(|session| session.owner_verb())
    }

    /// How the server can be asked for a checksum, as [`Session::digest_ways`].
    pub(super) fn digest_ways(&mut self) -> Vec<Way> {
        self.session()
            .map(|session| session.digest_ways())
            .unwrap_or_default()
    }

    /// Whether this path may be named without asking the server anything first.
    pub(super) fn vouches_for(&self, path: &RemotePath, follows: bool) -> bool {
        if self.fence.may_touch(path).is_err() {
            return false;
        }
        let ground = self.pool.ground();
        let is_proven = |folder: RemotePath| ground.is_proven(&self.fence, &folder);
        (self.fence.is_open() || path.parent().is_none_or(is_proven))
            && (!follows || ground.may_follow(&self.fence, path).is_ok())
    }

    /// Whether a rider names only paths that are vouched for.
    pub(super) fn vouches_for_rider(&self, rider: &Rider) -> bool {
        let (mut paths, follows) = rider.paths();
        paths.all(|path| self.vouches_for(path, follows))
    }

    /// Asks riders by themselves; what has to be asked about their paths is asked first.
    pub(super) async fn ask(&mut self, riders: &[Rider]) -> Result<Exchanged, Error> {
        self.admit_riders(riders).await?;
        Ok(self.exchange(None, riders, None).await)
    }

    /// Asks riders that change nothing, where something comes behind that takes a data connection, most likely.
    pub(super) async fn ask_before_data(&mut self, riders: &[Rider]) -> Result<Exchanged, Error> {
        self.admit_riders(riders).await?;
        Ok(self.session()?.exchange(None, riders, Next::Data).await)
    }

    async fn admit_riders(&mut self, riders: &[Rider]) -> Result<(), Error> {
        for rider in riders {
            let (paths, follows) = rider.paths();
            for path in paths {
                if follows {
                    self.admit_to_the_end(path).await?;
                } else {
                    self.admit(path).await?;
                }
            }
        }
        self.session()?.admits_riders(riders)
    }

    /// As [`Session::exchange`]. Riders and a next transfer whose paths are not vouched for are
    /// not sent: their answers are missing, and the transfer is to be begun by itself.
    pub(super) async fn exchange(
        &mut self,
        closed: Option<Closed>,
        riders: &[Rider],
        next: Option<&Request>,
    ) -> Exchanged {
        let vouched = riders
            .iter()
            .take_while(|rider| self.vouches_for_rider(rider))
            .count();
        let open = |path| self.vouches_for(path, true);
        let sent = next.filter(|next| next.path().is_none_or(open));
        let then = sent.map_or(Next::Nothing, Next::Transfer);
        let Ok(session) = self.session() else {
            return Exchanged::default();
        };
        let mut exchanged = session.exchange(closed, &riders[..vouched], then).await;
        let keeps_time = session.time_verb().is_none();
        for answer in riders.iter().zip(&exchanged.answers) {
            if let (
                Rider::Rename(_, to) | Rider::RenameInSteps(_, to) | Rider::Move(_, to),
                Answer::Renamed(Ok(())),
            ) = answer
            {
                self.pool.ground().gone(to);
                if keeps_time {
                    self.wrote(to, super::unix_now());
                }
            }
        }
        if next.is_some() && sent.is_none() {
            exchanged.begun = Some(Begun::Again);
        }
        exchanged
    }

    /// Reads data of a transfer, as [`Transfer::read`].
    pub(super) async fn read(&mut self, transfer: &mut Transfer, buffer: &mut [u8]) -> Result<usize, Error> {
        transfer.read(self.session()?, buffer).await
    }

    /// Reads data of a transfer, as [`Transfer::pour`].
    pub(super) async fn pour(
        &mut self,
        transfer: &mut Transfer,
        pipe: &Pipe,
        most: usize,
    ) -> Result<usize, Error> {
        transfer.pour(self.session()?, pipe, most).await
    }

    /// Writes data of a transfer, as [`Transfer::write`].
    pub(super) async fn write(&mut self, transfer: &mut Transfer, bytes: &[u8]) -> Result<(), Error> {
        transfer.write(self.session()?, bytes).await
    }

    /// Closes a transfer's data connection, as [`Transfer::close`].
    pub(super) async fn close(&mut self, transfer: Transfer) -> Result<Closed, Error> {
        transfer.close(self.session()?).await
    }

    /// Ends a transfer, as [`Session::finish`].
    pub(super) async fn finish(&mut self, transfer: Transfer) -> Result<Ending, Error> {
        self.session()?.finish(transfer).await
    }

    /// Gives a transfer up, as [`Session::give_up`].
    pub(super) async fn give_up(&mut self, transfer: Transfer) {
        if let Ok(session) = self.session() {
            session.give_up(transfer).await;
        }
    }

    /// Notes a file that was just written, as [`Session::wrote`].
    fn wrote(&mut self, path: &RemotePath, now: i64) {
        if let Ok(session) = self.session() {
            session.wrote(path, now);
        }
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

/// A line of a person's that is not sent.
fn unsent(refusal: &raw::Refusal) -> Error {
    Error::Guarded(guard::Refusal::Raw(refusal.to_string(), refusal.hint()))
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
