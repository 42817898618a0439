//! A file in the making: written under a temporary name beside its target and put in its place
//! whole, or not at all.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use filetime::FileTime;

use super::inheritance::{self, CLOSED};
use super::mount::is_of_this_machine;
use super::names::{bytes_of, from_bytes};
use super::source::between;
use super::target::{find, followed};
use crate::model::entry::Permissions;
use crate::model::part_name::{Origin, part_name};
use crate::model::stamp::Stamp;

/// A temporary file beside the target. Dropped without [`PartFile::commit`], it is removed.
#[derive(Debug)]
pub(crate) struct PartFile {
    part: tempfile::TempPath,
    target: PathBuf,
    replaces: Option<Metadata>,
    may_replace: bool,
}

impl PartFile {
    /// Makes an empty temporary file for `target`, readable by its owner only until it is
    /// complete. Where the target is a symbolic link, what it leads to will be replaced and the
    /// link stays. `may_replace` says whether a file that stands there, or that appears there
    /// meanwhile, may be replaced.
    pub(crate) fn create(target: &Path, origin: &Origin, may_replace: bool) -> io::Result<(Self, File)> {
        let (target, replaces) = find(target)?;
        let part = beside(&target, origin)?;
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(CLOSED);
        }
        let file = options.open(&part)?;
        Ok((
            Self {
                part: tempfile::TempPath::try_from_path(part)?,
                target,
                replaces,
                may_replace,
            },
            file,
        ))
    }

    /// Takes up a temporary file for `target` that was kept, to be continued after its first `length`
    /// bytes. What is behind those goes, or stays where it `has_more`.
    pub(crate) fn reopen(
        part: &Path,
        (length, has_more): (u64, bool),
        target: &Path,
        may_replace: bool,
    ) -> io::Result<(Self, File)> {
        let (target, replaces) = find(target)?;
        let mut file = open_to_write(part)?;
        let metadata = file.metadata()?;
        if !(is_own(&metadata) && has_one_name(&metadata)) {
            return Err(put_in_place());
        }
        if !has_more {
            file.set_len(length)?;
        }
        file.seek(SeekFrom::Start(length))?;
        let part = tempfile::TempPath::try_from_path(part)?;
        let reopened = Self {
            part,
            target,
            replaces,
            may_replace,
        };
        Ok((reopened, file))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.part
    }

    /// Keeps it as it is, to be continued later, and writes it to the disk: its length is believed
    /// then. Its path.
    pub(crate) fn keep(self, file: &File) -> io::Result<PathBuf> {
        file.sync_data()?;
        self.part.keep().map_err(|kept| kept.error)
    }

    /// Puts the complete file in its place, with the source's time and, where it replaces one, what it takes over from
    /// that ([`inheritance`]); with what of that could not be kept, in words. [`io::ErrorKind::AlreadyExists`] where something stands there that
    /// may not be replaced; it is untouched. `sync`: all of it, its name included, is on the disk before
    /// this ends.
    ///
    /// A disk of another machine may take what is written and say only when it is synced that there was no room for
    /// it: there the content is synced in any case, before the old file goes.
    pub(crate) fn commit(
        self,
        file: File,
        modified: Option<Stamp>,
        permissions: Option<Permissions>,
        sync: bool,
    ) -> io::Result<(File, Option<String>)> {
        if let Some(time) = modified {
            // a file system without times is no reason to lose the file
            let _ =
                filetime::set_file_handle_times(&file, None, Some(FileTime::from_unix_time(time.seconds, 0)));
        }
        let replaced = self.replaces.as_ref().map(|old| (self.target.as_path(), old));
        let lost = inheritance::take_over(&file, replaced, permissions)?;
        if sync || !is_of_this_machine(&self.part) {
            file.sync_all()?;
        }
        let placed = if self.may_replace {
            self.part.persist(&self.target)
        } else {
            self.part.persist_noclobber(&self.target)
        };
        placed.map_err(|e| e.error)?;
        if sync {
            sync_folder(&self.target)?;
        }
        Ok((file, lost))
    }
}

/// Waits until a file's name is on the disk: that is its folder's content. A folder that may not be
/// read cannot be synced; the file's own content is safe then.
fn sync_folder(target: &Path) -> io::Result<()> {
    let folder = target.parent().map(File::open);
    match folder.transpose() {
        Ok(Some(folder)) if cfg!(unix) => folder.sync_all(),
        _ => Ok(()),
    }
}

/// The path of a target's temporary file.
fn beside(target: &Path, origin: &Origin) -> io::Result<PathBuf> {
    let name = bytes_of(target.file_name().ok_or(io::ErrorKind::InvalidFilename)?).into_owned();
    let folder = target.parent().ok_or(io::ErrorKind::InvalidFilename)?;
    Ok(folder.join(from_bytes(&part_name(&name, origin))))
}

/// The temporary files of ours in a folder, with their origins; none where there is no such folder.
pub(crate) fn parts_in(folder: &Path) -> io::Result<Vec<(PathBuf, Origin)>> {
    let mut parts = Vec::new();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(parts),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if let Some(origin) = Origin::of(&bytes_of(&entry.file_name())) {
            parts.push((entry.path(), origin));
        }
    }
    Ok(parts)
}

/// Gives a part the name of another origin, so that nobody else takes it up: of two who try, one
/// finds it gone. Its new path.
pub(crate) fn take_over(part: &Path, target: &Path, origin: &Origin) -> io::Result<PathBuf> {
    let taken = beside(&followed(target)?, origin)?;
    if taken != part {
        std::fs::rename(part, &taken)?;
    }
    Ok(taken)
}

/// How long a part is and when it was last written to; `None` where it is no plain file of this user, or has
/// another name besides: anybody may put one into a shared folder, and what is written to it would be
/// written under that name, too.
pub(crate) fn look(part: &Path) -> io::Result<Option<(u64, Option<SystemTime>)>> {
    let metadata = std::fs::symlink_metadata(part)?;
    let ours = is_own(&metadata) && has_one_name(&metadata);
    Ok(ours.then(|| (metadata.len(), metadata.modified().ok())))
}

/// Opens a part that was made before. Something else may have been put in its place meanwhile: no link is followed,
/// and no pipe waited for.
fn open(part: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(part)?;
    match file.metadata()?.is_file() {
        true => Ok(file),
        false => Err(put_in_place()),
    }
}

fn put_in_place() -> io::Error {
    io::Error::other("something else was put in the place of a temporary file")
}

/// Opens a part that was made before, to be written to.
pub(crate) fn open_to_write(part: &Path) -> io::Result<File> {
    open(part, File::options().write(true))
}

#[cfg(unix)]
fn is_own(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    metadata.is_file() && metadata.uid() == rustix::process::geteuid().as_raw()
}

#[cfg(unix)]
fn has_one_name(metadata: &Metadata) -> bool {
    // some disks of FUSE count no names at all
    std::os::unix::fs::MetadataExt::nlink(metadata) <= 1
}

#[cfg(not(unix))]
fn is_own(metadata: &Metadata) -> bool {
    metadata.is_file()
}

#[cfg(not(unix))]
fn has_one_name(_: &Metadata) -> bool {
    true
}

/// What a part holds from `from` to its end at `to`.
pub(crate) fn read_between(part: &Path, from: u64, to: u64) -> io::Result<Vec<u8>> {
    between(open(part, File::options().read(true))?, from, to)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    fn job(job: u32) -> Origin {
        Origin {
            job,
            ..Origin::default()
        }
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn the_target_is_the_old_one_until_it_is_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        std::fs::write(&target, "old").unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();

        let (part, mut file) = PartFile::create(&target, &job(1), true).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "old");
        drop(part);
        assert_eq!(names(folder.path()), ["a.txt"], "what was given up is gone");

        let (part, mut file) = PartFile::create(&target, &job(2), true).unwrap();
        file.write_all(b"whole").unwrap();
        part.commit(file, Some(Stamp::exact(1_000_000_000)), None, false)
            .unwrap();
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "whole");
        let metadata = std::fs::metadata(&target).unwrap();
        assert_eq!(
            (metadata.mode() & 0o7777, metadata.mtime()),
            (0o640, 1_000_000_000)
        );
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn a_file_gets_the_permissions_that_it_is_to_have() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        for (old, wanted, mode) in [(None, 0o4640, 0o640), (Some(0o600), 0o755, 0o755)] {
            if let Some(old) = old {
                std::fs::set_permissions(&target, std::fs::Permissions::from_mode(old)).unwrap();
            }
            let (part, file) = PartFile::create(&target, &job(1), true).unwrap();
            part.commit(file, None, Some(Permissions(wanted)), false).unwrap();
            assert_eq!(std::fs::metadata(&target).unwrap().mode() & 0o7777, mode);
        }
    }

    /// Root gives the file to whom the old one belonged; nobody else may, and it is said.
    #[test]
    fn a_replaced_file_keeps_its_owner_or_it_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        std::fs::write(&target, "old").unwrap();
        let is_root = rustix::process::geteuid().is_root();
        if is_root {
            std::os::unix::fs::chown(&target, Some(4_321), Some(1_234)).unwrap();
        }
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o4750)).unwrap();
        let old = std::fs::metadata(&target).unwrap();
        let (part, file) = PartFile::create(&target, &job(1), true).unwrap();
        let (_, lost) = part.commit(file, None, None, false).unwrap();
        let new = std::fs::metadata(&target).unwrap();
        assert_eq!(lost, None);
        assert_eq!((new.uid(), new.gid()), (old.uid(), old.gid()));
        assert_eq!(new.mode() & 0o7777, 0o4750);
    }

    #[test]
    fn a_link_stays_and_its_end_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        std::fs::write(&real, "old").unwrap();
        std::os::unix::fs::symlink("real", &link).unwrap();
        let (part, mut file) = PartFile::create(&link, &job(3), true).unwrap();
        file.write_all(b"new").unwrap();
        part.commit(file, None, None, true).unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read_to_string(&real).unwrap(), "new");
    }

    #[test]
    fn what_appears_meanwhile_is_not_replaced_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        let (part, mut file) = PartFile::create(&target, &job(1), false).unwrap();
        file.write_all(b"ours").unwrap();
        std::fs::write(&target, "theirs").unwrap();
        let taken = part.commit(file, None, None, false).unwrap_err();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&target).unwrap(), "theirs");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn what_is_kept_is_taken_over_once_and_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        let (part, mut file) = PartFile::create(&target, &job(1), true).unwrap();
        file.write_all(b"first and lost").unwrap();
        let kept = part.keep(&file).unwrap();
        let found = parts_in(folder.path()).unwrap();
        assert_eq!(found, [(kept.clone(), job(1))]);
        assert_eq!(look(&kept).unwrap().unwrap().0, 14);

        let taken = take_over(&kept, &target, &job(2)).unwrap();
        let late = take_over(&kept, &target, &job(3)).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::NotFound, "only one gets it");
        assert_eq!(take_over(&taken, &target, &job(2)).unwrap(), taken);

        assert_eq!(read_between(&taken, 2, 5).unwrap(), b"rst");
        assert!(read_between(&taken, 2, 50).is_err());
        let (part, mut file) = PartFile::reopen(&taken, (6, false), &target, true).unwrap();
        file.write_all(b"second").unwrap();
        part.commit(file, None, None, true).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"first second");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn what_was_put_in_the_place_of_a_part_is_not_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("precious"), "precious").unwrap();
        let (part, file) = PartFile::create(&at("target"), &job(1), true).unwrap();
        let kept = part.keep(&file).unwrap();
        std::fs::remove_file(&kept).unwrap();
        std::os::unix::fs::symlink("precious", &kept).unwrap();
        assert_eq!(look(&kept).unwrap(), None);
        PartFile::reopen(&kept, (0, false), &at("target"), true).unwrap_err();
        read_between(&kept, 0, 1).unwrap_err();
        std::fs::remove_file(&kept).unwrap();
        std::fs::hard_link(at("precious"), &kept).unwrap();
        assert_eq!(look(&kept).unwrap(), None);
        assert_eq!(std::fs::read(at("precious")).unwrap(), b"precious");
    }

    #[test]
    fn a_folder_is_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            PartFile::create(folder.path(), &job(4), true).unwrap_err().kind(),
            io::ErrorKind::IsADirectory
        );
    }
}
