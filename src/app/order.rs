//! Which entries of a listing are shown, and in which order.
//!
//! A folder may hold a hundred thousand entries: nothing is cloned, the result is a list of
//! places in the listing.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::entry::{Entry, Owner};
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
    /// Whose it is, user before group; unknown ones come first.
    Owner,
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
            Self::Owner => "owner",
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

/// A listing's entries by name. Counted once a listing: every other order is made of it by comparing
/// numbers, so that a hundred thousand entries are sorted anew within a frame.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ByName {
    /// The places in the listing, in the order of their names.
    places: Vec<u32>,
    /// For each place its number in that order.
    ranks: Vec<u32>,
}

impl ByName {
    /// Sorts the names.
    pub fn of(entries: &[Entry]) -> Self {
        // one run of bytes for all keys: a key each would cost more than the names
        let (mut keys, mut ends) = (Vec::new(), Vec::with_capacity(entries.len() + 1));
        ends.push(0);
        for entry in entries {
            natural_key(entry.name.as_bytes(), &mut keys);
            ends.push(keys.len());
        }
        let key = |place: u32| &keys[ends[place as usize]..ends[place as usize + 1]];
        let name = |place: u32| &entries[place as usize].name;
        let mut places: Vec<u32> = (0u32..).take(entries.len()).collect();
        places.sort_unstable_by(|a, b| key(*a).cmp(key(*b)).then_with(|| name(*a).cmp(name(*b))));
        let mut ranks = vec![0; places.len()];
        for (rank, place) in (0u32..).zip(&places) {
            ranks[*place as usize] = rank;
        }
        Self { places, ranks }
    }

    /// How many entries it is of.
    pub fn count(&self) -> usize {
        self.places.len()
    }
}

/// Which entries are shown.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// Names that begin with a dot, too.
    pub hidden: bool,
    /// A text that the name must contain, upper and lower case alike; empty for all.
    pub filter: &'a str,
}

impl Shown<'_> {
    /// Whether they are, entry by entry, in the order they lie in memory: from one to any other is a wait each.
    fn of(self, entries: &[Entry]) -> Vec<bool> {
        let filter = searched(self.filter);
        let shows = |e: &Entry| (self.hidden || !e.name.is_hidden()) && contains(e.name.as_bytes(), &filter);
        entries.iter().map(shows).collect()
    }

    /// The places of those that are, in the order of the listing.
    pub fn places(self, entries: &[Entry]) -> Vec<u32> {
        let shown = (0u32..).zip(self.of(entries));
        shown.filter_map(|(place, is)| is.then_some(place)).collect()
    }
}

/// The places of the entries to be shown, sorted; `by_name` is of the same entries.
pub fn arrange(entries: &[Entry], by_name: &ByName, sort: Sort, shown: Shown<'_>) -> Vec<u32> {
    let shown = shown.of(entries);
    let folders: Vec<bool> = entries.iter().map(Entry::is_folder).collect();
    let is_shown = |place: &u32| shown[*place as usize];
    let is_folder = |place: &u32| folders[*place as usize];
    let (mut all, mut files): (Vec<u32>, Vec<u32>) = match sort.by {
        SortBy::Name => by_name
            .places
            .iter()
            .copied()
            .filter(is_shown)
            .partition(is_folder),
        by => {
            let number = numbers(entries, by);
            let mut keyed: Vec<(u64, u32, u32)> = (0u32..)
                .zip(&by_name.ranks)
                .filter(|(place, _)| is_shown(place))
                .map(|(place, rank)| (number(&entries[place as usize]), *rank, place))
                .collect();
            keyed.sort_unstable();
            keyed.into_iter().map(|(.., place)| place).partition(is_folder)
        }
    };
    if sort.reversed {
        all.reverse();
        files.reverse();
    }
    all.append(&mut files);
    all
}

/// A number for each entry by which it is sorted; what is not known is the least.
fn numbers(entries: &[Entry], by: SortBy) -> impl Fn(&Entry) -> u64 {
    let extensions = match by {
        SortBy::Extension => ranked_extensions(entries),
        _ => HashMap::new(),
    };
    let owners = match by {
        SortBy::Owner => ranked_owners(entries),
        _ => HashMap::new(),
    };
    move |entry| {
        let least = |number: Option<u64>| number.map_or(0, |n| n.saturating_add(1));
        match by {
            SortBy::Name => 0,
            SortBy::Size => least(entry.size),
            // the order of signed numbers as one of unsigned ones
            SortBy::Time => least(entry.modified.map(|m| (m.seconds ^ i64::MIN).cast_unsigned())),
            SortBy::Permissions => least(entry.permissions.map(|p| p.0.into())),
            SortBy::Extension => {
                let extension = entry.name.extension().unwrap_or_default();
                extensions.get(extension).copied().unwrap_or(0)
            }
            SortBy::Owner => {
                let owner = entry.owner.as_ref().and_then(|owner| owners.get(&**owner));
                owner.copied().unwrap_or(0)
            }
        }
    }
}

/// The owners, each with its number in their order.
fn ranked_owners(entries: &[Entry]) -> HashMap<&Owner, u64> {
    let all: BTreeSet<&Owner> = entries.iter().filter_map(|e| e.owner.as_deref()).collect();
    all.into_iter().zip(1..).collect()
}

/// The extensions, each with its number in their order; those that differ in capitals only have the same.
fn ranked_extensions(entries: &[Entry]) -> HashMap<&[u8], u64> {
    let all: HashSet<&[u8]> = entries.iter().filter_map(|e| e.name.extension()).collect();
    let mut all: Vec<&[u8]> = all.into_iter().collect();
    all.sort_unstable_by(|a, b| natural(a, b));
    let (mut ranked, mut number, mut before) = (HashMap::new(), 0, None);
    for extension in all {
        let is_new = before.is_none_or(|before| natural(before, extension) != Ordering::Equal);
        number += u64::from(is_new);
        before = Some(extension);
        ranked.insert(extension, number);
    }
    ranked
}

/// A name as bytes that compare as [`natural`] compares names: letters in small, a run of digits as one
/// zero, its length without leading zeros, and the rest of it.
fn natural_key(name: &[u8], key: &mut Vec<u8>) {
    let mut rest = name;
    while let Some(first) = rest.first() {
        let run = digits(rest);
        if run == 0 {
            key.push(first.to_ascii_lowercase());
            rest = &rest[1..];
            continue;
        }
        let zeros = rest[..run].iter().take_while(|d| **d == b'0').count();
        // a listing's line is shorter than that
        let length = u16::try_from(run - zeros).unwrap_or(u16::MAX);
        key.push(b'0');
        key.extend(length.to_be_bytes());
        key.extend(&rest[zeros..run]);
        rest = &rest[run..];
    }
}

/// Whether a name contains a text that is [`searched`] for.
pub(super) fn contains(name: &[u8], filter: &str) -> bool {
    if filter.is_empty() {
        return true;
    }
    if name.is_ascii() && filter.is_ascii() {
        let (first, rest) = (filter.as_bytes()[0], &filter.as_bytes()[1..]);
        let starts = name.len().saturating_sub(rest.len());
        // most places differ in their first letter
        return (0..starts).any(|at| {
            name[at].to_ascii_lowercase() == first
                && name[at + 1..at + filter.len()].eq_ignore_ascii_case(rest)
        });
    }
    searched(&String::from_utf8_lossy(name)).contains(filter)
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
    use crate::model::entry::{Kind, Permissions};
    use crate::model::path::Name;
    use crate::model::stamp::Stamp;
    use proptest::prelude::*;
    use std::sync::Arc;

    fn entry(name: &str, kind: Kind, size: u64, time: i64) -> Entry {
        let mut e = Entry::new(Name::new(name.as_bytes()).unwrap(), kind);
        if kind == Kind::File {
            e.size = Some(size);
        }
        e.modified = Some(Stamp::exact(time));
        e
    }

    fn names(entries: &[Entry], sort: Sort, hidden: bool, filter: &str) -> String {
        let shown = Shown { hidden, filter };
        arrange(entries, &ByName::of(entries), sort, shown)
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

    /// The order entry by entry, as it is meant.
    fn compare(a: &Entry, b: &Entry, sort: Sort) -> Ordering {
        let by = match sort.by {
            SortBy::Name => Ordering::Equal,
            SortBy::Size => a.size.cmp(&b.size),
            SortBy::Time => a.modified.map(|m| m.seconds).cmp(&b.modified.map(|m| m.seconds)),
            SortBy::Extension => natural(
                a.name.extension().unwrap_or_default(),
                b.name.extension().unwrap_or_default(),
            ),
            SortBy::Permissions => a.permissions.map(|p| p.0).cmp(&b.permissions.map(|p| p.0)),
            SortBy::Owner => {
                let named = |e: &Entry| e.owner.as_ref().map(|o| (o.user.clone(), o.group.clone()));
                named(a).cmp(&named(b))
            }
        };
        let order = by
            .then_with(|| natural(a.name.as_bytes(), b.name.as_bytes()))
            .then_with(|| a.name.cmp(&b.name));
        let folders_first = b.is_folder().cmp(&a.is_folder());
        folders_first.then(if sort.reversed { order.reverse() } else { order })
    }

    proptest! {
        #[test]
        fn keys_compare_as_names_do(a in "[a-cA-C0-2./é]{0,8}", b in "[a-cA-C0-2./é]{0,8}") {
            let key = |name: &str| {
                let mut key = Vec::new();
                natural_key(name.as_bytes(), &mut key);
                key
            };
            prop_assert_eq!(key(&a).cmp(&key(&b)), natural(a.as_bytes(), b.as_bytes()));
        }

        #[test]
        fn arranged_is_sorted(
            all in proptest::collection::hash_map(
                "[aAb1.]{1,5}", (any::<bool>(), -2i64..2, 0u16..4), 0..20
            ),
            reversed: bool
        ) {
            let entries: Vec<Entry> = all
                .into_iter()
                .filter_map(|(name, (is_dir, number, mode))| Some(Entry {
                    size: u64::try_from(number).ok(),
                    modified: (number > -2).then(|| Stamp::exact(number)),
                    permissions: (mode > 0).then_some(Permissions(mode)),
                    owner: (mode > 0).then(|| Arc::new(Owner {
                        user: ["me", "root"][usize::from(mode > 2)].into(),
                        group: ["us", "root"][usize::from(mode > 1)].into(),
                    })),
                    ..Entry::new(
                        Name::new(name.as_bytes()).ok()?,
                        if is_dir { Kind::Dir } else { Kind::File },
                    )
                }))
                .collect();
            let by_name = ByName::of(&entries);
            for by in [
                SortBy::Name,
                SortBy::Size,
                SortBy::Time,
                SortBy::Extension,
                SortBy::Permissions,
                SortBy::Owner,
            ] {
                let sort = Sort { by, reversed };
                let shown = Shown { hidden: true, filter: "" };
                let mut sorted: Vec<u32> = (0u32..).take(entries.len()).collect();
                sorted.sort_by(|a, b| compare(&entries[*a as usize], &entries[*b as usize], sort));
                prop_assert_eq!(arrange(&entries, &by_name, sort, shown), sorted);
            }
        }

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
