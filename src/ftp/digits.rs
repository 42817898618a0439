//! Numbers as servers write them: digits of ASCII and nothing else.

/// The number that these digits are; `None` for anything but digits, for none at all, and beyond
/// 64 bits. (Rust's own parsing takes a sign.)
pub(super) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        sum.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

#[test]
fn numbers() {
    assert_eq!(number(b"18446744073709551615"), Some(u64::MAX));
    assert_eq!(number(b"007"), Some(7));
    for bad in [&b"18446744073709551616"[..], b"", b"-1", b"+1", b"1k", b" 1"] {
        assert_eq!(number(bad), None);
    }
}
