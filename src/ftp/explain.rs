//! What a server's refusal means, in plain words.

use super::error::Stage;
use super::reply::Reply;
use crate::model::failure::{Class, Failure};

/// Others may hold them: a limit is the server's for all of a user or an address.
const TOO_MANY: &str =
    "Wait, or end other connections to it; where they are ftpane's own, lower Connections (-j).";

/// The failure that an unexpected reply to `verb` is.
pub(super) fn refused(what: String, stage: Stage, verb: &str, reply: &Reply) -> Failure {
    let verb = verb.to_ascii_uppercase();
    let code = reply.code;
    let text = reply.shown().to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let (class, why, hint) = match (stage, verb.as_str(), code) {
        (_, _, 421) if !blames(&text) && says(&["too many", "maximum", "limit"]) => (
            Class::Unreachable,
            "the server has too many connections",
            TOO_MANY,
        ),
        (Stage::Login, "USER", _) if wants_encryption(reply) => (
            Class::Login,
            "the server wants an encrypted connection",
            "Use explicit TLS (ftpes://).",
        ),
        (_, _, 421) => (
            Class::Unreachable,
            "the server is not available and closed the connection",
            "",
        ),
        (Stage::Greeting, ..) => (Class::Unreachable, "the server does not let anybody in", ""),
        (Stage::Protect, "AUTH", _) => (
            Class::Tls,
            "the server does not offer TLS on this port",
            "Nothing secret was sent. If it speaks implicit TLS, use ftps://; plain FTP (ftp://) is not encrypted.",
        ),
        (Stage::Protect, ..) => (
            Class::Tls,
            "the server will not encrypt data connections",
            "Nothing secret was sent; encryption of data is never given up here.",
        ),
        (Stage::Login, _, 530) if !blames(&text) && says(&["too many", "maximum", "limit"]) => (
            Class::Unreachable,
            "the server allows no further login now",
            TOO_MANY,
        ),
        (Stage::Login, "ACCT", 500..=599) => (Class::Login, "the server refused the account", "Check it."),
        (Stage::Login, _, 332) => (
            Class::Login,
            "the server asks for an account besides user and password",
            "",
        ),
        (Stage::Login, _, 500..=599) => (Class::Login, "the server refused user or password", "Check both."),
        (Stage::Login, _, 331 | 336) => (
            Class::Login,
            "the server asks for one answer after another and lets nobody in",
            "",
        ),
        (Stage::Login, ..) => (Class::Login, "the server refused the login", ""),
        (_, "PORT" | "EPRT", 500..=599) => (
            Class::Data,
            "the server does not accept the address and port for active mode",
            "Use passive mode, or set the external IP address that the server sees.",
        ),
        (Stage::Data, "PASV" | "EPSV", _) => (
            Class::Data,
            "the server does not offer passive mode",
            "Try active mode.",
        ),
        (_, _, 425) => (
            Class::Data,
            "the server could not make the data connection",
            "In active mode our port must be reachable from the server; in passive mode its passive ports from here.",
        ),
        (_, _, 426) => (
            Class::Unreachable,
            "the data connection was closed during the transfer",
            "",
        ),
        _ if says_full(&verb, reply) => (
            Class::Refused,
            "the server has no room left, or your quota is used up",
            "Make room there, then let the transfers go on or try them again.",
        ),
        _ if says_too_long(reply) => (
            Class::Refused,
            "the name is too long for the server",
            "Give it a shorter one.",
        ),
        (_, _, 451) => (Class::Refused, "the server stopped with an error of its own", ""),
        (_, _, 452 | 552) => (Class::Refused, "the server has no room for it", ""),
        (_, _, 530 | 532) => (Class::Refused, "the server wants a login for this", ""),
        (_, _, 450 | 500..=504 | 550)
            if says(&[
                "no such",
                "not found",
                "existence",
                "not exist",
                "cannot find",
                "can't find",
                "doesn't exist",
            ]) =>
        {
            (
                Class::Refused,
                "there is no such file or folder on the server",
                "",
            )
        }
        (_, _, 501 | 550) if says(&["couldn't open"]) => (
            Class::Refused,
            "the server cannot open it: it is not there, or permission is missing",
            "",
        ),
        (_, _, 550) if says(&["exist"]) => (Class::Refused, "it exists already on the server", ""),
        (_, _, 550) if says(&["not empty"]) => (Class::Refused, "the folder is not empty", ""),
        (_, _, 550 | 553) if says_forbidden(reply) => (Class::Refused, "the server refuses permission", ""),
        // RFC 959 means the name; servers mean the folder's permissions most often
        (_, _, 553) => (
            Class::Refused,
            "the server lets no file of that name be written there",
            "",
        ),
        (_, _, 550) => (Class::Refused, "the server refused it", ""),
        (_, _, 450) => (
            Class::Refused,
            "the file is not available now",
            "It may be in use; try again later.",
        ),
        (_, _, 500..=504) => (Class::Refused, "the server does not know that command", ""),
        _ => (Class::Refused, "the server refused it", ""),
    };
    let mut failure = Failure::new(class, what, why).reply(reply.shown().as_bytes());
    failure.full = says_full(&verb, reply);
    if hint.is_empty() {
        failure
    } else {
        failure.hint(hint)
    }
}

/// Whether the refusal of a user says that there is no login without TLS.
pub(super) fn wants_encryption(reply: &Reply) -> bool {
    let said = reply.shown().to_ascii_lowercase();
    let words = ["tls", "ssl", "encrypt", "cleartext", "secure", "use auth"];
    matches!(reply.code, 421 | 503 | 530..=599) && words.iter().any(|word| said.contains(word))
}

/// Whether the reply says that a name is too long, which no other try makes shorter: pure-ftpd has 451
/// for it.
pub(super) fn says_too_long(reply: &Reply) -> bool {
    reply.shown().to_ascii_lowercase().contains("name too long")
}

/// Whether the reply says that it is forbidden, and not that there is no such file.
pub(super) fn says_forbidden(reply: &Reply) -> bool {
    let said = reply.shown().to_ascii_lowercase();
    let forbidden = [
        "permission",
        "denied",
        "not allowed",
        "prohibited",
        "forbidden",
        "privilege",
    ];
    forbidden.iter().any(|words| said.contains(words))
}

/// Whether the server refuses what would be written because it, or the user's share of it, is full:
/// 452 and 552 (RFC 959 §4.2.2), or another refusal that says so, such as `451 No space left on device`
/// or `550 Quota exceeded`.
pub(super) fn says_full(verb: &str, reply: &Reply) -> bool {
    let writes = ["STOR", "APPE", "STOU", "ALLO", "MKD", "XMKD"];
    if !writes.iter().any(|write| verb.eq_ignore_ascii_case(write)) || !(400..600).contains(&reply.code) {
        return false;
    }
    let said = reply.shown().to_ascii_lowercase();
    let full = [
        "no space",
        "disk full",
        "disk is full",
        "not enough space",
        "insufficient storage",
        "insufficient disk",
        "quota",
        "out of space",
        "over your limit",
    ];
    matches!(reply.code, 452 | 552) || full.iter().any(|words| said.contains(words))
}

/// Whether a refusal blames failed attempts: no limit to wait for, since each further one counts.
fn blames(said: &str) -> bool {
    ["attempt", "fail"].iter().any(|word| said.contains(word))
}

/// Whether the refusal of a login only says that the server has enough connections of ours. A wrong
/// password is 530 as well: only the words tell the two apart.
pub(super) fn says_limit(reply: &Reply) -> bool {
    let said = reply.shown().to_ascii_lowercase();
    let limit = [
        "too many",
        "maximum number",
        "max clients",
        "connection limit",
        "limit reached",
        "user limit",
        "no more connections",
        "too busy",
    ];
    !blames(&said) && limit.iter().any(|words| said.contains(words))
}

/// Whether the server refuses a data connection because it does not resume the control
/// connection's TLS session: `522 SSL connection failed: session reuse required` (vsftpd), `425 Unable
/// to build data connection: Operation not permitted` (ProFTPD), `425 Unable to build data connection:
/// TLS session of data connection not resumed.` (FileZilla Server 1), `450 TLS session of data
/// connection has not resumed or the session does not match the control connection` (0.9).
pub(super) fn demands_resumption(reply: &Reply) -> bool {
    let text = reply.shown().to_ascii_lowercase();
    let named = text.contains("session") && (text.contains("reuse") || text.contains("resum"));
    match reply.code {
        425 => named || text.contains("operation not permitted"),
        400..=599 => named,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(stage: Stage, verb: &str, reply: &str) -> (Class, String) {
        let reply = Reply::parse(reply.as_bytes()).unwrap();
        let failure = refused("x".into(), stage, verb, &reply);
        assert!(failure.reply.unwrap().starts_with(&reply.code.to_string()));
        (failure.class, failure.why)
    }

    #[test]
    fn real_servers_words() {
        for (stage, verb, reply, class, says) in [
            (
                Stage::Transfer,
                "RETR",
                "550 Failed to open file.",
                Class::Refused,
                "refused it",
            ),
            (
                Stage::Transfer,
                "RETR",
                "550 x: No such file or directory",
                Class::Refused,
                "no such",
            ),
            (
                Stage::Transfer,
                "RETR",
                "550 Can't check for file existence",
                Class::Refused,
                "no such",
            ),
            (
                Stage::Command,
                "CWD",
                "501 No such directory.",
                Class::Refused,
                "no such",
            ),
            (
                Stage::Command,
                "MKD",
                "550 /a: File exists",
                Class::Refused,
                "exists already",
            ),
            (
                Stage::Command,
                "STOR",
                "550 Permission denied.",
                Class::Refused,
                "permission",
            ),
            (
                Stage::Transfer,
                "STOR",
                "553 Can't open that file: Permission denied",
                Class::Refused,
                "permission",
            ),
            (
                Stage::Transfer,
                "STOR",
                "553 Could not create file.",
                Class::Refused,
                "written there",
            ),
            (
                Stage::Command,
                "RNTO",
                "451 Rename/move failure: File name too long",
                Class::Refused,
                "too long",
            ),
            (
                Stage::Command,
                "RMD",
                "550 Directory not empty",
                Class::Refused,
                "not empty",
            ),
            (
                Stage::Transfer,
                "STOR",
                "452 Disk quota exceeded",
                Class::Refused,
                "no room",
            ),
            (
                Stage::Login,
                "PASS",
                "530 Login incorrect.",
                Class::Login,
                "user or password",
            ),
            (
                Stage::Login,
                "USER",
                "530 Non-anonymous sessions must use encryption.",
                Class::Login,
                "encrypted",
            ),
            (
                Stage::Login,
                "USER",
                "421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.\r\n421 Bye",
                Class::Login,
                "encrypted",
            ),
            (
                Stage::Login,
                "USER",
                "503 Use AUTH first.",
                Class::Login,
                "encrypted",
            ),
            (
                Stage::Transfer,
                "MLSD",
                "501 Couldn't open the directory",
                Class::Refused,
                "not there",
            ),
            (
                Stage::Login,
                "PASS",
                "530 Too many users logged in",
                Class::Unreachable,
                "further login",
            ),
            (
                Stage::Login,
                "PASS",
                "530 Too many failed login attempts.",
                Class::Login,
                "user or password",
            ),
            (
                Stage::Greeting,
                "",
                "421 Too many connections",
                Class::Unreachable,
                "too many",
            ),
            (
                Stage::Protect,
                "AUTH",
                "530 Please login with USER and PASS.",
                Class::Tls,
                "does not offer TLS",
            ),
            (
                Stage::Protect,
                "PROT",
                "536 Requested PROT level not supported",
                Class::Tls,
                "not encrypt data",
            ),
            (
                Stage::Transfer,
                "LIST",
                "425 Cannot open data connection",
                Class::Data,
                "data connection",
            ),
            (
                Stage::Data,
                "PORT",
                "500 Illegal PORT command.",
                Class::Data,
                "active mode",
            ),
            (
                Stage::Command,
                "SITE",
                "500 Unknown command.",
                Class::Refused,
                "does not know",
            ),
        ] {
            let (found, why) = why(stage, verb, reply);
            assert_eq!(found, class, "{reply}: {why}");
            assert!(why.contains(says), "{reply}: {why}");
        }
    }

    #[test]
    fn who_is_full() {
        for (verb, reply, full) in [
            ("STOR", "452 Insufficient storage space in system.", true),
            (
                "STOR",
                "552 Requested file action aborted. Exceeded storage allocation.",
                true,
            ),
            ("stor", "451 x: No space left on device", true),
            ("APPE", "550 Quota exceeded", true),
            ("MKD", "550 /a: Disk quota exceeded", true),
            ("STOR", "426 Failure writing to local file: disk full", true),
            ("STOR", "550 Permission denied.", false),
            ("STOR", "553 Could not create file.", false),
            ("STOR", "226 No space left after this one", false),
            ("RETR", "451 No space left on device", false),
        ] {
            let parsed = Reply::parse(reply.as_bytes()).unwrap();
            assert_eq!(says_full(verb, &parsed), full, "{verb} {reply}");
            assert_eq!(
                refused("x".into(), Stage::Transfer, verb, &parsed).full,
                full,
                "{reply}"
            );
        }
    }

    #[test]
    fn who_demands_a_resumed_session() {
        for (reply, demands) in [
            ("522 SSL connection failed: session reuse required", true),
            (
                "522 SSL connection failed; session reuse required: see require_ssl_reuse option in vsftpd.conf man page",
                true,
            ),
            (
                "425 Unable to build data connection: Operation not permitted",
                true,
            ),
            (
                "425 Unable to build data connection: TLS session of data connection not resumed.",
                true,
            ),
            (
                "450 TLS session of data connection has not resumed or the session does not match the control connection",
                true,
            ),
            ("425 Unable to build data connection: Connection timed out", false),
            ("522 Network protocol not supported, use (1,2)", false),
            ("426 Data connection closed; transfer aborted.", false),
            ("150 Session resumed", false),
        ] {
            let parsed = Reply::parse(reply.as_bytes()).unwrap();
            assert_eq!(demands_resumption(&parsed), demands, "{reply}");
        }
    }
}
