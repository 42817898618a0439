//! How much room there is on a disk.

use std::io;
use std::path::Path;

#[cfg(unix)]
use super::mount::ask_nearest;

/// How many bytes may still be written below `path`, by whoever runs this; of the nearest folder above
/// that is there, where it is not yet. `None` where the system does not tell.
#[cfg(unix)]
pub(crate) fn free(path: &Path) -> io::Result<Option<u64>> {
    let told = ask_nearest(path, |path| rustix::fs::statvfs(path))?;
    // file systems without a size of their own (some FUSE) tell zeros
    let told = told.filter(|told| told.f_blocks > 0);
    Ok(told.map(|told| told.f_bavail.saturating_mul(told.f_frsize)))
}

/// Not told here.
#[cfg(not(unix))]
pub(crate) fn free(_: &Path) -> io::Result<Option<u64>> {
    Ok(None)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_to_be_made_has_the_room_of_the_one_above() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free(folder.path()).unwrap().is_some_and(|free| free > 0));
        assert!(free(&folder.path().join("not/there/yet")).unwrap().is_some());
        assert!(free(Path::new("not/there/yet")).unwrap().is_some());
        assert_eq!(free(Path::new("/proc")).unwrap(), None, "it has no size");
    }
}
