//! What kind of file system a folder lies on.

use std::io;
use std::path::Path;

/// Asks the system about `path`, or about the nearest folder above it that is there; `None` where none is.
#[cfg(unix)]
pub(super) fn ask_nearest<T>(
    path: &Path,
    ask: impl Fn(&Path) -> Result<T, rustix::io::Errno>,
) -> io::Result<Option<T>> {
    let mut at = path;
    loop {
        let asked = if at.as_os_str().is_empty() {
            Path::new(".")
        } else {
            at
        };
        match ask(asked) {
            Ok(told) => return Ok(Some(told)),
            Err(rustix::io::Errno::NOENT) => match at.parent() {
                Some(above) => at = above,
                None => return Ok(None),
            },
            Err(error) => return Err(error.into()),
        }
    }
}

/// Whether `path` lies, or will lie, on a disk or in the memory of this machine: another machine (NFS, SMB) or
/// another program (FUSE) may take as long as it likes. It blocks.
#[cfg(target_os = "linux")]
pub(crate) fn is_of_this_machine(path: &Path) -> bool {
    let told = ask_nearest(path, |path| rustix::fs::statfs(path));
    // on 32-bit machines the system tells it as a negative number
    told.is_ok_and(|told| told.is_some_and(|told| OURS.contains(&(told.f_type as u32))))
}

/// Not known here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_of_this_machine(_: &Path) -> bool {
    false
}

/// ext2 to ext4, XFS, Btrfs, tmpfs, F2FS, ZFS, bcachefs, overlays, FAT, exFAT and the kernel's own NTFS, by their numbers
/// (statfs(2)).
#[cfg(target_os = "linux")]
const OURS: [u32; 11] = [
    0xEF53,
    0x5846_5342,
    0x9123_683E,
    0x0102_1994,
    0xF2F5_2010,
    0x2FC1_2FC1,
    0xCA45_1A4E,
    0x794C_7630,
    0x4D44,
    0x2011_BAB0,
    0x7366_746E,
];

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_systems_own_memory_is_near_and_what_others_make_up_is_not() {
        assert!(is_of_this_machine(Path::new("/dev/shm")));
        assert!(is_of_this_machine(Path::new("/dev/shm/not/there/yet")));
        assert!(!is_of_this_machine(Path::new("/proc")));
        assert!(!is_of_this_machine(Path::new("/proc/not-there/yet")));
    }
}
