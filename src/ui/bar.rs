//! The line at the top, which says what is true, and the line at the bottom, which says what can
//! be done.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Clear;

use super::text::{fit, width, wrap_in};
use super::widgets::put_lines;
use super::{layout, truth};
use crate::app::action::{Action, Context};
use crate::app::connect::{Link, Session};
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
    let ground = theme.style(Role::Bar);
    frame.buffer_mut().set_style(area, ground);
    let room = usize::from(area.width);
    let on_ground = |role: Role| match role {
        Role::Bar => ground,
        role => ground.patch(only_colour(theme.style(role))),
    };
    let titled = |title: &str, most: usize| {
        let title = fit(&format!(" {title} "), most);
        let left = room - width(&title);
        (Line::from(Span::styled(title, theme.style(Role::BarTitle))), left)
    };
    let line = match said(app) {
        Said::One(title, text, role) => {
            let (mut line, left) = titled(&title, room);
            line.push_span(Span::styled(fit(&format!(" {text}"), left), on_ground(role)));
            line
        }
        Said::Facts(session) => {
            // a long name must not push away what the line is for
            let (mut line, left) = titled(&server_title(&session.server), room.div_ceil(2));
            let parts = truth::fitting(&session.facts, left.saturating_sub(1));
            for (place, (part, words)) in parts.into_iter().enumerate() {
                let between = if place == 0 { " " } else { " · " };
                let role = match (part.warns(), place) {
                    (true, _) => Role::Warning,
                    (false, 0) if session.facts.tls.as_ref().is_some_and(|tls| tls.weak.is_empty()) => {
                        Role::Good
                    }
                    (false, 0) => Role::Warning,
                    (false, _) => Role::Bar,
                };
                line.push_span(Span::styled(between, ground));
                line.push_span(Span::styled(words, on_ground(role)));
            }
            line
        }
    };
    frame.render_widget(line, area);
}

/// A style without its ground.
fn only_colour(style: Style) -> Style {
    Style { bg: None, ..style }
}

/// What the line at the top says.
enum Said<'a> {
    /// A title, a sentence, and its colour.
    One(String, String, Role),
    /// What is true of a connection.
    Facts(&'a Session),
}

fn said(app: &App) -> Said<'_> {
    let plain = |title: String, text: String| Said::One(title, text, Role::Bar);
    if app.view == View::Servers {
        let text = match app.link.session() {
            Some(session) => format!(
                "connected to {}; {} goes back to it",
                server_title(&session.server),
                app.key_of(Context::Servers, Action::Back)
            ),
            None => "servers".into(),
        };
        return plain("ftpane".into(), text);
    }
    if let (View::Doctor, Some(doctor)) = (app.view, &app.doctor) {
        return plain(server_title(&doctor.server), doctor.says_now());
    }
    let gone = |server: &Server, why: &str| {
        Said::One(server_title(server), format!("not connected: {why}"), Role::Error)
    };
    match &app.link {
        Link::Down => plain("ftpane".into(), "no connection".into()),
        Link::Opening(attempt) => {
            let step = attempt.steps.last();
            let text = step.map_or_else(|| "connecting".into(), |s| format!("{s} …"));
            plain(server_title(&attempt.server), text)
        }
        Link::Up(session) => match &app.remote.content {
            // the line must not praise a connection that is gone
            Content::Failed(failure) if failure.class == Class::Unreachable => {
                gone(&session.server, &failure.why)
            }
            // nor one that nothing more is to be had of
            _ => match app.queue.away.get(&session.attempt.connection) {
                Some(away) => Said::One(
                    server_title(&session.server),
                    format!("cannot be reached: {}", away.failure.why),
                    Role::Error,
                ),
                None => Said::Facts(session),
            },
        },
        Link::Lost(attempt, failure) => gone(&attempt.server, &failure.why),
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

/// Rows that a notice has at most.
const NOTICE: u16 = 4;

/// A notice, in the line of hints and, where it is longer, in as many as it wants above that: what it says is
/// said nowhere else.
fn draw_notice(frame: &mut Frame<'_>, area: Rect, notice: &str, app: &App) {
    let theme = &app.theme;
    let style = theme.style(Role::Hint);
    let style = style.patch(only_colour(theme.style(Role::Warning)));
    let most = NOTICE.min(app.body_rows() / 2 + 1);
    let columns = usize::from(area.width.saturating_sub(2));
    let lines = wrap_in(notice, columns, usize::from(most));
    let above = u16::try_from(lines.len().saturating_sub(1))
        .unwrap_or(0)
        .min(area.y);
    let area = Rect {
        y: area.y - above,
        height: area.height + above,
        ..area
    };
    frame.render_widget(Clear, area);
    frame.buffer_mut().set_style(area, style);
    let lines = lines.into_iter().map(|line| Line::styled(line, style));
    put_lines(frame, layout::indented(area), lines);
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
        return draw_notice(frame, area, notice, app);
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
