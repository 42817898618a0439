//! What runs that are over have left in their logs: found, held while it is taken up, dropped.
//! Everything here looks at the disk, and blocks.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::path::PathBuf;

use super::division;
use crate::local::journal::{Journal, read};
use crate::local::part::{look as look_at, parts_in};
use crate::local::runs::{Run, Runs};
use crate::local::{boot, leftovers};
use crate::model::job::{BatchId, Direction};
use crate::model::server::Server;
use crate::model::size::count;
use crate::model::text::{escape, shown_path};
use crate::model::unfinished::{RestId, Unfinished};
use crate::plan::journal::written::WrittenItem;
use crate::plan::journal::{Log, Record, Rest, is_same};

/// A run that is over, as long as nobody else may have what it has left.
#[derive(Debug)]
pub(super) struct Held {
    run: Run,
    log: Log,
}

/// What a look has found.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) unfinished: Vec<Unfinished>,
    /// What could not be read, in words.
    pub(super) damage: Vec<String>,
}

/// Looks through all runs that are over. Those that have left nothing are forgotten.
pub(super) fn look(runs: &Runs) -> io::Result<Seen> {
    let mut held = Vec::new();
    for run in runs.broken()? {
        held.extend(hold(runs, run)?);
    }
    let claims = Claims::of(&held);
    let mut seen = Seen::default();
    let mut found = Vec::new();
    for held in held {
        let run = held.run.number();
        if let Some(program) = held.log.newer() {
            seen.damage.push(format!(
                "Run {run:08x} of {} may have left something: only that version or a later one can tell, \
                 and go on with it",
                escape(program.as_bytes())
            ));
            continue;
        }
        let (rests, void): (Vec<_>, Vec<_>) =
            held.rests().into_iter().partition(|(id, _)| claims.is_left(*id));
        let lost = count(held.log.unreadable(), "line", "lines");
        if rests.is_empty() {
            if !held.log.is_damaged() {
                held.run.end()?;
                continue;
            }
            let aside = held.run.set_aside()?;
            seen.damage.push(format!(
                "Run {run:08x} may have left something: {lost} of its log told nothing, and the others tell of \
                 nothing that is left. The log is kept as {}",
                shown_path(&aside)
            ));
            continue;
        }
        if held.log.is_damaged() {
            seen.damage.push(format!(
                "What run {run:08x} has left can be read in part only: {lost} of its log told nothing"
            ));
        }
        // by run, and in it as its queue stood when it ended
        let began = rests.iter().map(|(_, rest)| rest.asked).min();
        found.extend(
            rests
                .into_iter()
                .map(|(id, rest)| ((began, run, rest.place), rest.short(id))),
        );
        if !void.is_empty() {
            // written down: what speaks for it now may be gone the next time
            let void: Vec<BatchId> = void.iter().map(|(id, _)| id.batch).collect();
            held.drop_batches(&void)?;
        }
    }
    found.sort_by_key(|(order, left)| (*order, left.asked.seconds, left.id));
    seen.unfinished = found.into_iter().map(|(_, left)| left).collect();
    Ok(seen)
}

/// Which rests are another's, where one run has taken up what another left and was broken off before that was
/// struck out there.
struct Claims {
    void: HashSet<RestId>,
}

impl Claims {
    fn of(held: &[Held]) -> Self {
        let there: HashSet<RestId> = held.iter().flat_map(Held::rests).map(|(id, _)| id).collect();
        let mut void = HashSet::new();
        for held in held {
            let run = held.run.number();
            for (from, batch, whole) in held.log.taken() {
                if whole {
                    void.insert(from);
                } else if there.contains(&from) {
                    // not all of it had been written down: it is still what it was
                    void.insert(RestId { run, batch });
                }
            }
        }
        Self { void }
    }

    fn is_left(&self, id: RestId) -> bool {
        !self.void.contains(&id)
    }
}

/// Takes hold of a run that is over; `None` where another instance has, or it is no more.
fn hold(runs: &Runs, run: u32) -> io::Result<Option<Held>> {
    let Some(run) = runs.take(run)? else {
        return Ok(None);
    };
    let mut log = Log::default();
    read(&run.file, |line| match line {
        Some(line) => log.line(line),
        None => log.lost(),
    })?;
    Ok(Some(Held { run, log }))
}

/// Takes hold of what is left of one batch. What its run has left on the disk and on servers can be
/// used from now on.
pub(super) fn hold_rest(runs: &Runs, id: RestId) -> io::Result<Option<(Held, Rest)>> {
    let Some(held) = hold(runs, id.run)? else {
        return Ok(None);
    };
    let rest = held.rests().into_iter().find(|(other, _)| *other == id);
    match rest {
        Some((_, mut rest)) if held.run.share()? => {
            held.remove_unwritten(runs, &rest);
            weigh(runs, id.run, &mut rest);
            Ok(Some((held, rest)))
        }
        _ => Ok(None),
    }
}

/// Looks how much is here of each download. What cannot be looked at is nothing: it is judged once more when
/// it is taken up.
fn weigh(runs: &Runs, run: u32, rest: &mut Rest) {
    if rest.direction != Direction::Download {
        return;
    }
    let folders: BTreeSet<_> = rest
        .jobs
        .iter()
        .filter_map(|job| job.item.local.parent())
        .collect();
    let mut lengths: HashMap<u32, (PathBuf, u64)> = HashMap::new();
    for (path, origin) in folders
        .into_iter()
        .filter_map(|folder| parts_in(folder).ok())
        .flatten()
    {
        if origin.installation == runs.installation()
            && origin.run == run
            && let Ok(Some((length, _))) = look_at(&path)
        {
            lengths.insert(origin.job, (path, length));
        }
    }
    for job in &mut rest.jobs {
        // as in its temporary names
        if let (Some((path, length)), Some(size)) = (lengths.get(&(job.id.0 as u32)), job.item.size) {
            let missing = division::missing(path, *length, size);
            let missing = match missing {
                Some(missing) => missing.iter().map(|range| range.to - range.from).sum(),
                None if *length <= size => size - length,
                None => size,
            };
            job.kept = size.saturating_sub(missing);
        }
    }
}

impl Held {
    fn rests(&self) -> Vec<(RestId, Rest)> {
        let run = self.run.number();
        let rests = self.log.rests(boot::id().as_deref()).into_iter();
        rests.map(|(batch, rest)| (RestId { run, batch }, rest)).collect()
    }

    /// Deletes what it had of a batch's downloads when the machine went down over it. How much of that the disk
    /// has nobody knows, and when its log is gone it would pass for what was kept in good order.
    fn remove_unwritten(&self, runs: &Runs, rest: &Rest) {
        if self.log.went_down(boot::id().as_deref()) {
            remove_parts(runs, self.run.number(), [rest]);
        }
    }

    /// These batches are left no more; with the last one goes the file.
    pub(super) fn drop_batches(self, batches: &[BatchId]) -> io::Result<()> {
        if self.log.newer().is_some() {
            // it is not even known what else is in it
            return Ok(());
        }
        let stay = self.rests().iter().any(|(id, _)| !batches.contains(&id.batch));
        if !stay {
            return self.run.end();
        }
        let mut lines = Vec::new();
        for batch in batches {
            Record::Dropped { batch: *batch }.write(&mut lines);
        }
        let mut journal = Journal::new(self.run.file)?;
        journal.append(&lines)?;
        journal.sync()
    }
}

/// Drops what is left of these, and deletes the temporary files of their jobs that are here; how
/// many that were.
pub(super) fn drop_rests(runs: &Runs, ids: &[RestId]) -> io::Result<u64> {
    let mut removed = 0;
    let of: BTreeSet<u32> = ids.iter().map(|id| id.run).collect();
    for run in of {
        let Some(held) = hold(runs, run)? else {
            let why = format!("what run {run:08x} has left is in use by another instance, or gone");
            return Err(io::Error::other(why));
        };
        if let Some(program) = held.log.newer() {
            let program = escape(program.as_bytes());
            let why = format!("run {run:08x} is of {program}: only that version or a later one can drop it");
            return Err(io::Error::other(why));
        }
        let rests = held.rests();
        let meant = || rests.iter().filter(|(id, _)| ids.contains(id));
        removed += remove_parts(runs, run, meant().map(|(_, rest)| rest));
        let batches: Vec<BatchId> = meant().map(|(id, _)| id.batch).collect();
        held.drop_batches(&batches)?;
    }
    Ok(removed)
}

/// Deletes the temporary files of a run that are here and belong to these rests; how many that were.
fn remove_parts<'r>(runs: &Runs, run: u32, rests: impl IntoIterator<Item = &'r Rest>) -> u64 {
    let downloads = rests
        .into_iter()
        .filter(|rest| rest.direction == Direction::Download);
    let jobs: Vec<_> = downloads.flat_map(|rest| &rest.jobs).collect();
    // as in its temporary names
    let numbers: HashSet<u32> = jobs.iter().map(|job| job.id.0 as u32).collect();
    let folders = jobs
        .iter()
        .filter_map(|job| Some(job.item.local.parent()?.to_path_buf()));
    leftovers::remove(&folders.collect(), |origin| {
        origin.installation == runs.installation() && origin.run == run && numbers.contains(&origin.job)
    })
}

/// What is asked for now takes the place of the same left by a run that is over.
pub(super) fn supersede(
    runs: &Runs,
    server: &Server,
    direction: Direction,
    items: &[WrittenItem],
) -> io::Result<()> {
    for run in runs.broken()? {
        let Some(held) = hold(runs, run)? else {
            continue;
        };
        let rests = held.rests().into_iter();
        let same: Vec<BatchId> = rests
            .filter(|(_, rest)| is_same(rest, server, direction, items))
            .inspect(|(_, rest)| held.remove_unwritten(runs, rest))
            .map(|(id, _)| id.batch)
            .collect();
        if !same.is_empty() {
            held.drop_batches(&same)?;
        }
    }
    Ok(())
}
