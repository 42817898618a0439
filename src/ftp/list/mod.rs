//! Listings of the server, read as they arrive.
//!
//! MLSD has a form (RFC 3659 §7); LIST has none (RFC 959 §4.1.3 leaves it to the server), so its
//! lines are told apart by their looks. Each file here knows the lines of one kind of server,
//! reads them strictly and says `None` to all others; a line nobody knows is counted as
//! unreadable and kept to be shown, never guessed at. So are lines whose name is not a
//! [`Name`]: an absolute path or one with a `/` in it never becomes an entry, and is said by name.
//!
//! What is decided where other programs differ:
//!
//! - A size is a number of bytes or unknown. Rounded sizes (`9.0M`), sizes in blocks (VMS), tracks
//!   or records (MVS, z/VM with variable records), and a size that is glued to the group
//!   (`ftpadmin125435904`) are unknown: a wrong size would make a whole transfer look broken.
//!   Folders have none.
//! - A moment is the server's wall clock. Where the year is not written it is the latest one that
//!   does not lie more than a day ahead (the day is for clocks and time zones). A date of which
//!   the order of day, month and year cannot be told is unknown, and so is one that does not
//!   exist; the entry stays. The date in a list of MVS data sets is that of the last access: it
//!   is not taken.
//! - After the date comes one blank; further ones belong to the name. A year that is written one
//!   blank after the day and two before the name fills a column of five: one blank more. A year
//!   behind a time without seconds belongs to the name.
//!   24:00 is the end of its day.
//! - VMS: files keep their version (`A.TXT;2`), folders lose `.DIR;1`, as CWD wants it, and a folder
//!   before the name (`[PUB]A.TXT;2`) is the one that is listed.
//! - In a link's line the first ` -> ` after which as many bytes follow as the size says parts
//!   name and target, else the first one.
//! - MLSD: a line whose name is a path and whose `unique` is that of links without a target is that
//!   target; any other path is unreadable, `cdir` and `pdir` are dropped whatever they are called.
//! - Lines of `DLS` (`README 763 Information about this server`) are not read: they cannot be
//!   told from prose. Nor are bare names, save members of MVS libraries behind their header.

mod chameleon;
mod connect_enterprise;
mod dates;
mod dos;
mod eplf;
mod fields;
mod mlsx;
mod months;
mod mvs;
mod netware;
mod nonstop;
mod os2;
mod os400;
mod os9;
pub(in crate::ftp) mod owners;
pub mod sections;
pub(in crate::ftp) mod single;
mod supertcp;
mod unix;
mod unix_date;
mod unix_numeric;
mod vms;
mod vshell;
mod vxworks;
mod wfftp;
mod zvm;

use std::borrow::Cow;

use crate::model::charset::Charset;
use crate::model::entry::{Entry, Kind};
use crate::model::listing::{Dialect, Listing};
use crate::model::path::{Name, PathError};
use crate::model::size;
use crate::model::stamp::Stamp;

use dates::Now;
use owners::Owners;

/// The command whose answer is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// RFC 3659 §7.
    Mlsd,
    /// RFC 959 §4.1.3.
    List,
}

/// How much of a listing is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of a line; a longer one is unreadable.
    pub line: usize,
    /// Entries of a folder; the listing is incomplete when there are more.
    pub entries: usize,
    /// Bytes received in all, readable or not; the listing is incomplete when there are more.
    pub bytes: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            line: 8 * 1024,
            entries: 5_000_000,
            // a line of MLSD with all its facts has some 150
            bytes: 512 * 1024 * 1024,
        }
    }
}

/// What a line was.
#[derive(Debug, PartialEq)]
enum Reading {
    /// An entry of the folder.
    Entry(Entry),
    /// The folder itself or the one above, a header or a sum.
    Nothing,
    /// The first half of an entry whose rest stands on the next line (VMS).
    Half,
    /// An entry whose name cannot be one, and why.
    Refused(Box<[u8]>, PathError),
}

impl Reading {
    /// An entry, or nothing for `.` and `..`; `None` when there is no name at all.
    fn entry(name: &[u8], kind: Kind, size: Option<u64>, modified: Option<Stamp>) -> Option<Self> {
        if matches!(name, b"." | b"..") {
            return Some(Self::Nothing);
        }
        let name = match Name::new(name) {
            Ok(name) => name,
            Err(PathError::Empty) => return None,
            Err(why) => return Some(Self::Refused(name.into(), why)),
        };
        Some(Self::Entry(Entry {
            size: size.filter(|_| kind != Kind::Dir),
            modified,
            ..Entry::new(name, kind)
        }))
    }
}

/// One kind of server: reads a line, or finds that it is not of its kind.
struct Style {
    dialect: Dialect,
    read: fn(&[u8], &Now) -> Option<Reading>,
    /// Whether its times are of the server's wall clock: others count seconds from 1970.
    wall_clock: bool,
}

const fn other(read: fn(&[u8], &Now) -> Option<Reading>) -> Style {
    Style {
        dialect: Dialect::Other,
        read,
        wall_clock: true,
    }
}

const fn counting_seconds(read: fn(&[u8], &Now) -> Option<Reading>) -> Style {
    Style {
        wall_clock: false,
        ..other(read)
    }
}

/// Every kind of LIST, the common ones first.
const STYLES: [Style; 18] = [
    Style {
        dialect: Dialect::Unix,
        read: unix::read,
        wall_clock: true,
    },
    Style {
        dialect: Dialect::Dos,
        read: dos::read,
        wall_clock: true,
    },
    counting_seconds(eplf::read),
    other(netware::read),
    other(vms::read),
    other(mvs::read),
    other(os400::read),
    other(os2::read),
    other(nonstop::read),
    other(zvm::read),
    other(vxworks::read),
    other(wfftp::read),
    other(vshell::read),
    counting_seconds(unix_numeric::read),
    other(supertcp::read),
    other(chameleon::read),
    other(os9::read),
    other(connect_enterprise::read),
];

/// Reads a listing from the bytes of its data connection, in whatever pieces they come.
#[derive(Debug)]
pub struct Parser {
    command: Command,
    now: Now,
    bounds: Bounds,
    charset: Charset,
    /// The line that has begun but not ended.
    line: Vec<u8>,
    /// Whether that line was too long and is skipped to its end.
    overlong: bool,
    /// The first line of an entry of two.
    half: Option<Box<[u8]>>,
    /// The style of the last line, in [`STYLES`].
    style: usize,
    links: mlsx::OpenLinks,
    owners: Owners,
    /// Whether a header of MVS has announced members of a library.
    members: bool,
    /// Entries found so far, those taken included.
    found: usize,
    /// Bytes received so far.
    fed: usize,
    /// Whether the folder itself was among the lines (`.`).
    itself: bool,
    listing: Listing,
}

impl Parser {
    /// A parser for the answer to `command`; `now` is what the server's clock shows, as far as
    /// known, in seconds since 1970: for dates that leave out their year.
    pub fn new(command: Command, now: i64, bounds: Bounds) -> Self {
        Self {
            command,
            now: Now::new(now),
            bounds,
            charset: Charset::default(),
            line: Vec::new(),
            overlong: false,
            half: None,
            style: 0,
            links: mlsx::OpenLinks::default(),
            owners: Owners::default(),
            members: false,
            found: 0,
            fed: 0,
            itself: false,
            listing: Listing::default(),
        }
    }

    /// The same for a server that writes names in this character set. The lines are read as they
    /// are, since sizes and columns count the server's bytes; names and targets are read in it.
    #[must_use]
    pub fn in_charset(mut self, charset: Charset) -> Self {
        self.charset = charset;
        self
    }

    /// Reads what has arrived.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        let room = self.bounds.bytes - self.fed;
        if bytes.len() > room {
            bytes = &bytes[..room];
            self.stop_at(format!(
                "the listing is longer than {}; the rest was left out",
                size::bytes(self.bounds.bytes as u64)
            ));
        }
        self.fed += bytes.len();
        while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.overlong || self.line.len() + line.len() > self.bounds.line {
                self.keep(line);
                self.end_overlong();
            } else if self.line.is_empty() {
                self.read_line(line);
            } else {
                let mut whole = std::mem::take(&mut self.line);
                whole.extend_from_slice(line);
                self.read_line(&whole);
                // the buffer is used again
                whole.clear();
                self.line = whole;
            }
        }
        self.keep(bytes);
    }

    /// The entries that have come and were not taken.
    pub fn entries(&self) -> &[Entry] {
        &self.listing.entries
    }

    /// The entries that have come since the last call, so that a big folder can be shown while it
    /// arrives. They are not in the listing that [`Self::finish`] gives.
    pub fn take_entries(&mut self) -> Vec<Entry> {
        std::mem::take(&mut self.listing.entries)
    }

    /// Whether a bound has been passed: reading on is of no use.
    pub fn is_full(&self) -> bool {
        self.listing.limited
    }

    /// Whether the lines showed the folder itself, as `ls -a` does: then its options were understood,
    /// and a listing without entries is that of an empty folder.
    pub fn saw_itself(&self) -> bool {
        self.itself
    }

    fn stop_at(&mut self, bound: String) {
        self.listing.incomplete = Some(bound);
        self.listing.limited = true;
    }

    /// The listing, without the entries already taken. `incomplete` says why the data may have
    /// been cut; then a line without its end is not trusted either: half a name is a wrong name.
    pub fn finish(mut self, incomplete: Option<String>) -> Listing {
        let rest = std::mem::take(&mut self.line);
        if self.is_full() {
            // what lies at a bound is left out with what follows
            return self.listing;
        }
        if self.overlong || (incomplete.is_some() && !rest.is_empty()) {
            self.listing.note_unreadable(&rest);
        } else if !rest.is_empty() {
            self.read_line(&rest);
        }
        self.drop_half();
        if self.listing.incomplete.is_none() {
            self.listing.incomplete = incomplete;
        }
        self.listing
    }

    /// Keeps the beginning of a line; no more of it than the bound.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.bounds.line - self.line.len();
        if bytes.len() > room {
            self.overlong = true;
        }
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn end_overlong(&mut self) {
        self.drop_half();
        self.listing.note_unreadable(&self.line);
        self.line.clear();
        self.overlong = false;
    }

    fn read_line(&mut self, line: &[u8]) {
        // ASCII transfers of files made elsewhere end their lines in CR CR LF
        let mut line = line;
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        let reading = match self.command {
            Command::Mlsd if line.is_empty() => Some(Reading::Nothing),
            Command::Mlsd => {
                let reading = mlsx::read(line, self.found, &mut self.links, &mut self.owners);
                if reading.is_some() {
                    self.listing.dialect = Dialect::Mlsd;
                }
                reading
            }
            Command::List => match self.half.take() {
                Some(first) => self.read_second_half(&first, line),
                None => self.read_list_line(line),
            },
        };
        match reading {
            None => self.listing.note_unreadable(line),
            Some(Reading::Nothing) => self.itself |= line.ends_with(b" ."),
            Some(Reading::Half) => self.half = Some(line.into()),
            Some(Reading::Refused(name, why)) => {
                let name = self.charset.from_server(&name);
                self.listing.note_refused(line, &name, why);
            }
            Some(Reading::Entry(_)) if self.found >= self.bounds.entries => self.stop_at(format!(
                "the folder has more than {} entries; the rest was left out",
                self.bounds.entries
            )),
            Some(Reading::Entry(mut entry)) => match read_names(&mut entry, self.charset) {
                Ok(()) => {
                    self.found += 1;
                    self.listing.entries.push(entry);
                }
                Err(why) => {
                    let name = self.charset.from_server(entry.name.as_bytes());
                    self.listing.note_refused(line, &name, why);
                }
            },
        }
        self.lead_links();
    }

    /// Gives links the targets that the last line told.
    fn lead_links(&mut self) {
        let taken = self.found - self.listing.entries.len();
        for (link, path) in self.links.take_told() {
            let at = link.checked_sub(taken);
            // a link already taken stays without its target
            if let Some(link) = at.and_then(|at| self.listing.entries.get_mut(at)) {
                link.target = Some(self.charset.from_server(&path).into());
            }
        }
    }

    fn read_list_line(&mut self, line: &[u8]) -> Option<Reading> {
        if says_nothing(line) {
            return Some(Reading::Nothing);
        }
        let others = (0..STYLES.len()).filter(|style| *style != self.style);
        let mut refused = None;
        let found = std::iter::once(self.style).chain(others).find_map(|style| {
            match (STYLES[style].read)(line, &self.now)? {
                // to another kind of server it may be something else
                reading @ Reading::Refused(..) => {
                    refused.get_or_insert(reading);
                    None
                }
                reading => Some((style, reading)),
            }
        });
        let bare = || {
            let member = self.members.then(|| mvs::bare_member(line))?;
            Some((self.style, member?))
        };
        let Some((style, reading)) = found.or_else(bare) else {
            return refused;
        };
        self.members |= mvs::announces_members(line);
        self.style = style;
        self.listing.dialect = STYLES[style].dialect;
        self.listing.wall_clock = STYLES[style].wall_clock;
        match reading {
            Reading::Entry(entry) if STYLES[style].dialect == Dialect::Unix => {
                let owner = unix::owner(line).and_then(|named| self.owners.of(named));
                Some(Reading::Entry(Entry { owner, ..entry }))
            }
            reading => Some(reading),
        }
    }

    fn read_second_half(&mut self, first: &[u8], second: &[u8]) -> Option<Reading> {
        let whole = [first, b" ", second].concat();
        match vms::read(&whole, &self.now) {
            Some(reading @ Reading::Entry(_)) => Some(reading),
            _ => {
                self.listing.note_unreadable(first);
                self.read_list_line(second)
            }
        }
    }

    fn drop_half(&mut self) {
        if let Some(half) = self.half.take() {
            self.listing.note_unreadable(&half);
        }
    }
}

/// Turns the server's bytes into names.
fn read_names(entry: &mut Entry, charset: Charset) -> Result<(), PathError> {
    if let Cow::Owned(name) = charset.from_server(entry.name.as_bytes()) {
        entry.name = Name::new(&name)?;
    }
    if let Some(target) = &mut entry.target
        && let Cow::Owned(read) = charset.from_server(target)
    {
        *target = read.into();
    }
    Ok(())
}

/// Blank lines, `total 12` in the languages of `ls` (of a server whose sum has wrapped, too), the
/// listed folder as `ls -R` says it, and servers that list the dots without anything beside them.
fn says_nothing(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|w| !w.is_empty());
    match (words.next(), words.next(), words.next()) {
        (None, ..) => true,
        (Some(b"." | b".." | b".:"), None, None) => true,
        (Some(sum), Some(number), None) => {
            let sum = sum.strip_suffix(b":").unwrap_or(sum);
            let number = number.strip_prefix(b"-").unwrap_or(number);
            let is_number = number.first().is_some_and(u8::is_ascii_digit)
                && number
                    .iter()
                    .all(|b| b.is_ascii_digit() || b",.KMGTkiB".contains(b));
            is_number && months::is_sum(sum)
        }
        _ => false,
    }
}

#[cfg(test)]
mod forms;
#[cfg(test)]
mod tests;
