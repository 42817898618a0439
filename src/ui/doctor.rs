//! The doctor's screen: a report, and the window on it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::text::fit;
use super::widgets::{panel, put_lines};
use crate::app::doctor::Tone;
use crate::app::{App, server_title};
use crate::config::theme::Role;
use crate::model::diagnosis::Level;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let Some(doctor) = &app.doctor else {
        return;
    };
    let title = format!(" Doctor: {} ", server_title(&doctor.server));
    let block = panel(title, app.dialogs.is_empty(), theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (columns, _) = app.report_room();
    let rows = doctor.rows(columns).into_iter().skip(doctor.window.top);
    let lines = rows.map(|row| {
        let role = match row.tone {
            Tone::Text | Tone::Step(true) => Role::Text,
            Tone::Title => Role::Title,
            Tone::Verdict(Level::Ok) => Role::Good,
            Tone::Verdict(Level::Note) => Role::Warning,
            Tone::Verdict(Level::Failure) | Tone::Step(false) => Role::Error,
            Tone::Fix(true) => Role::Key,
            Tone::Fix(false) | Tone::Detail => Role::Muted,
        };
        Line::styled(fit(&row.text, usize::from(inner.width)), theme.style(role))
    });
    put_lines(frame, inner, lines);
}
