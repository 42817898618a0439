//! Where files live.

use std::path::{Path, PathBuf};

use crate::model::failure::{Class, Failure};

/// The variable that names another configuration folder: for portable use and for tests.
pub const FOLDER_VARIABLE: &str = "FTPANE_CONFIG_DIR";

/// The configuration folder, the state folder, and the files in them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    folder: PathBuf,
    state: PathBuf,
    /// Folders that hold for all users of the machine, the most important one last.
    shared: Vec<PathBuf>,
}

impl Paths {
    /// `$FTPANE_CONFIG_DIR` if it is set, for all of them and instead of the system's, else where confy keeps configurations: with XDG
    /// `$XDG_CONFIG_HOME/ftpane`, which is `~/.config/ftpane`.
    ///
    /// # Errors
    ///
    /// When this user has no home folder.
    pub fn find() -> Result<Self, Failure> {
        if let Some(folder) = std::env::var_os(FOLDER_VARIABLE).filter(|f| !f.is_empty()) {
            return Ok(Self::in_folder(folder));
        }
        // it fails only where neither HOME nor the system's list of users names a home
        let file = confy::get_configuration_file_path("ftpane", "servers").map_err(|_| {
            Failure::new(
                Class::Local,
                "No configuration folder",
                "this user has no home folder",
            )
            .hint(format!("Set HOME, or {FOLDER_VARIABLE} to a folder of your own"))
        })?;
        let folder = file.parent().unwrap_or(Path::new("."));
        Ok(Self {
            folder: folder.to_owned(),
            state: state_folder().unwrap_or_else(|| folder.to_owned()),
            shared: shared_folders(),
        })
    }

    /// Everything in this folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        Self {
            state: folder.clone(),
            folder,
            shared: Vec::new(),
        }
    }

    /// The folder itself; it is made by the first save.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The settings: the system's, and the person's own at last, which goes over them.
    pub fn settings(&self) -> Vec<PathBuf> {
        let folders = self.shared.iter().chain([&self.folder]);
        folders.map(|folder| folder.join("config.toml")).collect()
    }

    /// The person's own keys, laid over the default ones.
    pub fn keymap(&self) -> PathBuf {
        self.folder.join("keymap.toml")
    }

    /// Every file of keys: the system's, and the person's own at last, which goes over them.
    pub fn keymaps(&self) -> Vec<PathBuf> {
        let shared = self.shared.iter().map(|folder| folder.join("keymap.toml"));
        shared.chain([self.keymap()]).collect()
    }

    /// The person's own theme.
    pub fn theme(&self) -> PathBuf {
        self.folder.join("theme.toml")
    }

    /// The bookmarked folders.
    pub fn bookmarks(&self) -> PathBuf {
        self.folder.join("bookmarks.toml")
    }

    /// The folders of themes to choose from besides the shipped ones: the person's own, then the system's.
    pub fn themes(&self) -> Vec<PathBuf> {
        let folders = [&self.folder].into_iter().chain(self.shared.iter().rev());
        folders.map(|folder| folder.join("themes")).collect()
    }

    /// The servers on which mode `auto` begins with active mode.
    pub fn active_first(&self) -> PathBuf {
        self.state.join("active-first")
    }

    /// When each server was last used.
    pub fn last_used(&self) -> PathBuf {
        self.state.join("last-used")
    }

    /// The folder of the queues that running instances keep.
    pub fn queue(&self) -> PathBuf {
        self.state.join("queue")
    }

    /// The folder of the private folders in which files of servers are edited.
    pub fn edited(&self) -> PathBuf {
        self.state.join("edited")
    }

    /// The encrypted store of passwords.
    pub fn secrets(&self) -> PathBuf {
        self.folder.join("secrets.store")
    }

    /// The saved servers.
    pub fn servers(&self) -> PathBuf {
        self.folder.join("servers.toml")
    }
}

/// Where programs keep what they remember by themselves: `$XDG_STATE_HOME/ftpane`, which is
/// `~/.local/state/ftpane` (XDG Base Directory Specification 0.8; confy knows no such folder).
fn state_folder() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    // a relative one is to be ignored, says the specification
    let state = folder("XDG_STATE_HOME").filter(|f| f.is_absolute());
    let state = state.or_else(|| Some(folder("HOME")?.join(".local/state")));
    state.filter(|_| cfg!(unix)).map(|f| f.join("ftpane"))
}

/// Where settings for all users lie: `ftpane` in each of `$XDG_CONFIG_DIRS`, `/etc/xdg` where it
/// is not set (XDG Base Directory Specification 0.8), of which the first goes over the others.
fn shared_folders() -> Vec<PathBuf> {
    if !cfg!(unix) {
        return Vec::new();
    }
    let list = std::env::var_os("XDG_CONFIG_DIRS").filter(|list| !list.is_empty());
    let list = list.unwrap_or_else(|| "/etc/xdg".into());
    let mut folders: Vec<PathBuf> = std::env::split_paths(&list)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join("ftpane"))
        .collect();
    folders.reverse();
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_in_the_folder() {
        let paths = Paths::in_folder("/x");
        assert_eq!(paths.servers(), Path::new("/x/servers.toml"));
        assert_eq!(paths.active_first(), Path::new("/x/active-first"));
    }
}
