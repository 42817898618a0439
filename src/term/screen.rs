//! The terminal as ratatui's backend: a frame is collected and written in one piece.
//!
//! Around a frame stands a synchronised update, so that no half picture is seen over a slow
//! line; a frame in which nothing changed writes nothing at all. The terminal is never asked
//! anything: an answer over a slow line would take its time, and some terminals give none.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

use super::cells::Cells;

/// Synchronised update: the terminal shows the frame when it is whole (mode 2026; one that does not know
/// it draws as ever).
const BEGIN: &str = "\x1b[?2026h";
const END: &str = "\x1b[?2026l";

/// A backend that writes each frame at once.
#[derive(Debug)]
pub struct Screen<W: Write> {
    out: W,
    cells: Cells,
    frame: String,
    /// Where the cursor was put last; `None` when drawing has moved it.
    cursor: Option<Position>,
    hidden: Option<bool>,
    size: fn() -> io::Result<Size>,
}

impl<W: Write> Screen<W> {
    /// Writes to `out`; `size` tells columns and rows.
    pub fn new(out: W, size: fn() -> io::Result<Size>) -> Self {
        Self {
            out,
            cells: Cells::unknown(),
            frame: String::new(),
            cursor: None,
            hidden: None,
            size,
        }
    }
}

impl<W: Write> Backend for Screen<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        if self.cells.is_unknown() {
            // not every terminal clears its second screen, or has one
            self.clear()?;
        }
        let before = self.frame.len();
        self.cells.draw(&mut self.frame, content);
        if self.frame.len() > before {
            self.cursor = None;
        }
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.hidden.replace(true) != Some(true) {
            self.frame.push_str("\x1b[?25l");
        }
        Ok(())
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.hidden.replace(false) != Some(false) {
            self.frame.push_str("\x1b[?25h");
        }
        Ok(())
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) != Some(position) {
            self.frame
                .push_str(&format!("\x1b[{};{}H", position.y + 1, position.x + 1));
            self.cells.lose_place();
        }
        Ok(())
    }

    fn clear(&mut self) -> io::Result<()> {
        let size = self.size()?;
        self.cells.clear(&mut self.frame, size.width, size.height);
        Ok(())
    }

    /// Clears all of it whatever is asked for: the frame that follows is drawn whole.
    fn clear_region(&mut self, _: ClearType) -> io::Result<()> {
        self.clear()
    }

    fn size(&self) -> io::Result<Size> {
        (self.size)()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size()?,
            pixels: Size::default(),
        })
    }

    /// Writes the frame in one piece; one in which nothing changed writes nothing.
    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let whole = [BEGIN, &self.frame, END].concat();
        self.frame.clear();
        self.out.write_all(whole.as_bytes())?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use ratatui::Terminal;
    use ratatui::text::Line;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_changed_writes_nothing_and_a_frame_is_synchronised() {
        let sink = Sink::default();
        let mut terminal = Terminal::new(Screen::new(sink.clone(), || Ok(Size::new(20, 3)))).unwrap();
        let mut draw = |text: &str| {
            sink.0.lock().unwrap().clear();
            terminal
                .draw(|f| f.render_widget(Line::from(text.to_owned()), f.area()))
                .unwrap();
            String::from_utf8(sink.0.lock().unwrap().clone()).unwrap()
        };
        let first = draw("hello");
        assert!(
            first.starts_with("\x1b[?2026h") && first.ends_with("\x1b[?2026l"),
            "{first:?}"
        );
        assert!(!first.contains("\x1b[6n"), "asks the terminal: {first:?}");
        assert_eq!(draw("hello"), "");
        assert!(draw("hellx").contains('x'));
        assert_eq!(draw("hellx"), "");
    }
}
