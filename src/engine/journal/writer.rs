//! The thread that writes a log.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use super::orders::{Order, Ordered};
use crate::engine::left;
use crate::engine::listener::Listener;
use crate::local::boot;
use crate::local::journal as file;
use crate::local::runs::Runs;
use crate::model::event::Event;
use crate::model::text::system_says;
use crate::plan::journal::{Record, VERSION};

/// The longest time between two syncs while something is written.
const SYNC: Duration = Duration::from_secs(1);

/// How long a log of nothing but jobs that are over stays: what was downloaded last may not be on the
/// disk yet.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// The thread that writes.
pub(super) struct Writer {
    /// `None` once it could not be written.
    pub(super) log: Option<file::Journal>,
    pub(super) runs: Arc<Runs>,
    pub(super) listener: Listener,
    /// Since when there is something that the disk does not have.
    pub(super) unsynced: Option<Instant>,
    /// When it was last written down that the disk has it all.
    pub(super) beat: Option<Instant>,
    /// [`GRACE`].
    pub(super) grace: Duration,
    /// When the log is emptied, if nothing comes meanwhile.
    pub(super) clear_at: Option<Instant>,
}

impl Writer {
    /// Writes until nobody can tell it anything any more.
    pub(super) fn run(mut self, orders: &Ordered) {
        loop {
            let sync_at = self.unsynced.map(|since| since + SYNC);
            match orders.next(sync_at.into_iter().chain(self.clear_at).min()) {
                Ok(next) => self.carry_out(next),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.sync(),
            }
            if self.unsynced.is_some_and(|since| since.elapsed() >= SYNC) {
                self.sync();
            }
            self.clear_if_due();
        }
    }

    fn carry_out(&mut self, orders: Vec<Order>) {
        let mut lines = Vec::new();
        for order in orders {
            match order {
                Order::Write(record) => {
                    self.clear_at = None;
                    record.write(&mut lines);
                }
                Order::Sync(tell) => {
                    self.append(&mut lines);
                    self.sync();
                    self.clear_if_due();
                    let _ = tell.send(self.log.is_some());
                }
                Order::Supersede(server, direction, items) => {
                    self.append(&mut lines);
                    self.sync();
                    if self.log.is_some()
                        && let Err(error) = left::supersede(&self.runs, &server, direction, &items)
                    {
                        tracing::warn!("what earlier runs have left could not be looked through: {error}");
                    }
                }
                Order::Close(tell) => {
                    Record::Closed.write(&mut lines);
                    self.append(&mut lines);
                    self.sync();
                    self.log = None;
                    let _ = tell.send(());
                }
                Order::Clear => self.clear_at = Some(Instant::now() + self.grace),
            }
        }
        self.append(&mut lines);
    }

    fn append(&mut self, lines: &mut Vec<u8>) {
        if lines.is_empty() {
            return;
        }
        self.work(|log| {
            if log.is_empty() {
                let mut first = Vec::new();
                let run = Record::Run {
                    version: VERSION,
                    boot: boot::id(),
                    program: concat!("ftpane ", env!("CARGO_PKG_VERSION")).into(),
                };
                run.write(&mut first);
                log.append(&first)?;
            }
            log.append(lines)
        });
        lines.clear();
        self.unsynced.get_or_insert_with(Instant::now);
    }

    fn sync(&mut self) {
        if self.unsynced.take().is_none() {
            return;
        }
        self.work(|log| match log.is_there()? {
            true => log.sync(),
            false => Err(io::Error::other("somebody has removed it")),
        });
        // these are counted as seconds by who reads them: several syncs in one are one
        if self.beat.is_none_or(|beat| beat.elapsed() >= SYNC) {
            self.beat = Some(Instant::now());
            let mut line = Vec::new();
            Record::Synced.write(&mut line);
            self.work(|log| log.append(&line));
        }
    }

    fn clear_if_due(&mut self) {
        if self.clear_at.take_if(|at| *at <= Instant::now()).is_some() {
            self.work(file::Journal::clear);
            self.unsynced = None;
        }
    }

    fn work(&mut self, work: impl FnOnce(&mut file::Journal) -> io::Result<()>) {
        if let Some(log) = &mut self.log
            && let Err(error) = work(log)
        {
            self.give_up(&error);
        }
    }

    /// Goes on without a log, and says why.
    pub(super) fn give_up(&mut self, error: &io::Error) {
        self.log = None;
        self.listener.tell(Event::Unkept(format!(
            "The queue goes on, but nothing new in it outlasts this run: its log cannot be written: {}",
            system_says(error)
        )));
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::super::orders::{Orders, orders};
    use super::*;

    struct Running {
        orders: Orders,
        told: UnboundedReceiver<Event>,
        thread: JoinHandle<()>,
    }

    fn run(file: std::fs::File, folder: &std::path::Path, grace: Duration) -> Running {
        let (tell, told) = unbounded_channel();
        let writer = Writer {
            log: Some(file::Journal::new(file).unwrap()),
            runs: Arc::new(Runs::open(folder).unwrap()),
            listener: Listener::new(tell),
            unsynced: None,
            beat: None,
            grace,
            clear_at: None,
        };
        let (orders, ordered) = orders();
        let thread = tokio::task::spawn_blocking(move || writer.run(&ordered));
        Running { orders, told, thread }
    }

    async fn synced(orders: &Orders) -> bool {
        let (tell, synced) = oneshot::channel();
        orders.give(Order::Sync(tell));
        synced.await.unwrap()
    }

    /// A disk that refuses everything.
    #[tokio::test]
    async fn a_log_that_cannot_be_written_is_said_once_and_holds_nobody_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        std::fs::write(&path, "").unwrap();
        let for_reading = std::fs::File::open(&path).unwrap();
        let mut running = run(for_reading, folder.path(), GRACE);
        for _ in 0..2 {
            running.orders.give(Order::Write(Record::Closed));
            assert!(
                !synced(&running.orders).await,
                "nobody is told that the disk has it"
            );
        }
        drop(running.orders);
        running.thread.await.unwrap();
        let Some(Event::Unkept(text)) = running.told.recv().await else {
            panic!("nothing is said")
        };
        assert!(text.contains("The queue goes on"), "{text}");
        assert_eq!(running.told.recv().await, None, "once");
    }

    #[tokio::test]
    async fn a_log_that_nobody_needs_is_emptied_when_its_time_has_come() {
        let folder = tempfile::tempdir().unwrap();
        for (grace, stays) in [(Duration::ZERO, false), (Duration::from_secs(3600), true)] {
            let log = tempfile::NamedTempFile::new().unwrap();
            let file = log.as_file();
            let running = run(file.try_clone().unwrap(), folder.path(), grace);
            running.orders.give(Order::Write(Record::Closed));
            assert!(synced(&running.orders).await);
            assert!(file.metadata().unwrap().len() > 0);
            running.orders.give(Order::Clear);
            synced(&running.orders).await;
            assert_eq!(file.metadata().unwrap().len() > 0, stays);
            // what comes after it is kept, with its heading
            running.orders.give(Order::Write(Record::Closed));
            synced(&running.orders).await;
            let mut lines = 0;
            file::read(file, |_| lines += 1).unwrap();
            assert!(lines >= 2, "{lines}");
            drop(running.orders);
            running.thread.await.unwrap();
        }
    }
}
