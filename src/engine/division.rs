//! A download that is divided: what all who read a part of it share.
//!
//! The lane that carries the file reads on from where it is. Helpers write what they bring into
//! the same part file, farther behind. As long as there are holes, what is missing stands in a map behind
//! the file's end: whoever finds the part sees by its length that it is no plain one.

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::blocking;
use super::meter::Counter;
use crate::local::part::{open_to_write, read_between};
use crate::model::path::RemotePath;
use crate::plan::division::{self as plan, LONGEST_MAP, OVERLAP, Range, Reader, map, read_map};
use crate::plan::resume::Identity;

/// How often the map is written.
const MAPPED: Duration = Duration::from_secs(1);

/// A download that several read.
pub(super) struct Division {
    plan: Mutex<plan::Division>,
    pub(super) part: PathBuf,
    pub(super) path: RemotePath,
    /// What the source is: before the first segment, and when all is there.
    pub(super) identity: Identity,
    pub(super) counter: Counter,
    /// Nobody is to read any more.
    pub(super) stop: CancellationToken,
    /// The end of the program.
    pub(super) over: CancellationToken,
    /// Those who may still write.
    writing: TaskTracker,
    changed: Notify,
    /// Beginnings of segments, as the one who came from the left has read them.
    seen: Mutex<Vec<(u64, Vec<u8>)>>,
    /// When the map was written last.
    mapped: Mutex<Instant>,
    helped: AtomicBool,
    alone: AtomicBool,
    /// Who helps is to leave.
    unwanted: AtomicBool,
    wrong: AtomicBool,
}

/// A range in the hands of one reader; what of it has not come is given back when this is dropped.
pub(super) struct Segment {
    division: Arc<Division>,
    reader: Reader,
    pub(super) from: u64,
}

/// What there is to do for one more reader.
pub(super) enum Share {
    Segment(Segment),
    /// Others read what is left.
    Wait,
    /// All is there.
    Whole,
}

impl Division {
    /// Begins to divide the part of a file that is being received; the map stands behind it when this
    /// ends, before anybody writes farther behind. It blocks.
    pub(super) fn begin(
        plan: plan::Division,
        part: PathBuf,
        path: RemotePath,
        identity: Identity,
        counter: Counter,
        (stop, over): (CancellationToken, CancellationToken),
    ) -> io::Result<Arc<Self>> {
        let division = Self {
            plan: Mutex::new(plan),
            part,
            path,
            identity,
            counter,
            stop,
            over,
            writing: TaskTracker::new(),
            changed: Notify::new(),
            seen: Mutex::default(),
            mapped: Mutex::new(Instant::now()),
            helped: AtomicBool::new(false),
            alone: AtomicBool::new(false),
            unwanted: AtomicBool::new(false),
            wrong: AtomicBool::new(false),
        };
        division.save()?;
        Ok(Arc::new(division))
    }

    fn plan(&self) -> MutexGuard<'_, plan::Division> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn size(&self) -> u64 {
        self.plan().size()
    }

    /// A segment for one more reader.
    pub(super) fn share(self: &Arc<Self>) -> Share {
        let mut plan = self.plan();
        if plan.is_whole() {
            return Share::Whole;
        }
        let Some((reader, range)) = plan.take() else {
            return Share::Wait;
        };
        Share::Segment(Segment {
            division: Arc::clone(self),
            reader,
            from: range.from,
        })
    }

    /// Held by who may still write.
    pub(super) fn writes(&self) -> TaskTrackerToken {
        self.writing.token()
    }

    /// Waits until somebody leaves.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// How many bytes before `at` are here, to be compared with what comes again.
    pub(super) fn known_before(&self, at: u64) -> u64 {
        self.plan().known_before(at)
    }

    /// Whether anything has come that was not read in one go.
    pub(super) fn is_helped(&self) -> bool {
        self.helped.load(Ordering::Relaxed)
    }

    pub(super) fn helped(&self) {
        self.helped.store(true, Ordering::Relaxed);
    }

    /// Whether one more could help.
    pub(super) fn wants_help(&self) -> bool {
        !self.alone.load(Ordering::Relaxed) && self.plan().has_share()
    }

    /// Somebody could not help: nobody else is asked for it.
    pub(super) fn helps_no_more(&self) {
        self.alone.store(true, Ordering::Relaxed);
    }

    /// Help does not help: those who do leave, and nobody else comes.
    pub(super) fn dismiss(&self) {
        self.helps_no_more();
        self.unwanted.store(true, Ordering::Relaxed);
    }

    /// Whether who helps is to leave.
    pub(super) fn is_unwanted(&self) -> bool {
        self.unwanted.load(Ordering::Relaxed)
    }

    /// What came does not fit what is here.
    pub(super) fn is_wrong(&self) -> bool {
        self.wrong.load(Ordering::Relaxed)
    }

    pub(super) fn went_wrong(&self) {
        self.wrong.store(true, Ordering::Relaxed);
        self.changed.notify_one();
    }

    /// What the file has from `at` on, as one has read it who came from the left.
    fn saw(&self, at: u64, bytes: Vec<u8>) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push((at, bytes));
    }

    /// Compares what was seen of the beginnings of segments with what is there; keeps what is not
    /// there yet. Whether all fits. It blocks.
    pub(super) fn fits(&self) -> io::Result<bool> {
        let seen = std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner));
        for (at, bytes) in seen {
            let to = at + bytes.len() as u64;
            if !self.plan().knows(Range { from: at, to }) {
                self.saw(at, bytes);
            } else if read_between(&self.part, at, to)? != bytes {
                self.went_wrong();
            }
        }
        Ok(!self.is_wrong())
    }

    /// Whether the map was not written for a while.
    pub(super) fn is_to_be_saved(&self) -> bool {
        // who writes it just now does it for all
        self.mapped
            .try_lock()
            .is_ok_and(|mapped| mapped.elapsed() >= MAPPED)
    }

    /// Writes the map: what it tells of is in the file. A file without holes needs none. It blocks.
    pub(super) fn save(&self) -> io::Result<()> {
        let mut mapped = self.mapped.lock().unwrap_or_else(PoisonError::into_inner);
        let (size, missing) = {
            let plan = self.plan();
            (plan.size(), plan.missing())
        };
        match missing.is_empty() {
            true => open_at(&self.part, 0)?.set_len(size)?,
            false => open_at(&self.part, size)?.write_all(&map(size, &missing))?,
        }
        *mapped = Instant::now();
        Ok(())
    }

    /// Waits until nobody writes any more.
    pub(super) async fn end(&self) {
        self.stop.cancel();
        self.writing.close();
        self.writing.wait().await;
    }
}

impl Segment {
    pub(super) fn division(&self) -> &Arc<Division> {
        &self.division
    }

    /// Where to stop, by now.
    pub(super) fn end(&self) -> u64 {
        self.division.plan().end(self.reader).unwrap_or(self.from)
    }

    /// All before `to` is in the file. That the last byte before another segment is, counts when that
    /// one's beginning has been seen, too: who fails before leaves something to be read again.
    pub(super) fn arrived(&self, to: u64) {
        let mut plan = self.division.plan();
        let end = plan.end(self.reader).unwrap_or(to);
        let last = end.saturating_sub(u64::from(end < plan.size()));
        plan.arrived(self.reader, to.min(last));
    }

    /// All of it is in the file, and the next segment begins so.
    pub(super) fn saw_next(&self, beginning: Vec<u8>) {
        let end = self.end();
        self.division.saw(end, beginning);
        self.division.plan().arrived(self.reader, end);
    }
}

impl Drop for Segment {
    fn drop(&mut self) {
        self.division.plan().leave(self.reader);
        // also for one who comes to wait only now
        self.division.changed.notify_one();
    }
}

/// A part, to be written from `at` on by one of several. It blocks.
pub(super) fn open_at(part: &Path, at: u64) -> io::Result<File> {
    let mut file = open_to_write(part)?;
    file.seek(SeekFrom::Start(at))?;
    Ok(file)
}

/// What is missing of a part that is `length` long, of a source of this size, by the map behind its end;
/// `None` where there is none that can be believed. It blocks.
pub(super) fn missing(part: &Path, length: u64, size: u64) -> Option<Vec<Range>> {
    let to = length.min(size.checked_add(LONGEST_MAP)?);
    let bytes = (size < to).then(|| read_between(part, size, to).ok())?;
    read_map(size, &bytes?)
}

/// What is here before `at`, as far as it is to come again.
pub(super) async fn overlap(part: &Path, at: u64, known: u64) -> io::Result<Vec<u8>> {
    let part = part.to_path_buf();
    let read = move || read_between(&part, at - known.min(OVERLAP), at);
    blocking(read)
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
}
