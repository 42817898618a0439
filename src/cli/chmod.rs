//! `ftpane chmod`: permissions of a server's files.

use std::ffi::OsString;

use clap::Args;

use super::arguments::Output;
use super::completions::TARGET;
use super::connection::Connection;
use super::connections::{self, Connections, Meant};
use super::deeds::Deeds;
use super::json::Text;
use super::place::Place;
use super::session::{End, Session};
use crate::model::command::{Command, Permit};
use crate::model::mode::{Mode, Reach};

#[derive(Debug, Args)]
pub(super) struct Chmod {
    /// The permissions
    #[arg(value_name = "MODE", allow_hyphen_values = true)]
    permissions: Mode,
    /// Whose
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    targets: Vec<OsString>,
    /// And of all that is below
    #[arg(short = 'R', long)]
    recursive: bool,
    /// With -R: of files only
    #[arg(long, requires = "recursive", conflicts_with = "folders")]
    files: bool,
    /// With -R: of folders only
    #[arg(long, requires = "recursive")]
    folders: bool,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

impl Chmod {
    fn reach(&self) -> Reach {
        match (self.recursive, self.files, self.folders) {
            (false, ..) => Reach::Itself,
            (_, true, _) => Reach::Files,
            (.., true) => Reach::Folders,
            _ => Reach::All,
        }
    }
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Chmod, session: &mut Session) -> Result<u8, End> {
    let places = connections::read(&arguments.targets, &arguments.connection)?;
    connections::must_be_writable(&places)?;
    let mut connections = Connections::default();
    let mut deeds = Deeds::new(arguments.output);
    for Meant { source, place } in connections.expand(session, places).await? {
        let done = match place {
            Ok(place) => set(arguments, session, &mut connections, &mut deeds, place).await,
            Err(failure) => Err(failure.into()),
        };
        match done {
            Err(End::Failed(failure)) => deeds.failed(session, Text::of_target(&source), &failure)?,
            done => done?,
        }
    }
    deeds.conclude()
}

async fn set(
    arguments: &Chmod,
    session: &mut Session,
    connections: &mut Connections,
    deeds: &mut Deeds,
    place: Place,
) -> Result<(), End> {
    let named = connections.find(session, place).await?;
    let wanted = Permit {
        places: vec![named.somewhere()],
        mode: arguments.permissions.clone(),
        reach: arguments.reach(),
    };
    let command = Command::SetPermissions(wanted);
    let set = deeds.carry_out(session, named.text(), command).await?;
    if arguments.recursive {
        let text = format!("{}: permissions of {} set", named.place.written, set.words());
        session.speech.remark(&text);
    }
    if let Some(depth) = set.cut {
        let text = format!(
            "cut at depth {depth}: what lies deeper below {} is as it was",
            named.place.written
        );
        session.speech.remark(&text);
    }
    Ok(())
}
