//! Data connections, in passive and in active mode.

use std::net::Ipv4Addr;

use super::{Finding, failed, note, verdict};
use crate::model::address::is_private;
use crate::model::diagnosis::{Code, Fix, Verdict};
use crate::model::failure::Failure;
use crate::model::server::{ConnectionMode, PassiveAddress, Server};

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

pub(super) fn wrong_address(
    server: &Server,
    announced: Ipv4Addr,
    here: Ipv4Addr,
    works: bool,
    elsewhere: bool,
) -> Verdict {
    let (code, what) = match announced {
        _ if announced.is_unspecified() => (Code::PasvPrivateAddress, "which is no host's address"),
        _ if is_private(announced.into()) => (
            Code::PasvPrivateAddress,
            "a private address, which is not seen from outside",
        ),
        _ => (Code::PasvOtherHost, "another host's address"),
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

pub(super) fn no_passive(port: u16, reach: &Reach, active: Option<bool>) -> Verdict {
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

pub(super) fn unnamed(failure: &Failure, active: Option<bool>) -> Verdict {
    let verdict = failed(Code::PassiveRefused, failure);
    match active {
        Some(true) => verdict
            .hinting("Active mode works from here")
            .fixed_by([Fix::Mode(ConnectionMode::Active)]),
        Some(false) => {
            let hint = verdict.hint.clone().filter(|hint| !hint.contains("active mode"));
            let active = "Active mode does not work from here either";
            verdict.hinting(hint.map_or(active.to_owned(), |hint| format!("{hint}. {active}")))
        }
        None => verdict,
    }
}

impl Finding {
    pub(super) fn no_active(&self, about: &Server) -> Verdict {
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
