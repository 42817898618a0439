//! The log: what was said with the server, session by session.

use std::collections::{BTreeSet, VecDeque};

use super::App;
use super::action::{Action, Context};
use super::cursor::Cursor;
use super::effect::Effect;
use super::input::Line;
use super::wrapping::wrap;
use crate::model::event::{DialogueLine, Speaker};
use crate::model::size::count;

/// The dialogue as it is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Log {
    lines: VecDeque<DialogueLine>,
    sessions: BTreeSet<u32>,
    /// Only this session's lines are shown; `None` for all.
    pub session: Option<u32>,
    /// Only lines that contain this are shown.
    pub filter: Line,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// The window, counted from the end; it stays there while it is there, and where it is read else.
    pub cursor: Cursor,
}

impl Log {
    /// How many lines are kept.
    pub const KEPT: usize = 5_000;

    /// Takes a line in, and drops the oldest when there are too many.
    pub fn add(&mut self, line: DialogueLine) {
        if self.lines.len() >= Self::KEPT {
            self.lines.pop_front();
        }
        self.sessions.insert(line.session);
        if self.cursor.top > 0 && self.shows()(&line) {
            self.cursor.top += 1;
        }
        self.lines.push_back(line);
    }

    /// The lines that pass the filters.
    pub fn shown(&self) -> impl Iterator<Item = &DialogueLine> {
        let shows = self.shows();
        self.lines.iter().filter(move |line| shows(line))
    }

    fn shows(&self) -> impl Fn(&DialogueLine) -> bool + use<> {
        let (session, wanted) = (self.session, self.filter.text().to_lowercase());
        move |line| {
            session.is_none_or(|s| s == line.session)
                && (wanted.is_empty() || line.text.to_lowercase().contains(&wanted))
        }
    }

    /// Shows the next session's lines, and after the last one all.
    pub fn next_session(&mut self) {
        self.session = match self.session {
            None => self.sessions.first().copied(),
            Some(now) => self.sessions.range(now + 1..).next().copied(),
        };
    }
}

/// Columns before what was said: the session's number.
pub const NUMBER: usize = 4;

/// A line as it is read on so many columns: whose it is by a sign, and broken where it is long.
pub fn broken(line: &DialogueLine, columns: usize) -> Vec<String> {
    wrap(&signed(line), columns.saturating_sub(NUMBER))
}

fn signed(line: &DialogueLine) -> String {
    let sign = match line.speaker {
        Speaker::Client => ">",
        Speaker::Server => "<",
        Speaker::Remark => "·",
    };
    format!("{sign} {}", line.text)
}

/// How many of these lines fit into so many rows, the first ones first; one at least, whatever its length.
fn fitting<'a>(lines: impl Iterator<Item = &'a DialogueLine>, (columns, rows): (usize, usize)) -> usize {
    let mut left = rows;
    let fits = |line: &&DialogueLine| {
        let rest = left.checked_sub(broken(line, columns).len());
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    lines.take_while(fits).count().max(1)
}

impl App {
    /// An action on the log's screen.
    pub(super) fn act_log(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Back if self.log.filter.text().is_empty() => self.view = self.beneath,
            Action::Back => self.log.filter.clear(),
            Action::Filter => self.log.typing = true,
            Action::NextView => self.log.next_session(),
            Action::CopyLog => return self.copy_log(),
            movement => self.log.cursor.top = self.log_top(Some(movement)),
        }
        Vec::new()
    }

    /// Where the window is after this, or may still be. It is counted from the end, line by line: there the
    /// newest one is.
    pub(super) fn log_top(&self, movement: Option<Action>) -> usize {
        let room = (
            usize::from(self.size.0.saturating_sub(2)),
            self.list_rows(Context::Log),
        );
        let lines: Vec<&DialogueLine> = self.log.shown().collect();
        let furthest = lines.len() - fitting(lines.iter().copied(), room).min(lines.len());
        let top = self.log.cursor.top.min(furthest);
        let end = lines.len() - top;
        // a line of a page stays on the next one
        let step = |lines: usize| lines.saturating_sub(1).max(1);
        let top = match movement {
            Some(Action::Up) => top + 1,
            Some(Action::Down) => top.saturating_sub(1),
            Some(Action::PageUp) => top + step(fitting(lines[..end].iter().rev().copied(), room)),
            Some(Action::PageDown) => {
                let below = fitting(lines[end.saturating_sub(1)..].iter().copied(), room);
                top.saturating_sub(step(below))
            }
            Some(Action::First) => furthest,
            Some(Action::Last) => 0,
            _ => top,
        };
        top.min(furthest)
    }

    /// Copies what the log shows, as much of its end as terminals take.
    fn copy_log(&mut self) -> Vec<Effect> {
        let line = |line: &DialogueLine| format!("{:>3} {}\n", line.session, signed(line));
        let all: Vec<String> = self.log.shown().map(line).collect();
        let mut room = COPIED;
        let fits = |line: &&String| {
            let rest = room.checked_sub(line.len());
            room = rest.unwrap_or(0);
            rest.is_some()
        };
        let newest = all.iter().rev().take_while(fits).count();
        let from = all.len() - newest;
        let lines = count(newest as u64, "line", "lines");
        match (newest, from) {
            (0, _) => {
                self.say("There is nothing to copy".into());
                return Vec::new();
            }
            (_, 0) => self.say(format!("Copied: {lines} of the log")),
            _ => self.say(format!("Copied: the newest {lines}; a filter makes them fewer")),
        }
        vec![Effect::CopyText(all[from..].concat())]
    }
}

/// How many bytes are copied at most: many terminals take no more at once (OSC 52).
const COPIED: usize = 64 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_by_session_and_text() {
        let mut log = Log::default();
        for (session, text) in [(1, "220 hello"), (2, "220 lane"), (1, "USER me")] {
            log.add(DialogueLine {
                session,
                speaker: Speaker::Server,
                text: text.into(),
            });
        }
        let shown = |log: &Log| log.shown().map(|l| l.text.clone()).collect::<Vec<_>>();
        assert_eq!(shown(&log).len(), 3);
        log.next_session();
        assert_eq!(shown(&log), ["220 hello", "USER me"]);
        log.filter.paste("user");
        assert_eq!(shown(&log), ["USER me"]);
        log.filter.clear();
        log.next_session();
        assert_eq!(shown(&log), ["220 lane"]);
        log.next_session();
        assert_eq!(log.session, None);
        for _ in 0..Log::KEPT + 5 {
            log.add(DialogueLine {
                session: 3,
                speaker: Speaker::Client,
                text: "NOOP".into(),
            });
        }
        assert_eq!(log.shown().count(), Log::KEPT);
    }
}
