//! Which verdict an error on the wire leads to.

use std::io;

use crate::ftp::error::{Error, Stage};
use crate::ftp::tls::TlsError;
use crate::model::diagnosis::Code;
use crate::model::failure::{Class, Failure};
use crate::model::text::escape;
use crate::plan::doctor::service::Service;
use crate::plan::doctor::{Finding, Reach};

/// What an error is that needs no second look.
pub(super) fn finding(error: &Error, what: &str) -> Finding {
    let failure = error.failure(what);
    match error {
        Error::Tls(_, TlsError::Certificate { certificate, pinned }) => {
            Finding::Certificate(certificate.clone(), *pinned)
        }
        Error::NotFtp(line) => Finding::Speaks(
            Service::of_greeting(line).unwrap_or(Service::Unknown),
            Some(escape(line.trim_ascii_end())),
        ),
        Error::Tls(_, TlsError::NoAgreement(_) | TlsError::Weak(_)) => Finding::Tls(failure, None),
        Error::Refused(Stage::Login, ..) if !error.is_limit() => Finding::Login {
            wants_tls: error.wants_encryption(),
            failure,
        },
        _ if error.is_limit() && !matches!(error, Error::Broken(..)) => Finding::TooMany {
            failure,
            stood: 0,
            wanted: 1,
        },
        _ => Finding::Failed(code(error), failure),
    }
}

pub(super) fn code(error: &Error) -> Code {
    match error {
        Error::NoAddress(_) => Code::DnsFailed,
        Error::Broken(stage, broken) => match stage {
            Stage::Lookup => Code::DnsFailed,
            Stage::Tcp if broken.kind() == io::ErrorKind::TimedOut => Code::ConnectTimeout,
            Stage::Tcp | Stage::Greeting => Code::ConnectRefused,
            Stage::Handshake | Stage::Protect => Code::AuthRefused,
            Stage::Data => Code::PassiveRefused,
            Stage::Proxy => Code::ProxyFailed,
            Stage::Login | Stage::Command | Stage::Transfer => Code::ConnectionLost,
        },
        Error::Silent(stage, _) => match stage {
            Stage::Lookup => Code::DnsFailed,
            Stage::Tcp => Code::ConnectTimeout,
            Stage::Greeting => Code::NotFtp,
            Stage::Handshake | Stage::Protect => Code::AuthRefused,
            Stage::Data => Code::PassiveFiltered,
            Stage::Proxy => Code::ProxyFailed,
            Stage::Login | Stage::Command | Stage::Transfer => Code::ConnectionLost,
        },
        Error::Proxy(..) => Code::ProxyFailed,
        Error::NotFtp(_) => Code::NotFtp,
        Error::Refused(stage, verb, reply) => match (stage, verb.as_str()) {
            (Stage::Greeting, _) => Code::ConnectRefused,
            (Stage::Protect, "PBSZ" | "PROT") => Code::ProtRefused,
            (Stage::Protect, _) => Code::AuthRefused,
            (Stage::Login, _) => Code::LoginRefused,
            (_, _) if reply.code == 421 => Code::ConnectionLost,
            (_, "EPSV" | "PASV") => Code::PassiveRefused,
            (_, "EPRT" | "PORT") => Code::ActiveNobodyCame,
            // RFC 4217 §12.6: 521 and 53z are about the level, 522 and what says so about the handshake
            (_, "LIST" | "MLSD") if matches!(reply.code, 521 | 533..=537) => Code::ProtRefused,
            (_, "LIST" | "MLSD") if error.blames_protection() => Code::DataTlsStalled,
            // IIS has 550 where its data connection has not come about
            (_, "LIST" | "MLSD") if reply.code == 426 || error.failure("").class == Class::Data => {
                Code::PassiveRefused
            }
            (_, "LIST" | "MLSD") => Code::ListRefused,
            _ => Code::ConnectionLost,
        },
        Error::Unresumed { .. } => Code::DataTlsReuse,
        Error::Unanswered(_) | Error::Unsendable(_) => Code::LoginRefused,
        Error::Injected => Code::AuthRefused,
        Error::Tls(stage, error) => match (stage, error) {
            (_, TlsError::ClientCertificate(_)) => Code::ClientCertificate,
            (Stage::Data | Stage::Transfer, TlsError::NotTls) => Code::ProtRefused,
            (Stage::Data | Stage::Transfer, _) => Code::DataTlsStalled,
            (_, TlsError::Weak(_) | TlsError::NoAgreement(_)) => Code::TlsTooOld,
            _ => Code::AuthRefused,
        },
        Error::NoWay(_) => Code::PassiveRefused,
        Error::Repaired(_, error) | Error::BothWays(_, error) => code(error),
        Error::Malformed(..)
        | Error::Guarded(_)
        | Error::Unasked(_)
        | Error::Poisoned
        | Error::OutOfOrder
        | Error::LostPair(_) => Code::ConnectionLost,
    }
}

/// Whether a session could not be made, while others stand: the server has enough of them, or somebody on
/// the way counts.
pub(super) fn keeps_out(error: &Error) -> bool {
    error.is_turned_away()
        || match error {
            Error::Broken(stage, _) | Error::Silent(stage, _) => matches!(
                stage,
                Stage::Tcp | Stage::Greeting | Stage::Handshake | Stage::Protect | Stage::Login
            ),
            Error::Refused(stage, ..) => matches!(stage, Stage::Greeting | Stage::Login),
            Error::Tls(stage, TlsError::Broken(_)) => matches!(stage, Stage::Handshake | Stage::Protect),
            _ => false,
        }
}

/// Whether it is about our own settings: then there is nothing to find out about a server.
pub(super) fn is_ours(error: &Error) -> bool {
    matches!(
        error,
        Error::Tls(_, TlsError::Settings(_)) | Error::Guarded(_) | Error::Unsendable(_)
    )
}

/// How far a data port was reached.
pub(super) fn reach(knocked: &Result<(), Error>, port: u16) -> Reach {
    match knocked {
        Ok(()) => Reach::Open,
        Err(error @ Error::Silent(..)) => Reach::Silent(failure(error, port)),
        Err(error @ Error::Broken(_, broken)) if broken.kind() == io::ErrorKind::TimedOut => {
            Reach::Silent(failure(error, port))
        }
        Err(error) => Reach::Refused(failure(error, port)),
    }
}

fn failure(error: &Error, port: u16) -> Failure {
    error.failure(format!("Could not connect to port {port}"))
}
