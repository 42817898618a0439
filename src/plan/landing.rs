//! Where things land, as with `cp -r`: from what was written to the path of each copy.

use crate::model::path::{Name, PathError, RemotePath};

/// Where a download goes, seen from the folder given by `--to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Landing {
    /// Under its own name in the folder: `get --to D url/x` makes `D/x`.
    Named(Name),
    /// Its contents straight into the folder: `get --to D url/x/`.
    Contents,
}

/// Where a download lands. `written` is the path as a person wrote it; a `/` at its end, and the
/// root itself, mean the contents.
pub fn download(source: &RemotePath, written: &[u8]) -> Landing {
    match source.name() {
        Some(name) if !written.ends_with(b"/") => Landing::Named(name),
        _ => Landing::Contents,
    }
}

/// What stands at the target of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A folder.
    Folder,
    /// Something that is no folder.
    File,
    /// Nothing.
    Nothing,
}

/// Where one source of an upload lands.
///
/// `name` is the source's own name, `None` where it has none (`.` or `/`: its contents are
/// meant). `several` sources make the target a folder, as does a `/` at the end of what was
/// `written`.
///
/// # Errors
///
/// When the target is to be a folder and is a file.
pub fn upload(
    name: Option<&Name>,
    target: &RemotePath,
    written: &[u8],
    standing: Standing,
    several: bool,
) -> Result<RemotePath, NoFolder> {
    let must_be_folder = several || written.ends_with(b"/") || target.is_root();
    if must_be_folder && standing == Standing::File {
        return Err(NoFolder(target.shown()));
    }
    Ok(match name {
        Some(name) if must_be_folder || standing == Standing::Folder => target.join(name),
        _ => target.clone(),
    })
}

/// The target of an upload must be a folder and is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no folder")]
pub struct NoFolder(String);

/// A path below a document path, which it may not leave: `written` with or without a leading
/// slash is followed from `root`.
///
/// # Errors
///
/// When `..` would lead above the root, or the bytes cannot be sent.
pub fn below(root: &RemotePath, written: &[u8]) -> Result<RemotePath, BelowError> {
    let mut depth = 0usize;
    for part in written.split(|b| *b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| BelowError::Above(root.shown()))?;
            }
            _ => depth += 1,
        }
    }
    let start = written.iter().take_while(|b| **b == b'/').count();
    Ok(root.resolve(&written[start..])?)
}

/// Why a path is not below the document path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BelowError {
    /// It leads out of it.
    #[error("it leads above the document path {0}")]
    Above(String),
    /// It is no path.
    #[error(transparent)]
    Path(#[from] PathError),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RemotePath {
        RemotePath::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn downloads() {
        for (written, want) in [
            ("/a/folder", Some("folder")),
            ("/a/folder/", None),
            ("a.txt", Some("a.txt")),
            ("/", None),
            ("", None),
            ("/a/b/..", Some("a")),
        ] {
            let want = want.map_or(Landing::Contents, |name| {
                Landing::Named(Name::new(name.as_bytes()).unwrap())
            });
            assert_eq!(download(&path(written), written.as_bytes()), want, "{written}");
        }
    }

    #[test]
    fn uploads() {
        use Standing::{File, Folder, Nothing};
        for (source, written, standing, several, want) in [
            (Some("X"), "/p/", Nothing, false, Some("/p/X")),
            (Some("X"), "/p/", Folder, false, Some("/p/X")),
            (Some("X"), "/p", Folder, false, Some("/p/X")),
            (Some("X"), "/p", Nothing, false, Some("/p")),
            (Some("X"), "/p", File, false, Some("/p")),
            (Some("X"), "/p", Nothing, true, Some("/p/X")),
            (Some("X"), "/p", File, true, None),
            (Some("X"), "/p/", File, false, None),
            (Some("X"), "", Folder, false, Some("/X")),
            (None, "/p", Nothing, false, Some("/p")),
            (None, "/p/", Folder, false, Some("/p")),
        ] {
            let name = source.map(|s| Name::new(s.as_bytes()).unwrap());
            let got = upload(
                name.as_ref(),
                &path(written),
                written.as_bytes(),
                standing,
                several,
            );
            assert_eq!(
                got.ok(),
                want.map(path),
                "{source:?} {written} {standing:?} {several}"
            );
        }
    }

    #[test]
    fn nothing_leads_above_the_root() {
        let root = path("/srv/www");
        for (written, want) in [
            ("", "/srv/www"),
            ("/", "/srv/www"),
            ("a/b", "/srv/www/a/b"),
            ("//a/../b/", "/srv/www/b"),
        ] {
            assert_eq!(below(&root, written.as_bytes()), Ok(path(want)), "{written}");
        }
        for bad in ["..", "/../etc", "a/../../www2", "a\r\nb"] {
            assert!(below(&root, bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
