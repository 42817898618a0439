//! The palette, the bookmarks, a path: a line one types in, and what fits it.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType};

use super::layout;
use super::text::{fit, fit_end, width, wrap_in};
use super::widgets::{field, put_lines};
use crate::app::App;
use crate::app::folder::Side;
use crate::app::measure::PICKER;
use crate::app::picker::{Item, Picker, Subject};
use crate::config::theme::{Role, Theme};

/// Where it stands: at the top, so that what is typed stays in its place as the list gets shorter.
pub(super) fn place(area: Rect, picker: &Picker, app: &App) -> Rect {
    let columns = area.width.saturating_sub(2).min(84);
    let needed = u16::try_from(picker.items.len())
        .unwrap_or(u16::MAX)
        .saturating_add(3 + app.picker_foot());
    Rect {
        y: area.y,
        ..layout::middle(area, columns, needed.min(PICKER))
    }
}

/// The place of the item that is drawn here.
pub(super) fn under(area: Rect, picker: &Picker, app: &App, at: Position) -> Option<usize> {
    let list = list(Block::bordered().inner(area), app);
    let place = picker.cursor.top + usize::from(at.y.checked_sub(list.y)?);
    (list.contains(at) && place < picker.items.len()).then_some(place)
}

/// Between the line one types in and what is said.
fn list(inner: Rect, app: &App) -> Rect {
    let (_, rest) = layout::cut_top(inner, 1);
    layout::cut_bottom(rest, app.picker_foot()).0
}

/// Draws it into its place.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, picker: &Picker, app: &App) {
    let theme = &app.theme;
    let title = match &picker.subject {
        Subject::Palette => " Actions ".to_owned(),
        Subject::Bookmarks => " Bookmarks ".to_owned(),
        Subject::Themes(_) => " Colours ".to_owned(),
        Subject::Path(look) => {
            let folder = app.pane(look.side).folder.shown();
            let from = match look.side {
                Side::Local => "here",
                Side::Remote => "server",
            };
            let room = usize::from(area.width).saturating_sub(from.len() + 18);
            format!(" Go to ({from}, from {}) ", fit_end(&folder, room))
        }
    };
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .style(theme.style(Role::Dialog))
        .border_style(theme.style(Role::DialogTitle))
        .title_top(Line::styled(title, theme.style(Role::DialogTitle)));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (top, rest) = layout::cut_top(inner, 1);
    if let Some(top) = top {
        let focus = app.dialogs.is_empty();
        frame.render_widget(field(&picker.line, usize::from(top.width), focus, theme), top);
    }
    let (list, foot) = layout::cut_bottom(rest, app.picker_foot());
    let rows = usize::from(list.height);
    let lines = picker.items.iter().enumerate().skip(picker.cursor.top).take(rows);
    for (y, (nth, item)) in (list.y..list.bottom()).zip(lines) {
        let row = Rect { y, height: 1, ..list };
        draw_item(frame, row, picker, item, nth == picker.cursor.at, theme);
    }
    if let Some(foot) = foot {
        let (text, role) = said(picker);
        let lines = wrap_in(&text, usize::from(foot.width), usize::from(foot.height));
        let lines = lines
            .into_iter()
            .map(|line| Line::styled(line, over_dialog(theme, role)));
        put_lines(frame, foot, lines);
    }
}

/// A role's colour on the dialog's ground.
fn over_dialog(theme: &Theme, role: Role) -> Style {
    let style = theme.style(role);
    theme.style(Role::Dialog).patch(Style { bg: None, ..style })
}

fn draw_item(frame: &mut Frame<'_>, row: Rect, picker: &Picker, item: &Item, here: bool, theme: &Theme) {
    let columns = usize::from(row.width);
    let style = |role| match here {
        true => theme.style(Role::Cursor),
        false => over_dialog(theme, role),
    };
    let role = match item.off {
        None => Role::Text,
        Some(_) => Role::HintOff,
    };
    if here {
        frame.buffer_mut().set_style(row, theme.style(Role::Cursor));
    }
    // seen without colour, too
    let sign = if here { "▸" } else { " " };
    let spans = match picker.subject {
        Subject::Palette => {
            let keys = fit(&item.keys, columns / 4);
            // what it does is said below the list where there is no room for it beside
            let rest = columns.saturating_sub(3 + width(&keys));
            let name = if columns < 60 { rest } else { 20 };
            let about = padded(&item.about, rest.saturating_sub(name));
            vec![
                Span::styled(format!("{sign}{} ", padded(&item.name, name)), style(role)),
                Span::styled(format!("{about} "), style(Role::Muted)),
                Span::styled(keys, style(Role::Key)),
            ]
        }
        Subject::Bookmarks => {
            let about = fit(&item.about, columns / 3);
            let name = columns.saturating_sub(2 + width(&about));
            let path = fit_end(&item.name, name);
            let gap = " ".repeat(name.saturating_sub(width(&path)));
            vec![
                Span::styled(format!("{sign}{path}{gap} "), style(role)),
                Span::styled(about, style(Role::Muted)),
            ]
        }
        Subject::Themes(_) => vec![
            Span::styled(format!("{sign}{} ", padded(&item.name, 12)), style(role)),
            Span::styled(fit(&item.about, columns.saturating_sub(14)), style(Role::Muted)),
        ],
        Subject::Path(_) => vec![Span::styled(
            fit(&format!("{sign}{}/", item.name), columns),
            style(role),
        )],
    };
    frame.render_widget(Line::from(spans), row);
}

/// The text in exactly so many columns.
fn padded(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let gap = columns.saturating_sub(width(&text));
    text + &" ".repeat(gap)
}

/// The line below the list: what is wrong, what is off and why, or what there is to know.
fn said(picker: &Picker) -> (String, Role) {
    if let Some(why) = &picker.complaint {
        return (why.clone(), Role::Error);
    }
    match (picker.current(), &picker.subject) {
        (Some(item), _) if item.off.is_some() => (item.off.clone().unwrap_or_default(), Role::Warning),
        (Some(item), _) => (item.about.clone(), Role::Muted),
        (None, Subject::Path(look)) if look.is_waiting() => ("listing …".to_owned(), Role::Muted),
        (None, Subject::Path(_)) => (
            "No folder here begins like that; Enter goes there all the same.".to_owned(),
            Role::Muted,
        ),
        (None, Subject::Palette) => ("No action has that name.".to_owned(), Role::Muted),
        (None, Subject::Bookmarks) if picker.line.text().is_empty() => (
            "No bookmarks for this server or this machine yet; m in a pane makes one.".to_owned(),
            Role::Muted,
        ),
        (None, Subject::Themes(_)) => ("No theme is called that.".to_owned(), Role::Muted),
        (None, Subject::Bookmarks) => ("No bookmark contains that.".to_owned(), Role::Muted),
    }
}
