//! `@FILE`: a list of targets or local paths, one a line.
//!
//! A line is taken as it is, with its spaces, a `#` or `@` at its beginning too; only its end (LF or
//! CRLF) is none of it. Blank lines are left out.

use std::ffi::{OsStr, OsString};

use super::session::{End, Session};
use crate::local::names::{bytes_of, from_bytes};
use crate::model::failure::{Class, Failure};
use crate::model::text::{escape, system_says};

/// A word of the command line, or a line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: OsString,
    /// The list and the line where it stands: `names.txt:3`.
    pub(super) line: Option<String>,
}

impl Word {
    /// Says in which line of which list a failure has its cause.
    pub(super) fn blame(&self, failure: Failure) -> Failure {
        match &self.line {
            Some(line) => {
                let what = format!("{line}: {}", failure.what);
                failure.while_trying(what)
            }
            None => failure,
        }
    }
}

/// The words, with the lines of a list in place of its name. `@-` is standard input.
///
/// # Errors
///
/// A list that cannot be read; a signal while it is.
pub(super) async fn words(session: &mut Session, written: &[OsString]) -> Result<Vec<Word>, End> {
    let mut words = Vec::new();
    for text in written {
        let bytes = bytes_of(text);
        let Some(name) = bytes.strip_prefix(b"@").filter(|name| !name.is_empty()) else {
            let text = text.clone();
            words.push(Word { text, line: None });
            continue;
        };
        let list = from_bytes(name);
        let content = read(session, &list).await?;
        let shown = escape(name);
        for (number, line) in lines(&content) {
            let line = check(line, &shown, number)?;
            words.push(Word {
                text: from_bytes(line),
                line: Some(format!("{shown}:{number}")),
            });
        }
    }
    Ok(words)
}

async fn read(session: &mut Session, list: &OsStr) -> Result<Vec<u8>, End> {
    let content = match list == "-" {
        true => session.read_input().await?,
        // a pipe, as of a shell's <(...), may keep us waiting
        false => session.unless_ended(tokio::fs::read(list)).await?,
    };
    content.map_err(|error| {
        let what = format!("The list {} cannot be read", escape(&bytes_of(list)));
        Failure::new(Class::Local, what, system_says(&error))
            .hint("A name that begins with @ is written ./@...")
            .into()
    })
}

/// The lines that are not blank, each with its number.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    // editors of Windows begin a file so
    let content = content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(content);
    let lines = content.split(|byte| *byte == b'\n').zip(1..);
    lines
        .map(|(line, number)| (number, line.strip_suffix(b"\r").unwrap_or(line)))
        .filter(|(_, line)| !line.trim_ascii().is_empty())
}

fn check<'l>(line: &'l [u8], list: &str, number: usize) -> Result<&'l [u8], Failure> {
    if line.contains(&0) {
        let why = "a NUL byte is part of no name; a list has one name a line";
        return Err(Failure::new(Class::Usage, format!("{list}:{number}"), why));
    }
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_a_line() {
        let found: Vec<_> = lines(b"\xef\xbb\xbfa b\r\n\n \t\r\n# c\n@d\n x ").collect();
        assert_eq!(found, [(1, &b"a b"[..]), (4, b"# c"), (5, b"@d"), (6, b" x ")]);
        assert_eq!(lines(b"").count(), 0);
        assert_eq!(check(b"a\0b", "l", 7).unwrap_err().what, "l:7");
    }
}
