//! Whose entries are: users and groups, as lines tell them.

use std::sync::Arc;

use super::{mlsx, unix};
use crate::model::entry::Owner;
use crate::model::text::escape;

/// The owners that a listing has named: one piece of memory for all entries that have the same.
#[derive(Debug, Default)]
pub(super) struct Owners(Vec<Arc<Owner>>);

impl Owners {
    /// How many are kept; entries of further ones have none.
    const MOST: usize = 256;
    /// Longest name of a user or group that is taken, in bytes.
    const LONGEST: usize = 64;

    /// The owner of these names.
    pub(super) fn of(&mut self, (user, group): (&[u8], &[u8])) -> Option<Arc<Owner>> {
        let is_it = |owner: &Arc<Owner>| owner.user.as_bytes() == user && owner.group.as_bytes() == group;
        // the last one first: in a folder most are alike
        if let Some(known) = self.0.iter().rev().find(|owner| is_it(owner)) {
            return Some(Arc::clone(known));
        }
        let owner = owner((user, group))?;
        // they are kept as they are shown: names with control characters differ from what came
        if let Some(known) = self.0.iter().find(|known| ***known == owner) {
            return Some(Arc::clone(known));
        }
        if self.0.len() >= Self::MOST {
            return None;
        }
        let owner = Arc::new(owner);
        self.0.push(Arc::clone(&owner));
        Some(owner)
    }
}

fn owner((user, group): (&[u8], &[u8])) -> Option<Owner> {
    let fits = |name: &[u8]| (1..=Owners::LONGEST).contains(&name.len());
    (fits(user) && fits(group)).then(|| Owner {
        user: escape(user).into(),
        group: escape(group).into(),
    })
}

/// The owner that one of these lines tells, as a server answers MLST (RFC 3659 §7.2) and STAT with the path of a file
/// (RFC 959 §4.1.3).
pub(in crate::ftp) fn told(lines: &[Vec<u8>]) -> Option<Owner> {
    lines.iter().find_map(|line| {
        let named = mlsx::owner(line.trim_ascii_start()).or_else(|| unix::owner(line));
        owner(named?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_a_file_is() {
        for (line, want) in [
            (
                " modify=20240102030405;type=file;UNIX.group=7;UNIX.groupname=us;UNIX.mode=0644;UNIX.owner=5;\
                 UNIX.ownername=me; /a b",
                Some("user me and group us"),
            ),
            (
                "type=file;UNIX.uid=1;UNIX.gid=2;unique=x; /a",
                Some("user 1 and group 2"),
            ),
            (" type=file;size=1; /a", None),
            (" type=file;UNIX.ownername=me; /a", None),
            (
                "-rw-r--r-- 1 me us 12 Mar 17 11:07 a b",
                Some("user me and group us"),
            ),
            (
                "-rw-r--r--. 1 0 0 1,234 2024-01-02 11:07 a",
                Some("user 0 and group 0"),
            ),
            // which column is which cannot be told
            ("-rw-r--r-- 1 me 12 Nov 11 2005 a", None),
            ("-rw-r--r-- 1 domain users us 12 Nov 11 2005 a", None),
            ("-rw-r--r-- 1 me us 12 345 a", None),
            ("Start of list for /a", None),
        ] {
            let told = told(&[b"Start".to_vec(), line.as_bytes().to_vec(), b"End".to_vec()]);
            assert_eq!(told.map(|owner| owner.to_string()).as_deref(), want, "{line}");
        }
    }

    #[test]
    fn what_is_alike_is_kept_once_and_there_is_a_bound() {
        let mut owners = Owners::default();
        let one = owners.of((b"me", b"us")).unwrap();
        assert!(Arc::ptr_eq(&one, &owners.of((b"me", b"us")).unwrap()));
        assert_eq!(owners.of((b"me", &[b'x'; 65])), None);
        let odd = owners.of((b"\x1b[2J", b"us")).unwrap();
        assert_eq!(odd.user.as_ref(), "\\x1b[2J");
        assert!(Arc::ptr_eq(&odd, &owners.of((b"\x1b[2J", b"us")).unwrap()));
        assert_eq!(owners.0.len(), 2);
        for n in 0..2 * Owners::MOST {
            owners.of((n.to_string().as_bytes(), b"us"));
        }
        assert!(owners.0.len() == Owners::MOST && owners.of((b"9999", b"us")).is_none());
    }
}
