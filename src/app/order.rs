//! Which entries of a listing are shown, and in which order.
//!
//! A folder may hold a hundred thousand entries: nothing is cloned, the result is a list of
//! places in the listing.

use std::cmp::Ordering;

use crate::model::entry::{Entry, Kind};
use crate::model::text::searched;

/// What a list is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortBy {
    /// The name: upper and lower case alike, numbers by their value.
    #[default]
    Name,
    /// The size; what has none comes first.
    Size,
    /// The modification time; unknown ones come first.
    Time,
    /// What follows the last dot, then the name.
    Extension,
    /// The permission bits; unknown ones come first.
    Permissions,
}

impl SortBy {
    /// The word for the footer.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Size => "size",
            Self::Time => "time",
            Self::Extension => "extension",
            Self::Permissions => "mode",
        }
    }
}

/// How a list is sorted; folders come first in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// Whether the other way round.
    pub reversed: bool,
}

impl Sort {
    /// The same column again turns the direction.
    pub fn choose(&mut self, by: SortBy) {
        self.reversed = self.by == by && !self.reversed;
        self.by = by;
    }
}

/// The places of the entries to be shown, sorted. `filter` is a text that the name must contain,
/// upper and lower case alike; empty for all.
pub fn arrange(entries: &[Entry], sort: Sort, hidden: bool, filter: &str) -> Vec<u32> {
    let filter = searched(filter);
    let mut shown: Vec<u32> = (0u32..)
        .zip(entries)
        .filter(|(_, e)| (hidden || !e.name.is_hidden()) && contains(e.name.as_bytes(), &filter))
        .map(|(place, _)| place)
        .collect();
    shown.sort_unstable_by(|a, b| compare(&entries[*a as usize], &entries[*b as usize], sort));
    shown
}

/// Whether a name contains a text that is [`searched`] for.
pub(super) fn contains(name: &[u8], filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    if name.is_ascii() && filter.is_ascii() {
        return name
            .windows(filter.len())
            .any(|part| part.eq_ignore_ascii_case(filter.as_bytes()));
    }
    searched(&String::from_utf8_lossy(name)).contains(filter)
}

fn compare(a: &Entry, b: &Entry, sort: Sort) -> Ordering {
    let is_file = |e: &Entry| !(e.kind == Kind::Dir || e.target_kind == Some(Kind::Dir));
    let by = match sort.by {
        SortBy::Name => Ordering::Equal,
        SortBy::Size => a.size.cmp(&b.size),
        SortBy::Time => a.modified.map(|m| m.seconds).cmp(&b.modified.map(|m| m.seconds)),
        SortBy::Extension => natural(
            a.name.extension().unwrap_or_default(),
            b.name.extension().unwrap_or_default(),
        ),
        SortBy::Permissions => a.permissions.map(|p| p.0).cmp(&b.permissions.map(|p| p.0)),
    };
    let order = by
        .then_with(|| natural(a.name.as_bytes(), b.name.as_bytes()))
        .then_with(|| a.name.cmp(&b.name));
    is_file(a)
        .cmp(&is_file(b))
        .then(if sort.reversed { order.reverse() } else { order })
}

/// Compares names as people do: letters without case (ASCII), runs of digits by their value.
pub fn natural(a: &[u8], b: &[u8]) -> Ordering {
    let (mut i, mut j) = (0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (m, n) = (digits(&a[i..]), digits(&b[j..]));
            let value = |run: &'_ [u8]| run.iter().take_while(|d| **d == b'0').count();
            let (zeros_m, zeros_n) = (value(&a[i..i + m]), value(&b[j..j + n]));
            let (left, right) = (&a[i + zeros_m..i + m], &b[j + zeros_n..j + n]);
            i += m;
            j += n;
            left.len().cmp(&right.len()).then_with(|| left.cmp(right))
        } else {
            i += 1;
            j += 1;
            x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase())
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    (a.len() - i.min(a.len())).cmp(&(b.len() - j.min(b.len())))
}

fn digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|b| b.is_ascii_digit()).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::Name;
    use crate::model::stamp::Stamp;
    use proptest::prelude::*;

    fn entry(name: &str, kind: Kind, size: u64, time: i64) -> Entry {
        let mut e = Entry::new(Name::new(name.as_bytes()).unwrap(), kind);
        if kind == Kind::File {
            e.size = Some(size);
        }
        e.modified = Some(Stamp::exact(time));
        e
    }

    fn names(entries: &[Entry], sort: Sort, hidden: bool, filter: &str) -> String {
        arrange(entries, sort, hidden, filter)
            .iter()
            .map(|i| entries[*i as usize].name.shown())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn sorts_and_filters() {
        let all = [
            entry("file10", Kind::File, 5, 30),
            entry("File2.gz", Kind::File, 9, 10),
            entry(".rc", Kind::File, 1, 20),
            entry("zoo", Kind::Dir, 0, 5),
            entry("Élan.gz", Kind::File, 7, 40),
        ];
        let by = |by, reversed| Sort { by, reversed };
        for (sort, hidden, filter, want) in [
            (by(SortBy::Name, false), false, "", "zoo File2.gz file10 Élan.gz"),
            (by(SortBy::Name, true), false, "", "zoo Élan.gz file10 File2.gz"),
            (
                by(SortBy::Size, false),
                true,
                "",
                "zoo .rc file10 Élan.gz File2.gz",
            ),
            (by(SortBy::Time, true), false, "", "zoo Élan.gz file10 File2.gz"),
            (
                by(SortBy::Extension, false),
                false,
                "",
                "zoo file10 File2.gz Élan.gz",
            ),
            (by(SortBy::Name, false), false, "FILE", "File2.gz file10"),
            (by(SortBy::Name, false), false, "élan", "Élan.gz"),
        ] {
            assert_eq!(names(&all, sort, hidden, filter), want, "{sort:?} {filter}");
        }
    }

    #[test]
    fn the_same_column_again_turns_round() {
        let mut sort = Sort::default();
        sort.choose(SortBy::Size);
        assert!(!sort.reversed);
        sort.choose(SortBy::Size);
        assert!(sort.reversed);
        sort.choose(SortBy::Name);
        assert!(!sort.reversed);
    }

    proptest! {
        #[test]
        fn natural_is_an_order(a in "[a-c0-2]{0,6}", b in "[a-c0-2]{0,6}", c in "[a-c0-2]{0,6}") {
            let (a, b, c) = (a.as_bytes(), b.as_bytes(), c.as_bytes());
            prop_assert_eq!(natural(a, b), natural(b, a).reverse());
            if natural(a, b) != Ordering::Greater && natural(b, c) != Ordering::Greater {
                prop_assert_ne!(natural(a, c), Ordering::Greater);
            }
        }
    }
}
