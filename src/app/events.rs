//! What the engine's events change.

use std::sync::Arc;
use std::time::Duration;

use super::action::{Action, Context};
use super::dialog::Subject;
use super::effect::Effect;
use super::folder::{Folder, Side};
use super::queue::Away;
use super::{App, folder};
use crate::model::command::{Generation, Place};
use crate::model::event::{Deed, Event};
use crate::model::failure::Failure;
use crate::model::job::{BatchId, Direction, JobState};
use crate::model::listing::Listing;
use crate::model::size::count;

/// Who began transfers that take longer may look at something else meanwhile.
const LONG: Duration = Duration::from_secs(10);

impl App {
    /// Takes in an event. Dialogs stay where they are: below them everything goes on.
    pub(super) fn engine(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Connecting(id, step) => self.connecting(id, step),
            Event::Connected {
                connection,
                server,
                root,
                facts,
            } => return self.connected(connection, server, root, facts),
            Event::Facts(id, facts) => {
                if let super::connect::Link::Up(session) = &mut self.link
                    && session.attempt.connection == id
                {
                    session.facts = facts;
                    return self.reached();
                }
            }
            Event::ConnectionFailed(id, failure) => return self.connection_failed(id, failure),
            Event::Pinned(id, pin) => return self.pinned(id, pin),
            Event::InPlace(name) => return self.in_place_allowed(name),
            Event::ActiveFirst(server, active) => return vec![Effect::RememberActiveFirst(server, active)],
            Event::Arriving {
                place,
                generation,
                first,
                come,
            } => {
                let side = Folder::of(&place).side();
                self.pane_mut(side).arriving(generation, first, come);
            }
            Event::Listed {
                place,
                generation,
                result,
            } => {
                if let Some(effects) = self.errand_listed(generation, &result) {
                    return effects;
                }
                let side = match place {
                    Place::Local(_) => Side::Local,
                    Place::Remote(..) => Side::Remote,
                };
                if let Some(effects) = self.searched(&place, generation, &result) {
                    return effects;
                }
                if side == Side::Remote {
                    self.made_again();
                }
                if !(self.looked_into(generation, &result) || self.followed(generation, &result)) {
                    self.listed(side, generation, result);
                }
            }
            Event::Examining(id, step) => self.examining(id, step),
            Event::Examined(id, examined) => self.examined(id, *examined),
            Event::Diagnosed(id, result) => self.diagnosed(id, result),
            Event::Done(deed) => return self.done(deed),
            Event::Failed(failure) => {
                self.failed(failure);
            }
            Event::Deleting(n) => {
                self.say(format!("Deleting: {} gone so far", count(n, "entry", "entries")));
            }
            Event::SettingPermissions(n) => {
                self.say(format!(
                    "Setting permissions: {} so far",
                    count(n, "entry", "entries")
                ));
            }
            Event::Counted { generation, result } => self.counted(generation, &result),
            Event::JobsAdded(jobs) => {
                for job in &jobs {
                    self.batches.insert(job.batch, job.direction);
                }
                self.busy_since.get_or_insert(self.now);
                self.queue.add(jobs);
            }
            Event::JobChanged(id, state) => {
                let done = matches!(state, JobState::Done { .. });
                // one that was over may be tried again: its batch ends once more
                if !state.is_over()
                    && let Some(job) = self.queue.job(id)
                {
                    self.batches.insert(job.batch, job.direction);
                    self.busy_since.get_or_insert(self.now);
                }
                self.queue.change(id, state);
                if done {
                    return self.arrived(id);
                }
            }
            Event::Kept(id, bytes) => self.queue.keep(id, bytes),
            Event::JobsMoved(moved) => self.queue.reorder(&moved),
            Event::ServerAway {
                connection,
                failure,
                wait,
            } => {
                let until = self.now + wait;
                self.queue.away.insert(connection, Away { failure, until });
            }
            Event::ServerTried(connection) => {
                self.queue.away.remove(&connection);
            }
            Event::JobsForgotten(ids) => {
                self.queue.forget(&ids);
                return self.errands_forgotten();
            }
            // the interface asks for none
            Event::BatchWalked(_) | Event::Looked { .. } => {}
            Event::Checksummed {
                place,
                generation,
                result,
            } => self.checksummed(&place, generation, result),
            Event::RawAnswered { generation, result } => self.raw_answered(generation, result),
            Event::Piece { generation, bytes } => return self.piece_came(generation, &bytes),
            Event::ReadOver { generation, result } => return self.was_read(generation, result),
            Event::Explored { generation, result } => self.explored(generation, result),
            Event::BatchOver(batch) => return self.batch_over(batch),
            Event::Unfinished(left) => self.offer(left),
            Event::Dropped(dropped) => self.dropped(dropped),
            Event::Question { id, question } => return self.asked(id, question),
            Event::QuestionVoid(id) => self.dialogs.retain(|d| d.question_id() != Some(id)),
            Event::Notice(text) => self.say(text),
            Event::Unkept(text) => {
                self.queue.unkept = true;
                self.say(text);
            }
            Event::Dialogue(line) => self.log.add(line),
            Event::Ended => return vec![Effect::Quit],
        }
        Vec::new()
    }

    /// A listing of a pane. What cut it is said whole once: the pane's footer has no room for it.
    fn listed(&mut self, side: Side, generation: Generation, result: Result<Arc<Listing>, Failure>) {
        let pane = self.pane_mut(side);
        let listing = result.as_ref().ok().filter(|_| pane.awaited == Some(generation));
        let cut = listing.and_then(|listing| listing.incomplete.clone());
        pane.listed(generation, result);
        if let Some(reason) = cut {
            let folder = pane.folder.shown();
            self.say(format!("{folder} is not listed whole: {reason}"));
        }
    }

    fn done(&mut self, deed: Deed) -> Vec<Effect> {
        match &deed {
            Deed::MadeFolder(place) | Deed::MadeFile(place) => {
                self.say(format!("Made {}", folder::shown_place(place)));
                self.refresh_around(&[place], true)
            }
            Deed::Renamed { from, to } => {
                let (old, new) = (folder::shown_place(from), folder::shown_place(to));
                self.say(format!("{old} is now {new}"));
                // the new place last: there the cursor goes
                if folder::folder_of(from) == folder::folder_of(to) {
                    self.refresh_around(&[to], true)
                } else {
                    let mut effects = self.refresh_around(&[from], false);
                    effects.extend(self.refresh_around(&[to], true));
                    effects
                }
            }
            Deed::PermissionsSet {
                places,
                counted,
                failed,
            } => {
                let failed = match failed {
                    0 => String::new(),
                    n => format!("; {n} failed"),
                };
                self.say(format!("Permissions set: {}{failed}", counted.words()));
                let places: Vec<&Place> = places.iter().collect();
                self.refresh_around(&places, false)
            }
            Deed::Copied { from, to } => {
                let (old, new) = (folder::shown_place(from), folder::shown_place(to));
                self.say(format!("{old} is copied to {new}"));
                self.refresh_around(&[to], true)
            }
            Deed::Deleted {
                places,
                stay,
                counted,
                failed,
            } => {
                let gone = places.iter().filter(|place| !stay.contains(place));
                self.deleted_from_found(&gone.cloned().collect::<Vec<_>>());
                let failed = match failed {
                    0 => String::new(),
                    n => format!("; {n} failed"),
                };
                // what the files held is not asked for one that goes
                self.say(format!("Deleted {}{failed}", counted.words()));
                let places: Vec<&Place> = places.iter().collect();
                self.refresh_around(&places, false)
            }
        }
    }

    /// The folders the batch wrote into are listed again; when it was the last one, the person is
    /// told how it went.
    fn batch_over(&mut self, batch: BatchId) -> Vec<Effect> {
        let begun = match self.queue.unfinished() {
            0 => self.busy_since.take(),
            _ => None,
        };
        if let Some(effects) = self.errand_batch_over(batch) {
            self.batches.remove(&batch);
            return effects;
        }
        let mut effects = match self.batches.remove(&batch) {
            Some(Direction::Download) => self.refresh(Side::Local, None),
            Some(Direction::Upload) => self.refresh(Side::Remote, None),
            None => return Vec::new(),
        };
        self.over.insert(batch);
        if self.queue.unfinished() == 0 {
            let over = std::mem::take(&mut self.over);
            let (counts, folders) = self.queue.counts_of(|batch| over.contains(&batch));
            let mut parts = match (counts.done, folders.done) {
                // made now, or there before
                (0, there) if there > 0 => vec![format!("{} in place", count(there, "folder", "folders"))],
                (done, _) => vec![format!("{done} done")],
            };
            let failed = format!(
                "failed; {} shows why",
                self.key_of(Context::Global, Action::Queue)
            );
            for (n, word) in [
                (counts.skipped, "skipped"),
                (counts.cancelled, "cancelled"),
                (counts.failed, failed.as_str()),
            ] {
                if n > 0 {
                    parts.push(format!("{n} {word}"));
                }
            }
            let parts = parts.join(", ");
            self.say(format!("All transfers are over: {parts}"));
            effects.push(Effect::Bell);
            if begun.is_some_and(|begun| self.now.saturating_sub(begun) >= LONG) {
                effects.push(Effect::Notify(format!("ftpane: transfers are over: {parts}")));
            }
        }
        effects
    }

    /// Whether a question about quitting is shown already.
    pub(super) fn asks_to_quit(&self) -> bool {
        self.dialogs
            .front()
            .is_some_and(|d| matches!(d.subject, Subject::Quit { .. }))
    }
}
