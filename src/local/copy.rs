//! Copying on this machine. Links are copied as links, and nothing that is there is replaced.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::Path;

/// Copies a file, a link, or a folder with all that is in it. What was copied before a failure stays.
///
/// # Errors
///
/// `AlreadyExists` where something stands at `to`; `InvalidInput` where `to` is below `from`, or
/// something is neither file, folder nor link.
pub(crate) fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(from)?;
    if metadata.is_dir() {
        // looked at with all links on the way followed: else the copy would be copied into itself
        let (from, parent) = (
            from.canonicalize()?,
            to.parent().filter(|p| !p.as_os_str().is_empty()),
        );
        if parent
            .unwrap_or(Path::new("."))
            .canonicalize()?
            .starts_with(&from)
        {
            let why = "a folder is not copied into itself";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
    }
    copy_one(from, to, &metadata)
}

fn copy_one(from: &Path, to: &Path, metadata: &Metadata) -> io::Result<()> {
    let kind = metadata.file_type();
    if kind.is_file() {
        return copy_file(from, to, metadata);
    }
    if kind.is_symlink() {
        return copy_link(from, to);
    }
    if !kind.is_dir() {
        let why = "it is neither a file nor a folder nor a link";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
    }
    make_closed(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        copy_one(&from, &to, &fs::symlink_metadata(&from)?)?;
    }
    // last: it may be closed to us by them
    fs::set_permissions(to, metadata.permissions())
}

fn copy_file(from: &Path, to: &Path, metadata: &Metadata) -> io::Result<()> {
    let (mut source, mut target) = (File::open(from)?, create_closed(to)?);
    let copied = io::copy(&mut source, &mut target).and_then(|_| {
        target.set_permissions(metadata.permissions())?;
        target.sync_all()
    });
    if copied.is_err() {
        // half of it would be taken for all
        let _ = fs::remove_file(to);
    }
    copied
}

/// A new file that only its owner can open, until it has its permissions: what was closed to others is so while it
/// is copied, too.
fn create_closed(to: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(to)
}

/// The same for a folder.
fn make_closed(to: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(to)
}

#[cfg(unix)]
fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(fs::read_link(from)?, to)
}

#[cfg(not(unix))]
fn copy_link(_: &Path, _: &Path) -> io::Result<()> {
    let why = "links are not copied on this system";
    Err(io::Error::new(io::ErrorKind::Unsupported, why))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn a_tree_is_copied_and_nothing_replaced() {
        let here = tempfile::tempdir().unwrap();
        let at = |path: &str| here.path().join(path);
        fs::create_dir_all(at("tree/a")).unwrap();
        fs::write(at("tree/a/f"), "content").unwrap();
        fs::set_permissions(at("tree/a/f"), fs::Permissions::from_mode(0o640)).unwrap();
        symlink("f", at("tree/a/l")).unwrap();
        copy(&at("tree"), &at("copy")).unwrap();
        assert_eq!(fs::read(at("copy/a/f")).unwrap(), b"content");
        let mode = fs::metadata(at("copy/a/f")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(fs::read_link(at("copy/a/l")).unwrap(), Path::new("f"));
        // while it is copied nobody else can look into it
        let made = create_closed(&at("new")).unwrap();
        make_closed(&at("made")).unwrap();
        let folder = fs::metadata(at("made")).unwrap();
        for (made, closed) in [(made.metadata().unwrap(), 0o600), (folder, 0o700)] {
            assert_eq!(made.permissions().mode() & 0o777, closed);
        }
        // again, onto what is there, and into itself, also through a link
        fs::write(at("copy/a/f"), "mine").unwrap();
        let taken = copy(&at("tree/a/f"), &at("copy/a/f")).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(at("copy/a/f")).unwrap(), b"mine");
        assert!(copy(&at("tree"), &at("copy")).is_err());
        symlink(at("tree/a"), at("inside")).unwrap();
        for to in ["tree/a/again", "inside/again"] {
            let error = copy(&at("tree"), &at(to)).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{to}");
        }
    }
}
