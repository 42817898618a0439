//! Draws the state of `app`, and does nothing else: same state, same picture.
//!
//! Each file draws what the file of the same name in `app` holds. Colours come from theme roles
//! only, text from elsewhere is escaped before it is drawn, and every size of the terminal is
//! good, down to nothing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Block, Clear};

use crate::app::{App, View};
use crate::config::theme::Role;

mod ascii;
mod bar;
mod dialog;
mod doctor;
pub mod form;
mod found;
mod help;
pub mod layout;
mod log;
mod pager;
mod pane;
mod panes;
mod picker;
pub mod plain;
mod pointing;
mod queue;
mod servers;
mod strip;
pub mod svg;
pub mod text;
mod truth;
mod when;
mod widgets;

pub use pointing::under;

/// Draws the whole screen.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let parts = layout::screen(area, app);
    frame.render_widget(Block::new().style(app.theme.style(Role::Text)), area);
    match app.open_form() {
        Some(form) => form::draw(frame, area, form, &app.theme),
        None => draw_view(frame, parts, app),
    }
    if let Some(picker) = &app.picker
        && app.open_form().is_none()
    {
        let area = picker::place(dialog::ground(parts), picker, app);
        clear(frame, area);
        picker::draw(frame, area, picker, app);
    }
    if let Some(dialog) = app.dialogs.front() {
        let area = dialog::place(dialog::ground(parts), dialog, app);
        clear(frame, area);
        dialog::draw(frame, area, dialog, app);
    }
    if app.ascii {
        ascii::spell(frame.buffer_mut());
    }
}

/// Makes room for something that stands before the rest. A wide character that begins beside it goes
/// whole: its other half would hide the edge.
fn clear(frame: &mut Frame<'_>, area: Rect) {
    frame.render_widget(Clear, area);
    let Some(beside) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.y..area.bottom() {
        if let Some(cell) = frame.buffer_mut().cell_mut((beside, y))
            && text::width(cell.symbol()) > 1
        {
            cell.set_symbol(" ");
        }
    }
}

fn draw_view(frame: &mut Frame<'_>, parts: layout::Screen, app: &App) {
    if let Some(bar) = parts.bar {
        bar::draw(frame, bar, app);
    }
    match app.view {
        View::Servers => servers::draw(frame, parts.body, app),
        View::Panes => panes::draw(frame, parts.body, app),
        View::Pager => pager::draw(frame, parts.body, app),
        View::Queue => queue::draw(frame, parts.body, app),
        View::Log => log::draw(frame, parts.body, app),
        View::Found => found::draw(frame, parts.body, app),
        View::Help => help::draw(frame, parts.body, app),
        View::Doctor => doctor::draw(frame, parts.body, app),
    }
    if let Some(hints) = parts.hints {
        bar::draw_hints(frame, hints, app);
    }
}
