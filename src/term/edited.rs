//! The private folders in which files of servers are edited, and what broken-off runs have left in them.
//!
//! Beside each folder lies a file, `NAME.edit`, that says what the folder is for. It is locked as long as
//! somebody uses the folder: this program, and the editor it has started, which may outlive it. The
//! operating system lets go of the lock when the last of them has ended, however that happens. Where the
//! file system has no locks, the file names the process that made it, and nothing is removed by a later run.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::program::{Print, fingerprint};
use crate::config::store::make_private_folder;
use crate::model::failure::{Class, Failure};
use crate::model::part_name::Origin;
use crate::model::text::{shown_path, system_says};

/// What the name of a folder's file ends in.
const ENDING: &str = "edit";

/// No such file is longer: it holds the path of one file.
const LONGEST: u64 = 64 * 1024;

/// What the name of a file begins with that is being made.
const NEW: &str = ".new-";

/// A file that is older is not being made any more: whoever began it was killed.
const MADE_AT_ONCE: Duration = Duration::from_secs(24 * 60 * 60);

/// How a file is locked; an error says that its file system has no locks.
type Lock = fn(&File) -> Result<(), TryLockError>;

/// The private folders of one person.
#[derive(Debug, Clone)]
pub(super) struct Edited {
    all: PathBuf,
    lock: Lock,
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
    /// What it was when the program gave back the terminal: this is what is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    returned: Option<Print>,
    /// The process that has the folder, where no lock could say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    process: Option<u32>,
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
            lock: File::try_lock,
            held: Arc::default(),
        }
    }

    /// Makes a folder that only this person can look into, for a copy of this.
    pub(super) fn make(&self, of: String) -> Result<PathBuf, Failure> {
        let made = self.make_locked(of);
        let what = || format!("Could not make a folder in {}", shown_path(&self.all));
        let (folder, file) = made.map_err(|e| Failure::new(Class::Local, what(), system_says(&e)))?;
        self.held().insert(folder.clone(), file);
        Ok(folder)
    }

    fn make_locked(&self, of: String) -> io::Result<(PathBuf, File)> {
        make_private_folder(&self.all)?;
        // locked before it has its name: nobody may take it for one that was left
        let mut file = tempfile::Builder::new().prefix(NEW).tempfile_in(&self.all)?;
        let is_locked = (self.lock)(file.as_file()).is_ok();
        let note = Note {
            of,
            fetched: None,
            returned: None,
            process: (!is_locked).then(std::process::id),
        };
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

    /// Removes a folder with what is in it; what is to be said where a program has it still.
    ///
    /// An editor that has a window of its own may let go of the terminal at once and work on. It has
    /// inherited the lock: then the folder is left to a later run, which looks at it.
    pub(super) fn remove(&self, folder: &Path) -> Option<Failure> {
        // only what was made here
        drop(self.held().remove(folder)?);
        let note = note_of(folder);
        let anew = OpenOptions::new().read(true).write(true).open(&note);
        let locked = anew.as_ref().ok().map(|file| (self.lock)(file));
        if let Some(Err(TryLockError::WouldBlock)) = locked {
            if let Some(Err(error)) = anew.ok().map(|mut file| note_sent(&mut file)) {
                tracing::warn!("not noted what was sent back: {error}");
            }
            return Some(still_open(folder));
        }
        let removed = fs::remove_dir_all(folder).and_then(|()| fs::remove_file(note));
        if let Err(error) = removed {
            tracing::warn!("could not remove {}: {error}", shown_path(folder));
        }
        None
    }

    /// Looks at what runs have left that were broken off: what holds nothing that the server has not is
    /// removed, what somebody changed, or may have, is told.
    pub(super) fn left(&self) -> Vec<Left> {
        let Ok(entries) = fs::read_dir(&self.all) else {
            return Vec::new();
        };
        let paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        let (notes, others): (Vec<_>, Vec<_>) = paths
            .into_iter()
            .partition(|path| path.extension().is_some_and(|end| end == ENDING));
        others.iter().filter(|path| is_given_up(path)).for_each(|path| {
            if let Err(error) = fs::remove_file(path) {
                tracing::warn!("could not remove {}: {error}", shown_path(path));
            }
        });
        let mut left: Vec<Left> = notes.iter().filter_map(|path| look(path, self.lock)).collect();
        left.sort_by(|a, b| a.folder.cmp(&b.folder));
        left
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<PathBuf, File>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said of copies that earlier runs have left.
pub(super) fn told(left: &[Left]) -> Option<Failure> {
    const NAMED: usize = 3;
    let named = left.iter().take(NAMED);
    let named = named.map(|left| format!("{} in {}", left.of, shown_path(&left.folder)));
    let more = left.len().saturating_sub(NAMED);
    let more = (more > 0).then(|| format!("and {more} more beside them"));
    let all: Vec<String> = named.chain(more).collect();
    let what = "Edited copies of files of servers are still here";
    let why = format!("an earlier run has ended with them: {}", all.join(", "));
    let hint = "Send back what is wanted, with 'ftpane put' or from the panes, if the queue does not, and remove the folders.";
    (!left.is_empty()).then(|| Failure::new(Class::Local, what, why).hint(hint))
}

/// What is said of a folder that a program has still after it gave back the terminal.
fn still_open(folder: &Path) -> Failure {
    let what = "The editor has its copy still";
    let why = format!(
        "it gave back the terminal at once and works on; what it saves now is not sent, and stays in {}",
        shown_path(folder)
    );
    let hint =
        "Set VISUAL so that it waits until the file is closed: 'gvim -f', 'code --wait', 'emacsclient'.";
    Failure::new(Class::Local, what, why).hint(hint)
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

/// Notes what a program has left, which is sent from here on; what it writes later is not.
pub(super) fn note_returned(copy: &Path, print: Print) -> io::Result<()> {
    let note = note_of(copy.parent().unwrap_or(copy));
    let mut file = OpenOptions::new().read(true).write(true).open(note)?;
    let note = Note {
        returned: Some(print),
        ..read(&mut file)?
    };
    write(&mut file, &note)
}

/// Notes that the server has what the program left: only what it has written since is somebody's work.
fn note_sent(file: &mut File) -> io::Result<()> {
    let note = read(file)?;
    let fetched = note.returned.or(note.fetched);
    write(file, &Note { fetched, ..note })
}

/// The file of a folder.
fn note_of(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(ENDING);
    name.into()
}

fn look(path: &Path, lock: Lock) -> Option<Left> {
    let mut file = OpenOptions::new().read(true).write(true).open(path).ok()?;
    let is_locked = match lock(&file) {
        Ok(()) => true,
        // somebody works in it
        Err(TryLockError::WouldBlock) => return None,
        Err(TryLockError::Error(_)) => false,
    };
    let folder = path.with_extension("");
    // one that was written while the power went says nothing: what is there may be anything
    let note = read(&mut file).unwrap_or_else(|_| Note {
        of: "a file of a server".to_owned(),
        fetched: None,
        returned: None,
        process: None,
    });
    match note.process {
        Some(process) if is_alive(process) => return None,
        // its holder may have a lock that is not seen from here
        None if !is_locked => return None,
        _ => {}
    }
    let entries: Vec<PathBuf> = match fs::read_dir(&folder) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(_) => return None,
    };
    match (&entries[..], note.fetched) {
        ([], _) if is_locked => {}
        ([], _) => return None,
        // the queue has it and offers it
        (parts, None) if parts.iter().all(|path| is_part(path)) => return None,
        ([copy], Some(print)) if is_as_fetched(copy, print) => {
            // an editor without a lock may have it still
            if !is_locked {
                return None;
            }
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

/// Whether this is a file that somebody began to make and was killed.
fn is_given_up(path: &Path) -> bool {
    let name = path.file_name().map(std::ffi::OsStr::as_encoded_bytes);
    let is_new = name.is_some_and(|name| name.starts_with(NEW.as_bytes()));
    let age = || fs::symlink_metadata(path).ok()?.modified().ok()?.elapsed().ok();
    is_new && age().is_some_and(|age| age > MADE_AT_ONCE)
}

/// Whether a process of this number lives; where that cannot be known it may.
fn is_alive(process: u32) -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, test_kill_process};
        let number = i32::try_from(process).ok().and_then(Pid::from_raw);
        number.is_some_and(|pid| test_kill_process(pid) != Err(rustix::io::Errno::SRCH))
    }
    #[cfg(not(unix))]
    true
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

#[cfg(all(test, unix))]
mod tests;
