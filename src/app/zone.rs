//! Local time, as a table: the offset from UTC and the moments at which it changes.

use chrono::NaiveDateTime;

use crate::model::stamp::Stamp;

/// A time zone as a value: whoever may ask the system makes it, the screen only reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Zone {
    /// From this moment (Unix seconds) on, this offset (seconds east of UTC); ascending.
    changes: Vec<(i64, i32)>,
}

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self::default()
    }

    /// A zone that never changes its offset, in seconds east of UTC.
    pub fn fixed(offset: i32) -> Self {
        Self {
            changes: vec![(i64::MIN, offset)],
        }
    }

    /// Finds the changes of `offset_at` (Unix seconds to seconds east of UTC) between two moments.
    ///
    /// It looks every ten days and halves where it sees a difference: no zone has gone forth and
    /// back in less.
    pub fn sample(first: i64, last: i64, mut offset_at: impl FnMut(i64) -> i32) -> Self {
        const STEP: i64 = 10 * 86_400;
        let mut offset = offset_at(first);
        let mut changes = vec![(i64::MIN, offset)];
        let mut from = first;
        while from < last {
            let to = (from + STEP).min(last);
            let then = offset_at(to);
            if then != offset {
                let (mut low, mut high) = (from, to);
                while high - low > 1 {
                    let middle = low + (high - low) / 2;
                    if offset_at(middle) == offset {
                        low = middle;
                    } else {
                        high = middle;
                    }
                }
                offset = offset_at(high);
                changes.push((high, offset));
                // a second change within the same step would be found from here
                from = high;
            } else {
                from = to;
            }
        }
        Self { changes }
    }

    /// Seconds east of UTC at a moment.
    pub fn offset(&self, seconds: i64) -> i32 {
        let after = self.changes.partition_point(|(from, _)| *from <= seconds);
        after
            .checked_sub(1)
            .and_then(|at| self.changes.get(at))
            .map_or(0, |(_, offset)| *offset)
    }

    /// Date and time of day here; `None` beyond the calendar's end.
    pub fn civil(&self, stamp: &Stamp) -> Option<NaiveDateTime> {
        let seconds = stamp.seconds.checked_add(self.offset(stamp.seconds).into())?;
        Stamp::exact(seconds).civil()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sampling_finds_the_second_of_each_change() {
        let rule = |t: i64| match t {
            ..1_000_000 => 3600,
            1_000_000..9_000_017 => 7200,
            _ => 3600,
        };
        let zone = Zone::sample(0, 20_000_000, rule);
        for t in [
            0, 999_999, 1_000_000, 9_000_016, 9_000_017, 19_999_999, 99_999_999,
        ] {
            assert_eq!(zone.offset(t), rule(t), "{t}");
        }
        assert_eq!(zone.offset(-5), 3600);
    }

    #[test]
    fn civil_time_is_shifted() {
        let noon = Stamp::exact(43_200);
        assert_eq!(
            Zone::fixed(3600).civil(&noon).unwrap().to_string(),
            "1970-01-01 13:00:00"
        );
        assert_eq!(
            Zone::utc().civil(&noon).unwrap().to_string(),
            "1970-01-01 12:00:00"
        );
        assert_eq!(Zone::fixed(3600).civil(&Stamp::exact(i64::MAX)), None);
    }
}
