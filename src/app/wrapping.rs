//! Text broken into lines: how many there are decides how far one can scroll, so it is not left to who
//! draws.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::model::text::escape_str;

/// Breaks a text into lines of at most `columns`, between words where possible; what is not plain in it
/// is escaped. Blanks stay as they are but at the ends of lines: servers make columns of them.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let paragraph = escape_str(paragraph);
        let mut line = String::new();
        let mut rest = paragraph.trim_end();
        while !rest.is_empty() {
            let (gap, words) = rest.split_at(rest.len() - rest.trim_start().len());
            let (word, behind) = words.split_at(words.find(' ').unwrap_or(words.len()));
            rest = behind;
            if line.width() + gap.width() + word.width() <= columns {
                line.push_str(gap);
                line.push_str(word);
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for grapheme in word.graphemes(true) {
                if line.width() + grapheme.width() > columns && !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                line.push_str(grapheme);
            }
        }
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
        assert_eq!(wrap("  rw   12  f ", 13), ["  rw   12  f"]);
        assert_eq!(wrap("one    two", 5), ["one", "two"]);
        assert_eq!(wrap("日本語", 1), ["日", "本", "語"]);
        assert!(wrap("", 4).is_empty());
    }
}
