//! The listing of one folder: its entries, and what is known to be missing from it.

use super::entry::Entry;
use super::path::PathError;
use super::text::escape;

/// How the server writes its listings: said in the truth line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// Not seen yet.
    #[default]
    Unknown,
    /// RFC 3659 §7: facts, one line an entry, UTC to the second.
    Mlsd,
    /// The lines of `ls -l`.
    Unix,
    /// The lines of `DIR` (IIS, Serv-U, FileZilla in that mode).
    Dos,
    /// Names only (NLST-like answers).
    Names,
    /// The lines of another system (VMS, MVS, NetWare and the like).
    Other,
}

impl Dialect {
    /// The word for it on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Unknown => "no listing yet",
            Self::Mlsd => "MLSD",
            Self::Unix => "LIST (Unix)",
            Self::Dos => "LIST (DOS)",
            Self::Names => "LIST (names)",
            Self::Other => "LIST (other)",
        }
    }
}

/// A folder as it was listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Listing {
    /// The entries in the order they arrived; `.` and `..` are not among them.
    pub entries: Vec<Entry>,
    /// Lines that no known form fits, raw, at most [`Listing::KEPT_UNREADABLE`] of them.
    pub unreadable: Vec<Box<[u8]>>,
    /// How many lines could not be read in all.
    pub unreadable_count: u64,
    /// Lines among these that could be read and name something that is no name: the name as a
    /// screen shows it, and why; at most [`Listing::KEPT_UNREADABLE`] of them.
    pub refused: Vec<(String, PathError)>,
    /// Why the listing may lack entries (cut, refused at its end, over a bound); `None` when the
    /// server said that it is whole.
    pub incomplete: Option<String>,
    /// Whether a limit, the server's or ours, or the server's way of ending listings made it incomplete:
    /// asked again, it would be so again.
    pub limited: bool,
    /// How it was written.
    pub dialect: Dialect,
    /// Whether its times are of the server's wall clock, whose offset from UTC is not known.
    pub wall_clock: bool,
}

impl Listing {
    /// How many unreadable lines are kept to be shown; all are counted.
    pub const KEPT_UNREADABLE: usize = 100;

    /// Whether every entry of the folder is known to be here.
    pub fn is_whole(&self) -> bool {
        self.incomplete.is_none() && self.unreadable_count == 0
    }

    /// Notes a line that could not be read.
    pub fn note_unreadable(&mut self, line: &[u8]) {
        self.unreadable_count += 1;
        if self.unreadable.len() < Self::KEPT_UNREADABLE {
            self.unreadable.push(line[..line.len().min(1024)].into());
        }
    }

    /// Notes a line that was read, with a name that is refused.
    pub fn note_refused(&mut self, line: &[u8], name: &[u8], why: PathError) {
        self.note_unreadable(line);
        if self.refused.len() < Self::KEPT_UNREADABLE {
            self.refused.push((escape(&name[..name.len().min(1024)]), why));
        }
    }
}
