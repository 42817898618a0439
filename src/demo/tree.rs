//! The sample tree: small, but with what makes file managers stumble.
//!
//! Every name is UTF-8: libunftp replaces other bytes before they reach the wire, so that such
//! a file could be listed and never fetched. There is no link to a folder: libunftp's MLSD shows
//! it as a folder, and deleting that would delete what it leads to.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use filetime::FileTime;
use tempfile::TempDir;

/// Bytes of `big.bin`; it is sparse and costs no disk.
pub(super) const BIG: u64 = 64 * 1024 * 1024;
/// Files in `many`.
pub(super) const MANY: u32 = 200;

const README: &str = "\
This is the sample tree of ftpane's embedded server.

It lives in a temporary folder of this machine and is gone when the demo ends.
Copy it, rename it, delete it: nothing of yours is in it.
";

const FILES: [(&str, &str); 13] = [
    ("README.txt", README),
    ("empty", ""),
    (".hidden", "A dot file.\n"),
    (
        "-starts-with-a-dash.txt",
        "Careful with tools that take this for an option.\n",
    ),
    ("with two  spaces.txt", "There are two spaces in the middle.\n"),
    (
        "semi;colon & 'quotes' \"both\".txt",
        "Harmless here, a trap in a shell.\n",
    ),
    ("Grüße aus Köln.txt", "Umlauts in UTF-8.\n"),
    ("日本語のファイル.txt", "Characters two columns wide.\n"),
    ("🦀 crab.txt", "An emoji.\n"),
    ("docs/guide.txt", "A guide.\n"),
    (
        "docs/2026/reports/first-quarter.csv",
        "month,files\n1,120\n2,98\n3,143\n",
    ),
    (
        "docs/2026/reports/second-quarter.csv",
        "month,files\n4,131\n5,117\n6,150\n",
    ),
    ("docs/2025/archive/notes.txt", "Old notes.\n"),
];

const EMPTY_FOLDERS: [&str; 2] = ["incoming", "docs/2027"];

/// 2025-06-15T08:30:00Z: the age of what is in `docs/2025`, so that dates differ.
const OLD: i64 = 1_749_976_200;

/// Makes a temporary folder that only this user can enter, with the sample tree in it.
pub(super) fn make() -> io::Result<TempDir> {
    let folder = tempfile::Builder::new().prefix("ftpane-demo-").tempdir()?;
    plant(folder.path())?;
    Ok(folder)
}

fn plant(root: &Path) -> io::Result<()> {
    for folder in EMPTY_FOLDERS {
        fs::create_dir_all(root.join(folder))?;
    }
    for (name, content) in FILES {
        let path = root.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, content)?;
    }
    let long = format!("a-very-long-name-{}.txt", "and-on-".repeat(32));
    fs::write(root.join(long), "The name is 245 bytes long.\n")?;
    File::create(root.join("big.bin"))?.set_len(BIG)?;
    let many = root.join("many");
    fs::create_dir(&many)?;
    for n in 1..=MANY {
        let mut file = File::create(many.join(format!("file-{n:03}.txt")))?;
        writeln!(file, "File number {n}.")?;
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink("docs/guide.txt", root.join("link-to-the-guide.txt"))?;
    let old = FileTime::from_unix_time(OLD, 0);
    for path in ["docs/2025/archive/notes.txt", "docs/2025/archive", "docs/2025"] {
        filetime::set_file_mtime(root.join(path), old)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_whole_and_goes_with_its_owner() {
        let folder = make().unwrap();
        let root = folder.path().to_owned();
        assert_eq!(fs::read(root.join("empty")).unwrap(), b"");
        assert_eq!(fs::metadata(root.join("big.bin")).unwrap().len(), BIG);
        assert_eq!(fs::read_dir(root.join("many")).unwrap().count(), MANY as usize);
        let longest = fs::read_dir(&root)
            .unwrap()
            .map(|e| e.unwrap().file_name().len())
            .max();
        assert_eq!(longest, Some(245));
        drop(folder);
        assert!(!root.exists());
    }
}
