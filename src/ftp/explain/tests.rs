use super::*;
use Stage::{Command, Data, Greeting, Login, Protect, Transfer};

/// What a command may be answered by instead of success, where it is given, by the RFCs' lists.
#[rustfmt::skip]
const GIVEN: &[(&[Stage], &[&str], &[u16])] = &[
    // RFC 959 §5.4
    (&[Greeting], &[""], &[120, 421]),
    (&[Login], &["USER"], &[331, 332, 421, 500, 501, 530]),
    (&[Login], &["PASS"], &[202, 332, 421, 500, 501, 503, 530]),
    (&[Login], &["ACCT"], &[202, 421, 500, 501, 503, 530]),
    (&[Command], &["CWD", "CDUP", "RMD", "MKD"], &[421, 500, 501, 502, 530, 550]),
    (&[Command], &["SMNT"], &[202, 421, 500, 501, 502, 530, 550]),
    (&[Command], &["REIN"], &[120, 421, 500, 502]),
    (&[Data], &["PORT"], &[421, 500, 501, 530]),
    (&[Data], &["PASV"], &[421, 500, 501, 502, 530]),
    (&[Command], &["TYPE", "STRU", "MODE"], &[421, 500, 501, 504, 530]),
    (&[Command], &["ALLO"], &[202, 421, 500, 501, 504, 530]),
    (&[Command], &["REST"], &[421, 500, 501, 502, 530]),
    (&[Command, Transfer], &["STOR", "STOU"], &[421, 425, 426, 450, 451, 452, 500, 501, 530, 532, 551, 552, 553]),
    (&[Command, Transfer], &["APPE"], &[421, 425, 426, 450, 451, 452, 500, 501, 502, 530, 532, 550, 551, 552, 553]),
    (&[Command, Transfer], &["RETR"], &[421, 425, 426, 450, 451, 500, 501, 530, 550]),
    (&[Command, Transfer], &["LIST", "NLST"], &[421, 425, 426, 450, 451, 500, 501, 502, 530]),
    (&[Command], &["RNFR", "DELE"], &[421, 450, 500, 501, 502, 530, 550]),
    (&[Command], &["RNTO"], &[421, 500, 501, 502, 503, 530, 532, 553]),
    (&[Command], &["PWD"], &[421, 500, 501, 502, 550]),
    (&[Command], &["ABOR", "SYST", "HELP"], &[421, 500, 501, 502]),
    (&[Command], &["STAT"], &[421, 450, 500, 501, 502, 530]),
    (&[Command], &["SITE"], &[202, 500, 501, 530]),
    (&[Command], &["NOOP", "QUIT"], &[421, 500]),
    // its appendix II
    (&[Command], &["MKD", "XMKD"], &[521]),
    (&[Command], &["XRMD"], &[550]),
    // RFC 1123 §4.1.3.4
    (&[Command, Transfer], &["RETR", "STOR", "APPE"], &[554, 555]),
    // RFC 1639 §2
    (&[Data], &["LPRT"], &[421, 500, 501, 521, 530]),
    (&[Data], &["LPSV"], &[421, 500, 501, 502, 521, 530]),
    // RFC 2228 §8, RFC 4217 §§4 to 9
    (&[Protect], &["AUTH"], &[334, 421, 431, 500, 501, 502, 504, 534]),
    (&[Protect], &["PBSZ"], &[421, 500, 501, 503, 530]),
    (&[Protect], &["PROT"], &[421, 431, 500, 501, 503, 504, 530, 534, 536]),
    (&[Command], &["CCC"], &[421, 500, 501, 503, 530, 533, 534]),
    (&[Command], &["MIC", "CONF", "ENC"], &[421, 500, 501, 503, 533, 535, 537]),
    (&[Login], &["USER", "PASS", "ACCT"], &[336, 431, 533, 534, 535, 537]),
    (&[Command, Transfer], &["RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"], &[431, 521, 522, 533, 534, 535]),
    // RFC 2389 §§3 and 4
    (&[Command], &["FEAT"], &[421, 500, 502]),
    (&[Command], &["OPTS"], &[421, 451, 500, 501, 502]),
    // RFC 2428 §§2 and 3
    (&[Data], &["EPRT", "EPSV"], &[421, 425, 500, 501, 502, 522, 530]),
    // RFC 2640 §4
    (&[Command], &["LANG"], &[421, 500, 501, 502, 504, 530]),
    // RFC 3659 §§3 to 7, and the draft that has MFMT
    (&[Command], &["MDTM", "SIZE", "MLST", "MFMT"], &[421, 450, 500, 501, 502, 504, 530, 550, 553]),
    (&[Command, Transfer], &["MLSD"], &[421, 425, 426, 450, 451, 500, 501, 502, 504, 530, 550]),
];

/// Each reply that an RFC gives a meaning there has a sentence of its own and something to do, and the
/// server's words stand beside it.
#[test]
fn each_code_means_something_at_each_stage() {
    for (stages, verbs, codes) in GIVEN {
        for (stage, verb, code) in stages.iter().flat_map(|stage| {
            verbs
                .iter()
                .flat_map(move |verb| codes.iter().map(move |code| (*stage, *verb, *code)))
        }) {
            let reply = Reply::parse(format!("{code} Xyzzy.").as_bytes()).unwrap();
            let failure = refused("Not done".into(), stage, verb, &reply);
            let whose = format!("{stage:?} {verb} {code}: {failure}");
            assert_ne!(failure.why, "the server refused it", "{whose}");
            assert!(!failure.why.contains("do it now"), "{whose}");
            assert!(failure.hint.is_some_and(|hint| hint.ends_with('.')), "{whose}");
            assert!(
                whose.contains(&format!("(the server said: {code} Xyzzy.)")),
                "{whose}"
            );
        }
    }
}

/// What no RFC has is refused all the same, by its first digit, and something can be done about each.
#[test]
fn other_codes_go_by_their_first_digit() {
    for (code, why) in [
        (299, "the server's answer does not fit the command"),
        (499, "the server could not do it now"),
        (599, "the server refused it"),
    ] {
        let reply = Reply::parse(format!("{code} Xyzzy.").as_bytes()).unwrap();
        assert_eq!(refused("x".into(), Command, "DELE", &reply).why, why);
    }
    for code in 100..600 {
        let reply = Reply::parse(format!("{code} Xyzzy.").as_bytes()).unwrap();
        for stage in [Greeting, Protect, Login, Command, Data, Transfer] {
            for verb in [
                "", "USER", "PASS", "PASV", "EPRT", "LIST", "RETR", "STOR", "MKD", "XYZZ",
            ] {
                let failure = refused("x".into(), stage, verb, &reply);
                let whose = format!("{stage:?} {verb} {code}: {failure}");
                assert!(failure.hint.is_some_and(|hint| hint.ends_with('.')), "{whose}");
                assert!(
                    whose.contains(&format!("(the server said: {code} Xyzzy.)")),
                    "{whose}"
                );
            }
        }
    }
}

/// No row stands behind one that takes all it is for: there is a reply for each.
#[test]
fn each_row_is_for_something() {
    let worded = REAL
        .iter()
        .map(|(stage, verb, reply, ..)| (*stage, *verb, (*reply).to_owned()));
    let given = GIVEN.iter().flat_map(|(stages, verbs, codes)| {
        let all = stages
            .iter()
            .flat_map(move |stage| verbs.iter().map(move |verb| (*stage, *verb)));
        all.flat_map(move |(stage, verb)| {
            codes
                .iter()
                .map(move |code| (stage, verb, format!("{code} Xyzzy.")))
        })
    });
    let others = [
        (Login, "USER", "230 Xyzzy."),
        (Login, "PASS", "430 Invalid password"),
        (Login, "PASS", "451 Xyzzy."),
        (Greeting, "", "500 Xyzzy."),
        (Command, "RETR", "552 Xyzzy."),
        (Command, "DELE", "499 Xyzzy."),
        (Transfer, "MLSD", "425 TLS negotiation failed."),
        (Command, "DELE", "534 Xyzzy."),
        (Command, "DELE", "599 Xyzzy."),
        (Protect, "PROT", "431 Xyzzy."),
    ];
    let others = others.map(|(stage, verb, reply)| (stage, verb, reply.to_owned()));
    let mut left: Vec<&Row> = ROWS.iter().collect();
    for (stage, verb, reply) in worded.chain(given).chain(others) {
        let reply = Reply::parse(reply.as_bytes()).unwrap();
        if let Some(row) = ROWS.iter().find(|row| row.fits(stage, verb, &reply)) {
            left.retain(|other| !std::ptr::eq(*other, row));
        }
    }
    let left: Vec<_> = left
        .iter()
        .map(|row| (row.stages, row.verbs, row.codes, row.why))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn why(stage: Stage, verb: &str, reply: &str) -> (Class, String) {
    let reply = Reply::parse(reply.as_bytes()).unwrap();
    let failure = refused("x".into(), stage, verb, &reply);
    assert!(failure.reply.unwrap().starts_with(&reply.code.to_string()));
    (failure.class, failure.why)
}

/// What servers say, and the words that its explanation must have.
const REAL: &[(Stage, &str, &str, Class, &str)] = &[
    (
        Transfer,
        "RETR",
        "550 Failed to open file.",
        Class::Refused,
        "not there, or permission",
    ),
    (
        Transfer,
        "RETR",
        "550 x: No such file or directory",
        Class::Refused,
        "no such",
    ),
    (
        Transfer,
        "RETR",
        "550 Can't check for file existence",
        Class::Refused,
        "no such",
    ),
    (
        Command,
        "CWD",
        "501 No such directory.",
        Class::Refused,
        "no such",
    ),
    (
        Command,
        "MKD",
        "550 /a: File exists",
        Class::Refused,
        "exists already",
    ),
    (
        Command,
        "STOR",
        "550 Permission denied.",
        Class::Refused,
        "permission",
    ),
    (
        Transfer,
        "STOR",
        "553 Can't open that file: Permission denied",
        Class::Refused,
        "permission",
    ),
    (
        Transfer,
        "STOR",
        "553 Could not create file.",
        Class::Refused,
        "written there",
    ),
    (
        Command,
        "RNTO",
        "451 Rename/move failure: File name too long",
        Class::Refused,
        "too long",
    ),
    (
        Command,
        "RMD",
        "550 Directory not empty",
        Class::Refused,
        "not empty",
    ),
    (
        Transfer,
        "STOR",
        "452 Disk quota exceeded",
        Class::Refused,
        "no room",
    ),
    (
        Login,
        "PASS",
        "530 Login incorrect.",
        Class::Login,
        "user or password",
    ),
    (
        Login,
        "USER",
        "530 Non-anonymous sessions must use encryption.",
        Class::Login,
        "encrypted",
    ),
    (
        Login,
        "USER",
        "421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.\r\n421 Bye",
        Class::Login,
        "encrypted",
    ),
    (Login, "USER", "503 Use AUTH first.", Class::Login, "encrypted"),
    (
        Transfer,
        "MLSD",
        "501 Couldn't open the directory",
        Class::Refused,
        "not there",
    ),
    (
        Login,
        "PASS",
        "530 Too many users logged in",
        Class::Unreachable,
        "further login",
    ),
    (
        Login,
        "PASS",
        "530 Too many failed login attempts.",
        Class::Login,
        "user or password",
    ),
    (
        Greeting,
        "",
        "421 Too many connections",
        Class::Unreachable,
        "too many",
    ),
    (
        Protect,
        "AUTH",
        "530 Please login with USER and PASS.",
        Class::Tls,
        "does not offer TLS",
    ),
    (
        Protect,
        "PROT",
        "536 Requested PROT level not supported",
        Class::Tls,
        "not encrypt data",
    ),
    (
        Transfer,
        "LIST",
        "425 Cannot open data connection",
        Class::Data,
        "data connection",
    ),
    (
        Data,
        "PORT",
        "500 Illegal PORT command.",
        Class::Data,
        "active mode",
    ),
    (
        Command,
        "SITE",
        "500 Unknown command.",
        Class::Refused,
        "does not know",
    ),
    // vsftpd
    (
        Login,
        "PASS",
        "500 OOPS: vsftpd: refusing to run with writable root inside chroot()",
        Class::Login,
        "home folder can be written to",
    ),
    (
        Login,
        "PASS",
        "500 OOPS: cannot change directory:/home/me",
        Class::Login,
        "cannot enter this user's home folder",
    ),
    (
        Greeting,
        "",
        "500 OOPS: unrecognised variable in config file: pasv_prot",
        Class::Unreachable,
        "gave up with an error of its own",
    ),
    (
        Login,
        "USER",
        "530 This FTP server is anonymous only.",
        Class::Login,
        "only anonymous users",
    ),
    (
        Login,
        "USER",
        "530 Permission denied.",
        Class::Login,
        "does not let this user in",
    ),
    (
        Transfer,
        "STOR",
        "451 Failure writing to local file.",
        Class::Refused,
        "no room left, or your quota",
    ),
    (
        Transfer,
        "RETR",
        "425 Security: Bad IP connecting.",
        Class::Data,
        "another address",
    ),
    (
        Transfer,
        "STOR",
        "522 SSL/TLS required on the data channel",
        Class::Tls,
        "with this protection",
    ),
    // ProFTPD
    (
        Login,
        "USER",
        "550 SSL/TLS required on the control channel",
        Class::Login,
        "encrypted connection",
    ),
    (
        Command,
        "SITE",
        "550 x: Operation not permitted",
        Class::Refused,
        "refuses permission",
    ),
    (
        Transfer,
        "RETR",
        "550 dev: Not a regular file",
        Class::Refused,
        "is no file",
    ),
    (
        Command,
        "CWD",
        "550 a.txt: Not a directory",
        Class::Refused,
        "is no folder",
    ),
    (
        Transfer,
        "STOR",
        "553 Can't open that file: Read-only file system",
        Class::Refused,
        "read-only there",
    ),
    // pure-ftpd
    (
        Login,
        "USER",
        "530 This is a private system - No anonymous login",
        Class::Login,
        "no anonymous users",
    ),
    (
        Login,
        "USER",
        "421 50 users (the maximum) are already logged in, sorry",
        Class::Unreachable,
        "too many",
    ),
    (
        Transfer,
        "STOR",
        "553 Prohibited file name: .htaccess",
        Class::Refused,
        "a name like that",
    ),
    // IIS
    (
        Login,
        "PASS",
        "530 User cannot log in, home directory inaccessible.",
        Class::Login,
        "home folder",
    ),
    (
        Login,
        "USER",
        "530 Valid hostname is expected.",
        Class::Login,
        "several sites",
    ),
    (
        Login,
        "PASS",
        "534 Policy requires SSL.",
        Class::Login,
        "do not allow a login",
    ),
    (
        Protect,
        "AUTH",
        "534 Local policy on server does not allow TLS secure connections.",
        Class::Tls,
        "rules do not allow TLS",
    ),
    (
        Transfer,
        "STOR",
        "550 Access is denied.",
        Class::Refused,
        "permission",
    ),
    (
        Transfer,
        "RETR",
        "550 The system cannot find the file specified.",
        Class::Refused,
        "no such",
    ),
    (
        Command,
        "DELE",
        "550 The process cannot access the file because it is being used by another process.",
        Class::Refused,
        "somebody else uses",
    ),
    (
        Command,
        "MKD",
        "550 Cannot create a file when that file already exists.",
        Class::Refused,
        "exists already",
    ),
    (
        Transfer,
        "STOR",
        "550 The filename, directory name, or volume label syntax is incorrect.",
        Class::Refused,
        "a name like that",
    ),
    (
        Transfer,
        "LIST",
        "550 Data channel timed out.",
        Class::Data,
        "waited in vain",
    ),
    // FileZilla Server
    (
        Transfer,
        "RETR",
        "425 Can't open data connection for transfer of \"/x\"",
        Class::Data,
        "data connection",
    ),
    (
        Transfer,
        "RETR",
        "503 Bad sequence of commands.",
        Class::Refused,
        "another command before",
    ),
    (
        Transfer,
        "RETR",
        "521 PROT P required",
        Class::Tls,
        "with this protection",
    ),
];

#[test]
fn real_servers_words() {
    for (stage, verb, reply, class, says) in REAL {
        let (found, why) = why(*stage, verb, reply);
        assert_eq!(found, *class, "{reply}: {why}");
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
        assert_eq!(refused("x".into(), Transfer, verb, &parsed).full, full, "{reply}");
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
