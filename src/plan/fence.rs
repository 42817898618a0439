//! How far a connection goes: never above the document path, and no deeper below it than the
//! server's depth allows. Every path on a server is judged here before it is used.

use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::server::Depth;

/// A longer path is used by no server (Linux takes 4096 bytes). Folders that hold themselves, by a
/// loop on the server's disk or by its malice, would be gone into without end.
const LONGEST: usize = 4096;

/// The document path, and how many levels below it are open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    root: RemotePath,
    depth: Depth,
}

/// Why a path is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not below the document path.
    #[error("{path} is not below the document path {root}")]
    Outside {
        /// The path.
        path: RemotePath,
        /// The document path.
        root: RemotePath,
    },
    /// It is below it, and deeper than is open.
    #[error("{path} lies deeper below the document path {root} than the {depth} of this server")]
    TooDeep {
        /// The path.
        path: RemotePath,
        /// The document path.
        root: RemotePath,
        /// The levels that are open.
        depth: Levels,
    },
    /// It is longer than a path can be.
    #[error("a path of {0} bytes is longer than any server's; its folders may hold one another in a ring")]
    TooLong(usize),
    /// It is the document path itself, which is neither deleted, renamed nor replaced.
    #[error("{0} is the document path itself")]
    TheRoot(RemotePath),
    /// A link on the way leads out.
    #[error(
        "{path} is a link, or lies behind one, that leads to {to}, and that is not below the document path {root}"
    )]
    LeadsOut {
        /// The path.
        path: RemotePath,
        /// Where it leads.
        to: RemotePath,
        /// The document path.
        root: RemotePath,
    },
}

/// A number of levels, for a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Levels(pub u32);

impl std::fmt::Display for Levels {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            0 => f.write_str("depth 0 (no sub-folders)"),
            n => write!(f, "depth {n}"),
        }
    }
}

impl Refusal {
    /// The refusal as a failure of what was attempted.
    pub fn failure(&self, what: impl Into<String>) -> Failure {
        let failure = Failure::new(Class::Guarded, what, self.to_string());
        match self {
            Self::TooDeep { .. } => {
                failure.hint("Sub-folders and levels of the server's entry say how deep ftpane goes.")
            }
            _ => failure,
        }
    }
}

impl Fence {
    /// A fence round everything down to `depth` below `root`.
    pub fn new(root: RemotePath, depth: Depth) -> Self {
        Self { root, depth }
    }

    /// The document path.
    pub fn root(&self) -> &RemotePath {
        &self.root
    }

    /// How many levels below the document path are open; `None` for all.
    pub fn levels(&self) -> Option<u32> {
        match self.depth {
            Depth::Unlimited => None,
            Depth::Levels(levels) => Some(levels),
        }
    }

    /// Whether it keeps nothing out: the whole server is open.
    pub fn is_open(&self) -> bool {
        self.root.is_root() && self.depth == Depth::Unlimited
    }

    /// Whether a folder may be listed and gone into.
    ///
    /// # Errors
    ///
    /// Outside the document path, below the depth, or too long.
    pub fn may_enter(&self, folder: &RemotePath) -> Result<(), Refusal> {
        match self.level(folder) {
            Some(level) => self.judge(folder, level, folder.as_bytes().len()),
            None => Err(Refusal::Outside {
                path: folder.clone(),
                root: self.root.clone(),
            }),
        }
    }

    /// Whether something may be made, read, written, renamed or deleted: its folder may be
    /// entered, and it is not the document path itself.
    ///
    /// # Errors
    ///
    /// The same, and for the document path.
    pub fn may_touch(&self, path: &RemotePath) -> Result<(), Refusal> {
        if *path == self.root {
            return Err(Refusal::TheRoot(path.clone()));
        }
        // its folder's level is known from its own, whoever asks this for each file of a tree pays for one look
        let Some(level) = self.level(path) else {
            return self.may_enter(path);
        };
        let name = path.parts().next_back().map_or(0, |name| name.len() + 1);
        self.judge(path, level.saturating_sub(1), path.as_bytes().len() - name)
    }

    /// Whether a path is used whose folder lies so many levels below the document path, and is so long.
    fn judge(&self, path: &RemotePath, level: usize, length: usize) -> Result<(), Refusal> {
        if length > LONGEST {
            return Err(Refusal::TooLong(length));
        }
        match self.depth {
            Depth::Levels(levels) if !self.depth.allows(level) => Err(Refusal::TooDeep {
                path: path.clone(),
                root: self.root.clone(),
                depth: Levels(levels),
            }),
            _ => Ok(()),
        }
    }

    /// How many levels a path lies below the document path; `None` where it does not, or might not:
    /// to a server on Windows `..\..\x` is no name but a way up.
    fn level(&self, path: &RemotePath) -> Option<usize> {
        let is_open = self.is_open();
        let climbs = |name: &[u8]| name.split(|b| *b == b'\\').any(|part| part == b"..");
        let mut level = 0;
        for name in path.parts_below(&self.root)? {
            if !is_open && climbs(name) {
                return None;
            }
            level += 1;
        }
        Some(level)
    }

    /// The depth at which this folder is cut off, if it is below the document path and too deep.
    pub fn cuts(&self, folder: &RemotePath) -> Option<u32> {
        match self.may_enter(folder) {
            Err(Refusal::TooDeep { depth, .. }) => Some(depth.0),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    fn fence(root: &str, depth: Option<u32>) -> Fence {
        Fence::new(path(root), depth.map_or(Depth::Unlimited, Depth::Levels))
    }

    /// What may be done with a path: `e`nter, `t`ouch.
    fn open(fence: &Fence, at: &str) -> String {
        let mut out = String::new();
        if fence.may_enter(&path(at)).is_ok() {
            out.push('e');
        }
        if fence.may_touch(&path(at)).is_ok() {
            out.push('t');
        }
        out
    }

    #[test]
    fn what_is_open() {
        for (root, depth, at, want) in [
            ("/", None, "/", "e"),
            ("/", None, "/a/b/c/d", "et"),
            ("/", Some(0), "/", "e"),
            ("/", Some(0), "/a", "t"),
            ("/", Some(0), "/a/b", ""),
            ("/", Some(1), "/a", "et"),
            ("/", Some(1), "/a/b", "t"),
            ("/", Some(1), "/a/b/c", ""),
            ("/srv/www", None, "/srv/www", "e"),
            ("/srv/www", None, "/srv/www/a/b", "et"),
            ("/srv/www", None, "/srv", ""),
            ("/srv/www", None, "/", ""),
            ("/srv/www", None, "/srv/wwwx", ""),
            ("/srv/www", None, "/srv/www/../x", ""),
            ("/srv/www", None, "/srv/www/a\\b", "et"),
            ("/srv/www", None, "/srv/www/..\\x", ""),
            ("/srv/www", None, "/srv/www/a\\..\\..\\x", ""),
            ("/srv/www", None, "/srv/www/a/..\\..\\x/b", ""),
            ("/srv/www", None, "/srv/www/..x\\y..", "et"),
            ("/", None, "/..\\x", "et"),
            ("/", Some(0), "/..\\x", ""),
            ("/srv/www", Some(0), "/srv/www", "e"),
            ("/srv/www", Some(0), "/srv/www/a", "t"),
            ("/srv/www", Some(2), "/srv/www/a/b", "et"),
            ("/srv/www", Some(2), "/srv/www/a/b/c", "t"),
            ("/srv/www", Some(2), "/srv/www/a/b/c/d", ""),
        ] {
            assert_eq!(open(&fence(root, depth), at), want, "{root} {depth:?} {at}");
        }
    }

    #[test]
    fn a_path_has_an_end() {
        let fence = fence("/", None);
        let longest = format!("/a{}", "/b".repeat(2047));
        assert_eq!(open(&fence, &longest), "et");
        assert_eq!(open(&fence, &format!("{longest}/c")), "t");
        let refusal = fence.may_enter(&path(&format!("{longest}/c"))).unwrap_err();
        assert_eq!(refusal, Refusal::TooLong(4098));
    }

    #[test]
    fn the_sentences_name_document_path_and_depth() {
        let deep = fence("/srv/www", Some(1));
        let refusal = deep.may_enter(&path("/srv/www/a/b")).unwrap_err();
        let failure = refusal.failure("Could not list");
        assert_eq!(failure.class, Class::Guarded);
        for words in ["/srv/www/a/b", "document path /srv/www ", "depth 1"] {
            assert!(failure.to_string().contains(words), "{failure}");
        }
        let outside = deep.may_touch(&path("/etc/passwd")).unwrap_err();
        assert_eq!(
            outside.to_string(),
            "/etc/passwd is not below the document path /srv/www"
        );
        assert_eq!(deep.cuts(&path("/srv/www/a/b")), Some(1));
        assert_eq!(deep.cuts(&path("/srv/www/a")), None);
        assert_eq!(deep.cuts(&path("/etc")), None, "that is no question of depth");
    }

    proptest! {
        /// Whatever is typed: what is open lies below the document path, as deep as is open.
        #[test]
        fn nothing_typed_leads_out(
            root in "(/[a-c]{1,2}){0,3}",
            typed in "[a-c./\\\\~ ]{0,30}",
            depth in proptest::option::of(0u32..4),
        ) {
            let fence = fence(&root, depth);
            let path = fence.root().resolve(typed.as_bytes()).unwrap();
            let names = path.below(fence.root());
            let deep = |levels: usize| depth.is_some_and(|depth| levels > depth as usize);
            let climbs = |text: &[u8]| text.split(|b| b"/\\".contains(b)).any(|part| part == b"..");
            let out = names.is_none() || (!fence.is_open() && climbs(path.as_bytes()));
            let levels = names.map_or(0, |names| names.len());
            prop_assert_eq!(fence.may_enter(&path).is_ok(), !out && !deep(levels));
            prop_assert_eq!(fence.may_touch(&path).is_ok(), !out && levels > 0 && !deep(levels - 1));
        }
    }
}
