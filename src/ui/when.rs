//! Moments as people read them, in local time.

use crate::app::zone::Zone;
use crate::model::stamp::{Precision, Stamp};

/// `2026-01-02 03:04`, or the day alone where no more is known.
pub(crate) fn long(stamp: &Stamp, zone: &Zone) -> String {
    // a day is the server's day: shifting it by hours would make it another one
    let civil = match stamp.precision {
        Precision::Day => stamp.civil(),
        _ => zone.civil(stamp),
    };
    let Some(t) = civil else {
        return "?".to_owned();
    };
    match stamp.precision {
        Precision::Day => t.format("%Y-%m-%d").to_string(),
        _ => t.format("%Y-%m-%d %H:%M").to_string(),
    }
}

/// With seconds, where they are known: to tell two files apart.
pub(crate) fn full(stamp: &Stamp, zone: &Zone) -> String {
    match stamp.precision {
        Precision::Second => zone
            .civil(stamp)
            .map_or("?".to_owned(), |t| t.format("%Y-%m-%d %H:%M:%S").to_string()),
        _ => long(stamp, zone),
    }
}

/// A file of so many seconds ago is a recent one: half a year, as `ls` has it.
const RECENT: i64 = 182 * 86_400;
/// A clock that is ahead makes no file an old one.
const AHEAD: i64 = 86_400;

/// `01-02 03:04` in the half year before `now` (Unix seconds), else `2025-01-02`: whether a file was
/// changed today is seen, and no column more is taken than `ls --time-style=iso` does.
pub(crate) fn brief(stamp: &Stamp, now: i64, zone: &Zone) -> String {
    let age = now.saturating_sub(stamp.seconds);
    match (stamp.precision, zone.civil(stamp)) {
        (Precision::Day, _) | (_, None) => day(stamp, zone),
        (_, Some(t)) if (-AHEAD..RECENT).contains(&age) => t.format("%m-%d %H:%M").to_string(),
        _ => day(stamp, zone),
    }
}

/// `2026-01-02`.
pub(crate) fn day(stamp: &Stamp, zone: &Zone) -> String {
    let mut text = long(stamp, zone);
    text.truncate(10);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_of_a_recent_file_is_told_and_the_year_of_an_old_one() {
        let now = 1_774_180_800; // 2026-03-22 12:00 UTC
        let at = |seconds| brief(&Stamp::exact(seconds), now, &Zone::utc());
        assert_eq!(at(now), "03-22 12:00");
        assert_eq!(at(now + 3_600), "03-22 13:00");
        assert_eq!(at(now - 180 * 86_400), "09-23 12:00");
        assert_eq!(at(now - 183 * 86_400), "2025-09-20");
        assert_eq!(at(now + 2 * 86_400), "2026-03-24");
        assert_eq!(
            brief(&Stamp::exact(now), now, &Zone::fixed(-13 * 3600)),
            "03-21 23:00"
        );
        let of_a_day = Stamp {
            seconds: now,
            precision: Precision::Day,
        };
        assert_eq!(brief(&of_a_day, now, &Zone::utc()), "2026-03-22");
        assert_eq!(at(i64::MAX), "?");
        assert_eq!(at(i64::MIN), "?");
    }

    #[test]
    fn a_day_stays_that_day_in_every_zone() {
        let stamp = Stamp {
            seconds: 86_400,
            precision: Precision::Day,
        };
        let west = Zone::fixed(-7 * 3600);
        assert_eq!(long(&stamp, &west), "1970-01-02");
        assert_eq!(full(&Stamp::exact(86_400), &west), "1970-01-01 17:00:00");
        assert_eq!(day(&Stamp::exact(86_400), &west), "1970-01-01");
        assert_eq!(long(&Stamp::exact(i64::MAX), &west), "?");
    }
}
