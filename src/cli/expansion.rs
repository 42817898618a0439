//! From a target with `*`, `?` or `[a-z]` in its path to the targets that are meant.
//!
//! The server is asked for listings, never for a pattern: what `NLST *` gives differs from server to
//! server. What stands there under the very name that was written is meant, whatever is in it.

use super::place::Place;
use super::probe::Probe;
use super::session::{End, Live, Session};
use crate::model::failure::{Class, Failure};
use crate::model::path::{Name, RemotePath};
use crate::model::size;
use crate::model::text::escape;
use crate::plan::glob::{Glob, Part, parts};
use crate::plan::landing::Standing;

/// What a target stands for.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// What is meant, by name.
    pub(super) places: Vec<Place>,
    /// Folders that could not be looked into: more may be meant.
    pub(super) failures: Vec<Failure>,
}

/// Looks what fits. A target without a pattern and without a backslash is what it is, and costs nothing.
///
/// # Errors
///
/// Where nothing fits: [`Class::Refused`]. A lost connection.
pub(super) async fn expand(
    session: &mut Session,
    probe: &mut Probe,
    live: &Live,
    place: Place,
) -> Result<Expanded, End> {
    let mut expanded = Expanded::default();
    let parts = parts(&place.pattern);
    let is_pattern = parts.iter().any(|part| matches!(part, Part::Pattern(_)));
    if !is_pattern && !place.pattern.contains(&b'\\') {
        expanded.places.push(place);
        return Ok(expanded);
    }
    let itself = place.remote(&live.root)?;
    let reached = live.fence.may_touch(&itself);
    reached.map_err(|refusal| {
        let what = format!("{} is not reached", place.written);
        Failure::new(Class::Guarded, what, refusal.to_string())
    })?;
    if probe.look(session, live, &itself).await?.standing != Standing::Nothing {
        expanded.places.push(place);
        return Ok(expanded);
    }
    let base = match place.whole {
        true => RemotePath::root(),
        false => live.root.clone(),
    };
    let mut found = vec![base.clone()];
    let last = parts.len().saturating_sub(1);
    let ends_in_name = matches!(parts.last(), Some(Part::Name(_)));
    for (at, part) in parts.into_iter().enumerate() {
        let is_folder = at < last || place.path.ends_with(b"/");
        let mut next = Vec::new();
        for path in found {
            match &part {
                Part::Name(name) => next.push(step(&path, name)?),
                Part::Pattern(glob) => {
                    let fitting = fitting(session, probe, live, &path, glob, is_folder).await?;
                    match fitting {
                        Ok(paths) => next.extend(paths),
                        Err(failure) => expanded.failures.push(failure),
                    }
                }
            }
        }
        found = next;
    }
    // what stands behind a pattern was put together, not seen
    if is_pattern && ends_in_name {
        let mut standing = Vec::new();
        for path in found {
            if probe.look(session, live, &path).await?.standing != Standing::Nothing {
                standing.push(path);
            }
        }
        found = standing;
    }
    if found.is_empty() && expanded.failures.is_empty() {
        let what = format!("{} stands for nothing", place.written);
        let why = "no name on the server fits the pattern";
        return Err(Failure::new(Class::Refused, what, why)
            .hint("A *, ?, [ or \\ that is part of a name has a backslash before it.")
            .into());
    }
    let places = found.into_iter().map(|path| place.at(&base, &path));
    expanded.places.extend(places);
    Ok(expanded)
}

/// One name further. `.` and `..` go where they go.
fn step(path: &RemotePath, name: &[u8]) -> Result<RemotePath, Failure> {
    let stepped = path.resolve(name);
    stepped.map_err(|e| Failure::new(Class::Usage, escape(name), e.to_string()))
}

/// What fits in a folder, by name; or why it could not be looked into.
async fn fitting(
    session: &mut Session,
    probe: &mut Probe,
    live: &Live,
    folder: &RemotePath,
    glob: &Glob,
    is_folder: bool,
) -> Result<Result<Vec<RemotePath>, Failure>, End> {
    if let Some(depth) = live.fence.cuts(folder) {
        let why = format!("it lies below depth {depth} of the document path");
        let what = format!("{folder} is not looked into");
        return Ok(Err(Failure::new(Class::Guarded, what, why)));
    }
    let listing = match probe.list(session, live, folder).await? {
        Ok(listing) => listing,
        Err(failure) => return Ok(Err(failure)),
    };
    if !listing.is_whole() {
        let lines = size::count(listing.unreadable_count, "line", "lines");
        let why = match &listing.incomplete {
            Some(reason) => reason.clone(),
            None => format!("{lines} of its listing could not be read"),
        };
        let what = format!("What fits in {folder} cannot be told for sure");
        return Ok(Err(Failure::new(Class::Other, what, why)));
    }
    let fitting = listing
        .entries
        .iter()
        .filter(|entry| glob.fits(entry.name.as_bytes()) && (!is_folder || entry.may_be_folder()));
    let mut names: Vec<&Name> = fitting.map(|entry| &entry.name).collect();
    names.sort();
    Ok(Ok(names.into_iter().map(|name| folder.join(name)).collect()))
}
