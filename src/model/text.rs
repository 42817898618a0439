//! Text from elsewhere, made safe for a screen.

use std::fmt::Write as _;

/// Whether a character may go to a terminal as it is: no control character, nothing that
/// reorders, joins or hides what stands beside it.
pub fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(u32::from(c),
            0x00ad | 0x034f | 0x061c | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f
            | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0x3164 | 0xfe00..=0xfe0f
            | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
            | 0xe0000..=0xe0fff)
}

/// Bytes for a screen: valid UTF-8 stays, everything that [`is_plain`] refuses is written as
/// `\x1b` or `\u{202e}`, and bytes that are no UTF-8 as `\xff`.
///
/// ```
/// assert_eq!(ftpane::model::text::escape(b"a\x1b[2Jb"), "a\\x1b[2Jb");
/// ```
pub fn escape(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        escape_into(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// [`escape`] for text that is UTF-8 already.
pub fn escape_str(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        if is_plain(c) {
            out.push(c);
        } else if u32::from(c) < 0x80 {
            let _ = write!(out, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        }
    }
}

/// The beginning of a panic's message, up to the first value in it: what Rust says of a text it
/// could not cut holds the text, and that may be a secret.
///
/// ```
/// use ftpane::model::text::without_values;
/// let cut = "byte index 1 is not a char boundary; it is inside 'é' (bytes 0..2) of `été`";
/// assert_eq!(without_values(cut), "byte index 1 is not a char boundary; it is inside ...");
/// assert_eq!(without_values("not yet implemented"), "not yet implemented");
/// ```
pub fn without_values(message: &str) -> std::borrow::Cow<'_, str> {
    match message.find(['\'', '"', '`', ':', '{', '[']) {
        Some(at) => format!("{}...", &message[..at]).into(),
        None => message.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        for (given, want) in [
            (&b"plain \xc3\xa9 \xe6\x97\xa5"[..], "plain é 日"),
            (b"\x1b[31mred", "\\x1b[31mred"),
            (b"tab\tbell\x07", "tab\\x09bell\\x07"),
            ("evil\u{202e}txt.exe".as_bytes(), "evil\\u{202e}txt.exe"),
            ("zero\u{200b}width".as_bytes(), "zero\\u{200b}width"),
            (b"\xff\xfe", "\\xff\\xfe"),
            ("c1\u{9b}2J".as_bytes(), "c1\\u{9b}2J"),
        ] {
            assert_eq!(escape(given), want);
        }
    }
}
