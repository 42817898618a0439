//! `ftpane put`: from this machine to a server.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::arguments::Put;
use super::connections::must_be_writable;
use super::list_file::{Word, words};
use super::place::{Place, blotted};
use super::probe::{Found, Probe};
use super::session::{End, Live, Session};
use super::transfer::{Transfers, path_bytes};
use crate::local::{list, names};
use crate::model::command::{Command, Place as Somewhere};
use crate::model::entry::{Entry, Kind};
use crate::model::event::{Deed, Event};
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, INPUT, Item, Policy};
use crate::model::path::{Name, RemotePath};
use crate::model::target::blot;
use crate::model::text::{shown_path, system_says};
use crate::plan::landing::{self, Standing};

/// A source that is there.
struct Source {
    path: PathBuf,
    /// Its own name; `None` for `.` and the like, whose contents are meant.
    name: Option<Name>,
    kind: Kind,
    entry: Option<Entry>,
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Put, session: &mut Session) -> Result<u8, End> {
    arguments.transfer.check(session.interactive)?;
    let Some((target, sources)) = arguments.places.split_last() else {
        return Err(Failure::new(Class::Usage, "put", "a source and a target are needed").into());
    };
    if arguments.reads_input() {
        streams(arguments, sources)?;
    }
    let mut place = Place::read(target, &arguments.connection)?;
    place.server.in_place |= arguments.in_place;
    arguments.transfer.apply(&mut place.server);
    let policy = arguments
        .transfer
        .policy(session.interactive, &place.server, Direction::Upload);
    let mut transfers = Transfers::new(arguments.output);
    let sources = words(session, sources).await?;
    let prepared = prepare(session, &mut transfers, place, &sources, policy).await;
    transfers.conclude(session, prepared).await
}

/// Fails where something is asked for that standard input cannot be.
fn streams(arguments: &Put, sources: &[OsString]) -> Result<(), Failure> {
    let refused = |what: &str, why: &str| Err(Failure::new(Class::Usage, what, why));
    if sources.len() > 1 {
        return refused("- with other sources", "standard input is uploaded by itself");
    }
    if arguments.transfer.resume || arguments.transfer.on_conflict == Some(Policy::Resume) {
        return refused(
            "-c with -",
            "what came from standard input before is not known here",
        );
    }
    Ok(())
}

/// Looks at the sources, connects, finds where they land, and hands them to the engine.
async fn prepare(
    session: &mut Session,
    transfers: &mut Transfers,
    mut place: Place,
    sources: &[Word],
    policy: Policy,
) -> Result<(), End> {
    must_be_writable(std::slice::from_ref(&place))?;
    // a list means a folder, however long it is today
    let several = sources.len() > 1 || sources.iter().any(|source| source.line.is_some());
    let mut found = Vec::new();
    for source in sources {
        match look(source) {
            Ok(source) => found.push(source),
            Err(failure) => {
                let failure = source.blame(failure);
                let bytes = names::bytes_of(&source.text);
                // a URL that stands where a file is meant
                let blotted = Some(blotted(&bytes)).filter(|_| bytes.windows(3).any(|w| w == b"://"));
                let shown = blotted.as_ref().map_or(&*bytes, String::as_bytes);
                transfers.refuse(session, Some(shown), &failure);
            }
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let live = session.connect(&mut place).await?;
    let mut probe = Probe::default();
    let target = place.remote(&live.root)?;
    let target = probe.spelled(session, &live, target).await?;
    let there = match several || place.ends_in_slash() {
        true => probe.look_for_folder(session, &live, &target).await?,
        false => probe.look(session, &live, &target).await?,
    };
    // the document path itself is written as nothing, or as a slash
    let written: &[u8] = if target == live.root { b"/" } else { &place.path };
    let is_folder = there.standing == Standing::Folder || written.ends_with(b"/");
    if is_folder && found.iter().any(|source| source.path.as_os_str() == INPUT) {
        let what = format!("Standard input is not uploaded to {}", place.written);
        let why = "that is a folder, and standard input has no name of its own";
        return Err(Failure::new(Class::Usage, what, why)
            .hint("Write the name behind the folder.")
            .into());
    }
    let mut items = Vec::new();
    let mut taken: HashSet<RemotePath> = HashSet::new();
    for source in found {
        let lands = landing::upload(source.name.as_ref(), &target, written, there.standing, several)
            .map_err(|e| Failure::new(Class::Refused, "Nothing is uploaded", e.to_string()))?;
        if !taken.insert(lands.clone()) {
            let failure = Failure::new(
                Class::Conflict,
                format!("{} is not uploaded", shown_path(&source.path)),
                format!("another source lands on {} already", lands.shown()),
            );
            transfers.refuse(session, Some(&path_bytes(&source.path)), &failure);
            continue;
        }
        items.push(Item {
            local: source.path,
            remote: lands,
            kind: source.kind,
            size: source.entry.as_ref().and_then(|e| e.size),
            modified: source.entry.and_then(|e| e.modified),
            permissions: None,
        });
    }
    make_way(session, &live, &target, &there, &items).await?;
    let shown_root = if place.saved {
        live.root.clone()
    } else {
        RemotePath::root()
    };
    transfers.enqueue(session, &live, shown_root, (Direction::Upload, items, policy));
    Ok(())
}

fn look(source: &Word) -> Result<Source, Failure> {
    let path = match (&source.line, source.text == INPUT) {
        (None, true) => {
            return Ok(Source {
                path: INPUT.into(),
                name: None,
                kind: Kind::File,
                entry: None,
            });
        }
        // in a list it is a file of that name
        (Some(_), true) => PathBuf::from("./-"),
        (_, false) => PathBuf::from(&source.text),
    };
    let failed = |why: String| {
        let what = format!("{} is not uploaded", blot(&shown_path(&path)));
        Failure::new(Class::Local, what, why).hint("Check the path on this machine.")
    };
    if path.file_name().is_none() {
        if !path.is_dir() {
            return Err(failed("it is no folder".into()));
        }
        return Ok(Source {
            path,
            name: None,
            kind: Kind::Dir,
            entry: None,
        });
    }
    let entry = list::stat(without_slash(&path)).map_err(|e| failed(system_says(&e)))?;
    // what a person names is what they mean, also behind a link
    let kind = match (entry.kind, entry.target_kind) {
        (Kind::Link, Some(kind)) => kind,
        (kind, _) => kind,
    };
    match kind {
        Kind::Dir | Kind::File => Ok(Source {
            name: Some(entry.name.clone()),
            entry: (kind == Kind::File).then_some(entry),
            path,
            kind,
        }),
        Kind::Link | Kind::Other => Err(failed("it is neither a file nor a folder".into())),
    }
}

/// `x/` names the link `x` itself no more, but its listing entry is that of `x`.
fn without_slash(path: &Path) -> &Path {
    match path.file_name() {
        Some(_) => path,
        None => Path::new("."),
    }
}

/// Makes the folders that must be there before the first file comes: those above every landing
/// place, from the top down.
async fn make_way(
    session: &mut Session,
    live: &Live,
    target: &RemotePath,
    there: &Found,
    items: &[Item],
) -> Result<(), End> {
    let inside = items.iter().any(|item| item.remote != *target);
    let mut missing = Vec::new();
    if inside && there.standing == Standing::Nothing {
        missing.push(target.clone());
    }
    if there.standing == Standing::Nothing && !there.parent_listed {
        let mut at = target.parent();
        while let Some(folder) = at {
            if folder == live.root || folder.is_root() {
                break;
            }
            match session.list(live, &folder).await {
                Ok(_) => break,
                Err(End::Failed(failure)) if failure.class == Class::Refused => {
                    at = folder.parent();
                    missing.push(folder);
                }
                Err(end) => return Err(end),
            }
        }
    }
    while let Some(folder) = missing.pop() {
        make_folder(session, live, folder).await?;
    }
    Ok(())
}

async fn make_folder(session: &mut Session, live: &Live, folder: RemotePath) -> Result<(), End> {
    let wanted = Somewhere::Remote(live.id, folder);
    session.send(Command::MakeFolder(wanted.clone()));
    loop {
        match session.event().await? {
            Event::Done(Deed::MadeFolder(made)) if made == wanted => return Ok(()),
            Event::Failed(failure) => return Err(failure.into()),
            _ => {}
        }
    }
}
