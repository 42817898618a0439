//! What became of a file on a server while it was read.

use super::conflict::Known;
use crate::model::clock::ClockOffset;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stamp::Stamp;

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
