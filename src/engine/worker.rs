//! One job on a lane: what is the target, what does the policy say, and then the transfer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::lease::Lease;
use super::meter::{Counter, SpeedLimit};
use super::pool::{Pool, Purpose};
use super::targets::Targets;
use super::{blocking, download, upload};
use crate::ftp::error::{Error, local};
use crate::model::entry::Kind;
use crate::model::event::{Question, Side};
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Job, Policy};
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::conflict::Known;
use crate::plan::fence::Fence;
use crate::plan::queue::{Outcome, Start};

/// How long a cancelled upload's temporary file may take to be deleted.
const CLEANING: Duration = Duration::from_secs(10);

/// Everything a job needs.
pub(super) struct Task {
    pub(super) start: Start,
    pub(super) pool: Arc<Pool>,
    pub(super) targets: Arc<Targets>,
    pub(super) counter: Counter,
    pub(super) limit: Arc<SpeedLimit>,
    pub(super) cancel: CancellationToken,
    /// Makes temporary names that no other job of any run has.
    pub(super) unique: u64,
    /// What the job has begun to do to the disk and cannot be stopped.
    pub(super) disk: TaskTracker,
}

impl Task {
    /// Lends the job a session.
    pub(super) async fn lease(&self) -> Result<Lease, Stop> {
        let lease = self.pool.lease(Purpose::Work).await;
        lease.map_err(|failure| self.no_session(failure))
    }

    /// How far the connection goes.
    async fn fence(&self) -> Result<Arc<Fence>, Stop> {
        let fence = self.pool.fence(Purpose::Work).await;
        fence.map_err(|failure| self.no_session(failure))
    }

    /// That no session can be made is this job's failure only while others have one.
    fn no_session(&self, failure: Failure) -> Stop {
        if self.pool.is_open() {
            Stop::Failed(failure)
        } else {
            Stop::NoSession(failure)
        }
    }

    /// Changes the disk, on a thread of its own. A job that is stopped meanwhile is over only when
    /// this is, and what it made goes with it: nothing appears on the disk afterwards.
    pub(super) async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Failure> {
        let (sender, result) = oneshot::channel();
        self.disk.spawn_blocking(move || {
            // nobody waits any more: what was made is dropped here
            let _ = sender.send(work());
        });
        result.await.map_err(|_| super::ending())
    }
}

/// Works the job off. Whatever the outcome but [`Outcome::Done`], nothing is under the target's
/// name that was not there before.
pub(super) async fn work(task: Task) -> Outcome {
    task.counter.reset();
    let began = Instant::now();
    let mut leftover = None;
    let tried = async {
        match run(&task, &mut leftover).await {
            // nothing is wrong with the job: it goes on, on a new session, once
            Err(Stop::Unresumed(_)) => {
                task.pool.forget_idle();
                task.counter.reset();
                run(&task, &mut leftover).await
            }
            ended => ended,
        }
    };
    let ended = tokio::select! {
        ended = tried => ended,
        () = task.cancel.cancelled() => Err(Stop::Cancelled),
    };
    task.disk.close();
    task.disk.wait().await;
    if let Some(part) = leftover {
        clean(&task.pool, &part).await;
    }
    match ended {
        Ok(Moved { bytes, note }) => {
            let millis = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
            Outcome::Done { bytes, millis, note }
        }
        Err(Stop::Skipped(why)) => Outcome::Skipped(why),
        Err(Stop::Failed(failure) | Stop::Unresumed(failure)) => Outcome::Failed(failure),
        Err(Stop::NoSession(failure)) => Outcome::NoSession(failure),
        Err(Stop::Cancelled) => Outcome::Cancelled,
        Err(Stop::Conflict(question)) => Outcome::Conflict(*question),
    }
}

/// What a job that is done has moved.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) bytes: u64,
    pub(super) note: Option<String>,
}

/// Why a job has ended without being done.
#[derive(Debug)]
pub(super) enum Stop {
    Skipped(String),
    Failed(Failure),
    /// The server did not resume the session's TLS session, which may have grown too old.
    Unresumed(Failure),
    NoSession(Failure),
    Cancelled,
    Conflict(Box<Question>),
}

impl Stop {
    /// What a failure on the wire is for the job; `what` is what did not happen.
    pub(super) fn on_wire(error: &Error, what: impl Into<String>) -> Self {
        let failure = error.failure(what);
        if error.is_unresumed() {
            Self::Unresumed(failure)
        } else {
            Self::Failed(failure)
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

async fn run(task: &Task, leftover: &mut Option<RemotePath>) -> Result<Moved, Stop> {
    let job = &task.start.job;
    match (job.item.kind, job.direction) {
        (Kind::Other, _) => Err(Stop::Skipped("it is neither a file nor a folder".into())),
        (Kind::Dir, direction) => {
            let fence = task.fence().await?;
            match (fence.cuts(&job.item.remote), direction) {
                (Some(depth), _) => Err(Stop::Skipped(format!(
                    "cut at depth {depth}: the folder and what is in it are left out"
                ))),
                (None, Direction::Download) => make_local_folder(job).await,
                (None, Direction::Upload) if job.item.remote == *fence.root() => Ok(Moved::default()),
                (None, Direction::Upload) => make_remote_folder(task).await,
            }
        }
        (_, Direction::Download) => download::download(task).await,
        (_, Direction::Upload) => upload::upload(task, leftover).await,
    }
}

async fn make_local_folder(job: &Job) -> Result<Moved, Stop> {
    let path = job.item.local.clone();
    let what = format!("Could not make the folder {}", shown_path(&path));
    let made = blocking(move || match std::fs::create_dir(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        done => done,
    });
    made.await?.map_err(|e| local(what, &e))?;
    Ok(Moved::default())
}

async fn make_remote_folder(task: &Task) -> Result<Moved, Stop> {
    let path = &task.start.job.item.remote;
    let failed = |error: Error| Stop::on_wire(&error, format!("Could not make the folder {path}"));
    let mut lease = task.lease().await?;
    // Only a folder that was not there is known to be empty, and some servers (gateways to object
    // stores) answer MKD with success either way. Who overwrites all the same need not ask.
    let is_new = task.start.policy != Policy::Overwrite
        && match task.targets.standing(&mut lease, path).await {
            Ok(standing) => standing.is_none(),
            // a folder that cannot be listed may take files all the same
            Err(_) if lease.is_usable() => false,
            Err(error) => return Err(failed(error)),
        };
    match lease.make_folder(path).await {
        Ok(()) if is_new => task.targets.made(path),
        Ok(()) => {}
        // the reply to MKD does not say reliably whether the folder exists: entering it does
        Err(refused @ Error::Refused(..)) if lease.is_usable() => match lease.enter(path).await {
            Ok(()) => {}
            Err(guarded @ Error::Guarded(_)) => return Err(failed(guarded)),
            Err(_) => return Err(failed(refused)),
        },
        Err(error) => return Err(failed(error)),
    }
    Ok(Moved::default())
}

/// Deletes the temporary file of an upload that did not get its final name.
async fn clean(pool: &Arc<Pool>, part: &RemotePath) {
    let cleaning = async {
        for _ in 0..2 {
            let mut lease: Lease = pool.lease(Purpose::Work).await.ok()?;
            match lease.delete_file(part).await {
                // the session may have ended with the upload: another one is made
                Err(error) if error.is_loss() => {}
                // refused, most likely: there is no such file
                Ok(()) | Err(Error::Refused(..)) => return Some(()),
                Err(_) => return None,
            }
        }
        None
    };
    if tokio::time::timeout(CLEANING, cleaning)
        .await
        .ok()
        .flatten()
        .is_none()
    {
        pool.connection
            .remark(&format!("could not delete the temporary file {part}"));
    }
}

/// The question that a conflict is.
pub(super) fn conflict(job: &Job, source: &Known, target: &Known) -> Stop {
    let local = shown_path(&job.item.local);
    let (from, to) = match job.direction {
        Direction::Download => (job.item.remote.shown(), local),
        Direction::Upload => (local, job.item.remote.shown()),
    };
    let side = |shown, known: &Known| Side {
        shown,
        size: known.size,
        modified: known.modified,
    };
    Stop::Conflict(Box::new(Question::Conflict {
        job: job.id,
        direction: job.direction,
        source: side(from, source),
        target: side(to, target),
        can_resume: false,
    }))
}

/// The failure of policy [`Policy::Fail`].
pub(super) fn in_the_way(what: String, target: &str) -> Stop {
    let policy = Policy::Fail.word();
    Failure::new(
        Class::Conflict,
        what,
        format!("{target} exists, and the policy is to {policy}"),
    )
    .into()
}
