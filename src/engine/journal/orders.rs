//! What the thread that writes a log is told, and how it waits for more of it.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{Thread, park_timeout};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::model::job::Direction;
use crate::model::server::Server;
use crate::plan::journal::Record;
use crate::plan::journal::written::WrittenItem;

/// How long records are gathered before they are written: small files end by the thousand a second, and
/// to wake the thread for each costs more than the record. Who is killed meanwhile has those files
/// looked at again.
const BREATH: Duration = Duration::from_millis(5);

/// How many records are written in one go: somebody may wait for a sync behind them.
const BURST: usize = 4_096;

/// What the thread is told, in this order.
#[derive(Debug)]
pub(super) enum Order {
    Write(Record),
    /// Tell when everything before this is on the disk, or cannot be: whether it is.
    Sync(oneshot::Sender<bool>),
    /// What is asked for takes the place of the same left by a run that is over.
    Supersede(Box<Server>, Direction, Vec<WrittenItem>),
    /// Nothing that is written is of use any more.
    Clear,
    /// The last one: tell when it is done.
    Close(oneshot::Sender<()>),
}

impl Order {
    /// Whether nobody waits for it.
    fn may_wait(&self) -> bool {
        matches!(self, Self::Write(_) | Self::Clear)
    }
}

/// Where orders are given.
#[derive(Debug)]
pub(super) struct Orders {
    sender: Sender<Order>,
    thread: Arc<OnceLock<Thread>>,
}

/// Where they arrive.
#[derive(Debug)]
pub(super) struct Ordered {
    receiver: Receiver<Order>,
    thread: Arc<OnceLock<Thread>>,
    /// [`BREATH`].
    breath: Duration,
}

/// Both ends.
pub(super) fn orders() -> (Orders, Ordered) {
    let (sender, receiver) = channel();
    let thread = Arc::default();
    let ordered = Ordered {
        receiver,
        thread: Arc::clone(&thread),
        breath: BREATH,
    };
    (Orders { sender, thread }, ordered)
}

impl Orders {
    /// A thread that is gone has said why, and nothing is told to it.
    pub(super) fn give(&self, order: Order) {
        let may_wait = order.may_wait();
        let _ = self.sender.send(order);
        // one that has not begun yet finds the order before it takes a breath
        if !may_wait && let Some(thread) = self.thread.get() {
            thread.unpark();
        }
    }
}

impl Ordered {
    /// The next orders, at least one; none when `until` has come first. Records are gathered for a breath, which
    /// ends when somebody waits.
    pub(super) fn next(&self, until: Option<Instant>) -> Result<Vec<Order>, RecvTimeoutError> {
        self.thread.get_or_init(std::thread::current);
        let first = match until {
            None => self.receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(at) => self
                .receiver
                .recv_timeout(at.saturating_duration_since(Instant::now())),
        }?;
        let mut next = vec![first];
        next.extend(self.receiver.try_iter().take(BURST - 1));
        if next.iter().all(Order::may_wait) {
            park_timeout(self.breath);
            next.extend(self.receiver.try_iter().take(BURST));
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_breath_ends_when_somebody_waits() {
        let (orders, mut ordered) = orders();
        // so long that nobody would see the end of it
        ordered.breath = Duration::from_secs(24 * 60 * 60);
        let writing = std::thread::spawn(move || {
            let mut written = 0;
            while let Ok(next) = ordered.next(None) {
                for order in next {
                    match order {
                        Order::Write(_) => written += 1,
                        Order::Sync(tell) => tell.send(true).unwrap(),
                        _ => panic!("nobody has said that"),
                    }
                }
            }
            written
        });
        for _ in 0..200 {
            let (tell, synced) = oneshot::channel();
            orders.give(Order::Write(Record::Closed));
            orders.give(Order::Write(Record::Closed));
            orders.give(Order::Sync(tell));
            assert!(synced.blocking_recv().unwrap());
        }
        drop(orders);
        assert_eq!(writing.join().unwrap(), 400);
    }

    #[test]
    fn nothing_comes_when_its_time_is_over_or_nobody_is_left() {
        let (orders, ordered) = orders();
        assert_eq!(
            ordered.next(Some(Instant::now())).unwrap_err(),
            RecvTimeoutError::Timeout
        );
        drop(orders);
        assert_eq!(ordered.next(None).unwrap_err(), RecvTimeoutError::Disconnected);
    }
}
