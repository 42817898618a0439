//! The dates of `ls -l`, in its time styles and languages, and of its imitators.

use super::dates::{Clock, Date, Now, clock, numeric_date, thirds, year_of_century};
use super::fields::{Field, number, small};
use super::months::{self, month};
use crate::model::stamp::Stamp;

/// A date found at the beginning of some fields.
pub(super) struct Found {
    /// How many fields it takes.
    pub(super) fields: usize,
    /// The moment; `None` when it does not exist or cannot be told.
    pub(super) modified: Option<Stamp>,
    /// Whether its last field is a year (or a whole date), which may fill a wider column.
    pub(super) ends_in_year: bool,
}

impl Found {
    fn timed(fields: usize, modified: Option<Stamp>) -> Self {
        Self {
            fields,
            modified,
            ends_in_year: false,
        }
    }

    fn dated(fields: usize, modified: Option<Stamp>) -> Self {
        Self {
            fields,
            modified,
            ends_in_year: true,
        }
    }
}

/// The date these fields begin with.
pub(super) fn find(fields: &[Field<'_>], now: &Now) -> Option<Found> {
    let first = fields.first()?.text;
    let second = fields.get(1)?.text;
    if first.len() >= 5 && first[0].is_ascii_digit() && first.iter().any(|b| b"-/.".contains(b)) {
        return in_numbers(first, second, fields.get(2).map(|f| f.text), now);
    }
    let third = fields.get(2)?.text;
    if let Some(date) = year_first(fields) {
        return Some(Found::dated(3, date.alone()));
    }
    let time = clock(third);
    // Mar 17 11:07, 3月 2日 2003年; or 26. Juli, 20:10; or, with a time only, 3 29 03:26
    // the day is looked for before the month: of an owner and a group that is soon done
    let month_first = day(second).and_then(|day| {
        let number = || small(first).filter(|month| time.is_some() && (1..=12).contains(month));
        Some((month(first).or_else(number)?, day))
    });
    let (month, (day, comma)) = match month_first {
        Some(found) => found,
        None => {
            let day = day(first)?;
            (month(second)?, day)
        }
    };
    let date = |year: i32| Date { year, month, day };
    if let Some(time) = time {
        // ls -T of the BSDs: Mar 17 11:07:33 2024; without seconds, a year belongs to the name
        let year = fields
            .get(3)
            .and_then(|f| year(f.text))
            .filter(|_| time.has_seconds());
        return Some(match year {
            Some(year) => Found::dated(4, date(year).at(time)),
            None => Found::timed(3, now.latest(month, day, time)),
        });
    }
    let Some(year) = year(third) else {
        // Feb  3 93 12:00; with the day first it may as well be a size: 0 5 Jun 16 12:00
        let time = clock(fields.get(3)?.text).filter(|_| month_first.is_some())?;
        let year = year_of_century(third).filter(|_| third.len() == 2)?;
        return Some(Found::timed(4, date(year).at(time)));
    };
    let date = date(year);
    // Oct 08, 2002 09:47; without the comma too, but not where the year fills a column as ls has it
    let is_near = fields[2].start == fields[1].end + 1;
    if (comma || is_near)
        && let Some(next) = fields.get(3).filter(|f| comma || f.start == fields[2].end + 1)
        && let Some(time) = clock(next.text)
    {
        return Some(Found::timed(4, date.at(time)));
    }
    Some(Found::dated(3, date.alone()))
}

/// `2003年 3月 20日`, `2003 3月 20`; without its sign the year may be a size, with the year or a time behind
/// the day.
fn year_first(fields: &[Field<'_>]) -> Option<Date> {
    let [first, second, third, rest @ ..] = fields else {
        return None;
    };
    let (year, (day, _)) = (year(first.text)?, day(third.text)?);
    let month = month(second.text)?;
    let is_size = |next: &Field<'_>| clock(next.text).is_some() || self::year(next.text).is_some();
    let is_signed = first.text.len() > 4;
    let is_sure = is_signed || !second.text.is_ascii() && !rest.first().is_some_and(is_size);
    is_sure.then_some(Date { year, month, day })
}

/// `2005-06-01 12:34`, `2005-06-01 12:34:56.123456789 +0200`, `2005-06-01`, `09-26 13:45`, `09-26 2000`: the
/// time styles of GNU `ls`; also `1999/10/12 17:12`, `24-04-2003 17:12`, `01-jun-99` and `01-Jun-1999 17:12`. A
/// zone is passed over: moments are the server's wall clock.
fn in_numbers(first: &[u8], second: &[u8], third: Option<&[u8]>, now: &Now) -> Option<Found> {
    let time = clock(second);
    if first.len() == 5 && first[2] == b'-' {
        let (month, day) = (small(&first[..2])?, small(&first[3..])?);
        if let Some(time) = time {
            return Some(Found::timed(2, now.latest(month, day, time)));
        }
        let year = year(second)?;
        return Some(Found::dated(2, Date { year, month, day }.alone()));
    }
    let separator = *first.iter().find(|b| !b.is_ascii_digit())?;
    let [one, two, three] = thirds(first, separator)?;
    if let Some(month) = month(two) {
        let (day, year) = (small(one)?, year_of_century(three)?);
        let date = Date { year, month, day };
        return Some(match time {
            Some(time) => Found::timed(2, date.at(time)),
            None => Found::dated(1, date.alone()),
        });
    }
    if three.len() == 4 {
        let (one, two, year) = (small(one)?, small(two)?, year(three)?);
        let modified = day_and_month(one, two).and_then(|(day, month)| Date { year, month, day }.at(time?));
        return time.map(|_| Found::timed(2, modified));
    }
    let date = numeric_date(first).filter(|_| one.len() == 4)?;
    let Some(time) = time else {
        // the time style "iso" of an old file; nobody writes it with slashes
        return (separator != b'/').then(|| Found::dated(1, date.alone()));
    };
    let is_zone =
        |text: &[u8]| text.len() == 5 && matches!(text[0], b'+' | b'-') && number(&text[1..]).is_some();
    let count = 2 + usize::from(third.is_some_and(is_zone));
    Some(Found::timed(count, date.at(time)))
}

/// Which is the day and which the month, if that can be told.
fn day_and_month(one: u32, two: u32) -> Option<(u32, u32)> {
    if one > 12 || one == two {
        Some((one, two))
    } else if two > 12 {
        Some((two, one))
    } else {
        None
    }
}

/// `17`, `2.`, `08,`, `2日`; and whether there is a comma behind it.
fn day(text: &[u8]) -> Option<(u32, bool)> {
    let (digits, tail) = text.split_at(text.iter().take_while(|b| b.is_ascii_digit()).count());
    let is_sign = tail.len() <= 4 && tail.iter().all(|b| *b >= 0x80);
    let day = small(digits).filter(|day| (1..=39).contains(day))?;
    (is_sign || tail == b"." || tail == b",").then_some((day, tail == b","))
}

/// `2003`, `2003年` (which ends in a byte of ASCII in Shift JIS and Big5).
fn year(text: &[u8]) -> Option<i32> {
    let (digits, sign) = text.split_at_checked(4)?;
    let is_year = sign.len() <= 4 && sign.first().is_none_or(|b| *b >= 0x80);
    i32::try_from(number(digits)?).ok().filter(|_| is_year)
}

/// The moment of `Mon DD YYYY HH:MM`, each in a field.
pub(super) fn moment(month: &[u8], day: &[u8], year: &[u8], clock: Clock) -> Option<Option<Stamp>> {
    let date = Date {
        year: self::year(year)?,
        month: months::english(month)?,
        day: small(day)?,
    };
    Some(date.at(clock))
}
