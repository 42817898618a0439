//! What a folder holds, on either side.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::path::Name;
use super::stamp::Stamp;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A folder.
    Dir,
    /// A regular file.
    File,
    /// A symbolic link; what it leads to is known only where `Entry::target_kind` says so.
    Link,
    /// A device, socket, pipe, or something the listing does not name.
    Other,
}

/// Unix permission bits (`0o7777`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permissions(pub u16);

impl Permissions {
    /// Read, write and execute: without what lets others act as the owner, and the sticky bit.
    pub fn plain(self) -> Self {
        Self(self.0 & 0o777)
    }

    /// Without what lets others act as the owner or the group: that does not go over to a file of somebody else's.
    pub fn for_anybody(self) -> Self {
        Self(self.0 & 0o1777)
    }

    /// `rw-r--r--`, with `s`, `S`, `t`, `T` where those bits are set.
    pub fn symbolic(self) -> String {
        let mut out = String::with_capacity(9);
        for shift in [6u16, 3, 0] {
            let bits = self.0 >> shift;
            out.push(if bits & 4 != 0 { 'r' } else { '-' });
            out.push(if bits & 2 != 0 { 'w' } else { '-' });
            let (special, letter) = match shift {
                6 => (self.0 & 0o4000 != 0, 's'),
                3 => (self.0 & 0o2000 != 0, 's'),
                _ => (self.0 & 0o1000 != 0, 't'),
            };
            out.push(match (bits & 1 != 0, special) {
                (true, false) => 'x',
                (false, false) => '-',
                (true, true) => letter,
                (false, true) => letter.to_ascii_uppercase(),
            });
        }
        out
    }

    /// Reads nine letters as `ls -l` prints them; `None` when a letter does not fit its place.
    pub fn from_symbolic(text: &[u8]) -> Option<Self> {
        let text: &[u8; 9] = text.try_into().ok()?;
        let mut bits = 0u16;
        for (place, letter) in text.iter().enumerate() {
            let bit = 0o400u16 >> place;
            let special = [0o4000u16, 0o2000, 0o1000][place / 3];
            match (place % 3, letter) {
                (_, b'-') => {}
                (0, b'r') | (1, b'w') | (2, b'x') => bits |= bit,
                (2, b's') if place < 6 => bits |= bit | special,
                (2, b'S' | b'l' | b'L') if place < 6 => bits |= special,
                (2, b't') if place == 8 => bits |= bit | special,
                (2, b'T') if place == 8 => bits |= special,
                _ => return None,
            }
        }
        Some(Self(bits))
    }
}

/// Whose an entry is, as its listing tells: names, or numbers as text. Nothing in them has to be escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner {
    /// The user.
    pub user: Box<str>,
    /// The group.
    pub group: Box<str>,
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user {} and group {}", self.user, self.group)
    }
}

/// What entries are sorted by; those that are equal by their names, byte by byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortKey {
    /// The name.
    Name,
    /// The size, the largest first.
    Size,
    /// The modification time, the newest first.
    Time,
}

impl SortKey {
    /// Which of two entries comes first.
    pub fn compare(self, a: &Entry, b: &Entry) -> Ordering {
        let seconds = |entry: &Entry| entry.modified.map(|modified| modified.seconds);
        let by_key = match self {
            Self::Name => Ordering::Equal,
            Self::Size => b.size.cmp(&a.size),
            Self::Time => seconds(b).cmp(&seconds(a)),
        };
        by_key.then_with(|| a.name.cmp(&b.name))
    }
}

/// One line of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// Size in bytes, where known; `None` for folders.
    pub size: Option<u64>,
    /// When its content was last changed, where known.
    pub modified: Option<Stamp>,
    /// Permission bits, where known.
    pub permissions: Option<Permissions>,
    /// Whose it is, where known; shared with the others of its listing.
    pub owner: Option<Arc<Owner>>,
    /// What a link leads to, as the listing writes it, where known.
    pub target: Option<Box<[u8]>>,
    /// What stands at the end of a link, where known (always for local files that exist).
    pub target_kind: Option<Kind>,
}

impl Entry {
    /// A new entry of which only name and kind are known.
    pub fn new(name: Name, kind: Kind) -> Self {
        Self {
            name,
            kind,
            size: None,
            modified: None,
            permissions: None,
            owner: None,
            target: None,
            target_kind: None,
        }
    }

    /// Whether it is known to be a folder, or a link to one.
    pub fn is_folder(&self) -> bool {
        self.kind == Kind::Dir || self.target_kind == Some(Kind::Dir)
    }

    /// Whether one can go into it: a folder, or a link that may lead to one.
    pub fn may_be_folder(&self) -> bool {
        match self.kind {
            Kind::Dir => true,
            Kind::Link => matches!(self.target_kind, None | Some(Kind::Dir)),
            Kind::File | Kind::Other => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        let entry = |name: &str, size, seconds| Entry {
            size,
            modified: Some(Stamp::exact(seconds)),
            ..Entry::new(Name::new(name.as_bytes()).unwrap(), Kind::File)
        };
        let mut all = [
            entry("b", Some(1), 30),
            entry("a", Some(5), 10),
            entry("c", None, 20),
        ];
        for (key, want) in [
            (SortKey::Name, "abc"),
            (SortKey::Size, "abc"),
            (SortKey::Time, "bca"),
        ] {
            all.sort_by(|a, b| key.compare(a, b));
            let names: String = all.iter().map(|e| e.name.shown()).collect();
            assert_eq!(names, want, "{key:?}");
        }
    }

    #[test]
    fn permissions_both_ways() {
        for (bits, text) in [
            (0o644, "rw-r--r--"),
            (0o755, "rwxr-xr-x"),
            (0o4755, "rwsr-xr-x"),
            (0o1777, "rwxrwxrwt"),
            (0o7000, "--S--S--T"),
            (0, "---------"),
        ] {
            assert_eq!(Permissions(bits).symbolic(), text);
            assert_eq!(
                Permissions::from_symbolic(text.as_bytes()),
                Some(Permissions(bits))
            );
        }
        assert_eq!(Permissions::from_symbolic(b"rw-r--r-x-"), None);
        assert_eq!(Permissions::from_symbolic(b"wr-r--r--"), None);
    }
}
