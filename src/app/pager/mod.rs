//! The pager: a file of either side as text or as numbers, whatever its size.
//!
//! A window of the file is held ([`window`]) and read on demand before and behind what is shown; rows
//! are laid out from the bytes on the screen only ([`rows`]). What is searched for beyond the window
//! flows by ([`hunt`]).

pub mod hunt;
mod keys;
pub mod needle;
pub mod rows;
pub mod window;

use hunt::{Hunt, Quarry, Sought};
use needle::Needle;
use rows::{LONGEST, Look, Row};
use window::Window;

use crate::model::charset::Charset;
use crate::model::command::{Generation, Place};
use crate::model::event::WasRead;
use crate::model::failure::Failure;

pub use keys::Asks;

/// How much is read at once to be shown.
const READ: u64 = 128 * 1024;
/// How much of the beginning tells whether it is text.
const TELLING: usize = 4 * 1024;

/// Where the screen is to be when what is missing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// On the row of this byte.
    At(u64),
    /// The last row at the bottom.
    End,
}

/// What a reading is for.
#[derive(Debug, Clone, PartialEq)]
enum Errand {
    /// What follows the window: how much has come, and how much was asked for.
    Behind(u64, u64),
    /// What comes before it, as much as has come, and how much that will be.
    Before(Vec<u8>, u64),
    /// What the hunt wants.
    Hunt,
    /// Nothing but the file's size.
    Size,
}

/// A reading that is wanted: from where, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) from: u64,
    pub(super) length: Option<u64>,
}

/// A file that is looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct Pager {
    /// Which file.
    pub place: Place,
    /// Its path for a screen, escaped.
    pub title: String,
    /// Its size as it was told last.
    pub size: Option<u64>,
    /// Whether it is shown as numbers.
    pub hex: bool,
    /// Whether long lines go on in the next row.
    pub wrap: bool,
    /// How many columns are left out on the left.
    pub left: usize,
    /// The character set it is read in.
    pub charset: Charset,
    /// What is held of it.
    pub window: Window,
    /// The first byte on the screen.
    pub top: u64,
    /// What was searched for last.
    pub needle: Option<Needle>,
    /// What is looked for beyond the window.
    pub hunt: Option<Hunt>,
    /// Why no more of it comes.
    pub failure: Option<Failure>,
    /// Its end, once it was read.
    end: Option<u64>,
    /// Where the needle was found last.
    found: Option<u64>,
    /// A place in the window, and the number of the line that begins there.
    line: Option<(u64, u64)>,
    aim: Option<Aim>,
    reading: Option<(Generation, Errand)>,
    /// Whether it is known if it is text.
    judged: bool,
}

impl Pager {
    /// A file of which nothing has been read.
    pub(super) fn new(place: Place, title: String, size: Option<u64>, charset: Charset) -> Self {
        Self {
            place,
            title,
            size,
            hex: false,
            wrap: true,
            left: 0,
            charset,
            window: Window::default(),
            top: 0,
            needle: None,
            hunt: None,
            failure: None,
            end: None,
            found: None,
            line: Some((0, 1)),
            aim: None,
            reading: None,
            judged: false,
        }
    }

    /// How it is shown on so many columns.
    pub fn look(&self, columns: usize) -> Look {
        Look {
            columns: columns.max(1),
            hex: self.hex,
            wrap: self.wrap,
            left: self.left,
            charset: self.charset,
        }
    }

    /// The rows on a screen of this size.
    pub fn rows(&self, columns: usize, rows: usize) -> Vec<Row> {
        let (look, mut at) = (self.look(columns), self.top);
        let mut out = Vec::with_capacity(rows);
        while out.len() < rows
            && let Some(row) = look.row(&self.window, at, self.needle.as_ref())
        {
            at = row.to;
            out.push(row);
        }
        out
    }

    /// Whether something is being read, or will be.
    pub fn is_loading(&self) -> bool {
        self.reading.is_some() || self.aim.is_some()
    }

    /// Whether the end of the file is held.
    pub fn reaches_end(&self) -> bool {
        self.end == Some(self.window.end())
    }

    /// The number of the line on top, where it is known.
    pub fn line_number(&self) -> Option<u64> {
        let (at, number) = self.line.filter(|(at, _)| *at <= self.top)?;
        let between = self.window.range(at..self.top);
        (at + between.len() as u64 == self.top).then(|| number + count_lines(between))
    }

    /// What is to be read next, for a screen of this size; nothing while something is being read.
    pub(super) fn wants(&mut self, columns: usize, rows: usize) -> Option<Wanted> {
        if self.reading.is_some() || self.failure.is_some() {
            return None;
        }
        if let Some(hunt) = &mut self.hunt {
            let (from, length) = hunt.wants();
            return Some(Wanted { from, length });
        }
        if self.aim == Some(Aim::End) && self.end.is_none() {
            let Some(size) = self.size else {
                return Some(Wanted {
                    from: 0,
                    length: Some(0),
                });
            };
            if self.window.end() < size.saturating_sub(READ) || self.window.begin() > size {
                self.begin_at(size.saturating_sub(READ));
            }
        }
        // four bytes a letter, and a screen ahead
        let need = (columns * rows * 8) as u64;
        let need = need.max(READ / 2);
        let misses_end = self.aim == Some(Aim::End);
        if !self.reaches_end() && (misses_end || self.window.end() < self.top + need) {
            return Some(Wanted {
                from: self.window.end(),
                length: Some(READ),
            });
        }
        let begin = self.window.begin();
        if begin > 0 && self.top < begin + need / 2 {
            let from = begin.saturating_sub(READ);
            return Some(Wanted {
                from,
                length: Some(begin - from),
            });
        }
        None
    }

    /// What was wanted is asked for under this number.
    pub(super) fn asked(&mut self, wanted: Wanted, generation: Generation) {
        let errand = match wanted {
            _ if self.hunt.is_some() => Errand::Hunt,
            Wanted { length: Some(0), .. } => Errand::Size,
            Wanted { from, length } if from == self.window.end() => Errand::Behind(0, length.unwrap_or(0)),
            Wanted { length, .. } => Errand::Before(Vec::new(), length.unwrap_or(0)),
        };
        self.reading = Some((generation, errand));
    }

    /// The number of the reading that is under way.
    pub(super) fn generation(&self) -> Option<Generation> {
        self.reading.as_ref().map(|(generation, _)| *generation)
    }

    /// Forgets what is under way; its number, for the engine to stop it.
    pub(super) fn stop(&mut self) -> Option<Generation> {
        self.aim = None;
        self.hunt = None;
        self.reading.take().map(|(generation, _)| generation)
    }

    /// Takes in bytes that have come; whether the reading is wanted no more.
    pub(super) fn piece(&mut self, bytes: &[u8], columns: usize, rows: usize) -> bool {
        let Some((_, errand)) = &mut self.reading else {
            return false;
        };
        match errand {
            Errand::Size => {}
            Errand::Before(gathered, _) => gathered.extend_from_slice(bytes),
            Errand::Behind(came, _) => {
                *came += bytes.len() as u64;
                let begin = self.window.begin();
                let gone = self.window.append(bytes, self.top.saturating_sub(READ));
                if let Some((at, number)) = &mut self.line
                    && *at < self.window.begin()
                {
                    let passed = usize::try_from(*at - begin).unwrap_or(0);
                    *number += count_lines(gone.get(passed..).unwrap_or_default());
                    *at = self.window.begin();
                }
                self.judge();
                self.settle(columns, rows);
            }
            Errand::Hunt => {
                let quarry = self.hunt.as_mut().and_then(|hunt| hunt.piece(bytes));
                if let Some(quarry) = quarry {
                    self.caught(&quarry, columns, rows);
                    return true;
                }
            }
        }
        false
    }

    /// A reading is over. Gives what the person is to be told.
    pub(super) fn over(
        &mut self,
        result: Result<WasRead, Failure>,
        columns: usize,
        rows: usize,
    ) -> Option<String> {
        let (_, errand) = self.reading.take()?;
        let read = match result {
            Ok(read) => read,
            Err(failure) => {
                self.hunt = None;
                self.aim = None;
                self.failure = Some(failure);
                return None;
            }
        };
        self.size = read.size.or(self.size);
        match errand {
            Errand::Size if self.size.is_none() => {
                self.aim = None;
                return Some("The server does not tell the file's size: its end is not known".into());
            }
            Errand::Size => {}
            Errand::Before(gathered, wanted) => {
                if gathered.len() as u64 == wanted {
                    self.window.prepend(gathered);
                    self.end = self.end.filter(|end| *end <= self.window.end());
                } else {
                    // the file has become shorter than what is held of it
                    self.aim = Some(Aim::End);
                    self.end = None;
                    self.begin_at(self.size.unwrap_or(0).saturating_sub(READ));
                }
            }
            Errand::Behind(came, asked) => {
                self.reached(read.size, came < asked);
                self.settle(columns, rows);
            }
            Errand::Hunt => {
                if let Some(quarry) = self.hunt.as_mut().and_then(Hunt::over) {
                    return self.caught(&quarry, columns, rows);
                }
            }
        }
        read.note
    }

    /// Whether the window ends where the file does: `size` is what was told just now, `short` says
    /// that less came than was asked for.
    fn reached(&mut self, size: Option<u64>, short: bool) {
        let end = self.window.end();
        match size {
            // it has become shorter
            Some(size) if size < self.window.begin() => {
                self.aim = Some(Aim::End);
                self.begin_at(size.saturating_sub(READ));
                self.end = (size == 0).then_some(0);
            }
            // some files have no size that can be told (/proc); others grow while they are read
            _ => self.end = (short || size == Some(end)).then_some(end),
        }
    }

    /// Puts the screen where it is to be, as far as that is held.
    fn settle(&mut self, columns: usize, rows: usize) {
        let held = self.window.end();
        match self.aim {
            Some(Aim::At(at)) => {
                let at = at.min(held.saturating_sub(1)).max(self.window.begin());
                self.top = self.look(columns).row_start(&self.window, at);
                if held > at + LONGEST || self.reaches_end() {
                    self.aim = None;
                }
            }
            Some(Aim::End) if self.reaches_end() => {
                self.top = held;
                self.up(columns, rows);
                self.aim = None;
            }
            // what is passed on the way is held no longer
            Some(Aim::End) => {
                let near = held.saturating_sub(READ);
                self.top = self.top.max(near - near % 16);
            }
            None => {}
        }
        self.keep_full(columns, rows);
    }

    /// At the end of the file the last row stands at the bottom, not further up.
    fn keep_full(&mut self, columns: usize, rows: usize) {
        if self.aim.is_none() && self.reaches_end() {
            let shown = self.look(columns).starts(&self.window, self.top, rows).len();
            self.up(columns, rows - shown.min(rows));
        }
    }

    /// An empty window there; the screen is there too.
    fn begin_at(&mut self, at: u64) {
        // rows of numbers begin at whole numbers of bytes
        let at = at - at % 16;
        self.window = Window::at(at);
        self.top = at;
        self.line = (at == 0).then_some((0, 1));
        self.reading = None;
    }

    /// Goes to the row of a byte; the number of a reading that is of no use any more.
    pub(super) fn go_to(&mut self, at: u64, columns: usize, rows: usize) -> Option<Generation> {
        self.failure = None;
        self.aim = Some(Aim::At(at));
        let begin = self.window.begin();
        if begin <= at && (at < self.window.end() || self.reaches_end()) {
            self.settle(columns, rows);
            return None;
        }
        let stopped = self.reading.take().map(|(generation, _)| generation);
        self.begin_at(at.saturating_sub(READ / 4));
        self.end = None;
        self.aim = Some(Aim::At(at));
        stopped
    }

    /// Goes to the end of the file as it is now.
    pub(super) fn go_to_end(&mut self) -> Option<Generation> {
        self.failure = None;
        let stopped = self.reading.take().map(|(generation, _)| generation);
        self.aim = Some(Aim::End);
        // what has grown since is shown as well
        self.end = None;
        stopped
    }

    /// Reads again what is shown: it may have changed.
    pub(super) fn reload(&mut self) -> Option<Generation> {
        self.failure = None;
        let (at, line) = (self.top, self.line_number());
        let stopped = self.stop();
        self.end = None;
        self.window = Window::at(at);
        self.line = line.map(|number| (at, number));
        stopped
    }

    /// So many rows down, but not beyond the end.
    pub(super) fn down(&mut self, columns: usize, rows: usize, by: usize) {
        let starts = self.look(columns).starts(&self.window, self.top, by + rows);
        let last = match starts.len() == by + rows {
            true => by,
            false => by.min(starts.len().saturating_sub(rows)),
        };
        if let Some(top) = starts.get(last) {
            self.top = *top;
        }
    }

    /// So many rows up.
    pub(super) fn up(&mut self, columns: usize, by: usize) {
        let look = self.look(columns);
        for _ in 0..by {
            if self.top <= self.window.begin() {
                break;
            }
            let start = look.row_start(&self.window, self.top - 1);
            self.top = start.max(self.window.begin());
        }
    }

    /// The screen has another size, or the look has changed: the top stays where it is in the file.
    pub(super) fn refit(&mut self, columns: usize, rows: usize) {
        self.top = self
            .look(columns)
            .row_start(&self.window, self.top)
            .max(self.window.begin());
        self.keep_full(columns, rows);
    }

    /// Searches on, or back; what the person is to be told, and a reading of no use.
    pub(super) fn search(&mut self, forwards: bool, columns: usize, rows: usize) -> Option<Generation> {
        let needle = self.needle.clone()?;
        let stopped = self.stop();
        self.failure = None;
        let shown = self.rows(columns, rows);
        let bottom = shown.last().map_or(self.top, |row| row.to);
        let last = self.found.filter(|at| (self.top..bottom).contains(at));
        let reach = needle.length() as u64 - 1;
        let begin = self.window.begin();
        let held = match forwards {
            true => {
                let from = last.map_or(self.top, |at| at + 1);
                needle.find(self.window.from(from)).map(|n| from + n as u64)
            }
            false => {
                let to = last.unwrap_or(self.top) + reach;
                needle
                    .find_last(self.window.range(begin..to))
                    .map(|n| begin + n as u64)
            }
        };
        match held {
            Some(at) => self.show_found(at, columns, rows),
            None if forwards => {
                let from = last.map_or(self.top, |at| at + 1);
                let from = from.max(self.window.end().saturating_sub(reach));
                self.hunt = Some(Hunt::next(needle, from));
            }
            None => {
                let to = (begin + reach).min(last.unwrap_or(self.top) + reach);
                self.hunt = Some(Hunt::previous(needle, to));
            }
        }
        stopped
    }

    /// Goes to a line by its number, counted from 1.
    pub(super) fn go_to_line(&mut self, number: u64, columns: usize, rows: usize) -> Option<Generation> {
        let stopped = self.stop();
        self.failure = None;
        if number <= 1 {
            return self.go_to(0, columns, rows).or(stopped);
        }
        let (at, known) = self.line.filter(|(_, known)| *known <= number).unwrap_or((0, 1));
        if number == known {
            return self.go_to(at, columns, rows).or(stopped);
        }
        self.hunt = Some(Hunt::line(number, at, known));
        stopped
    }

    /// A hunt is over.
    fn caught(&mut self, quarry: &Quarry, columns: usize, rows: usize) -> Option<String> {
        let hunt = self.hunt.take()?;
        self.reading = None;
        match (quarry, hunt.sought) {
            (Quarry::At(at), Sought::Line(_, number)) => {
                self.go_to(*at, columns, rows);
                if self.window.begin() <= *at {
                    self.line = Some((*at, number));
                }
                None
            }
            (Quarry::At(at), _) => {
                self.show_found(*at, columns, rows);
                None
            }
            (Quarry::Nowhere, Sought::Next(needle)) => Some(format!(
                "'{}' does not come again; N looks further up",
                shown(&needle)
            )),
            (Quarry::Nowhere, Sought::Previous(needle)) => Some(format!(
                "'{}' does not come before; n looks further down",
                shown(&needle)
            )),
            (Quarry::Nowhere, Sought::Line(_, number)) => Some(format!("The file ends before line {number}")),
        }
    }

    fn show_found(&mut self, at: u64, columns: usize, rows: usize) {
        self.found = Some(at);
        let shown = self.rows(columns, rows);
        let on_screen = shown.iter().any(|row| (row.from..row.to).contains(&at));
        if !on_screen {
            self.go_to(at, columns, rows);
        }
        if !self.wrap && !self.hex {
            // near enough: most letters take one byte and one column
            let line = self.look(columns).row_start(&self.window, at);
            let column = usize::try_from(at - line).unwrap_or(0);
            if column < self.left || column >= self.left + columns {
                self.left = column.saturating_sub(columns / 2);
            }
        }
    }

    /// The beginning tells whether it is text: a NUL, or much that is none, says it is not.
    fn judge(&mut self) {
        if self.judged || self.window.begin() > 0 {
            return;
        }
        self.judged = true;
        let bytes = self.window.range(0..TELLING as u64);
        let is_odd = |b: &u8| b.is_ascii_control() && !b"\t\n\r\x0c\x1b\x08".contains(b);
        let odd = bytes.iter().filter(|b| is_odd(b)).count();
        self.hex = bytes.contains(&0) || odd * 10 > bytes.len();
    }
}

fn shown(needle: &Needle) -> String {
    crate::model::text::escape_str(needle.typed())
}

fn count_lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|b| **b == b'\n').count() as u64
}
