//! Files that were left half-done: found, judged, and taken up, on both sides.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::beginning;
use super::blocking;
use super::division;
use super::kept::Piece;
use super::lease::Lease;
use super::origins::Origins;
use super::task::Task;
use crate::ftp::error::Error;
use crate::ftp::session::FileSize;
use crate::local::names::bytes_of;
use crate::local::part::{look, parts_in, read_between, take_over};
use crate::local::{boot, runs::Fate};
use crate::model::part_name::{Origin, is_part_of};
use crate::model::path::RemotePath;
use crate::plan::division::Range;
use crate::plan::resume::{Anew, Overlap, Part, asked_from, continues};

/// A temporary file on this machine that no job works on.
#[derive(Debug, Clone)]
pub(super) struct Left {
    pub(super) path: PathBuf,
    origin: Origin,
    /// What has become of the run that made it; `None`: it was this one.
    fate: Option<Fate>,
}

impl Left {
    pub(super) fn is_of_another_run(&self) -> bool {
        self.fate.is_some()
    }
}

/// What runs that are over have left in the folders of this machine that one batch puts files into:
/// looked for once a folder.
#[derive(Debug, Default)]
pub(super) struct Leftovers(Mutex<HashMap<PathBuf, Arc<Vec<Left>>>>);

impl Leftovers {
    async fn of(&self, folder: &Path, origins: &Arc<Origins>) -> Arc<Vec<Left>> {
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = known().get(folder) {
            return Arc::clone(found);
        }
        let (there, origins) = (folder.to_path_buf(), Arc::clone(origins));
        let look = move || {
            let parts = parts_in(&there)?;
            let left = parts.into_iter().filter_map(|(path, origin)| {
                let fate = origins.fate(&origin).filter(|fate| *fate != Fate::Alive)?;
                Some(Left {
                    path,
                    origin,
                    fate: Some(fate),
                })
            });
            Ok::<_, io::Error>(left.collect())
        };
        // what cannot be looked through holds nothing that could be continued
        let found = blocking(look).await.ok().and_then(Result::ok).unwrap_or_default();
        Arc::clone(known().entry(folder.to_path_buf()).or_insert(Arc::new(found)))
    }
}

/// What was left of downloads to this target by runs and jobs that are over.
pub(super) async fn left_here(task: &Task, target: &Path) -> Vec<Left> {
    let (Some(folder), Some(name)) = (target.parent(), target.file_name()) else {
        return Vec::new();
    };
    let name = bytes_of(name);
    let is_its = |path: &Path| {
        path.file_name()
            .is_some_and(|part| is_part_of(&bytes_of(part), &name))
    };
    let found = task.targets.here.of(folder, &task.origins).await;
    let of_others = found.iter().filter(|left| is_its(&left.path)).cloned();
    let ours = task.origins.kept.all_here();
    let ours = ours.into_iter().filter_map(|path| {
        let origin = Origin::of(&bytes_of(path.file_name()?))?;
        let fits = path.parent() == Some(folder) && is_its(&path);
        fits.then_some(Left {
            path,
            origin,
            fate: None,
        })
    });
    of_others.chain(ours).collect()
}

/// Removes what runs that are over have left of a target that is whole: nobody wants it any more. It blocks.
pub(super) fn remove_left(left: &[Left]) {
    for old in left.iter().filter(|old| old.is_of_another_run()) {
        let _ = std::fs::remove_file(&old.path);
    }
}

/// A download that goes on.
#[derive(Debug)]
pub(super) struct Resumed {
    pub(super) part: PathBuf,
    pub(super) length: u64,
    /// What is missing, where it was divided; the first of it begins at `length`.
    pub(super) missing: Option<Vec<Range>>,
    /// What the server is to send first.
    pub(super) overlap: Overlap,
}

/// Takes up what was left of a download to `target`, if something of it can be shown to be of the same
/// source; why not, where there was something. `size` is the source's.
pub(super) async fn take_up_here(
    task: &mut Task,
    target: &Path,
    left: Vec<Left>,
    size: u64,
) -> Result<Resumed, Option<Anew>> {
    let own = match task.piece.take() {
        Some(Piece::Here(path)) => Some(path),
        _ => None,
    };
    let (target, origin, origins) = (target.to_path_buf(), task.origin, Arc::clone(&task.origins));
    let work = move || {
        let mut why = None;
        let begun = own.iter().filter_map(|path| {
            let origin = Origin::of(&bytes_of(path.file_name()?))?;
            let path = path.clone();
            Some(Left {
                path,
                origin,
                fate: None,
            })
        });
        for left in begun.chain(left) {
            let is_own = own.as_ref() == Some(&left.path);
            match take_up(&left, is_own, &target, &origin, &origins, size) {
                Ok(Ok(resumed)) => {
                    let of_another_job = (!is_own).then_some(left.is_of_another_run());
                    return Ok((resumed, of_another_job));
                }
                Ok(Err(anew)) => {
                    why = why.or(Some(anew));
                    if is_own {
                        let _ = std::fs::remove_file(&left.path);
                    }
                }
                // gone, or another run was quicker
                Err(_) => {}
            }
        }
        Err(why)
    };
    let (resumed, of_another_job) = blocking(work).await.unwrap_or(Err(None))?;
    if let Some(is_of_another_run) = of_another_job {
        task.continues_another(is_of_another_run);
    }
    task.piece = Some(Piece::Here(resumed.part.clone()));
    Ok(resumed)
}

fn take_up(
    left: &Left,
    is_own: bool,
    target: &Path,
    origin: &Origin,
    origins: &Origins,
    size: u64,
) -> io::Result<Result<Resumed, Anew>> {
    let Some((length, written)) = look(&left.path)? else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let missing = division::missing(&left.path, length, size).filter(|missing| !missing.is_empty());
    // the map of a file that was divided stands behind its end
    let length = missing.as_ref().map_or(length, |missing| missing[0].from);
    // a run that came to its end has synced what it kept; what another one has written is there as
    // long as the machine has not broken down
    let is_written = left.fate != Some(Fate::Broken)
        || written
            .zip(boot::began())
            .is_some_and(|(written, began)| written > began);
    let part = Part {
        length,
        source: left.origin.source,
        is_written,
    };
    if let Err(anew) = continues(origin.source, size, &part) {
        return Ok(Err(anew));
    }
    if left.fate.is_none() && !is_own && !origins.kept.inherit(&Piece::Here(left.path.clone())) {
        return Err(io::ErrorKind::NotFound.into());
    }
    let part = take_over(&left.path, target, origin)?;
    // nobody else writes to it now: this is how long it is
    let length = look(&part)?.map_or(0, |(now, _)| now.min(length));
    let overlap = read_between(&part, asked_from(length), length)?;
    Ok(Ok(Resumed {
        part,
        length,
        missing,
        overlap: Overlap::new(overlap),
    }))
}

/// Takes up what was left of an upload, under its own temporary name `part`; how much of it is there.
/// `None`: from the first byte.
pub(super) async fn take_up_there(
    task: &mut Task,
    others: Vec<RemotePath>,
    part: &RemotePath,
    size: u64,
    lease: &mut Lease,
) -> Result<Option<u64>, Error> {
    let own = match task.piece.take() {
        Some(Piece::There(path)) => Some(path),
        _ => None,
    };
    let result = take_up_remote(task, own.as_ref(), others, part, size, lease).await;
    match &result {
        Ok(Some(_)) => task.piece = Some(Piece::There(part.clone())),
        // nobody could be asked: it is as it was
        Err(_) => task.piece = own.map(Piece::There),
        Ok(None) => {}
    }
    result
}

async fn take_up_remote(
    task: &mut Task,
    own: Option<&RemotePath>,
    others: Vec<RemotePath>,
    part: &RemotePath,
    size: u64,
    lease: &mut Lease,
) -> Result<Option<u64>, Error> {
    let mut why = None;
    for path in own.cloned().into_iter().chain(others) {
        let source = Origin::at(&path).map_or(0, |origin| origin.source);
        let is_own = own == Some(&path);
        let length = match lease.ask_size(&path).await? {
            FileSize::File(Some(length)) => length,
            FileSize::File(None) | FileSize::NoFile | FileSize::Untold => continue,
        };
        let found = Part {
            length,
            source,
            is_written: true,
        };
        let goes_on = match continues(task.origin.source, size, &found) {
            Ok(length) => {
                let same = beginning::compare(&task.job().item.local, &path, length, lease).await?;
                if same == Some(false) {
                    Err(Anew::Differs)
                } else {
                    Ok(length)
                }
            }
            Err(anew) => Err(anew),
        };
        match goes_on {
            Ok(length) if path == *part => return Ok(Some(length)),
            Ok(length) => match lease.rename(&path, part).await {
                Ok(()) => {
                    let run = Origin::at(&path).map(|origin| origin.run);
                    task.continues_another(run != Some(task.origin.run));
                    return Ok(Some(length));
                }
                // another run was quicker, or the server does not let it
                Err(Error::Refused(..)) => {}
                Err(error) => return Err(error),
            },
            Err(anew) => {
                why = why.or(Some(anew));
                // some servers let nothing be written over; a refusal says what there is to say later
                if is_own
                    && let Err(error) = lease.delete_file(&path).await
                    && !matches!(error, Error::Refused(..))
                {
                    return Err(error);
                }
            }
        }
    }
    if let Some(why) = why {
        lease.remark(&format!("{part} is begun anew: {why}"));
    }
    Ok(None)
}

/// What was left of uploads to a target by runs and jobs that are over and that had the same source.
pub(super) async fn left_there(task: &Task, parts: Vec<RemotePath>) -> Vec<RemotePath> {
    let (origins, source) = (Arc::clone(&task.origins), task.origin.source);
    let left = move || {
        let is_left = |path: &RemotePath| {
            Origin::at(path).is_some_and(|origin| {
                origin.source == source
                    && (origins.is_left_over(&origin) || origins.kept.inherit(&Piece::There(path.clone())))
            })
        };
        parts.into_iter().filter(is_left).collect()
    };
    blocking(left).await.unwrap_or_default()
}
