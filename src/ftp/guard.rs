//! The gate before the wire: every line of every control connection is admitted here or never
//! sent.
//!
//! On a read-only server only commands known to be harmless pass (an allow-list: a command
//! nobody thought of is refused, not let through). On every server a line that is not exactly
//! one line is refused.

use crate::model::charset::Unwritable;

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
    /// A command that a person wrote and that does harm here: why, and what to do instead.
    #[error("{0}")]
    Raw(String, &'static str),
    /// A name that the server's character set does not have.
    #[error(transparent)]
    Unwritable(#[from] Unwritable),
}

/// Commands that read, move within the server or set up a transfer, and nothing else; some of them
/// not in every form ([`may_change`]).
const HARMLESS: [&str; 49] = [
    "ABOR", "ACCT", "AUTH", "AVBL", "CDUP", "CLNT", "CWD", "EPRT", "EPSV", "FEAT", "HASH", "HELP", "HOST",
    "LANG", "LIST", "MD5", "MDTM", "MLSD", "MLST", "MMD5", "MODE", "NLST", "NOOP", "OPTS", "PASS", "PASV",
    "PBSZ", "PORT", "PROT", "PWD", "QUIT", "RANG", "REST", "RETR", "SIZE", "STAT", "STRU", "SYST", "TYPE",
    "USER", "XCRC", "XCUP", "XCWD", "XMD5", "XPWD", "XSHA", "XSHA1", "XSHA256", "XSHA512",
];

/// What `OPTS` may be about: settings of this session (RFC 2389 §4). Others are the server's own.
const HARMLESS_OPTIONS: [&[u8]; 5] = [b"UTF8", b"UTF-8", b"MLST", b"HASH", b"MODE"];

/// Decides whether `line` (without its CRLF) may be sent.
pub fn admit(line: &[u8], read_only: bool) -> Result<(), Refusal> {
    if line.iter().any(|b| matches!(b, 0 | b'\r' | b'\n')) {
        return Err(Refusal::NotOneLine);
    }
    let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
    let verb = &line[..end];
    let is = |name: &str| verb.eq_ignore_ascii_case(name.as_bytes());
    let shown = || String::from_utf8_lossy(verb).to_ascii_uppercase();
    // servers differ in how many blanks they skip
    let argument = line[end..].trim_ascii_start();
    // REIN ends TLS (RFC 4217 §11)
    if is("CCC") || is("REIN") || (is("PROT") && !argument.eq_ignore_ascii_case(b"P")) {
        return Err(Refusal::Unprotects(shown()));
    }
    if read_only && (!HARMLESS.iter().any(|name| is(name)) || may_change(&shown(), argument)) {
        return Err(Refusal::ReadOnly(crate::model::text::escape_str(&shown())));
    }
    Ok(())
}

/// Whether this is a form of a harmless command in which some servers change something.
fn may_change(verb: &str, argument: &[u8]) -> bool {
    let mut words = argument.splitn(2, u8::is_ascii_whitespace);
    let first = words.next().unwrap_or_default();
    match verb {
        // `MDTM time path` sets a file's time (draft-ietf-ftpext-mlst-11 asked servers not to; they do):
        // vsftpd from eight digits on, Serv-U with a zone behind them
        "MDTM" => first.first().is_some_and(u8::is_ascii_digit) && words.next().is_some(),
        "OPTS" => !HARMLESS_OPTIONS
            .iter()
            .any(|known| first.eq_ignore_ascii_case(known)),
        // `PASS old/new/new` changes the password on z/OS
        "PASS" => {
            let mut parts = argument.rsplitn(3, |b| *b == b'/');
            matches!((parts.next(), parts.next(), parts.next()), (Some(new), Some(again), Some(_)) if new == again && !new.is_empty())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests;
