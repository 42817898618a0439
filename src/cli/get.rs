//! `ftpane get`: from servers to a folder of this machine.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::arguments::Get;
use super::expansion::expand;
use super::list_file::words;
use super::place::{Place, Saved};
use super::probe::Probe;
use super::session::{End, Live, Session};
use super::stream;
use super::transfer::Transfers;
use crate::local::names;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Item};
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::text::{shown_path, system_says};
use crate::plan::landing::{self, Landing, Standing};

/// What goes over one connection.
struct Group {
    server: Server,
    secret: Option<Secret>,
    live: Result<Live, Failure>,
    shown_root: RemotePath,
    items: Vec<Item>,
}

/// Runs it; the exit code.
pub(super) async fn run(arguments: &Get, session: &mut Session) -> Result<u8, End> {
    arguments.transfer.check(session.interactive)?;
    let is_stream = arguments.to == Path::new("-");
    if is_stream {
        streams(arguments)?;
    }
    let mut places = Vec::new();
    let mut saved = Saved::default();
    for word in words(session, &arguments.targets).await? {
        let place = Place::read_among(&mut saved, &word.text, &arguments.connection);
        let mut place = place.map_err(|failure| word.blame(failure))?;
        place.server.verify |= arguments.transfer.verify;
        places.push(place);
    }
    if is_stream {
        return stream::run(places, session).await;
    }
    let mut transfers = Transfers::new(arguments.output);
    transfers.fsync = arguments.fsync;
    let prepared = prepare(arguments, session, &mut transfers, places).await;
    transfers.conclude(session, prepared).await
}

/// Fails where something is asked for that a stream cannot have.
fn streams(arguments: &Get) -> Result<(), Failure> {
    let transfer = &arguments.transfer;
    for (given, option, why) in [
        (
            arguments.output.json,
            "--json",
            "standard output is the file itself",
        ),
        (transfer.resume, "-c", "what is there already is not known here"),
        (
            transfer.on_conflict.is_some(),
            "--on-conflict",
            "there is no target that could exist",
        ),
        (
            transfer.verify,
            "--verify",
            "what was written cannot be taken back",
        ),
        (arguments.fsync, "--fsync", "nothing is written to a disk"),
    ] {
        if given {
            return Err(Failure::new(Class::Usage, format!("{option} with --to -"), why));
        }
    }
    Ok(())
}

/// Connects, finds out what the targets are, and hands them to the engine.
async fn prepare(
    arguments: &Get,
    session: &mut Session,
    transfers: &mut Transfers,
    places: Vec<Place>,
) -> Result<(), End> {
    let mut probe = Probe::default();
    let mut groups: Vec<Group> = Vec::new();
    let mut taken: HashSet<PathBuf> = HashSet::new();
    for mut place in places {
        let at = match groups
            .iter()
            .position(|g| g.server == place.server && g.secret == place.secret)
        {
            Some(at) => at,
            None => {
                groups.push(connect(session, &mut place).await?);
                groups.len() - 1
            }
        };
        let source = place.source.clone();
        let expanded = match groups[at].live.clone() {
            Ok(live) => expand(session, &mut probe, &live, place)
                .await
                .map(|expanded| (live, expanded)),
            Err(failure) => Err(failure.into()),
        };
        let (live, expanded) = match expanded {
            Ok(expanded) => expanded,
            Err(End::Failed(failure)) => {
                transfers.refuse(session, Some(&source), &failure);
                continue;
            }
            Err(end) => return Err(end),
        };
        for failure in &expanded.failures {
            transfers.refuse(session, Some(&source), failure);
        }
        for place in expanded.places {
            let found = item(session, &mut probe, &live, &place, &arguments.to).await;
            let found = found.and_then(|item| match taken.insert(item.local.clone()) {
                true => Ok(item),
                false => Err(Failure::new(
                    Class::Conflict,
                    format!("{} is not downloaded", place.written),
                    format!("another target lands on {} already", shown_path(&item.local)),
                )
                .into()),
            });
            match found {
                Ok(item) => groups[at].items.push(item),
                Err(End::Failed(failure)) => transfers.refuse(session, Some(&place.source), &failure),
                Err(end) => return Err(end),
            }
        }
    }
    if groups.iter().any(|g| !g.items.is_empty()) {
        std::fs::create_dir_all(&arguments.to).map_err(|e| {
            Failure::new(
                Class::Local,
                format!("The folder {} cannot be made", shown_path(&arguments.to)),
                system_says(&e),
            )
        })?;
    }
    for group in groups {
        if let Ok(live) = group.live {
            let direction = Direction::Download;
            let policy = arguments
                .transfer
                .policy(session.interactive, &group.server, direction);
            let work = (direction, group.items, policy);
            transfers.enqueue(session, &live, group.shown_root, work);
        }
    }
    Ok(())
}

async fn connect(session: &mut Session, place: &mut Place) -> Result<Group, End> {
    let (server, secret) = (place.server.clone(), place.secret.clone());
    let live = match session.connect(place).await {
        Ok(live) => Ok(live),
        Err(End::Failed(failure)) => Err(failure),
        Err(end) => return Err(end),
    };
    let shown_root = match &live {
        Ok(live) if place.saved => live.root.clone(),
        _ => RemotePath::root(),
    };
    Ok(Group {
        server,
        secret,
        live,
        shown_root,
        items: Vec::new(),
    })
}

/// What a target is and where it goes.
async fn item(
    session: &mut Session,
    probe: &mut Probe,
    live: &Live,
    place: &Place,
    to: &Path,
) -> Result<Item, End> {
    let remote = probe.spelled(session, live, place.remote(&live.root)?).await?;
    let local = match landing::download(&remote, &place.path) {
        Landing::Named(name) if remote != live.root => names::join(to, &name).map_err(|e| {
            Failure::new(
                Class::Local,
                format!("{} is not downloaded", place.written),
                e.to_string(),
            )
        })?,
        _ => to.to_owned(),
    };
    if place.ends_in_slash() {
        return Ok(Item {
            local,
            remote,
            kind: Kind::Dir,
            size: None,
            modified: None,
        });
    }
    let found = probe.look(session, live, &remote).await?;
    let kind = match (found.standing, &found.entry) {
        (Standing::Folder, _) => Kind::Dir,
        (_, Some(entry)) => entry.kind,
        // not in any listing, but perhaps the server gives it out: its own "no" says more
        (_, None) => Kind::File,
    };
    let entry = found.entry.filter(|_| kind == Kind::File);
    Ok(Item {
        local,
        remote,
        kind,
        size: entry.as_ref().and_then(|e| e.size),
        modified: entry.and_then(|e| e.modified),
    })
}
