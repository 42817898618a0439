//! A new name beside one that is taken.

use crate::model::path::Name;

/// `a.txt` as `a (1).txt`, `a (2).txt`, ...; a name without an extension gets the number at its
/// end. `None` where the result would be no name.
pub fn numbered(name: &Name, n: u32) -> Option<Name> {
    let bytes = name.as_bytes();
    let stem = match name.extension() {
        Some(extension) => bytes.len() - extension.len() - 1,
        None => bytes.len(),
    };
    Name::new(&[&bytes[..stem], format!(" ({n})").as_bytes(), &bytes[stem..]].concat()).ok()
}

/// The first numbered name that is not `taken`.
pub fn free_name(name: &Name, mut taken: impl FnMut(&Name) -> bool) -> Option<Name> {
    (1..10_000)
        .filter_map(|n| numbered(name, n))
        .find(|candidate| !taken(candidate))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        let name = |s: &str| Name::new(s.as_bytes()).unwrap();
        assert_eq!(numbered(&name("a.txt"), 1), Some(name("a (1).txt")));
        assert_eq!(numbered(&name(".profile"), 2), Some(name(".profile (2)")));
        assert_eq!(numbered(&name("README"), 3), Some(name("README (3)")));
        let taken = [name("a (1).txt"), name("a (2).txt")];
        assert_eq!(
            free_name(&name("a.txt"), |n| taken.contains(n)),
            Some(name("a (3).txt"))
        );
    }
}
