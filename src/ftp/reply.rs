//! Replies of the server (RFC 959 §4.2), and what is read out of their texts.
//!
//! A reply's text is for people, save for the few whose form a document fixes: those are read
//! here, strictly. What does not have its form is `None`, never a guess.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::digits::number;
use super::telnet::IAC;
use super::time_val::parse_time_val;
use crate::model::charset::Charset;
use crate::model::path::RemotePath;
use crate::model::stamp::Stamp;
use crate::model::text::escape;

/// One reply: a code and at least one line of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// Three digits, 100 to 699 (6yz: RFC 2228 §4).
    pub code: u16,
    /// The text of each line, bytes as received, without code, separator and line end. Lines in
    /// the middle of a long reply keep their indentation.
    pub lines: Vec<Vec<u8>>,
    /// The path that was asked about, where that is known: what repeats it is none of the server's words.
    pub(super) asked: Vec<u8>,
}

/// Why bytes are not a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The first line has no reply code.
    #[error("the server's answer does not begin with a three-digit reply code")]
    NoCode,
    /// A long reply (`211-`) whose last line (`211 `) is missing.
    #[error("the server's answer breaks off in the middle")]
    Unfinished,
    /// Something follows the last line.
    #[error("the server's answer goes on after its last line")]
    Trailing,
}

impl Reply {
    /// Reads one whole reply as received: one line, or `NNN-` up to `NNN ` (RFC 959 §4.2). Line
    /// ends are CRLF or LF; the last may be missing.
    pub fn parse(body: &[u8]) -> Result<Self, ReplyError> {
        let body = body.strip_suffix(b"\n").unwrap_or(body);
        let mut lines = body
            .split(|b| *b == b'\n')
            .map(|l| l.strip_suffix(b"\r").unwrap_or(l));
        let first = lines.next().unwrap_or_default();
        let (code, separator, text) = split_code(first).ok_or(ReplyError::NoCode)?;
        let mut texts = vec![text.to_vec()];
        let mut finished = separator != b'-';
        for line in lines {
            if finished {
                return Err(ReplyError::Trailing);
            }
            match split_code(line) {
                Some((same, separator, text)) if same == code => {
                    finished = separator != b'-';
                    texts.push(text.to_vec());
                }
                _ => texts.push(line.to_vec()),
            }
        }
        if !finished {
            return Err(ReplyError::Unfinished);
        }
        Ok(Self {
            code,
            lines: texts,
            asked: Vec::new(),
        })
    }

    /// The reply with its text read in the server's character set, 0xFF not doubled any more: vsftpd
    /// doubles it in replies, as Telnet has it (RFC 854).
    #[must_use]
    pub fn read_in(mut self, charset: Charset) -> Self {
        for line in &mut self.lines {
            if let Some(at) = line.windows(2).position(|two| two == [IAC; 2]) {
                let mut single = line[..at].to_vec();
                let mut rest = line[at..].iter().peekable();
                while let Some(&byte) = rest.next() {
                    single.push(byte);
                    if byte == IAC {
                        rest.next_if(|next| **next == IAC);
                    }
                }
                *line = single;
            }
            if let std::borrow::Cow::Owned(read) = charset.from_server(line) {
                *line = read;
            }
        }
        self
    }

    /// The text of the last line: of a short reply the only one.
    pub fn text(&self) -> &[u8] {
        self.lines.last().map_or(&[], Vec::as_slice)
    }

    /// The reply in one line for a screen, escaped: `550 No such file.`; the lines of a long one
    /// are joined by ` / `.
    pub fn shown(&self) -> String {
        let mut out = self.code.to_string();
        let mut lines = self
            .lines
            .iter()
            .map(|l| l.trim_ascii())
            .filter(|l| !l.is_empty());
        if let Some(first) = lines.next() {
            out.push(' ');
            out.push_str(&escape(first));
        }
        for line in lines {
            out.push_str(" / ");
            out.push_str(&escape(line));
        }
        out
    }

    /// The first digit of the code: 1 preliminary, 2 done, 3 go on, 4 not now, 5 no.
    pub fn class(&self) -> u16 {
        self.code / 100
    }

    /// 2yz: done.
    pub fn is_positive(&self) -> bool {
        self.class() == 2
    }

    /// Whether a refused transfer says that the server has lost sight of the command before: of the data
    /// connection that it was asked for in the same write.
    pub(super) fn loses_pair(&self) -> bool {
        let said = self.own_words();
        self.code == 503 || (self.code == 425 && said.contains("pasv") && said.contains("port"))
    }

    /// 4yz: the same command may succeed later.
    pub fn is_transient(&self) -> bool {
        self.class() == 4
    }

    /// The port of a reply to EPSV (RFC 2428 §3): `229 Entering Extended Passive Mode (|||6446|)`.
    /// The delimiter is any printable character that is no digit.
    pub fn epsv_port(&self) -> Option<u16> {
        if self.code != 229 {
            return None;
        }
        let text = self.text();
        let opened = text.iter().enumerate().filter(|(_, b)| **b == b'(');
        opened.map(|(at, _)| &text[at + 1..]).find_map(bracketed_port)
    }

    /// The address of a reply to PASV: six numbers with commas between them, wherever they stand
    /// and with or without parentheses (RFC 959 §4.1.2, RFC 1123 §4.1.2.6).
    pub fn pasv_address(&self) -> Option<SocketAddrV4> {
        (self.code == 227).then(|| six_numbers(self.text())).flatten()
    }

    /// The path of a reply to PWD or MKD, a doubled quote in it made one (RFC 959 appendix II).
    /// An unquoted path is taken up to the first blank when it begins with `/`: some servers
    /// write it so.
    pub fn quoted_path(&self) -> Option<Vec<u8>> {
        if self.code != 257 {
            return None;
        }
        let text = self.text().trim_ascii_start();
        let path = match text.iter().position(|b| *b == b'"') {
            Some(quote) => unquoted(&text[quote + 1..])?,
            None if text.starts_with(b"/") => text.split(|b| *b == b' ').next().unwrap_or_default().to_vec(),
            None => return None,
        };
        (!path.is_empty() && !path.iter().any(|b| matches!(b, 0 | b'\r'))).then_some(path)
    }

    /// Where a reply to PWD says the session stands; `None` where that is no absolute path.
    pub(super) fn landing(&self) -> Option<RemotePath> {
        let at = self.quoted_path().filter(|at| at.starts_with(b"/"))?;
        RemotePath::parse(&at).ok()
    }

    /// The size in bytes of a reply to SIZE (RFC 3659 §4.1).
    pub fn size(&self) -> Option<u64> {
        if self.code != 213 {
            return None;
        }
        number(self.text().trim_ascii())
    }

    /// The moment of a reply to MDTM (RFC 3659 §3.1).
    pub fn modified(&self) -> Option<Stamp> {
        (self.code == 213)
            .then(|| parse_time_val(self.text().trim_ascii()))
            .flatten()
    }
}

/// Code, separator and text of a line that begins with a reply code.
fn split_code(line: &[u8]) -> Option<(u16, u8, &[u8])> {
    let (digits, rest) = line.split_at_checked(3)?;
    if !matches!(digits[0], b'1'..=b'6') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits
        .iter()
        .fold(0u16, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match rest.split_first() {
        None => Some((code, b' ', rest)),
        Some((separator @ (b' ' | b'-'), text)) => Some((code, *separator, text)),
        Some(_) => None,
    }
}

/// `|||6446|)` and what follows it.
fn bracketed_port(text: &[u8]) -> Option<u16> {
    let (head, rest) = text.split_at_checked(3)?;
    let delimiter = head[0];
    if !delimiter.is_ascii_graphic() || delimiter.is_ascii_digit() || head != [delimiter; 3] {
        return None;
    }
    let end = rest.iter().position(|b| !b.is_ascii_digit())?;
    let port = u16::try_from(number(&rest[..end])?).ok()?;
    (port != 0 && rest[end..].starts_with(&[delimiter, b')'])).then_some(port)
}

/// The first run of exactly six numbers from 0 to 255, commas (and blanks after them) between.
fn six_numbers(text: &[u8]) -> Option<SocketAddrV4> {
    let mut at = 0;
    while at < text.len() {
        if !text[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut numbers = Vec::with_capacity(6);
        loop {
            let digits = text[at..].iter().take_while(|b| b.is_ascii_digit()).count();
            numbers.push(number(&text[at..at + digits]).and_then(|n| u8::try_from(n).ok()));
            at += digits;
            let blanks = match text[at..].strip_prefix(b",") {
                Some(after) => after.iter().take_while(|b| **b == b' ').count(),
                None => break,
            };
            if !text.get(at + 1 + blanks).is_some_and(u8::is_ascii_digit) {
                break;
            }
            at += 1 + blanks;
        }
        if let [Some(a), Some(b), Some(c), Some(d), Some(high), Some(low)] = numbers[..] {
            let port = u16::from_be_bytes([high, low]);
            return (port != 0).then(|| SocketAddrV4::new(Ipv4Addr::new(a, b, c, d), port));
        }
    }
    None
}

/// Up to the closing quote; `None` when there is none.
fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        if *byte == b'"' && bytes.next_if_eq(&&b'"').is_none() {
            return Some(out);
        }
        out.push(*byte);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(line: &str) -> Reply {
        Reply::parse(line.as_bytes()).unwrap()
    }

    #[test]
    fn names_in_replies_are_read_in_the_servers_character_set() {
        let latin: Charset = "latin1".parse().unwrap();
        for (given, charset, want) in [
            (&b"257 \"/\xe9\""[..], latin, "/é"),
            (b"257 \"/\xff\xff\"", latin, "/ÿ"),
            (b"257 \"/\xffa\xff\xff\xff\xff\"", latin, "/ÿaÿÿ"),
            ("257 \"/é\"".as_bytes(), Charset::default(), "/é"),
        ] {
            let reply = Reply::parse(given).unwrap().read_in(charset);
            assert_eq!(reply.quoted_path().unwrap(), want.as_bytes());
        }
    }

    #[test]
    fn short_and_long_replies() {
        let short = reply("220 Welcome\r\n");
        assert_eq!((short.code, short.text()), (220, &b"Welcome"[..]));
        assert_eq!(reply("200").lines, [b""]);
        let long = reply("211-Features:\r\n SIZE\n211-UTF8\r\n 211 in the middle\r\n221 other\r\n211 End");
        let want: [&[u8]; 6] = [
            b"Features:",
            b" SIZE",
            b"UTF8",
            b" 211 in the middle",
            b"221 other",
            b"End",
        ];
        assert_eq!(long.lines, want);
        assert_eq!(long.text(), b"End");
    }

    #[test]
    fn what_is_no_reply() {
        for (body, want) in [
            ("", ReplyError::NoCode),
            ("hello\r\n", ReplyError::NoCode),
            ("22 x\r\n", ReplyError::NoCode),
            ("2200 x\r\n", ReplyError::NoCode),
            ("020 x\r\n", ReplyError::NoCode),
            ("720 x\r\n", ReplyError::NoCode),
            ("220-a\r\n", ReplyError::Unfinished),
            ("220-a\r\nb\r\n221 c\r\n", ReplyError::Unfinished),
            ("220 a\r\n220 b\r\n", ReplyError::Trailing),
        ] {
            assert_eq!(Reply::parse(body.as_bytes()), Err(want), "{body:?}");
        }
    }

    #[test]
    fn shown_on_a_screen() {
        assert_eq!(reply("550 No such file.\r\n").shown(), "550 No such file.");
        assert_eq!(
            reply("230-Hello\r\n\r\n230-\x1b[2J\r\n230 Done\r\n").shown(),
            "230 Hello / \\x1b[2J / Done"
        );
        assert_eq!(reply("200\r\n").shown(), "200");
    }

    #[test]
    fn classes() {
        assert!(reply("226 ok").is_positive() && !reply("150 ok").is_positive());
        assert!(reply("421 bye").is_transient() && !reply("550 no").is_transient());
        assert_eq!(reply("331 password").class(), 3);
    }

    #[test]
    fn extended_passive_ports() {
        for (line, want) in [
            ("229 Entering Extended Passive Mode (|||6446|)", Some(6446)),
            ("229 Entering Extended Passive Mode (|||6446|).", Some(6446)),
            ("229 ok (try it) (!!!1!)", Some(1)),
            ("229 ok (|||65535|)", Some(65535)),
            ("229 ok (|||65536|)", None),
            ("229 ok (|||0|)", None),
            ("229 ok (||||)", None),
            ("229 ok (|||6446)", None),
            ("229 ok (|!|6446|)", None),
            ("229 ok (11116446)", None),
            ("229 ok (   21 )", None),
            ("229 ok |||6446|", None),
            ("229 ok (|||99999999999999999999|)", None),
            ("229 ok (|||+644|)", None),
            ("227 ok (|||6446|)", None),
            ("229", None),
        ] {
            assert_eq!(reply(line).epsv_port(), want, "{line}");
        }
    }

    #[test]
    fn passive_addresses() {
        for (line, want) in [
            (
                "227 Entering Passive Mode (192,168,1,2,10,20)",
                Some("192.168.1.2:2580"),
            ),
            (
                "227 Entering Passive Mode (192,168,1,2,10,20).",
                Some("192.168.1.2:2580"),
            ),
            ("227 Entering Passive Mode 127,0,0,1,0,21", Some("127.0.0.1:21")),
            ("227 =127,0,0,1,255,255", Some("127.0.0.1:65535")),
            ("227 v2.1, 3,4: 10, 0, 0, 1, 4, 1", Some("10.0.0.1:1025")),
            ("227 (010,000,000,001,004,001)", Some("10.0.0.1:1025")),
            ("227 ok (256,0,0,1,4,1)", None),
            ("227 ok (10,0,0,1,4,256)", None),
            ("227 ok (10,0,0,1,0,0)", None),
            ("227 ok (10,0,0,1,4)", None),
            ("227 ok (10,0,0,1,4,1,7)", None),
            ("227 ok (10,0,0,1,4,)", None),
            ("227 ok (10,0,0,1,4,-1)", None),
            ("227 ok (10.0.0.1.4.1)", None),
            ("229 ok (10,0,0,1,4,1)", None),
            ("227", None),
        ] {
            let want = want.map(|w| w.parse().unwrap());
            assert_eq!(reply(line).pasv_address(), want, "{line}");
        }
    }

    #[test]
    fn working_directories() {
        for (line, want) in [
            ("257 \"/\" is the current directory", Some("/")),
            ("257 \"/a b\"", Some("/a b")),
            ("257 \"/say \"\"hi\"\"\" is current", Some("/say \"hi\"")),
            ("257 \"DISK:[A.B]\"", Some("DISK:[A.B]")),
            ("257 /home/me is cwd", Some("/home/me")),
            ("257 Directory is \"/x\" (\"/y\")", Some("/x")),
            ("257 \"\"", None),
            ("257 \"/open", None),
            ("257 current directory", None),
            ("257 \"/a\0b\"", None),
            ("250 \"/a\"", None),
            ("257", None),
        ] {
            assert_eq!(
                reply(line).quoted_path(),
                want.map(|w| w.as_bytes().to_vec()),
                "{line}"
            );
        }
        let bytes = Reply::parse(b"257 \"/caf\xe9\" ok").unwrap();
        assert_eq!(bytes.quoted_path().unwrap(), b"/caf\xe9");
    }

    #[test]
    fn sizes_and_times() {
        for (line, want) in [
            ("213 0", Some(0)),
            ("213 18446744073709551615 ", Some(u64::MAX)),
            ("213 18446744073709551616", None),
            ("213 +5", None),
            ("213 5 bytes", None),
            ("213", None),
            ("250 5", None),
        ] {
            assert_eq!(reply(line).size(), want, "{line}");
        }
        let time = reply("213 20260102030405.25\r\n").modified().unwrap();
        assert_eq!(time.rfc3339().unwrap(), "2026-01-02T03:04:05Z");
        assert_eq!(reply("250 20260102030405").modified(), None);
        assert_eq!(reply("213 yesterday").modified(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300), code in 100..700u16) {
            let coded = [format!("{code} ").into_bytes(), body.clone()].concat();
            for body in [body, coded] {
                let Ok(reply) = Reply::parse(&body) else { continue };
                prop_assert!(!reply.lines.is_empty());
                prop_assert!(reply.shown().chars().all(crate::model::text::is_plain));
                let length: usize = reply.lines.iter().map(Vec::len).sum();
                prop_assert!(length <= body.len());
            }
        }

        #[test]
        fn what_is_read_has_its_form(code in prop_oneof![Just(213u16), Just(227), Just(229), Just(257)],
                                     text in "[ (,0-9|)\"/a.]{0,40}") {
            let reply = Reply { code, lines: vec![text.into_bytes()], asked: Vec::new() };
            prop_assert!(reply.epsv_port() != Some(0));
            prop_assert!(reply.pasv_address().is_none_or(|a| a.port() != 0));
            prop_assert!(reply.quoted_path().is_none_or(|p| !p.is_empty()));
            let _ = (reply.size(), reply.modified());
        }

        #[test]
        fn addresses_and_ports_are_read_back(a in any::<[u8; 4]>(), port in 1..=u16::MAX, delimiter in "[!-/:-~]") {
            let [high, low] = port.to_be_bytes();
            let pasv = format!("227 ok ({},{},{},{},{high},{low})", a[0], a[1], a[2], a[3]);
            prop_assert_eq!(reply(&pasv).pasv_address(), Some(SocketAddrV4::new(a.into(), port)));
            let d = delimiter;
            prop_assert_eq!(reply(&format!("229 ok ({d}{d}{d}{port}{d})")).epsv_port(), Some(port));
        }
    }
}
