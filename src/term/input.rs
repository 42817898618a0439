//! Terminal events as the interface's messages.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};

use crate::app::msg::Msg;
use crate::app::pointer::Gesture;
use crate::model::key::{Code, Key};
use crate::model::secret::Secret;

/// What comes from outside the program to the loop.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Something for the interface.
    Msg(Msg),
    /// A line was typed, where lines are; it may be a password.
    Line(Secret),
    /// The mouse did something at this column and row.
    Mouse(u16, u16, Gesture),
    /// A signal that ends the program, with the exit code it asks for.
    End(u8),
    /// Somebody asks the program to stop until it is told to go on (SIGTSTP).
    Stop,
    /// The program goes on after it was stopped: the screen is to be drawn whole.
    Continued,
}

/// What a terminal event is to the loop; `None` for what means nothing here.
pub fn input(event: Event) -> Option<Input> {
    let msg = match event {
        Event::Key(event) => key(event).map(Msg::Key)?,
        Event::Paste(text) => Msg::Paste(Secret::new(text)),
        Event::Resize(columns, rows) => Msg::Resize(columns, rows),
        Event::Mouse(event) => {
            let gesture = match event.kind {
                MouseEventKind::Down(MouseButton::Left) => Gesture::Click,
                MouseEventKind::ScrollUp => Gesture::WheelUp,
                MouseEventKind::ScrollDown => Gesture::WheelDown,
                _ => return None,
            };
            return Some(Input::Mouse(event.column, event.row, gesture));
        }
        Event::FocusGained | Event::FocusLost => return None,
    };
    Some(Input::Msg(msg))
}

fn key(event: KeyEvent) -> Option<Key> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    let code = match event.code {
        KeyCode::Char(c) => Code::Char(c),
        KeyCode::F(n) => Code::F(n),
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => Code::BackTab,
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Insert => Code::Insert,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        _ => return None,
    };
    let held = |m| event.modifiers.contains(m);
    let shows_shift = matches!(code, Code::Char(_) | Code::BackTab);
    Some(Key {
        code,
        ctrl: held(KeyModifiers::CONTROL),
        alt: held(KeyModifiers::ALT),
        shift: held(KeyModifiers::SHIFT) && !shows_shift,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_arrive_as_they_are_written() {
        for (code, modifiers, want) in [
            (KeyCode::Char('G'), KeyModifiers::SHIFT, "G"),
            (KeyCode::Char('c'), KeyModifiers::CONTROL, "ctrl-c"),
            (KeyCode::F(5), KeyModifiers::NONE, "f5"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "backtab"),
            (KeyCode::Char(' '), KeyModifiers::NONE, "space"),
            (KeyCode::Up, KeyModifiers::SHIFT, "shift-up"),
        ] {
            let got = input(Event::Key(KeyEvent::new(code, modifiers)));
            assert_eq!(got, Some(Input::Msg(Msg::Key(want.parse().unwrap()))));
        }
        let release = KeyEvent::new_with_kind(KeyCode::Enter, KeyModifiers::NONE, KeyEventKind::Release);
        assert_eq!(input(Event::Key(release)), None);
    }
}
