//! The log: the dialogue with the server, the newest line at the bottom.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::fit;
use super::widgets::{filter_below, panel, put_lines};
use crate::app::App;
use crate::app::log::{NUMBER, broken};
use crate::config::theme::Role;
use crate::model::event::{DialogueLine, Speaker};

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let log = &app.log;
    let which = match log.session {
        None => "all sessions".to_owned(),
        Some(1) => "session 1, browsing".to_owned(),
        Some(n) => format!("session {n}, a lane"),
    };
    let mut block = panel(format!(" Log: {which} "), !app.is_covered(), theme);
    if let Some(line) = filter_below(&log.filter, log.typing, area, theme) {
        block = block.title_bottom(line);
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let rows = usize::from(inner.height);
    let lines: Vec<&DialogueLine> = log.shown().collect();
    if lines.is_empty() {
        let text = match log.filter.text() {
            "" => "Nothing has been said yet.".to_owned(),
            filter => fit(
                &format!("Nothing here contains '{filter}'."),
                usize::from(inner.width),
            ),
        };
        frame.render_widget(Line::styled(text, theme.style(Role::Muted)), inner);
    }
    // from the newest one upwards, as many as there is room for; what is too long goes on below
    let end = lines.len().saturating_sub(log.cursor.top);
    let mut drawn: Vec<Line<'static>> = Vec::new();
    for line in lines[..end].iter().rev() {
        let role = match line.speaker {
            Speaker::Client => Role::Sent,
            Speaker::Server => Role::Reply,
            Speaker::Remark => Role::Muted,
        };
        let texts = broken(line, usize::from(inner.width));
        for (place, text) in texts.into_iter().enumerate().rev() {
            let number = match place {
                0 => format!("{:>3} ", line.session),
                _ => " ".repeat(NUMBER),
            };
            drawn.push(Line::from(vec![
                Span::styled(number, theme.style(Role::Muted)),
                Span::styled(text, theme.style(role)),
            ]));
        }
        if drawn.len() >= rows {
            break;
        }
    }
    drawn.truncate(rows);
    drawn.reverse();
    put_lines(frame, inner, drawn);
}
