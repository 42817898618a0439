//! What can go wrong on the wire, and how it is said to a person.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::explain::{
    says_forbidden, says_full, says_limit, says_missing, says_tls, says_too_long, wants_encryption,
};
use super::guard::Refusal;
use super::proxy::ProxyError;
use super::reply::Reply;
use super::tls::{TlsError, said};
use super::wire::Injected;
use crate::model::certificate::{Certificate, Pin};
use crate::model::charset::Unwritable;
use crate::model::event::Wanted;
use crate::model::failure::{Class, Failure};
use crate::model::proxy::Proxy;
use crate::model::text::{escape, system_says};

/// What a session was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Looking the host name up.
    Lookup,
    /// Making the TCP connection.
    Tcp,
    /// Getting through the proxy.
    Proxy,
    /// The TLS handshake of the control connection.
    Handshake,
    /// Waiting for the greeting.
    Greeting,
    /// `AUTH`, `PBSZ`, `PROT`.
    Protect,
    /// `USER`, `PASS`.
    Login,
    /// Later.
    Command,
    /// Making the data connection.
    Data,
    /// Moving data.
    Transfer,
}

/// A failure on the wire.
#[derive(Debug)]
pub(crate) enum Error {
    /// The host name has no address.
    NoAddress(String),
    /// The line broke, or the server closed it.
    Broken(Stage, io::Error),
    /// Nothing was heard for this long.
    Silent(Stage, Duration),
    /// What answers does not speak FTP; its first line.
    NotFtp(Vec<u8>),
    /// The server answered the verb with a reply that is not what it was asked for.
    Refused(Stage, String, Reply),
    /// The server refuses a data connection that does not resume the control connection's TLS
    /// session. `offered`: it was offered; what the server gave for it may be too old.
    Unresumed {
        /// Whether the library can offer it at all.
        offered: bool,
        /// The server's words.
        reply: Reply,
    },
    /// The proxy did not lead to the server; [`Stage::Data`] where that was for a data connection.
    Proxy(Stage, Box<Proxy>, ProxyError),
    /// The login needs something that nobody has said.
    Unanswered(Wanted),
    /// What cannot be sent: which of user, password and account, and why not.
    Unsendable(&'static str),
    /// Something arrived in clear behind the answer to `AUTH`.
    Injected,
    /// TLS could not be had.
    Tls(Stage, TlsError),
    /// The gate did not let the line out.
    Guarded(Refusal),
    /// A reply that could not be understood.
    Malformed(&'static str, String),
    /// The session was given up after an earlier failure.
    Poisoned,
    /// The replies came in another order than the commands.
    OutOfOrder,
    /// The server has lost sight of the data connection that it was asked for in the same write: one by one it
    /// goes well, most likely.
    LostPair(Reply),
    /// No data connection can be made at all: no free port in the range, no address to announce, no
    /// passive mode over IPv6.
    NoWay(String),
    /// The passive address was repaired, nothing answered there, and this is the address that the
    /// server had announced, a public one.
    Repaired(Ipv4Addr, Box<Error>),
    /// In mode `auto` the way tried first failed, with what is said of that, and then the other.
    BothWays(String, Box<Error>),
}

impl Error {
    /// Whether the same on a new session may go well.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Broken(..) | Self::Silent(..) | Self::Poisoned | Self::OutOfOrder | Self::LostPair(_) => {
                true
            }
            Self::Refused(stage, verb, reply) => {
                self.is_limit()
                    || reply.code / 100 == 4
                        && reply.code != 452
                        && !says_full(verb, reply)
                        && !says_too_long(reply)
                    || (reply.code == 530 && *stage != Stage::Login)
            }
            Self::Tls(_, TlsError::Broken(_) | TlsError::Stalled(_)) => true,
            Self::Repaired(_, error) | Self::BothWays(_, error) => error.is_transient(),
            Self::Proxy(_, _, error) => match error {
                ProxyError::Unreached(error) => error.is_transient(),
                ProxyError::Broken(_) | ProxyError::Silent(_) | ProxyError::Refused(..) => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the server let nobody else in: once a session of ours is in, a refused login is
    /// more likely a limit than a password that has become wrong meanwhile.
    pub(crate) fn is_turned_away(&self) -> bool {
        self.is_limit()
            || match self {
                Self::Refused(Stage::Greeting | Stage::Protect, _, reply) => reply.code == 421,
                Self::Refused(Stage::Login, _, reply) => matches!(reply.code, 421 | 500..=599),
                _ => false,
            }
    }

    /// Whether a person can help by saying the password of the proxy.
    pub(crate) fn wants_proxy_password(&self) -> bool {
        matches!(self, Self::Proxy(_, _, ProxyError::WantsPassword))
    }

    /// Whether the server lets nobody in without TLS.
    pub(crate) fn wants_encryption(&self) -> bool {
        matches!(self, Self::Refused(Stage::Login, verb, reply) if verb == "USER" && wants_encryption(reply))
    }

    /// Whether the server refuses a transfer for how its data connection is protected, or is not: by a code
    /// of its own (RFC 4217 §12.6), or in words beside another.
    pub(crate) fn blames_protection(&self) -> bool {
        match self {
            // of these 521 and 522 are about the kind of address (RFC 1639, RFC 2428)
            Self::Refused(_, verb, _) if matches!(verb.as_str(), "EPSV" | "PASV" | "EPRT" | "PORT") => false,
            Self::Refused(_, _, reply) => {
                matches!(reply.code, 521 | 522 | 533..=537)
                    || (matches!(reply.code, 425 | 426) && says_tls("", reply))
            }
            _ => false,
        }
    }

    /// Whether the server only says that it has enough connections of ours.
    pub(crate) fn is_limit(&self) -> bool {
        match self {
            Self::Refused(Stage::Greeting | Stage::Login | Stage::Protect, _, reply) => says_limit(reply),
            // without a word: so firewalls and inetd's kin end a connection too many
            Self::Broken(Stage::Greeting, _) => true,
            _ => false,
        }
    }

    /// Whether the connection was lost, so that the same may go well on a new one.
    pub(crate) fn is_loss(&self) -> bool {
        match self {
            Self::Broken(stage, _) | Self::Silent(stage, _) => *stage == Stage::Command,
            Self::Refused(_, _, reply) => reply.code == 421,
            Self::Unresumed { offered, .. } => *offered,
            Self::Poisoned | Self::OutOfOrder => true,
            Self::BothWays(_, error) => error.is_loss(),
            _ => false,
        }
    }

    /// Whether the server does not let a transfer begin in the middle: it refuses REST, or what comes
    /// after it, for no reason that would hold for the whole file too. ProFTPD: `451 Append/Restart not
    /// permitted, try again`.
    pub(crate) fn refuses_to_continue(&self) -> bool {
        match self {
            Self::Refused(Stage::Command, verb, reply) if verb != "STOR" => reply.code != 421,
            Self::Refused(Stage::Command | Stage::Transfer, _, reply) => {
                !matches!(reply.code, 421 | 425 | 426 | 450 | 452 | 552)
            }
            _ => false,
        }
    }

    /// Whether the server does not know the command at all (RFC 959 §4.2.1), or not what comes behind
    /// SITE.
    pub(crate) fn is_unknown_command(&self) -> bool {
        matches!(self, Self::Refused(_, _, reply) if matches!(reply.code, 202 | 500 | 502 | 504))
    }

    /// Whether the server says that there is no such thing, and not that it is forbidden.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self, Self::Refused(Stage::Command, verb, reply)
            if reply.code == 550 && says_missing(verb, reply) && !says_forbidden(reply))
    }

    /// Whether the fence keeps the path in: nothing was sent.
    pub(crate) fn is_fenced(&self) -> bool {
        matches!(self, Self::Guarded(Refusal::Fenced(_)))
    }

    /// Whether the server refused to make a file of that name, before it took anything of it; not for
    /// want of room.
    pub(crate) fn refuses_name(&self) -> bool {
        match self {
            Self::Refused(Stage::Command, verb, reply) => {
                verb == "STOR"
                    && matches!(reply.code, 550 | 553)
                    && !says_full(verb, reply)
                    && !says_too_long(reply)
            }
            _ => false,
        }
    }

    /// Whether the server did not resume the session's TLS session. It may have grown too old: then
    /// the same goes well on a new one.
    pub(crate) fn is_unresumed(&self) -> bool {
        matches!(self, Self::Unresumed { offered: true, .. })
    }

    /// The certificate a person has to judge, and the pin it should have had.
    pub(crate) fn certificate(&self) -> Option<(&Certificate, Option<Pin>)> {
        match self {
            Self::Tls(_, TlsError::Certificate { certificate, pinned }) => Some((certificate, *pinned)),
            _ => None,
        }
    }

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
            Self::Refused(stage, verb, reply) => super::explain::refused(what, *stage, verb, reply),
            Self::Unresumed { offered, reply } => unresumed(what, *offered, reply),
            Self::Proxy(stage, proxy, error) => super::proxy::failure(what, *stage, proxy, error),
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

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Guarded(refusal)
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
        io::ErrorKind::PermissionDenied => {
            ("permission denied on this machine", "Check who owns the folder.")
        }
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
    let why = if why.is_empty() {
        format!("the local disk says: {}", system_says(error))
    } else {
        why.to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Where an upload that goes on is refused, only what is said of the beginning in the middle is a reason
    /// to begin anew: room and a data connection would be missing for the whole file too.
    #[test]
    fn what_is_refused_for_want_of_room_is_not_begun_anew() {
        for (verb, reply, refuses) in [
            ("REST", "450 Not now.", true),
            ("REST", "502 No.", true),
            ("REST", "421 Bye.", false),
            ("STOR", "451 Append/Restart not permitted, try again", true),
            ("STOR", "550 No.", true),
            ("STOR", "452 Disk full.", false),
            ("STOR", "552 Quota exceeded.", false),
            ("STOR", "425 Cannot open data connection.", false),
        ] {
            for stage in [Stage::Command, Stage::Transfer] {
                let parsed = Reply::parse(reply.as_bytes()).unwrap();
                let error = Error::Refused(stage, verb.into(), parsed);
                if verb == "STOR" || stage == Stage::Command {
                    assert_eq!(error.refuses_to_continue(), refuses, "{verb} {reply}");
                }
            }
        }
    }
    /// A temporary name that does not fit will not fit the next time; nor is it a folder that wants no
    /// temporary names.
    #[test]
    fn a_name_that_is_too_long_stays_so() {
        for (reply, passes, refuses) in [
            ("451 Rename/move failure: File name too long", false, false),
            ("451 Local error in processing.", true, false),
            ("550 x: File name too long", false, false),
            ("550 No space left on device", false, false),
            ("553 Prohibited file name", false, true),
        ] {
            let parsed = Reply::parse(reply.as_bytes()).unwrap();
            let error = Error::Refused(Stage::Command, "STOR".into(), parsed);
            assert_eq!(
                (error.is_transient(), error.refuses_name()),
                (passes, refuses),
                "{reply}"
            );
        }
    }
}
