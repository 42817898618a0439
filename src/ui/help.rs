//! The help: every key in force, made from the table of actions.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{fit, width};
use super::widgets::{filter_below, panel};
use crate::app::{App, help};
use crate::config::theme::Role;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let mut block = panel(" Keys ", !app.is_covered(), theme);
    if let Some(line) = filter_below(&app.help.filter, app.help.typing, area, theme) {
        block = block.title_bottom(line);
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (wide, room) = app.help_columns();
    for (y, line) in (inner.y..inner.bottom()).zip(app.help_lines().into_iter().skip(app.help.window.top)) {
        let drawn = match line {
            help::Line::Gap => Line::default(),
            help::Line::Heading(title) => Line::styled(title, theme.style(Role::Title)),
            help::Line::Keys(keys, text) => {
                let keys = fit(&keys, wide);
                let pad = " ".repeat((wide + 1).saturating_sub(width(&keys)));
                Line::from(vec![
                    Span::styled(format!(" {keys}{pad}"), theme.style(Role::Sent)),
                    Span::styled(fit(&text, room), theme.style(Role::Text)),
                ])
            }
        };
        frame.render_widget(
            drawn,
            Rect {
                y,
                height: 1,
                ..inner
            },
        );
    }
}
