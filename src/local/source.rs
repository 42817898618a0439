//! A file of this machine that is to be read.

use std::fs::{File, Metadata};
use std::io;
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
}
