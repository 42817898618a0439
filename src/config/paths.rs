//! Where files live.

use std::path::{Path, PathBuf};

use crate::model::failure::{Class, Failure};

/// The variable that names another configuration folder: for portable use and for tests.
pub const FOLDER_VARIABLE: &str = "FTPANE_CONFIG_DIR";

/// The configuration folder and the files in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    folder: PathBuf,
}

impl Paths {
    /// `$FTPANE_CONFIG_DIR` if it is set, else where confy keeps configurations: with XDG
    /// `$XDG_CONFIG_HOME/ftpane`, which is `~/.config/ftpane`.
    ///
    /// # Errors
    ///
    /// When this user has no home folder.
    pub fn find() -> Result<Self, Failure> {
        if let Some(folder) = std::env::var_os(FOLDER_VARIABLE).filter(|f| !f.is_empty()) {
            return Ok(Self::in_folder(folder));
        }
        let file = confy::get_configuration_file_path("ftpane", "servers").map_err(|e| {
            Failure::new(Class::Local, "No configuration folder", e.to_string())
                .hint(format!("Set HOME, or {FOLDER_VARIABLE} to a folder of your own"))
        })?;
        Ok(Self::in_folder(file.parent().unwrap_or(Path::new("."))))
    }

    /// Everything in this folder.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// The folder itself; it is made by the first save.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The person's own keys, laid over the default ones.
    pub fn keymap(&self) -> PathBuf {
        self.folder.join("keymap.toml")
    }

    /// The person's own theme.
    pub fn theme(&self) -> PathBuf {
        self.folder.join("theme.toml")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_lie_in_the_folder() {
        let paths = Paths::in_folder("/x");
        assert_eq!(paths.servers(), Path::new("/x/servers.toml"));
    }
}
