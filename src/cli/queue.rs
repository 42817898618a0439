//! `ftpane queue`: what earlier runs have left undone.

use super::arguments::{Output, QueueCommand, QueueDrop, QueueList, QueueRun};
use super::connection::Connection;
use super::json::{PathLine, Text, UnfinishedLine};
use super::place::{Place, look_up};
use super::printer::{self, Printer};
use super::session::{End, Session};
use super::transfer::{Transfers, path_bytes};
use crate::model::command::Command;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Item};
use crate::model::path::RemotePath;
use crate::model::server::Server;
use crate::model::size;
use crate::model::text::escape_str;
use crate::model::unfinished::{Meant, RestId, Unfinished};

/// How many paths of a rest are shown.
const SHOWN: usize = 3;

impl QueueCommand {
    /// With which options it connects, and how it speaks.
    pub(super) fn connects(&self) -> (Connection, Output) {
        let quietly = |json, quiet| (Connection::default(), Output { json, quiet });
        match self {
            Self::List(list) => quietly(list.json, false),
            Self::Run(run) => (run.connection.clone(), run.output),
            Self::Drop(drop) => quietly(false, drop.quiet),
        }
    }
}

/// Runs it; the exit code.
pub(super) async fn run(command: &QueueCommand, session: &mut Session) -> Result<u8, End> {
    match command {
        QueueCommand::List(list) => show(list, session).await,
        QueueCommand::Run(run) => go_on(run, session).await,
        QueueCommand::Drop(drop) => forget(drop, session).await,
    }
}

/// All that is left.
async fn look(session: &mut Session) -> Result<Vec<Unfinished>, End> {
    session.send(Command::LookForUnfinished);
    loop {
        match session.event().await? {
            Event::Unfinished(left) => return Ok(left),
            Event::Failed(failure) => return Err(failure.into()),
            _ => {}
        }
    }
}

/// What is meant of all that is left; without IDs everything is.
async fn meant(session: &mut Session, ids: &[Meant]) -> Result<Vec<Unfinished>, End> {
    let mut left = look(session).await?;
    for id in ids {
        if !left.iter().any(|left| id.covers(left.id)) {
            let batch = id.batch.map_or(String::new(), |batch| format!(".{}", batch.0));
            let what = format!("Nothing is left of {:08x}{batch}", id.run);
            let failure = Failure::new(
                Class::Usage,
                what,
                "it is finished, taken up by another instance, or dropped",
            );
            return Err(failure.hint("'ftpane queue list' shows what is left").into());
        }
    }
    if !ids.is_empty() {
        left.retain(|left| ids.iter().any(|id| id.covers(left.id)));
    }
    Ok(left)
}

async fn show(list: &QueueList, session: &mut Session) -> Result<u8, End> {
    let left = look(session).await?;
    let mut printer = Printer::new();
    let mut print = || {
        for left in &left {
            match list.json {
                true => printer.json(&UnfinishedLine::new(left))?,
                false => {
                    printer.line(&headline(left))?;
                    for item in left.first.iter().take(SHOWN) {
                        printer.path(&source(left.direction, item))?;
                    }
                    let more = left.files.saturating_sub(SHOWN as u64);
                    if more > 0 {
                        printer.line(&format!("    and {more} more"))?;
                    }
                }
            }
        }
        printer.flush()
    };
    printer::written(print())?;
    if left.is_empty() && !list.json {
        session.speech.remark("nothing is unfinished");
    }
    Ok(0)
}

/// What a person reads of a rest.
fn headline(left: &Unfinished) -> String {
    let when = left.asked.rfc3339().unwrap_or_else(|| "?".into());
    let word = match left.direction {
        Direction::Download => "get from",
        Direction::Upload => "put to",
    };
    let mut counts = format!("{} of {}", left.files, size::count(left.known, "file", "files"));
    if !left.walked {
        counts.push_str(" found so far");
    }
    let server = title(&left.server);
    let bytes = size::bytes(left.bytes);
    format!("{}  {when}  {word} {server}  {counts} left, {bytes}", left.id)
}

fn source(direction: Direction, item: &Item) -> Vec<u8> {
    match direction {
        Direction::Download => item.remote.as_bytes().to_vec(),
        Direction::Upload => path_bytes(&item.local),
    }
}

fn title(server: &Server) -> String {
    match server.name.as_str() {
        "" => server.url(),
        name => escape_str(name),
    }
}

async fn go_on(arguments: &QueueRun, session: &mut Session) -> Result<u8, End> {
    let left = meant(session, &arguments.ids).await?;
    if left.is_empty() {
        session.speech.remark("nothing is unfinished");
        return Ok(0);
    }
    let mut transfers = Transfers::new(arguments.output);
    let prepared = take_up(arguments, session, &mut transfers, left).await;
    transfers.conclude(session, prepared).await
}

/// Connects to each server once, and takes up what is left for it. One that cannot be reached does
/// not stop the others; what is left for it stays.
async fn take_up(
    arguments: &QueueRun,
    session: &mut Session,
    transfers: &mut Transfers,
    left: Vec<Unfinished>,
) -> Result<(), End> {
    let mut servers: Vec<(Place, Vec<RestId>)> = Vec::new();
    for left in left {
        let place = place(&left, &arguments.connection)?;
        match servers.iter_mut().find(|(other, _)| other.server == place.server) {
            Some((_, rests)) => rests.push(left.id),
            None => servers.push((place, vec![left.id])),
        }
    }
    for (mut place, rests) in servers {
        let live = match session.connect(&mut place).await {
            Ok(live) => live,
            Err(End::Failed(failure)) => {
                transfers.refuse(session, None, &failure);
                continue;
            }
            Err(end) => return Err(end),
        };
        let shown_root = match place.saved {
            true => live.root.clone(),
            false => RemotePath::root(),
        };
        for rest in rests {
            transfers.take_up(session, &live, shown_root.clone(), rest);
        }
    }
    Ok(())
}

/// The server of a rest: a saved one as it is now, and where it is no more, as it was.
fn place(left: &Unfinished, connection: &Connection) -> Result<Place, Failure> {
    let saved = match left.server.name.as_str() {
        "" => None,
        name => look_up(name)?,
    };
    let is_saved = saved.is_some();
    let mut server = saved.unwrap_or_else(|| (*left.server).clone());
    let written = title(&server);
    connection
        .apply(&mut server)
        .map_err(|why| Failure::new(Class::Usage, written.clone(), why))?;
    Ok(Place {
        written,
        server,
        saved: is_saved,
        source: Vec::new(),
        path: Vec::new(),
        pattern: Vec::new(),
        whole: false,
        secret: None,
    })
}

async fn forget(arguments: &QueueDrop, session: &mut Session) -> Result<u8, End> {
    if arguments.ids.is_empty() && !arguments.yes && !session.interactive {
        let why = "nobody can be asked whether all that is left may be forgotten: input or error output is no terminal";
        let failure = Failure::new(Class::Usage, "queue drop", why);
        return Err(failure.hint("Name what is meant by its ID, or give --yes").into());
    }
    let left = meant(session, &arguments.ids).await?;
    if left.is_empty() {
        session.speech.remark("nothing is unfinished");
        return Ok(0);
    }
    if !arguments.yes && session.interactive {
        left.iter().for_each(|left| session.speech.line(&headline(left)));
        let text = session
            .ask("Forget this, and delete its temporary files here? [y/N] ")
            .await?;
        if !matches!(text.trim(), "y" | "Y" | "yes") {
            session.speech.remark("nothing is dropped");
            return Ok(0);
        }
    }
    let ids = left.iter().map(|left| left.id).collect();
    session.send(Command::DropUnfinished(ids));
    loop {
        if let Event::Dropped(dropped) = session.event().await? {
            let removed = size::count(dropped?, "temporary file", "temporary files");
            let files = left.iter().map(|left| left.files).sum();
            let files = size::count(files, "unfinished file", "unfinished files");
            session
                .speech
                .remark(&format!("dropped: {files}; {removed} deleted here"));
            return Ok(0);
        }
    }
}

impl UnfinishedLine {
    fn new(left: &Unfinished) -> Self {
        let first = left.first.iter().map(|item| match left.direction {
            Direction::Download => Text::of_server(item.remote.as_bytes(), left.server.charset),
            Direction::Upload => Text::new(&path_bytes(&item.local)),
        });
        Self {
            id: left.id.to_string(),
            asked: left.asked.rfc3339(),
            server: Some(left.server.name.clone()).filter(|name| !name.is_empty()),
            url: left.server.url(),
            direction: match left.direction {
                Direction::Download => "get",
                Direction::Upload => "put",
            },
            on_conflict: left.policy.word(),
            files: left.known,
            files_left: left.files,
            bytes_left: left.bytes,
            complete: left.walked,
            paths: first.map(PathLine::from).collect(),
        }
    }
}
