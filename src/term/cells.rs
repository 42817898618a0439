//! Cells as the bytes that draw them, as few as it takes: over a slow line each of them is waited for.
//!
//! What stands on the terminal is kept, and what would look the same is not sent again: the colour of
//! a blank is not seen, and a cleared screen is blank already. Sequences are those of ECMA-48 that every
//! terminal knows; nothing rests on what it erases with (`bce`) or on its counting of columns: after
//! a character that is not one plain column the place is said anew.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

/// What stands on the terminal, and where and how it would write next.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    shown: Buffer,
    /// Where the next character goes; `None` when that is not known.
    at: Option<Position>,
    /// How it is written; `None` when that is not known.
    style: Option<Style>,
    /// Bytes of a frame from which on two ways to write it are compared.
    long: usize,
}

/// Foreground, background and attributes.
type Style = (Color, Color, Modifier);

const PLAIN: Style = (Color::Reset, Color::Reset, Modifier::empty());
/// Attributes, how each is written (ECMA-48 §8.3.117), in the order they are written.
const ATTRIBUTES: [(Modifier, &str); 5] = [
    (Modifier::BOLD, "1"),
    (Modifier::DIM, "2"),
    (Modifier::ITALIC, "3"),
    (Modifier::UNDERLINED, "4"),
    (Modifier::REVERSED, "7"),
];
/// Attributes that are seen on a blank.
const ON_BLANK: Modifier = Modifier::REVERSED.union(Modifier::UNDERLINED);
/// Up to so many cells are written once more rather than jumped over: that is shorter.
const JUMP: u16 = 4;

impl Cells {
    /// A terminal of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self {
            shown: Buffer::default(),
            at: None,
            style: None,
            long: 1_024,
        }
    }

    /// Clears the terminal, which has `columns` and `rows`.
    pub(super) fn clear(&mut self, out: &mut String, columns: u16, rows: u16) {
        out.push_str("\x1b[0m\x1b[2J");
        self.shown = Buffer::empty(Rect::new(0, 0, columns, rows));
        (self.at, self.style) = (None, Some(PLAIN));
    }

    /// Something else has written to the terminal, or moved its cursor.
    pub(super) fn lose_place(&mut self) {
        self.at = None;
    }

    /// Whether the terminal was never cleared.
    pub(super) fn is_unknown(&self) -> bool {
        self.shown.area.is_empty()
    }

    /// Draws what has changed. A cell that the terminal did not have when it was cleared is left out: it
    /// has got another size meanwhile, and is drawn whole for that.
    pub(super) fn draw<'a>(&mut self, out: &mut String, changed: impl Iterator<Item = (u16, u16, &'a Cell)>) {
        let differs = |(x, y, cell): (u16, u16, &Cell)| {
            let (at, cell) = (Position::new(x, y), seen(cell));
            self.shown
                .cell(at)
                .is_some_and(|shown| *shown != cell)
                .then_some((at, cell))
        };
        let mut changed: Vec<(Position, Cell)> = changed.filter_map(differs).collect();
        let (mut rows, mut written) = (self.clone(), String::new());
        rows.put_all(&mut written, &changed);
        if written.len() > self.long {
            // to change the ink costs more than to move: one ink after the other may be shorter
            sort_by_style(&mut changed);
            let (mut inks, mut by_ink) = (self.clone(), String::new());
            inks.put_all(&mut by_ink, &changed);
            if by_ink.len() < written.len() {
                (rows, written) = (inks, by_ink);
            }
        }
        *self = rows;
        out.push_str(&written);
    }

    fn put_all(&mut self, out: &mut String, changed: &[(Position, Cell)]) {
        for (to, cell) in changed {
            let (x, y) = (to.x, to.y);
            let end = x.saturating_add(columns(cell));
            let reach = |x: u16| {
                self.shown
                    .cell((x, y))
                    .map(|cell| x.saturating_add(columns(cell)))
            };
            let old = (x..end).filter_map(reach).max().unwrap_or(end);
            if old > end {
                // what terminals leave of a wide character that is half overwritten differs
                for x in x..old {
                    self.put(out, Position::new(x, y), &Cell::default());
                }
            }
            self.put(out, *to, cell);
            for x in x.saturating_add(1)..end {
                self.forget(x, y);
            }
        }
    }

    /// What stands there is not known: half a wide character, or what is left of one.
    fn forget(&mut self, x: u16, y: u16) {
        if let Some(cell) = self.shown.cell_mut((x, y)) {
            // equal to nothing that is drawn
            cell.set_symbol("");
        }
    }

    fn go(&mut self, out: &mut String, to: Position) {
        let Some(at) = self.at else {
            let _ = write!(out, "\x1b[{};{}H", to.y + 1, to.x + 1);
            return;
        };
        if at.y == to.y && at.x <= to.x {
            self.go_right(out, at, to.x);
        } else if at.y + 1 == to.y {
            out.push_str("\r\n");
            right(out, to.x);
        } else if to.x == 0 {
            let _ = write!(out, "\x1b[{}H", to.y + 1);
        } else {
            let _ = write!(out, "\x1b[{};{}H", to.y + 1, to.x + 1);
        }
    }

    fn go_right(&mut self, out: &mut String, at: Position, x: u16) {
        let between = || (at.x..x).filter_map(|x| self.shown.cell((x, at.y)));
        let again = x - at.x <= JUMP
            && between().all(|cell| is_narrow(cell.symbol()) && self.style == Some(self.style_of(cell)));
        match again {
            true => between().for_each(|cell| out.push_str(cell.symbol())),
            false => right(out, x - at.x),
        }
    }

    /// How a cell is written: of a blank only the ground is seen, the rest stays as it is.
    fn style_of(&self, cell: &Cell) -> Style {
        match self.style {
            Some((fg, _, modifier)) if is_blank(cell) => (fg, cell.bg, modifier.difference(ON_BLANK)),
            _ => (cell.fg, cell.bg, cell.modifier),
        }
    }

    fn put(&mut self, out: &mut String, at: Position, cell: &Cell) {
        self.go(out, at);
        let new = self.style_of(cell);
        if self.style != Some(new) {
            change(out, self.style, new);
            self.style = Some(new);
        }
        out.push_str(cell.symbol());
        self.at = is_narrow(cell.symbol()).then(|| Position::new(at.x + 1, at.y));
        if self.shown.cell(at).is_some_and(|shown| shown.symbol().is_empty())
            && let Some(before) = at.x.checked_sub(1)
        {
            // the other half of it is half no more
            self.forget(before, at.y);
        }
        if let Some(shown) = self.shown.cell_mut(at) {
            *shown = seen(cell);
        }
    }
}

/// Puts cells of one style beside each other, in the order the styles come first. A blank, of which only
/// the ground is seen, goes with its neighbours.
fn sort_by_style(cells: &mut [(Position, Cell)]) {
    let style = |cell: &Cell| (cell.fg, cell.bg, cell.modifier);
    let lend = |cells: &mut [(Position, Cell)], from: usize, to: usize| {
        let ((a, lender), (b, blank)) = (&cells[from], &cells[to]);
        let beside = a.y == b.y && a.x.abs_diff(b.x) == 1;
        if beside && is_blank(blank) && lender.bg == blank.bg && !lender.modifier.intersects(ON_BLANK) {
            let (fg, _, modifier) = style(lender);
            (cells[to].1.fg, cells[to].1.modifier) = (fg, modifier);
        }
    };
    let len = cells.len();
    (1..len).for_each(|to| lend(cells, to - 1, to));
    (1..len).rev().for_each(|from| lend(cells, from, from - 1));
    let mut order: Vec<Style> = Vec::new();
    for (_, cell) in cells.iter() {
        if !order.contains(&style(cell)) {
            order.push(style(cell));
        }
    }
    cells.sort_by_key(|(_, cell)| order.iter().position(|known| *known == style(cell)));
}

/// What of a cell is seen: a blank has no ink.
fn seen(cell: &Cell) -> Cell {
    let mut seen = cell.clone();
    if is_blank(cell) {
        seen.fg = Color::Reset;
        seen.modifier = Modifier::empty();
    }
    seen
}

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && !cell.modifier.intersects(ON_BLANK)
}

fn columns(cell: &Cell) -> u16 {
    u16::try_from(cell.symbol().width()).unwrap_or(1)
}

/// Whether every terminal moves by one column for it.
fn is_narrow(symbol: &str) -> bool {
    let mut chars = symbol.chars();
    chars.next().is_some() && chars.next().is_none() && symbol.width() == 1
}

fn right(out: &mut String, columns: u16) {
    let _ = match columns {
        0 => Ok(()),
        1 => write!(out, "\x1b[C"),
        n => write!(out, "\x1b[{n}C"),
    };
}

/// Changes the style in one sequence; attributes are taken away by beginning anew.
fn change(out: &mut String, old: Option<Style>, new: Style) {
    let mut words: Vec<String> = Vec::new();
    let (mut fg, mut bg, mut modifier) = old.unwrap_or(PLAIN);
    if old.is_none() || !new.2.contains(modifier) {
        words.push("0".into());
        (fg, bg, modifier) = PLAIN;
    }
    for (attribute, word) in ATTRIBUTES {
        if new.2.contains(attribute) && !modifier.contains(attribute) {
            words.push(word.into());
        }
    }
    if new.0 != fg {
        words.push(colour(new.0, 30));
    }
    if new.1 != bg {
        words.push(colour(new.1, 40));
    }
    let _ = match words.join(";").as_str() {
        "" => Ok(()),
        "0" => write!(out, "\x1b[m"),
        words => write!(out, "\x1b[{words}m"),
    };
}

/// A colour as a parameter of SGR; `base` is 30 for the ink and 40 for the ground.
fn colour(colour: Color, base: u8) -> String {
    let plain = |n: u8| (base + n).to_string();
    let bright = |n: u8| (base + 60 + n).to_string();
    match colour {
        Color::Reset => plain(9),
        Color::Black => plain(0),
        Color::Red => plain(1),
        Color::Green => plain(2),
        Color::Yellow => plain(3),
        Color::Blue => plain(4),
        Color::Magenta => plain(5),
        Color::Cyan => plain(6),
        Color::Gray => plain(7),
        Color::DarkGray => bright(0),
        Color::LightRed => bright(1),
        Color::LightGreen => bright(2),
        Color::LightYellow => bright(3),
        Color::LightBlue => bright(4),
        Color::LightMagenta => bright(5),
        Color::LightCyan => bright(6),
        Color::White => bright(7),
        Color::Indexed(n) => format!("{};5;{n}", base + 8),
        Color::Rgb(r, g, b) => format!("{};2;{r};{g};{b}", base + 8),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ratatui::style::Style as Look;

    use super::*;

    /// Draws one buffer after the other, each by what differs from the one before.
    /// Two ways to write a frame are compared from so many bytes on.
    fn draw(frames: &[Buffer], long: usize) -> Vec<String> {
        let area = frames[0].area;
        let mut cells = Cells {
            long,
            ..Cells::unknown()
        };
        let mut before = Buffer::empty(area);
        let mut out = Vec::new();
        for (place, frame) in frames.iter().enumerate() {
            let mut bytes = String::new();
            if place == 0 {
                cells.clear(&mut bytes, area.width, area.height);
            }
            cells.draw(&mut bytes, before.diff(frame).into_iter());
            before = frame.clone();
            out.push(bytes);
        }
        out
    }

    #[test]
    fn what_looks_the_same_is_not_sent() {
        let blue = Look::new().fg(Color::Indexed(75));
        let mut first = Buffer::empty(Rect::new(0, 0, 20, 3));
        first.set_style(first.area, blue);
        first.set_string(2, 1, "ab", blue);
        let mut second = first.clone();
        second.set_string(2, 1, "ab", blue.bg(Color::Red));
        second.set_string(9, 1, " ", Look::new().fg(Color::Red));
        assert_eq!(
            draw(&[first.clone(), first, second], 1_024),
            [
                "\x1b[0m\x1b[2J\x1b[2;3H\x1b[38;5;75mab",
                "",
                "\x1b[2;3H\x1b[41mab"
            ]
        );
    }

    #[test]
    fn places_are_said_in_the_shortest_way_and_anew_behind_wide_characters() {
        let mut first = Buffer::empty(Rect::new(0, 0, 40, 4));
        first.set_string(0, 0, "a b", Look::new());
        first.set_string(30, 0, "c", Look::new());
        first.set_string(3, 1, "d", Look::new());
        first.set_string(0, 3, "日e", Look::new().bold());
        assert_eq!(
            draw(&[first], 1_024),
            ["\x1b[0m\x1b[2J\x1b[1;1Ha b\x1b[27Cc\r\n\x1b[3Cd\x1b[4H\x1b[1m日\x1b[4;3He"]
        );
    }

    proptest! {
        /// Whatever is drawn after whatever: a terminal that is told so shows the last of it.
        #[test]
        fn a_terminal_shows_what_was_drawn(
            long in prop::sample::select(vec![0, 1_024]),
            texts in prop::collection::vec((0u16..3, 0u16..12, "[ a-c日é]{0,6}", 0u8..4, any::<bool>()), 1..30)
        ) {
            let area = Rect::new(0, 0, 12, 3);
            let mut frames = vec![Buffer::empty(area)];
            for (y, x, text, look, fresh) in texts {
                let mut next = match fresh {
                    true => Buffer::empty(area),
                    false => frames.last().unwrap().clone(),
                };
                let look = match look {
                    0 => Look::new(),
                    1 => Look::new().fg(Color::Indexed(3)).bold(),
                    2 => Look::new().bg(Color::Indexed(4)),
                    _ => Look::new().reversed(),
                };
                // nothing is drawn onto half a character
                if x > 0 && next[(x - 1, y)].symbol().width() > 1 {
                    next[(x - 1, y)].reset();
                }
                next.set_stringn(x, y, text, usize::from(12 - x), look);
                frames.push(next);
            }
            let mut terminal = vt100::Parser::new(
                3.try_into().unwrap(),
                12.try_into().unwrap(),
                0,
            );
            let last = frames.last().unwrap().clone();
            for bytes in draw(&frames, long) {
                terminal.process(bytes.as_bytes());
            }
            for y in 0..area.height {
                let mut x = 0;
                while x < area.width {
                    let (drawn, shown) = (&last[(x, y)], terminal.screen().cell(y, x).unwrap());
                    let text = if shown.has_contents() { shown.contents() } else { " " };
                    prop_assert_eq!(drawn.symbol(), text, "at {},{}", x, y);
                    prop_assert_eq!(drawn.modifier.contains(Modifier::REVERSED), shown.inverse());
                    let ground = match drawn.bg {
                        Color::Indexed(n) => vt100::Color::Idx(n),
                        _ => vt100::Color::Default,
                    };
                    prop_assert_eq!(ground, shown.bgcolor());
                    x += u16::try_from(drawn.symbol().width()).unwrap();
                }
            }
        }
    }
}
