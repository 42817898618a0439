//! What stands in the folders of the server that files are put into: listed once a folder and
//! batch, so that no file costs a question of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::OnceCell;

use super::at_once::{AtOnce, DiskWork};
use super::capitals::Capitals;
use super::lease::Lease;
use super::origins::Origins;
use super::resume::Leftovers;
use super::task::Stop;
use super::unix_now;
use crate::ftp::error::Error;
use crate::ftp::session::FileSize;
use crate::model::entry::{Entry, Kind, Owner, Permissions};
use crate::model::failure::{Class, Failure};
use crate::model::job::JobId;
use crate::model::part_name::{Origin, is_ours, is_part_of, moved_aside};
use crate::model::path::{Name, RemotePath};
use crate::plan::conflict::Known;
use crate::plan::naming::folded;

/// How many links may stand behind one another.
const HOPS: usize = 16;

/// What is known of an existing target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) kind: Kind,
    pub(super) known: Known,
    pub(super) permissions: Option<Permissions>,
    pub(super) owner: Option<Arc<Owner>>,
}

/// All that stands in a folder, as far as its listing tells.
#[derive(Debug, Default)]
pub(super) struct Content {
    entries: HashMap<Name, Standing>,
    /// Where links lead; `None` where the listing does not tell.
    links: HashMap<Name, Option<RemotePath>>,
    /// Names that ftpane makes: files in the making, and old ones moved aside.
    ours: Vec<Name>,
    /// Whether the listing may lack entries: then nothing is absent on its word.
    gaps: bool,
    /// Whether its times are the server's wall clock, since nobody needed them.
    untimed: bool,
    /// Whether it may lack those that begin with a dot.
    hides_dot_names: bool,
    /// The names as a server has them that is blind to capitals; made when one is looked for.
    folded: OnceLock<HashMap<Vec<u8>, Name>>,
}

/// What was found out about an upload's target.
pub(super) struct Found {
    /// Where the file goes: the end of the link, where the path is one.
    pub(super) target: RemotePath,
    /// What stands there.
    pub(super) standing: Option<Standing>,
    /// Temporary files for it that stand there, of whatever origin.
    pub(super) parts: Vec<RemotePath>,
    /// Old files of it that were left aside: the target itself stands.
    pub(super) old: Vec<RemotePath>,
    /// What stands beside the path that was asked for.
    pub(super) content: Arc<Content>,
}

impl Content {
    /// Nothing is known.
    fn unlisted() -> Self {
        Self {
            gaps: true,
            ..Self::default()
        }
    }

    /// Whether this name is known to be free.
    pub(super) fn is_free(&self, name: &Name) -> bool {
        !self.may_hide(name) && !self.entries.contains_key(name)
    }

    /// Whether what is not listed is not there.
    pub(super) fn tells_all(&self) -> bool {
        !self.gaps && !self.hides_dot_names
    }

    /// The names listed.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.entries.keys()
    }

    /// The name of an entry that differs from this one in capitals only.
    fn alike(&self, name: &Name) -> Option<&Name> {
        let fold = || {
            let names = self.names();
            names
                .map(|name| (folded(name.as_bytes()), name.clone()))
                .collect()
        };
        self.folded.get_or_init(fold).get(&folded(name.as_bytes()))
    }

    /// Names under which the old file of this name may have been left aside, and by whom.
    fn aside(&self, name: &Name) -> impl Iterator<Item = (&Name, Origin)> {
        let name = name.clone();
        let known = move |aside: &Name| moved_aside(aside.as_bytes(), name.as_bytes());
        self.ours
            .iter()
            .filter_map(move |aside| Some((aside, known(aside)?)))
    }

    /// Whether the name may be there though it is not listed.
    fn may_hide(&self, name: &Name) -> bool {
        self.gaps || (self.hides_dot_names && name.is_hidden())
    }
}

type Cell = Arc<OnceCell<Arc<Content>>>;

/// The target folders of one batch.
#[derive(Debug)]
pub(super) struct Targets {
    folders: Mutex<HashMap<RemotePath, Cell>>,
    /// Where jobs of this batch put their files: two of them never get the same path.
    taken: Mutex<HashMap<RemotePath, JobId>>,
    /// What earlier runs have left on this machine.
    pub(super) here: Leftovers,
    /// Old files that had been left aside and were put back, after their folder was listed.
    put_back: Mutex<HashMap<RemotePath, Standing>>,
    /// Whose new files in a folder are; `None` where the server does not tell.
    newcomers: Mutex<HashMap<RemotePath, Option<Arc<Owner>>>>,
    origins: Arc<Origins>,
    pub(super) capitals: Capitals,
    /// Short work on this machine's disk.
    pub(super) at_once: AtOnce,
}

impl Targets {
    pub(super) fn new(origins: Arc<Origins>, work: DiskWork) -> Self {
        Self {
            folders: Mutex::default(),
            taken: Mutex::default(),
            here: Leftovers::default(),
            put_back: Mutex::default(),
            newcomers: Mutex::default(),
            origins,
            capitals: Capitals::default(),
            at_once: AtOnce::new(work),
        }
    }

    fn cell(&self, folder: &RemotePath) -> Cell {
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(folders.entry(folder.clone()).or_default())
    }

    /// Takes a path for a job's file; `false` when another job of the batch has it.
    pub(super) fn take(&self, path: &RemotePath, job: JobId) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        *taken.entry(path.clone()).or_insert(job) == job
    }

    /// Whose new files beside `path` are, where it was asked; `None` in it where the server does not tell, or
    /// falls silent when it is asked.
    pub(super) fn newcomers(&self, path: &RemotePath) -> Option<Option<Arc<Owner>>> {
        let newcomers = self.newcomers.lock().unwrap_or_else(PoisonError::into_inner);
        newcomers.get(&path.parent()?).cloned()
    }

    /// The server was asked whose the new file is that goes to `path`.
    pub(super) fn note_newcomers(&self, path: &RemotePath, owner: Option<Owner>) {
        let mut newcomers = self.newcomers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(folder) = path.parent() {
            newcomers.insert(folder, owner.map(Arc::new));
        }
    }

    /// Notes that a folder has just been made: nothing is in it.
    pub(super) fn made(&self, folder: &RemotePath) {
        let _ = self.cell(folder).set(Arc::default());
    }

    /// What stands at `path`; its folder is listed the first time one asks.
    pub(super) async fn standing(
        &self,
        lease: &mut Lease,
        path: &RemotePath,
    ) -> Result<Option<Standing>, Error> {
        let (Some(folder), Some(name)) = (path.parent(), path.name()) else {
            return Ok(None);
        };
        let content = self.content(lease, &folder, false).await?;
        match content.entries.get(&name) {
            None if content.may_hide(&name) => asked_for(lease, path).await,
            found => Ok(found.cloned()),
        }
    }

    /// What was found out about an upload's target, where nothing more need be asked. What may be there
    /// though it is not listed counts as absent where it will be overwritten anyway.
    pub(super) fn known(&self, path: &RemotePath, overwrite: bool) -> Option<Found> {
        let content = Arc::clone(self.cell(&path.parent()?).get()?);
        let name = path.name()?;
        let standing = content.entries.get(&name).cloned();
        let standing = standing.or_else(|| self.put_back().get(path).cloned());
        match standing {
            Some(Standing { kind: Kind::Link, .. }) => None,
            None if content.may_hide(&name) && !overwrite => None,
            Some(_) if content.untimed && !overwrite => None,
            None if content.aside(&name).next().is_some() => None,
            None if content.alike(&name).is_some() || self.capitals.double(path).is_some() => None,
            standing => Some(self.found(path.clone(), standing, &content, Arc::clone(&content))),
        }
    }

    /// Finds out about an upload's target: follows it where it is a link, and puts the old file back that
    /// was left aside.
    pub(super) async fn find(
        &self,
        lease: &mut Lease,
        path: &RemotePath,
        origin: &Origin,
        overwrite: bool,
    ) -> Result<Found, Stop> {
        let failed = |error: Error| {
            let what = match overwrite {
                true => super::upload::what(path),
                false => format!("Could not look for {path}"),
            };
            Stop::on_wire(&error, what)
        };
        let Some(folder) = path.parent() else {
            return Ok(self.found(path.clone(), None, &Content::default(), Arc::default()));
        };
        let content = match self.content(lease, &folder, overwrite).await {
            // a folder that cannot be listed may take files all the same; what else is the matter the
            // transfer itself shows best
            Err(Error::Refused(..)) if overwrite && lease.is_usable() => self.unlisted(&folder),
            Err(error)
                if overwrite
                    && !matches!(error, Error::Guarded(_))
                    && !(error.is_unresumed() && lease.has_session()) =>
            {
                Arc::new(Content::unlisted())
            }
            content => content.map_err(failed)?,
        };
        let what = super::upload::what(path);
        let refusal = self.capitals.refusal(lease, path, origin, what).await;
        if let Some(refusal) = refusal.map_err(failed)? {
            return Err(refusal.into());
        }
        let (target, its) = self.followed(lease, path, Arc::clone(&content)).await?;
        let is_link = target != *path;
        let name = target.name();
        let mut standing = name.as_ref().and_then(|name| its.entries.get(name).cloned());
        if standing.is_none() {
            standing = self.back(lease, &target, &its).await.map_err(failed)?;
        }
        if standing.is_none()
            && let Some(alike) = name.as_ref().and_then(|name| its.alike(name))
            && self
                .capitals
                .are_one(lease, &target, alike, origin)
                .await
                .map_err(failed)?
        {
            standing = its.entries.get(alike).cloned();
        }
        if standing.is_none() && name.is_some_and(|name| its.may_hide(&name)) && (!overwrite || is_link) {
            standing = asked_for(lease, &target).await.map_err(failed)?;
        }
        if let Some(standing) = standing.as_mut().filter(|_| its.untimed && !overwrite) {
            standing.known.modified = lease.modified(&target).await.map_err(failed)?;
        }
        if standing.is_none() && is_link {
            let why = format!("it is a link to {target}, and nothing stands there");
            return Err(link_failure(path, why)
                .hint("Delete the link, or make what it leads to.")
                .into());
        }
        Ok(self.found(target, standing, &its, content))
    }

    fn found(
        &self,
        target: RemotePath,
        standing: Option<Standing>,
        its: &Content,
        content: Arc<Content>,
    ) -> Found {
        let (folder, name) = (target.parent(), target.name());
        let is_its = |part: &&Name| {
            let name = name.as_ref().map(Name::as_bytes);
            name.is_some_and(|name| is_part_of(part.as_bytes(), name))
        };
        let its_parts = its.ours.iter().filter(is_its);
        let parts: Vec<RemotePath> = its_parts
            .filter_map(|part| Some(folder.as_ref()?.join(part)))
            .collect();
        let stands = name.as_ref().filter(|name| its.entries.contains_key(name));
        let old = stands.into_iter().flat_map(|name| its.aside(name));
        let old = old.filter_map(|(aside, origin)| Some((folder.as_ref()?.join(aside), origin)));
        let old = old.filter(|(aside, origin)| self.origins.is_left_aside(aside, origin));
        let old = old.map(|(aside, _)| aside).collect();
        Found {
            target,
            standing,
            parts,
            old,
            content,
        }
    }

    /// Where a path leads, by the links that listings show, with what stands beside it there.
    async fn followed(
        &self,
        lease: &mut Lease,
        path: &RemotePath,
        content: Arc<Content>,
    ) -> Result<(RemotePath, Arc<Content>), Stop> {
        let (mut at, mut content) = (path.clone(), content);
        for _ in 0..HOPS {
            let Some(link) = at.name().and_then(|name| content.links.get(&name).cloned()) else {
                return Ok((at, content));
            };
            let to = match link {
                Some(to) => to,
                None => asked_link(lease, &at)
                    .await
                    .map_err(|error| Stop::on_wire(&error, super::upload::what(path)))?
                    .ok_or_else(|| {
                        link_failure(path, "it is a link, and the server does not tell where it leads")
                    })?,
            };
            let led = match to.parent() {
                Some(folder) => match lease.may_touch(&to) {
                    Ok(()) => self.content(lease, &folder, false).await,
                    Err(error) => Err(error),
                },
                None => Ok(Arc::default()),
            };
            content = led.map_err(|error| {
                let failure = error.failure(super::upload::what(path));
                let why = format!("it is a link to {to}: {}", failure.why);
                Failure { why, ..failure }
            })?;
            at = to;
        }
        Err(link_failure(path, "it is a link that leads round and round").into())
    }

    /// The old file of a target was moved aside, and nobody knows what stands there now: its folder is listed anew
    /// when somebody asks, and then it is put back where nothing does.
    pub(super) fn left_aside(&self, target: &RemotePath, aside: RemotePath) {
        self.origins.left_aside(aside);
        self.put_back().remove(target);
        if let Some(folder) = target.parent() {
            let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            folders.remove(&folder);
        }
    }

    /// Puts the old file back that was left aside, where there is one and nothing stands at the target.
    async fn back(
        &self,
        lease: &mut Lease,
        target: &RemotePath,
        content: &Content,
    ) -> Result<Option<Standing>, Error> {
        if let Some(standing) = self.put_back().get(target).cloned() {
            return Ok(Some(standing));
        }
        let (Some(folder), Some(name)) = (target.parent(), target.name()) else {
            return Ok(None);
        };
        let aside = content
            .aside(&name)
            .find(|(aside, origin)| self.origins.is_left_aside(&folder.join(aside), origin));
        let Some((aside, standing)) =
            aside.and_then(|(aside, _)| Some((aside, content.entries.get(aside).cloned()?)))
        else {
            return Ok(None);
        };
        let aside = folder.join(aside);
        match lease.rename(&aside, target).await {
            Ok(()) => {
                lease.remark(&format!("{aside} had been left aside; it is {target} again"));
                self.put_back().insert(target.clone(), standing.clone());
                Ok(Some(standing))
            }
            Err(_) if lease.is_usable() => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn put_back(&self) -> MutexGuard<'_, HashMap<RemotePath, Standing>> {
        self.put_back.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a folder cannot be listed.
    fn unlisted(&self, folder: &RemotePath) -> Arc<Content> {
        let nothing = Arc::new(Content::unlisted());
        let _ = self.cell(folder).set(Arc::clone(&nothing));
        nothing
    }

    /// Whether this temporary file was left by a run that is over.
    pub(super) fn is_left_over(&self, part: &RemotePath) -> bool {
        Origin::at(part).is_some_and(|origin| self.origins.is_left_over(&origin))
    }

    /// All that stands in a folder; `untimed`: nobody needs to know since when.
    pub(super) async fn content(
        &self,
        lease: &mut Lease,
        folder: &RemotePath,
        untimed: bool,
    ) -> Result<Arc<Content>, Error> {
        let cell = self.cell(folder);
        let content = cell
            .get_or_try_init(|| async {
                let listing = lease.list_target(folder, unix_now(), untimed).await?;
                let links = listing.entries.iter().filter(|entry| entry.kind == Kind::Link);
                let names = listing.entries.iter().map(|entry| &entry.name);
                Ok::<_, Error>(Arc::new(Content {
                    links: links.map(|link| (link.name.clone(), led(folder, link))).collect(),
                    ours: names.filter(|name| is_ours(name.as_bytes())).cloned().collect(),
                    entries: listing.entries.iter().map(standing).collect(),
                    gaps: !listing.is_whole(),
                    untimed: untimed && listing.wall_clock,
                    hides_dot_names: lease.hides_dot_names(),
                    folded: OnceLock::new(),
                }))
            })
            .await?;
        Ok(Arc::clone(content))
    }
}

/// What stands at a path, asked for by itself: for names that a listing may have left out. What
/// the server does not tell counts as standing there.
pub(super) async fn asked_for(lease: &mut Lease, path: &RemotePath) -> Result<Option<Standing>, Error> {
    let size = match lease.ask_size(path).await? {
        FileSize::NoFile => return Ok(None),
        FileSize::File(size) => size,
        FileSize::Untold => None,
    };
    let known = Known {
        size,
        modified: lease.modified(path).await?,
    };
    Ok(Some(Standing {
        kind: Kind::File,
        known,
        permissions: None,
        owner: None,
    }))
}

/// Where a link leads, asked for by LIST: MLSD of some servers tells only that it is one.
async fn asked_link(lease: &mut Lease, link: &RemotePath) -> Result<Option<RemotePath>, Error> {
    let (Some(folder), Some(name)) = (link.parent(), link.name()) else {
        return Ok(None);
    };
    let listing = lease.list_with_links(&folder, unix_now()).await?;
    let entry = listing.entries.iter().find(|entry| entry.name == name);
    Ok(entry.and_then(|entry| led(&folder, entry)))
}

fn led(folder: &RemotePath, link: &Entry) -> Option<RemotePath> {
    folder.resolve(link.target.as_ref()?).ok()
}

fn link_failure(path: &RemotePath, why: impl Into<String>) -> Failure {
    Failure::new(Class::Conflict, super::upload::what(path), why)
}

fn standing(entry: &Entry) -> (Name, Standing) {
    let known = Known {
        size: entry.size,
        modified: entry.modified,
    };
    (
        entry.name.clone(),
        Standing {
            kind: entry.kind,
            known,
            permissions: entry.permissions,
            owner: entry.owner.clone(),
        },
    )
}
