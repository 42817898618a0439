//! A number for bytes: FNV-1a in 64 bits (Fowler, Noll and Vo).

/// A number that is the same in every run, version and machine, for what is written down and compared
/// later. It tells a change; nothing secret may hang on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    /// Takes in what comes next; how the bytes are cut into pieces makes no difference.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The number of all that was taken in.
    pub fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_published_one_however_the_bytes_are_cut() {
        for (text, number) in [
            ("", 0xcbf2_9ce4_8422_2325),
            ("a", 0xaf63_dc4c_8601_ec8c),
            ("foobar", 0x8594_4171_f739_67e8),
        ] {
            let mut whole = Fnv::default();
            whole.add(text.as_bytes());
            let mut cut = Fnv::default();
            text.as_bytes().chunks(2).for_each(|part| cut.add(part));
            assert_eq!((whole.number(), cut), (number, whole), "{text}");
        }
    }
}
