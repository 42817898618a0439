//! What became of a file on a server while it was read.

use super::conflict::Known;
use crate::model::clock::ClockOffset;
use crate::model::stamp::{Precision, Stamp};

/// What the server tells of it in the end, against what it was before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meanwhile {
    /// Nothing, as far as the server tells.
    Same,
    /// It is longer and newer, as a log is that is written to: what has come is what it held by then.
    Grown,
    /// It is newer and no longer: what has come may be half the one and half the other.
    Rewritten,
}

impl Meanwhile {
    /// What became of it between `before` and `now`. `asked`: both times are answers to the same question. One that
    /// a listing gave may be of another clock: a difference that time zones have is none.
    pub fn between(before: &Known, now: &Known, asked: bool) -> Self {
        let (Some(was), Some(is)) = (before.modified, now.modified) else {
            return Self::Same;
        };
        let is_same = match asked {
            true => was == is,
            false => ClockOffset::between(was, is).is_some(),
        };
        match before.size.zip(now.size) {
            _ if is_same => Self::Same,
            Some((was, is)) if is > was => Self::Grown,
            _ => Self::Rewritten,
        }
    }
}

/// Whether a file was written to after it was `listed`, by the time that it has `now`. Of a listing that gives the day
/// the time zone is not known: two days show it.
pub fn is_newer(listed: Stamp, now: Stamp) -> bool {
    let unit = match listed.precision.max(now.precision) {
        Precision::Second => 1,
        Precision::Minute => 60,
        Precision::Day => 2 * 86_400,
    };
    now.seconds >= listed.seconds.saturating_add(unit) && ClockOffset::between(listed, now).is_none()
}

/// Files grow by this much, and by what they were, while they are read.
const GROWTH: u64 = 64 * 1024 * 1024;

/// How much may come of a file that was said to be so long before it is asked whether it has grown: some servers never
/// come to an end.
pub fn may_have_become(size: u64) -> u64 {
    size.saturating_mul(2).saturating_add(GROWTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_time_that_is_later_in_every_zone_is_newer() {
        let listed = |precision| Stamp {
            seconds: 1_000_020,
            precision,
        };
        for (precision, later, newer) in [
            (Precision::Second, 1, true),
            (Precision::Second, 0, false),
            (Precision::Second, -100, false),
            (Precision::Second, 5 * 3600, false),
            (Precision::Minute, 59, false),
            (Precision::Minute, 61, true),
            (Precision::Day, 86_000, false),
            (Precision::Day, 3 * 86_400, true),
        ] {
            let now = Stamp::exact(1_000_020 + later);
            assert_eq!(is_newer(listed(precision), now), newer, "{precision:?} {later}");
        }
    }

    #[test]
    fn a_file_may_double_and_grow_by_a_log() {
        assert_eq!(may_have_become(0), GROWTH);
        assert_eq!(may_have_become(1 << 30), (2 << 30) + GROWTH);
        assert_eq!(may_have_become(u64::MAX), u64::MAX);
    }

    #[test]
    fn what_became_of_it() {
        use Meanwhile::{Grown, Rewritten, Same};
        let known = |size, seconds: Option<i64>| Known {
            size,
            modified: seconds.map(Stamp::exact),
        };
        let before = known(Some(5), Some(1_000_000));
        for (now, asked, listed) in [
            (before, Same, Same),
            (known(Some(5), Some(1_000_001)), Rewritten, Rewritten),
            (known(Some(4), Some(1_000_001)), Rewritten, Rewritten),
            (known(None, Some(1_000_001)), Rewritten, Rewritten),
            (known(Some(6), Some(1_000_001)), Grown, Grown),
            // nobody tells
            (known(Some(5), None), Same, Same),
            // the one in UTC, the other one not
            (known(Some(5), Some(1_000_000 + 5 * 3600 + 1800)), Rewritten, Same),
            (known(Some(5), Some(1_000_000 - 3600)), Rewritten, Same),
        ] {
            assert_eq!(Meanwhile::between(&before, &now, true), asked, "{now:?}");
            assert_eq!(Meanwhile::between(&before, &now, false), listed, "{now:?}");
        }
    }
}
