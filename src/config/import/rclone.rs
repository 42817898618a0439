//! `rclone.conf`: the remotes of type `ftp`, whose passwords are obscured with a key that rclone
//! publishes (`fs/config/obscure`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::symm::{Cipher, Crypter, Mode};
use zeroize::Zeroizing;

use super::ini::{Section, sections};
use super::{Found, Taken, line, number};
use crate::config::mistake::Mistake;
use crate::config::validity;
use crate::model::server::{Protocol, Server, TlsVersion};

/// AES-256 in counter mode; the first block of what is written is the counter's beginning.
const KEY: [u8; 32] = [
    0x9c, 0x93, 0x5b, 0x48, 0x73, 0x0a, 0x55, 0x4d, 0x6b, 0xfd, 0x7c, 0x63, 0xc8, 0x86, 0xa9, 0x2b, 0xd3,
    0x90, 0x19, 0x8e, 0xb8, 0x12, 0x8a, 0xfb, 0xf4, 0xde, 0x16, 0x2b, 0x8b, 0x95, 0xf6, 0x38,
];
const BLOCK: usize = 16;

pub(super) fn read(text: &str, file: &str) -> Result<Found, Mistake> {
    if text.lines().any(|line| line.starts_with("RCLONE_ENCRYPT_V")) {
        let why =
            "it is encrypted with a password of rclone's; 'rclone config show > FILE' writes it in clear";
        return Err(Mistake::at(text, file, 0, why.into()));
    }
    let mut found = Found::default();
    for section in sections(text, file)? {
        let name = line(section.name);
        match section.get("type") {
            Some("ftp") if section.is_on("tls") && section.is_on("explicit_tls") => found.leave(
                name,
                "tls and explicit_tls are both on, which rclone refuses, too",
            ),
            Some("ftp") => found.taken.push(take(name, &section)),
            Some(kind) => found.leave(name, format!("it is a remote of type {}, no FTP", line(kind))),
            None => found.leave(name, "it names no type"),
        }
    }
    Ok(found)
}

fn take(name: String, section: &Section<'_>) -> Taken {
    let protocol = match section.is_on("tls") {
        true => Protocol::FtpsImplicit,
        false if section.is_on("explicit_tls") => Protocol::FtpsExplicit,
        false => Protocol::Ftp,
    };
    // its default, with implicit TLS, too
    let port = number(section.get("port")).unwrap_or(21);
    let mut taken = Taken::new(Server {
        name,
        protocol,
        host: line(section.get("host").unwrap_or_default()),
        port: (port != protocol.default_port()).then_some(port),
        user: section.get("user").unwrap_or_default().to_owned(),
        ..Server::default()
    });
    if taken.server.user.is_empty() {
        taken.remark("no user is written there, which to rclone is the user of the machine: fill it in");
    }
    if let Some(written) = section.get("pass") {
        match reveal(written) {
            Some(password) => taken.keep(&password),
            None => taken.remark("its password cannot be read, and is left out"),
        }
    }
    if let Some(most) = number::<u8>(section.get("concurrency")).filter(|n| *n > 0) {
        taken.server.connections = most.min(validity::MOST_CONNECTIONS);
    }
    if let Some(proxy) = section.get("socks_proxy").or(section.get("http_proxy")) {
        // rclone writes [user:password@]host:port
        let scheme = if section.get("socks_proxy").is_some() {
            "socks5"
        } else {
            "http"
        };
        let address = proxy.rsplit_once("://").map_or(proxy, |(_, rest)| rest);
        let (login, host) = address.rsplit_once('@').unwrap_or(("", address));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        let url = match user {
            "" => format!("{scheme}://{host}"),
            user => format!("{scheme}://{user}@{host}"),
        };
        match url.parse() {
            Ok(proxy) => taken.server.proxy = Some(proxy),
            Err(_) => taken.remark("its proxy cannot be read, and is left out"),
        }
        if !password.is_empty() {
            taken.remark("the proxy's password is left out, and is asked for");
        }
    }
    if section.is_on("disable_tls13") {
        taken.server.tls_max = TlsVersion::V1_2;
    }
    if section.is_on("no_check_certificate") {
        taken.remark("rclone did not verify its certificate; here you are shown it once, and can pin it");
    }
    taken
}

fn reveal(written: &str) -> Option<Zeroizing<String>> {
    let bytes = URL_SAFE_NO_PAD.decode(written.trim()).ok()?;
    let (start, hidden) = bytes.split_at_checked(BLOCK)?;
    let mut plain = Zeroizing::new(vec![0; hidden.len() + BLOCK]);
    let mut crypter = Crypter::new(Cipher::aes_256_ctr(), Mode::Decrypt, &KEY, Some(start)).ok()?;
    let len = crypter.update(hidden, &mut plain).ok()?;
    let text = std::str::from_utf8(&plain[..len]).ok()?;
    Some(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn obscured_passwords() {
        // from rclone's own tests of `obscure`
        for (written, want) in [
            ("YWFhYWFhYWFhYWFhYWFhYQ", Some("")),
            ("YWFhYWFhYWFhYWFhYWFhYXMaGgIlEQ", Some("potato")),
            ("YmJiYmJiYmJiYmJiYmJiYp3gcEWbAw", Some("potato")),
            ("YmJiYmJiYmJiYmJiYmJi", None),
            ("not base64!", None),
        ] {
            assert_eq!(reveal(written).as_deref().map(String::as_str), want, "{written}");
        }
    }
}
