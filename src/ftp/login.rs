//! From a greeting to a session: user, password and what else the server asks for, features, what is agreed on,
//! the commands of the server's entry, starting folder.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::agreement::agree;
use super::attendant::Attendant;
use super::challenge::is_challenge;
use super::connection::Connection;
use super::control::Control;
use super::error::{Error, Stage};
use super::features::Features;
use super::guard::Refusal;
use super::reply::Reply;
use super::session::Session;
use super::tls::SessionTls;
use crate::model::event::Wanted;
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::PasswordSource;
use crate::model::text::{escape, escape_str};

/// Anonymous servers ask for a mail address as the password (RFC 1635); this one gives none away.
const ANONYMOUS_PASSWORD: &str = "anonymous@";

/// How many things a server may ask for in one login: a password, a second factor, an account.
const MOST_ANSWERS: usize = 5;

/// Logs in on a connection that is protected as far as it will be.
pub(super) async fn log_in(
    mut control: Control,
    tls: Option<SessionTls>,
    connection: Arc<Connection>,
    attendant: &dyn Attendant,
) -> Result<Session, Error> {
    let greeting = control.greeting().lines().next().unwrap_or_default().trim();
    connection.learned().greeting = escape_str(greeting);

    identify(&mut control, &connection, attendant).await?;
    let known = connection.learned().features.clone();
    let features = match known {
        Some(features) => features,
        None => {
            let features = Arc::new(Features::parse(&control.ask(b"FEAT").await?));
            connection.learned().features = Some(Arc::clone(&features));
            features
        }
    };
    let agreed = agree(&mut control, &connection, &features).await?;
    prepare(&mut control, &connection, attendant).await?;
    let reply = match agreed.folder {
        Some(reply) => reply,
        None => control.ask(b"PWD").await?,
    };
    let login_folder = reply
        .quoted_path()
        .filter(|_| reply.is_positive())
        .and_then(|path| RemotePath::parse(&path).ok());
    Ok(Session::new(
        control,
        tls,
        connection,
        features,
        login_folder,
        agreed.hash,
    ))
}

/// User, password, account, and whatever the server asks besides (RFC 959 §5.4, RFC 2228 §3).
async fn identify(
    control: &mut Control,
    connection: &Connection,
    attendant: &dyn Attendant,
) -> Result<(), Error> {
    let server = &connection.server;
    let user = [b"USER ", server.login().as_bytes()].concat();
    let mut reply = control.ask_at(Stage::Login, &user).await?;
    let mut verb = "USER";
    // an account may be asked for before the password
    let mut first = true;
    for _ in 0..MOST_ANSWERS {
        let secret;
        (verb, secret) = match reply.code {
            // in; 202: not needed here; 232: TLS has said already who this is
            200..=299 => return Ok(()),
            331 | 336 => {
                let secret = password(connection, &reply, first, attendant).await?;
                first = false;
                ("PASS", secret)
            }
            332 => ("ACCT", account(connection, &reply, attendant).await?),
            _ => break,
        };
        let line = Zeroizing::new([verb.as_bytes(), b" ", secret.reveal().as_bytes()].concat());
        reply = control
            .ask_at(Stage::Login, &line)
            .await
            .map_err(|error| match error {
                // what a person has typed just now
                Error::Guarded(Refusal::NotOneLine) => Error::Unsendable("answer"),
                error => error,
            })?;
    }
    if reply.is_positive() {
        return Ok(());
    }
    Err(control.refusal(Stage::Login, verb.as_bytes(), reply))
}

/// What PASS is answered with. A one-time password is asked for with the server's words, and so is
/// all it wants after the first password: a code from a telephone, for example.
async fn password(
    connection: &Connection,
    reply: &Reply,
    first: bool,
    attendant: &dyn Attendant,
) -> Result<Secret, Error> {
    let server = &connection.server;
    let known = connection.secret();
    let asks = !first
        || match server.password {
            PasswordSource::Challenge => known.is_none(),
            // a lasting password is no answer to a challenge, and not to be given away
            _ => !server.user.is_empty() && is_challenge(reply),
        };
    if asks {
        let wanted = Wanted::Answer(words(reply));
        let secret = attendant.ask(wanted.clone()).await;
        let secret = secret.ok_or(Error::Unanswered(wanted))?;
        connection.learned().one_time = true;
        return Ok(secret);
    }
    Ok(match known {
        Some(secret) => secret.clone(),
        None if server.user.is_empty() => Secret::new(ANONYMOUS_PASSWORD),
        None => Secret::new(""),
    })
}

async fn account(connection: &Connection, reply: &Reply, attendant: &dyn Attendant) -> Result<Secret, Error> {
    if !connection.server.account.is_empty() {
        return Ok(Secret::new(connection.server.account.clone()));
    }
    let known = connection.said().account.clone();
    if let Some(known) = known {
        return Ok(known);
    }
    let wanted = Wanted::Account(words(reply));
    let secret = attendant.ask(wanted.clone()).await;
    let secret = secret.ok_or(Error::Unanswered(wanted))?;
    connection.said().account = Some(secret.clone());
    Ok(secret)
}

/// The server's words, made safe and short enough for a question.
fn words(reply: &Reply) -> String {
    const LONGEST: usize = 500;
    let text = reply.lines.join(&b' ');
    escape(text[..text.len().min(LONGEST)].trim_ascii())
}

/// Sends the commands of the server's entry. What the server thinks of one is said and changes
/// nothing; one that the gate does not let out ends the connection: it would be meant in vain.
async fn prepare(
    control: &mut Control,
    connection: &Connection,
    attendant: &dyn Attendant,
) -> Result<(), Error> {
    let commands = &connection.server.after_login;
    for command in commands {
        control.admits(command.as_bytes()).map_err(|error| match error {
            Error::Guarded(refusal) => {
                Error::Guarded(Refusal::AfterLogin(escape_str(command), Box::new(refusal)))
            }
            error => error,
        })?;
    }
    let mut refused = Vec::new();
    for command in commands {
        let reply = control.ask(command.as_bytes()).await?;
        if !reply.is_positive() {
            let said = format!(
                "the command after login '{}' was not done: {}",
                escape_str(command),
                reply.shown()
            );
            control.transcript().remark(&said);
            refused.push(said);
        }
    }
    if !refused.is_empty() && !std::mem::replace(&mut connection.learned().after_login_said, true) {
        for said in refused {
            attendant.notice(said);
        }
    }
    Ok(())
}
