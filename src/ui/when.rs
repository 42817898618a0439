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
