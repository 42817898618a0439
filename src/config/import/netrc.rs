//! `~/.netrc`: its machines as servers. The passwords stay where they are.

use super::{Found, Taken, line};
use crate::config::netrc::entries;
use crate::model::server::{PasswordSource, Server};

pub(super) fn read(text: &str) -> Found {
    let mut found = Found::default();
    for entry in entries(text) {
        let Some(host) = entry.host else {
            found.leave("default", "it is for every server, and names none");
            continue;
        };
        let mut taken = Taken::new(Server {
            name: line(&host),
            host: line(&host),
            user: entry.login.user.unwrap_or_default(),
            ..Server::default()
        });
        if entry.login.password.is_some() {
            taken.server.password = PasswordSource::Netrc;
            taken.remark("its password stays in .netrc, and is read from there");
        }
        taken.remark("whether it speaks FTP, and how, is not written there: it is taken as FTPS explicit");
        found.taken.push(taken);
    }
    found
}
