//! What is wrong with a file that a person writes.

use toml::de::DeTable;

/// A keymap or a theme that cannot be used, and where it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {why}")]
pub struct Mistake {
    /// The file's name as it was given.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Mistake {
    /// At this byte of the file's text.
    pub(super) fn at(text: &str, file: &str, byte: usize, why: String) -> Self {
        let before = text.bytes().take(byte);
        Self {
            file: file.to_owned(),
            line: before.filter(|b| *b == b'\n').count() + 1,
            why,
        }
    }
}

/// The file's tables, each value with its place.
pub(super) fn read<'a>(text: &'a str, file: &str) -> Result<DeTable<'a>, Mistake> {
    let table = DeTable::parse(text).map_err(|e| {
        let byte = e.span().map_or(0, |span| span.start);
        Mistake::at(text, file, byte, e.message().to_owned())
    })?;
    Ok(table.into_inner())
}
