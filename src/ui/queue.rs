//! The queue's screen: every job with its state, and the details of the one under the cursor.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::text::{fit, fit_end, width, wrap, wrap_in};
use super::widgets::{course, gauge, panel, point_at, put_lines};
use super::{layout, strip};
use crate::app::App;
use crate::app::action::{Action, Context};
use crate::app::folder::shown;
use crate::app::measure::DETAILS;
use crate::app::queue::{Queue, Row};
use crate::config::theme::{Role, Theme};
use crate::model::facts::Sessions;
use crate::model::failure::Failure;
use crate::model::job::{Direction, Hold, JobState, VERIFIED};
use crate::model::size::{bytes, rate, short};
use crate::model::text::capital;

/// Draws the screen.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let queue = &app.queue;
    let (area, details) = place(area, app);
    let mut title = Line::from(format!(" Queue: {} ", queue.view.word()));
    let limit = queue.progress.limit.map(|limit| format!("limit {}", rate(limit)));
    let limit = limit.map(|text| (text, Role::Warning));
    for (text, role) in strip::counted(queue).into_iter().chain(limit) {
        let text = format!("· {text} ");
        // whole or not at all: half a number is another one
        if title.width() + width(&text) + 2 > usize::from(area.width) {
            break;
        }
        title.push_span(Span::styled(text, theme.style(role)));
    }
    let pace = strip::pace(queue)
        .map(|pace| format!(" {pace} "))
        .filter(|pace| title.width() + width(pace) + 3 <= usize::from(area.width));
    let mut block = panel(title, !app.is_covered(), theme);
    if let Some(pace) = pace {
        block = block.title_top(Line::styled(pace, theme.style(Role::Text)).right_aligned());
    }
    // where it is narrow the course of the rate says more
    let lanes = lanes(app).filter(|_| area.width >= 60);
    let taken = lanes.as_ref().map_or(0, |(text, _)| width(text) + 1);
    if let Some(course) = rates(queue, usize::from(area.width).saturating_sub(taken), theme) {
        block = block.title_bottom(course);
    }
    if let Some((text, role)) = lanes {
        block = block.title_bottom(Line::styled(text, theme.style(role)).right_aligned());
    }
    let inner = block.inner(area);
    frame.render_widget(block, area);
    if queue.is_empty() {
        let text = match queue.holds_nothing() {
            true => format!(
                "Nothing was transferred yet. In the panes, {} transfers what is marked.",
                app.key_of(Context::Panes, Action::Transfer)
            ),
            false => format!(
                "No job of this kind. {} shows others.",
                app.key_of(Context::Queue, Action::NextView)
            ),
        };
        for (y, line) in (inner.y..inner.bottom()).zip(wrap(&text, usize::from(inner.width))) {
            let row = Rect {
                y,
                height: 1,
                ..inner
            };
            frame.render_widget(Line::styled(line, theme.style(Role::Muted)), row);
        }
    }
    let top = queue.cursor.top;
    for ((y, place), row) in (inner.y..inner.bottom()).zip(top..).zip(queue.shown(top)) {
        let line_area = Rect {
            y,
            height: 1,
            ..inner
        };
        frame.render_widget(job(row, usize::from(inner.width), theme), line_area);
        if place == queue.cursor.at {
            frame.buffer_mut().set_style(line_area, theme.style(Role::Cursor));
            if !app.is_covered() {
                point_at(frame, line_area, theme);
            }
        }
    }
    if let (Some(details), Some(row)) = (details, queue.current()) {
        draw_details(frame, details, row, app);
    }
}

/// How fast it went in the last minutes, for the lower edge of the frame: as many of them as it has room for.
fn rates(queue: &Queue, columns: usize, theme: &Theme) -> Option<Line<'static>> {
    /// Fewer bars show no course.
    const FEWEST: usize = 8;
    if queue.counts.running == 0 {
        return None;
    }
    // room for the words as well, which are known last
    let room = columns.checked_sub("  at most 1023 MiB/s  ".len() + 4)?;
    let last: Vec<u64> = queue.rates.last(room).collect();
    if room < FEWEST || last.is_empty() {
        return None;
    }
    let top = last.iter().copied().max().unwrap_or(0);
    Some(Line::from(vec![
        Span::raw(" "),
        course(&last, theme),
        Span::styled(format!(" at most {} ", rate(top)), theme.style(Role::Muted)),
    ]))
}

/// How many connections there are to the server that is shown: one browses, the others carry files.
fn lanes(app: &App) -> Option<(String, Role)> {
    let Sessions { open, most, refused } = app.link.session()?.facts.sessions;
    Some(match refused {
        0 => (format!(" {open} of {most} connections "), Role::Muted),
        _ => (
            format!(
                " {open} of {} connections, the server allows no more ",
                most.saturating_sub(refused)
            ),
            Role::Warning,
        ),
    })
}

/// Where the list is, and where the details of its current job.
pub(super) fn place(area: Rect, app: &App) -> (Rect, Option<Rect>) {
    match app.has_details() {
        true => layout::cut_bottom(area, DETAILS),
        false => (area, None),
    }
}

/// A state in at most nine columns.
pub(super) fn word(state: &JobState) -> (&'static str, Role) {
    match state {
        JobState::Waiting => ("waiting", Role::Muted),
        JobState::Held(Hold::Paused) => ("paused", Role::Warning),
        JobState::Held(Hold::Full(_)) => ("full", Role::Error),
        JobState::Running => ("running", Role::Title),
        JobState::Asking => ("asking", Role::Warning),
        JobState::Retrying(_) => ("retrying", Role::Warning),
        JobState::Done { note: None, .. } => ("done", Role::Good),
        JobState::Done { note: Some(note), .. } if note.starts_with(VERIFIED) => ("done", Role::Good),
        JobState::Done { note: Some(_), .. } => ("done, see", Role::Warning),
        JobState::Skipped(_) => ("skipped", Role::Muted),
        JobState::Failed(_) => ("failed", Role::Error),
        JobState::Cancelled => ("cancelled", Role::Muted),
    }
}

/// The same in four columns.
fn short_word(state: &JobState) -> &'static str {
    match state {
        JobState::Waiting => "wait",
        JobState::Held(Hold::Paused) => "held",
        JobState::Held(Hold::Full(_)) => "full",
        JobState::Running => "run",
        JobState::Asking => "ask",
        JobState::Retrying(_) => "redo",
        JobState::Done { .. } => "done",
        JobState::Skipped(_) => "skip",
        JobState::Failed(_) => "fail",
        JobState::Cancelled => "out",
    }
}

/// Fewer columns have no room for a job's state in a whole word, nor for its size beside its path.
const NARROW: usize = 28;
/// Fewer have none for its direction either.
const NARROWEST: usize = 18;

fn job(row: &Row, columns: usize, theme: &Theme) -> Line<'static> {
    let (word, role) = word(&row.state);
    let arrow = format!("{} ", strip::arrow(row.job.direction));
    if columns < NARROW {
        // what it is goes last, and Enter says the rest
        let state = format!("{:<4} ", short_word(&row.state));
        let arrow = if columns < NARROWEST { String::new() } else { arrow };
        let room = columns.saturating_sub(width(&state) + width(&arrow));
        let path = fit_end(&row.job.item.remote.shown(), room);
        return Line::from(vec![
            Span::styled(state, theme.style(role)),
            Span::styled(arrow, theme.style(Role::Title)),
            Span::styled(path, theme.style(Role::Text)),
        ]);
    }
    let mut line = Line::from(vec![
        Span::styled(format!("{word:<9} "), theme.style(role)),
        Span::styled(arrow, theme.style(Role::Title)),
    ]);
    let size = row.job.item.size;
    let right: Vec<Span<'static>> = match (&row.state, size) {
        (JobState::Running, Some(size)) if columns >= 60 => {
            let mut spans = gauge(row.moved, size, 16, theme).to_vec();
            let numbers = format!("{}/{}", short(row.moved), short(size));
            let numbers = format!(" {numbers:>12}");
            spans.push(Span::styled(numbers, theme.style(Role::Muted)));
            spans
        }
        (JobState::Running, _) => vec![Span::styled(
            format!("{:>7}", short(row.moved)),
            theme.style(Role::Muted),
        )],
        (JobState::Failed(f) | JobState::Retrying(f) | JobState::Held(Hold::Full(f)), _) if columns >= 60 => {
            vec![Span::styled(fit(&f.why, columns / 2), theme.style(Role::Error))]
        }
        (JobState::Skipped(why), _) if columns >= 60 => {
            vec![Span::styled(fit(why, columns / 2), theme.style(Role::Muted))]
        }
        // what it goes on behind
        (JobState::Waiting | JobState::Held(_), Some(size)) if row.moved > 0 => vec![Span::styled(
            format!("{:>7}", format!("{}/{}", short(row.moved), short(size))),
            theme.style(Role::Muted),
        )],
        (_, Some(size)) => vec![Span::styled(
            format!("{:>7}", short(size)),
            theme.style(Role::Muted),
        )],
        (_, None) => Vec::new(),
    };
    let taken: usize = right.iter().map(Span::width).sum();
    let room = columns.saturating_sub(12 + taken + 1);
    let path = fit_end(&row.job.item.remote.shown(), room);
    let pad = room.saturating_sub(width(&path)) + 1;
    line.push_span(Span::styled(path, theme.style(Role::Text)));
    line.push_span(" ".repeat(pad));
    line.extend(right);
    line
}

fn draw_details(frame: &mut Frame<'_>, area: Rect, row: &Row, app: &App) {
    let theme = &app.theme;
    let away = app.queue.away.values().next().map(|away| {
        let when = strip::next_try(app).unwrap_or_default();
        let text = format!("{}; {when}.", sentence(&away.failure).trim_end_matches('.'));
        (text, Role::Warning)
    });
    let (local, remote) = (shown(&row.job.item.local), row.job.item.remote.shown());
    let (from, to) = match row.job.direction {
        Direction::Download => (remote, local),
        Direction::Upload => (local, remote),
    };
    let block = panel(" This job ", false, theme);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let columns = usize::from(inner.width);
    let path = |label: &str, path: &str| {
        Line::from(vec![
            Span::styled(format!("{label:<5}"), theme.style(Role::Muted)),
            Span::styled(fit_end(path, columns.saturating_sub(5)), theme.style(Role::Text)),
        ])
    };
    let mut lines = vec![path("from", &from), path("to", &to)];
    let (text, role) = match &row.state {
        JobState::Failed(failure) | JobState::Retrying(failure) => (sentence(failure), Role::Error),
        JobState::Held(Hold::Full(failure)) => (format!("Held. {}", sentence(failure)), Role::Error),
        JobState::Held(Hold::Paused) => (
            format!("Paused: it waits until it is told to go on.{}", kept(row)),
            Role::Warning,
        ),
        JobState::Skipped(why) => (format!("Left out: {why}."), Role::Muted),
        JobState::Done {
            bytes: n,
            before,
            millis,
            note,
            ..
        } => {
            let note = note.as_ref().map(|n| format!(". {}", capital(n)));
            let seconds = std::time::Duration::from_millis(*millis).as_secs_f64();
            let moved = bytes(n.saturating_sub(*before));
            let text = format!("{moved} in {seconds:.1} s{}", note.unwrap_or_default());
            (text, Role::Text)
        }
        JobState::Asking => ("Waits for your answer.".to_owned(), Role::Warning),
        JobState::Waiting => away.unwrap_or((kept(row).trim_start().to_owned(), Role::Text)),
        JobState::Running | JobState::Cancelled => (String::new(), Role::Text),
    };
    let room = usize::from(inner.height).saturating_sub(lines.len());
    // Enter shows all of it
    let words = wrap_in(&text, columns, room);
    lines.extend(words.into_iter().map(|l| Line::styled(l, theme.style(role))));
    put_lines(frame, inner, lines);
}

/// What is kept of a job that waits.
fn kept(row: &Row) -> String {
    match row.moved {
        0 => String::new(),
        moved => format!(" What has come over is kept: {}.", bytes(moved)),
    }
}

/// A failure in one run of text, the server's own words included.
fn sentence(failure: &Failure) -> String {
    failure.to_string()
}
