//! Checksums of content as it flows, by the algorithms that servers know ([`super::digest`]).

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use openssl::hash::{Hasher, MessageDigest};

use super::digest::Algorithm;

/// Checksums of what has flowed so far.
#[derive(Default)]
pub(crate) struct Hashing {
    sums: Vec<(Algorithm, Sum)>,
}

enum Sum {
    Openssl(Hasher),
    Crc32(u32),
}

/// Checksums of a whole file.
pub(crate) struct Sums(Vec<(Algorithm, Vec<u8>)>);

impl Hashing {
    /// Computes this one too, from the beginning; `false` where it cannot be had.
    pub(crate) fn add(&mut self, algorithm: Algorithm) -> bool {
        if self.sums.iter().any(|(known, _)| *known == algorithm) {
            return true;
        }
        let sum = Sum::new(algorithm);
        self.sums.extend(sum.map(|sum| (algorithm, sum)));
        self.sums.last().is_some_and(|(last, _)| *last == algorithm)
    }

    /// The same checksums, from the beginning.
    pub(crate) fn anew(&self) -> Self {
        let mut anew = Self::default();
        for (algorithm, _) in &self.sums {
            anew.add(*algorithm);
        }
        anew
    }

    /// How many are computed.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.sums.len()
    }

    /// Takes in the next bytes. An algorithm that fails is left out, as one the library does not have.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sums.retain_mut(|(_, sum)| match sum {
            Sum::Openssl(hasher) => hasher.update(bytes).is_ok(),
            Sum::Crc32(sum) => {
                *sum = crc32(*sum, bytes);
                true
            }
        });
    }

    /// Takes in the first bytes of a file here: what an earlier try has brought over. It blocks.
    pub(crate) fn update_from(&mut self, path: &Path, bytes: u64) -> io::Result<()> {
        let mut left = match bytes {
            0 => return Ok(()),
            bytes => File::open(path)?.take(bytes),
        };
        let mut piece = vec![0; 256 * 1024];
        loop {
            match left.read(&mut piece)? {
                0 => return Ok(()),
                n => self.update(&piece[..n]),
            }
        }
    }

    /// The checksums of all that was taken in.
    pub(crate) fn finish(self) -> Sums {
        let finished = self.sums.into_iter().filter_map(|(algorithm, sum)| {
            let bytes = match sum {
                Sum::Openssl(mut hasher) => hasher.finish().ok()?.to_vec(),
                Sum::Crc32(sum) => sum.to_be_bytes().to_vec(),
            };
            Some((algorithm, bytes))
        });
        Sums(finished.collect())
    }
}

impl Sums {
    /// That of this algorithm, if it was computed.
    pub(crate) fn of(&self, algorithm: Algorithm) -> Option<&[u8]> {
        let mut sums = self.0.iter();
        sums.find(|(known, _)| *known == algorithm)
            .map(|(_, sum)| sum.as_slice())
    }
}

impl Sum {
    /// `None` where the library does not have the algorithm: MD5 is missing where FIPS rules.
    fn new(algorithm: Algorithm) -> Option<Self> {
        let digest = match algorithm {
            Algorithm::Sha256 => MessageDigest::sha256(),
            Algorithm::Sha512 => MessageDigest::sha512(),
            Algorithm::Sha1 => MessageDigest::sha1(),
            Algorithm::Md5 => MessageDigest::md5(),
            Algorithm::Crc32 => return Some(Self::Crc32(0)),
        };
        Hasher::new(digest).ok().map(Self::Openssl)
    }
}

/// The checksum of ISO 3309, as zip has it: that of some bytes, and of more that follow.
fn crc32(sum: u32, bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| CRC32[usize::from(sum.to_le_bytes()[0] ^ byte)] ^ (sum >> 8);
    !bytes.iter().fold(!sum, step)
}

const CRC32: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 {
                0xEDB8_8320 ^ (sum >> 1)
            } else {
                sum >> 1
            };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_every_other_program() {
        let mut hashing = Hashing::default();
        for algorithm in Algorithm::ALL {
            assert!(hashing.add(algorithm));
        }
        // in pieces, as it comes
        hashing.update(b"hel");
        hashing.update(b"");
        hashing.update(b"lo");
        let sums = hashing.finish();
        // sha256sum, sha512sum, sha1sum, md5sum, gzip
        for (algorithm, wanted) in [
            (
                Algorithm::Sha256,
                "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
            ),
            (
                Algorithm::Sha512,
                "9b71d224bd62f3785d96d46ad3ea3d73319bfbc2890caadae2dff72519673ca72323c3d99ba5c11d7c7acc6e14b8c5da0c4663475c2e5c3adef46f73bcdec043",
            ),
            (Algorithm::Sha1, "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"),
            (Algorithm::Md5, "5d41402abc4b2a76b9719d911017c592"),
            (Algorithm::Crc32, "3610a686"),
        ] {
            let ours: String = sums
                .of(algorithm)
                .unwrap()
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            assert_eq!(ours, wanted, "{algorithm:?}");
        }
    }
}
