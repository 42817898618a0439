//! The answer to `LIST -aR`: a section for each folder, as `ls -lR` prints them.
//!
//! A heading names a folder (`./a/b:`, `a/b:` or `/top/a/b:`; the first may have none) and stands behind a
//! blank line. Nothing in it is believed that cannot be: a section counts when it shows the folder
//! itself (`.`, by `-a`), when each of its lines could be read, and when the next section has begun in
//! the same way, or the whole has ended well. So what a server leaves out by a limit (pure-ftpd
//! prints the heading of what it does not list any more), what it may not read, and what a name with
//! a line break tears apart, is none, and is to be listed by itself.

use std::collections::VecDeque;

use super::{Bounds, Command, Parser};
use crate::model::charset::Charset;
use crate::model::listing::Listing;
use crate::model::path::{Name, RemotePath};

/// One folder of a recursive listing.
#[derive(Debug)]
pub struct Section {
    /// Which, below the folder that was asked for, or wherever the server says.
    pub path: RemotePath,
    /// What is in it; whole.
    pub listing: Listing,
}

/// Reads a recursive listing from the bytes of its data connection, in whatever pieces they come.
#[derive(Debug)]
pub struct Sections {
    top: RemotePath,
    now: i64,
    charset: Charset,
    bounds: Bounds,
    line: Vec<u8>,
    after_blank: bool,
    headings: u64,
    open: Open,
    /// Complete, unless the next one begins in the wrong way.
    last: Option<Open>,
    ready: VecDeque<Section>,
}

#[derive(Debug)]
struct Open {
    path: Option<RemotePath>,
    parser: Parser,
    torn: bool,
}

impl Sections {
    /// A reader of the sections below `top`; `now` as for [`Parser::new`].
    pub fn new(top: RemotePath, now: i64, bounds: Bounds, charset: Charset) -> Self {
        let parser = Parser::new(Command::List, now, bounds).in_charset(charset);
        Self {
            open: Open {
                path: Some(top.clone()),
                parser,
                torn: false,
            },
            top,
            now,
            charset,
            bounds,
            line: Vec::new(),
            after_blank: true,
            headings: 0,
            last: None,
            ready: VecDeque::new(),
        }
    }

    /// Reads what has arrived.
    pub fn feed(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if self.line.is_empty() {
                self.read_line(line);
            } else {
                self.keep(line);
                let line = std::mem::take(&mut self.line);
                self.read_line(&line);
            }
        }
        self.keep(bytes);
    }

    /// A line that is too long tears its section.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.bounds.line.saturating_sub(self.line.len());
        self.open.torn |= bytes.len() > room;
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn read_line(&mut self, line: &[u8]) {
        let mut line = line;
        while let Some(shorter) = line.strip_suffix(b"\r") {
            line = shorter;
        }
        if line.is_empty() {
            self.after_blank = true;
            return;
        }
        let headed = std::mem::replace(&mut self.after_blank, false);
        if let (true, Some(heading)) = (headed, line.strip_suffix(b":")) {
            return self.begin(heading);
        }
        let open = &mut self.open;
        open.parser.feed(line);
        open.parser.feed(b"\n");
        if open.parser.saw_itself()
            && let Some(last) = self.last.take()
        {
            self.ready.extend(last.section());
        }
    }

    fn begin(&mut self, heading: &[u8]) {
        self.headings += 1;
        let next = Open {
            path: path_of(&self.top, &self.charset.from_server(heading)),
            parser: Parser::new(Command::List, self.now, self.bounds).in_charset(self.charset),
            torn: false,
        };
        let before = std::mem::replace(&mut self.open, next);
        // one of which nothing has come is what its heading makes of the one before
        if before.parser.saw_itself() {
            self.last = Some(before);
        } else {
            self.last = None;
        }
    }

    /// The next section that is believed.
    pub fn take(&mut self) -> Option<Section> {
        self.ready.pop_front()
    }

    /// How many headings have come.
    pub fn headings(&self) -> u64 {
        self.headings
    }

    /// The rest, at the end of the data; `whole`: the server has said that this was all.
    pub fn finish(mut self, whole: bool) -> VecDeque<Section> {
        if whole && self.line.is_empty() && self.open.parser.saw_itself() {
            let last = self.last.take().and_then(Open::section);
            self.ready.extend(last);
            self.ready.extend(self.open.section());
        }
        self.ready
    }
}

impl Open {
    fn section(self) -> Option<Section> {
        let proven = self.parser.saw_itself() && !self.torn;
        let listing = self.parser.finish(None);
        let path = self.path.filter(|_| proven && listing.is_whole())?;
        Some(Section { path, listing })
    }
}

/// The folder a heading names; `None` where that is no path.
fn path_of(top: &RemotePath, heading: &[u8]) -> Option<RemotePath> {
    if heading == b"." {
        return Some(top.clone());
    }
    let (from, names) = match heading {
        [b'/', names @ ..] => (RemotePath::root(), names),
        [b'.', b'/', names @ ..] => (top.clone(), names),
        names => (top.clone(), names),
    };
    if names.is_empty() {
        return Some(from);
    }
    names
        .split(|b| *b == b'/')
        .try_fold(from, |path, name| Some(path.join(&Name::new(name).ok()?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sections(text: &str, whole: bool) -> Vec<String> {
        pieces(text, whole, text.len().max(1))
    }

    /// Paths and names, as the text comes in pieces of this size.
    fn pieces(text: &str, whole: bool, size: usize) -> Vec<String> {
        let top = RemotePath::parse(b"/top").unwrap();
        let mut sections = Sections::new(top, 1_718_452_800, Bounds::default(), Charset::default());
        let mut found = Vec::new();
        for piece in text.as_bytes().chunks(size) {
            sections.feed(piece);
            found.extend(std::iter::from_fn(|| sections.take()));
        }
        found.extend(sections.finish(whole));
        let shown = |section: Section| {
            let names = section.listing.entries.iter().map(|entry| entry.name.shown());
            format!(
                "{}: {}",
                section.path.shown(),
                names.collect::<Vec<_>>().join(",")
            )
        };
        found.into_iter().map(shown).collect()
    }

    const DOTS: &str = "drwxr-xr-x 2 0 0 4096 Nov 22 14:50 .\r\ndrwxr-xr-x 2 0 0 4096 Nov 22 14:50 ..\r\n";

    fn lines(names: &[&str]) -> String {
        let line = |name: &&str| {
            let kind = if name.ends_with('/') { 'd' } else { '-' };
            let name = name.trim_end_matches('/');
            format!("{kind}rw-r--r-- 1 0 0 0 Nov 22 14:50 {name}\r\n")
        };
        DOTS.to_owned() + &names.iter().map(line).collect::<String>()
    }

    #[test]
    fn the_forms_of_servers() {
        let (top, a, b) = (lines(&["a/", "f"]), lines(&["b/"]), lines(&["odd::"]));
        let want = ["/top: a,f", "/top/a: b", "/top/a/b: odd::"];
        for text in [
            format!(".:\r\n{top}\r\n./a:\r\n{a}\r\n./a/b:\r\n{b}"),
            format!("{top}\r\na:\r\n{a}\r\na/b:\r\n{b}"),
            format!("{top}\r\n\r\n./a:\r\n\r\n{a}\r\n\r\n./a/b:\r\n\r\n{b}"),
            format!("/top:\ntotal 12\n{top}\n/top/a:\ntotal 0\n{a}\n/top/a/b:\ntotal 0\n{b}"),
        ] {
            assert_eq!(sections(&text, true), want, "{text}");
            for size in [1, 2, 7, 64] {
                assert_eq!(pieces(&text, true, size), want, "{size}: {text}");
            }
            // half a section is none
            assert_eq!(sections(&text, false), want[..2], "{text}");
        }
    }

    #[test]
    fn names_that_look_like_headings() {
        let text = format!(
            "{}\r\nodd::\r\n{}\r\n a b :\r\n{}",
            lines(&["odd:/", " a b /", "x:"]),
            lines(&["q:"]),
            lines(&["z"])
        );
        assert_eq!(
            sections(&text, true),
            ["/top: odd:, a b ,x:", "/top/odd:: q:", "/top/ a b : z"]
        );
    }

    #[test]
    fn what_is_not_believed() {
        let top = lines(&["a/", "c/"]);
        for (rest, want) in [
            // a limit: the heading of what is not listed any more, and nothing under it
            (format!("a:\r\n{}\r\na/b:\r\n", lines(&["b/"])), vec!["/top: a,c"]),
            // no permission
            (format!("a:\r\n\r\nc:\r\n{DOTS}"), vec!["/top/c: "]),
            (
                format!("a:\r\nls: cannot open: denied\r\n\r\nc:\r\n{DOTS}"),
                vec!["/top/c: "],
            ),
            // foreign paths
            (
                format!("../a:\r\n{DOTS}\r\na/../c:\r\n{DOTS}\r\n//c:\r\n{DOTS}"),
                vec!["/top: a,c"],
            ),
            // lines nobody can read
            (
                format!("a:\r\n{DOTS}what is this\r\n\r\nc:\r\n{DOTS}"),
                vec!["/top: a,c", "/top/c: "],
            ),
            // a blank line in the middle of a section is no heading's
            (
                format!("a:\r\n{DOTS}\r\n{}", lines(&["x"])),
                vec!["/top: a,c", "/top/a: x"],
            ),
        ] {
            assert_eq!(sections(&format!("{top}\r\n{rest}"), true), want, "{rest}");
        }
        // a name with a line break tears the section it is in
        let torn = format!(
            "{}line\r\n\r\nnew\r\nline:\r\n{DOTS}\r\nc:\r\n{DOTS}",
            lines(&["c/", "new/"])
        );
        assert_eq!(sections(&torn, true), ["/top/c: "]);
        assert_eq!(sections("", true), Vec::<String>::new());
        let long = format!("{top}{}\r\n\r\na:\r\n{DOTS}", "x".repeat(10_000));
        assert_eq!(sections(&long, true), ["/top/a: "]);
    }

    #[test]
    fn without_sections_there_are_no_headings() {
        let top = RemotePath::root();
        let mut plain = Sections::new(top, 0, Bounds::default(), Charset::default());
        plain.feed(lines(&["a/"]).as_bytes());
        assert_eq!(plain.headings(), 0);
    }

    proptest! {
        #[test]
        fn nothing_leads_out(text in "[a.:/\\n\\r d-]{0,80}", size in 1usize..9) {
            let text = format!("{DOTS}\r\n{text}\r\n{DOTS}\r\nz:\r\n{DOTS}");
            for section in pieces(&text, true, size) {
                let (path, _) = section.rsplit_once(":").unwrap();
                prop_assert!(!path.split('/').any(|part| part == ".." || part == "."), "{}", section);
            }
        }
    }
}
