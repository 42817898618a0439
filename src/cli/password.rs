//! The password of a place, from the first source that has one.

use tokio::io::AsyncRead;

use super::place::Place;
use super::prompt;
use super::speech::Speech;
use crate::config::netrc;
use crate::config::paths::Paths;
use crate::config::secrets::{self, Lock, Moved, Secrets, StoreError, Trouble};
use crate::model::event::Wanted;
use crate::model::failure::{Class, Failure};
use crate::model::secret::Secret;
use crate::model::server::{PasswordSource, Server};

/// How often a passphrase may be wrong.
const TRIES: u32 = 3;
const WAYS: &str = "Give it by FTPANE_PASSWORD, --password-command or ~/.netrc";
const IN_URL: &str = "the password in the URL can be seen by other users of this machine; FTPANE_PASSWORD, --password-command or ~/.netrc keep it to yourself";

/// What was found for a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// `None` is for an anonymous login, or where nobody was asked.
    pub(super) secret: Option<Secret>,
    /// It was typed, and its server's entry says that it is kept: [`Passwords::keep`] does so, once
    /// it was right.
    pub(super) keep: bool,
}

/// Where the passwords of a run come from: the secret store is opened once.
#[derive(Debug)]
pub(super) struct Passwords {
    command: Option<String>,
    secrets: Option<Secrets>,
    /// Each warning is said once, for however many targets.
    said: Vec<String>,
}

impl Passwords {
    /// With the command of `--password-command`.
    pub(super) fn new(command: Option<&str>) -> Self {
        Self {
            command: command.map(str::to_owned),
            secrets: None,
            said: Vec::new(),
        }
    }

    /// Looks where the help says, in its order; at last a person is asked, at the `terminal`.
    ///
    /// The user of a URL without one may come from `~/.netrc`, so the server may change.
    pub(super) async fn find(
        &mut self,
        place: &mut Place,
        terminal: Option<&mut (impl AsyncRead + Unpin)>,
        speech: &Speech,
    ) -> Result<Found, Failure> {
        let mut terminal = terminal;
        let known = |secret| Found {
            secret: Some(secret),
            keep: false,
        };
        // it is asked for only if the proxy wants it: here only where it comes from is decided
        if secrets::environment(secrets::PROXY_PASSWORD_VARIABLE)?.is_some() {
            let variable = secrets::PROXY_PASSWORD_VARIABLE.to_owned();
            place.server.proxy_password = PasswordSource::Environment(variable);
        }
        if let Some(secret) = place.secret.take() {
            self.warn(speech, IN_URL.to_owned());
            return Ok(known(secret));
        }
        if let Some(command) = &self.command {
            return Ok(known(secrets::from_command(command).await?));
        }
        if let Some(secret) = secrets::environment(secrets::PASSWORD_VARIABLE)? {
            return Ok(known(secret));
        }
        // a saved server's own source is meant for it; ~/.netrc serves other programs too
        if place.saved
            && let Some(secret) = self.ask_entry(&place.server, terminal.as_deref_mut()).await?
        {
            if place.server.password == PasswordSource::Netrc {
                self.warn_of_netrc(speech);
            }
            return Ok(Found { secret, keep: false });
        }
        // the password is known to nobody before the server has given its challenge
        if place.server.password == PasswordSource::Challenge {
            return Ok(Found {
                secret: None,
                keep: false,
            });
        }
        if let Some(secret) = self.ask_netrc(&mut place.server, place.saved, speech) {
            return Ok(known(secret));
        }
        let Some(terminal) = terminal.filter(|_| !place.server.user.is_empty()) else {
            return Ok(Found {
                secret: None,
                keep: false,
            });
        };
        let url = place.server.url();
        let (asked, none) = (format!("Password of {url}: "), format!("No password for {url}"));
        Ok(Found {
            secret: Some(prompt::ask(&asked, &none, WAYS, terminal).await?),
            keep: matches!(
                place.server.password,
                PasswordSource::Store | PasswordSource::Keyring
            ),
        })
    }

    /// Keeps a password that was typed and right, where its server's entry says. That it could not be
    /// kept is no reason to stop.
    pub(super) async fn keep(
        &mut self,
        server: &Server,
        secret: Secret,
        terminal: &mut (impl AsyncRead + Unpin),
        speech: &Speech,
    ) -> Result<(), Failure> {
        let moved = Moved::between(None, Some(server), Some(secret));
        let secrets = self.secrets()?;
        let kept = loop {
            match secrets.prepare(&moved) {
                Ok(()) => break secrets.carry(&moved).map_err(Failure::from),
                Err(Trouble::Failed(failure)) => break Err(failure),
                Err(Trouble::Locked(lock)) => match passphrase(lock, terminal).await {
                    Ok(passphrase) => secrets.unlock(passphrase),
                    Err(failure) if failure.class == Class::Cancelled => return Err(failure),
                    Err(failure) => break Err(failure),
                },
            }
        };
        match kept {
            Ok(()) => speech.remark(&format!("the password of {} is kept from now on", server.name)),
            Err(failure) => speech.warn(&format!("the password is not kept: {failure}")),
        }
        Ok(())
    }

    /// Where the saved server's entry says; `None` when there is none. Without a `terminal` nothing is
    /// taken out of a store that wants its passphrase, and nowhere else is looked: the interface asks
    /// for it by itself.
    async fn ask_entry(
        &mut self,
        server: &Server,
        mut terminal: Option<&mut (impl AsyncRead + Unpin)>,
    ) -> Result<Option<Option<Secret>>, Failure> {
        let secrets = self.secrets()?;
        let mut tries = 0;
        loop {
            let lock = match secrets.find(server).await {
                Ok(found) => return Ok(found.map(Some)),
                Err(Trouble::Failed(failure)) => return Err(failure),
                Err(Trouble::Locked(lock)) => lock,
            };
            let Some(terminal) = &mut terminal else {
                return Ok(Some(None));
            };
            if !prompt::is_possible() || tries == TRIES {
                return Err(StoreError::Locked(lock).into());
            }
            tries += 1;
            secrets.unlock(passphrase(lock, terminal).await?);
        }
    }

    fn ask_netrc(&mut self, server: &mut Server, saved: bool, speech: &Speech) -> Option<Secret> {
        // a saved server without a user is meant to be anonymous
        if saved && server.user.is_empty() {
            return None;
        }
        let user = Some(server.user.as_str()).filter(|u| !u.is_empty());
        let login = match netrc::look_up(&server.host, user) {
            Ok(found) => found?,
            Err(failure) => {
                self.warn(speech, failure.to_string());
                return None;
            }
        };
        let secret = login.password?;
        self.warn_of_netrc(speech);
        if let Some(user) = login.user {
            server.user = user;
        }
        Some(secret)
    }

    fn secrets(&mut self) -> Result<&Secrets, Failure> {
        let secrets = match self.secrets.take() {
            Some(secrets) => secrets,
            None => Secrets::at(Paths::find()?.secrets())?,
        };
        Ok(self.secrets.insert(secrets))
    }

    fn warn_of_netrc(&mut self, speech: &Speech) {
        if let Some(text) = netrc::warning() {
            self.warn(speech, text);
        }
    }

    fn warn(&mut self, speech: &Speech, text: String) {
        if !self.said.contains(&text) {
            speech.warn(&text);
            self.said.push(text);
        }
    }
}

/// What a login needs besides the password. The proxy's is looked for where [`Passwords::find`] or the
/// server's entry say; the rest only a person knows.
pub(super) async fn find_wanted(
    server: &Server,
    wanted: &Wanted,
    terminal: &mut (impl AsyncRead + Unpin),
) -> Result<Secret, Failure> {
    let (whose, hint) = match (wanted, &server.proxy) {
        (Wanted::ProxyPassword, Some(proxy)) => {
            if let Some(secret) = secrets::of_proxy(server).await? {
                return Ok(secret);
            }
            let hint = "Give it by FTPANE_PROXY_PASSWORD, or say in the server's entry where it comes from";
            (proxy.to_string(), hint)
        }
        (Wanted::Account(_), _) => (
            server.url(),
            "Give it by --account, or write it into the server's entry",
        ),
        _ => (server.url(), "Only a person can give it"),
    };
    let words = wanted.words();
    let mut asked = format!("{words} of {whose}: ");
    asked[..1].make_ascii_uppercase();
    prompt::ask(&asked, &format!("No {words} for {whose}"), hint, terminal).await
}

/// The passphrase that this lock wants.
pub(super) async fn passphrase(
    lock: Lock,
    terminal: &mut (impl AsyncRead + Unpin),
) -> Result<Secret, Failure> {
    match lock {
        Lock::New => new_passphrase(terminal).await,
        Lock::Closed => ask_for_store("Passphrase of the secret store: ", terminal).await,
        Lock::Wrong => {
            let again = "The passphrase is wrong. Passphrase of the secret store: ";
            ask_for_store(again, terminal).await
        }
    }
}

/// A new one, until it was typed the same way twice.
pub(super) async fn new_passphrase(terminal: &mut (impl AsyncRead + Unpin)) -> Result<Secret, Failure> {
    let mut first = "A new passphrase for the secret store: ";
    loop {
        let one = ask_for_store(first, terminal).await?;
        if one.reveal().is_empty() {
            first = "It cannot be empty. A new passphrase for the secret store: ";
            continue;
        }
        if ask_for_store("The same again: ", terminal).await? == one {
            return Ok(one);
        }
        first = "The two differ. A new passphrase for the secret store: ";
    }
}

async fn ask_for_store(prompt: &str, terminal: &mut (impl AsyncRead + Unpin)) -> Result<Secret, Failure> {
    let none = "No passphrase for the secret store";
    prompt::ask(prompt, none, "Set FTPANE_PASSPHRASE", terminal).await
}
