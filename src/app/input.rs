//! A line of text one types in: tui-input's editing under this program's keys.

use std::fmt;

use tui_input::{Input, InputRequest};
use zeroize::Zeroizing;

use crate::model::key::{Code, Key};
use crate::model::secret::Secret;

/// Room for a secret before its field has to move it; what is moved leaves a copy behind.
const SECRET_ROOM: usize = 1024;

/// A text field; its text is wiped from memory when it goes.
#[derive(Clone, Default)]
pub struct Line {
    input: Input,
    /// Whether its text is a secret, shown as stars.
    pub masked: bool,
}

impl Line {
    /// A field with a text, the cursor behind it.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            input: Input::new(text.into()),
            masked: false,
        }
    }

    /// An empty field for a secret.
    pub fn masked() -> Self {
        Self {
            input: Input::new(String::with_capacity(SECRET_ROOM)),
            masked: true,
        }
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Where the cursor is, in characters from the left.
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// Takes the text as a secret and empties the field.
    pub fn take_secret(&mut self) -> Secret {
        Secret::new(self.wipe().as_str())
    }

    /// Empties it.
    pub fn clear(&mut self) {
        let _ = self.wipe();
    }

    /// Empties it; the text is wiped when it is dropped.
    fn wipe(&mut self) -> Zeroizing<String> {
        let empty = Input::new(String::with_capacity(if self.masked { SECRET_ROOM } else { 0 }));
        Zeroizing::new(std::mem::replace(&mut self.input, empty).into())
    }

    /// Edits; `false` when the key means nothing here.
    pub fn press(&mut self, key: Key) -> bool {
        use InputRequest as R;
        // what is cut goes into a buffer of tui-input's that nobody can wipe: a secret is cut whole
        // or a character at a time
        let cuts = matches!(
            (key.code, key.ctrl),
            (Code::Char('w' | 'u' | 'k'), true) | (Code::Backspace, true)
        ) || matches!((key.code, key.alt), (Code::Backspace, true));
        if self.masked && cuts {
            self.clear();
            return true;
        }
        let request = match (key.code, key.ctrl, key.alt) {
            (Code::Char(c), false, false) => R::InsertChar(c),
            (Code::Left, false, false) | (Code::Char('b'), true, false) => R::GoToPrevChar,
            (Code::Right, false, false) | (Code::Char('f'), true, false) => R::GoToNextChar,
            (Code::Left, true, false) | (Code::Char('b'), false, true) => R::GoToPrevWord,
            (Code::Right, true, false) | (Code::Char('f'), false, true) => R::GoToNextWord,
            (Code::Home, ..) | (Code::Char('a'), true, false) => R::GoToStart,
            (Code::End, ..) | (Code::Char('e'), true, false) => R::GoToEnd,
            (Code::Backspace, false, false) | (Code::Char('h'), true, false) => R::DeletePrevChar,
            (Code::Delete, ..) | (Code::Char('d'), true, false) => R::DeleteNextChar,
            (Code::Char('w'), true, false) | (Code::Backspace, ..) => R::DeletePrevWord,
            (Code::Char('u'), true, false) => R::DeleteFromStart,
            (Code::Char('k'), true, false) => R::DeleteTillEnd,
            // what was cut may be a secret of another field: nothing is pasted from tui-input's yank
            _ => return false,
        };
        self.input.handle(request);
        true
    }

    /// Puts in a pasted text; line breaks and other control characters are left out.
    pub fn paste(&mut self, text: &str) {
        let cursor = self.cursor();
        let old = self.wipe();
        let at = old.char_indices().nth(cursor).map_or(old.len(), |(at, _)| at);
        let (before, after) = old.split_at(at);
        // made at once: letter by letter, a file that was pasted by mistake would take minutes
        let mut all = String::with_capacity((old.len() + text.len()).max(SECRET_ROOM));
        all.push_str(before);
        all.extend(text.chars().filter(|c| !c.is_control()));
        let cursor = all.chars().count();
        all.push_str(after);
        self.input = Input::new(all).with_cursor(cursor);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // of every field: a URL with a password is pasted into one that is not masked
        let _ = Zeroizing::new(String::from(std::mem::take(&mut self.input)));
    }
}

impl PartialEq for Line {
    fn eq(&self, other: &Self) -> bool {
        (self.text(), self.cursor(), self.masked) == (other.text(), other.cursor(), other.masked)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.masked {
            true => f.write_str("Line(***)"),
            false => write!(f, "Line({:?} at {})", self.text(), self.cursor()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_and_never_shows_a_secret() {
        let mut line = Line::masked();
        line.paste("hun\nter2");
        assert!(line.press(Key::plain(Code::Backspace)));
        assert!(!line.press(Key::plain(Code::Tab)));
        assert!(!format!("{line:?}").contains("hunter"));
        assert_eq!(line.take_secret(), Secret::new("hunter"));
        assert_eq!(line.text(), "");
        line.paste("one two");
        line.press("ctrl-w".parse().unwrap());
        assert_eq!(line.text(), "", "a secret is cut whole");
    }

    #[test]
    fn a_paste_goes_to_the_cursor_however_long_it_is() {
        let mut line = Line::new("a\u{e9}d");
        line.press(Key::plain(Code::Left));
        line.paste("b\r\nc");
        assert_eq!((line.text(), line.cursor()), ("a\u{e9}bcd", 4));
        line.paste(&"x".repeat(4_000_000));
        assert_eq!((line.text().len(), line.cursor()), (4_000_006, 4_000_004));
        assert!(line.text().ends_with("xd"));
    }
}
