//! The fields of a line: what stands between blanks.

pub(super) use crate::ftp::digits::number;

/// Most fields that are looked at.
const MOST: usize = 32;

/// A field and where it stands in its line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) text: &'a [u8],
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The first fields of a line, 32 at most, without an allocation.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    fields: [Field<'a>; MOST],
    count: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn of(line: &'a [u8]) -> Self {
        let none = Field {
            text: &[],
            start: 0,
            end: 0,
        };
        let mut out = Self {
            fields: [none; MOST],
            count: 0,
        };
        let mut end = 0;
        while out.count < MOST {
            let start = end + blanks(&line[end..]);
            if start == line.len() {
                break;
            }
            end = start + line[start..].iter().take_while(|b| !is_blank(**b)).count();
            out.fields[out.count] = Field {
                text: &line[start..end],
                start,
                end,
            };
            out.count += 1;
        }
        out
    }

    pub(super) fn as_slice(&self) -> &[Field<'a>] {
        &self.fields[..self.count]
    }
}

/// The first `N` fields, and what follows them with its blanks.
pub(super) fn split<const N: usize>(line: &[u8]) -> Option<([&[u8]; N], &[u8])> {
    let mut out: [&[u8]; N] = [&[]; N];
    let mut rest = line;
    for field in &mut out {
        rest = &rest[blanks(rest)..];
        let end = rest.iter().position(|b| is_blank(*b)).unwrap_or(rest.len());
        if end == 0 {
            return None;
        }
        (*field, rest) = rest.split_at(end);
    }
    Some((out, rest))
}

/// All fields, when there are exactly `N`.
pub(super) fn exactly<const N: usize>(line: &[u8]) -> Option<[&[u8]; N]> {
    let (fields, rest) = split::<N>(line)?;
    rest.trim_ascii().is_empty().then_some(fields)
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

/// How many blanks the text begins with.
pub(super) fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|b| is_blank(**b)).count()
}

/// A number that may have a sign between its thousands: `1,234,567`.
pub(super) fn grouped_number(text: &[u8], sign: u8) -> Option<u64> {
    if !text.contains(&sign) {
        return number(text);
    }
    let mut groups = text.split(|b| *b == sign);
    let first = groups.next().filter(|g| g.len() <= 3)?;
    groups.try_fold(number(first)?, |sum, group| {
        let value = number(group).filter(|_| group.len() == 3)?;
        sum.checked_mul(1000)?.checked_add(value)
    })
}

/// A number of one or two digits: a day, a month, an hour.
pub(super) fn small(text: &[u8]) -> Option<u32> {
    (text.len() <= 2)
        .then(|| number(text))
        .flatten()
        .and_then(|n| u32::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(grouped_number(b"1,234,567", b','), Some(1_234_567));
        assert_eq!(grouped_number(b"9730", b','), Some(9730));
        for bad in [&b"1,23"[..], b",123", b"1234,567", b"1,234,"] {
            assert_eq!(grouped_number(bad, b','), None);
        }
    }

    #[test]
    fn fields_and_rests() {
        let ([a, b], rest) = split::<2>(b"  one\ttwo  three ").unwrap();
        assert_eq!((a, b, rest), (&b"one"[..], &b"two"[..], &b"  three "[..]));
        assert!(split::<3>(b"one two").is_none());
        assert!(exactly::<2>(b"one two ").is_some() && exactly::<2>(b"one two x").is_none());
        let many = b"a ".repeat(100);
        assert_eq!(Fields::of(&many).as_slice().len(), MOST);
    }
}
