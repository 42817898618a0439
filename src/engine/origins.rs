//! Whose temporary files are whose: this run's, those of other runs that live, and what runs that
//! are over have left.

use std::fs::File;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::sync::Arc;

use crate::local::runs::{Fate, Run, Runs};
use crate::model::job::JobId;
use crate::model::part_name::Origin;

/// This run among the runs of the installation.
#[derive(Debug)]
pub(super) struct Origins {
    /// Of every name that this run makes.
    origin: Origin,
    /// `None` where there is no folder for them: then nobody else's file can be told from a
    /// stranger's.
    shared: Option<(Arc<Runs>, Run)>,
}

/// Knows what runs have left that are over.
#[derive(Debug, Clone, Default)]
pub(super) struct Leftovers {
    /// This run's; `None` where nobody else's files are known.
    ours: Option<(Origin, Arc<Runs>)>,
}

impl Leftovers {
    /// Whether a run of this installation that is over made this file: nobody works on it. Looks at
    /// the disk.
    pub(super) fn are_of(&self, origin: &Origin) -> bool {
        self.ours.as_ref().is_some_and(|(ours, runs)| {
            origin.installation == ours.installation
                && origin.run != ours.run
                && runs
                    .fate(origin.run)
                    .is_ok_and(|fate| matches!(fate, Fate::Over | Fate::Broken))
        })
    }
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
        let notice = error.zip(folder).map(|(error, folder)| {
            format!(
                "Nothing of the queue outlasts this run: {} cannot be used: {error}",
                folder.display()
            )
        });
        (Self { origin, shared }, notice)
    }

    /// The origin of a job's files; its source is filled in when it is known.
    pub(super) fn of(&self, job: JobId) -> Origin {
        Origin {
            // a run with more jobs than that has ended the first ones long ago
            job: job.0 as u32,
            ..self.origin
        }
    }

    /// What knows the files of runs that are over.
    pub(super) fn leftovers(&self) -> Leftovers {
        let shared = self.shared.as_ref();
        Leftovers {
            ours: shared.map(|(runs, _)| (self.origin, Arc::clone(runs))),
        }
    }

    /// All runs, and the file in which this one writes down what is to outlast it.
    pub(super) fn shared(&self) -> Option<(Arc<Runs>, std::io::Result<File>)> {
        let (runs, run) = self.shared.as_ref()?;
        Some((Arc::clone(runs), run.file.try_clone()))
    }

    /// Ends the run with nothing left of it. What is told after this is lost.
    pub(super) fn end(self) {
        if let Some((_, run)) = self.shared
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
        assert!(!ours.leftovers().are_of(&file), "its run lives");
        assert!(!ours.leftovers().are_of(&ours.of(JobId(1))));
        living.end();
        assert!(ours.leftovers().are_of(&file));
        let stranger = Origin {
            installation: !file.installation,
            ..file
        };
        assert!(!ours.leftovers().are_of(&stranger));
    }

    #[test]
    fn a_run_without_a_folder_knows_nobody() {
        let folder = tempfile::NamedTempFile::new().unwrap();
        let (alone, why) = Origins::begin(Some(folder.path()));
        assert!(why.unwrap().contains("cannot be used"));
        let other = Origins::begin(None).0.of(JobId(1));
        assert!(!alone.leftovers().are_of(&other) && !alone.leftovers().are_of(&alone.of(JobId(1))));
    }
}
