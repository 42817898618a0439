//! What earlier runs have left comes into the queue of this one.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::{Loop, Note, OVER};
use crate::engine::blocking;
use crate::engine::browse::not_connected;
use crate::engine::left::{self, Held};
use crate::local::runs::Runs;
use crate::model::command::Extent;
use crate::model::entry::Kind;
use crate::model::event::Event;
use crate::model::failure::{Class, Failure};
use crate::model::job::{BatchId, BatchRequest, Care, ConnectionId, Direction, JobId, Policy};
use crate::model::path::{Name, RemotePath};
use crate::model::text::system_says;
use crate::model::unfinished::RestId;
use crate::plan::journal::Rest;
use crate::plan::journal::written::WrittenPath;
use crate::plan::queue::{Effect, Found};

/// What a run has left of a batch, held so that nobody else takes it up.
pub(in crate::engine) struct Taken {
    id: RestId,
    rest: Rest,
    held: Held,
    /// The next one waits for this.
    turn: OwnedMutexGuard<()>,
}

impl Loop {
    fn runs(&self) -> Option<Arc<Runs>> {
        Some(self.origins.shared()?.0)
    }

    /// Tells what runs that are over have left, also that it is nothing where that was `asked`.
    pub(super) fn look_for_unfinished(&self, asked: bool) {
        let (runs, listener, taking) = (self.runs(), self.listener.clone(), Arc::clone(&self.taking));
        let what = "What earlier runs have left could not be looked through";
        let refused = self
            .origins
            .refusal()
            .map(|why| Failure::new(Class::Local, what, why));
        self.spawn(async move {
            let Some(runs) = runs else {
                return match refused {
                    _ if !asked => {}
                    Some(failure) => listener.tell(Event::Failed(failure)),
                    None => listener.tell(Event::Unfinished(Vec::new())),
                };
            };
            let _turn = taking.lock().await;
            match on_disk(what, move || left::look(&runs)).await {
                Ok(seen) => {
                    seen.damage
                        .into_iter()
                        .for_each(|text| listener.tell(Event::Notice(text)));
                    if asked || !seen.unfinished.is_empty() {
                        listener.tell(Event::Unfinished(seen.unfinished));
                    }
                }
                Err(failure) => listener.tell(Event::Failed(failure)),
            }
        });
    }

    /// Forgets what runs have left.
    pub(super) fn drop_unfinished(&self, rests: Vec<RestId>) {
        let (runs, listener, taking) = (self.runs(), self.listener.clone(), Arc::clone(&self.taking));
        self.spawn(async move {
            let Some(runs) = runs else {
                return listener.tell(Event::Dropped(Ok(0)));
            };
            let _turn = taking.lock().await;
            let dropped = on_disk("Not dropped", move || left::drop_rests(&runs, &rests)).await;
            listener.tell(Event::Dropped(dropped));
        });
    }

    /// Takes up what a run has left of a batch. It is left there until it is on the disk as this
    /// run's: at worst both have it, and the later log says so.
    pub(super) fn take_up(&mut self, id: RestId, connection: ConnectionId, batch: BatchId) {
        let request = BatchRequest {
            id: batch,
            connection,
            direction: Direction::Download,
            items: Vec::new(),
            policy: Policy::default(),
            care: Care::default(),
        };
        let what = format!("What is left of {id} is not taken up");
        let gone = || {
            let why = "another instance has taken it, or it is no more";
            Failure::new(Class::Local, what.clone(), why)
        };
        if !self.pools.contains_key(&connection) {
            return self.note(Note::NotTakenUp(request, not_connected()));
        }
        let Some(runs) = self.runs() else {
            return self.note(Note::NotTakenUp(request, gone()));
        };
        let gone = gone();
        self.awaiting.insert(batch, connection);
        let (notes, taking) = (self.notes.clone(), Arc::clone(&self.taking));
        self.spawn(async move {
            let turn = taking.lock_owned().await;
            let held = on_disk(what, move || left::hold_rest(&runs, id)).await;
            let _ = notes.send(match held.and_then(|held| held.ok_or(gone)) {
                Ok((held, rest)) => Note::TakenUp(request, Box::new(Taken { id, rest, held, turn })),
                Err(failure) => Note::NotTakenUp(request, failure),
            });
        });
    }

    /// Puts what was left into the queue; it is struck out where it was left when the disk has it as this run's.
    pub(super) fn taken_up(&mut self, mut request: BatchRequest, taken: Taken) {
        let Taken { id, rest, held, turn } = taken;
        request.direction = rest.direction;
        request.policy = rest.policy;
        request.care = rest.care;
        request.items = rest.roots();
        let (batch, direction) = (request.id, request.direction);
        self.awaiting.remove(&batch);
        self.queue.open_rest(&request);
        let mut known: HashMap<WrittenPath, JobId> = HashMap::new();
        known.extend(rest.past.iter().map(|source| (source.clone(), OVER)));
        self.journal.batch(&request, Some(id), rest.past);
        let mut going_there: HashMap<RemotePath, Vec<Name>> = HashMap::new();
        let going = rest.jobs.iter().filter(|_| direction == Direction::Upload);
        for target in going.map(|job| &job.item.remote).chain(&rest.alike) {
            if let (Some(folder), Some(name)) = (target.parent(), target.name()) {
                going_there.entry(folder).or_default().push(name);
            }
        }
        // what goes into a folder of the rest waits for it, so the folder's number must be known
        let mut folders: HashMap<WrittenPath, JobId> = HashMap::new();
        let mut jobs = rest.jobs.into_iter().peekable();
        while jobs.peek().is_some() {
            let mut coming: HashSet<WrittenPath> = HashSet::new();
            let mut places = Vec::new();
            let mut found = Vec::new();
            while let Some(job) = jobs.next_if(|job| {
                let folder = WrittenPath::target_folder(direction, &job.item);
                folder.is_none_or(|folder| !coming.contains(&folder))
            }) {
                let target = WrittenPath::target(direction, &job.item);
                let folder = WrittenPath::target_folder(direction, &job.item);
                if job.item.kind == Kind::Dir {
                    coming.insert(target.clone());
                }
                let source = WrittenPath::source(direction, &job.item);
                places.push((source, target, job.item.kind, job.policy, job.held, job.kept));
                found.push(Found {
                    item: job.item,
                    folder: folder.and_then(|folder| folders.get(&folder).copied()),
                });
            }
            let (numbers, effects) = self.queue.add(batch, direction, found);
            self.carry_out(effects);
            for ((source, target, kind, policy, held, kept), number) in places.into_iter().zip(numbers) {
                if kind == Kind::Dir {
                    folders.insert(target, number);
                }
                if let Some(policy) = policy {
                    self.queue.decide(number, policy);
                    self.journal.decided(number, policy);
                }
                // nobody else could let it go on
                if held && self.queue.is_attended() {
                    let effects = self.queue.hold(Extent::Job(number));
                    self.carry_out(effects);
                }
                if kept > 0 {
                    self.keep(number, kept);
                }
                known.insert(source, number);
            }
        }
        let holds = rest.held && self.queue.is_attended();
        if holds {
            self.queue.hold_what_comes(batch);
        }
        if holds || self.queue.is_paused() {
            self.journal.hold([batch], true);
        }
        self.journal.taken(batch);
        self.begin(batch, known);
        if let Some(begun) = self.batches.get(&batch) {
            for (folder, names) in going_there {
                begun.targets.capitals.note(&folder, &names);
            }
        }
        if rest.walked {
            let effects = self.queue.walked(batch, None);
            self.carry_out(effects);
        } else {
            self.walk(request);
        }
        let (synced, notes, end) = (self.journal.synced(), self.notes.clone(), self.end.clone());
        // the end of the run waits for this: its log may go then, and would not speak for it any more
        self.tasks.spawn(async move {
            if synced.await != Ok(true) {
                // it stays where it was left, for a later run; nobody else may have it while this one works on it
                drop(turn);
                end.cancelled().await;
                return drop(held);
            }
            let _turn = turn;
            let dropped = on_disk("", move || held.drop_batches(&[id.batch])).await;
            if let Err(failure) = dropped {
                let text = format!("What is left of {id} is offered once more: {}", failure.why);
                let _ = notes.send(Note::Noticed(text));
            }
        });
    }

    /// A walk has found things. What has a job already, or had one in an earlier run, needs none.
    pub(super) fn found(
        &mut self,
        batch: BatchId,
        direction: Direction,
        found: Vec<Found>,
    ) -> (Vec<JobId>, Vec<Effect>) {
        let known = self.batches.get(&batch).map(|batch| &batch.known);
        let Some(known) = known.filter(|known| !known.is_empty()) else {
            return self.queue.add(batch, direction, found);
        };
        let had: Vec<Option<JobId>> = found
            .iter()
            .map(|found| known.get(&WrittenPath::source(direction, &found.item)).copied())
            .collect();
        let new = found.into_iter().zip(&had).filter(|(_, had)| had.is_none());
        let (numbers, effects) = self
            .queue
            .add(batch, direction, new.map(|(found, _)| found).collect());
        let mut numbers = numbers.into_iter();
        // a batch that was cancelled gives no numbers
        let all = had.into_iter().map_while(|had| had.or_else(|| numbers.next()));
        (all.collect(), effects)
    }
}

/// Looks at the disk; why that failed is said behind `what`.
async fn on_disk<T: Send + 'static>(
    what: impl Into<String>,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let what = what.into();
    blocking(work)
        .await?
        .map_err(|error| Failure::new(Class::Local, what, system_says(&error)))
}
