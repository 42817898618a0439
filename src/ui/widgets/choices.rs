//! A dialog's buttons, the letter that chooses each underlined.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::dialog::Choice;
use crate::config::theme::{Role, Theme};

/// The buttons in lines of at most `columns`.
pub(crate) fn choices(all: &[Choice], at: usize, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut used = 0;
    for (place, choice) in all.iter().enumerate() {
        let style = theme.style(if place == at {
            Role::ChoiceFocus
        } else {
            Role::Choice
        });
        let (before, rest) = choice.label().split_once('&').unwrap_or((choice.label(), ""));
        let mut after = rest.chars();
        let letter: String = after.next().into_iter().collect();
        // brackets say without colour which one Enter takes
        let (open, close) = if place == at { ("[", "]") } else { (" ", " ") };
        let spans = [
            Span::styled(format!("{open}{before}"), style),
            Span::styled(letter, style.add_modifier(Modifier::UNDERLINED)),
            Span::styled(format!("{}{close}", after.as_str()), style),
        ];
        let wide: usize = spans.iter().map(Span::width).sum();
        if lines.is_empty() || used + 1 + wide > columns {
            lines.push(Line::default());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push_span(" ");
                used += 1;
            }
            line.extend(spans);
            used += wide;
        }
    }
    lines
}
