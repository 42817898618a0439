//! Where a download goes: to the end of which link, and what stands there.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

/// Why what stands at a path is not replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    /// `/dev/null` replaced by a file is a machine that does not work any more.
    #[error("what stands there is no file, but a device, a pipe or a socket")]
    NoFile,
    #[error("it is a link that leads to nothing")]
    Dangling,
    /// Whoever has put it there chooses what is replaced: the system itself opens nothing through such a
    /// link (`fs.protected_symlinks` of Linux), but does not keep anybody from reading where it leads.
    #[error("it is another user's link, in a folder where anybody may make one: it is not followed")]
    Planted,
}

impl From<Unfit> for io::Error {
    fn from(unfit: Unfit) -> Self {
        Self::other(unfit)
    }
}

/// The path that a file for `target` is put at, and the file that stands there. Where `target` is a
/// symbolic link, what it leads to is to be replaced.
///
/// # Errors
///
/// [`Unfit`], in an [`io::Error`], and [`io::ErrorKind::IsADirectory`], where it is not to be replaced.
pub(crate) fn find(target: &Path) -> io::Result<(PathBuf, Option<Metadata>)> {
    let path = followed(target)?;
    match std::fs::symlink_metadata(&path) {
        Ok(metadata) if metadata.is_file() => Ok((path, Some(metadata))),
        Ok(metadata) if metadata.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(_) => Err(Unfit::NoFile.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((path, None)),
        Err(error) => Err(error),
    }
}

/// Why nothing is put at the end of this link, where that is for what stands there.
pub(crate) fn unfit(error: &io::Error) -> Option<Unfit> {
    error.get_ref()?.downcast_ref().copied()
}

/// Where `target` leads, if it is a link; itself otherwise.
pub(super) fn followed(target: &Path) -> io::Result<PathBuf> {
    if !std::fs::symlink_metadata(target).is_ok_and(|metadata| metadata.is_symlink()) {
        return Ok(target.to_path_buf());
    }
    refuse_planted(target)?;
    std::fs::canonicalize(target).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Unfit::Dangling.into(),
        _ => error,
    })
}

/// Looks at each link on the way from this one.
#[cfg(unix)]
fn refuse_planted(link: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    /// The system follows no more.
    const HOPS: usize = 40;
    /// What everybody may write to, and nobody take away what is another's.
    const SHARED: u32 = 0o1002;
    let us = rustix::process::geteuid().as_raw();
    let mut at = link.to_path_buf();
    for _ in 0..HOPS {
        let Ok(metadata) = std::fs::symlink_metadata(&at) else {
            break;
        };
        if !metadata.is_symlink() {
            break;
        }
        let folder = match at.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let around = std::fs::metadata(folder)?;
        let is_anybodys = around.mode() & SHARED == SHARED;
        if is_anybodys && metadata.uid() != us && metadata.uid() != around.uid() {
            return Err(Unfit::Planted.into());
        }
        at = folder.join(std::fs::read_link(&at)?);
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_planted(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, lchown, symlink};

    fn refused(target: &Path) -> Option<Unfit> {
        unfit(&find(target).unwrap_err())
    }

    #[test]
    fn a_file_is_found_at_the_end_of_its_links_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("file"), "old").unwrap();
        symlink("file", at("one")).unwrap();
        symlink("one", at("two")).unwrap();
        let end = at("file").canonicalize().unwrap();
        let (path, stands) = find(&at("two")).unwrap();
        assert_eq!((path, stands.unwrap().len()), (end, 3));
        assert!(find(&at("new")).unwrap().1.is_none());

        symlink("gone", at("dangling")).unwrap();
        assert_eq!(refused(&at("dangling")), Some(Unfit::Dangling));
        symlink("/dev/null", at("sink")).unwrap();
        for device in [Path::new("/dev/null"), &at("sink")] {
            assert_eq!(refused(device), Some(Unfit::NoFile), "{device:?}");
        }
        symlink("loop", at("loop")).unwrap();
        assert_eq!(unfit(&find(&at("loop")).unwrap_err()), None);
        let folder = find(folder.path()).unwrap_err();
        assert_eq!(folder.kind(), io::ErrorKind::IsADirectory);
    }

    /// Only root can make a link that is another's.
    #[test]
    fn the_link_of_another_user_is_not_followed_where_anybody_may_make_one() {
        if !rustix::process::geteuid().is_root() {
            let said = "LEFT OUT: planted links, as only root can make one\n";
            return io::Write::write_all(&mut io::stderr(), said.as_bytes()).unwrap();
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let open_to = |mode| std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(mode));
        std::fs::write(at("precious"), "old").unwrap();
        symlink("precious", at("theirs")).unwrap();
        lchown(at("theirs"), Some(4_321), None).unwrap();
        symlink("theirs", at("ours")).unwrap();
        open_to(0o1777).unwrap();
        for link in ["theirs", "ours"] {
            assert_eq!(refused(&at(link)), Some(Unfit::Planted), "{link}");
        }
        // a folder of theirs is their business, and so is one that others may not write to
        std::os::unix::fs::chown(folder.path(), Some(4_321), None).unwrap();
        assert!(find(&at("theirs")).is_ok());
        std::os::unix::fs::chown(folder.path(), Some(0), None).unwrap();
        open_to(0o755).unwrap();
        assert!(find(&at("theirs")).is_ok());
    }
}
