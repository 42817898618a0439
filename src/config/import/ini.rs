//! The form that WinSCP and rclone share: sections in brackets, `key=value` lines. Nothing is
//! quoted and nothing escaped.

use crate::config::mistake::Mistake;

/// A section, with its keys in the order of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Section<'a> {
    pub(super) name: &'a str,
    keys: Vec<(&'a str, &'a str)>,
}

impl<'a> Section<'a> {
    /// The value of a key, compared without case as both programs do.
    pub(super) fn get(&self, key: &str) -> Option<&'a str> {
        let found = self.keys.iter().find(|(k, _)| k.eq_ignore_ascii_case(key));
        found.map(|(_, value)| *value).filter(|value| !value.is_empty())
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
    }
}

/// Reads the sections. Lines that begin with `;` or `#` are comments.
pub(super) fn sections<'a>(text: &'a str, file: &str) -> Result<Vec<Section<'a>>, Mistake> {
    let mut out: Vec<Section<'a>> = Vec::new();
    for line in text.lines() {
        let at = line.as_ptr() as usize - text.as_ptr() as usize;
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest
                .strip_suffix(']')
                .ok_or_else(|| Mistake::at(text, file, at, "a section's name ends with ']'".into()))?;
            out.push(Section {
                name,
                keys: Vec::new(),
            });
            continue;
        }
        match (line.split_once('='), out.last_mut()) {
            (Some((key, value)), Some(section)) => section.keys.push((key.trim(), value.trim())),
            _ => {
                let why = "this is neither a section in brackets nor key=value below one";
                return Err(Mistake::at(text, file, at, why.into()));
            }
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_keys() {
        let text = "; comment\r\n[a b]\r\nKey = v=1\r\nempty=\r\n\r\n[]\n# x\nkey=2\n";
        let found = sections(text, "f").unwrap();
        assert_eq!((found[0].name, found[1].name), ("a b", ""));
        assert_eq!(found[0].get("key"), Some("v=1"));
        assert_eq!(found[0].get("empty"), None);
        assert_eq!(found[1].get("KEY"), Some("2"));
        for (bad, line) in [("x=1", 1), ("[a]\nx", 2), ("\n[a\n", 2)] {
            assert_eq!(sections(bad, "f").unwrap_err().line, line, "{bad:?}");
        }
    }
}
