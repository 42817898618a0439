//! Paths and names on the server: bytes, as the server sent them, or, where it writes another
//! character set than UTF-8, as [`super::charset`] reads them.
//!
//! RFC 959 leaves the form of a path name to the server; every server met today takes `/` as the
//! separator (RFC 3659 §2.2 asks for it in TVFS). Names are bytes, not text: what a server sent
//! is what is sent back (RFC 2640 §2.1 only recommends UTF-8), in any character set.

use std::fmt;

use super::text::escape;

/// Why bytes cannot be a name or a path on a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing at all where a name was expected.
    #[error("the name is empty")]
    Empty,
    /// NUL, CR or LF: they would end or split the command line on the wire.
    #[error("the name holds a line break or a NUL byte, which cannot be sent to an FTP server")]
    ControlByte,
    /// `/` in a single name.
    #[error("the name holds a '/', which would lead into another folder")]
    Separator,
    /// `.` or `..`.
    #[error("'{0}' is not a name but a way out of the folder")]
    Dots(String),
}

/// One name in a folder: not empty, no `/`, NUL, CR or LF, neither `.` nor `..`.
///
/// This is the type that keeps what a server sends inside the chosen folder: a listing line
/// whose name is not a `Name` never becomes an entry.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Box<[u8]>);

impl Name {
    /// Checks the bytes and keeps them unchanged.
    pub fn new(bytes: &[u8]) -> Result<Self, PathError> {
        if bytes.is_empty() {
            return Err(PathError::Empty);
        }
        if bytes.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(PathError::ControlByte);
        }
        if bytes.contains(&b'/') {
            return Err(PathError::Separator);
        }
        if bytes == b"." || bytes == b".." {
            return Err(PathError::Dots(escape(bytes)));
        }
        Ok(Self(bytes.into()))
    }

    /// The bytes: UTF-8 as far as they are text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The name for a screen: control, bidi and zero-width characters and bytes that are not
    /// UTF-8 are shown as escapes.
    pub fn shown(&self) -> String {
        escape(&self.0)
    }

    /// A name that begins with a dot is hidden, as in every Unix listing.
    pub fn is_hidden(&self) -> bool {
        self.0.first() == Some(&b'.')
    }

    /// What follows the last dot, if the name has a stem before it.
    pub fn extension(&self) -> Option<&[u8]> {
        let dot = self.0.iter().rposition(|b| *b == b'.')?;
        (dot > 0).then(|| &self.0[dot + 1..])
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

/// An absolute, normal path on the server: begins with `/`, has no empty, `.` or `..` part and
/// no trailing `/` (but for the root itself).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RemotePath(Box<[u8]>);

impl RemotePath {
    /// `/`.
    pub fn root() -> Self {
        Self(Box::from(&b"/"[..]))
    }

    /// Makes a normal path of what a person or a server wrote; a relative one is taken from the
    /// root, `.` is dropped and `..` goes up (never above the root).
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        Self::root().resolve(bytes)
    }

    /// Follows `bytes` from here: absolute when it begins with `/`, else relative to `self`.
    pub fn resolve(&self, bytes: &[u8]) -> Result<Self, PathError> {
        if bytes.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
            return Err(PathError::ControlByte);
        }
        let absolute = bytes.first() == Some(&b'/');
        let mut parts: Vec<&[u8]> = if absolute {
            Vec::new()
        } else {
            self.parts().collect()
        };
        for part in bytes.split(|b| *b == b'/') {
            match part {
                b"" | b"." => {}
                b".." => {
                    parts.pop();
                }
                name => parts.push(name),
            }
        }
        Ok(Self::from_parts(&parts))
    }

    fn from_parts(parts: &[&[u8]]) -> Self {
        if parts.is_empty() {
            return Self::root();
        }
        let mut out = Vec::with_capacity(parts.iter().map(|p| p.len() + 1).sum());
        for part in parts {
            out.push(b'/');
            out.extend_from_slice(part);
        }
        Self(out.into())
    }

    /// The names from the root down; none for the root.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|p| !p.is_empty())
    }

    /// The path of `name` in this folder.
    pub fn join(&self, name: &Name) -> Self {
        let mut out = Vec::with_capacity(self.0.len() + 1 + name.0.len());
        if !self.is_root() {
            out.extend_from_slice(&self.0);
        }
        out.push(b'/');
        out.extend_from_slice(&name.0);
        Self(out.into())
    }

    /// The folder that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        let slash = self.0.iter().rposition(|b| *b == b'/').unwrap_or(0);
        Some(if slash == 0 {
            Self::root()
        } else {
            Self(self.0[..slash].into())
        })
    }

    /// The last name; `None` for the root.
    pub fn name(&self) -> Option<Name> {
        self.parts().next_back().and_then(|p| Name::new(p).ok())
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        &*self.0 == b"/"
    }

    /// How many levels `self` lies below `base`: 0 for `base` itself, `None` when it is not
    /// below it.
    pub fn depth_below(&self, base: &Self) -> Option<usize> {
        self.parts_below(base).map(Iterator::count)
    }

    /// The names that lead from `base` to `self`; `None` when `self` is not below `base`.
    pub fn below(&self, base: &Self) -> Option<Vec<Name>> {
        self.parts_below(base)?.map(|p| Name::new(p).ok()).collect()
    }

    /// The same as they stand in the path.
    pub fn parts_below(&self, base: &Self) -> Option<impl Iterator<Item = &[u8]>> {
        let mut mine = self.parts();
        for part in base.parts() {
            if mine.next() != Some(part) {
                return None;
            }
        }
        Some(mine)
    }

    /// The bytes: UTF-8 as far as they are text. The outbox turns them into the server's.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The path for a screen, escaped like [`Name::shown`].
    pub fn shown(&self) -> String {
        escape(&self.0)
    }
}

impl fmt::Debug for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(s: &str) -> RemotePath {
        RemotePath::parse(s.as_bytes()).unwrap()
    }

    #[test]
    fn normal_form() {
        for (given, want) in [
            ("", "/"),
            ("/", "/"),
            ("a/b/", "/a/b"),
            ("//a//b", "/a/b"),
            ("/a/./b/../c", "/a/c"),
            ("/../../etc", "/etc"),
        ] {
            assert_eq!(path(given).as_bytes(), want.as_bytes(), "{given}");
        }
    }

    #[test]
    fn relations() {
        let base = path("/srv/www");
        assert_eq!(path("/srv/www").depth_below(&base), Some(0));
        assert_eq!(path("/srv/www/a/b").depth_below(&base), Some(2));
        assert_eq!(path("/srv/wwwx").depth_below(&base), None);
        assert_eq!(path("/srv").depth_below(&base), None);
        assert_eq!(path("/a/b").parent(), Some(path("/a")));
        assert_eq!(path("/a").parent(), Some(RemotePath::root()));
        assert_eq!(RemotePath::root().parent(), None);
        assert_eq!(path("/a").resolve(b"../b").unwrap(), path("/b"));
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for bad in [&b""[..], b".", b"..", b"a/b", b"a\rb", b"a\nb", b"a\0b"] {
            assert!(Name::new(bad).is_err(), "{bad:?}");
        }
        assert!(Name::new(b"...").is_ok());
        assert!(Name::new(b"\xff\xfe").is_ok());
        assert!(RemotePath::parse(b"/a\r\nDELE b").is_err());
    }

    #[test]
    fn bytes_survive() {
        let name = Name::new(b"caf\xe9").unwrap();
        assert_eq!(path("/x").join(&name).as_bytes(), b"/x/caf\xe9");
        assert_eq!(name.shown(), "caf\\xe9");
        assert_eq!(Name::new(b"a.tar.gz").unwrap().extension(), Some(&b"gz"[..]));
        assert_eq!(Name::new(b".profile").unwrap().extension(), None);
    }

    proptest! {
        /// Whatever is written: a path is normal, and reads as itself.
        #[test]
        fn paths_stay_normal(
            base in proptest::collection::vec(any::<u8>(), 0..30),
            typed in prop_oneof!["[a-c./ ]{0,30}".prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..30)],
        ) {
            let Ok(base) = RemotePath::parse(&base) else { return Ok(()) };
            let Ok(path) = base.resolve(&typed) else {
                prop_assert!(typed.iter().any(|b| b"\0\r\n".contains(b)));
                return Ok(());
            };
            prop_assert_eq!(RemotePath::parse(path.as_bytes()), Ok(path.clone()));
            prop_assert!(path.parts().all(|part| Name::new(part).is_ok()));
            let joined = path.parts().fold(RemotePath::root(), |at, part| at.join(&Name::new(part).unwrap()));
            prop_assert_eq!(&joined, &path);
            prop_assert_eq!(path.is_root(), path.parent().is_none() && path.name().is_none());
        }

        #[test]
        fn a_name_leads_one_level_down(base in "(/[a-c]{1,2}){0,3}", name in proptest::collection::vec(any::<u8>(), 0..6)) {
            let Ok(name) = Name::new(&name) else { return Ok(()) };
            let base = path(&base);
            let below = base.join(&name);
            prop_assert_eq!(below.depth_below(&base), Some(1));
            prop_assert_eq!((below.parent(), below.name()), (Some(base), Some(name)));
        }
    }
}
