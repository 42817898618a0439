//! FileZilla's `sitemanager.xml`: folders of sites, in the form that FileZilla 3 writes and
//! documents in its sources.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node, ParsingOptions};
use zeroize::Zeroizing;

use super::{Found, Taken, line, number};
use crate::config::mistake::Mistake;
use crate::config::validity;
use crate::model::clock::ClockOffset;
use crate::model::server::{ConnectionMode, PasswordSource, Protocol, Server};

/// Elements, texts and comments together; a list of ten thousand sites has fewer.
const MOST_NODES: u32 = 1_000_000;
/// Folders within folders; more are not looked into.
const DEEPEST: usize = 32;

pub(super) fn read(text: &str, file: &str) -> Result<Found, Mistake> {
    // a DTD, and with it every entity of its own, is refused
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MOST_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options).map_err(|e| Mistake {
        file: file.to_owned(),
        line: usize::try_from(e.pos().row).unwrap_or(1),
        why: format!("this is no sound XML: {e}"),
    })?;
    let root = document.root_element();
    let servers = root.children().find(|node| node.has_tag_name("Servers"));
    let Some(servers) = servers.filter(|_| root.has_tag_name("FileZilla3")) else {
        let why = "this is no sitemanager.xml of FileZilla: <FileZilla3> with <Servers> in it is missing";
        return Err(Mistake::at(text, file, 0, why.into()));
    };
    let mut found = Found::default();
    let mut too_deep = 0;
    for site in servers.descendants().filter(|node| node.has_tag_name("Server")) {
        match group(site) {
            Some(group) => take(site, group, &mut found),
            None => too_deep += 1,
        }
    }
    if too_deep > 0 {
        let says = format!("{too_deep} of its sites lie more than {DEEPEST} folders deep and are left out");
        found.remarks.push(says);
    }
    Ok(found)
}

/// The names of the folders round a site; `None` where there are too many.
fn group(site: Node<'_, '_>) -> Option<String> {
    let mut folders: Vec<String> = Vec::new();
    for node in site.ancestors().skip(1) {
        if node.has_tag_name("Servers") {
            folders.reverse();
            folders.retain(|folder| !folder.is_empty());
            return Some(folders.join("/"));
        }
        if folders.len() == DEEPEST {
            return None;
        }
        folders.push(line(own_text(node)));
    }
    None
}

/// The text that stands in an element beside its children.
fn own_text<'a>(node: Node<'a, '_>) -> &'a str {
    let texts = node.children().filter(|child| child.is_text());
    let mut texts = texts.filter_map(|child| child.text()).map(str::trim);
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

fn child<'a>(site: Node<'a, '_>, name: &str) -> Option<&'a str> {
    let found = site.children().find(|child| child.has_tag_name(name))?;
    found.text().filter(|text| !text.is_empty())
}

fn take(site: Node<'_, '_>, group: String, found: &mut Found) {
    let name = child(site, "Name").unwrap_or_else(|| own_text(site));
    let name = line(name);
    let protocol = child(site, "Protocol").unwrap_or("0").trim();
    let protocol = match protocol {
        "0" | "4" => Protocol::FtpsExplicit,
        "3" => Protocol::FtpsImplicit,
        "6" => Protocol::Ftp,
        "1" => return found.leave(name, "SFTP is another protocol, which is not spoken here"),
        other => {
            let why = format!("its protocol (FileZilla's number {}) is no FTP", line(other));
            return found.leave(name, why);
        }
    };
    let mut taken = Taken::new(Server {
        name,
        group,
        protocol,
        host: line(
            child(site, "Host")
                .unwrap_or_default()
                .trim()
                .trim_matches(['[', ']']),
        ),
        port: number(child(site, "Port")).filter(|port| *port != protocol.default_port()),
        note: line(child(site, "Comments").unwrap_or_default()),
        ..Server::default()
    });
    if child(site, "Protocol").is_none_or(|number| number.trim() == "0") {
        taken.remark(
            "FileZilla encrypts it where the server can and goes on in clear where it cannot; here it is FTPS \
             explicit, and the login is refused where the server cannot",
        );
    }
    login(site, &mut taken);
    connections(site, &mut taken);
    folders(site, &mut taken);
    found.taken.push(taken);
}

fn login(site: Node<'_, '_>, taken: &mut Taken) {
    let kind = child(site, "Logontype").unwrap_or("1").trim();
    if kind == "0" {
        return;
    }
    taken.server.user = child(site, "User").unwrap_or_default().to_owned();
    match kind {
        "2" => {}
        "3" => taken.server.password = PasswordSource::Challenge,
        _ => password(site, taken),
    }
    if kind == "4" {
        taken.server.account = child(site, "Account").unwrap_or_default().to_owned();
    }
}

fn password(site: Node<'_, '_>, taken: &mut Taken) {
    let Some(node) = site.children().find(|node| node.has_tag_name("Pass")) else {
        return;
    };
    let written = node.text().unwrap_or_default();
    match node.attribute("encoding") {
        _ if written.is_empty() => {}
        None => taken.keep(written),
        Some("base64") => {
            let bytes = STANDARD.decode(written.trim()).map(Zeroizing::new);
            match bytes.as_ref().map(|bytes| std::str::from_utf8(bytes)) {
                Ok(Ok(text)) => taken.keep(text),
                _ => taken.remark("its password cannot be read, and is left out"),
            }
        }
        Some("crypt") => {
            taken.remark("its password is protected by FileZilla's master password, and is left out")
        }
        Some(_) => taken.remark("its password has a form that is not known here, and is left out"),
    }
}

fn connections(site: Node<'_, '_>, taken: &mut Taken) {
    if child(site, "PasvMode").is_some_and(|mode| mode.trim() == "MODE_ACTIVE") {
        taken.server.mode = ConnectionMode::Active;
    }
    if let Some(most) = number::<u8>(child(site, "MaximumMultipleConnections")).filter(|n| *n > 0) {
        taken.server.connections = most.min(validity::MOST_CONNECTIONS);
    }
    if child(site, "EncodingType").is_some_and(|kind| kind.trim() == "Custom") {
        let name = child(site, "CustomEncoding").unwrap_or_default().trim();
        match name.parse() {
            Ok(charset) => taken.server.charset = charset,
            Err(_) => taken.remark(format!("its character set {} is not known here", line(name))),
        }
    }
    // FileZilla adds it to what the server says; here it is how far the server is ahead
    match number::<i32>(child(site, "TimezoneOffset")) {
        None | Some(0) => {}
        Some(minutes) => match minutes.checked_neg().and_then(ClockOffset::from_minutes) {
            Some(offset) => taken.server.clock_offset = Some(offset),
            None => taken.remark(format!("its time zone offset of {minutes} minutes is none")),
        },
    }
    let commands = site
        .children()
        .find(|node| node.has_tag_name("PostLoginCommands"));
    for command in commands.iter().flat_map(|node| node.children()) {
        let Some(command) = command.text().map(str::trim).filter(|text| !text.is_empty()) else {
            continue;
        };
        match validity::after_login(command) {
            Ok(()) => taken.server.after_login.push(command.to_owned()),
            Err(why) => taken.remark(format!("a command after login is left out: {why}")),
        }
    }
}

fn folders(site: Node<'_, '_>, taken: &mut Taken) {
    if let Some(local) = child(site, "LocalDir").map(str::trim) {
        match local.starts_with('/') {
            true => taken.server.start_folder = Some(local.into()),
            false => taken.remark("its local folder is none of this machine, and is left out"),
        }
    }
    if let Some(written) = child(site, "RemoteDir") {
        match remote_folder(written) {
            Some(path) => taken.begin_in(&path),
            None => taken.remark("its remote folder cannot be read, and is left out"),
        }
    }
    let bookmarks = site
        .children()
        .filter(|node| node.has_tag_name("Bookmark"))
        .count();
    if bookmarks > 0 {
        taken.remark("its bookmarks of folders are left out");
    }
    if child(site, "SyncBrowsing").is_some_and(|on| on.trim() == "1") {
        taken.remark("synchronised browsing is no setting of a server here");
    }
}

/// FileZilla's form of a path: the kind of server, the length of a prefix and the prefix where it
/// has one, then each name with its length in characters before it: `1 0 4 home 3 a b`. Kinds
/// other than Unix's (0 and 1) have other separators.
fn remote_folder(written: &str) -> Option<String> {
    let mut rest = written.trim_start();
    let mut number = || {
        let (number, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after;
        number.parse::<usize>().ok()
    };
    let (kind, prefix) = (number()?, number()?);
    if kind > 1 || prefix > 0 {
        return None;
    }
    let mut path = String::new();
    while !rest.is_empty() {
        let (len, after) = rest.split_once(' ')?;
        let len = len.parse::<usize>().ok().filter(|len| *len > 0)?;
        let end = match after.char_indices().nth(len) {
            Some((end, _)) => end,
            None if after.chars().count() == len => after.len(),
            None => return None,
        };
        let (name, after) = after.split_at(end);
        path.push('/');
        path.push_str(name);
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    Some(if path.is_empty() { "/".into() } else { path })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_as_filezilla_writes_them() {
        for (written, want) in [
            ("1 0 4 home 4 anna", Some("/home/anna")),
            ("1 0 3 a b 2 é1", Some("/a b/é1")),
            ("0 0", Some("/")),
            ("1 0", Some("/")),
            ("1 0 9 home", None),
            ("1 0 x home", None),
            ("1 0 0  1 a", None),
            ("2 2 C: 4 home", None),
            ("", None),
            ("/home", None),
        ] {
            assert_eq!(remote_folder(written).as_deref(), want, "{written:?}");
        }
    }
}
