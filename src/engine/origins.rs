//! Whose temporary files are whose: this run's, those of other runs that live, and what runs that
//! are over have left.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::kept::Kept;
use crate::local::runs::{Fate, Run, Runs};
use crate::model::job::JobId;
use crate::model::part_name::Origin;
use crate::model::path::RemotePath;
use crate::model::text::system_says;
use crate::plan::journal::{Record, VERSION};

/// This run among the runs of the installation.
#[derive(Debug)]
pub(super) struct Origins {
    /// Of every name that this run makes.
    origin: Origin,
    /// `None` where there is no folder for them: then nobody else's file can be told from a
    /// stranger's.
    shared: Mutex<Option<(Arc<Runs>, Run)>>,
    /// Why that is so, where there should be one.
    refusal: Option<String>,
    /// What this run has left half-done.
    pub(super) kept: Kept,
    /// Old files that this run has moved aside and knows nothing more of.
    aside: Mutex<HashSet<RemotePath>>,
}

impl Origins {
    /// Begins a run. Where its folder cannot be used it is a run without others, and why is said.
    pub(super) fn begin(folder: Option<&Path>) -> (Self, Option<String>) {
        let begun = folder.map(|folder| {
            let runs = Runs::open(folder)?;
            let run = runs.begin()?;
            Ok::<_, std::io::Error>((Arc::new(runs), run))
        });
        let (shared, error) = match begun.transpose() {
            Ok(shared) => (shared, None),
            Err(error) => (None, Some(error)),
        };
        let (installation, run) = match &shared {
            Some((runs, run)) => (runs.installation(), run.number()),
            // random by the hasher's keys: there is no other source of randomness needed here
            None => {
                let random = RandomState::new().hash_one(std::process::id());
                ((random >> 32) as u32, random as u32)
            }
        };
        let origin = Origin {
            installation,
            run,
            ..Origin::default()
        };
        let refusal = error
            .zip(folder)
            .map(|(error, folder)| format!("{} cannot be used: {}", folder.display(), system_says(&error)));
        let notice = refusal
            .as_ref()
            .map(|refusal| format!("Nothing of the queue outlasts this run: {refusal}"));
        let origins = Self {
            origin,
            shared: Mutex::new(shared),
            refusal,
            kept: Kept::default(),
            aside: Mutex::default(),
        };
        (origins, notice)
    }

    /// The origin of a job's files; its source is filled in when it is known.
    pub(super) fn of(&self, job: JobId) -> Origin {
        Origin {
            // a run with more jobs than that has ended the first ones long ago
            job: job.0 as u32,
            ..self.origin
        }
    }

    /// Whether a run of this installation that is over made this file: nobody works on it. Looks at
    /// the disk.
    pub(super) fn is_left_over(&self, origin: &Origin) -> bool {
        matches!(self.fate(origin), Some(Fate::Over | Fate::Broken))
    }

    /// Notes that this old file was moved aside, and may be there still: nobody works on it any more.
    pub(super) fn left_aside(&self, aside: RemotePath) {
        self.aside().insert(aside);
    }

    /// Whether this run has left an old file aside under this name.
    pub(super) fn has_left_aside(&self, aside: &RemotePath) -> bool {
        self.aside().contains(aside)
    }

    /// Whether this old file was left aside, by this run or by one that is over. May look at the disk.
    pub(super) fn is_left_aside(&self, aside: &RemotePath, origin: &Origin) -> bool {
        self.has_left_aside(aside) || self.is_left_over(origin)
    }

    fn aside(&self) -> MutexGuard<'_, HashSet<RemotePath>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has become of the other run of this installation that made this file; `None` where it was
    /// this one, or a stranger's. What a newer version has left counts as alive: only that one knows what is
    /// to become of it. Looks at the disk.
    pub(super) fn fate(&self, origin: &Origin) -> Option<Fate> {
        let runs = Arc::clone(&self.held().as_ref()?.0);
        let others = origin.installation == self.origin.installation && origin.run != self.origin.run;
        let fate = others.then(|| runs.fate(origin.run).ok()).flatten()?;
        let is_newer = || {
            let first = runs.first_line(origin.run).ok();
            let first = first.and_then(|line| Record::read(&line));
            matches!(first, Some(Record::Run { version, .. }) if version > VERSION)
        };
        match fate {
            Fate::Broken if is_newer() => Some(Fate::Alive),
            fate => Some(fate),
        }
    }

    /// All runs, and the file in which this one writes down what is to outlast it.
    pub(super) fn shared(&self) -> Option<(Arc<Runs>, std::io::Result<File>)> {
        let held = self.held();
        let (runs, run) = held.as_ref()?;
        Some((Arc::clone(runs), run.file.try_clone()))
    }

    /// Why other runs cannot be looked at, where there may be some.
    pub(super) fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    fn held(&self) -> MutexGuard<'_, Option<(Arc<Runs>, Run)>> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the run, whoever may still hold this: its file is let go of, and removed where it has
    /// nothing left in it. What is told after this is lost.
    pub(super) fn end(&self, has_left: bool) {
        if let Some((_, run)) = self.held().take().filter(|_| !has_left)
            && let Err(error) = run.end()
        {
            tracing::warn!("the file of this run could not be removed: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_runs_that_are_over_have_made_is_left_over() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, none) = Origins::begin(Some(folder.path()));
        let (living, _) = Origins::begin(Some(folder.path()));
        assert_eq!(none, None);
        let file = living.of(JobId(3));
        assert!(!ours.is_left_over(&file), "its run lives");
        assert!(!ours.is_left_over(&ours.of(JobId(1))));
        living.end(false);
        assert!(ours.is_left_over(&file));
        let stranger = Origin {
            installation: !file.installation,
            ..file
        };
        assert!(!ours.is_left_over(&stranger));
    }

    #[test]
    fn a_run_without_a_folder_knows_nobody() {
        let folder = tempfile::NamedTempFile::new().unwrap();
        let (alone, why) = Origins::begin(Some(folder.path()));
        assert!(why.unwrap().contains("cannot be used"));
        let other = Origins::begin(None).0.of(JobId(1));
        assert!(!alone.is_left_over(&other) && !alone.is_left_over(&alone.of(JobId(1))));
    }
}
