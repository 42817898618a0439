//! What went wrong on the wire, in the words a person gets.

use std::io;
use std::time::Duration;

use super::{Error, Stage};
use crate::ftp::guard::Refusal;
use crate::ftp::reply::Reply;
use crate::ftp::tls::said;
use crate::ftp::wire::Injected;
use crate::ftp::{explain, proxy};
use crate::model::charset::Unwritable;
use crate::model::event::Wanted;
use crate::model::failure::{Class, Failure};
use crate::model::text::{escape, system_says};

impl Error {
    /// The failure a person reads; `what` is what did not happen.
    pub(crate) fn failure(&self, what: impl Into<String>) -> Failure {
        let what = what.into();
        let mut failure = match self {
            Self::NoAddress(host) => Failure::new(
                Class::Unreachable,
                what,
                format!("the name '{}' has no address", escape(host.as_bytes())),
            )
            .hint("Check the host name and this machine's name resolution."),
            Self::Broken(stage, error) => broken(what, *stage, error),
            Self::Silent(stage, after) => silent(what, *stage, *after),
            Self::NotFtp(line) => Failure::new(
                Class::Unreachable,
                what,
                "what answers there does not speak FTP",
            )
            .reply(line)
            .hint(
                "Check host and port: SSH (SFTP) is another protocol, and FTP usually listens on 21 or 990.",
            ),
            Self::Refused(stage, verb, reply) => explain::refused(what, *stage, verb, reply),
            Self::Unresumed { offered, reply } => unresumed(what, *offered, reply),
            Self::Proxy(stage, proxy, error) => proxy::failure(what, *stage, proxy, error),
            Self::Unanswered(wanted) => unanswered(what, wanted),
            Self::Unsendable(what_not) => Failure::new(
                Class::Login,
                what,
                format!("the {what_not} holds a line break or a NUL, which FTP cannot send"),
            ),
            Self::Injected => Failure::new(Class::Tls, what, Injected.to_string())
                .hint("Nothing secret was sent. Do not use this network for it."),
            Self::Tls(stage, error) => error.failure(what, *stage),
            Self::Guarded(Refusal::Unwritable(why)) => Failure::new(Class::Usage, what, why.to_string())
                .hint(match why {
                    Unwritable::Secret(_) => "Set the character set that the server really has.",
                    _ => "Set the character set that the server really has, or use another name.",
                }),
            Self::Guarded(Refusal::Raw(why, hint)) if !hint.is_empty() => {
                Failure::new(Class::Guarded, what, why.clone()).hint(*hint)
            }
            Self::Guarded(refusal) => Failure::new(Class::Guarded, what, refusal.to_string()),
            Self::Malformed(command, line) => Failure::new(
                Class::Other,
                what,
                format!("the answer to {command} could not be understood"),
            )
            .reply(line.as_bytes())
            .hint("What answers there may be no FTP server: the dialogue (--transcript FILE) shows all it says."),
            Self::Unasked(code) => Failure::new(
                Class::Unreachable,
                what,
                format!("the server sent a reply too many ({code}), which belongs to no command"),
            )
            .hint("Try again: a new connection begins from the start."),
            Self::Poisoned => Failure::new(Class::Unreachable, what, "the connection was lost before")
                .hint("Try again."),
            Self::OutOfOrder => Failure::new(
                Class::Unreachable,
                what,
                "the server answered in another order than it was asked",
            )
            .hint("Try again: a new connection begins from the start."),
            Self::LostPair(reply) => Failure::new(
                Class::Unreachable,
                what,
                "the server lost sight of the data connection that it was asked for just before",
            )
            .reply(reply.shown().as_bytes())
            .hint("Try again: it is asked one command after the other then."),
            Self::NoWay(why) => Failure::new(Class::Data, what, why.clone())
                .hint("Mode, External IP and Port range in the server's entry (--mode, --external-ip, --port-range) say how data connections are made."),
            Self::BothWays(first, error) => {
                let second = error.failure(what);
                let why = format!("{first}; then {}", second.why);
                Failure { why, ..second }
            }
            Self::Repaired(announced, error) => error.failure(what).hint(format!(
                "The server announced the public address {announced} for it, and the control connection's was used: if {announced} is right, set the passive address to 'as announced' (--pasv-address server)."
            )),
        };
        failure.transient = self.is_transient();
        failure
    }
}

/// The sentence for an error of the local disk.
pub(crate) fn local(what: String, error: &io::Error) -> Failure {
    let (why, hint) = match error.kind() {
        io::ErrorKind::StorageFull => ("the local disk is full", "Free some space and try again."),
        io::ErrorKind::FileTooLarge => (
            "the file is larger than this disk, or a limit of this machine, allows",
            "Choose another disk: FAT takes no file of 4 GiB.",
        ),
        io::ErrorKind::QuotaExceeded => ("your disk quota is used up", "Free some space and try again."),
        io::ErrorKind::PermissionDenied => (
            "permission denied on this machine",
            "Check who owns the file and its folder, and what their permissions allow.",
        ),
        io::ErrorKind::ReadOnlyFilesystem => ("the local file system is read only", "Choose another folder."),
        io::ErrorKind::NotFound => (
            "there is no such file or folder on this machine",
            "Check the path.",
        ),
        io::ErrorKind::InvalidFilename => (
            "the name is too long or not allowed on this machine",
            "Rename the file.",
        ),
        _ => ("", ""),
    };
    let why = match why {
        // said by ourselves
        "" if error.get_ref().is_some() && system_says(error) == error.to_string() => error.to_string(),
        "" => format!("the local disk says: {}", system_says(error)),
        why => why.to_owned(),
    };
    let mut failure = Failure::new(Class::Local, what, why);
    failure.full = matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    );
    if hint.is_empty() {
        failure
    } else {
        failure.hint(hint)
    }
}

fn broken(what: String, stage: Stage, error: &io::Error) -> Failure {
    use io::ErrorKind as Kind;
    let said = said(error);
    let (class, why, hint) = match (stage, error.kind()) {
        (Stage::Lookup, _) => (
            Class::Unreachable,
            format!("the host name could not be looked up ({said})"),
            "Check the host name and this machine's name resolution.",
        ),
        (Stage::Tcp, Kind::ConnectionRefused) => (
            Class::Unreachable,
            "nothing listens on that port".into(),
            "Check the port, and that the server is running.",
        ),
        (Stage::Tcp, Kind::HostUnreachable | Kind::NetworkUnreachable) => (
            Class::Unreachable,
            format!("there is no way to the host from here ({said})"),
            "Check this machine's network.",
        ),
        (_, Kind::InvalidData) => (
            Class::Unreachable,
            said,
            "What answers there may be no FTP server: check host and port.",
        ),
        // a reset this early comes from somebody who had accepted
        (Stage::Greeting, _) | (Stage::Tcp, Kind::ConnectionReset) => (
            Class::Unreachable,
            "the server closed the connection before it said anything".into(),
            "It may accept only certain addresses, or speak implicit TLS on this port (ftps://, usually 990).",
        ),
        (Stage::Tcp, _) => (
            Class::Unreachable,
            format!("the TCP connection failed ({said})"),
            "Check host and port, and this machine's network.",
        ),
        (Stage::Data, Kind::ConnectionRefused) => (
            Class::Data,
            "the server named a data port, and nothing listens there".into(),
            "A firewall may reject it: open the server's passive port range, or try active mode.",
        ),
        (Stage::Data, _) => (
            Class::Data,
            format!("the data connection failed ({said})"),
            "Open the server's passive port range in its firewall, or try active mode.",
        ),
        (Stage::Transfer, _) => (
            Class::Unreachable,
            format!("the data connection broke ({said})"),
            "Try again: what is interrupted can go on (-c).",
        ),
        // TLS 1.3 servers judge our certificate, or the lack of one, after the handshake
        (Stage::Protect, _) => (
            Class::Unreachable,
            "the server closed the connection before the login".into(),
            "It may not offer TLS here, or demand a client certificate (--client-cert).",
        ),
        (_, Kind::UnexpectedEof | Kind::ConnectionReset | Kind::BrokenPipe | Kind::ConnectionAborted) => (
            Class::Unreachable,
            "the server closed the connection".into(),
            "It may end idle sessions, or be restarting: try again.",
        ),
        _ => (
            Class::Unreachable,
            format!("the connection broke ({said})"),
            "Try again; if it stays so, look at this machine's network.",
        ),
    };
    Failure::new(class, what, why).hint(hint)
}

fn unresumed(what: String, offered: bool, reply: &Reply) -> Failure {
    let (why, hint) = if offered {
        (
            "the server demands that data connections resume the control connection's TLS session, and did not take the one that was offered",
            "Try --tls-max 1.2; the server's administrator can see why, or stop demanding it.",
        )
    } else {
        (
            "the server demands that data connections resume the control connection's TLS session, and the system's TLS library cannot",
            "Use the OpenSSL backend, which can (--tls-backend openssl).",
        )
    };
    Failure::new(Class::Tls, what, why)
        .reply(reply.shown().as_bytes())
        .hint(hint)
}

fn silent(what: String, stage: Stage, after: Duration) -> Failure {
    let seconds = crate::model::size::duration(after.as_secs().max(1));
    match stage {
        Stage::Lookup | Stage::Tcp | Stage::Proxy => {
            Failure::new(Class::Unreachable, what, format!("no answer within {seconds}"))
                .hint("A firewall may drop it: check host and port, and that the port is open.")
        }
        Stage::Greeting => Failure::new(Class::Unreachable, what, format!("connected, but no greeting within {seconds}"))
            .hint("The server may hang or be overloaded, or the port expect implicit TLS (ftps://, usually port 990)."),
        Stage::Handshake => Failure::new(Class::Tls, what, format!("the TLS handshake did not end within {seconds}"))
            .hint("The port may expect explicit TLS (ftpes://, usually port 21), or something on the way holds TLS up."),
        Stage::Data => Failure::new(Class::Data, what, format!("no data connection within {seconds}"))
            .hint("A firewall drops it: passive mode needs the server's passive ports open, active mode needs ours."),
        Stage::Protect | Stage::Login | Stage::Command | Stage::Transfer => {
            Failure::new(Class::Unreachable, what, format!("the server has been silent for {seconds}"))
                .hint("It may be overloaded, or a firewall has dropped the connection: try again, or wait longer (--timeout).")
        }
    }
}

fn unanswered(what: String, wanted: &Wanted) -> Failure {
    let failure = Failure::new(
        Class::Login,
        what,
        match wanted {
            Wanted::Answer(_) => "the server asks for an answer that only a person can give, and got none",
            Wanted::Account(_) => "the server asks for an account besides user and password, and got none",
            Wanted::ProxyPassword => "the proxy asks for a password, and got none",
        },
    );
    match wanted {
        Wanted::Answer(said) => failure.reply(said.as_bytes()),
        Wanted::Account(said) => failure
            .reply(said.as_bytes())
            .hint("Write it into the server's entry (account)."),
        Wanted::ProxyPassword => {
            failure.hint("Say in the server's entry where it comes from, or set FTPANE_PROXY_PASSWORD.")
        }
    }
}
