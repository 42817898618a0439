//! `ftpane du`: how much is below a path of a server.

use std::ffi::OsString;

use clap::Args;

use super::arguments::Output;
use super::completions::TARGET;
use super::connection::Connection;
use super::connections::Connections;
use super::json::CountedLine;
use super::place::Place;
use super::printer::{Printer, written};
use super::session::{End, Session};
use crate::model::failure::Class;
use crate::model::size;

#[derive(Debug, Args)]
pub(super) struct Du {
    /// A folder, or a file
    #[arg(value_name = "TARGET", value_hint = TARGET)]
    target: OsString,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Du, session: &mut Session) -> Result<u8, End> {
    let place = Place::read(&arguments.target, &arguments.connection)?;
    let named = Connections::default().find(session, place).await?;
    let counted = session.count(&named.live, &named.path).await?;
    let mut printer = Printer::new();
    let printed = match arguments.output.json {
        true => printer.json(&CountedLine::new(named.text(), &counted)),
        false => printer.size(counted.bytes, &named.place.source),
    };
    written(printed.and_then(|()| printer.flush()))?;
    let (what, bytes) = (counted.words(), size::bytes(counted.bytes));
    session.speech.remark(&format!("{bytes} in {what}"));
    if let Some(depth) = counted.cut {
        let text = format!("cut at depth {depth}: what lies deeper is not counted");
        session.speech.remark(&text);
    }
    if counted.incomplete {
        let text = "not everything could be looked into: there may be more";
        session.speech.warn(text);
        return Ok(Class::Other.exit_code());
    }
    Ok(0)
}
