//! lftp: `bookmarks`, a name and a site a line, and of its `rc` the settings that concern a server. A site is
//! what its command `open` takes: a URL, a host alone, or either behind options.

use super::{Found, Taken, line, number};
use crate::config::validity;
use crate::model::secret::Secret;
use crate::model::server::{ConnectionMode, Protocol, Server};
use crate::model::target::{Url, split_scheme};

/// The settings that are understood, each with the value and the host it is for; empty is all.
struct Settings<'a>(Vec<(&'a str, &'a str, &'a str)>);

impl<'a> Settings<'a> {
    /// Reads `set NAME[/HOST] VALUE`, one a line, `;` between several.
    fn read(text: &'a str) -> Self {
        let mut out = Vec::new();
        for command in text.lines().flat_map(|line| line.split(';')) {
            let mut words = command.split_whitespace();
            if words.next() != Some("set") {
                continue;
            }
            let Some(name) = words.next().filter(|name| !name.starts_with('#')) else {
                continue;
            };
            let (name, host) = name.split_once('/').unwrap_or((name, ""));
            let value = words.next().unwrap_or_default().trim_matches(['"', '\'']);
            out.push((name, host, value));
        }
        Self(out)
    }

    /// The value for a host: what is set for it goes before what is set for all, and of both the last.
    fn get(&self, name: &str, host: &str) -> Option<&'a str> {
        // lftp allows its short names, as long as nothing else begins so
        let called = |found: &str| found == name || found == name.trim_start_matches("ftp:");
        let meant = |pattern: &str| match pattern.strip_prefix('*') {
            Some(end) => !pattern.is_empty() && host.ends_with(end),
            None => pattern == host,
        };
        let all = || self.0.iter().rev().filter(|(found, ..)| called(found));
        let own = all().find(|(_, pattern, _)| !pattern.is_empty() && meant(pattern));
        own.or_else(|| all().find(|(_, pattern, _)| pattern.is_empty()))
            .map(|(.., value)| *value)
    }

    fn is(&self, name: &str, host: &str) -> Option<bool> {
        let value = self.get(name, host)?.to_ascii_lowercase();
        match value.as_str() {
            "yes" | "y" | "on" | "true" | "1" | "+" => Some(true),
            "no" | "n" | "off" | "false" | "0" | "-" => Some(false),
            _ => None,
        }
    }
}

/// The commands that an `rc` is written with, beside `set`. A bookmark may be called so: its site is a URL.
const COMMANDS: &[&str] = &[
    "alias", "at", "bookmark", "cache", "cd", "cls", "close", "command", "connect", "debug", "echo", "eval",
    "exit", "get", "glob", "help", "history", "jobs", "kill", "lcd", "lftp", "local", "ls", "mget", "mirror",
    "module", "mput", "nlist", "open", "pget", "put", "queue", "quit", "quote", "repeat", "shell", "site",
    "slot", "source", "suspend", "torrent", "user", "version", "wait",
];

/// Reads bookmarks, and the settings of an `rc`; both may be one text.
pub(super) fn read(bookmarks: &str, rc: &str) -> Found {
    let settings = Settings::read(rc);
    let mut found = Found::default();
    for (at, entry) in bookmarks.lines().enumerate() {
        let entry = entry.trim();
        let Some((name, url)) = entry.split_once(char::is_whitespace) else {
            continue;
        };
        // both may be one text: there are settings among the bookmarks then
        if name.starts_with('#') || name == "set" {
            continue;
        }
        let is_command = COMMANDS.contains(&name) && split_scheme(url.trim()).is_none();
        let name = line(name);
        if is_command {
            found.leave(
                name,
                format!("line {}: it is a command of lftp, and no bookmark", at + 1),
            );
            continue;
        }
        match site(url.trim()) {
            Ok(url) => found.taken.push(take(name, &url, &settings)),
            Err(why) => found.leave(name, format!("line {}: {why}", at + 1)),
        }
    }
    found
}

/// The site of a bookmark.
fn site(written: &str) -> Result<Url, String> {
    let (mut site, mut login, mut port) = (None, None, None);
    let mut words = words(written).into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-u" | "--user" => login = words.next(),
            "-p" | "--port" => port = words.next(),
            // what is done behind opening it, which slot it gets, how much is said of it
            "-e" | "-s" => drop(words.next()),
            "-d" | "-B" => {}
            // which may be a password, written wrong
            word if word.starts_with('-') => return Err("it has an option that is not known here".into()),
            _ if site.is_some() => return Err("it has more words than a server's address".into()),
            _ => site = Some(word),
        }
    }
    let site = site.ok_or("it names no server")?;
    let mut url = match split_scheme(&site) {
        Some(_) => Url::parse(&site),
        None => Url::parse(&format!("ftp://{site}")),
    }
    .map_err(|why| why.to_string())?;
    if let Some(login) = login {
        let (user, password) = login.split_once(',').unwrap_or((login.as_str(), ""));
        user.clone_into(&mut url.user);
        if !password.is_empty() {
            url.password = Some(Secret::new(password));
        }
    }
    if let Some(port) = port {
        url.port = Some(number(Some(port.as_str())).ok_or("its port is no number")?);
    }
    Ok(url)
}

/// The words of a command: quotation marks hold what has blanks together, and behind `\` a character means
/// itself.
fn words(text: &str) -> Vec<String> {
    let (mut out, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '"' | '\'' if quote.is_none() => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            c if quote == Some(c) => quote = None,
            c if c.is_whitespace() && quote.is_none() => out.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    out.extend(word);
    out
}

fn take(name: String, url: &Url, settings: &Settings<'_>) -> Taken {
    let host = url.host.as_str();
    let mut server = Server { name, ..url.server() };
    let force = settings.is("ftp:ssl-force", host) == Some(true);
    let allow = settings.is("ftp:ssl-allow", host) != Some(false) && !url.user.is_empty();
    // ftp:// encrypts there too, unless it is told not to
    if url.protocol == Protocol::Ftp && (force || allow) {
        server.protocol = Protocol::FtpsExplicit;
    }
    server.port = url.port.filter(|port| *port != server.protocol.default_port());
    let upgraded = server.protocol != url.protocol;
    let mut taken = Taken::new(server);
    if upgraded && !force {
        taken.remark(
            "lftp encrypts it where the server can and goes on in clear where it cannot; here it is FTPS \
             explicit, and the login is refused where the server cannot",
        );
    }
    let path = String::from_utf8_lossy(&url.path);
    // a folder from the root is //x or /%2Fx there, any other is one of the login's own
    taken.begin_in(path.strip_prefix('/').unwrap_or_default());
    if let Some(password) = &url.password {
        taken.keep(password.reveal());
    }
    if settings.is("ftp:passive-mode", host) == Some(false) {
        taken.server.mode = ConnectionMode::Active;
    }
    if let Some(name) = settings.get("ftp:charset", host).filter(|name| !name.is_empty()) {
        match name.parse() {
            Ok(charset) => taken.server.charset = charset,
            Err(_) => taken.remark(format!("its character set {} is not known here", line(name))),
        }
    }
    // 0 is as many as one likes
    let most = number::<u8>(settings.get("net:connection-limit", host));
    if let Some(most) = most.filter(|most| *most > 0) {
        taken.server.connections = most.min(validity::MOST_CONNECTIONS);
    }
    let range = settings
        .get("ftp:port-range", host)
        .and_then(|range| range.split_once('-'));
    if let Some((first, last)) = range
        && let (Ok(first), Ok(last)) = (first.parse(), last.parse())
    {
        taken.server.port_range = Some((first, last));
    }
    if let Some(ip) = settings.get("ftp:port-ipv4", host).and_then(|ip| ip.parse().ok()) {
        taken.server.external_ip = Some(ip);
    }
    for (name, place) in [
        ("ssl:ca-file", &mut taken.server.ca_file),
        ("ssl:cert-file", &mut taken.server.client_certificate),
        ("ssl:key-file", &mut taken.server.client_key),
    ] {
        if let Some(path) = settings.get(name, host).filter(|path| path.starts_with('/')) {
            *place = Some(path.into());
        }
    }
    if taken.server.client_certificate.is_none() {
        taken.server.client_key = None;
    }
    if settings.is("ssl:verify-certificate", host) == Some(false) {
        taken.remark("lftp did not verify its certificate; here you are shown it once, and can pin it");
    }
    if settings
        .get("ftp:proxy", host)
        .is_some_and(|proxy| !proxy.is_empty())
    {
        taken.remark("lftp's proxy is left out: fill in Proxy");
    }
    taken
}
