//! A server while it is being typed: every field as the form holds it, made from a server and
//! made into one.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;

use super::field::{
    ADDRESSES, BACKENDS, CONFLICTS, Control, Field, MODES, NEWEST, OLDEST, PROTOCOLS, PROXY_SOURCES, SOURCES,
};
use crate::app::input::Line;
use crate::config::secrets::HAS_KEYRING;
use crate::config::validity;
use crate::model::certificate::Pin;
use crate::model::charset::{Charset, CharsetError};
use crate::model::clock::{ClockOffset, NoClockOffset};
use crate::model::job::Policy;
use crate::model::proxy::{Proxy, ProxyFault};
use crate::model::secret::Secret;
use crate::model::server::{
    ConnectionMode, PassiveAddress, PasswordSource, Protocol, Server, TlsBackend, TlsVersion,
};

/// Where the password comes from, without the name of variable or command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum SourceKind {
    #[default]
    Ask,
    Environment,
    Command,
    Netrc,
    Store,
    Keyring,
    Challenge,
}

impl SourceKind {
    /// The kind of a source, and what its variable and its command are called.
    fn of(source: &PasswordSource) -> (Self, String, String) {
        match source {
            PasswordSource::Ask => (Self::Ask, String::new(), String::new()),
            PasswordSource::Environment(name) => (Self::Environment, name.clone(), String::new()),
            PasswordSource::Command(command) => (Self::Command, String::new(), command.clone()),
            PasswordSource::Challenge => (Self::Challenge, String::new(), String::new()),
            PasswordSource::Netrc => (Self::Netrc, String::new(), String::new()),
            PasswordSource::Store => (Self::Store, String::new(), String::new()),
            PasswordSource::Keyring => (Self::Keyring, String::new(), String::new()),
        }
    }
}

/// The fields as the form holds them.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    lines: BTreeMap<Field, Line>,
    pub(super) protocol: Protocol,
    /// Whether sub-folders are entered at all.
    pub(super) explore: bool,
    pub(super) read_only: bool,
    in_place: bool,
    pub(super) source: SourceKind,
    pub(super) proxy_source: SourceKind,
    pub(super) mode: ConnectionMode,
    passive_address: PassiveAddress,
    on_download: Policy,
    on_upload: Policy,
    tls_backend: TlsBackend,
    pub(super) tls_min: TlsVersion,
    pub(super) tls_max: TlsVersion,
    pub(super) weak_tls: bool,
    verify: bool,
    keep_times: bool,
    keep_permissions: bool,
    pub(super) pin: Option<Pin>,
    keep_pin: bool,
    /// Whether a person wrote the port: then it does not follow the protocol.
    port_typed: bool,
}

impl Draft {
    pub(super) fn new(server: &Server) -> Self {
        let shown = |path: Option<&PathBuf>| path.map(|p| p.display().to_string()).unwrap_or_default();
        let (source, variable, command) = SourceKind::of(&server.password);
        let (proxy_source, proxy_variable, proxy_command) = SourceKind::of(&server.proxy_password);
        let lines = [
            (Field::Name, server.name.clone()),
            (Field::Group, server.group.clone()),
            (Field::Note, server.note.clone()),
            (Field::Host, server.host.clone()),
            (Field::Port, server.port().to_string()),
            (Field::DocumentPath, server.document_path.clone()),
            (
                Field::Levels,
                server
                    .explore_depth
                    .filter(|levels| *levels > 0)
                    .map(|levels| levels.to_string())
                    .unwrap_or_default(),
            ),
            (Field::User, server.user.clone()),
            (Field::Variable, variable),
            (Field::Command, command),
            (Field::Account, server.account.clone()),
            (Field::AfterLogin, server.after_login.join("; ")),
            (
                Field::Proxy,
                server.proxy.as_ref().map(Proxy::to_string).unwrap_or_default(),
            ),
            (Field::ProxyVariable, proxy_variable),
            (Field::ProxyCommand, proxy_command),
            (
                Field::ExternalIp,
                server.external_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            ),
            (
                Field::PortRange,
                server
                    .port_range
                    .map(|(first, last)| format!("{first}-{last}"))
                    .unwrap_or_default(),
            ),
            (Field::CaFile, shown(server.ca_file.as_ref())),
            (
                Field::ClientCertificate,
                shown(server.client_certificate.as_ref()),
            ),
            (Field::ClientKey, shown(server.client_key.as_ref())),
            (Field::Connections, server.connections.to_string()),
            (Field::KeepAlive, server.keep_alive.to_string()),
            (Field::StartFolder, shown(server.start_folder.as_ref())),
            (
                Field::ClockOffset,
                server
                    .clock_offset
                    .map(|offset| offset.to_string())
                    .unwrap_or_default(),
            ),
            (
                Field::Charset,
                match server.charset.is_utf8() {
                    true => String::new(),
                    false => server.charset.to_string(),
                },
            ),
        ];
        let mut lines: BTreeMap<_, _> = lines.map(|(field, text)| (field, Line::new(text))).into();
        // what is kept for the server stays where it is: only a new password is typed here
        lines.insert(Field::Secret, Line::masked());
        Self {
            lines,
            protocol: server.protocol,
            explore: server.explore_depth != Some(0),
            read_only: server.read_only,
            in_place: server.in_place,
            source,
            proxy_source,
            mode: server.mode,
            passive_address: server.passive_address,
            on_download: server.on_conflict_download,
            on_upload: server.on_conflict_upload,
            tls_backend: server.tls_backend,
            tls_min: server.tls_min,
            tls_max: server.tls_max,
            weak_tls: server.weak_tls,
            verify: server.verify,
            keep_times: server.keep_times,
            keep_permissions: server.keep_permissions,
            pin: server.pin,
            keep_pin: true,
            port_typed: server.port.is_some(),
        }
    }

    pub(super) fn line(&self, field: Field) -> Option<&Line> {
        self.lines.get(&field)
    }

    pub(super) fn text(&self, field: Field) -> &str {
        self.lines.get(&field).map_or("", Line::text)
    }

    pub(super) fn set_text(&mut self, field: Field, text: &str) {
        self.lines.insert(field, Line::new(text));
    }

    /// Lets `edit` change the text of a field; `None` when it has none.
    pub(super) fn edit<T>(&mut self, field: Field, edit: impl FnOnce(&mut Line) -> T) -> Option<T> {
        let line = self.lines.get_mut(&field)?;
        if field != Field::Port {
            return Some(edit(line));
        }
        let before = line.text().to_owned();
        let out = edit(line);
        if line.text() != before {
            // an emptied port follows the protocol again
            self.port_typed = !line.text().is_empty();
        }
        Some(out)
    }

    /// Which of the choices is taken, in the order of [`Field::control`]; 1 is on.
    pub(super) fn chosen(&self, field: Field) -> usize {
        fn place<T: PartialEq>(all: &[T], one: &T) -> usize {
            all.iter().position(|x| x == one).unwrap_or(0)
        }
        match field {
            Field::Protocol => place(&PROTOCOLS, &self.protocol),
            Field::Password => place(&SOURCES, &self.source),
            Field::ProxyPassword => place(&PROXY_SOURCES, &self.proxy_source),
            Field::Mode => place(&MODES, &self.mode),
            Field::PassiveAddress => place(&ADDRESSES, &self.passive_address),
            Field::OnDownload => place(&CONFLICTS, &self.on_download),
            Field::OnUpload => place(&CONFLICTS, &self.on_upload),
            Field::TlsBackend => place(&BACKENDS, &self.tls_backend),
            Field::TlsMin => place(&OLDEST, &self.tls_min),
            Field::TlsMax => place(&NEWEST, &self.tls_max),
            Field::WeakTls => usize::from(self.weak_tls),
            Field::SubFolders => usize::from(self.explore),
            Field::ReadOnly => usize::from(self.read_only),
            Field::InPlace => usize::from(self.in_place),
            Field::Pin => usize::from(self.keep_pin),
            Field::Verify => usize::from(self.verify),
            Field::KeepTimes => usize::from(self.keep_times),
            Field::KeepPermissions => usize::from(self.keep_permissions),
            _ => 0,
        }
    }

    /// Takes the next choice, or the one before; the port follows the protocol.
    pub(super) fn turn(&mut self, field: Field, forward: bool) {
        let count = match field.control() {
            Control::Text => return,
            Control::Choice(words) => words.len(),
            Control::Switch => 2,
        };
        let at = self.chosen(field);
        let at = if forward { at + 1 } else { at + count - 1 } % count;
        match field {
            Field::Protocol => self.set_protocol(PROTOCOLS[at]),
            Field::Password => self.source = SOURCES[at],
            Field::ProxyPassword => self.proxy_source = PROXY_SOURCES[at],
            Field::Mode => self.mode = MODES[at],
            Field::PassiveAddress => self.passive_address = ADDRESSES[at],
            Field::OnDownload => self.on_download = CONFLICTS[at],
            Field::OnUpload => self.on_upload = CONFLICTS[at],
            Field::TlsBackend => self.tls_backend = BACKENDS[at],
            Field::TlsMin => self.tls_min = OLDEST[at],
            Field::TlsMax => self.tls_max = NEWEST[at],
            Field::WeakTls => self.weak_tls = at == 1,
            Field::SubFolders => self.explore = at == 1,
            Field::ReadOnly => self.read_only = at == 1,
            Field::InPlace => self.in_place = at == 1,
            Field::Pin => self.keep_pin = at == 1,
            Field::Verify => self.verify = at == 1,
            Field::KeepTimes => self.keep_times = at == 1,
            Field::KeepPermissions => self.keep_permissions = at == 1,
            _ => {}
        }
    }

    pub(super) fn set_protocol(&mut self, protocol: Protocol) {
        self.protocol = protocol;
        if !self.port_typed {
            self.set_text(Field::Port, &protocol.default_port().to_string());
        }
    }

    pub(super) fn set_port(&mut self, port: Option<u16>) {
        self.port_typed = port.is_some();
        let port = port.unwrap_or(self.protocol.default_port());
        self.set_text(Field::Port, &port.to_string());
    }

    fn port(&self) -> Result<Option<u16>, String> {
        match self.text(Field::Port).trim() {
            "" => Ok(None),
            _ if !self.port_typed => Ok(None),
            text => match text.parse::<u16>() {
                Ok(0) | Err(_) => Err("a port is a number from 1 to 65535".into()),
                Ok(port) => Ok(Some(port)),
            },
        }
    }

    fn external_ip(&self) -> Result<Option<IpAddr>, String> {
        let text = self.text(Field::ExternalIp).trim();
        if text.is_empty() {
            return Ok(None);
        }
        let ip = text
            .parse()
            .map_err(|_| "this is neither an IPv4 nor an IPv6 address".to_owned())?;
        validity::external_ip(ip).map(|()| Some(ip))
    }

    fn port_range(&self) -> Result<Option<(u16, u16)>, String> {
        let text = self.text(Field::PortRange).trim();
        if text.is_empty() {
            return Ok(None);
        }
        let (first, last) = text.split_once(['-', '\u{2013}', ':']).unwrap_or((text, text));
        match (first.trim().parse(), last.trim().parse()) {
            (Ok(first), Ok(last)) => validity::port_range(first, last).map(|()| Some((first, last))),
            _ => Err("a range is written FIRST-LAST, for example 50000-50100".into()),
        }
    }

    fn connections(&self) -> Result<u8, String> {
        let text = self.text(Field::Connections).trim();
        let n = text.parse().unwrap_or(0);
        validity::connections(n).map(|()| n)
    }

    fn keep_alive(&self) -> Result<u16, String> {
        let seconds = self.text(Field::KeepAlive).trim().parse().unwrap_or(u16::MAX);
        validity::keep_alive(seconds).map(|()| seconds)
    }

    /// `None` is unlimited. Level 0 is what the switch is for.
    fn explore_depth(&self) -> Result<Option<u32>, String> {
        if !self.explore {
            return Ok(Some(0));
        }
        match self.text(Field::Levels).trim() {
            "" => Ok(None),
            text => match text.parse::<u32>() {
                Ok(0) => Err("at least 1; switch Sub-folders off to stay in the document path".into()),
                Ok(levels) => Ok(Some(levels)),
                Err(_) => Err("a number of levels, or empty for all".into()),
            },
        }
    }

    fn clock_offset(&self) -> Result<Option<ClockOffset>, String> {
        match self.text(Field::ClockOffset).trim() {
            "" => Ok(None),
            text => text
                .parse()
                .map(Some)
                .map_err(|why: NoClockOffset| why.to_string()),
        }
    }

    fn charset(&self) -> Result<Charset, String> {
        let charset = self.text(Field::Charset).parse();
        charset.map_err(|why: CharsetError| why.to_string())
    }

    fn password(&self) -> PasswordSource {
        self.password_from(self.source, Field::Variable, Field::Command)
    }

    fn proxy_password(&self) -> PasswordSource {
        self.password_from(self.proxy_source, Field::ProxyVariable, Field::ProxyCommand)
    }

    fn password_from(&self, kind: SourceKind, variable: Field, command: Field) -> PasswordSource {
        match kind {
            SourceKind::Ask => PasswordSource::Ask,
            SourceKind::Environment => PasswordSource::Environment(self.text(variable).trim().to_owned()),
            SourceKind::Command => PasswordSource::Command(self.text(command).trim().to_owned()),
            SourceKind::Challenge => PasswordSource::Challenge,
            SourceKind::Netrc => PasswordSource::Netrc,
            SourceKind::Store => PasswordSource::Store,
            SourceKind::Keyring => PasswordSource::Keyring,
        }
    }

    /// The new password, where one was typed and is kept.
    pub(super) fn secret(&self) -> Option<Secret> {
        let text = self.text(Field::Secret);
        (Field::Secret.applies(self) && !text.is_empty()).then(|| Secret::new(text))
    }

    /// Takes a password in, to be kept in the store unless another place is chosen.
    pub(super) fn keep(&mut self, secret: &Secret) {
        if !Field::Secret.applies(self) {
            self.source = SourceKind::Store;
        }
        let mut line = Line::masked();
        line.paste(secret.reveal());
        self.lines.insert(Field::Secret, line);
    }

    /// The proxy as far as it can be read.
    fn proxy(&self) -> Result<Option<Proxy>, String> {
        match self.text(Field::Proxy).trim() {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|why: ProxyFault| why.to_string()),
        }
    }

    /// Whether files may be written straight to their targets.
    pub(super) fn in_place(&self) -> bool {
        self.in_place
    }

    /// Whether there is a password of the proxy at all.
    pub(super) fn proxy_has_user(&self) -> bool {
        matches!(self.proxy(), Ok(Some(proxy)) if !proxy.user.is_empty())
    }

    fn after_login(&self) -> Vec<String> {
        let commands = self.text(Field::AfterLogin).split(';').map(str::trim);
        commands
            .filter(|command| !command.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// The server as far as it can be read; what cannot is as in a new one.
    pub(super) fn server(&self) -> Server {
        let text = |field| self.text(field).trim().to_owned();
        let path = |field| Some(text(field)).filter(|t| !t.is_empty()).map(PathBuf::from);
        let client_certificate = path(Field::ClientCertificate);
        Server {
            name: text(Field::Name),
            group: text(Field::Group),
            note: text(Field::Note),
            protocol: self.protocol,
            host: text(Field::Host),
            port: self.port().unwrap_or_default(),
            document_path: text(Field::DocumentPath),
            explore_depth: self.explore_depth().unwrap_or_default(),
            read_only: self.read_only,
            in_place: self.in_place,
            user: text(Field::User),
            password: self.password(),
            account: text(Field::Account),
            after_login: self.after_login(),
            proxy: self.proxy().unwrap_or_default(),
            proxy_password: self.proxy_password(),
            mode: self.mode,
            external_ip: self.external_ip().unwrap_or_default(),
            port_range: self.port_range().unwrap_or_default(),
            passive_address: self.passive_address,
            on_conflict_download: self.on_download,
            on_conflict_upload: self.on_upload,
            tls_backend: self.tls_backend,
            tls_min: self.tls_min,
            tls_max: self.tls_max,
            weak_tls: self.weak_tls,
            pin: self.pin.filter(|_| self.keep_pin),
            ca_file: path(Field::CaFile),
            // a key alone means nothing, and its field is not shown then
            client_key: path(Field::ClientKey).filter(|_| client_certificate.is_some()),
            client_certificate,
            connections: self.connections().unwrap_or(Server::default().connections),
            keep_alive: self.keep_alive().unwrap_or(Server::default().keep_alive),
            start_folder: path(Field::StartFolder),
            clock_offset: self.clock_offset().unwrap_or_default(),
            charset: self.charset().unwrap_or_default(),
            verify: self.verify,
            keep_times: self.keep_times,
            keep_permissions: self.keep_permissions,
        }
    }

    /// What is wrong with a field; `taken` are the names of other servers.
    pub(super) fn fault(&self, field: Field, taken: &[String]) -> Option<String> {
        let text = self.text(field).trim();
        match field {
            Field::Name if taken.iter().any(|t| t == text) => Err("another server has this name".to_owned()),
            Field::Name => validity::name(text),
            Field::Group | Field::Note | Field::User | Field::Account => validity::line(text),
            Field::StartFolder | Field::CaFile | Field::ClientCertificate | Field::ClientKey => {
                validity::local_path(text)
            }
            Field::TlsMax => validity::versions(self.tls_min, self.tls_max),
            Field::WeakTls => validity::weak_tls(self.weak_tls, self.tls_backend),
            Field::Host => validity::host(text),
            Field::Port => self.port().map(drop),
            Field::DocumentPath => validity::document_path(text),
            Field::Variable | Field::Command => validity::password(&self.password()),
            Field::AfterLogin => self
                .after_login()
                .iter()
                .try_for_each(|command| validity::after_login(command)),
            Field::Proxy => self
                .proxy()
                .and_then(|proxy| validity::proxied(self.mode, proxy.as_ref())),
            Field::ProxyPassword | Field::ProxyVariable | Field::ProxyCommand => {
                validity::proxy_password(&self.proxy_password())
            }
            Field::ExternalIp => self.external_ip().map(drop),
            Field::PortRange => self.port_range().map(drop),
            Field::Connections => self.connections().map(drop),
            Field::KeepAlive => self.keep_alive().map(drop),
            Field::Levels => self.explore_depth().map(drop),
            Field::ClockOffset => self.clock_offset().map(drop),
            Field::Password if self.source == SourceKind::Keyring && !HAS_KEYRING => {
                Err("keyring, which this ftpane was built without; choose another".to_owned())
            }
            Field::Charset => self.charset().map(drop),
            Field::Protocol
            | Field::SubFolders
            | Field::ReadOnly
            | Field::InPlace
            | Field::Verify
            | Field::KeepTimes
            | Field::KeepPermissions
            | Field::Password
            | Field::Secret
            | Field::Mode
            | Field::PassiveAddress
            | Field::OnDownload
            | Field::OnUpload
            | Field::TlsBackend
            | Field::TlsMin
            | Field::Pin => Ok(()),
        }
        .err()
        .filter(|_| field.applies(self))
    }
}
