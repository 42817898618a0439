//! What is said on stderr: errors, remarks, and the progress line that gives way to them.

use std::io::{IsTerminal as _, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use unicode_width::UnicodeWidthStr as _;

use crate::model::failure::Failure;
use crate::model::text::escape_str;

/// The voice on stderr.
#[derive(Debug)]
pub(super) struct Speech {
    quiet: bool,
    terminal: bool,
    /// The progress line as it stands there.
    progress: Mutex<Option<String>>,
}

impl Speech {
    /// `quiet` leaves errors only.
    pub(super) fn new(quiet: bool) -> Self {
        Self {
            quiet,
            terminal: std::io::stderr().is_terminal(),
            progress: Mutex::default(),
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

    fn progress_line(&self) -> MutexGuard<'_, Option<String>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Draws the progress line anew, where it is another one.
    pub(super) fn progress(&self, text: &str) {
        if self.shows_progress() {
            // a line that wraps could not be taken away again
            let width = crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns));
            let line = fitting(&escape_str(text), width.saturating_sub(1)).to_owned();
            let mut shown = self.progress_line();
            if shown.as_ref() == Some(&line) {
                return;
            }
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K{line}");
            let _ = stderr.flush();
            *shown = Some(line);
        }
    }

    /// Takes the progress line away.
    pub(super) fn clear_progress(&self) {
        if self.progress_line().take().is_some() {
            let mut stderr = std::io::stderr().lock();
            let _ = write!(stderr, "\r\x1b[K");
            let _ = stderr.flush();
        }
    }
}

/// What stands between the parts of a progress line, the most important of them first.
pub(super) const BETWEEN: &str = " · ";

/// As many parts of a progress line as fit into so many columns, or of the first as many words.
fn fitting(text: &str, columns: usize) -> &str {
    for between in [BETWEEN, " "] {
        let ends = text.match_indices(between).map(|(at, _)| at).chain([text.len()]);
        let fits = |end: &usize| text[..*end].width() <= columns;
        if let Some(end) = ends.take_while(fits).last() {
            return &text[..end];
        }
    }
    ""
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
    fn a_line_takes_the_columns_there_are_and_cuts_no_word() {
        let line = "1 MB of 2 MB · 3 MB/s · 日本語";
        assert_eq!(fitting(line, 30), line);
        assert_eq!(fitting(line, 29), "1 MB of 2 MB · 3 MB/s");
        assert_eq!(fitting(line, 20), "1 MB of 2 MB");
        assert_eq!(fitting(line, 12), "1 MB of 2 MB");
        assert_eq!(fitting(line, 11), "1 MB of 2");
        assert_eq!(fitting("e\u{301}e\u{301} f", 2), "e\u{301}e\u{301}");
        assert_eq!(fitting("word", 3), "");
        assert_eq!(fitting("", 0), "");
    }

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
