//! The temporary names of files in the making, here and on servers.

/// What every temporary name of ours ends in.
const MARK: &[u8] = b".ftpane-part";

/// Most file systems take 255 bytes in a name.
const LONGEST: usize = 255;

/// The temporary name for `name`: hidden, recognisable, and different for every `unique`.
pub fn part_name(name: &[u8], unique: u64) -> Vec<u8> {
    let tag = format!(".{unique:016x}");
    let room = LONGEST - 1 - tag.len() - MARK.len();
    let mut kept = name.len().min(room);
    // a cut in the middle of a UTF-8 character would be refused by some servers
    let cut = |at: usize| at < name.len() && name[at] & 0xc0 == 0x80;
    if let Some(start) = (kept.saturating_sub(3)..=kept).rev().find(|at| !cut(*at)) {
        kept = start;
    }
    [b".", &name[..kept], tag.as_bytes(), MARK].concat()
}

/// Whether a name is one of ours.
pub fn is_part_name(name: &[u8]) -> bool {
    let Some(rest) = name.strip_suffix(MARK) else {
        return false;
    };
    let tag = rest.len().saturating_sub(17);
    name.first() == Some(&b'.')
        && rest.len() > 18
        && rest[tag] == b'.'
        && rest[tag + 1..].iter().all(u8::is_ascii_hexdigit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ours_bounded_and_whole_characters() {
        let short = part_name(b"a.txt", 7);
        assert_eq!(short, b".a.txt.0000000000000007.ftpane-part");
        assert!(is_part_name(&short));
        let long = part_name("é".repeat(127).as_bytes(), u64::MAX);
        assert!(long.len() <= 255 && std::str::from_utf8(&long).is_ok() && is_part_name(&long));
        assert!(is_part_name(&part_name(&[0x80; 300], 1)));
        for other in [
            &b"a.txt"[..],
            b".ftpane-part",
            b"..ftpane-part",
            b".x.zzzzzzzzzzzzzzzz.ftpane-part",
        ] {
            assert!(!is_part_name(other));
        }
    }
}
