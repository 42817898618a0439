//! Lines of MLSD (RFC 3659 §7.2): facts, a blank, the name.

use std::collections::HashMap;

use super::Reading;
use super::fields::is_blank;
use super::owners::Owners;
use crate::ftp::time_val::parse_time_val;
use crate::model::entry::{Kind, Permissions};

/// Links whose targets have not been told yet: some servers tell them by a further line with the
/// same `unique` fact and the target as its name.
#[derive(Debug, Default)]
pub(super) struct OpenLinks {
    /// The numbers of links, by their `unique`.
    open: HashMap<Box<[u8]>, Vec<usize>>,
    count: usize,
    /// What the last line told: links and where they lead.
    told: Vec<(usize, Box<[u8]>)>,
}

impl OpenLinks {
    /// How many are remembered; of further ones the target is not found.
    const MOST: usize = 256;
    /// Longest `unique` that is remembered, in bytes.
    const LONGEST: usize = 64;

    fn remember(&mut self, unique: &[u8], number: usize) {
        if self.count < Self::MOST && unique.len() <= Self::LONGEST {
            self.open.entry(unique.into()).or_default().push(number);
            self.count += 1;
        }
    }

    /// Whether this is where a link leads.
    fn tell(&mut self, unique: &[u8], path: &[u8]) -> bool {
        let Some(links) = self.open.remove(unique) else {
            return false;
        };
        self.count -= links.len();
        self.told
            .extend(links.into_iter().map(|link| (link, path.into())));
        true
    }

    /// Links, by their numbers, and the paths they lead to, since this was asked last.
    pub(super) fn take_told(&mut self) -> Vec<(usize, Box<[u8]>)> {
        std::mem::take(&mut self.told)
    }
}

/// Reads one line, which will be the entry with this number if it is one; `None` when it has not
/// the form, or its name is a path. Unknown facts are passed over, and a fact whose value cannot be
/// read is a fact that is not there.
pub(super) fn read(
    line: &[u8],
    number: usize,
    links: &mut OpenLinks,
    owners: &mut Owners,
) -> Option<Reading> {
    let (facts, name) = Facts::split(line)?;
    let mut reading = facts.entry(name);
    if let Some(Reading::Entry(entry)) = &mut reading {
        entry.owner = facts.owner().and_then(|named| owners.of(named));
    }
    match (&reading, facts.unique) {
        (Some(Reading::Entry(entry)), Some(unique)) if entry.kind == Kind::Link && entry.target.is_none() => {
            links.remember(unique, number);
            reading
        }
        // an entry of the folder is not taken for one: it may be another name of the same file
        (Some(Reading::Refused(..)), Some(unique)) if name.contains(&b'/') && links.tell(unique, name) => {
            Some(Reading::Nothing)
        }
        _ => reading,
    }
}

/// User and group that a line names.
pub(super) fn owner(line: &[u8]) -> Option<(&[u8], &[u8])> {
    Facts::split(line)?.0.owner()
}

/// The size that a line names, where it is of a file.
pub(super) fn size(line: &[u8]) -> Option<u64> {
    let facts = Facts::split(line)?.0;
    let is_file = facts.kind.is_some_and(|kind| kind.eq_ignore_ascii_case(b"file"));
    facts.size.filter(|_| is_file)
}

#[derive(Default)]
struct Facts<'a> {
    kind: Option<&'a [u8]>,
    size: Option<u64>,
    modified: Option<&'a [u8]>,
    mode: Option<u16>,
    unique: Option<&'a [u8]>,
    /// Names rather than numbers.
    user: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
}

impl<'a> Facts<'a> {
    /// Parts facts and name. The name begins behind the first blank that follows a fact's
    /// semicolon, or behind the blank a line without facts begins with; some servers leave out the
    /// last semicolon, some write a tab behind it, and some have blanks in the values that hold names
    /// of their own.
    fn split(line: &'a [u8]) -> Option<(Self, &'a [u8])> {
        // some begin with a blank what tells facts all the same, as in the answer to MLST
        let inner = line.strip_prefix(b" ").and_then(Self::parts);
        let is_told = |(facts, _): &(Self, _)| facts.kind.is_some();
        inner.filter(is_told).or_else(|| Self::parts(line))
    }

    fn parts(line: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let mut facts = Self::default();
        let mut rest = line;
        loop {
            if let Some((blank, name)) = rest.split_first().filter(|(first, _)| is_blank(**first))
                && (*blank == b' ' || rest.len() < line.len())
            {
                return Some((facts, name));
            }
            let end = rest.iter().position(|b| *b == b';');
            let fact = &rest[..end.unwrap_or(rest.len())];
            if let Some(blank) = fact.iter().position(|b| *b == b' ')
                && (end.is_none() || !may_hold_blanks(fact))
            {
                facts.take(&fact[..blank])?;
                return Some((facts, &rest[blank + 1..]));
            }
            facts.take(fact)?;
            rest = &rest[end? + 1..];
        }
    }

    /// Takes `name=value`; names are case-insensitive (RFC 3659 §7.5).
    fn take(&mut self, fact: &'a [u8]) -> Option<()> {
        let equals = fact.iter().position(|b| *b == b'=')?;
        let (name, value) = (&fact[..equals], &fact[equals + 1..]);
        if name.eq_ignore_ascii_case(b"type") {
            self.kind = Some(value);
        } else if name.eq_ignore_ascii_case(b"size") {
            self.size = super::fields::number(value.trim_ascii());
        } else if name.eq_ignore_ascii_case(b"modify") {
            self.modified = Some(value);
        } else if name.eq_ignore_ascii_case(b"unix.mode") {
            self.mode = octal(value);
        } else if name.eq_ignore_ascii_case(b"unique") {
            self.unique = Some(value);
        } else if name.eq_ignore_ascii_case(b"unix.ownername") {
            self.user = Some(value);
        } else if name.eq_ignore_ascii_case(b"unix.groupname") {
            self.group = Some(value);
        } else if name.eq_ignore_ascii_case(b"unix.owner") || name.eq_ignore_ascii_case(b"unix.uid") {
            self.user = self.user.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"unix.group") || name.eq_ignore_ascii_case(b"unix.gid") {
            self.group = self.group.or(Some(value));
        }
        Some(())
    }

    fn owner(&self) -> Option<(&'a [u8], &'a [u8])> {
        self.user.zip(self.group)
    }

    fn entry(&self, name: &[u8]) -> Option<Reading> {
        let (kind, target) = match self.kind {
            None => (Kind::Other, None),
            Some(kind) if kind.eq_ignore_ascii_case(b"file") => (Kind::File, None),
            Some(kind) if kind.eq_ignore_ascii_case(b"dir") => (Kind::Dir, None),
            Some(kind) if kind.eq_ignore_ascii_case(b"cdir") || kind.eq_ignore_ascii_case(b"pdir") => {
                return Some(Reading::Nothing);
            }
            Some(kind) => match link(kind) {
                Some(target) => (Kind::Link, Some(target).filter(|t| !t.is_empty())),
                None => (Kind::Other, None),
            },
        };
        let modified = self.modified.and_then(parse_time_val);
        let mut reading = Reading::entry(name, kind, self.size, modified)?;
        if let Reading::Entry(entry) = &mut reading {
            entry.permissions = self.mode.map(Permissions);
            entry.target = target.map(Box::from);
        }
        Some(reading)
    }
}

/// The target of `OS.unix=slink:TARGET` and `OS.unix=symlink:TARGET`, empty where there is none;
/// `None` for other types (RFC 3659 §7.5.1.5 leaves them to registration).
fn link(kind: &[u8]) -> Option<&[u8]> {
    [&b"OS.unix=slink"[..], b"OS.unix=symlink"]
        .into_iter()
        .find_map(|prefix| {
            let (head, tail) = kind.split_at_checked(prefix.len())?;
            if !head.eq_ignore_ascii_case(prefix) {
                return None;
            }
            if tail.is_empty() {
                return Some(tail);
            }
            tail.strip_prefix(b":")
        })
}

/// Whether a fact's value is a name (a link's target, a user, a group: `domain users`), or begins with
/// a blank: no name of an entry follows an empty value and no semicolon.
fn may_hold_blanks(fact: &[u8]) -> bool {
    const NAMING: [&[u8]; 4] = [b"UNIX.owner", b"UNIX.ownername", b"UNIX.group", b"UNIX.groupname"];
    let Some(equals) = fact.iter().position(|b| *b == b'=') else {
        return false;
    };
    let (name, value) = (&fact[..equals], &fact[equals + 1..]);
    value.starts_with(b" ")
        || NAMING.iter().any(|naming| name.eq_ignore_ascii_case(naming))
        || name.eq_ignore_ascii_case(b"type") && link(value).is_some_and(|target| !target.is_empty())
}

/// Permission bits in octal; the bits of the file's type in front of them are dropped. `0o644` is what
/// Python makes of them (pyftpdlib).
fn octal(text: &[u8]) -> Option<u16> {
    let text = text.strip_prefix(b"0o").unwrap_or(text);
    if text.is_empty() || text.len() > 8 {
        return None;
    }
    let value = text.iter().try_fold(0u32, |sum, byte| {
        matches!(byte, b'0'..=b'7').then(|| sum * 8 + u32::from(byte - b'0'))
    })?;
    u16::try_from(value & 0o7777).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn read(line: &[u8]) -> Option<Reading> {
        super::read(line, 0, &mut OpenLinks::default(), &mut Owners::default())
    }

    #[test]
    fn targets_on_lines_of_their_own() {
        let mut links = OpenLinks::default();
        let mut read =
            |line: &str, number| super::read(line.as_bytes(), number, &mut links, &mut Owners::default());
        assert!(matches!(
            read("type=OS.unix=symlink;unique=12; l", 3),
            Some(Reading::Entry(_))
        ));
        assert!(matches!(
            read("type=OS.unix=slink:x;unique=13; m", 4),
            Some(Reading::Entry(_))
        ));
        let refused = |reading| matches!(reading, Some(Reading::Refused(..)));
        assert!(refused(read("type=file;unique=13; /else", 5)));
        assert!(matches!(
            read("type=OS.unix=symlink;unique=12; n", 5),
            Some(Reading::Entry(_))
        ));
        assert_eq!(read("type=file;unique=12; /real/one", 6), Some(Reading::Nothing));
        assert!(refused(read("type=file;unique=12; /real/one", 6)));
        let most = OpenLinks::MOST;
        for number in 0..2 * most {
            read(&format!("type=OS.unix=symlink;unique={number}; l"), number);
        }
        assert!(!refused(read(&format!("type=file;unique={}; /x", most - 1), 0)));
        assert!(refused(read(&format!("type=file;unique={most}; /x"), 0)));
        let told = links.take_told();
        let one = |link: usize| (link, Box::<[u8]>::from(&b"/real/one"[..]));
        assert_eq!(told[..2], [one(3), one(5)]);
        assert!(told.len() == 3 && links.take_told().is_empty());
        // room is given back
        assert_eq!(links.count, most - 1);
        links.remember(b"again", 7);
        assert!(links.tell(b"again", b"here"));
    }

    #[test]
    fn facts() {
        for (line, want) in [
            (
                "type=file;size=12;modify=20260102030405;UNIX.mode=0664; a",
                "file 'a' 12 2026-01-02T03:04:05 0664",
            ),
            (
                "Type=DIR;Sizd=512;MODIFY=20260102030405.123;unix.Mode=0102775; d",
                "dir 'd' - 2026-01-02T03:04:05 2775",
            ),
            ("type=file;size=12;unix.mode=0o640; a", "file 'a' 12 - 0640"),
            ("perm=r;unique=1;type=file;  two words ", "file ' two words ' - -"),
            ("type=file;size=1; a;b=c; d", "file 'a;b=c; d' 1 -"),
            ("type=file;size=x;modify=yesterday;UNIX.mode=9; a", "file 'a' - -"),
            (
                "type=file;size=7 no last semicolon",
                "file 'no last semicolon' 7 -",
            ),
            (
                "type=file;size=7 no last; semicolon",
                "file 'no last; semicolon' 7 -",
            ),
            ("type=file short", "file 'short' - -"),
            ("type=file;size=3;\ttab before", "file 'tab before' 3 -"),
            ("type=file; \t tab of its own", "file '\\x09 tab of its own' - -"),
            (" name without facts", "other 'name without facts' - -"),
            (" type=file;size=3; a blank before", "file 'a blank before' 3 -"),
            ("  two blanks", "other ' two blanks' - -"),
            (
                "UNIX.groupname=domain users;type=file;UNIX.ownername=A B; x y",
                "file 'x y' - -",
            ),
            ("size=7; what", "other 'what' 7 -"),
            ("type=OS.unix=chr-1/3; null", "other 'null' - -"),
            ("type=OS.unix=slink:/a b;size=3; l", "link 'l' 3 - -> '/a b'"),
            ("type=OS.unix=slink:; l", "link 'l' - -"),
            ("Type=os.UNIX=SYMLINK; l", "link 'l' - -"),
            ("type=OS.unix=slink:../x; l", "link 'l' - - -> '../x'"),
            ("type=cdir; /anything", "nothing"),
            ("type=pdir;modify=20260102030405; ..", "nothing"),
            ("type=dir; .", "nothing"),
        ] {
            assert_eq!(shown(read(line.as_bytes())).as_deref(), Some(want), "{line}");
        }
        assert_eq!(
            shown(read(b"type=file; \xff\xfe")).unwrap(),
            "file '\\xff\\xfe' - -"
        );
    }

    #[test]
    fn what_is_not_read() {
        for line in [
            "",
            " ",
            "\tname without facts",
            "type=file;",
            "type=file; ",
            "type=file; a/b",
            "type=file; /a",
            "type=file;/no/blank",
            "nofact; x",
            ";; x",
            "-rw-r--r-- 1 a b 1 Feb 10 23:00 x",
            "total 5",
        ] {
            assert_eq!(shown(read(line.as_bytes())), None, "{line}");
        }
    }
}
