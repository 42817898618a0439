//! Names and paths of this machine as bytes, and back.

use std::ffi::OsStr;
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

/// Why a server's name cannot be a file here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' cannot be a file name on this machine")]
pub(crate) struct NameError(String);

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
