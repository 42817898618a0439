//! Patterns of names, as one types them to mark files: `*` is any text, `?` one character.

use super::glob::covers;
use crate::model::text::searched;

/// Whether a name fits the pattern, upper and lower case alike. Bytes that are no UTF-8 are one
/// character each that only `*` and `?` fit.
pub fn fits(pattern: &str, name: &[u8]) -> bool {
    let pattern: Vec<char> = searched(pattern).chars().collect();
    let name: Vec<char> = searched(&String::from_utf8_lossy(name)).chars().collect();
    covers(&pattern, &name, |c| *c == '*', |c, own| *c == '?' || c == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, name, fit) in [
            ("CAF\u{c9}*", "cafe\u{301}.txt", true),
            ("*", "", true),
            ("*.log", "access.LOG", true),
            ("*.log", "access.log.1", false),
            ("*.log*", "access.log.1", true),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*a*b*c", "xxaxxbxxbxxc", true),
            ("*a*b*c", "xxaxxcxxb", false),
            ("", "", true),
            ("", "x", false),
            ("[a]", "a", false),
            ("[a]", "[a]", true),
        ] {
            assert_eq!(fits(pattern, name.as_bytes()), fit, "{pattern} {name}");
        }
        assert!(fits("x?y", b"x\xffy"));
        assert!(!fits("x\u{e9}y", b"x\xe9y"));
        // many stars cost no more than the product of both lengths
        let (pattern, name) = ("*a".repeat(200) + "c", "a".repeat(5_000) + "b");
        assert!(!fits(&pattern, name.as_bytes()));
    }
}
