//! The log: what was said with the server, session by session.

use std::collections::{BTreeSet, VecDeque};

use super::App;
use super::action::{Action, Context};
use super::cursor::Cursor;
use super::effect::Effect;
use super::input::Line;
use crate::model::event::DialogueLine;

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
    /// The window; it stays at the end while it is there.
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
        self.lines.push_back(line);
    }

    /// The lines that pass the filters.
    pub fn shown(&self) -> impl Iterator<Item = &DialogueLine> {
        let wanted = self.filter.text().to_lowercase();
        self.lines.iter().filter(move |line| {
            self.session.is_none_or(|s| s == line.session)
                && (wanted.is_empty() || line.text.to_lowercase().contains(&wanted))
        })
    }

    /// Shows the next session's lines, and after the last one all.
    pub fn next_session(&mut self) {
        self.session = match self.session {
            None => self.sessions.first().copied(),
            Some(now) => self.sessions.range(now + 1..).next().copied(),
        };
    }
}

impl App {
    /// An action on the log's screen.
    pub(super) fn act_log(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Back if self.log.filter.text().is_empty() => self.view = self.beneath,
            Action::Back => self.log.filter.clear(),
            Action::Filter => self.log.typing = true,
            Action::NextView => self.log.next_session(),
            // the window is counted from the end: there the newest line is
            movement => {
                let (len, rows) = (self.log.shown().count(), self.list_rows(Context::Log));
                let turned = match movement {
                    Action::Up => Action::Down,
                    Action::Down => Action::Up,
                    Action::PageUp => Action::PageDown,
                    Action::PageDown => Action::PageUp,
                    Action::First => Action::Last,
                    Action::Last => Action::First,
                    other => other,
                };
                self.log.cursor.scroll(turned, len, rows);
            }
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::event::Speaker;

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
