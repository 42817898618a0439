//! What stands where: from a place on the screen to what was drawn there.

use ratatui::layout::{Position, Rect};
use ratatui::widgets::Block;

use super::{bar, dialog, form, layout, pane, panes, picker, servers};
use crate::app::folder::Side;
use crate::app::pointer::Spot;
use crate::app::{App, View};

/// What is drawn at a column and a row of the screen; `None` where a click means nothing.
pub fn under(app: &App, column: u16, row: u16) -> Option<Spot> {
    let (width, height) = app.size;
    let at = Position::new(column, row);
    let parts = layout::screen(Rect::new(0, 0, width, height), app);
    if let Some(asked) = app.dialogs.front() {
        return dialog::under(dialog::ground(parts), asked, app, at);
    }
    let area = Rect::new(0, 0, width, height);
    if let Some(form) = app.open_form() {
        return form::under(area, form, &app.theme, at).map(Spot::Field);
    }
    if let Some(picker) = &app.picker {
        let area = picker::place(dialog::ground(parts), picker, app);
        return picker::under(area, picker, app, at).map(Spot::Item);
    }
    if let Some(hints) = parts.hints.filter(|area| area.contains(at)) {
        return bar::hint_at(app, hints, column).map(Spot::Hint);
    }
    if !parts.body.contains(at) {
        return None;
    }
    match app.view {
        View::Panes => [Side::Local, Side::Remote].into_iter().find_map(|side| {
            let area = panes::place(parts.body, app, side).filter(|area| area.contains(at))?;
            let pane = app.pane(side);
            if let Some(by) = pane::heading_at(Block::bordered().inner(area), at, app, pane) {
                return Some(Spot::Heading(side, by));
            }
            let line = line_of(list(area, app), at, pane.cursor.top, pane.shown.len());
            Some(Spot::Pane(side, line))
        }),
        View::Servers => {
            let area = servers::place(parts.body, app);
            let (top, len) = (app.servers.cursor.top, app.servers.rows().len());
            Some(Spot::List(line_of(list(area, app), at, top, len)))
        }
        View::Queue => {
            let area = super::queue::place(parts.body, app).0;
            let inner = Block::bordered().inner(area);
            let line = line_of(inner, at, app.queue.cursor.top, app.queue.len());
            Some(Spot::List(line))
        }
        View::Found => {
            let (top, len) = app
                .search
                .as_ref()
                .map_or((0, 0), |search| (search.cursor.top, search.len()));
            let inner = Block::bordered().inner(parts.body);
            Some(Spot::List(line_of(inner, at, top, len)))
        }
        View::Pager | View::Doctor | View::Log | View::Help => Some(Spot::List(None)),
    }
}

/// The rows of a list with a frame and the names of its columns.
fn list(area: Rect, app: &App) -> Rect {
    let inner = Block::bordered().inner(area);
    match app.has_headings() {
        true => layout::cut_top(inner, 1).1,
        false => inner,
    }
}

fn line_of(list: Rect, at: Position, top: usize, len: usize) -> Option<usize> {
    let line = top + usize::from(at.y.checked_sub(list.y)?);
    (list.contains(at) && line < len).then_some(line)
}
