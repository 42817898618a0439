//! The terminal as ratatui's backend: a frame is collected and written in one piece.
//!
//! Around a frame stands a synchronised update, so that no half picture is seen over a slow
//! line; a frame in which nothing changed writes nothing at all. The terminal is never asked
//! anything: an answer over a slow line would take its time, and some terminals give none.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// A backend that writes each frame at once.
#[derive(Debug)]
pub struct Screen<W: Write> {
    frame: CrosstermBackend<Gather<W>>,
    /// Where the cursor was put last; `None` when drawing has moved it.
    cursor: Option<Position>,
    hidden: Option<bool>,
    size: fn() -> io::Result<Size>,
}

impl<W: Write> Screen<W> {
    /// Writes to `out`; `size` tells columns and rows.
    pub fn new(out: W, size: fn() -> io::Result<Size>) -> Self {
        Self {
            frame: CrosstermBackend::new(Gather {
                frame: Vec::new(),
                out,
            }),
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
        // without cells crossterm's backend would still write resets of colours
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.cursor = None;
        self.frame.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.hidden.replace(true) == Some(true) {
            return Ok(());
        }
        queue!(self.frame, crossterm::cursor::Hide)
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.hidden.replace(false) == Some(false) {
            return Ok(());
        }
        queue!(self.frame, crossterm::cursor::Show)
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or_default())
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor.replace(position) == Some(position) {
            return Ok(());
        }
        queue!(self.frame, crossterm::cursor::MoveTo(position.x, position.y))
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        use crossterm::terminal::ClearType as C;
        let clear_type = match clear_type {
            ClearType::All => C::All,
            ClearType::AfterCursor => C::FromCursorDown,
            ClearType::BeforeCursor => C::FromCursorUp,
            ClearType::CurrentLine => C::CurrentLine,
            ClearType::UntilNewLine => C::UntilNewLine,
        };
        queue!(
            self.frame,
            crossterm::style::ResetColor,
            crossterm::terminal::Clear(clear_type)
        )
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

    fn flush(&mut self) -> io::Result<()> {
        Write::flush(&mut self.frame)
    }
}

/// Keeps what is written until it is flushed.
#[derive(Debug)]
struct Gather<W: Write> {
    frame: Vec<u8>,
    out: W,
}

impl<W: Write> Write for Gather<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.frame.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.frame.is_empty() {
            return Ok(());
        }
        let mut whole = Vec::with_capacity(self.frame.len() + 32);
        queue!(whole, BeginSynchronizedUpdate)?;
        whole.append(&mut self.frame);
        queue!(whole, EndSynchronizedUpdate)?;
        self.out.write_all(&whole)?;
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
