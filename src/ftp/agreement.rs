//! What is agreed on once somebody is logged in: options, the binary type, the algorithm of checksums, and
//! where the login has landed. It is said in one write: each of it would cost a round trip by itself.
//!
//! So the login shows, before anything hangs on it, whether a server copes with commands written ahead. Where
//! one does not, its replies are missing or stand in another order, and the login is begun anew
//! ([`super::stages`]): what is asked one by one then goes well, and so does all that follows.

use std::time::Duration;

use tokio::time::timeout;

use super::connection::Connection;
use super::control::Control;
use super::digest::{self, Algorithm};
use super::error::{Error, Stage};
use super::exchange::is_astray;
use super::features::Features;
use super::reply::Reply;
use crate::model::server::Server;

const TYPE: &[u8] = b"TYPE I";
const PWD: &[u8] = b"PWD";

/// How long the next answer may take when there was one already: none of these commands is work, and a server that
/// has lost one never answers it.
const NEXT: Duration = Duration::from_secs(5);

/// What was agreed on.
pub(super) struct Agreed {
    /// What HASH answers with in this session.
    pub(super) hash: Option<Algorithm>,
    /// The reply to PWD; `None` where it was not asked, since the commands of the server's entry come before it.
    pub(super) folder: Option<Reply>,
}

/// Agrees with the server on how a session is to be.
pub(super) async fn agree(
    control: &mut Control,
    connection: &Connection,
    features: &Features,
) -> Result<Agreed, Error> {
    let server = &connection.server;
    let mut lines = options(features, server);
    let options = lines.len();
    // ASCII is the default (RFC 959 §3.1.1.1) and would change line ends
    lines.push(TYPE.to_vec());
    // another algorithm only where transfers are verified
    let best = digest::to_select(features).filter(|_| server.verify);
    lines.extend(best.map(|best| format!("OPTS HASH {}", best.word()).into_bytes()));
    if server.after_login.is_empty() {
        lines.push(PWD.to_vec());
    }
    let replies = ask_all(control, connection, &lines).await?;
    let mut replies = replies.into_iter().skip(options);
    let binary = replies.next().ok_or(Error::Poisoned)?;
    match binary.code {
        200..=299 => {}
        // a server that does not know the command knows no other type either
        500 | 502 => control
            .transcript()
            .remark("the server does not know TYPE: it is taken to change no line ends"),
        _ => return Err(control.refusal(Stage::Command, TYPE, binary)),
    }
    let selected = best.filter(|_| replies.next().is_some_and(|reply| reply.is_positive()));
    Ok(Agreed {
        hash: selected.or_else(|| digest::selected(features)),
        folder: replies.next(),
    })
}

/// What is told a server by OPTS. What it answers changes nothing.
fn options(features: &Features, server: &Server) -> Vec<Vec<u8>> {
    let mut lines = Vec::new();
    // RFC 2640 §3.2: UTF-8 is the agreement once announced; some servers want it said as well. Not where
    // names are in another character set: servers that convert (pure-ftpd, IIS) would begin to.
    if features.has_utf8() && server.charset.is_utf8() {
        lines.push(b"OPTS UTF8 ON".to_vec());
    }
    // where it refuses, what it does not tell is not known, as before
    let facts = features.facts_to_select();
    lines.extend(facts.map(|facts| format!("OPTS MLST {facts}").into_bytes()));
    lines
}

/// The final replies to all of these, in one write where the server copes with that.
async fn ask_all(
    control: &mut Control,
    connection: &Connection,
    lines: &[Vec<u8>],
) -> Result<Vec<Reply>, Error> {
    // where each login needs an answer of its own, none is made anew
    if connection.habits().one_by_one || connection.is_one_time() || lines.len() < 2 {
        let mut replies = Vec::with_capacity(lines.len());
        for line in lines {
            replies.push(control.ask(line).await?);
        }
        return Ok(replies);
    }
    let mut replies = match ask_together(control, lines).await {
        Err(error) if is_upset(&error) => {
            connection.stumbled(control.transcript());
            return Err(error);
        }
        replies => replies?,
    };
    for (line, reply) in lines.iter().zip(&mut replies) {
        let is_refused = !reply.is_positive() && !matches!(reply.code, 500 | 502);
        // the session hangs on these: perhaps only so near behind another command
        if is_refused && (line == TYPE || line == PWD) {
            *reply = control.ask(line).await?;
            if reply.is_positive() {
                connection.stumbled(control.transcript());
            }
        }
    }
    Ok(replies)
}

/// Whether an error may have come of commands written ahead: some servers lose no reply over them, but the connection.
pub(super) fn is_upset(error: &Error) -> bool {
    is_astray(error) || matches!(error, Error::Broken(Stage::Command, _))
}

async fn ask_together(control: &mut Control, lines: &[Vec<u8>]) -> Result<Vec<Reply>, Error> {
    control.settle().await?;
    let written: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
    control.send(&written)?;
    let mut replies = Vec::with_capacity(lines.len());
    for line in lines {
        let answer = control.final_reply(Stage::Command, line, Duration::ZERO);
        let reply = match replies.is_empty() {
            true => answer.await?,
            false => match timeout(NEXT, answer).await {
                Ok(reply) => reply?,
                Err(_) => {
                    control.poison();
                    return Err(Error::Silent(Stage::Command, NEXT));
                }
            },
        };
        // PWD, and nothing else of this, is answered by a path (RFC 959 §5.4)
        let is_astray = match line == PWD {
            true => reply.is_positive() && reply.quoted_path().is_none(),
            false => reply.code == 257,
        };
        if is_astray {
            control.poison();
            return Err(Error::OutOfOrder);
        }
        replies.push(reply);
    }
    Ok(replies)
}
