//! How the entries of two folders differ, by what their listings say.
//!
//! Contents are not looked at, of files as little as of folders. Names that differ in their Unicode form only are
//! one ([`super::naming`]); times are compared as exactly as the coarser listing tells them.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::naming::{Called, call};
use crate::model::entry::{Entry, Kind};
use crate::model::path::Name;

/// What is compared of two files of one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// Nothing: that both are there is enough.
    Name,
    /// The size.
    Size,
    /// The time, and the size where the time is the same or not known.
    Time,
}

/// What an entry is beside the other folder's of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The other folder has none of this name.
    Alone,
    /// It is newer than the other.
    Newer,
    /// It is older.
    Older,
    /// It is another: in size, or one is a folder and the other is none.
    Different,
    /// As far as was asked, it is the same.
    Same,
    /// Neither times nor sizes are known that could be compared.
    Unknown,
}

impl Verdict {
    /// Whether a transfer of this entry would bring something over.
    pub fn is_news(self) -> bool {
        matches!(self, Self::Alone | Self::Newer | Self::Different)
    }
}

/// The verdict on each entry of `mine` beside those of `theirs`, in the order of `mine`.
pub fn compare(mine: &[Entry], theirs: &[Entry], by: By) -> Vec<Verdict> {
    let names: Vec<Name> = mine.iter().map(|entry| entry.name.clone()).collect();
    let standing: HashSet<Name> = theirs.iter().map(|entry| entry.name.clone()).collect();
    let others: HashMap<&Name, &Entry> = theirs.iter().map(|entry| (&entry.name, entry)).collect();
    let called = call(&names, &standing, false);
    mine.iter()
        .zip(&called)
        .map(|(entry, called)| {
            let name = match called {
                Called::Standing(name) => name,
                Called::Same | Called::Numbered(_) => &entry.name,
            };
            others
                .get(name)
                .map_or(Verdict::Alone, |other| judge(entry, other, by))
        })
        .collect()
}

fn judge(mine: &Entry, theirs: &Entry, by: By) -> Verdict {
    let is_link = mine.kind == Kind::Link || theirs.kind == Kind::Link;
    if by == By::Name || is_link {
        // what stands at the end of a link, not every listing says
        return Verdict::Same;
    }
    if mine.kind != theirs.kind {
        return Verdict::Different;
    }
    if mine.kind == Kind::Dir {
        return Verdict::Same;
    }
    let sizes = mine.size.zip(theirs.size).map(|(a, b)| a == b);
    let times = mine
        .modified
        .zip(theirs.modified)
        .filter(|_| by == By::Time)
        .map(|(a, b)| match a.agrees_with(&b) {
            true => Ordering::Equal,
            false => a.seconds.cmp(&b.seconds),
        });
    match (times, sizes) {
        (Some(Ordering::Greater), _) => Verdict::Newer,
        (Some(Ordering::Less), _) => Verdict::Older,
        (_, Some(false)) => Verdict::Different,
        (_, Some(true)) | (Some(Ordering::Equal), None) => Verdict::Same,
        (None, None) => Verdict::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::stamp::{Precision, Stamp};
    use proptest::prelude::*;

    fn file(name: &str, size: Option<u64>, seconds: Option<i64>) -> Entry {
        Entry {
            size,
            modified: seconds.map(Stamp::exact),
            ..entry(name, Kind::File)
        }
    }

    fn entry(name: &str, kind: Kind) -> Entry {
        Entry::new(Name::new(name.as_bytes()).unwrap(), kind)
    }

    fn one(mine: &Entry, theirs: &Entry, by: By) -> Verdict {
        compare(std::slice::from_ref(mine), std::slice::from_ref(theirs), by)[0]
    }

    #[test]
    fn verdicts() {
        use Verdict::{Alone, Different, Newer, Older, Same, Unknown};
        let old = file("a", Some(5), Some(1000));
        for (mine, theirs, [by_name, by_size, by_time]) in [
            (&old, &old, [Same, Same, Same]),
            (&file("a", Some(5), Some(2000)), &old, [Same, Same, Newer]),
            (&file("a", Some(5), Some(900)), &old, [Same, Same, Older]),
            (
                &file("a", Some(6), Some(1000)),
                &old,
                [Same, Different, Different],
            ),
            (&file("a", Some(6), None), &old, [Same, Different, Different]),
            (&file("a", None, Some(1000)), &old, [Same, Unknown, Same]),
            (&file("a", None, None), &old, [Same, Unknown, Unknown]),
            (&file("b", Some(5), Some(1000)), &old, [Alone, Alone, Alone]),
            (&entry("a", Kind::Dir), &old, [Same, Different, Different]),
            (&entry("a", Kind::Link), &old, [Same, Same, Same]),
        ] {
            for (by, want) in [(By::Name, by_name), (By::Size, by_size), (By::Time, by_time)] {
                assert_eq!(one(mine, theirs, by), want, "{mine:?} {by:?}");
            }
        }
        let folder = entry("d", Kind::Dir);
        assert_eq!(
            one(&folder, &folder, By::Time),
            Same,
            "what is in it is not looked at"
        );
    }

    #[test]
    fn times_are_as_exact_as_the_coarser_listing() {
        let minute = Entry {
            modified: Some(Stamp {
                seconds: 960,
                precision: Precision::Minute,
            }),
            ..file("a", Some(5), None)
        };
        assert_eq!(
            one(&file("a", Some(5), Some(1010)), &minute, By::Time),
            Verdict::Same
        );
        assert_eq!(
            one(&file("a", Some(5), Some(1020)), &minute, By::Time),
            Verdict::Newer
        );
    }

    #[test]
    fn one_name_in_two_forms_is_one() {
        let (composed, accent) = (
            file("caf\u{e9}", Some(1), None),
            file("cafe\u{301}", Some(1), None),
        );
        assert_eq!(one(&composed, &accent, By::Size), Verdict::Same);
        let both = [composed.clone(), accent.clone()];
        assert_eq!(
            compare(&both, std::slice::from_ref(&accent), By::Size),
            [Verdict::Alone, Verdict::Same]
        );
    }

    proptest! {
        /// What one side calls newer the other calls older, and so on.
        #[test]
        fn both_sides_agree(
            a in (proptest::option::of(0u64..3), proptest::option::of(0i64..3)),
            b in (proptest::option::of(0u64..3), proptest::option::of(0i64..3)),
        ) {
            let (a, b) = (file("x", a.0, a.1), file("x", b.0, b.1));
            for by in [By::Name, By::Size, By::Time] {
                let mirrored = match one(&a, &b, by) {
                    Verdict::Newer => Verdict::Older,
                    Verdict::Older => Verdict::Newer,
                    other => other,
                };
                prop_assert_eq!(one(&b, &a, by), mirrored);
            }
        }
    }
}
