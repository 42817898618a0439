//! Whether what has arrived is what was there: checksums of what flows, and what the server says of
//! the same file.
//!
//! Content is hashed as it is read from the disk or written to it, on the threads that do that, so
//! nothing is read twice here. Which algorithm a server really answers is known only when it has
//! answered once: until then all that it offers are computed, one from then on.

use std::collections::VecDeque;

use openssl::hash::{Hasher, MessageDigest};

use crate::ftp::digest::{Algorithm, Way};
use crate::ftp::exchange::Rider;
use crate::model::path::RemotePath;

/// The checksums of what has flowed so far.
pub(super) struct Hashing {
    sums: Vec<(Algorithm, Sum)>,
}

enum Sum {
    Openssl(Hasher),
    Crc32(u32),
}

/// The checksums of a whole file.
pub(super) struct Sums(Vec<(Algorithm, Vec<u8>)>);

/// What is asked of the server about one file, and what it has told.
pub(super) struct Verification {
    /// The ways that are left; the first is asked now.
    ways: VecDeque<Way>,
    told: Option<(Algorithm, Vec<u8>)>,
    /// What the server said when it gave no checksum.
    refused: Option<String>,
}

impl Hashing {
    /// Takes in the next bytes. An algorithm that fails is left out, as one the library does not have.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.sums.retain_mut(|(_, sum)| match sum {
            Sum::Openssl(hasher) => hasher.update(bytes).is_ok(),
            Sum::Crc32(sum) => {
                *sum = crc32(*sum, bytes);
                true
            }
        });
    }

    /// The checksums of all that was taken in.
    pub(super) fn finish(self) -> Sums {
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

impl Verification {
    /// Begins to verify a file, which the server will be asked for under this path, by the ways it
    /// offers.
    pub(super) fn begin(ways: Vec<Way>, path: &RemotePath) -> (Self, Hashing) {
        let mut sums: Vec<(Algorithm, Sum)> = Vec::new();
        let ways = ways.into_iter().filter(|way| {
            let algorithm = way.algorithm;
            way.line(path).is_some()
                && (sums.iter().any(|(known, _)| *known == algorithm)
                    || Sum::new(algorithm)
                        .map(|sum| sums.push((algorithm, sum)))
                        .is_some())
        });
        let verification = Self {
            ways: ways.collect(),
            told: None,
            refused: None,
        };
        (verification, Hashing { sums })
    }

    /// What is to be asked about the file now; `None` when nothing is left to be asked.
    pub(super) fn rider(&self, path: &RemotePath, size: u64) -> Option<Rider> {
        Rider::digest(*self.ways.front()?, path, size)
    }

    /// Whether nothing is left to be asked.
    pub(super) fn is_over(&self) -> bool {
        self.ways.is_empty()
    }

    /// Takes in an answer; after one without a checksum the next way is asked.
    pub(super) fn answered(&mut self, answer: Result<Vec<u8>, String>) {
        let Some(way) = self.ways.pop_front() else {
            return;
        };
        match answer {
            Ok(digest) => {
                self.told = Some((way.algorithm, digest));
                self.ways.clear();
            }
            Err(said) => self.refused = Some(format!("{}: {said}", way.verb())),
        }
    }

    /// The server does not answer this way: the next is asked.
    pub(super) fn unanswered(&mut self) {
        self.answered(Err("no answer came".into()));
    }

    /// Compares; what is to be said of a file that is the same, or why it is not. `sized`: whether its
    /// size was compared.
    pub(super) fn judge(self, ours: &Sums, sized: bool) -> Result<String, String> {
        let by_size = if sized { "; compared by size" } else { "" };
        match (self.told, self.refused) {
            (Some((algorithm, theirs)), _) => {
                let ours = ours.0.iter().find(|(known, _)| *known == algorithm);
                let ours = ours.map_or(&[][..], |(_, sum)| sum);
                let word = algorithm.word();
                if theirs == ours {
                    return Ok(format!("verified by {word}"));
                }
                let (theirs, ours) = (hex(&theirs), hex(ours));
                Err(format!(
                    "the content is not the same: the server's {word} is {theirs}, here it is {ours}"
                ))
            }
            (None, Some(said)) => Ok(format!("the server gives no checksum ({said}){by_size}")),
            (None, None) => Ok(format!("the server offers no checksum{by_size}")),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
    use crate::ftp::digest::offered;

    fn path() -> RemotePath {
        RemotePath::parse(b"/a b").unwrap()
    }

    fn begin(offers: &str) -> (Verification, Hashing) {
        Verification::begin(offered(offers), &path())
    }

    fn sums(mut hashing: Hashing) -> Sums {
        // in pieces, as it comes
        hashing.update(b"hel");
        hashing.update(b"");
        hashing.update(b"lo");
        hashing.finish()
    }

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2)
            .map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap())
            .collect()
    }

    #[test]
    fn checksums_are_those_of_every_other_program() {
        let (_, hashing) = begin("XSHA256 XSHA512 XSHA1 XMD5 XCRC");
        let sums = sums(hashing);
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
            let ours = sums.0.iter().find(|(known, _)| *known == algorithm).unwrap();
            assert_eq!(hex(&ours.1), wanted, "{algorithm:?}");
        }
    }

    #[test]
    fn one_sum_for_each_algorithm_that_can_be_asked_for() {
        let (verification, hashing) = begin("XSHA1 XSHA XMD5 MD5 MMD5");
        assert_eq!((verification.ways.len(), hashing.sums.len()), (5, 2));
        let (verification, hashing) = Verification::begin(
            offered("XMD5 XCRC MMD5"),
            &RemotePath::parse(b"/a \"b\", c").unwrap(),
        );
        assert!(
            verification.is_over() && hashing.sums.is_empty(),
            "no way to write it"
        );
    }

    #[test]
    fn what_is_said_of_a_file() {
        let right = bytes("5d41402abc4b2a76b9719d911017c592");
        let wrong = vec![0; 16];
        let no = || Err("550 No.".to_owned());
        for (offers, answers, wanted) in [
            ("XMD5", vec![Ok(right.clone())], Ok("verified by MD5")),
            ("XSHA1 XMD5", vec![no(), Ok(right.clone())], Ok("verified by MD5")),
            (
                "XMD5",
                vec![Ok(wrong)],
                Err(
                    "the server's MD5 is 00000000000000000000000000000000, here it is 5d41402abc4b2a76b9719d911017c592",
                ),
            ),
            (
                "XMD5",
                vec![no()],
                Ok("the server gives no checksum (XMD5: 550 No.); compared by size"),
            ),
            ("", vec![], Ok("the server offers no checksum; compared by size")),
        ] {
            let (mut verification, hashing) = begin(offers);
            for answer in answers {
                assert!(verification.rider(&path(), 5).is_some());
                verification.answered(answer);
            }
            assert!(verification.is_over() && verification.rider(&path(), 5).is_none());
            match (verification.judge(&sums(hashing), true), wanted) {
                (Ok(note), Ok(wanted)) => assert_eq!(note, wanted),
                (Err(why), Err(wanted)) => assert!(why.contains(wanted), "{why}"),
                other => panic!("{other:?}"),
            }
        }
        let (mut verification, hashing) = begin("XMD5");
        verification.unanswered();
        assert_eq!(
            verification.judge(&sums(hashing), false),
            Ok("the server gives no checksum (XMD5: no answer came)".into())
        );
    }
}
