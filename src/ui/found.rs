//! What a search has found, and how far it is.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::pane::sign;
use super::text::{fit, fit_end, width, wrap};
use super::widgets::{filter_below, panel, point_at, put_lines};
use super::{layout, when};
use crate::app::App;
use crate::app::action::{Action, Context};
use crate::app::folder::Folder;
use crate::app::search::{Hit, KEPT, Search, Stage};
use crate::config::theme::{Role, Theme};
use crate::model::size::{count, short};
use crate::model::text::escape_str;

const SIZE: usize = 6;
/// `01-02 03:04`, or `2025-01-02`.
const BRIEF: usize = 11;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let Some(search) = &app.search else {
        return;
    };
    let room = usize::from(area.width.saturating_sub(4));
    let what = format!("'{}' below ", escape_str(&search.text));
    let top = fit_end(&search.top.shown(), room.saturating_sub(width(&what) + 2));
    let mut block = panel(
        format!(" {} ", fit(&format!("{what}{top}"), room)),
        !app.is_covered(),
        theme,
    );
    if area.height > 2 {
        let typed = filter_below(&search.filter, search.typing, area, theme).filter(|_| search.typing);
        block = block.title_bottom(typed.unwrap_or_else(|| footer(search, room, theme)));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if search.is_empty() {
        let back = app.key_of(Context::Found, Action::Back);
        let text = match search.stage {
            _ if search.found() > 0 => {
                format!("Nothing of what was found contains that; {back} takes the filter away.")
            }
            Stage::Running => "Nothing yet.".to_owned(),
            _ => "Nothing was found.".to_owned(),
        };
        let lines = wrap(&text, usize::from(inner.width.saturating_sub(2)));
        let styled = lines
            .into_iter()
            .map(|line| Line::styled(line, theme.style(Role::Muted)));
        put_lines(frame, layout::indented(inner), styled);
        return;
    }
    let rows = usize::from(inner.height);
    let hits = (search.cursor.top..).map_while(|line| Some((line, search.hit(line)?)));
    for (y, (line, hit)) in (inner.y..inner.bottom()).zip(hits.take(rows)) {
        let row = Rect {
            y,
            height: 1,
            ..inner
        };
        let here = line == search.cursor.at;
        draw_hit(frame, row, app, &search.top, hit, here);
        if here && !app.is_covered() {
            point_at(frame, row, theme);
        }
    }
}

fn draw_hit(frame: &mut Frame<'_>, row: Rect, app: &App, top: &Folder, hit: Hit<'_>, here: bool) {
    let marked = hit.marked;
    let theme = &app.theme;
    let (sign, role) = sign(hit.entry);
    let mut over = Style::new();
    if here {
        over = theme.style(Role::Cursor);
        frame.buffer_mut().set_style(row, over);
    }
    if marked {
        over.fg = None;
    }
    let style = |role| theme.style(if marked { Role::Mark } else { role }).patch(over);
    let columns = usize::from(row.width);
    // the time gives way first, then the size
    let (size, time) = match columns {
        60.. => (SIZE, BRIEF),
        30.. => (SIZE, 0),
        _ => (0, 0),
    };
    let others = if size > 0 { size + 1 } else { 0 } + if time > 0 { time + 2 } else { 0 };
    let room = columns.saturating_sub(3 + others);
    let name = fit(&hit.entry.name.shown(), room);
    let below = match hit.folder.below(top) {
        Some(names) => names.iter().map(|name| format!("{}/", name.shown())).collect(),
        None => String::new(),
    };
    let below = fit_end(&below, room.saturating_sub(width(&name)));
    let gap = " ".repeat(room.saturating_sub(width(&name) + width(&below)));
    let mut line = Line::from(vec![
        Span::styled(if marked { "*" } else { " " }, style(role)),
        // apart from the path: a sign of a folder is no root
        Span::styled(format!("{sign} "), style(role)),
        Span::styled(below, style(Role::Muted)),
        Span::styled(name + &gap, style(role)),
    ]);
    if size > 0 {
        let size = hit
            .entry
            .size
            .filter(|_| !hit.entry.is_folder())
            .map_or(String::new(), short);
        line.push_span(Span::styled(format!(" {size:>SIZE$}"), style(Role::Muted)));
    }
    if time > 0 {
        let time = hit
            .entry
            .modified
            .as_ref()
            .map_or(String::new(), |m| when::brief(m, app.unix_now(), &app.zone));
        line.push_span(Span::styled(format!(" {time:<BRIEF$}"), style(Role::Muted)));
    }
    frame.render_widget(line, row);
}

/// How much was found, how far the search is, and what it has not looked at.
fn parts(search: &Search) -> Vec<(String, Role)> {
    let looked = count(search.looked, "folder", "folders");
    let stage = match &search.stage {
        Stage::Running => (format!("searching, {looked} so far"), Role::Title),
        Stage::Over => (format!("all of {looked} searched"), Role::Muted),
        Stage::Stopped => (format!("stopped after {looked}"), Role::Warning),
        Stage::Full => (format!("stopped: no more than {KEPT} are kept"), Role::Warning),
        Stage::Failed(failure) => (format!("{}: {}", failure.what, failure.why), Role::Error),
    };
    let found = search.found();
    let mut parts = vec![match search.marks.len() {
        0 => (format!("{found} found"), Role::Muted),
        n => (format!("{n} of {found} marked"), Role::Mark),
    }];
    if !search.filter.text().is_empty() {
        parts.push((format!("/{}", escape_str(search.filter.text())), Role::Title));
    }
    if let Some(sort) = search.sort {
        let arrow = if sort.reversed { '↓' } else { '↑' };
        parts.push((format!("by {}{arrow}", sort.by.word()), Role::Muted));
    }
    if search.unlisted > 0 {
        // one that is named can be looked into
        let why = search.trouble.as_ref().map(|failure| {
            let why = failure.reply.as_ref().unwrap_or(&failure.why);
            format!(" ({}: {why})", failure.what)
        });
        let text = format!(
            "{} not listed to the end{}",
            search.unlisted,
            why.unwrap_or_default()
        );
        parts.push((text, Role::Warning));
    }
    if search.cut > 0 {
        parts.push((
            format!("{} deeper than this server's levels", search.cut),
            Role::Warning,
        ));
    }
    // what is missing is said before how far it is, which there may be no room for
    parts.push(stage);
    parts
}

/// The same in words alone.
pub(super) fn told(search: &Search) -> Vec<String> {
    parts(search).into_iter().map(|(text, _)| text).collect()
}

fn footer(search: &Search, room: usize, theme: &Theme) -> Line<'static> {
    let mut line = Line::default();
    let mut used = 1;
    for (place, (part, role)) in parts(search).into_iter().enumerate() {
        let gap = if place == 0 { " " } else { " · " };
        let part = fit(&part, room.saturating_sub(used + width(gap)));
        if part.is_empty() {
            break;
        }
        used += width(&part) + width(gap);
        line.push_span(Span::styled(gap, theme.style(Role::Muted)));
        line.push_span(Span::styled(part, theme.style(role)));
    }
    line.push_span(" ");
    line
}
