//! A file of this machine that is to be read.

use std::fs::{File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

/// Opens a file, and nothing else: to open a device may do something, and a pipe would wait for whoever
/// writes to it. What stands there comes with it.
pub(crate) fn open(path: &Path) -> io::Result<(Option<File>, Metadata)> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() {
        return Ok((None, metadata));
    }
    let file = open_at_once(path)?;
    // something else may stand there by now
    let metadata = file.metadata()?;
    Ok((metadata.is_file().then_some(file), metadata))
}

/// What a file holds from `from` to `to`; all of that is there, or it is an error.
pub(crate) fn read_between(path: &Path, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let (file, _) = open(path)?;
    between(file.ok_or(io::ErrorKind::InvalidInput)?, from, to)
}

pub(super) fn between(mut file: File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(from))?;
    let mut found = Vec::new();
    file.take(to - from).read_to_end(&mut found)?;
    if found.len() as u64 != to - from {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(found)
}

/// Waits for nobody.
fn open_at_once(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn a_file_is_opened_and_a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (file, pipe) = (folder.path().join("file"), folder.path().join("pipe"));
        std::fs::write(&file, "content").unwrap();
        mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        let (opened, metadata) = open(&file).unwrap();
        assert!(opened.is_some() && metadata.len() == 7);
        for other in [&pipe, folder.path()] {
            assert!(open(other).unwrap().0.is_none(), "{other:?}");
        }
        // as where it took the file's place just now
        assert!(!open_at_once(&pipe).unwrap().metadata().unwrap().is_file());
    }

    /// An upload of a link is one of what it leads to.
    #[test]
    fn a_link_to_a_file_is_read_as_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, "content").unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        assert_eq!(read_between(&link, 3, 6).unwrap(), b"ten");
        assert_eq!(
            read_between(&link, 3, 8).unwrap_err().kind(),
            io::ErrorKind::UnexpectedEof
        );
    }
}
