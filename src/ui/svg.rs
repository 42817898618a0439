//! A drawn screen as a picture: what the README shows is what was drawn.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr as _;

use crate::config::colours::rgb;

const CELL: (u32, u32) = (9, 17);

/// What a terminal shows where no colour was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// Light on dark.
    Dark,
    /// Dark on light.
    Light,
}

impl Paper {
    /// Ground and ink.
    fn colours(self) -> (&'static str, &'static str) {
        match self {
            Self::Dark => ("#14171c", "#d0d0d0"),
            Self::Light => ("#fdfdfd", "#202020"),
        }
    }
}

/// The buffer as an SVG image: one text element for each run of cells of one style.
pub fn draw(buffer: &Buffer, paper: Paper) -> String {
    let (sheet, pen) = paper.colours();
    let area = buffer.area;
    let (w, h) = (
        u32::from(area.width) * CELL.0 + 16,
        u32::from(area.height) * CELL.1 + 16,
    );
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" height=\"{h}\" font-family=\"ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace\" font-size=\"15\" xml:space=\"preserve\">\n<rect width=\"{w}\" height=\"{h}\" rx=\"8\" fill=\"{sheet}\"/>\n"
    );
    for y in 0..area.height {
        let mut x = 0;
        while x < area.width {
            let Some(first) = buffer.cell((area.x + x, area.y + y)) else {
                break;
            };
            let (from, mut text) = (x, String::new());
            while let Some(cell) = buffer
                .cell((area.x + x, area.y + y))
                .filter(|c| x < area.width && alike(first, c))
            {
                text.push_str(cell.symbol());
                x += u16::try_from(cell.symbol().width().max(1)).unwrap_or(1);
            }
            let (mut ink, mut ground) = (colour(first.fg, pen), colour(first.bg, sheet));
            if first.modifier.contains(Modifier::REVERSED) {
                std::mem::swap(&mut ink, &mut ground);
            }
            let (left, top) = (8 + u32::from(from) * CELL.0, 8 + u32::from(y) * CELL.1);
            let wide = u32::from(x - from) * CELL.0;
            if ground != sheet {
                let _ = writeln!(
                    out,
                    "<rect x=\"{left}\" y=\"{top}\" width=\"{wide}\" height=\"{}\" fill=\"{ground}\"/>",
                    CELL.1
                );
            }
            if !text.trim().is_empty() {
                let weight = if first.modifier.contains(Modifier::BOLD) {
                    " font-weight=\"bold\""
                } else {
                    ""
                };
                let line = if first.modifier.contains(Modifier::UNDERLINED) {
                    " text-decoration=\"underline\""
                } else {
                    ""
                };
                let _ = writeln!(
                    out,
                    "<text x=\"{left}\" y=\"{}\" textLength=\"{wide}\" fill=\"{ink}\"{weight}{line}>{}</text>",
                    top + 13,
                    escape(&text)
                );
            }
        }
    }
    out.push_str("</svg>\n");
    out
}

fn alike(a: &Cell, b: &Cell) -> bool {
    (a.fg, a.bg, a.modifier) == (b.fg, b.bg, b.modifier)
}

/// XML 1.0 §2.4; spaces are kept by `xml:space`.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The colour as xterm shows it by default.
fn colour(colour: Color, default: &str) -> String {
    match rgb(colour) {
        Some((r, g, b)) => format!("#{r:02x}{g:02x}{b:02x}"),
        None => default.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_runs_are_joined() {
        let buffer = Buffer::with_lines(["a<b & 日x"]);
        let svg = draw(&buffer, Paper::Dark);
        assert!(svg.contains(">a&lt;b &amp; 日x</text>"), "{svg}");
        assert_eq!(svg.matches("<text").count(), 1);
    }
}
