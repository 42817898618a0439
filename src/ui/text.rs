//! Text cut to columns: wide characters count two, combining ones none.
//!
//! Whatever is cut here is escaped first, names and sentences alike: what has been escaped before
//! stays as it is, and what was forgotten does no harm.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

pub use crate::app::wrapping::wrap;
use crate::model::text::escape_str;

fn harmless(text: &str) -> Cow<'_, str> {
    // most of it is plain words
    match text.bytes().all(|b| b.is_ascii() && !b.is_ascii_control()) {
        true => text.into(),
        false => escape_str(text).into(),
    }
}

/// How many columns a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text in at most `columns`, its end cut off with `…`.
pub fn fit(text: &str, columns: usize) -> String {
    let text = harmless(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut out = String::new();
    let mut used = 1;
    for grapheme in text.graphemes(true) {
        used += grapheme.width();
        if used > columns {
            break;
        }
        out.push_str(grapheme);
    }
    out.push('…');
    out
}

/// The text in at most `columns`, its beginning cut off: of a path the end matters.
pub fn fit_end(text: &str, columns: usize) -> String {
    let text = harmless(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let mut used = 1;
    let mut from = text.len();
    for (at, grapheme) in text.grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > columns {
            break;
        }
        from = at;
    }
    format!("…{}", &text[from..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_counts_columns() {
        for (text, columns, start, end) in [
            ("short", 5, "short", "short"),
            ("shorter", 5, "shor…", "…rter"),
            ("日本語", 4, "日…", "…語"),
            ("日本語", 5, "日本…", "…本語"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…", "…e\u{301}"),
            ("ab", 1, "…", "…"),
            ("ab", 0, "", ""),
        ] {
            assert_eq!(
                (fit(text, columns).as_str(), fit_end(text, columns).as_str()),
                (start, end)
            );
        }
    }
}
