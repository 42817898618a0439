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

/// The text in at most so many lines, the last of which says where there is more.
pub fn wrap_in(text: &str, columns: usize, lines: usize) -> Vec<String> {
    let mut all = wrap(text, columns);
    if all.len() > lines {
        let rest = all.split_off(lines.saturating_sub(1)).join(" ");
        if lines > 0 {
            all.push(fit(&rest, columns));
        }
    }
    all
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

    #[test]
    fn lines_that_have_no_room_are_seen_to_be_missing() {
        assert_eq!(wrap_in("one two three", 5, 3), ["one", "two", "three"]);
        assert_eq!(wrap_in("one two three", 5, 2), ["one", "two …"]);
        assert_eq!(wrap_in("one", 5, 0), Vec::<String>::new());
    }
}
