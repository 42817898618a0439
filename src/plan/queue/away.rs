//! Servers that cannot be reached: what waits for one waits together.
//!
//! A cut line or a reboot is no fault of any job, and with three tries each a minute of it would end
//! a queue of a hundred thousand. So where no session can be made, no job is charged for it: the
//! connection is tried again after 1, 2, 4 and more seconds, up to five minutes, by the jobs that
//! come next. Where a person watches this has no end, as in lftp: they see what is waited for,
//! and can try at once or take the jobs out. On the command line it ends after `--retries` tries in a
//! row: a script wants its exit code. The count begins anew with each session that stands.

use super::{Effect, End, Phase, Queue};
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::model::job::{ConnectionId, JobId, JobState};
use crate::plan::retry::server_retry_after;

/// A server that could not be reached.
#[derive(Debug)]
pub(super) struct Away {
    /// How often, in a row.
    tries: u32,
    /// Whether it is waited for; else it is being tried.
    waiting: bool,
}

impl Queue {
    /// Whether jobs of this connection wait for the server.
    pub(super) fn is_away(&self, connection: ConnectionId) -> bool {
        self.away.get(&connection).is_some_and(|away| away.waiting)
    }

    /// No session could be made for this job.
    pub(super) fn met_nobody(&mut self, id: JobId, failure: Failure, effects: &mut Vec<Effect>) {
        let Some(slot) = self.jobs.get_mut(&id) else {
            return;
        };
        let connection = slot.connection;
        if !failure.transient {
            self.end_unreached(id, &failure, effects);
            return self.give_up(connection, &failure, effects);
        }
        slot.tries -= 1;
        // it may tell what of the job is kept
        slot.last.get_or_insert_with(|| Box::new(failure.clone()));
        let resting = slot.resting();
        self.make_ready(id);
        effects.push(Effect::Tell(Event::JobChanged(id, resting)));
        let away = self.away.entry(connection).or_insert(Away {
            tries: 0,
            waiting: false,
        });
        if away.waiting {
            return;
        }
        away.tries += 1;
        let most = (!self.attended).then_some(self.retries);
        match server_retry_after(away.tries, most) {
            Some(wait) => {
                away.waiting = true;
                effects.push(Effect::TryServer(connection, away.tries, wait));
                effects.push(Effect::Tell(Event::ServerAway {
                    connection,
                    failure,
                    wait,
                }));
            }
            None => {
                self.away.remove(&connection);
                self.give_up(connection, &failure, effects);
            }
        }
    }

    /// The time has come to try a server again; `tries` as it was in the effect.
    pub fn try_server(&mut self, connection: ConnectionId, tries: u32) -> Vec<Effect> {
        match self.away.get_mut(&connection) {
            Some(away) if away.waiting && away.tries == tries => {
                away.waiting = false;
                vec![Effect::Tell(Event::ServerTried(connection))]
            }
            _ => Vec::new(),
        }
    }

    /// A session of this connection stands.
    pub fn reached(&mut self, connection: ConnectionId) -> Vec<Effect> {
        match self.away.remove(&connection) {
            Some(Away { waiting: true, .. }) => vec![Effect::Tell(Event::ServerTried(connection))],
            _ => Vec::new(),
        }
    }

    /// A person does not want to wait any longer.
    pub(super) fn try_now(&mut self, connection: ConnectionId, effects: &mut Vec<Effect>) {
        if let Some(tries) = self.away.get(&connection).map(|away| away.tries) {
            effects.extend(self.try_server(connection, tries));
        }
    }

    /// Nobody can connect: what waits for this connection fails now. A hundred thousand jobs would
    /// else try one after the other, and a server shuts out who logs in wrongly so often.
    fn give_up(&mut self, connection: ConnectionId, failure: &Failure, effects: &mut Vec<Effect>) {
        let idle: Vec<JobId> = self
            .jobs
            .values()
            .filter(|s| s.connection == connection && matches!(s.phase, Phase::Waiting | Phase::Sleeping))
            .filter(|s| s.held.is_none())
            .map(|s| s.job.id)
            .collect();
        for id in idle {
            self.end_unreached(id, failure, effects);
        }
    }

    /// A job fails as nobody can connect. What it met itself before says more: what it has left, and where.
    fn end_unreached(&mut self, id: JobId, failure: &Failure, effects: &mut Vec<Effect>) {
        let own = self.jobs.get_mut(&id).and_then(|slot| slot.last.take());
        let failure = own.map_or_else(|| failure.clone(), |own| *own);
        self.end(id, End::Failed, JobState::Failed(failure), effects);
    }
}
