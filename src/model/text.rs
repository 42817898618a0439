//! Text from elsewhere, made safe for a screen.

use std::fmt::Write as _;
use std::path::Path;

use unicode_normalization::{UnicodeNormalization as _, is_nfc};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// What the system says of an error on this machine, in words: without the number that Rust puts behind them, and without
/// the path that a temporary file's has behind that.
pub fn system_says(error: &std::io::Error) -> String {
    let said = error.to_string();
    match said.rsplit_once(" (os error ") {
        Some((words, rest)) if error.raw_os_error().is_some() || rest.contains(") at path ") => {
            words.to_owned()
        }
        _ => said,
    }
}

/// Whether a character may go to a terminal as it is: nothing that controls, reorders, joins or
/// hides what stands beside it, no blank but the space, and nothing Unicode has not assigned yet
/// or leaves to private use, of which nobody knows what a terminal makes. What the standard
/// library's `Debug` writes as it is, save what has no width of its own and is no accent.
pub fn is_plain(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    if matches!(u32::from(c),
        0x034f | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x2065 | 0x3164 | 0xfe00..=0xfe0f
            | 0xffa0 | 0xe0100..=0xe01ef)
    {
        return false;
    }
    // behind another character accents are left as they are, alone they are not
    let mut pair = [b'a', 0, 0, 0, 0];
    let end = 1 + c.encode_utf8(&mut pair[1..]).len();
    std::str::from_utf8(&pair[..end]).is_ok_and(|pair| pair.escape_debug().count() == 2)
}

/// Bytes for a screen: valid UTF-8 stays, everything that [`is_plain`] refuses is written as
/// `\x1b` or `\u{202e}`, and so are accents and other characters without a width that have nothing
/// to stand on; bytes that are no UTF-8 as `\xff`.
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

/// [`escape`] for a name that looks like another one beside it (they differ in their Unicode form
/// only): unless it is the composed one of them, its letters beyond ASCII are written by number.
///
/// ```
/// assert_eq!(ftpane::model::text::spell_out("cafe\u{301}".as_bytes()), "cafe\\u{301}");
/// assert_eq!(ftpane::model::text::spell_out("caf\u{e9}".as_bytes()), "caf\u{e9}");
/// ```
pub fn spell_out(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if !is_nfc(text) => {
            let mut out = String::with_capacity(text.len() * 2);
            text.chars()
                .for_each(|c| put(&mut out, c, c.is_ascii() && is_plain(c)));
            out
        }
        _ => escape(bytes),
    }
}

/// A text as it is searched and searched for: in small letters and in one Unicode form, so that a
/// typed é finds the one of a file from macOS.
pub fn searched(text: &str) -> String {
    match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.nfc().flat_map(char::to_lowercase).collect(),
    }
}

/// With a capital letter at its beginning.
pub fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars
        .next()
        .map(|first| first.to_uppercase().chain(chars).collect())
        .unwrap_or_default()
}

/// A path of this machine for a screen.
pub fn shown_path(path: &Path) -> String {
    escape(path.as_os_str().as_encoded_bytes())
}

fn escape_into(out: &mut String, text: &str) {
    if text.is_ascii() {
        text.chars().for_each(|c| put(out, c, is_plain(c)));
        return;
    }
    for cluster in text.graphemes(true) {
        // an accent at the beginning of a name would stand on the '/' or the blank before it
        let on_nothing = cluster.starts_with(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
        let stands = cluster.width() > 0;
        for (place, c) in cluster.chars().enumerate() {
            put(out, c, stands && !(on_nothing && place > 0) && is_plain(c));
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

fn put(out: &mut String, c: char, plain: bool) {
    let _ = match u32::from(c) {
        _ if plain => {
            out.push(c);
            Ok(())
        }
        code @ ..0x80 => write!(out, "\\x{code:02x}"),
        code => write!(out, "\\u{{{code:x}}}"),
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_says_has_no_number_behind_it() {
        use std::io::{Error, ErrorKind};
        let words = system_says(&Error::from_raw_os_error(2));
        assert!(!words.is_empty() && !words.contains("os error"), "{words}");
        let named = Error::new(ErrorKind::NotFound, "a file (os error 2) by name");
        assert_eq!(system_says(&named), "a file (os error 2) by name");
        let made = tempfile::tempdir_in("/not/there").unwrap_err();
        assert!(made.to_string().contains("os error"), "{made}");
        assert_eq!(system_says(&made), words);
    }

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
            // marks, tags, blanks, what is not assigned and what is private
            ("\u{feff}bom".as_bytes(), "\\u{feff}bom"),
            ("tag\u{e0041}".as_bytes(), "tag\\u{e0041}"),
            ("join\u{200d}ed".as_bytes(), "join\\u{200d}ed"),
            ("\u{2066}x\u{2069}".as_bytes(), "\\u{2066}x\\u{2069}"),
            ("no\u{a0}break".as_bytes(), "no\\u{a0}break"),
            ("wide\u{3000}blank".as_bytes(), "wide\\u{3000}blank"),
            (
                "\u{378}\u{fdd0}\u{10ffff}".as_bytes(),
                "\\u{378}\\u{fdd0}\\u{10ffff}",
            ),
            ("\u{f8ff}".as_bytes(), "\\u{f8ff}"),
            ("a\u{fe0f}b\u{e0100}".as_bytes(), "a\\u{fe0f}b\\u{e0100}"),
            ("a\u{34f}b".as_bytes(), "a\\u{34f}b"),
            ("line\u{2028}break".as_bytes(), "line\\u{2028}break"),
            // accents stand on letters, not on nothing
            ("e\u{301}".as_bytes(), "e\u{301}"),
            ("\u{301}x".as_bytes(), "\\u{301}x"),
            ("\x1b\u{301}".as_bytes(), "\\x1b\\u{301}"),
            ("\u{1112}\u{1161}\u{11ab}".as_bytes(), "\u{1112}\u{1161}\u{11ab}"),
            ("\u{1161}x".as_bytes(), "\\u{1161}x"),
            ("\u{3164}\u{115f}".as_bytes(), "\\u{3164}\\u{115f}"),
            ("क्षि שָׁלוֹם ไทย 😀".as_bytes(), "क्षि שָׁלוֹם ไทย 😀"),
            ("/d/\u{301}x".as_bytes(), "/d/\\u{301}x"),
            (b"\xffe\xcc\x81", "\\xffe\u{301}"),
        ] {
            assert_eq!(escape(given), want);
        }
    }

    proptest::proptest! {
        /// Whatever a name holds, each part of what is shown of it takes place on the screen.
        #[test]
        fn nothing_is_hidden(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..40), text in "\\PC{0,12}") {
            for shown in [escape(&bytes), escape_str(&text)] {
                proptest::prop_assert!(shown.chars().all(is_plain), "{shown:?}");
                for cluster in shown.graphemes(true) {
                    proptest::prop_assert!(cluster.width() > 0, "{shown:?}");
                }
            }
        }
    }
}
