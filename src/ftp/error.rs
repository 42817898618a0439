//! What can go wrong on the wire, and how it is said to a person.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::explain::{
    says_forbidden, says_full, says_in_use, says_limit, says_missing, says_tls, says_too_long,
    wants_encryption,
};
use super::guard::Refusal;
use super::proxy::ProxyError;
use super::reply::Reply;
use super::tls::TlsError;
use crate::model::certificate::{Certificate, Pin};
use crate::model::event::Wanted;
use crate::model::proxy::Proxy;

mod sentence;
pub(crate) use sentence::local;

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
    /// The server has sent a reply to nothing, with this code: no reply would stand any more for the command it is
    /// taken for.
    Unasked(u16),
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
            Self::Broken(..)
            | Self::Silent(..)
            | Self::Unasked(_)
            | Self::Poisoned
            | Self::OutOfOrder
            | Self::LostPair(_) => true,
            Self::Refused(stage, verb, reply) => {
                self.is_limit()
                    || reply.code / 100 == 4
                        && reply.code != 452
                        && !says_full(verb, reply)
                        && !says_too_long(reply)
                    || (reply.code == 530 && *stage != Stage::Login)
                    || self.is_still_open()
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
            Self::Unasked(_) | Self::Poisoned | Self::OutOfOrder => true,
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
            _ if self.is_still_open() => false,
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

    /// Whether the server still has the file open that is to be written. Under a temporary name that was a connection
    /// of ours that broke: the server has not noticed yet.
    fn is_still_open(&self) -> bool {
        matches!(self, Self::Refused(_, verb, reply) if verb == "STOR" && says_in_use(verb, reply))
    }

    /// Whether the server did not rename since somebody has one of the two files open: a reader, or a program that looks
    /// through what has come. That passes.
    pub(crate) fn is_held_open(&self) -> bool {
        matches!(self, Self::Refused(_, verb, reply)
            if matches!(verb.as_str(), "RNFR" | "RNTO") && says_in_use(verb, reply))
    }

    /// Whether the server refused to make a file of that name, before it took anything of it; not for
    /// want of room.
    pub(crate) fn refuses_name(&self) -> bool {
        match self {
            Self::Refused(Stage::Command, verb, reply) => {
                verb == "STOR"
                    // 501: z/OS, of what is no name of a data set
                    && matches!(reply.code, 501 | 550 | 553)
                    && !self.is_still_open()
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
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Guarded(refusal)
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
            ("STOR", "550 f: The file is locked", false),
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
    fn what_a_refused_name_means() {
        for (reply, passes, refuses) in [
            ("451 Rename/move failure: File name too long", false, false),
            ("451 Local error in processing.", true, false),
            ("550 x: File name too long", false, false),
            ("550 No space left on device", false, false),
            ("553 Prohibited file name", false, true),
            // what a connection that broke has left open
            (
                "550 The process cannot access the file because it is being used by another process.",
                true,
                false,
            ),
            (
                "550 /x: Temporary hidden file /.in.x. already exists",
                true,
                false,
            ),
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
