//! Patterns of names, as one types them to mark files and to find them: `*` is any text, `?` one character.

use crate::model::text::searched;

/// Whether a name fits the pattern, upper and lower case alike. Bytes that are no UTF-8 are one
/// character each that only `*` and `?` fit.
pub fn fits(pattern: &str, name: &[u8]) -> bool {
    compared(&searched(pattern), &searched(&String::from_utf8_lossy(name)))
}

/// The same, where upper and lower case are two things, as in a shell.
pub fn fits_exactly(pattern: &str, name: &[u8]) -> bool {
    compared(pattern, &String::from_utf8_lossy(name))
}

fn compared(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    // where the last star stands, and what it has swallowed so far: only it has to be tried again
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => {
                let Some((at, swallowed)) = star else {
                    return false;
                };
                star = Some((at, swallowed + 1));
                p = at + 1;
                n = swallowed + 1;
            }
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
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
        assert!(fits("*.LOG", b"a.log") && !fits_exactly("*.LOG", b"a.log") && fits_exactly("a*", b"a.log"));
        assert!(fits("x?y", b"x\xffy"));
        assert!(!fits("x\u{e9}y", b"x\xe9y"));
        // many stars cost no more than the product of both lengths
        let (pattern, name) = ("*a".repeat(200) + "c", "a".repeat(5_000) + "b");
        assert!(!fits(&pattern, name.as_bytes()));
    }
}
