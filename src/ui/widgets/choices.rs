//! A dialog's buttons, the letter that chooses each underlined.

use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::dialog::Choice;
use crate::config::theme::{Role, Theme};
use crate::ui::text::width;

/// The buttons in lines of at most `columns`.
pub(crate) fn choices(all: &[Choice], at: usize, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines: Vec<Line<'static>> = Vec::new();
    for ((place, choice), (row, column)) in all.iter().enumerate().zip(placed(all, columns)) {
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
        if row == lines.len() {
            lines.push(Line::default());
        }
        if let Some(line) = lines.last_mut() {
            if column > 0 {
                line.push_span(" ");
            }
            line.extend(spans);
        }
    }
    lines
}

/// The place of the choice that is drawn in this row of the buttons, at this column.
pub(crate) fn choice_at(all: &[Choice], columns: usize, row: usize, column: usize) -> Option<usize> {
    let mut buttons = all.iter().zip(placed(all, columns));
    buttons.position(|(choice, (y, x))| y == row && (x..x + wide(*choice)).contains(&column))
}

/// Row and first column of each button.
fn placed(all: &[Choice], columns: usize) -> Vec<(usize, usize)> {
    let (mut row, mut next) = (0, 0);
    let place = |choice: &Choice| {
        let wide = wide(*choice);
        if next > 0 && next + wide > columns {
            (row, next) = (row + 1, 0);
        }
        let at = (row, next);
        next += wide + 1;
        at
    };
    all.iter().map(place).collect()
}

/// Columns of a button: its words without the `&`, between two brackets or blanks.
fn wide(choice: Choice) -> usize {
    let label = choice.label();
    width(label) - usize::from(label.contains('&')) + 2
}
