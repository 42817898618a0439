//! `ftpane get`: from servers to a folder of this machine.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::arguments::Get;
use super::connections::{Connections, Named};
use super::json::rooted;
use super::list_file::words;
use super::place::{Place, Saved};
use super::session::{End, Live, Session};
use super::stream;
use super::transfer::Transfers;
use crate::local::names;
use crate::model::entry::Kind;
use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Item};
use crate::model::path::RemotePath;
use crate::model::server::Server;
use crate::model::text::{shown_path, system_says};
use crate::plan::landing::{self, Landing, Standing};

/// So many files are asked for one by one, a round trip each; a listing takes six, and tells of all that are
/// in the folder.
const FEW: usize = 4;

/// What goes over one connection.
struct Group {
    server: Server,
    live: Live,
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
        arguments.transfer.apply(&mut place.server);
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
        (transfer.no_times, "--no-times", "a stream has no time"),
        (transfer.permissions, "--permissions", "a stream has none"),
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
    let mut connections = Connections::default();
    let mut groups: Vec<Group> = Vec::new();
    let mut landing = Landings {
        to: &arguments.to,
        several: places.len() > 1,
        few: places.len() <= FEW,
        taken: HashSet::new(),
    };
    for place in places {
        for meant in connections.expand(session, vec![place]).await? {
            let found = match meant.place {
                Ok(place) => landing.item(session, &mut connections, place).await,
                Err(failure) => Err(failure.into()),
            };
            match found {
                Ok((named, item)) => {
                    let at = groups.iter().position(|group| group.live.id == named.live.id);
                    let at = at.unwrap_or_else(|| {
                        groups.push(Group::new(named));
                        groups.len() - 1
                    });
                    groups[at].items.push(item);
                }
                Err(End::Failed(failure)) => {
                    transfers.refuse(session, Some(&rooted(&meant.source)), &failure)
                }
                Err(end) => return Err(end),
            }
        }
    }
    if !groups.is_empty() {
        std::fs::create_dir_all(&arguments.to).map_err(|e| {
            Failure::new(
                Class::Local,
                format!("The folder {} cannot be made", shown_path(&arguments.to)),
                system_says(&e),
            )
        })?;
    }
    for group in groups {
        let direction = Direction::Download;
        let policy = arguments
            .transfer
            .policy(session.interactive, &group.server, direction);
        let work = (direction, group.items, policy);
        transfers.enqueue(session, &group.live, group.shown_root, work);
    }
    Ok(())
}

impl Group {
    fn new(named: Named) -> Self {
        Self {
            shown_root: match named.place.saved {
                true => named.live.root.clone(),
                false => RemotePath::root(),
            },
            server: named.place.server,
            live: named.live,
            items: Vec::new(),
        }
    }
}

/// Where targets land on this machine: no two of them on the same path.
struct Landings<'a> {
    to: &'a Path,
    /// Whether there is more than one target.
    several: bool,
    /// Whether they are so few that each is asked for by itself.
    few: bool,
    taken: HashSet<PathBuf>,
}

impl Landings<'_> {
    /// What a target is and where it goes.
    async fn item(
        &mut self,
        session: &mut Session,
        connections: &mut Connections,
        place: Place,
    ) -> Result<(Named, Item), End> {
        let named = connections.find(session, place).await?;
        let (live, remote) = (&named.live, named.path.clone());
        let refused = |class, why: String| {
            let what = format!("{} is not downloaded", named.place.written);
            Failure::new(class, what, why)
        };
        let local = match landing::download(&remote, &named.place.path) {
            Landing::Named(name) if remote != live.root => {
                names::join(self.to, &name).map_err(|e| refused(Class::Local, e.to_string()))?
            }
            _ => self.to.to_owned(),
        };
        let (kind, entry) = match named.place.ends_in_slash() {
            true => (Kind::Dir, None),
            false => {
                let found = match self.few && !live.care.permissions {
                    true => connections.look_for_file(session, live, &remote).await?,
                    false => connections.look(session, live, &remote).await?,
                };
                let kind = match (found.standing, &found.entry) {
                    (Standing::Folder, _) => Kind::Dir,
                    (_, Some(entry)) => entry.kind,
                    // not in any listing, but perhaps the server gives it out: its own "no" says more
                    (_, None) => Kind::File,
                };
                (kind, found.entry.filter(|_| kind == Kind::File))
            }
        };
        let mut lands = vec![local.clone()];
        if self.several && kind == Kind::Dir && local == self.to {
            lands = self.poured(session, connections, live, &remote).await?;
        }
        if let Some(other) = lands.iter().find(|path| self.taken.contains(*path)) {
            let why = format!("another target lands on {} already", shown_path(other));
            return Err(refused(Class::Conflict, why).into());
        }
        self.taken.extend(lands);
        let item = Item {
            local,
            remote,
            kind,
            size: entry.as_ref().and_then(|e| e.size),
            modified: entry.as_ref().and_then(|e| e.modified),
            permissions: entry
                .and_then(|e| e.permissions)
                .filter(|_| live.care.permissions),
        };
        Ok((named, item))
    }

    /// What stands in the folder of the downloads when the contents of this one are put there.
    async fn poured(
        &self,
        session: &mut Session,
        connections: &mut Connections,
        live: &Live,
        folder: &RemotePath,
    ) -> Result<Vec<PathBuf>, End> {
        // what cannot be listed fails as a transfer, which says more
        let listing = connections.list(session, live, folder).await?.ok();
        let entries = listing.iter().flat_map(|listing| &listing.entries);
        let lands = entries.filter_map(|entry| names::join(self.to, &entry.name).ok());
        Ok(lands.collect())
    }
}
