//! The pager: a line that says what is shown and where one is, and the file below it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layout;
use super::text::{fit, fit_end, width, wrap};
use super::widgets::put_lines;
use crate::app::App;
use crate::app::action::{Action, Context};
use crate::app::pager::Pager;
use crate::app::pager::rows::Part;
use crate::config::theme::{Role, Theme};
use crate::model::size::bytes;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let Some(pager) = &app.pager else {
        return;
    };
    let theme = &app.theme;
    let (heading, body) = layout::cut_top(area, 1);
    if let Some(heading) = heading {
        frame.buffer_mut().set_style(heading, theme.style(Role::Bar));
        let stop = app.key_of(Context::Pager, Action::Back);
        frame.render_widget(title(pager, usize::from(heading.width), &stop, theme), heading);
    }
    let (columns, rows) = (usize::from(body.width), usize::from(body.height));
    let mut lines: Vec<Line<'static>> = pager
        .rows(columns, rows)
        .into_iter()
        .map(|row| {
            let spans = row.parts.into_iter();
            Line::from_iter(spans.map(|(text, part)| Span::styled(text, theme.style(role(part)))))
        })
        .collect();
    let again = app.key_of(Context::Pager, Action::Refresh);
    if let Some((text, role)) = state(pager, lines.is_empty(), &again) {
        let said: Vec<_> = wrap(&text, columns)
            .into_iter()
            .map(|line| Line::styled(line, theme.style(role)))
            .collect();
        // what has come stays to be seen, as far as there is room
        lines.truncate(rows.saturating_sub(said.len()));
        lines.extend(said);
    }
    put_lines(frame, body, lines);
}

fn role(part: Part) -> Role {
    match part {
        Part::Plain => Role::Text,
        Part::Escaped => Role::Special,
        Part::Found => Role::ChoiceFocus,
        Part::Offset => Role::Muted,
    }
}

/// What is to be said below the rows, if anything; `again` is what reads the file once more.
pub(super) fn state(pager: &Pager, empty: bool, again: &str) -> Option<(String, Role)> {
    if let Some(failure) = &pager.failure {
        let said = failure.to_string();
        let end = if said.ends_with(['.', '?', '!']) { "" } else { "." };
        let text = format!("{said}{end} {again} tries again.");
        return Some((text, Role::Error));
    }
    match (empty, pager.is_loading()) {
        (true, true) => Some(("loading …".into(), Role::Muted)),
        (true, false) if pager.size == Some(0) || pager.reaches_end() => {
            Some(("The file is empty.".into(), Role::Muted))
        }
        _ => None,
    }
}

fn title(pager: &Pager, columns: usize, stop: &str, theme: &Theme) -> Line<'static> {
    let mut facts = Vec::new();
    if let Some(hunt) = &pager.hunt {
        facts.push(format!(
            "searching, {} so far; {stop} stops",
            bytes(hunt.passed())
        ));
    } else if pager.is_loading() {
        facts.push("loading …".into());
    }
    facts.push(position(pager));
    facts.push(pager.size.map_or("size unknown".into(), bytes));
    facts.push(match (pager.hex, pager.wrap) {
        (true, _) => "hex".into(),
        (false, true) => pager.charset.name().into(),
        (false, false) => format!("{}, lines whole", pager.charset.name()),
    });
    // the name's end is worth most; what does not fit beside it goes, the last first
    let least = width(&pager.title).min(columns / 2);
    while facts.len() > 1 && width(&facts.join(" · ")) + least + 4 > columns {
        facts.pop();
    }
    let facts = fit(&format!(" {} ", facts.join(" · ")), columns);
    let room = columns.saturating_sub(width(&facts));
    let mut name = fit_end(&format!(" {} ", pager.title), room);
    name.push_str(&" ".repeat(room.saturating_sub(width(&name))));
    Line::from(vec![
        Span::styled(name, theme.style(Role::BarTitle)),
        Span::styled(facts, theme.style(Role::Bar)),
    ])
}

/// Where one is: `line 120, 34 %`.
pub(super) fn position(pager: &Pager) -> String {
    let at = match (pager.hex, pager.line_number()) {
        (false, Some(number)) => format!("line {number}"),
        _ => format!("@{}", pager.top),
    };
    let share = |size: u64| u128::from(pager.top) * 100 / u128::from(size);
    match pager.size {
        Some(size) if size > pager.top => format!("{at}, {} %", share(size)),
        _ => at,
    }
}
