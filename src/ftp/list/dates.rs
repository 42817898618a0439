//! Dates and times of day, as listings write them.
//!
//! A function here gives `None` for a text that has not its form. A date or time whose form is
//! right but which does not exist (31 November, 25:00) becomes a moment that is not known.

use chrono::Datelike;

use super::fields::{number, small};
use crate::model::stamp::{Precision, Stamp};

/// The time of the listing: what dates without a year are held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    seconds: i64,
    year: i32,
}

/// A time of day as written, not checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    precision: Precision,
}

/// A date as written, not checked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Date {
    pub(super) year: i32,
    pub(super) month: u32,
    pub(super) day: u32,
}

impl Now {
    pub(super) fn new(seconds: i64) -> Self {
        let moment = Stamp::exact(seconds).civil().unwrap_or_default();
        Self {
            seconds: moment.and_utc().timestamp(),
            year: moment.year(),
        }
    }

    /// The moment of a date without a year: in the latest year in which it exists and does not
    /// lie more than a day ahead. (29 February goes back up to eight years.)
    pub(super) fn latest(&self, month: u32, day: u32, clock: Clock) -> Option<Stamp> {
        (self.year - 8..=self.year + 1)
            .rev()
            .filter_map(|year| Date { year, month, day }.at(clock))
            .find(|stamp| stamp.seconds <= self.seconds.saturating_add(86_400))
    }

    /// Whether a date lies ahead, with a day of slack.
    pub(super) fn is_before(&self, date: Date) -> bool {
        date.alone()
            .is_some_and(|stamp| stamp.seconds > self.seconds.saturating_add(86_400))
    }
}

impl Clock {
    pub(super) fn has_seconds(self) -> bool {
        self.precision == Precision::Second
    }
}

impl Date {
    /// At a time of day; `None` when one of the two does not exist. 24:00 is the end of the day
    /// (ISO 8601).
    pub(super) fn at(self, clock: Clock) -> Option<Stamp> {
        if (clock.hour, clock.minute, clock.second) == (24, 0, 0) {
            let midnight = self.at(Clock { hour: 0, ..clock })?;
            let seconds = midnight.seconds + 86_400;
            return Some(Stamp { seconds, ..midnight });
        }
        Stamp::from_civil(
            (self.year, self.month, self.day),
            (clock.hour, clock.minute, clock.second),
            clock.precision,
        )
    }

    /// Exact to the day; `None` when it does not exist.
    pub(super) fn alone(self) -> Option<Stamp> {
        Stamp::from_civil((self.year, self.month, self.day), (0, 0, 0), Precision::Day)
    }
}

/// `9:05`, `09:05`, `09:05:30`, `09:05:30.123`; and `00:0` of servers that do not fill up.
pub(super) fn clock(text: &[u8]) -> Option<Clock> {
    let mut parts = text.split(|b| *b == b':');
    let hour = small(parts.next()?)?;
    let minute = small(parts.next()?)?;
    let (second, precision) = match parts.next() {
        None => (0, Precision::Minute),
        Some(seconds) => {
            let (seconds, fraction) = seconds.split_at_checked(2)?;
            let is_fraction = |f: &[u8]| f.len() > 1 && f[0] == b'.' && f[1..].iter().all(u8::is_ascii_digit);
            if !(fraction.is_empty() || is_fraction(fraction)) {
                return None;
            }
            (two_digits(seconds)?, Precision::Second)
        }
    };
    if parts.next().is_some() {
        return None;
    }
    // a leap second counts as the 59th, a 61st does not exist: no hour 99 either
    let hour = if second > 60 { 99 } else { hour };
    Some(Clock {
        hour,
        minute,
        second,
        precision,
    })
}

/// [`clock`] with `AM` or `PM` behind it, or their first letters, or of 24 hours without.
pub(super) fn clock_of_12_or_24(text: &[u8]) -> Option<Clock> {
    let bare = text
        .strip_suffix(b"M")
        .or_else(|| text.strip_suffix(b"m"))
        .unwrap_or(text);
    let (time, afternoon) = match bare {
        [time @ .., b'A' | b'a'] => (time, false),
        [time @ .., b'P' | b'p'] => (time, true),
        _ => return clock(text),
    };
    let clock = clock(time)?;
    let hour = match clock.hour {
        1..=11 => clock.hour + if afternoon { 12 } else { 0 },
        12 if afternoon => 12,
        12 => 0,
        _ => 99,
    };
    Some(Clock { hour, ..clock })
}

/// Numbers with `-`, `/` or `.` between: `11-30-97`, `11/30/1997`, `1997-11-30`, `30.11.1997`. A year
/// of three digits counts from 1900 (`103` is 2003), one of two lies between 1970 and 2069.
pub(super) fn numeric_date(text: &[u8]) -> Option<Date> {
    let separator = *text.iter().find(|b| !b.is_ascii_digit())?;
    if !b"-/.".contains(&separator) {
        return None;
    }
    let [first, second, third] = thirds(text, separator)?;
    if first.len() == 4 {
        return Some(Date {
            year: i32::try_from(number(first)?).ok()?,
            month: small(second)?,
            day: small(third)?,
        });
    }
    let (month, day) = if separator == b'.' {
        (second, first)
    } else {
        (first, second)
    };
    Some(Date {
        year: year_of_century(third)?,
        month: small(month)?,
        day: small(day)?,
    })
}

/// Exactly three parts.
pub(super) fn thirds(text: &[u8], separator: u8) -> Option<[&[u8]; 3]> {
    let mut parts = text.split(|b| *b == separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

/// A year of two, three or four digits.
pub(super) fn year_of_century(text: &[u8]) -> Option<i32> {
    let value = i32::try_from(number(text)?).ok()?;
    match text.len() {
        2 if value < 70 => Some(2000 + value),
        2 | 3 => Some(1900 + value),
        4 => Some(value),
        _ => None,
    }
}

fn two_digits(text: &[u8]) -> Option<u32> {
    small(text).filter(|_| text.len() == 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(stamp: Option<Stamp>) -> Option<String> {
        stamp.and_then(|s| s.rfc3339())
    }

    #[test]
    fn years_that_are_not_written() {
        let now = Now::new(1_718_452_800); // 2024-06-15T12:00:00Z
        let noon = clock(b"12:00").unwrap();
        for (month, day, want) in [
            (6, 15, Some("2024-06-15T12:00:00Z")),
            (6, 16, Some("2024-06-16T12:00:00Z")),
            (6, 17, Some("2023-06-17T12:00:00Z")),
            (8, 15, Some("2023-08-15T12:00:00Z")),
            (2, 29, Some("2024-02-29T12:00:00Z")),
            (2, 30, None),
        ] {
            assert_eq!(shown(now.latest(month, day, noon)).as_deref(), want);
        }
        let silvester = Now::new(1_735_689_000); // 2024-12-31T23:50:00Z
        let early = clock(b"0:10").unwrap();
        assert_eq!(
            shown(silvester.latest(1, 1, early)).unwrap(),
            "2025-01-01T00:10:00Z"
        );
        assert!(Now::new(i64::MAX).latest(1, 1, early).is_some());
        assert!(Now::new(i64::MIN).latest(1, 1, early).is_some());
    }

    #[test]
    fn clocks() {
        for (text, want) in [
            ("9:05", Some((9, 5, 0))),
            ("23:59:60.5", Some((23, 59, 60))),
            ("12:01AM", Some((0, 1, 0))),
            ("12:01pm", Some((12, 1, 0))),
            ("11:59PM", Some((23, 59, 0))),
            ("13:00PM", Some((99, 0, 0))),
            ("9:5", Some((9, 5, 0))),
            ("9:", None),
            ("9:5:5", None),
            ("24:00", Some((24, 0, 0))),
            ("9", None),
            ("9:05:", None),
            ("9:05:30.", None),
            ("09:05:30:1", None),
            ("23:ab", None),
            ("PM", None),
            ("", None),
        ] {
            let got = clock_of_12_or_24(text.as_bytes()).map(|c| (c.hour, c.minute, c.second));
            assert_eq!(got, want, "{text}");
        }
        let day = numeric_date(b"01-01-2020").unwrap();
        assert_eq!(day.at(clock(b"30:13").unwrap()), None);
        assert_eq!(day.at(clock(b"24:01").unwrap()), None);
        let next = numeric_date(b"01-02-2020").unwrap();
        assert_eq!(day.at(clock(b"24:00").unwrap()), next.at(clock(b"0:00").unwrap()));
        assert_eq!(day.at(clock(b"10:13:61").unwrap()), None);
    }

    #[test]
    fn numeric_dates() {
        for (text, want) in [
            ("12-05-96", Some((1996, 12, 5))),
            ("05/10/1995", Some((1995, 5, 10))),
            ("2002-09-02", Some((2002, 9, 2))),
            ("02-11-103", Some((2003, 2, 11))),
            ("30.11.2001", Some((2001, 11, 30))),
            ("01-01-69", Some((2069, 1, 1))),
            ("01-01-70", Some((1970, 1, 1))),
            ("07-ab-00", None),
            ("-08-14", None),
            ("1-2", None),
            ("1-2-3", None),
            ("1-2-03-4", None),
            ("01-02/03", None),
            ("20020902", None),
        ] {
            let got = numeric_date(text.as_bytes()).map(|d| (d.year, d.month, d.day));
            assert_eq!(got, want, "{text}");
        }
    }
}
