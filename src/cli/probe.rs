//! What stands at a path of the server: a folder, a file or nothing.
//!
//! FTP has no command that says so everywhere (`MLST` is rare, `SIZE` of a folder differs), so
//! listings are asked: the parent's first, which names the kind, and the path's own where that
//! leaves it open. Over a long line that takes long: what a path most likely is, by how it was
//! written, is asked of the path itself first, and the listings only where that is not what it is.

use std::collections::HashMap;
use std::sync::Arc;

use super::session::{End, Live, Session};
use crate::model::entry::{Entry, Kind};
use crate::model::event::Seen;
use crate::model::failure::{Class, Failure};
use crate::model::job::ConnectionId;
use crate::model::listing::{Dialect, Listing};
use crate::model::path::{Name, RemotePath};
use crate::plan::landing::Standing;
use crate::plan::naming::{Called, call, has_forms};

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) standing: Standing,
    /// What is known of it besides: the entry in its parent's listing, where it has one.
    pub(super) entry: Option<Entry>,
    /// Whether the folder that holds it could be listed.
    pub(super) parent_listed: bool,
}

pub(super) type Listed = Result<Arc<Listing>, Failure>;

/// Listings asked for, so that many paths of one folder cost one.
#[derive(Debug, Default)]
pub(super) struct Probe {
    known: HashMap<(ConnectionId, RemotePath), Listed>,
}

impl Probe {
    /// A folder's listing, or the server's refusal.
    pub(super) async fn list(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Listed, End> {
        let key = (live.id, path.clone());
        if let Some(listed) = self.known.get(&key) {
            return Ok(listed.clone());
        }
        let listed = match session.list(live, path).await {
            Ok(listing) => Ok(listing),
            // the server's "no" is an answer; a lost connection is not
            Err(End::Failed(failure)) if failure.class == Class::Refused => Err(failure),
            Err(end) => return Err(end),
        };
        self.known.insert(key, listed.clone());
        Ok(listed)
    }

    /// A path as the server spells it: a part that is not there, but once in another Unicode form
    /// (typed é, and the file came from macOS), is that one. Costs a listing for each part that
    /// could be spelled in another way, none for the others.
    pub(super) async fn spelled(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: RemotePath,
    ) -> Result<RemotePath, End> {
        let Some(names) = path.below(&live.root) else {
            return Ok(path);
        };
        let mut spelled = live.root.clone();
        for name in names {
            if has_forms(&name)
                && let Ok(listing) = self.list(session, live, &spelled).await?
            {
                let standing = listing.entries.iter().map(|entry| entry.name.clone()).collect();
                spelled = match call(std::slice::from_ref(&name), &standing, false).as_slice() {
                    [Called::Standing(other)] => spelled.join(other),
                    _ => spelled.join(&name),
                };
            } else {
                spelled = spelled.join(&name);
            }
        }
        Ok(spelled)
    }

    /// [`Probe::look`] for what is most likely a file. Of one that was not looked for in a listing the
    /// permissions are not known.
    pub(super) async fn look_for_file(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Found, End> {
        if let Some(name) = self.unlisted(live, path)
            && let Seen::File { size, modified } = session.look_at(live, path).await?
        {
            let entry = Entry {
                size: Some(size),
                modified: Some(modified),
                ..Entry::new(name, Kind::File)
            };
            return Ok(Found {
                standing: Standing::File,
                entry: Some(entry),
                parent_listed: false,
            });
        }
        self.look(session, live, path).await
    }

    /// [`Probe::look`] for what must be a folder.
    pub(super) async fn look_for_folder(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Found, End> {
        if self.unlisted(live, path).is_some() && session.look_at(live, path).await? == Seen::Folder {
            return Ok(Found {
                standing: Standing::Folder,
                entry: None,
                parent_listed: false,
            });
        }
        self.look(session, live, path).await
    }

    /// The name of a path of which no listing tells yet what stands there.
    fn unlisted(&self, live: &Live, path: &RemotePath) -> Option<Name> {
        let parent = path.parent().filter(|_| *path != live.root)?;
        let known = self.known.contains_key(&(live.id, parent));
        path.name().filter(|_| !known)
    }

    /// Looks at a path. The document path itself is a folder, or the connection would not stand.
    pub(super) async fn look(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Found, End> {
        let folder = |entry| Found {
            standing: Standing::Folder,
            entry,
            parent_listed: true,
        };
        let (Some(parent), Some(name)) = (path.parent(), path.name()) else {
            return Ok(folder(None));
        };
        if *path == live.root {
            return Ok(folder(None));
        }
        let around = self.list(session, live, &parent).await?;
        let entry = around
            .as_ref()
            .ok()
            .and_then(|l| l.entries.iter().find(|e| e.name == name).cloned());
        let standing = match (&entry, &around) {
            (Some(entry), _) if entry.kind == Kind::Dir => Standing::Folder,
            (Some(entry), _) if entry.may_be_folder() => match entry.target_kind {
                Some(Kind::Dir) => Standing::Folder,
                _ => self
                    .by_itself(session, live, path)
                    .await?
                    .unwrap_or(Standing::File),
            },
            (Some(_), _) => Standing::File,
            // MLSD shows hidden names too: what is not there is not
            (None, Ok(listing)) if listing.is_whole() && listing.dialect == Dialect::Mlsd => {
                Standing::Nothing
            }
            (None, _) => self
                .by_itself(session, live, path)
                .await?
                .unwrap_or(Standing::Nothing),
        };
        Ok(Found {
            standing,
            entry,
            parent_listed: around.is_ok(),
        })
    }

    /// By the path's own listing. `LIST` of a file lists the file, of nothing may list nothing.
    async fn by_itself(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Option<Standing>, End> {
        let Ok(listing) = self.list(session, live, path).await? else {
            return Ok(None);
        };
        let itself = |e: &Entry| Some(&e.name) == path.name().as_ref();
        Ok(match listing.entries.as_slice() {
            _ if listing.dialect == Dialect::Mlsd => Some(Standing::Folder),
            [] => None,
            [only] if itself(only) => Some(Standing::File),
            _ => Some(Standing::Folder),
        })
    }
}
