//! The server's wall clock against UTC.
//!
//! `MLSD` and `MDTM` tell UTC (RFC 3659 §2.3); `LIST` tells what the server's wall clock showed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::stamp::{Precision, Stamp};

/// How far a wall clock is ahead of UTC, in minutes: from -12:00 to +14:00, as the earth's time
/// zones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "i32", into = "i32")]
pub struct ClockOffset(i32);

/// A text or number that is no offset of a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an offset is written like +2, -5:30 or 0, and lies between -12:00 and +14:00")]
pub struct NoClockOffset;

impl ClockOffset {
    const FIRST: i32 = -12 * 60;
    const LAST: i32 = 14 * 60;
    /// Every time zone differs from UTC by a multiple of this; in seconds.
    const STEP: i64 = 15 * 60;
    /// How far a server's clock and ours may be apart besides, in seconds; `LIST` rounds down to the
    /// minute.
    const APART: i64 = 180;

    /// From minutes ahead of UTC; `None` where no time zone is.
    pub fn from_minutes(minutes: i32) -> Option<Self> {
        (Self::FIRST..=Self::LAST)
            .contains(&minutes)
            .then_some(Self(minutes))
    }

    /// Minutes ahead of UTC.
    pub fn minutes(self) -> i32 {
        self.0
    }

    /// What the times of one file tell of the clock: `listed` is its time in a `LIST`, `utc` the one
    /// from MDTM. `None` where they prove nothing: a time known to the day only, or a difference
    /// that no time zone has (the file was written between, or one of the two is not what it
    /// should be).
    pub fn between(listed: Stamp, utc: Stamp) -> Option<Self> {
        let unit = match listed.precision.max(utc.precision) {
            Precision::Second => 1,
            Precision::Minute => 60,
            Precision::Day => return None,
        };
        let whole = |stamp: Stamp| i128::from(stamp.seconds).div_euclid(unit) * unit;
        let ahead = i64::try_from(whole(listed) - whole(utc)).ok()?;
        if ahead % Self::STEP != 0 {
            return None;
        }
        Self::from_minutes(i32::try_from(ahead / 60).ok()?)
    }

    /// What a file tells of the clock that was written at a moment known from our own clock: `listed`
    /// is its time in a `LIST`. The two clocks may be three minutes apart; a time known to the day only
    /// proves nothing.
    pub fn of_own_file(listed: Stamp, written: i64) -> Option<Self> {
        if listed.precision == Precision::Day {
            return None;
        }
        let ahead = listed.seconds.checked_sub(written)?;
        let steps = ahead.checked_add(Self::STEP / 2)?.div_euclid(Self::STEP);
        let apart = (ahead - steps * Self::STEP).abs();
        let minutes = i32::try_from(steps.checked_mul(Self::STEP / 60)?).ok()?;
        Self::from_minutes(minutes).filter(|_| apart <= Self::APART)
    }

    /// The moment at which the wall clock showed this. A day stays the day it is: which part of
    /// it is meant is not known.
    pub fn to_utc(self, shown: Stamp) -> Stamp {
        match shown.precision {
            Precision::Day => shown,
            Precision::Second | Precision::Minute => Stamp {
                seconds: shown.seconds.saturating_sub(self.seconds()),
                ..shown
            },
        }
    }

    /// What the wall clock shows at a moment; both are Unix seconds.
    pub fn shown_at(self, utc: i64) -> i64 {
        utc.saturating_add(self.seconds())
    }

    fn seconds(self) -> i64 {
        i64::from(self.0) * 60
    }

    /// `2 h ahead of UTC`, `5 h 30 min behind UTC`, `UTC`.
    pub fn words(self) -> String {
        let (hours, minutes) = (self.0.abs() / 60, self.0.abs() % 60);
        let side = if self.0 < 0 { "behind" } else { "ahead of" };
        match (hours, minutes) {
            (0, 0) => "UTC".into(),
            (0, m) => format!("{m} min {side} UTC"),
            (h, 0) => format!("{h} h {side} UTC"),
            (h, m) => format!("{h} h {m} min {side} UTC"),
        }
    }
}

/// `+2:00`, `-5:30`, `0:00`.
impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.0 {
            ..0 => "-",
            0 => "",
            1.. => "+",
        };
        write!(f, "{sign}{}:{:02}", self.0.abs() / 60, self.0.abs() % 60)
    }
}

/// `+2`, `+2:00`, `-5:30`, `0`; without a sign it is ahead.
impl FromStr for ClockOffset {
    type Err = NoClockOffset;

    fn from_str(text: &str) -> Result<Self, NoClockOffset> {
        let (sign, rest) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (hours, minutes) = rest.split_once(':').unwrap_or((rest, "00"));
        let number = |digits: &str, most: i32| {
            digits
                .parse::<i32>()
                .ok()
                .filter(|n| digits.bytes().all(|b| b.is_ascii_digit()) && *n <= most)
        };
        let minutes = number(minutes, 59).filter(|_| minutes.len() == 2);
        let (hours, minutes) = number(hours, 14).zip(minutes).ok_or(NoClockOffset)?;
        Self::from_minutes(sign * (hours * 60 + minutes)).ok_or(NoClockOffset)
    }
}

impl TryFrom<i32> for ClockOffset {
    type Error = &'static str;

    fn try_from(minutes: i32) -> Result<Self, Self::Error> {
        Self::from_minutes(minutes)
            .ok_or("a clock offset is written in minutes ahead of UTC, from -720 to 840")
    }
}

impl From<ClockOffset> for i32 {
    fn from(offset: ClockOffset) -> Self {
        offset.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn offset(text: &str) -> ClockOffset {
        text.parse().unwrap()
    }

    #[test]
    fn what_two_times_of_a_file_tell() {
        let utc = 1_700_000_045; // 2023-11-14T22:14:05Z
        let minute = utc - 5;
        let at = |seconds, precision| Stamp { seconds, precision };
        for (listed, want) in [
            (at(minute, Precision::Minute), Some("0")),
            (at(minute + 7200, Precision::Minute), Some("+2")),
            (at(minute - 12_600, Precision::Minute), Some("-3:30")),
            (at(minute + 20_700, Precision::Minute), Some("+5:45")),
            (at(minute + 50_400, Precision::Minute), Some("+14")),
            (at(minute - 43_200, Precision::Minute), Some("-12")),
            (at(minute + 51_300, Precision::Minute), None),
            (at(minute - 44_100, Precision::Minute), None),
            (at(minute + 7260, Precision::Minute), None),
            (at(minute + 600, Precision::Minute), None),
            (at(minute + 31_536_000, Precision::Minute), None),
            (at(utc + 7200, Precision::Second), Some("+2")),
            (at(utc + 7201, Precision::Second), None),
            (at(utc.div_euclid(86_400) * 86_400, Precision::Day), None),
            (at(i64::MAX, Precision::Second), None),
            (at(i64::MIN, Precision::Minute), None),
        ] {
            let got = ClockOffset::between(listed, Stamp::exact(utc));
            assert_eq!(got, want.map(offset), "{listed:?}");
        }
        let day = at(utc, Precision::Day);
        assert_eq!(ClockOffset::between(Stamp::exact(utc), day), None);
    }

    #[test]
    fn what_a_file_just_written_tells() {
        let now = 1_700_000_045; // 2023-11-14T22:14:05Z
        for (listed, precision, want) in [
            (now - 5, Precision::Minute, Some("0")),
            (now + 7195, Precision::Minute, Some("+2")),
            (now + 7200 + 180, Precision::Second, Some("+2")),
            (now + 7200 + 181, Precision::Second, None),
            (now - 12_600 - 180, Precision::Second, Some("-3:30")),
            (now - 12_600 - 181, Precision::Second, None),
            (now + 20_700, Precision::Minute, Some("+5:45")),
            (now + 51_300, Precision::Minute, None),
            (now - 86_400, Precision::Minute, None),
            (now, Precision::Day, None),
            (i64::MAX, Precision::Second, None),
            (i64::MIN, Precision::Second, None),
        ] {
            let stamp = Stamp {
                seconds: listed,
                precision,
            };
            let got = ClockOffset::of_own_file(stamp, now);
            assert_eq!(got, want.map(offset), "{stamp:?}");
        }
    }

    #[test]
    fn written_and_read() {
        for (text, minutes, shown, words) in [
            ("+2", 120, "+2:00", "2 h ahead of UTC"),
            ("2:00", 120, "+2:00", "2 h ahead of UTC"),
            ("-5:30", -330, "-5:30", "5 h 30 min behind UTC"),
            ("-0:30", -30, "-0:30", "30 min behind UTC"),
            ("+05:45", 345, "+5:45", "5 h 45 min ahead of UTC"),
            ("0", 0, "0:00", "UTC"),
            ("-0", 0, "0:00", "UTC"),
            ("+14", 840, "+14:00", "14 h ahead of UTC"),
            ("-12:00", -720, "-12:00", "12 h behind UTC"),
        ] {
            let got = offset(text);
            assert_eq!(got.minutes(), minutes, "{text}");
            assert_eq!((got.to_string().as_str(), got.words().as_str()), (shown, words));
        }
        for text in [
            "",
            "+",
            "-",
            "+-2",
            "+2:",
            "+2:5",
            "+2:60",
            "+2:000",
            "15",
            "+14:01",
            "-12:01",
            "2h",
            "++2",
            "+2:+5",
            ":30",
            "9999999999",
            "UTC",
        ] {
            assert_eq!(text.parse::<ClockOffset>(), Err(NoClockOffset), "{text}");
        }
    }

    #[test]
    fn a_day_stays_that_day() {
        let day = Stamp::from_civil((2023, 11, 14), (0, 0, 0), Precision::Day).unwrap();
        assert_eq!(offset("+14").to_utc(day), day);
        let end = Stamp::exact(i64::MIN);
        assert_eq!(offset("+14").to_utc(end), end);
        assert_eq!(offset("+14").shown_at(i64::MAX), i64::MAX);
    }

    proptest! {
        #[test]
        fn a_measured_clock_gives_the_moment_back(
            utc in -4_000_000_000_i64..8_000_000_000,
            quarters in -48_i32..=56,
            to_the_minute: bool,
        ) {
            let offset = ClockOffset::from_minutes(quarters * 15).unwrap();
            let (unit, precision) = if to_the_minute { (60, Precision::Minute) } else { (1, Precision::Second) };
            let shown = offset.shown_at(utc).div_euclid(unit) * unit;
            let listed = Stamp { seconds: shown, precision };
            let measured = ClockOffset::between(listed, Stamp::exact(utc));
            prop_assert_eq!(measured, Some(offset));
            prop_assert!(offset.to_utc(listed).agrees_with(&Stamp::exact(utc)));
        }

        #[test]
        fn what_is_shown_is_read(minutes in -720_i32..=840) {
            let offset = ClockOffset::from_minutes(minutes).unwrap();
            prop_assert_eq!(offset.to_string().parse(), Ok(offset));
        }

        #[test]
        fn any_two_times_are_compared(a: i64, b: i64, minute: bool) {
            let precision = if minute { Precision::Minute } else { Precision::Second };
            let listed = Stamp { seconds: a, precision };
            if let Some(offset) = ClockOffset::between(listed, Stamp::exact(b)) {
                prop_assert!(offset.to_utc(listed).agrees_with(&Stamp::exact(b)));
            }
        }
    }
}
