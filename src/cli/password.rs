//! The password of a place, from the first source that has one.

use std::io::{self, IsTerminal as _, Write};

use tokio::io::{AsyncRead, AsyncReadExt as _};
use zeroize::Zeroizing;

use super::place::Place;
use super::speech::Speech;
use crate::config::{netrc, secrets};
use crate::model::event::Wanted;
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};
use crate::model::text::escape_str;

/// Looks where the help says, in its order; at last a person is asked, at the `terminal`. `None` is
/// for an anonymous login, or where nobody was asked.
///
/// The user of a URL without one may come from `~/.netrc`, so the server may change.
pub(super) async fn find(
    place: &mut Place,
    command: Option<&str>,
    terminal: Option<&mut (impl AsyncRead + Unpin)>,
    speech: &Speech,
) -> Result<Option<Secret>, Failure> {
    // it is asked for only if the proxy wants it: here only where it comes from is decided
    if secrets::environment(secrets::PROXY_PASSWORD_VARIABLE)?.is_some() {
        let variable = secrets::PROXY_PASSWORD_VARIABLE.to_owned();
        place.server.proxy_password = PasswordSource::Environment(variable);
    }
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
    // the password is known to nobody before the server has given its challenge
    if place.server.password == PasswordSource::Challenge {
        return Ok(None);
    }
    if let Some(secret) = from_netrc(&mut place.server, place.saved, speech) {
        return Ok(Some(secret));
    }
    match terminal {
        Some(terminal) if !place.server.user.is_empty() => ask(&place.server, terminal).await.map(Some),
        _ => Ok(None),
    }
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

async fn ask(server: &Server, terminal: &mut (impl AsyncRead + Unpin)) -> Result<Secret, Failure> {
    let hint = "Give it by FTPANE_PASSWORD, --password-command or ~/.netrc";
    read_secret("password", &server.url(), hint, terminal).await
}

/// What a login needs besides the password. The proxy's is looked for where [`find`] or the server's
/// entry say; the rest only a person knows.
pub(super) async fn find_wanted(
    server: &Server,
    wanted: &Wanted,
    terminal: &mut (impl AsyncRead + Unpin),
) -> Result<Secret, Failure> {
    let (whose, hint) = match (wanted, &server.proxy) {
        (Wanted::ProxyPassword, Some(proxy)) => {
            if let Some(secret) = secrets::resolve(&server.proxy_password).await? {
                return Ok(secret);
            }
            let hint = "Give it by FTPANE_PROXY_PASSWORD, or say in the server's entry where it comes from";
            (proxy.to_string(), hint)
        }
        (Wanted::Account(_), _) => (server.url(), "Write it into the server's entry"),
        _ => (server.url(), "Only a person can give it"),
    };
    read_secret(wanted.words(), &whose, hint, terminal).await
}

/// Reads a secret from the terminal. Where this is dropped before the answer, because a signal
/// came, the terminal is given back as it was.
async fn read_secret(
    words: &str,
    whose: &str,
    hint: &str,
    terminal: &mut (impl AsyncRead + Unpin),
) -> Result<Secret, Failure> {
    let failed = |class, why: &str| Failure::new(class, format!("No {words} for {whose}"), why.to_owned());
    let none = |why: &str| failed(Class::Login, why).hint(hint);
    if !io::stdin().is_terminal() {
        return Err(none(
            "none is known, and nobody can be asked: the input is no terminal",
        ));
    }
    let broken = |e: io::Error| none(&format!("the terminal cannot be used: {e}"));
    let mut prompt = format!("{words} of {whose}: ");
    prompt[..1].make_ascii_uppercase();
    let _silence = Silence::begin(&prompt).map_err(broken)?;
    match read(terminal).await.map_err(broken)? {
        Typed::Line(secret) => Ok(secret),
        Typed::Interrupt => Err(failed(Class::Cancelled, "interrupted")),
        Typed::End => Err(none("the input has ended")),
    }
}

/// What came from a terminal that makes nothing of its keys.
#[derive(Debug, PartialEq, Eq)]
enum Typed {
    Line(Secret),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D, or the terminal is gone.
    End,
}

/// One line, with the keys that a terminal has for taking back: Backspace and Ctrl-U.
async fn read(terminal: &mut (impl AsyncRead + Unpin)) -> io::Result<Typed> {
    let mut line = Zeroizing::new(Vec::new());
    loop {
        let byte = match terminal.read_u8().await {
            Ok(byte) => byte,
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(Typed::End),
            Err(e) => return Err(e),
        };
        match byte {
            b'\r' | b'\n' => break,
            0x03 => return Ok(Typed::Interrupt),
            0x04 if line.is_empty() => return Ok(Typed::End),
            0x15 => line.clear(),
            // the whole of a character: its first byte is none that continues one
            0x08 | 0x7f => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            _ => line.push(byte),
        }
    }
    match std::str::from_utf8(&line) {
        Ok(text) => Ok(Typed::Line(Secret::new(text))),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "what was typed is not UTF-8",
        )),
    }
}

/// A terminal that shows nothing of what is typed, from before the prompt: an answer that comes at
/// once is not seen either.
struct Silence {
    screen: Box<dyn Write + Send>,
}

impl Silence {
    fn begin(prompt: &str) -> io::Result<Self> {
        crossterm::terminal::enable_raw_mode()?;
        let mut silence = Self { screen: screen() };
        write!(silence.screen, "{}", escape_str(prompt))?;
        silence.screen.flush()?;
        Ok(silence)
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        let _ = crossterm::terminal::disable_raw_mode();
        // the line end that was typed, or should have been, was not shown
        let _ = self.screen.write_all(b"\n").and_then(|()| self.screen.flush());
    }
}

/// Where the person at the terminal sees it, also when stderr goes into a file.
fn screen() -> Box<dyn Write + Send> {
    #[cfg(unix)]
    if !io::stderr().is_terminal()
        && let Ok(terminal) = std::fs::File::options().write(true).open("/dev/tty")
    {
        return Box::new(terminal);
    }
    Box::new(io::stderr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_typed() {
        let line = |text: &str| Typed::Line(Secret::new(text));
        for (keys, want) in [
            (&b"p w\rrest"[..], line("p w")),
            (b"\n", line("")),
            (b"ab\x7fc\x08d\r", line("ad")),
            ("aé日\u{7f}\u{7f}b\r".as_bytes(), line("ab")),
            (b"\x7fa\r", line("a")),
            (b"wrong\x15right\r", line("right")),
            (b"a\x04\r", line("a\x04")),
            (b"a\x03", Typed::Interrupt),
            (b"\x04", Typed::End),
            (b"half", Typed::End),
        ] {
            let mut keys = keys;
            assert_eq!(read(&mut keys).await.unwrap(), want);
        }
        let error = read(&mut &b"\xff\r"[..]).await.unwrap_err();
        assert!(!error.to_string().contains("xff"));
    }
}
