//! The doctor's judgement: what was found of a server becomes verdicts in plain words, each with what
//! would mend it, here or at the server.

pub mod hints;
pub mod service;
pub mod software;

use std::net::{IpAddr, Ipv4Addr};

use crate::model::address::is_private;
use crate::model::certificate::{Certificate, Doubt, Pin};
use crate::model::clock::ClockOffset;
use crate::model::diagnosis::{Code, Fix, Level, Verdict};
use crate::model::failure::Failure;
use crate::model::server::{ConnectionMode, PassiveAddress, Protocol, Server, TlsBackend, TlsVersion};
use crate::model::size::count;
use service::Service;
use software::Software;

/// The TLS that a server does speak where it was not what we wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The version.
    pub version: TlsVersion,
    /// What of it is weak besides, in words.
    pub weak: Vec<String>,
}

/// How far a data port was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A TCP connection stood.
    Open,
    /// Refused at once.
    Refused(Failure),
    /// Nothing came back.
    Silent(Failure),
}

impl Reach {
    /// Whether it was reached.
    pub fn is_open(&self) -> bool {
        *self == Self::Open
    }
}

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
    /// The document path is not there; where the login landed.
    NoFolder(Failure, Option<String>),
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
    let mut verdicts: Vec<Verdict> = findings.iter().flat_map(|f| f.verdicts(about)).collect();
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
            Self::Certificate(certificate, pinned) => return doubts(certificate, *pinned),
            Self::Failed(code, failure) => {
                let fix = (*code == Code::DataTlsReuse).then_some(match server.tls_backend {
                    TlsBackend::System => Fix::TlsBackend(TlsBackend::Openssl),
                    TlsBackend::Openssl => Fix::TlsMax(TlsVersion::V1_2),
                });
                failed(*code, failure).fixed_by(fix)
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
            Self::Tls(failure, agreement) => old_tls(server, failure, agreement.as_ref()),
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
            } => wrong_address(server, *announced, *here, *works, *elsewhere),
            Self::Passive { port, reach, active } => no_passive(*port, reach, *active),
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
            Self::ReadOnly { shows } => note(
                Code::ServerReadOnly,
                format!("the server lets this user write nothing in the document path ({shows})"),
            ),
        };
        vec![one.at_server(about)]
    }

    fn no_active(&self, about: &Server) -> Verdict {
        let Self::Active {
            failure,
            stranger,
            announced,
            seen,
            server,
            passive,
        } = self
        else {
            return verdict(Code::ActiveNobodyCame, "");
        };
        let fix = (*passive == Some(true)).then_some(Fix::Mode(ConnectionMode::Passive));
        if let Some(stranger) = stranger {
            return verdict(
                Code::ActiveStrangerCame,
                format!("{stranger} connected to our data port in the server's place and was sent away; the server itself did not come"),
            )
            .hinting("It may be the server behind NAT, which must come from the address we talk to; or a stranger who looks for open ports")
            .fixed_by(fix);
        }
        let mut verdict = failed(Code::ActiveNobodyCame, failure);
        let ports = match about.port_range {
            Some((first, last)) => format!("ports {first}-{last}"),
            None => "all ports above 1023 (or set a port range, --port-range, and open that)".into(),
        };
        let behind_nat = match (announced, seen, server) {
            (Some(announced), Some(seen), _) if announced != seen => Some(format!(
                "We announced {announced}, and the server sees us at {seen}: this end is behind NAT"
            )),
            (Some(announced), None, Some(server))
                if about.external_ip.is_none() && is_private(*announced) && !is_private(*server) =>
            {
                Some(format!(
                    "We announced {announced}, a private address that the server cannot reach: this end is behind NAT, set the external IP (--external-ip)"
                ))
            }
            _ => None,
        };
        let external = seen.filter(|_| behind_nat.is_some()).map(Fix::ExternalIp);
        let open = format!(
            "The router and the firewall at this end must let the server in to {ports}; passive mode needs nothing of the kind"
        );
        verdict.hint = Some(match behind_nat {
            Some(nat) => format!("{nat}. {open}"),
            None => open,
        });
        verdict.fixed_by(fix).fixed_by(external)
    }
}

fn as_url(server: &Server, protocol: Protocol) -> String {
    let mut other = server.clone();
    Fix::Protocol(protocol).apply(&mut other);
    other.url()
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
            .hinting("Transfers then take turns; other programs' connections may count too")
            .fixed_by([Fix::Connections(stood)])
    }
}

fn old_tls(server: &Server, failure: &Failure, agreement: Option<&Agreement>) -> Verdict {
    let verdict = failed(Code::TlsTooOld, failure);
    let Some(agreement) = agreement else {
        return verdict;
    };
    let Agreement { version, weak } = agreement;
    let number = version.number();
    if *version < server.tls_min {
        let hint = if *version < TlsVersion::V1_2 {
            "It can be broken: where the server cannot be updated and others may read along, accept it for this server only"
        } else {
            "It can be accepted for this server"
        };
        return Verdict {
            says: format!(
                "the server speaks TLS {number} at best, and {} is the oldest accepted",
                server.tls_min.number()
            ),
            ..verdict.hinting(hint).fixed_by([Fix::TlsMin(*version)])
        };
    }
    if *version > server.tls_max {
        return Verdict {
            says: format!(
                "the server wants TLS {number}, and {} is the newest offered",
                server.tls_max.number()
            ),
            ..verdict
                .hinting("Offer newer versions too")
                .fixed_by([Fix::TlsMax(*version)])
        };
    }
    if weak.is_empty() || server.weak_tls {
        return verdict;
    }
    Verdict {
        says: format!("the server's TLS can be broken ({})", weak.join(", ")),
        ..verdict
            .hinting("Where the server cannot be updated and others may read along, accept it for this server only")
            .fixed_by([Fix::WeakTls])
    }
}

/// One verdict for each thing that is the matter with a certificate.
fn doubts(certificate: &Certificate, pinned: Option<Pin>) -> Vec<Verdict> {
    let whose = format!(
        "{}, issued by {}, {}",
        certificate.subject, certificate.issuer, certificate.key
    );
    let pin = certificate.pin;
    if let Some(pinned) = pinned {
        let says = format!(
            "the server shows another certificate than the one pinned: shown {pin} ({whose}), pinned {pinned}"
        );
        return vec![
            verdict(Code::CertChanged, says)
                .hinting("It may be renewed, or somebody stands between: ask the server's administrator for the fingerprint before you take the new one")
                .fixed_by([Fix::Pin(pin)]),
        ];
    }
    let mut out: Vec<Verdict> = Vec::new();
    for doubt in &certificate.doubts {
        let date = |stamp: Option<crate::model::stamp::Stamp>| {
            let text = stamp.and_then(|stamp| stamp.rfc3339());
            text.map_or("an unknown day".into(), |text| {
                text.chars().take(10).collect::<String>()
            })
        };
        let (code, says) = match doubt {
            Doubt::Expired => (
                Code::CertExpired,
                format!(
                    "the certificate has expired: it was valid until {}",
                    date(certificate.not_after)
                ),
            ),
            Doubt::NotYetValid => (
                Code::CertExpired,
                format!(
                    "the certificate is not valid before {}; is a clock wrong?",
                    date(certificate.not_before)
                ),
            ),
            Doubt::WrongName => (
                Code::CertName,
                format!(
                    "the certificate is for another name: {}",
                    match certificate.names.is_empty() {
                        true => certificate.subject.clone(),
                        false => certificate.names.join(", "),
                    }
                ),
            ),
            Doubt::SelfSigned => (Code::CertUnknown, "the certificate is signed by itself".into()),
            Doubt::Unknown => (
                Code::CertUnknown,
                "the certificate is signed by nobody this machine trusts".into(),
            ),
            Doubt::Changed | Doubt::Other => (
                Code::CertUnknown,
                format!("the certificate could not be verified ({})", certificate.reason),
            ),
        };
        if out.iter().any(|verdict| verdict.code == code) {
            continue;
        }
        out.push(
            verdict(code, format!("{says} ({whose}, {pin})"))
                .hinting("If the server's administrator confirms this fingerprint, pin it: nothing else is trusted then")
                .fixed_by([Fix::Pin(pin)]),
        );
    }
    if out.is_empty() {
        out.push(verdict(
            Code::CertUnknown,
            format!("the certificate could not be verified ({whose}, {pin})"),
        ));
    }
    out
}

fn wrong_address(
    server: &Server,
    announced: Ipv4Addr,
    here: Ipv4Addr,
    works: bool,
    elsewhere: bool,
) -> Verdict {
    let private = is_private(announced.into());
    let code = match private {
        true => Code::PasvPrivateAddress,
        false => Code::PasvOtherHost,
    };
    let what = match private {
        true => "a private address, which is not seen from outside",
        false => "another host's address",
    };
    let says = format!("to PASV the server announces {announced}, {what}; we talk to it at {here}");
    let followed = server.passive_address == PassiveAddress::Server;
    let other = match followed {
        true => PassiveAddress::Repair,
        false => PassiveAddress::Server,
    };
    let harmless = works || !(followed || elsewhere);
    let verdict = match harmless {
        true => note(code, says),
        false => verdict(code, says),
    };
    let hint = match (works, followed, elsewhere) {
        (true, false, _) => {
            format!("{here} is used instead; other clients may follow the announced one and fail")
        }
        (true, true, _) => "Data connections come about all the same".into(),
        (false, true, true) => {
            format!("It was followed, as is set, and nothing answers there; at {here} the port answers")
        }
        (false, true, false) => {
            format!("It was followed, as is set, and nothing answers there, nor at {here}")
        }
        (false, false, true) => format!("{here} was used instead and does not answer; {announced} does"),
        (false, false, false) => format!("{here} was used instead, and does not answer either"),
    };
    let fix = (!works && elsewhere).then_some(Fix::PassiveAddress(other));
    verdict.hinting(hint).fixed_by(fix)
}

fn no_passive(port: u16, reach: &Reach, active: Option<bool>) -> Verdict {
    let (code, says) = match reach {
        Reach::Refused(failure) => (
            Code::PassiveRefused,
            format!(
                "the server named port {port} for data, and connecting there is refused ({})",
                failure.why
            ),
        ),
        Reach::Silent(failure) => (
            Code::PassiveFiltered,
            format!(
                "the server named port {port} for data, and a firewall drops what is sent there ({})",
                failure.why
            ),
        ),
        Reach::Open => (
            Code::PassiveRefused,
            format!("port {port} was reached, and no data came"),
        ),
    };
    let hint = match active {
        Some(true) => {
            "Open the server's passive ports in its firewall; active mode works from here meanwhile"
        }
        Some(false) => {
            "Open the server's passive ports in its firewall; active mode does not work from here either"
        }
        None => "Open the server's passive ports in its firewall",
    };
    let fix = (active == Some(true)).then_some(Fix::Mode(ConnectionMode::Active));
    verdict(code, says).hinting(hint).fixed_by(fix)
}

#[cfg(test)]
mod tests;
