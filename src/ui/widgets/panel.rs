//! A frame with a title.

use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType};

use crate::config::theme::{Role, Theme};

/// A frame; brighter where the focus is.
pub(crate) fn panel<'a>(title: impl Into<Line<'a>>, focus: bool, theme: &Theme) -> Block<'a> {
    let role = if focus { Role::BorderFocus } else { Role::Border };
    Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.style(role))
        .title_top(title.into().style(theme.style(Role::Title)))
}
