//! The time-val of RFC 3659 §2.3: `YYYYMMDDHHMMSS`, with or without a fraction, in UTC.
//!
//! `MDTM` replies and the `modify` fact of MLSD write moments this way.

use super::digits::number;
use crate::model::stamp::{Precision, Stamp};

/// Reads a time-val; a fraction is checked and dropped (stamps are exact to the second).
///
/// Old servers print the year as `"19"` and the years since 1900, which made `19100` of 2000:
/// fifteen digits that begin with `191` are read that way.
pub(super) fn parse_time_val(text: &[u8]) -> Option<Stamp> {
    let (digits, fraction) = match text.iter().position(|b| *b == b'.') {
        Some(dot) => (&text[..dot], Some(&text[dot + 1..])),
        None => (text, None),
    };
    if fraction.is_some_and(|f| f.is_empty() || !f.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let (year, rest) = match digits.len() {
        14 => (number(&digits[..4])?, &digits[4..]),
        15 if digits.starts_with(b"191") => (1900 + number(&digits[2..5])?, &digits[5..]),
        _ => return None,
    };
    let two = |at: usize| u32::try_from(number(&rest[at..at + 2])?).ok();
    let (hour, minute, second) = (two(4)?, two(6)?, two(8)?);
    if second > 60 {
        return None;
    }
    Stamp::from_civil(
        (i32::try_from(year).ok()?, two(0)?, two(2)?),
        (hour, minute, second),
        Precision::Second,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_vals() {
        for (text, want) in [
            ("20260102030405", Some("2026-01-02T03:04:05Z")),
            ("20260102030405.123", Some("2026-01-02T03:04:05Z")),
            ("19700101000000", Some("1970-01-01T00:00:00Z")),
            ("20240229235960", Some("2024-02-29T23:59:59Z")),
            ("191000229010203", Some("2000-02-29T01:02:03Z")),
            ("191260102030405", Some("2026-01-02T03:04:05Z")),
            ("20250229000000", None),
            ("20261302030405", None),
            ("20260102240405", None),
            ("20260102030461", None),
            ("20260102030405.", None),
            ("20260102030405.1x", None),
            ("2026010203040", None),
            ("202601020304056", None),
            ("2026010203040x", None),
            ("+0260102030405", None),
            (" 20260102030405", None),
            ("", None),
        ] {
            let got = parse_time_val(text.as_bytes());
            assert_eq!(got.and_then(|s| s.rfc3339()).as_deref(), want, "{text}");
            assert!(got.is_none_or(|s| s.precision == Precision::Second));
        }
    }
}
