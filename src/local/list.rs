//! The listing of a folder of this machine, in the same form as a server's.

use std::fs::{DirEntry, Metadata};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

use super::names::bytes_of;
use crate::model::entry::{Entry, Kind, Permissions};
use crate::model::listing::Listing;
use crate::model::path::{Name, PathError};
use crate::model::stamp::Stamp;
use crate::model::text::system_says;

/// Lists `folder`. An entry that vanishes or cannot be looked at while listing is kept with what
/// is known of it.
pub(crate) fn list(folder: &Path) -> io::Result<Listing> {
    list_before(folder, |_| {})
}

/// The same; somebody looks now and then at what has come so far.
pub(crate) fn list_before(folder: &Path, mut look: impl FnMut(&[Entry])) -> io::Result<Listing> {
    /// So many entries come between two looks.
    const BETWEEN: usize = 256;
    let mut listing = Listing::default();
    for found in std::fs::read_dir(folder)? {
        if listing.entries.len() % BETWEEN == BETWEEN - 1 {
            look(&listing.entries);
        }
        match found {
            Ok(found) => match entry(&found) {
                Ok(entry) => listing.entries.push(entry),
                Err(why) => {
                    let name = found.file_name();
                    listing.note_refused(&bytes_of(&name), &bytes_of(&name), why);
                }
            },
            Err(error) => listing.incomplete = Some(format!("the disk says: {}", system_says(&error))),
        }
    }
    Ok(listing)
}

fn entry(found: &DirEntry) -> Result<Entry, PathError> {
    let name = Name::new(&bytes_of(&found.file_name()))?;
    Ok(match found.metadata() {
        Ok(metadata) => describe(name, &metadata, &found.path()),
        Err(_) => Entry::new(name, Kind::Other),
    })
}

/// The entry of one path; the link itself where it is one.
pub(crate) fn stat(path: &Path) -> io::Result<Entry> {
    let metadata = std::fs::symlink_metadata(path)?;
    let name = path.file_name().map(bytes_of).unwrap_or_default();
    let name = Name::new(&name).map_err(|e| io::Error::new(io::ErrorKind::InvalidFilename, e))?;
    Ok(describe(name, &metadata, path))
}

fn describe(name: Name, metadata: &Metadata, path: &Path) -> Entry {
    let kind = kind_of(metadata);
    let mut entry = Entry::new(name, kind);
    entry.modified = modified(metadata);
    entry.permissions = permissions(metadata);
    if kind == Kind::File {
        entry.size = Some(metadata.len());
    }
    if kind == Kind::Link {
        entry.target = std::fs::read_link(path)
            .ok()
            .map(|t| bytes_of(t.as_os_str()).into_owned().into());
        if let Ok(end) = std::fs::metadata(path) {
            entry.target_kind = Some(kind_of(&end));
            entry.size = end.is_file().then_some(end.len());
            entry.modified = modified(&end);
        } else {
            // it leads nowhere
            entry.target_kind = Some(Kind::Other);
        }
    }
    entry
}

fn kind_of(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Kind::Link
    } else if kind.is_dir() {
        Kind::Dir
    } else if kind.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}

/// When the content was last changed.
pub(crate) fn modified(metadata: &Metadata) -> Option<Stamp> {
    let time = metadata.modified().ok()?;
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_secs()).ok()?,
    };
    Some(Stamp::exact(seconds))
}

#[cfg(unix)]
pub(crate) fn permissions(metadata: &Metadata) -> Option<Permissions> {
    use std::os::unix::fs::MetadataExt as _;
    u16::try_from(metadata.mode() & 0o7777).ok().map(Permissions)
}

#[cfg(not(unix))]
pub(crate) fn permissions(_: &Metadata) -> Option<Permissions> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::ffi::OsStrExt as _;

    #[test]
    fn kinds_sizes_links_and_odd_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &[u8]| folder.path().join(std::ffi::OsStr::from_bytes(name));
        std::fs::create_dir(at(b"dir")).unwrap();
        std::fs::write(at(b"a\xff\n"), "12345").unwrap();
        std::fs::write(at(b"file"), "123").unwrap();
        std::os::unix::fs::symlink("dir", at(b"to-dir")).unwrap();
        std::os::unix::fs::symlink("gone", at(b"to-nothing")).unwrap();
        let listing = list(folder.path()).unwrap();
        assert_eq!(
            listing.unreadable_count, 1,
            "a name with a line break cannot be sent and is said"
        );
        let find = |name: &str| listing.entries.iter().find(|e| e.name.shown() == name).unwrap();
        assert_eq!((find("file").kind, find("file").size), (Kind::File, Some(3)));
        assert_eq!((find("dir").kind, find("dir").size), (Kind::Dir, None));
        assert_eq!(find("to-dir").target_kind, Some(Kind::Dir));
        assert_eq!(find("to-nothing").target_kind, Some(Kind::Other));
        assert!(!find("to-nothing").may_be_folder() && find("to-dir").may_be_folder());
    }
}
