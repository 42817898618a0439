//! What is known of the folders below a document path: which are no links, and where links lead.
//!
//! A path below the document path can still lead out of it through a link. A folder that its
//! parent's listing calls a folder is none, where the server tells the two apart; one that was reached in another way is entered, and
//! the server asked where that was (PWD). Servers that repeat the path they were told say nothing
//! by that; there the targets that listings show are all there is.

use std::collections::{HashMap, HashSet};

use super::fence::{Fence, Refusal};
use crate::model::entry::Kind;
use crate::model::listing::{Dialect, Listing};
use crate::model::path::RemotePath;

/// More than this is not kept: it costs a question to the server, and no proof.
const KEPT: usize = 200_000;
/// How many links may stand behind one another; systems give up at about as many.
const HOPS: usize = 40;

/// What was learned of one connection's folders.
#[derive(Debug, Default)]
pub struct Ground {
    /// Where the server says that the document path is; it may be behind a link itself.
    top: Option<RemotePath>,
    proven: HashSet<RemotePath>,
    /// Links and where they lead, as far as listings say.
    links: HashMap<RemotePath, RemotePath>,
    /// Whether MLSD of this server was seen to name a link. Some servers' (pyftpdlib, libunftp) never
    /// does: it gives a link as what it leads to, and its folders are no proof.
    mlsd_names_links: bool,
}

impl Ground {
    /// Whether this folder is known to be where its path says, so that nothing need be asked.
    pub fn is_proven(&self, fence: &Fence, folder: &RemotePath) -> bool {
        fence.is_open() || folder == fence.root() || self.proven.contains(folder)
    }

    /// Whether the document path's own place is known.
    pub fn knows_top(&self, fence: &Fence) -> bool {
        fence.root().is_root() || self.top.is_some()
    }

    /// Notes where the server is after it was sent to the document path.
    pub fn top_is(&mut self, fence: &Fence, at: Option<RemotePath>) {
        self.top = Some(at.unwrap_or_else(|| fence.root().clone()));
    }

    /// Judges where the server is after it was sent to `folder`; `at` is `None` where it did not say.
    ///
    /// # Errors
    ///
    /// That is outside the document path, or deeper than is open.
    pub fn landed(
        &mut self,
        fence: &Fence,
        folder: &RemotePath,
        at: Option<&RemotePath>,
    ) -> Result<(), Refusal> {
        let real = match at.filter(|at| *at != folder) {
            Some(at) => self
                .inside(fence, at)
                .ok_or_else(|| leads_out(fence, folder, at))?,
            None => self.followed(fence, folder)?,
        };
        fence.may_enter(&real)?;
        self.keep(folder.clone());
        Ok(())
    }

    /// Judges a path that the server will follow to its end (RETR, STOR, SIZE).
    ///
    /// # Errors
    ///
    /// A listing says that it is a link, and that it leads out.
    pub fn may_follow(&self, fence: &Fence, path: &RemotePath) -> Result<(), Refusal> {
        if self.links.is_empty() {
            return Ok(());
        }
        let real = self.followed(fence, path)?;
        if real == *path {
            return Ok(());
        }
        fence.may_touch(&real)
    }

    /// Takes in what a proven folder's listing says.
    pub fn listed(&mut self, fence: &Fence, folder: &RemotePath, listing: &Listing) {
        if fence.is_open() {
            return;
        }
        let is_mlsd = listing.dialect == Dialect::Mlsd;
        let has_links = || listing.entries.iter().any(|entry| entry.kind == Kind::Link);
        self.mlsd_names_links |= is_mlsd && has_links();
        for entry in &listing.entries {
            match entry.kind {
                Kind::Dir if is_mlsd && !self.mlsd_names_links => {}
                Kind::Dir => self.made(folder.join(&entry.name)),
                Kind::Link => {
                    let path = folder.join(&entry.name);
                    self.proven.remove(&path);
                    match entry.target.as_ref().and_then(|t| folder.resolve(t).ok()) {
                        Some(target) if self.links.len() < KEPT => drop(self.links.insert(path, target)),
                        _ => drop(self.links.remove(&path)),
                    }
                }
                Kind::File | Kind::Other if self.links.is_empty() => {}
                Kind::File | Kind::Other => drop(self.links.remove(&folder.join(&entry.name))),
            }
        }
    }

    /// A folder of this path has just been made, or was listed as one.
    pub fn made(&mut self, folder: RemotePath) {
        if !self.links.is_empty() {
            self.links.remove(&folder);
        }
        self.keep(folder);
    }

    /// Something was deleted or replaced by a file: what stands there later is another thing.
    pub fn gone(&mut self, path: &RemotePath) {
        self.proven.remove(path);
        self.links.remove(path);
    }

    /// Something was renamed, perhaps with folders below it: all is to be proven again.
    pub fn forget(&mut self) {
        self.proven.clear();
        self.links.clear();
    }

    fn keep(&mut self, folder: RemotePath) {
        if self.proven.len() >= KEPT {
            self.proven.clear();
        }
        self.proven.insert(folder);
    }

    /// A path the server named, as one below the document path.
    fn inside(&self, fence: &Fence, at: &RemotePath) -> Option<RemotePath> {
        let top = self.top.as_ref().unwrap_or(fence.root());
        let names = at.below(top).or_else(|| at.below(fence.root()))?;
        Some(
            names
                .iter()
                .fold(fence.root().clone(), |path, name| path.join(name)),
        )
    }

    /// Where a path leads by the links that are known.
    fn followed(&self, fence: &Fence, path: &RemotePath) -> Result<RemotePath, Refusal> {
        let mut at = path.clone();
        for _ in 0..HOPS {
            at = self
                .inside(fence, &at)
                .ok_or_else(|| leads_out(fence, path, &at))?;
            match self.one_hop(fence, &at) {
                Some(next) => at = next,
                None => return Ok(at),
            }
        }
        // a ring: the server will find no end either
        Ok(path.clone())
    }

    /// The same path with its first link followed.
    fn one_hop(&self, fence: &Fence, path: &RemotePath) -> Option<RemotePath> {
        let names = path.below(fence.root())?;
        let mut at = fence.root().clone();
        for (place, name) in names.iter().enumerate() {
            at = at.join(name);
            if let Some(target) = self.links.get(&at) {
                let rest = names[place + 1..].iter();
                return Some(rest.fold(target.clone(), |path, name| path.join(name)));
            }
        }
        None
    }
}

fn leads_out(fence: &Fence, path: &RemotePath, to: &RemotePath) -> Refusal {
    Refusal::LeadsOut {
        path: path.clone(),
        to: to.clone(),
        root: fence.root().clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::Entry;
    use crate::model::path::Name;
    use crate::model::server::Depth;

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    fn fence(depth: Depth) -> Fence {
        Fence::new(path("/srv/www"), depth)
    }

    fn listing(entries: &[(&str, Kind, Option<&str>)]) -> Listing {
        let entry = |(name, kind, target): &(&str, Kind, Option<&str>)| {
            let mut entry = Entry::new(Name::new(name.as_bytes()).unwrap(), *kind);
            entry.target = target.map(|t| t.as_bytes().into());
            entry
        };
        Listing {
            entries: entries.iter().map(entry).collect(),
            ..Listing::default()
        }
    }

    #[test]
    fn where_the_server_says_it_is_decides() {
        for (folder, at, good) in [
            ("/srv/www/a", "/srv/www/a", true),
            ("/srv/www/a", "/srv/www/b/c", true),
            ("/srv/www/a", "/srv/www", true),
            ("/srv/www/a", "/etc", false),
            ("/srv/www/a", "/srv", false),
            ("/srv/www/a", "/srv/www2", false),
            ("/srv/www/a", "/", false),
        ] {
            let (fence, mut ground) = (fence(Depth::Unlimited), Ground::default());
            let folder = path(folder);
            assert!(!ground.is_proven(&fence, &folder));
            assert_eq!(
                ground.landed(&fence, &folder, Some(&path(at))).is_ok(),
                good,
                "{at}"
            );
            assert_eq!(ground.is_proven(&fence, &folder), good, "{at}");
        }
    }

    #[test]
    fn a_link_does_not_lead_below_the_depth() {
        let (fence, mut ground) = (fence(Depth::Levels(1)), Ground::default());
        let link = path("/srv/www/link");
        assert!(ground.landed(&fence, &link, Some(&path("/srv/www/a"))).is_ok());
        assert!(matches!(
            ground.landed(&fence, &link, Some(&path("/srv/www/a/b"))),
            Err(Refusal::TooDeep { .. })
        ));
    }

    #[test]
    fn a_document_path_behind_a_link_is_where_the_server_says() {
        let (fence, mut ground) = (fence(Depth::Unlimited), Ground::default());
        assert!(!ground.knows_top(&fence));
        ground.top_is(&fence, Some(path("/disk1/web")));
        let at = |ground: &mut Ground, at| ground.landed(&fence, &path("/srv/www/a"), Some(&path(at)));
        assert!(at(&mut ground, "/disk1/web/a").is_ok());
        assert!(at(&mut ground, "/disk1/other").is_err());
    }

    #[test]
    fn what_a_listing_calls_a_folder_needs_no_proof_and_a_link_does() {
        let (fence, mut ground) = (fence(Depth::Unlimited), Ground::default());
        let kinds = [("dir", Kind::Dir, None), ("link", Kind::Link, None)];
        ground.listed(&fence, &path("/srv/www"), &listing(&kinds));
        assert!(ground.is_proven(&fence, &path("/srv/www/dir")));
        assert!(!ground.is_proven(&fence, &path("/srv/www/link")));
        assert!(!ground.is_proven(&fence, &path("/srv/www/unlisted")));
        ground.listed(&fence, &path("/srv/www"), &listing(&[("dir", Kind::Link, None)]));
        assert!(
            !ground.is_proven(&fence, &path("/srv/www/dir")),
            "it has become a link"
        );
        let open = Fence::new(RemotePath::root(), Depth::Unlimited);
        assert!(Ground::default().is_proven(&open, &path("/anything")));
    }

    #[test]
    fn mlsd_proves_folders_only_where_it_was_seen_to_name_links() {
        let (fence, mut ground) = (fence(Depth::Unlimited), Ground::default());
        let mlsd = |entries: &[(&str, Kind, Option<&str>)]| Listing {
            dialect: Dialect::Mlsd,
            ..listing(entries)
        };
        ground.listed(&fence, &path("/srv/www"), &mlsd(&[("dir", Kind::Dir, None)]));
        assert!(!ground.is_proven(&fence, &path("/srv/www/dir")));
        let both = [("dir", Kind::Dir, None), ("link", Kind::Link, None)];
        ground.listed(&fence, &path("/srv/www"), &mlsd(&both));
        assert!(ground.is_proven(&fence, &path("/srv/www/dir")));
        assert!(!ground.is_proven(&fence, &path("/srv/www/link")));
    }

    #[test]
    fn where_the_server_repeats_the_path_the_listings_targets_decide() {
        let (fence, mut ground) = (fence(Depth::Unlimited), Ground::default());
        let all = [
            ("up", Kind::Link, Some("../other")),
            ("etc", Kind::Link, Some("/etc")),
            ("in", Kind::Link, Some("a/b")),
            ("twice", Kind::Link, Some("etc")),
            ("ring", Kind::Link, Some("ring")),
            ("a", Kind::Dir, None),
        ];
        ground.listed(&fence, &path("/srv/www"), &listing(&all));
        for (at, good) in [
            ("/srv/www/up", false),
            ("/srv/www/up/below", false),
            ("/srv/www/etc/passwd", false),
            ("/srv/www/twice", false),
            ("/srv/www/in", true),
            ("/srv/www/in/file", true),
            ("/srv/www/ring", true),
            ("/srv/www/a", true),
        ] {
            let at = path(at);
            assert_eq!(ground.may_follow(&fence, &at).is_ok(), good, "{at}");
            assert_eq!(ground.landed(&fence, &at, Some(&at)).is_ok(), good, "{at}");
            assert_eq!(ground.landed(&fence, &at, None).is_ok(), good, "{at}");
        }
        ground.listed(&fence, &path("/srv/www"), &listing(&[("etc", Kind::File, None)]));
        assert!(ground.may_follow(&fence, &path("/srv/www/etc")).is_ok());
    }
}
