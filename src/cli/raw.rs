//! `ftpane raw`: one command as it is written, and the server's answer.

use std::ffi::OsString;

use clap::Args;

use super::arguments::Output;
use super::completions::{FTP_COMMAND, TARGET};
use super::connection::Connection;
use super::connections::Connections;
use super::json::RawLine;
use super::place::Place;
use super::printer::{Printer, written};
use super::session::{End, Session};
use crate::local::names::bytes_of;
use crate::model::command::Command;
use crate::model::event::{Event, RawReply};
use crate::model::failure::Class;

/// What shells offer: commands that servers know, and that ask for something or do what no command of ours
/// does.
pub(super) const OFFERED: [&str; 15] = [
    "AVBL", "CLNT", "FEAT", "HASH", "HELP", "MDTM", "MFMT", "MLST", "NOOP", "PWD", "SITE", "SIZE", "STAT",
    "SYST", "XCRC",
];

#[derive(Debug, Args)]
pub(super) struct Raw {
    /// The server, and the folder to begin in
    #[arg(value_name = "TARGET", value_hint = TARGET)]
    target: OsString,
    /// The command, in one word or several; ftpane's own options stand before TARGET
    #[arg(
        value_name = "COMMAND",
        value_hint = FTP_COMMAND,
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    command: Vec<OsString>,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Raw, session: &mut Session) -> Result<u8, End> {
    let place = Place::read(&arguments.target, &arguments.connection)?;
    let words: Vec<_> = arguments.command.iter().map(|word| bytes_of(word)).collect();
    let line = words.join(&b' ');
    let named = Connections::default().find(session, place).await?;
    let generation = session.next_generation();
    session.send(Command::Raw {
        connection: named.live.id,
        folder: named.path.clone(),
        line,
        generation,
    });
    let reply: RawReply = loop {
        match session.event().await? {
            Event::RawAnswered {
                generation: of,
                result,
            } if of == generation => break result?,
            _ => {}
        }
    };
    let mut printer = Printer::new();
    let printed = match arguments.output.json {
        true => printer.json(&RawLine::new(&reply, named.live.charset)),
        false => whole(&reply).iter().try_for_each(|line| printer.text(line)),
    };
    written(printed.and_then(|()| printer.flush()))?;
    Ok(match reply.code / 100 {
        4 | 5 => Class::Refused.exit_code(),
        _ => 0,
    })
}

/// The lines as they came (RFC 959 §4.2).
fn whole(reply: &RawReply) -> Vec<Vec<u8>> {
    let last = reply.lines.len().saturating_sub(1);
    let line = |(n, text): (usize, &Vec<u8>)| match n {
        n if n == last => [format!("{} ", reply.code).as_bytes(), text].concat(),
        0 => [format!("{}-", reply.code).as_bytes(), text].concat(),
        _ => text.clone(),
    };
    reply.lines.iter().enumerate().map(line).collect()
}
