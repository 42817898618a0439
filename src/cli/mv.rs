//! `ftpane mv` and `ftpane cp`: something gets another path on its server, or a copy there.

use std::ffi::OsString;

use clap::Args;

use super::arguments::Output;
use super::completions::TARGET;
use super::connection::Connection;
use super::connections::{self, Connections, Named};
use super::deeds::{Deeds, act};
use super::json::{DeedLine, Text};
use super::place::Place;
use super::session::{End, Session};
use crate::model::command::{Command, Place as Somewhere};
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::plan::landing;

#[derive(Debug, Args)]
pub(super) struct Mv {
    #[command(flatten)]
    pub(super) ends: Ends,
}

#[derive(Debug, Args)]
pub(super) struct Cp {
    #[command(flatten)]
    pub(super) ends: Ends,
}

#[derive(Debug, Args)]
pub(super) struct Ends {
    /// What
    #[arg(value_name = "FROM", value_hint = TARGET)]
    from: OsString,
    /// Where to, on the same server
    #[arg(value_name = "TO-PATH", value_hint = TARGET)]
    to: OsString,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// Runs `mv`; the exit code.
pub(super) async fn mv(arguments: &Mv, session: &mut Session) -> Result<u8, End> {
    run(&arguments.ends, session, |from, to| Command::Rename { from, to }).await
}

/// Runs `cp`; the exit code.
pub(super) async fn cp(arguments: &Cp, session: &mut Session) -> Result<u8, End> {
    run(&arguments.ends, session, |from, to| Command::Copy { from, to }).await
}

async fn run(
    ends: &Ends,
    session: &mut Session,
    command: fn(Somewhere, Somewhere) -> Command,
) -> Result<u8, End> {
    let from = Place::read(&ends.from, &ends.connection)?;
    let to = from.beside(&ends.to, &ends.connection)?;
    connections::must_be_writable(std::slice::from_ref(&from))?;
    let mut deeds = Deeds::new(ends.output);
    let (text, target) = (Text::of_target(&from.source), Text::of_target(&to.source));
    match go(session, from, &to, command).await {
        Ok(()) => deeds.done(DeedLine::done(text).to(target))?,
        Err(End::Failed(failure)) => deeds.failed(session, text, &failure)?,
        Err(end) => return Err(end),
    }
    deeds.conclude()
}

async fn go(
    session: &mut Session,
    from: Place,
    to: &Place,
    command: fn(Somewhere, Somewhere) -> Command,
) -> Result<(), End> {
    let mut connections = Connections::default();
    let named = connections.find(session, from).await?;
    let target = to.remote(&named.live.root)?;
    let target = landing(session, &mut connections, &named, to, target).await?;
    let target = Somewhere::Remote(named.live.id, target);
    act(session, command(named.somewhere(), target)).await
}

/// Where it lands: into a folder, or under a new name.
async fn landing(
    session: &mut Session,
    connections: &mut Connections,
    named: &Named,
    to: &Place,
    target: RemotePath,
) -> Result<RemotePath, End> {
    let there = connections.look(session, &named.live, &target).await?;
    let name = named.path.name();
    let landed = landing::upload(name.as_ref(), &target, &to.path, there.standing, false);
    landed.map_err(|error| {
        let what = format!("{} cannot go there", named.place.written);
        Failure::new(Class::Conflict, what, error.to_string()).into()
    })
}
