//! The list of servers, and beside it how the one under the cursor is reached.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layout;
use super::text::{fit, width, wrap};
use super::when;
use super::widgets::{field, panel, point_at, put_lines};
use crate::app::App;
use crate::app::action::{Action, Context};
use crate::app::servers::Row;
use crate::config::theme::Role;
use crate::model::firewall::directions;
use crate::model::server::{ConnectionMode, Protocol, Server};
use crate::model::size::count;
use crate::model::text::escape_str;

/// From this width on the panel stands beside the list.
const BESIDE: u16 = 100;
/// Columns of the panel.
const PANEL: u16 = 46;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let list = place(area, app);
    draw_list(frame, list, app);
    if list.width < area.width {
        let panel = Rect {
            x: list.right(),
            width: PANEL,
            ..area
        };
        draw_reach(frame, panel, app);
    }
}

/// Where the list is; of none there is nothing to say beside it.
pub(super) fn place(area: Rect, app: &App) -> Rect {
    let beside = area.width >= BESIDE && !app.servers.all().is_empty();
    let panel = if beside { PANEL } else { 0 };
    Rect {
        width: area.width - panel,
        ..area
    }
}

fn draw_list(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let servers = &app.servers;
    let mut block = panel(" Servers ", !app.is_covered(), theme);
    if servers.typing {
        let mut line = Line::from(Span::styled(" / ", theme.style(Role::Title)));
        line.extend(
            field(
                &servers.filter,
                usize::from(area.width.saturating_sub(6)).min(30),
                true,
                theme,
            )
            .spans,
        );
        block = block.title_bottom(line);
    } else if !servers.filter.text().is_empty() {
        let text = fit(
            &format!(" /{} ", escape_str(servers.filter.text())),
            usize::from(area.width.saturating_sub(4)),
        );
        block = block.title_bottom(Line::styled(text, theme.style(Role::Title)));
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if servers.all().is_empty() {
        let styled = |(text, role)| Line::styled(text, theme.style(role));
        let lines = app.welcome().into_iter().skip(servers.cursor.top).map(styled);
        return put_lines(frame, layout::indented(inner), lines);
    }
    let columns = Columns::share(usize::from(inner.width), !servers.used.is_empty());
    let mut list = inner;
    if app.has_headings() {
        let (top, rest) = layout::cut_top(inner, 1);
        if let Some(top) = top {
            let heading = columns.row(["name", "protocol", "address", "user", "mode", "", "last used"]);
            frame.render_widget(Line::styled(heading, theme.style(Role::Muted)), top);
        }
        list = rest;
    }
    if servers.rows().is_empty() {
        let back = app.key_of(Context::Servers, Action::Back);
        let text = format!("No server contains that; {back} shows all again.");
        frame.render_widget(Line::styled(text, theme.style(Role::Muted)), list);
    }
    let top = servers.cursor.top;
    let rows = servers.rows().iter().enumerate().skip(top);
    for (y, (place, row)) in (list.y..list.bottom()).zip(rows) {
        let area = Rect { y, height: 1, ..list };
        let line = match row {
            Row::Group(name, n) => {
                let folded = servers.is_folded(name) && servers.filter.text().is_empty();
                let sign = if folded { "▸" } else { "▾" };
                Line::styled(
                    fit(
                        &format!("{sign} {} ({n})", escape_str(name)),
                        usize::from(list.width),
                    ),
                    theme.style(Role::Title),
                )
            }
            Row::Server(at) => match servers.all().get(*at) {
                Some(server) => server_line(server, app, columns),
                None => Line::default(),
            },
        };
        frame.render_widget(line, area);
        if place == servers.cursor.at {
            frame.buffer_mut().set_style(area, theme.style(Role::Cursor));
            if !app.is_covered() {
                point_at(frame, area, theme);
            }
        }
    }
}

fn server_line(server: &Server, app: &App, columns: Columns) -> Line<'static> {
    let theme = &app.theme;
    let connected = app
        .link
        .session()
        .is_some_and(|s| s.attempt.server.name == server.name);
    let name = format!(
        "{}{}",
        if connected { "● " } else { "" },
        escape_str(&server.name)
    );
    let used = app.servers.used.get(&server.name);
    let cells = [
        name.as_str(),
        match columns.0[1] {
            ..13 => short_protocol(server.protocol),
            _ => protocol(server.protocol),
        },
        &escape_str(&server.address()),
        &escape_str(server.login()),
        mode(server.mode),
        match (server.read_only, columns.0[5]) {
            (false, _) => "",
            (true, ..9) => "ro",
            (true, _) => "read only",
        },
        &used.map_or(String::new(), |at| when::day(at, &app.zone)),
    ];
    let row = columns.row(cells);
    // plain FTP stands out: what is typed there can be read on the way
    let role = if server.protocol == Protocol::Ftp {
        Role::Warning
    } else {
        Role::Text
    };
    Line::styled(row, theme.style(role))
}

pub(super) fn protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::FtpsExplicit => "FTPS explicit",
        Protocol::FtpsImplicit => "FTPS implicit",
        Protocol::Ftp => "FTP (clear)",
    }
}

/// The same in four columns.
fn short_protocol(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::FtpsExplicit | Protocol::FtpsImplicit => "FTPS",
        Protocol::Ftp => "FTP",
    }
}

pub(super) fn mode(mode: ConnectionMode) -> &'static str {
    match mode {
        ConnectionMode::Passive => "passive",
        ConnectionMode::Active => "active",
        ConnectionMode::Auto => "auto",
    }
}

/// Columns of name, protocol, address, user, mode, read only, last used; 0 where they give way.
#[derive(Debug, Clone, Copy)]
struct Columns([usize; 7]);

impl Columns {
    fn share(room: usize, used: bool) -> Self {
        // the indent below a group
        let room = room.saturating_sub(2);
        let wishes: [[usize; 7]; 8] = [
            [20, 13, 26, 12, 7, 9, 10],
            [20, 13, 26, 12, 7, 9, 0],
            [12, 13, 18, 8, 7, 2, 10],
            [13, 13, 20, 9, 7, 2, 0],
            [12, 13, 20, 0, 0, 2, 0],
            [8, 4, 18, 0, 0, 2, 0],
            [8, 4, 0, 0, 0, 2, 0],
            [1, 0, 0, 0, 0, 0, 0],
        ];
        for mut wish in wishes.into_iter().filter(|wish| used || wish[6] == 0) {
            let gaps = wish.iter().filter(|w| **w > 0).count().saturating_sub(1);
            let needed = wish.iter().sum::<usize>() + gaps;
            if needed <= room {
                // what is over goes to the name and the address
                let over = room - needed;
                match wish[2] {
                    0 => wish[0] += over,
                    _ => {
                        wish[0] += over / 2;
                        wish[2] += over - over / 2;
                    }
                }
                return Self(wish);
            }
        }
        Self([room, 0, 0, 0, 0, 0, 0])
    }

    fn row(self, cells: [&str; 7]) -> String {
        let mut out = String::from("  ");
        for (cell, wide) in cells.iter().zip(self.0).filter(|(_, w)| *w > 0) {
            let cell = fit(cell, wide);
            out.push_str(&cell);
            out.push_str(&" ".repeat(wide - width(&cell) + 1));
        }
        out
    }
}

fn draw_reach(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let block = panel(" How this server is reached ", false, theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let Some(server) = app.servers.current() else {
        return;
    };
    let columns = usize::from(inner.width);
    let mut lines: Vec<Line<'static>> = Vec::new();
    let mut add = |text: &str, role: Role| {
        lines.extend(
            wrap(text, columns)
                .into_iter()
                .map(|l| Line::styled(l, theme.style(role))),
        );
    };
    add(&escape_str(&server.url()), Role::Title);
    if !server.note.is_empty() {
        add(&escape_str(&server.note), Role::Muted);
    }
    let path = match server.document_path.as_str() {
        "" => "/".to_owned(),
        "~" => "where the login lands".to_owned(),
        path => escape_str(path),
    };
    add(&format!("Document path: {path}"), Role::Text);
    match server.explore_depth {
        None => {}
        Some(0) => add("Its folders are not entered.", Role::Text),
        Some(n) => add(
            &format!("At most {} below it.", count(n.into(), "level", "levels")),
            Role::Text,
        ),
    }
    if let Some(at) = app.servers.used.get(&server.name) {
        add(&format!("Last used {}", when::long(at, &app.zone)), Role::Muted);
    }
    if let Some(proxy) = &server.proxy {
        add(&format!("Through {}", escape_str(&proxy.to_string())), Role::Text);
    }
    if server.allows_weak_tls() {
        add("Weak TLS is let in.", Role::Warning);
    }
    if server.read_only {
        add("Read only: nothing that could change it is sent.", Role::Warning);
    }
    if server.protocol == Protocol::Ftp {
        add(
            "Not encrypted: password and files can be read on the way.",
            Role::Warning,
        );
    }
    if let Some(pin) = &server.pin {
        add(
            &format!("Certificate pinned: {}", fit(&pin.to_string(), 22)),
            Role::Text,
        );
    }
    lines.push(Line::default());
    lines.push(Line::styled(
        "The server's firewall must let through:",
        theme.style(Role::Title),
    ));
    for direction in directions(server) {
        let role = if direction.opens() {
            Role::Text
        } else {
            Role::Muted
        };
        let ends = format!("{} → {}", direction.from(), direction.to());
        lines.push(Line::styled(fit(&format!(" {ends}"), columns), theme.style(role)));
        lines.push(Line::styled(
            fit(&format!("   {}", direction.purpose.words()), columns),
            theme.style(Role::Muted),
        ));
    }
    put_lines(frame, inner, lines);
}
