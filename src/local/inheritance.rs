//! What a new file takes over from the one that it replaces: its owner and group, its permissions and its access list.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

use crate::model::entry::Permissions;
use crate::model::text::system_says;

/// The permissions of a file in the making: nobody else's business yet.
pub(super) const CLOSED: u32 = 0o600;

/// Gives a file what the one has that it replaces, as far as that is allowed, or the `wanted` permissions; what could not
/// be kept, in words.
pub(super) fn take_over(
    file: &File,
    replaced: Option<(&Path, &Metadata)>,
    wanted: Option<Permissions>,
) -> io::Result<Option<String>> {
    // before the permissions: another owner takes set-user-ID away
    let lost = match replaced {
        Some((_, old)) => keep_owner(file, old)?,
        None => None,
    };
    // and the list, too: with it those of the group are another thing
    let unlisted = match replaced {
        Some((path, _)) if wanted.is_none() => keep_access_list(file, path),
        _ => None,
    };
    let refused = set_permissions(file, wanted, replaced.map(|(_, old)| old), lost.is_some());
    if unlisted.is_some() {
        close_to_group(file);
    }
    let said: Vec<String> = [lost, refused, unlisted].into_iter().flatten().collect();
    Ok((!said.is_empty()).then(|| said.join("; ")))
}

/// Gives a file the owner and group of the one that it replaces. Root may do that, others may give
/// it to a group of theirs. What could not be kept, in words.
#[cfg(unix)]
fn keep_owner(file: &File, replaced: &Metadata) -> io::Result<Option<String>> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let is_kept = |new: &Metadata| (new.uid(), new.gid()) == (replaced.uid(), replaced.gid());
    if is_kept(&file.metadata()?) || fchown(file, Some(replaced.uid()), Some(replaced.gid())).is_ok() {
        return Ok(None);
    }
    let _ = fchown(file, None, Some(replaced.gid()));
    let new = file.metadata()?;
    Ok((!is_kept(&new)).then(|| {
        format!(
            "the replaced file belonged to user {} and group {}, this one belongs to user {} and group {}",
            replaced.uid(),
            replaced.gid(),
            new.uid(),
            new.gid()
        )
    }))
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) -> io::Result<Option<String>> {
    Ok(None)
}

/// Sets the permissions that are wanted, those of the file that is replaced, or those a new file gets here. What let others act
/// as its owner or group (set-user-ID, set-group-ID) does not go over to another owner. A disk that has permissions of its
/// own for all files (FAT, SMB) is no reason to lose the file: what it refuses comes back in words.
#[cfg(unix)]
fn set_permissions(
    file: &File,
    wanted: Option<Permissions>,
    replaces: Option<&Metadata>,
    owner_lost: bool,
) -> Option<String> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let mode = match (wanted, replaces) {
        (Some(wanted), _) => wanted.plain().0.into(),
        (None, Some(metadata)) if owner_lost => metadata.mode() & 0o1777,
        (None, Some(metadata)) => metadata.mode() & 0o7777,
        (None, None) => 0o666 & !umask(),
    };
    let refusal = file
        .set_permissions(std::fs::Permissions::from_mode(mode))
        .err()?;
    let has = file.metadata().ok()?.mode() & 0o7777;
    // what a new file has is the disk's own business, where it is not what it was made with
    let is_its_own = wanted.is_none() && replaces.is_none() && has != CLOSED;
    let shown = |mode| Permissions(u16::try_from(mode).unwrap_or(0)).symbolic();
    (has != mode && !is_its_own).then(|| {
        format!(
            "it has the permissions {} here and not {}: {}",
            shown(has),
            shown(mode),
            system_says(&refusal)
        )
    })
}

#[cfg(not(unix))]
fn set_permissions(_: &File, _: Option<Permissions>, _: Option<&Metadata>, _: bool) -> Option<String> {
    None
}

/// Gives a file the access list (POSIX ACL, acl(5)) of the one that it replaces, or none where that has none: one may have
/// come with the folder. The permissions alone would say too much: of a file with such a list those of the group are
/// the most that anybody in it has.
#[cfg(target_os = "linux")]
fn keep_access_list(file: &File, replaced: &Path) -> Option<String> {
    use rustix::fs::{XattrFlags, fremovexattr, fsetxattr, getxattr};
    use rustix::io::Errno;
    const LIST: &str = "system.posix_acl_access";
    /// What a list of some five hundred takes.
    const LONGEST: usize = 4096;
    let mut list = [0; LONGEST];
    let kept = match getxattr(replaced, LIST, &mut list) {
        Ok(length) => fsetxattr(file, LIST, &list[..length], XattrFlags::empty()),
        Err(Errno::NODATA) => {
            // mostly there is none
            let _ = fremovexattr(file, LIST);
            return None;
        }
        Err(Errno::OPNOTSUPP | Errno::NOENT) => return None,
        Err(error) => Err(error),
    };
    let error = kept.err()?;
    Some(format!(
        "the replaced file's access list is not kept, and the group has no access: {}",
        system_says(&error.into())
    ))
}

#[cfg(not(target_os = "linux"))]
fn keep_access_list(_: &File, _: &Path) -> Option<String> {
    None
}

/// Where the list is missing the group would have all that anybody in it has.
fn close_to_group(file: &File) {
    #[cfg(unix)]
    if let Ok(metadata) = file.metadata() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let _ = file.set_permissions(std::fs::Permissions::from_mode(metadata.mode() & 0o7707));
    }
    #[cfg(not(unix))]
    let _ = file;
}

/// The process's umask, found without changing it: by what a new file gets.
#[cfg(unix)]
fn umask() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    static UMASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();
    *UMASK.get_or_init(|| {
        let probe = || -> io::Result<u32> {
            let folder = tempfile::tempdir()?;
            let file = File::options()
                .write(true)
                .create_new(true)
                .mode(0o666)
                .open(folder.path().join("umask"))?;
            Ok(0o666 & !(file.metadata()?.mode()))
        };
        // better too little for the others than too much
        probe().unwrap_or(0o077)
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

    /// A file in a folder that is to be replaced, and the one that replaces it.
    fn both() -> (tempfile::TempDir, std::path::PathBuf, File) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.txt");
        std::fs::write(&target, "old").unwrap();
        let file = File::create_new(folder.path().join("new")).unwrap();
        file.set_permissions(std::fs::Permissions::from_mode(CLOSED))
            .unwrap();
        (folder, target, file)
    }

    /// As another user sees it: what is not his may not be given away.
    #[test]
    fn set_user_id_does_not_go_over_to_another_owner() {
        let (_folder, target, file) = both();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o4750)).unwrap();
        let old = std::fs::metadata(&target).unwrap();
        assert_eq!(set_permissions(&file, None, Some(&old), true), None);
        assert_eq!(file.metadata().unwrap().mode() & 0o7777, 0o750);
    }

    /// As on a disk that has its own for all files.
    #[cfg(target_os = "linux")]
    #[test]
    fn permissions_that_are_refused_are_said_and_lose_nothing() {
        let file = File::open("/proc/self/comm").unwrap();
        let said = set_permissions(&file, Some(Permissions(0o600)), None, false).unwrap();
        assert!(said.contains("rw-r--r-- here and not rw-------"), "{said}");
        assert_eq!(
            set_permissions(&file, None, None, false),
            None,
            "they are its own"
        );
    }

    /// An access list as the system keeps it: what user and group have, one user more, the most, and the others.
    #[cfg(target_os = "linux")]
    #[test]
    fn an_access_list_goes_over_or_the_group_gets_nothing() {
        use rustix::fs::{XattrFlags, fgetxattr, setxattr};
        const LIST: &str = "system.posix_acl_access";
        let (folder, target, file) = both();
        let mut list = 2u32.to_le_bytes().to_vec();
        for (tag, bits, id) in [
            (1u16, 6u16, u32::MAX),
            (2, 6, 4_321),
            (4, 0, u32::MAX),
            (16, 6, u32::MAX),
            (32, 0, u32::MAX),
        ] {
            list.extend(tag.to_le_bytes());
            list.extend(bits.to_le_bytes());
            list.extend(id.to_le_bytes());
        }
        if setxattr(&target, LIST, &list, XattrFlags::empty()).is_err() {
            let said = "LEFT OUT: access lists, as the disk of temporary files has none\n";
            return io::Write::write_all(&mut io::stderr(), said.as_bytes()).unwrap();
        }
        let old = std::fs::metadata(&target).unwrap();
        assert_eq!(old.mode() & 0o777, 0o660, "those of the group are the most");
        let over = |file: &File, path| take_over(file, Some((path, &old)), None).unwrap();
        assert_eq!(over(&file, &target), None);
        let mut found = [0; 256];
        let length = fgetxattr(&file, LIST, &mut found).unwrap();
        assert_eq!(found[..length], list);
        // and back again: what one without a list is replaced by has none
        std::fs::write(folder.path().join("plain"), "old").unwrap();
        assert_eq!(keep_access_list(&file, &folder.path().join("plain")), None);
        fgetxattr(&file, LIST, &mut found).unwrap_err();
        // where it cannot be set
        let elsewhere = File::open("/proc/self/comm").unwrap();
        let said = keep_access_list(&elsewhere, &target).unwrap();
        assert!(said.contains("access list is not kept"), "{said}");
        file.set_permissions(std::fs::Permissions::from_mode(0o664))
            .unwrap();
        close_to_group(&file);
        assert_eq!(file.metadata().unwrap().mode() & 0o777, 0o604);
    }
}
