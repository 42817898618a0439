//! Temporary files that runs which are over have left on this disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::part::parts_in;
use crate::model::part_name::Origin;

/// Deletes the temporary files in these folders that `is_meant` takes for such ones, and counts them.
/// A folder that is gone holds none; a file that cannot be deleted stays.
pub(crate) fn remove(folders: &BTreeSet<PathBuf>, is_meant: impl Fn(&Origin) -> bool) -> u64 {
    let mut removed = 0;
    for (part, origin) in folders
        .iter()
        .filter_map(|folder| parts_in(folder).ok())
        .flatten()
    {
        let is_file = fs::symlink_metadata(&part).is_ok_and(|metadata| metadata.is_file());
        if is_file && is_meant(&origin) {
            match fs::remove_file(part) {
                Ok(()) => removed += 1,
                Err(error) => tracing::warn!("a temporary file could not be deleted: {error}"),
            }
        }
    }
    removed
}
