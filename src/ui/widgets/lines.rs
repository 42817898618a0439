//! Lines of text, one in a row.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Draws as many of the lines as there are rows.
pub(crate) fn put_lines(frame: &mut Frame<'_>, area: Rect, lines: impl IntoIterator<Item = Line<'static>>) {
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}
