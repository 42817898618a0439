//! The parser as a whole: pieces, bounds, styles side by side, recorded listings.

mod names;

use proptest::prelude::*;

use super::*;
use crate::model::path::Name;
use crate::model::stamp::Precision;
use crate::model::text::escape;

/// 2024-06-15T12:00:00Z.
pub(super) const NOW: i64 = 1_718_452_800;

/// An entry in one line: `link 'bin' 7 2024-01-25T00:17 0777 -> 'usr/bin'`.
pub(super) fn shown(reading: Option<Reading>) -> Option<String> {
    Some(match reading? {
        Reading::Nothing => "nothing".into(),
        Reading::Half => "half".into(),
        Reading::Entry(entry) => shown_entry(&entry),
        Reading::Refused(..) => return None,
    })
}

pub(super) fn shown_entry(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::Dir => "dir",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Other => "other",
    };
    let size = entry.size.map_or("-".into(), |s| s.to_string());
    let modified = entry.modified.map_or("-".into(), |stamp| {
        let length = match stamp.precision {
            Precision::Second => 19,
            Precision::Minute => 16,
            Precision::Day => 10,
        };
        stamp.rfc3339().unwrap()[..length].to_owned()
    });
    let mut out = format!("{kind} '{}' {size} {modified}", entry.name);
    if let Some(permissions) = entry.permissions {
        out += &format!(" {:04o}", permissions.0);
    }
    if let Some(target) = &entry.target {
        out += &format!(" -> '{}'", escape(target));
    }
    out
}

pub(super) fn file(name: &str) -> Entry {
    Entry::new(Name::new(name.as_bytes()).unwrap(), Kind::File)
}

fn parse(command: Command, pieces: &[&[u8]]) -> Listing {
    let mut parser = Parser::new(command, NOW, Bounds::default());
    pieces.iter().for_each(|piece| parser.feed(piece));
    parser.finish(None)
}

fn list(text: &str) -> Listing {
    parse(Command::List, &[text.as_bytes()])
}

fn names(listing: &Listing) -> Vec<String> {
    listing.entries.iter().map(|e| e.name.shown()).collect()
}

#[test]
fn lines_of_no_entry_are_skipped() {
    let listing = list(
        "total 12\r\n\r\nИтого 5\n合計 4,0K\r\ndrwxr-xr-x 2 0 0 4096 Jan  1 2020 .\r\n.\r\n ..\n\
         drwxr-xr-x 2 0 0 4096 Jan  1 2020 ..\r\n-rw-r--r-- 1 0 0 3 Jan  1 2020 a\r\r\n",
    );
    assert_eq!(names(&listing), ["a"]);
    assert!(listing.is_whole());
    assert_eq!(listing.dialect, Dialect::Unix);
    assert_eq!(list("\r\n").dialect, Dialect::Unknown);
}

#[test]
fn unreadable_lines_are_counted_and_kept() {
    let listing = list(
        "ftpd: .: Permission denied\r\n-rw-r--r-- 1 0 0 3 Jan  1 2020 a\r\n-rw-r--r-- 1 0 0 3 Jan  1 2020 a/b\n",
    );
    assert_eq!(
        (names(&listing), listing.unreadable_count),
        (vec!["a".to_owned()], 2)
    );
    assert_eq!(&*listing.unreadable[0], b"ftpd: .: Permission denied");
    let listing = parse(Command::Mlsd, &[b"total 5\r\ntype=file; a\r\n\r\n"]);
    assert_eq!(
        (names(&listing), listing.unreadable_count),
        (vec!["a".to_owned()], 1)
    );
    assert_eq!(listing.dialect, Dialect::Mlsd);
}

#[test]
fn styles_may_be_mixed() {
    let listing = list(
        "12-05-96  05:03PM       <DIR>          dos\r\n-rw-r--r-- 1 0 0 3 Jan  1 2020 unix\n\
         LONG_NAME.COM;12\r\n      14/15         24-JUL-2002 14:35:40  [X]    (RWE)\r\n+r,s1,\teplf\n",
    );
    assert_eq!(names(&listing), ["dos", "unix", "LONG_NAME.COM;12", "eplf"]);
    assert_eq!(listing.dialect, Dialect::Other);
}

#[test]
fn half_an_entry_without_its_other_half_is_unreadable() {
    for (text, unreadable) in [
        ("HALF.COM;1\r\n", 1),
        ("HALF.COM;1\r\nOTHER.COM;1\r\n", 2),
        ("HALF.COM;1\r\n\r\n-rw-r--r-- 1 0 0 3 Jan  1 2020 a\r\n", 1),
        ("HALF.COM;1\r\nwhat\r\n", 2),
    ] {
        assert_eq!(list(text).unreadable_count, unreadable, "{text:?}");
    }
}

#[test]
fn a_cut_line_is_not_trusted() {
    let cut = b"type=file; whole\r\ntype=file; ha";
    let mut parser = Parser::new(Command::Mlsd, NOW, Bounds::default());
    parser.feed(cut);
    let listing = parser.finish(Some("the connection was lost".into()));
    assert_eq!(names(&listing), ["whole"]);
    assert_eq!(listing.unreadable_count, 1);
    assert_eq!(listing.incomplete.as_deref(), Some("the connection was lost"));
    // without a mishap the last line end may be missing
    assert_eq!(names(&parse(Command::Mlsd, &[cut])), ["whole", "ha"]);
}

#[test]
fn long_lines_take_no_memory() {
    let bounds = Bounds {
        line: 64,
        entries: 10,
        ..Bounds::default()
    };
    let mut parser = Parser::new(Command::Mlsd, NOW, bounds);
    parser.feed(b"type=file; a\r\ntype=file; ");
    for _ in 0..10_000 {
        parser.feed(&[b'x'; 1000]);
        assert!(parser.line.capacity() <= 128, "{}", parser.line.capacity());
    }
    parser.feed(b"\r\ntype=file; b\r\n");
    parser.feed(&[&b"type=file; "[..], &[b'y'; 54], b"\ntype=file; c\n"].concat());
    parser.feed(&[b'z'; 65]);
    let listing = parser.finish(None);
    assert_eq!(names(&listing), ["a", "b", "c"]);
    assert_eq!(listing.unreadable_count, 3);
    assert!(listing.unreadable.iter().all(|line| line.len() <= 64));
}

#[test]
fn entries_beyond_the_bound_are_left_out_and_said() {
    let bounds = Bounds {
        line: 64,
        entries: 2,
        ..Bounds::default()
    };
    let mut parser = Parser::new(Command::Mlsd, NOW, bounds);
    parser.feed(b"type=file; a\ntype=file; b\n");
    assert!(!parser.is_full());
    assert_eq!(parser.take_entries().len(), 2);
    parser.feed(b"type=file; c\ntype=file; d\n");
    assert!(parser.is_full() && parser.take_entries().is_empty());
    let why = parser.finish(None).incomplete.unwrap();
    assert_eq!(why, "the folder has more than 2 entries; the rest was left out");
}

#[test]
fn bytes_beyond_the_bound_are_left_out_and_said() {
    let line = b"type=file;size=1; a-name\r\n";
    let bounds = Bounds {
        bytes: 10 * line.len() + 20,
        ..Bounds::default()
    };
    for unreadable in [false, true] {
        let mut parser = Parser::new(Command::Mlsd, NOW, bounds);
        for _ in 0..10 {
            assert!(!parser.is_full());
            parser.feed(if unreadable {
                &b"nothing that anyone knows\n"[..]
            } else {
                line
            });
        }
        parser.feed(line);
        assert!(parser.is_full());
        parser.feed(line);
        let listing = parser.finish(Some("and the line broke".into()));
        let (entries, bad) = if unreadable { (0, 10) } else { (10, 0) };
        assert_eq!((listing.entries.len(), listing.unreadable_count), (entries, bad));
        assert!(listing.limited);
        assert_eq!(
            listing.incomplete.as_deref(),
            Some("the listing is longer than 280 B; the rest was left out")
        );
    }
    // a name from each of a million lines of MLSD with all the facts servers have
    let longest = 1_000_000 * 400;
    assert!(longest < Bounds::default().bytes);
}

#[test]
fn entries_can_be_taken_as_they_come() {
    let mut parser = Parser::new(Command::Mlsd, NOW, Bounds::default());
    parser.feed(b"type=OS.unix=symlink;unique=1; l\r\ntype=OS.unix=symlink;unique=2; m\r\ntype=fi");
    let first = parser.take_entries();
    assert_eq!(first.len(), 2);
    parser.feed(b"le; a\r\ntype=OS.unix=symlink;unique=3; n\r\ntype=file;unique=1; /late\r\ntype=dir;unique=3; /in/time\r\n");
    let listing = parser.finish(None);
    assert_eq!(names(&listing), ["a", "n"]);
    assert_eq!(listing.entries[1].target.as_deref(), Some(&b"/in/time"[..]));
    assert!(listing.is_whole());
}

/// A line of each style.
const LINES: [&str; 27] = [
    "-rw-r--r--   1 me us 12 Mar 17 11:07 two words",
    "drwxr-xr-x   3 me us 512 dateless",
    "-rw-r--r--   1 me us 531 3 29 03:26 numbers",
    "VOL001 3390   VSAM KEYED.DATA",
    "VOL001 3390   2005/06/06 213000 U          0 27998  PO  RUN.TOGETHER",
    "ME01  J01081   OUTPUT   3 Spool Files",
    "SUBDIR   -        DIR       -        -        - 2003-03-08 14:00:22 -",
    "Pseudo Directory                              HLQ",
    "12-05-96  05:03PM       <DIR>          absoft",
    "12-05-96  05:03PM                  403 A.LOG",
    "+i1.2,m824255902,/,\tdev",
    "d [RWCEAFMS] owner    512 Nov 24  2005 name",
    "A.TXT;1   9/9   2-JUN-1998 07:32:04  [GROUP,OWNER]  (RWED,RWED,RE,)",
    "VOL001 3390   2004/06/23  1    1  FB     128  6144  PO-E  A.B.C",
    "MEMBER1 01.01 2004/06/22 2004/06/23 16:32   128   128    0 ME",
    "Migrated                                      OLD.X",
    "ME      77824 23/02/00 15:09:55 *FILE    A.FILE",
    " 33280      A          02-09-97   13:49  OS2LDR",
    "FILE2  101     528 13-Feb-14 14:21:18 255,255 \"oooo\"",
    "PROFILE  EXEC    V        65      107        2 2005-10-04 15:28:42 060191",
    "    2048    Feb-28-1998  05:23:30   folder         <DIR>",
    "bn.exe       1014196  06/03/04  Thur.   10:20:03",
    "206876  Apr 04, 2000 21:06 name",
    "0100644   500  101   12345    123456789       a file",
    "INSTALL         <DIR>           11-16-94        17:17",
    "A.CSV             0      Jul 06 1995 14:56   RHA",
    "20.20 07/03/29 1026 d-ewrewr 2650 85920 dir",
];

#[test]
fn each_line_is_of_one_style() {
    let now = Now::new(NOW);
    for line in LINES
        .into_iter()
        .chain(["-C--E-----FTP A MAILBOX      18128       41 Apr 12 13:56 BATCH2"])
    {
        let readers = STYLES
            .iter()
            .filter(|s| (s.read)(line.as_bytes(), &now).is_some());
        assert_eq!(readers.count(), 1, "{line}");
    }
}

// Recorded by tests/lab/record-listings, which describes the folder.

const RECORDED_AT: &str = include_str!("../../../tests/fixtures/listings/recorded-at");

/// Names and sizes; `None` is a folder.
const RECORDED: [(&[u8], Option<u64>, u16); 16] = [
    (b" leading", Some(1), 0o644),
    (b".hidden", Some(3), 0o644),
    (b"12 Mar  4 2001 name", Some(8), 0o644),
    (b"arrow -> here", Some(6), 0o644),
    (b"bell\x07\x1b[31m", Some(11), 0o644),
    (b"caf\xe9", Some(5), 0o644),
    (b"folder", None, 0o755),
    (b"huge", Some(5_000_000_000), 0o640),
    (b"plain.txt", Some(12), 0o644),
    (b"program", Some(9), 0o755),
    (b"recent", Some(10), 0o644),
    (b"sticky", None, 0o1777),
    (b"trailing ", Some(2), 0o644),
    (b"two  words.txt", Some(0), 0o600),
    (b"x;type=dir; y", Some(7), 0o644),
    ("\u{fc}ml\u{e4}ut \u{65e5}\u{672c}.txt".as_bytes(), Some(4), 0o644),
];
const LINKS: [(&[u8], &[u8]); 3] = [
    (b"nowhere", b"no/such -> file"),
    (b"to file", b"plain.txt"),
    (b"to folder", b"folder"),
];

/// `lost`: names this server leaves out; `broken`: whether it writes `?` for what is not UTF-8.
fn check_recorded(command: Command, bytes: &[u8], lost: &[&[u8]], broken: bool, modes: bool, links: bool) {
    let at: i64 = RECORDED_AT.trim().parse().unwrap();
    let mut parser = Parser::new(command, at, Bounds::default());
    parser.feed(bytes);
    let listing = parser.finish(None);
    assert!(listing.is_whole(), "{:?}", listing.unreadable);
    let of = |name: &[u8]| {
        let mut found = listing.entries.iter().filter(|e| e.name.as_bytes() == name);
        (found.next(), found.count())
    };
    let mut seen = 0;
    for (name, size, mode) in RECORDED {
        let shown = escape(name);
        let name = if broken && name == b"caf\xe9" {
            b"caf?"
        } else {
            name
        };
        if lost.contains(&name) {
            assert_eq!(of(name).0, None, "{shown}");
            continue;
        }
        seen += 1;
        let (Some(entry), 0) = of(name) else {
            panic!("{shown}: not there once")
        };
        let kind = if size.is_some() { Kind::File } else { Kind::Dir };
        assert_eq!((entry.kind, entry.size), (kind, size), "{shown}");
        let modified = if name == b"recent" {
            at - 30 * 86_400
        } else {
            500_000_000
        };
        let got = entry.modified.unwrap();
        assert!(got.agrees_with(&Stamp::exact(modified)), "{shown}: {got:?}");
        if command == Command::Mlsd {
            assert_eq!(got.precision, Precision::Second);
        }
        if modes {
            assert_eq!(entry.permissions.map(|p| p.0), Some(mode), "{shown}");
        }
    }
    for (name, target) in LINKS {
        match of(name).0 {
            Some(entry) if links => {
                seen += 1;
                assert_eq!(entry.kind, Kind::Link);
                let target = (command == Command::List).then_some(target);
                assert_eq!(entry.target.as_deref(), target, "{}", entry.name);
            }
            // a server that shows what a link leads to
            Some(_) => seen += 1,
            None => assert!(lost.contains(&name)),
        }
    }
    assert_eq!(listing.entries.len(), seen);
}

#[test]
fn recorded_listings() {
    let bell = &b"bell\x07\x1b[31m"[..];
    let vsftpd = include_bytes!("../../../tests/fixtures/listings/vsftpd.list");
    check_recorded(Command::List, vsftpd, &[], false, true, true);
    let proftpd = include_bytes!("../../../tests/fixtures/listings/proftpd.list");
    check_recorded(Command::List, proftpd, &[], false, true, true);
    let proftpd = include_bytes!("../../../tests/fixtures/listings/proftpd.mlsd");
    check_recorded(Command::Mlsd, proftpd, &[b"nowhere"], false, true, true);
    let pureftpd = include_bytes!("../../../tests/fixtures/listings/pureftpd.list");
    check_recorded(Command::List, pureftpd, &[bell], false, true, true);
    let pureftpd = include_bytes!("../../../tests/fixtures/listings/pureftpd.mlsd");
    check_recorded(Command::Mlsd, pureftpd, &[bell], false, true, true);
    let pyftpd = include_bytes!("../../../tests/fixtures/listings/pyftpd.list");
    check_recorded(Command::List, pyftpd, &[], true, true, true);
    let pyftpd = include_bytes!("../../../tests/fixtures/listings/pyftpd.mlsd");
    check_recorded(Command::Mlsd, pyftpd, &[b"nowhere"], true, false, false);
}

/// Bytes that look like listings here and there.
fn listing_bytes() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        proptest::sample::select(&LINES[..]).prop_map(|l| l.as_bytes().to_vec()),
        Just(b"type=file;size=1;unique=2; a".to_vec()),
        Just(b"type=OS.unix=symlink;unique=2; l".to_vec()),
        Just(b"type=file;unique=2; /l".to_vec()),
        Just(b"HALF.COM;1".to_vec()),
        "[-dl][rwx-]{8,10}[ 0-9]{0,20}[a-zA-Z]{0,4}[ 0-9:]{0,12}[ -~]{0,20}".prop_map(String::into_bytes),
        "[0-9]{1,4}[-/][0-9]{1,3}[-/][0-9]{1,4} [0-9:APM]{0,8} [ -~]{0,30}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..80),
    ];
    // a line, with a byte changed in some
    let line = (line, any::<Option<(usize, u8)>>()).prop_map(|(mut line, change)| {
        if let Some((at, byte)) = change.filter(|_| !line.is_empty()) {
            let at = at % line.len();
            line[at] = byte;
        }
        line
    });
    let ended = (line, proptest::sample::select(&["\r\n", "\n", "", "\r\r\n"][..]));
    proptest::collection::vec(ended, 0..20).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|(l, end)| [l, end.as_bytes().to_vec()].concat())
            .collect()
    })
}

proptest! {
    #[test]
    fn pieces_do_not_matter_and_nothing_grows(
        bytes in listing_bytes(),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..10),
        mlsd: bool,
        line in 1usize..200,
        incomplete: bool,
    ) {
        let command = if mlsd { Command::Mlsd } else { Command::List };
        let incomplete = incomplete.then(|| "cut".to_owned());
        let bounds = Bounds {
            line,
            entries: 15,
            ..Bounds::default()
        };
        let mut whole = Parser::new(command, NOW, bounds);
        whole.feed(&bytes);
        let whole = whole.finish(incomplete.clone());

        let mut cuts: Vec<usize> = cuts.iter().map(|c| c.index(bytes.len() + 1)).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let mut parser = Parser::new(command, NOW, bounds);
        for piece in cuts.windows(2) {
            parser.feed(&bytes[piece[0]..piece[1]]);
            prop_assert!(parser.line.len() <= line);
        }
        prop_assert_eq!(&parser.finish(incomplete), &whole);

        prop_assert!(whole.entries.len() <= 15);
        let held: usize = whole.entries.iter()
            .map(|e| e.name.as_bytes().len() + e.target.as_ref().map_or(0, |t| t.len()))
            .chain(whole.unreadable.iter().map(|l| l.len()))
            .sum();
        prop_assert!(held <= bytes.len() + whole.entries.len(), "{} of {}", held, bytes.len());
        for entry in &whole.entries {
            prop_assert!(Name::new(entry.name.as_bytes()).is_ok());
            prop_assert!(entry.kind != Kind::Dir || entry.size.is_none());
            prop_assert!(entry.modified.is_none_or(|m| m.rfc3339().is_some()));
        }
    }
}

#[test]
fn what_counts_seconds_needs_no_clock() {
    for (command, line, wall_clock) in [
        (Command::List, "-rw-r--r-- 1 me us 5 2024-01-02 05:04 f", true),
        (Command::List, "01-02-24  05:04AM  5 f", true),
        (Command::List, "+i8388621.48594,m825718503,r,s280,\tf", false),
        (Command::List, "0100644   500  101   12345    123456789 f", false),
        (Command::List, "total 0", false),
        (Command::Mlsd, "type=file;modify=20240102030405; f", false),
    ] {
        assert_eq!(
            parse(command, &[line.as_bytes()]).wall_clock,
            wall_clock,
            "{line}"
        );
    }
}
