//! How many rows each part of the screen has: moving a page needs to know it, and so does drawing.

use super::action::Context;
use super::{App, View};

/// Rows of the strip that shows the queue below the panes.
const STRIP_RUNNING: [(u16, usize); 3] = [(34, 4), (24, 2), (16, 1)];

impl App {
    /// Whether there is room for the line at the top.
    pub fn has_bar(&self) -> bool {
        self.size.1 >= 6
    }

    /// Whether there is room for the line of hints at the bottom.
    pub fn has_hints(&self) -> bool {
        self.size.1 >= 4
    }

    /// Whether a pane has room for the names of its columns.
    pub fn has_headings(&self) -> bool {
        self.size.1 >= 14
    }

    /// Whether both panes are shown; else only the active one.
    pub fn shows_both(&self) -> bool {
        self.size.0 >= 60
    }

    /// Whether the details of the job under the cursor are shown below the queue.
    pub fn has_details(&self) -> bool {
        self.size.1 >= 20 && !self.queue.holds_nothing()
    }

    /// How many running transfers the strip shows.
    pub fn strip_transfers(&self) -> usize {
        let most = STRIP_RUNNING.iter().find(|(height, _)| self.size.1 >= *height);
        self.queue.running().count().min(most.map_or(0, |(_, n)| *n))
    }

    /// Rows of the strip; 0 while the queue is empty.
    pub fn strip_rows(&self) -> u16 {
        if self.queue.holds_nothing() || self.size.1 < 8 {
            return 0;
        }
        1 + u16::try_from(self.strip_transfers()).unwrap_or(0)
    }

    /// Rows between the line at the top and the line of hints.
    pub fn body_rows(&self) -> u16 {
        self.size
            .1
            .saturating_sub(u16::from(self.has_bar()) + u16::from(self.has_hints()))
    }

    /// Rows of a pane's list.
    pub fn pane_rows(&self) -> usize {
        let around = 2 + u16::from(self.has_headings()) + self.strip_rows();
        usize::from(self.body_rows().saturating_sub(around))
    }

    /// Rows of the list in another context.
    pub fn list_rows(&self, context: Context) -> usize {
        let around = match context {
            Context::Panes => return self.pane_rows(),
            Context::Pager => 1,
            // the frame, the line that is typed in, and what is said below the list
            Context::Picker => {
                let around = 3 + self.picker_foot();
                return usize::from(self.size.1.min(PICKER).saturating_sub(around));
            }
            Context::Servers => 2 + u16::from(self.has_headings()),
            Context::Queue if self.has_details() => 2 + DETAILS,
            _ => 2,
        };
        usize::from(self.body_rows().saturating_sub(around))
    }

    /// Rows of what is said below a picker's list.
    pub fn picker_foot(&self) -> u16 {
        if self.size.1 >= 20 { 2 } else { 1 }
    }

    /// Keeps every cursor in its list and on the screen.
    pub(super) fn settle(&mut self) {
        let rows = self.pane_rows();
        for pane in [&mut self.local, &mut self.remote] {
            pane.cursor.settle(pane.shown.len(), rows);
        }
        let rows = self.list_rows(Context::Picker);
        if let Some(picker) = &mut self.picker {
            picker.cursor.settle(picker.items.len(), rows);
        }
        let (len, rows) = match self.servers.all().is_empty() {
            true => (self.welcome().len(), self.welcome_rows()),
            false => (self.servers.rows().len(), self.list_rows(Context::Servers)),
        };
        self.servers.cursor.settle(len, rows);
        let rows = self.list_rows(Context::Found);
        if let Some(search) = &mut self.search {
            search.cursor.settle(search.len(), rows);
        }
        let (columns, rows) = self.report_room();
        if let Some(doctor) = &mut self.doctor {
            doctor.settle(columns, rows);
        }
        if self.view == View::Help {
            // a wider screen breaks the texts into fewer lines
            let last = self
                .help_lines()
                .len()
                .saturating_sub(self.list_rows(Context::Help).max(1));
            self.help.window.top = self.help.window.top.min(last);
        }
        if self.view == View::Log && self.log.cursor.top > 0 {
            // a filter, or another session, leaves fewer lines
            self.log.cursor.top = self.log_top(None);
        }
        if self.view == View::Queue {
            let (rows, len) = (self.list_rows(Context::Queue), self.queue.len());
            self.queue.cursor.settle(len, rows);
        }
    }
}

/// Rows of a picker at most.
pub const PICKER: u16 = 22;

/// Rows of the details below the queue, their upper edge included.
pub const DETAILS: u16 = 7;
