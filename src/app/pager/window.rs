//! The part of a file that is held: bytes without a gap, never more than a bound.

use std::ops::Range;

/// How many bytes are held at the most.
pub const HELD: usize = 1024 * 1024;

/// A window on a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Window {
    at: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// An empty one that begins there.
    pub fn at(at: u64) -> Self {
        Self {
            at,
            bytes: Vec::new(),
        }
    }

    /// Where in the file it begins.
    pub fn begin(&self) -> u64 {
        self.at
    }

    /// Where in the file it ends.
    pub fn end(&self) -> u64 {
        self.at + self.bytes.len() as u64
    }

    /// All that is held.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is held from a place in the file on; nothing where that lies outside.
    pub fn from(&self, at: u64) -> &[u8] {
        let from = at.checked_sub(self.at).and_then(|n| usize::try_from(n).ok());
        from.and_then(|from| self.bytes.get(from..)).unwrap_or_default()
    }

    /// What is held of this range.
    pub fn range(&self, range: Range<u64>) -> &[u8] {
        let begin = range.start.max(self.at);
        let bytes = self.from(begin);
        let length = usize::try_from(range.end.saturating_sub(begin)).unwrap_or(usize::MAX);
        &bytes[..length.min(bytes.len())]
    }

    /// Takes in what follows. What is too much then goes at the beginning, but nothing from `needed` on;
    /// gives what went.
    pub fn append(&mut self, bytes: &[u8], needed: u64) -> Vec<u8> {
        self.bytes.extend_from_slice(bytes);
        let spare = usize::try_from(needed.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let gone = self.bytes.len().saturating_sub(HELD).min(spare);
        self.at += gone as u64;
        self.bytes.drain(..gone).collect()
    }

    /// Takes in what comes before. What is too much then goes at the end.
    pub fn prepend(&mut self, mut bytes: Vec<u8>) {
        self.at -= bytes.len() as u64;
        bytes.append(&mut self.bytes);
        bytes.truncate(HELD);
        self.bytes = bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_slides_and_stays_bounded() {
        let mut window = Window::at(10);
        assert!(window.append(b"abcdef", 10).is_empty());
        assert_eq!((window.begin(), window.end()), (10, 16));
        assert_eq!(window.from(12), b"cdef");
        assert_eq!((window.from(9), window.from(17)), (&b""[..], &b""[..]));
        assert_eq!(window.range(0..12), b"ab");
        assert_eq!(window.range(14..99), b"ef");
        window.prepend(b"xyz".to_vec());
        assert_eq!((window.begin(), window.from(8)), (7, &b"yzabcdef"[..]));
        let gone = window.append(&vec![b'.'; HELD], 9);
        assert_eq!(
            (gone.as_slice(), window.begin()),
            (&b"xy"[..], 9),
            "what is needed stays"
        );
        let gone = window.append(b"", 100);
        assert_eq!((gone.len(), window.bytes().len()), (7, HELD));
        window.prepend(b"back".to_vec());
        assert_eq!((window.begin(), window.bytes().len()), (12, HELD));
    }
}
