//! What stands in a pane that lists nothing: why, and the keys that lead out of it.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::App;
use crate::app::action::{Action, Context};
use crate::app::connect::Link;
use crate::app::pane::Pane;
use crate::config::theme::{Role, Theme};
use crate::model::failure::Failure;
use crate::model::size::count;
use crate::model::text::escape_str;
use crate::ui::layout;
use crate::ui::text::{fit, wrap};
use crate::ui::widgets::put_lines;

/// Why a folder that is listed shows nothing; `reveal` is what shows the names that begin with a dot.
pub(in crate::ui) fn empty(pane: &Pane, reveal: &str) -> String {
    let hidden = pane.entries().len();
    match (hidden, pane.filter.text().is_empty()) {
        (0, _) => "This folder is empty.".to_owned(),
        (n, false) => format!(
            "Nothing here contains '{}'; {} hidden by the filter.",
            escape_str(pane.filter.text()),
            count(n as u64, "entry is", "entries are")
        ),
        (n, true) => {
            let entries = count(n as u64, "entry is", "entries are");
            format!("{entries} hidden; {reveal} shows them.")
        }
    }
}

/// A sentence.
pub(super) fn say(frame: &mut Frame<'_>, area: Rect, text: &str, theme: &Theme) {
    let lines = wrap(text, usize::from(area.width.saturating_sub(2)));
    put(
        frame,
        area,
        lines.into_iter().map(|line| (line, Role::Muted)).collect(),
        theme,
    );
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<(String, Role)>, theme: &Theme) {
    let styled = |(text, role)| Line::styled(text, theme.style(role));
    put_lines(frame, layout::indented(area), lines.into_iter().map(styled));
}

/// A listing that failed.
pub(super) fn draw_failed(frame: &mut Frame<'_>, area: Rect, app: &App, pane: &Pane, failure: &Failure) {
    let key = |action| app.key_of(Context::Panes, action);
    let again = key(Action::Refresh);
    let way_out = match pane.at_top() {
        true => format!("{again} tries again."),
        false => format!("{again} tries again, {} goes up.", key(Action::Leave)),
    };
    draw_failure(frame, area, failure, &way_out, app);
}

/// A failure, and the keys that lead out of it. Where there is no room for all of it, the last line names
/// the key that shows it.
fn draw_failure(frame: &mut Frame<'_>, area: Rect, failure: &Failure, way_out: &str, app: &App) {
    let columns = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<(String, Role)> = Vec::new();
    let mut add = |text: &str, role: Role| lines.extend(wrap(text, columns).into_iter().map(|l| (l, role)));
    add(&failure.what, Role::Error);
    add(&failure.why, Role::Text);
    if let Some(reply) = &failure.reply {
        add(&format!("The server said: {reply}"), Role::Reply);
    }
    if let Some(hint) = &failure.hint {
        add(hint, Role::Text);
    }
    add(way_out, Role::Muted);
    let rows = usize::from(area.height);
    if lines.len() > rows {
        lines.truncate(rows.saturating_sub(1));
        let whole = format!("{} shows all of it.", app.key_of(Context::Panes, Action::Enter));
        lines.push((fit(&whole, columns), Role::Muted));
    }
    put(frame, area, lines, &app.theme);
}

/// What the remote pane says while there is nothing to list.
pub(super) fn draw_link(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let columns = usize::from(area.width.saturating_sub(2));
    let key = |action| app.key_of(Context::Panes, action);
    let mut lines: Vec<(String, Role)> = Vec::new();
    match &app.link {
        Link::Down => {
            let text = format!(
                "No connection. {} shows the list of servers.",
                key(Action::Servers)
            );
            lines.extend(wrap(&text, columns).into_iter().map(|l| (l, Role::Muted)));
        }
        Link::Up(_) => {}
        Link::Opening(attempt) => {
            for (place, step) in attempt.steps.iter().enumerate() {
                let now = place + 1 == attempt.steps.len();
                let (sign, role) = if now {
                    ("…", Role::Text)
                } else {
                    ("✓", Role::Good)
                };
                lines.push((fit(&format!("{sign} {}", escape_str(step)), columns), role));
            }
            // of many steps the last ones matter
            let room = usize::from(area.height).saturating_sub(2);
            let surplus = lines.len().saturating_sub(room.max(1));
            lines.drain(..surplus);
            lines.push((String::new(), Role::Muted));
            lines.push((
                fit(&format!("{} gives up.", key(Action::Back)), columns),
                Role::Muted,
            ));
        }
        Link::Lost(_, failure) => {
            let (again, servers) = (key(Action::Refresh), key(Action::Servers));
            let way_out = format!("{again} connects again, {servers} shows the list of servers.");
            return draw_failure(frame, area, failure, &way_out, app);
        }
    }
    put(frame, area, lines, &app.theme);
}
