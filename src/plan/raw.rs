//! Commands as a person writes them: which are sent, and which paths they name.
//!
//! A session is shared: a walk, a pane, another command use it next. What would need a data
//! connection, or change what the next one finds, is refused with what to do instead.

use crate::model::text::escape;

/// Why a line is not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nothing, or a verb that is none.
    #[error("it does not begin with a command")]
    NoCommand,
    /// More than one line.
    #[error("a line break or NUL byte cannot be sent in a command")]
    NotOneLine,
    /// Longer than servers read.
    #[error("it is longer than the {LONGEST} bytes that are sent in one line")]
    TooLong,
    /// A verb that does harm here: the verb, why, and what to do instead.
    #[error("{0} {1}")]
    Verb(String, &'static str, &'static str),
    /// It may name a path, which could not be judged.
    #[error("{0} may name a path that ftpane cannot judge, and this server has a document path or a depth")]
    Unknown(String),
}

impl Refusal {
    /// What to do instead; empty where nothing is known.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Verb(_, _, hint) => hint,
            Self::Unknown(_) => "Write the path without options, '~', '..', patterns and blanks around it.",
            _ => "",
        }
    }
}

/// What a line names on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names<'l> {
    /// No path.
    Nothing,
    /// This path itself: a link at its end is not followed.
    Path(&'l [u8]),
    /// What stands at the end of this path.
    Followed(&'l [u8]),
    /// A folder that is gone into or looked into.
    Folder(&'l [u8]),
    /// Something that cannot be told: only where the whole server is open.
    Unknown,
}

/// Servers take lines of a few kilobytes; a path may have 4096 bytes.
const LONGEST: usize = 8192;

const DATA: &str = "needs a data connection";
const OTHERS: &str = "would change the session, which other work shares";

/// What is refused whatever its argument, why, and what does the same.
const REFUSED: [(&[&str], &str, &str); 11] = [
    (&["RETR"], DATA, "Use get or cat, or the copy and view keys."),
    (
        &["STOR", "STOU", "APPE", "ALLO"],
        DATA,
        "Use put, or the copy key.",
    ),
    (
        &["LIST", "NLST", "MLSD"],
        DATA,
        "Use ls, or STAT PATH for what the server itself would list.",
    ),
    (
        &["PORT", "PASV", "EPRT", "EPSV", "LPRT", "LPSV", "SPSV"],
        "prepares a data connection that nothing would use",
        "The mode is set by --mode, or in the server's entry.",
    ),
    (
        &["ABOR"],
        "stops a transfer, and none runs on this session",
        "Take the job out of the queue instead.",
    ),
    (
        &["USER", "PASS", "ACCT", "REIN", "HOST", "SMNT"],
        "would change the login of a session, which other work shares",
        "Connect with another user or server entry.",
    ),
    (
        &["QUIT"],
        "would end the session under other work",
        "Sessions are ended by ftpane itself.",
    ),
    (
        &["AUTH", "ADAT", "PBSZ", "PROT", "CCC", "MIC", "CONF", "ENC"],
        "would change how the session is protected",
        "The protocol is set in the server's entry or by the URL.",
    ),
    (
        &["TYPE", "MODE", "STRU", "REST", "OPTS", "LANG"],
        OTHERS,
        "ftpane sets it itself; commands after login are set by --after-login or in the server's entry.",
    ),
    (
        &["RNFR", "RNTO"],
        "is one half of a renaming",
        "Use mv, or the rename key.",
    ),
    (
        &["CDUP", "XCUP"],
        "has no effect on what follows: each command begins in a folder of its own",
        "Write paths in full, or CWD PATH to see whether a folder can be entered.",
    ),
];

/// Verbs whose argument, if any, names no path.
const PATHLESS: [&str; 14] = [
    "NOOP", "FEAT", "HELP", "SYST", "PWD", "XPWD", "CLNT", "CSID", "RANG", "MDSS", "LPWD", "ITXT", "XNOP",
    "CLRT",
];

/// What a line names; or why it is not sent at all, whatever the server.
///
/// # Errors
///
/// It is no single command, or one of those that do harm here.
pub fn judge(line: &[u8]) -> Result<Names<'_>, Refusal> {
    if line.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        return Err(Refusal::NotOneLine);
    }
    if line.len() > LONGEST {
        return Err(Refusal::TooLong);
    }
    let (verb, argument) = verb_and_rest(line)?;
    if let Some((_, why, hint)) = REFUSED.iter().find(|(verbs, ..)| verbs.contains(&verb.as_str())) {
        return Err(Refusal::Verb(verb, why, hint));
    }
    if verb == "SITE" {
        return site(argument);
    }
    if PATHLESS.contains(&verb.as_str()) || (argument.is_empty() && verb == "STAT") {
        return Ok(Names::Nothing);
    }
    Ok(match verb.as_str() {
        "CWD" | "XCWD" => path(argument, Names::Folder),
        "MKD" | "XMKD" | "RMD" | "XRMD" | "DELE" => path(argument, Names::Path),
        "STAT" | "AVBL" => path(argument, Names::Folder),
        "SIZE" | "MDTM" | "MLST" | "HASH" | "XCRC" | "XMD5" | "XSHA" | "XSHA1" | "XSHA256" | "XSHA512"
        | "MD5" => path(argument, Names::Followed),
        // a time or facts stand before the name (draft-somers-ftp-mfxx)
        "MFMT" | "MFCT" | "MFF" => path(after_word(argument), Names::Followed),
        _ => Names::Unknown,
    })
}

fn verb_and_rest(line: &[u8]) -> Result<(String, &[u8]), Refusal> {
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let verb = &line[..end];
    if verb.is_empty() || !verb.iter().all(u8::is_ascii_alphanumeric) {
        return Err(Refusal::NoCommand);
    }
    let argument = line.get(end + 1..).unwrap_or_default();
    Ok((escape(verb).to_ascii_uppercase(), argument))
}

fn after_word(argument: &[u8]) -> &[u8] {
    let end = argument.iter().position(|b| *b == b' ').unwrap_or(argument.len());
    argument.get(end + 1..).unwrap_or_default()
}

/// A path that says where it leads by itself: servers make something else of `~`, of options and of
/// blanks around it, some of quotes and of patterns, and `..` leads out of where a link has led.
fn path<'l>(argument: &'l [u8], names: fn(&'l [u8]) -> Names<'l>) -> Names<'l> {
    let plain = argument == argument.trim_ascii()
        && !argument.is_empty()
        && !matches!(argument[0], b'~' | b'-' | b'"' | b'\'')
        && !argument.iter().any(|b| b"*?[{\\".contains(b))
        && !argument.split(|b| *b == b'/').any(|part| part == b"..");
    if plain { names(argument) } else { Names::Unknown }
}

/// What a command of the server's own names (RFC 959 §4.1.3).
fn site(argument: &[u8]) -> Result<Names<'_>, Refusal> {
    let Ok((verb, rest)) = verb_and_rest(argument) else {
        return Ok(Names::Unknown);
    };
    match verb.as_str() {
        "CPFR" | "CPTO" => Err(Refusal::Verb(
            format!("SITE {verb}"),
            "is one half of copying on the server",
            "Use cp, or the key for copying on the server.",
        )),
        "PSWD" | "PASSWD" | "PASS" => Err(Refusal::Verb(
            format!("SITE {verb}"),
            "holds passwords, which would be shown in the log and the transcript",
            "Change the password in another way.",
        )),
        "HELP" | "IDLE" | "UMASK" | "WHO" | "WHOAMI" => Ok(Names::Nothing),
        "CHMOD" => Ok(path(after_word(rest), Names::Followed)),
        "MKDIR" | "RMDIR" => Ok(path(rest, Names::Path)),
        _ => Ok(Names::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_line_names() {
        use Names::{Folder, Followed, Nothing, Path, Unknown};
        for (line, wanted) in [
            ("NOOP", Nothing),
            ("feat", Nothing),
            ("STAT", Nothing),
            ("STAT /a", Folder(b"/a")),
            ("STAT -R /", Unknown),
            ("STAT a/../..", Unknown),
            ("STAT a..b", Folder(b"a..b")),
            ("STAT /a*", Unknown),
            ("SIZE a b ", Unknown),
            ("SIZE a b", Followed(b"a b")),
            ("CWD ~root", Unknown),
            ("DELE x", Path(b"x")),
            ("DELE  x", Unknown),
            ("MFMT 20240102030405 a b", Followed(b"a b")),
            ("SITE CHMOD 644 a b", Followed(b"a b")),
            ("site help", Nothing),
            ("SITE SYMLINK a b", Unknown),
            ("SITE", Unknown),
            ("XDUPE 3", Unknown),
        ] {
            assert_eq!(judge(line.as_bytes()), Ok(wanted), "{line}");
        }
    }

    #[test]
    fn what_is_never_sent() {
        for line in [
            "RETR x",
            "stor x",
            "LIST",
            "EPSV",
            "PASV",
            "ABOR",
            "USER me",
            "PASS x",
            "QUIT",
            "AUTH TLS",
            "PROT C",
            "TYPE A",
            "REST 5",
            "OPTS UTF8 OFF",
            "RNFR a",
            "SITE CPFR a",
            "site passwd a b",
            "CDUP",
        ] {
            let refusal = judge(line.as_bytes()).unwrap_err();
            assert!(matches!(refusal, Refusal::Verb(..)), "{line}");
            assert!(!refusal.hint().is_empty(), "{line}");
        }
        for line in ["", " NOOP", "-x", "N\u{e9}"] {
            assert_eq!(judge(line.as_bytes()), Err(Refusal::NoCommand), "{line}");
        }
        for line in ["NOOP\r\nDELE x", "NOOP\0", "\n"] {
            assert_eq!(judge(line.as_bytes()), Err(Refusal::NotOneLine), "{line:?}");
        }
        let long = format!("STAT {}", "x".repeat(LONGEST));
        assert_eq!(judge(long.as_bytes()), Err(Refusal::TooLong));
    }
}
