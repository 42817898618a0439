//! The runs of this program that share a state folder: which of them live, and what the others have
//! left behind.
//!
//! Each run has a file of its own, `NUMBER.journal`, and holds it locked as long as it lives. A file
//! that nobody holds was left by a run that did not come to its end; a run that did has removed it.
//! The operating system lets go of a lock when the process ends, however that happens.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// What the name of a run's file ends in.
const ENDING: &str = ".journal";

/// The same where its log is damaged, and kept for a person to look at.
const DAMAGED: &str = "damaged";

/// How much of a first line is read; it holds three words.
const FIRST: u64 = 64 * 1024;

/// What has become of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It goes on.
    Alive,
    /// It came to its end, and has left nothing behind that it has not told.
    Over,
    /// It was broken off.
    Broken,
}

/// The folder that the runs of one installation share.
#[derive(Debug)]
pub(crate) struct Runs {
    folder: PathBuf,
    installation: u32,
}

/// A run whose file is held: this one, or one that was broken off.
#[derive(Debug)]
pub(crate) struct Run {
    number: u32,
    path: PathBuf,
    /// Locked; at its beginning.
    pub(crate) file: File,
}

impl Runs {
    /// The runs of this folder; it is made where it is missing, for this user alone.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder)?;
        Ok(Self {
            installation: installation(&folder.join("installation"))?,
            folder: folder.to_path_buf(),
        })
    }

    /// The number that every temporary name of this installation bears.
    pub(crate) fn installation(&self) -> u32 {
        self.installation
    }

    /// Begins a run: its file is empty, and held.
    pub(crate) fn begin(&self) -> io::Result<Run> {
        loop {
            let number = random();
            let path = self.path(number);
            // locked before it has its name: nobody may take it for one that was left
            let file = tempfile::Builder::new()
                .prefix(".new-")
                .tempfile_in(&self.folder)?;
            file.as_file().try_lock().map_err(refused)?;
            match file.persist_noclobber(&path) {
                Ok(file) => return Ok(Run { number, path, file }),
                Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error.error),
            }
        }
    }

    /// What has become of a run.
    pub(crate) fn fate(&self, run: u32) -> io::Result<Fate> {
        let file = match File::open(self.path(run)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Fate::Over),
            Err(error) => return Err(error),
        };
        // shared, so that two who look do not take each other for the run
        match file.try_lock_shared() {
            Ok(()) => Ok(Fate::Broken),
            Err(TryLockError::WouldBlock) => Ok(Fate::Alive),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The first line of a run's file, without its end.
    pub(crate) fn first_line(&self, run: u32) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let file = File::open(self.path(run))?.take(FIRST);
        BufReader::new(file).read_until(b'\n', &mut line)?;
        Ok(line.trim_ascii_end().to_vec())
    }

    /// The runs that were broken off, in no order.
    pub(crate) fn broken(&self) -> io::Result<Vec<u32>> {
        let mut broken = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(ENDING));
            let number = number.filter(|digits| digits.len() == 8);
            let Some(number) = number.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
                continue;
            };
            if self.fate(number)? == Fate::Broken {
                broken.push(number);
            }
        }
        Ok(broken)
    }

    /// Takes hold of a run that was broken off; `None` where somebody else has, or it is no more.
    pub(crate) fn take(&self, run: u32) -> io::Result<Option<Run>> {
        let path = self.path(run);
        let file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        // whoever held it before may have removed it
        let held = Run {
            number: run,
            path,
            file,
        };
        Ok(held.is_there().then_some(held))
    }

    fn path(&self, run: u32) -> PathBuf {
        self.folder.join(format!("{run:08x}{ENDING}"))
    }
}

impl Run {
    /// The number that every temporary name of this run bears.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Goes on to hold it, but in such a way that it counts as [`Fate::Broken`]: what it has left on
    /// the disk and on servers may be used. `false` where another took it meanwhile.
    pub(crate) fn share(&self) -> io::Result<bool> {
        match self.file.try_lock_shared() {
            Ok(()) => Ok(self.is_there()),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Gives its file another name, at which no run looks any more; which one.
    pub(crate) fn set_aside(self) -> io::Result<PathBuf> {
        let aside = self.path.with_extension(DAMAGED);
        fs::rename(&self.path, &aside)?;
        Ok(aside)
    }

    /// Removes its file: the run has come to its end.
    pub(crate) fn end(self) -> io::Result<()> {
        fs::remove_file(&self.path)
    }

    #[cfg(unix)]
    fn is_there(&self) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        match (self.file.metadata(), fs::metadata(&self.path)) {
            (Ok(held), Ok(named)) => (held.dev(), held.ino()) == (named.dev(), named.ino()),
            _ => false,
        }
    }

    /// A file that is open cannot be removed here.
    #[cfg(not(unix))]
    fn is_there(&self) -> bool {
        true
    }
}

/// The installation's number, made up the first time.
fn installation(path: &Path) -> io::Result<u32> {
    for _ in 0..2 {
        let mut text = String::new();
        match File::open(path) {
            Ok(file) => {
                file.take(64).read_to_string(&mut text)?;
                let number = u32::from_str_radix(text.trim(), 16);
                return number.map_err(|_| io::Error::other("the file 'installation' holds no number"));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
        writeln!(file, "{:08x}", random())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(path) {
            // another run was quicker: its number is the one
            Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
            _ => {}
        }
    }
    Err(io::Error::other("the file 'installation' comes and goes"))
}

/// Random by the hasher's keys: nothing here has to be secret.
fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().hash_one(std::process::id()).to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn refused(error: TryLockError) -> io::Error {
    match error {
        TryLockError::WouldBlock => io::ErrorKind::WouldBlock.into(),
        TryLockError::Error(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_know_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("queue");
        let runs = Runs::open(&folder).unwrap();
        let again = Runs::open(&folder).unwrap();
        assert_eq!(runs.installation(), again.installation());

        let (a, b) = (runs.begin().unwrap(), runs.begin().unwrap());
        let (first, second) = (a.number(), b.number());
        assert_ne!(first, second);
        assert_eq!(again.fate(first).unwrap(), Fate::Alive);
        assert!(again.broken().unwrap().is_empty());
        assert!(again.take(first).unwrap().is_none(), "a living run is left alone");

        drop(a);
        assert_eq!(again.fate(first).unwrap(), Fate::Broken);
        assert_eq!(again.broken().unwrap(), [first]);
        let taken = again.take(first).unwrap().unwrap();
        assert_eq!(runs.fate(first).unwrap(), Fate::Alive);
        assert!(runs.take(first).unwrap().is_none(), "only one takes it");
        assert!(taken.share().unwrap());
        assert_eq!(runs.fate(first).unwrap(), Fate::Broken);
        assert!(runs.take(first).unwrap().is_none(), "it is held all the same");
        taken.end().unwrap();
        assert_eq!(runs.fate(first).unwrap(), Fate::Over);
        assert!(runs.take(first).unwrap().is_none());

        b.end().unwrap();
        let left: Vec<_> = fs::read_dir(&folder)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(left, ["installation"]);
    }

    #[test]
    fn an_installation_that_is_none_is_an_error_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("installation"), "what?").unwrap();
        assert!(Runs::open(folder.path()).is_err());
        assert_eq!(fs::read(folder.path().join("installation")).unwrap(), b"what?");
    }
}
