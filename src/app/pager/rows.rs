//! Bytes as rows of a screen: text, wrapped or not, and hexadecimal.
//!
//! A row is laid out from its first byte alone, so that only what is on the screen is ever looked at,
//! wherever in the file that is.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use super::needle::Needle;
use super::window::Window;
use crate::model::charset::Charset;
use crate::model::text::{escape, escape_str};

/// A line is broken after so many bytes, wherever its end may be: what has none (one long line of JSON,
/// a disk image) is shown as well.
pub const LONGEST: u64 = 16 * 1024;
/// Columns from one stop of the tab to the next.
const TAB: usize = 8;

/// How bytes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Columns there are.
    pub columns: usize,
    /// Whether as numbers.
    pub hex: bool,
    /// Whether long lines go on in the next row.
    pub wrap: bool,
    /// How many columns are left out on the left, where they do not.
    pub left: usize,
    /// The character set of text.
    pub charset: Charset,
}

/// What a part of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Text as it is.
    Plain,
    /// Something that is no text, or would not be seen, written out.
    Escaped,
    /// What was searched for.
    Found,
    /// Where in the file the row begins.
    Offset,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its first byte in the file.
    pub from: u64,
    /// The byte behind its last one: there the next row begins.
    pub to: u64,
    /// What is drawn; nothing of it can act on a terminal.
    pub parts: Vec<(String, Part)>,
}

impl Look {
    /// How many bytes a row of numbers holds.
    pub fn bytes_a_row(self) -> u64 {
        // an offset, two blanks, three columns a byte, a blank, one column a byte
        match self.columns.saturating_sub(13) / 4 {
            0..=7 => 4,
            8..=15 => 8,
            _ => 16,
        }
    }

    /// The row that begins at `at`; `None` where nothing is held from there on.
    pub fn row(self, window: &Window, at: u64, needle: Option<&Needle>) -> Option<Row> {
        let bytes = window.from(at);
        if bytes.is_empty() {
            return None;
        }
        if self.hex {
            return Some(self.hex_row(window, at, needle));
        }
        let text = self.text(bytes);
        let to = at + text.length as u64;
        let hits = hits(window, at..to, needle);
        let mut parts = Parts::default();
        let mut column = 0;
        for cell in text.cells {
            let begins = column;
            column += cell.width;
            if !self.wrap && (begins < self.left || column > self.left + self.columns) {
                continue;
            }
            let is_hit = hits.iter().any(|hit| hit.contains(&(at + cell.at as u64)));
            parts.push(&cell.shown, if is_hit { Part::Found } else { cell.part });
        }
        Some(Row {
            from: at,
            to,
            parts: parts.0,
        })
    }

    /// Where the row begins that holds the byte `at`.
    pub fn row_start(self, window: &Window, at: u64) -> u64 {
        if self.hex {
            return at - at % self.bytes_a_row();
        }
        let lowest = at.saturating_sub(LONGEST).max(window.begin().min(at));
        let before = window.range(lowest..at);
        let line = match before.iter().rposition(|b| *b == b'\n') {
            Some(end) => lowest + end as u64 + 1,
            None => lowest,
        };
        let mut start = line;
        loop {
            let bytes = window.from(start);
            let length = self.text(bytes).length as u64;
            if bytes.is_empty() || start + length > at {
                return start;
            }
            start += length;
        }
    }

    /// Where the rows begin, from the one at `at` on, so many at the most; and whether the last of them
    /// reaches the end of what is held.
    pub fn starts(self, window: &Window, at: u64, most: usize) -> Vec<u64> {
        let mut starts = Vec::with_capacity(most);
        let mut at = at;
        while starts.len() < most {
            let bytes = window.from(at);
            if bytes.is_empty() {
                break;
            }
            starts.push(at);
            at += match self.hex {
                true => self.bytes_a_row().min(bytes.len() as u64),
                false => self.text(bytes).length as u64,
            };
        }
        starts
    }

    fn hex_row(self, window: &Window, at: u64, needle: Option<&Needle>) -> Row {
        let wide = self.bytes_a_row();
        let bytes = window.range(at..at + wide);
        let to = at + bytes.len() as u64;
        let hits = hits(window, at..to, needle);
        let is_hit = |n: u64| hits.iter().any(|hit| hit.contains(&(at + n)));
        let mut parts = Parts::default();
        parts.push(&format!("{at:08x}  "), Part::Offset);
        for n in 0..wide {
            let byte = usize::try_from(n).ok().and_then(|n| bytes.get(n));
            let part = if is_hit(n) { Part::Found } else { Part::Plain };
            match byte {
                Some(byte) => parts.push(&format!("{byte:02x}"), part),
                None => parts.push("  ", Part::Plain),
            }
            // a hit is marked in one piece
            parts.push(" ", if is_hit(n + 1) { part } else { Part::Plain });
        }
        parts.push(" ", Part::Plain);
        for (n, byte) in (0..).zip(bytes) {
            let plain = (b' '..=b'~').contains(byte);
            let part = match (is_hit(n), plain) {
                (true, _) => Part::Found,
                (false, true) => Part::Plain,
                (false, false) => Part::Escaped,
            };
            parts.push(&char::from(if plain { *byte } else { b'.' }).to_string(), part);
        }
        Row {
            from: at,
            to,
            parts: parts.0,
        }
    }

    /// The text that begins with these bytes: as much as goes into one row.
    fn text(self, bytes: &[u8]) -> Text {
        let longest = usize::try_from(LONGEST).unwrap_or(usize::MAX);
        let reach = &bytes[..bytes.len().min(longest)];
        let line_end = reach.iter().position(|b| *b == b'\n');
        let line = &reach[..line_end.unwrap_or(reach.len())];
        let whole = line_end.map_or(line.len(), |end| end + 1);
        // a column never takes more than this, save by letters that lie upon each other
        let wanted = (self.left * usize::from(!self.wrap) + self.columns) * 16 + 64;
        let shown = match line_end {
            Some(_) => line.strip_suffix(b"\r").unwrap_or(line),
            None => line,
        };
        let cut = whole_characters(shown, wanted, self.charset);
        let (mut cells, mut column) = (Vec::new(), 0);
        for (at, cluster) in clusters(cut, self.charset) {
            let cell = Cell::new(at, cluster, column);
            if self.wrap && column > 0 && column + cell.width > self.columns {
                return Text { cells, length: at };
            }
            column += cell.width;
            cells.push(cell);
        }
        let length = if self.wrap && cut.len() < shown.len() {
            cut.len()
        } else {
            whole
        };
        Text { cells, length }
    }
}

/// A row of text, and how many bytes it takes.
struct Text {
    cells: Vec<Cell>,
    length: usize,
}

/// What stands together on the screen.
struct Cell {
    /// Its first byte in the row.
    at: usize,
    shown: String,
    width: usize,
    part: Part,
}

impl Cell {
    fn new(at: usize, cluster: Cluster<'_>, column: usize) -> Self {
        let (shown, part) = match &cluster {
            Cluster::Text(text) if text == "\t" => (" ".repeat(TAB - column % TAB), Part::Plain),
            Cluster::Text(text) => {
                let shown = escape_str(text);
                let part = if shown == **text {
                    Part::Plain
                } else {
                    Part::Escaped
                };
                (shown, part)
            }
            Cluster::Byte(byte) => (escape(&[*byte]), Part::Escaped),
        };
        // a byte of ASCII that is no text is none of UTF-8 either
        let shown = match cluster {
            Cluster::Byte(byte) if byte.is_ascii() => format!("\\x{byte:02x}"),
            _ => shown,
        };
        Self {
            at,
            width: shown.width(),
            shown,
            part,
        }
    }
}

/// What a reader sees as one letter, or a byte that is none.
enum Cluster<'b> {
    Text(std::borrow::Cow<'b, str>),
    Byte(u8),
}

/// The letters of a line, each with the place of its first byte.
fn clusters(bytes: &[u8], charset: Charset) -> Vec<(usize, Cluster<'_>)> {
    let mut out = Vec::new();
    if !charset.is_utf8() && !bytes.is_ascii() {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match charset.first_letter(&bytes[at..]) {
                Some((text, length)) => {
                    out.push((at, Cluster::Text(text.into())));
                    at += length;
                }
                None => {
                    out.push((at, Cluster::Byte(*byte)));
                    at += 1;
                }
            }
        }
        return out;
    }
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        let letters = chunk.valid().grapheme_indices(true);
        out.extend(letters.map(|(place, text)| (at + place, Cluster::Text(text.into()))));
        at += chunk.valid().len();
        for byte in chunk.invalid() {
            out.push((at, Cluster::Byte(*byte)));
            at += 1;
        }
    }
    out
}

/// At most so many bytes of a line, without a letter cut in two.
fn whole_characters(line: &[u8], most: usize, charset: Charset) -> &[u8] {
    if line.len() <= most {
        return line;
    }
    let is_begin = |at: &usize| !charset.is_utf8() || line.get(*at).is_none_or(|b| b & 0xc0 != 0x80);
    let end = (most.saturating_sub(3)..=most).rev().find(is_begin);
    &line[..end.unwrap_or(most)]
}

/// Where the needle lies in this range, as far as it is held; what begins before it counts.
fn hits(window: &Window, range: Range<u64>, needle: Option<&Needle>) -> Vec<Range<u64>> {
    let Some(needle) = needle else {
        return Vec::new();
    };
    let reach = needle.length() as u64 - 1;
    let begin = range.start.saturating_sub(reach).max(window.begin());
    let bytes = window.range(begin..range.end + reach);
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = needle.find(&bytes[from..]) {
        let at = from + at;
        let hit = begin + at as u64;
        found.push(hit..hit + needle.length() as u64);
        from = at + 1;
    }
    found
}

/// Parts of a row; those that look the same are one.
#[derive(Default)]
struct Parts(Vec<(String, Part)>);

impl Parts {
    fn push(&mut self, text: &str, part: Part) {
        match self.0.last_mut() {
            Some((last, same)) if *same == part => last.push_str(text),
            _ => self.0.push((text.to_owned(), part)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(at: u64, bytes: &[u8]) -> Window {
        let mut window = Window::at(at);
        window.append(bytes, at);
        window
    }

    fn look(columns: usize) -> Look {
        Look {
            columns,
            hex: false,
            wrap: true,
            left: 0,
            charset: Charset::default(),
        }
    }

    fn drawn(look: Look, bytes: &[u8]) -> Vec<String> {
        let window = window(0, bytes);
        let rows = look.starts(&window, 0, 100).into_iter();
        rows.map(|at| {
            let row = look.row(&window, at, None).unwrap();
            row.parts.iter().map(|(text, _)| text.as_str()).collect()
        })
        .collect()
    }

    #[test]
    fn text_is_wrapped_between_letters() {
        let rows = |columns, text: &str| drawn(look(columns), text.as_bytes());
        assert_eq!(rows(4, "abcdefghij\nk"), ["abcd", "efgh", "ij", "k"]);
        assert_eq!(rows(4, "abcd\n\nx\n"), ["abcd", "", "x"]);
        assert_eq!(rows(5, "日本語"), ["日本", "語"]);
        assert_eq!(rows(1, "日x"), ["日", "x"], "what is too wide stands alone");
        assert_eq!(rows(4, "e\u{301}e\u{301}abc"), ["e\u{301}e\u{301}ab", "c"]);
        assert_eq!(rows(20, "a\tb"), ["a       b"]);
        assert_eq!(rows(9, "dos\r\nmac\r"), ["dos", "mac\\x0d"]);
        assert_eq!(rows(12, "\x1b[2Jx"), ["\\x1b[2Jx"]);
    }

    #[test]
    fn without_wrapping_a_line_is_a_row() {
        let wide = Look {
            wrap: false,
            ..look(4)
        };
        assert_eq!(drawn(wide, b"abcdefgh\nij"), ["abcd", "ij"]);
        assert_eq!(drawn(Look { left: 2, ..wide }, b"abcdefgh\nij"), ["cdef", ""]);
    }

    #[test]
    fn numbers_and_letters() {
        let hex = |columns| Look {
            hex: true,
            ..look(columns)
        };
        assert_eq!(
            drawn(hex(80), b"hello\x00\xff\nworld, hello"),
            [
                "00000000  68 65 6c 6c 6f 00 ff 0a 77 6f 72 6c 64 2c 20 68  hello...world, h",
                "00000010  65 6c 6c 6f                                      ello",
            ]
        );
        assert_eq!(
            drawn(hex(46), b"12345678")[0],
            "00000000  31 32 33 34 35 36 37 38  12345678"
        );
        assert_eq!(drawn(hex(30), b"12345678")[0], "00000000  31 32 33 34  1234");
    }

    #[test]
    fn other_character_sets_are_read() {
        let as_set = |name: &str, bytes: &[u8]| {
            let look = Look {
                charset: name.parse().unwrap(),
                ..look(20)
            };
            drawn(look, bytes).concat()
        };
        assert_eq!(as_set("latin1", b"Gr\xfc\xdfe"), "Grüße");
        assert_eq!(as_set("Shift_JIS", b"\x93\xfa\x96{!"), "日本!");
        assert_eq!(as_set("UTF-8", b"Gr\xfc"), "Gr\\xfc");
    }

    #[test]
    fn what_was_searched_for_is_marked_also_over_a_row_s_end() {
        let needle = Needle::parse("lo w", Charset::default()).unwrap();
        let window = window(0, b"hello world");
        let rows: Vec<_> = look(5)
            .starts(&window, 0, 9)
            .into_iter()
            .map(|at| look(5).row(&window, at, Some(&needle)).unwrap().parts)
            .collect();
        let part = |text: &str, part| (text.to_owned(), part);
        assert_eq!(rows[0], [part("hel", Part::Plain), part("lo", Part::Found)]);
        assert_eq!(rows[1], [part(" w", Part::Found), part("orl", Part::Plain)]);
    }

    #[test]
    fn a_line_without_an_end_is_broken() {
        let long = vec![b'x'; 40_000];
        let wide = Look {
            wrap: false,
            ..look(10)
        };
        assert_eq!(wide.starts(&window(0, &long), 0, 9), [0, LONGEST, 2 * LONGEST]);
    }

    proptest! {
        /// Whatever the bytes: each row begins where the one before ends, none is empty, none is wider
        /// than the screen, and a byte's row is found again.
        #[test]
        fn rows_cover_the_bytes(
            bytes in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\t'), any::<u8>(), b'a'..=b'e'], 1..300),
            columns in 8_usize..40, wrap: bool, hex: bool,
        ) {
            let look = Look { wrap, hex, ..look(if hex { columns + 29 } else { columns }) };
            let window = window(1_000, &bytes);
            let mut at = 1_000;
            let first = if hex { at - at % look.bytes_a_row() } else { at };
            prop_assert_eq!(look.row_start(&window, at), first);
            while let Some(row) = look.row(&window, at, None) {
                prop_assert!(row.to > row.from && row.from == at);
                let width: usize = row.parts.iter().map(|(text, _)| text.width()).sum();
                prop_assert!(width <= look.columns, "{width} of {columns}");
                if !hex {
                    prop_assert_eq!(look.row_start(&window, row.to - 1), at);
                }
                at = row.to;
            }
            prop_assert_eq!(at, window.end());
        }
    }
}
