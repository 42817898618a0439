//! Files read whole and written whole: the old content or the new one, never a part.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// A configuration file larger than this is not one of ours.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The file's text; `None` when there is no such file.
pub fn read(path: &Path) -> io::Result<Option<String>> {
    let not_text = |_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8");
    read_bytes(path)?
        .map(|bytes| String::from_utf8(bytes).map_err(not_text))
        .transpose()
}

/// The file's content; `None` when there is no such file.
pub fn read_bytes(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(found) if found.len() > LARGEST => Err(io::Error::other("the file is larger than 16 MiB")),
        Ok(found) if !found.is_file() => Err(io::Error::other("it is no regular file")),
        Ok(_) => fs::read(path).map(Some),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

/// Replaces the file's content at one stroke; only this user can read the result. A symbolic
/// link stays one, and what it leads to is replaced. The folder is made where it is missing,
/// for this user alone.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let path = &end_of_links(path)?;
    let folder = folder_of(path);
    make_private_folder(folder)?;
    // tempfile makes it with mode 0600
    let mut file = tempfile::Builder::new()
        .prefix(".ftpane-")
        .suffix(".tmp")
        .tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|e| e.error)?;
    sync_folder(folder)
}

/// Holds off other instances that change files in the folder of `path`, as long as the returned
/// value lives. Where the file system knows no locks, nothing is held off.
pub fn lock(path: &Path) -> io::Result<Option<File>> {
    let path = &end_of_links(path)?;
    let folder = folder_of(path);
    make_private_folder(folder)?;
    if cfg!(not(unix)) {
        return Ok(None);
    }
    let handle = File::open(folder)?;
    Ok(handle.lock().is_ok().then_some(handle))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a folder, and those above it that are missing, for its owner only.
pub(crate) fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Where the links at `path` end, whether something is there or not.
fn end_of_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    // as many as Linux follows
    for _ in 0..40 {
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return Ok(path),
        }
    }
    Err(io::Error::other("the symbolic links lead in a circle"))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        // without it the rename may be undone by a power cut
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn written_privately_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/deep/servers.toml");
        assert_eq!(read(&path).unwrap(), None);
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let names = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(names, 1, "a temporary file was left");
    }

    #[test]
    fn a_symbolic_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("dotfiles/servers.toml");
        let link = folder.path().join("servers.toml");
        symlink("dotfiles/servers.toml", &link).unwrap();
        write(&link, b"content").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&real).unwrap(), b"content");
        symlink("loop", folder.path().join("loop")).unwrap();
        assert!(write(&folder.path().join("loop"), b"x").is_err());
    }

    #[test]
    fn a_write_that_fails_leaves_the_old_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(write(&path, b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
