//! `WinSCP.ini`: one section a site, percent-encoded names and values, obfuscated passwords. Only
//! what differs from WinSCP's defaults is written there.

use zeroize::Zeroizing;

use super::ini::{Section, sections};
use super::{Found, Taken, line, number};
use crate::config::mistake::Mistake;
use crate::config::validity;
use crate::model::proxy::{Proxy, ProxyKind};
use crate::model::server::{ConnectionMode, PassiveAddress, Protocol, Server, TlsVersion};
use crate::model::target::decode_text;

pub(super) fn read(text: &str, file: &str) -> Result<Found, Mistake> {
    let sections = sections(text, file)?;
    let is_session = |section: &&Section<'_>| section.name.starts_with("Sessions\\");
    if !sections
        .iter()
        .any(|s| is_session(&s) || s.name.starts_with("Configuration"))
    {
        let why = "this is no WinSCP.ini: it has neither sites ([Sessions\\...]) nor settings of WinSCP";
        return Err(Mistake::at(text, file, 0, why.into()));
    }
    let security = sections.iter().find(|s| s.name == "Configuration\\Security");
    let master = security.is_some_and(|s| s.is_on("UseMasterPassword"));
    let mut found = Found::default();
    for section in sections.iter().filter(is_session) {
        take(section, master, &mut found);
    }
    if master {
        let says = "a master password protects the passwords of WinSCP, and they are left out";
        found.remarks.push(says.into());
    }
    Ok(found)
}

/// A value or a name, decoded; what is not encoded stays as it is.
fn decoded(text: &str) -> String {
    let decoded = decode_text(text).unwrap_or_else(|_| text.to_owned());
    // WinSCP marks what is UTF-8 so
    decoded.trim_start_matches('\u{feff}').to_owned()
}

fn take(section: &Section<'_>, master: bool, found: &mut Found) {
    let path = decoded(section.name.trim_start_matches("Sessions\\"));
    if path == "Default Settings" || section.is_on("IsWorkspace") {
        return;
    }
    let (group, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let (group, name) = (line(group), line(name));
    match section.get("FSProtocol").unwrap_or("1") {
        "5" => {}
        "0" | "1" | "2" => {
            return found.leave(
                name,
                "SFTP and SCP are other protocols, which are not spoken here",
            );
        }
        _ => return found.leave(name, "it is a site of WebDAV or S3, which are not spoken here"),
    }
    let protocol = match section.get("Ftps").unwrap_or("0") {
        "0" => Protocol::Ftp,
        "1" => Protocol::FtpsImplicit,
        _ => Protocol::FtpsExplicit,
    };
    let text = |key| section.get(key).map(decoded).unwrap_or_default();
    let (user, host) = user_and_host(section);
    let mut taken = Taken::new(Server {
        name,
        group,
        protocol,
        host: line(host.trim_matches(['[', ']'])),
        port: number(section.get("PortNumber")).filter(|port| *port != protocol.default_port()),
        user,
        account: text("FtpAccount"),
        note: line(&text("Note")),
        ..Server::default()
    });
    password(section, master, &mut taken);
    data_connections(section, &mut taken);
    proxy(section, &mut taken);
    // the number says whether it is not UTF-8 (0 is yes), the word whether it is
    if section
        .get("Utf")
        .is_some_and(|utf| utf == "0" || utf.eq_ignore_ascii_case("off"))
    {
        taken.remark(
            "it writes names in the character set of the Windows machine: choose Charset if they look wrong",
        );
    }
    if number::<f64>(section.get("TimeDifference")).is_some_and(|days| days != 0.0) {
        taken.remark("its time zone offset is left out: here it is measured");
    }
    for command in text("PostLoginCommands")
        .lines()
        .map(str::trim)
        .filter(|c| !c.is_empty())
    {
        match validity::after_login(command) {
            Ok(()) => taken.server.after_login.push(command.to_owned()),
            Err(why) => taken.remark(format!("a command after login is left out: {why}")),
        }
    }
    if section.get("TlsCertificateFile").is_some() {
        taken.remark("its client certificate is a file of another machine, and is left out");
    }
    if section.get("LocalDirectory").is_some() {
        taken.remark("its local folder is one of another machine, and is left out");
    }
    if section.is_on("SynchronizeBrowsing") {
        taken.remark("synchronised browsing is no setting of a server here");
    }
    if number::<u8>(section.get("FtpProxyLogonType")).is_some_and(|kind| kind > 0) {
        taken.remark(
            "it is reached through an FTP proxy, which is not known here: the host may be the proxy's",
        );
    }
    taken.begin_in(&text("RemoteDirectory"));
    found.taken.push(taken);
}

/// A host may be written as PuTTY has it, with the user in front.
fn user_and_host(section: &Section<'_>) -> (String, String) {
    let text = |key| section.get(key).map(decoded).unwrap_or_default();
    let host = text("HostName");
    match host.rsplit_once('@') {
        Some((user, host)) => (user.to_owned(), host.to_owned()),
        None => (text("UserName"), host),
    }
}

fn password(section: &Section<'_>, master: bool, taken: &mut Taken) {
    // written by hand: WinSCP obscures it when it saves the site the next time
    if let Some(plain) = section.get("PasswordPlain") {
        return taken.keep(&Zeroizing::new(decoded(plain)));
    }
    let Some(written) = section.get("Password").filter(|_| !master) else {
        return;
    };
    let (user, host) = user_and_host(section);
    let key = format!("{user}{host}");
    match clear(written, &key) {
        Some(password) => taken.keep(&password),
        None => taken.remark("its password cannot be read, and is left out"),
    }
}

fn data_connections(section: &Section<'_>, taken: &mut Taken) {
    let server = &mut taken.server;
    if section.get("FtpPasvMode") == Some("0") {
        server.mode = ConnectionMode::Active;
    }
    // its switches are 0 for on, 1 for off, and 2, the default here, is what `repair` does, or words; old
    // versions had yes and no, 1 and 0
    server.passive_address = match (section.get("FtpForcePasvIp2"), section.get("FtpForcePasvIp")) {
        (Some("0" | "on"), _) | (None, Some("1")) => PassiveAddress::Control,
        (Some("1" | "off"), _) | (None, Some("0")) => PassiveAddress::Server,
        _ => PassiveAddress::Repair,
    };
    if section.get("FtpPingType") == Some("0") {
        server.keep_alive = 0;
    } else if let Some(seconds) = number::<u16>(section.get("FtpPingInterval")) {
        server.keep_alive = seconds.min(validity::LONGEST_KEEP_ALIVE);
    }
    // its numbers of versions: 10 to 13
    if section.get("MinTlsVersion") == Some("13") {
        server.tls_min = TlsVersion::V1_3;
    }
    if section.get("MaxTlsVersion") == Some("12") {
        server.tls_max = TlsVersion::V1_2;
        server.tls_min = TlsVersion::V1_2;
    }
    let old = |key| number::<u8>(section.get(key)).is_some_and(|version| version < 12);
    if server.protocol.is_tls() && (old("MinTlsVersion") || old("MaxTlsVersion")) {
        taken.remark("TLS older than 1.2 was allowed there and is not here, unless you lower tls-min");
    }
}

fn proxy(section: &Section<'_>, taken: &mut Taken) {
    let kind = match section.get("ProxyMethod").unwrap_or("0") {
        "0" => return,
        "2" => ProxyKind::Socks5,
        "3" => ProxyKind::Http,
        _ => return taken.remark("its proxy is of a kind that is not spoken here, and is left out"),
    };
    let text = |key| section.get(key).map(decoded).unwrap_or_default();
    taken.server.proxy = Some(Proxy {
        kind,
        user: text("ProxyUsername"),
        host: line(&text("ProxyHost")),
        port: number(section.get("ProxyPort")).unwrap_or(80),
    });
    if section.get("ProxyPassword").is_some() || section.get("ProxyPasswordEnc").is_some() {
        taken.remark("the proxy's password is left out, and is asked for");
    }
}

/// The password of what WinSCP calls simple encryption (`core/Security.cpp`): each byte is two
/// digits, inverted and XORed; a flag, the length, some padding, then user and host in front of
/// the password itself. `None` where it is not for this user and host.
fn clear(written: &str, key: &str) -> Option<Zeroizing<String>> {
    const MAGIC: u8 = 0xA3;
    const FLAG: u8 = 0xFF;
    const LONG: u8 = 0x02;
    let digits = written.as_bytes();
    let mut bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => {
            let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|d| u8::try_from(d).ok());
            Some(!((digit(high)? << 4 | digit(low)?) ^ MAGIC))
        }
        _ => None,
    });
    let mut next = || bytes.next().flatten();
    let flag = next()?;
    let len = match flag {
        FLAG => match next()? {
            LONG => usize::from(next()?) << 8 | usize::from(next()?),
            _ => usize::from(next()?),
        },
        len => usize::from(len),
    };
    for _ in 0..next()? {
        next()?;
    }
    let mut plain = Zeroizing::new(Vec::with_capacity(len));
    for _ in 0..len {
        plain.push(next()?);
    }
    let plain = std::str::from_utf8(&plain).ok()?;
    let plain = match flag {
        FLAG => plain.strip_prefix(key)?,
        _ => plain,
    };
    Some(Zeroizing::new(plain.to_owned()))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// What WinSCP would write, with this much padding.
    pub(in super::super) fn obscure(password: &str, key: &str, padding: u8) -> String {
        let all = format!("{key}{password}");
        let mut bytes = vec![0xFF];
        match u8::try_from(all.len()) {
            Ok(len) => bytes.extend([0, len]),
            Err(_) => bytes.extend([2, u8::try_from(all.len() >> 8).unwrap(), (all.len() & 0xff) as u8]),
        }
        bytes.push(padding);
        bytes.extend((0..padding).map(|n| n.wrapping_mul(37)));
        bytes.extend(all.bytes());
        bytes.extend([1, 2, 3]);
        bytes.iter().map(|byte| format!("{:02X}", !byte ^ 0xA3)).collect()
    }

    #[test]
    fn passwords() {
        for (password, padding) in [("s3cret", 0), ("pä ss=;\"", 17), (&*"x".repeat(300), 3)] {
            let written = obscure(password, "annah.example", padding);
            assert_eq!(
                clear(&written, "annah.example").as_deref().map(String::as_str),
                Some(password)
            );
            assert_eq!(clear(&written, "bertah.example"), None);
            assert_eq!(clear(&written[..written.len() / 2], "annah.example"), None);
        }
        for bad in ["", "A", "ZZZZ", "A35C", "é€"] {
            assert_eq!(clear(bad, "k"), None, "{bad}");
        }
    }

    #[test]
    fn a_password_of_an_old_winscp() {
        // without the flag: only the length
        let bytes = [3, 1, 0, b'a', b'b', b'c'];
        let written: String = bytes
            .iter()
            .map(|byte: &u8| format!("{:02X}", !byte ^ 0xA3))
            .collect();
        assert_eq!(clear(&written, "k").as_deref().map(String::as_str), Some("abc"));
    }
}
