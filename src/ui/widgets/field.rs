//! A text field with its cursor.

use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::app::input;
use crate::config::theme::{Role, Theme};
use crate::model::text::escape_str;
use crate::ui::text::{fit, width};

/// The field in exactly `columns`; a longer text is shown where the cursor is. The cursor is a
/// reversed cell: it needs no help of the terminal's own.
pub(crate) fn field(line: &input::Line, columns: usize, focus: bool, theme: &Theme) -> Line<'static> {
    let style = theme.style(if focus { Role::FieldFocus } else { Role::Field });
    let (before, after) = if line.masked {
        // no copy of the text is made
        let len = line.text().chars().count();
        (stars(line.cursor()), stars(len.saturating_sub(line.cursor())))
    } else {
        let before: String = line.text().chars().take(line.cursor()).collect();
        let after: String = line.text().chars().skip(line.cursor()).collect();
        (escape_str(&before), escape_str(&after))
    };
    if columns == 0 {
        return Line::default();
    }
    let mut rest = after.graphemes(true);
    let under = rest.next().unwrap_or(" ").to_owned();
    // keep the cursor in view: drop from the left what does not fit before it
    let room = columns.saturating_sub(width(&under));
    let mut left: Vec<&str> = before.graphemes(true).collect();
    let mut used: usize = left.iter().map(|g| width(g)).sum();
    let mut from = 0;
    while used > room && from < left.len() {
        used -= width(left[from]);
        from += 1;
    }
    let left: String = left.drain(from..).collect();
    let mut free = room.saturating_sub(used);
    let mut right = String::new();
    for grapheme in rest {
        let w = width(grapheme);
        if w > free {
            break;
        }
        free -= w;
        right.push_str(grapheme);
    }
    right.push_str(&" ".repeat(free));
    let cursor = if focus {
        style.add_modifier(Modifier::REVERSED)
    } else {
        style
    };
    Line::from(vec![
        Span::styled(left, style),
        Span::styled(under, cursor),
        Span::styled(right, style),
    ])
}

/// The filter of a list in the lower edge of its frame: as it is typed, or as it holds.
pub(crate) fn filter_below(
    filter: &input::Line,
    typing: bool,
    area: Rect,
    theme: &Theme,
) -> Option<Line<'static>> {
    if typing {
        let mut line = Line::from(Span::styled(" / ", theme.style(Role::Title)));
        let columns = usize::from(area.width.saturating_sub(6)).min(40);
        line.extend(field(filter, columns, true, theme).spans);
        return Some(line);
    }
    if filter.text().is_empty() {
        return None;
    }
    let text = format!(" /{} ", escape_str(filter.text()));
    let text = fit(&text, usize::from(area.width.saturating_sub(4)));
    Some(Line::styled(text, theme.style(Role::Title)))
}

/// What is shown of a secret of so many characters.
pub(crate) fn stars(len: usize) -> String {
    "•".repeat(len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::{Code, Key};

    fn drawn(line: &input::Line, columns: usize) -> String {
        let drawn = field(line, columns, true, &Theme::default());
        drawn.spans.iter().map(|s| s.content.as_ref()).collect()
    }

    #[test]
    fn the_cursor_stays_in_view() {
        let mut line = input::Line::new("abcdefgh");
        assert_eq!(drawn(&line, 5), "efgh ");
        line.press(Key::plain(Code::Home));
        assert_eq!(drawn(&line, 5), "abcde");
        assert_eq!(drawn(&line, 12), "abcdefgh    ");
        assert_eq!(drawn(&line, 0), "");
        assert_eq!(drawn(&input::Line::new("日本"), 4), "本 ".to_owned() + " ");
    }

    #[test]
    fn a_secret_is_never_drawn() {
        let mut line = input::Line::masked();
        line.paste("pw");
        assert_eq!(drawn(&line, 5), "••   ");
    }
}
