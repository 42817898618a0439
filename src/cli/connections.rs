//! What the targets of one request name: those of one server share a connection, and its listings.

use std::ffi::OsString;

use super::connection::Connection;
use super::json::Text;
use super::place::{Place, Saved};
use super::probe::{Found, Probe};
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

    /// The path as it was written, for JSON.
    pub(super) fn text(&self) -> Text {
        Text::of_server(&self.place.source, self.live.charset)
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
        )),
        None => Ok(()),
    }
}

impl Connections {
    /// Connects to a place's server, unless that was done already, and finds its path.
    pub(super) async fn find(&mut self, session: &mut Session, mut place: Place) -> Result<Named, End> {
        let same = |(server, secret, _): &&(Server, Option<Secret>, _)| {
            *server == place.server && *secret == place.secret
        };
        let live = match self.known.iter().find(same) {
            Some((.., live)) => live.clone(),
            None => {
                let (server, secret) = (place.server.clone(), place.secret.clone());
                let live = match session.connect(&mut place).await {
                    Ok(live) => Ok(live),
                    Err(End::Failed(failure)) => Err(failure),
                    Err(end) => return Err(end),
                };
                self.known.push((server, secret, live.clone()));
                live
            }
        }?;
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

    /// Something was changed: what listings have said counts no more.
    pub(super) fn forget(&mut self) {
        self.probe = Probe::default();
    }
}
