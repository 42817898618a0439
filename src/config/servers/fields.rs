//! The fields of a server by the names that the file has for them: for what changes one without a
//! form.

use toml_edit::{DocumentMut, Item, Value};

use super::{PASSWORD_FORMS, ServersError, meant, plain, table};
use crate::config::validity;
use crate::model::server::Server;
use crate::model::text::escape_str;

/// Why a field cannot be changed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {why}")]
pub struct Refused {
    /// The field.
    pub field: String,
    /// What is wrong, and the nearest right word where there is one.
    pub why: String,
}

/// The server with this field set to a value as the file has it (`true`, `21`, `["NOOP"]`), or else
/// to the text itself.
///
/// # Errors
///
/// An unknown field, or a value that it cannot hold.
pub fn set(server: &Server, field: &str, value: &str) -> Result<Server, Refused> {
    let mut first = None;
    if let Ok(parsed) = value.parse::<Value>() {
        match with(server, field, Some(parsed)) {
            Ok(server) => return Ok(server),
            Err(refused) => first = Some(refused),
        }
    }
    let text = with(server, field, Some(Value::from(value)));
    text.map_err(|refused| first.unwrap_or(refused))
}

/// The server with this field as it is in a new one.
///
/// # Errors
///
/// An unknown field.
pub fn unset(server: &Server, field: &str) -> Result<Server, Refused> {
    // a field that is not in the file anyway may still be none at all
    let probe = with(&Server::default(), field, Some(Value::from("")));
    match probe {
        Err(refused) if refused.why.starts_with(UNKNOWN) => Err(refused),
        _ => with(server, field, None),
    }
}

/// The first field that holds what it may not.
///
/// # Errors
///
/// That field.
pub fn check(server: &Server) -> Result<(), Refused> {
    match validity::faults(server).into_iter().next() {
        None => Ok(()),
        Some(fault) => Err(Refused {
            field: fault.field.to_owned(),
            why: fault.says,
        }),
    }
}

const UNKNOWN: &str = "there is no such field";

fn with(server: &Server, field: &str, value: Option<Value>) -> Result<Server, Refused> {
    let refused = |why: String| Refused {
        field: escape_str(field),
        why,
    };
    let mut table = table(server).map_err(|error| match error {
        ServersError::Invalid { why, .. } => refused(why),
        other => refused(other.to_string()),
    })?;
    match value {
        Some(value) => table.insert(field, Item::Value(value)),
        None => table.remove(field),
    };
    let text = DocumentMut::from(table).to_string();
    toml::from_str(&text).map_err(|e| {
        let message = e.message();
        // it may be the password itself
        if matches!(field, "password" | "proxy-password") {
            return refused(format!("this is no source of a password; {PASSWORD_FORMS}"));
        }
        if message.starts_with("unknown field") {
            return refused(match meant(message) {
                Some(word) => format!("{UNKNOWN}; did you mean '{word}'?"),
                None => format!("{UNKNOWN}; 'ftpane servers show' names those that are set"),
            });
        }
        refused(plain(message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::job::Policy;
    use crate::model::server::PasswordSource;

    fn web() -> Server {
        Server {
            name: "web".into(),
            host: "h".into(),
            port: Some(2121),
            ..Server::default()
        }
    }

    #[test]
    fn values_as_the_file_has_them_or_as_they_are() {
        let server = set(&web(), "read-only", "true").unwrap();
        let server = set(&server, "note", "2024").unwrap();
        let server = set(&server, "on-conflict-upload", "newer").unwrap();
        let server = set(&server, "after-login", "[\"SITE UMASK 022\"]").unwrap();
        let server = set(&server, "password", "{ environment = \"FTP_PW\" }").unwrap();
        assert!(server.read_only);
        assert_eq!(
            (server.note.as_str(), server.on_conflict_upload),
            ("2024", Policy::Newer)
        );
        assert_eq!(server.after_login, ["SITE UMASK 022"]);
        assert_eq!(server.password, PasswordSource::Environment("FTP_PW".into()));
        assert_eq!(unset(&server, "port").unwrap().port, None);
        assert!(!unset(&server, "read-only").unwrap().read_only);
        assert_eq!(unset(&server, "external-ip").unwrap(), server);
    }

    #[test]
    fn refusals_name_the_field_and_never_a_password() {
        for (field, value, says) in [
            ("hots", "x", "hots: there is no such field; did you mean 'host'?"),
            ("port", "many", "port: "),
            (
                "password",
                "hunter2",
                "password: this is no source of a password; it is",
            ),
            (
                "mode",
                "pasive",
                "mode: there is no 'pasive'; did you mean 'passive'?",
            ),
        ] {
            let text = set(&web(), field, value).unwrap_err().to_string();
            assert!(text.starts_with(says), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
        assert!(unset(&web(), "hots").is_err());
        let bad = set(&web(), "keep-alive", "4000").unwrap();
        assert!(check(&bad).unwrap_err().to_string().starts_with("keep-alive: "));
    }
}
