//! The character set in which a server writes names.
//!
//! Inside the program a name is UTF-8 as far as it is text at all, whatever the server writes:
//! the two are turned into each other at the wire (`ftp/wire.rs`, `ftp/listing.rs`) and nowhere
//! else. So what a person types, what is shown, compared, searched and written to this disk is
//! the same everywhere, and a [`super::path::Name`] needs no character set beside it.
//!
//! No byte is lost on the way: [`Charset::to_server`] undoes [`Charset::from_server`] for any
//! bytes. A byte that is no character of the set stays as it is; it is no UTF-8 then, and is
//! shown as `\xff` like every such byte. Nothing is ever replaced by `?`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use encoding_rs::{Encoding, UTF_8};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::nearest::nearest;
use super::text::escape;

/// A character set whose ASCII part is ASCII. In none of them does a byte of a longer character
/// look like `/`, so that a path can be taken apart before it is read; `ISO-2022-JP` and UTF-16,
/// where that is otherwise, are not taken.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Charset(&'static Encoding);

/// The names that are offered; encoding_rs knows some 200 further labels of the same sets
/// (<https://encoding.spec.whatwg.org/#names-and-labels>).
const OFFERED: [&str; 38] = [
    "UTF-8",
    "latin1",
    "latin2",
    "cp1252",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "ISO-8859-1",
    "ISO-8859-2",
    "ISO-8859-3",
    "ISO-8859-4",
    "ISO-8859-5",
    "ISO-8859-6",
    "ISO-8859-7",
    "ISO-8859-8",
    "ISO-8859-9",
    "ISO-8859-10",
    "ISO-8859-13",
    "ISO-8859-14",
    "ISO-8859-15",
    "ISO-8859-16",
    "KOI8-R",
    "KOI8-U",
    "IBM866",
    "macintosh",
    "Shift_JIS",
    "EUC-JP",
    "EUC-KR",
    "GBK",
    "gb18030",
    "Big5",
];

/// A name of a character set that is not known, or not usable for names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CharsetError {
    /// Not known.
    #[error(
        "'{given}' is no character set known here{near}; known are UTF-8, ISO-8859-1 to -16 (latin1, latin2 ...), \
         windows-1250 to -1258, windows-874, KOI8-R, KOI8-U, IBM866, macintosh, Shift_JIS, EUC-JP, EUC-KR, GBK, \
         gb18030 and Big5"
    )]
    Unknown {
        /// What was written, escaped.
        given: String,
        /// ` (did you mean 'x'?)` where something comes near.
        near: String,
    },
    /// Known, but its bytes cannot be told from those of a path.
    #[error("{0} cannot be used for names: its letters are written with the bytes of ASCII, '/' among them")]
    NotAscii(&'static str),
}

/// Why a name cannot be sent to a server with this character set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// A character the set does not have.
    #[error("'{character}' cannot be written in {charset}, the character set of this server")]
    Character {
        /// The first one, escaped.
        character: String,
        /// The set's name.
        charset: &'static str,
    },
    /// Bytes that are no text here and would be characters there, or characters that would come
    /// back as others.
    #[error("the name would be another one in {0}, the character set of this server")]
    Other(&'static str),
    /// A password: none of it is repeated.
    #[error("the password cannot be written in {0}, the character set of this server")]
    Secret(&'static str),
}

impl Default for Charset {
    fn default() -> Self {
        Self(UTF_8)
    }
}

impl Charset {
    /// The name it is known by; labels such as `latin1` are names of the set the WHATWG says they
    /// mean, here `windows-1252`, which has letters where ISO-8859-1 has control characters.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Whether names are UTF-8, bytes as the server has them.
    pub fn is_utf8(self) -> bool {
        self.0 == UTF_8
    }

    /// A name or path of the server as the program has it. Parts of a path are read one by one,
    /// so that each reads the same alone.
    pub fn from_server(self, bytes: &[u8]) -> Cow<'_, [u8]> {
        if self.is_utf8() || bytes.is_ascii() {
            return bytes.into();
        }
        let parts: Vec<_> = bytes.split(|b| *b == b'/').map(|part| self.read(part)).collect();
        parts.join(&b'/').into()
    }

    /// A name or path of the program as the server has it. Where the set has no decomposed letters
    /// (é as e and an accent, as macOS writes them), the composed ones are sent.
    ///
    /// # Errors
    ///
    /// Where no bytes in this set are that name.
    pub fn to_server(self, name: &[u8]) -> Result<Cow<'_, [u8]>, Unwritable> {
        if self.is_utf8() || name.is_ascii() {
            return Ok(name.into());
        }
        let parts: Result<Vec<_>, _> = name.split(|b| *b == b'/').map(|part| self.write(part)).collect();
        Ok(parts?.join(&b'/').into())
    }

    fn read(self, bytes: &[u8]) -> Vec<u8> {
        let whole = self.0.decode_without_bom_handling_and_without_replacement(bytes);
        if let Some(text) = whole
            && self.encode(text.as_bytes()).as_deref() == Some(bytes)
        {
            return text.into_owned().into_bytes();
        }
        // Bytes of no character stand for themselves. Should the result read as other bytes
        // (two of them side by side can look like UTF-8), they are marked.
        let kept = self.read_each(bytes, |byte, out| out.push(byte));
        match self.encode(&kept).as_deref() == Some(bytes) {
            true => kept,
            false => self.read_each(bytes, |byte, out| out.extend(marked(byte))),
        }
    }

    /// The first letter of a text in this set, and how many bytes it takes; `None` where the first
    /// byte begins none.
    pub fn first_letter(self, bytes: &[u8]) -> Option<(String, usize)> {
        // no set has longer characters than gb18030
        (1..=bytes.len().min(4)).find_map(|n| {
            let text = self
                .0
                .decode_without_bom_handling_and_without_replacement(&bytes[..n])?;
            (self.encode(text.as_bytes()).as_deref() == Some(&bytes[..n])).then(|| (text.into_owned(), n))
        })
    }

    /// Character by character: the shortest sequence that is one and is written the same way.
    fn read_each(self, bytes: &[u8], keep: impl Fn(u8, &mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len() * 2);
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let found = self.first_letter(rest);
            match found {
                Some((text, n)) => {
                    out.extend(text.into_bytes());
                    rest = &rest[n..];
                }
                None => {
                    keep(first, &mut out);
                    rest = &rest[1..];
                }
            }
        }
        out
    }

    fn write(self, name: &[u8]) -> Result<Vec<u8>, Unwritable> {
        let reads_back = |sent: &Vec<u8>, name: &[u8]| self.read(sent) == name;
        if let Some(sent) = self.encode(name).filter(|sent| reads_back(sent, name)) {
            return Ok(sent);
        }
        if let Ok(text) = std::str::from_utf8(name) {
            let composed: String = text.nfc().collect();
            let sent = self.encode(composed.as_bytes());
            if let Some(sent) = sent.filter(|sent| reads_back(sent, composed.as_bytes())) {
                return Ok(sent);
            }
            let missing = composed
                .chars()
                .find(|c| self.encode(c.to_string().as_bytes()).is_none());
            if let Some(missing) = missing {
                return Err(Unwritable::Character {
                    character: escape(missing.to_string().as_bytes()),
                    charset: self.name(),
                });
            }
        }
        Err(Unwritable::Other(self.name()))
    }

    /// Text in this set, other bytes as they are, marked ones as what they stand for; `None` where
    /// a character is not in the set.
    fn encode(self, name: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(name.len());
        let mut rest = name;
        loop {
            let mark = rest.windows(3).position(|three| unmarked(three).is_some());
            let plain = &rest[..mark.unwrap_or(rest.len())];
            for chunk in plain.utf8_chunks() {
                let (sent, _, replaced) = self.0.encode(chunk.valid());
                if replaced {
                    return None;
                }
                out.extend_from_slice(&sent);
                out.extend_from_slice(chunk.invalid());
            }
            let Some(mark) = mark else { return Some(out) };
            out.extend(unmarked(&rest[mark..mark + 3]));
            rest = &rest[mark + 3..];
        }
    }
}

/// A byte as the lone surrogate U+DC00 + byte in the form of UTF-8: what no UTF-8 has (Unicode
/// D92), and what Python (PEP 383) marks such bytes with. From 0x80 on; others are ASCII.
fn marked(byte: u8) -> [u8; 3] {
    [0xed, 0xb0 | byte >> 6, 0x80 | byte & 0x3f]
}

fn unmarked(three: &[u8]) -> Option<u8> {
    match three {
        [0xed, high @ 0xb2..=0xb3, low @ 0x80..=0xbf] => Some(high << 6 | low & 0x3f),
        _ => None,
    }
}

impl FromStr for Charset {
    type Err = CharsetError;

    /// By any label of the WHATWG's list, capitals or not; empty is UTF-8.
    fn from_str(text: &str) -> Result<Self, CharsetError> {
        let label = text.trim();
        if label.is_empty() {
            return Ok(Self::default());
        }
        match Encoding::for_label(label.as_bytes()) {
            Some(found) if found.is_ascii_compatible() => Ok(Self(found)),
            Some(found) => Err(CharsetError::NotAscii(found.name())),
            None => {
                let given = label.to_ascii_lowercase();
                let near = OFFERED
                    .iter()
                    .map(|name| (name.to_ascii_lowercase(), *name))
                    .collect::<Vec<_>>();
                let near = nearest(&given, near.iter().map(|(lower, _)| lower.as_str())).and_then(|lower| {
                    let (_, name) = near.iter().find(|(known, _)| known == lower)?;
                    Some(format!(" (did you mean '{name}'?)"))
                });
                Err(CharsetError::Unknown {
                    given: escape(label.as_bytes()),
                    near: near.unwrap_or_default(),
                })
            }
        }
    }
}

impl TryFrom<String> for Charset {
    type Error = CharsetError;

    fn try_from(text: String) -> Result<Self, CharsetError> {
        text.parse()
    }
}

impl From<Charset> for &'static str {
    fn from(charset: Charset) -> Self {
        charset.name()
    }
}

impl fmt::Display for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Charset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Charset({})", self.name())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn charset(name: &str) -> Charset {
        name.parse().unwrap()
    }

    #[test]
    fn every_name_offered_is_known() {
        for name in OFFERED {
            charset(name);
        }
        assert_eq!(charset(" Latin1 ").name(), "windows-1252");
        assert_eq!(charset("sjis").name(), "Shift_JIS");
        assert!(charset("").is_utf8() && charset("utf8").is_utf8());
    }

    #[test]
    fn what_is_not_taken_says_why() {
        for (given, words) in [
            ("cp437", "'cp437' is no character set known here"),
            ("widnows-1251", "did you mean 'windows-1251'?"),
            ("shift-gis", "did you mean 'Shift_JIS'?"),
            ("\u{1b}[2J", "'\\x1b[2J' is no character set"),
            ("iso-2022-jp", "ISO-2022-JP cannot be used for names"),
            ("utf-16", "UTF-16LE cannot be used for names"),
        ] {
            let said = given.parse::<Charset>().unwrap_err().to_string();
            assert!(said.contains(words), "{said}");
        }
    }

    #[test]
    fn names_of_servers() {
        for (set, bytes, name) in [
            ("latin1", &b"caf\xe9"[..], "café".as_bytes()),
            ("windows-1251", b"\xf1\xf2\xe0\xf2\xfc\xff", "статья".as_bytes()),
            ("ISO-8859-15", b"\xa4uro", "€uro".as_bytes()),
            // the second byte of this one is a backslash
            ("Shift_JIS", b"\x95\x5c/a\\b", "表/a\\b".as_bytes()),
            ("GBK", b"\xb1\x5c.txt", "盶.txt".as_bytes()),
            ("Big5", b"\xb3\x5c", "許".as_bytes()),
            ("gb18030", b"\x81\x30\x81\x30", "\u{80}".as_bytes()),
            // no character: kept, between characters and before a slash
            ("windows-1253", b"\xe1\xff\xe2", b"\xce\xb1\xff\xce\xb2"),
            ("Shift_JIS", b"\x81/x", b"\x81/x"),
            // two that look like UTF-8 side by side are marked
            ("windows-1253", b"\xd2\xaa", b"\xed\xb3\x92\xed\xb2\xaa"),
            // a character that would be written in another way
            ("Shift_JIS", b"\xed\x40", b"\xed@"),
        ] {
            let set = charset(set);
            assert_eq!(
                escape(&set.from_server(bytes)),
                escape(name),
                "{set} {}",
                escape(bytes)
            );
            assert_eq!(set.to_server(name).unwrap(), bytes, "{set} {}", escape(name));
        }
    }

    #[test]
    fn names_of_this_side() {
        let latin = charset("latin1");
        assert_eq!(
            latin.to_server("cafe\u{301}".as_bytes()).unwrap(),
            &b"caf\xe9"[..]
        );
        let missing = latin.to_server("日本.txt".as_bytes()).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "'日' cannot be written in windows-1252, the character set of this server"
        );
        let bytes = latin.to_server(b"caf\xe9").unwrap_err();
        assert_eq!(bytes, Unwritable::Other("windows-1252"));
        // Shift_JIS writes a yen sign as a backslash, which would come back as one
        assert!(charset("Shift_JIS").to_server("¥".as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(which in 0..OFFERED.len(), bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
            let set = charset(OFFERED[which]);
            let name = set.from_server(&bytes).into_owned();
            prop_assert_eq!(set.to_server(&name).unwrap().into_owned(), bytes);
        }

        #[test]
        fn what_can_be_sent_comes_back(which in 0..OFFERED.len(), name in proptest::collection::vec(any::<u8>(), 0..24), text in "\\PC{0,8}") {
            let set = charset(OFFERED[which]);
            for name in [name.as_slice(), text.as_bytes()] {
                if let Ok(sent) = set.to_server(name) {
                    let back = set.from_server(&sent).into_owned();
                    let composed = std::str::from_utf8(name).map(|text| text.nfc().collect::<String>());
                    prop_assert!(back == name || composed.is_ok_and(|text| back == text.as_bytes()));
                }
            }
        }
    }
}
