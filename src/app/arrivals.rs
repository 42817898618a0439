//! What arrives is shown: while a batch runs, the pane of its target folder is listed again when
//! something new stands there, not more often than a person wants to see it.

use std::time::Duration;

use super::App;
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::pane::Content;
use crate::model::failure::Class;
use crate::model::job::{Direction, JobId};

/// The shortest time between two listings of this machine's folder.
const LOCAL: Duration = Duration::from_secs(1);
/// The same on the server, where each is a round trip with a data connection.
const REMOTE: Duration = Duration::from_secs(3);

/// So often at most a long list is searched for what a batch brings deep below it.
const LOOK: Duration = Duration::from_millis(250);

/// When each pane is to be listed again.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Arrivals {
    local: Schedule,
    remote: Schedule,
}

#[derive(Debug, Clone, PartialEq, Default)]
struct Schedule {
    /// Not before this time.
    free: Duration,
    /// What arrives below other folders is not looked at before this time.
    look: Duration,
    /// When it will be done.
    due: Option<Duration>,
}

impl Arrivals {
    fn of(&mut self, side: Side) -> &mut Schedule {
        match side {
            Side::Local => &mut self.local,
            Side::Remote => &mut self.remote,
        }
    }

    /// The pane is being listed: nothing more is due.
    pub(super) fn listed(&mut self, side: Side) {
        self.of(side).due = None;
    }

    /// The earliest time at which something is to be done.
    pub(super) fn next(&self) -> Option<Duration> {
        self.local.due.into_iter().chain(self.remote.due).min()
    }
}

impl App {
    /// A job has put its target in place.
    pub(super) fn arrived(&mut self, job: JobId) -> Vec<Effect> {
        let Some(job) = self.queue.job(job) else {
            return Vec::new();
        };
        let (side, target) = match job.direction {
            Direction::Download => (Side::Local, Folder::Local(job.item.local.clone())),
            Direction::Upload => (Side::Remote, Folder::Remote(job.item.remote.clone())),
        };
        if self.is_news(side, target) {
            let now = self.now;
            let schedule = self.arrivals.of(side);
            schedule.due = Some(schedule.free.max(now));
        }
        self.show_arrivals()
    }

    /// Whether the pane of that side shows the target's folder, or a folder above it that has not
    /// got the way to it yet.
    fn is_news(&mut self, side: Side, mut target: Folder) -> bool {
        let now = self.now;
        let schedule = self.arrivals.of(side);
        if schedule.due.is_some() {
            return false;
        }
        let looks = now >= schedule.look;
        if looks {
            schedule.look = now + LOOK;
        }
        let pane = self.pane(side);
        let mut direct = true;
        loop {
            let Some(parent) = target.parent() else {
                return false;
            };
            if parent == pane.folder {
                let known = || {
                    target
                        .name()
                        .is_some_and(|name| pane.entries().iter().any(|e| e.name == name))
                };
                return direct || (looks && !known());
            }
            (target, direct) = (parent, false);
        }
    }

    /// A session stands: where the pane says that the server cannot be reached, it is looked at again.
    pub(super) fn reached(&mut self) -> Vec<Effect> {
        if !self.is_lost(Side::Remote) {
            return Vec::new();
        }
        let now = self.now;
        let schedule = self.arrivals.of(Side::Remote);
        schedule.due = Some(schedule.free.max(now));
        self.show_arrivals()
    }

    /// Whether a pane shows nothing because its server could not be reached.
    fn is_lost(&self, side: Side) -> bool {
        matches!(&self.pane(side).content, Content::Failed(why) if why.class == Class::Unreachable)
    }

    /// Lists what is due.
    pub(super) fn show_arrivals(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (side, pause) in [(Side::Local, LOCAL), (Side::Remote, REMOTE)] {
            let now = self.now;
            let schedule = self.arrivals.of(side);
            if schedule.due.is_none_or(|due| due > now) {
                continue;
            }
            schedule.free = now + pause;
            schedule.due = None;
            // one that is on its way, or was refused, is the person's own business
            let pane = self.pane(side);
            let is_wanted = matches!(pane.content, Content::Listed(_)) || self.is_lost(side);
            if pane.awaited.is_none() && is_wanted {
                effects.extend(self.refresh(side, None));
            }
        }
        effects
    }
}
