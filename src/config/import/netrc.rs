//! A `.netrc`: its machines as servers.

use super::{Found, Taken, line};
use crate::config::netrc::entries;
use crate::model::server::{PasswordSource, Server};

/// `stays` where it is the file that passwords are looked up in anyway: they are left there.
pub(super) fn read(text: &str, stays: bool) -> Found {
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
            account: entry.account.unwrap_or_default(),
            ..Server::default()
        });
        match entry.login.password {
            Some(_) if stays => {
                taken.server.password = PasswordSource::Netrc;
                taken.remark("its password stays in .netrc, and is read from there");
            }
            Some(password) => taken.keep(password.reveal()),
            None => {}
        }
        taken.remark("whether it speaks FTP, and how, is not written there: it is taken as FTPS explicit");
        if entry.macros {
            taken.remark("its macros (macdef) are left out");
        }
        found.taken.push(taken);
    }
    found
}
