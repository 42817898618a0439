//! One job in the hands of a lane: what it needs, how it can end, and the report of that.

use std::sync::Arc;
use std::time::Instant;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::durable::Durable;
use super::input::Input;
use super::kept::{Length, Piece};
use super::lease::Lease;
use super::meter::Counter;
use super::origins::Origins;
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
use crate::model::server::Server;
use crate::model::size;
use crate::model::text::shown_path;
use crate::plan::conflict::{COMPLETE, Known};
use crate::plan::queue::{Outcome, Start};
use crate::plan::resume::{self, Identity, Way};

/// Said where a failed job leaves something that can be continued.
const KEPT: &str = "What has come over is kept: another try goes on from there, also a later one with the \
     policy \"resume\" (-c).";

/// Said where a transfer has failed and its target is what it was.
pub(super) const UNTOUCHED: &str = "What stood under the target's name is untouched.";

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
    pub(super) origins: Arc<Origins>,
    /// Standard input.
    pub(super) input: Input,
    server: Arc<Server>,
    /// What an earlier try has left, as long as nothing is done with it.
    pub(super) piece: Option<Piece>,
    /// How much that is.
    kept: Length,
    /// How much of what is continued an earlier run has brought, at the most.
    earlier: u64,
    /// Whether it was begun anew through no fault of its own: that is done once.
    pub(super) healed: bool,
    /// Whether it goes from the file's first byte: what was continued was none of it.
    pub(super) whole: bool,
    /// How long the file was said to be of which far more came: it is asked about before it comes once more.
    pub(super) overran: Option<u64>,
    /// The temporary file on the server that an earlier beginning may have made.
    pub(super) begun: Option<RemotePath>,
    /// What was learned of the server.
    pub(super) placing: Arc<Placing>,
    began: Instant,
    report: Report,
}

/// What all jobs of a connection work with.
pub(super) struct Means {
    pub(super) input: Input,
    pub(super) durable: Arc<Durable>,
    pub(super) origins: Arc<Origins>,
    pub(super) server: Arc<Server>,
    pub(super) placing: Arc<Placing>,
}

impl Task {
    pub(super) fn new(
        start: Start,
        targets: Arc<Targets>,
        counter: Counter,
        cancel: CancellationToken,
        means: Means,
        notes: mpsc::UnboundedSender<Note>,
    ) -> Self {
        counter.begin_at(0);
        let job = start.job.id;
        let (piece, kept) = means.origins.kept.begin(job).unzip();
        let kept = kept.unwrap_or_default();
        let report = Report::new(job, notes);
        Self {
            start,
            targets,
            counter,
            cancel,
            durable: means.durable,
            origin: means.origins.of(job),
            piece,
            kept,
            earlier: kept.earlier,
            origins: means.origins,
            input: means.input,
            server: means.server,
            healed: false,
            whole: false,
            overran: None,
            begun: None,
            placing: means.placing,
            began: Instant::now(),
            report,
        }
    }

    pub(super) fn job(&self) -> &Job {
        &self.start.job
    }

    /// The number of its source, if that is what it is known to be.
    pub(super) fn source(&self, identity: &Identity) -> u64 {
        let item = &self.job().item;
        // two runs may stand in two folders
        let Ok(local) = std::path::absolute(&item.local) else {
            return 0;
        };
        identity.number(&Way {
            server: &self.server,
            direction: self.job().direction,
            local: &local,
            remote: &item.remote,
        })
    }

    /// What another job has left is continued: one of an earlier run, or of this one.
    pub(super) fn continues_another(&mut self, is_of_earlier_run: bool) {
        self.earlier = if is_of_earlier_run { u64::MAX } else { 0 };
    }

    /// Its file goes on after so many bytes; 0 is from the beginning.
    pub(super) fn begins_at(&mut self, bytes: u64) {
        self.counter.begin_at(bytes);
        self.earlier = self.earlier.min(bytes);
    }

    /// Whether what there is of its file, so many bytes, is kept for another try when it ends so.
    pub(super) fn keeps(&self, stop: &Stop, bytes: u64) -> bool {
        let spoiled = matches!(stop, Stop::Failed(failure) if resume::spoils(failure));
        self.goes_on_after(stop) && !spoiled && self.origin.source != 0 && bytes >= resume::WORTH
    }

    /// Whether what an earlier try has left is of use after this end.
    pub(super) fn goes_on_after(&self, stop: &Stop) -> bool {
        match stop {
            Stop::Failed(failure) | Stop::Anew(failure) | Stop::NoSession(failure) => {
                resume::outlasts(failure)
            }
            Stop::Cancelled => !self.origins.kept.is_unwanted(self.job().id),
            Stop::FromStart(_) | Stop::Skipped(_) | Stop::Conflict(_) | Stop::InPlace(_) => false,
        }
    }

    /// Says something that is worth a line.
    pub(super) fn say(&self, text: String) {
        let _ = self.report.notes.send(Note::Noticed(text));
    }

    /// Reports how the job has ended.
    pub(super) fn end(mut self, ended: Result<Moved, Stop>) {
        let ended = ended.map_err(|stop| match self.piece.is_some() {
            true => stop.and_kept(),
            false => stop,
        });
        let ended = ended.map_err(
            |stop| match self.job().item.reads_input() && !self.input.can_rewind() {
                true => stop.finally(),
                false => stop,
            },
        );
        if let Some(piece) = self.piece.take() {
            // it may have ended before anything of it was taken up
            let length = match self.counter.get() {
                0 => self.kept,
                bytes => Length {
                    bytes,
                    earlier: self.earlier.min(bytes),
                },
            };
            self.origins.kept.put(self.job().id, piece, length);
        }
        self.report.outcome = match ended {
            Ok(Moved { bytes, note }) => {
                let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
                let before = self.counter.before();
                let gone_on = (before > 0).then(|| format!("it went on after {}", size::bytes(before)));
                Outcome::Done {
                    bytes,
                    before,
                    earlier: self.earlier.min(before),
                    millis,
                    note: both(gone_on, note),
                }
            }
            Err(Stop::Skipped(why)) => Outcome::Skipped(why),
            Err(Stop::Failed(failure) | Stop::Anew(failure) | Stop::FromStart(failure)) => {
                Outcome::Failed(failure)
            }
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
    /// What was continued is not the file it seemed to be: from its first byte it goes well, most
    /// likely.
    FromStart(Failure),
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
        if error.is_unresumed() || matches!(error, Error::OutOfOrder | Error::LostPair(_)) {
            Self::Anew(failure)
        } else {
            Self::Failed(failure)
        }
    }

    /// The same for a file that was written in place: what may be left is said.
    pub(super) fn in_place(self, task: &Task, target: &RemotePath) -> Self {
        match self {
            Self::Failed(failure)
            | Self::Anew(failure)
            | Self::FromStart(failure)
            | Self::NoSession(failure) => Self::Failed(failure.hint(PARTIAL)),
            stop => {
                task.say(format!("{} was stopped. {PARTIAL}", target.shown()));
                stop
            }
        }
    }
}

impl Stop {
    /// Whether the file is left out because its target is known to be whole.
    pub(super) fn is_complete(&self) -> bool {
        matches!(self, Self::Skipped(why) if why == COMPLETE)
    }

    /// Says that it cannot be tried again, for its source can be read only once.
    fn finally(mut self) -> Self {
        if let Self::Failed(failure)
        | Self::Anew(failure)
        | Self::FromStart(failure)
        | Self::NoSession(failure) = &mut self
            && failure.transient
        {
            failure.transient = false;
            failure.hint =
                Some("What came from standard input cannot be read again: give it once more.".into());
        }
        self
    }

    /// Says that something is left to be continued, where that is so after this failure.
    fn and_kept(mut self) -> Self {
        if let Self::Failed(failure) | Self::Anew(failure) | Self::NoSession(failure) = &mut self {
            say_kept(failure);
        }
        self
    }
}

/// Says that something is left to be continued, once, where that is so after this failure.
pub(super) fn say_kept(failure: &mut Failure) {
    let is_said = failure.hint.as_deref().is_some_and(|said| said.ends_with(KEPT));
    if is_said || !resume::outlasts(failure) {
        return;
    }
    failure.hint = Some(match failure.hint.take() {
        Some(said) => format!("{} {KEPT}", with_stop(said)),
        None => KEPT.into(),
    });
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// A sentence with its full stop.
fn with_stop(said: String) -> String {
    if said.ends_with(['.', '!', '?']) {
        said
    } else {
        said + "."
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
    Stop::Failed(differs.hint(UNTOUCHED).transient())
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
    let what = || format!("Could not make the folder {path}");
    let failed = |error: Error| Stop::Failed(error.failure(what()));
    let capitals = &task.targets.capitals;
    let refusal = capitals.refusal(lease, path, &task.origin, what()).await;
    if let Some(refusal) = refusal.map_err(failed)? {
        return Err(refusal.into());
    }
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
/// `can_resume`: something of the same file stands there that can be continued.
pub(super) fn conflict(start: &Start, source: &Known, target: &Known, can_resume: bool) -> Stop {
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
        can_resume,
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
