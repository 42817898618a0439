//! What fills the screen elsewhere, as lines.

use crate::app::action::{Action, Context};
use crate::app::connect::Link;
use crate::app::folder::Side;
use crate::app::form::Value;
use crate::app::pane::Content;
use crate::app::picker::Subject;
use crate::app::queue::Row as JobRow;
use crate::app::search::Stage;
use crate::app::servers::Row as ServerRow;
use crate::app::{App, View, server_title, welcome};
use crate::model::entry::{Entry, Kind};
use crate::model::event::Speaker;
use crate::model::failure::Failure;
use crate::model::job::{Direction, Hold, JobState};
use crate::model::server::Server;
use crate::model::size::{bytes, count, rate};
use crate::model::text::{escape, escape_str};
use crate::ui::{found, pager, pane, queue, servers, when};

/// Something that is shown until it changes.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Page {
    /// With another key it is another page.
    pub(super) key: String,
    /// What it is, and sums that change.
    pub(super) head: Vec<String>,
    /// The rows of its list that a screen would show.
    pub(super) rows: Vec<String>,
    /// The row under the cursor.
    pub(super) at: Option<String>,
    /// What may be typed.
    pub(super) foot: Vec<String>,
    /// Whether rows that come by themselves are said at once.
    pub(super) live: bool,
    /// Whether the rows have become others than were said.
    pub(super) stale: bool,
}

impl Page {
    /// The rows from `top` on of a list of `len`, numbered, and the one under the cursor.
    fn list(
        mut self,
        (top, at): (usize, usize),
        rows: usize,
        len: usize,
        row: impl Fn(usize) -> Option<String>,
    ) -> Self {
        let numbered = |place: usize| row(place).map(|text| format!("{} {text}", place + 1));
        let end = len.min(top.saturating_add(rows.max(1)));
        self.rows = (top..end).filter_map(numbered).collect();
        self.at = numbered(at).filter(|_| at < len);
        if (top, end) != (0, len) {
            self.rows.push(format!(
                "Lines {} to {end} of {len}; page-down and page-up show others.",
                top + 1
            ));
        }
        self
    }
}

/// The view.
pub(super) fn view(app: &App) -> Page {
    match app.view {
        View::Servers => list_of_servers(app),
        View::Panes => folder(app),
        View::Queue => jobs(app),
        View::Found => hits(app),
        View::Log => dialogue(app),
        View::Pager => file(app),
        View::Doctor => report(app),
        // the help is told where it is asked for
        View::Help => Page::default(),
    }
}

fn list_of_servers(app: &App) -> Page {
    let list = &app.servers;
    let filter = list.filter.text();
    let mut page = Page {
        key: format!("servers {filter}"),
        foot: typing(list.typing),
        ..Page::default()
    };
    if list.all().is_empty() {
        page.head = match list.why_unread() {
            Some(why) => vec![
                "Your servers are not shown.".to_owned(),
                why.to_owned(),
                "Once it is mended, refresh reads it again.".to_owned(),
            ],
            None => ["No servers yet. new enters one, import takes over those of other programs, and a URL makes one."]
                .into_iter()
                .chain(welcome::READY.iter().map(|(text, _)| text.trim_start_matches("· ")))
                .map(str::to_owned)
                .collect(),
        };
        return page;
    }
    let filtered = match filter {
        "" => String::new(),
        text => format!(" that contain '{text}'"),
    };
    page.head = vec![format!("Servers{filtered}:")];
    let place = (list.cursor.top, list.cursor.at);
    let rows = app.list_rows(Context::Servers);
    page.list(place, rows, list.rows().len(), |at| {
        match list.rows().get(at)? {
            ServerRow::Group(name, n) => {
                let folded = if list.is_folded(name) { ", folded" } else { "" };
                let servers = count(*n as u64, "server", "servers");
                Some(format!("group {name}, {servers}{folded}"))
            }
            ServerRow::Server(place) => list.all().get(*place).map(|server| saved(app, server)),
        }
    })
}

fn saved(app: &App, server: &Server) -> String {
    let mut parts = vec![
        server.name.clone(),
        servers::protocol(server.protocol).to_owned(),
        server.address(),
        server.login().to_owned(),
        servers::mode(server.mode).to_owned(),
    ];
    if server.read_only {
        parts.push("read only".to_owned());
    }
    if let Some(at) = app.servers.used.get(&server.name) {
        parts.push(format!("last used {}", when::day(at, &app.zone)));
    }
    let session = app.link.session();
    if session.is_some_and(|session| session.attempt.server.name == server.name) {
        parts.push("connected".to_owned());
    }
    parts.join(", ")
}

fn folder(app: &App) -> Page {
    let shown = app.pane(app.active);
    let side = match app.active {
        Side::Local => "Here",
        Side::Remote => "Server",
    };
    let place = match (app.active, &app.link) {
        (Side::Remote, Link::Up(_)) | (Side::Local, _) => shown.folder.shown(),
        (Side::Remote, link) => match link.attempt() {
            Some(attempt) => server_title(&attempt.server),
            None => "no connection".to_owned(),
        },
    };
    let sorted = format!("{:?} {}", shown.sort, shown.hidden);
    let mut page = Page {
        key: format!("{side} {place} {sorted} {}", shown.filter.text()),
        foot: typing(shown.typing),
        ..Page::default()
    };
    let title = format!("{side}: {place}");
    match &shown.content {
        Content::Listed(listing) => {
            let mut parts = vec![title];
            parts.push(match shown.shown.is_empty() {
                true => pane::empty(shown, Action::Hidden.row().id),
                false => pane::amount(shown.all(), "", usize::MAX),
            });
            if !shown.marks.is_empty() {
                parts.push(pane::amount(shown.marked(), " marked", usize::MAX));
            }
            if !shown.filter.text().is_empty() {
                parts.push(format!("only what contains '{}'", shown.filter.text()));
            }
            if let Some(reason) = &listing.incomplete {
                parts.push(format!("incomplete: {}", escape_str(reason)));
            }
            if listing.unreadable_count > 0 {
                let lines = count(listing.unreadable_count, "line", "lines");
                parts.push(format!("{lines} unreadable"));
            }
            if app.in_step.on {
                parts.push(pane::IN_STEP.to_owned());
            }
            page.head = vec![parts.join(", ")];
            let cursor = (shown.cursor.top, shown.cursor.at);
            page.list(cursor, app.pane_rows(), shown.shown.len(), |at| {
                let entry = shown.entry(at)?;
                let marked = shown
                    .shown
                    .get(at)
                    .is_some_and(|place| shown.marks.contains(place));
                Some(described(app, &shown.name(at)?, entry, marked))
            })
        }
        // one who listens is read a list once
        Content::Loading | Content::Arriving(_) => {
            page.head = vec![format!("{title}: listing")];
            page
        }
        Content::Failed(failure) => {
            page.head = vec![title];
            page.head.extend(failed(failure));
            page.head.push("refresh tries again, leave goes up.".to_owned());
            page
        }
        Content::Nothing => {
            let way = match &app.link {
                Link::Down => "; servers shows the list of servers",
                Link::Lost(..) => "; refresh connects again, servers shows the list of servers",
                Link::Opening(_) | Link::Up(_) => "",
            };
            page.head = vec![format!("{title}{way}")];
            page
        }
    }
}

fn typing(on: bool) -> Vec<String> {
    match on {
        true => vec!["Type what names are to contain; :back shows all.".to_owned()],
        false => Vec::new(),
    }
}

fn failed(failure: &Failure) -> Vec<String> {
    let mut lines = vec![format!("{}: {}", failure.what, failure.why)];
    lines.extend(
        failure
            .reply
            .as_ref()
            .map(|reply| format!("The server said: {reply}")),
    );
    lines.extend(failure.hint.clone());
    lines
}

/// An entry in one line, its name first.
fn described(app: &App, name: &str, entry: &Entry, marked: bool) -> String {
    let mut parts = vec![name.to_owned()];
    match (entry.kind, &entry.target) {
        (Kind::Dir, _) => parts.push("folder".to_owned()),
        (Kind::Link, Some(target)) => parts.push(format!("link to {}", escape(target))),
        (Kind::Link, None) => parts.push("link".to_owned()),
        (Kind::Other, _) => parts.push("neither file nor folder".to_owned()),
        (Kind::File, _) => parts.push(entry.size.map_or("size unknown".to_owned(), bytes)),
    }
    parts.extend(entry.modified.as_ref().map(|time| when::long(time, &app.zone)));
    parts.extend(entry.permissions.map(|bits| bits.symbolic()));
    if marked {
        parts.push("marked".to_owned());
    }
    parts.join(", ")
}

fn jobs(app: &App) -> Page {
    let list = &app.queue;
    let len = list.len();
    let mut head = format!(
        "Queue, {}: {}",
        list.view.word(),
        count(len as u64, "file", "files")
    );
    if let Some(limit) = list.progress.limit {
        head.push_str(&format!(", limit {}", rate(limit)));
    }
    if list.paused {
        head.push_str(", all paused");
    }
    let page = Page {
        key: format!("queue {}", list.view.word()),
        head: vec![head],
        ..Page::default()
    };
    let rows = app.list_rows(Context::Queue);
    let top = list.cursor.top;
    let shown: Vec<String> = list.shown(top).take(rows.max(1)).map(job).collect();
    page.list((top, list.cursor.at), rows, len, |at| {
        shown.get(at.checked_sub(top)?).cloned()
    })
}

/// A job in one line.
pub(super) fn job(row: &JobRow) -> String {
    let way = match row.job.direction {
        Direction::Download => "download",
        Direction::Upload => "upload",
    };
    let mut parts = vec![format!(
        "{} {way} {}",
        queue::word(&row.state).0,
        row.job.item.remote.shown()
    )];
    match (&row.state, row.job.item.size) {
        (JobState::Running, Some(size)) => parts.push(format!("{} of {}", bytes(row.moved), bytes(size))),
        (_, size) => parts.extend(size.map(bytes)),
    }
    match &row.state {
        JobState::Failed(why) | JobState::Retrying(why) | JobState::Held(Hold::Full(why)) => {
            parts.push(why.to_string());
        }
        JobState::Skipped(why) => parts.push(why.to_string()),
        _ => {}
    }
    parts.join(", ")
}

fn hits(app: &App) -> Page {
    let Some(search) = &app.search else {
        return Page::default();
    };
    let stage = match &search.stage {
        // how far it is would be news with every folder
        Stage::Running => "searching".to_owned(),
        _ => found::told(search).join(", "),
    };
    let page = Page {
        key: format!(
            "found {} {} {:?} {}",
            search.text,
            matches!(search.stage, Stage::Running),
            search.sort,
            search.filter.text()
        ),
        foot: typing(search.typing),
        head: vec![format!("'{}' below {}: {stage}", search.text, search.top.shown())],
        ..Page::default()
    };
    let cursor = (search.cursor.top, search.cursor.at);
    let rows = app.list_rows(Context::Found);
    page.list(cursor, rows, search.len(), |at| {
        let hit = search.hit(at)?;
        let path = hit.folder.join(&hit.entry.name).shown();
        Some(described(app, &path, hit.entry, hit.marked))
    })
}

fn dialogue(app: &App) -> Page {
    let log = &app.log;
    let which = match log.session {
        None => "all sessions".to_owned(),
        Some(n) => format!("session {n}"),
    };
    let lines: Vec<_> = log.shown().collect();
    let end = lines.len().saturating_sub(log.cursor.top);
    let begin = end.saturating_sub(app.list_rows(Context::Log));
    let said = |speaker| match speaker {
        Speaker::Client => "sent",
        Speaker::Server => "said",
        Speaker::Remark => "note",
    };
    let rows = lines.get(begin..end).unwrap_or_default().iter();
    Page {
        key: format!("log {:?} {} {}", log.session, log.filter.text(), log.cursor.top),
        head: vec![format!("Log, {which}:")],
        rows: rows
            .map(|line| format!("{} {} {}", line.session, said(line.speaker), line.text))
            .collect(),
        foot: typing(log.typing),
        ..Page::default()
    }
}

fn file(app: &App) -> Page {
    let Some(pager) = &app.pager else {
        return Page::default();
    };
    let rows = app.list_rows(Context::Pager);
    let rows = pager.rows(usize::from(app.size.0), rows);
    let mut head = vec![format!(
        "{}: {}, {}",
        pager.title,
        pager::position(pager),
        pager.size.map_or("size unknown".to_owned(), bytes)
    )];
    if !pager.is_loading() || pager.failure.is_some() {
        head.extend(pager::state(pager, rows.is_empty(), Action::Refresh.row().id).map(|(text, _)| text));
    }
    Page {
        // each window is a page of its own: equal lines are read again
        key: format!("pager {} {} {}", pager.title, pager.top, pager.hex),
        head,
        rows: rows
            .into_iter()
            .map(|row| row.parts.into_iter().map(|(text, _)| text).collect())
            .collect(),
        live: true,
        ..Page::default()
    }
}

fn report(app: &App) -> Page {
    let Some(doctor) = &app.doctor else {
        return Page::default();
    };
    let chosen = doctor
        .chosen()
        .map(|fix| format!("apply would set: {}", fix.words()));
    Page {
        key: format!("doctor {}", doctor.server.name),
        head: vec![format!(
            "Doctor, {}: {}",
            server_title(&doctor.server),
            doctor.says()
        )],
        // whole lines: nothing has to be broken
        rows: doctor.told().into_iter().map(|row| row.text).collect(),
        foot: chosen.into_iter().collect(),
        live: true,
        ..Page::default()
    }
}

/// The picker.
pub(super) fn picker(app: &App) -> Page {
    let Some(open) = &app.picker else {
        return Page::default();
    };
    let (title, foot) = match open.subject {
        Subject::Path(_) => ("Go to", "Type a path; :back closes."),
        Subject::Bookmarks => (
            "Bookmarks",
            "A number goes there, a text looks for one; :down and :forget forget one; :back closes.",
        ),
        // told to be absent
        Subject::Palette | Subject::Themes(_) => ("Choose", "A number chooses; :back closes."),
    };
    let mut page = Page {
        key: format!("picker {title} {}", open.line.text()),
        head: vec![format!("{title}:")],
        foot: vec![foot.to_owned()],
        live: true,
        ..Page::default()
    };
    page.head.extend(open.complaint.clone());
    if matches!(open.subject, Subject::Path(_)) {
        return page;
    }
    let rows = app.list_rows(Context::Picker);
    let cursor = (open.cursor.top, open.cursor.at);
    page.list(cursor, rows, open.items.len(), |at| {
        let item = open.items.get(at)?;
        let off = item.off.as_ref().map(|why| format!(", not now: {why}"));
        Some(format!(
            "{}, {}{}",
            item.name,
            item.about,
            off.unwrap_or_default()
        ))
    })
}

/// The form.
pub(super) fn form(app: &App) -> Page {
    let Some(open) = app.open_form() else {
        return Page::default();
    };
    let title = match open.existing() {
        Some(name) => format!("Server {name}:"),
        None => "New server:".to_owned(),
    };
    let rows = open.rows().into_iter().map(|row| {
        let value = match row.value {
            Value::Text(line) if line.masked && !line.text().is_empty() => "typed, not shown".to_owned(),
            Value::Text(line) if line.text().is_empty() => match row.field.placeholder() {
                "" => "empty".to_owned(),
                hint => format!("empty ({hint})"),
            },
            Value::Text(line) => line.text().to_owned(),
            Value::Choice(words, place) => words.get(place).copied().unwrap_or_default().to_owned(),
            Value::Switch(on) => if on { "on" } else { "off" }.to_owned(),
        };
        let fault = row.fault.map(|says| format!("; wrong: {says}"));
        format!("{} = {value}{}", row.field.label(), fault.unwrap_or_default())
    });
    let rows = rows.collect();
    let mut head = vec![title];
    head.extend(open.remark().map(str::to_owned));
    Page {
        key: format!("form {:?}", open.existing()),
        head,
        rows,
        at: None,
        foot: vec!["FIELD = VALUE changes a field, FIELD explains it; save, try and back.".to_owned()],
        live: true,
        stale: false,
    }
}
