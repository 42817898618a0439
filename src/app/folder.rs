//! The folder a pane shows, on either side.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use crate::model::command::Place;
use crate::model::job::ConnectionId;
use crate::model::path::{Name, PathError, RemotePath};
use crate::model::text::escape;

/// One of the two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// This machine, the left pane.
    Local,
    /// The server, the right pane.
    Remote,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Local => Self::Remote,
            Self::Remote => Self::Local,
        }
    }
}

/// A path on one of the sides, without the number of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Folder {
    /// On this machine.
    Local(PathBuf),
    /// On the server.
    Remote(RemotePath),
}

impl Folder {
    /// The place as the engine names it.
    pub fn place(&self, connection: ConnectionId) -> Place {
        match self {
            Self::Local(path) => Place::Local(path.clone()),
            Self::Remote(path) => Place::Remote(connection, path.clone()),
        }
    }

    /// A folder of this machine from the bytes of its path.
    pub fn local(path: &[u8]) -> Self {
        Self::Local(os_text(path).into())
    }

    /// The place's path.
    pub fn of(place: &Place) -> Self {
        match place {
            Place::Local(path) => Self::Local(path.clone()),
            Place::Remote(_, path) => Self::Remote(path.clone()),
        }
    }

    /// The names that lead down to it from another folder; `None` where it does not lie there.
    pub fn below(&self, top: &Self) -> Option<Vec<Name>> {
        match (self, top) {
            (Self::Local(path), Self::Local(top)) => {
                let rest = path.strip_prefix(top).ok()?;
                Some(Self::Local(rest.to_owned()).names())
            }
            (Self::Remote(path), Self::Remote(top)) => path.below(top),
            _ => None,
        }
    }

    /// Whether it is that folder, or lies somewhere below it.
    pub fn is_at_or_below(&self, top: &Self) -> bool {
        match (self, top) {
            (Self::Local(path), Self::Local(top)) => path.starts_with(top),
            (Self::Remote(path), Self::Remote(top)) => path.depth_below(top).is_some(),
            _ => false,
        }
    }

    /// The side it is on.
    pub fn side(&self) -> Side {
        match self {
            Self::Local(_) => Side::Local,
            Self::Remote(_) => Side::Remote,
        }
    }

    /// The names that lead to it from the top.
    pub fn names(&self) -> Vec<Name> {
        match self {
            Self::Local(path) => path
                .iter()
                .filter_map(|part| Name::new(part.as_encoded_bytes()).ok())
                .collect(),
            Self::Remote(path) => path.below(&RemotePath::root()).unwrap_or_default(),
        }
    }

    /// The bytes of the path.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Local(path) => path.as_os_str().as_encoded_bytes(),
            Self::Remote(path) => path.as_bytes(),
        }
    }

    /// Follows a path from here as a person writes it: absolute, or from here on; `..` goes up to the folder that
    /// is shown above, whatever links lead here.
    pub fn follow(&self, text: &str) -> Result<Self, PathError> {
        match self {
            Self::Remote(path) => path.resolve(text.as_bytes()).map(Self::Remote),
            Self::Local(_) if text.contains('\0') => Err(PathError::ControlByte),
            Self::Local(here) => {
                let mut path = PathBuf::new();
                for part in here.join(text).components() {
                    match part {
                        Component::CurDir => {}
                        Component::ParentDir => {
                            path.pop();
                        }
                        part => path.push(part),
                    }
                }
                Ok(Self::Local(path))
            }
        }
    }

    /// Whether this is the place.
    pub fn is(&self, place: &Place) -> bool {
        match (self, place) {
            (Self::Local(a), Place::Local(b)) => a == b,
            (Self::Remote(a), Place::Remote(_, b)) => a == b,
            _ => false,
        }
    }

    /// The path of a name in this folder.
    pub fn join(&self, name: &Name) -> Self {
        match self {
            Self::Local(path) => Self::Local(path.join(os_text(name.as_bytes()))),
            Self::Remote(path) => Self::Remote(path.join(name)),
        }
    }

    /// The folder that holds this one; `None` at the top.
    pub fn parent(&self) -> Option<Self> {
        match self {
            Self::Local(path) => path.parent().map(|p| Self::Local(p.to_owned())),
            Self::Remote(path) => path.parent().map(Self::Remote),
        }
    }

    /// The last name; `None` at the top.
    pub fn name(&self) -> Option<Name> {
        match self {
            Self::Local(path) => name_of(path),
            Self::Remote(path) => path.name(),
        }
    }

    /// The path for a screen, escaped.
    pub fn shown(&self) -> String {
        match self {
            Self::Local(path) => shown(path),
            Self::Remote(path) => path.shown(),
        }
    }
}

/// A local path for a screen, escaped.
pub fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

/// The last name of a local path.
pub fn name_of(path: &Path) -> Option<Name> {
    Name::new(path.file_name()?.as_encoded_bytes()).ok()
}

/// The folder that holds a place.
pub fn folder_of(place: &Place) -> Option<Place> {
    match place {
        Place::Local(path) => path.parent().map(|p| Place::Local(p.to_owned())),
        Place::Remote(connection, path) => path.parent().map(|p| Place::Remote(*connection, p)),
    }
}

/// The last name of a place.
pub fn name_at(place: &Place) -> Option<Name> {
    match place {
        Place::Local(path) => name_of(path),
        Place::Remote(_, path) => path.name(),
    }
}

/// A name as lists and questions show it: blanks at its ends are seen, too.
pub fn shown_name(name: &Name) -> String {
    let text = name.shown();
    let begin = text.len() - text.trim_start_matches(' ').len();
    let end = text.trim_end_matches(' ').len().max(begin);
    let blanks = |n: usize| "\\x20".repeat(n);
    format!(
        "{}{}{}",
        blanks(begin),
        &text[begin..end],
        blanks(text.len() - end)
    )
}

/// A place's path for a screen, escaped.
pub fn shown_place(place: &Place) -> String {
    match place {
        Place::Local(path) => shown(path),
        Place::Remote(_, path) => path.shown(),
    }
}

/// A name or a path as this system writes it: the same bytes on Unix, elsewhere what UTF-8 makes of them.
#[cfg(unix)]
fn os_text(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes.to_vec())
}

#[cfg(not(unix))]
fn os_text(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_at_the_ends_of_a_name_are_seen() {
        for (name, seen) in [
            ("a b", "a b"),
            (" ", "\\x20"),
            ("  a ", "\\x20\\x20a\\x20"),
            ("a\t", "a\\x09"),
        ] {
            assert_eq!(shown_name(&Name::new(name.as_bytes()).unwrap()), seen);
        }
    }

    #[test]
    fn both_sides_go_down_and_up() {
        let name = Name::new(b"caf\xe9").unwrap();
        for top in [
            Folder::Local("/srv".into()),
            Folder::Remote(RemotePath::parse(b"/srv").unwrap()),
        ] {
            let below = top.join(&name);
            assert_eq!(below.shown(), "/srv/caf\\xe9");
            assert_eq!(below.name(), Some(name.clone()));
            assert_eq!(below.parent(), Some(top));
        }
        assert_eq!(Folder::Local("/".into()).parent(), None);
    }

    #[test]
    fn typed_paths_are_followed_on_both_sides_alike() {
        for top in [
            Folder::Local("/srv/www".into()),
            Folder::Remote(RemotePath::parse(b"/srv/www").unwrap()),
        ] {
            for (typed, want) in [
                ("", "/srv/www"),
                ("a/b/", "/srv/www/a/b"),
                ("..", "/srv"),
                ("../x/./y", "/srv/x/y"),
                ("/etc", "/etc"),
                ("../../../..", "/"),
            ] {
                assert_eq!(top.follow(typed).unwrap().shown(), want, "{typed}");
            }
            assert!(top.follow("a\0b").is_err());
        }
    }
}
