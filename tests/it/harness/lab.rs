//! The real FTP servers that `tests/lab/servers start` has started.
//!
//! Tests that use them are `#[ignore]`d and have `real_servers` in their path:
//! `tests/lab/fetch-servers && tests/lab/servers start && cargo test --test it -- --ignored real_servers`.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

/// What a server of the lab does with TLS on its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LabTls {
    /// Knows no TLS.
    None,
    /// `AUTH TLS` is offered.
    Optional,
    /// `AUTH TLS` is demanded.
    Required,
    /// TLS from the first byte.
    Implicit,
}

/// One server of the lab.
#[derive(Debug, Clone)]
pub(crate) struct LabServer {
    /// `vsftpd-tls`, as in the table of `tests/lab/servers`.
    pub(crate) name: String,
    /// Its control port.
    pub(crate) address: SocketAddr,
    /// What it does with TLS.
    pub(crate) tls: LabTls,
    /// Whether it has MLSD.
    pub(crate) mlsd: bool,
    /// The log that tells of TLS handshakes, where the server keeps one.
    pub(crate) log: PathBuf,
}

/// How many data connections a server's log tells of, by what it says of their TLS session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LoggedResumption {
    /// Data connections that resumed a session.
    pub(crate) resumed: u64,
    /// Data connections that did not.
    pub(crate) fresh: u64,
}

/// The running lab.
#[derive(Debug, Clone)]
pub(crate) struct Lab {
    /// The home folder of every account, on this machine's disk.
    pub(crate) home: PathBuf,
    /// The authority that signed the servers' certificate, PEM.
    pub(crate) ca: PathBuf,
    /// The servers' certificate, PEM.
    pub(crate) certificate: PathBuf,
    /// The folder of the servers' logs.
    pub(crate) logs: PathBuf,
    servers: Vec<LabServer>,
}

/// An account that reads and writes: user and password.
pub(crate) const DEMO: (&str, &str) = ("demo", "demo");
/// An account that can only read.
pub(crate) const READER: (&str, &str) = ("reader", "reader");
/// An account whose transfers are slow (2 MiB a second, or `LAB_RATE`).
pub(crate) const SLOW: (&str, &str) = ("slow", "slow");

impl Lab {
    /// Where the servers were unpacked: beside the state, unless `LAB_CACHE` says otherwise.
    pub(crate) fn cache(&self) -> PathBuf {
        let state = self.home.parent().unwrap();
        std::env::var_os("LAB_CACHE").map_or_else(|| state.with_file_name(".cache"), PathBuf::from)
    }

    /// The lab that runs on this machine: what its `lab.conf` in `LAB_STATE` says.
    ///
    /// # Panics
    /// When it was not started: a test that was asked for must not pass without its servers.
    pub(crate) fn running() -> Self {
        let state = std::env::var_os("LAB_STATE").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/.state"),
            PathBuf::from,
        );
        let conf = state.join("lab.conf");
        let text = std::fs::read_to_string(&conf).unwrap_or_else(|why| {
            panic!(
                "{}: {why}; start the servers first: tests/lab/fetch-servers && tests/lab/servers start",
                conf.display()
            )
        });
        Self::parse(&text).unwrap_or_else(|line| panic!("{}: cannot read '{line}'", conf.display()))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let mut values = BTreeMap::new();
        let mut rows = Vec::new();
        for line in text.lines() {
            match line.split_once(" = ").ok_or_else(|| line.to_owned())? {
                ("server", row) => rows.push(row),
                (key, value) => {
                    values.insert(key, value);
                }
            }
        }
        let value = |key: &str| values.get(key).copied().ok_or_else(|| format!("{key} = ?"));
        let host: IpAddr = value("address")?.parse().map_err(|_| "address = ?".to_owned())?;
        let servers = rows
            .into_iter()
            .map(|row| LabServer::parse(host, row).ok_or_else(|| row.to_owned()))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            home: value("home")?.into(),
            ca: value("ca")?.into(),
            certificate: value("certificate")?.into(),
            logs: value("logs")?.into(),
            servers,
        })
    }

    /// Every server, in the order of the table.
    pub(crate) fn servers(&self) -> &[LabServer] {
        &self.servers
    }

    /// The server of this name.
    pub(crate) fn server(&self, name: &str) -> &LabServer {
        self.servers
            .iter()
            .find(|s| s.name == name)
            .unwrap_or_else(|| panic!("the lab has no server '{name}'"))
    }
}

impl LabServer {
    fn parse(host: IpAddr, row: &str) -> Option<Self> {
        let fields: Vec<&str> = row.splitn(5, ' ').collect();
        let [name, port, tls, listing, log] = fields[..] else {
            return None;
        };
        Some(Self {
            name: name.to_owned(),
            address: SocketAddr::new(host, port.parse().ok()?),
            tls: match tls {
                "none" => LabTls::None,
                "optional" => LabTls::Optional,
                "required" => LabTls::Required,
                "implicit" => LabTls::Implicit,
                _ => return None,
            },
            mlsd: listing == "MLSD",
            log: log.into(),
        })
    }

    /// How long its TLS log is now: the place from which [`Self::logged_resumption`] counts.
    pub(crate) fn log_length(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |m| m.len())
    }

    /// What its TLS log says of data connections after the first `from` bytes. Only vsftpd and
    /// ProFTPD say it; the line may come a moment after the data connection has ended.
    pub(crate) fn logged_resumption(&self, from: u64) -> LoggedResumption {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let new = log.get(usize::try_from(from).unwrap_or(usize::MAX)..);
        count_resumption(&String::from_utf8_lossy(new.unwrap_or_default()))
    }
}

/// Reads vsftpd's `debug_ssl` lines and ProFTPD's `TLSLog`.
fn count_resumption(log: &str) -> LoggedResumption {
    let mut counted = LoggedResumption::default();
    for line in log.lines() {
        // vsftpd writes the same line for both connections; the user stands in it after login only
        let vsftpd_data = line.contains("] DEBUG: ") && line.matches('[').count() == 2;
        if vsftpd_data && line.contains("\"SSL version: ") {
            if line.contains(", not reused,") {
                counted.fresh += 1;
            } else if line.contains(", reused,") {
                counted.resumed += 1;
            }
        } else if line.contains(": client reused TLS session for data connection") {
            counted.resumed += 1;
        } else if line.contains(": client did not reuse TLS session, rejecting data connection") {
            counted.fresh += 1;
        }
    }
    counted
}

#[test]
fn the_lab_file_is_read() {
    let lab = Lab::parse(
        "address = 127.0.0.1\nhome = /lab/home\nca = /lab/ca.pem\ncertificate = /lab/server.crt\nlogs = /lab/log\n\
         server = vsftpd-tls 24022 required LIST /lab/log/vsftpd tls.log\n",
    )
    .unwrap();
    let server = lab.server("vsftpd-tls");
    assert_eq!(server.address, "127.0.0.1:24022".parse().unwrap());
    assert_eq!((server.tls, server.mlsd), (LabTls::Required, false));
    assert_eq!(server.log, Path::new("/lab/log/vsftpd tls.log"));
    assert_eq!(Lab::parse("server\n").unwrap_err(), "server");
    assert!(Lab::parse("address = 127.0.0.1\n").is_err());
}

#[test]
fn resumption_is_counted_from_both_kinds_of_log() {
    let vsftpd = r#"Sun Nov 22 08:59:01 2026 [pid 19664] DEBUG: Client "127.0.0.1", "SSL version: TLSv1.3, SSL cipher: TLS_AES_256_GCM_SHA384, not reused, no cert"
Sun Nov 22 08:59:01 2026 [pid 19664] [demo] DEBUG: Client "127.0.0.1", "SSL version: TLSv1.3, SSL cipher: TLS_AES_256_GCM_SHA384, reused, no cert"
Sun Nov 22 08:59:01 2026 [pid 19664] [demo] DEBUG: Client "127.0.0.1", "SSL shutdown state is: NONE"
Sun Nov 22 08:59:02 2026 [pid 19664] [demo] DEBUG: Client "127.0.0.1", "SSL version: TLSv1.3, SSL cipher: TLS_AES_256_GCM_SHA384, not reused, no cert"
"#;
    assert_eq!(
        count_resumption(vsftpd),
        LoggedResumption { resumed: 1, fresh: 1 }
    );
    let proftpd = "2026-11-22 08:59:01,766 mod_tls/2.9.2[1]: TLSv1.2 connection accepted, using cipher X (256 bits)
2026-11-22 08:59:01,966 mod_tls/2.9.2[1]: client reused TLS session for data connection
2026-11-22 08:59:01,967 mod_tls/2.9.2[1]: TLSv1.2 data connection accepted, using cipher X (256 bits, resumed session)
2026-11-22 08:59:02,169 mod_tls/2.9.2[1]: client reused TLS session for data connection
2026-11-22 08:59:04,409 mod_tls/2.9.2[1]: client did not reuse TLS session, rejecting data connection (see the NoSessionReuseRequired TLSOptions parameter)
";
    assert_eq!(
        count_resumption(proftpd),
        LoggedResumption { resumed: 2, fresh: 1 }
    );
}
