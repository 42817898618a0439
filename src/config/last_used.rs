//! When each saved server was last connected to: `last-used` in the state folder, one line a server,
//! the moment (Unix seconds) and the name, the newest last.
//!
//! It is a help, no setting: lines that cannot be read are left out.

use std::collections::HashMap;
use std::io;
use std::path::Path;

use super::store;
use crate::model::stamp::Stamp;

/// How many servers are remembered; the oldest go first.
const MOST: usize = 1_000;

/// The servers by name.
pub type LastUsed = HashMap<String, Stamp>;

/// What is remembered.
pub fn load(path: &Path) -> LastUsed {
    let lines = lines(path).into_iter();
    lines.map(|(at, name)| (name, Stamp::exact(at))).collect()
}

/// The saved server of the first name has got the second.
///
/// # Errors
///
/// When the file cannot be written; it is as it was then.
pub fn rename(path: &Path, before: &str, after: &str) -> io::Result<()> {
    if !load(path).contains_key(before) {
        return Ok(());
    }
    let _lock = store::lock(path)?;
    let mut used = lines(path);
    used.retain(|(_, name)| name != after);
    for (_, name) in used.iter_mut().filter(|(_, name)| name == before) {
        after.clone_into(name);
    }
    write(path, &used)
}

/// Remembers that a server is used now.
///
/// # Errors
///
/// When the file cannot be written; it is as it was then.
pub fn remember(path: &Path, name: &str, now: i64) -> io::Result<()> {
    let _lock = store::lock(path)?;
    let mut used = lines(path);
    used.retain(|(_, other)| other != name);
    if !name.contains(char::is_control) {
        used.push((now, name.to_owned()));
    }
    let surplus = used.len().saturating_sub(MOST);
    write(path, &used[surplus..])
}

fn write(path: &Path, used: &[(i64, String)]) -> io::Result<()> {
    let lines = used.iter().map(|(at, name)| format!("{at} {name}\n"));
    store::write(path, lines.collect::<String>().as_bytes())
}

fn lines(path: &Path) -> Vec<(i64, String)> {
    let text = store::read(path).ok().flatten().unwrap_or_default();
    let line = |line: &str| {
        let (at, name) = line.split_once(' ')?;
        Some((at.parse().ok()?, name.to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_time_counts_and_nonsense_is_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/last-used");
        assert!(load(&path).is_empty());
        remember(&path, "my web", 5).unwrap();
        remember(&path, "other", 6).unwrap();
        remember(&path, "my web", 7).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "6 other\n7 my web\n");
        assert_eq!(load(&path)["my web"], Stamp::exact(7));
        rename(&path, "my web", "www").unwrap();
        rename(&path, "nobody", "www").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "6 other\n7 www\n");
        std::fs::write(&path, "x\nnever web\n9 a b\n").unwrap();
        assert_eq!(load(&path), HashMap::from([("a b".to_owned(), Stamp::exact(9))]));
        remember(&path, "two\nlines", 8).unwrap();
        assert_eq!(load(&path).len(), 1);
        for n in 0..3 {
            remember(&path, &format!("h{n}"), n).unwrap();
        }
        assert_eq!(load(&path).len(), 4);
    }
}
