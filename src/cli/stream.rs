//! Files of servers on standard output, one after the other.
//!
//! What was written cannot be taken back, so nothing follows a file that broke off: a gap in the
//! middle would look like the whole.

use std::io::{self, IsTerminal as _};
use std::time::Instant;

use tokio::io::{AsyncWriteExt as _, Stdout};

use super::connections::{Connections, Named};
use super::outcome::Outcome;
use super::place::Place;
use super::printer;
use super::session::{End, Live, Session};
use super::speech;
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::size;
use crate::model::text::escape;
use crate::plan::landing::Standing;
use crate::plan::pace::Pace;

/// Writes the files that these places name; the exit code.
///
/// # Errors
///
/// What ends all of it: a signal, an output that cannot be written.
pub(super) async fn run(places: Vec<Place>, session: &mut Session) -> Result<u8, End> {
    let mut stream = Stream {
        output: tokio::io::stdout(),
        screen: io::stdout().is_terminal().then(Vec::new),
        outcome: Outcome::default(),
        files: 0,
        written: 0,
        began: Instant::now(),
    };
    let done = stream.run(places, session).await;
    session.speech.clear_progress();
    match done {
        Ok(()) | Err(Halt::Unread) => {}
        Err(Halt::Broken(failure)) => {
            session.speech.fail(&failure);
            stream.outcome.failure(&failure);
        }
        Err(Halt::End(end)) => {
            if matches!(end, End::Signal(_)) {
                stream.summarise(session, "stopped; ");
            }
            return Err(end);
        }
    }
    stream.summarise(session, "");
    Ok(stream.outcome.exit_code())
}

/// Why nothing more is written.
enum Halt {
    End(End),
    /// A file broke off in the middle.
    Broken(Failure),
    /// Whoever read it has seen enough.
    Unread,
}

impl From<End> for Halt {
    fn from(end: End) -> Self {
        Self::End(end)
    }
}

struct Stream {
    output: Stdout,
    /// A terminal gets text that does nothing to it; this is the beginning of a character whose end
    /// is still to come.
    screen: Option<Vec<u8>>,
    outcome: Outcome,
    files: u64,
    written: u64,
    began: Instant,
}

/// A file on its way.
struct File<'p> {
    path: &'p RemotePath,
    size: Option<u64>,
    moved: u64,
    pace: Pace,
    /// When it was last looked at, and how much had moved.
    last: (Instant, u64),
}

impl Stream {
    async fn run(&mut self, places: Vec<Place>, session: &mut Session) -> Result<(), Halt> {
        let mut connections = Connections::default();
        for place in places {
            for meant in connections.expand(session, vec![place]).await? {
                let begun = match meant.place {
                    Ok(place) => self.begin(session, &mut connections, place).await,
                    Err(failure) => Err(End::Failed(failure).into()),
                };
                match begun {
                    Ok(()) => self.outcome.success(),
                    Err(Halt::End(End::Failed(failure))) => self.refuse(session, &failure),
                    Err(halt) => return Err(halt),
                }
            }
        }
        Ok(())
    }

    /// Nothing of this was written.
    fn refuse(&mut self, session: &Session, failure: &Failure) {
        session.speech.fail(failure);
        self.outcome.failure(failure);
    }

    /// Looks what a place is, and writes the file.
    async fn begin(
        &mut self,
        session: &mut Session,
        connections: &mut Connections,
        place: Place,
    ) -> Result<(), Halt> {
        let Named { place, live, path } = connections.find(session, place).await?;
        let folder = || {
            let what = format!("{} is not written to standard output", place.written);
            End::Failed(
                Failure::new(Class::Usage, what, "it is a folder")
                    .hint("'ftpane get' takes folders, with --to FOLDER as the place they go to."),
            )
        };
        if place.ends_in_slash() {
            return Err(folder().into());
        }
        let found = connections.look(session, &live, &path).await?;
        if found.standing == Standing::Folder {
            return Err(folder().into());
        }
        let now = Instant::now();
        let file = File {
            path: &path,
            size: found.entry.and_then(|entry| entry.size),
            moved: 0,
            pace: Pace::default(),
            last: (now, 0),
        };
        self.write_file(session, &live, file).await
    }

    async fn write_file(
        &mut self,
        session: &mut Session,
        live: &Live,
        mut file: File<'_>,
    ) -> Result<(), Halt> {
        let wanted = session.request_reading(live, file.path);
        // on a terminal it would stand among what is written
        let shows_progress = self.screen.is_none();
        loop {
            match session.event_or_tick(shows_progress).await? {
                None => {
                    let text = file.progress();
                    session.speech.progress(&text);
                }
                Some(Event::Piece { generation, bytes }) if generation == wanted => {
                    file.moved += bytes.len() as u64;
                    let text = self.for_output(&bytes);
                    let bytes = text.as_deref().unwrap_or(&bytes);
                    let written = write(&mut self.output, bytes);
                    match session.unless_ended(written).await? {
                        Ok(()) => self.written += bytes.len() as u64,
                        Err(error) => {
                            session.send(Command::StopReading(wanted));
                            return Err(match error.kind() {
                                io::ErrorKind::BrokenPipe => Halt::Unread,
                                _ => Halt::Broken(printer::unwritten(&error)),
                            });
                        }
                    }
                    session.send(Command::DealtWith(wanted));
                }
                Some(Event::ReadOver { generation, result }) if generation == wanted => {
                    return match result {
                        Ok(read) => {
                            self.files += 1;
                            if let Some(note) = read.note {
                                session.speech.remark(&format!("{}: {note}", file.path));
                            }
                            Ok(())
                        }
                        Err(failure) if file.moved == 0 => Err(End::Failed(failure).into()),
                        Err(failure) => Err(Halt::Broken(failure)),
                    };
                }
                Some(_) => {}
            }
        }
    }

    /// What goes to a terminal instead of these bytes.
    fn for_output(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let held = self.screen.as_mut()?;
        held.extend_from_slice(bytes);
        let rest = held.split_off(held.len() - incomplete(held));
        let whole = std::mem::replace(held, rest);
        Some(plain(&whole))
    }

    /// On a terminal it takes the place of the progress line; that it was stopped is said anywhere.
    fn summarise(&self, session: &Session, how: &str) {
        if session.speech.shows_progress() || !how.is_empty() {
            session.speech.remark(&format!(
                "{how}{}, {} in {} on standard output",
                size::count(self.files, "file", "files"),
                size::bytes(self.written),
                size::duration(self.began.elapsed().as_secs())
            ));
        }
    }
}

impl File<'_> {
    fn progress(&mut self) -> String {
        let now = Instant::now();
        let (at, moved) = std::mem::replace(&mut self.last, (now, self.moved));
        self.pace.advance(now.duration_since(at), self.moved - moved, 0);
        let mut parts = vec![size::bytes(self.moved)];
        if let Some(size) = self.size {
            parts[0] = format!("{} of {}", parts[0], size::bytes(size));
        }
        parts.push(size::rate(self.pace.rate()));
        let left = self.size.and_then(|size| size.checked_sub(self.moved));
        if let Some(left) = left.and_then(|left| self.pace.seconds_left(left, 0)) {
            parts.push(format!("{} left", size::duration(left)));
        }
        parts.push(self.path.shown());
        parts.join(speech::BETWEEN)
    }
}

async fn write(output: &mut Stdout, bytes: &[u8]) -> io::Result<()> {
    output.write_all(bytes).await?;
    // whoever reads it sees it when it comes
    output.flush().await
}

/// How many bytes at the end are the beginning of a character.
fn incomplete(bytes: &[u8]) -> usize {
    let last = bytes
        .utf8_chunks()
        .last()
        .map_or(&[][..], |chunk| chunk.invalid());
    match std::str::from_utf8(last) {
        Err(error) if error.error_len().is_none() => last.len(),
        _ => 0,
    }
}

/// Text for a terminal: line ends and tabs are themselves, all else that would do something to it is
/// escaped.
fn plain(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for piece in bytes.split_inclusive(|byte| matches!(byte, b'\n' | b'\t')) {
        let (text, end) = match piece.split_last() {
            Some((b'\n', text)) => (text.strip_suffix(b"\r").unwrap_or(text), &b"\n"[..]),
            Some((b'\t', text)) => (text, &b"\t"[..]),
            _ => (piece, &b""[..]),
        };
        out.extend_from_slice(escape(text).as_bytes());
        out.extend_from_slice(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_done_to_a_terminal() {
        let text = plain(b"a\tb\r\n\x1b[2J\xff\nend");
        assert_eq!(String::from_utf8(text).unwrap(), "a\tb\n\\x1b[2J\\xff\nend");
    }

    #[test]
    fn a_character_in_two_pieces_is_one() {
        assert_eq!(incomplete("aé日".as_bytes()), 0);
        assert_eq!(incomplete(&"aé日".as_bytes()[..5]), 2);
        assert_eq!(incomplete(&"é".as_bytes()[..1]), 1);
        assert_eq!(incomplete(b"\xff"), 0);
        assert_eq!(incomplete(b""), 0);
    }
}
