//! Whether a failure is tried again, and when.

use std::time::Duration;

use crate::model::failure::{Class, Failure};

/// The longest wait between two tries.
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait before try number `tries_made + 1`; `None` when it is not to be tried again:
/// the failure is final (5xx replies, the disk, a person), or `retries` are used up.
pub fn retry_after(failure: &Failure, tries_made: u32, retries: u32) -> Option<Duration> {
    // what differs from the server's checksum may have gone wrong on the way, and what has appeared meanwhile
    // is looked at once more; if it is the same again, it will be so each time
    let retries = match failure.class {
        Class::Conflict => retries.min(1),
        _ => retries,
    };
    if !failure.transient || tries_made > retries {
        return None;
    }
    let doublings = tries_made.saturating_sub(1).min(5);
    Some(Duration::from_secs(1 << doublings).min(LONGEST))
}

/// The longest wait between two tries of a server that cannot be reached.
const LONGEST_AWAY: Duration = Duration::from_secs(300);

/// How long to wait for a server that could not be reached `tries_made` times in a row; `None` when
/// that was more than `most` further tries.
pub fn server_retry_after(tries_made: u32, most: Option<u32>) -> Option<Duration> {
    if most.is_some_and(|most| tries_made > most) {
        return None;
    }
    let doublings = tries_made.saturating_sub(1).min(9);
    Some(Duration::from_secs(1 << doublings).min(LONGEST_AWAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transient_failures_wait_longer_each_time_and_end() {
        let broken = Failure::new(Class::Unreachable, "a", "b").transient();
        let waits: Vec<_> = (1..=4)
            .map(|n| retry_after(&broken, n, 3).map(|d| d.as_secs()))
            .collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), None]);
        assert_eq!(retry_after(&broken, 40, 100), Some(LONGEST));
        let differs = Failure::new(Class::Conflict, "a", "b").transient();
        assert_eq!(
            [1, 2].map(|n| retry_after(&differs, n, 3).is_some()),
            [true, false]
        );
        assert_eq!(retry_after(&differs, 1, 0), None);
        assert_eq!(retry_after(&Failure::new(Class::Refused, "a", "b"), 1, 3), None);
    }

    #[test]
    fn a_server_is_waited_for_without_end_or_as_often_as_wanted() {
        let waits = |most| [1, 2, 3, 4, 9, 1000].map(|n| server_retry_after(n, most).map(|d| d.as_secs()));
        assert_eq!(
            waits(None),
            [Some(1), Some(2), Some(4), Some(8), Some(256), Some(300)]
        );
        assert_eq!(waits(Some(3)), [Some(1), Some(2), Some(4), None, None, None]);
        assert_eq!(server_retry_after(1, Some(0)), None);
    }
}
