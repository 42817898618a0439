//! What the targets of one request name: those of one server share a connection, and its listings.

use std::ffi::OsString;

use super::connection::Connection;
use super::expansion::{Expanded, expand};
use super::json::{Text, rooted};
use super::place::{Place, Saved};
use super::probe::{Found, Listed, Probe};
use super::session::{End, Live, Session};
use crate::model::command::Place as Somewhere;
use crate::model::failure::{Class, Failure};
use crate::model::path::RemotePath;
use crate::model::secret::Secret;
use crate::model::server::Server;

/// The connections of a request.
#[derive(Default)]
pub(super) struct Connections {
    /// Each server with its password, and the connection or why there is none.
    known: Vec<(Server, Option<Secret>, Result<Live, Failure>)>,
    probe: Probe,
}

/// Something that was named on a server.
pub(super) struct Named {
    pub(super) place: Place,
    pub(super) live: Live,
    pub(super) path: RemotePath,
}

impl Named {
    /// For a request to the engine.
    pub(super) fn somewhere(&self) -> Somewhere {
        Somewhere::Remote(self.live.id, self.path.clone())
    }

    /// The path as it was written, from its root, for JSON.
    pub(super) fn text(&self) -> Text {
        Text::of_server(&rooted(&self.place.source), self.live.charset)
    }
}

/// Reads targets: a mistake in one is found before anything is done.
pub(super) fn read(targets: &[OsString], connection: &Connection) -> Result<Vec<Place>, Failure> {
    let mut saved = Saved::default();
    let read = |target: &OsString| Place::read_among(&mut saved, target, connection);
    targets.iter().map(read).collect()
}

/// Fails where one of these is on a server that is read only: nobody need connect for that.
pub(super) fn must_be_writable(places: &[Place]) -> Result<(), Failure> {
    match places.iter().find(|place| place.server.read_only) {
        Some(place) => Err(Failure::new(
            Class::Guarded,
            format!("{} is not changed", place.written),
            "the server is set to read only",
        )
        .hint("Take --read-only away, or 'Read only' in the server's entry.")),
        None => Ok(()),
    }
}

/// What a target stands for.
pub(super) struct Meant {
    /// As it is named in JSON.
    pub(super) source: Vec<u8>,
    /// One thing, or why nothing could be found.
    pub(super) place: Result<Place, Failure>,
}

impl Connections {
    /// What these targets stand for, each pattern for what fits. All are looked up before anything is
    /// done; a target without a pattern costs nothing here.
    pub(super) async fn expand(
        &mut self,
        session: &mut Session,
        places: Vec<Place>,
    ) -> Result<Vec<Meant>, End> {
        let mut meant = Vec::new();
        for place in places {
            let source = place.source.clone();
            if !place.may_be_pattern() {
                let place = Ok(place);
                meant.push(Meant { source, place });
                continue;
            }
            match self.fitting(session, place).await {
                Ok(expanded) => {
                    meant.extend(expanded.failures.into_iter().map(|failure| Meant {
                        source: source.clone(),
                        place: Err(failure),
                    }));
                    meant.extend(expanded.places.into_iter().map(|place| Meant {
                        source: place.source.clone(),
                        place: Ok(place),
                    }));
                }
                Err(End::Failed(failure)) => meant.push(Meant {
                    source,
                    place: Err(failure),
                }),
                Err(end) => return Err(end),
            }
        }
        Ok(meant)
    }

    async fn fitting(&mut self, session: &mut Session, mut place: Place) -> Result<Expanded, End> {
        let live = self.live(session, &mut place).await?;
        expand(session, &mut self.probe, &live, place).await
    }

    /// Connects to a place's server, unless that was done already.
    async fn live(&mut self, session: &mut Session, place: &mut Place) -> Result<Live, End> {
        let same = |(server, secret, _): &&(Server, Option<Secret>, _)| {
            *server == place.server && *secret == place.secret
        };
        if let Some((.., live)) = self.known.iter().find(same) {
            return Ok(live.clone()?);
        }
        let (server, secret) = (place.server.clone(), place.secret.clone());
        let live = match session.connect(place).await {
            Ok(live) => Ok(live),
            Err(End::Failed(failure)) => Err(failure),
            Err(end) => return Err(end),
        };
        // the session has taken it; what a pattern stands for is found again by it
        place.secret = secret.clone();
        self.known.push((server, secret, live.clone()));
        Ok(live?)
    }

    /// Connects to a place's server, unless that was done already, and finds its path.
    pub(super) async fn find(&mut self, session: &mut Session, mut place: Place) -> Result<Named, End> {
        let live = self.live(session, &mut place).await?;
        let path = place.remote(&live.root)?;
        let path = self.probe.spelled(session, &live, path).await?;
        Ok(Named { place, live, path })
    }

    /// What stands at a path of a server.
    pub(super) async fn look(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Found, End> {
        self.probe.look(session, live, path).await
    }

    /// The same for what is most likely a file, as [`Probe::look_for_file`].
    pub(super) async fn look_for_file(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Found, End> {
        self.probe.look_for_file(session, live, path).await
    }

    /// A folder's listing, or the server's refusal.
    pub(super) async fn list(
        &mut self,
        session: &mut Session,
        live: &Live,
        path: &RemotePath,
    ) -> Result<Listed, End> {
        self.probe.list(session, live, path).await
    }

    /// Something was changed: what listings have said counts no more.
    pub(super) fn forget(&mut self) {
        self.probe = Probe::default();
    }
}
