//! The person's own editor and pager, and the private folders they work in.

use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::{keyboard, tty};
use crate::app::errand::{Program, Returned};
use crate::model::failure::{Class, Failure};
use crate::model::text::{escape_str, system_says};

/// What the shell says of a command that it does not find (POSIX.1, 2.8.2).
const NOT_FOUND: i32 = 127;

/// Gives the terminal to a program, and tells when it has ended. [`take_back`] is to follow.
///
/// `command` is what the settings say it is. It runs in this program's own group: whatever stops or ends it from the keyboard comes to both, as with
/// any program that a shell runs.
pub(super) fn hand_over(
    program: Program,
    command: Option<String>,
    path: PathBuf,
) -> impl Future<Output = Returned> + Send + 'static {
    keyboard::rest();
    tty::lend();
    run(program, command.unwrap_or_else(|| command_line(program)), path)
}

/// Takes the terminal again.
pub(super) fn take_back() -> io::Result<()> {
    let taken = tty::take_back();
    keyboard::wake();
    taken
}

async fn run(program: Program, command: String, path: PathBuf) -> Returned {
    let before = fingerprint(path.clone()).await;
    // the shell takes apart what a person has set, arguments and quotes included
    let mut shell = Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("{command} \"$@\""))
        .arg("sh")
        .arg(&path);
    let ended = shell.status().await;
    let after = fingerprint(path).await;
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
    let changed = matches!((&before, &after), (Ok(before), Ok(after)) if before != after);
    Returned { changed, failure }
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

/// A number for a file's content: another one says that it was changed.
async fn fingerprint(path: PathBuf) -> io::Result<u64> {
    let work = move || {
        let mut file = std::fs::File::open(path)?;
        let (mut hasher, mut buffer) = (DefaultHasher::new(), vec![0; 256 * 1024]);
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(hasher.finish()),
                n => hasher.write(&buffer[..n]),
            }
        }
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(io::Error::other)?
}

/// Makes a folder that only this person can look into, below `all`.
pub(super) fn make_private_folder(all: &Path) -> Result<PathBuf, Failure> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("");
    let made = make_private(all).and_then(|()| {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(std::fs::Permissions::from_mode(0o700));
        }
        builder.tempdir_in(all)
    });
    let folder = made.map_err(|error| {
        let what = format!(
            "Could not make a folder in {}",
            crate::model::text::shown_path(all)
        );
        Failure::new(Class::Local, what, system_says(&error))
    })?;
    Ok(folder.keep())
}

fn make_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Removes such a folder with what is in it.
pub(super) fn remove_private_folder(all: &Path, folder: &Path) {
    if folder.parent() != Some(all) {
        return;
    }
    if let Err(error) = std::fs::remove_dir_all(folder) {
        tracing::warn!(
            "could not remove {}: {error}",
            crate::model::text::shown_path(folder)
        );
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn private_folders_are_private_and_go_again() {
        let home = tempfile::tempdir().unwrap();
        let all = home.path().join("state/edited");
        let one = make_private_folder(&all).unwrap();
        let other = make_private_folder(&all).unwrap();
        assert_ne!(one, other);
        for folder in [&one, &other, &all] {
            assert_eq!(
                std::fs::metadata(folder).unwrap().permissions().mode() & 0o777,
                0o700
            );
        }
        std::fs::write(one.join("f"), "x").unwrap();
        remove_private_folder(&all, &one);
        remove_private_folder(&all, home.path());
        assert!(!one.exists() && other.exists(), "only what was made here goes");
    }

    #[tokio::test]
    async fn a_change_is_one_of_content() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("f");
        std::fs::write(&path, "one").unwrap();
        let first = fingerprint(path.clone()).await.unwrap();
        std::fs::write(&path, "one").unwrap();
        assert_eq!(fingerprint(path.clone()).await.unwrap(), first);
        std::fs::write(&path, "two").unwrap();
        assert_ne!(fingerprint(path.clone()).await.unwrap(), first);
        std::fs::remove_file(&path).unwrap();
        assert!(fingerprint(path).await.is_err());
    }
}
