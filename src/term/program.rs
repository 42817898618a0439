//! The person's own editor and pager.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

use super::edited::{note_fetched, note_returned};
use super::{keyboard, tty};
use crate::app::errand::{Program, Returned};
use crate::model::failure::{Class, Failure};
use crate::model::fnv::Fnv;
use crate::model::text::{escape_str, system_says};

/// What the shell says of a command that it does not find (POSIX.1, 2.8.2).
const NOT_FOUND: i32 = 127;

/// Gives the terminal to a program, and tells when it has ended. [`take_back`] is to follow.
///
/// `command` is what the settings say it is. `lock` is that of the private folder the file is in: the program
/// holds it as long as it runs, whatever becomes of this one. It runs in this program's own group: whatever stops or ends it from the keyboard comes to both, as with
/// any program that a shell runs.
pub(super) fn hand_over(
    program: Program,
    command: Option<String>,
    path: PathBuf,
    lock: Option<File>,
) -> impl Future<Output = Returned> + Send + 'static {
    keyboard::rest();
    tty::lend();
    run(
        program,
        command.unwrap_or_else(|| command_line(program)),
        path,
        lock,
    )
}

/// Takes the terminal again.
pub(super) fn take_back() -> io::Result<()> {
    let taken = tty::take_back();
    keyboard::wake();
    taken
}

async fn run(program: Program, command: String, path: PathBuf, mut lock: Option<File>) -> Returned {
    let before = fingerprint_of(path.clone()).await;
    if let (Some(lock), Ok(print)) = (&mut lock, &before)
        && let Err(error) = note_fetched(lock, *print)
    {
        tracing::warn!("not noted what is edited: {error}");
    }
    // the shell takes apart what a person has set, arguments and quotes included; what is pressed to
    // interrupt the program does not end the shell, which tells when that one has ended
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("trap : INT QUIT; {command} \"$@\""))
        .arg("sh")
        .arg(&path);
    let is_private = lock.is_some();
    lock.as_ref().inspect(|lock| lend(lock));
    let started = shell.spawn();
    // from here on it is the program's own
    drop(lock);
    let ended = match started {
        Ok(mut program) => program.wait().await,
        Err(error) => Err(error),
    };
    let after = fingerprint_of(path.clone()).await;
    if let (true, Ok(print)) = (is_private, &after)
        && let Err(error) = note_returned(&path, *print)
    {
        tracing::warn!("not noted what was edited: {error}");
    }
    let what = format!("The {} did not do its work", program.word());
    let said = escape_str(&command);
    let hint = match program {
        Program::Editor => "Set VISUAL or EDITOR to the editor you want.",
        Program::Pager => "Set PAGER to the pager you want.",
    };
    let failed = |why: String| Some(Failure::new(Class::Local, what, why).hint(hint));
    let failure = match ended {
        Ok(status) if status.success() => match &after {
            Err(error) => failed(format!(
                "the file is gone, or cannot be read: {}",
                system_says(error)
            )),
            Ok(_) => None,
        },
        Ok(status) if status.code() == Some(NOT_FOUND) => failed(format!("'{said}' is not to be found")),
        Ok(status) => failed(format!("'{said}' ended with {status}")),
        Err(error) => failed(format!("'{said}' could not be started: {}", system_says(&error))),
    };
    let changed = match (&before, &after) {
        (Ok(before), Ok(after)) => before != after,
        // something else is in its place; what is gone is not kept
        (Ok(_), Err(error)) => error.kind() != io::ErrorKind::NotFound,
        (Err(_), _) => false,
    };
    let unsaved = is_private && !is_alone(path).await;
    Returned {
        changed,
        unsaved,
        failure,
    }
}

/// The same on a thread of its own.
async fn is_alone(path: PathBuf) -> bool {
    let alone = move || lies_alone(&path);
    tokio::task::spawn_blocking(alone).await.unwrap_or(false)
}

/// Whether nothing lies beside a file that somebody may want: no recovery file of an editor that was killed, nothing
/// that was saved under another name. What ends in `~` is what the file was before, as editors keep it.
fn lies_alone(path: &Path) -> bool {
    let Some(folder) = path.parent() else {
        return true;
    };
    let is_known = |entry: io::Result<std::fs::DirEntry>| {
        entry.is_ok_and(|entry| entry.path() == path || entry.file_name().as_encoded_bytes().ends_with(b"~"))
    };
    std::fs::read_dir(folder).is_ok_and(|mut entries| entries.all(is_known))
}

/// The command that a person has set, or what most systems have.
fn command_line(program: Program) -> String {
    let (variables, others): (&[&str], [&str; 2]) = match program {
        Program::Editor => (&["VISUAL", "EDITOR"], ["nano", "vi"]),
        Program::Pager => (&["PAGER"], ["less", "more"]),
    };
    let set = variables.iter().filter_map(|name| std::env::var(name).ok());
    set.into_iter()
        .find(|value| !value.trim().is_empty())
        .unwrap_or_else(|| {
            let paths = std::env::var_os("PATH").unwrap_or_default();
            let is_there =
                |name: &str| std::env::split_paths(&paths).any(|folder| folder.join(name).is_file());
            let [first, last] = others;
            if is_there(first) { first } else { last }.to_owned()
        })
}

/// Size and number of a file's content: others say that it was changed. It is written down, and compared by later versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Print {
    /// In bytes.
    pub(super) size: u64,
    hash: u64,
}

/// Reads all of a file.
pub(super) fn fingerprint(path: &Path) -> io::Result<Print> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer, mut size) = (Fnv::default(), vec![0; 256 * 1024], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            n => {
                hash.add(&buffer[..n]);
                size += n as u64;
            }
        }
    }
    let hash = hash.number();
    Ok(Print { size, hash })
}

/// The same on a thread of its own.
async fn fingerprint_of(path: PathBuf) -> io::Result<Print> {
    tokio::task::spawn_blocking(move || fingerprint(&path))
        .await
        .map_err(io::Error::other)?
}

/// Lets the next program that is started hold this lock, too; the locks of files go with their
/// descriptors.
fn lend(lock: &File) {
    #[cfg(unix)]
    if let Err(error) = rustix::io::fcntl_setfd(lock, rustix::io::FdFlags::empty()) {
        tracing::warn!("the program does not hold its folder's lock: {error}");
    }
    #[cfg(not(unix))]
    let _ = lock;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[tokio::test]
    async fn what_was_saved_under_another_name_is_seen() {
        for (does, changed, unsaved, fails) in [
            ("true", false, false, false),
            ("cp \"$1\" \"$1~\"; echo more >>", true, false, false),
            ("echo more >>", true, false, false),
            ("new=1; : > \"$1.new\"; true", false, true, false),
            ("mv \"$1\" \"$1.new\"; true", false, true, true),
            (": > \"$1.new\"; echo more >>", true, true, false),
            ("rm", false, false, true),
            ("f() { rm \"$1\"; mkdir \"$1\"; }; f", true, false, true),
            ("exit 3; true", false, false, true),
            // the shell stays to tell how it ended
            ("kill -INT $$; true", false, false, false),
        ] {
            let home = tempfile::tempdir().unwrap();
            let path = home.path().join("f");
            std::fs::write(&path, "one").unwrap();
            let lock = tempfile::tempfile().unwrap();
            io::Write::write_all(&mut &lock, br#"{"of":"web:/f","fetched":null}"#).unwrap();
            let returned = run(Program::Editor, does.to_owned(), path, Some(lock)).await;
            assert_eq!(
                (returned.changed, returned.unsaved, returned.failure.is_some()),
                (changed, unsaved, fails),
                "{does}: {:?}",
                returned.failure
            );
        }
    }

    #[test]
    fn a_change_is_one_of_content() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("f");
        std::fs::write(&path, "one").unwrap();
        let first = fingerprint(&path).unwrap();
        std::fs::write(&path, "one").unwrap();
        assert_eq!(fingerprint(&path).unwrap(), first);
        std::fs::write(&path, "two").unwrap();
        assert_ne!(fingerprint(&path).unwrap(), first);
        std::fs::remove_file(&path).unwrap();
        assert!(fingerprint(&path).is_err());
    }
}
