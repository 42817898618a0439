//! termscp's `bookmarks.toml`: one table a bookmark.

use toml::{Table, Value};

use super::{Found, Taken, line};
use crate::config::mistake::Mistake;
use crate::model::server::{Protocol, Server};

pub(super) fn read(text: &str, file: &str) -> Result<Found, Mistake> {
    let table: Table = toml::from_str(text).map_err(|e| {
        let at = e.span().map_or(0, |span| span.start);
        Mistake::at(text, file, at, e.message().to_owned())
    })?;
    let Some(Value::Table(bookmarks)) = table.get("bookmarks") else {
        let why = "this is no bookmarks.toml of termscp: the table [bookmarks] is missing";
        return Err(Mistake::at(text, file, 0, why.into()));
    };
    let mut found = Found::default();
    for (name, bookmark) in bookmarks {
        take(name, bookmark, &mut found);
    }
    if table
        .get("recents")
        .and_then(Value::as_table)
        .is_some_and(|recents| !recents.is_empty())
    {
        found.remarks.push("its recent connections are left out".into());
    }
    Ok(found)
}

fn take(name: &str, bookmark: &Value, found: &mut Found) {
    let text = |key: &str| bookmark.get(key).and_then(Value::as_str).unwrap_or_default();
    let protocol = match text("protocol").to_ascii_uppercase().as_str() {
        "FTP" => Protocol::Ftp,
        // termscp says AUTH TLS, whatever the port
        "FTPS" => Protocol::FtpsExplicit,
        "" => return found.leave(line(name), "it names no protocol"),
        other => {
            let why = format!("{} is another protocol, which is not spoken here", line(other));
            return found.leave(line(name), why);
        }
    };
    let port = bookmark.get("port").and_then(Value::as_integer);
    let port = port.and_then(|port| u16::try_from(port).ok());
    let mut taken = Taken::new(Server {
        name: line(name),
        protocol,
        host: line(text("address")),
        port: port.filter(|port| *port != protocol.default_port()),
        user: text("username").to_owned(),
        ..Server::default()
    });
    if !text("password").is_empty() {
        taken.remark("its password is encrypted with a key of termscp's own, and is left out");
    }
    // older versions wrote `directory`
    let folder = match text("remote_path") {
        "" => text("directory"),
        path => path,
    };
    taken.begin_in(folder);
    if text("local_path").starts_with('/') {
        taken.server.start_folder = Some(text("local_path").into());
    }
    found.taken.push(taken);
}
