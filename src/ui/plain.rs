//! The interface in lines, for screen readers and for terminals that only print: what is new is said once,
//! and nothing that was said is changed.
//!
//! What fills the screen elsewhere is a [`Page`] here. A page that is new is said whole; of one that was said
//! before, what has changed. The rows of a list are said when the person has asked for something: what
//! changes in them by itself is summed up in the page's head.

mod dialog;
mod page;

use std::collections::HashSet;
use std::time::Duration;

use super::strip;
use crate::app::connect::Link;
use crate::app::{App, View};
use crate::model::job::{JobId, JobState};
use crate::model::size::bytes;
use crate::model::text::escape_str;
use page::Page;

/// The shortest time between two lines about how far the transfers are.
const PROGRESS: Duration = Duration::from_secs(10);
/// The place of a dialog among the pages.
const DIALOG: usize = 4;
/// So many failed files are named at once; the queue has them all.
const FAILURES: usize = 5;

/// What was said so far, as far as it matters for what is said next.
#[derive(Debug, Default)]
pub struct Teller {
    /// The pages that lie over each other: the panes, another view, the form, the picker, the dialog.
    said: [Option<Page>; 5],
    notice: Option<String>,
    link: String,
    /// Whether transfers are under way, and when that was last said.
    moving: Option<Duration>,
    /// Whether some were since then: all may be over before the first line about them.
    moved: bool,
    failed: HashSet<JobId>,
    /// Whether the rows of the list are wanted.
    asked: bool,
    /// Whether the last line that was typed has had no answer yet.
    owes: bool,
    lines: Vec<String>,
}

impl Teller {
    /// The first words.
    pub fn greet(&mut self) {
        self.put("ftpane in lines; help tells how it works, quit ends it.");
    }

    /// The person has typed a line, and is to be told this; with `again` all that is shown, too. `acts`: it does
    /// something.
    pub fn answer(&mut self, says: Vec<String>, again: bool, acts: bool) {
        // the same notice as before is news now
        self.notice.take_if(|_| acts);
        self.asked = true;
        self.owes = says.is_empty();
        if again {
            self.said = Default::default();
        }
        for line in says {
            self.put(&line);
        }
    }

    /// Whether the rows of the list are not those that were said: their numbers may mean others by now.
    pub fn is_stale(&self) -> bool {
        self.said.iter().flatten().any(|page| page.stale)
    }

    /// Says something that does not come from the state.
    pub fn put(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.lines.push(escape_str(line.trim()));
        }
    }

    /// Takes note of what passes: it may be another thing when the next lines are said.
    pub fn note(&mut self, app: &App) {
        if app.notice != self.notice {
            self.notice.clone_from(&app.notice);
            if let Some(notice) = &app.notice {
                self.put(notice);
            }
        }
        self.moved |= app.queue.counts.unfinished() > 0;
        let link = link(app);
        if link != self.link {
            self.put(&link);
            self.link = link;
        }
    }

    /// The lines that are to be said now.
    pub fn tell(&mut self, app: &App) -> Vec<String> {
        self.note(app);
        self.tell_queue(app);
        let covers = [
            true,
            app.view != View::Panes,
            app.open_form().is_some(),
            app.picker.is_some() && app.open_form().is_none(),
            !app.dialogs.is_empty(),
        ];
        for (said, covers) in self.said.iter_mut().zip(covers) {
            if !covers {
                *said = None;
            }
        }
        let top = covers.iter().rposition(|covers| *covers).unwrap_or(0);
        let page = match top {
            DIALOG => dialog::page(app),
            3 => page::picker(app),
            2 => page::form(app),
            _ => page::view(app),
        };
        let before = self.lines.len();
        self.tell_page(top, page);
        if std::mem::take(&mut self.owes)
            && self.lines.len() == before
            && let Some(page) = &self.said[top]
        {
            let here = [page.head.first(), page.at.as_ref()];
            let mut here: Vec<String> = here.into_iter().flatten().cloned().collect();
            if top == DIALOG {
                // one that has only just come takes no answer that may have been meant for something else
                here = page
                    .head
                    .iter()
                    .chain(&page.rows)
                    .chain(&page.foot)
                    .cloned()
                    .collect();
            }
            for line in here {
                self.put(&line);
            }
        }
        let mut lines = std::mem::take(&mut self.lines);
        if app.ascii {
            lines = lines.iter().map(|line| super::ascii::spelled(line)).collect();
        }
        lines
    }

    fn tell_page(&mut self, place: usize, mut page: Page) {
        let mut lines = Vec::new();
        match self.said[place].take().filter(|said| said.key == page.key) {
            None => {
                lines.extend(page.head.iter().chain(&page.rows).cloned());
                if page.at.as_ref() != page.rows.first() {
                    lines.extend(page.at.iter().map(|row| format!("At {row}")));
                }
                lines.extend(page.foot.iter().cloned());
                self.asked = false;
            }
            Some(said) => {
                let new = |now: &[String], before: &[String]| {
                    let news = now.iter().filter(|line| !before.contains(line));
                    news.cloned().collect::<Vec<_>>()
                };
                lines.extend(new(&page.head, &said.head));
                let wanted = page.live || self.asked || said.rows.is_empty();
                if page.rows != said.rows && wanted {
                    lines.extend(new(&page.rows, &said.rows));
                    self.asked = false;
                } else {
                    page.stale = page.rows != said.rows;
                    page.rows = said.rows;
                }
                if page.at != said.at {
                    lines.extend(
                        page.at
                            .iter()
                            .filter(|line| !lines.contains(line))
                            .cloned()
                            .collect::<Vec<_>>(),
                    );
                }
                if page.foot != said.foot {
                    lines.extend(page.foot.iter().cloned());
                }
            }
        }
        for line in lines {
            self.put(&line);
        }
        self.said[place] = Some(page);
    }

    /// How the transfers are: when they begin, when they end, and in between now and then.
    fn tell_queue(&mut self, app: &App) {
        let queue = &app.queue;
        let now = app.since_start();
        let moves = queue.counts.unfinished() > 0;
        let due = match self.moving {
            None => self.moved,
            Some(at) => !moves || now.saturating_sub(at) >= PROGRESS,
        };
        if !due {
            return;
        }
        self.moving = moves.then_some(now);
        self.moved = moves;
        let counts: Vec<String> = strip::counted(queue).into_iter().map(|(text, _)| text).collect();
        let mut line = format!("Queue: {}", counts.join(", "));
        if let Some(text) = strip::next_try(app) {
            line.push_str(&format!("; {text}"));
        } else if let Some(pace) = strip::pace(queue) {
            let p = &queue.progress;
            line.push_str(&format!("; {} of {}, {pace}", bytes(p.moved), bytes(p.total)));
        }
        self.put(&line);
        if queue.counts.failed == 0 {
            return;
        }
        let failed = |row: &&crate::app::queue::Row| matches!(row.state, JobState::Failed(_));
        let rows: Vec<_> = queue
            .all()
            .filter(failed)
            .filter(|row| !self.failed.contains(&row.job.id))
            .collect();
        let more = rows.len().saturating_sub(FAILURES);
        let lines: Vec<String> = rows.iter().take(FAILURES).map(|row| page::job(row)).collect();
        self.failed.extend(rows.iter().map(|row| row.job.id));
        for line in lines {
            self.put(&line);
        }
        if more > 0 {
            self.put(&format!("and {more} more failed; queue lists them"));
        }
    }
}

/// How the connection is.
fn link(app: &App) -> String {
    match &app.link {
        Link::Down => String::new(),
        Link::Opening(attempt) => {
            let title = crate::app::server_title(&attempt.server);
            let step = attempt.steps.last().map_or("connecting", String::as_str);
            format!("{title}: {step}")
        }
        Link::Up(session) => {
            let title = crate::app::server_title(&session.server);
            // what changes with each transfer is no news
            format!("{title}: connected, {}", session.facts.protocol.words())
        }
        Link::Lost(attempt, failure) => {
            let title = crate::app::server_title(&attempt.server);
            format!("{title}: not connected: {}", failure.why)
        }
    }
}
