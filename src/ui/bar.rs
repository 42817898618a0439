//! The line at the top, which says what is true, and the line at the bottom, which says what can
//! be done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{fit, width};
use crate::app::action::{Action, Context};
use crate::app::connect::Link;
use crate::app::hints::Hint;
use crate::app::pane::Content;
use crate::app::{App, View, server_title};
use crate::config::keymap::shown;
use crate::config::theme::Role;
use crate::model::failure::Class;
use crate::model::server::Server;

/// The line at the top.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    frame.buffer_mut().set_style(area, theme.style(Role::Bar));
    let (title, parts, role) = truth(app);
    let mut room = usize::from(area.width);
    let title = fit(&format!(" {title} "), room);
    room -= width(&title);
    let mut line = Line::from(Span::styled(title, theme.style(Role::BarTitle)));
    let style = match role {
        Role::Bar => theme.style(Role::Bar),
        role => theme.style(Role::Bar).patch(only_colour(theme.style(role))),
    };
    for (place, part) in parts.iter().enumerate() {
        let part = match place {
            0 => format!(" {part}"),
            _ => format!(" · {part}"),
        };
        // the first part is worth cutting, the others go whole
        if width(&part) > room {
            if place == 0 {
                line.push_span(Span::styled(fit(&part, room), style));
            }
            break;
        }
        room -= width(&part);
        line.push_span(Span::styled(
            part,
            if place == 0 { style } else { theme.style(Role::Bar) },
        ));
    }
    frame.render_widget(line, area);
}

/// A style without its ground.
fn only_colour(style: Style) -> Style {
    Style { bg: None, ..style }
}

fn truth(app: &App) -> (String, Vec<String>, Role) {
    let name = |server: &Server| server_title(server);
    if app.view == View::Servers {
        return match &app.link {
            Link::Up(session) => (
                "ftpane".into(),
                vec![format!(
                    "connected to {}; Esc goes back to it",
                    name(&session.server)
                )],
                Role::Bar,
            ),
            _ => ("ftpane".into(), vec!["servers".into()], Role::Bar),
        };
    }
    if let (View::Doctor, Some(doctor)) = (app.view, &app.doctor) {
        return (name(&doctor.server), vec![doctor.says()], Role::Bar);
    }
    match &app.link {
        Link::Down => ("ftpane".into(), vec!["no connection".into()], Role::Bar),
        Link::Opening(attempt) => (
            name(&attempt.server),
            vec![
                attempt
                    .steps
                    .last()
                    .map_or_else(|| "connecting".into(), |s| format!("{s} …")),
            ],
            Role::Bar,
        ),
        Link::Up(session) => {
            // the line must not praise a connection that is gone
            if let Content::Failed(failure) = &app.remote.content
                && failure.class == Class::Unreachable
            {
                let parts = vec![format!("not connected: {}", failure.why)];
                return (name(&session.server), parts, Role::Error);
            }
            let role = match &session.facts.tls {
                Some(tls) if tls.weak.is_empty() => Role::Good,
                Some(_) | None => Role::Warning,
            };
            (name(&session.server), session.facts.parts(), role)
        }
        Link::Lost(attempt, failure) => (
            name(&attempt.server),
            vec![format!("not connected: {}", failure.why)],
            Role::Error,
        ),
    }
}

/// The hints that fit into so many columns, the first of them at `from`, each with its end.
fn placed(app: &App, from: usize, room: usize) -> impl Iterator<Item = (Hint, usize)> {
    let mut end = from;
    app.hints().into_iter().map_while(move |hint| {
        end += width(&hint.key) + width(hint.word) + 2;
        (end <= room).then_some((hint, end))
    })
}

/// What a click on the line of hints means.
pub(super) fn hint_at(app: &App, area: Rect, column: u16) -> Option<Action> {
    let at = usize::from(column.checked_sub(area.x)?);
    let from = pressed(app).map_or(0, |text| width(&text));
    if app.notice.is_some() || at < from || app.context() == Context::Text {
        return None;
    }
    let mut hints = placed(app, from, usize::from(area.width));
    hints.find(|(_, end)| at < *end).map(|(hint, _)| hint.action)
}

/// The beginning of a sequence of keys, as it is shown.
fn pressed(app: &App) -> Option<String> {
    (!app.pressed.is_empty()).then(|| format!(" {} …", shown(&app.pressed)))
}

/// The line of hints; a notice takes its place while it stands.
pub(super) fn draw_hints(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let ground = theme.style(Role::Hint);
    frame.buffer_mut().set_style(area, ground);
    let room = usize::from(area.width);
    if let Some(notice) = &app.notice
        && app.dialogs.is_empty()
    {
        let text = fit(&format!(" {notice}"), room);
        let style = ground.patch(only_colour(theme.style(Role::Warning)));
        frame.render_widget(Line::styled(text, style), area);
        return;
    }
    let mut line = Line::default();
    let mut used = 0;
    if let Some(text) = pressed(app) {
        used += width(&text);
        line.push_span(Span::styled(text, theme.style(Role::Key)));
    }
    for (hint, _) in placed(app, used, room) {
        let (key, word) = match hint.enabled {
            true => (Role::Key, Role::Hint),
            false => (Role::HintOff, Role::HintOff),
        };
        line.push_span(Span::styled(format!(" {}", hint.key), theme.style(key)));
        line.push_span(Span::styled(format!(" {}", hint.word), theme.style(word)));
    }
    frame.render_widget(line, area);
}
