//! What is searched for in a file.

use crate::model::charset::Charset;

/// A text or bytes that are searched for; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needle {
    bytes: Vec<u8>,
    /// Whether capital letters (of ASCII) count.
    exact: bool,
    typed: String,
}

impl Needle {
    /// What a person means: a text as the file's character set writes it, in which capitals count once
    /// one is typed; `0x` and pairs of digits, blanks between them or not, are bytes.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(typed: &str, charset: Charset) -> Result<Self, String> {
        let (bytes, exact) = match typed.strip_prefix("0x") {
            Some(digits) => (pairs(digits)?, true),
            None => {
                let written = charset.to_server(typed.as_bytes()).map_err(|e| e.to_string())?;
                (written.into_owned(), typed.chars().any(char::is_uppercase))
            }
        };
        if bytes.is_empty() {
            return Err("there is nothing to search for".into());
        }
        Ok(Self {
            bytes,
            exact,
            typed: typed.to_owned(),
        })
    }

    /// As it was typed.
    pub fn typed(&self) -> &str {
        &self.typed
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    fn fits(&self, bytes: &[u8]) -> bool {
        match self.exact {
            true => bytes == self.bytes,
            false => bytes.eq_ignore_ascii_case(&self.bytes),
        }
    }

    /// Where it is first.
    pub fn find(&self, bytes: &[u8]) -> Option<usize> {
        bytes.windows(self.length()).position(|part| self.fits(part))
    }

    /// Where it is last.
    pub fn find_last(&self, bytes: &[u8]) -> Option<usize> {
        bytes.windows(self.length()).rposition(|part| self.fits(part))
    }
}

fn pairs(digits: &str) -> Result<Vec<u8>, String> {
    let wrong = || "bytes are written as pairs of hexadecimal digits, such as 0x0d 0a".to_owned();
    let digits: Vec<u8> = digits.bytes().filter(|b| *b != b' ').collect();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(wrong());
    }
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    digits
        .chunks(2)
        .map(|pair| byte(pair).ok_or_else(wrong))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_bytes() {
        let find = |typed: &str, bytes: &[u8]| {
            let needle = Needle::parse(typed, Charset::default()).unwrap();
            (needle.find(bytes), needle.find_last(bytes))
        };
        assert_eq!(find("error", b"an Error, an ERROR"), (Some(3), Some(13)));
        assert_eq!(find("Error", b"an Error, an ERROR"), (Some(3), Some(3)));
        assert_eq!(find("x", b""), (None, None));
        assert_eq!(find("0x0d 0A", b"a\r\nb"), (Some(1), Some(1)));
        assert_eq!(find("0xff", b"0xff"), (None, None));
        let latin = Needle::parse("grü", "latin1".parse().unwrap()).unwrap();
        assert_eq!(latin.find(b"Gr\xfc"), Some(0));
        for (typed, wrong) in [
            ("", "nothing"),
            ("0x", "nothing"),
            ("0x1", "pairs"),
            ("0x+1", "pairs"),
            ("0xéé", "pairs"),
        ] {
            let complaint = Needle::parse(typed, Charset::default()).unwrap_err();
            assert!(complaint.contains(wrong), "{typed}: {complaint}");
        }
        let complaint = Needle::parse("日", "latin1".parse().unwrap()).unwrap_err();
        assert!(complaint.contains("cannot be written"), "{complaint}");
    }
}
