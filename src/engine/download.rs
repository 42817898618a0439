//! One file from the server: into a temporary file beside the target, and in its place when it is
//! proved to be whole.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::at_once::AtOnce;
use super::blocking;
use super::lane::Lane;
use super::lease::Lease;
use super::meter::SpeedLimit;
use super::resume::{Left, Resumed, left_here, remove_left};
use super::room::fits;
use super::task::{Stop, Task, UNTOUCHED, conflict, in_the_way};
use super::verify::Verification;
use crate::ftp::digest::Way;
use crate::ftp::error::{Error, local};
use crate::ftp::transfer::{Request, Transfer};
use crate::local::list::stat;
use crate::local::names::bytes_of;
use crate::local::target::{find, unfit};
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::job::Policy;
use crate::model::path::{Name, RemotePath};
use crate::model::size;
use crate::model::stamp::{Precision, Stamp};
use crate::model::text::shown_path;
use crate::plan::conflict::{Decision, Known, decide};
use crate::plan::meanwhile::may_have_become;
use crate::plan::rename::free_name;
use crate::plan::resume::{Identity, Overlap};

mod asking;
mod disk;
mod ending;
mod proof;
mod sharing;

pub(super) use asking::{size_and_time, what_it_is};
use disk::Disk;
pub(super) use proof::proved;
pub(super) use sharing::Flow;
use sharing::Sharing;

/// How much is read and written at once. A file that is no longer is written in one go.
const CHUNK: usize = 256 * 1024;

/// The same at the beginning of a long file; it doubles from there.
const FIRST: usize = 16 * 1024;

/// Who reads for longer than this is not believed that the file has stayed what it was.
const LONG_READING: Duration = Duration::from_secs(5);

/// How much goes to the file at once where it does not come here.
const POURED: usize = 1024 * 1024;

/// A download that may begin.
pub(super) struct Incoming {
    pub(super) task: Task,
    pub(super) request: Request,
    target: PathBuf,
    may_replace: bool,
    /// What runs and jobs that are over have left of downloads to this target.
    left: Vec<Left>,
    /// Size and time of the source as the server has told them for this transfer.
    told: Option<(u64, Stamp)>,
    resumed: Option<Resumed>,
}

/// Decides about the target; asks the server nothing.
pub(super) async fn prepare(mut task: Task) -> Result<Incoming, (Task, Stop)> {
    let mut left = left_here(&task, &task.job().item.local).await;
    let can_resume = task.piece.is_some() || !left.is_empty();
    match place(&task, can_resume).await {
        Ok((target, may_replace)) => {
            if target != task.job().item.local {
                left = left_here(&task, &target).await;
            }
            let listed = Identity::remote(length(&task), task.job().item.modified);
            task.origin.source = listed.map_or(0, |listed| task.source(&listed));
            Ok(Incoming {
                request: match length(&task) {
                    Some(0) => Request::retrieve(&task.job().item.remote, 0).of_nothing(),
                    _ => Request::retrieve(&task.job().item.remote, 0),
                },
                task,
                target,
                may_replace,
                left,
                told: None,
                resumed: None,
            })
        }
        Err(stop) => {
            if stop.is_complete() && !left.is_empty() {
                // a run was broken off between placing the file and this
                let _ = blocking(move || remove_left(&left)).await;
            }
            Err((task, stop))
        }
    }
}

async fn place(task: &Task, can_resume: bool) -> Result<(PathBuf, bool), Stop> {
    let (target, may_replace) = choose(task, can_resume).await?;
    let folder = target.parent().unwrap_or(&target);
    fits(folder, length(task).unwrap_or(0), what(task)).await?;
    Ok((target, may_replace))
}

async fn choose(task: &Task, can_resume: bool) -> Result<(PathBuf, bool), Stop> {
    let item = &task.job().item;
    let source = Known {
        size: item.size,
        modified: item.modified,
    };
    let what = || format!("Could not download {}", item.remote);
    let overwrites = task.start.policy == Policy::Overwrite;
    Ok(match standing(&item.local, &task.targets.at_once).await? {
        Some((Kind::Dir, _)) => {
            return Err(Failure::new(Class::Conflict, what(), "a folder of that name is in the way").into());
        }
        Some((_, known)) => match decide(task.start.policy, &source, Some(&known)) {
            Decision::Transfer => {
                fit(&item.local, &task.targets.at_once, what).await?;
                (item.local.clone(), true)
            }
            Decision::Skip(why) => return Err(Stop::Skipped(why.into())),
            Decision::Rename => (free_path(item.local.clone()).await?, false),
            Decision::Fail => return Err(in_the_way(what(), &shown_path(&item.local))),
            Decision::Ask => return Err(conflict(&task.start, &source, &known, can_resume)),
        },
        None => (item.local.clone(), overwrites),
    })
}

/// Fails where what stands at a target is not to be replaced, whatever the policy.
async fn fit(target: &Path, at_once: &AtOnce, what: impl Fn() -> String) -> Result<(), Failure> {
    let (path, shown) = (target.to_path_buf(), shown_path(target));
    let Err(error) = at_once.run(move || find(&path)).await? else {
        return Ok(());
    };
    Err(match unfit(&error) {
        Some(unfit) => Failure::new(
            Class::Conflict,
            what(),
            format!("{shown} is not replaced: {unfit}"),
        )
        .hint("Choose another name or folder."),
        None => local(what(), &error),
    })
}

/// What stands where the file is to go.
async fn standing(target: &Path, at_once: &AtOnce) -> Result<Option<(Kind, Known)>, Failure> {
    let (path, shown) = (target.to_path_buf(), shown_path(target));
    match at_once.run(move || stat(&path)).await? {
        Ok(entry) => {
            let kind = entry
                .target_kind
                .filter(|_| entry.kind == Kind::Link)
                .unwrap_or(entry.kind);
            Ok(Some((
                kind,
                Known {
                    size: entry.size,
                    modified: entry.modified,
                },
            )))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(local(format!("Could not look at {shown}"), &error)),
    }
}

/// A path beside `target` that is free.
async fn free_path(target: PathBuf) -> Result<PathBuf, Failure> {
    let none = || {
        Failure::new(
            Class::Local,
            "Could not rename",
            "no free name was found beside the target",
        )
    };
    let find = move || {
        let name = Name::new(&bytes_of(target.file_name()?)).ok()?;
        let folder = target.parent()?.to_path_buf();
        let path = |name: &Name| crate::local::names::join(&folder, name).ok();
        let free = free_name(&name, |name| {
            path(name).is_none_or(|p| std::fs::symlink_metadata(p).is_ok())
        })?;
        path(&free)
    };
    blocking(find).await?.ok_or_else(none)
}

/// How long the file is by its listing; what stands at a link's end that does not tell.
pub(super) fn length(task: &Task) -> Option<u64> {
    let item = &task.job().item;
    item.size.filter(|_| item.kind == Kind::File)
}

/// What does not happen when a download fails.
pub(super) fn what(task: &Task) -> String {
    format!("Could not download {}", task.job().item.remote)
}

/// What is here and what comes are not one file: all of it is to come anew.
pub(super) fn another(task: &Task, why: &str) -> Stop {
    let failure = Failure::new(Class::Unreachable, what(task), why).hint(UNTOUCHED);
    Stop::FromStart(failure.transient())
}

/// What has come is of two files, perhaps: nothing of it is kept.
pub(super) fn changed(task: &Task) -> Failure {
    let why = "the file changed on the server while it was read";
    let failure = Failure::new(Class::Conflict, what(task), why);
    failure.hint(UNTOUCHED).transient()
}

/// Far more has come than the file was said to have: perhaps it never ends.
fn endless(task: &Task, said: u64) -> Failure {
    let most = size::bytes(may_have_become(said));
    let why = format!("more than {most} came of a file that has {said} bytes by the server's word");
    Failure::new(Class::Conflict, what(task), why).hint(UNTOUCHED)
}

/// What a failure to begin means for this job: a link may lead to a folder.
pub(super) async fn refused(task: &Task, lease: &mut Lease, error: Error) -> Stop {
    let item = &task.job().item;
    let failure = error.failure(what(task));
    if item.kind != Kind::Link || failure.class == Class::Guarded || !lease.is_usable() {
        return failure.into();
    }
    // what a link leads to is known only when one follows it
    match lease.enter(&item.remote).await {
        Ok(()) => Stop::Skipped("it is a link to a folder; links are not followed".into()),
        // it could not be looked behind: most likely a folder below the depth
        Err(Error::Guarded(why)) if failure.class == Class::Refused => {
            Stop::Skipped(format!("it is a link that is not followed: {why}"))
        }
        Err(_) => failure.into(),
    }
}

/// A download while its data flow, and after.
pub(super) struct Receiving {
    pub(super) task: Task,
    disk: Disk,
    /// What has come and is not being written yet.
    buffer: Vec<u8>,
    /// How much of the buffer that is: who is stopped while reading leaves the rest of it blank.
    filled: usize,
    /// How long the file is so far, with what an earlier try has brought.
    received: u64,
    told: Option<(u64, Stamp)>,
    /// What comes first where the file goes on.
    overlap: Option<Overlap>,
    left: Vec<Left>,
    pub(super) verification: Option<Verification>,
    sharing: Sharing,
    began: Instant,
}

impl Receiving {
    /// `ways`: how the server can be asked for a checksum.
    pub(super) fn new(incoming: Incoming, ways: Vec<Way>) -> Self {
        let mut task = incoming.task;
        let verified = task.start.care.verify;
        let verification = verified.then(|| Verification::begin(ways, &task.job().item.remote));
        let (verification, hashing) = verification.unzip();
        let (begun, overlap, sharing) = match incoming.resumed {
            Some(Resumed {
                part,
                length,
                missing,
                overlap,
            }) => {
                let begun = (part, length, missing.is_some());
                (Some(begun), Some(overlap), Sharing::of(missing))
            }
            None => (None, None, Sharing::of(None)),
        };
        let received = begun.as_ref().map_or(0, |(_, length, _)| *length);
        let present = incoming.told.and_then(|(size, _)| sharing.present(size));
        task.begins_at(present.unwrap_or(received));
        // the disk has it from now on
        task.piece = None;
        Self {
            verification,
            disk: Disk::new(
                (incoming.target, incoming.may_replace),
                task.origin,
                task.targets.at_once.work,
                begun,
                hashing,
            ),
            task,
            buffer: Vec::new(),
            filled: 0,
            received,
            told: incoming.told,
            overlap,
            left: incoming.left,
            sharing,
            began: Instant::now(),
        }
    }

    /// Reads what the server sends a second time: it must be what is here. Where less than that comes, its last word
    /// says more.
    async fn prove(&mut self, lease: &mut Lease, transfer: &mut Transfer) -> Result<(), Stop> {
        let Some(mut overlap) = self.overlap.take() else {
            return Ok(());
        };
        let mut again = vec![0; overlap.left()];
        while overlap.left() > 0 {
            let most = overlap.left();
            let read = lease.read(transfer, &mut again[..most]).await;
            let n = read.map_err(|error| Stop::on_wire(&error, what(&self.task)))?;
            if n == 0 {
                self.overlap = Some(overlap);
                return Ok(());
            }
            if !overlap.agrees(&again[..n]) {
                return Err(self.unproven());
            }
        }
        Ok(())
    }

    /// Whether what was to come a second time did not.
    pub(super) fn is_unproven(&self) -> bool {
        self.overlap.is_some()
    }

    pub(super) fn unproven(&self) -> Stop {
        another(&self.task, "what the server sends does not continue what is here")
    }

    fn overlong(&self) -> Stop {
        another(&self.task, "more has come than the file has")
    }

    /// Fails where more has come than the source has and it was continued: the server began somewhere else. Others
    /// may grow; where far more has come they are asked about, and come once more.
    fn check_length(&mut self) -> Result<(), Stop> {
        let told = self.told.map(|(size, _)| size);
        if self.is_continued() && told.is_some_and(|size| self.received > size) {
            return Err(self.overlong());
        }
        let said = told.or(length(&self.task)).max(self.task.overran);
        match said.filter(|said| self.received > may_have_become(*said)) {
            Some(said) => {
                self.task.overran = Some(said);
                Err(Stop::FromStart(endless(&self.task, said)))
            }
            None => Ok(()),
        }
    }

    /// Reads to the end of the data, or to where the data of others begin.
    pub(super) async fn pump(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        lane: &Lane,
    ) -> Result<Flow, Stop> {
        let limit = &lane.limit;
        self.prove(lease, transfer).await?;
        if self.is_unproven() {
            return Ok(Flow::Over);
        }
        self.begin_sharing(lane).await?;
        let piece = limit.piece(CHUNK);
        let expected = self.listed().map(|size| size.saturating_sub(self.received));
        let expected = expected.and_then(|left| usize::try_from(left).ok());
        // one byte more than is expected, so that its end is seen without a second buffer; the first pieces
        // of a long file are small, so that it is soon known whether help is needed
        let short = expected.filter(|size| *size < piece);
        let mut room = short.map_or(FIRST.min(piece), |size| size.saturating_add(1).max(512));
        loop {
            if let Some(n) = self.pour(lease, transfer, limit).await? {
                if n == 0 {
                    return self.come_to_the_end().await;
                }
                self.share(lane, 0).await?;
                continue;
            }
            self.buffer.resize(room, 0);
            let read = lease.read(transfer, &mut self.buffer[self.filled..]).await;
            let n = read.map_err(|error| Stop::on_wire(&error, what(&self.task)))?;
            if n == 0 {
                return self.come_to_the_end().await;
            }
            let own = self.sharing.own(self.received, n);
            self.filled += own;
            self.received += own as u64;
            self.check_length()?;
            self.task.counter.add(own as u64);
            limit.passed(n).await;
            if self.sharing.ends_at(self.received) {
                let beyond = self.buffer[self.filled..self.filled + n - own].to_vec();
                return self.meet(lease, transfer, beyond).await;
            }
            if own < n {
                return Err(self.overlong());
            }
            if self.filled == room {
                if short.is_none() || room >= piece {
                    // who is stopped while the last piece is written has this one still
                    self.disk.ready().await?;
                    self.filled = 0;
                    self.buffer = self.disk.put(std::mem::take(&mut self.buffer))?;
                    self.share(lane, piece as u64).await?;
                }
                room = if short.is_some() {
                    piece
                } else {
                    (room * 2).min(piece)
                };
            }
        }
    }

    /// Lets data go straight to the file, if they can; how many did.
    async fn pour(
        &mut self,
        lease: &mut Lease,
        transfer: &mut Transfer,
        limit: &SpeedLimit,
    ) -> Result<Option<usize>, Stop> {
        // who divides a file looks at the bytes where two parts of it meet
        if self.filled > 0 || self.sharing.division.is_some() || !transfer.is_plain() {
            return Ok(None);
        }
        let Some(pipe) = self.disk.pipe() else {
            return Ok(None);
        };
        let poured = lease.pour(transfer, pipe, limit.piece(POURED)).await;
        let n = poured.map_err(|error| Stop::on_wire(&error, what(&self.task)))?;
        self.disk.empty_pipe(n)?;
        self.received += n as u64;
        self.check_length()?;
        self.task.counter.add(n as u64);
        limit.passed(n).await;
        Ok(Some(n))
    }

    pub(super) fn path(&self) -> &RemotePath {
        &self.task.job().item.remote
    }

    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// The size the file is expected to have: what the server said of it or, as far as it can be
    /// trusted for that, its listing; that of a link is its own.
    pub(super) fn listed(&self) -> Option<u64> {
        let told = self.told.map(|(size, _)| size);
        told.or(self.task.job().item.size)
    }

    /// The time the listing gave, where that is exact: a listing that knows the day only would set
    /// a wrong one.
    pub(super) fn exact_time(&self) -> Option<Stamp> {
        let told = self.told.map(|(_, time)| time);
        let known = told.or(self.task.job().item.modified);
        known.filter(|time| time.precision == Precision::Second)
    }

    /// Whether it was gone on with.
    pub(super) fn is_continued(&self) -> bool {
        self.disk.begun.is_some()
    }

    /// What the source was before it was read, and whether the server was asked for that, where it may be another by
    /// now: the file was gone on with, or took long to come.
    pub(super) fn doubted(&self) -> Option<(Known, bool)> {
        if !self.is_continued() && self.began.elapsed() < LONG_READING {
            return None;
        }
        let listed = length(&self.task).zip(self.exact_time());
        let (size, modified) = self.told.or(listed)?;
        let before = Known {
            size: Some(size),
            modified: Some(modified),
        };
        Some((before, self.told.is_some()))
    }
}
