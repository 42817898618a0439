//! The gate before the wire: every line of every control connection is admitted here or never
//! sent.
//!
//! On a read-only server only commands known to be harmless pass (an allow-list: a command
//! nobody thought of is refused, not let through). On every server a line that is not exactly
//! one line is refused.

/// Why a line was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The server is read only and the command is not known to be harmless.
    #[error("this server is set to read only, and {0} could change it")]
    ReadOnly(String),
    /// NUL, CR or LF inside: it would be another command.
    #[error("a line break or NUL byte cannot be sent in a command")]
    NotOneLine,
    /// A command that would switch encryption off.
    #[error("{0} would take the encryption off the connection")]
    Unprotects(String),
    /// A command after login, of the server's entry, and what is the matter with it.
    #[error("the command after login '{0}' is not sent: {1}")]
    AfterLogin(String, Box<Refusal>),
    /// The path lies outside document path or depth; the sentence says how.
    #[error("{0}")]
    Fenced(String),
}

/// Commands that read, move within the server or set up a transfer, and nothing else.
const HARMLESS: [&str; 46] = [
    "ABOR", "ACCT", "AUTH", "CDUP", "CLNT", "CWD", "EPRT", "EPSV", "FEAT", "HASH", "HELP", "HOST", "LANG",
    "LIST", "MD5", "MDTM", "MLSD", "MLST", "MMD5", "MODE", "NLST", "NOOP", "OPTS", "PASS", "PASV", "PBSZ",
    "PORT", "PROT", "PWD", "QUIT", "RANG", "REST", "RETR", "SIZE", "STAT", "STRU", "SYST", "TYPE", "USER",
    "XCRC", "XCUP", "XCWD", "XMD5", "XPWD", "XSHA", "XSHA1",
];

/// Decides whether `line` (without its CRLF) may be sent.
pub fn admit(line: &[u8], read_only: bool) -> Result<(), Refusal> {
    if line.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        return Err(Refusal::NotOneLine);
    }
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let verb = String::from_utf8_lossy(&line[..end]).to_ascii_uppercase();
    let argument = line.get(end + 1..).unwrap_or_default();
    if verb == "CCC" || (verb == "PROT" && !argument.eq_ignore_ascii_case(b"P")) {
        return Err(Refusal::Unprotects(verb));
    }
    if read_only && (!HARMLESS.contains(&verb.as_str()) || sets_a_time(&verb, argument)) {
        return Err(Refusal::ReadOnly(crate::model::text::escape_str(&verb)));
    }
    Ok(())
}

/// Whether this is `MDTM` in the form in which several servers set a file's time: a 14-digit
/// time-val, a space, a path (draft-ietf-ftpext-mlst-11 asked servers not to; they do).
fn sets_a_time(verb: &str, argument: &[u8]) -> bool {
    verb == "MDTM"
        && argument.len() > 15
        && argument[..14].iter().all(u8::is_ascii_digit)
        && argument
            .get(14)
            .is_some_and(|b| matches!(b, b' ' | b'.' | b'+' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_lets_harmless_commands_through_and_no_others() {
        for line in [
            "RETR a",
            "retr a",
            "LIST -a",
            "MLSD",
            "MDTM a",
            "REST 5",
            "PROT P",
            "MDTM 2026",
            "NOOP",
        ] {
            assert_eq!(admit(line.as_bytes(), true), Ok(()), "{line}");
        }
        for line in [
            "STOR a",
            "stor a",
            "APPE a",
            "DELE a",
            "RMD a",
            "MKD a",
            "XMKD a",
            "RNFR a",
            "RNTO a",
            "SITE CHMOD 1 a",
            "MFMT 20260101000000 a",
            "ALLO 5",
            "STOU",
            "SMNT x",
            "REIN",
            "WHATEVER",
            " STOR a",
            "\tSTOR a",
            "",
            "MDTM 20260101000000 a",
            "MDTM 20260101000000+60 a",
            "XRMD a",
            "MFF a",
            "COMB a",
            "RMDA a",
            "DSIZ",
        ] {
            assert!(
                matches!(admit(line.as_bytes(), true), Err(Refusal::ReadOnly(_))),
                "{line}"
            );
            assert_eq!(admit(line.as_bytes(), false), Ok(()), "{line}");
        }
    }

    #[test]
    fn two_lines_and_lost_encryption_are_refused_everywhere() {
        for line in [&b"RETR a\r\nDELE b"[..], b"RETR a\nx", b"RETR a\0"] {
            assert_eq!(admit(line, false), Err(Refusal::NotOneLine));
        }
        for line in ["CCC", "PROT C", "prot c", "PROT"] {
            assert!(
                matches!(admit(line.as_bytes(), false), Err(Refusal::Unprotects(_))),
                "{line}"
            );
        }
    }
}
