//! The fields of the server form: their order, their words, and when they apply.

use super::draft::{Draft, SourceKind};
use crate::config::secrets::HAS_KEYRING;
use crate::model::job::Policy;
use crate::model::server::{ConnectionMode, PassiveAddress, Protocol, TlsBackend, TlsVersion};

/// A group of fields under one heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Section {
    /// How it is listed.
    Listing,
    /// Where it is and how it is spoken to.
    Server,
    /// Who logs in.
    Login,
    /// How data connections are made.
    Data,
    /// What is particular to TLS.
    Tls,
    /// The rest.
    Further,
}

impl Section {
    /// Its heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Listing => "In the list",
            Self::Server => "Server",
            Self::Login => "Login",
            Self::Data => "Data connections",
            Self::Tls => "TLS",
            Self::Further => "Further",
        }
    }
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Field {
    /// The unique name.
    Name,
    /// The group it is listed under.
    Group,
    /// Free text.
    Note,
    /// FTP, explicit or implicit FTPS.
    Protocol,
    /// Host name or address.
    Host,
    /// The control port.
    Port,
    /// The remote pane's root.
    DocumentPath,
    /// Whether one goes below the document path.
    SubFolders,
    /// How many levels.
    Levels,
    /// Whether anything may be changed.
    ReadOnly,
    /// The user.
    User,
    /// Where the password comes from.
    Password,
    /// The environment variable that holds it.
    Variable,
    /// The command that prints it.
    Command,
    /// The password itself, to be kept in the store or the keyring.
    Secret,
    /// Passive, active or auto.
    Mode,
    /// Passive: which address is used.
    PassiveAddress,
    /// Active: the address announced.
    ExternalIp,
    /// Active: the local ports.
    PortRange,
    /// Which library.
    TlsBackend,
    /// The oldest version.
    TlsMin,
    /// The newest version.
    TlsMax,
    /// Whether weak keys and signatures are let in.
    WeakTls,
    /// The file of further authorities.
    CaFile,
    /// The file of our own certificate.
    ClientCertificate,
    /// The file of its key.
    ClientKey,
    /// The pinned certificate.
    Pin,
    /// Control connections at once.
    Connections,
    /// After how much quiet a control connection is used.
    KeepAlive,
    /// The left pane's first folder.
    StartFolder,
    /// How far the server's clock is ahead of UTC.
    ClockOffset,
    /// In which character set the server writes names.
    Charset,
    /// Whether files may be written straight to their targets.
    InPlace,
    /// Whether transfers are compared by checksum.
    Verify,
    /// Whether files keep their times.
    KeepTimes,
    /// Whether they get their sources' permissions.
    KeepPermissions,
    /// What is done where a download's target exists.
    OnDownload,
    /// The same for an upload's.
    OnUpload,
    /// What ACCT is answered with.
    Account,
    /// The commands sent after each login.
    AfterLogin,
    /// The proxy everything goes through.
    Proxy,
    /// Where its password comes from.
    ProxyPassword,
    /// The environment variable that holds it.
    ProxyVariable,
    /// The command that prints it.
    ProxyCommand,
}

/// What one does with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Control {
    /// One types in it.
    Text,
    /// One chooses; the words of the choices.
    Choice(&'static [&'static str]),
    /// On or off.
    Switch,
}

pub(super) const PROTOCOLS: [Protocol; 3] = [Protocol::FtpsExplicit, Protocol::FtpsImplicit, Protocol::Ftp];
/// The keyring stands last: it is not built in everywhere.
pub(super) const SOURCES: [SourceKind; 7] = [
    SourceKind::Ask,
    SourceKind::Store,
    SourceKind::Command,
    SourceKind::Environment,
    SourceKind::Netrc,
    SourceKind::Challenge,
    SourceKind::Keyring,
];
const SOURCE_WORDS: &[&str] = if HAS_KEYRING {
    &[
        "ask",
        "store",
        "command",
        "environment",
        "netrc",
        "challenge",
        "keyring",
    ]
} else {
    &["ask", "store", "command", "environment", "netrc", "challenge"]
};
/// A proxy gives no challenge, and what is kept is kept for the server.
pub(super) const PROXY_SOURCES: [SourceKind; 3] =
    [SourceKind::Ask, SourceKind::Environment, SourceKind::Command];
pub(super) const MODES: [ConnectionMode; 3] = [
    ConnectionMode::Passive,
    ConnectionMode::Active,
    ConnectionMode::Auto,
];
pub(super) const ADDRESSES: [PassiveAddress; 3] = [
    PassiveAddress::Repair,
    PassiveAddress::Server,
    PassiveAddress::Control,
];
pub(super) const CONFLICTS: [Policy; 8] = [
    Policy::Ask,
    Policy::Overwrite,
    Policy::Newer,
    Policy::Size,
    Policy::Resume,
    Policy::Rename,
    Policy::Skip,
    Policy::Fail,
];
const CONFLICT_WORDS: &[&str] = &[
    "ask",
    "overwrite",
    "if newer",
    "if size differs",
    "resume",
    "keep both",
    "skip",
    "fail",
];
pub(super) const BACKENDS: [TlsBackend; 2] = [TlsBackend::Openssl, TlsBackend::System];
pub(super) const OLDEST: [TlsVersion; 4] = [
    TlsVersion::V1_2,
    TlsVersion::V1_3,
    TlsVersion::V1_1,
    TlsVersion::V1_0,
];
pub(super) const NEWEST: [TlsVersion; 4] = [
    TlsVersion::V1_3,
    TlsVersion::V1_2,
    TlsVersion::V1_1,
    TlsVersion::V1_0,
];

impl Field {
    /// Every field, in the order of the form.
    pub const ALL: &[Self] = &[
        Self::Name,
        Self::Group,
        Self::Note,
        Self::Protocol,
        Self::Host,
        Self::Port,
        Self::DocumentPath,
        Self::SubFolders,
        Self::Levels,
        Self::ReadOnly,
        Self::User,
        Self::Password,
        Self::Variable,
        Self::Command,
        Self::Secret,
        Self::Mode,
        Self::PassiveAddress,
        Self::ExternalIp,
        Self::PortRange,
        Self::TlsBackend,
        Self::TlsMin,
        Self::TlsMax,
        Self::WeakTls,
        Self::CaFile,
        Self::ClientCertificate,
        Self::ClientKey,
        Self::Pin,
        Self::Connections,
        Self::KeepAlive,
        Self::InPlace,
        Self::Verify,
        Self::KeepTimes,
        Self::KeepPermissions,
        Self::StartFolder,
        Self::ClockOffset,
        Self::Charset,
        Self::OnDownload,
        Self::OnUpload,
        Self::Account,
        Self::AfterLogin,
        Self::Proxy,
        Self::ProxyPassword,
        Self::ProxyVariable,
        Self::ProxyCommand,
    ];

    /// The words before it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Name => "Name",
            Self::Group => "Group",
            Self::Note => "Note",
            Self::Protocol => "Protocol",
            Self::Host => "Host",
            Self::Port => "Port",
            Self::DocumentPath => "Document path",
            Self::SubFolders => "Sub-folders",
            Self::Levels => "Levels",
            Self::ReadOnly => "Read only",
            Self::InPlace => "In place",
            Self::User => "User",
            Self::Password => "Password",
            Self::Variable => "Variable",
            Self::Command => "Command",
            Self::Secret => "Kept password",
            Self::Account => "Account",
            Self::Mode => "Mode",
            Self::PassiveAddress => "Passive address",
            Self::ExternalIp => "External IP",
            Self::PortRange => "Port range",
            Self::TlsBackend => "TLS library",
            Self::TlsMin => "Oldest TLS",
            Self::TlsMax => "Newest TLS",
            Self::WeakTls => "Weak TLS",
            Self::CaFile => "Authorities",
            Self::ClientCertificate => "Own certificate",
            Self::ClientKey => "Own key",
            Self::Pin => "Keep the pin",
            Self::Connections => "Connections",
            Self::KeepAlive => "Keep-alive",
            Self::StartFolder => "Start folder",
            Self::ClockOffset => "Clock offset",
            Self::Charset => "Character set",
            Self::Verify => "Verify",
            Self::KeepTimes => "Keep times",
            Self::KeepPermissions => "Permissions",
            Self::OnDownload => "Local exists",
            Self::OnUpload => "Remote exists",
            Self::AfterLogin => "After login",
            Self::Proxy => "Proxy",
            Self::ProxyPassword => "Its password",
            Self::ProxyVariable => "Its variable",
            Self::ProxyCommand => "Its command",
        }
    }

    /// The heading it stands under.
    pub fn section(self) -> Section {
        match self {
            Self::Name | Self::Group | Self::Note => Section::Listing,
            Self::Protocol
            | Self::Host
            | Self::Port
            | Self::DocumentPath
            | Self::SubFolders
            | Self::Levels
            | Self::ReadOnly => Section::Server,
            Self::User | Self::Password | Self::Variable | Self::Command | Self::Secret => Section::Login,
            Self::Mode | Self::PassiveAddress | Self::ExternalIp | Self::PortRange => Section::Data,
            Self::TlsBackend
            | Self::TlsMin
            | Self::TlsMax
            | Self::WeakTls
            | Self::CaFile
            | Self::ClientCertificate
            | Self::ClientKey
            | Self::Pin => Section::Tls,
            Self::Connections
            | Self::KeepAlive
            | Self::StartFolder
            | Self::ClockOffset
            | Self::Charset
            | Self::InPlace
            | Self::Verify
            | Self::KeepTimes
            | Self::KeepPermissions
            | Self::OnDownload
            | Self::OnUpload
            | Self::Account
            | Self::AfterLogin
            | Self::Proxy
            | Self::ProxyPassword
            | Self::ProxyVariable
            | Self::ProxyCommand => Section::Further,
        }
    }

    /// What one does with it. The choices stand in the order of the constants above.
    pub fn control(self) -> Control {
        match self {
            Self::Protocol => Control::Choice(&["FTPS explicit", "FTPS implicit", "FTP"]),
            Self::Password => Control::Choice(SOURCE_WORDS),
            Self::ProxyPassword => Control::Choice(&["ask", "environment", "command"]),
            Self::Mode => Control::Choice(&["passive", "active", "auto"]),
            Self::PassiveAddress => Control::Choice(&["repair", "as announced", "control"]),
            Self::TlsBackend => Control::Choice(&["OpenSSL", "system"]),
            Self::TlsMin => Control::Choice(&["1.2", "1.3", "1.1 (weak)", "1.0 (weak)"]),
            Self::TlsMax => Control::Choice(&["1.3", "1.2", "1.1 (weak)", "1.0 (weak)"]),
            Self::OnDownload | Self::OnUpload => Control::Choice(CONFLICT_WORDS),
            Self::SubFolders
            | Self::ReadOnly
            | Self::WeakTls
            | Self::Pin
            | Self::InPlace
            | Self::Verify
            | Self::KeepTimes
            | Self::KeepPermissions => Control::Switch,
            _ => Control::Text,
        }
    }

    /// Shown in an empty text field.
    pub fn placeholder(self) -> &'static str {
        match self {
            Self::Name => "needed, for example: web",
            Self::Host => "needed, or paste a whole ftpes:// URL",
            Self::DocumentPath => "/",
            Self::Levels => "all",
            Self::User => "anonymous",
            Self::Variable => "FTP_WEB_PASSWORD",
            Self::Command => "pass show ftp/web",
            Self::Secret => "as it is; asked for where none is kept",
            Self::ExternalIp => "automatic",
            Self::PortRange => "any, for example: 50000-50100",
            Self::CaFile => "this machine's; a PEM file adds more",
            Self::ClientCertificate => "none, or a PEM file of yours",
            Self::ClientKey => "in the certificate's file",
            Self::KeepAlive => "seconds; 0 is never",
            Self::StartFolder => "where ftpane is started",
            Self::ClockOffset => "measured, or for example: +2",
            Self::Charset => "UTF-8, or for example: latin1",
            Self::Account => "asked for where the server wants it",
            Self::AfterLogin => "none, for example: SITE UMASK 022; CWD /in",
            Self::Proxy => "none, or socks5://HOST, http://HOST:PORT",
            Self::ProxyVariable => "PROXY_PASSWORD",
            Self::ProxyCommand => "pass show proxy",
            _ => "",
        }
    }

    /// Whether it means anything with the other fields as they are.
    pub(super) fn applies(self, draft: &Draft) -> bool {
        let active = draft.mode != ConnectionMode::Passive;
        let passive = draft.mode != ConnectionMode::Active;
        match self {
            Self::Variable => draft.source == SourceKind::Environment,
            Self::Command => draft.source == SourceKind::Command,
            Self::Secret => matches!(draft.source, SourceKind::Store | SourceKind::Keyring),
            Self::Levels => draft.explore,
            Self::InPlace => !draft.read_only,
            Self::ProxyPassword => draft.proxy_has_user(),
            Self::ProxyVariable => draft.proxy_has_user() && draft.proxy_source == SourceKind::Environment,
            Self::ProxyCommand => draft.proxy_has_user() && draft.proxy_source == SourceKind::Command,
            Self::ExternalIp | Self::PortRange => active,
            Self::PassiveAddress => passive,
            Self::TlsBackend
            | Self::TlsMin
            | Self::TlsMax
            | Self::WeakTls
            | Self::CaFile
            | Self::ClientCertificate => draft.protocol.is_tls(),
            Self::ClientKey => {
                draft.protocol.is_tls() && !draft.text(Self::ClientCertificate).trim().is_empty()
            }
            Self::Pin => draft.protocol.is_tls() && draft.pin.is_some(),
            _ => true,
        }
    }
}
