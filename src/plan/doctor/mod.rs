//! The doctor's judgement: what was found of a server becomes verdicts in plain words, each with what
//! would mend it, here or at the server.

mod data;
mod encryption;
pub mod hints;
pub mod service;
mod setting;
pub mod software;

use std::net::{IpAddr, Ipv4Addr};

use crate::model::certificate::{Certificate, Pin};
use crate::model::clock::ClockOffset;
use crate::model::diagnosis::{Code, Fix, Level, Verdict};
use crate::model::failure::Failure;
use crate::model::server::{Protocol, Server};
use crate::model::size::{count, duration};
use crate::model::stamp::Stamp;
pub use data::Reach;
pub use encryption::{Agreement, Remedy};
use service::Service;
use software::Software;

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Something failed, and its failure says it all.
    Failed(Code, Failure),
    /// Something else than an FTP server answers; its first line, escaped.
    Speaks(Service, Option<String>),
    /// The server speaks TLS from the first byte, and was spoken to in clear.
    Implicit,
    /// The server begins in clear, and was spoken to in TLS.
    Explicit,
    /// No TLS was agreed on; what it does speak, where that was found out.
    Tls(Failure, Option<Agreement>),
    /// The certificate is doubted; the pin it should have had.
    Certificate(Box<Certificate>, Option<Pin>),
    /// The login was refused; whether for want of encryption.
    Login {
        /// With these words.
        failure: Failure,
        /// The server lets nobody in without TLS.
        wants_tls: bool,
    },
    /// Of the sessions wanted so many stood.
    TooMany {
        /// What the server said to the next one.
        failure: Failure,
        /// How many stood.
        stood: u8,
        /// How many were wanted.
        wanted: u8,
    },
    /// EPSV does not work, and PASV does; why, escaped.
    NoExtended(String),
    /// PASV announces another address than the one we talk to.
    Announced {
        /// The address announced.
        announced: Ipv4Addr,
        /// The server's, as we reach it.
        server: Ipv4Addr,
        /// A data port was reached, by EPSV or by the server's setting.
        works: bool,
        /// A port was reached at the address that the setting does not choose.
        elsewhere: bool,
    },
    /// No passive data port was reached.
    Passive {
        /// The port tried last.
        port: u16,
        /// What came of it.
        reach: Reach,
        /// Whether active mode works; `None` where that was not tried.
        active: Option<bool>,
    },
    /// No data connection came about in active mode.
    Active {
        /// Why not.
        failure: Failure,
        /// Who came instead.
        stranger: Option<IpAddr>,
        /// The address that was announced.
        announced: Option<IpAddr>,
        /// The address at which the server sees us, where it says so.
        seen: Option<IpAddr>,
        /// The server's address.
        server: Option<IpAddr>,
        /// Whether a passive port was reached; `None` where that was not tried.
        passive: Option<bool>,
    },
    /// The server names no passive port at all.
    NoPassive {
        /// With these words.
        failure: Failure,
        /// Whether active mode works; `None` where that was not tried.
        active: Option<bool>,
    },
    /// The server demands that data connections resume the TLS session; what makes them.
    Unresumed(Failure, Remedy),
    /// The server lists nothing without TLS.
    WantsTls(Failure),
    /// In active mode the server came, and somebody else as well.
    Stranger(IpAddr),
    /// Lines of the listing could not be read.
    Unreadable {
        /// How many.
        count: u64,
        /// The first, escaped.
        first: String,
    },
    /// The listing has an end that is none.
    Incomplete(String),
    /// LIST tells another time than UTC.
    Clock(ClockOffset),
    /// A file that was stored just now is dated otherwise.
    ServerTime {
        /// By so many seconds, ahead of this machine's clock or, below zero, behind it.
        ahead: i64,
    },
    /// The document path is not there; where the login landed.
    NoFolder(Failure, Option<String>),
    /// A file could not be stored because the server, or the user's share of it, is full.
    Full(Failure),
    /// Nothing can be written in the document path.
    ReadOnly {
        /// How that shows: the rights that the server tells, or its refusal.
        shows: String,
    },
}

/// Whose findings they are.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The server as it was looked at.
    pub server: &'a Server,
    /// Its program, where it is known.
    pub software: Option<Software>,
}

/// The verdicts, in the order of the findings; one [`Code::Ok`] where there are none.
pub fn verdicts(findings: &[Finding], about: About<'_>) -> Vec<Verdict> {
    // what was measured by MDTM is worth nothing where its times are not UTC
    let by_local_times = findings.iter().any(|finding| match finding {
        Finding::ServerTime { ahead } => zone(*ahead).is_some(),
        _ => false,
    });
    let mut verdicts: Vec<Verdict> = findings
        .iter()
        .filter(|finding| !by_local_times || !matches!(finding, Finding::Clock(_)))
        .flat_map(|f| f.verdicts(about))
        .collect();
    if verdicts.is_empty() {
        let says = format!("Nothing is the matter with {}", about.server.address());
        verdicts.push(Verdict {
            level: Level::Ok,
            ..verdict(Code::Ok, says)
        });
    }
    verdicts
}

fn verdict(code: Code, says: impl Into<String>) -> Verdict {
    Verdict {
        level: Level::Failure,
        code,
        says: says.into(),
        reply: None,
        hint: None,
        fix: Vec::new(),
    }
}

fn note(code: Code, says: impl Into<String>) -> Verdict {
    Verdict {
        level: Level::Note,
        ..verdict(code, says)
    }
}

/// What a failure says, as a verdict.
fn failed(code: Code, failure: &Failure) -> Verdict {
    Verdict {
        reply: failure.reply.clone(),
        hint: failure
            .hint
            .as_deref()
            .map(|hint| hint.trim_end_matches('.').into()),
        ..verdict(code, failure.why.clone())
    }
}

impl Verdict {
    fn hinting(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn fixed_by(mut self, fix: impl IntoIterator<Item = Fix>) -> Self {
        self.fix.extend(fix);
        self
    }

    /// Adds what is to be set at the server.
    fn at_server(mut self, about: About<'_>) -> Self {
        let setting = about.software.and_then(|software| software.setting(self.code));
        self.hint = match (self.hint.take(), setting) {
            (Some(hint), Some(setting)) => Some(format!("{hint}. {setting}")),
            (hint, setting) => hint.or(setting),
        };
        self
    }
}

impl Finding {
    fn verdicts(&self, about: About<'_>) -> Vec<Verdict> {
        let server = about.server;
        let one = match self {
            Self::Certificate(certificate, pinned) => return encryption::doubts(certificate, *pinned),
            Self::Failed(code, failure) => failed(*code, failure),
            Self::Unresumed(failure, remedy) => encryption::unresumed(failure, remedy),
            Self::WantsTls(failure) => {
                failed(Code::ListRefused, failure).fixed_by([Fix::Protocol(Protocol::FtpsExplicit)])
            }
            Self::Speaks(service, said) => {
                let (says, hint) = service.words();
                Verdict {
                    reply: said.clone(),
                    ..verdict(Code::NotFtp, says).hinting(hint)
                }
            }
            Self::Implicit => verdict(
                Code::ServerIsImplicit,
                format!(
                    "port {} speaks TLS from the first byte (implicit TLS)",
                    server.port()
                ),
            )
            .hinting(format!(
                "Use implicit TLS there: {}",
                as_url(server, Protocol::FtpsImplicit)
            ))
            .fixed_by([Fix::Protocol(Protocol::FtpsImplicit)]),
            Self::Explicit => verdict(
                Code::ServerIsExplicit,
                format!(
                    "port {} begins in clear, as FTP and FTPS with explicit TLS do, and was spoken to in TLS",
                    server.port()
                ),
            )
            .hinting(format!(
                "Use explicit TLS there: {}",
                as_url(server, Protocol::FtpsExplicit)
            ))
            .fixed_by([Fix::Protocol(Protocol::FtpsExplicit)]),
            Self::Tls(failure, agreement) => encryption::old_tls(server, failure, agreement.as_ref()),
            Self::Login { failure, wants_tls } => {
                let fix = (*wants_tls && server.protocol == Protocol::Ftp)
                    .then_some(Fix::Protocol(Protocol::FtpsExplicit));
                failed(Code::LoginRefused, failure).fixed_by(fix)
            }
            Self::TooMany {
                failure,
                stood,
                wanted,
            } => too_many(failure, *stood, *wanted),
            Self::NoExtended(why) => note(
                Code::EpsvUnsupported,
                format!("EPSV does not work ({why}); PASV does, and is used"),
            ),
            Self::Announced {
                announced,
                server: here,
                works,
                elsewhere,
            } => data::wrong_address(server, *announced, *here, *works, *elsewhere),
            Self::Passive { port, reach, active } => data::no_passive(*port, reach, *active),
            Self::NoPassive { failure, active } => data::unnamed(failure, *active),
            Self::Active { .. } => self.no_active(server),
            Self::Stranger(stranger) => note(
                Code::ActiveStrangerCame,
                format!(
                    "{stranger} connected to our data port and is not the server; it was sent away, and the server let in"
                ),
            ),
            Self::Unreadable { count: lines, first } => verdict(
                Code::ListUnreadable,
                format!(
                    "{} of the listing could not be read",
                    count(*lines, "line", "lines")
                ),
            )
            .hinting(format!(
                "The first: '{first}'. Please report it with the server's name, so that ftpane learns it"
            )),
            Self::Incomplete(reason) => verdict(
                Code::ListUnreadable,
                format!("the listing is not complete: {reason}"),
            ),
            Self::Clock(offset) => note(
                Code::ClockOffset,
                format!("the times of LIST are {}; they are corrected", offset.words()),
            )
            .hinting("Set in the server's entry it need not be measured at each connection")
            .fixed_by([Fix::ClockOffset(*offset)]),
            // no setting of a listing is about that
            Self::ServerTime { ahead } => return vec![other_time(*ahead)],
            Self::NoFolder(failure, landed) => {
                let landed = landed.as_ref().filter(|_| !server.document_path.is_empty());
                let mut verdict = failed(Code::PathMissing, failure);
                if let Some(landed) = landed {
                    verdict = verdict.hinting(format!(
                        "The login lands in {landed}: '~' as the document path is that folder"
                    ));
                }
                verdict.fixed_by(landed.map(|_| Fix::DocumentPath("~".into())))
            }
            Self::Full(failure) => Verdict {
                level: Level::Note,
                ..failed(Code::ServerFull, failure)
            },
            Self::ReadOnly { shows } => note(
                Code::ServerReadOnly,
                format!("the server lets this user write nothing in the document path ({shows})"),
            ),
        };
        vec![one.at_server(about)]
    }
}

fn as_url(server: &Server, protocol: Protocol) -> String {
    let mut other = server.clone();
    Fix::Protocol(protocol).apply(&mut other);
    other.url()
}

/// The time zone, other than UTC, in which a file that was stored just now has such a time. The two clocks may
/// be a little apart besides.
fn zone(ahead: i64) -> Option<ClockOffset> {
    ClockOffset::of_own_file(Stamp::exact(ahead), 0).filter(|offset| offset.minutes() != 0)
}

fn other_time(ahead: i64) -> Verdict {
    if let Some(offset) = zone(ahead) {
        return note(
            Code::ClockOffset,
            format!(
                "the times of MDTM are not UTC here, but {}: it dates so what was stored just now",
                offset.words()
            ),
        )
        .hinting("The server should tell them in UTC (RFC 3659): what is newer than what is judged by them");
    }
    let way = if ahead > 0 { "ahead of" } else { "behind" };
    let by = duration(ahead.unsigned_abs());
    note(
        Code::ClockOffset,
        format!("the server's clock is {by} {way} this machine's: it dates so what was stored just now"),
    )
    .hinting("Set the one that is wrong, by NTP best: what is newer than what is judged by them")
}

fn too_many(failure: &Failure, stood: u8, wanted: u8) -> Verdict {
    if stood == 0 {
        return failed(Code::TooManyConnections, failure);
    }
    let says = format!(
        "the server allows {} at once of the {wanted} that are set",
        count(stood.into(), "session", "sessions")
    );
    Verdict {
        reply: failure.reply.clone(),
        ..verdict(Code::TooManyConnections, says)
            .hinting(match failure.reply {
                Some(_) => "Transfers then take turns; other programs' connections may count too".to_owned(),
                None => format!(
                    "The next one found: {}. A firewall that counts connections does so, and a server that bans who makes many in a short time",
                    failure.why
                ),
            })
            .fixed_by([Fix::Connections(stood)])
    }
}

#[cfg(test)]
mod tests;
