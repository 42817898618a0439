//! Dialogs: what is asked, what there is to know for the answer, and the choices.

mod importing;
mod page;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Block, BorderType};

use super::layout;
use super::text::wrap;
use super::widgets::{choice_at, choices, field};
use crate::app::App;
use crate::app::dialog::{Dialog, Subject};
use crate::app::pager::Asks;
use crate::app::pointer::Spot;
use crate::app::{errand, files};
use crate::config::secrets::Lock;
use crate::config::theme::{Role, Theme};
use crate::model::event::Wanted;
use crate::model::job::Direction;
use crate::model::size::count;
use page::Page;

/// The part of the screen that dialogs stand on.
pub(super) fn ground(parts: layout::Screen) -> Rect {
    parts.body.union(parts.bar.unwrap_or(parts.body))
}

/// What of a dialog is drawn at a place; `None` beside it.
pub(super) fn under(ground: Rect, dialog: &Dialog, app: &App, at: Position) -> Option<Spot> {
    let area = place(ground, dialog, app);
    let inner = inner(area);
    let columns = usize::from(inner.width);
    let lines = choices(&dialog.choices, dialog.at, columns, &app.theme).len();
    // the choices are the last lines
    let first = usize::from(inner.bottom()).checked_sub(lines)?;
    let choice = usize::from(at.y)
        .checked_sub(first)
        .filter(|_| inner.contains(at));
    let choice = choice.and_then(|line| {
        let column = usize::from(at.x.checked_sub(inner.x)?);
        choice_at(&dialog.choices, columns, line, column)
    });
    match choice {
        Some(place) => Some(Spot::Choice(place)),
        None => area.contains(at).then_some(Spot::Dialog),
    }
}

/// Where the text of a dialog is.
fn inner(area: Rect) -> Rect {
    let inner = Block::bordered().inner(area);
    match inner.width {
        ..=2 => inner,
        width => Rect {
            x: inner.x + 1,
            width: width - 2,
            ..inner
        },
    }
}

/// Where the dialog stands: as high as it needs.
pub(super) fn place(area: Rect, dialog: &Dialog, app: &App) -> Rect {
    let most = match dialog.subject {
        Subject::Certificate { .. }
        | Subject::Connection
        | Subject::Conflict { .. }
        | Subject::Errand(_)
        | Subject::Files(_)
        | Subject::InPlace { .. }
        | Subject::Import(_) => 78,
        _ => 64,
    };
    let columns = area.width.saturating_sub(2).min(most);
    let inner = usize::from(columns.saturating_sub(4));
    let body = Page::of(dialog, app, inner).lines.len() + below(dialog, inner, &app.theme).len();
    let rows = u16::try_from(body + 2).unwrap_or(u16::MAX);
    layout::middle(area, columns, rows)
}

/// Draws the dialog into its place. Where the place is too low the choices stay, the text is cut.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, dialog: &Dialog, app: &App) {
    let theme = &app.theme;
    let waiting = app.dialogs.len().saturating_sub(1);
    let mut block = Block::bordered()
        .border_type(BorderType::Rounded)
        .style(theme.style(Role::Dialog))
        .border_style(theme.style(Role::DialogTitle))
        .title_top(Line::styled(
            format!(" {} ", title(dialog)),
            theme.style(Role::DialogTitle),
        ));
    if waiting > 0 {
        let text = format!(" {} ", count(waiting as u64, "more question", "more questions"));
        block = block.title_bottom(Line::styled(text, theme.style(Role::Muted)).right_aligned());
    }
    let inner = inner(area);
    let columns = usize::from(inner.width);
    let mut end = below(dialog, columns, theme);
    let mut lines = Page::of(dialog, app, columns).lines;
    if lines.len() + end.len() > usize::from(inner.height) {
        // where it is low, air goes first
        lines.retain(|line| line.width() > 0);
        end.retain(|line| line.width() > 0);
    }
    let end_rows = u16::try_from(end.len()).unwrap_or(u16::MAX).min(inner.height);
    let (text, choice_area) = layout::cut_bottom(inner, end_rows);
    let rows = usize::from(text.height).max(1);
    let pages = lines.len().div_ceil(rows).max(1);
    let shown = i32::try_from(pages).map_or(0, |n| dialog.page.rem_euclid(n));
    if pages > 1 {
        let text = format!(" {}/{pages} PgDn ", shown + 1);
        block = block.title_bottom(Line::styled(text, theme.style(Role::Warning)));
    }
    frame.render_widget(block, area);
    let from = usize::try_from(shown).unwrap_or(0) * rows;
    for (y, line) in (text.y..text.bottom()).zip(lines.into_iter().skip(from)) {
        put(frame, Rect { y, height: 1, ..text }, line, theme);
    }
    if let Some(area) = choice_area {
        // the last lines are the choices themselves
        let cut = end.len() - usize::from(end_rows);
        for (y, line) in (area.y..area.bottom()).zip(end.into_iter().skip(cut)) {
            put(frame, Rect { y, height: 1, ..area }, line, theme);
        }
    }
}

fn put(frame: &mut Frame<'_>, row: Rect, line: Line<'static>, theme: &Theme) {
    frame.render_widget(line, row);
    // a role made for the bare screen must not punch holes into the dialog's ground
    let ground = theme.style(Role::Dialog).bg;
    if let Some(ground) = ground {
        for x in row.x..row.right() {
            if let Some(cell) = frame.buffer_mut().cell_mut((x, row.y))
                && cell.bg == ratatui::style::Color::Reset
            {
                cell.bg = ground;
            }
        }
    }
}

/// What it says where no line has an end.
pub(super) fn text(dialog: &Dialog, app: &App) -> Vec<Line<'static>> {
    Page::of(dialog, app, usize::from(u16::MAX)).lines
}

pub(super) fn title(dialog: &Dialog) -> &'static str {
    match &dialog.subject {
        Subject::Transfer { request, .. } => match request.direction {
            Direction::Download => "Download",
            Direction::Upload => "Upload",
        },
        Subject::Delete { .. } => "Delete",
        Subject::NewFolder { .. } => "New folder",
        Subject::Compare => "Compare the panes",
        Subject::Search { .. } => "Search",
        Subject::Pattern { mark: true } => "Mark",
        Subject::Pattern { mark: false } => "Unmark",
        Subject::Rename { copies: true, .. } => "Copy",
        Subject::Rename { names, .. } if names.len() > 1 => "Move",
        Subject::Rename { .. } => "Rename or move",
        Subject::Files(asks) => match **asks {
            files::Asks::NewFile { .. } => "New file",
            files::Asks::Permissions { .. } => "Permissions",
            files::Asks::Properties(_) => "Properties",
            files::Asks::Raw { .. } => "In the server's words",
        },
        Subject::Errand(asks) => match **asks {
            errand::Asks::Large { .. } => "A large file",
            errand::Asks::Changed { .. } => "Changed meanwhile",
        },
        Subject::InFile(Asks::Search) => "Search",
        Subject::InFile(Asks::GoTo) => "Go to",
        Subject::Password { .. } => "Password",
        Subject::Passphrase { lock: Lock::New, .. } => "A new secret store",
        Subject::Passphrase { .. } => "The secret store",
        Subject::Secret { wanted, .. } => match wanted {
            Wanted::Answer(_) => "The server asks",
            Wanted::Account(_) => "Account",
            Wanted::ProxyPassword => "Password of the proxy",
        },
        Subject::Certificate { pinned: Some(_), .. } => "The certificate has changed",
        Subject::Certificate { .. } => "Is this the right server?",
        Subject::Conflict { .. } => "The target exists",
        Subject::InPlace { .. } => "Write in place?",
        Subject::Failure(_) => "That did not work",
        Subject::ConnectionFailed(_) => "No connection",
        Subject::RemoveServer(_) => "Delete the entry",
        Subject::Connection => "The connection",
        Subject::Limit => "Speed limit",
        Subject::Job { .. } => "This job",
        Subject::CancelAll { .. } => "Cancel all",
        Subject::Quit { .. } => "Quit",
        Subject::Unfinished(_) => "Unfinished",
        Subject::Import(_) => "Import servers",
    }
}

/// The text field, what is wrong with it, and the choices.
fn below(dialog: &Dialog, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(line) = &dialog.line {
        lines.push(field(line, columns, true, theme));
        if let Some(complaint) = &dialog.complaint {
            let wrapped = wrap(&format!("That cannot be: {complaint}."), columns);
            lines.extend(
                wrapped
                    .into_iter()
                    .map(|l| Line::styled(l, theme.style(Role::Error))),
            );
        }
    }
    lines.push(Line::default());
    lines.extend(choices(&dialog.choices, dialog.at, columns, theme));
    lines
}
