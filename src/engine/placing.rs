//! What was learned of how a server lets uploads be put in their places: shared by all lanes of a
//! connection, so that nothing is tried twice that is refused.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::task::Stop;
use crate::ftp::connection::Connection;
use crate::model::event::Question;
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;
use crate::model::path::RemotePath;

/// What a person can do who has said no, or could not be asked.
const HINT: &str = "What stood there is untouched. Where a folder takes files but no temporary names, or forbids renaming, ftpane can write \
                    straight to the target, which is not safe: In place in the server's entry (put --in-place).";

/// What is said of a file that is written in place and fails.
pub(super) const PARTIAL: &str = "It was written in place: the file on the server may be partial now.";

/// How one server lets files be put in their places.
pub(super) struct Placing {
    id: ConnectionId,
    connection: Arc<Connection>,
    /// It does not rename over.
    aside: AtomicBool,
    /// It refuses SITE CHMOD.
    keeps_no_permissions: AtomicBool,
    /// Whether it tells how long a file is otherwise, where it does not by SIZE; `None` as long as it need not.
    weighs: Mutex<Option<bool>>,
    in_place: Mutex<InPlace>,
}

#[derive(Default)]
struct InPlace {
    /// Whether files may be written in place; `None` until a person has been asked.
    allowed: Option<bool>,
    /// The targets that could not be put in their places safely, and why.
    refused: HashMap<RemotePath, Failure>,
    /// The folders where a file could be written in place that could not be written otherwise.
    folders: HashSet<RemotePath>,
}

/// How a file is to be written.
pub(super) enum Way {
    /// Under a temporary name.
    Safe,
    /// Straight to the target.
    InPlace,
}

impl Placing {
    pub(super) fn new(id: ConnectionId, connection: Arc<Connection>) -> Self {
        let allowed = connection.server.in_place.then_some(true);
        Self {
            id,
            aside: AtomicBool::new(false),
            keeps_no_permissions: AtomicBool::new(false),
            weighs: Mutex::default(),
            in_place: Mutex::new(InPlace {
                allowed,
                ..InPlace::default()
            }),
            connection,
        }
    }

    fn in_place(&self) -> MutexGuard<'_, InPlace> {
        self.in_place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether renaming over a file was seen to be refused.
    pub(super) fn moves_aside(&self) -> bool {
        self.aside.load(Ordering::Relaxed)
    }

    /// Renaming over was refused, and moving aside has worked.
    pub(super) fn has_moved_aside(&self) {
        if !self.aside.swap(true, Ordering::Relaxed) {
            self.connection.remark(
                "the server does not rename over a file; the old one is moved aside first from now on",
            );
        }
    }

    /// Whether MLST or STAT was seen to tell how long a file is where SIZE does not.
    pub(super) fn weighs(&self) -> Option<bool> {
        *self.weighs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// MLST or STAT was asked how long a file is, and tells it or not. Who has told it once can.
    pub(super) fn has_weighed(&self, told: bool) {
        let mut weighs = self.weighs.lock().unwrap_or_else(PoisonError::into_inner);
        *weighs = Some(told || *weighs == Some(true));
    }

    /// Whether permissions may be set, as far as one knows.
    pub(super) fn sets_permissions(&self) -> bool {
        !self.keeps_no_permissions.load(Ordering::Relaxed)
    }

    /// SITE CHMOD was refused; whether that is news.
    pub(super) fn refuses_permissions(&self) -> bool {
        let news = !self.keeps_no_permissions.swap(true, Ordering::Relaxed);
        if news {
            self.connection
                .remark("the server does not let permissions be set (SITE CHMOD); not asked for any more");
        }
        news
    }

    /// How a file of this target is to be written.
    ///
    /// # Errors
    ///
    /// It was refused otherwise, and a person is to be asked or has said no.
    pub(super) fn way(&self, target: &RemotePath) -> Result<Way, Stop> {
        let mut in_place = self.in_place();
        let allowed = in_place.allowed;
        if allowed == Some(true) {
            let refuses = in_place.refused.contains_key(target)
                || target
                    .parent()
                    .is_some_and(|folder| in_place.folders.contains(&folder));
            return Ok(if refuses { Way::InPlace } else { Way::Safe });
        }
        // told once: the next try asks the server again
        match in_place.refused.remove(target) {
            Some(failure) => Err(self.stop(target, failure, allowed)),
            None => Ok(Way::Safe),
        }
    }

    /// A file was written in place: its folder takes no other way, and is not asked for it any more.
    pub(super) fn wrote_in_place(&self, target: &RemotePath) {
        self.in_place().folders.extend(target.parent());
    }

    /// The temporary name was refused, or the renaming: what becomes of the job.
    pub(super) fn refused(&self, target: &RemotePath, failure: Failure) -> Stop {
        let mut in_place = self.in_place();
        if in_place.allowed != Some(false) {
            in_place.refused.insert(target.clone(), failure.clone());
        }
        self.stop(target, failure, in_place.allowed)
    }

    fn stop(&self, target: &RemotePath, failure: Failure, allowed: Option<bool>) -> Stop {
        if allowed == Some(false) {
            return failure.hint(HINT).into();
        }
        Stop::InPlace(Box::new(Question::InPlace {
            connection: self.id,
            server: self.connection.server.address(),
            target: target.shown(),
            refusal: failure,
        }))
    }

    /// A person has said whether files may be written in place.
    pub(super) fn decide(&self, allowed: bool) {
        self.in_place().allowed = Some(allowed);
    }
}
