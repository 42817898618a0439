//! How well what somebody types fits the name of an action.
//!
//! A hundred short names: the best way to lay the letters into a name is found by looking at all
//! of them. A crate for it (nucleo-matcher) brings tables of Unicode and a memory of its own for lists
//! ten thousand times as long.

/// For each letter that fits.
const FITS: u32 = 1;
/// For one that begins a word of the name.
const BEGINS: u32 = 8;
/// For one right behind the letter before it.
const FOLLOWS: u32 = 5;

/// How well: the letters of `typed` stand in `name` in this order, best at the beginnings of words
/// and one behind the other; `None` where they do not. Both as
/// [`crate::model::text::searched`] makes them.
pub(super) fn score(typed: &str, name: &str) -> Option<u32> {
    let name: Vec<char> = name.chars().collect();
    // the best there is where the letters so far end at this place of the name
    let mut ends: Vec<Option<u32>> = vec![Some(0); name.len()];
    for (nth, letter) in typed.chars().filter(|c| *c != ' ').enumerate() {
        let mut row = vec![None; name.len()];
        let mut apart = None;
        for (at, c) in name.iter().enumerate() {
            let before = at.checked_sub(1);
            let joined = before.and_then(|at| ends[at]).filter(|_| nth > 0);
            if *c == letter {
                let begins = before.is_none_or(|at| !name[at].is_alphanumeric());
                let here = FITS + if begins { BEGINS } else { 0 };
                let reached = match nth {
                    0 => Some(0),
                    _ => joined.map(|n| n + FOLLOWS).max(apart),
                };
                row[at] = reached.map(|n| n + here);
            }
            apart = apart.max(joined);
        }
        ends = row;
    }
    ends.into_iter().max().unwrap_or(typed.is_empty().then_some(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_of_words_and_letters_that_follow_count_most() {
        let best = |typed: &str| {
            let names = [
                "transfer",
                "sort-name",
                "sort-time",
                "new-folder",
                "new",
                "rename",
                "other-pane",
            ];
            let mut fits: Vec<_> = names
                .iter()
                .filter_map(|n| Some((score(typed, n)?, *n)))
                .collect();
            fits.sort_by_key(|(score, name)| (std::cmp::Reverse(*score), name.len()));
            fits.into_iter().map(|(_, name)| name).collect::<Vec<_>>()
        };
        assert_eq!(best("st")[0], "sort-time");
        assert_eq!(best("nf")[0], "new-folder");
        assert_eq!(best("new")[..2], ["new", "new-folder"]);
        assert_eq!(best("name")[0], "sort-name");
        assert_eq!(best("sort name"), ["sort-name"]);
        assert_eq!(best("xyz"), [""; 0]);
        assert_eq!(best("").len(), 7);
        assert_eq!(score("a", ""), None);
        assert_eq!(score("", ""), Some(0));
        assert_eq!(score("aa", "a"), None, "each letter of the name counts once");
    }
}
