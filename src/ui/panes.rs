//! The two panes, and the strip of the queue below them.

use ratatui::Frame;
use ratatui::layout::Rect;

use super::{layout, pane, strip};
use crate::app::App;
use crate::app::folder::Side;

/// Draws both panes, or the active one where the screen is narrow.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    for side in [Side::Local, Side::Remote] {
        if let Some(area) = place(area, app, side) {
            pane::draw(frame, area, app, side);
        }
    }
    if let Some(below) = layout::cut_bottom(area, app.strip_rows()).1 {
        strip::draw(frame, below, app);
    }
}

/// Where the pane of a side is; `None` where the screen is too narrow for both and it is not active.
pub(super) fn place(area: Rect, app: &App, side: Side) -> Option<Rect> {
    let (area, _) = layout::cut_bottom(area, app.strip_rows());
    let (left, right) = layout::halves(area);
    match side {
        _ if !app.shows_both() => (side == app.active).then_some(area),
        Side::Local => Some(left),
        Side::Remote => Some(right),
    }
}
