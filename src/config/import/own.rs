//! What `ftpane servers export` has written, here or elsewhere.

use super::{Found, Taken};
use crate::config::mistake::Mistake;
use crate::config::servers::{self, ServersError};
use crate::model::server::PasswordSource;

pub(super) fn read(text: &str, file: &str) -> Result<Found, Mistake> {
    let servers = servers::read(text, file.as_ref()).map_err(|error| match error {
        ServersError::Broken { line, why, .. } => Mistake {
            file: file.to_owned(),
            line,
            why,
        },
        ServersError::Invalid {
            line,
            server,
            field,
            why,
            ..
        } => Mistake {
            file: file.to_owned(),
            line,
            why: format!("server '{server}', field {field}: {why}"),
        },
        other => Mistake {
            file: file.to_owned(),
            line: 1,
            why: other.to_string(),
        },
    })?;
    let mut found = Found::default();
    for server in servers {
        let mut taken = Taken::new(server);
        // who has written the file may be somebody else: nothing of it is run here, and no variable is
        // sent to a server of theirs
        for (what, source) in [
            ("password", &mut taken.server.password),
            ("proxy's password", &mut taken.server.proxy_password),
        ] {
            let from = match source {
                PasswordSource::Command(_) => "a command",
                PasswordSource::Environment(_) => "a variable",
                PasswordSource::Store | PasswordSource::Keyring => {
                    *source = PasswordSource::Ask;
                    continue;
                }
                PasswordSource::Ask | PasswordSource::Netrc | PasswordSource::Challenge => continue,
            };
            taken.remarks.push(format!(
                "its {what} came from {from}, which is not taken from another's file: it is asked for"
            ));
            *source = PasswordSource::Ask;
        }
        if !taken.server.after_login.is_empty() {
            let commands = taken.server.after_login.join("; ");
            taken.remark(format!("after each login it is sent: {commands}"));
        }
        if let Some(proxy) = &taken.server.proxy {
            let says = format!("it is reached through {proxy}");
            taken.remark(says);
        }
        if taken.server.allows_weak_tls() {
            taken.remark("weak TLS is let in");
        }
        if let Some(pin) = taken.server.pin {
            taken.remark(format!(
                "the file says which certificate it has, and it is believed: {pin}"
            ));
        }
        found.taken.push(taken);
    }
    Ok(found)
}
