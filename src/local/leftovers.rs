//! Temporary files that runs which are over have left on this disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::names::bytes_of;
use crate::model::part_name::Origin;

/// Deletes the temporary files in these folders that `is_meant` takes for such ones, and counts them.
/// A folder that is gone holds none; a file that cannot be deleted stays.
pub(crate) fn remove(folders: &BTreeSet<PathBuf>, is_meant: impl Fn(&Origin) -> bool) -> u64 {
    let mut removed = 0;
    for entry in folders
        .iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flatten()
    {
        let Ok(entry) = entry else { continue };
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let origin = Origin::of(&bytes_of(&entry.file_name()));
        if is_file && origin.is_some_and(|origin| is_meant(&origin)) {
            match fs::remove_file(entry.path()) {
                Ok(()) => removed += 1,
                Err(error) => tracing::warn!("a temporary file could not be deleted: {error}"),
            }
        }
    }
    removed
}
