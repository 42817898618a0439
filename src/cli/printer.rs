//! Results on stdout.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};

use serde::Serialize;

use crate::model::entry::{Entry, Kind};
use crate::model::text::escape;

/// Buffered stdout that knows whether a terminal reads it.
#[derive(Debug)]
pub(super) struct Printer {
    out: BufWriter<Stdout>,
    terminal: bool,
    headings: usize,
}

impl Printer {
    pub(super) fn new() -> Self {
        Self {
            out: BufWriter::new(io::stdout()),
            terminal: io::stdout().is_terminal(),
            headings: 0,
        }
    }

    /// One object, one line.
    pub(super) fn json(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    /// A line of a listing for people: `columns`, then the name and what a link leads to.
    pub(super) fn entry(&mut self, columns: &str, entry: &Entry) -> io::Result<()> {
        self.out.write_all(columns.as_bytes())?;
        self.name(entry.name.as_bytes())?;
        if entry.kind == Kind::Dir {
            self.out.write_all(b"/")?;
        }
        if let Some(target) = &entry.target {
            self.out.write_all(b" -> ")?;
            self.name(target)?;
        }
        self.out.write_all(b"\n")
    }

    /// The folder whose listing follows.
    pub(super) fn heading(&mut self, path: &[u8]) -> io::Result<()> {
        if self.headings > 0 {
            self.out.write_all(b"\n")?;
        }
        self.headings += 1;
        self.name(path)?;
        self.out.write_all(b":\n")
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// A name as it is for programs, escaped for a terminal.
    fn name(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.terminal {
            self.out.write_all(escape(bytes).as_bytes())
        } else {
            self.out.write_all(bytes)
        }
    }
}
