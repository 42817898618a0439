//! Names and paths of this machine as bytes, and back.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use crate::model::path::Name;

/// The bytes of a name on this disk. On Unix they are the name itself; elsewhere its UTF-8 form.
#[cfg(unix)]
pub(crate) fn bytes_of(name: &OsStr) -> std::borrow::Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt as _;
    name.as_bytes().into()
}

#[cfg(not(unix))]
pub(crate) fn bytes_of(name: &OsStr) -> std::borrow::Cow<'_, [u8]> {
    name.to_string_lossy().into_owned().into_bytes().into()
}

/// A name or a path from its bytes: [`bytes_of`] back.
#[cfg(unix)]
pub(crate) fn from_bytes(bytes: &[u8]) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStrExt as _;
    OsStr::from_bytes(bytes).to_owned()
}

#[cfg(not(unix))]
pub(crate) fn from_bytes(bytes: &[u8]) -> std::ffi::OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// Why a server's name cannot be a file here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' cannot be a file name on this machine")]
pub(crate) struct NameError(String);

/// Whether the disk takes names that differ in capitals only for the same, in this folder or, where
/// it is not there yet, in the one that will hold it. Not guessed from the system: the file
/// system decides, on some by the folder. A file is made there for a moment.
///
/// # Errors
///
/// Where nothing can be written there.
pub(crate) fn is_case_blind(folder: &Path) -> io::Result<bool> {
    let there = folder
        .ancestors()
        .map(|above| {
            if above.as_os_str().is_empty() {
                Path::new(".")
            } else {
                above
            }
        })
        .find(|above| above.is_dir())
        .ok_or(io::ErrorKind::NotFound)?;
    let probe = tempfile::Builder::new()
        .prefix(".ftpane-capitals-")
        .tempfile_in(there)?;
    let name = probe.path().file_name().map(OsStr::to_ascii_uppercase);
    Ok(name.is_some_and(|capitals| std::fs::symlink_metadata(there.join(capitals)).is_ok()))
}

/// The path of `name` in `folder`. A [`Name`] holds no separator and is not `..`; what else this
/// machine does not take in a name (on Windows `\`, `:` and the like) is refused.
#[cfg(unix)]
pub(crate) fn join(folder: &Path, name: &Name) -> Result<PathBuf, NameError> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(folder.join(OsStr::from_bytes(name.as_bytes())))
}

#[cfg(not(unix))]
pub(crate) fn join(folder: &Path, name: &Name) -> Result<PathBuf, NameError> {
    let refused = || NameError(name.shown());
    let text = std::str::from_utf8(name.as_bytes()).map_err(|_| refused())?;
    if text.chars().any(|c| c.is_control() || r#"\/:*?"<>|"#.contains(c)) || text.ends_with(['.', ' ']) {
        return Err(refused());
    }
    Ok(folder.join(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_asked_whether_it_tells_capitals() {
        let folder = tempfile::tempdir().unwrap();
        // the same question put in another way
        std::fs::write(folder.path().join("lower"), "").unwrap();
        let blind = folder.path().join("LOWER").exists();
        assert_eq!(is_case_blind(folder.path()).unwrap(), blind);
        assert_eq!(is_case_blind(&folder.path().join("to/be/made")).unwrap(), blind);
        let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing is left behind");
    }
}
