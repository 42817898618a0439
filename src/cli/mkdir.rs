//! `ftpane mkdir`: folders are made on a server.

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
use crate::plan::landing::Standing;

#[derive(Debug, Args)]
pub(super) struct Mkdir {
    /// The folder to make
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    targets: Vec<OsString>,
    /// The folders above it too; one that is there is no failure
    #[arg(short, long)]
    parents: bool,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Mkdir, session: &mut Session) -> Result<u8, End> {
    let places = connections::read(&arguments.targets, &arguments.connection)?;
    connections::must_be_writable(&places)?;
    let mut connections = Connections::default();
    let mut deeds = Deeds::new(arguments.output);
    for place in places {
        let text = Text::of_target(&place.source);
        match make(session, &mut connections, arguments.parents, place).await {
            Ok(true) => deeds.done(DeedLine::done(text))?,
            Ok(false) => deeds.nothing(),
            Err(End::Failed(failure)) => deeds.failed(session, text, &failure)?,
            Err(end) => return Err(end),
        }
    }
    deeds.conclude()
}

/// Makes a folder; whether it was not there already.
async fn make(
    session: &mut Session,
    connections: &mut Connections,
    parents: bool,
    place: Place,
) -> Result<bool, End> {
    let named = connections.find(session, place).await?;
    let mut missing = match parents {
        true => above_too(session, connections, &named).await?,
        false => vec![named.path.clone()],
    };
    let is_new = !missing.is_empty();
    while let Some(folder) = missing.pop() {
        act(
            session,
            Command::MakeFolder(Somewhere::Remote(named.live.id, folder)),
        )
        .await?;
    }
    connections.forget();
    Ok(is_new)
}

/// What is to be made so that a folder stands, the first one last.
async fn above_too(
    session: &mut Session,
    connections: &mut Connections,
    named: &Named,
) -> Result<Vec<RemotePath>, End> {
    let mut missing = Vec::new();
    let mut at = Some(named.path.clone());
    while let Some(path) = at {
        match connections.look(session, &named.live, &path).await?.standing {
            Standing::Folder => break,
            Standing::File => {
                let what = format!("The folder {} cannot be made", named.place.written);
                return Err(Failure::new(Class::Conflict, what, format!("{path} is a file")).into());
            }
            Standing::Nothing => {
                at = path.parent();
                missing.push(path);
            }
        }
    }
    Ok(missing)
}
