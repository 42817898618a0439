//! A lane: one session and the files it carries, one after the other without a pause.
//!
//! While a file's data flow the next job is taken and prepared, so that its transfer can begin in
//! the same write that ends this one. What is still to be said about earlier files ([`Tail`])
//! rides along.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::carried::{Asking, Carried, Fetched, Over, Ready, prepare};
use super::committing::Committing;
use super::download::{self, Flow};
use super::lease::Lease;
use super::meter::SpeedLimit;
use super::pool::{Pool, Purpose};
use super::run::Note;
use super::segment::leave;
use super::tail::{Tail, Verbs};
use super::task::{Stop, Task};
use super::upload::{self, Outgoing};
use crate::ftp::error::Error;
use crate::ftp::exchange::Begun;
use crate::ftp::transfer::{Ending, Transfer};
use crate::model::failure::Failure;
use crate::model::job::ConnectionId;

mod anew;
mod asking;
mod assembling;
mod ending;
#[cfg(test)]
mod tests;

/// How many jobs that need no transfer (skipped ones, mostly) are looked at before the end of the
/// last file is waited for.
const LOOKED_AT: u32 = 32;

/// How often the same file is begun again on a new session before it fails.
const BEGINNINGS: u32 = 3;

/// What a lane is given.
pub(super) struct Lane {
    pub(super) connection: ConnectionId,
    pub(super) pool: Arc<Pool>,
    pub(super) limit: Arc<SpeedLimit>,
    pub(super) notes: mpsc::UnboundedSender<Note>,
    pub(super) tasks: TaskTracker,
    /// The end of the program.
    pub(super) end: CancellationToken,
}

impl Drop for Lane {
    fn drop(&mut self) {
        let _ = self.notes.send(Note::LaneOver(self.connection));
    }
}

impl Lane {
    /// Carries files until no job waits.
    pub(super) async fn work(self) {
        let hands = Hands {
            tail: Tail::new(Committing::new(self.tasks.clone())),
            lane: &self,
            lease: None,
            again: Vec::new(),
            kept: VecDeque::new(),
        };
        hands.run().await;
    }

    /// Whether somebody waits for a session who will still use it.
    fn is_wanted(&self) -> bool {
        self.pool.is_wanted() && !self.end.is_cancelled()
    }

    /// Takes the next job and prepares it, asking the server nothing. None is taken where somebody
    /// waits for a session, but for those who have just waited themselves.
    async fn fetch(&self, obliging: bool) -> Fetched {
        for _ in 0..LOOKED_AT {
            if self.end.is_cancelled() || (obliging && self.is_wanted()) {
                break;
            }
            let (reply, mut task) = oneshot::channel();
            // where nobody hears it the reply is dropped
            let _ = self.notes.send(Note::Take(self.connection, reply));
            let taken = tokio::select! {
                biased;
                // nobody answers any more; what was given before that is not to be lost
                () = self.end.cancelled() => task.try_recv().ok(),
                task = &mut task => task.ok(),
            };
            let Some(task) = taken.flatten() else {
                break;
            };
            if self.end.is_cancelled() {
                task.end(Err(Stop::Cancelled));
                break;
            }
            match prepare(task).await {
                Ok(fetched) => return fetched,
                Err((task, stop)) => task.end(Err(stop)),
            }
        }
        Fetched::Nothing
    }
}

/// What a lane holds.
struct Hands<'l> {
    lane: &'l Lane,
    lease: Option<Lease>,
    tail: Tail,
    /// Jobs to be begun anew.
    again: Vec<Task>,
    /// What was fetched before they came back.
    kept: VecDeque<Fetched>,
}

impl Hands<'_> {
    async fn run(mut self) {
        let mut over = None;
        let mut fetched = self.lane.fetch(false).await;
        loop {
            let next = match fetched {
                Fetched::Ready(ready) => {
                    // what is unfinished does not wait for the end of a long file
                    if !ready.is_short() {
                        self.settle(over.take()).await;
                    }
                    match self.begin(over.take(), ready).await {
                        Some((file, transfer)) => {
                            let (ended, next) = self.carry(file, transfer).await;
                            over = ended;
                            Some(next)
                        }
                        None => None,
                    }
                }
                Fetched::Ask(asking) => {
                    self.settle(over.take()).await;
                    match asking {
                        Asking::Up(task, source) => self.ask(task, source).await,
                        Asking::Down(incoming) => self.ask_about(incoming).await,
                    }
                }
                Fetched::Folder(task) => {
                    self.settle(over.take()).await;
                    let made = self.make_folder(&task).await;
                    task.end(made);
                    None
                }
                Fetched::Nothing => {
                    self.settle(over.take()).await;
                    if self.lane.is_wanted() {
                        self.let_others_in().await;
                        Some(self.lane.fetch(false).await)
                    } else {
                        match self.next(None).await {
                            Fetched::Nothing if !self.lane.is_wanted() && self.tail.is_empty() => return,
                            next => Some(next),
                        }
                    }
                }
            };
            fetched = self.next(next).await;
        }
    }

    /// What comes next: jobs to be begun anew first.
    async fn next(&mut self, fetched: Option<Fetched>) -> Fetched {
        for (task, why) in std::mem::take(&mut self.tail.again) {
            self.push_whole(task, &why);
        }
        while let Some(task) = self.again.pop() {
            match prepare(task).await {
                Ok(again) => {
                    self.kept.extend(fetched);
                    return again;
                }
                Err((task, stop)) => self.tail.unbegun(task, stop),
            }
        }
        match fetched.or_else(|| self.kept.pop_front()) {
            Some(fetched) => fetched,
            None => self.lane.fetch(true).await,
        }
    }

    /// Gives the session back, and waits for one behind those who are waiting already. That none
    /// comes is told to the next job.
    async fn let_others_in(&mut self) {
        self.lease = None;
        self.lease = tokio::select! {
            leased = self.lane.pool.lease(Purpose::Lane) => leased.ok(),
            () = self.lane.end.cancelled() => None,
        };
    }

    /// A session to work with.
    async fn lease(&mut self, cancel: &CancellationToken) -> Result<&mut Lease, Stop> {
        let lease = self.take_lease(cancel).await?;
        Ok(self.lease.insert(lease))
    }

    /// The session taken out, to be put back when what was begun on it has been waited for: one on
    /// which it was not is of no use.
    async fn take_lease(&mut self, cancel: &CancellationToken) -> Result<Lease, Stop> {
        if let Some(lease) = self.lease.take().filter(|lease| !lease.is_lost()) {
            return Ok(lease);
        }
        let pool = &self.lane.pool;
        let leased = tokio::select! {
            // counted among those who wait: other lanes have jobs without end
            leased = pool.lease(Purpose::Work) => leased,
            () = cancel.cancelled() => return Err(Stop::Cancelled),
        };
        let mut lease = leased.map_err(|failure| no_session(pool, failure))?;
        self.tail.verbs = Verbs {
            time: lease.time_verb(),
            owner: lease.owner_verb(),
        };
        Ok(lease)
    }

    /// Whether the last transfer can be ended, and what is unfinished asked, in the write that begins
    /// another: not where the session is lost, nor where a path has to be judged anew or the server has
    /// to work for an answer.
    fn goes_on(&mut self) -> bool {
        let riders = self.tail.riders();
        self.tail.to_survey().is_none()
            && self.lease.as_ref().is_some_and(|lease| {
                let rides = |rider| lease.vouches_for_rider(rider) && !rider.is_slow();
                !lease.is_lost() && riders.iter().all(rides)
            })
    }

    /// Ends the last transfer and begins this one.
    async fn begin(&mut self, mut over: Option<Over>, ready: Ready) -> Option<(Carried, Transfer)> {
        let cancel = ready.task().cancel.clone();
        self.tail.room().await;
        if !self.goes_on() {
            self.settle(over.take()).await;
        }
        let (file, closed) = over.map_or((None, None), |over| (Some(over.file), Some(over.closed)));
        let mut lease = match self.take_lease(&cancel).await {
            Ok(lease) => lease,
            Err(stop) => {
                self.ended(file, None).await;
                // it may have begun before it was begun anew
                if ready.task().healed {
                    self.broken_off(ready, stop);
                } else {
                    ready.end(stop);
                }
                return None;
            }
        };
        // by what this lease says of the server: the answers are dealt out by the same
        let riders = self.tail.riders();
        let exchanged = tokio::select! {
            exchanged = lease.exchange(closed, &riders, Some(ready.request())) => exchanged,
            () = cancel.cancelled() => {
                self.tail.answered(Vec::new(), None);
                self.ended(file, None).await;
                self.broken_off(ready, Stop::Cancelled);
                return None;
            }
        };
        self.lease = Some(lease);
        self.tail.answered(exchanged.answers, exchanged.lost.as_ref());
        self.ended(file, exchanged.ended).await;
        let begun = match exchanged.begun {
            Some(Begun::Open(transfer)) => Ok(*transfer),
            Some(Begun::Failed(error)) if !error.is_loss() => Err(error),
            lost => match self.begin_alone(&ready, lost).await {
                Ok(begun) => begun,
                Err(stop) => {
                    self.broken_off(ready, stop);
                    return None;
                }
            },
        };
        match begun {
            Ok(transfer) => {
                self.lane.pool.tell_facts();
                let ways = self.lease.as_mut().map(Lease::digest_ways).unwrap_or_default();
                Some((Carried::new(ready, ways), transfer))
            }
            Err(error) => {
                self.refused(ready, error).await;
                None
            }
        }
    }

    /// Begins a transfer that could not begin in the write that ended the last one.
    async fn begin_alone(
        &mut self,
        ready: &Ready,
        lost: Option<Begun>,
    ) -> Result<Result<Transfer, Error>, Stop> {
        let cancel = &ready.task().cancel;
        let mut healed = ready.task().healed;
        let mut beginnings = 0;
        if let Some(Begun::Failed(error)) = lost {
            if error.is_unresumed() && std::mem::replace(&mut healed, true) {
                return Ok(Err(error));
            }
            self.lane.pool.forget_idle_of(&error);
        }
        loop {
            self.flush().await;
            let mut lease = self.take_lease(cancel).await?;
            let begun = tokio::select! {
                begun = lease.begin(ready.request()) => begun,
                () = cancel.cancelled() => return Err(Stop::Cancelled),
            };
            self.lease = Some(lease);
            beginnings += 1;
            match begun {
                Err(error) if error.is_unresumed() && std::mem::replace(&mut healed, true) => {
                    return Ok(Err(error));
                }
                Err(error) if error.is_loss() && beginnings < BEGINNINGS => {
                    self.lane.pool.forget_idle_of(&error);
                }
                begun => return Ok(begun),
            }
        }
    }

    /// A transfer was refused, or its data connection could not be made.
    async fn refused(&mut self, ready: Ready, error: Error) {
        if ready.request().continues() && error.refuses_to_continue() {
            return self.restart(ready, &error).await;
        }
        match ready {
            Ready::Down(incoming) => {
                let stop = match &mut self.lease {
                    Some(lease) => download::refused(&incoming.task, lease, error).await,
                    None => error.failure(download::what(&incoming.task)).into(),
                };
                incoming.task.end(Err(stop));
            }
            Ready::Up(outgoing) => {
                let Outgoing {
                    task, target, site, ..
                } = &outgoing;
                let stop = match error.refuses_name() {
                    true => upload::refused(task, target, site, &error),
                    false => error.failure(upload::what(target)).into(),
                };
                // nothing has been sent: refused by ourselves, or before anything was taken
                if matches!(error, Error::Guarded(_)) || (site.in_place && error.refuses_name()) {
                    outgoing.task.end(Err(stop));
                } else {
                    self.broken_off(Ready::Up(outgoing), stop);
                }
            }
        }
    }

    /// A transfer may have begun, and is given up.
    fn broken_off(&mut self, ready: Ready, stop: Stop) {
        match ready {
            // what it was to continue is there as before
            Ready::Up(outgoing) if outgoing.request.continues() && outgoing.task.goes_on_after(&stop) => {
                outgoing.task.end(Err(stop));
            }
            // servers make the file before they find that they cannot fill it
            Ready::Up(outgoing) => self
                .tail
                .break_off(outgoing.task, outgoing.part, &outgoing.site, stop),
            ready @ Ready::Down(_) => ready.end(stop),
        }
    }

    /// Moves all data of a file; the next job is fetched meanwhile.
    async fn carry(&mut self, mut file: Carried, mut transfer: Transfer) -> (Option<Over>, Fetched) {
        let lane = self.lane;
        let Some(mut lease) = self.lease.take() else {
            self.failed(file, Stop::Failed(super::ending())).await;
            return (None, Fetched::Nothing);
        };
        let cancel = file.task().cancel.clone();
        let short = file.is_short();
        let pumping = async {
            tokio::select! {
                pumped = file.pump(&mut lease, &mut transfer, lane) => pumped,
                () = cancel.cancelled() => Err(Stop::Cancelled),
            }
        };
        let (pumped, next) = if short {
            let (pumped, next) = tokio::join!(pumping, lane.fetch(true));
            (pumped, Some(next))
        } else {
            (pumping.await, None)
        };
        let stop = match (pumped, file) {
            (Ok(Flow::Met), Carried::Down(receiving)) => {
                // how soon the server notices does not hold up the file
                let end = lane.end.clone();
                lane.tasks
                    .spawn(async move { leave(&mut lease, transfer, &end).await });
                self.assemble(receiving).await;
                return (None, Fetched::Nothing);
            }
            (Ok(_), whole) => {
                file = whole;
                None
            }
            (Err(stop), broken) => {
                file = broken;
                Some(stop)
            }
        };
        if let Some(stop) = stop {
            // at the end of the program there is no time to keep the session in step
            if !lane.end.is_cancelled() {
                lease.give_up(transfer).await;
                self.lease = Some(lease);
            }
            self.failed(file, stop).await;
            return (None, next.unwrap_or(Fetched::Nothing));
        }
        let closing = async {
            tokio::select! {
                closed = lease.close(transfer) => Ok(closed),
                () = cancel.cancelled() => Err(Stop::Cancelled),
            }
        };
        let (closed, next) = match next {
            Some(next) => (closing.await, next),
            None => tokio::join!(closing, lane.fetch(true)),
        };
        let over = match closed {
            Ok(Ok(closed)) => {
                self.lease = Some(lease);
                Some(Over { file, closed })
            }
            Ok(Err(error @ Error::OutOfOrder)) => {
                let stop = Stop::on_wire(&error, file.what());
                self.failed(file, stop).await;
                None
            }
            Ok(Err(error)) => {
                self.ended(Some(file), Some(Err(error))).await;
                None
            }
            Err(stop) => {
                self.failed(file, stop).await;
                None
            }
        };
        (over, next)
    }

    /// A file's data are over, and the server has given its word or not.
    async fn ended(&mut self, file: Option<Carried>, ended: Option<Result<Ending, Error>>) {
        let Some(file) = file else {
            return;
        };
        let ending = match ended.unwrap_or(Err(Error::Poisoned)) {
            Ok(ending) => Ok(ending.closed_properly),
            Err(error) if error.is_loss() && !error.is_unresumed() => Err(error.failure(file.what())),
            Err(error) => {
                let stop = file.stop(&error);
                return self.failed(file, stop).await;
            }
        };
        match file {
            Carried::Down(receiving) if receiving.is_unproven() => {
                let stop = match ending {
                    Ok(_) => receiving.unproven(),
                    Err(lost) => lost.into(),
                };
                self.failed(Carried::Down(receiving), stop).await;
            }
            Carried::Down(receiving) => self.tail.received(*receiving, ending),
            Carried::Up(sending) => self.tail.sent(*sending, ending.err()),
        }
    }

    async fn failed(&mut self, file: Carried, stop: Stop) {
        if matches!(stop, Stop::Anew(_)) && !file.task().healed {
            // nothing is wrong with the job: it goes on, on a new session, once
            self.lane.pool.forget_idle();
            let mut task = match file {
                Carried::Down(receiving) => receiving.set_aside(&stop).await,
                Carried::Up(sending) => sending.set_aside(&stop),
            };
            task.healed = true;
            task.counter.begin_at(0);
            self.again.push(task);
            return;
        }
        match (file, stop) {
            (Carried::Down(receiving), Stop::FromStart(why)) if !receiving.task.whole => {
                let task = receiving.set_aside(&Stop::FromStart(why.clone())).await;
                self.push_whole(task, &why);
            }
            (Carried::Down(receiving), stop) => self.tail.abandon(*receiving, stop),
            (Carried::Up(sending), stop) if sending.keeps(&stop) => self.tail.keep(*sending, stop),
            (Carried::Up(sending), stop) => {
                self.tail
                    .break_off(sending.task, sending.part, &sending.site, stop);
            }
        }
    }
}

/// That no session can be made is a job's failure only while others have one.
fn no_session(pool: &Pool, failure: Failure) -> Stop {
    if pool.is_open() {
        Stop::Failed(failure)
    } else {
        Stop::NoSession(failure)
    }
}
