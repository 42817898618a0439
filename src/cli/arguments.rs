//! The words of the command line.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::validity;
use crate::model::certificate::Pin;
use crate::model::charset::Charset;
use crate::model::failure::{Class, Failure};
use crate::model::job::Policy;
use crate::model::proxy::Proxy;
use crate::model::server::{ConnectionMode, PassiveAddress, Patience, Server, TlsBackend, TlsVersion};

const AFTER_HELP: &str = "\
TARGET is SERVER:PATH with a saved server's name, or a URL: ftp:// (not encrypted),
ftpes:// (explicit TLS) or ftps:// (implicit TLS), as in ftpes://user@host/folder/file.
In a URL /~/x is relative to the login folder.

Passwords, in this order: in the URL (others can see it), --password-command,
FTPANE_PASSWORD, the source saved with the server, ~/.netrc, a prompt on the terminal.
A typed password is kept where the saved server's source is the store or the keyring.

Exit codes: 0 all done, 1 something failed while other things went on, 2 usage,
3 server not reached or lost, 4 login refused, 5 TLS or certificate refused,
6 no data connection, 7 no such file or no permission, 8 refused here (read only,
document path, depth), 9 conflict or verification, 10 local disk, 129 SIGHUP, 130 SIGINT,
143 SIGTERM.

Environment:
  FTPANE_CONFIG_DIR  another folder for servers and settings
  FTPANE_PASSWORD    the password
  FTPANE_PASSPHRASE  the passphrase of the secret store, where nobody can type it
  FTPANE_PROXY_PASSWORD  the password of the proxy; variables such as ALL_PROXY are not looked at
  FTPANE_LOG         a file for ftpane's own log (never the dialogue, never a secret)
  NETRC              another file than ~/.netrc";

/// Two-pane file manager for FTP and FTPS servers.
#[derive(Debug, Parser)]
#[command(name = "ftpane", version, after_help = AFTER_HELP, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Option<Subcommands>,
    /// Open the interface connected to this; without it, at the list of servers
    #[arg(value_name = "TARGET")]
    pub(super) target: Option<OsString>,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(super) enum Subcommands {
    /// The interface on an embedded FTPS server with a sample tree; nothing is left behind
    Demo {
        /// Only serve: print URL (with login) and certificate, and wait for Ctrl-C
        #[arg(long)]
        serve_only: bool,
    },
    /// List a folder, or one file
    Ls(Ls),
    /// Download files, and folders with all that is in them
    Get(Get),
    /// Upload files, and folders with all that is in them
    Put(Put),
    /// Change the passphrase of the secret store
    Passphrase,
}

#[derive(Debug, Args)]
pub(super) struct Ls {
    /// What to list
    #[arg(value_name = "TARGET", required = true)]
    pub(super) target: OsString,
    /// With all folders below
    #[arg(short = 'R', long)]
    pub(super) recursive: bool,
    /// With -R: at most so many levels below the target; never more than --explore-depth allows
    #[arg(long, value_name = "N", requires = "recursive")]
    pub(super) depth: Option<usize>,
    /// The order; with --json that of the server unless given
    #[arg(long, value_name = "KEY")]
    pub(super) sort: Option<Sort>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    Name,
    /// Largest first
    Size,
    /// Newest first
    Time,
}

#[derive(Debug, Args)]
pub(super) struct Get {
    /// What to download: x makes TO/x, a folder with a slash at its end puts its contents into TO
    #[arg(value_name = "TARGET", required = true)]
    pub(super) targets: Vec<OsString>,
    /// The folder to put it into; made where it is missing
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(super) to: PathBuf,
    #[command(flatten)]
    pub(super) transfer: Transfer,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
pub(super) struct Put {
    /// What to upload, and at last the TARGET: into it where it is a folder or ends in a slash, else under that name
    #[arg(value_name = "LOCAL... TARGET", required = true, num_args = 2..)]
    pub(super) places: Vec<OsString>,
    #[command(flatten)]
    pub(super) transfer: Transfer,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

#[derive(Debug, Args)]
pub(super) struct Transfer {
    /// Continue what is there where that can be proved right (--on-conflict resume)
    #[arg(short = 'c', long = "continue", conflicts_with = "on_conflict")]
    pub(super) resume: bool,
    /// What to do where the target exists [default: ask on a terminal, else overwrite]
    #[arg(long, value_name = "WHAT", value_parser = policy)]
    pub(super) on_conflict: Option<Policy>,
}

impl Transfer {
    /// The policy; `interactive` where somebody can be asked.
    pub(super) fn policy(&self, interactive: bool) -> Policy {
        match (self.resume, self.on_conflict) {
            (true, _) => Policy::Resume,
            (false, Some(policy)) => policy,
            (false, None) if interactive => Policy::Ask,
            (false, None) => Policy::Overwrite,
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Output {
    /// One JSON object a line
    #[arg(long)]
    pub(super) json: bool,
    /// No progress and no remarks on stderr, errors only
    #[arg(short, long)]
    pub(super) quiet: bool,
}

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(super) struct Connection {
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
    /// Seconds for a connection to stand
    #[arg(long, value_name = "S", value_parser = seconds)]
    connect_timeout: Option<Duration>,
    /// Seconds of silence on any connection before it is given up
    #[arg(long, value_name = "S", value_parser = seconds)]
    timeout: Option<Duration>,
    /// How often a transient failure is tried again
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
    #[arg(long, value_name = "RATE", value_parser = rate)]
    pub(super) limit_rate: Option<u64>,
    /// Connect through this proxy: socks5://HOST:PORT or http://HOST:PORT, with USER@ if it asks
    #[arg(long, value_name = "URL")]
    proxy: Option<Proxy>,
    /// Commands sent after each login, with ';' between them or each by itself, in place of the saved ones
    #[arg(long, value_name = "COMMAND", value_delimiter = ';', value_parser = after_login)]
    after_login: Vec<String>,
    /// Write the dialogue with the server to this file, secrets blotted
    #[arg(long, value_name = "FILE")]
    transcript: Option<PathBuf>,
    /// A command whose first line of output is the password
    #[arg(long, value_name = "CMD")]
    pub(super) password_command: Option<String>,
}

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
            Failure::new(Class::Local, what, e.to_string())
        })
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

    pub(super) fn patience(&self) -> Patience {
        let usual = Patience::default();
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

fn policy(text: &str) -> Result<Policy, String> {
    Policy::ALL
        .into_iter()
        .find(|p| p.word() == text)
        .ok_or_else(|| format!("one of {}", Policy::ALL.map(Policy::word).join(", ")))
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

fn after_login(text: &str) -> Result<String, String> {
    // after the ';' between two
    let command = text.trim_start();
    validity::after_login(command).map(|()| command.to_owned())
}

fn root(text: &str) -> Result<String, String> {
    validity::document_path(text).map(|()| text.to_owned())
}

/// `500`, `500K`, `2M`, `1.5G`, with or without `B` or `iB`: powers of 1024.
fn rate(text: &str) -> Result<u64, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text[number.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1024.0 * 1024.0,
        "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err("a number of bytes a second, such as 500K or 2M".into()),
    };
    match number.parse::<f64>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be in range"
        )]
        Ok(n) if n * factor >= 1.0 && n * factor < 1e18 => Ok((n * factor) as u64),
        _ => Err("a number of bytes a second, such as 500K or 2M".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }

    #[test]
    fn targets_and_commands() {
        assert!(parse("ftpane").unwrap().target.is_none());
        assert_eq!(
            parse("ftpane web:/x --mode active").unwrap().target,
            Some("web:/x".into())
        );
        assert!(parse("ftpane put a").is_err(), "a target is needed");
        assert!(parse("ftpane ls --depth 2 web:").is_err(), "only with -R");
        assert!(parse("ftpane get -c --on-conflict skip web:x").is_err());
        assert!(parse("ftpane get --on-conflict maybe web:x").is_err());
    }

    #[test]
    fn options_over_a_servers_own() {
        let line = "ftpane ls --mode auto --external-ip 192.0.2.1 --port-range 50000-50010 --tls-max 1.2 \
            --pasv-address control --root /srv --read-only --explore-depth 3 -j 2 --connect-timeout 1.5 --retries 0 web:";
        let Some(Subcommands::Ls(ls)) = parse(line).unwrap().command else {
            panic!("no ls");
        };
        let mut server = Server {
            tls_min: TlsVersion::V1_3,
            ..Server::default()
        };
        ls.connection.apply(&mut server).unwrap();
        assert_eq!(server.mode, ConnectionMode::Auto);
        assert_eq!(server.port_range, Some((50_000, 50_010)));
        assert_eq!(
            (server.tls_min, server.tls_max),
            (TlsVersion::V1_2, TlsVersion::V1_2)
        );
        assert_eq!(server.passive_address, PassiveAddress::Control);
        assert_eq!((server.document_path.as_str(), server.read_only), ("/srv", true));
        assert_eq!((server.connections, server.explore_depth), (2, Some(3)));
        let patience = ls.connection.patience();
        assert_eq!((patience.connect.as_millis(), patience.retries), (1500, 0));
        let Some(Subcommands::Ls(ls)) = parse("ftpane ls --tls-max 1.1 web:").unwrap().command else {
            panic!("no ls");
        };
        assert!(ls.connection.apply(&mut Server::default()).is_err());
    }

    #[test]
    fn commands_after_login_as_the_form_has_them_or_one_by_one() {
        let words = [
            "ftpane",
            "ls",
            "--after-login",
            "SITE UMASK 022; CWD /in",
            "--after-login",
            "NOOP",
            "web:",
        ];
        let Some(Subcommands::Ls(ls)) = Arguments::try_parse_from(words).unwrap().command else {
            panic!("no ls");
        };
        let mut server = Server::default();
        ls.connection.apply(&mut server).unwrap();
        assert_eq!(server.after_login, ["SITE UMASK 022", "CWD /in", "NOOP"]);
    }

    #[test]
    fn tls_versions_that_exclude_each_other_are_said_by_name() {
        for (line, says) in [
            (
                "ftpane ls --tls-min 1.3 --tls-max 1.2 web:",
                "than the oldest accepted (--tls-min)",
            ),
            ("ftpane ls --tls-max 1.1 web:", "give --tls-min too"),
        ] {
            let Some(Subcommands::Ls(ls)) = parse(line).unwrap().command else {
                panic!("no ls");
            };
            let said = ls.connection.apply(&mut Server::default()).unwrap_err();
            assert!(said.contains(says), "{said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_transcript_is_for_its_owner_and_keeps_lines_whole() {
        use std::io::Write as _;
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("T");
        std::fs::write(&path, "what was there").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let line = format!("ftpane --transcript {}", path.display());
        let connection = parse(&line).unwrap().connection;
        let mut first = connection.transcript().unwrap().unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.metadata().unwrap().len(), 0);
        let mut second = File::options().append(true).open(&path).unwrap();
        first.write_all(b"one\n").unwrap();
        second.write_all(b"other\n").unwrap();
        first.write_all(b"two\n").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"one\nother\ntwo\n");
        assert!(
            parse("ftpane --transcript /dev/null")
                .unwrap()
                .connection
                .transcript()
                .is_ok()
        );
    }

    #[test]
    fn rates() {
        for (text, want) in [("500", 500), ("1K", 1024), ("1.5MiB", 1_572_864), ("2g", 2 << 30)] {
            assert_eq!(rate(text), Ok(want), "{text}");
        }
        for bad in ["", "0", "-1", "5X", "nan", "inf", "M"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }
}
