//! A cursor in a list that is longer than the screen.

use super::action::Action;

/// Where the cursor is and from where on the list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The line under the cursor, counted from 0.
    pub at: usize,
    /// The first line shown.
    pub top: usize,
}

impl Cursor {
    /// Moves as the action says in a list of `len` lines of which `rows` fit; `false` when the
    /// action is no movement.
    pub fn go(&mut self, action: Action, len: usize, rows: usize) -> bool {
        let moved = self.step(action, rows);
        if moved {
            self.settle(len, rows);
        }
        moved
    }

    /// One step, past the end if need be; a page is what fits, but for a line that stays to go on reading.
    fn step(&mut self, action: Action, rows: usize) -> bool {
        let page = rows.saturating_sub(1).max(1);
        self.at = match action {
            Action::Up => self.at.saturating_sub(1),
            Action::Down => self.at.saturating_add(1),
            Action::PageUp => self.at.saturating_sub(page),
            Action::PageDown => self.at.saturating_add(page),
            Action::First => 0,
            Action::Last => usize::MAX,
            _ => return false,
        };
        true
    }

    /// Keeps the cursor in the list and on the screen.
    pub fn settle(&mut self, len: usize, rows: usize) {
        let rows = rows.max(1);
        self.at = self.at.min(len.saturating_sub(1));
        self.top = self.top.min(self.at).min(len.saturating_sub(rows));
        if self.at >= self.top + rows {
            self.top = self.at + 1 - rows;
        }
    }

    /// Moves only the window, for texts without a cursor line; `false` when it is no movement.
    pub fn scroll(&mut self, action: Action, len: usize, rows: usize) -> bool {
        self.at = self.top;
        let moved = self.step(action, rows);
        self.at = self.at.min(len.saturating_sub(rows.max(1)));
        self.top = self.at;
        moved
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cursor_stays_in_the_list_and_on_the_screen() {
        let mut c = Cursor::default();
        c.go(Action::Up, 5, 3);
        assert_eq!((c.at, c.top), (0, 0));
        c.go(Action::Last, 5, 3);
        assert_eq!((c.at, c.top), (4, 2));
        c.go(Action::Down, 5, 3);
        assert_eq!(c.at, 4);
        c.go(Action::PageUp, 5, 3);
        assert_eq!((c.at, c.top), (2, 2));
        c.settle(1, 3);
        assert_eq!((c.at, c.top), (0, 0));
        c.go(Action::Last, 0, 0);
        assert_eq!((c.at, c.top), (0, 0));
        assert!(!c.go(Action::Quit, 5, 3));
    }

    #[test]
    fn a_text_scrolls_no_further_than_its_end() {
        let mut c = Cursor::default();
        c.scroll(Action::Last, 10, 4);
        assert_eq!(c.top, 6);
        c.scroll(Action::Down, 10, 4);
        assert_eq!(c.top, 6);
        c.scroll(Action::Up, 10, 4);
        assert_eq!(c.top, 5);
        // a page is what fits, but for one line
        for (action, top) in [
            (Action::PageUp, 2),
            (Action::PageUp, 0),
            (Action::PageDown, 3),
            (Action::PageDown, 6),
        ] {
            assert!(c.scroll(action, 10, 4));
            assert_eq!(c.top, top, "{action:?}");
        }
        assert!(!c.scroll(Action::Quit, 10, 4));
        c.scroll(Action::Last, 3, 4);
        assert_eq!(c.top, 0);
    }
}
