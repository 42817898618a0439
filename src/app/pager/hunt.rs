//! Looking for something beyond what is held: the file flows by, and only its last few bytes are kept.

use super::needle::Needle;

/// How much is read at once on the way back.
const STEP: u64 = 1024 * 1024;

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sought {
    /// The next place of this.
    Next(Needle),
    /// The last place of this before where it began.
    Previous(Needle),
    /// The beginning of the line so many line ends on, and the number of that line.
    Line(u64, u64),
}

/// A hunt.
#[derive(Debug, Clone, PartialEq)]
pub struct Hunt {
    pub(super) sought: Sought,
    /// Where it began.
    begun: u64,
    /// On the way on: up to where it has looked. On the way back: from where on.
    at: u64,
    /// What of the bytes that came may still be the beginning of it; on the way back, all of a step.
    kept: Vec<u8>,
    /// Where the step began that is being read, on the way back.
    step: u64,
}

/// How a hunt has ended.
#[derive(Debug, PartialEq)]
pub(super) enum Quarry {
    /// There.
    At(u64),
    /// Nowhere.
    Nowhere,
}

impl Hunt {
    /// Looks for the next place of `needle` from `at` on.
    pub(super) fn next(needle: Needle, at: u64) -> Self {
        Self::new(Sought::Next(needle), at)
    }

    /// Looks for the last place of `needle` that ends before `at`.
    pub(super) fn previous(needle: Needle, at: u64) -> Self {
        Self::new(Sought::Previous(needle), at)
    }

    /// Looks for the line with the number `line`, from a place on that is in the line `known`.
    pub(super) fn line(line: u64, at: u64, known: u64) -> Self {
        Self::new(Sought::Line(line.saturating_sub(known), line), at)
    }

    fn new(sought: Sought, at: u64) -> Self {
        Self {
            sought,
            begun: at,
            at,
            kept: Vec::new(),
            step: at,
        }
    }

    /// What it wants to read: from where, and how much of it; `None` for all that follows.
    pub(super) fn wants(&mut self) -> (u64, Option<u64>) {
        match self.sought {
            Sought::Next(_) | Sought::Line(..) => (self.at, None),
            Sought::Previous(_) => {
                self.step = self.at.saturating_sub(STEP);
                (self.step, Some(self.at - self.step))
            }
        }
    }

    /// How many bytes it has looked through.
    pub fn passed(&self) -> u64 {
        self.begun.abs_diff(self.at)
    }

    /// Takes in what has come.
    pub(super) fn piece(&mut self, bytes: &[u8]) -> Option<Quarry> {
        match &mut self.sought {
            Sought::Next(needle) => {
                let begin = self.at - self.kept.len() as u64;
                self.at += bytes.len() as u64;
                self.kept.extend_from_slice(bytes);
                if let Some(place) = needle.find(&self.kept) {
                    return Some(Quarry::At(begin + place as u64));
                }
                let done = self.kept.len().saturating_sub(needle.length() - 1);
                self.kept.drain(..done);
            }
            Sought::Previous(_) => self.kept.extend_from_slice(bytes),
            Sought::Line(left, _) => {
                let mut ends = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
                while *left > 0 {
                    let Some((place, _)) = ends.next() else { break };
                    *left -= 1;
                    if *left == 0 {
                        return Some(Quarry::At(self.at + place as u64 + 1));
                    }
                }
                self.at += bytes.len() as u64;
            }
        }
        None
    }

    /// All that was wanted has come: it has found, it goes on, or there is nothing left.
    pub(super) fn over(&mut self) -> Option<Quarry> {
        let Sought::Previous(needle) = &self.sought else {
            return Some(Quarry::Nowhere);
        };
        if let Some(place) = needle.find_last(&self.kept) {
            return Some(Quarry::At(self.step + place as u64));
        }
        if self.step == 0 {
            return Some(Quarry::Nowhere);
        }
        // what begins in the next step may end in this one
        self.at = self.step;
        let reach = needle.length() - 1;
        let overlap = reach.min(self.kept.len());
        self.kept.clear();
        self.at += overlap as u64;
        // a step that is all overlap would be read without end
        if self.at >= self.begun && overlap > 0 {
            return Some(Quarry::Nowhere);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::charset::Charset;

    fn needle(typed: &str) -> Needle {
        Needle::parse(typed, Charset::default()).unwrap()
    }

    /// Plays the file, in pieces of this size.
    fn play(mut hunt: Hunt, file: &[u8], size: usize) -> Quarry {
        loop {
            let (from, length) = hunt.wants();
            let from = usize::try_from(from).unwrap();
            let to = length.map_or(file.len(), |n| from + usize::try_from(n).unwrap());
            for piece in file[from..to.min(file.len())].chunks(size) {
                if let Some(quarry) = hunt.piece(piece) {
                    return quarry;
                }
            }
            if let Some(quarry) = hunt.over() {
                return quarry;
            }
        }
    }

    #[test]
    fn it_finds_over_the_ends_of_pieces_and_steps() {
        let step = usize::try_from(STEP).unwrap();
        let mut file = vec![b'.'; 3 * step];
        for at in [10, step - 3, 2 * step + 5] {
            file[at..at + 6].copy_from_slice(b"needle");
        }
        let end = file.len() as u64;
        for size in [7, 4_096, 3 * step] {
            let next = |at| play(Hunt::next(needle("needle"), at), &file, size);
            assert_eq!(next(0), Quarry::At(10));
            assert_eq!(next(11), Quarry::At(STEP - 3));
            assert_eq!(next(STEP), Quarry::At(2 * STEP + 5));
            assert_eq!(next(2 * STEP + 6), Quarry::Nowhere);
            let previous = |at| play(Hunt::previous(needle("needle"), at), &file, size);
            assert_eq!(previous(end), Quarry::At(2 * STEP + 5));
            assert_eq!(previous(2 * STEP + 10), Quarry::At(STEP - 3));
            assert_eq!(previous(STEP), Quarry::At(10));
            assert_eq!(previous(10), Quarry::Nowhere);
        }
        // over the end of a step that was read on the way back
        assert_eq!(
            play(Hunt::previous(needle("needle"), 2 * STEP - 1), &file, 4_096),
            Quarry::At(STEP - 3)
        );
        assert_eq!(play(Hunt::previous(needle("xx"), 1), b"xx", 1), Quarry::Nowhere);
    }

    #[test]
    fn lines_are_counted() {
        let line = |line, at, known| play(Hunt::line(line, at, known), b"one\ntwo\nthree", 2);
        assert_eq!(line(2, 0, 1), Quarry::At(4));
        assert_eq!(line(3, 0, 1), Quarry::At(8));
        assert_eq!(line(3, 4, 2), Quarry::At(8));
        assert_eq!(line(4, 0, 1), Quarry::Nowhere);
    }
}
