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
        // who has written the file may be somebody else: nothing of it is run here
        for (what, source) in [
            ("password", &mut taken.server.password),
            ("proxy's password", &mut taken.server.proxy_password),
        ] {
            match source {
                PasswordSource::Command(_) => {
                    taken.remarks.push(format!(
                        "a command printed its {what}, which is not taken from another's file: it is asked for"
                    ));
                    *source = PasswordSource::Ask;
                }
                PasswordSource::Store | PasswordSource::Keyring => *source = PasswordSource::Ask,
                _ => {}
            }
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
