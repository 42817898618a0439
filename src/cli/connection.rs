//! The options of every command that connects, and what they change in a server.

use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::config::validity;
use crate::model::certificate::Pin;
use crate::model::charset::Charset;
use crate::model::clock::ClockOffset;
use crate::model::failure::{Class, Failure};
use crate::model::proxy::Proxy;
use crate::model::server::{
    ConnectionMode, PassiveAddress, Patience, Protocol, Server, TlsBackend, TlsVersion,
};
use crate::model::size;
use crate::model::text::system_says;

#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
    /// Speak this on the server's port, whatever the URL or the saved server says
    #[arg(long, value_name = "PROTOCOL", value_parser = word(&PROTOCOLS))]
    protocol: Option<String>,
    /// Who opens data connections
    #[arg(long, value_name = "MODE", value_parser = word(&MODES))]
    mode: Option<String>,
    /// Active mode: the address announced to the server
    #[arg(long, value_name = "IP", value_parser = external_ip)]
    external_ip: Option<IpAddr>,
    /// Active mode: the local ports the server may connect to
    #[arg(long, value_name = "A-B", value_parser = port_range)]
    port_range: Option<(u16, u16)>,
    /// Passive mode: which address is used
    #[arg(long, value_name = "WHICH", value_parser = word(&ADDRESSES))]
    pasv_address: Option<String>,
    /// The oldest TLS version accepted
    #[arg(long, value_name = "VERSION", value_parser = word(&VERSIONS))]
    tls_min: Option<String>,
    /// The newest TLS version offered
    #[arg(long, value_name = "VERSION", value_parser = word(&VERSIONS))]
    tls_max: Option<String>,
    /// Let in what can be broken: keys below 2048 bits, SHA-1 signatures, no secure renegotiation
    #[arg(long)]
    weak_tls: bool,
    /// The library that speaks TLS
    #[arg(long, value_name = "WHICH", value_parser = word(&BACKENDS))]
    tls_backend: Option<String>,
    /// Further certificate authorities, PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Your own certificate with its chain, PEM, for a server that demands one
    #[arg(long, value_name = "FILE")]
    client_cert: Option<PathBuf>,
    /// Its key, PEM, where it is not in the certificate's file
    #[arg(long, value_name = "FILE")]
    client_key: Option<PathBuf>,
    /// The certificate expected, whoever signed it: sha256:HEX
    #[arg(long, value_name = "PIN")]
    pin: Option<Pin>,
    /// The character set in which the server writes names: latin1, windows-1251, Shift_JIS ...
    #[arg(long, value_name = "NAME")]
    pub(super) charset: Option<Charset>,
    /// How far the clock of the server's LIST is ahead of UTC, as in +2 or -5:30 [default: measured]
    #[arg(long, value_name = "HOURS", allow_hyphen_values = true)]
    clock_offset: Option<ClockOffset>,
    /// Seconds of quiet after which the server gets a NOOP; 0 is never
    #[arg(long, value_name = "S", value_parser = keep_alive)]
    keep_alive: Option<u16>,
    /// Seconds for a connection to stand [default: 15]
    #[arg(long, value_name = "S", value_parser = seconds)]
    connect_timeout: Option<Duration>,
    /// Seconds of silence on any connection before it is given up [default: 30]
    #[arg(long, value_name = "S", value_parser = seconds)]
    timeout: Option<Duration>,
    /// How often a transient failure is tried again [default: 3]
    #[arg(long, value_name = "N")]
    retries: Option<u32>,
    /// Let nothing through that could change the server
    #[arg(long)]
    read_only: bool,
    /// The document path: nothing above it is reached
    #[arg(long, value_name = "PATH", value_parser = root)]
    pub(super) root: Option<String>,
    /// How many levels below the document path are open: 0 is the document path itself only
    #[arg(long, value_name = "N")]
    explore_depth: Option<u32>,
    /// Control connections at once
    #[arg(short = 'j', long, value_name = "N", value_parser = connections)]
    connections: Option<u8>,
    /// Bytes a second over all transfers: 500K, 2M
    #[arg(long, value_name = "RATE", value_parser = size::read_rate)]
    pub(super) limit_rate: Option<u64>,
    /// Connect through this proxy: socks5://HOST:PORT or http://HOST:PORT, with USER@ if it asks
    #[arg(long, value_name = "URL")]
    proxy: Option<Proxy>,
    /// What ACCT is answered with where the server asks for an account; others can see it
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    account: Option<String>,
    /// Commands sent after each login, with ';' between them or each by itself, in place of the saved ones
    #[arg(long, value_name = "COMMAND", value_delimiter = ';', value_parser = after_login)]
    after_login: Vec<String>,
    /// Write the dialogue with the server to this file, secrets blotted; what was in it goes
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// A command whose first line of output is the password
    #[arg(long, value_name = "CMD")]
    pub(super) password_command: Option<String>,
}

const PROTOCOLS: [(&str, Protocol); 3] = [
    ("ftpes", Protocol::FtpsExplicit),
    ("ftps", Protocol::FtpsImplicit),
    ("ftp", Protocol::Ftp),
];
const MODES: [(&str, ConnectionMode); 3] = [
    ("passive", ConnectionMode::Passive),
    ("active", ConnectionMode::Active),
    ("auto", ConnectionMode::Auto),
];
const ADDRESSES: [(&str, PassiveAddress); 3] = [
    ("repair", PassiveAddress::Repair),
    ("server", PassiveAddress::Server),
    ("control", PassiveAddress::Control),
];
const VERSIONS: [(&str, TlsVersion); 4] = [
    ("1.0", TlsVersion::V1_0),
    ("1.1", TlsVersion::V1_1),
    ("1.2", TlsVersion::V1_2),
    ("1.3", TlsVersion::V1_3),
];
const BACKENDS: [(&str, TlsBackend); 2] = [("openssl", TlsBackend::Openssl), ("system", TlsBackend::System)];

impl Connection {
    /// The transcript's file, empty, which only this user can read, also where it was there and
    /// open to others: names of files are in it. Every write goes to its end, so that the lines of
    /// two programs that share it stay whole.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(super) fn transcript(&self) -> Result<Option<File>, Failure> {
        let Some(path) = &self.transcript else {
            return Ok(None);
        };
        private(path).map(Some).map_err(|e| {
            let what = format!("The transcript {} cannot be written", path.display());
            Failure::new(Class::Local, what, system_says(&e))
        })
    }

    /// The first option given that a saved server cannot keep.
    pub(super) fn of_this_run(&self) -> Option<&'static str> {
        [
            ("--connect-timeout", self.connect_timeout.is_some()),
            ("--timeout", self.timeout.is_some()),
            ("--retries", self.retries.is_some()),
            ("--limit-rate", self.limit_rate.is_some()),
            ("--transcript", self.transcript.is_some()),
        ]
        .into_iter()
        .find_map(|(option, given)| given.then_some(option))
    }

    /// Puts what was given over a server's own settings.
    ///
    /// # Errors
    ///
    /// Options that contradict each other.
    pub(super) fn apply(&self, server: &mut Server) -> Result<(), String> {
        fn meant<T: Copy>(table: &[(&str, T)], word: Option<&String>) -> Option<T> {
            let word = word?;
            table.iter().find(|(w, _)| w == word).map(|(_, value)| *value)
        }
        fn put<T>(place: &mut T, value: Option<T>) {
            if let Some(value) = value {
                *place = value;
            }
        }
        if let Some(protocol) = meant(&PROTOCOLS, self.protocol.as_ref()) {
            server.speak(protocol);
        }
        put(&mut server.mode, meant(&MODES, self.mode.as_ref()));
        put(
            &mut server.passive_address,
            meant(&ADDRESSES, self.pasv_address.as_ref()),
        );
        put(
            &mut server.tls_backend,
            meant(&BACKENDS, self.tls_backend.as_ref()),
        );
        let (oldest, newest) = (
            meant(&VERSIONS, self.tls_min.as_ref()),
            meant(&VERSIONS, self.tls_max.as_ref()),
        );
        put(&mut server.tls_max, newest);
        // a lower newest version alone takes the oldest down with it, but not below what is safe
        let lowered = newest.map(|n| n.max(TlsVersion::V1_2).min(server.tls_min));
        put(&mut server.tls_min, oldest.or(lowered));
        if server.tls_min > server.tls_max {
            return Err(match oldest.is_some() {
                true => {
                    "the newest TLS version offered (--tls-max) is older than the oldest accepted (--tls-min)"
                }
                false => "--tls-max is older than the oldest version accepted; give --tls-min too",
            }
            .into());
        }
        server.weak_tls |= self.weak_tls;
        validity::weak_tls(server.weak_tls, server.tls_backend)?;
        if let Some(certificate) = &self.client_cert {
            // another certificate has another key
            server.client_certificate = Some(certificate.clone());
            server.client_key = None;
        }
        put(&mut server.client_key, self.client_key.clone().map(Some));
        if server.client_key.is_some() && server.client_certificate.is_none() {
            return Err("--client-key is of use only with --client-cert".into());
        }
        put(&mut server.external_ip, self.external_ip.map(Some));
        put(&mut server.port_range, self.port_range.map(Some));
        put(&mut server.ca_file, self.ca_file.clone().map(Some));
        put(&mut server.pin, self.pin.map(Some));
        put(&mut server.charset, self.charset);
        put(&mut server.clock_offset, self.clock_offset.map(Some));
        put(&mut server.keep_alive, self.keep_alive);
        put(&mut server.account, self.account.clone());
        put(&mut server.document_path, self.root.clone());
        put(&mut server.explore_depth, self.explore_depth.map(Some));
        put(&mut server.connections, self.connections);
        server.read_only |= self.read_only;
        put(&mut server.proxy, self.proxy.clone().map(Some));
        validity::proxied(server.mode, server.proxy.as_ref())?;
        if !self.after_login.is_empty() {
            server.after_login.clone_from(&self.after_login);
        }
        Ok(())
    }

    /// How long is waited: `usual` where nothing was given.
    pub(super) fn patience(&self, usual: Patience) -> Patience {
        Patience {
            connect: self.connect_timeout.unwrap_or(usual.connect),
            silence: self.timeout.unwrap_or(usual.silence),
            retries: self.retries.unwrap_or(usual.retries),
        }
    }
}

/// An empty file for appending, mode 0600. What is no file (a terminal, a pipe) stays as it is.
#[cfg(unix)]
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let mut options = File::options();
    let file = options.append(true).create(true).mode(0o600).open(path)?;
    if file.metadata()?.is_file() {
        // before anything is in it, and on what was opened: the name may lead elsewhere by now
        file.set_permissions(std::fs::Permissions::from_mode(0o600))?;
        file.set_len(0)?;
    }
    Ok(file)
}

/// An empty file for appending.
#[cfg(not(unix))]
fn private(path: &Path) -> io::Result<File> {
    // what is open for appending cannot be truncated on Windows
    File::create(path)?;
    File::options().append(true).open(path)
}

fn word<T>(table: &'static [(&'static str, T)]) -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(table.iter().map(|(word, _)| *word))
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse::<f64>()
        .ok()
        .filter(|s| *s > 0.0)
        .and_then(|s| Duration::try_from_secs_f64(s).ok())
        .ok_or_else(|| "a number of seconds above 0".into())
}

fn external_ip(text: &str) -> Result<IpAddr, String> {
    let ip = text.parse().map_err(|_| "neither an IPv4 nor an IPv6 address")?;
    validity::external_ip(ip).map(|()| ip)
}

fn port_range(text: &str) -> Result<(u16, u16), String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    match (first.parse(), last.parse()) {
        (Ok(first), Ok(last)) => validity::port_range(first, last).map(|()| (first, last)),
        _ => Err("a range is written FIRST-LAST".into()),
    }
}

fn connections(text: &str) -> Result<u8, String> {
    let n = text.parse().unwrap_or(0);
    validity::connections(n).map(|()| n)
}

fn keep_alive(text: &str) -> Result<u16, String> {
    let seconds = text.parse().unwrap_or(u16::MAX);
    validity::keep_alive(seconds).map(|()| seconds)
}

fn account(text: &str) -> Result<String, String> {
    validity::line(text).map(|()| text.to_owned())
}

fn after_login(text: &str) -> Result<String, String> {
    // after the ';' between two
    let command = text.trim_start();
    validity::after_login(command).map(|()| command.to_owned())
}

fn root(text: &str) -> Result<String, String> {
    validity::document_path(text).map(|()| text.to_owned())
}

#[cfg(test)]
mod tests;
