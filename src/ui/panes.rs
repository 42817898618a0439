//! The two panes, and the strip of the queue below them.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{layout, pane, strip};
use crate::app::App;
use crate::app::folder::Side;

/// Draws both panes, or the active one where the screen is narrow.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let (area, below) = layout::cut_bottom(area, app.strip_rows());
    if app.shows_both() {
        let (left, right) = layout::halves(area);
        pane::draw(frame, left, app, Side::Local);
        pane::draw(frame, right, app, Side::Remote);
    } else {
        pane::draw(frame, area, app, app.active);
    }
    if let Some(below) = below {
        strip::draw(frame, below, app);
    }
}
