//! Counting and deleting on this machine. Links are counted and deleted, never followed.

use std::io;
use std::path::Path;

use crate::model::event::Counted;

/// Counts what deleting `path` would delete.
pub(crate) fn count(path: &Path, counted: &mut Counted) -> io::Result<()> {
    let metadata = std::fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        counted.files += 1;
        counted.bytes += if metadata.is_file() { metadata.len() } else { 0 };
        return Ok(());
    }
    counted.folders += 1;
    let found = match std::fs::read_dir(path) {
        Ok(found) => found,
        Err(_) => {
            counted.incomplete = true;
            return Ok(());
        }
    };
    for entry in found {
        // what vanishes meanwhile needs no deleting
        match entry {
            Ok(entry) => count(&entry.path(), counted).unwrap_or_default(),
            Err(_) => counted.incomplete = true,
        }
    }
    Ok(())
}

/// Deletes `path` with all that is in it; `each` hears of every entry that is gone.
pub(crate) fn delete(path: &Path, counted: &mut Counted, each: &mut dyn FnMut()) -> io::Result<()> {
    let metadata = std::fs::symlink_metadata(path)?;
    if metadata.is_dir() {
        for entry in std::fs::read_dir(path)? {
            delete(&entry?.path(), counted, each)?;
        }
        std::fs::remove_dir(path)?;
        counted.folders += 1;
    } else {
        std::fs::remove_file(path)?;
        counted.files += 1;
        counted.bytes += if metadata.is_file() { metadata.len() } else { 0 };
    }
    each();
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn counts_then_deletes_and_never_follows_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (tree, kept) = (folder.path().join("tree"), folder.path().join("kept"));
        std::fs::create_dir_all(tree.join("a/b")).unwrap();
        std::fs::create_dir(&kept).unwrap();
        std::fs::write(kept.join("precious"), "x").unwrap();
        std::fs::write(tree.join("a/f"), "12345").unwrap();
        std::os::unix::fs::symlink(&kept, tree.join("link")).unwrap();
        let mut counted = Counted::default();
        count(&tree, &mut counted).unwrap();
        assert_eq!((counted.files, counted.folders, counted.bytes), (2, 3, 5));
        let (mut deleted, mut heard) = (Counted::default(), 0);
        delete(&tree, &mut deleted, &mut || heard += 1).unwrap();
        assert_eq!((deleted, heard), (counted, 5));
        assert!(kept.join("precious").exists() && !tree.exists());
    }
}
