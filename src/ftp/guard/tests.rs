//! Every command that is known, in every spelling that is met, against what may be sent.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use super::super::stream::NetStream;
use super::super::transcript::Transcript;
use super::super::wire::{Outbox, Wire};
use super::*;
use crate::model::charset::Charset;

/// Lines that tell, move or prepare; each in a form that is met.
const HARMLESS_LINES: &[&str] = &[
    // RFC 959
    "USER me",
    "PASS a/b",
    "PASS a/b/c",
    "PASS ",
    "ACCT x",
    "CWD a",
    "CDUP",
    "QUIT",
    "PORT 127,0,0,1,4,5",
    "PASV",
    "TYPE I",
    "STRU F",
    "MODE S",
    "RETR a",
    "REST 5",
    "ABOR",
    "PWD",
    "LIST -a",
    "NLST",
    "SYST",
    "STAT a",
    "HELP SITE",
    "NOOP",
    // RFC 775
    "XCWD a",
    "XCUP",
    "XPWD",
    // RFC 2228, 4217
    "AUTH TLS",
    "PBSZ 0",
    "PROT P",
    // RFC 2389, 2428, 2640, 3659, 7151
    "FEAT",
    "OPTS UTF8 ON",
    "OPTS MLST type;size;",
    "EPSV",
    "EPSV ALL",
    "EPRT |1|127.0.0.1|5|",
    "LANG en",
    "MDTM a",
    "MDTM 2026",
    "MDTM /20260101 a",
    "MDTM /20260101000000 a",
    "SIZE a",
    "MLSD",
    "MLST a",
    "HOST example.org",
    // drafts and customs
    "OPTS UTF-8 NLST",
    "OPTS HASH SHA-256",
    "OPTS MODE Z LEVEL 6",
    "CLNT x",
    "HASH a",
    "AVBL a",
    "RANG 1 2",
    "MD5 a",
    "MMD5 a, b",
    "XCRC a",
    "XMD5 a",
    "XSHA a",
    "XSHA1 a",
    "XSHA256 a",
    "XSHA512 a",
    // spellings that change nothing
    "retr a",
    "Prot p",
    "PROT  P",
    "cwd  two  blanks",
    "opts utf8 on",
];

/// Lines that change something on some server, or of which nobody knows what they do.
const CHANGING_LINES: &[&str] = &[
    // RFC 959
    "STOR a",
    "STOU",
    "STOU a",
    "APPE a",
    "ALLO 5",
    "RNFR a",
    "RNTO a",
    "DELE a",
    "RMD a",
    "MKD a",
    "SITE",
    "SITE HELP",
    "SMNT x",
    // RFC 542, 765, 775
    "MAIL x",
    "MLFL x",
    "MSND x",
    "MSOM x",
    "MSAM x",
    "MRSQ",
    "MRCP x",
    "BYE",
    "XMKD a",
    "XRMD a",
    "XSEN x",
    "XSEM x",
    "XMAS x",
    "XRSQ",
    "XRCP x",
    // RFC 1639, 2228: the last three hold another command
    "LPRT 1",
    "LPSV",
    "ADAT x",
    "CONF x",
    "ENC x",
    "MIC x",
    // RFC 3659 and drafts: what sets times and facts, and what puts files together
    "MFMT 20260101000000 a",
    "MFCT 20260101000000 a",
    "MFF modify=20260101000000; a",
    "MDTM 20260101000000 a",
    "MDTM 20260101000000+60 a",
    "MDTM 20260101000000-120 a",
    "MDTM 20260101000000.5 a",
    "MDTM  20260101000000 a",
    "MDTM \t20260101000000 a",
    "MDTM 20260101000000\ta",
    "MDTM 20260101 a",
    "mdtm 20260101000000 a",
    "COMB a b c",
    "RMDA a",
    "XDEL a",
    "XRMDA a",
    "XSTOR a",
    "XAPPE a",
    "ESTA x",
    "ESTP",
    "CSID a",
    "CCC2",
    "DSIZ",
    "THMB a",
    "XARG",
    "XSET",
    "REPL a",
    "COPY a b",
    "CPFR a",
    "CPTO a",
    "CHMD 644 a",
    "CHMOD 644 a",
    "CHGRP a",
    "UMASK 0",
    "UTIME a",
    "SYMLINK a b",
    "LINK a b",
    "EXEC ls",
    "QUOTE DELE a",
    "WHATEVER",
    // what SITE is used for
    "SITE CHMOD 644 a",
    "SITE  CHMOD 644 a",
    "site chmod 644 a",
    "SITE CHGRP x a",
    "SITE CHOWN x a",
    "SITE UMASK 022",
    "SITE UTIME 20260101000000 a",
    "SITE UTIME a 20260101000000 20260101000000 20260101000000 UTC",
    "SITE MKDIR a",
    "SITE RMDIR a",
    "SITE SYMLINK a b",
    "SITE LN a b",
    "SITE CPFR a",
    "SITE CPTO b",
    "SITE COPY a b",
    "SITE MOVE a b",
    "SITE EXEC rm a",
    "SITE PSWD old new",
    "SITE CPWD new",
    "SITE QUOTA SET",
    "SITE ZONE",
    "SITE WIPE a",
    "SITE NUKE a",
    "SITE FILETYPE=JES",
    "SITE SUBMIT a",
    "SITE INDEX a",
    "SITE ALIAS a",
    "SITE ADDUSER a b",
    // settings that outlive the session, or that nobody knows
    "OPTS",
    "OPTS PASV nat",
    "OPTS USER me password",
    // z/OS: old password, the new one twice
    "PASS old/new/new",
    // no verb, or another byte before it
    "",
    " ",
    " STOR a",
    "\tSTOR a",
    "\u{feff}RETR a",
    "\u{b}DELE a",
    "LIST\tx",
    "LIST;DELE a",
    "RETRa",
];

/// What is not one line, or takes the encryption away, is refused whatever the server is.
const NEVER: &[&[u8]] = &[
    b"RETR a\r\nDELE b",
    b"RETR a\nDELE b",
    b"RETR a\rDELE b",
    b"RETR a\0",
    b"\r\n",
    b"\nDELE a",
    b"NOOP\r",
    b"LIST \r\n\r\n",
    b"CCC",
    b"ccc",
    b"REIN",
    b"rein",
    b"PROT C",
    b"prot  c",
    b"PROT",
    b"PROT S",
];

#[test]
fn a_read_only_server_is_sent_what_is_harmless_and_nothing_else() {
    for line in HARMLESS_LINES {
        assert_eq!(admit(line.as_bytes(), true), Ok(()), "{line}");
        assert_eq!(admit(line.as_bytes(), false), Ok(()), "{line}");
    }
    for line in CHANGING_LINES {
        let judged = admit(line.as_bytes(), true);
        assert!(matches!(judged, Err(Refusal::ReadOnly(_))), "{line}: {judged:?}");
        assert_eq!(admit(line.as_bytes(), false), Ok(()), "{line}");
    }
    for line in NEVER {
        for read_only in [false, true] {
            assert!(admit(line, read_only).is_err(), "{line:?}");
        }
    }
}

/// The table of what passes is the whole of it: each verb stands in a line above.
#[test]
fn every_verb_that_passes_is_played() {
    for verb in HARMLESS {
        let played = |line: &&str| line.split(' ').next() == Some(verb);
        assert!(HARMLESS_LINES.iter().any(played), "{verb}");
    }
}

#[test]
fn the_password_is_not_in_the_refusal() {
    let refusal = admit(b"PASS secret/new/new", true).unwrap_err();
    assert!(!format!("{refusal}{refusal:?}").contains("secret"));
}

/// A wire and the socket at its other end.
async fn wire(read_only: bool) -> (Wire, Arc<Outbox>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (server, _) = listener.accept().await.unwrap();
    let outbox = Arc::new(Outbox::new(read_only, Charset::default(), Transcript::silent()));
    let wire = Wire::new(NetStream::Plain(client), Arc::clone(&outbox), true);
    (wire, outbox, server)
}

/// All lines, on both ways that lead to a socket: the outbox, and suppaftp's own writing. What arrives
/// is exactly what was harmless, byte for byte.
#[tokio::test]
async fn what_arrives_is_what_was_admitted() {
    let mut lines: Vec<Vec<u8>> = NEVER.iter().map(|line| line.to_vec()).collect();
    for line in HARMLESS_LINES.iter().chain(CHANGING_LINES) {
        lines.push(line.as_bytes().to_vec());
    }
    // Telnet's own commands in front, within, and in a name
    for line in [&b"\xff\xf4\xff\xf2DELE a"[..], b"DE\xff\xf9LE a", b"RETR caf\xff"] {
        lines.push(line.to_vec());
    }
    let harmless = |line: &[u8]| HARMLESS_LINES.iter().any(|known| known.as_bytes() == line);
    let (mut wire, outbox, mut server) = wire(true).await;
    let mut want = Vec::new();
    for line in &lines {
        let passes = harmless(line) || line.starts_with(b"RETR caf");
        assert_eq!(outbox.push(&[line]).is_ok(), passes, "{line:?}");
        let whole = [line, &b"\r\n"[..]].concat();
        let written = Pin::new(&mut wire).poll_write(&mut Context::from_waker(Waker::noop()), &whole);
        assert_eq!(
            matches!(written, std::task::Poll::Ready(Ok(_))),
            passes,
            "{line:?}"
        );
        for _ in 0..2 * usize::from(passes) {
            for byte in &whole {
                want.extend(std::iter::repeat_n(*byte, 1 + usize::from(*byte == 0xff)));
            }
        }
        // a harmless line takes no other along
        assert!(outbox.push(&[b"NOOP", b"DELE a", b"NOOP"]).is_err());
    }
    tokio::io::AsyncWriteExt::flush(&mut wire).await.unwrap();
    drop(wire);
    let mut got = Vec::new();
    server.read_to_end(&mut got).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(&want));
    assert_eq!(got, want);
}

proptest! {
    /// Whatever the bytes: what passes on a read-only server begins with a harmless verb, and is one
    /// line.
    #[test]
    fn nothing_else_passes(
        line in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..20),
            "[ \t]{0,2}[A-Za-z]{3,5}[ \t]{0,2}[ -~]{0,20}".prop_map(String::into_bytes),
            (proptest::sample::select(CHANGING_LINES), any::<u64>()).prop_map(|(line, cases)| {
                let flip = |(at, b): (usize, u8)| if cases >> (at % 64) & 1 == 1 { b.to_ascii_lowercase() } else { b };
                line.bytes().enumerate().map(flip).collect()
            }),
        ],
    ) {
        if admit(&line, true).is_ok() {
            let verb = line.split(|b| *b == b' ').next().unwrap_or_default().to_ascii_uppercase();
            prop_assert!(HARMLESS.iter().any(|known| known.as_bytes() == verb));
            prop_assert!(!line.iter().any(|b| b"\r\n\0".contains(b)));
            prop_assert_eq!(admit(&line, false), Ok(()));
        }
        let changing = CHANGING_LINES.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(&line));
        prop_assert!(!changing || admit(&line, true).is_err() || line[..4].eq_ignore_ascii_case(b"PASS"));
    }
}
