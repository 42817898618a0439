//! One pane: path, list, totals.

mod unlisted;

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text::{fit, fit_end, width};
use super::widgets::{field, panel, point_at};
use super::{layout, when};
use crate::app::App;
use crate::app::action::{Action, Context};
use crate::app::folder::Side;
use crate::app::order::{Sort, SortBy};
use crate::app::pane::{Content, Pane, Totals};
use crate::config::theme::{Role, Theme};
use crate::model::entry::{Entry, Kind};
use crate::model::size::{bytes, count, short};
use crate::model::text::{escape, escape_str};
pub(super) use unlisted::empty;

/// How many columns size, time and permissions get; 0 where they give way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Columns {
    name: usize,
    size: usize,
    time: usize,
    permissions: usize,
}

const SIZE: usize = 6;
const LONG_TIME: usize = 16;
/// `01-02 03:04`, or `2025-01-02`.
const BRIEF: usize = 11;
const PERMISSIONS: usize = 9;
/// The mark and the sign of the kind.
const SIGNS: usize = 2;

impl Columns {
    /// Shares a row out: the name keeps enough to be read, the others give way one by one.
    fn share(room: usize) -> Self {
        // one column stays free before the frame, where there is room
        let room = room.saturating_sub(SIGNS + usize::from(room >= 30));
        let wishes = [
            (21, SIZE, LONG_TIME, PERMISSIONS),
            (20, SIZE, LONG_TIME, 0),
            (14, SIZE, BRIEF, 0),
            (10, SIZE, 0, 0),
        ];
        for (least, size, time, permissions) in wishes {
            let others: usize = [size, time, permissions]
                .iter()
                .filter(|w| **w > 0)
                .map(|w| w + 1)
                .sum();
            if room >= least + others {
                return Self {
                    name: room - others,
                    size,
                    time,
                    permissions,
                };
            }
        }
        Self {
            name: room,
            size: 0,
            time: 0,
            permissions: 0,
        }
    }

    /// Whether the heading of a column says that this is what the list is sorted by.
    fn heads(self, by: SortBy) -> bool {
        match by {
            SortBy::Name | SortBy::Extension => true,
            SortBy::Size => self.size > 0,
            SortBy::Time => self.time > 0,
            SortBy::Permissions | SortBy::Owner => self.permissions > 0,
        }
    }
}

/// Draws the pane of a side.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App, side: Side) {
    let theme = &app.theme;
    let pane = app.pane(side);
    let focus = app.active == side && !app.is_covered();
    let room = usize::from(area.width.saturating_sub(4));
    let mut block = panel(format!(" {} ", fit_end(&title(app, side), room)), focus, theme);
    let columns = Columns::share(usize::from(area.width.saturating_sub(2)));
    if area.height > 2 {
        let is_headed = app.has_headings() && columns.heads(pane.sort.by);
        let sorted = !is_headed && pane.sort != Sort::default();
        block = block.title_bottom(footer(pane, room, (sorted, app.in_step.on), theme));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let mut list = inner;
    if app.has_headings() && matches!(pane.content, Content::Listed(_) | Content::Arriving(_)) {
        let (top, rest) = layout::cut_top(inner, 1);
        if let Some(top) = top {
            headings(frame, top, pane, columns, theme);
        }
        list = rest;
    }
    match &pane.content {
        Content::Listed(_) if pane.shown.is_empty() => {
            let hidden = app.key_of(Context::Panes, Action::Hidden);
            unlisted::say(frame, list, &empty(pane, &hidden), theme);
        }
        Content::Listed(_) | Content::Arriving(_) => {
            let rows = usize::from(list.height);
            let last = pane.shown.len().min(pane.cursor.top + rows);
            for (y, line) in (list.y..).zip(pane.cursor.top..last) {
                let row = Rect { y, height: 1, ..list };
                draw_entry(frame.buffer_mut(), row, app, side, line, columns);
                if line == pane.cursor.at && focus {
                    point_at(frame, row, theme);
                }
            }
        }
        Content::Loading => unlisted::say(frame, list, &under_way(pane), theme),
        Content::Failed(failure) => unlisted::draw_failed(frame, list, app, pane, failure),
        Content::Nothing => unlisted::draw_link(frame, list, app),
    }
}

fn title(app: &App, side: Side) -> String {
    let place = shown_folder(app, side);
    // alone on the screen it must say which of the two it is
    match side {
        _ if app.shows_both() => place,
        Side::Local => format!("here: {place}"),
        Side::Remote => format!("server: {place}"),
    }
}

fn shown_folder(app: &App, side: Side) -> String {
    match side {
        Side::Local => app.local.folder.shown(),
        Side::Remote if app.link.session().is_some() => app.remote.folder.shown(),
        Side::Remote => match app.link.attempt() {
            Some(attempt) => escape_str(&attempt.server.address()),
            None => "no server".to_owned(),
        },
    }
}

fn headings(frame: &mut Frame<'_>, area: Rect, pane: &Pane, columns: Columns, theme: &Theme) {
    let style = theme.style(Role::Muted);
    let arrow = |by: SortBy| match (pane.sort.by == by, pane.sort.reversed) {
        (false, _) => "",
        (true, false) => "↑",
        (true, true) => "↓",
    };
    let name = match pane.sort.by {
        SortBy::Extension => format!("name, by extension{}", arrow(SortBy::Extension)),
        _ => format!("name{}", arrow(SortBy::Name)),
    };
    // who sorts by owner wants to see them
    let last = match pane.sort.by {
        SortBy::Owner => ("owner", SortBy::Owner),
        _ => ("mode", SortBy::Permissions),
    };
    let mut text = format!("  {:<w$}", fit(&name, columns.name), w = columns.name);
    for (heading, by, wide, left) in [
        ("size", Some(SortBy::Size), columns.size, false),
        ("modified", Some(SortBy::Time), columns.time, true),
        (last.0, Some(last.1), columns.permissions, true),
    ] {
        if wide > 0 {
            let heading = format!("{heading}{}", by.map_or("", arrow));
            match left {
                true => text.push_str(&format!(" {heading:<wide$}")),
                false => text.push_str(&format!(" {heading:>wide$}")),
            }
        }
    }
    frame.render_widget(Line::styled(text, style), area);
}

/// What a click on the names of the columns sorts by; `inner` is the pane without its frame.
pub(super) fn heading_at(inner: Rect, at: Position, app: &App, pane: &Pane) -> Option<Action> {
    if !app.has_headings() || !inner.contains(at) || at.y != inner.y {
        return None;
    }
    let columns = Columns::share(usize::from(inner.width));
    let mut end = SIGNS;
    let mut named = [
        (columns.name, Action::SortName),
        (columns.size, Action::SortSize),
        (columns.time, Action::SortTime),
        (
            columns.permissions,
            match pane.sort.by {
                SortBy::Owner => Action::SortOwner,
                _ => Action::SortPermissions,
            },
        ),
    ]
    .into_iter()
    .filter(|(wide, _)| *wide > 0);
    named.find_map(|(wide, action)| {
        // the blank before a column belongs to it
        end += wide + usize::from(action != Action::SortName);
        (usize::from(at.x - inner.x) < end).then_some(action)
    })
}

/// What a kind looks like in front of the name, so that it is told apart without colour.
pub(super) fn sign(entry: &Entry) -> (&'static str, Role) {
    match (entry.kind, entry.target_kind) {
        (Kind::Dir, _) => ("/", Role::Folder),
        (Kind::File, _) => (" ", Role::File),
        (Kind::Link, Some(Kind::Dir)) => ("~", Role::Link),
        (Kind::Link, _) => ("@", Role::Link),
        (Kind::Other, _) => ("?", Role::Special),
    }
}

fn draw_entry(buffer: &mut Buffer, row: Rect, app: &App, side: Side, line: usize, columns: Columns) {
    let theme = &app.theme;
    let pane = app.pane(side);
    let (Some(entry), Some(place)) = (pane.entry(line), pane.shown.get(line)) else {
        return;
    };
    let (sign, role) = sign(entry);
    let marked = pane.marks.contains(place);
    let mut name_style = theme.style(role);
    let mut rest_style = theme.style(Role::Muted);
    let mut over = Style::new();
    if line == pane.cursor.at {
        over = theme.style(match app.active == side {
            true => Role::Cursor,
            false => Role::CursorIdle,
        });
        buffer.set_style(row, over);
        // the idle cursor is a ground only: names keep their colours
        if app.active != side {
            over.fg = None;
        }
    }
    if marked {
        name_style = theme.style(Role::Mark);
        rest_style = name_style;
        if line == pane.cursor.at && app.active == side {
            over = theme.style(Role::CursorMark);
        }
    }
    name_style = name_style.patch(over);
    rest_style = rest_style.patch(over);
    let mut name = pane.name(line).unwrap_or_default();
    if let Some(target) = &entry.target {
        name.push_str(" → ");
        name.push_str(&escape(target));
    }
    let name = fit(&name, columns.name);
    let mut x = row.x;
    let right = row.right();
    let mut put = |text: &str, style: Style, wide: usize| {
        if x < right {
            buffer.set_stringn(x, row.y, text, usize::from(right - x), style);
        }
        x = x.saturating_add(u16::try_from(wide).unwrap_or(u16::MAX));
    };
    put(if marked { "*" } else { " " }, name_style, 1);
    put(sign, name_style, 1);
    put(&name, name_style, columns.name);
    if columns.size > 0 {
        let size = match (entry.kind, entry.size) {
            (Kind::Dir, _) => String::new(),
            (_, Some(size)) => short(size),
            (Kind::File, None) => "?".to_owned(),
            (_, None) => String::new(),
        };
        put(
            &format!(" {size:>w$}", w = columns.size),
            rest_style,
            columns.size + 1,
        );
    }
    if columns.time > 0 {
        let time = entry
            .modified
            .as_ref()
            .map_or(String::new(), |m| match columns.time {
                BRIEF => when::brief(m, app.unix_now(), &app.zone),
                _ => when::long(m, &app.zone),
            });
        put(
            &format!(" {time:<w$}", w = columns.time),
            rest_style,
            columns.time + 1,
        );
    }
    if columns.permissions > 0 {
        let text = match (pane.sort.by, &entry.owner) {
            (SortBy::Owner, owner) => owner.as_ref().map_or(String::new(), |owner| {
                fit(&escape_str(&owner.user), columns.permissions)
            }),
            _ => entry.permissions.map_or(String::new(), |p| p.symbolic()),
        };
        put(&format!(" {text}"), rest_style, columns.permissions + 1);
    }
}

/// What is said of a listing on its way, and how much of it has come.
fn under_way(pane: &Pane) -> String {
    match pane.come {
        0 => "listing …".to_owned(),
        n => format!("listing … {} so far", count(n, "entry", "entries")),
    }
}

/// Said of both panes while they go the same way.
pub(super) const IN_STEP: &str = "in step";

/// Totals, the filter, and what is missing from the listing.
fn footer(pane: &Pane, room: usize, (sorted, in_step): (bool, bool), theme: &Theme) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    if let Some(jump) = &pane.jump {
        spans.push(Span::styled(" to ", theme.style(Role::Title)));
        spans.extend(field(jump, room.saturating_sub(4).min(24), true, theme).spans);
        return Line::from(spans);
    }
    if pane.typing {
        spans.push(Span::styled(" / ", theme.style(Role::Title)));
        spans.extend(field(&pane.filter, room.saturating_sub(3).min(24), true, theme).spans);
        return Line::from(spans);
    }
    let (Content::Listed(listing) | Content::Arriving(listing)) = &pane.content else {
        return Line::default();
    };
    let is_arriving = matches!(pane.content, Content::Arriving(_));
    let mut parts: Vec<(String, Role)> = Vec::new();
    // what is missing comes first: totals of a cut listing say little
    if let Some(reason) = &listing.incomplete {
        parts.push((format!("incomplete: {}", escape_str(reason)), Role::Warning));
    }
    if listing.unreadable_count > 0 {
        let lines = count(listing.unreadable_count, "line", "lines");
        parts.push((format!("{lines} unreadable"), Role::Warning));
    }
    if is_arriving {
        parts.push((under_way(pane), Role::Warning));
    }
    // the totals are shortened before what follows is cut
    let arrow = if pane.sort.reversed { '↓' } else { '↑' };
    let order = format!("by {}{arrow}", pane.sort.by.word());
    let follows = [(in_step, IN_STEP), (sorted, &order)];
    let follows = follows.iter().filter(|(said, _)| *said);
    let before = parts.iter().map(|(text, _)| width(text) + 3);
    let others: usize = before.chain(follows.map(|(_, text)| width(text) + 3)).sum();
    let amounts = room.saturating_sub(others);
    if pane.marks.is_empty() && (is_arriving || pane.shown.is_empty()) {
        // totals of a part say nothing, and of an empty list the list itself says why
    } else if pane.marks.is_empty() {
        parts.push((amount(pane.all(), "", amounts), Role::Muted));
    } else {
        parts.push((amount(pane.marked(), " marked", amounts), Role::Mark));
    }
    if !pane.filter.text().is_empty() {
        parts.push((format!("/{}", escape_str(pane.filter.text())), Role::Title));
    }
    if in_step {
        parts.push((IN_STEP.to_owned(), Role::Title));
    }
    if sorted {
        // there is no heading to say it
        parts.push((order, Role::Muted));
    }
    if pane.awaited.is_some() && !is_arriving {
        parts.push((under_way(pane), Role::Muted));
    }
    if parts.is_empty() {
        return Line::default();
    }
    let mut used = 2;
    for (place, (part, role)) in parts.into_iter().enumerate() {
        let gap = if place == 0 { " " } else { " · " };
        let part = fit(&part, room.saturating_sub(used));
        if part.is_empty() {
            break;
        }
        used += width(&part) + width(gap);
        spans.push(Span::styled(gap, theme.style(Role::Muted)));
        spans.push(Span::styled(part, theme.style(role)));
    }
    spans.push(Span::raw(" "));
    Line::from(spans)
}

/// `2 folders, 3 files marked, 12.0 KiB`; nothing is said of what there is none of: the size of a
/// folder is not known, so folders alone have none. Where it is narrow the kinds are not told apart.
pub(super) fn amount(totals: Totals, what: &str, room: usize) -> String {
    let Totals {
        folders,
        files,
        bytes: size,
    } = totals;
    let mut kinds = Vec::new();
    if folders > 0 {
        kinds.push(count(folders, "folder", "folders"));
    }
    if files > 0 {
        kinds.push(count(files, "file", "files"));
    }
    let size = match files {
        0 => String::new(),
        _ => format!(", {}", bytes(size)),
    };
    let long = format!("{}{what}{size}", kinds.join(", "));
    match width(&long) + 3 <= room {
        true => long,
        false => format!("{}{what}{size}", folders + files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_and_the_name_goes_last() {
        let at = |w| {
            let c = Columns::share(w);
            (c.name, c.size, c.time, c.permissions)
        };
        assert_eq!(at(59), (22, 6, 16, 9));
        assert_eq!(at(51), (24, 6, 16, 0));
        assert_eq!(at(38), (16, 6, 11, 0));
        assert_eq!(at(25), (16, 6, 0, 0));
        assert_eq!(at(12), (10, 0, 0, 0));
        assert_eq!(at(0), (0, 0, 0, 0));
        for w in 0..200 {
            let c = Columns::share(w);
            let used = |x: usize| if x > 0 { x + 1 } else { 0 };
            let others = used(c.size) + used(c.time) + used(c.permissions);
            assert!(c.name + others <= w.saturating_sub(SIGNS));
        }
    }
}
