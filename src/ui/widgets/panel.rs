//! A frame with a title.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType};

use crate::config::theme::{Role, Theme};

/// A frame; thicker and brighter where the focus is, so that it is seen without colour too.
pub(crate) fn panel<'a>(title: impl Into<Line<'a>>, focus: bool, theme: &Theme) -> Block<'a> {
    let (role, border) = match focus {
        true => (Role::BorderFocus, BorderType::Thick),
        false => (Role::Border, BorderType::Rounded),
    };
    Block::bordered()
        .border_type(border)
        .border_style(theme.style(role))
        .title_top(title.into().style(theme.style(Role::Title)))
}

/// Points from the frame's left side at the row under the cursor: seen where no colour is.
pub(crate) fn point_at(frame: &mut Frame<'_>, row: Rect, theme: &Theme) {
    let side = row.x.checked_sub(1).map(|x| (x, row.y));
    if let Some(cell) = side.and_then(|at| frame.buffer_mut().cell_mut(at)) {
        cell.set_symbol("▸").set_style(theme.style(Role::BorderFocus));
    }
}
