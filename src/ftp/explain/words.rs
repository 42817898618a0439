//! What a refusal says beside its code: many servers have one code for many things, and only their words
//! tell them apart.

use super::super::reply::Reply;

/// Whether the reply has one of these, which are written in small letters.
pub(super) fn says_any(reply: &Reply, words: &[&str]) -> bool {
    let said = reply.own_words();
    words.iter().any(|word| said.contains(word))
}

/// Whether it says that there is no such thing.
pub(in crate::ftp) fn says_missing(_: &str, reply: &Reply) -> bool {
    let missing = [
        "no such",
        "not found",
        "existence",
        "not exist",
        "cannot find",
        "can't find",
        "doesn't exist",
    ];
    says_any(reply, &missing)
}

/// Whether it says that it could not be opened, and not why (FileZilla Server).
pub(super) fn says_unopened(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["couldn't open"])
}

/// Whether it says that there is such a thing already; asked where [`says_missing`] was not so.
pub(super) fn says_existing(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["exist"])
}

/// Whether it says that a folder is not empty.
pub(super) fn says_not_empty(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["not empty"])
}

/// Whether it says that TLS is the matter; a path that it repeats in quotes says nothing.
pub(in crate::ftp) fn says_tls(_: &str, reply: &Reply) -> bool {
    let said = reply.own_words();
    let mut own = said.split('"').step_by(2);
    own.any(|part| ["tls", "ssl", "handshake"].iter().any(|word| part.contains(word)))
}

/// Whether it is vsftpd's refusal of a home folder that can be written to, below which it is to be shut in.
pub(super) fn says_writable_root(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["writable root"])
}

/// Whether a login ends at the user's home folder (vsftpd, IIS, ProFTPD): the password may have been right.
pub(super) fn says_no_home(_: &str, reply: &Reply) -> bool {
    let words = [
        "cannot change directory",
        "can't change directory",
        "home directory",
        "could not chdir",
    ];
    says_any(reply, &words)
}

/// Whether vsftpd has given up.
pub(super) fn says_oops(_: &str, reply: &Reply) -> bool {
    reply.own_words().starts_with("oops")
}

/// Whether it says that nobody has a name here.
pub(super) fn says_anonymous_only(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["anonymous only", "only anonymous"])
}

/// Whether a refused login speaks of anonymous users; asked where [`says_anonymous_only`] was not so.
pub(super) fn says_anonymous(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["anonymous"])
}

/// Whether IIS wants to be told which of its sites is meant.
pub(super) fn says_site(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["valid hostname"])
}

/// Whether vsftpd has seen the data connection come from elsewhere.
pub(super) fn says_other_address(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["bad ip"])
}

/// Whether IIS has 550 for what others call 425.
pub(super) fn says_data_channel(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["data channel"])
}

/// Whether the server's own disk has failed it; vsftpd says no more than that of a full one.
pub(super) fn says_failed_writing(_: &str, reply: &Reply) -> bool {
    says_any(
        reply,
        &["failure writing to local file", "error writing", "write error"],
    )
}

/// Whether it says that somebody has the file open. (ProFTPD with HiddenStores writes to a hidden file beside it, which
/// stays as long as the session that writes it: `550 f: Temporary hidden file /.in.f. already exists`.)
pub(in crate::ftp) fn says_in_use(_: &str, reply: &Reply) -> bool {
    let words = [
        "used by another process",
        "text file busy",
        "resource busy",
        "is locked",
        "temporary hidden file",
    ];
    says_any(reply, &words)
}

/// Whether it says that nothing is written on that disk.
pub(super) fn says_read_only(_: &str, reply: &Reply) -> bool {
    let words = [
        "read-only file system",
        "file system is read-only",
        "filesystem is read-only",
    ];
    says_any(reply, &words)
}

/// Whether it says that a name is none for this server.
pub(super) fn says_bad_name(_: &str, reply: &Reply) -> bool {
    let words = [
        "syntax is incorrect",
        "prohibited file name",
        "forbidden filename",
        "invalid file name",
        "invalid filename",
        "illegal file name",
        "illegal name",
    ];
    says_any(reply, &words)
}

/// Whether something else than a folder has the name.
pub(super) fn says_no_folder(_: &str, reply: &Reply) -> bool {
    says_any(reply, &["not a directory", "not a folder"])
}

/// Whether something else than a file has the name.
pub(super) fn says_no_file(_: &str, reply: &Reply) -> bool {
    says_any(
        reply,
        &["not a regular file", "not a plain file", "is a directory"],
    )
}

/// Whether the refusal of a user says that there is no login without TLS.
pub(in crate::ftp) fn wants_encryption(reply: &Reply) -> bool {
    let words = ["tls", "ssl", "encrypt", "cleartext", "secure", "use auth"];
    matches!(reply.code, 421 | 503 | 530..=599) && says_any(reply, &words)
}

/// Whether the reply says that a name is too long, which no other try makes shorter: pure-ftpd has 451
/// for it.
pub(in crate::ftp) fn says_too_long(reply: &Reply) -> bool {
    says_any(reply, &["name too long"])
}

/// Whether the reply says that it is forbidden, and not that there is no such file.
pub(in crate::ftp) fn says_forbidden(reply: &Reply) -> bool {
    let forbidden = [
        "permission",
        "denied",
        "not allowed",
        "not permitted",
        "prohibited",
        "forbidden",
        "privilege",
    ];
    says_any(reply, &forbidden)
}

/// Whether the server refuses what would be written because it, or the user's share of it, is full:
/// 452 and 552 (RFC 959 §4.2.2), or another refusal that says so, such as `451 No space left on device`
/// or `550 Quota exceeded`.
pub(in crate::ftp) fn says_full(verb: &str, reply: &Reply) -> bool {
    let writes = ["STOR", "APPE", "STOU", "ALLO", "MKD", "XMKD"];
    if !writes.iter().any(|write| verb.eq_ignore_ascii_case(write)) || !(400..600).contains(&reply.code) {
        return false;
    }
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
    matches!(reply.code, 452 | 552) || says_any(reply, &full)
}

/// Whether a refusal blames failed attempts: no limit to wait for, since each further one counts.
pub(super) fn blames(said: &str) -> bool {
    ["attempt", "fail"].iter().any(|word| said.contains(word))
}

/// Whether a refusal only says that the server has enough connections of ours. A wrong
/// password is 530 as well: only the words tell the two apart. With 421 fewer of them do, as long as they are not
/// about the time that a session may take.
pub(in crate::ftp) fn says_limit(reply: &Reply) -> bool {
    let said = reply.own_words();
    let any = |words: &[&str]| words.iter().any(|words| said.contains(words));
    let limit = [
        "too many",
        "maximum number",
        "max clients",
        "max connections",
        "connection limit",
        "limit reached",
        "user limit",
        "simultaneous",
        "concurrent",
        "no more connections",
        "too busy",
        "server is full",
    ];
    let closes = reply.code == 421 && any(&["maximum", "limit"]) && !said.contains("time");
    !blames(&said) && (any(&limit) || closes)
}

/// Whether the server refuses a data connection because it does not resume the control
/// connection's TLS session: `522 SSL connection failed: session reuse required` (vsftpd), `425 Unable
/// to build data connection: Operation not permitted` (ProFTPD), `425 Unable to build data connection:
/// TLS session of data connection not resumed.` (FileZilla Server 1), `450 TLS session of data
/// connection has not resumed or the session does not match the control connection` (0.9).
pub(in crate::ftp) fn demands_resumption(reply: &Reply) -> bool {
    let text = reply.own_words();
    let named = text.contains("session") && (text.contains("reuse") || text.contains("resum"));
    match reply.code {
        425 => named || text.contains("operation not permitted"),
        426 | 450 | 522 => named,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(line: &str, text: &str) -> Reply {
        Reply::parse(text.as_bytes()).unwrap().about(line.as_bytes())
    }

    /// In the words of the servers: what is judged by them is a login that waits or one that is given up.
    #[test]
    fn a_limit_is_told_from_a_wrong_password_and_from_a_time_that_is_over() {
        for (text, limit) in [
            ("421 50 users (the maximum) are already logged in, sorry", true), // pure-ftpd
            ("421 Maximum login limit has been reached.", true),
            ("421 There are too many connected users, please try later.", true), // vsftpd
            (
                "530 Sorry, the maximum number of clients (3) for this user are already connected.",
                true,
            ), // ProFTPD
            (
                "530 Sorry, your account is restricted to 1 simultaneous logins.",
                true,
            ), // glftpd
            ("530 Maximum concurrent sessions.", true),
            ("421 Login time limit exceeded.", false),
            ("421 Maximum session time reached.", false),
            ("421 Timeout (900 seconds): closing control connection.", false),
            ("421 Maximum login attempts exceeded.", false),
            ("530 Login incorrect.", false),
            ("530 Maximum length of a password is 8.", false),
        ] {
            assert_eq!(says_limit(&reply("USER me", text)), limit, "{text}");
        }
    }

    #[test]
    fn a_path_that_is_repeated_says_nothing() {
        type Says = fn(&str, &Reply) -> bool;
        // words that a matcher looks for, with a code where it does
        let matchers: [(Says, u16, &str); 25] = [
            (says_missing, 550, "no such"),
            (says_unopened, 550, "couldn't open"),
            (says_existing, 550, "exist"),
            (says_not_empty, 550, "not empty"),
            (says_tls, 425, "tls"),
            (says_tls, 426, "handshake"),
            (says_writable_root, 500, "writable root"),
            (says_no_home, 550, "home directory"),
            (says_oops, 500, "oops"),
            (says_anonymous_only, 530, "anonymous only"),
            (says_anonymous, 530, "anonymous"),
            (says_site, 530, "valid hostname"),
            (says_other_address, 425, "bad ip"),
            (says_data_channel, 550, "data channel"),
            (says_failed_writing, 451, "write error"),
            (says_in_use, 550, "is locked"),
            (says_read_only, 550, "read-only file system"),
            (says_bad_name, 553, "illegal name"),
            (says_no_folder, 550, "not a directory"),
            (says_no_file, 550, "is a directory"),
            (|_, reply| wants_encryption(reply), 530, "use auth"),
            (|_, reply| says_too_long(reply), 550, "name too long"),
            (|_, reply| says_forbidden(reply), 550, "denied"),
            (says_full, 550, "quota"),
            (|_, reply| demands_resumption(reply), 450, "session resume"),
        ];
        for (says, code, words) in matchers {
            let said = |line: &str, text: &str| says("STOR", &reply(line, &format!("{code} {text}")));
            let path = format!("/srv/{words}/a {words}");
            let name = format!("a {words}");
            let line = format!("STOR {path}");
            assert!(said(&line, words), "{words}: of its own");
            for text in [
                format!("{path}: Broken"),
                format!("Cannot take \"{path}\""),
                format!("Cannot take {path}: Broken"),
                format!("Cannot take {path}"),
                format!("{name}: Broken"),
                format!("Cannot take '{name}'."),
                format!("Cannot take it: {name}"),
                // below the folder in which the user is shut in
                format!("/home/me{path}: Broken"),
            ] {
                assert!(!said(&line, &text), "{words}: {code} {text}");
            }
            assert!(!said("", &format!("{path}: Broken")), "{words}: nothing is known");
        }
        for (text, tls) in [
            (
                "425 Unable to build data connection: TLS negotiation failed.",
                true,
            ),
            ("426 SSL read failed.", true),
            (
                "425 Can't open data connection for transfer of \"/tls/ssl\"",
                false,
            ),
            ("425 Cannot open data connection.", false),
        ] {
            assert_eq!(says_tls("", &reply("", text)), tls, "{text}");
        }
        assert!(!says_oops("", &reply("", "500 Unknown command: OOPS")));
        assert!(!demands_resumption(&reply(
            "",
            "550 session resume.txt: No such file"
        )));
    }
}
