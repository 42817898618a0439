//! One file to the server: under a temporary name in the target's folder, from where it is
//! renamed over the target once it is proved to be whole.

use std::fs::Metadata;
use std::io::{self, Seek as _, SeekFrom};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::at_once::Pace;
use super::blocking;
use super::input::{Content, Input};
use super::kept::Piece;
use super::lease::Lease;
use super::placing;
use super::resume::{left_there, take_up_there};
use super::targets::Found;
use super::task::{Stop, Task, conflict, in_the_way};
use crate::ftp::error::{Error, local};
use crate::ftp::transfer::Request;
use crate::local::list::{modified, permissions};
use crate::local::source;
use crate::model::entry::{Kind, Owner, Permissions};
use crate::model::failure::{Class, Failure};
use crate::model::job::Policy;
use crate::model::part_name::{Origin, part_name};
use crate::model::path::{Name, RemotePath};
use crate::model::text::shown_path;
use crate::plan::conflict::{Decision, Known, decide};
use crate::plan::rename::free_name;
use crate::plan::resume::{Identity, WORTH};

mod sending;
pub(super) use sending::Sending;

/// How much is read and written at once. A file that is no longer is read in one go.
const CHUNK: usize = 256 * 1024;

/// An upload that may begin.
pub(super) struct Outgoing {
    pub(super) task: Task,
    pub(super) request: Request,
    pub(super) part: RemotePath,
    pub(super) target: RemotePath,
    pub(super) site: Site,
    pub(super) source: Source,
}

/// What is known of the place a file is put into.
#[derive(Default)]
pub(super) struct Site {
    /// It is written straight to its target: the temporary name is the target's.
    pub(super) in_place: bool,
    /// Nothing stands there, as far as the listing tells.
    pub(super) is_new: bool,
    /// Those of the file that it replaces, or of its source where they are kept.
    pub(super) permissions: Option<Permissions>,
    /// Whose the file is that it replaces.
    pub(super) owner: Option<Arc<Owner>>,
    /// Temporary files to be deleted when it is in its place, or a part of it is kept.
    pub(super) left: Vec<RemotePath>,
    /// Old files left aside, to be deleted when it is in its place.
    pub(super) old: Vec<RemotePath>,
}

/// The file that is read. Where it is longer than one piece it is read ahead: while one piece is
/// on its way to the server, the next one comes from the disk.
pub(super) struct Source {
    pub(super) known: Known,
    /// Those that are to go with it.
    permissions: Option<Permissions>,
    identity: Option<Identity>,
    first: Vec<u8>,
    /// `None` where `first` is all of it.
    rest: Option<Content>,
    /// Of the disk that it lies on; looked at where there is a rest.
    pace: Pace,
}

impl Source {
    /// Leaves out what is on the server already.
    async fn skip(&mut self, bytes: u64) -> io::Result<()> {
        let mut first = std::mem::take(&mut self.first);
        // standard input is never continued: its part's source is not known
        let Some(Content::File(mut file)) = self.rest.take() else {
            let out = usize::try_from(bytes).unwrap_or(usize::MAX).min(first.len());
            self.first = first.split_off(out);
            return Ok(());
        };
        let work = move || {
            file.seek(SeekFrom::Start(bytes))?;
            let mut content = Content::File(file);
            content.fill(&mut first, u64::MAX, CHUNK)?;
            Ok::<_, io::Error>((content, first))
        };
        let (file, first) = blocking(work).await.map_err(io::Error::other)??;
        (self.rest, self.first) = (Some(file), first);
        Ok(())
    }
}

/// What has been found out about an upload without asking the server.
pub(super) enum Prepared {
    Ready(Outgoing),
    /// What stands at the target has to be asked first.
    Unknown(Task, Source),
}

/// Opens the file, and decides about the target as far as that needs no question to the server.
pub(super) async fn prepare(mut task: Task) -> Result<Prepared, (Task, Stop)> {
    let source = match open(&task).await {
        Ok(source) => source,
        Err(stop) => return Err((task, stop)),
    };
    task.origin.source = source.identity.map_or(0, |identity| task.source(&identity));
    let Some(found) = task.targets.known(&task.job().item.remote, overwrites(&task)) else {
        return Ok(Prepared::Unknown(task, source));
    };
    let may_be_left = !found.parts.is_empty();
    match goal(&task, &source.known, found) {
        Ok(goal) if may_continue(&task, &source, &goal) => Ok(Prepared::Unknown(task, source)),
        Ok(goal) => Ok(Prepared::Ready(outgoing(task, source, goal))),
        // what is left beside it is deleted on the way
        Err(stop) if stop.is_complete() && may_be_left => Ok(Prepared::Unknown(task, source)),
        Err(stop) => Err((task, stop)),
    }
}

/// Whether there may be something to continue: the server has to be asked then.
fn may_continue(task: &Task, source: &Source, goal: &Goal) -> bool {
    let is_worth_it = source.identity.is_some_and(|source| source.size >= WORTH);
    let left = task.start.continues && is_worth_it && !goal.parts.is_empty();
    !task.whole && !goal.site.in_place && (task.piece.is_some() || left)
}

/// Asks the server what stands at the target, decides, and takes up what can be continued.
pub(super) async fn prepare_asking(
    mut task: Task,
    mut source: Source,
    lease: &mut Lease,
) -> Result<Outgoing, (Task, Stop)> {
    let cancel = task.cancel.clone();
    let asked = tokio::select! {
        asked = ask(&mut task, &mut source, lease) => asked,
        () = cancel.cancelled() => Err(Stop::Cancelled),
    };
    match asked {
        Ok((goal, there)) => Ok(Outgoing {
            request: Request::store(&goal.part, there),
            ..outgoing(task, source, goal)
        }),
        Err(stop) => Err((task, stop)),
    }
}

/// Where the file goes, and how much of it stands there under its temporary name.
async fn ask(task: &mut Task, source: &mut Source, lease: &mut Lease) -> Result<(Goal, u64), Stop> {
    let remote = task.job().item.remote.clone();
    let found = task
        .targets
        .find(lease, &remote, &task.origin, overwrites(task))
        .await?;
    let parts = found.parts.clone();
    let goal = match goal(task, &source.known, found) {
        Err(stop) if stop.is_complete() => {
            delete_left(task, &parts, lease).await;
            return Err(stop);
        }
        goal => goal?,
    };
    if goal.site.in_place
        && let Some(doubt) = task.targets.capitals.doubt(&remote, what(&remote))
    {
        return Err(doubt.into());
    }
    if !may_continue(task, source, &goal) {
        return Ok((goal, 0));
    }
    let left = match task.start.continues {
        true => left_there(task, goal.parts.clone()).await,
        false => Vec::new(),
    };
    let size = source.known.size.unwrap_or(0);
    let there = take_up_there(task, left, &goal.part, size, lease)
        .await
        .map_err(|error| Stop::on_wire(&error, format!("Could not look for {remote}")))?;
    // never from the very end: some servers take it for a fault when nothing comes
    let there = there.map(|there| there.min(size.saturating_sub(1)));
    if let Some(there) = there {
        lease.remark(&format!("{} goes on after {there} bytes", goal.target));
        let skipped = source.skip(there).await;
        skipped.map_err(|e| {
            local(
                format!("Could not read {}", shown_path(&task.job().item.local)),
                &e,
            )
        })?;
    }
    Ok((goal, there.unwrap_or(0)))
}

/// Deletes what runs that are over have left of a target that is whole: one was broken off between
/// placing the file and this.
async fn delete_left(task: &Task, parts: &[RemotePath], lease: &mut Lease) {
    for part in parts.iter().filter(|part| task.targets.is_left_over(part)) {
        let deleted = lease.delete_file(part).await;
        if deleted.is_err() {
            lease.remark(&format!("the temporary file {part} may be left"));
        }
        if !lease.is_usable() {
            return;
        }
    }
}

fn overwrites(task: &Task) -> bool {
    task.start.policy == Policy::Overwrite
}

async fn open(task: &Task) -> Result<Source, Stop> {
    let item = &task.job().item;
    if item.reads_input() {
        return open_input(task.input.clone(), item.remote.clone()).await;
    }
    let (opened, shown) = (item.local.clone(), shown_path(&item.local));
    let work = task.targets.at_once.work;
    let opened = task.targets.at_once.run(move || {
        let (file, metadata) = source::open(&opened)?;
        let Some(file) = file else {
            return Ok((None, metadata));
        };
        let mut first = Vec::new();
        let mut content = Content::File(file);
        content.fill(&mut first, metadata.len(), CHUNK)?;
        let over = first.len() < CHUNK && unchanged(&content, &metadata, first.len() as u64)?;
        let rest = (!over).then_some(content);
        let pace = rest.as_ref().map(|_| Pace::of(&opened, work));
        Ok((Some((first, rest, pace.unwrap_or_default())), metadata))
    });
    let (opened, metadata): (_, Metadata) = opened
        .await?
        .map_err(|e: io::Error| local(format!("Could not read {shown}"), &e))?;
    if metadata.is_dir() {
        return Err(Stop::Skipped(
            "it is a link to a folder; links are not followed".into(),
        ));
    }
    let known = Known {
        size: Some(metadata.len()),
        modified: modified(&metadata),
    };
    let keeps = task.start.care.permissions;
    match opened {
        Some((first, rest, pace)) => Ok(Source {
            known,
            permissions: permissions(&metadata).filter(|_| keeps),
            identity: identity(&metadata),
            first,
            rest,
            pace,
        }),
        None => Err(Stop::Skipped("it is neither a file nor a folder".into())),
    }
}

/// Standard input from its first byte; nothing of it is read before the server takes it.
async fn open_input(input: Input, target: RemotePath) -> Result<Source, Stop> {
    let begun = input.clone();
    blocking(move || begun.rewind(&target)).await??;
    Ok(Source {
        known: Known::default(),
        permissions: None,
        identity: None,
        first: Vec::new(),
        rest: Some(Content::Input(input)),
        // who writes to it may take any time
        pace: Pace::default(),
    })
}

/// What the file is known to be, to the nanosecond: it may be written to twice in a second.
fn identity(metadata: &Metadata) -> Option<Identity> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(Identity {
        size: metadata.len(),
        seconds: i64::try_from(since.as_secs()).ok()?,
        nanoseconds: since.subsec_nanos(),
    })
}

/// A file that somebody writes to while it is read is half old, half new.
fn unchanged(content: &Content, before: &Metadata, read: u64) -> io::Result<bool> {
    let Some(now) = content.metadata()? else {
        return Ok(true);
    };
    Ok(now.len() == read && before.len() == read && identity(&now) == identity(before))
}

/// The path the file is to have, by what stands there and the policy.
fn choose(task: &Task, source: &Known, found: &Found) -> Result<RemotePath, Stop> {
    let job = task.job();
    let target = found.target.clone();
    let what = || what(&job.item.remote);
    // a path that another job of the batch has taken is as good as a file standing there
    let known = match &found.standing {
        Some(standing) if standing.kind == Kind::Dir => {
            return Err(Failure::new(Class::Conflict, what(), "a folder of that name is in the way").into());
        }
        Some(standing) => standing.known,
        None if overwrites(task) || task.targets.take(&target, job.id) => return Ok(target),
        None => Known::default(),
    };
    match decide(task.start.policy, source, Some(&known)) {
        Decision::Transfer => Ok(target),
        Decision::Skip(why) => Err(Stop::Skipped(why.into())),
        Decision::Fail => Err(in_the_way(what(), &target.shown())),
        Decision::Ask => Err(conflict(&task.start, source, &known, !found.parts.is_empty())),
        Decision::Rename => {
            // beside the link, where it is one
            let (Some(folder), Some(name)) = (job.item.remote.parent(), job.item.remote.name()) else {
                return Ok(target);
            };
            let free = free_name(&name, |name| {
                !found.content.is_free(name) || !task.targets.take(&folder.join(name), job.id)
            });
            let none = || {
                Failure::new(
                    Class::Conflict,
                    what(),
                    "no free name was found beside the target",
                )
            };
            Ok(folder.join(&free.ok_or_else(none)?))
        }
    }
}

/// The file's first path and its last one, and what is known of the place.
struct Goal {
    part: RemotePath,
    target: RemotePath,
    site: Site,
    /// Temporary files for it that stand there.
    parts: Vec<RemotePath>,
}

/// Where the file goes by what was found, if it may.
fn goal(task: &Task, source: &Known, found: Found) -> Result<Goal, Stop> {
    let target = choose(task, source, &found)?;
    let (part, in_place) = match task.placing.way(&target)? {
        placing::Way::Safe => (part_of(&target, &task.origin)?, false),
        placing::Way::InPlace => (target.clone(), true),
    };
    let replaced = found.standing.filter(|_| target == found.target);
    let (parts, old) = if target == found.target {
        (found.parts, found.old)
    } else {
        (Vec::new(), Vec::new())
    };
    let is_left = |part: &&RemotePath| task.targets.is_left_over(part);
    let mut left: Vec<RemotePath> = parts.iter().filter(is_left).cloned().collect();
    left.extend(task.begun.clone().filter(|begun| *begun != part));
    let site = Site {
        in_place,
        is_new: replaced.is_none() && found.content.tells_all(),
        permissions: replaced.as_ref().and_then(|standing| standing.permissions),
        owner: replaced.and_then(|standing| standing.owner),
        left,
        old,
    };
    Ok(Goal {
        part,
        target,
        site,
        parts,
    })
}

fn outgoing(mut task: Task, source: Source, mut goal: Goal) -> Outgoing {
    // what an earlier try has left under a temporary name is of no use in place
    if goal.site.in_place
        && let Some(Piece::There(part)) = task.piece.take()
    {
        goal.site.left.push(part);
    }
    if let Some(own) = source.permissions {
        goal.site.permissions = Some(own.plain());
    }
    Outgoing {
        request: Request::store(&goal.part, 0),
        task,
        part: goal.part,
        target: goal.target,
        site: goal.site,
        source,
    }
}

/// The temporary name for a target.
fn part_of(target: &RemotePath, origin: &Origin) -> Result<RemotePath, Stop> {
    let nameless = || Failure::new(Class::Usage, "Could not upload", "the target has no name");
    let (folder, name) = target.parent().zip(target.name()).ok_or_else(nameless)?;
    let name = Name::new(&part_name(name.as_bytes(), origin)).map_err(|_| nameless())?;
    Ok(folder.join(&name))
}

/// What does not happen when an upload fails.
pub(super) fn what(target: &RemotePath) -> String {
    format!("Could not upload to {target}")
}

/// What a failure on the wire is for an upload: a temporary name that is refused may be the only
/// thing the folder does not take.
pub(super) fn refused(task: &Task, target: &RemotePath, site: &Site, error: &Error) -> Stop {
    if error.refuses_name() && !site.in_place {
        return task.placing.refused(target, error.failure(what(target)));
    }
    Stop::on_wire(error, what(target))
}
