//! The private folders in which files of servers are edited, and what broken-off runs have left in them.
//!
//! Beside each folder lies a file, `NAME.edit`, that says what the folder is for. It is locked as long as
//! somebody uses the folder: this program, and the editor it has started, which may outlive it. The
//! operating system lets go of the lock when the last of them has ended, however that happens.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::program::{Print, fingerprint};
use crate::model::failure::{Class, Failure};
use crate::model::part_name::Origin;
use crate::model::text::{shown_path, system_says};

/// What the name of a folder's file ends in.
const ENDING: &str = "edit";

/// No such file is longer: it holds the path of one file.
const LONGEST: u64 = 64 * 1024;

/// The private folders of one person.
#[derive(Debug, Clone)]
pub(super) struct Edited {
    all: PathBuf,
    /// The locked files of the folders that are in use here.
    held: Arc<Mutex<BTreeMap<PathBuf, File>>>,
}

/// What such a file says.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The file on the server, for people.
    of: String,
    /// What the copy was when the program got it; `None` while it was not fetched.
    fetched: Option<Print>,
}

/// A copy of a run that has ended, and that was changed since it was fetched, or may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Left {
    /// The file on the server, for people.
    pub(super) of: String,
    /// The folder with the copy in it.
    pub(super) folder: PathBuf,
}

impl Edited {
    /// Those below this folder, which is made where it is missing.
    pub(super) fn at(all: PathBuf) -> Self {
        Self {
            all,
            held: Arc::default(),
        }
    }

    /// Makes a folder that only this person can look into, for a copy of this.
    pub(super) fn make(&self, of: String) -> Result<PathBuf, Failure> {
        let made = self.make_locked(Note { of, fetched: None });
        let what = || format!("Could not make a folder in {}", shown_path(&self.all));
        let (folder, file) = made.map_err(|e| Failure::new(Class::Local, what(), system_says(&e)))?;
        self.held().insert(folder.clone(), file);
        Ok(folder)
    }

    fn make_locked(&self, note: Note) -> io::Result<(PathBuf, File)> {
        make_private(&self.all)?;
        // locked before it has its name: nobody may take it for one that was left
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(&self.all)?;
        file.as_file().lock()?;
        write(file.as_file_mut(), &note)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix("");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o700));
        }
        let folder = builder.tempdir_in(&self.all)?;
        let file = file.persist(note_of(folder.path()))?;
        Ok((folder.keep(), file))
    }

    /// The lock of the folder that this file is in, to be held by one more; `None` where it is in none.
    pub(super) fn lock_of(&self, path: &Path) -> Option<File> {
        let held = self.held();
        held.get(path.parent()?)?.try_clone().ok()
    }

    /// Removes a folder with what is in it.
    pub(super) fn remove(&self, folder: &Path) {
        // only what was made here
        let Some(_lock) = self.held().remove(folder) else {
            return;
        };
        let removed = fs::remove_dir_all(folder).and_then(|()| fs::remove_file(note_of(folder)));
        if let Err(error) = removed {
            tracing::warn!("could not remove {}: {error}", shown_path(folder));
        }
    }

    /// Looks at what runs have left that were broken off: what holds nothing that the server has not is
    /// removed, what somebody changed, or may have, is told.
    pub(super) fn left(&self) -> Vec<Left> {
        let Ok(entries) = fs::read_dir(&self.all) else {
            return Vec::new();
        };
        let notes = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let notes = notes.filter(|path| path.extension().is_some_and(|end| end == ENDING));
        let mut left: Vec<Left> = notes.filter_map(|path| look(&path)).collect();
        left.sort_by(|a, b| a.folder.cmp(&b.folder));
        left
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<PathBuf, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes what the copy is that a program gets first; what it gets later may be somebody's work.
pub(super) fn note_fetched(lock: &mut File, print: Print) -> io::Result<()> {
    let mut note = read(lock)?;
    if note.fetched.is_some() {
        return Ok(());
    }
    note.fetched = Some(print);
    write(lock, &note)
}

/// The file of a folder.
fn note_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(ENDING);
    name.into()
}

fn look(path: &Path) -> Option<Left> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    // somebody works in it
    file.try_lock().ok()?;
    let folder = path.with_extension("");
    // one that was written while the power went says nothing: what is there may be anything
    let note = read(&mut file).unwrap_or_else(|_| Note {
        of: "a file of a server".to_owned(),
        fetched: None,
    });
    let entries: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(_) => return None,
    };
    match (&entries[..], note.fetched) {
        ([], _) => {}
        // the queue has it and offers it
        (parts, None) if parts.iter().all(|path| is_part(path)) => return None,
        ([copy], Some(print)) if is_as_fetched(copy, print) => {
            // one by one: what has come in between stays
            fs::remove_file(copy).ok()?;
        }
        _ => {
            return Some(Left { of: note.of, folder });
        }
    }
    match fs::remove_dir(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {}
        _ => drop(fs::remove_file(path)),
    }
    None
}

fn is_part(path: &Path) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes);
    name.is_some_and(|name| Origin::of(name).is_some())
}

fn is_as_fetched(copy: &Path, print: Print) -> bool {
    let same_size = fs::symlink_metadata(copy).is_ok_and(|m| m.is_file() && m.len() == print.size);
    same_size && fingerprint(copy).is_ok_and(|now| now == print)
}

fn read(file: &mut File) -> io::Result<Note> {
    let mut text = String::new();
    file.rewind()?;
    file.take(LONGEST).read_to_string(&mut text)?;
    serde_json::from_str(&text).map_err(io::Error::other)
}

fn write(file: &mut File, note: &Note) -> io::Result<()> {
    let text = serde_json::to_string(note).map_err(io::Error::other)?;
    file.rewind()?;
    file.write_all(text.as_bytes())?;
    file.set_len(text.len() as u64)?;
    file.sync_data()
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::model::part_name::part_name;

    fn notes(all: &Path) -> usize {
        fs::read_dir(all).unwrap().count()
    }

    /// A folder with a copy in it that was fetched for an editor.
    fn fetched(edited: &Edited, text: &str) -> PathBuf {
        let folder = edited.make("web:/f".into()).unwrap();
        let copy = folder.join("f");
        fs::write(&copy, text).unwrap();
        let mut lock = edited.lock_of(&copy).unwrap();
        note_fetched(&mut lock, fingerprint(&copy).unwrap()).unwrap();
        folder
    }

    #[test]
    fn folders_are_private_and_go_again() {
        let home = tempfile::tempdir().unwrap();
        let all = home.path().join("state/edited");
        let edited = Edited::at(all.clone());
        let one = edited.make("one".into()).unwrap();
        let other = edited.make("other".into()).unwrap();
        assert_ne!(one, other);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for folder in [&one, &other, &all] {
            assert_eq!(mode(folder), 0o700);
        }
        assert_eq!(mode(&note_of(&one)), 0o600);
        fs::write(one.join("f"), "x").unwrap();
        edited.remove(&one);
        edited.remove(home.path());
        assert!(!one.exists() && other.exists(), "only what was made here goes");
        assert_eq!(notes(&all), 2);
    }

    #[test]
    fn what_is_in_use_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let edited = Edited::at(home.path().to_owned());
        let folder = fetched(&edited, "text");
        let another = Edited::at(home.path().to_owned());
        assert_eq!(another.left(), []);
        // the run is killed, its editor lives
        let of_the_editor = edited.lock_of(&folder.join("f")).unwrap();
        drop(edited);
        assert_eq!(another.left(), []);
        assert!(folder.join("f").exists());
        drop(of_the_editor);
        assert_eq!(another.left(), []);
        assert_eq!(notes(home.path()), 0, "as it was fetched: the server has it");
    }

    #[test]
    fn what_was_changed_is_told_as_long_as_it_is_there() {
        let home = tempfile::tempdir().unwrap();
        let edited = Edited::at(home.path().to_owned());
        let (changed, recovered) = (fetched(&edited, "text"), fetched(&edited, "text"));
        // of the same length, so that only its content tells
        fs::write(changed.join("f"), "teXt").unwrap();
        // what an editor keeps of what was not saved
        fs::write(recovered.join(".f.swp"), "typed").unwrap();
        drop(edited);
        let later = Edited::at(home.path().to_owned());
        for _ in 0..2 {
            let left = later.left();
            let folders: Vec<&PathBuf> = left.iter().map(|left| &left.folder).collect();
            assert!(folders.contains(&&changed) && folders.contains(&&recovered) && folders.len() == 2);
            assert!(left.iter().all(|left| left.of == "web:/f"));
        }
        fs::remove_dir_all(&changed).unwrap();
        fs::remove_dir_all(&recovered).unwrap();
        assert_eq!(later.left(), []);
        assert_eq!(notes(home.path()), 0);
    }

    #[test]
    fn what_the_queue_offers_is_left_to_it_and_what_cannot_be_read_is_told() {
        let home = tempfile::tempdir().unwrap();
        let edited = Edited::at(home.path().to_owned());
        let origin = Origin {
            installation: 1,
            run: 2,
            job: 3,
            source: 4,
        };
        let folder = edited.make("web:/f".into()).unwrap();
        let part = folder.join(std::str::from_utf8(&part_name(b"f", &origin)).unwrap());
        fs::write(&part, "half").unwrap();
        let unreadable = fetched(&edited, "text");
        fs::write(note_of(&unreadable), "no note").unwrap();
        // killed between its end and the editor
        let whole = edited.make("web:/whole".into()).unwrap();
        fs::write(whole.join("whole"), "whole").unwrap();
        let empty = edited.make("web:/g".into()).unwrap();
        drop(edited);
        let left = Edited::at(home.path().to_owned()).left();
        let left: Vec<(&str, &Path)> = left.iter().map(|l| (l.of.as_str(), l.folder.as_path())).collect();
        assert_eq!(left.len(), 2);
        assert!(
            left.contains(&("a file of a server", &unreadable)) && left.contains(&("web:/whole", &whole))
        );
        assert!(part.exists() && unreadable.join("f").exists() && whole.join("whole").exists());
        assert!(!empty.exists());
    }

    #[test]
    fn what_was_kept_is_not_taken_for_what_was_fetched_when_it_is_looked_at_again() {
        let home = tempfile::tempdir().unwrap();
        let edited = Edited::at(home.path().to_owned());
        let folder = fetched(&edited, "text");
        let copy = folder.join("f");
        fs::write(&copy, "changed, and not sent back").unwrap();
        let mut lock = edited.lock_of(&copy).unwrap();
        note_fetched(&mut lock, fingerprint(&copy).unwrap()).unwrap();
        drop((edited, lock));
        assert_eq!(Edited::at(home.path().to_owned()).left().len(), 1);
        assert!(copy.exists());
    }
}
