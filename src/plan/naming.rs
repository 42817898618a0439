//! What the copies of a folder's entries are called: which names of the two sides are the same
//! though they are spelled in other bytes, and which cannot stand side by side.
//!
//! macOS writes `é` as `e` and an accent (Unicode's form NFD), others as one character (NFC): the
//! same name to whoever reads it, two names to a server and to most disks. The rule: **where
//! exactly one existing name differs from a new one in its form only, it is the target.** Two such
//! entries in one folder stay two: each is matched by its own bytes first, and what would match
//! two, or is wanted by two, is matched with none.
//!
//! On a disk that is blind to capitals `Readme` and `README` of one folder would be one file: the
//! second gets a number, the same at each time.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

use super::rename::free_name;
use crate::model::path::Name;

/// How the copy of an entry is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Called {
    /// As the entry is.
    Same,
    /// As what stands there, which differs in its form only.
    Standing(Name),
    /// With a number, since another entry of the folder takes its place on this disk.
    Numbered(Name),
}

/// The name in the form NFC; bytes that are no text as they are.
fn composed(name: &[u8]) -> Cow<'_, [u8]> {
    match std::str::from_utf8(name) {
        Ok(text) if is_nfc_quick(text.chars()) != IsNormalized::Yes => {
            text.nfc().collect::<String>().into_bytes().into()
        }
        _ => name.into(),
    }
}

/// Whether two names are the same but for their Unicode form.
pub fn differ_in_form_only(a: &Name, b: &Name) -> bool {
    composed(a.as_bytes()) == composed(b.as_bytes())
}

/// Whether a name can be written in another form at all: only then is it worth looking what
/// stands at its target.
pub fn has_forms(name: &Name) -> bool {
    match std::str::from_utf8(name.as_bytes()) {
        Ok(text) => !text.is_ascii() && text.nfc().ne(text.nfd()),
        Err(_) => false,
    }
}

/// What a disk that is blind to capitals (and, as those are, to the form) keeps one of.
pub fn folded(name: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(name) {
        Ok(text) if text.is_ascii() => name.to_ascii_lowercase(),
        // capitals first: ß and SS are one to such disks, and so are the two sigmas
        Ok(text) => text
            .nfd()
            .flat_map(char::to_uppercase)
            .flat_map(char::to_lowercase)
            .nfc()
            .collect::<String>()
            .into_bytes(),
        Err(_) => name.to_ascii_lowercase(),
    }
}

/// Whether some of these names would be one file on a disk that is blind to capitals.
pub fn clash<'n>(names: impl IntoIterator<Item = &'n Name>) -> bool {
    let mut seen = HashSet::new();
    names
        .into_iter()
        .any(|name| !seen.insert(folded(name.as_bytes())))
}

/// Of names that would be one file on a disk that is blind to capitals: all but the first by bytes, each
/// with that one.
pub fn doubles<'n>(names: impl IntoIterator<Item = &'n Name>) -> Vec<(&'n Name, &'n Name)> {
    let mut names: Vec<&Name> = names.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let mut first: HashMap<Vec<u8>, &'n Name> = HashMap::new();
    let double = |name: &'n Name| {
        let first = *first.entry(folded(name.as_bytes())).or_insert(name);
        (first != name).then_some((name, first))
    };
    names.into_iter().filter_map(double).collect()
}

/// Which of these names look like another of them: they differ in their form only.
pub fn lookalikes<'n>(names: impl IntoIterator<Item = &'n Name>) -> HashSet<&'n Name> {
    let mut by_form: HashMap<Cow<'n, [u8]>, Vec<&'n Name>> = HashMap::new();
    for name in names.into_iter().filter(|name| has_forms(name)) {
        by_form.entry(composed(name.as_bytes())).or_default().push(name);
    }
    by_form
        .into_values()
        .filter(|same| same.len() > 1)
        .flatten()
        .collect()
}

/// How the copies of `sources`, entries of one folder, are called in a folder that holds
/// `standing`; `blind` to capitals or not. In the order of `sources`.
pub fn call(sources: &[Name], standing: &HashSet<Name>, blind: bool) -> Vec<Called> {
    let mut called = matched(sources, standing);
    if blind {
        number(sources, standing, &mut called);
    }
    called
}

fn matched(sources: &[Name], standing: &HashSet<Name>) -> Vec<Called> {
    let exact: HashSet<&Name> = sources.iter().filter(|name| standing.contains(*name)).collect();
    let mut free: HashMap<Cow<'_, [u8]>, Vec<&Name>> = HashMap::new();
    for name in standing
        .iter()
        .filter(|name| has_forms(name) && !exact.contains(name))
    {
        free.entry(composed(name.as_bytes())).or_default().push(name);
    }
    let mut wanted: HashMap<Cow<'_, [u8]>, usize> = HashMap::new();
    for name in sources.iter().filter(|name| !exact.contains(name)) {
        *wanted.entry(composed(name.as_bytes())).or_default() += 1;
    }
    let found = |name: &Name| {
        let form = composed(name.as_bytes());
        match (free.get(&form).map(Vec::as_slice), wanted.get(&form)) {
            (Some([only]), Some(1)) if !exact.contains(name) => Some((*only).clone()),
            _ => None,
        }
    };
    sources
        .iter()
        .map(|name| found(name).map_or(Called::Same, Called::Standing))
        .collect()
}

fn number(sources: &[Name], standing: &HashSet<Name>, called: &mut [Called]) {
    // those that stand there already keep their names, then those that come first by bytes
    let mut order: Vec<usize> = (0..sources.len()).collect();
    order.sort_by_key(|at| (!standing.contains(&sources[*at]), &sources[*at]));
    let mut taken: HashSet<Vec<u8>> = HashSet::new();
    let mut second = Vec::new();
    for at in order {
        if !taken.insert(folded(sources[at].as_bytes())) {
            second.push(at);
        }
    }
    for at in second {
        let free = free_name(&sources[at], |name| taken.contains(&folded(name.as_bytes())));
        if let Some(free) = free {
            taken.insert(folded(free.as_bytes()));
            called[at] = Called::Numbered(free);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NFC: &str = "caf\u{e9}";
    const NFD: &str = "cafe\u{301}";

    fn name(text: &str) -> Name {
        Name::new(text.as_bytes()).unwrap()
    }

    fn calls(sources: &[&str], standing: &[&str], blind: bool) -> Vec<String> {
        let sources: Vec<Name> = sources.iter().map(|s| name(s)).collect();
        let standing = standing.iter().map(|s| name(s)).collect();
        call(&sources, &standing, blind)
            .into_iter()
            .map(|called| match called {
                Called::Same => "same".into(),
                Called::Standing(name) if name.as_bytes() == NFC.as_bytes() => "composed".into(),
                Called::Standing(name) if name.as_bytes() == NFD.as_bytes() => "decomposed".into(),
                Called::Standing(name) => format!("standing {name}"),
                Called::Numbered(name) => name.shown(),
            })
            .collect()
    }

    #[test]
    fn forms_are_matched_where_there_is_no_doubt() {
        for (sources, standing, want) in [
            (&[NFC][..], &[NFD][..], &["decomposed"][..]),
            (&[NFD], &[NFC], &["composed"]),
            (&[NFD], &[], &["same"]),
            (&[NFD], &[NFD], &["same"]),
            (&[NFD], &[NFD, NFC], &["same"]),
            // one of two has its own: the other one is new
            (&[NFC, NFD], &[NFC], &["same", "same"]),
            (&[NFC, NFD], &[], &["same", "same"]),
            (&[NFC, NFD], &[NFC, NFD], &["same", "same"]),
            (&["a", NFD, "b"], &["a", NFC], &["same", "composed", "same"]),
            // three spellings of one name: in doubt, nothing
            (&["\u{1ed9}"], &["o\u{323}\u{302}", "o\u{302}\u{323}"], &["same"]),
            (
                &["o\u{323}\u{302}", "o\u{302}\u{323}"],
                &["\u{1ed9}"],
                &["same", "same"],
            ),
            (
                &["\u{d55c}"],
                &["\u{1112}\u{1161}\u{11ab}"],
                &["standing \u{1112}\u{1161}\u{11ab}"],
            ),
            // these differ in more than form
            (&["\u{fb01}"], &["fi"], &["same"]),
            (&["A"], &["a"], &["same"]),
        ] {
            assert_eq!(calls(sources, standing, false), want, "{sources:?} {standing:?}");
        }
    }

    #[test]
    fn capitals_are_told_apart_on_a_disk_that_does_not() {
        for (sources, standing, want) in [
            (
                &["readme", "README", "x"][..],
                &[][..],
                &["readme (1)", "same", "same"][..],
            ),
            (&["readme", "README"], &["readme"], &["same", "README (1)"]),
            (
                &["a.txt", "A.TXT", "A.txt", "A (1).TXT"],
                &[],
                &["a (3).txt", "same", "A (2).txt", "same"],
            ),
            (&["stra\u{df}e", "STRASSE"], &[], &["stra\u{df}e (1)", "same"]),
            (&[NFC, NFD], &[], &["caf\u{e9} (1)", "same"]),
            (&["readme"], &["README"], &["same"]),
        ] {
            assert_eq!(calls(sources, standing, true), want, "{sources:?} {standing:?}");
            if standing.is_empty() {
                let again: Vec<&str> = want
                    .iter()
                    .zip(sources)
                    .map(|(w, s)| if *w == "same" { *s } else { *w })
                    .collect();
                assert_eq!(calls(sources, &again, true), want, "the same at each time");
            }
        }
        assert_eq!(calls(&["readme", "README"], &[], false), ["same", "same"]);
    }

    #[test]
    fn clashes_and_lookalikes() {
        let names = |all: &[&str]| all.iter().map(|s| name(s)).collect::<Vec<_>>();
        let (one, two, three) = (name("README"), name("Readme"), name("readme"));
        assert_eq!(
            doubles(&names(&["readme", "x", "README", "Readme", "Readme"])),
            [(&two, &one), (&three, &one)]
        );
        assert!(clash(&names(&["a", "b", "A"])) && !clash(&names(&["a", "b"])));
        let listed = names(&[NFC, "x", NFD, "\u{fc}"]);
        let alike = lookalikes(&listed);
        assert_eq!(alike.len(), 2);
        assert!(alike.contains(&listed[0]) && alike.contains(&listed[2]));
        assert!(differ_in_form_only(&listed[0], &listed[2]));
        assert!(!differ_in_form_only(&listed[0], &listed[1]));
        assert!(has_forms(&name("\u{d55c}")) && !has_forms(&name("日本")) && !has_forms(&name("plain")));
        assert!(!has_forms(&Name::new(b"\xe9").unwrap()));
    }
}
