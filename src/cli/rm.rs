//! `ftpane rm`: files of a server are deleted, and folders with all that is in them.

use std::ffi::OsString;

use clap::Args;

use super::arguments::Output;
use super::completions::TARGET;
use super::connection::Connection;
use super::connections::{self, Connections, Meant, Named};
use super::deeds::Deeds;
use super::json::Text;
use super::place::Place;
use super::session::{End, Session};
use crate::model::command::Command;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::size;
use crate::plan::landing::Standing;

#[derive(Debug, Args)]
pub(super) struct Rm {
    /// What to delete; *, ? and [a-z] stand for what is there
    #[arg(value_name = "TARGET", required = true, value_hint = TARGET)]
    targets: Vec<OsString>,
    /// Folders too, with all that is in them
    #[arg(short = 'r', short_alias = 'R', long)]
    recursive: bool,
    /// Without asking
    #[arg(short, long)]
    yes: bool,
    /// Without asking; what is not there is no failure
    #[arg(short, long)]
    force: bool,
    #[command(flatten)]
    pub(super) output: Output,
    #[command(flatten)]
    pub(super) connection: Connection,
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Rm, session: &mut Session) -> Result<u8, End> {
    let places = connections::read(&arguments.targets, &arguments.connection)?;
    connections::must_be_writable(&places)?;
    let mut remover = Remover {
        arguments,
        connections: Connections::default(),
        deeds: Deeds::new(arguments.output),
    };
    for Meant { source, place } in remover.connections.expand(session, places).await? {
        let removed = match place {
            Ok(place) => remover.remove(session, place).await,
            Err(failure) => Err(failure.into()),
        };
        match removed {
            Err(End::Failed(failure)) => remover
                .deeds
                .failed(session, Text::of_target(&source), &failure)?,
            done => done?,
        }
    }
    remover.deeds.conclude()
}

struct Remover<'a> {
    arguments: &'a Rm,
    connections: Connections,
    deeds: Deeds,
}

impl Remover<'_> {
    async fn remove(&mut self, session: &mut Session, place: Place) -> Result<(), End> {
        let named = self.connections.find(session, place).await?;
        // the engine says of the document path what is to be said
        let is_root = named.path == named.live.root;
        if !is_root && !self.is_wanted(session, &named).await? {
            return Ok(());
        }
        let command = Command::Delete(vec![named.somewhere()]);
        let deleted = self.deeds.carry_out(session, named.text(), command).await?;
        if deleted.folders > 0 {
            let text = format!("{}: {} deleted", named.place.written, deleted.words());
            session.speech.remark(&text);
        }
        self.connections.forget();
        Ok(())
    }

    /// Whether it is there, and is to be deleted.
    async fn is_wanted(&mut self, session: &mut Session, named: &Named) -> Result<bool, End> {
        let found = self.connections.look(session, &named.live, &named.path).await?;
        let refused = |class, why: &str| {
            let what = format!("{} is not deleted", named.place.written);
            Failure::new(class, what, why)
        };
        let is_folder = match (&found.entry, found.standing) {
            (None, Standing::Nothing) if self.arguments.force => {
                self.deeds.nothing();
                return Ok(false);
            }
            (None, Standing::Nothing) => {
                let why = "there is no such file or folder on the server";
                let hint = "Check how it is written; with -f it is no failure.";
                return Err(refused(Class::Refused, why).hint(hint).into());
            }
            (Some(entry), _) => entry.kind == Kind::Dir,
            (None, standing) => standing == Standing::Folder,
        };
        if !is_folder {
            return Ok(true);
        }
        if !self.arguments.recursive {
            let failure = refused(Class::Usage, "it is a folder");
            return Err(failure
                .hint("-r deletes folders with all that is in them.")
                .into());
        }
        if self.arguments.yes || self.arguments.force || !session.interactive {
            return Ok(true);
        }
        let counted = session.count(&named.live, &named.path).await?;
        let more = if counted.incomplete { "at least " } else { "" };
        let (what, bytes) = (counted.words(), size::bytes(counted.bytes));
        let prompt = format!("Delete {}: {more}{what}, {bytes}? [y/N] ", named.place.written);
        let answer = session.ask(&prompt).await?;
        let yes = matches!(answer.trim(), "y" | "Y" | "yes");
        if !yes {
            session.speech.remark(&format!("{} is kept", named.place.written));
            self.deeds.nothing();
        }
        Ok(yes)
    }
}
