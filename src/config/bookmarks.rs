//! Bookmarks of folders: `bookmarks.toml`, one `[[bookmark]]` table each, in the order they were made.
//!
//! Every change is made to the file as it is at that moment, under a lock, and a file that cannot be
//! understood is never written over.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::mistake::Mistake;
use super::store;
use crate::model::failure::{Class, Failure};
use crate::model::nearest::did_you_mean;
use crate::model::text::system_says;

/// A folder one wants to come back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bookmark {
    /// The saved server's name, or the URL of one that is not saved; `None` for this machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Its absolute path.
    pub folder: Folder,
}

/// A path as the file has it: TOML holds text only, paths are bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Folder {
    /// UTF-8.
    Text(String),
    /// What is none, byte by byte.
    Bytes(Vec<u8>),
}

impl Folder {
    /// From the bytes of a path.
    pub fn new(path: &[u8]) -> Self {
        match std::str::from_utf8(path) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Bytes(path.to_vec()),
        }
    }

    /// The bytes of the path.
    pub fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// One change to the bookmarks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A new one; one that is there already stays.
    Add(Bookmark),
    /// This one goes.
    Remove(Bookmark),
    /// The saved server of the first name has got the second.
    RenameServer(String, String),
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    bookmark: Vec<Bookmark>,
}

/// The bookmarks of the file; none where there is no file.
///
/// # Errors
///
/// When it cannot be read, or is none of ours: with the line and the nearest right word.
pub fn load(path: &Path) -> Result<Vec<Bookmark>, Failure> {
    let shown = path.display().to_string();
    let failed = |why: String| {
        Failure::new(Class::Local, "The bookmarks cannot be read", why)
            .hint("Correct the file, or move it away; it is not written to until then.")
    };
    let Some(text) = store::read(path).map_err(|e| failed(format!("{shown}: {}", system_says(&e))))? else {
        return Ok(Vec::new());
    };
    let written: Written = toml::from_str(&text).map_err(|error| {
        let byte = error.span().map_or(0, |span| span.start);
        let word = error.message().split('`').nth(1).unwrap_or_default();
        let near = match error.message().starts_with("unknown field") {
            true => did_you_mean(word, ["bookmark", "server", "folder"]),
            false => String::new(),
        };
        let why = format!("{}{near}", error.message().trim_end());
        failed(Mistake::at(&text, &shown, byte, why).to_string())
    })?;
    Ok(written.bookmark)
}

/// Makes a change; gives the bookmarks as they are then.
///
/// # Errors
///
/// When the file cannot be read or written; it is as it was then.
pub fn change(path: &Path, change: &Change) -> Result<Vec<Bookmark>, Failure> {
    let failed = |e: std::io::Error| {
        let why = format!("{}: {}", path.display(), system_says(&e));
        Failure::new(Class::Local, "The bookmarks cannot be written", why)
    };
    let _lock = store::lock(path).map_err(failed)?;
    let before = load(path)?;
    let mut all = before.clone();
    match change {
        Change::Add(bookmark) if all.contains(bookmark) => {}
        Change::Add(bookmark) => all.push(bookmark.clone()),
        Change::Remove(bookmark) => all.retain(|b| b != bookmark),
        Change::RenameServer(old, new) => {
            for bookmark in all.iter_mut().filter(|b| b.server.as_ref() == Some(old)) {
                bookmark.server = Some(new.clone());
            }
        }
    }
    if all == before {
        return Ok(all);
    }
    let written = Written { bookmark: all };
    let text = toml::to_string(&written).map_err(|e| failed(std::io::Error::other(e)))?;
    store::write(path, text.as_bytes()).map_err(failed)?;
    Ok(written.bookmark)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(server: Option<&str>, folder: &[u8]) -> Bookmark {
        Bookmark {
            server: server.map(str::to_owned),
            folder: Folder::new(folder),
        }
    }

    #[test]
    fn made_read_back_renamed_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/bookmarks.toml");
        assert_eq!(load(&path).unwrap(), []);
        let (here, there) = (mark(None, b"/home/me"), mark(Some("web"), b"/srv/caf\xe9"));
        for bookmark in [&here, &there, &here] {
            change(&path, &Change::Add(bookmark.clone())).unwrap();
        }
        assert_eq!(load(&path).unwrap(), [here.clone(), there.clone()]);
        let renamed = change(&path, &Change::RenameServer("web".into(), "www".into())).unwrap();
        assert_eq!(renamed[1], mark(Some("www"), b"/srv/caf\xe9"));
        assert_eq!(change(&path, &Change::Remove(here)).unwrap().len(), 1);
        assert_eq!(
            change(&path, &Change::Remove(there)).unwrap().len(),
            1,
            "it has another name now"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_with_a_mistake_is_said_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bookmarks.toml");
        let text = "[[bookmark]]\nfolder = '/a'\nservr = 'web'\n";
        std::fs::write(&path, text).unwrap();
        let failure = change(&path, &Change::Add(mark(None, b"/b")))
            .unwrap_err()
            .to_string();
        assert!(
            failure.contains("line 3") && failure.contains("did you mean 'server'?"),
            "{failure}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        std::fs::write(&path, "[[bookmarks]]\nfolder = '/a'\n").unwrap();
        let failure = load(&path).unwrap_err().to_string();
        assert!(
            failure.contains("line 1") && failure.contains("'bookmark'"),
            "{failure}"
        );
    }
}
