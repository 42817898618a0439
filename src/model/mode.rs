//! How permissions are to be changed: `755`, `u+x,go-w` as chmod(1) has them.

use std::fmt;
use std::str::FromStr;

use super::entry::Permissions;

/// The bits that permissions have.
const ALL_BITS: u16 = 0o7777;

/// A change of permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// To exactly these bits.
    Octal(Permissions),
    /// By these steps, from what they are.
    Symbolic(Vec<Step>),
}

/// One `u+x` of a symbolic mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The bits it is about: those of user, group and others that were named, with their special bits.
    who: u16,
    /// Whether anybody was named.
    named: bool,
    operator: Operator,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Take,
    Set,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// These bits; `search`: `x` too for folders, and for files that somebody may execute.
    Bits { bits: u16, search: bool },
    /// What the user (6), the group (3) or the others (0) have, shifted by so much.
    Copy(u16),
}

/// Why a text is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no mode: write one as in 644, u+x or go-w,a+rX")]
pub struct ModeError(String);

/// To what a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// To what was named.
    Itself,
    /// To the files at and below what was named.
    Files,
    /// To the folders at and below it.
    Folders,
    /// To both.
    All,
}

impl Reach {
    /// Whether what is below a folder is concerned.
    pub fn is_recursive(self) -> bool {
        self != Self::Itself
    }

    /// Whether this is concerned: a folder, or anything else.
    pub fn takes(self, is_folder: bool) -> bool {
        match self {
            Self::Itself | Self::All => true,
            Self::Files => !is_folder,
            Self::Folders => is_folder,
        }
    }
}

impl Mode {
    /// The new bits; `None` where they follow from what they are now, and that is not known.
    pub fn apply(&self, now: Option<Permissions>, is_folder: bool) -> Option<Permissions> {
        match self {
            Self::Octal(bits) => Some(*bits),
            Self::Symbolic(steps) => {
                let step = |bits, step: &Step| step.apply(bits, is_folder);
                Some(Permissions(steps.iter().fold(now?.0, step)))
            }
        }
    }

    /// Whether the owner may still go into a folder that is given these bits; told without
    /// knowing what they were.
    pub fn opens_folders(&self) -> bool {
        let closed = self.apply(Some(Permissions(0)), true);
        closed.is_some_and(|bits| bits.0 & 0o500 == 0o500)
    }
}

impl Step {
    fn apply(self, now: u16, is_folder: bool) -> u16 {
        let bits = match self.what {
            What::Bits { bits, search } => {
                let searches = search && (is_folder || now & 0o111 != 0);
                bits | if searches { 0o111 } else { 0 }
            }
            What::Copy(shift) => {
                let bits = now >> shift & 7;
                bits << 6 | bits << 3 | bits
            }
        } & self.who;
        match self.operator {
            Operator::Add => now | bits,
            Operator::Take => now & !bits,
            Operator::Set => {
                let who = if self.named { self.who } else { ALL_BITS };
                // a folder hands its group on by such a bit: it goes where it is named only
                let cleared = if is_folder { 0o777 } else { 0o6777 };
                now & !(who & cleared) | bits
            }
        }
    }
}

impl FromStr for Mode {
    type Err = ModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ModeError(super::text::escape_str(text));
        if !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit()) {
            let bits = u16::from_str_radix(text, 8).map_err(|_| error())?;
            return match bits <= ALL_BITS && text.len() >= 3 {
                true => Ok(Self::Octal(Permissions(bits))),
                false => Err(error()),
            };
        }
        let mut steps = Vec::new();
        for clause in text.split(',') {
            let who = clause.find(['+', '-', '=']).ok_or_else(error)?;
            let (who, mut rest) = clause.split_at(who);
            while !rest.is_empty() {
                let next = rest[1..].find(['+', '-', '=']).map_or(rest.len(), |at| at + 1);
                let (one, after) = rest.split_at(next);
                steps.push(step(who, one).ok_or_else(error)?);
                rest = after;
            }
        }
        Ok(Self::Symbolic(steps))
    }
}

/// Reads `+rx` for these people. Where none are named it is for all, but that only the owner is let
/// write: chmod(1) asks the umask, which is mostly 022, and a server's is not known.
fn step(people: &str, text: &str) -> Option<Step> {
    let mut who = 0;
    for person in people.bytes() {
        who |= match person {
            b'u' => 0o4700,
            b'g' => 0o2070,
            b'o' => 0o1007,
            b'a' => ALL_BITS,
            _ => return None,
        };
    }
    let (operator, letters) = text.split_at_checked(1)?;
    let operator = match operator {
        "+" => Operator::Add,
        "-" => Operator::Take,
        _ => Operator::Set,
    };
    let named = !people.is_empty();
    if !named {
        who = ALL_BITS & !0o022;
    }
    if let Some(at) = ["o", "g", "u"].iter().position(|other| *other == letters) {
        let what = What::Copy(3 * u16::try_from(at).ok()?);
        return Some(Step {
            who,
            named,
            operator,
            what,
        });
    }
    let (mut bits, mut search) = (0, false);
    for letter in letters.bytes() {
        match letter {
            b'r' => bits |= 0o444,
            b'w' => bits |= 0o222,
            b'x' => bits |= 0o111,
            b'X' => search = true,
            b's' => bits |= 0o6000,
            b't' => {
                bits |= 0o1000;
                who |= 0o1000;
            }
            _ => return None,
        }
    }
    Some(Step {
        who,
        named,
        operator,
        what: What::Bits { bits, search },
    })
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octal(Permissions(bits)) => write!(f, "{bits:03o}"),
            Self::Symbolic(steps) => {
                for (n, step) in steps.iter().enumerate() {
                    let comma = if n > 0 { "," } else { "" };
                    write!(f, "{comma}{step}")?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (bits, person) in [(0o500, 'u'), (0o050, 'g'), (0o005, 'o')] {
            if self.named && self.who & bits != 0 {
                write!(f, "{person}")?;
            }
        }
        f.write_str(match self.operator {
            Operator::Add => "+",
            Operator::Take => "-",
            Operator::Set => "=",
        })?;
        match self.what {
            What::Copy(shift) => f.write_str(["o", "g", "u"][usize::from(shift / 3)]),
            What::Bits { bits, search } => {
                let letters = [
                    (0o444, 'r'),
                    (0o222, 'w'),
                    (0o111, 'x'),
                    (0o6000, 's'),
                    (0o1000, 't'),
                ];
                for (bit, letter) in letters {
                    if bits & bit != 0 {
                        write!(f, "{letter}")?;
                    }
                }
                f.write_str(if search { "X" } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_becomes_of_permissions() {
        for (mode, now, is_folder, wanted) in [
            ("644", 0o777, false, 0o644),
            ("0755", 0, true, 0o755),
            ("4755", 0, false, 0o4755),
            ("u+x", 0o644, false, 0o744),
            ("a-x", 0o755, false, 0o644),
            ("go-rwx", 0o777, false, 0o700),
            ("ug=rw,o=", 0o777, false, 0o660),
            ("u=rwx,g=rx,o=", 0o000, true, 0o750),
            ("a+rX", 0o600, false, 0o644),
            ("a+rX", 0o600, true, 0o755),
            ("a+X", 0o100, false, 0o111),
            // nobody named
            ("+x", 0o644, false, 0o755),
            ("+w", 0o444, false, 0o644),
            ("-w", 0o666, false, 0o466),
            ("=r", 0o777, false, 0o444),
            // others' bits
            ("g=u", 0o640, false, 0o660),
            ("o=g", 0o750, false, 0o755),
            ("go-u", 0o744, false, 0o700),
            // special bits
            ("u+s", 0o755, false, 0o4755),
            ("g+s", 0o755, true, 0o2755),
            ("+t", 0o777, true, 0o1777),
            ("u=rx", 0o4755, false, 0o555),
            ("g=rx", 0o4775, false, 0o4755),
            ("g=rwX", 0o2755, true, 0o2775),
            ("a-s", 0o6755, false, 0o755),
            // one after the other
            ("u-x+r", 0o300, false, 0o600),
        ] {
            let parsed: Mode = mode.parse().unwrap();
            let found = parsed.apply(Some(Permissions(now)), is_folder).unwrap();
            assert_eq!(found.0, wanted, "{mode} on {now:o}: {:o}", found.0);
            let again: Mode = parsed.to_string().parse().unwrap();
            let shown = again.apply(Some(Permissions(now)), is_folder).unwrap();
            assert_eq!(shown.0, wanted, "{mode} shown as {parsed}");
        }
        let mode: Mode = "u+x".parse().unwrap();
        assert_eq!(mode.apply(None, false), None, "what they are is not known");
        assert!("755".parse::<Mode>().unwrap().apply(None, false).is_some());
    }

    #[test]
    fn what_is_no_mode() {
        for text in [
            "",
            "8",
            "75",
            "0758",
            "17777",
            "777777",
            "u",
            "u+q",
            "z+x",
            "u+x,",
            ",u+x",
            "+x y",
            "rwxr-xr-x",
            "u+x\n",
            "g=uo",
        ] {
            assert!(text.parse::<Mode>().is_err(), "{text}");
        }
    }

    #[test]
    fn which_modes_keep_folders_open() {
        for (mode, opens) in [
            ("755", true),
            ("644", false),
            ("u+rwX", true),
            ("+X", false),
            ("go-w", false),
        ] {
            assert_eq!(mode.parse::<Mode>().unwrap().opens_folders(), opens, "{mode}");
        }
    }
}
