//! Moments, as listings give them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};
use serde::{Deserialize, Serialize};

/// How exact a moment is known: `LIST` of an old file knows the day only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// To the second (MLSD, MDTM, local files).
    Second,
    /// To the minute (`LIST`, this half-year).
    Minute,
    /// To the day (`LIST`, older files).
    Day,
}

/// A moment in seconds since 1970-01-01T00:00:00Z, with what is known of its precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Stamp {
    /// Unix time in seconds; of the server's wall clock where its offset is not known.
    pub seconds: i64,
    /// How exact `seconds` is.
    pub precision: Precision,
}

impl Stamp {
    /// From Unix seconds, exact to the second.
    pub fn exact(seconds: i64) -> Self {
        Self {
            seconds,
            precision: Precision::Second,
        }
    }

    /// From a date and a time of day, both of UTC; `None` for a date that does not exist.
    /// A 60th second (leap) counts as the 59th.
    pub fn from_civil(
        (year, month, day): (i32, u32, u32),
        (hour, minute, second): (u32, u32, u32),
        precision: Precision,
    ) -> Option<Self> {
        let date = NaiveDate::from_ymd_opt(year, month, day)?;
        let moment = date.and_hms_opt(hour, minute, second.min(59))?;
        Some(Self {
            seconds: moment.and_utc().timestamp(),
            precision,
        })
    }

    /// Date and time of day in UTC; `None` beyond the calendar's end.
    pub fn civil(&self) -> Option<NaiveDateTime> {
        DateTime::from_timestamp(self.seconds, 0).map(|t| t.naive_utc())
    }

    /// `2026-01-02T03:04:05Z`, the form of JSON output.
    pub fn rfc3339(&self) -> Option<String> {
        let t = self.civil()?;
        Some(format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            t.month(),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        ))
    }

    /// `20260102030405`, the time-val of RFC 3659 §2.3.
    pub fn time_val(&self) -> Option<String> {
        Some(self.civil()?.format("%Y%m%d%H%M%S").to_string())
    }

    /// Whether two moments may be the same one: equal within the coarser precision.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let unit = |p: Precision| match p {
            Precision::Second => 1,
            Precision::Minute => 60,
            Precision::Day => 86_400,
        };
        let step = unit(self.precision).max(unit(other.precision));
        self.seconds.div_euclid(step) == other.seconds.div_euclid(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let s = Stamp::from_civil((2026, 1, 2), (3, 4, 5), Precision::Second).unwrap();
        assert_eq!(s.rfc3339().unwrap(), "2026-01-02T03:04:05Z");
        assert_eq!(s.time_val().unwrap(), "20260102030405");
        assert!(Stamp::from_civil((2026, 2, 30), (0, 0, 0), Precision::Day).is_none());
        assert_eq!(
            Stamp {
                seconds: i64::MAX,
                precision: Precision::Second
            }
            .rfc3339(),
            None
        );
    }

    #[test]
    fn agreement_is_as_coarse_as_the_coarser() {
        let exact = Stamp::exact(1_767_323_045);
        let minute = Stamp {
            seconds: 1_767_323_040,
            precision: Precision::Minute,
        };
        let day = Stamp {
            seconds: 1_767_312_000,
            precision: Precision::Day,
        };
        assert!(exact.agrees_with(&minute) && exact.agrees_with(&day));
        assert!(!exact.agrees_with(&Stamp::exact(1_767_323_046)));
    }
}
