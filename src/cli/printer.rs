//! Results on stdout.

use std::io::{self, BufWriter, IsTerminal as _, Stdout, Write as _};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

use crate::model::checksum::Checksum;
use crate::model::entry::{Entry, Kind};
use crate::model::failure::{Class, Failure};
use crate::model::text::{escape, is_plain, spell_out, system_says};

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

    /// One object, one line, in characters a terminal only shows.
    pub(super) fn json(&mut self, line: &impl Serialize) -> io::Result<()> {
        line.serialize(&mut Serializer::with_formatter(&mut self.out, Plain))?;
        self.out.write_all(b"\n")
    }

    /// A line of a listing for people: `columns`, then the name and what a link leads to. On a
    /// terminal a name that looks like another of the listing (`alike`) is told apart.
    pub(super) fn entry(&mut self, columns: &str, entry: &Entry, alike: bool) -> io::Result<()> {
        self.out.write_all(columns.as_bytes())?;
        match alike && self.terminal {
            true => self.out.write_all(spell_out(entry.name.as_bytes()).as_bytes())?,
            false => self.name(entry.name.as_bytes())?,
        }
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

    /// A line of text for people.
    pub(super) fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// A path below such a line.
    pub(super) fn path(&mut self, path: &[u8]) -> io::Result<()> {
        self.out.write_all(b"    ")?;
        self.name(path)?;
        self.out.write_all(b"\n")
    }

    /// A line that came from a server, or a path of its own.
    pub(super) fn text(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.name(bytes)?;
        self.out.write_all(b"\n")
    }

    /// So many bytes, and the path that has them.
    pub(super) fn size(&mut self, bytes: u64, path: &[u8]) -> io::Result<()> {
        write!(self.out, "{bytes}\t")?;
        self.text(path)
    }

    /// `SHA256 (path) = digits`.
    pub(super) fn checksum(&mut self, word: &str, path: &[u8], sum: &Checksum) -> io::Result<()> {
        write!(self.out, "{word} (")?;
        self.name(path)?;
        writeln!(self.out, ") = {sum}")
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

/// What became of the writing of results. Whoever has closed the other end has seen enough: that is no failure.
pub(super) fn written(done: io::Result<()>) -> Result<(), Failure> {
    match done {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(unwritten(&error)),
        _ => Ok(()),
    }
}

/// Results could not be written: the disk is full, for example.
pub(super) fn unwritten(error: &io::Error) -> Failure {
    Failure::new(Class::Local, "The output cannot be written", system_says(error))
}

/// JSON on one line, with `\uXXXX` for every character that [`is_plain`] refuses: a name from a
/// server stays what it is for programs, and does nothing to a terminal (RFC 8259 §7).
struct Plain;

impl Formatter for Plain {
    // the quotation mark, the backslash and what is below U+0020 come as escapes, not here
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        let mut rest = text;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| !is_plain(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            // above U+FFFF two: a surrogate pair
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_plain_and_says_the_same() {
        let text = "a\"\\\n\u{1b}\u{7f}b\u{9b}2J\u{ad}\u{202e}txt\u{feff} \u{e0041}\u{1d173}é日😀";
        let mut out = Vec::new();
        text.serialize(&mut Serializer::with_formatter(&mut out, Plain))
            .unwrap();
        let written = String::from_utf8(out).unwrap();
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        assert!(written.chars().all(is_plain), "{written:?}");
        for part in ["\\u009b2J", "\\u007fb", "\\u202etxt", "\\udb40\\udc41", "é日😀"] {
            assert!(written.contains(part), "{part}: {written}");
        }
    }
}
