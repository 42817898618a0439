//! What a saved server's fields may hold. The form asks here while one types, the file reader
//! when it has read; so both say the same.

use std::net::IpAddr;

use crate::model::proxy::Proxy;
use crate::model::server::{ConnectionMode, PasswordSource, Server, TlsBackend, TlsVersion};

/// The most control connections at once.
pub const MOST_CONNECTIONS: u8 = 32;

/// The verdict on one field: what is wrong with it, in a sentence without a full stop.
pub type Verdict = Result<(), String>;

/// A field that does not hold what it may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field as the file calls it.
    pub field: &'static str,
    /// What is wrong.
    pub says: String,
}

fn no(says: impl Into<String>) -> Verdict {
    Err(says.into())
}

/// A server's name: what stands before the colon of a target.
pub fn name(name: &str) -> Verdict {
    if name.is_empty() {
        return no("a server needs a name");
    }
    if name.contains([':', '/']) {
        return no("a name holds neither ':' nor '/', because NAME:PATH is how it is used");
    }
    if name.starts_with('-') {
        return no("a name does not begin with '-', which would look like an option");
    }
    if name.trim() != name {
        return no("a name does not begin or end with a space");
    }
    line(name)
}

/// Text of one line.
pub fn line(text: &str) -> Verdict {
    if text.chars().any(char::is_control) {
        return no("control characters and line breaks cannot be used here");
    }
    Ok(())
}

/// A file or folder of this machine; empty is none.
pub fn local_path(path: &str) -> Verdict {
    if path.starts_with('~') {
        return no("'~' means nothing here; write the whole path, as in /home/anna/certificates");
    }
    line(path)
}

/// Host name, IPv4 or IPv6 address.
pub fn host(host: &str) -> Verdict {
    if host.is_empty() {
        return no("a host name or an address is needed");
    }
    if host.contains("://") {
        return no("a URL is pasted here whole, or only its host is written");
    }
    if host.parse::<IpAddr>().is_ok() {
        return Ok(());
    }
    if host.starts_with('[') {
        return no("an IPv6 address is written without brackets here");
    }
    if host.contains(':') {
        return no("this is no IPv6 address; a port goes into the port field");
    }
    if let Some(bad) = host
        .chars()
        .find(|c| c.is_whitespace() || c.is_control() || "/\\@?#%\"'<>[]".contains(*c))
    {
        return no(format!("'{}' cannot stand in a host name", bad.escape_default()));
    }
    Ok(())
}

/// The document path; empty is the root.
pub fn document_path(path: &str) -> Verdict {
    line(path)?;
    if path.is_empty() || path.starts_with('/') || path == "~" || path.starts_with("~/") {
        return Ok(());
    }
    no("a document path begins with '/', or with '~' for the folder the login lands in")
}

/// An address to be announced to the server.
pub fn external_ip(ip: IpAddr) -> Verdict {
    if ip.is_unspecified() || ip.is_multicast() {
        return no(format!("no server can connect to {ip}"));
    }
    Ok(())
}

/// First and last local port of active mode.
pub fn port_range(first: u16, last: u16) -> Verdict {
    if first > last {
        return no(format!("the range ends ({last}) before it begins ({first})"));
    }
    if first < 1024 {
        return no("ports below 1024 belong to the system; begin at 1024 or above");
    }
    Ok(())
}

/// How many control connections at once.
pub fn connections(n: u8) -> Verdict {
    if (1..=MOST_CONNECTIONS).contains(&n) {
        return Ok(());
    }
    no(format!("between 1 and {MOST_CONNECTIONS} connections at once"))
}

/// The most seconds between two signs of life.
pub const LONGEST_KEEP_ALIVE: u16 = 3600;

/// Seconds between two signs of life; 0 is none.
pub fn keep_alive(seconds: u16) -> Verdict {
    if seconds <= LONGEST_KEEP_ALIVE {
        return Ok(());
    }
    no(format!(
        "between 1 and {LONGEST_KEEP_ALIVE} seconds, or 0 for never"
    ))
}

/// Where the password comes from.
pub fn password(source: &PasswordSource) -> Verdict {
    match source {
        PasswordSource::Ask
        | PasswordSource::Netrc
        | PasswordSource::Store
        | PasswordSource::Keyring
        | PasswordSource::Challenge => Ok(()),
        PasswordSource::Environment(name) if name.is_empty() => {
            no("the name of the environment variable is missing")
        }
        PasswordSource::Environment(name) if name.contains(['=', '\0', '$']) => {
            no("the name of a variable is written without '$', and holds no '='")
        }
        PasswordSource::Environment(name) => line(name),
        PasswordSource::Command(command) if command.trim().is_empty() => {
            no("the command that prints the password is missing")
        }
        PasswordSource::Command(command) => line(command),
    }
}

/// The oldest TLS version accepted and the newest one offered.
pub fn versions(oldest: TlsVersion, newest: TlsVersion) -> Verdict {
    if oldest > newest {
        return no("the oldest TLS version is newer than the newest one");
    }
    Ok(())
}

/// Whether weak keys are let in: native-tls has no word for it.
pub fn weak_tls(allowed: bool, backend: TlsBackend) -> Verdict {
    if allowed && backend == TlsBackend::System {
        return no("only OpenSSL can let weak TLS in, and the system's library is chosen");
    }
    Ok(())
}

/// Where a proxy's password comes from.
pub fn proxy_password(source: &PasswordSource) -> Verdict {
    match source {
        PasswordSource::Challenge => {
            no("a proxy gives no challenge to be answered; ask, or a variable or a command")
        }
        PasswordSource::Netrc | PasswordSource::Store | PasswordSource::Keyring => {
            no("those keep the password of the server; for the proxy's ask, or a variable or a command")
        }
        _ => password(source),
    }
}

/// The proxy of a server with this mode of connections.
pub fn proxied(mode: ConnectionMode, proxy: Option<&Proxy>) -> Verdict {
    match (mode, proxy) {
        (ConnectionMode::Active, Some(_)) => no(
            "active mode does not work through a proxy: the server would have to connect to this machine; use passive",
        ),
        _ => Ok(()),
    }
}

/// A command that is sent after each login.
pub fn after_login(command: &str) -> Verdict {
    line(command)?;
    let verb = command.split(' ').next().unwrap_or_default();
    let shown = verb.to_ascii_uppercase();
    if verb.is_empty() || !verb.chars().all(|c| c.is_ascii_alphanumeric()) {
        return no("a command begins with its verb, as in SITE UMASK 022");
    }
    if command.contains(';') {
        return no("a command holds no ';', which stands between two of them");
    }
    let why = match shown.as_str() {
        "USER" | "PASS" | "ACCT" | "REIN" => "would undo the login; that has fields of its own",
        "AUTH" | "ADAT" | "PBSZ" | "PROT" | "CCC" | "MIC" | "CONF" | "ENC" => {
            "would change the encryption; the protocol of the server decides that"
        }
        "TYPE" | "MODE" | "STRU" => "would change how files are sent; whole files in binary it has to be",
        "PORT" | "EPRT" | "LPRT" | "PASV" | "EPSV" | "LPSV" | "SPSV" | "CPSV" | "SSCN" => {
            "prepares a data connection, and each one is prepared when it is needed"
        }
        "LIST" | "NLST" | "MLSD" | "RETR" | "STOR" | "STOU" | "APPE" => {
            "needs a data connection, which nobody would open"
        }
        "REST" | "RNFR" | "RNTO" => "is half of two commands, and the other half does not follow",
        "QUIT" | "ABOR" => "would end what has just begun",
        _ => return Ok(()),
    };
    no(format!("{shown} {why}"))
}

/// Every fault of a server.
pub fn faults(server: &Server) -> Vec<Fault> {
    let mut out = Vec::new();
    let mut check = |field, verdict: Verdict| {
        if let Err(says) = verdict {
            out.push(Fault { field, says });
        }
    };
    check("name", name(&server.name));
    check("group", line(&server.group));
    check("note", line(&server.note));
    check("host", host(&server.host));
    check("document-path", document_path(&server.document_path));
    check("user", line(&server.user));
    check("password", password(&server.password));
    check("account", line(&server.account));
    for command in &server.after_login {
        check("after-login", after_login(command));
    }
    check("proxy", proxied(server.mode, server.proxy.as_ref()));
    check("proxy-password", proxy_password(&server.proxy_password));
    if server.port == Some(0) {
        check("port", no("a port is a number from 1 to 65535"));
    }
    if let Some(ip) = server.external_ip {
        check("external-ip", external_ip(ip));
    }
    if let Some((first, last)) = server.port_range {
        check("port-range", port_range(first, last));
    }
    check("tls-min", versions(server.tls_min, server.tls_max));
    check("weak-tls", weak_tls(server.weak_tls, server.tls_backend));
    if server.client_key.is_some() && server.client_certificate.is_none() {
        check("client-key", no("a key is of use only with client-certificate"));
    }
    for (field, path) in [
        ("ca-file", &server.ca_file),
        ("client-certificate", &server.client_certificate),
        ("client-key", &server.client_key),
        ("start-folder", &server.start_folder),
    ] {
        if let Some(path) = path {
            check(field, local_path(&path.to_string_lossy()));
        }
    }
    check("connections", connections(server.connections));
    check("keep-alive", keep_alive(server.keep_alive));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_hosts() {
        for good in ["web", "my server 2", "Büro", "a.b-c"] {
            assert_eq!(name(good), Ok(()), "{good}");
        }
        for bad in ["", "a:b", "a/b", "-x", " a", "a ", "a\tb"] {
            assert!(name(bad).is_err(), "{bad:?}");
        }
        for good in ["ftp.example.org", "10.0.0.1", "::1", "fe80::1", "büro.example"] {
            assert_eq!(host(good), Ok(()), "{good}");
        }
        for bad in [
            "", "a b", "host:21", "[::1]", "ftp://h", "a/b", "me@host", "1::2::3",
        ] {
            assert!(host(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn other_fields() {
        for good in ["", "/", "/a/b", "~", "~/x"] {
            assert_eq!(document_path(good), Ok(()), "{good}");
        }
        assert!(document_path("a/b").is_err());
        for (path, good) in [
            ("", true),
            ("/a b", true),
            ("c:\\x", true),
            ("~/x", false),
            ("a\nb", false),
        ] {
            assert_eq!(local_path(path).is_ok(), good, "{path}");
        }
        assert!(port_range(50_000, 50_000).is_ok());
        assert!(port_range(50_001, 50_000).is_err());
        assert!(port_range(20, 50_000).is_err());
        assert!(connections(0).is_err() && connections(33).is_err());
        assert!(keep_alive(0).is_ok() && keep_alive(3600).is_ok() && keep_alive(3601).is_err());
        assert!(password(&PasswordSource::Environment("$X".into())).is_err());
        assert!(password(&PasswordSource::Command(" ".into())).is_err());
        for good in ["SITE UMASK 022", "CWD /in box", "OPTS MLST size;", "x"] {
            assert_eq!(after_login(good).is_ok(), !good.contains(';'), "{good}");
        }
        for bad in [
            "", " SITE x", "user me", "PROT C", "AUTH TLS", "TYPE A", "pasv", "LIST", "REST 5", "QUIT",
            "A\r\nB", "\u{e9}x",
        ] {
            assert!(after_login(bad).is_err(), "{bad:?}");
        }
        let proxy = "socks5://h".parse().ok();
        assert!(proxied(ConnectionMode::Active, proxy.as_ref()).is_err());
        assert!(proxied(ConnectionMode::Auto, proxy.as_ref()).is_ok());
        let fields: Vec<_> = faults(&Server::default()).iter().map(|f| f.field).collect();
        assert_eq!(fields, ["name", "host"]);
    }
}
