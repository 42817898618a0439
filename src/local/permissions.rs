//! Setting permissions on this machine. Links on the way are left as they are, and never followed.

use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use crate::model::entry::Permissions;
use crate::model::event::Counted;
use crate::model::mode::{Mode, Reach};

/// A change of permissions at work.
pub(crate) struct Permitting<'w> {
    pub(crate) mode: &'w Mode,
    pub(crate) reach: Reach,
    pub(crate) counted: Counted,
    /// Hears of everything that has got its permissions.
    pub(crate) each: &'w mut dyn FnMut(),
    /// Hears of what has not.
    pub(crate) failed: &'w mut dyn FnMut(PathBuf, io::Error),
}

impl Permitting<'_> {
    /// Sets the permissions of what was named, and of what is below it; a link that was named is
    /// followed, as chmod(1) does.
    pub(crate) fn set(&mut self, path: &Path) {
        match fs::metadata(path) {
            Ok(metadata) => self.set_all(path, &metadata),
            Err(error) => (self.failed)(path.to_owned(), error),
        }
    }

    fn set_all(&mut self, path: &Path, metadata: &Metadata) {
        let is_folder = metadata.is_dir();
        let goes_in = is_folder && self.reach.is_recursive();
        // a folder that this would close is gone into before
        let first = !goes_in || self.mode.opens_folders();
        if first && self.reach.takes(is_folder) {
            self.set_one(path, metadata);
        }
        if goes_in {
            self.set_below(path);
        }
        if !first && self.reach.takes(is_folder) {
            self.set_one(path, metadata);
        }
    }

    fn set_below(&mut self, path: &Path) {
        let found = match fs::read_dir(path) {
            Ok(found) => found,
            Err(error) => return (self.failed)(path.to_owned(), error),
        };
        for entry in found {
            let looked = entry.and_then(|entry| Ok((entry.path(), fs::symlink_metadata(entry.path())?)));
            match looked {
                Ok((_, metadata)) if metadata.is_symlink() => {}
                Ok((below, metadata)) => self.set_all(&below, &metadata),
                Err(error) => (self.failed)(path.to_owned(), error),
            }
        }
    }

    fn set_one(&mut self, path: &Path, metadata: &Metadata) {
        let is_folder = metadata.is_dir();
        let done = match self.mode.apply(Some(bits_of(metadata)), is_folder) {
            Some(bits) => set_bits(path, bits),
            None => Err(io::ErrorKind::Unsupported.into()),
        };
        match done {
            Ok(()) if is_folder => self.counted.folders += 1,
            Ok(()) => self.counted.files += 1,
            Err(error) => return (self.failed)(path.to_owned(), error),
        }
        (self.each)();
    }
}

#[cfg(unix)]
fn bits_of(metadata: &Metadata) -> Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    Permissions(u16::try_from(metadata.permissions().mode() & 0o7777).unwrap_or(0))
}

#[cfg(unix)]
fn set_bits(path: &Path, Permissions(bits): Permissions) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(u32::from(bits)))
}

#[cfg(not(unix))]
fn bits_of(_: &Metadata) -> Permissions {
    Permissions(0)
}

#[cfg(not(unix))]
fn set_bits(_: &Path, _: Permissions) -> io::Result<()> {
    let why = "this system has no such permissions";
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn set(path: &Path, mode: &str, reach: Reach) -> (Counted, usize, usize) {
        let (mut heard, mut failures) = (0, 0);
        let mut permitting = Permitting {
            mode: &mode.parse().unwrap(),
            reach,
            counted: Counted::default(),
            each: &mut || heard += 1,
            failed: &mut |_, _| failures += 1,
        };
        permitting.set(path);
        (permitting.counted, heard, failures)
    }

    #[test]
    fn files_and_folders_each_for_themselves_and_no_link() {
        let here = tempfile::tempdir().unwrap();
        let at = |path: &str| here.path().join(path);
        let mode = |path: &str| fs::metadata(at(path)).unwrap().permissions().mode() & 0o7777;
        fs::create_dir_all(at("tree/a")).unwrap();
        fs::write(at("tree/a/f"), "").unwrap();
        fs::write(at("precious"), "").unwrap();
        fs::set_permissions(at("precious"), fs::Permissions::from_mode(0o600)).unwrap();
        symlink(at("precious"), at("tree/a/l")).unwrap();
        let (counted, heard, failures) = set(&at("tree"), "640", Reach::Files);
        assert_eq!((counted.files, counted.folders, heard, failures), (1, 0, 1, 0));
        let (counted, ..) = set(&at("tree"), "750", Reach::Folders);
        assert_eq!((counted.files, counted.folders), (0, 2));
        assert_eq!(
            (mode("tree"), mode("tree/a"), mode("tree/a/f")),
            (0o750, 0o750, 0o640)
        );
        set(&at("tree"), "o=,g=rX", Reach::All);
        assert_eq!((mode("tree/a"), mode("tree/a/f")), (0o750, 0o640));
        set(&at("tree"), "700", Reach::Itself);
        assert_eq!((mode("tree"), mode("tree/a")), (0o700, 0o750));
        assert_eq!(mode("precious"), 0o600);
        // what this closes is gone into before
        let (counted, _, failures) = set(&at("tree"), "a-x", Reach::All);
        assert_eq!((counted.files, counted.folders, failures), (1, 2, 0));
        fs::set_permissions(at("tree"), fs::Permissions::from_mode(0o700)).unwrap();
        set(&at("gone"), "644", Reach::Itself);
        assert_eq!(set(&at("gone"), "644", Reach::Itself).2, 1);
    }
}
