//! What to do when the target of a transfer exists.

use crate::model::failure::{Class, Failure};
use crate::model::job::{Direction, Job, Policy};
use crate::model::stamp::Stamp;
use crate::model::text::shown_path;

/// What is known of a file on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Known {
    /// Size in bytes.
    pub size: Option<u64>,
    /// Modification time.
    pub modified: Option<Stamp>,
}

/// What happens to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It is transferred; an existing target is replaced whole.
    Transfer,
    /// It is left out, for this reason.
    Skip(&'static str),
    /// It is transferred under a new name.
    Rename,
    /// It fails; nothing is touched.
    Fail,
    /// A person decides.
    Ask,
}

/// Why policy `resume` leaves a target: an earlier run has done it.
pub const COMPLETE: &str = "it is complete already";

/// Decides by the policy; `target` is `None` where nothing is in the way.
///
/// Where a time or size is not known, nothing speaks for leaving the file out: it is transferred.
pub fn decide(policy: Policy, source: &Known, target: Option<&Known>) -> Decision {
    let Some(target) = target else {
        return Decision::Transfer;
    };
    let same_size = source.size.is_some() && source.size == target.size;
    match policy {
        Policy::Overwrite => Decision::Transfer,
        Policy::Newer => match (source.modified, target.modified) {
            (Some(s), Some(t)) if s.agrees_with(&t) || s.seconds < t.seconds => {
                Decision::Skip("the target is as new or newer")
            }
            _ => Decision::Transfer,
        },
        Policy::Size if same_size => Decision::Skip("the sizes are equal"),
        Policy::Size => Decision::Transfer,
        // a shorter target may be another file altogether: only one that is known to be complete
        // is left, every other one is replaced from its first byte
        Policy::Resume => match (source.modified, target.modified) {
            (Some(s), Some(t)) if same_size && s.agrees_with(&t) => Decision::Skip(COMPLETE),
            _ => Decision::Transfer,
        },
        Policy::Rename => Decision::Rename,
        Policy::Skip => Decision::Skip("the target exists"),
        Policy::Fail => Decision::Fail,
        Policy::Ask => Decision::Ask,
    }
}

/// Nobody has said what to do with a target that exists: the file is not transferred, and may be another time.
pub fn undecided(job: &Job) -> Failure {
    let (target, deed) = match job.direction {
        Direction::Download => (shown_path(&job.item.local), "downloaded"),
        Direction::Upload => (job.item.remote.shown(), "uploaded"),
    };
    let what = format!("{target} is not {deed}");
    let why = "the target exists, and the question what to do was left unanswered";
    Failure::new(Class::Conflict, what, why)
        .hint("Answer it on a terminal (i skips the file), or say it beforehand with --on-conflict")
        .transient()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stamp::Precision;

    fn known(size: u64, seconds: i64) -> Known {
        Known {
            size: Some(size),
            modified: Some(Stamp::exact(seconds)),
        }
    }

    #[test]
    fn nothing_in_the_way_is_transferred_whatever_the_policy() {
        for policy in Policy::ALL {
            assert_eq!(decide(policy, &known(1, 1), None), Decision::Transfer);
        }
    }

    #[test]
    fn policies() {
        let (old, new) = (known(5, 1000), known(5, 2000));
        let other = known(6, 1000);
        let unknown = Known::default();
        use Decision::{Ask, Fail, Rename, Transfer};
        let skips = |policy, source: &Known, target: &Known| {
            matches!(decide(policy, source, Some(target)), Decision::Skip(_))
        };
        assert_eq!(decide(Policy::Newer, &new, Some(&old)), Transfer);
        assert!(skips(Policy::Newer, &old, &new) && skips(Policy::Newer, &old, &other));
        assert_eq!(decide(Policy::Newer, &unknown, Some(&old)), Transfer);
        assert!(skips(Policy::Size, &old, &new));
        assert_eq!(decide(Policy::Size, &old, Some(&other)), Transfer);
        assert_eq!(
            decide(Policy::Size, &unknown, Some(&unknown)),
            Transfer,
            "unknown sizes are not equal"
        );
        assert!(skips(Policy::Resume, &old, &old));
        assert_eq!(
            decide(Policy::Resume, &old, Some(&new)),
            Transfer,
            "same size, another time"
        );
        assert_eq!(decide(Policy::Ask, &old, Some(&new)), Ask);
        assert_eq!(decide(Policy::Rename, &old, Some(&new)), Rename);
        assert_eq!(decide(Policy::Fail, &old, Some(&new)), Fail);
        let minute = Known {
            size: Some(5),
            modified: Some(Stamp {
                seconds: 960,
                precision: Precision::Minute,
            }),
        };
        assert!(
            skips(Policy::Newer, &known(5, 1010), &minute),
            "the same minute is not newer"
        );
    }
}
