//! A file that comes in segments: who reads which range of it, and what is still to come.
//!
//! Ranges are of bytes, `from` up to, not including, `to`. What has been taken is divided further as long
//! as the halves are worth a connection; what a reader leaves is taken by another, or falls to
//! the reader that comes from the left. Whether dividing helps is measured ([`Trial`]).

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::part_name::source;

/// A file shorter than this comes in one piece, in bytes.
pub const WORTH: u64 = 32 << 20;

/// No segment is made shorter than this, in bytes.
pub const PIECE: u64 = 2 << 20;

/// How much beyond its end a reader reads, in bytes: the beginning of the next segment must be the same.
pub const OVERLAP: u64 = 16 * 1024;

/// Bytes of a file, from here up to there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first byte.
    pub from: u64,
    /// The first one behind.
    pub to: u64,
}

impl Range {
    fn len(self) -> u64 {
        self.to.saturating_sub(self.from)
    }
}

/// Somebody who reads a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reader(u32);

/// What is still to come of a file, and who reads it.
#[derive(Debug, Clone)]
pub struct Division {
    size: u64,
    piece: u64,
    /// What nobody reads, in order.
    open: Vec<Range>,
    /// What is still to come of what is read.
    taken: BTreeMap<Reader, Range>,
    next: u32,
}

impl Division {
    /// A file of which these ranges are missing, in order and apart from each other; no segment is
    /// made shorter than `piece`.
    pub fn new(size: u64, missing: Vec<Range>, piece: u64) -> Self {
        Self {
            size,
            piece,
            open: missing,
            taken: BTreeMap::new(),
            next: 0,
        }
    }

    /// The file's size.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// A range for one more reader: what nobody reads, or the second half of the largest; `None` where
    /// nothing is left that is worth it.
    pub fn take(&mut self) -> Option<(Reader, Range)> {
        let range = match self.open.is_empty() {
            false => self.open.remove(0),
            true => {
                let (_, largest) = self.taken.iter_mut().max_by_key(|(_, range)| range.len())?;
                if largest.len() < self.piece.saturating_mul(2) {
                    return None;
                }
                let middle = largest.from + largest.len() / 2;
                let second = Range {
                    from: middle,
                    to: largest.to,
                };
                largest.to = middle;
                second
            }
        };
        let reader = Reader(self.next);
        self.next += 1;
        self.taken.insert(reader, range);
        Some((reader, range))
    }

    /// Whether there is a range for one more reader.
    pub fn has_share(&self) -> bool {
        let longest = self.taken.values().map(|range| range.len()).max();
        !self.open.is_empty() || longest.is_some_and(|longest| longest >= self.piece.saturating_mul(2))
    }

    /// Where a reader has to stop by now.
    pub fn end(&self, reader: Reader) -> Option<u64> {
        self.taken.get(&reader).map(|range| range.to)
    }

    /// All of a reader's range before `to` is in the file.
    pub fn arrived(&mut self, reader: Reader, to: u64) {
        if let Some(range) = self.taken.get_mut(&reader) {
            range.from = range.from.max(to).min(range.to);
        }
    }

    /// A reader reads no more; what is missing of its range is anybody's.
    pub fn leave(&mut self, reader: Reader) {
        let Some(rest) = self.taken.remove(&reader).filter(|rest| rest.len() > 0) else {
            return;
        };
        // who comes from the left and is not about to stop just goes on
        let piece = self.piece;
        let left = self
            .taken
            .values_mut()
            .find(|range| range.to == rest.from && range.len() >= piece);
        match left {
            Some(left) => left.to = rest.to,
            None => {
                self.open.push(rest);
                self.open.sort_by_key(|range| range.from);
            }
        }
    }

    /// What is missing, in order.
    pub fn missing(&self) -> Vec<Range> {
        let taken = self.taken.values().filter(|range| range.len() > 0);
        let mut missing: Vec<Range> = self.open.iter().chain(taken).copied().collect();
        missing.sort_by_key(|range| range.from);
        missing
    }

    /// Whether nothing is missing.
    pub fn is_whole(&self) -> bool {
        self.missing().is_empty()
    }

    /// How many of the bytes just before `at` are in the file, [`OVERLAP`] at the most.
    pub fn known_before(&self, at: u64) -> u64 {
        let ends = self.missing().into_iter().map(|range| range.to);
        let last = ends.filter(|to| *to <= at).max().unwrap_or(0);
        (at - last).min(OVERLAP)
    }

    /// Whether these bytes are all in the file.
    pub fn knows(&self, wanted: Range) -> bool {
        let apart = |range: &Range| range.to <= wanted.from || range.from >= wanted.to;
        self.missing().iter().all(apart)
    }
}

/// What a map of missing ranges begins with; the number is its version.
const MAGIC: &[u8; 8] = b"ftpmap\x00\x01";

/// More ranges than a file is ever divided into.
const MOST: usize = 4096;

/// The longest a map gets, in bytes.
pub const LONGEST_MAP: u64 = 24 + 16 * MOST as u64 + 8;

/// What is missing of a file of this size, as it stands behind the file's end: the magic, the size, how
/// many ranges, the ranges, and a checksum, all in little-endian numbers of 64 bits.
pub fn map(size: u64, missing: &[Range]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let missing = &missing[..missing.len().min(MOST)];
    bytes.extend(size.to_le_bytes());
    bytes.extend((missing.len() as u64).to_le_bytes());
    for range in missing {
        bytes.extend(range.from.to_le_bytes());
        bytes.extend(range.to.to_le_bytes());
    }
    let sum = source([bytes.as_slice()]);
    bytes.extend(sum.to_le_bytes());
    bytes
}

/// The missing ranges that [`map`] has written; `None` where it is not all there, or of another size.
/// What stands behind it does not matter: an older one may have been longer.
pub fn read_map(size: u64, bytes: &[u8]) -> Option<Vec<Range>> {
    let number = |at: usize| {
        let eight = bytes.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(eight.try_into().ok()?))
    };
    let count = usize::try_from(number(16)?).ok().filter(|count| *count <= MOST)?;
    let end = 24 + 16 * count;
    let sound = bytes.starts_with(MAGIC) && number(8)? == size && number(end)? == source([bytes.get(..end)?]);
    if !sound {
        return None;
    }
    let range = |n: usize| {
        let (from, to) = (number(24 + 16 * n)?, number(32 + 16 * n)?);
        Some(Range { from, to })
    };
    let missing: Vec<Range> = (0..count).map(range).collect::<Option<_>>()?;
    let in_order = missing
        .iter()
        .all(|range| range.from < range.to && range.to <= size)
        && missing.windows(2).all(|two| two[0].to <= two[1].from);
    in_order.then_some(missing)
}

/// How long a rate is measured before anybody helps, from the first piece on. Short: each moment costs
/// what those would bring who do not help yet, and what help does is measured all the same.
const ALONE: Duration = Duration::from_millis(40);

/// How long a rate may take to become steady when somebody has come to help.
const SETTLES: Duration = Duration::from_millis(250);

/// How long it is measured then.
const MEASURED: Duration = Duration::from_millis(250);

/// How much faster it has to be with help.
const CLEARLY: f64 = 1.3;

/// How often it is looked whether there are more lanes.
const LOOK: Duration = Duration::from_secs(1);

/// What is to be done about a file's readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advice {
    /// Nothing now.
    Wait,
    /// As many more as there may be.
    Help,
    /// Those who help are to leave.
    Leave,
}

/// Finds out whether one connection is what holds a file up: whether it comes clearly faster over several.
#[derive(Debug, Clone, Default)]
pub struct Trial(Stage);

#[derive(Debug, Clone)]
enum Stage {
    Alone(Gauge),
    /// Others help, or will; the rate before.
    Several(f64, Gauge),
    /// Helping helps; when it was last looked for more.
    Helps(Option<Duration>),
    Over,
}

impl Default for Stage {
    fn default() -> Self {
        Self::Alone(Gauge::default())
    }
}

/// Measures a rate once it is steady.
#[derive(Debug, Clone, Default)]
struct Gauge {
    began: Option<Duration>,
    steady: Option<(Duration, u64)>,
}

impl Gauge {
    /// Bytes a second, when that is known: it may take so long to become steady, and is measured so long.
    fn rate(&mut self, settles: Duration, measured: Duration, now: Duration, moved: u64) -> Option<f64> {
        let began = *self.began.get_or_insert(now);
        if now < began + settles {
            return None;
        }
        let (since, before) = *self.steady.get_or_insert((now, moved));
        let elapsed = now.saturating_sub(since);
        (elapsed >= measured).then(|| moved.saturating_sub(before) as f64 / elapsed.as_secs_f64())
    }
}

impl Trial {
    /// What to do at `now` (since any moment), when so many bytes have come in all, and whether any came
    /// from somebody who helps (`helped`).
    pub fn advise(&mut self, now: Duration, moved: u64, helped: bool) -> Advice {
        let (next, advice) = match &mut self.0 {
            Stage::Alone(gauge) => match gauge.rate(Duration::ZERO, ALONE, now, moved) {
                Some(rate) => (Stage::Several(rate, Gauge::default()), Advice::Help),
                None => return Advice::Wait,
            },
            Stage::Several(..) if !helped => return Advice::Wait,
            Stage::Several(before, gauge) => match gauge.rate(SETTLES, MEASURED, now, moved) {
                Some(rate) if rate > *before * CLEARLY => (Stage::Helps(Some(now)), Advice::Help),
                Some(_) => (Stage::Over, Advice::Leave),
                None => return Advice::Wait,
            },
            Stage::Helps(last) if last.is_none_or(|last| now >= last + LOOK) => {
                (Stage::Helps(Some(now)), Advice::Help)
            }
            Stage::Helps(_) | Stage::Over => return Advice::Wait,
        };
        self.0 = next;
        advice
    }

    /// That helping helps is known already: what is missing lies apart.
    pub fn known_to_help() -> Self {
        Self(Stage::Helps(None))
    }
}

#[cfg(test)]
mod tests;
