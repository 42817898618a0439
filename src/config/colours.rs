//! How many colours a terminal has, and which of them is nearest to one it has not.

use std::ops::RangeInclusive;

use ratatui::style::{Color, Style};

/// Red, green and blue.
pub type Rgb = (u8, u8, u8);

/// How many colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// None.
    Mono,
    /// The sixteen of ECMA-48 and aixterm, in the person's own tones.
    Sixteen,
    /// Those and xterm's cube and greys, 256 in all.
    Indexed,
    /// Any.
    True,
}

/// Terminals that show any colour: SSH hands their name on, but not `COLORTERM`.
const TRUE: [&str; 6] = [
    "xterm-kitty",
    "xterm-ghostty",
    "alacritty",
    "foot",
    "wezterm",
    "contour",
];
/// Terminals that show none.
const MONO: [&str; 6] = ["", "dumb", "vt52", "vt100", "vt102", "vt220"];

impl Depth {
    /// What the variables `TERM` and `COLORTERM` say; empty where they are not set. Nothing is asked of
    /// the terminal itself.
    pub fn told(term: &str, colorterm: &str) -> Self {
        let is = |names: &[&str]| names.contains(&term);
        match () {
            () if is(&MONO) => Self::Mono,
            () if matches!(colorterm, "truecolor" | "24bit") || is(&TRUE) || term.ends_with("-direct") => {
                Self::True
            }
            () if term.contains("256col") => Self::Indexed,
            () => Self::Sixteen,
        }
    }

    /// A style in the colours there are. Where ink and ground come too near each other the ink gives way.
    pub fn show(self, style: Style) -> Style {
        let near = |colour: Option<Color>| colour.map(|colour| self.nearest(colour));
        let (fg, bg) = (near(style.fg), near(style.bg));
        let ink = match (fg.and_then(rgb), bg.and_then(rgb)) {
            (Some(ink), Some(ground)) if self == Self::Sixteen && contrast(ink, ground) < LEGIBLE => {
                match contrast((255, 255, 255), ground) > contrast((0, 0, 0), ground) {
                    true => Some(Color::White),
                    false => Some(Color::Black),
                }
            }
            _ => fg,
        };
        Style { fg: ink, bg, ..style }
    }

    /// The nearest colour there is.
    pub fn nearest(self, colour: Color) -> Color {
        let Some(wanted) = rgb(colour) else { return colour };
        let nearest = |indices: RangeInclusive<u8>, fits: fn(Rgb, Rgb) -> bool| {
            let near = indices.filter(|n| fits(wanted, indexed(*n)));
            near.min_by_key(|n| distance(wanted, indexed(*n))).unwrap_or(7)
        };
        match (self, colour) {
            (Self::Mono, _) => Color::Reset,
            (Self::Sixteen, Color::Rgb(..) | Color::Indexed(_)) => named(nearest(0..=15, is_alike)),
            // the first sixteen are whatever the person made of them
            (Self::Indexed, Color::Rgb(..)) => Color::Indexed(nearest(16..=255, |_, _| true)),
            _ => colour,
        }
    }
}

/// Below this ratio a text is not read.
const LEGIBLE: f64 = 3.0;

/// Red, green and blue of a colour, as xterm shows it by default; `None` for the terminal's own.
pub fn rgb(colour: Color) -> Option<Rgb> {
    Some(match colour {
        Color::Reset => return None,
        Color::Rgb(r, g, b) => (r, g, b),
        Color::Indexed(n) => indexed(n),
        Color::Black => indexed(0),
        Color::Red => indexed(1),
        Color::Green => indexed(2),
        Color::Yellow => indexed(3),
        Color::Blue => indexed(4),
        Color::Magenta => indexed(5),
        Color::Cyan => indexed(6),
        Color::Gray => indexed(7),
        Color::DarkGray => indexed(8),
        Color::LightRed => indexed(9),
        Color::LightGreen => indexed(10),
        Color::LightYellow => indexed(11),
        Color::LightBlue => indexed(12),
        Color::LightMagenta => indexed(13),
        Color::LightCyan => indexed(14),
        Color::White => indexed(15),
    })
}

/// xterm's 256 colours.
fn indexed(n: u8) -> Rgb {
    const SIXTEEN: [Rgb; 16] = [
        (0, 0, 0),
        (205, 0, 0),
        (0, 205, 0),
        (205, 205, 0),
        (0, 0, 238),
        (205, 0, 205),
        (0, 205, 205),
        (229, 229, 229),
        (127, 127, 127),
        (255, 0, 0),
        (0, 255, 0),
        (255, 255, 0),
        (92, 92, 255),
        (255, 0, 255),
        (0, 255, 255),
        (255, 255, 255),
    ];
    let level = |v: u8| if v == 0 { 0 } else { 55 + 40 * v };
    match n {
        0..=15 => SIXTEEN[usize::from(n)],
        16..=231 => {
            let n = n - 16;
            (level(n / 36), level(n / 6 % 6), level(n % 6))
        }
        232.. => {
            let grey = 8 + 10 * (n - 232);
            (grey, grey, grey)
        }
    }
}

fn named(n: u8) -> Color {
    const NAMES: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    NAMES[usize::from(n % 16)]
}

/// Whether both are greys, or neither: of sixteen colours the nearest to a light red is a grey.
fn is_alike(a: Rgb, b: Rgb) -> bool {
    let is_grey = |(r, g, b): Rgb| r.max(g).max(b) - r.min(g).min(b) < 48;
    is_grey(a) == is_grey(b)
}

/// How different two colours look: distance in red, green and blue, weighted as eyes do.
fn distance(a: Rgb, b: Rgb) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    2 * square(a.0, b.0) + 4 * square(a.1, b.1) + 3 * square(a.2, b.2)
}

/// Contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
pub fn contrast(a: Rgb, b: Rgb) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// WCAG 2.2, "relative luminance".
fn luminance((r, g, b): Rgb) -> f64 {
    let linear = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 {
            v / 12.92
        } else {
            ((v + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_known_by_its_variables() {
        for (term, colorterm, wanted) in [
            ("xterm-256color", "truecolor", Depth::True),
            ("xterm-256color", "", Depth::Indexed),
            ("tmux-256color", "24bit", Depth::True),
            ("xterm-kitty", "", Depth::True),
            ("xterm-direct", "", Depth::True),
            ("screen", "", Depth::Sixteen),
            ("linux", "", Depth::Sixteen),
            ("vt100", "", Depth::Mono),
            ("dumb", "truecolor", Depth::Mono),
            ("", "", Depth::Mono),
        ] {
            assert_eq!(Depth::told(term, colorterm), wanted, "{term} {colorterm}");
        }
    }

    #[test]
    fn the_nearest_colour_stands_for_one_that_is_not_there() {
        let nord = Color::Rgb(0x2e, 0x34, 0x40);
        assert_eq!(Depth::True.nearest(nord), nord);
        assert_eq!(Depth::Indexed.nearest(nord), Color::Indexed(237));
        assert_eq!(Depth::Sixteen.nearest(nord), Color::Black);
        assert_eq!(Depth::Sixteen.nearest(Color::Indexed(203)), Color::LightRed);
        assert_eq!(Depth::Indexed.nearest(Color::Indexed(3)), Color::Indexed(3));
        assert_eq!(Depth::Sixteen.nearest(Color::Reset), Color::Reset);
        assert_eq!(Depth::Mono.nearest(nord), Color::Reset);
    }

    #[test]
    fn ink_that_would_be_lost_on_its_ground_gives_way() {
        let style = Style::new()
            .fg(Color::Rgb(90, 90, 90))
            .bg(Color::Rgb(120, 120, 120));
        let shown = Depth::Sixteen.show(style);
        assert_eq!((shown.fg, shown.bg), (Some(Color::Black), Some(Color::DarkGray)));
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast((0x77, 0x77, 0x77), (255, 255, 255)) - 4.48).abs() < 0.01);
    }
}
