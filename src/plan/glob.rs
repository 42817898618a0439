//! Patterns in paths, as a shell has them: `*` is any text, `?` one character, `[a-z]` one of these,
//! `[!a-z]` one of all others; a backslash takes the meaning from what follows it. No pattern reaches
//! over a `/`, and names that begin with a dot are meant only where the pattern begins with one.

/// One part of a path, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// This name, its backslashes taken out.
    Name(Vec<u8>),
    /// Every name that fits.
    Pattern(Glob),
}

/// A pattern for one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<Token>);

/// A character of a name, or a byte that is none: those are numbered behind the last character.
type Unit = u32;

const NO_TEXT: Unit = 0x11_0000;

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Unit(Unit),
    One,
    Any,
    Class { others: bool, ranges: Vec<(Unit, Unit)> },
}

/// The parts of a path; those without a name are left out.
pub fn parts(path: &[u8]) -> Vec<Part> {
    // a backslash before a slash has nothing to take: no name holds one
    let parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    parts.map(Part::parse).collect()
}

impl Part {
    fn parse(part: &[u8]) -> Self {
        let tokens = tokens(&units(part));
        let plain = |token: &Token| match token {
            Token::Unit(unit) => Some(*unit),
            _ => None,
        };
        match tokens.iter().map(plain).collect::<Option<Vec<Unit>>>() {
            Some(name) => Self::Name(bytes(&name)),
            None => Self::Pattern(Glob(tokens)),
        }
    }
}

impl Glob {
    /// Reads a pattern.
    pub fn new(pattern: &[u8]) -> Self {
        Self(tokens(&units(pattern)))
    }

    /// Whether a name fits.
    pub fn fits(&self, name: &[u8]) -> bool {
        let is_hidden = name.first() == Some(&b'.');
        let means_hidden = self.0.first() == Some(&Token::Unit(u32::from(b'.')));
        (!is_hidden || means_hidden) && self.fits_hidden(name)
    }

    /// The same, where hidden names are meant as all others, as find(1) has it.
    pub fn fits_hidden(&self, name: &[u8]) -> bool {
        let fits = |token: &Token, unit: &Unit| token.fits(*unit);
        covers(&self.0, &units(name), |token| *token == Token::Any, fits)
    }
}

/// Whether a pattern covers all of a name: what `is_any` says is any text, all else is one piece that has
/// to fit. It costs no more than the product of both lengths.
pub(super) fn covers<T, U>(
    pattern: &[T],
    name: &[U],
    is_any: impl Fn(&T) -> bool,
    fits: impl Fn(&T, &U) -> bool,
) -> bool {
    let (mut p, mut n) = (0, 0);
    // where the last star stands, and what it has swallowed so far: only it has to be tried again
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(piece) if is_any(piece) => {
                star = Some((p, n));
                p += 1;
            }
            Some(piece) if fits(piece, &name[n]) => {
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
    pattern[p..].iter().all(is_any)
}

impl Token {
    fn fits(&self, unit: Unit) -> bool {
        match self {
            Self::Unit(own) => *own == unit,
            Self::One => true,
            Self::Any => false,
            Self::Class { others, ranges } => {
                ranges
                    .iter()
                    .any(|(first, last)| (*first..=*last).contains(&unit))
                    != *others
            }
        }
    }
}

fn units(bytes: &[u8]) -> Vec<Unit> {
    let chunk = |chunk: std::str::Utf8Chunk<'_>| {
        let text: Vec<Unit> = chunk.valid().chars().map(u32::from).collect();
        let rest = chunk.invalid().iter().map(|byte| NO_TEXT + u32::from(*byte));
        text.into_iter().chain(rest).collect::<Vec<_>>()
    };
    bytes.utf8_chunks().flat_map(chunk).collect()
}

fn bytes(units: &[Unit]) -> Vec<u8> {
    let mut out = Vec::new();
    for unit in units {
        match char::from_u32(*unit) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            None => out.push(unit.to_le_bytes()[0]),
        }
    }
    out
}

fn tokens(units: &[Unit]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        at += 1;
        out.push(match char::from_u32(*unit) {
            Some('*') => Token::Any,
            Some('?') => Token::One,
            Some('\\') if at < units.len() => {
                at += 1;
                Token::Unit(units[at - 1])
            }
            Some('[') => match class(&units[at..]) {
                Some((class, length)) => {
                    at += length;
                    class
                }
                // without its end it is a bracket
                None => Token::Unit(*unit),
            },
            _ => Token::Unit(*unit),
        });
    }
    out
}

/// A class and how long it is, from behind its `[` to behind its `]`.
fn class(units: &[Unit]) -> Option<(Token, usize)> {
    let is = |at: usize, c: char| units.get(at) == Some(&u32::from(c));
    let others = is(0, '!') || is(0, '^');
    let first = usize::from(others);
    let mut at = first;
    let mut ranges = Vec::new();
    loop {
        // at its beginning a bracket is one of the characters
        if is(at, ']') && at > first {
            return Some((Token::Class { others, ranges }, at + 1));
        }
        let (low, behind) = member(units, at)?;
        let (high, behind) = match is(behind, '-') && !is(behind + 1, ']') {
            true => member(units, behind + 1)?,
            false => (low, behind),
        };
        at = behind;
        ranges.push((low, high));
    }
}

/// One character of a class, and where the next is.
fn member(units: &[Unit], at: usize) -> Option<(Unit, usize)> {
    match units.get(at)? {
        unit if *unit == u32::from('\\') => Some((*units.get(at + 1)?, at + 2)),
        unit => Some((*unit, at + 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, name: &[u8]) -> bool {
        match Part::parse(pattern.as_bytes()) {
            Part::Pattern(glob) => glob.fits(name),
            Part::Name(own) => own == name,
        }
    }

    #[test]
    fn as_in_a_shell() {
        for (pattern, name, fit) in [
            ("*", "a", true),
            ("*", ".a", false),
            (".*", ".a", true),
            ("?a", ".a", false),
            ("[.]a", ".a", false),
            ("*.log", "access.log", true),
            ("*.log", "access.LOG", false),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("*a*b*c", "xxaxxbxxbxxc", true),
            ("*a*b*c", "xxaxxcxxb", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[^a-c]x", "ax", false),
            ("[]a]", "]", true),
            ("[!]a]", "]", false),
            ("[a-]", "-", true),
            ("[\\]]", "]", true),
            ("[ä-ü]", "ö", true),
            ("[a", "[a", true),
            ("[a*", "[ab", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("a\\", "a\\", true),
            ("\\[a]*", "[a]b", true),
        ] {
            assert_eq!(fits(pattern, name.as_bytes()), fit, "{pattern} {name}");
        }
        // a byte that is no text is one character
        assert!(fits("x?y", b"x\xffy") && !fits("x?y", b"x\xff\xfey") && !fits("x\u{ff}y", b"x\xffy"));
        // many stars cost no more than the product of both lengths
        let (pattern, name) = ("*a".repeat(200) + "c", "a".repeat(5_000) + "b");
        assert!(!fits(&pattern, name.as_bytes()));
    }

    #[test]
    fn what_is_no_pattern_is_a_name() {
        let name = |text: &[u8]| Part::Name(text.to_vec());
        assert_eq!(
            parts(b"//a\\*b/c\xff/[x/"),
            [name(b"a*b"), name(b"c\xff"), name(b"[x")]
        );
        assert!(matches!(
            parts(b"a/b*").as_slice(),
            [Part::Name(_), Part::Pattern(_)]
        ));
    }
}
