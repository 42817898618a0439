//! The password of a place, from the first source that has one.

use std::io::{IsTerminal as _, Write as _};

use super::place::Place;
use super::speech::Speech;
use crate::config::{netrc, secrets};
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};

/// Looks where the help says, in its order; at last a person is asked, if `may_ask`. `None` is
/// for an anonymous login, or where nobody was asked.
///
/// The user of a URL without one may come from `~/.netrc`, so the server may change.
pub(super) async fn find(
    place: &mut Place,
    command: Option<&str>,
    may_ask: bool,
    speech: &Speech,
) -> Result<Option<Secret>, Failure> {
    if let Some(secret) = place.secret.take() {
        speech.warn("the password in the URL can be seen by other users of this machine; FTPANE_PASSWORD, --password-command or ~/.netrc keep it to yourself");
        return Ok(Some(secret));
    }
    if let Some(command) = command {
        return secrets::resolve(&PasswordSource::Command(command.to_owned())).await;
    }
    if let Some(secret) = secrets::environment(secrets::PASSWORD_VARIABLE)? {
        return Ok(Some(secret));
    }
    // a saved server's own source is meant for it; ~/.netrc serves other programs too
    if let Some(secret) = secrets::resolve(&place.server.password).await? {
        return Ok(Some(secret));
    }
    if let Some(secret) = from_netrc(&mut place.server, place.saved, speech) {
        return Ok(Some(secret));
    }
    if place.server.user.is_empty() || !may_ask {
        return Ok(None);
    }
    ask(&place.server).map(Some)
}

fn from_netrc(server: &mut Server, saved: bool, speech: &Speech) -> Option<Secret> {
    // a saved server without a user is meant to be anonymous
    if saved && server.user.is_empty() {
        return None;
    }
    let path = netrc::path()?;
    let text = std::fs::read_to_string(&path).ok()?;
    let user = Some(server.user.as_str()).filter(|u| !u.is_empty());
    let login = netrc::find(&text, &server.host, user)?;
    let secret = login.password?;
    if is_open(&path) {
        speech.warn(&format!(
            "{} can be read by other users; chmod 600 keeps it to yourself",
            path.display()
        ));
    }
    if let Some(user) = login.user {
        server.user = user;
    }
    Some(secret)
}

#[cfg(unix)]
fn is_open(path: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(path).is_ok_and(|m| m.mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open(_: &std::path::Path) -> bool {
    false
}

fn ask(server: &Server) -> Result<Secret, Failure> {
    let none = |why: &str| {
        Failure::new(
            Class::Login,
            format!("No password for {}", server.url()),
            why.to_owned(),
        )
        .hint("Give it by FTPANE_PASSWORD, --password-command or ~/.netrc")
    };
    if !std::io::stdin().is_terminal() {
        return Err(none(
            "none is known, and nobody can be asked: the input is no terminal",
        ));
    }
    let answer = Silence::begin()
        .and_then(|_silence| rpassword::prompt_password(format!("Password of {}: ", server.url())));
    // the line end after the answer was written while line ends were not translated
    if std::io::stderr().is_terminal() {
        let _ = std::io::stderr().write_all(b"\r");
    }
    match answer {
        Ok(text) => Ok(Secret::new(text)),
        Err(e) if e.kind() == std::io::ErrorKind::Interrupted => Err(Failure::new(
            Class::Cancelled,
            format!("No password for {}", server.url()),
            "interrupted",
        )),
        Err(e) => Err(none(&format!("the terminal could not be read: {e}"))),
    }
}

/// A terminal that shows nothing of what is typed. rpassword writes its prompt before it turns
/// the echo off: an answer that comes at once would be seen.
struct Silence;

impl Silence {
    fn begin() -> std::io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        Ok(Self)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = crossterm::terminal::disable_raw_mode();
    }
}
