//! The strip below the panes: what the queue is doing.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::layout;
use super::text::{fit, width};
use super::widgets::gauge;
use crate::app::App;
use crate::app::queue::{Queue, Row};
use crate::config::theme::{Role, Theme};
use crate::model::job::Direction;
use crate::model::size::{bytes, duration, rate, short};

/// Draws the strip: a line for the whole queue, and one for each running transfer there is room for.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let theme = &app.theme;
    let (top, mut rest) = layout::cut_top(area, 1);
    if let Some(top) = top {
        frame.render_widget(summary(app, usize::from(top.width)), top);
    }
    for row in app.queue.running().take(app.strip_transfers()) {
        let (line, below) = layout::cut_top(rest, 1);
        if let Some(line) = line {
            frame.render_widget(transfer(row, usize::from(line.width), theme), line);
        }
        rest = below;
    }
}

/// The counts that are not nought, with the colour of what they mean.
pub(super) fn counted(queue: &Queue) -> Vec<(String, Role)> {
    let c = &queue.counts;
    [
        (c.running, "running", Role::Text),
        (c.asking, "asking", Role::Warning),
        (c.failed, "failed", Role::Error),
        (c.held, "held", Role::Warning),
        (c.waiting, "waiting", Role::Text),
        (c.done, "done", Role::Good),
        (c.skipped, "skipped", Role::Muted),
        (c.cancelled, "cancelled", Role::Muted),
    ]
    .into_iter()
    .filter(|(n, ..)| *n > 0)
    .map(|(n, word, role)| (format!("{n} {word}"), role))
    .collect()
}

/// What is waited for where a server cannot be reached.
pub(super) fn next_try(app: &App) -> Option<String> {
    let seconds = app.queue.next_try(app.since_start())?;
    Some(format!(
        "waiting for the server, next try in {}",
        duration(seconds)
    ))
}

/// How fast it goes and how long it takes yet, while something runs: a line that was cut has no rate.
pub(super) fn pace(queue: &Queue) -> Option<String> {
    let p = &queue.progress;
    if queue.counts.running == 0 || p.total == 0 {
        return None;
    }
    let left = p.seconds_left.map(|s| format!(" · {} left", duration(s)));
    Some(format!("{}{}", rate(p.rate), left.unwrap_or_default()))
}

/// The counts on the left, rate and time left on the right; where it is narrow the counts that say
/// least give way, then the amounts.
fn summary(app: &App, columns: usize) -> Line<'static> {
    let (queue, theme) = (&app.queue, &app.theme);
    let p = &queue.progress;
    let mut tails = vec![String::new()];
    if let Some(text) = next_try(app) {
        let short = text.split_once(", ").map_or("", |(_, after)| after);
        tails = vec![format!("{text} "), format!("{short} "), String::new()];
    } else if queue.counts.unfinished() > 0 && p.total > 0 {
        let amount = match p.walking {
            true => format!("{}, still counting", bytes(p.moved)),
            false => format!("{} of {}", bytes(p.moved), bytes(p.total)),
        };
        tails = match pace(queue) {
            Some(pace) => vec![format!("{amount} · {pace} "), format!("{pace} "), String::new()],
            None => vec![format!("{amount} "), String::new()],
        };
    }
    let counts = counted(queue);
    let head: usize = counts.iter().map(|(text, _)| width(text) + 3).sum::<usize>() + 6;
    let fits = |tail: &&String| head + 2 + width(tail) <= columns;
    let pace = tails.len().saturating_sub(2);
    let tail = tails
        .iter()
        .find(fits)
        .filter(|t| !t.is_empty())
        .unwrap_or(&tails[pace]);
    let tail_room = if width(tail) + 20 <= columns {
        width(tail)
    } else {
        0
    };
    let mut line = Line::from(Span::styled(" Queue", theme.style(Role::Title)));
    let mut used = 6;
    for (text, role) in counts {
        let text = format!(" · {text}");
        if used + width(&text) + tail_room + usize::from(tail_room > 0) > columns {
            break;
        }
        used += width(&text);
        line.push_span(Span::styled(text, theme.style(role)));
    }
    if tail_room == 0 {
        return line;
    }
    let gap = columns - used - tail_room;
    // a gauge where there is room for a useful one
    if gap >= 14 && !p.walking {
        let wide = (gap - 4).min(30);
        line.push_span(" ".repeat(gap - wide - 2));
        line.extend(gauge(p.moved, p.total, wide, theme));
        line.push_span("  ");
    } else {
        line.push_span(" ".repeat(gap));
    }
    line.push_span(Span::styled(tail.clone(), theme.style(Role::Text)));
    line
}

/// `↓` towards this machine, `↑` towards the server.
pub(super) fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Download => "↓",
        Direction::Upload => "↑",
    }
}

/// The name a job is called by.
pub(super) fn name(row: &Row) -> String {
    row.job
        .item
        .remote
        .name()
        .map_or_else(|| row.job.item.remote.shown(), |n| n.shown())
}

fn transfer(row: &Row, columns: usize, theme: &Theme) -> Line<'static> {
    let moved = row.moved;
    let (numbers, percent) = match row.job.item.size {
        Some(size) => {
            let percent = (u128::from(moved.min(size)) * 100)
                .checked_div(u128::from(size))
                .unwrap_or(100);
            (
                format!("{:>12}", format!("{}/{}", short(moved), short(size))),
                format!("{percent:>3} %"),
            )
        }
        None => (format!("{:>6}", short(moved)), String::new()),
    };
    let tail = format!(" {percent} {numbers}");
    let room = columns.saturating_sub(3 + width(&tail));
    let wide = if room >= 30 { (room / 2).min(40) } else { 0 };
    let name_room = room.saturating_sub(wide + usize::from(wide > 0));
    let name = fit(&name(row), name_room);
    let pad = name_room.saturating_sub(width(&name)) + usize::from(wide > 0);
    let mut line = Line::from(vec![
        Span::styled(
            format!(" {} ", arrow(row.job.direction)),
            theme.style(Role::Title),
        ),
        Span::styled(name, theme.style(Role::Text)),
        Span::raw(" ".repeat(pad)),
    ]);
    if wide > 0 {
        line.extend(gauge(moved, row.job.item.size.unwrap_or(u64::MAX), wide, theme));
    }
    line.push_span(Span::styled(tail, theme.style(Role::Muted)));
    line
}
