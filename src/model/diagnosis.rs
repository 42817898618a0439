//! What the doctor finds out about a server: the steps it takes, and its verdicts.
//!
//! The words of [`Step`] and [`Code`] are those of `ftpane doctor --json`; scripts depend on them.

use std::time::Duration;

use super::certificate::Pin;
use super::clock::ClockOffset;
use super::failure::Class;
use super::firewall;
use super::server::{ConnectionMode, PassiveAddress, Protocol, Server, TlsBackend, TlsVersion};
use super::worded::worded;

/// One thing the doctor looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The host name's addresses.
    Lookup,
    /// The TCP connection, through a proxy where there is one.
    Connect,
    /// What the server says first.
    Greeting,
    /// `AUTH`, or TLS from the first byte; the handshake, the certificate, `PBSZ` and `PROT`.
    Tls,
    /// User and password.
    Login,
    /// What the server says it can do, and which program it is.
    Features,
    /// The document path.
    Folder,
    /// A data port by EPSV.
    Epsv,
    /// A data port by PASV, and the address announced with it.
    Pasv,
    /// The TCP connection to the data port.
    Data,
    /// The listing of the document path.
    Listing,
    /// TLS on the data connection, and whether it resumed.
    DataTls,
    /// The server's clock.
    Clock,
    /// A data connection that the server makes.
    Active,
    /// A file stored and deleted; only when that was asked for.
    Upload,
    /// When the server says that it ends idle sessions.
    Idle,
    /// Several sessions at once.
    Limits,
}

impl Step {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lookup => "lookup",
            Self::Connect => "connect",
            Self::Greeting => "greeting",
            Self::Tls => "tls",
            Self::Login => "login",
            Self::Features => "features",
            Self::Folder => "folder",
            Self::Epsv => "epsv",
            Self::Pasv => "pasv",
            Self::Data => "data",
            Self::Listing => "listing",
            Self::DataTls => "data-tls",
            Self::Clock => "clock",
            Self::Active => "active",
            Self::Upload => "upload",
            Self::Idle => "idle",
            Self::Limits => "limits",
        }
    }

    /// The words for a screen.
    pub fn words(self) -> &'static str {
        match self {
            Self::Lookup => "Name resolution",
            Self::Connect => "TCP connection",
            Self::Greeting => "Greeting",
            Self::Tls => "TLS",
            Self::Login => "Login",
            Self::Features => "Features",
            Self::Folder => "Document path",
            Self::Epsv => "EPSV",
            Self::Pasv => "PASV",
            Self::Data => "Data connection",
            Self::Listing => "Listing",
            Self::DataTls => "TLS on data",
            Self::Clock => "Clock",
            Self::Active => "Active mode",
            Self::Upload => "Upload",
            Self::Idle => "Idle time-out",
            Self::Limits => "Sessions at once",
        }
    }
}

/// A step that is done; every text is escaped for a screen and holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// Which.
    pub step: Step,
    /// Whether it went as it should.
    pub ok: bool,
    /// How long it took.
    pub took: Duration,
    /// What was sent, line by line.
    pub sent: Vec<String>,
    /// What was seen: the server's lines, addresses, the certificate.
    pub seen: Vec<String>,
    /// What came of it, in one plain sentence.
    pub says: String,
}

/// How much a verdict weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing is the matter.
    Ok,
    /// Worth knowing; it works all the same.
    Note,
    /// It does not work.
    Failure,
}

impl Level {
    /// The word in JSON and on a screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Failure => "failure",
        }
    }
}

worded! {
    /// What is the matter.
    enum Code;
    /// All, in the order of a connection.
    ALL;
    /// The word in JSON.
    fn word;
    /// Nothing.
    Ok = "ok",
    /// The host name has no address.
    DnsFailed = "dns-failed",
    /// Nothing listens on the port, or nobody is let in.
    ConnectRefused = "connect-refused",
    /// The port does not answer.
    ConnectTimeout = "connect-timeout",
    /// The proxy does not lead there.
    ProxyFailed = "proxy-failed",
    /// What answers is no FTP server.
    NotFtp = "not-ftp",
    /// It speaks TLS from the first byte, and was spoken to in clear.
    ServerIsImplicit = "server-is-implicit",
    /// It begins in clear, and was spoken to in TLS.
    ServerIsExplicit = "server-is-explicit",
    /// It refuses TLS.
    AuthRefused = "auth-refused",
    /// It will not encrypt data connections.
    ProtRefused = "prot-refused",
    /// Nobody trusted has signed its certificate.
    CertUnknown = "cert-unknown",
    /// Its certificate's time is over, or has not begun.
    CertExpired = "cert-expired",
    /// Its certificate is for another name.
    CertName = "cert-name",
    /// It shows another certificate than the one pinned.
    CertChanged = "cert-changed",
    /// It wants a certificate of ours.
    ClientCertificate = "client-certificate",
    /// Its TLS is older or weaker than what is accepted here.
    TlsTooOld = "tls-too-old",
    /// It does not let this user in.
    LoginRefused = "login-refused",
    /// It allows fewer sessions than are wanted.
    TooManyConnections = "too-many-connections",
    /// It was lost on the way.
    ConnectionLost = "connection-lost",
    /// It knows no EPSV.
    EpsvUnsupported = "epsv-unsupported",
    /// PASV announces an address that is not seen from here.
    PasvPrivateAddress = "pasv-private-address",
    /// PASV announces another host's address.
    PasvOtherHost = "pasv-other-host",
    /// The passive port does not answer.
    PassiveFiltered = "passive-filtered",
    /// The passive port, or the data connection on it, is refused.
    PassiveRefused = "passive-refused",
    /// It demands that data connections resume the TLS session.
    DataTlsReuse = "data-tls-reuse",
    /// TLS on the data connection does not come about.
    DataTlsStalled = "data-tls-stalled",
    /// In active mode nobody comes to our port.
    ActiveNobodyCame = "active-nobody-came",
    /// In active mode somebody else comes.
    ActiveStrangerCame = "active-stranger-came",
    /// It does not list the document path.
    ListRefused = "list-refused",
    /// Lines of the listing could not be read.
    ListUnreadable = "list-unreadable",
    /// LIST tells another time than UTC.
    ClockOffset = "clock-offset",
    /// The document path is not there.
    PathMissing = "path-missing",
    /// Nothing can be written there.
    ServerReadOnly = "server-read-only",
    /// It has no room for a file.
    ServerFull = "server-full",
}

impl Code {
    /// The class of the failure: it has the exit code.
    pub fn class(self) -> Class {
        match self {
            Self::DnsFailed
            | Self::ConnectRefused
            | Self::ConnectTimeout
            | Self::ProxyFailed
            | Self::NotFtp
            | Self::ServerIsImplicit
            | Self::TooManyConnections
            | Self::ConnectionLost => Class::Unreachable,
            Self::LoginRefused => Class::Login,
            Self::ServerIsExplicit
            | Self::AuthRefused
            | Self::ProtRefused
            | Self::CertUnknown
            | Self::CertExpired
            | Self::CertName
            | Self::CertChanged
            | Self::ClientCertificate
            | Self::TlsTooOld
            | Self::DataTlsReuse
            | Self::DataTlsStalled => Class::Tls,
            Self::EpsvUnsupported
            | Self::PasvPrivateAddress
            | Self::PasvOtherHost
            | Self::PassiveFiltered
            | Self::PassiveRefused
            | Self::ActiveNobodyCame
            | Self::ActiveStrangerCame => Class::Data,
            Self::ListRefused | Self::PathMissing | Self::ServerReadOnly | Self::ServerFull => Class::Refused,
            Self::ListUnreadable | Self::ClockOffset | Self::Ok => Class::Other,
        }
    }
}

/// A change of the server's entry that would mend something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fix {
    /// Another protocol, on the same port.
    Protocol(Protocol),
    /// Trust this certificate, and no other.
    Pin(Pin),
    /// Accept this version of TLS.
    TlsMin(TlsVersion),
    /// Offer this version of TLS.
    TlsMax(TlsVersion),
    /// Accept keys and signatures that can be broken.
    WeakTls,
    /// The other TLS library.
    TlsBackend(TlsBackend),
    /// What to do with the address that PASV announces.
    PassiveAddress(PassiveAddress),
    /// Who opens data connections.
    Mode(ConnectionMode),
    /// The address announced in active mode.
    ExternalIp(std::net::IpAddr),
    /// The document path.
    DocumentPath(String),
    /// How many sessions at once.
    Connections(u8),
    /// The clock of LIST.
    ClockOffset(ClockOffset),
}

impl Fix {
    /// The flags of the command line that say the same.
    pub fn flags(&self) -> Vec<String> {
        let (flag, value) = match self {
            Self::WeakTls => return vec!["--weak-tls".into()],
            Self::Protocol(protocol) => ("--protocol", protocol.scheme().into()),
            Self::Pin(pin) => ("--pin", pin.to_string()),
            Self::TlsMin(version) => ("--tls-min", version.number().into()),
            Self::TlsMax(version) => ("--tls-max", version.number().into()),
            Self::TlsBackend(backend) => ("--tls-backend", backend.word().into()),
            Self::PassiveAddress(which) => ("--pasv-address", which.word().into()),
            Self::Mode(mode) => ("--mode", mode.word().into()),
            Self::ExternalIp(ip) => ("--external-ip", ip.to_string()),
            Self::DocumentPath(path) => ("--root", path.clone()),
            Self::Connections(n) => ("-j", n.to_string()),
            Self::ClockOffset(offset) => ("--clock-offset", offset.to_string()),
        };
        vec![flag.into(), value]
    }

    /// The words for a screen: the field of the form, and what it becomes.
    pub fn words(&self) -> String {
        let value = match self {
            Self::Protocol(protocol) => protocol.words().to_owned(),
            Self::Pin(pin) => pin.to_string(),
            Self::TlsMin(version) | Self::TlsMax(version) => version.number().into(),
            Self::WeakTls => "accepted".into(),
            Self::TlsBackend(backend) => backend.word().into(),
            Self::PassiveAddress(PassiveAddress::Server) => "as announced".into(),
            Self::PassiveAddress(which) => which.word().into(),
            Self::Mode(mode) => mode.word().into(),
            Self::ExternalIp(ip) => ip.to_string(),
            Self::DocumentPath(path) => path.clone(),
            Self::Connections(n) => n.to_string(),
            Self::ClockOffset(offset) => offset.to_string(),
        };
        format!("{}: {value}", self.field())
    }

    /// The field of the form.
    pub fn field(&self) -> &'static str {
        match self {
            Self::Protocol(_) => "Protocol",
            Self::Pin(_) => "Pin",
            Self::TlsMin(_) => "Oldest TLS",
            Self::TlsMax(_) => "Newest TLS",
            Self::WeakTls => "Weak TLS",
            Self::TlsBackend(_) => "TLS library",
            Self::PassiveAddress(_) => "Passive address",
            Self::Mode(_) => "Mode",
            Self::ExternalIp(_) => "External IP",
            Self::DocumentPath(_) => "Document path",
            Self::Connections(_) => "Connections",
            Self::ClockOffset(_) => "Clock offset",
        }
    }

    /// Changes a server's settings.
    pub fn apply(&self, server: &mut Server) {
        match self {
            // the port that was spoken to is the one that was seen to speak it
            Self::Protocol(protocol) => server.speak(*protocol),
            Self::Pin(pin) => server.pin = Some(*pin),
            Self::TlsMin(version) => server.tls_min = *version,
            Self::TlsMax(version) => {
                server.tls_max = *version;
                server.tls_min = server.tls_min.min(*version);
            }
            Self::WeakTls => server.weak_tls = true,
            Self::TlsBackend(backend) => server.tls_backend = *backend,
            Self::PassiveAddress(which) => server.passive_address = *which,
            Self::Mode(mode) => server.mode = *mode,
            Self::ExternalIp(ip) => server.external_ip = Some(*ip),
            Self::DocumentPath(path) => server.document_path.clone_from(path),
            Self::Connections(n) => server.connections = *n,
            Self::ClockOffset(offset) => server.clock_offset = Some(*offset),
        }
    }
}

/// One thing that was found, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How much it weighs.
    pub level: Level,
    /// What it is.
    pub code: Code,
    /// What is the matter.
    pub says: String,
    /// The server's own words, escaped, where there are any.
    pub reply: Option<String>,
    /// What can be done about it, here or at the server.
    pub hint: Option<String>,
    /// The settings here that would mend it; more than one where there is a choice.
    pub fix: Vec<Fix>,
}

impl Verdict {
    /// All of it in one piece of text.
    pub fn text(&self) -> String {
        let mut text = self.says.clone();
        if let Some(reply) = &self.reply {
            text.push_str(&format!(" (the server said: {reply})"));
        }
        if let Some(hint) = &self.hint {
            text.push_str(". ");
            text.push_str(hint);
        }
        text
    }
}

/// All that was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was found; one [`Code::Ok`] where nothing is the matter.
    pub verdicts: Vec<Verdict>,
    /// What must pass the firewall, to be sent to whoever runs it.
    pub firewall: firewall::Table,
    /// What cannot be known from here.
    pub unknown: Vec<String>,
}

impl Diagnosis {
    /// The exit code of `ftpane doctor`: that of the first failure, or 0.
    pub fn exit_code(&self) -> u8 {
        let failure = self.verdicts.iter().find(|v| v.level == Level::Failure);
        failure.map_or(0, |verdict| verdict.code.class().exit_code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fix_says_as_flags_what_it_does_to_the_entry() {
        let mut server = Server {
            protocol: Protocol::FtpsExplicit,
            port: Some(990),
            ..Server::default()
        };
        Fix::Protocol(Protocol::FtpsImplicit).apply(&mut server);
        assert_eq!((server.protocol, server.port), (Protocol::FtpsImplicit, None));
        Fix::Protocol(Protocol::FtpsExplicit).apply(&mut server);
        assert_eq!(server.port(), 990);
        server.tls_min = TlsVersion::V1_3;
        Fix::TlsMax(TlsVersion::V1_2).apply(&mut server);
        assert_eq!(server.tls_min, TlsVersion::V1_2);
        for (fix, flags) in [
            (Fix::WeakTls, &["--weak-tls"][..]),
            (Fix::TlsMin(TlsVersion::V1_0), &["--tls-min", "1.0"]),
            (Fix::Mode(ConnectionMode::Active), &["--mode", "active"]),
            (Fix::Connections(2), &["-j", "2"]),
            (
                Fix::PassiveAddress(PassiveAddress::Server),
                &["--pasv-address", "server"],
            ),
            (
                Fix::ClockOffset("+2".parse().unwrap()),
                &["--clock-offset", "+2:00"],
            ),
            (Fix::Protocol(Protocol::FtpsImplicit), &["--protocol", "ftps"]),
        ] {
            assert_eq!(fix.flags(), flags);
        }
    }

    #[test]
    fn words_are_unique() {
        let words: std::collections::HashSet<&str> = Code::ALL.iter().map(|code| code.word()).collect();
        assert_eq!(words.len(), Code::ALL.len());
    }
}
