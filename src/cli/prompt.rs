//! A secret typed at the terminal: nothing of it is shown.

use std::io::{self, IsTerminal as _, Write};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::text::{escape_str, system_says};

/// Whether somebody can be asked.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal()
}

/// Asks with this prompt. Where this is dropped before the answer, because a signal came, the
/// terminal is given back as it was.
///
/// # Errors
///
/// Nobody to ask; Ctrl-C; the end of the input. `what` is what there is not then, `hint` how to
/// give it otherwise.
pub(super) async fn ask(
    prompt: &str,
    what: &str,
    hint: &str,
    terminal: &mut (impl AsyncRead + Unpin),
) -> Result<Secret, Failure> {
    let failed = |class, why: &str| Failure::new(class, what, why);
    let none = |why: &str| match hint {
        "" => failed(Class::Login, why),
        hint => failed(Class::Login, why).hint(hint),
    };
    if !is_possible() {
        return Err(none(
            "none is known, and nobody can be asked: the input is no terminal",
        ));
    }
    let broken = |e: io::Error| none(&format!("the terminal cannot be used: {}", system_says(&e)));
    let _silence = Silence::begin(prompt).map_err(broken)?;
    match read(terminal).await.map_err(broken)? {
        Typed::Line(secret) => Ok(secret),
        Typed::Interrupt => Err(failed(Class::Cancelled, "interrupted")),
        Typed::End => Err(none("the input has ended")),
    }
}

/// What came from a terminal that makes nothing of its keys.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Line(Secret),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// One line, with the keys that a terminal has for taking back: Backspace and Ctrl-U.
async fn read(terminal: &mut (impl AsyncRead + Unpin)) -> io::Result<Typed> {
    // room before it has to be moved: what is moved leaves a copy behind
    let mut line = Zeroizing::new(Vec::with_capacity(1024));
    loop {
        let byte = match terminal.read_u8().await {
            Ok(byte) => byte,
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(Typed::End),
            Err(e) => return Err(e),
        };
        match byte {
            b'\r' | b'\n' => break,
            0x03 => return Ok(Typed::Interrupt),
            0x04 if line.is_empty() => return Ok(Typed::End),
            0x15 => line.clear(),
            // the whole of a character: its first byte is none that continues one
            0x08 | 0x7f => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            _ => line.push(byte),
        }
    }
    match std::str::from_utf8(&line) {
        Ok(text) => Ok(Typed::Line(Secret::new(text))),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "what was typed is not UTF-8",
        )),
    }
}

/// A terminal that shows nothing of what is typed, from before the prompt: an answer that comes at
/// once is not seen either.
struct Silence {
    screen: Box<dyn Write + Send>,
}

impl Silence {
    fn begin(prompt: &str) -> io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        let mut silence = Self { screen: screen() };
        write!(silence.screen, "{}", escape_str(prompt))?;
        silence.screen.flush()?;
        Ok(silence)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = crossterm::terminal::disable_raw_mode();
        // the line end that was typed, or should have been, was not shown
        let _ = self.screen.write_all(b"\n").and_then(|()| self.screen.flush());
    }
}

/// Where the person at the terminal sees it, also when stderr goes into a file.
fn screen() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    if !io::stderr().is_terminal()
        && let Ok(terminal) = std::fs::File::options().write(true).open("/dev/tty")
    {
        return Box::new(terminal);
    }
    Box::new(io::stderr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_typed() {
        let line = |text: &str| Typed::Line(Secret::new(text));
        for (keys, want) in [
            (&b"p w\rrest"[..], line("p w")),
            (b"\n", line("")),
            (b"ab\x7fc\x08d\r", line("ad")),
            ("aé日\u{7f}\u{7f}b\r".as_bytes(), line("ab")),
            (b"\x7fa\r", line("a")),
            (b"wrong\x15right\r", line("right")),
            (b"a\x04\r", line("a\x04")),
            (b"a\x03", Typed::Interrupt),
            (b"\x04", Typed::End),
            (b"half", Typed::End),
        ] {
            let mut keys = keys;
            assert_eq!(read(&mut keys).await.unwrap(), want);
        }
        let error = read(&mut &b"\xff\r"[..]).await.unwrap_err();
        assert!(!error.to_string().contains("xff"));
    }
}
