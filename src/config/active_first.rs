//! The servers on which mode `auto` begins with active mode, because passive mode did not work
//! there: `active-first` in the state folder, one `host:port` a line, the newest last.
//!
//! It is a help, no setting: what cannot be read counts as empty, and a wrong entry costs one
//! attempt, after which it is taken out.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use super::store;
use crate::model::text::system_says;

/// How many servers are remembered; the oldest go first.
const MOST: usize = 200;

/// Longer lines are not ours: a host name has 253 bytes at most.
const LONGEST: usize = 300;

/// The servers remembered.
pub fn load(path: &Path) -> HashSet<String> {
    lines(path).into_iter().collect()
}

/// Remembers a server, or forgets it.
///
/// # Errors
///
/// When the file cannot be written; it is as it was then.
pub fn remember(path: &Path, server: &str, active_first: bool) -> io::Result<()> {
    let _lock = store::lock(path)?;
    let mut servers = lines(path);
    servers.retain(|line| line != server);
    if active_first && is_line(server) {
        servers.push(server.to_owned());
    }
    let surplus = servers.len().saturating_sub(MOST);
    let text: String = servers[surplus..]
        .iter()
        .map(|line| format!("{line}\n"))
        .collect();
    store::write(path, text.as_bytes())
}

/// The sentence for an error of [`remember`].
pub fn unwritten(path: &Path, error: &io::Error) -> String {
    format!(
        "It is not remembered which data connections work: {} cannot be written: {}",
        path.display(),
        system_says(error)
    )
}

fn lines(path: &Path) -> Vec<String> {
    let text = store::read(path).ok().flatten().unwrap_or_default();
    let lines = text.lines().filter(|line| is_line(line)).take(MOST);
    lines.map(str::to_owned).collect()
}

fn is_line(line: &str) -> bool {
    !line.is_empty() && line.len() <= LONGEST && !line.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(servers: &[&str]) -> HashSet<String> {
        servers.iter().map(|s| (*s).to_owned()).collect()
    }

    #[test]
    fn what_is_remembered_is_read_back_and_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/active-first");
        assert_eq!(load(&path), set(&[]));
        remember(&path, "a:21", true).unwrap();
        remember(&path, "[::1]:990", true).unwrap();
        remember(&path, "a:21", true).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "[::1]:990\na:21\n");
        remember(&path, "[::1]:990", false).unwrap();
        assert_eq!(load(&path), set(&["a:21"]));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn it_is_bounded_and_survives_nonsense() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active-first");
        for n in 0..MOST + 3 {
            remember(&path, &format!("h{n}:21"), true).unwrap();
        }
        let kept = load(&path);
        assert_eq!(kept.len(), MOST);
        assert!(!kept.contains("h2:21") && kept.contains("h3:21"));
        remember(&path, "two\nlines", true).unwrap();
        assert_eq!(load(&path).len(), MOST);

        std::fs::write(&path, b"\xff\xfe").unwrap();
        assert_eq!(load(&path), set(&[]));
        std::fs::write(&path, format!("{}\n\nb:21\n", "x".repeat(LONGEST + 1))).unwrap();
        assert_eq!(load(&path), set(&["b:21"]));
    }
}
