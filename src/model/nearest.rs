//! The known word nearest to a mistyped one.

/// The word of `known` that `given` was probably meant to be: at most two letters (or a third of
/// a long word) are wrong; `None` when nothing comes near.
pub fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (given.chars().count() / 3).max(2);
    known
        .into_iter()
        .map(|word| (distance(given, word), word))
        .filter(|(d, word)| *d <= allowed && *d < word.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, word)| word)
}

/// The end of a sentence, `; did you mean 'x'?`, or nothing.
pub fn did_you_mean<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(given, known)
        .map(|word| format!("; did you mean '{word}'?"))
        .unwrap_or_default()
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_meant() {
        let known = ["transfer", "rename", "refresh", "quit"];
        assert_eq!(nearest("tranfser", known), Some("transfer"));
        assert_eq!(nearest("Quit", known), Some("quit"));
        assert_eq!(nearest("synchronise", known), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
