//! The temporary names of files in the making, here and on servers.
//!
//! `.NAME.ORIGIN.ftpane-part`: the origin says who makes the file and from what, so that one that was
//! left behind can be known for what it is: by a later run, of another program than the one that
//! left it there.

use std::fmt;
use std::io::Write as _;

use super::fnv::Fnv;
use super::path::RemotePath;

/// What every temporary name of ours ends in.
const MARK: &[u8] = b".ftpane-part";

/// What the name ends in that an old file has while the new one takes its place, on servers that do
/// not rename over.
const ASIDE: &[u8] = b".ftpane-old";

/// Most file systems take 255 bytes in a name.
const LONGEST: usize = 255;

/// Length of an origin as text: four numbers in hexadecimal.
const ORIGIN: usize = 8 + 8 + 8 + 16;

/// Who makes a file, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Origin {
    /// The installation: who shares a state folder. Nobody else's files are touched.
    pub installation: u32,
    /// The run of the program, by a number that no other run of the installation has.
    pub run: u32,
    /// The job in that run.
    pub job: u32,
    /// What it is made from ([`source`]); 0 is not known.
    pub source: u64,
}

impl Origin {
    /// The origin that the name of a file on a server tells, as [`Origin::of`].
    pub fn at(path: &RemotePath) -> Option<Self> {
        Self::of(path.name()?.as_bytes())
    }

    /// The origin that a temporary name of ours tells; `None` for any other name.
    pub fn of(name: &[u8]) -> Option<Self> {
        Self::before(name, MARK)
    }

    fn before(name: &[u8], mark: &[u8]) -> Option<Self> {
        let rest = name.strip_prefix(b".")?.strip_suffix(mark)?;
        let (kept, origin) = rest.split_at_checked(rest.len().checked_sub(ORIGIN + 1)?)?;
        let origin = origin.strip_prefix(b".").filter(|_| !kept.is_empty())?;
        let number = |at: std::ops::Range<usize>| {
            let digits = origin.get(at)?;
            // from_str_radix would take a sign, too
            let all = digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f'));
            u64::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| all)?, 16).ok()
        };
        let short = |at| number(at).and_then(|n| u32::try_from(n).ok());
        Some(Self {
            installation: short(0..8)?,
            run: short(8..16)?,
            job: short(16..24)?,
            source: number(24..ORIGIN)?,
        })
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (installation, run, job, source) = (self.installation, self.run, self.job, self.source);
        write!(f, "{installation:08x}{run:08x}{job:08x}{source:016x}")
    }
}

/// The temporary name for `name`: hidden, recognisable, and different for every origin.
pub fn part_name(name: &[u8], origin: &Origin) -> Vec<u8> {
    with_origin(name, origin, MARK)
}

fn with_origin(name: &[u8], origin: &Origin, mark: &[u8]) -> Vec<u8> {
    let mut whole = stem(name);
    // a vector takes all that is written into it
    let _ = write!(whole, "{origin}");
    whole.extend_from_slice(mark);
    whole
}

/// Whether `part` is a temporary name for `name`, whatever its origin.
pub fn is_part_of(part: &[u8], name: &[u8]) -> bool {
    Origin::of(part).is_some()
        && part.len().checked_sub(ORIGIN + MARK.len()) == Some(stem(name).len())
        && part.starts_with(&stem(name))
}

/// The name that the old file `name` has while the new one takes its place.
pub fn aside_name(name: &[u8], origin: &Origin) -> Vec<u8> {
    with_origin(name, origin, ASIDE)
}

/// Who moved it aside, where `aside` is such a name for `name`. A name so long that it was cut is
/// not known again: it could be another's.
pub fn moved_aside(aside: &[u8], name: &[u8]) -> Option<Origin> {
    let origin = Origin::before(aside, ASIDE)?;
    (aside == aside_name(name, &origin) && stem(name).len() == name.len() + 2).then_some(origin)
}

/// What stands before the origin: as much of the name as there is room for.
fn stem(name: &[u8]) -> Vec<u8> {
    let room = LONGEST - 2 - ORIGIN - MARK.len();
    let mut kept = name.len().min(room);
    // a cut in the middle of a UTF-8 character would be refused by some servers
    let cut = |at: usize| at < name.len() && name[at] & 0xc0 == 0x80;
    if let Some(start) = (kept.saturating_sub(3)..=kept).rev().find(|at| !cut(*at)) {
        kept = start;
    }
    let mut stem = Vec::with_capacity(kept + 2 + ORIGIN + MARK.len());
    stem.push(b'.');
    stem.extend_from_slice(&name[..kept]);
    stem.push(b'.');
    stem
}

/// Whether a name is one that ftpane makes: of a file in the making, or of one moved aside.
pub fn is_ours(name: &[u8]) -> bool {
    is_part_name(name) || Origin::before(name, ASIDE).is_some()
}

/// Whether a name is that of a file in the making.
pub fn is_part_name(name: &[u8]) -> bool {
    Origin::of(name).is_some()
}

/// A number for what a file is made from: another one as soon as one of these differs. It is the
/// same in every run and version ([`Fnv`]), since it is looked for in names of earlier runs;
/// never 0.
pub fn source<'p>(parts: impl IntoIterator<Item = &'p [u8]>) -> u64 {
    let mut hash = Fnv::default();
    for part in parts {
        // with its length, so that no two lists of parts look alike
        hash.add(&(part.len() as u64).to_le_bytes());
        hash.add(part);
    }
    hash.number().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: Origin = Origin {
        installation: 0xabc,
        run: 7,
        job: u32::MAX,
        source: 0x1234_5678_9abc_def0,
    };

    #[test]
    fn names_are_ours_bounded_and_whole_characters() {
        let short = part_name(b"a.txt", &ORIGIN);
        assert_eq!(
            short,
            b".a.txt.00000abc00000007ffffffff123456789abcdef0.ftpane-part"
        );
        assert_eq!(Origin::of(&short), Some(ORIGIN));
        assert!(is_part_of(&short, b"a.txt") && !is_part_of(&short, b"a.tx") && !is_part_of(&short, b"a"));
        let long = part_name("é".repeat(127).as_bytes(), &ORIGIN);
        assert!(long.len() <= 255 && std::str::from_utf8(&long).is_ok());
        assert!(is_part_of(&long, "é".repeat(127).as_bytes()));
        assert!(is_part_name(&part_name(&[0x80; 300], &ORIGIN)));
        for other in [
            &b"a.txt"[..],
            b".ftpane-part",
            b"..ftpane-part",
            b"..00000abc00000007ffffffff123456789abcdef0.ftpane-part",
            b".x.+0000abc00000007ffffffff123456789abcdef0.ftpane-part",
            b".x.zzzzzzzz00000007ffffffff123456789abcdef0.ftpane-part",
        ] {
            assert!(!is_part_name(other));
        }
    }

    #[test]
    fn what_was_moved_aside_is_known_by_its_name() {
        let aside = aside_name(b"a.txt", &ORIGIN);
        assert!(!is_part_name(&aside) && aside.starts_with(b".a.txt."));
        assert_eq!(moved_aside(&aside, b"a.txt"), Some(ORIGIN));
        assert_eq!(moved_aside(&aside, b"a"), None);
        assert_eq!(moved_aside(&part_name(b"a.txt", &ORIGIN), b"a.txt"), None);
        let long = [b'x'; 250];
        let aside = aside_name(&long, &ORIGIN);
        assert!(aside.len() <= 255);
        assert_eq!(moved_aside(&aside, &long), None, "it may be another's");
    }

    #[test]
    fn sources_differ_as_soon_as_a_part_does() {
        let a = source([&b"ab"[..], b"c"]);
        assert_eq!(a, source([&b"ab"[..], b"c"]));
        assert_eq!(source([]), 0xcbf2_9ce4_8422_2325);
        for other in [[&b"a"[..], b"bc"], [b"abc", b""], [b"ab", b"d"]] {
            assert_ne!(a, source(other));
        }
    }
}
