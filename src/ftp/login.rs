//! From a greeting to a session: user, password, features, binary type, starting folder.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::connection::Connection;
use super::control::Control;
use super::error::{Error, Stage};
use super::features::Features;
use super::session::Session;
use super::tls::SessionTls;
use crate::model::path::RemotePath;
use crate::model::text::escape_str;

/// Anonymous servers ask for a mail address as the password (RFC 1635); this one gives none away.
const ANONYMOUS_PASSWORD: &str = "anonymous@";

/// Logs in on a connection that is protected as far as it will be.
pub(super) async fn log_in(
    mut control: Control,
    tls: Option<SessionTls>,
    connection: Arc<Connection>,
) -> Result<Session, Error> {
    let greeting = control.greeting().lines().next().unwrap_or_default().trim();
    connection.learned().greeting = escape_str(greeting);

    identify(&mut control, &connection).await?;
    let known = connection.learned().features.clone();
    let features = match known {
        Some(features) => features,
        None => {
            let features = Arc::new(Features::parse(&control.ask(b"FEAT").await?));
            connection.learned().features = Some(Arc::clone(&features));
            features
        }
    };
    // RFC 2640 §3.2: UTF-8 is the agreement once announced; some servers want it said as well,
    // and what they answer changes nothing
    if features.has_utf8() {
        control.ask(b"OPTS UTF8 ON").await?;
    }
    // ASCII is the default (RFC 959 §3.1.1.1) and would change line ends
    control.demand(Stage::Command, b"TYPE I", 2).await?;
    let reply = control.ask(b"PWD").await?;
    let login_folder = reply
        .quoted_path()
        .filter(|_| reply.is_positive())
        .and_then(|path| RemotePath::parse(&path).ok());
    Ok(Session::new(control, tls, connection, features, login_folder))
}

async fn identify(control: &mut Control, connection: &Connection) -> Result<(), Error> {
    let server = &connection.server;
    let user = [b"USER ", server.login().as_bytes()].concat();
    let reply = control.ask_at(Stage::Login, &user).await?;
    match reply.code {
        // in without a password
        230 | 232 => return Ok(()),
        331 => {}
        _ => return Err(control.refusal(Stage::Login, &user, reply)),
    }
    let secret = match connection.secret() {
        Some(secret) => secret.reveal(),
        None if server.user.is_empty() => ANONYMOUS_PASSWORD,
        None => "",
    };
    let pass = Zeroizing::new([b"PASS ", secret.as_bytes()].concat());
    let reply = control.ask_at(Stage::Login, &pass).await?;
    match reply.code {
        // 202: not needed here (RFC 959 §5.4)
        202 | 230 | 232 => Ok(()),
        _ => Err(control.refusal(Stage::Login, b"PASS", reply)),
    }
}
