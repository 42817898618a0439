//! What has been written and may not be on the disk yet.
//!
//! A file is in its place as soon as it is renamed, for every program that looks; after a crash of
//! the machine it may be empty, or absent. Waiting for the disk with each file costs a small one most of
//! its time, so one call a while for the whole file system takes the place of that: it covers contents
//! and names.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

/// The file systems that were written to since they were synced last, each by a file of it.
#[derive(Debug, Default)]
pub(crate) struct Unsynced {
    written: Mutex<HashMap<u64, File>>,
}

/// Whether a file system can be synced as a whole.
pub(crate) const WHOLE: bool = cfg!(target_os = "linux");

impl Unsynced {
    /// Notes that this file has got its content and its name.
    #[cfg(target_os = "linux")]
    pub(crate) fn wrote(&self, file: File) -> io::Result<()> {
        use std::os::unix::fs::MetadataExt as _;
        let device = file.metadata()?.dev();
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        written.entry(device).or_insert(file);
        Ok(())
    }

    /// Notes nothing: each file is synced by itself.
    #[cfg(not(target_os = "linux"))]
    pub(crate) fn wrote(&self, _: File) -> io::Result<()> {
        Ok(())
    }

    /// Whether nothing was written since.
    pub(crate) fn is_empty(&self) -> bool {
        self.written
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
    }

    /// Waits until all that was noted is on the disk.
    ///
    /// # Errors
    ///
    /// The first of what the disks say; all are asked.
    pub(crate) fn sync(&self) -> io::Result<()> {
        let written = std::mem::take(&mut *self.written.lock().unwrap_or_else(PoisonError::into_inner));
        let mut result = Ok(());
        for file in written.into_values() {
            result = result.and(sync_whole(&file));
        }
        result
    }
}

#[cfg(target_os = "linux")]
fn sync_whole(file: &File) -> io::Result<()> {
    Ok(rustix::fs::syncfs(file)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_whole(file: &File) -> io::Result<()> {
    file.sync_all()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn each_file_system_is_synced_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| File::create(folder.path().join(name)).unwrap();
        let unsynced = Unsynced::default();
        assert!(unsynced.is_empty());
        unsynced.wrote(file("a")).unwrap();
        unsynced.wrote(file("b")).unwrap();
        assert_eq!(unsynced.written.lock().unwrap().len(), 1);
        unsynced.sync().unwrap();
        assert!(unsynced.is_empty());
    }
}
