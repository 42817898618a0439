//! What is said on stderr: errors, remarks, and the progress line that gives way to them.

use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::model::failure::Failure;
use crate::model::text::escape_str;

/// The voice on stderr.
#[derive(Debug)]
pub(super) struct Speech {
    quiet: bool,
    terminal: bool,
    progress_shown: AtomicBool,
}

impl Speech {
    /// `quiet` leaves errors only.
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            terminal: std::io::stderr().is_terminal(),
            progress_shown: AtomicBool::new(false),
        }
    }

    /// Whether a progress line has a place.
    pub(super) fn shows_progress(&self) -> bool {
        self.terminal && !self.quiet
    }

    /// A failure: always said.
    pub(super) fn fail(&self, failure: &Failure) {
        self.line(&format!("ftpane: {failure}"));
    }

    /// A failure of one file.
    pub(super) fn fail_with(&self, failure: &Failure, remote: &str, target: &str) {
        self.line(&format!("ftpane: {}", naming(failure, remote, target)));
    }

    /// Something a person should change.
    pub(super) fn warn(&self, text: &str) {
        self.line(&format!("ftpane: warning: {text}"));
    }

    /// Something worth knowing; nothing when quiet.
    pub(super) fn remark(&self, text: &str) {
        if !self.quiet {
            self.line(&format!("ftpane: {text}"));
        }
    }

    /// Text as it is, escaped: questions and what belongs to them.
    pub(super) fn line(&self, text: &str) {
        self.clear_progress();
        let mut stderr = std::io::stderr().lock();
        for line in text.lines() {
            let _ = writeln!(stderr, "{}", escape_str(line));
        }
    }

    /// A question's prompt, without a line end.
    pub(super) fn prompt(&self, text: &str) {
        self.clear_progress();
        let mut stderr = std::io::stderr().lock();
        let _ = write!(stderr, "{}", escape_str(text));
        let _ = stderr.flush();
    }

    /// Draws the progress line anew.
    pub(super) fn progress(&self, text: &str) {
        if self.shows_progress() {
            // a line that wraps could not be taken away again
            let width = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
            let line: String = escape_str(text).chars().take(width.saturating_sub(1)).collect();
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K{line}");
            let _ = stderr.flush();
            self.progress_shown.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the progress line away.
    pub(super) fn clear_progress(&self) {
        if self.progress_shown.swap(false, Ordering::Relaxed) {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K");
            let _ = stderr.flush();
        }
    }
}

/// The failure of one file, which is named where the words name neither of its ends: a server that
/// was lost is said for each file that was wanted of it.
fn naming(failure: &Failure, remote: &str, target: &str) -> String {
    let said = failure.to_string();
    match said.contains(remote) || said.contains(target) {
        true => said,
        false => format!("{target}: {said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::Class;

    #[test]
    fn each_failure_names_its_file_once() {
        let lost = Failure::new(Class::Unreachable, "Could not connect to h:21", "no answer");
        let full = Failure::new(Class::Local, "Could not write ./a", "the disk is full");
        assert_eq!(
            naming(&lost, "/pub/a", "./a"),
            "./a: Could not connect to h:21: no answer"
        );
        assert_eq!(naming(&full, "/pub/a", "./a"), full.to_string());
    }
}
