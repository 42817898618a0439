//! One job in the hands of a lane: what it needs, how it can end, and the report of that.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::durable::Durable;
use super::lease::Lease;
use super::meter::Counter;
use super::placing::{PARTIAL, Placing};
use super::run::Note;
use super::targets::Targets;
use super::{blocking, mistake};
use crate::ftp::error::{Error, local};
use crate::model::event::{Question, Side};
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Job, JobId, Policy};
use crate::model::part_name::Origin;
use crate::model::path::RemotePath;
use crate::model::text::shown_path;
use crate::plan::conflict::Known;
use crate::plan::queue::{Outcome, Start};

/// Everything a job needs. It is reported when it is ended, and also when it is lost on the way:
/// its batch would wait for it without end.
pub(super) struct Task {
    pub(super) start: Start,
    pub(super) targets: Arc<Targets>,
    pub(super) counter: Counter,
    pub(super) cancel: CancellationToken,
    pub(super) durable: Arc<Durable>,
    /// Makes temporary names that no other job of any run has.
    pub(super) origin: Origin,
    /// Whether it was begun anew through no fault of its own: that is done once.
    pub(super) healed: bool,
    /// The temporary file on the server that an earlier beginning may have made.
    pub(super) begun: Option<RemotePath>,
    /// What was learned of the server.
    pub(super) placing: Arc<Placing>,
    began: Instant,
    report: Report,
}

impl Task {
    pub(super) fn new(
        start: Start,
        (targets, placing): (Arc<Targets>, Arc<Placing>),
        counter: Counter,
        cancel: CancellationToken,
        durable: Arc<Durable>,
        origin: Origin,
        notes: mpsc::UnboundedSender<Note>,
    ) -> Self {
        counter.reset();
        let report = Report::new(start.job.id, notes);
        Self {
            start,
            targets,
            counter,
            cancel,
            durable,
            origin,
            healed: false,
            begun: None,
            placing,
            began: Instant::now(),
            report,
        }
    }

    pub(super) fn job(&self) -> &Job {
        &self.start.job
    }

    /// Says something that is worth a line.
    pub(super) fn say(&self, text: String) {
        let _ = self.report.notes.send(Note::Noticed(text));
    }

    /// Reports how the job has ended.
    pub(super) fn end(mut self, ended: Result<Moved, Stop>) {
        self.report.outcome = match ended {
            Ok(Moved { bytes, note }) => {
                let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
                Outcome::Done { bytes, millis, note }
            }
            Err(Stop::Skipped(why)) => Outcome::Skipped(why),
            Err(Stop::Failed(failure) | Stop::Anew(failure)) => Outcome::Failed(failure),
            Err(Stop::NoSession(failure)) => Outcome::NoSession(failure),
            Err(Stop::Cancelled) => Outcome::Cancelled,
            Err(Stop::Conflict(question)) => Outcome::Conflict(*question),
            Err(Stop::InPlace(question)) => Outcome::InPlace(*question),
        };
    }
}

/// What a job that is done has moved.
#[derive(Debug, Default)]
pub(super) struct Moved {
    pub(super) bytes: u64,
    pub(super) note: Option<String>,
}

/// Why a job has ended without being done. Nothing is under the target's name then that was not
/// there before.
#[derive(Debug)]
pub(super) enum Stop {
    Skipped(String),
    Failed(Failure),
    /// Nothing is wrong with the job: on a new session it goes well, most likely. The server did not
    /// resume a TLS session that may have grown too old, or has lost a command.
    Anew(Failure),
    NoSession(Failure),
    Cancelled,
    Conflict(Box<Question>),
    /// The folder does not take the file safely: a person is to be asked, once for the server.
    InPlace(Box<Question>),
}

impl Stop {
    /// What a failure on the wire is for the job; `what` is what did not happen.
    pub(super) fn on_wire(error: &Error, what: impl Into<String>) -> Self {
        let failure = error.failure(what);
        if error.is_unresumed() || matches!(error, Error::OutOfOrder) {
            Self::Anew(failure)
        } else {
            Self::Failed(failure)
        }
    }

    /// The same for a file that was written in place: what may be left is said.
    pub(super) fn in_place(self, task: &Task, target: &RemotePath) -> Self {
        match self {
            Self::Failed(failure) | Self::Anew(failure) | Self::NoSession(failure) => {
                Self::Failed(failure.hint(PARTIAL))
            }
            stop => {
                task.say(format!("{} was stopped. {PARTIAL}", target.shown()));
                stop
            }
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Is sent when it is dropped.
struct Report {
    job: JobId,
    outcome: Outcome,
    notes: mpsc::UnboundedSender<Note>,
}

impl Report {
    fn new(job: JobId, notes: mpsc::UnboundedSender<Note>) -> Self {
        let broken = mistake("Not transferred", "Look at both sides before you try it again.");
        Self {
            job,
            outcome: Outcome::Failed(broken),
            notes,
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        let outcome = std::mem::replace(&mut self.outcome, Outcome::Cancelled);
        let _ = self.notes.send(Note::Finished(self.job, outcome));
    }
}

/// Two notes as one.
pub(super) fn both(one: Option<String>, other: Option<String>) -> Option<String> {
    match (one, other) {
        (Some(one), Some(other)) => Some(format!("{one}; {other}")),
        (one, other) => one.or(other),
    }
}

/// That what has arrived is not what was there. A byte that went wrong on the way goes right the next
/// time, most likely: it is tried once more, from the beginning.
pub(super) fn differs(what: String, why: String) -> Stop {
    let differs = Failure::new(Class::Conflict, what, why);
    let untouched = "What stood under the target's name is untouched.";
    Stop::Failed(differs.hint(untouched).transient())
}

/// Makes a folder on this machine, where none is.
pub(super) async fn make_local_folder(job: &Job) -> Result<Moved, Stop> {
    let path = job.item.local.clone();
    let what = format!("Could not make the folder {}", shown_path(&path));
    let made = blocking(move || match std::fs::create_dir(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        done => done,
    });
    made.await?.map_err(|e| local(what, &e))?;
    Ok(Moved::default())
}

/// Makes a folder on the server, where none is.
pub(super) async fn make_remote_folder(task: &Task, lease: &mut Lease) -> Result<Moved, Stop> {
    let path = &task.job().item.remote;
    let failed = |error: Error| Stop::Failed(error.failure(format!("Could not make the folder {path}")));
    // Only a folder that was not there is known to be empty, and some servers (gateways to object
    // stores) answer MKD with success either way. Who overwrites all the same need not ask.
    let is_new = task.start.policy != Policy::Overwrite
        && match task.targets.standing(lease, path).await {
            Ok(standing) => standing.is_none(),
            // a folder that cannot be listed may take files all the same
            Err(_) if lease.is_usable() => false,
            Err(error) => return Err(failed(error)),
        };
    match lease.make_folder(path).await {
        // what is overwritten all the same is not looked at; nothing is kept of what stood there either
        Ok(()) if is_new || task.start.policy == Policy::Overwrite => task.targets.made(path),
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

/// The question that a conflict is.
pub(super) fn conflict(start: &Start, source: &Known, target: &Known) -> Stop {
    let job = &start.job;
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
        connection: start.connection,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_job_is_reported_however_its_work_ends() {
        let (notes, mut noted) = mpsc::unbounded_channel();
        let lost = Report::new(JobId(1), notes.clone());
        let broken = async move {
            let _lost = lost;
            panic!("on purpose")
        };
        assert!(tokio::spawn(broken).await.unwrap_err().is_panic());
        let Some(Note::Finished(JobId(1), Outcome::Failed(failure))) = noted.recv().await else {
            panic!("not reported as failed");
        };
        assert_eq!((failure.class, failure.transient), (Class::Other, false));
        let mut ended = Report::new(JobId(2), notes);
        ended.outcome = Outcome::Skipped("x".into());
        drop(ended);
        assert!(matches!(
            noted.recv().await,
            Some(Note::Finished(JobId(2), Outcome::Skipped(_)))
        ));
    }
}
